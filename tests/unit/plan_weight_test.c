/* plan_weight_test.c: the weight of a persona leads from the plan's shares back to the reference's. */
#include "tests/unit/plan_fixture.h"

#define LEVELS                                                                                                 \
    "attributes: {grade: {choice: [1, 2, 3]}, level: {choice: [poor, low, middle, high]}, club: {choice: [a, " \
    "b], when: {level: high}}}\n"

/* The weighted count of each level, over all personas. */
static void weighted(const char *yaml, uint64_t n, double *got) {
    population *p = make(yaml);
    plan *pl = plan_of(p, n, 1);
    arena *mem = arena_new(0);
    record r;
    assert_true(p->weighted);
    for (uint64_t i = 0; i < n; i++) {
        draw_into(pl, i, 0, &r, mem);
        assert_int_equal(r.weight, plan_weight(pl, r.cell));
        got[r.value[leaf_of(p, "level")].num] += (double)r.weight / 1e6;
    }
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

static void weights_lead_back(void **state) {
    (void)state;
    static const double want[] = {0.5, 0.2, 0.2, 0.1};
    static const uint64_t sizes[] = {40, 103, 1000};
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        double got[4] = {0};
        weighted(HEAD LEVELS
                 "tables: {t: {over: [grade, level], shares: uniform, reference: {over: [level], shares: "
                 "{poor: 50, low: 20, middle: 20, high: 10}}}}\n",
                 sizes[k], got);
        for (int i = 0; i < 4; i++) {
            double off = got[i] / (double)sizes[k] - want[i];
            assert_true(off < 1e-6 && off > -1e-6);
        }
    }
}

/* Classes, and two references multiplied. */
static void references_multiply(void **state) {
    (void)state;
    double got[4] = {0};
    weighted(HEAD LEVELS
             "tables: {t: {over: [level], shares: uniform, reference: {over: [level], shares: {poor|low: 80, "
             "middle|high: 20}}}, g: {over: [grade], shares: uniform, reference: {over: [grade], shares: {1: "
             "50, 2: 25, "
             "3: 25}}}}\n",
             1200, got);
    assert_true(got[0] > 479.99 && got[0] < 480.01);
    assert_true(got[3] > 119.99 && got[3] < 120.01);
}

static void a_reference_needs_a_hard_table(void **state) {
    (void)state;
    static const char *const bad[] = {
        "tables: {t: {over: [level], shares: uniform, reference: {over: [grade], shares: {1: 50, 2: 25, 3: "
        "25}}}}\n",
        "tables: {t: {over: [level], soft: 2, shares: uniform, reference: {over: [level], shares: {poor|low: "
        "80, "
        "middle|high: 20}}}}\n",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char yaml[2048];
        diags d;
        snprintf(yaml, sizeof yaml, "%s%s%s", HEAD, LEVELS, bad[i]);
        population *p = load_text(yaml, &d);
        assert_true(d.errors == 1);
        assert_int_equal(d.row[0].code, DIAG_P10);
        population_free(p);
        diags_free(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_lead_back),
        cmocka_unit_test(references_multiply),
        cmocka_unit_test(a_reference_needs_a_hard_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* plan_extend_test.c: a plan extended to more persons: exact for all of them, the first ones as they were, and
 * each table as near to its shares as rounding allows.
 */
#include "tests/unit/plan_fixture.h"

#define PEOPLE                                                                                                 \
    "attributes:\n"                                                                                            \
    "  region: {choice: [north, south, east]}\n"                                                               \
    "  age: {number: 0..89}\n"                                                                                 \
    "  edu: {choice: [school, college, graduate], by: [age], given: {..24: {school: 60, college: 40}, 25..: "  \
    "{school: 40, college: 35, graduate: 25}}}\n"                                                              \
    "  income: {choice: [low, middle, high], by: [edu], given: {school: {low: 60, middle: 30, high: 10}, "     \
    "college: {low: 30, middle: 50, high: 20}, graduate: {low: 10, middle: 45, high: 45}}}\n"                  \
    "  work: {choice: {employed: 60, retired: 40}, when: {age: 18..}}\n"                                       \
    "  height: {number: {mean: 170, sd: 9, range: 120..220}}\n"
#define REGION_AGE                                                                                             \
    "  region_age: {over: [region, age], shares: {north: {..34: 10, 35..64: 15, 65..89: 8}, south: {..34: "    \
    "12, 35..64: 14, 65..89: 7}, east: {..34: 11, 35..64: 16, 65..89: 7}}}\n"
#define AGE_EDU                                                                                                \
    "  age_edu: {over: [age, edu], shares: {..34: {school: 14, college: 12, graduate: 7}, 35..64: {school: "   \
    "18, college: 17, graduate: 10}, 65..89: {school: 14, college: 5, graduate: 3}}}\n"
#define EDU_INCOME                                                                                             \
    "  edu_income: {over: [edu, income], shares: {school: {low: 24, middle: 16, high: 6}, college: {low: 10, " \
    "middle: 16, high: 8}, graduate: {low: 2, middle: 8, high: 10}}}\n"
#define REGION_INCOME                                                                                          \
    "  region_income: {over: [region, income], shares: {north: {low: 13, middle: 12, high: 8}, south: {low: "  \
    "11, middle: 14, high: 8}, east: {low: 12, middle: 14, high: 8}}}\n"
#define WORK_PART "  work: {over: [work], shares: {employed: 57, retired: 43}}\n"
#define SOFT                                                                                                   \
    "  soft: {over: [work], by: [region], soft: 3, shares: {north: {employed: 50, retired: 50}, else: "        \
    "{employed: 70, retired: 30}}}\n"

static const char *const tables[] = {
    "  region: {over: [region], shares: {north: 33.3, south: 33.3, east: 33.4}}\n",
    "  region: {over: [region], shares: {north: 33, south: 33, east: 34}}\n" REGION_AGE,
    REGION_AGE AGE_EDU EDU_INCOME,
    REGION_AGE AGE_EDU EDU_INCOME REGION_INCOME,
    "  region: {over: [region], shares: uniform}\n  edu: {over: [edu], shares: weights}\n",
    "  region: {over: [region], shares: uniform}\n  income: {over: [income], by: [edu], shares: "
    "weights}\n" AGE_EDU,
    REGION_AGE WORK_PART,
    REGION_AGE SOFT,
};

static void tables_exact(const plan *pl) {
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint64_t *got = xcalloc(plan_table_cells(pl, t), sizeof *got);
        for (uint32_t c = 0; c < plan_cells(pl); c++)
            if (plan_table_cell(pl, t, c) != UINT32_MAX) got[plan_table_cell(pl, t, c)] += plan_quota(pl, c);
        for (uint32_t c = 0; c < plan_table_cells(pl, t); c++)
            assert_int_equal(got[c], plan_table_asked(pl, t, c));
        free(got);
    }
    uint64_t all = 0;
    for (uint32_t c = 0; c < plan_cells(pl); c++) all += plan_quota(pl, c);
    assert_int_equal(all, plan_size(pl));
}

/* Each slot has its cell and, within the cell, a serial of its own below the quota. */
static void slots_fill_the_cells(const plan *pl) {
    uint64_t *got = xcalloc(plan_cells(pl), sizeof *got);
    for (uint64_t i = 0; i < plan_size(pl); i++) {
        uint32_t cell;
        uint64_t serial;
        plan_place(pl, i, &cell, &serial);
        assert_int_equal(serial, got[cell]); /* ascending, without gaps */
        got[cell]++;
    }
    for (uint32_t c = 0; c < plan_cells(pl); c++) assert_int_equal(got[c], plan_quota(pl, c));
    free(got);
}

static void same_people(const plan *a, const plan *b, uint64_t n) {
    arena *mem = arena_new(0), *other = arena_new(0);
    const population *p = NULL;
    for (uint64_t i = 0; i < n; i++) {
        record x, y;
        draw_into(a, i, (uint32_t)(i % 3), &x, mem);
        draw_into(b, i, (uint32_t)(i % 3), &y, other);
        p = x.pop;
        for (uint32_t l = 0; l < p->leaves; l++) assert_true(value_same(&x.value[l], &y.value[l]));
        assert_int_equal(plan_find(b, &y), y.cell);
    }
    arena_free(mem);
    arena_free(other);
}

static plan *extended(const population *p, uint64_t n, uint64_t to, uint64_t seed) {
    diags d;
    diags_init(&d);
    plan *pl = plan_extend(plan_of(p, n, seed), to, &d);
    if (!pl) show(&d);
    assert_non_null(pl);
    diags_free(&d);
    return pl;
}

static void extended_plans_are_exact(void **state) {
    (void)state;
    static const struct {
        uint64_t n, to;
    } steps[] = {{1, 2},     {3, 10},    {10, 11},     {100, 101},  {100, 150},
                 {100, 200}, {97, 1000}, {1000, 1007}, {999, 12345}};
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        char yaml[8192];
        snprintf(yaml, sizeof yaml, "%s%stables:\n%s", HEAD, PEOPLE, tables[t]);
        population *p = make(yaml);
        for (size_t s = 0; s < COUNT_OF(steps); s++)
            for (uint64_t seed = 1; seed <= 4; seed++) {
                plan *first = plan_of(p, steps[s].n, seed), *pl = extended(p, steps[s].n, steps[s].to, seed);
                assert_int_equal(plan_size(pl), steps[s].to);
                tables_exact(pl);
                slots_fill_the_cells(pl);
                same_people(first, pl, steps[s].n < 50 ? steps[s].n : 50);
                assert_true(plan_rounding(pl) < 2.5);
                plan_free(pl);
                plan_free(first);
            }
        population_free(p);
    }
}

/* Again and again, as a run may be. */
static void extensions_of_extensions(void **state) {
    (void)state;
    char yaml[8192];
    snprintf(yaml, sizeof yaml, "%s%stables:\n%s", HEAD, PEOPLE, tables[3]);
    population *p = make(yaml);
    diags d;
    diags_init(&d);
    plan *pl = plan_of(p, 100, 1);
    for (uint64_t n = 137; n < 3000; n = n * 3 / 2) {
        pl = plan_extend(pl, n, &d);
        if (!pl) show(&d);
        assert_non_null(pl);
        tables_exact(pl);
        slots_fill_the_cells(pl);
    }
    pl = plan_extend(pl, 100, &d);
    assert_null(pl);
    assert_int_equal(d.row[0].code, DIAG_Q01);
    diags_free(&d);
    population_free(p);
}

/* A group that the old end cut in two keeps what it has, and its new members differ from the old ones. */
static void groups_go_on(void **state) {
    (void)state;
    enum { SIZE = 12, N = 31, TO = 100 };
    population *p = make(
        HEAD
        "groups: {street: {size: 12}}\nattributes:\n  sex: {choice: [female, male]}\n  height: {per: street, "
        "number: {mean: 170, sd: 9, range: 120..220}}\n  name: {keep: true, choice: [a, b, c, d, e, f, g, h, "
        "i, j, k, l, m], unique: street}\ntables: {t: {over: [sex], shares: {female: 51, male: 49}}}\n");
    plan *first = plan_of(p, N, 1), *pl = extended(p, N, TO, 1);
    same_people(first, pl, N);
    int64_t height[TO], name[TO];
    arena *mem = arena_new(0);
    for (uint64_t i = 0; i < TO; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        height[i] = r.value[leaf_of(p, "height")].num;
        name[i] = r.value[leaf_of(p, "name")].num;
        for (uint64_t k = i / SIZE * SIZE; k < i; k++) {
            assert_int_equal(height[k], height[i]);
            assert_int_not_equal(name[k], name[i]);
        }
    }
    arena_free(mem);
    plan_free(first);
    plan_free(pl);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests_[] = {
        cmocka_unit_test(extended_plans_are_exact),
        cmocka_unit_test(extensions_of_extensions),
        cmocka_unit_test(groups_go_on),
    };
    return cmocka_run_group_tests(tests_, NULL, NULL);
}

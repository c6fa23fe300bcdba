/* plan_stretch_test.c: whatever tables a population has, a plan of it can be extended, by one person and by
 * many, again and again: exact for all, the first ones where they were, no table further from its shares than
 * rounding.
 */
#include "tests/unit/plan_random.h"
#include "validators/validators.h"

static void exact(const plan *pl, uint64_t key) {
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint64_t *got = xcalloc(plan_table_cells(pl, t), sizeof *got);
        for (uint32_t c = 0; c < plan_cells(pl); c++)
            if (plan_table_cell(pl, t, c) != UINT32_MAX) got[plan_table_cell(pl, t, c)] += plan_quota(pl, c);
        for (uint32_t c = 0; c < plan_table_cells(pl, t); c++)
            if (got[c] != plan_table_asked(pl, t, c))
                fail_msg("world %llu: table %u", (unsigned long long)key, t);
        free(got);
    }
}

/* The cells of slots, by the classes of all axes. */
static void classes_of(const plan *pl, uint64_t slot, uint32_t *class) {
    uint32_t cell;
    uint64_t serial;
    plan_place(pl, slot, &cell, &serial);
    for (uint32_t a = 0; a < plan_axes(pl); a++) class[a] = plan_cell_class(pl, cell, a);
}

static double stretched(uint64_t key) {
    static const uint64_t to[] = {301, 302, 303, 310, 450, 451, 2000};
    enum { FIRST = 300, AXES = 16 };
    world w = w_world(key);
    buf text = {0};
    w_print(&w, &text);
    buf_char(&text, 0);
    diags d;
    population *p = load_text(text.p, &d);
    rules *made = p ? rules_compile(p, &d) : NULL;
    assert_true(made && !d.errors && population_finish(p, &d));
    plan *pl = plan_of(p, FIRST, 1);
    uint32_t was[FIRST][AXES], is[AXES];
    for (uint64_t i = 0; i < FIRST; i++) classes_of(pl, i, was[i]);
    double worst = 0;
    for (size_t i = 0; i < COUNT_OF(to); i++) {
        pl = plan_extend(pl, to[i], &d);
        if (!pl) {
            show(&d);
            fail_msg("world %llu: to %llu\n%s", (unsigned long long)key, (unsigned long long)to[i], text.p);
        }
        exact(pl, key);
        if (plan_rounding(pl) > worst) worst = plan_rounding(pl);
    }
    for (uint64_t i = 0; i < FIRST; i++) {
        classes_of(pl, i, is);
        assert_memory_equal(is, was[i], sizeof *is * plan_axes(pl));
    }
    plan_free(pl);
    diags_free(&d);
    rules_free(made);
    population_free(p);
    buf_free(&text);
    w_free(&w);
    return worst;
}

static void worlds_are_stretched(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t key = 1; key <= 200; key++) {
        double off = stretched(key);
        if (off > worst) worst = off;
    }
    print_message("1400 extensions; a table's cell is at most %.3f persons off its share\n", worst);
    assert_true(worst < 2.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(worlds_are_stretched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

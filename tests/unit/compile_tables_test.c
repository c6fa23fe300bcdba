/* Tables: their classes and numbers, sums and totals, uniform and weights, what they may be over. */
#include "compile_fixture.h"

static void open_tables(fixture *f, const char *tables) {
    buf b = {0};
    buf_printf(&b,
               HEAD "attributes:\n  sex: {choice: [female, male]}\n  age: {number: 0..99}\n  band: {number: "
                    "{0..9: 1, 10..29: 2, 30..40: 3}}\n"
                    "  work: {choice: [none, part, full], when: {age: 16..}}\n  many: {choice: [a, b], list: "
                    "1}\n  pay: {number: {mean: 5, sd: 1, range: 0..9}}\n"
                    "  name: {template: '{{sex}}'}\n  ok: {flag: {}}\n"
                    "tables:\n%s" TAIL "%c",
               tables, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static const table *only_table(const fixture *f) {
    if (!f->p) fixture_print(f);
    assert_non_null(f->p);
    assert_int_equal(f->p->compiled->tables, 1);
    return &f->p->compiled->table[0];
}

static void expect_numbers(const table *t, const double *want, uint32_t n) {
    assert_int_equal(t->numbers, n);
    for (uint32_t i = 0; i < n; i++)
        if (t->number[i] != want[i]) fail_msg("number %u is %g, not %g", i, t->number[i], want[i]);
}

static void numbers_are_row_major(void **state) {
    (void)state;
    fixture f = {0};
    open_tables(&f, "  t: {over: [sex, age], counts: {male: {..17: 1, 18..64: 2, 65..: 3}, female: {18..64: 5, "
                    "..17: 4, 65..: 6}}}\n");
    const table *t = only_table(&f);
    assert_true(t->counts);
    assert_int_equal(t->form, TABLE_GRID);
    expect_numbers(t, (const double[]){4, 5, 6, 1, 2, 3}, 6);
    assert_true(fixture_node(&f, "sex")->in_table && fixture_node(&f, "age")->in_table &&
                !fixture_node(&f, "band")->in_table);
    assert_int_equal(f.p->columns, 2); /* the default of output.columns */
    assert_int_equal(f.p->mask_leaves, 2);
    fixture_close(&f);
}

static void missing_keys_are_zero_and_classes_merge(void **state) {
    (void)state;
    fixture f = {0};
    open_tables(&f, "  t: {over: [age, work], shares: {0..15: {~: 20}, 16..20|80..: {none|part: 30, full: 10}, "
                    "21..60: {full: 40}}}\n");
    const table *t = only_table(&f);
    assert_int_equal(t->cut[0].n, 4); /* 61..79 have no row */
    assert_int_equal(t->cut[1].n, 3);
    assert_int_equal(t->cut[1].none, 2);
    expect_numbers(t, (const double[]){0, 0, 20, 30, 10, 0, 0, 40, 0, 0, 0, 0}, 12);
    fixture_close(&f);
}

static void uniform_and_weights_have_classes(void **state) {
    (void)state;
    fixture f = {0};
    open_tables(&f, "  t: {over: [sex, age], shares: uniform}\n");
    const table *t = only_table(&f);
    assert_int_equal(t->form, TABLE_UNIFORM);
    assert_int_equal(t->cut[0].n, 2);
    assert_int_equal(t->cut[1].n, 100);
    fixture_close(&f);
    open_tables(&f, "  t: {over: [band, work, age, ok], shares: weights}\n");
    t = only_table(&f);
    assert_int_equal(t->form, TABLE_WEIGHTS);
    assert_int_equal(t->cut[0].n, 3);
    assert_int_equal(t->cut[1].n, 3);
    assert_int_equal(t->cut[2].n, 1);
    assert_int_equal(t->cut[3].n, 2);
    fixture_close(&f);
}

static void scale_takes_any_sum(void **state) {
    (void)state;
    fixture f = {0};
    open_tables(&f, "  t: {over: [sex], shares: {female: 3, male: 4}, scale: true}\n");
    (void)only_table(&f);
    fixture_close(&f);
    open_tables(&f, "  t: {over: [sex], shares: {female: 0.3333333, male: 0.6666666}}\n");
    (void)only_table(&f);
    fixture_close(&f);
}

static void wrong_tables_are_said(void **state) {
    (void)state;
    static const struct {
        const char *tables;
        diag_code code;
        const char *value;
    } rows[] = {
        {"  t: {over: [sex], shares: {female: 30, male: 80}}\n", DIAG_Q01, "110"},
        {"  t: {over: [sex], counts: {female: 30, male: 80}}\n  u: {over: [age], counts: {..40: 50, 41..: "
         "61}}\n",
         DIAG_Q01, "111"},
        {"  t: {over: [sex], counts: {female: 0, male: 0}}\n", DIAG_P09, "0"},
        {"  t: {over: [sex], counts: {female: -3, male: 5}}\n", DIAG_P09, "-3"},
        {"  t: {over: [sex], counts: {female: many, male: 5}}\n", DIAG_P03, "many"},
        {"  t: {over: [sex], counts: {female: 3, mael: 5}}\n", DIAG_P07, "mael"},
        {"  t: {over: [sxe], counts: {female: 3, male: 5}}\n", DIAG_P04, "sxe"},
        {"  t: {over: [many], counts: {a: 3}}\n", DIAG_P10, "many"},
        {"  t: {over: [story], counts: {a: 3}}\n", DIAG_P10, "story"},
        {"  t: {over: [name], counts: {a: 3}}\n", DIAG_P03, "name"},
        {"  t: {over: [sex]}\n", DIAG_P02, "counts"},
        {"  t: {counts: {female: 3}}\n", DIAG_P02, "over"},
        {"  t: {over: [sex], counts: {female: 3}, shares: uniform}\n", DIAG_P03, "counts"},
        {"  t: {over: [sex], counts: uniform}\n", DIAG_P03, "uniform"},
        {"  t: {over: [pay], shares: weights}\n", DIAG_P03, "pay"},
        {"  t: {over: [age], shares: {..40: 50, 30..: 50}}\n", DIAG_P08, "30.."},
        {"  t: {over: [age], counts: {..40: 50, 41..99: 50, 100..: 5}}\n", DIAG_P07, "5"},
        {"  t: {over: [sex], counts: {female: 3, male: 4}, sacle: true}\n", DIAG_P02, "sacle"},
        {"  t: {over: [sex, sex], shares: uniform}\n", DIAG_P03, "sex"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_tables(&f, rows[i].tables);
        if (f.d.errors != 1 || !str_is(fixture_row(&f, rows[i].code)->value, rows[i].value)) {
            print_message("# %s", rows[i].tables);
            fixture_print(&f);
        }
        assert_int_equal(f.d.errors, 1);
        assert_true(str_is(fixture_row(&f, rows[i].code)->value, rows[i].value));
        fixture_close(&f);
    }
}

/* Sums within each combination of `by`. */
static void conditional_sums_are_linted(void **state) {
    (void)state;
    fixture f = {0};
    open_tables(&f, "  t: {over: [work], by: [sex], soft: 2, shares: {female: {none: 50, part: 40}, male: "
                    "{none: 60, full: 40}}}\n");
    assert_true(str_holds(fixture_row(&f, DIAG_Q01)->text, "of female sum to 90"));
    assert_int_equal(f.d.row[0].code, DIAG_Q01);
    fixture_close(&f);
    open_tables(&f, "  t: {over: [work], by: [sex], shares: {female: {none: 50, part: 50}}}\n");
    assert_true(str_holds(fixture_row(&f, DIAG_P08)->text, "`sex` = male"));
    fixture_close(&f);
    open_tables(
        &f, "  t: {over: [sex], shares: weights, reference: {over: [sex], shares: {female: 50, male: 51}}}\n");
    assert_true(str_holds(fixture_row(&f, DIAG_Q01)->text, "t.reference"));
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_row_major),
        cmocka_unit_test(missing_keys_are_zero_and_classes_merge),
        cmocka_unit_test(uniform_and_weights_have_classes),
        cmocka_unit_test(scale_takes_any_sum),
        cmocka_unit_test(wrong_tables_are_said),
        cmocka_unit_test(conditional_sums_are_linted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* compile_linear: sums of numbers, ranks and flags; none without the value of one of them. */
#include "compile_fixture.h"

static const char population_text[] = HEAD "attributes:\n"
                                           "  n: {number: 0..9, step: 0.5}\n"
                                           "  l: {choice: [low, medium, high], ordered: true}\n"
                                           "  f: {flag: {}}\n"
                                           "  many: {number: 1..3, list: 2}\n"
                                           "rules:\n"
                                           "  A: {kind: x, left: {n: 2, l: 10, f: -1, const: 0.25}}\n"
                                           "  B: {kind: x, left: -1.5e1}\n"
                                           "  C: {kind: x, left: {n: 1, many: 1}}\n"
                                           "  D: {kind: x, left: {n: much}}\n"
                                           "  E: {kind: x, left: {story: 1}}\n"
                                           "  F: {kind: x, left: {nn: 1}}\n" TAIL;

static void sums_are_computed(void **state) {
    (void)state;
    fixture f = {0};
    double v;
    fixture_load(&f, population_text);
    const linear *a = compile_linear(f.p, fixture_tree(&f, "A", "left"), &f.d);
    const linear *b = compile_linear(f.p, fixture_tree(&f, "B", "left"), &f.d);
    assert_non_null(a);
    assert_int_equal(linear_leaves(f.p, a).n, 3);
    assert_false(linear_value(a, &f.r, &v));
    fixture_set(&f, "n", "3.5");
    fixture_set(&f, "l", "high");
    assert_false(linear_value(a, &f.r, &v));
    fixture_set(&f, "f", "true");
    assert_true(linear_value(a, &f.r, &v));
    assert_true(v == 7 + 20 - 1 + 0.25);
    assert_true(linear_value(b, &f.r, &v));
    assert_true(v == -15);
    fixture_close(&f);
}

static void wrong_sums_are_said(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        diag_code code;
    } rows[] = {{"C", DIAG_P10}, {"D", DIAG_P03}, {"E", DIAG_P03}, {"F", DIAG_P04}};
    fixture f = {0};
    fixture_load(&f, population_text);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t before = f.d.n;
        assert_null(compile_linear(f.p, fixture_tree(&f, rows[i].rule, "left"), &f.d));
        assert_int_equal(f.d.n, before + 1);
        assert_int_equal(f.d.row[before].code, rows[i].code);
    }
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_computed),
                                       cmocka_unit_test(wrong_sums_are_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

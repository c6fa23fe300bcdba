/* DIST of every kind: weights, bins, normals, equals; what is refused. */
#include "compile_fixture.h"

static void open_attribute(fixture *f, const char *x) {
    buf b = {0};
    buf_printf(
        &b, HEAD "attributes:\n  age: {number: 0..99}\n  big: {number: 0..10, step: 0.5}\n  x: %s\n" TAIL "%c",
        x, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static bool near_by(double a, double b) {
    return a - b < 1e-12 && b - a < 1e-12;
}

static const dist *first_dist(const fixture *f) {
    if (!f->p) fixture_print(f);
    assert_non_null(f->p);
    return &fixture_node(f, "x")->draw->dist[0];
}

static void choices_have_weights(void **state) {
    (void)state;
    fixture f = {0};
    open_attribute(&f, "{choice: {a: 1, b: 0, c: 3e0}}");
    const dist *d = first_dist(&f);
    assert_int_equal(d->form, DIST_CHOICE);
    assert_true(near_by(d->weight[0], 0.25) && d->weight[1] == 0 && near_by(d->weight[2], 0.75));
    assert_int_equal(d->pick.n, 3);
    fixture_close(&f);
    open_attribute(&f, "{choice: [7, 8.5, -1]}");
    assert_true(near_by(first_dist(&f)->weight[1], 1.0 / 3));
    assert_true(fixture_node(&f, "x")->value[0].number);
    fixture_close(&f);
    open_attribute(&f, "{choice: [7, 08]}");
    (void)first_dist(&f);
    assert_false(fixture_node(&f, "x")->value[0].number);
    fixture_close(&f);
}

static void bins_are_sorted_and_share_weights(void **state) {
    (void)state;
    fixture f = {0};
    open_attribute(&f, "{number: {30..39: 2, 0..9|20..29: 6, 50: 2}}");
    const dist *d = first_dist(&f);
    assert_int_equal(d->bins, 4);
    assert_int_equal(d->bin[0].lo, 0);
    assert_int_equal(d->bin[3].lo, 50);
    assert_true(near_by(d->weight[0], 0.3) && near_by(d->weight[1], 0.3) && near_by(d->weight[2], 0.2));
    assert_int_equal(fixture_node(&f, "x")->lo, 0);
    assert_int_equal(fixture_node(&f, "x")->hi, 50);
    fixture_close(&f);
}

static void normals_and_sums(void **state) {
    (void)state;
    fixture f = {0};
    open_attribute(&f, "{number: {mean: {age: 0.5, const: 3}, sd: 2.5, range: 1..40}, step: 0.1}");
    const dist *d = first_dist(&f);
    assert_int_equal(d->form, DIST_NORMAL);
    assert_int_equal(d->lo, 10);
    assert_int_equal(d->hi, 400);
    assert_true(d->mean.constant == 3 && d->mean.terms == 1 && d->mean.term[0].by == 0.5 && d->sd == 2.5);
    assert_null(fixture_node(&f, "x")->draw->base);
    fixture_close(&f);
    open_attribute(&f, "{number: {median: 60, sigma: 0.8, range: 1..700}}");
    assert_int_equal(first_dist(&f)->form, DIST_LOG_NORMAL);
    fixture_close(&f);
    open_attribute(&f, "{number: {equals: {age: -1, big: 2, const: 2025}}}");
    assert_int_equal(first_dist(&f)->form, DIST_EQUALS);
    assert_int_equal(fixture_node(&f, "x")->lo, 2025 - 99);
    assert_int_equal(fixture_node(&f, "x")->hi, 2025 + 20);
    fixture_close(&f);
    open_attribute(
        &f, "{number: 1..7, step: 0.5, by: [age], given: {..50: {mean: 3, sd: 1}, 51..: {1..2: 4, 3..: 1}}}");
    d = first_dist(&f);
    assert_int_equal(d[0].form, DIST_NORMAL);
    assert_int_equal(d[0].hi, 14);
    assert_int_equal(d[1].form, DIST_BINS);
    assert_int_equal(d[1].bin[1].hi, 14);
    assert_non_null(fixture_node(&f, "x")->draw->base);
    fixture_close(&f);
}

static void flags_have_chances(void **state) {
    (void)state;
    static const struct {
        const char *x;
        double p;
    } rows[] = {
        {"{flag: {}}", 0.5}, {"{flag: 0.25}", 0.25}, {"{flag: 1}", 1}, {"{flag: {}, given: 0.125}", 0.125}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_attribute(&f, rows[i].x);
        assert_true(near_by(first_dist(&f)->p, rows[i].p));
        fixture_close(&f);
    }
}

static void wrong_distributions_are_said(void **state) {
    (void)state;
    static const struct {
        const char *x;
        diag_code code;
        const char *value;
    } rows[] = {
        {"{choice: {a: 1, b: -2}}", DIAG_P09, "-2"},
        {"{choice: {a: 0, b: 0}}", DIAG_P09, ""},
        {"{choice: {a: 1, b: lots}}", DIAG_P03, "lots"},
        {"{choice: [a, b, a]}", DIAG_P03, "a"},
        {"{choice: [a, 'b|c']}", DIAG_P03, "b|c"},
        {"{choice: [a, else]}", DIAG_P03, "else"},
        {"{choice: []}", DIAG_P07, "x"},
        {"{number: 5..}", DIAG_P07, "5.."},
        {"{number: 9..5}", DIAG_P07, "9..5"},
        {"{number: {0..5: 1, 5..9: 1}}", DIAG_P08, "5..9"},
        {"{number: {0..5: 0, 6..9: 0}}", DIAG_P09, ""},
        {"{number: 0..9000000000}", DIAG_P07, "x"},
        {"{number: {mean: 5, sd: 1}}", DIAG_P07, "x"},
        {"{number: {mean: 5, sd: 0, range: 0..9}}", DIAG_P09, "0"},
        {"{number: {mean: 5, range: 0..9}}", DIAG_P02, "sd"},
        {"{number: {mean: 5, sigma: 1, range: 0..9}}", DIAG_P02, "sigma"},
        {"{number: {median: -5, sigma: 1, range: 0..9}}", DIAG_P07, "-5"},
        {"{number: 0..9, given: {5..12: 1}}", DIAG_P07, "5..12"},
        {"{number: 0..9, given: 12}", DIAG_P07, "12"},
        {"{number: 0..9, step: 0}", DIAG_P03, "0"},
        {"{number: {}}", DIAG_P03, ""},
        {"{number: [1, 2]}", DIAG_P03, ""},
        {"{flag: 1.5}", DIAG_P09, "1.5"},
        {"{flag: often}", DIAG_P03, "often"},
        {"{number: {equals: {x: 1}}}", DIAG_P06, "x"},
        {"{number: {equals: {story: 1}}}", DIAG_P03, "story"},
        {"{choice: [a, b], step: 2}", DIAG_P03, "step"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_attribute(&f, rows[i].x);
        if (f.d.errors != 1) {
            print_message("# %s\n", rows[i].x);
            fixture_print(&f);
        }
        assert_int_equal(f.d.errors, 1);
        if (!str_is(fixture_row(&f, rows[i].code)->value, rows[i].value)) fixture_print(&f);
        assert_true(str_is(fixture_row(&f, rows[i].code)->value, rows[i].value));
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_have_weights),
        cmocka_unit_test(bins_are_sorted_and_share_weights),
        cmocka_unit_test(normals_and_sums),
        cmocka_unit_test(flags_have_chances),
        cmocka_unit_test(wrong_distributions_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

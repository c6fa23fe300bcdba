/* GRIDs and classes: which row a combination of parents falls into; overlaps, gaps, else, ~, the limit. */
#include "compile_fixture.h"

/* An attribute `x` whose value names the row that was taken. */
static void load_given(fixture *f, const char *parents, const char *x) {
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n%s  x: {choice: [r1, r2, r3, r4], %s}\n" TAIL "%c", parents, x, 0);
    fixture_try(f, b.p);
    buf_free(&b);
    if (f->p) record_init(&f->r, f->p, f->p->mem);
}

/* The value that the row of the record gives with certainty; NULL: no row. */
static const char *row_of(const fixture *f) {
    const node *x = fixture_node(f, "x");
    uint32_t at = x->draw->given ? grid_at(x->draw->given, &f->r) : 0;
    if (at == UINT32_MAX) return NULL;
    for (uint32_t v = 0; v < x->values; v++)
        if (x->draw->dist[at].weight[v] == 1) return x->value[v].value.p;
    return "mixed";
}

static void expect_row(fixture *f, const char *a, const char *b, const char *row) {
    fixture_set(f, "a", a);
    fixture_set(f, "b", b);
    const char *got = row_of(f);
    if (!row)
        assert_null(got);
    else
        assert_string_equal(got, row);
}

static const char two_parents[] = "  a: {number: 0..99}\n  b: {choice: [p, q, s], when: {a: 1..}}\n";

static void rows_are_found(void **state) {
    (void)state;
    fixture f = {0};
    load_given(
        &f, two_parents,
        "by: [a, b], given: {..9: {p|q: r1, s: r2}, 10..19|50: {else: r3}, else: {~: r1, p: r2, else: r4}}");
    assert_non_null(f.p);
    expect_row(&f, "0", "p", "r1");
    expect_row(&f, "9", "q", "r1");
    expect_row(&f, "9", "s", "r2");
    expect_row(&f, "9", NULL, NULL);
    expect_row(&f, "10", "s", "r3");
    expect_row(&f, "50", NULL, "r3");
    expect_row(&f, "20", "p", "r2");
    expect_row(&f, "51", NULL, "r1");
    expect_row(&f, "99", "q", "r4");
    expect_row(&f, NULL, "s", "r4");
    fixture_close(&f);
}

static void wide_domains_have_no_direct_table(void **state) {
    (void)state;
    fixture f = {0};
    load_given(&f, "  a: {number: -1000000..1000000}\n  b: {number: 0..65535}\n",
               "by: [a, b], given: {..-7: {else: r1}, -6..100: {..40000: r2, 40001..: r3}, else: {65535: r4, "
               "else: r1}}");
    assert_non_null(f.p);
    const grid *g = fixture_node(&f, "x")->draw->given;
    assert_null(g->parent[0].direct);
    assert_non_null(g->parent[1].direct);
    expect_row(&f, "-1000000", "3", "r1");
    expect_row(&f, "-7", "3", "r1");
    expect_row(&f, "-6", "40000", "r2");
    expect_row(&f, "100", "40001", "r3");
    expect_row(&f, "101", "65535", "r4");
    expect_row(&f, "1000000", "65534", "r1");
    fixture_close(&f);
}

static void classes_are_the_coarsest(void **state) {
    (void)state;
    fixture f = {0};
    load_given(&f, "  a: {number: 0..99}\n  b: {choice: [p, q, s]}\n",
               "by: [a], given: {0..9|20..29: r1, 10..19: r2, 30..49: r3, 50..: r4}");
    assert_non_null(f.p);
    const classes *c = &fixture_node(&f, "x")->draw->given->parent[0];
    assert_int_equal(c->n, 4);
    assert_int_equal(c->none, UINT32_MAX);
    fixture_set(&f, "a", "25");
    uint32_t class = class_of(c, &f.r.value[fixture_node(&f, "a")->leaf]);
    fixture_set(&f, "a", "3");
    assert_int_equal(class_of(c, &f.r.value[fixture_node(&f, "a")->leaf]), class);
    assert_int_equal(class_size(fixture_node(&f, "a"), c, class), 20);
    value_set s = class_set(f.p->mem, fixture_node(&f, "a"), c, class);
    assert_int_equal(s.n, 2);
    buf b = {0};
    class_print(fixture_node(&f, "a"), c, class, &b);
    assert_true(str_is(buf_view(&b), "0..9|20..29"));
    buf_free(&b);
    fixture_close(&f);
}

static void wrong_grids_are_said(void **state) {
    (void)state;
    static const struct {
        const char *x;
        diag_code code;
        const char *text;
    } rows[] = {
        {"by: [b], given: {p: r1, q|p: r2, s: r3}", DIAG_P08, "`p` and `q|p` both hold `b` = p"},
        {"by: [a], given: {..30: r1, 30..60: r2, 61..: r3}", DIAG_P08,
         "`..30` and `30..60` both hold `a` = 30"},
        {"by: [a], given: {..30: r1, 40..: r3}", DIAG_P08, "no row for `a` = 31..39"},
        {"by: [a, b], given: {..30: {else: r1}, 31..: {p: r1, q: r2}}", DIAG_P08, "`a` = 31..99, `b` = s"},
        {"by: [a, b], given: {..30: r1, 31..: r3}", DIAG_P08, "a mapping by `b`"},
        {"by: [a]", DIAG_P08, "no `given`"},
        {"by: [b], given: {p: r1, w: r2, else: r3}", DIAG_P07, "no value `w`"},
        {"by: [b], given: {p: r1, q: r7, else: r3}", DIAG_P07, "no value `r7`"},
        {"by: [story], given: {else: r1}", DIAG_P10, "written"},
        {"by: [b, b], given: {else: {else: r1}}", DIAG_P03, "twice"},
        {"by: [l], given: {else: r1}", DIAG_P10, "a list"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        load_given(&f, "  a: {number: 0..99}\n  b: {choice: [p, q, s]}\n  l: {choice: [t, u], list: 1..2}\n",
                   rows[i].x);
        assert_null(f.p);
        assert_int_equal(f.d.errors, 1);
        assert_true(str_holds(fixture_row(&f, rows[i].code)->text, rows[i].text));
        fixture_close(&f);
    }
}

static void when_excuses_rows(void **state) {
    (void)state;
    fixture f = {0};
    load_given(&f, two_parents, "when: {a: 20.., b: [p, q]}, by: [a, b], given: {20..: {p: r1, q: r2}}");
    assert_non_null(f.p);
    fixture_close(&f);
    load_given(&f, two_parents, "when: {any: [{a: 20..}, {b: s}]}, by: [a, b], given: {20..: {else: r1}}");
    assert_null(f.p);
    assert_true(str_holds(fixture_row(&f, DIAG_P08)->text, "`a` = 0..19, `b` = p|q|s") ||
                str_holds(fixture_row(&f, DIAG_P08)->text, "`a` = 0..19"));
    fixture_close(&f);
}

static void rows_outside_are_a_warning(void **state) {
    (void)state;
    fixture f = {0};
    load_given(&f, "  a: {number: 5..9}\n", "by: [a], given: {..7: r1, 8..20: r2, 21..40: r3}");
    assert_non_null(f.p);
    assert_true(str_holds(fixture_row(&f, DIAG_W00)->text, "`21..40` cannot occur"));
    fixture_close(&f);
}

/* Each level names 999 values alone: 1,001 classes each, more than 2^24 combinations. */
static void large_grids_are_refused(void **state) {
    (void)state;
    static const char *const below[] = {"{else: {else: r1}}", "{else: r1}", "r1"};
    fixture f = {0};
    buf x = {0};
    buf_z(&x, "by: [a, b, c], given: {");
    for (int depth = 0; depth < 3; depth++) {
        for (int k = 0; k < 999; k++) buf_printf(&x, "%d: %s, ", k, below[depth]);
        buf_z(&x, depth < 2 ? "else: {" : "else: r2}}}");
    }
    buf_char(&x, 0);
    load_given(&f, "  a: {number: 0..999}\n  b: {number: 0..999}\n  c: {number: 0..999}\n", x.p);
    assert_null(f.p);
    (void)fixture_row(&f, DIAG_P17);
    buf_free(&x);
    fixture_close(&f);
}

static void tests_stand_in_grids(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, HEAD "attributes:\n  a: {number: 5..19}\n  b: {choice: [p, q, s], ordered: true}\n"
                          "rules: {R: {kind: x, given: {p: 5..9, q: [5, 7..8], s: {not: 12}}}, G: {kind: x, "
                          "given: {p: 5, q: 6}}}\n" TAIL);
    leaf_list by = {(uint32_t[]){fixture_node(&f, "b")->leaf}, 1};
    uint32_t leaf = fixture_node(&f, "a")->leaf;
    const test_grid *g = compile_test_grid(f.p, leaf, &by, fixture_tree(&f, "R", "given"), &f.d);
    assert_non_null(g);
    static const struct {
        const char *a, *b;
        bool allowed;
    } rows[] = {{"5", "p", true},   {"10", "p", false}, {"6", "q", false}, {"8", "q", true},
                {"12", "s", false}, {"11", "s", true},  {NULL, "p", true}, {"19", NULL, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture_set(&f, "a", rows[i].a);
        fixture_set(&f, "b", rows[i].b);
        assert_int_equal(test_grid_allows(g, &f.r), rows[i].allowed);
    }
    assert_null(compile_test_grid(f.p, leaf, &by, fixture_tree(&f, "G", "given"), &f.d));
    assert_true(str_holds(fixture_row(&f, DIAG_P08)->text, "`b` = s"));
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found),           cmocka_unit_test(wide_domains_have_no_direct_table),
        cmocka_unit_test(classes_are_the_coarsest), cmocka_unit_test(wrong_grids_are_said),
        cmocka_unit_test(when_excuses_rows),        cmocka_unit_test(rows_outside_are_a_warning),
        cmocka_unit_test(large_grids_are_refused),  cmocka_unit_test(tests_stand_in_grids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

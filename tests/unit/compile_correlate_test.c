/* `correlate`: what a matrix and its attributes may be (P15, P17), and what is read from triangle, rows and
 * CSV. */
#include "compile_fixture.h"

#include <math.h>

static const char attributes[] =
    HEAD "attributes:\n  a: {number: 0..9}\n  b: {choice: [x, y], ordered: true}\n  c: {flag: {}}\n"
         "  s: {d: {number: 1..4}, e: {number: 1..4}}\n";

static void open_text(fixture *f, const char *more, const char *correlate) {
    buf b = {0};
    buf_printf(&b, "%s%s%scorrelate: %s\n%c", attributes, more, TAIL, correlate, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void faults_are_said(void **state) {
    (void)state;
    static const struct {
        const char *more, *correlate;
        diag_code code;
        const char *value;
    } rows[] = {
        {"", "{c: {of: [a, b, c], matrix: [[1], [0.9, 1], [0.9, -0.9, 1]]}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: [[1], [1, 1]]}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: [[1], [0.9]]}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: [[1], 0.9]}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: [[1]]}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: 1}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, b], matrix: [[1], [1.5, 1]]}}", DIAG_P15, "1.5"},
        {"", "{c: {of: [a, b], matrix: [[1], [nan, 1]]}}", DIAG_P15, "nan"},
        {"", "{c: {of: [a, b], matrix: [[1], [[0.5], 1]]}}", DIAG_P15, ""},
        {"", "{c: {of: [a, b], matrix: [[1, 0.2], [0.3, 1]]}}", DIAG_P15, "0.3"},
        {"", "{c: {of: [a, b], matrix: [[2], [0.3, 1]]}}", DIAG_P15, "2"},
        {"  z: {choice: [p, q]}\n", "{c: {of: [a, z], matrix: [[1], [0.3, 1]]}}", DIAG_P15, "z"},
        {"  z: {template: \"{{a}}\"}\n", "{c: {of: [a, z], matrix: [[1], [0.3, 1]]}}", DIAG_P15, "z"},
        {"  z: {number: 1..9, list: 1..2}\n", "{c: {of: [a, z], matrix: [[1], [0.3, 1]]}}", DIAG_P15, "z"},
        {"", "{c: {of: [a, story], matrix: [[1], [0.3, 1]]}}", DIAG_P15, "story"},
        {"", "{c: {of: [a, a], matrix: [[1], [0.3, 1]]}}", DIAG_P15, "a"},
        {"", "{c: {of: [a, b], matrix: [[1], [0, 1]]}, k: {of: [c, b], matrix: [[1], [0, 1]]}}", DIAG_P15, "b"},
        {"", "{c: {of: [], matrix: []}}", DIAG_P15, "c"},
        {"", "{c: {of: [a, q], matrix: [[1], [0.3, 1]]}}", DIAG_P04, "q"},
        {"", "{c: {of: [a, b]}}", DIAG_P02, "matrix"},
        {"", "{c: {matrix: [[1]]}}", DIAG_P02, "of"},
        {"", "{c: {of: [a, b], matrx: [[1]], matrix: [[1], [0, 1]]}}", DIAG_P02, "matrx"},
        {"", "{c: {of: [a, b], matrix: none.csv}}", DIAG_P05, "none.csv"},
        {"", "{c: [a, b]}", DIAG_P03, "[...]"},
        {"", "[a, b]", DIAG_P03, "[...]"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].more, rows[i].correlate);
        assert_null(f.p);
        const diag *x = &f.d.row[0];
        if (x->code != rows[i].code || !str_is(x->value, rows[i].value)) {
            print_message("# row %zu\n", i);
            fixture_print(&f);
        }
        assert_int_equal(x->code, rows[i].code);
        assert_true(str_is(x->value, rows[i].value));
        assert_true(x->line > 0);
        assert_true(x->hint.n > 0 || x->code != DIAG_P15);
        fixture_close(&f);
    }
}

static void too_many_are_too_large(void **state) {
    (void)state;
    fixture f = {0};
    buf b = {0};
    buf_z(&b, "  t:\n    number: 1..9\n    each: [");
    for (int i = 0; i < 257; i++) buf_printf(&b, "%sm%d", i ? ", " : "", i);
    buf_printf(&b, "]\n%c", 0);
    open_text(&f, b.p, "{c: {of: [t], matrix: [[1]]}}");
    assert_int_equal(fixture_row(&f, DIAG_P17)->value.p[0], 'c');
    assert_int_equal(f.d.errors, 1);
    buf_free(&b);
    fixture_close(&f);
}

static void assert_matrix(const fixture *f) {
    const copula *c = &f->p->compiled->copula[0];
    assert_int_equal(f->p->compiled->copulas, 1);
    assert_int_equal(c->of.n, 3);
    assert_true(c->matrix[3] == 0.5 && c->matrix[6] == -0.25 && c->matrix[7] == 0.125);
    /* L L' is the matrix again, in any order */
    static const uint32_t order[2][3] = {{0, 1, 2}, {2, 0, 1}};
    for (int k = 0; k < 2; k++) {
        double l[9] = {0};
        assert_true(copula_factor(c, order[k], l));
        for (uint32_t i = 0; i < 3; i++)
            for (uint32_t j = 0; j <= i; j++) {
                double sum = 0;
                for (uint32_t x = 0; x <= j; x++) sum += l[i * 3 + x] * l[j * 3 + x];
                uint32_t a = order[k][i], b = order[k][j];
                assert_true(fabs(sum - (a > b ? c->matrix[a * 3 + b] : c->matrix[b * 3 + a])) < 1e-15);
            }
    }
}

static void forms_of_a_matrix_are_the_same(void **state) {
    (void)state;
    static const char *const forms[] = {
        "{c: {of: [a, s], matrix: [[1], [0.5, 1], [-0.25, 0.125, 1]], source: a survey}}",
        "{c: {of: [a, s], matrix: [[1, 0.5, -0.25], [0.5, 1, 0.125], [-0.25, 0.125, 1]]}}",
        "{c: {of: [a, s], matrix: [[1, .5, -.25], [.5, 1], [-.25, .125, 1]]}}",
        "{c: {of: [a, s], matrix: m.csv}}",
        "{c: {of: [a, s], matrix: l.csv}}",
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        fixture f = {0};
        fixture_file(&f, "m.csv", "a,d,e\n1,0.5,-0.25\n0.5,1,0.125\n-0.25,0.125,1\n");
        fixture_file(&f, "l.csv", "name,a,d,e\na,1,,\nd,0.5,1,\ne,-0.25,0.125,1\n");
        open_text(&f, "", forms[i]);
        if (!f.p) fixture_print(&f);
        assert_non_null(f.p);
        assert_matrix(&f);
        fixture_close(&f);
    }
}

static void two_in_tables_are_warned_of(void **state) {
    (void)state;
    for (int both = 0; both < 2; both++) {
        fixture f = {0};
        open_text(&f, "",
                  both ? "{x: {of: [b, c], matrix: [[1], [0.3, 1]]}}\n"
                         "tables: {t: {over: [b], shares: uniform}, u: {over: [c], shares: uniform}}"
                       : "{x: {of: [b, c], matrix: [[1], [0.3, 1]]}}\n"
                         "tables: {t: {over: [b], shares: uniform}}");
        assert_non_null(f.p);
        assert_int_equal(fixture_count(&f, DIAG_W00), both);
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_said),
        cmocka_unit_test(too_many_are_too_large),
        cmocka_unit_test(forms_of_a_matrix_are_the_same),
        cmocka_unit_test(two_in_tables_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* compile_key: VALUE, RANGE, ~ and | as sets; steps; the algebra of sets. */
#include "compile_fixture.h"

static const char population_text[] = HEAD "attributes:\n"
                                           "  n: {number: 0..20}\n"
                                           "  half: {number: -2..2, step: 0.5}\n"
                                           "  tens: {number: 14..66, step: 10}\n"
                                           "  level: {choice: [low, medium, high], ordered: true}\n"
                                           "  kind: {choice: [a b, c, d, e, f, g, h, i, j]}\n"
                                           "  yes: {flag: {}}\n"
                                           "  day: {number: 0..100000}\n" TAIL;

static void print_set(const node *n, const value_set *s, char *out, size_t size) {
    size_t at = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        buf b = {0};
        value_key_print(n, s->in[i].lo, &b);
        buf_z(&b, "..");
        value_key_print(n, s->in[i].hi, &b);
        at += (size_t)snprintf(out + at, size - at, "%s" STR_FMT, at ? " " : "", STR_ARG(buf_view(&b)));
        buf_free(&b);
    }
    snprintf(out + at, size - at, "%s", s->none ? (at ? " ~" : "~") : "");
}

static void keys_become_sets(void **state) {
    (void)state;
    static const struct {
        const char *leaf, *key, *set;
    } rows[] = {
        {"n", "7", "7..7"},
        {"n", "..3", "0..3"},
        {"n", "18..", "18..20"},
        {"n", "..", "0..20"},
        {"n", "3|5..6|7", "3..3 5..7"},
        {"n", "~", "~"},
        {"n", "~|2", "2..2 ~"},
        {"n", "19..400", "19..20"},
        {"n", "30..40", ""},
        {"n", "2.5..4.5", "3..4"},
        {"half", "-0.6..0.6", "-0.5..0.5"},
        {"half", "1.5", "1.5..1.5"},
        {"level", "medium..", "medium..high"},
        {"level", "low|high", "low..low high..high"},
        {"kind", "a b|d", "a b..a b d..d"},
        {"yes", "true", "true..true"},
        {"n", "null", "~"},
        {"n", "", "~"},
    };
    fixture f = {0};
    fixture_load(&f, population_text);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const node *n = fixture_node(&f, rows[i].leaf);
        value_set s;
        char text[128];
        assert_true(compile_key(f.p, n, NULL, str_of(rows[i].key), &f.d, &s));
        print_set(n, &s, text, sizeof text);
        assert_string_equal(text, rows[i].set);
    }
    fixture_close(&f);
}

static void wrong_keys_are_said(void **state) {
    (void)state;
    static const struct {
        const char *leaf, *key;
        diag_code code;
        const char *hint;
    } rows[] = {
        {"n", "21", DIAG_P07, ""},
        {"n", "x", DIAG_P03, ""},
        {"n", "9..3", DIAG_P07, ""},
        {"n", "2.5", DIAG_P07, "multiples"},
        {"half", "0.25", DIAG_P07, "step"},
        {"level", "hihg", DIAG_P07, "`high`"},
        {"kind", "c..d", DIAG_P03, "ordered"},
        {"yes", "no", DIAG_P03, "true or false"},
        {"story", "word", DIAG_P03, "~"},
    };
    fixture f = {0};
    fixture_load(&f, population_text);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        value_set s;
        size_t before = f.d.n;
        assert_false(compile_key(f.p, fixture_node(&f, rows[i].leaf), NULL, str_of(rows[i].key), &f.d, &s));
        assert_int_equal(f.d.n, before + 1);
        assert_int_equal(f.d.row[before].code, rows[i].code);
        assert_true(str_holds(f.d.row[before].hint, rows[i].hint));
    }
    fixture_close(&f);
}

/* Inwards: a value outside the range that was stated is none. */
static void domains_snap_to_steps(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, population_text);
    const node *tens = fixture_node(&f, "tens"), *half = fixture_node(&f, "half");
    assert_int_equal(tens->lo, 2);
    assert_int_equal(tens->hi, 6);
    assert_int_equal(half->lo, -4);
    assert_int_equal(half->hi, 4);
    bool exact;
    dec half_step = {5, 1};
    assert_int_equal(steps_of((dec){25, 2}, half_step, &exact), 1); /* 0.25: half a step, away from 0 */
    assert_false(exact);
    assert_int_equal(steps_of((dec){-25, 2}, half_step, &exact), -1);
    assert_int_equal(steps_of((dec){-24, 2}, half_step, &exact), 0);
    assert_int_equal(steps_of((dec){15, 1}, half_step, &exact), 3);
    assert_true(exact);
    fixture_close(&f);
}

static bool naive_has(const value_set *s, int64_t v) {
    for (uint32_t i = 0; i < s->n; i++)
        if (v >= s->in[i].lo && v <= s->in[i].hi) return true;
    return false;
}

static void algebra_agrees_with_membership(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, population_text);
    const node *n = fixture_node(&f, "n");
    static const char *const keys[] = {"0|2|4|6|8..9|13", "~|..5", "3..16", "20", "~", "0..20"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            value_set a, b;
            assert_true(compile_key(f.p, n, NULL, str_of(keys[i]), &f.d, &a));
            assert_true(compile_key(f.p, n, NULL, str_of(keys[k]), &f.d, &b));
            value_set both = set_and(f.p->mem, &a, &b), other = set_not(f.p->mem, n, &a);
            set_index(f.p->mem, &a);
            int64_t common;
            bool meet = false;
            for (int64_t v = 0; v <= 20; v++) {
                bool in_a = naive_has(&a, v), in_b = naive_has(&b, v);
                assert_int_equal(value_set_has(&a, true, v), in_a);
                assert_int_equal(value_set_has(&both, true, v), in_a && in_b);
                assert_int_equal(value_set_has(&other, true, v), !in_a);
                meet = meet || (in_a && in_b);
            }
            assert_int_equal(set_meet(&a, &b, &common), meet);
            assert_int_equal(value_set_has(&other, false, 0), !a.none);
        }
    fixture_close(&f);
}

static void long_choices_are_looked_up(void **state) {
    (void)state;
    fixture f = {0};
    buf b = {0}, csv_text = {0};
    buf_z(&csv_text, "town,weight\n");
    for (int i = 0; i < 3000; i++) buf_printf(&csv_text, "t%d,%d\n", i, i % 7 + 1);
    buf_char(&csv_text, 0);
    fixture_file(&f, "towns.csv", csv_text.p);
    fixture_load(&f, HEAD "attributes: {town: {choice: towns.csv}}\n" TAIL);
    const node *n = fixture_node(&f, "town");
    assert_int_equal(n->values, 3000);
    assert_int_equal(value_index(f.p, n, STR("t2999")), 2999);
    assert_int_equal(value_index(f.p, n, STR("t3000")), -1);
    buf_free(&b);
    buf_free(&csv_text);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_become_sets),           cmocka_unit_test(wrong_keys_are_said),
        cmocka_unit_test(domains_snap_to_steps),      cmocka_unit_test(algebra_agrees_with_membership),
        cmocka_unit_test(long_choices_are_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How attributes are drawn: order, cycles with their path, when of all above, only, except, what may depend on
 * what. */
#include "compile_fixture.h"

static void open_attributes(fixture *f, const char *attributes) {
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n%s" TAIL "%c", attributes, 0);
    fixture_try(f, b.p);
    buf_free(&b);
    if (f->p) record_init(&f->r, f->p, f->p->mem);
}

static uint32_t place(const fixture *f, const char *ref) {
    uint32_t leaf = fixture_node(f, ref)->leaf;
    for (uint32_t i = 0; i < f->p->draws; i++)
        if (f->p->draw_order[i] == leaf) return i;
    fail_msg("%s is not drawn", ref);
    return 0;
}

static void order_follows_dependence(void **state) {
    (void)state;
    fixture f = {0};
    open_attributes(&f, "  t: {template: '{{e}} {{c}}'}\n"
                        "  a: {choice: [x, y], by: [b], given: {p: x, q: y}}\n"
                        "  b: {choice: [p, q], when: {c: 3..}}\n"
                        "  c: {number: 1..9}\n"
                        "  d: {choice: [x, y, z], except: [e]}\n"
                        "  e: {choice: [x, y], only: {y: {g: true}}}\n"
                        "  f: {number: {mean: {c: 1}, sd: 1, range: 0..9}, list: {equals: {c: 1}}}\n"
                        "  g: {flag: {}}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_int_equal(f.p->draws, 8);
    assert_true(place(&f, "c") < place(&f, "b") && place(&f, "b") < place(&f, "a"));
    assert_true(place(&f, "g") < place(&f, "e") && place(&f, "e") < place(&f, "d"));
    assert_true(place(&f, "c") < place(&f, "f"));
    assert_true(place(&f, "e") < place(&f, "t"));
    assert_int_equal(place(&f, "g"), 0);
    fixture_close(&f);
}

static void cycles_are_printed(void **state) {
    (void)state;
    fixture f = {0};
    open_attributes(&f, "  z: {number: 1..2}\n  a: {choice: [x, y], by: [b], given: {p: x, q: y}}\n  b: "
                        "{choice: [p, q], when: {c: 3..}}\n"
                        "  c: {number: 1..9, when: {a: x, z: 1}}\n");
    assert_null(f.p);
    assert_int_equal(f.d.errors, 1);
    assert_true(str_holds(fixture_row(&f, DIAG_P06)->text, "a -> b -> c -> a"));
    fixture_close(&f);
    open_attributes(&f, "  a: {flag: {}, by: [a], given: {else: 0.5}}\n");
    assert_true(str_holds(fixture_row(&f, DIAG_P06)->text, "a -> a"));
    fixture_close(&f);
}

static void long_chains_are_fine(void **state) {
    (void)state;
    fixture f = {0};
    buf b = {0};
    for (int i = 0; i < 20000; i++) buf_printf(&b, "  a%d: {flag: {}, when: {a%d: true}}\n", i, i + 1);
    buf_z(&b, "  a20000: {flag: {}}\n");
    buf_char(&b, 0);
    open_attributes(&f, b.p);
    assert_non_null(f.p);
    assert_int_equal(f.p->draws, 20001);
    assert_int_equal(place(&f, "a20000"), 0);
    buf_free(&b);
    fixture_close(&f);
}

static void when_is_inherited(void **state) {
    (void)state;
    fixture f = {0};
    open_attributes(&f, "  n: {number: 0..9}\n  c: {choice: [x, y]}\n"
                        "  s:\n    when: {n: 3..}\n    u: {flag: {}}\n    t:\n      when: {any: [{c: x}, {n: "
                        "9}]}\n      v: {flag: {}, when: {n: ..8}}\n");
    assert_non_null(f.p);
    const pred *u = fixture_node(&f, "u")->when, *v = fixture_node(&f, "v")->when;
    assert_ptr_equal(u, fixture_node(&f, "s")->when);
    for (int n = 0; n <= 9; n++)
        for (int c = 0; c < 2; c++) {
            char number[2] = {(char)('0' + n), 0};
            fixture_set(&f, "n", number);
            fixture_set(&f, "c", c ? "y" : "x");
            assert_int_equal(pred_holds(u, &f.r), n >= 3);
            assert_int_equal(pred_holds(v, &f.r), n >= 3 && n <= 8 && c == 0);
        }
    assert_int_equal(v->clauses, 1); /* n = 9 and n <= 8 cannot hold together */
    fixture_close(&f);
}

static void except_maps_values(void **state) {
    (void)state;
    fixture f = {0};
    open_attributes(&f,
                    "  a: {choice: [x, y, z]}\n  b: {choice: [z, w, x]}\n  c: {choice: [x, y, z], list: 1..2}\n"
                    "  d: {choice: [x, y, z], except: [a, b, c]}\n  e: {choice: [x, y, z], except: [a, c]}\n");
    assert_non_null(f.p);
    const draw_spec *d = fixture_node(&f, "d")->draw;
    assert_int_equal(d->except.n, 3);
    assert_null(d->except_as[0]);
    assert_int_equal(d->except_as[1][0], 2);
    assert_int_equal(d->except_as[1][1], UINT32_MAX);
    assert_int_equal(d->except_as[1][2], 0);
    assert_null(fixture_node(&f, "e")->draw->except_as);
    fixture_close(&f);
}

static void only_has_a_predicate_a_value(void **state) {
    (void)state;
    fixture f = {0};
    open_attributes(&f, "  g: {number: 1..12}\n  a: {choice: [x, y, z], only: {y: {g: 7..}}}\n");
    assert_non_null(f.p);
    const pred *const *only = fixture_node(&f, "a")->draw->only;
    assert_null(only[0]);
    fixture_set(&f, "g", "6");
    assert_false(pred_holds(only[1], &f.r));
    fixture_set(&f, "g", "7");
    assert_true(pred_holds(only[1], &f.r));
    fixture_close(&f);
}

static void wrong_draws_are_said_once(void **state) {
    (void)state;
    static const struct {
        const char *attributes;
        diag_code code;
        const char *value;
    } rows[] = {
        {"  a: {flag: {}, when: {story: ~}}\n", DIAG_P10, "story"},
        {"  s:\n    when: {story: ~}\n    a: {flag: {}}\n    b: {flag: {}}\n", DIAG_P10, "story"},
        {"  a: {choice: [x], only: {x: {story: ~}}}\n", DIAG_P10, "story"},
        {"  a: {choice: [x], only: {w: {}}}\n", DIAG_P07, "w"},
        {"  a: {number: 1..2, only: {1: {}}}\n", DIAG_P03, "only"},
        {"  b: {number: 1..2}\n  a: {choice: [x], except: [b]}\n", DIAG_P03, "b"},
        {"  a: {choice: [x], except: [story]}\n", DIAG_P10, "story"},
        {"  a: {template: '{{story}}'}\n", DIAG_P10, "{{story}}"},
        {"  a: {choice: [x, y], list: 3}\n", DIAG_P07, "3"},
        {"  a: {choice: [x, y], list: -1..1}\n", DIAG_P07, "-1..1"},
        {"  a: {choice: [x, y], list: many}\n", DIAG_P03, "many"},
        {"  a: {choice: [x, y], labels: {z: Zed}}\n", DIAG_P07, "z"},
        {"  a: {chioce: [x, y]}\n", DIAG_P02, "chioce"},
        {"  a: {choice: [x, y], number: 1..2}\n", DIAG_P03, "a"},
        {"  a: {type: levle}\n", DIAG_P04, "levle"},
        {"  a: {choice: [x, y], ordered: maybe}\n", DIAG_P03, "maybe"},
        {"  a: {}\n", DIAG_P03, "a"},
        {"  a: {b-c: {flag: {}}}\n", DIAG_P02, "b-c"},
        {"  a: {keep: {flag: {}}}\n", DIAG_P02, "keep"},
        {"  a: [x, y]\n", DIAG_P03, "a"},
        {"  a: {each: [x, x], flag: {}}\n", DIAG_P02, "x"},
        {"  a: {each: x, flag: {}}\n", DIAG_P03, "x"},
        {"  a: {by: [b], b: {flag: {}}}\n", DIAG_P03, "by"},
        {"  a: {text: {words: 5}}\n", DIAG_P11, "a"},
        {"  a: {text: {wrods: 5}}\n", DIAG_P02, "wrods"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_attributes(&f, rows[i].attributes);
        if (f.d.errors != 1 || !str_is(fixture_row(&f, rows[i].code)->value, rows[i].value)) {
            print_message("# %s", rows[i].attributes);
            fixture_print(&f);
        }
        assert_int_equal(f.d.errors, 1);
        assert_true(str_is(fixture_row(&f, rows[i].code)->value, rows[i].value));
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_follows_dependence),  cmocka_unit_test(cycles_are_printed),
        cmocka_unit_test(long_chains_are_fine),      cmocka_unit_test(when_is_inherited),
        cmocka_unit_test(except_maps_values),        cmocka_unit_test(only_has_a_predicate_a_value),
        cmocka_unit_test(wrong_draws_are_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is wrong with a file is said all at once, each fault once, in the order of the file; rules too when the
 * population is at fault elsewhere. */
#include "compile_fixture.h"

/* A fault elsewhere. */
#define ANY "limits: {rouds: 2}\n"

static void open_text(fixture *f, const char *attributes, const char *rest) {
    buf b = {0};
    buf_printf(&b,
               HEAD "attributes:\n  a: {number: 0..9}\n  b: {choice: [x, y], ordered: true}\n  c: {flag: {}}\n "
                    " kept: {flag: {}, keep: true}\n%s%s%c",
               attributes, rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void each_fault_is_said_once(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
        diag_code code;
        const char *value;
    } rows[] = {
        {"  s: {row: none.csv, k: {choice: {column: k}}}\n", TAIL, DIAG_P05, "none.csv"},
        {"  k: {choice: {column: k}}\n", TAIL, DIAG_P03, "k"},
        {"", TAIL ANY "rules: {R: {kind: nevr, when: {a: 3}}}\n", DIAG_P13, "nevr"},
        {"", TAIL ANY "rules: {R: {kind: never, whn: {a: 3}}}\n", DIAG_P02, "whn"},
        {"", TAIL ANY "rules: {R: {kind: never, when: {a: 33}}}\n", DIAG_P07, "33"},
        {"", TAIL ANY "rules: {R: {kind: bans, of: story, terms: lex}}\n", DIAG_P13, "lex"},
        {"", TAIL ANY "rules: {R: {kind: judge, of: story, judge: [j], text: t}}\n", DIAG_P13, "j"},
        {"", TAIL ANY "rules: {R: {kind: leak, of: story, owner: sy}}\n", DIAG_P04, "sy"},
        {"", TAIL ANY "rules: {R: {kind: compare, left: {q: 1}, equals: 2}}\n", DIAG_P04, "q"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].attributes, rows[i].rest);
        assert_null(f.p);
        bool elsewhere = str_is(f.d.row[0].value, "rouds");
        size_t at = elsewhere ? 1 : 0;
        if (f.d.errors != at + 1 || f.d.row[at].code != rows[i].code ||
            !str_is(f.d.row[at].value, rows[i].value)) {
            print_message("# %s%s", rows[i].attributes, rows[i].rest);
            fixture_print(&f);
            fail_msg("%zu", i);
        }
        fixture_close(&f);
    }
}

static void instances_are_linted(void **state) {
    (void)state;
    fixture f = {0};
    open_text(&f,
              "  s:\n    list: 1..3\n    distinct: [k]\n    k: {choice: [p, q]}\n    m: {number: 1..5, by: "
              "[s.k], given: {p: 1, q: 2..5}}\n"
              "  out: {flag: {}, when: {s: {k: p, m: 3..}}}\n",
              TAIL);
    assert_int_equal(f.d.errors, 0);
    fixture_close(&f);
    open_text(&f, "  s: {list: 1..3, k: {choice: [p, q]}}\n  out: {flag: {}, by: [s.k], given: {else: 0.5}}\n",
              TAIL);
    assert_int_equal(f.d.row[0].code, DIAG_P10);
    fixture_close(&f);
    open_text(&f, "  s: {list: 1..3, k: {choice: [p, q]}}\n  out: {flag: {}, when: {s: {k: w}}}\n", TAIL);
    assert_int_equal(f.d.row[0].code, DIAG_P07);
    fixture_close(&f);
}

static void everything_wrong_is_said_at_once(void **state) {
    (void)state;
    static const diag_code want[] = {DIAG_P02, DIAG_P07, DIAG_P04, DIAG_P12, DIAG_P13, DIAG_P02};
    fixture f = {0};
    open_text(&f, "  d: {number: 1..5, unti: years}\n  e: {choice: [p, q], by: [d], given: {..3: p, 4..: r}}\n",
              "tables:\n  t: {over: [bb], shares: uniform}\nfacets: {w: {fields: {x: {text: {}}}, prompt: "
              "\"{{@fields}} {{a}}\\n---\\n{{a}}\\n\"}}\n"
              "rules: {R: {kind: nevr, when: {a: 3}}}\n" ANY);
    assert_int_equal(f.d.n, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(f.d.row[i].code, want[i]);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_said_once),
        cmocka_unit_test(instances_are_linted),
        cmocka_unit_test(everything_wrong_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

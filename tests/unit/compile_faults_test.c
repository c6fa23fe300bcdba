/* One fault, one row: its place, its code, the value in its sentence, and what to write instead. */
#include "compile_fixture.h"

typedef struct fault {
    const char *attributes, *rest; /* rest NULL: TAIL */
    diag_code code;
    const char *value, *hint;
} fault;

static void open_fault(fixture *f, const fault *row) {
    buf b = {0};
    buf_printf(&b,
               HEAD
               "attributes:\n  sex: {choice: [female, male]}\n  age: {number: 18..89}\n  tall: {flag: 0.3}\n"
               "  pets: {choice: [cat, dog], list: 0..2}\n%s%s%c",
               row->attributes, row->rest ? row->rest : TAIL, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void assert_said(const fault *row, size_t errors) {
    fixture f = {0};
    open_fault(&f, row);
    const diag *x = fixture_row(&f, row->code);
    bool sketch = strstr(row->value, "...") != NULL; /* {...} stands in no sentence */
    bool fine = f.d.errors == errors && str_is(x->value, row->value) && str_holds(x->hint, row->hint) &&
                (sketch || str_holds(x->text, row->value)) && x->line && x->column;
    if (!fine) {
        print_message("# %s%s\n", row->attributes, row->rest ? row->rest : "");
        fixture_print(&f);
    }
    assert_true(fine);
    fixture_close(&f);
}

#define FIELD(x) "facets: {say: {fields: {" x "}, prompt: \"{{@fields}}\\n---\\n{{@attributes}}\\n\"}}\n"

static void attributes_are_said(void **state) {
    (void)state;
    static const fault rows[] = {
        {"  x: {number: 1..5, step: 10}\n", NULL, DIAG_P07, "1..5", "multiple of `step`"},
        {"  x: {number: 1.5}\n", NULL, DIAG_P07, "1.5", "step"},
        {"  x: {number: {1..3: 1, 4.5: 1}}\n", NULL, DIAG_P07, "4.5", "step"},
        {"  x: {number: {mean: 500, sd: 1, range: 1..9}}\n", NULL, DIAG_P07, "500", "cut off"},
        {"  x: {number: t.csv}\n", NULL, DIAG_P03, "t.csv", "given"},
        {"  x: {flag: {}, by: [sex], given: {female: {true: 1}, male: 1}}\n", NULL, DIAG_P03, "",
         "probability"},
        {"  x: {choice: [a, b], given: {female: {a: 1}, male: {b: 1}}}\n", NULL, DIAG_P03, "{...}",
         "one level"},
        {"  x: {choice: [a, b], by: [sex], given: {female: {a: {b: 1}}, male: b}}\n", NULL, DIAG_P03, "{...}",
         "one level"},
        {"  x: {choice: [a, b], by: [], given: {else: a}}\n", NULL, DIAG_P03, "", "[age"},
        {"  x: {choice: {a: many, b: 1}}\n", NULL, DIAG_P03, "many", "digits"},
        {"  x: {flag: {}, when: {any: []}}\n", NULL, DIAG_P03, "", "any:"},
        {"  x: {flag: {}, when: {count: {of: [tall], is: true}}}\n", NULL, DIAG_P02, "at_least", "at_least: 2"},
        {"  x: {flag: {}, when: {count: {of: [tall], is: true, at_least: 3, at_most: 1}}}\n", NULL, DIAG_P07,
         "3", "smaller"},
        {"  x: {type: [level]}\n", TAIL "types: {level: {flag: {}}}\n", DIAG_P03, "", "type: NAME"},
        {"", TAIL "types: {level: {choice: [a, b], lable: x}}\n", DIAG_P02, "lable", "labels"},
        {"", TAIL "types: {le vel: {choice: [a, b]}}\n", DIAG_P02, "le vel", "letters"},
        {"  s: {each: [a, b, c]}\n", NULL, DIAG_P03, "s", "beside it"},
        {"  q: {template: \"{{x}}\"}\n  x: {flag: {}, when: {sex: male}}\n", NULL, DIAG_P12, "{{x}}", "?"},
        {"  note: five\n", NULL, DIAG_P02, "note", "documentation"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_said(&rows[i], 1);
}

static void tables_and_the_rest_are_said(void **state) {
    (void)state;
    static const fault rows[] = {
        {"", "tables: {t: {over: [], shares: uniform}}\n" TAIL, DIAG_P03, "", "[age"},
        {"", "tables: {t: {over: [sex], share: uniform}}\n" TAIL, DIAG_P02, "share", "shares"},
        {"", "tables: {t: {ovr: [sex], shares: uniform}}\n" TAIL, DIAG_P02, "ovr", "over"},
        {"", "tables: {t: {over: [sex], shares: unifrom}}\n" TAIL, DIAG_P03, "unifrom", "uniform"},
        {"", "tables: {t: {over: [sex], scale: yes, shares: {female: 5, male: 5}}}\n" TAIL, DIAG_P03, "yes",
         "true"},
        {"", "tables: {a b: {over: [sex], shares: uniform}}\n" TAIL, DIAG_P02, "a b", "letters"},
        {"", FIELD(""), DIAG_P02, "fields", "story"},
        {"", FIELD("m: {choice: {a: -1, b: 2}}"), DIAG_P09, "-1", "0"},
        {"", FIELD("m: {flag: 7}"), DIAG_P09, "7", "0.3"},
        {"", FIELD("m: {choice: [a, b], keep: true}"), DIAG_P03, "keep", "domain"},
        {"", FIELD("m: {choice: [a, b], only: {c: {sex: male}}}"), DIAG_P07, "c", ""},
        {"", FIELD("m: {text: {words: 0}}"), DIAG_P07, "0", "30..60"},
        {"", FIELD("m: {text: {words: 50.., chars: ..20}}"), DIAG_P07, "..20", "more characters"},
        {"", TAIL "dedup: {threshold: 0}\n", DIAG_P07, "0", ""},
        {"", TAIL "output: {columns: {a: [sex]}}\n", DIAG_P03, "a", "columns:"},
        {"", TAIL "rules: {R: ~}\n", DIAG_P03, "~", "included"},
        {"", TAIL "judges: [j]\nrules: {R: {kind: judge, judge: j, of: story, text: x}}\n", DIAG_P03, "[...]",
         "KEY: VALUE"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_said(&rows[i], 1);
}

static void what_is_odd_is_a_warning(void **state) {
    (void)state;
    static const fault rows[] = {
        {"  x: {flag: {}, when: {count: {of: [tall], is: true, at_least: 5}}}\n", NULL, DIAG_W00, "5", "fewer"},
        {"  x: {choice: [a, b], list: 1..5}\n", NULL, DIAG_W00, "1..5", "all differ"},
        {"",
         TAIL "judges: {j: {prompt: \"as JSON\\n---\\n{{story}}\\n\"}}\n"
              "rules: {R: {kind: judge, judge: j, of: story, text: x}}\n",
         DIAG_W00, "j", "{{@rules}}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_said(&rows[i], 0);
    fixture f = {0};
    fixture_try(&f, HEAD "attributes: {}\n" TAIL);
    assert_int_equal(f.d.errors, 0);
    assert_true(str_holds(fixture_row(&f, DIAG_W00)->text, "no attributes"));
    fixture_close(&f);
}

/* A value outside the range that was stated is none: ends that are no multiples of `step` move inwards. */
static void ranges_hold_only_their_values(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, HEAD
                 "attributes: {a: {number: 0..11, step: 3}, b: {number: {0..14.9: 1, 15..29.9: 2}}}\n" TAIL);
    assert_int_equal(fixture_node(&f, "a")->hi, 3);
    const draw_spec *s = fixture_node(&f, "b")->draw;
    assert_true(s->dist->bin[0].hi == 14 && s->dist->bin[1].lo == 15 && s->dist->bin[1].hi == 29);
    fixture_close(&f);
}

/* At the header, once, and not in each row. */
static void a_column_that_is_missing_is_said_once(void **state) {
    (void)state;
    fixture f = {0};
    fixture_file(&f, "t.csv", "sex,mean,std\nfemale,3,1\nmale,4,1\n");
    fixture_try(
        &f, HEAD
        "attributes:\n  sex: {choice: [female, male]}\n  x: {number: 1..9, by: [sex], given: t.csv}\n" TAIL);
    const diag *x = fixture_row(&f, DIAG_P02);
    assert_int_equal(f.d.errors, 1);
    assert_true(str_is(x->value, "sd") && x->line == 1 && x->column == 5);
    assert_true(str_holds(x->hint, "`std`"));
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_are_said),
        cmocka_unit_test(tables_and_the_rest_are_said),
        cmocka_unit_test(what_is_odd_is_a_warning),
        cmocka_unit_test(ranges_hold_only_their_values),
        cmocka_unit_test(a_column_that_is_missing_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

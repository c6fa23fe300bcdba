/* compile_leaves_test.c: what is wrong with `leaves` and `split`, and what is not. */
#include "compile_fixture.h"

#define P "prompt: \"as JSON\\n---\\n{{@attributes}}\\n{{@fields}}\\n\""

static void open_text(fixture *f, const char *attributes, const char *rest) {
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n  a: {number: 0..9}\n%s%s%c", attributes, rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void faults_are_said(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
        diag_code code;
        const char *value;
    } rows[] = {
        {"  s: {t: {text: {}}}\n", TAIL, DIAG_P11, "s.t"},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s], " P "}, v: {leaves: [s.t], " P "}}\n", DIAG_P11,
         "s.t"},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s, s.t], " P "}}\n", DIAG_P11, "s.t"},
        {"  s: {t: {text: {}}}\n",
         "facets: {w: {leaves: [s], " P "}, v: {fields: {x: {text: {}}}, leaves: [x], " P "}}\n", DIAG_P11,
         "x"},
        {"  s: {t: {text: {}}, d: {flag: {}}}\n", "facets: {w: {leaves: [s, s.d], " P "}}\n", DIAG_P11, "s.d"},
        {"  s: {t: {text: {}}}\n",
         "facets: {w: {fields: {x: {text: {}}}, leaves: [], " P "}, v: {leaves: [s], " P "}}\n", DIAG_P11, "w"},
        {"  s: {t: {text: {}, list: 2}}\n", "facets: {w: {leaves: [s], " P "}}\n", DIAG_P03, "s.t"},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s, tt], " P "}}\n", DIAG_P04, "tt"},
        {"  s: {t: {text: {}}}\n",
         "facets: {w: {leaves: {s: 1}, fields: {x: {text: {}}}, " P "}, v: {leaves: s, " P "}}\n", DIAG_P03,
         "{...}"},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s, [a]], " P "}}\n", DIAG_P03, ""},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s], split: 0, " P "}}\n", DIAG_P07, "0"},
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s], split: some, " P "}}\n", DIAG_P03, "some"},
        {"", "facets: {w: {fields: {x: {text: {}}}, split: 3, " P "}}\n", DIAG_P02, "leaves"},
        {"  s: {list: 400, t: {text: {}}}\n", "facets: {w: {leaves: [s], split: 1, " P "}}\n", DIAG_P17, "w"},
        /* the system part is the same for all */
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s], prompt: \"{{@fields}}\\n---\\n{{a}}\\n\"}}\n",
         DIAG_P12, "{{@fields}}"},
        /* of its own texts a facet shows none by name */
        {"  s: {t: {text: {}}}\n", "facets: {w: {leaves: [s], prompt: \"x\\n---\\n{{@fields}} {{s.t}}\\n\"}}\n",
         DIAG_P12, "{{s.t}}"},
        /* a row has each key once */
        {"", "facets: {w: {fields: {provenance: {text: {}}}, " P "}}\n", DIAG_P02, "provenance"},
        {"", "facets: {w: {fields: {narrative: {text: {}}, x: {text: {}}}, " P "}}\noutput: {narrative: x}\n",
         DIAG_P02, "narrative"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].attributes, rows[i].rest);
        bool right = !f.p && f.d.errors == 1 && f.d.row[0].code == rows[i].code &&
                     str_is(f.d.row[0].value, rows[i].value);
        if (!right) {
            print_message("# %s%s", rows[i].attributes, rows[i].rest);
            fixture_print(&f);
        }
        assert_true(right);
        fixture_close(&f);
    }
}

/* Entries as they are named, texts in file order; what is drawn is left alone. */
static void texts_have_their_facet(void **state) {
    (void)state;
    static const char *const want[] = {"s.v", "l.u", "s.n.t"};
    fixture f = {0};
    open_text(&f,
              "  s: {n: {t: {text: {}}, d: {flag: {}}}, v: {text: {}}}\n  l: {list: 1..2, k: {flag: {}}, u: "
              "{text: {}}}\n",
              "facets: {w: {leaves: [s.v, l, s.n], split: 2, fields: {narrative: {text: {}}}, " P "}}\n"
              "output: {narrative: narrative}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    const facet *w = &f.p->facet[0];
    assert_int_equal(w->leaves, COUNT_OF(want));
    assert_int_equal(w->entries, 3);
    for (uint32_t i = 0; i < w->leaves; i++) {
        assert_true(str_is(leaf_node(f.p, w->leaf[i])->path, want[i]));
        assert_int_equal(leaf_node(f.p, w->leaf[i])->owner, 0);
        assert_int_equal(w->entry[i], i);
    }
    assert_int_equal(node_find(f.p, STR("s.n.d"))->owner, NO_FACET);
    assert_false(w->fixed_fields);
    fixture_close(&f);
}

/* So many entries of so many texts each, in parts; `choose` of all of them, or "". */
static bool parts_fit(int entries, int texts, int split, const char *count) {
    buf b = {0}, names = {0}, rest = {0};
    for (int i = 0; i < entries; i++) {
        buf_printf(&b, "  s%d:\n", i);
        buf_printf(&names, "%ss%d", i ? ", " : "", i);
        for (int k = 0; k < texts; k++) buf_printf(&b, "    t%d: {text: {}}\n", k);
    }
    buf_printf(&b, "%c", 0);
    buf_printf(&names, "%c", 0);
    if (*count) buf_printf(&rest, "choose: {c: {from: [%s], count: %s}}\n", names.p, count);
    buf_printf(&rest, "facets: {w: {leaves: [%s], split: %d, " P "}}\n%c", names.p, split, 0);
    fixture f = {0};
    open_text(&f, b.p, rest.p);
    bool fits = f.p != NULL;
    assert_true(fits || (f.d.errors == 1 && f.d.row[0].code == DIAG_P17));
    fixture_close(&f);
    buf_free(&b);
    buf_free(&names);
    buf_free(&rest);
    return fits;
}

static void parts_are_those_of_what_is_chosen(void **state) {
    (void)state;
    assert_true(parts_fit(600, 1, 5, "")); /* in 120 parts */
    assert_true(parts_fit(3, 400, 5, ""));
    assert_false(parts_fit(3, 500, 5, ""));
    assert_false(parts_fit(1, 300, 1, ""));
    assert_true(parts_fit(1, 300, 1, "0..50"));
    assert_false(parts_fit(1, 300, 1, "0..290"));
    assert_true(parts_fit(20, 300, 25, "200..250"));
    assert_false(parts_fit(20, 300, 2, "200..250"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_said),
        cmocka_unit_test(texts_have_their_facet),
        cmocka_unit_test(parts_are_those_of_what_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

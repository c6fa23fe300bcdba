/* Facets: needs and closures, cycles, owners, when, limits of calls; judges, limits, dedup, output, lexicons.
 */
#include "compile_fixture.h"

#define P(name)    "prompt: \"{{@fields}}\\n---\\n{{@attributes}}\\n" name "\""
#define ATTRIBUTES "attributes:\n  sex: {choice: [female, male]}\n  n: {number: 0..9}\n"

static void open_text(fixture *f, const char *rest) {
    buf b = {0};
    buf_printf(&b, HEAD ATTRIBUTES "%s%c", rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void a_chain_is_closed(void **state) {
    (void)state;
    fixture f = {0};
    open_text(&f,
              "facets:\n"
              "  a: {needs: [b], fields: {x: {text: {}}, h: {template: '{{y?}} of {{n}}'}}, " P(
                  "{{y?}}") ", max_tokens: 300, temperature: 0.85, top_p: 0.9, role: fast}\n"
                            "  b: {needs: [c], when: {mood: calm, n: 3..}, fields: {y: {text: {}}}, " P(
                                "{{mood}}") "}\n"
                                            "  c: {fields: {mood: {choice: [calm, tense]}, z: {text: {}, when: "
                                            "{n: 1..}}}, prompt: \"as JSON\\n---\\n{{@fields}}\\n\"}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_int_equal(f.p->facets, 3);
    assert_int_equal(f.p->facet[0].closure, 6);
    assert_int_equal(f.p->facet[1].closure, 4);
    assert_int_equal(f.p->facet[2].closure, 0);
    assert_int_equal(f.p->facet[0].max_tokens, 300);
    assert_int_equal(f.p->facet[0].temperature_milli, 850);
    assert_int_equal(f.p->facet[0].top_p_milli, 900);
    assert_true(str_is(f.p->facet[0].role, "fast"));
    assert_int_equal(f.p->facet[1].max_tokens, 1024);
    assert_true(str_is(f.p->facet[1].role, "writer"));
    assert_non_null(f.p->facet[1].when);
    assert_false(f.p->facet[2].fixed_fields);
    assert_true(f.p->facet[1].fixed_fields);
    assert_int_equal(f.p->dedup_leaves, 3);
    fixture_close(&f);
}

static void wrong_facets_are_said(void **state) {
    (void)state;
    static const struct {
        const char *rest;
        diag_code code;
        const char *value, *text;
    } rows[] = {
        {"facets:\n  a: {needs: [b], fields: {x: {text: {}}}, " P(
             "") "}\n  b: {needs: [a], fields: {y: {text: {}}}, " P("") "}\n",
         DIAG_P06, "a", "a -> b -> a"},
        {"facets:\n  alpha: {needs: [apha], fields: {x: {text: {}}}, " P("") "}\n", DIAG_P04, "apha",
         "no facet"},
        {"facets:\n  a: {fields: {sex: {text: {}}}, " P("") "}\n", DIAG_P02, "sex", "there already"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\n  b: {fields: {x: {text: {}}}, " P("") "}\n",
         DIAG_P02, "x", "there already"},
        {"facets:\n  a: {fields: {x: {choice: [q], by: [sex]}}, " P("") "}\n", DIAG_P03, "by", "has `by`"},
        {"facets:\n  a: {fields: {x: {text: {}}}}\n", DIAG_P12, "prompt", "no `prompt`"},
        {"facets:\n  a: {" P("") "}\n", DIAG_P02, "fields", "writes nothing"},
        {"facets:\n  a: {when: {y: ~}, fields: {x: {text: {}}}, " P("") "}\n  b: {fields: {y: {text: {}}}, " P(
             "") "}\n",
         DIAG_P10, "y", "none of its needs"},
        {"facets:\n  a: {needs: [b], when: {y: ~}, fields: {x: {text: {}}}, " P(
             "") "}\n  b: {fields: {y: {text: {}}}, " P("") "}\n",
         DIAG_P10, "y", "and a text"},
        {"facets:\n  a: {fields: {x: {text: {}, when: {m: 1}}, m: {number: 1..3}}, prompt: "
         "\"w\\n---\\n{{@fields}}\\n\"}\n",
         DIAG_P10, "m", "written"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") ", max_tokens: 0}\n", DIAG_P07, "0", "max_tokens"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") ", temperature: hot}\n", DIAG_P03, "hot",
         "temperature"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") ", promt: x}\n", DIAG_P02, "promt", ""},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\njudges: {j: {after: k}}\n", DIAG_P04, "k",
         "no judge"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\njudges: {j: {after: j}}\n", DIAG_P06, "j",
         "cannot run after"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\njudges: {j: {share: 1.5}}\n", DIAG_P07, "1.5",
         "share"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nlimits: {attempts: 0}\n", DIAG_P07, "0",
         "attempts"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\ndedup: {text: [sex]}\n", DIAG_P10, "sex",
         "dedup.text"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\ndedup: {threshold: 2}\n", DIAG_P07, "2",
         "threshold"},
        {"tables: {t: {over: [sex], shares: uniform}}\nfacets:\n  a: {fields: {x: {text: {}}}, " P(
             "") "}\ndedup: {exact: [[sex]]}\n",
         DIAG_P16, "sex", "no redraw"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P(
             "") "}\ndedup: {exact: [[n], [n], [n], [n], [n], [n], [n], [n], [n]]}\n",
         DIAG_P17, "9", "at most 8"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\ndedup: {exact: [n, m]}\n", DIAG_P03, "n",
         "list of lists"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\ndedup: {exact: [[]]}\n", DIAG_P03, "",
         "list of lists"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {columns: {slot: sex}}\n", DIAG_P02,
         "slot", "every row"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {columns: {x: sex}}\n", DIAG_P02, "x",
         "a field"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {columns: [sex, n, sex]}\n", DIAG_P02,
         "sex", "another column"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {id: '{{@run}}'}\n", DIAG_P12, "{{@run}}",
         "{{@slot}}"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {id: '{{n}}{{@slot}}'}\n", DIAG_P12,
         "{{n}}", "words"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\noutput: {attributes: flat}\n", DIAG_P03, "flat",
         "two forms"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nrules: {R: {of: x}}\n", DIAG_P13, "R",
         "no `kind`"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nlexicons: {l: [a, '*b']}\n", DIAG_P03, "*b",
         "end"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nlexicons: {l: {zh: [a]}}\n", DIAG_P03, "en",
         "locale"},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nlexicons: {l: none.txt}\n", DIAG_P05, "none.txt",
         ""},
        {"facets:\n  a: {fields: {x: {text: {}}}, " P("") "}\nlocal: en\n", DIAG_P02, "local", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].rest);
        if (f.d.errors != 1 || !str_is(fixture_row(&f, rows[i].code)->value, rows[i].value) ||
            !str_holds(fixture_row(&f, rows[i].code)->text, rows[i].text)) {
            print_message("# %s", rows[i].rest);
            fixture_print(&f);
        }
        assert_int_equal(f.d.errors, 1);
        assert_true(str_is(fixture_row(&f, rows[i].code)->value, rows[i].value));
        assert_true(str_holds(fixture_row(&f, rows[i].code)->text, rows[i].text));
        fixture_close(&f);
    }
}

static void others_are_read(void **state) {
    (void)state;
    fixture f = {0};
    fixture_file(&f, "words.txt", "# what must not occur\nalpha  # the first\n beta*\n\ngamma delta\nC#\n");
    open_text(&f,
              "lexicons: {bad: words.txt, few: [x, y]}\n"
              "tables: {t: {over: [sex], shares: uniform}}\n"
              "facets:\n  a: {fields: {x: {text: {}}, y: {text: {}}, m: {number: 1..3}}, " P(
                  "") "}\n"
                      "rules: {J: {kind: judge, judge: [quick, slow], of: x, text: fine}, B: {kind: bans, of: "
                      "x, terms: bad}}\n"
                      "judges: {quick: {temperature: 0.25}, slow: {after: quick, share: 0.05}, idle: {}}\n"
                      "limits: {rounds: 1, tries: 50}\n"
                      "dedup: {text: y, threshold: 0.75, exact: [[sex, m], [n]], within: sex, mask: [n]}\n"
                      "output: {id: 'p{{@slot}}', columns: {k: n}, narrative: [y, x], attributes: pairs}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    const struct lexicon *l = &f.p->compiled->lexicon[0];
    assert_int_equal(l->terms, 4);
    assert_true(str_is(l->term[0], "alpha") && str_is(l->term[1], "beta*") &&
                str_is(l->term[2], "gamma delta") && str_is(l->term[3], "C#"));
    assert_int_equal(f.p->rules, 2);
    assert_true(str_is(f.p->rule[1].id, "B") && str_is(f.p->rule[1].kind, "bans"));
    assert_int_equal(f.p->judges, 3);
    assert_int_equal(f.p->judge[0].share_ppm, 1000000);
    assert_int_equal(f.p->judge[0].temperature_milli, 250);
    assert_int_equal(f.p->judge[1].share_ppm, 50000);
    assert_int_equal(f.p->judge[1].after, 0);
    assert_non_null(f.p->judge[1].prompt);
    assert_true(str_is(fixture_row(&f, DIAG_W00)->value, "idle"));
    assert_int_equal(f.p->rounds, 1);
    assert_int_equal(f.p->attempts, 4);
    assert_int_equal(f.p->tries, 50);
    assert_int_equal(f.p->dedup_leaves, 1);
    assert_int_equal(f.p->threshold_milli, 750);
    assert_int_equal(f.p->exacts, 2);
    assert_int_equal(f.p->exact[0].leaves, 2);
    assert_int_equal(f.p->withins, 1);
    assert_int_equal(f.p->mask_leaves, 1);
    assert_int_equal(f.p->narratives, 2);
    assert_int_equal(f.p->narrative[0], fixture_node(&f, "y")->leaf);
    assert_true(f.p->pairs);
    assert_non_null(f.p->id);
    assert_true(f.p->revise && f.p->avoid);
    term_list t;
    assert_true(compile_terms(f.p, fixture_tree(&f, "B", "terms"), &f.d, &t));
    assert_int_equal(t.n, 4);
    fixture_close(&f);
}

static void what_nothing_uses_is_a_warning(void **state) {
    (void)state;
    fixture f = {0};
    open_text(&f, "facets:\n  a: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{sex}}\\n\"}\n");
    assert_non_null(f.p);
    assert_true(str_holds(fixture_row(&f, DIAG_W00)->text, "uses `n`"));
    fixture_close(&f);
    open_text(&f, "facets:\n  a: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{sex}}\\n\"}\nrules: "
                  "{R: {kind: never, when: {n: 3}}}\n");
    assert_non_null(f.p);
    assert_int_equal(f.d.n, 0);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_closed),
        cmocka_unit_test(wrong_facets_are_said),
        cmocka_unit_test(others_are_read),
        cmocka_unit_test(what_nothing_uses_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

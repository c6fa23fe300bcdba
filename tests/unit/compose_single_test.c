/* compose_single_test.c: the one facet that --single-shot lays over a composed file. */
#include "tests/unit/compose_fixture.h"

static const tree *single(const char *yaml) {
    put("p.yaml", yaml);
    const char *const sets[] = {SET_SINGLE_SHOT};
    return compose_sets("p.yaml", sets, 1);
}

static void facets_become_one(void **state) {
    (void)state;
    const tree *t = single(
        "name: x\nfacets:\n"
        "  a: {fields: {one: {text: {}}}, prompt: a.md, max_tokens: 300, temperature: 0.2}\n"
        "  b: {needs: [a], fields: {two: {text: {words: 1..9}}, three: {choice: [u, v]}}, prompt: b.md}\n"
        "judges: {j: {share: 0.1}}\n"
        "rules:\n  J: {kind: judge, judge: j, text: t}\n  B: {kind: bans, of: one, terms: [q], owner: a}\n"
        "limits: {rounds: 3, attempts: 7}\n");
    assert_non_null(t);
    const tree *one = tree_get(tree_get(t, "facets"), "single_shot");
    assert_int_equal(tree_get(t, "facets")->n, 1);
    assert_shows(tree_get(one, "fields"), "{one:{text:{}},two:{text:{words:1..9}},three:{choice:[u,v]}}");
    assert_text(tree_get(one, "max_tokens"), "1324");
    assert_null(tree_get(one, "needs"));
    assert_null(tree_get(t, "judges"));
    assert_shows(tree_get(t, "rules"), "{B:{kind:bans,of:one,terms:[q]}}");
    assert_shows(tree_get(t, "limits"), "{rounds:0,attempts:7,checks:recorded}");
    str ask = tree_get(one, "prompt")->text, above, below;
    size_t at;
    assert_true(str_find(ask, STR("\n---\n"), &at));
    above = str_part(ask, 0, at);
    below = str_part(ask, at, ask.n);
    assert_true(str_find(above, STR("{{@fields}}"), &at));
    assert_true(str_find(below, STR("{{@attributes}}"), &at));
}

static void a_facets_when_goes_to_its_fields(void **state) {
    (void)state;
    const tree *t = single("name: x\nlocale: zh-Hans\ntypes: {t: {text: {}, when: {q: 1}}}\nfacets:\n"
                           "  a: {fields: {one: {text: {}}, two: {text: {}, when: {r: 2}}, three: {type: t}},"
                           " prompt: a.md, when: {s: 3}}\n"
                           "  b: {fields: {four: {text: {}}}, prompt: b.md}\n");
    assert_non_null(t);
    const tree *one = tree_get(tree_get(t, "facets"), "single_shot");
    assert_shows(tree_get(one, "fields"), "{one:{text:{},when:{s:3}},two:{text:{},when:{all:[{s:3},{r:2}]}},"
                                          "three:{type:t,when:{all:[{s:3},{q:1}]}},four:{text:{}}}");
    str ask = tree_get(one, "prompt")->text;
    size_t line, fields, han;
    assert_true(str_find(ask, STR("\n---\n"), &line) && str_find(ask, STR("{{@fields}}"), &fields));
    assert_true(fields > line); /* the fields differ from slot to slot */
    assert_true(str_find(ask, STR("字段"), &han));
}

static void leaves_are_asked_for_together(void **state) {
    (void)state;
    const tree *t = single("name: x\nfacets:\n  a: {leaves: [q, r.s], split: 4, prompt: a.md}\n"
                           "  b: {leaves: t, fields: {f: {text: {}}}, prompt: b.md}\n");
    assert_non_null(t);
    const tree *one = tree_get(tree_get(t, "facets"), "single_shot");
    assert_shows(tree_get(one, "leaves"), "[q,r.s,t]");
    assert_shows(tree_get(one, "fields"), "{f:{text:{}}}");
    assert_null(tree_get(one, "split"));
    size_t line, fields;
    str ask = tree_get(one, "prompt")->text;
    assert_true(str_find(ask, STR("\n---\n"), &line) && str_find(ask, STR("{{@fields}}"), &fields) &&
                fields > line);
}

static void what_one_call_cannot_write_is_refused(void **state) {
    (void)state;
    assert_null(single("name: x\n"));
    only_error(DIAG_P02, 1, 1);
    assert_null(single("name: x\nfacets: {}\n"));
    only_error(DIAG_P02, 1, 1);
    assert_null(single("name: x\nfacets:\n  a: {leaves: [q], prompt: a.md, when: {r: 1}}\n"));
    only_error(DIAG_P10, 3, 40);
    assert_null(single("name: x\nfacets:\n  a: {prompt: a.md}\n"));
    only_error(DIAG_P02, 3, 6);
    assert_null(single("name: x\nfacets:\n  a: {fields: {f: {text: {}}}, max_tokens: many, prompt: a.md}\n"));
    only_error(DIAG_P09, 3, 44);
    assert_null(single("name: x\nfacets:\n  a: {fields: {f: {text: {}}}, prompt: a.md}\n"
                       "  b: {fields: {f: {text: {}}}, prompt: b.md}\n"));
    only_error(DIAG_P11, 4, 19);
}

static void sets_come_first(void **state) {
    (void)state;
    put("p.yaml", "name: x\nfacets:\n  a: {fields: {f: {text: {}}}, prompt: a.md}\n");
    const char *const sets[] = {SET_SINGLE_SHOT, "facets.a.fields.f.text={words: 3}"};
    const tree *t = compose_sets("p.yaml", sets, 2);
    assert_non_null(t);
    assert_shows(tree_get(tree_get(tree_get(t, "facets"), "single_shot"), "fields"), "{f:{text:{words:3}}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(facets_become_one, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_facets_when_goes_to_its_fields, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(leaves_are_asked_for_together, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(what_one_call_cannot_write_is_refused, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(sets_come_first, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

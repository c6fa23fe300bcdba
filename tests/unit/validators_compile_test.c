/* Compiling rules (their keys: rule_keys.c): what is refused and with which code, what becomes a constraint,
 * who revises, when it is decided. */
#include "tests/unit/validators_kit.h"

static void faults_are_named(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        diag_code code;
        const char *part;
    } bad[] = {
        {"  X: {kind: nevr, when: {age: 5}}\n", DIAG_P13, "did you mean `never`?"},
        {"  X: {kind: zebra}\n", DIAG_P13, "`zebra`"},
        {"  X: {kind: bans, of: report, term: [a]}\n", DIAG_P02, "terms"},
        {"  X: {kind: bans, of: report}\n", DIAG_P02, "`terms`"},
        {"  X: {kind: bans, terms: [a]}\n", DIAG_P02, "`of`"},
        {"  X: {kind: bans, of: reprt, terms: [a]}\n", DIAG_P04, "reprt"},
        {"  X: {kind: bans, of: report, terms: nothing}\n", DIAG_P13, "nothing"},
        {"  X: {kind: bans, of: age, terms: [a]}\n", DIAG_P03, "reads texts"},
        {"  X: {kind: bans, of: report, terms: [a], hard: maybe}\n", DIAG_P03, "true or false"},
        {"  X: {kind: bans, of: report, terms: [a], owner: frist}\n", DIAG_P04, "first"},
        {"  X: {kind: bans, of: report, terms: [a], message: \"{{nobody}}\"}\n", DIAG_P04, "nobody"},
        {"  X: {kind: bans, of: report, terms: [a], when: {age: high}}\n", DIAG_P03, "high"},
        {"  X: {kind: never}\n", DIAG_P02, "`when`"},
        {"  X: {kind: implies, if: {age: 5}}\n", DIAG_P02, "`then`"},
        {"  X: {kind: compare, left: {age: 1}}\n", DIAG_P02, "at_least"},
        {"  X: {kind: allowed, of: age, by: [grade]}\n", DIAG_P02, "`given`"},
        {"  X: {kind: allowed, of: age, by: [grade], given: {1: 5..6}}\n", DIAG_P08, ""},
        {"  X: {kind: disjoint, of: strong}\n", DIAG_P03, "two attributes"},
        {"  X: {kind: distinct, of: age}\n", DIAG_P03, "lists"},
        {"  X: {kind: spread, of: skill}\n", DIAG_P02, "at_least"},
        {"  X: {kind: spread, of: skill, at_least: few}\n", DIAG_P03, "whole number"},
        {"  X: {kind: spread, of: skill, at_least: 0}\n", DIAG_P07, "at_least"},
        {"  X: {kind: pattern, of: report}\n", DIAG_P02, "`match`"},
        {"  X: {kind: pattern, of: report, match: \"a(b\"}\n", DIAG_P03, "no pattern"},
        {"  X: {kind: states, of: report}\n", DIAG_P02, "`what`"},
        {"  X: {kind: states, of: report, what: [story]}\n", DIAG_P03, "`story`"},
        {"  X: {kind: states, of: mood, what: [age]}\n", DIAG_P03, "reads texts"},
        {"  X: {kind: mentions, of: report}\n", DIAG_P02, "either"},
        {"  X: {kind: mentions, of: report, what: [age], terms: [a]}\n", DIAG_P02, "either"},
        {"  X: {kind: consistent, of: report}\n", DIAG_P02, "`with`"},
        {"  X: {kind: language, of: report, is: klingon}\n", DIAG_P03, "klingon"},
        {"  X: {kind: judge, judge: reeder, text: t}\n", DIAG_P13, "reader"},
        {"  X: {kind: judge, judge: reader}\n", DIAG_P02, "`text`"},
        {"  X: {kind: leak, of: report, hints: a}\n", DIAG_P02, "hint"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        rig x;
        rig_try(&x, PUPILS, bad[i].rule);
        if (x.r) fail_msg("compiles: %s", bad[i].rule);
        const diag *row = rig_row(&x, bad[i].code);
        if (!holds_text(row->text, bad[i].part) && !holds_text(row->hint, bad[i].part)) {
            rig_print(&x);
            fail_msg("%s: nothing about %s", bad[i].rule, bad[i].part);
        }
        assert_true(row->line > 0);
        rig_close(&x);
    }
}

/* All faults are said at once, not the first alone. */
static void all_faults_are_said(void **state) {
    (void)state;
    rig x;
    rig_try(&x, PUPILS,
            "  X: {kind: zebra}\n  Y: {kind: never}\n  Z: {kind: bans, of: report, terms: [a], colour: red}\n");
    assert_null(x.r);
    assert_int_equal(x.d.errors, 3);
    rig_close(&x);
}

static void drawn_rules_become_constraints(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  C1: {kind: never, when: {age: 5}}\n  C2: {kind: never, when: {age: 5}, hard: false}\n  C3: "
             "{kind: never, when: {age: 5, mood: calm}}\n"
             "  C4: {kind: mentions, of: handle, terms: [a]}\n  C5: {kind: disjoint, of: [strong, weak], when: "
             "{mood: calm}}\n"
             "  C6: {kind: pattern, of: handle, match: a, when: {grade: 9}}\n");
    assert_int_equal(rules_count(x.r), 6);
    assert_int_equal(rules_constraints(x.r), 2);
    assert_int_equal(rules_checks(x.r), 4);
    assert_int_equal(x.p->constraints, 2);
    assert_true(str_is(x.p->constraint[0].id, "C1"));
    assert_true(str_is(x.p->constraint[1].id, "C6"));
    assert_int_equal(x.p->constraint[1].leaves, 2); /* with what `when` names */
    rig_set(&x, "handle", "bbb");
    rig_set(&x, "grade", "\"8\"");
    assert_true(x.p->constraint[1].holds(x.p->constraint[1].self, &x.rec));
    rig_set(&x, "grade", "\"9\"");
    assert_false(x.p->constraint[1].holds(x.p->constraint[1].self, &x.rec));
    rig_close(&x);
}

/* A rule fires for a facet as soon as its last field is written, and not before. */
static size_t fired(rig *x, uint16_t f, const char *id) {
    findings_init(&x->found, x->mem);
    if (f == NO_FACET)
        rules_check_cross(x->r, &x->rec, x->mem, &x->found);
    else
        rules_check_facet(x->r, &x->rec, f, x->mem, &x->found);
    return rig_count(x, id);
}

static void rules_are_decided_in_time(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  A: {kind: bans, of: [report, story, letter], terms: [bad]}\n  B: {kind: never, when: {mood: "
             "calm, age: 9}}\n"
             "  C: {kind: disjoint, of: [report, story]}\n  D: {kind: disjoint, of: [story, letter]}\n  E: "
             "{kind: never, when: {age: 9}, hard: false}\n"
             "  F: {kind: bans, of: [report], terms: [bad], when: {mood: calm}, owner: second}\n");
    for (size_t i = 0; i < 3; i++) rig_set(&x, ((const char *const[]){"report", "story", "letter"})[i], "bad");
    rig_set(&x, "mood", "\"calm\"");
    rig_set(&x, "age", "9");
    for (uint16_t f = 0; f < 3; f++) { /* a field at a time */
        assert_int_equal(fired(&x, f, "A"), 1);
        assert_int_equal(rig_finding(&x, "A")->owner, f);
    }
    assert_int_equal(fired(&x, NO_FACET, "A"), 0);
    assert_int_equal(fired(&x, 0, "B"), 1);
    assert_int_equal(fired(&x, 1, "B"), 0);
    assert_int_equal(fired(&x, 0, "C"), 0); /* the second needs the first */
    assert_int_equal(fired(&x, 1, "C"), 1);
    assert_int_equal(fired(&x, 1, "D"), 0); /* neither needs the other */
    assert_int_equal(fired(&x, 2, "D"), 0);
    assert_int_equal(fired(&x, NO_FACET, "D"), 1);
    assert_int_equal(fired(&x, NO_FACET, "E"), 1);
    assert_int_equal(fired(&x, 0, "F"), 1);
    assert_int_equal(rig_finding(&x, "F")->owner, 1);
    rig_check(&x);
    assert_int_equal(rig_count(&x, "A"), 3);
    assert_int_equal(rig_count(&x, "D"), 1);
    rig_close(&x);
}

static void messages_are_the_rules_own(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  A: {kind: bans, of: report, terms: [bad], message: {en: \"not for {{given_name}}\", zh: 不}, "
             "hint: \"say good\"}\n");
    rig_set(&x, "given_name", "\"Cleo\"");
    rig_objects(&x, "A", "report", "bad", 1, "not for Cleo");
    assert_true(str_is(rig_finding(&x, "A")->hint, "say good"));
    rig_close(&x);
}

/* A template under a facet is put together by the engine: what is wrong with it goes to who wrote its parts. */
static void templates_are_mended_by_their_parts(void **state) {
    (void)state;
    rig x;
    rig_open(&x,
             "populace: 1\nname: t\nattributes: {age: {number: 5..9}}\nfacets:\n  one: {fields: {story: {text: "
             "{}}, card: {template: \"Card: {{story}}\"}}, "
             "prompt: \"W\\n{{@fields}}\\n---\\n{{age}}\\n\"}\nrules:\n",
             "  A: {kind: bans, of: card, terms: [bad]}\n");
    rig_objects(&x, "A", "card", "Card: bad", 1, "card: says \"bad\"");
    assert_int_equal(rig_finding(&x, "A")->leaf, NO_LEAF);
    assert_int_equal(rig_finding(&x, "A")->owner, 0);
    rig_close(&x);
}

/* Every kind has its place in the table, a name of its own and what its place needs. */
static void the_table_is_whole(void **state) {
    (void)state;
    static const char *const order[] = {"never",    "implies",    "compare",  "allowed", "disjoint",
                                        "distinct", "spread",     "pattern",  "states",  "mentions",
                                        "bans",     "consistent", "language", "leak",    "reading",
                                        "echo",     "judge",      "lua",      NULL};
    size_t n = 0;
    for (; rule_table[n]; n++) {
        const rule_kind *k = rule_table[n];
        assert_string_equal(k->name, order[n]);
        assert_non_null(k->compile);
        assert_true(k->check != NULL || !strcmp(k->name, "judge"));
        assert_true((k->holds != NULL) == k->may_constrain);
        assert_true(n < 8 ? k->may_constrain : !k->may_constrain);
    }
    assert_null(order[n]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(all_faults_are_said),
        cmocka_unit_test(drawn_rules_become_constraints),
        cmocka_unit_test(rules_are_decided_in_time),
        cmocka_unit_test(messages_are_the_rules_own),
        cmocka_unit_test(templates_are_mended_by_their_parts),
        cmocka_unit_test(the_table_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

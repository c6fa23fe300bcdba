/* Rules of judges: what a judge is told (judge_rule.c), what it may answer, what becomes of the answer
 * (judge_answer.c). */
#include "tests/unit/validators_kit.h"

#define JUDGED                                                                                                 \
    "  J1: {kind: judge, judge: reader, of: [report, story, best], text: No contradictions.}\n"                \
    "  J2: {kind: judge, judge: [reader, deep], text: \"Reads like a person.\", hard: false}\n"                \
    "  J3: {kind: judge, judge: deep, of: motto, text: Short., when: {grade: 9}, owner: third, hint: \"ask "   \
    "{{given_name}}\"}\n"                                                                                      \
    "  B1: {kind: bans, of: report, terms: [x]}\n"

static bool take(rig *x, uint16_t judge_index, const char *answer, const char **why) {
    json j;
    *why = NULL;
    assert_int_equal(json_read(str_dup(x->mem, str_of(answer)), NULL, x->mem, &j, NULL), JSON_FAULT_NONE);
    findings_init(&x->found, x->mem);
    return rules_judge_take(x->r, &x->rec, judge_index, &j, x->mem, &x->found, why);
}

static void judges_are_told_their_rules(void **state) {
    (void)state;
    rig x;
    buf b = {0};
    rig_open(&x, PUPILS, JUDGED);
    assert_int_equal(rules_count(x.r), 4);
    assert_int_equal(rules_checks(x.r), 1);
    assert_int_equal(rules_judged(x.r, 0), 2);
    assert_int_equal(rules_judged(x.r, 1), 2);
    assert_int_equal(rules_judged(x.r, 2), 0);
    rules_judge_text(x.r, 0, &b);
    assert_true(str_is(buf_view(&b), "J1: No contradictions. [report, story]\nJ2: Reads like a person.\n"));
    buf_reset(&b);
    rules_judge_text(x.r, 1, &b);
    assert_true(str_is(buf_view(&b), "J2: Reads like a person.\nJ3: Short. [motto]\n"));
    buf_free(&b);
    rig_check(&x);
    assert_int_equal(rig_count(&x, "J1") + rig_count(&x, "J2") + rig_count(&x, "J3"), 0);
    rig_close(&x);
}

static void schema_lists_what_may_be_named(void **state) {
    (void)state;
    rig x;
    buf b = {0};
    rig_open(&x, PUPILS,
             "  J1: {kind: judge, judge: reader, of: [report, story, best], text: t}\n  J2: {kind: judge, "
             "judge: deep, text: t}\n");
    rules_judge_schema(x.r, x.p, 0, &b);
    assert_true(holds_text(buf_view(&b), "\"enum\":[\"J1\"]"));
    assert_true(
        holds_text(buf_view(&b), "\"enum\":[\"report\",\"story\"]")); /* nobody could mend a drawn attribute */
    buf_reset(&b);
    rules_judge_schema(x.r, x.p, 1, &b);
    assert_true(
        holds_text(buf_view(&b), "\"enum\":[\"report\",\"mood\",\"wishes\",\"story\",\"motto\",\"letter\"]"));
    buf_free(&b);
    rig_close(&x);
}

static void objections_become_findings(void **state) {
    (void)state;
    const char *why;
    rig x;
    rig_open(&x, PUPILS, JUDGED);
    rig_set(&x, "report", "A report.");
    rig_set(&x, "story", "A story.");
    rig_set(&x, "motto", "A motto.");
    rig_set(&x, "given_name", "\"Ada\"");
    rig_set(&x, "grade", "\"9\"");
    assert_true(take(&x, 0, "{\"findings\": []}", &why));
    assert_int_equal(x.found.n, 0);
    assert_true(
        take(&x, 0,
             "{\"findings\": [{\"rule\": \"J1\", \"field\": \"story\", \"message\": \" says so \", \"hint\": "
             "\"do so\"},"
             "{\"rule\": \"J2\", \"field\": \"report\", \"message\": \"a form\"},"
             "{\"rule\": \"J1\", \"field\": \"story\", \"message\": \"says so\", \"hint\": \"or so\"}]}",
             &why));
    assert_int_equal(x.found.n, 2);
    assert_int_equal(x.found.hard, 1);
    const finding *f = rig_finding(&x, "J1");
    assert_true(str_is(f->message, "says so") && str_is(f->hint, "do so"));
    assert_int_equal(f->owner, 1);
    assert_int_equal(f->leaf, rig_node(&x, "story")->leaf);
    assert_false(rig_finding(&x, "J2")->hard);
    assert_true(take(
        &x, 1, "{\"findings\": [{\"rule\": \"J3\", \"field\": \"motto\", \"message\": \"\", \"hint\": \"\"}]}",
        &why));
    f = rig_finding(&x, "J3");
    assert_true(str_is(f->message, "Short.") && str_is(f->hint, "ask Ada"));
    assert_int_equal(f->owner, 2); /* as the rule says */
    rig_close(&x);
}

static void what_cannot_be_meant_is_dropped(void **state) {
    (void)state;
    const char *why;
    rig x;
    rig_open(&x, PUPILS, JUDGED);
    rig_set(&x, "motto", "A motto.");
    rig_set(&x, "grade", "\"8\"");
    assert_true(
        take(&x, 0,
             "{\"findings\": [{\"rule\": \"J1\", \"field\": \"story\", \"message\": \"m\", \"hint\": \"h\"}]}",
             &why));
    assert_int_equal(x.found.n, 0); /* the story has no value */
    assert_true(
        take(&x, 1,
             "{\"findings\": [{\"rule\": \"J3\", \"field\": \"motto\", \"message\": \"m\", \"hint\": \"h\"}]}",
             &why));
    assert_int_equal(x.found.n, 0); /* its `when` does not hold */
    assert_true(
        take(&x, 0,
             "{\"findings\": [{\"rule\": \"J1\", \"field\": \"motto\", \"message\": \"m\", \"hint\": \"h\"}]}",
             &why));
    assert_int_equal(x.found.n, 0); /* the motto is of J2 alone, which speaks of all */
    rig_close(&x);
}

static void recorded_objections_are_not_hard(void **state) {
    (void)state;
    const char *why;
    rig x;
    rig_open(&x, PUPILS, JUDGED "limits: {checks: recorded}\n");
    rig_set(&x, "story", "A story.");
    assert_true(
        take(&x, 0,
             "{\"findings\": [{\"rule\": \"J1\", \"field\": \"story\", \"message\": \"m\", \"hint\": \"h\"}]}",
             &why));
    assert_int_equal(x.found.n, 1);
    assert_int_equal(x.found.hard, 0);
    rig_close(&x);
}

static void unknown_names_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *answer, *part;
    } bad[] = {
        {"{\"findings\": [{\"rule\": \"J9\", \"field\": \"story\", \"message\": \"m\", \"hint\": \"h\"}]}",
         "J9"},
        {"{\"findings\": [{\"rule\": \"J3\", \"field\": \"story\", \"message\": \"m\", \"hint\": \"h\"}]}",
         "J3"}, /* another judge's */
        {"{\"findings\": [{\"rule\": \"B1\", \"field\": \"report\", \"message\": \"m\", \"hint\": \"h\"}]}",
         "B1"},
        {"{\"findings\": [{\"rule\": \"J1\", \"field\": \"nothing\", \"message\": \"m\", \"hint\": \"h\"}]}",
         "nothing"},
        {"{\"findings\": [{\"rule\": \"J1\", \"field\": \"best\", \"message\": \"m\", \"hint\": \"h\"}]}",
         "best"},
        {"{\"findings\": [7]}", "object"},
        {"{\"findings\": {}}", "findings"},
        {"[]", "findings"},
    };
    const char *why;
    rig x;
    rig_open(&x, PUPILS, JUDGED);
    rig_set(&x, "story", "A story.");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(take(&x, 0, bad[i].answer, &why));
        assert_non_null(why);
        assert_non_null(strstr(why, bad[i].part));
    }
    assert_false(take(
        &x, 0,
        "{\"findings\": [{\"rule\": \"J1\", \"field\": \"story\", \"message\": \"m\"}, {\"rule\": \"J9\"}]}",
        &why));
    assert_int_equal(x.found.n, 0); /* all or nothing */
    rig_close(&x);
}

static void long_words_are_cut(void **state) {
    (void)state;
    const char *why;
    rig x;
    buf b = {0};
    rig_open(&x, PUPILS, JUDGED);
    rig_set(&x, "story", "A story.");
    buf_z(&b, "{\"findings\": [{\"rule\": \"J1\", \"field\": \"story\", \"hint\": \"h\", \"message\": \"a");
    for (int i = 0; i < 1000; i++) buf_z(&b, "字");
    buf_z(&b, "\"}]}");
    assert_true(take(&x, 0, str_z(x.mem, buf_view(&b)), &why));
    assert_true(x.found.row[0].message.n < 410);
    assert_true(text_valid(x.found.row[0].message));
    buf_free(&b);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_are_told_their_rules),
        cmocka_unit_test(schema_lists_what_may_be_named),
        cmocka_unit_test(objections_become_findings),
        cmocka_unit_test(what_cannot_be_meant_is_dropped),
        cmocka_unit_test(recorded_objections_are_not_hard),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(long_words_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

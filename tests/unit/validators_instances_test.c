/* Rules and limits over sections with `list`: which are asked of each instance, which once, and how a finding
 * names its place. */
#include "tests/unit/validators_kit.h"

#define CHAINS                                                                                                 \
    "populace: 1\nname: chains\n"                                                                              \
    "attributes:\n"                                                                                            \
    "  mood: {choice: [calm, tense]}\n"                                                                        \
    "  pref: {list: 0..4, topic: {choice: [tea, cats, opera]}, loud: {flag: {}}, since: {number: 1..9}, "      \
    "until: "                                                                                                  \
    "{number: 1..9}, tags: {choice: [a, b, c], list: 0..2}}\n"                                                 \
    "facets:\n"                                                                                                \
    "  first:\n"                                                                                               \
    "    fields:\n"                                                                                            \
    "      story: {text: {}}\n"                                                                                \
    "      model:\n"                                                                                           \
    "        list: 2..3\n"                                                                                     \
    "        distinct: [place]\n"                                                                              \
    "        place: {text: {words: 1..6}}\n"                                                                   \
    "        feeling: {choice: [sad, glad], list: 1..2}\n"                                                     \
    "        inner: {day: {date: 2024-01-01..2024-12-31}}\n"                                                   \
    "        tag: {template: \"{{model.place}}!\"}\n"                                                          \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{mood}}\\n\"\n"                                               \
    "rules:\n"

/* The section from JSON, as a model would write it; NULL: none. */
static const char *model_try(rig *x, const char *text) {
    const node *n = rig_node(x, "model");
    value *v = &x->rec.value[n->number];
    for (uint32_t i = 0; i <= n->below; i++) v[i] = (value){.kind = V_NONE};
    if (!text) return NULL;
    json j;
    assert_int_equal(json_read(str_dup(x->mem, str_of(text)), NULL, x->mem, &j, NULL), JSON_FAULT_NONE);
    const char *wrong = instances_read(x->p, n, &j, x->mem, v);
    if (!wrong) facet_templates(x->p, 0, &x->rec);
    return wrong;
}

static void model_set(rig *x, const char *text) {
    const char *wrong = model_try(x, text);
    if (wrong) fail_msg("%s: %s", text, wrong);
    rig_check(x);
}

/* Instances of `pref` from numbers: topic, loud, since, until; -1: none. */
static void pref_set(rig *x, const int64_t (*row)[4], uint32_t n) {
    static const char *const leaf[] = {"pref.topic", "pref.loud", "pref.since", "pref.until"};
    x->rec.value[rig_node(x, "pref")->number] = (value){.kind = V_NUM, .num = n};
    for (int k = 0; k < 4; k++) {
        value *v = &x->rec.value[rig_node(x, leaf[k])->leaf];
        *v = (value){.kind = V_LIST, .n = n, .item = arena_alloc(x->mem, (n + 1) * sizeof(value))};
        for (uint32_t i = 0; i < n; i++)
            v->item[i] = row[i][k] < 0 ? value_none : (value){.kind = V_NUM, .num = row[i][k]};
    }
    value *tags = &x->rec.value[rig_node(x, "pref.tags")->leaf];
    *tags = (value){.kind = V_LIST, .n = n, .item = arena_alloc(x->mem, (n + 1) * sizeof(value))};
    for (uint32_t i = 0; i < n; i++) tags->item[i] = (value){.kind = V_LIST};
}

/* "field" of the first finding of a rule as records show it. */
static void assert_field(const rig *x, const char *id, const char *field) {
    findings one;
    buf b = {0};
    findings_init(&one, x->mem);
    findings_add(&one, rig_finding(x, id));
    findings_json(&one, x->p, &b);
    if (!holds_text(buf_view(&b), field)) fail_msg("%s: " STR_FMT, field, STR_ARG(buf_view(&b)));
    buf_free(&b);
}

static void each_instance(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, CHAINS,
        "  N1: {kind: never, when: {pref.topic: tea, pref.loud: true}}\n"
        "  C1: {kind: compare, left: {pref.until: 1}, at_least: {pref.since: 1}}\n"
        "  W1: {kind: implies, if: {pref.topic: opera}, then: {pref.since: 5..}, when: {pref.loud: true}}\n"
        "  O1: {kind: never, when: {pref: {topic: cats, loud: true}, mood: tense}}\n"
        "  O2: {kind: never, when: {pref.topic: cats, pref.since: 9, mood: calm}}\n"
        "  O3: {kind: never, when: {pref: {topic: opera, since: 1}}}\n");
    assert_int_equal(rules_constraints(x.r), 6);
    rig_set(&x, "mood", "\"calm\"");
    pref_set(&x, (const int64_t[][4]){{0, 0, 3, 4}, {1, 1, 5, 5}, {2, 1, 6, -1}}, 3);
    rig_check(&x);
    assert_int_equal(rig_count(&x, "N1") + rig_count(&x, "C1") + rig_count(&x, "W1") + rig_count(&x, "O1"), 0);
    /* not in one instance, but some is tea and some is loud: nothing to object to */
    pref_set(&x, (const int64_t[][4]){{0, 0, 3, 2}, {0, 1, 5, 9}, {2, 1, 1, 3}, {1, 0, 9, 9}}, 4);
    rig_check(&x);
    assert_int_equal(rig_count(&x, "N1"), 1);
    assert_true(holds_text(rig_finding(&x, "N1")->message, "topic: tea; loud: yes"));
    assert_int_equal(rig_count(&x, "C1"), 1);
    assert_int_equal(rig_count(&x, "W1"), 1);
    assert_int_equal(rig_count(&x, "O1"), 0);
    assert_int_equal(rig_count(&x, "O2"), 1);
    assert_int_equal(rig_count(&x, "O3"), 1);
    rig_set(&x, "mood", "\"tense\"");
    pref_set(&x, (const int64_t[][4]){{1, 0, 1, 2}, {1, 1, 1, 2}}, 2);
    rig_check(&x);
    assert_int_equal(rig_count(&x, "O1"), 1);
    pref_set(&x, NULL, 0);
    rig_check(&x);
    for (int i = 0; i < 6; i++)
        assert_int_equal(rig_count(&x, (const char *[]){"N1", "C1", "W1", "O1", "O2", "O3"}[i]), 0);
    /* constraints say what checks say */
    for (uint32_t i = 0; i < x.p->constraints; i++)
        assert_true(x.p->constraint[i].holds(x.p->constraint[i].self, &x.rec));
    rig_close(&x);
}

static void texts(void **state) {
    (void)state;
    rig x;
    rig_open(&x, CHAINS,
             "  B1: {kind: bans, of: [story, model.place], terms: [pills]}\n"
             "  P1: {kind: pattern, of: model.place, match: '^At'}\n"
             "  I1: {kind: implies, if: {model.feeling: glad}, then: {model.inner.day: 2024-04-01..}}\n"
             "  M1: {kind: mentions, of: model.place, what: [model.feeling]}\n"
             "  J1: {kind: judge, judge: j, of: [model], text: It fits.}\n"
             "judges: {j: {}}\n");
    rig_set(&x, "mood", "\"calm\"");
    rig_set(&x, "story", "Quiet.");
    model_set(&x,
              "[{\"place\":\"At home, sad\",\"feeling\":[\"sad\"],\"inner\":{\"day\":\"2024-02-29\"}},"
              "{\"place\":\"In bed with pills\",\"feeling\":[\"glad\"],\"inner\":{\"day\":\"2024-03-01\"}}]");
    assert_int_equal(rig_count(&x, "B1"), 1);
    assert_int_equal(rig_count(&x, "P1"), 1);
    assert_field(&x, "P1", "\"model.2.place\"");
    assert_int_equal(rig_finding(&x, "P1")->instance, 2);
    assert_int_equal(rig_count(&x, "M1"), 1);
    assert_field(&x, "M1", "\"model.2.place\"");
    assert_int_equal(rig_count(&x, "I1"), 1);
    assert_field(&x, "I1", "\"model.2\"");
    assert_true(str_is(x.rec.value[rig_node(&x, "model.tag")->leaf].item[1].text, "In bed with pills!"));
    rig_close(&x);
}

static void limits(void **state) {
    (void)state;
    rig x;
    rig_open(&x, CHAINS, "  L1: {kind: leak, of: story}\n");
    rig_set(&x, "mood", "\"calm\"");
    rig_set(&x, "story", "Quiet.");
    model_set(&x, NULL);
    assert_field(&x, "model.missing", "\"field\":\"model\"");
    model_set(&x, "[{\"place\":\"At home\",\"feeling\":[\"sad\"],\"inner\":{\"day\":\"2024-02-29\"}}]");
    assert_field(&x, "model.count", "\"field\":\"model\"");
    model_set(&x,
              "[{\"place\":\"At home\",\"feeling\":[\"sad\"],\"inner\":{\"day\":\"2024-02-29\"}},"
              "{\"place\":\"one two three four five six seven\",\"feeling\":[],\"inner\":{}},"
              "{\"place\":\"at  Home\",\"inner\":{\"day\":\"2024-02-29\"},\"feeling\":[\"glad\",\"sad\"]}]");
    assert_field(&x, "model.place.words", "\"model.2.place\"");
    assert_field(&x, "model.feeling.count", "\"model.2.feeling\"");
    assert_field(&x, "model.inner.day.missing", "\"model.2.inner.day\"");
    assert_int_equal(rig_count(&x, "model.place.distinct"), 0);
    model_set(&x, "[{\"place\":\"At home\",\"feeling\":[\"sad\"],\"inner\":{\"day\":\"2024-02-29\"}},"
                  "{\"place\":\"at Home\",\"inner\":{\"day\":\"2024-02-29\"},\"feeling\":[\"glad\",\"sad\"]}]");
    assert_field(&x, "model.place.distinct", "\"model.2.place\"");
    assert_int_equal(x.found.hard, 1);
    assert_non_null(strstr(model_try(&x, "{}"), "list"));
    assert_non_null(strstr(model_try(&x, "[1]"), "1: must be an object"));
    assert_non_null(strstr(model_try(&x, "[{\"place\":\"x\"},{\"feeling\":[\"blue\"]}]"), "2.feeling: "));
    assert_non_null(strstr(model_try(&x, "[{\"inner\":{\"day\":\"2023-01-01\"}}]"), "1.inner.day: "));
    rig_close(&x);
}

static void refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "  C1: {kind: compare, left: {pref.until: 1}, at_least: {mood: 1}}\n",
        "  A1: {kind: allowed, of: mood, by: [pref.topic], given: {else: calm}}\n",
        "  T1: {kind: consistent, of: story, with: [pref.since]}\n",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        rig x;
        rig_try(&x, CHAINS, wrong[i]);
        assert_null(x.r);
        rig_row(&x, DIAG_P10);
        rig_close(&x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_instance),
        cmocka_unit_test(texts),
        cmocka_unit_test(limits),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rules of the kind echo: two fields of one persona; what an opening is; and openings that too many of those
 * before begin with, as the gate decides them. */
#include "tests/unit/validators_kit.h"

#include "stages/gate_parts.h"

static void two_fields(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, PUPILS,
        "  E1: {kind: echo, of: [report, story], at_most: 0.3}\n  E2: {kind: echo, of: wishes, at_most: 0}\n");
    rig_set(&x, "report", "She gets up early, feeds the two dogs and walks along the river to the old school.");
    rig_passes(&x, "E1", "story",
               "Nobody knows the river as she does; every spring she counts the ducks for her teacher.");
    rig_objects(&x, "E1", "story",
                "Every day she gets up early, feeds the two dogs and walks along the river. That is all.", 1,
                "such as \"she gets up early, feeds the two dogs and walks along the ri...\"");
    const finding *f = rig_finding(&x, "E1");
    assert_true(f->leaf == rig_node(&x, "story")->leaf && f->owner == rig_node(&x, "story")->owner);
    /* short texts have too few rows to say anything */
    rig_passes(&x, "E1", "story", "She gets up early, feeds the two dogs.");
    rig_passes(&x, "E1", "story", NULL);
    rig_passes(&x, "E2", "wishes",
               "[\"to see the sea and the wide land behind the sea once more\", \"a dog\"]");
    rig_passes(&x, "E2", "wishes",
               "[\"to see the sea and the wide land behind the sea once more\", \"a boat to sail on, and a "
               "house by the "
               "water, and no more rain\"]");
    rig_objects(&x, "E2", "wishes",
                "[\"to see the sea and the wide land behind the sea once more\", \"a boat, and to see the sea "
                "and the wide sky above "
                "it, nothing more\"]",
                1, "of 100 of its rows");
    rig_close(&x);
}

static void characters_are_words(void **state) {
    (void)state;
    rig x;
    rig_open(&x,
             "populace: 1\nname: b\nlocale: zh\nattributes: {age: {number: 5..19}}\n"
             "facets: {f: {fields: {one: {text: {}}, two: {text: {}}}, prompt: "
             "\"a\\n{{@fields}}\\n---\\nb\\n\"}}\nrules:\n",
             "  E1: {kind: echo, of: [one, two], at_most: 0.3}\n");
    rig_set(&x, "one", "他每天早上七点起床，跟奶奶一起去河边散步。");
    rig_objects(&x, "E1", "two", "他每天早上七点起床，跟奶奶一起去市场买菜。", 1,
                "例如“他每天早上七点起床，跟奶奶一起去”");
    rig_passes(&x, "E1", "two", "放学以后他在院子里修自行车，晚上读历史书。");
    assert_true(str_is(rules_openings(x.r, &x.rec, x.mem),
                       "0 300000 他 每 天 早 上 七 点 起 床 跟 奶 奶 一 起 去 河 边 散 步\n"
                       "0 300000 放 学 以 后 他 在 院 子 里 修 自 行 车 晚 上 读 历 史 书\n"));
    rig_close(&x);
}

static void what_an_opening_is(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  N1: {kind: never, when: {age: 5}}\n  E1: {kind: echo, of: [story, mood], at_most: 0.25, when: "
             "{age: 9..}}\n"
             "  E2: {kind: echo, of: story, at_most: 0.5, hard: false}\n  E3: {kind: echo, of: wishes, "
             "at_most: 0}\n");
    rig_row(&x, DIAG_W00);
    rig_set(&x, "age", "9");
    rig_set(&x, "story",
            "She IS a girl of nine. Every morning she walks alone to the old school by the river.");
    rig_set(&x, "wishes", "[\"a dog\", \"to see the sea\"]");
    assert_true(
        str_is(rules_openings(x.r, &x.rec, x.mem),
               "1 250000 she is a girl of nine every morning she walks alone to\n3 0 to see the sea\n"));
    rig_set(&x, "age", "8");
    rig_set(&x, "wishes", NULL);
    assert_int_equal(rules_openings(x.r, &x.rec, x.mem).n, 0);
    assert_true(rules_echo_owned(x.r, rig_node(&x, "story")->owner));
    assert_false(rules_echo_owned(x.r, rig_node(&x, "letter")->owner));
    rig_close(&x);
}

static void what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        diag_code code;
    } bad[] = {
        {"{kind: echo, of: report}", DIAG_P02},
        {"{kind: echo, at_most: 0.3}", DIAG_P02},
        {"{kind: echo, of: age, at_most: 0.3}", DIAG_P03},
        {"{kind: echo, of: report, at_most: much}", DIAG_P03},
        {"{kind: echo, of: report, at_most: 30}", DIAG_P07},
        {"{kind: echo, of: report, at_most: -0.1}", DIAG_P07},
        {"{kind: echo, of: report, at_most: 0.3, with: [age]}", DIAG_P02},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char rows[256];
        rig x;
        snprintf(rows, sizeof rows, "  E1: %s\n", bad[i].rule);
        rig_try(&x, PUPILS, rows);
        rig_row(&x, bad[i].code);
        assert_null(x.r);
        rig_close(&x);
    }
}

/* ---- at the gate
 * ----------------------------------------------------------------------------------------------- */

#define OPENING "0 300000 she is a girl of nine who walks to the old %s\n"

static void add(echoes **e, const char *form, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        char line[256];
        snprintf(line, sizeof line, form, "school");
        echoes_add(e, str_of(line));
    }
}

static void frequent_is_eight_and_one_in_a_hundred(void **state) {
    (void)state;
    echoes *e = NULL;
    buf shown = {0};
    uint32_t milli = 0;
    str mine = STR("0 300000 today she is a girl of nine who can swim very well\n");
    assert_false(echoes_find(e, mine, 0, &milli, &shown));
    add(&e, OPENING, 7);
    assert_false(echoes_find(e, mine, 7, &milli, &shown));
    add(&e, OPENING, 1);
    assert_true(echoes_find(e, mine, 8, &milli, &shown));
    assert_int_equal(milli, 444); /* 4 of 9 rows */
    assert_true(str_is(buf_view(&shown), "she is a girl of nine who"));
    buf_reset(&shown);
    assert_true(echoes_find(e, mine, 799, &milli, &shown));
    assert_false(echoes_find(e, mine, 800, &milli, &shown));
    /* just so many are allowed; another rule has counts of its own */
    assert_false(echoes_find(e, STR("0 444445 today she is a girl of nine who can swim very well\n"), 8, &milli,
                             &shown));
    assert_false(echoes_find(e, STR("1 300000 today she is a girl of nine who can swim very well\n"), 8, &milli,
                             &shown));
    echoes_free(e);
    buf_free(&shown);
}

static void a_persona_counts_once(void **state) {
    (void)state;
    echoes *e = NULL;
    buf shown = {0};
    uint32_t milli;
    for (int i = 0; i < 4; i++)
        echoes_add(&e, STR("0 0 she is a girl\n0 0 she is a girl\n0 0 she is a girl\n"));
    assert_false(echoes_find(e, STR("0 0 she is a girl\n"), 4, &milli, &shown));
    for (int i = 0; i < 4; i++) echoes_add(&e, STR("0 0 she is a girl\n"));
    assert_true(echoes_find(e, STR("0 0 she is a girl\n"), 8, &milli, &shown));
    echoes_free(e);
    buf_free(&shown);
}

/* Through the gate: the ninth of the same opening is told so; a gate that was loaded decides the same. */
static void the_gate_decides_in_order(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  E1: {kind: echo, of: story, at_most: 0.3}\n");
    gate *g = gate_new(x.p, NULL), *again = gate_new(x.p, NULL);
    gate_verdict v;
    err e;
    for (uint64_t i = 0; i < 10; i++) {
        char text[128];
        gate_print print = {.openings = STR("0 300000 she is a girl of nine who can swim\n")};
        snprintf(text, sizeof text, "word%llu other%llu", (unsigned long long)i * 7,
                 (unsigned long long)i * 13);
        print.text = str_of(text);
        assert_true(gate_decide(g, i, i, 0, &print, &v, &e));
        assert_int_equal(v.duplicate, i >= 8);
        if (i < 8) gate_load(again, gate_hot_at(g, i), gate_exact_at(g, i));
        if (i < 8) gate_load_openings(again, print.openings);
        if (!v.duplicate) continue;
        assert_true(v.reason == REASON_ECHO && v.neighbour_slot == UINT64_MAX && v.score_milli == 1000);
        assert_true(str_is(v.features, "the opening \"she is a girl of nine who can swim\""));
        assert_true(reason_of_gate(v.reason) && !strcmp(reason_name(v.reason), "echo"));
    }
    gate_print print = {.text = STR("new text"),
                        .openings = STR("0 300000 she is a girl of nine who can swim\n")};
    assert_true(gate_decide(again, 9, 9, 0, &print, &v, &e));
    assert_true(v.duplicate && v.reason == REASON_ECHO);
    gate_free(g);
    gate_free(again);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_fields),
        cmocka_unit_test(characters_are_words),
        cmocka_unit_test(what_an_opening_is),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(frequent_is_eight_and_one_in_a_hundred),
        cmocka_unit_test(a_persona_counts_once),
        cmocka_unit_test(the_gate_decides_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

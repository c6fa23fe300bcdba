/* mine_test.c: from pairs and answers to a typed tree: what each stage does with its answers, what becomes of
 * bad ones, and that the order in which answers arrive changes nothing. The model is a table. */
#include "tests/unit/stages_kit.h"

/* ---- the model ------------------------------------------------------------------------------------------ */

typedef struct said {
    const char *stage, *seen, *answer; /* the first row whose text is in what the user says */
} said;

/* the answer on dinner contradicts itself: it counts as partly personal */
static const said good[] = {
    {"extract", "sleep",
     "{\"personal\":\"yes\",\"attributes\":[{\"category\":\"Health\",\"path\":[\"Sleep\","
     "\"Hours\"]},{\"category\":\"health\",\"path\":\"Sleep > Quality\"}]}"},
    {"extract", "dinner",
     "{\"personal\":\"no\",\"attributes\":[{\"category\":\"Health\",\"path\":[\"Diet\","
     "\"Vegan\"]},{\"category\":\"Health\",\"path\":[\"Health\",\"Eating Habits\","
     "\"Allergies\"]},{\"category\":\"Nowhere\",\"path\":[\"x\"]}]}"},
    {"extract", "python",
     "{\"personal\":\"yes\",\"attributes\":[{\"category\":\"Work\",\"path\":[\"Skills\","
     "\"Python\"]},{\"category\":\"Work\",\"path\":[\"Skills\",\"Level\"]},{\"category\":"
     "\"Work\",\"path\":[\"skill\",\"levels\"]},{\"category\":\"Work\",\"path\":[\"Field\","
     "\"Branch\"]}]}"},
    {"extract", "capital", "{\"personal\":\"no\",\"attributes\":[]}"},
    {"filter", "Node: Vegan", "{\"general\":false,\"person\":true,\"name\":\"Way of Eating\"}"},
    {"filter", "Node: Python", "{\"general\":false,\"person\":true,\"name\":\"\"}"},
    {"filter", "", "{\"general\":true,\"person\":true,\"name\":\"ignored\"}"},
    {"merge", "- Eating Habits", "{\"groups\":[{\"keep\":\"Diet\",\"same\":[\"Eating Habits\",\"unknown\"]}]}"},
    {"merge", "", "{\"groups\":[]}"},
    {"type", "- Hours",
     "{\"Hours\":{\"kind\":\"number\",\"values\":[],\"from\":3,\"to\":12,\"unit\":\"hours\","
     "\"hint\":\"a night\"},\"Quality\":{\"kind\":\"choice\",\"values\":[\"deep\",\"light\","
     "\"Deep\",\"a|b\"],\"from\":0,\"to\":0,\"unit\":\"\",\"hint\":\"\"}}"},
    {"type", "- Way of Eating",
     "{\"Way of Eating\":{\"kind\":\"text\",\"values\":[],\"from\":0,\"to\":0,"
     "\"unit\":\"\",\"hint\":\"what is on the table\"},\"Allergies\":{\"kind\":"
     "\"number\",\"values\":[],\"from\":5,\"to\":5,\"unit\":\"\",\"hint\":\"no range\"}}"},
    {"type", "- Field: Branch",
     "{\"Skills: Level\":{\"kind\":\"flag\",\"values\":[],\"from\":0,\"to\":0,"
     "\"unit\":\"\",\"hint\":\"\"},\"Field: Branch\":{\"kind\":\"text\",\"values\":[],"
     "\"from\":0,\"to\":0,\"unit\":\"\",\"hint\":\"of the economy\"}}"},
};

static const char tree_wanted[] =
    "health:\n  label: Health\n"
    "  sleep:\n    label: Sleep\n"
    "    hours: {number: 3..12, unit: hours, note: a night, label: Hours}\n"
    "    quality: {choice: [deep, light], label: Quality}\n"
    "  diet:\n    label: Diet\n"
    "    way_of_eating: {text: {words: 1..16, lines: 1}, hint: what is on the table, label: Way of Eating}\n"
    "    allergies: {text: {words: 1..16, lines: 1}, label: Allergies, hint: \"to be written: Diet, "
    "Allergies\"}\n"
    "work:\n  label: Work\n"
    "  skills_level: {flag: {}, label: \"Skills: Level\"}\n"
    "  field_branch: {text: {words: 1..16, lines: 1}, hint: of the economy, label: \"Field: Branch\"}\n";

static const char *answer_to(const ask *k) {
    size_t at;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (str_is(k->name, good[i].stage) && str_find(k->messages, str_of(good[i].seen), &at))
            return good[i].answer;
    fail_msg("no answer to %s: " STR_FMT, k->name.p, STR_ARG(k->messages));
    return NULL;
}

static void answer_with(miner *m, const mine_place *at, const char *text, bool final) {
    static const json_limits limits = {.depth = 16};
    arena *mem = arena_new(0);
    json v;
    answer a = {.text = str_of(text), .final = final};
    if (json_read(a.text, &limits, mem, &v, NULL) == JSON_FAULT_NONE && v.kind == JSON_OBJECT) a.object = &v;
    mine_take(m, at, &a);
    arena_free(mem);
}

/* ---- a course ------------------------------------------------------------------------------------------- */

static uint32_t record_add(miner *m, const char *text, uint32_t most) {
    static const json_limits limits = {.depth = 16};
    arena *mem = arena_new(0);
    json v;
    assert_int_equal(json_read(str_of(text), &limits, mem, &v, NULL), JSON_FAULT_NONE);
    uint32_t n = mine_record(m, &v, most);
    arena_free(mem);
    return n;
}

static miner *miner_new(void) {
    static const str category[] = {{"Health", 6}, {"Work", 4}};
    const mine_options o = {category, 2, 3};
    miner *m = mine_new(&o);
    assert_int_equal(record_add(m,
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"I cannot sleep\"},{\"role\":"
                                "\"assistant\",\"content\":\"Rest.\"}]}",
                                9),
                     1);
    assert_int_equal(record_add(m,
                                "{\"conversations\":[{\"from\":\"human\",\"value\":\"What for dinner?\"},"
                                "{\"from\":\"gpt\",\"value\":\"Soup.\"},{\"from\":\"human\",\"value\":\"The "
                                "capital of Peru?\"},{\"from\":\"gpt\",\"value\":\"Lima.\"}]}",
                                9),
                     2);
    assert_int_equal(record_add(m, "{\"prompt\":\"python or R?\",\"response\":\"Both.\"}", 9), 1);
    mine_last(m);
    return m;
}

static void tree_is(miner *m, const char *want) {
    buf b = {0};
    assert_true(mine_done(m));
    taxonomy_write(mine_tree(m), &b);
    buf_char(&b, '\0');
    assert_string_equal(b.p, want);
    buf_free(&b);
}

static void goes_its_course(void **state) {
    (void)state;
    miner *m = miner_new();
    mine_place at;
    ask k;
    mine_stats s;
    while (mine_next(m, &at, &k)) answer_with(m, &at, answer_to(&k), false);
    tree_is(m, tree_wanted);
    mine_figures(m, &s);
    assert_int_equal(s.pairs, 4);
    assert_int_equal(s.personal, 2);
    assert_int_equal(s.partly, 1);
    assert_int_equal(s.none, 1);
    assert_int_equal(s.paths, 8);
    assert_int_equal(s.nodes, s.kept + s.rewritten + s.dropped);
    assert_int_equal(s.rewritten, 1);
    assert_int_equal(s.dropped, 1);
    assert_int_equal(s.merged, 1);
    assert_int_equal(s.collapsed, 2);
    assert_int_equal(s.leaves, 6);
    assert_int_equal(s.choices + s.numbers + s.flags + s.texts + s.untyped, 6);
    assert_int_equal(s.untyped, 1);
    mine_free(m);
}

/* All that can be asked is asked, and answered in an order of its own. */
static void order_changes_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        miner *m = miner_new();
        struct {
            mine_place at;
            const char *text;
        } out[64];
        uint64_t turn = 0;
        uint32_t n = 0;
        ask k;
        for (;;) {
            while (n < COUNT_OF(out) && mine_next(m, &out[n].at, &k)) out[n++].text = answer_to(&k);
            if (!n) break;
            uint32_t i = (uint32_t)rng_below(rng_u64(seed, turn++, 0, 0, 0), n);
            answer_with(m, &out[i].at, out[i].text, false);
            out[i] = out[--n];
        }
        tree_is(m, tree_wanted);
        mine_free(m);
    }
}

/* ---- bad answers ---------------------------------------------------------------------------------------- */

static void bad_ones_are_asked_again(void **state) {
    static const char *const bad[] = {"not json", "{}", "{\"personal\":\"perhaps\",\"attributes\":[]}"};
    (void)state;
    miner *m = miner_new();
    mine_place at;
    ask k;
    mine_stats s;
    while (mine_next(m, &at, &k)) {
        const char *text = at.attempt < MINE_TRIES - 1 ? bad[(at.slot + at.attempt) % 3] : answer_to(&k);
        assert_true(at.attempt < MINE_TRIES);
        answer_with(m, &at, text, false);
    }
    mine_figures(m, &s);
    assert_int_equal(s.refused, 0);
    assert_int_equal(s.asked % MINE_TRIES, 0);
    tree_is(m, tree_wanted);
    mine_free(m);
}

/* Nodes that nobody judged stay, siblings that nobody compared stay apart, leaves that nobody typed are texts.
 */
static void none_at_all(void **state) {
    (void)state;
    miner *m = miner_new();
    mine_place at;
    ask k;
    mine_stats s;
    while (mine_next(m, &at, &k)) {
        bool extract = str_is(k.name, "extract");
        answer_with(m, &at, extract ? answer_to(&k) : "[]", !extract && at.slot % 2);
    }
    mine_figures(m, &s);
    assert_int_equal(s.kept, s.nodes);
    assert_int_equal(s.untyped, s.leaves);
    assert_true(s.refused > 0 && s.leaves == 7);
    mine_free(m);
    m = miner_new();
    while (mine_next(m, &at, &k)) answer_with(m, &at, "", true);
    assert_true(mine_done(m));
    assert_int_equal(mine_tree(m)->root->leaves, 0);
    mine_free(m);
}

/* Answers to what was not asked, or is no longer, are passed over. */
static void strangers(void **state) {
    (void)state;
    miner *m = miner_new();
    mine_place at, other = {.slot = 99};
    ask k;
    answer_with(m, &other, "{}", false);
    while (mine_next(m, &at, &k)) {
        const char *text = answer_to(&k);
        other = at;
        other.attempt++;
        answer_with(m, &other, "{}", false);
        answer_with(m, &at, text, false);
        answer_with(m, &at, "{}", false);
    }
    tree_is(m, tree_wanted);
    mine_free(m);
}

static void records(void **state) {
    static const struct {
        const char *text;
        uint32_t most, n;
    } rows[] = {
        {"{\"instruction\":\"q\",\"output\":\"a\"}", 9, 1},
        {"{\"question\":\"q\",\"answer\":\"a\"}", 9, 1},
        {"{\"prompt\":\"q\",\"completion\":\"a\"}", 9, 1},
        {"{\"prompt\":\" \",\"response\":\"a\"}", 9, 0},
        {"{\"prompt\":3,\"response\":\"a\"}", 9, 0},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"},{\"type\":\"text\",\"text\":"
         "\"q\"}]},"
         "{\"role\":\"assistant\",\"content\":\"a\"}]}",
         9, 1},
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"q\"}]}", 9,
         0},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"},{"
         "\"role\":"
         "\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","
         "\"content\":"
         "\"a\"}]}",
         9, 2},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"},{"
         "\"role\":"
         "\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}",
         1, 1},
        {"{\"messages\":{}}", 9, 0},
        {"{}", 9, 0},
    };
    (void)state;
    const mine_options o = {NULL, 0, 1};
    miner *m = mine_new(&o);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (record_add(m, rows[i].text, rows[i].most) != rows[i].n) fail_msg("%s", rows[i].text);
    mine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_its_course),
        cmocka_unit_test(order_changes_nothing),
        cmocka_unit_test(bad_ones_are_asked_again),
        cmocka_unit_test(none_at_all),
        cmocka_unit_test(strangers),
        cmocka_unit_test(records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

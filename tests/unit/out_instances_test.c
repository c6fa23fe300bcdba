/* Lists of sections, dates and rows of CSVs in rows: both forms read back to the same bytes, and what is edited
 * is found out. */
#include "out_fixture.h"

#define LISTED(FORM)                                                                                           \
    "populace: 1\nname: listed\n"                                                                              \
    "attributes:\n"                                                                                            \
    "  born: {date: 1960-01-01..2000-12-31}\n"                                                                 \
    "  pref:\n"                                                                                                \
    "    list: 0..3\n"                                                                                         \
    "    when: {twin: true}\n"                                                                                 \
    "    topic: {choice: [tea, cats, opera]}\n"                                                                \
    "    since: {date: 2020-01-01..2020-12-31, when: {pref.topic: [tea, cats]}}\n"                             \
    "    tags: {choice: [a, b], list: 0..2}\n"                                                                 \
    "    deep: {ok: {flag: {}}, size: {number: 1..9, unit: cm}}\n"                                             \
    "  twin: {flag: 0.8}\n"                                                                                    \
    "facets:\n"                                                                                                \
    "  w:\n"                                                                                                   \
    "    fields: {story: {text: {}}, model: {list: 1..3, place: {text: {}}, on: {date: "                       \
    "2024-01-01..2024-12-31}, "                                                                                \
    "moods: {choice: [sad, glad], list: 0..2}}}\n"                                                             \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"\n"                                        \
    "output: {columns: [born], narrative: story, attributes: " FORM "}\n"

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
} scene;

static scene scene_open(const char *yaml) {
    scene s = {.p = out_population(yaml), .mem = arena_new(0)};
    s.pl = out_plan(s.p, 60);
    return s;
}

static void scene_close(scene *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static str rendered(scene *s, const record *r) {
    buf b = {0};
    provenance pv = {.attempt = r->attempt, .calls = 1};
    row_render(r, run_hash(s->p->hash, 1), &pv, &b);
    str row = str_dup(s->mem, buf_view(&b));
    buf_free(&b);
    return row;
}

static void listed_record(scene *s, uint64_t slot, record *r) {
    static const char *const models[] = {"[]", "[{\"place\":\"A\",\"on\":\"2024-02-29\",\"moods\":[]}]",
                                         "[{\"place\":\"A\",\"on\":\"2024-02-29\",\"moods\":[\"sad\"]},{\"on\":"
                                         "\"2024-12-31\",\"moods\":[\"glad\",\"sad\"]}]"};
    err e = {0};
    json j;
    record_init(r, s->p, s->mem);
    assert_true(draw_skeleton(s->pl, slot, 0, r, &e));
    set_field(r, "story", "\"Quiet.\"");
    const node *n = node_find(s->p, STR("model"));
    if (slot % 4 == 3) return; /* nothing was written */
    assert_int_equal(json_read(str_dup(s->mem, str_of(models[slot % 4])), NULL, s->mem, &j, NULL),
                     JSON_FAULT_NONE);
    assert_null(instances_read(s->p, n, &j, s->mem, &r->value[n->number]));
}

static void both_ways(const char *yaml) {
    scene s = scene_open(yaml);
    for (uint64_t slot = 0; slot < 60; slot++) {
        record r, back;
        json parsed;
        err e = {0};
        listed_record(&s, slot, &r);
        str row = rendered(&s, &r);
        if (!row_read(s.p, row, s.mem, &back, &parsed, &e)) fail_msg("%s\n" STR_FMT, e.text, STR_ARG(row));
        for (uint32_t i = 0; i < s.p->leaves; i++)
            if (!value_same(&r.value[i], &back.value[i]))
                fail_msg(STR_FMT " differs in " STR_FMT, STR_ARG(leaf_node(s.p, i)->path), STR_ARG(row));
        assert_true(str_eq(row, rendered(&s, &back)));
    }
    scene_close(&s);
}

static void nested(void **state) {
    (void)state;
    both_ways(LISTED("nested"));
}

static void pairs(void **state) {
    (void)state;
    both_ways(LISTED("pairs"));
}

/* One text for another in some row that has it. */
static void edited(scene *s, const char *from, const char *to) {
    for (uint64_t slot = 0; slot < 60; slot++) {
        record r, back;
        json parsed;
        err e = {0};
        size_t at;
        listed_record(s, slot, &r);
        str row = rendered(s, &r);
        if (!str_find(row, str_of(from), &at)) continue;
        str odd = str_printf(s->mem, STR_FMT "%s" STR_FMT, STR_ARG(str_part(row, 0, at)), to,
                             STR_ARG(str_part(row, at + strlen(from), row.n)));
        if (row_read(s->p, odd, s->mem, &back, &parsed, &e)) fail_msg("taken: " STR_FMT, STR_ARG(odd));
        return;
    }
    fail_msg("no row has %s", from);
}

static void edits(void **state) {
    (void)state;
    scene s = scene_open(LISTED("nested"));
    edited(&s, "\"topic\":\"tea\"", "\"topic\":\"milk\"");
    edited(&s, "\"topic\":\"tea\",", "");
    edited(&s, "\"pref\":[{", "\"pref\":[[],{");
    edited(&s, "\"pref\":[", "\"pref\":{},\"x\":[");
    edited(&s, "\"on\":\"2024-02-29\"", "\"on\":\"2024-02-30\"");
    edited(&s, "\"deep\":{\"ok\"", "\"deep\":{\"size\":1,\"ok\"");
    edited(&s, "\"born\":\"19", "\"born\":\"29");
    scene_close(&s);
    s = scene_open(LISTED("pairs"));
    edited(&s, "\"pref\",\"value\":\"2\"", "\"pref\",\"value\":\"1\"");
    edited(&s, "\"pref\",\"value\":\"1\"", "\"pref\",\"value\":\"01\"");
    edited(&s, "\"pref\",\"value\":\"1\"", "\"pref\",\"value\":\"x\"");
    edited(&s, "pref.1.topic", "pref.topic");
    edited(&s, "pref.1.topic", "pref.01.topic");
    edited(&s, "pref.1.topic", "pref.9.topic");
    edited(&s, "pref.2.topic", "pref.1.topic");
    edited(&s, "pref.1.deep.size", "pref.1.topic");
    edited(&s, "\"path\":\"pref\"", "\"path\":\"pref.1\"");
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nested, out_open, out_close),
        cmocka_unit_test_setup_teardown(pairs, out_open, out_close),
        cmocka_unit_test_setup_teardown(edits, out_open, out_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

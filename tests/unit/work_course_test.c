/* work_course_test.c: the course of one attempt: order of facets, revise rounds, refusals, cross-checks,
 * judges, reasons; and that it does not depend on the order in which answers arrive. */
#include "tests/unit/stages_kit.h"

/* ---- a small population, and a server that answers from a script ---------------------------------- */

#define HEAD                                                                                                   \
    "populace: 1\nname: crew\n"                                                                                \
    "attributes:\n  sex: {choice: [female, male]}\n  age: {number: 18..89, unit: years}\n"
#define PROMPT "\"You write for {{@name}}.\\n{{@fields}}\\n---\\nAge {{age}}\\n\""

/* body and face are written at once; story needs both; pet only where there is one */
static const char crew[] = HEAD
    "facets:\n"
    "  body: {fields: {mood: {choice: [calm, angry, merry]}, life: {text: {words: ..8}}}, prompt: " PROMPT "}\n"
    "  face: {fields: {tone: {choice: [soft, loud]}, look: {text: {}}}, prompt: " PROMPT "}\n"
    "  story: {needs: [body, face], fields: {story: {text: {}}}, max_tokens: 300, temperature: 0.5,\n"
    "    prompt: \"Tell.\\n{{@fields}}\\n---\\n{{life}} {{look}}\\n\"}\n"
    "  pet: {needs: [body], when: {mood: merry}, fields: {pet: {text: {}}}, prompt: " PROMPT "}\n"
    "rules:\n"
    "  A1: {kind: bans, of: life, terms: [badword]}\n"
    "  A2: {kind: bans, of: life, terms: [worse]}\n"
    "  B1: {kind: bans, of: look, terms: [badword]}\n"
    "  C1: {kind: never, when: {mood: angry, tone: soft}, owner: face, hard: true}\n"
    "  W1: {kind: bans, of: story, terms: [meh], hard: false}\n"
    "  J1: {kind: judge, judge: reader, of: story, text: The story fits.}\n"
    "  J2: {kind: judge, judge: deep, of: [story, look], text: All is plausible.}\n"
    "judges: {reader: {}, deep: {after: reader}}\n"
    "dedup: {text: [story]}\n";

typedef struct line {
    const char *step; /* NULL: the end of a script */
    unsigned round;
    const char *text; /* JSON; "!code" is refused at the door, "#code" final */
} line;

typedef struct stand {
    population *p;
    rules *r;
    plan *pl;
    work_env env;
    const line *script;
    uint64_t shuffle; /* 0: answers in the order of asks */
    char log[4096];   /* "step.round " in the order in which they were asked */
} stand;

static stand stand_new(const char *yaml) {
    stand s = {0};
    s.p = kit_population(yaml, &s.r);
    diags d;
    diags_init(&d);
    s.pl = plan_make(s.p, 1000, 7, &d);
    if (!s.pl) kit_fail(&d);
    diags_free(&d);
    s.env =
        (work_env){.pop = s.p, .rules = s.r, .plan = s.pl, .run = run_hash(s.p->hash, 7), .keep_trace = true};
    work_env_prepare(&s.env);
    return s;
}

static void stand_free(stand *s) {
    work_env_free(&s->env);
    plan_free(s->pl);
    rules_free(s->r);
    population_free(s->p);
}

static const char *scripted(const stand *s, str step, unsigned round) {
    for (const line *l = s->script; l && l->step; l++)
        if (str_is(step, l->step) && l->round == round) return l->text;
    if (str_is(step, "body")) return "{\"mood\": \"calm\", \"life\": \"a quiet life\"}";
    if (str_is(step, "face")) return "{\"tone\": \"soft\", \"look\": \"a plain look\"}";
    if (str_is(step, "story")) return "{\"story\": \"once there was somebody\"}";
    if (str_is(step, "pet")) return "{\"pet\": \"a cat\"}";
    return "{\"findings\": []}";
}

static void reply(work *w, const ask *a, const char *text) {
    arena *mem = arena_new(0);
    json object;
    answer said = {.text = str_of(text), .model = STR("model-a")};
    if (text[0] == '!' || text[0] == '#') {
        said.text = STR("{\"life\": tru");
        said.refused = text + 1;
        said.message = "in words";
        said.final = text[0] == '#';
    } else {
        assert_int_equal(json_read(said.text, NULL, mem, &object, NULL), JSON_FAULT_NONE);
        said.object = &object;
    }
    work_take(w, a->step, a->round, &said);
    arena_free(mem);
}

typedef struct pending {
    ask a;
    str name;
    char messages[8192];
} pending;

/* Asks all that is due, answers one of what is out, and so on. */
static work *run(stand *s, const line *script, uint64_t slot, str avoid) {
    static pending out[8];
    uint32_t n = 0, turn = 0;
    s->script = script;
    s->log[0] = 0;
    work *w = work_new(&s->env, slot, 0, avoid);
    for (;;) {
        while (work_next(w, &out[n].a)) {
            assert_true(n < 7);
            size_t at = strlen(s->log);
            snprintf(s->log + at, sizeof s->log - at, STR_FMT ".%u ", STR_ARG(out[n].a.name), out[n].a.round);
            n++;
        }
        if (!n) break;
        uint32_t pick = s->shuffle ? (uint32_t)rng_below(rng_u64(s->shuffle, slot, turn++, 0, 0), n) : 0;
        ask a = out[pick].a;
        memmove(&out[pick], &out[pick + 1], (size_t)(n - pick) * sizeof *out);
        n--;
        reply(w, &a, scripted(s, a.name, a.round));
    }
    return w;
}

static void is(str got, const char *want) {
    if (!str_is(got, want)) fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(got), want);
}

static str text_of(const stand *s, const work *w, const char *path) {
    const value *v = &work_record(w)->value[node_find(s->p, str_of(path))->leaf];
    return v->kind == V_TEXT ? v->text : STR("(none)");
}

static void becomes(stand *s, const line *script, const char *log, reason why, const char *detail) {
    work *w = run(s, script, 3, STR(""));
    if (strcmp(s->log, log) != 0 || work_reason(w) != why) {
        buf b = {0};
        work_trace(w, NULL, &b);
        fprintf(stderr, STR_FMT "\n", STR_ARG(buf_view(&b)));
        buf_free(&b);
    }
    assert_string_equal(s->log, log);
    assert_string_equal(reason_name(work_reason(w)), reason_name(why));
    assert_int_equal(work_status(w), why == REASON_NONE ? WORK_CANDIDATE : WORK_FAILED);
    is(work_detail(w), detail);
    work_free(w);
}

/* ---- facets --------------------------------------------------------------------------------------- */

static void facets_run_as_their_needs_are_met(void **state) {
    stand *s = *state;
    becomes(s, NULL, "body.0 face.0 story.0 reader.0 ", REASON_NONE, "");
    const line merry[] = {{"body", 0, "{\"mood\": \"merry\", \"life\": \"a life\"}"}, {0}};
    becomes(s, merry, "body.0 face.0 pet.0 story.0 reader.0 ", REASON_NONE, "");
}

static void figures_of_a_candidate(void **state) {
    stand *s = *state;
    const line script[] = {{"body", 0, "{\"mood\": \"calm\", \"life\": \"badword\"}"},
                           {"story", 0, "{\"story\": \"meh\", \"extra\": 1}"},
                           {0}};
    work *w = run(s, script, 3, STR(""));
    assert_int_equal(work_status(w), WORK_CANDIDATE);
    assert_int_equal(work_calls(w), 5);
    assert_int_equal(work_revisions(w), 1);
    const str *model;
    assert_int_equal(work_models(w, &model), 1);
    is(model[0], "model-a");
    const findings *f = work_findings(w);
    assert_int_equal(f->n, 2);
    assert_int_equal(f->hard, 0);
    is(f->row[0].rule, "W1");
    is(f->row[1].rule, "story.unknown");
    is(f->row[1].message, "nobody asked for: extra");
    assert_true(work_bytes(w) > 4096);
    buf b = {0};
    work_trace(w, NULL, &b);
    size_t at;
    assert_true(str_find(buf_view(&b), STR("ask body, round 1, revise"), &at));
    assert_true(str_find(buf_view(&b), STR("A1 (bans), life, to body: "), &at));
    assert_true(str_find(buf_view(&b), STR("  [assistant, its answer of round 0]\n"), &at));
    assert_true(str_find(buf_view(&b), STR("life: the new version stays\n"), &at));
    assert_true(str_find(buf_view(&b), STR("verdict reader, round 0: nothing to object\n"), &at));
    buf_free(&b);
    work_free(w);
}

static void objections_go_straight_back(void **state) {
    stand *s = *state;
    const line script[] = {
        {"body", 0, "{\"mood\": \"calm\", \"life\": \"badword\"}"}, {"body", 1, "{\"life\": \"mended\"}"}, {0}};
    becomes(s, script, "body.0 face.0 body.1 story.0 reader.0 ", REASON_NONE, "");
}

/* A reply with as many findings does not replace the older version, one with fewer does. */
static void the_better_version_stays(void **state) {
    stand *s = *state;
    const line tie[] = {{"body", 0, "{\"mood\": \"calm\", \"life\": \"badword one\"}"},
                        {"body", 1, "{\"life\": \"badword two\"}"},
                        {"body", 2, "{\"life\": \"badword worse three\"}"},
                        {"body", 3, "{\"life\": \"badword four\"}"},
                        {0}};
    work *w = run(s, tie, 3, STR(""));
    is(text_of(s, w, "life"), "badword one");
    assert_int_equal(work_reason(w), REASON_RULES);
    is(work_detail(w), "A1");
    work_free(w);
    const line fewer[] = {{"body", 0, "{\"mood\": \"calm\", \"life\": \"badword worse\"}"},
                          {"body", 1, "{\"life\": \"worse\"}"},
                          {"body", 2, "{\"life\": \"badword worse again\"}"},
                          {"body", 3, "{\"life\": \"fine\"}"},
                          {0}};
    w = run(s, fewer, 3, STR(""));
    assert_int_equal(work_status(w), WORK_CANDIDATE);
    is(text_of(s, w, "life"), "fine");
    assert_int_equal(work_revisions(w), 3);
    work_free(w);
}

/* What is not asked for again stays as it was, even if the reply says otherwise. */
static void only_what_is_asked_for_changes(void **state) {
    stand *s = *state;
    const line script[] = {{"body", 0, "{\"mood\": \"calm\", \"life\": \"badword\"}"},
                           {"body", 1, "{\"mood\": \"angry\", \"life\": \"mended\"}"},
                           {0}};
    work *w = run(s, script, 3, STR(""));
    assert_int_equal(work_record(w)->value[node_find(s->p, STR("mood"))->leaf].num, 0);
    is(text_of(s, w, "life"), "mended");
    work_free(w);
}

static void missing_and_wrong_fields(void **state) {
    stand *s = *state;
    const line missing[] = {{"body", 0, "{\"lief\": \"a life\", \"mood\": \"sad\"}"},
                            {"body", 1, "{\"life\": \"a life\"}"},
                            {"body", 2, "{\"mood\": \"calm\"}"},
                            {0}};
    becomes(s, missing, "body.0 face.0 body.1 body.2 story.0 reader.0 ", REASON_NONE, "");
    const line never[] = {
        {"body", 0, "{}"}, {"body", 1, "{\"mood\": 3}"}, {"body", 2, "{}"}, {"body", 3, "{}"}, {0}};
    becomes(s, never, "body.0 face.0 body.1 body.2 body.3 ", REASON_RULES, "life.missing, mood.missing");
    const line wrong[] = {{"body", 0, "{}"},
                          {"body", 1, "{}"},
                          {"body", 2, "{}"},
                          {"body", 3, "{\"mood\": \"sad\", \"lief\": \"a life\"}"},
                          {0}};
    work *w = run(s, wrong, 3, STR(""));
    is(work_detail(w), "life.missing, mood.form");
    size_t at;
    assert_true(str_find(work_findings(w)->row[0].hint, STR("lief"), &at));
    assert_true(str_find(work_findings(w)->row[1].message, STR("\"sad\""), &at));
    work_free(w);
}

/* ---- the door ------------------------------------------------------------------------------------------ */

static void a_refusal_is_a_round(void **state) {
    stand *s = *state;
    const line once[] = {{"body", 0, "!syntax"}, {"face", 0, "!truncated"}, {"face", 1, "!truncated"}, {0}};
    becomes(s, once, "body.0 face.0 body.1 face.1 face.2 story.0 reader.0 ", REASON_NONE, "");
    const line never[] = {
        {"face", 0, "!syntax"}, {"face", 1, "!no_json"}, {"face", 2, "!syntax"}, {"face", 3, "!utf8"}, {0}};
    becomes(s, never, "body.0 face.0 face.1 face.2 face.3 ", REASON_DOOR, "face: utf8");
    const line mixed[] = {{"face", 0, "{\"tone\": \"soft\", \"look\": \"badword\"}"},
                          {"face", 1, "!syntax"},
                          {"face", 2, "!syntax"},
                          {"face", 3, "!syntax"},
                          {0}};
    becomes(s, mixed, "body.0 face.0 face.1 face.2 face.3 ", REASON_RULES, "B1");
}

static void some_outcomes_are_final(void **state) {
    stand *s = *state;
    const line filtered[] = {{"face", 0, "#filtered"}, {0}};
    becomes(s, filtered, "body.0 face.0 ", REASON_FILTERED, "face: filtered");
    const line context[] = {{"story", 0, "#context"}, {0}};
    becomes(s, context, "body.0 face.0 story.0 ", REASON_CONTEXT, "story: context");
    const line gone[] = {{"reader", 0, "#unreachable"}, {0}};
    becomes(s, gone, "body.0 face.0 story.0 reader.0 ", REASON_UNREACHABLE, "reader: unreachable");
}

/* Of two that fail, the first in the order of steps gives the reason, whichever came first. */
static void the_first_step_gives_the_reason(void **state) {
    stand *s = *state;
    const line both[] = {{"body", 0, "!syntax"}, {"body", 1, "!syntax"},   {"body", 2, "!syntax"},
                         {"body", 3, "!syntax"}, {"face", 0, "#filtered"}, {0}};
    for (s->shuffle = 0; s->shuffle < 20; s->shuffle++) {
        work *w = run(s, both, 3, STR(""));
        assert_int_equal(work_reason(w), REASON_DOOR);
        is(work_detail(w), "body: syntax");
        work_free(w);
    }
    s->shuffle = 0;
}

/* ---- all facets -------------------------------------------------------------------------------------------
 */

static void cross_checks_go_to_their_owner(void **state) {
    stand *s = *state;
    const line mended[] = {{"body", 0, "{\"mood\": \"angry\", \"life\": \"a life\"}"},
                           {"face", 1, "{\"tone\": \"loud\", \"look\": \"another look\"}"},
                           {0}};
    becomes(s, mended, "body.0 face.0 story.0 face.1 reader.0 ", REASON_NONE, "");
    const line never[] = {{"body", 0, "{\"mood\": \"angry\", \"life\": \"a life\"}"},
                          {"face", 1, "{\"tone\": \"soft\", \"look\": \"1\"}"},
                          {"face", 2, "!syntax"},
                          {"face", 3, "{\"tone\": \"soft\", \"look\": \"3\"}"},
                          {0}};
    becomes(s, never, "body.0 face.0 story.0 face.1 face.2 face.3 ", REASON_RULES, "C1");
    /* rounds of a facet count whatever they were for */
    const line spent[] = {{"body", 0, "{\"mood\": \"angry\", \"life\": \"a life\"}"},
                          {"face", 0, "!syntax"},
                          {"face", 1, "!syntax"},
                          {"face", 2, "!syntax"},
                          {0}};
    becomes(s, spent, "body.0 face.0 face.1 face.2 face.3 story.0 ", REASON_RULES, "C1");
}

/* ---- judges -----------------------------------------------------------------------------------------------
 */

#define OBJECTS(rule, field)                                                                                   \
    "{\"findings\": [{\"rule\": \"" rule "\", \"field\": \"" field "\", \"message\": \"m\", \"hint\": "        \
    "\"h\"}]}"

static void judges_send_back(void **state) {
    stand *s = *state;
    const line fast[] = {
        {"reader", 0, OBJECTS("J1", "story")}, {"story", 1, "{\"story\": \"another story\"}"}, {0}};
    becomes(s, fast, "body.0 face.0 story.0 reader.0 story.1 reader.1 deep.0 ", REASON_NONE, "");
    const line deep[] = {{"reader", 0, OBJECTS("J1", "story")},
                         {"story", 1, "{\"story\": \"another story\"}"},
                         {"deep", 0, OBJECTS("J2", "look")},
                         {"face", 1, "{\"look\": \"another look\"}"},
                         {0}};
    becomes(s, deep, "body.0 face.0 story.0 reader.0 story.1 reader.1 deep.0 face.1 deep.1 ", REASON_NONE, "");
    const line stubborn[] = {{"reader", 0, OBJECTS("J1", "story")},  {"reader", 1, OBJECTS("J1", "story")},
                             {"reader", 2, OBJECTS("J1", "story")},  {"reader", 3, OBJECTS("J1", "story")},
                             {"story", 1, "{\"story\": \"one\"}"},   {"story", 2, "{\"story\": \"two\"}"},
                             {"story", 3, "{\"story\": \"three\"}"}, {0}};
    becomes(s, stubborn, "body.0 face.0 story.0 reader.0 story.1 reader.1 story.2 reader.2 story.3 reader.3 ",
            REASON_RULES, "J1");
}

/* No facet has used up its own rounds, but the slot has. */
static void rounds_of_the_slot_are_bounded(void **state) {
    stand *s = *state;
    const line turns[] = {{"reader", 0, OBJECTS("J1", "story")}, {"story", 1, "{\"story\": \"one\"}"},
                          {"deep", 0, OBJECTS("J2", "look")},    {"face", 1, "{\"look\": \"one\"}"},
                          {"deep", 1, OBJECTS("J2", "story")},   {"story", 2, "{\"story\": \"two\"}"},
                          {"deep", 2, OBJECTS("J2", "look")},    {0}};
    becomes(s, turns, "body.0 face.0 story.0 reader.0 story.1 reader.1 deep.0 face.1 deep.1 story.2 deep.2 ",
            REASON_RULES, "J2");
}

static void judges_are_not_asked_about_the_same_text_again(void **state) {
    stand *s = *state;
    const line same[] = {{"reader", 0, OBJECTS("J1", "story")},
                         {"story", 1, "{\"story\": \"once there was somebody\"}"},
                         {"story", 2, "{\"story\": \"another one\"}"},
                         {0}};
    becomes(s, same, "body.0 face.0 story.0 reader.0 story.1 story.2 reader.1 deep.0 ", REASON_NONE, "");
}

static void a_judge_that_makes_no_sense_is_refused(void **state) {
    stand *s = *state;
    const line odd[] = {{"reader", 0, OBJECTS("J9", "story")}, {0}};
    becomes(s, odd, "body.0 face.0 story.0 reader.0 reader.1 ", REASON_NONE, "");
    const line never[] = {{"reader", 0, "!syntax"},
                          {"reader", 1, "!syntax"},
                          {"reader", 2, OBJECTS("J9", "story")},
                          {"reader", 3, OBJECTS("J9", "story")},
                          {0}};
    becomes(s, never, "body.0 face.0 story.0 reader.0 reader.1 reader.2 reader.3 ", REASON_DOOR,
            "reader: answer");
}

/* ---- purity ------------------------------------------------------------------------------------------------
 */

/* Any answer, good or bad, as a function of (step, round, seed). */
static const char *any_answer(uint64_t seed, uint64_t slot, const ask *a) {
    static const char *const body[] = {"{\"mood\": \"calm\", \"life\": \"a life\"}",
                                       "{\"mood\": \"angry\", \"life\": \"ok\"}",
                                       "{\"mood\": \"merry\", \"life\": \"badword\"}",
                                       "{\"life\": \"worse badword\"}",
                                       "{\"mood\": \"merry\", \"life\": \"fine\"}",
                                       "!syntax",
                                       "{\"mood\": \"angry\"}"};
    static const char *const face[] = {
        "{\"tone\": \"soft\", \"look\": \"a look\"}", "{\"tone\": \"loud\", \"look\": \"badword\"}",
        "{\"tone\": \"loud\", \"look\": \"fine\"}", "!truncated", "{\"look\": \"x\", \"y\": 2}"};
    static const char *const story[] = {"{\"story\": \"once\"}", "{\"story\": \"meh\"}", "!no_json",
                                        "{\"story\": \"twice\"}"};
    static const char *const pet[] = {"{\"pet\": \"a cat\"}", "{\"pet\": 7}", "{\"pet\": \"a dog\"}"};
    static const char *const verdict[] = {"{\"findings\": []}", OBJECTS("J1", "story"), OBJECTS("J2", "look"),
                                          "{\"findings\": []}"};
    static const struct {
        const char *const *text;
        uint32_t n;
    } all[] = {{body, 7}, {face, 5}, {story, 4}, {pet, 3}, {verdict, 4}, {verdict, 4}};
    uint64_t r = rng_u64(seed, slot, a->step, a->round, 1);
    if (r % 97 == 0) return "#filtered";
    if (r % 97 == 1) return "#context";
    return all[a->step].text[rng_below(rng_u64(r, 0, 0, 0, 0), all[a->step].n)];
}

static void describe(const work *w, buf *b) {
    buf_printf(b, "%d %s " STR_FMT "|%u %u\n", work_status(w), reason_name(work_reason(w)),
               STR_ARG(work_detail(w)), work_status(w) == WORK_CANDIDATE ? work_calls(w) : 0,
               work_status(w) == WORK_CANDIDATE ? work_revisions(w) : 0);
    findings_json(work_findings(w), work_record(w)->pop, b);
    if (work_status(w) != WORK_CANDIDATE) return;
    const population *p = work_record(w)->pop;
    for (uint32_t i = 0; i < p->leaves; i++) value_json(b, leaf_node(p, i), &work_record(w)->value[i]);
}

static uint64_t hash_of(const ask *a) {
    return hash_64(a->messages, a->step * 16u + a->round) + hash_64(a->schema, a->seed) +
           hash_64(a->bounded, a->max_tokens);
}

static void course(stand *s, uint64_t slot, uint64_t shuffle, buf *b) {
    ask out[8];
    uint32_t n = 0, turn = 0;
    uint64_t asked = 0; /* a sum, for asks of different steps may change places */
    work *w = work_new(&s->env, slot, 1, STR(""));
    for (;;) {
        for (; work_next(w, &out[n]); n++) asked += hash_of(&out[n]);
        if (!n) break;
        uint32_t pick = shuffle ? (uint32_t)rng_below(rng_u64(shuffle, slot, turn++, 2, 0), n) : 0;
        ask a = out[pick];
        memmove(&out[pick], &out[pick + 1], (size_t)(n - pick - 1) * sizeof *out);
        n--;
        reply(w, &a, any_answer(5, slot, &a));
    }
    assert_int_not_equal(work_status(w), WORK_OPEN);
    describe(w, b);
    if (work_status(w) == WORK_CANDIDATE) buf_printf(b, " %llx", (unsigned long long)asked);
    work_free(w);
}

static void the_order_of_arrival_changes_nothing(void **state) {
    stand *s = *state;
    uint32_t candidates = 0, failures[REASON_COUNT] = {0};
    for (uint64_t slot = 0; slot < 300; slot++) {
        buf want = {0};
        course(s, slot, 0, &want);
        candidates += want.p[0] == '0' + WORK_CANDIDATE;
        for (uint32_t r = 1; r < REASON_COUNT; r++)
            failures[r] += str_starts(str_part(buf_view(&want), 2, want.n), reason_name(r));
        for (uint64_t shuffle = 1; shuffle < 8; shuffle++) {
            buf got = {0};
            course(s, slot, shuffle, &got);
            if (!str_eq(buf_view(&want), buf_view(&got)))
                fail_msg("slot %d: " STR_FMT "\ninstead of " STR_FMT, (int)slot, STR_ARG(buf_view(&got)),
                         STR_ARG(buf_view(&want)));
            buf_free(&got);
        }
        buf_free(&want);
    }
    /* all kinds of endings were met */
    assert_in_range(candidates, 30, 270);
    assert_true(failures[REASON_RULES] && failures[REASON_DOOR] && failures[REASON_FILTERED] &&
                failures[REASON_CONTEXT]);
}

/* ---- skeleton
 * ------------------------------------------------------------------------------------------------ */

static void a_skeleton_that_cannot_be_drawn_fails(void **state) {
    (void)state;
    stand s = stand_new(
        HEAD "  b: {choice: [x, y]}\nfacets:\n  body: {fields: {life: {text: {}}}, prompt: " PROMPT "}\n"
             "rules: {N1: {kind: never, when: {age: 18..89}}}\n");
    work *w = work_new(&s.env, 0, 0, STR(""));
    ask a;
    assert_int_equal(work_status(w), WORK_FAILED);
    assert_int_equal(work_reason(w), REASON_SKELETON);
    size_t at;
    assert_true(str_find(work_detail(w), STR("N1"), &at));
    assert_false(work_next(w, &a));
    work_free(w);
    stand_free(&s);
}

/* A facet's templates follow its fields, and those of its needs; one that has nothing else is not asked. */
static void templates_follow_what_was_written(void **state) {
    (void)state;
    stand s = stand_new(
        HEAD "facets:\n"
             "  card: {needs: [body], fields: {card: {template: \"<{{both}}>\"}}, prompt: " PROMPT "}\n"
             "  body: {fields: {life: {text: {}}, both: {template: \"{{age}}: {{life}}\"}}, prompt: " PROMPT
             "}\n"
             "rules:\n  A1: {kind: bans, of: both, terms: [badword]}\n"
             "  J1: {kind: judge, judge: reader, of: life, text: It fits.}\n"
             "judges: {reader: {}}\n");
    const line script[] = {{"body", 0, "{\"life\": \"badword\"}"},
                           {"body", 1, "{\"life\": \"first\"}"},
                           {"reader", 0, OBJECTS("J1", "life")},
                           {"body", 2, "{\"life\": \"second\"}"},
                           {0}};
    work *w = run(&s, script, 3, STR(""));
    assert_string_equal(s.log, "body.0 body.1 reader.0 body.2 reader.1 ");
    assert_int_equal(work_status(w), WORK_CANDIDATE);
    assert_true(str_ends(text_of(&s, w, "both"), ": second"));
    assert_true(str_ends(text_of(&s, w, "card"), ": second>"));
    work_free(w);
    stand_free(&s);
}

static int setup(void **state) {
    static stand s;
    s = stand_new(crew);
    *state = &s;
    return 0;
}

static int teardown(void **state) {
    stand_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facets_run_as_their_needs_are_met),
        cmocka_unit_test(figures_of_a_candidate),
        cmocka_unit_test(objections_go_straight_back),
        cmocka_unit_test(the_better_version_stays),
        cmocka_unit_test(only_what_is_asked_for_changes),
        cmocka_unit_test(missing_and_wrong_fields),
        cmocka_unit_test(a_refusal_is_a_round),
        cmocka_unit_test(some_outcomes_are_final),
        cmocka_unit_test(the_first_step_gives_the_reason),
        cmocka_unit_test(cross_checks_go_to_their_owner),
        cmocka_unit_test(judges_send_back),
        cmocka_unit_test(rounds_of_the_slot_are_bounded),
        cmocka_unit_test(judges_are_not_asked_about_the_same_text_again),
        cmocka_unit_test(a_judge_that_makes_no_sense_is_refused),
        cmocka_unit_test(the_order_of_arrival_changes_nothing),
        cmocka_unit_test(templates_follow_what_was_written),
        cmocka_unit_test(a_skeleton_that_cannot_be_drawn_fails),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

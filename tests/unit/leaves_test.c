/* leaves_test.c: texts of attributes that a facet writes: which the persona has, the parts in which they go
 * out, what each part is shown, and what becomes of answers that lack one, hold others, or have to be written
 * again. */
#include "tests/unit/stages_kit.h"

#define HEAD                                                                                                   \
    "populace: 1\nname: crew\nattributes:\n  sex: {choice: [female]}\n"                                        \
    "  one: {label: The first, each: [p, q, r], text: {words: ..6}}\n"                                         \
    "  two: {s: {text: {}}, t: {text: {}, hide: true}}\n"                                                      \
    "  ev: {list: 2, topic: {choice: [x]}, u: {text: {}}, v: {text: {}, when: {ev.topic: x}}}\n"               \
    "  none: {text: {}, when: {sex: {not: female}}}\n"
#define PROMPT      "\"Fill in.\\n---\\n{{sex}}\\n{{@draft}}\\nPaths:\\n{{@fields}}\\n\""
#define NOTES(more) "  notes: {leaves: [one, two, ev, none], prompt: " PROMPT more "}\n"
#define TITLE       ", fields: {title: {text: {}}}"

typedef struct stand {
    population *p;
    rules *r;
    plan *pl;
    work_env env;
    work *w;
    ask a;
} stand;

static void open_text(stand *s, const char *facets) {
    buf b = {0};
    buf_printf(&b, HEAD "facets:\n%s%c", facets, 0);
    *s = (stand){0};
    s->p = kit_population(b.p, &s->r);
    diags d;
    diags_init(&d);
    s->pl = plan_make(s->p, 1000, 7, &d);
    assert_non_null(s->pl);
    diags_free(&d);
    s->env = (work_env){
        .pop = s->p, .rules = s->r, .plan = s->pl, .run = run_hash(s->p->hash, 7), .keep_trace = true};
    work_env_prepare(&s->env);
    s->w = work_new(&s->env, 3, 0, STR(""));
    buf_free(&b);
}

static void close_all(stand *s) {
    work_free(s->w);
    work_env_free(&s->env);
    plan_free(s->pl);
    rules_free(s->r);
    population_free(s->p);
}

/* The next ask is of this step and round. */
static void expect(stand *s, const char *step, unsigned round) {
    assert_true(work_next(s->w, &s->a));
    assert_true(str_is(s->a.name, step));
    assert_int_equal(s->a.round, round);
}

/* "!": refused at the door. */
static void reply(stand *s, const char *text) {
    arena *mem = arena_new(0);
    json object;
    answer said = {.text = str_of(text), .model = STR("model-a")};
    if (text[0] == '!') {
        said.refused = "truncated";
    } else {
        assert_int_equal(json_read(said.text, NULL, mem, &object, NULL), JSON_FAULT_NONE);
        said.object = &object;
    }
    work_take(s->w, s->a.step, s->a.round, &said);
    arena_free(mem);
}

/* In some message of the ask. */
static bool shows(const stand *s, const char *text) {
    size_t at;
    return str_find(s->a.messages, str_of(text), &at);
}

static size_t times(str hay, const char *needle) {
    size_t n = 0, at;
    while (str_find(hay, str_of(needle), &at)) {
        n++;
        hay = str_part(hay, at + 1, hay.n);
    }
    return n;
}

static str text_at(const stand *s, const char *path, uint32_t instance) {
    const value *v = &work_record(s->w)->value[node_find(s->p, str_of(path))->leaf];
    if (instance) v = &v->item[instance - 1];
    return v->kind == V_TEXT ? v->text : STR("");
}

#define ONE "\"one.p\": \"p1\", \"one.q\": \"q1\", \"one.r\": \"r1\""
#define TWO "\"two.s\": \"s1\", \"two.t\": \"t1\""
#define EVS "\"ev.1.u\": \"u1\", \"ev.1.v\": \"v1\", \"ev.2.u\": \"u2\", \"ev.2.v\": \"v2\""

/* ---- places ------------------------------------------------------------------------------------------------
 */

static void entries_fill_parts(void **state) {
    (void)state;
    static const struct {
        const char *split, *want;
    } rows[] = {
        {"", "one.p0 one.q0 one.r0 two.s0 two.t0 ev.1.u0 ev.1.v0 ev.2.u0 ev.2.v0 "},
        {", split: 9", "one.p0 one.q0 one.r0 two.s0 two.t0 ev.1.u0 ev.1.v0 ev.2.u0 ev.2.v0 "},
        {", split: 8", "one.p0 one.q0 one.r0 two.s0 two.t0 ev.1.u1 ev.1.v1 ev.2.u1 ev.2.v1 "},
        {", split: 4", "one.p0 one.q0 one.r0 two.s1 two.t1 ev.1.u2 ev.1.v2 ev.2.u2 ev.2.v2 "},
        /* 2 + 1, of which there is room for 1 more; 2; 2 + 2 */
        {", split: 2", "one.p0 one.q0 one.r1 two.s2 two.t2 ev.1.u3 ev.1.v3 ev.2.u4 ev.2.v4 "},
        /* 3; 2; then 2 + 2 evenly, not 3 + 1 */
        {", split: 3", "one.p0 one.q0 one.r0 two.s1 two.t1 ev.1.u2 ev.1.v2 ev.2.u3 ev.2.v3 "},
        {", split: 1", "one.p0 one.q1 one.r2 two.s3 two.t4 ev.1.u5 ev.1.v6 ev.2.u7 ev.2.v8 "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        stand s;
        buf notes = {0}, got = {0};
        buf_printf(&notes, "  notes: {leaves: [one, two, ev, none]%s, prompt: " PROMPT "}\n%c", rows[i].split,
                   0);
        open_text(&s, notes.p);
        arena *mem = arena_new(0);
        leaf_place *at;
        uint32_t *part, n = facet_places(0, work_record(s.w), mem, &at, &part);
        for (uint32_t k = 0; k < n; k++) {
            instance_path(s.p, leaf_node(s.p, at[k].leaf), at[k].instance, &got);
            buf_printf(&got, "%u ", part[k]);
        }
        if (!str_is(buf_view(&got), rows[i].want))
            print_message("# %s: " STR_FMT "\n", rows[i].split, STR_ARG(buf_view(&got)));
        assert_true(str_is(buf_view(&got), rows[i].want));
        arena_free(mem);
        buf_free(&notes);
        buf_free(&got);
        close_all(&s);
    }
}

/* ---- parts --------------------------------------------------------------------------------------------------
 */

/* Fields with the first; each part sees those before, but for what is hidden; then the persona is whole. */
static void parts_follow_one_another(void **state) {
    (void)state;
    stand s;
    open_text(&s, NOTES(", split: 4" TITLE) "  end: {needs: [notes], fields: {end: {text: {}}}, prompt: " PROMPT
                                            "}\n");
    expect(&s, "notes", 0);
    assert_true(shows(&s, "- \\\"title\\\" (text)") && shows(&s, "- \\\"one.q\\\" (text, at most 6 words)"));
    assert_false(shows(&s, "two.s") || shows(&s, "none"));
    assert_true(str_is(s.a.schema,
                       "{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"}},\"required\":["
                       "\"title\"],\"additionalProperties\":{\"type\":\"string\"}}"));
    ask more;
    assert_false(work_next(s.w, &more));
    reply(&s, "{\"title\": \"a title\", " ONE "}");
    expect(&s, "notes", 1);
    assert_true(shows(&s, "two.s") && shows(&s, "two.t") && shows(&s, "The first: q: q1"));
    assert_false(shows(&s, "\\\"one.q") || shows(&s, "- \\\"title") || shows(&s, "ev.1"));
    assert_true(str_is(s.a.schema,
                       "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":{"
                       "\"type\":\"string\"}}"));
    reply(&s, "{" TWO "}");
    expect(&s, "notes", 2);
    assert_true(shows(&s, "ev.1.u") && shows(&s, "ev.2.v") && shows(&s, "two: s: s1"));
    assert_false(shows(&s, "t1"));
    reply(&s, "{" EVS "}");
    expect(&s, "end", 0);
    assert_true(shows(&s, "title: a title") && shows(&s, "ev 2: v: v2"));
    reply(&s, "{\"end\": \"an end\"}");
    assert_int_equal(work_status(s.w), WORK_CANDIDATE);
    assert_true(str_is(text_at(&s, "ev.u", 2), "u2") && str_is(text_at(&s, "two.t", 0), "t1"));
    assert_int_equal(work_findings(s.w)->n, 0);
    assert_int_equal(work_calls(s.w), 4);
    assert_int_equal(work_revisions(s.w), 0);
    close_all(&s);
}

/* A missing path is asked for alone; one that was not asked for is refused, whatever it says. */
static void paths_are_answered_one_by_one(void **state) {
    (void)state;
    stand s;
    open_text(&s, NOTES(", split: 4"));
    expect(&s, "notes", 0);
    reply(&s, "{\"one.p\": \"p1\", \"one.r\": 7, \"two.s\": \"too early\", \"one\": {\"q\": \"nested\"}}");
    expect(&s, "notes", 1);
    assert_int_equal(times(s.a.messages, "- \\\"one.p\\\""), 1); /* in the first message only */
    assert_int_equal(times(s.a.messages, "- \\\"one.q\\\""), 2);
    assert_true(shows(&s, "- one.q: ") && shows(&s, "- one.r: ") && shows(&s, "two.s"));
    reply(&s, "{\"one.p\": \"changed\", \"one.q\": \"q2\", \"one.r\": \"r2\"}");
    expect(&s, "notes", 2);
    reply(&s, "{" TWO "}");
    expect(&s, "notes", 3);
    reply(&s, "{\"ev.1.u\": \"u1\", \"ev.1.v\": \"v1\", \"ev.2.v\": \"v2\", \"ev.3.u\": \"no such\"}");
    expect(&s, "notes", 4);
    assert_true(shows(&s, "- ev.2.u: "));
    assert_int_equal(times(s.a.messages, "- \\\"ev.1.u\\\""), 1);
    reply(&s, "{\"ev.2.u\": \"u2\"}");
    assert_int_equal(work_status(s.w), WORK_CANDIDATE);
    assert_true(str_is(text_at(&s, "one.p", 0), "p1") && str_is(text_at(&s, "one.q", 0), "q2"));
    assert_true(str_is(text_at(&s, "two.s", 0), "s1") && str_is(text_at(&s, "ev.u", 2), "u2"));
    close_all(&s);
}

/* What is objected to goes back with its part; of two versions the better one stays, text by text. */
static void each_part_is_checked_at_once(void **state) {
    (void)state;
    stand s;
    open_text(&s, NOTES(", split: 4") "rules:\n  B: {kind: bans, of: [one, two.s], terms: [bad, worse]}\n  E: "
                                      "{kind: bans, of: [ev.u, ev.v], terms: [bad]}\n");
    expect(&s, "notes", 0);
    reply(&s,
          "{\"one.p\": \"a bad one\", \"one.q\": \"one two three four five six seven\", \"one.r\": \"r1\"}");
    expect(&s, "notes", 1);
    assert_true(shows(&s, "- one.p: ") && shows(&s, "- one.q: "));
    assert_false(shows(&s, "two.s"));
    reply(&s, "{\"one.p\": \"a bad and worse one\", \"one.q\": \"short\", \"one.r\": \"not asked\"}");
    expect(&s, "notes", 2);
    assert_true(shows(&s, "- one.p: ") && !shows(&s, "- one.q: "));
    reply(&s, "{\"one.p\": \"fine\"}");
    expect(&s, "notes", 3);
    reply(&s, "{" TWO "}");
    expect(&s, "notes", 4);
    reply(&s, "{\"ev.1.u\": \"bad\", \"ev.1.v\": \"v1\", \"ev.2.u\": \"u2\", \"ev.2.v\": \"v2\"}");
    /* the rounds of an earlier part do not count for this one */
    for (unsigned round = 5; round < 7; round++) {
        expect(&s, "notes", round);
        assert_true(shows(&s, "- ev.1.u: ") && !shows(&s, "- ev.2.u: "));
        reply(&s, "{\"ev.1.u\": \"bad\"}");
    }
    expect(&s, "notes", 7);
    reply(&s, "{\"ev.1.u\": \"good\"}");
    assert_int_equal(work_status(s.w), WORK_CANDIDATE);
    assert_true(str_is(text_at(&s, "one.r", 0), "r1") && str_is(text_at(&s, "one.q", 0), "short"));
    assert_int_equal(work_revisions(s.w), 5);
    close_all(&s);
}

/* Rounds of a part at an end: the attempt has failed, without the parts behind. */
static void a_part_that_fails_ends_it(void **state) {
    (void)state;
    stand s;
    open_text(&s,
              "  notes: {leaves: [one, two, ev, none], split: 4, prompt: " PROMPT "}\nlimits: {rounds: 1}\n");
    expect(&s, "notes", 0);
    reply(&s, "{" ONE "}");
    expect(&s, "notes", 1);
    reply(&s, "{\"two.s\": \"s1\"}");
    expect(&s, "notes", 2);
    reply(&s, "{}");
    assert_int_equal(work_status(s.w), WORK_FAILED);
    assert_int_equal(work_reason(s.w), REASON_RULES);
    assert_true(str_is(work_detail(s.w), "two.t.missing"));
    close_all(&s);
    open_text(&s,
              "  notes: {leaves: [one, two, ev, none], split: 4, prompt: " PROMPT "}\nlimits: {rounds: 1}\n");
    expect(&s, "notes", 0);
    reply(&s, "{" ONE "}");
    expect(&s, "notes", 1);
    reply(&s, "!");
    expect(&s, "notes", 2);
    reply(&s, "!");
    assert_int_equal(work_reason(s.w), REASON_DOOR);
    close_all(&s);
}

/* A later facet's word on the whole: at most `split` texts are written again at a time. */
static void the_whole_goes_back_in_stretches(void **state) {
    (void)state;
    stand s;
    open_text(
        &s, NOTES(", split: 4") "  end: {needs: [notes], fields: {mood: {choice: [fine, bad]}}, prompt: " PROMPT
                                "}\nrules: {C: {kind: never, when: {mood: bad}, owner: notes}}\n");
    expect(&s, "notes", 0);
    reply(&s, "{" ONE "}");
    expect(&s, "notes", 1);
    reply(&s, "{" TWO "}");
    expect(&s, "notes", 2);
    reply(&s, "{" EVS "}");
    expect(&s, "end", 0);
    reply(&s, "{\"mood\": \"bad\"}");
    expect(&s, "notes", 3);
    assert_int_equal(times(s.a.messages, "- \\\"one."), 6); /* in both messages */
    assert_int_equal(times(s.a.messages, "- \\\"two.s\\\""), 2);
    assert_false(shows(&s, "- \\\"two.t\\\"") || shows(&s, "- \\\"ev."));
    assert_true(shows(&s, "ev 1: u: u1"));
    close_all(&s);
}

/* Seeds of a facet in parts differ from round to round, however many there are. */
static void rounds_have_seeds_of_their_own(void **state) {
    (void)state;
    stand s;
    open_text(&s,
              "  notes: {leaves: [one, two, ev, none], split: 1, prompt: " PROMPT "}\nlimits: {rounds: 2}\n");
    uint32_t seed[64], n = 0;
    while (work_next(s.w, &s.a)) {
        seed[n++] = s.a.seed;
        for (uint32_t i = 0; i + 1 < n; i++) assert_int_not_equal(seed[i], seed[n - 1]);
        reply(&s, s.a.round % 2 ? "{" ONE "," TWO "," EVS "}" : "!");
    }
    assert_int_equal(n, 18);
    assert_int_equal(work_status(s.w), WORK_CANDIDATE);
    close_all(&s);
}

/* What `choose` leaves out is not asked for; a facet without anything left is not called. */
static void only_what_the_persona_has(void **state) {
    (void)state;
    stand s;
    open_text(&s, NOTES("") "choose: {c: {from: [one, two], count: 2}}\n");
    expect(&s, "notes", 0);
    assert_int_equal(times(s.a.messages, "- \\\"one.") + times(s.a.messages, "- \\\"two."), 2);
    assert_int_equal(times(s.a.messages, "- \\\"ev."), 4);
    close_all(&s);
    open_text(&s, "  notes: {leaves: [one, two, none], prompt: " PROMPT "}\n"
                  "  rest: {leaves: [ev], prompt: " PROMPT "}\n"
                  "choose: {c: {from: [one, two], count: 0}}\n");
    expect(&s, "rest", 0);
    reply(&s, "{" EVS "}");
    assert_int_equal(work_status(s.w), WORK_CANDIDATE);
    close_all(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_fill_parts),
        cmocka_unit_test(parts_follow_one_another),
        cmocka_unit_test(paths_are_answered_one_by_one),
        cmocka_unit_test(each_part_is_checked_at_once),
        cmocka_unit_test(a_part_that_fails_ends_it),
        cmocka_unit_test(the_whole_goes_back_in_stretches),
        cmocka_unit_test(rounds_have_seeds_of_their_own),
        cmocka_unit_test(only_what_the_persona_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

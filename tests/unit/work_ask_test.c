/* work_ask_test.c: what is sent: messages, schemas, seeds, limits; what is added after a duplicate, a refusal,
 * an objection. */
#include "tests/unit/stages_kit.h"

#include <pthread.h>

static const char pair[] = "populace: 1\nname: pair\n"
                           "attributes:\n  age: {number: 30, unit: years}\n"
                           "facets:\n"
                           "  life: {fields: {mood: {choice: [calm, angry]}, life: {text: {words: ..20}, hint: "
                           "a life}}, max_tokens: 300,\n"
                           "    temperature: 0.7, top_p: 0.9, role: scribe, prompt: \"You "
                           "\\\"write\\\".\\n{{@fields}}\\n---\\nAge {{age}}\\n\"}\n"
                           "  motto: {needs: [life], fields: {motto: {text: {}}}, prompt: \"A "
                           "motto.\\n{{@fields}}\\n---\\n{{life}}\\n\"}\n"
                           "rules:\n  A1: {kind: bans, of: life, terms: [badword]}\n"
                           "  J1: {kind: judge, judge: reader, of: motto, text: It fits.}\n"
                           "judges: {reader: {prompt: \"You judge.\\n{{@rules}}\\n---\\n{{motto}}\\n\", "
                           "temperature: 0.2, max_tokens: 99}}\n"
                           "dedup: {text: [motto]}\n";

typedef struct stand {
    population *p;
    rules *r;
    plan *pl;
    work_env env;
    arena *mem;
} stand;

static stand stand_new(const char *yaml) {
    stand s = {.mem = arena_new(0)};
    s.p = kit_population(yaml, &s.r);
    diags d;
    diags_init(&d);
    s.pl = plan_make(s.p, 100, 7, &d);
    if (!s.pl) kit_fail(&d);
    diags_free(&d);
    s.env = (work_env){.pop = s.p, .rules = s.r, .plan = s.pl, .run = run_hash(s.p->hash, 7)};
    return s;
}

static void stand_free(stand *s) {
    work_env_free(&s->env);
    plan_free(s->pl);
    rules_free(s->r);
    population_free(s->p);
    arena_free(s->mem);
}

static void is(str got, const char *want) {
    if (!str_is(got, want)) fail_msg("\"" STR_FMT "\"\ninstead of\n\"%s\"", STR_ARG(got), want);
}

static void holds(str got, const char *want) {
    size_t at;
    if (!str_find(got, str_of(want), &at)) fail_msg("\"" STR_FMT "\"\nwithout\n\"%s\"", STR_ARG(got), want);
}

/* Messages of an ask as "role: content" rows. */
static uint32_t read_messages(stand *s, const ask *a, str role[8], str content[8]) {
    json all;
    assert_int_equal(json_read(str_dup(s->mem, a->messages), NULL, s->mem, &all, NULL), JSON_FAULT_NONE);
    assert_true(all.kind == JSON_ARRAY && all.n <= 8);
    for (uint32_t i = 0; i < all.n; i++) {
        role[i] = json_str(&all.item[i], "role");
        content[i] = json_str(&all.item[i], "content");
    }
    return all.n;
}

static ask next(work *w) {
    ask a;
    assert_true(work_next(w, &a));
    return a;
}

static void reply(stand *s, work *w, const ask *a, const char *text) {
    json *object = arena_new_of(s->mem, json, 1);
    assert_int_equal(json_read(str_of(text), NULL, s->mem, object, NULL), JSON_FAULT_NONE);
    answer said = {.text = str_of(text), .object = object, .model = STR("m")};
    work_take(w, a->step, a->round, &said);
}

static void refuse(work *w, const ask *a, const char *text, const char *code) {
    answer said = {.text = str_of(text), .refused = code, .message = "it is broken", .model = STR("m")};
    work_take(w, a->step, a->round, &said);
}

static void first_asks(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work_env_prepare(&s.env);
    work *w = work_new(&s.env, 5, 0, STR(""));
    ask a = next(w), none;
    assert_false(work_next(w, &none));
    is(a.name, "life");
    is(a.role, "scribe");
    assert_int_equal(a.step, 0);
    assert_int_equal(a.round, 0);
    assert_int_equal(a.max_tokens, 300);
    assert_int_equal(a.temperature_milli, 700);
    assert_int_equal(a.top_p_milli, 900);
    is(a.schema,
       "{\"type\":\"object\",\"properties\":{\"mood\":{\"type\":\"string\",\"enum\":[\"calm\",\"angry\"]},"
       "\"life\":{\"type\":\"string\"}},\"required\":[\"mood\",\"life\"],\"additionalProperties\":false}");
    holds(a.bounded, "\"maxLength\"");
    str role[8], content[8];
    assert_int_equal(read_messages(&s, &a, role, content), 2);
    is(role[0], "system");
    holds(content[0], "You \"write\".\n");
    holds(content[0], "a life");
    is(role[1], "user");
    holds(content[1], "Age 30 years");
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea and \\\"salt\\\"\"}");
    a = next(w);
    is(a.name, "motto");
    is(a.role, "writer");
    assert_int_equal(a.step, 1);
    read_messages(&s, &a, role, content);
    holds(content[1], "sea and \"salt\"");
    reply(&s, w, &a, "{\"motto\": \"go on\"}");
    a = next(w);
    is(a.name, "reader");
    is(a.role, "judge");
    assert_int_equal(a.step, 2);
    assert_int_equal(a.max_tokens, 99);
    assert_int_equal(a.temperature_milli, 200);
    assert_int_equal(a.top_p_milli, 1000);
    assert_int_equal(read_messages(&s, &a, role, content), 2);
    holds(content[0], "You judge.\nJ1: ");
    holds(content[1], "go on");
    work_free(w);
    stand_free(&s);
}

static void seeds_tell_calls_apart(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 0, STR("")), *other = work_new(&s.env, 6, 0, STR("")),
         *later = work_new(&s.env, 5, 1, STR(""));
    ask a = next(w), b = next(other), c = next(later);
    assert_int_equal(a.seed & 0x3FF, 0);
    assert_true(a.seed >> 31 == 0 && b.seed >> 31 == 0);
    assert_true(a.seed >> 10 != b.seed >> 10 && a.seed >> 10 != c.seed >> 10 && b.seed >> 10 != c.seed >> 10);
    uint32_t persona = a.seed >> 10;
    refuse(w, &a, "{", "syntax");
    a = next(w);
    assert_int_equal(a.seed, persona << 10 | 1);
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea\"}");
    a = next(w);
    assert_int_equal(a.seed, persona << 10 | 1 << 4);
    work_free(w);
    work_free(other);
    work_free(later);
    stand_free(&s);
}

/* Prepared or not, and in whatever order slots come: the same bytes. */
static void the_shared_part_is_the_same(void **state) {
    (void)state;
    stand s = stand_new(pair), plain = stand_new(pair);
    work_env_prepare(&s.env);
    for (uint64_t slot = 0; slot < 3; slot++) {
        work *w = work_new(&s.env, slot, 0, STR("")), *v = work_new(&plain.env, slot, 0, STR(""));
        for (int i = 0; i < 3; i++) {
            ask a = next(w), b = next(v);
            assert_true(str_eq(a.messages, b.messages) && str_eq(a.schema, b.schema) &&
                        str_eq(a.bounded, b.bounded));
            static const char *const text[] = {"{\"mood\": \"calm\", \"life\": \"sea\"}", "{\"motto\": \"on\"}",
                                               "{\"findings\": []}"};
            reply(&s, w, &a, text[i]);
            reply(&plain, v, &b, text[i]);
        }
        assert_int_equal(work_status(w), WORK_CANDIDATE);
        work_free(w);
        work_free(v);
    }
    stand_free(&s);
    stand_free(&plain);
}

/* Only facets that own compared text are told what to avoid. */
static void a_duplicate_leaves_a_hint(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 1, STR("red boat\nlighthouse"));
    str role[8], content[8];
    ask a = next(w);
    size_t at;
    assert_false(str_find(a.messages, STR("lighthouse"), &at));
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea\"}");
    a = next(w);
    assert_int_equal(read_messages(&s, &a, role, content), 2);
    holds(content[1], "sea\n\n");
    holds(content[1], "- red boat\n- lighthouse");
    work_free(w);
    stand_free(&s);
}

static void an_objection_is_sent_with_the_reply(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 0, STR(""));
    str role[8], content[8];
    ask a = next(w);
    str first = str_dup(s.mem, a.messages);
    json object;
    str text = STR("{\"mood\": \"calm\", \"life\": \"a badword\"}");
    assert_int_equal(json_read(text, NULL, s.mem, &object, NULL), JSON_FAULT_NONE);
    answer said = {.text = STR("<think>is it bad?</think>\n{\"mood\": \"calm\", \"life\": \"a badword\"} "),
                   .object = &object};
    work_take(w, 0, 0, &said);
    a = next(w);
    assert_int_equal(a.round, 1);
    assert_true(str_eq(str_part(first, 0, first.n - 1), str_part(a.messages, 0, first.n - 1)));
    assert_int_equal(read_messages(&s, &a, role, content), 4);
    is(role[2], "assistant");
    is(content[2], "{\"mood\": \"calm\", \"life\": \"a badword\"}");
    is(role[3], "user");
    holds(content[3], "- life: ");
    holds(content[3], "20 words");
    size_t at;
    assert_false(str_find(content[3], STR("mood"), &at));
    is(a.schema, "{\"type\":\"object\",\"properties\":{\"life\":{\"type\":\"string\"}},\"required\":[\"life\"],"
                 "\"additionalProperties\":false}");
    work_free(w);
    stand_free(&s);
}

static const char crossed[] = "populace: 1\nname: crossed\nattributes:\n  age: {number: 30}\nfacets:\n"
                              "  life: {fields: {mood: {choice: [calm, angry]}, life: {text: {}}}, prompt: "
                              "\"Write.\\n{{@fields}}\\n---\\n{{age}}\\n\"}\n"
                              "  voice: {needs: [life], fields: {tone: {choice: [soft, loud]}}, prompt: "
                              "\"Write.\\n{{@fields}}\\n---\\n{{life}}\\n\"}\n"
                              "rules:\n  A1: {kind: bans, of: life, terms: [badword]}\n"
                              "  X1: {kind: implies, if: {mood: angry}, then: {tone: soft}, owner: life}\n";

/* The reply from which the field at fault was taken is shown, and not a later one about another field. */
static void the_reply_at_fault_is_shown(void **state) {
    (void)state;
    stand s = stand_new(crossed);
    work *w = work_new(&s.env, 5, 0, STR(""));
    str role[8], content[8];
    ask a = next(w);
    reply(&s, w, &a, "{\"mood\": \"angry\", \"life\": \"a badword\"}");
    a = next(w);
    reply(&s, w, &a, "{\"life\": \"a good life\"}");
    a = next(w);
    is(a.name, "voice");
    reply(&s, w, &a, "{\"tone\": \"loud\"}");
    a = next(w);
    is(a.name, "life");
    assert_int_equal(a.round, 2);
    assert_int_equal(read_messages(&s, &a, role, content), 4);
    is(content[2], "{\"mood\": \"angry\", \"life\": \"a badword\"}");
    holds(content[3], "- mood: ");
    work_free(w);
    stand_free(&s);
}

/* An answer that is not shown cannot be written once more. The facts are; also where that ask is refused. */
static void what_did_not_help_is_asked_for_afresh(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 0, STR(""));
    str role[8], content[8];
    ask a = next(w);
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"a badword\"}");
    a = next(w);
    refuse(w, &a, "{\"life\": \"a", "truncated");
    a = next(w);
    assert_int_equal(read_messages(&s, &a, role, content), 4);
    reply(&s, w, &a, "{\"life\": \"still a badword\"}");
    a = next(w);
    assert_int_equal(a.round, 3);
    assert_int_equal(read_messages(&s, &a, role, content), 2);
    is(role[1], "user");
    holds(content[1], "Age 30 years");
    holds(content[1], "- life: ");
    holds(content[1], "badword");
    holds(a.schema, "{\"type\":\"object\",\"properties\":{\"life\":{");
    str afresh = str_dup(s.mem, a.messages);
    work_free(w);
    w = work_new(&s.env, 5, 0, STR(""));
    a = next(w);
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"a badword\"}");
    a = next(w);
    reply(&s, w, &a, "{\"life\": \"still a badword\"}");
    a = next(w);
    assert_true(str_eq(a.messages, afresh));
    refuse(w, &a, "{\"life\": \"a", "truncated");
    a = next(w);
    assert_int_equal(a.round, 3);
    assert_true(str_eq(a.messages, afresh));
    reply(&s, w, &a, "{\"life\": \"a good life\"}");
    a = next(w);
    is(a.name, "motto");
    work_free(w);
    stand_free(&s);
}

static const char told[] =
    "populace: 1\nname: told\nattributes:\n  age: {number: 30}\nfacets:\n"
    "  life: {fields: {life: {text: {words: ..30}}, mood: {text: {}}}, prompt: "
    "\"Write.\\n{{@fields}}\\n---\\n{{age}}\\n\"}\n"
    "rules:\n  M1: {kind: mentions, of: life, terms: [harbour], hint: twenty letters in all}\n"
    "  B1: {kind: bans, of: mood, terms: [badword]}\n";

static int64_t least_of(stand *s, str schema, const char *field) {
    json j;
    int64_t v = 0;
    assert_int_equal(json_read(str_dup(s->mem, schema), NULL, s->mem, &j, NULL), JSON_FAULT_NONE);
    json_i64(json_get(json_get(&j, "properties"), field), "minLength", &v);
    return v;
}

/* What has to say more has to become longer by about the hint, as far as its limit leaves room; what has to say
 * something else need not. */
static void what_says_too_little_must_become_longer(void **state) {
    (void)state;
    stand s = stand_new(told);
    work *w = work_new(&s.env, 5, 0, STR(""));
    ask a = next(w);
    assert_int_equal(least_of(&s, a.bounded, "life"), 0);
    reply(&s, w, &a,
          "{\"life\": \"She mends nets all day and sells what she finds in them.\", \"mood\": \"badword.\"}");
    a = next(w);
    assert_int_equal(least_of(&s, a.bounded, "life"), 100); /* of 55 characters, and 22 of the hint */
    assert_int_equal(least_of(&s, a.bounded, "mood"), 0);
    assert_int_equal(least_of(&s, a.schema, "life"), 0);
    work_free(w);
    w = work_new(&s.env, 5, 0, STR(""));
    a = next(w);
    reply(&s, w, &a,
          "{\"life\": \"She mends nets all day and sells what she finds in them and in the evening she mends "
          "some "
          "more and counts the boats that come in late.\", \"mood\": \"good.\"}");
    a = next(w);
    assert_int_equal(least_of(&s, a.bounded, "life"), 0); /* 29 words of 30 */
    work_free(w);
    stand_free(&s);
}

/* Once with the same messages; then the model is told why, and sees its answer if that is fit to be seen. */
static void a_refused_answer_is_asked_again(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 0, STR(""));
    str role[8], content[8];
    ask a = next(w);
    str first = str_dup(s.mem, a.messages);
    refuse(w, &a, "{\"life\": \"a", "truncated");
    a = next(w);
    assert_true(str_eq(first, a.messages));
    refuse(w, &a, "{\"life\": \"a", "truncated");
    a = next(w);
    assert_int_equal(read_messages(&s, &a, role, content), 2);
    holds(content[1], "Age 30 years");
    holds(content[1], "\n\nYour answer could not be used: it is broken\n");
    refuse(w, &a, "Sure! A life.", "no_json");
    a = next(w);
    assert_int_equal(a.round, 3);
    assert_int_equal(read_messages(&s, &a, role, content), 4);
    is(role[2], "assistant");
    is(content[2], "Sure! A life.");
    holds(content[3], "Your answer could not be used: it is broken\n");
    refuse(w, &a, "{", "syntax");
    assert_int_equal(work_status(w), WORK_FAILED);
    assert_int_equal(work_reason(w), REASON_DOOR);
    work_free(w);
    stand_free(&s);
}

static void *many_works(void *arg) {
    stand s = *(stand *)arg;
    s.mem = arena_new(0);
    uint64_t *sum = xcalloc(1, sizeof *sum);
    for (uint64_t slot = 0; slot < 40; slot++) {
        work *w = work_new(&s.env, slot, 0, STR(""));
        ask a = next(w);
        *sum += hash_64(a.messages, slot) + hash_64(a.schema, slot);
        reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea\"}");
        a = next(w);
        *sum += hash_64(a.messages, slot) + hash_64(a.bounded, slot);
        work_free(w);
    }
    arena_free(s.mem);
    return sum;
}

static void threads_may_share_an_env(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work_env_prepare(&s.env);
    pthread_t thread[4];
    uint64_t *sum[4];
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, many_works, &s), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_join(thread[i], (void **)&sum[i]);
    for (size_t i = 0; i < COUNT_OF(thread); i++) {
        assert_int_equal(*sum[i], *sum[0]);
        if (i) free(sum[i]);
    }
    free(sum[0]);
    stand_free(&s);
}

static void late_and_foreign_answers_are_ignored(void **state) {
    (void)state;
    stand s = stand_new(pair);
    work *w = work_new(&s.env, 5, 0, STR(""));
    ask a = next(w), odd = a;
    odd.round = 1;
    reply(&s, w, &odd, "{\"mood\": \"calm\", \"life\": \"sea\"}");
    odd = a;
    odd.step = 1;
    reply(&s, w, &odd, "{\"motto\": \"on\"}");
    odd.step = 77;
    reply(&s, w, &odd, "{}");
    assert_int_equal(work_calls(w), 0);
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea\"}");
    reply(&s, w, &a, "{\"mood\": \"calm\", \"life\": \"sea\"}");
    assert_int_equal(work_calls(w), 1);
    work_free(w);
    stand_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_asks),
        cmocka_unit_test(seeds_tell_calls_apart),
        cmocka_unit_test(the_shared_part_is_the_same),
        cmocka_unit_test(a_duplicate_leaves_a_hint),
        cmocka_unit_test(an_objection_is_sent_with_the_reply),
        cmocka_unit_test(the_reply_at_fault_is_shown),
        cmocka_unit_test(what_did_not_help_is_asked_for_afresh),
        cmocka_unit_test(what_says_too_little_must_become_longer),
        cmocka_unit_test(a_refused_answer_is_asked_again),
        cmocka_unit_test(threads_may_share_an_env),
        cmocka_unit_test(late_and_foreign_answers_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

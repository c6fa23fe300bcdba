/* The door: what a model wrote, and envelopes and refusals as servers send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "pipeline/model/model.h"

static void expect_code(const char *text, door_code want) {
    arena *a = arena_new(0);
    json j;
    door_code got = door_open(str_of(text), a, &j);
    if (got != want) fail_msg("%s: %s, not %s", text, door_name(got), door_name(want));
    arena_free(a);
}

static void expect_member(const char *text, const char *value) {
    arena *a = arena_new(0);
    json j;
    door_code got = door_open(str_of(text), a, &j);
    if (got != DOOR_OPEN) fail_msg("%s: %s", text, door_name(got));
    if (!str_is(json_str(&j, "a"), value)) fail_msg("%s: a is not %s", text, value);
    arena_free(a);
}

static void test_opens(void **state) {
    (void)state;
    expect_member("{\"a\":\"x\"}", "x");
    expect_member(" \n {\"a\":\"x\"} \n", "x");
    expect_member("\xef\xbb\xbf{\"a\":\"x\"}", "x");
    expect_member("```json\n{\"a\":\"x\"}\n```", "x");
    expect_member("```\n{\"a\":\"x\"}\n```\n", "x");
    expect_member("Here it is:\n{\"a\":\"x\"}\nI hope this helps.", "x");
    expect_member("<think>{\"a\":\"wrong\"}</think>{\"a\":\"x\"}", "x");
    expect_member("a brace { in the reasoning</think>\n{\"a\":\"x\"}", "x");
    expect_member("{\"a\":\"x\"} and a brace } or { behind", "x");
    expect_member("<think>one</think> no, <think>two</think>\n```json\n{\"a\":\"x\"}\n```", "x");
    expect_member("Sure:\n```json\n{\"a\":\"x\"}\n```\nDone.", "x");
    /* neighbours of the control characters */
    expect_member("{\"a\":\"~\xc2\xa0\xc3\x80\xe2\x80\x99\"}", "~\xc2\xa0\xc3\x80\xe2\x80\x99");
    expect_member("A bell \x7f outside {\"a\":\"x\"}", "x");
}

/* a legal string that holds the mark is not reasoning */
static void test_keeps_legal_marks(void **state) {
    (void)state;
    expect_member("{\"a\":\"<think>no</think>\"}", "<think>no</think>");
    expect_member("{\"a\":\"```\"}", "```");
}

static void test_refuses(void **state) {
    (void)state;
    expect_code("", DOOR_NO_JSON);
    expect_code("I cannot do that.", DOOR_NO_JSON);
    expect_code("[1,2]", DOOR_NO_JSON);
    expect_code("{\"a\":\"x", DOOR_TRUNCATED);
    expect_code("{\"a\":", DOOR_TRUNCATED);
    expect_code("{\"a\":\"x\"}{\"a\":\"y\"}", DOOR_MULTIPLE);
    expect_code("{\"a\":1,\"a\":2}", DOOR_DUPLICATE);
    expect_code("{\"a\":01}", DOOR_NUMBER);
    expect_code("{\"a\":\"\x01\"}", DOOR_CONTROL);
    expect_code("{\"a\":\"\xff\"}", DOOR_UTF8);
    expect_code("{'a':1}", DOOR_SYNTAX);
    expect_code("<think>and so on", DOOR_THINK);
    expect_code("Well. <think>perhaps {\"a\":\"x\"}", DOOR_THINK);
    expect_code("Either {\"a\":\"x\"} or { } or {\"a\":\"y\"}", DOOR_MULTIPLE);
    expect_code("{\"a\":\"nul \\u0000\"}", DOOR_CONTROL);
    expect_code("{\"a\":\"half \\ud800\"}", DOOR_SYNTAX);
    /* U+007F to U+009F, in texts, keys and lists, raw and escaped, alone and within prose */
    expect_code("{\"a\":\"del \x7f\"}", DOOR_CONTROL);
    expect_code("{\"a\":\"del \\u007f\"}", DOOR_CONTROL);
    expect_code("{\"a\":\"first \xc2\x80\"}", DOOR_CONTROL);
    expect_code("{\"a\":\"csi \xc2\x9b"
                "31m\"}",
                DOOR_CONTROL);
    expect_code("{\"a\":\"last \\u009F\"}", DOOR_CONTROL);
    expect_code("{\"a\\u0085\":\"x\"}", DOOR_CONTROL);
    expect_code("{\"a\":[1,{\"b\":[\"x\",\"\xc2\x85\"]}]}", DOOR_CONTROL);
    expect_code("Here: {\"a\":\"csi \xc2\x9b\"} Done.", DOOR_CONTROL);
    expect_code("{\"a\":\"mended \xef\xbf\xbd\"}", DOOR_UTF8);
    expect_code("Here: {\"a\":\"mended \xef\xbf\xbd\"}", DOOR_UTF8);
    expect_code("{\"a\":\"x\",}", DOOR_SYNTAX);
    expect_code("null", DOOR_NO_JSON);
}

static void test_limits(void **state) {
    (void)state;
    char deep[64];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    deep[sizeof deep - 1] = '\0';
    expect_code(deep, DOOR_LIMITS);
}

static void expect_envelope(const char *body, outcome want, const char *text) {
    arena *a = arena_new(0);
    reply r;
    assert_true(door_envelope(str_of(body), a, &r));
    assert_string_equal(outcome_name(r.outcome), outcome_name(want));
    if (text) assert_true(str_is(r.text, text));
    arena_free(a);
}

static void test_envelope(void **state) {
    (void)state;
    expect_envelope("{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"hi\"}"
                    "}],\"usage\":{\"prompt_tokens\":3}}",
                    OUTCOME_REPLY, "hi");
    expect_envelope("{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":[{\"type\":\"text\","
                    "\"text\":\"h\"},"
                    "{\"type\":\"image\"},{\"type\":\"text\",\"text\":\"i\"},7]}}]}",
                    OUTCOME_REPLY, "hi");
    expect_envelope("{\"choices\":[{\"finish_reason\":\"length\",\"message\":{\"content\":\"hi\"}}]}",
                    OUTCOME_LENGTH, "hi");
    expect_envelope("{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":null,\"reasoning_"
                    "content\":\"hm\"}}]}",
                    OUTCOME_THINK_ONLY, NULL);
    expect_envelope("{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"\"}}]}",
                    OUTCOME_EMPTY, NULL);
    expect_envelope("{\"choices\":[{\"finish_reason\":\"content_filter\",\"message\":{\"content\":\"x\"}}]}",
                    OUTCOME_FILTERED, NULL);
    expect_envelope("{\"choices\":[{\"finish_reason\":\"sensitive\",\"message\":{\"content\":\"\"}}]}",
                    OUTCOME_FILTERED, NULL);
    expect_envelope(
        "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":null,\"refusal\":\"no\"}}]}",
        OUTCOME_FILTERED, "no");
}

static void test_envelope_usage(void **state) {
    (void)state;
    arena *a = arena_new(0);
    reply r;
    const char *body = "{\"choices\":[{\"message\":{\"content\":\"hi\"}}],\"usage\":{\"prompt_tokens\":30,"
                       "\"completion_tokens\":7,"
                       "\"prompt_tokens_details\":{\"cached_tokens\":16},\"completion_tokens_details\":null}}";
    assert_true(door_envelope(str_of(body), a, &r));
    assert_int_equal(r.usage.prompt, 30);
    assert_int_equal(r.usage.completion, 7);
    assert_int_equal(r.usage.cached, 16);
    assert_int_equal(r.usage.reasoning, 0);
    arena_free(a);
}

/* Where a server counts nothing, an estimate: budgets rest on it. */
static void test_envelope_usage_guess(void **state) {
    (void)state;
    static const struct {
        const char *body;
        uint64_t completion;
    } c[] = {
        {"{\"choices\":[{\"message\":{\"content\":\"eight by\"}}]}", 2},
        {"{\"choices\":[{\"message\":{\"content\":\"eight by\"}}],\"usage\":null}", 2},
        {"{\"choices\":[{\"message\":{\"content\":\"eight by\"}}],\"usage\":{\"completion_tokens\":0}}", 2},
        {"{\"choices\":[{\"message\":{\"content\":\"hi\",\"reasoning\":\"longer\"}}]}", 2},
        {"{\"choices\":[{\"message\":{\"content\":null,\"reasoning_content\":\"a thought.\"}}]}", 3},
        {"{\"choices\":[{\"message\":{\"content\":\"eight by\"}}],\"usage\":{\"completion_tokens\":9}}", 9}};
    for (size_t i = 0; i < COUNT_OF(c); i++) {
        arena *a = arena_new(0);
        reply r;
        assert_true(door_envelope(str_of(c[i].body), a, &r));
        assert_int_equal(r.usage.completion, c[i].completion);
        assert_int_equal(r.usage.reasoning, 0);
        arena_free(a);
    }
}

/* Rows hold it: whatever a server says, one bounded, printable name. */
static void test_envelope_model(void **state) {
    (void)state;
    arena *a = arena_new(0);
    reply r;
    str half = str_printf(a,
                          "%0119d\xc3\xa9"
                          "tail",
                          0),
        exact = str_printf(a, "%0118d\xc3\xa9", 0);
    const str name[] = {STR("m"), STR("a\\u001b[31m\\u009bb"), half, exact};
    const str want[] = {STR("m"), STR("a\xef\xbf\xbd[31m??b"), str_part(half, 0, 119), exact};
    for (size_t i = 0; i < COUNT_OF(name); i++) {
        str body = str_printf(a, "{\"model\":\"" STR_FMT "\",\"choices\":[{\"message\":{\"content\":\"x\"}}]}",
                              STR_ARG(name[i]));
        char again[MODEL_NAME_SIZE];
        assert_true(door_envelope(body, a, &r));
        if (!str_eq(r.model, want[i])) fail_msg("model %zu: " STR_FMT, i, STR_ARG(r.model));
        model_name_safe(r.model, again);
        assert_true(str_is(r.model, again));
    }
    arena_free(a);
}

/* Content that is no text arrives, with U+FFFD where it is none. */
static void test_envelope_mends(void **state) {
    (void)state;
    static const char *const contents[] = {"a\xff\xc3(b",
                                           "a\x07"
                                           "b",
                                           "a\\u0000b",
                                           "a\\ud800b",
                                           "a\\bb",
                                           "a\xed\xa0\x80"
                                           "b"};
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        arena *a = arena_new(0);
        reply r;
        str body = str_printf(
            a, "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"%s\"}}]}", contents[i]);
        if (!door_envelope(body, a, &r)) fail_msg("content %zu", i);
        assert_int_equal(r.outcome, OUTCOME_REPLY);
        assert_true(text_valid(r.text));
        size_t at;
        assert_true(str_find(r.text, STR("\xef\xbf\xbd"), &at));
        assert_true(str_starts(r.text, "a") && str_ends(r.text, "b"));
        arena_free(a);
    }
    expect_envelope("{\"choices\":[{\"message\":{\"content\":\"a\nb \\ud83d\\ude00 \\n \\\" \x01\"}}]}",
                    OUTCOME_REPLY, "a\nb \xf0\x9f\x98\x80 \n \" \xef\xbf\xbd");
}

static void test_envelope_refused(void **state) {
    (void)state;
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "{}",
                                         "{\"choices\":[]}",
                                         "{\"choices\":[{}]}",
                                         "{\"error\":{\"message\":\"x\"}}",
                                         "{\"choices\":{}}",
                                         "{\"choices\":[{\"message\":\"hi\"}]}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        arena *a = arena_new(0);
        reply r;
        assert_false(door_envelope(str_of(bodies[i]), a, &r));
        arena_free(a);
    }
}

static void expect_fault(int status, const char *body, fault want, bool want_final) {
    arena *a = arena_new(0);
    bool final;
    outcome o;
    str words;
    fault f = door_fault(status, str_of(body), a, &final, &o, &words);
    if (f != want || final != want_final)
        fail_msg("%d %s: %s, not %s", status, body, fault_name(f), fault_name(want));
    arena_free(a);
}

static void test_faults(void **state) {
    (void)state;
    expect_fault(401, "{\"error\":{\"message\":\"bad key\"}}", FAULT_AUTH, false);
    expect_fault(404, "{\"detail\":\"no such model\"}", FAULT_NO_MODEL, false);
    expect_fault(429, "{\"error\":{\"message\":\"slow down\"}}", FAULT_RATE, false);
    expect_fault(429, "{\"error\":{\"message\":\"x\",\"code\":\"insufficient_quota\"}}", FAULT_QUOTA, false);
    expect_fault(503, "overloaded", FAULT_OVERLOAD, false);
    expect_fault(500, "", FAULT_SERVER, false);
    expect_fault(400, "{\"error\":{\"message\":\"This model's maximum context length is 4096 tokens\"}}",
                 FAULT_BAD_REQUEST, true);
    expect_fault(400, "{\"error\":{\"message\":\"x\",\"code\":\"content_filter\"}}", FAULT_BAD_REQUEST, true);
    expect_fault(400, "{\"error\":{\"message\":\"response_format json_schema is not supported\"}}",
                 FAULT_SCHEMA, false);
    expect_fault(400, "{\"error\":\"messages must not be empty\"}", FAULT_BAD_REQUEST, false);
    expect_fault(500, "{\"error\":{\"message\":\"the request exceeds the available context size\"}}",
                 FAULT_BAD_REQUEST, true);
    expect_fault(403, "{\"error\":{\"message\":\"input was flagged by moderation\"}}", FAULT_BAD_REQUEST, true);
    /* what vendors call their filters */
    static const char *const filters[] = {
        "{\"error\":{\"message\":\"Input data may contain odd words.\",\"code\":\"data_inspection_failed\"}}",
        "{\"code\":\"DataInspectionFailed\",\"message\":\"x\",\"request_id\":\"1\"}",
        "{\"error\":\"x\",\"code\":\"content_policy_violation\"}",
        "{\"error\":{\"message\":\"litellm.ContentPolicyViolationError: x\"}}",
        "{\"error\":{\"message\":\"x\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}",
        "{\"error\":{\"message\":\"Content Exists Risk\",\"type\":\"invalid_request_error\"}}",
        "{\"error\":{\"message\":\"input new_sensitive (1026)\"}}",
        "{\"error\":{\"code\":\"InputTextSensitiveContentDetected\",\"message\":\"x\"}}",
        "{\"error\":{\"code\":\"1301\",\"message\":\"\xe5\x8f\xaf\xe8\x83\xbd\xe6\x95\x8f\xe6\x84\x9f\"}}"};
    for (size_t i = 0; i < COUNT_OF(filters); i++) expect_fault(400, filters[i], FAULT_BAD_REQUEST, true);
    expect_fault(400, "{\"error\":\"names are case sensitive\"}", FAULT_BAD_REQUEST, false);
    expect_fault(403, "Forbidden", FAULT_AUTH, false);
    expect_fault(402, "", FAULT_QUOTA, false);
    expect_fault(400, "{\"error\":{\"message\":\"x\",\"code\":\"model_not_found\"}}", FAULT_NO_MODEL, false);
    expect_fault(422, "{\"detail\":[{\"loc\":[\"body\",\"seed\"],\"msg\":\"Extra inputs are not permitted\"}]}",
                 FAULT_SCHEMA, false);
    expect_fault(529, "", FAULT_OVERLOAD, false);
    expect_fault(504, "", FAULT_TIMEOUT, false);
    expect_fault(302, "<html>", FAULT_BAD_REQUEST, false);
    expect_fault(400, "\xff\xfe", FAULT_BAD_REQUEST, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens),
        cmocka_unit_test(test_keeps_legal_marks),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_envelope_usage),
        cmocka_unit_test(test_envelope_usage_guess),
        cmocka_unit_test(test_envelope_model),
        cmocka_unit_test(test_envelope_refused),
        cmocka_unit_test(test_envelope_mends),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* model_request_test.c: the hash of a logical request, the body that a dialect makes of it, and what a refusal
 * changes in that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "pipeline/model/transfer.h"

static request sample(void) {
    return (request){.role = STR("writer"),
                     .messages = STR("[{\"role\":\"user\",\"content\":\"x\"}]"),
                     .schema = STR("{\"type\":\"object\"}"),
                     .bounded = STR("{\"type\":\"object\",\"maxProperties\":9}"),
                     .schema_name = STR("facet"),
                     .max_tokens = 55,
                     .temperature_milli = 700,
                     .top_p_milli = 950,
                     .seed = 9};
}

static void hash_covers_the_logical_request(void **state) {
    (void)state;
    request r = sample(), s = r;
    hash128 h = request_hash(&r);
    s.bounded = STR("");
    s.temperature_milli = 1;
    s.top_p_milli = 1;
    s.schema_name = STR("other");
    assert_true(hash_eq(h, request_hash(&s)));
    s = r, s.seed = 10;
    assert_false(hash_eq(h, request_hash(&s)));
    s = r, s.max_tokens = 56;
    assert_false(hash_eq(h, request_hash(&s)));
    s = r, s.messages = STR("[]");
    assert_false(hash_eq(h, request_hash(&s)));
    s = r, s.schema = STR("{}");
    assert_false(hash_eq(h, request_hash(&s)));
    s = r, s.role = STR("judge");
    assert_false(hash_eq(h, request_hash(&s)));
}

/* The body, parsed: it is strict JSON whatever the dialect. */
static const json *body_of(const request *r, const endpoint_config *e, const dialect *d, arena *a) {
    buf b = {0};
    json *j = arena_new_of(a, json, 1);
    request_body(r, e, d, &b);
    str text = str_dup(a, buf_view(&b));
    buf_free(&b);
    json_fault f = json_read(text, NULL, a, j, NULL);
    if (f != JSON_FAULT_NONE) fail_msg("%s: %s", json_fault_text(f), text.p);
    return j;
}

static str number_at(const json *j, const char *key) {
    const json *v = json_get(j, key);
    return v && v->kind == JSON_NUMBER ? v->text : (str){0};
}

static str schema_type(const json *j) {
    return json_str(json_get(j, "response_format"), "type");
}

static void body_has_what_was_asked(void **state) {
    (void)state;
    arena *a = arena_new(0);
    request r = sample();
    char model[] = "m \"quoted\"";
    endpoint_config e = {.model = model};
    dialect d = {0};
    const json *j = body_of(&r, &e, &d, a);
    assert_true(str_is(json_str(j, "model"), model));
    assert_int_equal(json_get(j, "messages")->n, 1);
    assert_true(str_is(number_at(j, "max_tokens"), "55"));
    assert_true(str_is(number_at(j, "temperature"), "0.7"));
    assert_true(str_is(number_at(j, "top_p"), "0.95"));
    assert_true(str_is(number_at(j, "seed"), "9"));
    assert_true(str_is(schema_type(j), "json_schema"));
    const json *s = json_get(json_get(j, "response_format"), "json_schema");
    assert_true(str_is(json_str(s, "name"), "facet"));
    assert_null(json_get(json_get(s, "schema"), "maxProperties"));
    e.bounds = true;
    s = json_get(json_get(body_of(&r, &e, &d, a), "response_format"), "json_schema");
    assert_non_null(json_get(json_get(s, "schema"), "maxProperties"));
    r.bounded = STR("");
    s = json_get(json_get(body_of(&r, &e, &d, a), "response_format"), "json_schema");
    assert_null(json_get(json_get(s, "schema"), "maxProperties"));
    r.schema = STR("");
    assert_null(json_get(body_of(&r, &e, &d, a), "response_format"));
    e.model = NULL;
    assert_null(json_get(body_of(&r, &e, &d, a), "model"));
    arena_free(a);
}

static void sampling_is_sent_once(void **state) {
    (void)state;
    arena *a = arena_new(0);
    request r = sample();
    char sampling[] = "\"temperature\":0.6,\"min_p\":0.05,\"top_p\":0.5,\"seed\":4";
    endpoint_config e = {.sampling = sampling};
    dialect d = {0};
    const json *j = body_of(&r, &e, &d, a); /* strict: a key twice would be refused */
    assert_true(str_is(number_at(j, "temperature"), "0.6"));
    assert_true(str_is(number_at(j, "min_p"), "0.05"));
    assert_true(str_is(number_at(j, "top_p"), "0.5"));
    assert_true(str_is(number_at(j, "seed"), "4"));
    arena_free(a);
}

static void forms_step_down(void **state) {
    (void)state;
    arena *a = arena_new(0);
    request r = sample();
    endpoint_config e = {.bounds = true};
    dialect d = {0};
    str words = STR("Invalid schema for response_format: 'maxLength' is not permitted");
    assert_true(dialect_step(&e, &d, words));
    assert_false(e.bounds);
    assert_int_equal(e.form, FORM_JSON_SCHEMA);
    assert_true(dialect_step(&e, &d, STR("json_schema is not supported")));
    assert_true(str_is(schema_type(body_of(&r, &e, &d, a)), "json_object"));
    assert_true(dialect_step(&e, &d, STR("response_format is not supported")));
    assert_null(json_get(body_of(&r, &e, &d, a), "response_format"));
    assert_false(dialect_step(&e, &d, STR("response_format is not supported")));
    arena_free(a);
}

static void parameters_are_dropped_as_named(void **state) {
    (void)state;
    arena *a = arena_new(0);
    request r = sample();
    endpoint_config e = {.bounds = true};
    dialect d = {0};
    assert_true(dialect_step(&e, &d,
                             STR("Unsupported parameter: 'max_tokens' is not supported with this model. "
                                 "Use 'max_completion_tokens' instead.")));
    const json *j = body_of(&r, &e, &d, a);
    assert_null(json_get(j, "max_tokens"));
    assert_true(str_is(number_at(j, "max_completion_tokens"), "55"));
    assert_true(
        dialect_step(&e, &d, STR("Unsupported value: 'temperature' does not support 0.7 with this model.")));
    assert_true(dialect_step(&e, &d, STR("Unsupported parameter: 'top_p'")));
    assert_true(dialect_step(&e, &d, STR("Unrecognized request argument supplied: seed")));
    j = body_of(&r, &e, &d, a);
    assert_null(json_get(j, "temperature"));
    assert_null(json_get(j, "top_p"));
    assert_null(json_get(j, "seed"));
    assert_true(e.bounds);
    assert_int_equal(e.form, FORM_JSON_SCHEMA);
    arena_free(a);
}

static void names_of_outcomes(void **state) {
    (void)state;
    outcome o;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        assert_true(outcome_parse(str_of(outcome_name((outcome)i)), &o));
        assert_int_equal(o, i);
    }
    assert_false(outcome_parse(STR("Reply"), &o));
    assert_false(outcome_parse(STR(""), &o));
    for (int i = 0; i < FAULT_COUNT; i++) assert_true(strlen(fault_name((fault)i)) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_covers_the_logical_request), cmocka_unit_test(body_has_what_was_asked),
        cmocka_unit_test(sampling_is_sent_once),           cmocka_unit_test(forms_step_down),
        cmocka_unit_test(parameters_are_dropped_as_named), cmocka_unit_test(names_of_outcomes),
    };
    return cmocka_run_group_tests_name("model_request", tests, NULL, NULL);
}

/* base_json_test.c: the strict reader and the canonical writer. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static arena *a;

static int make_arena(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

/* From a block of exactly its size, so that a read behind it is seen by sanitizers and valgrind. */
static json_fault fault_of(str s, const json_limits *limits, size_t *end) {
    char *exact = xmalloc(s.n);
    if (s.n) memcpy(exact, s.p, s.n);
    json v;
    json_fault f = json_read((str){exact, s.n}, limits, a, &v, end);
    free(exact);
    return f;
}

static void good_texts_come_back(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"null", NULL},
        {" true ", "true"},
        {"\tfalse\r\n", "false"},
        {"0", NULL},
        {"-0", NULL},
        {"-12.50e+07", NULL},
        {"1E400", NULL},
        {"\"\"", NULL},
        {"[]", NULL},
        {"{}", NULL},
        {"[ 1 , [ ] , { } , \"x\" ]", "[1,[],{},\"x\"]"},
        {"{ \"b\" : 1 , \"a\" : [ true ] , \"\" : null }", "{\"b\":1,\"a\":[true],\"\":null}"},
        {"\"\\\"\\\\\\/\\n\\r\\t\"", "\"\\\"\\\\/\\n\\r\\t\""},
        {"\"\\u00e9\\u20AC\\uD83D\\uDE00\\u007f\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\""},
        {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\"", NULL},
        {"{\"a\":1,\"A\":2}", NULL},
        {"{\"caf\\u00e9\":1}", "{\"caf\xc3\xa9\":1}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json v;
        buf b = {0};
        assert_int_equal(json_read(str_of(cases[i].in), NULL, a, &v, NULL), JSON_FAULT_NONE);
        json_write(&b, &v);
        assert_true(str_is(buf_view(&b), cases[i].out ? cases[i].out : cases[i].in));
        buf_free(&b);
    }
}

static void bad_texts_have_their_fault(void **state) {
    (void)state;
#define F(fault, at, text)                                                                                     \
    { STR(text), JSON_FAULT_##fault, at }
    const struct {
        str in;
        json_fault fault;
        size_t at;
    } cases[] = {
        F(TRUNCATED, 0, ""),
        F(TRUNCATED, 2, " \n"),
        F(TRUNCATED, 1, "["),
        F(TRUNCATED, 3, "[1,"),
        F(TRUNCATED, 2, "[1"),
        F(TRUNCATED, 4, "{\"a\""),
        F(TRUNCATED, 5, "{\"a\":"),
        F(TRUNCATED, 7, "{\"a\":1,"),
        F(TRUNCATED, 3, "\"ab"),
        F(TRUNCATED, 3, "\"ab\\"),
        F(TRUNCATED, 1, "\"\\u12"),
        F(TRUNCATED, 1, "\"\\ud83d"),
        F(TRUNCATED, 1, "\"\\ud83d\\ude0"),
        F(TRUNCATED, 2, "\"a\xf0\x9f\x98"),
        F(TRUNCATED, 3, "tru"),
        F(TRUNCATED, 1, "-"),
        F(TRUNCATED, 2, "1."),
        F(TRUNCATED, 2, "1e"),
        F(TRUNCATED, 3, "1e+"),
        F(SYNTAX, 0, "NaN"),
        F(SYNTAX, 0, "Infinity"),
        F(SYNTAX, 0, "nul!"),
        F(SYNTAX, 0, "'a'"),
        F(SYNTAX, 0, "\xef\xbb\xbf{}"),
        F(SYNTAX, 0, "+1"),
        F(SYNTAX, 0, ".5"),
        F(SYNTAX, 3, "[1,]"),
        F(SYNTAX, 1, "[,1]"),
        F(SYNTAX, 3, "[1 2]"),
        F(SYNTAX, 2, "[1}"),
        F(SYNTAX, 7, "{\"a\":1,}"),
        F(SYNTAX, 1, "{a:1}"),
        F(SYNTAX, 5, "{\"a\" 1}"),
        F(SYNTAX, 1, "{1:1}"),
        F(SYNTAX, 1, "[//c\n1]"),
        F(NUMBER, 1, "01"),
        F(NUMBER, 2, "-01"),
        F(NUMBER, 1, "-x"),
        F(NUMBER, 3, "[1.]"),
        F(NUMBER, 2, "1eE5"),
        F(TRAILING, 2, "1 2"),
        F(TRAILING, 1, "1x"),
        F(TRAILING, 2, "{}}"),
        F(UTF8, 2, "\"a\xc3(\""),
        F(UTF8, 1, "\"\x80\""),
        F(UTF8, 1, "\"\xc0\xaf\""),
        F(UTF8, 1, "\"\xed\xa0\x80\""),
        F(UTF8, 1, "\"\xf4\x90\x80\x80\""),
        F(UTF8, 1, "\"\xff\""),
        F(CONTROL, 2, "\"a\nb\""),
        F(CONTROL, 1, "\"\t\""),
        F(CONTROL, 1, "\"\0\""),
        F(CONTROL, 1, "\"\\u0000\""),
        F(CONTROL, 1, "\"\\u001f\""),
        F(CONTROL, 1, "\"\\b\""),
        F(ESCAPE, 1, "\"\\x41\""),
        F(ESCAPE, 1, "\"\\u12g4\""),
        F(ESCAPE, 1, "\"\\ud83d\""),
        F(ESCAPE, 1, "\"\\ud83dx\""),
        F(ESCAPE, 1, "\"\\ud83d\\n\""),
        F(ESCAPE, 1, "\"\\ud83d\\u0041\""),
        F(ESCAPE, 1, "\"\\ude00\""),
        F(DUPLICATE, 7, "{\"a\":1,\"a\":2}"),
        F(DUPLICATE, 7, "{\"a\":1,\"\\u0061\":2}"),
    };
#undef F
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t end = 0;
        json_fault closed = fault_of(cases[i].in, NULL, NULL);
        json_fault open = fault_of(cases[i].in, NULL, &end);
        if (closed != cases[i].fault) fail_msg("%.*s: %s", STR_ARG(cases[i].in), json_fault_text(closed));
        assert_int_equal(open, closed == JSON_FAULT_TRAILING ? JSON_FAULT_NONE : closed);
        assert_int_equal(end, closed == JSON_FAULT_TRAILING ? end : cases[i].at);
    }
}

static void every_prefix_is_truncated(void **state) {
    (void)state;
    str whole = STR("{\"a\":[1.5e-3,true,false,null,\"x\\u00e9\\ud83d\\ude00\xe4\xbd\xa0\"],\"b\":{\"c\":{}}}");
    assert_int_equal(fault_of(whole, NULL, NULL), JSON_FAULT_NONE);
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(fault_of(str_part(whole, 0, n), NULL, NULL), JSON_FAULT_TRUNCATED);
}

static void end_is_behind_the_value(void **state) {
    (void)state;
    json v;
    size_t end;
    assert_int_equal(json_read(STR(" {\"a\":1} and more"), NULL, a, &v, &end), JSON_FAULT_NONE);
    assert_int_equal(end, 8);
    assert_int_equal(json_read(STR("12]"), NULL, a, &v, &end), JSON_FAULT_NONE);
    assert_int_equal(end, 2);
}

static void limits_hold(void **state) {
    (void)state;
    char deep[131];
    memset(deep, '[', 65);
    memset(deep + 65, ']', 65);
    assert_int_equal(fault_of((str){deep, 130}, NULL, NULL), JSON_FAULT_DEPTH);
    assert_int_equal(fault_of((str){deep + 1, 128}, NULL, NULL), JSON_FAULT_NONE);
    assert_int_equal(fault_of((str){deep, 130}, &(json_limits){.depth = 65}, NULL), JSON_FAULT_NONE);
    json_limits l = {.depth = 2, .members = 2, .string_bytes = 3, .nodes = 5};
    size_t end;
    assert_int_equal(fault_of(STR("[[1]]"), &l, NULL), JSON_FAULT_NONE);
    assert_int_equal(fault_of(STR("[[[]]]"), &l, &end), JSON_FAULT_DEPTH);
    assert_int_equal(end, 2);
    assert_int_equal(fault_of(STR("{\"a\":1,\"b\":2}"), &l, NULL), JSON_FAULT_NONE);
    assert_int_equal(fault_of(STR("{\"a\":1,\"b\":2,\"c\":3}"), &l, NULL), JSON_FAULT_MEMBERS);
    assert_int_equal(fault_of(STR("\"\\n\\u00e9\""), &l, NULL), JSON_FAULT_NONE); /* 3 bytes unescaped */
    assert_int_equal(fault_of(STR("\"abcd\""), &l, NULL), JSON_FAULT_LONG);
    assert_int_equal(fault_of(STR("{\"abcd\":1}"), &l, NULL), JSON_FAULT_LONG);
    assert_int_equal(fault_of(STR("[1,2,3,4]"), &l, NULL), JSON_FAULT_NONE);
    assert_int_equal(fault_of(STR("[1,2,3,4,5]"), &l, NULL), JSON_FAULT_NODES);
}

static void big_objects_find_duplicates(void **state) {
    (void)state;
    enum { N = 100000 };
    buf b = {0};
    buf_char(&b, '{');
    for (int i = 0; i < N; i++) buf_printf(&b, "\"k%d\":%d,", i, i);
    size_t open = b.n;
    buf_z(&b, "\"last\":0}");
    json v;
    int64_t n;
    assert_int_equal(json_read(buf_view(&b), NULL, a, &v, NULL), JSON_FAULT_NONE);
    assert_int_equal(v.n, N + 1);
    assert_true(json_i64(&v, "k77777", &n) && n == 77777);
    b.n = open;
    buf_z(&b, "\"k3\":0}");
    size_t end;
    assert_int_equal(json_read(buf_view(&b), NULL, a, &v, &end), JSON_FAULT_DUPLICATE);
    assert_int_equal(end, open);
    buf_free(&b);
}

static void places_are_counted(void **state) {
    (void)state;
    json v;
    str s = STR("{\n  \"\xc3\xa9\xe4\xbd\xa0\": 1, \"b\":\n\t[true]\n}");
    assert_int_equal(json_read(s, NULL, a, &v, NULL), JSON_FAULT_NONE);
    assert_int_equal(v.line, 1);
    assert_int_equal(v.column, 1);
    assert_int_equal(v.member[0].line, 2);
    assert_int_equal(v.member[0].column, 3);
    assert_int_equal(v.member[0].value.column, 9); /* code points */
    assert_int_equal(v.member[1].column, 12);
    assert_int_equal(v.member[1].value.line, 3);
    assert_int_equal(v.member[1].value.item[0].column, 3);
}

static void members_are_found(void **state) {
    (void)state;
    json v;
    int64_t n = 0;
    str s = STR("{\"s\":\"text\",\"n\":-5,\"f\":1.5,\"o\":{}}");
    assert_int_equal(json_read(s, NULL, a, &v, NULL), JSON_FAULT_NONE);
    assert_true(str_is(json_str(&v, "s"), "text"));
    assert_ptr_equal(json_str(&v, "s").p, s.p + 6); /* no escapes: it points into the input */
    assert_int_equal(json_str(&v, "n").n, 0);
    assert_true(json_i64(&v, "n", &n) && n == -5);
    assert_false(json_i64(&v, "f", &n) || json_i64(&v, "s", &n) || json_i64(&v, "none", &n));
    assert_int_equal(json_get(&v, "o")->kind, JSON_OBJECT);
    assert_null(json_get(&v, "none"));
    assert_null(json_get(json_get(&v, "n"), "x"));
    assert_null(json_get(NULL, "x"));
    assert_string_equal(json_fault_text(JSON_FAULT_UTF8), "not UTF-8");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_come_back),
        cmocka_unit_test(bad_texts_have_their_fault),
        cmocka_unit_test(every_prefix_is_truncated),
        cmocka_unit_test(end_is_behind_the_value),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(big_objects_find_duplicates),
        cmocka_unit_test(places_are_counted),
        cmocka_unit_test(members_are_found),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}

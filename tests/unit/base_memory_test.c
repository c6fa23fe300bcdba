/* base_memory_test.c: errors, arenas, strings, buffers. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void err_carries_text_and_hint(void **state) {
    (void)state;
    err e;
    assert_false(err_set(&e, ERR_PLAN, "raise %d", "table %s: %d", "age", 7));
    assert_int_equal(e.code, ERR_PLAN);
    assert_string_equal(e.text, "table age: 7");
    assert_string_equal(e.hint, "raise %d");
    assert_false(err_set(&e, ERR_USAGE, e.hint, "outer: %s", e.text));
    assert_string_equal(e.text, "outer: table age: 7");
    assert_string_equal(e.hint, "raise %d");
    assert_false(err_set(NULL, ERR_IO, NULL, "nobody listens"));
    assert_int_equal(err_status(ERR_OK), 0);
    assert_int_equal(err_status(ERR_DISK_FULL), 75);
    assert_string_equal(err_name(ERR_LOCKED), "directory locked");
}

static void err_cuts_between_code_points(void **state) {
    (void)state;
    err e;
    char *wide = xmalloc(4001);
    for (size_t i = 0; i < 4000; i += 2) memcpy(wide + i, "\xc3\xa9", 2);
    wide[4000] = 0;
    err_set(&e, ERR_IO, wide, "%s", wide);
    assert_true(text_valid(str_of(e.text)));
    assert_true(text_valid(str_of(e.hint)));
    assert_int_equal(strlen(e.text), sizeof e.text - 2);
    free(wide);
}

static void err_errno_knows_full_disks(void **state) {
    (void)state;
    err e;
    assert_false(err_errno(&e, ENOSPC, "cannot write", "d/log"));
    assert_int_equal(e.code, ERR_DISK_FULL);
    assert_string_equal(e.text, "cannot write d/log: No space left on device");
    err_errno(&e, EDQUOT, "cannot write", "d/log");
    assert_int_equal(e.code, ERR_DISK_FULL);
    err_errno(&e, EACCES, "cannot open", "x");
    assert_int_equal(e.code, ERR_IO);
}

static void arena_gives_zeroed_aligned_memory(void **state) {
    (void)state;
    arena *a = arena_new(100);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 3000; n += 7) {
            unsigned char *p = arena_alloc(a, n);
            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
            memset(p, 0xAA, n);
        }
        arena_reset(a);
    }
    arena_free(a);
    arena_free(NULL);
}

static void arena_reset_keeps_the_largest_block(void **state) {
    (void)state;
    arena *a = arena_new(0);
    char *small = arena_alloc(a, 10);
    strncpy(small, "kept", 10);
    char *big = arena_alloc(a, 1 << 20);
    memset(big, 1, 1 << 20);
    char *next = arena_alloc(a, 10);
    assert_ptr_equal(next, small + 16); /* a large request does not end the serving block */
    assert_string_equal(small, "kept");
    assert_true(arena_bytes(a) >= (1 << 20) + (16 << 10));
    arena_reset(a);
    size_t held = arena_bytes(a);
    assert_true(held >= 1 << 20 && held < (1 << 20) + 1000);
    for (int i = 0; i < 1000; i++) arena_alloc(a, 1000);
    assert_int_equal(arena_bytes(a), held);
    assert_memory_equal(arena_dup(a, "abc", 3), "abc", 3);
    arena_free(a);
}

static void str_basics(void **state) {
    (void)state;
    str left, right;
    size_t at;
    assert_int_equal(str_of(NULL).n, 0);
    assert_true(str_is(str_part(STR("hello"), 1, 3), "el"));
    assert_true(str_is(str_part(STR("hello"), 3, 99), "lo"));
    assert_int_equal(str_part(STR("hello"), 9, 3).n, 0);
    assert_true(str_is(str_trim(STR(" \t\r\nx y\n ")), "x y"));
    assert_int_equal(str_trim(STR(" \n")).n, 0);
    assert_true(str_cmp(STR("a"), STR("b")) < 0 && str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0 && str_cmp(STR("a"), STR("a")) == 0);
    assert_true(str_starts(STR("prefix"), "pre") && !str_starts(STR("pr"), "pre"));
    assert_true(str_ends(STR("a.csv"), ".csv") && !str_ends(STR("csv"), ".csv"));
    assert_true(str_find(STR("a\0b"), STR("\0b"), &at) && at == 1);
    assert_true(str_find(STR("abc"), STR(""), &at) && at == 0);
    assert_false(str_find(STR("ab"), STR("abc"), NULL));
    assert_true(str_cut(STR("k=v=w"), '=', &left, &right) && str_is(left, "k") && str_is(right, "v=w"));
    assert_false(str_cut(STR("kv"), '=', &left, &right));
    assert_true(str_is(left, "kv") && right.n == 0);
}

static void str_i64_takes_whole_numbers_only(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {{"0", true, 0},
                 {"-17", true, -17},
                 {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0},
                 {"", false, 0},
                 {"-", false, 0},
                 {"+1", false, 0},
                 {" 1", false, 0},
                 {"1x", false, 0},
                 {"1.0", false, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v = 0;
        assert_int_equal(str_i64(str_of(cases[i].text), &v), cases[i].good);
        assert_int_equal(v, cases[i].value);
    }
}

static void str_copies_and_distance(void **state) {
    (void)state;
    arena *a = arena_new(0);
    str d = str_dup(a, (str){"abcdef", 3});
    assert_int_equal(d.n, 3);
    assert_string_equal(d.p, "abc");
    assert_string_equal(str_z(a, (str){NULL, 0}), "");
    assert_true(str_is(str_printf(a, "%d-%s", 5, "x"), "5-x"));
    assert_int_equal(str_distance(STR("kitten"), STR("sitting")), 3);
    assert_int_equal(str_distance(STR(""), STR("abc")), 3);
    assert_int_equal(str_distance(STR("abc"), STR("")), 3);
    assert_int_equal(str_distance(STR("same"), STR("same")), 0);
    arena_free(a);
}

static void buf_grows_and_prints(void **state) {
    (void)state;
    buf b = {0};
    for (int i = 0; i < 1000; i++) buf_char(&b, 'x');
    assert_int_equal(b.n, 1000);
    buf_reset(&b);
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_i64(&b, 0);
    buf_printf(&b, " %s %d", "and", 42);
    buf_put(&b, NULL, 0);
    buf_str(&b, (str){NULL, 0});
    buf_z(&b, "!");
    assert_true(str_is(buf_view(&b), "-9223372036854775808 0 and 42!"));
    buf_free(&b);
    assert_null(b.p);
}

static void buf_json_escapes_canonically(void **state) {
    (void)state;
    buf b = {0};
    buf_json(&b, STR("a\"b\\c\b\f\n\r\t\x01\x1f\x7f\xc3\xa9/"));
    assert_true(str_is(buf_view(&b), "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9/\""));
    buf_reset(&b);
    buf_json(&b, STR(""));
    buf_json_raw(&b, STR("\n"));
    assert_true(str_is(buf_view(&b), "\"\"\\n"));
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_carries_text_and_hint),
        cmocka_unit_test(err_cuts_between_code_points),
        cmocka_unit_test(err_errno_knows_full_disks),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_reset_keeps_the_largest_block),
        cmocka_unit_test(str_basics),
        cmocka_unit_test(str_i64_takes_whole_numbers_only),
        cmocka_unit_test(str_copies_and_distance),
        cmocka_unit_test(buf_grows_and_prints),
        cmocka_unit_test(buf_json_escapes_canonically),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* base_frame_test.c: zstd frames: whole, torn, damaged, foreign. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { LIMIT = 1 << 20 };

static void frames_come_back_in_order(void **state) {
    (void)state;
    buf b = {0}, out = {0};
    size_t at = 0;
    frame_pack(&b, STR("first"), 1);
    frame_pack(&b, STR(""), 3);
    size_t two = b.n;
    frame_pack(&b, STR("third"), 19);
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_WHOLE);
    assert_true(str_is(buf_view(&out), "first"));
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, NULL), FRAME_WHOLE);
    assert_int_equal(at, two);
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_WHOLE);
    assert_true(str_is(buf_view(&out), "firstthird"));
    assert_int_equal(at, b.n);
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_END);
    assert_int_equal(at, b.n);
    buf_free(&b);
    buf_free(&out);
}

static void frames_declare_size_and_checksum(void **state) {
    (void)state;
    buf b = {0};
    frame_pack(&b, STR("some content"), 3);
    assert_int_equal(ZSTD_getFrameContentSize(b.p, b.n), 12);
    assert_true(b.p[4] & 4); /* the checksum flag of the frame header */
    buf_free(&b);
}

static void torn_and_damaged_frames_change_nothing(void **state) {
    (void)state;
    buf b = {0}, raw = {0}, out = {0};
    for (int i = 0; i < 300; i++) buf_printf(&raw, "line %d of a log; ", i);
    frame_pack(&b, buf_view(&raw), 3);
    for (size_t n = 0; n <= b.n; n++) {
        size_t at = 0;
        frame_state want = n == 0 ? FRAME_END : n == b.n ? FRAME_WHOLE : FRAME_TORN;
        assert_int_equal(frame_next((str){b.p, n}, &at, LIMIT, &out), want);
        assert_int_equal(at, want == FRAME_WHOLE ? n : 0);
    }
    assert_int_equal(out.n, raw.n);
    size_t torn = 0;
    for (size_t i = 0; i < 8 * b.n; i++) {
        size_t at = 0;
        char *byte = &b.p[i / 8], was = *byte;
        buf_reset(&out);
        *byte = (char)(was ^ 1 << i % 8);
        frame_state got = frame_next(buf_view(&b), &at, LIMIT, &out);
        *byte = was;
        torn += got == FRAME_TORN;
        if (got == FRAME_TORN)
            assert_true(at == 0 && out.n == 0);
        else
            assert_true(str_eq(buf_view(&out), buf_view(&raw))); /* a bit that nothing is read from */
    }
    assert_true(torn > 8 * b.n / 100 * 95);
    buf_free(&b);
    buf_free(&raw);
    buf_free(&out);
}

static void limits_and_zeros_are_torn(void **state) {
    (void)state;
    buf b = {0}, out = {0};
    size_t at = 0;
    frame_pack(&b, STR("0123456789"), 3);
    assert_int_equal(frame_next(buf_view(&b), &at, 9, &out), FRAME_TORN);
    assert_int_equal(frame_next(buf_view(&b), &at, 9, NULL), FRAME_TORN);
    assert_int_equal(frame_next(buf_view(&b), &at, 10, &out), FRAME_WHOLE);
    buf_put(&b, "\0\0\0\0\0\0\0\0", 8);
    size_t before = at;
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_TORN);
    assert_int_equal(at, before);
    buf_free(&b);
    buf_free(&out);
}

/* A header that promises more than its blocks can hold is refused before memory is asked for. */
static void absurd_sizes_are_torn(void **state) {
    (void)state;
    static const char frame[] = "\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00";
    buf out = {0};
    size_t at = 0;
    assert_int_equal(frame_next((str){frame, 16}, &at, SIZE_MAX, &out), FRAME_TORN);
    assert_int_equal(out.cap, 0);
    buf_free(&out);
}

static void skippable_frames_are_passed_over(void **state) {
    (void)state;
    buf b = {0}, out = {0};
    size_t at = 0;
    buf_put(&b,
            "\x50\x2a\x4d\x18\x03\x00\x00\x00"
            "abc",
            11);
    buf_put(&b, "\x5f\x2a\x4d\x18\x00\x00\x00\x00", 8);
    frame_pack(&b, STR("x"), 3);
    size_t whole = b.n;
    buf_put(&b,
            "\x5e\x2a\x4d\x18\x02\x00\x00\x00"
            "zz",
            10);
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_WHOLE);
    assert_int_equal(at, whole);
    assert_int_equal(frame_next((str){b.p, b.n - 1}, &at, LIMIT, &out), FRAME_TORN);
    assert_int_equal(at, whole);
    assert_int_equal(frame_next(buf_view(&b), &at, LIMIT, &out), FRAME_END);
    assert_int_equal(at, b.n);
    assert_true(str_is(buf_view(&out), "x"));
    buf_free(&b);
    buf_free(&out);
}

static void *round_trip(void *arg) {
    buf b = {0}, out = {0};
    size_t at = 0;
    frame_pack(&b, STR("from a thread"), 3);
    bool *good = arg;
    *good =
        frame_next(buf_view(&b), &at, LIMIT, &out) == FRAME_WHOLE && str_is(buf_view(&out), "from a thread");
    buf_free(&b);
    buf_free(&out);
    return NULL;
}

static void threads_have_their_own_contexts(void **state) {
    (void)state;
    pthread_t threads[4];
    bool good[4] = {false};
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, round_trip, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_in_order),
        cmocka_unit_test(frames_declare_size_and_checksum),
        cmocka_unit_test(torn_and_damaged_frames_change_nothing),
        cmocka_unit_test(limits_and_zeros_are_torn),
        cmocka_unit_test(absurd_sizes_are_torn),
        cmocka_unit_test(skippable_frames_are_passed_over),
        cmocka_unit_test(threads_have_their_own_contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

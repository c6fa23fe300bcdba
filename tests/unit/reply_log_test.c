/* reply_log_test.c: the reply log as writer and reader see it: keys, large groups, segments that are gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "pipeline/pipeline.h"

typedef struct place {
    char dir[64];
} place;

static place place_new(void) {
    place p;
    snprintf(p.dir, sizeof p.dir, "/tmp/reply_log.XXXXXX");
    assert_non_null(mkdtemp(p.dir));
    return p;
}

static void place_free(const place *p) {
    char path[4200];
    for (uint32_t s = 0; s < 4; s++) {
        reply_segment_path(p->dir, s, path);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/replies", p->dir);
    rmdir(path);
    rmdir(p->dir);
}

static void add(reply_log *l, uint64_t slot, str text) {
    reply_log_add(l, &(reply_line){.slot = slot, .pos = slot, .outcome = OUTCOME_REPLY, .text = text});
}

static uint64_t read_all(const char *dir, size_t text) {
    reply_reader *r = reply_reader_open(dir, 0, 0);
    reply_line line;
    err e = {0};
    uint64_t n = 0;
    int k;
    while ((k = reply_reader_next(r, &line, &e)) == 1) {
        assert_int_equal(line.slot, n++);
        assert_int_equal(line.text.n, text);
    }
    assert_int_equal(k, 0);
    reply_reader_close(r);
    return n;
}

/* 400 MB of answers between two syncs, as after a stall: more than a reader takes as one frame. */
static void a_group_of_any_size_is_read_again(void **state) {
    (void)state;
    enum { LINES = 200, TEXT = 2 << 20 };
    place p = place_new();
    err e = {0};
    reply_log *l = reply_log_open(p.dir, 0, 0, &e);
    assert_non_null(l);
    char *text = xmalloc(TEXT);
    memset(text, 'a', TEXT);
    for (uint64_t i = 0; i < LINES; i++) add(l, i, (str){text, TEXT});
    assert_true(reply_log_sync(l, &e));
    reply_log_close(l);
    assert_int_equal(read_all(p.dir, TEXT), LINES);
    /* and the next start finds all of it whole */
    l = reply_log_open(p.dir, 0, 0, &e);
    assert_non_null(l);
    assert_true(reply_log_bytes(l) > 0);
    add(l, LINES, (str){text, TEXT});
    assert_true(reply_log_sync(l, &e));
    reply_log_close(l);
    assert_int_equal(read_all(p.dir, TEXT), LINES + 1);
    free(text);
    place_free(&p);
}

static void a_segment_that_is_gone_is_told(void **state) {
    (void)state;
    place p = place_new();
    err e = {0};
    assert_null(reply_log_open(p.dir, 2, 0, &e));
    assert_int_equal(e.code, ERR_FORMAT);
    assert_non_null(strstr(e.text, "replies-00002.jsonl.zst is missing"));
    e = (err){0};
    assert_null(reply_log_open(p.dir, 0, 17, &e));
    assert_non_null(strstr(e.text, "replies-00000.jsonl.zst is missing"));
    place_free(&p);
}

static void keys_differ(void **state) {
    (void)state;
    const uint64_t slot[] = {0, 1, RUN_SLOTS_MOST - 1};
    const uint32_t attempt[] = {0, 255, 256, RUN_ATTEMPTS_MOST - 1}, step[] = {0, 1, 255},
                   round[] = {0, 255, 256, 1023};
    u64map *seen = u64map_new(256);
    uint64_t n = 0;
    for (size_t a = 0; a < COUNT_OF(slot); a++)
        for (size_t b = 0; b < COUNT_OF(attempt); b++)
            for (size_t c = 0; c < COUNT_OF(step); c++)
                for (size_t d = 0; d < COUNT_OF(round); d++, n++)
                    u64map_put(seen, reply_key(slot[a], attempt[b], step[c], round[d]), 1);
    assert_int_equal(u64map_size(seen), n);
    u64map_free(seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_of_any_size_is_read_again),
        cmocka_unit_test(a_segment_that_is_gone_is_told),
        cmocka_unit_test(keys_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

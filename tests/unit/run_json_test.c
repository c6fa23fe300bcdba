/* run_json_test.c: run.json as begun and as extended: what is written is read again; what no program wrote is
 * refused.
 */
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

static char dir[] = "/tmp/run-json-XXXXXX", path[64];

static int setup(void **state) {
    (void)state;
    if (!mkdtemp(dir)) return -1;
    snprintf(path, sizeof path, "%s/run.json", dir);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static const run_json begun = {.population = {3, 7},
                               .n = 1000,
                               .seed = UINT64_MAX,
                               .engine = POP_ENGINE,
                               .attempts = 4,
                               .passes = 2,
                               .shard_rows = 8192,
                               .name = "city",
                               .part = {{1000, 64}},
                               .parts = 1};

static void same(const run_json *a, const run_json *b) {
    assert_true(hash_eq(a->population, b->population) && hash_eq(a->idf, b->idf));
    assert_true(a->n == b->n && a->seed == b->seed && a->engine == b->engine && a->attempts == b->attempts);
    assert_true(a->passes == b->passes && a->shard_rows == b->shard_rows && a->parts == b->parts);
    assert_string_equal(a->name, b->name);
    for (uint32_t i = 0; i < a->parts; i++)
        assert_true(a->part[i].n == b->part[i].n && a->part[i].lag == b->part[i].lag);
}

static void text_of(buf *b) {
    err e = {0};
    buf_reset(b);
    assert_true(file_read(path, 1 << 20, b, &e));
    buf_char(b, '\0');
}

static void a_run_is_begun_and_extended(void **state) {
    (void)state;
    err e = {0};
    run_json r = begun, got;
    bool added;
    buf first = {0}, then = {0};
    unlink(path);
    assert_true(run_json_create(dir, &r, &e));
    assert_false(run_json_create(dir, &r, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_true(run_json_read(dir, &got, &e));
    same(&got, &r);
    text_of(&first);
    assert_null(strstr(first.p, "extended"));
    assert_true(run_add_part(&r, dir, 3000, 0, &added, &e) && run_json_extend(dir, &r, &e));
    assert_true(run_add_part(&r, dir, 3001, 7, &added, &e) && run_json_extend(dir, &r, &e));
    assert_true(run_json_read(dir, &got, &e));
    same(&got, &r);
    /* what it said stays */
    text_of(&then);
    char *more = strstr(then.p, "\"extended\":["), *stop = strstr(then.p, "],");
    assert_true(more && stop);
    memmove(more, stop + 2, strlen(stop + 2) + 1);
    then.p[strlen("{\"populace\":")] = '1';
    assert_string_equal(then.p, first.p);
    buf_free(&first);
    buf_free(&then);
}

static void refused(const char *n_and_more, err_code code) {
    buf b = {0};
    err e = {0};
    run_json got;
    buf_printf(
        &b,
        "{%s,\"engine\":%d,\"name\":\"a\",\"population\":\"00000000000000000000000000000001\",\"seed\":\"1\","
        "\"lag\":64,\"attempts\":4,\"passes\":2,\"shard_rows\":8}",
        n_and_more, POP_ENGINE);
    assert_true(file_replace(dir, "run.json", buf_view(&b), &e));
    assert_int_equal(run_json_read(dir, &got, &e), code == ERR_OK);
    assert_int_equal(e.code, code);
    buf_free(&b);
}

static void what_nobody_wrote_is_refused(void **state) {
    (void)state;
    refused("\"populace\":1,\"n\":\"10\"", ERR_OK);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"11\",\"lag\":64}]", ERR_OK);
    refused("\"populace\":3,\"n\":\"10\"", ERR_MISMATCH);
    refused("\"populace\":2,\"n\":\"0\"", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":{\"n\":\"11\",\"lag\":64}", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"10\",\"lag\":64}]", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"11\",\"lag\":0}]", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"11\"}]", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[11]", ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"12\",\"lag\":1},{\"n\":\"11\",\"lag\":1}]",
            ERR_FORMAT);
    refused("\"populace\":2,\"n\":\"10\",\"extended\":[{\"n\":\"68719476737\",\"lag\":64}]", ERR_FORMAT);
    buf many = {0};
    buf_z(&many, "\"populace\":2,\"n\":\"10\",\"extended\":[");
    for (int i = 0; i < RUN_PARTS_MOST; i++)
        buf_printf(&many, "%s{\"n\":\"%d\",\"lag\":1}", i ? "," : "", i + 11);
    buf_put(&many, "]", 2);
    refused(many.p, ERR_FORMAT);
    buf_free(&many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_begun_and_extended),
        cmocka_unit_test(what_nobody_wrote_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* out_manifest_test.c: the manifest: what it says, that it is the same for the same run, and what is not read
 * as one. */
#include "out_fixture.h"

static const char yaml[] =
    "populace: 1\nname: few\n"
    "attributes:\n"
    "  sex: {choice: [F, M]}\n"
    "  grade: {choice: [1, 2, 3]}\n"
    "  age: {number: 0..99}\n"
    "tables:\n"
    "  pupils: {over: [sex, grade], shares: {F: {1: 20, 2: 20, 3: 10}, M: {1: 10, 2: 20, 3: 20}}}\n"
    "  grades: {over: [grade], shares: {1: 30, 2: 40, 3: 30}}\n"
    "facets: {f: {fields: {word: {text: {}}}, prompt: \"x\\n---\\n{{age}}\\n\"}}\n";

static const char *const reasons[] = {"none", "rules", "duplicate"};

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    uint64_t *got, *lost;
    shard_info shard[2];
    drift drift[1];
    manifest m;
} scene;

static void scene_open(scene *s, const char *text, uint64_t n) {
    *s = (scene){.p = out_population(text), .mem = arena_new(0)};
    s->pl = out_plan(s->p, n);
    uint32_t cells = plan_cells(s->pl);
    s->got = arena_new_of(s->mem, uint64_t, cells);
    s->lost = arena_new_of(s->mem, uint64_t, cells * COUNT_OF(reasons));
    for (uint32_t i = 0; i < cells; i++) s->got[i] = plan_quota(s->pl, i);
    for (uint32_t i = 0; i < 2; i++)
        s->shard[i] = (shard_info){.index = i * 100000,
                                   .rows = 8192 + i,
                                   .bytes = 1u << 30,
                                   .zbytes = 5,
                                   .raw_hash = {1, 2 + i},
                                   .file_hash = {3, 4},
                                   .sidecar_hash = {5, 6},
                                   .sidecar_bytes = 7,
                                   .slot_min = 8,
                                   .slot_max = 9,
                                   .pos_first = 10,
                                   .pos_last = 11};
    const node *age = node_find(s->p, STR("age"));
    s->drift[0] = (drift){
        .leaf = age ? age->leaf : 0, .drawn = 120, .accepted = 100, .worst_ppm = 12300, .value = STR("")};
    s->m = (manifest){.name = s->p->name,
                      .engine_version = STR("0.1.0"),
                      .population = s->p->hash,
                      .run = {7, 8},
                      .n = n,
                      .seed = 1,
                      .lag = 64,
                      .engine = 1,
                      .finished = true,
                      .shard = s->shard,
                      .shards = 2,
                      .pop = s->p,
                      .plan = s->pl,
                      .got = s->got,
                      .lost = s->lost,
                      .reason = reasons,
                      .reasons = COUNT_OF(reasons),
                      .accepted = n - 3,
                      .open = 3,
                      .drift = s->drift,
                      .drifts = 1,
                      .compared = 21,
                      .duplicates = 2,
                      .calls = 33};
}

static void scene_close(scene *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static str published(scene *s) {
    char path[300];
    err e = {0};
    buf b = {0};
    snprintf(path, sizeof path, "%s/manifest.json", out_dir);
    assert_true(manifest_publish(out_dir, &s->m, &e));
    assert_true(file_read(path, 1 << 28, &b, &e));
    str text = str_dup(s->mem, buf_view(&b));
    buf_free(&b);
    return text;
}

static json parsed(scene *s) {
    json j;
    str text = published(s);
    assert_int_equal(json_read(text, NULL, s->mem, &j, NULL), JSON_FAULT_NONE);
    return j;
}

static int64_t number(const json *j, const char *key) {
    int64_t v = -999;
    assert_true(json_i64(j, key, &v));
    return v;
}

static void what_it_says(void **state) {
    (void)state;
    scene s;
    scene_open(&s, yaml, 1000);
    s.got[1] -= 3;
    s.got[2] += 1;
    s.lost[1 * 6 + 1] = 5;
    s.lost[2 * 6 + 1] = 2;
    s.lost[2 * 6 + 4] = 1;
    json j = parsed(&s);
    assert_true(str_is(json_str(&j, "name"), "few"));
    assert_int_equal(number(&j, "n"), 1000);
    assert_int_equal(number(&j, "open"), 3);
    assert_int_equal(number(json_get(&j, "gate"), "compared"), 21);
    assert_int_equal(number(json_get(&j, "usage"), "calls"), 33);
    const json *q = json_get(&j, "quotas"), *cells = json_get(q, "cells"), *sums = json_get(q, "sums");
    assert_int_equal(cells->n, 6);
    assert_int_equal(number(json_get(q, "worst"), "gap"), -3);
    assert_int_equal(number(sums, "asked"), 1000);
    assert_int_equal(number(sums, "got"), 998);
    assert_int_equal(number(sums, "off"), 2);
    assert_int_equal(number(json_get(sums, "lost"), "duplicate"), 3);
    assert_null(json_get(json_get(sums, "lost"), "none"));
    assert_int_equal(number(json_get(&cells->item[1], "lost"), "rules"), 5);
    assert_null(json_get(&cells->item[0], "lost"));
    const json *tables = json_get(q, "tables");
    assert_int_equal(tables->n, 2);
    for (uint32_t t = 0; t < 2; t++) {
        const json *list = json_get(&tables->item[t], "cells");
        int64_t asked = 0, got = 0;
        for (uint32_t i = 0; i < list->n; i++) {
            asked += number(&list->item[i], "asked");
            got += number(&list->item[i], "got");
        }
        assert_int_equal(asked, 1000);
        assert_int_equal(got, 998);
    }
    const json *drifts = json_get(&j, "drift");
    assert_true(str_is(json_str(&drifts->item[0], "path"), "age"));
    assert_true(str_is(json_get(&drifts->item[0], "worst")->text, "0.0123"));
    scene_close(&s);
}

static void equal_runs_have_equal_manifests(void **state) {
    (void)state;
    scene a, b;
    scene_open(&a, yaml, 1000);
    scene_open(&b, yaml, 1000);
    str first = published(&a), second = published(&b);
    assert_true(str_eq(first, second));
    b.m.seed = 2;
    assert_false(str_eq(first, published(&b)));
    /* a line a shard and a cell: it can be read and compared with the usual tools */
    size_t lines = 0;
    for (size_t i = 0; i < first.n; i++) lines += first.p[i] == '\n';
    assert_true(lines > 2 + 6 + 9 && lines < 60);
    scene_close(&a);
    scene_close(&b);
}

static void of_many_cells_only_those_that_are_off(void **state) {
    (void)state;
    static const char many[] = "populace: 1\nname: many\n"
                               "attributes: {a: {number: 1..80}, b: {number: 1..80}}\n"
                               "tables: {t: {over: [a, b], counts: counts.csv}}\n"
                               "facets: {f: {fields: {word: {text: {}}}, prompt: \"x\\n---\\n{{a}}\\n\"}}\n";
    buf csv = {0};
    err e = {0};
    buf_z(&csv, "a,b,count\n");
    for (int i = 0; i < 6400; i++) buf_printf(&csv, "%d,%d,2\n", i / 80 + 1, i % 80 + 1);
    assert_true(file_replace(out_dir, "counts.csv", buf_view(&csv), &e));
    buf_free(&csv);
    scene s;
    scene_open(&s, many, 12800);
    s.m.drifts = 0;
    assert_int_equal(plan_cells(s.pl), 6400);
    s.got[77]--;
    s.lost[1 * 6400 + 500] = 1;
    json j = parsed(&s);
    const json *q = json_get(&j, "quotas");
    assert_int_equal(json_get(q, "cells")->n, 2);
    assert_int_equal(number(json_get(q, "sums"), "cells"), 6400);
    assert_int_equal(number(json_get(q, "sums"), "got"), 12799);
    assert_int_equal(json_get(&json_get(q, "tables")->item[0], "cells")->n, 1);
    scene_close(&s);
}

static void shards_are_read_back(void **state) {
    (void)state;
    scene s;
    scene_open(&s, yaml, 1000);
    published(&s);
    json top;
    shard_info *list;
    size_t n;
    err e = {0};
    assert_true(manifest_read(out_dir, s.mem, &top, &list, &n, &e));
    assert_int_equal(n, 2);
    assert_memory_equal(list, s.shard, sizeof s.shard);
    assert_int_equal(number(&top, "accepted"), 997);
    scene_close(&s);
}

static void refused(scene *s, str good, const char *from, const char *to, const char *says) {
    size_t where;
    json top;
    shard_info *list;
    size_t n;
    err e = {0};
    assert_true(str_find(good, str_of(from), &where));
    str behind = str_part(good, where + strlen(from), good.n);
    str bad = str_printf(s->mem, STR_FMT "%s" STR_FMT, STR_ARG(str_part(good, 0, where)), to, STR_ARG(behind));
    assert_true(file_replace(out_dir, "manifest.json", bad, &e));
    assert_false(manifest_read(out_dir, s->mem, &top, &list, &n, &e));
    if (!holds_text(str_of(e.text), says)) print_message("%s\n", e.text);
    assert_true(holds_text(str_of(e.text), says));
    assert_int_equal(e.code, ERR_FORMAT);
}

static void what_is_no_manifest_is_refused(void **state) {
    (void)state;
    scene s;
    scene_open(&s, yaml, 1000);
    str good = published(&s);
    refused(&s, good, "\"populace\":1", "\"populace\":2", "version 2");
    refused(&s, good, "\"populace\":1,", "", "no manifest");
    refused(&s, good, "\"shards\":", "\"shard\":", "no manifest");
    refused(&s, good, "}\n", "", "not JSON");
    refused(&s, good, "shards/shard-00000.jsonl.zst", "../x/shard-00000.jsonl.zst", "names");
    refused(&s, good, "shards/shard-00000.jsonl.zst", "shards/shard-0.jsonl.zst", "names");
    refused(&s, good, "shards/shard-00000.sig", "shards/shard-00001.sig", "names");
    refused(&s, good, "\"rows\":8192", "\"rows\":-8192", "`rows`");
    refused(&s, good, "\"rows\":8192", "\"rows\":\"8192\"", "`rows`");
    refused(&s, good, "\"xxh3\":\"0", "\"xxh3\":\"g", "`xxh3`");
    refused(&s, good, "\"slots\":[8,9]", "\"slots\":[9,8]", "`slots`");
    refused(&s, good, "\"positions\":[10,11]", "\"positions\":[10]", "`positions`");
    refused(&s, good, "{\"file\"", "3,{\"file\"", "shard 0");
    err e = {0};
    json top;
    shard_info *list;
    size_t n;
    assert_false(manifest_read("/nonexistent", s.mem, &top, &list, &n, &e));
    assert_int_equal(e.code, ERR_IO);
    scene_close(&s);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, out_open, out_close)
    const struct CMUnitTest tests[] = {
        CASE(what_it_says),
        CASE(equal_runs_have_equal_manifests),
        CASE(of_many_cells_only_those_that_are_off),
        CASE(shards_are_read_back),
        CASE(what_is_no_manifest_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

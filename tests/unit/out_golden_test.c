/* out_golden_test.c: the shard, sidecar and manifest in tests/cases/golden were written by the first version of
 * these formats; every later one must read them. They are never made anew: a format that changes gets a new
 * version and a folder beside.
 *
 * How they were made: `out_golden_test make DIR` seals 14 personas of the fixture's population in DIR (two of
 * them with long, repetitive portraits, so that there are two frames in a few kilobytes) and publishes a
 * manifest of them.
 */
#include "out_fixture.h"

enum { ROWS = 14, LONG_A = 3, LONG_B = 9 };
#define YAML OUT_YAML("output: {columns: [person.sex, school.grade], narrative: [motto, portrait]}\n")
static const hash128 idf = {0x1122334455667788, 0x99AABBCCDDEEFF00};

static unsigned char sketch_byte(uint32_t row, uint32_t k) {
    return (unsigned char)(row * 31 + k / 8);
}

/* ---- making ---------------------------------------------------------------------------------------------- */

static void portrait_long(record *r) {
    buf b = {0};
    for (int i = 0; i < 12000; i++) buf_z(&b, "And then the tide came in again, and she waited. ");
    r->value[node_find(r->pop, STR("portrait"))->leaf] =
        (value){.kind = V_TEXT, .text = str_dup(r->mem, str_trim(buf_view(&b)))};
    buf_free(&b);
}

static shard_item item_make(const population *p, const plan *pl, uint32_t i, arena *mem) {
    record r;
    buf row = {0};
    uint32_t attempt = i % 3;
    out_record(pl, p, (i * 5) % ROWS, attempt, mem, &r);
    if (i == LONG_A || i == LONG_B) portrait_long(&r);
    provenance pv = out_provenance(&r);
    if (i == 1)
        pv.findings =
            STR("[{\"rule\":\"T2\",\"field\":\"portrait\",\"message\":\"m\",\"hint\":\"h\",\"hard\":false}]");
    row_render(&r, run_hash(p->hash, 1), &pv, &row);
    char *hot = arena_alloc(mem, SHARD_HOT), *exact = arena_alloc(mem, SHARD_EXACT),
         *sketch = arena_alloc(mem, SHARD_SKETCH);
    memset(hot, (int)i, SHARD_HOT);
    memset(exact, (int)(100 + i), SHARD_EXACT);
    for (uint32_t k = 0; k < SHARD_SKETCH; k++) sketch[k] = (char)sketch_byte(i, k);
    shard_item item = {.row = str_dup(mem, buf_view(&row)),
                       .slot = r.slot,
                       .pos = 64 * attempt + r.slot,
                       .attempt = attempt,
                       .hot = hot,
                       .exact = exact,
                       .sketch = sketch};
    buf_free(&row);
    return item;
}

static bool make(const char *dir, err *e) {
    void *state = NULL;
    out_open(&state);
    population *p = out_population(YAML);
    plan *pl = out_plan(p, ROWS);
    arena *mem = arena_new(0);
    shard_item item[ROWS];
    shard_info info;
    for (uint32_t i = 0; i < ROWS; i++) item[i] = item_make(p, pl, i, mem);
    hash128 run = run_hash(p->hash, 1);
    uint64_t got[1] = {ROWS};
    manifest m = {.name = p->name,
                  .engine_version = STR("0.1.0"),
                  .population = p->hash,
                  .run = run,
                  .n = ROWS,
                  .seed = 1,
                  .lag = 64,
                  .engine = 1,
                  .finished = true,
                  .shard = &info,
                  .shards = 1,
                  .plan = pl,
                  .got = got,
                  .accepted = ROWS};
    bool ok = plan_cells(pl) <= 1 && shard_seal(dir, 0, item, ROWS, idf, run, &info, e) &&
              manifest_publish(dir, &m, e);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
    out_close(&state);
    return ok;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static const char *golden(void) {
    static char path[400];
    const char *root = getenv("POP_ROOT");
    snprintf(path, sizeof path, "%s/tests/cases/golden", root && *root ? root : ".");
    return path;
}

static void fine(bool ok, const err *e) {
    if (!ok) print_message("%s\n", e->text);
    assert_true(ok);
}

static void manifest_and_shard_agree(void **state) {
    (void)state;
    arena *mem = arena_new(0);
    json top;
    shard_info *list;
    size_t n;
    err e = {0};
    fine(manifest_read(golden(), mem, &top, &list, &n, &e), &e);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].rows, ROWS);
    shard *s = shard_open(golden(), 0, &e);
    fine(s != NULL, &e);
    fine(shard_verify(s, &list[0], &e), &e);
    shard_close(s);
    arena_free(mem);
}

static void signatures_are_found(void **state) {
    (void)state;
    err e = {0};
    shard *s = shard_open(golden(), 0, &e);
    fine(s != NULL, &e);
    assert_int_equal(shard_rows(s), ROWS);
    assert_true(hash_eq(shard_idf(s), idf));
    for (uint32_t i = 0; i < ROWS; i++) {
        unsigned char sketch[SHARD_SKETCH];
        assert_int_equal(shard_find(s, (i * 5) % ROWS), i);
        assert_int_equal(*(const unsigned char *)shard_hot(s, i), i);
        assert_int_equal(*(const unsigned char *)shard_exact(s, i), 100 + i);
        fine(shard_sketch(s, i, sketch, &e), &e);
        for (uint32_t k = 0; k < SHARD_SKETCH; k++) assert_int_equal(sketch[k], sketch_byte(i, k));
    }
    assert_true(shard_find(s, ROWS) == UINT64_MAX);
    shard_close(s);
}

/* Rows of its population, value by value. */
static void rows_are_read(void **state) {
    (void)state;
    population *p = out_population(YAML);
    arena *mem = arena_new(0);
    err e = {0};
    shard *s = shard_open(golden(), 0, &e);
    fine(s != NULL, &e);
    for (uint32_t i = 0; i < ROWS; i++) {
        str row;
        record r;
        json j;
        fine(shard_row(s, i, &row, &e), &e);
        fine(row_read(p, row, mem, &r, &j, &e), &e);
        assert_int_equal(r.slot, (i * 5) % ROWS);
        assert_int_equal(r.attempt, i % 3);
        assert_int_equal(r.value[node_find(p, STR("home.rooms"))->leaf].num, 3);
        str portrait = r.value[node_find(p, STR("portrait"))->leaf].text;
        if (i == LONG_A || i == LONG_B)
            assert_true(portrait.n > 500000);
        else
            assert_true(str_ends(portrait, "灯が点る。"));
    }
    shard_close(s);
    arena_free(mem);
    population_free(p);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        err e = {.text = "the fixture's population has cells"};
        if (make(argv[2], &e)) return 0;
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_and_shard_agree),
        cmocka_unit_test(signatures_are_found),
        cmocka_unit_test_setup_teardown(rows_are_read, out_open, out_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

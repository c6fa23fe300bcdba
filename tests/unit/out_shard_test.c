/* out_shard_test.c: shards sealed, read, damaged, and cut short by a crash. */
#include "out_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <xxhash.h>
#include <zstd.h>

enum { ROWS = 60, LONG_ROW = 300000, COPIES = 4 };
static const hash128 idf = {11, 22}, run = {33, 44};

typedef struct batch {
    shard_item item[ROWS];
    unsigned char hot[ROWS][SHARD_HOT], exact[ROWS][SHARD_EXACT], sketch[ROWS][SHARD_SKETCH];
    buf row[ROWS];
} batch;

/* Rows by jumping slots; every seventh is long, so that there are several frames. */
static batch *batch_new(uint32_t long_row) {
    batch *b = xcalloc(1, sizeof *b);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t slot = 1000 + (i * 37) % 101;
        buf *r = &b->row[i];
        buf_printf(r, "{\"id\":\"x-%09llu\",\"slot\":%llu,\"text\":\"", (unsigned long long)slot,
                   (unsigned long long)slot);
        for (uint32_t k = 0; k < (i % 7 == 3 && long_row ? long_row / 16 : 4); k++)
            buf_printf(r, "%016llx", (unsigned long long)rng_u64(i, k, 0, 0, 0));
        buf_printf(r, "\",\"provenance\":{\"attempt\":%u}}", i % 4);
        for (uint32_t k = 0; k < SHARD_HOT; k++) b->hot[i][k] = (unsigned char)(i + k);
        for (uint32_t k = 0; k < SHARD_EXACT; k++) b->exact[i][k] = (unsigned char)(i * 3 + k);
        for (uint32_t k = 0; k < SHARD_SKETCH; k++) b->sketch[i][k] = (unsigned char)rng_u64(i, k, 9, 0, 0);
        b->item[i] = (shard_item){.row = buf_view(r),
                                  .slot = slot,
                                  .pos = 500 + i,
                                  .attempt = i % 4,
                                  .hot = b->hot[i],
                                  .exact = b->exact[i],
                                  .sketch = b->sketch[i]};
    }
    return b;
}

static void batch_free(batch *b) {
    for (uint32_t i = 0; i < ROWS; i++) buf_free(&b->row[i]);
    free(b);
}

static void fine(bool ok, const err *e) {
    if (!ok) print_message("%s (%s)\n", e->text, e->hint);
    assert_true(ok);
}

static char *in_dir(const char *name) {
    static char path[COPIES][400];
    static int k;
    k = (k + 1) % COPIES;
    snprintf(path[k], sizeof path[k], "%s/%s", out_dir, name);
    return path[k];
}

static buf bytes_of(const char *name) {
    buf b = {0};
    err e = {0};
    fine(file_read(in_dir(name), 1 << 30, &b, &e), &e);
    return b;
}

static void put_bytes(const char *name, str content) {
    err e = {0};
    fine(file_replace(out_dir, name, content, &e), &e);
}

static shard_info sealed(batch *b, uint32_t index) {
    shard_info info;
    err e = {0};
    fine(shard_seal(out_dir, index, b->item, ROWS, idf, run, &info, &e), &e);
    return info;
}

static void what_was_sealed_is_read(void **state) {
    (void)state;
    batch *b = batch_new(LONG_ROW);
    shard_info info = sealed(b, 7);
    err e = {0};
    shard *s = shard_open(out_dir, 7, &e);
    fine(s != NULL, &e);
    assert_int_equal(shard_rows(s), ROWS);
    assert_true(hash_eq(shard_idf(s), idf) && hash_eq(shard_run(s), run));
    for (uint32_t k = 0; k < ROWS; k++) {
        uint64_t i = (k * 23) % ROWS;
        str row;
        char sketch[SHARD_SKETCH];
        fine(shard_row(s, i, &row, &e), &e);
        assert_true(str_eq(row, b->item[i].row));
        fine(shard_sketch(s, i, sketch, &e), &e);
        assert_memory_equal(sketch, b->sketch[i], SHARD_SKETCH);
        assert_memory_equal(shard_hot(s, i), b->hot[i], SHARD_HOT);
        assert_memory_equal(shard_exact(s, i), b->exact[i], SHARD_EXACT);
        assert_int_equal(shard_find(s, b->item[i].slot), i);
        assert_int_equal((uintptr_t)shard_hot(s, i) % 8, 0);
    }
    uint32_t found = 0;
    for (uint64_t slot = 990; slot < 1110; slot++) found += shard_find(s, slot) != UINT64_MAX;
    assert_int_equal(found, ROWS);
    str none;
    assert_false(shard_row(s, ROWS, &none, &e));
    assert_false(shard_sketch(s, ROWS, b->sketch[0], &e));
    fine(shard_verify(s, &info, &e), &e);
    fine(shard_verify(s, NULL, &e), &e);
    shard_info says = shard_says(s);
    says.sidecar_hash = info.sidecar_hash;
    assert_memory_equal(&says, &info, sizeof says);
    assert_int_equal(info.pos_first, 500);
    assert_int_equal(info.pos_last, 500 + ROWS - 1);
    shard_close(s);
    batch_free(b);
}

/* Read by nothing but zstd, and by the seekable format as its own document has it. */
static void other_readers_understand_it(void **state) {
    (void)state;
    batch *b = batch_new(LONG_ROW);
    shard_info info = sealed(b, 0);
    buf file = bytes_of("shard-00000.jsonl.zst"), raw = {0};
    ZSTD_DStream *d = ZSTD_createDStream();
    ZSTD_inBuffer in = {file.p, file.n, 0};
    buf_reserve(&raw, info.bytes + 1);
    ZSTD_outBuffer out = {raw.p, raw.cap, 0};
    while (in.pos < in.size) assert_false(ZSTD_isError(ZSTD_decompressStream(d, &out, &in)));
    raw.n = out.pos;
    ZSTD_freeDStream(d);
    assert_int_equal(raw.n, info.bytes);
    assert_true(hash_eq(hash_128(buf_view(&raw)), info.raw_hash));
    assert_true(hash_eq(hash_128(buf_view(&file)), info.file_hash));
    str rest = buf_view(&raw), line;
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_true(str_cut(rest, '\n', &line, &rest));
        assert_true(str_eq(line, b->item[i].row));
    }
    assert_int_equal(rest.n, 0);

    uint32_t frames, magic, size;
    memcpy(&magic, file.p + file.n - 4, 4);
    memcpy(&frames, file.p + file.n - 9, 4);
    assert_int_equal(magic, 0x8F92EAB1u);
    assert_int_equal((unsigned char)file.p[file.n - 5], 0x80);
    assert_true(frames >= 2 && frames < ROWS);
    const char *table = file.p + file.n - 9 - 12 * frames - 8;
    memcpy(&magic, table, 4);
    memcpy(&size, table + 4, 4);
    assert_int_equal(magic, 0x184D2A5Eu);
    assert_int_equal(size, 12 * frames + 9);
    size_t z = 0, r = 0;
    for (uint32_t i = 0; i < frames; i++) {
        uint32_t entry[3];
        memcpy(entry, table + 8 + 12 * i, 12);
        assert_int_equal(entry[2], (uint32_t)XXH64(raw.p + r, entry[1], 0));
        assert_int_equal(ZSTD_getFrameContentSize(file.p + z, entry[0]), entry[1]);
        assert_int_equal(raw.p[r + entry[1] - 1], '\n');
        assert_true(file.p[z + 4] & 4); /* content checksum */
        z += entry[0];
        r += entry[1];
    }
    assert_ptr_equal(file.p + z, table);
    buf_free(&file);
    buf_free(&raw);
    batch_free(b);
}

static void in_parts_or_at_once_the_same_bytes(void **state) {
    (void)state;
    batch *b = batch_new(LONG_ROW);
    err e = {0};
    shard_info once = sealed(b, 3), parts;
    buf shard_once = bytes_of("shard-00003.jsonl.zst"), side_once = bytes_of("shard-00003.sig");
    shard_writer *w = shard_writer_new(out_dir, 3, &e);
    for (uint32_t i = 0; i < ROWS; i++) {
        fine(shard_writer_row(w, b->item[i].row, &e), &e);
        b->item[i].row = (str){0};
    }
    fine(shard_writer_seal(w, b->item, ROWS, idf, run, &parts, &e), &e);
    shard_writer_free(w);
    assert_memory_equal(&once, &parts, sizeof once);
    buf shard_parts = bytes_of("shard-00003.jsonl.zst"), side_parts = bytes_of("shard-00003.sig");
    assert_true(str_eq(buf_view(&shard_once), buf_view(&shard_parts)));
    assert_true(str_eq(buf_view(&side_once), buf_view(&side_parts)));
    assert_int_not_equal(access(in_dir("shard-00003.jsonl.zst.tmp"), F_OK), 0);
    w = shard_writer_new(out_dir, 4, &e);
    fine(shard_writer_row(w, STR("{}"), &e), &e);
    assert_int_equal(access(in_dir("shard-00004.jsonl.zst.tmp"), F_OK), 0);
    shard_writer_free(w);
    assert_int_not_equal(access(in_dir("shard-00004.jsonl.zst.tmp"), F_OK), 0);
    buf_free(&shard_once);
    buf_free(&side_once);
    buf_free(&shard_parts);
    buf_free(&side_parts);
    batch_free(b);
}

static void an_empty_shard_and_a_row_too_long(void **state) {
    (void)state;
    shard_info info;
    err e = {0};
    fine(shard_seal(out_dir, 1, NULL, 0, idf, run, &info, &e), &e);
    shard *s = shard_open(out_dir, 1, &e);
    fine(s != NULL, &e);
    assert_int_equal(shard_rows(s), 0);
    assert_true(shard_find(s, 0) == UINT64_MAX);
    fine(shard_verify(s, &info, &e), &e);
    shard_close(s);
    shard_writer *w = shard_writer_new(out_dir, 2, &e);
    assert_false(shard_writer_row(w, (str){"", 64 << 20}, &e));
    assert_true(holds_text(str_of(e.text), "67108864"));
    shard_writer_free(w);
    assert_null(shard_writer_new(in_dir("nowhere"), 2, &e));
    assert_int_equal(e.code, ERR_IO);
}

/* Opens, verifies, and reads every row and sketch; whether all of that was fine. */
static bool all_fine(uint32_t index, const shard_info *want, err *e) {
    shard *s = shard_open(out_dir, index, e);
    bool ok = s && shard_verify(s, want, e);
    shard_close(s);
    return ok;
}

static void any_flipped_bit_is_found(void **state) {
    (void)state;
    static const char *const name[] = {"shard-00002.jsonl.zst", "shard-00002.sig"};
    batch *b = batch_new(0);
    sealed(b, 2);
    err e = {0};
    fine(all_fine(2, NULL, &e), &e);
    for (size_t f = 0; f < COUNT_OF(name); f++) {
        buf file = bytes_of(name[f]);
        for (size_t bit = 0; bit < 8 * file.n; bit += bit < 2400 ? 1 : 211) {
            char *byte = &file.p[bit / 8], was = *byte;
            *byte = (char)(was ^ 1 << bit % 8);
            put_bytes(name[f], buf_view(&file));
            *byte = was;
            bool found = !all_fine(2, NULL, &e);
            if (!found) print_message("bit %zu of %s\n", bit, name[f]);
            assert_true(found);
            assert_true(e.code == ERR_FORMAT || e.code == ERR_VERIFY);
            assert_true(holds_text(str_of(e.text), "shard-00002."));
            assert_true(e.hint[0]);
        }
        put_bytes(name[f], buf_view(&file));
        buf_free(&file);
    }
    fine(all_fine(2, NULL, &e), &e);
    batch_free(b);
}

static void cut_or_exchanged_files_are_refused(void **state) {
    (void)state;
    static const char *const name[] = {"shard-00002.jsonl.zst", "shard-00002.sig"};
    batch *b = batch_new(LONG_ROW);
    sealed(b, 2);
    sealed(b, 5);
    err e = {0};
    for (size_t f = 0; f < COUNT_OF(name); f++) {
        buf file = bytes_of(name[f]);
        for (size_t n = 0; n < file.n; n = n * 3 / 2 + 1) {
            put_bytes(name[f], (str){file.p, n});
            assert_null(shard_open(out_dir, 2, &e));
            assert_int_equal(e.code, ERR_FORMAT);
        }
        buf_char(&file, 0);
        put_bytes(name[f], buf_view(&file));
        assert_null(shard_open(out_dir, 2, &e));
        put_bytes(name[f], (str){file.p, file.n - 1});
        buf_free(&file);
    }
    buf other = bytes_of("shard-00005.sig");
    put_bytes("shard-00002.sig", buf_view(&other));
    assert_null(shard_open(out_dir, 2, &e));
    assert_true(holds_text(str_of(e.text), "belongs to shard 5"));
    buf_free(&other);
    assert_int_equal(unlink(in_dir("shard-00002.sig")), 0);
    assert_null(shard_open(out_dir, 2, &e));
    assert_int_equal(e.code, ERR_IO);
    batch_free(b);
}

static void verify_compares_with_what_was_recorded(void **state) {
    (void)state;
    batch *b = batch_new(0);
    shard_info info = sealed(b, 0);
    err e = {0};
    fine(all_fine(0, &info, &e), &e);
    uint64_t *number[] = {&info.rows,         &info.bytes,           &info.zbytes,        &info.raw_hash.lo,
                          &info.file_hash.hi, &info.sidecar_hash.lo, &info.sidecar_bytes, &info.slot_min,
                          &info.slot_max,     &info.pos_first,       &info.pos_last};
    for (size_t i = 0; i < COUNT_OF(number); i++) {
        ++*number[i];
        assert_false(all_fine(0, &info, &e));
        assert_int_equal(e.code, ERR_VERIFY);
        --*number[i];
    }
    info.index++;
    assert_false(all_fine(0, &info, &e));
    batch_free(b);
}

/* What no checksum can tell: a row of another slot, sealed in good order. */
static void rows_must_be_those_of_the_sidecar(void **state) {
    (void)state;
    static const char *const row[] = {"{\"id\":\"a\",\"slot\":1,\"provenance\":{\"attempt\":2}}",
                                      "{\"id\":\"a\",\"slot\":9,\"provenance\":{\"attempt\":0}}",
                                      "{\"id\":\"\",\"slot\":9,\"provenance\":{\"attempt\":2}}", "{\"slot\":9",
                                      "[]"};
    char zero[SHARD_SKETCH] = {0};
    shard_info info;
    err e = {0};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        shard_item one = {
            .row = str_of(row[i]), .slot = 9, .attempt = 2, .hot = zero, .exact = zero, .sketch = zero};
        fine(shard_seal(out_dir, 0, &one, 1, idf, run, &info, &e), &e);
        assert_false(all_fine(0, &info, &e));
        assert_true(holds_text(str_of(e.text), "row 0"));
    }
}

/* ---- without a sidecar ----------------------------------------------------------------------------------- */

typedef struct seen {
    const batch *b;
    uint32_t n, stop;
} seen;

static bool see(void *arg, str row) {
    seen *s = arg;
    assert_true(str_eq(row, s->b->item[s->n].row));
    return ++s->n != s->stop;
}

static void scanning_needs_no_sidecar(void **state) {
    (void)state;
    batch *b = batch_new(LONG_ROW);
    seen all = {b, 0, 0}, some = {b, 0, 5}, torn = {b, 0, 0};
    err e = {0};
    sealed(b, 0);
    assert_int_equal(unlink(in_dir("shard-00000.sig")), 0);
    const char *path = in_dir("shard-00000.jsonl.zst");
    fine(shard_scan(path, see, &all, &e), &e);
    assert_int_equal(all.n, ROWS);
    fine(shard_scan(path, see, &some, &e), &e);
    assert_int_equal(some.n, 5);
    buf file = bytes_of("shard-00000.jsonl.zst");
    put_bytes("shard-00000.jsonl.zst", (str){file.p, file.n * 3 / 4});
    assert_false(shard_scan(path, see, &torn, &e));
    assert_true(torn.n > 0 && torn.n < ROWS);
    assert_true(holds_text(str_of(e.text), "no whole frame"));
    buf_free(&file);
    batch_free(b);
}

/* ---- crashes, full disks --------------------------------------------------------------------------------- */

static int killed_at(const char *point, batch *b) {
    pid_t child = fork();
    if (child == 0) {
        shard_info info;
        err e;
        setenv("POP_CRASH_AT", point, 1);
        _exit(shard_seal(out_dir, 0, b->item, ROWS, idf, run, &info, &e) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* publish:after_rename:1 is the sidecar's, :2 the shard's. A shard under its name is whole and has its sidecar.
 */
static void after_a_crash_a_shard_is_whole_or_not_there(void **state) {
    (void)state;
    static const struct {
        const char *point;
        bool side, shard;
    } row[] = {{"publish:after_write", false, false},  {"publish:after_rename", true, false},
               {"shard:after_sidecar", true, false},   {"publish:after_write:2", true, false},
               {"publish:after_rename:2", true, true}, {"shard:after_rename", true, true}};
    batch *b = batch_new(0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        err e = {0};
        unlink(in_dir("shard-00000.sig"));
        unlink(in_dir("shard-00000.jsonl.zst"));
        assert_int_equal(killed_at(row[i].point, b), 137);
        assert_int_equal(access(in_dir("shard-00000.sig"), F_OK) == 0, row[i].side);
        assert_int_equal(access(in_dir("shard-00000.jsonl.zst"), F_OK) == 0, row[i].shard);
        if (row[i].shard) fine(all_fine(0, NULL, &e), &e);
        assert_int_equal(killed_at("none", b), 0);
        fine(all_fine(0, NULL, &e), &e);
    }
    batch_free(b);
}

static void no_room_is_an_error_that_leaves_nothing(void **state) {
    (void)state;
    batch *b = batch_new(LONG_ROW);
    struct rlimit was, low;
    shard_info info;
    err e = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 1000; room < 2000000; room *= 8) {
        low = (struct rlimit){room, was.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        bool ok = shard_seal(out_dir, 0, b->item, ROWS, idf, run, &info, &e);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_false(ok);
        assert_true(e.code == ERR_IO || e.code == ERR_DISK_FULL);
        assert_int_not_equal(access(in_dir("shard-00000.jsonl.zst"), F_OK), 0);
        assert_int_not_equal(access(in_dir("shard-00000.jsonl.zst.tmp"), F_OK), 0);
    }
    batch_free(b);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, out_open, out_close)
    const struct CMUnitTest tests[] = {
        /* first: the wish for a crash is read once a process, so the parent must not have passed a point before
         */
        CASE(after_a_crash_a_shard_is_whole_or_not_there),
        CASE(what_was_sealed_is_read),
        CASE(other_readers_understand_it),
        CASE(in_parts_or_at_once_the_same_bytes),
        CASE(an_empty_shard_and_a_row_too_long),
        CASE(any_flipped_bit_is_found),
        CASE(cut_or_exchanged_files_are_refused),
        CASE(verify_compares_with_what_was_recorded),
        CASE(rows_must_be_those_of_the_sidecar),
        CASE(scanning_needs_no_sidecar),
        CASE(no_room_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

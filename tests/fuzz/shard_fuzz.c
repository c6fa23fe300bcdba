/* shard_fuzz.c: whatever is in its two files, a shard is refused, or rows, sketches and verification end with
 * an answer.
 *
 * Input: 4 bytes, little endian: the length of the shard; the shard; the rest is the sidecar. Each is tried as
 * it is and once more with the sidecar's checksums and its word on the shard's size put right, so that a mutant
 * gets behind them. */
#include "out/shard_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[256], shard_path[300], side_path[300];

static void must(bool holds) {
    if (!holds) abort();
}

static void dir_remove(void) {
    unlink(shard_path);
    unlink(side_path);
    rmdir(dir);
}

static void dir_make(void) {
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/populace_fuzz_XXXXXX", base && *base ? base : P_tmpdir);
    must(mkdtemp(dir) != NULL);
    snprintf(shard_path, sizeof shard_path, "%s/shard-00000.jsonl.zst", dir);
    snprintf(side_path, sizeof side_path, "%s/shard-00000.sig", dir);
    atexit(dir_remove);
}

static void poke64(char *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[i] = (char)(v >> 8 * i);
}

static void sums_right(char *p, size_t n, size_t shard_bytes) {
    uint64_t sketches = get64(p + 184);
    if (sketches >= SIDECAR_HEAD && sketches <= n) {
        hash128 h = hash_128((str){p + SIDECAR_HEAD, sketches - SIDECAR_HEAD});
        poke64(p + 200, h.lo);
        poke64(p + 208, h.hi);
    }
    poke64(p + 40, shard_bytes);
    poke64(p + 248, hash_64((str){p, 248}, 0));
}

static bool row_seen(void *arg, str row) {
    *(uint64_t *)arg += row.n + (row.n ? (unsigned char)row.p[row.n - 1] : 0);
    return true;
}

static void read_all(void) {
    err e = {0};
    uint64_t seen = 0;
    shard *s = shard_open(dir, 0, &e);
    must(s || e.code == ERR_FORMAT);
    for (uint64_t i = 0; s && i < shard_rows(s) && i < 500; i++) {
        str row;
        char sketch[SHARD_SKETCH];
        if (shard_row(s, i, &row, &e))
            row_seen(&seen, row);
        else
            must(e.code == ERR_FORMAT && e.text[0]);
        shard_sketch(s, i, sketch, &e);
    }
    if (s && !shard_verify(s, NULL, &e)) must(e.code == ERR_FORMAT || e.code == ERR_VERIFY);
    shard_close(s);
    shard_scan(shard_path, row_seen, &seen, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!dir[0]) dir_make();
    if (size < 4) return 0;
    size_t n = get32(data) < size - 4 ? get32(data) : size - 4, side = size - 4 - n;
    char *copy = xmalloc(side + 1);
    err e = {0};
    memcpy(copy, data + 4 + n, side);
    must(file_replace(dir, "shard-00000.jsonl.zst", (str){(const char *)data + 4, n}, &e));
    must(file_replace(dir, "shard-00000.sig", (str){copy, side}, &e));
    read_all();
    if (side >= SIDECAR_HEAD) {
        sums_right(copy, side, n);
        must(file_replace(dir, "shard-00000.sig", (str){copy, side}, &e));
        read_all();
    }
    free(copy);
    return 0;
}

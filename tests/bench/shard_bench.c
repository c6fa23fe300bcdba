/* shard_bench.c: how fast rows are sealed into a shard, and read again. The rows are those of sealed shards.
 *
 *     shard_bench SHARD.jsonl.zst...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "out/out.h"

enum { ROWS = 8192, ROUNDS = 3 };

typedef struct rows {
    arena *mem;
    shard_item item[ROWS];
    size_t n;
    uint64_t bytes;
} rows;

/* The number behind the last `"key":`. */
static uint64_t member(str row, const char *key) {
    uint64_t v = 0;
    size_t at;
    for (str rest = row; str_find(rest, str_of(key), &at);) {
        rest = str_part(rest, at + strlen(key), rest.n);
        v = 0;
        for (size_t i = 0; i < rest.n && (unsigned)(rest.p[i] - '0') < 10; i++)
            v = v * 10 + (uint64_t)(rest.p[i] - '0');
    }
    return v;
}

static bool keep(void *arg, str row) {
    rows *r = arg;
    if (r->n == ROWS) return false;
    uint64_t slot = member(str_part(row, 0, row.n < 80 ? row.n : 80), "\"slot\":");
    uint32_t attempt = (uint32_t)member(row, "\"attempt\":");
    /* what else stands in a sidecar is of a fixed size: zeros cost what others cost */
    char *side = arena_alloc(r->mem, SHARD_HOT + SHARD_EXACT + SHARD_SKETCH);
    uint64_t who = slot << 16 | attempt;
    memcpy(side + SHARD_HOT - sizeof who, &who, sizeof who);
    r->item[r->n] = (shard_item){.row = str_dup(r->mem, row),
                                 .slot = slot,
                                 .pos = r->n,
                                 .attempt = attempt,
                                 .hot = side,
                                 .exact = side + SHARD_HOT,
                                 .sketch = side + SHARD_HOT + SHARD_EXACT};
    r->bytes += row.n + 1;
    r->n++;
    return true;
}

static double seconds_since(uint64_t start) {
    return (double)(clock_ns() - start) / 1e9;
}

static bool bench(const rows *r, const char *dir, err *e) {
    hash128 none = {0};
    shard_info info = {0};
    double seal = 1e9, read = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = clock_ns();
        if (!shard_seal(dir, 0, r->item, r->n, none, none, &info, e)) return false;
        if (seconds_since(start) < seal) seal = seconds_since(start);
        shard *s = shard_open(dir, 0, e);
        start = clock_ns();
        bool ok = s && shard_verify(s, &info, e);
        if (seconds_since(start) < read) read = seconds_since(start);
        shard_close(s);
        if (!ok) return false;
    }
    double mb = (double)r->bytes / 1e6;
    printf("%zu rows of %.1f KB: sealed at %.0f MB/s (with both syncs), read and verified at %.0f MB/s, ratio "
           "%.2f\n",
           r->n, mb * 1000 / (double)r->n, mb / seal, mb / read, (double)info.bytes / (double)info.zbytes);
    return true;
}

int main(int argc, char **argv) {
    rows *r = xcalloc(1, sizeof *r);
    char dir[] = "/tmp/shard_bench.XXXXXX", path[128], name[64];
    err e = {0};
    r->mem = arena_new(0);
    bool ok = argc > 1 && mkdtemp(dir) != NULL;
    for (int i = 1; i < argc && ok && r->n < ROWS; i++) ok = shard_scan(argv[i], keep, r, &e) || r->n == ROWS;
    ok = ok && r->n > 0 && bench(r, dir, &e);
    if (!ok) fprintf(stderr, "%s\n", e.text[0] ? e.text : "usage: shard_bench SHARD.jsonl.zst...");
    for (int sidecar = 0; sidecar < 2; sidecar++) {
        shard_name(0, sidecar, name);
        snprintf(path, sizeof path, "%s/%s", dir, name);
        unlink(path);
    }
    rmdir(dir);
    arena_free(r->mem);
    free(r);
    return ok ? 0 : 1;
}

/* corpus_fuzz.c: whatever the bytes of a foreign file, its records are found or it is refused; twice the same,
 * parsed or not; and what is handed over is either an object or has a fault.
 */
#include "out/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

typedef struct seen {
    uint64_t n, sum, line;
} seen;

static bool take(void *arg, const corpus_record *r) {
    seen *s = arg;
    must(r->line >= s->line && r->line >= 1);
    must(!r->value || r->value->kind == JSON_OBJECT);
    must(!r->value || !r->fault);
    must(r->bytes.n <= CORPUS_RECORD_MOST);
    s->line = r->line;
    s->n++;
    s->sum = rng_u64(s->sum, hash_64(r->bytes, 1), r->line, 0, 0);
    return true;
}

static bool walk(const char *path, bool parse, seen *s) {
    err e = {0};
    *s = (seen){0};
    bool fine = corpus_read(path, parse, take, s, &e);
    must(fine == (e.code == ERR_OK));
    return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const ends[] = {"", ".csv", ".jsonl"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        char path[128];
        const char *base = getenv("TMPDIR");
        seen a, b;
        snprintf(path, sizeof path, "%.90s/corpus_fuzz.%d%s", base ? base : "/tmp", (int)getpid(), ends[i]);
        FILE *f = fopen(path, "wb");
        must(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
        must(walk(path, true, &a) == walk(path, false, &b));
        must(a.n == b.n && a.sum == b.sum);
        unlink(path);
    }
    return 0;
}

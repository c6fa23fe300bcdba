/* sidecar_fuzz.c: whatever the bytes, a sidecar is refused or all that it says is in range. The bytes are read
 * as they are and once more with their checksums put right, so that a mutant gets behind them. */
#include "out/shard_parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static void poke64(char *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[i] = (char)(v >> 8 * i);
}

static void sums_right(char *p, size_t n) {
    uint64_t sketches = get64(p + 184);
    if (sketches >= SIDECAR_HEAD && sketches <= n) {
        hash128 h = hash_128((str){p + SIDECAR_HEAD, sketches - SIDECAR_HEAD});
        poke64(p + 200, h.lo);
        poke64(p + 208, h.hi);
    }
    poke64(p + 192, n);
    poke64(p + 248, hash_64((str){p, 248}, 0));
}

static void walk(const sidecar *s) {
    uint64_t seen = 0, slot, last = 0;
    uint32_t row, attempt;
    for (uint64_t k = 0; k < s->info.rows; k++) {
        sidecar_slot(s, k, &slot, &row, &attempt);
        must(row < s->info.rows && (k == 0 || slot > last) && slot >= s->info.slot_min &&
             slot <= s->info.slot_max);
        must(sidecar_find(s, slot) == row);
        uint64_t f = sidecar_frame(s, k);
        must(f < s->frames && sidecar_first(s, f) <= k && k < sidecar_first(s, f + 1));
        const unsigned char *hot = sidecar_hot(s, k), *exact = sidecar_exact(s, k);
        seen += (uint64_t)hot[0] + hot[SHARD_HOT - 1] + exact[0] + exact[SHARD_EXACT - 1];
        seen += sidecar_sketch_fits(s, k, s->warm + (s->sketches - SIDECAR_HEAD) + k * SHARD_SKETCH);
        last = slot;
    }
    must(sidecar_find(s, s->info.slot_max + 1) == UINT64_MAX || s->info.slot_max == UINT64_MAX);
    static volatile uint64_t sink;
    sink = seen;
    (void)sink;
}

static void read_all(const char *p, size_t n) {
    sidecar s;
    err e = {0};
    bool ok = sidecar_head_read((str){p, n < SIDECAR_HEAD ? n : SIDECAR_HEAD}, n, "fuzz.sig", &s, &e);
    ok = ok && sidecar_warm_read(&s, (str){p + SIDECAR_HEAD, s.sketches - SIDECAR_HEAD}, "fuzz.sig", &e);
    must(ok || (e.code == ERR_FORMAT && e.text[0]));
    if (ok) walk(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = xmalloc(size + 1);
    if (size) memcpy(copy, data, size);
    read_all(copy, size);
    if (size >= SIDECAR_HEAD) {
        sums_right(copy, size);
        read_all(copy, size);
    }
    free(copy);
    return 0;
}

/* hash.c: XXH3, and the text form of a 128-bit hash. */
#include "pipeline/base/base.h"

#include <xxhash.h>

uint64_t hash_64(str s, uint64_t seed) {
    return XXH3_64bits_withSeed(s.n ? s.p : "", s.n, seed);
}

hash128 hash_128(str s) {
    XXH128_hash_t h = XXH3_128bits(s.n ? s.p : "", s.n);
    return (hash128){h.low64, h.high64};
}

bool hash_eq(hash128 a, hash128 b) {
    return a.lo == b.lo && a.hi == b.hi;
}

void hash_hex(hash128 h, char out[33]) {
    for (unsigned i = 0; i < 32; i++) {
        uint64_t word = i < 16 ? h.hi : h.lo;
        out[i] = "0123456789abcdef"[word >> (60 - 4 * (i & 15)) & 15];
    }
    out[32] = 0;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hash_parse(str hex, hash128 *h) {
    if (hex.n != 32) return false;
    hash128 made = {0, 0};
    for (size_t i = 0; i < 32; i++) {
        int d = digit_of(hex.p[i]);
        if (d < 0) return false;
        uint64_t *word = i < 16 ? &made.hi : &made.lo;
        *word = *word << 4 | (unsigned)d;
    }
    *h = made;
    return true;
}

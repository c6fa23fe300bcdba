/* rng.c: counter-based random numbers: pure functions, no state, the same on every machine and thread.
 *
 * The five words are taken in one after the other by a bijection of 64 bits (xor-shift and multiply, constants
 * of P. Evensen's "moremur"), so two keys that differ in one word never give the same draw, and no value of a
 * word can wipe out the others, as it can where words are multiplied with each other.
 */
#include "pipeline/base/base.h"

static inline uint64_t mix(uint64_t x) {
    x ^= x >> 27;
    x *= 0x3C79AC492BA7B653u;
    x ^= x >> 33;
    x *= 0x1C69B3F74AC4AE35u;
    return x ^ x >> 27;
}

uint64_t rng_u64(uint64_t seed, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    uint64_t h = mix(seed + 0x9E3779B97F4A7C15u);
    h = mix((h ^ a) + 0xD1B54A32D192ED03u);
    h = mix((h ^ b) + 0x8CB92BA72F3D8DD7u);
    h = mix((h ^ c) + 0xABC98388FB8FAC03u);
    return mix((h ^ d) + 0x2545F4914F6CDD1Du);
}

/* Odd multiples of 2^-53: symmetric around 1/2, and the sum cannot round up to 1. */
double rng_unit(uint64_t r) {
    return (double)(r >> 11 | 1) * 0x1p-53;
}

uint64_t rng_below(uint64_t r, uint64_t n) {
    return (uint64_t)((unsigned __int128)r * n >> 64);
}

enum { ROUNDS = 8 };

/* One pass through the network over `low` + `high` bits: each round is its own inverse, so it is a permutation.
 */
static uint64_t feistel(uint64_t key, uint64_t x, unsigned low, unsigned high) {
    uint64_t low_mask = (1ull << low) - 1, high_mask = (1ull << high) - 1;
    uint64_t l = x & low_mask, h = x >> low;
    for (unsigned round = 0; round < ROUNDS; round += 2) {
        l ^= mix(mix(key + round) ^ h) & low_mask;
        h ^= mix(mix(key + round + 1) ^ l) & high_mask;
    }
    return h << low | l;
}

uint64_t rng_permute(uint64_t key, uint64_t i, uint64_t n) {
    if (n < 2) return 0;
    unsigned bits = 64 - (unsigned)__builtin_clzll(n - 1);
    unsigned low = (bits + 1) / 2;
    key = mix(key + 0x9E3779B97F4A7C15u);
    /* below 2n places, so that less than two passes are expected until one falls inside */
    do i = feistel(key, i, low, bits - low);
    while (i >= n);
    return i;
}

/* rng.c: counter-based random numbers: pure functions, no state, the same on every machine and thread.
 *
 * The five words are taken in one after the other by a bijection of 64 bits (xor-shift and multiply, constants
 * of P. Evensen's "moremur"), so two keys that differ in one word never give the same draw, and no value of a
 * word can wipe out the others, as it can where words are multiplied with each other.
 */
#include "pipeline/base/base.h"

#include <math.h>

static inline uint64_t mix(uint64_t x) {
    x ^= x >> 27;
    x *= 0x3C79AC492BA7B653u;
    x ^= x >> 33;
    x *= 0x1C69B3F74AC4AE35u;
    return x ^ x >> 27;
}

uint64_t rng_start(uint64_t seed, uint64_t a, uint64_t b) {
    uint64_t h = mix(seed + 0x9E3779B97F4A7C15u);
    h = mix((h ^ a) + 0xD1B54A32D192ED03u);
    return mix((h ^ b) + 0x8CB92BA72F3D8DD7u);
}

uint64_t rng_more(uint64_t start, uint64_t word) {
    return mix((start ^ word) + 0xABC98388FB8FAC03u);
}

uint64_t rng_u64(uint64_t seed, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    return mix((rng_more(rng_start(seed, a, b), c) ^ d) + 0x2545F4914F6CDD1Du);
}

/* Odd multiples of 2^-53: symmetric around 1/2, and the sum cannot round up to 1. */
double rng_unit(uint64_t r) {
    return (double)(r >> 11 | 1) * 0x1p-53;
}

uint64_t rng_below(uint64_t r, uint64_t n) {
    return (uint64_t)((unsigned __int128)r * n >> 64);
}

/* ---- permutations ---------------------------------------------------------------------------------------
 *
 * A Feistel network on the rows and columns of a rectangle that is nearly a square and nearly full: each half
 * moves by an amount that the other one and the key decide, so every round can be undone. What lands in the gap
 * at the end of the last row, at most one in sqrt(n), goes on until it lands outside. So many rounds that of
 * two elements the pair of places is even too: measured, the chi-square of pairs shows nothing at a million
 * keys. Several keys are worked on side by side, because a round is a chain of three multiplications.
 */

enum { LANES = 8 };

static uint32_t rounds_for(uint64_t n) {
    return n < 16 ? 14 : n < 512 ? 8 : 6;
}

rng_place rng_place_of(uint64_t i, uint64_t n) {
    uint64_t width = (uint64_t)sqrt((double)n);
    if (width < 2 && n > 1) width = 2;
    uint64_t rows = n / width + (n % width != 0);
    return (rng_place){width, rows, n - (rows - 1) * width, i % width, i / width, rounds_for(n)};
}

static inline uint64_t moved(uint64_t at, uint64_t by, uint64_t key, uint64_t n) {
    uint64_t x = (by + key) * 0x3C79AC492BA7B653u;
    at += rng_below((x ^ x >> 32) * 0x1C69B3F74AC4AE35u, n);
    return at < n ? at : at - n;
}

static inline void pass(const rng_place *p, const uint64_t *key, uint64_t *column, uint64_t *row,
                        size_t lanes) {
    for (uint64_t round = 0; round < p->rounds; round += 2)
        for (size_t i = 0; i < lanes; i++) {
            column[i] = moved(column[i], row[i], key[i] + round * 0x9E3779B97F4A7C15u, p->width);
            row[i] = moved(row[i], column[i], key[i] + (round + 1) * 0x9E3779B97F4A7C15u, p->rows);
        }
}

void rng_moves(const rng_place *p, const uint64_t *key, size_t keys, uint64_t *to) {
    uint64_t column[LANES], row[LANES];
    for (size_t from = 0; from < keys; from += LANES) {
        size_t lanes = keys - from < LANES ? keys - from : LANES;
        for (size_t i = 0; i < lanes; i++) column[i] = p->column, row[i] = p->row;
        if (lanes == LANES)
            pass(p, key + from, column, row, LANES); /* a known number of lanes: they stay in registers */
        else
            pass(p, key + from, column, row, lanes);
        for (size_t i = 0; i < lanes; i++) {
            while (row[i] == p->rows - 1 && column[i] >= p->last)
                pass(p, key + from + i, &column[i], &row[i], 1);
            to[from + i] = row[i] * p->width + column[i];
        }
    }
}

uint64_t rng_permute(uint64_t key, uint64_t i, uint64_t n) {
    rng_place p = rng_place_of(i, n);
    uint64_t to;
    key = mix(key + 0x9E3779B97F4A7C15u);
    rng_moves(&p, &key, 1, &to);
    return to;
}

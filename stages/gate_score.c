/* gate_score.c: how alike two sketches are, in whole numbers: cosines are compared by cross products, and
 * printed in thousandths, rounded down. A sketch has 512 places of at most 127, so a dot product stays below
 * 2^23. */
#include "stages/gate_parts.h"

typedef unsigned __int128 u128;

score score_of(const kernels *k, const gate_sketch *a, const gate_sketch *b) {
    return (score){k->dot(a, b), k->dot(a, a), k->dot(b, b)};
}

/* v is not negative but for a dot product of unlike ones, which counts as 0. */
static u128 wide(int64_t v) {
    return v > 0 ? (uint64_t)v : 0;
}

static u128 squared(int64_t v) {
    return wide(v) * wide(v);
}

bool score_above(const score *a, const score *b) {
    return squared(a->dot) * wide(b->other) > squared(b->dot) * wide(a->other);
}

bool score_reaches(const score *s, uint32_t milli) {
    return s->dot > 0 && squared(s->dot) * 1000000 >= (u128)milli * milli * wide(s->mine) * wide(s->other);
}

/* The greatest m with m <= 1000 dot / sqrt(mine other), by halving: the square root of a quotient of whole
 * numbers. */
uint32_t score_milli(const score *s) {
    uint32_t low = 0, high = 1000;
    while (low < high) {
        uint32_t mid = (low + high + 1) / 2;
        if (score_reaches(s, mid))
            low = mid;
        else
            high = mid - 1;
    }
    return low;
}

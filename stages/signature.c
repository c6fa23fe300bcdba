/* signature.c: from weighted features to what is stored of a persona.
 *
 * Signature: each feature has 256 random bits of its hash; bit i of the signature says whether the features
 * with bit i set outweigh the others. Two texts with cosine c differ in 256 acos(c)/pi bits (Charikar 2002).
 * Sketch: each feature adds its weight, with a random sign, to one of 512 places (Weinberger et al. 2009),
 * scaled so that the largest place is 127. Its cosine is that of the texts within about 0.03.
 */
#include "stages/gate_parts.h"

#include <string.h>

static inline uint64_t bits_of(uint64_t hash, uint64_t word) {
    uint64_t x = hash + (word + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

typedef struct batch {
    uint16_t bits[SIGN_BATCH][16];
    int16_t w[SIGN_BATCH];
    uint32_t n;
} batch;

static void put(batch *b, uint64_t hash, int16_t w) {
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t word = bits_of(hash, i);
        for (uint32_t j = 0; j < 4; j++) b->bits[b->n][4 * i + j] = (uint16_t)(word >> 16 * j);
    }
    b->w[b->n++] = w;
}

static void flush(const kernels *k, batch *b, int32_t acc[256]) {
    k->sign((const uint16_t(*)[16])b->bits, b->w, b->n, acc);
    b->n = 0;
}

/* Halves away from 0, so that a text and its mirror image scale alike. */
static void scale(const int32_t place[512], gate_sketch *out) {
    int64_t largest = 0;
    for (uint32_t i = 0; i < 512; i++) {
        int64_t v = place[i] < 0 ? -(int64_t)place[i] : place[i];
        if (v > largest) largest = v;
    }
    for (uint32_t i = 0; i < 512; i++) {
        int64_t v = place[i] < 0 ? -(int64_t)place[i] : place[i];
        int64_t small = largest ? (2 * 127 * v + largest) / (2 * largest) : 0;
        out->v[i] = (int8_t)(place[i] < 0 ? -small : small);
    }
}

void signature_make(const kernels *k, const idf *t, const features *f, uint64_t sig[4], gate_sketch *sketch) {
    int32_t acc[256] = {0}, place[512] = {0};
    int64_t total = 0;
    batch b = {.n = 0};
    for (uint32_t i = 0; i < f->n; i++) {
        int16_t w = idf_weigh(t, &f->row[i]);
        uint64_t h = f->row[i].hash;
        if (!w) continue;
        total += w;
        place[h & 511] += h >> 9 & 1 ? w : -w;
        put(&b, h, w);
        if (b.n == SIGN_BATCH) flush(k, &b, acc);
    }
    flush(k, &b, acc);
    memset(sig, 0, 4 * sizeof *sig);
    for (uint32_t i = 0; i < 256; i++)
        if (2 * (int64_t)acc[i] > total) sig[i / 64] |= 1ull << i % 64;
    scale(place, sketch);
}

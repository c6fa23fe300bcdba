/* gate_scan.c: the signatures of all accepted personas, word by word in blocks, and the exact scan over them.
 *
 * Radius: two texts at the threshold's cosine differ in 256 acos(c)/pi bits on average; 3.7 standard deviations
 * more let 99.98 % of such pairs through (76 bits for 0.80). The first 128 bits alone must be within 5 standard
 * deviations of their own mean (49 for 0.80; 3 pairs in 10 million fail), which spares half of the memory
 * traffic. What passes is verified, so a radius decides cost and misses, never a likeness. Both come from
 * tables: no arc cosine at run time.
 */
#include "stages/gate_parts.h"

#include <stdlib.h>
#include <string.h>

/* for cosines 0.30, 0.31, ... 1.00 */
static const uint8_t radius_of_256[71] = {
    132, 131, 130, 130, 129, 128, 127, 126, 125, 124, 123, 122, 121, 120, 119, 118, 117, 116,
    115, 114, 113, 112, 111, 110, 109, 108, 107, 106, 105, 104, 103, 101, 100, 99,  98,  97,
    96,  94,  93,  92,  91,  89,  88,  87,  85,  84,  82,  81,  79,  78,  76,  75,  73,  71,
    70,  68,  66,  64,  62,  60,  58,  55,  53,  50,  47,  44,  40,  36,  31,  24,  0};
static const uint8_t radius_of_128[71] = {
    79, 79, 78, 78, 77, 77, 76, 76, 76, 75, 75, 74, 74, 73, 73, 72, 71, 71, 70, 70, 69, 69, 68, 68,
    67, 67, 66, 65, 65, 64, 64, 63, 62, 62, 61, 60, 60, 59, 58, 58, 57, 56, 56, 55, 54, 53, 52, 52,
    51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 38, 37, 35, 34, 32, 30, 28, 25, 22, 18, 0};

void scan_init(scan *s, const kernels *k, uint32_t threshold_milli, bool has_words) {
    uint32_t at = threshold_milli < 300 ? 0 : threshold_milli > 1000 ? 70 : (threshold_milli - 300) / 10;
    *s = (scan){.k = k, .has_words = has_words, .radius = radius_of_256[at], .radius_half = radius_of_128[at]};
}

void scan_free(scan *s) {
    for (size_t i = 0; i < s->blocks; i++) {
        free(s->block[i]->words);
        free(s->block[i]);
    }
    free(s->block);
}

static scan_block *block_for(scan *s) {
    size_t at = (size_t)(s->n / SCAN_BLOCK);
    if (at < s->blocks) return s->block[at];
    if (s->blocks == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->block = xrealloc(s->block, s->cap * sizeof *s->block);
    }
    scan_block *b = xmalloc(sizeof *b);
    b->words = s->has_words ? xcalloc(SCAN_BLOCK, sizeof *b->words) : NULL;
    return s->block[s->blocks++] = b;
}

void scan_add(scan *s, const gate_hot *hot, const uint64_t words[9]) {
    scan_block *b = block_for(s);
    size_t i = (size_t)(s->n % SCAN_BLOCK);
    for (size_t k = 0; k < 4; k++) b->sig[k][i] = hot->sig[k];
    b->exact[i] = hot->exact;
    b->slot_attempt[i] = hot->slot_attempt;
    if (b->words) memcpy(b->words[i], words, sizeof b->words[i]);
    s->n++;
}

void scan_set_signature(scan *s, uint64_t index, const uint64_t sig[4]) {
    scan_block *b = s->block[index / SCAN_BLOCK];
    for (size_t k = 0; k < 4; k++) b->sig[k][index % SCAN_BLOCK] = sig[k];
}

gate_hot scan_hot(const scan *s, uint64_t index) {
    const scan_block *b = s->block[index / SCAN_BLOCK];
    size_t i = (size_t)(index % SCAN_BLOCK);
    gate_hot hot = {.exact = b->exact[i], .slot_attempt = b->slot_attempt[i]};
    for (size_t k = 0; k < 4; k++) hot.sig[k] = b->sig[k][i];
    return hot;
}

const uint64_t *scan_words(const scan *s, uint64_t index) {
    const scan_block *b = s->block[index / SCAN_BLOCK];
    return b->words ? b->words[index % SCAN_BLOCK] : NULL;
}

static uint32_t held(const scan *s, size_t block) {
    uint64_t left = s->n - (uint64_t)block * SCAN_BLOCK;
    return left < SCAN_BLOCK ? (uint32_t)left : SCAN_BLOCK;
}

static uint32_t distance(const scan_block *b, uint32_t i, const uint64_t sig[4]) {
    int d = 0;
    for (size_t k = 0; k < 4; k++) d += __builtin_popcountll(b->sig[k][i] ^ sig[k]);
    return (uint32_t)d;
}

bool scan_near(const scan *s, const uint64_t sig[4], bool (*each)(void *arg, uint64_t index), void *arg) {
    uint16_t hit[SCAN_BLOCK];
    for (size_t at = 0; at < s->blocks; at++) {
        const scan_block *b = s->block[at];
        uint64_t first = (uint64_t)at * SCAN_BLOCK;
        uint32_t hits = s->k->near(b->sig[0], b->sig[1], held(s, at), sig, s->radius_half, hit);
        for (uint32_t i = 0; i < hits; i++)
            if (distance(b, hit[i], sig) <= s->radius && !each(arg, first + hit[i])) return false;
    }
    return true;
}

uint64_t scan_exact(const scan *s, uint64_t exact, uint64_t within) {
    for (size_t at = 0; at < s->blocks; at++) {
        const scan_block *b = s->block[at];
        for (uint32_t i = 0, n = held(s, at); i < n; i++)
            if (b->exact[i] == exact && (!b->words || b->words[i][8] == within))
                return (uint64_t)at * SCAN_BLOCK + i;
    }
    return UINT64_MAX;
}

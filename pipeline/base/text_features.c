/* text_features.c: what a text consists of when it is compared: words, pairs of neighbouring words and, inside
 * words, runs of 3 to 5 characters; in scripts without spaces each character is a word, so that there it is
 * characters and pairs. And what each says: rare ones weigh more.
 *
 * Silent words give no features. A pair is silent if both its words are, or if a text that was silenced has
 * that very pair; of characters only the latter counts, since a page of prompts holds most common characters.
 *
 * Rarity is floor(sqrt(16 L)), L = floor(256 log2((documents + 1) / (df + 1))), at most 255, with df the number
 * of documents with the feature. The root, because a cosine multiplies two weights: with the logarithm itself a
 * few rare words outvote all others, and of copies in which every fifth word was changed fewer than two in
 * three reach 0.80 (English prose of 220 words, 400 texts; with the root nine in ten do, and distinct texts lie
 * at 0.10 on average).
 */
#include "pipeline/base/base.h"

#include <stdlib.h>
#include <string.h>

static inline uint64_t stir(uint64_t x) {
    x ^= x >> 31;
    x *= 0x7FB5D329728EA185u;
    x ^= x >> 27;
    x *= 0x81DADEF4BC2DD44Du;
    return x ^ x >> 33;
}

static uint64_t hash_word(str word) {
    return hash_64(word, 1);
}

static uint64_t hash_pair(uint64_t a, uint64_t b) {
    return stir(stir(a + 0x632BE59BD9B4E019u) ^ b);
}

static bool is_dense(str word) {
    size_t at = 0;
    return (unsigned char)word.p[0] >= 0x80 && text_dense(text_next(word, &at));
}

/* ---- silent words ---------------------------------------------------------------------------- */

struct silent_words {
    u64map *hash; /* of words and of pairs */
};

silent_words *silent_new(str language) {
    silent_words *s = xcalloc(1, sizeof *s);
    s->hash = u64map_new(1024);
    str word, rest = function_words(language);
    while (rest.n) {
        str_cut(rest, ' ', &word, &rest);
        u64map_put(s->hash, hash_word(word), 1);
    }
    return s;
}

void silent_add(silent_words *s, str text) {
    arena *a = arena_new(0);
    str folded = text_fold(a, text);
    span *w;
    size_t n = text_words(folded, a, &w);
    uint64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t h = hash_word((str){folded.p + w[i].at, w[i].n});
        u64map_put(s->hash, h, 1);
        if (i) u64map_put(s->hash, hash_pair(before, h), 1);
        before = h;
    }
    arena_free(a);
}

void silent_free(silent_words *s) {
    if (!s) return;
    u64map_free(s->hash);
    free(s);
}

static bool is_silent(const silent_words *s, uint64_t hash) {
    return u64map_get(s->hash, hash, NULL);
}

/* ---- features -------------------------------------------------------------------------------- */

void features_free(features *f) {
    free(f->row);
    free(f->place);
    *f = (features){0};
}

/* Room for all that a text of so many bytes can hold, at most half full. */
static void make_room(features *f, size_t bytes) {
    uint64_t most = (uint64_t)bytes * 4 + 16;
    uint32_t places = 1024;
    while (places < 2 * most && places < 2 * FEATURES_MAX) places *= 2;
    if (places > f->places) {
        free(f->place);
        free(f->row);
        f->places = places;
        f->cap = places / 2;
        f->place = xmalloc(sizeof *f->place * places);
        f->row = xmalloc(sizeof *f->row * f->cap);
    }
    memset(f->place, 0, sizeof *f->place * f->places);
    f->n = 0;
}

static uint32_t *place_of(const features *f, uint64_t hash) {
    uint32_t mask = f->places - 1, i = (uint32_t)(hash >> 20) & mask;
    while (f->place[i] && f->row[f->place[i] - 1].hash != hash) i = (i + 1) & mask;
    return &f->place[i];
}

static void add(features *f, uint64_t hash, feature_kind what, bool telling, uint32_t at, uint32_t n) {
    uint32_t *place = place_of(f, hash);
    if (*place) {
        feature *there = &f->row[*place - 1];
        there->times = (uint16_t)(there->times + (there->times < UINT16_MAX));
    } else if (f->n < f->cap) {
        f->row[f->n] = (feature){hash, at, n, 1, (uint8_t)what, telling};
        *place = ++f->n;
    }
}

const feature *features_find(const features *f, uint64_t hash) {
    if (!f->n) return NULL;
    uint32_t place = *place_of(f, hash);
    return place ? &f->row[place - 1] : NULL;
}

/* Runs of 3, 4 and 5 characters that begin at each character of a word. */
static void add_grams(features *f, str word) {
    uint64_t cp[5] = {0}; /* the last five, newest last */
    size_t at = 0;
    for (unsigned seen = 1; at < word.n; seen++) {
        memmove(cp, cp + 1, sizeof cp - sizeof *cp);
        cp[4] = text_next(word, &at);
        if (seen < 3) continue;
        uint64_t h = stir(cp[4] | cp[3] << 21 | cp[2] << 42);
        add(f, h, FEATURE_GRAM, false, 0, 0);
        for (unsigned more = 2; more-- && seen >= 5 - more;) {
            h = stir(h ^ (cp[more] + 0x9E3779B97F4A7C15u));
            add(f, h, FEATURE_GRAM, false, 0, 0);
        }
    }
}

typedef struct token {
    uint64_t hash;
    uint32_t at, n;
    bool silent, dense;
} token;

static void add_pair(features *f, const silent_words *s, const token *a, const token *b) {
    bool dense = a->dense && b->dense;
    if (!dense && a->silent && b->silent) return;
    uint64_t h = hash_pair(a->hash, b->hash);
    if (is_silent(s, h)) return;
    bool telling = dense || (!a->silent && !b->silent);
    add(f, h, FEATURE_PAIR, telling, a->at, b->at + b->n - a->at);
}

static void read_field(features *f, const silent_words *s, str text, uint32_t from, uint32_t to) {
    token before = {0};
    while (from < to) {
        const char *blank = memchr(text.p + from, ' ', to - from);
        uint32_t end = blank ? (uint32_t)(blank - text.p) : to;
        str word = str_part(text, from, end);
        if (word.n) {
            token t = {hash_word(word), from, end - from, false, is_dense(word)};
            t.silent = is_silent(s, t.hash);
            if (!t.silent) add(f, t.hash, FEATURE_WORD, !t.dense, t.at, t.n);
            if (!t.silent && !t.dense) add_grams(f, word);
            if (before.n) add_pair(f, s, &before, &t);
            before = t;
        }
        from = end + 1;
    }
}

void features_read(features *f, const silent_words *s, str text) {
    make_room(f, text.n);
    for (size_t from = 0; from < text.n && text.n < UINT32_MAX;) {
        const char *line = memchr(text.p + from, '\n', text.n - from);
        size_t end = line ? (size_t)(line - text.p) : text.n;
        read_field(f, s, text, (uint32_t)from, (uint32_t)end);
        from = end + 1;
    }
}

/* ---- weights --------------------------------------------------------------------------------- */

/* 16 (1 + ln n) of how often a feature occurs in a text */
static const uint8_t damped[17] = {0, 16, 27, 34, 38, 42, 45, 47, 49, 51, 53, 54, 56, 57, 58, 59, 60};

static uint32_t root(uint32_t x) {
    uint32_t r = 0;
    for (uint32_t bit = 1u << 8; bit; bit >>= 1)
        if ((r + bit) * (r + bit) <= x) r += bit;
    return r;
}

uint8_t feature_rarity(uint64_t documents, uint32_t df) {
    uint32_t all = documents < UINT32_MAX - 1 ? (uint32_t)documents + 1 : UINT32_MAX;
    uint32_t some = df < all ? df + 1 : all;
    uint32_t w = root(16 * (num_log2_q8(all) - num_log2_q8(some)));
    return (uint8_t)(w < 255 ? w : 255);
}

/* A pair weighs a quarter: nearly all pairs are rare, and one changed word breaks two of them. */
int16_t feature_weigh(const feature *f, uint8_t rarity) {
    uint32_t often = f->times < COUNT_OF(damped) ? f->times : COUNT_OF(damped) - 1;
    return (int16_t)((uint32_t)rarity * damped[often] >> (f->kind == FEATURE_PAIR ? 7 : 5));
}

/* taxon_alike.c: how near two names are: the cosine of their folded words and of the runs of three characters
 * within these, a word counting as three runs. Whole numbers but for one square root, so the same everywhere.
 *
 * Pairs are found through features that few names share: one that more than SAME_MOST have tells nothing and
 * would make the cost quadratic. Names that have only such features in common are not found, nor what stands
 * behind the first PAIRS_MOST pairs with one in common, which only a hostile list of names has.
 */
#include "taxonomy/taxon_parts.h"

#include <math.h>
#include <stdlib.h>

enum { WORD_WEIGHT = 3, FEATURES_MOST = 1024, PAIRS_MOST = 4 << 20 };

static int hash_cmp(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Runs of three characters of "^word$". */
static void grams_add(str word, uint64_t *f, uint32_t *n) {
    uint32_t a = 0, b = '^';
    size_t at = 0;
    bool more = true;
    while (more && *n < FEATURES_MOST) {
        more = at < word.n;
        uint32_t c = more ? text_next(word, &at) : '$';
        uint32_t key[3] = {a, b, c};
        if (a) f[(*n)++] = hash_64((str){(const char *)key, sizeof key}, 3);
        a = b;
        b = c;
    }
}

name_print name_print_of(arena *mem, str name) {
    fold_words w = fold_words_of(mem, name);
    uint64_t f[FEATURES_MOST + 8];
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.n && n + WORD_WEIGHT < FEATURES_MOST; i++) {
        for (int k = 0; k < WORD_WEIGHT; k++) f[n++] = hash_64(w.word[i], 1);
        grams_add(w.word[i], f, &n);
    }
    qsort(f, n, sizeof *f, hash_cmp);
    name_print l = {.feature = arena_new_of(mem, uint64_t, n + 1),
                    .weight = arena_new_of(mem, uint16_t, n + 1)};
    for (uint32_t i = 0; i < n; i++) {
        if (!l.n || l.feature[l.n - 1] != f[i]) l.feature[l.n++] = f[i];
        l.weight[l.n - 1]++;
    }
    for (uint32_t i = 0; i < l.n; i++) l.square += (uint64_t)l.weight[i] * l.weight[i];
    return l;
}

uint32_t name_print_milli(const name_print *a, const name_print *b) {
    uint64_t dot = 0;
    for (uint32_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->feature[i] < b->feature[j])
            i++;
        else if (a->feature[i] > b->feature[j])
            j++;
        else
            dot += (uint64_t)a->weight[i++] * b->weight[j++];
    }
    if (!dot) return 0;
    return (uint32_t)((double)dot * 1000.0 / sqrt((double)a->square * (double)b->square) + 0.5);
}

/* ---- pairs ---------------------------------------------------------------------------------------------- */

typedef struct posting {
    uint64_t feature;
    uint32_t name;
} posting;

static int posting_cmp(const void *a, const void *b) {
    const posting *x = a, *y = b;
    if (x->feature != y->feature) return x->feature < y->feature ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

static int pair_cmp(const void *a, const void *b) {
    const alike_pair *x = a, *y = b;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* What pairs have been looked at; grows, so malloc'ed until it is handed over. */
typedef struct pairing {
    const name_print *of;
    uint32_t least;
    u64map *seen;
    alike_pair *pair;
    uint32_t n, cap;
} pairing;

static void pair_try(pairing *k, uint32_t a, uint32_t b) {
    if (u64map_size(k->seen) >= PAIRS_MOST || !u64map_put(k->seen, (uint64_t)a << 32 | b, 1)) return;
    uint32_t milli = name_print_milli(&k->of[a], &k->of[b]);
    if (milli < k->least) return;
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 64;
        k->pair = xrealloc(k->pair, k->cap * sizeof *k->pair);
    }
    k->pair[k->n++] = (alike_pair){a, b, milli};
}

uint32_t alike_pairs(arena *mem, const str *name, uint32_t names, uint32_t least_milli, alike_pair **out) {
    name_print *of = arena_new_of(mem, name_print, names + 1);
    size_t total = 0;
    for (uint32_t i = 0; i < names; i++) {
        of[i] = name_print_of(mem, name[i]);
        total += of[i].n;
    }
    posting *p = xmalloc((total + 1) * sizeof *p);
    size_t n = 0;
    for (uint32_t i = 0; i < names; i++)
        for (uint32_t k = 0; k < of[i].n; k++) p[n++] = (posting){of[i].feature[k], i};
    qsort(p, n, sizeof *p, posting_cmp);
    pairing k = {.of = of, .least = least_milli, .seen = u64map_new(names)};
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && p[to].feature == p[from].feature;) to++;
        for (size_t i = from; to - from <= SAME_MOST && i < to; i++)
            for (size_t j = i + 1; j < to; j++) pair_try(&k, p[i].name, p[j].name);
    }
    free(p);
    u64map_free(k.seen);
    if (k.n) qsort(k.pair, k.n, sizeof *k.pair, pair_cmp);
    *out = arena_dup(mem, k.pair, k.n * sizeof *k.pair);
    free(k.pair);
    return k.n;
}

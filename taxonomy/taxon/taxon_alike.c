/* taxon_alike.c: how near two names are: what their words have in common, of all that they have. Words are
 * folded ones; each goes with one of the other name that it is, or that is spelt much like it and begins the
 * same: "favorite music" is near "favourite music", but "mother's work" is not near "father's work", nor "job
 * experience" near "experience". Whole numbers throughout, so the same everywhere.
 *
 * Pairs are found through words, and runs of three characters, that few names share: one that more than
 * SAME_MOST have tells nothing and would make the cost quadratic. Names that have only such in common are not
 * found, nor what comes when so many letters have been compared as only a hostile list of names has.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdlib.h>

enum {
    FEATURES_MOST = 1024,
    PAIRS_MOST = 4 << 20,
    WORDS_MOST = 16,   /* of a name; what stands behind is not compared */
    LETTERS_LEAST = 4, /* of a word; shorter and longer ones are the same, or not */
    LETTERS_BEGIN = 3, /* these are the same */
    LETTERS_MOST = 48,
    WORD_LEAST = 700 /* letters in common, in thousandths, of words that count as one */
};
static const uint64_t work_most = 1u << 30;

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

static letters letters_of(arena *mem, str word) {
    letters l = {arena_new_of(mem, uint32_t, word.n + 1), 0};
    for (size_t at = 0; at < word.n;) l.at[l.n++] = text_next(word, &at);
    return l;
}

name_print name_print_of(arena *mem, str name) {
    fold_words w = fold_words_of(mem, name);
    uint64_t f[FEATURES_MOST + 8];
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.n && n < FEATURES_MOST; i++) {
        f[n++] = hash_64(w.word[i], 1);
        grams_add(w.word[i], f, &n);
    }
    qsort(f, n, sizeof *f, hash_cmp);
    name_print l = {.feature = arena_new_of(mem, uint64_t, n + 1),
                    .words = w.n < WORDS_MOST ? w.n : WORDS_MOST,
                    .word = arena_new_of(mem, letters, w.n + 1)};
    for (uint32_t i = 0; i < n; i++)
        if (!l.n || l.feature[l.n - 1] != f[i]) l.feature[l.n++] = f[i];
    for (uint32_t i = 0; i < l.words; i++) {
        l.word[i] = letters_of(mem, w.word[i]);
        l.letters += l.word[i].n;
    }
    return l;
}

/* ---- two names ------------------------------------------------------------------------------------------ */

static int letters_cmp(const letters *a, const letters *b) {
    for (uint32_t i = 0; i < a->n && i < b->n; i++)
        if (a->at[i] != b->at[i]) return a->at[i] < b->at[i] ? -1 : 1;
    return (a->n > b->n) - (a->n < b->n);
}

/* The longest row of letters that both have in order, not side by side. */
static uint32_t letters_common(const letters *a, const letters *b) {
    uint32_t row[LETTERS_MOST + 1] = {0};
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t left_above = 0;
        for (uint32_t j = 0; j < b->n; j++) {
            uint32_t above = row[j + 1];
            if (a->at[i] == b->at[j])
                row[j + 1] = left_above + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            left_above = above;
        }
    }
    return row[b->n];
}

static uint32_t word_milli(const letters *a, const letters *b) {
    if (letters_cmp(a, b) == 0) return 1000;
    if (a->n < LETTERS_LEAST || b->n < LETTERS_LEAST || a->n > LETTERS_MOST || b->n > LETTERS_MOST) return 0;
    for (uint32_t i = 0; i < LETTERS_BEGIN; i++)
        if (a->at[i] != b->at[i]) return 0;
    uint32_t milli = 2000 * letters_common(a, b) / (a->n + b->n);
    return milli < WORD_LEAST ? 0 : milli;
}

/* An order of names, so that two of them are compared the same way round. */
static bool comes_first(const name_print *a, const name_print *b) {
    if (a->words != b->words) return a->words < b->words;
    int order = 0;
    for (uint32_t i = 0; i < a->words && !order; i++) order = letters_cmp(&a->word[i], &b->word[i]);
    return order < 0;
}

/* The best match left of [n][WORDS_MOST], whose words then are taken; 0: none. */
static uint32_t best_take(uint32_t milli[][WORDS_MOST], uint32_t n, uint32_t m) {
    uint32_t best = 0, x = 0, y = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < m; j++)
            if (milli[i][j] > best) {
                best = milli[i][j];
                x = i;
                y = j;
            }
    for (uint32_t j = 0; j < m; j++) milli[x][j] = 0;
    for (uint32_t i = 0; i < n; i++) milli[i][y] = 0;
    return best;
}

uint32_t name_print_milli(const name_print *a, const name_print *b) {
    if (comes_first(b, a)) return name_print_milli(b, a);
    uint32_t milli[WORDS_MOST][WORDS_MOST], sum = 0, best;
    if (!a->words || !b->words) return 0;
    for (uint32_t i = 0; i < a->words; i++)
        for (uint32_t j = 0; j < b->words; j++) milli[i][j] = word_milli(&a->word[i], &b->word[j]);
    while ((best = best_take(milli, a->words, b->words))) sum += best;
    return (2 * sum + (a->words + b->words) / 2) / (a->words + b->words);
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
    uint64_t work; /* letters compared */
} pairing;

static void pair_try(pairing *k, uint32_t a, uint32_t b) {
    if (k->work > work_most || u64map_size(k->seen) >= PAIRS_MOST) return;
    if (!u64map_put(k->seen, (uint64_t)a << 32 | b, 1)) return;
    k->work += (uint64_t)k->of[a].letters * k->of[b].letters;
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

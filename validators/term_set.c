/* term_set.c: terms compiled for one pass over a text.
 *
 * A term is a row of folded words, of which the last may be open (`*`: any ending). Closed terms are found by
 * the hash of their first word; terms of one open word by the first bytes of the word. A word that ends in 's
 * is also tried without. Words of a term stand together in the text (words_adjacent), unless the term itself
 * has other signs between them. A term without any letter or digit is looked for as it is written. Of
 * overlapping hits the longest stays, of equally long ones the first; terms that cover the same words all stay.
 */
#include "validators/rule_parts.h"

#include <stdlib.h>
#include <string.h>

#define NO_TERM UINT32_MAX
#define HEAD    3u /* bytes of word_head */

typedef struct term {
    str *word;
    uint32_t words, id, next, start; /* start: its row of those */
    bool open, loose;                /* loose: other signs than blanks between its words */
    str sign;                        /* a term without words */
    uint64_t hash, second;           /* of its first word; of its second, 0 if that is open or not there */
} term;

/* A first word, closed or open: where in a text it may stand is asked of the text's index. */
typedef struct start {
    uint64_t hash;    /* 0: an open one */
    uint64_t seconds; /* bits of the second words that its terms go on with; all: one may go on with any */
    uint32_t head, chain;
} start;

struct term_set {
    arena *mem, *scratch; /* scratch: until it is sealed */
    term *row;
    uint32_t rows, cap;
    uint32_t *first, mask; /* closed ones, and open ones of several words, by the hash of the first word */
    uint32_t *open, short_open, signs; /* by word_head; open words shorter than that; terms without words */
    bool any_open;
    start *start;
    uint32_t starts;
};

term_set *term_set_new(arena *mem) {
    term_set *s = arena_new_of(mem, term_set, 1);
    s->mem = mem;
    s->scratch = arena_new(4096);
    return s;
}

void term_set_add(term_set *s, str text, uint32_t id) {
    term t = {.id = id, .next = NO_TERM};
    text = str_trim(text);
    t.open = text.n > 1 && text.p[text.n - 1] == '*';
    if (t.open) text.n--;
    if (!text.n) return;
    arena_reset(s->scratch);
    reading *r = reading_new(text, s->scratch);
    t.word = arena_new_of(s->mem, str, r->words + 1);
    for (; t.words < r->words; t.words++) t.word[t.words] = str_dup(s->mem, r->fold[t.words]);
    if (t.words)
        t.hash = r->hash[0];
    else
        t.sign = str_dup(s->mem, text);
    if (t.words > 2 || (t.words == 2 && !t.open)) t.second = r->hash[1];
    for (uint32_t i = 0; i + 1 < t.words; i++) t.loose = t.loose || !words_adjacent(r, i);
    if (s->rows == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 16;
        term *more = arena_new_of(s->mem, term, s->cap);
        if (s->rows) memcpy(more, s->row, s->rows * sizeof *more);
        s->row = more;
    }
    s->row[s->rows++] = t;
}

static uint64_t second_bits(uint64_t second) {
    return second ? (uint64_t)1 << (second & 63) : UINT64_MAX;
}

/* chain: the terms sealed so far that may begin as t does. */
static void start_add(term_set *s, term *t, bool open, uint32_t chain) {
    start x = {open ? 0 : t->hash, second_bits(t->second), word_head(t->word[0]), 0};
    t->start = s->starts;
    for (; chain != NO_TERM; chain = s->row[chain].next) {
        const term *other = &s->row[chain];
        if (open ? word_head(other->word[0]) != x.head : other->hash != x.hash) continue;
        t->start = other->start;
        s->start[t->start].seconds |= x.seconds;
        return;
    }
    x.chain = word_chain(x.hash, x.head);
    s->start[s->starts++] = x;
}

void term_set_seal(term_set *s) {
    uint32_t size = 64;
    arena_free(s->scratch);
    s->scratch = NULL;
    while (size < s->rows * 4) size *= 2;
    s->mask = size - 1;
    s->first = arena_new_of(s->mem, uint32_t, size);
    s->open = arena_new_of(s->mem, uint32_t, size);
    s->start = arena_new_of(s->mem, start, s->rows + 1);
    memset(s->first, 0xFF, size * sizeof *s->first);
    memset(s->open, 0xFF, size * sizeof *s->open);
    s->short_open = s->signs = NO_TERM;
    for (uint32_t i = s->rows; i-- > 0;) {
        term *t = &s->row[i];
        uint32_t *chain = &s->first[t->hash & s->mask];
        if (!t->words)
            chain = &s->signs;
        else if (t->open && t->words == 1)
            chain = t->word[0].n < HEAD ? &s->short_open : &s->open[word_head(t->word[0]) & s->mask];
        bool open = t->open && t->words == 1;
        s->any_open = s->any_open || open;
        if (chain != &s->signs && chain != &s->short_open) start_add(s, t, open, *chain);
        t->next = *chain;
        *chain = i;
    }
}

/* ---- hits ----------------------------------------------------------------------------------------------- */

typedef struct hits {
    const term_set *s;
    const reading *t;
    arena *mem;
    term_hit *row;
    size_t n, cap;
} hits;

static void hit_add(hits *h, const term *t, uint32_t word, uint32_t words, span at) {
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 16;
        term_hit *more = arena_new_of(h->mem, term_hit, h->cap);
        if (h->n) memcpy(more, h->row, h->n * sizeof *more);
        h->row = more;
    }
    h->row[h->n++] = (term_hit){t->id, word, words, at};
}

static bool is_word(const term *t, uint32_t k, str w) {
    if (t->open && k + 1 == t->words) return w.n >= t->word[k].n && !memcmp(w.p, t->word[k].p, t->word[k].n);
    if (str_eq(w, t->word[k])) return true;
    return k + 1 == t->words && word_owns(w) && str_eq((str){w.p, w.n - 2}, t->word[k]);
}

/* first: hash of the first word; 0 where that is open. */
static void try_chain(hits *h, uint32_t at, uint32_t i, uint64_t first) {
    const reading *r = h->t;
    for (; at != NO_TERM; at = h->s->row[at].next) {
        const term *t = &h->s->row[at];
        if ((first && t->hash != first) || i + t->words > r->words) continue;
        if (t->second && r->hash[i + 1] != t->second && !word_owns(r->fold[i + 1])) continue;
        uint32_t k = 0;
        while (k < t->words && is_word(t, k, r->fold[i + k]) &&
               (!k || t->loose || words_adjacent(r, i + k - 1)))
            k++;
        if (k < t->words) continue;
        uint32_t from = r->word[i].at, last = i + t->words - 1;
        hit_add(h, t, i, t->words, (span){from, r->word[last].at + r->word[last].n - from});
    }
}

static void try_word(hits *h, uint32_t i) {
    const term_set *s = h->s;
    str w = h->t->fold[i];
    uint64_t hash = h->t->hash[i];
    uint32_t at = s->first[hash & s->mask];
    if (at != NO_TERM) try_chain(h, at, i, hash);
    if (word_owns(w)) {
        hash = word_hash((str){w.p, w.n - 2});
        try_chain(h, s->first[hash & s->mask], i, hash);
    }
    if (!s->any_open) return;
    if (h->t->head[i]) try_chain(h, s->open[h->t->head[i] & s->mask], i, 0);
    try_chain(h, s->short_open, i, 0);
}

/* Word by word of the text. */
static void try_words(hits *h) {
    for (uint32_t i = 0; i < h->t->words; i++) try_word(h, i);
}

/* Whether the word behind may go on as a term of the start does. */
static bool may_go_on(const start *k, const reading *t, uint32_t word) {
    if (k->seconds == UINT64_MAX) return true;
    return word + 1 < t->words &&
           ((k->seconds & second_bits(t->hash[word + 1])) || word_owns(t->fold[word + 1]));
}

/* The same hits in another order, first word by first word of the set. */
static void try_starts(hits *h) {
    const term_set *s = h->s;
    const reading *t = h->t;
    const word_index *x = t->index;
    for (const start *k = s->start; k < s->start + s->starts; k++)
        for (uint32_t at = x->first[k->chain & x->mask]; at; at = x->next[at - 1]) {
            if (k->hash ? t->hash[at - 1] != k->hash : t->head[at - 1] != k->head) continue;
            if (k->hash && may_go_on(k, t, at - 1))
                try_chain(h, s->first[k->hash & s->mask], at - 1, k->hash);
            else if (!k->hash)
                try_chain(h, s->open[k->head & s->mask], at - 1, 0);
        }
    for (const word_stem *k = x->stem; k; k = k->next)
        try_chain(h, s->first[k->hash & s->mask], k->word, k->hash);
    for (uint32_t i = 0; s->short_open != NO_TERM && i < t->words; i++) try_chain(h, s->short_open, i, 0);
}

static void try_signs(hits *h) {
    for (uint32_t at = h->s->signs; at != NO_TERM; at = h->s->row[at].next) {
        str sign = h->s->row[at].sign;
        size_t from = 0, found;
        uint32_t word = 0;
        for (; str_find(str_part(h->t->text, from, h->t->text.n), sign, &found); from += found + sign.n) {
            while (word < h->t->words && h->t->word[word].at < from + found) word++;
            hit_add(h, &h->s->row[at], word, 0, (span){(uint32_t)(from + found), (uint32_t)sign.n});
        }
    }
}

static int longest_first(const void *left, const void *right) {
    const term_hit *a = left, *b = right;
    if (a->at.n != b->at.n) return a->at.n > b->at.n ? -1 : 1;
    if (a->at.at != b->at.at) return a->at.at < b->at.at ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int in_text_order(const void *left, const void *right) {
    const term_hit *a = left, *b = right;
    if (a->at.at != b->at.at) return a->at.at < b->at.at ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static size_t without_overlaps(hits *h) {
    bool *taken = arena_new_of(h->mem, bool, h->t->words + 1);
    size_t kept = 0;
    qsort(h->row, h->n, sizeof *h->row, longest_first);
    for (size_t i = 0; i < h->n; i++) {
        const term_hit *x = &h->row[i], *last = kept ? &h->row[kept - 1] : NULL;
        bool same = last && last->at.at == x->at.at && last->at.n == x->at.n, vacant = true;
        if (same && last->id == x->id) continue;
        for (uint32_t k = 0; k < x->words; k++) vacant = vacant && !taken[x->word + k];
        if (!vacant && !same) continue;
        for (uint32_t k = 0; k < x->words; k++) taken[x->word + k] = true;
        h->row[kept++] = *x;
    }
    qsort(h->row, kept, sizeof *h->row, in_text_order);
    return kept;
}

size_t term_set_find(const term_set *s, const reading *t, arena *mem, term_hit **out) {
    hits h = {.s = s, .t = t, .mem = mem};
    if (t->index->first && s->starts < 2 * t->words)
        try_starts(&h);
    else if (s->rows)
        try_words(&h);
    if (s->rows && s->signs != NO_TERM) try_signs(&h);
    size_t n = h.n > 1 ? without_overlaps(&h) : h.n;
    *out = h.row;
    return n;
}

/* gate_evidence.c: why two texts are alike: the words and pairs of words that both have, heaviest first. It
 * is kept with the decision and tells the next attempt what to avoid, so it must read like language: never a
 * fragment of a word. */
#include "stages/gate_parts.h"

#include <stdlib.h>

enum { SHOWN = 12 };

/* What a feature says, whatever little a pair weighs in the cosine: two rare words side by side say most. */
static uint32_t told(const idf *t, const feature *f) {
    return (uint32_t)idf_weigh(t, f) << (f->kind == FEATURE_PAIR ? 2 : 0);
}

typedef struct shared {
    uint32_t weight;
    str text;
} shared;

static int heavier(const void *a, const void *b) {
    const shared *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? 1 : -1;
    return str_cmp(x->text, y->text);
}

/* A word that a pair shown before it holds says nothing new. */
static bool is_part_of(str word, str shown) {
    size_t at;
    if (!str_find(shown, word, &at)) return false;
    return (at == 0 || shown.p[at - 1] == ' ') && (at + word.n == shown.n || shown.p[at + word.n] == ' ');
}

static bool is_new(const shared *row, const uint32_t *taken, uint32_t n, str text) {
    for (uint32_t i = 0; i < n; i++)
        if (is_part_of(text, row[taken[i]].text)) return false;
    return true;
}

/* Characters of scripts without spaces stand together when they are shown. */
static void print(buf *out, str text) {
    size_t at = 0;
    bool dense = text.n && text_dense(text_next(text, &at));
    for (size_t i = 0; i < text.n; i++)
        if (!dense || text.p[i] != ' ') buf_char(out, text.p[i]);
}

void evidence_print(const idf *t, const features *a, str a_text, const features *b, buf *out) {
    shared *row = xmalloc(sizeof *row * (a->n + 1u));
    size_t n = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        const feature *f = &a->row[i], *g = f->telling ? features_find(b, f->hash) : NULL;
        if (!g) continue;
        uint32_t weight = told(t, f) * told(t, g);
        if (weight) row[n++] = (shared){weight, str_part(a_text, f->at, f->at + f->n)};
    }
    qsort(row, n, sizeof *row, heavier);
    uint32_t taken[SHOWN], shown = 0;
    for (uint32_t i = 0; i < n && shown < SHOWN; i++) {
        if (!is_new(row, taken, shown, row[i].text)) continue;
        if (shown) buf_char(out, '\n');
        print(out, row[i].text);
        taken[shown++] = i;
    }
    free(row);
}

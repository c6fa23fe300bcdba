/* likeness.c: the similarity of one text to each of many: the cosine of their features (text_features.c), those
 * that the gate against duplicates compares personas by.
 *
 * The many are indexed by feature when they are loaded: of each feature the texts that have it, with its weight
 * there. So one text costs a walk over its own features. The cosine is taken without the norm of that text,
 * which is the same for all. Whole numbers throughout: the same on every machine.
 */
#include "taxonomy/choose.h"

#include <string.h>

typedef struct posting {
    uint32_t text;
    int32_t weight;
} posting;

typedef struct place {
    uint64_t hash;
    uint32_t first, n; /* postings; n 0: free */
    uint8_t rarity;
} place;

struct likeness {
    silent_words *silent; /* only function words: labels are what is compared */
    place *place;         /* hash table */
    uint32_t mask;
    posting *posting;
    uint64_t *by_norm; /* of each text: 2^32 / norm */
    uint32_t n;
};

/* Folded words, one blank between them. */
static str plain_words(str text, arena *scratch) {
    str folded = text_fold(scratch, text);
    span *w;
    size_t n = text_words(folded, scratch, &w), at = 0;
    char *out = arena_alloc(scratch, folded.n + 1 + n);
    for (size_t i = 0; i < n; i++) {
        if (at) out[at++] = ' ';
        memcpy(out + at, folded.p + w[i].at, w[i].n);
        at += w[i].n;
    }
    return (str){out, at};
}

static place *place_of(const likeness *l, uint64_t hash) {
    uint32_t i = (uint32_t)(hash >> 20) & l->mask;
    while (l->place[i].n && l->place[i].hash != hash) i = (i + 1) & l->mask;
    return &l->place[i];
}

static void places_new(likeness *l, arena *mem, uint64_t most) {
    uint32_t places = 64;
    while (places < 2 * most) places *= 2;
    l->place = arena_new_of(mem, place, places);
    l->mask = places - 1;
}

static uint64_t root(uint64_t x) {
    uint64_t r = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((r + bit) * (r + bit) <= x) r += bit;
    return r;
}

/* First how many texts have each feature, then the lists of these. */
static void count_all(likeness *l, const features *of) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < l->n; i++)
        for (uint32_t k = 0; k < of[i].n; k++) {
            place *x = place_of(l, of[i].row[k].hash);
            x->hash = of[i].row[k].hash;
            x->n++;
        }
    for (uint32_t i = 0; i <= l->mask; i++) {
        place *x = &l->place[i];
        x->rarity = x->n ? feature_rarity(l->n, x->n) : 0;
        x->first = at;
        at += x->n;
    }
}

static void post_all(likeness *l, const features *of, arena *mem) {
    uint32_t *used = arena_new_of(mem, uint32_t, (size_t)l->mask + 1);
    for (uint32_t i = 0; i < l->n; i++) {
        uint64_t norm = 0;
        for (uint32_t k = 0; k < of[i].n; k++) {
            place *x = place_of(l, of[i].row[k].hash);
            int32_t w = feature_weigh(&of[i].row[k], x->rarity);
            l->posting[x->first + used[x - l->place]++] = (posting){i, w};
            norm += (uint64_t)(w * w);
        }
        /* of at most 2^16 features of weight 2^9: below 2^34; to 16 bits behind the point */
        uint64_t length = root(norm << 28);
        l->by_norm[i] = length ? (UINT64_C(1) << 46) / length : 0;
    }
}

likeness *likeness_new(arena *mem, str language, const str *text, uint32_t n) {
    arena *scratch = arena_new(0);
    likeness *l = arena_new_of(mem, likeness, 1);
    features *of = arena_new_of(scratch, features, n + 1);
    uint64_t all = 0;
    l->n = n;
    l->silent = silent_new(language);
    for (uint32_t i = 0; i < n; i++) {
        features_read(&of[i], l->silent, plain_words(text[i], scratch));
        all += of[i].n;
    }
    places_new(l, mem, all);
    count_all(l, of);
    l->posting = arena_new_of(mem, posting, all + 1);
    l->by_norm = arena_new_of(mem, uint64_t, n + 1);
    post_all(l, of, scratch);
    for (uint32_t i = 0; i < n; i++) features_free(&of[i]);
    arena_free(scratch);
    return l;
}

void likeness_free(likeness *l) {
    if (l) silent_free(l->silent);
}

void likeness_of(const likeness *l, str text, arena *scratch, uint64_t *out) {
    features f = {0};
    features_read(&f, l->silent, plain_words(text, scratch));
    memset(out, 0, sizeof *out * l->n);
    for (uint32_t i = 0; i < f.n; i++) {
        const place *x = place_of(l, f.row[i].hash);
        uint64_t w = x->n ? (uint64_t)feature_weigh(&f.row[i], x->rarity) : 0;
        for (uint32_t k = 0; w && k < x->n; k++) {
            const posting *one = &l->posting[x->first + k];
            out[one->text] += w * (uint64_t)one->weight;
        }
    }
    for (uint32_t i = 0; i < l->n; i++) out[i] = out[i] * l->by_norm[i] >> 16;
    features_free(&f);
}

/* gate_echo.c: openings that too many begin with: for rules of the kind `echo`, how many accepted personas have
 * each row of four words in their openings; what a candidate's opening shares with the frequent ones is decided
 * in order, like any likeness, so it depends on nothing but what was accepted before.
 *
 * FREQUENT is a row that at least 8 of the accepted and more than 1 in 100 of them have. Rows are counted in
 * 2^20 buckets by hash. At most 18 rows an opening: with N accepted a bucket holds about N / 60,000 that do not
 * belong together, far below N / 100; so collisions do not matter, and memory does not grow.
 *
 * The counts are not stored: a resumed run counts the openings of its sealed rows again.
 */
#include "stages/gate_parts.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 20, ROW = 4, WORDS_MOST = 32, FREQUENT_LEAST = 8, FREQUENT_SHARE = 100 };

struct echoes {
    uint32_t count[BUCKETS];
};

/* One line of gate_print.openings. */
typedef struct opening {
    uint32_t rule, at_most, words, rows;
    str word[WORDS_MOST];
    uint32_t bucket[WORDS_MOST];
} opening;

static uint32_t number_cut(str *rest) {
    str word, more;
    int64_t v = 0;
    str_cut(*rest, ' ', &word, &more);
    *rest = more;
    return str_i64(word, &v) ? (uint32_t)v : 0;
}

static opening opening_read(str line) {
    opening o = {0};
    o.rule = number_cut(&line);
    o.at_most = number_cut(&line);
    for (str word, more; line.n && o.words < WORDS_MOST; line = more) {
        more = (str){0};
        str_cut(line, ' ', &word, &more);
        o.word[o.words++] = word;
    }
    for (; o.rows + ROW <= o.words; o.rows++) {
        const str *first = &o.word[o.rows], *last = first + ROW - 1;
        str row = {first->p, (size_t)(last->p + last->n - first->p)};
        o.bucket[o.rows] = (uint32_t)(hash_64(row, o.rule + 1) % BUCKETS);
    }
    return o;
}

static bool is_frequent(const echoes *e, uint32_t bucket, uint64_t accepted) {
    uint64_t n = e->count[bucket];
    return n >= FREQUENT_LEAST && n * FREQUENT_SHARE > accepted;
}

static bool is_dense(str word) {
    return text_dense(text_next(word, &(size_t){0}));
}

/* The words that stand in frequent rows, as they may be quoted. */
static void frequent_print(const echoes *e, const opening *o, uint64_t accepted, buf *out) {
    bool in[WORDS_MOST] = {false};
    for (uint32_t i = 0; i < o->rows; i++)
        for (uint32_t k = 0; is_frequent(e, o->bucket[i], accepted) && k < ROW; k++) in[i + k] = true;
    for (uint32_t i = 0; i < o->words; i++) {
        if (!in[i]) continue;
        bool joined = i && in[i - 1], gap = out->n && !joined;
        if (gap) buf_z(out, " ... ");
        if (joined && !(is_dense(o->word[i]) && is_dense(o->word[i - 1]))) buf_char(out, ' ');
        buf_str(out, o->word[i]);
    }
}

bool echoes_find(const echoes *e, str openings, uint64_t accepted, uint32_t *milli, buf *shown) {
    for (str line; e && openings.n;) {
        str rest = {0};
        str_cut(openings, '\n', &line, &rest);
        openings = rest;
        opening o = opening_read(line);
        uint64_t frequent = 0;
        for (uint32_t i = 0; i < o.rows; i++) frequent += is_frequent(e, o.bucket[i], accepted);
        if (!o.rows || frequent * 1000000 <= (uint64_t)o.at_most * o.rows) continue;
        *milli = (uint32_t)(frequent * 1000 / o.rows);
        frequent_print(e, &o, accepted, shown);
        return true;
    }
    return false;
}

/* A persona counts once for a row, however often its openings have it. */
static bool bucket_new(uint32_t *seen, size_t *n, size_t cap, uint32_t bucket) {
    for (size_t i = 0; i < *n; i++)
        if (seen[i] == bucket) return false;
    if (*n < cap) seen[(*n)++] = bucket;
    return true;
}

void echoes_add(echoes **e, str openings) {
    uint32_t seen[1024];
    size_t n = 0;
    if (openings.n && !*e) *e = xcalloc(1, sizeof **e);
    for (str line; openings.n;) {
        str rest = {0};
        str_cut(openings, '\n', &line, &rest);
        openings = rest;
        opening o = opening_read(line);
        for (uint32_t i = 0; i < o.rows; i++)
            if (bucket_new(seen, &n, COUNT_OF(seen), o.bucket[i])) (*e)->count[o.bucket[i]]++;
    }
}

void echoes_free(echoes *e) {
    free(e);
}

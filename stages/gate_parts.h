/* gate_parts.h (private): the parts of the gate: features of a text, their weights, the signature, the scan.
 *
 * Everything that leads to a decision is whole numbers: weights, sums, distances and similarities are the same
 * on every machine, with and without SIMD.
 */
#ifndef POP_GATE_PARTS_H
#define POP_GATE_PARTS_H

#include "stages/stages.h"

/* ---- gate_text.c: what gives no features ------------------------------------------------------- */

/* Words that say nothing about a person: function words and what the population's own texts consist of. */
silent_words *gate_silent(const population *p);

/* ---- idf.c ---------------------------------------------------------------------------------------- */

enum { IDF_BUCKETS = 1 << 20, IDF_RUNGS = 3, IDF_LEAST = 16 };

typedef struct idf {
    uint8_t weight[IDF_BUCKETS];
    uint32_t rung;      /* 0, 1, 2: frozen */
    uint64_t documents; /* it was counted from; 0: even weights */
    uint16_t *count;    /* while it is learned, else NULL */
    uint64_t counted;
} idf;

idf *idf_new(void); /* rung 0 */
void idf_free(idf *t);
void idf_learn(idf *t, const features *one);       /* one accepted text */
void idf_step(idf *t, uint32_t rung);              /* what was learned becomes the weights (if it was enough) */
int16_t idf_weigh(const idf *t, const feature *f); /* 0..FEATURE_WEIGHT_MAX: rarity x damped frequency */
void idf_save(const idf *t, buf *out);
bool idf_load(idf *t, str saved, err *e);
hash128 idf_hash(const idf *t);

/* ---- gate_simd.c: the hot loops, several times over ------------------------------------------------- */

enum { SIGN_BATCH = 64, SCAN_BLOCK = 4096 };

typedef struct kernels {
    const char *name;
    bool (*usable)(void); /* on this machine */
    /* acc[i] += w of each of n <= SIGN_BATCH features whose bit i is set. */
    void (*sign)(const uint16_t (*bits)[16], const int16_t *w, uint32_t n, int32_t acc[256]);
    /* Indexes below n <= SCAN_BLOCK whose first 128 bits differ from q in at most `limit`; returns how many. */
    uint32_t (*near)(const uint64_t *first, const uint64_t *second, uint32_t n, const uint64_t q[4],
                     uint32_t limit, uint16_t *hit);
    int32_t (*dot)(const gate_sketch *a, const gate_sketch *b);
} kernels;
extern const kernels *const kernel_table[]; /* NULL-terminated, best last; the first is the plain one */
const kernels *kernels_best(void);

/* ---- signature.c -------------------------------------------------------------------------------------- */

/* sig and sketch of a text. All 0 if no feature has weight. */
void signature_make(const kernels *k, const idf *t, const features *f, uint64_t sig[4], gate_sketch *sketch);

/* ---- gate_scan.c: the signatures of all accepted ones ---------------------------------------------------- */

typedef struct scan_block {
    uint64_t sig[4][SCAN_BLOCK];
    uint64_t exact[SCAN_BLOCK], slot_attempt[SCAN_BLOCK];
    uint64_t (*words)[9]; /* exact lists and `within`; NULL if the population has neither */
} scan_block;

typedef struct scan {
    const kernels *k;
    scan_block **block;
    size_t blocks, cap;
    uint64_t n;
    bool has_words;
    uint32_t radius, radius_half; /* of 256 bits, of the first 128 */
} scan;

void scan_init(scan *s, const kernels *k, uint32_t threshold_milli, bool has_words);
void scan_free(scan *s);
void scan_add(scan *s, const gate_hot *hot, const uint64_t words[9]);
void scan_set_signature(scan *s, uint64_t index, const uint64_t sig[4]);
gate_hot scan_hot(const scan *s, uint64_t index);
const uint64_t *scan_words(const scan *s, uint64_t index); /* NULL: it keeps none */
/* Every index within the radius, in ascending order, until `each` returns false (then false). */
bool scan_near(const scan *s, const uint64_t sig[4], bool (*each)(void *arg, uint64_t index), void *arg);
/* The first index with this exact hash; UINT64_MAX: none. */
uint64_t scan_exact(const scan *s, uint64_t exact, uint64_t within);

/* ---- gate_echo.c ------------------------------------------------------------------------------------- */

typedef struct echoes echoes;
/* Whether one of the openings shares more than its rule allows with frequent ones: what, and how much of it. e
 * NULL: none were added. */
bool echoes_find(const echoes *e, str openings, uint64_t accepted, uint32_t *milli, buf *shown);
void echoes_add(echoes **e, str openings); /* of one accepted persona; NULL becomes one */
void echoes_free(echoes *e);

/* ---- gate_score.c
 * ------------------------------------------------------------------------------------------- */

/* A cosine as dot / sqrt(mine * other), never divided: compared by cross products. */
typedef struct score {
    int64_t dot, mine, other;
} score;
score score_of(const kernels *k, const gate_sketch *a, const gate_sketch *b);
bool score_above(const score *a, const score *b); /* for equal `mine`; a is the greater */
bool score_reaches(const score *s, uint32_t milli);
uint32_t score_milli(const score *s); /* rounded down */

/* ---- gate_evidence.c
 * ------------------------------------------------------------------------------------------ */

/* At most 12 words and pairs that both texts have, one a line, heaviest first, then by bytes. */
void evidence_print(const idf *t, const features *a, str a_text, const features *b, buf *out);

#endif

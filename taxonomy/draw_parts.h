/* draw_parts.h (private): what the draw*.c files share while one skeleton is drawn. */
#ifndef POP_DRAW_PARTS_H
#define POP_DRAW_PARTS_H

#include "taxonomy/plan.h"

/* Words of a draw's key beside those of choices. */
enum {
    WORD_COUNT_OF = 200,
    WORD_VALUE = 201,
    WORD_ACCEPT = 202,
    WORD_STRATUM = 203,
    WORD_JITTER = 204,
    WORD_SCORES = 205
};

/* An interval of normal scores. */
typedef struct score_span {
    double from, to;
} score_span;

/* A correlated attribute in this try. */
typedef struct score {
    double fresh;     /* what its score has beyond those before it, standard normal */
    double at;        /* of an attribute with a class: where it lies within the class, 0 to 1 */
    score_span *span; /* of its class */
    uint32_t spans;
} score;

typedef struct drawing {
    const plan *pl;
    record *r;
    draw_key key;
    uint64_t first;    /* key.start of try 0 */
    uint64_t *place;   /* of each stratum: the slot's place among the cell's persons */
    double one_person; /* 1 / the cell's quota */
    bool large;        /* the cell: numbers of attempt 0 stand in the middle of their strata */
    uint32_t try;
    score *score;         /* pl->scores of them */
    const char *objector; /* a leaf's own reason, of the last try */
    uint32_t objector_leaf;
} drawing;

/* ---- draw.c ---------------------------------------------------------------------------------------------- */

double draw_uniform(const drawing *d, const draw_leaf *l, uint32_t instance); /* d->key.node is the leaf's */
bool draw_object(drawing *d, const draw_leaf *l, const char *why);            /* returns false */

/* ---- draw_copula.c --------------------------------------------------------------------------------------- */

void scores_init(drawing *d);
/* Once a try, before any member is drawn. false: no scores that fit the cell were found. */
bool copula_start(drawing *d, const plan_copula *c);
/* The uniform that goes through the member's own quantile function, or through that of its class. */
double copula_uniform(const drawing *d, const draw_leaf *l);
/* A member of whose class the cell does not know the chance before the member's turn has come. false: the class
 * is not kept. */
bool copula_class(drawing *d, const draw_leaf *l, const dist *s, const value_set *class);

#endif

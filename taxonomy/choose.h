/* choose.h (private): `choose` compiled, what of a persona is compared, and which leaves a persona has. */
#ifndef POP_CHOOSE_H
#define POP_CHOOSE_H

#include "taxonomy/compile/compile.h"

/* ---- likeness.c: how much a text is like each of many ---------------------------------------------- */

typedef struct likeness likeness;
/* The features of n texts, in mem. A feature weighs the more the fewer of them have it. */
likeness *likeness_new(arena *mem, str language, const str *text, uint32_t n);
void likeness_free(likeness *l); /* what it holds outside of mem; NULL is fine */
/* out[i]: the greater the more text i is like this one; whole numbers below 2^34. scratch is reset by the
 * caller. */
void likeness_of(const likeness *l, str text, arena *scratch, uint64_t *out);

/* ---- compile_choose.c -------------------------------------------------------------------------------- */

/* What can be chosen: a leaf, or a section with `list` as a whole. */
typedef struct candidate {
    uint32_t node;
    field_span leaves;
    uint64_t weight;           /* prior^(1 - tail), the greatest being 2^32; 0: it comes only with another */
    uint32_t *brings, nbrings; /* candidates that its `when`, `by` and `except` name */
} candidate;

/* One of `from`: candidates [first, end). */
typedef struct choose_entry {
    uint32_t first, end;
} choose_entry;

enum { CHOOSE_THIRDS = 3 };

struct choose {
    str name;
    uint64_t key;
    candidate *candidate; /* entry by entry, in file order within each */
    uint32_t candidates;
    choose_entry *entry;
    uint32_t entries, least;
    node many;       /* `count` as a number */
    draw_spec count; /* its distribution */
    leaf_list to;
    uint64_t mix[CHOOSE_THIRDS];
    bool weighted;  /* some weights differ */
    likeness *like; /* NULL: nobody is compared */
};

/* ---- choose.c ---------------------------------------------------------------------------------------- */

/* Divides `total` by weight: largest remainder, ties to the first; out[i] <= room[i], of what one has no room
 * for the others take more, those of weight 0 last. The total is at most the sum of room[]. */
void share_within(uint32_t total, const uint64_t *weight, const uint32_t *room, uint32_t n, uint32_t *out);

/* Takes from a skeleton what is not chosen: values, and r->left. scratch is reset. */
void choose_leaves(const population *p, uint64_t seed, record *r, arena *scratch);

#endif

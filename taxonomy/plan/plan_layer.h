/* plan_layer.h (private): a group of tables while it is filled: its fine cells, and each table as a layer over
 * them.
 *
 * FINE CELLS are all combinations of the classes of the group's attributes, row-major, those of hard tables
 * first: so a fine cell is an outer cell (which gets whole persons) and an inner one (of the attributes that
 * only soft tables name, drawn within the outer one from the fit).
 */
#ifndef POP_PLAN_LAYER_H
#define POP_PLAN_LAYER_H

#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/plan/plan.h"
#include "taxonomy/told.h"

/* One table over the group's fine cells. Its cells are combinations of its attributes' classes; where several
 * are one row, the lowest of them stands for it. */
typedef struct layer {
    const table *t;
    uint32_t index, cells;
    uint32_t *width; /* classes of each attribute: the table's own, and one more if only we know "no value" */
    uint32_t *digit; /* the classes of the cell last asked about */
    uint32_t *axis,
        **map;      /* of each attribute: its axis of the group; the table's class of each fine class there */
    uint32_t *fold; /* combination of classes -> the lowest one of its row; NULL: each is a row */
    uint32_t *of;   /* fine cell -> table cell, the lowest combination of its row */
    uint32_t apart; /* the cell of those of whom the table does not speak; UINT32_MAX: it speaks of all */
    double *share;  /* of all people; of a conditional table, within each combination, until it is known of how
                     * many */
    uint64_t *mass, *asked; /* asked: of the persons to be placed */
    uint64_t *before;       /* persons that an extended plan has there; else 0 */
    uint32_t *parent;       /* table cell -> cell of the layer before */
} layer;

typedef struct filling {
    plan *pl;
    const population *p;
    const joint *j;
    plan_group *g;
    diags *d;
    arena *mem;
    uint32_t cells, inner, outer, *radix;
    bool *allowed;         /* no structural zero */
    double *seed;          /* the attributes' own joint; NULL until asked for */
    layer *layer;          /* of hard tables first: g->hard of them */
    uint64_t place;        /* persons to be placed: all, but those of the plan that is extended */
    const uint64_t *there; /* these, one an outer cell; NULL: nothing is extended */
} filling;

/* plan_cellspace.c: the group's fine cells and which of them constraints allow. */
bool fine_cells(filling *f); /* P17; P14: constraints leave nobody */
bool fine_over(const filling *f, const uint32_t *leaf,
               uint32_t n); /* all of these are the group's attributes */
void fine_set(const filling *f, uint32_t cell, record *r);
void fine_classes(const filling *f, uint32_t cell, uint32_t *class);
bool fine_allowed(const filling *f, const record *r,
                  uint32_t *by);            /* by: the constraint, UINT32_MAX: a `when` */
bool fine_seed(filling *f, const table *t); /* f->seed, once */
void fine_publish(const filling *f, const bool *kept,
                  const uint64_t *count); /* the group's cells, with persons: one an outer cell */

/* ---- plan_layer.c ---------------------------------------------------------------------------------------- */

void layer_map(filling *f, layer *l);
margin layer_margin(const layer *l);             /* over the fine cells */
bool layer_shares(filling *f, layer *l);         /* Q03: nothing is left */
void layer_masses(const filling *f, layer *l);   /* of an extended plan: what is lacking */
bool layer_possible(filling *f, const layer *l); /* Q03: persons where nobody may be */
void layer_keys(const filling *f, const layer *l, uint32_t cell, keys *k);
/* Where a cell's row stands in the table's CSV, else where the table does. */
const tree *layer_place(const layer *l, uint32_t cell);
void layer_publish(const filling *f, const layer *l);

/* ---- plan_shared.c: what two tables both tell apart ---------------------------------------------------- */

/* What a layer shares with an earlier one, as a margin over the layer's own cells. */
typedef struct shared {
    margin m;
    const layer *with;
    uint32_t **theirs;    /* of each axis: the part of each of their classes */
    uint32_t *place;      /* of each axis: its place among their attributes */
    double *ours, *their; /* sums of shares, one a cell of the margin */
} shared;

/* false: they share nothing that both can tell apart. */
bool shared_make(const filling *f, const layer *l, const layer *e, shared *s);
bool shared_agrees(const filling *f, const layer *l, const shared *s); /* Q02 */
void shared_keys(const filling *f, const shared *s, uint32_t cell, keys *k);
/* Q02: the sums of two layers differ in so many cells, the first of which stand in `where` and t; or one has
 * nothing where the other asks for persons. first: a cell of b's that is one of them. */
void disagreement_told(const filling *f, const layer *a, const layer *b, uint32_t cells, uint32_t first,
                       const buf *where, told *t);
void no_share_told(const filling *f, const layer *l, const layer *other, const keys *k, uint64_t asked);

/* ---- plan_condition.c: tables whose numbers are shares of a part of the people ------------------------- */

/* The joint of the attributes' own distributions over the fine cells, fitted to the first `before` layers: to
 * their shares, or to the persons that they ask for. The caller frees p->mem. */
bool layer_ideal(filling *f, uint32_t before, bool persons, problem *p);
/* Makes shares of all people of them, by what the first `at` layers (their shares, or their persons) and the
 * attributes' own distributions say. */
bool layer_condition(filling *f, uint32_t at, bool persons);
/* Whole persons for a layer that does not speak of all; the others are those of its cell `apart`. */
bool layer_round_part(filling *f, uint32_t at);
/* The first `n` layers as margins over the fine cells; total: of all persons, not of those to be placed. */
void margins_fill(const filling *f, uint32_t n, bool total, problem *p);

/* plan_group.c: a group whose cells can be gone through one by one. */
bool plan_product_fill(plan *pl, plan_group *g, diags *d);
/* plan_cliques.c: one whose cells cannot. */
bool cliques_fill(plan *pl, plan_group *g, diags *d);

/* ---- plan_together.c ----------------------------------------------------------------------------------- */

typedef enum together { TOGETHER_MET, TOGETHER_UNKNOWN, TOGETHER_NEVER } together;
/* What all hard layers ask for, in whole persons that one joint has. UNKNOWN: none was found; NEVER: not even
 * one in real numbers, r->conflict says why. */
together together_targets(filling *f, solve_report *r);

/* ---- plan_bearing.c -------------------------------------------------------------------------------------- */

/* The rules and `when`s that forbid fine cells of a proof (one bool each; NULL: all), with `before` in front of
 * the first; nothing if none does. */
void bearing_print(const filling *f, const bool *cell, const char *before, buf *out, told *t);

/* ---- plan_drawable.c ------------------------------------------------------------------------------------- */

/* Q03 where hard layers ask for persons whom the attributes' own distributions never give. */
bool layers_drawable(filling *f);
/* Q03 of one cell; who: what leaves nobody there. Returns false. */
bool nobody_drawn_told(const filling *f, const layer *l, uint32_t cell, const char *who);

/* The shares of all hard layers, of all people, also of conditional tables and those of a part; nobody is asked
 * for. */
bool layers_shares(filling *f);

/* ---- plan_more.c ----------------------------------------------------------------------------------------- */

/* Of an extended plan: persons in outer cells, and what the layers then ask for. false: none are near all
 * shares. */
bool more_targets(filling *f, uint64_t **count);

/* ---- plan_soft.c ----------------------------------------------------------------------------------------- */

/* weight[] over the fine cells: the fit to hard and soft tables. It always comes to an end. */
void soft_fit(filling *f, double *weight);
/* The chances of inner cells within each outer one that is kept. */
void soft_publish(filling *f, const double *weight, const bool *kept);

/* ---- plan_general.c: tables that overlap in any way ---------------------------------------------------- */

bool general_fill(filling *f);

#endif

/* plan_layer.h (private): a group of tables while it is filled: its fine cells, and each table as a layer over
 * them; for plan_group.c (tables each within the next), plan_general.c (any others) and plan_layer.c.
 */
#ifndef POP_PLAN_LAYER_H
#define POP_PLAN_LAYER_H

#include "taxonomy/compile_parts.h"
#include "taxonomy/plan.h"

/* One table over the group's fine cells. */
typedef struct layer {
    const table *t;
    uint32_t index, cells;
    uint32_t *width; /* classes of each attribute: the table's own, and one more if only we know "no value" */
    uint32_t *digit; /* the classes of the cell last asked about */
    uint32_t *axis,
        **map;    /* of each attribute: its axis of the group; the table's class of each fine class there */
    uint32_t *of; /* fine cell -> table cell */
    double *share;
    uint64_t *mass, *asked;
    uint32_t *parent; /* table cell -> cell of the layer before */
} layer;

typedef struct filling {
    plan *pl;
    const population *p;
    const joint *j;
    plan_group *g;
    diags *d;
    arena *mem;
    uint32_t cells, *radix;
    bool *allowed; /* no structural zero */
    double *seed;  /* the attributes' own joint; NULL until asked for */
    layer *layer;
} filling;

/* plan_cellspace.c: the group's fine cells and which of them constraints allow. */
bool fine_cells(filling *f); /* P17 */
bool fine_over(const filling *f, const uint32_t *leaf,
               uint32_t n); /* all of these are the group's attributes */
void fine_set(const filling *f, uint32_t cell, record *r);
void fine_classes(const filling *f, uint32_t cell, uint32_t *class);
bool fine_allowed(const filling *f, const record *r,
                  uint32_t *by);            /* by: the constraint, UINT32_MAX: a `when` */
bool fine_seed(filling *f, const table *t); /* f->seed, once */
void fine_publish(const filling *f, const bool *kept,
                  const uint64_t *count); /* the group's cells, with persons */

/* plan_layer.c */
void layer_map(filling *f, layer *l);
bool layer_shares(filling *f, layer *l);         /* Q03: nothing is left */
bool layer_possible(filling *f, const layer *l); /* Q03: persons where nobody may be */
void layer_keys(const filling *f, const layer *l, uint32_t cell, buf *b);
void layer_publish(const filling *f, const layer *l);

/* plan_general.c: tables that overlap in any way. Targets of all layers, then the fine cells' persons. */
bool general_fill(filling *f);

#endif

/* draw_parts.h (private): what the draw*.c files share while one skeleton is drawn. */
#ifndef POP_DRAW_PARTS_H
#define POP_DRAW_PARTS_H

#include "taxonomy/plan/plan.h"

/* Words of a draw's key beside those of choices. */
enum {
    WORD_COUNT_OF = 200,
    WORD_VALUE = 201,
    WORD_ACCEPT = 202,
    WORD_STRATUM = 203,
    WORD_JITTER = 204,
    WORD_SCORES = 205,
    WORD_INNER = 206,
    WORD_RING = 207,
    WORD_PAIRS = 208,
    WORD_RELATION = 209
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

/* One skeleton while it is drawn. */
typedef struct drawing {
    const plan *pl;
    record *r;
    const component *c; /* what is drawn now */
    draw_key key;
    uint64_t key_slot;       /* the slot, or the group */
    uint32_t redraw, try;    /* redraw: the attempt, 0 for groups and what is kept */
    uint64_t first;          /* key.start of the slot and attempt, try 0 */
    uint64_t serial;         /* the slot's place among those of its cell */
    uint64_t *place;         /* of each attribute with strata: the person's place in the cell, or the group's */
    uint64_t placed;         /* what these are of: the size of the groups, 0: the cell */
    double one_person;       /* 1 / how many places there are */
    bool large;              /* so many: numbers of redraw 0 stand in the middle of their strata */
    const uint32_t *class;   /* of each table attribute: the cell's; those of soft tables as drawn */
    uint32_t *inner_class;   /* where these stand; NULL: there are none */
    score *score;            /* pl->scores of them */
    const taken_set *others; /* what other members have, one of each of c->unique; NULL: nothing */
    arena *scratch;          /* with `others`: reset at will */
    const value *instance;   /* of the instances before, from which the value is to differ */
    uint32_t instances;
    bool exhausted;       /* it cannot */
    const char *objector; /* a leaf's own reason, of the last try */
    uint32_t objector_leaf;
} drawing;

/* ---- draw.c, draw_group.c -------------------------------------------------------------------------------- */

void drawing_start(drawing *d, const plan *pl, record *r, uint64_t slot, uint32_t attempt);
bool draw_component(drawing *d, const component *c, err *e);
void draw_late(drawing *d, uint32_t leaf); /* a template that no component draws */
/* The values of a component with `unique` at a slot, in r. */
bool group_draw(drawer *w, const component *c, record *r, err *e);
const plan *drawer_plan(const drawer *w);
arena *drawer_scratch(drawer *w); /* reset at will */
struct link_memory *drawer_links(const drawer *w);
value value_copy(arena *mem, const value *v);

double draw_uniform(const drawing *d, const draw_leaf *l, uint32_t instance); /* d->key.node is the leaf's */
bool draw_object(drawing *d, const draw_leaf *l, const char *why);            /* returns false */

/* ---- link_graph.c, draw_link.c --------------------------------------------------------------------------- */

/* Who knows whom among the members 0 .. members - 1 of a group: of m it is to[from[m]] .. to[from[m + 1] - 1],
 * ascending. The owner calls link_graph_free. */
typedef struct link_graph {
    uint32_t members, *from, *to;
} link_graph;
void link_graph_make(link_graph *g, uint64_t seed, const link_def *l, uint64_t first, uint32_t members);
void link_graph_free(link_graph *g);

/* What must be drawn of another slot for what a link shows of it. */
typedef struct link_program {
    uint32_t *need, needs; /* components, in order */
    uint32_t *late, lates; /* templates, in order */
    uint64_t block;        /* slots whose values are drawn together; 1: each by itself */
} link_program;

/* What a drawer keeps of groups with links; NULL: the population has none. */
typedef struct link_memory link_memory;
link_memory *link_memory_new(const population *p);
void link_memory_free(link_memory *k);                 /* NULL is fine */
void links_draw(drawer *w, link_memory *k, record *r); /* r->links, whatever the attempt */

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

/* plan.h (private): between population_finish, the plan and the draw.
 *
 * JOINT: the attributes of hard tables and their classes: the common refinement of the classes that tables and
 * constraints cut. A function of the population alone.
 * PLAN: the cells, combinations of those classes, with quotas; the tree of slots; the program that draws a
 * skeleton.
 */
#ifndef POP_PLAN_H
#define POP_PLAN_H

#include "taxonomy/compile.h"
#include "taxonomy/solve.h"

#define NO_CLASS       UINT32_MAX
#define PLAN_CELLS_MAX (1u << 22)

/* ---- joint.c -------------------------------------------------------------------------------------- */

typedef struct joint_leaf {
    uint32_t leaf;
    classes fine;
    value_set *set;   /* one a class */
    bool single;      /* each class is one value, or no value */
    bool accept;      /* what it refers to is not all fixed: a class is kept by chance of its mass */
    bool when_inside; /* its `when` is over table attributes: a cell either has a value or not */
} joint_leaf;

typedef struct joint {
    joint_leaf *at;
    uint32_t n;
    uint32_t *of;    /* leaf -> index, NO_LEAF: in no hard table */
    bool *fixed;     /* leaf -> the cell fixes its value */
    leaf_list *refs; /* drawn leaf -> what it refers to: parents, `when`, `only`, `except`, linear
                      * forms, a template's REFs */
} joint;

/* Classes; and p->compiled->zero: the constraints that no cell may break. */
void joint_make(population *p);
value joint_value(const joint_leaf *j, uint32_t class); /* a value of the class */

/* ---- joint_seed.c: the joint that the attributes' own distributions give ------------------------------ */

/* weight[] over the classes of the leaves (indexes into the joint), row-major. false: a row in d says what
 * hinders. */
bool joint_seed(const population *p, const uint32_t *index, uint32_t n, str table, const tree *at,
                double *weight, diags *d);

/* ---- draw_number.c, draw_choice.c ---------------------------------------------------------------------- */

/* normal_part.c: the part of the standard normal distribution between two scores: its chances are low..high, of
 * the upper tails if flip. */
typedef struct normal_part {
    double low, high;
    bool flip;
} normal_part;
normal_part normal_part_of(double from, double to);
double normal_part_at(const normal_part *t, double u); /* the score at u of the part, ascending */

/* The part of a normal distribution that lies within bounds. */
typedef struct tail_cut {
    double mean;
    normal_part part;
    bool known;
} tail_cut;

/* ladder.c: the shares of the values below each of lo, lo + 1, ... */
typedef struct ladder {
    int64_t lo;
    uint32_t rungs;  /* values; 0: there is no ladder */
    double *below;   /* rungs + 1 */
    uint32_t *guide; /* the rung at i / guides; NULL: few rungs */
    uint32_t guides;
} ladder;
void ladder_of_choice(ladder *t, const dist *s, uint32_t values, arena *mem);
/* false: it depends on other attributes, or has more than `most` values. */
bool ladder_of_number(ladder *t, const dist *s, const node *n, uint32_t most, arena *mem);
/* The quantile of what lies within cut (NULL: all). false: too little share there for the digits of a ladder.
 */
bool ladder_at(const ladder *t, const value_set *cut, double u, int64_t *out);

/* draw_copula.c: the members of a `correlate` in the order of their scores. */
typedef struct plan_copula {
    uint32_t n, known; /* the first `known` have their interval of scores from the cell */
    uint32_t first;    /* place of its scores among those of the skeleton */
    const struct draw_leaf **member;
    const double *factor, *on; /* n x n: L with L L' = the matrix; means by the scores before, of known ones */
} plan_copula;

typedef struct draw_leaf {
    uint32_t leaf;
    const node *node;
    const draw_spec *spec;
    const joint_leaf *joint; /* NULL: in no hard table */
    double *most;            /* joint->accept: the highest mass of a class, by class or by cell */
    bool most_by_cell;
    bool plain;    /* no only, no except */
    bool stratify; /* its first try takes a place among the cell's persons */
    uint32_t stratum;
    const plan_copula *copula; /* NULL: not correlated */
    uint32_t member;           /* its place there */
    tail_cut *ready;           /* one a dist: of those whose mean is constant */
    ladder *ladder;            /* one a dist, rungs 0 where there is none; NULL: no leaf of ladders */
} draw_leaf;

/* A value of a number at u, within `cut` (NULL: all). false: no mass there, or outside the domain. */
bool number_draw(const dist *s, const node *n, const record *r, const value_set *cut, const tail_cut *ready,
                 double u, int64_t *out);
double number_mass(const dist *s, const node *n, const record *r, const value_set *cut);
void number_ready(const dist *s, const node *n, tail_cut *out);
/* The first and the last value of a distribution that is the same for everybody; and the sums of shares up to
 * each: below[0] = 0 to below[last - first + 1]. */
bool number_stretch(const dist *s, int64_t *first, int64_t *last);
void number_shares(const dist *s, const node *n, double *below);

typedef struct draw_key {
    uint64_t start; /* of (seed, slot, attempt << 32 | try) */
    uint64_t node;
} draw_key;
uint64_t draw_word(const draw_key *k, uint32_t instance, uint32_t word);
/* A value of a choice that is neither excluded nor in taken[], within cut (NULL: all). false: none is left. */
bool choice_draw(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, const value *taken,
                 uint32_t ntaken, const draw_key *k, uint32_t instance, int64_t *out);
double choice_mass(const draw_leaf *l, const dist *s, const record *r, const value_set *cut);
/* The quantile of what is possible within cut, in the order of values. false: none is left. */
bool choice_at(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, double u,
               int64_t *out);
const dist *draw_dist(const draw_spec *s, const record *r); /* NULL: no row */

/* ---- draw_program.c -----------------------------------------------------------------------------------------
 */

double leaf_mass(const draw_leaf *l, const dist *s, const record *r,
                 const value_set *cut); /* of a choice, flag, number */
/* The value of a choice, flag or number at u of its distribution within cut: by its ladder if it has one, else
 * worked out, which is the same but for u within rounding of the border of two values. false: no mass there, or
 * outside the domain. */
bool leaf_at(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, double u, int64_t *out);
void draw_prepare(plan *pl);
void copulas_prepare(plan *pl);

/* ---- plan_table.c, plan_round.c, plan_cells.c, plan_tree.c ----------------------------------------------- */

/* A table with its cells that have a share. */
typedef struct plan_table {
    const table *t;
    uint32_t cells;
    uint64_t *asked; /* one a cell */
    uint32_t *class; /* cells x over.n: the table's own classes */
    uint32_t *cell;  /* plan cell -> table cell */
} plan_table;

/* plan_group.c: tables joined by shared attributes: whole persons in their common cells. */
typedef struct plan_group {
    uint32_t *table, tables; /* indexes, the coarsest first */
    bool nested;             /* the attributes of each are among the next one's */
    uint32_t *index, axes;   /* their attributes, in the joint */
    uint32_t cells;          /* with a positive share */
    uint32_t *class;         /* cells x axes */
    uint64_t *count;         /* cells */
} plan_group;
/* The groups of all tables, in file order. */
plan_group *plan_groups(const population *p, arena *mem, uint32_t *groups);
uint32_t *plan_table_width(const joint *j, const table *t,
                           arena *mem);                  /* classes of each attribute, "no value" included */
bool plan_group_fill(plan *pl, plan_group *g, diags *d); /* also the group's tables in pl */

typedef struct tree_node {
    uint64_t total, left;
    uint32_t child[2]; /* LEAF_BIT | cell, or the index of a node */
} tree_node;
#define LEAF_BIT 0x80000000u

typedef struct slot_tree {
    tree_node *node;
    uint32_t root;
} slot_tree;
bool slot_tree_make(slot_tree *t, const uint64_t *quota, uint32_t cells, arena *mem);
void slot_tree_place(const slot_tree *t, uint64_t slot, uint32_t *cell, uint64_t *serial);

struct plan {
    arena *mem;
    const population *p;
    const joint *joint;
    uint64_t n, seed;
    uint32_t cells;
    uint64_t *quota;
    uint32_t *class; /* cells x joint->n */
    u64map *find;    /* mixed radix of the classes -> cell */
    plan_table *table;
    uint32_t tables;
    double rounding;
    slot_tree tree;
    draw_leaf *draw;     /* one a leaf of the population */
    plan_copula *copula; /* those of the population */
    uint32_t scores;     /* their members */
    uint64_t *stratum;   /* keys of the nodes of leaves with strata */
    uint32_t strata;
    uint32_t *late; /* drawn templates that no constraint names, in draw order */
    uint32_t lates;
};

/* plan_cells.c: fills cells, quota, class, tables. */
bool plan_fill(plan *pl, diags *d);

#endif

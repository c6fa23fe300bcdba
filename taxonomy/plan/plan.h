/* plan.h (private): between population_finish, the plan and the draw.
 *
 * JOINT: the attributes of tables and their classes: the common refinement of the classes that tables and
 * constraints cut. A function of the population alone.
 * PLAN: the cells, combinations of those classes of the hard tables' attributes, with quotas; the chances of
 * those that soft tables alone name, within each cell; the tree of slots; the program that draws a skeleton.
 */
#ifndef POP_PLAN_H
#define POP_PLAN_H

#include "taxonomy/compile/compile.h"
#include "taxonomy/solve/solve.h"

#define NO_CLASS       UINT32_MAX
#define PLAN_CELLS_MAX (1u << 22)

/* ---- joint.c -------------------------------------------------------------------------------------- */

typedef struct joint_leaf {
    uint32_t leaf;
    classes fine;
    value_set *set; /* one a class */
    bool single;    /* each class is one value, or no value */
    bool accept;    /* what it refers to is not all fixed: a class is kept by chance of its mass */
    uint32_t last;  /* phase of what it refers to, less what is settled: a class is kept by chance up to there,
                     * later it must only be possible. UINT32_MAX: of nothing */
    bool when_inside; /* its `when` is over table attributes: a cell either has a value or not */
} joint_leaf;

typedef struct joint {
    joint_leaf *at;  /* those of hard tables first */
    uint32_t n, all; /* of hard tables; of all */
    uint32_t *of;    /* leaf -> index, NO_LEAF: in no table */
    bool *fixed;     /* leaf -> the cell fixes its value */
    leaf_list *refs; /* drawn leaf -> what it refers to: parents, `when`, `only`, `except`, linear
                      * forms, a template's REFs */
} joint;

/* Classes; and p->compiled->zero: the constraints that no cell may break. */
void joint_make(population *p);
value joint_value(const joint_leaf *j, uint32_t class); /* a value of the class */

/* ---- draw_phases.c -------------------------------------------------------------------------------- */

void phases_make(population *p); /* after joint_make */
/* The cell says its value, whatever is drawn: known from the start, though it may be judged later. */
bool leaf_settled(const population *p, uint32_t leaf);
/* The phase that a constraint bears on, of its leaves that are drawn; UINT32_MAX: none is. */
uint32_t constraint_phase(const population *p, const constraint *c, const bool *drawn);
bool phases_check(const population *p, const bool *drawn, diags *d); /* P10: constraints over `per` */
bool phases_unique(population *p, diags *d); /* what components with `unique` need; P10, P16 */

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
    const joint_leaf *joint; /* NULL: in no table */
    double *most;            /* joint->accept: the highest mass of a class, by class or by cell */
    bool most_by_cell;
    bool plain;                   /* no only, no except */
    bool column;                  /* its value stands in a row */
    bool number;                  /* a hidden leaf: how many instances */
    const struct row_index *rows; /* of a hidden leaf: the rows it draws from */
    uint32_t within;              /* the section with `list` in whose instances it is drawn; NO_LEAF: none */
    bool distinct;                /* differs from instance to instance */
    uint32_t *differ, differs;    /* rows: leaves among their columns that do */
    bool stratify;                /* its first try takes a place among the cell's persons */
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
    uint64_t start; /* of (seed, slot or group, redraw << 32 | try) */
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
/* Neither excluded by `only` and `except` nor taken. */
/* Whether v, the value of except.leaf[other], takes value `index` of the choice. */
bool spec_takes(const draw_spec *s, uint32_t other, const value *v, int64_t index);
bool choice_possible(const draw_leaf *l, const record *r, int64_t index, const value *taken, uint32_t ntaken);

/* ---- draw_row.c ------------------------------------------------------------------------------------------ */

typedef enum row_drawn { ROW_DRAWN, ROW_NONE, ROW_REFUSED } row_drawn;
const struct row_index *row_prepare(plan *pl, const row_source *rows);
/* A row that agrees with `by` and with the classes: of each table attribute, as the cell or the fit has them.
 * NONE: a parent without value for which there is no row; REFUSED: none agrees, or the cell's classes are too
 * rare there and are drawn again. taken: rows from which it is to differ in the columns l->differ. */
row_drawn row_draw(const plan *pl, const draw_leaf *l, const record *r, const uint32_t *class,
                   const draw_key *k, const value *taken, uint32_t ntaken, int64_t *row);

/* ---- draw_taken.c: values of `unique` that members of a group have ------------------------------------- */

/* The owner calls taken_free. */
typedef struct taken_set {
    int64_t *num; /* sorted */
    uint32_t n, cap;
    u64map *text; /* by hash: two texts that share one would only be drawn again. NULL: none yet */
} taken_set;
void taken_add(taken_set *t, const value *v); /* no value: nothing is taken */
bool taken_has(const taken_set *t, const value *v);
/* The nearest value that nobody has, from v upwards or downwards: v itself if that is free. O(log n). */
int64_t taken_beside(const taken_set *t, int64_t v, bool up);
/* What is left of the cut (NULL: of all values). */
value_set taken_rest(const taken_set *t, const node *n, const value_set *cut, arena *mem);
void taken_clear(taken_set *t);
void taken_free(taken_set *t);

/* draw_link.c: what each link needs of other slots; the last step of population_finish. */
void links_prepare(population *p);

/* ---- draw_program.c ------------------------------------------------------------------------------------ */

double leaf_mass(const draw_leaf *l, const dist *s, const record *r,
                 const value_set *cut); /* of a choice, flag, number */
/* The value of a choice, flag or number at u of its distribution within cut: by its ladder if it has one, else
 * worked out, which is the same but for u within rounding of the border of two values. false: no mass there, or
 * outside the domain. */
bool leaf_at(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, double u, int64_t *out);
void draw_prepare(plan *pl);
void copulas_prepare(plan *pl);

/* ---- share_out.c, round.c, plan_cells.c, plan_tree.c ----------------------------------------------- */

/* A table with its cells that have a share. */
typedef struct plan_table {
    const table *t;
    uint32_t cells;
    uint64_t *asked; /* one a cell */
    double *share;   /* persons before rounding */
    uint32_t *class; /* cells x over.n: the table's own classes */
    uint32_t *cell;  /* plan cell -> table cell */
} plan_table;

/* plan_group.c: tables joined by shared attributes: whole persons in their common cells. */
typedef struct plan_group {
    uint32_t *table, tables; /* indexes: hard ones, the coarsest first, then soft ones */
    bool clique;             /* `ideal` is wanted */
    const table *before;     /* of a clique: what those before it have */
    const table **given; /* of a clique, one a table: where table[] is UINT32_MAX, `before` and what it shares
                          * with tables of other cliques */
    const uint64_t *settled; /* in whole persons, one a number of it: of those to be placed */
    double *ideal;           /* of a clique, one a cell: share of all people before rounding */
    uint32_t hard;           /* tables */
    bool nested;             /* all hard, and the attributes of each are among the next one's */
    uint32_t *index, axes;   /* their attributes, in the joint: those of hard tables first */
    uint32_t hard_axes;
    uint32_t cells;  /* with a positive share */
    uint32_t *class; /* cells x hard_axes */
    uint64_t *count; /* cells */
    double *row;     /* cells x inner: running sums of the fit over the other axes; NULL: there are none */
    uint32_t inner;
} plan_group;
/* A soft table, with its cells that have a share or get one. */
typedef struct plan_soft {
    const table *t;
    uint32_t cells;
    double *share, *fit;    /* of all people: asked for, and in the fit */
    uint32_t *class;        /* cells x over.n: the table's own classes */
    uint32_t *width, *fold; /* of all combinations, as in a layer */
    uint32_t *cell;         /* combination -> cell, UINT32_MAX: none */
    bool slow;              /* the fit was still moving when it was ended */
} plan_soft;

/* Attributes of a group that only soft tables name: combinations of their classes, in mixed radix. */
typedef struct plan_inner {
    bool *drawn;           /* one a component of the population: it draws some of these attributes */
    uint32_t axes, *index; /* of the joint */
    uint32_t cells;
    const double *sum;   /* rows x cells: running sums */
    const uint32_t *row; /* plan cell -> row */
} plan_inner;

/* Where an attribute has a `when` and the table no row for "no value", it speaks of fewer people than others.
 */
bool plan_speaks_of_all(const population *p, const table *t);
/* The groups of all tables, in file order. */
plan_group *plan_groups(const population *p, arena *mem, uint32_t *groups);
/* Whether the attributes of two lists (indexes of the joint) have to do with one another: they refer to a
 * common one, or a structural zero speaks of both. */
bool plan_dependent(const population *p, const uint32_t *a, uint32_t an, const uint32_t *b, uint32_t bn);
bool plan_spans(const population *p, const constraint *one, const uint32_t *a, uint32_t an, const uint32_t *b,
                uint32_t bn);
uint32_t *plan_table_width(const joint *j, const table *t,
                           arena *mem); /* classes of each attribute, "no value" included */
/* Combination of a table's classes -> the lowest one of its row; NULL: each is a row. *apart: the one row of
 * all whom the table does not speak of, UINT32_MAX: it speaks of all. */
uint32_t *plan_table_fold(const table *t, const uint32_t *width, uint32_t cells, arena *mem, uint32_t *apart);
bool plan_group_fill(plan *pl, plan_group *g, diags *d); /* also the group's tables in pl */

/* The row of a table that a combination of its classes lies in; a class beyond the last: no value. */
struct keys;
void plan_row_keys(const population *p, const table *t, const uint32_t *class, struct keys *k);

void plan_weigh(plan *pl); /* plan_weight.c: pl->weight */

/* plan_soft.c */
void plan_inner_make(plan *pl, const plan_group *g, uint32_t groups);
/* Classes at u of the inner attributes of a cell: class[index of the joint]. */
void plan_inner_draw(const plan *pl, const plan_inner *in, uint32_t cell, double u, uint32_t *class);

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

/* plan_spread.c: whole persons in the product of two lists with equal totals, pair by pair; take false: stop,
 * and so is the result. */
typedef bool spread_take(void *arg, uint32_t row, uint32_t col, uint64_t persons);
bool spread_product(const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols, uint64_t key,
                    spread_take *take, void *arg);

struct plan {
    arena *mem;
    const population *p;
    const joint *joint;
    plan *base;       /* extended: the plan of the first slots, as they were and are; owned */
    uint32_t *moved;  /* its cells here */
    uint64_t *there;  /* one a cell: its persons */
    uint64_t n, seed; /* of all slots */
    uint32_t cells;
    uint64_t *quota;   /* of the slots behind those of base */
    uint32_t *class;   /* cells x joint->n */
    u64map *find;      /* mixed radix of the classes -> cell */
    plan_table *table; /* hard */
    uint32_t tables;
    plan_soft *soft;
    uint32_t softs;
    plan_inner *inner;
    uint32_t inners;
    uint64_t *weight; /* one a cell, in millionths; NULL: no table has a reference */
    double rounding;
    slot_tree tree;
    draw_leaf *draw;     /* one a leaf of the population */
    plan_copula *copula; /* those of the population */
    uint32_t scores;     /* their members */
    uint64_t *stratum;   /* keys of the nodes of leaves with strata */
    uint32_t strata;
    uint32_t *late; /* drawn templates that no constraint names, in draw order */
    uint32_t lates;
    u64map **maps; /* of row indexes: freed with the plan */
    uint32_t nmaps;
};

/* plan_cells.c: fills cells, quota, class, tables. */
bool plan_fill(plan *pl, diags *d);

#endif

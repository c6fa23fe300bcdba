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

/* The part of a normal distribution that lies within bounds: p = low + u (high - low), from whichever tail is
 * finer. */
typedef struct tail_cut {
    double mean, low, high;
    bool flip, known;
} tail_cut;

typedef struct draw_leaf {
    uint32_t leaf;
    const node *node;
    const draw_spec *spec;
    const joint_leaf *joint; /* NULL: in no hard table */
    double *most;            /* joint->accept: the highest mass of a class, by class or by cell */
    bool most_by_cell;
    bool plain;                   /* no only, no except */
    bool column;                  /* its value stands in a row */
    bool number;                  /* a hidden leaf: how many instances */
    const struct row_index *rows; /* of a hidden leaf: the rows it draws from */
    uint32_t within;              /* the section with `list` in whose instances it is drawn; NO_LEAF: none */
    bool distinct;                /* differs from instance to instance */
    uint32_t *differ, differs;    /* rows: leaves among their columns that do */
    bool stratify;
    tail_cut *ready; /* one a dist: of those whose mean is constant */
} draw_leaf;

/* A value of a number at u, within `cut` (NULL: all). false: no mass there, or outside the domain. */
bool number_draw(const dist *s, const node *n, const record *r, const value_set *cut, const tail_cut *ready,
                 double u, int64_t *out);
double number_mass(const dist *s, const node *n, const record *r, const value_set *cut);
void number_ready(const dist *s, const node *n, tail_cut *out);

typedef struct draw_key {
    uint64_t seed, slot, round, node; /* round: attempt << 32 | try */
} draw_key;
uint64_t draw_word(const draw_key *k, uint32_t instance, uint32_t word);
/* A value of a choice that is neither excluded nor in taken[], within cut (NULL: all). false: none is left. */
bool choice_draw(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, const value *taken,
                 uint32_t ntaken, const draw_key *k, uint32_t instance, int64_t *out);
double choice_mass(const draw_leaf *l, const dist *s, const record *r, const value_set *cut);
const dist *draw_dist(const draw_spec *s, const record *r); /* NULL: no row */
/* Neither excluded by `only` and `except` nor taken. */
bool choice_possible(const draw_leaf *l, const record *r, int64_t index, const value *taken, uint32_t ntaken);

/* ---- draw_row.c ------------------------------------------------------------------------------------------ */

typedef enum row_drawn { ROW_DRAWN, ROW_NONE, ROW_REFUSED } row_drawn;
const struct row_index *row_prepare(plan *pl, const row_source *rows);
/* A row that agrees with `by` and with the cell's classes. NONE: a parent without value for which there is no
 * row; REFUSED: none agrees, or the cell's classes are too rare there and are drawn again. taken: rows from
 * which it is to differ in the columns l->differ. */
row_drawn row_draw(const plan *pl, const draw_leaf *l, const record *r, const draw_key *k, const value *taken,
                   uint32_t ntaken, int64_t *row);

/* ---- draw_program.c -----------------------------------------------------------------------------------------
 */

double leaf_mass(const draw_leaf *l, const dist *s, const record *r,
                 const value_set *cut); /* of a choice, flag, number */
void draw_prepare(plan *pl);

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
    draw_leaf *draw; /* one a leaf of the population */
    uint32_t *late;  /* drawn templates that no constraint names, in draw order */
    uint32_t lates;
    u64map **maps; /* of row indexes: freed with the plan */
    uint32_t nmaps;
};

/* plan_cells.c: fills cells, quota, class, tables. */
bool plan_fill(plan *pl, diags *d);

#endif

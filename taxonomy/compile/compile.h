/* compile.h (private): what a population's trees become: grids over classes of values, distributions,
 * predicates, linear forms, tables; and what the plan and the draw read. Built by compile_*.c, read by plan and
 * draw files.
 */
#ifndef POP_COMPILE_H
#define POP_COMPILE_H

#include "taxonomy/compose/compose.h"

/* ---- the values of a leaf, and classes of them --------------------------------------------------- */

/* The value of a choice is its index, of a flag 0 or 1, of a number its steps; domain lo..hi (choice:
 * 0..values-1). */
int64_t leaf_lo(const node *n);
int64_t leaf_hi(const node *n);

/* A set of values of one leaf: sorted disjoint intervals, and whether "no value" belongs to it. */
typedef struct value_set {
    struct interval {
        int64_t lo, hi;
    } * in;
    uint32_t n;
    bool none;
    const uint64_t *bit; /* set_index: of the values base .. base + span - 1, where intervals are many */
    int64_t base;
    uint32_t span;
} value_set;
bool value_set_has(const value_set *s, bool present, int64_t v);
/* KEY (VALUE, RANGE, "~", KEY|KEY), or (key.p NULL) the scalar or the list of them at `t` -> set. P03 wrong
 * form, P07 a value outside the domain; a range that lies outside gives the empty set. */
bool compile_key(const population *p, const node *n, const tree *t, str key, diags *d, value_set *out);

/* A partition of a leaf's values: class 0..n-1; "no value" has its own class `none` (UINT32_MAX: there is no
 * row for it). */
typedef struct classes {
    uint32_t leaf;
    uint32_t n;
    int64_t *from; /* cut points, sorted: values in [from[i], from[i+1]) are of class of[i] */
    uint32_t *of;
    uint32_t cuts;
    uint32_t none;
    uint16_t *direct; /* class of value from[0]+i where the domain is at most 65,536 values, else NULL */
    uint32_t span;    /* values in direct */
} classes;
uint32_t class_of(const classes *c, const value *v); /* UINT32_MAX: none */

/* ---- grids ----------------------------------------------------------------------------------------- */

/* A GRID: the leaf object for a combination of parents. cell[] is indexed in mixed radix over the parents'
 * classes (each level has c.n classes and one more for "no value" and "no row"). UINT32_MAX: no row. */
typedef struct grid {
    uint32_t parents;
    classes *parent;
    uint32_t *cell;
    uint32_t cells, leaves; /* leaves: number of leaf objects */
} grid;
uint32_t grid_at(const grid *g, const record *r); /* leaf object, UINT32_MAX: none */

/* ---- linear forms, distributions -------------------------------------------------------------------- */

struct linear {
    struct {
        uint32_t leaf;
        double by;
    } * term;
    uint32_t terms;
    double constant;
};

typedef enum dist_form {
    DIST_CHOICE,
    DIST_FLAG,
    DIST_BINS,
    DIST_NORMAL,
    DIST_LOG_NORMAL,
    DIST_EQUALS,
    DIST_ROW
} dist_form;

/* Walker/Vose alias table over n outcomes, in integers: pick i = below(n); keep i if the next 53 bits are below
 * cut[i]. */
typedef struct alias {
    uint32_t n;
    uint64_t *cut; /* of 2^53 */
    uint32_t *other;
} alias;
void alias_build(alias *t, const double *weight, uint32_t n, arena *mem);
uint32_t alias_pick(const alias *t, uint64_t r1, uint64_t r2);

typedef struct dist {
    dist_form form;
    double *weight;       /* DIST_CHOICE: one a value, sum 1; DIST_BINS: one a bin, sum 1 */
    alias pick;           /* over values or bins */
    double p;             /* DIST_FLAG: probability of true */
    struct interval *bin; /* DIST_BINS: steps, inclusive; weight spread evenly */
    uint32_t bins;
    linear mean;    /* NORMAL (mean), LOG_NORMAL (median), EQUALS */
    double sd;      /* NORMAL sd, LOG_NORMAL sigma */
    double total;   /* CHOICE, BINS: sum of the weights as the file has them */
    int64_t lo, hi; /* NORMAL, LOG_NORMAL: range in steps */
    uint32_t row;   /* ROW: the hidden leaf that says which */
    int64_t *cell;  /* ROW: the value in each row */
} dist;

/* `row` of a section; compile_row.c. */
typedef struct row_source {
    uint32_t leaf; /* hidden */
    leaf_list by;
    uint32_t rows;
    double *weight;           /* one a row; 0: never drawn */
    uint32_t *group, groups;  /* row -> its group: rows with the same KEYs of `by` */
    grid *agree;              /* over `by`: a bucket */
    uint32_t *start, buckets; /* bucket b holds the groups member[start[b]] to member[start[b + 1]] */
    uint32_t *member;
    uint32_t *column, columns; /* leaves that take their value from the row */
} row_source;

/* What a drawn leaf refers to: parents, `when`, `only`, `except`, linear forms, a template's REFs; each once.
 */
leaf_list node_refs(population *p, const node *n);
leaf_list leaf_refs(population *p, uint32_t leaf); /* hidden ones too */
/* With the leaves that say how many instances there are, where `of` reaches into lists; from: the section with
 * `list` that asks, NO_LEAF: none. */
leaf_list instance_refs(population *p, leaf_list of, uint32_t from);
bool row_agrees(const row_source *s, uint32_t bucket, uint32_t row);
bool leaf_differs(const population *p, uint32_t leaf); /* from instance to instance, by `distinct` */
void rows_constrain(population *p); /* structural zeros: what tables ask of a row that no row has */

struct draw_spec {
    const grid *given; /* NULL: dist[0] always */
    dist *dist;
    uint32_t dists;
    const pred **only; /* one a value, NULL entries: always; NULL: none has */
    leaf_list except;
    uint32_t *
        *except_as; /* of except.leaf[i]: its value -> the same value here, UINT32_MAX: none; NULL: the same */
    bool *only_known, *except_known; /* of what is written: decided before its facet is asked */
    const dist *count;               /* is_list: of a number; its values are counts */
    row_source *row;                 /* of a section with `row` */
    const dist *base;                /* the kind's own DIST, if it has weights (tables: `weights`, classes) */
};

/* ---- predicates -------------------------------------------------------------------------------------- */

/* OR of clauses, each an AND of terms. */
typedef struct pred_term {
    bool negate;   /* of a list test */
    uint32_t leaf; /* a test on one leaf: the set */
    value_set set;
    struct pred_count *count; /* else: lo <= how many of these pass <= hi */
    struct pred_some *some;   /* or: some instance passes */
} pred_term;
typedef struct pred_some {
    uint32_t section; /* with `list` */
    const pred *q;    /* asked inside each instance */
} pred_some;
typedef struct pred_count {
    uint32_t *leaf;
    value_set *set;
    bool *negate; /* of a test on a list: passes if the list does not */
    uint32_t n, at_least, at_most;
} pred_count;
typedef struct pred_clause {
    pred_term *term;
    uint32_t terms;
} pred_clause;
struct pred {
    pred_clause *clause;
    uint32_t clauses;
};
const pred *pred_and(population *p, const pred *a, const pred *b); /* either may be NULL: always */

struct test_grid {
    uint32_t leaf;
    const grid *by;
    const pred **test;
};

/* ---- tables --------------------------------------------------------------------------------------------- */

typedef enum table_form { TABLE_GRID, TABLE_UNIFORM, TABLE_WEIGHTS } table_form;

/* A table over `over`. GRID: number[] is in mixed radix over the classes that the table's own KEYs cut
 * (over[k].n classes each, row-major, and a class for `~` if a key says so). A row over several classes of an
 * attribute, which another row cuts, has its number at the first of its combinations. */
typedef struct table {
    str name;
    const tree *at;
    table_form form;
    bool counts;
    leaf_list over; /* those of `by` first */
    uint32_t by;    /* so many of them: numbers are shares within each combination */
    classes *cut;   /* one an attribute of over */
    double *number;
    uint32_t numbers;
    bool scale;       /* any sum will do */
    double soft;      /* its weight; 0: hard */
    uint32_t *same;   /* combination -> the first one of its row; NULL: each is a row of its own */
    const tree **row; /* of a CSV: combination -> where its row stands, NULL: there is none; NULL: of no CSV */
} table;

/* When leaves are drawn: those of `per`, large groups before small ones; those with `keep`; then the rest. What
 * an earlier phase has drawn stands for a later one as what the cell fixes does. */
typedef struct phases {
    uint64_t *size; /* of the groups that something is drawn for, descending */
    uint32_t sizes;
    uint32_t *of; /* leaf -> index of size[]; `sizes`: kept; `sizes` + 1: drawn by every attempt */
    bool *early;  /* leaf -> of the last phase, but drawn a first time with what is kept: a table's class tells
                   * about both */
} phases;

/* ---- correlations ----------------------------------------------------------------------------------- */

/* A Gaussian copula over leaves: the correlations of their normal scores. In the order of `of`. */
typedef struct copula {
    str name;
    leaf_list of;
    double *matrix; /* n x n, row-major; only the lower triangle is there */
} copula;
/* The lower triangle L with L L' = matrix, rows and columns taken in `order` (NULL: as they are). false: it is
 * not positive definite. */
bool copula_factor(const copula *c, const uint32_t *order, double *factor);

typedef struct component {
    uint64_t per;   /* drawn once for so many slots; 0: for each */
    bool kept;      /* the same in all attempts */
    uint32_t *leaf; /* in draw order */
    uint32_t leaves;
    uint32_t *copula; /* indexes of those with members here */
    uint32_t copulas;
    uint32_t *constraint; /* indexes that bear on it, in the order in which they can be asked */
    uint32_t *asked;      /* of each: how many of leaf[] must be drawn first */
    uint32_t constraints;
    uint32_t *unique; /* those of leaf[] in which the members of a group differ */
    uint32_t uniques;
    uint64_t span;  /* slots of the largest of their groups, which the others divide; 0: none */
    uint32_t *need; /* span > 0: the components of `per` that must be drawn first, in order */
    uint32_t needs;
} component;

typedef struct choose choose;

typedef struct compiled {
    table *table; /* the hard ones first */
    uint32_t tables, hards;
    table *reference; /* what the world has, over attributes of hard tables */
    uint32_t references;
    struct lexicon {
        str name;
        str *term;
        uint32_t terms;
    } * lexicon;
    uint32_t lexicons;
    copula *copula;
    uint32_t copulas;
    phases phase;         /* set by population_finish */
    component *component; /* in order of phases: set by population_finish */
    uint32_t components;
    uint32_t *zero; /* constraints over table attributes alone: structural zeros */
    uint32_t zeros;
    strmap *paths;       /* path -> node + 1 */
    strmap *suffixes;    /* last names of a path -> node + 1; (void *)UINTPTR_MAX: of several */
    const tree **source; /* node -> its tree, types and `each` expanded */
    strmap **values;     /* node -> value -> index + 1, NULL: few, or not asked for yet */
    bool *broken;        /* node -> a fault was said: what refers to it says nothing */
    bool *used;          /* node -> something refers to it */
    choose *choose;      /* choose.h; in file order */
    uint32_t chooses;
    bool *optional;      /* node -> a candidate of some choose, or a section of such */
    struct joint *joint; /* classes of the attributes of hard tables: set by population_finish, plan.h */
} compiled;

/* ---- parts of population_load, in order, each in its own file ------------------------------------------ */

bool compile_nodes(population *p,
                   diags *d); /* attributes, types, each, facets' fields: nodes with kinds, domains, labels */
bool compile_draws(population *p,
                   diags *d); /* by, given, only, except, when, list -> draw_spec, draw order (P06, P10) */
bool compile_tables(population *p, diags *d);    /* tables (Q01 sums, P08, P10), in_table */
bool compile_groups(population *p, diags *d);    /* groups, per, keep, unique (P04, P10, P16) */
bool compile_links(population *p, diags *d);     /* links (P04, P07, P10, P17) */
bool compile_correlate(population *p, diags *d); /* correlate (P15) */
bool compile_choose(population *p, diags *d);    /* choose, prior (P02, P03, P07, P09, P10) */
bool compile_facets(population *p, diags *d);    /* needs, closure, owners, prompts (P06, P11, P12) */
bool compile_others(population *p, diags *d);    /* rules rows, judges, limits, dedup, output, prompts */
/* templates.c */
const struct prompt *compile_prompt(population *p, const tree *t, uint16_t facet, uint16_t judge, diags *d);
const template *compile_node_template(population *p, const node *n, const tree *t, diags *d); /* K_TEMPLATE */
dist *compile_dist(population *p, const node *n, const tree *t, diags *d); /* a DIST of the node's kind */
#endif

/* compile_parts.h (private): what the compile_*.c files share with one another and with nobody else.
 *
 * Every function that can find a fault says it once and returns false (NULL, NO_NODE). A caller that gets false
 * says nothing more: so one cause is one row, however much hangs on it.
 */
#ifndef POP_COMPILE_PARTS_H
#define POP_COMPILE_PARTS_H

#include "taxonomy/compile/compile.h"

#define DIRECT_MAX 65536u /* domains up to this size get tables indexed by value */
#define GRID_MAX   (1u << 24)
#define CLAUSE_MAX 64u
#define LIST_MAX   65536u
#define FACET_MAX  64u
#define DOMAIN_MAX ((int64_t)1 << 31)

#define HINT_EMPTY_RANGE "the lower end comes first, and a multiple of `step` lies between"

#define NO_NODE UINT32_MAX

/* ---- lint.c: rows with places and hints ------------------------------------------------------------ */

/* As diag_at, but a fault that has been said of the same place and value is not said again: a type, or the keys
 * beside `each`, are read once for every leaf that they make. Returns false. */
bool lint_at(const population *p, diags *d, diag_code code, const tree *at, str value, const char *hint,
             const char *fmt, ...) PRINTF_LIKE(7, 8);

/* The nearest of some names. */
typedef struct near {
    str word, best;
    size_t distance;
} near;
near near_to(str word);
void near_try(near *k, str name);
const char *near_hint(arena *mem, const near *k); /* "did you mean `x`?", NULL: nothing is near */

tree member_place(const tree *map, const tree_member *m); /* a scalar that stands where the key stands */
bool is_nothing(str s);
bool is_name(str s);
bool name_reserved(str name); /* not the name of a child: compile_nodes.c */
bool lint_name(const population *p, diags *d, const tree *map, const tree_member *m, const char *of); /* P02 */
bool key_in(str key, const char *const *keys);
/* As tree_only, for trees that are read more than once. docs: documentation keys are allowed. */
bool lint_keys(const population *p, diags *d, const tree *map, const char *what, const char *const *keys,
               bool docs);
bool lint_map(const population *p, diags *d, const tree *t, const char *what);
bool lint_bool(const population *p, diags *d, const tree *t, const char *what, bool *out);
bool lint_int(const population *p, diags *d, const tree *t, const char *what, int64_t lo, int64_t hi,
              int64_t *out);
bool lint_dec(const population *p, diags *d, const tree *t, const char *what, dec *out);
bool number_of_text(str s, double *out); /* any decimal, with an exponent too; finite */
bool lint_number(const population *p, diags *d, const tree *t, const char *what, double *out);
/* A decimal in thousandths or millionths, lo..hi in the same unit. */
bool lint_scaled(const population *p, diags *d, const tree *t, const char *what, int64_t scale, int64_t lo,
                 int64_t hi, uint32_t *out);

/* ---- compile_refs.c ---------------------------------------------------------------------------------- */

void refs_index(population *p); /* paths and their ends; after the nodes stand */
/* REF -> node, or NO_NODE with P04; P10 where it names a link. */
uint32_t ref_find(const population *p, const tree *at, str ref, diags *d);
/* The link that a REF names, as the file counts them; NO_NODE: none. The path of a node goes before. */
uint32_t ref_link(const population *p, str ref);
bool ref_known(const population *p, str ref); /* the path or the last names of some node, or of several */
bool ref_broken(const population *p, uint32_t node);
void ref_use(const population *p, uint32_t node); /* it, what is below and above it: something refers to it */
/* The innermost section with `list` that the node stands in, NO_NODE: none. */
uint32_t ref_instance(const population *p, uint32_t node);
/* REFS -> leaves that `from` (NO_LEAF: nobody) may depend on as a single value: drawn, no list. P04, P10. */
bool ref_parents(population *p, const tree *t, const char *what, uint32_t from, diags *d, leaf_list *out);
bool leaf_drawn(const node *n);  /* no facet writes it */
bool leaf_counts(const node *n); /* its value is a number of some sort, a set of values can be tested */
const node *node_at(const population *p, uint32_t leaf);

/* ---- compile_key.c ------------------------------------------------------------------------------------- */

/* The text of one value; exact: P07 if it is no multiple of `step`, else it is rounded, halves away from 0. */
bool value_parse(const population *p, const node *n, const tree *at, str text, bool exact, diags *d,
                 int64_t *v);
/* The place of a choice's value in its list, -1: not there. */
int64_t value_index(const population *p, const node *n, str text);
const char *value_near(const population *p, const node *n, str text); /* a hint, NULL: none */
int64_t steps_of(dec value, dec step, bool *exact);                   /* halves away from 0 */
/* An end of a range: one between two steps is moved inwards, 2.5.. of whole numbers begins at 3. */
bool range_end(const population *p, const node *n, const tree *at, str text, bool upper, diags *d, int64_t *v);
void value_key_print(const node *n, int64_t v, buf *b); /* as a KEY */
void set_add(arena *mem, value_set *s, int64_t lo, int64_t hi);
void set_normalise(value_set *s);
void set_index(arena *mem, value_set *s);
bool set_empty(const value_set *s);
value_set set_not(arena *mem, const node *n, const value_set *s);
value_set set_and(arena *mem, const value_set *a, const value_set *b);
bool set_meet(const value_set *a, const value_set *b, int64_t *common);

/* ---- classes.c ----------------------------------------------------------------------------------------- */

/* The coarsest partition of the leaf's values in which each set is a union of classes. */
void classes_build(arena *mem, const node *n, const value_set *set, uint32_t sets, classes *out);
/* The classes in a set, in ascending order of first value (no value comes last). */
uint32_t classes_cover(const classes *c, const value_set *s, arena *mem, uint32_t **out);
value_set class_set(arena *mem, const node *n, const classes *c, uint32_t class);
void class_print(const node *n, const classes *c, uint32_t class, buf *b);
uint64_t class_size(const node *n, const classes *c, uint32_t class);

/* ---- compile_grid.c, compile_csv_grid.c: GRIDs --------------------------------------------------------- */

typedef struct weighted {
    str key;
    const tree *at;
    double weight;
} weighted;

/* A leaf of a GRID: a tree; or, from the rows of a CSV, weighted KEYs. */
typedef struct grid_leaf {
    const tree *tree; /* never NULL: where it stands */
    weighted *item;   /* NULL: the tree says it */
    uint32_t items, cap;
} grid_leaf;

typedef struct grid_entry grid_entry;
typedef struct grid_level {
    grid_entry *entry;
    uint32_t entries, cap;
} grid_level;
struct grid_entry {
    str key; /* empty: else */
    const tree *at;
    bool otherwise;
    uint32_t set;  /* index among the sets of this depth */
    uint32_t leaf; /* at the lowest level */
    grid_level *sub;
};

/* A GRID as read: levels of KEYs, and the leaves below. */
typedef struct grid_rows {
    population *p;
    diags *d;
    const tree *at;
    str what; /* "attribute `age`", "table `design`": for messages */
    leaf_list by;
    uint32_t zero_from; /* parents from here on may lack rows (counts and shares) */
    const pred *when;   /* NULL: always; combinations that it rules out need no row */
    grid_level root;
    grid_leaf *leaf;
    uint32_t leaves, cap;
    bool failed;
} grid_rows;
/* What the columns of a CSV may be beside the parents. */
typedef struct csv_shape {
    const node *node;         /* whose values the wide columns, or the column of its name, are */
    str own;                  /* header of its column, if it is known; else empty */
    const char *const *words; /* words of a DIST in wide columns, NULL: none */
    bool tests;               /* cells are TESTs, which have no weights */
} csv_shape;

void grid_read(grid_rows *g, const tree *t);
void grid_read_csv(grid_rows *g, const tree *t, const csv_shape *shape);
void grid_read_table(grid_rows *g, const tree *t); /* the CSV of a table: the last parent may be wide */
uint32_t grid_leaf_add(grid_rows *g, const tree *at);
grid_entry *grid_entry_add(grid_rows *g, grid_level *l, str key, const tree *at);
const grid *grid_build(grid_rows *g);             /* NULL: said, or g->failed */
bool grid_gaps(grid_rows *g, grid *built);        /* P08 for combinations of parents that have no cell */
uint32_t csv_column(const csv *c, const node *n); /* headed by a REF of the node; NO_NODE: none */
uint32_t csv_word(const csv *c, const char *word);
bool csv_number(const population *p, const csv *c, uint32_t row, uint32_t col, diags *d, double *out);
tree csv_place(const csv *c, uint32_t row, uint32_t col); /* of a cell; row UINT32_MAX: the header */
/* A row about a cell; false. */
bool csv_lint(const population *p, const csv *c, uint32_t row, uint32_t col, diags *d, diag_code code,
              const char *hint, const char *what);
/* A long CSV without weights: says which column is likely meant to hold them; fault: as an error, else as a
 * warning. false: said. key, own: the columns that are taken. */
bool csv_unweighted(const population *p, const csv *c, const uint32_t *key, uint32_t keys, uint32_t own,
                    str what, bool fault, diags *d);
/* ---- compile_tables_lint.c ------------------------------------------------------------------------------ */

bool table_of_set(const population *p, const tree *t); /* only --soft, --scale or --set speak of it */
bool no_table(const population *p, const tree *t, str name, diags *d); /* P04, with the nearest; false */
/* W00 for the values of `over` that are in no row, so that nobody has them. */
void values_named(const population *p, const tree *at, const table *t, const grid *cells, diags *d);

/* ---- compile_dist.c, compile_domain.c, compile_linear.c ------------------------------------------------ */

dist *dist_of_leaf(population *p, const node *n, const grid_leaf *l, diags *d);
bool domain_compile(population *p, diags *d); /* values and bounds of all leaves, `list` of all */
/* A leaf that is not in the tree, for numbers that are no attribute (`list`, `count`). */
bool domain_count(population *p, const tree *t, const char *what, diags *d, node *out);
/* Likewise for a choice that is no attribute; out->path is its name in messages, labels are its values'. */
bool domain_choice(population *p, const tree *t, diags *d, node *out);
/* Whether a text can be a value of a choice: P03. */
bool choice_value_lint(const population *p, const node *n, const tree *at, str v, diags *d);
str text_spaced(arena *mem, str s); /* `_` as space: how what has no label is printed */
void texts_compile(population *p,
                   diags *d); /* labels, hints, units, terms, words of all nodes, once domains are known */
/* The column of a choice's own values: headed by it, else the first that is no parent and no word. */
uint32_t choice_column(const population *p, const csv *c, const node *n, const tree *by);
const char *dist_hint(const node *n); /* forms of a distribution of a number or date */
bool linear_read(population *p, const tree *t, diags *d, linear *out);
bool linear_term_fits(const population *p, const tree *at, const node *n, diags *d); /* P03, P10 */

/* ---- compile_groups.c ---------------------------------------------------------------------------------- */

const slot_group *group_find(population *p, const tree *name, diags *d); /* NULL with P04 */
/* Whether all attempts at a slot have the same value: kept, drawn for a group, listed alone by a table, or a
 * template of such. */
bool leaf_stays(population *p, const node *n);

/* ---- compile_row.c ------------------------------------------------------------------------------------- */

row_source *row_compile(population *p, const node *n, const tree *t, const tree *by, diags *d); /* NULL: said */
bool column_dist(population *p, const node *n, const tree *t, diags *d, dist *out); /* {column: HEADER} */
bool is_column(const tree *t);
/* The column that {column: HEADER} of node i names; NO_NODE: said. */
uint32_t row_column(population *p, uint32_t i, const tree *t, diags *d, const csv **c);
uint32_t row_section(const population *p, uint32_t i); /* the innermost section with `row`, NO_NODE: none */

/* ---- compile_terms.c, compile_pred.c, rule_lint.c ------------------------------------------------------ */

bool lexicons_compile(population *p, diags *d);
const pred *pred_not_more(population *p, const pred *q, const tree *at, diags *d); /* q, or NULL with P17 */
/* How long a call of a model may be and how it is sampled: max_tokens, temperature, role of facets and judges.
 */
typedef struct call_limits {
    uint32_t max_tokens, temperature_milli, top_p_milli;
    str role;
} call_limits;
void call_limits_read(const population *p, const tree *t, diags *d, call_limits *out);
/* compile_leaves.c: `leaves` and `split` of a facet; before prompts are read. leaves_lint: P17, when
 * limits.rounds is known. */
void leaves_read(population *p, uint16_t facet_index, const tree *facet_tree, diags *d);
void leaves_lint(const population *p, diags *d);
/* narrow.c: `only` and `except` of what facets write, when closures and owners are known: P06, P10. */
void narrow_bind(population *p, diags *d);
/* rule_lint.c: the rules of a population that will not be handed out, so that the compilers of rules never see
 * it. */
void rules_lint(population *p, diags *d);

/* compile_unused.c: warnings about attributes that are there to no purpose. Of a population without errors:
 * what nothing uses; rows of which nothing is read. Of any: a placeholder of an included file that an attribute
 * of the same name, which stands in a section, did not replace. */
void unused_said(population *p, diags *d);
void rows_unread_said(population *p, diags *d);
void twins_said(population *p, diags *d);

#endif

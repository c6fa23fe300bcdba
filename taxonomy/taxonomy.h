/* taxonomy.h: who there should be: the population file loaded, linted and compiled; the plan of exact quotas;
 * the skeleton of (slot, attempt); templates and schemas; the record that a persona is while it is made.
 *
 * A population is immutable once population_finish has returned, and may be read by any thread.
 * Order of life: population_load -> rules_compile (validators: adds constraints) -> population_finish ->
 * plan_make -> draw. All that a population holds lives in its own arena; `str` and pointers read from it live
 * as long as it does.
 */
#ifndef POP_TAXONOMY_H
#define POP_TAXONOMY_H

#include "pipeline/base/base.h"

/* ---- diagnostics ------------------------------------------------------------------------------ */

/* W00: a warning. */
#define DIAG_MAP(X)                                                                                            \
    X(P01, "not YAML or JSON, or a limit")                                                                     \
    X(P02, "unknown, reserved, doubled or missing key")                                                        \
    X(P03, "wrong type or form")                                                                               \
    X(P04, "unknown or ambiguous reference")                                                                   \
    X(P05, "file missing, outside, or including itself")                                                       \
    X(P06, "cycle")                                                                                            \
    X(P07, "value outside the domain, or no domain")                                                           \
    X(P08, "grid: overlap or gap")                                                                             \
    X(P09, "negative or no weights")                                                                           \
    X(P10, "written, redrawn or listed where that cannot be")                                                  \
    X(P11, "no owner, or two")                                                                                 \
    X(P12, "template")                                                                                         \
    X(P13, "rule kind or judge")                                                                               \
    X(P14, "constraint unmet in tries")                                                                        \
    X(P15, "matrix")                                                                                           \
    X(P16, "too few values for unique or exact")                                                               \
    X(P17, "compiled form too large")                                                                          \
    X(Q01, "totals")                                                                                           \
    X(Q02, "tables disagree on a shared margin")                                                               \
    X(Q03, "a target in cells that no constraint allows")                                                      \
    X(Q04, "two tables that cannot be met together")                                                           \
    X(Q05, "tables that cannot be met together")                                                               \
    X(Q06, "tables that cannot be met in whole persons")                                                       \
    X(Q07, "tables that could not be solved within bounds")                                                    \
    X(W00, "warning")
#define DIAG_ENUM(name, text) DIAG_##name,
typedef enum diag_code { DIAG_MAP(DIAG_ENUM) DIAG_COUNT } diag_code;
#undef DIAG_ENUM
const char *diag_name(diag_code c);  /* "P02" */
const char *diag_title(diag_code c); /* "unknown, reserved, ..." */

typedef struct diag {
    diag_code code;
    str file;              /* as the user named it, or relative to the population's folder */
    uint32_t line, column; /* from 1; 0: none */
    str value;             /* the offending text, may be empty */
    str text, hint;
    str detail; /* Q01..Q07: tables, cells, numbers and rules as a JSON object (told.c); else empty */
} diag;

/* Collects up to 100 and counts the rest. Owns the text of its rows. */
typedef struct diags {
    arena *mem;
    diag *row, *last;               /* last: added last, NULL: it was there already, or dropped */
    size_t n, cap, errors, dropped; /* errors: rows that are not W00 */
} diags;
void diags_init(diags *d);
void diags_free(diags *d);
void diags_sort(diags *d); /* W00 last; else by file, line, column */
/* The first error as an `err` (ERR_POPULATION; Q codes ERR_PLAN), with the number of further ones. */
bool diags_err(const diags *d, err *e);

/* ---- the composed tree ------------------------------------------------------------------------ */

typedef enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP } tree_kind;
typedef struct tree tree;
typedef struct tree_member {
    str key;
    uint32_t line, column;
    tree *value;
} tree_member;
/* A scalar is its text (NFC). nothing: `~`, `null` or empty. number: it was a JSON number, or a plain YAML
 * scalar that reads as one. folder: index of the folder that relative paths in this node start from. */
struct tree {
    tree_kind kind;
    bool nothing, number;
    uint16_t file, folder;
    uint32_t line, column, n;
    str text;
    union {
        tree **item;
        tree_member *member;
    };
    uint32_t *index; /* of a long mapping, to its members; tree.c */
};
const tree *tree_get(const tree *map, const char *key); /* NULL: not a map or not there */
const tree *tree_get_str(const tree *map, str key);

/* Adds a row located at `at` (NULL: no place). Returns false. */
typedef struct population population;
bool diag_at(const population *p, diags *d, diag_code code, const tree *at, str value, const char *hint,
             const char *fmt, ...) PRINTF_LIKE(7, 8);
void diags_detail(diags *d, str detail); /* of the row that was added last */
/* Rows of an attempt, in d's memory, until diags_said adds them to d or forgets them. */
diags diags_try(const diags *d);
void diags_said(diags *d, diags *tried, bool keep);
/* P02 for every key of `map` that is not in the NULL-terminated list (nor a documentation key), with the
 * nearest. */
bool tree_only(const population *p, diags *d, const tree *map, const char *what, const char *const *keys);

/* ---- nodes: attributes and fields ---------------------------------------------------------------- */

typedef enum kind { K_SECTION, K_CHOICE, K_NUMBER, K_DATE, K_FLAG, K_TEXT, K_TEMPLATE } kind;
const char *kind_name(kind k);

typedef struct choice_value {
    str value, label; /* label: localised, else the value with `_` as space */
    bool number;      /* written to rows as a JSON number (if all values are) */
    str *word;        /* how rules find it in a text: `words`, else the label; "x*" any ending */
    uint32_t words;
} choice_value;

typedef struct range_u32 {
    uint32_t lo, hi; /* inclusive; hi UINT32_MAX: open */
} range_u32;

typedef struct text_limits {
    bool has_words, has_chars, has_sentences, has_paragraphs, has_lines;
    range_u32 words, chars, sentences, paragraphs, lines;
} text_limits;

typedef struct pred pred;           /* compiled predicate */
typedef struct linear linear;       /* compiled LINEAR */
typedef struct draw_spec draw_spec; /* compiled distribution: private to taxonomy */
typedef struct template template;

#define NO_LEAF  UINT32_MAX
#define NO_FACET UINT16_MAX

/* Slots with equal slot / size are a group; the last one may be smaller. Lives as long as the population. */
typedef struct slot_group {
    str name;
    uint64_t size;
} slot_group;

/* Leaves and sections, depth first in file order: attributes first, then each facet's fields. */
typedef struct node {
    kind kind;
    str name, path, label, hint, unit;
    uint32_t parent; /* index, NO_LEAF at a root */
    uint32_t end;    /* descendants are (self, end) */
    uint32_t leaf;   /* index among leaves, NO_LEAF for sections */
    uint32_t within; /* the section with `list` in whose instances it stands; NO_LEAF: none */
    uint32_t number; /* of a section with `list`: the hidden leaf that holds how many instances; else NO_LEAF */
    uint32_t below;  /* of it: the leaves number + 1 .. number + below have their values in the instances */
    uint32_t *distinct, distincts; /* of it: leaves in which its instances differ */
    uint32_t row;   /* of a section with `row`: the hidden leaf that holds which row was drawn; else NO_LEAF */
    uint16_t owner; /* facet that writes it, NO_FACET: drawn. A template under a facet has the facet */
    bool hide, ordered, is_list, in_table;
    bool keep;             /* own or inherited: the same in all attempts at a slot. Drawn leaves and sections */
    const slot_group *per; /* own or inherited: the same for all members. NULL: drawn for each slot */
    const slot_group *unique; /* a leaf with `keep`: members differ. NULL: they need not */
    uint32_t line, column;
    uint16_t file;
    uint64_t key; /* of its path: enters every draw */
    /* K_CHOICE; K_FLAG has two, "false" and "true" */
    choice_value *value;
    uint32_t values;
    /* K_NUMBER: a value is k steps; printed k * step.m / 10^step.places. Domain lo..hi in steps.
     * K_DATE: a value is days since 1970-01-01, step 1. */
    dec step;
    int64_t lo, hi;
    text_limits limits; /* K_TEXT */
    range_u32 count;    /* is_list: how many */
    str *term;          /* how rules find the attribute: `terms`, else its label */
    uint32_t terms;
    const pred *when;      /* own and all above, NULL: always */
    const draw_spec *draw; /* drawn leaves */
    draw_spec *narrow;     /* written choices with `only` or `except`, else NULL */
    const template *tpl;   /* K_TEMPLATE */
    uint8_t language;      /* of the population, for value_read; set by population_finish */
} node;

/* A row of `links`: who knows whom in a group. Lives as long as the population. */
typedef struct link_def {
    str name, label;
    uint64_t key; /* of its name: enters every draw */
    const slot_group *within;
    double degree;        /* mean links of a member, where the group is large enough */
    const node *relation; /* a choice that is no attribute: values of the file, then those of `inverse` alone */
    uint32_t *inverse;    /* value of the relation -> the same seen from the other side */
    uint32_t *show, shows;              /* leaves: what one knows of the other; the first is its name */
    const struct dist *drawn;           /* private: of the relation */
    const struct link_program *program; /* private: how `show` is drawn */
} link_def;

typedef struct facet {
    str name;
    uint16_t index;
    uint16_t *need; /* direct */
    uint16_t needs;
    uint64_t closure;    /* bit set over facets (at most 64): all needs, not itself */
    const pred *when;    /* NULL: always */
    uint32_t first, end; /* its fields' nodes: [first, end) */
    uint32_t *leaf,
        leaves; /* texts among the attributes that it writes: of entry e of `leaves` leaf[entry[e]] */
    uint32_t *entry, entries; /* to leaf[entry[e + 1] - 1] */
    uint32_t split;           /* so many of them a call at most; 0: all at once */
    bool fixed_fields;        /* no `when` on its fields and no `leaves`: the same are asked of all slots */
    bool narrows;             /* `only` or `except` of its fields leaves some slots less than all values */
    const struct prompt *prompt;
    uint32_t max_tokens, temperature_milli, top_p_milli;
    str role;
} facet;

typedef struct judge {
    str name;
    uint16_t index;
    uint16_t after;     /* judge index, NO_FACET: none */
    uint32_t share_ppm; /* of slots, in millionths */
    const struct prompt *prompt;
    uint32_t max_tokens, temperature_milli;
    str role;
} judge;

/* A rule as it stands in the file; validators compile it. */
typedef struct rule_def {
    str id, kind;
    const tree *body;
} rule_def;

/* A rule whose attributes are all drawn. holds is pure. */
typedef struct record record;
typedef struct constraint {
    str id;
    const uint32_t *leaf; /* what it names */
    uint32_t leaves;
    bool (*holds)(const void *self, const record *r);
    const void *self;
} constraint;

typedef struct column {
    str name;
    uint32_t leaf;
} column;

#define EXACT_MAX 8u /* lists of dedup.exact: what a gate's print has room for */
typedef struct exact_list {
    uint32_t *leaf;
    uint32_t leaves;
} exact_list;

struct population {
    arena *mem;
    str name, locale, title;
    hash128 hash; /* FORMAT: order, hash */
    node *node;
    uint32_t nodes, drawn_nodes; /* [0, drawn_nodes): attributes */
    uint32_t *leaf_node;         /* leaf -> node; a hidden leaf -> its section, whose own `leaf` is NO_LEAF */
    uint32_t leaves;
    uint32_t *draw_order; /* drawn leaves, each after all it refers to */
    uint32_t draws;
    slot_group *group;
    uint32_t groups;
    link_def *link;
    uint32_t links;
    facet *facet;
    uint16_t facets;
    judge *judge;
    uint16_t judges;
    rule_def *rule;
    uint32_t rules;
    constraint *constraint;
    uint32_t constraints, constraints_cap;
    uint32_t rounds, attempts, tries; /* limits */
    bool recorded; /* limits.checks: what is found is recorded; only what cannot be read costs an attempt */
    /* dedup */
    uint32_t *dedup_leaf; /* written text leaves that are compared */
    uint32_t dedup_leaves;
    uint32_t *mask_leaf; /* their values' words are taken out first */
    uint32_t mask_leaves;
    uint32_t threshold_milli; /* 800 */
    exact_list *exact;        /* at most EXACT_MAX */
    uint32_t exacts;
    uint32_t *within_leaf;
    uint32_t withins;
    /* output */
    const template *id; /* NULL: RUN-SLOT */
    column *column;
    uint32_t columns;
    uint32_t *narrative; /* leaves, the first that has a value counts */
    uint32_t narratives;
    bool weighted;                  /* some table has a `reference`: personas have weights */
    bool pairs;                     /* attributes as [{"path","value"}] */
    const template *revise, *avoid; /* user templates, or the built-in ones of the locale */
    struct composed *composed;      /* private: tree, files */
    struct compiled *compiled;      /* private: components, tables, lexicons */
};

/* path: a file, or the name of a built-in population. sets: "a.b=VALUE". All that can be found wrong is added
 * to d; NULL if it cannot be used. rule kinds are not checked here. */
population *population_load(const char *path, const char *const *sets, size_t nsets, diags *d);
void population_constrain(population *p, const constraint *c); /* copies *c; before finish */
bool population_finish(population *p, diags *d);               /* order of draws, components, table classes */
void population_free(population *p);
/* Writes the composed file (population.json) and every file it names below dir; loading that gives the same
 * hash. */
bool population_freeze(const population *p, const char *dir, err *e);
/* Copies a built-in population, and those it includes, to a folder that is new or empty. */
bool population_export(const char *name, const char *dir, err *e);
/* Dotted paths of the composed trees in which two populations differ (up to max), for the message on a
 * mismatch. */
size_t population_diff(const population *a, const population *b, arena *mem, str *out, size_t max);

const node *leaf_node(const population *p, uint32_t leaf);
const node *node_find(const population *p, str path);
str locale_language(const population *p); /* "en" of "en-GB" */

/* ---- helpers for those who compile rules ---------------------------------------------------------- */

typedef struct leaf_list {
    uint32_t *leaf;
    uint32_t n;
} leaf_list;
/* REF or REFS -> leaves, sections expanded, in the population's arena. P04, P03; P10 for the name of a link. */
bool compile_refs(population *p, const tree *t, diags *d, leaf_list *out);
/* The same where links may be named too: out.leaf of those are indexes into p->link. */
bool compile_refs_links(population *p, const tree *t, diags *d, leaf_list *out, leaf_list *links);
const pred *compile_pred(population *p, const tree *t, diags *d); /* NULL on error. P17 beyond 64 clauses */
const linear *compile_linear(population *p, const tree *t, diags *d);
/* One TEST on a leaf (`allowed`, `count`). */
const pred *compile_test(population *p, uint32_t leaf, const tree *t, diags *d);
/* GRID of TEST on `leaf` over `by`: P08 for gaps and overlaps. */
typedef struct test_grid test_grid;
const test_grid *compile_test_grid(population *p, uint32_t leaf, const leaf_list *by, const tree *t, diags *d);
typedef struct term_list {
    str *term;
    uint32_t n;
} term_list;
/* TERMS: a list, the name of a lexicon, or either by locale. P13 for an unknown lexicon. */
bool compile_terms(population *p, const tree *t, diags *d, term_list *out);
bool compile_text(population *p, const tree *t, diags *d, str *out); /* TEXT, for the locale */
/* FILE: its text. *name: the file as messages name it; empty: the text stands in the population file. *at: the
 * place of its first line. P01, P03, P05. */
bool compile_file(const population *p, const tree *t, diags *d, str *text, str *name, tree *at);
/* A message with {{REF}}s. */
const template *compile_template(population *p, str text, const tree *at, diags *d);
leaf_list template_leaves(population *p, const template *t); /* that it names, in its order */
leaf_list pred_leaves(population *p, const pred *q);
leaf_list linear_leaves(population *p, const linear *l);

/* Evaluation: pure. A test on an attribute without value is false; false of linear_value: some REF has no
 * value. */
bool pred_holds(const pred *q, const record *r);
bool linear_value(const linear *l, const record *r, double *v);
bool test_grid_allows(const test_grid *g,
                      const record *r); /* true if the leaf has no value or no row speaks of it */

/* ---- where the numbers of a population come from ---------------------------------------------------- */

typedef enum dataset_kind { DATASET_TABLE, DATASET_MATRIX, DATASET_ATTRIBUTE } dataset_kind;
/* Numbers that a population states, and its documentation of them; what it does not say is empty. */
typedef struct dataset {
    dataset_kind kind;
    str name;           /* of the table or correlation; path of the attribute, of a section with `each` */
    str form, over, by; /* "counts", "shares", "given", "weights", "matrix"; REFS by ", " */
    str title, source, year, licence, basis, measure, method, note, total;
    uint32_t sums;      /* rows whose numbers are weights; 0: there are none */
    double least, most; /* the lowest and the highest sum of such a row, as the file has them */
} dataset;
/* Tables, correlations, attributes, each in file order; after population_finish. *out lives in mem, its texts
 * also in p. */
uint32_t population_datasets(const population *p, arena *mem, dataset **out);
/* Documentation at the top of the file: "note", "source", "year", "licence" ...; empty: it says nothing. */
str population_said(const population *p, const char *key);
/* What is missing of source, year, licence, basis, measure, method and total, or wrong in the sums. Texts live
 * in mem. */
enum { DATASET_FAULTS = 8 };
uint32_t dataset_faults(const dataset *f, arena *mem, const char *out[DATASET_FAULTS]);

/* ---- record ------------------------------------------------------------------------------------- */

typedef enum value_kind { V_NONE, V_NUM, V_TEXT, V_LIST } value_kind;
/* num: index of a choice, steps of a number, days of a date, 0/1 of a flag, the row of a hidden leaf. */
typedef struct value value;
struct value {
    value_kind kind;
    uint32_t n; /* V_LIST */
    union {
        int64_t num;
        str text;
        value
            *item; /* V_LIST: V_NUM or V_TEXT each; of a leaf in instances one item an instance, of any kind */
    };
};

/* One whom a persona knows by a link. */
typedef struct linked {
    uint64_t slot;
    uint32_t relation;  /* what it is to the persona: a value of link_def.relation */
    const value *shown; /* one a leaf of link_def.show; NULL: read from a row, which does not hold them */
} linked;
typedef struct linked_list {
    linked *item; /* by slot */
    uint32_t n;
} linked_list;

/* A persona while it is made: the skeleton, then what the facets have written. Values live in `mem`, which the
 * owner of the record owns.
 *
 * INSTANCES of a section with `list`: its hidden leaf `number` holds how many there are (V_NUM; V_NONE: the
 * section has no value), and each leaf below holds a V_LIST with one item for each of them: V_NONE, V_NUM,
 * V_TEXT, or a V_LIST where the leaf is a list itself; or V_NONE as a whole as long as it has no values at all.
 * A record can be looked at from inside one instance (record_enter): then record_at gives that instance's item,
 * so that predicates, sums, grids, templates and rules need not know. Whoever reads a value as an attribute's
 * calls record_at. */
struct record {
    const population *pop;
    arena *mem;
    uint64_t slot;
    uint32_t attempt, cell;
    uint64_t weight;        /* weighted populations: in millionths */
    value *value;           /* one a leaf */
    linked_list *links;     /* one a link of the population; NULL: not drawn yet */
    uint32_t section;       /* inside which instance: of this node, NO_LEAF: none */
    uint32_t first, inside; /* its leaves are first .. first + inside - 1 */
    uint32_t instance;      /* from 0 */
    uint64_t *left;         /* bit set of the leaves that `choose` left out; NULL: none */
};
static inline bool record_left(const record *r, uint32_t leaf) {
    return r->left && r->left[leaf / 64] >> leaf % 64 & 1;
}
void record_init(record *r, const population *p, arena *mem); /* all without value */
void record_enter(record *r, uint32_t section, uint32_t instance);
void record_leave(record *r);
uint32_t record_instances(const record *r, uint32_t section); /* 0 without value */
extern const value value_none;
static inline const value *record_at(const record *r, uint32_t leaf) {
    const value *v = &r->value[leaf];
    if (leaf - r->first >= r->inside) return v;
    return v->kind == V_LIST && r->instance < v->n ? &v->item[r->instance] : &value_none;
}
/* The section with `list` in whose instances the leaf, hidden ones too, has its values; NO_LEAF: none. */
uint32_t leaf_within(const population *p, uint32_t leaf);
/* What is asked, written and replaced as one: a leaf, or a section with `list` and all that is below, whose
 * first leaf is its `number`. */
typedef struct field_span {
    uint32_t first, n;
} field_span;
bool node_field(const population *p, uint32_t node_index,
                field_span *out);                        /* false: a part of one, or of several */
uint32_t leaf_field(const population *p, uint32_t leaf); /* the first leaf of the field that it belongs to */
/* "preference.2.topic", of the section itself "preference.2"; instance 0: none. */
void instance_path(const population *p, const node *n, uint32_t instance, buf *b);
/* {"NAME":[{"slot":7,"id":"...","relation":"friend"}]}: the links of a record, as in rows; run: for the ids. */
void links_json(buf *b, const record *r, hash128 run);
/* A line each, for a display: `relation: ` and what is shown of the other, else its slot. false: nobody. */
bool link_lines(buf *b, const record *r, uint32_t link);
void value_print(buf *b, const node *n, const value *v);     /* as FORMAT: Printed (label, unit, joined) */
void value_print_raw(buf *b, const node *n, const value *v); /* form `value` */
void value_json(buf *b, const node *n, const value *v);      /* as in rows; null without value */
/* A section with `list` as in rows: an array of objects; null without value. */
void instances_json(buf *b, const record *r, uint32_t section);
/* As FORMAT: Printed, a numbered line each. false: there is none. */
bool instances_lines(buf *b, const record *r, uint32_t section);
bool value_same(const value *a, const value *b);
bool value_there(const value *v); /* there is something to print: of a list, of instances, some element */
/* JSON -> value of a field, by its kind and domain (not its limits). NULL: fine; else what is wrong, in the
 * locale's words, for the finding. */
const char *value_read(const node *n, const json *j, arena *mem, value *out);

/* One record of RFC 4180, its line end allowed behind it: NULL and its cells, which point into `text` or `mem`;
 * else what is wrong. */
const char *csv_record(str text, arena *mem, str **cell, uint32_t *cells);
/* What parts the cells of a header that has no comma: a semicolon or a tab; 0: it has one column. */
char csv_parted_by(str head);
#define CSV_PARTED_HINT "save it with commas between cells, and with a point in numbers: CSV (UTF-8, comma)"

/* The same of a section with `list`: out[0] is its number, then one value a leaf below. An instance may lack
 * members, which have no value there. */
const char *instances_read(const population *p, const node *section, const json *j, arena *mem, value *out);

/* ---- dates -------------------------------------------------------------------------------------- */

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years 1 to 9999. */
#define DATE_MIN (-719162)                                      /* 0001-01-01 */
#define DATE_MAX 2932896                                        /* 9999-12-31 */
bool date_make(int64_t y, int64_t m, int64_t d, int64_t *days); /* false: there is no such day */
bool date_parse(str s, int64_t *days);                          /* YYYY-MM-DD and nothing else */
void date_print(buf *b, int64_t days);

/* ---- plan ----------------------------------------------------------------------------------------- */

/* Cells with integer quotas and the bijection slot -> (cell, serial). A function of (population, n, seed). */
typedef struct plan plan;
plan *plan_make(const population *p, uint64_t n, uint64_t seed, diags *d); /* NULL: Q01..Q07 in d */
/* The plan of n > plan_size(base) persons whose first slots are those of base: same cells, same skeletons.
 * Takes base over, also if it fails. NULL: Q01..Q07 in d; their persons are those to be placed. */
plan *plan_extend(plan *base, uint64_t n, diags *d);
void plan_free(plan *pl);
uint64_t plan_size(const plan *pl);
uint64_t plan_seed(const plan *pl);
uint32_t plan_cells(const plan *pl);
uint64_t plan_quota(const plan *pl, uint32_t cell);
/* slot < size -> its cell and its place among the cell's slots (0..quota-1); O(log cells). */
void plan_place(const plan *pl, uint64_t slot, uint32_t *cell, uint64_t *serial);
uint32_t plan_find(const plan *pl, const record *r); /* the cell of a record's values; UINT32_MAX: none */
/* "school.grade=7 person.gender=female ...": classes as KEYs. */
void plan_cell_print(const plan *pl, uint32_t cell, buf *b);
void plan_cell_json(const plan *pl, uint32_t cell, buf *b); /* {"school.grade": "7", ...} */
/* The tables, each with its own cells: asked[] in whole persons; and the table cell of a plan cell. */
uint32_t plan_tables(const plan *pl);
str plan_table_name(const plan *pl, uint32_t table);
uint32_t plan_table_cells(const plan *pl, uint32_t table);
uint64_t plan_table_asked(const plan *pl, uint32_t table, uint32_t table_cell);
double plan_table_share(const plan *pl, uint32_t table, uint32_t table_cell); /* persons before rounding */
uint32_t plan_table_cell(const plan *pl, uint32_t table,
                         uint32_t cell); /* UINT32_MAX: it does not speak of these */
/* The attributes that the cells are of, in the order of plan_cell_print, and the class of each. */
uint32_t plan_axes(const plan *pl);
uint32_t plan_axis_leaf(const plan *pl, uint32_t axis);
uint32_t plan_axis_classes(const plan *pl, uint32_t axis);
void plan_class_print(const plan *pl, uint32_t axis, uint32_t class, buf *b);
uint32_t plan_cell_class(const plan *pl, uint32_t cell, uint32_t axis);
void plan_table_cell_print(const plan *pl, uint32_t table, uint32_t table_cell, buf *b);
/* Soft tables: what each cell was to have and what the fit gives it, as shares of all people. */
uint32_t plan_softs(const plan *pl);
str plan_soft_name(const plan *pl, uint32_t table);
double plan_soft_weight(const plan *pl, uint32_t table);
const uint32_t *plan_soft_leaves(const plan *pl, uint32_t table, uint32_t *n);
uint32_t plan_soft_cells(const plan *pl, uint32_t table);
double plan_soft_share(const plan *pl, uint32_t table, uint32_t cell);
double plan_soft_fit(const plan *pl, uint32_t table, uint32_t cell);
bool plan_soft_slow(const plan *pl, uint32_t table); /* the fit was still moving when it was ended */
uint32_t plan_soft_find(const plan *pl, uint32_t table, const record *r); /* UINT32_MAX: none */
void plan_soft_cell_print(const plan *pl, uint32_t table, uint32_t cell, buf *b);
/* What the world has of the cell's kind of people over what the plan has, in millionths. */
uint64_t plan_weight(const plan *pl, uint32_t cell);
double plan_rounding(const plan *pl); /* the largest shift from the ideal share, persons */

/* What a thread that draws many skeletons keeps between them, of the groups that it drew last: the kept values
 * of those with `unique`, and who knows whom in those with links. What is drawn does not depend on it. The plan
 * must outlive it; one thread at a time. */
typedef struct drawer drawer;
drawer *drawer_new(const plan *pl);
void drawer_free(drawer *w); /* NULL is fine */
/* Draws the skeleton of (slot, attempt): r is initialised, cell, all drawn values (templates included) and
 * links set. false: a constraint was not met in `tries` (P14, names the rule that objected most), or `unique`
 * left no value (P16, names the attribute). */
bool drawer_skeleton(drawer *w, uint64_t slot, uint32_t attempt, record *r, err *e);
/* The same for one skeleton alone: with `unique`, the earlier members of the slot's groups are drawn for it,
 * with links all pairs of its groups. */
bool draw_skeleton(const plan *pl, uint64_t slot, uint32_t attempt, record *r, err *e);

/* ---- records of others: census.c, plan_subset.c ------------------------------------------------------- */

/* Counts of records by what tables tell apart; only values count, not where they come from. */
typedef struct census census;
census *census_new(const population *p);
void census_free(census *c); /* NULL is fine */
/* The leaves that hard tables speak of; those that soft ones alone do. */
const uint32_t *census_leaves(const census *c, uint32_t *n);
const uint32_t *census_softs(const census *c, uint32_t *n);
/* The place of a record: its combination of the classes that all hard tables cut. UINT32_MAX: *leaf has a
 * value, or none, that no class holds. Counts nothing. */
uint32_t census_place(census *c, const record *r, uint32_t *leaf);
void census_add(census *c, const record *r, uint32_t place);
uint64_t census_size(const census *c); /* records added */
uint32_t census_places(const census *c);
uint64_t census_count(const census *c, uint32_t place);
uint64_t census_key(const census *c, uint32_t place); /* its classes, in mixed radix over all of the joint's */
/* The plan's cell of a place; UINT32_MAX: none has this combination. */
uint32_t census_cell(const census *c, const plan *pl, uint32_t place);
/* got[] one a cell of the plan's table; the return value: those in none of its cells. */
uint64_t census_table(const census *c, const plan *pl, uint32_t which, uint64_t *got);
uint64_t census_soft(const census *c, const plan *pl, uint32_t which, uint64_t *got); /* of its soft table */

/* Why no subset of the records meets the plan: of cells that ask (`side` above 0) and others that take of the
 * same people (below 0), in plan tables; of none if there are too few records for all. asked > other + room. */
typedef struct subset_cut {
    struct subset_side {
        uint32_t table, cell;
        int32_t side;
    } * at;
    uint32_t n;
    uint64_t asked, other, room;
} subset_cut;
/* take[place]: how many of the records of each place, so that every hard table is exact in whole persons; near
 * the joint that the plan is made of. false: Q03 to Q06 in d; cut (in `mem`) with n = 0 where there is none. */
bool plan_subset(const plan *pl, const census *c, arena *mem, uint64_t *take, subset_cut *cut, diags *d);

/* ---- templates, prompts, schemas ------------------------------------------------------------------- */

/* A text of `leaves` of one persona. */
typedef struct leaf_place {
    uint32_t leaf, instance; /* instance from 1; 0: it stands in no list */
} leaf_place;
/* Those that the persona has, in the order in which they are asked for, and the part, from 0, in which each
 * goes out. Returns how many; both live in mem. */
uint32_t facet_places(uint16_t facet, const record *r, arena *mem, leaf_place **place, uint32_t **part);

typedef struct render_ctx {
    const record *rec;
    hash128 run;            /* of (population hash, seed), for @run */
    uint16_t facet;         /* whose @fields and @draft; NO_FACET: a judge or a message */
    const bool *only;       /* @fields: leaves asked for, one bool a leaf; NULL: all that apply */
    bool same;              /* @fields: the same for all slots: all values of a choice */
    const leaf_place *ask;  /* @fields: of `leaves` those asked for; NULL: all that the persona has */
    const leaf_place *told; /* @draft: of `leaves` those of earlier parts */
    uint32_t asks, tolds;
    str findings, avoid, rules; /* what @findings, @avoid, @rules print */
} render_ctx;

typedef struct prompt prompt;
/* The system part: the same bytes for every slot unless it shows @rules (then for every rules text). */
void prompt_system(const prompt *pr, const render_ctx *c, buf *out);
void prompt_slot(const prompt *pr, const render_ctx *c, buf *out);
/* The built-in prompt of judges in the locale, for those without one. */
const prompt *prompt_judge_default(population *p, diags *d);
void template_render(const template *t, const render_ctx *c, buf *out);
/* Every literal word of prompts, labels, hints, lexicons and field lines: what dedup must not weigh. One call a
 * text. */
void population_texts(const population *p, void (*each)(void *arg, str text), void *arg);

/* JSON schema of a facet's reply for a record: fields that apply (and are in `only`, if given), in order, all
 * required. bounded: maxLength about twice what the limits want, maxItems, ranges. Byte-identical for equal
 * field sets. Of `leaves` any path may follow, with a text. */
void facet_schema(const population *p, uint16_t facet, const record *r, const bool *only, bool bounded,
                  buf *out);
/* {"findings": [{"rule", "field", "message", "hint"}]} with enums. */
void judge_schema(const population *p, const str *rule_id, size_t rules, const uint32_t *leaf, size_t leaves,
                  buf *out);
bool field_applies(const population *p, uint32_t leaf, const record *r); /* its `when`s hold and its facet's */
/* `only` and `except` of a written choice: whether its schema and lines offer a value, by what is known before
 * its facet is asked; whether `only` holds for it; which leaf of `except` has taken it (NO_LEAF: none). */
bool choice_offered(const node *n, const record *r, uint32_t value);
bool choice_only(const node *n, const record *r, uint32_t value);
uint32_t choice_taken(const node *n, const record *r, uint32_t value);
/* Fills the templates under a facet's fields, after the facet has written. */
void facet_templates(const population *p, uint16_t facet, record *r);
void record_id(const population *p, hash128 run, uint64_t slot, buf *out);
hash128 run_hash(hash128 population, uint64_t seed);
/* "8 hex digits" of the run, as in ids. */

/* Words of the engine in the population's language: built-in prompts and finding messages. en and zh; others
 * en. */
typedef enum phrase {
#define PHRASE(name) PHRASE_##name,
#include "taxonomy/phrases.def"
#undef PHRASE
    PHRASE_COUNT
} phrase;
const char *phrase_get(const population *p, phrase ph); /* may hold printf-like %s as the .def says */

/* ---- the tree of attributes by itself: taxon*.c ----------------------------------------------------- */

/* A node of a taxonomy: a section or leaf of a population, or a name in a tree of names by somebody else. */
typedef struct taxon taxon;
struct taxon {
    str name;   /* in a population the attribute's; else as it stands there */
    str label;  /* how it is printed; of a tree of names the name */
    str hint;   /* empty: none */
    str kind;   /* "choice", "text", "type NAME"; empty: a section, or a leaf that says none */
    str domain; /* for people: "one of: calm | tense", "number, 5 to 19 years"; empty: none */
    bool leaf, conditioned, instances; /* own `when`; own `list` */
    uint16_t file;
    uint32_t line, column;
    const tree *body; /* the mapping that it was read from, of a population and of a tree of names NULL */
    taxon *up, *first, *last, *next, *before;
    uint32_t children, leaves, level; /* leaves below, itself counted; 0: the root, which is no attribute */
};

typedef enum taxonomy_form { TAXONOMY_POPULATION, TAXONOMY_ATTRIBUTES, TAXONOMY_NAMES } taxonomy_form;
typedef struct taxonomy {
    arena *mem; /* all that hangs on it, but for the texts of a population that it was made from */
    taxonomy_form form;
    taxon *root;
    const str *file; /* names of files, by taxon.file */
    uint32_t files;
    struct composed *composed; /* private: where bodies come from; NULL: made, not read */
    struct taxonomy *with;     /* private: another whose nodes it has taken over */
    strmap *paths;             /* private: of files that bodies name, as written -> real path */
} taxonomy;

/* The attributes of a population, which must outlive it. */
taxonomy *taxonomy_of(const population *p);
/* From a file as it stands: of a population file `attributes` with types and includes resolved; a file of
 * attributes, as a section includes it; or a tree of names, nested mappings whose empty ones, and the strings
 * of lists, are leaves (one that is no string is P03). NULL: rows in d. A file is of attributes if more of its
 * mappings state a kind than are empty. names: read as a tree of names in any case. */
taxonomy *taxonomy_read(const char *path, bool names, diags *d);
taxonomy *taxonomy_new(void);
void taxonomy_free(taxonomy *t);                           /* NULL is fine */
taxon *taxon_add(taxonomy *t, taxon *up, str name);        /* the last child; the name is copied */
void taxon_remove(taxon *x);                               /* out of its parent's children */
void taxon_move(taxon *x, taxon *to);                      /* becomes the last child there */
void taxonomy_count(taxonomy *t);                          /* children, leaves, levels, after changes */
taxon *taxon_child(const taxon *x, str name);              /* NULL: none */
const taxon *taxonomy_find(const taxonomy *t, str path);   /* names joined by dots; NULL: none */
const taxon *taxon_next(const taxon *x, const taxon *top); /* depth first; NULL: no more below top */
void taxon_path(const taxon *x, buf *out);                 /* names from the root, joined by dots */
bool taxon_labelled(const taxon *x);                       /* the label is not how the name is printed anyway */
/* What a name says, whatever its spelling: words folded, in the singular, without articles and the like,
 * joined by blanks. */
str taxon_fold(arena *mem, str name);

typedef struct taxonomy_count_of {
    str what;
    uint32_t n;
} taxonomy_count_of;
enum { TAXONOMY_LEVELS = 65 };
typedef struct taxonomy_stats {
    uint32_t nodes, leaves, sections, levels;
    uint32_t nodes_at[TAXONOMY_LEVELS], leaves_at[TAXONOMY_LEVELS]; /* by level, from 1 */
    taxonomy_count_of *kind; /* of leaves, the commonest first; empty: none stated. In the taxonomy's memory */
    uint32_t kinds;
    uint32_t most_children;
    const taxon *widest;
    uint32_t chains;   /* sections with one child, lists of sections apart */
    uint32_t unhinted; /* text leaves without hint */
    uint32_t bare;     /* leaves without kind */
    uint32_t conditioned;
    uint32_t spellings, names; /* distinct names as they stand, and folded */
    uint32_t repeated;         /* nodes whose folded name another node has too */
} taxonomy_stats;
void taxonomy_measure(taxonomy *t, taxonomy_stats *out);

/* What is wrong with a tree of attributes, and what was done about it. */
#define DEFECT_MAP(X)                                                                                          \
    X(UNMERGED, "unmerged", "a first-level category that is a variant of another")                             \
    X(REPEATED, "repeated", "a name that other parents have too")                                              \
    X(SPELLING, "spelling", "one name in several spellings")                                                   \
    X(ALIKE, "alike", "siblings whose names nearly say the same")                                              \
    X(CHAIN, "chain", "a section with a single child")                                                         \
    X(BARE, "bare", "a leaf without kind and domain")                                                          \
    X(UNHINTED, "unhinted", "a text leaf without a hint what to write")                                        \
    X(UNCONDITIONED, "unconditioned", "no `when`, where most leaves beside it have one")                       \
    X(INSTANCE, "instance", "an instance, brand or number in place of a general category")                     \
    X(EMPTY, "empty", "a section without a leaf")                                                              \
    X(CONFLICT, "conflict", "two taxonomies say different things of one attribute")                            \
    X(MERGED, "merged", "two nodes that became one")                                                           \
    X(COLLAPSED, "collapsed", "a section and its only child that became one")
#define DEFECT_ENUM(name, text, meaning) DEFECT_##name,
typedef enum defect_kind { DEFECT_MAP(DEFECT_ENUM) DEFECT_COUNT } defect_kind;
#undef DEFECT_ENUM
const char *defect_name(defect_kind k);
const char *defect_meaning(defect_kind k);

typedef struct defect {
    defect_kind kind;
    const taxonomy *of;
    uint16_t file;
    uint32_t line, column; /* 0: none */
    str path, text, hint;
} defect;
typedef struct defects {
    arena *mem;
    defect *row;
    uint32_t n, cap, count[DEFECT_COUNT];
} defects;
void defects_init(defects *d);
void defects_free(defects *d);
/* All of it, by kind and in the order of the tree. alike_milli: the similarity from which siblings are alike,
 * 0: 800. */
void taxonomy_lint(const taxonomy *t, uint32_t alike_milli, defects *out);

/* Siblings whose names fold to the same become one, which has the children of all; said in d, if it is not
 * NULL. */
void taxonomy_merge_same(taxonomy *t, defects *d);
/* A section and its only child become one, labelled "section: child", as often as there is one; a first-level
 * category takes its only section's children. */
void taxonomy_collapse(taxonomy *t, defects *d);
/* Sections without leaves go, and are said. */
void taxonomy_prune(taxonomy *t, defects *d);
/* Of a tree of names: every name becomes one that a population file may have, unlike those beside it; what it
 * was stays as the label. Leaves become texts with a hint to be written, where none is there. */
void taxonomy_name(taxonomy *t);
/* One document: the attributes, as a section includes them. */
void taxonomy_write(const taxonomy *t, buf *out);
/* A population in a folder that is new or empty (again: or holds what an earlier try left): population.yaml,
 * which draws some of the leaves for each person and has a model write the texts, and taxonomy/NAME.yaml for
 * each first-level category. name: of the population. */
bool taxonomy_publish(const taxonomy *t, str name, const char *dir, bool again, err *e);

/* Two trees to one, which is `t`; `over` is taken over and freed with it. Nodes of one path, names compared
 * folded, become one, `over` laid over `t` (FORMAT §1). alike_milli: siblings of the two at or above this
 * similarity become one as well; 0: they are only said, from 800 on. Trees of names are named first. What
 * became one, conflicts, and what cannot be laid over (diags) is said. */
void taxonomy_lay(taxonomy *t, taxonomy *over, uint32_t alike_milli, defects *d, diags *faults);

/* Makes a leaf one of a kind, with its label and, if it is not empty, the hint. Values are different ones that
 * a population file may have (choice_value_fits); from < to. */
bool choice_value_fits(str s);
void taxon_choice(taxonomy *t, taxon *x, const str *value, uint32_t values, str hint);
void taxon_number(taxonomy *t, taxon *x, int64_t from, int64_t to, str unit, str hint);
void taxon_flag(taxonomy *t, taxon *x, str hint);
void taxon_text(taxonomy *t, taxon *x, str hint);

#endif

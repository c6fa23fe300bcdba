/* population.h: the population file compiled: attributes and fields, facets, judges, rules and constraints.
 *
 * Immutable once population_finish has returned; any thread may read it then.
 */
#ifndef POP_TAXONOMY_POPULATION_H
#define POP_TAXONOMY_POPULATION_H

#include "taxonomy/tree.h"

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
    const template *afresh;         /* revise where revising did not help; NULL: a user's revise is there */
    bool spaced; /* the language and the prompts are of a script whose words blanks part, some six characters
                    each */
    struct composed *composed; /* private: tree, files */
    struct compiled *compiled; /* private: components, tables, lexicons */
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

#endif

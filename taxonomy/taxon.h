/* taxon.h: the tree of attributes by itself: read, counted, linted, merged and written (taxon/). */
#ifndef POP_TAXONOMY_TAXON_H
#define POP_TAXONOMY_TAXON_H

#include "taxonomy/population.h"

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

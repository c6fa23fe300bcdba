/* compose_parts.h (private to the compose files): reading one text into a tree, where in a population file
 * paths stand, and what they lead to.
 */
#ifndef POP_COMPOSE_PARTS_H
#define POP_COMPOSE_PARTS_H

#include "taxonomy/compose/compose.h"

/* FORMAT §1. Bytes and nodes are sums over all files of a population, after includes and aliases. */
enum { MOST_DEPTH = 64, MOST_NODES = 200000, MOST_BYTES = 16 << 20, MOST_CSV_BYTES = 256 << 20 };

#define HINT_COMMA "a comma inside { } ends a value: put the text in quotes"

typedef struct totals {
    uint32_t nodes;
    size_t bytes; /* of files, and of text that aliases repeat */
} totals;

/* tree.c: room for one more member of a list of n in an arena; there is some up to the next power of two. */
void *list_grown(arena *mem, void *old, uint32_t n, size_t size);

/* ---- reading ---------------------------------------------------------------------------------- */

typedef struct reading {
    const population *p; /* with mem and composed */
    diags *d;
    totals *sum;
    uint16_t file, folder;
    uint32_t depth; /* levels that stand above */
} reading;

/* Valid UTF-8 without BOM -> tree; NULL with rows in d. Of YAML an empty document is nothing. */
tree *tree_yaml(const reading *r, str text);
tree *tree_json(const reading *r, str text);
/* What both forms refuse in a scalar or key (control characters): P01. */
bool tree_text_fits(const reading *r, str text, const tree *at);
bool tree_is_number(str text);                          /* reads as a JSON number */
void tree_append(arena *mem, tree *map, tree_member m); /* unchecked; m.key is kept */
void tree_append_item(arena *mem, tree *list, tree *item);
/* One more pair of a mapping that is read. A key that cannot stand (twice, `<<`) is P02 and left out. `key` is
 * a scalar. */
void tree_pair(const reading *r, tree *map, const tree *key, tree *below);
uint32_t tree_depth(const tree *t); /* levels of lists and mappings; 0 for a scalar */
/* The place of a byte in a text. */
void text_place(str text, size_t at, uint32_t *line, uint32_t *col);
/* UTF-8 without its BOM; else false and the place of the first bad byte. */
bool text_open(str *text, uint32_t *line, uint32_t *col);

/* ---- places: what stands where in a composed tree ----------------------------------------------- */

typedef enum place {
    PLACE_TOP,
    PLACE_NODE,   /* a section or leaf */
    PLACE_NODES,  /* named nodes: types, each */
    PLACE_FACETS, /* facets and judges */
    PLACE_FACET,
    PLACE_TOLD, /* named things with documentation: tables, rules, correlate */
    PLACE_TOLD_ONE,
    PLACE_NAMED, /* other named things: groups, links, choose */
    PLACE_NAMED_ONE,
    PLACE_LEXICONS,
    PLACE_LEXICON, /* FILE, terms, or either by locale */
    PLACE_PROMPTS,
    PLACE_PROMPT, /* FILE with {{> }} */
    PLACE_DATA,   /* DIST, GRID, matrix: a CSV may stand in it */
    PLACE_CSV,    /* a CSV path */
    PLACE_FILE,   /* any other path */
    PLACE_PLAIN   /* nothing below is a path */
} place;
place place_below(place at, const tree *map, str key);
bool place_is_leaf(const tree *map); /* a mapping in the tree of attributes: has a kind, `type` or `each` */
bool place_includes(place at);       /* `include` is a key here */
bool place_drops(place at, str key, const tree *below); /* a documentation key, not hashed */

/* As compose, for a file that is what stands at a place: PLACE_PLAIN: as it is, nothing in it is an include. */
composed *compose_as(const char *path, place where, arena *mem, diags *d);

/* What a scalar at a place refers to. */
typedef enum ref_kind { REF_NONE, REF_BYTES, REF_TEXT, REF_PROMPT } ref_kind;
/* REF_BYTES: a path. REF_TEXT: a FILE that is its own text. REF_PROMPT: either, with {{> }} filled in. */
ref_kind place_ref(place at, const tree *scalar);
/* The bytes that such a reference stands for, which the hash covers and the frozen copy holds. */
bool place_bytes(const population *p, place at, const tree *scalar, diags *d, str *out);
bool text_is_own(str s); /* a FILE that is its own text: it has a line break */
/* What the hash is taken of: appended to `out`. */
void tree_canonical(const population *p, const tree *t, place at, diags *d, buf *out);

/* ---- paths --------------------------------------------------------------------------------------- */

/* Indexes of a file's name and of a folder; the same one gives the same index. UINT16_MAX: too many. */
uint16_t composed_file(composed *c, str name);
uint16_t composed_folder(composed *c, const char *real, const char *root);
/* How messages name a real path: relative to the population's folder if it is below it. */
str composed_name(const composed *c, arena *mem, const char *real, const char *root);
char *folder_of(arena *mem, const char *real);
/* Raw bytes of `real`, kept. */
bool compose_raw(const population *p, const tree *at, const char *real, size_t limit, diags *d, str *out);
/* compose_read with another limit. */
bool compose_read_most(const population *p, const tree *at, str path, size_t limit, diags *d, str *out);
/* Names and paths of the composed part of a population, to read with more memory than the population's. */
population compose_borrow(const population *p, composed *c, arena *mem);

/* ---- includes ------------------------------------------------------------------------------------ */

bool include_is_name(str s);                  /* no path: the name of a built-in population */
char *include_built_in(arena *mem, str name); /* the real path of its file; NULL: there is none */

/* ---- one call ------------------------------------------------------------------------------------ */

/* A composed tree whose facets are one; NULL with rows in d (P02, P10, P11). */
tree *compose_single_shot(const population *p, arena *mem, const tree *top, diags *d);

/* ---- CSV ----------------------------------------------------------------------------------------- */

typedef struct csv_fault {
    uint32_t line, column;
    const char *what; /* NULL: fine */
    str value;
} csv_fault;
/* RFC 4180 with a header; text is valid. Cells point into text or mem. */
csv_fault csv_parse(str text, arena *mem, csv *out);

#endif

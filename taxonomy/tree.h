/* tree.h: a population file as it was read and composed, before anything in it is understood; every node knows
 * its place. */
#ifndef POP_TAXONOMY_TREE_H
#define POP_TAXONOMY_TREE_H

#include "taxonomy/diag.h"

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

#endif

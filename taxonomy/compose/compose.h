/* compose.h (private): from files to one composed tree: reading YAML and JSON, includes, laying over, --set,
 * the hash, the frozen copy, CSV files. Knows nothing of what keys mean, save where a relative path stands
 * (prompt, revise, avoid, file, lexicon files, *.csv), which it must resolve at the place that names it.
 */
#ifndef POP_COMPOSE_H
#define POP_COMPOSE_H

#include "taxonomy/taxonomy.h"

typedef struct composed {
    arena *mem;
    str main_path; /* as given */
    char *root;    /* folder of the main file, real path */
    str *file;     /* file index -> name for messages */
    uint32_t files;
    char **folder;      /* folder index -> real path */
    char **folder_root; /* folder index -> root that paths in it may not leave (a built-in has its own) */
    uint32_t folders;
    tree *top;              /* composed: includes resolved, overlays laid, not yet expanded */
    struct kept_file *kept; /* what compose_read has read */
    struct kept_csv *csvs;  /* what compose_csv has made */
} composed;

/* A set that is no PATH=VALUE: what compose_single.c lays over, behind all others. */
#define SET_SINGLE_SHOT "@single-shot"
/* NULL with rows in d (P01, P02, P03, P05; of a single shot also P09, P10, P11). */
composed *compose(const char *path, const char *const *sets, size_t nsets, arena *mem, diags *d);
/* Lays `over` over `base` (FORMAT: laying over), for `types` and `each` as well. Shares subtrees. */
tree *tree_lay(const population *p, arena *mem, const tree *base, const tree *over, diags *d);
tree *tree_new_scalar(arena *mem, str text, const tree *at);
tree *tree_new_map(arena *mem, const tree *at);
void tree_put(arena *mem, tree *map, str key, tree *value);

/* A path written at `at` -> full path; P05 if it is missing, unreadable or outside its root. */
char *compose_path(const population *p, const tree *at, str path, diags *d);
/* Bytes of such a file (valid UTF-8, NFC, at most 16 MB), cached in the population's arena. false: P05, P01. */
bool compose_read(const population *p, const tree *at, str path, diags *d, str *out);
/* FILE: a TEXT that is a path, or the text itself if it has a line break. `@file` text with its {{> }} filled
 * in when `prompt` is set (an included file may not hold a line `---`: P12). */
bool compose_file_text(const population *p, const tree *t, bool prompt, diags *d, str *out);
str compose_text(const population *p, const tree *t, diags *d); /* TEXT for the locale; P03 if there is none */

/* A CSV with `columns`, `recode` and `only` applied. Cells are NFC, as read. */
typedef struct csv {
    str path;      /* as messages name it */
    uint16_t file; /* index in composed.file, for places in it */
    str *header;
    uint32_t columns;
    str **row;      /* row[i][j] */
    uint32_t *line; /* of row i in the file */
    uint32_t *from; /* byte of `text` where row i begins */
    uint32_t rows;
    str text; /* as read */
    uint32_t head, head_line;
} csv;
/* Where a cell stands in its line, in characters from 1; row `rows`: the header. */
uint32_t csv_cell_column(const csv *c, uint32_t row, uint32_t col);
bool tree_is_csv(const tree *t); /* a scalar ending in .csv, or a map with `file` */
const csv *compose_csv(population *p, const tree *t, diags *d); /* NULL with rows in d */

/* diag.c: the hint for a key of a rule that its kind does not have, where `kind` comes from another file: rules
 * of one name were laid together, and what the lower one says is left. NULL: it does not. */
const char *laid_hint(const population *p, const tree *map, const tree_member *m);

extern const char *const place_top_keys[]; /* the keys of a population file, NULL behind the last */
bool is_doc_key(str key);                  /* documentation: not hashed; dataset.c reads it */
hash128 compose_hash(const population *p, diags *d);
#endif

/* fit.h (private): what a corpus is compared with, and the comparisons: made by api_fit.c, written by
 * fit_report.c.
 */
#ifndef POP_FIT_H
#define POP_FIT_H

#include "pipeline/foreign.h"

/* The values of a leaf cut into cells: of a choice or flag each value, of a number each value or up to 10
 * ranges with about as many drawn personas each; and a last cell for "no value" where that can be. */
typedef struct partition {
    uint32_t leaf, cells;
    bool none;
    int64_t *from; /* numbers: the lowest value of each cell, NULL: the value is the cell */
} partition;
uint32_t partition_cell(const partition *p, const value *v); /* UINT32_MAX: no value, and no cell for that */

/* One attribute, or two together. */
typedef struct view {
    partition *of[2];
    uint32_t parts, cells;
    double *drawn; /* of the reference personas */
    uint64_t draws;
} view;

typedef enum item_kind { ITEM_TABLE, ITEM_SOFT, ITEM_CELLS, ITEM_ATTRIBUTE, ITEM_PAIR } item_kind;
typedef struct item {
    item_kind kind;
    uint32_t index; /* of the table, or the view */
    uint32_t cells;
    double *target, *got, noise;
    metrics m;
    double cramer, cramer_target; /* ITEM_PAIR */
    uint32_t *worst, worsts;
} item;

/* One corpus: all files, or with --each one of them. Owns all but its design. */
typedef struct corpus_fit {
    foreign f;
    const char *const *file;
    size_t files;
    double **seen; /* one a view */
    plan *plan;    /* of as many persons as were placed */
    item *item;
    uint32_t items;
    arena *mem;
} corpus_fit;

typedef struct fit {
    const pop_fit_options *o;
    design g;
    arena *mem;
    view *view;
    uint32_t views;
    corpus_fit *corpus;
    size_t corpora;
} fit;

void fit_text(const fit *f, buf *b);
void fit_json(const fit *f, buf *b);
#endif

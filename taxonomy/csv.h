/* csv.h: one row of a CSV file. */
#ifndef POP_TAXONOMY_CSV_H
#define POP_TAXONOMY_CSV_H

#include "pipeline/base/base.h"

/* One record of RFC 4180, its line end allowed behind it: NULL and its cells, which point into `text` or `mem`;
 * else what is wrong. */
const char *csv_record(str text, arena *mem, str **cell, uint32_t *cells);
/* What parts the cells of a header that has no comma: a semicolon or a tab; 0: it has one column. */
char csv_parted_by(str head);
#define CSV_PARTED_HINT "save it with commas between cells, and with a point in numbers: CSV (UTF-8, comma)"

#endif

/* dataset.h: where the numbers of a population come from, as it documents them. */
#ifndef POP_TAXONOMY_DATASET_H
#define POP_TAXONOMY_DATASET_H

#include "taxonomy/population.h"

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

#endif

/* embedded_parts.h (private): between getting the embedded server and model (embedded_fetch.c) and running them
 * (embedded.c). */
#ifndef POP_EMBEDDED_PARTS_H
#define POP_EMBEDDED_PARTS_H

#include "pipeline/model/model.h"

/* A row of the table of models (embedded/models.tsv). */
typedef struct model_row {
    uint32_t context, slots;
    char sampling[256];
} model_row;

/* Where they lie in the cache. */
typedef struct fetched {
    char server[4096], model[4096];
    char error[1024], hint[512]; /* of the script, when it fails */
} fetched;

/* false: not to be had; blocks until it is there. */
bool model_fetch(const embedded_config *c, fetched *out, model_row *row, err *e);
#endif

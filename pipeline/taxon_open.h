/* taxon_open.h (private): what the commands on taxonomies share: api_taxonomy.c. */
#ifndef POP_TAXON_OPEN_H
#define POP_TAXON_OPEN_H

#include "pipeline/pipeline.h"

typedef struct opened_taxonomy {
    taxonomy *tree;
    population *pop; /* it is the tree of; NULL: read from a file as it stands */
} opened_taxonomy;
/* A population is compiled, any other form taken as it stands. */
bool taxon_open(opened_taxonomy *o, const char *file, err *e);
void taxon_close(opened_taxonomy *o);
bool defects_put(const defects *d, pop_form form, pop_sink out); /* a line each; false: stop */
void defects_sum(const defects *d, buf *b);                      /* "3 chain, 1 empty" */
/* The name of a population after a file: small letters, digits and hyphens. */
str taxon_file_name(arena *mem, const char *path);

/* ---- mine_frame.c ---- */
bool mine_frame_fits(const pop_taxonomy_mine_options *o, err *e); /* its categories are names, each once */
/* Makes or compares mine.json in the directory, which is locked. */
bool mine_frame_open(const pop_taxonomy_mine_options *o, err *e);

#endif

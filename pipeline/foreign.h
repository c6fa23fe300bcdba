/* foreign.h (private): corpora of others under a population: their records by what tables tell apart, and who
 * could not be placed, for fit and subsample.
 */
#ifndef POP_FOREIGN_H
#define POP_FOREIGN_H

#include "pipeline/pipeline.h"

typedef enum lost_why { LOST_UNREADABLE, LOST_MISSING, LOST_UNKNOWN, LOST_NO_CELL, LOST_DOUBLE } lost_why;
enum { LOST_EXAMPLES = 3 };
/* Records that were not placed for one reason, with the first of each value. */
typedef struct lost {
    lost_why why;
    uint32_t leaf; /* MISSING, UNKNOWN; else NO_LEAF */
    uint64_t n;
    struct lost_example {
        const char *path;
        uint64_t line;
        str value;
    } example[LOST_EXAMPLES];
    uint32_t examples;
} lost;

typedef struct foreign {
    const population *p;
    corpus_map *map;
    census *census;
    arena *mem;  /* of one record */
    arena *keep; /* of examples */
    record r;    /* the one placed last: values of table attributes */
    uint32_t *leaf, leaves;
    lost *lost;
    size_t losts, cap;
    uint64_t records;
} foreign;

bool foreign_open(foreign *f, const population *p, const pop_corpus *c, err *e);
void foreign_close(foreign *f);
/* A file, or the personas of a run directory. */
bool foreign_walk(const char *path, bool parse, corpus_each each, void *arg, err *e);
/* The place of a record in f->census, where it is not yet counted; UINT32_MAX: counted as lost. */
uint32_t foreign_place(foreign *f, const corpus_record *r);
void foreign_lose(foreign *f, lost_why why, uint32_t leaf, const corpus_record *r, str said);
uint64_t foreign_lost(const foreign *f);
void foreign_text(const foreign *f, buf *b); /* lines about those who were not placed */
void foreign_json(const foreign *f, buf *b); /* the same as an array */
/* Of a corpus of which nobody could be placed: the most frequent reason as an error. Returns false. */
bool foreign_nobody(const foreign *f, const char *file, err *e);
#endif

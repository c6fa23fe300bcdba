/* walk.h (private): the rows of a run directory, for cat and verify. */
#ifndef POP_WALK_H
#define POP_WALK_H

#include "pipeline/pipeline.h"

typedef bool (*walk_each)(void *arg, str row); /* false: enough */
bool walk_rows(const char *dir, walk_each each, void *arg, err *e);
#endif

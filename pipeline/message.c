/* message.c: what the two threads send each other owns its bytes and dies here. */
#include <stdlib.h>
#include "pipeline/pipeline.h"

void down_free(down *d) {
    if (!d) return;
    free(d->bytes);
    free(d->row);
    free(d->text);
    free(d->openings);
    free(d);
}

void up_free(up *u) {
    if (!u) return;
    free(u->hint);
    free(u->row);
    pass_free(&u->pass);
    free(u);
}

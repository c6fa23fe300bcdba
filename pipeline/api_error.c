/* api_error.c: errors, strings and output as the public header has them. */
#include <stdio.h>
#include "pipeline/pipeline.h"

void error_out(const err *in, pop_error *out) {
    if (!out) return;
    out->status = err_status(in->code);
    snprintf(out->text, sizeof out->text, "%s", in->text);
    snprintf(out->hint, sizeof out->hint, "%s", in->hint);
}

int error_status(const err *in, pop_error *out) {
    error_out(in, out);
    return err_status(in->code);
}

bool sink_buf(pop_sink out, buf *b) {
    bool ok = b->n == 0 || out.write(out.arg, b->p, b->n);
    buf_reset(b);
    return ok;
}

const char *pop_version(void) {
    return POP_VERSION;
}

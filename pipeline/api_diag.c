/* api_diag.c: what is wrong with a population, as lines of text or of JSON. */
#include "pipeline/pipeline.h"

static void diag_text(buf *b, const diag *x) {
    buf_str(b, x->file);
    if (x->line) buf_printf(b, ":%u:%u", x->line, x->column);
    if (x->code == DIAG_W00)
        buf_z(b, ": warning: ");
    else
        buf_printf(b, ": %s %s: ", diag_name(x->code), diag_title(x->code));
    buf_str(b, x->text);
    buf_char(b, '\n');
    if (x->hint.n) buf_printf(b, "    " STR_FMT "\n", STR_ARG(x->hint));
}

static void diag_json(buf *b, const diag *x) {
    buf_printf(b, "{\"code\":\"%s\",\"severity\":\"%s\",\"file\":", diag_name(x->code),
               x->code == DIAG_W00 ? "warning" : "error");
    buf_json(b, x->file);
    buf_printf(b, ",\"line\":%u,\"column\":%u,\"value\":", x->line, x->column);
    buf_json(b, x->value);
    buf_z(b, ",\"text\":");
    buf_json(b, x->text);
    buf_z(b, ",\"hint\":");
    buf_json(b, x->hint);
    if (x->detail.n) buf_printf(b, ",\"detail\":" STR_FMT, STR_ARG(x->detail));
    buf_z(b, "}\n");
}

void diags_put(diags *d, pop_form form, buf *out) {
    diags_sort(d);
    for (size_t i = 0; i < d->n; i++) {
        if (form == POP_JSON)
            diag_json(out, &d->row[i]);
        else
            diag_text(out, &d->row[i]);
    }
    if (d->dropped && form == POP_TEXT) buf_printf(out, "and %zu more\n", d->dropped);
}

/* finding_print.c: findings as lines for a prompt, `- field: message (hint)`, and as JSON for displays and
 * records. */
#include "validators/validators.h"

/* A line is a line: what a judge or a rule says may hold breaks. */
static void put_flat(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++) buf_char(out, s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : s.p[i]);
}

void findings_print(const findings *f, const population *p, uint16_t owner, buf *out) {
    for (size_t i = 0; i < f->n; i++) {
        const finding *x = &f->row[i];
        if (owner != NO_FACET && (!x->hard || x->owner != owner)) continue;
        buf_z(out, "- ");
        if (x->leaf != NO_LEAF) instance_path(p, leaf_node(p, x->leaf), x->instance, out);
        if (x->leaf != NO_LEAF) buf_z(out, ": ");
        put_flat(out, str_trim(x->message));
        if (x->hint.n) buf_z(out, " (");
        put_flat(out, str_trim(x->hint));
        buf_z(out, x->hint.n ? ")\n" : "\n");
    }
}

void findings_json(const findings *f, const population *p, buf *out) {
    buf_char(out, '[');
    for (size_t i = 0; i < f->n; i++) {
        const finding *x = &f->row[i];
        buf_z(out, i ? ",{\"rule\":" : "{\"rule\":");
        buf_json(out, x->rule);
        buf_z(out, ",\"field\":");
        if (x->leaf == NO_LEAF) {
            buf_z(out, "null");
        } else {
            buf path = {0};
            instance_path(p, leaf_node(p, x->leaf), x->instance, &path);
            buf_json(out, buf_view(&path));
            buf_free(&path);
        }
        buf_z(out, ",\"message\":");
        buf_json(out, x->message);
        buf_z(out, ",\"hint\":");
        buf_json(out, x->hint);
        buf_z(out, x->hard ? ",\"hard\":true}" : ",\"hard\":false}");
    }
    buf_char(out, ']');
}

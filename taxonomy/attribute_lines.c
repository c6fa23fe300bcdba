/* attribute_lines.c: the values of @attributes and @draft, and sections as text and as JSON.
 *
 * @attributes: the drawn leaves that have a value and are not hidden, one line for each lowest section, in file
 * order: `labels from the root: label: value; ...`. @draft: `label: text`, a line each field.
 */
#include "taxonomy/template.h"

static bool has_value(const value *v) {
    return v->kind != V_NONE && !(v->kind == V_LIST && v->n == 0);
}

/* Whether something at or above node i, up to but without `top`, is hidden. */
static bool hidden(const population *p, uint32_t i, uint32_t top) {
    for (; i != NO_LEAF && i != top; i = p->node[i].parent)
        if (p->node[i].hide) return true;
    return false;
}

/* A facet's prompt shows what is drawn and what its needs wrote; what others have written by then is chance. */
static bool visible(const render_ctx *c, const node *n) {
    if (c->facet == NO_FACET || n->owner == NO_FACET) return true;
    return c->rec->pop->facet[c->facet].closure >> n->owner & 1;
}

/* ---- a section: its leaves as items ---------------------------------------------------------------------- */

static void item_print(const node *n, const value *v, ref_form form, buf *out) {
    buf_str(out, n->label);
    buf_z(out, ": ");
    if (form == FORM_VALUE)
        value_print_raw(out, n, v);
    else
        value_print(out, n, v);
}

bool section_print(const render_ctx *c, uint32_t section, ref_form form, buf *out) {
    const record *r = c->rec;
    const population *p = r->pop;
    if (form == FORM_JSON) {
        section_json(c, section, out);
        return true;
    }
    bool any = false;
    for (uint32_t i = section + 1; i < p->node[section].end; i++) {
        const node *n = &p->node[i];
        if (n->leaf == NO_LEAF || !has_value(&r->value[n->leaf]) || hidden(p, i, section) || !visible(c, n))
            continue;
        if (form == FORM_LINES)
            buf_z(out, any ? "\n- " : "- ");
        else if (any)
            buf_z(out, "; ");
        item_print(n, &r->value[n->leaf], form, out);
        any = true;
    }
    return any;
}

void section_json(const render_ctx *c, uint32_t section, buf *out) {
    static const value none = {.kind = V_NONE};
    const population *p = c->rec->pop;
    buf_char(out, '{');
    for (uint32_t i = section + 1; i < p->node[section].end; i = p->node[i].end) {
        const node *n = &p->node[i];
        if (i != section + 1) buf_char(out, ',');
        buf_json(out, n->name);
        buf_char(out, ':');
        if (n->leaf == NO_LEAF)
            section_json(c, i, out);
        else
            value_json(out, n, visible(c, n) ? &c->rec->value[n->leaf] : &none);
    }
    buf_char(out, '}');
}

/* ---- @attributes ----------------------------------------------------------------------------------------- */

static void path_labels(const population *p, uint32_t section, buf *out) {
    if (section == NO_LEAF) return;
    uint32_t above = p->node[section].parent;
    path_labels(p, above, out);
    if (above != NO_LEAF) buf_z(out, ", ");
    buf_str(out, p->node[section].label);
}

/* Leaves directly below `section` (NO_LEAF: at the root), in one line. */
static void section_line(const record *r, uint32_t section, uint32_t from, uint32_t end, size_t begin,
                         buf *out) {
    const population *p = r->pop;
    bool any = false;
    for (uint32_t i = from; i < end; i = p->node[i].end) {
        const node *n = &p->node[i];
        if (n->leaf == NO_LEAF || n->owner != NO_FACET || n->hide || !has_value(&r->value[n->leaf])) continue;
        if (any) {
            buf_z(out, "; ");
        } else {
            if (out->n > begin) buf_char(out, '\n');
            path_labels(p, section, out);
            if (section != NO_LEAF) buf_z(out, ": ");
        }
        item_print(n, &r->value[n->leaf], FORM_PRINTED, out);
        any = true;
    }
}

void attribute_lines(const record *r, buf *out) {
    const population *p = r->pop;
    size_t begin = out->n;
    section_line(r, NO_LEAF, 0, p->drawn_nodes, begin, out);
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        if (p->node[i].leaf != NO_LEAF || hidden(p, i, NO_LEAF)) continue;
        section_line(r, i, i + 1, p->node[i].end, begin, out);
    }
}

/* ---- @draft ---------------------------------------------------------------------------------------------- */

void draft_lines(const render_ctx *c, buf *out) {
    const population *p = c->rec->pop;
    uint64_t seen = c->facet == NO_FACET ? ~(uint64_t)0 : p->facet[c->facet].closure;
    bool any = false;
    for (uint16_t f = 0; f < p->facets; f++) {
        if (!(seen >> f & 1)) continue;
        for (uint32_t i = p->facet[f].first; i < p->facet[f].end; i++) {
            const node *n = &p->node[i];
            if (n->leaf == NO_LEAF || !has_value(&c->rec->value[n->leaf]) || hidden(p, i, NO_LEAF)) continue;
            if (any) buf_char(out, '\n');
            item_print(n, &c->rec->value[n->leaf], FORM_PRINTED, out);
            any = true;
        }
    }
}

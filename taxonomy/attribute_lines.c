/* attribute_lines.c: the values of @attributes and @draft, and sections as text and as JSON; lists of sections
 * instance by instance.
 *
 * @attributes: the drawn leaves that have a value and are not hidden, one line for each lowest section, in file
 * order: `labels from the root: label: value; ...`. @draft: `label: text`, a line each field; texts of `leaves`
 * with the labels from the root before them.
 */
#include "taxonomy/template.h"

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

static bool instances_print(const render_ctx *c, uint32_t section, ref_form form, buf *out);

/* The items of nodes [from, end), which stand in the section or instance `top`; between: what divides them. */
static bool items_print(const render_ctx *c, uint32_t top, uint32_t from, uint32_t end, ref_form form,
                        buf *out) {
    const population *p = c->rec->pop;
    size_t begin = out->n;
    for (uint32_t i = from; i < end; i++) {
        const node *n = &p->node[i];
        size_t before = out->n;
        bool shown = !hidden(p, i, top) && visible(c, n);
        if (form == FORM_LINES)
            buf_z(out, before > begin ? "\n- " : "- ");
        else if (before > begin)
            buf_z(out, "; ");
        if (n->number != NO_LEAF) {
            shown = shown && instances_print(c, i, FORM_COUNT, out);
            i = n->end - 1;
        } else {
            shown = shown && n->leaf != NO_LEAF && value_there(record_at(c->rec, n->leaf));
            if (shown) item_print(n, record_at(c->rec, n->leaf), form, out);
        }
        if (!shown) out->n = before;
    }
    return out->n > begin;
}

/* A numbered line for each instance (with FORM_LINES `- `); with FORM_COUNT all in one line, among other items:
 * LABEL 1 (...); LABEL 2 (...). */
static bool instances_print(const render_ctx *c, uint32_t section, ref_form form, buf *out) {
    const node *n = &c->rec->pop->node[section];
    record view = *c->rec;
    render_ctx inside = *c;
    size_t begin = out->n;
    inside.rec = &view;
    for (uint32_t i = 0, many = record_instances(c->rec, section); i < many; i++) {
        size_t before = out->n;
        record_enter(&view, section, i);
        if (before > begin) buf_z(out, form == FORM_COUNT ? "; " : "\n");
        if (form == FORM_COUNT)
            buf_printf(out, STR_FMT " %u (", STR_ARG(n->label), i + 1);
        else if (form == FORM_LINES)
            buf_z(out, "- ");
        else
            buf_printf(out, "%u. ", i + 1);
        if (!items_print(&inside, section, section + 1, n->end, form == FORM_VALUE ? FORM_VALUE : FORM_PRINTED,
                         out))
            out->n = before;
        else if (form == FORM_COUNT)
            buf_char(out, ')');
    }
    return out->n > begin;
}

bool section_print(const render_ctx *c, uint32_t section, ref_form form, buf *out) {
    const node *n = &c->rec->pop->node[section];
    if (form == FORM_JSON) {
        section_json(c, section, out);
        return true;
    }
    if (n->number != NO_LEAF) return instances_print(c, section, form, out);
    return items_print(c, section, section + 1, n->end, form, out);
}

/* ---- sections as JSON ------------------------------------------------------------------------------------ */

static void object_json(const render_ctx *c, uint32_t section, buf *out) {
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
            value_json(out, n, visible(c, n) ? record_at(c->rec, n->leaf) : &value_none);
    }
    buf_char(out, '}');
}

void section_json(const render_ctx *c, uint32_t section, buf *out) {
    const node *n = &c->rec->pop->node[section];
    if (n->number == NO_LEAF) {
        object_json(c, section, out);
        return;
    }
    if (!visible(c, n) || c->rec->value[n->number].kind == V_NONE) {
        buf_z(out, "null");
        return;
    }
    record view = *c->rec;
    render_ctx inside = *c;
    inside.rec = &view;
    buf_char(out, '[');
    for (uint32_t i = 0, many = record_instances(c->rec, section); i < many; i++) {
        record_enter(&view, section, i);
        if (i) buf_char(out, ',');
        object_json(&inside, section, out);
    }
    buf_char(out, ']');
}

bool instances_lines(buf *b, const record *r, uint32_t section) {
    return instances_print(&(render_ctx){.rec = r, .facet = NO_FACET}, section, FORM_PRINTED, b);
}

void instances_json(buf *b, const record *r, uint32_t section) {
    section_json(&(render_ctx){.rec = r, .facet = NO_FACET}, section, b);
}

/* ---- @attributes ----------------------------------------------------------------------------------------- */

/* Of a section with `list` with the number of the instance that is looked at. */
static void path_labels(const record *r, uint32_t section, buf *out) {
    const population *p = r->pop;
    if (section == NO_LEAF) return;
    uint32_t above = p->node[section].parent;
    path_labels(r, above, out);
    if (above != NO_LEAF) buf_z(out, ", ");
    buf_str(out, p->node[section].label);
    if (r->section == section) buf_printf(out, " %u", r->instance + 1);
}

void labels_put(const population *p, uint32_t i, buf *out) {
    path_labels(&(record){.pop = p, .section = NO_LEAF}, i, out);
}

void leaves_lines(const record *r, const uint32_t *leaf, uint32_t n, buf *out) {
    uint32_t section = NO_LEAF;
    for (uint32_t i = 0; i < n; i++) {
        const node *x = leaf_node(r->pop, leaf[i]);
        bool goes_on = out->n && section == x->parent;
        if (!value_there(record_at(r, leaf[i]))) continue;
        if (out->n) buf_z(out, goes_on ? "; " : "\n");
        if (!goes_on && x->parent != NO_LEAF) {
            path_labels(r, x->parent, out);
            buf_z(out, ": ");
        }
        item_print(x, record_at(r, leaf[i]), FORM_PRINTED, out);
        section = x->parent;
    }
}

/* Leaves directly below `section` (NO_LEAF: at the root), in one line. */
static void section_line(const record *r, uint32_t section, uint32_t from, uint32_t end, size_t begin,
                         buf *out) {
    const population *p = r->pop;
    bool any = false;
    for (uint32_t i = from; i < end; i = p->node[i].end) {
        const node *n = &p->node[i];
        if (n->leaf == NO_LEAF || n->owner != NO_FACET || n->hide || !value_there(record_at(r, n->leaf)))
            continue;
        if (any) {
            buf_z(out, "; ");
        } else {
            if (out->n > begin) buf_char(out, '\n');
            path_labels(r, section, out);
            if (section != NO_LEAF) buf_z(out, ": ");
        }
        item_print(n, record_at(r, n->leaf), FORM_PRINTED, out);
        any = true;
    }
}

static void section_lines(const record *r, uint32_t from, uint32_t end, size_t begin, buf *out) {
    const population *p = r->pop;
    for (uint32_t i = from; i < end; i++)
        if (p->node[i].leaf == NO_LEAF && !hidden(p, i, NO_LEAF))
            section_line(r, i, i + 1, p->node[i].end, begin, out);
}

/* Lists of sections instance by instance. */
void attribute_lines(const record *r, buf *out) {
    const population *p = r->pop;
    size_t begin = out->n;
    section_line(r, NO_LEAF, 0, p->drawn_nodes, begin, out);
    for (uint32_t i = 0, end; i < p->drawn_nodes; i = end) {
        bool list = p->node[i].number != NO_LEAF;
        end = list ? p->node[i].end : i + 1;
        record view = *r;
        if (!list) section_lines(r, i, end, begin, out);
        for (uint32_t k = 0, many = list ? record_instances(r, i) : 0; k < many; k++) {
            record_enter(&view, i, k);
            section_lines(&view, i, end, begin, out);
        }
    }
}

/* ---- @draft ---------------------------------------------------------------------------------------------- */

static bool draft_print(const render_ctx *c, uint32_t i, buf *out) {
    const node *n = &c->rec->pop->node[i];
    if (n->number != NO_LEAF) {
        buf_str(out, n->label);
        buf_z(out, ":\n");
        return instances_lines(out, c->rec, i);
    }
    if (n->leaf == NO_LEAF || n->within != NO_LEAF || !value_there(&c->rec->value[n->leaf])) return false;
    item_print(n, &c->rec->value[n->leaf], FORM_PRINTED, out);
    return true;
}

/* A text of `leaves` as @attributes would print it: "labels from the root: label: text". */
static bool place_draft(const render_ctx *c, leaf_place at, buf *out) {
    record view = *c->rec;
    const node *n = leaf_node(view.pop, at.leaf);
    if (at.instance) record_enter(&view, n->within, at.instance - 1);
    if (hidden(view.pop, (uint32_t)(n - view.pop->node), NO_LEAF) || !value_there(record_at(&view, at.leaf)))
        return false;
    path_labels(&view, n->parent, out);
    if (n->parent != NO_LEAF) buf_z(out, ": ");
    item_print(n, record_at(&view, at.leaf), FORM_PRINTED, out);
    return true;
}

static void places_draft(const render_ctx *c, const leaf_place *at, uint32_t n, bool *any, buf *out) {
    for (uint32_t i = 0; i < n; i++) {
        size_t before = out->n;
        if (*any) buf_char(out, '\n');
        if (place_draft(c, at[i], out))
            *any = true;
        else
            out->n = before;
    }
}

static void leaves_draft(const render_ctx *c, uint16_t f, bool *any, buf *out) {
    arena *mem = arena_new(0);
    leaf_place *at;
    uint32_t *part, n = facet_places(f, c->rec, mem, &at, &part);
    places_draft(c, at, n, any, out);
    arena_free(mem);
}

void draft_lines(const render_ctx *c, buf *out) {
    const population *p = c->rec->pop;
    uint64_t seen = c->facet == NO_FACET ? ~(uint64_t)0 : p->facet[c->facet].closure;
    bool any = false;
    for (uint16_t f = 0; f < p->facets; f++) {
        if (!(seen >> f & 1)) continue;
        for (uint32_t i = p->facet[f].first; i < p->facet[f].end; i++) {
            size_t before = out->n;
            if (hidden(p, i, NO_LEAF)) continue;
            if (any) buf_char(out, '\n');
            if (draft_print(c, i, out))
                any = true;
            else
                out->n = before;
        }
        if (p->facet[f].leaves) leaves_draft(c, f, &any, out);
    }
    places_draft(c, c->told, c->tolds, &any, out);
}

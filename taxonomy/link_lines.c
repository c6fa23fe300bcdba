/* link_lines.c: links as text and as JSON.
 *
 * Printed, a line each: `relation: ` and what is shown of the other, values by ", ". Of one who could not be
 * drawn, or was read from a row, which names the others and does not describe them, a display says the slot,
 * and a prompt nothing.
 *
 * JSON, as in rows: [{"slot":7,"id":"...","relation":"friend"},...], by slot.
 */
#include "taxonomy/template.h"

static bool shown_print(const record *r, const link_def *l, const linked *one, bool raw, buf *out) {
    size_t begin = out->n;
    for (uint32_t i = 0; one->shown && i < l->shows; i++) {
        const node *n = leaf_node(r->pop, l->show[i]);
        if (!value_there(&one->shown[i])) continue;
        if (out->n > begin) buf_z(out, ", ");
        if (raw)
            value_print_raw(out, n, &one->shown[i]);
        else
            value_print(out, n, &one->shown[i]);
    }
    return out->n > begin;
}

static bool lines_print(const record *r, uint32_t index, ref_form form, bool slots, buf *out) {
    const link_def *l = &r->pop->link[index];
    const linked_list *all = &r->links[index];
    size_t begin = out->n;
    for (uint32_t i = 0; i < all->n; i++) {
        const choice_value *relation = &l->relation->value[all->item[i].relation];
        size_t before = out->n;
        if (before > begin) buf_char(out, '\n');
        if (form == FORM_LINES) buf_z(out, "- ");
        buf_str(out, form == FORM_VALUE ? relation->value : relation->label);
        buf_z(out, ": ");
        if (shown_print(r, l, &all->item[i], form == FORM_VALUE, out)) continue;
        if (slots)
            buf_printf(out, "slot %llu", (unsigned long long)all->item[i].slot);
        else
            out->n = before;
    }
    return out->n > begin;
}

bool link_lines(buf *b, const record *r, uint32_t index) {
    return r->links && lines_print(r, index, FORM_PRINTED, true, b);
}

static void list_json(buf *b, const record *r, uint32_t index, hash128 run) {
    const link_def *l = &r->pop->link[index];
    const linked_list *all = &r->links[index];
    buf id = {0};
    buf_char(b, '[');
    for (uint32_t i = 0; i < all->n; i++) {
        const linked *one = &all->item[i];
        buf_reset(&id);
        record_id(r->pop, run, one->slot, &id);
        buf_printf(b, "%s{\"slot\":%llu,\"id\":", i ? "," : "", (unsigned long long)one->slot);
        buf_json(b, buf_view(&id));
        buf_z(b, ",\"relation\":");
        buf_json(b, l->relation->value[one->relation].value);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    buf_free(&id);
}

bool link_print(const render_ctx *c, uint32_t index, ref_form form, buf *out) {
    const record *r = c->rec;
    bool any = r->links && r->links[index].n > 0;
    if (form == FORM_LABEL) {
        buf_str(out, r->pop->link[index].label);
        return true;
    }
    if (form == FORM_JSON) {
        if (r->links)
            list_json(out, r, index, c->run);
        else
            buf_z(out, "[]");
        return any;
    }
    return any && lines_print(r, index, form, false, out);
}

void links_json(buf *b, const record *r, hash128 run) {
    const population *p = r->pop;
    buf_char(b, '{');
    for (uint32_t i = 0; i < p->links; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, p->link[i].name);
        buf_char(b, ':');
        link_print(&(render_ctx){.rec = r, .run = run, .facet = NO_FACET}, i, FORM_JSON, b);
    }
    buf_char(b, '}');
}

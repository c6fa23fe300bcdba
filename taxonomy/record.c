/* record.c: the record: one value a leaf, all in the arena of whoever makes the persona; and the view from
 * inside one instance of a section with `list`. */
#include "taxonomy/compile/compile.h"

const value value_none = {.kind = V_NONE};

void record_init(record *r, const population *p, arena *mem) {
    *r = (record){.pop = p, .mem = mem, .value = arena_new_of(mem, value, p->leaves), .section = NO_LEAF};
}

void record_enter(record *r, uint32_t section, uint32_t instance) {
    const node *n = &r->pop->node[section];
    r->section = section;
    r->first = n->number + 1;
    r->inside = n->below;
    r->instance = instance;
}

void record_leave(record *r) {
    r->section = NO_LEAF;
    r->first = r->inside = r->instance = 0;
}

uint32_t record_instances(const record *r, uint32_t section) {
    const value *v = &r->value[r->pop->node[section].number];
    return v->kind == V_NUM && v->num > 0 ? (uint32_t)v->num : 0;
}

uint32_t leaf_within(const population *p, uint32_t leaf) {
    const node *n = leaf_node(p, leaf);
    bool own_row = n->leaf != leaf && leaf == n->row && n->number != NO_LEAF;
    return own_row ? (uint32_t)(n - p->node) : n->within;
}

bool leaf_differs(const population *p, uint32_t leaf) {
    uint32_t section = leaf_within(p, leaf);
    const node *list = section == NO_LEAF ? NULL : &p->node[section];
    for (uint32_t i = 0; list && i < list->distincts; i++)
        if (list->distinct[i] == leaf) return true;
    return false;
}

bool node_field(const population *p, uint32_t i, field_span *out) {
    const node *n = &p->node[i];
    if (n->within != NO_LEAF || (n->leaf == NO_LEAF && n->number == NO_LEAF)) return false;
    *out = n->leaf != NO_LEAF ? (field_span){n->leaf, 1} : (field_span){n->number, n->below + 1};
    return true;
}

uint32_t leaf_field(const population *p, uint32_t leaf) {
    uint32_t section = leaf_within(p, leaf);
    return section == NO_LEAF ? leaf : p->node[section].number;
}

void instance_path(const population *p, const node *n, uint32_t instance, buf *b) {
    if (!instance || n->within == NO_LEAF) {
        buf_str(b, n->path);
        if (instance) buf_printf(b, ".%u", instance);
        return;
    }
    str above = p->node[n->within].path;
    buf_printf(b, STR_FMT ".%u" STR_FMT, STR_ARG(above), instance,
               STR_ARG(str_part(n->path, above.n, n->path.n)));
}

bool value_there(const value *v) {
    if (v->kind != V_LIST) return v->kind != V_NONE;
    for (uint32_t i = 0; i < v->n; i++)
        if (value_there(&v->item[i])) return true;
    return false;
}

bool value_same(const value *a, const value *b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case V_NONE: return true;
    case V_NUM: return a->num == b->num;
    case V_TEXT: return str_eq(a->text, b->text);
    case V_LIST: break;
    }
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!value_same(&a->item[i], &b->item[i])) return false;
    return true;
}

bool field_applies(const population *p, uint32_t leaf, const record *r) {
    const node *n = leaf_node(p, leaf);
    if (record_left(r, leaf)) return false;
    if (n->owner != NO_FACET) {
        const facet *f = &p->facet[n->owner];
        if (f->when && !pred_holds(f->when, r)) return false;
    }
    return !n->when || pred_holds(n->when, r);
}

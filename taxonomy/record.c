/* record.c: the record: one value a leaf, all in the arena of whoever makes the persona. */
#include "taxonomy/compile.h"

void record_init(record *r, const population *p, arena *mem) {
    *r = (record){.pop = p, .mem = mem, .value = arena_new_of(mem, value, p->leaves)};
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
    if (n->owner != NO_FACET) {
        const facet *f = &p->facet[n->owner];
        if (f->when && !pred_holds(f->when, r)) return false;
    }
    return !n->when || pred_holds(n->when, r);
}

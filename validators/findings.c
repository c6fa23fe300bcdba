/* findings.c: what rules object to, collected: equal rows once, and in an order that no check's own order shows
 * in. */
#include "validators/validators.h"

#include <stdlib.h>
#include <string.h>

void findings_init(findings *f, arena *mem) {
    *f = (findings){.mem = mem};
}

static bool is_there(const findings *f, const finding *one) {
    for (size_t i = 0; i < f->n; i++) {
        const finding *x = &f->row[i];
        if (x->leaf == one->leaf && x->instance == one->instance && str_eq(x->rule, one->rule) &&
            str_eq(x->message, one->message))
            return true;
    }
    return false;
}

void findings_add(findings *f, const finding *one) {
    if (is_there(f, one)) return;
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 8;
        finding *more = arena_new_of(f->mem, finding, f->cap);
        if (f->n) memcpy(more, f->row, f->n * sizeof *more);
        f->row = more;
    }
    f->row[f->n++] = *one;
    f->hard += one->hard;
}

static int by_rule(const void *left, const void *right) {
    const finding *a = left, *b = right;
    int order = str_cmp(a->rule, b->rule);
    if (!order) order = (a->leaf > b->leaf) - (a->leaf < b->leaf);
    if (!order) order = (a->instance > b->instance) - (a->instance < b->instance);
    return order ? order : str_cmp(a->message, b->message);
}

void findings_sort(findings *f) {
    if (f->n > 1) qsort(f->row, f->n, sizeof *f->row, by_rule);
}

size_t findings_hard(const findings *f, uint16_t owner, uint32_t leaf) {
    if (owner == NO_FACET && leaf == NO_LEAF) return f->hard;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const finding *x = &f->row[i];
        n += x->hard && (owner == NO_FACET || x->owner == owner) && (leaf == NO_LEAF || x->leaf == leaf);
    }
    return n;
}

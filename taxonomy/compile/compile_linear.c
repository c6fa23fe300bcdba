/* compile_linear.c: LINEAR: a constant and a sum of attributes times factors. A choice counts as its rank from
 * 0, a flag as 0 or 1, a number as its value, a date as days. Without the value of one of them it has none.
 */
#include "taxonomy/compile/compile_parts.h"

bool linear_term_fits(const population *p, const tree *at, const node *n, diags *d) {
    if (ref_broken(p, (uint32_t)(n - p->node))) return false;
    if (n->kind == K_SECTION)
        return lint_at(p, d, DIAG_P03, at, n->path, "name one of its attributes",
                       "`" STR_FMT "` is a section, not a number", STR_ARG(n->path));
    if (!leaf_counts(n))
        return lint_at(p, d, DIAG_P03, at, n->path, "numbers, choices and flags count",
                       "`" STR_FMT "` is a %s, not a number", STR_ARG(n->path), kind_name(n->kind));
    if (n->is_list)
        return lint_at(p, d, DIAG_P10, at, n->path, "name an attribute that has one value",
                       "`" STR_FMT "` is a list, not a number", STR_ARG(n->path));
    return true;
}

bool linear_read(population *p, const tree *t, diags *d, linear *out) {
    *out = (linear){0};
    if (t->kind == TREE_SCALAR) return lint_number(p, d, t, "a sum", &out->constant);
    if (t->kind != TREE_MAP)
        return lint_at(p, d, DIAG_P03, t, STR("[...]"), "{age: 0.5, const: 10}",
                       "a sum is a number or a mapping");
    out->term = arena_alloc(p->mem, (t->n + 1) * sizeof *out->term);
    bool fine = true;
    for (uint32_t i = 0; i < t->n; i++) {
        double by;
        tree at = member_place(t, &t->member[i]);
        if (!lint_number(p, d, t->member[i].value, "a factor", &by)) {
            fine = false;
            continue;
        }
        if (str_is(at.text, "const")) {
            out->constant = by;
            continue;
        }
        uint32_t n = ref_find(p, &at, at.text, d);
        if (n == NO_NODE || !linear_term_fits(p, &at, &p->node[n], d)) {
            fine = false;
            continue;
        }
        out->term[out->terms].leaf = p->node[n].leaf;
        out->term[out->terms++].by = by;
    }
    return fine;
}

const linear *compile_linear(population *p, const tree *t, diags *d) {
    linear *l = arena_new_of(p->mem, linear, 1);
    return linear_read(p, t, d, l) ? l : NULL;
}

leaf_list linear_leaves(population *p, const linear *l) {
    leaf_list out = {arena_new_of(p->mem, uint32_t, l->terms + 1), 0};
    for (uint32_t i = 0; i < l->terms; i++) out.leaf[out.n++] = l->term[i].leaf;
    return out;
}

bool linear_value(const linear *l, const record *r, double *v) {
    double sum = l->constant;
    for (uint32_t i = 0; i < l->terms; i++) {
        const value *x = record_at(r, l->term[i].leaf);
        if (x->kind != V_NUM) return false;
        const node *n = node_at(r->pop, l->term[i].leaf);
        double at =
            n->kind == K_NUMBER ? dec_double((dec){x->num * n->step.m, n->step.places}) : (double)x->num;
        sum += l->term[i].by * at;
    }
    *v = sum;
    return true;
}

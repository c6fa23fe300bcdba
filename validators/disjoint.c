/* disjoint.c: objects when two of the attributes share a value. */
#include "validators/rule_parts.h"

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    return r->of.n > 1 ||
           diag_at(p, d, DIAG_P03, tree_get(body, "of"), r->id, NULL,
                   "the rule `" STR_FMT "` needs two attributes in `of` that are to differ", STR_ARG(r->id));
}

/* The value of `a` that `b` has too; NULL: none. */
static const value *shared(const record *rec, uint32_t a, uint32_t b) {
    const node *left = leaf_node(rec->pop, a), *right = leaf_node(rec->pop, b);
    const value *x = record_at(rec, a), *y = record_at(rec, b);
    for (uint32_t i = 0; i < element_count(x); i++)
        for (uint32_t k = 0; k < element_count(y); k++)
            if (element_same(left, element_at(x, i), right, element_at(y, k))) return element_at(x, i);
    return NULL;
}

static bool holds(const rule *r, const record *rec) {
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = i + 1; k < r->of.n; k++)
            if (shared(rec, r->of.leaf[i], r->of.leaf[k])) return false;
    return true;
}

/* Of two fields the later one is to change. */
static void check(const rule *r, check_ctx *c) {
    const population *p = c->rec->pop;
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = 0; k < i; k++) {
            const node *n = leaf_node(p, r->of.leaf[i]), *other = leaf_node(p, r->of.leaf[k]);
            const value *v = shared(c->rec, r->of.leaf[i], r->of.leaf[k]);
            if (!v) continue;
            uint32_t about = n->owner == NO_FACET ? r->of.leaf[k] : r->of.leaf[i];
            str where = n->owner == NO_FACET ? n->label : other->label;
            check_report(r, c, about, message_of(c->mem, p, SAY_DISJOINT, element_print(c->mem, n, v), where),
                         message_plain(p, SAY_DISJOINT_HINT));
        }
}

static const char *const keys[] = {NULL};
const rule_kind rule_kind_disjoint = {.name = "disjoint",
                                      .keys = keys,
                                      .may_constrain = true,
                                      .needs_of = true,
                                      .compile = compile,
                                      .check = check,
                                      .holds = holds};

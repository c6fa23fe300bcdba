/* distinct.c: objects when a list holds a value twice. */
#include "validators/rule_parts.h"

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    for (uint32_t i = 0; i < r->of.n; i++)
        if (leaf_node(p, r->of.leaf[i])->is_list) return true;
    return diag_at(p, d, DIAG_P03, tree_get(body, "of"), leaf_node(p, r->of.leaf[0])->path, NULL,
                   "the rule `" STR_FMT "` looks at lists, and `of` names none", STR_ARG(r->id));
}

static const value *twice(const record *rec, uint32_t leaf) {
    const node *n = leaf_node(rec->pop, leaf);
    const value *v = record_at(rec, leaf);
    for (uint32_t i = 1; i < element_count(v); i++)
        for (uint32_t k = 0; k < i; k++)
            if (element_same(n, element_at(v, i), n, element_at(v, k))) return element_at(v, i);
    return NULL;
}

static bool holds(const rule *r, const record *rec) {
    for (uint32_t i = 0; i < r->of.n; i++)
        if (twice(rec, r->of.leaf[i])) return false;
    return true;
}

static void check(const rule *r, check_ctx *c) {
    const population *p = c->rec->pop;
    for (uint32_t i = 0; i < r->of.n; i++) {
        const value *v = twice(c->rec, r->of.leaf[i]);
        if (!v) continue;
        str what = element_print(c->mem, leaf_node(p, r->of.leaf[i]), v);
        check_report(r, c, r->of.leaf[i], message_of(c->mem, p, SAY_DISTINCT, what),
                     message_plain(p, SAY_DISTINCT_HINT));
    }
}

static const char *const keys[] = {NULL};
const rule_kind rule_kind_distinct = {.name = "distinct",
                                      .keys = keys,
                                      .may_constrain = true,
                                      .needs_of = true,
                                      .by_field = true,
                                      .compile = compile,
                                      .check = check,
                                      .holds = holds};

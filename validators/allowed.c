/* allowed.c: objects when a value fails the TEST that a GRID over other attributes has for it. */
#include "validators/rule_parts.h"

typedef struct allowance {
    const test_grid **grid; /* one a leaf of `of` */
    leaf_list by;
} allowance;

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    allowance *x = arena_new_of(p->mem, allowance, 1);
    const tree *given = rule_key(p, r, body, "given", d), *by = tree_get(body, "by");
    if (!given || (by && !by->nothing && !rule_refs(p, r, body, "by", d, &x->by))) return false;
    rule_single(p, r, x->by);
    x->grid = arena_new_of(p->mem, const test_grid *, r->of.n);
    for (uint32_t i = 0; i < r->of.n; i++) {
        x->grid[i] = compile_test_grid(p, r->of.leaf[i], &x->by, given, d);
        if (!x->grid[i]) return false;
    }
    r->data = x;
    return true;
}

static bool holds(const rule *r, const record *rec) {
    const allowance *x = r->data;
    for (uint32_t i = 0; i < r->of.n; i++)
        if (!test_grid_allows(x->grid[i], rec)) return false;
    return true;
}

static void check(const rule *r, check_ctx *c) {
    const allowance *x = r->data;
    const population *p = c->rec->pop;
    for (uint32_t i = 0; i < r->of.n; i++) {
        if (test_grid_allows(x->grid[i], c->rec)) continue;
        str is = leaf_print(c->mem, c->rec, r->of.leaf[i]), by = leaves_print(c->mem, c->rec, &x->by);
        check_report(r, c, r->of.leaf[i],
                     by.n ? message_of(c->mem, p, SAY_ALLOWED, is, by)
                          : message_of(c->mem, p, SAY_ALLOWED_ALWAYS, is),
                     STR(""));
    }
}

static const char *const keys[] = {"by", "given", NULL};
const rule_kind rule_kind_allowed = {.name = "allowed",
                                     .keys = keys,
                                     .may_constrain = true,
                                     .needs_of = true,
                                     .compile = compile,
                                     .check = check,
                                     .holds = holds};

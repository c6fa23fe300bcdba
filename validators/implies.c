/* implies.c: objects when `if` holds and `then` does not. */
#include "validators/rule_parts.h"

typedef struct implication {
    const pred *given, *then;
    leaf_list shown; /* what `if` and `then` name */
} implication;

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    implication *x = arena_new_of(p->mem, implication, 1);
    bool fine = rule_pred(p, r, body, "if", d, &x->given);
    fine = rule_pred(p, r, body, "then", d, &x->then) && fine;
    if (!fine) return false;
    leaf_list a = pred_leaves(p, x->given), b = pred_leaves(p, x->then);
    x->shown.leaf = arena_new_of(p->mem, uint32_t, a.n + b.n + 1);
    for (uint32_t i = 0; i < a.n + b.n; i++) {
        uint32_t leaf = i < a.n ? a.leaf[i] : b.leaf[i - a.n], k = 0;
        while (k < x->shown.n && x->shown.leaf[k] != leaf) k++;
        if (k == x->shown.n) x->shown.leaf[x->shown.n++] = leaf;
    }
    r->data = x;
    return true;
}

static bool holds(const rule *r, const record *rec) {
    const implication *x = r->data;
    return !pred_holds(x->given, rec) || pred_holds(x->then, rec);
}

static void check(const rule *r, check_ctx *c) {
    const implication *x = r->data;
    if (holds(r, c->rec)) return;
    str values = leaves_print(c->mem, c->rec, &x->shown);
    check_report(r, c, NO_LEAF, message_of(c->mem, c->rec->pop, SAY_NEVER, values), STR(""));
}

static const char *const keys[] = {"if", "then", NULL};
const rule_kind rule_kind_implies = {
    .name = "implies", .keys = keys, .may_constrain = true, .compile = compile, .check = check, .holds = holds};

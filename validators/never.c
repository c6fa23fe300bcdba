/* never.c: objects when `when` holds: some things do not go together. */
#include "validators/rule_parts.h"

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    return rule_key(p, r, body, "when", d) != NULL;
}

static void check(const rule *r, check_ctx *c) {
    str values = leaves_print(c->mem, c->rec, &r->all);
    check_report(r, c, NO_LEAF, message_of(c->mem, c->rec->pop, SAY_NEVER, values), STR(""));
}

/* Asked only where `when` holds. */
static bool holds(const rule *r, const record *rec) {
    (void)r;
    (void)rec;
    return false;
}

static const char *const keys[] = {NULL};
const rule_kind rule_kind_never = {
    .name = "never", .keys = keys, .may_constrain = true, .compile = compile, .check = check, .holds = holds};

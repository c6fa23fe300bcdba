/* compare.c: objects when a sum of attributes is not at_least, at_most or equals another. Sums of which a part
 * has no value are passed over. Numbers are compared with room for the last bits of a sum. */
#include "validators/rule_parts.h"

#define ROOM 1e-9

typedef struct comparison {
    const linear *left, *at_least, *at_most, *equals;
    str name;   /* of the left side: its label if it is one attribute */
    bool dates; /* that is a date: the sums are days */
} comparison;

static bool sum_read(population *p, rule *r, const tree *body, const char *key, diags *d, const linear **out) {
    const tree *t = tree_get(body, key);
    if (!t || t->nothing) return true;
    *out = compile_linear(p, t, d);
    if (!*out) return false;
    rule_names(p, r, linear_leaves(p, *out));
    rule_single(p, r, linear_leaves(p, *out));
    return true;
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    comparison *x = arena_new_of(p->mem, comparison, 1);
    bool fine = rule_key(p, r, body, "left", d) && sum_read(p, r, body, "left", d, &x->left);
    fine = sum_read(p, r, body, "at_least", d, &x->at_least) && fine;
    fine = sum_read(p, r, body, "at_most", d, &x->at_most) && fine;
    fine = sum_read(p, r, body, "equals", d, &x->equals) && fine;
    if (!fine) return false;
    if (!x->at_least && !x->at_most && !x->equals)
        return diag_at(p, d, DIAG_P02, body, r->id, NULL,
                       "the rule `" STR_FMT "` needs one of `at_least`, `at_most`, `equals`", STR_ARG(r->id));
    leaf_list l = linear_leaves(p, x->left);
    x->dates = l.n == 1 && leaf_node(p, l.leaf[0])->kind == K_DATE;
    x->name = l.n == 1 ? leaf_node(p, l.leaf[0])->label : message_plain(p, SAY_COMPARE_LEFT);
    r->data = x;
    return true;
}

/* The comparison that fails and its right side; SAY_COUNT: none. */
static message_id failing(const comparison *x, const record *rec, double *left, double *right) {
    if (!linear_value(x->left, rec, left)) return SAY_COUNT;
    if (x->at_least && linear_value(x->at_least, rec, right) && *left < *right - ROOM)
        return SAY_COMPARE_AT_LEAST;
    if (x->at_most && linear_value(x->at_most, rec, right) && *left > *right + ROOM) return SAY_COMPARE_AT_MOST;
    if (x->equals && linear_value(x->equals, rec, right) && (*left > *right + ROOM || *left < *right - ROOM))
        return SAY_COMPARE_EQUALS;
    return SAY_COUNT;
}

static bool holds(const rule *r, const record *rec) {
    double left, right;
    return failing(r->data, rec, &left, &right) == SAY_COUNT;
}

/* A sum that is no whole day there is stays a number. */
static str sum_print(const comparison *x, arena *mem, double sum) {
    bool day = x->dates && sum >= DATE_MIN && sum <= DATE_MAX && sum == (double)(int64_t)sum;
    if (!day) return str_printf(mem, "%.10g", sum);
    buf b = {0};
    date_print(&b, (int64_t)sum);
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static void check(const rule *r, check_ctx *c) {
    const comparison *x = r->data;
    const population *p = c->rec->pop;
    double left, right;
    message_id how = failing(x, c->rec, &left, &right);
    if (how == SAY_COUNT) return;
    str is = sum_print(x, c->mem, left), wanted = message_of(c->mem, p, how, sum_print(x, c->mem, right));
    check_report(r, c, NO_LEAF, message_of(c->mem, p, SAY_COMPARE, x->name, is, wanted), STR(""));
}

static const char *const keys[] = {"left", "at_least", "at_most", "equals", NULL};
const rule_kind rule_kind_compare = {
    .name = "compare", .keys = keys, .may_constrain = true, .compile = compile, .check = check, .holds = holds};

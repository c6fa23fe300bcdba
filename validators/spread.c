/* spread.c: objects when attributes have fewer different values than at_least. Those without value are passed
 * over: where fewer than at_least values are there at all, these are all to differ. */
#include "validators/rule_parts.h"

typedef struct variety {
    uint32_t at_least;
} variety;

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    variety *x = arena_new_of(p->mem, variety, 1);
    r->data = x;
    return rule_key(p, r, body, "at_least", d) && rule_int(p, body, "at_least", 1, 1000000, d, &x->at_least);
}

static bool is_new(const rule *r, const record *rec, uint32_t leaf, uint32_t element) {
    const node *n = leaf_node(rec->pop, r->of.leaf[leaf]);
    const value *v = element_at(record_at(rec, r->of.leaf[leaf]), element);
    for (uint32_t i = 0; i <= leaf; i++) {
        const value *other = record_at(rec, r->of.leaf[i]);
        uint32_t end = i < leaf ? element_count(other) : element;
        for (uint32_t k = 0; k < end; k++)
            if (element_same(n, v, leaf_node(rec->pop, r->of.leaf[i]), element_at(other, k))) return false;
    }
    return true;
}

static uint32_t values_there(const rule *r, const record *rec) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->of.n; i++) n += element_count(record_at(rec, r->of.leaf[i]));
    return n;
}

static uint32_t different(const rule *r, const record *rec, uint32_t enough) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->of.n && n < enough; i++)
        for (uint32_t k = 0; k < element_count(record_at(rec, r->of.leaf[i])) && n < enough; k++)
            n += is_new(r, rec, i, k);
    return n;
}

static uint32_t wanted(const rule *r, const record *rec) {
    const variety *x = r->data;
    uint32_t there = values_there(r, rec);
    return there < x->at_least ? there : x->at_least;
}

static bool holds(const rule *r, const record *rec) {
    uint32_t enough = wanted(r, rec);
    return different(r, rec, enough) >= enough;
}

static void check(const rule *r, check_ctx *c) {
    const population *p = c->rec->pop;
    uint32_t enough = wanted(r, c->rec), is = different(r, c->rec, enough);
    if (is >= enough) return;
    str message = message_of(c->mem, p, SAY_SPREAD, message_number(c->mem, is), message_number(c->mem, enough));
    check_report(r, c, NO_LEAF, message, message_plain(p, SAY_SPREAD_HINT));
}

static const char *const keys[] = {"at_least", NULL};
const rule_kind rule_kind_spread = {.name = "spread",
                                    .keys = keys,
                                    .may_constrain = true,
                                    .needs_of = true,
                                    .compile = compile,
                                    .check = check,
                                    .holds = holds};

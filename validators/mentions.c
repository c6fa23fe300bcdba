/* mentions.c: objects when fewer than at_least different values of `what`, or terms, occur in a field. Of a
 * list of texts all are read together. Attributes without value are passed over, so that no more is asked for
 * than there is. Of a link in `what` those whom the persona knows are looked for by name, the first of `show`.
 */
#include "validators/rule_parts.h"

#define SHOWN_MOST 6u

typedef struct mention {
    value_terms *what; /* NULL: terms. Behind the attributes stand the names of links */
    leaf_list links;
    term_set *terms;
    term_list list;
    uint32_t at_least; /* 0: all there are */
} mention;

/* The attributes of `what`, behind them what each link shows first. */
static bool what_read(population *p, rule *r, const tree *what, diags *d, mention *x) {
    leaf_list l;
    if (!compile_refs_links(p, what, d, &l, &x->links)) return false;
    if (!l.n && !x->links.n)
        return diag_at(p, d, DIAG_P03, what, r->id, NULL, "`what` names no attribute, no field and no link");
    rule_names(p, r, l);
    leaf_list all = {arena_new_of(p->mem, uint32_t, l.n + x->links.n), 0};
    for (uint32_t i = 0; i < l.n; i++) all.leaf[all.n++] = l.leaf[i];
    for (uint32_t i = 0; i < x->links.n; i++) all.leaf[all.n++] = p->link[x->links.leaf[i]].show[0];
    x->what = value_terms_new(p, all);
    return true;
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    mention *x = r->data = arena_new_of(p->mem, mention, 1);
    const tree *what = tree_get(body, "what"), *terms = tree_get(body, "terms");
    if (!what == !terms)
        return diag_at(p, d, DIAG_P02, body, r->id, NULL,
                       "the rule `" STR_FMT "` needs either `what` or `terms`", STR_ARG(r->id));
    if (!rule_reads_text(p, r, body, d) || !rule_int(p, body, "at_least", 1, 1000000, d, &x->at_least))
        return false;
    if (what) return what_read(p, r, what, d, x);
    if (!compile_terms(p, terms, d, &x->list)) return false;
    if (!x->at_least) x->at_least = 1;
    x->terms = term_set_new(p->mem);
    for (uint32_t i = 0; i < x->list.n; i++) term_set_add(x->terms, x->list.term[i], i);
    term_set_seal(x->terms);
    return true;
}

/* What is wanted and what was found of it. */
typedef struct roll {
    str *name;
    bool *found;
    uint32_t n, cap, seen;
} roll;

/* The different names of those whom the persona knows. */
static value link_names(const check_ctx *c, uint32_t index) {
    const linked_list *l = c->rec->links ? &c->rec->links[index] : NULL;
    value names = {.kind = V_LIST, .item = arena_new_of(c->mem, value, l ? l->n + 1 : 1)};
    for (uint32_t i = 0; l && i < l->n; i++) {
        if (!l->item[i].shown) continue;
        const value *name = &l->item[i].shown[0];
        bool known = !value_there(name);
        for (uint32_t k = 0; k < names.n && !known; k++) known = value_same(&names.item[k], name);
        if (!known) names.item[names.n++] = *name;
    }
    return names;
}

/* What of the persona stands at place w of `what`. */
static const value *values_at(const check_ctx *c, const mention *x, uint32_t w) {
    uint32_t leaves = x->what->what.n - x->links.n;
    if (w < leaves) return record_at(c->rec, x->what->what.leaf[w]);
    value names = link_names(c, x->links.leaf[w - leaves]);
    return arena_dup(c->mem, &names, sizeof names);
}

static void roll_call(const check_ctx *c, const mention *x, const value **v, roll *k, reading **text,
                      uint32_t texts) {
    for (uint32_t i = 0; i < texts; i++) {
        const value_hits *h = value_hits_find(x->what, text[i], c->mem);
        uint32_t at = 0;
        for (uint32_t w = 0; w < x->what->what.n; w++)
            for (uint32_t e = 0; e < element_count(v[w]); e++, at++)
                k->found[at] =
                    k->found[at] || value_occurs(x->what, w, c->rec, element_at(v[w], e), text[i], h, c->mem);
    }
}

static roll roll_of_values(const check_ctx *c, const mention *x, reading **text, uint32_t texts) {
    roll k = {0};
    const value **v = arena_new_of(c->mem, const value *, x->what->what.n);
    for (uint32_t w = 0; w < x->what->what.n; w++) {
        v[w] = values_at(c, x, w);
        k.cap += element_count(v[w]);
    }
    k.name = arena_new_of(c->mem, str, k.cap + 1);
    k.found = arena_new_of(c->mem, bool, k.cap + 1);
    for (uint32_t w = 0; w < x->what->what.n; w++) {
        const node *n = leaf_node(c->rec->pop, x->what->what.leaf[w]);
        for (uint32_t e = 0; e < element_count(v[w]); e++)
            k.name[k.n++] = element_print(c->mem, n, element_at(v[w], e));
    }
    roll_call(c, x, v, &k, text, texts);
    return k;
}

static roll roll_of_terms(const check_ctx *c, const mention *x, reading **text, uint32_t texts) {
    roll k = {.name = x->list.term, .n = x->list.n, .found = arena_new_of(c->mem, bool, x->list.n + 1)};
    for (uint32_t i = 0; i < texts; i++) {
        term_hit *hit;
        size_t hits = term_set_find(x->terms, text[i], c->mem, &hit);
        for (size_t h = 0; h < hits; h++) k.found[hit[h].id] = true;
    }
    return k;
}

static str missing_names(const check_ctx *c, const roll *k) {
    buf b = {0};
    uint32_t shown = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->found[i]) continue;
        if (shown == SHOWN_MOST) buf_z(&b, ", ...");
        if (shown++ >= SHOWN_MOST) break;
        if (b.n) buf_z(&b, ", ");
        str name = k->name[i];
        if (name.n > 1 && name.p[name.n - 1] == '*') name.n--;
        buf_str(&b, name);
    }
    str s = str_dup(c->mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static void field_check(const rule *r, check_ctx *c, uint32_t leaf) {
    const mention *x = r->data;
    const population *p = c->rec->pop;
    reading **text;
    uint32_t texts = check_texts(c, leaf, &text);
    if (!texts) return;
    roll k = x->what ? roll_of_values(c, x, text, texts) : roll_of_terms(c, x, text, texts);
    for (uint32_t i = 0; i < k.n; i++) k.seen += k.found[i];
    uint32_t enough = x->at_least && x->at_least < k.n ? x->at_least : k.n;
    if (k.seen >= enough) return;
    str names = missing_names(c, &k), message;
    if (k.n == 1)
        message = message_of(c->mem, p, SAY_MENTIONS_ONE, names);
    else if (!k.seen)
        message = message_of(c->mem, p, SAY_MENTIONS_NONE, names, message_number(c->mem, enough));
    else
        message = message_of(c->mem, p, SAY_MENTIONS, message_number(c->mem, k.seen),
                             message_number(c->mem, enough), names);
    check_report_adds(r, c, leaf, message, message_of(c->mem, p, SAY_MENTIONS_HINT, names));
}

static void check(const rule *r, check_ctx *c) {
    for (uint32_t i = 0; i < r->of.n; i++) field_check(r, c, r->of.leaf[i]);
}

static const char *const keys[] = {"what", "terms", "at_least", NULL};
const rule_kind rule_kind_mentions = {
    .name = "mentions", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

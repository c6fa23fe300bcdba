/* rule_keys.c: the readers of a rule's keys that its kinds share. Each says what is wrong once, and returns
 * false. */
#include "validators/rule_parts.h"

bool leaf_is_text(const node *n) {
    return n->kind == K_TEXT || n->kind == K_TEMPLATE;
}

bool leaf_is_drawn(const node *n) {
    return n->owner == NO_FACET && n->kind != K_TEXT;
}

const tree *rule_key(population *p, const rule *r, const tree *body, const char *key, diags *d) {
    const tree *t = tree_get(body, key);
    if (t && !t->nothing) return t;
    diag_at(p, d, DIAG_P02, body, r->id, NULL, "the rule `" STR_FMT "` of the kind `%s` needs the key `%s`",
            STR_ARG(r->id), r->kind->name, key);
    return NULL;
}

bool rule_int(population *p, const tree *body, const char *key, int64_t lo, int64_t hi, diags *d,
              uint32_t *out) {
    const tree *t = tree_get(body, key);
    int64_t v;
    if (!t || t->nothing) return true;
    if (t->kind != TREE_SCALAR || !str_i64(t->text, &v))
        return diag_at(p, d, DIAG_P03, t, t->text, NULL, "`%s` is a whole number", key);
    if (v < lo || v > hi)
        return diag_at(p, d, DIAG_P07, t, t->text, NULL, "`%s` is from %lld to %lld", key, (long long)lo,
                       (long long)hi);
    *out = (uint32_t)v;
    return true;
}

static leaf_list joined(population *p, leaf_list a, leaf_list b) {
    leaf_list sum = {arena_new_of(p->mem, uint32_t, a.n + b.n + 1), 0};
    for (uint32_t i = 0; i < a.n; i++) sum.leaf[sum.n++] = a.leaf[i];
    for (uint32_t i = 0; i < b.n; i++) sum.leaf[sum.n++] = b.leaf[i];
    return sum;
}

void rule_names(population *p, rule *r, leaf_list l) {
    r->all = joined(p, r->all, l);
}

void rule_single(population *p, rule *r, leaf_list l) {
    r->single = joined(p, r->single, l);
}

bool rule_refs(population *p, rule *r, const tree *body, const char *key, diags *d, leaf_list *out) {
    const tree *t = rule_key(p, r, body, key, d);
    if (!t || !compile_refs(p, t, d, out)) return false;
    if (!out->n) return diag_at(p, d, DIAG_P03, t, r->id, NULL, "`%s` names no attribute and no field", key);
    rule_names(p, r, *out);
    return true;
}

bool rule_pred(population *p, rule *r, const tree *body, const char *key, diags *d, const pred **out) {
    const tree *t = rule_key(p, r, body, key, d);
    *out = t ? compile_pred(p, t, d) : NULL;
    if (!*out) return false;
    rule_names(p, r, pred_leaves(p, *out));
    return true;
}

bool rule_reads_text(population *p, const rule *r, const tree *body, diags *d) {
    for (uint32_t i = 0; i < r->of.n; i++)
        if (leaf_is_text(leaf_node(p, r->of.leaf[i]))) return true;
    return diag_at(p, d, DIAG_P03, tree_get(body, "of"), leaf_node(p, r->of.leaf[0])->path,
                   "name a field that is a text",
                   "the rule `" STR_FMT "` of the kind `%s` reads texts, and `of` names none", STR_ARG(r->id),
                   r->kind->name);
}

const char *rule_near(population *p, str word, str best, size_t *distance, str *nearest) {
    size_t far = word.n / 3 + 1, now = str_distance(word, best);
    if (now <= far && now < *distance && now < best.n) {
        *distance = now;
        *nearest = best;
    }
    return nearest->n ? str_printf(p->mem, "did you mean `" STR_FMT "`?", STR_ARG(*nearest)).p : NULL;
}

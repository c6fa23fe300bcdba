/* bans.c: objects when one of the terms occurs. */
#include "validators/rule_parts.h"

#define SHOWN_MOST 4u

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    const tree *t = rule_key(p, r, body, "terms", d);
    term_list l;
    if (!t || !compile_terms(p, t, d, &l) || !rule_reads_text(p, r, body, d)) return false;
    term_set *s = r->data = term_set_new(p->mem);
    for (uint32_t i = 0; i < l.n; i++) term_set_add(s, l.term[i], i);
    term_set_seal(s);
    return true;
}

static bool said_before(const reading *t, const term_hit *hit, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (hit[k].id == hit[i].id && hit[k].at.n == hit[i].at.n &&
            str_eq(str_part(t->folded, hit[k].at.at, hit[k].at.at + hit[k].at.n),
                   str_part(t->folded, hit[i].at.at, hit[i].at.at + hit[i].at.n)))
            return true;
    return false;
}

static void text_check(const rule *r, check_ctx *c, uint32_t leaf, const reading *t) {
    const population *p = c->rec->pop;
    term_hit *hit;
    size_t hits = term_set_find(r->data, t, c->mem, &hit);
    for (size_t i = 0, shown = 0; i < hits && shown < SHOWN_MOST; i++) {
        if (said_before(t, hit, i)) continue;
        str word = str_part(t->text, hit[i].at.at, hit[i].at.at + hit[i].at.n);
        check_report(r, c, leaf, message_of(c->mem, p, SAY_BANS, excerpt(c->mem, word)),
                     message_plain(p, SAY_BANS_HINT));
        shown++;
    }
}

static void check(const rule *r, check_ctx *c) {
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++)
            text_check(r, c, r->of.leaf[i], text[k]);
}

static const char *const keys[] = {"terms", NULL};
const rule_kind rule_kind_bans = {
    .name = "bans", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

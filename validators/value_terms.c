/* value_terms.c: the values of attributes as rules find them in texts. Attributes with the same values share a
 * set: so the seven levels of a population are looked for once, and the longest of overlapping words wins among
 * all values of an attribute
 * ("above medium" is not "medium"). Choices and flags have terms; numbers and dates are read as such; texts are
 * looked for as they are.
 */
#include "validators/rule_parts.h"

#define TEXT_WORDS 12u /* a longer text is nothing that another one mentions */

static bool same_words(const node *a, const node *b) {
    if (a->value == b->value) return true;
    if (a->values != b->values) return false;
    for (uint32_t i = 0; i < a->values; i++) {
        if (a->value[i].words != b->value[i].words) return false;
        for (uint32_t k = 0; k < a->value[i].words; k++)
            if (!str_eq(a->value[i].word[k], b->value[i].word[k])) return false;
    }
    return true;
}

static uint32_t group_of(population *p, value_terms *x, const node *n) {
    for (uint32_t i = 0; i < x->groups; i++)
        if (same_words(x->like[i], n)) return i;
    term_set *s = term_set_new(p->mem);
    for (uint32_t i = 0; i < n->values; i++)
        for (uint32_t k = 0; k < n->value[i].words; k++) term_set_add(s, n->value[i].word[k], i);
    term_set_seal(s);
    x->like[x->groups] = n;
    x->set[x->groups] = s;
    return x->groups++;
}

value_terms *value_terms_new(population *p, leaf_list what) {
    value_terms *x = arena_new_of(p->mem, value_terms, 1);
    x->what = what;
    x->group = arena_new_of(p->mem, uint32_t, what.n + 1);
    x->like = arena_new_of(p->mem, const node *, what.n + 1);
    x->set = arena_new_of(p->mem, const term_set *, what.n + 1);
    for (uint32_t i = 0; i < what.n; i++) {
        const node *n = leaf_node(p, what.leaf[i]);
        bool has_values = n->kind == K_CHOICE || n->kind == K_FLAG;
        x->group[i] = has_values ? group_of(p, x, n) : NO_GROUP;
    }
    return x;
}

value_hits *value_hits_find(const value_terms *x, const reading *t, arena *mem) {
    value_hits *h = arena_new_of(mem, value_hits, x->groups + 1);
    for (uint32_t i = 0; i < x->groups; i++) h[i].n = term_set_find(x->set[i], t, mem, &h[i].row);
    return h;
}

static bool text_occurs(str text, const reading *t, arena *mem) {
    term_hit *hit;
    span *words;
    size_t n = text_words(text, mem, &words);
    if (n > TEXT_WORDS) return false;
    term_set *s = term_set_new(mem);
    term_set_add(s, text, 0);
    term_set_seal(s);
    return term_set_find(s, t, mem, &hit) > 0;
}

static bool number_occurs(const node *n, int64_t steps, const reading *t) {
    double wanted = dec_double((dec){steps * n->step.m, n->step.places});
    buf b = {0};
    number_at at;
    bool found = false;
    dec_print(&b, steps * n->step.m, n->step.places);
    for (uint32_t i = 0; i < t->words && !found; i++)
        found = str_eq(t->fold[i], buf_view(&b)) || (number_read(t, i, &at) && (double)at.value == wanted);
    buf_free(&b);
    return found;
}

static bool date_occurs(int64_t days, const reading *t) {
    date_at at;
    for (uint32_t i = 0; i < t->words; i++)
        if (date_read(t, i, &at) && at.days == days) return true;
    return false;
}

bool value_occurs(const value_terms *x, uint32_t w, const record *rec, const value *v, const reading *t,
                  const value_hits *h, arena *mem) {
    if (v->kind == V_TEXT) return text_occurs(v->text, t, mem);
    const node *n = leaf_node(rec->pop, x->what.leaf[w]);
    if (n->kind == K_DATE) return date_occurs(v->num, t);
    if (x->group[w] == NO_GROUP) return number_occurs(n, v->num, t);
    const value_hits *own = &h[x->group[w]];
    for (size_t i = 0; i < own->n; i++)
        if (own->row[i].id == (uint32_t)v->num) return true;
    return false;
}

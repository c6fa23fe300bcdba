/* draw_choice.c: values of choices: by alias table, and where values are excluded by drawing again, then by a
 * scan of the weights of what is left. Both have the same distribution: the stated one, cut to what is
 * possible.
 */
#include "taxonomy/plan/plan.h"

#define TRIES 12 /* draws from the whole before the scan */

uint64_t draw_word(const draw_key *k, uint32_t instance, uint32_t word) {
    /* keys of nodes are random words, and so are their distances */
    return rng_more(k->start, k->node + ((uint64_t)instance << 8 | word) * 0x9E3779B97F4A7C15u);
}

const dist *draw_dist(const draw_spec *s, const record *r) {
    if (!s->given) return &s->dist[0];
    uint32_t i = grid_at(s->given, r);
    return i == UINT32_MAX ? NULL : &s->dist[i];
}

static bool same_as(const draw_spec *s, uint32_t other, const value *v, int64_t index) {
    if (v->kind != V_NUM) return false;
    if (!s->except_as || !s->except_as[other]) return v->num == index;
    return s->except_as[other][v->num] == (uint64_t)index;
}

bool spec_takes(const draw_spec *s, uint32_t other, const value *v, int64_t index) {
    if (same_as(s, other, v, index)) return true;
    for (uint32_t k = 0; v->kind == V_LIST && k < v->n; k++)
        if (same_as(s, other, &v->item[k], index)) return true;
    return false;
}

/* Whether one of the attributes of `except` took the value. */
static bool excepted(const draw_spec *s, const record *r, int64_t index) {
    for (uint32_t i = 0; i < s->except.n; i++)
        if (spec_takes(s, i, record_at(r, s->except.leaf[i]), index)) return true;
    return false;
}

bool choice_possible(const draw_leaf *l, const record *r, int64_t index, const value *taken, uint32_t ntaken) {
    for (uint32_t i = 0; i < ntaken; i++)
        if (taken[i].kind == V_NUM && taken[i].num == index) return false;
    if (l->plain) return true;
    const draw_spec *s = l->spec;
    if (s->only && s->only[index] && !pred_holds(s->only[index], r)) return false;
    return !excepted(s, r, index);
}

/* Calls of this walk the values of the cut in order: the next one at or behind `from`, or -1. */
static int64_t next_in(const value_set *cut, int64_t from, int64_t values) {
    if (!cut) return from < values ? from : -1;
    for (uint32_t i = 0; i < cut->n; i++)
        if (cut->in[i].hi >= from) return cut->in[i].lo > from ? cut->in[i].lo : from;
    return -1;
}

static double mass_left(const draw_leaf *l, const dist *s, const record *r, const value_set *cut,
                        const value *taken, uint32_t ntaken) {
    double sum = 0;
    for (int64_t v = 0; (v = next_in(cut, v, l->node->values)) >= 0; v++)
        if (s->weight[v] > 0 && choice_possible(l, r, v, taken, ntaken)) sum += s->weight[v];
    return sum;
}

double choice_mass(const draw_leaf *l, const dist *s, const record *r, const value_set *cut) {
    double part = mass_left(l, s, r, cut, NULL, 0);
    if (l->plain) return part;
    double whole = mass_left(l, s, r, NULL, NULL, 0);
    return whole > 0 ? part / whole : 0;
}

static bool scan_left(const draw_leaf *l, const dist *s, const record *r, const value_set *cut,
                      const value *taken, uint32_t ntaken, double u, int64_t *out) {
    double left = u * mass_left(l, s, r, cut, taken, ntaken);
    bool any = false;
    for (int64_t v = 0; (v = next_in(cut, v, l->node->values)) >= 0; v++) {
        if (s->weight[v] <= 0 || !choice_possible(l, r, v, taken, ntaken)) continue;
        any = true;
        *out = v;
        if (left < s->weight[v]) break;
        left -= s->weight[v];
    }
    return any;
}

bool choice_at(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, double u,
               int64_t *out) {
    return scan_left(l, s, r, cut, NULL, 0, u, out);
}

bool choice_draw(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, const value *taken,
                 uint32_t ntaken, const draw_key *k, uint32_t instance, int64_t *out) {
    for (uint32_t i = 0; !cut && i < TRIES; i++) {
        uint64_t word = draw_word(k, instance, i);
        /* below(word, n) takes the high half of word * n; the low half is as even, and unused */
        *out = alias_pick(&s->pick, word, word * s->pick.n);
        if (choice_possible(l, r, *out, taken, ntaken)) return true;
    }
    return scan_left(l, s, r, cut, taken, ntaken, rng_unit(draw_word(k, instance, TRIES)), out);
}

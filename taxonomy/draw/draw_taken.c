/* draw_taken.c: the values that members of a group have, and what they leave of a distribution's values. */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* The first place whose value is not below v. */
static uint32_t place_of(const taken_set *t, int64_t v) {
    uint32_t lo = 0, hi = t->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->num[mid] < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

void taken_add(taken_set *t, const value *v) {
    if (v->kind == V_TEXT) {
        if (!t->text) t->text = u64map_new(64);
        u64map_put(t->text, hash_64(v->text, 0), 0);
    }
    if (v->kind != V_NUM) return;
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 32;
        t->num = xrealloc(t->num, sizeof *t->num * t->cap);
    }
    uint32_t at = place_of(t, v->num);
    memmove(t->num + at + 1, t->num + at, sizeof *t->num * (t->n++ - at));
    t->num[at] = v->num;
}

bool taken_has(const taken_set *t, const value *v) {
    uint64_t ignored;
    if (v->kind == V_TEXT) return t->text && u64map_get(t->text, hash_64(v->text, 0), &ignored);
    uint32_t at = place_of(t, v->num);
    return v->kind == V_NUM && at < t->n && t->num[at] == v->num;
}

/* Sorted and all different, num[k] - k never falls, and stays the same along a run of neighbours. */
int64_t taken_beside(const taken_set *t, int64_t v, bool up) {
    uint32_t at = place_of(t, v);
    if (at == t->n || t->num[at] != v) return v;
    int64_t run = v - at;
    uint32_t lo = up ? at : 0, hi = up ? t->n : at;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        bool before = up ? t->num[mid] - mid <= run : t->num[mid] - mid < run;
        if (before)
            lo = mid + 1;
        else
            hi = mid;
    }
    return up ? t->num[lo - 1] + 1 : t->num[lo] - 1;
}

value_set taken_rest(const taken_set *t, const node *n, const value_set *cut, arena *mem) {
    struct interval all = {leaf_lo(n), leaf_hi(n)};
    const struct interval *in = cut ? cut->in : &all;
    uint32_t pieces = cut ? cut->n : 1;
    value_set rest = {.in = arena_new_of(mem, struct interval, (size_t)t->n + pieces)};
    for (uint32_t i = 0; i < pieces; i++) {
        int64_t from = in[i].lo;
        for (uint32_t k = place_of(t, from); k < t->n && t->num[k] <= in[i].hi; k++) {
            if (t->num[k] > from) rest.in[rest.n++] = (struct interval){from, t->num[k] - 1};
            from = t->num[k] + 1;
        }
        if (from <= in[i].hi) rest.in[rest.n++] = (struct interval){from, in[i].hi};
    }
    return rest;
}

void taken_clear(taken_set *t) {
    t->n = 0;
    u64map_free(t->text);
    t->text = NULL;
}

void taken_free(taken_set *t) {
    taken_clear(t);
    free(t->num);
}

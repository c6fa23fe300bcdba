/* classes.c: the partition of a leaf's values that a number of sets cut: values that no set tells apart are of
 * one class.
 *
 * Invariants: from[] starts at the domain's lowest value; class numbers follow the order of first values, and
 * "no value" has a class of its own (the last) only where a set has it. Both follow from the sets alone,
 * whatever their order.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

/* A cut, and what the sets say from there on: a sum of one random word for each set that holds, so that two
 * stretches are alike exactly if the same sets hold (up to 2^-64). */
typedef struct edge {
    int64_t at;
    uint64_t change;
} edge;

static int by_at(const void *a, const void *b) {
    int64_t x = ((const edge *)a)->at, y = ((const edge *)b)->at;
    return x < y ? -1 : x > y;
}

static edge *edges_of(const node *n, const value_set *set, uint32_t sets, size_t *count) {
    size_t most = 1;
    for (uint32_t k = 0; k < sets; k++) most += 2 * (size_t)set[k].n;
    edge *e = xmalloc(most * sizeof *e);
    size_t used = 0;
    e[used++] = (edge){leaf_lo(n), 0};
    for (uint32_t k = 0; k < sets; k++) {
        uint64_t word = rng_u64(k, 1, 2, 3, 4);
        for (uint32_t i = 0; i < set[k].n; i++) {
            e[used++] = (edge){set[k].in[i].lo, word};
            if (set[k].in[i].hi < leaf_hi(n)) e[used++] = (edge){set[k].in[i].hi + 1, (uint64_t)0 - word};
        }
    }
    qsort(e, used, sizeof *e, by_at);
    *count = used;
    return e;
}

static void direct_table(arena *mem, const node *n, classes *c) {
    int64_t lo = leaf_lo(n), hi = leaf_hi(n);
    if (hi - lo >= (int64_t)DIRECT_MAX || c->n > UINT16_MAX) return;
    c->span = (uint32_t)(hi - lo + 1);
    c->direct = arena_new_of(mem, uint16_t, c->span);
    for (uint32_t i = 0; i < c->cuts; i++) {
        int64_t to = i + 1 < c->cuts ? c->from[i + 1] : hi + 1;
        for (int64_t v = c->from[i]; v < to; v++) c->direct[v - lo] = (uint16_t)c->of[i];
    }
}

void classes_build(arena *mem, const node *n, const value_set *set, uint32_t sets, classes *out) {
    size_t edges;
    edge *e = edges_of(n, set, sets, &edges);
    *out = (classes){.leaf = n->leaf, .none = UINT32_MAX};
    out->from = arena_new_of(mem, int64_t, edges);
    out->of = arena_new_of(mem, uint32_t, edges);
    u64map *known = u64map_new(edges);
    uint64_t sum = 0;
    for (size_t i = 0; i < edges; i++) {
        sum += e[i].change;
        if (i + 1 < edges && e[i + 1].at == e[i].at) continue;
        uint64_t class;
        if (!u64map_get(known, sum, &class)) {
            class = out->n++;
            u64map_put(known, sum, class);
        }
        if (out->cuts && out->of[out->cuts - 1] == class) continue;
        out->from[out->cuts] = e[i].at;
        out->of[out->cuts++] = (uint32_t) class;
    }
    u64map_free(known);
    free(e);
    for (uint32_t k = 0; k < sets && out->none == UINT32_MAX; k++)
        if (set[k].none) out->none = out->n++;
    direct_table(mem, n, out);
}

/* The last cut at or below v. */
static uint32_t cut_at(const classes *c, int64_t v) {
    uint32_t lo = 0, hi = c->cuts;
    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (c->from[mid] <= v)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

uint32_t class_of(const classes *c, const value *v) {
    if (v->kind == V_NONE) return c->none;
    int64_t x = v->kind == V_NUM ? v->num : 0;
    uint64_t at = (uint64_t)(x - c->from[0]);
    return c->direct && at < c->span ? c->direct[at] : c->of[cut_at(c, x)];
}

static bool listed(const uint32_t *list, uint32_t n, uint32_t class) {
    for (uint32_t i = 0; i < n; i++)
        if (list[i] == class) return true;
    return false;
}

uint32_t classes_cover(const classes *c, const value_set *s, arena *mem, uint32_t **out) {
    uint32_t most = 1, n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = cut_at(c, s->in[i].lo); k < c->cuts && c->from[k] <= s->in[i].hi; k++) most++;
    uint32_t *list = arena_new_of(mem, uint32_t, most);
    uint8_t *seen = most > 32 ? xcalloc(c->n + 1, 1) : NULL;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = cut_at(c, s->in[i].lo); k < c->cuts && c->from[k] <= s->in[i].hi; k++) {
            uint32_t class = c->of[k];
            if (seen ? seen[class] : listed(list, n, class)) continue;
            if (seen) seen[class] = 1;
            list[n++] = class;
        }
    if (s->none && c->none != UINT32_MAX) list[n++] = c->none;
    free(seen);
    *out = list;
    return n;
}

value_set class_set(arena *mem, const node *n, const classes *c, uint32_t class) {
    value_set s = {.none = class == c->none};
    for (uint32_t k = 0; k < c->cuts; k++)
        if (c->of[k] == class) set_add(mem, &s, c->from[k], k + 1 < c->cuts ? c->from[k + 1] - 1 : leaf_hi(n));
    return s;
}

uint64_t class_size(const node *n, const classes *c, uint32_t class) {
    uint64_t size = 0;
    for (uint32_t k = 0; k < c->cuts; k++)
        if (c->of[k] == class)
            size += (uint64_t)((k + 1 < c->cuts ? c->from[k + 1] : leaf_hi(n) + 1) - c->from[k]);
    return size;
}

static void stretch_print(const node *n, int64_t lo, int64_t hi, bool first, buf *b) {
    bool each = n->kind == K_FLAG || (n->kind == K_CHOICE && !n->ordered) || hi == lo;
    if (!first) buf_char(b, '|');
    if (!each) {
        value_key_print(n, lo, b);
        buf_z(b, "..");
        value_key_print(n, hi, b);
        return;
    }
    for (int64_t v = lo; v <= hi; v++) {
        if (v > lo) buf_char(b, '|');
        value_key_print(n, v, b);
    }
}

void class_print(const node *n, const classes *c, uint32_t class, buf *b) {
    bool first = true;
    for (uint32_t k = 0; k < c->cuts; k++) {
        if (c->of[k] != class) continue;
        stretch_print(n, c->from[k], k + 1 < c->cuts ? c->from[k + 1] - 1 : leaf_hi(n), first, b);
        first = false;
    }
    if (class == c->none) buf_z(b, first ? "~" : "|~");
}

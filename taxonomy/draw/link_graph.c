/* link_graph.c: who knows whom in one group.
 *
 * A ring over a keyed permutation of the members; and each other pair with chance p = (degree - 2) / (n - 3),
 * so that a member of n knows 2 + (n - 3) p = degree others in the mean. Two members are one pair; of three the
 * ring has all pairs; a degree that n members do not reach is all pairs, p = 1.
 *
 * The pairs (i, k), i < k, stand in rows, and the gaps between those that are taken are geometric: at u it is
 * the largest g with (1 - p)^g >= u, which a product of powers (1 - p)^(2^t) finds without a logarithm. So the
 * cost is that of the members and of the pairs that are taken, not of all pairs. A pair of the ring that a gap
 * ends on is there already and passed over: pairs are independent, so this does not touch the others.
 *
 * The whole is a function of (seed, link, first slot, members, degree).
 */
#include "taxonomy/draw/draw_parts.h"

#include <stdlib.h>

#define POWERS     48      /* 2^48 pairs are more than any group has */
#define LEAST_UNIT 0x1p-53 /* of rng_unit */

typedef struct pairs {
    uint32_t *a, *b;
    size_t n, cap;
} pairs;

static void pair_add(pairs *e, uint32_t a, uint32_t b) {
    if (e->n == e->cap) {
        e->cap = e->cap ? e->cap * 2 : 64;
        e->a = xrealloc(e->a, sizeof *e->a * e->cap);
        e->b = xrealloc(e->b, sizeof *e->b * e->cap);
    }
    e->a[e->n] = a;
    e->b[e->n++] = b;
}

/* ---- the ring -------------------------------------------------------------------------------------------- */

/* beside[2 m] and beside[2 m + 1] are the neighbours of m: one and the same of two members. */
static void ring_make(uint64_t key, uint32_t members, uint32_t *beside, pairs *e) {
    uint32_t first = (uint32_t)rng_permute(key, 0, members), before = first;
    for (uint32_t i = 1; i <= members; i++) {
        uint32_t now = i < members ? (uint32_t)rng_permute(key, i, members) : first;
        beside[2 * before + 1] = now;
        beside[2 * now] = before;
        if (i < members || members > 2) pair_add(e, before < now ? before : now, before < now ? now : before);
        before = now;
    }
}

/* ---- the other pairs ------------------------------------------------------------------------------------- */

typedef struct gaps {
    uint64_t start, drawn;
    double power[POWERS]; /* (1 - p)^(2^t) */
    int powers;           /* those above the least u */
    bool all;
} gaps;

static gaps gaps_of(uint64_t start, double p) {
    gaps g = {.start = start, .all = p >= 1};
    double power = 1 - p;
    for (; g.powers < POWERS && power >= LEAST_UNIT; power *= power) g.power[g.powers++] = power;
    return g;
}

/* How many pairs are passed over before the next one that is taken. */
static uint64_t gap_next(gaps *g) {
    if (g->all) return 0;
    double u = rng_unit(rng_more(g->start, g->drawn++)), product = 1;
    uint64_t gap = 0;
    for (int t = g->powers; t-- > 0;) {
        if (product * g->power[t] < u) continue;
        product *= g->power[t];
        gap += (uint64_t)1 << t;
    }
    return gap;
}

static void others_make(gaps *g, uint32_t members, const uint32_t *beside, pairs *e) {
    uint64_t left = gap_next(g);
    for (uint32_t i = 0; i + 1 < members;) {
        uint64_t row = members - 1 - i, at = 0;
        for (; left < row - at; left = gap_next(g)) {
            at += left;
            uint32_t k = i + 1 + (uint32_t)at++;
            if (k != beside[2 * i] && k != beside[2 * i + 1]) pair_add(e, i, k);
        }
        left -= row - at;
        i++;
    }
}

/* ---- by member ------------------------------------------------------------------------------------------- */

/* All but the two of the ring, which come first, stand in order already: each moves past those at most. */
static void put_in_order(uint32_t *to, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        uint32_t at = i, one = to[i];
        for (; at > 0 && to[at - 1] > one; at--) to[at] = to[at - 1];
        to[at] = one;
    }
}

static void members_fill(link_graph *g, const pairs *e) {
    for (size_t i = 0; i < e->n; i++) {
        g->from[e->a[i] + 1]++;
        g->from[e->b[i] + 1]++;
    }
    for (uint32_t m = 0; m < g->members; m++) g->from[m + 1] += g->from[m];
    uint32_t *at = xmalloc(sizeof *at * (g->members + 1));
    for (uint32_t m = 0; m < g->members; m++) at[m] = g->from[m];
    for (size_t i = 0; i < e->n; i++) {
        g->to[at[e->a[i]]++] = e->b[i];
        g->to[at[e->b[i]]++] = e->a[i];
    }
    free(at);
    for (uint32_t m = 0; m < g->members; m++) put_in_order(g->to + g->from[m], g->from[m + 1] - g->from[m]);
}

void link_graph_make(link_graph *g, uint64_t seed, const link_def *l, uint64_t first, uint32_t members) {
    pairs e = {0};
    uint32_t *beside = xcalloc((size_t)members * 2 + 2, sizeof *beside);
    if (members > 1) ring_make(rng_u64(seed, l->key, first, WORD_RING, 0), members, beside, &e);
    if (members > 3 && l->degree > 2) {
        double p = (l->degree - 2) / ((double)members - 3);
        gaps k = gaps_of(rng_start(rng_u64(seed, l->key, first, WORD_PAIRS, 0), members, 0), p);
        others_make(&k, members, beside, &e);
    }
    *g = (link_graph){.members = members,
                      .from = xcalloc((size_t)members + 1, sizeof *g->from),
                      .to = xmalloc(sizeof *g->to * (e.n * 2 + 1))};
    members_fill(g, &e);
    free(beside);
    free(e.a);
    free(e.b);
}

void link_graph_free(link_graph *g) {
    free(g->from);
    free(g->to);
    *g = (link_graph){0};
}

/* order.c: which margins are joined, in which order: a junction tree over as many as go.
 *
 * A margin may be joined when all axes that it shares with those before it stand in one of these (running
 * intersection), and its classes there are unions of that one's classes: then what is built already has the
 * sums on the separator that the margin has too. A margin over axes of one before, in classes that are unions
 * of those, holds by itself.
 */
#include "taxonomy/solve/solve_parts.h"

#include <string.h>

static uint64_t axes_of(const margin *m) {
    uint64_t bits = 0;
    for (uint32_t k = 0; k < m->axes; k++) bits |= 1ull << m->axis[k];
    return bits;
}

static uint32_t place_of(const margin *m, uint32_t axis) {
    uint32_t k = 0;
    while (m->axis[k] != axis) k++;
    return k;
}

/* Whether, on this axis, each class of a is a union of classes of b. */
static bool coarser(const problem *p, const margin *a, const margin *b, uint32_t axis) {
    const uint32_t *ca = a->class[place_of(a, axis)], *cb = b->class[place_of(b, axis)];
    for (uint32_t x = 0; x < p->radix[axis]; x++)
        for (uint32_t y = 0; y < x; y++)
            if (cb[x] == cb[y] && ca[x] != ca[y]) return false;
    return true;
}

static bool covers(const problem *p, const margin *b, const margin *a, uint64_t shared) {
    if (shared & ~axes_of(b)) return false;
    for (uint32_t axis = 0; axis < p->axes; axis++)
        if (shared >> axis & 1 && !coarser(p, a, b, axis)) return false;
    return true;
}

/* The margin inside the tree that holds the separator of m; UINT32_MAX: none does. */
static uint32_t holder_of(const problem *p, const margin *m, uint64_t shared, const bool *inside) {
    for (uint32_t k = 0; k < p->margins; k++)
        if (inside[k] && covers(p, &p->margin[k], m, shared)) return k;
    return UINT32_MAX;
}

/* The largest first; the next ones by the size of what they share. */
static uint32_t next_margin(const problem *p, uint64_t have, const bool *inside, const bool *tried) {
    uint32_t best = UINT32_MAX, most = 0;
    for (uint32_t k = 0; k < p->margins; k++) {
        if (inside[k] || tried[k] || p->margin[k].fold) continue;
        const margin *m = &p->margin[k];
        uint32_t shared = (uint32_t)__builtin_popcountll(axes_of(m) & have), rank = shared * 1000 + m->axes;
        bool larger = best != UINT32_MAX && rank == most && m->cells > p->margin[best].cells;
        if (best != UINT32_MAX && rank <= most && !larger) continue;
        best = k;
        most = rank;
    }
    return best;
}

/* Axes on the far side of each join: its own new ones, and those of joins whose separators need these. */
static void tails_find(const problem *p, junction *list, uint32_t joins) {
    for (uint32_t i = joins; i-- > 0;) {
        uint64_t before = 0;
        for (uint32_t k = 0; k < i; k++) before |= axes_of(&p->margin[list[k].margin]);
        list[i].tail |= axes_of(&p->margin[list[i].margin]) & ~before;
        for (uint32_t k = i + 1; k < joins; k++)
            if (list[k].separator & list[i].tail) list[i].tail |= list[k].tail;
    }
}

uint32_t solve_order(const problem *p, junction *list, bool *inside, uint32_t *joined) {
    bool *tried = arena_new_of(p->mem, bool, p->margins);
    uint64_t have = 0;
    uint32_t joins = 0, held = 0;
    for (uint32_t k; (k = next_margin(p, have, inside, tried)) != UINT32_MAX;) {
        const margin *m = &p->margin[k];
        uint64_t own = axes_of(m), shared = own & have;
        tried[k] = true;
        if (shared && holder_of(p, m, shared, inside) == UINT32_MAX) continue;
        inside[k] = true;
        held++;
        if (own & ~have) list[joins++] = (junction){k, shared, 0};
        have |= own;
        memset(tried, 0, sizeof *tried * p->margins); /* what did not fit before may do now */
        for (uint32_t i = 0; i < p->margins; i++)
            if (!inside[i] && (axes_of(&p->margin[i]) & have) == axes_of(&p->margin[i]) &&
                holder_of(p, &p->margin[i], axes_of(&p->margin[i]), inside) == UINT32_MAX)
                tried[i] = true; /* over axes that are all there, and no single margin holds them: never */
    }
    tails_find(p, list, joins);
    *joined = joins;
    return held;
}

/* plan_spread.c: whole persons in the product of two lists with equal totals, where the product is too large to
 * be held: only the pairs that get somebody are made.
 *
 * The persons of the columns stand in the order of a slot tree, which spreads each column evenly; the rows take
 * their persons from it one row after the other, in an order by a keyed hash. So every row and column keeps its
 * sum, and a row gets of each column what is due to it, within about two persons. The cost is that of the pairs
 * made.
 */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>

typedef struct spreading {
    const slot_tree *t;
    uint32_t row;
    spread_take *take;
    void *arg;
} spreading;

/* How many of the first x persons below a node go left. */
static uint64_t left_of(const tree_node *k, uint64_t x) {
    return (uint64_t)(((unsigned __int128)x * k->left + k->total / 2) / k->total);
}

static bool descend(const spreading *s, uint32_t at, uint64_t from, uint64_t to) {
    if (from == to) return true;
    if (at & LEAF_BIT) return s->take(s->arg, s->row, at & ~LEAF_BIT, to - from);
    const tree_node *k = &s->t->node[at];
    uint64_t a = left_of(k, from), b = left_of(k, to);
    return descend(s, k->child[0], a, b) && descend(s, k->child[1], from - a, to - b);
}

typedef struct ranked {
    uint64_t rank;
    uint32_t row;
} ranked;

static int by_rank(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

bool spread_product(const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols, uint64_t key,
                    spread_take *take, void *arg) {
    arena *mem = arena_new(0);
    slot_tree t;
    bool fine = true;
    ranked *order = xcalloc((size_t)rows + 1, sizeof *order);
    for (uint32_t i = 0; i < rows; i++) order[i] = (ranked){rng_u64(key, i, 0, 0, 0), i};
    qsort(order, rows, sizeof *order, by_rank);
    uint64_t at = 0;
    bool any = slot_tree_make(&t, col, cols, mem); /* no: nobody is there */
    for (uint32_t i = 0; any && i < rows && fine; i++) {
        uint64_t persons = row[order[i].row];
        fine = descend(&(spreading){&t, order[i].row, take, arg}, t.root, at, at + persons);
        at += persons;
    }
    free(order);
    arena_free(mem);
    return fine;
}

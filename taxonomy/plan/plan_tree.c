/* plan_tree.c: slot -> (cell, serial): a binary tree over the cells in their order, split where the halves
 * weigh most alike. Of the n persons below a node l go left: the i-th does iff
 *
 *     floor(((i + 1) l + n / 2) / n) > floor((i l + n / 2) / n)
 *
 * so the left ones are spread evenly over the node's persons, to half a person. A prefix of the slots is so
 * within two persons of each cell's share: what is off at a node counts below it by the part that goes on,
 * about a half at each level. A range is the difference of two prefixes: within four, and within three in all
 * that was tried. No slot is stored; a look-up costs the depth.
 */
#include "taxonomy/plan/plan.h"

typedef struct builder {
    slot_tree *t;
    const uint32_t *cell;   /* those with persons */
    const uint64_t *before; /* sums of quotas */
    uint32_t used;
} builder;

/* The split of [from, to) with the most even halves; both have at least one cell. */
static uint32_t split_at(const builder *b, uint32_t from, uint32_t to) {
    uint64_t start = b->before[from], half = (b->before[to] - start) / 2;
    uint32_t lo = from + 1, hi = to - 1;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (b->before[mid] - start < half)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > from + 1 && half - (b->before[lo - 1] - start) < (b->before[lo] - start) - half &&
        b->before[lo] - start >= half)
        lo--;
    return lo;
}

static uint32_t build(builder *b, uint32_t from, uint32_t to) {
    if (to - from == 1) return LEAF_BIT | b->cell[from];
    uint32_t mid = split_at(b, from, to), self = b->used++;
    b->t->node[self].total = b->before[to] - b->before[from];
    b->t->node[self].left = b->before[mid] - b->before[from];
    b->t->node[self].child[0] = build(b, from, mid);
    b->t->node[self].child[1] = build(b, mid, to);
    return self;
}

bool slot_tree_make(slot_tree *t, const uint64_t *quota, uint32_t cells, arena *mem) {
    uint32_t *cell = arena_new_of(mem, uint32_t, cells), n = 0;
    uint64_t *before = arena_new_of(mem, uint64_t, (size_t)cells + 1);
    for (uint32_t i = 0; i < cells; i++) {
        if (!quota[i]) continue;
        cell[n] = i;
        before[n + 1] = before[n] + quota[i];
        n++;
    }
    if (!n) return false;
    t->node = arena_new_of(mem, tree_node, n);
    t->root = build(&(builder){t, cell, before, 0}, 0, n);
    return true;
}

void slot_tree_place(const slot_tree *t, uint64_t slot, uint32_t *cell, uint64_t *serial) {
    uint32_t at = t->root;
    while (!(at & LEAF_BIT)) {
        const tree_node *k = &t->node[at];
        uint64_t n = k->total, l = k->left, before, rest;
        if (n < (uint64_t)1 << 31) { /* the same in 64 bits: four times as fast */
            before = (slot * l + n / 2) / n;
            rest = (slot * l + n / 2) % n;
        } else {
            unsigned __int128 x = (unsigned __int128)slot * l + n / 2;
            before = (uint64_t)(x / n);
            rest = (uint64_t)(x % n);
        }
        bool left = rest + l >= n;
        slot = left ? before : slot - before;
        at = k->child[left ? 0 : 1];
    }
    *cell = at & ~LEAF_BIT;
    *serial = slot;
}

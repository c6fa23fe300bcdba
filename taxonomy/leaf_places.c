/* leaf_places.c: the texts of a facet's `leaves` that a persona has, in the order in which they are asked for,
 * and the parts in which they go out.
 *
 * Entry by entry, in file order; of a list of sections instance by instance. PARTS of at most `split`: an entry
 * that does not fit into the rest of a part begins a new one; one longer than a part is cut evenly, the longer
 * pieces first, and what follows may fill up its last piece.
 */
#include "taxonomy/compile/compile.h"

typedef struct places {
    const population *p;
    record view;
    leaf_place *at;
    uint32_t n;
} places;

static void add_if_it_applies(places *x, uint32_t leaf, uint32_t instance) {
    if (field_applies(x->p, leaf, &x->view)) x->at[x->n++] = (leaf_place){leaf, instance};
}

/* Leaves from `i` on that stand in the same list, instance by instance. Returns the first behind them. */
static uint32_t add_instances(places *x, const facet *f, uint32_t i, uint32_t end) {
    uint32_t within = leaf_node(x->p, f->leaf[i])->within, k = i;
    while (k < end && leaf_node(x->p, f->leaf[k])->within == within) k++;
    for (uint32_t one = 0, many = record_instances(&x->view, within); one < many; one++) {
        record_enter(&x->view, within, one);
        for (uint32_t l = i; l < k; l++) add_if_it_applies(x, f->leaf[l], one + 1);
    }
    record_leave(&x->view);
    return k;
}

static uint32_t places_most(const facet *f, const record *r) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < f->leaves; i++) {
        const node *n = leaf_node(r->pop, f->leaf[i]);
        sum += n->within == NO_LEAF ? 1 : record_instances(r, n->within);
    }
    return sum;
}

/* Pieces of an entry of n texts from part *at on, of which *room is left. */
static void cut_entry(uint32_t split, uint32_t n, uint32_t *at, uint32_t *room, uint32_t *part) {
    uint32_t pieces = (n + split - 1) / split;
    if (n > *room && *room < split) {
        ++*at;
        *room = split;
    }
    for (uint32_t piece = 0, k = 0; piece < pieces; piece++) {
        uint32_t here = n / pieces + (piece < n % pieces);
        if (piece) {
            ++*at;
            *room = split;
        }
        for (uint32_t i = 0; i < here; i++) part[k++] = *at;
        *room -= here;
    }
}

uint32_t facet_places(uint16_t facet_index, const record *r, arena *mem, leaf_place **place, uint32_t **part) {
    const facet *f = &r->pop->facet[facet_index];
    uint32_t most = places_most(f, r), at = 0, room = f->split;
    places x = {.p = r->pop, .view = *r, .at = arena_new_of(mem, leaf_place, most + 1)};
    *part = arena_new_of(mem, uint32_t, most + 1);
    record_leave(&x.view);
    for (uint32_t e = 0; e < f->entries; e++) {
        uint32_t first = x.n;
        for (uint32_t i = f->entry[e]; i < f->entry[e + 1];) {
            if (leaf_node(r->pop, f->leaf[i])->within == NO_LEAF)
                add_if_it_applies(&x, f->leaf[i++], 0);
            else
                i = add_instances(&x, f, i, f->entry[e + 1]);
        }
        if (f->split) cut_entry(f->split, x.n - first, &at, &room, *part + first);
    }
    *place = x.at;
    return x.n;
}

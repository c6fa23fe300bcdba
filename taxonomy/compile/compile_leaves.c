/* compile_leaves.c: `leaves` and `split` of facets: which texts among the attributes a facet writes, by the
 * entry of `leaves` that they stand below.
 *
 * Invariant: facet.leaf[] holds texts without `list`, entry by entry, in file order within an entry; each has
 * this facet as its one owner.
 */
#include "taxonomy/choose.h"
#include "taxonomy/compile/compile_parts.h"

#define SPLIT_MOST  10000
#define ROUNDS_MOST 1024 /* of a step in an attempt: what the reply log has room for */

static bool leaf_fits(const population *p, uint16_t f, const tree *at, const node *n, diags *d) {
    if (n->owner != NO_FACET)
        return lint_at(p, d, DIAG_P11, at, n->path,
                       n->owner == f ? "keep one of them" : "each text has one owner",
                       n->owner == f ? "`" STR_FMT "` names `" STR_FMT "` twice"
                                     : "both `" STR_FMT "` and another facet write `" STR_FMT "`",
                       STR_ARG(p->facet[f].name), STR_ARG(n->path));
    if (n->is_list)
        return lint_at(p, d, DIAG_P03, at, n->path, "put it under the facet's `fields`",
                       "`leaves` writes no lists, `" STR_FMT "` is one", STR_ARG(n->path));
    return true;
}

static void entry_read(population *p, uint16_t f, const tree *at, diags *d) {
    facet *fa = &p->facet[f];
    if (at->kind != TREE_SCALAR || at->nothing) {
        lint_at(p, d, DIAG_P03, at, at->text, "leaves: [hobbies, health.care]", "`leaves` is a list of paths");
        return;
    }
    uint32_t i = ref_find(p, at, at->text, d), texts = 0;
    if (i == NO_NODE) return;
    for (uint32_t k = i; k < p->node[i].end; k++) {
        node *n = &p->node[k];
        if (n->kind != K_TEXT || n->leaf == NO_LEAF) continue;
        texts++;
        if (ref_broken(p, k)) continue;
        bool fits = leaf_fits(p, f, at, n, d);
        if (n->owner == NO_FACET) n->owner = f; /* at fault or not: nobody need say that it has none */
        if (fits) fa->leaf[fa->leaves++] = n->leaf;
    }
    fa->entry[++fa->entries] = fa->leaves;
    if (!texts && !ref_broken(p, i))
        lint_at(p, d, DIAG_P11, at, p->node[i].path, "what is drawn is never asked of the model; name texts",
                "facet `" STR_FMT "`: there is no text at or below `" STR_FMT "`", STR_ARG(fa->name),
                STR_ARG(p->node[i].path));
}

void leaves_read(population *p, uint16_t f, const tree *t, diags *d) {
    facet *fa = &p->facet[f];
    const tree *leaves = tree_get(t, "leaves"), *split = tree_get(t, "split");
    int64_t v;
    if (split && !split->nothing) {
        if (lint_int(p, d, split, "`split`", 1, SPLIT_MOST, &v)) fa->split = (uint32_t)v;
        if (!leaves || leaves->nothing)
            lint_at(p, d, DIAG_P02, split, STR("leaves"), "leave `split` out: `fields` go out together",
                    "the facet `" STR_FMT "` has `split`, but the key `leaves` is missing", STR_ARG(fa->name));
    }
    if (!leaves || leaves->nothing) return;
    fa->fixed_fields = false;
    if (leaves->kind == TREE_MAP) {
        lint_at(p, d, DIAG_P03, leaves, STR("{...}"), "leaves: [hobbies, health.care]",
                "`leaves` is a list of paths");
        return;
    }
    uint32_t n = leaves->kind == TREE_LIST ? leaves->n : 1;
    fa->leaf = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    fa->entry = arena_new_of(p->mem, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) entry_read(p, f, leaves->kind == TREE_LIST ? leaves->item[i] : leaves, d);
    if (!n)
        lint_at(p, d, DIAG_P11, leaves, fa->name, "leaves: [hobbies, health.care]",
                "the facet `" STR_FMT "`: `leaves` is empty", STR_ARG(fa->name));
}

/* How many of a text a persona has at most. */
static uint64_t places_most(const population *p, uint32_t leaf) {
    const node *n = node_at(p, leaf);
    return n->within == NO_LEAF ? 1 : (uint64_t)p->node[n->within].count.hi;
}

/* Of the places of the candidates of `choose` those that nobody has: beyond the greatest `count` of the
 * largest, and all that may come along. */
static uint64_t places_left_out(const choose *c, const uint64_t *places, arena *mem) {
    uint64_t all = 0, most = 0, along = 0;
    bool *brought = arena_new_of(mem, bool, c->candidates + 1);
    for (uint32_t i = 0; i < c->candidates; i++)
        for (uint32_t k = 0; k < c->candidate[i].nbrings; k++) brought[c->candidate[i].brings[k]] = true;
    for (uint32_t i = 0; i < c->candidates; i++) {
        field_span s = c->candidate[i].leaves;
        uint64_t sum = 0;
        for (uint32_t k = 0; k < s.n; k++) sum += places[s.first + k];
        all += sum;
        along += brought[i] ? sum : 0;
        if (sum > most) most = sum;
    }
    uint64_t count = c->many.hi > 0 ? (uint64_t)c->many.hi : 0;
    uint64_t had = (count < c->candidates ? count : c->candidates) * most + along;
    return had < all ? all - had : 0;
}

/* n texts of entries of at most `longest`. A part is left for the next where an entry does not fit: the two
 * hold more than one may, and the first lacks less than that entry. Of one that is cut each part is at least
 * half full.
 */
static uint64_t parts_of(uint64_t n, uint64_t longest, uint64_t split) {
    if (longest > split) return 3 * n / split + 1;
    uint64_t by_two = 2 * n / split + 1, by_one = n / (split - (longest ? longest - 1 : 0)) + 1;
    return by_one < by_two ? by_one : by_two;
}

static uint64_t parts_most(const population *p, const facet *f) {
    const compiled *all = p->compiled;
    arena *mem = arena_new(0);
    uint64_t *places = arena_new_of(mem, uint64_t, p->leaves + 1), alone = 0, texts = 0, longest = 0;
    for (uint32_t e = 0; e < f->entries; e++) {
        uint64_t sum = 0;
        for (uint32_t i = f->entry[e]; i < f->entry[e + 1]; i++)
            sum += places[f->leaf[i]] = places_most(p, f->leaf[i]);
        if (sum > longest) longest = sum;
        alone += (sum + f->split - 1) / f->split;
        texts += sum;
    }
    for (uint32_t i = 0; i < all->chooses; i++) texts -= places_left_out(&all->choose[i], places, mem);
    arena_free(mem);
    uint64_t together = parts_of(texts, longest, f->split);
    return together < alone ? together : alone;
}

void leaves_lint(const population *p, diags *d) {
    for (uint16_t i = 0; i < p->facets; i++) {
        const facet *f = &p->facet[i];
        uint64_t parts = f->split ? parts_most(p, f) : 0;
        if (parts * (p->rounds + 1) + p->rounds < ROUNDS_MOST) continue;
        const tree *t = tree_get(tree_get_str(tree_get(p->composed->top, "facets"), f->name), "split");
        lint_at(p, d, DIAG_P17, t, f->name, "a larger `split`, fewer texts, or fewer `limits.rounds`",
                "facet `" STR_FMT
                "`: up to %llu parts of %u texts, each with %u rounds: an attempt has %u calls of a "
                "facet at most",
                STR_ARG(f->name), (unsigned long long)parts, f->split, p->rounds, ROUNDS_MOST);
    }
}

/* compile_leaves.c: `leaves` and `split` of facets: which texts among the attributes a facet writes, by the
 * entry of `leaves` that they stand below.
 *
 * Invariant: facet.leaf[] holds texts without `list`, entry by entry, in file order within an entry; each has
 * this facet as its one owner.
 */
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

/* How many texts of an entry a persona has at most. */
static uint64_t places_most(const population *p, const facet *f, uint32_t entry) {
    uint64_t sum = 0;
    for (uint32_t i = f->entry[entry]; i < f->entry[entry + 1]; i++) {
        const node *n = node_at(p, f->leaf[i]);
        sum += n->within == NO_LEAF ? 1 : p->node[n->within].count.hi;
    }
    return sum;
}

void leaves_lint(const population *p, diags *d) {
    for (uint16_t i = 0; i < p->facets; i++) {
        const facet *f = &p->facet[i];
        uint64_t parts = 0;
        for (uint32_t e = 0; f->split && e < f->entries; e++)
            parts += (places_most(p, f, e) + f->split - 1) / f->split;
        if (parts * (p->rounds + 1) + p->rounds < ROUNDS_MOST) continue;
        const tree *t = tree_get(tree_get_str(tree_get(p->composed->top, "facets"), f->name), "split");
        lint_at(p, d, DIAG_P17, t, f->name, "a larger `split`, fewer texts, or fewer `limits.rounds`",
                "facet `" STR_FMT
                "`: up to %llu parts of %u texts, each with %u rounds: an attempt has %u calls of a "
                "facet at most",
                STR_ARG(f->name), (unsigned long long)parts, f->split, p->rounds, ROUNDS_MOST);
    }
}

/* taxon_shape.c: a tree of names brought into shape: siblings that say the same merged, chains collapsed,
 * sections without leaves taken out. Everything that is done is said, with the place and the path that the node
 * had in the file. Down the tree and in the order of siblings, the first one stays; it takes the name of
 * another that has more leaves than it.
 */
#include "taxonomy/taxon/taxon_parts.h"

/* ---- siblings that say the same ---------------------------------------------------------------------------
 */

static void node_merge(taxonomy *t, taxon *x, taxon *to, defects *d) {
    buf way = {0};
    taxon_path(to, &way);
    if (d)
        defect_add(d, DEFECT_MERGED, t, x, NULL, "`" STR_FMT "` became one with `" STR_FMT "` of line %u",
                   STR_ARG(x->name), STR_ARG(buf_view(&way)), to->line);
    buf_free(&way);
    if (!to->hint.n) to->hint = x->hint;
    if (x->leaves > to->leaves) {
        to->name = x->name;
        to->label = x->label;
    }
    to->leaves += x->leaves;
    while (x->first) taxon_move(x->first, to);
    to->leaf = to->leaf && !to->first;
    taxon_remove(x);
}

static void children_merge(taxonomy *t, taxon *up, defects *d) {
    arena *mem = arena_new(0);
    strmap *seen = strmap_new(up->children);
    for (taxon *x = up->first, *next; x; x = next) {
        next = x->next;
        str fold = taxon_fold(mem, x->name);
        taxon *to = strmap_get(seen, fold);
        if (to)
            node_merge(t, x, to, d);
        else
            strmap_put(seen, fold, x);
    }
    strmap_free(seen);
    arena_free(mem);
}

void taxonomy_merge_same(taxonomy *t, defects *d) {
    for (const taxon *x = t->root; x; x = taxon_next(x, t->root)) {
        taxon *up = (taxon *)(uintptr_t)x; /* the tree is ours to change */
        if (up->children > 1) children_merge(t, up, d);
    }
    taxonomy_count(t);
}

/* ---- chains -----------------------------------------------------------------------------------------------
 */

/* Whether every word of a is one of b. */
static bool said_by(const fold_words *a, const fold_words *b) {
    for (uint32_t i = 0; i < a->n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->n && !found; k++) found = str_eq(a->word[i], b->word[k]);
        if (!found) return false;
    }
    return true;
}

static str labels_joined(taxonomy *t, str up, str below) {
    arena *mem = arena_new(0);
    fold_words a = fold_words_of(mem, up), b = fold_words_of(mem, below);
    str s = said_by(&a, &b)   ? below
            : said_by(&b, &a) ? up
                              : str_printf(t->mem, STR_FMT ": " STR_FMT, STR_ARG(up), STR_ARG(below));
    arena_free(mem);
    return s;
}

static void chain_close(taxonomy *t, taxon *x, defects *d) {
    taxon *child = x->first;
    str label = x->level == 1 ? x->label : labels_joined(t, x->label, child->label);
    if (d)
        defect_add(d, DEFECT_COLLAPSED, t, x, NULL,
                   "`" STR_FMT "` and its only child `" STR_FMT "` became `" STR_FMT "`", STR_ARG(x->name),
                   STR_ARG(child->name), STR_ARG(label));
    x->name = x->label = label;
    x->leaf = child->leaf;
    if (child->hint.n) x->hint = child->hint;
    taxon_remove(child);
    while (child->first) taxon_move(child->first, x);
}

void taxonomy_collapse(taxonomy *t, defects *d) {
    for (const taxon *at = t->root; at; at = taxon_next(at, t->root)) {
        taxon *x = (taxon *)(uintptr_t)at;
        while (taxon_is_chain(x) && (x->level > 1 || !x->first->leaf)) chain_close(t, x, d);
    }
    taxonomy_count(t);
}

/* ---- sections without leaves ------------------------------------------------------------------------------
 */

void taxonomy_prune(taxonomy *t, defects *d) {
    taxonomy_count(t);
    for (const taxon *at = taxon_next(t->root, t->root), *next; at; at = next) {
        taxon *x = (taxon *)(uintptr_t)at;
        next = taxon_next(at, t->root);
        if (x->leaves) continue;
        /* what is behind it and all below it */
        for (next = at; next && !next->next; next = next->up) continue;
        next = next ? next->next : NULL;
        if (d)
            defect_add(d, DEFECT_EMPTY, t, x, NULL, "`" STR_FMT "` has no leaf and was left out",
                       STR_ARG(x->name));
        taxon_remove(x);
    }
    taxonomy_count(t);
}

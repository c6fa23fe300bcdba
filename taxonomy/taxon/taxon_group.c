/* taxon_group.c: nodes by what their names say, and the measures of a tree that follow from it. */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdlib.h>

static void group_add(arena *mem, taxon_group *g, const taxon *x) {
    if (g->n == g->cap) {
        const taxon **more = arena_new_of(mem, const taxon *, g->cap * 2 + 2);
        for (uint32_t i = 0; i < g->n; i++) more[i] = g->at[i];
        g->at = more;
        g->cap = g->cap * 2 + 2;
    }
    g->at[g->n++] = x;
}

static void spellings_count(taxon_group *g) {
    strmap *seen = strmap_new(g->n);
    for (uint32_t i = 0; i < g->n; i++) strmap_put(seen, g->at[i]->name, (void *)g->at[i]);
    g->spellings = (uint32_t)strmap_size(seen);
    strmap_free(seen);
}

uint32_t taxon_groups(const taxonomy *t, arena *mem, taxon_group **out) {
    uint32_t n = 0, cap = 0;
    taxon_group **group = NULL;
    strmap *by = strmap_new(1024);
    for (const taxon *x = taxon_next(t->root, t->root); x; x = taxon_next(x, t->root)) {
        str fold = taxon_fold(mem, x->name);
        taxon_group *g = strmap_get(by, fold);
        if (!g) {
            g = arena_new_of(mem, taxon_group, 1);
            g->fold = fold;
            g->nth = n;
            strmap_put(by, fold, g);
            if (n == cap) {
                cap = cap ? cap * 2 : 256;
                group = xrealloc(group, cap * sizeof(taxon_group *));
            }
            group[n++] = g;
        }
        group_add(mem, g, x);
    }
    strmap_free(by);
    *out = arena_new_of(mem, taxon_group, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        spellings_count(group[i]);
        (*out)[i] = *group[i];
    }
    free(group);
    return n;
}

/* ---- measures ------------------------------------------------------------------------------------------- */

typedef struct measuring {
    taxonomy *t;
    taxonomy_stats *s;
    strmap *kind; /* -> index + 1 in s->kind */
    uint32_t cap;
} measuring;

static void kind_count(measuring *m, str what) {
    taxonomy_stats *s = m->s;
    uintptr_t at = (uintptr_t)strmap_get(m->kind, what);
    if (at) {
        s->kind[at - 1].n++;
        return;
    }
    if (s->kinds == m->cap) {
        taxonomy_count_of *more = arena_new_of(m->t->mem, taxonomy_count_of, m->cap * 2 + 16);
        for (uint32_t i = 0; i < s->kinds; i++) more[i] = s->kind[i];
        s->kind = more;
        m->cap = m->cap * 2 + 16;
    }
    s->kind[s->kinds++] = (taxonomy_count_of){what, 1};
    strmap_put(m->kind, what, (void *)(uintptr_t)s->kinds);
}

static int count_cmp(const void *a, const void *b) {
    const taxonomy_count_of *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return str_cmp(x->what, y->what);
}

static void one_measure(measuring *m, const taxon *x) {
    taxonomy_stats *s = m->s;
    s->nodes++;
    s->nodes_at[x->level]++;
    if (x->level > s->levels) s->levels = x->level;
    s->conditioned += x->conditioned;
    s->chains += taxon_is_chain(x);
    if (x->children > s->most_children) {
        s->most_children = x->children;
        s->widest = x;
    }
    if (!x->leaf) {
        s->sections++;
        return;
    }
    s->leaves++;
    s->leaves_at[x->level]++;
    s->bare += !x->kind.n;
    s->unhinted += str_is(x->kind, "text") && !hint_is_there(x);
    kind_count(m, x->kind);
}

void taxonomy_measure(taxonomy *t, taxonomy_stats *out) {
    *out = (taxonomy_stats){0};
    measuring m = {.t = t, .s = out, .kind = strmap_new(16)};
    for (const taxon *x = taxon_next(t->root, t->root); x; x = taxon_next(x, t->root)) one_measure(&m, x);
    strmap_free(m.kind);
    if (out->kinds) qsort(out->kind, out->kinds, sizeof *out->kind, count_cmp);
    arena *mem = arena_new(0);
    taxon_group *g;
    out->names = taxon_groups(t, mem, &g);
    for (uint32_t i = 0; i < out->names; i++) {
        out->spellings += g[i].spellings;
        if (g[i].n > 1) out->repeated += g[i].n;
    }
    arena_free(mem);
}

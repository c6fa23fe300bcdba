/* plan_drawable.c: Q03 of tables that ask for persons whom the attributes' own distributions never give.
 *
 * Tables that overlap are fitted to the joint of these distributions, so a cell that it leaves empty is found
 * by the way. Tables that nest are rounded without it: here it is asked for, but only where some attribute has
 * a zero at all. Where it cannot be computed nothing is said; the draw will.
 */
#include "taxonomy/plan/plan_layer.h"

bool nobody_drawn_told(const filling *f, const layer *l, uint32_t cell, const char *who) {
    keys k = {0};
    told t = {0};
    layer_keys(f, l, cell, &k);
    told_table(&t, l->t->name);
    told_cell(&t, l->t->name, &k, "asked", (double)l->asked[cell], "room", 0);
    diag_at(f->p, f->d, DIAG_Q03, layer_place(l, cell), l->t->name,
            "set the cell to 0, or give these values a weight in the attributes themselves",
            "table `" STR_FMT "` asks for %llu person%s in {" STR_FMT "}, where %s leave nobody",
            STR_ARG(l->t->name), (unsigned long long)l->asked[cell], plural(l->asked[cell]),
            STR_ARG(buf_view(&k.text)), who);
    keys_free(&k);
    return told_end(&t, f->d);
}

/* Whether the distribution gives every value of the domain. */
static bool dist_full(const node *n, const dist *s) {
    int64_t next = n->lo;
    switch (s->form) {
    case DIST_CHOICE:
        for (uint32_t i = 0; i < n->values; i++)
            if (!(s->weight[i] > 0)) return false;
        return true;
    case DIST_FLAG: return s->p > 0 && s->p < 1;
    case DIST_BINS:
        for (uint32_t i = 0; i < s->bins; i++) {
            if (!(s->weight[i] > 0) || s->bin[i].lo > next) return false;
            next = s->bin[i].hi + 1;
        }
        return next > n->hi;
    case DIST_NORMAL:
    case DIST_LOG_NORMAL: return s->lo <= n->lo && s->hi >= n->hi;
    default: return false;
    }
}

static bool leaf_full(const node *n) {
    const draw_spec *s = n->draw;
    if (!s || n->when || s->only || s->except.n || n->is_list) return false;
    for (uint32_t i = 0; i < s->dists; i++)
        if (!dist_full(n, &s->dist[i])) return false;
    return true;
}

static bool has_zeros(const filling *f) {
    for (uint32_t a = 0; a < f->g->axes; a++)
        if (!leaf_full(leaf_node(f->p, f->j->at[f->g->index[a]].leaf))) return true;
    return false;
}

static bool seed_tried(filling *f, const table *t) {
    if (f->seed) return true;
    diags *said = f->d, tried = diags_try(said);
    f->d = &tried;
    bool fine = fine_seed(f, t);
    f->d = said;
    diags_said(said, &tried, false);
    if (!fine) f->seed = NULL;
    return fine;
}

bool layers_drawable(filling *f) {
    if (!has_zeros(f) || !seed_tried(f, f->layer[f->g->tables - 1].t)) return true;
    bool fine = true;
    for (uint32_t i = 0; i < f->g->hard; i++) {
        const layer *l = &f->layer[i];
        bool *any = arena_new_of(f->mem, bool, l->cells);
        for (uint32_t c = 0; c < f->cells; c++)
            if (f->allowed[c] && f->seed[c] > 0) any[l->of[c]] = true;
        for (uint32_t c = 0; c < l->cells && fine; c++)
            if (l->asked[c] && !any[c]) fine = nobody_drawn_told(f, l, c, "the attributes' own distributions");
    }
    return fine;
}

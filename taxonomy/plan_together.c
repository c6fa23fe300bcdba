/* plan_together.c: whole persons for all tables of a group at once.
 *
 * Tables are rounded one after the other, each within what those before it share with it by name. Rules and
 * `when`s bind them as well: who has no work is as many as who is too young for it. Where the whole persons
 * chosen so leave no answer, the joint that has the tables' shares is rounded itself: each of its cells is
 * moved by as little as will do, and each cell of a table gets the floor or the ceiling of its share.
 */
#include "taxonomy/plan_layer.h"

/* Of all people, also what conditional tables and those of a part say. */
static bool shares_known(filling *f) {
    for (uint32_t i = 0; i < f->g->hard; i++) {
        layer *l = &f->layer[i];
        if (!layer_shares(f, l)) return false;
        if ((l->apart != UINT32_MAX || l->t->by) && !layer_condition(f, i, false)) return false;
    }
    return true;
}

/* The fitted joint over outer cells, in persons. */
static void outer_ideal(const filling *f, const problem *ideal, problem *p) {
    double sum = 0;
    p->weight = arena_new_of(p->mem, double, f->outer);
    for (uint32_t i = 0; i < f->cells; i++) {
        p->weight[i / f->inner] += ideal->weight[i];
        sum += ideal->weight[i];
    }
    for (uint32_t i = 0; i < f->outer && sum > 0; i++) p->weight[i] *= (double)p->n / sum;
}

static double **persons_before_rounding(const filling *f, const problem *p) {
    double **share = arena_new_of(p->mem, double *, p->margins);
    for (uint32_t m = 0; m < p->margins; m++) {
        const layer *l = &f->layer[m];
        share[m] = arena_new_of(p->mem, double, l->cells);
        for (uint32_t c = 0; c < l->cells; c++) share[m][c] = l->share[c] * (double)p->n;
    }
    return share;
}

bool together_targets(filling *f) {
    problem ideal, p = {.axes = f->g->hard_axes,
                        .radix = f->radix,
                        .cells = f->outer,
                        .n = f->pl->n,
                        .key = rng_u64(f->pl->seed, 3, 0, 0, 0)};
    if (!shares_known(f) || !layer_ideal(f, f->g->hard, false, &ideal)) return false;
    p.mem = ideal.mem;
    outer_ideal(f, &ideal, &p);
    margins_fill(f, f->g->hard, &p);
    solve_map(&p);
    uint64_t *count = arena_new_of(p.mem, uint64_t, p.cells);
    bool fine = solve_between(&p, (const double *const *)persons_before_rounding(f, &p), count);
    for (uint32_t m = 0; m < p.margins && fine; m++)
        for (uint32_t i = 0; i < p.cells; i++) f->layer[m].asked[p.margin[m].of[i]] += count[i];
    arena_free(ideal.mem);
    return fine;
}

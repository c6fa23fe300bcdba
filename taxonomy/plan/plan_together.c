/* plan_together.c: whole persons for all tables of a group at once.
 *
 * Tables are rounded one after the other, each within what those before it share with it by name. Rules and
 * `when`s bind them as well: who has no work is as many as who is too young for it. Where the whole persons
 * chosen so leave no answer, the joint that has the tables' shares is rounded itself: each of its cells is
 * moved by as little as will do, and each cell of a table gets the floor or the ceiling of its share.
 */
#include "taxonomy/plan/plan_layer.h"

bool layers_shares(filling *f) {
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

static void outer_possible(const filling *f, problem *p) {
    for (uint32_t i = 0; i < f->outer; i++) p->weight[i] = 0;
    for (uint32_t i = 0; i < f->cells; i++)
        if (f->allowed[i]) p->weight[i / f->inner] += f->seed[i];
}

static const double *const *shares_in_persons(const filling *f, const problem *p) {
    double **share = arena_new_of(p->mem, double *, p->margins);
    for (uint32_t m = 0; m < p->margins; m++) {
        const layer *l = &f->layer[m];
        share[m] = arena_new_of(p->mem, double, l->cells);
        for (uint32_t c = 0; c < l->cells; c++) share[m][c] = l->share[c] * (double)p->n;
    }
    return (const double *const *)share;
}

together together_targets(filling *f, solve_report *r) {
    problem ideal, p = {.axes = f->g->hard_axes,
                        .radix = f->radix,
                        .cells = f->outer,
                        .n = f->pl->n,
                        .key = rng_u64(f->pl->seed, 3, 0, 0, 0)};
    if (!layers_shares(f) || !layer_ideal(f, f->g->hard, false, &ideal)) return TOGETHER_UNKNOWN;
    p.mem = ideal.mem;
    outer_ideal(f, &ideal, &p);
    margins_fill(f, f->g->hard, true, &p);
    solve_map(&p);
    const double *const *share = shares_in_persons(f, &p);
    uint64_t *count = arena_new_of(p.mem, uint64_t, p.cells);
    together end = solve_between(&p, share, count) ? TOGETHER_MET : TOGETHER_UNKNOWN;
    for (uint32_t m = 0; m < p.margins && end == TOGETHER_MET; m++)
        for (uint32_t i = 0; i < p.cells; i++) f->layer[m].asked[p.margin[m].of[i]] += count[i];
    if (end == TOGETHER_UNKNOWN) outer_possible(f, &p); /* the fit may have emptied what contradicts */
    if (end == TOGETHER_UNKNOWN && solve_contradicts(&p, share, r)) {
        r->conflict = arena_dup(f->mem, r->conflict, sizeof *r->conflict * p.margins);
        end = TOGETHER_NEVER;
    }
    arena_free(ideal.mem);
    return end;
}

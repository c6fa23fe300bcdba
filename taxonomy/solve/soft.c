/* soft.c: weights fitted to margins of which some are soft.
 *
 * The answer minimises  D(p, seed) + sum of weight x D(p's margin, its shares)  under the hard margins, D being
 * the Kullback-Leibler divergence: so a soft table of weight w is met to the w / (1 + w)-th part of the way, in
 * logarithms, against what the seed and the other tables say. Each margin has a factor for each of its cells;
 * by turns each is set to its best value while the others stand: for a hard margin want / sum, for a soft one
 *
 *     (share / what the weights without this factor have) ^ (w / (1 + w))
 *
 * scaled so that the people of a block (a combination of `by`) stay as many. That is coordinate descent on a
 * convex function. A share of 0 means nobody, unless hard margins need people there: then it means hardly any.
 */
#include "taxonomy/solve/solve_parts.h"

#include <string.h>

#define CLOSE    1e-10
#define WORK_MAX 4e8
#define SWEEPS   2000
#define HARDLY   1e-9  /* what a share of 0 is taken for where it must be */
#define LEAST    1e-40 /* of a factor: a hard margin over the same cells drives it on without end */

/* What a soft margin's cells have, without its own factor; and the people of each block. */
static void sums_make(const problem *p, const soft_margin *s, double *sum, double *block) {
    memset(sum, 0, sizeof *sum * s->cells);
    memset(block, 0, sizeof *block * s->blocks);
    for (uint32_t i = 0; i < p->cells; i++)
        if (s->of[i] != UINT32_MAX) sum[s->of[i]] += p->weight[i];
    for (uint32_t c = 0; c < s->cells; c++) {
        block[s->block[c]] += sum[c];
        sum[c] = s->factor[c] > 0 ? sum[c] / s->factor[c] : 0;
    }
}

/* The largest relative change of a factor. */
static double soften(const problem *p, soft_margin *s, double *sum, double *block, double *scaled) {
    double worst = 0, part = s->weight / (1 + s->weight);
    sums_make(p, s, sum, block);
    memset(scaled, 0, sizeof *scaled * s->blocks);
    for (uint32_t c = 0; c < s->cells; c++) {
        double share = s->share[c] > HARDLY ? s->share[c] : s->zeros ? 0 : HARDLY;
        double base = sum[c], want = share * block[s->block[c]];
        sum[c] = base > 0 && want > 0 ? num_exp(part * num_log(want / base)) : 0; /* the new factor, unscaled */
        scaled[s->block[c]] += base * sum[c];
    }
    for (uint32_t c = 0; c < s->cells; c++) {
        uint32_t b = s->block[c];
        double factor = scaled[b] > 0 ? sum[c] * block[b] / scaled[b] : s->factor[c];
        if (factor > 0 && factor < LEAST) factor = LEAST;
        if (factor > 1 / LEAST) factor = 1 / LEAST;
        double by = s->factor[c] > 0 ? factor / s->factor[c] : 1, off = by > 1 ? by - 1 : 1 - by;
        if (s->factor[c] > 0 && factor > 0 && off > worst) worst = off;
        if (s->factor[c] > 0) s->factor[c] = factor;
        sum[c] = by;
    }
    for (uint32_t i = 0; i < p->cells; i++)
        if (s->of[i] != UINT32_MAX) p->weight[i] *= sum[s->of[i]];
    return worst;
}

static void fit(problem *p, soft_margin *s, uint32_t softs, solve_report *r) {
    uint32_t cells = 1, blocks = 1;
    for (uint32_t k = 0; k < softs; k++) {
        if (s[k].cells > cells) cells = s[k].cells;
        if (s[k].blocks > blocks) blocks = s[k].blocks;
        for (uint32_t c = 0; c < s[k].cells; c++) s[k].factor[c] = 1;
    }
    double *sum = arena_new_of(p->mem, double, cells), *block = arena_new_of(p->mem, double, blocks),
           *scaled = arena_new_of(p->mem, double, blocks);
    double sweeps = WORK_MAX / ((double)p->cells * (p->margins + softs + 1) + 1);
    if (sweeps > SWEEPS) sweeps = SWEEPS;
    r->slow = true;
    for (r->sweeps = 0; r->sweeps < 2 || r->sweeps < sweeps; r->sweeps++) {
        double worst = 0;
        for (uint32_t k = 0; k < softs; k++) {
            double off = soften(p, &s[k], sum, block, scaled);
            if (off > worst) worst = off;
        }
        double off = p->margins ? solve_sweep(p) : 0;
        if (off > worst) worst = off;
        if (worst < CLOSE) {
            r->slow = false;
            return;
        }
    }
}

void solve_soft(problem *p, soft_margin *s, uint32_t softs, solve_report *r) {
    *r = (solve_report){0};
    solve_map(p);
    double *seed = arena_dup(p->mem, p->weight, sizeof *p->weight * p->cells);
    for (uint32_t k = 0; k < softs; k++) s[k].zeros = true;
    if (p->margins && !solve_reach(p, r)) return; /* the hard margins alone: said where they are solved */
    fit(p, s, softs, r);
    if (!p->margins || (solve_reach(p, r) && !solve_misfit(p))) return;
    memcpy(p->weight, seed, sizeof *seed * p->cells);
    for (uint32_t k = 0; k < softs; k++) s[k].zeros = false;
    solve_reach(p, r);
    fit(p, s, softs, r);
}

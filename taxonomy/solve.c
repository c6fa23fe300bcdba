/* solve.c: the course of a solution, and its proof: every margin is counted again at the end. */
#include "taxonomy/solve.h"

#include <string.h>

static void margins_map(problem *p) {
    for (uint32_t m = 0; m < p->margins; m++) {
        margin *x = &p->margin[m];
        x->of = arena_new_of(p->mem, uint32_t, p->cells);
        for (uint32_t k = 0; k < x->axes; k++) {
            uint32_t stride = 1, radix = p->radix[x->axis[k]];
            for (uint32_t a = x->axis[k] + 1; a < p->axes; a++) stride *= p->radix[a];
            for (uint32_t i = 0; i < p->cells; i++)
                x->of[i] = x->of[i] * x->width[k] + x->class[k][i / stride % radix];
        }
    }
}

uint64_t solve_gap(const problem *p, const uint64_t *count, uint64_t **got) {
    uint64_t gap = 0;
    for (uint32_t m = 0; m < p->margins; m++) {
        const margin *x = &p->margin[m];
        got[m] = arena_new_of(p->mem, uint64_t, x->cells);
        for (uint32_t i = 0; i < p->cells; i++) got[m][x->of[i]] += count[i];
        for (uint32_t c = 0; c < x->cells; c++)
            gap += got[m][c] > x->want[c] ? got[m][c] - x->want[c] : x->want[c] - got[m][c];
    }
    return gap;
}

static void worst_find(const problem *p, uint64_t *const *got, solve_report *r) {
    uint64_t worst = 0;
    for (uint32_t m = 0; m < p->margins; m++)
        for (uint32_t c = 0; c < p->margin[m].cells; c++) {
            uint64_t want = p->margin[m].want[c], off = got[m][c] > want ? got[m][c] - want : want - got[m][c];
            if (off <= worst) continue;
            worst = off;
            r->margin = m;
            r->cell = c;
        }
}

/* Nobody where the weights are 0, and every margin as it was asked for. */
static bool proven(const problem *p, const uint64_t *count, solve_report *r) {
    uint64_t **got = arena_new_of(p->mem, uint64_t *, p->margins);
    r->off = solve_gap(p, count, got);
    for (uint32_t i = 0; i < p->cells; i++)
        if (count[i] && p->weight[i] <= 0) r->off += count[i];
    if (r->off) worst_find(p, got, r);
    return r->off == 0;
}

/* Whether the fitted weights miss a margin by more than rounding. */
static bool misfit(const problem *p) {
    double off = 0;
    for (uint32_t m = 0; m < p->margins; m++) {
        const margin *x = &p->margin[m];
        double *sum = arena_new_of(p->mem, double, x->cells);
        for (uint32_t i = 0; i < p->cells; i++) sum[x->of[i]] += p->weight[i];
        for (uint32_t c = 0; c < x->cells; c++) {
            double gap = sum[c] - (double)x->want[c];
            off += gap < 0 ? -gap : gap;
        }
    }
    return off > 1e-6 * (double)p->n;
}

bool solve_ideal(problem *p, solve_report *r) {
    *r = (solve_report){0};
    margins_map(p);
    return solve_fit(p, r);
}

/* A margin cell that nobody can fill: by the weights alone, or because other margins want nobody in its cells.
 */
static bool empty_told(problem *p, const double *seed, solve_report *r) {
    const margin *m = &p->margin[r->margin];
    double sum = 0;
    for (uint32_t i = 0; i < p->cells; i++)
        if (m->of[i] == r->cell) sum += seed[i];
    if (sum <= 0) return false;
    memcpy(p->weight, seed, sizeof *seed * p->cells);
    return solve_feasible(p, r);
}

bool solve(problem *p, uint64_t *count, solve_report *r) {
    *r = (solve_report){0};
    memset(count, 0, sizeof *count * p->cells);
    margins_map(p);
    const double *seed = arena_dup(p->mem, p->weight, sizeof *p->weight * p->cells);
    if (!solve_fit(p, r)) return empty_told(p, seed, r) && false;
    if (misfit(p) && !solve_feasible(p, r)) return false;
    junction *list = arena_new_of(p->mem, junction, p->margins);
    bool *inside = arena_new_of(p->mem, bool, p->margins);
    uint32_t joins = 0;
    r->joined = solve_order(p, list, inside, &joins);
    bool exact = solve_join(p, list, joins, count);
    if (exact && proven(p, count, r)) return true;
    /* a join that zeros made inexact breaks what the moves would keep: all margins are open then */
    if (!exact) memset(inside, 0, sizeof *inside * p->margins);
    if (solve_swap(p, list, exact ? joins : 0, inside, count, r) && proven(p, count, r)) return true;
    if (!solve_feasible(p, r)) return false;
    return solve_program(p, count, r) && proven(p, count, r);
}

/* solve.c: the course of a solution, and its proof: every margin is counted again at the end. */
#include "taxonomy/solve/solve_parts.h"

#include <string.h>

/* Adds to of[] what the axis with this stride has to say: `by` times the class. */
static void axis_add(uint32_t *of, uint32_t cells, uint32_t stride, uint32_t radix, const uint32_t *class,
                     uint32_t by) {
    for (uint32_t at = 0; at < cells;)
        for (uint32_t c = 0; c < radix; c++) {
            uint32_t add = class[c] * by;
            for (uint32_t end = at + stride; at < end; at++) of[at] += add;
        }
}

void margin_cells(const margin *m, const uint32_t *radix, uint32_t axes, uint32_t cells, uint32_t *of) {
    uint32_t by = 1;
    memset(of, 0, sizeof *of * cells);
    for (uint32_t k = m->axes; k-- > 0; by *= m->width[k]) {
        uint32_t stride = 1;
        for (uint32_t a = m->axis[k] + 1; a < axes; a++) stride *= radix[a];
        axis_add(of, cells, stride, radix[m->axis[k]], m->class[k], by);
    }
    for (uint32_t i = 0; m->fold && i < cells; i++) of[i] = m->fold[of[i]];
}

void solve_map(problem *p) {
    for (uint32_t m = 0; m < p->margins; m++) {
        margin *x = &p->margin[m];
        x->of = arena_new_of(p->mem, uint32_t, p->cells);
        margin_cells(x, p->radix, p->axes, p->cells, x->of);
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

bool solve_misfit(const problem *p) {
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
    solve_map(p);
    return solve_fit(p, r);
}

/* The weights as they were before the fit: what it drives to nothing is possible all the same. */
static bool feasible(problem *p, double *seed, solve_report *r) {
    double *fitted = p->weight;
    p->weight = seed;
    bool fine = solve_feasible(p, r);
    p->weight = fitted;
    return fine;
}

/* A margin cell that nobody can fill: by the weights alone, or because other margins want nobody in its cells.
 */
static void empty_told(problem *p, double *seed, solve_report *r) {
    const margin *m = &p->margin[r->margin];
    double sum = 0;
    for (uint32_t i = 0; i < p->cells; i++)
        if (m->of[i] == r->cell) sum += seed[i];
    if (sum > 0) feasible(p, seed, r);
}

bool solve(problem *p, uint64_t *count, solve_report *r) {
    *r = (solve_report){0};
    memset(count, 0, sizeof *count * p->cells);
    solve_map(p);
    double *seed = arena_dup(p->mem, p->weight, sizeof *p->weight * p->cells);
    if (!solve_fit(p, r)) {
        empty_told(p, seed, r);
        return false;
    }
    if (solve_misfit(p) && !feasible(p, seed, r)) return false;
    junction *list = arena_new_of(p->mem, junction, p->margins);
    bool *inside = arena_new_of(p->mem, bool, p->margins);
    uint32_t joins = 0;
    r->joined = solve_order(p, list, inside, &joins);
    bool exact = solve_join(p, list, joins, count);
    if (exact && proven(p, count, r)) return true;
    /* a join that zeros made inexact breaks what the moves would keep: all margins are open then */
    if (!exact) memset(inside, 0, sizeof *inside * p->margins);
    if (solve_swap(p, list, exact ? joins : 0, inside, count, r) && proven(p, count, r)) return true;
    if (!feasible(p, seed, r)) return false;
    return solve_program(p, count, r) && proven(p, count, r);
}

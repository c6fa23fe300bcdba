/* fit.c: iterative proportional fitting of the weights to all margins, in persons.
 *
 * Each sweep scales the cells of every margin to what it wants. A geometric fall of the error is the rule;
 * where it falls like 1/k some cells go to 0 (a boundary solution), which is told but hurts nobody: whole
 * persons are made from what has been reached. Sweeps are bounded by work, not by time.
 */
#include "taxonomy/solve/solve_parts.h"

#include <stdlib.h>
#include <string.h>

#define CLOSE    1e-10 /* relative error of a margin cell */
#define WORK_MAX 4e8   /* cell updates */
#define SWEEPS   2000

static void margin_sums(const problem *p, const margin *m, double *sum) {
    memset(sum, 0, sizeof *sum * m->cells);
    for (uint32_t i = 0; i < p->cells; i++) sum[m->of[i]] += p->weight[i];
}

/* sum[] -> the factors that bring the margin's cells to what it wants. The largest relative error before. */
static double factors(const margin *m, double *sum) {
    double worst = 0;
    for (uint32_t c = 0; c < m->cells; c++) {
        double want = (double)m->want[c], by = sum[c] > 0 ? want / sum[c] : 0, off = by > 1 ? by - 1 : 1 - by;
        if (m->want[c] && off > worst) worst = off;
        sum[c] = by;
    }
    return worst;
}

/* Each pass over the cells scales by one margin and sums for the next: memory is what a sweep costs. */
double solve_sweep(const problem *p) {
    uint32_t most = 1;
    for (uint32_t k = 0; k < p->margins; k++)
        if (p->margin[k].cells > most) most = p->margin[k].cells;
    double *room = xcalloc((size_t)most * 2, sizeof *room), *by = room, *sum = room + most, worst = 0;
    margin_sums(p, &p->margin[0], by);
    for (uint32_t k = 0; k < p->margins; k++) {
        const uint32_t *of = p->margin[k].of, *next = k + 1 < p->margins ? p->margin[k + 1].of : NULL;
        double off = factors(&p->margin[k], by), *other = by;
        if (off > worst) worst = off;
        if (next) memset(sum, 0, sizeof *sum * p->margin[k + 1].cells);
        for (uint32_t i = 0; i < p->cells; i++) {
            double w = p->weight[i] * by[of[i]];
            p->weight[i] = w;
            if (next) sum[next[i]] += w;
        }
        by = sum;
        sum = other;
    }
    free(room);
    return worst;
}

/* Cells of a margin cell that wants nobody hold nobody. */
static void clear_unwanted(const problem *p) {
    for (uint32_t k = 0; k < p->margins; k++) {
        const margin *m = &p->margin[k];
        bool any = false;
        for (uint32_t c = 0; c < m->cells && !any; c++) any = !m->want[c];
        for (uint32_t i = 0; any && i < p->cells; i++)
            if (!m->want[m->of[i]]) p->weight[i] = 0;
    }
}

bool solve_reach(problem *p, solve_report *r) {
    clear_unwanted(p);
    for (uint32_t k = 0; k < p->margins; k++) {
        const margin *m = &p->margin[k];
        double *sum = xcalloc(m->cells, sizeof *sum);
        uint32_t empty = UINT32_MAX;
        margin_sums(p, m, sum);
        for (uint32_t c = 0; c < m->cells && empty == UINT32_MAX; c++)
            if (m->want[c] && sum[c] <= 0) empty = c;
        free(sum);
        if (empty == UINT32_MAX) continue;
        r->end = SOLVE_EMPTY;
        r->margin = k;
        r->cell = empty;
        return false;
    }
    return true;
}

bool solve_fit(problem *p, solve_report *r) {
    if (!solve_reach(p, r)) return false;
    if (!p->margins) return true;
    double sweeps = WORK_MAX / ((double)p->cells * (p->margins + 1) + 1), before = 1e300;
    if (sweeps > SWEEPS) sweeps = SWEEPS;
    for (r->sweeps = 0; r->sweeps < 2 || r->sweeps < sweeps; r->sweeps++) {
        double worst = solve_sweep(p);
        r->slow = worst >= CLOSE && worst > 0.9999 * before;
        before = worst;
        if (worst < CLOSE) return true;
    }
    r->slow = true;
    return true;
}

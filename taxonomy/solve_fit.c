/* solve_fit.c: iterative proportional fitting of the weights to all margins, in persons.
 *
 * Each sweep scales the cells of every margin to what it wants. A geometric fall of the error is the rule;
 * where it falls like 1/k some cells go to 0 (a boundary solution), which is told but hurts nobody: whole
 * persons are made from what has been reached. Sweeps are bounded by work, not by time.
 */
#include "taxonomy/solve.h"

#include <string.h>

#define CLOSE    1e-10 /* relative error of a margin cell */
#define WORK_MAX 4e8   /* cell updates */
#define SWEEPS   2000

static void margin_sums(const problem *p, const margin *m, double *sum) {
    memset(sum, 0, sizeof *sum * m->cells);
    for (uint32_t i = 0; i < p->cells; i++) sum[m->of[i]] += p->weight[i];
}

/* The largest relative error before the scaling. */
static double scale_to(const problem *p, const margin *m, double *sum) {
    double worst = 0;
    margin_sums(p, m, sum);
    for (uint32_t c = 0; c < m->cells; c++) {
        double want = (double)m->want[c], by = sum[c] > 0 ? want / sum[c] : 0, off = by > 1 ? by - 1 : 1 - by;
        if (m->want[c] && off > worst) worst = off;
        sum[c] = by;
    }
    for (uint32_t i = 0; i < p->cells; i++) p->weight[i] *= sum[m->of[i]];
    return worst;
}

static bool find_empty(const problem *p, double *sum, solve_report *r) {
    for (uint32_t k = 0; k < p->margins; k++) {
        const margin *m = &p->margin[k];
        margin_sums(p, m, sum);
        for (uint32_t c = 0; c < m->cells; c++) {
            if (!m->want[c] || sum[c] > 0) continue;
            r->end = SOLVE_EMPTY;
            r->margin = k;
            r->cell = c;
            return true;
        }
    }
    return false;
}

/* Cells of a margin cell that wants nobody hold nobody. */
static void clear_unwanted(const problem *p) {
    for (uint32_t k = 0; k < p->margins; k++)
        for (uint32_t i = 0; i < p->cells; i++)
            if (!p->margin[k].want[p->margin[k].of[i]]) p->weight[i] = 0;
}

bool solve_fit(problem *p, solve_report *r) {
    uint32_t most = 1;
    for (uint32_t k = 0; k < p->margins; k++)
        if (p->margin[k].cells > most) most = p->margin[k].cells;
    double *sum = arena_new_of(p->mem, double, most), before = 1e300;
    clear_unwanted(p);
    if (find_empty(p, sum, r)) return false;
    double sweeps = WORK_MAX / ((double)p->cells * (p->margins + 1) + 1);
    if (sweeps > SWEEPS) sweeps = SWEEPS;
    for (r->sweeps = 0; r->sweeps < 2 || r->sweeps < sweeps; r->sweeps++) {
        double worst = 0, off;
        for (uint32_t k = 0; k < p->margins; k++) {
            off = scale_to(p, &p->margin[k], sum);
            if (off > worst) worst = off;
        }
        r->slow = worst >= CLOSE && worst > 0.9999 * before;
        before = worst;
        if (worst < CLOSE) return true;
    }
    r->slow = true;
    return true;
}

/* alias.c: Walker's alias tables after Vose: a draw from n outcomes with one multiplication and one comparison.
 *
 * Weights are scaled to integers of 2^53 once; a pick compares integers only. The two lists of small and large
 * outcomes are worked off in index order, so equal weights give equal tables on every machine.
 */
#include "taxonomy/compile/compile.h"

#include <stdlib.h>

#define WHOLE 9007199254740992.0 /* 2^53 */

static double sum_of(const double *weight, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += weight[i];
    return sum;
}

void alias_build(alias *t, const double *weight, uint32_t n, arena *mem) {
    double sum = sum_of(weight, n);
    t->n = n;
    t->cut = arena_new_of(mem, uint64_t, n);
    t->other = arena_new_of(mem, uint32_t, n);
    double *part = xmalloc(sizeof *part * ((size_t)n + 1));
    uint32_t *list = xmalloc(sizeof *list * ((size_t)n + 1)), small = 0, large = n;
    for (uint32_t i = 0; i < n; i++) {
        part[i] = sum > 0 ? weight[i] / sum * n : 1;
        t->other[i] = i;
        t->cut[i] = (uint64_t)WHOLE;
        list[part[i] < 1 ? small++ : --large] = i;
    }
    /* list[0..small) are to be filled up from list[large..n) */
    while (small > 0 && large < n) {
        uint32_t s = list[--small], l = list[large];
        t->cut[s] = (uint64_t)(part[s] * WHOLE);
        t->other[s] = l;
        part[l] = (part[l] + part[s]) - 1;
        if (part[l] < 1) {
            large++;
            list[small++] = l;
        }
    }
    /* what is left over is 1 but for rounding; an outcome of weight 0 must not gain by that */
    for (uint32_t i = 0; i < small; i++)
        if (weight[list[i]] <= 0 && sum > 0) t->cut[list[i]] = 0, t->other[list[i]] = list[n - 1];
    free(part);
    free(list);
}

uint32_t alias_pick(const alias *t, uint64_t r1, uint64_t r2) {
    uint32_t i = (uint32_t)rng_below(r1, t->n);
    return (r2 >> 11) < t->cut[i] ? i : t->other[i];
}

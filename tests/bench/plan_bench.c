/* plan_bench.c: whole persons for tables that overlap: milliseconds, and how many persons the tables miss;
 * beside them the same from N independent draws out of the fitted joint, which is what samplers do.
 *
 *     plan_bench            10,080 cells and 4 tables, one of which closes a ring; then 1,048,576 cells and 8
 * tables
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "taxonomy/solve/solve.h"

typedef struct pair {
    uint32_t axis[3], axes;
} pair;

static uint32_t stride_of(const problem *p, uint32_t axis) {
    uint32_t by = 1;
    for (uint32_t a = axis + 1; a < p->axes; a++) by *= p->radix[a];
    return by;
}

/* The sums of count[] on these axes. */
static void margin_make(problem *p, const pair *over, const uint64_t *count, margin *m) {
    uint32_t *axis = arena_new_of(p->mem, uint32_t, 3), *width = arena_new_of(p->mem, uint32_t, 3);
    uint32_t **class = arena_new_of(p->mem, uint32_t *, 3);
    *m = (margin){
        .axes = over->axes, .axis = axis, .width = width, .class = (const uint32_t *const *)class, .cells = 1};
    for (uint32_t k = 0; k < over->axes; k++) {
        axis[k] = over->axis[k];
        width[k] = p->radix[axis[k]];
        class[k] = arena_new_of(p->mem, uint32_t, width[k]);
        for (uint32_t c = 0; c < width[k]; c++) class[k][c] = c;
        m->cells *= width[k];
    }
    uint64_t *want = arena_new_of(p->mem, uint64_t, m->cells);
    for (uint32_t i = 0; i < p->cells; i++) {
        uint32_t c = 0;
        for (uint32_t k = 0; k < m->axes; k++) c = c * width[k] + i / stride_of(p, axis[k]) % width[k];
        want[c] += count[i];
    }
    m->want = want;
}

/* N draws by the fitted weights: the persons that the tables miss. */
static uint64_t sampled_gap(const problem *p) {
    uint64_t *count = xcalloc(p->cells, sizeof *count);
    double *upto = xcalloc(p->cells, sizeof *upto), sum = 0;
    for (uint32_t i = 0; i < p->cells; i++) upto[i] = sum += p->weight[i];
    for (uint64_t k = 0; k < p->n; k++) {
        double u = (double)(rng_u64(p->key, k, 99, 0, 0) >> 11) * 0x1p-53 * sum;
        uint32_t lo = 0, hi = p->cells - 1;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (upto[mid] < u)
                lo = mid + 1;
            else
                hi = mid;
        }
        count[lo]++;
    }
    uint64_t **got = arena_new_of(p->mem, uint64_t *, p->margins), gap = solve_gap(p, count, got);
    free(count);
    free(upto);
    return gap;
}

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void bench(const uint32_t *radix, uint32_t axes, const pair *table, uint32_t tables, uint64_t n) {
    problem p = {.mem = arena_new(0), .axes = axes, .radix = radix, .cells = 1, .n = n, .key = n};
    for (uint32_t a = 0; a < axes; a++) p.cells *= radix[a];
    uint64_t *truth = arena_new_of(p.mem, uint64_t, p.cells), *count = arena_new_of(p.mem, uint64_t, p.cells),
             *mass;
    mass = arena_new_of(p.mem, uint64_t, p.cells);
    p.weight = arena_new_of(p.mem, double, p.cells);
    for (uint32_t i = 0; i < p.cells; i++) {
        bool zero = rng_u64(1, i, 0, 0, 0) % 20 == 0; /* one cell in twenty can hold nobody */
        mass[i] = zero ? 0 : 1 + rng_u64(2, i, 0, 0, 0) % 1000;
        p.weight[i] = zero ? 0 : 1 + (double)(rng_u64(3, i, 0, 0, 0) % 100);
    }
    share_out(n, mass, p.cells, 1, truth);
    p.margin = arena_new_of(p.mem, margin, tables);
    for (uint32_t t = 0; t < tables; t++) margin_make(&p, &table[t], truth, &p.margin[p.margins++]);
    solve_report r;
    double start = cpu_ms();
    bool fine = solve(&p, count, &r);
    double ms = cpu_ms() - start;
    printf("%8u cells, %u tables, N %10llu: %8.1f ms of one core, %s, %u sweeps, %llu swaps", p.cells, tables,
           (unsigned long long)n, ms, fine ? "exact" : "NOT MET", r.sweeps, (unsigned long long)r.swaps);
    if (n <= 1000000)
        printf("; by draws %llu persons off\n", (unsigned long long)sampled_gap(&p));
    else
        printf("\n");
    arena_free(p.mem);
}

int main(void) {
    static const uint32_t people[] = {6, 2, 15, 7, 8}, wide[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    static const pair four[] = {{{0, 1, 2}, 3}, {{2, 3}, 2}, {{3, 4}, 2}, {{0, 4}, 2}};
    static const pair eight[] = {{{0, 1}, 2}, {{1, 2}, 2}, {{2, 3}, 2},    {{3, 4}, 2},
                                 {{4, 5}, 2}, {{5, 6}, 2}, {{6, 7, 8}, 3}, {{8, 9}, 2}};
    static const uint64_t sizes[] = {1000, 10000, 1000000, 1000000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        bench(people, COUNT_OF(people), four, COUNT_OF(four), sizes[i]);
    for (size_t i = 2; i < COUNT_OF(sizes); i++) bench(wide, COUNT_OF(wide), eight, COUNT_OF(eight), sizes[i]);
    return 0;
}

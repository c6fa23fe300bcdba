/* plan_more.c: the persons that an extended plan adds, where no whole numbers of each table by itself will do.
 *
 * A plan of N persons rounds each table so that it is near its shares at N. Where a few persons are added, most
 * tables lack parts of a person in many cells, and each by itself would have the next one elsewhere: the
 * roundings then contradict one another though the tables do not. So here the persons are put into cells
 * directly, and what the tables ask for is what comes out: first as many whole persons as each cell of the
 * fitted joint lacks, then one after the other where the tables lack most, by the sum of squares of what each
 * of their cells is off; then single persons are moved as long as that sum falls. An answer is taken only if no
 * cell of a table is further than OFF_MOST persons from its share, so that tables that do contradict one
 * another are still refused.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>

#define OFF_MOST  2.0
#define WORK_MOST (1ull << 30)

typedef struct more {
    const filling *f;
    problem p;
    double **lack; /* margin -> what each of its cells still lacks, in persons; below 0: too many */
    double *own;   /* what each cell lacks of the fitted joint; NO_PLACE: nobody may be there */
    uint64_t *count;
    uint64_t work;
} more;

#define NO_PLACE (-1e300)

static void put(more *k, uint32_t cell, int persons) {
    k->count[cell] += (uint64_t)(int64_t)persons;
    k->own[cell] -= persons;
    for (uint32_t m = 0; m < k->p.margins; m++) k->lack[m][k->p.margin[m].of[cell]] -= persons;
}

/* How much one person more would help there: half of what the sum of squares falls by, and the joint where
 * tables do not tell cells apart. */
static double help(const more *k, uint32_t cell) {
    double sum = 0, own = k->own[cell] < -1 ? -1 : k->own[cell] > 1 ? 1 : k->own[cell];
    for (uint32_t m = 0; m < k->p.margins; m++) sum += k->lack[m][k->p.margin[m].of[cell]];
    return sum + own / 8;
}

static uint32_t neediest(more *k) {
    uint32_t best = UINT32_MAX;
    double most = 0;
    for (uint32_t i = 0; i < k->p.cells; i++) {
        if (k->own[i] <= NO_PLACE / 2) continue;
        double h = help(k, i);
        if (best != UINT32_MAX && h <= most) continue;
        best = i;
        most = h;
    }
    k->work += (uint64_t)k->p.cells * (k->p.margins + 1);
    return best;
}

/* The added person whom the tables need least; UINT32_MAX: none is added. */
static uint32_t least_needed(more *k) {
    uint32_t best = UINT32_MAX;
    double least = 0;
    for (uint32_t i = 0; i < k->p.cells; i++) {
        if (!k->count[i]) continue;
        double h = help(k, i);
        if (best != UINT32_MAX && h >= least) continue;
        best = i;
        least = h;
    }
    k->work += (uint64_t)k->p.cells * (k->p.margins + 1);
    return best;
}

/* Takes one out and puts it where it helps most, until that is where it was. */
static void moves(more *k) {
    for (uint64_t i = 0; i < 2 * k->f->place + 16 && k->work < WORK_MOST; i++) {
        uint32_t from = least_needed(k);
        if (from == UINT32_MAX) return;
        put(k, from, -1);
        double here = help(k, from);
        uint32_t to = neediest(k);
        bool better = help(k, to) > here + 1e-9;
        put(k, better ? to : from, 1);
        if (!better) return;
    }
}

/* The joint that all persons should have, and what is lacking of it and of the tables. */
static bool lacks_known(more *k, filling *f) {
    problem ideal;
    if (!layers_shares(f) || !layer_ideal(f, f->g->hard, false, &ideal)) return false;
    k->p = (problem){
        .mem = ideal.mem, .axes = f->g->hard_axes, .radix = f->radix, .cells = f->outer, .n = f->pl->n};
    margins_fill(f, f->g->hard, true, &k->p);
    solve_map(&k->p);
    k->own = arena_new_of(f->mem, double, f->outer);
    k->count = arena_new_of(f->mem, uint64_t, f->outer);
    k->lack = arena_new_of(f->mem, double *, f->g->hard);
    double sum = 0, n = (double)f->pl->n;
    for (uint32_t i = 0; i < f->cells; i++) sum += ideal.weight[i];
    for (uint32_t i = 0; i < f->cells && sum > 0; i++) k->own[i / f->inner] += ideal.weight[i] / sum * n;
    for (uint32_t i = 0; i < f->outer; i++)
        k->own[i] = k->own[i] > 0 ? k->own[i] - (double)f->there[i] : NO_PLACE;
    for (uint32_t m = 0; m < f->g->hard; m++) {
        const layer *l = &f->layer[m];
        k->lack[m] = arena_new_of(f->mem, double, l->cells);
        for (uint32_t c = 0; c < l->cells; c++) k->lack[m][c] = l->share[c] * n - (double)l->before[c];
    }
    return sum > 0;
}

/* Whole persons first: of more than there are to place, as many in proportion. */
static uint64_t wholes_put(more *k) {
    uint64_t placed = 0;
    double all = 0;
    for (uint32_t i = 0; i < k->p.cells; i++) all += k->own[i] > 0 ? k->own[i] : 0;
    double by = all > (double)k->f->place ? (double)k->f->place / all : 1;
    for (uint32_t i = 0; i < k->p.cells; i++) {
        uint64_t whole = k->own[i] > 0 ? (uint64_t)(k->own[i] * by) : 0;
        if (whole > k->f->place - placed) whole = k->f->place - placed;
        if (!whole) continue;
        k->count[i] = whole;
        k->own[i] -= (double)whole;
        for (uint32_t m = 0; m < k->p.margins; m++) k->lack[m][k->p.margin[m].of[i]] -= (double)whole;
        placed += whole;
    }
    return placed;
}

static bool near_shares(const more *k) {
    for (uint32_t m = 0; m < k->p.margins; m++)
        for (uint32_t c = 0; c < k->p.margin[m].cells; c++)
            if (k->lack[m][c] > OFF_MOST || k->lack[m][c] < -OFF_MOST) return false;
    return true;
}

bool more_targets(filling *f, uint64_t **count) {
    if (!f->there || f->g->clique) return false;
    more k = {.f = f};
    bool fine = lacks_known(&k, f);
    for (uint64_t left = fine ? f->place - wholes_put(&k) : 0; fine && left; left--) {
        uint32_t cell = k.work < WORK_MOST ? neediest(&k) : UINT32_MAX;
        fine = cell != UINT32_MAX;
        if (fine) put(&k, cell, 1);
    }
    if (fine) moves(&k);
    fine = fine && near_shares(&k);
    for (uint32_t m = 0; fine && m < k.p.margins; m++)
        for (uint32_t i = 0; i < k.p.cells; i++) f->layer[m].asked[k.p.margin[m].of[i]] += k.count[i];
    arena_free(k.p.mem);
    *count = k.count;
    return fine;
}

/* plan_weight.c: what a persona counts for, where a population is planned otherwise than the world is: the
 * reference share of its kind over the plan's share of it, in whole persons. With several references the
 * product.
 */
#include "taxonomy/plan/plan.h"

#define MILLION 1e6
#define MOST    1e8

/* The row of the reference that a cell lies in; UINT32_MAX: it does not speak of these people. */
static uint32_t row_of(const plan *pl, const table *t, uint32_t cell) {
    uint32_t row = 0;
    for (uint32_t k = 0; k < t->over.n; k++) {
        uint32_t index = pl->joint->of[t->over.leaf[k]];
        value v = joint_value(&pl->joint->at[index], pl->class[(size_t)cell * pl->joint->n + index]);
        uint32_t class = class_of(&t->cut[k], &v);
        if (class == NO_CLASS) return UINT32_MAX;
        row = row * t->cut[k].n + class;
    }
    return t->same ? t->same[row] : row;
}

static void weigh(plan *pl, const table *t, double *weight, arena *mem) {
    uint32_t *row = arena_new_of(mem, uint32_t, pl->cells);
    double *planned = arena_new_of(mem, double, t->numbers), all = 0, shares = 0;
    for (uint32_t c = 0; c < pl->cells; c++) {
        row[c] = row_of(pl, t, c);
        if (row[c] == UINT32_MAX) continue;
        planned[row[c]] += (double)plan_quota(pl, c);
        all += (double)plan_quota(pl, c);
    }
    for (uint32_t i = 0; i < t->numbers; i++) shares += t->number[i];
    for (uint32_t c = 0; c < pl->cells; c++)
        if (row[c] != UINT32_MAX && planned[row[c]] > 0)
            weight[c] *= t->number[row[c]] / shares / (planned[row[c]] / all);
}

void plan_weigh(plan *pl) {
    const compiled *c = pl->p->compiled;
    if (!c->references) return;
    arena *mem = arena_new(0);
    double *weight = arena_new_of(mem, double, pl->cells);
    for (uint32_t i = 0; i < pl->cells; i++) weight[i] = 1;
    for (uint32_t i = 0; i < c->references; i++) weigh(pl, &c->reference[i], weight, mem);
    pl->weight = arena_new_of(pl->mem, uint64_t, pl->cells);
    for (uint32_t i = 0; i < pl->cells; i++)
        pl->weight[i] = (uint64_t)((weight[i] < MOST ? weight[i] : MOST) * MILLION + 0.5);
    arena_free(mem);
}

uint64_t plan_weight(const plan *pl, uint32_t cell) {
    return pl->weight ? pl->weight[cell] : (uint64_t)MILLION;
}

/* plan_soft.c: soft tables: the fit that comes near to them, and the attributes that only they name, drawn
 * within a cell from that fit.
 *
 * FIT: weights over the fine cells, nearest to the attributes' own distributions and to the soft tables, by
 * their weights, under the hard ones (soft.c). Summed over inner cells it is what whole persons are made
 * from; within an outer cell it says how likely each inner one is.
 * ROWS: one an outer cell: running sums of those chances.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>

/* The blocks of a layer: combinations of `by`, or all of whom it speaks; shares of each sum to 1. */
static soft_margin margin_of(const filling *f, const layer *l, arena *mem) {
    uint32_t inner = 1;
    for (uint32_t k = l->t->by; k < l->t->over.n; k++) inner *= l->width[k];
    if (!l->t->by) inner = l->cells;
    uint32_t *of = arena_dup(mem, l->of, sizeof *of * f->cells);
    uint32_t *block = arena_new_of(mem, uint32_t, l->cells);
    double *share = arena_new_of(mem, double, l->cells), *sum = arena_new_of(mem, double, l->cells / inner);
    for (uint32_t i = 0; i < f->cells; i++)
        if (of[i] == l->apart) of[i] = UINT32_MAX;
    for (uint32_t c = 0; c < l->cells; c++) sum[block[c] = c / inner] += l->share[c];
    for (uint32_t c = 0; c < l->cells; c++) share[c] = sum[block[c]] > 0 ? l->share[c] / sum[block[c]] : 0;
    return (soft_margin){.of = of,
                         .cells = l->cells,
                         .blocks = l->cells / inner,
                         .block = block,
                         .share = share,
                         .weight = l->t->soft,
                         .factor = arena_new_of(mem, double, l->cells)};
}

/* What the fit has in each cell of a soft table, beside what it asked for of the same people. */
static void table_publish(filling *f, const layer *l, const soft_margin *s, const double *weight,
                          plan_soft *out) {
    double *got = arena_new_of(f->mem, double, l->cells), *people = arena_new_of(f->mem, double, s->blocks),
           all = 0;
    uint32_t *place = arena_new_of(f->pl->mem, uint32_t, l->cells);
    for (uint32_t i = 0; i < f->cells; i++) {
        all += weight[i];
        if (s->of[i] == UINT32_MAX) continue;
        got[s->of[i]] += weight[i];
        people[s->block[s->of[i]]] += weight[i];
    }
    *out = (plan_soft){.t = l->t, .cell = place};
    for (uint32_t c = 0; c < l->cells; c++) out->cells += s->share[c] > 0 || got[c] > 0;
    out->share = arena_new_of(f->pl->mem, double, out->cells);
    out->fit = arena_new_of(f->pl->mem, double, out->cells);
    out->class = arena_new_of(f->pl->mem, uint32_t, (size_t)out->cells * l->t->over.n);
    for (uint32_t c = 0, at = 0; c < l->cells; c++) {
        place[c] = UINT32_MAX;
        if (!(s->share[c] > 0 || got[c] > 0)) continue;
        out->share[at] = all > 0 ? s->share[c] * people[s->block[c]] / all : 0;
        out->fit[at] = all > 0 ? got[c] / all : 0;
        for (uint32_t k = l->t->over.n, rest = c; k-- > 0; rest /= l->width[k])
            out->class[(size_t)at * l->t->over.n + k] = rest % l->width[k];
        place[c] = at++;
    }
    out->width = arena_dup(f->pl->mem, l->width, sizeof *l->width * l->t->over.n);
    out->fold = l->fold ? arena_dup(f->pl->mem, l->fold, sizeof *l->fold * l->cells) : NULL;
}

void soft_fit(filling *f, double *weight) {
    problem p = {.mem = arena_new(0),
                 .axes = f->g->axes,
                 .radix = f->radix,
                 .cells = f->cells,
                 .weight = weight,
                 .n = f->pl->n};
    uint32_t softs = f->g->tables - f->g->hard;
    soft_margin *s = arena_new_of(p.mem, soft_margin, softs);
    double sum = 0;
    for (uint32_t i = 0; i < f->cells; i++) sum += weight[i];
    for (uint32_t i = 0; i < f->cells && sum > 0; i++) weight[i] *= (double)f->pl->n / sum;
    margins_fill(f, f->g->hard, true, &p);
    for (uint32_t k = 0; k < softs; k++) s[k] = margin_of(f, &f->layer[f->g->hard + k], p.mem);
    solve_report r;
    solve_soft(&p, s, softs, &r);
    for (uint32_t k = 0; k < softs; k++) {
        const layer *l = &f->layer[f->g->hard + k];
        plan_soft *out = &f->pl->soft[l->index - f->pl->tables];
        table_publish(f, l, &s[k], weight, out);
        out->slow = r.slow;
    }
    arena_free(p.mem);
}

void soft_publish(filling *f, const double *weight, const bool *kept) {
    plan_group *g = f->g;
    if (g->axes == g->hard_axes) return;
    g->row = arena_new_of(f->pl->mem, double, (size_t)g->cells * f->inner);
    g->inner = f->inner;
    for (uint32_t i = 0, row = 0; i < f->outer; i++) {
        if (!kept[i]) continue;
        double sum = 0;
        for (uint32_t k = 0; k < f->inner; k++)
            g->row[(size_t)row * f->inner + k] = sum += weight[(size_t)i * f->inner + k];
        row++;
    }
}

/* ---- in a finished plan ---------------------------------------------------------------------------------- */

/* Which row of the group each cell of the plan has: by its classes of the group's hard attributes. */
static uint32_t *rows_find(const plan *pl, const plan_group *g) {
    uint32_t *row = arena_new_of(pl->mem, uint32_t, pl->cells);
    const joint *j = pl->joint;
    u64map *known = u64map_new(g->cells);
    for (uint32_t i = 0; i < g->cells; i++) {
        uint64_t key = 0;
        for (uint32_t a = 0; a < g->hard_axes; a++)
            key = key * j->at[g->index[a]].fine.n + g->class[(size_t)i * g->hard_axes + a];
        u64map_put(known, key, i);
    }
    for (uint32_t c = 0; c < pl->cells; c++) {
        uint64_t key = 0, at = 0;
        for (uint32_t a = 0; a < g->hard_axes; a++)
            key = key * j->at[g->index[a]].fine.n + pl->class[(size_t)c * j->n + g->index[a]];
        u64map_get(known, key, &at);
        row[c] = (uint32_t)at;
    }
    u64map_free(known);
    return row;
}

/* Two may draw one: what is early is drawn for all attempts, and again for each. */
static bool *components_of(const plan *pl, const plan_inner *in) {
    const compiled *all = pl->p->compiled;
    bool *drawn = arena_new_of(pl->mem, bool, all->components + 1);
    for (uint32_t c = 0; c < all->components; c++)
        for (uint32_t i = 0; i < all->component[c].leaves; i++)
            for (uint32_t a = 0; a < in->axes; a++)
                if (all->component[c].leaf[i] == pl->joint->at[in->index[a]].leaf) drawn[c] = true;
    return drawn;
}

void plan_inner_make(plan *pl, const plan_group *g, uint32_t groups) {
    pl->inner = arena_new_of(pl->mem, plan_inner, groups);
    for (uint32_t i = 0; i < groups; i++) {
        if (!g[i].row) continue;
        plan_inner *in = &pl->inner[pl->inners++];
        *in = (plan_inner){.axes = g[i].axes - g[i].hard_axes,
                           .index = arena_dup(pl->mem, g[i].index + g[i].hard_axes,
                                              sizeof *g[i].index * (g[i].axes - g[i].hard_axes)),
                           .cells = g[i].inner,
                           .sum = g[i].row,
                           .row = rows_find(pl, &g[i])};
        in->drawn = components_of(pl, in);
    }
}

void plan_inner_draw(const plan *pl, const plan_inner *in, uint32_t cell, double u, uint32_t *class) {
    const double *sum = &in->sum[(size_t)in->row[cell] * in->cells];
    double at = u * sum[in->cells - 1];
    uint32_t lo = 0, hi = in->cells - 1;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (sum[mid] > at)
            hi = mid;
        else
            lo = mid + 1;
    }
    for (uint32_t a = in->axes; a-- > 0;) {
        uint32_t n = pl->joint->at[in->index[a]].fine.n;
        class[in->index[a]] = lo % n;
        lo /= n;
    }
}

uint32_t plan_softs(const plan *pl) {
    return pl->softs;
}

str plan_soft_name(const plan *pl, uint32_t which) {
    return pl->soft[which].t->name;
}

double plan_soft_weight(const plan *pl, uint32_t which) {
    return pl->soft[which].t->soft;
}

const uint32_t *plan_soft_leaves(const plan *pl, uint32_t which, uint32_t *n) {
    *n = pl->soft[which].t->over.n;
    return pl->soft[which].t->over.leaf;
}

uint32_t plan_soft_cells(const plan *pl, uint32_t which) {
    return pl->soft[which].cells;
}

double plan_soft_share(const plan *pl, uint32_t which, uint32_t cell) {
    return pl->soft[which].share[cell];
}

double plan_soft_fit(const plan *pl, uint32_t which, uint32_t cell) {
    return pl->soft[which].fit[cell];
}

bool plan_soft_slow(const plan *pl, uint32_t which) {
    return pl->soft[which].slow;
}

void plan_soft_cell_print(const plan *pl, uint32_t which, uint32_t cell, buf *b) {
    const plan_soft *s = &pl->soft[which];
    keys k = {0};
    plan_row_keys(pl->p, s->t, &s->class[(size_t)cell * s->t->over.n], &k);
    buf_str(b, buf_view(&k.text));
    keys_free(&k);
}

uint32_t plan_soft_find(const plan *pl, uint32_t which, const record *r) {
    const plan_soft *s = &pl->soft[which];
    uint32_t cell = 0;
    for (uint32_t k = 0; k < s->t->over.n; k++) {
        const value *v = &r->value[s->t->over.leaf[k]];
        uint32_t class = v->kind == V_NUM || v->kind == V_NONE ? class_of(&s->t->cut[k], v) : NO_CLASS;
        if (class == NO_CLASS && s->width[k] == s->t->cut[k].n) return UINT32_MAX;
        cell = cell * s->width[k] + (class == NO_CLASS ? s->t->cut[k].n : class);
    }
    return s->cell[s->fold ? s->fold[cell] : cell];
}

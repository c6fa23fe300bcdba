/* draw_program.c: what a plan keeps ready for drawing: one entry a leaf.
 *
 * MOST: where a table attribute depends on something that is drawn within the cell, the cell's class is kept
 * with the chance that its distribution gives it there, over the highest chance that the cell leaves open. If
 * all that it depends on stands in tables, that highest one is known cell by cell, and often nothing is drawn
 * twice.
 */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>

#define WORK_MAX   (1u << 22) /* rows looked up for MOST by cell */
#define RUNGS_MOST (1u << 16) /* of a ladder of a number */
#define RUNGS_ALL  (1u << 18) /* of those of all numbers: made in 50 ms */

double leaf_mass(const draw_leaf *l, const dist *s, const record *r, const value_set *cut) {
    switch (l->node->kind) {
    case K_CHOICE: return choice_mass(l, s, r, cut);
    case K_FLAG: return (value_set_has(cut, true, 1) ? s->p : 0) + (value_set_has(cut, true, 0) ? 1 - s->p : 0);
    default: return number_mass(s, l->node, r, cut);
    }
}

static bool flag_at(const dist *s, const value_set *cut, double u, int64_t *out) {
    *out = u >= 1 - s->p;
    if (!cut || value_set_has(cut, true, *out)) return true;
    *out = !*out;
    return value_set_has(cut, true, *out) && (*out ? s->p > 0 : s->p < 1);
}

bool leaf_at(const draw_leaf *l, const dist *s, const record *r, const value_set *cut, double u, int64_t *out) {
    const ladder *t = l->ladder ? &l->ladder[s - l->spec->dist] : NULL;
    if (t && t->rungs && ladder_at(t, cut, u, out)) return true;
    switch (l->node->kind) {
    case K_CHOICE: return choice_at(l, s, r, cut, u, out);
    case K_FLAG: return flag_at(s, cut, u, out);
    default: return number_draw(s, l->node, r, cut, l->ready ? &l->ready[s - l->spec->dist] : NULL, u, out);
    }
}

/* ---- MOST ------------------------------------------------------------------------------------------------ */

/* Whether masses are the same whatever else is drawn. */
static bool is_constant(const draw_leaf *l) {
    bool constant = l->plain;
    for (uint32_t i = 0; i < l->spec->dists; i++) {
        const dist *s = &l->spec->dist[i];
        bool listed = s->form == DIST_CHOICE || s->form == DIST_FLAG || s->form == DIST_BINS;
        constant = constant && (listed || !s->mean.terms);
    }
    return constant;
}

/* Over all rows; 1 where it cannot be told. */
static void most_by_class(plan *pl, draw_leaf *l) {
    bool constant = is_constant(l);
    l->most = arena_new_of(pl->mem, double, l->joint->fine.n);
    for (uint32_t c = 0; c < l->joint->fine.n; c++) {
        for (uint32_t i = 0; constant && i < l->spec->dists; i++) {
            double mass = leaf_mass(l, &l->spec->dist[i], NULL, &l->joint->set[c]);
            if (mass > l->most[c]) l->most[c] = mass;
        }
        if (!constant) l->most[c] = 1;
    }
}

/* One parent of the grid: for each of its fine classes a value of every class of the grid that it meets. */
typedef struct axis {
    uint32_t leaf, index;
    value **at;
    uint32_t *n;
} axis;

static void axis_make(const plan *pl, const classes *parent, axis *a, arena *mem) {
    a->leaf = parent->leaf;
    a->index = pl->joint->of[parent->leaf];
    const joint_leaf *j = &pl->joint->at[a->index];
    a->at = arena_new_of(mem, value *, j->fine.n);
    a->n = arena_new_of(mem, uint32_t, j->fine.n);
    for (uint32_t c = 0; c < j->fine.n; c++) {
        value *v = a->at[c] = arena_new_of(mem, value, (size_t)j->set[c].n * (parent->cuts + 1) + 1);
        for (uint32_t i = 0; i < j->set[c].n; i++) {
            v[a->n[c]++] = (value){.kind = V_NUM, .num = j->set[c].in[i].lo};
            for (uint32_t k = 0; k < parent->cuts; k++)
                if (parent->from[k] > j->set[c].in[i].lo && parent->from[k] <= j->set[c].in[i].hi)
                    v[a->n[c]++] = (value){.kind = V_NUM, .num = parent->from[k]};
        }
        if (c == j->fine.none) v[a->n[c]++] = (value){.kind = V_NONE};
    }
}

/* The highest mass in one cell; *work counts down. */
static double most_in_cell(const plan *pl, const draw_leaf *l, const axis *a, uint32_t axes, uint32_t cell,
                           record *r, const double *mass, uint32_t *work) {
    const uint32_t *class = pl->class + (size_t)cell * pl->joint->n;
    uint32_t at[16] = {0}, own = class[pl->joint->of[l->leaf]];
    double most = 0;
    for (bool more = true; more && *work;) {
        for (uint32_t i = 0; i < axes; i++) r->value[a[i].leaf] = a[i].at[class[a[i].index]][at[i]];
        const dist *s = draw_dist(l->spec, r);
        double one = s ? mass[(size_t)(s - l->spec->dist) * l->joint->fine.n + own] : 0;
        if (one > most) most = one;
        --*work;
        more = false;
        for (uint32_t i = axes; i-- > 0 && !more;) {
            more = ++at[i] < a[i].n[class[a[i].index]];
            if (!more) at[i] = 0;
        }
    }
    return most;
}

static double *class_masses(const draw_leaf *l, arena *mem) {
    uint32_t n = l->joint->fine.n;
    double *mass = arena_new_of(mem, double, (size_t)n * l->spec->dists);
    for (uint32_t i = 0; i < l->spec->dists; i++)
        for (uint32_t c = 0; c < n; c++)
            mass[(size_t)i * n + c] = leaf_mass(l, &l->spec->dist[i], NULL, &l->joint->set[c]);
    return mass;
}

/* false: it cannot be told cell by cell. */
static bool most_by_cell(plan *pl, draw_leaf *l) {
    const grid *g = l->spec->given;
    axis a[16];
    if (!g || g->parents > COUNT_OF(a) || !is_constant(l) || pl->joint->of[l->leaf] >= pl->joint->n)
        return false;
    for (uint32_t i = 0; i < g->parents; i++)
        if (pl->joint->of[g->parent[i].leaf] >= pl->joint->n) return false;
    arena *mem = arena_new(0);
    for (uint32_t i = 0; i < g->parents; i++) axis_make(pl, &g->parent[i], &a[i], mem);
    const double *mass = class_masses(l, mem);
    double *most = arena_new_of(mem, double, pl->cells);
    uint32_t work = WORK_MAX;
    record r;
    record_init(&r, pl->p, mem);
    for (uint32_t c = 0; c < pl->cells && work; c++)
        most[c] = most_in_cell(pl, l, a, g->parents, c, &r, mass, &work);
    if (work) l->most = arena_dup(pl->mem, most, sizeof *most * pl->cells);
    l->most_by_cell = work > 0;
    arena_free(mem);
    return l->most_by_cell;
}

/* ---- ladders --------------------------------------------------------------------------------------------- */

static void ladders_make(plan *pl, draw_leaf *l, uint32_t *room) {
    const node *n = l->node;
    if (!n->draw || n->is_list || !l->plain || l->column || n->kind == K_FLAG) return;
    l->ladder = arena_new_of(pl->mem, ladder, n->draw->dists);
    for (uint32_t i = 0; i < n->draw->dists; i++) {
        ladder *t = &l->ladder[i];
        if (n->kind == K_CHOICE)
            ladder_of_choice(t, &n->draw->dist[i], n->values, pl->mem);
        else if (ladder_of_number(t, &n->draw->dist[i], n, *room < RUNGS_MOST ? *room : RUNGS_MOST, pl->mem))
            *room -= t->rungs;
    }
}

/* ---- the entries ----------------------------------------------------------------------------------------- */

/* What the instances differ in among the columns of a row is for the row to see to. */
static void rows_differ(plan *pl, draw_leaf *l) {
    const row_source *rows = l->spec->row;
    l->differ = arena_new_of(pl->mem, uint32_t, rows->columns + 1);
    for (uint32_t i = 0; i < rows->columns; i++)
        if (leaf_differs(pl->p, rows->column[i])) l->differ[l->differs++] = rows->column[i];
    l->distinct = l->differs > 0;
}

static void leaf_prepare(plan *pl, draw_leaf *l, uint32_t leaf) {
    const joint *j = pl->joint;
    const node *n = leaf_node(pl->p, leaf);
    *l = (draw_leaf){.leaf = leaf, .node = n, .spec = n->draw, .within = leaf_within(pl->p, leaf)};
    l->number = leaf == n->number;
    l->distinct = leaf_differs(pl->p, leaf);
    if (!n->draw) return;
    if (leaf == n->row) {
        l->rows = row_prepare(pl, n->draw->row);
        rows_differ(pl, l);
    }
    if (leaf != n->leaf) return;
    l->column = n->draw->dists && n->draw->dist[0].form == DIST_ROW;
    l->plain = !n->draw->only && !n->draw->except.n;
    l->stratify = l->plain && !n->is_list && !l->column && l->within == NO_LEAF;
    bool number = (n->kind == K_NUMBER || n->kind == K_DATE) && !n->is_list && !l->column;
    if (number) l->ready = arena_new_of(pl->mem, tail_cut, n->draw->dists);
    for (uint32_t i = 0; number && i < n->draw->dists; i++) number_ready(&n->draw->dist[i], n, &l->ready[i]);
    if (j->of[leaf] == NO_LEAF || j->fixed[leaf]) return;
    l->joint = &j->at[j->of[leaf]];
    if (l->joint->accept && !l->column && !most_by_cell(pl, l)) most_by_class(pl, l);
}

static void strata_prepare(plan *pl) {
    pl->stratum = arena_new_of(pl->mem, uint64_t, pl->p->draws);
    for (uint32_t i = 0; i < pl->p->draws; i++) {
        draw_leaf *l = &pl->draw[pl->p->draw_order[i]];
        if (!l->stratify || (pl->joint->fixed[l->leaf] && !l->copula)) continue;
        l->stratum = pl->strata;
        pl->stratum[pl->strata++] = l->node->key;
    }
}

void draw_prepare(plan *pl) {
    const population *p = pl->p;
    pl->draw = arena_new_of(pl->mem, draw_leaf, p->leaves);
    pl->late = arena_new_of(pl->mem, uint32_t, p->draws);
    bool *inside = xcalloc(p->leaves + 1, sizeof *inside);
    uint32_t room = RUNGS_ALL;
    for (uint32_t i = 0; i < p->compiled->components; i++)
        for (uint32_t k = 0; k < p->compiled->component[i].leaves; k++)
            inside[p->compiled->component[i].leaf[k]] = true;
    for (uint32_t i = 0; i < p->draws; i++) {
        const node *n = leaf_node(p, p->draw_order[i]);
        uint32_t leaf = p->draw_order[i];
        leaf_prepare(pl, &pl->draw[leaf], leaf);
        if (pl->joint->of[leaf] == NO_LEAF || !pl->joint->fixed[leaf]) ladders_make(pl, &pl->draw[leaf], &room);
        if (n->kind == K_TEMPLATE && !inside[n->leaf]) pl->late[pl->lates++] = n->leaf;
    }
    free(inside);
    copulas_prepare(pl);
    strata_prepare(pl);
}

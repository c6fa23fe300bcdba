/* plan_cellspace.c: the fine cells of a group of tables: all combinations of its attributes' classes, in mixed
 * radix; which of them constraints and `when`s allow; and what the attributes' own distributions give them.
 */
#include "taxonomy/plan/plan_layer.h"

#include <string.h>

void fine_classes(const filling *f, uint32_t cell, uint32_t *class) {
    for (uint32_t i = f->g->axes; i-- > 0;) {
        class[i] = cell % f->radix[i];
        cell /= f->radix[i];
    }
}

/* The classes of the next cell; returns the first axis that moved. */
static uint32_t fine_next(const filling *f, uint32_t *class) {
    for (uint32_t a = f->g->axes; a-- > 0;) {
        if (++class[a] < f -> radix[a]) return a;
        class[a] = 0;
    }
    return 0;
}

bool fine_over(const filling *f, const uint32_t *leaf, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < f->g->axes; k++) found = found || f->j->at[f->g->index[k]].leaf == leaf[i];
        if (!found) return false;
    }
    return true;
}

/* Constraints over this group's attributes alone; and where a `when` over them says that there is a value. */
bool fine_allowed(const filling *f, const record *r, uint32_t *by) {
    const compiled *c = f->p->compiled;
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &f->p->constraint[c->zero[i]];
        *by = c->zero[i];
        if (fine_over(f, one->leaf, one->leaves) && !one->holds(one->self, r)) return false;
    }
    *by = UINT32_MAX;
    for (uint32_t i = 0; i < f->g->axes; i++) {
        const joint_leaf *j = &f->j->at[f->g->index[i]];
        const node *n = leaf_node(f->p, j->leaf);
        if (!n->when || !j->when_inside) continue;
        if (pred_holds(n->when, r) != (r->value[j->leaf].kind != V_NONE)) return false;
    }
    return true;
}

void fine_set(const filling *f, uint32_t cell, record *r) {
    for (uint32_t i = f->g->axes; i-- > 0;) {
        const joint_leaf *j = &f->j->at[f->g->index[i]];
        r->value[j->leaf] = joint_value(j, cell % f->radix[i]);
        cell /= f->radix[i];
    }
}

/* P14: constraints over the group's attributes that leave nobody. */
static bool nobody_told(const filling *f) {
    const compiled *c = f->p->compiled;
    const tree *at = NULL;
    buf b = {0};
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &f->p->constraint[c->zero[i]];
        if (!fine_over(f, one->leaf, one->leaves)) continue;
        buf_printf(&b, "%s`" STR_FMT "`", b.n ? ", " : "", STR_ARG(one->id));
        for (uint32_t k = 0; k < f->p->rules && !at; k++)
            if (str_eq(f->p->rule[k].id, one->id)) at = f->p->rule[k].body;
    }
    diag_at(f->p, f->d, DIAG_P14, at ? at : f->p->compiled->table[f->g->table[f->g->tables - 1]].at, (str){0},
            "loosen a rule, or widen the attributes' values",
            "no values of table attributes meet " STR_FMT ": nobody is left",
            STR_ARG(b.n ? buf_view(&b) : STR("their `when`s")));
    buf_free(&b);
    return false;
}

/* Whether there is anything that a cell could break. */
static bool constrained(const filling *f) {
    const compiled *c = f->p->compiled;
    for (uint32_t i = 0; i < c->zeros; i++)
        if (fine_over(f, f->p->constraint[c->zero[i]].leaf, f->p->constraint[c->zero[i]].leaves)) return true;
    for (uint32_t i = 0; i < f->g->axes; i++)
        if (f->j->at[f->g->index[i]].when_inside) return true;
    return false;
}

bool fine_cells(filling *f) {
    uint64_t cells = 1;
    f->radix = arena_new_of(f->mem, uint32_t, f->g->axes);
    for (uint32_t i = 0; i < f->g->axes; i++) {
        f->radix[i] = f->j->at[f->g->index[i]].fine.n;
        cells *= f->radix[i];
        if (cells > GRID_MAX)
            return diag_at(f->p, f->d, DIAG_P17, f->p->compiled->table[f->g->table[f->g->tables - 1]].at,
                           (str){0}, "use fewer or wider classes", "a table has more than 2^24 cells");
    }
    f->cells = (uint32_t)cells;
    f->inner = 1;
    for (uint32_t i = f->g->hard_axes; i < f->g->axes; i++) f->inner *= f->radix[i];
    f->outer = f->cells / f->inner;
    f->allowed = arena_new_of(f->mem, bool, f->cells);
    if (!constrained(f)) {
        memset(f->allowed, true, f->cells);
        return true;
    }
    record r;
    uint32_t by, *class = arena_new_of(f->mem, uint32_t, f->g->axes + 1);
    bool any = false;
    record_init(&r, f->p, f->mem);
    fine_set(f, 0, &r);
    for (uint32_t i = 0; i < f->cells; i++) {
        f->allowed[i] = fine_allowed(f, &r, &by);
        any = any || f->allowed[i];
        for (uint32_t a = fine_next(f, class); a < f->g->axes; a++)
            r.value[f->j->at[f->g->index[a]].leaf] = joint_value(&f->j->at[f->g->index[a]], class[a]);
    }
    return any || nobody_told(f);
}

bool fine_seed(filling *f, const table *t) {
    if (f->seed) return true;
    f->seed = arena_new_of(f->mem, double, f->cells);
    return joint_seed(f->p, f->g->index, f->g->axes, t->name, t->at, f->seed, f->d);
}

void fine_publish(const filling *f, const bool *kept, const uint64_t *count) {
    plan_group *g = f->g;
    uint32_t *class = arena_new_of(f->mem, uint32_t, g->hard_axes + 1);
    for (uint32_t i = 0; i < f->outer; i++) g->cells += kept[i];
    g->class = arena_new_of(f->pl->mem, uint32_t, (size_t)g->cells * g->hard_axes);
    g->count = arena_new_of(f->pl->mem, uint64_t, g->cells);
    for (uint32_t i = 0, at = 0; i < f->outer; i++) {
        if (kept[i]) {
            memcpy(&g->class[(size_t)at * g->hard_axes], class, sizeof *class * g->hard_axes);
            g->count[at++] = count[i];
        }
        for (uint32_t a = g->hard_axes; a-- > 0 && ++class[a] == f->radix[a];) class[a] = 0;
    }
}

/* plan.c: the public face of the plan: a function of (population, n, seed), immutable once made. */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>

/* Quotas are fitted in doubles: beyond it whole persons are lost between the tables. */
#define PERSONS_MOST 1000000000000u

/* base: NULL, or the plan of the first slots, taken over. */
static plan *plan_new(const population *p, uint64_t n, uint64_t seed, plan *base, diags *d) {
    if (n > PERSONS_MOST) {
        str given = str_printf(d->mem, "%llu", (unsigned long long)n);
        diag_at(p, d, DIAG_Q01, NULL, given, "several runs with seeds of their own make more",
                "a plan is for 1 to %llu persons", (unsigned long long)PERSONS_MOST);
        plan_free(base);
        return NULL;
    }
    arena *mem = arena_new(0);
    plan *pl = arena_new_of(mem, plan, 1);
    *pl = (plan){.mem = mem, .p = p, .joint = p->compiled->joint, .n = n, .seed = seed, .base = base};
    if (!plan_fill(pl, d) || !slot_tree_make(&pl->tree, pl->quota, pl->cells, mem)) {
        plan_free(pl);
        return NULL;
    }
    plan_weigh(pl);
    draw_prepare(pl);
    return pl;
}

plan *plan_make(const population *p, uint64_t n, uint64_t seed, diags *d) {
    if (n) return plan_new(p, n, seed, NULL, d);
    diag_at(p, d, DIAG_Q01, NULL, STR("0"), NULL, "a plan of 0 persons");
    return NULL;
}

plan *plan_extend(plan *base, uint64_t n, diags *d) {
    const population *p = base->p;
    uint64_t had = base->n;
    size_t first = d->n;
    if (n <= had) {
        diag_at(p, d, DIAG_Q01, NULL, (str){0}, "name the new total",
                "a plan of %llu persons cannot be extended to %llu", (unsigned long long)had,
                (unsigned long long)n);
        plan_free(base);
        return NULL;
    }
    plan *pl = plan_new(p, n, base->seed, base, d);
    for (size_t i = first; !pl && i < d->n; i++)
        d->row[i].text = str_printf(d->mem, "from %llu to %llu persons: " STR_FMT, (unsigned long long)had,
                                    (unsigned long long)n, STR_ARG(d->row[i].text));
    return pl;
}

void plan_free(plan *pl) {
    if (!pl) return;
    if (pl->find) u64map_free(pl->find);
    for (uint32_t i = 0; i < pl->nmaps; i++) u64map_free(pl->maps[i]);
    plan_free(pl->base);
    arena_free(pl->mem);
}

uint64_t plan_size(const plan *pl) {
    return pl->n;
}

uint64_t plan_seed(const plan *pl) {
    return pl->seed;
}

uint32_t plan_cells(const plan *pl) {
    return pl->cells;
}

uint64_t plan_quota(const plan *pl, uint32_t cell) {
    return pl->quota[cell] + (pl->there ? pl->there[cell] : 0);
}

/* Serials go on behind those of the plan that was extended. */
void plan_place(const plan *pl, uint64_t slot, uint32_t *cell, uint64_t *serial) {
    if (pl->base && slot < pl->base->n) {
        plan_place(pl->base, slot, cell, serial);
        *cell = pl->moved[*cell];
        return;
    }
    slot_tree_place(&pl->tree, slot - (pl->base ? pl->base->n : 0), cell, serial);
    if (pl->there) *serial += pl->there[*cell];
}

double plan_rounding(const plan *pl) {
    return pl->rounding;
}

/* ---- cells as text --------------------------------------------------------------------------------------- */

uint32_t plan_axes(const plan *pl) {
    return pl->joint->n;
}

uint32_t plan_axis_leaf(const plan *pl, uint32_t axis) {
    return pl->joint->at[axis].leaf;
}

uint32_t plan_axis_classes(const plan *pl, uint32_t axis) {
    return pl->joint->at[axis].fine.n;
}

void plan_class_print(const plan *pl, uint32_t axis, uint32_t class, buf *b) {
    const joint_leaf *j = &pl->joint->at[axis];
    class_print(leaf_node(pl->p, j->leaf), &j->fine, class, b);
}

uint32_t plan_cell_class(const plan *pl, uint32_t cell, uint32_t axis) {
    return pl->class[(size_t)cell * pl->joint->n + axis];
}

void plan_cell_print(const plan *pl, uint32_t cell, buf *b) {
    for (uint32_t i = 0; i < pl->joint->n; i++) {
        if (i) buf_char(b, ' ');
        buf_str(b, leaf_node(pl->p, pl->joint->at[i].leaf)->path);
        buf_char(b, '=');
        plan_class_print(pl, i, plan_cell_class(pl, cell, i), b);
    }
}

void plan_cell_json(const plan *pl, uint32_t cell, buf *b) {
    buf text = {0};
    buf_char(b, '{');
    for (uint32_t i = 0; i < pl->joint->n; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, leaf_node(pl->p, pl->joint->at[i].leaf)->path);
        buf_char(b, ':');
        buf_reset(&text);
        plan_class_print(pl, i, plan_cell_class(pl, cell, i), &text);
        buf_json(b, buf_view(&text));
    }
    buf_char(b, '}');
    buf_free(&text);
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

uint32_t plan_tables(const plan *pl) {
    return pl->tables;
}

str plan_table_name(const plan *pl, uint32_t which) {
    return pl->table[which].t->name;
}

uint32_t plan_table_cells(const plan *pl, uint32_t which) {
    return pl->table[which].cells;
}

uint64_t plan_table_asked(const plan *pl, uint32_t which, uint32_t table_cell) {
    return pl->table[which].asked[table_cell];
}

double plan_table_share(const plan *pl, uint32_t which, uint32_t table_cell) {
    return pl->table[which].share[table_cell];
}

uint32_t plan_table_cell(const plan *pl, uint32_t which, uint32_t cell) {
    return pl->table[which].cell[cell];
}

/* The classes of one attribute that a row stands for: `class` is the first of them. */
static void row_class_print(const population *p, const table *t, const bool *in, uint32_t k, buf *b) {
    const node *n = leaf_node(p, t->over.leaf[k]);
    bool first = true;
    for (uint32_t c = 0; c < t->cut[k].n; c++) {
        if (!in[c]) continue;
        if (!first) buf_char(b, '|');
        class_print(n, &t->cut[k], c, b);
        first = false;
    }
    if (first) buf_char(b, '~');
}

/* All classes that the combinations of the row have of each attribute. */
static void row_classes(const table *t, uint32_t row, bool **in) {
    for (uint32_t i = 0; i < t->numbers; i++) {
        if ((t->same ? t->same[i] : i) != row) continue;
        for (uint32_t k = t->over.n, rest = i; k-- > 0; rest /= t->cut[k].n) in[k][rest % t->cut[k].n] = true;
    }
}

void plan_row_keys(const population *p, const table *t, const uint32_t *class, keys *out) {
    bool **in = xcalloc(t->over.n, sizeof *in), whole = t->same;
    uint32_t row = 0;
    buf b = {0};
    for (uint32_t k = 0; k < t->over.n; k++) {
        in[k] = xcalloc(t->cut[k].n + 1, sizeof **in);
        in[k][class[k]] = true;
        whole = whole && class[k] < t->cut[k].n;
        row = row * t->cut[k].n + class[k];
    }
    if (whole) row_classes(t, t->same[row], in);
    keys_reset(out);
    for (uint32_t k = 0; k < t->over.n; k++) {
        buf_reset(&b);
        row_class_print(p, t, in[k], k, &b);
        keys_put(out, leaf_node(p, t->over.leaf[k])->path, buf_view(&b));
        free(in[k]);
    }
    buf_free(&b);
    free(in);
}

void plan_table_cell_print(const plan *pl, uint32_t which, uint32_t table_cell, buf *b) {
    const plan_table *t = &pl->table[which];
    keys k = {0};
    plan_row_keys(pl->p, t->t, &t->class[(size_t)table_cell * t->t->over.n], &k);
    buf_str(b, buf_view(&k.text));
    keys_free(&k);
}

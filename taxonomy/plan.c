/* plan.c: the public face of the plan: a function of (population, n, seed), immutable once made. */
#include "taxonomy/plan.h"
#include "taxonomy/compile_parts.h"

#include <stdlib.h>

plan *plan_make(const population *p, uint64_t n, uint64_t seed, diags *d) {
    arena *mem = arena_new(0);
    plan *pl = arena_new_of(mem, plan, 1);
    *pl = (plan){.mem = mem, .p = p, .joint = p->compiled->joint, .n = n, .seed = seed};
    bool fine = n > 0;
    if (!fine) diag_at(p, d, DIAG_Q01, NULL, STR("0"), NULL, "a plan of 0 persons");
    fine = fine && plan_fill(pl, d) && slot_tree_make(&pl->tree, pl->quota, pl->cells, mem);
    if (!fine) {
        plan_free(pl);
        return NULL;
    }
    draw_prepare(pl);
    return pl;
}

void plan_free(plan *pl) {
    if (!pl) return;
    if (pl->find) u64map_free(pl->find);
    for (uint32_t i = 0; i < pl->nmaps; i++) u64map_free(pl->maps[i]);
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
    return pl->quota[cell];
}

void plan_place(const plan *pl, uint64_t slot, uint32_t *cell, uint64_t *serial) {
    slot_tree_place(&pl->tree, slot, cell, serial);
}

double plan_rounding(const plan *pl) {
    return pl->rounding;
}

/* ---- cells as text --------------------------------------------------------------------------------------- */

static void class_text(const plan *pl, uint32_t cell, uint32_t axis, buf *b) {
    const joint_leaf *j = &pl->joint->at[axis];
    class_print(leaf_node(pl->p, j->leaf), &j->fine, pl->class[(size_t)cell * pl->joint->n + axis], b);
}

void plan_cell_print(const plan *pl, uint32_t cell, buf *b) {
    for (uint32_t i = 0; i < pl->joint->n; i++) {
        if (i) buf_char(b, ' ');
        buf_str(b, leaf_node(pl->p, pl->joint->at[i].leaf)->path);
        buf_char(b, '=');
        class_text(pl, cell, i, b);
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
        class_text(pl, cell, i, &text);
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

uint32_t plan_table_cell(const plan *pl, uint32_t which, uint32_t cell) {
    return pl->table[which].cell[cell];
}

void plan_table_cell_print(const plan *pl, uint32_t which, uint32_t table_cell, buf *b) {
    const plan_table *t = &pl->table[which];
    for (uint32_t k = 0; k < t->t->over.n; k++) {
        const node *n = leaf_node(pl->p, t->t->over.leaf[k]);
        uint32_t class = t->class[(size_t)table_cell * t->t->over.n + k];
        if (k) buf_char(b, ' ');
        buf_printf(b, STR_FMT "=", STR_ARG(n->path));
        if (class == t->t->cut[k].n)
            buf_char(b, '~');
        else
            class_print(n, &t->t->cut[k], class, b);
    }
}

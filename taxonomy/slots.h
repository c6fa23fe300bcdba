/* slots.h: the plan: cells with exact quotas, the slots in them, and the skeleton of (slot, attempt). */
#ifndef POP_TAXONOMY_SLOTS_H
#define POP_TAXONOMY_SLOTS_H

#include "taxonomy/record.h"

/* Cells with integer quotas and the bijection slot -> (cell, serial). A function of (population, n, seed). */
typedef struct plan plan;
plan *plan_make(const population *p, uint64_t n, uint64_t seed, diags *d); /* NULL: Q01..Q07 in d */
/* The plan of n > plan_size(base) persons whose first slots are those of base: same cells, same skeletons.
 * Takes base over, also if it fails. NULL: Q01..Q07 in d; their persons are those to be placed. */
plan *plan_extend(plan *base, uint64_t n, diags *d);
void plan_free(plan *pl);
uint64_t plan_size(const plan *pl);
uint64_t plan_seed(const plan *pl);
uint32_t plan_cells(const plan *pl);
uint64_t plan_quota(const plan *pl, uint32_t cell);
/* slot < size -> its cell and its place among the cell's slots (0..quota-1); O(log cells). */
void plan_place(const plan *pl, uint64_t slot, uint32_t *cell, uint64_t *serial);
uint32_t plan_find(const plan *pl, const record *r); /* the cell of a record's values; UINT32_MAX: none */
/* "school.grade=7 person.gender=female ...": classes as KEYs. */
void plan_cell_print(const plan *pl, uint32_t cell, buf *b);
void plan_cell_json(const plan *pl, uint32_t cell, buf *b); /* {"school.grade": "7", ...} */
/* The tables, each with its own cells: asked[] in whole persons; and the table cell of a plan cell. */
uint32_t plan_tables(const plan *pl);
str plan_table_name(const plan *pl, uint32_t table);
uint32_t plan_table_cells(const plan *pl, uint32_t table);
uint64_t plan_table_asked(const plan *pl, uint32_t table, uint32_t table_cell);
double plan_table_share(const plan *pl, uint32_t table, uint32_t table_cell); /* persons before rounding */
uint32_t plan_table_cell(const plan *pl, uint32_t table,
                         uint32_t cell); /* UINT32_MAX: it does not speak of these */
/* The attributes that the cells are of, in the order of plan_cell_print, and the class of each. */
uint32_t plan_axes(const plan *pl);
uint32_t plan_axis_leaf(const plan *pl, uint32_t axis);
uint32_t plan_axis_classes(const plan *pl, uint32_t axis);
void plan_class_print(const plan *pl, uint32_t axis, uint32_t class, buf *b);
uint32_t plan_cell_class(const plan *pl, uint32_t cell, uint32_t axis);
void plan_table_cell_print(const plan *pl, uint32_t table, uint32_t table_cell, buf *b);
/* Soft tables: what each cell was to have and what the fit gives it, as shares of all people. */
uint32_t plan_softs(const plan *pl);
str plan_soft_name(const plan *pl, uint32_t table);
double plan_soft_weight(const plan *pl, uint32_t table);
const uint32_t *plan_soft_leaves(const plan *pl, uint32_t table, uint32_t *n);
uint32_t plan_soft_cells(const plan *pl, uint32_t table);
double plan_soft_share(const plan *pl, uint32_t table, uint32_t cell);
double plan_soft_fit(const plan *pl, uint32_t table, uint32_t cell);
bool plan_soft_slow(const plan *pl, uint32_t table); /* the fit was still moving when it was ended */
uint32_t plan_soft_find(const plan *pl, uint32_t table, const record *r); /* UINT32_MAX: none */
void plan_soft_cell_print(const plan *pl, uint32_t table, uint32_t cell, buf *b);
/* What the world has of the cell's kind of people over what the plan has, in millionths. */
uint64_t plan_weight(const plan *pl, uint32_t cell);
double plan_rounding(const plan *pl); /* the largest shift from the ideal share, persons */

/* What a thread that draws many skeletons keeps between them, of the groups that it drew last: the kept values
 * of those with `unique`, and who knows whom in those with links. What is drawn does not depend on it. The plan
 * must outlive it; one thread at a time. */
typedef struct drawer drawer;
drawer *drawer_new(const plan *pl);
void drawer_free(drawer *w); /* NULL is fine */
/* Draws the skeleton of (slot, attempt): r is initialised, cell, all drawn values (templates included) and
 * links set. false: a constraint was not met in `tries` (P14, names the rule that objected most), or `unique`
 * left no value (P16, names the attribute). */
bool drawer_skeleton(drawer *w, uint64_t slot, uint32_t attempt, record *r, err *e);
/* The same for one skeleton alone: with `unique`, the earlier members of the slot's groups are drawn for it,
 * with links all pairs of its groups. */
bool draw_skeleton(const plan *pl, uint64_t slot, uint32_t attempt, record *r, err *e);

#endif

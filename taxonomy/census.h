/* census.h: records that others have made, counted by what the tables tell apart; and a part of them that meets
 * a plan. */
#ifndef POP_TAXONOMY_CENSUS_H
#define POP_TAXONOMY_CENSUS_H

#include "taxonomy/slots.h"

/* Counts of records by what tables tell apart; only values count, not where they come from. */
typedef struct census census;
census *census_new(const population *p);
void census_free(census *c); /* NULL is fine */
/* The leaves that hard tables speak of; those that soft ones alone do. */
const uint32_t *census_leaves(const census *c, uint32_t *n);
const uint32_t *census_softs(const census *c, uint32_t *n);
/* The place of a record: its combination of the classes that all hard tables cut. UINT32_MAX: *leaf has a
 * value, or none, that no class holds. Counts nothing. */
uint32_t census_place(census *c, const record *r, uint32_t *leaf);
void census_add(census *c, const record *r, uint32_t place);
uint64_t census_size(const census *c); /* records added */
uint32_t census_places(const census *c);
uint64_t census_count(const census *c, uint32_t place);
uint64_t census_key(const census *c, uint32_t place); /* its classes, in mixed radix over all of the joint's */
/* The plan's cell of a place; UINT32_MAX: none has this combination. */
uint32_t census_cell(const census *c, const plan *pl, uint32_t place);
/* got[] one a cell of the plan's table; the return value: those in none of its cells. */
uint64_t census_table(const census *c, const plan *pl, uint32_t which, uint64_t *got);
uint64_t census_soft(const census *c, const plan *pl, uint32_t which, uint64_t *got); /* of its soft table */

/* Why no subset of the records meets the plan: of cells that ask (`side` above 0) and others that take of the
 * same people (below 0), in plan tables; of none if there are too few records for all. asked > other + room. */
typedef struct subset_cut {
    struct subset_side {
        uint32_t table, cell;
        int32_t side;
    } * at;
    uint32_t n;
    uint64_t asked, other, room;
} subset_cut;
/* take[place]: how many of the records of each place, so that every hard table is exact in whole persons; near
 * the joint that the plan is made of. false: Q03 to Q06 in d; cut (in `mem`) with n = 0 where there is none. */
bool plan_subset(const plan *pl, const census *c, arena *mem, uint64_t *take, subset_cut *cut, diags *d);

#endif

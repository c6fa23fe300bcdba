/* bounded_parts.h (private): the steps of solve_bounded, between its files. */
#ifndef POP_BOUNDED_PARTS_H
#define POP_BOUNDED_PARTS_H

#include "taxonomy/solve/solve.h"

typedef struct group_margin {
    uint32_t index, cells; /* of the caller's margins */
    const uint64_t *want;
    uint32_t *of;           /* group -> cell */
    uint32_t *first, *list; /* cell -> its groups: list[first[c]]..list[first[c + 1] - 1] */
} group_margin;

typedef struct grouped {
    const bounded *b;
    arena *mem;
    uint32_t groups, margins;
    uint32_t *of; /* cell -> group */
    uint64_t *most;
    double *ideal; /* fitted */
    group_margin *margin;
} grouped;

/* Two margins (one: a column for all). false: r->cut. */
bool bounded_flow(const grouped *g, uint64_t *count, bounded_report *r);
/* Any number. false: r->end says why. */
bool bounded_program(const grouped *g, uint64_t *count, bounded_report *r);
/* Sums of a cut whose sides are set; whether it proves anything. */
bool bounded_cut_holds(const bounded *b, bounded_cut *cut);

#endif

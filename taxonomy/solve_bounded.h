/* solve_bounded.h (private): whole persons in cells that hold no more than so many each, so that given margins
 * are met exactly: what a subset of people who are already there must be. Numbers only, as in solve.h; but the
 * cells are a list, not a product, since most combinations of a corpus are empty.
 *
 * Course: cells that no margin tells apart are one GROUP. Margins that another one implies are left out. The
 * weights are fitted to the margins under the bounds (solve_bounded.c). One or two margins are a flow from the
 * one's cells to the other's through the groups: exact, and where there is none the minimal cut says so
 * (solve_bounded_flow.c). More: whole persons near the fit by the caller's own way, which knows no bounds,
 * under bounds that are narrowed where it passed them; what that does not find is an integer program near the
 * fitted weights, and a linear one proves that there is none (solve_bounded_program.c).
 */
#ifndef POP_SOLVE_BOUNDED_H
#define POP_SOLVE_BOUNDED_H

#include "pipeline/base/base.h"

typedef struct bounded_margin {
    uint32_t cells;
    const uint64_t *want; /* sums to n */
    const uint32_t *of;   /* cell -> cell of the margin */
} bounded_margin;

/* Borrowed from the caller. */
typedef struct bounded {
    arena *mem; /* scratch and answers */
    uint32_t cells;
    const uint64_t *most;
    const double *weight; /* the ideal, in persons; what is not above 0 counts as very little */
    const bounded_margin *margin;
    uint32_t margins;
    uint64_t n, key; /* persons; for ties */
    /* Whole persons that meet every margin, near ideal[] and nowhere where that is 0, bounds aside; false: none
     * were found. `number` tells one try from another. NULL: nobody knows a way. */
    bool (*whole)(void *arg, const double *ideal, uint32_t number, uint64_t *count);
    void *arg;
} bounded;

typedef enum bounded_end {
    BOUNDED_DONE,
    BOUNDED_SHORT, /* there is no answer, and the cut proves it */
    BOUNDED_WHOLE, /* none in whole persons, or none was found */
} bounded_end;

/* Why nobody can: the sides of margin cells. asked: sum of side x want where side > 0; other: of -side x want
 * where it is < 0; room: sum over cells of most x the sum of its sides where that is > 0. Any answer has asked
 * <= other + room, and here asked is more. */
typedef struct bounded_cut {
    int32_t **side; /* one a margin, one a margin cell */
    uint64_t asked, other, room;
} bounded_cut;

typedef struct bounded_report {
    bounded_end end;
    bounded_cut cut;       /* BOUNDED_SHORT */
    bool proven;           /* BOUNDED_WHOLE: there is none */
    uint32_t groups, used; /* margins that no other implies */
    uint32_t sweeps;
    bool fitted;    /* the margins can be met in real persons */
    uint32_t tries; /* of the caller's way */
    bool by_program;
} bounded_report;

/* count[cells]: the answer; true: every margin is met and no bound is passed. */
bool solve_bounded(const bounded *b, uint64_t *count, bounded_report *r);

/* ---- private to solve_bounded*.c ---------------------------------------------------------------------------
 */

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

/* solve.h: whole persons in the cells of a joint, so that given margins are met exactly. Numbers only: nothing
 * here knows of populations.
 *
 * A PROBLEM is a product of axes, each with classes; a weight for each of its cells, 0 where nobody may be; and
 * margins: sums over parts of the axes, each cut into classes of its own that are unions of the axis's. The
 * answer is the joint in whole persons near the one that iterative proportional fitting makes of the weights.
 *
 * Course: fit the weights to all margins (fit.c); join the margins one after the other along a junction
 * tree, each join a controlled rounding (order.c, join.c, flow.c): exact for all margins that
 * the tree holds; the others (of a cyclic set) by swapping tails at the tree's separators (swap.c), and
 * what that leaves by an integer program (program.c). The cost depends on the cells, not on the persons.
 * Deterministic: + - * / and comparisons, ties by a keyed hash; no clock.
 */
#ifndef POP_SOLVE_H
#define POP_SOLVE_H

#include "pipeline/base/base.h"

enum { SOLVE_AXES_MOST = 64, SOLVE_CELLS_MOST = 1 << 22, SOLVE_TOLD = 10 };

/* Borrowed from the caller, but `of`, which solve fills in the problem's arena. A folded margin has cells that
 * are no product of classes: several combinations are one cell, and only the lowest of them wants anybody. */
typedef struct margin {
    uint32_t axes;
    const uint32_t *axis, *width; /* indexes of axes; classes of each */
    const uint32_t *const *class; /* class of each of the axis's classes */
    const uint32_t *fold;         /* combination -> the lowest of its cell; NULL: each is a cell */
    const uint64_t *want;         /* row-major over width; sums to n */
    uint32_t cells;
    uint32_t *of; /* cell of the product -> cell of the margin */
} margin;

/* of[cells]: the margin's cell of each cell of a product of axes. */
void margin_cells(const margin *m, const uint32_t *radix, uint32_t axes, uint32_t cells, uint32_t *of);

typedef struct problem {
    arena *mem; /* scratch and answers */
    uint32_t axes;
    const uint32_t *radix; /* classes of each axis; the product is row-major */
    uint32_t cells;
    double *weight; /* one a cell; in: the seed, out: the fitted ideal, in persons */
    margin *margin;
    uint32_t margins;
    uint64_t n, key; /* persons; for ties */
} problem;

typedef enum solve_end {
    SOLVE_DONE,
    SOLVE_EMPTY,    /* a margin cell wants persons, and the weights of all its cells are 0 */
    SOLVE_CAPACITY, /* no joint at all, not even of real numbers, with these margins and zeros */
    SOLVE_WHOLE,    /* none in whole persons, or none was found */
} solve_end;

/* Two margins that cannot be met together: `asked` persons of some cells of the one can only be in some cells
 * of the other, which have room for fewer. asking NULL: no such proof is known. */
typedef struct solve_cut_found {
    uint32_t from, to;
    const bool *asking, *room_in; /* one a cell of `from`; of `to` */
    uint64_t asked, room;
} solve_cut_found;

/* What stands against an answer. */
typedef struct solve_report {
    solve_end end;
    uint32_t margin, cell; /* SOLVE_EMPTY; SOLVE_WHOLE: the worst cell */
    bool *conflict;        /* SOLVE_CAPACITY: one a margin: these cannot be met together, any fewer can */
    solve_cut_found cut;   /* SOLVE_CAPACITY, where two margins contradict each other */
    bool **needed;   /* SOLVE_CAPACITY, of more than two: margin -> its cells without any of which there would
                      * be a joint; NULL: not known */
    uint64_t off;    /* SOLVE_WHOLE: sum over all margin cells of what is missing or too much */
    bool proven;     /* SOLVE_WHOLE: there is none */
    uint32_t sweeps; /* of the fit */
    bool slow;       /* the fit was still moving: some cells drift towards 0 */
    uint32_t joined; /* margins that the junction tree holds */
    uint64_t swaps;
} solve_report;

/* Shares that the weights should come near to, within each block of the margin's cells. */
typedef struct soft_margin {
    const uint32_t *of; /* cell of the product -> cell of the margin, UINT32_MAX: it does not speak of these */
    uint32_t cells, blocks;
    const uint32_t *block; /* cell of the margin -> its block */
    const double *share;   /* one a cell; of a block: sum 1 */
    double weight;         /* against 1 of the seed */
    double *factor;        /* one a cell: filled by solve_soft */
    bool zeros;            /* whether shares of 0 were kept: filled by solve_soft */
} soft_margin;

/* Only fits the weights, to margins and soft ones. */
void solve_soft(problem *p, soft_margin *s, uint32_t softs, solve_report *r);
/* Only fits the weights. false: r->end is SOLVE_EMPTY. */
bool solve_ideal(problem *p, solve_report *r);
/* count[cells]: the answer; true: every margin is met exactly. */
bool solve(problem *p, uint64_t *count, solve_report *r);

/* ---- steps of it, for those who plan piece by piece ---------------------------------------------------- */

void solve_map(problem *p);           /* the margins' of[] */
double solve_sweep(const problem *p); /* one round of it: the largest relative error that a margin cell had */
/* A matrix with these margins, 0 where seed is 0, near seed where that can be. false: none; out[] is as far as
 * it goes, and reached[rows + cols], if asked for, tells the rows and columns that rows still lacking lead to.
 */
bool solve_flow(const double *seed, const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols,
                uint64_t *out, bool *reached);
/* got[margin][cell] of count[]; the sum of all differences from want. */
uint64_t solve_gap(const problem *p, const uint64_t *count, uint64_t **got);
/* Whole persons near the weights, so that each margin cell holds the floor or the ceiling of
 * share[margin][cell]: false: none was found. The margins' want is not looked at. */
bool solve_between(const problem *p, const double *const *share, uint64_t *count);
/* Whether not even real numbers between these floors and ceilings meet all margins: r->conflict says which. */
bool solve_contradicts(const problem *p, const double *const *share, solve_report *r);

/* ---- bounded ------------------------------------------------------------------------------------- */

/* Whole persons in cells that hold no more than so many each, so that given margins are met exactly: what a
 * subset of people who are already there must be. The cells are a list, not a product, since most combinations
 * of a corpus are empty.
 *
 * Course: cells that no margin tells apart are one GROUP. Margins that another one implies are left out. The
 * weights are fitted to the margins under the bounds (bounded.c). One or two margins are a flow from the
 * one's cells to the other's through the groups: exact, and where there is none the minimal cut says so
 * (bounded_flow.c). More: whole persons near the fit by the caller's own way, which knows no bounds,
 * under bounds that are narrowed where it passed them; what that does not find is an integer program near the
 * fitted weights, and a linear one proves that there is none (bounded_program.c).
 */
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

/* ---- whole numbers from shares: share_out.c, round.c, fit_matrix.c ------------------------------------ */

/* Shares out `total` by integer masses: largest remainder, ties by a keyed hash. sum of masses > 0. */
void share_out(uint64_t total, const uint64_t *mass, uint32_t n, uint64_t key, uint64_t *out);
/* Weights as integer masses: exactly in proportion where they are decimals, else to 2^-48 of their sum. */
void mass_of(const double *weight, uint32_t n, uint64_t *mass);

/* A matrix of amounts in units of 1 / unit person, whose rows and columns sum to whole persons: out[] receives
 * the floor or the ceiling of each, with the same sums. rest[] is what is left over the floor in out[], and is
 * destroyed. */
void round_matrix(uint64_t *rest, uint64_t *out, uint32_t rows, uint32_t cols, uint64_t unit);
/* out[i * cols + j]: floor or ceiling of row[i] * col[j] / n, with rows and columns that sum to row[] and
 * col[]. */
void round_product(const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols, uint64_t n,
                   uint64_t *out);
/* The same for the matrix with these margins that is nearest to seed[] (destroyed): 0 stays 0. false: there is
 * none, or it was not found. */
bool fit_product(double *seed, const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols,
                 uint64_t *out);

#endif

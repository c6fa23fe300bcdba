/* solve_parts.h (private): the steps of solve, between its files. */
#ifndef POP_SOLVE_PARTS_H
#define POP_SOLVE_PARTS_H

#include "taxonomy/solve/solve.h"

/* false: r->end is SOLVE_EMPTY. Weights are fitted as far as they go. */
bool solve_fit(problem *p, solve_report *r);
/* Clears what margins want nobody in. false: r->end is SOLVE_EMPTY. */
bool solve_reach(problem *p, solve_report *r);
bool solve_misfit(const problem *p); /* the fitted weights miss a margin by more than rounding */

/* A join: margin `m` is joined to those before it; separator: the axes that it shares with `with`, one of them.
 */
typedef struct junction {
    uint32_t margin;
    uint64_t separator, tail; /* bit sets over axes; tail: those on the margin's side of the separator */
} junction;
/* A maximal junction tree, of margins that are not folded: fills list[] with its joins, *joins of them, and
 * inside[margins]; returns how many margins it holds, with those that hold by themselves. */
uint32_t solve_order(const problem *p, junction *list, bool *inside, uint32_t *joins);

/* The joint of the tree's margins. false: a join has no whole answer (zeros): count[] is near it. */
bool solve_join(const problem *p, const junction *list, uint32_t joins, uint64_t *count);

/* r->cut; false: these two can be met together, or are too large to tell. */
bool solve_cut(const problem *p, uint32_t a, uint32_t b, solve_report *r);

/* By moves that keep the margins that are `inside` the tree: true: all are met. */
bool solve_swap(const problem *p, const junction *list, uint32_t joins, const bool *inside, uint64_t *count,
                solve_report *r);
/* Whether there is a joint of real numbers; false: r->end is SOLVE_CAPACITY, r->conflict says which margins. */
bool solve_feasible(const problem *p, solve_report *r);
/* The integer program, near count[]: true: count[] is the answer. false: r->end is SOLVE_WHOLE. */
bool solve_program(const problem *p, uint64_t *count, solve_report *r);
/* Branch and bound over at most so many nodes. 1: the columns have values, 0: none are within the bounds, -1:
 * not known. */
struct glp_prob;
int solve_branch(struct glp_prob *lp, int nodes);
uint64_t solve_whole(struct glp_prob *lp, uint32_t column); /* its value then; columns from 0 */

#endif

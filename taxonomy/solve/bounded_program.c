/* bounded_program.c: three margins and more under bounds, by GLPK: the persons that rounding the fitted
 * ideal leaves open, and the proof that there are none.
 *
 * Whether real persons could: a program with a column for each group and, for each margin cell, what it lacks;
 * the least sum of lacks. Above 0 its prices are a cut: they are rational with small denominators, are brought
 * to whole numbers, and what they claim is counted again in integers. Then whole persons: near the ideal first,
 * where most vertices are whole, in a reach that grows. Nodes of the search are counted, not timed, so that
 * equal problems end equally.
 */
#include "taxonomy/solve/bounded_parts.h"
#include "taxonomy/solve/solve_parts.h"

#include <glpk.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_MOST = 200000,
    INTEGER_MOST = 60000,
    PROOF_MOST = 3000,
    NODES_FEW = 60,
    NODES_MOST = 3000,
    COSTS = 6,
    DENOMINATOR_MOST = 24
};

typedef struct program {
    const grouped *g;
    glp_prob *lp;
    int rows;
} program;

/* Rows: the margin cells that want what is asked. Columns: groups; lacks: and one a row. */
static program program_make(const grouped *g, bool lacks) {
    program p = {.g = g};
    glp_term_out(GLP_OFF);
    p.lp = glp_create_prob();
    for (uint32_t m = 0; m < g->margins; m++) p.rows += (int)g->margin[m].cells;
    glp_add_rows(p.lp, p.rows);
    glp_add_cols(p.lp, (int)g->groups + (lacks ? p.rows : 0));
    int *first = xcalloc(g->margins + 1, sizeof *first), *index = xcalloc(g->margins + 2, sizeof *index);
    double *one = xcalloc(g->margins + 2, sizeof *one);
    for (uint32_t m = 0, at = 1; m < g->margins; at += g->margin[m++].cells) {
        first[m] = (int)at;
        for (uint32_t c = 0; c < g->margin[m].cells; c++)
            glp_set_row_bnds(p.lp, first[m] + (int)c, GLP_FX, (double)g->margin[m].want[c], 0);
    }
    for (uint32_t i = 0; i < g->groups; i++) {
        for (uint32_t m = 0; m < g->margins; m++) {
            index[m + 1] = first[m] + (int)g->margin[m].of[i];
            one[m + 1] = 1;
        }
        glp_set_mat_col(p.lp, (int)i + 1, (int)g->margins, index, one);
        glp_set_col_bnds(p.lp, (int)i + 1, g->most[i] ? GLP_DB : GLP_FX, 0, (double)g->most[i]);
    }
    for (int row = 1; lacks && row <= p.rows; row++) {
        int column = (int)g->groups + row;
        index[1] = row;
        one[1] = 1;
        glp_set_mat_col(p.lp, column, 1, index, one);
        glp_set_col_bnds(p.lp, column, GLP_LO, 0, 0);
        glp_set_obj_coef(p.lp, column, 1);
    }
    free(first);
    free(index);
    free(one);
    return p;
}

/* ---- whether real persons could ------------------------------------------------------------------------ */

/* The prices times `by` as sides. false: they are not whole then. */
static bool sides_whole(const program *p, int by, bounded_cut *cut) {
    int row = 1;
    for (uint32_t m = 0; m < p->g->margins; m++)
        for (uint32_t c = 0; c < p->g->margin[m].cells; c++, row++) {
            double price = glp_get_row_dual(p->lp, row) * by, near = price < 0 ? price - 0.5 : price + 0.5;
            int32_t side = (int32_t)near;
            if (price - side > 1e-6 || side - price > 1e-6) return false;
            cut->side[p->g->margin[m].index][c] = side;
        }
    return true;
}

/* A margin with the same side everywhere speaks of all persons: that goes to another margin, where it may
 * cancel. */
static void sides_gather(const grouped *g, bounded_cut *cut) {
    int32_t constant = 0;
    int32_t *to = NULL;
    uint32_t to_cells = 0;
    for (uint32_t m = 0; m < g->margins; m++) {
        int32_t *side = cut->side[g->margin[m].index];
        bool same = true;
        for (uint32_t c = 1; c < g->margin[m].cells; c++) same = same && side[c] == side[0];
        if (!same) {
            to = side;
            to_cells = g->margin[m].cells;
            continue;
        }
        constant += side[0];
        memset(side, 0, sizeof *side * g->margin[m].cells);
    }
    if (!to) {
        to = cut->side[g->margin[0].index];
        to_cells = g->margin[0].cells;
    }
    for (uint32_t c = 0; c < to_cells; c++) to[c] += constant;
}

/* 1: they can, 0: they cannot, and r->cut says why, -1: not known. */
static int possible(const grouped *g, bounded_report *r) {
    program p = program_make(g, true);
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    int rc = glp_simplex(p.lp, &how), answer = -1;
    if (rc == 0 && glp_get_status(p.lp) == GLP_OPT) {
        answer = glp_get_obj_val(p.lp) < 1e-6 * ((double)g->b->n + 1) ? 1 : -1;
        for (uint32_t m = 0; m < g->b->margins; m++)
            memset(r->cut.side[m], 0, sizeof **r->cut.side * g->b->margin[m].cells);
        for (int by = 1; answer < 0 && by <= DENOMINATOR_MOST; by++) {
            if (!sides_whole(&p, by, &r->cut)) continue;
            sides_gather(g, &r->cut);
            if (bounded_cut_holds(g->b, &r->cut)) answer = 0;
        }
    }
    glp_delete_prob(p.lp);
    return answer;
}

/* ---- whole persons ------------------------------------------------------------------------------------- */

static void column_bound(const program *p, uint32_t i, uint64_t low, uint64_t high) {
    if (high > p->g->most[i]) high = p->g->most[i];
    glp_set_col_bnds(p->lp, (int)i + 1, low < high ? GLP_DB : GLP_FX, (double)low, (double)high);
}

/* One search: within `reach` of the ideal's floor and ceiling; whoever is nearer to it first, then costs at
 * random. reach UINT64_MAX: anywhere. */
static int search(const grouped *g, uint32_t number, uint64_t reach, int nodes, uint64_t *count) {
    program p = program_make(g, false);
    for (uint32_t i = 0; i < g->groups; i++) {
        uint64_t low = (uint64_t)g->ideal[i];
        double part = g->ideal[i] - (double)low;
        glp_set_col_kind(p.lp, (int)i + 1, GLP_IV);
        if (reach != UINT64_MAX) column_bound(&p, i, low > reach ? low - reach : 0, low + reach + (part > 0));
        glp_set_obj_coef(p.lp, (int)i + 1,
                         number ? (double)rng_below(rng_u64(g->b->key, number, i, 17, 0), 100) : 1 - 2 * part);
    }
    int found = solve_branch(p.lp, nodes);
    for (uint32_t i = 0; found == 1 && i < g->groups; i++) count[i] = solve_whole(p.lp, i);
    glp_delete_prob(p.lp);
    return found;
}

bool bounded_program(const grouped *g, uint64_t *count, bounded_report *r) {
    int found = -1;
    r->end = BOUNDED_WHOLE;
    if (!r->fitted && g->groups <= COLUMNS_MOST && possible(g, r) == 0) {
        r->end = BOUNDED_SHORT;
        return false;
    }
    for (uint32_t i = 0; g->groups <= INTEGER_MOST && found != 1 && i < COSTS; i++)
        found = search(g, i, i, NODES_FEW, count);
    if (g->groups <= PROOF_MOST && found != 1) {
        found = search(g, COSTS, UINT64_MAX, NODES_MOST, count);
        r->proven = found == 0;
    }
    return found == 1;
}

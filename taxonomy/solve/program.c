/* program.c: linear and integer programs over the cells, by GLPK: whether there is a joint at all, which
 * margins contradict one another, and the last persons that moves did not place.
 *
 * A program has a column for each cell with a weight and a row for each margin cell. Nodes of the search are
 * counted, not timed, so that equal problems end equally.
 */
#include "taxonomy/solve/solve_parts.h"

#include <glpk.h>
#include <stdlib.h>

enum {
    COLUMNS_MOST = 200000,
    INTEGER_MOST = 40000,
    PROOF_MOST = 3000,
    FILTER_MOST = 200000, /* rows times columns of a program that is solved once a row */
    NODES_FEW = 60,
    NODES_MOST = 3000,
    COSTS = 6
};

typedef struct program {
    const problem *p;
    glp_prob *lp;
    uint32_t *cell; /* column - 1 -> cell */
    uint32_t columns;
} program;

static void columns_make(program *g) {
    const problem *p = g->p;
    g->cell = xcalloc((size_t)p->cells + 1, sizeof *g->cell);
    for (uint32_t i = 0; i < p->cells; i++)
        if (p->weight[i] > 0) g->cell[g->columns++] = i;
    glp_add_cols(g->lp, (int)g->columns);
    for (uint32_t c = 0; c < g->columns; c++) glp_set_col_bnds(g->lp, (int)c + 1, GLP_LO, 0, 0);
}

/* Rows of the margins that are used; a cell stands in one row of each. */
static void rows_make(program *g, const bool *used) {
    const problem *p = g->p;
    uint32_t rows = 0, margins = 0;
    int *first = xcalloc(p->margins + 1, sizeof *first);
    for (uint32_t m = 0; m < p->margins; m++) {
        if (!used[m]) continue;
        first[m] = (int)rows + 1;
        rows += p->margin[m].cells;
        margins++;
    }
    if (rows) glp_add_rows(g->lp, (int)rows);
    for (uint32_t m = 0; m < p->margins; m++)
        for (uint32_t c = 0; used[m] && c < p->margin[m].cells; c++)
            glp_set_row_bnds(g->lp, first[m] + (int)c, GLP_FX, (double)p->margin[m].want[c], 0);
    int *index = xcalloc(margins + 1, sizeof *index);
    double *one = xcalloc(margins + 1, sizeof *one);
    for (uint32_t c = 0; c < g->columns; c++) {
        int n = 0;
        for (uint32_t m = 0; m < p->margins; m++) {
            if (!used[m]) continue;
            index[++n] = first[m] + (int)p->margin[m].of[g->cell[c]];
            one[n] = 1;
        }
        glp_set_mat_col(g->lp, (int)c + 1, n, index, one);
    }
    free(first);
    free(index);
    free(one);
}

static program program_make(const problem *p, const bool *used) {
    program g = {.p = p};
    glp_term_out(GLP_OFF);
    g.lp = glp_create_prob();
    columns_make(&g);
    rows_make(&g, used);
    return g;
}

static void program_free(program *g) {
    glp_delete_prob(g->lp);
    free(g->cell);
}

static bool relaxed(program *g) {
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.presolve = GLP_ON;
    int rc = glp_simplex(g->lp, &how);
    return rc == 0 ? glp_get_status(g->lp) == GLP_OPT : rc != GLP_ENOPFS && rc != GLP_ENODFS;
}

static bool met_together(const problem *p, const bool *used) {
    program g = program_make(p, used);
    bool fine = relaxed(&g);
    program_free(&g);
    return fine;
}

static uint32_t columns_of(const problem *p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->cells; i++) n += p->weight[i] > 0;
    return n;
}

/* Two margins alone: a flow tells, whatever their number of cells. */
static bool two_contradict(const problem *p, bool *used, solve_report *r) {
    for (uint32_t a = 0; a < p->margins; a++)
        for (uint32_t b = a + 1; b < p->margins; b++) {
            if (!solve_cut(p, a, b, r)) continue;
            used[a] = used[b] = true;
            return true;
        }
    return false;
}

/* Of the margins that contradict one another the cells that do: any fewer of them do not. */
static void cells_needed(const problem *p, const bool *used, solve_report *r) {
    program g = program_make(p, used);
    int rows = glp_get_num_rows(g.lp), row = 1;
    if ((uint64_t)rows * g.columns <= FILTER_MOST) r->needed = arena_new_of(p->mem, bool *, p->margins);
    for (uint32_t m = 0; m < p->margins && r->needed; m++) {
        r->needed[m] = arena_new_of(p->mem, bool, p->margin[m].cells);
        for (uint32_t c = 0; used[m] && c < p->margin[m].cells; c++, row++) {
            double want = (double)p->margin[m].want[c];
            glp_set_row_bnds(g.lp, row, GLP_FR, 0, 0);
            if (!relaxed(&g)) continue;
            glp_set_row_bnds(g.lp, row, GLP_FX, want, want);
            r->needed[m][c] = true;
        }
    }
    program_free(&g);
}

bool solve_feasible(const problem *p, solve_report *r) {
    bool *used = arena_new_of(p->mem, bool, p->margins);
    if (two_contradict(p, used, r)) {
        r->end = SOLVE_CAPACITY;
        r->conflict = used;
        return false;
    }
    if (columns_of(p) > COLUMNS_MOST) return true; /* not known */
    for (uint32_t m = 0; m < p->margins; m++) used[m] = true;
    if (met_together(p, used)) return true;
    /* what is not needed for the contradiction is left out, one after the other */
    for (uint32_t m = 0; m < p->margins; m++) {
        used[m] = false;
        if (met_together(p, used)) used[m] = true;
    }
    cells_needed(p, used, r);
    r->end = SOLVE_CAPACITY;
    r->conflict = used;
    return false;
}

static void count_nodes(glp_tree *tree, void *info) {
    int *left = info;
    if (glp_ios_reason(tree) == GLP_ISELECT && --*left < 0) glp_ios_terminate(tree);
}

int solve_branch(struct glp_prob *lp, int nodes) {
    glp_iocp how;
    glp_init_iocp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.presolve = GLP_ON;
    how.cb_func = count_nodes;
    how.cb_info = &nodes;
    int rc = glp_intopt(lp, &how), state = glp_mip_status(lp);
    if (state == GLP_OPT || state == GLP_FEAS) return 1;
    return rc == GLP_ENOPFS || (rc == 0 && state == GLP_NOFEAS) ? 0 : -1;
}

uint64_t solve_whole(struct glp_prob *lp, uint32_t column) {
    double v = glp_mip_col_val(lp, (int)column + 1);
    return v > 0 ? (uint64_t)(v + 0.5) : 0;
}

/* As solve_branch; 1: count[] is the answer. */
static int integers(program *g, int nodes, uint64_t *count) {
    int found = solve_branch(g->lp, nodes);
    for (uint32_t c = 0; found == 1 && c < g->columns; c++) count[g->cell[c]] = solve_whole(g->lp, c);
    return found;
}

/* One search: costs at random, within `reach` of count[] (0: anywhere). */
static int search(const problem *p, const bool *used, uint32_t number, uint32_t reach, int nodes,
                  uint64_t *count) {
    program g = program_make(p, used);
    for (uint32_t c = 0; c < g.columns; c++) {
        double v = (double)count[g.cell[c]];
        glp_set_col_kind(g.lp, (int)c + 1, GLP_IV);
        if (reach) glp_set_col_bnds(g.lp, (int)c + 1, GLP_DB, v > reach ? v - reach : 0, v + reach);
        glp_set_obj_coef(g.lp, (int)c + 1, (double)rng_below(rng_u64(p->key, number, c, 13, 0), 100));
    }
    int found = integers(&g, nodes, count);
    program_free(&g);
    return found;
}

/* Most vertices of these polytopes are whole, so a few searches with other costs, each of few nodes, find more
 * than one of many. */
bool solve_program(const problem *p, uint64_t *count, solve_report *r) {
    bool *used = arena_new_of(p->mem, bool, p->margins);
    for (uint32_t m = 0; m < p->margins; m++) used[m] = true;
    uint32_t columns = columns_of(p);
    int found = -1;
    for (uint32_t i = 0; columns <= INTEGER_MOST && found != 1 && i < COSTS; i++)
        found = search(p, used, i, i + 1, NODES_FEW, count);
    if (columns <= PROOF_MOST && found != 1) {
        found = search(p, used, COSTS, 0, NODES_MOST, count);
        r->proven = found == 0;
    }
    r->end = found == 1 ? SOLVE_DONE : SOLVE_WHOLE;
    return found == 1;
}

/* ---- margins that may move by less than a person ------------------------------------------------------- */

typedef struct bounds {
    int64_t low, high;
} bounds;

/* Floor and ceiling; what is whole but for the last digits is whole. */
static bounds bounds_of(double share, uint64_t n) {
    double slack = 1e-6 + 2e-9 * (double)n;
    if (slack > 0.25) slack = 0.25;
    int64_t low = (int64_t)(share + slack), high = (int64_t)(share - slack) + 1;
    if ((double)(high - 1) >= share - slack || share <= slack) high--;
    return (bounds){low, high < low ? low : high};
}

/* `there`: persons that are there already. */
static void row_between(glp_prob *lp, int row, bounds b, uint64_t there) {
    double low = (double)(b.low - (int64_t)there), high = (double)(b.high - (int64_t)there);
    glp_set_row_bnds(lp, row, low < high ? GLP_DB : GLP_FX, low, high);
}

/* Everybody, once. */
static void total_row(program *g, uint64_t left) {
    int row = glp_add_rows(g->lp, 1), *index = xcalloc((size_t)g->columns + 1, sizeof *index);
    double *one = xcalloc((size_t)g->columns + 1, sizeof *one);
    for (uint32_t c = 0; c < g->columns; c++) {
        index[c + 1] = (int)c + 1;
        one[c + 1] = 1;
    }
    glp_set_mat_row(g->lp, row, (int)g->columns, index, one);
    glp_set_row_bnds(g->lp, row, GLP_FX, (double)left, (double)left);
    free(index);
    free(one);
}

/* Bounds of the rows of the margins that are used. The columns are what is added to base[]. */
static void between_rows(program *g, const bool *used, const double *const *share, const uint64_t *base) {
    const problem *p = g->p;
    uint64_t left = p->n;
    int row = 1;
    for (uint32_t m = 0; m < p->margins; m++) {
        if (!used[m]) continue;
        uint64_t *there = xcalloc(p->margin[m].cells, sizeof *there);
        for (uint32_t i = 0; i < p->cells; i++) there[p->margin[m].of[i]] += base[i];
        for (uint32_t c = 0; c < p->margin[m].cells; c++)
            row_between(g->lp, row++, bounds_of(share[m][c], p->n), there[c]);
        free(there);
    }
    for (uint32_t i = 0; i < p->cells; i++) left -= base[i];
    total_row(g, left);
}

static bool between_holds(const problem *p, const double *const *share, const uint64_t *count) {
    uint64_t all = 0;
    bool fine = true;
    for (uint32_t i = 0; i < p->cells; i++) all += count[i];
    for (uint32_t m = 0; m < p->margins; m++) {
        uint64_t *got = xcalloc(p->margin[m].cells, sizeof *got);
        for (uint32_t i = 0; i < p->cells; i++) got[p->margin[m].of[i]] += count[i];
        for (uint32_t c = 0; c < p->margin[m].cells; c++) {
            bounds b = bounds_of(share[m][c], p->n);
            fine = fine && (int64_t)got[c] >= b.low && (int64_t)got[c] <= b.high;
        }
        free(got);
    }
    return fine && all == p->n;
}

static bool between(const problem *p, const double *const *share, uint32_t reach, uint64_t *count) {
    bool *used = arena_new_of(p->mem, bool, p->margins);
    uint64_t *base = arena_new_of(p->mem, uint64_t, p->cells);
    for (uint32_t m = 0; m < p->margins; m++) used[m] = true;
    for (uint32_t i = 0; i < p->cells; i++) {
        base[i] = (uint64_t)p->weight[i];
        base[i] = base[i] > reach ? base[i] - reach : 0;
        count[i] = 0;
    }
    program g = program_make(p, used);
    between_rows(&g, used, share, base);
    for (uint32_t c = 0; c < g.columns; c++) {
        double v = p->weight[g.cell[c]], part = v - (double)(uint64_t)v;
        double tie = (double)rng_below(rng_u64(p->key, reach, c, 17, 0), 10);
        glp_set_col_kind(g.lp, (int)c + 1, GLP_IV);
        glp_set_col_bnds(g.lp, (int)c + 1, GLP_DB, 0, 1 + 2.0 * reach);
        glp_set_obj_coef(g.lp, (int)c + 1, 50 - 100 * part + tie); /* the fuller ones first */
    }
    bool found = integers(&g, NODES_FEW, count) == 1;
    program_free(&g);
    for (uint32_t i = 0; i < p->cells; i++) count[i] += base[i];
    return found && between_holds(p, share, count);
}

bool solve_between(const problem *p, const double *const *share, uint64_t *count) {
    static const uint32_t reach[] = {0, 1, 8};
    uint32_t columns = columns_of(p);
    if (!columns) return false;
    for (size_t i = 0; columns <= INTEGER_MOST && i < COUNT_OF(reach); i++)
        if (between(p, share, reach[i], count)) return true;
    /* where the fit is slow the weights are far from what the margins hold */
    return columns <= PROOF_MOST && between(p, share, 1u << 30, count);
}

static bool met_between(const problem *p, const bool *used, const double *const *share) {
    uint64_t *base = xcalloc(p->cells, sizeof *base);
    program g = program_make(p, used);
    between_rows(&g, used, share, base);
    bool fine = relaxed(&g);
    program_free(&g);
    free(base);
    return fine;
}

/* What is not needed for the contradiction is left out, one after the other. */
static void needed_alone(const problem *p, const double *const *share, bool *used) {
    for (uint32_t m = 0; m < p->margins; m++) {
        used[m] = false;
        if (met_between(p, used, share)) used[m] = true;
    }
}

bool solve_contradicts(const problem *p, const double *const *share, solve_report *r) {
    uint32_t columns = columns_of(p);
    bool *used = arena_new_of(p->mem, bool, p->margins);
    for (uint32_t m = 0; m < p->margins; m++) used[m] = true;
    if (!columns || columns > COLUMNS_MOST || met_between(p, used, share)) return false;
    needed_alone(p, share, used);
    *r = (solve_report){.end = SOLVE_CAPACITY, .conflict = used};
    return true;
}

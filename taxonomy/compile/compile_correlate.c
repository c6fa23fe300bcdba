/* compile_correlate.c: correlate: which attributes, and the matrix of their correlations (P15).
 *
 * The matrix is one of normal scores: what it says holds for normal numbers as it stands, for others, for
 * ordered choices and for flags of the normal variables behind them. Every attribute is a member once.
 */
#include "taxonomy/compile/compile_parts.h"

#include <math.h>
#include <stdlib.h>

#define MEMBERS_MAX 256u /* a draw costs the square of it */

bool copula_factor(const copula *c, const uint32_t *order, double *factor) {
    uint32_t n = c->of.n;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            uint32_t a = order ? order[i] : i, b = order ? order[j] : j;
            double sum = a > b ? c->matrix[(size_t)a * n + b] : c->matrix[(size_t)b * n + a];
            for (uint32_t k = 0; k < j; k++) sum -= factor[(size_t)i * n + k] * factor[(size_t)j * n + k];
            if (i > j)
                factor[(size_t)i * n + j] = sum / factor[(size_t)j * n + j];
            else if (sum > 1e-12)
                factor[(size_t)i * n + i] = sqrt(sum);
            else
                return false;
        }
    return true;
}

/* ---- the matrix --------------------------------------------------------------------------------- */

/* The element (i, j), j <= i, of a lower triangle or a full matrix, whose two halves must agree. */
static bool element(const population *p, const tree *m, uint32_t i, uint32_t j, diags *d, double *out) {
    const tree *row = m->item[i], *x = row->item[j], *mirror = m->item[j];
    double other;
    if (x->kind != TREE_SCALAR || !number_of_text(x->text, out) || *out < -1 || *out > 1)
        return lint_at(p, d, DIAG_P15, x, x->text, "0 for none", "a correlation is a number from -1 to 1");
    if (i == j && *out != 1)
        return lint_at(p, d, DIAG_P15, x, x->text, "rows and columns stand in the order of `of`",
                       "the diagonal of a correlation matrix is 1");
    if (i == j || mirror->n <= i || mirror->item[i]->kind != TREE_SCALAR ||
        !number_of_text(mirror->item[i]->text, &other))
        return true;
    return *out == other ||
           lint_at(p, d, DIAG_P15, x, x->text, "the lower triangle with its diagonal is enough",
                   "the matrix is not symmetric");
}

/* A CSV of a matrix -> rows; a first column of names is passed over. */
static const tree *matrix_rows(population *p, const tree *t, diags *d) {
    if (!tree_is_csv(t)) return t;
    const csv *c = compose_csv(p, t, d);
    if (!c) return NULL;
    uint32_t skip = c->columns > c->rows;
    tree *m = arena_new_of(p->mem, tree, 1);
    *m = *t;
    m->kind = TREE_LIST;
    m->n = c->rows;
    m->item = arena_new_of(p->mem, tree *, c->rows + 1);
    for (uint32_t r = 0; r < c->rows; r++) {
        tree *row = m->item[r] = arena_new_of(p->mem, tree, 1);
        *row = csv_place(c, r, 0);
        row->kind = TREE_LIST;
        row->item = arena_new_of(p->mem, tree *, c->columns + 1);
        for (uint32_t k = skip; k < c->columns && c->row[r][k].n; k++) {
            tree *cell = row->item[row->n++] = arena_new_of(p->mem, tree, 1);
            *cell = csv_place(c, r, k);
        }
    }
    return m;
}

static bool matrix_read(population *p, const tree *t, copula *c, diags *d) {
    uint32_t n = c->of.n;
    const tree *m = matrix_rows(p, t, d);
    if (!m) return false;
    if (m->kind != TREE_LIST || m->n != n)
        return lint_at(p, d, DIAG_P15, t, c->name,
                       "a row for each attribute of `of`, a section counts as its leaves",
                       "correlate `" STR_FMT "` names %u attributes, its matrix has %u rows", STR_ARG(c->name),
                       n, m->kind == TREE_LIST ? m->n : 0);
    c->matrix = arena_new_of(p->mem, double, (size_t)n *n);
    for (uint32_t i = 0; i < n; i++) {
        const tree *row = m->item[i];
        if (row->kind != TREE_LIST || (row->n != i + 1 && row->n != n))
            return lint_at(p, d, DIAG_P15, row, c->name,
                           "a full matrix, or its lower triangle with the diagonal",
                           "correlate `" STR_FMT "`: row %u of the matrix has %u elements", STR_ARG(c->name),
                           i + 1, row->kind == TREE_LIST ? row->n : 1);
        for (uint32_t j = 0; j <= i; j++)
            if (!element(p, m, i, j, d, &c->matrix[(size_t)i * n + j])) return false;
    }
    double *factor = xcalloc((size_t)n * n, sizeof *factor);
    bool fine = copula_factor(c, NULL, factor);
    free(factor);
    return fine || lint_at(p, d, DIAG_P15, t, c->name, "no people can have these correlations together",
                           "correlate `" STR_FMT "`: the matrix is not positive definite", STR_ARG(c->name));
}

/* ---- the members -------------------------------------------------------------------------------- */

static bool can_be_member(const population *p, const node *n) {
    bool in_order = n->kind == K_NUMBER || n->kind == K_FLAG || (n->kind == K_CHOICE && n->ordered);
    return in_order && leaf_drawn(n) && !n->is_list && ref_instance(p, p->leaf_node[n->leaf]) == NO_NODE;
}

/* in: leaf -> the correlate that it is a member of, as its index + 1. */
static bool members_fit(population *p, const tree *at, const copula *c, uint32_t self, uint32_t *in, diags *d) {
    bool fine = true;
    uint32_t tables = 0;
    for (uint32_t i = 0; i < c->of.n; i++) {
        uint32_t leaf = c->of.leaf[i];
        const node *n = node_at(p, leaf);
        if (ref_broken(p, p->leaf_node[leaf])) return false;
        if (!can_be_member(p, n))
            fine = lint_at(p, d, DIAG_P15, at, n->path,
                           "drawn numbers, flags and choices with `ordered: true`, no lists",
                           "correlate `" STR_FMT "`: `" STR_FMT "` cannot be correlated", STR_ARG(c->name),
                           STR_ARG(n->path));
        else if (in[leaf])
            fine = lint_at(p, d, DIAG_P15, at, n->path, "put all that go together into one matrix",
                           "`" STR_FMT "` is correlated twice: in `" STR_FMT "`%s" STR_FMT "%s",
                           STR_ARG(n->path), STR_ARG(c->name), in[leaf] == self + 1 ? "" : " and in `",
                           STR_ARG(in[leaf] == self + 1 ? STR("") : p->compiled->copula[in[leaf] - 1].name),
                           in[leaf] == self + 1 ? "" : "`");
        in[leaf] = self + 1;
        tables += n->in_table;
    }
    if (fine && tables > 1)
        lint_at(p, d, DIAG_W00, at, c->name, "a table over them should hold the correlation that is wanted",
                "correlate `" STR_FMT "`: %u of its attributes stand in tables; how the classes of these go "
                "together is for the tables to say, the matrix holds within their cells",
                STR_ARG(c->name), tables);
    return fine;
}

static void copula_read(population *p, const tree *t, uint32_t *in, copula *c, diags *d) {
    static const char *const keys[] = {"of", "matrix", NULL};
    const tree *of = tree_get(t, "of"), *matrix = tree_get(t, "matrix");
    if (!lint_map(p, d, t, "a correlation")) return;
    lint_keys(p, d, t, "a correlation", keys, true);
    if (!of || !matrix) {
        lint_at(p, d, DIAG_P02, t, of ? STR("matrix") : STR("of"), "{of: [a, b], matrix: [[1], [0.3, 1]]}",
                "correlate `" STR_FMT "` needs `of` and `matrix`", STR_ARG(c->name));
        return;
    }
    if (!compile_refs(p, of, d, &c->of)) return;
    if (!c->of.n)
        lint_at(p, d, DIAG_P15, of, c->name, "{of: [a, b], matrix: [[1], [0.3, 1]]}",
                "correlate `" STR_FMT "` names no attributes", STR_ARG(c->name));
    else if (c->of.n > MEMBERS_MAX)
        lint_at(p, d, DIAG_P17, of, c->name, "several correlates of fewer attributes",
                "correlate `" STR_FMT "` has %u attributes, at most %u can be", STR_ARG(c->name), c->of.n,
                MEMBERS_MAX);
    else if (members_fit(p, of, c, (uint32_t)(c - p->compiled->copula), in, d))
        matrix_read(p, matrix, c, d);
}

bool compile_correlate(population *p, diags *d) {
    size_t before = d->errors;
    const tree *t = tree_get(p->composed->top, "correlate");
    if (!t || !lint_map(p, d, t, "correlate")) return !t;
    compiled *c = p->compiled;
    uint32_t *in = xcalloc(p->leaves + 1, sizeof *in);
    c->copula = arena_new_of(p->mem, copula, t->n);
    c->copulas = t->n;
    for (uint32_t i = 0; i < t->n; i++) {
        c->copula[i].name = t->member[i].key;
        copula_read(p, t->member[i].value, in, &c->copula[i], d);
    }
    free(in);
    return d->errors == before;
}

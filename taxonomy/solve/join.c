/* join.c: the joint of the margins of a junction tree.
 *
 * What is built is a list of cells, classes of the axes joined so far, with persons. A margin is joined within
 * each state of its separator: the list's cells there are rows, the margin's cells there columns, both with
 * known sums of equal total; the matrix between them is the fitted ideal, rounded so that rows and columns keep
 * their sums. With the zeros that the weights have there may be no such matrix; then the join is left as near
 * as a flow comes, and the caller repairs. At the end each cell of the list is shared out among its cells of
 * the product.
 */
#include "taxonomy/solve/solve_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct building {
    const problem *p;
    uint32_t *key; /* cell of the product -> its place among all combinations of known classes */
    uint32_t keys;
    uint32_t *row;   /* key -> index in the list + 1; 0: nobody is there */
    uint64_t *count; /* of the list */
    uint32_t n;
    uint64_t have; /* axes */
    bool exact;
} building;

/* One state of a separator. */
typedef struct state {
    uint32_t rows, cols;
    size_t first; /* of its matrix */
    uint32_t *row, *col;
} state;

static void keys_extend(building *b, const margin *m) {
    for (uint32_t k = 0; k < m->axes; k++) {
        if (b->have >> m->axis[k] & 1) continue;
        uint32_t stride = 1;
        for (uint32_t a = m->axis[k] + 1; a < b->p->axes; a++) stride *= b->p->radix[a];
        for (uint32_t i = 0; i < b->p->cells; i++)
            b->key[i] = b->key[i] * m->width[k] + m->class[k][i / stride % b->p->radix[m->axis[k]]];
        b->keys *= m->width[k];
        b->have |= 1ull << m->axis[k];
    }
}

/* The state of the separator that each cell of the margin lies in. */
static uint32_t states_of(const margin *m, uint64_t separator, uint32_t *of) {
    uint32_t states = 1;
    for (uint32_t k = 0; k < m->axes; k++)
        if (separator >> m->axis[k] & 1) states *= m->width[k];
    for (uint32_t c = 0; c < m->cells; c++) {
        uint32_t rest = c, stride = 1;
        of[c] = 0;
        for (uint32_t k = m->axes; k-- > 0;) {
            if (separator >> m->axis[k] & 1) {
                of[c] += rest % m->width[k] * stride;
                stride *= m->width[k];
            }
            rest /= m->width[k];
        }
    }
    return states;
}

/* Persons whom the flow could not place: where the ideal has most of their row. */
static void place_rest(const double *seed, const uint64_t *row, uint32_t rows, uint32_t cols, uint64_t *out) {
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t placed = 0;
        uint32_t best = 0;
        for (uint32_t k = 0; k < cols; k++) {
            placed += out[(size_t)i * cols + k];
            if (seed[(size_t)i * cols + k] > seed[(size_t)i * cols + best]) best = k;
        }
        out[(size_t)i * cols + best] += row[i] - placed;
    }
}

static bool matrix_round(double *seed, const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols,
                         uint64_t *out) {
    size_t cells = (size_t)rows * cols;
    double *kept = xmalloc(sizeof *kept * (cells + 1));
    memcpy(kept, seed, sizeof *kept * cells);
    bool fine = fit_product(seed, row, rows, col, cols, out);
    if (!fine) {
        fine = solve_flow(kept, row, rows, col, cols, out, NULL);
        if (!fine) place_rest(kept, row, rows, cols, out);
    }
    free(kept);
    return fine;
}

static void seeds_fill(const building *b, const margin *m, const uint32_t *state_of, const state *s,
                       const uint32_t *row_at, const uint32_t *col_at, double *seed) {
    for (uint32_t i = 0; i < b->p->cells; i++) {
        uint32_t row = b->row[b->key[i]], c = m->of[i];
        if (!row || b->p->weight[i] <= 0 || !m->want[c]) continue;
        const state *in = &s[state_of[c]];
        seed[in->first + (size_t)row_at[row - 1] * in->cols + col_at[c]] += b->p->weight[i];
    }
}

/* Each row's state, by any cell of the product that lies in it. */
static void rows_sort(const building *b, const margin *m, const uint32_t *state_of, uint32_t *row_state) {
    memset(row_state, 0xFF, sizeof *row_state * b->n);
    for (uint32_t i = 0; i < b->p->cells; i++) {
        uint32_t row = b->row[b->key[i]];
        if (row) row_state[row - 1] = state_of[m->of[i]];
    }
}

/* Where a margin is joined: the state of each of its cells, and the places of rows and columns in it. */
typedef struct seam {
    const state *in;
    const uint32_t *state_of, *row_at, *col_at;
} seam;

/* The list becomes the pairs (row, cell of the margin) that somebody is in; each is one key of the wider space.
 */
static void list_take(building *b, const margin *m, const seam *e, const uint64_t *out, size_t size) {
    uint32_t *place = xcalloc(size + 1, sizeof *place), n = 0; /* of a pair: + 1 */
    for (size_t i = 0; i < size; i++)
        if (out[i]) place[i] = ++n;
    uint64_t *count = arena_new_of(b->p->mem, uint64_t, n + 1);
    for (size_t i = 0; i < size; i++)
        if (out[i]) count[place[i] - 1] = out[i];
    uint32_t *row_of = xcalloc((size_t)b->p->cells, sizeof *row_of);
    for (uint32_t i = 0; i < b->p->cells; i++) row_of[i] = b->row[b->key[i]];
    keys_extend(b, m);
    b->row = arena_new_of(b->p->mem, uint32_t, b->keys);
    for (uint32_t i = 0; i < b->p->cells; i++) {
        uint32_t c = m->of[i];
        if (!row_of[i] || !m->want[c]) continue;
        const state *in = &e->in[e->state_of[c]];
        uint32_t to = place[in->first + (size_t)e->row_at[row_of[i] - 1] * in->cols + e->col_at[c]];
        if (to) b->row[b->key[i]] = to;
    }
    b->count = count;
    b->n = n;
    free(place);
    free(row_of);
}

static void join_one(building *b, const junction *j) {
    const margin *m = &b->p->margin[j->margin];
    arena *mem = b->p->mem;
    uint32_t *state_of = arena_new_of(mem, uint32_t, m->cells), states = states_of(m, j->separator, state_of);
    state *s = arena_new_of(mem, state, states);
    uint32_t *row_state = arena_new_of(mem, uint32_t, b->n + 1),
             *row_at = arena_new_of(mem, uint32_t, b->n + 1), *col_at = arena_new_of(mem, uint32_t, m->cells);
    rows_sort(b, m, state_of, row_state);
    for (uint32_t i = 0; i < b->n; i++) row_at[i] = s[row_state[i]].rows++;
    for (uint32_t c = 0; c < m->cells; c++)
        if (m->want[c]) col_at[c] = s[state_of[c]].cols++;
    size_t size = 0;
    for (uint32_t i = 0; i < states; i++) {
        s[i].first = size;
        s[i].row = arena_new_of(mem, uint32_t, s[i].rows + 1);
        s[i].col = arena_new_of(mem, uint32_t, s[i].cols + 1);
        size += (size_t)s[i].rows * s[i].cols;
    }
    for (uint32_t i = 0; i < b->n; i++) s[row_state[i]].row[row_at[i]] = i;
    for (uint32_t c = 0; c < m->cells; c++)
        if (m->want[c]) s[state_of[c]].col[col_at[c]] = c;
    double *seed = xcalloc(size + 1, sizeof *seed);
    uint64_t *out = xcalloc(size + 1, sizeof *out);
    seeds_fill(b, m, state_of, s, row_at, col_at, seed);
    for (uint32_t i = 0; i < states; i++) {
        if (!s[i].rows || !s[i].cols) {
            b->exact = b->exact && !s[i].rows && !s[i].cols;
            continue;
        }
        uint64_t *row = xcalloc((size_t)s[i].rows + s[i].cols, sizeof *row), *col = row + s[i].rows;
        for (uint32_t r = 0; r < s[i].rows; r++) row[r] = b->count[s[i].row[r]];
        for (uint32_t c = 0; c < s[i].cols; c++) col[c] = m->want[s[i].col[c]];
        b->exact =
            matrix_round(seed + s[i].first, row, s[i].rows, col, s[i].cols, out + s[i].first) && b->exact;
        free(row);
    }
    list_take(b, m, &(seam){s, state_of, row_at, col_at}, out, size);
    free(seed);
    free(out);
}

/* Persons of one cell of the list among its cells of the product, by weight. */
static void spread_one(const building *b, uint32_t r, const uint32_t *member, uint32_t n, uint64_t *count) {
    if (n == 1) {
        count[member[0]] = b->count[r];
        return;
    }
    double *weight = xcalloc((size_t)n + 1, sizeof *weight);
    uint64_t *mass = xcalloc(2 * (size_t)n + 2, sizeof *mass), *got = mass + n + 1;
    for (uint32_t k = 0; k < n; k++) weight[k] = b->p->weight[member[k]];
    mass_of(weight, n, mass);
    share_out(b->count[r], mass, n, rng_u64(b->p->key, r, 7, 0, 0), got);
    for (uint32_t k = 0; k < n; k++) count[member[k]] = got[k];
    free(weight);
    free(mass);
}

static void spread(const building *b, uint64_t *count) {
    const problem *p = b->p;
    uint32_t *first = xcalloc((size_t)b->n + 2, sizeof *first),
             *member = xcalloc((size_t)p->cells + 1, sizeof *member);
    for (uint32_t i = 0; i < p->cells; i++)
        if (p->weight[i] > 0 && b->row[b->key[i]]) first[b->row[b->key[i]] + 1]++;
    for (uint32_t i = 1; i <= b->n + 1; i++) first[i] += first[i - 1];
    for (uint32_t i = 0; i < p->cells; i++)
        if (p->weight[i] > 0 && b->row[b->key[i]]) member[first[b->row[b->key[i]]]++] = i;
    /* now first[r + 1] is where row r ends */
    for (uint32_t r = 0; r < b->n; r++)
        if (first[r + 1] > first[r]) spread_one(b, r, member + first[r], first[r + 1] - first[r], count);
    free(first);
    free(member);
}

bool solve_join(const problem *p, const junction *list, uint32_t joins, uint64_t *count) {
    building b = {.p = p, .keys = 1, .n = 1, .exact = true};
    b.key = arena_new_of(p->mem, uint32_t, p->cells);
    b.row = arena_new_of(p->mem, uint32_t, 1);
    b.count = arena_new_of(p->mem, uint64_t, 1);
    b.row[0] = 1;
    b.count[0] = p->n;
    for (uint32_t i = 0; i < joins; i++) join_one(&b, &list[i]);
    memset(count, 0, sizeof *count * p->cells);
    spread(&b, count);
    return b.exact;
}

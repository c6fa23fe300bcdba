/* round.c: controlled rounding of a product of two margins: each cell to the floor or the ceiling of
 * row x column / n, and rows and columns keep their sums.
 *
 * The cells with a fraction are the edges of a bipartite graph of rows and columns. Fractions of a row sum to a
 * whole number, so a row or column with one edge has two, and a walk that never turns back closes a cycle.
 * Along a cycle as much is added to every other edge as is taken from the ones between: sums stay, and at least
 * one edge becomes whole. Fractions are exact: numerators over n. A walk takes the first edge it may, so that
 * cycles are short: 4 edges mostly.
 */
#include "taxonomy/solve/solve.h"

#include <stdlib.h>

typedef struct rounding {
    uint64_t *rest, *out; /* numerator of the fraction of a cell; its whole part */
    uint32_t rows, cols;
    uint64_t n;
    uint32_t *first, *second;       /* of a row or column: its first two edges may not be before these */
    uint32_t *path, *place, length; /* vertices walked, and the place of each + 1 */
} rounding;

static uint32_t degree_of(const rounding *g, uint32_t v) {
    return v < g->rows ? g->cols : g->rows;
}

static size_t cell_of(const rounding *g, uint32_t v, uint32_t k) {
    return v < g->rows ? (size_t)v * g->cols + k : (size_t)k * g->cols + (v - g->rows);
}

static uint32_t other_of(const rounding *g, uint32_t v, uint32_t k) {
    return v < g->rows ? g->rows + k : k;
}

/* The first neighbour of v that is not `from`; UINT32_MAX: v has no edge. Cells only ever become whole, so both
 * pointers move forward only. */
static uint32_t step_from(rounding *g, uint32_t v, uint32_t from) {
    uint32_t degree = degree_of(g, v), *a = &g->first[v], *b = &g->second[v];
    while (*a < degree && !g->rest[cell_of(g, v, *a)]) ++*a;
    if (*a == degree) return UINT32_MAX;
    if (other_of(g, v, *a) != from) return other_of(g, v, *a);
    if (*b <= *a) *b = *a + 1;
    while (*b < degree && !g->rest[cell_of(g, v, *b)]) ++*b;
    return *b == degree ? UINT32_MAX : other_of(g, v, *b);
}

static size_t edge_of(const rounding *g, uint32_t a, uint32_t b) {
    return a < g->rows ? (size_t)a * g->cols + (b - g->rows) : (size_t)b * g->cols + (a - g->rows);
}

/* The edge from place i of the path to the next; the last one closes the cycle. */
static size_t cycle_edge(const rounding *g, uint32_t from, uint32_t i) {
    return edge_of(g, g->path[i], g->path[i + 1 < g->length ? i + 1 : from]);
}

static void move_edge(rounding *g, size_t cell, bool up, uint64_t by) {
    g->rest[cell] = up ? g->rest[cell] + by : g->rest[cell] - by;
    if (g->rest[cell] != g->n) return;
    g->rest[cell] = 0;
    g->out[cell]++;
}

static void cancel(rounding *g, uint32_t from) {
    uint64_t first_up = UINT64_MAX, first_down = UINT64_MAX;
    for (uint32_t i = from; i < g->length; i++) {
        uint64_t down = g->rest[cycle_edge(g, from, i)], up = g->n - down;
        bool even = (i - from) % 2 == 0;
        uint64_t a = even ? up : down, b = even ? down : up;
        if (a < first_up) first_up = a;
        if (b < first_down) first_down = b;
    }
    bool up = first_up <= first_down; /* the shorter way moves cells less */
    uint64_t by = up ? first_up : first_down;
    for (uint32_t i = from; i < g->length; i++)
        move_edge(g, cycle_edge(g, from, i), ((i - from) % 2 == 0) == up, by);
}

static void push(rounding *g, uint32_t v) {
    g->path[g->length++] = v;
    g->place[v] = g->length;
}

static void pop_to(rounding *g, uint32_t length) {
    while (g->length > length) g->place[g->path[--g->length]] = 0;
}

static void round_from(rounding *g, uint32_t row) {
    push(g, row);
    while (g->length) {
        uint32_t v = g->path[g->length - 1], from = g->length > 1 ? g->path[g->length - 2] : UINT32_MAX;
        uint32_t next = step_from(g, v, from);
        if (next == UINT32_MAX) {
            pop_to(g, g->length - 1);
        } else if (g->place[next]) {
            uint32_t start = g->place[next] - 1;
            cancel(g, start);
            pop_to(g, start + 1);
        } else {
            push(g, next);
        }
    }
}

void round_matrix(uint64_t *rest, uint64_t *out, uint32_t rows, uint32_t cols, uint64_t unit) {
    size_t vertices = (size_t)rows + cols;
    rounding g = {.rest = rest, .out = out, .rows = rows, .cols = cols, .n = unit};
    uint32_t *memory = xcalloc(vertices * 4 + 4, sizeof *memory);
    g.first = memory;
    g.second = memory + vertices;
    g.path = memory + vertices * 2;
    g.place = memory + vertices * 3;
    for (uint32_t i = 0; i < rows; i++) round_from(&g, i);
    free(memory);
}

void round_product(const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols, uint64_t n,
                   uint64_t *out) {
    uint64_t *rest = xcalloc((size_t)rows * cols + 1, sizeof *rest);
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = 0; k < cols; k++) {
            unsigned __int128 ideal = (unsigned __int128)row[i] * col[k];
            out[(size_t)i * cols + k] = (uint64_t)(ideal / n);
            rest[(size_t)i * cols + k] = (uint64_t)(ideal % n);
        }
    round_matrix(rest, out, rows, cols, n);
    free(rest);
}

/* flow.c: a matrix of whole persons with given margins where some cells must stay 0: a maximum flow from
 * rows to columns (Dinic: shortest augmenting paths, a level graph at a time). It begins with the seed's
 * proportions, rounded down, so that what it ends with is near them.
 */
#include "taxonomy/solve/solve_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct flow {
    const double *seed;
    uint64_t *out, *supply, *demand; /* what each row and column still lacks */
    uint32_t rows, cols;
    uint32_t *level, *next, *queue; /* vertices: rows, then columns */
} flow;

static bool edge(const flow *f, uint32_t row, uint32_t col) {
    return f->seed[(size_t)row * f->cols + col] > 0;
}

static uint64_t *through(const flow *f, uint32_t row, uint32_t col) {
    return &f->out[(size_t)row * f->cols + col];
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static void begin_near(flow *f) {
    for (uint32_t i = 0; i < f->rows; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < f->cols; k++) sum += f->seed[(size_t)i * f->cols + k];
        double want = (double)f->supply[i];
        for (uint32_t k = 0; k < f->cols && sum > 0; k++) {
            uint64_t by = (uint64_t)(want * (f->seed[(size_t)i * f->cols + k] / sum));
            by = least(by, least(f->supply[i], f->demand[k]));
            *through(f, i, k) = by;
            f->supply[i] -= by;
            f->demand[k] -= by;
        }
    }
}

static void visit(flow *f, uint32_t v, uint32_t level, uint32_t *tail) {
    if (f->level[v] != UINT32_MAX) return;
    f->level[v] = level;
    f->queue[(*tail)++] = v;
}

/* Distances from rows that lack; true: a column that lacks is within reach. */
static bool levels(flow *f) {
    uint32_t tail = 0;
    bool reached = false;
    memset(f->level, 0xFF, sizeof *f->level * ((size_t)f->rows + f->cols));
    memset(f->next, 0, sizeof *f->next * ((size_t)f->rows + f->cols));
    for (uint32_t i = 0; i < f->rows; i++)
        if (f->supply[i]) visit(f, i, 0, &tail);
    for (uint32_t at = 0; at < tail; at++) {
        uint32_t v = f->queue[at], level = f->level[v] + 1;
        if (v < f->rows) {
            for (uint32_t k = 0; k < f->cols; k++)
                if (edge(f, v, k)) visit(f, f->rows + k, level, &tail);
        } else {
            reached = reached || f->demand[v - f->rows];
            for (uint32_t i = 0; i < f->rows; i++)
                if (*through(f, i, v - f->rows)) visit(f, i, level, &tail);
        }
    }
    return reached;
}

/* Sends up to `most` on from v; a path is as long as the levels are deep, at most rows + columns. */
static uint64_t push(flow *f, uint32_t v, uint64_t most) {
    bool is_row = v < f->rows;
    if (!is_row && f->demand[v - f->rows]) {
        uint64_t by = least(most, f->demand[v - f->rows]);
        f->demand[v - f->rows] -= by;
        return by;
    }
    for (uint32_t n = is_row ? f->cols : f->rows; f->next[v] < n; f->next[v]++) {
        uint32_t k = f->next[v], to = is_row ? f->rows + k : k;
        if (f->level[to] != f->level[v] + 1 || (is_row && !edge(f, v, k))) continue;
        uint64_t room = is_row ? most : least(most, *through(f, k, v - f->rows));
        uint64_t by = room ? push(f, to, room) : 0;
        if (!by) continue;
        if (is_row)
            *through(f, v, k) += by;
        else
            *through(f, k, v - f->rows) -= by;
        return by;
    }
    return 0;
}

bool solve_flow(const double *seed, const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols,
                uint64_t *out, bool *reached) {
    size_t n = (size_t)rows + cols;
    flow f = {.seed = seed, .out = out, .rows = rows, .cols = cols};
    f.supply = xcalloc(n, sizeof *f.supply);
    f.demand = f.supply + rows;
    f.level = xcalloc(3 * n, sizeof *f.level);
    f.next = f.level + n;
    f.queue = f.next + n;
    memcpy(f.supply, row, sizeof *row * rows);
    memcpy(f.demand, col, sizeof *col * cols);
    memset(out, 0, sizeof *out * (size_t)rows * cols);
    begin_near(&f);
    while (levels(&f))
        for (uint32_t i = 0; i < rows; i++)
            for (uint64_t by; f.supply[i] && (by = push(&f, i, f.supply[i]));) f.supply[i] -= by;
    bool all = true;
    for (size_t v = 0; v < n; v++) all = all && !f.supply[v];
    for (size_t v = 0; reached && v < n; v++) reached[v] = f.level[v] != UINT32_MAX;
    free(f.supply);
    free(f.level);
    return all;
}

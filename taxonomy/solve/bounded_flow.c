/* bounded_flow.c: one or two margins under bounds: a maximum flow (Dinic) from the cells of the first to
 * those of the second, through one edge a group, which holds no more than its bound. It begins at the fitted
 * ideal rounded down. What the flow cannot bring is a minimal cut: the cells that can still be reached from one
 * that lacks.
 */
#include "taxonomy/solve/bounded_parts.h"

#include <stdlib.h>
#include <string.h>

/* Vertices: cells of the first margin, then of the second. */
typedef struct flow {
    const grouped *g;
    const group_margin *row, *col; /* col NULL: one column for all */
    uint32_t rows, cols;
    uint64_t *count;
    uint64_t *lack; /* what each vertex still wants */
    uint32_t *level, *next, *queue;
} flow;

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint32_t col_of(const flow *f, uint32_t group) {
    return f->rows + (f->col ? f->col->of[group] : 0);
}

/* The k-th edge of a vertex; false: it has no more. */
static bool edge_at(const flow *f, uint32_t v, uint32_t k, uint32_t *group) {
    if (v >= f->rows && !f->col) {
        *group = k;
        return k < f->g->groups;
    }
    const group_margin *m = v < f->rows ? f->row : f->col;
    uint32_t c = v < f->rows ? v : v - f->rows;
    if (m->first[c] + k >= m->first[c + 1]) return false;
    *group = m->list[m->first[c] + k];
    return true;
}

/* What an edge lets through from v to its other end. */
static uint64_t room_from(const flow *f, uint32_t v, uint32_t group) {
    return v < f->rows ? f->g->most[group] - f->count[group] : f->count[group];
}

static uint32_t other_end(const flow *f, uint32_t v, uint32_t group) {
    return v < f->rows ? col_of(f, group) : f->row->of[group];
}

static void begin_near(flow *f) {
    for (uint32_t i = 0; i < f->g->groups; i++) {
        uint64_t *row = &f->lack[f->row->of[i]], *col = &f->lack[col_of(f, i)],
                 by = least(least((uint64_t)f->g->ideal[i], f->g->most[i]), least(*row, *col));
        f->count[i] = by;
        *row -= by;
        *col -= by;
    }
}

static void visit(flow *f, uint32_t v, uint32_t level, uint32_t *tail) {
    if (f->level[v] != UINT32_MAX) return;
    f->level[v] = level;
    f->queue[(*tail)++] = v;
}

/* Distances from rows that lack; true: a column that lacks is within reach. */
static bool levels(flow *f) {
    uint32_t tail = 0, group;
    bool reached = false;
    memset(f->level, 0xFF, sizeof *f->level * ((size_t)f->rows + f->cols));
    memset(f->next, 0, sizeof *f->next * ((size_t)f->rows + f->cols));
    for (uint32_t v = 0; v < f->rows; v++)
        if (f->lack[v]) visit(f, v, 0, &tail);
    for (uint32_t at = 0; at < tail; at++) {
        uint32_t v = f->queue[at];
        reached = reached || (v >= f->rows && f->lack[v]);
        for (uint32_t k = 0; edge_at(f, v, k, &group); k++)
            if (room_from(f, v, group)) visit(f, other_end(f, v, group), f->level[v] + 1, &tail);
    }
    return reached;
}

/* Sends up to `most` on from v; a path is as long as the levels are deep. */
static uint64_t push(flow *f, uint32_t v, uint64_t most) {
    uint32_t group;
    if (v >= f->rows && f->lack[v]) {
        uint64_t by = least(most, f->lack[v]);
        f->lack[v] -= by;
        return by;
    }
    for (; edge_at(f, v, f->next[v], &group); f->next[v]++) {
        uint32_t to = other_end(f, v, group);
        uint64_t room = f->level[to] == f->level[v] + 1 ? least(most, room_from(f, v, group)) : 0,
                 by = room ? push(f, to, room) : 0;
        if (!by) continue;
        f->count[group] = v < f->rows ? f->count[group] + by : f->count[group] - by;
        return by;
    }
    return 0;
}

/* Rows in reach ask; columns in reach take what they want of it, and the edges that leave them are full. */
static void cut_tell(const flow *f, bounded_report *r) {
    const bounded *b = f->g->b;
    for (uint32_t m = 0; m < b->margins; m++)
        memset(r->cut.side[m], 0, sizeof **r->cut.side * b->margin[m].cells);
    for (uint32_t v = 0; v < f->rows + f->cols; v++) {
        if (f->level[v] == UINT32_MAX) continue;
        if (v < f->rows)
            r->cut.side[f->row->index][v] = 1;
        else if (f->col)
            r->cut.side[f->col->index][v - f->rows] = -1;
    }
    r->end = bounded_cut_holds(b, &r->cut) ? BOUNDED_SHORT : BOUNDED_WHOLE;
}

bool bounded_flow(const grouped *g, uint64_t *count, bounded_report *r) {
    flow f = {.g = g, .row = &g->margin[0], .col = g->margins > 1 ? &g->margin[1] : NULL, .count = count};
    f.rows = f.row->cells;
    f.cols = f.col ? f.col->cells : 1;
    size_t n = (size_t)f.rows + f.cols;
    f.lack = xcalloc(n, sizeof *f.lack);
    f.level = xcalloc(3 * n, sizeof *f.level);
    f.next = f.level + n;
    f.queue = f.next + n;
    memcpy(f.lack, f.row->want, sizeof *f.lack * f.rows);
    if (f.col)
        memcpy(f.lack + f.rows, f.col->want, sizeof *f.lack * f.cols);
    else
        f.lack[f.rows] = g->b->n;
    begin_near(&f);
    while (levels(&f))
        for (uint32_t v = 0; v < f.rows; v++)
            for (uint64_t by; f.lack[v] && (by = push(&f, v, f.lack[v]));) f.lack[v] -= by;
    bool all = true;
    for (uint32_t v = 0; v < f.rows; v++) all = all && !f.lack[v];
    if (!all) cut_tell(&f, r);
    free(f.lack);
    free(f.level);
    return all;
}

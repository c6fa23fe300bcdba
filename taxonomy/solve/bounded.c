/* bounded.c: groups, the fit under bounds, the course, and the proof of what comes out.
 *
 * Fit: min(most, weight x a factor for each margin cell), the factors found one margin cell after the other so
 * that it has what it wants: the joint nearest to the weights (in relative entropy) that fits the bounds, if
 * there is one. Sweeps are bounded by work, not by time.
 */
#include "taxonomy/solve/bounded_parts.h"

#include <stdlib.h>
#include <string.h>

#define CLOSE    1e-10 /* relative error of a margin cell */
#define WORK_MAX 4e8   /* group updates */
#define SWEEPS   2000
#define LITTLE   1e-3 /* persons: the weight of a cell that the ideal leaves empty */

/* ---- groups -------------------------------------------------------------------------------------------- */

static void cells_group(grouped *g) {
    const bounded *b = g->b;
    g->of = arena_new_of(g->mem, uint32_t, b->cells);
    g->groups = b->cells > 0;
    for (uint32_t m = 0; m < b->margins; m++) {
        u64map *known = u64map_new(g->groups);
        uint32_t groups = 0;
        for (uint32_t i = 0; i < b->cells; i++) {
            uint64_t key = (uint64_t)g->of[i] << 32 | b->margin[m].of[i], at;
            if (!u64map_get(known, key, &at)) u64map_put(known, key, at = groups++);
            g->of[i] = (uint32_t)at;
        }
        g->groups = groups;
        u64map_free(known);
    }
    g->most = arena_new_of(g->mem, uint64_t, g->groups);
    g->ideal = arena_new_of(g->mem, double, g->groups);
}

/* Bounds and weights of groups. */
static void groups_weigh(grouped *g, const uint64_t *most) {
    const bounded *b = g->b;
    memset(g->most, 0, sizeof *g->most * g->groups);
    memset(g->ideal, 0, sizeof *g->ideal * g->groups);
    for (uint32_t i = 0; i < b->cells; i++) {
        g->most[g->of[i]] += most[i];
        g->ideal[g->of[i]] += b->weight[i] > LITTLE ? b->weight[i] : LITTLE;
    }
}

static void margin_fill(grouped *g, uint32_t index, group_margin *m) {
    const bounded_margin *from = &g->b->margin[index];
    *m = (group_margin){.index = index, .cells = from->cells, .want = from->want};
    m->of = arena_new_of(g->mem, uint32_t, g->groups);
    m->first = arena_new_of(g->mem, uint32_t, (size_t)m->cells + 2);
    m->list = arena_new_of(g->mem, uint32_t, g->groups);
    for (uint32_t i = 0; i < g->b->cells; i++) m->of[g->of[i]] = from->of[i];
    for (uint32_t i = 0; i < g->groups; i++) m->first[m->of[i] + 2]++;
    for (uint32_t c = 2; c <= m->cells + 1; c++) m->first[c] += m->first[c - 1];
    for (uint32_t i = 0; i < g->groups; i++) m->list[m->first[m->of[i] + 1]++] = i;
}

/* Whether meeting b meets a: each cell of b lies in one of a, and wants no other sums. */
static bool implied(const grouped *g, const group_margin *a, const group_margin *b) {
    uint32_t *up = xcalloc((size_t)b->cells + 1, sizeof *up);
    uint64_t *sum = xcalloc((size_t)a->cells + 1, sizeof *sum);
    bool fine = true;
    for (uint32_t i = 0; i < g->groups && fine; i++) {
        uint32_t *to = &up[b->of[i]];
        fine = !*to || *to == a->of[i] + 1;
        *to = a->of[i] + 1;
    }
    for (uint32_t c = 0; c < b->cells; c++)
        if (up[c]) sum[up[c] - 1] += b->want[c];
    for (uint32_t c = 0; c < a->cells && fine; c++) fine = sum[c] == a->want[c];
    free(up);
    free(sum);
    return fine;
}

static void margins_choose(grouped *g) {
    uint32_t n = g->b->margins;
    group_margin *all = arena_new_of(g->mem, group_margin, n);
    bool *out = xcalloc((size_t)n + 1, sizeof *out);
    for (uint32_t m = 0; m < n; m++) margin_fill(g, m, &all[m]);
    for (uint32_t m = 0; m < n; m++)
        for (uint32_t k = 0; k < n && !out[m]; k++) out[m] = k != m && !out[k] && implied(g, &all[m], &all[k]);
    g->margin = arena_new_of(g->mem, group_margin, n);
    for (uint32_t m = 0; m < n; m++)
        if (!out[m]) g->margin[g->margins++] = all[m];
    free(out);
}

/* ---- fit ----------------------------------------------------------------------------------------------- */

static double bounded_sum(const grouped *g, const group_margin *m, uint32_t c, double by, double *loose) {
    double all = 0;
    *loose = 0;
    for (uint32_t k = m->first[c]; k < m->first[c + 1]; k++) {
        double x = g->ideal[m->list[k]] * by, most = (double)g->most[m->list[k]];
        if (x < most) *loose += x;
        all += x < most ? x : most;
    }
    return all;
}

/* Scales the groups of a margin cell until as many as it wants fit below their bounds; the error before. The
 * sum is concave in the factor and made of few straight lines: Newton's steps end. */
static double cell_scale(const grouped *g, const group_margin *m, uint32_t c) {
    double want = (double)m->want[c], by = 1, loose, sum = bounded_sum(g, m, c, by, &loose),
           off = sum > want ? sum - want : want - sum;
    for (int step = 0; step < 60 && want > 0 && loose > 0; step++) {
        double gap = want - sum;
        if (gap <= CLOSE * want && gap >= -CLOSE * want) break;
        double next = by * (1 + gap / loose);
        by = next > by / 1024 ? next : by / 1024; /* from far above the line may point below 0 */
        sum = bounded_sum(g, m, c, by, &loose);
    }
    if (want <= 0) by = 0;
    for (uint32_t k = m->first[c]; k < m->first[c + 1]; k++) {
        double *x = &g->ideal[m->list[k]];
        *x *= by;
        if (*x > 1e18) *x = 1e18;
        if (*x < 1e-100 && by > 0) *x = 1e-100;
    }
    return want > 0 ? off / want : 0;
}

static void ideal_fit(grouped *g, bounded_report *r) {
    double sweeps = WORK_MAX / (4.0 * g->groups * g->margins + 1), worst = 1;
    if (sweeps > SWEEPS) sweeps = SWEEPS;
    for (r->sweeps = 0; worst > CLOSE && (r->sweeps < 2 || r->sweeps < sweeps); r->sweeps++) {
        worst = 0;
        for (uint32_t m = 0; m < g->margins; m++)
            for (uint32_t c = 0; c < g->margin[m].cells; c++) {
                double off = cell_scale(g, &g->margin[m], c);
                if (off > worst) worst = off;
            }
    }
    r->fitted = worst < 1e-6;
    for (uint32_t i = 0; i < g->groups; i++)
        if (g->ideal[i] > (double)g->most[i]) g->ideal[i] = (double)g->most[i];
}

/* ---- from groups to cells ------------------------------------------------------------------------------ */

/* Persons of a group among its cells, by weight, none beyond its bound. */
static void group_spread(const bounded *b, const uint32_t *cell, uint32_t n, uint64_t total, uint64_t *count) {
    uint64_t *mass = xcalloc(3 * (size_t)n + 3, sizeof *mass), *got = mass + n + 1, *room = got + n + 1;
    double *weight = xcalloc((size_t)n + 1, sizeof *weight);
    for (uint32_t k = 0; k < n; k++) weight[k] = b->weight[cell[k]] > LITTLE ? b->weight[cell[k]] : LITTLE;
    for (uint32_t k = 0; k < n; k++) room[k] = b->most[cell[k]];
    while (total) {
        for (uint32_t k = 0; k < n; k++)
            if (!room[k]) weight[k] = 0;
        mass_of(weight, n, mass);
        share_out(total, mass, n, rng_u64(b->key, cell[0], 21, total, 0), got);
        for (uint32_t k = 0; k < n; k++) {
            uint64_t by = got[k] < room[k] ? got[k] : room[k];
            count[cell[k]] += by;
            room[k] -= by;
            total -= by;
        }
    }
    free(mass);
    free(weight);
}

static void spread(const grouped *g, const uint64_t *persons, uint64_t *count) {
    const bounded *b = g->b;
    uint32_t *first = xcalloc((size_t)g->groups + 2, sizeof *first),
             *cell = xcalloc((size_t)b->cells + 1, sizeof *cell);
    for (uint32_t i = 0; i < b->cells; i++) first[g->of[i] + 2]++;
    for (uint32_t i = 2; i <= g->groups + 1; i++) first[i] += first[i - 1];
    for (uint32_t i = 0; i < b->cells; i++) cell[first[g->of[i] + 1]++] = i;
    memset(count, 0, sizeof *count * b->cells);
    for (uint32_t i = 0; i < g->groups; i++)
        group_spread(b, cell + first[i], first[i + 1] - first[i], persons[i], count);
    free(first);
    free(cell);
}

/* ---- proofs -------------------------------------------------------------------------------------------- */

bool bounded_cut_holds(const bounded *b, bounded_cut *cut) {
    cut->asked = cut->other = cut->room = 0;
    for (uint32_t m = 0; m < b->margins; m++)
        for (uint32_t c = 0; c < b->margin[m].cells; c++) {
            int64_t side = cut->side[m][c];
            if (side > 0) cut->asked += (uint64_t)side * b->margin[m].want[c];
            if (side < 0) cut->other += (uint64_t)-side * b->margin[m].want[c];
        }
    for (uint32_t i = 0; i < b->cells; i++) {
        int64_t side = 0;
        for (uint32_t m = 0; m < b->margins; m++) side += cut->side[m][b->margin[m].of[i]];
        if (side > 0) cut->room += (uint64_t)side * b->most[i];
    }
    return cut->asked > cut->other + cut->room;
}

static void cut_begin(const bounded *b, bounded_cut *cut) {
    cut->side = arena_new_of(b->mem, int32_t *, b->margins + 1);
    for (uint32_t m = 0; m < b->margins; m++)
        cut->side[m] = arena_new_of(b->mem, int32_t, b->margin[m].cells + 1);
}

/* The margin cell that lacks most, by itself. */
static bool cells_suffice(const bounded *b, bounded_report *r) {
    uint64_t worst = 0;
    for (uint32_t m = 0; m < b->margins; m++) {
        uint64_t *room = xcalloc((size_t)b->margin[m].cells + 1, sizeof *room);
        for (uint32_t i = 0; i < b->cells; i++) room[b->margin[m].of[i]] += b->most[i];
        for (uint32_t c = 0; c < b->margin[m].cells; c++) {
            uint64_t want = b->margin[m].want[c];
            if (want <= room[c] || want - room[c] <= worst) continue;
            worst = want - room[c];
            for (uint32_t k = 0; k < b->margins; k++)
                memset(r->cut.side[k], 0, sizeof *r->cut.side[k] * b->margin[k].cells);
            r->cut.side[m][c] = 1;
        }
        free(room);
    }
    return !worst;
}

static bool met(const bounded *b, const uint64_t *count) {
    bool fine = true;
    for (uint32_t i = 0; i < b->cells; i++) fine = fine && count[i] <= b->most[i];
    for (uint32_t m = 0; m < b->margins && fine; m++) {
        uint64_t *got = xcalloc((size_t)b->margin[m].cells + 1, sizeof *got);
        for (uint32_t i = 0; i < b->cells; i++) got[b->margin[m].of[i]] += count[i];
        fine = memcmp(got, b->margin[m].want, sizeof *got * b->margin[m].cells) == 0;
        free(got);
    }
    return fine;
}

/* ---- the caller's way under narrowed bounds -------------------------------------------------------------- */

/* Bounds while tries go on: `by` less than the true ones everywhere, and less again where a try passed them. */
typedef struct narrow {
    uint64_t *passed, *most; /* one a cell: what tries passed it by; what holds now */
    uint64_t by;
    bool everywhere; /* as long as the margins can be met so */
} narrow;

static void bounds_narrow(const bounded *b, const uint64_t *count, narrow *n) {
    for (uint32_t i = 0; i < b->cells; i++) {
        if (count[i] > b->most[i]) n->passed[i] += count[i] - b->most[i] + 1;
        uint64_t less = n->passed[i] + n->by;
        n->most[i] = less < b->most[i] ? b->most[i] - less : 0;
    }
}

static bool narrowed_fit(grouped *g, const uint64_t *count, narrow *n) {
    bounded_report r;
    n->by = n->everywhere ? n->by + 1 : 0;
    bounds_narrow(g->b, count, n);
    groups_weigh(g, n->most);
    ideal_fit(g, &r);
    if (r.fitted || !n->everywhere) return r.fitted;
    n->everywhere = false;
    n->by = 0;
    bounds_narrow(g->b, count, n);
    groups_weigh(g, n->most);
    ideal_fit(g, &r);
    return r.fitted;
}

static bool by_whole(grouped *g, uint64_t *count, bounded_report *r) {
    enum { TRIES = 24 };
    const bounded *b = g->b;
    narrow n = {arena_new_of(b->mem, uint64_t, b->cells), arena_new_of(b->mem, uint64_t, b->cells), 0, true};
    double *ideal = arena_new_of(b->mem, double, b->cells);
    memcpy(n.most, b->most, sizeof *n.most * b->cells);
    do {
        for (uint32_t i = 0; i < b->cells; i++) {
            uint32_t of = g->of[i];
            ideal[i] = g->most[of] ? g->ideal[of] * ((double)n.most[i] / (double)g->most[of]) : 0;
        }
        if (!b->whole(b->arg, ideal, r->tries++, count)) return false;
        if (met(b, count)) return true;
    } while (r->tries < TRIES && narrowed_fit(g, count, &n));
    return false;
}

bool solve_bounded(const bounded *b, uint64_t *count, bounded_report *r) {
    *r = (bounded_report){.end = BOUNDED_SHORT};
    cut_begin(b, &r->cut);
    if (!cells_suffice(b, r)) return bounded_cut_holds(b, &r->cut) && false;
    grouped g = {.b = b, .mem = b->mem};
    cells_group(&g);
    margins_choose(&g);
    groups_weigh(&g, b->most);
    ideal_fit(&g, r);
    r->groups = g.groups;
    r->used = g.margins;
    r->end = BOUNDED_DONE;
    if (g.margins > 2 && b->whole && r->fitted) {
        if (by_whole(&g, count, r)) return true;
        groups_weigh(&g, b->most);
        ideal_fit(&g, r);
    }
    uint64_t *persons = arena_new_of(b->mem, uint64_t, g.groups);
    r->by_program = g.margins > 2;
    if (!(r->by_program ? bounded_program(&g, persons, r) : bounded_flow(&g, persons, r))) return false;
    spread(&g, persons, count);
    r->end = met(b, count) ? BOUNDED_DONE : BOUNDED_WHOLE;
    return r->end == BOUNDED_DONE;
}

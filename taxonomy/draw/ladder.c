/* ladder.c: a distribution over a stretch of values as a table of the shares below each of them: its quantile
 * function by a look-up. A guide holds for equal parts of (0, 1) the rung where each begins, so that a rung or
 * two are climbed, whatever the shape.
 *
 * Invariants: below[0] = 0, never falling, and 1 from behind the last value that has a share; so a value
 * without share is never given. Both kinds of numbers, listed and normal, and choices come to the same table.
 */
#include "taxonomy/plan/plan.h"

#define THIN      1e-4 /* a share of which a difference of sums has 12 digits */
#define BELOW_ONE 0x1.fffffffffffffp-1
#define FEW       8   /* rungs that are gone through without a guide */
#define FINE      256 /* rungs up to which a guide has four parts for each */

static void finish(ladder *t, arena *mem) {
    double whole = t->below[t->rungs];
    uint32_t last = t->rungs;
    while (last > 0 && t->below[last - 1] >= whole) last--;
    for (uint32_t i = 1; i <= t->rungs; i++) {
        t->below[i] = i >= last ? 1 : t->below[i] / whole;
        if (t->below[i] < t->below[i - 1]) t->below[i] = t->below[i - 1];
    }
    if (t->rungs <= FEW) return;
    t->guides = t->rungs * (t->rungs <= FINE ? 4 : 1);
    t->guide = arena_new_of(mem, uint32_t, t->guides);
    for (uint32_t i = 0, rung = 0; i < t->guides; i++) {
        while (t->below[rung + 1] <= (double)i / t->guides) rung++;
        t->guide[i] = rung;
    }
}

static void ladder_new(ladder *t, int64_t lo, int64_t hi, arena *mem) {
    *t = (ladder){.lo = lo, .rungs = (uint32_t)(hi - lo + 1)};
    t->below = arena_new_of(mem, double, (size_t)t->rungs + 1);
}

void ladder_of_choice(ladder *t, const dist *s, uint32_t values, arena *mem) {
    ladder_new(t, 0, (int64_t)values - 1, mem);
    for (uint32_t i = 0; i < values; i++) t->below[i + 1] = t->below[i] + s->weight[i];
    finish(t, mem);
}

bool ladder_of_number(ladder *t, const dist *s, const node *n, uint32_t most, arena *mem) {
    int64_t lo, hi;
    if (!number_stretch(s, &lo, &hi) || hi - lo >= (int64_t)most) return false;
    ladder_new(t, lo, hi, mem);
    number_shares(s, n, t->below);
    if (!(t->below[t->rungs] > 0)) return false;
    finish(t, mem);
    return true;
}

/* The rung at p of the whole: the first one that ends above p, so it has a share. */
static uint32_t climb(const ladder *t, double p) {
    uint32_t rung = 0;
    if (t->rungs <= FEW) { /* adding up is faster than a branch that nobody can foresee */
        for (uint32_t i = 1; i < t->rungs; i++) rung += t->below[i] <= p;
        return rung;
    }
    rung = t->guide[(uint32_t)(p * t->guides)];
    while (t->below[rung + 1] <= p) rung++;
    return rung;
}

/* The rungs of an interval of values. false: none. */
static bool rungs_of(const ladder *t, const struct interval *in, uint32_t *from, uint32_t *to) {
    int64_t a = in->lo - t->lo, b = in->hi - t->lo;
    if (b < 0 || a >= (int64_t)t->rungs) return false;
    *from = a < 0 ? 0 : (uint32_t)a;
    *to = b < (int64_t)t->rungs ? (uint32_t)b : t->rungs - 1;
    return true;
}

bool ladder_at(const ladder *t, const value_set *cut, double u, int64_t *out) {
    if (!cut) {
        *out = t->lo + climb(t, u);
        return true;
    }
    uint32_t from = 0, to = 0;
    double whole = 0;
    for (uint32_t i = 0; i < cut->n; i++)
        if (rungs_of(t, &cut->in[i], &from, &to)) whole += t->below[to + 1] - t->below[from];
    if (whole < THIN) return false;
    double left = u * whole;
    bool found = false;
    for (uint32_t i = 0; i < cut->n; i++) {
        if (!rungs_of(t, &cut->in[i], &from, &to)) continue;
        double part = t->below[to + 1] - t->below[from];
        if (part <= 0) continue;
        found = true;
        double p = t->below[from] + (left < part ? left : part);
        uint32_t rung = climb(t, p < 1 ? p : BELOW_ONE);
        if (rung > to) rung = to; /* the sum was rounded up to the very end */
        while (t->below[rung + 1] <= t->below[rung]) rung--;
        *out = t->lo + rung;
        if (left < part) break;
        left -= part;
    }
    return found;
}

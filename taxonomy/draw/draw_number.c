/* draw_number.c: numbers by inversion of their distribution: u in (0, 1) -> steps. Without libm, so that every
 * machine draws the same.
 *
 * Step k of a normal distribution has the mass between k - 1/2 and k + 1/2 steps. What lies outside the range,
 * or outside the class of a cell, is cut off and not piled up: u runs over the mass that is left.
 */
#include "taxonomy/plan/plan.h"

#define BELOW_ONE 0x1.fffffffffffffp-1

static double step_of(const node *n) {
    static const double ten[10] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (n->kind != K_NUMBER || n->step.m <= 0) return 1;
    return (double)n->step.m / ten[n->step.places < 10 ? n->step.places : 9];
}

/* Halves away from zero. */
static int64_t round_steps(double x) {
    if (x > 4e18) return INT64_MAX / 2;
    if (x < -4e18) return -(INT64_MAX / 2);
    return x < 0 ? -(int64_t)(0.5 - x) : (int64_t)(x + 0.5);
}

static int64_t within(int64_t v, int64_t lo, int64_t hi) {
    return v < lo ? lo : v > hi ? hi : v;
}

/* ---- normal and log-normal: one piece -------------------------------------------------------------------- */

typedef struct curve {
    double mean, sd, step; /* of ln x for a log-normal one */
    bool log;
} curve;

/* Standard score of a bound; a log-normal distribution has nothing below 0. */
static double score(const curve *c, double steps) {
    double x = steps * c->step;
    if (!c->log) return (x - c->mean) / c->sd;
    return x <= 0 ? -1e3 : (num_log(x) - c->mean) / c->sd;
}

static tail_cut cut_curve(const curve *c, int64_t lo, int64_t hi) {
    double low = score(c, (double)lo - 0.5), high = score(c, (double)hi + 0.5);
    return (tail_cut){.mean = c->mean, .part = normal_part_of(low, high), .known = true};
}

static int64_t draw_curve(const curve *c, const tail_cut *t, double u, int64_t lo, int64_t hi) {
    double x = c->mean + c->sd * normal_part_at(&t->part, u);
    if (c->log) x = num_exp(x);
    return within(round_steps(x / c->step), lo, hi);
}

/* false: without mean (a REF has no value), or the median of a log-normal one is not positive. */
static bool curve_of(const dist *s, const node *n, const record *r, curve *c) {
    double mean;
    if (!linear_value(&s->mean, r, &mean)) return false;
    *c = (curve){mean, s->sd, step_of(n), s->form == DIST_LOG_NORMAL};
    if (!c->log) return true;
    if (mean <= 0) return false;
    c->mean = num_log(mean);
    return true;
}

void number_ready(const dist *s, const node *n, tail_cut *out) {
    curve c;
    *out = (tail_cut){0};
    if ((s->form != DIST_NORMAL && s->form != DIST_LOG_NORMAL) || s->mean.terms || s->sd <= 0) return;
    if (curve_of(s, n, NULL, &c)) *out = cut_curve(&c, s->lo, s->hi);
}

bool number_stretch(const dist *s, int64_t *first, int64_t *last) {
    if (s->form == DIST_BINS) {
        *first = s->bin[0].lo;
        *last = s->bin[s->bins - 1].hi;
        return true;
    }
    *first = s->lo;
    *last = s->hi;
    return (s->form == DIST_NORMAL || s->form == DIST_LOG_NORMAL) && !s->mean.terms && s->sd > 0;
}

static void bin_shares(const dist *s, double *below) {
    double sum = 0;
    for (uint32_t i = 0; i < s->bins; i++) {
        const struct interval *b = &s->bin[i];
        int64_t values = b->hi - b->lo + 1, at = b->lo - s->bin[0].lo;
        for (int64_t k = i ? s->bin[i - 1].hi + 1 - s->bin[0].lo : 0; k <= at; k++) below[k] = sum;
        for (int64_t k = 1; k <= values; k++) below[at + k] = sum + s->weight[i] * (double)k / (double)values;
        sum += s->weight[i];
    }
}

void number_shares(const dist *s, const node *n, double *below) {
    curve c;
    below[0] = 0;
    if (s->form == DIST_BINS) {
        bin_shares(s, below);
        return;
    }
    bool positive = curve_of(s, n, NULL, &c);
    for (int64_t v = s->lo; v <= s->hi; v++) {
        tail_cut t = positive ? cut_curve(&c, s->lo, v) : (tail_cut){0};
        below[v - s->lo + 1] = t.part.high - t.part.low;
    }
}

/* ---- pieces: stretches of steps, each with its mass, that make up a distribution within a cut ------------ */

typedef struct scan {
    const dist *s;
    const value_set *cut;
    const curve *c; /* NULL: bins */
    double left;    /* mass still to be passed */
    double sum;     /* mass passed */
    int64_t lo, hi; /* the piece where it ran out, else the last one */
    double mass;    /* of that piece */
    tail_cut tails;
    bool found;
} scan;

static double stretch_mass(const scan *k, uint32_t bin, int64_t lo, int64_t hi, tail_cut *t) {
    if (k->c) {
        *t = cut_curve(k->c, lo, hi);
        return t->part.high - t->part.low;
    }
    const struct interval *b = &k->s->bin[bin];
    return k->s->weight[bin] * (double)(hi - lo + 1) / (double)(b->hi - b->lo + 1);
}

static void pass(scan *k, uint32_t bin, int64_t lo, int64_t hi) {
    tail_cut t = {0};
    if (lo > hi || k->found) return;
    double mass = stretch_mass(k, bin, lo, hi, &t);
    k->sum += mass;
    if (mass <= 0) return;
    k->lo = lo;
    k->hi = hi;
    k->mass = mass;
    k->tails = t;
    if (k->left < mass)
        k->found = true;
    else
        k->left -= mass;
}

static void pass_cut(scan *k, uint32_t bin, int64_t lo, int64_t hi) {
    if (!k->cut) {
        pass(k, bin, lo, hi);
        return;
    }
    for (uint32_t i = 0; i < k->cut->n && !k->found; i++) {
        int64_t a = k->cut->in[i].lo, b = k->cut->in[i].hi;
        pass(k, bin, a > lo ? a : lo, b < hi ? b : hi);
    }
}

static void pass_all(scan *k) {
    if (k->c) {
        pass_cut(k, 0, k->s->lo, k->s->hi);
        return;
    }
    for (uint32_t i = 0; i < k->s->bins && !k->found; i++) pass_cut(k, i, k->s->bin[i].lo, k->s->bin[i].hi);
}

/* The value that a distribution without spread gives. */
static bool point_value(const dist *s, const node *n, const record *r, int64_t *out) {
    double mean;
    if (!linear_value(&s->mean, r, &mean)) return false;
    *out = round_steps(mean / step_of(n));
    if (s->form != DIST_EQUALS) return *out >= s->lo && *out <= s->hi;
    return *out >= n->lo && *out <= n->hi;
}

static bool is_point(const dist *s) {
    return s->form == DIST_EQUALS || (s->form != DIST_BINS && s->sd <= 0);
}

double number_mass(const dist *s, const node *n, const record *r, const value_set *cut) {
    int64_t at;
    curve c;
    if (is_point(s)) return point_value(s, n, r, &at) && value_set_has(cut, true, at) ? 1 : 0;
    scan k = {.s = s, .cut = cut, .left = 1e300};
    double whole = 1;
    if (s->form != DIST_BINS) {
        if (!curve_of(s, n, r, &c)) return 0;
        k.c = &c;
        tail_cut t = cut_curve(&c, s->lo, s->hi);
        whole = t.part.high - t.part.low;
    }
    pass_all(&k);
    return whole > 0 ? k.sum / whole : 0;
}

/* ---- draw ------------------------------------------------------------------------------------------------ */

/* Where u ran out in the piece, 0 to 1. Masses may sum to a little less than they should: then it is its end.
 */
static double rest_of(const scan *k) {
    return k->found ? k->left / k->mass : BELOW_ONE;
}

static bool draw_bins(const dist *s, const value_set *cut, double u, int64_t *out) {
    double whole = 1;
    if (cut) {
        scan all = {.s = s, .cut = cut, .left = 1e300};
        pass_all(&all);
        whole = all.sum;
    }
    scan k = {.s = s, .cut = cut, .left = u * whole};
    pass_all(&k);
    if (k.sum <= 0) return false;
    *out = within(k.lo + (int64_t)(rest_of(&k) * (double)(k.hi - k.lo + 1)), k.lo, k.hi);
    return true;
}

static bool draw_normal(const dist *s, const node *n, const record *r, const value_set *cut,
                        const tail_cut *ready, double u, int64_t *out) {
    curve c;
    if (ready && ready->known && !cut) {
        if (ready->part.high <= ready->part.low) return false;
        c = (curve){ready->mean, s->sd, step_of(n), s->form == DIST_LOG_NORMAL};
        *out = draw_curve(&c, ready, u, s->lo, s->hi);
        return true;
    }
    if (!curve_of(s, n, r, &c)) return false;
    if (!cut || cut->n == 1) {
        int64_t lo = cut && cut->in[0].lo > s->lo ? cut->in[0].lo : s->lo;
        int64_t hi = cut && cut->in[0].hi < s->hi ? cut->in[0].hi : s->hi;
        tail_cut t = cut_curve(&c, lo, hi);
        if (lo > hi || t.part.high <= t.part.low) return false;
        *out = draw_curve(&c, &t, u, lo, hi);
        return true;
    }
    scan all = {.s = s, .cut = cut, .c = &c, .left = 1e300};
    pass_all(&all);
    if (all.sum <= 0) return false;
    scan k = {.s = s, .cut = cut, .c = &c, .left = u * all.sum};
    pass_all(&k);
    *out = draw_curve(&c, &k.tails, rest_of(&k), k.lo, k.hi);
    return true;
}

bool number_draw(const dist *s, const node *n, const record *r, const value_set *cut, const tail_cut *ready,
                 double u, int64_t *out) {
    if (is_point(s)) return point_value(s, n, r, out) && (!cut || value_set_has(cut, true, *out));
    if (s->form == DIST_BINS) return draw_bins(s, cut, u, out);
    return draw_normal(s, n, r, cut, ready, u, out);
}

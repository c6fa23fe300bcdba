/* draw_copula.c: correlated attributes. Behind each stands a normal score, the scores have the matrix of
 * `correlate`, and the value is the quantile of the attribute's own distribution at the score's place.
 *
 * THE LAW. Scores z are N(0, R), on the condition that the class which the cell gives to an attribute holds:
 * z_i lies within the interval of scores, or the intervals, that the class takes up in the attribute's own
 * distribution. So within a cell, values follow the conditional law of the copula; and where a table has the
 * shares that the copula gives, the whole population follows the copula.
 *
 * HOW. z = L e with L the factor of R, e independent; the attributes stand in this order: first those of whose
 * class the cell alone knows the interval (known), then the others as they are drawn. Known scores are drawn
 * one after another, each cut to its interval given those before, and kept with the product of the chances of
 * the intervals over the highest that these can be (bounded by interval arithmetic): rejection, so the law is
 * exact. Where the interval follows from an attribute drawn below the cell, the class is kept with its chance
 * given the scores before, as any class is. Whoever has no value (`when`, a table's `~`, a class that its own
 * distribution rules out) keeps a free score that nothing shows: the others are as if it were not in the
 * matrix.
 *
 * STRATA are those of e: exact for the first attribute, for the others as far as they do not follow from it.
 */
#include "taxonomy/draw/draw_parts.h"

#include <stdlib.h>

#define FAR       8.3 /* |z| beyond has a chance of 1e-16 */
#define BELOW_ONE 0x1.fffffffffffffp-1
#define ROUNDS    4096 /* drawings of the known scores in a try */

/* ---- what a plan keeps ready ----------------------------------------------------------------------------- */

static bool is_known(const plan *pl, uint32_t leaf) {
    uint32_t axis = pl->joint->of[leaf];
    return axis != NO_LEAF && !pl->joint->at[axis].accept;
}

/* order[i]: the place in `of` of the i-th member; the known ones come first, else in draw order. */
static uint32_t order_members(const plan *pl, const copula *c, uint32_t *order) {
    uint32_t n = 0, known = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < pl->p->draws; i++)
            for (uint32_t k = 0; k < c->of.n; k++)
                if (c->of.leaf[k] == pl->p->draw_order[i] && is_known(pl, c->of.leaf[k]) == !pass)
                    order[n++] = k;
        if (!pass) known = n;
    }
    return known;
}

/* on: z_i has the mean on[i] . z_<i given the scores before it: L_i without its diagonal, times L^-1. */
static void regress(const plan_copula *c, double *on) {
    uint32_t n = c->n;
    for (uint32_t i = 0; i < c->known; i++)
        for (uint32_t j = i; j-- > 0;) {
            double sum = c->factor[(size_t)i * n + j];
            for (uint32_t k = j + 1; k < i; k++) sum -= on[(size_t)i * n + k] * c->factor[(size_t)k * n + j];
            on[(size_t)i * n + j] = sum / c->factor[(size_t)j * n + j];
        }
}

static void copula_prepare(plan *pl, const copula *from, plan_copula *c) {
    uint32_t n = from->of.n, *order = arena_new_of(pl->mem, uint32_t, n);
    double *factor = arena_new_of(pl->mem, double, (size_t)n *n),
           *on = arena_new_of(pl->mem, double, (size_t)n *n);
    *c = (plan_copula){.n = n, .first = pl->scores, .known = order_members(pl, from, order)};
    c->member = arena_new_of(pl->mem, const draw_leaf *, n);
    for (uint32_t i = 0; i < n; i++) {
        draw_leaf *l = &pl->draw[from->of.leaf[order[i]]];
        l->copula = c;
        l->member = i;
        c->member[i] = l;
    }
    copula_factor(from, order, factor); /* definite in any order: it was in that of the file */
    c->factor = factor;
    regress(c, on);
    c->on = on;
    pl->scores += n;
}

void copulas_prepare(plan *pl) {
    const compiled *c = pl->p->compiled;
    pl->copula = arena_new_of(pl->mem, plan_copula, c->copulas);
    for (uint32_t i = 0; i < c->copulas; i++) copula_prepare(pl, &c->copula[i], &pl->copula[i]);
}

/* ---- intervals of scores --------------------------------------------------------------------------------- */

static double score_at(double u) {
    return u < 1e-16 ? -FAR : u > 1 - 1e-16 ? FAR : num_normal_inv(u);
}

/* The scores that a class takes up. None: its own distribution rules the class out, or there is no value. */
static void class_spans(drawing *d, const draw_leaf *l, const dist *s, const value_set *class, score *out) {
    out->spans = 0;
    if (!s || !class->n) return;
    out->span = arena_new_of(d->r->mem, score_span, class->n);
    for (uint32_t i = 0; i < class->n; i++) {
        struct interval below = {leaf_lo(l->node), class->in[i].lo - 1};
        double from = 0, part = leaf_mass(l, s, d->r, &(value_set){.in = &class->in[i], .n = 1});
        if (below.hi >= below.lo) from = leaf_mass(l, s, d->r, &(value_set){.in = &below, .n = 1});
        if (part > 0) out->span[out->spans++] = (score_span){score_at(from), score_at(from + part)};
    }
}

static double chance_between(score_span s, double mean, double sd) {
    normal_part t = normal_part_of((s.from - mean) / sd, (s.to - mean) / sd);
    return t.high - t.low;
}

static double chance_of(const score *s, double mean, double sd) {
    double sum = 0;
    for (uint32_t i = 0; i < s->spans; i++) sum += chance_between(s->span[i], mean, sd);
    return sum;
}

/* The highest chance_of for means from lo to hi: of each span where the mean is nearest to its middle. */
static double chance_most(const score *s, double lo, double hi, double sd) {
    double sum = 0;
    for (uint32_t i = 0; i < s->spans; i++) {
        double mean = (s->span[i].from + s->span[i].to) / 2;
        sum += chance_between(s->span[i], mean < lo ? lo : mean > hi ? hi : mean, sd);
    }
    return sum;
}

/* The score at u of the normal distribution cut to the spans; and where it lies within the class: the spans'
 * chances in the attribute's own distribution, up to the score. */
static void place_in_class(score *s, double mean, double sd, double u) {
    double left = u * chance_of(s, mean, sd), passed = 0, whole = 0, part = 0;
    score_span in = s->span[0];
    bool found = false;
    for (uint32_t i = 0; i < s->spans; i++) {
        double own = chance_between(s->span[i], 0, 1);
        whole += own;
        if (found) continue;
        part = chance_between(s->span[i], mean, sd);
        in = s->span[i];
        found = left < part || i + 1 == s->spans;
        if (!found) {
            left -= part;
            passed += own;
        }
    }
    normal_part t = normal_part_of((in.from - mean) / sd, (in.to - mean) / sd);
    double rest = part > 0 ? left / part : 0.5;
    double z = mean + sd * normal_part_at(&t, rest < 1 ? rest : BELOW_ONE);
    z = z < in.from ? in.from : z > in.to ? in.to : z;
    s->fresh = (z - mean) / sd;
    s->at = whole > 0 ? (passed + chance_between((score_span){in.from, z}, 0, 1)) / whole : 0.5;
    if (s->at >= 1) s->at = BELOW_ONE;
    if (s->at <= 0) s->at = 0x1p-54;
}

/* ---- draws ----------------------------------------------------------------------------------------------- */

void scores_init(drawing *d) {
    d->score = d->pl->scores ? arena_new_of(d->r->mem, score, d->pl->scores) : NULL;
}

static double mean_of(const plan_copula *c, const score *s, uint32_t i) {
    const double *row = c->factor + (size_t)i * c->n;
    double sum = 0;
    for (uint32_t k = 0; k < i; k++) sum += row[k] * s[k].fresh;
    return sum;
}

static double sd_of(const plan_copula *c, uint32_t i) {
    return c->factor[(size_t)i * c->n + i];
}

static void known_spans(drawing *d, const plan_copula *c, score *s) {
    const plan *pl = d->pl;
    for (uint32_t i = 0; i < c->known; i++) {
        const draw_leaf *l = c->member[i];
        uint32_t axis = pl->joint->of[l->leaf];
        const joint_leaf *j = &pl->joint->at[axis];
        uint32_t class = d->class[axis];
        class_spans(d, l, class == j->fine.none ? NULL : draw_dist(l->spec, d->r), &j->set[class], &s[i]);
    }
}

/* The product of the highest chances that the known intervals can have given the scores before them. */
static double known_most(const plan_copula *c, const score *s) {
    double most = 1;
    for (uint32_t i = 0; i < c->known; i++) {
        double lo = 0, hi = 0;
        for (uint32_t k = 0; k < i; k++) {
            double by = c->on[(size_t)i * c->n + k];
            double from = s[k].spans ? s[k].span[0].from : -FAR,
                   to = s[k].spans ? s[k].span[s[k].spans - 1].to : FAR;
            lo += by > 0 ? by * from : by * to;
            hi += by > 0 ? by * to : by * from;
        }
        if (s[i].spans) most *= chance_most(&s[i], lo, hi, sd_of(c, i));
    }
    return most;
}

static bool known_scores(drawing *d, const plan_copula *c, score *s, double most, uint32_t round) {
    double chance = 1;
    for (uint32_t i = 0; i < c->known; i++) {
        d->key.node = c->member[i]->node->key;
        double u = round ? rng_unit(draw_word(&d->key, round, WORD_SCORES)) : draw_uniform(d, c->member[i], 0);
        double mean = mean_of(c, s, i), sd = sd_of(c, i);
        if (s[i].spans) {
            chance *= chance_of(&s[i], mean, sd);
            place_in_class(&s[i], mean, sd, u);
        } else {
            s[i].fresh = num_normal_inv(u);
            s[i].at = u;
        }
    }
    return c->known < 2 || rng_unit(draw_word(&d->key, round, WORD_ACCEPT)) * most <= chance;
}

bool copula_start(drawing *d, const plan_copula *c) {
    score *s = d->score + c->first;
    for (uint32_t i = c->known; i < c->n; i++) {
        d->key.node = c->member[i]->node->key;
        s[i].fresh = num_normal_inv(draw_uniform(d, c->member[i], 0));
    }
    if (!c->known) return true;
    if (!d->try || d->inner_class) known_spans(d, c, s); /* the cell's classes are the same in all tries */
    double most = c->known > 1 ? known_most(c, s) : 1;
    for (uint32_t round = 0; round < ROUNDS; round++)
        if (known_scores(d, c, s, most, round)) return true;
    return draw_object(d, c->member[0], "its correlation with others in tables");
}

double copula_uniform(const drawing *d, const draw_leaf *l) {
    const plan_copula *c = l->copula;
    const score *s = d->score + c->first;
    uint32_t i = l->member;
    if (l->joint) return s[i].at;
    double u = num_normal_cdf(mean_of(c, s, i) + sd_of(c, i) * s[i].fresh);
    return u <= 0 ? 0x1p-54 : u >= 1 ? BELOW_ONE : u;
}

bool copula_class(drawing *d, const draw_leaf *l, const dist *s, const value_set *class) {
    const plan_copula *c = l->copula;
    uint32_t i = l->member;
    score *k = &d->score[c->first + i];
    double mean = mean_of(c, d->score + c->first, i), sd = sd_of(c, i);
    class_spans(d, l, s, class, k);
    if (!k->spans || rng_unit(draw_word(&d->key, 0, WORD_ACCEPT)) > chance_of(k, mean, sd)) return false;
    place_in_class(k, mean, sd, rng_unit(draw_word(&d->key, 0, WORD_SCORES)));
    return true;
}

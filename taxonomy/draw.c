/* draw.c: the skeleton of (slot, attempt): the cell's classes, then component by component until its
 * constraints hold, then templates.
 *
 * A draw is a pure function of (seed, slot, attempt, try, path, instance): a uniform u in (0, 1) that goes
 * through the quantile function of the attribute's distribution, values in their order.
 *
 * STRATA. On the first try of an attribute that is no list and has no `only` or `except`, u = (place + w) / q
 * in a cell of q persons, where each attribute has its own permutation of them. w is random within (0, 1), so
 * each person's u is even, and one stands in each q-th of the distribution: the empirical distribution of u in
 * a cell is off by less than 1 / q, and so the number of persons up to any value by less than one.
 *
 * MIDDLE. In attempt 0 a number has w = 1/2 in cells of at least MIDDLE_FROM persons: then its empirical
 * distribution is off by 1 / (2 q), the least possible. In small cells middles would be no sample of the
 * distribution (one person alone would always have the median; of 5, the variance would be a quarter too small,
 * of MIDDLE_FROM it is by 4 %), and of a choice they would round shares the same way in every cell of a size.
 *
 * In later attempts a number keeps its place; choices and flags, which would hardly change, are drawn without
 * strata. Attributes are independent, since their permutations are.
 *
 * A component that breaks a constraint is drawn again with the next try, from uniforms without strata, so that
 * skeletons have the stated distributions, conditioned on cell and constraints.
 */
#include "taxonomy/draw_parts.h"

#include <stdlib.h>

#define MIDDLE_FROM 32

/* ---- strata ---------------------------------------------------------------------------------------------- */

static void places_init(drawing *d, uint64_t serial) {
    const plan *pl = d->pl;
    uint64_t quota = pl->quota[d->r->cell], start = rng_start(pl->seed, d->r->cell, WORD_STRATUM);
    rng_place place = rng_place_of(serial, quota);
    d->one_person = 1 / (double)quota;
    d->large = quota >= MIDDLE_FROM;
    d->place = arena_new_of(d->r->mem, uint64_t, pl->strata);
    for (uint32_t i = 0; i < pl->strata; i++) d->place[i] = rng_more(start, pl->stratum[i]);
    rng_moves(&place, d->place, pl->strata, d->place);
}

double draw_uniform(const drawing *d, const draw_leaf *l, uint32_t instance) {
    bool number = l->node->kind == K_NUMBER || l->node->kind == K_DATE, first = !d->r->attempt;
    bool has_place = l->stratify && d->try == 0 && instance == 0 && (number || first);
    if (!has_place) return rng_unit(draw_word(&d->key, instance, WORD_VALUE));
    double within = number && first && d->large ? 0.5 : rng_unit(draw_word(&d->key, 0, WORD_JITTER));
    double u = ((double)d->place[l->stratum] + within) * d->one_person;
    return u < 1 ? u : 0x1.fffffffffffffp-1;
}

/* ---- one value ------------------------------------------------------------------------------------------- */

bool draw_object(drawing *d, const draw_leaf *l, const char *why) {
    d->objector = why;
    d->objector_leaf = l->leaf;
    return false;
}

static bool draw_one(drawing *d, const draw_leaf *l, const dist *s, const value_set *cut, const value *taken,
                     uint32_t ntaken, uint32_t instance, int64_t *out) {
    if (l->copula) return leaf_at(l, s, d->r, cut, copula_uniform(d, l), out);
    if (l->stratify || l->node->kind != K_CHOICE)
        return leaf_at(l, s, d->r, cut, draw_uniform(d, l, instance), out);
    return choice_draw(l, s, d->r, cut, taken, ntaken, &d->key, instance, out);
}

/* Whether the cell's class is kept: with a chance of its mass where what it depends on is drawn too. */
static bool accept_class(drawing *d, const draw_leaf *l, const dist *s, uint32_t class, const value_set *cut) {
    if (l->copula) return copula_class(d, l, s, cut);
    double mass = leaf_mass(l, s, d->r, cut), most = l->most[l->most_by_cell ? d->r->cell : class];
    return mass > 0 && rng_unit(draw_word(&d->key, 0, WORD_ACCEPT)) * most <= mass;
}

/* A table attribute that the cell does not fix: a value of the cell's class. */
static bool draw_in_class(drawing *d, const draw_leaf *l, bool applies) {
    const plan *pl = d->pl;
    const joint_leaf *j = l->joint;
    uint32_t class = pl->class[(size_t)d->r->cell * pl->joint->n + pl->joint->of[l->leaf]];
    bool wants = class != j->fine.none;
    value *v = &d->r->value[l->leaf];
    *v = (value){.kind = V_NONE};
    if (wants != applies) return draw_object(d, l, "the table's `~`");
    if (!wants) return true;
    const dist *s = draw_dist(l->spec, d->r);
    const value_set *cut = &j->set[class];
    if (!s || (j->accept && !accept_class(d, l, s, class, cut))) return draw_object(d, l, "the table's class");
    if (cut->n == 1 && cut->in[0].lo == cut->in[0].hi)
        v->num = cut->in[0].lo;
    else if (!draw_one(d, l, s, cut, NULL, 0, 0, &v->num))
        return draw_object(d, l, "the table's class");
    v->kind = V_NUM;
    return true;
}

static bool draw_list(drawing *d, const draw_leaf *l, const dist *s) {
    static const node count_node = {.kind = K_NUMBER, .step = {1, 0}, .lo = 0, .hi = INT32_MAX};
    int64_t many;
    value *v = &d->r->value[l->leaf];
    double u = rng_unit(draw_word(&d->key, 0, WORD_COUNT_OF));
    if (!number_draw(l->spec->count, &count_node, d->r, NULL, NULL, u, &many))
        return draw_object(d, l, "its `list`");
    *v = (value){.kind = V_LIST, .item = arena_new_of(d->r->mem, value, many > 0 ? many : 0)};
    for (uint32_t i = 0; i < many; i++) {
        value *item = &v->item[i];
        uint32_t taken = l->node->kind == K_CHOICE ? i : 0;
        if (!draw_one(d, l, s, NULL, v->item, taken, i + 1, &item->num)) break;
        item->kind = V_NUM;
        v->n = i + 1;
    }
    return true;
}

static void draw_template(drawing *d, const node *n) {
    buf b = {0};
    render_ctx c = {.rec = d->r, .facet = NO_FACET};
    template_render(n->tpl, &c, &b);
    d->r->value[n->leaf] = (value){.kind = V_TEXT, .text = str_dup(d->r->mem, buf_view(&b))};
    buf_free(&b);
}

static bool draw_leaf_value(drawing *d, const draw_leaf *l) {
    value *v = &d->r->value[l->leaf];
    bool applies = !l->node->when || pred_holds(l->node->when, d->r);
    if (l->joint) {
        d->key.node = l->node->key;
        return draw_in_class(d, l, applies);
    }
    *v = (value){.kind = V_NONE};
    if (!applies) return true;
    if (l->node->kind == K_TEMPLATE) {
        draw_template(d, l->node);
        return true;
    }
    d->key.node = l->node->key;
    const dist *s = draw_dist(l->spec, d->r);
    if (!s) return true;
    if (l->node->is_list) return draw_list(d, l, s);
    if (!draw_one(d, l, s, NULL, NULL, 0, 0, &v->num)) {
        /* a sum of which a part has no value has none; any other failure is drawn again */
        double ignored;
        if (s->form != DIST_CHOICE && s->form != DIST_BINS && !linear_value(&s->mean, d->r, &ignored))
            return true;
        return draw_object(d, l, l->node->kind == K_CHOICE ? "`only` and `except`" : "its domain");
    }
    v->kind = V_NUM;
    return true;
}

/* ---- components ------------------------------------------------------------------------------------------ */

/* UINT32_MAX: all hold; else the first constraint that does not, or `constraints` if a leaf objects itself. */
static uint32_t try_component(drawing *d, const component *c) {
    const plan *pl = d->pl;
    uint32_t next = 0;
    for (uint32_t i = 0; i < c->copulas; i++)
        if (!copula_start(d, &pl->copula[c->copula[i]])) return c->constraints;
    for (uint32_t i = 0; i < c->leaves; i++) {
        if (!draw_leaf_value(d, &pl->draw[c->leaf[i]])) return c->constraints;
        for (; next < c->constraints && c->asked[next] == i + 1; next++) {
            const constraint *one = &pl->p->constraint[c->constraint[next]];
            if (!one->holds(one->self, d->r)) return next;
        }
    }
    return UINT32_MAX;
}

static bool unmet(const drawing *d, const component *c, const uint32_t *times, err *e) {
    const population *p = d->pl->p;
    uint32_t worst = 0;
    for (uint32_t i = 1; i <= c->constraints; i++)
        if (times[i] > times[worst]) worst = i;
    buf cell = {0}, who = {0};
    plan_cell_print(d->pl, d->r->cell, &cell);
    if (!cell.n) buf_z(&cell, "everybody");
    if (worst < c->constraints)
        buf_str(&who, p->constraint[c->constraint[worst]].id);
    else
        buf_printf(&who, STR_FMT ": %s", STR_ARG(leaf_node(p, d->objector_leaf)->path), d->objector);
    err_set(e, ERR_POPULATION, "loosen the rule, or the distributions of what it names; or raise limits.tries",
            "slot %llu, cell {" STR_FMT "}: none of %u tries met the constraints; `" STR_FMT
            "` objected %u times",
            (unsigned long long)d->r->slot, STR_ARG(buf_view(&cell)), p->tries, STR_ARG(buf_view(&who)),
            times[worst]);
    buf_free(&cell);
    buf_free(&who);
    return false;
}

static uint64_t try_start(const drawing *d, uint32_t try) {
    return rng_start(d->pl->seed, d->r->slot, (uint64_t)d->r->attempt << 32 | try);
}

static bool draw_component(drawing *d, const component *c, err *e) {
    uint32_t *times = NULL;
    bool met = false;
    for (d->try = 0; d->try < d->pl->p->tries; d->try++) {
        d->key.start = d->try ? try_start(d, d->try) : d->first;
        uint32_t by = try_component(d, c);
        met = by == UINT32_MAX;
        if (met) break;
        if (!times) times = xcalloc(c->constraints + 1, sizeof *times);
        times[by]++;
    }
    if (!met && times) unmet(d, c, times, e);
    free(times);
    return met;
}

static void set_fixed(record *r, const plan *pl) {
    const joint *j = pl->joint;
    const uint32_t *class = pl->class + (size_t)r->cell * j->n;
    for (uint32_t i = 0; i < j->n; i++)
        if (j->fixed[j->at[i].leaf]) r->value[j->at[i].leaf] = joint_value(&j->at[i], class[i]);
}

bool draw_skeleton(const plan *pl, uint64_t slot, uint32_t attempt, record *r, err *e) {
    const population *p = pl->p;
    drawing d = {.pl = pl, .r = r};
    uint64_t serial;
    r->slot = slot;
    r->attempt = attempt;
    plan_place(pl, slot, &r->cell, &serial);
    d.first = try_start(&d, 0);
    places_init(&d, serial);
    set_fixed(r, pl);
    scores_init(&d);
    for (uint32_t i = 0; i < p->compiled->components; i++)
        if (!draw_component(&d, &p->compiled->component[i], e)) return false;
    for (uint32_t i = 0; i < pl->lates; i++) draw_leaf_value(&d, &pl->draw[pl->late[i]]);
    return true;
}

/* draw.c: the skeleton of (slot, attempt): the cell's classes, then component by component until its
 * constraints hold, then templates; last the links to others.
 *
 * A draw is a pure function of (seed, slot or group, redraw, try, path, instance): a uniform u in (0, 1) that
 * goes through the quantile function of the attribute's distribution, values in their order. redraw is the
 * attempt, and 0 for what is kept or drawn for a group.
 *
 * STRATA. On the first try of an attribute that is no list and has no `only` or `except`, u = (place + w) / q
 * in a cell of q persons, where each attribute has its own permutation of them. w is random within (0, 1), so
 * each person's u is even, and one stands in each q-th of the distribution: the empirical distribution of u in
 * a cell is off by less than 1 / q, and so the number of persons up to any value by less than one. What is
 * drawn for groups takes its place among all of them.
 *
 * MIDDLE. In redraw 0 a number has w = 1/2 in cells of at least MIDDLE_FROM persons: then its empirical
 * distribution is off by 1 / (2 q), the least possible. In small cells middles would be no sample of the
 * distribution (one person alone would always have the median; of 5, the variance would be a quarter too small,
 * of MIDDLE_FROM it is by 4 %), and of a choice they would round shares the same way in every cell of a size.
 *
 * In later redraws a number keeps its place; choices and flags, which would hardly change, are drawn without
 * strata. Attributes are independent, since their permutations are.
 *
 * A component that breaks a constraint is drawn again with the next try, from uniforms without strata, so that
 * skeletons have the stated distributions, conditioned on cell and constraints. A value of `unique` that is
 * taken is drawn again by itself, from what is left.
 *
 * Last, choose.c takes away what the persona is not to have: no draw depends on that.
 *
 * A leaf below a section with `list` is drawn instance by instance, with the record seen from inside; its key
 * is that of its path and the instance. Where instances are to differ and nothing is left to draw, the list
 * ends there: for this leaf, for those drawn before it and for those behind.
 */
#include "taxonomy/choose.h"
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/draw/draw_parts.h"

#include <stdlib.h>
#include <string.h>

#define MIDDLE_FROM 32
#define RETAKES     12   /* draws from the whole before one from the values that are left */
#define BESIDE_FROM 1024 /* values taken, from where on what is left is no longer listed for each draw */

static const char UNIQUE[] = "`unique`";

/* ---- strata ---------------------------------------------------------------------------------------------- */

/* The place of each attribute with strata, of the `at`-th of `many`. */
static void places_make(drawing *d, uint64_t stratum, uint64_t at, uint64_t many) {
    const plan *pl = d->pl;
    uint64_t start = rng_start(pl->seed, stratum, WORD_STRATUM);
    rng_place place = rng_place_of(at, many);
    d->one_person = 1 / (double)many;
    d->large = many >= MIDDLE_FROM;
    if (!d->place) d->place = arena_new_of(d->r->mem, uint64_t, pl->strata);
    for (uint32_t i = 0; i < pl->strata; i++) d->place[i] = rng_more(start, pl->stratum[i]);
    rng_moves(&place, d->place, pl->strata, d->place);
}

double draw_uniform(const drawing *d, const draw_leaf *l, uint32_t instance) {
    bool number = l->node->kind == K_NUMBER || l->node->kind == K_DATE, first = !d->redraw;
    bool has_place = l->stratify && d->try == 0 && instance == 0 && (number || first);
    if (!has_place) return rng_unit(draw_word(&d->key, instance, WORD_VALUE));
    double within = number && first && d->large ? 0.5 : rng_unit(draw_word(&d->key, 0, WORD_JITTER));
    double u = ((double)d->place[l->stratum] + within) * d->one_person;
    return u < 1 ? u : 0x1.fffffffffffffp-1;
}

/* ---- attributes of soft tables --------------------------------------------------------------------------- */

/* Their classes, together, from the fit: of the cell's persons each takes his place in it, as numbers do. They
 * stay while the rest is drawn again, as the cell does, or what is rejected would shift them; only where an
 * eighth of the tries found nothing that goes with them, each further try draws others. */
static void draw_inner(drawing *d, uint32_t of) {
    const plan *pl = d->pl;
    for (uint32_t i = 0; i < pl->inners; i++) {
        const plan_inner *in = &pl->inner[i];
        if (!in->drawn[of]) continue;
        d->key.node = leaf_node(pl->p, pl->joint->at[in->index[0]].leaf)->key;
        uint64_t key = rng_u64(pl->seed, d->r->cell, d->key.node, WORD_INNER, 0), quota = pl->quota[d->r->cell];
        double u = rng_unit(draw_word(&d->key, 0, WORD_INNER));
        if (d->try == 0) u = ((double)rng_permute(key, d->serial, quota) + u) / (double)quota;
        plan_inner_draw(pl, in, d->r->cell, u < 1 ? u : 0x1.fffffffffffffp-1, d->inner_class);
    }
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

/* NULL: the leaf's values may be equal. */
static const taken_set *taken_of(const drawing *d, const draw_leaf *l) {
    for (uint32_t i = 0; d->others && l->node->unique && i < d->c->uniques; i++)
        if (d->c->unique[i] == l->leaf) return &d->others[i];
    return NULL;
}

static bool is_taken(const drawing *d, const draw_leaf *l, const value *v) {
    const taken_set *t = taken_of(d, l);
    return t && taken_has(t, v);
}

/* The last resort where nearly all values are taken. */
static bool draw_rest(drawing *d, const draw_leaf *l, const dist *s, const value_set *cut, int64_t *out) {
    arena_reset(d->scratch);
    value_set rest = taken_rest(taken_of(d, l), l->node, cut, d->scratch);
    if (!rest.n || leaf_mass(l, s, d->r, &rest) <= 0) return false;
    *out = rest.in[0].lo;
    return l->node->kind == K_FLAG || draw_one(d, l, s, &rest, NULL, 0, RETAKES, out);
}

/* What it is correlated with has said where it stands, and would say so again: the nearest value that is left.
 */
static bool draw_beside(const drawing *d, const draw_leaf *l, const dist *s, const value_set *cut,
                        int64_t *out) {
    const taken_set *t = taken_of(d, l);
    int64_t from = *out, side[2] = {taken_beside(t, from, false), taken_beside(t, from, true)};
    for (uint32_t i = 0; i < 2 * RETAKES; i++) {
        bool up = side[1] - from < from - side[0];
        struct interval one = {side[up], side[up]};
        bool fits = !cut || value_set_has(cut, true, side[up]);
        *out = side[up];
        if (fits && leaf_mass(l, s, d->r, &(value_set){.in = &one, .n = 1}) > 0) return true;
        side[up] = taken_beside(t, side[up] + (up ? 1 : -1), up);
    }
    return false;
}

/* One value that no other member has, where the leaf is `unique`. */
static bool draw_unlike(drawing *d, const draw_leaf *l, const dist *s, const value_set *cut, int64_t *out,
                        const char *why) {
    for (uint32_t i = 0; i < RETAKES; i++) {
        if (!draw_one(d, l, s, cut, NULL, 0, i, out)) return draw_object(d, l, why);
        if (!is_taken(d, l, &(value){.kind = V_NUM, .num = *out})) return true;
        if (l->copula) break;
    }
    if (l->copula && taken_of(d, l)->n >= BESIDE_FROM && draw_beside(d, l, s, cut, out)) return true;
    return draw_rest(d, l, s, cut, out) || draw_object(d, l, UNIQUE);
}

/* ---- instances that differ, rows ------------------------------------------------------------------------- */

static bool in_instance(const drawing *d, int64_t v) {
    for (uint32_t i = 0; i < d->instances; i++)
        if (d->instance[i].kind == V_NUM && d->instance[i].num == v) return true;
    return false;
}

static value_set in_no_instance(const drawing *d, const node *n) {
    value_set s = {0};
    for (uint32_t i = 0; i < d->instances; i++)
        if (d->instance[i].kind == V_NUM) set_add(d->r->mem, &s, d->instance[i].num, d->instance[i].num);
    set_normalise(&s);
    return set_not(d->r->mem, n, &s);
}

/* One that an instance before has is drawn again from what is left, which gives the distribution of that. */
static bool draw_apart(drawing *d, const draw_leaf *l, const dist *s, int64_t *out, const char *why) {
    if (!d->instances) return draw_unlike(d, l, s, NULL, out, why);
    if (l->node->kind == K_CHOICE) {
        bool fine = draw_one(d, l, s, NULL, d->instance, d->instances, 0, out);
        d->exhausted = !fine && draw_one(d, l, s, NULL, NULL, 0, 0, out);
        return fine || draw_object(d, l, why);
    }
    if (!draw_one(d, l, s, NULL, NULL, 0, 0, out)) return draw_object(d, l, why);
    if (!in_instance(d, *out)) return true;
    value_set left = in_no_instance(d, l->node);
    d->exhausted = !left.n || !draw_one(d, l, s, &left, NULL, 0, 1, out);
    return !d->exhausted;
}

/* A value that stands in the row that was drawn; none without a row. */
static bool draw_column(drawing *d, const draw_leaf *l, value *v) {
    const dist *s = &l->spec->dist[0];
    const value *row = record_at(d->r, s->row);
    *v = (value){.kind = row->kind};
    if (row->kind != V_NUM) return true;
    v->num = s->cell[row->num];
    bool fits = l->plain || choice_possible(l, d->r, v->num, NULL, 0);
    return fits || draw_object(d, l, "`only` and `except`");
}

static bool draw_row(drawing *d, const draw_leaf *l, value *v) {
    row_drawn how = row_draw(d->pl, l, d->r, d->class, &d->key, d->instance, d->instances, &v->num);
    if (how == ROW_DRAWN) v->kind = V_NUM;
    d->exhausted = how == ROW_REFUSED && d->instances;
    return how != ROW_REFUSED || draw_object(d, l, "its `row`");
}

/* Whether the cell's class is kept: with a chance of its mass where what it depends on is drawn again too. */
static bool accept_class(drawing *d, const draw_leaf *l, const dist *s, uint32_t class, const value_set *cut) {
    if (l->copula) return copula_class(d, l, s, cut);
    double mass = leaf_mass(l, s, d->r, cut), most = l->most[l->most_by_cell ? d->r->cell : class];
    uint32_t phase = d->pl->p->compiled->phase.sizes + !d->c->kept;
    if (phase > l->joint->last) return mass > 0;
    return mass > 0 && rng_unit(draw_word(&d->key, 0, WORD_ACCEPT)) * most <= mass;
}

/* A table attribute that the cell does not fix: a value of the cell's class. */
static bool draw_in_class(drawing *d, const draw_leaf *l, bool applies) {
    const plan *pl = d->pl;
    const joint_leaf *j = l->joint;
    uint32_t class = d->class[pl->joint->of[l->leaf]];
    bool wants = class != j->fine.none;
    value *v = &d->r->value[l->leaf];
    *v = (value){.kind = V_NONE};
    if (wants != applies) return draw_object(d, l, "the table's `~`");
    if (!wants) return true;
    if (l->column) {
        bool fine = draw_column(d, l, v) && class_of(&j->fine, v) == class;
        return fine || draw_object(d, l, "the table's class");
    }
    const dist *s = draw_dist(l->spec, d->r);
    const value_set *cut = &j->set[class];
    if (!s || (j->accept && !accept_class(d, l, s, class, cut))) return draw_object(d, l, "the table's class");
    if (cut->n == 1 && cut->in[0].lo == cut->in[0].hi)
        v->num = cut->in[0].lo;
    else if (!draw_unlike(d, l, s, cut, &v->num, "the table's class"))
        return false;
    v->kind = V_NUM;
    return !is_taken(d, l, v) || draw_object(d, l, UNIQUE);
}

static value template_text(const drawing *d, const node *n) {
    buf b = {0};
    render_ctx c = {.rec = d->r, .facet = NO_FACET};
    template_render(n->tpl, &c, &b);
    value v = {.kind = V_TEXT, .text = str_dup(d->r->mem, buf_view(&b))};
    buf_free(&b);
    return v;
}

/* Drawn as a number of its own, with the leaf's key. */
static bool draw_count(drawing *d, const draw_leaf *l, int64_t *many) {
    static const node count_node = {.kind = K_NUMBER, .step = {1, 0}, .lo = 0, .hi = INT32_MAX};
    double u = rng_unit(draw_word(&d->key, 0, WORD_COUNT_OF));
    return number_draw(l->spec->count, &count_node, d->r, NULL, NULL, u, many) ||
           draw_object(d, l, "its `list`");
}

/* s: NULL for a template. */
static bool draw_list(drawing *d, const draw_leaf *l, const dist *s, value *v) {
    int64_t many;
    if (!draw_count(d, l, &many)) return false;
    *v = (value){.kind = V_LIST, .item = arena_new_of(d->r->mem, value, many > 0 ? many : 0)};
    for (uint32_t i = 0; i < many; i++) {
        value *item = &v->item[i];
        uint32_t taken = l->node->kind == K_CHOICE ? i : 0;
        if (l->node->kind == K_TEMPLATE)
            *item = template_text(d, l->node);
        else if (draw_one(d, l, s, NULL, v->item, taken, i + 1, &item->num))
            item->kind = V_NUM;
        else
            break;
        v->n = i + 1;
    }
    return true;
}

static bool draw_template(drawing *d, const draw_leaf *l, value *v) {
    *v = template_text(d, l->node);
    for (uint32_t i = 0; i < d->instances; i++)
        if (value_same(&d->instance[i], v)) d->exhausted = true;
    if (d->exhausted) return false;
    return !is_taken(d, l, v) || draw_object(d, l, UNIQUE);
}

/* The key is set, *v is without value. */
static bool draw_value(drawing *d, const draw_leaf *l, value *v) {
    if (l->node->when && !pred_holds(l->node->when, d->r)) return true;
    if (l->rows) return draw_row(d, l, v);
    if (l->column) return draw_column(d, l, v) && (!is_taken(d, l, v) || draw_object(d, l, UNIQUE));
    if (l->number) {
        v->kind = V_NUM;
        return draw_count(d, l, &v->num);
    }
    bool text = l->node->kind == K_TEMPLATE;
    if (text && !l->node->is_list) return draw_template(d, l, v);
    const dist *s = text ? NULL : draw_dist(l->spec, d->r);
    if (!s && !text) return true;
    if (l->node->is_list) return draw_list(d, l, s, v);
    if (!draw_apart(d, l, s, &v->num, l->node->kind == K_CHOICE ? "`only` and `except`" : "its domain")) {
        /* a sum of which a part has no value has none; any other failure is drawn again */
        double ignored;
        return s->form != DIST_CHOICE && s->form != DIST_BINS && !linear_value(&s->mean, d->r, &ignored);
    }
    v->kind = V_NUM;
    return true;
}

static void end_list(record *r, const node *section, uint32_t n) {
    r->value[section->number].num = n;
    for (uint32_t i = 1; i <= section->below; i++) {
        value *v = &r->value[section->number + i];
        if (v->kind == V_LIST && v->n > n) v->n = n;
    }
}

static bool draw_instances(drawing *d, const draw_leaf *l) {
    record *r = d->r;
    const node *section = &d->pl->p->node[l->within];
    value *v = &r->value[l->leaf];
    *v = value_none;
    if (r->value[section->number].kind != V_NUM) return true;
    uint32_t many = record_instances(r, l->within);
    *v = (value){.kind = V_LIST, .n = many, .item = arena_new_of(r->mem, value, many)};
    bool fine = true;
    for (uint32_t i = 0; i < many && fine; i++) {
        record_enter(r, l->within, i);
        d->key.node = rng_u64(l->node->key, i + 1, 0, 0, 0);
        d->instance = v->item;
        d->instances = l->distinct ? i : 0;
        d->exhausted = false;
        fine = draw_value(d, l, &v->item[i]);
        if (fine || !d->exhausted) continue;
        end_list(r, section, i);
        fine = true;
        break;
    }
    record_leave(r);
    d->instances = 0;
    return fine;
}

static bool draw_leaf_value(drawing *d, const draw_leaf *l) {
    if (l->within != NO_LEAF) return draw_instances(d, l);
    d->key.node = l->node->key;
    if (l->joint) return draw_in_class(d, l, !l->node->when || pred_holds(l->node->when, d->r));
    value *v = &d->r->value[l->leaf];
    *v = value_none;
    return draw_value(d, l, v);
}

/* ---- components ------------------------------------------------------------------------------------------ */

/* UINT32_MAX: all hold; else the first constraint that does not, or `constraints` if a leaf objects itself. */
static uint32_t try_component(drawing *d, const component *c) {
    const plan *pl = d->pl;
    uint32_t next = 0;
    if (d->inner_class && (!d->try || d->try >= pl->p->tries / 8))
        draw_inner(d, (uint32_t)(c - pl->p->compiled->component));
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

/* All members before it, or what else the leaf follows from, left it nothing. */
static bool none_left(const drawing *d, err *e) {
    const node *n = leaf_node(d->pl->p, d->objector_leaf);
    return err_set(e, ERR_POPULATION, "more values, smaller groups, or a wider distribution",
                   "slot %llu: `unique` leaves no value of `" STR_FMT
                   "` that no other member of its group `" STR_FMT "` of %llu has",
                   (unsigned long long)d->r->slot, STR_ARG(n->path), STR_ARG(n->unique->name),
                   (unsigned long long)n->unique->size);
}

static bool unmet(const drawing *d, const component *c, const uint32_t *times, err *e) {
    const population *p = d->pl->p;
    uint32_t worst = 0;
    for (uint32_t i = 1; i <= c->constraints; i++)
        if (times[i] > times[worst]) worst = i;
    if (worst == c->constraints && d->objector == UNIQUE) return none_left(d, e);
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

/* A group belongs to the plan that has its first slot, also where an extension brings its last members. */
static void group_places(drawing *d, uint64_t group, uint64_t size) {
    const plan *pl = d->pl;
    while (pl->base && group * size < pl->base->n) pl = pl->base;
    uint64_t first = pl->base ? (pl->base->n - 1) / size + 1 : 0;
    places_make(d, 0, group - first, (pl->n - 1) / size + 1 - first);
}

/* What the draws of a component are keyed by, and where its attributes stand among their like. */
static void component_start(drawing *d, const component *c) {
    d->c = c;
    d->redraw = c->per || c->kept ? 0 : d->r->attempt;
    d->key_slot = c->per ? d->r->slot / c->per : d->r->slot;
    if (d->place && d->placed == c->per) return;
    d->placed = c->per;
    if (c->per)
        group_places(d, d->key_slot, c->per);
    else
        places_make(d, d->r->cell, d->serial, d->pl->quota[d->r->cell]);
}

static uint64_t try_start(const drawing *d) {
    return rng_start(d->pl->seed, d->key_slot, (uint64_t)d->redraw << 32 | d->try);
}

bool draw_component(drawing *d, const component *c, err *e) {
    uint32_t *times = NULL;
    bool met = false, own = c->per || c->kept;
    component_start(d, c);
    for (d->try = 0; d->try < d->pl->p->tries; d->try++) {
        d->key.start = own || d->try ? try_start(d) : d->first;
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

/* Also those that are judged later: what is kept may follow from them. */
static void set_settled(record *r, const plan *pl) {
    const joint *j = pl->joint;
    const uint32_t *class = pl->class + (size_t)r->cell * j->n;
    for (uint32_t i = 0; i < j->n; i++)
        if (leaf_settled(pl->p, j->at[i].leaf)) r->value[j->at[i].leaf] = joint_value(&j->at[i], class[i]);
}

void drawing_start(drawing *d, const plan *pl, record *r, uint64_t slot, uint32_t attempt) {
    while (pl->base && slot < pl->base->n) pl = pl->base;
    *d = (drawing){.pl = pl, .r = r, .redraw = attempt, .key_slot = slot};
    r->slot = slot;
    r->attempt = attempt;
    plan_place(pl, slot, &r->cell, &d->serial);
    if (pl->there) d->serial -= pl->there[r->cell]; /* its place among those of this plan alone */
    r->weight = plan_weight(pl, r->cell);
    d->class = pl->class + (size_t)r->cell * pl->joint->n;
    if (pl->inners) {
        d->inner_class = arena_new_of(r->mem, uint32_t, pl->joint->all);
        memcpy(d->inner_class, d->class, sizeof *d->class * pl->joint->n);
        d->class = d->inner_class;
    }
    d->first = try_start(d);
    set_settled(r, pl);
    scores_init(d);
}

/* Its cell in a plan that extends the one it was drawn from. */
static uint32_t cell_in(const plan *pl, const plan *from, uint32_t cell) {
    return pl == from ? cell : pl->moved[cell_in(pl->base, from, cell)];
}

void draw_late(drawing *d, uint32_t leaf) {
    draw_leaf_value(d, &d->pl->draw[leaf]);
}

bool drawer_skeleton(drawer *w, uint64_t slot, uint32_t attempt, record *r, err *e) {
    drawing d;
    drawing_start(&d, drawer_plan(w), r, slot, attempt);
    const plan *pl = d.pl;
    const compiled *all = pl->p->compiled;
    for (uint32_t i = 0; i < all->components; i++) {
        const component *c = &all->component[i];
        if (!(c->span ? group_draw(w, c, r, e) : draw_component(&d, c, e))) return false;
    }
    for (uint32_t i = 0; i < pl->lates; i++) draw_late(&d, pl->late[i]);
    links_draw(w, drawer_links(w), r);
    choose_leaves(pl->p, pl->seed, r, drawer_scratch(w));
    r->cell = cell_in(drawer_plan(w), pl, r->cell);
    return true;
}

bool draw_skeleton(const plan *pl, uint64_t slot, uint32_t attempt, record *r, err *e) {
    drawer *w = drawer_new(pl);
    bool fine = drawer_skeleton(w, slot, attempt, r, e);
    drawer_free(w);
    return fine;
}

/* draw.c: the skeleton of (slot, attempt): the cell's classes, then component by component until its
 * constraints hold, then templates.
 *
 * A draw is a pure function of (seed, slot, attempt, try, path, instance). On the first try a number takes its
 * place in a permutation of the cell's persons, so that a cell of q persons has one in each q-th of the
 * distribution; an attempt keeps that place and moves within it. A component that breaks a constraint is drawn
 * again with the next try, so that skeletons have the stated distributions, conditioned on cell and
 * constraints.
 *
 * A leaf below a section with `list` is drawn instance by instance, with the record seen from inside; its key
 * is that of its path and the instance. Where instances are to differ and nothing is left to draw, the list
 * ends there: for this leaf, for those drawn before it and for those behind.
 */
#include "taxonomy/plan.h"
#include "taxonomy/compile_parts.h"

#include <stdlib.h>

enum { WORD_COUNT_OF = 200, WORD_VALUE = 201, WORD_ACCEPT = 202, WORD_STRATUM = 203, WORD_JITTER = 204 };

typedef struct drawing {
    const plan *pl;
    record *r;
    draw_key key;
    uint64_t serial;
    uint32_t try;
    const value *taken; /* from which the value is to differ */
    uint32_t ntaken;
    bool exhausted;       /* it cannot */
    const char *objector; /* a leaf's own reason, of the last try */
    uint32_t objector_leaf;
} drawing;

/* ---- numbers --------------------------------------------------------------------------------------------- */

static double stratified(const drawing *d, const draw_leaf *l) {
    const plan *pl = d->pl;
    uint64_t quota = pl->quota[d->r->cell];
    uint64_t key = rng_u64(pl->seed, d->r->cell, l->node->key, WORD_STRATUM, 0);
    double place = (double)rng_permute(key, d->serial, quota);
    double u = (place + rng_unit(draw_word(&d->key, 0, WORD_JITTER))) / (double)quota;
    return u < 1 ? u : 0x1.fffffffffffffp-1;
}

static double uniform(const drawing *d, const draw_leaf *l, uint32_t instance) {
    if (d->try == 0 && instance == 0 && l->stratify) return stratified(d, l);
    return rng_unit(draw_word(&d->key, instance, WORD_VALUE));
}

/* ---- one value ------------------------------------------------------------------------------------------- */

static bool object(drawing *d, const draw_leaf *l, const char *why) {
    d->objector = why;
    d->objector_leaf = l->leaf;
    return false;
}

static bool draw_one(drawing *d, const draw_leaf *l, const dist *s, const value_set *cut, const value *taken,
                     uint32_t ntaken, uint32_t instance, int64_t *out) {
    switch (l->node->kind) {
    case K_CHOICE: return choice_draw(l, s, d->r, cut, taken, ntaken, &d->key, instance, out);
    case K_FLAG:
        *out = rng_unit(draw_word(&d->key, instance, WORD_VALUE)) < s->p;
        if (!cut || value_set_has(cut, true, *out)) return true;
        *out = !*out;
        return value_set_has(cut, true, *out) && (*out ? s->p > 0 : s->p < 1);
    case K_NUMBER:
    case K_DATE: {
        const tail_cut *ready = l->ready ? &l->ready[s - l->spec->dist] : NULL;
        return number_draw(s, l->node, d->r, cut, ready, uniform(d, l, instance), out);
    }
    case K_SECTION:
    case K_TEXT:
    case K_TEMPLATE: break;
    }
    return false;
}

static bool is_taken(const drawing *d, int64_t v) {
    for (uint32_t i = 0; i < d->ntaken; i++)
        if (d->taken[i].kind == V_NUM && d->taken[i].num == v) return true;
    return false;
}

static value_set not_taken(const drawing *d, const node *n) {
    value_set s = {0};
    for (uint32_t i = 0; i < d->ntaken; i++)
        if (d->taken[i].kind == V_NUM) set_add(d->r->mem, &s, d->taken[i].num, d->taken[i].num);
    set_normalise(&s);
    return set_not(d->r->mem, n, &s);
}

/* One that is taken is drawn again from what is left, which gives the distribution of that. */
static bool draw_apart(drawing *d, const draw_leaf *l, const dist *s, int64_t *out) {
    if (!d->ntaken) return draw_one(d, l, s, NULL, NULL, 0, 0, out);
    if (l->node->kind == K_CHOICE) {
        bool fine = draw_one(d, l, s, NULL, d->taken, d->ntaken, 0, out);
        d->exhausted = !fine && draw_one(d, l, s, NULL, NULL, 0, 0, out);
        return fine;
    }
    if (!draw_one(d, l, s, NULL, NULL, 0, 0, out)) return false;
    if (!is_taken(d, *out)) return true;
    value_set left = not_taken(d, l->node);
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
    return fits || object(d, l, "`only` and `except`");
}

static bool draw_row(drawing *d, const draw_leaf *l, value *v) {
    row_drawn how = row_draw(d->pl, l, d->r, &d->key, d->taken, d->ntaken, &v->num);
    if (how == ROW_DRAWN) v->kind = V_NUM;
    d->exhausted = how == ROW_REFUSED && d->ntaken;
    return how != ROW_REFUSED || object(d, l, "its `row`");
}

/* Whether the cell's class is kept: with a chance of its mass where what it depends on is drawn too. */
static bool accept_class(drawing *d, const draw_leaf *l, const dist *s, uint32_t class, const value_set *cut) {
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
    if (wants != applies) return object(d, l, "the table's `~`");
    if (!wants) return true;
    if (l->column) {
        bool fine = draw_column(d, l, v) && class_of(&j->fine, v) == class;
        return fine || object(d, l, "the table's class");
    }
    const dist *s = draw_dist(l->spec, d->r);
    const value_set *cut = &j->set[class];
    if (!s || (j->accept && !accept_class(d, l, s, class, cut))) return object(d, l, "the table's class");
    if (cut->n == 1 && cut->in[0].lo == cut->in[0].hi)
        v->num = cut->in[0].lo;
    else if (!draw_one(d, l, s, cut, NULL, 0, 0, &v->num))
        return object(d, l, "the table's class");
    v->kind = V_NUM;
    return true;
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
    return number_draw(l->spec->count, &count_node, d->r, NULL, NULL, u, many) || object(d, l, "its `list`");
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
    for (uint32_t i = 0; i < d->ntaken; i++)
        if (value_same(&d->taken[i], v)) d->exhausted = true;
    return !d->exhausted;
}

/* The key is set, *v is without value. */
static bool draw_value(drawing *d, const draw_leaf *l, value *v) {
    if (l->node->when && !pred_holds(l->node->when, d->r)) return true;
    if (l->rows) return draw_row(d, l, v);
    if (l->column) return draw_column(d, l, v);
    if (l->number) {
        v->kind = V_NUM;
        return draw_count(d, l, &v->num);
    }
    bool text = l->node->kind == K_TEMPLATE;
    if (text && !l->node->is_list) return draw_template(d, l, v);
    const dist *s = text ? NULL : draw_dist(l->spec, d->r);
    if (!s && !text) return true;
    if (l->node->is_list) return draw_list(d, l, s, v);
    if (!draw_apart(d, l, s, &v->num)) {
        /* a sum of which a part has no value has none; any other failure is drawn again */
        double ignored;
        if (s->form != DIST_CHOICE && s->form != DIST_BINS && !linear_value(&s->mean, d->r, &ignored))
            return true;
        return object(d, l, l->node->kind == K_CHOICE ? "`only` and `except`" : "its domain");
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
        d->taken = v->item;
        d->ntaken = l->distinct ? i : 0;
        d->exhausted = false;
        fine = draw_value(d, l, &v->item[i]);
        if (fine || !d->exhausted) continue;
        end_list(r, section, i);
        fine = true;
        break;
    }
    record_leave(r);
    d->ntaken = 0;
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

static bool draw_component(drawing *d, const component *c, err *e) {
    uint32_t *times = NULL;
    bool met = false;
    for (d->try = 0; d->try < d->pl->p->tries; d->try++) {
        d->key.round = (uint64_t)d->r->attempt << 32 | d->try;
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
    drawing d = {.pl = pl, .r = r, .key = {.seed = pl->seed, .slot = slot}};
    r->slot = slot;
    r->attempt = attempt;
    plan_place(pl, slot, &r->cell, &d.serial);
    set_fixed(r, pl);
    for (uint32_t i = 0; i < p->compiled->components; i++)
        if (!draw_component(&d, &p->compiled->component[i], e)) return false;
    for (uint32_t i = 0; i < pl->lates; i++) draw_leaf_value(&d, &pl->draw[pl->late[i]]);
    return true;
}

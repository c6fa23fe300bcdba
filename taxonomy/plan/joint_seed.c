/* joint_seed.c: the joint distribution of table attributes that their own distributions give.
 *
 * The attributes and all that they refer to are gone through in draw order, value by value, and the product of
 * the chances is added to the cell; what no other attribute refers to goes by whole classes. Attributes outside
 * the tables are so summed out. Lists cannot be, and neither can more than 2^24 combinations: where there are
 * more, attributes that refer to nothing in common are gone through apart.
 */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>

#define STEPS_MAX (1u << 24)

typedef struct seed_leaf {
    draw_leaf draw;
    uint32_t axis; /* place among the table's attributes, NO_LEAF: summed out */
    const joint_leaf *joint;
    bool referred; /* another of these attributes refers to it: value by value */
} seed_leaf;

typedef struct seed {
    const population *p;
    seed_leaf *leaf;
    uint32_t leaves, axes;
    uint32_t *class; /* one an axis, where we are */
    const uint32_t *radix;
    double *weight;
    record r;
    uint64_t steps;
    bool hindered;
} seed;

static void walk(seed *s, uint32_t at, double chance);

static void reach(seed *s) {
    if (++s->steps > STEPS_MAX) s->hindered = true;
}

static void step_value(seed *s, uint32_t at, value v, double chance) {
    seed_leaf *l = &s->leaf[at];
    if (chance <= 0 || s->hindered) return;
    reach(s);
    s->r.value[l->draw.leaf] = v;
    if (l->axis != NO_LEAF) {
        s->class[l->axis] = class_of(&l->joint->fine, &v);
        if (s->class[l->axis] == NO_CLASS) return;
    }
    walk(s, at + 1, chance);
}

static void step_class(seed *s, uint32_t at, uint32_t class, double chance) {
    if (chance <= 0 || s->hindered) return;
    reach(s);
    s->class[s->leaf[at].axis] = class;
    walk(s, at + 1, chance);
}

/* Each row that agrees, by its weight. */
static void walk_rows(seed *s, uint32_t at, double chance) {
    const row_source *rows = s->leaf[at].draw.spec->row;
    uint32_t bucket = grid_at(rows->agree, &s->r);
    if (bucket == UINT32_MAX) {
        step_value(s, at, (value){.kind = V_NONE}, chance);
        return;
    }
    double whole = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < rows->rows && !s->hindered; i++) {
            if (rows->weight[i] <= 0 || !row_agrees(rows, bucket, i)) continue;
            if (!pass)
                whole += rows->weight[i];
            else
                step_value(s, at, (value){.kind = V_NUM, .num = i}, chance * rows->weight[i] / whole);
        }
}

static void walk_leaf(seed *s, uint32_t at, double chance) {
    seed_leaf *l = &s->leaf[at];
    const node *n = l->draw.node;
    if (l->draw.leaf == n->row) {
        bool applies = !n->when || pred_holds(n->when, &s->r);
        if (applies)
            walk_rows(s, at, chance);
        else
            step_value(s, at, (value){.kind = V_NONE}, chance);
        return;
    }
    const dist *how = n->when && !pred_holds(n->when, &s->r) ? NULL : draw_dist(l->draw.spec, &s->r);
    if (how && how->form == DIST_ROW) {
        value row = s->r.value[how->row];
        if (row.kind == V_NUM) row.num = how->cell[row.num];
        step_value(s, at, row, chance);
        return;
    }
    if (!how) {
        step_value(s, at, (value){.kind = V_NONE}, chance);
        return;
    }
    if (l->axis != NO_LEAF && !l->referred) {
        for (uint32_t c = 0; c < l->joint->fine.n; c++)
            if (c != l->joint->fine.none)
                step_class(s, at, c, chance * leaf_mass(&l->draw, how, &s->r, &l->joint->set[c]));
        return;
    }
    for (int64_t v = leaf_lo(n); v <= leaf_hi(n) && !s->hindered; v++) {
        struct interval one = {v, v};
        reach(s);
        step_value(s, at, (value){.kind = V_NUM, .num = v},
                   chance * leaf_mass(&l->draw, how, &s->r, &(value_set){.in = &one, .n = 1}));
    }
}

static void walk(seed *s, uint32_t at, double chance) {
    if (at < s->leaves) {
        walk_leaf(s, at, chance);
        if (!s->hindered) s->r.value[s->leaf[at].draw.leaf] = (value){.kind = V_NONE};
        return;
    }
    size_t cell = 0;
    for (uint32_t i = 0; i < s->axes; i++) cell = cell * s->radix[i] + s->class[i];
    s->weight[cell] += chance;
}

/* ---- which attributes take part -------------------------------------------------------------------------- */

static void need(const population *p, uint32_t leaf, bool *needed, bool *referred) {
    if (needed[leaf]) return;
    needed[leaf] = true;
    leaf_list refs = p->compiled->joint->refs[leaf];
    for (uint32_t i = 0; i < refs.n; i++) {
        referred[refs.leaf[i]] = true;
        need(p, refs.leaf[i], needed, referred);
    }
}

/* NULL: it can take part; else why not. */
static const char *hindrance(const seed_leaf *l) {
    const node *n = l->draw.node;
    if (n->is_list) return "is a list";
    if (n->kind == K_TEMPLATE || !n->draw) return "is a text";
    if (l->draw.leaf == n->row || n->draw->dist[0].form == DIST_ROW) return NULL;
    if ((l->axis == NO_LEAF || l->referred) && leaf_hi(n) - leaf_lo(n) >= (int64_t)STEPS_MAX)
        return "has too many values";
    return NULL;
}

static bool collect(seed *s, const uint32_t *index, const bool *needed, const bool *referred, str name,
                    const tree *at, diags *d) {
    const joint *j = s->p->compiled->joint;
    for (uint32_t i = 0; i < s->p->draws; i++) {
        uint32_t leaf = s->p->draw_order[i];
        if (!needed[leaf]) continue;
        const node *n = leaf_node(s->p, leaf);
        seed_leaf *l = &s->leaf[s->leaves++];
        *l = (seed_leaf){
            .draw = {.leaf = leaf, .node = n, .spec = n->draw}, .axis = NO_LEAF, .referred = referred[leaf]};
        l->draw.plain = n->draw && !n->draw->only && !n->draw->except.n;
        for (uint32_t k = 0; k < s->axes; k++)
            if (j->at[index[k]].leaf == leaf) l->axis = k;
        if (l->axis != NO_LEAF) l->joint = &j->at[index[l->axis]];
        const char *why = hindrance(l);
        if (why)
            return diag_at(s->p, d, DIAG_P03, at, n->path, "give the table as shares or counts",
                           "table `" STR_FMT "`: `weights` needs the joint with `" STR_FMT "`, which %s",
                           STR_ARG(name), STR_ARG(n->path), why);
    }
    return true;
}

/* ---- the whole, or part by part -------------------------------------------------------------------------- */

/* Some of the axes. */
typedef struct part {
    uint32_t *index, *place, *radix, n; /* of the joint; among all the axes; classes */
    double *weight;
} part;

static part part_new(uint32_t n, arena *mem) {
    return (part){.index = arena_new_of(mem, uint32_t, n),
                  .place = arena_new_of(mem, uint32_t, n),
                  .radix = arena_new_of(mem, uint32_t, n)};
}

static void part_add(const population *p, part *k, uint32_t index, uint32_t place) {
    k->index[k->n] = index;
    k->place[k->n] = place;
    k->radix[k->n++] = p->compiled->joint->at[index].fine.n;
}

/* false: too many combinations, or a row in d says what hinders. */
static bool part_seed(const population *p, const part *k, str name, const tree *at, diags *d) {
    arena *mem = arena_new(0);
    bool *needed = arena_new_of(mem, bool, p->leaves), *referred = arena_new_of(mem, bool, p->leaves);
    seed s = {.p = p, .axes = k->n, .weight = k->weight, .radix = k->radix};
    s.leaf = arena_new_of(mem, seed_leaf, p->draws);
    s.class = arena_new_of(mem, uint32_t, k->n);
    record_init(&s.r, p, mem);
    for (uint32_t i = 0; i < k->n; i++) need(p, p->compiled->joint->at[k->index[i]].leaf, needed, referred);
    bool fine = collect(&s, k->index, needed, referred, name, at, d);
    if (fine) walk(&s, 0, 1);
    arena_free(mem);
    return fine && !s.hindered;
}

/* The first axis that is left, and all that refer, by whatever way, to what one of the part refers to. */
static part part_take(const population *p, const part *all, bool *taken, arena *mem) {
    part k = part_new(all->n, mem);
    bool *needed = arena_new_of(mem, bool, p->leaves), *referred = arena_new_of(mem, bool, p->leaves);
    bool *in = arena_new_of(mem, bool, all->n), any = false;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < all->n; i++) {
            bool *own = arena_new_of(mem, bool, p->leaves), meets = !any;
            if (taken[i]) continue;
            need(p, p->compiled->joint->at[all->index[i]].leaf, own, referred);
            for (uint32_t l = 0; l < p->leaves; l++) meets = meets || (own[l] && needed[l]);
            if (!meets) continue;
            for (uint32_t l = 0; l < p->leaves; l++) needed[l] = needed[l] || own[l];
            in[i] = taken[i] = any = more = true;
        }
    }
    for (uint32_t i = 0; i < all->n; i++)
        if (in[i]) part_add(p, &k, all->index[i], i);
    return k;
}

/* The places of a part's axes ascend. */
static void part_multiply(const part *k, const part *all, size_t cells) {
    for (size_t i = 0; i < cells; i++) {
        size_t at = 0, by = 1, rest = i;
        for (uint32_t a = all->n, x = k->n; a-- > 0; rest /= all->radix[a]) {
            if (!x || k->place[x - 1] != a) continue;
            x--;
            at += rest % all->radix[a] * by;
            by *= k->radix[x];
        }
        all->weight[i] *= k->weight[at];
    }
}

/* Parts that refer to nothing in common are independent: their joint is the product. */
static bool parts_seed(const population *p, const part *all, str name, const tree *at, arena *mem, diags *d) {
    bool *taken = arena_new_of(mem, bool, all->n), fine = true;
    size_t cells = 1;
    for (uint32_t i = 0; i < all->n; i++) cells *= all->radix[i];
    for (size_t i = 0; i < cells; i++) all->weight[i] = 1;
    for (uint32_t i = 0; i < all->n && fine; i++) {
        if (taken[i]) continue;
        part k = part_take(p, all, taken, mem);
        size_t own = 1;
        for (uint32_t x = 0; x < k.n; x++) own *= k.radix[x];
        k.weight = arena_new_of(mem, double, own);
        fine = k.n < all->n && part_seed(p, &k, name, at, d);
        if (fine) part_multiply(&k, all, cells);
    }
    return fine;
}

bool joint_seed(const population *p, const uint32_t *index, uint32_t n, str name, const tree *at,
                double *weight, diags *d) {
    arena *mem = arena_new(0);
    part all = part_new(n, mem);
    all.weight = weight;
    for (uint32_t i = 0; i < n; i++) part_add(p, &all, index[i], i);
    size_t before = d->n;
    bool fine = part_seed(p, &all, name, at, d);
    if (!fine && d->n == before) fine = parts_seed(p, &all, name, at, mem, d);
    if (!fine && d->n == before)
        diag_at(p, d, DIAG_P17, at, name, "fewer values of the attributes that others refer to; or `soft`",
                "table `" STR_FMT "`: the joint of its attributes has too many combinations", STR_ARG(name));
    arena_free(mem);
    return fine;
}

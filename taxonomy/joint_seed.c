/* joint_seed.c: the joint distribution of table attributes that their own distributions give.
 *
 * The attributes and all that they refer to are gone through in draw order, value by value, and the product of
 * the chances is added to the cell; what no other attribute refers to goes by whole classes. Attributes outside
 * the tables are so summed out. Lists cannot be, and neither can more than 2^24 combinations.
 */
#include "taxonomy/plan.h"

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
            return diag_at(s->p, d, DIAG_P00, at, n->path, "give the table as shares or counts",
                           "table `" STR_FMT "`: the joint of its attributes needs `" STR_FMT
                           "`, which %s: not supported yet",
                           STR_ARG(name), STR_ARG(n->path), why);
    }
    return true;
}

bool joint_seed(const population *p, const uint32_t *index, uint32_t n, str name, const tree *at,
                double *weight, diags *d) {
    arena *mem = arena_new(0);
    bool *needed = arena_new_of(mem, bool, p->leaves), *referred = arena_new_of(mem, bool, p->leaves);
    uint32_t *radix = arena_new_of(mem, uint32_t, n);
    seed s = {.p = p, .axes = n, .weight = weight, .radix = radix};
    s.leaf = arena_new_of(mem, seed_leaf, p->draws);
    s.class = arena_new_of(mem, uint32_t, n);
    record_init(&s.r, p, mem);
    for (uint32_t i = 0; i < n; i++) {
        radix[i] = p->compiled->joint->at[index[i]].fine.n;
        need(p, p->compiled->joint->at[index[i]].leaf, needed, referred);
    }
    bool fine = collect(&s, index, needed, referred, name, at, d);
    if (fine) {
        walk(&s, 0, 1);
        if (s.hindered)
            fine = diag_at(p, d, DIAG_P00, at, name, "give the table as shares or counts",
                           "table `" STR_FMT "`: a joint with so many combinations is not supported yet",
                           STR_ARG(name));
    }
    arena_free(mem);
    return fine;
}

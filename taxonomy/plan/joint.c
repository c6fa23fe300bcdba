/* joint.c: the attributes of tables and the classes of their values.
 *
 * A class is a set of values that no table tells apart, and no constraint over table attributes alone either:
 * such constraints are structural zeros, and a cell breaks one with all its people or with none. To cut by a
 * constraint, which can only be asked whether it holds, it is asked about every combination of values of its
 * attributes.
 */
#include "taxonomy/plan/plan.h"
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>
#include <string.h>

#define ASK_MAX (1u << 21) /* combinations that a constraint is asked about */
#define CUT_MAX 4096       /* values of a number that a constraint may cut */

/* ---- constraints as cuts --------------------------------------------------------------------------------- */

typedef struct set_list {
    value_set *set;
    uint32_t n, cap;
} set_list;

static void put_set(set_list *l, value_set s) {
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->set = xrealloc(l->set, sizeof *l->set * l->cap);
    }
    l->set[l->n++] = s;
}

/* A question about some table attributes: a constraint, or whether an attribute has a value exactly where its
 * `when` holds. */
typedef struct question {
    const uint32_t *leaf;
    uint32_t n;
    const constraint *c; /* NULL: about `when` of leaf[0] */
} question;

static bool answer(const population *p, const question *q, const record *r) {
    if (q->c) return q->c->holds(q->c->self, r);
    return (r->value[q->leaf[0]].kind != V_NONE) == pred_holds(leaf_node(p, q->leaf[0])->when, r);
}

static uint32_t values_of(const node *n) {
    int64_t many = leaf_hi(n) - leaf_lo(n) + 1;
    uint32_t none = n->when ? 1 : 0;
    return many > CUT_MAX ? 0 : (uint32_t)many + none;
}

static value value_at(const node *n, uint32_t i) {
    if (i > (uint32_t)(leaf_hi(n) - leaf_lo(n))) return (value){.kind = V_NONE};
    return (value){.kind = V_NUM, .num = leaf_lo(n) + i};
}

/* Values of an attribute with the same answers in all combinations with the others: one set each. */
static void put_signatures(population *p, const node *n, const uint64_t *sign, uint32_t values, set_list *out) {
    for (uint32_t i = 0; i < values; i++) {
        value_set s = {0};
        bool first = true;
        for (uint32_t k = 0; k < values; k++) {
            if (sign[k] != sign[i]) continue;
            if (k < i) first = false;
            value v = value_at(n, k);
            if (v.kind == V_NONE)
                s.none = true;
            else if (first)
                set_add(p->mem, &s, v.num, v.num);
        }
        if (!first) continue;
        set_normalise(&s);
        put_set(out, s);
    }
}

static bool next_combination(uint32_t *at, const uint32_t *values, uint32_t n) {
    for (uint32_t i = n; i-- > 0;) {
        if (++at[i] < values[i]) return true;
        at[i] = 0;
    }
    return false;
}

/* Cuts the attributes of a question by its answers. false: too many combinations, it stays a matter of the
 * draw. */
static bool cut_by(population *p, const question *q, record *r, set_list *lists) {
    uint32_t values[16], at[16] = {0};
    uint64_t *sign[16], all = 1;
    if (q->n > COUNT_OF(values)) return false;
    for (uint32_t i = 0; i < q->n; i++) {
        values[i] = values_of(leaf_node(p, q->leaf[i]));
        all *= values[i];
        if (all == 0 || all > ASK_MAX) return false;
    }
    for (uint32_t i = 0; i < q->n; i++) sign[i] = xcalloc(values[i], sizeof **sign);
    do {
        for (uint32_t i = 0; i < q->n; i++) r->value[q->leaf[i]] = value_at(leaf_node(p, q->leaf[i]), at[i]);
        bool holds = answer(p, q, r);
        for (uint32_t i = 0; i < q->n; i++) sign[i][at[i]] = rng_u64(sign[i][at[i]], holds, 0, 0, 0);
    } while (next_combination(at, values, q->n));
    for (uint32_t i = 0; i < q->n; i++) {
        put_signatures(p, leaf_node(p, q->leaf[i]), sign[i], values[i],
                       &lists[p->compiled->joint->of[q->leaf[i]]]);
        free(sign[i]);
        r->value[q->leaf[i]] = (value){.kind = V_NONE};
    }
    return true;
}

/* ---- the classes ----------------------------------------------------------------------------------------- */

static void tables_cut(population *p, const table *list, uint32_t tables, set_list *lists) {
    const joint *j = p->compiled->joint;
    for (uint32_t i = 0; i < tables; i++) {
        const table *t = &list[i];
        for (uint32_t k = 0; k < t->over.n; k++) {
            const node *n = leaf_node(p, t->over.leaf[k]);
            set_list *l = &lists[j->of[n->leaf]];
            for (uint32_t c = 0; c < t->cut[k].n; c++) put_set(l, class_set(p->mem, n, &t->cut[k], c));
            if (n->when) put_set(l, (value_set){.none = true}); /* to tell of whom the table speaks */
        }
    }
}

static bool all_joint(const joint *j, const uint32_t *leaf, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (j->of[leaf[i]] == NO_LEAF) return false;
    return n > 0;
}

static void constraint_sets(population *p, record *r, set_list *lists) {
    compiled *c = p->compiled;
    c->zero = arena_new_of(p->mem, uint32_t, p->constraints);
    for (uint32_t i = 0; i < p->constraints; i++) {
        const constraint *one = &p->constraint[i];
        question q = {one->leaf, one->leaves, one};
        if (all_joint(c->joint, one->leaf, one->leaves) && cut_by(p, &q, r, lists)) c->zero[c->zeros++] = i;
    }
}

/* An attribute with `when` over table attributes: the cell decides whether there is a value. */
static void when_sets(population *p, record *r, set_list *lists) {
    const joint *j = p->compiled->joint;
    for (uint32_t i = 0; i < j->all; i++) {
        const node *n = leaf_node(p, j->at[i].leaf);
        if (!n->when) continue;
        leaf_list refs = pred_leaves(p, n->when);
        uint32_t *leaf = arena_new_of(p->mem, uint32_t, refs.n + 1), n_leaf = 0;
        leaf[n_leaf++] = n->leaf;
        for (uint32_t k = 0; k < refs.n; k++)
            if (refs.leaf[k] != n->leaf) leaf[n_leaf++] = refs.leaf[k];
        if (all_joint(j, leaf, n_leaf))
            j->at[i].when_inside = cut_by(p, &(question){leaf, n_leaf, NULL}, r, lists);
    }
}

static void joint_classes(population *p, joint_leaf *j, const set_list *l) {
    const node *n = leaf_node(p, j->leaf);
    classes_build(p->mem, n, l->set, l->n, &j->fine);
    j->set = arena_new_of(p->mem, value_set, j->fine.n);
    j->single = true;
    for (uint32_t c = 0; c < j->fine.n; c++) {
        j->set[c] = class_set(p->mem, n, &j->fine, c);
        set_normalise(&j->set[c]);
        if (class_size(n, &j->fine, c) > 1) j->single = false;
    }
}

value joint_value(const joint_leaf *j, uint32_t class) {
    if (class == j->fine.none || !j->set[class].n) return (value){.kind = V_NONE};
    return (value){.kind = V_NUM, .num = j->set[class].in[0].lo};
}

static bool refs_fixed(const joint *j, uint32_t leaf) {
    for (uint32_t i = 0; i < j->refs[leaf].n; i++)
        if (!j->fixed[j->refs[leaf].leaf[i]]) return false;
    return true;
}

/* A leaf is fixed by the cell if its class is one value and all that it refers to is fixed. */
static void joint_fixed(const population *p, joint *j) {
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i];
        if (j->of[leaf] >= j->n || !j->at[j->of[leaf]].single) continue;
        if (leaf_node(p, leaf)->when && !j->at[j->of[leaf]].when_inside) continue;
        j->fixed[leaf] = refs_fixed(j, leaf);
    }
}

/* A constraint over fixed attributes that has too many combinations to be cut by is still a matter of cells. */
static void zeros_late(population *p) {
    compiled *c = p->compiled;
    uint32_t known = c->zeros;
    for (uint32_t i = 0; i < p->constraints; i++) {
        const constraint *one = &p->constraint[i];
        bool is_late = one->leaves > 0;
        for (uint32_t k = 0; k < known; k++) is_late = is_late && c->zero[k] != i;
        for (uint32_t k = 0; k < one->leaves; k++) is_late = is_late && c->joint->fixed[one->leaf[k]];
        if (is_late) c->zero[c->zeros++] = i;
    }
}

static void joint_add(joint *j, leaf_list over) {
    for (uint32_t k = 0; k < over.n; k++) {
        if (j->of[over.leaf[k]] != NO_LEAF) continue;
        j->of[over.leaf[k]] = j->all;
        j->at[j->all++].leaf = over.leaf[k];
    }
}

static void joint_collect(population *p, joint *j) {
    const compiled *c = p->compiled;
    for (uint32_t i = 0; i < p->leaves; i++) j->of[i] = NO_LEAF;
    for (uint32_t i = 0; i < c->hards; i++) joint_add(j, c->table[i].over);
    j->n = j->all;
    for (uint32_t i = c->hards; i < c->tables; i++) joint_add(j, c->table[i].over);
}

static void joint_refs(population *p, joint *j) {
    j->refs = arena_new_of(p->mem, leaf_list, p->leaves);
    for (uint32_t i = 0; i < p->draws; i++) j->refs[p->draw_order[i]] = leaf_refs(p, p->draw_order[i]);
}

void joint_make(population *p) {
    joint *j = p->compiled->joint = arena_new_of(p->mem, joint, 1);
    j->of = arena_new_of(p->mem, uint32_t, p->leaves);
    j->fixed = arena_new_of(p->mem, bool, p->leaves);
    j->at = arena_new_of(p->mem, joint_leaf, p->leaves);
    joint_refs(p, j);
    joint_collect(p, j);
    set_list *lists = xcalloc(j->all + 1, sizeof *lists);
    arena *scratch = arena_new(0);
    record r;
    record_init(&r, p, scratch);
    tables_cut(p, p->compiled->table, p->compiled->tables, lists);
    tables_cut(p, p->compiled->reference, p->compiled->references, lists);
    constraint_sets(p, &r, lists);
    when_sets(p, &r, lists);
    for (uint32_t i = 0; i < j->all; i++) {
        joint_classes(p, &j->at[i], &lists[i]);
        free(lists[i].set);
    }
    free(lists);
    arena_free(scratch);
    joint_fixed(p, j);
    for (uint32_t i = 0; i < j->all; i++) j->at[i].accept = !refs_fixed(j, j->at[i].leaf);
    zeros_late(p);
}

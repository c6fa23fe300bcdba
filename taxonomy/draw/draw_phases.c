/* draw_phases.c: in which phase each leaf is drawn (FORMAT, order), and what components with `unique` need.
 *
 * A template is drawn with the last of what it shows, whatever it says itself. The class of a table attribute
 * is the cell's, so it tells something about what the attribute follows from, and what is kept must be drawn
 * with regard to it. So a table attribute that follows from kept ones, and the redrawn ones between them, are
 * drawn early as well, with those and once for all attempts; then again for each attempt, given what is kept.
 */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>

static uint32_t kept_phase(const population *p) {
    return p->compiled->phase.sizes;
}

bool leaf_settled(const population *p, uint32_t leaf) {
    const joint *j = p->compiled->joint;
    return j->of[leaf] < j->n && j->at[j->of[leaf]].single;
}

/* ---- sizes ----------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void sizes_make(population *p) {
    phases *f = &p->compiled->phase;
    f->size = arena_new_of(p->mem, uint64_t, p->groups + 1);
    for (uint32_t i = 0; i < p->groups; i++) {
        bool drawn = false;
        for (uint32_t k = 0; k < p->draws && !drawn; k++)
            drawn = leaf_node(p, p->draw_order[k])->per == &p->group[i];
        for (uint32_t k = 0; k < f->sizes && drawn; k++) drawn = f->size[k] != p->group[i].size;
        if (drawn) f->size[f->sizes++] = p->group[i].size;
    }
    qsort(f->size, f->sizes, sizeof *f->size, by_size);
}

static uint32_t phase_of_size(const phases *f, uint64_t size) {
    uint32_t i = 0;
    while (f->size[i] != size) i++;
    return i;
}

/* ---- leaves ---------------------------------------------------------------------------------------------- */

static uint32_t template_phase(const population *p, leaf_list refs) {
    const phases *f = &p->compiled->phase;
    uint32_t last = refs.n ? 0 : f->sizes;
    for (uint32_t i = 0; i < refs.n; i++) {
        uint32_t one = leaf_settled(p, refs.leaf[i]) ? f->sizes : f->of[refs.leaf[i]];
        bool apart = one < f->sizes && last < f->sizes && i > 0 &&
                     f->size[last < one ? last : one] % f->size[last < one ? one : last];
        if (apart)
            last = f->sizes;
        else if (one > last)
            last = one;
    }
    return last;
}

/* The latest phase of what a table attribute follows from, less what the cell settles; UINT32_MAX: nothing. */
static uint32_t refs_phase(const population *p, leaf_list refs) {
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < refs.n; i++) {
        uint32_t one = p->compiled->phase.of[refs.leaf[i]];
        if (!leaf_settled(p, refs.leaf[i]) && (last == UINT32_MAX || one > last)) last = one;
    }
    return last;
}

/* One whose value the cell says may as well be drawn with what is kept, where it follows from nothing else. */
static uint32_t table_phase(population *p, joint_leaf *j, uint32_t own) {
    j->last = refs_phase(p, p->compiled->joint->refs[j->leaf]);
    return j->single && j->last == kept_phase(p) ? j->last : own;
}

/* Whether a leaf of the last phase follows from a kept one, itself or by way of others of the last phase. */
static void kept_reach(const population *p, bool *reach) {
    const phases *f = &p->compiled->phase;
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i];
        leaf_list refs = p->compiled->joint->refs[leaf];
        for (uint32_t k = 0; k < refs.n && f->of[leaf] > f->sizes; k++) {
            bool settled = leaf_settled(p, refs.leaf[k]);
            if (!settled && (f->of[refs.leaf[k]] == f->sizes || reach[refs.leaf[k]])) reach[leaf] = true;
        }
    }
}

/* From the last in the order of draws on: what an early leaf follows from is early too. */
static void early_make(population *p) {
    const joint *j = p->compiled->joint;
    phases *f = &p->compiled->phase;
    bool *reach = xcalloc(p->leaves + 1, sizeof *reach);
    f->early = arena_new_of(p->mem, bool, p->leaves + 1);
    kept_reach(p, reach);
    for (uint32_t i = p->draws; i-- > 0;) {
        uint32_t leaf = p->draw_order[i];
        bool judged = j->of[leaf] < j->n && !j->fixed[leaf] && reach[leaf];
        f->early[leaf] = f->of[leaf] > f->sizes && (judged || f->early[leaf]);
        for (uint32_t k = 0; k < j->refs[leaf].n && f->early[leaf]; k++)
            if (!leaf_settled(p, j->refs[leaf].leaf[k])) f->early[j->refs[leaf].leaf[k]] = true;
    }
    free(reach);
}

void phases_make(population *p) {
    joint *j = p->compiled->joint;
    phases *f = &p->compiled->phase;
    sizes_make(p);
    f->of = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i];
        const node *n = leaf_node(p, leaf); /* of a hidden leaf its section */
        uint32_t own = n->per ? phase_of_size(f, n->per->size) : n->keep ? f->sizes : f->sizes + 1;
        if (n->kind == K_TEMPLATE) own = template_phase(p, j->refs[leaf]);
        if (j->of[leaf] < j->n && !j->fixed[leaf]) own = table_phase(p, &j->at[j->of[leaf]], own);
        f->of[leaf] = own;
    }
    early_make(p);
}

/* ---- constraints ----------------------------------------------------------------------------------------- */

uint32_t constraint_phase(const population *p, const constraint *c, const bool *drawn) {
    uint32_t last = UINT32_MAX, settled = UINT32_MAX;
    for (uint32_t i = 0; i < c->leaves; i++) {
        uint32_t one = p->compiled->phase.of[c->leaf[i]];
        if (!drawn[c->leaf[i]]) continue;
        uint32_t *most = leaf_settled(p, c->leaf[i]) ? &settled : &last;
        if (*most == UINT32_MAX || one > *most) *most = one;
    }
    return last != UINT32_MAX ? last : settled;
}

/* A constraint that bears on a group's values may name nothing that differs between its members. */
static bool constraint_fits(const population *p, const constraint *c, uint32_t phase, diags *d) {
    const phases *f = &p->compiled->phase;
    if (phase >= f->sizes) return true;
    for (uint32_t i = 0; i < c->leaves; i++) {
        const node *n = leaf_node(p, c->leaf[i]);
        uint32_t one = f->of[c->leaf[i]];
        bool differs =
            p->compiled->joint->of[c->leaf[i]] != NO_LEAF || one >= f->sizes || f->size[one] % f->size[phase];
        const tree *at = tree_get_str(tree_get(p->composed->top, "rules"), c->id);
        if (differs)
            return diag_at(p, d, DIAG_P10, at, n->path,
                           "what is drawn for a group cannot follow from one of its members",
                           "rule `" STR_FMT "` joins what is drawn for groups of %llu with `" STR_FMT
                           "`, which differs within them",
                           STR_ARG(c->id), (unsigned long long)f->size[phase], STR_ARG(n->path));
    }
    return true;
}

bool phases_check(const population *p, const bool *drawn, diags *d) {
    bool fine = true;
    for (uint32_t i = 0; i < p->constraints; i++) {
        uint32_t phase = constraint_phase(p, &p->constraint[i], drawn);
        if (phase != UINT32_MAX) fine = constraint_fits(p, &p->constraint[i], phase, d) && fine;
    }
    return fine;
}

/* ---- unique ---------------------------------------------------------------------------------------------- */

/* Members are drawn from the start of the largest group on: the smaller ones must begin where it does. */
static bool span_make(const population *p, component *c, diags *d) {
    for (uint32_t i = 0; i < c->uniques; i++) {
        uint64_t size = leaf_node(p, c->unique[i])->unique->size;
        if (size > c->span) c->span = size;
    }
    for (uint32_t i = 0; i < c->uniques; i++) {
        const node *n = leaf_node(p, c->unique[i]);
        if (c->span % n->unique->size)
            return diag_at(p, d, DIAG_P10, p->compiled->source[p->leaf_node[n->leaf]], n->path,
                           "sizes of which one divides the other",
                           "`" STR_FMT
                           "` is `unique` in groups of %llu, and hangs together with what is in groups of %llu",
                           STR_ARG(n->path), (unsigned long long)n->unique->size, (unsigned long long)c->span);
    }
    return true;
}

/* owner: leaf -> component, UINT32_MAX: none. wanted: component -> it is needed. */
static void want_refs(const population *p, const component *c, const uint32_t *owner, bool *wanted) {
    const compiled *all = p->compiled;
    for (uint32_t i = 0; i < c->leaves; i++) {
        leaf_list refs = all->joint->refs[c->leaf[i]];
        for (uint32_t k = 0; k < refs.n; k++)
            if (owner[refs.leaf[k]] != UINT32_MAX) wanted[owner[refs.leaf[k]]] = true;
    }
    for (uint32_t i = 0; i < c->constraints; i++) {
        const constraint *one = &p->constraint[c->constraint[i]];
        for (uint32_t k = 0; k < one->leaves; k++)
            if (owner[one->leaf[k]] != UINT32_MAX) wanted[owner[one->leaf[k]]] = true;
    }
}

static void needs_make(population *p, component *c, const uint32_t *owner) {
    compiled *all = p->compiled;
    bool *wanted = xcalloc(all->components + 1, sizeof *wanted);
    want_refs(p, c, owner, wanted);
    c->need = arena_new_of(p->mem, uint32_t, all->components);
    for (uint32_t i = all->components; i-- > 0;)
        if (all->component[i].per && wanted[i]) want_refs(p, &all->component[i], owner, wanted);
    for (uint32_t i = 0; i < all->components; i++)
        if (all->component[i].per && wanted[i]) c->need[c->needs++] = i;
    free(wanted);
}

static bool unique_make(population *p, component *c, const uint32_t *owner, diags *d) {
    c->unique = arena_new_of(p->mem, uint32_t, c->leaves);
    for (uint32_t i = 0; i < c->leaves; i++)
        if (leaf_node(p, c->leaf[i])->unique) c->unique[c->uniques++] = c->leaf[i];
    if (!c->uniques) return true;
    needs_make(p, c, owner);
    return span_make(p, c, d);
}

/* Every `unique` must have come into a kept component: there alone a taken value can be drawn again. */
static bool unique_drawn(const population *p, const uint32_t *owner, diags *d) {
    bool fine = true;
    for (uint32_t i = 0; i < p->draws; i++) {
        const node *n = leaf_node(p, p->draw_order[i]);
        if (!n->unique || (owner[n->leaf] != UINT32_MAX && p->compiled->phase.of[n->leaf] == kept_phase(p)))
            continue;
        fine = diag_at(p, d, DIAG_P16, p->compiled->source[p->leaf_node[n->leaf]], n->path,
                       "leave out `unique`, or let it follow from something that is drawn for each slot",
                       "`" STR_FMT "` is `unique`, but a taken value of it cannot be drawn again",
                       STR_ARG(n->path));
    }
    return fine;
}

bool phases_unique(population *p, diags *d) {
    compiled *all = p->compiled;
    uint32_t *owner = xmalloc((p->leaves + 1) * sizeof *owner);
    bool fine = true;
    for (uint32_t i = 0; i < p->leaves; i++) owner[i] = UINT32_MAX;
    for (uint32_t i = 0; i < all->components; i++)
        for (uint32_t k = 0; k < all->component[i].leaves; k++) owner[all->component[i].leaf[k]] = i;
    for (uint32_t i = 0; i < all->components; i++)
        if (all->component[i].kept) fine = unique_make(p, &all->component[i], owner, d) && fine;
    fine = unique_drawn(p, owner, d) && fine;
    free(owner);
    return fine;
}

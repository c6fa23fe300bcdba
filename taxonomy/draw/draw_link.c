/* draw_link.c: whom a persona knows: its links to other members of its groups, and what it knows of them.
 *
 * MEMBERS are the slots of a group that one plan has: where a plan is extended in the middle of a group, its
 * first part stays as it is and those who come know one another alone. So an extension changes no earlier slot.
 *
 * Pairs are a function of (seed, link, first slot of the members, how many), a relation of (seed, link, both
 * slots), and what is shown of somebody is kept, of a group, or settled by its cell: drawn here for the other
 * slot by the components that it needs, with redraw 0, as that slot's own skeleton draws it. No attempt has a
 * part in it, and what one says of the other agrees with what the other says.
 *
 * What was worked out is remembered for the groups used last, since first attempts walk through the slots and
 * each round of retries walks behind them: then a skeleton costs its own links, and each member is drawn about
 * once for all who know it. One skeleton alone costs all pairs of its groups. What is remembered changes
 * nothing but the time.
 */
#include "taxonomy/draw/draw_parts.h"

#include <stdlib.h>

#define REMEMBERED 8          /* groups of a link: the walks through the slots at one time */
#define HELD_MOST  (1u << 24) /* members and sides of their pairs, unless one group has more */

typedef struct link_group {
    const link_def *link; /* NULL: free */
    uint64_t first, used; /* used: when, for the oldest to be given up */
    link_graph graph;
    arena *mem;    /* of what is shown */
    value **shown; /* one a member; NULL: not drawn yet */
} link_group;

struct link_memory {
    link_group *group;
    size_t groups;
    uint64_t now, held;
    arena *scratch; /* one member while it is drawn */
};

link_memory *link_memory_new(const population *p) {
    if (!p->links) return NULL;
    link_memory *k = xcalloc(1, sizeof *k);
    k->groups = (size_t)p->links * REMEMBERED;
    k->group = xcalloc(k->groups, sizeof *k->group);
    k->scratch = arena_new(0);
    return k;
}

static uint64_t held_by(const link_group *g) {
    return g->link ? (uint64_t)g->graph.members + g->graph.from[g->graph.members] : 0;
}

static void group_forget(link_memory *k, link_group *g) {
    k->held -= held_by(g);
    link_graph_free(&g->graph);
    arena_free(g->mem);
    free(g->shown);
    *g = (link_group){0};
}

void link_memory_free(link_memory *k) {
    if (!k) return;
    for (size_t i = 0; i < k->groups; i++) group_forget(k, &k->group[i]);
    free(k->group);
    arena_free(k->scratch);
    free(k);
}

/* ---- the groups remembered ------------------------------------------------------------------------------- */

typedef struct members {
    uint64_t first, end;
} members;

static members members_of(const plan *pl, const link_def *l, uint64_t slot) {
    uint64_t size = l->within->size, first = slot - slot % size, end = first + size;
    while (pl->base && slot < pl->base->n) pl = pl->base;
    if (pl->base && first < pl->base->n) first = pl->base->n;
    return (members){first, end < pl->n ? end : pl->n};
}

/* The one used longest ago beside `but`, NULL: there is none. */
static link_group *oldest(const link_memory *k, const link_group *but) {
    link_group *g = NULL;
    for (size_t i = 0; i < k->groups; i++) {
        link_group *one = &k->group[i];
        if (one->link && one != but && (!g || one->used < g->used)) g = one;
    }
    return g;
}

static link_group *place_for(link_memory *k) {
    for (size_t i = 0; i < k->groups; i++)
        if (!k->group[i].link) return &k->group[i];
    link_group *g = oldest(k, NULL);
    group_forget(k, g);
    return g;
}

static link_group *group_at(link_memory *k, const plan *pl, const link_def *l, uint64_t slot) {
    members m = members_of(pl, l, slot);
    for (size_t i = 0; i < k->groups; i++)
        if (k->group[i].link == l && k->group[i].first == m.first) return &k->group[i];
    link_group *g = place_for(k), *old;
    *g = (link_group){.link = l, .first = m.first, .mem = arena_new(0)};
    link_graph_make(&g->graph, pl->seed, l, m.first, (uint32_t)(m.end - m.first));
    g->shown = xcalloc(g->graph.members, sizeof *g->shown);
    k->held += held_by(g);
    while (k->held > HELD_MOST && (old = oldest(k, g))) group_forget(k, old);
    return g;
}

/* ---- what is shown of a member --------------------------------------------------------------------------- */

/* Its values of `show`; all without value if it cannot be drawn: then nobody stands in its slot. */
static void member_draw(drawer *w, link_memory *k, link_group *g, uint64_t slot) {
    const plan *pl = drawer_plan(w);
    const link_def *l = g->link;
    const link_program *x = l->program;
    record other;
    drawing d;
    err ignored;
    bool fine = true;
    arena_reset(k->scratch);
    record_init(&other, pl->p, k->scratch);
    drawing_start(&d, pl, &other, slot, 0);
    for (uint32_t i = 0; i < x->needs && fine; i++) {
        const component *c = &pl->p->compiled->component[x->need[i]];
        fine = c->span ? group_draw(w, c, &other, &ignored) : draw_component(&d, c, &ignored);
    }
    for (uint32_t i = 0; i < x->lates && fine; i++) draw_late(&d, x->late[i]);
    value *v = arena_new_of(g->mem, value, l->shows);
    for (uint32_t i = 0; i < l->shows && fine; i++) v[i] = value_copy(g->mem, &other.value[l->show[i]]);
    g->shown[slot - g->first] = v;
}

/* With all whose values are drawn together with its own: they would have to be drawn again for the next one. */
static const value *member_shown(drawer *w, link_memory *k, link_group *g, uint64_t slot) {
    uint64_t block = g->link->program->block, from = slot - slot % block, end = from + block;
    if (g->shown[slot - g->first]) return g->shown[slot - g->first];
    if (from < g->first) from = g->first;
    if (end > g->first + g->graph.members) end = g->first + g->graph.members;
    for (uint64_t i = from; i < end; i++)
        if (!g->shown[i - g->first]) member_draw(w, k, g, i);
    return g->shown[slot - g->first];
}

/* ---- one skeleton ---------------------------------------------------------------------------------------- */

/* What the other is to the slot. */
static uint32_t relation_of(const plan *pl, const link_def *l, uint64_t slot, uint64_t other) {
    uint64_t early = slot < other ? slot : other, late = slot < other ? other : slot;
    uint64_t start = rng_start(rng_u64(pl->seed, l->key, early, late, WORD_RELATION), 0, 0);
    uint32_t v = alias_pick(&l->drawn->pick, rng_more(start, 0), rng_more(start, 1));
    return late == other ? v : l->inverse[v];
}

static linked_list link_draw(drawer *w, link_memory *k, const link_def *l, const record *r) {
    link_group *g = group_at(k, drawer_plan(w), l, r->slot);
    uint32_t self = (uint32_t)(r->slot - g->first), from = g->graph.from[self];
    linked_list out = {.n = g->graph.from[self + 1] - from};
    out.item = arena_new_of(r->mem, linked, out.n);
    g->used = ++k->now;
    for (uint32_t i = 0; i < out.n; i++) {
        uint64_t slot = g->first + g->graph.to[from + i];
        const value *known = member_shown(w, k, g, slot);
        value *v = arena_new_of(r->mem, value, l->shows);
        for (uint32_t s = 0; s < l->shows; s++) v[s] = value_copy(r->mem, &known[s]);
        out.item[i] =
            (linked){.slot = slot, .relation = relation_of(drawer_plan(w), l, r->slot, slot), .shown = v};
    }
    return out;
}

void links_draw(drawer *w, link_memory *k, record *r) {
    const population *p = r->pop;
    if (!p->links) return;
    r->links = arena_new_of(r->mem, linked_list, p->links);
    for (uint32_t i = 0; i < p->links; i++) r->links[i] = link_draw(w, k, &p->link[i], r);
}

/* ---- how `show` is drawn --------------------------------------------------------------------------------- */

typedef struct wants {
    const population *p;
    bool *leaf;      /* leaf -> its value is wanted */
    uint32_t *owner; /* leaf -> component of `per` or `keep` that draws it, UINT32_MAX: none */
} wants;

static void want_all(wants *k, const uint32_t *leaf, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const node *list =
            leaf_within(k->p, leaf[i]) == NO_LEAF ? NULL : &k->p->node[leaf_within(k->p, leaf[i])];
        k->leaf[leaf[i]] = true;
        if (list) k->leaf[list->number] = true;
    }
}

/* Templates that no component draws, the last first: they may show one another. */
static void want_late(wants *k, link_program *x) {
    const population *p = k->p;
    x->late = arena_new_of(p->mem, uint32_t, p->draws);
    for (uint32_t i = p->draws; i-- > 0;) {
        uint32_t leaf = p->draw_order[i];
        bool late = leaf_node(p, leaf)->kind == K_TEMPLATE && k->owner[leaf] == UINT32_MAX;
        if (!late || !k->leaf[leaf]) continue;
        x->late[x->lates++] = leaf;
        want_all(k, p->compiled->joint->refs[leaf].leaf, p->compiled->joint->refs[leaf].n);
    }
    for (uint32_t i = 0; i < x->lates / 2; i++) {
        uint32_t swap = x->late[i];
        x->late[i] = x->late[x->lates - 1 - i];
        x->late[x->lates - 1 - i] = swap;
    }
}

static bool wanted(const wants *k, uint32_t component_index) {
    const component *c = &k->p->compiled->component[component_index];
    for (uint32_t i = 0; i < c->leaves; i++)
        if (k->leaf[c->leaf[i]] && k->owner[c->leaf[i]] == component_index) return true;
    return false;
}

/* Components stand in the order of their phases, and one needs only those before it. */
static void want_components(wants *k, link_program *x) {
    const compiled *all = k->p->compiled;
    bool *need = xcalloc(all->components + 1, sizeof *need);
    for (uint32_t i = all->components; i-- > 0;) {
        const component *c = &all->component[i];
        need[i] = wanted(k, i);
        for (uint32_t n = 0; n < c->leaves && need[i]; n++)
            want_all(k, all->joint->refs[c->leaf[n]].leaf, all->joint->refs[c->leaf[n]].n);
        for (uint32_t n = 0; n < c->constraints && need[i]; n++)
            want_all(k, k->p->constraint[c->constraint[n]].leaf, k->p->constraint[c->constraint[n]].leaves);
    }
    x->need = arena_new_of(k->p->mem, uint32_t, all->components);
    for (uint32_t i = 0; i < all->components; i++) {
        if (!need[i]) continue;
        x->need[x->needs++] = i;
        if (all->component[i].span > x->block) x->block = all->component[i].span;
    }
    free(need);
}

void links_prepare(population *p) {
    const compiled *all = p->compiled;
    uint32_t *owner = xmalloc((p->leaves + 1) * sizeof *owner);
    for (uint32_t i = 0; i < p->leaves; i++) owner[i] = UINT32_MAX;
    for (uint32_t i = 0; i < all->components; i++) {
        const component *c = &all->component[i];
        for (uint32_t n = 0; n < c->leaves && (c->per || c->kept); n++) owner[c->leaf[n]] = i;
    }
    for (uint32_t i = 0; i < p->links; i++) {
        link_program *x = arena_new_of(p->mem, link_program, 1);
        wants k = {p, xcalloc(p->leaves + 1, sizeof(bool)), owner};
        x->block = 1;
        want_all(&k, p->link[i].show, p->link[i].shows);
        want_late(&k, x);
        want_components(&k, x);
        p->link[i].program = x;
        free(k.leaf);
    }
    free(owner);
}

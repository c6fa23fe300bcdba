/* draw_group.c: components with `unique`: members of a group are drawn in slot order, each from what the
 * earlier ones have left, so a slot's values take those of the members before it.
 *
 * A component is drawn for the largest group that one of its leaves is `unique` in; smaller ones divide it, and
 * begin anew within it. What was drawn is remembered for the groups used last: first attempts walk through the
 * slots, and each round of retries walks behind them, so that every member is drawn about once. A draw does not
 * see what is remembered; only its cost does. A member that nothing is left for takes nothing.
 */
#include "taxonomy/draw/draw_parts.h"

#include <stdlib.h>

#define REMEMBERED 8 /* groups of a component: the walks through the slots at one time */

typedef struct member {
    const value *value; /* one a leaf of the component */
    const err *why;     /* it could not be drawn. NULL: it was */
} member;

/* The members of a group that have been drawn, from the first on. */
typedef struct drawn_group {
    const component *c;
    uint64_t index, used; /* used: when, for the oldest to be given up */
    arena *mem;           /* of its values */
    record last;          /* the member drawn last, with what it needed */
    member *member;
    uint64_t members, cap;
    taken_set *taken; /* one of each of c->unique */
} drawn_group;

struct drawer {
    const plan *pl;
    drawn_group *group;
    size_t groups;
    uint64_t now;
    arena *scratch;
    link_memory *links;
};

drawer *drawer_new(const plan *pl) {
    drawer *w = xcalloc(1, sizeof *w);
    const compiled *all = pl->p->compiled;
    w->pl = pl;
    w->links = link_memory_new(pl->p);
    for (uint32_t i = 0; i < all->components; i++) w->groups += all->component[i].span ? REMEMBERED : 0;
    if (w->groups) w->group = xcalloc(w->groups, sizeof *w->group);
    w->scratch = arena_new(0);
    return w;
}

static void group_forget(drawn_group *g) {
    for (uint32_t i = 0; g->c && i < g->c->uniques; i++) taken_free(&g->taken[i]);
    free(g->taken);
    free(g->member);
    arena_free(g->mem);
    *g = (drawn_group){0};
}

void drawer_free(drawer *w) {
    if (!w) return;
    for (size_t i = 0; i < w->groups; i++) group_forget(&w->group[i]);
    free(w->group);
    arena_free(w->scratch);
    link_memory_free(w->links);
    free(w);
}

const plan *drawer_plan(const drawer *w) {
    return w->pl;
}

arena *drawer_scratch(drawer *w) {
    return w->scratch;
}

link_memory *drawer_links(const drawer *w) {
    return w->links;
}

/* ---- the groups remembered ------------------------------------------------------------------------------- */

/* The one asked for, or else the one that was used longest ago, emptied for it. */
static drawn_group *group_at(drawer *w, const component *c, uint64_t index) {
    drawn_group *g = &w->group[0];
    for (size_t i = 0; i < w->groups; i++) {
        drawn_group *one = &w->group[i];
        if (one->c == c && one->index == index) return one;
        if (one->used < g->used) g = one;
    }
    group_forget(g);
    *g = (drawn_group){.c = c, .index = index, .mem = arena_new(0)};
    g->taken = xcalloc(c->uniques, sizeof *g->taken);
    record_init(&g->last, w->pl->p, g->mem);
    return g;
}

/* ---- members --------------------------------------------------------------------------------------------- */

/* The components of groups that it needs, where the member before has not left those of the same group. */
static bool draw_needs(drawing *d, const drawn_group *g, uint64_t before, err *e) {
    const compiled *all = d->pl->p->compiled;
    bool left = g->members > 0 && !g->member[g->members - 1].why;
    for (uint32_t i = 0; i < g->c->needs; i++) {
        const component *c = &all->component[g->c->need[i]];
        bool same = left && before / c->per == d->r->slot / c->per;
        if (!same && !draw_component(d, c, e)) return false;
    }
    return true;
}

static member *member_new(drawn_group *g) {
    if (g->members == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 32;
        g->member = xrealloc(g->member, sizeof *g->member * g->cap);
    }
    g->member[g->members] = (member){0};
    return &g->member[g->members++];
}

/* Groups of other sizes begin anew within the largest. */
static void begin_anew(const plan *pl, drawn_group *g, uint64_t slot) {
    for (uint32_t i = 0; i < g->c->uniques; i++)
        if (slot % leaf_node(pl->p, g->c->unique[i])->unique->size == 0) taken_clear(&g->taken[i]);
}

static void draw_member(drawer *w, drawn_group *g) {
    const component *c = g->c;
    uint64_t slot = g->index * c->span + g->members, before = g->last.slot;
    drawing d;
    err e;
    drawing_start(&d, w->pl, &g->last, slot, 0);
    begin_anew(w->pl, g, slot);
    d.others = g->taken;
    d.scratch = w->scratch;
    bool fine = draw_needs(&d, g, before, &e) && draw_component(&d, c, &e);
    member *m = member_new(g);
    if (!fine) {
        m->why = arena_dup(g->mem, &e, sizeof e);
        return;
    }
    value *v = arena_new_of(g->mem, value, c->leaves);
    for (uint32_t i = 0; i < c->leaves; i++) v[i] = g->last.value[c->leaf[i]];
    m->value = v;
    for (uint32_t i = 0; i < c->uniques; i++) taken_add(&g->taken[i], &g->last.value[c->unique[i]]);
}

value value_copy(arena *mem, const value *v) {
    value out = *v;
    if (v->kind == V_TEXT) out.text = str_dup(mem, v->text);
    if (v->kind != V_LIST) return out;
    out.item = arena_new_of(mem, value, v->n);
    for (uint32_t i = 0; i < v->n; i++) out.item[i] = value_copy(mem, &v->item[i]);
    return out;
}

bool group_draw(drawer *w, const component *c, record *r, err *e) {
    drawn_group *g = group_at(w, c, r->slot / c->span);
    uint64_t place = r->slot % c->span;
    g->used = ++w->now;
    while (g->members <= place) draw_member(w, g);
    const member *m = &g->member[place];
    if (m->why) {
        if (e) *e = *m->why;
        return false;
    }
    for (uint32_t i = 0; i < c->leaves; i++) r->value[c->leaf[i]] = value_copy(r->mem, &m->value[i]);
    return true;
}

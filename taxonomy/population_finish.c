/* population_finish.c: the last step of compiling, when the rules have added their constraints.
 *
 * COMPONENTS: drawn leaves joined by dependence or by a constraint, less what the cell fixes. Two components
 * have nothing to do with one another, so one that breaks a constraint is drawn again alone. A template is put
 * together when all is drawn, unless a constraint speaks of it: then it is part of a component.
 */
#include "taxonomy/template.h"
#include "taxonomy/plan.h"

#include <stdlib.h>
#include <string.h>

void population_constrain(population *p, const constraint *c) {
    if (p->constraints == p->constraints_cap) {
        uint32_t cap = p->constraints_cap ? p->constraints_cap * 2 : 16;
        constraint *more = arena_new_of(p->mem, constraint, cap);
        if (p->constraints) memcpy(more, p->constraint, sizeof *more * p->constraints);
        p->constraint = more;
        p->constraints_cap = cap;
    }
    leaf_list named = {(uint32_t *)(uintptr_t)c->leaf, c->leaves}, all = instance_refs(p, named, NO_LEAF);
    constraint *one = &p->constraint[p->constraints++];
    *one = *c;
    one->leaf = all.leaf;
    one->leaves = all.n;
}

/* ---- order of draws -------------------------------------------------------------------------------------- */

/* compile_draws has ordered them; a wrong order would show as values that depend on the one before. */
static bool order_check(population *p, diags *d) {
    bool *done = xcalloc(p->leaves + 1, sizeof *done), fine = true;
    for (uint32_t i = 0; i < p->draws && fine; i++) {
        uint32_t leaf = p->draw_order[i];
        const node *n = leaf_node(p, leaf);
        leaf_list refs = p->compiled->joint->refs[leaf];
        for (uint32_t k = 0; k < refs.n && fine; k++)
            if (!done[refs.leaf[k]])
                fine =
                    diag_at(p, d, DIAG_P06, NULL, n->path, NULL, "`" STR_FMT "` is drawn before `" STR_FMT "`",
                            STR_ARG(n->path), STR_ARG(leaf_node(p, refs.leaf[k])->path));
        done[leaf] = true;
    }
    free(done);
    return fine;
}

/* ---- components ------------------------------------------------------------------------------------------ */

typedef struct sets {
    population *p;
    uint32_t *up; /* leaf -> parent in its tree */
    bool *drawn;  /* leaf -> drawn in a component */
} sets;

static uint32_t root_of(sets *s, uint32_t leaf) {
    while (s->up[leaf] != leaf) leaf = s->up[leaf] = s->up[s->up[leaf]];
    return leaf;
}

static void join(sets *s, uint32_t a, uint32_t b) {
    a = root_of(s, a);
    b = root_of(s, b);
    if (a < b)
        s->up[b] = a;
    else
        s->up[a] = b;
}

static bool is_zero(const compiled *c, uint32_t constraint_index) {
    for (uint32_t i = 0; i < c->zeros; i++)
        if (c->zero[i] == constraint_index) return true;
    return false;
}

/* Which leaves are drawn in components: all but what the cell fixes and templates that no constraint needs. */
static void mark_template(sets *s, uint32_t leaf) {
    if (s->drawn[leaf]) return;
    s->drawn[leaf] = true;
    leaf_list refs = s->p->compiled->joint->refs[leaf];
    for (uint32_t i = 0; i < refs.n; i++)
        if (leaf_node(s->p, refs.leaf[i])->kind == K_TEMPLATE) mark_template(s, refs.leaf[i]);
}

static void mark_drawn(sets *s) {
    population *p = s->p;
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i];
        const node *n = leaf_node(p, leaf);
        if (n->kind != K_TEMPLATE)
            s->drawn[leaf] = !p->compiled->joint->fixed[leaf];
        else if (n->is_list || leaf_differs(p, leaf)) /* how many is drawn */
            mark_template(s, leaf);
    }
    for (uint32_t i = 0; i < p->constraints; i++)
        for (uint32_t k = 0; k < p->constraint[i].leaves; k++) {
            const node *n = leaf_node(p, p->constraint[i].leaf[k]);
            if (n->kind == K_TEMPLATE && n->owner == NO_FACET) mark_template(s, n->leaf);
        }
}

static void join_all(sets *s) {
    population *p = s->p;
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i];
        if (!s->drawn[leaf]) continue;
        leaf_list refs = p->compiled->joint->refs[leaf];
        for (uint32_t k = 0; k < refs.n; k++)
            if (s->drawn[refs.leaf[k]]) join(s, leaf, refs.leaf[k]);
    }
    for (uint32_t i = 0; i < p->constraints; i++) {
        const constraint *c = &p->constraint[i];
        uint32_t first = NO_LEAF;
        for (uint32_t k = 0; k < c->leaves && !is_zero(p->compiled, i); k++) {
            if (!s->drawn[c->leaf[k]]) continue;
            if (first == NO_LEAF) first = c->leaf[k];
            join(s, first, c->leaf[k]);
        }
    }
}

/* A constraint is asked as soon as its leaves are drawn: a try that breaks it goes no further. */
static void put_constraint(const population *p, component *one, uint32_t index) {
    const constraint *k = &p->constraint[index];
    uint32_t asked = 0, at = one->constraints++;
    for (uint32_t i = 0; i < one->leaves; i++)
        for (uint32_t x = 0; x < k->leaves; x++)
            if (k->leaf[x] == one->leaf[i]) asked = i + 1;
    for (; at > 0 && one->asked[at - 1] > asked; at--) {
        one->asked[at] = one->asked[at - 1];
        one->constraint[at] = one->constraint[at - 1];
    }
    one->asked[at] = asked;
    one->constraint[at] = index;
}

/* Components in the order of their first leaf. number[root] is the component + 1. */
static void build(sets *s) {
    population *p = s->p;
    compiled *c = p->compiled;
    uint32_t *number = xcalloc(p->leaves + 1, sizeof *number), *size = xcalloc(p->leaves + 1, sizeof *size);
    for (uint32_t i = 0; i < p->draws; i++)
        if (s->drawn[p->draw_order[i]]) size[root_of(s, p->draw_order[i])]++;
    c->component = arena_new_of(p->mem, component, p->draws);
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t leaf = p->draw_order[i], root = root_of(s, leaf);
        if (!s->drawn[leaf]) continue;
        if (!number[root]) {
            number[root] = ++c->components;
            c->component[number[root] - 1].leaf = arena_new_of(p->mem, uint32_t, size[root]);
            c->component[number[root] - 1].constraint = arena_new_of(p->mem, uint32_t, p->constraints);
            c->component[number[root] - 1].asked = arena_new_of(p->mem, uint32_t, p->constraints);
        }
        component *one = &c->component[number[root] - 1];
        one->leaf[one->leaves++] = leaf;
    }
    for (uint32_t i = 0; i < p->constraints; i++) {
        uint32_t leaf = NO_LEAF;
        for (uint32_t k = 0; k < p->constraint[i].leaves && leaf == NO_LEAF; k++)
            if (s->drawn[p->constraint[i].leaf[k]]) leaf = p->constraint[i].leaf[k];
        if (leaf == NO_LEAF || is_zero(c, i)) continue;
        put_constraint(p, &c->component[number[root_of(s, leaf)] - 1], i);
    }
    free(number);
    free(size);
}

static void components_make(population *p) {
    sets s = {p, xcalloc(p->leaves + 1, sizeof(uint32_t)), xcalloc(p->leaves + 1, sizeof(bool))};
    for (uint32_t i = 0; i < p->leaves; i++) s.up[i] = i;
    mark_drawn(&s);
    join_all(&s);
    build(&s);
    free(s.up);
    free(s.drawn);
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static bool id_check(const population *p, diags *d) {
    for (uint32_t i = 0; p->id && i < p->id->pieces; i++) {
        const piece *one = &p->id->piece[i];
        bool fits = one->kind == PIECE_TEXT;
        if (one->kind == PIECE_WORD)
            fits = one->word == WORD_RUN || one->word == WORD_SLOT || one->word == WORD_NAME ||
                   one->word == WORD_LOCALE;
        if (!fits)
            return diag_at(p, d, DIAG_P12, tree_get(tree_get(p->composed->top, "output"), "id"), one->text,
                           "@run, @slot, @name and @locale can", "`" STR_FMT "` cannot stand in an id",
                           STR_ARG(one->text));
    }
    return true;
}

static bool texts_default(population *p, diags *d) {
    if (!p->revise) p->revise = compile_template(p, str_of(phrase_get(p, PHRASE_REVISE)), NULL, d);
    if (!p->avoid) p->avoid = compile_template(p, str_of(phrase_get(p, PHRASE_AVOID)), NULL, d);
    uint8_t language = phrase_language(locale_language(p));
    for (uint32_t i = 0; i < p->nodes; i++) p->node[i].language = language;
    return p->revise && p->avoid && id_check(p, d);
}

bool population_finish(population *p, diags *d) {
    if (!texts_default(p, d)) return false;
    rows_constrain(p);
    joint_make(p);
    if (!order_check(p, d)) return false;
    components_make(p);
    return true;
}

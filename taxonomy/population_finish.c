/* population_finish.c: the last step of compiling, when the rules have added their constraints.
 *
 * COMPONENTS: drawn leaves of one phase joined by dependence, correlation or a constraint, less what the cell
 * fixes. Two components of a phase have nothing to do with one another, so one that breaks a constraint is
 * drawn again alone. A constraint bears on the latest phase that it names. A template is put together when all
 * is drawn, unless a constraint speaks of it or it is `unique`: then it is part of a component.
 */
#include "taxonomy/template.h"
#include "taxonomy/plan/plan.h"

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

/* A leaf that is early is drawn twice, in the kept phase as the entry `leaves` + leaf. */
typedef struct sets {
    population *p;
    uint32_t *up; /* entry -> parent in its tree */
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

/* A structural zero that no cell breaks, whatever is drawn within it. */
static bool by_cells(const compiled *c, uint32_t index, const constraint *one) {
    for (uint32_t k = 0; k < one->leaves; k++)
        if (c->joint->of[one->leaf[k]] >= c->joint->n) return false;
    return is_zero(c, index);
}

/* Which leaves are drawn in components: all but what the cell fixes and templates that no constraint needs. */
static void mark_template(sets *s, uint32_t leaf) {
    if (s->drawn[leaf] || leaf_node(s->p, leaf)->kind != K_TEMPLATE) return;
    s->drawn[leaf] = true;
    leaf_list refs = s->p->compiled->joint->refs[leaf];
    for (uint32_t i = 0; i < refs.n; i++) mark_template(s, refs.leaf[i]);
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
    for (uint32_t i = 0; i < p->draws; i++)
        if (leaf_node(p, p->draw_order[i])->unique) mark_template(s, p->draw_order[i]);
}

/* NO_LEAF: the leaf has no entry in the phase. */
static uint32_t entry_in(const sets *s, uint32_t leaf, uint32_t phase) {
    const compiled *c = s->p->compiled;
    if (!s->drawn[leaf]) return NO_LEAF;
    if (c->phase.of[leaf] == phase) return leaf;
    return c->phase.early[leaf] && phase == c->phase.sizes ? s->p->leaves + leaf : NO_LEAF;
}

static void join_refs(sets *s, uint32_t leaf, uint32_t phase) {
    leaf_list refs = s->p->compiled->joint->refs[leaf];
    uint32_t entry = entry_in(s, leaf, phase);
    for (uint32_t k = 0; k < refs.n && entry != NO_LEAF; k++) {
        uint32_t other = entry_in(s, refs.leaf[k], phase);
        if (other != NO_LEAF) join(s, entry, other);
    }
}

/* Attributes that only soft tables name are drawn together with the others of their group, once for all
 * attempts or for each. */
static bool join_inner(sets *s, diags *d) {
    const population *p = s->p;
    const joint *j = p->compiled->joint;
    const uint32_t *phase = p->compiled->phase.of;
    arena *mem = arena_new(0);
    uint32_t groups;
    bool fine = true;
    const plan_group *g = plan_groups(p, mem, &groups);
    for (uint32_t i = 0; i < groups; i++)
        for (uint32_t a = g[i].hard_axes + 1; a < g[i].axes; a++) {
            uint32_t one = j->at[g[i].index[a - 1]].leaf, other = j->at[g[i].index[a]].leaf;
            join(s, one, other);
            if (phase[one] != phase[other])
                fine = diag_at(p, d, DIAG_P10, p->compiled->source[p->leaf_node[one]], leaf_node(p, one)->path,
                               "give `keep` to both, or to none",
                               "soft tables join `" STR_FMT "` and `" STR_FMT "`, of which only one has `keep`",
                               STR_ARG(leaf_node(p, one)->path), STR_ARG(leaf_node(p, other)->path));
        }
    arena_free(mem);
    return fine;
}

/* Some member that is drawn in the phase, NO_LEAF: none is. */
static uint32_t copula_entry(const sets *s, uint32_t index, uint32_t phase) {
    leaf_list of = s->p->compiled->copula[index].of;
    uint32_t entry = NO_LEAF;
    for (uint32_t i = 0; i < of.n && entry == NO_LEAF; i++) entry = entry_in(s, of.leaf[i], phase);
    return entry;
}

static void join_copula(sets *s, uint32_t index, uint32_t phase) {
    leaf_list of = s->p->compiled->copula[index].of;
    uint32_t first = copula_entry(s, index, phase);
    for (uint32_t k = 0; k < of.n; k++) {
        uint32_t entry = entry_in(s, of.leaf[k], phase);
        if (entry != NO_LEAF) join(s, first, entry);
    }
}

/* P15: scores belong together, so all members are drawn in one phase; and of groups no cell knows. */
static bool copulas_check(const sets *s, diags *d) {
    const population *p = s->p;
    const phases *f = &p->compiled->phase;
    bool fine = true;
    for (uint32_t i = 0; i < p->compiled->copulas; i++) {
        const copula *c = &p->compiled->copula[i];
        uint32_t first = NO_LEAF, other = NO_LEAF;
        for (uint32_t k = 0; k < c->of.n; k++) {
            uint32_t leaf = c->of.leaf[k];
            if (leaf_settled(p, leaf)) continue;
            if (first == NO_LEAF) first = leaf;
            if (f->of[leaf] != f->of[first]) other = leaf;
        }
        for (uint32_t k = 0; k < c->of.n && first != NO_LEAF && f->of[first] < f->sizes; k++)
            if (p->compiled->joint->of[c->of.leaf[k]] != NO_LEAF) other = c->of.leaf[k];
        if (other == NO_LEAF) continue;
        const tree *at = tree_get_str(tree_get(p->composed->top, "correlate"), c->name);
        fine =
            diag_at(p, d, DIAG_P15, at, leaf_node(p, other)->path, "give `keep` or `per` to all, or to none",
                    "correlate `" STR_FMT "`: `" STR_FMT "` and `" STR_FMT
                    "` are not drawn together: one is kept, or drawn for a group",
                    STR_ARG(c->name), STR_ARG(leaf_node(p, first)->path), STR_ARG(leaf_node(p, other)->path));
    }
    return fine;
}

static void join_all(sets *s) {
    population *p = s->p;
    for (uint32_t phase = 0; phase < p->compiled->phase.sizes + 2; phase++) {
        for (uint32_t i = 0; i < p->draws; i++) join_refs(s, p->draw_order[i], phase);
        for (uint32_t i = 0; i < p->compiled->copulas; i++) join_copula(s, i, phase);
    }
    for (uint32_t i = 0; i < p->constraints; i++) {
        const constraint *c = &p->constraint[i];
        uint32_t first = NO_LEAF, phase = constraint_phase(p, c, s->drawn);
        for (uint32_t k = 0; k < c->leaves && !by_cells(p->compiled, i, c); k++) {
            uint32_t entry = entry_in(s, c->leaf[k], phase);
            if (entry == NO_LEAF) continue;
            if (first == NO_LEAF) first = entry;
            join(s, first, entry);
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

static component component_new(population *p, uint32_t phase, uint32_t leaves) {
    const phases *f = &p->compiled->phase;
    return (component){.per = phase < f->sizes ? f->size[phase] : 0,
                       .kept = phase == f->sizes,
                       .leaf = arena_new_of(p->mem, uint32_t, leaves),
                       .copula = arena_new_of(p->mem, uint32_t, p->compiled->copulas),
                       .constraint = arena_new_of(p->mem, uint32_t, p->constraints),
                       .asked = arena_new_of(p->mem, uint32_t, p->constraints)};
}

/* The components of a phase in the order of their first leaf. number[root] is the component + 1. */
static void build_phase(sets *s, uint32_t phase, uint32_t *number, uint32_t *size) {
    population *p = s->p;
    compiled *c = p->compiled;
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t entry = entry_in(s, p->draw_order[i], phase);
        if (entry != NO_LEAF) size[root_of(s, entry)]++;
    }
    for (uint32_t i = 0; i < p->draws; i++) {
        uint32_t entry = entry_in(s, p->draw_order[i], phase);
        if (entry == NO_LEAF) continue;
        uint32_t root = root_of(s, entry);
        if (!number[root]) {
            number[root] = ++c->components;
            c->component[number[root] - 1] = component_new(p, phase, size[root]);
        }
        component *one = &c->component[number[root] - 1];
        one->leaf[one->leaves++] = p->draw_order[i];
    }
}

static void build(sets *s) {
    population *p = s->p;
    compiled *c = p->compiled;
    size_t entries = (size_t)p->leaves * 2 + 1;
    uint32_t *number = xcalloc(entries, sizeof *number), *size = xcalloc(entries, sizeof *size);
    c->component = arena_new_of(p->mem, component, (size_t)p->draws * 2);
    for (uint32_t phase = 0; phase < c->phase.sizes + 2; phase++) build_phase(s, phase, number, size);
    for (uint32_t i = 0; i < p->constraints; i++) {
        const constraint *k = &p->constraint[i];
        uint32_t entry = NO_LEAF, phase = constraint_phase(p, k, s->drawn);
        for (uint32_t x = 0; x < k->leaves && entry == NO_LEAF; x++) entry = entry_in(s, k->leaf[x], phase);
        if (entry == NO_LEAF || by_cells(c, i, k)) continue;
        put_constraint(p, &c->component[number[root_of(s, entry)] - 1], i);
    }
    for (uint32_t phase = 0; phase < c->phase.sizes + 2; phase++)
        for (uint32_t i = 0; i < c->copulas; i++) {
            uint32_t entry = copula_entry(s, i, phase);
            if (entry == NO_LEAF) continue;
            component *one = &c->component[number[root_of(s, entry)] - 1];
            one->copula[one->copulas++] = i;
        }
    free(number);
    free(size);
}

static bool components_make(population *p, diags *d) {
    size_t entries = (size_t)p->leaves * 2 + 1;
    sets s = {p, xcalloc(entries, sizeof(uint32_t)), xcalloc(p->leaves + 1, sizeof(bool))};
    for (uint32_t i = 0; i < p->leaves * 2; i++) s.up[i] = i;
    mark_drawn(&s);
    bool fine = phases_check(p, s.drawn, d);
    join_all(&s);
    fine = join_inner(&s, d) && fine;
    fine = copulas_check(&s, d) && fine;
    build(&s);
    free(s.up);
    free(s.drawn);
    return phases_unique(p, d) && fine;
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
    p->spaced = prompts_spaced(p);
    return p->revise && p->avoid && id_check(p, d);
}

bool population_finish(population *p, diags *d) {
    if (!texts_default(p, d)) return false;
    rows_constrain(p);
    joint_make(p);
    phases_make(p);
    if (!order_check(p, d) || !components_make(p, d)) return false;
    links_prepare(p);
    return true;
}

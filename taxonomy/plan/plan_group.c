/* plan_group.c: a group of tables that share attributes: whole persons in their common cells.
 *
 * Where each table is cut finer by the next one (its attributes are among the next one's, and its classes
 * unions of them) the outermost is rounded by largest remainder, each next one within its cells, and the cells
 * of the last are divided, where constraints cut them, by the attributes' own distributions: every table is met
 * in whole persons, whatever their number. Tables that cross go to the general solver (plan_general.c).
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>
#include <string.h>

/* ---- groups ---------------------------------------------------------------------------------------------- */

static bool shares_leaf(const table *a, const table *b) {
    for (uint32_t i = 0; i < a->over.n; i++)
        for (uint32_t k = 0; k < b->over.n; k++)
            if (a->over.leaf[i] == b->over.leaf[k]) return true;
    return false;
}

static bool within(const table *a, const table *b) {
    for (uint32_t i = 0; i < a->over.n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->over.n; k++) found = found || a->over.leaf[i] == b->over.leaf[k];
        if (!found) return false;
    }
    return true;
}

static uint64_t class_count(const table *t) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->over.n; i++) n += t->cut[i].n;
    return n;
}

bool plan_speaks_of_all(const population *p, const table *t) {
    for (uint32_t k = 0; k < t->over.n; k++)
        if (leaf_node(p, t->over.leaf[k])->when && t->cut[k].none == NO_CLASS) return false;
    return true;
}

/* How much has to be known before a table can be rounded: nothing; how many people each combination of `by`
 * has; how many its attributes apply to. Soft ones are not rounded. */
static int rank_of(const population *p, const table *t) {
    if (t->soft > 0) return 3;
    return t->form != TABLE_WEIGHTS && !plan_speaks_of_all(p, t) ? 2 : t->by > 0;
}

/* Where the last of its attributes stands in the order of draws. */
static uint32_t last_drawn(const population *p, const table *t) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < p->draws; i++)
        for (uint32_t k = 0; k < t->over.n; k++)
            if (p->draw_order[i] == t->over.leaf[k]) last = i;
    return last;
}

static bool is_coarser(const population *p, const table *a, const table *b) {
    int ra = rank_of(p, a), rb = rank_of(p, b);
    if (ra != rb) return ra < rb;
    /* an attribute that another's `when` names is drawn before it */
    if (ra == 2 && last_drawn(p, a) != last_drawn(p, b)) return last_drawn(p, a) < last_drawn(p, b);
    return a->over.n != b->over.n ? a->over.n < b->over.n : class_count(a) < class_count(b);
}

/* Sorts the group's tables, the coarsest first, and tells whether each lies within the next. */
static bool chain(const population *p, plan_group *g) {
    const table *t = p->compiled->table;
    for (uint32_t i = 1; i < g->tables; i++)
        for (uint32_t k = i; k > 0 && is_coarser(p, &t[g->table[k]], &t[g->table[k - 1]]); k--) {
            uint32_t other = g->table[k];
            g->table[k] = g->table[k - 1];
            g->table[k - 1] = other;
        }
    for (g->hard = 0; g->hard < g->tables && !(t[g->table[g->hard]].soft > 0);) g->hard++;
    for (uint32_t i = 1; i < g->tables; i++)
        if (!within(&t[g->table[i - 1]], &t[g->table[i]])) return false;
    return !t[g->table[g->tables - 1]].by && g->hard == g->tables;
}

/* The attributes of all its tables, each once, those of hard ones first. */
static void axes_find(const compiled *c, plan_group *g, arena *mem) {
    g->index = arena_new_of(mem, uint32_t, c->joint->all);
    g->axes = 0;
    for (int soft = 0; soft < 2; soft++) {
        for (uint32_t i = g->tables; i-- > 0;) {
            const table *t = &c->table[g->table[i]];
            for (uint32_t k = 0; k < t->over.n && (t->soft > 0) == soft; k++) {
                uint32_t at = c->joint->of[t->over.leaf[k]], x = 0;
                while (x < g->axes && g->index[x] != at) x++;
                if (x == g->axes) g->index[g->axes++] = at;
            }
        }
        if (!soft) g->hard_axes = g->axes;
    }
}

static plan_group *tables_joined(const compiled *c, arena *mem, uint32_t *groups) {
    plan_group *all = arena_new_of(mem, plan_group, c->tables);
    uint32_t *of = arena_new_of(mem, uint32_t, c->tables);
    for (uint32_t i = 0; i < c->tables; i++) of[i] = i;
    for (uint32_t i = 0; i < c->tables; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (of[k] == of[i] || !shares_leaf(&c->table[i], &c->table[k])) continue;
            uint32_t low = of[i] < of[k] ? of[i] : of[k], high = of[i] < of[k] ? of[k] : of[i];
            for (uint32_t m = 0; m <= i; m++)
                if (of[m] == high) of[m] = low;
        }
    *groups = 0;
    for (uint32_t i = 0; i < c->tables; i++) {
        if (of[i] != i) continue;
        plan_group *g = &all[(*groups)++];
        g->table = arena_new_of(mem, uint32_t, c->tables);
        for (uint32_t k = i; k < c->tables; k++)
            if (of[k] == i) g->table[g->tables++] = k;
        axes_find(c, g, mem);
    }
    return all;
}

static void reach(const joint *j, uint32_t leaf, bool *seen) {
    if (seen[leaf]) return;
    seen[leaf] = true;
    for (uint32_t i = 0; i < j->refs[leaf].n; i++) reach(j, j->refs[leaf].leaf[i], seen);
}

static bool has_axis(const uint32_t *index, uint32_t n, uint32_t one) {
    for (uint32_t i = 0; i < n; i++)
        if (index[i] == one) return true;
    return false;
}

bool plan_spans(const population *p, const constraint *one, const uint32_t *a, uint32_t an, const uint32_t *b,
                uint32_t bn) {
    const joint *j = p->compiled->joint;
    bool here = false, there = false;
    for (uint32_t l = 0; l < one->leaves; l++) {
        here = here || has_axis(a, an, j->of[one->leaf[l]]);
        there = there || has_axis(b, bn, j->of[one->leaf[l]]);
    }
    return here && there;
}

bool plan_dependent(const population *p, const uint32_t *a, uint32_t an, const uint32_t *b, uint32_t bn) {
    const joint *j = p->compiled->joint;
    bool *here = xcalloc(p->leaves + 1, sizeof *here), *there = xcalloc(p->leaves + 1, sizeof *there),
         any = false;
    for (uint32_t i = 0; i < an; i++) reach(j, j->at[a[i]].leaf, here);
    for (uint32_t i = 0; i < bn; i++) reach(j, j->at[b[i]].leaf, there);
    for (uint32_t i = 0; i < p->leaves; i++) any = any || (here[i] && there[i]);
    free(here);
    free(there);
    for (uint32_t i = 0; i < p->compiled->zeros && !any; i++)
        any = plan_spans(p, &p->constraint[p->compiled->zero[i]], a, an, b, bn);
    return any;
}

static uint64_t fine_size(const joint *j, const plan_group *g) {
    uint64_t cells = 1;
    for (uint32_t i = 0; i < g->axes && cells <= SOLVE_CELLS_MOST; i++) cells *= j->at[g->index[i]].fine.n;
    return cells;
}

/* Tables that share no attribute are solved together as well where their attributes have to do with one another
 * and their common cells are not too many: whole persons chosen for one alone may leave the other no answer. */
static bool merged(const population *p, plan_group *a, const plan_group *b, arena *mem) {
    const joint *j = p->compiled->joint;
    if (fine_size(j, a) * fine_size(j, b) > SOLVE_CELLS_MOST) return false;
    if (!plan_dependent(p, a->index, a->axes, b->index, b->axes)) return false;
    for (uint32_t i = 0; i < b->tables; i++) a->table[a->tables++] = b->table[i];
    axes_find(p->compiled, a, mem);
    return true;
}

plan_group *plan_groups(const population *p, arena *mem, uint32_t *groups) {
    plan_group *g = tables_joined(p->compiled, mem, groups);
    for (uint32_t i = 0; i < *groups; i++)
        for (uint32_t k = i + 1; k < *groups; k++) {
            if (!merged(p, &g[i], &g[k], mem)) continue;
            memmove(&g[k], &g[k + 1], sizeof *g * (*groups - k - 1));
            --*groups;
            k = i; /* what did not depend on it before may do now */
        }
    for (uint32_t i = 0; i < *groups; i++) {
        g[i].nested = chain(p, &g[i]);
        axes_find(p->compiled, &g[i], mem);
    }
    return g;
}

/* Which cell of the layer before each cell lies in. false: one lies in several. */
static bool layer_parents(filling *f, const layer *above, layer *l) {
    l->parent = arena_new_of(f->mem, uint32_t, l->cells);
    memset(l->parent, 0xFF, sizeof *l->parent * l->cells);
    for (uint32_t i = 0; i < f->cells; i++) {
        uint32_t *up = &l->parent[l->of[i]];
        if (l->share[l->of[i]] <= 0) continue;
        if (*up != UINT32_MAX && *up != above->of[i]) return false;
        *up = above->of[i];
    }
    return true;
}

/* ---- Q02: two tables on their shared margin -------------------------------------------------------------- */

static bool layer_agrees(filling *f, const layer *above, const layer *l) {
    double *sum = arena_new_of(f->mem, double, above->cells), n = (double)f->pl->n;
    for (uint32_t i = 0; i < l->cells; i++)
        if (l->parent[i] != UINT32_MAX) sum[l->parent[i]] += l->share[i];
    double most = n * 1e-6 > 1 ? 1e-6 : 1 / n;
    buf b = {0};
    keys k = {0};
    told t = {0};
    uint32_t off = 0, first = UINT32_MAX;
    for (uint32_t i = 0; i < above->cells; i++) {
        double gap = sum[i] - above->share[i];
        if (gap <= most + 1e-12 && gap >= -most - 1e-12) continue;
        for (uint32_t c = 0; !off && first == UINT32_MAX && c < l->cells; c++)
            if (l->parent[c] == i && l->share[c] > 0) first = c;
        if (off++ >= SOLVE_TOLD) continue;
        layer_keys(f, above, i, &k);
        buf_printf(&b, "%s" STR_FMT ": %.6g and %.6g", off > 1 ? "; " : "", STR_ARG(buf_view(&k.text)),
                   above->share[i] * n, sum[i] * n);
        told_cell(&t, above->t->name, &k, "asked", above->share[i] * n, "other", sum[i] * n);
    }
    if (off) disagreement_told(f, above, l, off, first, &b, &t);
    buf_free(&b);
    keys_free(&k);
    return !off;
}

/* ---- targets --------------------------------------------------------------------------------------------- */

/* Members of each part, in order: first[part]..first[part + 1] of at[]. part UINT32_MAX: nowhere. */
typedef struct parts {
    uint32_t *first, *at;
} parts;

static parts parts_of(const uint32_t *part, uint32_t n, uint32_t count, arena *mem) {
    parts s = {arena_new_of(mem, uint32_t, (size_t)count + 2), arena_new_of(mem, uint32_t, n)};
    for (uint32_t i = 0; i < n; i++)
        if (part[i] != UINT32_MAX) s.first[part[i] + 2]++;
    for (uint32_t i = 2; i <= count; i++) s.first[i] += s.first[i - 1];
    for (uint32_t i = 0; i < n; i++)
        if (part[i] != UINT32_MAX) s.at[s.first[part[i] + 1]++] = i;
    return s;
}

/* Shares out total[part] among its members by mass. false: persons, and no mass. */
static bool share_parts(const uint64_t *total, uint32_t count, const parts *s, const uint64_t *mass,
                        uint64_t key, uint64_t *out, arena *mem, uint32_t *failed) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = s->first[i + 1] - s->first[i];
        uint64_t sum = 0;
        for (uint32_t k = 0; k < n; k++) sum += mass[s->at[s->first[i] + k]];
        *failed = i;
        if (!total[i]) continue;
        if (!sum) return false;
        uint64_t *m = arena_new_of(mem, uint64_t, n), *o = arena_new_of(mem, uint64_t, n);
        for (uint32_t k = 0; k < n; k++) m[k] = mass[s->at[s->first[i] + k]];
        share_out(total[i], m, n, rng_u64(key, i, 0, 0, 0), o);
        for (uint32_t k = 0; k < n; k++) out[s->at[s->first[i] + k]] = o[k];
    }
    return true;
}

static bool layer_targets(filling *f, const layer *above, layer *l) {
    uint64_t key = rng_u64(f->pl->seed, hash_64(l->t->name, 0), 0, 0, 0);
    uint32_t failed;
    if (!above) {
        share_out(f->pl->n, l->mass, l->cells, key, l->asked);
    } else {
        if (!layer_agrees(f, above, l)) return false;
        parts s = parts_of(l->parent, l->cells, above->cells, f->mem);
        if (!share_parts(above->asked, above->cells, &s, l->mass, key, l->asked, f->mem, &failed)) {
            keys k = {0};
            layer_keys(f, above, failed, &k);
            no_share_told(f, l, above, &k, above->asked[failed]);
            keys_free(&k);
            return false;
        }
    }
    return layer_possible(f, l);
}

/* ---- from the finest table to fine cells ----------------------------------------------------------------- */

static bool fine_counts(filling *f, const layer *last, uint64_t *count) {
    uint32_t *alone = arena_new_of(f->mem, uint32_t, last->cells),
             *part = arena_new_of(f->mem, uint32_t, f->cells);
    bool several = false;
    for (uint32_t i = 0; i < f->cells; i++) {
        part[i] = f->allowed[i] && last->share[last->of[i]] > 0 ? last->of[i] : UINT32_MAX;
        if (part[i] != UINT32_MAX) several = ++alone[part[i]] > 1 || several;
    }
    if (several && !fine_seed(f, last->t)) return false;
    double *weight = arena_new_of(f->mem, double, f->cells), *sum = arena_new_of(f->mem, double, last->cells);
    for (uint32_t i = 0; several && i < f->cells; i++)
        if (part[i] != UINT32_MAX) sum[part[i]] += f->seed[i];
    for (uint32_t i = 0; i < f->cells; i++) {
        if (part[i] == UINT32_MAX) continue;
        weight[i] = several && sum[part[i]] > 0 ? f->seed[i] / sum[part[i]] : 1;
        if (weight[i] <= 0) part[i] = UINT32_MAX; /* nobody has these values together */
    }
    uint64_t *mass = arena_new_of(f->mem, uint64_t, f->cells);
    mass_of(weight, f->cells, mass);
    parts s = parts_of(part, f->cells, last->cells, f->mem);
    uint32_t failed;
    share_parts(last->asked, last->cells, &s, mass, rng_u64(f->pl->seed, 1, 0, 0, 0), count, f->mem, &failed);
    bool *kept = arena_new_of(f->mem, bool, f->cells);
    for (uint32_t i = 0; i < f->cells; i++) kept[i] = part[i] != UINT32_MAX;
    fine_publish(f, kept, count);
    return true;
}

static bool nested_fill(filling *f) {
    bool fine = true;
    for (uint32_t i = 0; i < f->g->tables && fine; i++)
        fine = layer_targets(f, i ? &f->layer[i - 1] : NULL, &f->layer[i]);
    return fine && layers_drawable(f) &&
           fine_counts(f, &f->layer[f->g->tables - 1], arena_new_of(f->mem, uint64_t, f->cells));
}

/* The persons of the plan that is extended, by outer cell: the classes are those of the population, and so the
 * same. */
static const uint64_t *people_there(const filling *f) {
    const plan *b = f->pl->base;
    uint64_t *there = arena_new_of(f->mem, uint64_t, f->outer);
    for (uint32_t c = 0; c < b->cells; c++) {
        uint32_t at = 0;
        for (uint32_t a = 0; a < f->g->hard_axes; a++)
            at = at * f->radix[a] + b->class[(size_t)c * f->j->n + f->g->index[a]];
        there[at] += plan_quota(b, c);
    }
    return there;
}

static bool ideal_publish(filling *f) {
    problem p;
    uint32_t class[SOLVE_AXES_MOST];
    if (!layer_ideal(f, f->g->hard, false, &p)) return false;
    f->g->ideal = arena_new_of(f->pl->mem, double, f->g->cells);
    double all = 0;
    for (uint32_t i = 0; i < f->cells; i++) all += p.weight[i];
    for (uint32_t i = 0, at = 0; i < f->cells && at < f->g->cells; i++) {
        fine_classes(f, i, class);
        if (memcmp(class, &f->g->class[(size_t)at * f->g->hard_axes], sizeof *class * f->g->hard_axes) != 0)
            continue;
        f->g->ideal[at++] = p.weight[i] / all;
    }
    arena_free(p.mem);
    return true;
}

bool plan_product_fill(plan *pl, plan_group *g, diags *d) {
    filling f = {.pl = pl, .p = pl->p, .j = pl->joint, .g = g, .d = d, .mem = arena_new(0)};
    f.layer = arena_new_of(f.mem, layer, g->tables);
    f.place = pl->n - (pl->base ? pl->base->n : 0);
    bool fine = fine_cells(&f), nested = g->nested && !pl->base;
    if (fine && pl->base) f.there = people_there(&f);
    for (uint32_t i = 0; i < g->tables && fine; i++) {
        layer *l = &f.layer[i];
        l->index = g->table[i];
        l->t = l->index == UINT32_MAX ? g->given[i] : &pl->p->compiled->table[l->index];
        layer_map(&f, l);
        nested = nested && l->apart == UINT32_MAX;
        fine = layer_shares(&f, l);
        if (fine && i) nested = nested && layer_parents(&f, l - 1, l);
    }
    fine = fine && (nested ? nested_fill(&f) : general_fill(&f)) && (!g->clique || ideal_publish(&f));
    for (uint32_t i = 0; i < g->hard && fine; i++)
        if (f.layer[i].index != UINT32_MAX) layer_publish(&f, &f.layer[i]);
    arena_free(f.mem);
    return fine;
}

bool plan_group_fill(plan *pl, plan_group *g, diags *d) {
    return fine_size(pl->joint, g) > SOLVE_CELLS_MOST ? cliques_fill(pl, g, d) : plan_product_fill(pl, g, d);
}

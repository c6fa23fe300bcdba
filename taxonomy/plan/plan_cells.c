/* plan_cells.c: from groups of tables to the cells of the plan.
 *
 * Groups share no attribute. Where their attributes have nothing to do with one another, a cell of two groups
 * has the product of their shares; else the joint of the attributes' own distributions, 0 where constraints
 * forbid, is fitted to both. Either way controlled rounding keeps both groups exact. More groups are joined one
 * after the other.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>
#include <string.h>

#define FEW_CELLS (1u << 16) /* so many are kept, with or without somebody in them */

/* Cells of the groups joined so far: classes over all of the joint, NO_CLASS where no group has spoken yet. */
typedef struct cells {
    uint32_t n, *class;
    uint64_t *count;
    uint32_t *index, axes; /* joint leaves spoken of */
    const table *last;     /* of the last group joined, for messages */
} cells;

typedef struct joining {
    plan *pl;
    const population *p;
    const joint *j;
    diags *d;
    arena *mem;
    uint64_t place; /* persons */
} joining;

static bool in_axes(const joining *k, const uint32_t *index, uint32_t n, const uint32_t *leaf,
                    uint32_t leaves) {
    for (uint32_t i = 0; i < leaves; i++) {
        bool found = false;
        for (uint32_t x = 0; x < n && !found; x++) found = index[x] == k->j->of[leaf[i]];
        if (!found) return false;
    }
    return true;
}

/* ---- joining --------------------------------------------------------------------------------------------- */

static void merge_classes(const joining *k, const cells *a, uint32_t i, const plan_group *g, uint32_t c,
                          uint32_t *out) {
    memcpy(out, a->class + (size_t)i * k->j->n, sizeof *out * k->j->n);
    for (uint32_t x = 0; x < g->hard_axes; x++) out[g->index[x]] = g->class[(size_t)c * g->hard_axes + x];
}

/* Whether the constraints and `when`s over all attributes spoken of allow the classes. */
static bool allowed(const joining *k, const uint32_t *index, uint32_t axes, const uint32_t *class, record *r) {
    const compiled *c = k->p->compiled;
    for (uint32_t i = 0; i < axes; i++) {
        const joint_leaf *j = &k->j->at[index[i]];
        r->value[j->leaf] = joint_value(j, class[index[i]]);
    }
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &k->p->constraint[c->zero[i]];
        if (in_axes(k, index, axes, one->leaf, one->leaves) && !one->holds(one->self, r)) return false;
    }
    for (uint32_t i = 0; i < axes; i++) {
        const joint_leaf *j = &k->j->at[index[i]];
        const node *n = leaf_node(k->p, j->leaf);
        if (!n->when || !j->when_inside ||
            !in_axes(k, index, axes, k->j->refs[j->leaf].leaf, k->j->refs[j->leaf].n))
            continue;
        if (pred_holds(n->when, r) != (r->value[j->leaf].kind != V_NONE)) return false;
    }
    return true;
}

/* The attributes' own joint over all axes, as a matrix of cells and group cells. */
static double *seed_matrix(joining *k, const cells *a, const plan_group *g, const uint32_t *index,
                           uint32_t axes) {
    uint64_t size = 1;
    for (uint32_t i = 0; i < axes && size <= GRID_MAX; i++) size *= k->j->at[index[i]].fine.n;
    const table *t = &k->p->compiled->table[g->table[0]];
    if (size > GRID_MAX) {
        diag_at(k->p, k->d, DIAG_P17, t->at, t->name, "use fewer or wider classes",
                "tables `" STR_FMT "` and `" STR_FMT "` have more than 2^24 cells together",
                STR_ARG(a->last->name), STR_ARG(t->name));
        return NULL;
    }
    double *whole = xcalloc(size, sizeof *whole);
    if (!joint_seed(k->p, index, axes, t->name, t->at, whole, k->d)) {
        free(whole);
        return NULL;
    }
    double *seed = xcalloc((size_t)a->n * g->cells + 1, sizeof *seed);
    uint32_t *class = arena_new_of(k->mem, uint32_t, k->j->n);
    record r;
    record_init(&r, k->p, k->mem);
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t c = 0; c < g->cells; c++) {
            merge_classes(k, a, i, g, c, class);
            size_t at = 0;
            for (uint32_t x = 0; x < axes; x++) at = at * k->j->at[index[x]].fine.n + class[index[x]];
            if (whole[at] > 0 && allowed(k, index, axes, class, &r)) seed[(size_t)i * g->cells + c] = whole[at];
        }
    free(whole);
    return seed;
}

/* Q04: the flow between the two tables is all that rules let through. */
static bool capacity_told(const joining *k, const cells *a, const plan_group *g, const uint64_t *out,
                          size_t n) {
    const table *t = &k->p->compiled->table[g->table[0]];
    const compiled *c = k->p->compiled;
    uint64_t placed = 0;
    buf rules = {0};
    told said = {0};
    told_table(&said, a->last->name);
    told_table(&said, t->name);
    for (size_t i = 0; i < n; i++) placed += out[i];
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &k->p->constraint[c->zero[i]];
        if (!plan_spans(k->p, one, a->index, a->axes, g->index, g->hard_axes)) continue;
        buf_printf(&rules, "%s`" STR_FMT "`", rules.n ? ", " : " under ", STR_ARG(one->id));
        told_rule(&said, one->id);
    }
    told_fact(&said, "needed", k->place);
    told_fact(&said, "room", placed);
    diag_at(k->p, k->d, DIAG_Q04, t->at, t->name, "change the numbers of one of them, or loosen a rule",
            "tables `" STR_FMT "` and `" STR_FMT "` cannot be met together" STR_FMT
            ": at most %llu of %llu have a place",
            STR_ARG(a->last->name), STR_ARG(t->name), STR_ARG(buf_view(&rules)), (unsigned long long)placed,
            (unsigned long long)k->place);
    buf_free(&rules);
    return told_end(&said, k->d);
}

static bool join_counts(joining *k, const cells *a, const plan_group *g, const uint32_t *index, uint32_t axes,
                        uint64_t *out, bool *kept) {
    size_t n = (size_t)a->n * g->cells;
    if (!plan_dependent(k->p, a->index, a->axes, g->index, g->hard_axes)) {
        round_product(a->count, a->n, g->count, g->cells, k->place, out);
        memset(kept, 1, n);
        return true;
    }
    double *seed = seed_matrix(k, a, g, index, axes);
    if (!seed) return false;
    for (size_t i = 0; i < n; i++) kept[i] = seed[i] > 0;
    double *first = xmalloc(sizeof *first * (n + 1));
    memcpy(first, seed, sizeof *first * n);
    bool fine = fit_product(seed, a->count, a->n, g->count, g->cells, out) ||
                solve_flow(first, a->count, a->n, g->count, g->cells, out, NULL) ||
                capacity_told(k, a, g, out, n);
    free(first);
    free(seed);
    return fine;
}

/* Where the product is too large to be held: pair by pair, those with somebody in them. */
typedef struct sparse {
    const joining *k;
    const cells *a;
    const plan_group *g;
    cells *to;
    uint32_t cap;
} sparse;

static bool pair_take(void *arg, uint32_t row, uint32_t col, uint64_t persons) {
    sparse *s = arg;
    size_t width = s->k->j->n;
    if (s->to->n == s->cap) {
        if (s->cap >= PLAN_CELLS_MAX) return false;
        s->cap = s->cap ? s->cap * 2 : 4096;
        s->to->class = xrealloc(s->to->class, sizeof *s->to->class * width * s->cap + 1);
        s->to->count = xrealloc(s->to->count, sizeof *s->to->count * s->cap);
    }
    merge_classes(s->k, s->a, row, s->g, col, s->to->class + s->to->n * width);
    s->to->count[s->to->n++] = persons;
    return true;
}

static uint32_t *both_axes(const joining *k, const cells *a, const plan_group *g) {
    uint32_t *index = arena_new_of(k->mem, uint32_t, a->axes + g->hard_axes);
    if (a->axes) memcpy(index, a->index, sizeof *index * a->axes);
    memcpy(index + a->axes, g->index, sizeof *index * g->hard_axes);
    return index;
}

static bool join_sparse(joining *k, cells *a, const plan_group *g, const table *t) {
    cells b = {.axes = a->axes + g->hard_axes, .last = t, .index = both_axes(k, a, g)};
    sparse s = {k, a, g, &b, 0};
    bool fine = spread_product(a->count, a->n, g->count, g->cells, rng_u64(k->pl->seed, 19, b.axes, 0, 0),
                               pair_take, &s);
    free(a->class);
    free(a->count);
    *a = b;
    return fine || diag_at(k->p, k->d, DIAG_P17, t->at, t->name, "use fewer or wider classes",
                           "with table `" STR_FMT "` there are more than %u cells with somebody in them",
                           STR_ARG(t->name), PLAN_CELLS_MAX);
}

static bool join(joining *k, cells *a, const plan_group *g) {
    const table *t = &k->p->compiled->table[g->table[0]];
    uint64_t product = (uint64_t)a->n * g->cells;
    bool large = product > PLAN_CELLS_MAX, mostly_empty = product > FEW_CELLS && product / 4 > k->place;
    if ((large || mostly_empty) && !plan_dependent(k->p, a->index, a->axes, g->index, g->hard_axes))
        return join_sparse(k, a, g, t);
    if (large)
        return diag_at(
            k->p, k->d, DIAG_P17, t->at, t->name, "use fewer or wider classes",
            "tables `" STR_FMT "` and `" STR_FMT "` have %llu cells together, at most %u can be planned",
            STR_ARG(a->last->name), STR_ARG(t->name), (unsigned long long)a->n * g->cells, PLAN_CELLS_MAX);
    size_t n = (size_t)a->n * g->cells;
    cells b = {.axes = a->axes + g->hard_axes, .last = t, .index = both_axes(k, a, g)};
    b.count = xcalloc(n + 1, sizeof *b.count);
    bool *kept = xcalloc(n + 1, sizeof *kept);
    bool fine = join_counts(k, a, g, b.index, b.axes, b.count, kept);
    b.class = xcalloc(n * k->j->n + 1, sizeof *b.class);
    for (size_t i = 0; fine && i < n; i++) {
        if (!kept[i]) continue;
        merge_classes(k, a, (uint32_t)(i / g->cells), g, (uint32_t)(i % g->cells),
                      b.class + (size_t)b.n * k->j->n);
        b.count[b.n++] = b.count[i];
    }
    free(kept);
    free(a->class);
    free(a->count);
    *a = b;
    return fine;
}

/* ---- the plan's own arrays ------------------------------------------------------------------------------- */

static uint64_t find_key(const plan *pl, const uint32_t *class) {
    uint64_t key = 0;
    for (uint32_t i = 0; i < pl->joint->n; i++) key = key * pl->joint->at[i].fine.n + class[i];
    return key;
}

/* Where the cells of the plan that is extended are now; those with nobody to be placed in them are added. */
static void base_moved(plan *pl) {
    const plan *b = pl->base;
    uint32_t width = pl->joint->n, n = pl->cells;
    uint64_t to, *quota = arena_new_of(pl->mem, uint64_t, (size_t)n + b->cells);
    uint32_t *class = arena_new_of(pl->mem, uint32_t, ((size_t)n + b->cells) * width);
    memcpy(quota, pl->quota, sizeof *quota * n);
    memcpy(class, pl->class, sizeof *class * n * width);
    pl->moved = arena_new_of(pl->mem, uint32_t, b->cells);
    for (uint32_t i = 0; i < b->cells; i++) {
        const uint32_t *own = b->class + (size_t)i * width;
        if (!u64map_get(pl->find, find_key(pl, own), &to)) {
            u64map_put(pl->find, find_key(pl, own), to = n);
            memcpy(class + (size_t)n++ * width, own, sizeof *own * width);
        }
        pl->moved[i] = (uint32_t)to;
    }
    pl->cells = n;
    pl->quota = quota;
    pl->class = class;
    pl->there = arena_new_of(pl->mem, uint64_t, n);
    for (uint32_t i = 0; i < b->cells; i++) pl->there[pl->moved[i]] = plan_quota(b, i);
}

static bool publish(joining *k, const cells *a) {
    plan *pl = k->pl;
    uint32_t width = k->j->n;
    unsigned __int128 space = 1;
    for (uint32_t i = 0; i < width; i++) {
        space *= k->j->at[i].fine.n;
        if (space >> 63)
            return diag_at(k->p, k->d, DIAG_P17, a->last->at, a->last->name, "use fewer or wider classes",
                           "the classes of all hard tables have more than 2^63 combinations");
    }
    pl->cells = a->n;
    pl->quota = arena_dup(pl->mem, a->count, sizeof *a->count * a->n);
    pl->class = arena_dup(pl->mem, a->class, sizeof *a->class * a->n * width);
    pl->find = u64map_new(a->n);
    for (uint32_t i = 0; i < a->n; i++) u64map_put(pl->find, find_key(pl, pl->class + (size_t)i * width), i);
    if (pl->base) base_moved(pl);
    return true;
}

/* The class of a table's attribute that a fine class lies in; one more than the last: no row for "no value". */
static uint32_t own_class(const classes *cut, const joint_leaf *j, uint32_t fine) {
    value v = joint_value(j, fine);
    uint32_t class = class_of(cut, &v);
    return class == NO_CLASS ? cut->n : class;
}

/* The key of a combination of the table's own classes, in a wider radix. */
static uint64_t row_key(const table *t, const uint32_t *width, uint32_t row) {
    uint64_t key = 0, by = 1;
    for (uint32_t k = t->over.n; k-- > 0; by *= width[k], row /= t->cut[k].n) key += row % t->cut[k].n * by;
    return key;
}

static void table_cells(plan *pl, plan_table *t) {
    const joint *j = pl->joint;
    u64map *known = u64map_new(t->cells);
    const uint32_t *width = plan_table_width(j, t->t, pl->mem);
    t->cell = arena_new_of(pl->mem, uint32_t, pl->cells);
    for (uint32_t i = 0; i < t->cells; i++) {
        uint64_t key = 0;
        for (uint32_t k = 0; k < t->t->over.n; k++)
            key = key * width[k] + t->class[(size_t)i * t->t->over.n + k];
        u64map_put(known, key, i);
    }
    for (uint32_t i = 0; i < pl->cells; i++) {
        uint64_t key = 0, at = UINT32_MAX;
        uint32_t row = 0;
        bool valued = true;
        for (uint32_t k = 0; k < t->t->over.n; k++) {
            uint32_t index = j->of[t->t->over.leaf[k]];
            uint32_t own = own_class(&t->t->cut[k], &j->at[index], pl->class[(size_t)i * j->n + index]);
            valued = valued && own < t->t->cut[k].n;
            key = key * width[k] + own;
            row = row * t->t->cut[k].n + own;
        }
        if (t->t->same && valued) key = row_key(t->t, width, t->t->same[row]);
        u64map_get(known, key, &at);
        t->cell[i] = (uint32_t)at;
    }
    u64map_free(known);
}

uint32_t plan_find(const plan *pl, const record *r) {
    uint64_t key = 0, cell;
    for (uint32_t i = 0; i < pl->joint->n; i++) {
        const joint_leaf *j = &pl->joint->at[i];
        const value *v = &r->value[j->leaf];
        uint32_t class = v->kind == V_NUM || v->kind == V_NONE ? class_of(&j->fine, v) : NO_CLASS;
        if (class == NO_CLASS) return UINT32_MAX;
        key = key * j->fine.n + class;
    }
    return u64map_get(pl->find, key, &cell) ? (uint32_t)cell : UINT32_MAX;
}

bool plan_fill(plan *pl, diags *d) {
    joining k = {pl, pl->p, pl->joint, d, arena_new(0), pl->n - (pl->base ? pl->base->n : 0)};
    cells all = {.n = 1,
                 .last = k.p->compiled->table,
                 .class = xcalloc(k.j->n + 1, sizeof(uint32_t)),
                 .count = xcalloc(1, sizeof(uint64_t))};
    uint32_t groups = 0;
    all.count[0] = k.place;
    pl->tables = k.p->compiled->hards;
    pl->softs = k.p->compiled->tables - pl->tables;
    pl->table = arena_new_of(pl->mem, plan_table, pl->tables);
    pl->soft = arena_new_of(pl->mem, plan_soft, pl->softs);
    plan_group *g = plan_groups(k.p, k.mem, &groups);
    bool fine = true;
    for (uint32_t i = 0; i < groups && fine; i++) fine = plan_group_fill(pl, &g[i], d);
    for (uint32_t i = 0; i < groups && fine; i++) fine = join(&k, &all, &g[i]);
    fine = fine && publish(&k, &all);
    for (uint32_t i = 0; i < pl->tables && fine; i++) table_cells(pl, &pl->table[i]);
    if (fine) plan_inner_make(pl, g, groups);
    free(all.class);
    free(all.count);
    arena_free(k.mem);
    return fine;
}

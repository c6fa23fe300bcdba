/* plan_cliques.c: a group of tables whose common cells are too many to be gone through one by one.
 *
 * The tables are gathered into CLIQUES, sets of attributes small enough for that, such that the attributes
 * which a clique shares with all before it stand in one of these (running intersection): tables that close a
 * ring, or that a rule or a `when` binds together, come into one clique. Each clique is filled like a group of
 * its own, with what those before it have on the shared attributes as one table more; then it is joined to
 * them, state by state of these attributes, and only cells with somebody in them are made. So all tables are
 * met exactly; beyond the cliques, attributes are independent given those that they share.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct clique {
    uint64_t axes;           /* bit set over the group's attributes */
    uint32_t *table, tables; /* indexes */
} clique;

typedef struct gathering {
    plan *pl;
    const plan_group *g;
    diags *d;
    arena *mem;
    clique *c;
    uint32_t n;
} gathering;

/* The cells that have somebody, classes of the group's attributes as far as they are joined. */
typedef struct cell_list {
    uint32_t n, cap, *class; /* n x the group's axes */
    uint64_t *count;
    uint64_t axes; /* those joined */
} cell_list;

/* ---- cliques --------------------------------------------------------------------------------------------- */

static uint64_t axes_of(const gathering *k, const uint32_t *leaf, uint32_t n) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t a = 0; a < k->g->axes; a++)
            if (k->pl->joint->at[k->g->index[a]].leaf == leaf[i]) bits |= 1ull << a;
    return bits;
}

static uint64_t size_of(const gathering *k, uint64_t axes) {
    uint64_t cells = 1;
    for (uint32_t a = 0; a < k->g->axes && cells <= SOLVE_CELLS_MOST; a++)
        if (axes >> a & 1) cells *= k->pl->joint->at[k->g->index[a]].fine.n;
    return cells;
}

/* b into a. false: too many cells together. */
static bool unite(gathering *k, uint32_t a, uint32_t b) {
    if (size_of(k, k->c[a].axes | k->c[b].axes) > SOLVE_CELLS_MOST) return false;
    for (uint32_t i = 0; i < k->c[b].tables; i++) k->c[a].table[k->c[a].tables++] = k->c[b].table[i];
    k->c[a].axes |= k->c[b].axes;
    memmove(&k->c[b], &k->c[b + 1], sizeof *k->c * (k->n - b - 1));
    k->n--;
    return true;
}

/* A clique that holds these attributes, made of others if need be. */
static bool hold(gathering *k, uint64_t axes) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < k->n; i++)
        if (__builtin_popcountll(k->c[i].axes & axes) > __builtin_popcountll(k->c[best].axes & axes)) best = i;
    for (uint32_t i = 0; i < k->n && axes & ~k->c[best].axes; i++) {
        if (i == best || !(k->c[i].axes & axes & ~k->c[best].axes)) continue;
        uint32_t low = i < best ? i : best, high = i < best ? best : i;
        if (!unite(k, low, high)) return false;
        best = low;
        i = UINT32_MAX; /* from the first again */
    }
    return true;
}

/* What a rule or a `when` over the group's attributes binds together. */
static bool hold_bound(gathering *k) {
    const population *p = k->pl->p;
    const compiled *c = p->compiled;
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &p->constraint[c->zero[i]];
        if (!hold(k, axes_of(k, one->leaf, one->leaves))) return false;
    }
    for (uint32_t a = 0; a < k->g->axes; a++) {
        const joint_leaf *j = &k->pl->joint->at[k->g->index[a]];
        leaf_list refs = k->pl->joint->refs[j->leaf];
        if (j->when_inside && !hold(k, 1ull << a | axes_of(k, refs.leaf, refs.n))) return false;
    }
    return true;
}

/* Whether what the table says of some of its attributes is a sum of its numbers. */
static bool can_project(const gathering *k, const table *t) {
    return t->form == TABLE_GRID && !t->by && !t->same && plan_speaks_of_all(k->pl->p, t);
}

static uint64_t table_axes(const gathering *k, uint32_t index) {
    const table *t = &k->pl->p->compiled->table[index];
    return axes_of(k, t->over.leaf, t->over.n);
}

/* Several attributes of a table may stand in another clique as well: that one must know what the table says of
 * them together. */
static bool shares_several(const gathering *k, uint32_t index, const clique *c) {
    return __builtin_popcountll(table_axes(k, index) & c->axes) > 1;
}

static bool hold_parts(gathering *k) {
    for (uint32_t a = 0; a < k->n; a++)
        for (uint32_t i = 0; i < k->c[a].tables; i++)
            for (uint32_t b = 0; b < k->n; b++) {
                uint32_t index = k->c[a].table[i];
                if (a == b || !shares_several(k, index, &k->c[b])) continue;
                if (can_project(k, &k->pl->p->compiled->table[index])) continue;
                if (!unite(k, a < b ? a : b, a < b ? b : a)) return false;
                return hold_parts(k);
            }
    return true;
}

static void absorb(gathering *k) {
    for (uint32_t a = 0; a < k->n; a++)
        for (uint32_t b = 0; b < k->n; b++) {
            if (a == b || k->c[b].axes & ~k->c[a].axes) continue;
            unite(k, a < b ? a : b, a < b ? b : a);
            a = 0;
            b = UINT32_MAX;
        }
}

/* The clique that shares most with those before, of several the smallest: a large table is rounded within what
 * small ones have. */
static uint32_t next_clique(const gathering *k, uint32_t from, uint64_t have) {
    uint32_t best = from;
    for (uint32_t i = from + 1; i < k->n; i++) {
        int a = __builtin_popcountll(k->c[i].axes & have), b = __builtin_popcountll(k->c[best].axes & have);
        if (a > b || (a == b && size_of(k, k->c[i].axes) < size_of(k, k->c[best].axes))) best = i;
    }
    return best;
}

/* Sorts the cliques; UINT32_MAX: each shares its attributes with one before. Else the place of one that does
 * not.
 */
static uint32_t order(gathering *k) {
    uint64_t have = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t best = next_clique(k, i, have);
        clique one = k->c[best];
        k->c[best] = k->c[i];
        k->c[i] = one;
        bool held = !(one.axes & have);
        for (uint32_t b = 0; b < i && !held; b++) held = !(one.axes & have & ~k->c[b].axes);
        if (!held) return i;
        have |= one.axes;
    }
    return UINT32_MAX;
}

/* With the one before that has most of what it shares. */
static bool unite_near(gathering *k, uint32_t at) {
    uint64_t have = 0;
    uint32_t best = 0;
    for (uint32_t i = 0; i < at; i++) have |= k->c[i].axes;
    have &= k->c[at].axes;
    for (uint32_t i = 1; i < at; i++)
        if (__builtin_popcountll(k->c[i].axes & have) > __builtin_popcountll(k->c[best].axes & have)) best = i;
    return unite(k, best, at);
}

static bool gather(gathering *k) {
    const table *t = k->pl->p->compiled->table;
    k->c = arena_new_of(k->mem, clique, k->g->tables);
    for (uint32_t i = 0; i < k->g->tables; i++) {
        clique *c = &k->c[k->n++];
        c->table = arena_new_of(k->mem, uint32_t, k->g->tables);
        c->table[c->tables++] = k->g->table[i];
        c->axes = axes_of(k, t[c->table[0]].over.leaf, t[c->table[0]].over.n);
        if (size_of(k, c->axes) > SOLVE_CELLS_MOST) return false;
    }
    for (;;) {
        absorb(k);
        if (!hold_bound(k) || !hold_parts(k)) return false;
        uint32_t at = order(k);
        if (at == UINT32_MAX) return true;
        if (!unite_near(k, at)) return false;
    }
}

/* ---- one clique ------------------------------------------------------------------------------------------ */

/* The place of a cell among the states of the shared attributes. */
static uint32_t state_at(const gathering *k, uint64_t both, const uint32_t *class) {
    uint32_t at = 0;
    for (uint32_t a = 0; a < k->g->axes; a++)
        if (both >> a & 1) at = at * k->pl->joint->at[k->g->index[a]].fine.n + class[a];
    return at;
}

static void own_classes(const gathering *k, const plan_group *own, uint64_t axes, uint32_t cell,
                        uint32_t *class) {
    for (uint32_t a = 0, at = 0; a < k->g->axes; a++)
        if (axes >> a & 1) class[a] = own->class[(size_t)cell * own->hard_axes + at++];
}

/* Of the clique's tables that have some of these attributes: "a, b". */
static str names_of(const gathering *k, const clique *c, uint64_t axes) {
    const table *t = k->pl->p->compiled->table;
    buf b = {0};
    for (uint32_t i = 0; i < c->tables; i++) {
        const table *one = &t[c->table[i]];
        if (axes_of(k, one->over.leaf, one->over.n) & axes)
            buf_printf(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(one->name));
    }
    str name = str_dup(k->mem, buf_view(&b));
    buf_free(&b);
    return name;
}

/* What the clique `from`, which holds all attributes that c shares with those before, has on them: shares
 * before rounding, as a table over their finest classes, and persons. */
static table *before_of(const gathering *k, const clique *c, const clique *from, const plan_group *g,
                        uint64_t have, uint64_t **persons) {
    const joint *j = k->pl->joint;
    table *t = arena_new_of(k->mem, table, 1);
    uint32_t *class = arena_new_of(k->mem, uint32_t, k->g->axes);
    t->name = names_of(k, from, c->axes & have);
    t->over.leaf = arena_new_of(k->mem, uint32_t, k->g->axes);
    t->cut = arena_new_of(k->mem, classes, k->g->axes);
    t->form = TABLE_GRID;
    t->numbers = 1;
    for (uint32_t a = 0; a < k->g->axes; a++) {
        if (!((c->axes & have) >> a & 1)) continue;
        const joint_leaf *one = &j->at[k->g->index[a]];
        t->cut[t->over.n] = one->fine;
        t->over.leaf[t->over.n++] = one->leaf;
        t->numbers *= one->fine.n;
    }
    t->number = arena_new_of(k->mem, double, t->numbers);
    *persons = arena_new_of(k->mem, uint64_t, t->numbers);
    for (uint32_t i = 0; i < g->cells; i++) {
        own_classes(k, g, from->axes, i, class);
        uint32_t at = state_at(k, c->axes & have, class);
        t->number[at] += g->ideal[i];
        (*persons)[at] += g->count[i];
    }
    return t;
}

/* The table's sums over its attributes outside the clique. */
static table *projected(const gathering *k, const clique *c, const table *t) {
    table *out = arena_new_of(k->mem, table, 1);
    *out = (table){.name = t->name, .at = t->at, .form = TABLE_GRID, .counts = t->counts, .numbers = 1};
    out->over.leaf = arena_new_of(k->mem, uint32_t, t->over.n);
    out->cut = arena_new_of(k->mem, classes, t->over.n);
    uint64_t in = 0;
    for (uint32_t i = 0; i < t->over.n; i++) {
        if (!(axes_of(k, &t->over.leaf[i], 1) & c->axes)) continue;
        in |= 1ull << i;
        out->cut[out->over.n] = t->cut[i];
        out->over.leaf[out->over.n++] = t->over.leaf[i];
        out->numbers *= t->cut[i].n;
    }
    out->number = arena_new_of(k->mem, double, out->numbers);
    for (uint32_t n = 0; n < t->numbers; n++) {
        uint32_t at = 0, by = 1, rest = n;
        for (uint32_t i = t->over.n; i-- > 0; rest /= t->cut[i].n) {
            if (!(in >> i & 1)) continue;
            at += rest % t->cut[i].n * by;
            by *= t->cut[i].n;
        }
        out->number[at] += t->number[n];
    }
    return out;
}

static void given_put(plan_group *g, const table *t) {
    g->given[g->tables] = t;
    g->table[g->tables++] = UINT32_MAX;
}

static plan_group group_of(const gathering *k, const clique *c, const table *before, const uint64_t *settled) {
    plan_group g = {.clique = true, .before = before, .settled = settled};
    uint32_t most = k->g->tables + 1;
    g.table = arena_new_of(k->mem, uint32_t, most);
    g.given = arena_new_of(k->mem, const table *, most);
    g.index = arena_new_of(k->mem, uint32_t, k->g->axes);
    if (before) given_put(&g, before);
    /* in the group's order of tables */
    for (uint32_t i = 0; i < k->g->tables; i++) {
        uint32_t index = k->g->table[i];
        if (!(table_axes(k, index) & ~c->axes))
            g.table[g.tables++] = index;
        else if (shares_several(k, index, c))
            given_put(&g, projected(k, c, &k->pl->p->compiled->table[index]));
    }
    g.hard = g.tables;
    for (uint32_t a = 0; a < k->g->axes; a++)
        if (c->axes >> a & 1) g.index[g.axes++] = k->g->index[a];
    g.hard_axes = g.axes;
    return g;
}

/* ---- joining --------------------------------------------------------------------------------------------- */

typedef struct joint_state {
    const gathering *k;
    const cell_list *from;
    const plan_group *own;
    const uint32_t *row, *col; /* of the state: cells of `from`, of the clique */
    uint64_t axes;             /* of the clique */
    cell_list *to;
} joint_state;

static bool list_room(cell_list *l, uint32_t width) {
    if (l->n < l->cap) return true;
    if (l->n >= PLAN_CELLS_MAX) return false;
    l->cap = l->cap ? l->cap * 2 : 1024;
    l->class = xrealloc(l->class, sizeof *l->class * width * l->cap);
    l->count = xrealloc(l->count, sizeof *l->count * l->cap);
    return true;
}

static bool pair_take(void *arg, uint32_t row, uint32_t col, uint64_t persons) {
    joint_state *s = arg;
    uint32_t width = s->k->g->axes, own = 0;
    if (!list_room(s->to, width)) return false;
    uint32_t *class = &s->to->class[(size_t)s->to->n * width];
    if (s->from->n) memcpy(class, &s->from->class[(size_t)s->row[row] * width], sizeof *class * width);
    for (uint32_t a = 0; a < width; a++)
        if (s->axes >> a & 1) class[a] = s->own->class[(size_t)s->col[col] * s->own->hard_axes + own++];
    s->to->count[s->to->n++] = persons;
    return true;
}

/* Members of each state: member[first[s]] to member[first[s + 1] - 1]. */
static uint32_t *members_of(const uint32_t *state, uint32_t n, uint32_t states, uint32_t *first) {
    uint32_t *member = xcalloc((size_t)n + 1, sizeof *member), *at = xcalloc((size_t)states + 1, sizeof *at);
    memset(first, 0, sizeof *first * ((size_t)states + 1));
    for (uint32_t i = 0; i < n; i++) first[state[i] + 1]++;
    for (uint32_t s = 0; s < states; s++) first[s + 1] += first[s];
    for (uint32_t i = 0; i < n; i++) member[first[state[i]] + at[state[i]]++] = i;
    free(at);
    return member;
}

/* The clique's cells to those before. false: too many cells. */
static bool join(const gathering *k, cell_list *l, const clique *c, const plan_group *own, uint64_t key) {
    uint64_t both = c->axes & l->axes, everybody = k->pl->n - (k->pl->base ? k->pl->base->n : 0);
    uint32_t states = (uint32_t)size_of(k, both), rows = l->n ? l->n : 1, width = k->g->axes;
    uint32_t *row_state = xcalloc(rows, sizeof *row_state),
             *col_state = xcalloc(own->cells + 1, sizeof *col_state);
    uint32_t *row_first = xcalloc((size_t)states + 1, sizeof *row_first),
             *col_first = xcalloc((size_t)states + 1, sizeof *col_first);
    uint32_t class[SOLVE_AXES_MOST] = {0};
    for (uint32_t i = 0; i < l->n; i++) row_state[i] = state_at(k, both, &l->class[(size_t)i * width]);
    for (uint32_t i = 0; i < own->cells; i++) {
        own_classes(k, own, c->axes, i, class);
        col_state[i] = state_at(k, both, class);
    }
    uint32_t *row = members_of(row_state, rows, states, row_first),
             *col = members_of(col_state, own->cells, states, col_first);
    cell_list to = {.axes = l->axes | c->axes};
    bool fine = true;
    for (uint32_t s = 0; s < states && fine; s++) {
        uint32_t n = row_first[s + 1] - row_first[s], m = col_first[s + 1] - col_first[s];
        uint64_t *r = xcalloc((size_t)n + m + 1, sizeof *r), *q = r + n;
        for (uint32_t i = 0; i < n; i++) r[i] = l->n ? l->count[row[row_first[s] + i]] : everybody;
        for (uint32_t i = 0; i < m; i++) q[i] = own->count[col[col_first[s] + i]];
        joint_state one = {k, l, own, row + row_first[s], col + col_first[s], c->axes, &to};
        fine = spread_product(r, n, q, m, rng_u64(key, s, 0, 0, 0), pair_take, &one);
        free(r);
    }
    free(row_state);
    free(col_state);
    free(row_first);
    free(col_first);
    free(row);
    free(col);
    free(l->class);
    free(l->count);
    *l = to;
    return fine;
}

/* ---- all ------------------------------------------------------------------------------------------------- */

static bool too_large(const gathering *k, const char *why) {
    const table *t = &k->pl->p->compiled->table[k->g->table[0]];
    return diag_at(k->pl->p, k->d, DIAG_P17, t->at, t->name, "use fewer or wider classes",
                   "the tables joined with `" STR_FMT "` have too many cells together: %s", STR_ARG(t->name),
                   why);
}

/* Fills each clique, and joins it to those before. */
static bool fill_all(gathering *k, cell_list *l) {
    plan_group *own = arena_new_of(k->mem, plan_group, k->n);
    for (uint32_t i = 0; i < k->n; i++) {
        const clique *c = &k->c[i];
        uint64_t both = c->axes & l->axes, *settled = NULL;
        uint32_t from = 0;
        while (both & ~k->c[from].axes) from++; /* one before it: see order() */
        const table *before = both ? before_of(k, c, &k->c[from], &own[from], l->axes, &settled) : NULL;
        own[i] = group_of(k, c, before, settled);
        if (!plan_product_fill(k->pl, &own[i], k->d)) return false;
        if (!join(k, l, c, &own[i], rng_u64(k->pl->seed, 17, i, 0, 0)))
            return too_large(k, "more than 4 million with somebody in them");
    }
    return true;
}

bool cliques_fill(plan *pl, plan_group *g, diags *d) {
    gathering k = {.pl = pl, .g = g, .d = d, .mem = arena_new(0)};
    cell_list l = {0};
    bool fine;
    if (g->tables > g->hard)
        fine = too_large(&k, "beyond 4 million, soft tables cannot be among them");
    else if (g->axes > SOLVE_AXES_MOST || !gather(&k))
        fine = too_large(&k, "those that close a ring, or that a rule binds, may have 4 million");
    else
        fine = fill_all(&k, &l);
    if (fine) {
        g->cells = l.n;
        g->class = arena_dup(pl->mem, l.class, sizeof *l.class * g->axes * l.n);
        g->count = arena_dup(pl->mem, l.count, sizeof *l.count * l.n);
    }
    free(l.class);
    free(l.count);
    arena_free(k.mem);
    return fine;
}

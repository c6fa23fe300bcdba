/* compile_grid.c: GRID -> a table from combinations of the parents' classes to leaf objects.
 *
 * A GRID is read into levels of KEYs (from a tree here, from a CSV in compile_csv_grid.c), then every distinct
 * KEY of a depth is compiled once; the KEYs of a depth cut the parent into classes; the levels fill the table,
 * `else` first.
 *
 * Invariants: the table is in mixed radix, the first parent most significant; each parent has its n classes
 * and, behind them, one place for "no value" where no KEY speaks of it. `else` covers what its level's KEYs do
 * not, no value too.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

/* ---- reading ---------------------------------------------------------------------------------- */

uint32_t grid_leaf_add(grid_rows *g, const tree *at) {
    if (g->leaves == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 16;
        grid_leaf *more = arena_new_of(g->p->mem, grid_leaf, g->cap);
        for (uint32_t i = 0; i < g->leaves; i++) more[i] = g->leaf[i];
        g->leaf = more;
    }
    g->leaf[g->leaves] = (grid_leaf){.tree = at};
    return g->leaves++;
}

grid_entry *grid_entry_add(grid_rows *g, grid_level *l, str key, const tree *at) {
    if (l->entries == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 4;
        grid_entry *more = arena_new_of(g->p->mem, grid_entry, l->cap);
        for (uint32_t i = 0; i < l->entries; i++) more[i] = l->entry[i];
        l->entry = more;
    }
    grid_entry *e = &l->entry[l->entries++];
    *e = (grid_entry){.key = key, .at = at, .otherwise = str_is(key, "else"), .leaf = UINT32_MAX};
    return e;
}

static void read_level(grid_rows *g, grid_level *l, const tree *t, uint32_t depth) {
    population *p = g->p;
    const node *n = node_at(p, g->by.leaf[depth]);
    if (t->kind != TREE_MAP || !t->n) {
        if (!g->failed) /* the other rows lack a level as well */
            lint_at(p, g->d, DIAG_P08, t, t->text, "one level of KEYs for each attribute, in their order",
                    STR_FMT ": a mapping by `" STR_FMT "` is needed here", STR_ARG(g->what), STR_ARG(n->path));
        g->failed = true;
        return;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        tree *at = arena_new_of(p->mem, tree, 1);
        *at = member_place(t, &t->member[i]);
        grid_entry *e = grid_entry_add(g, l, at->text, at);
        if (depth + 1 < g->by.n) {
            grid_level *sub = e->sub = arena_new_of(p->mem, grid_level, 1);
            read_level(g, sub, t->member[i].value, depth + 1);
        } else {
            e->leaf = grid_leaf_add(g, t->member[i].value);
        }
    }
}

void grid_read(grid_rows *g, const tree *t) {
    g->at = t;
    if (g->by.n)
        read_level(g, &g->root, t, 0);
    else
        grid_leaf_add(g, t);
}

/* ---- KEYs to sets ----------------------------------------------------------------------------- */

typedef struct key_sets {
    value_set *set;
    uint32_t n, cap;
    strmap *known;             /* text -> index + 1 */
    uint32_t **cover, *covers; /* set -> its classes */
} key_sets;

typedef struct filling {
    grid_rows *g;
    key_sets *keys; /* one a parent */
    grid *out;
    size_t *stride;
    const grid_entry *outside; /* the first row that cannot occur */
    uint32_t outsides;
} filling;

/* The same text below other rows of a level is the same set: compiled once. */
static uint32_t key_set(filling *f, uint32_t depth, const grid_entry *e) {
    key_sets *k = &f->keys[depth];
    population *p = f->g->p;
    uint32_t known = (uint32_t)(uintptr_t)strmap_get(k->known, e->key);
    if (known) return known - 1;
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 16;
        k->set = xrealloc(k->set, k->cap * sizeof *k->set);
    }
    value_set *s = &k->set[k->n];
    if (!compile_key(p, node_at(p, f->g->by.leaf[depth]), e->at, e->key, f->g->d, s))
        f->g->failed = true;
    else if (set_empty(s) && !f->outsides++)
        f->outside = e;
    strmap_put(k->known, e->key, (void *)(uintptr_t)(k->n + 1));
    return k->n++;
}

static void level_keys(filling *f, grid_level *l, uint32_t depth) {
    for (uint32_t i = 0; i < l->entries; i++) {
        grid_entry *e = &l->entry[i];
        if (!e->otherwise) e->set = key_set(f, depth, e);
        if (e->sub) level_keys(f, e->sub, depth + 1);
    }
}

/* ---- overlaps --------------------------------------------------------------------------------- */

typedef struct stretch {
    int64_t lo, hi;
    uint32_t entry;
} stretch;

static int by_stretch(const void *a, const void *b) {
    const stretch *x = a, *y = b;
    if (x->lo != y->lo) return x->lo < y->lo ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void overlap_said(filling *f, const grid_entry *a, const grid_entry *b, uint32_t depth,
                         const char *common) {
    grid_rows *g = f->g;
    const node *n = node_at(g->p, g->by.leaf[depth]);
    g->failed = true;
    lint_at(g->p, g->d, DIAG_P08, b->at, b->key, "KEYs of one level are disjoint",
            STR_FMT ": `" STR_FMT "` and `" STR_FMT "` both hold `" STR_FMT "` = %s", STR_ARG(g->what),
            STR_ARG(a->key), STR_ARG(b->key), STR_ARG(n->path), common);
}

/* Of the stretches of all KEYs, sorted, two that touch are of two KEYs that overlap. */
static void level_overlaps(filling *f, const grid_level *l, uint32_t depth) {
    const node *n = node_at(f->g->p, f->g->by.leaf[depth]);
    const grid_entry *none = NULL;
    size_t used = 0, most = 0;
    for (uint32_t i = 0; i < l->entries; i++)
        if (!l->entry[i].otherwise) most += f->keys[depth].set[l->entry[i].set].n;
    stretch *s = xmalloc((most + 1) * sizeof *s);
    for (uint32_t i = 0; i < l->entries; i++) {
        const grid_entry *e = &l->entry[i];
        if (e->sub) level_overlaps(f, e->sub, depth + 1);
        if (e->otherwise) continue;
        const value_set *set = &f->keys[depth].set[e->set];
        for (uint32_t k = 0; k < set->n; k++) s[used++] = (stretch){set->in[k].lo, set->in[k].hi, i};
        if (set->none && none) overlap_said(f, none, e, depth, "~");
        if (set->none) none = e;
    }
    qsort(s, used, sizeof *s, by_stretch);
    for (size_t i = 1; i < used; i++) {
        if (s[i].lo > s[i - 1].hi) continue;
        buf b = {0};
        value_key_print(n, s[i].lo, &b);
        uint32_t x = s[i - 1].entry, y = s[i].entry;
        overlap_said(f, &l->entry[x < y ? x : y], &l->entry[x < y ? y : x], depth,
                     str_z(f->g->p->mem, buf_view(&b)));
        buf_free(&b);
        break;
    }
    free(s);
}

/* ---- the table -------------------------------------------------------------------------------- */

static void level_fill(filling *f, const grid_level *l, uint32_t depth, size_t base);

static void entry_fill(filling *f, const grid_entry *e, uint32_t depth, size_t base, uint32_t class) {
    size_t at = base + class * f->stride[depth];
    if (e->sub)
        level_fill(f, e->sub, depth + 1, at);
    else
        f->out->cell[at] = e->leaf;
}

/* `else` takes what the other rows of its level leave, so it is filled last. */
static void level_fill(filling *f, const grid_level *l, uint32_t depth, size_t base) {
    const grid_entry *other = NULL;
    for (uint32_t i = 0; i < l->entries; i++)
        if (l->entry[i].otherwise) other = &l->entry[i];
    uint8_t *taken = other ? xcalloc(f->out->parent[depth].n + 1, 1) : NULL;
    for (uint32_t i = 0; i < l->entries; i++) {
        const grid_entry *e = &l->entry[i];
        if (e->otherwise) continue;
        const key_sets *k = &f->keys[depth];
        for (uint32_t c = 0; c < k->covers[e->set]; c++) {
            entry_fill(f, e, depth, base, k->cover[e->set][c]);
            if (taken) taken[k->cover[e->set][c]] = 1;
        }
    }
    for (uint32_t c = 0; other && c <= f->out->parent[depth].n; c++)
        if (!taken[c]) entry_fill(f, other, depth, base, c);
    free(taken);
}

static bool table_new(filling *f) {
    grid_rows *g = f->g;
    grid *out = f->out;
    arena *mem = g->p->mem;
    out->parents = g->by.n;
    out->parent = arena_new_of(mem, classes, g->by.n + 1);
    uint64_t cells = 1;
    for (uint32_t i = 0; i < g->by.n; i++) {
        key_sets *k = &f->keys[i];
        classes_build(mem, node_at(g->p, g->by.leaf[i]), k->set, k->n, &out->parent[i]);
        k->cover = arena_new_of(mem, uint32_t *, k->n + 1);
        k->covers = arena_new_of(mem, uint32_t, k->n + 1);
        for (uint32_t s = 0; s < k->n; s++)
            k->covers[s] = classes_cover(&out->parent[i], &k->set[s], mem, &k->cover[s]);
        cells *= out->parent[i].n + 1;
        if (cells > GRID_MAX)
            return lint_at(g->p, g->d, DIAG_P17, g->at, g->what, "fewer or coarser classes",
                           STR_FMT ": more than 2^24 combinations", STR_ARG(g->what));
    }
    size_t stride = 1;
    for (uint32_t i = g->by.n; i-- > 0;) {
        f->stride[i] = stride;
        stride *= out->parent[i].n + 1;
    }
    out->cells = (uint32_t)cells;
    out->cell = arena_new_of(mem, uint32_t, cells);
    for (uint32_t i = 0; i < out->cells; i++) out->cell[i] = UINT32_MAX;
    return true;
}

/* ---- gaps ------------------------------------------------------------------------------------- */

/* Whether some clause of `when` leaves the combination possible. Tests on other attributes are taken to hold.
 */
static bool possible(const filling *f, const uint32_t *class, const value_set *const *sets) {
    const pred *q = f->g->when;
    if (!q) return true;
    for (uint32_t c = 0; c < q->clauses; c++) {
        bool holds = true;
        for (uint32_t t = 0; t < q->clause[c].terms && holds; t++) {
            const pred_term *term = &q->clause[c].term[t];
            for (uint32_t i = 0; i < f->g->zero_from && holds && !term->count; i++) {
                int64_t common;
                if (f->out->parent[i].leaf == term->leaf && !term->negate)
                    holds = set_meet(&sets[i][class[i]], &term->set, &common);
            }
        }
        if (holds) return true;
    }
    return false;
}

static void gap_said(filling *f, const uint32_t *class, uint64_t more) {
    grid_rows *g = f->g;
    buf b = {0}, key = {0};
    for (uint32_t i = 0; i < g->zero_from; i++) {
        const node *n = node_at(g->p, g->by.leaf[i]);
        buf_reset(&key);
        class_print(n, &f->out->parent[i], class[i], &key);
        str s = buf_view(&key);
        buf_printf(&b, "%s`" STR_FMT "` = " STR_FMT "%s", i ? ", " : "", STR_ARG(n->path),
                   STR_ARG(str_part(s, 0, s.n > 80 ? 80 : s.n)), s.n > 80 ? "..." : "");
    }
    if (more) buf_printf(&b, " (and %llu more)", (unsigned long long)more);
    g->failed = true;
    lint_at(g->p, g->d, DIAG_P08, g->at, STR(""), "add the row, or `else`",
            STR_FMT ": there is no row for " STR_FMT, STR_ARG(g->what), STR_ARG(buf_view(&b)));
    buf_free(&b);
    buf_free(&key);
}

/* Steps to the next combination of classes with a value; false behind the last. */
static bool next_class(const filling *f, uint32_t *class) {
    for (uint32_t i = f->g->zero_from; i-- > 0;) {
        uint32_t most = f->out->parent[i].n - (f->out->parent[i].none != UINT32_MAX);
        if (++class[i] < most) return true;
        class[i] = 0;
    }
    return false;
}

/* In counts and shares one cell below the `by` part is enough: a missing KEY of `over` is 0. */
static bool has_row(const filling *f, const uint32_t *class) {
    size_t at = 0, width = 1;
    for (uint32_t i = 0; i < f->g->zero_from; i++) at += class[i] * f->stride[i];
    for (uint32_t i = f->g->zero_from; i < f->g->by.n; i++) width *= f->out->parent[i].n + 1;
    for (size_t k = 0; k < width; k++)
        if (f->out->cell[at + k] != UINT32_MAX) return true;
    return false;
}

static void gaps(filling *f) {
    grid_rows *g = f->g;
    if (!g->zero_from) return;
    arena *mem = g->p->mem;
    uint32_t *class = arena_new_of(mem, uint32_t, g->by.n), *first = NULL;
    const value_set **sets = NULL;
    uint64_t missing = 0;
    do {
        if (has_row(f, class)) continue;
        if (!sets) { /* only a grid with a gap pays for these */
            sets = arena_new_of(mem, const value_set *, g->zero_from);
            for (uint32_t i = 0; i < g->zero_from; i++) {
                value_set *s = arena_new_of(mem, value_set, f->out->parent[i].n);
                const node *n = node_at(g->p, g->by.leaf[i]);
                for (uint32_t c = 0; g->when && c < f->out->parent[i].n; c++)
                    s[c] = class_set(mem, n, &f->out->parent[i], c);
                sets[i] = s;
            }
        }
        if (possible(f, class, sets) && !missing++) first = arena_dup(mem, class, g->by.n * sizeof *class);
    } while (next_class(f, class));
    if (missing) gap_said(f, first, missing - 1);
}

/* ---- build ------------------------------------------------------------------------------------ */

/* Ranges outside the domain are no fault: published norms cover more ages than a population may have. */
static void outside_said(const filling *f) {
    if (!f->outsides) return;
    grid_rows *g = f->g;
    buf b = {0};
    if (f->outsides > 1) buf_printf(&b, ", nor %u others", f->outsides - 1);
    lint_at(g->p, g->d, DIAG_W00, f->outside->at, f->outside->key, "leave it out, or widen the domain",
            STR_FMT ": the row `" STR_FMT "` cannot occur" STR_FMT
                    ", it lies outside what the attribute can be",
            STR_ARG(g->what), STR_ARG(f->outside->key), STR_ARG(buf_view(&b)));
    buf_free(&b);
}

static const grid *built(filling *f) {
    grid_rows *g = f->g;
    if (g->by.n) level_keys(f, &g->root, 0);
    if (g->by.n && !g->failed) level_overlaps(f, &g->root, 0);
    if (g->failed || !table_new(f)) return NULL;
    if (g->by.n)
        level_fill(f, &g->root, 0, 0);
    else
        f->out->cell[0] = 0;
    f->out->leaves = g->leaves;
    gaps(f);
    outside_said(f);
    return g->failed ? NULL : f->out;
}

const grid *grid_build(grid_rows *g) {
    if (g->failed) return NULL;
    for (uint32_t i = 0; i < g->by.n; i++)
        if (ref_broken(g->p, g->p->leaf_node[g->by.leaf[i]])) return NULL;
    filling f = {.g = g, .out = arena_new_of(g->p->mem, grid, 1)};
    f.keys = arena_new_of(g->p->mem, key_sets, g->by.n + 1);
    f.stride = arena_new_of(g->p->mem, size_t, g->by.n + 1);
    for (uint32_t i = 0; i < g->by.n; i++) f.keys[i].known = strmap_new(64);
    const grid *out = built(&f);
    for (uint32_t i = 0; i < g->by.n; i++) {
        strmap_free(f.keys[i].known);
        free(f.keys[i].set);
    }
    return out;
}

bool grid_gaps(grid_rows *g, grid *built) {
    filling f = {.g = g, .out = built, .stride = arena_new_of(g->p->mem, size_t, g->by.n + 1)};
    size_t stride = 1;
    for (uint32_t i = g->by.n; i-- > 0; stride *= built->parent[i].n + 1) f.stride[i] = stride;
    gaps(&f);
    return !g->failed;
}

uint32_t grid_at(const grid *g, const record *r) {
    size_t at = 0;
    for (uint32_t i = 0; i < g->parents; i++) {
        const classes *c = &g->parent[i];
        uint32_t class = class_of(c, record_at(r, c->leaf));
        at = at * (c->n + 1) + (class == UINT32_MAX ? c->n : class);
    }
    return g->cell[at];
}

/* ---- GRID of TEST ----------------------------------------------------------------------------- */

const test_grid *compile_test_grid(population *p, uint32_t leaf, const leaf_list *by, const tree *t, diags *d) {
    const node *n = node_at(p, leaf);
    grid_rows g = {.p = p,
                   .d = d,
                   .by = *by,
                   .zero_from = by->n,
                   .when = n->when,
                   .what = str_printf(p->mem, "what `" STR_FMT "` may be", STR_ARG(n->path))};
    if (tree_is_csv(t))
        grid_read_csv(&g, t, &(csv_shape){.node = n, .own = STR(""), .tests = true});
    else
        grid_read(&g, t);
    const grid *cells = grid_build(&g);
    if (!cells) return NULL;
    test_grid *out = arena_new_of(p->mem, test_grid, 1);
    *out = (test_grid){.leaf = leaf, .by = cells, .test = arena_new_of(p->mem, const pred *, g.leaves)};
    bool fine = true;
    for (uint32_t i = 0; i < g.leaves; i++) {
        const tree *test = g.leaf[i].tree;
        if (g.leaf[i].item) { /* the cells of a CSV: any of them */
            tree *list = arena_new_of(p->mem, tree, 1);
            *list = *test;
            list->kind = TREE_LIST;
            list->n = g.leaf[i].items;
            list->item = arena_new_of(p->mem, tree *, list->n);
            for (uint32_t k = 0; k < list->n; k++)
                list->item[k] = tree_new_scalar(p->mem, g.leaf[i].item[k].key, g.leaf[i].item[k].at);
            test = list;
        }
        out->test[i] = compile_test(p, leaf, test, d);
        fine = fine && out->test[i];
    }
    return fine ? out : NULL;
}

bool test_grid_allows(const test_grid *g, const record *r) {
    if (record_at(r, g->leaf)->kind == V_NONE) return true;
    uint32_t at = grid_at(g->by, r);
    return at == UINT32_MAX || pred_holds(g->test[at], r);
}

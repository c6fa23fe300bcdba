/* compile_row.c: `row` of a section: the rows of a CSV, and which of them agree with the values of `by`.
 *
 * GROUP: rows with the same KEYs of `by`. A grid over the parents' classes names a BUCKET, the groups whose
 * KEYs all hold there: so a draw picks a group by weight and then one of its rows, and never looks at the
 * others. KEYs of different rows may overlap; `else` (so does an empty cell) is for what no other KEY of its
 * column holds beside the same KEYs before it. Rows of weight 0 are left out.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>
#include <string.h>

#define OTHERWISE UINT32_MAX /* of a tuple: `else` */

/* The KEYs of one column of `by`. */
typedef struct row_keys {
    uint32_t col;
    const node *node;
    value_set *set;
    uint32_t n, cap;
    strmap *known; /* text -> index + 1 */
    uint32_t **cover, *covers;
} row_keys;

typedef struct fit { /* a group holds in a cell of the grid */
    uint32_t cell, group;
} fit;

typedef struct row_reading {
    population *p;
    diags *d;
    const tree *at;
    const csv *c;
    row_source *out;
    row_keys *key; /* one a parent */
    uint32_t keys;
    uint32_t *tuple; /* groups x keys */
    uint32_t cap;
    fit *fit;
    size_t fits, fit_cap;
} row_reading;

/* ---- rows ------------------------------------------------------------------------------------------------ */

static bool columns_find(row_reading *r, const tree *by) {
    r->keys = r->out->by.n;
    r->key = arena_new_of(r->p->mem, row_keys, r->keys + 1);
    for (uint32_t i = 0; i < r->keys; i++) {
        const node *n = node_at(r->p, r->out->by.leaf[i]);
        r->key[i] = (row_keys){.col = csv_column(r->c, n), .node = n};
        if (r->key[i].col == NO_NODE)
            return lint_at(r->p, r->d, DIAG_P08, by, n->path, "`columns: {HEADER: attribute}` renames headers",
                           STR_FMT " has no column for `" STR_FMT "`", STR_ARG(r->c->path), STR_ARG(n->path));
    }
    return true;
}

/* false: no KEY. */
static bool key_id(row_reading *r, row_keys *k, uint32_t row, uint32_t *id) {
    tree at = csv_place(r->c, row, k->col);
    *id = OTHERWISE;
    if (!at.text.n || str_is(at.text, "else")) return true;
    uint32_t known = (uint32_t)(uintptr_t)strmap_get(k->known, at.text);
    if (!known) {
        if (k->n == k->cap) {
            k->cap = k->cap ? k->cap * 2 : 16;
            k->set = xrealloc(k->set, k->cap * sizeof *k->set);
        }
        bool fine = compile_key(r->p, k->node, &at, at.text, r->d, &k->set[k->n]);
        strmap_put(k->known, at.text, (void *)(uintptr_t)(fine ? k->n + 1 : UINT32_MAX));
        known = fine ? ++k->n : UINT32_MAX;
    }
    *id = known - 1;
    return known != UINT32_MAX;
}

static uint32_t group_of(row_reading *r, u64map *groups, const uint32_t *tuple) {
    uint64_t hash = 0, at;
    for (uint32_t i = 0; i < r->keys; i++) hash = rng_u64(hash, tuple[i], i, 0, 0);
    if (u64map_get(groups, hash, &at)) return (uint32_t)at;
    if (r->out->groups == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->tuple = xrealloc(r->tuple, sizeof *r->tuple * r->cap * (r->keys + 1));
    }
    memcpy(r->tuple + (size_t)r->out->groups * r->keys, tuple, sizeof *tuple * r->keys);
    u64map_put(groups, hash, r->out->groups);
    return r->out->groups++;
}

static bool rows_read(row_reading *r) {
    row_source *out = r->out;
    uint32_t weight = csv_word(r->c, "weight"), *tuple = arena_new_of(r->p->mem, uint32_t, r->keys + 1);
    u64map *groups = u64map_new(64);
    bool fine = true;
    double sum = 0;
    out->rows = r->c->rows;
    out->weight = arena_new_of(r->p->mem, double, out->rows + 1);
    out->group = arena_new_of(r->p->mem, uint32_t, out->rows + 1);
    for (uint32_t i = 0; i < r->keys; i++) r->key[i].known = strmap_new(64);
    for (uint32_t i = 0; i < out->rows; i++) {
        bool whole = true;
        out->weight[i] = 1;
        if (weight != NO_NODE) whole = csv_number(r->p, r->c, i, weight, r->d, &out->weight[i]);
        for (uint32_t k = 0; k < r->keys; k++) whole = key_id(r, &r->key[k], i, &tuple[k]) && whole;
        fine = fine && whole;
        sum += out->weight[i];
        if (fine && out->weight[i] > 0) out->group[i] = group_of(r, groups, tuple);
    }
    for (uint32_t i = 0; i < r->keys; i++) strmap_free(r->key[i].known);
    u64map_free(groups);
    if (fine && !(sum > 0))
        return csv_lint(r->p, r->c, UINT32_MAX, 0, r->d, out->rows ? DIAG_P09 : DIAG_P08,
                        "`recode` and `only` may have dropped all rows",
                        "no row with a weight above 0 is left");
    return fine;
}

/* ---- which groups hold where --------------------------------------------------------------------------- */

static bool grid_new(row_reading *r) {
    grid *g = arena_new_of(r->p->mem, grid, 1);
    uint64_t cells = 1;
    g->parents = r->keys;
    g->parent = arena_new_of(r->p->mem, classes, r->keys + 1);
    for (uint32_t i = 0; i < r->keys; i++) {
        row_keys *k = &r->key[i];
        classes_build(r->p->mem, k->node, k->set, k->n, &g->parent[i]);
        k->cover = arena_new_of(r->p->mem, uint32_t *, k->n + 1);
        k->covers = arena_new_of(r->p->mem, uint32_t, k->n + 1);
        for (uint32_t s = 0; s < k->n; s++)
            k->covers[s] = classes_cover(&g->parent[i], &k->set[s], r->p->mem, &k->cover[s]);
        cells *= g->parent[i].n + 1;
        if (cells > GRID_MAX)
            return lint_at(r->p, r->d, DIAG_P17, r->at, STR(""), "fewer or coarser KEYs",
                           "`row`: more than 2^24 combinations of `by`");
    }
    g->cells = (uint32_t)cells;
    g->cell = arena_new_of(r->p->mem, uint32_t, cells);
    for (uint32_t i = 0; i < g->cells; i++) g->cell[i] = UINT32_MAX;
    r->out->agree = g;
    return true;
}

static void fit_add(row_reading *r, uint32_t cell, uint32_t group) {
    if (r->fits == r->fit_cap) {
        r->fit_cap = r->fit_cap ? r->fit_cap * 2 : 256;
        r->fit = xrealloc(r->fit, sizeof *r->fit * r->fit_cap);
    }
    r->fit[r->fits++] = (fit){cell, group};
}

typedef struct keyed {
    uint32_t id, group;
} keyed;

static int by_id(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static void level_fit(row_reading *r, const keyed *above, uint32_t n, uint32_t depth, uint32_t base);

/* Below class `class` of the parent: all groups with one KEY. */
static void class_fit(row_reading *r, const keyed *k, uint32_t n, uint32_t depth, uint32_t base,
                      uint32_t class) {
    level_fit(r, k, n, depth + 1, base * (r->out->agree->parent[depth].n + 1) + class);
}

/* base: the cell so far, in mixed radix. */
static void level_fit(row_reading *r, const keyed *above, uint32_t n, uint32_t depth, uint32_t base) {
    if (r->fits > GRID_MAX) return;
    if (depth == r->keys) {
        for (uint32_t i = 0; i < n; i++) fit_add(r, base, above[i].group);
        return;
    }
    uint32_t classes_here = r->out->agree->parent[depth].n + 1;
    keyed *k = xmalloc(sizeof *k * (n + 1));
    uint8_t *taken = xcalloc(classes_here, 1);
    for (uint32_t i = 0; i < n; i++)
        k[i] = (keyed){r->tuple[(size_t)above[i].group * r->keys + depth], above[i].group};
    qsort(k, n, sizeof *k, by_id);
    for (uint32_t i = 0, end; i < n; i = end) { /* OTHERWISE is the last */
        for (end = i + 1; end < n && k[end].id == k[i].id;) end++;
        bool otherwise = k[i].id == OTHERWISE;
        uint32_t covers = otherwise ? classes_here : r->key[depth].covers[k[i].id];
        for (uint32_t c = 0; c < covers; c++) {
            uint32_t class = otherwise ? c : r->key[depth].cover[k[i].id][c];
            if (otherwise && taken[class]) continue;
            taken[class] = 1;
            class_fit(r, k + i, end - i, depth, base, class);
        }
    }
    free(taken);
    free(k);
}

static int by_cell(const void *a, const void *b) {
    const fit *x = a, *y = b;
    if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

/* Cells with the same groups share a bucket. */
static void buckets_make(row_reading *r) {
    row_source *out = r->out;
    u64map *known = u64map_new(64);
    if (r->fits) qsort(r->fit, r->fits, sizeof *r->fit, by_cell);
    out->start = arena_new_of(r->p->mem, uint32_t, r->fits + 2);
    out->member = arena_new_of(r->p->mem, uint32_t, r->fits + 1);
    uint32_t used = 0;
    for (size_t i = 0, end; i < r->fits; i = end) {
        uint64_t hash = 0, at;
        for (end = i; end < r->fits && r->fit[end].cell == r->fit[i].cell; end++)
            hash = rng_u64(hash, r->fit[end].group, 1, 0, 0);
        if (!u64map_get(known, hash, &at)) {
            u64map_put(known, hash, at = out->buckets++);
            for (size_t k = i; k < end; k++) out->member[used++] = r->fit[k].group;
            out->start[out->buckets] = used;
        }
        out->agree->cell[r->fit[i].cell] = (uint32_t)at;
    }
    u64map_free(known);
}

static bool groups_fit(row_reading *r) {
    keyed *all = xmalloc(sizeof *all * (r->out->groups + 1));
    for (uint32_t i = 0; i < r->out->groups; i++) all[i].group = i;
    level_fit(r, all, r->out->groups, 0, 0);
    free(all);
    if (r->fits > GRID_MAX)
        return lint_at(r->p, r->d, DIAG_P17, r->at, STR(""), "fewer or coarser KEYs",
                       "`row`: its rows hold in more than 2^24 combinations of `by`");
    buckets_make(r);
    return true;
}

/* ---- the source ---------------------------------------------------------------------------------------- */

static bool source_read(row_reading *r, const tree *by, const node *n) {
    if (by && !by->nothing && !ref_parents(r->p, by, "`by`", n->row, r->d, &r->out->by)) return false;
    if (!columns_find(r, by) || !rows_read(r) || !grid_new(r) || !groups_fit(r)) return false;
    grid_rows rows = {.p = r->p,
                      .d = r->d,
                      .at = r->at,
                      .by = r->out->by,
                      .zero_from = r->keys,
                      .when = n->when,
                      .what = str_printf(r->p->mem, "section `" STR_FMT "`", STR_ARG(n->path))};
    return grid_gaps(&rows, r->out->agree);
}

row_source *row_compile(population *p, const node *n, const tree *t, const tree *by, diags *d) {
    if (!tree_is_csv(t)) {
        lint_at(p, d, DIAG_P03, t, t->text, "row: tables/places.csv", "`row` names a CSV");
        return NULL;
    }
    row_reading r = {
        .p = p, .d = d, .at = t, .c = compose_csv(p, t, d), .out = arena_new_of(p->mem, row_source, 1)};
    r.out->leaf = n->row;
    r.out->column = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    bool fine = r.c && source_read(&r, by, n);
    for (uint32_t i = 0; i < r.keys; i++) free(r.key[i].set);
    free(r.tuple);
    free(r.fit);
    return fine ? r.out : NULL;
}

/* The groups of a bucket are in ascending order. */
bool row_agrees(const row_source *s, uint32_t bucket, uint32_t row) {
    uint32_t lo = s->start[bucket], hi = s->start[bucket + 1];
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (s->member[mid] == s->group[row]) return true;
        if (s->member[mid] < s->group[row])
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* ---- {column: HEADER} ---------------------------------------------------------------------------------- */

bool is_column(const tree *t) {
    return t->kind == TREE_MAP && t->n == 1 && tree_get(t, "column") &&
           tree_get(t, "column")->kind == TREE_SCALAR;
}

uint32_t row_section(const population *p, uint32_t i) {
    for (; i != NO_LEAF; i = p->node[i].parent)
        if (p->node[i].row != NO_LEAF) return i;
    return NO_NODE;
}

static bool cell_value(population *p, const node *n, const tree *at, diags *d, int64_t *v) {
    if (!value_parse(p, n, at, at->text, n->kind != K_NUMBER, d, v)) return false;
    if (*v >= leaf_lo(n) && *v <= leaf_hi(n)) return true;
    return lint_at(p, d, DIAG_P07, at, at->text, "the kind states the domain",
                   "`" STR_FMT "` cannot be " STR_FMT, STR_ARG(n->path), STR_ARG(at->text));
}

uint32_t row_column(population *p, uint32_t i, const tree *t, diags *d, const csv **c) {
    uint32_t section = row_section(p, i);
    const tree *header = tree_get(t, "column");
    if (section == NO_NODE) {
        lint_at(p, d, DIAG_P03, t, header->text, "row: FILE.csv on the section",
                "`" STR_FMT "`: no section above it has `row`", STR_ARG(p->node[i].path));
        return NO_NODE;
    }
    const tree *file = tree_get(p->compiled->source[section], "row");
    *c = tree_is_csv(file) ? compose_csv(p, file, d) : NULL; /* else said where it stands */
    uint32_t col = *c ? csv_word(*c, str_z(p->mem, header->text)) : NO_NODE;
    if (!*c || col != NO_NODE) return col;
    near k = near_to(header->text);
    for (uint32_t h = 0; h < (*c)->columns; h++) near_try(&k, (*c)->header[h]);
    lint_at(p, d, DIAG_P08, header, header->text, near_hint(p->mem, &k), STR_FMT " has no column `" STR_FMT "`",
            STR_ARG((*c)->path), STR_ARG(header->text));
    return NO_NODE;
}

bool column_dist(population *p, const node *n, const tree *t, diags *d, dist *out) {
    uint32_t self = (uint32_t)(n - p->node);
    const csv *c;
    if (n->is_list)
        return lint_at(p, d, DIAG_P03, t, n->path, "put `list` on the section, to draw several rows",
                       "`" STR_FMT "` is a list, a row has one value of it", STR_ARG(n->path));
    uint32_t col = row_column(p, self, t, d, &c);
    if (col == NO_NODE) return false;
    uint32_t section = row_section(p, self);
    *out = (dist){
        .form = DIST_ROW, .row = p->node[section].row, .cell = arena_new_of(p->mem, int64_t, c->rows + 1)};
    bool fine = true;
    for (uint32_t r = 0; r < c->rows; r++) {
        tree at = csv_place(c, r, col);
        fine = cell_value(p, n, &at, d, &out->cell[r]) && fine;
    }
    return fine;
}

/* compile_csv_grid.c: a CSV as a GRID: one column for each parent, headed by a REF, and then either *long* (a
 * column of the attribute's own KEYs, one of weights) or *wide* (a column for each KEY, or for each word of a
 * distribution).
 *
 * Rows with the same KEYs of parents are one leaf; weights of the same KEY in it add up, for `recode` may have
 * made several cells one. An empty cell of a parent is `else`.
 */
#include "taxonomy/compile_parts.h"

#include <stdio.h>

static const char *const weight_words[] = {"weight", "count", "share", NULL};
static const char *const plain_words[] = {"weight", "count", "share", "value", "range", "label", NULL};

/* ---- cells and columns ------------------------------------------------------------------------ */

tree csv_place(const csv *c, uint32_t row, uint32_t col) {
    bool head = row >= c->rows;
    return (tree){.kind = TREE_SCALAR,
                  .file = c->file,
                  .line = head ? 1 : c->line[row],
                  .text = col >= c->columns ? STR("")
                          : head            ? c->header[col]
                                            : c->row[row][col]};
}

bool csv_lint(const population *p, const csv *c, uint32_t row, uint32_t col, diags *d, diag_code code,
              const char *hint, const char *what) {
    tree at = csv_place(c, row, col);
    if (row >= c->rows) return lint_at(p, d, code, &at, STR(""), hint, STR_FMT ": %s", STR_ARG(c->path), what);
    return lint_at(p, d, code, &at, at.text, hint, "column `" STR_FMT "`: %s", STR_ARG(c->header[col]), what);
}

uint32_t csv_word(const csv *c, const char *word) {
    for (uint32_t i = 0; i < c->columns; i++)
        if (str_is(c->header[i], word)) return i;
    return NO_NODE;
}

/* The last name first: a header that is a word (weight, label) can still be an attribute's name, not the end of
 * one. */
uint32_t csv_column(const csv *c, const node *n) {
    for (uint32_t i = 0; i < c->columns; i++)
        if (str_eq(c->header[i], n->path) || str_eq(c->header[i], n->name)) return i;
    for (uint32_t i = 0; i < c->columns; i++) {
        str h = c->header[i];
        if (key_in(h, plain_words) || h.n >= n->path.n) continue;
        if (n->path.p[n->path.n - h.n - 1] == '.' && str_eq(str_part(n->path, n->path.n - h.n, n->path.n), h))
            return i;
    }
    return NO_NODE;
}

bool csv_number(const population *p, const csv *c, uint32_t row, uint32_t col, diags *d, double *out) {
    if (!number_of_text(str_trim(c->row[row][col]), out))
        return csv_lint(p, c, row, col, d, DIAG_P03, "recode or `only` can leave out rows",
                        "a number is needed");
    if (*out < 0) return csv_lint(p, c, row, col, d, DIAG_P09, NULL, "a weight is 0 or more");
    return true;
}

/* ---- rows to levels --------------------------------------------------------------------------- */

typedef struct csv_rows {
    grid_rows *g;
    const csv *c;
    const csv_shape *shape;
    uint32_t *key; /* columns of the parents */
    uint32_t keys;
    uint32_t weight; /* NO_NODE: all equal */
    u64map *entries; /* (level, KEY) -> index of its entry */
    u64map *items;   /* (leaf, KEY) -> index of its item */
} csv_rows;

/* Keyed by the level's address: unique while the GRID is read, and never seen outside. */
static grid_entry *level_entry(csv_rows *s, grid_level *l, str key, const tree *at) {
    uint64_t hash = hash_64(key, (uint64_t)(uintptr_t)l), i;
    if (u64map_get(s->entries, hash, &i)) return &l->entry[i];
    u64map_put(s->entries, hash, l->entries);
    return grid_entry_add(s->g, l, key, at);
}

/* The leaf of a row's KEYs; `at` is the place of the row. last: one more KEY that is no cell; p NULL: none. */
static uint32_t leaf_of_row(csv_rows *s, uint32_t row, const tree *at, str last) {
    grid_level *l = &s->g->root;
    uint32_t depth = s->g->by.n;
    if (!depth) return s->g->leaves ? 0 : grid_leaf_add(s->g, at);
    for (uint32_t i = 0;; i++) {
        str key = last.p && i + 1 == depth ? last : s->c->row[row][s->key[i]];
        grid_entry *e = level_entry(s, l, key.n ? key : STR("else"), at);
        if (i + 1 == depth) {
            if (e->leaf == UINT32_MAX) e->leaf = grid_leaf_add(s->g, at);
            return e->leaf;
        }
        if (!e->sub) e->sub = arena_new_of(s->g->p->mem, grid_level, 1);
        l = e->sub;
    }
}

static void leaf_weight(csv_rows *s, uint32_t leaf, str key, const tree *at, double weight) {
    grid_leaf *l = &s->g->leaf[leaf];
    uint64_t hash = hash_64(key, leaf), i;
    if (u64map_get(s->items, hash, &i)) {
        l->item[i].weight += weight;
        return;
    }
    if (l->items == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 8;
        weighted *more = arena_new_of(s->g->p->mem, weighted, l->cap);
        for (uint32_t k = 0; k < l->items; k++) more[k] = l->item[k];
        l->item = more;
    }
    u64map_put(s->items, hash, l->items);
    l->item[l->items++] = (weighted){key, at, weight};
}

static const tree *row_place(const csv_rows *s, uint32_t row) {
    tree *at = arena_new_of(s->g->p->mem, tree, 1);
    *at = csv_place(s->c, row, NO_NODE);
    at->text = STR("");
    return at;
}

static bool is_key(const csv_rows *s, uint32_t col) {
    for (uint32_t i = 0; i < s->keys; i++)
        if (s->key[i] == col) return true;
    return false;
}

static void read_long(csv_rows *s, uint32_t own) {
    const csv *c = s->c;
    for (uint32_t r = 0; r < c->rows; r++) {
        double weight = 1;
        const tree *at = row_place(s, r);
        if (!c->row[r][own].n) {
            s->g->failed = true;
            csv_lint(s->g->p, c, r, own, s->g->d, DIAG_P03, NULL, "a value is needed");
            continue;
        }
        if (s->weight != NO_NODE && !csv_number(s->g->p, c, r, s->weight, s->g->d, &weight))
            s->g->failed = true;
        leaf_weight(s, leaf_of_row(s, r, at, (str){0}), c->row[r][own], at, weight);
    }
}

/* ---- wide ------------------------------------------------------------------------------------- */

/* The word of a DIST that a header stands for, for this attribute; NULL: none. *other: it is another
 * attribute's. */
static const char *dist_word(const csv_rows *s, str header, bool *other) {
    str left, right, word = header;
    *other = false;
    bool dotted = str_cut(header, '.', &left, &right);
    if (dotted) word = right;
    for (const char *const *w = s->shape->words; w && *w; w++) {
        if (!str_is(word, *w)) continue;
        *other = dotted && !str_eq(left, s->shape->node->name);
        return *other ? NULL : *w;
    }
    return NULL;
}

/* `range` alone is a column of KEYs. */
static bool has_words(const csv_rows *s) {
    bool other;
    for (uint32_t k = 0; k < s->c->columns; k++) {
        const char *word = is_key(s, k) ? NULL : dist_word(s, s->c->header[k], &other);
        if (word && !str_is(str_of(word), "range")) return true;
    }
    return false;
}

/* {mean: cell, sd: cell} */
static tree *words_of_row(const csv_rows *s, uint32_t row, const tree *at) {
    arena *mem = s->g->p->mem;
    tree *map = tree_new_map(mem, at);
    bool other;
    for (uint32_t k = 0; k < s->c->columns; k++) {
        const char *word = is_key(s, k) ? NULL : dist_word(s, s->c->header[k], &other);
        if (word && s->c->row[row][k].n)
            tree_put(mem, map, str_of(word), tree_new_scalar(mem, s->c->row[row][k], at));
    }
    return map;
}

static void keys_of_row(csv_rows *s, uint32_t row, uint32_t leaf, const tree *at) {
    for (uint32_t k = 0; k < s->c->columns; k++) {
        double weight;
        bool other;
        if (is_key(s, k) || dist_word(s, s->c->header[k], &other) || other) continue;
        if (!csv_number(s->g->p, s->c, row, k, s->g->d, &weight))
            s->g->failed = true;
        else
            leaf_weight(s, leaf, s->c->header[k], at, weight);
    }
}

static void read_wide(csv_rows *s) {
    bool words = has_words(s);
    for (uint32_t r = 0; r < s->c->rows; r++) {
        uint32_t before = s->g->leaves;
        const tree *at = row_place(s, r);
        uint32_t leaf = leaf_of_row(s, r, at, (str){0});
        if (s->g->leaves == before) {
            s->g->failed = true;
            csv_lint(s->g->p, s->c, r, s->keys ? s->key[0] : 0, s->g->d, DIAG_P08, NULL,
                     "an earlier row has the same KEYs");
            continue;
        }
        if (words)
            s->g->leaf[leaf].tree = words_of_row(s, r, at);
        else
            keys_of_row(s, r, leaf, at);
    }
}

/* ---- entry ------------------------------------------------------------------------------------ */

/* Columns of the parents; missing: which of them has none. */
static uint32_t find_keys(csv_rows *s, uint32_t *missing) {
    uint32_t lack = 0;
    s->key = arena_new_of(s->g->p->mem, uint32_t, s->g->by.n + 1);
    for (uint32_t i = 0; i < s->g->by.n; i++) {
        uint32_t col = csv_column(s->c, node_at(s->g->p, s->g->by.leaf[i]));
        if (col == NO_NODE && !lack++) *missing = i;
        s->key[i] = col;
    }
    s->keys = s->g->by.n;
    for (const char *const *w = weight_words; *w && s->weight == NO_NODE; w++) s->weight = csv_word(s->c, *w);
    return lack;
}

static bool start(csv_rows *s, grid_rows *g, const tree *t, uint32_t *lack, uint32_t *missing) {
    g->at = t;
    *s = (csv_rows){.g = g, .c = compose_csv(g->p, t, g->d), .weight = NO_NODE};
    if (!s->c || !s->c->rows) {
        g->failed = true;
        return s->c ? csv_lint(g->p, s->c, UINT32_MAX, 0, g->d, DIAG_P08, NULL, "no rows are left") : false;
    }
    *lack = find_keys(s, missing);
    s->entries = u64map_new(s->c->rows);
    s->items = u64map_new(s->c->rows);
    return true;
}

static void finish(csv_rows *s) {
    u64map_free(s->entries);
    u64map_free(s->items);
}

static void no_column(csv_rows *s, uint32_t parent) {
    const node *n = node_at(s->g->p, s->g->by.leaf[parent]);
    char what[160];
    snprintf(what, sizeof what, "there is no column for `" STR_FMT "`", STR_ARG(n->path));
    s->g->failed = true;
    csv_lint(s->g->p, s->c, UINT32_MAX, 0, s->g->d, DIAG_P08, "`columns: {HEADER: attribute}` renames headers",
             what);
}

void grid_read_csv(grid_rows *g, const tree *t, const csv_shape *shape) {
    csv_rows s;
    uint32_t lack, missing = 0;
    if (!start(&s, g, t, &lack, &missing)) return;
    s.shape = shape;
    uint32_t own = shape->own.n ? csv_word(s.c, str_z(g->p->mem, shape->own)) : csv_column(s.c, shape->node);
    if (own != NO_NODE && is_key(&s, own)) own = NO_NODE;
    if (own == NO_NODE) own = csv_word(s.c, "value");
    if (own == NO_NODE && !has_words(&s)) own = csv_word(s.c, "range");
    if (lack)
        no_column(&s, missing);
    else if (own != NO_NODE)
        read_long(&s, own);
    else
        read_wide(&s);
    finish(&s);
}

/* The last attribute may have a column for each of its KEYs. */
static void read_wide_table(csv_rows *s) {
    s->keys = s->g->by.n - 1;
    for (uint32_t r = 0; r < s->c->rows; r++) {
        const tree *at = row_place(s, r);
        for (uint32_t k = 0; k < s->c->columns; k++) {
            double number;
            if (is_key(s, k)) continue;
            if (!csv_number(s->g->p, s->c, r, k, s->g->d, &number))
                s->g->failed = true;
            else
                leaf_weight(s, leaf_of_row(s, r, at, s->c->header[k]), STR(""), at, number);
        }
    }
}

void grid_read_table(grid_rows *g, const tree *t) {
    csv_rows s;
    uint32_t lack, missing = 0;
    if (!start(&s, g, t, &lack, &missing)) return;
    if (lack > 1 || (lack && missing + 1 != g->by.n)) {
        no_column(&s, missing);
    } else if (lack) {
        read_wide_table(&s);
    } else {
        for (uint32_t r = 0; r < s.c->rows; r++) {
            double number = 1;
            const tree *at = row_place(&s, r);
            if (s.weight != NO_NODE && !csv_number(g->p, s.c, r, s.weight, g->d, &number))
                g->failed = true;
            else
                leaf_weight(&s, leaf_of_row(&s, r, at, (str){0}), STR(""), at, number);
        }
    }
    finish(&s);
}

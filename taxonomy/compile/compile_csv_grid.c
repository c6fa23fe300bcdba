/* compile_csv_grid.c: a CSV as a GRID: one column for each parent, headed by a REF, and then either *long* (a
 * column of the attribute's own KEYs, one of weights) or *wide* (a column for each KEY, or for each word of a
 * distribution).
 *
 * A header `X.word` is `word` to the attribute whose last name is X and nothing to the others, so that one file
 * serves several. Rows with the same KEYs of parents are one leaf; weights of the same KEY in it add up, for
 * `recode` may have made several cells one. An empty cell of a parent is `else`.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>

static const char *const weight_words[] = {"weight", "count", "share", NULL};
static const char *const plain_words[] = {"weight", "count", "share", "value", "range", "label", NULL};

/* ---- cells and columns ------------------------------------------------------------------------ */

tree csv_place(const csv *c, uint32_t row, uint32_t col) {
    bool head = row >= c->rows;
    return (tree){.kind = TREE_SCALAR,
                  .file = c->file,
                  .line = head ? c->head_line : c->line[row],
                  .column = csv_cell_column(c, row, col < c->columns ? col : 0),
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
    if (*out < 0) return csv_lint(p, c, row, col, d, DIAG_P09, "0 leaves a value out", "a weight is 0 or more");
    return true;
}

/* ---- rows to levels --------------------------------------------------------------------------- */

typedef struct csv_rows {
    grid_rows *g;
    const csv *c;
    const csv_shape *shape;
    uint32_t *key; /* columns of the parents */
    uint32_t keys;
    str *word;       /* column -> what its header says of the attribute; empty: a parent's, or another's */
    uint32_t weight; /* NO_NODE: all equal */
    u64map *entries; /* (level, KEY) -> index of its entry */
    u64map *items;   /* (leaf, KEY) -> index of its item */
} csv_rows;

static bool is_key(const csv_rows *s, uint32_t col) {
    for (uint32_t i = 0; i < s->keys; i++)
        if (s->key[i] == col) return true;
    return false;
}

static bool is_dist_word(const csv_rows *s, str word) {
    return word.n && s->shape->words && key_in(word, s->shape->words);
}

/* A prefix that is nearly the attribute's name is taken for it misspelt: the header is then no KEY of it, which
 * is said. */
static bool of_another(const csv_rows *s, str prefix, str word, bool several) {
    const node *n = s->shape->node;
    near k = near_to(prefix);
    if (ref_known(s->g->p, prefix) || is_dist_word(s, word)) return true;
    near_try(&k, n->name);
    return several && !k.best.n;
}

/* 1.5, low..high and a value called `No. 9` have a point and no prefix. */
static str header_word(const csv_rows *s, str header, bool several) {
    const node *n = s->shape->node;
    str prefix, word;
    if (!str_cut(header, '.', &prefix, &word) || !is_name(prefix) || value_index(s->g->p, n, header) >= 0)
        return header;
    bool range = str_starts(word, ".") && !str_starts(word, "..");
    if (range) return header;
    if (str_eq(prefix, n->name)) return word;
    return of_another(s, prefix, word, several) ? STR("") : header;
}

/* Of `X.word` and `word` the first counts. */
static void words_read(csv_rows *s) {
    const csv *c = s->c;
    bool several = false;
    s->word = arena_new_of(s->g->p->mem, str, c->columns + 1);
    for (uint32_t k = 0; k < c->columns; k++)
        several = several || (!is_key(s, k) && header_word(s, c->header[k], false).n < c->header[k].n);
    for (uint32_t k = 0; k < c->columns; k++)
        if (!is_key(s, k)) s->word[k] = header_word(s, c->header[k], several);
    for (uint32_t k = 0; k < c->columns && several; k++)
        for (uint32_t i = 0; s->word[k].n < c->header[k].n && i < c->columns; i++)
            if (i != k && str_eq(s->word[i], s->word[k])) s->word[i] = STR("");
}

static uint32_t word_column(const csv_rows *s, const char *word) {
    for (uint32_t k = 0; k < s->c->columns; k++)
        if (str_is(s->word[k], word)) return k;
    return NO_NODE;
}

/* The place of a cell without its text, for what is no scalar of its own. */
static const tree *cell_place(const csv_rows *s, uint32_t row, uint32_t col) {
    tree *at = arena_new_of(s->g->p->mem, tree, 1);
    *at = csv_place(s->c, row, col);
    at->text = STR("");
    return at;
}

static const tree *row_place(const csv_rows *s, uint32_t row) {
    return cell_place(s, row, NO_NODE);
}

/* Keyed by the level's address: unique while the GRID is read, and never seen outside. The KEY stands in the
 * cell (row, col). */
static grid_entry *level_entry(csv_rows *s, grid_level *l, str key, uint32_t row, uint32_t col) {
    uint64_t hash = hash_64(key, (uint64_t)(uintptr_t)l), i;
    if (u64map_get(s->entries, hash, &i)) return &l->entry[i];
    u64map_put(s->entries, hash, l->entries);
    return grid_entry_add(s->g, l, key, cell_place(s, row, col));
}

/* The leaf of a row's KEYs; `at` is the place of the row. wide: the column whose header is the last KEY,
 * NO_NODE: it is a cell as well. */
static uint32_t leaf_of_row(csv_rows *s, uint32_t row, const tree *at, uint32_t wide) {
    grid_level *l = &s->g->root;
    uint32_t depth = s->g->by.n;
    if (!depth) return s->g->leaves ? 0 : grid_leaf_add(s->g, at);
    for (uint32_t i = 0;; i++) {
        bool head = wide != NO_NODE && i + 1 == depth;
        str key = head ? s->word[wide] : s->c->row[row][s->key[i]];
        grid_entry *e =
            level_entry(s, l, key.n ? key : STR("else"), head ? NO_NODE : row, head ? wide : s->key[i]);
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

static void read_long(csv_rows *s, uint32_t own) {
    const csv *c = s->c;
    if (s->weight == NO_NODE && !s->shape->tests)
        csv_unweighted(s->g->p, c, s->key, s->keys, own, s->g->what, false, s->g->d);
    for (uint32_t r = 0; r < c->rows; r++) {
        double weight = 1;
        const tree *at = cell_place(s, r, own);
        if (!c->row[r][own].n) {
            s->g->failed = true;
            csv_lint(s->g->p, c, r, own, s->g->d, DIAG_P03,
                     "`recode` with `{\"\": ~}` skips rows with an empty cell", "a value is needed");
            continue;
        }
        if (s->weight != NO_NODE && !csv_number(s->g->p, c, r, s->weight, s->g->d, &weight))
            s->g->failed = true;
        leaf_weight(s, leaf_of_row(s, r, at, NO_NODE), c->row[r][own], at, weight);
    }
}

/* ---- wide ------------------------------------------------------------------------------------- */

/* `range` alone is a column of KEYs. */
static bool has_words(const csv_rows *s) {
    for (uint32_t k = 0; k < s->c->columns; k++)
        if (is_dist_word(s, s->word[k]) && !str_is(s->word[k], "range")) return true;
    return false;
}

/* Of each pair both columns, or what is missing is said where the headers stand. */
static bool words_are_whole(csv_rows *s) {
    static const char *const pairs[][2] = {{"mean", "sd"}, {"median", "sigma"}};
    for (size_t i = 0; i < 2 * COUNT_OF(pairs); i++) {
        const char *has = pairs[i / 2][i % 2], *lacks = pairs[i / 2][1 - i % 2];
        if (word_column(s, has) == NO_NODE || word_column(s, lacks) != NO_NODE) continue;
        near k = near_to(str_of(lacks));
        for (uint32_t c = 0; c < s->c->columns; c++) near_try(&k, s->c->header[c]);
        tree at = csv_place(s->c, NO_NODE, word_column(s, has));
        s->g->failed = true;
        return lint_at(s->g->p, s->g->d, DIAG_P02, &at, str_of(lacks), near_hint(s->g->p->mem, &k),
                       STR_FMT ": beside `" STR_FMT "` a column `%s` is missing", STR_ARG(s->c->path),
                       STR_ARG(at.text), lacks);
    }
    return true;
}

/* {mean: cell, sd: cell} */
static tree *words_of_row(const csv_rows *s, uint32_t row, const tree *at) {
    arena *mem = s->g->p->mem;
    tree *map = tree_new_map(mem, at);
    for (uint32_t k = 0; k < s->c->columns; k++)
        if (is_dist_word(s, s->word[k]) && s->c->row[row][k].n)
            tree_put(mem, map, s->word[k], tree_new_scalar(mem, s->c->row[row][k], at));
    return map;
}

static void keys_of_row(csv_rows *s, uint32_t row, uint32_t leaf) {
    for (uint32_t k = 0; k < s->c->columns; k++) {
        double weight;
        if (!s->word[k].n || is_dist_word(s, s->word[k])) continue;
        if (!csv_number(s->g->p, s->c, row, k, s->g->d, &weight))
            s->g->failed = true;
        else
            leaf_weight(s, leaf, s->word[k], cell_place(s, NO_NODE, k), weight);
    }
}

static void read_wide(csv_rows *s) {
    bool words = has_words(s);
    if (words && !words_are_whole(s)) return;
    for (uint32_t r = 0; r < s->c->rows; r++) {
        uint32_t before = s->g->leaves;
        const tree *at = row_place(s, r);
        uint32_t leaf = leaf_of_row(s, r, at, NO_NODE);
        if (s->g->leaves == before) {
            s->g->failed = true;
            csv_lint(s->g->p, s->c, r, s->keys ? s->key[0] : 0, s->g->d, DIAG_P08,
                     "keep one of them, or name what tells them apart in `by`",
                     "an earlier row has the same KEYs");
            continue;
        }
        if (words)
            s->g->leaf[leaf].tree = words_of_row(s, r, at);
        else
            keys_of_row(s, r, leaf);
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
    return lack;
}

static bool start(csv_rows *s, grid_rows *g, const tree *t, const csv_shape *shape, uint32_t *lack,
                  uint32_t *missing) {
    g->at = t;
    *s = (csv_rows){.g = g, .c = compose_csv(g->p, t, g->d), .shape = shape, .weight = NO_NODE};
    if (!s->c || !s->c->rows) {
        g->failed = true;
        return s->c ? csv_lint(g->p, s->c, UINT32_MAX, 0, g->d, DIAG_P08,
                               "a header, and below it a row for each case; `recode` and `only` may have "
                               "dropped them all",
                               "no rows are left")
                    : false;
    }
    *lack = find_keys(s, missing);
    words_read(s);
    for (const char *const *w = weight_words; *w && s->weight == NO_NODE; w++) s->weight = word_column(s, *w);
    s->entries = u64map_new(s->c->rows);
    s->items = u64map_new(s->c->rows);
    return true;
}

static void finish(csv_rows *s) {
    u64map_free(s->entries);
    u64map_free(s->items);
}

static void no_column(csv_rows *s, const node *n) {
    char what[160];
    snprintf(what, sizeof what, "there is no column for `" STR_FMT "`", STR_ARG(n->path));
    s->g->failed = true;
    csv_lint(s->g->p, s->c, UINT32_MAX, 0, s->g->d, DIAG_P08, "`columns: {HEADER: attribute}` renames headers",
             what);
}

/* The column of the attribute's own KEYs; NO_NODE: the CSV is wide. */
static uint32_t own_column(const csv_rows *s) {
    const csv_shape *shape = s->shape;
    uint32_t own =
        shape->own.n ? csv_word(s->c, str_z(s->g->p->mem, shape->own)) : csv_column(s->c, shape->node);
    if (own != NO_NODE && is_key(s, own)) own = NO_NODE;
    if (own == NO_NODE) own = word_column(s, "value");
    if (own == NO_NODE && !has_words(s)) own = word_column(s, "range");
    return own;
}

/* Columns for KEYs; with a column of weights the CSV is meant to be long. */
static bool has_wide(const csv_rows *s) {
    if (s->weight != NO_NODE && value_index(s->g->p, s->shape->node, s->word[s->weight]) < 0) return false;
    for (uint32_t k = 0; k < s->c->columns; k++)
        if (s->word[k].n) return true;
    return false;
}

void grid_read_csv(grid_rows *g, const tree *t, const csv_shape *shape) {
    csv_rows s;
    uint32_t lack, missing = 0;
    if (!start(&s, g, t, shape, &lack, &missing)) return;
    uint32_t own = own_column(&s);
    if (lack)
        no_column(&s, node_at(g->p, g->by.leaf[missing]));
    else if (own != NO_NODE)
        read_long(&s, own);
    else if (has_wide(&s))
        read_wide(&s);
    else
        no_column(&s, shape->node);
    finish(&s);
}

/* The last attribute may have a column for each of its KEYs. */
static void read_wide_table(csv_rows *s) {
    s->keys = s->g->by.n - 1;
    for (uint32_t r = 0; r < s->c->rows; r++) {
        const tree *at = row_place(s, r);
        for (uint32_t k = 0; k < s->c->columns; k++) {
            double number;
            if (!s->word[k].n) continue;
            if (!csv_number(s->g->p, s->c, r, k, s->g->d, &number))
                s->g->failed = true;
            else
                leaf_weight(s, leaf_of_row(s, r, at, k), STR(""), at, number);
        }
    }
}

static void read_long_table(csv_rows *s) {
    for (uint32_t r = 0; r < s->c->rows; r++) {
        double number = 1;
        const tree *at = row_place(s, r);
        if (s->weight != NO_NODE && !csv_number(s->g->p, s->c, r, s->weight, s->g->d, &number))
            s->g->failed = true;
        else
            leaf_weight(s, leaf_of_row(s, r, at, NO_NODE), STR(""), at, number);
    }
    bool repeated = s->g->leaves < s->c->rows;
    if (s->weight == NO_NODE &&
        !csv_unweighted(s->g->p, s->c, s->key, s->keys, NO_NODE, s->g->what, !repeated, s->g->d))
        s->g->failed = s->g->failed || !repeated;
}

void grid_read_table(grid_rows *g, const tree *t) {
    csv_rows s;
    uint32_t lack, missing = 0;
    const node *last = node_at(g->p, g->by.leaf[g->by.n - 1]);
    csv_shape shape = {.node = last};
    if (!start(&s, g, t, &shape, &lack, &missing)) return;
    if (lack > 1 || (lack && (missing + 1 != g->by.n || !has_wide(&s))))
        no_column(&s, node_at(g->p, g->by.leaf[missing]));
    else if (lack)
        read_wide_table(&s);
    else
        read_long_table(&s);
    finish(&s);
}

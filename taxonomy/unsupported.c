/* unsupported.c: what the format names and this engine does not do yet: groups
 * and what belongs to them, links, choose, leaves, correlate, soft tables, references, the
 * rules lua and echo.
 *
 * Each is refused with P00 at its place, so that no population is half understood. What is wrong with them is
 * said all the same, as errors that stand before the P00 rows: a file is put right once, not once a release.
 */
#include "taxonomy/compile_parts.h"

#include <stdio.h>
#include <stdlib.h>

/* What to write instead, by the key that is refused. */
static const char *instead(str key) {
    static const char *const rows[][2] = {
        {"groups", "every persona is drawn by itself; leave them out"},
        {"per", "leave it out: the attribute is drawn for each persona"},
        {"keep", "leave it out: nothing that needs it is supported either"},
        {"unique", "dedup: {exact: [[NAME]]} keeps values apart in all of a run"},
        {"links", "leave them out"},
        {"choose", "`when` and `only` say who has which attribute"},
        {"correlate",
         "let one follow from the other: {mean: {OTHER: factor, const: n}, sd: n, range: RANGE}, or `given`"},
        {"leaves", "put the texts under the facet's `fields`"},
        {"only", "a rule of the kind `implies` or `never`"},
        {"except", "a rule of the kind `disjoint`"},
        {"split", "leave it out, or make two facets"},
        {"soft", "leave it out: then the table is exact; or put the shares into `given`"},
        {"by", "put these attributes into `over` and give the shares of all people"},
        {"reference", "leave it out: rows have no weight"},
        {"lua", "a rule of the kind `pattern`, or a judge with a text"},
        {"echo", "`dedup` compares whole texts; a judge can be asked about openings"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_is(key, rows[i][0])) return rows[i][1];
    return NULL;
}

static void refuse(const population *p, diags *d, const tree *at, const char *key, const char *what) {
    lint_at(p, d, DIAG_P00, at, str_of(key), instead(str_of(key)), "%s %s not supported yet", what,
            str_ends(str_of(what), "s") ? "are" : "is");
}

static const tree *top_map(const population *p, const char *key, diags *d) {
    const tree *t = tree_get(p->composed->top, key);
    return t && lint_map(p, d, t, key) ? t : NULL;
}

static bool missing(const population *p, diags *d, const tree *t, str name, const char *const *keys) {
    bool fine = true;
    for (; *keys; keys++)
        if (!tree_get(t, *keys))
            fine = lint_at(p, d, DIAG_P02, t, str_of(*keys), "the format lists the keys that are required",
                           "`" STR_FMT "`: the key `%s` is missing", STR_ARG(name), *keys);
    return fine;
}

/* ---- groups, keep, unique --------------------------------------------------------------------- */

/* The tree of `key` at the node or above it; NULL: nowhere, or `false`. */
static const tree *inherited(const population *p, uint32_t i, const char *key) {
    for (; i != NO_LEAF; i = p->node[i].parent) {
        const tree *t = tree_get(p->compiled->source[i], key);
        if (t && !t->nothing && !str_is(t->text, "false")) return t;
    }
    return NULL;
}

/* The same for all attempts of a slot. */
static bool stays(const population *p, uint32_t i) {
    return inherited(p, i, "keep") || inherited(p, i, "per");
}

/* 0: no such group, or none with a size; said here or where the group stands. */
static int64_t group_size(population *p, const tree *name, diags *d) {
    const tree *groups = tree_get(p->composed->top, "groups"), *group = tree_get_str(groups, name->text);
    int64_t size = 0;
    if (group) {
        str_i64(tree_get(group, "size") ? tree_get(group, "size")->text : STR(""), &size);
        return size;
    }
    near k = near_to(name->text);
    for (uint32_t i = 0; groups && groups->kind == TREE_MAP && i < groups->n; i++)
        near_try(&k, groups->member[i].key);
    lint_at(p, d, DIAG_P04, name, name->text, near_hint(p->mem, &k), "there is no group `" STR_FMT "`",
            STR_ARG(name->text));
    return 0;
}

static void groups_lint(population *p, diags *d) {
    static const char *const keys[] = {"size", NULL};
    const tree *t = top_map(p, "groups", d);
    if (!t) return;
    refuse(p, d, t, "groups", "groups");
    for (uint32_t i = 0; i < t->n; i++) {
        int64_t size;
        const tree *one = t->member[i].value;
        if (!lint_map(p, d, one, "a group") || !lint_keys(p, d, one, "a group", keys, false)) continue;
        if (missing(p, d, one, t->member[i].key, keys))
            lint_int(p, d, tree_get(one, "size"), "`size`", 1, 1000000, &size);
    }
}

static void unique_lint(population *p, uint32_t i, const tree *t, diags *d) {
    const node *n = &p->node[i];
    int64_t size = group_size(p, t, d);
    refuse(p, d, t, "unique", "`unique`");
    if (!inherited(p, i, "keep"))
        lint_at(p, d, DIAG_P10, t, n->path, "add `keep: true`",
                "`" STR_FMT "` is `unique` but redrawn: `unique` needs `keep`", STR_ARG(n->path));
    if (n->kind == K_CHOICE && !p->compiled->broken[i] && (int64_t)n->values < size)
        lint_at(p, d, DIAG_P16, t, n->path, "more values, or smaller groups",
                "`" STR_FMT "` has %u values for groups of %lld", STR_ARG(n->path), n->values, (long long)size);
}

/* What stays for all attempts of a slot (or for a group) may not follow from what is drawn again. */
static void stays_lint(population *p, uint32_t i, diags *d) {
    const node *n = &p->node[i];
    const tree *per = inherited(p, i, "per"), *keep = inherited(p, i, "keep");
    if (n->leaf == NO_LEAF || !leaf_drawn(n) || (!per && !keep)) return;
    leaf_list refs = node_refs(p, n);
    for (uint32_t k = 0; k < refs.n; k++) {
        const node *other = node_at(p, refs.leaf[k]);
        uint32_t at = p->leaf_node[refs.leaf[k]];
        bool fits = inherited(p, at, "per") || (!per && (inherited(p, at, "keep") || other->in_table));
        if (!fits)
            lint_at(p, d, DIAG_P10, per ? per : keep, other->path, "give that one `keep` as well",
                    "`" STR_FMT "` has `%s`, but follows from `" STR_FMT "`, which is drawn again",
                    STR_ARG(n->path), per ? "per" : "keep", STR_ARG(other->path));
    }
}

/* ---- nodes ------------------------------------------------------------------------------------ */

void unsupported_leaves(population *p, uint16_t f, const tree *t, diags *d) {
    leaf_list l;
    refuse(p, d, t, "leaves", "`leaves`");
    p->facet[f].fixed_fields = false;
    if (!compile_refs(p, t, d, &l)) return;
    for (uint32_t i = 0; i < l.n; i++) {
        node *n = &p->node[p->leaf_node[l.leaf[i]]];
        if (n->kind != K_TEXT) continue;
        if (n->owner != NO_FACET)
            lint_at(p, d, DIAG_P11, t, n->path, "each text has one owner",
                    "both `" STR_FMT "` and `" STR_FMT "` write `" STR_FMT "`",
                    STR_ARG(p->facet[n->owner].name), STR_ARG(p->facet[f].name), STR_ARG(n->path));
        else if (n->is_list)
            lint_at(p, d, DIAG_P03, t, n->path, "put it under the facet's `fields`",
                    "`leaves` writes no lists, `" STR_FMT "` is one", STR_ARG(n->path));
        n->owner = f;
    }
}

/* What a facet may write is its domain; these would narrow it slot by slot. */
static void field_report(const population *p, uint32_t i, diags *d) {
    const tree *src = p->compiled->source[i], *only = tree_get(src, "only"), *except = tree_get(src, "except");
    if (i < p->drawn_nodes || p->compiled->broken[i]) return;
    if (only) refuse(p, d, only, "only", "`only` of a field");
    if (except) refuse(p, d, except, "except", "`except` of a field");
}

static void node_report(population *p, uint32_t i, diags *d) {
    const node *n = &p->node[i];
    const tree *src = p->compiled->source[i], *per = tree_get(src, "per");
    const tree *keep = tree_get(src, "keep"), *unique = tree_get(src, "unique");
    if (per && !per->nothing && per->kind == TREE_SCALAR) {
        group_size(p, per, d);
        refuse(p, d, per, "per", "`per`");
    }
    bool on;
    if (n->owner != NO_FACET && i >= p->drawn_nodes) keep = unique = NULL; /* a fault, or read over: P03 */
    if (keep && !keep->nothing && keep->kind == TREE_SCALAR && lint_bool(p, d, keep, "`keep`", &on) && on)
        refuse(p, d, keep, "keep", "`keep`");
    if (unique && !unique->nothing) unique_lint(p, i, unique, d);
    stays_lint(p, i, d);
    field_report(p, i, d);
}

/* ---- links ------------------------------------------------------------------------------------ */

static bool relation_has(const tree *t, str name) {
    if (t->kind == TREE_MAP) return tree_get_str(t, name);
    if (t->kind == TREE_SCALAR) return str_eq(t->text, name);
    for (uint32_t i = 0; i < t->n; i++)
        if (str_eq(t->item[i]->text, name)) return true;
    return false;
}

static void link_lint(population *p, str name, const tree *t, diags *d) {
    static const char *const keys[] = {"within", "degree", "relation", "inverse", "show", NULL};
    static const char *const must[] = {"within", "degree", "relation", "show", NULL};
    int64_t degree;
    leaf_list l;
    if (!lint_map(p, d, t, "a link")) return;
    lint_keys(p, d, t, "a link", keys, false);
    if (!missing(p, d, t, name, must)) return;
    const tree *inverse = tree_get(t, "inverse"), *relation = tree_get(t, "relation"),
               *show = tree_get(t, "show");
    group_size(p, tree_get(t, "within"), d);
    lint_int(p, d, tree_get(t, "degree"), "`degree`", 2, 1000000, &degree);
    for (uint32_t i = 0; inverse && lint_map(p, d, inverse, "`inverse`") && i < inverse->n; i++) {
        tree at = member_place(inverse, &inverse->member[i]);
        if (!relation_has(relation, at.text))
            lint_at(p, d, DIAG_P07, &at, at.text, "name one of the values of `relation`",
                    "`inverse`: there is no relation `" STR_FMT "`", STR_ARG(at.text));
    }
    if (!compile_refs(p, show, d, &l)) return;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = node_at(p, l.leaf[i]);
        if (!leaf_drawn(n) || !(stays(p, p->leaf_node[l.leaf[i]]) || (n->in_table && n->kind == K_CHOICE)))
            lint_at(p, d, DIAG_P10, show, n->path, "add `keep: true`",
                    "the link `" STR_FMT "` shows `" STR_FMT "`, which may be drawn again", STR_ARG(name),
                    STR_ARG(n->path));
    }
}

static void links_lint(population *p, diags *d) {
    const tree *t = top_map(p, "links", d);
    if (!t) return;
    refuse(p, d, t, "links", "links");
    for (uint32_t i = 0; i < t->n; i++) link_lint(p, t->member[i].key, t->member[i].value, d);
}

/* ---- choose ----------------------------------------------------------------------------------- */

static void choose_count(population *p, const tree *t, str name, diags *d) {
    const tree *by = tree_get(t, "by"), *given = tree_get(t, "given"), *count = tree_get(t, "count");
    leaf_list parents = {0};
    node many;
    if (!domain_count(p, count, "count", d, &many) || (by && !ref_parents(p, by, "`by`", NO_LEAF, d, &parents)))
        return;
    compile_dist(p, &many, count, d);
    if (!given) return;
    grid_rows rows = {.p = p,
                      .d = d,
                      .by = parents,
                      .zero_from = parents.n,
                      .what = str_printf(p->mem, "choose `" STR_FMT "`", STR_ARG(name))};
    if (tree_is_csv(given))
        grid_read_csv(&rows, given, &(csv_shape){.node = &many, .own = STR("")});
    else
        grid_read(&rows, given);
    grid_build(&rows);
    for (uint32_t i = 0; i < rows.leaves; i++) dist_of_leaf(p, &many, &rows.leaf[i], d);
}

static void choose_lint(population *p, str name, const tree *t, diags *d) {
    static const char *const keys[] = {"from", "count", "by", "given", "to", "mix", "tail", "least", NULL};
    static const char *const must[] = {"from", "count", NULL};
    const tree *to = tree_get(t, "to"), *tail = tree_get(t, "tail"), *least = tree_get(t, "least");
    leaf_list l;
    uint32_t ppm;
    int64_t v;
    if (!lint_map(p, d, t, "a choose")) return;
    lint_keys(p, d, t, "a choose", keys, false);
    if (tail) lint_scaled(p, d, tail, "`tail`", 1000000, 0, 1000000, &ppm);
    if (least) lint_int(p, d, least, "`least`", 0, 1000000, &v);
    if (to) compile_refs(p, to, d, &l);
    if (!missing(p, d, t, name, must)) return;
    compile_refs(p, tree_get(t, "from"), d, &l);
    choose_count(p, t, name, d);
}

static void chooses_lint(population *p, diags *d) {
    const tree *t = top_map(p, "choose", d);
    if (!t) return;
    refuse(p, d, t, "choose", "`choose`");
    for (uint32_t i = 0; i < t->n; i++) choose_lint(p, t->member[i].key, t->member[i].value, d);
}

/* ---- correlate -------------------------------------------------------------------------------- */

/* The element (i, j), j <= i, of a lower triangle or a full matrix, whose two halves must agree. */
static bool element(const population *p, const tree *m, uint32_t i, uint32_t j, diags *d, double *out) {
    const tree *row = m->item[i], *x = row->item[j], *mirror = m->item[j];
    double other;
    if (x->kind != TREE_SCALAR || !number_of_text(x->text, out) || *out < -1 || *out > 1)
        return lint_at(p, d, DIAG_P15, x, x->text, "0 for none", "a correlation is a number from -1 to 1");
    if (i == j && *out != 1)
        return lint_at(p, d, DIAG_P15, x, x->text, "rows and columns stand in the order of `of`",
                       "the diagonal of a correlation matrix is 1");
    if (i == j || mirror->n <= i || mirror->item[i]->kind != TREE_SCALAR ||
        !number_of_text(mirror->item[i]->text, &other))
        return true;
    return *out == other ||
           lint_at(p, d, DIAG_P15, x, x->text, "the lower triangle with its diagonal is enough",
                   "the matrix is not symmetric");
}

/* L D L' of a symmetric matrix: all of D above 0, or it is not positive definite. */
static bool definite(double *a, uint32_t n) {
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t j = 0; j < k; j++) a[k * n + k] -= a[k * n + j] * a[k * n + j] * a[j * n + j];
        if (!(a[k * n + k] > 1e-12)) return false;
        for (uint32_t i = k + 1; i < n; i++) {
            for (uint32_t j = 0; j < k; j++) a[i * n + k] -= a[i * n + j] * a[k * n + j] * a[j * n + j];
            a[i * n + k] /= a[k * n + k];
        }
    }
    return true;
}

/* A CSV of a matrix -> rows; a first column of names is passed over. */
static const tree *matrix_rows(population *p, const tree *t, diags *d) {
    if (!tree_is_csv(t)) return t;
    const csv *c = compose_csv(p, t, d);
    if (!c) return NULL;
    uint32_t skip = c->columns > c->rows;
    tree *m = arena_new_of(p->mem, tree, 1);
    *m = *t;
    m->kind = TREE_LIST;
    m->n = c->rows;
    m->item = arena_new_of(p->mem, tree *, c->rows + 1);
    for (uint32_t r = 0; r < c->rows; r++) {
        tree *row = m->item[r] = arena_new_of(p->mem, tree, 1);
        *row = csv_place(c, r, 0);
        row->kind = TREE_LIST;
        row->item = arena_new_of(p->mem, tree *, c->columns + 1);
        for (uint32_t k = skip; k < c->columns && c->row[r][k].n; k++) {
            tree *cell = row->item[row->n++] = arena_new_of(p->mem, tree, 1);
            *cell = csv_place(c, r, k);
        }
    }
    return m;
}

static void matrix_lint(population *p, const tree *t, str name, uint32_t n, diags *d) {
    const tree *m = matrix_rows(p, t, d);
    if (!m) return;
    if (m->kind != TREE_LIST || m->n != n) {
        lint_at(p, d, DIAG_P15, t, name, "a row for each attribute of `of`, a section counts as its leaves",
                "correlate `" STR_FMT "` names %u attributes, its matrix has %u rows", STR_ARG(name), n,
                m->kind == TREE_LIST ? m->n : 0);
        return;
    }
    double *a = xcalloc((size_t)n * n + 1, sizeof *a);
    bool fine = true;
    for (uint32_t i = 0; i < n && fine; i++) {
        const tree *row = m->item[i];
        if (row->kind != TREE_LIST || (row->n != i + 1 && row->n != n))
            fine = lint_at(p, d, DIAG_P15, row, name, "a full matrix, or its lower triangle with the diagonal",
                           "correlate `" STR_FMT "`: row %u of the matrix has %u elements", STR_ARG(name),
                           i + 1, row->n);
        for (uint32_t j = 0; j <= i && fine; j++) fine = element(p, m, i, j, d, &a[i * n + j]);
    }
    if (fine && !definite(a, n))
        lint_at(p, d, DIAG_P15, t, name, "no people can have these correlations together",
                "correlate `" STR_FMT "`: the matrix is not positive definite", STR_ARG(name));
    free(a);
}

static void correlate_lint(population *p, str name, const tree *t, diags *d) {
    static const char *const keys[] = {"of", "matrix", NULL};
    leaf_list l;
    if (!lint_map(p, d, t, "a correlation")) return;
    lint_keys(p, d, t, "a correlation", keys, true);
    if (!missing(p, d, t, name, keys) || !compile_refs(p, tree_get(t, "of"), d, &l)) return;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = node_at(p, l.leaf[i]);
        bool ordered = n->kind == K_NUMBER || n->kind == K_FLAG || (n->kind == K_CHOICE && n->ordered);
        if (ref_broken(p, p->leaf_node[l.leaf[i]])) return;
        if (!leaf_drawn(n) || n->is_list || !ordered)
            lint_at(p, d, DIAG_P15, tree_get(t, "of"), n->path,
                    "drawn numbers, flags and choices with `ordered: true`, no lists",
                    "correlate `" STR_FMT "`: `" STR_FMT "` cannot be correlated", STR_ARG(name),
                    STR_ARG(n->path));
    }
    matrix_lint(p, tree_get(t, "matrix"), name, l.n, d);
}

static void correlates_lint(population *p, diags *d) {
    const tree *t = top_map(p, "correlate", d);
    if (!t) return;
    refuse(p, d, t, "correlate", "`correlate`");
    for (uint32_t i = 0; i < t->n; i++) correlate_lint(p, t->member[i].key, t->member[i].value, d);
}

/* ---- all -------------------------------------------------------------------------------------- */

static void keys_report(population *p, const char *of, const char *const *keys, diags *d) {
    const tree *t = tree_get(p->composed->top, of);
    for (uint32_t i = 0; t && t->kind == TREE_MAP && i < t->n; i++)
        for (const char *const *k = keys; *k; k++) {
            const tree *x = tree_get(t->member[i].value, *k);
            if (!x || x->nothing) continue;
            char what[64];
            snprintf(what, sizeof what, "`%s` of a %s", *k, str_is(str_of(of), "tables") ? "table" : "facet");
            refuse(p, d, x, *k, what);
        }
}

/* `uniform` and `weights` within each combination of `by`. */
static void words_by_report(population *p, diags *d) {
    const tree *t = tree_get(p->composed->top, "tables");
    for (uint32_t i = 0; t && t->kind == TREE_MAP && i < t->n; i++) {
        const tree *by = tree_get(t->member[i].value, "by"), *shares = tree_get(t->member[i].value, "shares");
        if (!by || by->nothing || !shares || shares->kind != TREE_SCALAR) continue;
        if (str_is(shares->text, "uniform") || str_is(shares->text, "weights"))
            refuse(p, d, by, "by", "`by` of a table of `uniform` or `weights`");
    }
}

void unsupported_report(population *p, diags *d) {
    static const char *const of_tables[] = {"soft", "reference", NULL};
    static const char *const of_facets[] = {"split", NULL};
    for (uint32_t i = 0; i < p->nodes; i++)
        if (p->compiled->source[i]->kind == TREE_MAP) node_report(p, i, d);
    groups_lint(p, d);
    links_lint(p, d);
    chooses_lint(p, d);
    correlates_lint(p, d);
    keys_report(p, "tables", of_tables, d);
    words_by_report(p, d);
    keys_report(p, "facets", of_facets, d);
    for (uint32_t i = 0; i < p->rules; i++) {
        const tree *kind_tree = tree_get(p->rule[i].body, "kind");
        if (str_is(p->rule[i].kind, "lua")) refuse(p, d, kind_tree, "lua", "the rule kind `lua`");
        if (str_is(p->rule[i].kind, "echo")) refuse(p, d, kind_tree, "echo", "the rule kind `echo`");
    }
    if (d->errors) rules_lint(p, d);
}

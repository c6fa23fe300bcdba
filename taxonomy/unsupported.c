/* unsupported.c: what the format names and this engine does not do yet: links, choose, leaves.
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
        {"links", "leave them out"},
        {"choose", "`when` and `only` say who has which attribute"},
        {"leaves", "put the texts under the facet's `fields`"},
        {"split", "leave it out, or make two facets"},
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
    group_find(p, tree_get(t, "within"), d);
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
        if (!leaf_stays(p, n))
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

void unsupported_report(population *p, diags *d) {
    static const char *const of_facets[] = {"split", NULL};
    links_lint(p, d);
    chooses_lint(p, d);
    keys_report(p, "facets", of_facets, d);
    if (d->errors) rules_lint(p, d);
}

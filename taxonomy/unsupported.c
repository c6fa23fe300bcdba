/* unsupported.c: what the format names and this engine does not do yet: links, the rules lua and
 * echo.
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
        {"only", "a rule of the kind `implies` or `never`"},
        {"except", "a rule of the kind `disjoint`"},
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

/* ---- nodes ------------------------------------------------------------------------------------ */

/* What a facet may write is its domain; these would narrow it slot by slot. */
static void field_report(const population *p, uint32_t i, diags *d) {
    const tree *src = p->compiled->source[i], *only = tree_get(src, "only"), *except = tree_get(src, "except");
    if (i < p->drawn_nodes || p->compiled->broken[i]) return;
    if (only) refuse(p, d, only, "only", "`only` of a field");
    if (except) refuse(p, d, except, "except", "`except` of a field");
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

/* ---- all -------------------------------------------------------------------------------------- */

void unsupported_report(population *p, diags *d) {
    for (uint32_t i = 0; i < p->nodes; i++)
        if (p->compiled->source[i]->kind == TREE_MAP) field_report(p, i, d);
    links_lint(p, d);
    for (uint32_t i = 0; i < p->rules; i++) {
        const tree *kind_tree = tree_get(p->rule[i].body, "kind");
        if (str_is(p->rule[i].kind, "lua")) refuse(p, d, kind_tree, "lua", "the rule kind `lua`");
        if (str_is(p->rule[i].kind, "echo")) refuse(p, d, kind_tree, "echo", "the rule kind `echo`");
    }
    if (d->errors) rules_lint(p, d);
}

/* unsupported.c: what the format names and this engine does not do yet: the rules lua and echo.
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

/* ---- nodes ------------------------------------------------------------------------------------ */

/* What a facet may write is its domain; these would narrow it slot by slot. */
static void field_report(const population *p, uint32_t i, diags *d) {
    const tree *src = p->compiled->source[i], *only = tree_get(src, "only"), *except = tree_get(src, "except");
    if (i < p->drawn_nodes || p->compiled->broken[i]) return;
    if (only) refuse(p, d, only, "only", "`only` of a field");
    if (except) refuse(p, d, except, "except", "`except` of a field");
}

/* ---- all -------------------------------------------------------------------------------------- */

void unsupported_report(population *p, diags *d) {
    for (uint32_t i = 0; i < p->nodes; i++)
        if (p->compiled->source[i]->kind == TREE_MAP) field_report(p, i, d);
    for (uint32_t i = 0; i < p->rules; i++) {
        const tree *kind_tree = tree_get(p->rule[i].body, "kind");
        if (str_is(p->rule[i].kind, "lua")) refuse(p, d, kind_tree, "lua", "the rule kind `lua`");
        if (str_is(p->rule[i].kind, "echo")) refuse(p, d, kind_tree, "echo", "the rule kind `echo`");
    }
    if (d->errors) rules_lint(p, d);
}

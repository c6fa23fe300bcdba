/* rule_lint.c: what can be said about the rules of a population at fault. Rules are compiled outside of this
 * folder, from a population that could be loaded; one that cannot would otherwise hide all that is wrong with
 * its rules until the last other fault is gone. Knows the names of kinds and keys as the format gives them, and
 * nothing of what they mean.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>

static const struct rule_words {
    const char *kind, *keys[5];
} rule_words[] = {
    {"never", {0}},
    {"implies", {"if", "then"}},
    {"compare", {"left", "at_least", "at_most", "equals"}},
    {"allowed", {"by", "given"}},
    {"disjoint", {0}},
    {"distinct", {0}},
    {"spread", {"at_least"}},
    {"pattern", {"match", "never"}},
    {"states", {"what", "within"}},
    {"mentions", {"what", "terms", "at_least"}},
    {"bans", {"terms"}},
    {"consistent", {"with"}},
    {"language", {"is"}},
    {"leak", {0}},
    {"reading", {"grade", "sentence", "letters"}},
    {"echo", {"at_most"}},
    {"judge", {"judge", "text"}},
    {"lua", {"file", "function"}},
};

static const struct rule_words *words_of(const population *p, const rule_def *r, diags *d) {
    near k = near_to(r->kind);
    for (size_t i = 0; i < COUNT_OF(rule_words); i++) {
        near_try(&k, str_of(rule_words[i].kind));
        if (str_is(r->kind, rule_words[i].kind)) return &rule_words[i];
    }
    lint_at(p, d, DIAG_P13, tree_get(r->body, "kind"), r->kind, near_hint(p->mem, &k),
            "there is no kind of rule `" STR_FMT "`", STR_ARG(r->kind));
    return NULL;
}

static void keys_lint(const population *p, const rule_def *r, const struct rule_words *w, diags *d) {
    const char *keys[16] = {"kind", "of", "when", "hard", "owner", "message", "hint"};
    char what[160];
    for (size_t i = 0; i < COUNT_OF(w->keys) && w->keys[i]; i++) keys[7 + i] = w->keys[i];
    snprintf(what, sizeof what, "the rule `" STR_FMT "` of the kind `%s`", STR_ARG(r->id), w->kind);
    lint_keys(p, d, r->body, what, keys, true);
}

static void judges_lint(const population *p, const tree *t, diags *d) {
    const tree *judges = tree_get(p->composed->top, "judges");
    if (judges && judges->kind != TREE_MAP) return; /* said */
    for (uint32_t i = 0; t && i < (t->kind == TREE_LIST ? t->n : 1); i++) {
        const tree *one = t->kind == TREE_LIST ? t->item[i] : t;
        near k = near_to(one->text);
        bool found = false;
        for (uint16_t j = 0; j < p->judges; j++) {
            near_try(&k, p->judge[j].name);
            found = found || str_eq(p->judge[j].name, one->text);
        }
        if (!found)
            lint_at(p, d, DIAG_P13, one, one->text, near_hint(p->mem, &k), "there is no judge `" STR_FMT "`",
                    STR_ARG(one->text));
    }
}

static void owner_lint(const population *p, const tree *t, diags *d) {
    if (!t) return;
    near k = near_to(t->text);
    for (uint16_t f = 0; f < p->facets; f++) {
        near_try(&k, p->facet[f].name);
        if (str_eq(p->facet[f].name, t->text)) return;
    }
    lint_at(p, d, DIAG_P04, t, t->text, near_hint(p->mem, &k), "there is no facet `" STR_FMT "`",
            STR_ARG(t->text));
}

static void rule_check(population *p, const rule_def *r, diags *d) {
    static const char *const refs[] = {"of", "what", "with", "by", NULL};
    static const char *const preds[] = {"when", "if", "then", NULL};
    static const char *const sums[] = {"left", "at_least", "at_most", "equals", NULL};
    const struct rule_words *w = words_of(p, r, d);
    leaf_list l, links;
    term_list terms;
    if (!w) return;
    keys_lint(p, r, w, d);
    for (const char *const *k = refs; *k; k++) {
        bool linked_too = str_is(r->kind, "mentions") && str_is(str_of(*k), "what");
        if (tree_get(r->body, *k) && linked_too)
            compile_refs_links(p, tree_get(r->body, *k), d, &l, &links);
        else if (tree_get(r->body, *k))
            compile_refs(p, tree_get(r->body, *k), d, &l);
    }
    for (const char *const *k = preds; *k; k++)
        if (tree_get(r->body, *k)) compile_pred(p, tree_get(r->body, *k), d);
    for (const char *const *k = sums; *k && str_is(r->kind, "compare"); k++)
        if (tree_get(r->body, *k)) compile_linear(p, tree_get(r->body, *k), d);
    if (tree_get(r->body, "terms")) compile_terms(p, tree_get(r->body, "terms"), d, &terms);
    if (str_is(r->kind, "judge")) judges_lint(p, tree_get(r->body, "judge"), d);
    owner_lint(p, tree_get(r->body, "owner"), d);
}

void rules_lint(population *p, diags *d) {
    for (uint32_t i = 0; i < p->rules; i++) rule_check(p, &p->rule[i], d);
}

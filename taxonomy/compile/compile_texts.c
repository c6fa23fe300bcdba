/* compile_texts.c: what of a node is printed and matched: labels, hints, units, terms, the words of values.
 *
 * Invariants: every node has a label, every leaf a term, every value of a choice or flag a label and a word:
 * where the file has none, the name with blanks for `_`, or the locale's yes and no.
 */
#include "taxonomy/compile/compile_parts.h"

str text_spaced(arena *mem, str s) {
    char *z = str_z(mem, s);
    for (size_t i = 0; i < s.n; i++)
        if (z[i] == '_') z[i] = ' ';
    return (str){z, s.n};
}

/* Label, hint, unit and terms of the node itself. */
static void own_texts(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *t = p->compiled->source[i], *label = tree_get(t, "label"), *hint = tree_get(t, "hint");
    const tree *unit = tree_get(t, "unit"), *terms = tree_get(t, "terms"), *ordered = tree_get(t, "ordered");
    n->label = label && !label->nothing ? compose_text(p, label, d) : STR("");
    if (!n->label.n) n->label = text_spaced(p->mem, n->name);
    if (n->kind == K_SECTION) return; /* what stands beside `each` is for the children */
    if (hint && !hint->nothing) n->hint = compose_text(p, hint, d);
    if (unit && !unit->nothing) n->unit = compose_text(p, unit, d);
    if (ordered && !ordered->nothing) lint_bool(p, d, ordered, "`ordered`", &n->ordered);
    term_list list = {0};
    if (terms && compile_terms(p, terms, d, &list) && list.n) {
        n->term = list.term;
        n->terms = list.n;
    } else {
        n->term = arena_dup(p->mem, &n->label, sizeof n->label);
        n->terms = 1;
    }
}

static choice_value *value_named(population *p, node *n, const tree *map, const tree_member *m, const char *key,
                                 diags *d) {
    int64_t v = value_index(p, n, m->key);
    if (v >= 0) return &n->value[v];
    tree at = member_place(map, m);
    lint_at(p, d, DIAG_P07, &at, m->key, value_near(p, n, m->key),
            "`%s`: `" STR_FMT "` has no value `" STR_FMT "`", key, STR_ARG(n->path), STR_ARG(m->key));
    return NULL;
}

static void labels_read(population *p, node *n, const tree *t, diags *d) {
    if (!t || t->nothing || !lint_map(p, d, t, "`labels`")) return;
    for (uint32_t i = 0; i < t->n; i++) {
        choice_value *v = value_named(p, n, t, &t->member[i], "labels", d);
        if (v) v->label = compose_text(p, t->member[i].value, d);
    }
}

static void words_read(population *p, node *n, const tree *t, diags *d) {
    if (!t || t->nothing || !lint_map(p, d, t, "`words`")) return;
    for (uint32_t i = 0; i < t->n; i++) {
        choice_value *v = value_named(p, n, t, &t->member[i], "words", d);
        term_list list;
        if (!v || !compile_terms(p, t->member[i].value, d, &list) || !list.n) continue;
        v->word = list.term;
        v->words = list.n;
    }
}

static void value_texts(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *t = p->compiled->source[i];
    if (n->kind != K_CHOICE && n->kind != K_FLAG) return;
    if (p->compiled->broken[i]) return;
    labels_read(p, n, tree_get(t, "labels"), d);
    words_read(p, n, tree_get(t, "words"), d);
    for (uint32_t v = 0; v < n->values; v++) {
        choice_value *c = &n->value[v];
        if (!c->label.n)
            c->label = n->kind == K_FLAG ? str_of(phrase_get(p, v ? PHRASE_YES : PHRASE_NO))
                                         : text_spaced(p->mem, c->value);
        if (c->words) continue;
        c->word = &c->label;
        c->words = 1;
    }
}

void texts_compile(population *p, diags *d) {
    for (uint32_t i = 0; i < p->nodes; i++) {
        if (p->compiled->source[i]->kind != TREE_MAP) continue;
        own_texts(p, i, d);
        value_texts(p, i, d);
    }
}

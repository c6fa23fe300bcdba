/* compile_unused.c: warnings about attributes that are there to no purpose: what nothing uses, rows of which
 * nothing is read, and a placeholder of an included population whose place nothing has taken.
 */
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/template.h"

/* Rules are read by others: whatever in them is the path of a node counts. */
static void mark_paths(population *p, const tree *t) {
    const node *n = t->kind == TREE_SCALAR ? node_find(p, t->text) : NULL;
    if (n) ref_use(p, (uint32_t)(n - p->node));
    for (uint32_t i = 0; t->kind == TREE_LIST && i < t->n; i++) mark_paths(p, t->item[i]);
    for (uint32_t i = 0; t->kind == TREE_MAP && i < t->n; i++) {
        n = node_find(p, t->member[i].key);
        if (n) ref_use(p, (uint32_t)(n - p->node));
        mark_paths(p, t->member[i].value);
    }
}

static bool shows_attributes(const prompt *pr) {
    for (uint32_t i = 0; pr && i < pr->slot->pieces; i++)
        if (pr->slot->piece[i].kind == PIECE_WORD && pr->slot->piece[i].word == WORD_ATTRIBUTES) return true;
    return false;
}

void unused_said(population *p, diags *d) {
    bool shown = false;
    for (uint32_t i = 0; i < p->rules; i++) mark_paths(p, p->rule[i].body);
    for (uint16_t i = 0; i < p->facets && !shown; i++) shown = shows_attributes(p->facet[i].prompt);
    buf b = {0};
    uint32_t first = NO_NODE, n = 0;
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *x = &p->node[i];
        if (x->leaf == NO_LEAF || p->compiled->used[i] || (shown && !x->hide)) continue;
        if (!n++) first = i;
        if (n <= 8) buf_printf(&b, "%s`" STR_FMT "`", n > 1 ? ", " : "", STR_ARG(x->path));
    }
    if (n > 8) buf_printf(&b, " and %u more", n - 8);
    if (n)
        lint_at(p, d, DIAG_W00, p->compiled->source[first], p->node[first].path,
                "show it in a prompt, or leave it out",
                "no prompt, rule, table, column or other attribute uses " STR_FMT, STR_ARG(buf_view(&b)));
    buf_free(&b);
}

void rows_unread_said(population *p, diags *d) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        if (n->row == NO_LEAF || !n->draw || !n->draw->row || n->draw->row->columns) continue;
        const tree *at = tree_get(p->compiled->source[i], "row");
        lint_at(p, d, DIAG_W00, at, at->text, "city: {choice: {column: city}}",
                "rows are drawn for `" STR_FMT "`, but nothing below it reads one of their columns",
                STR_ARG(n->path));
    }
}

/* ---- placeholders ----------------------------------------------------------------------------- */

static bool named_there(const tree *refs, str name, uint16_t file) {
    if (!refs) return false;
    if (refs->kind == TREE_SCALAR) return refs->file == file && str_eq(refs->text, name);
    for (uint32_t i = 0; refs->kind == TREE_LIST && i < refs->n; i++)
        if (named_there(refs->item[i], name, file)) return true;
    return false;
}

/* A drawn leaf at the top of an included file that has no table over it: a way of telling brings such ones
 * along to be tried alone. */
static bool is_placeholder(const population *p, uint32_t i) {
    const node *n = &p->node[i];
    const tree *source = p->compiled->source[i], *tables = tree_get(p->composed->top, "tables");
    uint16_t file = source ? source->file : 0;
    if (n->parent != NO_LEAF || n->leaf == NO_LEAF || !file) return false;
    for (uint32_t k = 0; tables && tables->kind == TREE_MAP && k < tables->n; k++) {
        const tree *t = tables->member[k].value;
        if (named_there(tree_get(t, "over"), n->name, file) || named_there(tree_get(t, "by"), n->name, file))
            return false;
    }
    return true;
}

/* Another leaf, in another file, that was meant to take its place and stands in a section. */
static uint32_t twin_of(const population *p, uint32_t i) {
    const node *n = &p->node[i];
    for (uint32_t k = 0; k < p->drawn_nodes; k++) {
        const node *x = &p->node[k];
        const tree *source = p->compiled->source[k];
        if (x->parent == NO_LEAF || x->leaf == NO_LEAF || x->kind != n->kind || x->within != NO_LEAF) continue;
        if (str_eq(x->name, n->name) && source && source->file != p->compiled->source[i]->file) return k;
    }
    return NO_NODE;
}

void twins_said(population *p, diags *d) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        uint32_t k = is_placeholder(p, i) ? twin_of(p, i) : NO_NODE;
        if (k == NO_NODE) continue;
        const node *n = &p->node[i], *x = &p->node[k];
        const tree *at = p->compiled->source[i];
        str file = p->composed->file[at->file];
        const char *hint = str_printf(p->mem,
                                      "`" STR_FMT ": ~` under `attributes` takes that one out; then `" STR_FMT
                                      "` is short for `" STR_FMT "`",
                                      STR_ARG(n->name), STR_ARG(n->name), STR_ARG(x->path))
                               .p;
        lint_at(p, d, DIAG_W00, p->compiled->source[k], x->path, hint,
                "every persona has two: `" STR_FMT "`, and `" STR_FMT "` of " STR_FMT ", which `" STR_FMT
                "` alone means",
                STR_ARG(x->path), STR_ARG(n->name), STR_ARG(file), STR_ARG(n->name));
    }
}

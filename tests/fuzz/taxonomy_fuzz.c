/* taxonomy_fuzz.c: whatever the bytes of a tree of names or of attributes, it is refused with a place, or it
 * can be measured, linted, brought into shape, named and written; what was written reads as the same tree, and
 * laid over itself it stays what it is.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static taxonomy *read_one(str text, bool names) {
    diags d;
    diags_init(&d);
    taxonomy *t = taxonomy_read_text(text, names, &d);
    for (size_t i = 0; i < d.n; i++) must(d.row[i].text.n > 0);
    diags_free(&d);
    return t;
}

static void check_counts(const taxonomy *t) {
    uint32_t leaves = 0;
    for (const taxon *x = taxon_next(t->root, t->root); x; x = taxon_next(x, t->root)) {
        uint32_t children = 0;
        for (const taxon *c = x->first; c; c = c->next) {
            must(c->up == x && c->level == x->level + 1);
            children++;
        }
        must(children == x->children && x->level < TAXONOMY_LEVELS && x->name.n && text_valid(x->name));
        must(!x->leaf || !x->first || x->body);
        leaves += x->leaf;
    }
    must(leaves == t->root->leaves);
}

static void check_looks(taxonomy *t) {
    taxonomy_stats s;
    defects d;
    taxonomy_measure(t, &s);
    must(s.leaves == t->root->leaves && s.names <= s.spellings && s.spellings <= s.nodes);
    defects_init(&d);
    taxonomy_lint(t, 0, &d);
    for (uint32_t i = 0; i < d.n; i++) must(d.row[i].text.n && text_valid(d.row[i].text));
    defects_free(&d);
}

/* A tree that was named is written, read as attributes, and written as the same bytes. */
static void check_written(taxonomy *t) {
    buf one = {0}, other = {0};
    taxonomy_write(t, &one);
    taxonomy *again = read_one(buf_view(&one), false);
    must(again && again->root->leaves == t->root->leaves);
    taxonomy_write(again, &other);
    must(str_eq(buf_view(&one), buf_view(&other)));
    defects d;
    diags faults;
    defects_init(&d);
    diags_init(&faults);
    taxonomy_lay(again, read_one(buf_view(&one), false), 0, &d, &faults);
    must(!faults.errors && !d.count[DEFECT_CONFLICT] && again->root->leaves == t->root->leaves);
    defects_free(&d);
    diags_free(&faults);
    taxonomy_free(again);
    buf_free(&one);
    buf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str text = {(const char *)data, size};
    uint32_t line, col;
    if (size > 1 << 16 || !text_open(&text, &line, &col)) return 0;
    taxonomy *t = read_one(text, true);
    if (t) {
        check_counts(t);
        check_looks(t);
        uint32_t leaves = t->root->leaves;
        taxonomy_merge_same(t, NULL);
        taxonomy_collapse(t, NULL);
        taxonomy_merge_same(t, NULL);
        taxonomy_prune(t, NULL);
        check_counts(t);
        must(t->root->leaves <= leaves);
        if (t->root->leaves) {
            taxonomy_name(t);
            check_written(t);
        }
        taxonomy_free(t);
    }
    t = read_one(text, false);
    if (t) check_looks(t);
    taxonomy_free(t);
    return 0;
}

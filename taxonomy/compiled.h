/* compiled.h: what rules are compiled from: references, predicates, sums, terms, templates. For validators. */
#ifndef POP_TAXONOMY_COMPILED_H
#define POP_TAXONOMY_COMPILED_H

#include "taxonomy/population.h"

typedef struct leaf_list {
    uint32_t *leaf;
    uint32_t n;
} leaf_list;
/* REF or REFS -> leaves, sections expanded, in the population's arena. P04, P03; P10 for the name of a link. */
bool compile_refs(population *p, const tree *t, diags *d, leaf_list *out);
/* The same where links may be named too: out.leaf of those are indexes into p->link. */
bool compile_refs_links(population *p, const tree *t, diags *d, leaf_list *out, leaf_list *links);
const pred *compile_pred(population *p, const tree *t, diags *d); /* NULL on error. P17 beyond 64 clauses */
const linear *compile_linear(population *p, const tree *t, diags *d);
/* One TEST on a leaf (`allowed`, `count`). */
const pred *compile_test(population *p, uint32_t leaf, const tree *t, diags *d);
/* GRID of TEST on `leaf` over `by`: P08 for gaps and overlaps. */
typedef struct test_grid test_grid;
const test_grid *compile_test_grid(population *p, uint32_t leaf, const leaf_list *by, const tree *t, diags *d);
typedef struct term_list {
    str *term;
    uint32_t n;
} term_list;
/* TERMS: a list, the name of a lexicon, or either by locale. P13 for an unknown lexicon. */
bool compile_terms(population *p, const tree *t, diags *d, term_list *out);
bool compile_text(population *p, const tree *t, diags *d, str *out); /* TEXT, for the locale */
/* FILE: its text. *name: the file as messages name it; empty: the text stands in the population file. *at: the
 * place of its first line. P01, P03, P05. */
bool compile_file(const population *p, const tree *t, diags *d, str *text, str *name, tree *at);
/* A message with {{REF}}s. */
const template *compile_template(population *p, str text, const tree *at, diags *d);
leaf_list template_leaves(population *p, const template *t); /* that it names, in its order */
leaf_list pred_leaves(population *p, const pred *q);
leaf_list linear_leaves(population *p, const linear *l);

/* Evaluation: pure. A test on an attribute without value is false; false of linear_value: some REF has no
 * value. */
bool pred_holds(const pred *q, const record *r);
bool linear_value(const linear *l, const record *r, double *v);
bool test_grid_allows(const test_grid *g,
                      const record *r); /* true if the leaf has no value or no row speaks of it */

#endif

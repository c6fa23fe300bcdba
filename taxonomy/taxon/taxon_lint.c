/* taxon_lint.c: the defects of a tree of attributes: what a list of thousands of names, by people or by models,
 * has and no reader of it would find. Each kind is one walk over the tree; kinds are said in the order of
 * DEFECT_MAP. What the compiler of populations refuses is not looked for again.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdlib.h>

enum { ROOT_SHARE = 5, NAMED_MOST = 4 };

bool taxon_is_chain(const taxon *x) {
    return x->level && !x->leaf && !x->instances && x->children == 1;
}

bool hint_is_there(const taxon *x) {
    return x->hint.n && !str_starts(x->hint, HINT_TO_FILL);
}

/* ---- first-level categories ----------------------------------------------------------------------------- */

typedef struct category {
    const taxon *at;
    fold_words w;
} category;

static bool word_in(const fold_words *f, str w) {
    for (uint32_t i = 0; i < f->n; i++)
        if (str_eq(f->word[i], w)) return true;
    return false;
}

/* Of the shorter name's words those that the other has, in thousandths. */
static uint32_t words_shared(const fold_words *a, const fold_words *b) {
    if (a->n > b->n) return words_shared(b, a);
    uint32_t shared = 0;
    for (uint32_t i = 0; i < a->n; i++) shared += word_in(b, a->word[i]);
    return a->n ? shared * 1000 / a->n : 0;
}

/* A category is a variant of another that has several times its leaves and at least half its words. */
static void lint_unmerged(const taxonomy *t, arena *mem, defects *d) {
    uint32_t n = 0;
    category *c = arena_new_of(mem, category, t->root->children + 1);
    for (const taxon *x = t->root->first; x; x = x->next) c[n++] = (category){x, fold_words_of(mem, x->name)};
    for (uint32_t i = 0; i < n && n <= SAME_MOST; i++) {
        const taxon *of = NULL;
        uint32_t most = 0;
        for (uint32_t j = 0; j < n; j++) {
            uint32_t shared = j == i ? 0 : words_shared(&c[i].w, &c[j].w);
            bool larger = c[j].at->leaves >= c[i].at->leaves * ROOT_SHARE;
            if (!larger || shared < 500 || shared < most) continue;
            if (shared == most && of && of->leaves >= c[j].at->leaves) continue;
            of = c[j].at;
            most = shared;
        }
        if (of)
            defect_add(d, DEFECT_UNMERGED, t, c[i].at, "move what it has there",
                       "`" STR_FMT "` with %u %s is a variant of `" STR_FMT "` with %u", STR_ARG(c[i].at->name),
                       c[i].at->leaves, c[i].at->leaves == 1 ? "leaf" : "leaves", STR_ARG(of->name),
                       of->leaves);
    }
}

/* ---- names ---------------------------------------------------------------------------------------------- */

/* "a.b, c.d and 5 more" of the nodes behind the first. */
static void others_put(const taxon_group *g, buf *b) {
    for (uint32_t i = 1; i < g->n && i <= NAMED_MOST; i++) {
        buf_z(b, i > 1 ? ", " : "");
        taxon_path(g->at[i], b);
    }
    if (g->n > NAMED_MOST + 1) buf_printf(b, " and %u more", g->n - NAMED_MOST - 1);
}

/* Those below one parent are said to be alike. */
static bool several_parents(const taxon_group *g) {
    for (uint32_t i = 1; i < g->n; i++)
        if (g->at[i]->up != g->at[0]->up) return true;
    return false;
}

/* The distinct spellings, in the order of the tree. */
static void spellings_put(const taxon_group *g, buf *b) {
    strmap *seen = strmap_new(8);
    for (uint32_t i = 0; i < g->n && strmap_size(seen) < NAMED_MOST + 2; i++) {
        if (strmap_put(seen, g->at[i]->name, (void *)g->at[i])) continue;
        buf_printf(b, "%s`" STR_FMT "`", b->n ? ", " : "", STR_ARG(g->at[i]->name));
    }
    strmap_free(seen);
}

/* The commonest first, then as they stand: a group is behind another whose first node is before its own. */
static int commonest_cmp(const void *a, const void *b) {
    const taxon_group *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return (x->nth > y->nth) - (x->nth < y->nth);
}

static void lint_names(const taxonomy *t, arena *mem, defects *d) {
    taxon_group *g;
    uint32_t n = taxon_groups(t, mem, &g);
    buf b = {0};
    if (n) qsort(g, n, sizeof *g, commonest_cmp);
    for (uint32_t i = 0; i < n; i++) {
        if (!several_parents(&g[i])) continue;
        buf_reset(&b);
        others_put(&g[i], &b);
        defect_add(d, DEFECT_REPEATED, t, g[i].at[0],
                   "if they mean the same, keep one; else let each name say what it is of",
                   "`" STR_FMT "` stands %u times, also as " STR_FMT, STR_ARG(g[i].at[0]->name), g[i].n,
                   STR_ARG(buf_view(&b)));
    }
    for (uint32_t i = 0; i < n; i++) {
        if (g[i].spellings < 2) continue;
        buf_reset(&b);
        spellings_put(&g[i], &b);
        defect_add(d, DEFECT_SPELLING, t, g[i].at[0], "decide for one", "%u spellings of one name: " STR_FMT,
                   g[i].spellings, STR_ARG(buf_view(&b)));
    }
    buf_free(&b);
}

static bool same_fold(const taxon *a, const taxon *b) {
    arena *mem = arena_new(0);
    bool same = str_eq(taxon_fold(mem, a->name), taxon_fold(mem, b->name));
    arena_free(mem);
    return same;
}

static void alike_add(const taxonomy *t, const taxon *a, const taxon *b, uint32_t milli, defects *d) {
    if (milli == 1000)
        defect_add(d, DEFECT_ALIKE, t, b,
                   same_fold(a, b) && t->form == TAXONOMY_NAMES ? "`taxonomy import --fold` merges them"
                                                                : "merge them",
                   "`" STR_FMT "` says what `" STR_FMT "` beside it says", STR_ARG(b->name), STR_ARG(a->name));
    else
        defect_add(d, DEFECT_ALIKE, t, b, "merge them, or make the difference plain",
                   "`" STR_FMT "` is nearly `" STR_FMT "` beside it (%u.%02u)", STR_ARG(b->name),
                   STR_ARG(a->name), milli / 1000, milli % 1000 / 10);
}

static void lint_alike(const taxonomy *t, uint32_t milli, defects *d) {
    arena *mem = arena_new(0);
    for (const taxon *up = t->root; up; up = taxon_next(up, t->root)) {
        if (up->children < 2) continue;
        arena_reset(mem);
        const taxon **child = arena_new_of(mem, const taxon *, up->children);
        str *name = arena_new_of(mem, str, up->children);
        uint32_t n = 0;
        for (const taxon *c = up->first; c; c = c->next, n++) {
            child[n] = c;
            name[n] = c->name;
        }
        alike_pair *pair;
        uint32_t found = alike_pairs(mem, name, n, milli, &pair);
        for (uint32_t i = 0; i < found; i++) alike_add(t, child[pair[i].a], child[pair[i].b], pair[i].milli, d);
    }
    arena_free(mem);
}

/* ---- what a node lacks ------------------------------------------------------------------------------------
 */

static void lint_chain(const taxonomy *t, const taxon *x, defects *d) {
    if (taxon_is_chain(x))
        defect_add(d, DEFECT_CHAIN, t, x, "let the child take its place, or give it more",
                   "`" STR_FMT "` has a single child, `" STR_FMT "`", STR_ARG(x->name),
                   STR_ARG(x->first->name));
}

/* Of a tree of names no leaf has one, which is said once. */
static void lint_bare(const taxonomy *t, const taxon *x, defects *d) {
    if (t->form == TAXONOMY_NAMES) {
        if (!x->up && x->leaves)
            defect_add(d, DEFECT_BARE, t, x->first, "`taxonomy import` makes texts of them, to be filled in",
                       "a tree of names: %s %u %s kind and domain", x->leaves == 1 ? "its" : "all", x->leaves,
                       x->leaves == 1 ? "leaf has no" : "leaves have no");
    } else if (x->leaf && !x->kind.n)
        defect_add(d, DEFECT_BARE, t, x, "choice, number, flag, date, or text with a hint",
                   "`" STR_FMT "` has no kind and no domain", STR_ARG(x->name));
}

static void lint_unhinted(const taxonomy *t, const taxon *x, defects *d) {
    if (x->leaf && str_is(x->kind, "text") && !hint_is_there(x))
        defect_add(d, DEFECT_UNHINTED, t, x, "hint: what to write, in a few words",
                   "nothing says what is to be written in `" STR_FMT "`", STR_ARG(x->name));
}

/* Leaves directly below a section of which more, and at least three, have a `when` of their own. */
static void lint_unconditioned(const taxonomy *t, const taxon *up, defects *d) {
    uint32_t with = 0, without = 0;
    for (const taxon *c = up->first; c; c = c->next)
        if (c->leaf) c->conditioned ? with++ : without++;
    if (with < 3 || with <= without) return;
    for (const taxon *c = up->first; c; c = c->next)
        if (c->leaf && !c->conditioned)
            defect_add(d, DEFECT_UNCONDITIONED, t, c, "give it a `when` too, or move it out",
                       "`" STR_FMT "` is for everybody, but %u of the %u leaves beside it are not",
                       STR_ARG(c->name), with, with + without - 1);
}

static void lint_empty(const taxonomy *t, const taxon *x, defects *d) {
    if (!x->leaf && x->level && !x->leaves)
        defect_add(d, DEFECT_EMPTY, t, x, "give it leaves, or take it out", "`" STR_FMT "` has no leaf",
                   STR_ARG(x->name));
}

/* A name that import made of one without letters from a to z, `n12`, says nothing; the label does. */
static bool is_made_name(str s) {
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 1 && s.p[0] == 'n';
}

static void lint_instance(const taxonomy *t, const taxon *x, defects *d) {
    const char *why = name_is_instance(is_made_name(x->name) ? x->label : x->name);
    if (why)
        defect_add(d, DEFECT_INSTANCE, t, x, "name the general category; what it is of a person is its value",
                   "`" STR_FMT "` %s", STR_ARG(x->name), why);
}

void taxonomy_lint(const taxonomy *t, uint32_t alike_milli, defects *out) {
    static void (*const walks[])(const taxonomy *, const taxon *, defects *) = {
        lint_chain, lint_bare, lint_unhinted, lint_unconditioned, lint_instance, lint_empty};
    arena *mem = arena_new(0);
    lint_unmerged(t, mem, out);
    lint_names(t, mem, out);
    lint_alike(t, alike_milli ? alike_milli : ALIKE_MILLI, out);
    for (size_t i = 0; i < COUNT_OF(walks); i++)
        for (const taxon *x = t->root; x; x = taxon_next(x, t->root)) walks[i](t, x, out);
    arena_free(mem);
}

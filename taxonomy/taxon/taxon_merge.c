/* taxon_merge.c: one tree of attributes laid over another.
 *
 * Siblings are matched by name, then by folded name, then, if that is wished, by likeness (the likest first
 * come). A match becomes one node under the name of the lower tree; its keys are laid over one another as an
 * include's are. What has no match is moved over whole. Where a leaf meets a section, the lower tree's stays,
 * unless it is a mere name. Nodes keep the place in the file that they came from, so all is said before they
 * move.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdlib.h>

typedef struct laying {
    taxonomy *t, *over;
    population p; /* for tree_lay */
    uint32_t alike;
    defects *d;
    diags *faults;
} laying;

static void children_lay(laying *k, taxon *x, taxon *over);

/* ---- a match ----------------------------------------------------------------------------------------------
 */

static void body_lay(laying *k, taxon *x, const taxon *over) {
    if (!over->body) {
        if (!hint_is_there(x) && !x->body) x->hint = over->hint;
        return;
    }
    if (x->kind.n && over->kind.n && x->body && !str_eq(x->kind, over->kind)) {
        buf way = {0};
        taxon_path(x, &way);
        defect_add(k->d, DEFECT_CONFLICT, k->over, over, "take one of them out, if this is not what you want",
                   "`" STR_FMT "` is of kind " STR_FMT " below and " STR_FMT " here, which stays",
                   STR_ARG(buf_view(&way)), STR_ARG(x->kind), STR_ARG(over->kind));
        buf_free(&way);
    }
    x->body = x->body ? tree_lay(&k->p, k->p.mem, x->body, over->body, k->faults) : over->body;
    if (over->kind.n) {
        x->kind = over->kind;
        x->domain = over->domain;
    }
    if (over->hint.n) x->hint = over->hint;
    x->conditioned = x->body && tree_get(x->body, "when");
}

static void both_lay(laying *k, taxon *x, taxon *over) {
    if (!str_eq(x->name, over->name)) {
        buf way = {0};
        taxon_path(x, &way);
        defect_add(k->d, DEFECT_MERGED, k->over, over, NULL, "`" STR_FMT "` became one with `" STR_FMT "`",
                   STR_ARG(over->name), STR_ARG(buf_view(&way)));
        buf_free(&way);
    }
    if (x->leaf == over->leaf) {
        body_lay(k, x, over);
        children_lay(k, x, over);
        return;
    }
    if (x->leaf && !x->body) { /* a mere name: the section stays */
        x->leaf = false;
        x->kind = x->hint = (str){0};
        x->body = over->body;
        children_lay(k, x, over);
        return;
    }
    if (over->leaf && !over->body) return;
    defect_add(k->d, DEFECT_CONFLICT, k->over, over, "give one of them another name",
               "`" STR_FMT "` is a %s here and a %s below, which stays", STR_ARG(over->name),
               over->leaf ? "leaf" : "section", x->leaf ? "leaf" : "section");
}

/* ---- who matches whom -------------------------------------------------------------------------------------
 */

typedef struct pairing {
    taxon **low, **high; /* children of the two */
    uint32_t lows, highs;
    uint32_t *to; /* of high[i]: index in low, UINT32_MAX: none */
    bool *taken;  /* of low[i] */
} pairing;

static uint32_t children_list(arena *mem, const taxon *x, taxon ***out) {
    uint32_t n = 0;
    *out = arena_new_of(mem, taxon *, x->children + 1);
    for (taxon *c = x->first; c; c = c->next) (*out)[n++] = c;
    return n;
}

static void pair_names(pairing *m, arena *mem, bool folded) {
    strmap *by = strmap_new(m->lows);
    for (uint32_t i = m->lows; i-- > 0;) /* the first of several is found */
        if (!m->taken[i])
            strmap_put(by, folded ? taxon_fold(mem, m->low[i]->name) : m->low[i]->name,
                       (void *)(uintptr_t)(i + 1));
    for (uint32_t i = 0; i < m->highs; i++) {
        if (m->to[i] != UINT32_MAX) continue;
        str name = folded ? taxon_fold(mem, m->high[i]->name) : m->high[i]->name;
        uintptr_t at = (uintptr_t)strmap_get(by, name);
        if (!at || m->taken[at - 1]) continue;
        m->to[i] = (uint32_t)at - 1;
        m->taken[at - 1] = true;
    }
    strmap_free(by);
}

static void alike_take(laying *k, pairing *m, const alike_pair *p) {
    uint32_t a = p->a, b = p->b - m->lows;
    if (m->taken[a] || m->to[b] != UINT32_MAX) return;
    if (!k->alike) {
        defect_add(k->d, DEFECT_ALIKE, k->over, m->high[b],
                   "merge them with --alike, or make the difference plain",
                   "`" STR_FMT "` is nearly `" STR_FMT "` below (%u.%02u)", STR_ARG(m->high[b]->name),
                   STR_ARG(m->low[a]->name), p->milli / 1000, p->milli % 1000 / 10);
        return;
    }
    m->to[b] = a;
    m->taken[a] = true;
}

static int likest_cmp(const void *a, const void *b) {
    const alike_pair *x = a, *y = b;
    if (x->milli != y->milli) return x->milli > y->milli ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->a > y->a) - (x->a < y->a);
}

/* The likest first, then as they stand. */
static void pair_alike(laying *k, pairing *m, arena *mem) {
    str *name = arena_new_of(mem, str, m->lows + m->highs + 1);
    for (uint32_t i = 0; i < m->lows; i++) name[i] = m->low[i]->name;
    for (uint32_t i = 0; i < m->highs; i++) name[m->lows + i] = m->high[i]->name;
    alike_pair *p;
    uint32_t n = alike_pairs(mem, name, m->lows + m->highs, k->alike ? k->alike : ALIKE_MILLI, &p);
    qsort(p, n, sizeof *p, likest_cmp);
    for (uint32_t i = 0; i < n; i++)
        if (p[i].a < m->lows && p[i].b >= m->lows) alike_take(k, m, &p[i]);
}

static void children_lay(laying *k, taxon *x, taxon *over) {
    arena *mem = arena_new(0);
    pairing m = {0};
    m.lows = children_list(mem, x, &m.low);
    m.highs = children_list(mem, over, &m.high);
    m.to = arena_new_of(mem, uint32_t, m.highs + 1);
    m.taken = arena_new_of(mem, bool, m.lows + 1);
    for (uint32_t i = 0; i < m.highs; i++) m.to[i] = UINT32_MAX;
    pair_names(&m, mem, false);
    pair_names(&m, mem, true);
    if (m.lows && m.highs) pair_alike(k, &m, mem);
    for (uint32_t i = 0; i < m.highs; i++) {
        if (m.to[i] == UINT32_MAX)
            taxon_move(m.high[i], x);
        else
            both_lay(k, m.low[m.to[i]], m.high[i]);
    }
    arena_free(mem);
}

void taxonomy_lay(taxonomy *t, taxonomy *over, uint32_t alike_milli, defects *d, diags *faults) {
    laying k = {t, over, {.mem = t->mem, .composed = t->composed}, alike_milli, d, faults};
    if (t->form == TAXONOMY_NAMES) taxonomy_name(t);
    if (over->form == TAXONOMY_NAMES) taxonomy_name(over);
    taxon_files_note(t, t, d);
    taxon_files_note(over, t, d);
    children_lay(&k, t->root, over->root);
    taxonomy *end = t;
    while (end->with) end = end->with;
    end->with = over;
    taxonomy_count(t);
}

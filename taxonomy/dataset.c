/* dataset.c: the numbers that a population states, and what its documentation says of where they come from.
 *
 * DATASET: a table with numbers of its own, a correlation matrix, or the distribution of a drawn attribute,
 * unless that is even, certain, or replaced by a table's. Attributes that `each` makes of one `given` are one.
 * What a data set does not say of source, year, licence and basis the top of the file says for it; the rest it
 * says itself.
 */
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/plan/plan.h"

static str said(const tree *map, const char *key) {
    const tree *t = tree_get(map, key);
    return t && t->kind == TREE_SCALAR && !t->nothing ? str_trim(t->text) : STR("");
}

str population_said(const population *p, const char *key) {
    return said(p->composed->top, key);
}

/* A data set's own documentation, else that of the whole file. */
static str said_for(const population *p, const tree *own, const char *key) {
    str s = said(own, key);
    return s.n ? s : population_said(p, key);
}

static dataset described(const population *p, dataset_kind of, str name, const tree *own) {
    return (dataset){.kind = of,
                     .name = name,
                     .title = said(own, "title"),
                     .source = said_for(p, own, "source"),
                     .year = said_for(p, own, "year"),
                     .licence = said_for(p, own, "licence"),
                     .basis = said_for(p, own, "basis"),
                     .measure = said(own, "measure"),
                     .method = said(own, "method"),
                     .note = said(own, "note"),
                     .total = said(own, "total")};
}

static void sum_in(dataset *f, double sum) {
    if (!f->sums || sum < f->least) f->least = sum;
    if (!f->sums || sum > f->most) f->most = sum;
    f->sums++;
}

static str paths_of(const population *p, arena *mem, const uint32_t *leaf, uint32_t n) {
    buf b = {0};
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_z(&b, ", ");
        buf_str(&b, leaf_node(p, leaf[i])->path);
    }
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

/* REFS as they are written. */
static str refs_of(arena *mem, const tree *t) {
    buf b = {0};
    if (t && t->kind == TREE_SCALAR) buf_str(&b, t->text);
    for (uint32_t i = 0; t && t->kind == TREE_LIST && i < t->n; i++) {
        if (i) buf_z(&b, ", ");
        buf_str(&b, t->item[i]->text);
    }
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

/* ---- tables ------------------------------------------------------------------------------------------- */

static const table *table_named(const population *p, str name) {
    for (uint32_t i = 0; i < p->compiled->tables; i++)
        if (str_eq(p->compiled->table[i].name, name)) return &p->compiled->table[i];
    return NULL;
}

/* Sums within each combination of `by` that has numbers. */
static void table_sums(dataset *f, const table *t) {
    uint32_t inner = 1;
    for (uint32_t k = t->by; k < t->over.n; k++) inner *= t->cut[k].n;
    for (uint32_t i = 0; i < t->numbers; i += inner) {
        double sum = 0;
        for (uint32_t k = 0; k < inner; k++) sum += t->number[i + k];
        if (sum > 0) sum_in(f, sum);
    }
}

/* false: it has no numbers of its own. */
static bool table_dataset(const population *p, arena *mem, const tree_member *m, dataset *out) {
    const table *t = table_named(p, m->key);
    const tree *counts = tree_get(m->value, "counts"), *shares = tree_get(m->value, "shares");
    if (!counts && (str_is(shares->text, "uniform") || str_is(shares->text, "weights"))) return false;
    *out = described(p, DATASET_TABLE, m->key, m->value);
    out->form = counts ? STR("counts") : STR("shares");
    out->over = refs_of(mem, tree_get(m->value, "over"));
    out->by = refs_of(mem, tree_get(m->value, "by"));
    if (t && t->form == TABLE_GRID) table_sums(out, t);
    return true;
}

/* ---- distributions of attributes ------------------------------------------------------------------------ */

static uint32_t outcomes(const node *n, const dist *s) {
    uint32_t count = 0, all = s->form == DIST_CHOICE ? n->values : s->bins;
    for (uint32_t i = 0; i < all; i++) count += s->weight[i] > 0;
    return count;
}

static bool is_certain(const node *n, const dist *s) {
    switch (s->form) {
    case DIST_CHOICE: return outcomes(n, s) == 1;
    case DIST_BINS: return outcomes(n, s) == 1 && s->bin[0].lo == s->bin[0].hi;
    case DIST_FLAG: return s->p <= 0 || s->p >= 1;
    case DIST_EQUALS: return true;
    default: return false;
    }
}

/* All values alike: nothing is stated of anybody. */
static bool is_even(const node *n, const dist *s) {
    if (s->form == DIST_FLAG) return s->p == 0.5;
    if (s->form == DIST_BINS) return s->bins == 1;
    if (s->form != DIST_CHOICE) return false;
    for (uint32_t i = 1; i < n->values; i++)
        if (s->weight[i] != s->weight[0]) return false;
    return true;
}

/* Its shares are those of a table, whatever weights it has itself. */
static bool in_grid_table(const population *p, const node *n) {
    if (!p->compiled->joint->fixed[n->leaf]) return false;
    for (uint32_t i = 0; i < p->compiled->tables; i++) {
        const table *t = &p->compiled->table[i];
        for (uint32_t k = t->by; t->form == TABLE_GRID && k < t->over.n; k++)
            if (t->over.leaf[k] == n->leaf) return true;
    }
    return false;
}

static bool states_numbers(const population *p, const node *n) {
    const draw_spec *s = n->draw;
    if (!s || !leaf_drawn(n) || n->kind == K_TEMPLATE || !s->dists || in_grid_table(p, n)) return false;
    if (!s->given && is_even(n, &s->dist[0])) return false;
    for (uint32_t i = 0; i < s->dists; i++)
        if (!is_certain(n, &s->dist[i])) return true;
    return false;
}

static void attribute_sums(dataset *f, const node *n) {
    for (uint32_t i = 0; i < n->draw->dists; i++) {
        const dist *s = &n->draw->dist[i];
        if ((s->form == DIST_CHOICE || s->form == DIST_BINS) && !is_certain(n, s) && !is_even(n, s))
            sum_in(f, s->total);
    }
}

/* The GRID or DIST that the leaf draws from, the same for all that `each` makes of it. */
static const tree *drawn_from(const population *p, const node *n) {
    const tree *src = p->compiled->source[p->leaf_node[n->leaf]], *given = tree_get(src, "given");
    return given ? given : tree_get(src, kind_name(n->kind));
}

static bool attribute_dataset(const population *p, arena *mem, uint32_t i, dataset *out) {
    const node *n = &p->node[i];
    if (n->kind == K_SECTION || !states_numbers(p, n)) return false;
    const grid *g = n->draw->given;
    *out = described(p, DATASET_ATTRIBUTE, n->path, p->compiled->source[i]);
    out->form = g ? STR("given") : STR("weights");
    for (uint32_t k = 0; g && k < g->parents; k++)
        out->by = k ? str_printf(mem, STR_FMT ", " STR_FMT, STR_ARG(out->by),
                                 STR_ARG(paths_of(p, mem, &g->parent[k].leaf, 1)))
                    : paths_of(p, mem, &g->parent[k].leaf, 1);
    attribute_sums(out, n);
    return true;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

uint32_t population_datasets(const population *p, arena *mem, dataset **out) {
    const tree *tables = tree_get(p->composed->top, "tables"),
               *matrices = tree_get(p->composed->top, "correlate");
    uint32_t most = p->drawn_nodes + (tables ? tables->n : 0) + (matrices ? matrices->n : 0), n = 0;
    dataset *f = arena_new_of(mem, dataset, most + 1);
    for (uint32_t i = 0; tables && i < tables->n; i++) n += table_dataset(p, mem, &tables->member[i], &f[n]);
    for (uint32_t i = 0; matrices && i < matrices->n; i++) {
        const tree_member *m = &matrices->member[i];
        f[n] = described(p, DATASET_MATRIX, m->key, m->value);
        f[n].form = STR("matrix");
        f[n++].over = refs_of(mem, tree_get(m->value, "of"));
    }
    const tree *last = NULL;
    uint32_t parent = NO_LEAF;
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *at = &p->node[i];
        if (!attribute_dataset(p, mem, i, &f[n])) continue;
        const tree *from = drawn_from(p, at);
        if (from == last && at->parent == parent && tree_get(p->compiled->source[parent], "each"))
            f[n - 1].name = p->node[parent].path;
        else
            n++;
        last = from;
        parent = at->parent;
    }
    *out = f;
    return n;
}

/* ---- what is missing or wrong --------------------------------------------------------------------------- */

/* "8196981" or "99.8..100.2" */
static bool total_read(str s, double *low, double *high) {
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '.' && s.p[i + 1] == '.')
            return number_of_text(str_part(s, 0, i), low) && number_of_text(str_part(s, i + 2, s.n), high);
    return number_of_text(s, low) && (*high = *low, true);
}

/* Sums of decimals miss by the last bits. */
static bool total_met(const dataset *f, double low, double high) {
    double slack = 1e-9 * (1 + (high > 0 ? high : -high));
    return f->least >= low - slack && f->most <= high + slack;
}

static const char *total_fault(const dataset *f, arena *mem) {
    double low, high;
    if (!f->total.n) return "`total` is missing: what the numbers sum to";
    if (!total_read(f->total, &low, &high))
        return str_printf(mem, "`total` is a number or LOW..HIGH, not `" STR_FMT "`", STR_ARG(f->total)).p;
    if (total_met(f, low, high)) return NULL;
    if (f->least == f->most)
        return str_printf(mem, "the numbers sum to %.10g, `total` says " STR_FMT, f->least, STR_ARG(f->total))
            .p;
    return str_printf(mem, "the rows sum to %.10g..%.10g, `total` says " STR_FMT, f->least, f->most,
                      STR_ARG(f->total))
        .p;
}

uint32_t dataset_faults(const dataset *f, arena *mem, const char *out[DATASET_FAULTS]) {
    const struct {
        const char *key;
        str text;
    } counted[] = {{"source", f->source}, {"year", f->year}, {"licence", f->licence}, {"measure", f->measure}};
    bool assumed = str_is(f->basis, "assumed"), derived = str_is(f->basis, "derived");
    uint32_t n = 0;
    if (!f->basis.n)
        out[n++] = "`basis` is missing: quoted, derived or assumed";
    else if (!assumed && !derived && !str_is(f->basis, "quoted"))
        out[n++] =
            str_printf(mem, "`basis` is quoted, derived or assumed, not `" STR_FMT "`", STR_ARG(f->basis)).p;
    for (size_t i = 0; !assumed && i < COUNT_OF(counted); i++)
        if (!counted[i].text.n) out[n++] = str_printf(mem, "`%s` is missing", counted[i].key).p;
    if (derived && !f->method.n) out[n++] = "`method` is missing: how it was derived";
    const char *total = f->sums && (!assumed || f->total.n) ? total_fault(f, mem) : NULL;
    if (total) out[n++] = total;
    return n;
}

/* compile_tables.c: tables: what they are over, the classes that their KEYs cut, their numbers and sums.
 *
 * Invariants: the attributes of `by` come first in over; number[] is in mixed radix over cut[].n, row-major,
 * and a class that no KEY names has 0.
 */
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/told.h"

#define UNIFORM_MAX 1000
#define PLACES_MAX  (1u << 20)

/* A table while it is read. */
typedef struct draft_table {
    population *p;
    diags *d;
    const tree *t, *numbers;
    leaf_list over, by;
    bool counts, scale, grid_form;
    bool misspelt; /* an unknown key was said: a key that is missing is likely that one */
    table *out;
    double total;
} draft_table;

/* ---- numbers ---------------------------------------------------------------------------------- */

/* Rows of a CSV that recoding made one are added up. */
static bool number_of(population *p, const grid_leaf *l, diags *d, double *out) {
    *out = 0;
    if (l->item) {
        for (uint32_t i = 0; i < l->items; i++) *out += l->item[i].weight;
        return true;
    }
    if (!lint_number(p, d, l->tree, "a count or share", out)) return false;
    if (*out >= 0) return true;
    return lint_at(p, d, DIAG_P09, l->tree, l->tree->text, "0 asks for nobody",
                   "a count or share is 0 or more");
}

static double level_sum(const grid_level *l, const double *number) {
    double sum = 0;
    for (uint32_t i = 0; i < l->entries; i++)
        sum += l->entry[i].sub ? level_sum(l->entry[i].sub, number) : number[l->entry[i].leaf];
    return sum;
}

static bool sum_fits(draft_table *w, const tree *at, double sum, const char *where) {
    if (!(sum > 0))
        return lint_at(w->p, w->d, DIAG_P09, at, STR("0"), "at least one number above 0",
                       "table `" STR_FMT "`%s: the numbers sum to 0", STR_ARG(w->out->name), where);
    double one = sum - 1, hundred = sum - 100;
    if (w->counts || w->scale || (one <= 1e-6 && one >= -1e-6) || (hundred <= 1e-4 && hundred >= -1e-4))
        return true;
    told t = {0};
    told_table(&t, w->out->name);
    told_number(&t, "total", sum);
    lint_at(w->p, w->d, DIAG_Q01, at, str_printf(w->p->mem, "%.10g", sum),
            "shares sum to 1 or 100; `scale: true` (--scale) takes any sum",
            "table `" STR_FMT "`: the shares%s sum to %.10g", STR_ARG(w->out->name), where, sum);
    return told_end(&t, w->d);
}

/* Where the numbers begin. */
static const tree *numbers_at(const draft_table *w) {
    if (!tree_is_csv(w->numbers)) return w->numbers;
    tree *at = arena_new_of(w->p->mem, tree, 1);
    *at = csv_place(compose_csv(w->p, w->numbers, w->d), NO_NODE, 0);
    return at;
}

/* Sums within each combination of `by`; levels below `depth` are of `over`. */
static bool sums_fit(draft_table *w, const grid_level *l, uint32_t depth, const double *number, str where) {
    bool fine = true;
    if (!depth) {
        const char *of = where.n ? str_printf(w->p->mem, " of " STR_FMT, STR_ARG(where)).p : "";
        return sum_fits(w, where.n ? l->entry[0].at : numbers_at(w), level_sum(l, number), of);
    }
    for (uint32_t i = 0; i < l->entries; i++) {
        str key = l->entry[i].key;
        str below = where.n ? str_printf(w->p->mem, STR_FMT ", " STR_FMT, STR_ARG(where), STR_ARG(key)) : key;
        if (l->entry[i].sub) fine = sums_fit(w, l->entry[i].sub, depth - 1, number, below) && fine;
    }
    return fine;
}

/* ---- the cells of a table --------------------------------------------------------------------- */

/* The combinations of classes, row-major -> place in the grid, where each parent has one place more. */
static size_t grid_place(const table *o, size_t at) {
    size_t place = 0, stride = 1;
    for (uint32_t k = o->over.n; k-- > 0;) {
        place += at % o->cut[k].n * stride;
        at /= o->cut[k].n;
        stride *= o->cut[k].n + 1;
    }
    return place;
}

/* A row that asks for people, and that no combination of classes lies in. */
static void rows_lint(draft_table *w, const grid_rows *g, const double *number, const bool *used) {
    for (uint32_t i = 0; i < g->leaves; i++)
        if (!used[i] && number[i] > 0)
            lint_at(w->p, w->d, DIAG_P07, g->leaf[i].tree, g->leaf[i].tree->text,
                    "leave the row out, or widen the domain of the attribute",
                    "table `" STR_FMT "` wants people in a row that lies outside what its attributes can be",
                    STR_ARG(w->out->name));
}

/* A row of a conditional table is one within each combination of `by`. */
static void cells_make(draft_table *w, const grid_rows *g, const grid *cells, const double *number) {
    table *o = w->out;
    arena *mem = w->p->mem;
    size_t n = 1, inner = 1;
    o->cut = cells->parent;
    for (uint32_t k = 0; k < o->over.n; k++) n *= o->cut[k].n;
    for (uint32_t k = o->by; k < o->over.n; k++) inner *= o->cut[k].n;
    o->numbers = (uint32_t)n;
    o->number = arena_new_of(mem, double, n);
    uint32_t *same = arena_new_of(mem, uint32_t, n), *first = arena_new_of(mem, uint32_t, g->leaves + 1);
    size_t *within = arena_new_of(mem, size_t, g->leaves + 1); /* the combination of `by`, + 1 */
    bool *used = arena_new_of(mem, bool, g->leaves + 1), several = false;
    if (tree_is_csv(w->numbers) && n <= PLACES_MAX) o->row = arena_new_of(mem, const tree *, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t leaf = cells->cell[grid_place(o, i)];
        size_t in = o->by ? i / inner + 1 : 1;
        same[i] = (uint32_t)i;
        if (leaf == UINT32_MAX) continue;
        used[leaf] = true;
        if (o->row) o->row[i] = g->leaf[leaf].tree;
        if (within[leaf] == in) {
            same[i] = first[leaf];
            several = true;
            continue;
        }
        within[leaf] = in;
        first[leaf] = (uint32_t)i;
        o->number[i] = number[leaf];
    }
    if (several) o->same = same;
    values_named(w->p, w->numbers, o, cells, w->d);
    rows_lint(w, g, number, used);
}

/* A table speaks of the people to whom all its attributes apply. */
static const pred *applies(draft_table *w, const leaf_list *l) {
    const pred *q = NULL;
    for (uint32_t i = 0; i < l->n; i++) {
        const pred *own = node_at(w->p, l->leaf[i])->when;
        if (own != q) q = pred_and(w->p, q, own);
    }
    return q;
}

static void grid_numbers(draft_table *w) {
    population *p = w->p;
    leaf_list all = w->out->over;
    grid_rows g = {.p = p,
                   .d = w->d,
                   .by = all,
                   .zero_from = w->by.n,
                   .when = applies(w, &all),
                   .what = str_printf(p->mem, "table `" STR_FMT "`", STR_ARG(w->out->name))};
    if (tree_is_csv(w->numbers))
        grid_read_table(&g, w->numbers);
    else
        grid_read(&g, w->numbers);
    double *number = arena_new_of(p->mem, double, g.leaves + 1);
    bool fine = !g.failed;
    for (uint32_t i = 0; i < g.leaves; i++) fine = number_of(p, &g.leaf[i], w->d, &number[i]) && fine;
    const grid *cells = grid_build(&g);
    if (!fine || !cells) return;
    w->total = level_sum(&g.root, number);
    if (sums_fit(w, &g.root, w->by.n, number, STR(""))) cells_make(w, &g, cells, number);
    w->grid_form = true;
}

/* ---- uniform and weights ---------------------------------------------------------------------- */

/* Every value is a class of its own. */
static void singles(population *p, const node *n, classes *out) {
    uint32_t values = (uint32_t)(leaf_hi(n) - leaf_lo(n) + 1);
    value_set *s = arena_new_of(p->mem, value_set, values);
    for (uint32_t v = 0; v < values; v++) set_add(p->mem, &s[v], leaf_lo(n) + v, leaf_lo(n) + v);
    classes_build(p->mem, n, s, values, out);
}

static bool uniform_classes(draft_table *w, const node *n, classes *out) {
    if (leaf_hi(n) - leaf_lo(n) >= UNIFORM_MAX && n->kind != K_CHOICE)
        return lint_at(w->p, w->d, DIAG_P03, w->numbers, n->path, "write a GRID over ranges of it",
                       "table `" STR_FMT "`: `" STR_FMT "` has too many values for `uniform`",
                       STR_ARG(w->out->name), STR_ARG(n->path));
    singles(w->p, n, out);
    return true;
}

/* The listed ranges of a number, of all its distributions. */
static bool weight_classes(draft_table *w, const node *n, classes *out) {
    population *p = w->p;
    const draw_spec *s = n->draw;
    if (n->kind == K_CHOICE || n->kind == K_FLAG) {
        singles(p, n, out);
        return true;
    }
    if (!s) return false;
    uint32_t sets = 0, most = 0;
    for (uint32_t i = 0; i < s->dists; i++) most += s->dist[i].bins;
    value_set *set = arena_new_of(p->mem, value_set, most + 1);
    for (uint32_t i = 0; i < s->dists; i++) {
        if (s->dist[i].form != DIST_BINS)
            return lint_at(p, w->d, DIAG_P03, w->numbers, n->path, "list ranges with weights, or write a GRID",
                           "table `" STR_FMT "`: `weights` needs listed weights, `" STR_FMT "` has none",
                           STR_ARG(w->out->name), STR_ARG(n->path));
        for (uint32_t k = 0; k < s->dist[i].bins; k++, sets++)
            set_add(p->mem, &set[sets], s->dist[i].bin[k].lo, s->dist[i].bin[k].hi);
    }
    classes_build(p->mem, n, set, sets, out);
    return true;
}

static void word_numbers(draft_table *w) {
    population *p = w->p;
    table *o = w->out;
    bool uniform = o->form == TABLE_UNIFORM;
    if (w->counts) {
        lint_at(p, w->d, DIAG_P03, w->numbers, w->numbers->text, "shares: uniform, shares: weights",
                "table `" STR_FMT "`: counts are numbers", STR_ARG(o->name));
        return;
    }
    o->cut = arena_new_of(p->mem, classes, o->over.n + 1);
    for (uint32_t k = 0; k < o->over.n; k++) {
        const node *n = node_at(p, o->over.leaf[k]);
        if (!(uniform ? uniform_classes(w, n, &o->cut[k]) : weight_classes(w, n, &o->cut[k]))) return;
    }
}

/* ---- one table -------------------------------------------------------------------------------- */

static bool heads_read(draft_table *w) {
    population *p = w->p;
    const tree *over = tree_get(w->t, "over"), *by = tree_get(w->t, "by");
    const tree *counts = tree_get(w->t, "counts"), *shares = tree_get(w->t, "shares"),
               *scale = tree_get(w->t, "scale");
    bool fine = true;
    if (!over && table_of_set(p, w->t)) return !w->misspelt && no_table(p, w->t, w->out->name, w->d);
    if (!over)
        fine = !w->misspelt &&
               lint_at(p, w->d, DIAG_P02, w->t, STR("over"), "over: [ATTRIBUTE...]: whom the numbers speak of",
                       "table `" STR_FMT "`: the key `over` is missing", STR_ARG(w->out->name));
    else
        fine = ref_parents(p, over, "`over`", NO_LEAF, w->d, &w->over);
    if (by) fine = ref_parents(p, by, "`by`", NO_LEAF, w->d, &w->by) && fine;
    if (scale && !lint_bool(p, w->d, scale, "`scale`", &w->scale))
        w->scale = true; /* the sum is no second fault */
    if (!counts == !shares && !counts && w->misspelt) return false;
    if (!counts == !shares)
        return lint_at(p, w->d, counts ? DIAG_P03 : DIAG_P02, w->t, STR("counts"),
                       "shares: {a: 60, b: 40}, shares: uniform, or counts: FILE.csv",
                       "table `" STR_FMT "` has %s of `counts` and `shares`, exactly one is needed",
                       STR_ARG(w->out->name), counts ? "both" : "none");
    w->counts = counts;
    w->numbers = counts ? counts : shares;
    return fine && over && w->over.n;
}

static void word_said(const draft_table *w) {
    near k = near_to(w->numbers->text);
    near_try(&k, STR("uniform"));
    near_try(&k, STR("weights"));
    const char *hint = near_hint(w->p->mem, &k);
    lint_at(w->p, w->d, DIAG_P03, w->numbers, w->numbers->text,
            hint ? hint : "a GRID, FILE.csv, or of shares `uniform` and `weights`",
            "table `" STR_FMT "`: these are no %s", STR_ARG(w->out->name), w->counts ? "counts" : "shares");
}

static leaf_list both_lists(population *p, leaf_list a, leaf_list b) {
    leaf_list all = {arena_new_of(p->mem, uint32_t, a.n + b.n + 1), 0};
    for (uint32_t i = 0; i < a.n; i++) all.leaf[all.n++] = a.leaf[i];
    for (uint32_t i = 0; i < b.n; i++) all.leaf[all.n++] = b.leaf[i];
    return all;
}

static void table_read(draft_table *w) {
    table *o = w->out;
    if (!heads_read(w)) return;
    o->over = both_lists(w->p, w->by, w->over);
    o->by = w->by.n;
    o->scale = w->scale;
    o->counts = w->counts;
    bool word = w->numbers->kind == TREE_SCALAR;
    o->form = word && str_is(w->numbers->text, "uniform")   ? TABLE_UNIFORM
              : word && str_is(w->numbers->text, "weights") ? TABLE_WEIGHTS
                                                            : TABLE_GRID;
    if (o->form == TABLE_GRID && word && !tree_is_csv(w->numbers))
        word_said(w);
    else if (o->form == TABLE_GRID)
        grid_numbers(w);
    else
        word_numbers(w);
}

/* A table of shares of its own. */
static void reference_read(const draft_table *w, const tree *t) {
    static const char *const words[] = {"over", "shares", NULL};
    compiled *c = w->p->compiled;
    if (!lint_map(w->p, w->d, t, "`reference`") || !tree_only(w->p, w->d, t, "`reference`", words)) return;
    table *o = &c->reference[c->references];
    *o = (table){.name = str_printf(w->p->mem, STR_FMT ".reference", STR_ARG(w->out->name)), .at = t};
    draft_table r = {.p = w->p, .d = w->d, .t = t, .out = o, .scale = w->scale};
    table_read(&r);
    if (o->form != TABLE_GRID)
        lint_at(w->p, w->d, DIAG_P03, t, o->name, "shares: a GRID or FILE.csv",
                "`" STR_FMT "`: what the world has is given in numbers", STR_ARG(o->name));
    else if (o->cut)
        c->references++;
}

/* A persona's weight follows from its cell. */
static void references_lint(population *p, diags *d) {
    const compiled *c = p->compiled;
    for (uint32_t i = 0; i < c->references; i++)
        for (uint32_t k = 0; k < c->reference[i].over.n; k++) {
            const node *n = node_at(p, c->reference[i].over.leaf[k]);
            if (!n->in_table)
                lint_at(p, d, DIAG_P10, c->reference[i].at, n->path, "put it into a table without `soft`",
                        "`" STR_FMT "` names `" STR_FMT "`, which no hard table fixes",
                        STR_ARG(c->reference[i].name), STR_ARG(n->path));
        }
    p->weighted = c->references > 0;
}

static void soft_read(const draft_table *w, const tree *t) {
    double *weight = &w->out->soft;
    if (lint_number(w->p, w->d, t, "`soft`", weight) && !(*weight > 0 && *weight <= 1e9))
        lint_at(w->p, w->d, DIAG_P09, t, t->text, "1, or more for a table that matters more",
                "the weight of a soft table is above 0 and at most 1e9");
}

/* ---- all -------------------------------------------------------------------------------------- */

/* Tables of counts that speak of the same people, those without value counted by a row `~`, agree in total. */
static bool of_everybody(const draft_table *w) {
    const table *o = w->out;
    if (!w->counts || !w->grid_form || w->by.n || !o->cut || o->scale || o->soft > 0) return false;
    for (uint32_t i = 0; i < o->over.n; i++)
        if (node_at(w->p, o->over.leaf[i])->when && o->cut[i].none == UINT32_MAX) return false;
    return true;
}

static void totals_agree(const draft_table *w, uint32_t n, diags *d) {
    const draft_table *first = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (!of_everybody(&w[i])) continue;
        if (!first) first = &w[i];
        double gap = w[i].total - first->total, most = 1e-6 * first->total;
        if (gap <= most && gap >= -most) continue;
        told t = {0};
        told_table(&t, first->out->name);
        told_table(&t, w[i].out->name);
        told_number(&t, "total", first->total);
        told_number(&t, "other", w[i].total);
        lint_at(w->p, d, DIAG_Q01, tree_is_csv(w[i].numbers) ? numbers_at(&w[i]) : w[i].t,
                str_printf(w->p->mem, "%.10g", w[i].total),
                "make the totals equal, give shares, or set `scale: true` (--scale)",
                "table `" STR_FMT "` counts %.10g people, table `" STR_FMT "` %.10g: %.10g apart",
                STR_ARG(w[i].out->name), w[i].total, STR_ARG(first->out->name), first->total,
                gap < 0 ? -gap : gap);
        told_end(&t, d);
    }
}

/* Hard ones first, each kind in file order. */
static void tables_add(compiled *c, const table *o) {
    uint32_t at = c->tables++;
    for (; !(o->soft > 0) && at > c->hards; at--) c->table[at] = c->table[at - 1];
    c->table[at] = *o;
    c->hards += !(o->soft > 0);
}

bool compile_tables(population *p, diags *d) {
    static const char *const words[] = {"over", "by", "counts", "shares", "scale", "soft", "reference", NULL};
    size_t before = d->errors;
    const tree *t = tree_get(p->composed->top, "tables");
    if (!t || !lint_map(p, d, t, "`tables`")) return d->errors == before;
    compiled *c = p->compiled;
    c->table = arena_new_of(p->mem, table, t->n + 1);
    c->reference = arena_new_of(p->mem, table, t->n + 1);
    draft_table *w = arena_new_of(p->mem, draft_table, t->n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const tree *one = t->member[i].value;
        if (!lint_map(p, d, one, "a table")) continue;
        lint_name(p, d, t, &t->member[i], " of a table");
        bool known = tree_only(p, d, one, "a table", words);
        table *o = arena_new_of(p->mem, table, 1);
        *o = (table){.name = t->member[i].key, .at = one};
        w[n] = (draft_table){.p = p, .d = d, .t = one, .out = o, .misspelt = !known};
        table_read(&w[n]);
        const tree *soft = tree_get(one, "soft"), *reference = tree_get(one, "reference");
        if (soft) soft_read(&w[n], soft);
        if (reference) reference_read(&w[n], reference);
        if (o->cut) tables_add(c, o);
        for (uint32_t k = 0; !soft && k < w[n].over.n; k++)
            p->node[p->leaf_node[w[n].over.leaf[k]]].in_table = true;
        for (uint32_t k = 0; !soft && k < w[n].by.n; k++)
            p->node[p->leaf_node[w[n].by.leaf[k]]].in_table = true;
        n++;
    }
    totals_agree(w, n, d);
    references_lint(p, d);
    return d->errors == before;
}

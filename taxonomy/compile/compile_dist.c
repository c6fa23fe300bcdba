/* compile_dist.c: DIST: how likely the values of a leaf are, with weights normalised to sum 1 and an alias
 * table built.
 *
 * The weight of a RANGE is spread evenly over its values. Bins of numbers are sorted and disjoint; where `step`
 * is below 1, ranges may share an end (0..15, 15..30), which then belongs to the lower one.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

typedef struct weights {
    weighted *item;
    uint32_t n;
} weights;

static bool said_form(const population *p, const node *n, const tree *t, const char *hint, diags *d) {
    return lint_at(p, d, DIAG_P03, t, t->text, hint, "`" STR_FMT "`: this is no distribution of a %s",
                   STR_ARG(n->path), kind_name(n->kind));
}

static bool weight_read(const population *p, const node *n, const tree *t, diags *d, double *out) {
    if (t->kind != TREE_SCALAR)
        return lint_at(p, d, DIAG_P03, t, STR("{...}"),
                       "a GRID has one level of KEYs for each attribute of `by`, in their order",
                       "`" STR_FMT "`: a weight is needed here, a number", STR_ARG(n->path));
    if (!lint_number(p, d, t, "a weight", out)) return false;
    if (*out >= 0) return true;
    return lint_at(p, d, DIAG_P09, t, t->text, "0 leaves a value out", "`" STR_FMT "`: a weight is 0 or more",
                   STR_ARG(n->path));
}

/* [VALUE...], {KEY: weight...} or one KEY -> weighted KEYs. */
static bool weights_of_tree(population *p, const node *n, const tree *t, diags *d, weights *out) {
    uint32_t most = t->kind == TREE_SCALAR ? 1 : t->n;
    *out = (weights){arena_new_of(p->mem, weighted, most + 1), 0};
    bool fine = true;
    if (t->kind == TREE_SCALAR) out->item[out->n++] = (weighted){t->text, t, 1};
    for (uint32_t i = 0; t->kind == TREE_LIST && i < t->n; i++) {
        if (t->item[i]->kind == TREE_SCALAR)
            out->item[out->n++] = (weighted){t->item[i]->text, t->item[i], 1};
        else
            fine = said_form(p, n, t->item[i], NULL, d);
    }
    for (uint32_t i = 0; t->kind == TREE_MAP && i < t->n; i++) {
        double weight;
        tree *at = arena_new_of(p->mem, tree, 1);
        *at = member_place(t, &t->member[i]);
        if (weight_read(p, n, t->member[i].value, d, &weight))
            out->item[out->n++] = (weighted){at->text, at, weight};
        else if (t->member[i].value->kind != TREE_SCALAR)
            return false; /* the others have a level too many as well */
        else
            fine = false;
    }
    return fine;
}

/* *total: the sum as it was. */
static bool normalise(const population *p, const node *n, const tree *t, double *w, uint32_t count, diags *d,
                      double *total) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += w[i];
    if (!(sum > 0))
        return lint_at(p, d, DIAG_P09, t, t->kind == TREE_SCALAR ? t->text : STR(""),
                       "at least one weight above 0", "`" STR_FMT "`: the weights sum to 0", STR_ARG(n->path));
    for (uint32_t i = 0; i < count; i++) w[i] /= sum;
    *total = sum;
    return true;
}

/* ---- choices and flags ------------------------------------------------------------------------ */

static bool choice_weights(population *p, const node *n, const tree *t, const weights *w, diags *d, dist *out) {
    bool fine = true;
    out->form = DIST_CHOICE;
    out->weight = arena_new_of(p->mem, double, n->values + 1);
    for (uint32_t i = 0; i < w->n; i++) {
        int64_t v;
        if (value_parse(p, n, w->item[i].at, w->item[i].key, true, d, &v))
            out->weight[v] += w->item[i].weight;
        else
            fine = false;
    }
    if (!fine || !normalise(p, n, t, out->weight, n->values, d, &out->total)) return false;
    alias_build(&out->pick, out->weight, n->values, p->mem);
    return true;
}

static bool flag_chance(const population *p, const node *n, const tree *at, str text, diags *d, double *out) {
    if (!number_of_text(text, out))
        return lint_at(p, d, DIAG_P03, at, text, "{} is 0.5",
                       "`" STR_FMT "`: the probability of true is needed", STR_ARG(n->path));
    if (*out >= 0 && *out <= 1) return true;
    return lint_at(p, d, DIAG_P09, at, text, "30 in a hundred is 0.3",
                   "`" STR_FMT "`: a probability is from 0 to 1", STR_ARG(n->path));
}

/* From a CSV: weights of true and false, or one cell with the probability. */
static bool flag_weights(const population *p, const node *n, const tree *t, const weights *w, diags *d,
                         dist *out) {
    double sum[2] = {0, 0};
    if (w->n == 1 && !str_is(w->item[0].key, "true") && !str_is(w->item[0].key, "false"))
        return flag_chance(p, n, w->item[0].at, w->item[0].key, d, &out->p);
    for (uint32_t i = 0; i < w->n; i++) {
        int64_t v;
        if (!value_parse(p, n, w->item[i].at, w->item[i].key, true, d, &v)) return false;
        sum[v] += w->item[i].weight;
    }
    if (!normalise(p, n, t, sum, 2, d, &out->total)) return false;
    out->p = sum[1];
    return true;
}

static bool flag_dist(population *p, const node *n, const grid_leaf *l, diags *d, dist *out) {
    const tree *t = l->tree;
    out->form = DIST_FLAG;
    out->p = 0.5;
    if (l->item) return flag_weights(p, n, t, &(weights){l->item, l->items}, d, out);
    if (t->kind == TREE_MAP && !t->n) return true;
    if (t->kind != TREE_SCALAR) return said_form(p, n, t, "a probability of true, or {} for 0.5", d);
    return flag_chance(p, n, t, t->text, d, &out->p);
}

/* ---- bins ------------------------------------------------------------------------------------- */

typedef struct bin {
    struct interval in;
    double weight;
    const weighted *from;
} bin;

typedef struct bins {
    bin *bin;
    uint32_t n, cap;
} bins;

static bool bin_outside(const population *p, const node *n, const weighted *w, diags *d) {
    buf b = {0};
    value_key_print(n, n->lo, &b);
    buf_z(&b, "..");
    value_key_print(n, n->hi, &b);
    lint_at(p, d, DIAG_P07, w->at, w->key, "the kind states the domain, `given` only how likely its values are",
            "`" STR_FMT "`: " STR_FMT " lies outside " STR_FMT, STR_ARG(n->path), STR_ARG(w->key),
            STR_ARG(buf_view(&b)));
    buf_free(&b);
    return false;
}

/* Open ends are those of the domain. */
static bool bin_range(const population *p, const node *n, const weighted *w, str from, str to, diags *d,
                      int64_t *lo, int64_t *hi) {
    *lo = n->lo;
    *hi = n->hi;
    return (!from.n || range_end(p, n, w->at, from, false, d, lo)) &&
           (!to.n || range_end(p, n, w->at, to, true, d, hi));
}

static bool bin_add(population *p, const node *n, const weighted *w, str part, bins *b, diags *d) {
    size_t dots;
    bool range = str_find(part, STR(".."), &dots);
    int64_t lo, hi;
    if (is_nothing(part))
        return lint_at(p, d, DIAG_P03, w->at, w->key, "`when` says who has none",
                       "`" STR_FMT "`: a distribution cannot give no value", STR_ARG(n->path));
    if (range) {
        str from = str_trim(str_part(part, 0, dots)), to = str_trim(str_part(part, dots + 2, part.n));
        if (!bin_range(p, n, w, from, to, d, &lo, &hi)) return false;
    } else {
        if (!value_parse(p, n, w->at, part, true, d, &lo)) return false;
        hi = lo;
    }
    if (lo < n->lo || lo > n->hi || hi < n->lo || hi > n->hi) return bin_outside(p, n, w, d);
    if (lo > hi)
        return lint_at(p, d, DIAG_P07, w->at, w->key, HINT_EMPTY_RANGE,
                       "`" STR_FMT "`: the range `" STR_FMT "` is empty", STR_ARG(n->path), STR_ARG(part));
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 16;
        b->bin = xrealloc(b->bin, b->cap * sizeof *b->bin);
    }
    b->bin[b->n++] = (bin){{lo, hi}, 0, w};
    return true;
}

/* KEY|KEY share a weight in proportion to their numbers of values. */
static bool key_bins(population *p, const node *n, const weighted *w, bins *b, diags *d) {
    uint32_t first = b->n;
    str rest = w->key, part;
    bool more, fine = true;
    do {
        str right = STR("");
        more = str_cut(rest, '|', &part, &right);
        fine = bin_add(p, n, w, str_trim(part), b, d) && fine;
        rest = right;
    } while (more);
    double values = 0;
    for (uint32_t i = first; i < b->n; i++) values += (double)(b->bin[i].in.hi - b->bin[i].in.lo + 1);
    for (uint32_t i = first; i < b->n; i++)
        b->bin[i].weight = w->weight * (double)(b->bin[i].in.hi - b->bin[i].in.lo + 1) / values;
    return fine;
}

static int by_bin(const void *a, const void *b) {
    const bin *x = a, *y = b;
    if (x->in.lo != y->in.lo) return x->in.lo < y->in.lo ? -1 : 1;
    return x->in.hi < y->in.hi ? -1 : x->in.hi > y->in.hi;
}

static bool bins_apart(population *p, const node *n, bins *b, diags *d) {
    bool fine_steps = n->kind == K_NUMBER && dec_double(n->step) < 1;
    qsort(b->bin, b->n, sizeof *b->bin, by_bin);
    for (uint32_t i = 1; i < b->n; i++) {
        struct interval *low = &b->bin[i - 1].in, *high = &b->bin[i].in;
        if (fine_steps && high->lo == low->hi && high->hi > high->lo) high->lo++;
        if (high->lo > low->hi) continue;
        buf common = {0};
        value_key_print(n, high->lo, &common);
        lint_at(p, d, DIAG_P08, b->bin[i].from->at, b->bin[i].from->key,
                "let one end a step before the other begins",
                "`" STR_FMT "`: `" STR_FMT "` and `" STR_FMT "` both hold " STR_FMT, STR_ARG(n->path),
                STR_ARG(b->bin[i - 1].from->key), STR_ARG(b->bin[i].from->key), STR_ARG(buf_view(&common)));
        buf_free(&common);
        return false;
    }
    return true;
}

static bool bin_weights(population *p, const node *n, const tree *t, const weights *w, diags *d, dist *out) {
    bins b = {0};
    bool fine = true;
    for (uint32_t i = 0; i < w->n; i++) fine = key_bins(p, n, &w->item[i], &b, d) && fine;
    fine = fine && bins_apart(p, n, &b, d);
    out->form = DIST_BINS;
    out->bins = b.n;
    out->bin = arena_new_of(p->mem, struct interval, b.n + 1);
    out->weight = arena_new_of(p->mem, double, b.n + 1);
    for (uint32_t i = 0; i < b.n; i++) {
        out->bin[i] = b.bin[i].in;
        out->weight[i] = b.bin[i].weight;
    }
    free(b.bin);
    if (!fine || !normalise(p, n, t, out->weight, out->bins, d, &out->total)) return false;
    alias_build(&out->pick, out->weight, out->bins, p->mem);
    return true;
}

/* ---- normal, log-normal, equals --------------------------------------------------------------- */

static bool needed(const population *p, const node *n, const tree *t, const char *key, diags *d) {
    return lint_at(p, d, DIAG_P02, t, str_of(key),
                   "{mean: n, sd: n, range: RANGE}, {median: n, sigma: n, range: RANGE}",
                   "`" STR_FMT "`: the key `%s` is missing", STR_ARG(n->path), key);
}

static bool normal_range(population *p, const node *n, const tree *t, diags *d, dist *out) {
    out->lo = n->lo;
    out->hi = n->hi;
    if (!t) return true;
    if (t->kind != TREE_SCALAR) return said_form(p, n, t, "LOW..HIGH", d);
    bins b = {0};
    weighted w = {t->text, t, 1};
    bool fine = bin_add(p, n, &w, str_trim(t->text), &b, d);
    if (fine) {
        out->lo = b.bin[0].in.lo;
        out->hi = b.bin[0].in.hi;
    }
    free(b.bin);
    return fine;
}

/* Beyond 37 standard deviations nothing is left to be drawn. Where the mean follows from attributes, the draw
 * says so. */
static bool within_reach(const population *p, const node *n, const tree *t, diags *d, const dist *s) {
    double unit = dec_double(n->step), low = ((double)s->lo - 0.5) * unit, high = ((double)s->hi + 0.5) * unit;
    if (s->mean.terms || s->form != DIST_NORMAL) return true;
    double far = low > s->mean.constant ? low - s->mean.constant : s->mean.constant - high;
    if (far < 37 * s->sd) return true;
    return lint_at(p, d, DIAG_P07, t, tree_get(t, "mean")->text,
                   "tails are cut off at `range`, not piled up there",
                   "`" STR_FMT "`: the mean lies %.0f standard deviations outside the range", STR_ARG(n->path),
                   far / s->sd);
}

static bool normal_dist(population *p, const node *n, const tree *t, bool log_normal, diags *d, dist *out) {
    static const char *const normal_keys[] = {"mean", "sd", "range", NULL};
    static const char *const log_keys[] = {"median", "sigma", "range", NULL};
    const char *const *keys = log_normal ? log_keys : normal_keys;
    const tree *sd = tree_get(t, keys[1]);
    out->form = log_normal ? DIST_LOG_NORMAL : DIST_NORMAL;
    bool fine = lint_keys(p, d, t, log_normal ? "a log-normal" : "a normal", keys, false);
    fine = linear_read(p, tree_get(t, keys[0]), d, &out->mean) && fine;
    if (sd)
        fine = lint_number(p, d, sd, keys[1], &out->sd) && fine;
    else
        fine = fine && needed(p, n, t, keys[1], d); /* unless another key was misspelt */
    fine = normal_range(p, n, tree_get(t, "range"), d, out) && fine;
    if (fine && !(out->sd > 0))
        return lint_at(p, d, DIAG_P09, sd, sd->text, "for one certain value write it alone", "`%s` is above 0",
                       keys[1]);
    if (fine && !within_reach(p, n, t, d, out)) return false;
    if (fine && log_normal && !out->mean.terms && !(out->mean.constant > 0))
        return lint_at(p, d, DIAG_P07, t, tree_get(t, "median")->text,
                       "a normal distribution, {mean: n, sd: n, range: RANGE}, may be below 0",
                       "a median is above 0");
    return fine;
}

static bool equals_dist(population *p, const tree *t, diags *d, dist *out) {
    static const char *const keys[] = {"equals", NULL};
    out->form = DIST_EQUALS;
    return lint_keys(p, d, t, "`equals`", keys, false) && linear_read(p, tree_get(t, "equals"), d, &out->mean);
}

static bool number_dist(population *p, const node *n, const grid_leaf *l, diags *d, dist *out) {
    const tree *t = l->tree;
    weights w = {l->item, l->items};
    if (l->item) return bin_weights(p, n, t, &w, d, out);
    if (t->kind == TREE_MAP && n->kind == K_NUMBER && tree_get(t, "mean"))
        return normal_dist(p, n, t, false, d, out);
    if (t->kind == TREE_MAP && n->kind == K_NUMBER && tree_get(t, "median"))
        return normal_dist(p, n, t, true, d, out);
    if (t->kind == TREE_MAP && tree_get(t, "equals")) return equals_dist(p, t, d, out);
    if (t->nothing || t->kind == TREE_LIST || (t->kind == TREE_MAP && !t->n))
        return said_form(p, n, t, dist_hint(n), d);
    return weights_of_tree(p, n, t, d, &w) && bin_weights(p, n, t, &w, d, out);
}

/* ---- all -------------------------------------------------------------------------------------- */

/* A CSV without parents: the weights of the kind itself. */
static bool csv_leaf(population *p, const node *n, const tree *t, diags *d, grid_leaf *out) {
    const csv *c = compose_csv(p, t, d);
    if (!c) return false;
    uint32_t own = n->kind == K_CHOICE ? choice_column(p, c, n, NULL) : NO_NODE;
    grid_rows g = {.p = p, .d = d, .what = n->path};
    grid_read_csv(&g, t, &(csv_shape){.node = n, .own = own == NO_NODE ? STR("") : c->header[own]});
    if (g.failed) return false;
    *out = g.leaf[0];
    return true;
}

dist *dist_of_leaf(population *p, const node *n, const grid_leaf *l, diags *d) {
    dist *out = arena_new_of(p->mem, dist, 1);
    grid_leaf read = *l;
    weights w;
    if (!read.item && n->kind != K_TEXT && tree_is_csv(read.tree) && !csv_leaf(p, n, read.tree, d, &read))
        return NULL;
    const tree *t = read.tree;
    bool fine;
    if (!read.item && is_column(t)) {
        fine = column_dist(p, n, t, d, out);
    } else if (n->kind == K_FLAG) {
        fine = flag_dist(p, n, &read, d, out);
    } else if (n->kind == K_CHOICE) {
        w = (weights){read.item, read.items};
        if (!read.item && (t->nothing || (t->kind != TREE_SCALAR && !t->n)))
            fine = said_form(p, n, t, "[a, b], {a: 60, b: 40}, or one value", d);
        else
            fine = (read.item || weights_of_tree(p, n, t, d, &w)) && choice_weights(p, n, t, &w, d, out);
    } else {
        fine = number_dist(p, n, &read, d, out);
    }
    return fine ? out : NULL;
}

dist *compile_dist(population *p, const node *n, const tree *t, diags *d) {
    return dist_of_leaf(p, n, &(grid_leaf){.tree = t}, d);
}

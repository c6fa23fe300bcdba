/* compile_choose.c: `choose`: candidates, how likely each is, what it brings along, how many there are to be,
 * and what they are compared with; and `prior`, which stands on attributes and is read for it.
 *
 * Invariants: no attribute is a candidate twice; no table speaks of one, since what a table counts every person
 * has; a section with `list` is one candidate, whose instances come or stay away together.
 */
#include "taxonomy/choose.h"
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/template.h"

#include <string.h>

#define PRIOR_MOST  1e6
#define WEIGHT_MOST 1e12

typedef struct chooser {
    population *p;
    diags *d;
    choose *c;
    const tree *t;
    uint32_t *at; /* leaf -> candidate + 1 of this choose */
} chooser;

/* The key's value, unless it is nothing. */
static const tree *said(const tree *t, const char *key) {
    const tree *v = tree_get(t, key);
    return v && !v->nothing ? v : NULL;
}

/* ---- from ----------------------------------------------------------------------------------------------- */

static bool from_fits(const chooser *x, const tree *at, uint32_t i) {
    const population *p = x->p;
    const node *n = &p->node[i];
    if (n->kind != K_SECTION)
        return lint_at(p, x->d, DIAG_P03, at, n->path, "put it into a section of what may be left out",
                       "choose `" STR_FMT "`: `from` names sections, `" STR_FMT "` is a %s",
                       STR_ARG(x->c->name), STR_ARG(n->path), kind_name(n->kind));
    if (i >= p->drawn_nodes)
        return lint_at(p, x->d, DIAG_P10, at, n->path,
                       "texts that may be left out are attributes under `leaves`",
                       "choose `" STR_FMT "`: `" STR_FMT "` is a field of a facet, which is always written",
                       STR_ARG(x->c->name), STR_ARG(n->path));
    if (n->within != NO_LEAF)
        return lint_at(p, x->d, DIAG_P10, at, n->path,
                       "name the list itself: its instances are chosen together",
                       "choose `" STR_FMT "`: `" STR_FMT "` stands in the list `" STR_FMT "`",
                       STR_ARG(x->c->name), STR_ARG(n->path), STR_ARG(p->node[n->within].path));
    return true;
}

static bool candidate_fits(const chooser *x, const tree *at, const node *n) {
    const population *p = x->p;
    uint32_t i = (uint32_t)(n - p->node);
    if (p->compiled->optional[i])
        return lint_at(p, x->d, DIAG_P03, at, n->path, "keep one of them", "`" STR_FMT "` is a candidate twice",
                       STR_ARG(n->path));
    if (n->in_table)
        return lint_at(p, x->d, DIAG_P10, at, n->path, "put it into a section that is not chosen from",
                       "choose `" STR_FMT "`: a table speaks of `" STR_FMT "`, so every person has it",
                       STR_ARG(x->c->name), STR_ARG(n->path));
    return true;
}

static void add_candidate(chooser *x, uint32_t i) {
    choose *c = x->c;
    candidate *one = &c->candidate[c->candidates++];
    *one = (candidate){.node = i};
    node_field(x->p, i, &one->leaves);
    for (uint32_t k = 0; k < one->leaves.n; k++) x->at[one->leaves.first + k] = c->candidates;
}

static void add_entry(chooser *x, const tree *at) {
    population *p = x->p;
    uint32_t i = ref_find(p, at, at->text, x->d);
    choose_entry e = {x->c->candidates, 0};
    if (i == NO_NODE || !from_fits(x, at, i)) return;
    for (uint32_t k = i; k < p->node[i].end; k++) {
        field_span leaves;
        if (!candidate_fits(x, at, &p->node[k])) return;
        p->compiled->optional[k] = true;
        if (node_field(p, k, &leaves) && !ref_broken(p, k)) add_candidate(x, k);
    }
    e.end = x->c->candidates;
    x->c->entry[x->c->entries++] = e;
}

static void from_read(chooser *x) {
    const tree *t = tree_get(x->t, "from");
    uint32_t n = t->kind == TREE_LIST ? t->n : 1;
    bool fits = t->kind == TREE_SCALAR || (t->kind == TREE_LIST && t->n);
    for (uint32_t i = 0; t->kind == TREE_LIST && i < t->n; i++) fits = fits && t->item[i]->kind == TREE_SCALAR;
    if (!fits) {
        lint_at(x->p, x->d, DIAG_P03, t, STR(""), "from: [hobbies, health]", "`from` is a list of sections");
        return;
    }
    x->c->candidate = arena_new_of(x->p->mem, candidate, x->p->drawn_nodes + 1);
    x->c->entry = arena_new_of(x->p->mem, choose_entry, n);
    for (uint32_t i = 0; i < n; i++) add_entry(x, t->kind == TREE_LIST ? t->item[i] : t);
}

/* ---- prior ---------------------------------------------------------------------------------------------- */

static const tree *prior_tree(const population *p, uint32_t i) {
    const tree *t = p->compiled->source[i];
    return t->kind == TREE_MAP && i < p->drawn_nodes ? said(t, "prior") : NULL;
}

static bool prior_of(const population *p, uint32_t i, diags *d, double *out) {
    const tree *t = prior_tree(p, i);
    *out = 1;
    if (!t) return true;
    if (!lint_number(p, d, t, "`prior`", out)) return false;
    if (*out < 0)
        return lint_at(p, d, DIAG_P09, t, t->text, "0: it comes only with what refers to it",
                       "`" STR_FMT "`: a prior cannot be negative", STR_ARG(p->node[i].path));
    if (*out > PRIOR_MOST)
        return lint_at(p, d, DIAG_P07, t, t->text, "1 is the prior of what states none",
                       "`" STR_FMT "`: a prior is at most %g", STR_ARG(p->node[i].path), PRIOR_MOST);
    return true;
}

/* Also where nothing chooses, so that a wrong one is said. */
static void priors_lint(const population *p, diags *d) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        double ignored;
        const tree *t = prior_tree(p, i);
        bool useful = p->compiled->optional[i];
        for (uint32_t k = i + 1; k < p->node[i].end && !useful; k++) useful = p->compiled->optional[k];
        if (!t || !prior_of(p, i, d, &ignored) || useful) continue;
        lint_at(p, d, DIAG_W00, t, p->node[i].path, "name a section above it in `from` of a `choose`",
                "nothing is chosen from `" STR_FMT "`, so its `prior` does nothing", STR_ARG(p->node[i].path));
    }
}

/* prior^(1 - tail), without libm. */
static double weight_of(double prior, uint32_t tail_ppm) {
    if (prior <= 0) return 0;
    if (!tail_ppm) return prior;
    if (tail_ppm == 1000000) return 1;
    return num_exp(num_log(prior) * ((double)(1000000 - tail_ppm) / 1e6));
}

/* Of the candidate and all that is above it. */
static double prior_down(const chooser *x, const candidate *c) {
    const population *p = x->p;
    double all = 1, one;
    for (uint32_t k = c->node; k != NO_LEAF; k = p->node[k].parent)
        if (prior_of(p, k, x->d, &one)) all *= one;
    if (all > WEIGHT_MOST)
        lint_at(p, x->d, DIAG_P07, p->compiled->source[c->node], p->node[c->node].path,
                "priors multiply downwards", "the priors of `" STR_FMT "` and what is above it multiply to %g",
                STR_ARG(p->node[c->node].path), all);
    return all > 0 && all < 1 / WEIGHT_MOST ? 1 / WEIGHT_MOST : all;
}

/* As whole numbers, so that drawing without putting back is exact. */
static void weights_read(chooser *x, uint32_t tail_ppm) {
    choose *c = x->c;
    arena *mem = arena_new(0);
    double *w = arena_new_of(mem, double, c->candidates + 1), most = 0;
    uint64_t first = 0;
    for (uint32_t i = 0; i < c->candidates; i++) {
        w[i] = weight_of(prior_down(x, &c->candidate[i]), tail_ppm);
        if (w[i] > most) most = w[i];
    }
    for (uint32_t i = 0; i < c->candidates; i++) {
        uint64_t whole = w[i] > 0 ? (uint64_t)(w[i] / most * 0x1p32 + 0.5) : 0;
        c->candidate[i].weight = whole || w[i] <= 0 ? whole : 1;
        if (!first) first = c->candidate[i].weight;
        c->weighted = c->weighted || (w[i] > 0 && c->candidate[i].weight != first);
    }
    arena_free(mem);
}

/* ---- what comes along ---------------------------------------------------------------------------------- */

typedef struct bringing {
    const chooser *x;
    uint32_t *list, n, self;
    bool *seen; /* one a candidate */
} bringing;

static void bring(bringing *b, const uint32_t *leaf, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = b->x->at[leaf[i]];
        if (!at || at - 1 == b->self || b->seen[at - 1]) continue;
        b->seen[at - 1] = true;
        b->list[b->n++] = at - 1;
    }
}

/* `by` of a section with `row` is that of the leaves that take their value from it. */
static void bring_of_leaf(bringing *b, uint32_t leaf) {
    population *p = b->x->p;
    const node *n = node_at(p, leaf);
    const draw_spec *s = leaf == n->leaf ? n->draw : NULL;
    if (n->when) {
        leaf_list l = pred_leaves(p, n->when);
        bring(b, l.leaf, l.n);
    }
    for (uint32_t i = 0; s && s->given && i < s->given->parents; i++) bring(b, &s->given->parent[i].leaf, 1);
    if (s) bring(b, s->except.leaf, s->except.n);
    if (s && s->dists && s->dist[0].form == DIST_ROW) {
        const row_source *row = node_at(p, s->dist[0].row)->draw->row;
        if (row) bring(b, row->by.leaf, row->by.n);
    }
}

static void brings_read(chooser *x) {
    choose *c = x->c;
    arena *mem = arena_new(0);
    uint32_t *list = arena_new_of(mem, uint32_t, c->candidates + 1);
    bool *seen = arena_new_of(mem, bool, c->candidates + 1);
    for (uint32_t i = 0; i < c->candidates; i++) {
        candidate *one = &c->candidate[i];
        bringing b = {.x = x, .list = list, .self = i, .seen = seen};
        for (uint32_t k = 0; k < one->leaves.n; k++) bring_of_leaf(&b, one->leaves.first + k);
        one->nbrings = b.n;
        one->brings = b.n ? arena_dup(x->p->mem, list, b.n * sizeof *list) : NULL;
        for (uint32_t k = 0; k < b.n; k++) seen[list[k]] = false;
    }
    arena_free(mem);
}

/* ---- count --------------------------------------------------------------------------------------------- */

/* A sum may only name what is drawn and there once. */
static bool sum_fits(const chooser *x, const dist *s, const tree *at) {
    bool fine = true;
    if (s->form != DIST_NORMAL && s->form != DIST_LOG_NORMAL && s->form != DIST_EQUALS) return true;
    for (uint32_t i = 0; i < s->mean.terms; i++) {
        const node *n = node_at(x->p, s->mean.term[i].leaf);
        if (leaf_drawn(n) && !n->is_list && n->within == NO_LEAF) continue;
        fine = lint_at(x->p, x->d, DIAG_P10, at, n->path, "name drawn attributes with one value",
                       "choose `" STR_FMT "`: `count` names `" STR_FMT "`, which %s", STR_ARG(x->c->name),
                       STR_ARG(n->path), leaf_drawn(n) ? "has several values" : "is written");
    }
    return fine;
}

static void count_add(chooser *x, const dist *s, const tree *at) {
    if (s && sum_fits(x, s, at)) x->c->count.dist[x->c->count.dists++] = *s;
}

static void count_given(chooser *x, const tree *given, leaf_list parents) {
    population *p = x->p;
    grid_rows rows = {.p = p,
                      .d = x->d,
                      .by = parents,
                      .zero_from = parents.n,
                      .what = str_printf(p->mem, "choose `" STR_FMT "`", STR_ARG(x->c->name))};
    if (tree_is_csv(given))
        grid_read_csv(&rows, given, &(csv_shape){.node = &x->c->many, .own = STR("")});
    else
        grid_read(&rows, given);
    if (rows.failed) return;
    x->c->count.given = grid_build(&rows);
    x->c->count.dist = arena_new_of(p->mem, dist, rows.leaves + 1);
    for (uint32_t i = 0; i < rows.leaves; i++)
        count_add(x, dist_of_leaf(p, &x->c->many, &rows.leaf[i], x->d), given);
}

static void count_read(chooser *x) {
    population *p = x->p;
    const tree *by = said(x->t, "by"), *given = said(x->t, "given"), *count = tree_get(x->t, "count");
    leaf_list parents = {0};
    if (!domain_count(p, count, "count", x->d, &x->c->many) ||
        (by && !ref_parents(p, by, "`by`", NO_LEAF, x->d, &parents)))
        return;
    const dist *own = compile_dist(p, &x->c->many, count, x->d);
    if (given) {
        count_given(x, given, parents);
        return;
    }
    x->c->count.dist = arena_new_of(p->mem, dist, 1);
    count_add(x, own, count);
    if (parents.n)
        lint_at(p, x->d, DIAG_P08, by, x->c->name, "add `given`, or remove `by`",
                "choose `" STR_FMT "` has `by` but no `given`", STR_ARG(x->c->name));
}

static void count_lint(const chooser *x) {
    const choose *c = x->c;
    const tree *count = tree_get(x->t, "count");
    if (c->many.lo > (int64_t)c->candidates)
        lint_at(x->p, x->d, DIAG_W00, count, c->name, "more attributes below `from`, or a smaller `count`",
                "choose `" STR_FMT "` asks for at least %lld of %u candidates: everybody has all of them",
                STR_ARG(c->name), (long long)c->many.lo, c->candidates);
    else if ((int64_t)c->least * c->entries > c->many.lo)
        lint_at(x->p, x->d, DIAG_W00, tree_get(x->t, "least"), c->name, "`count` is what is kept then",
                "choose `" STR_FMT "`: `least` wants %llu of %u sections, `count` may be %lld",
                STR_ARG(c->name), (unsigned long long)c->least * c->entries, c->entries, (long long)c->many.lo);
}

/* ---- to, mix ------------------------------------------------------------------------------------------- */

static bool to_read(chooser *x) {
    const tree *t = said(x->t, "to");
    bool fine = true;
    if (!t || !compile_refs(x->p, t, x->d, &x->c->to)) return false;
    for (uint32_t i = 0; i < x->c->to.n; i++) {
        const node *n = node_at(x->p, x->c->to.leaf[i]);
        if (leaf_drawn(n) && n->within == NO_LEAF) continue;
        fine = lint_at(x->p, x->d, DIAG_P10, t, n->path, "anchors are drawn, and there once",
                       "choose `" STR_FMT "`: `to` names `" STR_FMT "`, which %s", STR_ARG(x->c->name),
                       STR_ARG(n->path), leaf_drawn(n) ? "stands in a list" : "is written");
    }
    return fine && x->c->to.n;
}

static const char *const third_names[] = {"near", "mid", "far", NULL};

/* One that is not named is 0. */
static void mix_read(chooser *x) {
    static const uint64_t usual[CHOOSE_THIRDS] = {5000, 3000, 2000};
    const tree *t = said(x->t, "mix"), *to = said(x->t, "to");
    uint64_t sum = 0;
    size_t before = x->d->errors;
    memcpy(x->c->mix, usual, sizeof usual);
    if (!t || !lint_map(x->p, x->d, t, "`mix`")) return;
    if (!to)
        lint_at(x->p, x->d, DIAG_P02, t, STR("to"), "to: [age, work]",
                "choose `" STR_FMT "` has `mix`, but the key `to` is missing: near to what?",
                STR_ARG(x->c->name));
    if (!lint_keys(x->p, x->d, t, "`mix`", third_names, false)) return;
    for (uint32_t i = 0; i < CHOOSE_THIRDS; i++) {
        const tree *one = tree_get(t, third_names[i]);
        uint32_t v = 0;
        dec minus;
        if (one && one->kind == TREE_SCALAR && dec_parse(one->text, &minus) && minus.m < 0)
            lint_at(x->p, x->d, DIAG_P09, one, one->text, "0: none from this third",
                    "a share of `mix` cannot be negative");
        else if (one)
            lint_scaled(x->p, x->d, one, "a share of `mix`", 1000, 0, 1000000000, &v);
        sum += x->c->mix[i] = v;
    }
    if (!sum && x->d->errors == before)
        lint_at(x->p, x->d, DIAG_P09, t, x->c->name, "mix: {near: 5, mid: 3, far: 2}",
                "choose `" STR_FMT "`: the shares of `mix` sum to 0", STR_ARG(x->c->name));
}

/* Labels from the root, then the hint; of a list of sections those of all that is below. */
static str candidate_text(const population *p, const candidate *c) {
    buf b = {0};
    labels_put(p, c->node, &b);
    for (uint32_t i = c->node; i < p->node[c->node].end; i++) {
        const node *n = &p->node[i];
        if (i > c->node) buf_printf(&b, "\n" STR_FMT, STR_ARG(n->label));
        if (n->hint.n) buf_printf(&b, "\n" STR_FMT, STR_ARG(n->hint));
    }
    str s = str_dup(p->mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static void compare_all(chooser *x) {
    choose *c = x->c;
    arena *mem = arena_new(0);
    str *text = arena_new_of(mem, str, c->candidates + 1);
    for (uint32_t i = 0; i < c->candidates; i++) text[i] = candidate_text(x->p, &c->candidate[i]);
    c->like = likeness_new(x->p->mem, locale_language(x->p), text, c->candidates);
    arena_free(mem);
}

/* ---- all ----------------------------------------------------------------------------------------------- */

static bool required(const chooser *x) {
    static const char *const must[] = {"from", "count"};
    bool fine = true;
    for (size_t i = 0; i < COUNT_OF(must); i++) {
        if (!said(x->t, must[i]))
            fine = lint_at(x->p, x->d, DIAG_P02, x->t, str_of(must[i]),
                           "choose: {traits: {from: [hobbies], count: 3..5}}",
                           "choose `" STR_FMT "`: the key `%s` is missing", STR_ARG(x->c->name), must[i]);
    }
    return fine;
}

static void choose_read(chooser *x) {
    static const char *const keys[] = {"from", "count", "by", "given", "to", "mix", "tail", "least", NULL};
    population *p = x->p;
    const tree *tail = said(x->t, "tail"), *least = said(x->t, "least");
    uint32_t ppm = 0;
    int64_t v = 0;
    lint_keys(p, x->d, x->t, "a choose", keys, true);
    if (tail) lint_scaled(p, x->d, tail, "`tail`", 1000000, 0, 1000000, &ppm);
    if (least && lint_int(p, x->d, least, "`least`", 0, 1000000, &v)) x->c->least = (uint32_t)v;
    bool compared = to_read(x);
    mix_read(x);
    if (!required(x)) return;
    size_t before = x->d->errors;
    x->at = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    from_read(x);
    count_read(x);
    weights_read(x, ppm);
    if (x->d->errors > before) return;
    count_lint(x);
    brings_read(x);
    if (compared) compare_all(x);
}

bool compile_choose(population *p, diags *d) {
    size_t before = d->errors;
    const tree *t = tree_get(p->composed->top, "choose");
    compiled *all = p->compiled;
    all->optional = arena_new_of(p->mem, bool, p->nodes + 1);
    if (t && !t->nothing && lint_map(p, d, t, "choose")) {
        all->choose = arena_new_of(p->mem, choose, t->n + 1);
        for (uint32_t i = 0; i < t->n; i++) {
            const tree_member *m = &t->member[i];
            choose *c = &all->choose[all->chooses];
            *c = (choose){.name = m->key, .key = hash_64(m->key, 0)};
            lint_name(p, d, t, m, " of a choose");
            if (!lint_map(p, d, m->value, "a choose")) continue;
            all->chooses++;
            choose_read(&(chooser){.p = p, .d = d, .c = c, .t = m->value});
        }
    }
    if (d->errors == before) priors_lint(p, d);
    return d->errors == before;
}

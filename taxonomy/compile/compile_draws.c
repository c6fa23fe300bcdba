/* compile_draws.c: how each attribute is drawn: `when` of all nodes; by, given, only, except and list of drawn
 * leaves -> draw_spec; and the order of draws.
 *
 * Invariants: node.when is the AND of its own and of all above, and speaks of drawn attributes alone.
 * draw_order holds every drawn leaf, and hidden ones that are needed, once, each after all it refers to, else
 * in file order. A leaf whose domain is at fault has no spec.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

static const char *const number_words[] = {"mean", "sd", "median", "sigma", "range", NULL};

/* ---- what may be referred to ------------------------------------------------------------------ */

/* P10 for leaves that a drawn attribute (or a `when`) cannot depend on. alone: as one value, so none of a list.
 */
static bool drawn_only(population *p, const tree *at, leaf_list l, const char *what, uint32_t self, bool alone,
                       diags *d) {
    bool fine = true;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = node_at(p, l.leaf[i]);
        uint32_t instance = ref_instance(p, p->leaf_node[l.leaf[i]]);
        if (!leaf_drawn(n))
            fine = lint_at(p, d, DIAG_P10, at, n->path,
                           "what a facet writes is not there yet when attributes are drawn",
                           "%s of `" STR_FMT "` names `" STR_FMT "`, which is written", what,
                           STR_ARG(p->node[self].path), STR_ARG(n->path));
        else if (alone && instance != NO_NODE && ref_instance(p, self) != instance)
            fine = lint_at(p, d, DIAG_P10, at, n->path,
                           "only predicates, `of`, `what` and templates reach into a list",
                           "%s of `" STR_FMT "`: `" STR_FMT "` stands in the list `" STR_FMT "`", what,
                           STR_ARG(p->node[self].path), STR_ARG(n->path), STR_ARG(p->node[instance].path));
    }
    return fine;
}

/* ---- when ------------------------------------------------------------------------------------- */

static void when_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *src = p->compiled->source[i], *t = tree_get(src, "when");
    n->when = n->parent == NO_LEAF ? NULL : p->node[n->parent].when;
    if (!t) return;
    const pred *own = compile_pred(p, t, d);
    if (!own || !drawn_only(p, t, pred_leaves(p, own), "`when`", i, false, d)) return;
    const pred *all = pred_not_more(p, pred_and(p, n->when, own), t, d);
    if (all && !all->clauses && own->clauses)
        lint_at(p, d, DIAG_W00, t, n->path, "let them agree, or leave the attribute out",
                "`" STR_FMT "` never has a value: its `when` contradicts those above", STR_ARG(n->path));
    if (all) n->when = all;
}

/* ---- given ------------------------------------------------------------------------------------ */

typedef struct giving {
    population *p;
    diags *d;
    node *n;
    uint32_t self;
    const tree *src, *kind, *by, *given;
    draw_spec *spec;
} giving;

static bool dist_refs(giving *g, const dist *s, const tree *at, const char *what) {
    if (s->form != DIST_NORMAL && s->form != DIST_LOG_NORMAL && s->form != DIST_EQUALS) return true;
    return drawn_only(g->p, at, linear_leaves(g->p, &s->mean), what, g->self, true, g->d);
}

static void given_rows(giving *g, grid_rows *rows) {
    population *p = g->p;
    csv_shape shape = {.node = g->n, .own = STR(""), .words = g->n->kind == K_NUMBER ? number_words : NULL};
    if (!tree_is_csv(g->given)) {
        grid_read(rows, g->given);
        return;
    }
    if (g->given == g->kind) {
        const csv *c = compose_csv(p, g->given, g->d);
        uint32_t col = c ? choice_column(p, c, g->n, g->by) : NO_NODE;
        if (col != NO_NODE) shape.own = c->header[col];
    }
    grid_read_csv(rows, g->given, &shape);
}

static bool given_dists(giving *g, const grid_rows *rows) {
    population *p = g->p;
    draw_spec *s = g->spec;
    bool fine = true;
    if ((uint64_t)rows->leaves * g->n->values > GRID_MAX)
        return lint_at(p, g->d, DIAG_P17, g->given, g->n->path, "fewer KEYs in `given`, or fewer values",
                       "`" STR_FMT "`: %u distributions over %u values are too many", STR_ARG(g->n->path),
                       rows->leaves, g->n->values);
    s->dist = arena_new_of(p->mem, dist, rows->leaves + 1);
    for (uint32_t i = 0; i < rows->leaves; i++) {
        const dist *one = dist_of_leaf(p, g->n, &rows->leaf[i], g->d);
        if (one)
            s->dist[s->dists++] = *one;
        else
            fine = false;
        if (one && !dist_refs(g, one, g->given, "`given`")) fine = false;
        if (one && one->form == DIST_ROW && rows->by.n)
            fine = lint_at(p, g->d, DIAG_P03, g->given, g->n->path, "`by` stands on the section, beside `row`",
                           "`" STR_FMT "`: a column of a row is all of its distribution", STR_ARG(g->n->path));
    }
    return fine;
}

static bool given_read(giving *g) {
    population *p = g->p;
    draw_spec *s = g->spec;
    leaf_list by = {0};
    if (g->by && !ref_parents(p, g->by, "`by`", g->n->leaf, g->d, &by)) return false;
    if (!g->given && by.n) {
        if (!tree_is_csv(g->kind))
            return lint_at(p, g->d, DIAG_P08, g->by, g->n->path, "add `given`, or remove `by`",
                           "`" STR_FMT "` has `by` but no `given`", STR_ARG(g->n->path));
        g->given = g->kind;
    }
    if (!g->given) {
        if (!s->base) return false;
        s->dist = arena_dup(p->mem, s->base, sizeof *s->base);
        s->dists = 1;
        return dist_refs(g, s->base, g->kind, "the distribution");
    }
    grid_rows rows = {.p = p,
                      .d = g->d,
                      .by = by,
                      .zero_from = by.n,
                      .when = g->n->when,
                      .what = str_printf(p->mem, "attribute `" STR_FMT "`", STR_ARG(g->n->path))};
    given_rows(g, &rows);
    if (rows.failed) return false;
    s->given = grid_build(&rows);
    return given_dists(g, &rows) && s->given;
}

/* The kind's own DIST, where it says how likely values are without any parent. */
static bool base_read(giving *g) {
    if (g->by && !g->given && tree_is_csv(g->kind)) return true;
    g->spec->base = compile_dist(g->p, g->n, g->kind, g->d);
    return g->spec->base;
}

/* What `weights` and classes can be made from. */
static void base_keep(draw_spec *s) {
    if (s->base && s->base->form != DIST_CHOICE && s->base->form != DIST_FLAG && s->base->form != DIST_BINS)
        s->base = NULL;
}

/* ---- only, except, list ----------------------------------------------------------------------- */

static bool choice_key(giving *g, const tree *t, const char *key) {
    if (g->n->kind == K_CHOICE) return true;
    return lint_at(
        g->p, g->d, DIAG_P03, t, str_of(key), "a rule of the kind `never` or `compare` can forbid values",
        "`%s` stands on choices, `" STR_FMT "` is a %s", key, STR_ARG(g->n->path), kind_name(g->n->kind));
}

static void only_read(giving *g) {
    population *p = g->p;
    node *n = g->n;
    const tree *t = tree_get(g->src, "only");
    if (!t || t->nothing || !choice_key(g, t, "only") || !lint_map(p, g->d, t, "`only`")) return;
    g->spec->only = arena_new_of(p->mem, const pred *, n->values + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        tree at = member_place(t, &t->member[i]);
        int64_t v = value_index(p, n, at.text);
        if (v < 0) {
            lint_at(p, g->d, DIAG_P07, &at, at.text, value_near(p, n, at.text),
                    "`only`: `" STR_FMT "` has no value `" STR_FMT "`", STR_ARG(n->path), STR_ARG(at.text));
            continue;
        }
        g->spec->only[v] = compile_pred(p, t->member[i].value, g->d);
        if (g->spec->only[v] && leaf_drawn(n))
            drawn_only(p, t->member[i].value, pred_leaves(p, g->spec->only[v]), "`only`", g->self, false, g->d);
    }
}

/* NULL: the two choices have the same values in the same order, as those of one type do. */
static uint32_t *same_values(const population *p, const node *from, const node *to) {
    bool same = from->values == to->values;
    for (uint32_t v = 0; same && v < from->values; v++) same = str_eq(from->value[v].value, to->value[v].value);
    if (same) return NULL;
    uint32_t *as = arena_new_of(p->mem, uint32_t, from->values + 1);
    for (uint32_t v = 0; v < from->values; v++) {
        int64_t own = value_index(p, to, from->value[v].value);
        as[v] = own < 0 ? UINT32_MAX : (uint32_t)own;
    }
    return as;
}

static void except_read(giving *g) {
    population *p = g->p;
    const tree *t = tree_get(g->src, "except");
    leaf_list l;
    if (!t || t->nothing || !choice_key(g, t, "except") || !compile_refs(p, t, g->d, &l)) return;
    if (leaf_drawn(g->n) && !drawn_only(p, t, l, "`except`", g->self, true, g->d)) return;
    uint32_t **as = arena_new_of(p->mem, uint32_t *, l.n + 1);
    bool needed = false;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *other = node_at(p, l.leaf[i]);
        if (ref_broken(p, p->leaf_node[l.leaf[i]])) return;
        if (other->kind != K_CHOICE) {
            lint_at(p, g->d, DIAG_P03, t, other->path,
                    "values of a choice can be excepted; for others write a rule",
                    "`except`: `" STR_FMT "` is no choice", STR_ARG(other->path));
            return;
        }
        as[i] = same_values(p, other, g->n);
        needed = needed || as[i];
    }
    g->spec->except = l;
    g->spec->except_as = needed ? as : NULL;
}

/* How many elements: drawn as a number of its own, with the leaf's key. */
static void count_read(giving *g) {
    const tree *t = tree_get(g->src, "list");
    node many;
    if (!g->n->is_list || !domain_count(g->p, t, "list", g->d, &many)) return;
    const dist *count = compile_dist(g->p, &many, t, g->d);
    if (count && dist_refs(g, count, t, "`list`")) g->spec->count = count;
}

/* ---- sections --------------------------------------------------------------------------------- */

static void distinct_one(population *p, uint32_t i, const tree *t, diags *d) {
    node *n = &p->node[i];
    near k = near_to(t->text);
    for (uint32_t c = i + 1; c < n->end; c = p->node[c].end) {
        const node *child = &p->node[c];
        near_try(&k, child->name);
        if (!str_eq(child->name, t->text)) continue;
        if (child->leaf == NO_LEAF || child->is_list)
            lint_at(p, d, DIAG_P03, t, t->text, "name children that have one value",
                    "`distinct`: `" STR_FMT "` is a %s", STR_ARG(child->path),
                    child->leaf == NO_LEAF ? "section" : "list");
        else
            n->distinct[n->distincts++] = child->leaf;
        return;
    }
    lint_at(p, d, DIAG_P04, t, t->text, near_hint(p->mem, &k), "`" STR_FMT "` has no child `" STR_FMT "`",
            STR_ARG(n->path), STR_ARG(t->text));
}

/* Where a child has fewer values than there may be instances, the list ends early. */
static void distinct_ends(const population *p, const node *n, const tree *t, diags *d) {
    for (uint32_t i = 0; i < n->distincts; i++) {
        const node *c = node_at(p, n->distinct[i]);
        if (c->kind == K_CHOICE && n->count.hi != UINT32_MAX && c->values < n->count.hi)
            lint_at(p, d, DIAG_W00, t, c->path, "if no value is left the list ends",
                    "`" STR_FMT "` has %u values, lists of `" STR_FMT "` end there", STR_ARG(c->path),
                    c->values, STR_ARG(n->path));
    }
}

static void distinct_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *t = tree_get(p->compiled->source[i], "distinct");
    if (!t || t->nothing || n->number == NO_LEAF) return;
    if (t->kind != TREE_LIST) {
        lint_at(p, d, DIAG_P03, t, t->text, "distinct: [topic]", "`distinct` is a list of children");
        return;
    }
    n->distinct = arena_new_of(p->mem, uint32_t, t->n + 1);
    for (uint32_t k = 0; k < t->n; k++) distinct_one(p, i, t->item[k], d);
    distinct_ends(p, n, t, d);
}

static void section_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *src = p->compiled->source[i];
    distinct_read(p, i, d);
    if (!leaf_drawn(n) || (n->row == NO_LEAF && n->number == NO_LEAF)) return;
    giving g = {.p = p, .d = d, .n = n, .self = i, .src = src, .spec = arena_new_of(p->mem, draw_spec, 1)};
    if (n->row != NO_LEAF) g.spec->row = row_compile(p, n, tree_get(src, "row"), tree_get(src, "by"), d);
    count_read(&g);
    n->draw = g.spec;
}

/* A leaf that takes a column is known to its row. */
static void column_note(population *p, const node *n) {
    const dist *s = n->draw->dists ? &n->draw->dist[0] : NULL;
    if (!s || s->form != DIST_ROW) return;
    row_source *row = node_at(p, s->row)->draw->row;
    if (row) row->column[row->columns++] = n->leaf;
}

/* ---- one leaf --------------------------------------------------------------------------------- */

static void leaf_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *src = p->compiled->source[i], *by = tree_get(src, "by"), *given = tree_get(src, "given");
    giving g = {.p = p,
                .d = d,
                .n = n,
                .self = i,
                .src = src,
                .kind = tree_get(src, kind_name(n->kind)),
                .by = by && !by->nothing ? by : NULL,
                .given = given && !given->nothing ? given : NULL,
                .spec = arena_new_of(p->mem, draw_spec, 1)};
    if (n->kind == K_TEMPLATE) {
        n->tpl = compile_node_template(p, n, g.kind, d);
        count_read(&g);
        n->draw = g.spec;
        return;
    }
    if (base_read(&g)) given_read(&g);
    base_keep(g.spec);
    only_read(&g);
    except_read(&g);
    count_read(&g);
    n->draw = g.spec;
    column_note(p, n);
}

/* Of what a facet writes; narrow.c says what may be named when the facets' needs are known. */
static void narrow_read(population *p, uint32_t i, diags *d) {
    giving g = {.p = p, .d = d, .n = &p->node[i], .self = i, .src = p->compiled->source[i]};
    if (!tree_get(g.src, "only") && !tree_get(g.src, "except")) return;
    g.spec = arena_new_of(p->mem, draw_spec, 1);
    only_read(&g);
    except_read(&g);
    if (g.spec->only || g.spec->except.n) g.n->narrow = g.spec;
}

/* Keys that only drawn attributes of one kind know. */
static void kind_lint(population *p, uint32_t i, diags *d) {
    const struct {
        const char *key;
        kind a, b;
    } rows[] = {{"step", K_NUMBER, K_NUMBER},
                {"unit", K_NUMBER, K_NUMBER},
                {"ordered", K_CHOICE, K_CHOICE},
                {"labels", K_CHOICE, K_FLAG},
                {"words", K_CHOICE, K_FLAG}};
    const node *n = &p->node[i];
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        const tree *t = tree_get(p->compiled->source[i], rows[k].key);
        if (!t || t->nothing || n->kind == rows[k].a || n->kind == rows[k].b) continue;
        lint_at(p, d, DIAG_P03, t, str_of(rows[k].key), "leave it out, or give the attribute another kind",
                "`%s` is for a %s, `" STR_FMT "` is a %s", rows[k].key, kind_name(rows[k].a), STR_ARG(n->path),
                kind_name(n->kind));
    }
}

/* ---- what a leaf refers to -------------------------------------------------------------------- */

typedef struct refs {
    population *p;
    leaf_list l;
    uint32_t cap;
} refs;

static void refs_add(refs *r, leaf_list more) {
    for (uint32_t i = 0; i < more.n; i++) {
        bool known = false;
        for (uint32_t k = 0; k < r->l.n && !known; k++) known = r->l.leaf[k] == more.leaf[i];
        if (known) continue;
        if (r->l.n == r->cap) {
            uint32_t *wider = arena_new_of(r->p->mem, uint32_t, r->cap = r->cap ? r->cap * 2 : 8);
            for (uint32_t k = 0; k < r->l.n; k++) wider[k] = r->l.leaf[k];
            r->l.leaf = wider;
        }
        r->l.leaf[r->l.n++] = more.leaf[i];
    }
}

static void refs_of_dist(refs *r, const dist *s) {
    if (s && (s->form == DIST_NORMAL || s->form == DIST_LOG_NORMAL || s->form == DIST_EQUALS))
        refs_add(r, linear_leaves(r->p, &s->mean));
    if (s && s->form == DIST_ROW) refs_add(r, (leaf_list){(uint32_t *)(uintptr_t)&s->row, 1});
}

leaf_list node_refs(population *p, const node *n) {
    refs r = {.p = p};
    const draw_spec *s = n->draw;
    if (n->when) refs_add(&r, pred_leaves(p, n->when));
    for (uint32_t i = 0; s && s->given && i < s->given->parents; i++)
        refs_add(&r, (leaf_list){&s->given->parent[i].leaf, 1});
    for (uint32_t i = 0; s && i < s->dists; i++) refs_of_dist(&r, &s->dist[i]);
    for (uint32_t i = 0; s && s->only && i < n->values; i++)
        if (s->only[i]) refs_add(&r, pred_leaves(p, s->only[i]));
    if (s) refs_add(&r, s->except);
    if (s) refs_of_dist(&r, s->count);
    if (n->kind == K_TEMPLATE && n->tpl) refs_add(&r, template_leaves(p, n->tpl));
    return r.l;
}

/* How many instances there are is known when no more can be left out: behind what is `distinct`. */
leaf_list instance_refs(population *p, leaf_list of, uint32_t from) {
    refs r = {.p = p};
    refs_add(&r, of);
    if (from != NO_LEAF) refs_add(&r, (leaf_list){&p->node[from].number, 1});
    for (uint32_t i = 0; i < of.n; i++) {
        const node *n = node_at(p, of.leaf[i]);
        uint32_t section = of.leaf[i] == n->number ? (uint32_t)(n - p->node) : leaf_within(p, of.leaf[i]);
        if (section == NO_LEAF || section == from) continue;
        refs_add(&r, (leaf_list){&p->node[section].number, 1});
        for (uint32_t k = 0; k < p->node[section].distincts; k++) {
            uint32_t leaf = p->node[section].distinct[k];
            if (leaf_drawn(node_at(p, leaf))) refs_add(&r, (leaf_list){&leaf, 1});
        }
    }
    return r.l;
}

leaf_list leaf_refs(population *p, uint32_t leaf) {
    const node *n = node_at(p, leaf);
    leaf_list own;
    if (leaf == n->leaf) {
        own = node_refs(p, n);
    } else {
        refs r = {.p = p};
        if (n->when) refs_add(&r, pred_leaves(p, n->when));
        if (leaf == n->row && n->draw->row) refs_add(&r, n->draw->row->by);
        if (leaf == n->number) refs_of_dist(&r, n->draw->count);
        own = r.l;
    }
    return instance_refs(p, own, leaf_within(p, leaf));
}

/* ---- order ------------------------------------------------------------------------------------ */

typedef struct frame {
    uint32_t leaf, at;
    leaf_list refs;
} frame;

/* The path from the first visit of `leaf` on the stack back to it. */
static void cycle_said(population *p, const frame *stack, uint32_t depth, uint32_t leaf, diags *d) {
    buf b = {0};
    uint32_t from = depth;
    while (from > 0 && stack[from - 1].leaf != leaf) from--;
    for (uint32_t i = from ? from - 1 : 0; i < depth; i++)
        buf_printf(&b, STR_FMT " -> ", STR_ARG(node_at(p, stack[i].leaf)->path));
    buf_str(&b, node_at(p, leaf)->path);
    const node *n = node_at(p, leaf);
    lint_at(p, d, DIAG_P06, p->compiled->source[p->leaf_node[leaf]], n->path,
            "an attribute cannot follow from itself", "a cycle of attributes: " STR_FMT, STR_ARG(buf_view(&b)));
    buf_free(&b);
}

/* Depth first with a stack of our own: chains can be as long as the file. state: 1 on the stack, 2 done. */
static void order_from(population *p, uint32_t first, uint8_t *state, frame *stack, diags *d) {
    uint32_t depth = 0;
    stack[depth++] = (frame){first, 0, leaf_refs(p, first)};
    state[first] = 1;
    while (depth) {
        frame *f = &stack[depth - 1];
        if (f->at == f->refs.n) {
            state[f->leaf] = 2;
            if (leaf_drawn(node_at(p, f->leaf))) p->draw_order[p->draws++] = f->leaf;
            depth--;
            continue;
        }
        uint32_t next = f->refs.leaf[f->at++];
        if (state[next] == 1) cycle_said(p, stack, depth, next, d);
        if (state[next]) continue;
        state[next] = 1;
        stack[depth++] = (frame){next, 0, leaf_refs(p, next)};
    }
}

static void order_make(population *p, diags *d) {
    uint8_t *state = xcalloc(p->leaves + 1, 1);
    frame *stack = xmalloc((p->leaves + 1) * sizeof *stack);
    p->draw_order = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        uint32_t leaf = n->leaf != NO_LEAF ? n->leaf : n->number;
        if (leaf != NO_LEAF && leaf_drawn(n) && !state[leaf]) order_from(p, leaf, state, stack, d);
    }
    free(state);
    free(stack);
}

bool compile_draws(population *p, diags *d) {
    size_t before = d->errors;
    for (uint32_t i = 0; i < p->nodes; i++) when_read(p, i, d);
    for (uint32_t i = 0; i < p->nodes; i++) {
        const node *n = &p->node[i];
        if (n->kind == K_SECTION) section_read(p, i, d);
        if (n->kind == K_SECTION || p->compiled->broken[i]) continue;
        kind_lint(p, i, d);
        if (!leaf_drawn(n)) narrow_read(p, i, d);
        if (leaf_drawn(n))
            leaf_read(p, i, d);
        else if (leaf_counts(n)) /* for its faults: a model writes the value */
            compile_dist(p, n, tree_get(p->compiled->source[i], kind_name(n->kind)), d);
    }
    order_make(p, d);
    return d->errors == before;
}

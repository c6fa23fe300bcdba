/* compile_facets.c: facets: needs and their closure, `when`, who owns what is written, prompts.
 *
 * Invariants: closure is without the facet itself and without cycles; every written leaf has one owner; a
 * prompt is compiled when all owners stand, since it may only show what its facet's needs write.
 */
#include "taxonomy/compile/compile_parts.h"

static const tree *facet_tree(const population *p, uint16_t f) {
    return tree_get_str(tree_get(p->composed->top, "facets"), p->facet[f].name);
}

/* ---- needs ------------------------------------------------------------------------------------ */

static uint16_t facet_find(const population *p, const tree *at, diags *d) {
    near k = near_to(at->text);
    for (uint16_t i = 0; i < p->facets; i++) {
        if (str_eq(p->facet[i].name, at->text)) return i;
        near_try(&k, p->facet[i].name);
    }
    lint_at(p, d, DIAG_P04, at, at->text, near_hint(p->mem, &k), "there is no facet `" STR_FMT "`",
            STR_ARG(at->text));
    return NO_FACET;
}

static void needs_read(population *p, uint16_t f, const tree *t, diags *d) {
    facet *fa = &p->facet[f];
    if (!t || t->nothing) return;
    if (t->kind != TREE_LIST) {
        lint_at(p, d, DIAG_P03, t, t->text, "needs: [facet]", "`needs` is a list of facets");
        return;
    }
    fa->need = arena_new_of(p->mem, uint16_t, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        uint16_t need = facet_find(p, t->item[i], d);
        if (need != NO_FACET) fa->need[fa->needs++] = need;
    }
}

static void cycle_said(population *p, const uint16_t *path, uint32_t n, uint16_t again, diags *d) {
    buf b = {0};
    uint32_t from = 0;
    while (path[from] != again) from++;
    for (uint32_t i = from; i < n; i++) buf_printf(&b, STR_FMT " -> ", STR_ARG(p->facet[path[i]].name));
    buf_str(&b, p->facet[again].name);
    lint_at(p, d, DIAG_P06, facet_tree(p, again), p->facet[again].name,
            "a facet cannot wait for itself: leave one of these `needs` out", "a cycle of facets: " STR_FMT,
            STR_ARG(buf_view(&b)));
    buf_free(&b);
}

/* state: 1 on the path, 2 done. At most 64 deep. */
static void closure_of(population *p, uint16_t f, uint8_t *state, uint16_t *path, uint32_t n, diags *d) {
    facet *fa = &p->facet[f];
    state[f] = 1;
    path[n++] = f;
    for (uint16_t i = 0; i < fa->needs; i++) {
        uint16_t need = fa->need[i];
        if (state[need] == 1) {
            cycle_said(p, path, n, need, d);
            continue;
        }
        if (!state[need]) closure_of(p, need, state, path, n, d);
        fa->closure |= p->facet[need].closure | UINT64_C(1) << need;
    }
    state[f] = 2;
}

/* ---- when ------------------------------------------------------------------------------------- */

/* A facet is called or not when its needs are written, so what they wrote may decide; a text has no values to
 * test. */
static bool when_may_name(population *p, uint16_t f, const node *n, const tree *at, diags *d) {
    if (leaf_drawn(n)) return true;
    bool needed = n->owner != NO_FACET && (p->facet[f].closure >> n->owner & 1);
    if (needed && (leaf_counts(n) || n->number != NO_LEAF)) return true;
    return lint_at(
        p, d, DIAG_P10, at, n->path,
        needed ? "choices, numbers and flags can be tested" : "add the facet that writes it to `needs`",
        "`when` of the facet `" STR_FMT "` names `" STR_FMT "`, which is written%s", STR_ARG(p->facet[f].name),
        STR_ARG(n->path), needed ? " and a text" : " by none of its needs");
}

static void when_read(population *p, uint16_t f, const tree *t, diags *d) {
    if (!t) return;
    const pred *q = compile_pred(p, t, d);
    if (!q) return;
    leaf_list l = pred_leaves(p, q);
    bool fine = true;
    for (uint32_t i = 0; i < l.n; i++) fine = when_may_name(p, f, node_at(p, l.leaf[i]), t, d) && fine;
    if (fine) p->facet[f].when = q;
}

/* ---- the rest of a facet ---------------------------------------------------------------------- */

void call_limits_read(const population *p, const tree *t, diags *d, call_limits *out) {
    const tree *tokens = tree_get(t, "max_tokens"), *temperature = tree_get(t, "temperature");
    const tree *top_p = tree_get(t, "top_p"), *role = tree_get(t, "role");
    int64_t v;
    if (tokens && lint_int(p, d, tokens, "`max_tokens`", 1, 1000000, &v)) out->max_tokens = (uint32_t)v;
    if (temperature) lint_scaled(p, d, temperature, "`temperature`", 1000, 0, 2000, &out->temperature_milli);
    if (top_p) lint_scaled(p, d, top_p, "`top_p`", 1000, 0, 1000, &out->top_p_milli);
    if (!role) return;
    if (role->kind == TREE_SCALAR && is_name(role->text))
        out->role = role->text;
    else
        lint_at(p, d, DIAG_P03, role, role->text, "writer, judge", "`role` is a name");
}

static void facet_read(population *p, uint16_t f, diags *d) {
    static const char *const keys[] = {"needs",      "when",        "fields", "leaves", "split", "prompt",
                                       "max_tokens", "temperature", "top_p",  "role",   NULL};
    facet *fa = &p->facet[f];
    const tree *t = facet_tree(p, f);
    call_limits c = {1024, 1000, 1000, STR("writer")};
    if (t->kind == TREE_MAP) {
        tree_only(p, d, t, "a facet", keys);
        call_limits_read(p, t, d, &c);
        needs_read(p, f, tree_get(t, "needs"), d);
        const tree *fields = tree_get(t, "fields");
        if ((!fields || (fields->kind == TREE_MAP && !fields->n)) && !tree_get(t, "leaves"))
            lint_at(p, d, DIAG_P02, t, STR("fields"), "fields: {story: {text: {words: 60..120}}}",
                    "the facet `" STR_FMT "` writes nothing: the key `fields` is missing", STR_ARG(fa->name));
    }
    fa->max_tokens = c.max_tokens;
    fa->temperature_milli = c.temperature_milli;
    fa->top_p_milli = c.top_p_milli;
    fa->role = c.role;
}

static void prompt_read(population *p, uint16_t f, diags *d) {
    facet *fa = &p->facet[f];
    const tree *t = facet_tree(p, f), *prompt_tree = tree_get(t, "prompt");
    if (t->kind != TREE_MAP) return;
    if (prompt_tree && !prompt_tree->nothing)
        fa->prompt = compile_prompt(p, prompt_tree, f, NO_FACET, d);
    else
        lint_at(p, d, DIAG_P12, t, STR("prompt"), "prompt: FILE, or the text itself",
                "the facet `" STR_FMT "` has no `prompt`", STR_ARG(fa->name));
}

/* ---- owners ----------------------------------------------------------------------------------- */

/* Texts among the attributes; what stands under `fields` has its owner from there. */
static void owners_lint(population *p, diags *d) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        if (n->kind != K_TEXT || n->owner != NO_FACET || p->compiled->broken[i]) continue;
        lint_at(p, d, DIAG_P11, p->compiled->source[i], n->path, "name it under a facet's `fields` or `leaves`",
                "no facet writes `" STR_FMT "`", STR_ARG(n->path));
    }
}

/* Whether a model writes something below. */
static bool is_written(const population *p, const node *n) {
    for (const node *k = n + 1; k < p->node + n->end; k++)
        if (k->leaf != NO_LEAF && k->kind != K_TEMPLATE) return true;
    return false;
}

static void templates_read(population *p, diags *d) {
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i++) {
        node *n = &p->node[i];
        if (n->number != NO_LEAF && !p->compiled->broken[i] && !is_written(p, n))
            lint_at(p, d, DIAG_P10, tree_get(p->compiled->source[i], "list"), n->path,
                    "nobody writes it, so nobody says how many; give it a field that is written",
                    "`" STR_FMT "` holds templates alone: it cannot be a list", STR_ARG(n->path));
        if (n->kind != K_TEMPLATE || p->compiled->broken[i]) continue;
        if (n->is_list)
            lint_at(p, d, DIAG_P10, tree_get(p->compiled->source[i], "list"), n->path,
                    "nobody writes it, so nobody says how many; leave `list` out",
                    "`" STR_FMT "` is a template under `fields`: it cannot be a list", STR_ARG(n->path));
        n->tpl = compile_node_template(p, n, tree_get(p->compiled->source[i], "template"), d);
    }
}

bool compile_facets(population *p, diags *d) {
    size_t before = d->errors;
    uint8_t state[FACET_MAX] = {0};
    uint16_t path[FACET_MAX];
    for (uint16_t f = 0; f < p->facets; f++) facet_read(p, f, d);
    for (uint16_t f = 0; f < p->facets; f++)
        if (!state[f]) closure_of(p, f, state, path, 0, d);
    for (uint16_t f = 0; f < p->facets; f++)
        if (facet_tree(p, f)->kind == TREE_MAP) leaves_read(p, f, facet_tree(p, f), d);
    for (uint16_t f = 0; f < p->facets; f++) when_read(p, f, tree_get(facet_tree(p, f), "when"), d);
    owners_lint(p, d);
    narrow_bind(p, d);
    templates_read(p, d);
    for (uint16_t f = 0; f < p->facets; f++) prompt_read(p, f, d);
    return d->errors == before;
}

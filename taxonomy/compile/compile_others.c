/* compile_others.c: what stands beside attributes, tables and facets: rules as rows, judges, limits, dedup,
 * output, the two prompts of the engine.
 */
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/template.h"

/* ---- rules ------------------------------------------------------------------------------------ */

static void rule_read(population *p, const tree *rules, const tree_member *m, diags *d) {
    const tree *body = m->value, *kind_tree;
    tree at = member_place(rules, m);
    lint_name(p, d, rules, m, " of a rule");
    if (!lint_map(p, d, body, "a rule")) return;
    kind_tree = tree_get(body, "kind");
    if (!kind_tree || kind_tree->kind != TREE_SCALAR || kind_tree->nothing) {
        lint_at(p, d, DIAG_P13, &at, m->key, "kind: never, implies, compare, states, bans, judge, ...",
                "the rule `" STR_FMT "` has no `kind`", STR_ARG(m->key));
        return;
    }
    p->rule[p->rules++] = (rule_def){.id = m->key, .kind = kind_tree->text, .body = body};
}

static void rules_read(population *p, diags *d) {
    const tree *t = tree_get(p->composed->top, "rules");
    if (!t || !lint_map(p, d, t, "`rules`")) return;
    p->rule = arena_new_of(p->mem, rule_def, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) rule_read(p, t, &t->member[i], d);
}

/* ---- judges ----------------------------------------------------------------------------------- */

/* With `after` a judge is called where that one objected, and on `share` of the slots besides. */
static void judge_read(population *p, const tree *t, judge *j, diags *d) {
    static const char *const keys[] = {"prompt", "after", "share", "role", "max_tokens", "temperature", NULL};
    call_limits c = {800, 100, 1000, STR("judge")};
    const tree *after = tree_get(t, "after"), *share = tree_get(t, "share"),
               *prompt_tree = tree_get(t, "prompt");
    if (t->kind == TREE_MAP) {
        tree_only(p, d, t, "a judge", keys);
        call_limits_read(p, t, d, &c);
    }
    j->max_tokens = c.max_tokens;
    j->temperature_milli = c.temperature_milli;
    j->role = c.role;
    j->share_ppm = after && !after->nothing ? 0 : 1000000;
    if (share) lint_scaled(p, d, share, "`share`", 1000000, 0, 1000000, &j->share_ppm);
    if (prompt_tree && !prompt_tree->nothing)
        j->prompt = compile_prompt(p, prompt_tree, NO_FACET, j->index, d);
    else
        j->prompt = prompt_judge_default(p, d);
}

static void after_read(population *p, const tree *t, judge *j, diags *d) {
    const tree *after = tree_get(t, "after");
    if (!after || after->nothing) return;
    near k = near_to(after->text);
    for (uint16_t i = 0; i < p->judges; i++) {
        near_try(&k, p->judge[i].name);
        if (str_eq(p->judge[i].name, after->text)) j->after = i;
    }
    if (j->after == NO_FACET)
        lint_at(p, d, DIAG_P04, after, after->text, near_hint(p->mem, &k), "there is no judge `" STR_FMT "`",
                STR_ARG(after->text));
    else if (j->after >= j->index)
        lint_at(p, d, DIAG_P06, after, after->text, "judges run in the order of the file",
                "the judge `" STR_FMT "` cannot run after `" STR_FMT "`", STR_ARG(j->name),
                STR_ARG(after->text));
}

static bool judges_rule(const rule_def *r, str name) {
    const tree *t = tree_get(r->body, "judge");
    if (!t || !str_is(r->kind, "judge")) return false;
    if (t->kind == TREE_SCALAR) return str_eq(t->text, name);
    for (uint32_t i = 0; t->kind == TREE_LIST && i < t->n; i++)
        if (str_eq(t->item[i]->text, name)) return true;
    return false;
}

static void judges_read(population *p, diags *d) {
    const tree *t = tree_get(p->composed->top, "judges");
    if (!t || !lint_map(p, d, t, "`judges`")) return;
    p->judge = arena_new_of(p->mem, judge, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        tree at = member_place(t, &t->member[i]);
        lint_name(p, d, t, &t->member[i], " of a judge");
        p->judge[i] = (judge){.name = at.text, .index = p->judges++, .after = NO_FACET};
    }
    for (uint16_t i = 0; i < p->judges; i++) {
        const tree *one = t->member[i].value;
        if (!one->nothing && !lint_map(p, d, one, "a judge")) continue;
        judge_read(p, one, &p->judge[i], d);
        after_read(p, one, &p->judge[i], d);
        bool asked = false;
        for (uint32_t r = 0; r < p->rules && !asked; r++) asked = judges_rule(&p->rule[r], p->judge[i].name);
        if (!asked)
            lint_at(p, d, DIAG_W00, one, p->judge[i].name, "rules of the kind `judge` name it",
                    "the judge `" STR_FMT "` has no rules", STR_ARG(p->judge[i].name));
    }
}

/* ---- limits, prompts -------------------------------------------------------------------------- */

static void limits_read(population *p, diags *d) {
    static const char *const keys[] = {"rounds", "attempts", "tries", "checks", NULL};
    const tree *t = tree_get(p->composed->top, "limits");
    const struct {
        int64_t least, most;
        uint32_t *out;
    } rows[] = {{0, 30, &p->rounds}, {1, 1000, &p->attempts}, {1, 1000000, &p->tries}};
    p->rounds = 3;
    p->attempts = 4;
    p->tries = 1000;
    if (!t || !lint_map(p, d, t, "`limits`")) return;
    tree_only(p, d, t, "`limits`", keys);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const tree *x = tree_get(t, keys[i]);
        int64_t v;
        if (x && lint_int(p, d, x, keys[i], rows[i].least, rows[i].most, &v)) *rows[i].out = (uint32_t)v;
    }
    const tree *checks = tree_get(t, "checks");
    bool named = checks && checks->kind == TREE_SCALAR;
    p->recorded = named && str_is(checks->text, "recorded");
    if (checks && !p->recorded && !(named && str_is(checks->text, "enforced")))
        lint_at(p, d, DIAG_P03, checks, named ? checks->text : STR(""), "checks: recorded",
                "`checks` is `enforced` or `recorded`");
}

static const template *engine_prompt(population *p, const tree *t, phrase ph, diags *d) {
    str text;
    if (!t || t->nothing) return compile_template(p, str_of(phrase_get(p, ph)), NULL, d);
    return compose_file_text(p, t, true, d, &text) ? compile_template(p, text, t, d) : NULL;
}

static void prompts_read(population *p, diags *d) {
    static const char *const keys[] = {"revise", "avoid", NULL};
    const tree *t = tree_get(p->composed->top, "prompts");
    if (t && lint_map(p, d, t, "`prompts`")) tree_only(p, d, t, "`prompts`", keys);
    const tree *revise = tree_get(t, "revise");
    p->revise = engine_prompt(p, revise, PHRASE_REVISE, d);
    if (!revise || revise->nothing) p->afresh = engine_prompt(p, NULL, PHRASE_AFRESH, d);
    p->avoid = engine_prompt(p, tree_get(t, "avoid"), PHRASE_AVOID, d);
}

/* ---- dedup ------------------------------------------------------------------------------------ */

static void add_leaf(uint32_t *list, uint32_t *n, uint32_t leaf) {
    for (uint32_t i = 0; i < *n; i++)
        if (list[i] == leaf) return;
    list[(*n)++] = leaf;
}

static void dedup_text(population *p, const tree *t, diags *d) {
    leaf_list l;
    p->dedup_leaf = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    if (!t) {
        for (uint32_t i = p->drawn_nodes; i < p->nodes; i++)
            if (p->node[i].kind == K_TEXT) add_leaf(p->dedup_leaf, &p->dedup_leaves, p->node[i].leaf);
        return;
    }
    if (!compile_refs(p, t, d, &l)) return;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = node_at(p, l.leaf[i]);
        if (n->kind == K_TEXT)
            add_leaf(p->dedup_leaf, &p->dedup_leaves, l.leaf[i]);
        else if (!ref_broken(p, p->leaf_node[l.leaf[i]]))
            lint_at(p, d, DIAG_P10, t, n->path, "texts that facets write are compared",
                    "`dedup.text`: `" STR_FMT "` is a %s", STR_ARG(n->path), kind_name(n->kind));
    }
}

static void dedup_mask(population *p, const tree *t, diags *d) {
    leaf_list l;
    p->mask_leaf = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    if (t && !(t->kind == TREE_SCALAR && str_is(t->text, "quota"))) {
        if (!compile_refs(p, t, d, &l)) return;
        for (uint32_t i = 0; i < l.n; i++) add_leaf(p->mask_leaf, &p->mask_leaves, l.leaf[i]);
        return;
    }
    for (uint32_t i = 0; i < p->drawn_nodes; i++)
        if (p->node[i].in_table) add_leaf(p->mask_leaf, &p->mask_leaves, p->node[i].leaf);
}

static void exact_read(population *p, const tree *t, diags *d) {
    exact_list *e = &p->exact[p->exacts];
    leaf_list l;
    if (!compile_refs(p, t, d, &l) || !l.n) return;
    *e = (exact_list){l.leaf, l.n};
    bool changes = false;
    for (uint32_t i = 0; i < l.n; i++) changes = changes || !leaf_stays(p, node_at(p, l.leaf[i]));
    if (changes)
        p->exacts++;
    else
        lint_at(
            p, d, DIAG_P16, t, node_at(p, l.leaf[0])->path, "add an attribute that is drawn again",
            "`dedup.exact`: tables or `keep` fix all of these, so that no redraw can make two personas differ");
}

static void exacts_read(population *p, const tree *t, diags *d) {
    const tree *odd = t->kind == TREE_LIST ? NULL : t;
    for (uint32_t i = 0; t->kind == TREE_LIST && !odd && i < t->n; i++)
        if (t->item[i]->kind != TREE_LIST || !t->item[i]->n) odd = t->item[i];
    if (odd) {
        lint_at(p, d, DIAG_P03, odd, odd->kind == TREE_SCALAR ? odd->text : STR(""), "exact: [[name, city]]",
                "`exact` is a list of lists of attributes");
        return;
    }
    if (t->n > EXACT_MAX) {
        lint_at(p, d, DIAG_P17, t, str_printf(p->mem, "%u", t->n),
                "a list of fewer attributes is the stronger: with [name] no [name, city] is needed",
                "`dedup.exact` has %u lists, at most %u can be", t->n, EXACT_MAX);
        return;
    }
    p->exact = arena_new_of(p->mem, exact_list, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) exact_read(p, t->item[i], d);
}

static void dedup_read(population *p, diags *d) {
    static const char *const keys[] = {"text", "mask", "threshold", "exact", "within", NULL};
    const tree *t = tree_get(p->composed->top, "dedup"), *exact = tree_get(t, "exact"),
               *within = tree_get(t, "within");
    leaf_list l;
    p->threshold_milli = 800;
    if (t && lint_map(p, d, t, "`dedup`")) tree_only(p, d, t, "`dedup`", keys);
    dedup_text(p, tree_get(t, "text"), d);
    dedup_mask(p, tree_get(t, "mask"), d);
    if (tree_get(t, "threshold"))
        lint_scaled(p, d, tree_get(t, "threshold"), "`threshold`", 1000, 1, 1000, &p->threshold_milli);
    if (exact && !exact->nothing) exacts_read(p, exact, d);
    if (within && compile_refs(p, within, d, &l)) {
        p->within_leaf = l.leaf;
        p->withins = l.n;
    }
}

/* ---- output ----------------------------------------------------------------------------------- */

static const char *const row_keys[] = {"id", "slot", "weight", "attributes", "narrative", "provenance", NULL};

/* A row is one JSON object: its keys must differ. */
static bool column_free(const population *p, str name, const char **whose) {
    *whose = "a key of every row";
    if (key_in(name, row_keys) || (p->links && str_is(name, "links"))) return false;
    *whose = "a field of a facet";
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i++)
        if (p->node[i].parent == NO_LEAF && str_eq(p->node[i].name, name)) return false;
    *whose = "another column";
    for (uint32_t i = 0; i < p->columns; i++)
        if (str_eq(p->column[i].name, name)) return false;
    return true;
}

static void column_add(population *p, str name, const tree *at, const tree *ref, diags *d) {
    const char *whose;
    if (ref->kind != TREE_SCALAR || ref->nothing) {
        lint_at(p, d, DIAG_P03, ref, name, "columns: {NAME: attribute}", "a column is one attribute");
        return;
    }
    uint32_t i = ref_find(p, ref, ref->text, d);
    if (i == NO_NODE || ref_broken(p, i)) return;
    const node *n = &p->node[i];
    if (!name.p) name = n->name;
    if (n->kind == K_SECTION)
        lint_at(p, d, DIAG_P03, ref, n->path, "name its attributes",
                "a column is one attribute, `" STR_FMT "` is a section", STR_ARG(n->path));
    else if (n->within != NO_LEAF)
        lint_at(p, d, DIAG_P10, ref, n->path, "the list itself stands in every row",
                "a column is one value, `" STR_FMT "` stands in the list `" STR_FMT "`", STR_ARG(n->path),
                STR_ARG(p->node[n->within].path));
    else if (!column_free(p, name, &whose))
        lint_at(p, d, DIAG_P02, at, name, "columns: {NAME: attribute}",
                "the column `" STR_FMT "` is %s already", STR_ARG(name), whose);
    else
        p->column[p->columns++] = (column){name, n->leaf};
}

static void columns_of_tables(population *p, diags *d) {
    p->column = arena_new_of(p->mem, column, p->leaves + 1);
    for (uint32_t i = 0; i < p->compiled->hards; i++)
        for (uint32_t k = 0; k < p->compiled->table[i].over.n; k++) {
            const node *n = node_at(p, p->compiled->table[i].over.leaf[k]);
            bool known = false;
            for (uint32_t c = 0; c < p->columns && !known; c++) known = p->column[c].leaf == n->leaf;
            if (!known)
                column_add(p, n->name, p->compiled->table[i].at,
                           tree_new_scalar(p->mem, n->path, p->compiled->table[i].at), d);
        }
}

static void columns_read(population *p, const tree *t, diags *d) {
    if (!t) {
        columns_of_tables(p, d);
        return;
    }
    p->column = arena_new_of(p->mem, column, t->n + 1);
    for (uint32_t i = 0; t->kind == TREE_LIST && i < t->n; i++)
        column_add(p, (str){0}, t->item[i], t->item[i], d);
    for (uint32_t i = 0; t->kind == TREE_MAP && i < t->n; i++) {
        tree at = member_place(t, &t->member[i]);
        if (lint_name(p, d, t, &t->member[i], " of a column"))
            column_add(p, at.text, &at, t->member[i].value, d);
    }
    if (t->kind == TREE_SCALAR)
        lint_at(p, d, DIAG_P03, t, t->text, "columns: [age], or {age: person.age}",
                "`columns` is a list, or names with attributes");
}

static void id_read(population *p, const tree *t, diags *d) {
    const uint32_t words = 1u << WORD_NAME | 1u << WORD_LOCALE | 1u << WORD_SLOT | 1u << WORD_RUN;
    if (!t || t->nothing) return;
    if (t->kind != TREE_SCALAR) {
        lint_at(p, d, DIAG_P12, t, STR(""), "{{@run}}-{{@slot}}", "`id` is a template");
        return;
    }
    const template *id = template_compile(p, t->text, t, words, d);
    bool slot = false;
    for (uint32_t i = 0; id && i < id->pieces; i++) {
        if (id->piece[i].kind == PIECE_WORD && id->piece[i].word == WORD_SLOT) slot = true;
        if (id->piece[i].kind == PIECE_REF) {
            lint_at(p, d, DIAG_P12, t, id->piece[i].text, "{{@run}}-{{@slot}}",
                    "an id is made of words with @");
            return;
        }
    }
    if (id && !slot)
        lint_at(p, d, DIAG_P12, t, t->text, "{{@run}}-{{@slot}}",
                "without {{@slot}} all ids would be the same");
    p->id = id;
}

/* A field may be called `narrative` if it is just that: then the row has it once. */
static void field_names_lint(const population *p, diags *d) {
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i = p->node[i].end) {
        const node *n = &p->node[i];
        bool same = !p->narratives || (p->narratives == 1 && p->narrative[0] == n->leaf);
        if (!key_in(n->name, row_keys) || (str_is(n->name, "narrative") && same)) continue;
        lint_at(p, d, DIAG_P02, p->compiled->source[i], n->name,
                same ? "call it otherwise"
                     : "call it otherwise, or make it the only one that `output.narrative` names",
                "the field `" STR_FMT "` is called as a key of every row", STR_ARG(n->name));
    }
}

static void output_read(population *p, diags *d) {
    static const char *const keys[] = {"id", "columns", "narrative", "attributes", NULL};
    const tree *t = tree_get(p->composed->top, "output"), *form = tree_get(t, "attributes"),
               *narrative = tree_get(t, "narrative");
    leaf_list l;
    if (t && lint_map(p, d, t, "`output`")) tree_only(p, d, t, "`output`", keys);
    id_read(p, tree_get(t, "id"), d);
    columns_read(p, tree_get(t, "columns"), d);
    if (narrative && !narrative->nothing && compile_refs(p, narrative, d, &l)) {
        p->narrative = l.leaf;
        p->narratives = l.n;
        for (uint32_t i = 0; i < l.n; i++)
            if (node_at(p, l.leaf[i])->within != NO_LEAF)
                lint_at(p, d, DIAG_P10, narrative, node_at(p, l.leaf[i])->path,
                        "name a text that there is once",
                        "`narrative`: `" STR_FMT "` stands in a list of sections",
                        STR_ARG(node_at(p, l.leaf[i])->path));
    }
    field_names_lint(p, d);
    p->pairs = tree_get(p->composed->top, "choose");
    if (!form || form->nothing) return;
    p->pairs = str_is(form->text, "pairs");
    if (!p->pairs && !str_is(form->text, "nested"))
        lint_at(p, d, DIAG_P03, form, form->text, "nested, pairs", "`attributes` has two forms");
}

bool compile_others(population *p, diags *d) {
    size_t before = d->errors;
    rules_read(p, d);
    judges_read(p, d);
    limits_read(p, d);
    leaves_lint(p, d);
    prompts_read(p, d);
    dedup_read(p, d);
    output_read(p, d);
    if (d->errors) {
        rules_lint(p, d);
    } else {
        unused_said(p, d);
        rows_unread_said(p, d);
    }
    twins_said(p, d);
    return d->errors == before;
}

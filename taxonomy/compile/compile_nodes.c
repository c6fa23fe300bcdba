/* compile_nodes.c: the trees of `attributes` and of each facet's `fields` -> nodes, depth first in file order,
 * with types and `each` expanded.
 *
 * Invariants: a node stands for every child, even if it is at fault (compiled.broken), so that a reference to
 * it is no second fault. p->facet[] exists after this part, with names, fields and nothing else. The tree that
 * a node was made from is compiled.source[]: types laid under it, `each` replaced by the children.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kind_key[] = {"section", "choice", "number", "date", "flag", "text", "template"};
static const char *const leaf_keys[] = {"choice", "number", "date",    "flag",  "text",  "template", "type",
                                        "by",     "given",  "ordered", "step",  "unit",  "only",     "except",
                                        "labels", "words",  "terms",   "hint",  "label", "when",     "list",
                                        "per",    "keep",   "unique",  "prior", "hide",  NULL};
static const char *const section_keys[] = {"include", "each", "list",  "distinct", "row",  "by",   "when",
                                           "keep",    "per",  "label", "prior",    "hide", "type", NULL};
static const char *const reserved[] = {"choice",  "number", "date",  "flag",     "text", "template", "type",
                                       "include", "each",   "list",  "distinct", "row",  "by",       "when",
                                       "keep",    "per",    "label", "prior",    "hide", NULL};
/* What stands beside `each` and stays with the section. */
static const char *const each_keeps[] = {"each", "include", "label", "list", "distinct", "when",
                                         "per",  "keep",    "prior", "hide", NULL};
static const char *const not_on_fields[] = {"by", "given", "row", "keep", "per", "unique", "prior", NULL};

typedef struct builder {
    population *p;
    diags *d;
    const tree *types;
    uint32_t cap;
    uint16_t facet; /* whose fields are built, NO_FACET: attributes */
} builder;

const char *kind_name(kind k) {
    return kind_key[k];
}

/* ---- nodes ------------------------------------------------------------------------------------ */

/* Arrays beside one another, since only the nodes outlive the load in everybody's sight. */
static void grow(builder *b) {
    population *p = b->p;
    if (p->nodes < b->cap) return;
    b->cap = b->cap ? b->cap * 2 : 64;
    p->node = xrealloc(p->node, b->cap * sizeof *p->node);
    p->compiled->source = xrealloc(p->compiled->source, b->cap * sizeof *p->compiled->source);
    p->compiled->broken = xrealloc(p->compiled->broken, b->cap * sizeof *p->compiled->broken);
}

static uint32_t node_new(builder *b, str name, uint32_t parent, const tree *t, const tree *place) {
    population *p = b->p;
    grow(b);
    uint32_t i = p->nodes++;
    node *n = &p->node[i];
    *n = (node){.name = name,
                .parent = parent,
                .leaf = NO_LEAF,
                .within = NO_LEAF,
                .number = NO_LEAF,
                .row = NO_LEAF,
                .owner = b->facet,
                .end = i + 1,
                .line = place->line,
                .column = place->column,
                .file = place->file,
                .step = {1, 0}};
    str up = parent == NO_LEAF ? STR("") : p->node[parent].path;
    n->path = parent == NO_LEAF ? str_dup(p->mem, name)
                                : str_printf(p->mem, STR_FMT "." STR_FMT, STR_ARG(up), STR_ARG(name));
    n->key = hash_64(n->path, 0);
    if (parent != NO_LEAF) n->within = p->node[parent].number != NO_LEAF ? parent : p->node[parent].within;
    n->hide = parent != NO_LEAF && p->node[parent].hide;
    p->compiled->source[i] = t;
    p->compiled->broken[i] = false;
    return i;
}

static bool broken(builder *b, uint32_t i) {
    b->p->compiled->broken[i] = true;
    return false;
}

/* A copy of the mapping without some keys; values are shared. */
static tree *without(builder *b, const tree *t, const char *const *keys) {
    tree *out = tree_new_map(b->p->mem, t);
    for (uint32_t i = 0; i < t->n; i++)
        if (!key_in(t->member[i].key, keys)) {
            tree_put(b->p->mem, out, t->member[i].key, t->member[i].value);
            out->member[out->n - 1].line = t->member[i].line;
            out->member[out->n - 1].column = t->member[i].column;
        }
    return out;
}

/* Lays the named type under the keys beside `type`, as often as there is one. NULL: P04, P06. */
static const tree *typed(builder *b, const tree *t) {
    static const char *const type_key[] = {"type", NULL};
    population *p = b->p;
    const tree *name;
    for (int depth = 0; (name = tree_get(t, "type")); depth++) {
        const tree *base = tree_get_str(b->types, name->text);
        if (name->kind != TREE_SCALAR || name->nothing) {
            lint_at(p, b->d, DIAG_P03, name, STR(""), "type: NAME", "`type` is the name of a type");
            return NULL;
        }
        if (!base) {
            near k = near_to(name->text);
            for (uint32_t i = 0; b->types && b->types->kind == TREE_MAP && i < b->types->n; i++)
                near_try(&k, b->types->member[i].key);
            lint_at(p, b->d, DIAG_P04, name, name->text, near_hint(p->mem, &k),
                    "there is no type `" STR_FMT "`", STR_ARG(name->text));
            return NULL;
        }
        if (depth > 16) {
            lint_at(p, b->d, DIAG_P06, name, name->text, "give it a kind in place of `type`",
                    "the type `" STR_FMT "` contains itself", STR_ARG(name->text));
            return NULL;
        }
        if (!lint_map(p, b->d, base, "a type")) return NULL;
        size_t before = b->d->errors;
        t = tree_lay(p, p->mem, base, without(b, t, type_key), b->d);
        if (b->d->errors > before || !t) return NULL;
    }
    return t;
}

bool name_reserved(str name) {
    return key_in(name, reserved);
}

static kind kind_of(const tree *t, uint32_t *kinds) {
    kind k = K_SECTION;
    *kinds = 0;
    for (uint32_t i = K_CHOICE; i <= K_TEMPLATE; i++)
        if (tree_get(t, kind_key[i])) {
            if (!*kinds) k = (kind)i;
            ++*kinds;
        }
    return k;
}

static void build(builder *b, const tree *t, str name, uint32_t parent, const tree *place);

static bool reserved_said(builder *b, const tree *at, const char *hint) {
    return lint_at(b->p, b->d, DIAG_P02, at, at->text, hint,
                   "`" STR_FMT "` is reserved: it cannot be the name of an attribute", STR_ARG(at->text));
}

static bool name_fits(builder *b, const tree *map, const tree_member *m) {
    tree at = member_place(map, m);
    if (is_doc_key(m->key) && m->value->kind != TREE_MAP)
        return reserved_said(b, &at, "documentation stands at the top and on leaves, tables and rules");
    if (key_in(m->key, reserved))
        return reserved_said(b, &at,
                             str_printf(b->p->mem,
                                        "call it otherwise, `the_" STR_FMT "` say; the root of `attributes` "
                                        "has no keys of its own but `include`",
                                        STR_ARG(m->key))
                                 .p);
    return lint_name(b->p, b->d, map, m, "");
}

/* A mapping is needed; a scalar or list under a name close to a key is that key misspelt. */
static bool child_fits(builder *b, const tree *map, const tree_member *m) {
    if (m->value->kind == TREE_MAP) return true;
    tree at = member_place(map, m);
    if (key_in(m->key, leaf_keys))
        return lint_at(b->p, b->d, DIAG_P03, &at, m->key,
                       "give it one of choice, number, flag, text, template, or a `type`",
                       "`" STR_FMT "` stands where no kind is", STR_ARG(m->key));
    near k = near_to(m->key);
    for (const char *const *x = leaf_keys; *x; x++) near_try(&k, str_of(*x));
    for (const char *const *x = section_keys; *x; x++) near_try(&k, str_of(*x));
    if (k.best.n)
        return lint_at(b->p, b->d, DIAG_P02, &at, m->key, near_hint(b->p->mem, &k),
                       "a section has no key `" STR_FMT "`", STR_ARG(m->key));
    return lint_at(b->p, b->d, DIAG_P03, &at, m->key,
                   "an attribute is a mapping with a kind, a section one with children",
                   "`" STR_FMT "` is no attribute", STR_ARG(m->key));
}

static uint32_t leaf_new(builder *b, uint32_t i, kind k) {
    b->p->node[i].kind = k;
    return b->p->node[i].leaf = b->p->leaves++;
}

/* What cannot stand where it does is built all the same, silently and without its keys: whatever refers to it
 * or to what is below finds it, broken, and says nothing. */
static void stand_in(builder *b, const tree *map, const tree_member *m, uint32_t parent) {
    static const tree bare = {.kind = TREE_MAP};
    population *p = b->p;
    uint32_t first = p->nodes;
    diags silent, *loud = b->d;
    tree at = member_place(map, m);
    diags_init(&silent);
    b->d = &silent;
    build(b, m->value, m->key, parent, &at);
    b->d = loud;
    diags_free(&silent);
    for (uint32_t i = first; i < p->nodes; i++) {
        node *n = &p->node[i];
        if (n->leaf != NO_LEAF)
            n->kind = K_FLAG;
        else if (n->end == i + 1)
            leaf_new(b, i, K_FLAG);
        n->is_list = false;
        n->row = NO_LEAF;
        p->compiled->source[i] = &bare;
        broken(b, i);
    }
}

static bool child_stands(builder *b, const tree *map, const tree_member *m, uint32_t parent) {
    if (name_fits(b, map, m) && child_fits(b, map, m)) return true;
    stand_in(b, map, m, parent);
    return false;
}

/* A key of sections that holds a scalar, under which a child seems to stand. */
static bool misnamed(const tree_member *m) {
    static const char *const plain[] = {"keep", "per", "prior", "hide", NULL};
    return m->value->kind == TREE_MAP && key_in(m->key, plain);
}

static void build_children(builder *b, uint32_t self, const tree *t) {
    uint32_t children = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = &t->member[i];
        if (key_in(m->key, section_keys) && !misnamed(m)) continue;
        children++;
        if (!child_stands(b, t, m, self)) {
            broken(b, self);
            continue;
        }
        tree at = member_place(t, m);
        build(b, m->value, m->key, self, &at);
    }
    if (!children) {
        broken(b, self);
        lint_at(b->p, b->d, DIAG_P03, t, b->p->node[self].path,
                "give it a kind (choice, number, flag, text, template) or children",
                "`" STR_FMT "` has neither a kind nor children", STR_ARG(b->p->node[self].path));
    }
}

/* `each: {x: TEXT}` is a label, by locale too; else keys. */
static bool is_label(builder *b, const tree *v) {
    if (v->kind == TREE_SCALAR) return !v->nothing;
    if (v->kind != TREE_MAP || !v->n) return false;
    bool here = false;
    str language = locale_language(b->p);
    for (uint32_t i = 0; i < v->n; i++) {
        str key = v->member[i].key;
        if (v->member[i].value->kind != TREE_SCALAR || key_in(key, leaf_keys) || key_in(key, section_keys))
            return false;
        here = here || str_eq(key, b->p->locale) || str_eq(key, language);
    }
    return here;
}

static void build_one_of_each(builder *b, uint32_t self, const tree *base, const tree *place, str name,
                              const tree *v) {
    population *p = b->p;
    const tree *t = base;
    if (v && is_label(b, v)) {
        tree *over = tree_new_map(p->mem, v);
        tree_put(p->mem, over, STR("label"), (tree *)(uintptr_t)v);
        t = tree_lay(p, p->mem, base, over, b->d);
    } else if (v && v->kind == TREE_MAP && v->n) {
        t = tree_lay(p, p->mem, base, v, b->d);
    } else if (v && !v->nothing && !(v->kind == TREE_MAP && !v->n)) {
        lint_at(p, b->d, DIAG_P03, place, name, "each: {name: its label}, or {name: {label: ..., given: ...}}",
                "below `each`, `" STR_FMT "` has a label or keys", STR_ARG(name));
        broken(b, self);
        return;
    }
    if (t) build(b, t, name, self, place);
}

static void build_each(builder *b, uint32_t self, const tree *t, const tree *each) {
    const tree *base = without(b, t, each_keeps);
    if (each->kind == TREE_SCALAR || !each->n) {
        broken(b, self);
        lint_at(b->p, b->d, DIAG_P03, each, each->text, "each: [first, second]",
                "`each` is a list of names, or a mapping of them");
        return;
    }
    bool bare = each->kind == TREE_LIST && !base->n;
    if (bare)
        lint_at(b->p, b->d, DIAG_P03, each, b->p->node[self].path,
                "put their kind beside it: {each: [first, second], flag: {}}",
                "the children of `" STR_FMT "` have neither a kind nor children",
                STR_ARG(b->p->node[self].path));
    for (uint32_t i = 0; i < each->n; i++) {
        tree_member m;
        if (each->kind == TREE_MAP)
            m = each->member[i];
        else
            m = (tree_member){.key = each->item[i]->text,
                              .line = each->item[i]->line,
                              .column = each->item[i]->column,
                              .value = each->item[i]};
        tree at = member_place(each, &m);
        tree empty = {.kind = TREE_MAP};
        tree_member named = {m.key, m.line, m.column, &empty};
        if (!name_fits(b, each, &named) || bare) {
            stand_in(b, each, &named, self);
            broken(b, self);
            continue;
        }
        bool twice = false;
        for (uint32_t k = 0; each->kind == TREE_LIST && k < i; k++)
            twice = twice || str_eq(each->item[k]->text, m.key);
        if (twice)
            lint_at(b->p, b->d, DIAG_P02, &at, m.key, "keep one of them", "`each` names `" STR_FMT "` twice",
                    STR_ARG(m.key));
        else
            build_one_of_each(b, self, base, &at, m.key, each->kind == TREE_MAP ? m.value : NULL);
    }
}

/* Where `each` stands, what is beside it is its children's; but `list` is not. */
static void hidden_leaves(builder *b, uint32_t self, const tree *t) {
    const tree *row = tree_get(t, "row");
    if (b->p->node[self].is_list) b->p->node[self].number = b->p->leaves++;
    if (row && !row->nothing && !tree_get(t, "each") && b->facet == NO_FACET)
        b->p->node[self].row = b->p->leaves++;
}

static void section_lint(builder *b, uint32_t self, const tree *t) {
    const population *p = b->p;
    if (tree_get(t, "by") && !tree_get(t, "row") && !tree_get(t, "each"))
        lint_at(p, b->d, DIAG_P03, tree_get(t, "by"), STR("by"),
                "`by` stands on leaves, and on sections beside `row`",
                "the section `" STR_FMT "` has `by` but no `row`", STR_ARG(p->node[self].path));
    if (tree_get(t, "distinct") && !tree_get(t, "list"))
        lint_at(p, b->d, DIAG_P03, tree_get(t, "distinct"), STR("distinct"),
                "instances are of a section with `list`",
                "the section `" STR_FMT "` has `distinct` but no `list`", STR_ARG(p->node[self].path));
    if (p->node[self].is_list && p->node[self].within != NO_LEAF)
        lint_at(p, b->d, DIAG_P10, tree_get(t, "list"), p->node[self].path,
                "put the children into one list, or write the inner ones out with `each`",
                "`" STR_FMT "` is a list of sections inside the list `" STR_FMT "`",
                STR_ARG(p->node[self].path), STR_ARG(p->node[p->node[self].within].path));
}

/* A section with a child that is called as a kind is taken for a leaf: then its other children are too many. */
static void children_lint(builder *b, uint32_t self, const tree *t) {
    const node *n = &b->p->node[self];
    const char *kind_word = kind_key[n->kind];
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = &t->member[i];
        uint32_t kinds;
        if (key_in(m->key, leaf_keys) || m->value->kind != TREE_MAP || kind_of(m->value, &kinds) == K_SECTION)
            continue;
        tree at = member_place(t, m);
        lint_at(b->p, b->d, DIAG_P02, &at, m->key,
                str_printf(b->p->mem,
                           "if `%s` is meant as a child, call it otherwise; else the other is one too many",
                           kind_word)
                    .p,
                "`" STR_FMT "` has the kind `%s` and so no children: `" STR_FMT "`", STR_ARG(n->path),
                kind_word, STR_ARG(m->key));
    }
}

static void leaf_lint(builder *b, uint32_t self, const tree *t, uint32_t kinds) {
    population *p = b->p;
    node *n = &p->node[self];
    char what[128];
    snprintf(what, sizeof what, "the attribute `" STR_FMT "`", STR_ARG(n->path));
    if (kinds > 1) {
        broken(b, self);
        lint_at(p, b->d, DIAG_P03, t, n->path, "keep one of them", "`" STR_FMT "` has several kinds",
                STR_ARG(n->path));
    }
    children_lint(b, self, t);
    lint_keys(p, b->d, t, what, leaf_keys, true);
    leaf_new(b, self, n->kind);
}

static void build(builder *b, const tree *t, str name, uint32_t parent, const tree *place) {
    population *p = b->p;
    uint32_t self = node_new(b, name, parent, t, place);
    if (!lint_map(p, b->d, t, "an attribute or section")) {
        broken(b, self);
        return;
    }
    t = typed(b, t);
    if (!t) {
        broken(b, self);
        leaf_new(b, self, K_TEXT);
        return;
    }
    p->compiled->source[self] = t;
    for (const char *const *x = not_on_fields; b->facet != NO_FACET && *x; x++) {
        const tree *bad = tree_get(t, *x);
        if (bad)
            lint_at(p, b->d, DIAG_P03, bad, str_of(*x), "what a facet writes has only a domain",
                    "the field `" STR_FMT "` has `%s`", STR_ARG(p->node[self].path), *x);
    }
    const tree *hide = tree_get(t, "hide");
    bool hidden = false;
    if (hide && hide->kind != TREE_MAP && lint_bool(p, b->d, hide, "`hide`", &hidden))
        p->node[self].hide = p->node[self].hide || hidden;
    uint32_t kinds = 0;
    p->node[self].kind = tree_get(t, "each") ? K_SECTION : kind_of(t, &kinds);
    p->node[self].is_list = tree_get(t, "list") && !tree_get(t, "list")->nothing;
    if (p->node[self].kind != K_SECTION) {
        leaf_lint(b, self, t, kinds);
    } else {
        section_lint(b, self, t);
        hidden_leaves(b, self, t);
    }
    if (tree_get(t, "each"))
        build_each(b, self, t, tree_get(t, "each"));
    else if (p->node[self].kind == K_SECTION)
        build_children(b, self, t);
    p->node[self].end = p->nodes;
    if (p->node[self].number != NO_LEAF) p->node[self].below = p->leaves - p->node[self].number - 1;
}

static void build_attributes(builder *b, const tree *t) {
    if (!t) {
        lint_at(b->p, b->d, DIAG_P02, b->p->composed->top, STR("attributes"),
                "attributes: {sex: {choice: [female, male]}}", "the key `attributes` is missing");
        return;
    }
    if (!lint_map(b->p, b->d, t, "`attributes`")) return;
    if (!t->n)
        lint_at(b->p, b->d, DIAG_W00, t, STR(""), "attributes: {sex: {choice: [female, male]}}",
                "there are no attributes: nothing makes one persona differ from the next");
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = &t->member[i];
        if (str_is(m->key, "include")) continue;
        if (!child_stands(b, t, m, NO_LEAF)) continue;
        tree at = member_place(t, m);
        build(b, m->value, m->key, NO_LEAF, &at);
    }
}

/* ---- facets' fields --------------------------------------------------------------------------- */

static bool field_fits(builder *b, const tree *map, const tree_member *m) {
    if (!child_stands(b, map, m, NO_LEAF)) return false;
    for (uint32_t i = 0; i < b->p->nodes; i++)
        if (b->p->node[i].parent == NO_LEAF && str_eq(b->p->node[i].path, m->key)) {
            tree at = member_place(map, m);
            return lint_at(b->p, b->d, DIAG_P02, &at, m->key, "fields stand beside the attributes, at the root",
                           "the field `" STR_FMT "` is there already", STR_ARG(m->key));
        }
    return true;
}

static void build_fields(builder *b, uint16_t f, const tree *t) {
    facet *fa = &b->p->facet[f];
    b->facet = f;
    fa->first = b->p->nodes;
    const tree *fields = tree_get(t, "fields");
    if (fields && lint_map(b->p, b->d, fields, "`fields`"))
        for (uint32_t i = 0; i < fields->n; i++) {
            const tree_member *m = &fields->member[i];
            if (!field_fits(b, fields, m)) continue;
            tree at = member_place(fields, m);
            build(b, m->value, m->key, NO_LEAF, &at);
        }
    fa->end = b->p->nodes;
    fa->fixed_fields = true;
    for (uint32_t i = fa->first; i < fa->end; i++)
        if (tree_get(b->p->compiled->source[i], "when")) fa->fixed_fields = false;
}

static void build_facets(builder *b, const tree *t) {
    population *p = b->p;
    if (!t || !lint_map(p, b->d, t, "`facets`")) return;
    if (t->n > FACET_MAX) {
        lint_at(p, b->d, DIAG_P17, t, STR(""), "one facet can write several fields",
                "%u facets, at most %u can be", t->n, FACET_MAX);
        return;
    }
    p->facet = arena_new_of(p->mem, facet, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = &t->member[i];
        facet *f = &p->facet[p->facets];
        lint_name(p, b->d, t, m, " of a facet");
        *f = (facet){.name = m->key, .index = p->facets};
        p->facets++;
        if (lint_map(p, b->d, m->value, "a facet")) build_fields(b, f->index, m->value);
    }
}

/* ---- the part --------------------------------------------------------------------------------- */

/* From growing arrays to the population's arena; indexes stay. */
static void settle(population *p) {
    compiled *c = p->compiled;
    node *n = arena_dup(p->mem, p->node, p->nodes * sizeof *n);
    const tree **source = arena_dup(p->mem, c->source, p->nodes * sizeof *source);
    bool *bad = arena_dup(p->mem, c->broken, p->nodes * sizeof *bad);
    free(p->node);
    free(c->source);
    free(c->broken);
    p->node = n;
    c->source = source;
    c->broken = bad;
    c->used = arena_new_of(p->mem, bool, p->nodes + 1);
    c->values = arena_new_of(p->mem, strmap *, p->nodes + 1);
    p->leaf_node = arena_new_of(p->mem, uint32_t, p->leaves + 1);
    for (uint32_t i = 0; i < p->nodes; i++) {
        const uint32_t leaf[] = {n[i].leaf, n[i].number, n[i].row};
        for (size_t k = 0; k < COUNT_OF(leaf); k++)
            if (leaf[k] != NO_LEAF) p->leaf_node[leaf[k]] = i;
    }
}

/* Those that nothing uses too. */
static void types_lint(builder *b) {
    if (!b->types || !lint_map(b->p, b->d, b->types, "`types`")) return;
    for (uint32_t i = 0; i < b->types->n; i++) {
        const tree_member *m = &b->types->member[i];
        lint_name(b->p, b->d, b->types, m, " of a type");
        if (lint_map(b->p, b->d, m->value, "a type"))
            lint_keys(b->p, b->d, m->value, "a type", leaf_keys, true);
    }
}

bool compile_nodes(population *p, diags *d) {
    size_t before = d->errors;
    const tree *top = p->composed->top, *types = tree_get(top, "types");
    builder b = {.p = p, .d = d, .facet = NO_FACET, .types = types};
    types_lint(&b);
    build_attributes(&b, tree_get(top, "attributes"));
    p->drawn_nodes = p->nodes;
    build_facets(&b, tree_get(top, "facets"));
    settle(p);
    refs_index(p);
    domain_compile(p, d);
    texts_compile(p, d);
    return d->errors == before;
}

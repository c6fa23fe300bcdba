/* compose_single.c: the baseline of one call: what lays over a composed file so that a single call writes the
 * fields of all facets, and nothing is sent back.
 *
 *     facets   one, `single_shot`: the fields and leaves of all, in file order, under a built-in prompt of two
 *              parts: the fields, then the attributes. A facet's `when` goes to each of its fields; max_tokens
 * is the sum; leaves are not split judges   none; nor rules of the kind `judge`. Other rules lose `owner`
 *     limits   rounds 0, checks recorded: no finding but an unusable reply costs an attempt
 *
 * All else stays, so the same slots have the same skeletons and the two runs can be compared. What is laid over
 * is part of the composed file: it is hashed and frozen like any other.
 */
#include "taxonomy/compose/compose_parts.h"
#include "taxonomy/template.h"

#define FACET       "single_shot"
#define TOKENS_EACH 1024 /* of a facet that does not say */
#define TOKENS_MOST 1000000
#define TYPES_MOST  16u /* of a type of a type */

typedef struct shot {
    const population *p;
    arena *mem;
    const tree *top;
    diags *d;
    tree *fields, *leaves; /* leaves: a list */
    int64_t tokens;
    bool varies; /* which fields there are differs from slot to slot */
} shot;

static tree *scalar(const shot *s, const char *text, const tree *at) {
    return tree_new_scalar(s->mem, str_of(text), at);
}

static tree *list_new(const shot *s, const tree *at) {
    tree *t = arena_new_of(s->mem, tree, 1);
    *t = (tree){
        .kind = TREE_LIST, .file = at->file, .folder = at->folder, .line = at->line, .column = at->column};
    return t;
}

/* The `when` of a field, which its type may have. */
static const tree *own_when(const shot *s, const tree *field) {
    const tree *types = tree_get(s->top, "types");
    for (uint32_t i = 0; field && i < TYPES_MOST; i++) {
        const tree *when = tree_get(field, "when"), *type = tree_get(field, "type");
        if (when) return when->nothing ? NULL : when;
        field = types && type && type->kind == TREE_SCALAR ? tree_get_str(types, type->text) : NULL;
    }
    return NULL;
}

/* Both hold; either may be NULL. */
static tree *both(const shot *s, const tree *a, const tree *b) {
    if (!a || !b) return (tree *)(a ? a : b);
    tree *list = list_new(s, a), *all = tree_new_map(s->mem, a);
    tree_append_item(s->mem, list, (tree *)a);
    tree_append_item(s->mem, list, (tree *)b);
    tree_put(s->mem, all, STR("all"), list);
    return all;
}

static bool field_add(shot *s, const tree_member *m, const tree *facet_when) {
    if (tree_get_str(s->fields, m->key))
        return diag_at(s->p, s->d, DIAG_P11, m->value, m->key, "each field has one facet",
                       "two facets write `" STR_FMT "`", STR_ARG(m->key));
    tree_member own = *m;
    const tree *when = own_when(s, m->value);
    s->varies = s->varies || when || facet_when;
    if (facet_when && m->value->kind == TREE_MAP) {
        tree *over = tree_new_map(s->mem, facet_when);
        tree_put(s->mem, over, STR("when"), both(s, facet_when, when));
        own.value = tree_lay(s->p, s->mem, m->value, over, s->d);
    }
    tree_append(s->mem, s->fields, own);
    return true;
}

static bool leaves_add(shot *s, const tree_member *m, const tree *leaves) {
    const tree *when = tree_get(m->value, "when");
    if (when && !when->nothing)
        return diag_at(s->p, s->d, DIAG_P10, when, m->key, "leave the facet out, or its `when`",
                       "--single-shot: the facet `" STR_FMT "` has `leaves` and `when`", STR_ARG(m->key));
    s->varies = true;
    if (leaves->kind == TREE_SCALAR) tree_append_item(s->mem, s->leaves, (tree *)leaves);
    for (uint32_t i = 0; leaves->kind == TREE_LIST && i < leaves->n; i++)
        tree_append_item(s->mem, s->leaves, leaves->item[i]);
    return true;
}

static bool facet_add(shot *s, const tree_member *m) {
    const tree *fields = tree_get(m->value, "fields"), *when = tree_get(m->value, "when"),
               *leaves = tree_get(m->value, "leaves"), *tokens = tree_get(m->value, "max_tokens");
    bool has_fields = fields && fields->kind == TREE_MAP && fields->n;
    int64_t v = TOKENS_EACH;
    if (!has_fields && !leaves)
        return diag_at(s->p, s->d, DIAG_P02, m->value, m->key, "fields: {NAME: {text: {}}}",
                       "--single-shot: the facet `" STR_FMT "` has no `fields`", STR_ARG(m->key));
    if (tokens && tokens->kind == TREE_SCALAR && (!str_i64(tokens->text, &v) || v < 1 || v > TOKENS_MOST))
        return diag_at(s->p, s->d, DIAG_P09, tokens, tokens->text, "a whole number from 1 to 1000000",
                       "`max_tokens` of the facet `" STR_FMT "` is none", STR_ARG(m->key));
    s->tokens = s->tokens + v > TOKENS_MOST ? TOKENS_MOST : s->tokens + v;
    bool fine = !leaves || leaves_add(s, m, leaves);
    for (uint32_t i = 0; has_fields && i < fields->n; i++)
        fine = field_add(s, &fields->member[i], when && !when->nothing ? when : NULL) && fine;
    return fine;
}

/* `{{@fields}}` stands in the part that all slots share, unless fields come and go. */
static tree *prompt_of(const shot *s, const tree *at) {
    const tree *t = tree_get(s->top, "locale");
    str locale = t && t->kind == TREE_SCALAR ? t->text : STR("en"), language, rest;
    if (!str_cut(locale, '-', &language, &rest)) language = locale;
    uint8_t book = phrase_language(language);
    phrase ask = s->leaves->n ? PHRASE_SINGLE_PATHS : PHRASE_SINGLE_ASK;
    str fields = str_printf(s->mem, "\n%s\n{{@fields}}\n", phrase_in(book, ask)), none = STR("");
    str above = s->varies ? none : fields, below = s->varies ? fields : none;
    str text = str_printf(s->mem, "%s\n" STR_FMT "---\n%s\n" STR_FMT, phrase_in(book, PHRASE_SINGLE),
                          STR_ARG(above), phrase_in(book, PHRASE_SINGLE_SLOT), STR_ARG(below));
    return tree_new_scalar(s->mem, text, at);
}

static tree *facets_of(shot *s, const tree *at) {
    tree *one = tree_new_map(s->mem, at), *all = tree_new_map(s->mem, at);
    if (s->fields->n) tree_put(s->mem, one, STR("fields"), s->fields);
    if (s->leaves->n) tree_put(s->mem, one, STR("leaves"), s->leaves);
    tree_put(s->mem, one, STR("prompt"), prompt_of(s, at));
    tree_put(s->mem, one, STR("max_tokens"),
             tree_new_scalar(s->mem, str_printf(s->mem, "%lld", (long long)s->tokens), at));
    tree_put(s->mem, all, STR(FACET), one);
    return all;
}

static tree *rules_of(const shot *s, const tree *rules) {
    tree *all = tree_new_map(s->mem, rules);
    for (uint32_t i = 0; i < rules->n; i++) {
        const tree *rule = rules->member[i].value, *is = tree_get(rule, "kind");
        tree_member own = rules->member[i];
        if (is && is->kind == TREE_SCALAR && str_is(is->text, "judge")) continue;
        if (tree_get(rule, "owner")) {
            tree *over = tree_new_map(s->mem, rule);
            tree_put(s->mem, over, STR("owner"), scalar(s, "", rule));
            own.value = tree_lay(s->p, s->mem, rule, over, s->d);
        }
        tree_append(s->mem, all, own);
    }
    return all;
}

static tree *limits_of(const shot *s, const tree *limits) {
    tree *over = tree_new_map(s->mem, s->top);
    tree_put(s->mem, over, STR("rounds"), scalar(s, "0", s->top));
    tree_put(s->mem, over, STR("checks"), scalar(s, "recorded", s->top));
    return limits ? tree_lay(s->p, s->mem, limits, over, s->d) : over;
}

tree *compose_single_shot(const population *p, arena *mem, const tree *top, diags *d) {
    const tree *facets = tree_get(top, "facets"), *rules = tree_get(top, "rules");
    shot s = {.p = p, .mem = mem, .top = top, .d = d, .fields = tree_new_map(mem, top)};
    s.leaves = list_new(&s, top);
    bool fine = facets && facets->kind == TREE_MAP && facets->n;
    if (!fine)
        diag_at(p, d, DIAG_P02, top, STR("facets"), "name a population with facets",
                "--single-shot: there are no facets whose fields one call could write");
    for (uint32_t i = 0; fine && i < facets->n; i++) fine = facet_add(&s, &facets->member[i]);
    if (!fine) return NULL;
    tree *made = tree_new_map(mem, top);
    for (uint32_t i = 0; i < top->n; i++) {
        tree_member m = top->member[i];
        if (str_is(m.key, "judges") || str_is(m.key, "limits")) continue;
        if (str_is(m.key, "facets")) m.value = facets_of(&s, facets);
        if (m.value == rules && rules && rules->kind == TREE_MAP) m.value = rules_of(&s, rules);
        tree_append(mem, made, m);
    }
    tree_put(mem, made, STR("limits"), limits_of(&s, tree_get(top, "limits")));
    return made;
}

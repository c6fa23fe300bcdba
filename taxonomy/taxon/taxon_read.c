/* taxon_read.c: a tree of attributes from a file as it stands, so that it can be written again.
 *
 * Forms: a population file (`attributes`, with includes resolved and types laid under what names them), a file
 * of attributes such as a section includes, and a tree of names by somebody else: nested mappings, where an
 * empty mapping, nothing, a scalar (which is then a hint) and each string of a list is a leaf. JSON and YAML.
 * Depth, nodes and bytes are bounded by the readers of population files, names by NAME_MOST.
 */
#include "taxonomy/taxon/taxon_parts.h"
#include "taxonomy/compile/compile_parts.h"

static const char *const kind_keys[] = {"choice", "number", "date", "flag", "text", "template", NULL};
static const char *const type_key[] = {"type", NULL};

typedef struct taking {
    taxonomy *t;
    population p; /* memory and names of files, for messages and laying over */
    diags *d;
    const tree *types;
} taking;

/* ---- which form ----------------------------------------------------------------------------------------- */

static const char *kind_key_of(const tree *t) {
    for (size_t i = 0; kind_keys[i]; i++)
        if (tree_get(t, kind_keys[i])) return kind_keys[i];
    return NULL;
}

static bool is_each(const tree *t) {
    return tree_get(t, "each") != NULL;
}

/* Mappings that state a kind, and those that hold nothing. */
static void forms_count(const tree *t, uint32_t *typed, uint32_t *empty) {
    if (t->kind == TREE_MAP && (kind_key_of(t) || tree_get(t, "type"))) {
        ++*typed;
        return;
    }
    *empty += t->kind == TREE_SCALAR ? t->nothing : t->n == 0;
    for (uint32_t i = 0; t->kind != TREE_SCALAR && i < t->n; i++)
        forms_count(t->kind == TREE_MAP ? t->member[i].value : t->item[i], typed, empty);
}

static taxonomy_form form_of(const tree *top) {
    uint32_t typed = 0, empty = 0;
    if (tree_get(top, "populace")) return TAXONOMY_POPULATION;
    forms_count(top, &typed, &empty);
    return typed > empty ? TAXONOMY_ATTRIBUTES : TAXONOMY_NAMES;
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

static taxon *placed(taking *k, taxon *up, str name, const tree *at) {
    taxon *x = taxon_add(k->t, up, name);
    x->file = at->file;
    x->line = at->line;
    x->column = at->column;
    return x;
}

/* A TEXT: of several locales the first. */
static str text_of(const tree *t) {
    if (t && t->kind == TREE_MAP && t->n) t = t->member[0].value;
    return t && t->kind == TREE_SCALAR && !t->nothing ? t->text : (str){0};
}

/* ---- attributes -------------------------------------------------------------------------------------------
 */

/* A DIST for people: its values, or the scalar. */
static str domain_of(arena *mem, const tree *from) {
    if (from->kind == TREE_SCALAR) return from->nothing ? (str){0} : from->text;
    buf b = {0};
    for (uint32_t i = 0; i < from->n; i++) {
        const tree *item = from->kind == TREE_LIST ? from->item[i] : NULL;
        str s = item ? text_of(item) : from->member[i].key;
        buf_printf(&b, "%s" STR_FMT, i ? " | " : "", STR_ARG(s));
    }
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static tree *without_type(taking *k, const tree *t) {
    tree *out = tree_new_map(k->p.mem, t);
    for (uint32_t i = 0; i < t->n; i++)
        if (!key_in(t->member[i].key, type_key)) tree_append(k->p.mem, out, t->member[i]);
    return out;
}

/* The keys of its type, as far as the file says them, below its own. */
static const tree *typed(taking *k, const tree *t) {
    const tree *name, *base;
    for (int depth = 0; depth < 16 && (name = tree_get(t, "type")); depth++) {
        if (name->kind != TREE_SCALAR || !(base = tree_get_str(k->types, name->text))) break;
        if (base->kind != TREE_MAP) break;
        t = tree_lay(&k->p, k->p.mem, base, without_type(k, t), k->d);
    }
    return t;
}

static void kind_take(taking *k, taxon *x, const tree *t) {
    const char *key = kind_key_of(t);
    const tree *type = tree_get(t, "type");
    x->leaf = true;
    if (key) {
        x->kind = str_of(key);
        x->domain = domain_of(k->t->mem, tree_get(t, key));
    } else if (type) {
        x->kind = str_printf(k->t->mem, "type " STR_FMT, STR_ARG(text_of(type)));
    }
}

/* The leaves that `each` makes: they are shown and counted, and written by their section. */
static void each_take(taking *k, taxon *section, const tree *t) {
    const tree *each = tree_get(t, "each");
    for (uint32_t i = 0; each->kind != TREE_SCALAR && i < each->n; i++) {
        const tree *one = each->kind == TREE_LIST ? each->item[i] : each->member[i].value;
        str name = each->kind == TREE_LIST ? text_of(one) : each->member[i].key;
        taxon *x = placed(k, section, name, one);
        kind_take(k, x, t);
        if (each->kind != TREE_MAP) continue;
        str label = text_of(one->kind == TREE_MAP ? tree_get(one, "label") : one);
        if (label.n) x->label = label;
    }
}

static void node_take(taking *k, taxon *x, const tree *t);

static void children_take(taking *k, taxon *x, const tree *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = &t->member[i];
        if (name_reserved(m->key) || (is_doc_key(m->key) && m->value->kind != TREE_MAP)) continue;
        tree at = {.file = m->value->file, .line = m->line, .column = m->column};
        if (!is_name(m->key) || m->value->kind != TREE_MAP)
            diag_at(&k->p, k->d, is_name(m->key) ? DIAG_P03 : DIAG_P02, &at, m->key,
                    "a name, and below it a kind or further names", "`" STR_FMT "` is no attribute",
                    STR_ARG(m->key));
        else
            node_take(k, placed(k, x, m->key, &at), m->value);
    }
}

static void node_take(taking *k, taxon *x, const tree *t) {
    t = typed(k, t);
    x->body = t;
    x->conditioned = tree_get(t, "when") != NULL;
    x->hint = text_of(tree_get(t, "hint"));
    if (text_of(tree_get(t, "label")).n) x->label = text_of(tree_get(t, "label"));
    if (is_each(t)) {
        each_take(k, x, t);
    } else if (kind_key_of(t) || tree_get(t, "type")) {
        kind_take(k, x, t);
    } else {
        x->instances = tree_get(t, "list") != NULL;
        children_take(k, x, t);
    }
}

/* ---- names ------------------------------------------------------------------------------------------------
 */

static bool name_fits(taking *k, str name, const tree *at) {
    text_size size = text_measure(name, k->t->mem);
    if (is_nothing(str_trim(name)))
        return diag_at(&k->p, k->d, DIAG_P03, at, name, "write a name", "an empty name");
    if (size.chars <= NAME_MOST) return true;
    return diag_at(&k->p, k->d, DIAG_P03, at, name, "shorten it", "a name of %u characters: at most %d",
                   size.chars, NAME_MOST);
}

static void names_take(taking *k, taxon *x, const tree *t);

static void name_take(taking *k, taxon *up, str name, const tree *at, const tree *below) {
    if (!name_fits(k, name, at)) return;
    if (up->level >= LEVELS_MOST) {
        diag_at(&k->p, k->d, DIAG_P01, at, name, "fewer levels", "names nested deeper than %d levels",
                LEVELS_MOST);
        return;
    }
    taxon *x = placed(k, up, str_trim(name), at);
    if (below) names_take(k, x, below);
    x->leaf = x->leaf || !below;
}

static void item_take(taking *k, taxon *x, const tree *item) {
    if (item->kind == TREE_LIST)
        diag_at(&k->p, k->d, DIAG_P03, item, STR("[...]"), "strings, or mappings of names", "a list in a list");
    else if (item->kind == TREE_SCALAR)
        name_take(k, x, item->text, item, NULL);
    else
        names_take(k, x, item);
}

/* Below x; an empty list is a section without leaves, an empty mapping a leaf. */
static void names_take(taking *k, taxon *x, const tree *t) {
    if (t->kind == TREE_SCALAR) {
        x->leaf = true;
        x->hint = text_of(t);
        return;
    }
    x->leaf = t->kind == TREE_MAP && !t->n && x->level;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->kind == TREE_LIST) {
            item_take(k, x, t->item[i]);
            continue;
        }
        const tree_member *m = &t->member[i];
        tree at = {.file = m->value->file, .line = m->line, .column = m->column};
        name_take(k, x, m->key, &at, m->value);
    }
}

/* ---- a file -----------------------------------------------------------------------------------------------
 */

static void take(taking *k, const composed *c) {
    static const tree nothing = {.kind = TREE_MAP};
    taxonomy *t = k->t;
    k->p = (population){.mem = t->mem, .composed = t->composed};
    t->file = c->file;
    t->files = c->files;
    if (t->form == TAXONOMY_NAMES) {
        names_take(k, t->root, c->top);
        return;
    }
    const tree *top = c->top;
    if (t->form == TAXONOMY_POPULATION) {
        k->types = tree_get(top, "types");
        top = tree_get(top, "attributes");
    }
    t->root->body = top;
    children_take(k, t->root, top && top->kind == TREE_MAP ? top : &nothing);
}

/* NULL if something was said since. */
static taxonomy *taken(taking *k, size_t errors_before) {
    if (k->d->errors == errors_before && k->t->composed) {
        taxonomy_count(k->t);
        return k->t;
    }
    taxonomy_free(k->t);
    return NULL;
}

taxonomy *taxonomy_read(const char *path, bool names, diags *d) {
    static const place where[] = {PLACE_TOP, PLACE_NODE};
    size_t before = d->errors;
    taking k = {.t = taxonomy_new(), .d = d};
    composed *c = compose_as(path, PLACE_PLAIN, k.t->mem, d);
    if (c) k.t->form = names ? TAXONOMY_NAMES : form_of(c->top);
    if (c && k.t->form != TAXONOMY_NAMES) c = compose_as(path, where[k.t->form], k.t->mem, d);
    k.t->composed = c;
    if (c) take(&k, c);
    return taken(&k, before);
}

taxonomy *taxonomy_read_text(str text, bool names, diags *d) {
    size_t before = d->errors;
    taking k = {.t = taxonomy_new(), .d = d};
    totals sum = {0};
    composed *c = arena_new_of(k.t->mem, composed, 1);
    c->mem = k.t->mem;
    k.p = (population){.mem = c->mem, .composed = c};
    reading r = {.p = &k.p, .d = d, .sum = &sum, .file = composed_file(c, STR("text"))};
    str body = str_trim(text);
    c->top = body.n && body.p[0] == '{' ? tree_json(&r, text) : tree_yaml(&r, text);
    if (c->top && c->top->kind == TREE_MAP) {
        k.t->form = names || form_of(c->top) == TAXONOMY_NAMES ? TAXONOMY_NAMES : TAXONOMY_ATTRIBUTES;
        k.t->composed = c;
        take(&k, c);
    }
    return taken(&k, before);
}

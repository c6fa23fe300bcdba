/* tree_lay.c: laying one tree over another (FORMAT §1). Mappings merge key by key and keep the older order;
 * what a merged mapping is called in messages is the place of the upper one, which is where its key stands too.
 * Subtrees are shared, never changed.
 */
#include "taxonomy/compose/compose_parts.h"

static const char *const kinds[] = {"choice", "number", "date", "flag", "text", "template", NULL};
static const char *const whole[] = {"choice", "number",   "date",    "flag",   "text",   "template", "given",
                                    "list",   "row",      "only",    "when",   "if",     "then",     "left",
                                    "mix",    "at_least", "at_most", "counts", "shares", "matrix",   NULL};

static bool among(str key, const char *const *names) {
    for (; *names; names++)
        if (str_is(key, *names)) return true;
    return false;
}

static bool states_kind(const tree *t) {
    for (size_t i = 0; kinds[i]; i++)
        if (tree_get(t, kinds[i])) return true;
    return false;
}

/* ---- members by key, in constant time for long mappings ------------------------------------------------ */

enum { LINEAR_KEYS = 16 };

static strmap *keys_of(const tree *t) {
    if (t->n <= LINEAR_KEYS) return NULL;
    strmap *keys = strmap_new(t->n);
    for (uint32_t i = 0; i < t->n; i++) strmap_put(keys, t->member[i].key, &t->member[i]);
    return keys;
}

static const tree_member *member_of(const tree *t, const strmap *keys, str key) {
    if (keys) return strmap_get(keys, key);
    for (uint32_t i = 0; i < t->n; i++)
        if (str_eq(t->member[i].key, key)) return &t->member[i];
    return NULL;
}

/* ---- laying -------------------------------------------------------------------------------------------- */

typedef struct laying {
    const population *p;
    arena *mem;
    const tree *base, *over;
    bool loses_kind, loses_given; /* what the upper node takes from the lower */
    diags *d;
} laying;

static bool lost(const laying *l, str key) {
    if (l->loses_kind && among(key, kinds)) return true;
    return (l->loses_kind || l->loses_given) && (str_is(key, "by") || str_is(key, "given"));
}

static bool removes(const tree_member *m) {
    return m->value->kind == TREE_SCALAR && m->value->nothing && !among(m->key, whole);
}

static tree_member laid(const laying *l, const tree_member *lower, const tree_member *upper) {
    tree_member m = *upper;
    if (lower && !among(upper->key, whole) && !lost(l, upper->key))
        m.value = tree_lay(l->p, l->mem, lower->value, upper->value, l->d);
    return m;
}

static tree *lay_maps(const laying *l) {
    strmap *low = keys_of(l->base), *high = keys_of(l->over);
    tree *t = tree_new_map(l->mem, l->over);
    for (uint32_t i = 0; i < l->base->n; i++) {
        const tree_member *lower = &l->base->member[i], *upper = member_of(l->over, high, lower->key);
        if (upper && !removes(upper))
            tree_append(l->mem, t, laid(l, lower, upper));
        else if (!upper && !lost(l, lower->key))
            tree_append(l->mem, t, *lower);
    }
    for (uint32_t i = 0; i < l->over->n; i++) {
        const tree_member *upper = &l->over->member[i];
        if (member_of(l->base, low, upper->key)) continue;
        if (!removes(upper)) {
            tree_append(l->mem, t, *upper);
            continue;
        }
        tree at = {.file = upper->value->file, .line = upper->line, .column = upper->column};
        diag_at(l->p, l->d, DIAG_P02, &at, upper->key, "`KEY: ~` removes a key of what this is laid over",
                "nothing to remove: no key `" STR_FMT "` below", STR_ARG(upper->key));
    }
    strmap_free(low);
    strmap_free(high);
    return t;
}

tree *tree_lay(const population *p, arena *mem, const tree *base, const tree *over, diags *d) {
    if (!base || !over) return (tree *)(over ? over : base);
    if (base->kind != TREE_MAP || over->kind != TREE_MAP) return (tree *)over;
    laying l = {.p = p, .mem = mem, .base = base, .over = over, .d = d};
    l.loses_kind = states_kind(over) && (states_kind(base) || tree_get(base, "type"));
    l.loses_given = tree_get(over, "given") != NULL;
    return lay_maps(&l);
}

/* taxon_kind.c: leaves get their kind, domain and hint, as a population file has them. */
#include "taxonomy/taxon/taxon_parts.h"
#include "taxonomy/compile/compile_parts.h"

enum { VALUE_BYTES = 80 };

bool taxon_labelled(const taxon *x) {
    if (is_nothing(x->label)) return false;
    if (x->label.n != x->name.n) return true;
    for (size_t i = 0; i < x->name.n; i++)
        if (x->label.p[i] != (x->name.p[i] == '_' ? ' ' : x->name.p[i])) return true;
    return false;
}

bool choice_value_fits(str s) {
    size_t at;
    if (!s.n || s.n > VALUE_BYTES || !str_eq(str_trim(s), s) || is_nothing(s) || str_is(s, "else"))
        return false;
    if (!text_valid(s) || str_find(s, STR(".."), &at) || str_find(s, STR("|"), &at)) return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20) return false;
    return true;
}

static void put(taxonomy *t, tree *map, const char *key, tree *below) {
    tree_put(t->mem, map, str_of(key), below);
}

static void put_text(taxonomy *t, tree *map, const char *key, str text) {
    if (text.n && !is_nothing(text)) put(t, map, key, tree_new_scalar(t->mem, text, NULL));
}

void body_label(taxonomy *t, taxon *x) {
    tree *body = tree_new_map(t->mem, x->body);
    for (uint32_t i = 0; i < x->body->n; i++) tree_append(t->mem, body, x->body->member[i]);
    put_text(t, body, "label", x->label);
    x->body = body;
}

static void made(taxonomy *t, taxon *x, const char *key, tree *dist_of, str domain, str unit, str hint) {
    tree *body = tree_new_map(t->mem, NULL);
    put(t, body, key, dist_of);
    put_text(t, body, "unit", unit);
    /* of what is drawn nobody writes anything: what to give is documentation */
    put_text(t, body, str_is(str_of(key), "text") ? "hint" : "note", hint);
    x->leaf = true;
    x->kind = str_of(key);
    x->domain = domain;
    x->hint = str_dup(t->mem, hint);
    x->body = body;
}

void taxon_choice(taxonomy *t, taxon *x, const str *values_of, uint32_t values, str hint) {
    tree *list = tree_new_map(t->mem, NULL);
    buf b = {0};
    list->kind = TREE_LIST;
    for (uint32_t i = 0; i < values; i++) {
        tree_append_item(t->mem, list, tree_new_scalar(t->mem, values_of[i], NULL));
        buf_printf(&b, "%s" STR_FMT, i ? " | " : "", STR_ARG(values_of[i]));
    }
    made(t, x, "choice", list, str_dup(t->mem, buf_view(&b)), (str){0}, hint);
    buf_free(&b);
}

void taxon_number(taxonomy *t, taxon *x, int64_t from, int64_t to, str unit, str hint) {
    str range = str_printf(t->mem, "%lld..%lld", (long long)from, (long long)to);
    made(t, x, "number", tree_new_scalar(t->mem, range, NULL), range, unit, hint);
}

void taxon_flag(taxonomy *t, taxon *x, str hint) {
    made(t, x, "flag", tree_new_map(t->mem, NULL), (str){0}, (str){0}, hint);
}

void taxon_text(taxonomy *t, taxon *x, str hint) {
    tree *limits = tree_new_map(t->mem, NULL);
    put(t, limits, "words", tree_new_scalar(t->mem, STR("1..16"), NULL));
    put(t, limits, "lines", tree_new_scalar(t->mem, STR("1"), NULL));
    made(t, x, "text", limits, (str){0}, (str){0}, hint);
}

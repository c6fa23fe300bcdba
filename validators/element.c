/* element.c: the values of a leaf one by one, whether two of them say the same, and how they are printed in
 * messages. */
#include "validators/rule_parts.h"

/* Of what stands in instances: those that have a value, and of lists in them the elements. */
static bool is_flat(const value *v) {
    for (uint32_t i = 0; i < v->n; i++)
        if (v->item[i].kind == V_NONE || v->item[i].kind == V_LIST) return false;
    return true;
}

uint32_t element_count(const value *v) {
    if (v->kind != V_LIST) return v->kind != V_NONE;
    if (is_flat(v)) return v->n;
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n; i++) n += element_count(&v->item[i]);
    return n;
}

const value *element_at(const value *v, uint32_t at) {
    if (v->kind != V_LIST) return v;
    if (is_flat(v)) return &v->item[at];
    uint32_t i = 0;
    for (uint32_t n; at >= (n = element_count(&v->item[i])); i++) at -= n;
    return element_at(&v->item[i], at);
}

static bool is_ascii(str s) {
    unsigned char all = 0;
    for (size_t i = 0; i < s.n; i++) all |= (unsigned char)s.p[i];
    return all < 0x80;
}

static char small(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool same_text(str a, str b) {
    a = str_trim(a);
    b = str_trim(b);
    if (str_eq(a, b)) return true;
    if (is_ascii(a) && is_ascii(b)) {
        size_t i = 0;
        while (a.n == b.n && i < a.n && small(a.p[i]) == small(b.p[i])) i++;
        return a.n == b.n && i == a.n;
    }
    arena *mem = arena_new(512);
    bool same = str_eq(text_fold(mem, a), text_fold(mem, b));
    arena_free(mem);
    return same;
}

/* How a value may be written: a text as it is, a choice as its value or its label. */
static uint32_t spellings(const node *n, const value *v, str out[2]) {
    if (v->kind == V_TEXT) {
        out[0] = v->text;
        return 1;
    }
    if (v->num < 0 || v->num >= (int64_t)n->values) return 0;
    out[0] = n->value[v->num].value;
    out[1] = n->value[v->num].label;
    return 2;
}

bool element_same(const node *a, const value *x, const node *b, const value *y) {
    str left[2], right[2];
    bool like = a == b || (a->kind == K_DATE && b->kind == K_DATE);
    if (like && x->kind == V_NUM && y->kind == V_NUM) return x->num == y->num;
    if (a->kind == K_NUMBER && b->kind == K_NUMBER && x->kind == V_NUM && y->kind == V_NUM)
        return dec_double((dec){x->num * a->step.m, a->step.places}) ==
               dec_double((dec){y->num * b->step.m, b->step.places});
    uint32_t lefts = spellings(a, x, left), rights = spellings(b, y, right);
    if (lefts == 2 && rights == 2) return str_eq(left[0], right[0]); /* labels may differ by where they stand */
    for (uint32_t i = 0; i < lefts; i++)
        for (uint32_t k = 0; k < rights; k++)
            if (same_text(left[i], right[k])) return true;
    return false;
}

str element_print(arena *mem, const node *n, const value *v) {
    buf b = {0};
    value_print(&b, n, v);
    str s = excerpt(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

str leaf_print(arena *mem, const record *rec, uint32_t leaf) {
    return element_print(mem, leaf_node(rec->pop, leaf), record_at(rec, leaf));
}

str leaves_print(arena *mem, const record *rec, const leaf_list *l) {
    buf b = {0};
    for (uint32_t i = 0; i < l->n; i++) {
        bool hidden = leaf_node(rec->pop, l->leaf[i])->leaf != l->leaf[i];
        if (hidden || record_at(rec, l->leaf[i])->kind == V_NONE) continue;
        if (b.n) buf_z(&b, "; ");
        buf_str(&b, leaf_node(rec->pop, l->leaf[i])->label);
        buf_z(&b, ": ");
        buf_str(&b, leaf_print(mem, rec, l->leaf[i]));
    }
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

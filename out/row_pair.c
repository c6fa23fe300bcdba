/* row_pair.c: one value as the text of a pair, and back.
 *
 * A pair holds what a template would print: a choice's or flag's label, a number with its unit. Two values may
 * share a label, or one's label may be another's value; then the raw value is written. So every text stands for
 * one value: a label that is written equals no other label and no other value, and raw values all differ.
 */
#include "out/row_parts.h"

static bool label_tells(const node *n, uint32_t v) {
    for (uint32_t i = 0; i < n->values; i++)
        if (i != v &&
            (str_eq(n->value[i].label, n->value[v].label) || str_eq(n->value[i].value, n->value[v].label)))
            return false;
    return true;
}

static str choice_text(const node *n, uint32_t v) {
    return label_tells(n, v) ? n->value[v].label : n->value[v].value;
}

void pair_print(buf *b, const node *n, const value *v) {
    bool choice = (n->kind == K_CHOICE || n->kind == K_FLAG) && v->kind == V_NUM;
    if (choice)
        buf_str(b, choice_text(n, (uint32_t)v->num));
    else
        value_print(b, n, v);
}

static bool read_choice(const node *n, str s, value *out) {
    for (uint32_t i = 0; i < n->values; i++) {
        if (!str_eq(s, n->value[i].label) && !str_eq(s, n->value[i].value)) continue;
        if (!str_eq(s, choice_text(n, i))) continue;
        *out = (value){.kind = V_NUM, .num = i};
        return true;
    }
    return false;
}

bool pair_read(const node *n, str s, arena *mem, value *out) {
    if (n->kind == K_CHOICE || n->kind == K_FLAG) return read_choice(n, s, out);
    if (n->kind == K_DATE) {
        out->kind = V_NUM;
        return row_date(n, s, &out->num);
    }
    if (n->kind != K_NUMBER) {
        *out = (value){.kind = V_TEXT, .text = str_dup(mem, s)};
        return true;
    }
    if (n->unit.n) {
        if (s.n <= n->unit.n || !str_eq(str_part(s, s.n - n->unit.n, s.n), n->unit)) return false;
        s = str_part(s, 0, s.n - n->unit.n);
        if (s.p[s.n - 1] != ' ') return false;
        s.n--;
    }
    out->kind = V_NUM;
    return row_number(n, s, &out->num);
}

/* value_print.c: values as text: FORMAT's Printed (label, unit, joined) and its form `value` (raw). */
#include "taxonomy/compile/compile.h"

static void print_number(buf *b, const node *n, int64_t steps) {
    dec_print(b, steps * n->step.m, n->step.places);
}

static void print_one(buf *b, const node *n, const value *v, bool raw) {
    if (v->kind == V_TEXT) {
        buf_str(b, v->text);
    } else if (n->kind == K_NUMBER) {
        print_number(b, n, v->num);
        if (!raw && n->unit.n) {
            buf_char(b, ' ');
            buf_str(b, n->unit);
        }
    } else if (n->kind == K_DATE) {
        date_print(b, v->num);
    } else if (v->num >= 0 && v->num < (int64_t)n->values) {
        buf_str(b, raw ? n->value[v->num].value : n->value[v->num].label);
    }
}

/* Of instances those that have a value. */
static void print_all(buf *b, const node *n, const value *v, bool raw) {
    if (v->kind == V_NONE) return;
    if (v->kind != V_LIST) {
        print_one(b, n, v, raw);
        return;
    }
    size_t begin = b->n;
    for (uint32_t i = 0; i < v->n; i++) {
        if (!value_there(&v->item[i])) continue;
        if (b->n > begin) buf_z(b, ", ");
        print_all(b, n, &v->item[i], raw);
    }
}

void value_print(buf *b, const node *n, const value *v) {
    print_all(b, n, v, false);
}

void value_print_raw(buf *b, const node *n, const value *v) {
    print_all(b, n, v, true);
}

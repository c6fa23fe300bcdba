/* value_json.c: values as they stand in rows: canonical JSON, null without value. */
#include "taxonomy/compile/compile.h"

static void json_one(buf *b, const node *n, const value *v) {
    if (v->kind == V_TEXT) {
        buf_json(b, v->text);
    } else if (n->kind == K_NUMBER) {
        dec_print(b, v->num * n->step.m, n->step.places);
    } else if (n->kind == K_DATE) {
        buf_char(b, '"');
        date_print(b, v->num);
        buf_char(b, '"');
    } else if (v->num < 0 || v->num >= (int64_t)n->values) {
        buf_z(b, "null");
    } else if (n->kind == K_FLAG) {
        buf_z(b, v->num ? "true" : "false");
    } else if (n->value[v->num].number) {
        buf_str(b, n->value[v->num].value);
    } else {
        buf_json(b, n->value[v->num].value);
    }
}

void value_json(buf *b, const node *n, const value *v) {
    if (v->kind == V_NONE) {
        buf_z(b, "null");
    } else if (v->kind != V_LIST) {
        json_one(b, n, v);
    } else {
        buf_char(b, '[');
        for (uint32_t i = 0; i < v->n; i++) {
            if (i) buf_char(b, ',');
            value_json(b, n, &v->item[i]);
        }
        buf_char(b, ']');
    }
}

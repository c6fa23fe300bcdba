/* row_value.c: a value as rows hold it, read back exactly: what value_json would not have written is refused.
 */
#include "out/row_parts.h"

static const int64_t power[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/* steps = text / step, which must be whole, in the domain, and print as the same text. */
bool row_number(const node *n, str text, int64_t *steps) {
    dec v;
    if (!dec_parse(text, &v) || n->step.m <= 0) return false;
    __int128 over = (__int128)v.m * power[n->step.places], under = (__int128)n->step.m * power[v.places];
    if (over % under != 0 || over / under < n->lo || over / under > n->hi) return false;
    *steps = (int64_t)(over / under);
    buf b = {0};
    dec_print(&b, *steps * n->step.m, n->step.places);
    bool same = str_eq(buf_view(&b), text);
    buf_free(&b);
    return same;
}

bool row_date(const node *n, str text, int64_t *days) {
    return date_parse(text, days) && *days >= n->lo && *days <= n->hi;
}

static bool choice_value_of(const node *n, const json *j, int64_t *v) {
    for (uint32_t i = 0; i < n->values; i++) {
        if (!str_eq(n->value[i].value, j->text)) continue;
        *v = i;
        return j->kind == (n->value[i].number ? JSON_NUMBER : JSON_STRING);
    }
    return false;
}

static bool one_value(const node *n, const json *j, arena *mem, value *out, const char **why) {
    *out = (value){.kind = V_NUM};
    switch (n->kind) {
    case K_CHOICE:
        *why = "is none of its values";
        return (j->kind == JSON_NUMBER || j->kind == JSON_STRING) && choice_value_of(n, j, &out->num);
    case K_NUMBER:
        *why = "is no number of its range and step";
        return j->kind == JSON_NUMBER && row_number(n, j->text, &out->num);
    case K_DATE:
        *why = "is no day of its range";
        return j->kind == JSON_STRING && row_date(n, j->text, &out->num);
    case K_FLAG:
        *why = "is neither true nor false";
        out->num = j->kind == JSON_TRUE;
        return j->kind == JSON_TRUE || j->kind == JSON_FALSE;
    case K_SECTION:
    case K_TEXT:
    case K_TEMPLATE: break;
    }
    *why = "is no text";
    *out = (value){.kind = V_TEXT, .text = str_dup(mem, j->text)};
    return j->kind == JSON_STRING;
}

bool row_value(const node *n, const json *j, arena *mem, value *out, const char **why) {
    *out = (value){.kind = V_NONE};
    if (j->kind == JSON_NULL) return true;
    if (!n->is_list) return one_value(n, j, mem, out, why);
    *why = "is no list";
    if (j->kind != JSON_ARRAY) return false;
    value *item = arena_new_of(mem, value, j->n);
    for (uint32_t i = 0; i < j->n; i++)
        if (!one_value(n, &j->item[i], mem, &item[i], why)) return false;
    *out = (value){.kind = V_LIST, .n = j->n, .item = item};
    return true;
}

/* json_write.c: the compact canonical form of a tree, and the questions asked of one. */
#include "pipeline/base/base.h"

#define FAULT_TEXT(name, text) text,
static const char *const fault_texts[] = {JSON_FAULT_MAP(FAULT_TEXT)};

const char *json_fault_text(json_fault f) {
    return (size_t)f < COUNT_OF(fault_texts) ? fault_texts[f] : "unknown fault";
}

const json *json_get(const json *object, const char *key) {
    if (!object || object->kind != JSON_OBJECT) return NULL;
    str k = str_of(key);
    for (uint32_t i = 0; i < object->n; i++)
        if (str_eq(object->member[i].key, k)) return &object->member[i].value;
    return NULL;
}

str json_str(const json *object, const char *key) {
    const json *v = json_get(object, key);
    return v && v->kind == JSON_STRING ? v->text : (str){NULL, 0};
}

bool json_i64(const json *object, const char *key, int64_t *v) {
    const json *found = json_get(object, key);
    return found && found->kind == JSON_NUMBER && str_i64(found->text, v);
}

static void write_array(buf *b, const json *v) {
    buf_char(b, '[');
    for (uint32_t i = 0; i < v->n; i++) {
        if (i) buf_char(b, ',');
        json_write(b, &v->item[i]);
    }
    buf_char(b, ']');
}

static void write_object(buf *b, const json *v) {
    buf_char(b, '{');
    for (uint32_t i = 0; i < v->n; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, v->member[i].key);
        buf_char(b, ':');
        json_write(b, &v->member[i].value);
    }
    buf_char(b, '}');
}

void json_write(buf *b, const json *v) {
    switch (v->kind) {
    case JSON_NULL: buf_z(b, "null"); break;
    case JSON_FALSE: buf_z(b, "false"); break;
    case JSON_TRUE: buf_z(b, "true"); break;
    case JSON_NUMBER: buf_str(b, v->text); break;
    case JSON_STRING: buf_json(b, v->text); break;
    case JSON_ARRAY: write_array(b, v); break;
    case JSON_OBJECT: write_object(b, v); break;
    }
}

/* json_fuzz.c: whatever the bytes, the reader neither crashes nor accepts what it cannot write and read again.
 */
#include "pipeline/base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static void check_strings(const json *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->kind == JSON_OBJECT) must(text_valid(v->member[i].key));
        check_strings(v->kind == JSON_OBJECT ? &v->member[i].value : &v->item[i]);
    }
    if (v->kind == JSON_STRING) must(text_valid(v->text));
}

/* The written form is read, written and found the same. */
static void check_round(arena *a, const json *v) {
    buf first = {0}, second = {0};
    json again;
    json_write(&first, v);
    must(json_read(buf_view(&first), NULL, a, &again, NULL) == JSON_FAULT_NONE);
    json_write(&second, &again);
    must(str_eq(buf_view(&first), buf_view(&second)));
    buf_free(&first);
    buf_free(&second);
}

/* Good text cut short anywhere before its end is never an error of syntax, except where a number is cut. */
static void check_cut(arena *a, str s, size_t end) {
    size_t cut = s.n ? hash_64(s, 1) % s.n : 0;
    json v;
    size_t at;
    if (cut >= end) return;
    json_fault f = json_read(str_part(s, 0, cut), NULL, a, &v, &at);
    must(f == JSON_FAULT_TRUNCATED || (f == JSON_FAULT_NONE && v.kind == JSON_NUMBER));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* an exact copy, so that a read over the end is seen */
    char *copy = xmalloc(size);
    if (size) memcpy(copy, data, size);
    str s = {copy, size};
    arena *a = arena_new(0);
    json v;
    size_t end = 0;
    json_fault open = json_read(s, NULL, a, &v, &end);
    must(end <= size);
    if (open == JSON_FAULT_NONE) {
        check_strings(&v);
        check_round(a, &v);
        check_cut(a, s, end);
        must(json_read(str_part(s, 0, end), NULL, a, &v, NULL) == JSON_FAULT_NONE);
    } else {
        must(json_read(s, NULL, a, &v, NULL) == open);
    }
    json_limits tight = {.depth = 3, .members = 2, .string_bytes = 4, .nodes = 5};
    json_fault limited = json_read(s, &tight, a, &v, &end);
    must(open == JSON_FAULT_NONE || limited != JSON_FAULT_NONE);
    arena_free(a);
    free(copy);
    return 0;
}

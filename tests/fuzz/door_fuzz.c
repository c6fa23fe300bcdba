/* door_fuzz.c: whatever a model or a server sends, the door neither crashes nor lets through what is no text.
 * The bytes are taken as a content, as an envelope, and as the body of refusals.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static void check_texts(const json *v) {
    for (uint32_t i = 0; (v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) && i < v->n; i++) {
        if (v->kind == JSON_OBJECT) must(text_valid(v->member[i].key));
        check_texts(v->kind == JSON_OBJECT ? &v->member[i].value : &v->item[i]);
    }
    if (v->kind == JSON_STRING) must(text_valid(v->text) && v->text.n <= 64 << 10);
}

/* What the door lets in, written anew, passes it again and is the same. */
static void check_content(str s, arena *a) {
    json v, again;
    buf first = {0}, second = {0};
    door_code c = door_open(s, a, &v);
    must(c < DOOR_COUNT && door_name(c) && door_message(c));
    if (c != DOOR_OPEN) return;
    must(v.kind == JSON_OBJECT);
    check_texts(&v);
    json_write(&first, &v);
    size_t at;
    if (!str_find(buf_view(&first), STR("\xef\xbf\xbd"), &at)) {
        must(door_open(buf_view(&first), a, &again) == DOOR_OPEN);
        json_write(&second, &again);
        must(str_eq(buf_view(&first), buf_view(&second)));
    }
    buf_free(&first);
    buf_free(&second);
}

static void check_envelope(str s, arena *a) {
    reply r;
    if (!door_envelope(s, a, &r)) return;
    must(r.outcome < OUTCOME_COUNT && r.usage.calls == 1);
    must(text_valid(r.text) && text_valid(r.finish) && text_valid(r.model));
    if (r.outcome == OUTCOME_REPLY) must(r.text.n > 0);
    check_content(r.text, a);
}

static void check_refusal(str s, arena *a) {
    static const int status[] = {302, 400, 401, 403, 404, 413, 422, 429, 451, 500, 503, 529};
    for (size_t i = 0; i < COUNT_OF(status); i++) {
        bool final;
        outcome o = OUTCOME_COUNT;
        str words;
        char safe[512];
        fault f = door_fault(status[i], s, a, &final, &o, &words);
        must(f < FAULT_COUNT && (!final || o == OUTCOME_CONTEXT || o == OUTCOME_FILTERED));
        words_safe(words, "key", safe, sizeof safe);
        must(text_valid(str_of(safe)) && !strstr(safe, "\x1b"));
        endpoint_config e = {.bounds = true};
        dialect d = {0};
        for (int steps = 0; dialect_step(&e, &d, words); steps++) must(steps < 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* an exact copy, so that a read over the end is seen */
    char *copy = xmalloc(size);
    if (size) memcpy(copy, data, size);
    str s = {copy, size};
    arena *a = arena_new(0);
    check_content(s, a);
    check_envelope(s, a);
    check_refusal(s, a);
    arena_free(a);
    free(copy);
    return 0;
}

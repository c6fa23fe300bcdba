/* door.c: the only way in for what a model wrote: text -> one JSON object, or the reason why not. Nothing is
 * completed and nothing guessed: truncated JSON is refused, to be asked again.
 *
 * Order: the whole text strictly; then, since only then is something around the JSON, a BOM, reasoning up to
 * the last
 * </think> (the opening mark may stand in the prompt), one pair of fences, and prose before and behind the
 * first object.
 */
#include <string.h>
#include "pipeline/model/model.h"

static const json_limits limits = {.depth = 16, .members = 256, .string_bytes = 64 << 10, .nodes = 4096};

const char *door_name(door_code c) {
    static const char *const text[DOOR_COUNT] = {
#define ROW(name, label, message) [DOOR_##name] = label,
        DOOR_MAP(ROW)
#undef ROW
    };
    return text[c];
}

const char *door_message(door_code c) {
    static const char *const text[DOOR_COUNT] = {
#define ROW(name, label, message) [DOOR_##name] = message,
        DOOR_MAP(ROW)
#undef ROW
    };
    return text[c];
}

static door_code code_of(json_fault f) {
    switch (f) {
    case JSON_FAULT_NONE: return DOOR_OPEN;
    case JSON_FAULT_TRUNCATED: return DOOR_TRUNCATED;
    case JSON_FAULT_UTF8: return DOOR_UTF8;
    case JSON_FAULT_CONTROL: return DOOR_CONTROL;
    case JSON_FAULT_DUPLICATE: return DOOR_DUPLICATE;
    case JSON_FAULT_NUMBER: return DOOR_NUMBER;
    case JSON_FAULT_DEPTH:
    case JSON_FAULT_MEMBERS:
    case JSON_FAULT_LONG:
    case JSON_FAULT_NODES: return DOOR_LIMITS;
    default: return DOOR_SYNTAX;
    }
}

static bool find_last(str s, const char *what, size_t *at) {
    size_t n = strlen(what);
    for (size_t i = s.n + 1; i-- > n;)
        if (memcmp(s.p + i - n, what, n) == 0) {
            *at = i - n;
            return true;
        }
    return false;
}

/* Behind the reasoning. false: it was opened and never closed. */
static bool think_cut(str *s) {
    size_t at;
    if (find_last(*s, "</think>", &at)) {
        *s = str_part(*s, at + 8, s->n);
        return true;
    }
    const char *open = s->n ? memchr(s->p, '{', s->n) : NULL;
    str before = open ? str_part(*s, 0, (size_t)(open - s->p)) : *s;
    return !str_find(before, STR("<think>"), &at);
}

static str fence_cut(str s) {
    s = str_trim(s);
    if (!str_starts(s, "```")) return s;
    const char *line = memchr(s.p, '\n', s.n);
    if (!line) return s;
    s = str_part(s, (size_t)(line - s.p) + 1, s.n);
    size_t at;
    if (find_last(s, "```", &at)) s = str_part(s, 0, at);
    return str_trim(s);
}

/* U+FFFD: the envelope put it where the answer held no text. */
static bool is_mended(str s) {
    size_t at;
    return str_find(s, STR("\xef\xbf\xbd"), &at);
}

/* U+007F to U+009F, raw or by an escape: terminals obey some of them, and the JSON reader refuses only those
 * below U+0020. */
static bool text_controls(str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x7F || (c == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xA0)) return true;
    }
    return false;
}

static bool tree_controls(const json *v) {
    if (v->kind == JSON_STRING) return text_controls(v->text);
    if (v->kind != JSON_OBJECT && v->kind != JSON_ARRAY) return false;
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->kind == JSON_OBJECT && text_controls(v->member[i].key)) return true;
        if (tree_controls(v->kind == JSON_OBJECT ? &v->member[i].value : &v->item[i])) return true;
    }
    return false;
}

/* What no JSON reader objects to. */
static door_code content_check(str s, const json *tree) {
    if (is_mended(s)) return DOOR_UTF8;
    return tree_controls(tree) ? DOOR_CONTROL : DOOR_OPEN;
}

static bool holds_object(str s, arena *a) {
    while (s.n) {
        const char *open = memchr(s.p, '{', s.n);
        json j;
        size_t end;
        if (!open) return false;
        s = str_part(s, (size_t)(open - s.p), s.n);
        if (json_read(s, &limits, a, &j, &end) == JSON_FAULT_NONE) return true;
        s = str_part(s, 1, s.n);
    }
    return false;
}

/* Prose may stand around one object, but no second one. */
static door_code object_read(str s, arena *a, json *out) {
    const char *open = s.n ? memchr(s.p, '{', s.n) : NULL;
    if (!open) return DOOR_NO_JSON;
    str rest = str_part(s, (size_t)(open - s.p), s.n);
    size_t end = 0;
    json_fault f = json_read(rest, &limits, a, out, &end);
    if (f != JSON_FAULT_NONE) return code_of(f);
    door_code c = content_check(str_part(rest, 0, end), out);
    if (c != DOOR_OPEN) return c;
    return holds_object(str_part(rest, end, rest.n), a) ? DOOR_MULTIPLE : DOOR_OPEN;
}

door_code door_open(str text, arena *a, json *out) {
    if (str_starts(text, "\xef\xbb\xbf")) text = str_part(text, 3, text.n);
    json_fault f = json_read(text, &limits, a, out, NULL);
    if (f == JSON_FAULT_NONE) return out->kind != JSON_OBJECT ? DOOR_NO_JSON : content_check(text, out);
    /* an object that begins at once has nothing around it to be cut, except behind it */
    if (f != JSON_FAULT_SYNTAX && f != JSON_FAULT_TRAILING && f != JSON_FAULT_TRUNCATED) return code_of(f);
    str s = text;
    if (!think_cut(&s)) return DOOR_THINK;
    s = fence_cut(s);
    if (s.n == 0) return DOOR_NO_JSON;
    return object_read(s, a, out);
}

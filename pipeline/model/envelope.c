/* envelope.c: the HTTP body of a chat completion, opened: outcome, text, finish, model, usage. The body is
 * hostile.
 *
 * A content that is no text (broken UTF-8, NUL and other controls, half surrogates) is the model's doing, and
 * asking again would bring the same. So such places become U+FFFD, which the door then refuses with a reason,
 * instead of making the whole exchange a fault of the wire.
 */
#include <string.h>
#include "pipeline/model/model.h"

static const json_limits limits = {.depth = 32, .members = 4096, .string_bytes = 0, .nodes = 65536};

/* ---- what is no text ------------------------------------------------------------------------------------ */

/* The four hex digits at s[at], or -1. */
static int32_t hex4(str s, size_t at) {
    int32_t v = 0;
    if (at + 4 > s.n) return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* One escape at s[at], copied or replaced; returns its length. */
static size_t escape_mend(buf *out, str s, size_t at) {
    char kind = at + 1 < s.n ? s.p[at + 1] : 0;
    size_t n = kind ? 2 : 1;
    bool bad = kind == 'b' || kind == 'f';
    if (kind == 'u') {
        int32_t v = hex4(s, at + 2), low = 0;
        n = v >= 0 ? 6 : 2;
        if (v >= 0xD800 && v < 0xDC00 && at + 8 <= s.n && s.p[at + 6] == '\\' && s.p[at + 7] == 'u')
            low = hex4(s, at + 8);
        if (low >= 0xDC00 && low < 0xE000)
            n = 12;
        else
            bad = (v >= 0xD800 && v < 0xE000) || (v >= 0 && v < 32 && v != '\t' && v != '\n' && v != '\r');
    }
    if (bad)
        buf_z(out, "\\ufffd");
    else
        buf_put(out, s.p + at, n);
    return n;
}

static size_t byte_mend(buf *out, str s, size_t at) {
    unsigned char c = (unsigned char)s.p[at];
    size_t n = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (c == '\t' || c == '\n' || c == '\r') {
        buf_z(out, c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r");
    } else if (c >= 32 && n <= s.n - at && text_valid(str_part(s, at, at + n))) {
        buf_put(out, s.p + at, n);
    } else {
        buf_z(out, "\\ufffd");
        n = 1;
    }
    return n;
}

/* The body with U+FFFD for everything in its strings that is no text. */
static str body_mend(str s, arena *a) {
    buf out = {0};
    bool inside = false;
    buf_reserve(&out, s.n + 64);
    for (size_t i = 0; i < s.n;) {
        if (!inside || s.p[i] == '"') {
            inside = inside != (s.p[i] == '"');
            buf_char(&out, s.p[i++]);
        } else {
            i += s.p[i] == '\\' ? escape_mend(&out, s, i) : byte_mend(&out, s, i);
        }
    }
    str mended = str_dup(a, buf_view(&out));
    buf_free(&out);
    return mended;
}

/* ---- the envelope --------------------------------------------------------------------------------------- */

static uint64_t count_of(const json *j, const char *key) {
    int64_t v;
    return j && json_i64(j, key, &v) && v > 0 ? (uint64_t)v : 0;
}

static void usage_read(const json *body, usage *u) {
    const json *j = json_get(body, "usage");
    *u = (usage){.calls = 1};
    if (!j) return;
    u->prompt = count_of(j, "prompt_tokens");
    u->completion = count_of(j, "completion_tokens");
    u->cached = count_of(json_get(j, "prompt_tokens_details"), "cached_tokens");
    u->reasoning = count_of(json_get(j, "completion_tokens_details"), "reasoning_tokens");
}

/* Budgets must hold where a server counts nothing: four bytes are about one token, reasoning is paid for too.
 */
static void usage_guess(const json *message, str text, usage *u) {
    if (u->completion) return;
    size_t n = text.n + json_str(message, "reasoning").n + json_str(message, "reasoning_content").n;
    u->completion = (n + 3) / 4;
}

static outcome outcome_of(str finish, str text, const json *message) {
    bool filtered = str_is(finish, "content_filter") || str_is(finish, "sensitive"); /* the latter: GLM */
    if (filtered || json_str(message, "refusal").n) return OUTCOME_FILTERED;
    if (str_is(finish, "length")) return OUTCOME_LENGTH;
    if (str_trim(text).n) return OUTCOME_REPLY;
    bool thought = json_str(message, "reasoning").n || json_str(message, "reasoning_content").n;
    return thought ? OUTCOME_THINK_ONLY : OUTCOME_EMPTY;
}

/* A string, or parts of which those of type text are joined. */
static str content_read(const json *message, arena *a) {
    const json *content = json_get(message, "content");
    if (!content || content->kind != JSON_ARRAY) return json_str(message, "content");
    buf b = {0};
    for (uint32_t i = 0; i < content->n; i++)
        if (str_is(json_str(&content->item[i], "type"), "text"))
            buf_str(&b, json_str(&content->item[i], "text"));
    str s = str_dup(a, buf_view(&b));
    buf_free(&b);
    return s;
}

/* Made safe here, before anything uses it: rows hold it, and a replay must find in the log what they were made
 * with. */
static str model_read(const json *body, arena *a) {
    char *name = arena_alloc(a, MODEL_NAME_SIZE);
    model_name_safe(json_str(body, "model"), name);
    return str_of(name);
}

bool door_envelope(str body, arena *a, reply *out) {
    json j;
    json_fault f = json_read(body, &limits, a, &j, NULL);
    if (f == JSON_FAULT_UTF8 || f == JSON_FAULT_CONTROL || f == JSON_FAULT_ESCAPE)
        f = json_read(body_mend(body, a), &limits, a, &j, NULL);
    if (f != JSON_FAULT_NONE) return false;
    const json *choices = json_get(&j, "choices");
    if (!choices || choices->kind != JSON_ARRAY || choices->n == 0) return false;
    const json *message = json_get(&choices->item[0], "message");
    if (!message || message->kind != JSON_OBJECT) return false;
    *out = (reply){.finish = json_str(&choices->item[0], "finish_reason"), .model = model_read(&j, a)};
    out->text = content_read(message, a);
    out->outcome = outcome_of(out->finish, out->text, message);
    if (out->outcome == OUTCOME_FILTERED && json_str(message, "refusal").n)
        out->text = json_str(message, "refusal");
    usage_read(&j, &out->usage);
    usage_guess(message, out->text, &out->usage);
    return true;
}

/* sim_reply.c: from the body of a chat completion to the body of its answer.
 *
 * The layout of the seed is the client's: bits 0..3 the round, 4..9 the step, 10..30 the persona (slot and
 * attempt). It is used for two things only: faults that strike first rounds alone, and personas that are to be
 * duplicates.
 */
#include "tests/llmsim/llmsim.h"

#include <stdio.h>
#include <string.h>

#define CREATED          1700000000 /* an answer has no clock in it: the same request gives the same bytes */
#define WHITESPACE_BYTES 16384u
#define HUGE_BYTES       (1u << 20)
#define NESTED           20000u
#define CONTEXT_TOKENS   32768

/* A request, checked. */
typedef struct chat {
    json root;
    const json *messages, *schema; /* schema NULL: none was sent */
    str model;
    int64_t seed, max_tokens; /* max_tokens 0: not limited */
    bool has_seed, wants_json;
    size_t prompt_bytes;
    uint64_t words, hash; /* of messages and seed; and of the schema */
} chat;

/* What is sent as content. */
typedef struct answer {
    buf *content;
    const char *finish;
    bool refused;
} answer;

static buf content_room, text_room; /* kept between requests: one thread */

/* ---- errors --------------------------------------------------------------------------------- */

void sim_reply_error(reply *out, int status, const char *type, const char *code, const char *param,
                     const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    out->status = status;
    out->immediate = true;
    out->retry_after = -1;
    buf_str(out->body, STR("{\"error\":{\"message\":"));
    buf_json(out->body, text_valid(str_of(text)) ? str_of(text) : STR("the request cannot be read"));
    buf_printf(out->body, ",\"type\":\"%s\",\"param\":", type);
    if (param)
        buf_json(out->body, str_of(param));
    else
        buf_str(out->body, STR("null"));
    buf_str(out->body, STR(",\"code\":"));
    if (code)
        buf_json(out->body, str_of(code));
    else
        buf_str(out->body, STR("null"));
    buf_str(out->body, STR("}}"));
}

static const struct {
    int status;
    const char *text, *type, *code;
} STATUSES[] = {
    {200, "OK", "", NULL},
    {400, "Bad Request", "invalid_request_error", NULL},
    {401, "Unauthorized", "invalid_request_error", "invalid_api_key"},
    {403, "Forbidden", "permission_error", NULL},
    {404, "Not Found", "invalid_request_error", "model_not_found"},
    {405, "Method Not Allowed", "invalid_request_error", NULL},
    {408, "Request Timeout", "timeout", NULL},
    {411, "Length Required", "invalid_request_error", NULL},
    {413, "Content Too Large", "invalid_request_error", NULL},
    {415, "Unsupported Media Type", "invalid_request_error", NULL},
    {422, "Unprocessable Content", "invalid_request_error", NULL},
    {429, "Too Many Requests", "requests", "rate_limit_exceeded"},
    {431, "Request Header Fields Too Large", "invalid_request_error", NULL},
    {500, "Internal Server Error", "server_error", NULL},
    {501, "Not Implemented", "server_error", NULL},
    {502, "Bad Gateway", "server_error", NULL},
    {503, "Service Unavailable", "server_error", "server_is_overloaded"},
    {504, "Gateway Timeout", "server_error", NULL},
    {529, "Overloaded", "overloaded_error", "overloaded"},
};

const char *sim_reply_status_text(int status) {
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        if (STATUSES[i].status == status) return STATUSES[i].text;
    }
    return status < 500 ? "Client Error" : "Server Error";
}

void sim_reply_refusal(reply *out, const refusal *f) {
    const char *type = f->status < 500 ? "invalid_request_error" : "server_error", *code = NULL;
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        if (STATUSES[i].status == f->status) type = STATUSES[i].type, code = STATUSES[i].code;
    }
    if (f->code[0]) type = code = f->code;
    sim_reply_error(out, f->status, type, code, NULL, "%s, as the script says",
                    sim_reply_status_text(f->status));
    out->retry_after = f->retry_after;
    out->http_date = f->http_date;
}

static bool bad_request(reply *out, const char *param, const char *what) {
    sim_reply_error(out, 400, "invalid_request_error", NULL, param, "%s", what);
    return false;
}

/* ---- the request ---------------------------------------------------------------------------- */

/* The text of a message: a string, or the first text part of a list. */
static bool message_text(const json *message, str *text) {
    const json *content = json_get(message, "content");
    if (content && content->kind == JSON_ARRAY && content->n) content = json_get(&content->item[0], "text");
    if (!content || content->kind != JSON_STRING) return false;
    *text = content->text;
    return true;
}

static bool check_messages(chat *c, reply *out) {
    static const char *const ROLES[] = {"system", "developer", "user", "assistant", "tool"};
    c->messages = json_get(&c->root, "messages");
    if (!c->messages || c->messages->kind != JSON_ARRAY || c->messages->n == 0)
        return bad_request(out, "messages", "'messages' must be a list that is not empty");
    for (uint32_t i = 0; i < c->messages->n; i++) {
        const json *m = &c->messages->item[i];
        str text, role = json_str(m, "role");
        bool known = false;
        for (size_t k = 0; k < COUNT_OF(ROLES); k++) known |= str_is(role, ROLES[k]);
        if (!known) return bad_request(out, "messages", "a message has no role, or one that is not known");
        if (!message_text(m, &text))
            return bad_request(out, "messages", "the content of a message must be a text");
        c->prompt_bytes += text.n;
    }
    return true;
}

static bool is_name(str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!fine) return false;
    }
    return s.n > 0 && s.n <= 64;
}

static bool check_schema(const script *s, chat *c, const json *format, reply *out) {
    const json *wrapped = json_get(format, "json_schema");
    const json *schema = json_get(wrapped, "schema");
    if (s->no_schema)
        return bad_request(out, "response_format",
                           "response_format json_schema is not supported by this model");
    if (!is_name(json_str(wrapped, "name")))
        return bad_request(out, "response_format.json_schema.name",
                           "a name of 1 to 64 of a-z, A-Z, 0-9, _ and - is required");
    if (!schema || schema->kind != JSON_OBJECT)
        return bad_request(out, "response_format.json_schema.schema", "a schema is required");
    if (s->no_bounds && (sim_schema_has_key(schema, "maxLength") || sim_schema_has_key(schema, "minLength")))
        return bad_request(out, "response_format", "Invalid schema: 'maxLength' is not permitted");
    if (!s->ignore_schema) c->schema = schema;
    return true;
}

static bool check_format(const script *s, chat *c, reply *out) {
    const json *format = json_get(&c->root, "response_format");
    str type = json_str(format, "type");
    if (!format || format->kind == JSON_NULL || str_is(type, "text")) return true;
    c->wants_json = true;
    if (str_is(type, "json_schema")) return check_schema(s, c, format, out);
    if (!str_is(type, "json_object"))
        return bad_request(out, "response_format.type", "text, json_object or json_schema expected");
    return true;
}

static bool check_limit(chat *c, const char *key, reply *out) {
    const json *v = json_get(&c->root, key);
    if (!v || v->kind == JSON_NULL) return true;
    if (!json_i64(&c->root, key, &c->max_tokens) || c->max_tokens < 1)
        return bad_request(out, key, "a whole number above 0 expected");
    return true;
}

static bool check_numbers(chat *c, reply *out) {
    static const char *const NUMBERS[] = {"temperature", "top_p", "presence_penalty", "frequency_penalty"};
    const json *seed = json_get(&c->root, "seed"), *stream = json_get(&c->root, "stream");
    int64_t n = 1;
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        const json *v = json_get(&c->root, NUMBERS[i]);
        if (v && v->kind != JSON_NUMBER && v->kind != JSON_NULL)
            return bad_request(out, NUMBERS[i], "a number expected");
    }
    c->has_seed = json_i64(&c->root, "seed", &c->seed);
    if (seed && seed->kind != JSON_NULL && !c->has_seed)
        return bad_request(out, "seed", "a whole number expected");
    if (stream && stream->kind == JSON_TRUE) return bad_request(out, "stream", "streams are not supported");
    if (json_get(&c->root, "n") && (!json_i64(&c->root, "n", &n) || n != 1))
        return bad_request(out, "n", "one choice only");
    return check_limit(c, "max_tokens", out) && check_limit(c, "max_completion_tokens", out);
}

static bool check_model(const script *s, chat *c, reply *out) {
    c->model = json_str(&c->root, "model");
    if (c->model.n == 0) return bad_request(out, "model", "you must provide a model parameter");
    for (uint32_t i = 0; i < s->n_models; i++) {
        if (str_is(c->model, s->models[i])) return true;
    }
    if (s->n_models == 0) return true;
    sim_reply_error(out, 404, "invalid_request_error", "model_not_found", "model",
                    "The model `" STR_FMT "` does not exist",
                    STR_ARG(str_part(c->model, 0, c->model.n < 100 ? c->model.n : 100)));
    return false;
}

static void hash_request(chat *c) {
    uint64_t h = (uint64_t)c->seed * 0x9e3779b97f4a7c15u + c->has_seed;
    for (uint32_t i = 0; i < c->messages->n; i++) {
        str text;
        (void)message_text(&c->messages->item[i], &text);
        h = hash_64(text, hash_64(json_str(&c->messages->item[i], "role"), h));
    }
    c->words = h;
    c->hash = c->schema ? sim_schema_hash(c->schema, h) : h + c->wants_json;
}

static bool read_chat(const script *s, str body, arena *a, chat *c, reply *out) {
    json_fault fault = json_read(body, NULL, a, &c->root, NULL);
    if (fault != JSON_FAULT_NONE) {
        sim_reply_error(out, 400, "invalid_request_error", NULL, NULL,
                        "the body of the request is not JSON: %s", json_fault_text(fault));
        return false;
    }
    if (c->root.kind != JSON_OBJECT) return bad_request(out, NULL, "the body of the request must be an object");
    if (!check_model(s, c, out) || !check_messages(c, out) || !check_numbers(c, out) ||
        !check_format(s, c, out))
        return false;
    hash_request(c);
    return true;
}

static prompt read_prompt(const chat *c, arena *a) {
    prompt p = {0};
    bool first = true;
    for (uint32_t i = 0; i < c->messages->n; i++) {
        const json *m = &c->messages->item[i];
        str role = json_str(m, "role"), text;
        (void)message_text(m, &text);
        if (str_is(role, "assistant")) continue;
        if (i == 0 && !str_is(role, "user"))
            sim_prompt_add_system(&p, text);
        else
            sim_prompt_add_instructions(&p, text, a);
        if (!str_is(role, "user")) continue;
        if (first)
            sim_prompt_add_facts(&p, text, a);
        else
            sim_objections_read(&p, text, a);
        first = false;
    }
    return p;
}

/* ---- content -------------------------------------------------------------------------------- */

/* The voice of a persona that is to be a duplicate; 0: it is none. */
static uint64_t persona_voice(const replier *r, const chat *c) {
    const script *s = r->script;
    uint64_t persona = (uint64_t)c->seed >> 10 & 0x1fffff;
    if (!c->has_seed || s->duplicates <= 0) return 0;
    if (rng_unit(rng_u64(r->seed, persona, 11, 0, 0)) >= s->duplicates) return 0;
    return rng_u64(r->seed, rng_below(rng_u64(r->seed, persona, 12, 0, 0), s->pool), 13, 0, 0) | 1;
}

static void put_prose(uint64_t key, uint32_t sentences, buf *out) {
    grammar g = sim_grammar_start(key, PRONOUN_THEY);
    for (uint32_t i = 0; i < sentences; i++) {
        if (i) buf_char(out, ' ');
        sim_sentence_put(&g, out, 8 + sim_grammar_below(&g, 8));
    }
}

static uint32_t round_of(const chat *c) {
    return (uint32_t)c->seed & 15;
}

static void write_content(replier *r, const chat *c, arena *a, reply *out, buf *content) {
    prompt p = read_prompt(c, a);
    schema_task t = {.prompt = &p,
                     .root = c->schema,
                     .key = c->words ^ r->seed * 0xd6e8feb86659fd93u,
                     .voice = persona_voice(r, c),
                     .fault = out->fault,
                     .scratch = &text_room};
    out->duplicate = t.voice != 0;
    out->is_judge =
        c->schema ? sim_schema_is_judge(c->schema) : p.n_fields == 0 && sim_prompt_wants_findings(&p);
    bool spared = r->script->first_round_only && round_of(c) != 0;
    t.judge_objects = !spared && r->script->judge_objects > 0 &&
                      rng_unit(rng_u64(r->seed, c->hash, 14, 0, 0)) < r->script->judge_objects;
    if (c->schema)
        sim_schema_fill(&t, c->schema, content);
    else if (r->script->plain)
        put_prose(t.key, 12, content);
    else
        sim_schema_fill_lines(&t, content);
}

static void put_before(buf *b, const char *head, size_t n) {
    buf_reserve(b, n);
    memmove(b->p + n, b->p, b->n);
    memcpy(b->p, head, n);
    b->n += n;
}

static void add_thought(uint64_t key, buf *content) {
    buf thought = {0};
    buf_str(&thought, STR("<think>\nThe person needs { \"some\": care. "));
    put_prose(key, 3, &thought);
    buf_str(&thought, STR("\n</think>\n\n"));
    put_before(content, thought.p, thought.n);
    buf_free(&thought);
}

/* The key of the first member, with its quotes; content is an object with at least one. */
static str first_key(str content) {
    size_t end = 2;
    while (end < content.n && content.p[end] != '"') end++;
    return content.n > 2 && content.p[1] == '"' && end < content.n ? str_part(content, 1, end + 1)
                                                                   : STR("\"x\"");
}

/* Content that a careless reader chokes on. */
static void make_hostile(uint64_t key, buf *content) {
    char name[256];
    str first = first_key(buf_view(content));
    size_t n = first.n < sizeof name ? first.n : sizeof name;
    memcpy(name, first.p, n);
    first = (str){name, n};
    unsigned variant = (unsigned)(key % 7);
    if (variant == 0) {
        content->n--;
        buf_printf(content, "," STR_FMT ":\"again\"}", STR_ARG(first));
        return;
    }
    buf_reset(content);
    buf_printf(content, "{" STR_FMT ":", STR_ARG(first));
    switch (variant) {
    case 1:
        for (uint32_t i = 0; i < NESTED; i++) buf_char(content, '[');
        break;
    case 2: buf_str(content, STR("\"bytes \xff\xfe\xc3( here\"}")); break;
    case 3: buf_str(content, STR("\"bell \a, escape \x1b[31m and tab \t\"}")); break;
    case 4: buf_str(content, STR("\"nul \\u0000 and \\ud800 alone\"}")); break;
    case 5:
        buf_char(content, '"');
        for (uint32_t i = 0; i < HUGE_BYTES; i += 8) buf_str(content, STR("and more"));
        buf_str(content, STR("\"}"));
        break;
    default: buf_str(content, STR("1e99999, \"__proto__\": 01, }")); break;
    }
}

static void make_whitespace(const chat *c, buf *content) {
    size_t most = c->max_tokens && c->max_tokens < 65536 / 4 ? (size_t)c->max_tokens * 4 : WHITESPACE_BYTES;
    content->n = content->n < 12 ? content->n : 12;
    while (content->n < most) buf_z(content, content->n % 7 ? " " : "\n");
}

static void spoil_content(const chat *c, const reply *r, answer *w) {
    buf *content = w->content;
    switch (r->fault) {
    case SIM_TRUNCATE:
        content->n = content->n / 4 + (size_t)rng_below(rng_u64(c->hash, 15, 0, 0, 0), content->n / 2 + 1);
        w->finish = "length";
        break;
    case SIM_WHITESPACE:
        make_whitespace(c, content);
        w->finish = "length";
        break;
    case SIM_GARBAGE:
        buf_reset(content);
        put_prose(c->hash, 6, content);
        break;
    case SIM_HOSTILE: make_hostile(c->hash, content); break;
    case SIM_FENCE:
        put_before(content, "```json\n", 8);
        buf_str(content, STR("\n```"));
        break;
    case SIM_THINK: add_thought(c->hash, content); break;
    case SIM_REFUSE:
        w->refused = true;
        w->finish = "content_filter";
        break;
    default: break;
    }
}

static void cut_content(const chat *c, answer *w) {
    buf *content = w->content;
    if (c->max_tokens == 0 || c->max_tokens >= INT64_MAX / 4 || content->n <= (size_t)c->max_tokens * 4) return;
    content->n = (size_t)c->max_tokens * 4;
    while (content->n > 0 && ((unsigned char)content->p[content->n] & 0xc0) == 0x80) content->n--;
    w->finish = "length";
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void put_message(const answer *w, bool raw, buf *out) {
    buf_str(out, STR("{\"role\":\"assistant\",\"content\":"));
    if (w->refused) {
        buf_str(out, STR("null,\"refusal\":\"I cannot help with this request.\"}"));
        return;
    }
    if (raw) { /* not UTF-8: the escapes by hand, the bytes as they are */
        buf_char(out, '"');
        for (size_t i = 0; i < w->content->n; i++) {
            if (w->content->p[i] == '"') buf_char(out, '\\');
            buf_char(out, w->content->p[i]);
        }
        buf_char(out, '"');
    } else {
        sim_json_text(out, buf_view(w->content));
    }
    buf_str(out, STR(",\"refusal\":null}"));
}

static void put_hex(buf *out, uint64_t v) {
    char digits[16];
    for (int i = 15; i >= 0; i--, v >>= 4) digits[i] = "0123456789abcdef"[v & 15];
    buf_put(out, digits, sizeof digits);
}

static void put_answer(const chat *c, const answer *w, reply *out) {
    bool raw = out->fault == SIM_HOSTILE && !text_valid(buf_view(w->content));
    out->status = 200;
    out->prompt_tokens = (uint32_t)(c->prompt_bytes / 4);
    out->completion_tokens = w->refused ? 0 : (uint32_t)((w->content->n + 3) / 4);
    buf_str(out->body, STR("{\"id\":\"chatcmpl-"));
    put_hex(out->body, c->hash);
    buf_str(out->body, STR("\",\"object\":\"chat.completion\",\"created\":"));
    buf_i64(out->body, CREATED);
    buf_str(out->body, STR(",\"model\":"));
    buf_json(out->body, c->model);
    buf_str(out->body, STR(",\"choices\":[{\"index\":0,\"message\":"));
    put_message(w, raw, out->body);
    buf_str(out->body, STR(",\"logprobs\":null,\"finish_reason\":\""));
    buf_z(out->body, w->finish);
    buf_str(out->body, STR("\"}],\"usage\":{\"prompt_tokens\":"));
    buf_i64(out->body, out->prompt_tokens);
    buf_str(out->body, STR(",\"completion_tokens\":"));
    buf_i64(out->body, out->completion_tokens);
    buf_str(out->body, STR(",\"total_tokens\":"));
    buf_i64(out->body, (int64_t)out->prompt_tokens + out->completion_tokens);
    buf_str(out->body, STR("}}"));
}

/* Answers that are errors by the request itself. */
static bool fails_by_request(const chat *c, reply *out) {
    if (out->fault == SIM_POISON) {
        sim_reply_error(out, 500, "server_error", NULL, NULL, "the model failed on this request");
        return true;
    }
    if (out->fault == SIM_CONTEXT) {
        sim_reply_error(
            out, 400, "invalid_request_error", "context_length_exceeded", "messages",
            "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens.",
            CONTEXT_TOKENS, CONTEXT_TOKENS + (int)(c->prompt_bytes / 4));
        return true;
    }
    return false;
}

void sim_reply_chat(replier *r, str body, arena *a, reply *out) {
    const script *s = r->script;
    chat c = {0};
    answer w = {.content = &content_room, .finish = "stop"};
    uint32_t which = 0;
    if (!read_chat(s, body, a, &c, out)) return;
    out->hash = c.hash;
    out->seed = c.seed;
    (void)u64map_get(r->seen, c.hash, &out->nth);
    (void)u64map_put(r->seen, c.hash, out->nth + 1);
    out->fault = sim_fault_of_request(s, r->seed, c.hash, round_of(&c));
    if (fails_by_request(&c, out)) return;
    sim_fault transport = sim_fault_of_transport(s, r->seed, c.hash, out->nth, &which);
    if (transport == SIM_ERROR) {
        out->fault = transport;
        sim_reply_refusal(out, &s->errors[which]);
        return;
    }
    buf_reset(w.content);
    write_content(r, &c, a, out, w.content);
    spoil_content(&c, out, &w);
    cut_content(&c, &w);
    put_answer(&c, &w, out);
    if (transport != SIM_NONE) out->fault = transport;
    out->retry_after = -1;
    out->service_ms = sim_fault_latency_ms(s, r->seed, c.hash, out->nth);
    if (s->tokens_per_second > 0) out->service_ms += 1000.0 * out->completion_tokens / s->tokens_per_second;
}

void sim_reply_models(const replier *r, reply *out) {
    const script *s = r->script;
    out->status = 200;
    out->retry_after = -1;
    out->immediate = true;
    buf_str(out->body, STR("{\"object\":\"list\",\"data\":["));
    for (uint32_t i = 0; i < (s->n_models ? s->n_models : 1); i++) {
        buf_z(out->body, i ? ",{\"id\":" : "{\"id\":");
        buf_json(out->body, str_of(s->n_models ? s->models[i] : "sim"));
        buf_printf(out->body,
                   ",\"object\":\"model\",\"created\":%d,\"owned_by\":\"llmsim\",\"max_model_len\":%d}",
                   CREATED, CONTEXT_TOKENS);
    }
    buf_str(out->body, STR("]}"));
}

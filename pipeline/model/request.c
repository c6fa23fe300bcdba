/* request.c: a logical request: its hash, and the HTTP body that an endpoint's dialect makes of it. */
#include <string.h>
#include "pipeline/model/transfer.h"

hash128 request_hash(const request *r) {
    buf b = {0};
    buf_printf(&b, "%u %u ", r->max_tokens, r->seed);
    buf_str(&b, r->role);
    buf_char(&b, '\n');
    buf_str(&b, r->schema);
    buf_char(&b, '\n');
    buf_str(&b, r->messages);
    hash128 h = hash_128(buf_view(&b));
    buf_free(&b);
    return h;
}

static void milli(buf *b, const char *key, uint32_t v) {
    buf_printf(b, ",\"%s\":", key);
    dec_print(b, v, 3);
}

static bool overridden(const endpoint_config *e, const char *member) {
    return e->sampling && strstr(e->sampling, member) != NULL;
}

static void response_format(const request *r, const endpoint_config *e, buf *b) {
    if (r->schema.n == 0 || e->form == FORM_NONE) return;
    if (e->form == FORM_JSON_OBJECT) {
        buf_z(b, ",\"response_format\":{\"type\":\"json_object\"}");
        return;
    }
    buf_z(b, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":");
    buf_json(b, r->schema_name);
    buf_z(b, ",\"strict\":true,\"schema\":");
    buf_str(b, e->bounds && r->bounded.n ? r->bounded : r->schema);
    buf_z(b, "}}");
}

void request_body(const request *r, const endpoint_config *e, const dialect *d, buf *b) {
    buf_reserve(b, r->messages.n + r->schema.n + r->bounded.n + 512);
    buf_z(b, "{\"messages\":");
    buf_str(b, r->messages);
    if (e->model) {
        buf_z(b, ",\"model\":");
        buf_json(b, str_of(e->model));
    }
    buf_printf(b, ",\"%s\":%u", e->token_limit_new ? "max_completion_tokens" : "max_tokens", r->max_tokens);
    if (!d->no_temperature && !overridden(e, "\"temperature\"")) milli(b, "temperature", r->temperature_milli);
    if (!d->no_top_p && r->top_p_milli < 1000 && !overridden(e, "\"top_p\"")) milli(b, "top_p", r->top_p_milli);
    if (!d->no_seed && !overridden(e, "\"seed\"")) buf_printf(b, ",\"seed\":%u", r->seed);
    response_format(r, e, b);
    if (e->sampling && *e->sampling) buf_printf(b, ",%s", e->sampling);
    buf_char(b, '}');
}

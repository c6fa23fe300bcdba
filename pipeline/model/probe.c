/* probe.c: what an endpoint is, asked once before a run: does it listen, which models, which form of structured
 * output really constrains. Blocking; the same envelope and door as for every other reply.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "pipeline/model/transfer.h"

enum { PROBE_SECONDS = 20, CHAT_SECONDS = 60, PROBE_CAP = 4 << 20, TRIES = 3, PAUSE_NS = 50000000 };

/* A value that no model writes unless it must. */
#define PROBE_VALUE "qx7"
static const char probe_schema[] =
    "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\",\"enum\":[\"" PROBE_VALUE "\"]},"
    "\"colour\":{\"type\":\"string\"}},\"required\":[\"mark\",\"colour\"],\"additionalProperties\":false}";
static const char probe_bounded[] =
    "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\",\"enum\":[\"" PROBE_VALUE "\"]},"
    "\"colour\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":20}},\"required\":[\"mark\",\"colour\"],"
    "\"additionalProperties\":false}";
static const char probe_messages[] = "[{\"role\":\"user\",\"content\":\"Answer with a JSON object that names a "
                                     "colour in the field colour and any word in the field mark.\"}]";

typedef struct exchange {
    buf body;
    long status;
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    double seconds;
} exchange;

static size_t on_probe_body(char *p, size_t size, size_t n, void *arg) {
    exchange *x = arg;
    if (x->body.n + size * n > PROBE_CAP) return 0;
    buf_put(&x->body, p, size * n);
    return size * n;
}

/* post NULL: GET. */
static void probe_exchange(const endpoint_config *cfg, char *url, const buf *post, exchange *x) {
    buf_reset(&x->body);
    x->error[0] = '\0';
    CURL *c = curl_easy_init();
    struct curl_slist *h = headers_new(cfg->key);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)(post ? CHAT_SECONDS : PROBE_SECONDS));
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_probe_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
    if (url_is_local(url)) curl_easy_setopt(c, CURLOPT_PROXY, "");
    if (post) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, post->p);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)post->n);
    }
    x->code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->status);
    curl_easy_getinfo(c, CURLINFO_TOTAL_TIME, &x->seconds);
    headers_free(h);
    curl_easy_cleanup(c);
    free(url);
}

static bool key_refused(const endpoint_config *cfg, const char *shown, const exchange *x, err *e) {
    if (x->status != 401 && x->status != 403) return false;
    err_set(e, ERR_ENDPOINT,
            "set OPENAI_API_KEY, or name the variable with --key-env or a file with --key-file",
            cfg->key ? "%s refuses the key (status %ld)" : "%s wants a key (status %ld), and none is set",
            shown, x->status);
    return true;
}

static bool not_listening(const char *shown, const exchange *x, err *e) {
    if (x->code == CURLE_OK) return false;
    err_set(e, ERR_ENDPOINT,
            "is the server running? the base URL ends in /v1 for vLLM, SGLang, llama.cpp, Ollama and OpenAI",
            "%s cannot be reached: %s", shown, x->error[0] ? x->error : curl_easy_strerror(x->code));
    return true;
}

static void names_list(const json *data, char *out, size_t max) {
    out[0] = '\0';
    for (uint32_t i = 0; data && i < data->n && i < 8; i++) {
        char one[128];
        size_t n = strlen(out);
        words_safe(json_str(&data->item[i], "id"), NULL, one, sizeof one);
        snprintf(out + n, max - n, "%s%s", n ? ", " : "", one);
    }
}

static char *name_copy(str s) {
    char *z = xmalloc(s.n + 1);
    memcpy(z, s.n ? s.p : "", s.n);
    z[s.n] = '\0';
    return z;
}

/* The server's own llama.cpp page tells what /models does not. */
static void props_read(const endpoint_config *cfg, exchange *x, arena *a, probe_result *out) {
    json j;
    int64_t v;
    char *base = name_copy(str_of(cfg->url));
    size_t n = strcspn(base, "?#");
    while (n && base[n - 1] == '/') n--;
    if (n > 3 && memcmp(base + n - 3, "/v1", 3) == 0) n -= 3;
    base[n] = '\0';
    probe_exchange(cfg, url_route(base, "props"), NULL, x);
    free(base);
    if (x->status != 200 || json_read(buf_view(&x->body), NULL, a, &j, NULL) != JSON_FAULT_NONE) return;
    if (json_i64(&j, "total_slots", &v) && v > 0 && v < 100000) out->slots = (uint32_t)v;
    const json *settings = json_get(&j, "default_generation_settings");
    if (settings && json_i64(settings, "n_ctx", &v) && v > 0 && v <= UINT32_MAX) out->context = (uint32_t)v;
}

static const json *model_entry(const json *data, const char *name) {
    for (uint32_t i = 0; data && name && i < data->n; i++)
        if (str_is(json_str(&data->item[i], "id"), name)) return &data->item[i];
    return NULL;
}

/* Some proxies have no /models: then the name must be given, and is believed. */
static bool model_choose(endpoint_config *cfg, const char *shown, const exchange *x, const json *data, err *e) {
    char names[1024], asked[MODEL_NAME_SIZE];
    names_list(data, names, sizeof names);
    model_name_safe(str_of(cfg->model), asked);
    if (cfg->model) {
        if (!data || data->n == 0 || model_entry(data, cfg->model)) return true;
        return err_set(e, ERR_ENDPOINT, "name one of those with --model", "%s has no model %s; it has: %s",
                       shown, asked, names);
    }
    if (!data || data->n == 0)
        return err_set(e, ERR_ENDPOINT,
                       "name the model with --model; is the base URL right? it usually ends in /v1",
                       "%s does not say which models it has (status %ld)", shown, x->status);
    if (data->n > 1)
        return err_set(e, ERR_ENDPOINT, "name one with --model", "%s has several models: %s", shown, names);
    cfg->model = name_copy(json_str(&data->item[0], "id"));
    return true;
}

static bool models_ask(endpoint_config *cfg, const char *shown, exchange *x, arena *a, probe_result *out,
                       err *e) {
    json j;
    int64_t v;
    const json *data = NULL;
    probe_exchange(cfg, url_route(cfg->url, "models"), NULL, x);
    if (not_listening(shown, x, e) || key_refused(cfg, shown, x, e)) return false;
    str body = str_dup(a, buf_view(&x->body));
    if (x->status == 200 && json_read(body, NULL, a, &j, NULL) == JSON_FAULT_NONE) data = json_get(&j, "data");
    if (data && data->kind != JSON_ARRAY) data = NULL;
    out->models = data ? data->n : 0;
    if (!model_choose(cfg, shown, x, data, e)) return false;
    const json *entry = model_entry(data, cfg->model);
    if (!entry) return true;
    if (json_i64(entry, "max_model_len", &v) && v > 0 && v <= UINT32_MAX) out->context = (uint32_t)v;
    if (str_is(json_str(entry, "owned_by"), "llamacpp")) props_read(cfg, x, a, out);
    return true;
}

/* obeys: the mark is the one that only a constraint brings about. */
static bool answer_is_json(const exchange *x, arena *a, bool obeys) {
    reply r;
    json j;
    if (x->status != 200 || !door_envelope(buf_view(&x->body), a, &r)) return false;
    if (r.outcome != OUTCOME_REPLY || door_open(r.text, a, &j) != DOOR_OPEN) return false;
    return !obeys || str_is(json_str(&j, "mark"), PROBE_VALUE);
}

/* A failure that another try may not have: all runs under one form, and one bad moment is not to choose it. */
static bool may_pass(const exchange *x) {
    if (x->code != CURLE_OK)
        return x->code == CURLE_GOT_NOTHING || x->code == CURLE_RECV_ERROR || x->code == CURLE_SEND_ERROR ||
               x->code == CURLE_PARTIAL_FILE;
    return x->status != 200 && x->status != 401 && x->status != 403;
}

static void form_ask(endpoint_config *cfg, schema_form form, bool bounds, dialect *d, exchange *x) {
    request r = {.role = STR("writer"),
                 .messages = str_of(probe_messages),
                 .schema = str_of(probe_schema),
                 .bounded = str_of(probe_bounded),
                 .schema_name = STR("probe"),
                 .max_tokens = 60,
                 .temperature_milli = 0,
                 .top_p_milli = 1000,
                 .seed = 1};
    endpoint_config trial = *cfg;
    trial.form = form;
    trial.bounds = bounds;
    buf body = {0};
    request_body(&r, &trial, d, &body);
    for (int tries = 0; tries < TRIES; tries++) {
        if (tries) nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS * tries * tries}, NULL);
        probe_exchange(cfg, url_route(cfg->url, "chat/completions"), &body, x);
        if (!may_pass(x)) break;
    }
    buf_free(&body);
}

/* Parameters that this server does not take are left out before its forms are judged. */
static void dialect_find(endpoint_config *cfg, dialect *d, exchange *x, arena *a) {
    bool final;
    outcome o;
    str words;
    for (int i = 0; i < 4; i++) {
        form_ask(cfg, FORM_NONE, false, d, x);
        if (x->status != 400 && x->status != 422) return;
        if (door_fault((int)x->status, buf_view(&x->body), a, &final, &o, &words) != FAULT_SCHEMA) return;
        endpoint_config trial = *cfg;
        trial.form = FORM_NONE;
        trial.bounds = false;
        if (!dialect_step(&trial, d, words)) return;
        cfg->token_limit_new = trial.token_limit_new;
    }
}

/* The strongest form that constrained; the last exchange is left in x. */
static void form_find(endpoint_config *cfg, exchange *x, arena *a) {
    static const struct {
        schema_form form;
        bool bounds, obeys;
    } rung[] = {
        {FORM_JSON_SCHEMA, true, true}, {FORM_JSON_SCHEMA, false, true}, {FORM_JSON_OBJECT, false, false}};
    dialect d = {0};
    bool plain = false;
    for (size_t i = 0; i < COUNT_OF(rung); i++) {
        form_ask(cfg, rung[i].form, rung[i].bounds, &d, x);
        if (answer_is_json(x, a, rung[i].obeys)) {
            cfg->form = rung[i].form;
            cfg->bounds = rung[i].bounds;
            return;
        }
        bool refused = x->status == 400 || x->status == 422;
        if (x->code != CURLE_OK || (x->status != 200 && !refused)) return;
        /* one that takes the schema and does not obey it does so without bounds as well */
        if (x->status == 200 && i == 0) i = 1;
        if (refused && !plain) {
            /* is it the form, or something else in the request? */
            plain = true;
            dialect_find(cfg, &d, x, a);
            if (x->status != 200) return;
            if (d.no_temperature || d.no_top_p || d.no_seed || cfg->token_limit_new) i--;
        }
    }
    cfg->form = FORM_NONE;
    cfg->bounds = false;
    form_ask(cfg, FORM_NONE, false, &d, x);
}

static bool chat_works(const endpoint_config *cfg, const char *shown, const exchange *x, arena *a, err *e) {
    char safe[512], model[MODEL_NAME_SIZE];
    bool final;
    outcome o;
    str words;
    if (not_listening(shown, x, e) || key_refused(cfg, shown, x, e)) return false;
    if (x->status == 200) return true;
    fault f = door_fault((int)x->status, buf_view(&x->body), a, &final, &o, &words);
    words_safe(words, cfg->key, safe, sizeof safe);
    model_name_safe(str_of(cfg->model), model);
    if (f == FAULT_RATE || f == FAULT_OVERLOAD || f == FAULT_SERVER || f == FAULT_TIMEOUT)
        return true; /* busy: the client waits */
    if (f == FAULT_QUOTA)
        return err_set(e, ERR_ENDPOINT, "pay, or use another key", "%s: the account's quota is used up: %s",
                       shown, safe);
    return err_set(e, ERR_ENDPOINT, "check the base URL (it usually ends in /v1) and --model",
                   "%s refuses a chat call for model %s (status %ld): %s", shown, model, x->status, safe);
}

bool endpoint_probe(endpoint_config *cfg, probe_result *out, err *e) {
    exchange x = {0};
    arena *a = arena_new(0);
    char *shown = url_shown(cfg->url);
    *out = (probe_result){0};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct curl_slist *h = headers_new(cfg->key);
    bool ok = h || err_set(e, ERR_USAGE, "look for a blank or a line end in it",
                           "the key for %s cannot stand in a header", shown);
    headers_free(h);
    ok = ok && models_ask(cfg, shown, &x, a, out, e);
    if (ok && !cfg->fixed_form) {
        form_find(cfg, &x, a);
        ok = chat_works(cfg, shown, &x, a, e);
    }
    if (ok) {
        model_name_safe(str_of(cfg->model), out->model);
        out->form = cfg->form;
        out->bounds = cfg->bounds;
        out->ms = (uint32_t)(x.seconds * 1000);
    }
    free(shown);
    buf_free(&x.body);
    arena_free(a);
    return ok;
}

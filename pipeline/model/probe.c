/* probe.c: what an endpoint is, asked once before a run: does it listen, which models, which form of structured output really
 * constrains. Blocking; the same envelope and door as for every other reply.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

enum { PROBE_SECONDS = 20, PROBE_CAP = 4 << 20 };

/* A value that no model writes unless it must. */
#define PROBE_VALUE "qx7"
static const char probe_schema[] = "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\",\"enum\":[\"" PROBE_VALUE "\"]},"
                                   "\"colour\":{\"type\":\"string\"}},\"required\":[\"mark\",\"colour\"],\"additionalProperties\":false}";
static const char probe_bounded[] = "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\",\"enum\":[\"" PROBE_VALUE "\"]},"
                                    "\"colour\":{\"type\":\"string\",\"maxLength\":20}},\"required\":[\"mark\",\"colour\"],\"additionalProperties\":false}";
static const char probe_messages[] = "[{\"role\":\"user\",\"content\":\"Answer with a JSON object that names a colour in the field colour and any word in the field mark.\"}]";

typedef struct exchange {
    buf body;
    long status;
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    double seconds;
} exchange;

static size_t on_probe_body(char *p, size_t size, size_t n, void *arg)
{
    exchange *x = arg;
    if (x->body.n + size * n > PROBE_CAP) return 0;
    buf_put(&x->body, p, size * n);
    return size * n;
}

static struct curl_slist *probe_headers(const endpoint_config *cfg)
{
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    h = curl_slist_append(h, "Expect:");
    if (!cfg->key) return h;
    buf b = {0};
    buf_printf(&b, "Authorization: Bearer %s", cfg->key);
    buf_char(&b, '\0');
    h = curl_slist_append(h, b.p);
    memset(b.p, 0, b.n);
    buf_free(&b);
    return h;
}

/* post NULL: GET. */
static void probe_exchange(const endpoint_config *cfg, const char *route, const buf *post, exchange *x)
{
    buf url = {0};
    size_t n = strlen(cfg->url);
    while (n && cfg->url[n - 1] == '/') n--;
    buf_put(&url, cfg->url, n);
    buf_z(&url, route);
    buf_char(&url, '\0');
    buf_reset(&x->body);
    x->error[0] = '\0';
    CURL *c = curl_easy_init();
    struct curl_slist *h = probe_headers(cfg);
    curl_easy_setopt(c, CURLOPT_URL, url.p);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)PROBE_SECONDS * (post ? 6 : 1));
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_probe_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
    if (post) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, post->p);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)post->n);
    }
    x->code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->status);
    curl_easy_getinfo(c, CURLINFO_TOTAL_TIME, &x->seconds);
    for (struct curl_slist *i = h; i; i = i->next) memset(i->data, 0, strlen(i->data));
    curl_slist_free_all(h);
    curl_easy_cleanup(c);
    buf_free(&url);
}

static bool key_refused(const endpoint_config *cfg, const char *shown, const exchange *x, err *e)
{
    if (x->status != 401 && x->status != 403) return false;
    err_set(e, ERR_ENDPOINT, "set OPENAI_API_KEY, or name the variable with --key-env or a file with --key-file",
            cfg->key ? "%s refuses the key (status %ld)" : "%s wants a key (status %ld), and none is set", shown, x->status);
    return true;
}

static bool not_listening(const char *shown, const exchange *x, err *e)
{
    if (x->code == CURLE_OK) return false;
    err_set(e, ERR_ENDPOINT, "is the server running? the base URL ends in /v1 for vLLM, SGLang, llama.cpp, Ollama and OpenAI", "%s cannot be reached: %s",
            shown, x->error[0] ? x->error : curl_easy_strerror(x->code));
    return true;
}

static void names_list(const json *data, char *out, size_t max)
{
    out[0] = '\0';
    for (uint32_t i = 0; data && i < data->n && i < 8; i++) {
        char one[128];
        size_t n = strlen(out);
        words_safe(json_str(&data->item[i], "id"), NULL, one, sizeof one);
        snprintf(out + n, max - n, "%s%s", n ? ", " : "", one);
    }
}

static bool has_name(const json *data, const char *name)
{
    for (uint32_t i = 0; data && i < data->n; i++)
        if (str_is(json_str(&data->item[i], "id"), name)) return true;
    return false;
}

static char *name_copy(str s)
{
    char *z = xmalloc(s.n + 1);
    memcpy(z, s.n ? s.p : "", s.n);
    z[s.n] = '\0';
    return z;
}

/* Some proxies have no /models: then the name must be given, and is believed. */
static bool model_choose(endpoint_config *cfg, const char *shown, const exchange *x, arena *a, probe_result *out, err *e)
{
    json j;
    char names[1024];
    const json *data = NULL;
    if (x->status == 200 && json_read(buf_view(&x->body), NULL, a, &j, NULL) == JSON_FAULT_NONE) data = json_get(&j, "data");
    if (data && data->kind != JSON_ARRAY) data = NULL;
    out->models = data ? data->n : 0;
    names_list(data, names, sizeof names);
    if (cfg->model) {
        if (!data || data->n == 0 || has_name(data, cfg->model)) return true;
        return err_set(e, ERR_ENDPOINT, "name one of those with --model", "%s has no model %s; it has: %s", shown, cfg->model, names);
    }
    if (!data || data->n == 0)
        return err_set(e, ERR_ENDPOINT, "name the model with --model", "%s does not say which models it has (status %ld)", shown, x->status);
    if (data->n > 1) return err_set(e, ERR_ENDPOINT, "name one with --model", "%s has several models: %s", shown, names);
    cfg->model = name_copy(json_str(&data->item[0], "id"));
    return true;
}

static bool answer_obeys(const exchange *x, arena *a)
{
    reply r;
    json j;
    if (x->status != 200 || !door_envelope(buf_view(&x->body), a, &r)) return false;
    if (r.outcome != OUTCOME_REPLY || door_open(r.text, a, &j) != DOOR_OPEN) return false;
    return str_is(json_str(&j, "mark"), PROBE_VALUE);
}

static bool answer_is_json(const exchange *x, arena *a)
{
    reply r;
    json j;
    return x->status == 200 && door_envelope(buf_view(&x->body), a, &r) && door_open(r.text, a, &j) == DOOR_OPEN;
}

static void form_ask(endpoint_config *cfg, schema_form form, bool bounds, dialect *d, exchange *x)
{
    request r = {.role = STR("writer"), .messages = str_of(probe_messages), .schema = str_of(probe_schema), .bounded = str_of(probe_bounded),
                 .schema_name = STR("probe"), .max_tokens = 60, .temperature_milli = 0, .top_p_milli = 1000, .seed = 1};
    endpoint_config trial = *cfg;
    trial.form = form;
    trial.bounds = bounds;
    buf body = {0};
    request_body(&r, &trial, d, &body);
    probe_exchange(cfg, "/chat/completions", &body, x);
    buf_free(&body);
}

/* The strongest form that constrained; the last exchange is left in x. */
static void form_find(endpoint_config *cfg, exchange *x, arena *a)
{
    dialect d = {0};
    bool final;
    outcome o;
    str words;
    form_ask(cfg, FORM_JSON_SCHEMA, false, &d, x);
    /* parameters that this server does not take are left out before its forms are judged */
    for (int i = 0; i < 4 && x->status == 400; i++) {
        if (door_fault(400, buf_view(&x->body), a, &final, &o, &words) != FAULT_SCHEMA) break;
        endpoint_config trial = *cfg;
        trial.form = FORM_NONE;
        trial.bounds = false;
        if (!dialect_step(&trial, &d, words)) break;
        cfg->token_limit_new = trial.token_limit_new;
        form_ask(cfg, FORM_JSON_SCHEMA, false, &d, x);
    }
    if (answer_obeys(x, a)) {
        cfg->form = FORM_JSON_SCHEMA;
        return;
    }
    if (x->status == 401 || x->status == 403 || x->status == 404 || x->code != CURLE_OK) return;
    form_ask(cfg, FORM_JSON_OBJECT, false, &d, x);
    cfg->form = answer_is_json(x, a) ? FORM_JSON_OBJECT : FORM_NONE;
    if (cfg->form == FORM_NONE) form_ask(cfg, FORM_NONE, false, &d, x);
}

static bool chat_works(const endpoint_config *cfg, const char *shown, const exchange *x, arena *a, err *e)
{
    char safe[512];
    bool final;
    outcome o;
    str words;
    if (not_listening(shown, x, e) || key_refused(cfg, shown, x, e)) return false;
    if (x->status == 200) return true;
    fault f = door_fault((int)x->status, buf_view(&x->body), a, &final, &o, &words);
    words_safe(words, cfg->key, safe, sizeof safe);
    if (f == FAULT_RATE || f == FAULT_OVERLOAD || f == FAULT_SERVER || f == FAULT_TIMEOUT) return true; /* busy: the client waits */
    if (f == FAULT_QUOTA) return err_set(e, ERR_ENDPOINT, "pay, or use another key", "%s: the account's quota is used up: %s", shown, safe);
    return err_set(e, ERR_ENDPOINT, "check the base URL (it usually ends in /v1) and --model", "%s refuses a chat call for model %s (status %ld): %s", shown,
                   cfg->model, x->status, safe);
}

bool endpoint_probe(endpoint_config *cfg, probe_result *out, err *e)
{
    exchange x = {0};
    arena *a = arena_new(0);
    char *shown = url_shown(cfg->url);
    *out = (probe_result){0};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    probe_exchange(cfg, "/models", NULL, &x);
    bool ok = !not_listening(shown, &x, e) && !key_refused(cfg, shown, &x, e) && model_choose(cfg, shown, &x, a, out, e);
    if (ok && !cfg->fixed_form) {
        form_find(cfg, &x, a);
        ok = chat_works(cfg, shown, &x, a, e);
    }
    if (ok) {
        snprintf(out->model, sizeof out->model, "%s", cfg->model);
        out->form = cfg->form;
        out->bounds = cfg->bounds;
        out->ms = (uint32_t)(x.seconds * 1000);
    }
    free(shown);
    buf_free(&x.body);
    arena_free(a);
    return ok;
}

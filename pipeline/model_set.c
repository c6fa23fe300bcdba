/* model_set.c: the endpoints of a run: keys resolved, the embedded server started, every one probed. Keys come
 * from the environment or from a file of mode 0600; they live in endpoint_config.key and nowhere else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "pipeline/pipeline.h"

static char *copy(const char *z) {
    if (!z) return NULL;
    size_t n = strlen(z) + 1;
    char *p = xmalloc(n);
    memcpy(p, z, n);
    return p;
}

static bool key_from_file(const char *path, char **key, err *e) {
    struct stat st;
    if (stat(path, &st) != 0) return err_set(e, ERR_USAGE, NULL, "the key file %s cannot be read", path);
    if (st.st_mode & 077)
        return err_set(e, ERR_USAGE, "chmod 600 it", "the key file %s can be read by others (mode %03o)", path,
                       (unsigned)st.st_mode & 0777);
    buf b = {0};
    if (!file_read(path, 64 << 10, &b, e)) return false;
    str s = str_trim(buf_view(&b));
    *key = xmalloc(s.n + 1);
    memcpy(*key, s.p, s.n);
    (*key)[s.n] = '\0';
    memset(b.p, 0, b.n);
    buf_free(&b);
    return true;
}

/* A key that the command names goes where it says. OPENAI_API_KEY, which many have set for another purpose, is
 * not sent unencrypted to another machine. */
static bool key_resolve(const pop_endpoint *p, char **key, err *e) {
    *key = NULL;
    if (p->key_file) return key_from_file(p->key_file, key, e);
    if (p->key_env ? strcmp(p->key_env, "none") == 0
                   : strncmp(p->url, "https://", 8) != 0 && !url_is_local(p->url))
        return true;
    const char *v = getenv(p->key_env ? p->key_env : "OPENAI_API_KEY");
    if (!v && p->key_env)
        return err_set(e, ERR_USAGE, "export it, or use --key-file",
                       "the variable %s, which is to hold the key, is not set", p->key_env);
    *key = v && *v ? copy(v) : NULL;
    return true;
}

/* JSON members, with or without the braces around them -> members. */
static bool sampling_read(const char *given, char **out, err *e) {
    *out = NULL;
    if (!given) return true;
    arena *mem = arena_new(0);
    str s = str_trim(str_of(given));
    if (str_starts(s, "{") && str_ends(s, "}")) s = str_trim(str_part(s, 1, s.n - 1));
    str whole = str_printf(mem, "{" STR_FMT "}", STR_ARG(s));
    json j;
    bool ok = json_read(whole, NULL, mem, &j, NULL) == JSON_FAULT_NONE;
    if (ok) *out = copy(str_z(mem, s));
    arena_free(mem);
    return ok || err_set(e, ERR_USAGE, "for example --sampling '{\"min_p\":0.05}'",
                         "--sampling %s is not a list of JSON members", given);
}

static bool is_embedded(const pop_endpoint *p) {
    return strcmp(p->url, "embedded") == 0;
}

static bool child_start(model_set *m, const pop_endpoint *p, size_t at, const char *cache, const char *log_dir,
                        uv_loop_t *loop, pop_say say, void *arg, err *e) {
    if (m->child)
        return err_set(e, ERR_USAGE, "give the other roles a URL",
                       "only one endpoint can be the embedded server");
    char log[4200];
    snprintf(log, sizeof log, "%s/model-server.log", log_dir ? log_dir : "/tmp");
    embedded_config c = {.model = p->model_file ? NULL
                                  : p->model    ? p->model
                                                : "default",
                         .model_file = p->model_file,
                         .cache = cache,
                         .log = log_dir ? log : "/dev/null",
                         .arg = arg,
                         .progress = say};
    m->child = embedded_start(loop, &c, e);
    if (!m->child) return false;
    endpoint_config *k = &m->endpoint[at];
    k->url = copy(embedded_url(m->child));
    k->model = copy(embedded_model(m->child));
    if (!k->sampling) k->sampling = copy(embedded_sampling(m->child));
    k->max_in_flight = p->max_in_flight ? p->max_in_flight : embedded_slots(m->child) + 1;
    k->bounds = k->fixed_form = true;
    k->form = FORM_JSON_SCHEMA;
    m->child_at = at;
    return true;
}

static bool endpoint_open(model_set *m, const pop_endpoint *p, size_t at, err *e) {
    endpoint_config *k = &m->endpoint[at];
    if (strncmp(p->url, "http://", 7) != 0 && strncmp(p->url, "https://", 8) != 0) {
        char *shown = url_shown(p->url);
        err_set(e, ERR_USAGE, "give `embedded`, or a base URL such as http://127.0.0.1:8000/v1",
                "--llm %s is not a URL", shown);
        free(shown);
        return false;
    }
    k->url = copy(p->url);
    k->model = copy(p->model);
    k->max_in_flight = p->max_in_flight;
    return key_resolve(p, &k->key, e);
}

static void probe_say(const endpoint_config *k, const probe_result *r, pop_say say, void *arg) {
    static const char *const form[] = {"JSON schema", "JSON mode only", "no structured output"};
    char line[512], *shown = url_shown(k->url);
    snprintf(line, sizeof line, "%.200s: model %s, %s, %u ms", shown, r->model, form[k->form], r->ms);
    free(shown);
    say(arg, line);
}

/* The list of models that a display shows. */
static void model_add(model_set *m, const endpoint_config *k) {
    char name[MODEL_NAME_SIZE];
    size_t n = strlen(m->model);
    model_name_safe(str_of(k->model ? k->model : "?"), name);
    snprintf(m->model + n, sizeof m->model - n, "%s%s", n ? ", " : "", name);
}

static bool one_open(model_set *m, const pop_endpoint *p, size_t at, const char *cache, const char *log_dir,
                     uv_loop_t *loop, pop_say say, void *arg, err *e) {
    endpoint_config *k = &m->endpoint[at];
    if (!sampling_read(p->sampling, &k->sampling, e)) return false;
    k->roles = copy(p->roles);
    k->weight = p->weight > 0 ? p->weight : 1;
    k->rpm = p->rpm;
    k->tpm = p->tpm;
    m->price_in[at] = p->price_in;
    m->price_out[at] = p->price_out;
    if (is_embedded(p) ? !child_start(m, p, at, cache, log_dir, loop, say, arg, e)
                       : !endpoint_open(m, p, at, e))
        return false;
    if (is_embedded(p)) return true;
    probe_result r;
    if (!endpoint_probe(k, &r, e)) return false;
    if (say) probe_say(k, &r, say, arg);
    return true;
}

bool model_set_open(model_set *m, const pop_models *models, const char *log_dir, uv_loop_t *loop, pop_say say,
                    void *arg, err *e) {
    static const pop_endpoint embedded_default = {.url = "embedded"};
    const pop_endpoint *list = models->endpoints ? models->endpoint : &embedded_default;
    *m = (model_set){.endpoints = models->endpoints ? models->endpoints : 1};
    m->endpoint = xcalloc(m->endpoints, sizeof *m->endpoint);
    m->price_in = xcalloc(m->endpoints, sizeof *m->price_in);
    m->price_out = xcalloc(m->endpoints, sizeof *m->price_out);
    for (size_t i = 0; i < m->endpoints; i++) {
        if (!one_open(m, &list[i], i, models->cache, log_dir, loop, say, arg, e)) {
            model_set_close(m);
            return false;
        }
        model_add(m, &m->endpoint[i]);
    }
    return true;
}

void model_set_close(model_set *m) {
    if (m->child) embedded_stop(m->child);
    for (size_t i = 0; m->endpoint && i < m->endpoints; i++) endpoint_config_free(&m->endpoint[i]);
    free(m->endpoint);
    free(m->price_in);
    free(m->price_out);
    *m = (model_set){0};
}

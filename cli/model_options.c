/* model_options.c: the endpoints that options and the environment name.
 *
 * What is said of one endpoint stands behind its URL, parted by commas: `--llm URL,model=M,key-env=NAME`. An
 * option of the same name holds for all endpoints that do not say it themselves. A comma that no known name
 * follows belongs to the URL.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

void model_opts(model_options *m, opt out[MODEL_OPTS]) {
    const opt table[MODEL_OPTS] = {
        {"--llm", NULL, OPT_LIST, &m->llm, NULL, "POPULACE_LLM"},
        {"--model", NULL, OPT_TEXT, &m->all.model, NULL, "POPULACE_MODEL"},
        {"--judge", NULL, OPT_LIST, &m->judge, NULL, "POPULACE_JUDGE"},
        {"--judge-model", NULL, OPT_TEXT, &m->judge_model, NULL, "POPULACE_JUDGE_MODEL"},
        {"--model-file", NULL, OPT_TEXT, &m->all.model_file, NULL, "POPULACE_MODEL_FILE"},
        {"--key-env", NULL, OPT_TEXT, &m->all.key_env, NULL, "POPULACE_KEY_ENV"},
        {"--key-file", NULL, OPT_TEXT, &m->all.key_file, NULL, "POPULACE_KEY_FILE"},
        {"--sampling", NULL, OPT_TEXT, &m->all.sampling, NULL, "POPULACE_SAMPLING"},
        {"--cache", NULL, OPT_TEXT, &m->cache, NULL, "POPULACE_CACHE"},
        {"--in-flight", NULL, OPT_NUMBER, &m->all.max_in_flight, NULL, "POPULACE_IN_FLIGHT"},
        {"--rpm", NULL, OPT_NUMBER, &m->all.rpm, NULL, "POPULACE_RPM"},
        {"--tpm", NULL, OPT_NUMBER, &m->all.tpm, NULL, "POPULACE_TPM"},
        {"--weight", NULL, OPT_MONEY, &m->all.weight, NULL, NULL},
        {"--price-in", NULL, OPT_MONEY, &m->all.price_in, NULL, "POPULACE_PRICE_IN"},
        {"--price-out", NULL, OPT_MONEY, &m->all.price_out, NULL, "POPULACE_PRICE_OUT"},
    };
    memcpy(out, table, sizeof table);
}

enum { OWN = 10 };

static void own_opts(pop_endpoint *p, opt out[OWN]) {
    const opt table[OWN] = {
        {"model", NULL, OPT_TEXT, &p->model, NULL, NULL},
        {"role", NULL, OPT_TEXT, &p->roles, NULL, NULL},
        {"key-env", NULL, OPT_TEXT, &p->key_env, NULL, NULL},
        {"key-file", NULL, OPT_TEXT, &p->key_file, NULL, NULL},
        {"in-flight", NULL, OPT_NUMBER, &p->max_in_flight, NULL, NULL},
        {"rpm", NULL, OPT_NUMBER, &p->rpm, NULL, NULL},
        {"tpm", NULL, OPT_NUMBER, &p->tpm, NULL, NULL},
        {"weight", NULL, OPT_MONEY, &p->weight, NULL, NULL},
        {"price-in", NULL, OPT_MONEY, &p->price_in, NULL, NULL},
        {"price-out", NULL, OPT_MONEY, &p->price_out, NULL, NULL},
    };
    memcpy(out, table, sizeof table);
}

/* The option that `,name=` at s names; NULL: s belongs to the URL. */
static const opt *own_at(const char *s, const opt table[OWN]) {
    for (size_t i = 0; i < OWN; i++) {
        size_t n = strlen(table[i].name);
        if (s[0] == ',' && strncmp(s + 1, table[i].name, n) == 0 && s[n + 1] == '=') return &table[i];
    }
    return NULL;
}

/* Cuts the last `,name=value` of text off; false: there is none. */
static bool own_cut(char *text, const opt table[OWN], const opt **name, const char **value) {
    for (char *at = text + strlen(text); at > text; at--) {
        if (!(*name = own_at(at, table))) continue;
        *at = '\0';
        *value = at + strlen((*name)->name) + 2;
        return true;
    }
    return false;
}

static int endpoint_add(const command *c, model_options *m, size_t *n, const char *given, const char *model,
                        const char *roles) {
    if (*n == LIST_MOST) return usage_error(c, "more than %d endpoints", LIST_MOST);
    pop_endpoint *p = &m->endpoint[*n];
    char *text = m->text[(*n)++] = strdup(given);
    if (!text) abort();
    const opt *o;
    const char *value;
    opt table[OWN];
    *p = m->all;
    p->model = model;
    p->roles = roles;
    own_opts(p, table);
    bool own_key = false;
    while (own_cut(text, table, &o, &value)) {
        bool key = o->to == &p->key_env || o->to == &p->key_file;
        /* its own key stands for both ways in which one may be named for all */
        if (key && !own_key) p->key_env = p->key_file = NULL;
        own_key = own_key || key;
        if (!*value || !value_store(o, value))
            return usage_error(c, "%s: %s=%s cannot be read", given, o->name, value);
    }
    p->url = text;
    if (strcmp(text, "embedded") != 0) p->model_file = NULL;
    return 0;
}

/* From the command line: a variable that does not apply is set for other commands. */
static bool asked_for(const char *value, const char *env) {
    return value && value != getenv(env);
}

static bool any_embedded(const pop_models *m) {
    for (size_t i = 0; i < m->endpoints; i++)
        if (strcmp(m->endpoint[i].url, "embedded") == 0) return true;
    return false;
}

/* Options without effect are a mistake. */
static int idle_refuse(const command *c, const model_options *m, const pop_models *models) {
    if (asked_for(m->judge_model, "POPULACE_JUDGE_MODEL") && !m->judge.n)
        return usage_error(c, "--judge-model %s goes with --judge URL", m->judge_model);
    if (asked_for(m->all.model_file, "POPULACE_MODEL_FILE") && !any_embedded(models))
        return usage_error(c, "--model-file %s is for `--llm embedded`; %s has models of its own",
                           m->all.model_file, models->endpoint[0].url);
    return 0;
}

int models_of(const command *c, model_options *m, pop_models *out) {
    static const opt_list embedded = {{"embedded"}, 1};
    const char *url = getenv("OPENAI_BASE_URL");
    if (!m->llm.n && url && *url) m->llm = (opt_list){{url}, 1};
    const opt_list *llm = m->llm.n ? &m->llm : &embedded;
    const char *roles = m->judge.n ? "writer" : NULL;
    size_t n = 0;
    int status = 0;
    for (size_t i = 0; i < llm->n && !status; i++)
        status = endpoint_add(c, m, &n, llm->item[i], m->all.model, roles);
    for (size_t i = 0; i < m->judge.n && !status; i++)
        status = endpoint_add(c, m, &n, m->judge.item[i], m->judge_model, "judge");
    *out = (pop_models){.endpoint = m->endpoint, .endpoints = n, .cache = m->cache};
    return status ? status : idle_refuse(c, m, out);
}

int models_named(const command *c, model_options *m, pop_models *out) {
    int status = models_of(c, m, out);
    if (status || m->llm.n || asked_for(m->all.model_file, "POPULACE_MODEL_FILE")) return status;
    /* the first one is the embedded default, which nobody named */
    out->endpoint++;
    out->endpoints--;
    if (out->endpoints) return 0;
    const struct {
        const char *option, *value, *env;
    } idle[] = {{"--model", m->all.model, "POPULACE_MODEL"},
                {"--key-env", m->all.key_env, "POPULACE_KEY_ENV"},
                {"--key-file", m->all.key_file, "POPULACE_KEY_FILE"},
                {"--sampling", m->all.sampling, "POPULACE_SAMPLING"}};
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (asked_for(idle[i].value, idle[i].env))
            return usage_error(c, "%s %s: no endpoint is asked without --llm or --judge", idle[i].option,
                               idle[i].value);
    return 0;
}

void model_options_free(model_options *m) {
    for (size_t i = 0; i < LIST_MOST; i++) free(m->text[i]);
}

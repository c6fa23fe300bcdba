/* sim_script.c: the script, one directive a line, `#` starts a comment. A directive is a word and its values;
 * some take further words behind them. Every error names file, line and word. README.md lists the directives.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>

#define MOST_WORDS 64

typedef struct reader {
    script *s;
    const char *name;
    uint32_t line;
    str words[MOST_WORDS];
    uint32_t n, at;
    err *e;
} reader;

static bool fail(reader *r, const char *want) {
    str got = r->at < r->n ? r->words[r->at] : STR("the end of the line");
    return err_set(r->e, ERR_USAGE, NULL, "%s:%u: \"" STR_FMT "\": %s expected", r->name, r->line, STR_ARG(got),
                   want);
}

static bool accept(reader *r, const char *text) {
    if (r->at >= r->n || !str_is(r->words[r->at], text)) return false;
    r->at++;
    return true;
}

static bool number(reader *r, double least, double most, const char *want, double *v) {
    dec d;
    if (r->at >= r->n || !dec_parse(r->words[r->at], &d) || dec_double(d) < least || dec_double(d) > most)
        return fail(r, want);
    *v = dec_double(d);
    r->at++;
    return true;
}

static bool share(reader *r, double *v) {
    return number(r, 0, 1, "a share from 0 to 1", v);
}

static bool whole(reader *r, double least, double most, const char *want, double *v) {
    uint32_t at = r->at;
    if (!number(r, least, most, want, v)) return false;
    if (*v == (double)(int64_t)*v) return true;
    r->at = at;
    return fail(r, want);
}

static bool text(reader *r, char *out, size_t cap, const char *want) {
    if (r->at >= r->n || r->words[r->at].n >= cap) return fail(r, want);
    str w = r->words[r->at++];
    memcpy(out, w.p, w.n);
    out[w.n] = 0;
    return true;
}

/* [status] CODE [retry_after S | http_date S] [code WORD] */
static bool read_refusal(reader *r, refusal *f) {
    double status;
    (void)accept(r, "status");
    if (!whole(r, 400, 599, "a status from 400 to 599", &status)) return false;
    f->status = (int)status;
    f->retry_after = -1;
    f->http_date = false;
    f->code[0] = 0;
    if (accept(r, "retry_after")) {
        if (!number(r, 0, 86400, "seconds", &f->retry_after)) return false;
    } else if (accept(r, "http_date")) {
        f->http_date = true;
        f->retry_after = 2;
        dec d;
        if (r->at < r->n && dec_parse(r->words[r->at], &d) && !number(r, 0, 86400, "seconds", &f->retry_after))
            return false;
    }
    if (accept(r, "code")) return text(r, f->code, sizeof f->code, "an error code");
    return true;
}

/* ---- directives ----------------------------------------------------------------------------- */

static bool read_latency(reader *r) {
    script *s = r->s;
    if (accept(r, "fixed")) {
        s->latency = LATENCY_FIXED;
        return number(r, 0, 3600000, "milliseconds", &s->latency_a);
    }
    if (accept(r, "uniform")) {
        s->latency = LATENCY_UNIFORM;
        return number(r, 0, 3600000, "milliseconds", &s->latency_a) &&
               number(r, s->latency_a, 3600000, "milliseconds, not below the first", &s->latency_b);
    }
    if (accept(r, "lognormal")) {
        s->latency = LATENCY_LOGNORMAL;
        return number(r, 0, 3600000, "milliseconds (the median)", &s->latency_a) &&
               number(r, 0, 5, "a sigma from 0 to 5", &s->latency_b);
    }
    return fail(r, "fixed, uniform or lognormal");
}

static bool read_tail(reader *r) {
    return share(r, &r->s->tail_share) && number(r, 0, 3600000, "milliseconds", &r->s->tail_ms);
}

static bool read_tokens(reader *r) {
    return number(r, 0.001, 1e9, "tokens a second", &r->s->tokens_per_second);
}

static bool read_overload(reader *r) {
    return read_refusal(r, &r->s->overload);
}

static bool read_queue(reader *r) {
    if (accept(r, "unbounded")) {
        r->s->queue_limit = -1;
    } else if (accept(r, "bounded")) {
        double n;
        if (!whole(r, 0, 1e6, "a whole number of places", &n)) return false;
        r->s->queue_limit = (int64_t)n;
    } else {
        return fail(r, "unbounded or bounded");
    }
    return accept(r, "overload") ? read_overload(r) : true;
}

static bool read_capacity(reader *r) {
    double n;
    if (!whole(r, 1, 1e6, "a number of slots", &n)) return false;
    r->s->capacity = (uint32_t)n;
    return accept(r, "queue") ? read_queue(r) : true;
}

static bool read_rate(reader *r) {
    (void)(accept(r, "rpm") || accept(r, "RPM"));
    return number(r, 1, 1e9, "requests a minute", &r->s->rate_rpm);
}

static bool read_errors(reader *r) {
    if (r->s->n_errors == SCRIPT_ERRORS) return fail(r, "no more than 16 errors lines");
    refusal *f = &r->s->errors[r->s->n_errors];
    if (!share(r, &f->share) || !read_refusal(r, f)) return false;
    r->s->n_errors++;
    return true;
}

static bool read_burst(reader *r) {
    script *s = r->s;
    if (!accept(r, "every")) return fail(r, "every");
    if (!number(r, 0.01, 86400, "seconds", &s->burst_every)) return false;
    if (!accept(r, "for")) return fail(r, "for");
    return number(r, 0.001, s->burst_every, "seconds, not above the period", &s->burst_for) &&
           read_refusal(r, &s->burst);
}

static bool read_drip(reader *r) {
    return share(r, &r->s->share[SIM_DRIP]) && number(r, 1, 1e9, "bytes a second", &r->s->drip_bytes);
}

static bool read_duplicates(reader *r) {
    double n;
    if (!share(r, &r->s->duplicates)) return false;
    if (!accept(r, "pool")) return fail(r, "pool");
    if (!whole(r, 1, 1e9, "a number of voices", &n)) return false;
    r->s->pool = (uint32_t)n;
    return true;
}

static bool read_judge(reader *r) {
    return share(r, &r->s->judge_objects);
}

static bool read_models(reader *r) {
    if (r->at >= r->n) return fail(r, "a model name");
    while (r->at < r->n) {
        if (r->s->n_models == SCRIPT_MODELS) return fail(r, "no more than 32 models");
        if (!text(r, r->s->models[r->s->n_models], sizeof r->s->models[0], "a name below 64 bytes"))
            return false;
        r->s->n_models++;
    }
    return true;
}

static bool read_key(reader *r) {
    return text(r, r->s->key, sizeof r->s->key, "a key below 128 bytes");
}

static bool read_idle_close(reader *r) {
    return number(r, 0.01, 86400, "seconds", &r->s->idle_close);
}

static bool read_fault_rounds(reader *r) {
    if (!accept(r, "first")) return fail(r, "first");
    r->s->first_round_only = true;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(reader *r);
} DIRECTIVES[] = {
    {"latency", read_latency},
    {"tail", read_tail},
    {"tokens_per_second", read_tokens},
    {"capacity", read_capacity},
    {"queue", read_queue},
    {"overload", read_overload},
    {"rate", read_rate},
    {"errors", read_errors},
    {"burst", read_burst},
    {"drip", read_drip},
    {"duplicates", read_duplicates},
    {"judge_objects", read_judge},
    {"models", read_models},
    {"key", read_key},
    {"idle_close", read_idle_close},
    {"fault_rounds", read_fault_rounds},
};

static const struct {
    const char *name;
    size_t at;
} SWITCHES[] = {
    {"shuffle", offsetof(script, shuffle)},     {"no_schema", offsetof(script, no_schema)},
    {"no_bounds", offsetof(script, no_bounds)}, {"ignore_schema", offsetof(script, ignore_schema)},
    {"plain", offsetof(script, plain)},
};

static bool known_directive(reader *r, bool *ok) {
    for (size_t i = 0; i < COUNT_OF(DIRECTIVES); i++) {
        if (!accept(r, DIRECTIVES[i].name)) continue;
        *ok = DIRECTIVES[i].read(r);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(SWITCHES); i++) {
        if (!accept(r, SWITCHES[i].name)) continue;
        *(bool *)(void *)((char *)r->s + SWITCHES[i].at) = true;
        *ok = true;
        return true;
    }
    for (int f = SIM_POISON; f < SIM_ERROR; f++) { /* drip stands in DIRECTIVES */
        if (!accept(r, sim_fault_word((sim_fault)f))) continue;
        *ok = share(r, &r->s->share[f]);
        return true;
    }
    return false;
}

static bool read_line(reader *r) {
    bool ok = false;
    if (r->n == 0) return true;
    if (!known_directive(r, &ok)) return fail(r, "a directive of README.md");
    if (!ok) return false;
    return r->at == r->n ? true : fail(r, "the end of the line");
}

static bool split_line(reader *r, str line) {
    size_t comment;
    if (str_find(line, STR("#"), &comment)) line.n = comment;
    r->n = r->at = 0;
    for (size_t i = 0; i < line.n;) {
        while (i < line.n && strchr(" \t\r", line.p[i])) i++;
        size_t from = i;
        while (i < line.n && !strchr(" \t\r", line.p[i])) i++;
        if (i == from) break;
        if (r->n == MOST_WORDS)
            return err_set(r->e, ERR_USAGE, NULL, "%s:%u: more than %d words", r->name, r->line, MOST_WORDS);
        r->words[r->n++] = str_part(line, from, i);
    }
    return true;
}

void sim_script_default(script *s) {
    *s = (script){.queue_limit = -1, .overload = {.status = 429, .retry_after = 1}};
}

bool sim_script_parse(str content, const char *name, script *s, err *e) {
    reader r = {.s = s, .name = name, .e = e};
    str line, rest;
    for (bool more = content.n > 0; more; content = rest) {
        more = str_cut(content, '\n', &line, &rest);
        r.line++;
        if (!split_line(&r, more ? line : content) || !read_line(&r)) return false;
    }
    return true;
}

bool sim_script_load(const char *path, script *s, err *e) {
    buf content = {0};
    bool ok = file_read(path, 1 << 20, &content, e) && sim_script_parse(buf_view(&content), path, s, e);
    buf_free(&content);
    return ok;
}

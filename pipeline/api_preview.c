/* api_preview.c: a few personas with everything shown; nothing is kept. The same works, client and door as in a
 * run, without window, gate and directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

typedef struct preview {
    design design;
    work_env env;
    uv_loop_t loop;
    model_set models;
    client_config config;
    client *client;
    err error;
    bool failed, trace, color;
    trace_shown *shown;
    pop_form form;
    uint32_t columns, out;
    uint64_t next, n, ended;
    pop_sink sink;
    arena *door;
} preview;

typedef struct preview_call {
    call call; /* first */
    preview *of;
    work *work;
    ask k;
    uint64_t slot;
    uint32_t *flights;
} preview_call;

static void preview_show(preview *p, uint64_t slot, work *w) {
    buf b = {0};
    const record *r = work_record(w);
    if (p->trace) {
        buf_printf(&b, "slot %llu\n", (unsigned long long)slot);
        work_trace(w, p->shown, &b);
    }
    if (work_status(w) == WORK_CANDIDATE) {
        if (p->trace)
            buf_printf(&b, "slot %llu: accepted, %u call%s, %u of them to mend\n\n", (unsigned long long)slot,
                       work_calls(w), work_calls(w) == 1 ? "" : "s", work_revisions(w));
        buf row = {0};
        const str *models;
        provenance pv = {
            .calls = work_calls(w), .revisions = work_revisions(w), .models = work_models(w, &models)};
        pv.model = models;
        row_render(r, p->design.run, &pv, &row);
        arena *mem = arena_new(0);
        json parsed;
        if (p->form == POP_JSON) {
            buf_str(&b, buf_view(&row));
            buf_char(&b, '\n');
        } else if (json_read(buf_view(&row), NULL, mem, &parsed, NULL) == JSON_FAULT_NONE) {
            card_render(p->design.pop, r, &parsed, p->columns, p->color, &b);
        }
        arena_free(mem);
        buf_free(&row);
    } else {
        buf_printf(&b, "slot %llu: not accepted, %s: " STR_FMT "\n", (unsigned long long)slot,
                   reason_name(work_reason(w)), STR_ARG(work_detail(w)));
        findings_print(work_findings(w), p->design.pop, NO_FACET, &b);
    }
    buf_char(&b, '\n');
    if (b.n) p->sink.write(p->sink.arg, b.p, b.n);
    buf_free(&b);
}

static void preview_pump(preview *p, uint64_t slot, work *w, uint32_t *flights);
static void preview_fill(preview *p);

static void preview_done(call *c, const reply *r) {
    preview_call *k = (preview_call *)c;
    preview *p = k->of;
    work *w = k->work;
    uint64_t slot = k->slot;
    uint32_t *flights = k->flights;
    answer a;
    json parsed;
    arena_reset(p->door);
    answer_make(&a, r->outcome, r->text, r->model, p->door, &parsed);
    work_take(w, k->k.step, k->k.round, &a);
    (*flights)--;
    free(k);
    preview_pump(p, slot, w, flights);
    preview_fill(p);
}

/* Keeps a few slots going; where no facet writes, each is over at once. */
static void preview_fill(preview *p) {
    enum { AT_ONCE = 4 };
    while (!p->failed && p->next < p->n && p->next - p->ended < AT_ONCE) {
        uint64_t slot = p->next++;
        preview_pump(p, slot, work_new(&p->env, slot, 0, STR("")), xcalloc(1, sizeof(uint32_t)));
    }
}

static void preview_pump(preview *p, uint64_t slot, work *w, uint32_t *flights) {
    ask k;
    while (!p->failed && work_next(w, &k)) {
        preview_call *c = xcalloc(1, sizeof *c);
        c->call.req = ask_request(&k);
        c->call.pos = (int64_t)slot;
        c->call.done = preview_done;
        c->of = p;
        c->work = w;
        c->k = k;
        c->slot = slot;
        c->flights = flights;
        (*flights)++;
        client_submit(p->client, &c->call);
    }
    if (*flights > 0 || work_status(w) == WORK_OPEN) return;
    preview_show(p, slot, w);
    work_free(w);
    free(flights);
    p->ended++;
}

static void preview_fatal(void *arg, const err *e) {
    preview *p = arg;
    p->failed = true;
    p->error = *e;
    uv_stop(&p->loop);
}

static bool client_begin(preview *p, const pop_models *models, pop_say say, void *arg, err *e) {
    if (!model_set_open(&p->models, models, NULL, &p->loop, say, arg, e)) return false;
    p->config = (client_config){.endpoint = p->models.endpoint,
                                .endpoints = p->models.endpoints,
                                .timeout_min_s = 30,
                                .timeout_max_s = 600,
                                /* the embedded server is watched and slow rather than gone */
                                .give_up_s = p->models.child ? 0 : 300,
                                .reply_cap = 256 << 10,
                                .arg = p,
                                .fatal = preview_fatal};
    p->client = client_new(&p->loop, &p->config, e);
    if (!p->client) return false;
    if (p->models.child) embedded_watch(p->models.child, p->client, p->models.child_at);
    return true;
}

static bool preview_go(preview *p, const pop_models *models, pop_say say, void *arg, err *e) {
    const population *pop = p->design.pop;
    if ((pop->facets || pop->judges) && !client_begin(p, models, say, arg, e)) return false;
    preview_fill(p);
    while (p->ended < p->n && !p->failed) uv_run(&p->loop, UV_RUN_ONCE);
    if (p->failed) *e = p->error;
    return !p->failed;
}

int pop_preview(const pop_source *src, const pop_models *models, uint64_t n, uint64_t seed, bool trace,
                pop_form form, uint32_t columns, bool color, pop_say say, void *arg, pop_sink out,
                pop_error *pe) {
    err e = {0};
    diags d;
    preview p = {.n = n, .trace = trace, .form = form, .columns = columns, .color = color, .sink = out};
    diags_init(&d);
    bool ok = design_load(&p.design, src->population, src->set, src->sets, n, seed, &d, &e);
    diags_free(&d);
    if (!ok) return error_status(&e, pe);
    p.door = arena_new(0);
    p.shown = trace_shown_new();
    p.env = (work_env){.pop = p.design.pop,
                       .rules = p.design.rules,
                       .plan = p.design.plan,
                       .run = p.design.run,
                       .keep_trace = trace};
    work_env_prepare(&p.env);
    uv_loop_init(&p.loop);
    ok = preview_go(&p, models, say, arg, &e);
    client_free(p.client);
    model_set_close(&p.models);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    uv_loop_close(&p.loop);
    work_env_free(&p.env);
    arena_free(p.door);
    trace_shown_free(p.shown);
    design_free(&p.design);
    return ok ? 0 : error_status(&e, pe);
}

/* engine.c: the loop thread: slots in flight, the window, admission of calls, timers, stopping.
 *
 * An attempt lives here from its start until its candidate or failure has gone down to the commit thread. Its
 * asks are answered from the reply log where the answer is durable already, else by the client; the work cannot
 * tell. First attempts start below head + window while the client has room; retries start at once. Nothing here
 * decides anything: a stop, a dead endpoint or a spent budget only leaves attempts open, to be taken up by the
 * next start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/engine_state.h"

enum { WINDOW_LEAST = 256, WINDOW_MOST = 65536, WINDOW_SLOTS = 8, REPLAY_WINDOW = 4096 };

static void attempt_pump(engine *g, attempt *a);

/* ---- attempts ------------------------------------------------------------------------------------------ */

static void attempt_link(engine *g, attempt *a) {
    a->next = g->live;
    if (g->live) g->live->prev = a;
    g->live = a;
    g->lives++;
}

static void attempt_end(engine *g, attempt *a) {
    if (a->prev)
        a->prev->next = a->next;
    else
        g->live = a->next;
    if (a->next) a->next->prev = a->prev;
    g->lives--;
    work_free(a->work);
    free(a);
}

static void attempt_start(engine *g, uint64_t slot, uint32_t number, uint64_t pos, const char *hint) {
    attempt *a = xcalloc(1, sizeof *a);
    a->slot = slot;
    a->number = number;
    a->pos = pos;
    a->work = work_new(&g->env, slot, number, str_of(hint));
    attempt_link(g, a);
    attempt_pump(g, a);
}

static void down_push(engine *g, down *d) {
    d->node.bytes = sizeof *d + d->row_n + d->print.text.n + d->print.openings.n + d->reply.text.n;
    queue_push(g->down, &d->node);
}

static void candidate_row(engine *g, attempt *a, down *d) {
    const record *r = work_record(a->work);
    const str *models;
    provenance pv = {.attempt = a->number, .calls = work_calls(a->work), .revisions = work_revisions(a->work)};
    pv.models = work_models(a->work, &models);
    pv.model = models;
    buf soft = {0}, row = {0};
    if (work_findings(a->work)->n) findings_json(work_findings(a->work), g->c.design->pop, &soft);
    pv.findings = buf_view(&soft);
    row_render(r, g->c.design->run, &pv, &row);
    d->row_n = row.n;
    buf_char(&row, '\0');
    d->row = row.p;
    buf_free(&soft);
    arena *mem = arena_new(0);
    gate_print_make(g->c.design->pop, r, mem, &d->print);
    d->text = xmalloc(d->print.text.n + 1);
    memcpy(d->text, d->print.text.n ? d->print.text.p : "", d->print.text.n);
    d->print.text.p = d->text;
    d->print.openings = rules_openings(g->c.design->rules, r, mem);
    d->openings = xmalloc(d->print.openings.n + 1);
    memcpy(d->openings, d->print.openings.n ? d->print.openings.p : "", d->print.openings.n);
    d->print.openings.p = d->openings;
    arena_free(mem);
}

/* The attempt is over: down it goes. The successor of a failure starts now, though its cause is decided later:
 * its place in the order does not depend on that. */
static void attempt_finish(engine *g, attempt *a) {
    down *d = xcalloc(1, sizeof *d);
    bool failed = work_status(a->work) == WORK_FAILED;
    *d = (down){.kind = DOWN_ATTEMPT,
                .slot = a->slot,
                .pos = a->pos,
                .attempt = a->number,
                .revisions = work_revisions(a->work),
                .cell = work_record(a->work)->cell};
    if (failed) {
        str detail = work_detail(a->work);
        d->reason = work_reason(a->work);
        d->row = xmalloc(detail.n + 1);
        memcpy(d->row, detail.n ? detail.p : "", detail.n);
        d->row[detail.n] = '\0';
        d->row_n = detail.n;
    } else {
        candidate_row(g, a, d);
    }
    uint64_t slot = a->slot, pos = a->pos;
    uint32_t number = a->number;
    attempt_end(g, a);
    down_push(g, d);
    if (failed && (number + 1) % g->c.run.attempts != 0 && !g->stopping)
        retry_push(g, slot, number + 1, pos + pass_lag(&g->pass), NULL);
}

/* ---- asks ---------------------------------------------------------------------------------------------- */

static void work_answer(engine *g, attempt *a, const ask *k, outcome o, str text, str model) {
    answer ans;
    json parsed;
    arena_reset(g->door);
    answer_make(&ans, o, text, model, g->door, &parsed);
    work_take(a->work, k->step, k->round, &ans);
}

/* 1: answered from the log; 0: not there; -1: the run is ended by an error. */
static int ask_from_log(engine *g, attempt *a, const ask *k, hash128 req) {
    stored_reply s;
    err e = {0};
    int found =
        reply_store_take(g->replies, reply_key(a->slot, a->number, k->step, k->round), g->log_from, &s, &e);
    if (found < 0) {
        engine_fatal(g, &e);
        return -1;
    }
    if (found == 0) return 0;
    if (!hash_eq(s.req, req)) {
        free(s.text);
        err_set(&e, ERR_REPLAY,
                "the frozen population, the engine or the log was changed; nothing was asked again",
                "the reply in the log for slot %llu, attempt %u, step %u, round %u answers another request",
                (unsigned long long)a->slot, a->number, k->step, k->round);
        engine_fatal(g, &e);
        return -1;
    }
    work_answer(g, a, k, s.outcome, (str){s.text, s.n}, str_of(s.model));
    free(s.text);
    return 1;
}

static void reply_down(engine *g, const attempt *a, const flight *f, const reply *r) {
    endpoint_stats st;
    client_stats(g->client, r->endpoint, &st);
    down *d = xcalloc(1, sizeof *d);
    str url = str_of(st.url);
    size_t n = r->text.n + r->finish.n + r->model.n + url.n;
    char *p = d->bytes = xmalloc(n + 1);
    d->kind = DOWN_REPLY;
    d->reply = (reply_line){.slot = a->slot,
                            .attempt = a->number,
                            .pos = a->pos,
                            .step = f->k.step,
                            .round = f->k.round,
                            .req = f->req,
                            .outcome = r->outcome,
                            .usage = r->usage,
                            .ms = r->ms};
    const str from[] = {r->text, r->finish, r->model, url};
    str *const to[] = {&d->reply.text, &d->reply.finish, &d->reply.model, &d->reply.endpoint};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        memcpy(p, from[i].n ? from[i].p : "", from[i].n);
        *to[i] = (str){p, from[i].n};
        p += from[i].n;
    }
    down_push(g, d);
}

static void flight_done(call *c, const reply *r) {
    flight *f = (flight *)c;
    attempt *a = f->of;
    engine *g = a->engine;
    a->out--;
    g->flights--;
    g->reserved -= f->reserved;
    money_note(g, r);
    /* into the log before it is used */
    reply_down(g, a, f, r);
    work_answer(g, a, &f->k, r->outcome, r->text, r->model);
    flight_unlink(g, f);
    free(f);
    attempt_pump(g, a);
    engine_admit(g);
}

static void ask_send(engine *g, attempt *a, const ask *k, hash128 req) {
    flight *f = xcalloc(1, sizeof *f);
    f->call.req = ask_request(k);
    f->call.pos = (int64_t)a->pos;
    f->call.done = flight_done;
    f->of = a;
    f->k = *k;
    f->req = req;
    f->reserved = k->max_tokens + k->messages.n / 4;
    a->engine = g;
    a->out++;
    g->flights++;
    g->reserved += f->reserved;
    flight_link(g, f);
    client_submit(g->client, &f->call);
}

static void attempt_pump(engine *g, attempt *a) {
    ask k;
    while (!g->over && !a->parked && work_next(a->work, &k)) {
        request rq = ask_request(&k);
        hash128 req = request_hash(&rq);
        int found = ask_from_log(g, a, &k, req);
        if (found < 0) return;
        if (found > 0) continue;
        if (g->stopping || !g->client || !budget_allows(g, &k)) {
            a->parked = true; /* left open: the next start takes it up */
            return;
        }
        ask_send(g, a, &k, req);
    }
    if (a->out == 0 && !a->parked && work_status(a->work) != WORK_OPEN) attempt_finish(g, a);
}

/* ---- admission ----------------------------------------------------------------------------------------- */

static uint64_t window_size(const engine *g) {
    if (!g->client) return REPLAY_WINDOW;
    uint64_t w = (uint64_t)client_limit(g->client) * WINDOW_SLOTS;
    return w < WINDOW_LEAST ? WINDOW_LEAST : w > WINDOW_MOST ? WINDOW_MOST : w;
}

static bool first_next(const engine *g, ticket *t) {
    bool some = g->cursor < g->pass.firsts;
    if (some) *t = pass_first(&g->pass, g->cursor);
    return some;
}

static bool room(const engine *g) {
    if (queue_full(g->down)) return false;
    if (!g->client) return true;
    /* a small backlog beyond what may start, so that a finishing call finds the next one waiting */
    int64_t slack = client_limit(g->client) / 16 + 1;
    return client_room(g->client) + slack > 0;
}

void engine_admit(engine *g) {
    if (g->admitting || g->stopping || g->over) return;
    g->admitting = true; /* starting an attempt may finish it, and so come back here */
    retry_item r;
    while (!g->over && !g->stopping && !queue_full(g->down) && retry_pop(g, &r)) {
        attempt_start(g, r.slot, r.number, r.pos, r.hint);
        free(r.hint);
    }
    ticket t;
    while (!g->over && !g->stopping && first_next(g, &t) && t.pos < g->head + window_size(g) && room(g)) {
        g->cursor++;
        attempt_start(g, t.slot, t.attempt, t.pos, NULL);
    }
    g->admitting = false;
}

/* ---- what comes up ------------------------------------------------------------------------------------- */

static void decided_take(engine *g, up *u) {
    if (u->reason == REASON_NONE) {
        g->accepted_here++;
        if (g->c.watch && g->c.watch->persona && u->row)
            g->c.watch->persona(g->c.watch->arg, u->slot, u->row, u->row_n);
        return;
    }
    if (reason_of_gate(u->reason) && u->again)
        retry_push(g, u->slot, u->attempt + 1, u->pos + pass_lag(&g->pass), u->hint);
}

static void up_take(engine *g, up *u) {
    if (u->kind != UP_FATAL) g->head = u->head;
    switch (u->kind) {
    case UP_DECIDED: decided_take(g, u); break;
    case UP_PASS:
        pass_free(&g->pass);
        g->pass = u->pass;
        g->pass.run = &g->c.run;
        g->cursor = 0;
        u->pass.list = NULL;
        break;
    case UP_DONE:
        g->done = true;
        engine_over(g, atomic_load(&commit_numbers(g->commit)->open) ? ERR_SHORTFALL : ERR_OK);
        break;
    case UP_FATAL: engine_fatal(g, &u->error); break;
    }
    up_free(u);
}

static void on_wake(uv_async_t *h) {
    engine *g = h->data;
    if (atomic_load(&g->stops) > g->stops_seen) engine_stopping(g);
    for (queue_node *n = queue_take(g->up), *next; n; n = next) {
        next = n->next;
        up_take(g, (up *)n);
    }
    engine_admit(g);
    engine_idle(g);
}

void engine_wake(void *arg) {
    uv_async_send(&((engine *)arg)->wake);
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static void pass_restore(engine *g, const decider *d) {
    g->head = g->log_from = decider_head(d);
    g->pass = pass_copy(&d->now, &g->c.run);
    g->cursor = d->cursor;
    for (size_t i = 0; i < d->retries; i++) {
        const ticket *t = &d->retry[(d->retry_at + i) % d->retry_cap];
        retry_push(g, t->slot, t->attempt, t->pos, t->hint);
    }
}

engine *engine_new(const engine_config *c, err *e) {
    engine *g = xcalloc(1, sizeof *g);
    g->c = *c;
    g->door = arena_new(64 << 10);
    g->started_ns = clock_ns();
    g->env = (work_env){
        .pop = c->design->pop, .rules = c->design->rules, .plan = c->design->plan, .run = c->design->run};
    work_env_prepare(&g->env);
    if (uv_async_init(c->loop, &g->wake, on_wake) != 0 || uv_timer_init(c->loop, &g->tick) != 0 ||
        uv_timer_init(c->loop, &g->grace) != 0) {
        err_set(e, ERR_INTERNAL, NULL, "the event loop cannot be set up");
        work_env_free(&g->env);
        arena_free(g->door);
        free(g);
        return NULL;
    }
    g->wake.data = g->tick.data = g->grace.data = g;
    return g;
}

void engine_attach(engine *g, commit *c, client *k, reply_store *replies, queue *down_queue, queue *up_queue) {
    g->commit = c;
    g->client = k;
    g->replies = replies;
    g->down = down_queue;
    g->up = up_queue;
    pass_restore(g, commit_decider(c));
    budget_restore(g);
}

bool engine_go(engine *g, err *why) {
    uint32_t every = g->c.watch && g->c.watch->every_ms ? g->c.watch->every_ms : 1000;
    uv_timer_start(&g->tick, engine_tick, every, every);
    /* the first admission runs from the loop, so that every callback finds it running */
    uv_async_send(&g->wake);
    while (!g->over) uv_run(g->c.loop, UV_RUN_ONCE);
    uv_timer_stop(&g->tick);
    uv_timer_stop(&g->grace);
    *why = g->why;
    return g->why.code == ERR_OK;
}

void engine_free(engine *g) {
    if (!g) return;
    flights_free(g);
    while (g->live) attempt_end(g, g->live);
    for (queue_node *n = g->up ? queue_take(g->up) : NULL, *next; n; n = next) {
        next = n->next;
        up_free((up *)n);
    }
    retry_item r;
    while (retry_pop(g, &r)) free(r.hint);
    free(g->retry);
    pass_free(&g->pass);
    buf_free(&g->worst);
    reply_store_free(g->replies);
    uv_close((uv_handle_t *)&g->wake, NULL);
    uv_close((uv_handle_t *)&g->tick, NULL);
    uv_close((uv_handle_t *)&g->grace, NULL);
    uv_run(g->c.loop, UV_RUN_NOWAIT);
    uv_run(g->c.loop, UV_RUN_NOWAIT);
    work_env_free(&g->env);
    arena_free(g->door);
    free(g);
}

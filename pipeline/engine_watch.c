/* engine_watch.c: once a second: numbers for displays, the time limit; and how a run ends: done, stopped, out
 * of budget, no endpoint. Clocks may end a run here; they decide nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/engine_state.h"

/* ---- ends --------------------------------------------------------------------------------------------- */

void engine_over(engine *g, err_code code) {
    if (g->over) return;
    g->over = true;
    uv_stop(g->c.loop);
    if (code == ERR_OK || g->why.code != ERR_OK) return;
    unsigned long long open = atomic_load(&commit_numbers(g->commit)->open);
    if (code == ERR_SHORTFALL)
        err_set(
            &g->why, code,
            "`populace verify` lists the cells; a stronger model, other rules or more limits.attempts need a "
            "new directory, as what is frozen here decides the rows",
            "%llu of %llu slots stay open after the last pass", open, (unsigned long long)g->c.run.n);
    else if (code == ERR_STOPPED)
        err_set(&g->why, code, "run the same command again to go on; no reply is paid for twice",
                "stopped with %llu of %llu accepted",
                (unsigned long long)atomic_load(&commit_numbers(g->commit)->accepted),
                (unsigned long long)g->c.run.n);
    else if (code == ERR_BUDGET && g->time_hit)
        err_set(&g->why, code, "run the same command again to go on",
                "the time limit of %u s is reached with %llu of %llu accepted", g->c.options->max_seconds,
                (unsigned long long)atomic_load(&commit_numbers(g->commit)->accepted),
                (unsigned long long)g->c.run.n);
    else if (code == ERR_BUDGET)
        err_set(&g->why, code, "run the same command with a larger budget to go on",
                "the next call could exceed the budget: %llu tokens, %.4f spent", (unsigned long long)g->tokens,
                g->money);
}

void engine_idle(engine *g) {
    if (g->over || g->done) return;
    /* calls that wait for another try are not waited for */
    bool quiet = !g->client || client_in_flight(g->client) == 0;
    if (quiet && g->budget_hit)
        engine_over(g, ERR_BUDGET);
    else if (quiet && g->stopping)
        engine_over(g, ERR_STOPPED);
    if (g->client) return;
    /* replay: the head waits for an attempt whose replies the log does not hold */
    for (attempt *a = g->live; a && !g->over; a = a->next)
        if (a->parked && a->pos <= g->head) engine_over(g, ERR_STOPPED);
}

static void on_grace(uv_timer_t *t) {
    engine *g = t->data;
    engine_over(g, g->budget_hit ? ERR_BUDGET : ERR_STOPPED);
}

static void log_flush(engine *g) {
    down *d = xcalloc(1, sizeof *d);
    d->kind = DOWN_FLUSH;
    d->node.bytes = sizeof *d;
    queue_push(g->down, &d->node);
}

void engine_stopping(engine *g) {
    g->stops_seen = atomic_load(&g->stops);
    if (g->stops_seen > 1) {
        engine_over(g, ERR_STOPPED);
        return;
    }
    g->stopping = true;
    if (g->client) client_stop(g->client);
    log_flush(g);
    engine_event(g, "stop", "stopping: waiting for calls in flight");
    uint32_t s = g->c.options ? g->c.options->grace_seconds : 0;
    uv_timer_start(&g->grace, on_grace, (uint64_t)(s == UINT32_MAX ? 20 : s) * 1000, 0);
}

void engine_stop(engine *g) {
    atomic_fetch_add(&g->stops, 1);
    uv_async_send(&g->wake);
}

void engine_fatal(engine *g, const err *e) {
    if (g->why.code == ERR_OK) g->why = *e;
    g->stopping = true;
    if (g->client) client_stop(g->client);
    engine_event(g, "fatal", e->text);
    engine_over(g, e->code);
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static double rate_now(engine *g, uint64_t now) {
    if (now - g->rate_ns >= 1000000000u) {
        g->rate_ns = now;
        g->rate[g->rates++ % RATE_POINTS] = (rate_point){now, g->accepted_here};
    }
    if (g->rates == 0) return 0;
    uint32_t first = g->rates > RATE_POINTS - 2 ? g->rates - (RATE_POINTS - 2) : 0;
    const rate_point *p = &g->rate[first % RATE_POINTS];
    double s = (double)(now - p->ns) / 1e9;
    return s > 0.5 ? (double)(g->accepted_here - p->accepted) / s : 0;
}

static size_t faults_count(const engine *g, pop_count *out, size_t max) {
    size_t n = 0;
    if (!g->client) return 0;
    for (int f = 0; f < FAULT_COUNT && n < max; f++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < g->c.client_config->endpoints; i++) {
            endpoint_stats st;
            client_stats(g->client, i, &st);
            sum += st.faults[f];
        }
        if (sum) out[n++] = (pop_count){fault_name((fault)f), sum};
    }
    for (int o = OUTCOME_LENGTH; o < OUTCOME_COUNT && n < max; o++) {
        uint64_t k = client_outcomes(g->client, (outcome)o);
        if (k) out[n++] = (pop_count){outcome_name((outcome)o), k};
    }
    return n;
}

static size_t reasons_count(const engine *g, pop_count *out) {
    size_t n = 0;
    for (int r = 1; r < REASON_COUNT; r++) {
        uint64_t k = atomic_load(&commit_numbers(g->commit)->reason[r]);
        if (k) out[n++] = (pop_count){reason_name((reason)r), k};
    }
    return n;
}

/* Empty where no cell is off. */
static const char *worst_name(engine *g) {
    if (!atomic_load(&commit_numbers(g->commit)->worst_milli)) return "";
    uint32_t cell = atomic_load(&commit_numbers(g->commit)->worst_cell);
    if (cell != g->worst_cell || g->worst.n == 0) {
        buf_reset(&g->worst);
        plan_cell_print(g->c.design->plan, cell, &g->worst);
        buf_char(&g->worst, '\0');
        g->worst_cell = cell;
    }
    return g->worst.p;
}

static const char *state_name(const engine *g) {
    if (g->why.code == ERR_SHORTFALL) return "shortfall";
    if (g->done) return "finished";
    if (g->over) return "stopped";
    return g->stopping ? "stopping" : "running";
}

void engine_status(engine *g, pop_status *s) {
    const commit_figures *f = commit_numbers(g->commit);
    uint64_t now = clock_ns();
    *s = (pop_status){.state = state_name(g),
                      .population = g->c.run.name,
                      .model = g->c.model ? g->c.model : "",
                      .n = g->c.run.n,
                      .accepted = atomic_load(&f->accepted),
                      .given_up = atomic_load(&f->open),
                      .head = atomic_load(&f->head),
                      .pass = atomic_load(&f->pass),
                      .seconds = (double)(now - g->started_ns) / 1e9,
                      .slots_in_flight = g->lives,
                      .calls = atomic_load(&f->calls),
                      .prompt_tokens = atomic_load(&f->prompt),
                      .completion_tokens = atomic_load(&f->completion),
                      .cached_tokens = atomic_load(&f->cached),
                      .revised = atomic_load(&f->revised),
                      .duplicates = atomic_load(&f->duplicates),
                      .failed = atomic_load(&f->failed),
                      .worst_gap = (double)atomic_load(&f->worst_milli) / 1000,
                      .money = g->c.price_in ? g->money : -1,
                      .last = g->last};
    s->open = s->n - s->accepted;
    if (g->client) {
        s->calls_in_flight = client_in_flight(g->client);
        s->call_limit = client_limit(g->client);
        s->calls_waiting = client_queued(g->client);
    }
    s->worst_cell = worst_name(g);
    s->rate_now = rate_now(g, now);
    s->rate_all = s->seconds > 0 ? (double)g->accepted_here / s->seconds : 0;
    double r = s->rate_now > 0 ? s->rate_now : s->rate_all;
    s->eta_seconds = r > 0 ? (double)(s->open - s->given_up) / r : -1;
    if (g->done) s->eta_seconds = 0;
}

void engine_tick(uv_timer_t *t) {
    engine *g = t->data;
    pop_status s;
    pop_count faults[FAULT_COUNT + OUTCOME_COUNT], reasons[REASON_COUNT];
    engine_status(g, &s);
    s.error = faults;
    s.errors = faults_count(g, faults, COUNT_OF(faults));
    s.reason = reasons;
    s.reasons = reasons_count(g, reasons);
    if (g->c.write_status) status_write(g->c.dir, &s);
    if (g->c.watch && g->c.watch->status) g->c.watch->status(g->c.watch->arg, &s);
    if (g->over) return;
    const pop_run_options *o = g->c.options;
    if (o && o->max_seconds && s.seconds >= o->max_seconds && !g->stopping) {
        g->budget_hit = g->time_hit = g->stopping = true;
        if (g->client) client_stop(g->client);
        engine_event(g, "time", "the time limit is reached: waiting for calls in flight");
        uint32_t grace = o->grace_seconds == UINT32_MAX ? 20 : o->grace_seconds;
        uv_timer_start(&g->grace, on_grace, (uint64_t)grace * 1000, 0);
    }
    engine_admit(g);
    engine_idle(g);
}

void engine_tell(engine *g, const err *last) {
    if (last->code != ERR_OK && g->why.code == ERR_OK) g->why = *last;
    snprintf(g->last, sizeof g->last, "%s",
             last->code == ERR_OK ? "all slots are filled and sealed" : last->text);
    g->over = true;
    engine_tick(&g->tick);
    if (g->c.write_status) event_write(g->c.dir, state_name(g), g->last);
}

void engine_event(engine *g, const char *name, const char *text) {
    snprintf(g->last, sizeof g->last, "%s", text);
    if (g->c.write_status) event_write(g->c.dir, name, text);
    if (g->c.watch && g->c.watch->say) g->c.watch->say(g->c.watch->arg, text);
}

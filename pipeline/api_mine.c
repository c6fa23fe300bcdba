/* api_mine.c: a taxonomy out of conversations: the directory, the asks of stages/mine on their way, the result.
 *
 * One thread: records are read while their asks are out, then batch after batch. Replies go into the same log
 * as a run's, keyed by (task of the batch, try, stage, round), and are looked up there first. The result is a
 * function of mine.json, the conversations and the replies, so there is nothing else to resume from.
 *
 *     DIR/mine.json    what it was begun with (mine_frame.c)
 *     DIR/lock         one writer        DIR/replies/    the reply log
 *     DIR/population/  published when all is decided, population.yaml last, so one that has it is whole
 *     DIR/report.json  what pop_taxonomy_mine reports as JSON
 *
 * A reply is used before its group is synced, as nothing that outlives the process is made of it before the
 * last sync. What a crash takes is asked again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"
#include "pipeline/taxon_open.h"

enum { GROUP_LINES = 64, GROUP_MS = 200, READ_AHEAD = 64, SAY_S = 15, REPLY_CAP = 256 << 10 };

typedef struct mining {
    const pop_taxonomy_mine_options *o;
    miner *m;
    uv_loop_t loop;
    bool loop_open;
    model_set models;
    client_config config;
    client *client;
    reply_log *log;
    reply_store *replies;
    arena *door;
    int lock;
    uint64_t pos, flights, called, synced_ns, stopped_ns, said_ns, said;
    struct mine_flight *flight; /* list of those out */
    const char *stage;          /* said last */
    uint16_t round;
    uint64_t records, empty, first_empty, faulty, first_fault;
    char fault[160];
    pop_say say;
    void *say_arg;
    bool failed;
    err error;
} mining;

typedef struct mine_flight {
    call call; /* first */
    mining *of;
    mine_place at;
    hash128 req;
    uint64_t pos;
    struct mine_flight *next, *before;
} mine_flight;

void pop_taxonomy_mine_options_default(pop_taxonomy_mine_options *o) {
    *o = (pop_taxonomy_mine_options){.seed = 1, .grace_seconds = UINT32_MAX};
}

static bool fail_with(mining *g, const err *e) {
    if (!g->failed) g->error = *e;
    g->failed = true;
    return false;
}

/* ---- the directory -------------------------------------------------------------------------------------- */

static void on_fatal(void *arg, const err *e) {
    fail_with(arg, e);
}

static bool mining_open(mining *g, err *e) {
    const pop_taxonomy_mine_options *o = g->o;
    str category[MINE_CATEGORIES];
    if (!mine_frame_fits(o, e)) return false;
    if (access(o->file, R_OK) != 0) return err_set(e, ERR_USAGE, NULL, "%s cannot be read", o->file);
    if (!file_make_dir(o->dir, e) || !dir_lock(o->dir, &g->lock, e) || !mine_frame_open(o, e)) return false;
    for (size_t i = 0; i < o->categories; i++) category[i] = str_of(o->category[i]);
    const mine_options mo = {category, (uint32_t)o->categories, o->seed};
    g->m = mine_new(&mo);
    g->door = arena_new(0);
    if (uv_loop_init(&g->loop) != 0) return err_set(e, ERR_INTERNAL, NULL, "the event loop cannot be set up");
    g->loop_open = true;
    if (!model_set_open(&g->models, &o->models, o->dir, &g->loop, g->say, g->say_arg, e)) return false;
    g->config = (client_config){.endpoint = g->models.endpoint,
                                .endpoints = g->models.endpoints,
                                .timeout_min_s = 30,
                                .timeout_max_s = 600,
                                .give_up_s = o->give_up_seconds ? o->give_up_seconds : 1800,
                                .reply_cap = REPLY_CAP,
                                .seed = o->seed,
                                .arg = g,
                                .fatal = on_fatal};
    g->client = client_new(&g->loop, &g->config, e);
    if (!g->client) return false;
    if (g->models.child) embedded_watch(g->models.child, g->client, g->models.child_at);
    g->replies = reply_store_new(reply_reader_open(o->dir, 0, 0));
    g->log = reply_log_open(o->dir, 0, 0, e);
    g->synced_ns = g->said_ns = clock_ns();
    return g->log != NULL;
}

static void mining_close(mining *g) {
    client_free(g->client);
    while (g->flight) {
        mine_flight *f = g->flight;
        g->flight = f->next;
        free(f);
    }
    model_set_close(&g->models);
    if (g->loop_open) {
        uv_run(&g->loop, UV_RUN_DEFAULT);
        uv_loop_close(&g->loop);
    }
    reply_store_free(g->replies);
    reply_log_close(g->log);
    mine_free(g->m);
    arena_free(g->door);
    if (g->lock >= 0) close(g->lock);
}

/* ---- asks ----------------------------------------------------------------------------------------------- */

static void answer_give(mining *g, const mine_place *at, outcome o, str text, str model) {
    answer a;
    json parsed;
    arena_reset(g->door);
    answer_make(&a, o, text, model, g->door, &parsed);
    mine_take(g->m, at, &a);
}

/* 1: answered from the log; 0: not there; -1: the log is of something else. */
static int ask_from_log(mining *g, const mine_place *at, hash128 req) {
    stored_reply s;
    err e = {0};
    int found = reply_store_take(g->replies, reply_key(at->slot, at->attempt, at->step, at->round), 0, &s, &e);
    if (found == 1 && !hash_eq(s.req, req)) {
        free(s.text);
        err_set(&e, ERR_REPLAY, "take the file that it was begun with, or another directory",
                "the replies in %s are to other conversations than those of %s: nothing was asked", g->o->dir,
                g->o->file);
        found = -1;
    }
    if (found < 0) fail_with(g, &e);
    if (found != 1) return found;
    answer_give(g, at, s.outcome, (str){s.text, s.n}, str_of(s.model));
    free(s.text);
    return 1;
}

static bool log_sync(mining *g) {
    err e = {0};
    g->synced_ns = clock_ns();
    return reply_log_sync(g->log, &e) || fail_with(g, &e);
}

static bool asks_pump(mining *g);

static void on_done(call *c, const reply *r) {
    mine_flight *f = (mine_flight *)c;
    mining *g = f->of;
    endpoint_stats st;
    client_stats(g->client, r->endpoint, &st);
    const reply_line line = {.slot = f->at.slot,
                             .pos = f->pos,
                             .attempt = f->at.attempt,
                             .step = f->at.step,
                             .round = f->at.round,
                             .req = f->req,
                             .outcome = r->outcome,
                             .finish = r->finish,
                             .model = r->model,
                             .endpoint = str_of(st.url),
                             .text = r->text,
                             .usage = r->usage,
                             .ms = r->ms};
    reply_log_add(g->log, &line);
    g->flights--;
    g->called++;
    if (f->before)
        f->before->next = f->next;
    else
        g->flight = f->next;
    if (f->next) f->next->before = f->before;
    mine_place at = f->at;
    free(f);
    answer_give(g, &at, r->outcome, r->text, r->model);
    asks_pump(g); /* what has room now goes out before the loop waits */
}

static void ask_send(mining *g, const mine_place *at, const ask *k, hash128 req) {
    mine_flight *f = xcalloc(1, sizeof *f);
    f->call.req = ask_request(k);
    f->call.pos = (int64_t)g->pos;
    f->call.done = on_done;
    f->of = g;
    f->at = *at;
    f->req = req;
    f->pos = g->pos++;
    f->next = g->flight;
    if (g->flight) g->flight->before = f;
    g->flight = f;
    g->flights++;
    client_submit(g->client, &f->call);
}

static bool stopped(mining *g) {
    if (g->o->stop && *g->o->stop && !g->stopped_ns) g->stopped_ns = clock_ns();
    return g->stopped_ns != 0;
}

static void stage_say(mining *g, uint16_t round) {
    const char *now = mine_stage_now(g->m);
    if (!g->say || (g->stage == now && g->round == round)) return;
    char line[160];
    size_t n = mine_batch(g->m);
    g->stage = now;
    g->round = round;
    if (round)
        snprintf(line, sizeof line, "%s, round %u: %zu ask%s", now, round + 1u, n, plural(n));
    else
        snprintf(line, sizeof line, "%s: %zu ask%s", now, n, plural(n));
    g->say(g->say_arg, line);
}

/* Hands out what is due, while the client has room; false: ended by an error or a stop. */
static bool asks_pump(mining *g) {
    mine_place at;
    ask k;
    while (!g->failed && !stopped(g) && client_room(g->client) > 0 && mine_next(g->m, &at, &k)) {
        if (at.step) stage_say(g, at.round);
        const request rq = ask_request(&k);
        hash128 req = request_hash(&rq);
        int found = ask_from_log(g, &at, req);
        if (found < 0) return false;
        if (found == 0) ask_send(g, &at, &k, req);
    }
    return !g->failed && !stopped(g);
}

/* How far the batch is, now and then: a stage of a slow model takes long. */
static void progress_say(mining *g) {
    uint64_t now = clock_ns();
    uint64_t waited = (now - g->said_ns) / 1000000000u;
    if (!g->say || waited < SAY_S) return;
    char line[160];
    size_t left = mine_waiting(g->m) + g->flights, all = mine_batch(g->m);
    if (g->said == left && waited < SAY_S * 8) return; /* nothing new */
    g->said_ns = now;
    g->said = left;
    snprintf(line, sizeof line, "%s: %zu of %zu answered", mine_stage_now(g->m), left < all ? all - left : 0,
             all);
    g->say(g->say_arg, line);
}

/* One turn of the loop; what has come is synced now and then. */
static bool turn(mining *g) {
    uv_run(&g->loop, UV_RUN_ONCE);
    progress_say(g);
    size_t waiting = reply_log_pending(g->log);
    bool due = waiting >= GROUP_LINES || (waiting && clock_ns() - g->synced_ns > (uint64_t)GROUP_MS * 1000000);
    return !due || log_sync(g);
}

/* ---- conversations -------------------------------------------------------------------------------------- */

static uint32_t pairs_left(const mining *g) {
    mine_stats s;
    mine_figures(g->m, &s);
    uint64_t left = g->o->pairs ? g->o->pairs - s.pairs : UINT32_MAX;
    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

static bool record_take(void *arg, const corpus_record *r) {
    mining *g = arg;
    g->records++;
    if (!r->value) {
        if (!g->faulty++) {
            g->first_fault = r->line;
            snprintf(g->fault, sizeof g->fault, "%s", r->fault ? r->fault : "no record");
        }
        return true;
    }
    if (!mine_record(g->m, r->value, pairs_left(g)) && !g->empty++) g->first_empty = r->line;
    /* as many pairs lie ready as can be sent soon, not the whole file */
    while (asks_pump(g) && mine_waiting(g->m) > READ_AHEAD)
        if (!turn(g)) return false;
    return !g->failed && !stopped(g) && pairs_left(g) > 0;
}

static bool mining_go(mining *g) {
    err e = {0};
    if (!corpus_read(g->o->file, true, record_take, g, &e)) return fail_with(g, &e);
    mine_stats s;
    mine_figures(g->m, &s);
    if (!g->failed && !stopped(g)) {
        if (!s.pairs) {
            char why[240] = "";
            if (g->faulty)
                snprintf(why, sizeof why, "; line %llu: %s", (unsigned long long)g->first_fault, g->fault);
            err_set(&e, ERR_USAGE,
                    "a line is {\"messages\": [{\"role\", \"content\"}...]}, ShareGPT's "
                    "\"conversations\", or \"prompt\" and \"response\"",
                    "%s: no pair of question and answer in %llu record%s%s", g->o->file,
                    (unsigned long long)g->records, plural(g->records), why);
            return fail_with(g, &e);
        }
        stage_say(g, 0);
        mine_last(g->m);
    }
    while (!mine_done(g->m) && asks_pump(g))
        if (!mine_done(g->m) && g->flights && !turn(g)) break;
    uint32_t grace = g->o->grace_seconds == UINT32_MAX ? 20 : g->o->grace_seconds;
    while (!g->failed && stopped(g) && g->flights && clock_ns() - g->stopped_ns < (uint64_t)grace * 1000000000u)
        turn(g);
    if (!log_sync(g) || g->failed) return false;
    if (mine_done(g->m)) return true;
    err_set(&e, ERR_STOPPED, "run the same command again to go on", "stopped while it was to %s",
            mine_stage_now(g->m));
    return fail_with(g, &e);
}

/* ---- the result ----------------------------------------------------------------------------------------- */

typedef struct figure {
    const char *name;
    uint64_t n;
} figure;
enum { FIGURES = 19 };

static void figures_of(const mining *g, figure out[FIGURES]) {
    mine_stats s;
    mine_figures(g->m, &s);
    const figure all[FIGURES] = {{"records", g->records}, {"pairs", s.pairs},       {"personal", s.personal},
                                 {"partly", s.partly},    {"not_personal", s.none}, {"paths", s.paths},
                                 {"nodes", s.nodes},      {"kept", s.kept},         {"rewritten", s.rewritten},
                                 {"dropped", s.dropped},  {"merged", s.merged},     {"collapsed", s.collapsed},
                                 {"leaves", s.leaves},    {"choices", s.choices},   {"numbers", s.numbers},
                                 {"flags", s.flags},      {"texts", s.texts},       {"untyped", s.untyped},
                                 {"refused", s.refused}};
    memcpy(out, all, sizeof all);
}

static void figures_json(const mining *g, buf *b) {
    figure f[FIGURES];
    figures_of(g, f);
    for (int i = 0; i < FIGURES; i++)
        buf_printf(b, "%c\"%s\":%llu", i ? ',' : '{', f[i].name, (unsigned long long)f[i].n);
    buf_z(b, "}\n");
}

static void figures_text(const mining *g, buf *b) {
    figure f[FIGURES];
    figures_of(g, f);
    for (int i = 0; i < FIGURES; i++) buf_printf(b, "%-14s %8llu\n", f[i].name, (unsigned long long)f[i].n);
}

static void lines_say(const mining *g) {
    char line[512];
    if (!g->say) return;
    if (g->faulty) {
        snprintf(line, sizeof line, "%llu records cannot be read, the first in line %llu: %s",
                 (unsigned long long)g->faulty, (unsigned long long)g->first_fault, g->fault);
        g->say(g->say_arg, line);
    }
    if (g->empty) {
        snprintf(line, sizeof line, "%llu records have no question with an answer, the first in line %llu",
                 (unsigned long long)g->empty, (unsigned long long)g->first_empty);
        g->say(g->say_arg, line);
    }
    snprintf(line, sizeof line, "%llu calls made now; %.400s/population/population.yaml is the result",
             (unsigned long long)g->called, g->o->dir);
    g->say(g->say_arg, line);
}

static bool result_publish(mining *g, pop_form form, pop_sink report, err *e) {
    taxonomy *t = mine_tree(g->m);
    arena *mem = arena_new(0);
    buf b = {0};
    if (!t->root->leaves)
        return arena_free(mem), err_set(e, ERR_USAGE, "take more or other conversations, or a larger model",
                                        "no attribute came out of %s", g->o->file);
    figures_json(g, &b);
    const char *to = path_join(mem, g->o->dir, "population");
    bool ok = taxonomy_publish(t, taxon_file_name(mem, g->o->file), to, true, e) &&
              file_publish(g->o->dir, "report.json", buf_view(&b), e);
    if (form == POP_TEXT) buf_reset(&b);
    if (form == POP_TEXT) figures_text(g, &b);
    if (ok) sink_buf(report, &b);
    if (ok) lines_say(g);
    buf_free(&b);
    arena_free(mem);
    return ok;
}

int pop_taxonomy_mine(const pop_taxonomy_mine_options *o, pop_form form, pop_sink report, pop_say say,
                      void *arg, pop_error *pe) {
    err e = {0};
    mining g = {.o = o, .lock = -1, .say = say, .say_arg = arg};
    bool ok = mining_open(&g, &e);
    if (ok && !mining_go(&g)) {
        e = g.error;
        ok = false;
    }
    ok = ok && result_publish(&g, form, report, &e);
    mining_close(&g);
    return ok ? 0 : error_status(&e, pe);
}

/* sim_server.c: connections, the loop, and how an answer leaves: whole, half, slowly, late or never.
 *
 * One thread. A connection handles one request at a time; bytes that come meanwhile wait in its buffer. An
 * answer is computed when its request is whole and sent when its time in the slots is over. A client that
 * leaves frees its slot. All connections stand in a list, so that the end of the server finds them.
 */
#include "tests/llmsim/llmsim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#define READ_BYTES 16384u
#define BACKLOG    4096
#define DRIP_MS    20u

typedef struct server server;

typedef struct conn {
    job job;
    server *sv;
    struct conn *prev, *next;
    uv_tcp_t tcp;
    uv_timer_t drip;
    uv_write_t write;
    buf in, out;
    size_t sent;
    uint64_t seen_ns; /* when it was last read from or written to */
    bool busy, closing, close_after, continued, writing, counted;
    int open_handles;
    int status;
    sim_fault fault;
} conn;

struct server {
    const server_options *options;
    const script *script;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_timer_t due, idle;
    uv_signal_t signals[3];
    uv_pipe_t standard_in;
    char eof_room[256];
    conn *conns;
    slots slots;
    stats stats;
    replier replier;
    arena *arena;
    buf body;
    FILE *log;
    uint64_t due_ns, start_ns; /* what the timer is set for; when the script's bursts began */
    double tokens;             /* of the rate limit */
    uint64_t tokens_ns;
    bool stopping;
};

static void process(conn *c);

/* ---- the end of a connection ---------------------------------------------------------------- */

static void on_conn_closed(uv_handle_t *h) {
    conn *c = h->data;
    if (--c->open_handles > 0) return;
    buf_free(&c->in);
    buf_free(&c->out);
    free(c);
}

static void conn_close(conn *c) {
    if (c->closing) return;
    server *sv = c->sv;
    c->closing = true;
    sim_slots_cancel(&sv->slots, &c->job, clock_ns());
    if (c->counted) {
        c->counted = false;
        sv->stats.cancelled++;
        sv->stats.in_flight--;
    }
    if (c->prev)
        c->prev->next = c->next;
    else
        sv->conns = c->next;
    if (c->next) c->next->prev = c->prev;
    sv->stats.connections_open--;
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
    uv_close((uv_handle_t *)&c->drip, on_conn_closed);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void log_answer(server *sv, const reply *r, size_t bytes) {
    if (!sv->log) return;
    fprintf(sv->log,
            "{\"request\":\"%016llx\",\"nth\":%llu,\"seed\":%lld,\"status\":%d,\"fault\":\"%s\",\"duplicate\":%"
            "s,\"ms\":%.3f,\"bytes\":%zu}\n",
            (unsigned long long)r->hash, (unsigned long long)r->nth, (long long)r->seed, r->status,
            sim_fault_word(r->fault), r->duplicate ? "true" : "false", r->service_ms, bytes);
}

static void answered(conn *c) {
    if (c->counted) {
        c->counted = false;
        sim_stats_reply(&c->sv->stats, clock_ns(), c->status);
    }
    c->busy = false;
    c->seen_ns = clock_ns();
    if (c->close_after) conn_close(c);
}

static void on_written(uv_write_t *w, int status) {
    conn *c = w->data;
    c->writing = false;
    if (c->closing) return;
    if (status < 0) {
        conn_close(c);
        return;
    }
    if (c->sent < c->out.n) return; /* dripping */
    answered(c);
    if (!c->closing) process(c);
}

/* Sends out[sent..to). True if it is gone already, false if on_written will be called or the connection is
 * dead. */
static bool conn_send(conn *c, size_t to) {
    uv_buf_t b = uv_buf_init(c->out.p + c->sent, (unsigned)(to - c->sent));
    int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    if (n < 0 && n != UV_EAGAIN) {
        conn_close(c);
        return false;
    }
    if (n > 0) c->sent += (size_t)n;
    if (c->sent == to) return true;
    b = uv_buf_init(c->out.p + c->sent, (unsigned)(to - c->sent));
    c->sent = to;
    c->writing = true;
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_written) != 0) conn_close(c);
    return false;
}

static void on_drip(uv_timer_t *t) {
    conn *c = t->data;
    size_t step = (size_t)(c->sv->script->drip_bytes * DRIP_MS / 1000.0);
    if (c->writing) return;
    if (step == 0) step = 1;
    size_t to = c->sent + step < c->out.n ? c->sent + step : c->out.n;
    if (to == c->out.n) uv_timer_stop(t);
    if (conn_send(c, to) && to == c->out.n) {
        answered(c);
        if (!c->closing) process(c);
    }
}

static uint64_t drip_interval(const script *s) {
    double bytes = s->drip_bytes * DRIP_MS / 1000.0;
    return bytes >= 1 ? DRIP_MS : (uint64_t)(1000.0 / s->drip_bytes);
}

/* The time for the answer has come. */
static void deliver(conn *c) {
    size_t to = c->out.n;
    switch (c->fault) {
    case SIM_DROP:
        c->status = 0;
        c->close_after = true;
        answered(c);
        return;
    case SIM_EARLY_CLOSE:
        to -= to / 2;
        c->out.n = to;
        c->close_after = true;
        break;
    case SIM_DRIP: uv_timer_start(&c->drip, on_drip, DRIP_MS, drip_interval(c->sv->script)); return;
    default: break;
    }
    if (conn_send(c, to)) answered(c);
}

static void on_job_done(job *j) {
    conn *c = (conn *)(void *)((char *)j - offsetof(conn, job));
    deliver(c);
    if (!c->closing && !c->busy) process(c);
}

static void put_head(server *sv, conn *c, const reply *r, bool close) {
    char more[256] = "";
    double rpm = sv->script->rate_rpm;
    if (rpm > 0) {
        snprintf(more, sizeof more,
                 "x-ratelimit-limit-requests: %.0f\r\nx-ratelimit-remaining-requests: "
                 "%.0f\r\nx-ratelimit-reset-requests: %.3fs\r\n",
                 rpm, sv->tokens, sv->tokens < 1 ? (1 - sv->tokens) * 60 / rpm : 0.0);
    }
    sim_http_head(&c->out, r->status, r->body->n, r->retry_after, r->http_date, more, close);
    buf_str(&c->out, buf_view(r->body));
}

/* ---- answering ------------------------------------------------------------------------------ */

/* A refusal by time: a burst, or the limit of requests a minute. */
static bool refused_by_time(server *sv, uint64_t now, reply *r) {
    const script *s = sv->script;
    if (s->burst_every > 0) {
        double t = (double)(now - sv->start_ns) * 1e-9, periods = t / s->burst_every;
        if (t - (double)(uint64_t)periods * s->burst_every >= s->burst_every - s->burst_for) {
            r->fault = SIM_BURST;
            sim_reply_refusal(r, &s->burst);
            return true;
        }
    }
    if (s->rate_rpm <= 0) return false;
    double most = s->rate_rpm / 60 > 1 ? s->rate_rpm / 60 : 1;
    sv->tokens += (double)(now - sv->tokens_ns) * 1e-9 * s->rate_rpm / 60;
    sv->tokens_ns = now;
    if (sv->tokens > most) sv->tokens = most;
    if (sv->tokens >= 1) {
        sv->tokens -= 1;
        return false;
    }
    refusal f = {.status = 429, .retry_after = (1 - sv->tokens) * 60 / s->rate_rpm};
    r->fault = SIM_RATE;
    sim_reply_refusal(r, &f);
    return true;
}

static void count_reply(server *sv, const reply *r) {
    sv->stats.faults[r->fault]++;
    sv->stats.prompt_tokens += r->prompt_tokens;
    sv->stats.completion_tokens += r->completion_tokens;
    sv->stats.judged += r->is_judge;
    sv->stats.duplicates += r->duplicate;
}

/* Puts the answer into the slots, or sends it now. */
static void dispatch(conn *c, reply *r, uint64_t now) {
    server *sv = c->sv;
    double ms = sv->script->shuffle && r->service_ms < 1 ? 1 : r->service_ms;
    uint64_t service = r->immediate ? 0 : (uint64_t)(ms * 1e6);
    c->fault = r->fault;
    c->status = r->status;
    if (r->fault == SIM_HANG) return; /* busy until the client leaves */
    if (service == 0) {
        deliver(c);
        return;
    }
    c->job.done = on_job_done;
    if (sim_slots_enter(&sv->slots, &c->job, service, now)) return;
    sv->stats.faults[r->fault]--;
    r->fault = SIM_OVERLOAD;
    sv->stats.faults[SIM_OVERLOAD]++;
    buf_reset(r->body);
    buf_reset(&c->out);
    sim_reply_refusal(r, &sv->script->overload);
    c->fault = r->fault;
    c->status = r->status;
    put_head(sv, c, r, c->close_after);
    deliver(c);
}

static bool authorised(const script *s, str auth) {
    if (!s->key[0]) return true;
    return str_starts(auth, "Bearer ") && str_is(str_part(auth, 7, auth.n), s->key);
}

static void answer_chat(conn *c, const http_request *q) {
    server *sv = c->sv;
    uint64_t now = clock_ns();
    reply r = {.body = &sv->body, .retry_after = -1};
    sim_stats_request(&sv->stats, now);
    c->counted = true;
    if (!authorised(sv->script, q->auth)) {
        sim_reply_error(&r, 401, "invalid_request_error", "invalid_api_key", NULL,
                        "Incorrect API key provided");
    } else if (!refused_by_time(sv, now, &r)) {
        sim_reply_chat(&sv->replier, q->body, sv->arena, &r);
        arena_reset(sv->arena);
    }
    count_reply(sv, &r);
    put_head(sv, c, &r, c->close_after);
    dispatch(c, &r, now);
    log_answer(sv, &r, c->out.n);
}

static void reset(server *sv) {
    sim_stats_reset(&sv->stats);
    u64map_free(sv->replier.seen);
    sv->replier.seen = u64map_new(1024);
    sv->start_ns = clock_ns();
}

static void put_stats(server *sv, buf *out) {
    sim_stats_json(&sv->stats, sv->script->capacity, u64map_size(sv->replier.seen), clock_ns(), out);
}

static void answer_other(conn *c, const http_request *q) {
    server *sv = c->sv;
    reply r = {.body = &sv->body, .status = 200, .retry_after = -1, .immediate = true};
    bool get = str_is(q->method, "GET");
    sv->stats.others++;
    if (get && str_is(q->path, "/health"))
        buf_z(r.body, "{\"status\":\"ok\"}");
    else if (get && str_is(q->path, "/stats"))
        put_stats(sv, r.body);
    else if (str_is(q->method, "POST") && str_is(q->path, "/reset")) {
        reset(sv);
        buf_z(r.body, "{\"status\":\"reset\"}");
    } else if (get && str_is(q->path, "/v1/models")) {
        if (authorised(sv->script, q->auth))
            sim_reply_models(&sv->replier, &r);
        else
            sim_reply_error(&r, 401, "invalid_request_error", "invalid_api_key", NULL,
                            "Incorrect API key provided");
    } else if (str_is(q->path, "/v1/chat/completions") || str_is(q->path, "/v1/models")) {
        sim_reply_error(&r, 405, "invalid_request_error", NULL, NULL, "this path has another method");
    } else {
        sim_reply_error(&r, 404, "invalid_request_error", NULL, NULL, "no such path");
    }
    put_head(sv, c, &r, c->close_after);
    dispatch(c, &r, clock_ns());
}

static void answer_bad(conn *c, int status) {
    reply r = {.body = &c->sv->body, .retry_after = -1};
    c->close_after = true;
    sim_reply_error(&r, status, "invalid_request_error", NULL, NULL, "%s", sim_reply_status_text(status));
    put_head(c->sv, c, &r, true);
    dispatch(c, &r, clock_ns());
}

static void answer(conn *c, const http_request *q) {
    buf_reset(&c->out);
    buf_reset(&c->sv->body);
    c->sent = 0;
    c->busy = true;
    c->continued = false;
    c->close_after = q->close;
    if (q->bad)
        answer_bad(c, q->bad);
    else if (str_is(q->method, "POST") && str_is(q->path, "/v1/chat/completions"))
        answer_chat(c, q);
    else
        answer_other(c, q);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void send_continue(conn *c) {
    static char GO_ON[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t b = uv_buf_init(GO_ON, sizeof GO_ON - 1);
    c->continued = true;
    if (uv_try_write((uv_stream_t *)&c->tcp, &b, 1) != (int)b.len) conn_close(c);
}

static void process(conn *c) {
    while (!c->busy && !c->closing && c->in.n > 0) {
        http_request q = {0};
        size_t used = 0;
        http_state state = sim_http_read(&q, c->in.p, c->in.n, &used);
        if (state == HTTP_MORE) {
            if (q.expects_continue && !c->continued) send_continue(c);
            return;
        }
        if (state == HTTP_BAD) used = c->in.n;
        answer(c, &q);
        if (c->closing) return;
        memmove(c->in.p, c->in.p + used, c->in.n - used);
        c->in.n -= used;
    }
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b) {
    conn *c = h->data;
    (void)size;
    buf_reserve(&c->in, READ_BYTES);
    *b = uv_buf_init(c->in.p + c->in.n, (unsigned)(c->in.cap - c->in.n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b) {
    conn *c = stream->data;
    (void)b;
    if (n < 0) {
        conn_close(c);
        return;
    }
    c->in.n += (size_t)n;
    c->seen_ns = clock_ns();
    process(c);
}

static void on_connect(uv_stream_t *listener, int status) {
    server *sv = listener->data;
    if (status < 0) return;
    conn *c = xcalloc(1, sizeof *c);
    c->sv = sv;
    c->open_handles = 2;
    c->tcp.data = c->drip.data = c;
    c->seen_ns = clock_ns();
    uv_tcp_init(&sv->loop, &c->tcp);
    uv_timer_init(&sv->loop, &c->drip);
    c->next = sv->conns;
    if (c->next) c->next->prev = c;
    sv->conns = c;
    sv->stats.connections++;
    sv->stats.connections_open++;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || uv_tcp_nodelay(&c->tcp, 1) != 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        conn_close(c);
}

/* ---- time ----------------------------------------------------------------------------------- */

static void on_due(uv_timer_t *t) {
    server *sv = t->data;
    sv->due_ns = 0;
    sim_slots_run(&sv->slots, clock_ns());
}

static void arm(void *arg, uint64_t due_ns) {
    server *sv = arg;
    if (due_ns == 0 || (sv->due_ns && sv->due_ns <= due_ns)) return; /* an early wake does no harm */
    uint64_t now = clock_ns(), wait = due_ns > now ? (due_ns - now + 999999) / 1000000 : 0;
    sv->due_ns = due_ns;
    uv_update_time(&sv->loop);
    uv_timer_start(&sv->due, on_due, wait ? wait : 1, 0);
}

static void on_idle(uv_timer_t *t) {
    server *sv = t->data;
    uint64_t now = clock_ns(), most = (uint64_t)(sv->script->idle_close * 1e9);
    for (conn *c = sv->conns, *next; c; c = next) {
        next = c->next;
        if (!c->busy && now - c->seen_ns > most) conn_close(c);
    }
}

/* ---- start and end -------------------------------------------------------------------------- */

static void print_stats(server *sv) {
    buf b = {0};
    put_stats(sv, &b);
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
    buf_free(&b);
}

static void close_handle(uv_handle_t *h, void *arg) {
    (void)arg;
    if (!uv_is_closing(h)) uv_close(h, NULL);
}

static void stop(server *sv) {
    if (sv->stopping) return;
    sv->stopping = true;
    while (sv->conns) conn_close(sv->conns);
    uv_walk(&sv->loop, close_handle, NULL);
}

static void on_signal(uv_signal_t *h, int number) {
    if (number == SIGUSR1)
        print_stats(h->data);
    else
        stop(h->data);
}

static void on_eof_alloc(uv_handle_t *h, size_t size, uv_buf_t *b) {
    server *sv = h->data;
    (void)size;
    *b = uv_buf_init(sv->eof_room, sizeof sv->eof_room);
}

static void on_eof_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
    (void)b;
    if (n < 0) stop(s->data);
}

static bool fail(err *e, const char *what, int code) {
    return err_set(e, ERR_IO, NULL, "%s: %s", what, uv_strerror(code));
}

static bool watch_stdin(server *sv, err *e) {
    if (!sv->options->until_eof) return true;
    if (uv_guess_handle(0) != UV_NAMED_PIPE)
        return err_set(e, ERR_USAGE, NULL, "--until-eof: stdin is no pipe");
    uv_pipe_init(&sv->loop, &sv->standard_in, 0);
    sv->standard_in.data = sv;
    int code = uv_pipe_open(&sv->standard_in, 0);
    if (code == 0) code = uv_read_start((uv_stream_t *)&sv->standard_in, on_eof_alloc, on_eof_read);
    return code == 0 ? true : fail(e, "stdin", code);
}

static bool watch_signals(server *sv, err *e) {
    static const int NUMBERS[] = {SIGTERM, SIGINT, SIGUSR1};
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        uv_signal_init(&sv->loop, &sv->signals[i]);
        sv->signals[i].data = sv;
        int code = uv_signal_start(&sv->signals[i], on_signal, NUMBERS[i]);
        if (code != 0) return fail(e, "signal", code);
    }
    return true;
}

static bool write_port(const char *path, int port, err *e) {
    if (!path) return true;
    const char *slash = strrchr(path, '/');
    arena *a = arena_new(0);
    str dir = slash ? str_part(str_of(path), 0, (size_t)(slash - path)) : STR(".");
    str line = str_printf(a, "%d\n", port);
    bool ok = file_publish(dir.n ? str_z(a, dir) : "/", slash ? slash + 1 : path, line, e);
    arena_free(a);
    return ok;
}

static bool listen_on(server *sv, err *e) {
    const server_options *o = sv->options;
    struct sockaddr_in address;
    int n = sizeof address;
    int code = uv_ip4_addr(o->host, o->port, &address);
    if (code != 0) return fail(e, o->host, code);
    uv_tcp_init(&sv->loop, &sv->listener);
    sv->listener.data = sv;
    code = uv_tcp_bind(&sv->listener, (struct sockaddr *)&address, 0);
    if (code == 0) code = uv_listen((uv_stream_t *)&sv->listener, BACKLOG, on_connect);
    if (code == 0) code = uv_tcp_getsockname(&sv->listener, (struct sockaddr *)&address, &n);
    if (code != 0) return fail(e, "listen", code);
    int port = (address.sin_port & 255) << 8 | address.sin_port >> 8;
    if (!write_port(o->port_file, port, e)) return false;
    printf("llmsim listening on http://%s:%d/v1\n", o->host, port);
    fflush(stdout);
    return true;
}

static void start_timers(server *sv) {
    uv_timer_init(&sv->loop, &sv->due);
    uv_timer_init(&sv->loop, &sv->idle);
    sv->due.data = sv->idle.data = sv;
    double idle = sv->script->idle_close;
    if (idle <= 0) return;
    uint64_t every = idle > 4 ? 1000 : (uint64_t)(idle * 250) + 1;
    uv_timer_start(&sv->idle, on_idle, every, every);
}

static void raise_file_limit(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}

static bool open_log(server *sv, err *e) {
    if (!sv->options->log) return true;
    sv->log = fopen(sv->options->log, "we");
    if (!sv->log) return err_set(e, ERR_IO, NULL, "%s: cannot be written", sv->options->log);
    setvbuf(sv->log, NULL, _IOLBF, 0);
    return true;
}

static void server_free(server *sv) {
    stop(sv);
    uv_run(&sv->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&sv->loop);
    sim_slots_stop(&sv->slots);
    sim_stats_free(&sv->stats);
    u64map_free(sv->replier.seen);
    arena_free(sv->arena);
    buf_free(&sv->body);
    if (sv->log) fclose(sv->log);
    free(sv);
}

bool sim_server_run(const server_options *o, const script *s, err *e) {
    server *sv = xcalloc(1, sizeof *sv);
    sv->options = o;
    sv->script = s;
    sv->arena = arena_new(1 << 18);
    sv->replier = (replier){.script = s, .seed = o->seed, .seen = u64map_new(1024)};
    sv->start_ns = sv->tokens_ns = clock_ns();
    sv->tokens = 1;
    sim_slots_start(&sv->slots, s, &sv->stats);
    sv->slots.arm = arm;
    sv->slots.arm_arg = sv;
    uv_loop_init(&sv->loop);
    raise_file_limit();
    start_timers(sv);
    bool ok = open_log(sv, e) && watch_signals(sv, e) && watch_stdin(sv, e) && listen_on(sv, e);
    if (ok) uv_run(&sv->loop, UV_RUN_DEFAULT);
    server_free(sv);
    return ok;
}

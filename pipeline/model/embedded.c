/* embedded.c: a small model on this machine, served by llama.cpp's own server in a child (embedded/serve.py)
 * and spoken to over HTTP like any other endpoint.
 *
 * The child's stdin is a pipe of ours on which nothing is ever sent: it ends when that pipe closes, so it ends
 * with us even by kill -9. It has a process group of its own, so that a Ctrl-C at the terminal reaches us and
 * not it. A child that dies is started again, on the same port if it can, three times; after that the client is
 * told that its endpoint is dead.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/model/embedded_parts.h"
#include "pipeline/model/transfer.h"

enum { RESTARTS_MOST = 3, RESTART_MS = 500, START_SECONDS = 180, ARGS_MOST = 12 };

struct embedded {
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    char *serve, *server, *gguf, *log;
    char url[64], name[256];
    model_row row;
    uint32_t slots, context, restarts;
    int port;
    bool running, ready, started, stopping; /* ready: this child answers; started: one did once */
    int handles;                            /* open uv handles */
    char line[512];
    size_t line_n;
    void *arg;
    void (*progress)(void *arg, const char *line);
    client *client;
    size_t endpoint;
};

static bool child_spawn(embedded *m, err *e);

static void say(embedded *m, const char *text) {
    if (m->progress) m->progress(m->arg, text);
}

static void on_handle_closed(uv_handle_t *h) {
    embedded *m = h->data;
    m->handles--;
}

/* ---- death and restart ---------------------------------------------------------------------------------- */

static void gave_up(embedded *m, const char *why) {
    char text[700];
    snprintf(text, sizeof text, "%s; its own words are in %.400s", why, m->log);
    say(m, text);
    if (m->client) client_endpoint_dead(m->client, m->endpoint, text);
}

static void on_restart(uv_timer_t *t) {
    embedded *m = t->data;
    err e;
    if (!m->stopping && !child_spawn(m, &e)) gave_up(m, e.text);
}

/* The timer is the one handle left: pipes and process are gone, so they may be set up again. */
static void child_gone(embedded *m) {
    if (m->stopping || !m->started) return;
    if (m->restarts >= RESTARTS_MOST) {
        gave_up(m, "the embedded server died four times");
        return;
    }
    m->restarts++;
    if (!m->ready) m->port = 0; /* it did not come up there */
    m->ready = false;
    say(m, "the embedded server died; starting it again");
    uv_timer_start(&m->timer, on_restart, RESTART_MS, 0);
}

static void on_child_handle_closed(uv_handle_t *h) {
    embedded *m = h->data;
    if (--m->handles == 1) child_gone(m);
}

static void on_child_exit(uv_process_t *p, int64_t status, int sig) {
    embedded *m = p->data;
    (void)status, (void)sig;
    m->running = false;
    uv_close((uv_handle_t *)&m->process, on_child_handle_closed);
    uv_close((uv_handle_t *)&m->in, on_child_handle_closed);
    uv_close((uv_handle_t *)&m->out, on_child_handle_closed);
}

/* ---- the child ------------------------------------------------------------------------------------------ */

static void on_alloc(uv_handle_t *h, size_t n, uv_buf_t *b) {
    embedded *m = h->data;
    (void)n;
    if (m->line_n == sizeof m->line - 1) m->line_n = 0;
    *b = uv_buf_init(m->line + m->line_n, (unsigned)(sizeof m->line - 1 - m->line_n));
}

static void child_listens(embedded *m, const char *url) {
    const char *colon = strrchr(url, ':');
    m->port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
    snprintf(m->url, sizeof m->url, "http://127.0.0.1:%d/v1", m->port);
    m->ready = m->started = true;
    if (m->client) client_move(m->client, m->endpoint, m->url);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
    embedded *m = s->data;
    (void)b;
    if (n < 0) {
        uv_read_stop(s);
        return;
    }
    m->line_n += (size_t)n;
    m->line[m->line_n] = '\0';
    for (char *end; (end = memchr(m->line, '\n', m->line_n));) {
        *end = '\0';
        if (strncmp(m->line, "listening ", 10) == 0) child_listens(m, m->line + 10);
        size_t used = (size_t)(end + 1 - m->line);
        memmove(m->line, end + 1, m->line_n - used + 1);
        m->line_n -= used;
    }
}

static bool child_spawn(embedded *m, err *e) {
    char port[16], slots[16], context[16], python[] = "python3";
    snprintf(port, sizeof port, "%d", m->port);
    snprintf(slots, sizeof slots, "%u", m->slots);
    snprintf(context, sizeof context, "%u", m->context);
    char *args[ARGS_MOST] = {python, m->serve, m->server, m->gguf, port, slots, context, NULL};
    int log = open(m->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) return err_errno(e, errno, "cannot write the embedded server's log", m->log);
    uv_pipe_init(m->loop, &m->in, 0);
    uv_pipe_init(m->loop, &m->out, 0);
    m->in.data = m->out.data = m->process.data = m;
    uv_stdio_container_t io[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&m->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&m->out},
        {.flags = UV_INHERIT_FD, .data.fd = log}};
    uv_process_options_t o = {.file = python,
                              .args = args,
                              .stdio = io,
                              .stdio_count = 3,
                              .exit_cb = on_child_exit,
                              .flags = UV_PROCESS_DETACHED};
    m->line_n = 0;
    int rc = uv_spawn(m->loop, &m->process, &o);
    close(log);
    m->handles += 3;
    if (rc != 0) {
        uv_close((uv_handle_t *)&m->process, on_handle_closed);
        uv_close((uv_handle_t *)&m->in, on_handle_closed);
        uv_close((uv_handle_t *)&m->out, on_handle_closed);
        return err_set(e, ERR_ENDPOINT, "apt-get install python3", "python3 cannot be started: %s",
                       uv_strerror(rc));
    }
    m->running = true;
    uv_read_start((uv_stream_t *)&m->out, on_alloc, on_read);
    return true;
}

/* ---- start and stop ------------------------------------------------------------------------------------- */

static char *text_copy(const char *z) {
    size_t n = strlen(z) + 1;
    char *p = xmalloc(n);
    memcpy(p, z, n);
    return p;
}

static void on_tick(uv_timer_t *t) {
    (void)t; /* only makes the loop look at the clock */
}

static bool wait_ready(embedded *m, err *e) {
    uint64_t until = clock_ns() + (uint64_t)START_SECONDS * 1000000000u;
    uv_timer_start(&m->timer, on_tick, 200, 200);
    while (!m->ready && m->running && clock_ns() < until) uv_run(m->loop, UV_RUN_ONCE);
    uv_timer_stop(&m->timer);
    if (m->ready) return true;
    return err_set(e, ERR_ENDPOINT, "its own words are in that file; --model small needs less memory",
                   m->running ? "the embedded server does not answer after %d s (%s)"
                              : "the embedded server ended while it started (limit %d s; %s)",
                   START_SECONDS, m->log);
}

static embedded *embedded_new(uv_loop_t *loop, const embedded_config *c, const fetched *got,
                              const model_row *row) {
    arena *a = arena_new(0);
    embedded *m = xcalloc(1, sizeof *m);
    char *serve = share_path(a, "embedded/serve.py");
    const char *slash = strrchr(got->model, '/');
    m->loop = loop;
    m->row = *row;
    m->slots = c->slots ? c->slots : row->slots;
    m->context = c->context ? c->context : row->context;
    m->serve = text_copy(serve ? serve : "embedded/serve.py");
    m->server = text_copy(got->server);
    m->gguf = text_copy(got->model);
    m->log = text_copy(c->log ? c->log : "/dev/null");
    m->arg = c->arg;
    m->progress = c->progress;
    snprintf(m->name, sizeof m->name, "%s", slash ? slash + 1 : got->model);
    arena_free(a);
    return m;
}

embedded *embedded_start(uv_loop_t *loop, const embedded_config *c, err *e) {
    fetched got;
    model_row row;
    if (!model_fetch(c, &got, &row, e)) return NULL;
    embedded *m = embedded_new(loop, c, &got, &row);
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    m->handles = 1;
    say(m, "starting the embedded server");
    if (child_spawn(m, e) && wait_ready(m, e)) return m;
    embedded_stop(m);
    return NULL;
}

const char *embedded_url(const embedded *m) {
    return m->url;
}

const char *embedded_model(const embedded *m) {
    return m->name;
}

const char *embedded_sampling(const embedded *m) {
    return m->row.sampling;
}

uint32_t embedded_slots(const embedded *m) {
    return m->slots;
}

uint32_t embedded_restarts(const embedded *m) {
    return m->restarts;
}

void embedded_watch(embedded *m, client *c, size_t at) {
    m->client = c;
    m->endpoint = at;
}

void embedded_stop(embedded *m) {
    if (!m) return;
    m->stopping = true;
    m->client = NULL;
    /* closing the pipe would do; what it is generating is of no use any more */
    if (m->running) uv_process_kill(&m->process, SIGKILL);
    uv_timer_stop(&m->timer);
    uv_close((uv_handle_t *)&m->timer, on_handle_closed);
    while (m->handles > 0) uv_run(m->loop, UV_RUN_ONCE);
    free(m->serve);
    free(m->server);
    free(m->gguf);
    free(m->log);
    free(m);
}

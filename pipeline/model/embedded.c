/* embedded.c: a small model on this machine: fetched once (embedded/fetch.py), served by llama.cpp's own server in a child
 * (embedded/serve.py), spoken to over HTTP like any other endpoint.
 *
 * The child's stdin is a pipe of ours on which nothing is ever sent: it ends when that pipe closes, so it ends with us even by
 * kill -9. It has a process group of its own, so that a Ctrl-C at the terminal reaches us and not it. A child that dies is
 * started again on the same port, three times; after that the endpoint is dead and the run pauses as with any dead endpoint.
 */
#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pipeline/model/model.h"

enum { RESTARTS_MOST = 3, START_SECONDS = 180, ARGS_MOST = 12 };

/* A row of the table of models (embedded/models.tsv). */
typedef struct model_row {
    uint32_t context, slots;
    char sampling[256];
} model_row;

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
    bool running, ready, stopping;
    int handles;
    char line[512];
    size_t line_n;
    void *arg;
    void (*progress)(void *arg, const char *line);
    client *client;
    size_t endpoint;
};

/* ---- the cache and the table ------------------------------------------------------------------------- */

static void cache_folder(const embedded_config *c, char out[4096])
{
    const char *own = getenv("POPULACE_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (c->cache && *c->cache) snprintf(out, 4096, "%s", c->cache);
    else if (own && *own) snprintf(out, 4096, "%s", own);
    else if (xdg && *xdg) snprintf(out, 4096, "%s/populace", xdg);
    else snprintf(out, 4096, "%s/.cache/populace", home && *home ? home : "/tmp");
}

static str column(str line, unsigned k)
{
    str one = line, rest;
    for (; k > 0; k--) {
        if (!str_cut(one, '\t', &one, &rest)) return STR("");
        one = rest;
    }
    str_cut(one, '\t', &one, &rest);
    return one;
}

/* model NAME FILE BYTES SHA256 LICENCE CONTEXT SLOTS SAMPLING */
static bool table_row(const char *path, const char *name, model_row *out, err *e)
{
    buf b = {0};
    bool found = false;
    if (!file_read(path, 1 << 20, &b, e)) return false;
    str left = buf_view(&b), line;
    while (left.n && !found) {
        str rest;
        if (!str_cut(left, '\n', &line, &rest)) rest = (str){0};
        int64_t v;
        if (str_is(column(line, 0), "model") && str_is(column(line, 1), name)) {
            found = true;
            if (str_i64(column(line, 6), &v)) out->context = (uint32_t)v;
            if (str_i64(column(line, 7), &v)) out->slots = (uint32_t)v;
            snprintf(out->sampling, sizeof out->sampling, STR_FMT, STR_ARG(column(line, 8)));
        }
        left = rest;
    }
    buf_free(&b);
    return found || err_set(e, ERR_USAGE, "default or small; --model-file takes any GGUF", "there is no embedded model %s", name);
}

/* ---- fetching ------------------------------------------------------------------------------------------- */

typedef struct fetch_result {
    char server[4096], model[4096], error[1024], hint[512];
} fetch_result;

static void fetch_line(fetch_result *r, const char *line, const embedded_config *c)
{
    if (strncmp(line, "server ", 7) == 0) snprintf(r->server, sizeof r->server, "%s", line + 7);
    else if (strncmp(line, "model /", 7) == 0 || strncmp(line, "model .", 7) == 0) snprintf(r->model, sizeof r->model, "%s", line + 6);
    else if (strncmp(line, "error ", 6) == 0) snprintf(r->error, sizeof r->error, "%s", line + 6);
    else if (strncmp(line, "hint ", 5) == 0) snprintf(r->hint, sizeof r->hint, "%s", line + 5);
    else if (c->progress && *line) c->progress(c->arg, line);
}

/* Runs before the loop and has no use for it: a plain fork, its lines read as they come. */
static bool fetch_run(char *const argv[], fetch_result *r, const embedded_config *c, err *e)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0) return err_errno(e, errno, "cannot make a pipe", "fetch");
    pid_t pid = fork();
    if (pid < 0) {
        close(fd[0]);
        close(fd[1]);
        return err_errno(e, errno, "cannot start", "python3");
    }
    if (pid == 0) {
        dup2(fd[1], 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(fd[1]);
    FILE *f = fdopen(fd[0], "r");
    char line[4200];
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        fetch_line(r, line, c);
    }
    if (f) fclose(f);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(e, ERR_ENDPOINT, "apt-get install python3 python3-pip, or give a server with --llm URL", "python3, which fetches and starts the embedded model, is missing");
    return err_set(e, ERR_ENDPOINT, r->hint[0] ? r->hint : "give a server with --llm URL instead", "the embedded model is not to be had: %s",
                   r->error[0] ? r->error : "fetching it failed");
}

static bool model_fetch(const embedded_config *c, fetch_result *r, model_row *row, err *e)
{
    arena *a = arena_new(0);
    char cache[4096];
    cache_folder(c, cache);
    *r = (fetch_result){0};
    *row = (model_row){.context = 4096, .slots = 4, .sampling = "\"min_p\":0.05"};
    char *fetch = share_path(a, "embedded/fetch.py"), *table = share_path(a, "embedded/models.tsv");
    const char *name = c->model_file ? "-" : c->model ? c->model : "default";
    bool ok = fetch && table;
    if (!ok) err_set(e, ERR_ENDPOINT, "set POPULACE_SHARE to the folder that holds embedded/", "the embedded model's launcher is not found");
    ok = ok && (c->model_file || table_row(table, name, row, e));
    if (ok && c->model_file && access(c->model_file, R_OK) != 0) ok = err_set(e, ERR_USAGE, NULL, "--model-file %s cannot be read", c->model_file);
    char *argv[] = {str_z(a, str_of("python3")), fetch, table, cache, str_z(a, str_of(name)), NULL};
    ok = ok && fetch_run(argv, r, c, e);
    if (ok && c->model_file) snprintf(r->model, sizeof r->model, "%s", c->model_file);
    arena_free(a);
    return ok;
}

bool embedded_fetch(const embedded_config *cfg, err *e)
{
    fetch_result r;
    model_row row;
    return model_fetch(cfg, &r, &row, e);
}

/* ---- the child ---------------------------------------------------------------------------------------------- */

static bool child_spawn(embedded *m, err *e);

static void say(embedded *m, const char *text)
{
    if (m->progress) m->progress(m->arg, text);
}

static void on_handle_closed(uv_handle_t *h)
{
    embedded *m = h->data;
    m->handles--;
}

static void on_restart(uv_timer_t *t)
{
    embedded *m = t->data;
    err e;
    if (!m->stopping && !child_spawn(m, &e)) say(m, e.text);
}

static void child_closed(embedded *m)
{
    if (m->handles > 1 || m->stopping || !m->ready) return;
    /* the timer is the one handle left: pipes and process are gone, so they may be set up again */
    if (m->restarts >= RESTARTS_MOST) {
        say(m, "the embedded server died again; giving it up");
        return;
    }
    m->restarts++;
    say(m, "the embedded server died; starting it again");
    m->ready = false;
    uv_timer_start(&m->timer, on_restart, 500, 0);
}

static void on_child_handle_closed(uv_handle_t *h)
{
    embedded *m = h->data;
    m->handles--;
    child_closed(m);
}

static void on_exit_of_child(uv_process_t *p, int64_t status, int sig)
{
    embedded *m = p->data;
    (void)status, (void)sig;
    m->running = false;
    uv_close((uv_handle_t *)&m->process, on_child_handle_closed);
    uv_close((uv_handle_t *)&m->in, on_child_handle_closed);
    uv_close((uv_handle_t *)&m->out, on_child_handle_closed);
}

static void on_alloc(uv_handle_t *h, size_t n, uv_buf_t *b)
{
    embedded *m = h->data;
    (void)n;
    if (m->line_n == sizeof m->line - 1) m->line_n = 0;
    *b = uv_buf_init(m->line + m->line_n, (unsigned)(sizeof m->line - 1 - m->line_n));
}

static void listening(embedded *m, const char *url)
{
    const char *colon = strrchr(url, ':');
    m->port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
    snprintf(m->url, sizeof m->url, "http://127.0.0.1:%d/v1", m->port);
    m->ready = true;
    if (m->client) client_move(m->client, m->endpoint, m->url);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    embedded *m = s->data;
    (void)b;
    if (n < 0) {
        uv_read_stop(s);
        return;
    }
    m->line_n += (size_t)n;
    m->line[m->line_n] = '\0';
    for (char *end; (end = strchr(m->line, '\n'));) {
        *end = '\0';
        if (strncmp(m->line, "listening ", 10) == 0) listening(m, m->line + 10);
        size_t used = (size_t)(end + 1 - m->line);
        memmove(m->line, end + 1, m->line_n - used + 1);
        m->line_n -= used;
    }
}

static bool child_spawn(embedded *m, err *e)
{
    char port[16], slots[16], context[16];
    snprintf(port, sizeof port, "%d", m->port);
    snprintf(slots, sizeof slots, "%u", m->slots);
    snprintf(context, sizeof context, "%u", m->context);
    char python[] = "python3";
    char *args[ARGS_MOST] = {python, m->serve, m->server, m->gguf, port, slots, context, NULL};
    int log = open(m->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) return err_errno(e, errno, "cannot write the embedded server's log", m->log);
    uv_pipe_init(m->loop, &m->in, 0);
    uv_pipe_init(m->loop, &m->out, 0);
    m->in.data = m->out.data = m->process.data = m;
    uv_stdio_container_t io[3] = {{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&m->in},
                                  {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&m->out},
                                  {.flags = UV_INHERIT_FD, .data.fd = log}};
    uv_process_options_t o = {.file = python, .args = args, .stdio = io, .stdio_count = 3, .exit_cb = on_exit_of_child, .flags = UV_PROCESS_DETACHED};
    m->line_n = 0;
    int rc = uv_spawn(m->loop, &m->process, &o);
    close(log);
    m->handles += 3;
    if (rc != 0) {
        uv_close((uv_handle_t *)&m->process, on_handle_closed);
        uv_close((uv_handle_t *)&m->in, on_handle_closed);
        uv_close((uv_handle_t *)&m->out, on_handle_closed);
        return err_set(e, ERR_ENDPOINT, "apt-get install python3", "python3 cannot be started: %s", uv_strerror(rc));
    }
    m->running = true;
    uv_read_start((uv_stream_t *)&m->out, on_alloc, on_read);
    return true;
}

static char *text_copy(const char *z)
{
    size_t n = strlen(z) + 1;
    char *p = xmalloc(n);
    memcpy(p, z, n);
    return p;
}

static void on_nothing(uv_timer_t *t)
{
    (void)t;
}

static bool wait_ready(embedded *m, err *e)
{
    uint64_t until = clock_ns() + (uint64_t)START_SECONDS * 1000000000u;
    /* the timer only makes the loop look at the clock */
    uv_timer_start(&m->timer, on_nothing, 200, 200);
    while (!m->ready && m->running && clock_ns() < until) uv_run(m->loop, UV_RUN_ONCE);
    uv_timer_stop(&m->timer);
    if (m->ready) return true;
    return err_set(e, ERR_ENDPOINT, "its own words are in that file; a smaller model (--model small) needs less memory",
                   m->running ? "the embedded server does not answer after %d s (%s)" : "the embedded server ended while it started (limit %d s; %s)",
                   START_SECONDS, m->log);
}

embedded *embedded_start(uv_loop_t *loop, const embedded_config *c, err *e)
{
    fetch_result got;
    model_row row;
    if (!model_fetch(c, &got, &row, e)) return NULL;
    arena *a = arena_new(0);
    embedded *m = xcalloc(1, sizeof *m);
    char *serve = share_path(a, "embedded/serve.py");
    m->loop = loop;
    m->row = row;
    m->slots = c->slots ? c->slots : row.slots;
    m->context = c->context ? c->context : row.context;
    m->serve = text_copy(serve ? serve : "serve.py");
    m->server = text_copy(got.server);
    m->gguf = text_copy(got.model);
    m->log = text_copy(c->log ? c->log : "/dev/null");
    m->arg = c->arg;
    m->progress = c->progress;
    const char *slash = strrchr(got.model, '/');
    snprintf(m->name, sizeof m->name, "%s", slash ? slash + 1 : got.model);
    arena_free(a);
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    m->handles = 1;
    say(m, "starting the embedded server");
    if (child_spawn(m, e) && wait_ready(m, e)) return m;
    embedded_stop(m);
    return NULL;
}

const char *embedded_url(const embedded *m)
{
    return m->url;
}

const char *embedded_model(const embedded *m)
{
    return m->name;
}

const char *embedded_sampling(const embedded *m)
{
    return m->row.sampling;
}

uint32_t embedded_slots(const embedded *m)
{
    return m->slots;
}

uint32_t embedded_restarts(const embedded *m)
{
    return m->restarts;
}

void embedded_watch(embedded *m, client *c, size_t endpoint)
{
    m->client = c;
    m->endpoint = endpoint;
}

void embedded_stop(embedded *m)
{
    if (!m) return;
    m->stopping = true;
    m->client = NULL;
    if (m->running) {
        /* what it is generating is of no use any more */
        uv_process_kill(&m->process, SIGKILL);
    }
    uv_timer_stop(&m->timer);
    uv_close((uv_handle_t *)&m->timer, on_handle_closed);
    while (m->handles > 0) uv_run(m->loop, UV_RUN_ONCE);
    free(m->serve);
    free(m->server);
    free(m->gguf);
    free(m->log);
    free(m);
}

/* http_multi.c: libcurl multis on uv_poll. Several of them an endpoint: the cost of a call grows with the
 * transfers of its multi (libcurl walks lists), 114 us at 4,000 in one, under 30 at 128 each (measured,
 * libcurl 7.88).
 *
 * libcurl gets only what may start now; it never queues. A multi whose calls fail (curl_multi_* itself) loses
 * its transfers as broken and is made anew; others are not touched.
 *
 * Sockets. libcurl takes its interest in a socket away when a transfer ends and shows the same interest again
 * when the next one takes the connection. Following it to the letter costs six system calls a call, so the poll
 * handle of a connection lives as long as its descriptor and goes on waiting for input while nobody is
 * interested; input that comes then (the server closes) ends that. Descriptors that libcurl makes beside
 * connections (its resolver's) are followed to the letter.
 *
 * Starting. libcurl starts what was added by a timer of 0 ms, which libuv runs when all replies that were ready
 * together have been dealt with: of 1,000 that arrive at once, each would wait for the last before its slot's
 * next call is sent. So a multi that was given transfers while a reply was dealt with is acted on right behind
 * that reply (1,000 in flight, 0 ms, 2 cores: 13,300 calls/s instead of 9,000).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "pipeline/model/transfer.h"

struct socket_watch {
    uv_poll_t poll; /* first */
    multi *in;      /* NULL: nobody is interested */
    curl_socket_t fd;
    int events;     /* what is polled for */
    bool set, kept; /* poll is a handle; kept: a connection, see above */
};

/* ---- sockets -------------------------------------------------------------------------------------------- */

static void on_watch_closed(uv_handle_t *h) {
    free(h);
}

static socket_watch *watch_at(const client *c, curl_socket_t fd) {
    return fd >= 0 && (size_t)fd < c->watches ? c->watch[fd] : NULL;
}

static socket_watch *watch_new(client *c, curl_socket_t fd, bool kept) {
    socket_watch *w = xcalloc(1, sizeof *w);
    w->fd = fd;
    w->kept = kept;
    if ((size_t)fd >= c->watches) {
        size_t n = (size_t)fd + 1 > c->watches * 2 ? (size_t)fd + 1 : c->watches * 2;
        c->watch = xrealloc(c->watch, n * sizeof *c->watch);
        memset(c->watch + c->watches, 0, (n - c->watches) * sizeof *c->watch);
        c->watches = n;
    }
    return c->watch[fd] = w;
}

static void watch_drop(client *c, curl_socket_t fd) {
    socket_watch *w = watch_at(c, fd);
    if (!w) return;
    c->watch[fd] = NULL;
    if (w->set)
        uv_close((uv_handle_t *)&w->poll, on_watch_closed); /* stops it */
    else
        free(w);
}

curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to) {
    (void)purpose;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    watch_drop(arg, fd); /* of a descriptor that libcurl closed without a word */
    watch_new(arg, fd, true);
    return fd;
}

int socket_close(void *arg, curl_socket_t fd) {
    watch_drop(arg, fd);
    return close(fd);
}

static void multi_acted(multi *m, CURLMcode rc);

static void on_poll(uv_poll_t *h, int status, int events) {
    socket_watch *w = (socket_watch *)h;
    multi *m = w->in;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    if (status < 0) w->events = 0; /* libuv has stopped it */
    if (!m) {
        if (w->events) uv_poll_stop(h);
        w->events = 0;
        return;
    }
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    multi_acted(m, curl_multi_socket_action(m->m, w->fd, flags, &running));
}

static int watch_start(multi *m, socket_watch *w, int what) {
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (!w->set && uv_poll_init_socket(m->of->client->loop, &w->poll, w->fd) != 0) return -1;
    w->set = true;
    w->in = m;
    if (events == w->events) return 0;
    w->events = events;
    return uv_poll_start(&w->poll, events, on_poll) == 0 ? 0 : -1;
}

static void watch_rest(client *c, socket_watch *w) {
    if (!w->kept) {
        watch_drop(c, w->fd);
        return;
    }
    w->in = NULL;
    if (w->set && w->events != UV_READABLE) {
        uv_poll_stop(&w->poll);
        w->events = 0;
    }
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned) {
    multi *m = arg;
    client *c = m->of->client;
    socket_watch *w = watch_at(c, fd);
    (void)easy, (void)assigned;
    if (what == CURL_POLL_REMOVE) {
        if (w) watch_rest(c, w);
        return 0;
    }
    if (m->closing) return 0;
    return watch_start(m, w ? w : watch_new(c, fd, false), what);
}

/* ---- multis --------------------------------------------------------------------------------------------- */

static void messages_take(multi *m) {
    CURLMsg *msg;
    int left;
    while (!m->closing && (msg = curl_multi_info_read(m->m, &left))) {
        if (msg->msg != CURLMSG_DONE) continue;
        CURL *easy = msg->easy_handle;
        CURLcode code = msg->data.result;
        transfer *t;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(m->m, easy);
        m->transfers--;
        transfer_done(t, code, status);
    }
}

static void settle(multi *m, CURLMcode rc) {
    if (rc != CURLM_OK)
        multi_rebuild(m); /* "the state of all transfers is uncertain" */
    else
        messages_take(m);
}

static void multi_acted(multi *m, CURLMcode rc) {
    client *c = m->of->client;
    c->acting = true;
    settle(m, rc);
    while ((m = c->fresh)) {
        int running;
        c->fresh = m->next_fresh;
        m->is_fresh = false;
        settle(m, curl_multi_socket_action(m->m, CURL_SOCKET_TIMEOUT, 0, &running));
    }
    c->acting = false;
}

static void fresh_add(multi *m) {
    client *c = m->of->client;
    if (!c->acting || m->is_fresh) return;
    m->is_fresh = true;
    m->next_fresh = c->fresh;
    c->fresh = m;
}

static void fresh_remove(multi *m) {
    for (multi **at = &m->of->client->fresh; *at; at = &(*at)->next_fresh)
        if (*at == m) {
            *at = m->next_fresh;
            return;
        }
}

static void on_timer(uv_timer_t *t) {
    multi *m = t->data;
    int running;
    multi_acted(m, curl_multi_socket_action(m->m, CURL_SOCKET_TIMEOUT, 0, &running));
}

static int on_curl_timer(CURLM *cm, long ms, void *arg) {
    multi *m = arg;
    (void)cm;
    if (m->closing) return 0;
    if (ms < 0)
        uv_timer_stop(&m->timer);
    else
        uv_timer_start(&m->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static multi *multi_new(endpoint *e) {
    multi *m = xcalloc(1, sizeof *m);
    m->of = e;
    m->m = curl_multi_init();
    if (!m->m || uv_timer_init(e->client->loop, &m->timer) != 0) abort();
    m->timer.data = m;
    curl_multi_setopt(m->m, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(m->m, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->m, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(m->m, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->m, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return m;
}

static multi *multi_least(endpoint *e) {
    multi *best = NULL;
    for (size_t i = 0; i < e->multis; i++)
        if (!best || e->multi[i]->transfers < best->transfers) best = e->multi[i];
    if (best && best->transfers < MULTI_SHARE) return best;
    e->multi = xrealloc(e->multi, (e->multis + 1) * sizeof *e->multi);
    return e->multi[e->multis++] = multi_new(e);
}

bool multi_begin(transfer *t, err *e) {
    multi *m = multi_least(t->of);
    CURLMcode rc = curl_multi_add_handle(m->m, t->easy);
    if (rc != CURLM_OK)
        return err_set(e, ERR_INTERNAL, NULL, "libcurl refuses a transfer: %s", curl_multi_strerror(rc));
    t->in = m;
    m->transfers++;
    fresh_add(m);
    return true;
}

static void on_multi_closed(uv_handle_t *h) {
    free(h->data);
}

/* No transfer is in it. */
static void multi_free(multi *m) {
    fresh_remove(m);
    m->closing = true; /* it asks for polls while it closes its connections */
    curl_multi_cleanup(m->m);
    uv_timer_stop(&m->timer);
    uv_close((uv_handle_t *)&m->timer, on_multi_closed);
}

void multi_rebuild(multi *m) {
    endpoint *e = m->of;
    transfer *lost = NULL;
    m->closing = true;
    for (transfer *t = e->busy, *next; t; t = next) {
        next = t->next;
        if (t->in != m) continue;
        curl_multi_remove_handle(m->m, t->easy);
        t->in = NULL;
    }
    for (size_t i = 0; i < e->multis; i++)
        if (e->multi[i] == m) e->multi[i] = e->multi[--e->multis];
    multi_free(m);
    client_event(e->client, "multi", e, "libcurl lost its place; its transfers start again");
    /* each end may start others, so the list is looked at anew each time */
    do {
        for (lost = e->busy; lost && lost->in; lost = lost->next) continue;
        if (lost) transfer_done(lost, CURLE_RECV_ERROR, 0);
    } while (lost);
}

void multi_free_all(endpoint *e) {
    for (size_t i = 0; i < e->multis; i++) multi_free(e->multi[i]);
    free(e->multi);
    e->multi = NULL;
    e->multis = 0;
}

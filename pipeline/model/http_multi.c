/* http_multi.c: libcurl multis on uv_poll. Several of them an endpoint: the cost of a call grows with the transfers of its multi
 * (libcurl walks lists), 114 us at 4,000 in one, under 30 at 128 each (measured, libcurl 7.88).
 *
 * libcurl gets only what may start now; it never queues. A multi whose calls fail (curl_multi_* itself) loses its transfers as
 * broken and is made anew; others are not touched.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/model/transfer.h"

/* A connection's poll handle lives as long as its socket, not as a transfer: libuv pays six epoll_ctl calls for a handle that is
 * made, started, stopped and closed, and none for one that goes on with the same mask. While no transfer uses the connection the
 * handle stays armed for reading; what then comes is the server closing it.
 */
typedef struct socket_watch {
    uv_poll_t poll;                     /* first */
    multi *in;
    curl_socket_t fd;
    int events;                         /* armed; 0: stopped */
    bool idle;
} socket_watch;

static void on_watch_closed(uv_handle_t *h)
{
    free(h);
}

static socket_watch **watch_place(client *c, curl_socket_t fd)
{
    if ((size_t)fd >= c->watches) {
        size_t n = c->watches ? c->watches : 256;
        while (n <= (size_t)fd) n *= 2;
        c->watch = xrealloc(c->watch, n * sizeof *c->watch);
        memset(c->watch + c->watches, 0, (n - c->watches) * sizeof *c->watch);
        c->watches = n;
    }
    return (socket_watch **)&c->watch[fd];
}

int socket_close(void *arg, curl_socket_t fd)
{
    client *c = arg;
    socket_watch **w = watch_place(c, fd);
    if (*w) {
        uv_poll_stop(&(*w)->poll);
        uv_close((uv_handle_t *)&(*w)->poll, on_watch_closed);
        *w = NULL;
    }
    return close(fd);
}

static void messages_take(multi *m)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(m->m, &left))) {
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

static void on_poll(uv_poll_t *h, int status, int events)
{
    socket_watch *w = (socket_watch *)h;
    multi *m = w->in;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    if (w->idle) {
        uv_poll_stop(h);                /* curl finds it dead when it next looks */
        w->events = 0;
        return;
    }
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(m->m, w->fd, flags, &running);
    messages_take(m);
}

static void on_timer(uv_timer_t *t)
{
    multi *m = t->data;
    int running;
    curl_multi_socket_action(m->m, CURL_SOCKET_TIMEOUT, 0, &running);
    messages_take(m);
}

static int on_curl_timer(CURLM *cm, long ms, void *arg)
{
    multi *m = arg;
    (void)cm;
    if (m->closing) return 0;
    if (ms < 0) uv_timer_stop(&m->timer);
    else uv_timer_start(&m->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static int watch_arm(socket_watch *w, int events)
{
    if (w->events == events) return 0;
    w->events = events;
    return uv_poll_start(&w->poll, events, on_poll) == 0 ? 0 : -1;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
    multi *m = arg;
    socket_watch **place = watch_place(m->client, fd), *w = *place;
    (void)easy, (void)assigned;
    if (what == CURL_POLL_REMOVE) {
        if (!w) return 0;
        w->idle = true;
        return m->closing ? 0 : watch_arm(w, UV_READABLE);
    }
    if (m->closing) return 0;
    if (!w) {
        w = *place = xcalloc(1, sizeof *w);
        w->fd = fd;
        if (uv_poll_init_socket(m->client->loop, &w->poll, fd) != 0) {
            free(w);
            *place = NULL;
            return -1;
        }
    }
    w->in = m;
    w->idle = false;
    return watch_arm(w, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0));
}

static multi *multi_new(endpoint *e)
{
    multi *m = xcalloc(1, sizeof *m);
    m->client = e->client;
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

static multi *multi_least(endpoint *e)
{
    multi *best = NULL;
    for (size_t i = 0; i < e->multis; i++)
        if (!best || e->multi[i]->transfers < best->transfers) best = e->multi[i];
    if (best && best->transfers < MULTI_SHARE) return best;
    e->multi = xrealloc(e->multi, (e->multis + 1) * sizeof *e->multi);
    return e->multi[e->multis++] = multi_new(e);
}

bool multi_begin(transfer *t, err *e)
{
    multi *m = multi_least(t->of);
    CURLMcode rc = curl_multi_add_handle(m->m, t->easy);
    if (rc != CURLM_OK) return err_set(e, ERR_INTERNAL, NULL, "libcurl refuses a transfer: %s", curl_multi_strerror(rc));
    t->in = m;
    m->transfers++;
    return true;
}

static void on_multi_closed(uv_handle_t *h)
{
    free(h->data);
}

void multi_free_all(endpoint *e)
{
    for (size_t i = 0; i < e->multis; i++) {
        multi *m = e->multi[i];
        curl_multi_cleanup(m->m);       /* asks for the removal of its sockets */
        m->closing = true;
        uv_timer_stop(&m->timer);
        uv_close((uv_handle_t *)&m->timer, on_multi_closed);
    }
    free(e->multi);
    e->multi = NULL;
    e->multis = 0;
}

/* transfer.c: one HTTP exchange on a curl easy handle that is kept for the next one: options that differ
 * between calls are set each time, the others once.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

enum { ANSWER_KEPT = 64 << 10 };

static size_t on_body(char *p, size_t size, size_t n, void *arg) {
    transfer *t = arg;
    if (t->answer.n + size * n > t->of->client->cfg.reply_cap) {
        t->too_big = true; /* aborts the transfer: a reply of that size is nothing we want to read */
        return 0;
    }
    buf_put(&t->answer, p, size * n);
    return size * n;
}

static void header_keep(str line, const char *name, char *out, size_t max) {
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':') return;
    for (size_t i = 0; i < n; i++)
        if ((line.p[i] | 32) != name[i]) return;
    str v = str_trim(str_part(line, n + 1, line.n));
    if (v.n >= max) return;
    memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

static size_t on_header(char *p, size_t size, size_t n, void *arg) {
    transfer *t = arg;
    str line = {p, size * n};
    switch (line.n ? line.p[0] | 32 : 0) {
    case 'r': header_keep(line, "retry-after", t->retry_after, sizeof t->retry_after); break;
    case 'd': header_keep(line, "date", t->date, sizeof t->date); break;
    case 'x':
        header_keep(line, "x-ratelimit-reset-requests", t->reset_requests, sizeof t->reset_requests);
        header_keep(line, "x-ratelimit-reset-tokens", t->reset_tokens, sizeof t->reset_tokens);
        break;
    default: break;
    }
    return size * n;
}

static CURL *easy_new(endpoint *e, transfer *t) {
    CURL *c = curl_easy_init();
    if (!c) abort();
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, e->client);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, e->client);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, e->headers);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    /* uvicorn, which serves vLLM, closes idle connections at 5 s */
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, 4L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPIDLE, 60L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPINTVL, 30L);
    curl_easy_setopt(c, CURLOPT_SHARE, e->client->share);
    return c;
}

transfer *transfer_get(endpoint *e) {
    transfer *t = e->idle;
    if (t) {
        e->idle = t->next;
    } else {
        t = xcalloc(1, sizeof *t);
        t->of = e;
        t->easy = easy_new(e, t);
    }
    t->prev = NULL;
    t->next = e->busy;
    if (e->busy) e->busy->prev = t;
    e->busy = t;
    return t;
}

void transfer_put(transfer *t) {
    endpoint *e = t->of;
    if (t->prev)
        t->prev->next = t->next;
    else
        e->busy = t->next;
    if (t->next) t->next->prev = t->prev;
    if (t->answer.cap > ANSWER_KEPT) buf_free(&t->answer);
    t->call = NULL;
    t->in = NULL;
    t->prev = NULL;
    t->next = e->idle;
    e->idle = t;
}

void transfer_setup(transfer *t, uint32_t timeout_ms) {
    endpoint *e = t->of;
    buf_reset(&t->answer);
    t->retry_after[0] = t->date[0] = t->reset_requests[0] = t->reset_tokens[0] = '\0';
    t->too_big = false;
    if (t->address != e->address) {
        t->address = e->address;
        curl_easy_setopt(t->easy, CURLOPT_URL, e->url);
        curl_easy_setopt(t->easy, CURLOPT_PROXY, url_is_local(e->url) ? "" : NULL);
    }
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

static void transfer_free(transfer *t) {
    curl_easy_cleanup(t->easy);
    buf_free(&t->body);
    buf_free(&t->answer);
    free(t);
}

void transfer_free_all(endpoint *e) {
    while (e->busy) {
        transfer *t = e->busy;
        if (t->in) curl_multi_remove_handle(t->in->m, t->easy);
        transfer_put(t);
    }
    while (e->idle) {
        transfer *t = e->idle;
        e->idle = t->next;
        transfer_free(t);
    }
}

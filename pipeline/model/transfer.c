/* transfer.c: one HTTP exchange on a curl easy handle that is kept for the next one: every option that differs between calls is
 * set each time, the others once.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    if (t->answer.n + size * n > t->of->client->cfg.reply_cap) {
        t->too_big = true;              /* aborts the transfer: a reply of that size is nothing we want to read */
        return 0;
    }
    buf_put(&t->answer, p, size * n);
    return size * n;
}

static void header_keep(str line, const char *name, char *out, size_t max)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':') return;
    for (size_t i = 0; i < n; i++)
        if ((line.p[i] | 32) != name[i]) return;
    str v = str_trim(str_part(line, n + 1, line.n));
    if (v.n >= max) return;
    memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    str line = {p, size * n};
    header_keep(line, "retry-after", t->retry_after, sizeof t->retry_after);
    header_keep(line, "date", t->date, sizeof t->date);
    header_keep(line, "x-ratelimit-reset-requests", t->reset_requests, sizeof t->reset_requests);
    header_keep(line, "x-ratelimit-reset-tokens", t->reset_tokens, sizeof t->reset_tokens);
    return size * n;
}

static CURL *easy_new(endpoint *e, transfer *t)
{
    CURL *c = curl_easy_init();
    if (!c) abort();
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* uvicorn, which serves vLLM, closes idle connections at 5 s */
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, 4L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_SHARE, e->client->share);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, e->client);
    return c;
}

transfer *transfer_get(endpoint *e)
{
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

void transfer_put(transfer *t)
{
    endpoint *e = t->of;
    if (t->prev) t->prev->next = t->next;
    else e->busy = t->next;
    if (t->next) t->next->prev = t->prev;
    t->call = NULL;
    t->in = NULL;
    t->prev = NULL;
    t->next = e->idle;
    e->idle = t;
}

void transfer_setup(transfer *t, uint32_t timeout_ms)
{
    endpoint *e = t->of;
    buf_reset(&t->answer);
    t->retry_after[0] = t->date[0] = t->reset_requests[0] = t->reset_tokens[0] = '\0';
    t->too_big = false;
    curl_easy_setopt(t->easy, CURLOPT_URL, e->url);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, e->headers);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

void transfer_free(transfer *t)
{
    curl_easy_cleanup(t->easy);
    buf_free(&t->body);
    buf_free(&t->answer);
    free(t);
}

char *url_shown(const char *url)
{
    const char *scheme = strstr(url, "://"), *from = scheme ? scheme + 3 : url;
    size_t end = strcspn(from, "?#");
    const char *at = NULL, *slash = memchr(from, '/', end);
    size_t host = slash ? (size_t)(slash - from) : end;
    for (size_t i = 0; i < host; i++)
        if (from[i] == '@') at = from + i + 1;
    size_t head = (size_t)(from - url), skip = at ? (size_t)(at - from) : 0;
    char *out = xmalloc(head + end - skip + 1);
    memcpy(out, url, head);
    memcpy(out + head, from + skip, end - skip);
    out[head + end - skip] = '\0';
    return out;
}

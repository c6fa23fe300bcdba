/* client.c: the queue of calls and their ways: which endpoint, when, again when, never again.
 *
 * A call waits in the heap of its role, lowest position first, until an endpoint of that role may take one more; after a
 * failure that is worth another try it waits in a second heap for its time. Nothing is dropped: a call ends by its one `done`,
 * or stays the caller's when the client is freed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "pipeline/model/transfer.h"

enum { TRIES_UNREACHABLE = 6, OTHERS_UNREACHABLE = 100, TICK_MS = 200, FILES_KEPT = 256 };

/* ---- heaps ---------------------------------------------------------------------------------------------- */

static bool pos_before(const call *a, const call *b)
{
    return a->pos < b->pos;
}

static bool time_before(const call *a, const call *b)
{
    return a->in.not_before_ns < b->in.not_before_ns;
}

static void heap_push(call ***heap, size_t *n, size_t *cap, call *k, bool (*before)(const call *, const call *))
{
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 256;
        *heap = xrealloc(*heap, *cap * sizeof **heap);
    }
    size_t i = (*n)++;
    for (; i > 0 && before(k, (*heap)[(i - 1) / 2]); i = (i - 1) / 2) (*heap)[i] = (*heap)[(i - 1) / 2];
    (*heap)[i] = k;
}

static call *heap_pop(call **heap, size_t *n, bool (*before)(const call *, const call *))
{
    call *top = heap[0], *k = heap[--*n];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= *n) break;
        if (c + 1 < *n && before(heap[c + 1], heap[c])) c++;
        if (!before(heap[c], k)) break;
        heap[i] = heap[c];
        i = c;
    }
    heap[i] = k;
    return top;
}

static struct role_queue *queue_of(client *c, str role)
{
    for (size_t i = 0; i < c->queues; i++)
        if (str_eq(c->queue[i].role, role)) return &c->queue[i];
    if (c->queues == COUNT_OF(c->queue)) return &c->queue[0];
    c->queue[c->queues].role = role;
    return &c->queue[c->queues++];
}

static void call_queue(client *c, call *k)
{
    struct role_queue *q = queue_of(c, k->req.role);
    heap_push(&q->heap, &q->n, &q->cap, k, pos_before);
}

/* ---- endpoints -------------------------------------------------------------------------------------------- */

static bool serves(const endpoint *e, str role)
{
    const char *r = e->cfg->roles;
    if (!r || !*r) return true;
    str list = str_of(r), one;
    while (list.n) {
        str rest;
        if (!str_cut(list, ',', &one, &rest)) rest = (str){0};
        if (str_eq(str_trim(one), role)) return true;
        list = rest;
    }
    return false;
}

static void event(client *c, const char *name, const endpoint *e, const char *what)
{
    char text[512];
    if (!c->cfg.event) return;
    snprintf(text, sizeof text, "%.200s: %s", e->shown, what);
    c->cfg.event(c->cfg.arg, name, text);
}

static void fatal(client *c, err_code code, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void fatal(client *c, err_code code, const char *hint, const char *fmt, ...)
{
    err e = {0};
    char text[1024];
    if (c->failed) return;
    c->failed = c->stopped = true;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(&e, code, hint, "%s", text);
    if (c->cfg.fatal) c->cfg.fatal(c->cfg.arg, &e);
}

/* ---- dispatch ----------------------------------------------------------------------------------------------- */

static uint32_t timeout_ms(const client *c, const endpoint *e)
{
    double p99 = admission_quantile_ms(e->admission, 0.99);
    double most = c->cfg.timeout_max_s * 1000.0, least = c->cfg.timeout_min_s * 1000.0;
    double t = e->replies < 20 ? most / 2 : 6 * p99;
    return (uint32_t)(t < least ? least : t > most ? most : t);
}

static void transfer_begin(client *c, endpoint *e, call *k, uint32_t tokens)
{
    transfer *t = transfer_get(e);
    err x;
    t->call = k;
    t->reserved = tokens;
    t->started_ns = clock_ns();
    buf_reset(&t->body);
    request_body(&k->req, e->cfg, &e->dialect, &t->body);
    transfer_setup(t, timeout_ms(c, e));
    k->in.transfer = t;
    admission_start(e->admission, t->started_ns, tokens);
    c->in_flight++;
    if (!multi_begin(t, &x)) transfer_done(t, CURLE_FAILED_INIT, 0);
}

static uint32_t tokens_of(const call *k)
{
    return k->req.max_tokens + (uint32_t)(k->req.messages.n / 4);
}

/* The endpoint with the most room for its weight; NULL: none now, *wait as long as it may take. */
static endpoint *endpoint_pick(client *c, const call *k, uint64_t now, uint64_t *wait)
{
    endpoint *best = NULL;
    double most = -1;
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        uint64_t w;
        if (!serves(e, k->req.role)) continue;
        if (!admission_may(e->admission, now, tokens_of(k), &w)) {
            if (w && w < *wait) *wait = w;
            continue;
        }
        double room = (admission_limit(e->admission) - admission_in_flight(e->admission)) * (e->cfg->weight > 0 ? e->cfg->weight : 1);
        if (room > most) {
            most = room;
            best = e;
        }
    }
    return best;
}

static void later_due(client *c, uint64_t now)
{
    while (c->laters && c->later[0]->in.not_before_ns <= now) call_queue(c, heap_pop(c->later, &c->laters, time_before));
}

static void on_due(uv_timer_t *t);

static void timer_arm(client *c, uint64_t now, uint64_t wait)
{
    if (c->laters) {
        uint64_t due = c->later[0]->in.not_before_ns;
        uint64_t w = due > now ? due - now : 0;
        if (w < wait) wait = w;
    }
    uint64_t ms = wait / 1000000 + 1;
    if (ms > TICK_MS) ms = TICK_MS;
    uv_timer_start(&c->timer, on_due, ms, 0);
}

static void dispatch(client *c)
{
    if (c->dispatching || c->stopped) return;
    c->dispatching = true;
    uint64_t now = clock_ns(), wait = UINT64_MAX;
    later_due(c, now);
    for (size_t i = 0; i < c->queues; i++) {
        struct role_queue *q = &c->queue[i];
        while (q->n && !c->stopped) {
            endpoint *e = endpoint_pick(c, q->heap[0], now, &wait);
            if (!e) break;
            call *k = heap_pop(q->heap, &q->n, pos_before);
            transfer_begin(c, e, k, tokens_of(k));
        }
    }
    c->dispatching = false;
    timer_arm(c, now, wait);
}

static void give_up_check(client *c, uint64_t now)
{
    if (c->failed || (!c->in_flight && !client_queued(c))) c->last_success_ns = now;
    uint64_t s = (now - c->last_success_ns) / 1000000000u;
    if (c->cfg.give_up_s && s >= c->cfg.give_up_s)
        fatal(c, ERR_ENDPOINT, "check that the server runs, then run the same command again: nothing that was paid for is lost",
              "no endpoint answered for %llu s (%s)", (unsigned long long)s, c->endpoints ? c->endpoint[0].shown : "none");
}

static void breaker_events(client *c, uint64_t now)
{
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        bool open = admission_open(e->admission, now);
        if (open != e->was_open) event(c, "breaker", e, open ? "only failures, resting" : "answers again");
        e->was_open = open;
    }
}

static void on_due(uv_timer_t *t)
{
    client *c = t->data;
    uint64_t now = clock_ns();
    give_up_check(c, now);
    breaker_events(c, now);
    dispatch(c);
}

/* ---- ends of transfers ------------------------------------------------------------------------------------------- */

static void call_end(client *c, call *k, const reply *r)
{
    c->outcomes[r->outcome]++;
    k->in.transfer = NULL;
    k->done(k, r);
}

static uint64_t wait_told(const transfer *t)
{
    uint64_t ns = 0, more = 0;
    if (t->retry_after[0] && header_retry_after(str_of(t->retry_after), str_of(t->date), &ns)) return ns;
    if (t->reset_requests[0]) header_duration(str_of(t->reset_requests), &ns);
    if (t->reset_tokens[0] && header_duration(str_of(t->reset_tokens), &more) && more > ns) ns = more;
    /* a reset is when the limit is whole again, not when the next call may go */
    return ns > 5000000000u ? 5000000000u : ns;
}

static bool unreachable(client *c, endpoint *e, call *k, bool was_open)
{
    if (was_open) return false;
    if (k->in.tries++ == 0) k->in.others_at_first_failure = c->successes;
    if (k->in.tries < TRIES_UNREACHABLE || c->successes - k->in.others_at_first_failure < OTHERS_UNREACHABLE) return false;
    event(c, "unreachable", e, "one call failed six times while a hundred others were answered");
    return true;
}

static void call_failed(client *c, transfer *t, fault f, str words)
{
    endpoint *e = t->of;
    call *k = t->call;
    uint64_t now = clock_ns();
    bool was_open = admission_open(e->admission, now);
    uint64_t delay = admission_fault(e->admission, now, f, k->in.tries, t->reserved, wait_told(t));
    char safe[512];
    e->faults[f]++;
    words_safe(words, safe, sizeof safe);
    switch (f) {
    case FAULT_AUTH:
        fatal(c, ERR_ENDPOINT, "set OPENAI_API_KEY, or name the variable with --key-env or a file with --key-file", "%s refuses the key: %s", e->shown, safe);
        return;
    case FAULT_NO_MODEL:
        fatal(c, ERR_ENDPOINT, "name one with --model; `populace check FILE --llm URL` asks the server which there are", "%s does not know model %s: %s",
              e->shown, e->cfg->model, safe);
        return;
    case FAULT_QUOTA:
        fatal(c, ERR_ENDPOINT, "pay, or use another key; then run the same command again", "%s: the account's quota is used up: %s", e->shown, safe);
        return;
    case FAULT_BAD_REQUEST:
        fatal(c, ERR_ENDPOINT, "`populace preview` shows the request", "%s refuses a request: %s", e->shown, safe);
        return;
    case FAULT_SCHEMA:
        if (!dialect_step(e->cfg, &e->dialect, words)) {
            fatal(c, ERR_ENDPOINT, "`populace check FILE --llm URL` shows what the server takes", "%s refuses every form of request: %s", e->shown, safe);
            return;
        }
        event(c, "dialect", e, safe);
        break;
    default:
        if (unreachable(c, e, k, was_open)) {
            reply r = {.outcome = OUTCOME_UNREACHABLE, .text = str_of(safe), .model = str_of(e->cfg->model), .endpoint = e->index};
            call_end(c, k, &r);
            return;
        }
    }
    k->in.not_before_ns = now + delay;
    heap_push(&c->later, &c->laters, &c->later_cap, k, time_before);
}

static void call_answered(client *c, transfer *t, reply *r)
{
    endpoint *e = t->of;
    uint64_t now = clock_ns(), took = now - t->started_ns;
    uint64_t used = r->usage.prompt + r->usage.completion;
    admission_done(e->admission, now, took, t->reserved, used ? (uint32_t)used : t->reserved, (uint32_t)r->usage.completion);
    r->endpoint = e->index;
    r->ms = (uint32_t)(took / 1000000);
    if (!r->model.n) r->model = str_of(e->cfg->model);
    r->usage.calls = 1;
    e->replies++;
    e->usage.calls++;
    e->usage.prompt += r->usage.prompt;
    e->usage.completion += r->usage.completion;
    e->usage.cached += r->usage.cached;
    e->usage.reasoning += r->usage.reasoning;
    c->successes++;
    c->last_success_ns = now;
    call_end(c, t->call, r);
}

static fault fault_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return FAULT_TIMEOUT;
    case CURLE_COULDNT_CONNECT: case CURLE_COULDNT_RESOLVE_HOST: case CURLE_COULDNT_RESOLVE_PROXY: case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_FAILED_INIT: return FAULT_CONNECT;
    default: return FAULT_BROKEN;
    }
}

static void transfer_judge(client *c, transfer *t, CURLcode code, long status)
{
    str body = buf_view(&t->answer), words = STR("");
    reply r = {0};
    arena_reset(c->mem);
    if (t->too_big) {
        r.outcome = OUTCOME_TOO_BIG;
        call_answered(c, t, &r);
    } else if (code != CURLE_OK) {
        call_failed(c, t, fault_of(code), str_of(curl_easy_strerror(code)));
    } else if (status == 200) {
        if (door_envelope(body, c->mem, &r)) call_answered(c, t, &r);
        else call_failed(c, t, FAULT_ENVELOPE, body);
    } else {
        bool final;
        fault f = door_fault((int)status, body, c->mem, &final, &r.outcome, &words);
        if (!final) {
            call_failed(c, t, f, words);
            return;
        }
        r.text = words;
        r.finish = STR("error");
        call_answered(c, t, &r);
    }
}

void transfer_done(transfer *t, CURLcode code, long status)
{
    client *c = t->of->client;
    c->in_flight--;
    /* while the caller works on the reply it may submit: what that adds is dispatched once, behind it */
    bool outer = c->dispatching;
    c->dispatching = true;
    transfer_judge(c, t, code, status);
    c->dispatching = outer;
    transfer_put(t);
    dispatch(c);
}

/* ---- life ------------------------------------------------------------------------------------------------------------ */

static void headers_make(endpoint *e)
{
    e->headers = curl_slist_append(NULL, "Content-Type: application/json");
    e->headers = curl_slist_append(e->headers, "Expect:");
    e->headers = curl_slist_append(e->headers, "Accept: application/json");
    if (!e->cfg->key) return;
    buf b = {0};
    buf_z(&b, "Authorization: Bearer ");
    buf_z(&b, e->cfg->key);
    buf_char(&b, '\0');
    e->headers = curl_slist_append(e->headers, b.p);
    memset(b.p, 0, b.n);
    buf_free(&b);
}

static void headers_free(endpoint *e)
{
    for (struct curl_slist *h = e->headers; h; h = h->next) memset(h->data, 0, strlen(h->data));
    curl_slist_free_all(e->headers);
    e->headers = NULL;
}

static void url_make(endpoint *e, const char *base)
{
    size_t n = strlen(base);
    while (n && base[n - 1] == '/') n--;
    free(e->url);
    e->url = xmalloc(n + 32);
    snprintf(e->url, n + 32, "%.*s/chat/completions", (int)n, base);
    free(e->shown);
    e->shown = url_shown(base);
}

/* Every call in flight needs a descriptor: the soft limit goes up to the hard one, and caps what may be in flight. */
static uint32_t files_allowed(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return 1024 - FILES_KEPT;
    if (r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
        getrlimit(RLIMIT_NOFILE, &r);
    }
    rlim_t n = r.rlim_cur == RLIM_INFINITY || r.rlim_cur > 1000000 ? 1000000 : r.rlim_cur;
    return n > FILES_KEPT + 16 ? (uint32_t)n - FILES_KEPT : 16;
}

static void endpoint_begin(client *c, size_t i, uint32_t files)
{
    endpoint *e = &c->endpoint[i];
    *e = (endpoint){.client = c, .cfg = &c->cfg.endpoint[i], .index = (uint16_t)i};
    uint32_t most = e->cfg->max_in_flight;
    if (most > files) most = files;
    e->admission = admission_new(most, e->cfg->rpm, e->cfg->tpm, c->cfg.seed + i);
    url_make(e, e->cfg->url);
    headers_make(e);
}

client *client_new(uv_loop_t *loop, const client_config *cfg, err *e)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->cfg = *cfg;
    c->mem = arena_new(64 << 10);
    c->share = curl_share_init();
    c->last_success_ns = clock_ns();
    if (!c->share || uv_timer_init(loop, &c->timer) != 0) {
        err_set(e, ERR_INTERNAL, NULL, "the HTTP client cannot be set up");
        arena_free(c->mem);
        free(c);
        return NULL;
    }
    curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    c->timer.data = c;
    c->endpoint = xcalloc(cfg->endpoints, sizeof *c->endpoint);
    c->endpoints = cfg->endpoints;
    uint32_t files = files_allowed();
    for (size_t i = 0; i < c->endpoints; i++) endpoint_begin(c, i, files);
    return c;
}

void client_submit(client *c, call *k)
{
    memset(&k->in, 0, sizeof k->in);
    call_queue(c, k);
    dispatch(c);
}

void client_stop(client *c)
{
    c->stopped = true;
}

void client_move(client *c, size_t i, const char *url)
{
    url_make(&c->endpoint[i], url);
    event(c, "moved", &c->endpoint[i], "the server came back here");
    dispatch(c);
}

/* What is in flight is cut off; its calls stay the caller's. */
static void transfers_abort(endpoint *e)
{
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

static void on_closed(uv_handle_t *h)
{
    client *c = h->data;
    c->handles--;
}

void client_free(client *c)
{
    if (!c) return;
    c->stopped = c->closing = true;
    c->handles = 1;
    uv_timer_stop(&c->timer);
    uv_close((uv_handle_t *)&c->timer, on_closed);
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        transfers_abort(e);
        multi_free_all(e);              /* after the easy handles, which must not be in it */
        headers_free(e);
        admission_free(e->admission);
        free(e->url);
        free(e->shown);
    }
    while (c->handles) uv_run(c->loop, UV_RUN_NOWAIT);
    uv_run(c->loop, UV_RUN_NOWAIT);
    curl_share_cleanup(c->share);
    for (size_t i = 0; i < c->queues; i++) free(c->queue[i].heap);
    free(c->later);
    free(c->watch);
    free(c->endpoint);
    arena_free(c->mem);
    free(c);
}

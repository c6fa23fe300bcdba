/* client.c: the queue of calls and their ways: which endpoint, when, again when. What becomes of a call is in
 * call_end.c.
 *
 * A call waits in the heap of its role, lowest position first, until an endpoint of that role may take one
 * more; after a failure that is worth another try it waits in a second heap for its time. Nothing is dropped: a
 * call ends by its one `done`, or stays the caller's when the client is freed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "pipeline/model/transfer.h"

enum { TICK_MS = 200, FILES_KEPT = 256, REPLIES_FOR_TIMEOUT = 20 };
#define TICK_NS ((uint64_t)TICK_MS * 1000000)

void client_event(client *c, const char *name, const endpoint *e, const char *what) {
    char text[640];
    if (!c->cfg.event) return;
    snprintf(text, sizeof text, "%.200s: %.400s", e->shown, what);
    c->cfg.event(c->cfg.arg, name, text);
}

void client_fatal(client *c, err_code code, const char *hint, const char *fmt, ...) {
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

/* ---- roles ---------------------------------------------------------------------------------------------- */

static bool serves(const endpoint *e, str role) {
    if (!e->cfg->roles || !*e->cfg->roles) return true;
    str list = str_of(e->cfg->roles), one, rest;
    while (list.n) {
        if (!str_cut(list, ',', &one, &rest)) rest = (str){0};
        if (str_eq(str_trim(one), role)) return true;
        list = rest;
    }
    return false;
}

/* Whether some endpoint that is not dead serves it. */
static bool role_is_served(const client *c, const role_queue *q) {
    for (size_t i = 0; i < c->endpoints; i++)
        if (q->serves[i] && !c->endpoint[i].dead) return true;
    return false;
}

static role_queue *queue_new_for(client *c, str role) {
    if (c->queues == COUNT_OF(c->queue)) return &c->queue[0];
    role_queue *q = &c->queue[c->queues++];
    q->role = str_dup(c->names, role);
    q->heap.before = call_before_by_pos;
    q->serves = arena_new_of(c->names, bool, c->endpoints + 1);
    for (size_t i = 0; i < c->endpoints; i++) q->serves[i] = serves(&c->endpoint[i], role);
    if (!role_is_served(c, q))
        client_fatal(c, ERR_USAGE, "give one endpoint without roles, or one with this role",
                     "no endpoint serves the role " STR_FMT, STR_ARG(role));
    return q;
}

static void call_queue(client *c, call *k) {
    role_queue *q = NULL;
    for (size_t i = 0; i < c->queues && !q; i++)
        if (str_eq(c->queue[i].role, k->req.role)) q = &c->queue[i];
    if (!q) q = queue_new_for(c, k->req.role);
    call_heap_push(&q->heap, k);
}

/* ---- dispatch ------------------------------------------------------------------------------------------- */

static uint32_t timeout_ms(const client *c, const endpoint *e) {
    double most = c->cfg.timeout_max_s * 1000.0, least = c->cfg.timeout_min_s * 1000.0;
    double t = e->replies < REPLIES_FOR_TIMEOUT ? most / 2 : 6 * admission_quantile_ms(e->admission, 0.99);
    return (uint32_t)(t < least ? least : t > most ? most : t);
}

/* At most: four bytes are about one token. */
static uint32_t tokens_of(const call *k) {
    return k->req.max_tokens + (uint32_t)(k->req.messages.n / 4);
}

static void transfer_begin(client *c, endpoint *e, call *k, uint64_t now) {
    transfer *t = transfer_get(e);
    err x;
    t->call = k;
    t->reserved = tokens_of(k);
    t->started_ns = now;
    t->dialect = e->dialect.version;
    buf_reset(&t->body);
    request_body(&k->req, e->cfg, &e->dialect, &t->body);
    transfer_setup(t, timeout_ms(c, e));
    k->in.transfer = t;
    admission_start(e->admission, now, t->reserved);
    c->in_flight++;
    if (!multi_begin(t, &x)) transfer_done(t, CURLE_FAILED_INIT, 0);
}

/* The endpoint with the most room for its weight; NULL: none now, *wait as long as it may take. */
static endpoint *endpoint_pick(client *c, const role_queue *q, uint64_t now, uint64_t *wait) {
    endpoint *best = NULL;
    double most = -1;
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        uint64_t w;
        if (!q->serves[i] || e->dead) continue;
        if (!admission_may(e->admission, now, tokens_of(q->heap.item[0]), &w)) {
            if (w && w < *wait) *wait = w;
            continue;
        }
        double room = admission_limit(e->admission) - admission_in_flight(e->admission);
        room *= e->cfg->weight > 0 ? e->cfg->weight : 1;
        if (room > most) {
            most = room;
            best = e;
        }
    }
    return best;
}

/* The role whose first call has the lowest position, of those that are not `blocked`. */
static role_queue *queue_next(client *c, const bool blocked[]) {
    role_queue *best = NULL;
    for (size_t i = 0; i < c->queues; i++) {
        role_queue *q = &c->queue[i];
        if (blocked[i] || q->heap.n == 0) continue;
        if (!best || call_before_by_pos(q->heap.item[0], best->heap.item[0])) best = q;
    }
    return best;
}

static void on_due(uv_timer_t *t);

static void timer_arm(client *c, uint64_t now, uint64_t wait) {
    if (c->later.n) {
        uint64_t due = c->later.item[0]->in.not_before_ns, w = due > now ? due - now : 0;
        if (w < wait) wait = w;
    }
    uint64_t ms = wait >= TICK_NS ? TICK_MS : wait / 1000000 + 1;
    uv_timer_start(&c->timer, on_due, ms, 0);
}

static void look_around(client *c, uint64_t now);

static void pings_send(client *c, uint64_t now) {
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        if (e->dead || e->pinging) continue;
        if (!e->ping_wanted && !admission_half_open(e->admission, now)) continue;
        ping_begin(e);
        transfer_begin(c, e, &e->ping, now);
    }
}

void client_dispatch(client *c) {
    if (c->dispatching || c->stopped) return;
    c->dispatching = true;
    uint64_t now = clock_ns(), wait = UINT64_MAX;
    bool blocked[COUNT_OF(c->queue)] = {false};
    if (now - c->looked_ns >= TICK_NS) look_around(c, now);
    while (c->later.n && c->later.item[0]->in.not_before_ns <= now) call_queue(c, call_heap_pop(&c->later));
    if (client_queued(c)) pings_send(c, now);
    for (role_queue *q; !c->stopped && c->in_flight < c->files && (q = queue_next(c, blocked));) {
        endpoint *e = endpoint_pick(c, q, now, &wait);
        if (e)
            transfer_begin(c, e, call_heap_pop(&q->heap), now);
        else
            blocked[q - c->queue] = true;
    }
    c->dispatching = false;
    if (!c->stopped) timer_arm(c, now, wait);
}

static void on_due(uv_timer_t *t) {
    client_dispatch(t->data);
}

/* ---- what is looked at now and then ------------------------------------------------------------------------
 */

static void give_up_check(client *c, uint64_t now) {
    if (c->failed || (!c->in_flight && !client_queued(c))) c->last_success_ns = now;
    uint64_t s = (now - c->last_success_ns) / 1000000000u;
    if (!c->cfg.give_up_s || s < c->cfg.give_up_s) return;
    client_fatal(
        c, ERR_ENDPOINT,
        "check that the server runs, then run the same command again: nothing that was paid for is lost",
        "no endpoint answered for %llu s (%s)", (unsigned long long)s,
        c->endpoints ? c->endpoint[0].shown : "none");
}

static void look_around(client *c, uint64_t now) {
    c->looked_ns = now;
    give_up_check(c, now);
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        bool open = admission_open(e->admission, now);
        if (open != e->was_open)
            client_event(c, "breaker", e, open ? "only failures, resting" : "answers again");
        e->was_open = open;
        uint32_t limit = admission_limit(e->admission), told = e->limit_told;
        if (told && limit <= told * 2 && limit >= told / 2) continue;
        char text[64];
        snprintf(text, sizeof text, "%u calls at once", limit);
        if (told) client_event(c, "limit", e, text);
        e->limit_told = limit;
    }
}

/* ---- life ----------------------------------------------------------------------------------------------- */

static void address_set(endpoint *e, const char *base) {
    free(e->url);
    free(e->shown);
    e->url = url_route(base, "chat/completions");
    e->shown = url_shown(base);
    e->address++;
}

/* Every call in flight needs a descriptor: the soft limit goes up to the hard one, and caps what may be in
 * flight. */
static uint32_t files_allowed(void) {
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

static bool endpoint_begin(client *c, size_t i, err *x) {
    endpoint *e = &c->endpoint[i];
    *e = (endpoint){.client = c, .cfg = &c->cfg.endpoint[i], .index = (uint16_t)i};
    e->admission = admission_new(e->cfg->max_in_flight, e->cfg->rpm, e->cfg->tpm, c->cfg.seed + i);
    address_set(e, e->cfg->url);
    model_name_safe(str_of(e->cfg->model), e->model);
    e->headers = headers_new(e->cfg->key);
    return e->headers || err_set(x, ERR_USAGE, "look for a blank or a line end in it",
                                 "the key for %s cannot stand in a header", e->shown);
}

client *client_new(uv_loop_t *loop, const client_config *cfg, err *e) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->cfg = *cfg;
    c->mem = arena_new(64 << 10);
    c->names = arena_new(0);
    c->later.before = call_before_by_time;
    c->files = files_allowed();
    c->share = curl_share_init();
    c->last_success_ns = c->looked_ns = clock_ns();
    if (!c->share || uv_timer_init(loop, &c->timer) != 0) abort(); /* both fail for want of memory only */
    c->timer.data = c;
    curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    c->endpoint = xcalloc(cfg->endpoints, sizeof *c->endpoint);
    bool ok = true;
    for (size_t i = 0; i < cfg->endpoints && ok; i++) {
        c->endpoints++;
        ok = endpoint_begin(c, i, e);
    }
    if (ok) return c;
    client_free(c);
    return NULL;
}

void client_submit(client *c, call *k) {
    memset(&k->in, 0, sizeof k->in);
    call_queue(c, k);
    client_dispatch(c);
}

void client_stop(client *c) {
    c->stopped = true;
}

void client_move(client *c, size_t i, const char *url) {
    endpoint *e = &c->endpoint[i];
    address_set(e, url);
    admission_revive(e->admission);
    client_event(c, "moved", e, "the server came back here");
    client_dispatch(c);
}

void client_endpoint_dead(client *c, size_t i, const char *why) {
    c->endpoint[i].dead = true;
    for (size_t q = 0; q < c->queues; q++)
        if (!role_is_served(c, &c->queue[q])) {
            client_fatal(c, ERR_ENDPOINT, "run the same command again: nothing that was paid for is lost", "%s",
                         why);
            return;
        }
}

static void on_closed(uv_handle_t *h) {
    client *c = h->data;
    c->closing = true;
}

void client_free(client *c) {
    if (!c) return;
    c->stopped = true;
    for (size_t i = 0; i < c->endpoints; i++) {
        endpoint *e = &c->endpoint[i];
        transfer_free_all(e);
        multi_free_all(e); /* closes the connections */
        headers_free(e->headers);
        admission_free(e->admission);
        buf_free(&e->ping_form);
        free(e->url);
        free(e->shown);
    }
    uv_timer_stop(&c->timer);
    uv_close((uv_handle_t *)&c->timer, on_closed);
    while (!c->closing) uv_run(c->loop, UV_RUN_NOWAIT); /* all that is closing closes in one turn */
    curl_share_cleanup(c->share);
    for (size_t i = 0; i < c->queues; i++) free(c->queue[i].heap.item);
    free(c->later.item);
    free(c->watch);
    free(c->endpoint);
    arena_free(c->mem);
    arena_free(c->names);
    free(c);
}

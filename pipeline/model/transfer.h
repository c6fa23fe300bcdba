/* transfer.h (private): what the files of the client share: endpoints as they stand, transfers, curl multis,
 * queues of calls. */
#ifndef POP_TRANSFER_H
#define POP_TRANSFER_H

#include <curl/curl.h>
#include "pipeline/model/model.h"

typedef struct endpoint endpoint;
typedef struct multi multi;

/* ---- request.c, dialect.c ---------------------------------------------------------------------- */

/* What an endpoint turned out not to take; learnt from its refusals. version tells a refusal of what is sent
 * now from one of what was sent before the last change. */
typedef struct dialect {
    bool no_temperature, no_top_p, no_seed;
    uint32_t version;
} dialect;
void request_body(const request *r, const endpoint_config *e, const dialect *d, buf *b);
/* A change of dialect that may cure a 400 with these words: applied to e and d. false: nothing left to change.
 */
bool dialect_step(endpoint_config *e, dialect *d, str words);

/* ---- call_heap.c ------------------------------------------------------------------------------- */

typedef struct call_heap {
    call **item;
    size_t n, cap;
    bool (*before)(const call *a, const call *b);
} call_heap;
bool call_before_by_pos(const call *a, const call *b);
bool call_before_by_time(const call *a, const call *b);
void call_heap_push(call_heap *h, call *k);
call *call_heap_pop(call_heap *h);

/* ---- transfer.c -------------------------------------------------------------------------------- */

/* One HTTP exchange; kept and used again. */
typedef struct transfer {
    struct transfer *next, *prev; /* in the endpoint's list of idle or of busy ones */
    CURL *easy;
    endpoint *of;
    multi *in;
    call *call;
    buf body, answer;
    char retry_after[64], date[64], reset_requests[32], reset_tokens[32];
    bool too_big;
    uint32_t address, dialect; /* versions of the endpoint's that it was set up with */
    uint32_t reserved;         /* tokens */
    uint64_t started_ns;
} transfer;
transfer *transfer_get(endpoint *e);
void transfer_put(transfer *t); /* busy -> idle */
void transfer_setup(transfer *t, uint32_t timeout_ms);
void transfer_free_all(endpoint *e); /* those in flight are cut off */

/* ---- http_multi.c ------------------------------------------------------------------------------ */

/* One curl multi with its timer; at most MULTI_SHARE transfers where there is a choice. */
enum { MULTI_SHARE = 128 };
struct multi {
    endpoint *of;
    CURLM *m;
    uv_timer_t timer;
    uint32_t transfers;
    multi *next_fresh; /* in client.fresh */
    bool closing, is_fresh;
};
/* A socket of libcurl's and its poll handle; they live as long as the connection. */
typedef struct socket_watch socket_watch;
bool multi_begin(transfer *t, err *e); /* hands it to the least loaded multi of its endpoint */
void multi_rebuild(multi *m);          /* its transfers end as broken, its connections close */
void multi_free_all(endpoint *e);      /* no transfer is in them any more */
curl_socket_t socket_open(void *client, curlsocktype purpose, struct curl_sockaddr *to);
int socket_close(void *client, curl_socket_t fd);

/* ---- client.c, call_end.c ---------------------------------------------------------------------- */

struct endpoint {
    client *client;
    endpoint_config *cfg;
    dialect dialect;
    uint16_t index;
    admission *admission;
    char *url;                   /* of chat completions */
    char *shown;                 /* base URL for logs: no user info, no query */
    char model[MODEL_NAME_SIZE]; /* cfg->model as it is said and stored; empty: none was given */
    uint32_t address;            /* version of url */
    struct curl_slist *headers;
    transfer *idle, *busy;
    multi **multi;
    size_t multis;
    uint64_t replies, faults[FAULT_COUNT];
    usage usage;
    uint32_t limit_told;          /* what the last event said */
    uint64_t refused, refused_ns; /* calls that it did not take before it had answered any; since when */
    bool was_open, dead, pinging, ping_wanted;
    call ping; /* ping.c */
    buf ping_form;
    uint64_t pings; /* of replies */
};

typedef struct role_queue {
    str role;
    bool *serves; /* by endpoint */
    call_heap heap;
} role_queue;

struct client {
    uv_loop_t *loop;
    client_config cfg;
    endpoint *endpoint;
    size_t endpoints;
    role_queue queue[8];
    size_t queues;
    call_heap later;           /* by not_before */
    uv_timer_t timer;          /* next retry, token bucket or breaker */
    uint32_t in_flight, files; /* files: descriptors allow so many in flight */
    uint64_t successes, last_success_ns, looked_ns, outcomes[OUTCOME_COUNT];
    socket_watch **watch; /* by descriptor */
    size_t watches;
    multi *fresh; /* have transfers that were added since libcurl last acted on them */
    arena *mem;   /* of the reply at hand */
    arena *names;
    CURLSH *share;
    bool stopped, failed, dispatching, acting, closing;
};

enum { PING_WORTH = 100 };
void ping_begin(endpoint *e); /* makes e->ping ready to be sent */
/* A ping in the form of this request is to be sent soon: does the endpoint refuse the form, or what it says? */
void ping_ask(endpoint *e, const request *form);

void transfer_done(transfer *t, CURLcode code, long status); /* t is off its multi */
void client_dispatch(client *c);
void client_event(client *c, const char *name, const endpoint *e, const char *what);
void client_fatal(client *c, err_code code, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* This endpoint will not come back (the embedded server gave up): fatal if no other serves one of its roles. */
void client_endpoint_dead(client *c, size_t endpoint, const char *why);

/* ---- http_words.c: URLs, keys and foreign words ------------------------------------------------- */

char *url_route(const char *base, const char *route); /* base/route, before a query; malloc'ed */
/* Content-Type and the bearer token. NULL: the key holds what no header can. */
struct curl_slist *headers_new(const char *key);
void headers_free(struct curl_slist *h); /* zeroes the key */
/* `what`, in lower case, stands in them in any case. */
bool words_say(str words, const char *what);
#endif

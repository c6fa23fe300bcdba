/* transfer.h (private): what the files of the client share: endpoints as they stand, transfers, shards of curl multis. */
#ifndef POP_TRANSFER_H
#define POP_TRANSFER_H

#include <curl/curl.h>
#include "pipeline/model/model.h"

/* What an endpoint turned out not to take; learnt from its refusals. */
typedef struct dialect {
    bool no_temperature, no_top_p, no_seed;
} dialect;
void request_body(const request *r, const endpoint_config *e, const dialect *d, buf *b);

/* A change of dialect that may cure a 400 with these words: applied to e and d. false: nothing left to change. */
bool dialect_step(endpoint_config *e, dialect *d, str words);

typedef struct endpoint endpoint;
typedef struct multi multi;

/* One HTTP exchange; kept and used again. */
typedef struct transfer {
    struct transfer *next, *prev;       /* in the endpoint's list of idle or of busy ones */
    CURL *easy;
    endpoint *of;
    multi *in;
    call *call;
    buf body, answer;
    char retry_after[64], date[64], reset_requests[32], reset_tokens[32];
    bool too_big;
    uint64_t started_ns;
    uint32_t reserved;                  /* tokens */
} transfer;

/* One curl multi with its sockets and timer; at most MULTI_SHARE transfers where there is a choice. */
enum { MULTI_SHARE = 128 };
struct multi {
    client *client;
    CURLM *m;
    uv_timer_t timer;
    uint32_t transfers;
    bool closing;
};

struct endpoint {
    client *client;
    endpoint_config *cfg;
    dialect dialect;
    uint16_t index;
    admission *admission;
    char *url;                          /* of chat completions */
    char *shown;                        /* base URL for logs: no user info, no query */
    struct curl_slist *headers;
    transfer *idle, *busy;
    multi **multi;
    size_t multis;
    uint64_t replies, faults[FAULT_COUNT];
    usage usage;
    bool was_open;
};

struct client {
    uv_loop_t *loop;
    client_config cfg;
    endpoint *endpoint;
    size_t endpoints;
    struct role_queue {
        str role;
        call **heap;                    /* by pos */
        size_t n, cap;
    } queue[8];
    size_t queues;
    call **later;                       /* heap by not_before */
    size_t laters, later_cap;
    uv_timer_t timer;                   /* next retry, token bucket or breaker */
    uint32_t in_flight;
    uint64_t successes, last_success_ns, outcomes[OUTCOME_COUNT];
    arena *mem;                         /* of the reply at hand */
    CURLSH *share;
    void **watch;                       /* fd -> its poll handle (http_multi.c) */
    size_t watches;
    bool stopped, failed, dispatching, closing;
    int handles;                        /* open uv handles */
};

/* http_multi.c */
bool multi_begin(transfer *t, err *e);  /* hands it to the least loaded multi of its endpoint */
void multi_free_all(endpoint *e);
int socket_close(void *client, curl_socket_t fd); /* CURLOPT_CLOSESOCKETFUNCTION */
void transfer_done(transfer *t, CURLcode code, long status); /* client.c; t is off its multi */
transfer *transfer_get(endpoint *e);
void transfer_put(transfer *t);         /* busy -> idle */
void transfer_free(transfer *t);
void transfer_setup(transfer *t, uint32_t timeout_ms);

char *url_shown(const char *url);       /* without user info and query; malloc'ed */
void words_safe(str words, char *out, size_t n); /* bounded, control characters replaced */
#endif

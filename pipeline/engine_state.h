/* engine_state.h (private): what the loop thread owns, for engine.c (the course of attempts), engine_queue.c
 * (retries and flights) and engine_watch.c (ticks, status, stopping), engine_budget.c.
 */
#ifndef POP_ENGINE_STATE_H
#define POP_ENGINE_STATE_H

#include "pipeline/pipeline.h"

/* One attempt in the making. */
typedef struct attempt attempt;
struct attempt {
    attempt *next, *prev;
    engine *engine;
    work *work;
    uint64_t slot, pos;
    uint32_t number, out; /* out: calls in flight */
    bool parked;          /* nothing more is asked in this process */
};

/* One call in flight. */
typedef struct flight {
    call call; /* first */
    struct flight *next, *prev;
    attempt *of;
    ask k;
    hash128 req;
    uint64_t reserved; /* tokens at most */
} flight;

typedef struct retry_item {
    uint64_t slot, pos;
    uint32_t number;
    char *hint;
} retry_item;

typedef struct rate_point {
    uint64_t ns, accepted;
} rate_point;
enum { RATE_POINTS = 32 };

struct engine {
    engine_config c;
    commit *commit;
    client *client; /* NULL: replay; a missing reply ends the run */
    reply_store *replies;
    queue *down, *up;
    work_env env;
    arena *door; /* of the answer at hand */
    attempt *live;
    uint32_t lives, flights;
    flight *flight;
    uint64_t head, log_from;
    pass pass;
    uint64_t cursor;   /* next first attempt of the pass, an index */
    retry_item *retry; /* ready to start; a heap by position */
    size_t retries, retry_cap;
    bool admitting, stopping, over, done;
    bool budget_hit, time_hit; /* time_hit: budget_hit for the time limit */
    err why;
    uint64_t started_ns, reserved, tokens;
    double money;
    uint64_t accepted_here;
    rate_point rate[RATE_POINTS];
    uint32_t rates;
    uint64_t rate_ns;
    char last[256];
    buf worst;
    uint32_t worst_cell;
    uv_async_t wake;
    uv_timer_t tick, grace;
    _Atomic int stops;
    int stops_seen;
};

void engine_admit(engine *g);
void engine_over(engine *g, err_code code);
void engine_stopping(engine *g); /* a stop was asked for: first drain, then end */
void engine_idle(engine *g);     /* ends a loop in which nothing more can happen */
void engine_tick(uv_timer_t *t);
void budget_restore(engine *g);
bool budget_allows(engine *g, const ask *k);
void money_note(engine *g, const reply *r);

void retry_push(engine *g, uint64_t slot, uint32_t number, uint64_t pos,
                const char *hint); /* copies the hint */
bool retry_pop(engine *g, retry_item *out);
void flight_link(engine *g, flight *f);
void flight_unlink(engine *g, flight *f);
void flights_free(engine *g); /* of a client that is gone */
#endif

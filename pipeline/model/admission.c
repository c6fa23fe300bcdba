/* admission.c: how many calls an endpoint gets at once. Pure functions over the clock they are given.
 *
 * A stock vLLM never says 429: it queues without bound. So the limit follows goodput (tokens written a second,
 * or answers where usage is not told). Each time the limit moves, what was in flight is let go by, then a
 * window of answers is measured.
 *
 * Start: from 16, doubled while goodput rises. When it no longer does, the limit becomes the knee by Little's
 * law, the best rate of answers times the lowest latency seen. From there a climb: a step up stays if it
 * brought half of its share in goodput, a step down stays if it cost less than that. So the limit rests where
 * latency has begun to pay for throughput, and noise in either direction is undone by the next steps. Steps are
 * a sixteenth, more where a window is too small to show that.
 *
 * 429 and 503 cut it by a quarter, once a burst, and set a ceiling that is respected for a minute and forgotten
 * after ten. A window in which the endpoint was not kept busy says nothing and moves nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/admission_parts.h"

enum { LIMIT_FIRST = 16, LIMIT_LEAST = 2, LIMIT_MOST = 8192, LATENCIES = 512, FLAT_MOST = 2, HOLD = 4 };
enum { CEILING_SECONDS = 600, CEILING_STRICT_SECONDS = 60, WAIT_MOST_SECONDS = 600 };

/* Of one stretch at one limit. */
typedef struct window {
    uint32_t skip, done;     /* skip: answers to calls that were started under another limit */
    uint64_t at;             /* 0: from the next start on */
    double goodput, latency; /* sums */
    double busy;             /* calls in flight, integrated over seconds */
} window;

typedef enum climb { CLIMB_DOUBLE, CLIMB_BASE, CLIMB_TRY } climb;

struct admission {
    double limit, most;
    bool fixed;
    uint32_t in_flight;
    uint64_t counted_at; /* up to when w.busy goes */
    window w;
    climb climb;
    uint32_t flat, hold, undone;
    double best_goodput, best_rate, least_latency; /* while doubling */
    double from_limit, from_goodput, step;         /* of the try */
    int direction;
    double ceiling;
    uint64_t ceiling_at, blocked_until, cut_at; /* 0: none */
    token_bucket requests, tokens;
    breaker breaker;
    retry_budget retries;
    uint64_t jitter, draws;
    uint32_t latency_us[LATENCIES], sorted[LATENCIES];
    uint64_t latencies, sorted_at;
};

admission *admission_new(uint32_t max_in_flight, uint32_t rpm, uint32_t tpm, uint64_t seed) {
    admission *a = xcalloc(1, sizeof *a);
    a->fixed = max_in_flight > 0;
    a->most = a->fixed ? max_in_flight : LIMIT_MOST;
    a->limit = a->fixed ? max_in_flight : LIMIT_FIRST;
    a->direction = 1;
    a->requests = bucket_of(rpm);
    a->tokens = bucket_of(tpm);
    a->retries = retry_budget_full();
    a->jitter = seed;
    return a;
}

void admission_free(admission *a) {
    free(a);
}

bool admission_may(admission *a, uint64_t now, uint32_t tokens, uint64_t *wait_ns) {
    uint64_t wait = a->blocked_until > now ? a->blocked_until - now : 0;
    const uint64_t more[] = {breaker_wait(&a->breaker, now), bucket_wait(&a->requests, now, 1),
                             bucket_wait(&a->tokens, now, tokens)};
    for (size_t i = 0; i < COUNT_OF(more); i++)
        if (more[i] > wait) wait = more[i];
    *wait_ns = wait;
    return wait == 0 && a->in_flight < (uint32_t)a->limit;
}

/* Before in_flight changes. */
static void busy_count(admission *a, uint64_t now) {
    uint64_t from = a->counted_at > a->w.at ? a->counted_at : a->w.at;
    if (a->w.at && now > from) a->w.busy += a->in_flight * (double)(now - from) / 1e9;
    a->counted_at = now;
}

void admission_start(admission *a, uint64_t now, uint32_t tokens) {
    busy_count(a, now);
    a->in_flight++;
    breaker_started(&a->breaker);
    retry_budget_request(&a->retries);
    if (!a->w.at && !a->w.skip) a->w.at = now;
    bucket_take(&a->requests, 1);
    bucket_take(&a->tokens, tokens);
}

/* ---- the limit ------------------------------------------------------------------------------------------ */

static double ceiling_now(const admission *a, uint64_t now) {
    uint64_t age = now - a->ceiling_at;
    if (!a->ceiling_at || age > (uint64_t)CEILING_SECONDS * SECOND) return a->most;
    return a->ceiling * (age < (uint64_t)CEILING_STRICT_SECONDS * SECOND ? 0.95 : 1.1);
}

static void limit_set(admission *a, uint64_t now, double limit) {
    double top = ceiling_now(a, now), least = a->ceiling_at || a->most < LIMIT_LEAST ? 1 : LIMIT_LEAST;
    if (limit > top) limit = top;
    if (limit > a->most) limit = a->most;
    a->limit = limit < least ? least : limit;
    a->w = (window){.skip = a->in_flight};
}

static void window_again(admission *a, uint64_t now) {
    a->w = (window){.at = a->in_flight ? now : 0};
}

static void hold(admission *a, uint64_t now) {
    a->climb = CLIMB_BASE;
    a->hold = HOLD;
    window_again(a, now);
}

static void double_on(admission *a, uint64_t now, double goodput, double rate, double latency) {
    /* the smaller a window, the more of a rise is chance */
    double rise = 1.03 + 0.5 / sqrt(a->w.done);
    bool rose = goodput >= a->best_goodput * rise;
    if (a->least_latency <= 0 || latency < a->least_latency) a->least_latency = latency;
    if (goodput > a->best_goodput) a->best_goodput = goodput;
    if (rate > a->best_rate) a->best_rate = rate;
    if (rose && a->limit < a->most && a->limit < ceiling_now(a, now)) {
        a->flat = 0;
        limit_set(a, now, a->limit * 2);
        return;
    }
    if (!rose && ++a->flat < FLAT_MOST) {
        window_again(a, now);
        return;
    }
    double knee = a->best_rate * a->least_latency * 1.1;
    a->climb = CLIMB_BASE;
    a->hold = 0;
    a->direction = -1;
    a->step = 0;
    limit_set(a, now, knee < a->limit / 4 ? a->limit / 4 : knee < a->limit ? knee : a->limit);
}

static double step_least(const admission *a) {
    double s = 1 / sqrt(a->limit);
    return s < 1.0 / 16 ? 1.0 / 16 : s > 0.25 ? 0.25 : s;
}

static void try_begin(admission *a, uint64_t now, double goodput) {
    double step = a->step > step_least(a) ? a->step : step_least(a), move = a->limit * step;
    a->step = step;
    a->from_limit = a->limit;
    a->from_goodput = goodput;
    a->climb = CLIMB_TRY;
    limit_set(a, now, a->limit + a->direction * (move > 1 ? move : 1));
    if ((uint32_t)a->limit != (uint32_t)a->from_limit) return;
    a->limit = a->from_limit; /* against the floor or the ceiling: the other way, later */
    a->direction = -a->direction;
    hold(a, now);
}

static void try_end(admission *a, uint64_t now, double goodput) {
    double share = (a->limit - a->from_limit) / a->from_limit;
    if (goodput >= a->from_goodput * (1 + share / 2)) {
        a->undone = 0;
        a->step = a->step * 2 < 0.25 ? a->step * 2 : 0.25;
        try_begin(a, now, goodput);
        return;
    }
    a->direction = -a->direction;
    a->step = 0;
    a->climb = CLIMB_BASE;
    a->hold = ++a->undone >= 2 ? HOLD : 0;
    if (a->undone >= 2) a->undone = 0;
    limit_set(a, now, a->from_limit);
}

static void window_close(admission *a, uint64_t now) {
    double s = (double)(now - a->w.at) / 1e9, n = a->w.done;
    if (s <= 0 || a->w.busy / s < a->limit * 0.85) {
        window_again(a, now);
    } else if (a->fixed) {
        /* only ever below what was asked for, by a refusal: back up */
        if (a->limit < a->most)
            limit_set(a, now, a->limit + (a->limit / 16 > 1 ? a->limit / 16 : 1));
        else
            window_again(a, now);
    } else if (a->climb == CLIMB_DOUBLE) {
        double_on(a, now, a->w.goodput / s, n / s, a->w.latency / n / 1e9);
    } else if (a->climb == CLIMB_TRY) {
        try_end(a, now, a->w.goodput / s);
    } else if (a->hold) {
        a->hold--;
        window_again(a, now);
    } else {
        try_begin(a, now, a->w.goodput / s);
    }
}

/* true: this end belonged to the limit before. */
static bool window_skip(admission *a, uint64_t now) {
    if (!a->w.skip) return false;
    if (--a->w.skip == 0 && a->in_flight) a->w.at = now;
    return true;
}

static void window_note(admission *a, uint64_t now, uint64_t latency_ns, double goodput) {
    if (window_skip(a, now)) return;
    a->w.done++;
    a->w.goodput += goodput;
    a->w.latency += (double)latency_ns;
    double full = a->climb == CLIMB_DOUBLE ? a->limit : a->limit * 2,
           least = a->climb == CLIMB_DOUBLE ? 24 : 64;
    if (a->w.done >= (full > least ? full : least)) window_close(a, now);
}

/* ---- ends ------------------------------------------------------------------------------------------------ */

void admission_done(admission *a, uint64_t now, uint64_t latency_ns, uint32_t reserved, uint32_t used_tokens,
                    uint32_t completion_tokens) {
    busy_count(a, now);
    if (a->in_flight) a->in_flight--;
    bucket_take(&a->tokens, (double)used_tokens - (double)reserved);
    breaker_good(&a->breaker, now);
    if (latency_ns) {
        uint64_t us = latency_ns / 1000;
        a->latency_us[a->latencies++ % LATENCIES] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
        window_note(a, now, latency_ns, completion_tokens ? completion_tokens : 1);
    } else {
        window_skip(a, now);
    }
}

static double unit(admission *a) {
    return rng_unit(rng_u64(a->jitter, a->draws++, 0, 0, 0));
}

static void limit_cut(admission *a, uint64_t now, uint64_t retry_after_ns) {
    /* never earlier than told */
    double wait = retry_after_ns ? (double)retry_after_ns * (1 + 0.2 * unit(a)) : 2e9 * (0.8 + 0.4 * unit(a));
    uint64_t until = now + (uint64_t)wait;
    bool same_burst = a->cut_at && (now < a->blocked_until || now - a->cut_at < SECOND);
    if (until > a->blocked_until) a->blocked_until = until;
    if (same_burst) return;
    double limit = a->limit;
    a->cut_at = a->ceiling_at = now;
    a->ceiling = limit;
    limit_set(a, now, limit * 0.75);
    a->climb = CLIMB_BASE;
    a->direction = 1;
    a->hold = a->undone = 0;
    a->step = 0;
}

uint64_t admission_fault(admission *a, uint64_t now, fault f, uint32_t tries, uint32_t reserved,
                         uint64_t retry_after_ns) {
    busy_count(a, now);
    if (a->in_flight) a->in_flight--;
    window_skip(a, now);
    bucket_take(&a->tokens, -(double)reserved);
    if (retry_after_ns > (uint64_t)WAIT_MOST_SECONDS * SECOND)
        retry_after_ns = (uint64_t)WAIT_MOST_SECONDS * SECOND;
    if (f == FAULT_SCHEMA) return 0; /* the form was wrong, not the time */
    if (f == FAULT_RATE || f == FAULT_OVERLOAD) {
        breaker_refused(&a->breaker, now);
        limit_cut(a, now, retry_after_ns);
    } else {
        breaker_bad(&a->breaker, now);
    }
    double most = 1e9 * (double)(1u << (tries < 6 ? tries : 6));
    uint64_t delay = (uint64_t)((most < 60e9 ? most : 60e9) * unit(a));
    /* a connection that was refused cost the server nothing */
    if (f != FAULT_CONNECT) delay += retry_budget_take(&a->retries, now, breaker_rate(&a->breaker, now));
    return delay > retry_after_ns ? delay : retry_after_ns;
}

void admission_revive(admission *a) {
    breaker_close(&a->breaker);
    a->blocked_until = 0;
}

/* ---- what displays ask ------------------------------------------------------------------------------------
 */

uint32_t admission_limit(const admission *a) {
    return (uint32_t)a->limit;
}

uint32_t admission_in_flight(const admission *a) {
    return a->in_flight;
}

bool admission_half_open(const admission *a, uint64_t now) {
    return breaker_half_open(&a->breaker, now);
}

bool admission_open(const admission *a, uint64_t now) {
    return breaker_open(&a->breaker, now);
}

static int u32_cmp(const void *x, const void *y) {
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

double admission_quantile_ms(const admission *ca, double q) {
    admission *a = (admission *)(uintptr_t)ca; /* only the cache of sorted latencies changes */
    if (a->latencies == 0) return 0;
    size_t n = a->latencies < LATENCIES ? (size_t)a->latencies : LATENCIES;
    if (a->sorted_at == 0 || a->latencies - a->sorted_at >= n / 8 + 1) {
        memcpy(a->sorted, a->latency_us, n * sizeof *a->sorted);
        qsort(a->sorted, n, sizeof *a->sorted, u32_cmp);
        a->sorted_at = a->latencies;
    }
    n = a->sorted_at < LATENCIES ? (size_t)a->sorted_at : LATENCIES;
    return a->sorted[(size_t)(q * (double)(n - 1))] / 1000.0;
}

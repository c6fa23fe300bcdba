/* admission.c: how many calls an endpoint gets at once. Pure functions over the clock they are given.
 *
 * A stock vLLM never says 429: it queues without bound. So the limit follows goodput, measured over windows of as many
 * completions as the limit: it doubles while completions a second rise (slow start), then comes down in fifths as long as they do
 * not fall (a longer queue at the server is no gain), and holds there, trying now and then one step up or down. 429 and 503 cut
 * it by a quarter, once a burst, and set a ceiling that is forgotten after ten minutes. Beside it: token buckets for
 * requests and tokens a minute, a breaker that rests an endpoint which only fails, and a budget of retries.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/model.h"

enum { LIMIT_FIRST = 16, LIMIT_MOST = 8192, WINDOW_LEAST = 32, LATENCIES = 512, RETRIES_MOST = 100, RETRIES_A_SECOND = 10, BREAK_AFTER = 10, FLAT_MOST = 2, HOLD_WINDOWS = 8 };
#define SECOND 1000000000u

typedef struct bucket {
    double level, rate, most;           /* rate a second; rate 0: no bucket */
    uint64_t at;
} bucket;

typedef enum phase { SLOW_START, DESCENT, HOLD, PROBE_UP, PROBE_DOWN } phase;

struct admission {
    double limit, most, back, ceiling;  /* back: where a try that does not pay returns to */
    uint64_t ceiling_until, blocked_until, cut_at;
    uint32_t in_flight, busiest;        /* in this window */
    phase phase;
    bool fixed, settling;               /* settling: this window still holds calls of the limit before */
    uint64_t window_at;
    uint32_t window_done, flat, held;
    double window_latency, best_rate, long_latency;
    bool up_next;
    bucket requests, tokens;
    uint32_t failures;                  /* in a row */
    uint64_t open_until, rest;
    bool probing;
    double retry_budget;                /* full at RETRIES_MOST; a retry costs one */
    uint64_t retry_at;
    uint64_t jitter, draws;
    uint32_t latency_us[LATENCIES];
    uint64_t latencies;
    uint32_t sorted[LATENCIES];
    uint64_t sorted_at;
};

static bucket bucket_of(uint32_t a_minute)
{
    double rate = a_minute / 60.0;
    /* two seconds of burst: limits are often enforced by the second */
    return (bucket){.level = rate * 2 > 1 ? rate * 2 : 1, .rate = rate, .most = rate * 2 > 1 ? rate * 2 : 1};
}

admission *admission_new(uint32_t max_in_flight, uint32_t rpm, uint32_t tpm, uint64_t seed)
{
    admission *a = xcalloc(1, sizeof *a);
    a->fixed = max_in_flight > 0;
    a->most = a->fixed ? max_in_flight : LIMIT_MOST;
    a->limit = a->fixed ? max_in_flight : LIMIT_FIRST;
    a->phase = a->fixed ? HOLD : SLOW_START;
    a->requests = bucket_of(rpm);
    a->tokens = bucket_of(tpm);
    a->retry_budget = RETRIES_MOST;
    a->jitter = seed;
    return a;
}

void admission_free(admission *a)
{
    free(a);
}

/* ---- buckets and breaker ------------------------------------------------------------------------------ */

static void bucket_fill(bucket *b, uint64_t now)
{
    if (b->rate <= 0) return;
    if (b->at && now > b->at) b->level += b->rate * (double)(now - b->at) / 1e9;
    if (b->level > b->most) b->level = b->most;
    b->at = now;
}

/* 0: `need` is there (a need above the bucket's size waits for a full bucket). */
static uint64_t bucket_wait(bucket *b, uint64_t now, double need)
{
    if (b->rate <= 0) return 0;
    bucket_fill(b, now);
    if (need > b->most) need = b->most;
    return b->level >= need ? 0 : (uint64_t)((need - b->level) / b->rate * 1e9) + 1;
}

bool admission_open(const admission *a, uint64_t now)
{
    return a->open_until > now || (a->open_until && a->probing);
}

static double unit(admission *a)
{
    return rng_unit(rng_u64(a->jitter, a->draws++, 0, 0, 0));
}

bool admission_may(admission *a, uint64_t now, uint32_t tokens, uint64_t *wait_ns)
{
    uint64_t wait = 0, w;
    if (a->blocked_until > now) wait = a->blocked_until - now;
    if (a->open_until) {
        /* half open: one probe at a time */
        w = a->open_until > now ? a->open_until - now : a->probing ? SECOND : 0;
        if (w > wait) wait = w;
    }
    w = bucket_wait(&a->requests, now, 1);
    if (w > wait) wait = w;
    w = bucket_wait(&a->tokens, now, tokens);
    if (w > wait) wait = w;
    *wait_ns = wait;
    return wait == 0 && a->in_flight < (uint32_t)a->limit;
}

void admission_start(admission *a, uint64_t now, uint32_t tokens)
{
    a->in_flight++;
    if (a->in_flight > a->busiest) a->busiest = a->in_flight;
    if (a->open_until) a->probing = true;
    if (!a->window_at) a->window_at = now;
    if (a->requests.rate > 0) a->requests.level -= 1;
    if (a->tokens.rate > 0) a->tokens.level -= tokens;
}

static void breaker_fail(admission *a, uint64_t now)
{
    a->failures++;
    if (!a->probing && a->failures < BREAK_AFTER) return;
    if (!a->probing && a->open_until > now) return;
    a->rest = a->rest ? a->rest * 2 : (uint64_t)5 * SECOND;
    if (a->rest > (uint64_t)120 * SECOND) a->rest = (uint64_t)120 * SECOND;
    a->open_until = now + a->rest;
    a->probing = false;
}

static void breaker_close(admission *a)
{
    a->failures = 0;
    a->open_until = a->rest = 0;
    a->probing = false;
}

/* ---- the limit ---------------------------------------------------------------------------------------------- */

static void limit_set(admission *a, uint64_t now, double limit)
{
    if (a->ceiling_until && now > a->ceiling_until) a->ceiling_until = 0;
    if (a->ceiling_until && limit > a->ceiling * 1.1) limit = a->ceiling * 1.1;
    a->limit = limit < 1 ? 1 : limit > a->most ? a->most : limit;
}

static void step(admission *a, uint64_t now, phase next, double limit)
{
    a->back = a->limit;
    a->phase = next;
    a->settling = true;
    limit_set(a, now, limit);
}

static void hold(admission *a, uint64_t now, double limit)
{
    a->phase = HOLD;
    a->held = 0;
    a->settling = true;
    limit_set(a, now, limit);
}

static void window_slow(admission *a, uint64_t now, double rate)
{
    if (rate >= a->best_rate * 1.15) {
        a->best_rate = rate;
        a->flat = 0;
        limit_set(a, now, a->limit * 2);
        return;
    }
    if (rate > a->best_rate) a->best_rate = rate;
    if (++a->flat >= FLAT_MOST) step(a, now, DESCENT, a->limit * 0.8);
}

static void window_hold(admission *a, uint64_t now, double rate, double latency)
{
    a->best_rate = a->best_rate * 0.8 + rate * 0.2;
    if (latency > a->long_latency * 2 && rate < a->best_rate * 0.9) {
        hold(a, now, a->limit * 0.9);
        return;
    }
    if (++a->held < HOLD_WINDOWS) return;
    a->up_next = !a->up_next;
    if (a->up_next) step(a, now, PROBE_UP, a->limit * 1.125 + 1);
    else step(a, now, PROBE_DOWN, a->limit * 0.9);
}

/* A busy window at an endpoint whose limit is ours to find. */
static void window_judge(admission *a, uint64_t now, double rate, double latency)
{
    switch (a->phase) {
    case SLOW_START:
        window_slow(a, now, rate);
        break;
    case DESCENT:
        if (rate >= a->best_rate * 0.95 && a->limit > 1) step(a, now, DESCENT, a->limit * 0.8);
        else hold(a, now, a->back);
        if (rate > a->best_rate) a->best_rate = rate;
        break;
    case HOLD:
        window_hold(a, now, rate, latency);
        break;
    case PROBE_UP:
        if (rate >= a->best_rate * 1.04) {
            a->best_rate = rate;
            step(a, now, PROBE_UP, a->limit * 1.125 + 1);
        } else {
            hold(a, now, a->back);
        }
        break;
    case PROBE_DOWN:
        if (rate >= a->best_rate * 0.985) hold(a, now, a->limit);
        else hold(a, now, a->back);
        break;
    }
}

static void window_close(admission *a, uint64_t now)
{
    double s = (double)(now - a->window_at) / 1e9;
    double rate = s > 0 ? a->window_done / s : 0, latency = a->window_latency / a->window_done;
    /* below nine tenths of the limit the load, not the server, made the rate */
    bool busy = a->busiest >= (uint32_t)(a->limit * 0.9);
    a->long_latency = a->long_latency > 0 ? a->long_latency * 0.9 + latency * 0.1 : latency;
    if (a->settling) a->settling = false;
    else if (busy && !a->fixed) window_judge(a, now, rate, latency);
    else if (busy && a->limit < a->most) limit_set(a, now, a->limit + (a->limit / 16 > 1 ? a->limit / 16 : 1));
    a->window_at = now;
    a->window_done = 0;
    a->window_latency = 0;
    a->busiest = a->in_flight;
}

void admission_done(admission *a, uint64_t now, uint64_t latency_ns, uint32_t reserved, uint32_t used_tokens, uint32_t completion_tokens)
{
    (void)completion_tokens;
    if (a->in_flight) a->in_flight--;
    if (a->tokens.rate > 0) a->tokens.level += (double)reserved - (double)used_tokens;
    breaker_close(a);
    if (a->retry_budget < RETRIES_MOST) a->retry_budget += 0.2;
    a->latency_us[a->latencies++ % LATENCIES] = (uint32_t)(latency_ns / 1000 > UINT32_MAX ? UINT32_MAX : latency_ns / 1000);
    a->window_done++;
    a->window_latency += (double)latency_ns;
    /* calls of equal length come back in waves; a window of several waves does not mistake one for goodput */
    double calls = a->limit * (a->phase == SLOW_START ? 1 : a->settling ? 1.5 : 4);
    uint32_t window = calls > WINDOW_LEAST ? (uint32_t)calls : WINDOW_LEAST;
    if (a->window_done >= window) window_close(a, now);
}

static bool shows_overload(fault f)
{
    return f == FAULT_RATE || f == FAULT_OVERLOAD;
}

static void limit_cut(admission *a, uint64_t now, uint64_t retry_after_ns)
{
    double wait = retry_after_ns ? (double)retry_after_ns : 2e9;
    wait *= 0.9 + 0.2 * unit(a) + (retry_after_ns ? 0.1 : 0);
    uint64_t until = now + (uint64_t)wait;
    bool same_burst = now < a->blocked_until || now - a->cut_at < SECOND;
    if (until > a->blocked_until) a->blocked_until = until;
    if (same_burst && a->cut_at) return;
    a->cut_at = now;
    a->ceiling = a->limit;
    a->ceiling_until = now + (uint64_t)600 * SECOND;
    hold(a, now, a->limit * 0.75);
}

uint64_t admission_fault(admission *a, uint64_t now, fault f, uint32_t tries, uint32_t reserved, uint64_t retry_after_ns)
{
    if (a->in_flight) a->in_flight--;
    if (a->tokens.rate > 0) a->tokens.level += reserved;
    if (retry_after_ns > (uint64_t)600 * SECOND) retry_after_ns = (uint64_t)600 * SECOND;
    if (shows_overload(f)) {
        /* an answer, if a refusing one: the endpoint lives */
        a->probing = false;
        if (a->open_until) a->open_until = now + a->rest;
        limit_cut(a, now, retry_after_ns);
    } else if (f != FAULT_SCHEMA) {
        breaker_fail(a, now);
    }
    double most = 1e9 * (double)(1u << (tries < 6 ? tries : 6));
    if (most > 60e9) most = 60e9;
    double delay = most * unit(a);
    /* beyond a fifth of all requests, or ten a second where there are few, retries wait longer instead of feeding the fire */
    if (a->retry_at) a->retry_budget += (double)(now - a->retry_at) / 1e9 * RETRIES_A_SECOND;
    if (a->retry_budget > RETRIES_MOST) a->retry_budget = RETRIES_MOST;
    a->retry_at = now;
    a->retry_budget -= 1;
    if (a->retry_budget < 0) {
        a->retry_budget = 0;
        delay += 2e9;
    }
    if (f == FAULT_SCHEMA) delay = 0;
    return delay > (double)retry_after_ns ? (uint64_t)delay : retry_after_ns;
}

uint32_t admission_limit(const admission *a)
{
    return (uint32_t)a->limit;
}

uint32_t admission_in_flight(const admission *a)
{
    return a->in_flight;
}

static int u32_cmp(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

double admission_quantile_ms(const admission *ca, double q)
{
    admission *a = (admission *)(uintptr_t)ca; /* only the cache of sorted latencies changes */
    if (a->latencies == 0) return 0;
    size_t n = a->latencies < LATENCIES ? (size_t)a->latencies : LATENCIES;
    if (!a->sorted_at || a->latencies - a->sorted_at >= 64 || a->latencies < LATENCIES) {
        memcpy(a->sorted, a->latency_us, n * sizeof *a->sorted);
        qsort(a->sorted, n, sizeof *a->sorted, u32_cmp);
        a->sorted_at = a->latencies;
    }
    return a->sorted[(size_t)(q * (double)(n - 1))] / 1000.0;
}

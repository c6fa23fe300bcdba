/* breaker.c: token buckets, the breaker and the retry budget of an endpoint. */
#include "pipeline/model/admission_parts.h"

enum { IN_A_ROW = 10, RECENT_LEAST = 20, RETRIES_BESIDES = 50, RETRIES_A_SECOND = 2 };
#define REST_FIRST      ((uint64_t)5 * SECOND)
#define REST_MOST       ((uint64_t)120 * SECOND)
#define RETRY_SHARE     0.2
#define RETRY_WAIT_MOST 60.0

/* ---- buckets -------------------------------------------------------------------------------------------- */

token_bucket bucket_of(uint32_t a_minute) {
    double rate = a_minute / 60.0;
    /* two seconds of burst: limits are often enforced by the second */
    double most = rate * 2 > 1 ? rate * 2 : 1;
    return (token_bucket){.level = most, .rate = rate, .most = most};
}

uint64_t bucket_wait(token_bucket *b, uint64_t now, double need) {
    if (b->rate <= 0) return 0;
    if (b->at && now > b->at) b->level += b->rate * (double)(now - b->at) / 1e9;
    if (b->level > b->most) b->level = b->most;
    b->at = now;
    if (need > b->most) need = b->most; /* else it would wait for ever */
    return b->level >= need ? 0 : (uint64_t)((need - b->level) / b->rate * 1e9) + 1;
}

void bucket_take(token_bucket *b, double n) {
    if (b->rate > 0) b->level -= n;
}

/* ---- breaker -------------------------------------------------------------------------------------------- */

bool breaker_open(const breaker *b, uint64_t now) {
    return b->open_until > now || (b->open_until && b->probing);
}

bool breaker_half_open(const breaker *b, uint64_t now) {
    return b->open_until && b->open_until <= now && !b->probing;
}

uint64_t breaker_wait(const breaker *b, uint64_t now) {
    if (!b->open_until) return 0;
    if (b->open_until > now) return b->open_until - now;
    return b->probing ? SECOND : 0;
}

void breaker_started(breaker *b) {
    if (b->open_until) b->probing = true;
}

void breaker_close(breaker *b) {
    b->in_a_row = 0;
    b->open_until = b->rest = 0;
    b->probing = false;
}

static void note(breaker *b, uint64_t now, bool good) {
    uint64_t second = now / SECOND;
    size_t i = second % BREAKER_SECONDS;
    if (b->recent[i].second != second) {
        b->recent[i].second = second;
        b->recent[i].good = b->recent[i].bad = 0;
    }
    if (good)
        b->recent[i].good++;
    else
        b->recent[i].bad++;
}

static void recent_sum(const breaker *b, uint64_t now, uint32_t *good, uint32_t *bad) {
    uint64_t second = now / SECOND;
    *good = *bad = 0;
    for (size_t i = 0; i < BREAKER_SECONDS; i++) {
        if (b->recent[i].second + BREAKER_SECONDS <= second) continue;
        *good += b->recent[i].good;
        *bad += b->recent[i].bad;
    }
}

double breaker_rate(const breaker *b, uint64_t now) {
    uint32_t good, bad;
    recent_sum(b, now, &good, &bad);
    return (double)(good + bad) / BREAKER_SECONDS;
}

void breaker_good(breaker *b, uint64_t now) {
    note(b, now, true);
    breaker_close(b);
}

void breaker_refused(breaker *b, uint64_t now) {
    note(b, now, true);
    b->in_a_row = 0;
    b->probing = false;
    if (b->open_until) b->open_until = now + b->rest;
}

void breaker_bad(breaker *b, uint64_t now) {
    uint32_t good, bad;
    note(b, now, false);
    b->in_a_row++;
    recent_sum(b, now, &good, &bad);
    bool broken = b->in_a_row >= IN_A_ROW || (good + bad >= RECENT_LEAST && bad > good);
    /* what was under way when it opened fails too, and says nothing new */
    if (b->open_until ? !b->probing : !broken) return;
    b->rest = b->rest ? b->rest * 2 : REST_FIRST;
    if (b->rest > REST_MOST) b->rest = REST_MOST;
    b->open_until = now + b->rest;
    b->probing = false;
    for (size_t i = 0; i < BREAKER_SECONDS; i++) b->recent[i].good = b->recent[i].bad = 0;
}

/* ---- retries -------------------------------------------------------------------------------------------- */

retry_budget retry_budget_full(void) {
    return (retry_budget){.level = RETRIES_BESIDES};
}

void retry_budget_request(retry_budget *b) {
    b->level += RETRY_SHARE;
    if (b->level > RETRIES_BESIDES) b->level = RETRIES_BESIDES;
}

uint64_t retry_budget_take(retry_budget *b, uint64_t now, double requests_a_second) {
    if (b->at && now > b->at) b->level += (double)(now - b->at) / 1e9 * RETRIES_A_SECOND;
    if (b->level > RETRIES_BESIDES) b->level = RETRIES_BESIDES;
    b->at = now;
    b->level -= 1;
    if (b->level >= 0) return 0;
    double wait = -b->level / (requests_a_second * RETRY_SHARE + RETRIES_A_SECOND);
    return (uint64_t)((wait < RETRY_WAIT_MOST ? wait : RETRY_WAIT_MOST) * 1e9);
}

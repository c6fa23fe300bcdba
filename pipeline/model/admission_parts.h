/* admission_parts.h (private): what admission is made of besides the limit. Pure over the clock they are given.
 */
#ifndef POP_ADMISSION_PARTS_H
#define POP_ADMISSION_PARTS_H

#include "pipeline/model/model.h"

#define SECOND 1000000000u

/* Requests or tokens a minute. rate 0: unlimited. */
typedef struct token_bucket {
    double level, rate, most; /* rate: a second */
    uint64_t at;
} token_bucket;
token_bucket bucket_of(uint32_t a_minute);
uint64_t bucket_wait(token_bucket *b, uint64_t now, double need); /* 0: `need` is there */
void bucket_take(token_bucket *b, double n);                      /* n < 0 gives back */

/* Rests an endpoint that only fails: open after ten failures in a row, or more than half of at least twenty
 * ends in ten seconds; then one call at a time tries it, after 5 s doubling to 120 s. */
enum { BREAKER_SECONDS = 10 };
typedef struct breaker {
    uint32_t in_a_row;
    struct {
        uint64_t second;
        uint32_t good, bad;
    } recent[BREAKER_SECONDS];
    uint64_t open_until, rest; /* open_until 0: closed */
    bool probing;
} breaker;
uint64_t breaker_wait(const breaker *b, uint64_t now); /* 0: one may start */
bool breaker_open(const breaker *b, uint64_t now);
bool breaker_half_open(const breaker *b, uint64_t now);
void breaker_started(breaker *b);
void breaker_good(breaker *b, uint64_t now);
void breaker_bad(breaker *b, uint64_t now);
void breaker_refused(breaker *b, uint64_t now); /* an answer, if a refusing one: the endpoint lives */
void breaker_close(breaker *b);
double breaker_rate(const breaker *b, uint64_t now); /* ends a second, of late */

/* Retries are at most a fifth of all requests, and a few besides; one beyond that waits until it is not. */
typedef struct retry_budget {
    double level;
    uint64_t at;
} retry_budget;
retry_budget retry_budget_full(void);
void retry_budget_request(retry_budget *b);
uint64_t retry_budget_take(retry_budget *b, uint64_t now,
                           double requests_a_second); /* how much longer to wait */
#endif

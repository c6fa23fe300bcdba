/* model_admission_test.c: the admission controller against simulated servers under a simulated clock: slots
 * with a queue in front, bounded or not, whose answers take a noisy time.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "pipeline/model/model.h"

#define MS 1000000u
#define S  ((uint64_t)1000000000u)

/* ---- a server: first come, first served -------------------------------------------------------------------
 */

enum { JOBS = 1 << 14 };

typedef struct job {
    uint64_t began, ends;
    bool refused;
} job;

typedef struct server {
    uint32_t slots, queue;            /* queue: places in the line */
    double mean_ms, sigma, straggler; /* share of answers that take ten times as long */
    uint64_t free_at[JOBS / 2];       /* heap of the slots' next free moments */
    job heap[JOBS];                   /* by `ends` */
    size_t n;
    uint32_t inside;
    uint64_t now, seed, draws, done, refused, worst_limit, least_limit;
    admission *a;
} server;

static double draw(server *s) {
    return rng_unit(rng_u64(s->seed, s->draws++, 7, 0, 0));
}

static uint64_t service_ns(server *s) {
    double z = num_normal_inv(draw(s)), ms = s->mean_ms * num_exp(s->sigma * z - s->sigma * s->sigma / 2);
    if (s->straggler > 0 && draw(s) < s->straggler) ms *= 10;
    return (uint64_t)(ms * 1e6);
}

static void job_push(server *s, job j) {
    assert_true(s->n < JOBS);
    size_t i = s->n++;
    for (; i > 0 && j.ends < s->heap[(i - 1) / 2].ends; i = (i - 1) / 2) s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = j;
}

static job job_pop(server *s) {
    job top = s->heap[0], last = s->heap[--s->n];
    size_t i = 0;
    for (size_t c = 1; c < s->n; c = 2 * i + 1) {
        if (c + 1 < s->n && s->heap[c + 1].ends < s->heap[c].ends) c++;
        if (s->heap[c].ends >= last.ends) break;
        s->heap[i] = s->heap[c];
        i = c;
    }
    s->heap[i] = last;
    return top;
}

/* The slot that is free first takes it; the line is implied by the slots' free moments. */
static void slot_take(server *s, job *j) {
    uint64_t start = s->free_at[0] > s->now ? s->free_at[0] : s->now, until = start + service_ns(s);
    size_t i = 0;
    for (size_t c = 1; c < s->slots; c = 2 * i + 1) {
        if (c + 1 < s->slots && s->free_at[c + 1] < s->free_at[c]) c++;
        if (s->free_at[c] >= until) break;
        s->free_at[i] = s->free_at[c];
        i = c;
    }
    s->free_at[i] = until;
    j->ends = until;
}

static void server_send(server *s) {
    job j = {.began = s->now};
    admission_start(s->a, s->now, 100);
    if (s->inside >= s->slots + s->queue) {
        j.refused = true;
        j.ends = s->now + 2 * MS;
    } else {
        s->inside++;
        slot_take(s, &j);
    }
    job_push(s, j);
}

static void server_end(server *s) {
    job j = job_pop(s);
    s->now = j.ends;
    if (j.refused) {
        s->refused++;
        admission_fault(s->a, s->now, FAULT_RATE, 0, 100, 1 * S);
    } else {
        s->inside--;
        s->done++;
        admission_done(s->a, s->now, j.ends - j.began, 100, 100, 0);
    }
}

/* Runs until `until`, always with more to send than may start. */
static void server_run(server *s, uint64_t until) {
    uint64_t wait = 0;
    s->worst_limit = 0;
    s->least_limit = UINT64_MAX;
    while (s->now < until) {
        while (admission_may(s->a, s->now, 100, &wait)) server_send(s);
        if (s->n && (!wait || s->heap[0].ends <= s->now + wait))
            server_end(s);
        else
            s->now += wait ? wait : MS;
        uint32_t limit = admission_limit(s->a);
        if (limit > s->worst_limit) s->worst_limit = limit;
        if (limit < s->least_limit) s->least_limit = limit;
    }
}

static server *server_new(uint32_t slots, uint32_t places, double mean_ms, double sigma,
                          uint32_t max_in_flight) {
    server *s = xcalloc(1, sizeof *s);
    *s = (server){
        .slots = slots, .queue = places, .mean_ms = mean_ms, .sigma = sigma, .seed = slots + places, .now = S};
    s->a = admission_new(max_in_flight, 0, 0, 42);
    return s;
}

static void server_free(server *s) {
    admission_free(s->a);
    free(s);
}

static double share_used(const server *s, uint64_t done, uint64_t ns) {
    return (double)done * s->mean_ms * 1e6 / ((double)ns * s->slots);
}

/* ---- the limit ----------------------------------------------------------------------------------------------
 */

static void knee_is_found(void **state) {
    (void)state;
    static const struct {
        uint32_t slots;
        double ms, sigma;
    } c[] = {{4, 800, 0.3},    {16, 500, 0.3},    {64, 500, 0.5},  {256, 1000, 0.6},
             {1000, 500, 0.3}, {1000, 2000, 0.8}, {3000, 500, 0.5}};
    for (size_t i = 0; i < COUNT_OF(c); i++) {
        server *s = server_new(c[i].slots, JOBS, c[i].ms, c[i].sigma, 0);
        uint64_t settle = (uint64_t)(c[i].ms * 1e6) * 60, sum = 0, samples = 0, done;
        server_run(s, s->now + settle);
        done = s->done;
        uint64_t from = s->now;
        for (int k = 0; k < 200; k++, samples++) {
            server_run(s, s->now + settle / 200);
            sum += admission_limit(s->a);
        }
        double mean = (double)sum / (double)samples, used = share_used(s, s->done - done, s->now - from);
        print_message("# %u slots: limit %.0f on average, %.2f of the server used\n", c[i].slots, mean, used);
        assert_true(mean > c[i].slots * 0.75 && mean < c[i].slots * 1.25 + 2);
        assert_true(used > 0.8);
        server_free(s);
    }
}

static void thousand_within_seconds(void **state) {
    (void)state;
    server *s = server_new(1000, JOBS, 500, 0.2, 0);
    uint64_t from = s->now;
    while (admission_limit(s->a) < 1000 && s->now < from + 60 * S) server_run(s, s->now + 100 * MS);
    assert_true(s->now - from <= 8 * S);
    server_free(s);
}

static void noise_does_not_collapse_it(void **state) {
    (void)state;
    server *s = server_new(500, JOBS, 500, 1.0, 0);
    s->straggler = 0.01;
    server_run(s, s->now + 30 * S);
    server_run(s, s->now + 600 * S);
    print_message("# 500 slots, stragglers: limit %llu to %llu\n", (unsigned long long)s->least_limit,
                  (unsigned long long)s->worst_limit);
    /* stragglers lengthen the mean by 9 % */
    assert_true(s->least_limit > 250);
    assert_true(s->worst_limit < 1500);
    server_free(s);
}

static void grows_with_the_server(void **state) {
    (void)state;
    server *s = server_new(100, JOBS, 500, 0.3, 0);
    server_run(s, s->now + 60 * S);
    uint32_t before = admission_limit(s->a);
    for (size_t i = 100; i < 400; i++) s->free_at[i] = s->now;
    s->slots = 400;
    server_run(s, s->now + 120 * S);
    uint32_t after = admission_limit(s->a);
    print_message("# 100 slots: %u; then 400: %u\n", before, after);
    assert_true(before < 160);
    assert_true(after > 300);
    server_free(s);
}

static void bounded_server_is_not_fought(void **state) {
    (void)state;
    server *s = server_new(200, 20, 1000, 0.3, 0);
    server_run(s, s->now + 60 * S);
    uint64_t done = s->done, refused = s->refused, from = s->now;
    server_run(s, s->now + 600 * S);
    double used = share_used(s, s->done - done, s->now - from),
           share = (double)(s->refused - refused) / (double)(s->done - done);
    print_message("# 200 slots and 20 places: %.2f used, %.4f refused\n", used, share);
    assert_true(used > 0.75);
    assert_true(share < 0.02);
    server_free(s);
}

static void given_limit_is_used_from_the_start(void **state) {
    (void)state;
    server *s = server_new(100, 50, 500, 0.3, 300);
    assert_int_equal(admission_limit(s->a), 300);
    server_run(s, s->now + 20 * S);
    assert_true(admission_limit(s->a) < 300);
    assert_true(s->done > 0);
    server_free(s);
    s = server_new(400, JOBS, 500, 0.3, 300);
    server_run(s, s->now + 20 * S);
    assert_int_equal(admission_limit(s->a), 300);
    server_free(s);
}

static void idle_moves_nothing(void **state) {
    (void)state;
    admission *a = admission_new(0, 0, 0, 1);
    uint64_t now = S;
    for (int i = 0; i < 5000; i++) {
        admission_start(a, now, 10);
        now += 100 * MS;
        admission_done(a, now, 100 * MS, 10, 10, 5);
    }
    assert_int_equal(admission_limit(a), 16);
    admission_free(a);
}

/* ---- refusals, buckets, breaker, retries --------------------------------------------------------------------
 */

static void burst_counts_once(void **state) {
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    uint64_t now = S, wait;
    for (int i = 0; i < 100; i++) admission_start(a, now, 10);
    for (int i = 0; i < 50; i++) admission_fault(a, now + (uint64_t)i * MS, FAULT_RATE, 0, 10, 3 * S);
    assert_int_equal(admission_limit(a), 75);
    assert_false(admission_may(a, now + 2 * S, 10, &wait));
    assert_true(wait >= 1 * S);
    assert_true(admission_may(a, now + 4 * S, 10, &wait));
    admission_fault(a, now + 5 * S, FAULT_OVERLOAD, 0, 10, 0);
    assert_int_equal(admission_limit(a), 56);
    admission_free(a);
}

static void retry_after_is_kept(void **state) {
    (void)state;
    admission *a = admission_new(10, 0, 0, 1);
    uint64_t wait;
    admission_start(a, S, 10);
    assert_true(admission_fault(a, S, FAULT_RATE, 0, 10, 30 * S) >= 30 * S);
    assert_false(admission_may(a, 30 * S, 10, &wait));
    assert_true(admission_may(a, 38 * S, 10, &wait));
    admission_start(a, 40 * S, 10);
    uint64_t delay = admission_fault(a, 40 * S, FAULT_RATE, 0, 10, 100000 * S);
    assert_true(delay >= 600 * S && delay < 700 * S);
    admission_free(a);
}

static void buckets_hold_the_rate(void **state) {
    (void)state;
    admission *a = admission_new(1000, 600, 0, 1);
    uint64_t now = S, wait, started = 0, end = 61 * S;
    while (now < end) {
        if (admission_may(a, now, 10, &wait)) {
            admission_start(a, now, 10);
            admission_done(a, now, 1, 10, 10, 1);
            started++;
        } else {
            assert_true(wait > 0);
            now += wait;
        }
    }
    assert_in_range(started, 600, 622);
    admission_free(a);
    /* tokens: what was reserved and not used comes back */
    a = admission_new(1000, 0, 60000, 1);
    for (now = S, started = 0; now < end;) {
        if (admission_may(a, now, 1000, &wait)) {
            admission_start(a, now, 1000);
            admission_done(a, now, 1, 1000, 500, 100);
            started++;
        } else {
            now += wait;
        }
    }
    assert_in_range(started, 118, 126);
    /* more than a bucket holds waits for a full one, not for ever */
    for (int i = 0; i < 10 && !admission_may(a, now, 1000000, &wait); i++) now += wait;
    assert_true(admission_may(a, now, 1000000, &wait));
    admission_free(a);
}

static void breaker_rests_and_probes(void **state) {
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    uint64_t now = S, wait;
    for (int i = 0; i < 40; i++) admission_start(a, now, 10);
    for (int i = 0; i < 9; i++) admission_fault(a, now, FAULT_CONNECT, 0, 10, 0);
    assert_false(admission_open(a, now));
    admission_fault(a, now, FAULT_CONNECT, 0, 10, 0);
    assert_true(admission_open(a, now));
    for (int i = 0; i < 25; i++) admission_fault(a, now + MS, FAULT_CONNECT, 0, 10, 0); /* were under way */
    assert_false(admission_may(a, now + 4 * S, 10, &wait));
    now += 6 * S;
    assert_true(admission_may(a, now, 10, &wait));
    admission_start(a, now, 10);
    assert_true(admission_open(a, now));
    assert_false(admission_may(a, now, 10, &wait)); /* one probe at a time */
    admission_fault(a, now, FAULT_CONNECT, 1, 10, 0);
    assert_false(admission_may(a, now + 9 * S, 10, &wait)); /* 10 s now */
    now += 11 * S;
    assert_true(admission_may(a, now, 10, &wait));
    admission_start(a, now, 10);
    admission_done(a, now + 100 * MS, 100 * MS, 10, 10, 5);
    assert_false(admission_open(a, now + 100 * MS));
    assert_true(admission_may(a, now + 100 * MS, 10, &wait));
    admission_free(a);
}

static void breaker_opens_by_share(void **state) {
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    uint64_t now = S;
    for (int i = 0; i < 60 && !admission_open(a, now); i++) {
        now += 20 * MS;
        admission_start(a, now, 10);
        if (i % 3 == 0)
            admission_done(a, now, MS, 10, 10, 5);
        else
            admission_fault(a, now, FAULT_SERVER, 0, 10, 0);
    }
    assert_true(admission_open(a, now));
    admission_revive(a);
    assert_false(admission_open(a, now));
    admission_free(a);
}

static void retries_spread_and_wait(void **state) {
    (void)state;
    admission *a = admission_new(1000, 0, 0, 1);
    uint64_t now = S, least = UINT64_MAX, most = 0, late = 0;
    for (int i = 0; i < 40; i++) {
        admission_start(a, now, 10);
        uint64_t d = admission_fault(a, now, FAULT_TIMEOUT, 3, 10, 0);
        if (d < least) least = d;
        if (d > most) most = d;
        admission_start(a, now, 10);
        admission_done(a, now, MS, 10, 10, 5);
    }
    /* full jitter over 8 s */
    assert_true(least < 2 * S && most > 5 * S && most <= 8 * S);
    for (int i = 0; i < 300; i++) {
        admission_start(a, now, 10);
        late = admission_fault(a, now, FAULT_SERVER, 0, 10, 0);
    }
    assert_true(late > 10 * S && late <= 61 * S + 600 * S);
    assert_int_equal(admission_fault(a, now, FAULT_SCHEMA, 0, 10, 0), 0);
    admission_free(a);
}

static void quantiles(void **state) {
    (void)state;
    admission *a = admission_new(10, 0, 0, 1);
    assert_true(admission_quantile_ms(a, 0.99) <= 0);
    for (uint64_t i = 1; i <= 100; i++) {
        admission_start(a, S, 10);
        admission_done(a, S + i * MS, i * MS, 10, 10, 5);
    }
    assert_in_range((uint64_t)admission_quantile_ms(a, 0.5), 45, 55);
    assert_in_range((uint64_t)admission_quantile_ms(a, 0.99), 90, 100);
    /* a refusal has no latency */
    admission_start(a, S, 10);
    admission_done(a, 2 * S, 0, 10, 10, 0);
    assert_in_range((uint64_t)admission_quantile_ms(a, 0.0), 1, 2);
    admission_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knee_is_found),
        cmocka_unit_test(thousand_within_seconds),
        cmocka_unit_test(noise_does_not_collapse_it),
        cmocka_unit_test(grows_with_the_server),
        cmocka_unit_test(bounded_server_is_not_fought),
        cmocka_unit_test(given_limit_is_used_from_the_start),
        cmocka_unit_test(idle_moves_nothing),
        cmocka_unit_test(burst_counts_once),
        cmocka_unit_test(retry_after_is_kept),
        cmocka_unit_test(buckets_hold_the_rate),
        cmocka_unit_test(breaker_rests_and_probes),
        cmocka_unit_test(breaker_opens_by_share),
        cmocka_unit_test(retries_spread_and_wait),
        cmocka_unit_test(quantiles),
    };
    return cmocka_run_group_tests_name("model_admission", tests, NULL, NULL);
}

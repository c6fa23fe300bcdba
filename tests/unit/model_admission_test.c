/* Admission against simulated servers on a simulated clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include "pipeline/model/model.h"

#define MS 1000000u

/* A server with `slots` parallel places of `ms` each and an unbounded queue; or one that answers 429 beyond its places. */
typedef struct server {
    uint32_t slots, ms;
    bool refuses;
    uint64_t *end;                      /* of each call in flight, unordered */
    uint64_t *start;
    size_t n;
    uint64_t *place;                    /* when each slot is free */
} server;

static size_t earliest(const uint64_t *t, size_t n)
{
    size_t k = 0;
    for (size_t i = 1; i < n; i++)
        if (t[i] < t[k]) k = i;
    return k;
}

static void server_take(server *s, uint64_t now)
{
    size_t k = earliest(s->place, s->slots);
    uint64_t from = s->place[k] > now ? s->place[k] : now;
    uint64_t took = (uint64_t)s->ms * MS * (90 + (uint64_t)(rng_u64(7, now, s->n, 0, 0) % 21)) / 100;
    s->place[k] = from + took;
    s->start[s->n] = now;
    s->end[s->n++] = from + took;
}

/* Runs for so many simulated seconds; returns completions in the last half. */
static uint64_t simulate(server *s, admission *a, uint32_t seconds)
{
    uint64_t now = MS, done = 0, stop = (uint64_t)seconds * 1000 * MS, blocked = 0;
    s->end = calloc(20000, sizeof *s->end);
    s->start = calloc(20000, sizeof *s->start);
    s->place = calloc(s->slots, sizeof *s->place);
    s->n = 0;
    while (now < stop) {
        uint64_t wait;
        while (s->n < 19999 && now >= blocked && admission_may(a, now, 100, &wait)) {
            admission_start(a, now, 100);
            if (s->refuses && s->n >= s->slots) {
                admission_fault(a, now, FAULT_RATE, 0, 100, 0);
                break;
            }
            server_take(s, now);
        }
        if (s->n == 0) {
            now += 50 * MS;
            continue;
        }
        size_t k = earliest(s->end, s->n);
        if (s->end[k] > now + 50 * MS) {
            now += 50 * MS;
            continue;
        }
        if (s->end[k] > now) now = s->end[k];
        admission_done(a, now, s->end[k] - s->start[k], 100, 100, 50);
        done += now > stop / 2;
        s->n--;
        s->end[k] = s->end[s->n];
        s->start[k] = s->start[s->n];
    }
    free(s->end);
    free(s->start);
    free(s->place);
    return done;
}

static void knee_is_found(uint32_t slots)
{
    server s = {.slots = slots, .ms = 500};
    admission *a = admission_new(0, 0, 0, 1);
    uint64_t done = simulate(&s, a, 120);
    uint32_t limit = admission_limit(a);
    double best = slots / 0.5 * 60;
    if (limit < slots * 3 / 4 || limit > slots * 5 / 4 + 4) fail_msg("%u slots: limit %u", slots, limit);
    if ((double)done < best * 0.93) fail_msg("%u slots: %.3f of the capacity used", slots, (double)done / best);
    admission_free(a);
}

static void test_knee(void **state)
{
    (void)state;
    knee_is_found(4);
    knee_is_found(40);
    knee_is_found(300);
    knee_is_found(1000);
}

static void test_refusing_server(void **state)
{
    (void)state;
    server s = {.slots = 100, .ms = 300, .refuses = true};
    admission *a = admission_new(0, 0, 0, 1);
    uint64_t done = simulate(&s, a, 300);
    assert_true(admission_limit(a) <= 128);
    assert_true((double)done > 100 / 0.3 * 150 * 0.5);
    admission_free(a);
}

static void test_fixed(void **state)
{
    (void)state;
    uint64_t wait;
    admission *a = admission_new(7, 0, 0, 1);
    assert_int_equal(admission_limit(a), 7);
    for (int i = 0; i < 7; i++) {
        assert_true(admission_may(a, MS, 1, &wait));
        admission_start(a, MS, 1);
    }
    assert_false(admission_may(a, MS, 1, &wait));
    assert_int_equal(wait, 0);
    admission_free(a);
}

static void test_requests_a_minute(void **state)
{
    (void)state;
    admission *a = admission_new(1000, 60, 0, 1);
    uint64_t now = MS, wait, started = 0;
    for (; now < (uint64_t)60000 * MS; now += 10 * MS)
        while (admission_may(a, now, 10, &wait)) {
            admission_start(a, now, 10);
            admission_done(a, now, MS, 10, 10, 5);
            started++;
        }
    assert_in_range(started, 58, 63);
    admission_free(a);
}

static void test_tokens_a_minute_are_settled(void **state)
{
    (void)state;
    admission *a = admission_new(1000, 0, 6000, 1);
    uint64_t now = MS, wait, started = 0;
    /* 100 reserved, 20 used: the rest comes back */
    for (; now < (uint64_t)60000 * MS; now += 10 * MS)
        while (admission_may(a, now, 100, &wait)) {
            admission_start(a, now, 100);
            admission_done(a, now, MS, 100, 20, 5);
            started++;
        }
    assert_in_range(started, 280, 320);
    admission_free(a);
}

static void test_breaker(void **state)
{
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    uint64_t now = MS, wait;
    for (int i = 0; i < 10; i++) {
        assert_false(admission_open(a, now));
        admission_start(a, now, 1);
        admission_fault(a, now, FAULT_CONNECT, 0, 1, 0);
    }
    assert_true(admission_open(a, now));
    assert_false(admission_may(a, now, 1, &wait));
    assert_true(wait > 0 && wait <= (uint64_t)5000 * MS);
    /* half open: one probe, and its success closes the breaker */
    now += (uint64_t)5001 * MS;
    assert_true(admission_may(a, now, 1, &wait));
    admission_start(a, now, 1);
    assert_false(admission_may(a, now, 1, &wait));
    admission_done(a, now, MS, 1, 1, 1);
    assert_false(admission_open(a, now));
    assert_true(admission_may(a, now, 1, &wait));
    admission_free(a);
}

static void test_retry_after_is_honoured_and_clamped(void **state)
{
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    uint64_t wait;
    admission_start(a, MS, 1);
    uint64_t delay = admission_fault(a, MS, FAULT_RATE, 0, 1, (uint64_t)30000 * MS);
    assert_true(delay >= (uint64_t)30000 * MS);
    assert_false(admission_may(a, MS, 1, &wait));
    assert_true(wait >= (uint64_t)29000 * MS);
    admission_start(a, 2 * MS, 1);
    delay = admission_fault(a, 2 * MS, FAULT_RATE, 0, 1, (uint64_t)9000000 * MS);
    assert_true(delay <= (uint64_t)700000 * MS);
    admission_free(a);
}

static void test_a_burst_cuts_once(void **state)
{
    (void)state;
    admission *a = admission_new(100, 0, 0, 1);
    for (int i = 0; i < 20; i++) admission_start(a, 5000u * (uint64_t)MS, 1);
    for (int i = 0; i < 20; i++) admission_fault(a, 5000u * (uint64_t)MS + (uint64_t)i * MS, FAULT_RATE, 0, 1, 0);
    assert_int_equal(admission_limit(a), 75);
    admission_free(a);
}

static void duration_is(const char *text, uint64_t ms)
{
    uint64_t ns;
    assert_true(header_duration(str_of(text), &ns));
    assert_in_range(ns / MS, ms == 0 ? 0 : ms - 1, ms + 1);
}

static void test_headers(void **state)
{
    (void)state;
    uint64_t ns;
    duration_is("1s", 1000);
    duration_is("6m0s", 360000);
    duration_is("12ms", 12);
    duration_is("1h", 600000);          /* clamped */
    assert_false(header_duration(STR("soon"), &ns));
    assert_false(header_duration(STR(""), &ns));
    assert_true(header_retry_after(STR("7"), STR(""), &ns));
    assert_int_equal(ns / MS, 7000);
    assert_true(header_retry_after(STR("Wed, 21 Oct 2026 07:28:05 GMT"), STR("Wed, 21 Oct 2026 07:28:00 GMT"), &ns));
    assert_int_equal(ns / MS, 5000);
    assert_false(header_retry_after(STR("Wed, 21 Oct 2026 07:28:05 GMT"), STR(""), &ns));
    assert_true(header_retry_after(STR("99999999999"), STR(""), &ns));
    assert_int_equal(ns / MS, 600000);
    assert_false(header_retry_after(STR("-1"), STR(""), &ns));
}

static void test_request_hash(void **state)
{
    (void)state;
    request r = {.role = STR("writer"), .messages = STR("[]"), .schema = STR("{}"), .bounded = STR("{\"a\":1}"), .max_tokens = 5, .seed = 9};
    request s = r;
    hash128 h = request_hash(&r);
    s.bounded = STR("");
    s.temperature_milli = 700;
    assert_true(hash_eq(h, request_hash(&s)));
    s.seed = 10;
    assert_false(hash_eq(h, request_hash(&s)));
    s = r;
    s.messages = STR("[1]");
    assert_false(hash_eq(h, request_hash(&s)));
    s = r;
    s.role = STR("judge");
    assert_false(hash_eq(h, request_hash(&s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knee),
        cmocka_unit_test(test_refusing_server),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_requests_a_minute),
        cmocka_unit_test(test_tokens_a_minute_are_settled),
        cmocka_unit_test(test_breaker),
        cmocka_unit_test(test_retry_after_is_honoured_and_clamped),
        cmocka_unit_test(test_a_burst_cuts_once),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_request_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

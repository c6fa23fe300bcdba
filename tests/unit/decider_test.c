/* decider_test.c: the law of positions. Random patterns of acceptance run through the decider and through a
 * plain simulation, which keeps every open attempt in a list and always takes the least (position, slot): both
 * must decide the same attempts in the same order, with and without a resume in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "pipeline/pipeline.h"

/* ---- the reference ---------------------------------------------------------------------------------- */

typedef struct todo {
    uint64_t pos, slot;
    uint32_t attempt;
} todo;

typedef struct reference {
    uint64_t n, lag;
    uint32_t attempts, passes, pass;
    todo *list;
    size_t lists;
    uint64_t *open;
    size_t opens;
    uint64_t last;
} reference;

static void reference_init(reference *r, uint64_t n, uint64_t lag, uint32_t attempts, uint32_t passes) {
    *r = (reference){.n = n, .lag = lag, .attempts = attempts, .passes = passes, .lists = n};
    r->list = xcalloc(n, sizeof *r->list);
    r->open = xcalloc(n, sizeof *r->open);
    for (uint64_t i = 0; i < n; i++) r->list[i] = (todo){i, i, 0};
}

static void reference_free(reference *r) {
    free(r->list);
    free(r->open);
}

static size_t reference_least(const reference *r) {
    size_t best = 0;
    for (size_t i = 1; i < r->lists; i++)
        if (r->list[i].pos < r->list[best].pos ||
            (r->list[i].pos == r->list[best].pos && r->list[i].slot < r->list[best].slot))
            best = i;
    return best;
}

static int slot_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool reference_pass(reference *r) {
    if (r->opens == 0 || r->pass == r->passes) return false;
    r->pass++;
    qsort(r->open, r->opens, sizeof *r->open, slot_order);
    for (size_t i = 0; i < r->opens; i++)
        r->list[i] = (todo){r->last + 1 + i, r->open[i], r->pass * r->attempts};
    r->lists = r->opens;
    r->opens = 0;
    return true;
}

static void reference_done(reference *r, size_t at, bool accepted) {
    todo t = r->list[at];
    r->last = t.pos;
    r->list[at] = r->list[--r->lists];
    if (accepted) return;
    if ((t.attempt + 1) % r->attempts == 0)
        r->open[r->opens++] = t.slot;
    else
        r->list[r->lists++] = (todo){t.pos + r->lag, t.slot, t.attempt + 1};
}

/* ---- the two side by side ----------------------------------------------------------------------------- */

typedef struct course {
    uint64_t n, lag, seed;
    uint32_t attempts, passes;
    uint32_t reject_ppm; /* of attempts */
    uint32_t resume_ppm; /* after a decision */
} course;

/* A function of the attempt, as the fate of attempts is. */
static bool is_rejected(const course *c, uint64_t slot, uint32_t attempt) {
    return rng_below(rng_u64(c->seed, slot, attempt, 0, 7), 1000000) < c->reject_ppm;
}

static char *hint_of(uint64_t slot, uint32_t attempt, char out[40]) {
    /* every third attempt failed and leaves none */
    if ((slot + attempt) % 3 == 0) return NULL;
    snprintf(out, 40, "like %llu.%u", (unsigned long long)slot, attempt);
    return out;
}

/* What a resume does: all that the ledger keeps of a seal, into a new decider. */
static void resume(decider *d, const course *c) {
    decider old = *d;
    decider_init(d, c->n, c->lag, c->attempts, c->passes);
    d->pass = old.pass;
    d->base = old.base;
    d->cursor = old.cursor;
    d->last_pos = old.last_pos;
    d->any = old.any;
    if (old.list) {
        d->list = old.list;
        d->lists = old.lists;
        old.list = NULL;
    }
    d->open = old.open;
    d->opens = d->open_cap = old.opens;
    old.open = NULL;
    for (size_t i = 0; i < old.retries; i++) {
        ticket *t = &old.retry[(old.retry_at + i) % old.retry_cap];
        decider_restore_retry(d, *t);
        t->hint = NULL;
    }
    decider_free(&old);
}

static void next_is(const decider *d, const todo *want) {
    ticket t;
    char hint[40];
    assert_true(decider_next(d, &t));
    assert_int_equal(t.slot, want->slot);
    assert_int_equal(t.attempt, want->attempt);
    assert_int_equal(t.pos, want->pos);
    assert_int_equal(decider_head(d), want->pos);
    /* the hint of the attempt before, and none at the start of a pass */
    const char *h = want->attempt % d->attempts ? hint_of(want->slot, want->attempt - 1, hint) : NULL;
    if (h)
        assert_string_equal(t.hint, h);
    else
        assert_null(t.hint);
}

static void successor_is(const course *c, const todo *t, bool rejected, bool again, const ticket *s) {
    bool last = (t->attempt + 1) % c->attempts == 0;
    assert_int_equal(again, rejected && !last);
    if (!again) return;
    assert_int_equal(s->slot, t->slot);
    assert_int_equal(s->attempt, t->attempt + 1);
    assert_int_equal(s->pos, t->pos + c->lag);
}

static void opens_are(const decider *d, const reference *r) {
    assert_int_equal(d->opens, r->opens);
    for (size_t i = 0; i < r->opens; i++) assert_int_equal(d->open[i], r->open[i]);
}

/* Runs the course; accepted: one count a slot. Returns decisions. */
static uint64_t course_run(const course *c, uint8_t *accepted) {
    decider d;
    reference r;
    uint64_t decisions = 0, before = 0;
    decider_init(&d, c->n, c->lag, c->attempts, c->passes);
    reference_init(&r, c->n, c->lag, c->attempts, c->passes);
    for (;;) {
        ticket none, s = {0};
        if (r.lists == 0) {
            assert_false(decider_next(&d, &none));
            opens_are(&d, &r);
            bool more = reference_pass(&r);
            assert_int_equal(decider_pass(&d), more);
            if (!more) break;
            continue;
        }
        size_t at = reference_least(&r);
        todo t = r.list[at];
        next_is(&d, &t);
        assert_true(decisions == 0 || t.pos >= before);
        before = t.pos;
        bool rejected = is_rejected(c, t.slot, t.attempt), again;
        char hint[40];
        decider_done(&d, !rejected, rejected ? hint_of(t.slot, t.attempt, hint) : NULL, &again, &s);
        successor_is(c, &t, rejected, again, &s);
        reference_done(&r, at, !rejected);
        accepted[t.slot] = (uint8_t)(accepted[t.slot] + !rejected);
        if (rng_below(rng_u64(c->seed, decisions, 0, 0, 9), 1000000) < c->resume_ppm) resume(&d, c);
        decisions++;
    }
    assert_int_equal(decider_head(&d), before + 1);
    opens_are(&d, &r);
    /* nothing lost, nothing doubled: each slot is accepted once or open at the end */
    for (size_t i = 0; i < d.opens; i++) accepted[d.open[i]]++;
    for (uint64_t i = 0; i < c->n; i++) assert_int_equal(accepted[i], 1);
    decider_free(&d);
    reference_free(&r);
    return decisions;
}

static uint64_t decisions_of(course c) {
    uint8_t *accepted = xcalloc(c.n, 1);
    uint64_t k = course_run(&c, accepted);
    free(accepted);
    return k;
}

/* ---- tests --------------------------------------------------------------------------------------------------
 */

static void all_accepted_go_by_slot(void **state) {
    (void)state;
    assert_int_equal(decisions_of((course){.n = 300, .lag = 64, .attempts = 4, .passes = 2}), 300);
}

static void random_courses_follow_the_law(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 2, 63, 64, 65, 200, 777}, lags[] = {1, 3, 64, 1024};
    static const uint32_t rejects[] = {10000, 200000, 500000, 900000};
    uint64_t seed = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t k = 0; k < COUNT_OF(lags); k++)
            for (size_t j = 0; j < COUNT_OF(rejects); j++) {
                seed++;
                course c = {.n = sizes[i],
                            .lag = lags[k],
                            .attempts = 1 + (uint32_t)(seed % 5),
                            .passes = (uint32_t)(seed % 4),
                            .reject_ppm = rejects[j],
                            .seed = seed};
                assert_true(decisions_of(c) >= c.n);
            }
}

static void resumes_change_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        course c = {.n = 400, .lag = 64, .attempts = 3, .passes = 2, .reject_ppm = 350000, .seed = seed};
        uint64_t k = decisions_of(c);
        c.resume_ppm = 50000;
        assert_int_equal(decisions_of(c), k);
        c.resume_ppm = 1000000;
        assert_int_equal(decisions_of(c), k);
    }
}

static void all_rejected_use_up_every_pass(void **state) {
    (void)state;
    course c = {.n = 100, .lag = 64, .attempts = 4, .passes = 2, .reject_ppm = 1000000};
    assert_int_equal(decisions_of(c), 100 * 4 * 3);
    c.passes = 0;
    assert_int_equal(decisions_of(c), 100 * 4);
    c.attempts = 1;
    assert_int_equal(decisions_of(c), 100);
}

static void position_is_slot_and_lag(void **state) {
    (void)state;
    decider d;
    ticket t, s;
    bool again;
    decider_init(&d, 10, 4, 3, 1);
    /* slot 0 fails at 0: its second attempt comes at 4, before the first of slot 4 */
    decider_done(&d, false, "x", &again, &s);
    assert_true(again);
    for (int i = 1; i < 4; i++) decider_done(&d, true, NULL, &again, &s);
    assert_true(decider_next(&d, &t));
    assert_int_equal(t.slot, 0);
    assert_int_equal(t.pos, 4);
    assert_string_equal(t.hint, "x");
    decider_done(&d, true, NULL, &again, &s);
    assert_true(decider_next(&d, &t));
    assert_int_equal(t.slot, 4);
    assert_int_equal(t.pos, 4);
    decider_free(&d);
}

static void lag_is_a_power_within_bounds(void **state) {
    (void)state;
    static const uint64_t want[][2] = {{1, 64},       {512, 64},       {1023, 64},        {1024, 128},
                                       {10000, 1024}, {131072, 16384}, {100000000, 16384}};
    for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(run_default_lag(want[i][0]), want[i][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_accepted_go_by_slot),  cmocka_unit_test(random_courses_follow_the_law),
        cmocka_unit_test(resumes_change_nothing),   cmocka_unit_test(all_rejected_use_up_every_pass),
        cmocka_unit_test(position_is_slot_and_lag), cmocka_unit_test(lag_is_a_power_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

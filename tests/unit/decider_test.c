/* decider_test.c: the law of positions, of runs as begun and of extended ones. Random patterns of acceptance
 * run through the decider and through a plain simulation, which keeps every open attempt in a list and always
 * takes the least (position, slot): both must decide the same attempts in the same order, with and without a
 * resume in between.
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

typedef struct turn {
    uint64_t pos, slot;
    uint32_t attempt;
} turn;

typedef struct reference {
    const run_json *run;
    uint32_t part, pass;
    turn *list;
    size_t lists;
    uint64_t *open;
    size_t opens;
    uint32_t *tried; /* attempts of each slot so far */
    uint64_t last;
} reference;

static void reference_init(reference *r, const run_json *run) {
    *r = (reference){.run = run, .lists = run->part[0].n};
    r->list = xcalloc(run->n, sizeof *r->list);
    r->open = xcalloc(run->n, sizeof *r->open);
    r->tried = xcalloc(run->n, sizeof *r->tried);
    for (uint64_t i = 0; i < r->lists; i++) r->list[i] = (turn){i, i, 0};
}

static void reference_free(reference *r) {
    free(r->list);
    free(r->open);
    free(r->tried);
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

/* What is open goes on behind the last position. */
static void reference_reopen(reference *r) {
    qsort(r->open, r->opens, sizeof *r->open, slot_order);
    for (size_t i = 0; i < r->opens; i++)
        r->list[i] = (turn){r->last + 1 + i, r->open[i], r->tried[r->open[i]]};
    r->lists = r->opens;
    r->opens = 0;
}

static bool reference_pass(reference *r) {
    if (r->opens == 0 || r->pass == r->run->passes) return false;
    r->pass++;
    reference_reopen(r);
    return true;
}

static bool reference_part(reference *r) {
    if (r->part + 1 == r->run->parts) return false;
    uint64_t had = r->run->part[r->part].n;
    r->part++;
    r->pass = 0;
    reference_reopen(r);
    for (uint64_t slot = had; slot < r->run->part[r->part].n; slot++, r->lists++)
        r->list[r->lists] = (turn){r->last + 1 + r->lists, slot, 0};
    return true;
}

static void reference_done(reference *r, size_t at, bool accepted) {
    turn t = r->list[at];
    r->last = t.pos;
    r->list[at] = r->list[--r->lists];
    if (accepted) return;
    if (++r->tried[t.slot] % r->run->attempts == 0)
        r->open[r->opens++] = t.slot;
    else
        r->list[r->lists++] = (turn){t.pos + r->run->part[r->part].lag, t.slot, t.attempt + 1};
}

/* ---- the two side by side ----------------------------------------------------------------------------- */

typedef struct course {
    uint64_t n, lag, seed;
    run_part more[2]; /* extensions; n 0: none */
    uint32_t attempts, passes;
    uint32_t reject_ppm; /* of attempts */
    uint32_t resume_ppm; /* after a decision */
} course;

static run_json run_of(const course *c) {
    run_json r = {
        .n = c->n, .attempts = c->attempts, .passes = c->passes, .part = {{c->n, c->lag}}, .parts = 1};
    for (size_t i = 0; i < COUNT_OF(c->more) && c->more[i].n; i++) {
        r.part[r.parts++] = c->more[i];
        r.n = c->more[i].n;
    }
    return r;
}

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
static void resume(decider *d) {
    decider old = *d;
    decider_init(d, old.now.run);
    assert_true(
        decider_restore_pass(d, old.now.part, old.now.number, old.now.base, old.now.list, old.now.listed));
    assert_int_equal(d->now.firsts, old.now.firsts);
    d->cursor = old.cursor;
    d->last_pos = old.last_pos;
    d->any = old.any;
    old.now.list = NULL;
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

static void next_is(const decider *d, const turn *want) {
    ticket t;
    char hint[40];
    assert_true(decider_next(d, &t));
    assert_int_equal(t.slot, want->slot);
    assert_int_equal(t.attempt, want->attempt);
    assert_int_equal(t.pos, want->pos);
    assert_int_equal(decider_head(d), want->pos);
    /* the hint of the attempt before, and none at the start of a pass */
    const char *h = want->attempt % d->now.run->attempts ? hint_of(want->slot, want->attempt - 1, hint) : NULL;
    if (h)
        assert_string_equal(t.hint, h);
    else
        assert_null(t.hint);
}

static void successor_is(const reference *r, const turn *t, bool rejected, bool again, const ticket *s) {
    bool last = (t->attempt + 1) % r->run->attempts == 0;
    assert_int_equal(again, rejected && !last);
    if (!again) return;
    assert_int_equal(s->slot, t->slot);
    assert_int_equal(s->attempt, t->attempt + 1);
    assert_int_equal(s->pos, t->pos + r->run->part[r->part].lag);
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
    run_json run = run_of(c);
    decider_init(&d, &run);
    reference_init(&r, &run);
    for (;;) {
        ticket none, s = {0};
        if (r.lists == 0) {
            assert_false(decider_next(&d, &none));
            opens_are(&d, &r);
            bool more = reference_pass(&r);
            assert_int_equal(decider_pass(&d), more);
            if (more) continue;
            more = reference_part(&r);
            assert_int_equal(decider_part(&d), more);
            if (!more) break;
            continue;
        }
        size_t at = reference_least(&r);
        turn t = r.list[at];
        next_is(&d, &t);
        assert_true(decisions == 0 || t.pos >= before);
        before = t.pos;
        bool rejected = is_rejected(c, t.slot, t.attempt), again;
        char hint[40];
        decider_done(&d, !rejected, rejected ? hint_of(t.slot, t.attempt, hint) : NULL, &again, &s);
        successor_is(&r, &t, rejected, again, &s);
        reference_done(&r, at, !rejected);
        accepted[t.slot] = (uint8_t)(accepted[t.slot] + !rejected);
        if (rng_below(rng_u64(c->seed, decisions, 0, 0, 9), 1000000) < c->resume_ppm) resume(&d);
        decisions++;
    }
    assert_int_equal(decider_head(&d), before + 1);
    opens_are(&d, &r);
    /* nothing lost, nothing doubled: each slot is accepted once or open at the end */
    for (size_t i = 0; i < d.opens; i++) accepted[d.open[i]]++;
    for (uint64_t i = 0; i < run.n; i++) assert_int_equal(accepted[i], 1);
    decider_free(&d);
    reference_free(&r);
    return decisions;
}

static uint64_t decisions_of(course c) {
    uint8_t *accepted = xcalloc(run_of(&c).n, 1);
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

static void extensions_follow_the_law(void **state) {
    (void)state;
    static const run_part more[][2] = {
        {{301, 64}}, {{1000, 128}}, {{301, 64}, {302, 3}}, {{700, 1}, {900, 1024}}};
    static const uint32_t rejects[] = {0, 10000, 300000, 700000, 950000};
    uint64_t seed = 100;
    for (size_t i = 0; i < COUNT_OF(more); i++)
        for (size_t j = 0; j < COUNT_OF(rejects); j++) {
            seed++;
            course c = {.n = 300,
                        .lag = 64,
                        .attempts = 1 + (uint32_t)(seed % 4),
                        .passes = (uint32_t)(seed % 3),
                        .reject_ppm = rejects[j],
                        .seed = seed};
            memcpy(c.more, more[i], sizeof c.more);
            uint64_t k = decisions_of(c);
            c.resume_ppm = 200000;
            assert_int_equal(decisions_of(c), k);
        }
}

/* All passes once more for what stayed open, beside the new ones. */
static void an_extension_gives_all_passes_again(void **state) {
    (void)state;
    course c = {.n = 100, .lag = 64, .more = {{130, 64}}, .attempts = 4, .passes = 2, .reject_ppm = 1000000};
    assert_int_equal(decisions_of(c), 100 * 4 * 3 * 2 + 30 * 4 * 3);
}

/* What was decided is decided the same, whatever is added behind it. */
static void an_extension_changes_nothing_before_it(void **state) {
    (void)state;
    run_json one = {.n = 50, .attempts = 2, .passes = 1, .part = {{50, 8}}, .parts = 1}, two = one;
    two.n = 80;
    two.part[two.parts++] = (run_part){80, 16};
    decider a, b;
    ticket t, u, s;
    bool again;
    decider_init(&a, &one);
    decider_init(&b, &two);
    for (uint64_t k = 0;; k++) {
        bool more = decider_next(&a, &t);
        if (!more && decider_pass(&a)) {
            assert_true(decider_pass(&b));
            continue;
        }
        if (!more) break;
        assert_true(decider_next(&b, &u));
        assert_true(t.slot == u.slot && t.pos == u.pos && t.attempt == u.attempt);
        bool accepted = rng_below(rng_u64(3, k, 0, 0, 0), 2) == 0;
        decider_done(&a, accepted, NULL, &again, &s);
        decider_done(&b, accepted, NULL, &again, &s);
    }
    assert_true(a.opens > 0 && !decider_part(&a));
    uint64_t head = decider_head(&a);
    assert_true(decider_part(&b));
    assert_int_equal(decider_head(&b), head);
    assert_int_equal(b.now.firsts, a.opens + 30);
    t = pass_first(&b.now, 0);
    assert_true(t.slot == a.open[0] && t.attempt == 4);
    t = pass_first(&b.now, b.now.listed);
    assert_true(t.slot == 50 && t.attempt == 0 && t.pos == head + b.now.listed);
    decider_free(&a);
    decider_free(&b);
}

static void an_unknown_part_is_refused(void **state) {
    (void)state;
    const run_json run = {.n = 10, .attempts = 3, .passes = 1, .part = {{10, 4}}, .parts = 1};
    decider d;
    decider_init(&d, &run);
    assert_false(decider_restore_pass(&d, 1, 0, 0, NULL, 0));
    decider_free(&d);
}

static void parts_are_added(void **state) {
    (void)state;
    run_json r = {.n = 10, .attempts = 4, .passes = 2, .part = {{10, 64}}, .parts = 1};
    bool added;
    err e = {0};
    assert_false(run_add_part(&r, "DIR", 10, 0, &added, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_true(run_add_part(&r, "DIR", 10000, 0, &added, &e) && added);
    assert_true(r.n == 10000 && r.parts == 2 && run_lag(&r) == run_default_lag(9990));
    assert_true(run_add_part(&r, "DIR", 10000, 0, &added, &e) && !added);
    assert_int_equal(r.parts, 2);
    assert_false(run_add_part(&r, "DIR", 9999, 0, &added, &e));
    assert_false(run_add_part(&r, "DIR", RUN_SLOTS_MOST + 1, 0, &added, &e));
    for (r.parts = 2, r.n = 10000; run_add_part(&r, "DIR", r.n + 1, 5, &added, &e);) assert_true(added);
    assert_int_equal(r.parts, RUN_PARTS_MOST); /* 12 attempts in each: 85 would still have numbers */
    r.parts = 2;
    r.attempts = 300;
    r.passes = 0;
    assert_true(run_add_part(&r, "DIR", r.n + 1, 5, &added, &e));
    assert_false(run_add_part(&r, "DIR", r.n + 1, 5, &added, &e)); /* 4 x 300 attempts have none */
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
    const run_json run = {.n = 10, .attempts = 3, .passes = 1, .part = {{10, 4}}, .parts = 1};
    decider_init(&d, &run);
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
        cmocka_unit_test(extensions_follow_the_law),
        cmocka_unit_test(an_extension_gives_all_passes_again),
        cmocka_unit_test(an_extension_changes_nothing_before_it),
        cmocka_unit_test(an_unknown_part_is_refused),
        cmocka_unit_test(parts_are_added),
        cmocka_unit_test(all_accepted_go_by_slot),
        cmocka_unit_test(random_courses_follow_the_law),
        cmocka_unit_test(resumes_change_nothing),
        cmocka_unit_test(all_rejected_use_up_every_pass),
        cmocka_unit_test(position_is_slot_and_lag),
        cmocka_unit_test(lag_is_a_power_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

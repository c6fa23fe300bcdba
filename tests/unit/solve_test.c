/* solve_test.c: the laws of the solver. Random sets of margins are taken from a random joint in whole persons,
 * so that an answer exists; whatever the seed, every margin must come out exactly and nobody where nobody may
 * be. Sets that contradict one another must be refused, and the margins named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "taxonomy/solve/solve.h"

typedef struct dice {
    uint64_t key, word;
} dice;

static uint32_t roll(dice *d, uint32_t below) {
    return (uint32_t)rng_below(rng_u64(d->key, d->word++, 0, 0, 0), below);
}

typedef struct trial {
    problem p;
    uint64_t *truth, *count;
    uint32_t stride[SOLVE_AXES_MOST];
} trial;

static void axes_make(trial *t, dice *d, uint32_t axes, uint32_t widest) {
    uint32_t *radix = arena_new_of(t->p.mem, uint32_t, axes);
    t->p.axes = axes;
    t->p.radix = radix;
    t->p.cells = 1;
    for (uint32_t a = 0; a < axes; a++) {
        radix[a] = 2 + roll(d, widest - 1);
        while (t->p.cells * radix[a] > 30000 && radix[a] > 2) radix[a]--;
        t->p.cells *= radix[a];
    }
    for (uint32_t a = axes, by = 1; a-- > 0; by *= radix[a]) t->stride[a] = by;
}

/* Persons in cells at random, thick in some places; weights that know little of them, with zeros where nobody
 * is. */
static void people_make(trial *t, dice *d, uint64_t n, uint32_t zeros_of_100) {
    t->p.n = n;
    t->truth = arena_new_of(t->p.mem, uint64_t, t->p.cells);
    t->count = arena_new_of(t->p.mem, uint64_t, t->p.cells);
    t->p.weight = arena_new_of(t->p.mem, double, t->p.cells);
    uint64_t left = n, batch = n / 5000 + 1;
    while (left) {
        uint64_t by = left < batch ? left : batch;
        t->truth[roll(d, 1 + roll(d, t->p.cells))] += by;
        left -= by;
    }
    for (uint32_t i = 0; i < t->p.cells; i++) {
        bool zero = !t->truth[i] && roll(d, 100) < zeros_of_100;
        t->p.weight[i] = zero ? 0 : 1 + roll(d, 100);
    }
}

static void margin_add(trial *t, dice *d, uint64_t axes, uint32_t coarse_of_100) {
    margin *m = &t->p.margin[t->p.margins++];
    uint32_t *axis = arena_new_of(t->p.mem, uint32_t, t->p.axes),
             *width = arena_new_of(t->p.mem, uint32_t, t->p.axes);
    uint32_t **class = arena_new_of(t->p.mem, uint32_t *, t->p.axes);
    *m = (margin){.axis = axis, .width = width, .class = (const uint32_t *const *)class, .cells = 1};
    for (uint32_t a = 0; a < t->p.axes; a++) {
        if (!(axes >> a & 1)) continue;
        uint32_t k = m->axes++, radix = t->p.radix[a], merged = roll(d, 100) < coarse_of_100 && radix > 2;
        axis[k] = a;
        width[k] = radix - merged;
        class[k] = arena_new_of(t->p.mem, uint32_t, radix);
        /* two neighbours are one class */
        uint32_t at = merged ? roll(d, radix - 1) : radix;
        for (uint32_t c = 0; c < radix; c++) class[k][c] = c - (c > at);
        m->cells *= width[k];
    }
    uint64_t *want = arena_new_of(t->p.mem, uint64_t, m->cells);
    for (uint32_t i = 0; i < t->p.cells; i++) {
        uint32_t c = 0;
        for (uint32_t k = 0; k < m->axes; k++)
            c = c * width[k] + class[k][i / t->stride[axis[k]] % t->p.radix[axis[k]]];
        want[c] += t->truth[i];
    }
    m->want = want;
}

static trial trial_new(uint64_t key) {
    trial t = {.p = {.mem = arena_new(0), .key = key}};
    t.p.margin = arena_new_of(t.p.mem, margin, 16);
    return t;
}

static uint64_t counted(const trial *t) {
    uint64_t off = 0;
    for (uint32_t m = 0; m < t->p.margins; m++) {
        const margin *x = &t->p.margin[m];
        uint64_t *got = xcalloc(x->cells, sizeof *got);
        for (uint32_t i = 0; i < t->p.cells; i++) {
            uint32_t c = 0;
            for (uint32_t k = 0; k < x->axes; k++)
                c = c * x->width[k] + x->class[k][i / t->stride[x->axis[k]] % t->p.radix[x->axis[k]]];
            got[c] += t->count[i];
        }
        for (uint32_t c = 0; c < x->cells; c++) off += got[c] != x->want[c];
        free(got);
    }
    return off;
}

static const uint64_t PERSONS[] = {100, 300, 1000, 10000, 1000000};

/* Each table takes one or two axes of an earlier one, and one or two new ones. */
static void acyclic_margins(trial *t, dice *d) {
    uint64_t before[16];
    uint32_t at = 0, next = 0;
    while (next < t->p.axes && at < 8) {
        uint64_t axes = 0;
        if (at) {
            uint64_t from = before[roll(d, at)];
            for (uint32_t a = 0; a < t->p.axes; a++)
                if (from >> a & 1 && !roll(d, 2) && __builtin_popcountll(axes) < 2) axes |= 1ull << a;
        }
        for (uint32_t n = 1 + roll(d, 2); n && next < t->p.axes; n--) axes |= 1ull << next++;
        before[at++] = axes;
        margin_add(t, d, axes, 0);
    }
}

static void acyclic_sets_are_always_met(void **state) {
    (void)state;
    uint32_t swapped = 0;
    for (uint64_t key = 1; key <= 1000; key++) {
        dice d = {key, 0};
        trial t = trial_new(key);
        axes_make(&t, &d, 3 + roll(&d, 6), 6);
        people_make(&t, &d, PERSONS[key % 5], 0);
        acyclic_margins(&t, &d);
        solve_report r;
        bool fine = solve(&t.p, t.count, &r);
        if (!fine || counted(&t))
            fail_msg("set %llu: end %d, off %llu", (unsigned long long)key, (int)r.end,
                     (unsigned long long)r.off);
        assert_int_equal(r.joined, t.p.margins);
        swapped += r.swaps > 0;
        arena_free(t.p.mem);
    }
    assert_int_equal(swapped, 0); /* the junction tree alone */
}

static void cyclic_margins(trial *t, dice *d, uint32_t coarse) {
    uint32_t n = 3 + roll(d, 3);
    for (uint32_t k = 0; k < n; k++) {
        uint64_t axes = 0;
        for (uint32_t size = 2 + roll(d, 2); (uint32_t)__builtin_popcountll(axes) < size;)
            axes |= 1ull << roll(d, t->p.axes);
        margin_add(t, d, axes, coarse);
    }
}

static uint32_t cyclic(uint32_t zeros, uint32_t coarse, uint64_t first, uint32_t *programs) {
    uint32_t missed = 0;
    for (uint64_t key = first; key < first + 500; key++) {
        dice d = {key, 0};
        trial t = trial_new(key);
        axes_make(&t, &d, 3 + roll(&d, 6), 5);
        people_make(&t, &d, PERSONS[key % 5], zeros);
        cyclic_margins(&t, &d, coarse);
        solve_report r;
        bool fine = solve(&t.p, t.count, &r);
        /* there is an answer: only that it was not found may be said */
        if (!fine && (r.end != SOLVE_WHOLE || r.proven))
            fail_msg("set %llu: refused with %d", (unsigned long long)key, (int)r.end);
        if (fine && counted(&t)) fail_msg("set %llu: said to be met, and is not", (unsigned long long)key);
        for (uint32_t i = 0; fine && i < t.p.cells; i++)
            if (t.count[i] && t.p.weight[i] <= 0)
                fail_msg("set %llu: somebody where nobody may be", (unsigned long long)key);
        missed += !fine;
        *programs += r.swaps >= 2000000;
        arena_free(t.p.mem);
    }
    return missed;
}

static void cyclic_sets_are_met(void **state) {
    (void)state;
    uint32_t programs = 0, missed = cyclic(0, 0, 10000, &programs);
    print_message("cyclic: %u of 500 not met, %u by the program\n", missed, programs);
    assert_int_equal(missed, 0);
    missed = cyclic(0, 40, 20000, &programs);
    print_message("cyclic, cut differently: %u of 500 not met, %u by the program\n", missed, programs);
    assert_int_equal(missed, 0);
}

static void zeros_are_kept(void **state) {
    (void)state;
    uint32_t programs = 0, missed = cyclic(30, 20, 30000, &programs);
    print_message("cyclic with zeros: %u of 500 not met, %u by the program\n", missed, programs);
    assert_int_equal(missed, 0);
}

/* Two axes with a zero: what one margin wants cannot stand beside the other. */
static void contradictions_are_named(void **state) {
    (void)state;
    for (uint64_t key = 1; key <= 200; key++) {
        dice d = {key, 0};
        trial t = trial_new(key);
        axes_make(&t, &d, 3, 5);
        people_make(&t, &d, 1000, 0);
        margin_add(&t, &d, 1, 0);
        margin_add(&t, &d, 2, 0);
        margin_add(&t, &d, 4, 0);
        /* class 0 of axis 0 may stand with class 0 of axis 1 only, which is too small for it */
        uint64_t *rows = (uint64_t *)(uintptr_t)t.p.margin[0].want,
                 *cols = (uint64_t *)(uintptr_t)t.p.margin[1].want;
        memset(rows, 0, sizeof *rows * t.p.margin[0].cells);
        memset(cols, 0, sizeof *cols * t.p.margin[1].cells);
        rows[0] = 600, rows[1] = 400;
        cols[0] = 100 + roll(&d, 400), cols[1] = 1000 - cols[0];
        for (uint32_t i = 0; i < t.p.cells; i++)
            if (i / t.stride[0] % t.p.radix[0] == 0 && i / t.stride[1] % t.p.radix[1] != 0) t.p.weight[i] = 0;
        solve_report r;
        assert_false(solve(&t.p, t.count, &r));
        assert_int_equal(r.end, SOLVE_CAPACITY);
        assert_true(r.conflict[0] && r.conflict[1] && !r.conflict[2]);
        arena_free(t.p.mem);
    }
}

/* Real numbers can, whole persons cannot: three axes of 2, all pairs of margins, every cell of a margin wants
 * persons so that the joint would be halves. */
static void whole_persons_only(void **state) {
    (void)state;
    trial t = trial_new(1);
    dice d = {1, 0};
    uint32_t radix[3] = {2, 2, 2};
    t.p.axes = 3, t.p.radix = radix, t.p.cells = 8, t.p.n = 2;
    for (uint32_t a = 3, by = 1; a-- > 0; by *= 2) t.stride[a] = by;
    t.truth = arena_new_of(t.p.mem, uint64_t, 8);
    t.count = arena_new_of(t.p.mem, uint64_t, 8);
    t.p.weight = arena_new_of(t.p.mem, double, 8);
    for (int i = 0; i < 8; i++) t.p.weight[i] = 1;
    margin_add(&t, &d, 3, 0);
    margin_add(&t, &d, 6, 0);
    margin_add(&t, &d, 5, 0);
    /* pairs (0, 1) and (1, 2) equal, pair (0, 2) different: a = b, b = c, a != c for whole persons; halves do
     */
    static const uint64_t same[] = {1, 0, 0, 1}, other[] = {0, 1, 1, 0};
    memcpy((uint64_t *)(uintptr_t)t.p.margin[0].want, same, sizeof same);
    memcpy((uint64_t *)(uintptr_t)t.p.margin[1].want, same, sizeof same);
    memcpy((uint64_t *)(uintptr_t)t.p.margin[2].want, other, sizeof other);
    solve_report r;
    assert_false(solve(&t.p, t.count, &r));
    assert_true(r.end == SOLVE_CAPACITY || r.end == SOLVE_WHOLE || r.end == SOLVE_EMPTY);
    arena_free(t.p.mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acyclic_sets_are_always_met),
        cmocka_unit_test(cyclic_sets_are_met),
        cmocka_unit_test(zeros_are_kept),
        cmocka_unit_test(contradictions_are_named),
        cmocka_unit_test(whole_persons_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

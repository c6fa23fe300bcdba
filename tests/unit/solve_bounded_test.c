/* solve_bounded_test.c: the laws of the bounded solver. Small problems are compared with a search through every
 * subset; of larger ones that have an answer by construction it must be found; whoever is refused must get a
 * cut whose arithmetic is done again here.
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

enum { AXES_MOST = 5, MARGINS_MOST = 6 };

typedef struct dice {
    uint64_t key, word;
} dice;

static uint32_t roll(dice *d, uint32_t below) {
    return (uint32_t)rng_below(rng_u64(d->key, d->word++, 0, 0, 0), below);
}

typedef struct trial {
    bounded b;
    uint32_t axes, radix[AXES_MOST];
    uint64_t *most, *truth, *count;
    double *weight;
    bounded_margin *margin;
    uint64_t *want[MARGINS_MOST];
} trial;

static uint32_t digit(const trial *t, uint32_t cell, uint32_t axis) {
    for (uint32_t a = t->axes; a-- > axis + 1;) cell /= t->radix[a];
    return cell % t->radix[axis];
}

/* The sums of truth[] over a set of axes. */
static void margin_add(trial *t, uint32_t set) {
    uint32_t cells = 1, *of = arena_new_of(t->b.mem, uint32_t, t->b.cells);
    for (uint32_t a = 0; a < t->axes; a++) {
        if (!(set >> a & 1)) continue;
        for (uint32_t i = 0; i < t->b.cells; i++) of[i] = of[i] * t->radix[a] + digit(t, i, a);
        cells *= t->radix[a];
    }
    uint64_t *want = arena_new_of(t->b.mem, uint64_t, cells);
    for (uint32_t i = 0; i < t->b.cells; i++) want[of[i]] += t->truth[i];
    t->want[t->b.margins] = want;
    t->margin[t->b.margins++] = (bounded_margin){cells, want, of};
}

static trial trial_new(dice *d, uint32_t axes, uint32_t widest, uint32_t most, uint32_t margins) {
    trial t = {.axes = axes, .b = {.mem = arena_new(0), .cells = 1, .key = d->key}};
    for (uint32_t a = 0; a < axes; a++) t.b.cells *= t.radix[a] = 2 + roll(d, widest - 1);
    t.margin = arena_new_of(t.b.mem, bounded_margin, MARGINS_MOST);
    t.most = arena_new_of(t.b.mem, uint64_t, t.b.cells);
    t.truth = arena_new_of(t.b.mem, uint64_t, t.b.cells);
    t.count = arena_new_of(t.b.mem, uint64_t, t.b.cells);
    t.weight = arena_new_of(t.b.mem, double, t.b.cells);
    for (uint32_t i = 0; i < t.b.cells; i++) {
        t.most[i] = roll(d, 3) ? roll(d, most + 1) : 0;
        t.truth[i] = t.most[i] ? roll(d, (uint32_t)t.most[i] + 1) : 0;
        t.weight[i] = roll(d, 4) ? roll(d, 50) : 0;
        t.b.n += t.truth[i];
    }
    for (uint32_t m = 0; m < margins; m++) {
        uint32_t set = 1 + roll(d, (1u << axes) - 1);
        if (axes > 2) /* mostly pairs: these close rings */
            while (__builtin_popcount(set) != 2 && roll(d, 8)) set = 1 + roll(d, (1u << axes) - 1);
        margin_add(&t, set);
    }
    t.b.most = t.most;
    t.b.weight = t.weight;
    t.b.margin = t.margin;
    return t;
}

/* Moves persons of one margin between two of its cells: mostly nobody can meet that any more. */
static void spoil(trial *t, dice *d) {
    uint32_t m = roll(d, t->b.margins), from = roll(d, t->margin[m].cells), to = roll(d, t->margin[m].cells);
    if (!t->want[m][from]) return;
    uint64_t by = 1 + roll(d, (uint32_t)t->want[m][from]);
    t->want[m][from] -= by;
    t->want[m][to] += by;
}

static void check_met(const trial *t) {
    for (uint32_t m = 0; m < t->b.margins; m++) {
        uint64_t *got = xcalloc(t->margin[m].cells, sizeof *got);
        for (uint32_t i = 0; i < t->b.cells; i++) got[t->margin[m].of[i]] += t->count[i];
        for (uint32_t c = 0; c < t->margin[m].cells; c++) assert_int_equal(got[c], t->want[m][c]);
        free(got);
    }
    for (uint32_t i = 0; i < t->b.cells; i++) assert_true(t->count[i] <= t->most[i]);
}

static void check_cut(const trial *t, const bounded_cut *cut) {
    int64_t balance = 0, asked = 0, room = 0;
    for (uint32_t m = 0; m < t->b.margins; m++)
        for (uint32_t c = 0; c < t->margin[m].cells; c++) {
            int64_t by = cut->side[m][c] * (int64_t)t->want[m][c];
            balance += by;
            asked += by > 0 ? by : 0;
        }
    for (uint32_t i = 0; i < t->b.cells; i++) {
        int64_t side = 0;
        for (uint32_t m = 0; m < t->b.margins; m++) side += cut->side[m][t->margin[m].of[i]];
        room += side > 0 ? side * (int64_t)t->most[i] : 0;
    }
    assert_true(balance > room);
    assert_int_equal(asked, cut->asked);
    assert_int_equal(room, cut->room);
    assert_int_equal(asked - balance, cut->other);
}

/* Every subset, cell by cell, as long as no margin is passed. */
static bool exists(const trial *t, uint32_t cell, uint64_t *left[]) {
    if (cell == t->b.cells) {
        for (uint32_t m = 0; m < t->b.margins; m++)
            for (uint32_t c = 0; c < t->margin[m].cells; c++)
                if (left[m][c]) return false;
        return true;
    }
    uint64_t room = t->most[cell];
    for (uint32_t m = 0; m < t->b.margins; m++)
        if (left[m][t->margin[m].of[cell]] < room) room = left[m][t->margin[m].of[cell]];
    for (uint64_t k = 0; k <= room; k++) {
        for (uint32_t m = 0; m < t->b.margins; m++) left[m][t->margin[m].of[cell]] -= k;
        bool found = exists(t, cell + 1, left);
        for (uint32_t m = 0; m < t->b.margins; m++) left[m][t->margin[m].of[cell]] += k;
        if (found) return true;
    }
    return false;
}

static void small_ones_as_by_search(void **state) {
    (void)state;
    uint32_t solved = 0, cut = 0, halves = 0;
    for (uint64_t key = 1; key <= 1500; key++) {
        dice d = {key, 0};
        uint32_t axes = 2 + roll(&d, 2);
        trial t = trial_new(&d, axes, axes == 2 ? 4 : 2, 3, 1 + roll(&d, 4));
        if (key % 4) spoil(&t, &d);
        if (key % 2) spoil(&t, &d);
        bounded_report r;
        bool fine = solve_bounded(&t.b, t.count, &r);
        if (fine) check_met(&t);
        if (fine != exists(&t, 0, t.want)) fail_msg("problem %llu: said %d", (unsigned long long)key, fine);
        if (!fine && r.end == BOUNDED_SHORT) check_cut(&t, &r.cut);
        if (!fine && r.end == BOUNDED_WHOLE && !r.proven)
            fail_msg("problem %llu: refused without proof", (unsigned long long)key);
        solved += fine;
        cut += !fine && r.end == BOUNDED_SHORT;
        halves += !fine && r.end == BOUNDED_WHOLE;
        arena_free(t.b.mem);
    }
    print_message("small: %u solved, %u cut, %u in real persons only\n", solved, cut, halves);
    assert_true(solved > 300 && cut > 300);
}

static void answers_are_found(void **state) {
    (void)state;
    uint32_t programs = 0;
    for (uint64_t key = 1; key <= 300; key++) {
        dice d = {7000 + key, 0};
        trial t = trial_new(&d, 2 + roll(&d, 4), 5, key % 2 ? 40 : 3, 1 + roll(&d, 6));
        bounded_report r;
        if (!solve_bounded(&t.b, t.count, &r))
            fail_msg("problem %llu: end %d of %u margins", (unsigned long long)key, (int)r.end, r.used);
        check_met(&t);
        programs += r.by_program;
        arena_free(t.b.mem);
    }
    print_message("larger: 300 of 300, %u by the program\n", programs);
    assert_true(programs > 30);
}

static void refusals_are_proven(void **state) {
    (void)state;
    uint32_t refused = 0, cut = 0;
    for (uint64_t key = 1; key <= 200; key++) {
        dice d = {9000 + key, 0};
        trial t = trial_new(&d, 2 + roll(&d, 4), 4, 10, 2 + roll(&d, 4));
        for (int i = 0; i < 4; i++) spoil(&t, &d);
        bounded_report r;
        if (!solve_bounded(&t.b, t.count, &r)) {
            refused++;
            assert_true(r.end == BOUNDED_SHORT || r.proven);
            if (r.end == BOUNDED_SHORT) check_cut(&t, &r.cut);
            cut += r.end == BOUNDED_SHORT;
        } else {
            check_met(&t);
        }
        arena_free(t.b.mem);
    }
    print_message("spoilt: %u of 200 refused, %u with a cut\n", refused, cut);
    assert_true(cut > 100);
}

/* Where bounds do not bind, the answer is near the ideal: within one person for a flow. */
static void near_the_ideal(void **state) {
    (void)state;
    static const uint64_t row[] = {30, 70}, col[] = {50, 50};
    uint32_t of_row[] = {0, 0, 1, 1}, of_col[] = {0, 1, 0, 1};
    uint64_t most[] = {100, 100, 100, 100}, count[4];
    double weight[] = {20, 10, 30, 40};
    bounded_margin m[] = {{2, row, of_row}, {2, col, of_col}};
    bounded b = {
        .mem = arena_new(0), .cells = 4, .most = most, .weight = weight, .margin = m, .margins = 2, .n = 100};
    bounded_report r;
    assert_true(solve_bounded(&b, count, &r));
    static const uint64_t want[] = {20, 10, 30, 40};
    assert_memory_equal(count, want, sizeof want);
    most[0] = 12; /* eight must go elsewhere, the sums stay */
    assert_true(solve_bounded(&b, count, &r));
    static const uint64_t bound[] = {12, 18, 38, 32};
    assert_memory_equal(count, bound, sizeof bound);
    arena_free(b.mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones_as_by_search),
        cmocka_unit_test(answers_are_found),
        cmocka_unit_test(refusals_are_proven),
        cmocka_unit_test(near_the_ideal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

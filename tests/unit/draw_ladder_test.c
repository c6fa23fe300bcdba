/* draw_ladder_test.c: a ladder gives what working out the quantile gives, whole or cut, but for borders of
 * values; and never a value without share. */
#include "plan_fixture.h"

static const char kinds[] =
    HEAD "attributes:\n"
         "  two: {choice: {a: 1, b: 2}}\n"
         "  few: {choice: {a: 0, b: 20, c: 0, d: 30, e: 50, f: 0}, ordered: true}\n"
         "  many: {choice: {a: 1, b: 0, c: 9, d: 1, e: 5, f: 0, g: 0, h: 44, i: 2, j: 7, k: 8, l: 0}, ordered: "
         "true}\n"
         "  normal: {number: {mean: 50, sd: 10, range: 20..75}, step: 0.5}\n"
         "  tail: {number: {mean: -40, sd: 10, range: 0..30}}\n"
         "  upper: {number: {mean: 40, sd: 3, range: 0..30}}\n"
         "  log: {number: {median: 60, sigma: 0.8, range: 0..7000}}\n"
         "  even: {number: -500..499}\n"
         "  bins: {number: {3..9: 25, 15..19: 5, 20: 0, 21: 30, 40..99: 40}}\n"
         "  two_ways: {number: 0..20, by: [two], given: {a: {mean: 5, sd: 4, range: 2..15}, b: {0: 1, 7..9: 1, "
         "20: 1}}}\n";

static value_set random_set(const node *n, uint64_t key, arena *mem) {
    value_set s = {0};
    uint64_t intervals = 1 + rng_u64(key, 0, 0, 0, 0) % 3, values = (uint64_t)(leaf_hi(n) - leaf_lo(n)) + 1;
    s.in = arena_new_of(mem, struct interval, intervals);
    for (uint64_t i = 0; i < intervals; i++) { /* one in each third or half: sorted and disjoint */
        uint64_t width = values / intervals, from = width * i;
        if (!width) break;
        int64_t a = leaf_lo(n) + (int64_t)(from + rng_below(rng_u64(key, 1, i, 0, 0), width));
        int64_t b = leaf_lo(n) + (int64_t)(from + rng_below(rng_u64(key, 2, i, 0, 0), width));
        s.in[s.n++] = (struct interval){a < b ? a : b, a < b ? b : a};
    }
    return s;
}

static double share_of(const draw_leaf *l, const dist *s, int64_t v) {
    struct interval one = {v, v};
    return leaf_mass(l, s, NULL, &(value_set){.in = &one, .n = 1});
}

/* Whether a border of values lies within rounding of u. */
static bool at_border(const draw_leaf *plain, const dist *s, const value_set *cut, double u, int64_t got) {
    static const double near = 1e-11;
    int64_t below, above;
    bool fine = leaf_at(plain, s, NULL, cut, u > near ? u - near : u / 2, &below) &&
                leaf_at(plain, s, NULL, cut, u < 1 - near ? u + near : (1 + u) / 2, &above);
    return fine && (below == got || above == got);
}

static void ladders_say_what_is_worked_out(void **state) {
    (void)state;
    population *p = make(kinds);
    plan *pl = plan_of(p, 1000, 1);
    arena *mem = arena_new(0);
    uint32_t differ = 0, ladders = 0;
    for (uint32_t leaf = 0; leaf < p->leaves; leaf++) {
        const draw_leaf *l = &pl->draw[leaf];
        draw_leaf plain = *l;
        plain.ladder = NULL;
        for (uint32_t i = 0; i < l->spec->dists; i++) {
            const dist *s = &l->spec->dist[i];
            assert_true(l->ladder && l->ladder[i].rungs > 0);
            ladders++;
            for (uint64_t k = 0; k < 20000; k++) {
                uint64_t key = rng_u64(leaf, i, k, 0, 0);
                value_set set = random_set(l->node, key, mem);
                const value_set *cut = k % 4 ? &set : NULL;
                double u = k % 16 ? rng_unit(rng_u64(key, 9, 0, 0, 0)) : (double)(k / 16 % 500 + 1) / 501;
                int64_t got, want;
                bool any = leaf_at(l, s, NULL, cut, u, &got), some = leaf_at(&plain, s, NULL, cut, u, &want);
                assert_int_equal(any, some);
                if (!any) continue;
                assert_true(share_of(l, s, got) > 0);
                if (cut) assert_true(value_set_has(cut, true, got));
                if (got == want) continue;
                differ++;
                assert_true(at_border(&plain, s, cut, u, got));
            }
            arena_reset(mem);
        }
    }
    assert_int_equal(ladders, 11);
    assert_true(differ < 200);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* What depends on others, or has too many values, has none. */
static void some_have_none(void **state) {
    (void)state;
    population *p = make(HEAD "attributes:\n"
                              "  a: {choice: [x, y]}\n"
                              "  wide: {number: 0..100000}\n"
                              "  moving: {number: {mean: {a: 3}, sd: 2, range: 0..9}}\n"
                              "  sum: {number: {equals: {moving: 2}}}\n"
                              "  only: {choice: [p, q], only: {p: {a: x}}}\n"
                              "  some: {choice: [p, q, r], list: 1..2}\n");
    plan *pl = plan_of(p, 10, 1);
    assert_int_equal(pl->draw[0].ladder[0].rungs, 2);
    for (uint32_t leaf = 1; leaf < p->leaves; leaf++)
        assert_true(!pl->draw[leaf].ladder || pl->draw[leaf].ladder[0].rungs == 0);
    plan_free(pl);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladders_say_what_is_worked_out),
        cmocka_unit_test(some_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* base_num_test.c: numbers without libm, held against libm; decimals; random numbers. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define near_to(got, want, tolerance)                                                                          \
    do {                                                                                                       \
        double got_ = (got), want_ = (want), room_ = (tolerance);                                              \
        if (!(fabs(got_ - want_) <= room_)) fail_msg("%.17g is not %.17g within %g", got_, want_, room_);      \
    } while (0)

static double of_bits(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void log_is_right(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        double x = of_bits(1 + rng_below(rng_u64(1, i, 0, 0, 0), 0x7FEFFFFFFFFFFFFF));
        near_to(num_log(x), log(x), 1e-14 * fabs(log(x)));
        double y = 0.5 + 1.5 * rng_unit(rng_u64(2, i, 0, 0, 0));
        near_to(num_log(y), log(y), 1e-14 * fabs(log(y)));
    }
    assert_true(num_log(1) == 0);
    near_to(num_log(0x1p-1074), log(0x1p-1074), 1e-11);
}

static void exp_is_right(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        double x = -700 + 1400 * rng_unit(rng_u64(1, i, 0, 0, 0));
        near_to(num_exp(x), exp(x), 1e-14 * exp(x));
        near_to(num_exp(x / 700), exp(x / 700), 1e-15 * exp(x / 700));
    }
    assert_true(num_exp(0) == 1 && num_exp(-800) == 0);
    near_to(num_exp(700), exp(700), 1e-14 * exp(700));
}

static void normal_cdf_is_right(void **state) {
    (void)state;
    for (int i = -40000; i <= 40000; i++) {
        double z = i / 1000.0, want = 0.5 * erfc(-z / sqrt(2));
        near_to(num_normal_cdf(z), want, 1e-13);
        if (z > -37) near_to(num_normal_cdf(z), want, 1e-11 * want); /* tails keep their digits */
    }
    assert_true(num_normal_cdf(0) == 0.5);
}

static void normal_inv_is_right(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        double p = rng_unit(rng_u64(1, i, 0, 0, 0)), z = num_normal_inv(p);
        near_to(0.5 * erf(z / sqrt(2)), p - 0.5, 2e-10 * fabs(p - 0.5) + 2e-16);
        double tail = pow(10, -300 * p); /* an error of z counts z^2 times in its tail */
        z = num_normal_inv(tail);
        near_to(0.5 * erfc(-z / sqrt(2)), tail, 1e-9 * tail * (1 + z * z));
    }
    assert_true(num_normal_inv(0.5) == 0);
    near_to(num_normal_inv(0.975), 1.959963984540054, 1e-13);
    near_to(num_normal_inv(0.025), -1.959963984540054, 1e-13);
}

static void log2_q8_is_exact(void **state) {
    (void)state;
    for (uint32_t x = 1; x < 200000; x++) {
        double want = 256 * log2(x);
        uint32_t got = num_log2_q8(x);
        assert_true(got <= want + 1e-9 && got + 1 > want - 1e-9);
        assert_true(num_log2_q8(x + 1) >= got);
    }
    for (uint32_t k = 0; k < 32; k++) assert_int_equal(num_log2_q8(1u << k), 256 * k);
    for (uint32_t k = 1; k < 32; k++)
        assert_int_equal(num_log2_q8((1u << k) - 1), (uint32_t)(256 * log2((1u << k) - 1)));
    assert_int_equal(num_log2_q8(UINT32_MAX), 256 * 32 - 1);
}

static void dec_reads_and_prints(void **state) {
    (void)state;
    static const struct {
        const char *text, *print;
        double value;
    } cases[] = {{"0", "0", 0},
                 {"-0", "0", 0},
                 {"-0.00", "0", 0},
                 {"+1.50", "1.5", 1.5},
                 {"0.1", "0.1", 0.1},
                 {"-0.05", "-0.05", -0.05},
                 {"100", "100", 100},
                 {"007", "7", 7},
                 {"123456.789012345", "123456.789012345", 123456.789012345},
                 {"-999999999999999", "-999999999999999", -999999999999999.0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        dec d;
        buf b = {0};
        assert_true(dec_parse(str_of(cases[i].text), &d));
        dec_print(&b, d.m, d.places);
        assert_true(str_is(buf_view(&b), cases[i].print));
        assert_true(dec_double(d) == cases[i].value);
        buf_free(&b);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      "1.",
                                      ".5",
                                      "1e3",
                                      "1..2",
                                      "1.2.3",
                                      " 1",
                                      "1 ",
                                      "--1",
                                      "0.1234567890",
                                      "1234567890123456",
                                      "0x1",
                                      "1,5"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(dec_parse(str_of(bad[i]), &(dec){0}));
    buf b = {0};
    dec_print(&b, INT64_MIN, 9);
    assert_true(str_is(buf_view(&b), "-9223372036.854775808"));
    buf_free(&b);
}

/* Each bit of each word flips each bit of the draw in half of the keys; `mask` makes the keys poor. */
static void check_avalanche(uint64_t mask) {
    enum { KEYS = 1000 };
    for (unsigned in = 0; in < 5 * 64; in++) {
        unsigned flips[64] = {0};
        for (uint64_t k = 0; k < KEYS; k++) {
            uint64_t w[5];
            for (uint64_t i = 0; i < 5; i++) w[i] = hash_64((str){(const char *)&k, sizeof k}, i) & mask;
            uint64_t before = rng_u64(w[0], w[1], w[2], w[3], w[4]);
            w[in / 64] ^= 1ull << in % 64;
            uint64_t changed = before ^ rng_u64(w[0], w[1], w[2], w[3], w[4]);
            for (unsigned out = 0; out < 64; out++) flips[out] += (unsigned)(changed >> out & 1);
        }
        unsigned all = 0;
        for (unsigned out = 0; out < 64; out++) {
            all += flips[out];
            assert_in_range(flips[out], KEYS / 2 - 110, KEYS / 2 + 110); /* seven standard deviations */
        }
        assert_in_range(all, 64 * KEYS / 2 - 900, 64 * KEYS / 2 + 900);
    }
}

static void rng_avalanches(void **state) {
    (void)state;
    check_avalanche(UINT64_MAX);
    check_avalanche(15);
    check_avalanche(0xFFF0000);
}

static double chi_square(const unsigned *seen, size_t n, double expected) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    return sum;
}

static void rng_is_uniform_along_each_word(void **state) {
    (void)state;
    enum { CELLS = 100, DRAWS = 100000 };
    for (int word = 0; word < 5; word++) {
        unsigned top[CELLS] = {0}, low[CELLS] = {0}, pairs[64] = {0};
        uint64_t last = 0;
        for (uint64_t i = 0; i < DRAWS; i++) {
            uint64_t w[5] = {7, 0, 0, 0, 0};
            w[word] = i;
            uint64_t r = rng_u64(w[0], w[1], w[2], w[3], w[4]);
            top[rng_below(r, CELLS)]++;
            low[r % CELLS]++;
            pairs[(r >> 61) << 3 | last >> 61]++;
            last = r;
        }
        assert_true(chi_square(top, CELLS, DRAWS / CELLS) < 180);
        assert_true(chi_square(low, CELLS, DRAWS / CELLS) < 180);
        assert_true(chi_square(pairs, 64, DRAWS / 64.0) < 130);
    }
    assert_true(rng_u64(1, 2, 3, 4, 5) != rng_u64(2, 1, 3, 4, 5));
    assert_true(rng_u64(0, 0, 0, 0, 1) != rng_u64(0, 0, 0, 1, 0));
    /* fixed for ever: a released draw must not change */
    assert_true(rng_u64(0, 0, 0, 0, 0) == 0x3badde642b079ef8u && rng_u64(1, 2, 3, 4, 5) == 0x7d8dfdbf22237486u);
}

static void rng_unit_and_below_keep_inside(void **state) {
    (void)state;
    assert_true(rng_unit(0) > 0 && rng_unit(UINT64_MAX) < 1);
    assert_true(rng_unit(0) == 1 - rng_unit(UINT64_MAX));
    assert_int_equal(rng_below(UINT64_MAX, 1), 0);
    assert_int_equal(rng_below(UINT64_MAX, 10), 9);
    assert_int_equal(rng_below(0, 10), 0);
    assert_true(rng_below(UINT64_MAX, UINT64_MAX) == UINT64_MAX - 1);
}

static void permute_is_a_permutation(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 1024, 1025};
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        for (uint64_t key = 0; key < 20; key++) {
            bool seen[1025] = {false};
            for (uint64_t i = 0; i < sizes[k]; i++) {
                uint64_t to = rng_permute(key, i, sizes[k]);
                assert_true(to < sizes[k] && !seen[to]);
                seen[to] = true;
            }
        }
    }
    assert_true(rng_permute(1, 5, UINT64_MAX) != rng_permute(1, 6, UINT64_MAX));
}

/* Over many keys every element lands everywhere equally often, also in small sets. */
static void permute_is_even(void **state) {
    (void)state;
    enum { KEYS = 20000 };
    for (uint64_t n = 2; n <= 12; n++) {
        for (uint64_t i = 0; i < n; i++) {
            unsigned seen[12] = {0};
            for (uint64_t key = 0; key < KEYS; key++) seen[rng_permute(key, i, n)]++;
            assert_true(chi_square(seen, n, (double)KEYS / (double)n) < 50);
        }
    }
}

/* Two elements lie in every pair of places equally often; 5.5 standard deviations. */
static void permute_spreads_pairs(void **state) {
    (void)state;
    enum { KEYS = 60000, MOST = 32 };
    static const uint64_t sizes[] = {3, 4, 5, 7, 8, 13, 16, 23, 32};
    unsigned *seen = xcalloc(MOST * MOST, sizeof *seen);
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        uint64_t n = sizes[k], pairs[3][2] = {{0, 1}, {0, n - 1}, {n / 2, n / 2 + 1}};
        for (int p = 0; p < 3; p++) {
            double chi = 0, want = KEYS / (double)(n * (n - 1)), dof = (double)(n * (n - 1)) - 1;
            memset(seen, 0, MOST * MOST * sizeof *seen);
            for (uint64_t key = 0; key < KEYS; key++)
                seen[rng_permute(key, pairs[p][0], n) * MOST + rng_permute(key, pairs[p][1], n)]++;
            for (uint64_t i = 0; i < n; i++)
                for (uint64_t j = 0; j < n; j++) {
                    double off = seen[i * MOST + j] - want;
                    if (i != j) chi += off * off / want;
                }
            assert_true(chi < dof + 5.5 * sqrt(2 * dof));
        }
    }
    free(seen);
}

/* Side by side, in any number, the same places as one by one. */
static void moves_do_not_depend_on_their_company(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 10, 1000, 1u << 20, 1000003, UINT64_MAX};
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        uint64_t key[21], all[21], one;
        rng_place p = rng_place_of(sizes[k] - 1, sizes[k]);
        for (uint64_t i = 0; i < 21; i++) key[i] = rng_u64(i, 5, 0, 0, 0);
        rng_moves(&p, key, 21, all);
        for (int i = 0; i < 21; i++) {
            rng_moves(&p, &key[i], 1, &one);
            assert_true(one == all[i] && one < sizes[k]);
        }
        rng_moves(&p, key, 21, key);
        assert_memory_equal(key, all, sizeof all);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_right),
        cmocka_unit_test(exp_is_right),
        cmocka_unit_test(normal_cdf_is_right),
        cmocka_unit_test(normal_inv_is_right),
        cmocka_unit_test(log2_q8_is_exact),
        cmocka_unit_test(dec_reads_and_prints),
        cmocka_unit_test(rng_avalanches),
        cmocka_unit_test(rng_is_uniform_along_each_word),
        cmocka_unit_test(rng_unit_and_below_keep_inside),
        cmocka_unit_test(permute_is_a_permutation),
        cmocka_unit_test(permute_is_even),
        cmocka_unit_test(permute_spreads_pairs),
        cmocka_unit_test(moves_do_not_depend_on_their_company),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* plan_round_test.c: largest remainder, controlled rounding, the fit to two margins. */
#include "plan_fixture.h"

static uint64_t below(uint64_t *state, uint64_t n) {
    return rng_below(rng_u64(11, ++*state, 0, 0, 0), n);
}

/* Random margins with the same total, some of them 0. */
static void margins(uint64_t *rng, uint64_t n, uint64_t *out, uint32_t k) {
    uint64_t mass[64];
    for (uint32_t i = 0; i < k; i++) mass[i] = below(rng, 4) ? below(rng, 1000) : 0;
    mass[0]++;
    share_out(n, mass, k, *rng, out);
}

static void check_sums(const uint64_t *out, const uint64_t *row, uint32_t rows, const uint64_t *col,
                       uint32_t cols) {
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < cols; k++) sum += out[(size_t)i * cols + k];
        assert_int_equal(sum, row[i]);
    }
    for (uint32_t k = 0; k < cols; k++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < rows; i++) sum += out[(size_t)i * cols + k];
        assert_int_equal(sum, col[k]);
    }
}

static void products_keep_both_margins(void **state) {
    (void)state;
    uint64_t rng = 0, row[64], col[64], *out = xcalloc(64 * 64, sizeof *out);
    for (uint32_t run = 0; run < 600; run++) {
        uint32_t rows = 1 + (uint32_t)below(&rng, 40), cols = 1 + (uint32_t)below(&rng, 40);
        uint64_t n = run % 3 == 0   ? 1 + below(&rng, 50)
                     : run % 3 == 1 ? 1 + below(&rng, 100000)
                                    : 1000000000 + below(&rng, 1000);
        margins(&rng, n, row, rows);
        margins(&rng, n, col, cols);
        round_product(row, rows, col, cols, n, out);
        check_sums(out, row, rows, col, cols);
        for (uint32_t i = 0; i < rows; i++)
            for (uint32_t k = 0; k < cols; k++) {
                unsigned __int128 ideal = (unsigned __int128)row[i] * col[k];
                uint64_t low = (uint64_t)(ideal / n), got = out[(size_t)i * cols + k];
                assert_true(got == low || (got == low + 1 && ideal % n));
            }
    }
    free(out);
}

static void shares_are_floor_or_ceiling(void **state) {
    (void)state;
    uint64_t rng = 77, mass[64], out[64];
    for (uint32_t run = 0; run < 2000; run++) {
        uint32_t n = 1 + (uint32_t)below(&rng, 64);
        uint64_t total = below(&rng, 1000), sum = 0, got = 0;
        for (uint32_t i = 0; i < n; i++) sum += mass[i] = below(&rng, 3) ? below(&rng, 100) : 0;
        if (!sum) continue;
        share_out(total, mass, n, run, out);
        uint64_t least_up = UINT64_MAX, most_down = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t low = total * mass[i] / sum, rest = total * mass[i] % sum;
            assert_true(out[i] == low || (out[i] == low + 1 && rest));
            if (out[i] > low && rest < least_up) least_up = rest;
            if (out[i] == low && rest > most_down) most_down = rest;
            got += out[i];
        }
        assert_int_equal(got, total);
        assert_true(most_down <= least_up);
    }
}

static void masses_are_exact_decimals(void **state) {
    (void)state;
    uint64_t mass[4];
    mass_of((double[]){18.694, 58.818, 0.1, 0}, 4, mass);
    assert_int_equal(mass[0], 18694);
    assert_int_equal(mass[1], 58818);
    assert_int_equal(mass[2], 100);
    assert_int_equal(mass[3], 0);
    mass_of((double[]){1.0 / 3, 2.0 / 3, 1e-30}, 3, mass);
    assert_int_equal(mass[0] + mass[1], 1ull << 48);
    assert_int_equal(mass[2], 1);
}

static void fits_keep_zeros_and_margins(void **state) {
    (void)state;
    uint64_t rng = 5, row[64], col[64], out[400];
    double seed[400], ideal[400];
    for (uint32_t run = 0; run < 200; run++) {
        uint32_t rows = 2 + (uint32_t)below(&rng, 12), cols = 2 + (uint32_t)below(&rng, 12);
        uint64_t n = 100 + below(&rng, 100000);
        uint64_t ones[64];
        for (uint32_t i = 0; i < 64; i++) ones[i] = 10 + below(&rng, 10);
        share_out(n, ones, rows, 1, row);
        share_out(n, ones, cols, 2, col);
        for (uint32_t i = 0; i < rows * cols; i++) seed[i] = 0.1 + rng_unit(rng_u64(3, run, i, 0, 0));
        if (run % 2) seed[0] = seed[cols + 1] = 0; /* zeros that leave room */
        memcpy(ideal, seed, sizeof seed);
        assert_true(fit_product(seed, row, rows, col, cols, out) || (run % 2 && (rows == 2 || cols == 2)));
        if (run % 2 && (rows == 2 || cols == 2)) continue;
        check_sums(out, row, rows, col, cols);
        for (uint32_t i = 0; i < rows * cols; i++) {
            assert_true((ideal[i] > 0) || out[i] == 0);
            double off = (double)out[i] - seed[i]; /* the fitted reals are left in seed[] */
            assert_true(off < 1.001 && off > -1.001);
        }
    }
}

/* No table has these margins and these zeros. */
static void impossible_fits_are_refused(void **state) {
    (void)state;
    uint64_t out[4];
    assert_false(fit_product((double[]){0, 1, 1, 0}, (uint64_t[]){30, 70}, 2, (uint64_t[]){50, 50}, 2, out));
    assert_false(fit_product((double[]){0, 0, 1, 1}, (uint64_t[]){30, 70}, 2, (uint64_t[]){50, 50}, 2, out));
    assert_true(fit_product((double[]){0, 1, 1, 0}, (uint64_t[]){30, 70}, 2, (uint64_t[]){70, 30}, 2, out));
    assert_int_equal(out[1], 30);
    assert_int_equal(out[2], 70);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_keep_both_margins),  cmocka_unit_test(shares_are_floor_or_ceiling),
        cmocka_unit_test(masses_are_exact_decimals),   cmocka_unit_test(fits_keep_zeros_and_margins),
        cmocka_unit_test(impossible_fits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* metrics_test.c: the measures of fit: by hand where that can be done, and against a slow second writing of
 * each definition, in long doubles and with libm, to 1e-12.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#include "out/out.h"

static void near(double got, long double want) {
    long double off = fabsl((long double)got - want), scale = fabsl(want) > 1 ? fabsl(want) : 1;
    if (off > 1e-12L * scale) fail_msg("got %.17g, wanted %.17Lg", got, want);
}

/* T 10 20 30 40, S 12 18 30 40: every sum can be done on paper. */
static void by_hand(void **state) {
    (void)state;
    static const double t[] = {10, 20, 30, 40}, s[] = {12, 18, 30, 40};
    metrics m;
    metrics_make(t, s, 4, 0, &m);
    near(m.n, 100);
    near(m.tae, 4);
    near(m.sae, 0.04L);
    near(m.pdiff, 0.02L);
    near(m.rmse, sqrtl(2));       /* (4 + 4) / 4 */
    near(m.srmse, sqrtl(2) / 25); /* N / n = 25 */
    near(m.chi2, 0.4L + 0.2L);    /* 4/10 + 4/20 */
    near(m.neyman, 4.0L / 12 + 4.0L / 18);
    near(m.r2, 480.0L * 480 / (500.0L * 468)); /* deviations: T -15 -5 5 15, S -13 -7 5 15 */
    near(m.most, 2);
    near(m.z_share, 0);
    near(metrics_z(10, 12, 100, 0), 2 / 3.0L); /* sqrt(10 x 0.9) = 3 */
    near(metrics_z(10, 12, 100, 3), 1 / 3.0L);
    assert_int_equal(m.unfilled, 0);
    assert_true(m.unwanted == 0 && m.r2_known);
}

static void nothing_differs(void **state) {
    (void)state;
    static const double t[] = {7, 0, 3, 11};
    metrics m;
    metrics_make(t, t, 4, 0, &m);
    assert_true(m.tae == 0 && m.chi2 == 0 && m.neyman == 0 && m.ft2 == 0 && m.g2 == 0 && m.hellinger == 0);
    assert_true(m.jsd < 1e-15 && m.z_share == 0 && m.unfilled == 0 && m.unwanted == 0);
    near(m.r2, 1);
}

/* Nobody where some are wanted, and some where nobody is. */
static void cells_of_zero(void **state) {
    (void)state;
    static const double t[] = {50, 50, 0}, s[] = {100, 0, 0}, u[] = {50, 40, 10};
    metrics m;
    metrics_make(t, s, 3, 0, &m);
    assert_int_equal(m.unfilled, 1);
    near(m.chi2, 100);
    near(m.neyman, 25);
    near(m.g2, 200 * logl(2));
    near(m.hellinger, sqrtl(1 - sqrtl(0.5L)));
    metrics_make(t, u, 3, 0, &m);
    near(m.unwanted, 10);
    near(m.chi2, 2);
    near(m.z_share, 2 / 3.0L); /* 10 of 50 at sd 5, and the cell of nobody */
    assert_true(isinf(metrics_z(0, 1, 10, 0)) && metrics_z(0, 0, 10, 0) == 0);
    /* apart in everything: the largest distances there are */
    static const double left[] = {10, 0}, right[] = {0, 10};
    metrics_make(left, right, 2, 0, &m);
    near(m.hellinger, 1);
    near(m.jsd, 1);
    near(m.pdiff, 1);
}

typedef struct slow {
    long double tae, sq, chi2, neyman, ft2, g2, bc, jsd, most;
    uint32_t beyond;
} slow;

static slow slowly(const double *t, const double *s, uint32_t n, long double noise) {
    slow x = {0};
    long double sum_t = 0, sum_s = 0;
    for (uint32_t i = 0; i < n; i++) sum_t += t[i], sum_s += s[i];
    for (uint32_t i = 0; i < n; i++) {
        long double a = t[i], b = s[i], p = a / sum_t, q = b / sum_s, mid = (p + q) / 2;
        x.tae += fabsl(a - b);
        x.sq += powl(a - b, 2);
        if (a > 0) x.chi2 += powl(b - a, 2) / a;
        if (b > 0) x.neyman += powl(b - a, 2) / b;
        x.ft2 += 4 * powl(sqrtl(b) - sqrtl(a), 2);
        if (a > 0 && b > 0) x.g2 += 2 * b * logl(b / a);
        x.bc += sqrtl(p * q);
        if (p > 0) x.jsd += p * log2l(p / mid) / 2;
        if (q > 0) x.jsd += q * log2l(q / mid) / 2;
        if (fabsl(a - b) > x.most) x.most = fabsl(a - b);
        long double sd = sqrtl(sum_t * p * (1 - p) * (1 + noise));
        x.beyond += sd > 0 ? fabsl(b - a) / sd > 1.96L : b != a;
    }
    return x;
}

static void as_written_twice(void **state) {
    (void)state;
    for (uint64_t key = 1; key <= 400; key++) {
        double t[60], s[60];
        uint32_t n = 2 + (uint32_t)rng_below(rng_u64(key, 0, 0, 0, 0), 58);
        long double sum = 0, mean_t = 0, mean_s = 0, tt = 0, ss = 0, ts = 0;
        for (uint32_t i = 0; i < n; i++) {
            t[i] = (double)rng_below(rng_u64(key, 1, i, 0, 0), 200) *
                   (rng_below(rng_u64(key, 2, i, 0, 0), 5) ? 1 : 0);
            s[i] = (double)rng_below(rng_u64(key, 3, i, 0, 0), 200) *
                   (rng_below(rng_u64(key, 4, i, 0, 0), 5) ? 1 : 0);
        }
        t[0] = s[n - 1] = 17;
        for (uint32_t i = 0; i < n; i++)
            sum += t[i], mean_t += t[i] / (long double)n, mean_s += s[i] / (long double)n;
        for (uint32_t i = 0; i < n; i++)
            tt += powl(t[i] - mean_t, 2), ss += powl(s[i] - mean_s, 2), ts += (t[i] - mean_t) * (s[i] - mean_s);
        double noise = key % 2 ? 0 : 1.5;
        metrics m;
        metrics_make(t, s, n, noise, &m);
        slow x = slowly(t, s, n, (long double)noise);
        near(m.tae, x.tae);
        near(m.sae, x.tae / sum);
        near(m.pdiff, x.tae / (2 * sum));
        near(m.rmse, sqrtl(x.sq / n));
        near(m.srmse, sqrtl(x.sq / n) / (sum / n));
        near(m.chi2, x.chi2);
        near(m.neyman, x.neyman);
        near(m.ft2, x.ft2);
        near(m.g2, x.g2);
        near(m.jsd, x.jsd);
        near(m.hellinger * m.hellinger, 1 - x.bc);
        near(m.most, x.most);
        near(m.z_share, (long double)x.beyond / n);
        if (m.r2_known) near(m.r2, ts * ts / (tt * ss));
    }
}

/* V of a 2 x 2 table is |phi|; a diagonal has 1, a product 0, whatever rows stand empty beside it. */
static void cramers_v(void **state) {
    (void)state;
    static const double two[] = {30, 10, 20, 40}, product[] = {2, 4, 6, 3, 6, 9};
    static const double diagonal[] = {5, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 4};
    near(metrics_cramer(two, 2, 2), (30 * 40 - 10 * 20) / sqrtl(40.0L * 60 * 50 * 50));
    near(metrics_cramer(product, 2, 3), 0);
    near(metrics_cramer(diagonal, 4, 3), 1);
    near(metrics_cramer(two, 1, 4), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),          cmocka_unit_test(nothing_differs), cmocka_unit_test(cells_of_zero),
        cmocka_unit_test(as_written_twice), cmocka_unit_test(cramers_v),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* num.c: log, exp and the normal distribution from + - * / sqrt and bit patterns alone.
 *
 * IEEE 754 fixes the result of each of these operations, and -ffp-contract=off keeps the compiler from fusing
 * them, so every machine gives the same bits. Sums are short series whose length is fixed by the range of the
 * argument.
 */
#include "pipeline/base/base.h"

#include <math.h>
#include <string.h>

/* ln 2 in two parts: the first has 21 zero bits at its end, so k * LN2_HIGH is exact for |k| < 2^21 */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33

static uint64_t bits_of(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double of_bits(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* x = 2^k m with sqrt(1/2) <= m < sqrt(2); ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716. */
double num_log(double x) {
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t u = bits_of(x);
    k += (int)(u >> 52) - 1023;
    double m = of_bits((u & 0xFFFFFFFFFFFFFu) | 1023ull << 52);
    if (m >= 0x1.6a09e667f3bcdp0) {
        m *= 0.5;
        k++;
    }
    double s = (m - 1) / (m + 1), w = s * s, sum = 0;
    for (int i = 25; i >= 3; i -= 2) sum = (sum + 1.0 / i) * w;
    return k * LN2_HIGH + (2 * s + (2 * s * sum + k * LN2_LOW));
}

/* x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor series. */
double num_exp(double x) {
    if (x < -700) return 0;
    if (x > 700) x = 700;
    int k = (int)(x * 0x1.71547652b82fep0 + (x < 0 ? -0.5 : 0.5));
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 1;
    for (int i = 14; i >= 1; i--) sum = 1 + sum * r / i;
    return sum * of_bits((uint64_t)(k + 1023) << 52);
}

#define INV_SQRT_2PI 0x1.9884533d43651p-2

/* P(Z > z) for z >= 3: Laplace's continued fraction of Mills' ratio, 30 levels. */
static double upper_tail(double z) {
    double below = z;
    for (int i = 30; i >= 1; i--) below = z + i / below;
    return INV_SQRT_2PI * num_exp(-0.5 * z * z) / below;
}

/* P(0 < Z < z) for 0 <= z < 3: density times z + z^3/3 + z^5/15 + ..., all terms positive. */
static double middle_part(double z) {
    double term = z, sum = z;
    for (int i = 3; term > sum * 1e-17; i += 2) {
        term *= z * z / i;
        sum += term;
    }
    return INV_SQRT_2PI * num_exp(-0.5 * z * z) * sum;
}

double num_normal_cdf(double z) {
    if (z <= -3) return upper_tail(-z);
    if (z >= 3) return 1 - upper_tail(z);
    return z < 0 ? 0.5 - middle_part(-z) : 0.5 + middle_part(z);
}

static double polynomial(const double c[8], double x) {
    double sum = c[7];
    for (int i = 6; i >= 0; i--) sum = sum * x + c[i];
    return sum;
}

/* M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
 * (1988), PPND16: a quotient of polynomials for the middle, the tails and the far tails. */
static const double as241[3][2][8] = {
    {{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
     {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
      3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}},
    {{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2,
      7.74545014278341407640e-4},
     {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9}},
    {{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
      2.01033439929228813265e-7},
     {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15}},
};

double num_normal_inv(double p) {
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(as241[0][0], r) / polynomial(as241[0][1], r);
    }
    double r = sqrt(-num_log(q < 0 ? p : 1 - p));
    int far = r > 5;
    r -= far ? 5 : 1.6;
    double z = polynomial(as241[1 + far][0], r) / polynomial(as241[1 + far][1], r);
    return q < 0 ? -z : z;
}

/* normal_part.c: the part of the standard normal distribution between two scores. Above the mean the upper
 * tails are taken, whose small numbers keep their digits.
 */
#include "taxonomy/plan/plan.h"

#define BELOW_ONE 0x1.fffffffffffffp-1

normal_part normal_part_of(double from, double to) {
    bool flip = from > 0;
    return (normal_part){num_normal_cdf(flip ? -to : from), num_normal_cdf(flip ? -from : to), flip};
}

double normal_part_at(const normal_part *t, double u) {
    double p = t->low + (t->flip ? 1 - u : u) * (t->high - t->low);
    if (p < 1e-300) p = 1e-300;
    if (p > BELOW_ONE) p = BELOW_ONE;
    double z = num_normal_inv(p);
    return t->flip ? -z : z;
}

/* share_out.c: whole persons from shares: largest remainder, in exact integers.
 *
 * Equal remainders are told apart by a keyed hash and not by place: with fewer persons than cells the first
 * cells of the file would else get them all.
 */
#include "taxonomy/solve/solve.h"

#include <stdlib.h>

typedef struct remainder {
    uint64_t rest, tie;
    uint32_t at;
} remainder;

static int by_rest(const void *a, const void *b) {
    const remainder *x = a, *y = b;
    if (x->rest != y->rest) return x->rest < y->rest ? 1 : -1;
    if (x->tie != y->tie) return x->tie < y->tie ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void share_out(uint64_t total, const uint64_t *mass, uint32_t n, uint64_t key, uint64_t *out) {
    uint64_t sum = 0, given = 0;
    for (uint32_t i = 0; i < n; i++) sum += mass[i];
    remainder *list = xmalloc(sizeof *list * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) {
        unsigned __int128 ideal = (unsigned __int128)total * mass[i];
        out[i] = (uint64_t)(ideal / sum);
        given += out[i];
        list[i] = (remainder){(uint64_t)(ideal % sum), rng_u64(key, i, 0, 0, 0), i};
    }
    /* fewer are left than there are remainders above 0 */
    if (given < total) qsort(list, n, sizeof *list, by_rest);
    for (uint64_t i = 0; given < total; i++, given++) out[list[i].at]++;
    free(list);
}

/* The least power of ten that makes all weights whole, and their sum less than 2^61; 0: none. */
static double whole_scale(const double *weight, uint32_t n) {
    double scale = 1;
    for (int places = 0; places <= 9; places++, scale *= 10) {
        bool fits = true;
        double sum = 0;
        for (uint32_t i = 0; i < n && fits; i++) {
            double x = weight[i] * scale;
            sum += x;
            if (!(x < 1e15) || sum > 2e18) return 0;
            double off = x - (double)(uint64_t)(x + 0.5);
            fits = off < 1e-6 && off > -1e-6;
        }
        if (fits) return scale;
    }
    return 0;
}

void mass_of(const double *weight, uint32_t n, uint64_t *mass) {
    double sum = 0, scale = whole_scale(weight, n);
    for (uint32_t i = 0; i < n; i++) sum += weight[i];
    if (scale == 0) scale = sum > 0 ? 0x1p48 / sum : 0;
    for (uint32_t i = 0; i < n; i++) {
        mass[i] = (uint64_t)(weight[i] * scale + 0.5);
        if (!mass[i] && weight[i] > 0) mass[i] = 1;
    }
}

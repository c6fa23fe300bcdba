/* calibrate.h: how fast the machine is just now, to be printed beside a figure. */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include "pipeline/base/base.h"

#include <stdio.h>

/* Multiplications and additions that depend on one another: nanoseconds each. */
static inline double calibrate(void) {
    uint64_t x = 1, start = clock_ns();
    for (uint32_t i = 0; i < 20000000; i++) x = x * 6364136223846793005u + 1;
    double ns = (double)(clock_ns() - start) / 20000000;
    return x ? ns : 0;
}
static inline void calibrate_print(void) {
    printf("calibration: %.2f ns a dependent multiplication and addition\n", calibrate());
}

#endif

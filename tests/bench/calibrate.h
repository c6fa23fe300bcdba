/* calibrate.h: how fast the machine is just now, to be printed beside a figure. */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Of this thread alone: what others do on the machine shows less. */
static inline double own_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Multiplications and additions that depend on one another. */
static inline void calibrate_print(void) {
    double start = own_seconds();
    uint64_t x = 1;
    for (uint32_t i = 0; i < 20000000; i++) x = x * 6364136223846793005u + 1;
    double ns = (own_seconds() - start) * 50;
    printf("calibration: %.2f ns a dependent multiplication and addition\n", x ? ns : 0);
}

#endif

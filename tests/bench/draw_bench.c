/* draw_bench: skeletons, and attributes of them, that one core draws in a second of its own time. usage:
 * draw_bench POPULATION [N] */
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/pipeline.h"
#include "tests/bench/calibrate.h"

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    design g;
    diags d;
    err e = {0};
    diags_init(&d);
    double t0 = own_seconds();
    if (!design_load(&g, argv[1], NULL, 0, n, 1, &d, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    double t1 = own_seconds();
    arena *mem = arena_new(0);
    drawer *w = drawer_new(g.plan);
    for (uint64_t slot = 0; slot < n; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g.pop, mem);
        if (!drawer_skeleton(w, slot, 0, &r, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
    }
    double s = own_seconds() - t1;
    printf("load and plan            %8.1f ms   (%u cells, %u attributes)\n", (t1 - t0) * 1e3,
           plan_cells(g.plan), g.pop->draws);
    printf("skeletons                %8.0f /s\n", (double)n / s);
    printf("attributes               %8.2f million/s\n", (double)n * g.pop->draws / s / 1e6);
    calibrate_print();
    drawer_free(w);
    arena_free(mem);
    design_free(&g);
    diags_free(&d);
    return 0;
}

/* draw_bench: skeletons a second. usage: draw_bench POPULATION [N] */
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/pipeline.h"

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    design g;
    diags d;
    err e = {0};
    diags_init(&d);
    uint64_t t0 = clock_ns();
    if (!design_load(&g, argv[1], NULL, 0, n, 1, &d, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    uint64_t t1 = clock_ns();
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
    double s = (double)(clock_ns() - t1) / 1e9;
    printf("load and plan            %8.1f ms   (%u cells, %u attributes)\n", (double)(t1 - t0) / 1e6,
           plan_cells(g.plan), g.pop->draws);
    printf("skeletons                %8.0f /s\n", (double)n / s);
    drawer_free(w);
    arena_free(mem);
    design_free(&g);
    diags_free(&d);
    return 0;
}

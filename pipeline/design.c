/* design.c: population, rules and plan together, from a file or from the frozen copy of a run. */
#include <stdio.h>
#include <string.h>
#include "pipeline/pipeline.h"

bool design_load(design *g, const char *path, const char *const *sets, size_t nsets, uint64_t n, uint64_t seed,
                 diags *d, err *e) {
    *g = (design){0};
    g->pop = population_load(path, sets, nsets, d);
    if (g->pop) g->rules = rules_compile(g->pop, d);
    bool ok = g->rules && population_finish(g->pop, d) && d->errors == 0;
    if (ok && n > 0) {
        g->plan = plan_make(g->pop, n, seed, d);
        ok = g->plan != NULL;
    }
    if (ok) {
        g->run = run_hash(g->pop->hash, seed);
        return true;
    }
    diags_sort(d);
    if (diags_err(d, e)) err_set(e, ERR_POPULATION, NULL, "%s cannot be used", path);
    design_free(g);
    return false;
}

bool design_extend(design *g, uint64_t n, diags *d, err *e) {
    g->plan = plan_extend(g->plan, n, d);
    if (g->plan) return true;
    diags_sort(d);
    diags_err(d, e);
    design_free(g);
    return false;
}

bool design_open(design *g, const char *dir, run_json *rj, err *e) {
    if (!run_json_read(dir, rj, e)) return false;
    char path[4200];
    snprintf(path, sizeof path, "%s/population/population.json", dir);
    diags d;
    diags_init(&d);
    bool ok = design_load(g, path, NULL, 0, rj->part[0].n, rj->seed, &d, e);
    for (uint32_t i = 1; ok && i < rj->parts; i++) ok = design_extend(g, rj->part[i].n, &d, e);
    diags_free(&d);
    if (!ok) return false;
    if (hash_eq(g->pop->hash, rj->population)) return true;
    char a[33], b[33];
    hash_hex(g->pop->hash, a);
    hash_hex(rj->population, b);
    err_set(e, ERR_FORMAT, "restore the folder from a copy",
            "%s/population has hash %s, run.json says %s: it was changed", dir, a, b);
    design_free(g);
    return false;
}

void design_free(design *g) {
    plan_free(g->plan);
    rules_free(g->rules);
    population_free(g->pop);
    *g = (design){0};
}

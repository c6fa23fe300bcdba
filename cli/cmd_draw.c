/* cmd_draw.c */
#include <stdio.h>
#include "cli/cli.h"

static const char usage[] =
    "populace draw FILE -n|--n N [--from SLOT] [--count K] [--seed S] [--set a.b=VALUE]...\n"
    "Skeletons, the attributes that the engine draws, as JSON lines; no model is asked. N: 1000. --from and\n"
    "--count: K slots from SLOT on, else all.\n";

extern const command command_draw;

static int draw_run(int argc, char **argv) {
    opt_list set = {0}, rest;
    uint64_t n = 1000, seed = 1, from = 0, count = UINT64_MAX;
    const opt table[] = {
        {"--n", "-n", OPT_COUNT, &n, NULL, "POPULACE_N"},
        {"--seed", NULL, OPT_COUNT, &seed, NULL, "POPULACE_SEED"},
        {"--set", NULL, OPT_LIST, &set, NULL, NULL},
        {"--from", NULL, OPT_COUNT, &from, NULL, NULL},
        {"--count", NULL, OPT_COUNT, &count, NULL, NULL},
    };
    int status = options_read(&command_draw, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_draw, "name one population file");
    if (n == 0) return usage_error(&command_draw, "-n 0: at least one");
    pop_source src = {rest.item[0], set.item, set.n};
    pop_error e;
    status = pop_draw(&src, n, seed, from, count, data_sink(), &e);
    return status ? fail(&e) : 0;
}

const command command_draw = {"draw", "skeletons without a model, as JSON lines", usage, draw_run};

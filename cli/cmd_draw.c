/* cmd_draw.c */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace draw FILE -n|--n N [--extend N2] [--from SLOT] [--count K] [--seed S] [--set a.b=VALUE]...\n"
    "              [--soft TABLE[=WEIGHT]]... [--scale] [--single-shot]\n"
    "Skeletons, the attributes that the engine draws, as JSON lines; no model is asked. N: 1000. --from and\n"
    "--count: K slots from SLOT on, else all. --extend: as `populace plan` has it.\n";

extern const command command_draw;

static int draw_run(int argc, char **argv) {
    source_options source = {0};
    opt_list rest;
    uint64_t n = 1000, extend = 0, seed = 1, from = 0, count = UINT64_MAX;
    const opt own[] = {
        {"--n", "-n", OPT_COUNT, &n, NULL, "POPULACE_N"},
        {"--seed", NULL, OPT_COUNT, &seed, NULL, "POPULACE_SEED"},
        {"--extend", NULL, OPT_COUNT, &extend, NULL, NULL},
        {"--from", NULL, OPT_COUNT, &from, NULL, NULL},
        {"--single-shot", NULL, OPT_FLAG, &source.single_shot, NULL, NULL},
        {"--count", NULL, OPT_COUNT, &count, NULL, NULL},
    };
    opt table[SOURCE_OPTS + sizeof own / sizeof *own];
    source_opts(&source, table);
    memcpy(table + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_draw, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_draw, "name one population file");
    if (n == 0) return usage_error(&command_draw, "-n 0: at least one");
    if (extend && extend <= n) return usage_error(&command_draw, "--extend names the new total, more than -n");
    pop_source src;
    pop_error e;
    status = source_of(&command_draw, &source, rest.item[0], &src);
    if (!status) {
        status = pop_draw(&src, n, extend, seed, from, count, data_sink(), &e);
        if (status) fail(&e);
    }
    source_options_free(&source);
    return status;
}

const command command_draw = {"draw", "skeletons without a model, as JSON lines", usage, draw_run};

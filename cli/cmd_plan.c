/* cmd_plan.c */
#include <stdio.h>
#include "cli/cli.h"

static const char usage[] =
    "populace plan FILE -n|--n N [--seed S] [--set a.b=VALUE]... [--cells] [--json]\n"
    "Cells, exact quotas, calls and tokens to expect; no model is asked. N: 1000. --cells lists every cell.\n";

extern const command command_plan;

static int plan_run(int argc, char **argv) {
    opt_list set = {0}, rest;
    bool json = false, cells = false;
    uint64_t n = 1000, seed = 1;
    const opt table[] = {
        {"--n", "-n", OPT_COUNT, &n, NULL, "POPULACE_N"},
        {"--seed", NULL, OPT_COUNT, &seed, NULL, "POPULACE_SEED"},
        {"--set", NULL, OPT_LIST, &set, NULL, NULL},
        {"--cells", NULL, OPT_FLAG, &cells, NULL, NULL},
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
    };
    int status = options_read(&command_plan, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_plan, "name one population file");
    if (n == 0) return usage_error(&command_plan, "-n 0: at least one");
    pop_source src = {rest.item[0], set.item, set.n};
    pop_error e;
    status =
        pop_plan(&src, n, seed, cells, json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_plan = {"plan", "cells, quotas, calls and tokens of N personas", usage, plan_run};

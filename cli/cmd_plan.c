/* cmd_plan.c */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace plan FILE -n|--n N [--extend N2] [--seed S] [--set a.b=VALUE]... [--soft TABLE[=WEIGHT]]... "
    "[--scale] [--single-shot] "
    "[--cells]\n"
    "              [--round-report] [--json]\n"
    "Cells, exact quotas, calls and tokens to expect; no model is asked. N: 1000. --cells lists every cell.\n"
    "--extend: N2 persons, of whom the first N are those of a plan of N: exact for all of them.\n"
    "--round-report: what rounding to whole persons does to each table. --soft: a table need not be exact. "
    "--scale:\n"
    "tables may have any sum. Exit status 3: the tables cannot be met, with the proof.\n";

extern const command command_plan;

static int plan_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest;
    bool json = false;
    pop_plan_options o = {.n = 1000, .seed = 1};
    const opt own[] = {
        {"--n", "-n", OPT_COUNT, &o.n, NULL, "POPULACE_N"},
        {"--extend", NULL, OPT_COUNT, &o.extend, NULL, NULL},
        {"--seed", NULL, OPT_COUNT, &o.seed, NULL, "POPULACE_SEED"},
        {"--single-shot", NULL, OPT_FLAG, &from.single_shot, NULL, NULL},
        {"--cells", NULL, OPT_FLAG, &o.cells, NULL, NULL},
        {"--round-report", NULL, OPT_FLAG, &o.rounding, NULL, NULL},
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
    };
    opt table[SOURCE_OPTS + sizeof own / sizeof *own];
    source_opts(&from, table);
    memcpy(table + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_plan, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_plan, "name one population file");
    if (o.n == 0) return usage_error(&command_plan, "-n 0: at least one");
    if (o.extend && o.extend <= o.n)
        return usage_error(&command_plan, "--extend names the new total, more than -n");
    pop_source src;
    pop_error e;
    status = source_of(&command_plan, &from, rest.item[0], &src);
    o.form = json ? POP_JSON : POP_TEXT;
    if (!status) {
        status = pop_plan(&src, &o, json ? data_sink() : text_sink(false), &e);
        if (status) fail(&e);
    }
    source_options_free(&from);
    return status;
}

const command command_plan = {"plan", "cells, quotas, calls and tokens of N personas", usage, plan_run};

/* cmd_fit.c */
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace fit FILE... --population P [--map HEADER=REF]... [--recode HEADER:CELL=VALUE]... [--pair "
    "REF,REF]...\n"
    "             [--each] [--fail-above SAE] [--draws K] [--worst W] [--seed S] [--set a.b=VALUE]...\n"
    "             [--soft TABLE[=WEIGHT]]... [--scale] [--json]\n"
    "How near the records of others are to a population. FILE: JSON lines, a JSON array or CSV, plain or .zst; "
    "or a "
    "run directory.\n"
    "Tables are compared with the plan of as many persons as could be placed, attributes and pairs with K "
    "drawn "
    "personas (50k).\n"
    "--each compares every file by itself. --fail-above ends with 3 if a table's SAE is higher.\n";

extern const command command_fit;

static int fit_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest, map = {0}, recode = {0}, pair = {0};
    const char *population = NULL;
    bool json = false, above = false;
    pop_fit_options o;
    pop_fit_options_default(&o);
    const opt own[] = {
        {"--population", "-P", OPT_TEXT, &population, NULL, NULL},
        {"--map", NULL, OPT_LIST, &map, NULL, NULL},
        {"--recode", NULL, OPT_LIST, &recode, NULL, NULL},
        {"--pair", NULL, OPT_LIST, &pair, NULL, NULL},
        {"--each", NULL, OPT_FLAG, &o.each, NULL, NULL},
        {"--fail-above", NULL, OPT_MONEY, &o.fail_above, &above, NULL},
        {"--draws", NULL, OPT_COUNT, &o.draws, NULL, NULL},
        {"--worst", NULL, OPT_NUMBER, &o.worst, NULL, NULL},
        {"--seed", NULL, OPT_COUNT, &o.seed, NULL, "POPULACE_SEED"},
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
    };
    opt table[SOURCE_OPTS + sizeof own / sizeof *own];
    source_opts(&from, table);
    memcpy(table + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_fit, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (!rest.n) return usage_error(&command_fit, "name a file of records");
    if (!population)
        return usage_error(&command_fit, "--population is missing: what the records should be like");
    if (pair.n && !o.draws) return usage_error(&command_fit, "--pair needs --draws above 0");
    o.corpus = (pop_corpus){rest.item, rest.n, map.item, map.n, recode.item, recode.n};
    o.pair = pair.item;
    o.pairs = pair.n;
    pop_error e;
    status = source_of(&command_fit, &from, population, &o.source);
    if (!status) {
        status = pop_fit(&o, json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
        if (status) fail(&e);
    }
    source_options_free(&from);
    return status;
}

const command command_fit = {"fit", "how near the records of others are to a population", usage, fit_run};

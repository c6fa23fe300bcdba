/* cmd_subsample.c */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace subsample FILE... --population P -n|--n N [-o|--out FILE] [--map HEADER=REF]...\n"
    "                   [--recode HEADER:CELL=VALUE]... [--unique] [--seed S] [--set a.b=VALUE]...\n"
    "                   [--soft TABLE[=WEIGHT]]... [--scale] [--json]\n"
    "N of the records of others, as they stand and in their order, so that every hard table of P is exact. "
    "FILE: JSON "
    "lines, a\n"
    "JSON array or CSV, plain or .zst. 3 and nothing written if no subset is: the cells that ask for more than "
    "there "
    "is are named.\n"
    "-o FILE is packed if it ends in .zst; without it records go to stdout. --unique: of equal lines only the "
    "first. "
    "--json: the\n"
    "quotas asked, there and got, on stdout; needs -o.\n";

extern const command command_subsample;

/* The report, where stdout carries the records. */
static bool talk(void *arg, const char *p, size_t n) {
    char line[4096];
    (void)arg;
    for (const char *end; n && (end = memchr(p, '\n', n)); n -= (size_t)(end - p) + 1, p = end + 1) {
        snprintf(line, sizeof line, "%.*s", (int)(end - p), p);
        say_line(NULL, line);
    }
    return true;
}

static int subsample_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest, map = {0}, recode = {0};
    const char *population = NULL;
    bool json = false, sized = false;
    pop_subsample_options o = {.seed = 1};
    const opt own[] = {
        {"--population", "-P", OPT_TEXT, &population, NULL, NULL},
        {"--n", "-n", OPT_COUNT, &o.n, &sized, "POPULACE_N"},
        {"--out", "-o", OPT_TEXT, &o.path, NULL, NULL},
        {"--map", NULL, OPT_LIST, &map, NULL, NULL},
        {"--recode", NULL, OPT_LIST, &recode, NULL, NULL},
        {"--unique", NULL, OPT_FLAG, &o.unique, NULL, NULL},
        {"--seed", NULL, OPT_COUNT, &o.seed, NULL, "POPULACE_SEED"},
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
    };
    opt table[SOURCE_OPTS + sizeof own / sizeof *own];
    source_opts(&from, table);
    memcpy(table + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_subsample, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (!rest.n) return usage_error(&command_subsample, "name a file of records");
    if (!population)
        return usage_error(&command_subsample, "--population is missing: whose quotas are to be met");
    if (!sized || !o.n) return usage_error(&command_subsample, "-n N is missing: how many records");
    if (json && !o.path)
        return usage_error(&command_subsample, "--json needs -o FILE: stdout carries the records");
    o.corpus = (pop_corpus){rest.item, rest.n, map.item, map.n, recode.item, recode.n};
    pop_error e;
    pop_sink report = json ? data_sink() : o.path ? text_sink(false) : (pop_sink){NULL, talk};
    status = source_of(&command_subsample, &from, population, &o.source);
    if (!status) {
        status = pop_subsample(&o, json ? POP_JSON : POP_TEXT, data_sink(), report, &e);
        if (status) fail(&e);
    }
    source_options_free(&from);
    return status;
}

const command command_subsample = {"subsample", "records of others that meet a population's quotas", usage,
                                   subsample_run};

/* cmd_check.c */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace check FILE [-n|--n N] [--set a.b=VALUE]... [--soft TABLE[=WEIGHT]]... [--scale] [--single-shot]\n"
    "               [--json] [--llm URL|embedded]... [--judge URL]... [model options]\n"
    "Lints a population file: every error with file, line, column, code, value and a hint, on stdout. N: "
    "persons of\n"
    "the trial plan, 300. With --llm or --judge, the endpoints too. Model options: --model M --model-file "
    "GGUF\n"
    "--key-env NAME and others, see `populace run --help`.\n";

extern const command command_check;

static int check_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest;
    bool json = false;
    model_options m = {0};
    uint64_t n = 0;
    bool given = false;
    const opt own[] = {
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
        {"--n", "-n", OPT_COUNT, &n, &given, NULL},
        {"--single-shot", NULL, OPT_FLAG, &from.single_shot, NULL, NULL},
    };
    opt table[MODEL_OPTS + SOURCE_OPTS + sizeof own / sizeof *own];
    model_opts(&m, table);
    source_opts(&from, table + MODEL_OPTS);
    memcpy(table + MODEL_OPTS + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_check, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_check, "name one population file");
    if (given && !n) return usage_error(&command_check, "-n 0: at least one");
    pop_source src;
    pop_models models;
    pop_error e;
    status = source_of(&command_check, &from, rest.item[0], &src);
    if (!status) status = models_named(&command_check, &m, &models);
    if (!status) {
        status = pop_check(&src, n, models.endpoints ? &models : NULL, json ? POP_JSON : POP_TEXT,
                           json ? data_sink() : text_sink(false), &e);
        /* the diagnostics are the data; the sentence says that there are some */
        if (status) fail(&e);
    }
    source_options_free(&from);
    model_options_free(&m);
    return status;
}

const command command_check = {"check", "lint a population file; with --llm also the endpoints", usage,
                               check_run};

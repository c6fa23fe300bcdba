/* cmd_preview.c */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

static const char usage[] =
    "populace preview FILE [-n|--n 3] [--seed S] [--set a.b=VALUE]... [--soft TABLE[=WEIGHT]]... [--scale] "
    "[--single-shot]\n"
    "                 [-q|--quiet] [--json] [model options]\n"
    "A few personas with prompts, replies and findings shown; nothing is kept. --quiet shows only the "
    "personas.\n"
    "Model options: --llm URL|embedded --model M --model-file GGUF --judge URL --key-env NAME --key-file F and "
    "others,\n"
    "see `populace run --help`.\n";

extern const command command_preview;

static int preview_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest;
    bool json = false, quiet = false, color = color_wanted(STDOUT_FILENO);
    uint64_t n = 3, seed = 1;
    model_options m = {0};
    const opt own[] = {
        {"--n", "-n", OPT_COUNT, &n, NULL, NULL},
        {"--seed", NULL, OPT_COUNT, &seed, NULL, "POPULACE_SEED"},
        {"--single-shot", NULL, OPT_FLAG, &from.single_shot, NULL, NULL},
        {"--json", NULL, OPT_FLAG, &json, NULL, NULL},
        {"--quiet", "-q", OPT_FLAG, &quiet, NULL, NULL},
    };
    opt table[MODEL_OPTS + SOURCE_OPTS + sizeof own / sizeof *own];
    model_opts(&m, table);
    source_opts(&from, table + MODEL_OPTS);
    memcpy(table + MODEL_OPTS + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_preview, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_preview, "name one population file");
    if (n == 0) return usage_error(&command_preview, "-n 0: at least one");
    pop_source src;
    pop_models models;
    pop_error e;
    status = source_of(&command_preview, &from, rest.item[0], &src);
    if (!status) status = models_of(&command_preview, &m, &models);
    if (!status) {
        status = pop_preview(&src, &models, n, seed, !quiet && !json, json ? POP_JSON : POP_TEXT,
                             terminal_columns(STDOUT_FILENO), color, say_line, NULL,
                             json ? data_sink() : text_sink(color), &e);
        if (status) fail(&e);
    }
    source_options_free(&from);
    model_options_free(&m);
    return status;
}

const command command_preview = {"preview", "a few personas with prompts, replies and findings", usage,
                                 preview_run};

/* cmd_replay.c */
#include "cli/cli.h"

static const char usage[] = "populace replay DIR [-o|--out NEW] [--json]\n"
                            "Makes the shards once more from the reply log, without a model, and compares them "
                            "with what is sealed; -o keeps them.\n";

extern const command command_replay;

static int replay_run(int argc, char **argv) {
    opt_list rest;
    bool json = false;
    const char *to = NULL;
    const opt table[] = {{"--json", NULL, OPT_FLAG, &json, NULL, NULL},
                         {"--out", "-o", OPT_TEXT, &to, NULL, NULL}};
    int status = options_read(&command_replay, argc, argv, table, 2, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_replay, "name one run directory");
    pop_error e;
    status =
        pop_replay(rest.item[0], to, json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_replay = {"replay", "the shards again from the reply log, without a model", usage,
                                replay_run};

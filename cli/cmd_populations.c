/* cmd_populations.c */
#include "cli/cli.h"

static const char usage[] = "populace populations [--json]\nNames and titles of the built-in populations; a "
                            "name stands where a FILE does.\n";

extern const command command_populations;

static int populations_run(int argc, char **argv) {
    opt_list rest;
    bool json = false;
    const opt table[] = {{"--json", NULL, OPT_FLAG, &json, NULL, NULL}};
    int status = options_read(&command_populations, argc, argv, table, 1, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 0) return usage_error(&command_populations, "%s is one argument too many", rest.item[0]);
    pop_error e;
    status = pop_populations(json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_populations = {"populations", "the built-in populations", usage, populations_run};

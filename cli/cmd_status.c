/* cmd_status.c */
#include "cli/cli.h"

static const char usage[] =
    "populace status DIR [--json]\nNumbers of a run, now or as it ended, from its status.json.\n";

extern const command command_status;

static int status_run(int argc, char **argv) {
    opt_list rest;
    bool json = false;
    const opt table[] = {{"--json", NULL, OPT_FLAG, &json, NULL, NULL}};
    int status = options_read(&command_status, argc, argv, table, 1, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_status, "name one run directory");
    pop_error e;
    status =
        pop_status_read(rest.item[0], json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_status = {"status", "numbers of a run, now", usage, status_run};

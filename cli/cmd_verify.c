/* cmd_verify.c */
#include "cli/cli.h"

static const char usage[] = "populace verify DIR [--json]\n"
                            "Checksums, ids, quotas recounted from the shards, every rule but those of judges. "
                            "0, or 1 with what is wrong.\n";

extern const command command_verify;

static int verify_run(int argc, char **argv) {
    opt_list rest;
    bool json = false;
    const opt table[] = {{"--json", NULL, OPT_FLAG, &json, NULL, NULL}};
    int status = options_read(&command_verify, argc, argv, table, 1, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_verify, "name one run directory");
    pop_error e;
    status = pop_verify(rest.item[0], json ? POP_JSON : POP_TEXT, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_verify = {"verify", "checksums, ids, quotas, rules", usage, verify_run};

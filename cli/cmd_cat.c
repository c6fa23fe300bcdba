/* cmd_cat.c */
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

static const char usage[] =
    "populace cat DIR [--slot N] [--where KEY=VALUE]... [--limit K] [--as jsonl|card]\n"
    "Accepted personas in order, as JSON lines or as cards to read. KEY is a column or the path of an "
    "attribute.\n"
    "--slot shows that one, --limit the first K. Without ledger.db: what manifest.json lists as sealed.\n";

extern const command command_cat;

static int cat_run(int argc, char **argv) {
    opt_list rest, where = {0};
    const char *as = NULL;
    pop_cat_options o = {0};
    const opt table[] = {
        {"--slot", NULL, OPT_COUNT, &o.slot, &o.has_slot, NULL},
        {"--where", NULL, OPT_LIST, &where, NULL, NULL},
        {"--limit", NULL, OPT_COUNT, &o.limit, NULL, NULL},
        {"--as", NULL, OPT_TEXT, &as, NULL, NULL},
    };
    int status = options_read(&command_cat, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n != 1) return usage_error(&command_cat, "name one run directory");
    o.card = as && strcmp(as, "card") == 0;
    if (as && !o.card && strcmp(as, "jsonl") != 0)
        return usage_error(&command_cat, "--as %s: jsonl or card", as);
    o.where = where.item;
    o.wheres = where.n;
    o.columns = terminal_columns(STDOUT_FILENO);
    o.color = color_wanted(STDOUT_FILENO);
    o.say = say_line;
    pop_error e;
    status = pop_cat(rest.item[0], &o, o.card ? text_sink(o.color) : data_sink(), &e);
    return status ? fail(&e) : 0;
}

const command command_cat = {"cat", "personas as JSON lines or cards", usage, cat_run};

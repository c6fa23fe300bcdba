/* cmd_populations.c */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] = "populace populations [list] [--json]\n"
                            "populace populations show NAME|FILE [--json]\n"
                            "populace populations verify [NAME|FILE]... [--json]\n"
                            "populace populations export NAME -o|--out DIR\n"
                            "The built-in populations; a name stands where a FILE does. `show` tells where the "
                            "numbers of one come from,\n"
                            "`verify` tests sources, sums and plans of those named, or of all built in, "
                            "`export` copies one to a new folder\n"
                            "where it can be edited.\n";

extern const command command_populations;

typedef struct query {
    pop_form form;
    const char *out;
    const char *const *name;
    size_t names;
} query;

static int list(const query *q, pop_sink out, pop_error *e) {
    return pop_populations(q->form, out, e);
}

static int show(const query *q, pop_sink out, pop_error *e) {
    return pop_populations_show(q->name[0], q->form, out, e);
}

static int verify(const query *q, pop_sink out, pop_error *e) {
    return pop_populations_verify(q->name, q->names, q->form, out, e);
}

static int export(const query *q, pop_sink out, pop_error *e) {
    (void)out;
    int status = pop_populations_export(q->name[0], q->out, e);
    if (status == 0) fprintf(stderr, "%s/population.yaml: edit it, then `populace check` it\n", q->out);
    return status;
}

static const struct part {
    const char *name;
    size_t least, most; /* names behind it */
    bool out;           /* needs --out, which is of no use to the others */
    int (*run)(const query *q, pop_sink out, pop_error *e);
} parts[] = {
    {"list", 0, 0, false, list},
    {"show", 1, 1, false, show},
    {"verify", 0, LIST_MOST, false, verify},
    {"export", 1, 1, true, export},
};

static const struct part *part_named(const char *name) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) return &parts[i];
    return NULL;
}

static int populations_run(int argc, char **argv) {
    const command *c = &command_populations;
    opt_list rest;
    bool json = false;
    query q = {0};
    const opt table[] = {{"--json", NULL, OPT_FLAG, &json, NULL, NULL},
                         {"--out", "-o", OPT_TEXT, &q.out, NULL, NULL}};
    int status = options_read(c, argc, argv, table, 2, &rest);
    if (status) return status == 1 ? 0 : status;
    const struct part *p = rest.n ? part_named(rest.item[0]) : &parts[0];
    if (!p) return usage_error(c, "%s: list, show, verify or export", rest.item[0]);
    q.form = json ? POP_JSON : POP_TEXT;
    q.name = rest.item + 1;
    q.names = rest.n ? rest.n - 1 : 0;
    if (q.names < p->least) return usage_error(c, "%s: name one", p->name);
    if (q.names > p->most) return usage_error(c, "%s is one argument too many", q.name[p->most]);
    if (p->out && !q.out) return usage_error(c, "%s: -o DIR, a new folder", p->name);
    if (!p->out && q.out) return usage_error(c, "%s has no -o", p->name);
    if (p->out && json) return usage_error(c, "%s has no --json", p->name);
    pop_error e;
    status = p->run(&q, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_populations = {"populations", "the built-in populations: list, show, verify, export",
                                     usage, populations_run};

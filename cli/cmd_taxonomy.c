/* cmd_taxonomy.c: a table of what can be done with a tree of attributes. */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

static const char usage[] =
    "populace taxonomy tree POP|FILE [--depth D] [--under PATH] [--json]\n"
    "populace taxonomy stats POP|FILE [--json]\n"
    "populace taxonomy lint POP|FILE [--alike S] [--json]\n"
    "populace taxonomy import FILE.json -o|--out DIR|- [--fold] [--collapse] [--json]\n"
    "populace taxonomy merge A B [-o|--out DIR|-] [--alike S] [--json]\n"
    "Trees of attributes: of a population, of a file of attributes, or of names (nested JSON objects).\n"
    "`tree` shows kinds, domains and how many leaves are below, `stats` measures, `lint` says what is wrong: 1 "
    "if something is.\n"
    "`import` makes attributes of names: --fold merges siblings that differ in spelling, --collapse sections "
    "with "
    "their only child.\n"
    "`merge` lays B over A; --alike S makes siblings one from that similarity on.\n";

extern const command command_taxonomy;

typedef struct taxonomy_query {
    pop_form form;
    const char *const *file;
    size_t files;
    uint32_t depth;
    const char *under;
    double alike;
    const char *out;
    bool fold, collapse;
} taxonomy_query;

/* What an option is of use to, and whether it was given. */
enum { O_JSON, O_DEPTH, O_UNDER, O_ALIKE, O_OUT, O_FOLD, O_COLLAPSE, O_COUNT };
#define USES(o) (1u << (o))

static int tree_show(const taxonomy_query *q, pop_sink out, pop_error *e) {
    const pop_taxonomy_view view = {q->depth, q->under};
    return pop_taxonomy_tree(q->file[0], &view, q->form, out, e);
}

static int stats_show(const taxonomy_query *q, pop_sink out, pop_error *e) {
    return pop_taxonomy_stats(q->file[0], q->form, out, e);
}

static int lint_show(const taxonomy_query *q, pop_sink out, pop_error *e) {
    return pop_taxonomy_lint(q->file[0], q->alike, q->form, out, e);
}

/* Where the tree goes to stdout the report goes to stderr. */
static bool error_write(void *arg, const char *p, size_t n) {
    (void)arg;
    return fwrite(p, 1, n, stderr) == n;
}

static pop_sink report_sink(const taxonomy_query *q, pop_sink out) {
    return strcmp(q->out, "-") == 0 ? (pop_sink){NULL, error_write} : out;
}

static int import_make(const taxonomy_query *q, pop_sink out, pop_error *e) {
    const pop_taxonomy_import_options o = {q->out, q->collapse, q->fold, q->form};
    return pop_taxonomy_import(q->file[0], &o, out, report_sink(q, out), say_line, NULL, e);
}

static int merge_make(const taxonomy_query *q, pop_sink out, pop_error *e) {
    const pop_taxonomy_merge_options o = {q->out, q->alike, q->form};
    return pop_taxonomy_merge(q->file, &o, out, report_sink(q, out), say_line, NULL, e);
}

static const struct part {
    const char *name;
    size_t files;
    unsigned uses;
    int (*run)(const taxonomy_query *q, pop_sink out, pop_error *e);
} parts[] = {
    {"tree", 1, USES(O_JSON) | USES(O_DEPTH) | USES(O_UNDER), tree_show},
    {"stats", 1, USES(O_JSON), stats_show},
    {"lint", 1, USES(O_JSON) | USES(O_ALIKE), lint_show},
    {"import", 1, USES(O_JSON) | USES(O_OUT) | USES(O_FOLD) | USES(O_COLLAPSE), import_make},
    {"merge", 2, USES(O_JSON) | USES(O_OUT) | USES(O_ALIKE), merge_make},
};

static const struct part *part_named(const char *name) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) return &parts[i];
    return NULL;
}

static int taxonomy_run(int argc, char **argv) {
    const command *c = &command_taxonomy;
    opt_list rest;
    bool json = false, given[O_COUNT] = {false};
    taxonomy_query q = {0};
    const opt table[] = {
        [O_JSON] = {"--json", NULL, OPT_FLAG, &json, &given[O_JSON], NULL},
        [O_DEPTH] = {"--depth", NULL, OPT_NUMBER, &q.depth, &given[O_DEPTH], NULL},
        [O_UNDER] = {"--under", NULL, OPT_TEXT, &q.under, &given[O_UNDER], NULL},
        [O_OUT] = {"--out", "-o", OPT_TEXT, &q.out, &given[O_OUT], NULL},
        [O_FOLD] = {"--fold", NULL, OPT_FLAG, &q.fold, &given[O_FOLD], NULL},
        [O_COLLAPSE] = {"--collapse", NULL, OPT_FLAG, &q.collapse, &given[O_COLLAPSE], NULL},
        [O_ALIKE] = {"--alike", NULL, OPT_MONEY, &q.alike, &given[O_ALIKE], NULL},
    };
    int status = options_read(c, argc, argv, table, O_COUNT, &rest);
    if (status) return status == 1 ? 0 : status;
    const struct part *p = rest.n ? part_named(rest.item[0]) : NULL;
    if (!p)
        return usage_error(c, "%s: tree, stats, lint, import or merge",
                           rest.n ? rest.item[0] : "what is to be done");
    for (size_t i = 0; i < O_COUNT; i++)
        if (given[i] && !(p->uses & USES(i))) return usage_error(c, "%s has no %s", p->name, table[i].name);
    if (p->run == merge_make && !q.out) q.out = "-";
    if ((p->uses & USES(O_OUT)) && !q.out) return usage_error(c, "%s: -o DIR, a new folder, or -o -", p->name);
    q.form = json ? POP_JSON : POP_TEXT;
    q.file = rest.item + 1;
    q.files = rest.n - 1;
    if (q.files < p->files)
        return usage_error(c, "%s: name %s", p->name, p->files == 2 ? "two files" : "a population or a file");
    if (q.files > p->files) return usage_error(c, "%s is one argument too many", q.file[p->files]);
    pop_error e;
    status = p->run(&q, json ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

const command command_taxonomy = {"taxonomy", "trees of attributes: tree, stats, lint, import, merge", usage,
                                  taxonomy_run};

/* cmd_taxonomy.c: a table of what can be done with a tree of attributes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

static const char usage[] =
    "populace taxonomy tree POP|FILE [--depth D] [--under PATH] [--json]\n"
    "populace taxonomy stats POP|FILE [--json]\n"
    "populace taxonomy lint POP|FILE [--alike S] [--json]\n"
    "populace taxonomy import FILE.json -o|--out DIR|- [--fold] [--collapse] [--json]\n"
    "populace taxonomy merge A B [-o|--out DIR|-] [--alike S] [--json]\n"
    "populace taxonomy mine FILE -o|--out DIR [--category NAME]... [--pairs K] [--seed S] [model options] "
    "[--json]\n"
    "Trees of attributes: of a population, of a file of attributes, or of names (nested JSON objects).\n"
    "`tree` shows kinds, domains and how many leaves are below, `stats` measures, `lint` says what is wrong: 1 "
    "if something is.\n"
    "`import` makes attributes of names: --fold merges siblings that differ in spelling, --collapse sections "
    "with "
    "their only child.\n"
    "`merge` lays B over A; --alike S makes siblings one from that similarity on.\n"
    "`mine` makes a taxonomy of conversations with a model; the same command goes on. Model options are those "
    "of `run`.\n";

extern const command command_taxonomy;

typedef struct taxonomy_query {
    pop_form form;
    const char *const *file;
    size_t files;
    uint32_t depth;
    const char *under;
    double alike;
    bool alike_given;
    const char *out;
    bool fold, collapse;
    opt_list category;
    uint64_t pairs, seed;
    pop_models use;
} taxonomy_query;

/* What an option is of use to, and whether it was given. */
enum { O_JSON, O_DEPTH, O_UNDER, O_ALIKE, O_OUT, O_FOLD, O_COLLAPSE, O_CATEGORY, O_PAIRS, O_SEED, O_COUNT };
enum { O_MODELS = O_COUNT }; /* those of model_opts stand behind */
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

/* Where the tree goes to stdout the report goes to stderr, line by line, safely. */
static bool error_write(void *arg, const char *p, size_t n) {
    char *copy = strndup(p, n), *rest = copy, *line;
    while (rest && (line = strsep(&rest, "\n")))
        if (rest || *line) say_line(arg, line);
    free(copy);
    return copy != NULL;
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

static volatile sig_atomic_t stops;

/* The first one lets calls end, the second one does not wait. */
static void on_signal(int sig) {
    (void)sig;
    if (stops++) _exit(75);
}

static int mine_make(const taxonomy_query *q, pop_sink out, pop_error *e) {
    pop_taxonomy_mine_options o;
    pop_taxonomy_mine_options_default(&o);
    o.stop = &stops;
    o.file = q->file[0];
    o.dir = q->out;
    o.category = q->category.item;
    o.categories = q->category.n;
    o.pairs = q->pairs;
    o.seed = q->seed;
    o.models = q->use;
    struct sigaction a = {.sa_handler = on_signal};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    return pop_taxonomy_mine(&o, q->form, out, say_line, NULL, e);
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
    {"mine", 1, USES(O_JSON) | USES(O_OUT) | USES(O_CATEGORY) | USES(O_PAIRS) | USES(O_SEED) | USES(O_MODELS),
     mine_make},
};

static const struct part *part_named(const char *name) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) return &parts[i];
    return NULL;
}

static int arguments_refuse(const command *c, const struct part *p, const taxonomy_query *q) {
    if ((p->uses & USES(O_OUT)) && !q->out)
        return usage_error(c, "%s: -o DIR, a new folder%s", p->name, p->run == mine_make ? "" : ", or -o -");
    if (p->run == mine_make && strcmp(q->out, "-") == 0)
        return usage_error(c, "mine: -o DIR: replies are kept there");
    if (q->files < p->files)
        return usage_error(c, "%s: name %s", p->name, p->files == 2 ? "two files" : "a population or a file");
    if (q->alike_given && !(q->alike > 0 && q->alike <= 1))
        return usage_error(c, "--alike: a similarity above 0, at most 1");
    if (q->files > p->files) return usage_error(c, "%s is one argument too many", q->file[p->files]);
    return 0;
}

static int part_run(const struct part *p, taxonomy_query *q, model_options *models) {
    const command *c = &command_taxonomy;
    if (p->run == merge_make && !q->out) q->out = "-";
    int status = arguments_refuse(c, p, q);
    if (!status && (p->uses & USES(O_MODELS))) status = models_of(c, models, &q->use);
    if (status) return status;
    pop_error e;
    bool data = q->form == POP_JSON || (q->out && strcmp(q->out, "-") == 0);
    status = p->run(q, data ? data_sink() : text_sink(false), &e);
    return status ? fail(&e) : 0;
}

static int taxonomy_run(int argc, char **argv) {
    const command *c = &command_taxonomy;
    opt_list rest;
    bool json = false, given[O_COUNT] = {false};
    taxonomy_query q = {.seed = 1};
    model_options models = {0};
    opt table[O_COUNT + MODEL_OPTS] = {
        [O_JSON] = {"--json", NULL, OPT_FLAG, &json, &given[O_JSON], NULL},
        [O_DEPTH] = {"--depth", NULL, OPT_NUMBER, &q.depth, &given[O_DEPTH], NULL},
        [O_UNDER] = {"--under", NULL, OPT_TEXT, &q.under, &given[O_UNDER], NULL},
        [O_OUT] = {"--out", "-o", OPT_TEXT, &q.out, &given[O_OUT], NULL},
        [O_FOLD] = {"--fold", NULL, OPT_FLAG, &q.fold, &given[O_FOLD], NULL},
        [O_COLLAPSE] = {"--collapse", NULL, OPT_FLAG, &q.collapse, &given[O_COLLAPSE], NULL},
        [O_CATEGORY] = {"--category", NULL, OPT_LIST, &q.category, &given[O_CATEGORY], NULL},
        [O_PAIRS] = {"--pairs", NULL, OPT_COUNT, &q.pairs, &given[O_PAIRS], NULL},
        [O_SEED] = {"--seed", NULL, OPT_COUNT, &q.seed, &given[O_SEED], NULL},
        [O_ALIKE] = {"--alike", NULL, OPT_MONEY, &q.alike, &given[O_ALIKE], NULL},
    };
    /* what names models is an option of `mine` alone, though the environment may name some */
    bool asks = argc > 1 && strcmp(argv[1], "mine") == 0;
    model_opts(&models, table + O_COUNT);
    int status = options_read(c, argc, argv, table, asks ? O_COUNT + MODEL_OPTS : O_COUNT, &rest);
    if (status) return status == 1 ? 0 : status;
    const struct part *p = rest.n ? part_named(rest.item[0]) : NULL;
    if (!p || (!asks && (p->uses & USES(O_MODELS))))
        return usage_error(c, "%s: first tree, stats, lint, import, merge or mine",
                           rest.n ? rest.item[0] : "what is to be done");
    for (size_t i = 0; i < O_COUNT; i++)
        if (given[i] && !(p->uses & USES(i))) return usage_error(c, "%s has no %s", p->name, table[i].name);
    q.alike_given = given[O_ALIKE];
    q.form = json ? POP_JSON : POP_TEXT;
    q.file = rest.item + 1;
    q.files = rest.n - 1;
    status = part_run(p, &q, &models);
    model_options_free(&models);
    return status;
}

const command command_taxonomy = {"taxonomy", "trees of attributes: tree, stats, lint, import, merge, mine",
                                  usage, taxonomy_run};

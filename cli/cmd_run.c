/* cmd_run.c: generate, or go on: the same command does both. Signal handlers live here. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

static const char usage[] =
    "populace run FILE -n N -o DIR [options]      begin, or go on: the same command\n"
    "populace run -o DIR [options]                go on with the frozen population in DIR\n"
    "populace run -o DIR --extend N2 [options]    go on to N2 personas: those in DIR stay as they are\n"
    "\n"
    "  -n, --n N            personas (10k, 1M)            --seed S          1\n"
    "  -o, --out DIR        the run directory\n"
    "  --set a.b=VALUE      laid over the population file, hashed with it; `*` in the path: every key there\n"
    "  --soft TABLE[=WEIGHT] a hard table that need not be exact; --scale: tables may have any sum\n"
    "  --single-shot        the baseline: one call writes all fields; rules are recorded, not enforced\n"
    "models:\n"
    "  --llm URL            base URL of an OpenAI-compatible server, as http://127.0.0.1:8000/v1; several may\n"
    "                       be given; without one OPENAI_BASE_URL, if it is set\n"
    "  --llm URL,NAME=VALUE what holds for this one: model, role, key-env, key-file, in-flight, rpm, tpm,\n"
    "                       weight, price-in, price-out; the options of these names hold for all others\n"
    "  --llm embedded       the default: a small model and its server, fetched once\n"
    "  --model M            its name there; embedded: default or small\n"
    "  --model-file F       embedded: any GGUF            --cache DIR       of fetched models\n"
    "  --judge URL          another endpoint for judges   --judge-model M\n"
    "  --key-env NAME       variable that holds the key (OPENAI_API_KEY)\n"
    "  --key-file F         a file of mode 0600 that holds it\n"
    "  --sampling JSON      members added to each request, as '\"min_p\":0.05'\n"
    "  --in-flight K        calls at once of each endpoint (else found while running)\n"
    "  --rpm R --tpm T      requests and tokens a minute of each endpoint\n"
    "  --weight W           share of the work; for one endpoint behind its URL: URL,weight=2 (1)\n"
    "budgets:\n"
    "  --budget-tokens T    of the whole run              --max-time SECONDS   of this command\n"
    "  --budget-usd B       with --price-in P --price-out P, per million tokens\n"
    "other:\n"
    "  --progress MODE      auto, tty, plain, json, none  --grace SECONDS   for calls after a signal (20)\n"
    "  --passes P           repair passes (2)             --lag L           how much later a retry comes\n"
    "  --shard-rows R       personas a shard (8192)       --give-up SECONDS without an endpoint (1800)\n"
    "  --drop-replies       unlink replies once they are sealed; gives up `replay`\n"
    "  --idf FILE           start with a frozen IDF table (DIR/idf.bin of another run)\n";

extern const command command_run;
static pop_run *volatile current; /* NULL while it is opened */
static volatile sig_atomic_t stops;

static void on_signal(int sig) {
    (void)sig;
    pop_run *r = current;
    if (r)
        pop_run_stop(r);
    else if (stops++)
        _exit(75);
}

static void signals_set(void) {
    struct sigaction a = {.sa_handler = on_signal};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

static int run_go(const pop_run_options *o, const char *mode) {
    pop_error e;
    panel *p = panel_new(mode, &e);
    if (!p) return fail(&e);
    pop_watch w = {.arg = p,
                   .every_ms = panel_wants_rows(p) ? 500 : 1000,
                   .status = panel_status,
                   .say = panel_say,
                   .persona = panel_wants_rows(p) ? panel_persona : NULL};
    pop_run *r;
    signals_set();
    int status = pop_run_open(o, &w, &r, &e);
    if (status == 0) {
        current = r;
        status = pop_run_go(r, &e);
        current = NULL;
        pop_run_close(r);
    }
    panel_end(p);
    return status ? fail(&e) : 0;
}

/* The first endpoint that costs what nobody knows; NULL: all have a price, or are our own. */
static const char *unpriced(const pop_models *m) {
    for (size_t i = 0; i < m->endpoints; i++) {
        const pop_endpoint *p = &m->endpoint[i];
        if (p->price_in <= 0 && p->price_out <= 0 && strcmp(p->url, "embedded") != 0) return p->url;
    }
    return NULL;
}

static int run_run(int argc, char **argv) {
    source_options from = {0};
    opt_list rest;
    pop_run_options o;
    const char *progress = NULL;
    model_options m = {0};
    pop_run_options_default(&o);
    const opt own[] = {
        {"--n", "-n", OPT_COUNT, &o.n, NULL, "POPULACE_N"},
        {"--seed", NULL, OPT_COUNT, &o.seed, &o.has_seed, "POPULACE_SEED"},
        {"--extend", NULL, OPT_COUNT, &o.extend, NULL, NULL},
        {"--out", "-o", OPT_TEXT, &o.dir, NULL, "POPULACE_OUT"},
        {"--single-shot", NULL, OPT_FLAG, &from.single_shot, NULL, NULL},
        {"--lag", NULL, OPT_COUNT, &o.lag, NULL, NULL},
        {"--passes", NULL, OPT_NUMBER, &o.passes, NULL, NULL},
        {"--shard-rows", NULL, OPT_NUMBER, &o.shard_rows, NULL, NULL},
        {"--budget-tokens", NULL, OPT_COUNT, &o.budget_tokens, NULL, "POPULACE_BUDGET_TOKENS"},
        {"--budget-usd", NULL, OPT_MONEY, &o.budget_money, NULL, "POPULACE_BUDGET_USD"},
        {"--max-time", NULL, OPT_NUMBER, &o.max_seconds, NULL, "POPULACE_MAX_TIME"},
        {"--grace", NULL, OPT_NUMBER, &o.grace_seconds, NULL, "POPULACE_GRACE"},
        {"--give-up", NULL, OPT_NUMBER, &o.give_up_seconds, NULL, "POPULACE_GIVE_UP"},
        {"--drop-replies", NULL, OPT_FLAG, &o.drop_replies, NULL, NULL},
        {"--idf", NULL, OPT_TEXT, &o.idf, NULL, NULL},
        {"--progress", NULL, OPT_TEXT, &progress, NULL, "POPULACE_PROGRESS"},
    };
    opt table[MODEL_OPTS + SOURCE_OPTS + sizeof own / sizeof *own];
    model_opts(&m, table);
    source_opts(&from, table + MODEL_OPTS);
    memcpy(table + MODEL_OPTS + SOURCE_OPTS, own, sizeof own);
    int status = options_read(&command_run, argc, argv, table, sizeof table / sizeof *table, &rest);
    if (status) return status == 1 ? 0 : status;
    if (rest.n > 1) return usage_error(&command_run, "name one population file, not also %s", rest.item[1]);
    if (!o.dir) return usage_error(&command_run, "where to? -o DIR is missing");
    if (o.extend && o.n >= o.extend)
        return usage_error(&command_run, "--extend names the new total, more than -n");
    o.stop = &stops;
    status = source_of(&command_run, &from, rest.n ? rest.item[0] : NULL, &o.source);
    if (!status && !o.source.population && o.source.sets)
        status =
            usage_error(&command_run, "--set, --soft, --scale and --single-shot go with a population file");
    if (!status) status = models_of(&command_run, &m, &o.models);
    const char *free_of_price = !status && o.budget_money > 0 ? unpriced(&o.models) : NULL;
    if (free_of_price)
        status = usage_error(&command_run, "--budget-usd needs --price-in or --price-out of %s", free_of_price);
    if (!status) status = run_go(&o, progress);
    source_options_free(&from);
    model_options_free(&m);
    return status;
}

const command command_run = {"run", "generate; the same command resumes", usage, run_run};

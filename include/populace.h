/* populace.h: the one public header of libpopulace. The command line uses nothing else.
 *
 * Every function returns 0, or an exit status as the command has it (1 internal, 2 usage or population file, 3
 * shortfall or infeasible, 4 budget or time reached, 5 no endpoint usable, 6 directory locked or of another
 * population, 75 stopped and resumable), with `e` filled in. Nothing prints, exits or installs signal handlers.
 * Threads are started only by pop_run_go and are joined before it returns. Strings passed in are borrowed for
 * the call.
 */
#ifndef POPULACE_H
#define POPULACE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pop_error {
    int status;
    char text[1536]; /* one sentence with the offending value */
    char hint[512];  /* what to do about it; may be empty */
} pop_error;

const char *pop_version(void);

/* Where data goes: called with pieces of UTF-8 in order; false stops the command (a closed pipe). */
typedef struct pop_sink {
    void *arg;
    bool (*write)(void *arg, const char *p, size_t n);
} pop_sink;

/* What is said to people while a command works: one line, no line end. May be NULL where it is asked for. */
typedef void (*pop_say)(void *arg, const char *line);

typedef enum pop_form { POP_TEXT, POP_JSON } pop_form;

/* What a model, a server or a file says, as one line that a terminal only shows: control characters become
 * pictures, line ends blanks, what is no UTF-8 U+FFFD. Cut to `cells` (0: no limit) and to size - 1 bytes, not
 * within a character. Returns the cells it takes at most. */
uint32_t pop_text_line(const char *text, size_t n, uint32_t cells, char *out, size_t size);

/* ---- what to make, and with which models -------------------------------------------------------------- */

typedef struct pop_source {
    const char *population; /* a file, or the name of a built-in population */
    const char *const *set; /* "a.b=VALUE"; or "@single-shot": one call writes the fields of all facets */
    size_t sets;
} pop_source;

typedef struct pop_endpoint {
    const char *url;        /* "embedded", or a base URL such as http://127.0.0.1:8000/v1 */
    const char *model;      /* NULL: the only one there */
    const char *model_file; /* embedded: any GGUF */
    const char *roles;      /* NULL: all; else, by commas, "writer", "judge" or what a facet or judge names */
    const char *key_env;  /* name of the variable that holds the key, or "none"; NULL: OPENAI_API_KEY, if it is
                           * set and the URL is https or of this machine */
    const char *key_file; /* instead: a file of mode 0600 */
    const char *sampling; /* JSON members added to each request, or NULL */
    uint32_t max_in_flight;     /* 0: found while running */
    uint32_t rpm, tpm;          /* 0: none */
    double weight;              /* 0: 1 */
    double price_in, price_out; /* per million tokens; 0: unknown */
} pop_endpoint;

typedef struct pop_models {
    const pop_endpoint *endpoint;
    size_t endpoints;  /* 0: embedded */
    const char *cache; /* folder of fetched models; NULL: the usual one */
} pop_models;

/* ---- population files ---------------------------------------------------------------------------------- */

/* Lints; one line (JSON: one object a line) a diagnostic. n: persons of the trial plan; 0: 300. With models,
 * the endpoints are probed as well. 2 if there are errors, 3 if the trial plan fails: `e` then only says how
 * many, as `out` has them. */
int pop_check(const pop_source *src, uint64_t n, const pop_models *models, pop_form form, pop_sink out,
              pop_error *e);
/* Cells, quotas, calls and tokens expected. rounding: what rounding to whole persons does to each table. A
 * failure is 3 where tables cannot be met; as JSON each fault is a line of `out`, as in pop_check. */
typedef struct pop_plan_options {
    uint64_t n, seed;
    uint64_t extend; /* the plan of so many persons whose first n are those of the plan of n; 0: none */
    bool cells, rounding;
    pop_form form;
} pop_plan_options;
int pop_plan(const pop_source *src, const pop_plan_options *o, pop_sink out, pop_error *e);
/* Skeletons of slots [from, from + count), JSON lines; no model. extend: as for the plan. */
int pop_draw(const pop_source *src, uint64_t n, uint64_t extend, uint64_t seed, uint64_t from, uint64_t count,
             pop_sink out, pop_error *e);
/* A few personas with prompts, replies and findings shown; nothing is kept. */
int pop_preview(const pop_source *src, const pop_models *models, uint64_t n, uint64_t seed, bool trace,
                pop_form form, uint32_t columns, bool color, pop_say say, void *arg, pop_sink out,
                pop_error *e);
/* The built-in populations: names, cells, years of their sources, titles. */
int pop_populations(pop_form form, pop_sink out, pop_error *e);
/* Of a built-in population, or of any file: attributes, and its numbers with what it says of where they come
 * from. */
int pop_populations_show(const char *name, pop_form form, pop_sink out, pop_error *e);
/* Of these, or with none of all built-in ones: they load, every number has its source, sums are what the file
 * says, plans of several sizes are exact. What is wrong goes to `out`: 2, or 3 if only plans fail. */
int pop_populations_verify(const char *const *name, size_t names, pop_form form, pop_sink out, pop_error *e);
/* All files of a built-in population, and of those that it includes, into a folder that is new or empty. */
int pop_populations_export(const char *name, const char *dir, pop_error *e);

/* ---- runs ---------------------------------------------------------------------------------------------- */

typedef struct pop_run_options {
    const volatile sig_atomic_t *stop; /* set by a signal handler while pop_run_open works; NULL: none */
    pop_source source;                 /* population NULL: resume what lies in dir */
    pop_models models;
    const char *dir;
    uint64_t n;      /* 0: as in run.json */
    uint64_t extend; /* go on to so many persons, whose first ones are those that dir has; 0: none */
    bool has_seed;
    uint64_t seed;            /* 1 */
    uint64_t lag;             /* 0: the power of two at or below n/8 (of new ones), within 64..16,384 */
    uint32_t passes;          /* repair passes; UINT32_MAX: 2 */
    uint32_t shard_rows;      /* 0: 8,192; tests use less */
    uint64_t budget_tokens;   /* 0: none */
    double budget_money;      /* 0: none; needs prices */
    uint32_t max_seconds;     /* 0: none */
    uint32_t grace_seconds;   /* for calls after a stop; UINT32_MAX: 20 */
    uint32_t give_up_seconds; /* no endpoint works for so long: 5; 0: 1,800 */
    bool drop_replies;
    const char *idf; /* a frozen IDF table to start from, or NULL */
} pop_run_options;
void pop_run_options_default(pop_run_options *o);

typedef struct pop_count {
    const char *name;
    uint64_t n;
} pop_count;

/* Numbers now. Strings are valid during the callback. */
typedef struct pop_status {
    const char *state; /* "running", "stopping", "finished", "shortfall", "stopped" */
    const char *population, *model;
    uint64_t n, accepted, open, given_up; /* open: not accepted; given_up: of these, after the last pass */
    uint64_t head;                        /* position up to which all is decided */
    uint32_t pass;
    double seconds, rate_now,
        rate_all;       /* this process's time; personas a second over the last 30 s, and over all of it */
    double eta_seconds; /* < 0: unknown */
    uint32_t slots_in_flight, calls_in_flight, call_limit, calls_waiting;
    uint64_t calls, prompt_tokens, completion_tokens, cached_tokens; /* of the whole run, resumed parts too */
    uint64_t revised, duplicates, failed; /* duplicates: all that the gate refused; `reason` parts them */
    double worst_gap;                     /* persons */
    const char *worst_cell;               /* empty: none is off */
    const pop_count *error;               /* by class, those that are not 0 */
    size_t errors;
    const pop_count *reason; /* lost attempts by reason */
    size_t reasons;
    double money;     /* < 0: prices unknown */
    const char *last; /* the latest event, a line */
} pop_status;

typedef struct pop_watch {
    void *arg;
    uint32_t every_ms;                              /* 0: 1,000 */
    void (*status)(void *arg, const pop_status *s); /* may be NULL; on the calling thread */
    void (*say)(void *arg, const char *line);       /* may be NULL */
    void (*persona)(void *arg, uint64_t slot, const char *row,
                    size_t n); /* each accepted one, in order; may be NULL */
} pop_watch;

typedef struct pop_run pop_run;
/* Opens or creates the directory, takes its lock, freezes the population, starts and probes models, unless
 * nothing is left to be asked. */
int pop_run_open(const pop_run_options *o, const pop_watch *w, pop_run **out, pop_error *e);
/* Runs until done, stopped or failed: 0, 3, 4, 5, 75 ... */
int pop_run_go(pop_run *r, pop_error *e);
/* From a signal handler or another thread: first call drains calls for the grace period, the second stops at
 * once. */
void pop_run_stop(pop_run *r);
void pop_run_close(pop_run *r); /* NULL is fine */

int pop_status_read(const char *dir, pop_form form, pop_sink out, pop_error *e);

typedef struct pop_cat_options {
    bool has_slot;
    uint64_t slot;
    const char *const *where; /* "column=VALUE", all must hold; columns or attribute paths */
    size_t wheres;
    uint64_t limit; /* 0: all */
    bool card;
    uint32_t columns;
    bool color;
    pop_say say; /* what is not shown, and why */
    void *arg;
} pop_cat_options;
int pop_cat(const char *dir, const pop_cat_options *o, pop_sink out, pop_error *e);
/* Checksums, ids, quotas recounted, rules; 0 or 1 with what is wrong. */
int pop_verify(const char *dir, pop_form form, pop_sink out, pop_error *e);
/* Recomputes the shards from the reply log without a model and compares; with `to`, writes them there. */
int pop_replay(const char *dir, const char *to, pop_form form, pop_sink out, pop_error *e);

/* ---- corpora of others ---------------------------------------------------------------------------------- */

/* JSON lines, a JSON array of objects, CSV with a header, each plain or .zst; or a run directory. */
typedef struct pop_corpus {
    const char *const *file;
    size_t files;
    const char *const *map; /* "HEADER=REF": where an attribute stands */
    size_t maps;
    const char *const *recode; /* "HEADER:CELL=VALUE": what a cell means */
    size_t recodes;
} pop_corpus;

typedef struct pop_fit_options {
    pop_source source;
    pop_corpus corpus;
    const char *const *pair; /* "REF,REF": attributes compared together */
    size_t pairs;
    uint64_t seed;     /* of the plan and of the draws */
    uint64_t draws;    /* personas drawn for what no table fixes; 0: none, tables only */
    uint32_t worst;    /* cells shown of each comparison */
    bool each;         /* every file by itself, side by side */
    double fail_above; /* a table's SAE above this ends with 3; < 0: never */
} pop_fit_options;
void pop_fit_options_default(pop_fit_options *o);
/* How near the records are to the population: every table in whole persons of as many as could be placed, and
 * each attribute and pair against personas drawn from the population. */
int pop_fit(const pop_fit_options *o, pop_form form, pop_sink out, pop_error *e);

typedef struct pop_subsample_options {
    pop_source source;
    pop_corpus corpus;
    uint64_t n, seed;
    bool unique;      /* of lines that are the same only the first */
    const char *path; /* written there, packed if it ends in .zst; NULL: to `rows` */
} pop_subsample_options;
/* n of the records, as they stand and in their order, so that every hard table is exact. 3 with the cut in
 * `report` (JSON) and in `e` if no subset is: nothing is written then. */
int pop_subsample(const pop_subsample_options *o, pop_form form, pop_sink rows, pop_sink report, pop_error *e);

/* ---- taxonomies ---------------------------------------------------------------------------------------- */

/* A FILE is a population or the name of a built-in one, a file of attributes as a section includes it, or a
 * tree of names: nested mappings or JSON objects whose empty ones, and the strings of lists, are leaves. */

typedef struct pop_taxonomy_view {
    uint32_t depth;    /* levels shown below `under`; 0: all */
    const char *under; /* path of a section, NULL: all */
} pop_taxonomy_view;
/* The tree with kinds, domains and counts of leaves; JSON: one object a node. */
int pop_taxonomy_tree(const char *file, const pop_taxonomy_view *view, pop_form form, pop_sink out,
                      pop_error *e);
/* Nodes and leaves by level and kind, branching, chains, repeated names, shares of first-level categories. */
int pop_taxonomy_stats(const char *file, pop_form form, pop_sink out, pop_error *e);
typedef struct pop_taxonomy_import_options {
    const char *out; /* a new folder; "-": one document of attributes to `data` */
    bool collapse;   /* sections with a single child become one with it */
    bool fold;       /* siblings that differ in spelling alone become one */
    pop_form form;   /* of the report */
} pop_taxonomy_import_options;
/* A tree of names becomes attributes of a population: names that it may have, the original ones as labels,
 * texts with hints to be written. What was merged, and what is wrong with the tree, goes to `report`, a line
 * each; say may be NULL. */
int pop_taxonomy_import(const char *file, const pop_taxonomy_import_options *o, pop_sink data, pop_sink report,
                        pop_say say, void *arg, pop_error *e);

typedef struct pop_taxonomy_merge_options {
    const char *out; /* a new folder; "-": one document of attributes to `data` */
    double alike;  /* siblings at or above this similarity become one; 0: only those that differ in spelling */
    pop_form form; /* of the report */
} pop_taxonomy_merge_options;
/* Two trees of attributes to one: file[1] laid over file[0]. What became one, what is alike and in what the two
 * contradict one another goes to `report`. */
int pop_taxonomy_merge(const char *const file[2], const pop_taxonomy_merge_options *o, pop_sink data,
                       pop_sink report, pop_say say, void *arg, pop_error *e);

typedef struct pop_taxonomy_mine_options {
    const volatile sig_atomic_t *stop; /* set by a signal handler: asks nothing more, 75; NULL: none */
    const char *file;                  /* conversations: JSON lines or an array, plain or .zst */
    const char *dir;                   /* where replies are kept and the population is written; resumed */
    pop_models models;
    const char *const *category; /* first-level categories; none: twelve of its own */
    size_t categories;
    uint64_t pairs; /* at most so many pairs of question and answer; 0: all */
    uint64_t seed;
    uint32_t grace_seconds;   /* for calls after a stop; UINT32_MAX: 20 */
    uint32_t give_up_seconds; /* no endpoint works for so long: 5; 0: 1,800 */
} pop_taxonomy_mine_options;
void pop_taxonomy_mine_options_default(pop_taxonomy_mine_options *o);
/* A taxonomy out of conversations, with a model: dir/population/, and what was done to `report`. The same call
 * goes on where it was stopped, and asks nothing twice that was written. */
int pop_taxonomy_mine(const pop_taxonomy_mine_options *o, pop_form form, pop_sink report, pop_say say,
                      void *arg, pop_error *e);

/* A line (JSON: an object) for each defect. alike: similarity from which siblings are nearly the same, 0: 0.8.
 * 1 if there is one. */
int pop_taxonomy_lint(const char *file, double alike, pop_form form, pop_sink out, pop_error *e);

#ifdef __cplusplus
}
#endif
#endif

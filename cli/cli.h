/* cli.h: what the commands share: the table, options, the terminal. A command is one file that ends in one
 * `const struct command`, and one row in command_table (main.c). Its usage text stands on top of its file. Data
 * goes to stdout, talk to stderr.
 */
#ifndef POP_CLI_H
#define POP_CLI_H

#include "include/populace.h"

typedef struct command {
    const char *name, *summary, *usage;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
} command;
extern const command *const command_table[]; /* NULL-terminated */

/* ---- options ------------------------------------------------------------------------------------------- */

/* How an option's value is stored. */
typedef enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_COUNT, OPT_NUMBER, OPT_LIST, OPT_MONEY } opt_kind;
enum { LIST_MOST = 64 };
typedef struct opt_list {
    const char *item[LIST_MOST];
    size_t n;
} opt_list;
typedef struct opt {
    const char *name;  /* "--seed" */
    const char *brief; /* "-s", or NULL */
    opt_kind kind;
    void *to;        /* bool, const char *, uint64_t (SI suffixes), uint32_t, opt_list, double */
    bool *given;     /* set when it occurs, or NULL */
    const char *env; /* POPULACE_...: read first, or NULL */
} opt;
/* Reads options into their places and the rest into `rest`. 0, or 2 after saying what is wrong with the nearest
 * name. 1 for
 * --help: the usage was printed. */
int options_read(const command *c, int argc, char **argv, const opt *table, size_t n, opt_list *rest);

/* A value into its place; false: it cannot be read as that kind. */
bool value_store(const opt *o, const char *value);

/* Options that name models, the same for every command that talks to them: model_options.c. */
typedef struct model_options {
    opt_list llm, judge; /* `URL[,name=value]...`; --judge: for the role judge */
    pop_endpoint all;    /* what holds for every endpoint that does not say it itself */
    const char *judge_model, *cache;
    pop_endpoint endpoint[LIST_MOST];
    char *text[LIST_MOST]; /* what these point into */
} model_options;
enum { MODEL_OPTS = 15 };
void model_opts(model_options *m, opt out[MODEL_OPTS]);
/* 0, or 2 after saying what cannot be read. *out lives as long as m. */
int models_of(const command *c, model_options *m, pop_models *out);
/* The same without the default: none if none is named. */
int models_named(const command *c, model_options *m, pop_models *out);
void model_options_free(model_options *m);

/* Options that change the population for once, those of source_opts for every command that reads one:
 * source_options.c. */
typedef struct source_options {
    opt_list set, soft; /* "a.b=VALUE"; tables made soft: NAME or NAME=WEIGHT */
    bool scale;         /* tables may have any sum */
    bool single_shot;   /* one call writes the fields of all facets; a row of the commands that have it */
    char *text[LIST_MOST];
    size_t texts;
} source_options;
enum { SOURCE_OPTS = 3 };
void source_opts(source_options *s, opt out[SOURCE_OPTS]);
/* 0, or 2 after saying what is too much. *out lives as long as s. */
int source_of(const command *c, source_options *s, const char *file, pop_source *out);
void source_options_free(source_options *s);

/* ---- output -------------------------------------------------------------------------------------------- */

pop_sink data_sink(void);       /* bytes for programs; on a terminal made safe to look at */
pop_sink text_sink(bool color); /* lines for people: always safe. color: those of cards are let through */
int stdout_end(int status);     /* closes it; the exit status, 1 if something could not be written */
int fail(const pop_error *e);   /* prints text and hint; returns the status */
int usage_error(const command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void say_line(void *arg, const char *line);          /* to stderr, safe */
void say_part(const char *before, const char *text); /* the same behind words of ours */
bool stderr_is_terminal(void);
bool stdout_is_terminal(void);
uint32_t terminal_columns(int fd); /* 80 if it does not say */
uint32_t terminal_rows(int fd);    /* UINT32_MAX if it does not say */
bool color_wanted(int fd);         /* terminal, no NO_COLOR, TERM not dumb */

/* The live panel of `run` and its plain twin. */
typedef struct panel panel;
panel *panel_new(const char *mode, pop_error *e); /* auto tty plain json none; NULL: no such mode */
void panel_status(void *p, const pop_status *s);
void panel_say(void *p, const char *line);
void panel_persona(void *p, uint64_t slot, const char *row, size_t n);
void panel_end(panel *p); /* leaves the last state on the screen; frees */
bool panel_wants_rows(const panel *p);
#endif

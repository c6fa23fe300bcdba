/* embedded_fetch.c: the embedded server and a model, made to lie in the cache folder. embedded/fetch.py does
 * the work in a child; its lines are shown as progress, its last ones name what was got or why not. What the
 * table of models says is read here too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pipeline/model/embedded_parts.h"

static void cache_folder(const embedded_config *c, char out[4096]) {
    const char *own = getenv("POPULACE_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (c->cache && *c->cache)
        snprintf(out, 4096, "%s", c->cache);
    else if (own && *own)
        snprintf(out, 4096, "%s", own);
    else if (xdg && *xdg)
        snprintf(out, 4096, "%s/populace", xdg);
    else
        snprintf(out, 4096, "%s/.cache/populace", home && *home ? home : "/tmp");
}

/* ---- the table ------------------------------------------------------------------------------------------ */

static str column(str line, unsigned k) {
    str one = line, rest;
    for (; k > 0; k--) {
        if (!str_cut(one, '\t', &one, &rest)) return STR("");
        one = rest;
    }
    str_cut(one, '\t', &one, &rest);
    return one;
}

/* model NAME FILE BYTES SHA256 LICENCE CONTEXT SLOTS SAMPLING */
static void row_read(str line, model_row *out) {
    int64_t v;
    if (str_i64(column(line, 6), &v)) out->context = (uint32_t)v;
    if (str_i64(column(line, 7), &v)) out->slots = (uint32_t)v;
    snprintf(out->sampling, sizeof out->sampling, STR_FMT, STR_ARG(column(line, 8)));
}

static bool table_row(const char *path, const char *name, model_row *out, err *e) {
    buf b = {0};
    bool found = false;
    char names[256] = "";
    if (!file_read(path, 1 << 20, &b, e)) return false;
    str left = buf_view(&b), line, rest;
    for (; left.n && !found; left = rest) {
        if (!str_cut(left, '\n', &line, &rest)) rest = (str){0};
        if (!str_is(column(line, 0), "model")) continue;
        size_t n = strlen(names);
        str one = column(line, 1);
        snprintf(names + n, sizeof names - n, "%s" STR_FMT, n ? ", " : "", STR_ARG(one));
        found = str_is(one, name);
        if (found) row_read(line, out);
    }
    buf_free(&b);
    return found || err_set(e, ERR_USAGE, "--model-file takes any GGUF; --llm URL any server",
                            "there is no embedded model %s; there are: %s", name, names);
}

/* ---- the child ------------------------------------------------------------------------------------------ */

static void line_take(fetched *r, const char *line, const embedded_config *c) {
    if (strncmp(line, "server /", 8) == 0)
        snprintf(r->server, sizeof r->server, "%s", line + 7);
    else if (strncmp(line, "model /", 7) == 0)
        snprintf(r->model, sizeof r->model, "%s", line + 6);
    else if (strncmp(line, "error ", 6) == 0)
        snprintf(r->error, sizeof r->error, "%s", line + 6);
    else if (strncmp(line, "hint ", 5) == 0)
        snprintf(r->hint, sizeof r->hint, "%s", line + 5);
    else if (c->progress && *line)
        c->progress(c->arg, line);
}

static void lines_take(int fd, fetched *r, const embedded_config *c) {
    FILE *f = fdopen(fd, "r");
    char line[4200];
    if (!f) {
        close(fd);
        return;
    }
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        line_take(r, line, c);
    }
    fclose(f);
}

/* -1: cannot. What the child says on stderr goes to the log. */
static pid_t child_start(char *const argv[], const char *log, int *out) {
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0) return -1;
    int words = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], 1);
        if (words >= 0) dup2(words, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    int saved = errno;
    close(fd[1]);
    if (words >= 0) close(words);
    if (pid < 0) close(fd[0]);
    errno = saved;
    *out = fd[0];
    return pid;
}

static bool fetch_run(char *const argv[], fetched *r, const embedded_config *c, err *e) {
    int fd, status = 0;
    pid_t pid = child_start(argv, c->log ? c->log : "/dev/null", &fd);
    if (pid < 0) return err_errno(e, errno, "cannot start", argv[0]);
    lines_take(fd, r, c);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(e, ERR_ENDPOINT, "apt-get install python3 python3-pip, or give a server with --llm URL",
                       "python3, which fetches and starts the embedded model, is missing");
    return err_set(e, ERR_ENDPOINT, r->hint[0] ? r->hint : "give a server with --llm URL instead",
                   "the embedded model is not to be had: %s",
                   r->error[0] ? r->error : "the fetch was broken off");
}

bool model_fetch(const embedded_config *c, fetched *out, model_row *row, err *e) {
    arena *a = arena_new(0);
    char cache[4096], python[] = "python3";
    cache_folder(c, cache);
    *out = (fetched){0};
    *row = (model_row){.context = 4096, .slots = 4, .sampling = "\"min_p\":0.05"};
    char *script = share_path(a, "embedded/fetch.py"), *table = share_path(a, "embedded/models.tsv");
    const char *name = c->model_file ? "-" : c->model ? c->model : "default";
    bool ok = script && table;
    if (!ok)
        err_set(e, ERR_ENDPOINT, "set POPULACE_SHARE to the folder that holds embedded/",
                "the embedded model's launcher is not found");
    if (ok && c->model_file && access(c->model_file, R_OK) != 0)
        ok = err_set(e, ERR_USAGE, "give a GGUF file", "--model-file %s cannot be read", c->model_file);
    ok = ok && (c->model_file || table_row(table, name, row, e));
    char *argv[] = {python, script, table, cache, str_z(a, str_of(name)), NULL};
    ok = ok && fetch_run(argv, out, c, e);
    if (ok && c->model_file) snprintf(out->model, sizeof out->model, "%s", c->model_file);
    arena_free(a);
    return ok;
}

bool embedded_fetch(const embedded_config *cfg, err *e) {
    fetched r;
    model_row row;
    return model_fetch(cfg, &r, &row, e);
}

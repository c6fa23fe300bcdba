/* terminal.c: stdout, stderr, errors, colour. What a model, a server or a file says is made safe here: only
 * this program gives orders to a terminal. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "cli/cli.h"

/* ---- text that others wrote ------------------------------------------------------------------------------ */

/* Four bytes for one are the most that making it safe takes. */
static char *safe_line(const char *p, size_t n) {
    char *line = malloc(4 * n + 1);
    if (!line) abort();
    pop_text_line(p, n, 0, line, 4 * n + 1);
    return line;
}

void say_part(const char *before, const char *text) {
    char *line = safe_line(text, strlen(text));
    fprintf(stderr, "%s%s\n", before, line);
    free(line);
}

void say_line(void *arg, const char *line) {
    (void)arg;
    say_part("", line);
}

static void stdout_flush(void);

int fail(const pop_error *e) {
    stdout_flush();
    say_part("populace: ", e->text);
    if (e->hint[0]) say_part("    hint: ", e->hint);
    return e->status;
}

int usage_error(const command *c, const char *fmt, ...) {
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fprintf(stderr, "populace %s: ", c->name);
    say_part("", text);
    fprintf(stderr, "    hint: populace %s --help\n", c->name);
    return 2;
}

/* ---- stdout ---------------------------------------------------------------------------------------------- */

static int stdout_error; /* the first errno */

static bool stdout_put(const char *p, size_t n) {
    if (fwrite(p, 1, n, stdout) == n) return true;
    if (!stdout_error) stdout_error = errno;
    return false;
}

static void stdout_flush(void) {
    if (fflush(stdout) != 0 && !stdout_error) stdout_error = errno;
}

int stdout_end(int status) {
    stdout_flush();
    bool failed = ferror(stdout) != 0;
    /* some file systems tell only here that there was no room */
    if (fclose(stdout) != 0) {
        failed = true;
        if (!stdout_error) stdout_error = errno;
    }
    if (!failed || stdout_error == EPIPE) return status;
    say_part("populace: standard output cannot be written: ", strerror(stdout_error ? stdout_error : EIO));
    return status ? status : 1;
}

/* The three orders that cards are coloured with. */
static size_t ink_at(const char *p, size_t n) {
    static const char *const inks[] = {"\033[0m", "\033[1m", "\033[2m"};
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++)
        if (n >= 4 && memcmp(p, inks[i], 4) == 0) return 4;
    return 0;
}

static bool safe_put(const char *p, size_t n) {
    if (n == 0) return true;
    char *line = safe_line(p, n);
    bool ok = stdout_put(line, strlen(line));
    free(line);
    return ok;
}

/* Line by line, since a line end is an order too. */
static bool safe_write(void *arg, const char *p, size_t n) {
    bool color = arg != NULL, ok = true;
    size_t from = 0;
    for (size_t i = 0; ok && i < n; i++) {
        size_t order = p[i] == '\n' ? 1 : color ? ink_at(p + i, n - i) : 0;
        if (!order) continue;
        ok = safe_put(p + from, i - from) && stdout_put(p + i, order);
        from = i + order;
        i = from - 1;
    }
    return ok && safe_put(p + from, n - from);
}

static bool raw_write(void *arg, const char *p, size_t n) {
    (void)arg;
    return stdout_put(p, n);
}

pop_sink data_sink(void) {
    return (pop_sink){NULL, stdout_is_terminal() ? safe_write : raw_write};
}

pop_sink text_sink(bool color) {
    static char colored;
    return (pop_sink){color ? &colored : NULL, safe_write};
}

/* ---- terminals ------------------------------------------------------------------------------------------- */

bool stderr_is_terminal(void) {
    return isatty(STDERR_FILENO) == 1;
}

bool stdout_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

uint32_t terminal_columns(int fd) {
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0) return w.ws_col;
    return 80;
}

uint32_t terminal_rows(int fd) {
    struct winsize w;
    return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 ? w.ws_row : UINT32_MAX;
}

bool color_wanted(int fd) {
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
    if (no && *no) return false;
    if (force && *force && strcmp(force, "0") != 0) return true;
    return isatty(fd) == 1 && term && strcmp(term, "dumb") != 0;
}

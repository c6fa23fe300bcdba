/* terminal.c: stdout, stderr, errors, colour. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "cli/cli.h"

static bool stdout_write(void *arg, const char *p, size_t n) {
    (void)arg;
    return fwrite(p, 1, n, stdout) == n;
}

pop_sink stdout_sink(void) {
    return (pop_sink){NULL, stdout_write};
}

int fail(const pop_error *e) {
    fflush(stdout);
    fprintf(stderr, "populace: %s\n", e->text);
    if (e->hint[0]) fprintf(stderr, "    hint: %s\n", e->hint);
    return e->status;
}

int usage_error(const command *c, const char *fmt, ...) {
    va_list ap;
    fprintf(stderr, "populace %s: ", c->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n    hint: populace %s --help\n", c->name);
    return 2;
}

bool stderr_is_terminal(void) {
    return isatty(STDERR_FILENO) == 1;
}

bool stdout_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

uint32_t terminal_columns(int fd) {
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20) return w.ws_col;
    return 80;
}

bool color_wanted(int fd) {
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
    if (no && *no) return false;
    if (force && *force && strcmp(force, "0") != 0) return true;
    return isatty(fd) == 1 && term && strcmp(term, "dumb") != 0;
}

void say_line(void *arg, const char *line) {
    (void)arg;
    fprintf(stderr, "%s\n", line);
}

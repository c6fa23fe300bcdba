/* err.c: the one error type: a code, a sentence with the offending value, a hint. */
#include "pipeline/base/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ERR_STATUS(name, status, text) status,
static const int statuses[] = {ERR_MAP(ERR_STATUS)};
#define ERR_TEXT(name, status, text) text,
static const char *const names[] = {ERR_MAP(ERR_TEXT)};

/* A text cut at the end of its array must not end inside a code point. */
static void cut_whole(char *z, size_t cap) {
    size_t n = strlen(z);
    if (n + 1 < cap) return;
    size_t i = n;
    while (i > 0 && ((unsigned char)z[i - 1] & 0xC0) == 0x80) i--;
    if (i == 0) return;
    unsigned char lead = (unsigned char)z[i - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (i - 1) < need) z[i - 1] = 0;
}

bool err_set(err *e, err_code code, const char *hint, const char *fmt, ...) {
    if (!e) return false;
    /* via a copy: callers wrap an error by formatting its own text or hint into it */
    err made = {.code = code};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(made.text, sizeof made.text, fmt, ap);
    va_end(ap);
    if (hint) snprintf(made.hint, sizeof made.hint, "%s", hint);
    cut_whole(made.text, sizeof made.text);
    cut_whole(made.hint, sizeof made.hint);
    *e = made;
    return false;
}

bool err_errno(err *e, int errnum, const char *what, const char *path) {
    bool full = errnum == ENOSPC || errnum == EDQUOT;
    char text[256];
    const char *why = strerror_r(errnum, text, sizeof text);
    return err_set(e, full ? ERR_DISK_FULL : ERR_IO, full ? "make room on the disk, then run again" : NULL,
                   "%s %s: %s", what, path, why);
}

int err_status(err_code code) {
    return (size_t)code < COUNT_OF(statuses) ? statuses[code] : 1;
}

const char *err_name(err_code code) {
    return (size_t)code < COUNT_OF(names) ? names[code] : "unknown error";
}

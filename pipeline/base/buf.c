/* buf.c: the growable buffer, and the canonical JSON form of a string.
 *
 * Canonical: \" \\ \b \f \n \r \t, other C0 controls as \u00XX in lower case, every other byte as it is.
 */
#include "pipeline/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(buf *b, size_t more) {
    if (b->cap - b->n >= more) return;
    if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4) abort();
    size_t cap = b->cap ? b->cap * 2 : 64;
    while (cap < b->n + more) cap *= 2;
    b->p = xrealloc(b->p, cap);
    b->cap = cap;
}

void buf_put(buf *b, const void *p, size_t n) {
    if (n == 0) return;
    buf_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_str(buf *b, str s) {
    buf_put(b, s.p, s.n);
}

void buf_z(buf *b, const char *z) {
    buf_put(b, z, strlen(z));
}

void buf_char(buf *b, char c) {
    buf_reserve(b, 1);
    b->p[b->n++] = c;
}

void buf_i64(buf *b, int64_t v) {
    char digits[20];
    size_t i = sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--i] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0) digits[--i] = '-';
    buf_put(b, digits + i, sizeof digits - i);
}

void buf_printf(buf *b, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) abort();
    buf_reserve(b, (size_t)n + 1);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    va_end(again);
    b->n += (size_t)n;
}

static bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\';
}

static void put_escape(buf *b, unsigned char c) {
    static const char named[0x60] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
    static const char hex[] = "0123456789abcdef";
    if (named[c]) {
        buf_put(b, (char[]){'\\', named[c]}, 2);
    } else {
        buf_put(b, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
}

void buf_json_raw(buf *b, str s) {
    buf_reserve(b, s.n);
    for (size_t i = 0, run; i < s.n; i++) {
        for (run = i; i < s.n && is_plain((unsigned char)s.p[i]); i++) {
        }
        buf_put(b, s.p + run, i - run);
        if (i < s.n) put_escape(b, (unsigned char)s.p[i]);
    }
}

void buf_json(buf *b, str s) {
    buf_reserve(b, s.n + 2);
    buf_char(b, '"');
    buf_json_raw(b, s);
    buf_char(b, '"');
}

str buf_view(const buf *b) {
    return (str){b->p, b->n};
}

void buf_reset(buf *b) {
    b->n = 0;
}

void buf_free(buf *b) {
    free(b->p);
    *b = (buf){0};
}

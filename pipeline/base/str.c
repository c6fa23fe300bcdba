/* str.c: borrowed strings with a length. Nothing here looks for a NUL, save where a parameter is a C string. */
#include "pipeline/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

str str_of(const char *z) {
    return (str){z, z ? strlen(z) : 0};
}

str str_part(str s, size_t from, size_t to) {
    if (to > s.n) to = s.n;
    if (from > to) from = to;
    return (str){s.p ? s.p + from : NULL, to - from};
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s) {
    size_t from = 0, to = s.n;
    while (from < to && is_blank(s.p[from])) from++;
    while (to > from && is_blank(s.p[to - 1])) to--;
    return str_part(s, from, to);
}

bool str_eq(str a, str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(str a, const char *z) {
    return str_eq(a, str_of(z));
}

int str_cmp(str a, str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, const char *prefix) {
    str x = str_of(prefix);
    return s.n >= x.n && str_eq(str_part(s, 0, x.n), x);
}

bool str_ends(str s, const char *suffix) {
    str x = str_of(suffix);
    return s.n >= x.n && str_eq(str_part(s, s.n - x.n, s.n), x);
}

bool str_find(str hay, str needle, size_t *at) {
    size_t found = 0;
    if (needle.n) {
        const char *p = hay.n >= needle.n ? memmem(hay.p, hay.n, needle.p, needle.n) : NULL;
        if (!p) return false;
        found = (size_t)(p - hay.p);
    }
    if (at) *at = found;
    return true;
}

bool str_cut(str s, char at, str *left, str *right) {
    const char *p = s.n ? memchr(s.p, at, s.n) : NULL;
    size_t i = p ? (size_t)(p - s.p) : s.n;
    *right = p ? str_part(s, i + 1, s.n) : (str){NULL, 0};
    *left = str_part(s, 0, i);
    return p != NULL;
}

bool str_i64(str s, int64_t *v) {
    bool minus = s.n && s.p[0] == '-';
    size_t i = minus;
    if (i == s.n) return false;
    int64_t x = 0; /* counted downwards: the negative side reaches one further */
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_sub_overflow(x, s.p[i] - '0', &x)) return false;
    }
    if (!minus && x == INT64_MIN) return false;
    *v = minus ? x : -x;
    return true;
}

str str_dup(arena *a, str s) {
    char *p = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (str){p, s.n};
}

char *str_z(arena *a, str s) {
    char *p = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return p;
}

str str_printf(arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) abort();
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){p, (size_t)n};
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein over bytes, one row at a time. */
size_t str_distance(str a, str b) {
    size_t *row = xmalloc((b.n + 1) * sizeof *row);
    for (size_t j = 0; j <= b.n; j++) row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t swap = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            row[j] = least(least(row[j], row[j - 1]) + 1, swap);
        }
    }
    size_t d = row[b.n];
    free(row);
    return d;
}

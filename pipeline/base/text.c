/* text.c: Unicode text: validity, NFC, case folding, counts and widths (utf8proc).
 *
 * text_measure: chars are code points; a paragraph is a run of lines that are not blank; lines are the lines
 * that are not blank, so the empty line between two verses is none. A line ends at LF.
 */
#include "pipeline/base/base.h"
#include "pipeline/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

typedef struct range {
    uint32_t from, to;
} range;

static bool in_ranges(const range *r, size_t n, uint32_t cp) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (cp > r[mid].to)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= r[lo].from;
}

/* Eight bytes of which none is 0 or above 0x7F. */
static bool plain8(const char *p) {
    uint64_t w = eight_at(p);
    return ((w | (w - EACH(1))) & EACH(0x80)) == 0;
}

bool text_valid(str s) {
    for (size_t i = 0; i < s.n;) {
        if (s.n - i >= 8 && plain8(s.p + i)) {
            i += 8;
            continue;
        }
        uint32_t cp;
        int n = utf8_step(s.p + i, s.n - i, &cp);
        if (n <= 0 || cp == 0) return false;
        i += (size_t)n;
    }
    return true;
}

uint32_t text_next_wide(str s, size_t *at) {
    uint32_t cp;
    int n = utf8_step(s.p + *at, s.n - *at, &cp);
    if (n <= 0) {
        *at += 1;
        return 0xFFFD;
    }
    *at += (size_t)n;
    return cp;
}

/* Code points that are NFC wherever they stand: no decomposition that NFC keeps, combining class 0, never the
 * second part of a composition. Not all of them: the blocks that text is made of. */
static const range quiet[] = {
    {0x0000, 0x02FF},   {0x0370, 0x0373}, {0x0388, 0x03FF}, {0x0400, 0x0482}, {0x048A, 0x052F},
    {0x0531, 0x058F},   {0x05D0, 0x05EA}, {0x060C, 0x060F}, {0x061B, 0x064A}, {0x0660, 0x066F},
    {0x0671, 0x06D5},   {0x0E01, 0x0E37}, {0x0E3F, 0x0E47}, {0x1E00, 0x1EF9}, {0x200B, 0x205E},
    {0x20A0, 0x20BF},   {0x2190, 0x2328}, {0x2460, 0x2ADB}, {0x3000, 0x3029}, {0x3030, 0x3098},
    {0x309B, 0x31FF},   {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0xFE00, 0xFE0F}, {0xFF01, 0xFFEE},
    {0x1F300, 0x1FAFF},
};

static bool is_quiet(str s) {
    for (size_t i = 0; i < s.n;) {
        /* lead bytes up to 0xCB begin code points below U+0300 */
        if ((unsigned char)s.p[i] < 0xCC) {
            i++;
        } else if (!in_ranges(quiet, COUNT_OF(quiet), text_next(s, &i))) {
            return false;
        }
    }
    return true;
}

static str normalize(arena *a, str s, utf8proc_option_t options) {
    enum { NEAR = 512 };
    utf8proc_int32_t near[NEAR + 1], *cps = near;
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.p;
    options |= UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, near, NEAR, options);
    if (n > NEAR) {
        cps = xmalloc(((size_t)n + 1) * sizeof *cps);
        n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, cps, n, options);
    }
    str made = s;
    utf8proc_ssize_t bytes = n < 0 ? n : utf8proc_reencode(cps, n, options);
    if (bytes >= 0) made = str_dup(a, (str){(const char *)cps, (size_t)bytes});
    if (cps != near) free(cps);
    return made;
}

str text_nfc(arena *a, str s) {
    if (is_quiet(s)) return s;
    str made = normalize(a, s, 0);
    return str_eq(made, s) ? s : made;
}

size_t text_ascii(str s, size_t from) {
    for (; from < s.n && s.n - from >= 8; from += 8) {
        uint64_t high = eight_at(s.p + from) & EACH(0x80);
        if (high) return from + (size_t)__builtin_ctzll(high) / 8;
    }
    while (from < s.n && (unsigned char)s.p[from] < 0x80) from++;
    return from;
}

static bool is_ascii(str s) {
    return text_ascii(s, 0) == s.n;
}

void text_small(str s, char *to) {
    size_t i = 0;
    for (; s.n - i >= 8; i += 8) {
        uint64_t w = eight_at(s.p + i), low = w & EACH(0x7F);
        uint64_t capital = (low + EACH(0x80 - 'A')) & ~(low + EACH(0x7F - 'Z')) & ~w & EACH(0x80);
        w = htole64(w | capital >> 2);
        memcpy(to + i, &w, sizeof w);
    }
    for (; i < s.n; i++) to[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
}

str text_bare(arena *a, str s) {
    return is_ascii(s) ? s : normalize(a, s, UTF8PROC_COMPAT | UTF8PROC_STRIPMARK);
}

str text_fold(arena *a, str s) {
    if (!is_ascii(s)) return normalize(a, s, UTF8PROC_CASEFOLD);
    char *p = arena_alloc(a, s.n + 1);
    text_small(s, p);
    return (str){p, s.n};
}

/* Scripts written without spaces: by Script Han, Hiragana, Katakana, Bopomofo, and those of Line_Break=SA. */
static const range dense[] = {
    {0x0E00, 0x0E4F}, {0x0E80, 0x0ECF}, {0x0EDC, 0x0EDF},   {0x1000, 0x103F},   {0x104A, 0x108F},
    {0x109A, 0x109F}, {0x1780, 0x17DD}, {0x1950, 0x19CF},   {0x1A20, 0x1A7F},   {0x2E80, 0x2FDF},
    {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035},   {0x3038, 0x303B},   {0x3041, 0x3096},
    {0x309D, 0x309F}, {0x30A1, 0x30FA}, {0x30FC, 0x312F},   {0x31A0, 0x31BF},   {0x31F0, 0x31FF},
    {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA9E0, 0xA9EF},   {0xA9FA, 0xA9FE},   {0xAA60, 0xAADF},
    {0xF900, 0xFAFF}, {0xFF66, 0xFF9D}, {0x1AFF0, 0x1B16F}, {0x20000, 0x323AF},
};

bool text_dense(uint32_t codepoint) {
    return codepoint >= dense[0].from && in_ranges(dense, COUNT_OF(dense), codepoint);
}

uint32_t text_columns(str s) {
    uint32_t columns = 0;
    bool joined = false;
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = text_next(s, &i);
        bool modifier = cp >= 0x1F3FB && cp <= 0x1F3FF && columns;
        int width = utf8proc_charwidth((utf8proc_int32_t)cp);
        /* what a joiner or a skin tone adds to an emoji is drawn over it */
        if (width > 0 && !joined && !modifier) columns += (uint32_t)width;
        joined = cp == 0x200D;
    }
    return columns;
}

static bool is_blank_line(str line) {
    return str_trim(line).n == 0;
}

static void count_lines(str s, text_size *size) {
    bool inside = false;
    str line, rest = s;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        bool blank = is_blank_line(line);
        size->lines += !blank;
        size->paragraphs += !blank && !inside;
        inside = !blank;
    }
}

text_size text_measure(str s, arena *scratch) {
    text_size size = {0};
    span *spans;
    for (size_t i = 0; i < s.n; i++) size.chars += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    size.words = (uint32_t)text_words(s, scratch, &spans);
    size.sentences = (uint32_t)text_sentences(s, scratch, &spans);
    count_lines(s, &size);
    return size;
}

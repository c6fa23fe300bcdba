/* text_sentences.c: sentences after UAX 29, with what it leaves to tailoring.
 *
 * A line break ends a sentence. So do . ! ? and … with the quotes and brackets that close behind them, if white
 * space or a script without spaces follows; 。！？ and their kin end it whatever follows. Points and … do not
 * end it before a small letter, nor does a point behind an abbreviation, an initial (J. Smith, U.S.) or a
 * number or letter that is all there is so far (1. the mark of a list). What holds no letter and no digit is no
 * sentence of its own: it goes with the text behind it on the same line, else it is dropped.
 */
#include "pipeline/base/base.h"
#include "pipeline/base/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum stop { NO_STOP, POINT, MARK, FULL }; /* in rising strength */

static enum stop stop_beyond_ascii(uint32_t cp) {
    switch (cp) {
    case 0x2026:
    case 0x2024: return POINT;
    case 0x061F:
    case 0x06D4:
    case 0x0589:
    case 0x203C:
    case 0x203D:
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0x1362:
    case 0x0964:
    case 0x0965: return MARK;
    case 0x3002:
    case 0xFF01:
    case 0xFF1F:
    case 0xFF0E:
    case 0xFF61:
    case 0x17D4:
    case 0x17D5:
    case 0x104A:
    case 0x104B: return FULL;
    default: return NO_STOP;
    }
}

static inline enum stop stop_of(uint32_t cp) {
    if (cp >= 0x80) return stop_beyond_ascii(cp);
    return cp == '.' ? POINT : cp == '!' || cp == '?' ? MARK : NO_STOP;
}

/* The marks of Markdown count too: models write **so.** */
static bool is_closer(uint32_t cp) {
    switch (cp) {
    case '"':
    case '\'':
    case ')':
    case ']':
    case '}':
    case '*':
    case '_':
    case 0xAB:
    case 0xBB:
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x203A:
    case 0x3009:
    case 0x300B:
    case 0x300D:
    case 0x300F:
    case 0x3011:
    case 0x3015:
    case 0xFF02:
    case 0xFF07:
    case 0xFF09:
    case 0xFF3D:
    case 0xFF5D:
    case 0xFF63: return true;
    default: return false;
    }
}

static inline bool is_blank(uint32_t cp) {
    if (cp < 0x80) return cp == ' ' || (cp >= '\t' && cp <= '\r');
    return cp == 0x85 || cp == 0xA0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200B) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202F || cp == 0x205F;
}

static bool is_plain_word(unsigned c) {
    return c - '0' < 10 || (c | 0x20) - 'a' < 26;
}

static bool is_word(uint32_t cp) {
    if (cp < 0x80) return is_plain_word(cp);
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
           (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

static bool is_capital(uint32_t cp) {
    if (cp < 0x80) return cp - 'A' < 26;
    return utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_LU;
}

static bool is_small(uint32_t cp) {
    if (cp < 0x80) return cp - 'a' < 26;
    return utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_LL;
}

/* The letters, digits and inner points right before `end`, not before `from`. */
static str word_before(str s, size_t from, size_t end) {
    size_t i = end;
    while (i > from) {
        size_t k = i - 1;
        while (k > from && ((unsigned char)s.p[k] & 0xC0) == 0x80) k--;
        size_t next = k;
        uint32_t cp = (unsigned char)s.p[k];
        if (cp >= 0x80) cp = text_next(s, &next);
        if (!is_word(cp) && cp != '.') break;
        i = k;
    }
    return str_part(s, i, end);
}

static bool is_abbreviation(str w) {
    static const char known[][8] = {"mr",  "mrs", "ms",  "dr",   "st", "vs",
                                    "e.g", "i.e", "etc", "prof", "jr", "sr"};
    char low[8] = {0};
    if (w.n > 4) return false;
    for (size_t i = 0; i < w.n; i++) low[i] = (char)(w.p[i] >= 'A' && w.p[i] <= 'Z' ? w.p[i] + 32 : w.p[i]);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (!memcmp(low, known[i], sizeof low)) return true;
    return false;
}

/* One capital letter, alone or behind a point. "I" alone is the pronoun. */
static bool is_initial(str w) {
    size_t at = w.n;
    while (at && w.p[at - 1] != '.') at--;
    if (at == w.n || w.n - at > 4 || (w.n == 1 && w.p[0] == 'I')) return false;
    uint32_t cp = text_next(w, &at);
    return at == w.n && is_capital(cp);
}

/* "12", "a", "iv" as all there is before a point: the mark of a list. */
static bool is_list_mark(str w) {
    if (w.n > 4) return false;
    bool digits = true;
    for (size_t i = 0; i < w.n; i++) digits = digits && w.p[i] >= '0' && w.p[i] <= '9';
    return w.n == 1 || digits;
}

static bool continues_small(str s, size_t i) {
    while (i < s.n && s.p[i] != '\n') {
        uint32_t cp = text_next(s, &i);
        if (is_blank(cp)) continue;
        return is_small(cp);
    }
    return false;
}

/* With a stop at i: where stops and closers end, and whether the sentence from `start` ends there. */
static bool ends_here(str s, size_t start, size_t i, size_t *behind) {
    enum stop strongest = NO_STOP;
    size_t j = i, next, stops = 0;
    for (; j < s.n; j = next) {
        next = j;
        uint32_t cp = text_next(s, &next);
        enum stop k = stop_of(cp);
        if (k == NO_STOP && !is_closer(cp)) break;
        stops += k != NO_STOP;
        if (k > strongest) strongest = k;
    }
    *behind = j;
    if (j == s.n || strongest == FULL) return true;
    next = j;
    uint32_t after = text_next(s, &next);
    if (!is_blank(after) && !text_dense(after)) return false;
    if (strongest != POINT || after == '\n') return true;
    str before = word_before(s, start, i);
    if (stops == 1 && s.p[i] == '.' && before.n) {
        if (is_abbreviation(before) || is_initial(before)) return false;
        if (before.p == s.p + start && is_list_mark(before)) return false;
    }
    return !continues_small(s, j);
}

static size_t skip_blanks(str s, size_t i) {
    for (size_t next = i; i < s.n; i = next)
        if (!is_blank(text_next(s, &next))) break;
    return i;
}

static size_t end_of_text(str s, size_t from, size_t to) {
    return from + str_trim(str_part(s, from, to)).n;
}

/* Behind the ASCII from i on that can neither end a sentence nor is a line break. Letters and blanks, which is
 * almost all, eight at once: what is left over has a low byte's sign, and no letter's bit. */
static size_t skip_plain(str s, size_t i) {
    static const bool stops[128] = {['.'] = true, ['!'] = true, ['?'] = true, ['\n'] = true};
    while (s.n - i >= 8) {
        uint64_t w = eight_at(s.p + i);
        uint64_t inked = (w ^ EACH(' ')) + EACH(0x7F); /* its high bit: no blank, as far as bytes are ASCII */
        uint64_t left = ((inked & ~(w << 1)) | w) & EACH(0x80);
        if (!left) {
            i += 8;
            continue;
        }
        i += (size_t)__builtin_ctzll(left) / 8;
        if ((signed char)s.p[i] < 0 || stops[(unsigned char)s.p[i]]) return i;
        i++;
    }
    while (i < s.n && (signed char)s.p[i] >= 0 && !stops[(unsigned char)s.p[i]]) i++;
    return i;
}

/* The next sentence from *at on. */
static bool sentence_next(str s, size_t *at, span *out) {
    size_t start = skip_blanks(s, *at), i = start;
    bool words = false, over = false;
    while (i < s.n && !over) {
        words = words || is_plain_word((unsigned char)s.p[i]);
        if (words) i = skip_plain(s, i);
        if (i == s.n) break;
        size_t next = i;
        uint32_t cp = text_next(s, &next);
        if (cp == '\n' && words) break;
        if (cp == '\n') {
            start = next = skip_blanks(s, next);
        } else if (stop_of(cp) != NO_STOP) {
            over = ends_here(s, start, i, &next) && words;
        } else {
            words = words || is_word(cp);
        }
        i = next;
    }
    *at = i;
    *out = (span){(uint32_t)start, (uint32_t)(end_of_text(s, start, i) - start)};
    return words;
}

size_t text_sentences(str s, arena *a, span **out) {
    size_t n = 0, cap = s.n / 64 + 8, at = 0;
    span *spans = arena_new_of(a, span, cap);
    for (span found; sentence_next(s, &at, &found); spans[n++] = found) {
        if (n < cap) continue;
        span *more = arena_new_of(a, span, cap * 2);
        memcpy(more, spans, n * sizeof *spans);
        spans = more;
        cap *= 2;
    }
    *out = spans;
    return n;
}

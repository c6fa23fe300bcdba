/* text_words.c: words after UAX 29, without its dictionaries.
 *
 * A word is a run of letters, digits and the marks on them. An apostrophe or point between two letters or two
 * digits joins (don't, 3.14, U.S.A), so does a comma between digits (3,000) and an underscore between any of
 * them. A hyphen divides. Each character of a script without spaces (text_dense) is a word with the marks on
 * it: for Han and kana that is the rule; for Thai and its kin UAX 29 leaves it to dictionaries, which we do not
 * carry.
 *
 * Almost all text is ASCII: 64 bytes at a time become two masks, a bit a byte, and a word is the distance from
 * one bit to the next. What a sign may join, what is not ASCII and what crosses the 64 goes byte by byte. SSE2,
 * which every x86-64 has, makes the masks in fewer steps; the tests compare it with the plain way.
 */
#include "pipeline/base/base.h"
#include "pipeline/base/utf8.h"

#include <string.h>
#include <utf8proc.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum kind { OTHER, LETTER, DIGIT, DENSE, MARK, UNDERSCORE, MID_ANY, MID_LETTER, MID_DIGIT, HIGH };

#define A16(k) k, k, k, k, k, k, k, k, k, k, k, k, k, k, k, k
#define A26(k) A16(k), k, k, k, k, k, k, k, k, k, k
#define A32(k) A16(k), A16(k)
static const uint8_t kinds[256] = {
    A32(0), /* controls */
    0,      0,           0,         0,         0,     0,         0,          MID_ANY,   0,
    0,      0,           0,         MID_DIGIT, 0,     MID_ANY,   0, /* ' , . */
    DIGIT,  DIGIT,       DIGIT,     DIGIT,     DIGIT, DIGIT,     DIGIT,      DIGIT,     DIGIT,
    DIGIT,  0,           MID_DIGIT, 0,         0,     0,         0, /* ; */
    0,      A26(LETTER), 0,         0,         0,     0,         UNDERSCORE, 0,         A26(LETTER),
    0,      0,           0,         0,         0,     A32(HIGH), A32(HIGH),  A32(HIGH), A32(HIGH),
};

/* WordBreak property values MidNumLet, MidLetter, MidNum, ExtendNumLet beyond ASCII. */
static enum kind kind_of_sign(uint32_t cp) {
    switch (cp) {
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0xFE52:
    case 0xFF07:
    case 0xFF0E: return MID_ANY;
    case 0x00B7:
    case 0x0387:
    case 0x055F:
    case 0x05F4:
    case 0x2027: return MID_LETTER;
    case 0x037E:
    case 0x060C:
    case 0x060D:
    case 0x066B:
    case 0x066C:
    case 0x07F8:
    case 0x202F:
    case 0x2044:
    case 0xFE10:
    case 0xFE14:
    case 0xFE50:
    case 0xFE54:
    case 0xFF0C:
    case 0xFF1B: return MID_DIGIT;
    case 0x203F:
    case 0x2040:
    case 0x2054:
    case 0xFF3F: return UNDERSCORE;
    default: return OTHER;
    }
}

static enum kind kind_beyond_ascii(uint32_t cp) {
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL: return text_dense(cp) ? DENSE : LETTER;
    case UTF8PROC_CATEGORY_ND: return DIGIT;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return MARK;
    case UTF8PROC_CATEGORY_CF: return cp == 0x200B ? OTHER : MARK; /* a zero width space divides */
    default: return kind_of_sign(cp);
    }
}

/* The kind of what stands at i, and where the next begins. */
static inline enum kind kind_at(str s, size_t i, size_t *next) {
    enum kind k = (enum kind)kinds[(unsigned char)s.p[i]];
    *next = i + 1;
    if (k != HIGH) return k;
    *next = i;
    return kind_beyond_ascii(text_next(s, next));
}

static size_t behind_marks(str s, size_t i) {
    size_t next;
    while (i < s.n && (unsigned char)s.p[i] >= 0x80 && kind_at(s, i, &next) == MARK) i = next;
    return i;
}

/* Whether a sign of kind `mid` behind `last` joins it to what stands at i. */
static bool joins(str s, size_t i, enum kind mid, enum kind last) {
    if (i >= s.n) return false;
    size_t next;
    enum kind k = kind_at(s, i, &next);
    if (mid == UNDERSCORE) return k == LETTER || k == DIGIT;
    if (k != last) return false;
    return mid == MID_ANY || (mid == MID_LETTER && k == LETTER) || (mid == MID_DIGIT && k == DIGIT);
}

/* The high bit of each of eight bytes that is no ASCII letter or digit. */
static inline uint64_t not_alnum8(uint64_t w) {
    uint64_t low = w & EACH(0x7F), small = low | EACH(0x20);
    uint64_t letter = (small + EACH(0x80 - 'a')) & ~(small + EACH(0x7F - 'z'));
    uint64_t digit = (low + EACH(0x80 - '0')) & ~(low + EACH(0x7F - '9'));
    return (~(letter | digit) | w) & EACH(0x80);
}

/* The end of the run of ASCII letters and digits at i. Eight at once: most words end within, and a loop over
 * bytes would mispredict the end of each. */
static inline size_t run_end(str s, size_t i) {
    for (; s.n - i >= 8; i += 8) {
        uint64_t stop = not_alnum8(eight_at(s.p + i));
        if (stop) return i + (size_t)__builtin_ctzll(stop) / 8;
    }
    while (i < s.n && (unsigned)kinds[(unsigned char)s.p[i]] - LETTER <= DIGIT - LETTER) i++;
    return i;
}

/* The end of a word that begins at i with a letter or digit. */
static size_t word_end(str s, size_t i) {
    enum kind last = LETTER;
    for (;;) {
        size_t from = i;
        i = run_end(s, i);
        if (i == s.n) return i;
        if (i > from) last = (enum kind)kinds[(unsigned char)s.p[i - 1]];
        size_t next;
        enum kind k = kind_at(s, i, &next);
        if (k == LETTER || k == DIGIT)
            last = k;
        else if (k < MARK || (k > MARK && !joins(s, next, k, last)))
            return i;
        i = next;
    }
}

/* Of 64 bytes, a bit each, the first one lowest. */
typedef struct window {
    uint64_t skip; /* ASCII that begins no word */
    uint64_t stop; /* no ASCII letter or digit */
} window;

#ifdef __SSE2__
static inline __m128i between16(__m128i w, char from, char to) {
    return _mm_and_si128(_mm_cmpgt_epi8(w, _mm_set1_epi8((char)(from - 1))),
                         _mm_cmplt_epi8(w, _mm_set1_epi8((char)(to + 1))));
}

/* Compared as signed bytes: what is not ASCII is below all that is. */
static inline window window_of(const char *p) {
    window x = {0, 0};
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i letter = between16(_mm_or_si128(w, _mm_set1_epi8(0x20)), 'a', 'z');
        unsigned alnum = (unsigned)_mm_movemask_epi8(_mm_or_si128(letter, between16(w, '0', '9')));
        unsigned high = (unsigned)_mm_movemask_epi8(w);
        x.stop |= (uint64_t)(~alnum & 0xFFFF) << i;
        x.skip |= (uint64_t)(~(alnum | high) & 0xFFFF) << i;
    }
    return x;
}
#else
/* The high bit of each byte, together. */
static inline uint64_t bits8(uint64_t high) {
    return (high >> 7) * 0x0102040810204080u >> 56;
}

static inline window window_of(const char *p) {
    window x = {0, 0};
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t w = eight_at(p + i), stop = not_alnum8(w);
        x.stop |= bits8(stop) << i;
        x.skip |= bits8(stop & ~w) << i;
    }
    return x;
}
#endif

/* Whether a word begins with what stands at i; the end of the one or the other. */
static bool word_at(str s, size_t i, size_t *end) {
    size_t next;
    enum kind k = kind_at(s, i, &next);
    bool any = k == LETTER || k == DIGIT;
    *end = any ? word_end(s, i) : k == DENSE ? behind_marks(s, next) : next;
    return any || k == DENSE;
}

/* The words that begin in the 64 bytes at `base`, from *at on: 64 at most. *at: past the 64 where the last one
 * ends there. */
static size_t words_in(str s, size_t base, size_t *at, span *out) {
    char last[64];
    const char *p = s.p + base;
    if (s.n - base < sizeof last) { /* blanks behind the text */
        memset(last, ' ', sizeof last);
        p = memcpy(last, p, s.n - base);
    }
    window x = window_of(p);
    const span *first = out;
    for (uint64_t begin = ~x.skip & ~0ull << (*at - base); begin;) {
        unsigned i = (unsigned)__builtin_ctzll(begin), n;
        uint64_t stop = x.stop >> i;
        if (stop && !(stop & 1)) {
            n = (unsigned)__builtin_ctzll(stop);
            if (kinds[(unsigned char)p[i + n]] == OTHER) {
                *out++ = (span){(uint32_t)base + i, n};
                begin &= ~0ull << (i + n);
                continue;
            }
        }
        if (word_at(s, base + i, at)) *out++ = (span){(uint32_t)base + i, (uint32_t)(*at - base) - i};
        if (*at - base >= 64) break;
        begin &= ~0ull << (*at - base);
    }
    return (size_t)(out - first);
}

size_t text_words(str s, arena *a, span **out) {
    size_t n = 0, cap = s.n / 4 + 65;
    span *spans = arena_room_of(a, span, cap);
    for (size_t base = 0, at = 0; base < s.n; base += 64) {
        if (at < base) at = base;
        if (at - base >= 64) continue;
        if (cap - n <= 64) {
            span *more = arena_room_of(a, span, cap * 2);
            memcpy(more, spans, n * sizeof *spans);
            spans = more;
            cap *= 2;
        }
        n += words_in(s, base, &at, spans + n);
    }
    *out = spans;
    return n;
}

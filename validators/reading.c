/* reading.c: a text cut into words and sentences once for all rules of a check.
 *
 * Words are those of text_words, folded: so a term meets a text word by word, and in scripts without spaces,
 * where each character is a word, as a piece of it. Almost all words are ASCII or Han, for which folding is a
 * copy; only the rest asks for Unicode's tables.
 *
 * The hash of a word of up to 16 bytes is a mix of its two halves, which is one to one for words of up to 8;
 * the bytes are read as little endian, so it is the same on every machine.
 */
#include "validators/rule_parts.h"

#include <endian.h>
#include <string.h>

#define SHORT 16u /* bytes that may be read from where a word of `folded` begins */

/* The first n of eight bytes, the rest 0. */
static inline uint64_t bytes_at(const char *p, size_t n) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    w = le64toh(w);
    return n < sizeof w ? w & ((1ull << 8 * n) - 1) : w;
}

static inline uint64_t mix(uint64_t low, uint64_t high) {
    uint64_t h = low * 0x9E3779B97F4A7C15u;
    h = ((h ^ h >> 32) + high) * 0xD6E8FEB86659FD93u;
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

static inline uint32_t head_of(uint64_t low, size_t n) {
    return n < 3 ? 0 : ((uint32_t)(low & 0xFFFFFF) * 0x9E3779B1u) >> 8 | 1;
}

/* Both, of a word behind which SHORT bytes can be read. */
static inline void word_mark(const char *p, size_t n, uint64_t *hash, uint32_t *head) {
    uint64_t low = bytes_at(p, n), high = n > 8 ? bytes_at(p + 8, n - 8) : 0;
    *hash = n <= SHORT ? mix(low, high) : hash_64((str){p, n}, 0);
    *head = head_of(low, n);
}

uint64_t word_hash(str folded) {
    char near[SHORT] = {0};
    if (folded.n > SHORT) return hash_64(folded, 0);
    if (folded.n) memcpy(near, folded.p, folded.n);
    return mix(bytes_at(near, 8), bytes_at(near + 8, 8));
}

uint32_t word_head(str folded) {
    char near[8] = {0};
    memcpy(near, folded.p, folded.n < 3 ? 0 : 3);
    return head_of(bytes_at(near, 8), folded.n);
}

/* Han from U+4E00 on: three bytes from E4 B8 80 to E9 BF BF, which fold to themselves. */
static bool is_plain(str w) {
    for (size_t i = 0; i < w.n; i++) {
        unsigned char c = (unsigned char)w.p[i];
        if (c < 0x80) continue;
        if (c < 0xE4 || c > 0xE9 || i + 2 >= w.n || (c == 0xE4 && (unsigned char)w.p[i + 1] < 0xB8))
            return false;
        i += 2;
    }
    return true;
}

/* U+2019 and U+2018 as ', so that don’t is don't. */
static str straight(str w, arena *mem) {
    char *p = arena_alloc(mem, w.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < w.n; i++) {
        bool curly =
            i + 2 < w.n && !memcmp(w.p + i, "\xE2\x80", 2) && (w.p[i + 2] == '\x98' || w.p[i + 2] == '\x99');
        p[n++] = curly ? '\'' : w.p[i];
        if (curly) i += 2;
    }
    return (str){p, n};
}

str word_fold(str word, arena *mem) {
    if (!is_plain(word)) return straight(text_fold(mem, word), mem);
    char *p = arena_alloc(mem, word.n + 1);
    text_small(word, p);
    return (str){p, word.n};
}

static bool is_invisible(uint32_t cp) {
    return cp == 0xAD || cp == 0x200B || cp == 0x2060 || cp == 0xFEFF;
}

/* Letters, digits and what stands in addresses; punctuation stays, it says which script it belongs to. */
static bool is_wide(uint32_t cp) {
    return (cp >= 0xFF10 && cp <= 0xFF19) || (cp >= 0xFF20 && cp <= 0xFF3A) || (cp >= 0xFF41 && cp <= 0xFF5A) ||
           cp == 0xFF0B || cp == 0xFF0D || cp == 0xFF3F;
}

/* Without invisible characters, and with full-width letters and digits as plain ones: what a reader sees. Most
 * texts have none, and are as they were. */
static str seen_text(str s, arena *mem) {
    size_t at, n = 0;
    bool differs = false;
    for (at = text_ascii(s, 0); at < s.n && !differs; at = text_ascii(s, at)) {
        uint32_t cp = text_next(s, &at);
        differs = is_invisible(cp) || is_wide(cp);
    }
    if (!differs) return s;
    char *out = arena_alloc(mem, s.n + 1);
    for (at = 0; at < s.n;) {
        size_t from = at;
        uint32_t cp = text_next(s, &at);
        if (is_invisible(cp)) continue;
        if (is_wide(cp))
            out[n++] = (char)(cp - 0xFEE0);
        else
            for (; from < at; from++) out[n++] = s.p[from];
    }
    return (str){out, n};
}

/* Whether a text has letters of other scripts than Latin's: what is not ASCII is below U+0340 or in
 * U+2000..U+2FFF (dashes, quotes, arrows) or U+1F000 on (pictures). */
static bool is_latin(str s) {
    for (size_t at = text_ascii(s, 0); at < s.n; at = text_ascii(s, at)) {
        uint32_t cp = text_next(s, &at);
        if (cp >= 0x340 && (cp < 0x2000 || (cp > 0x2FFF && (cp < 0x1F000 || cp > 0x1FFFF)))) return false;
    }
    return true;
}

static void words_fold(reading *t, arena *mem) {
    uint32_t n = t->words;
    str *fold = t->fold = arena_room_of(mem, str, n + 1);
    uint64_t *hash = t->hash = arena_room_of(mem, uint64_t, n + 1);
    uint32_t *head = t->head = arena_room_of(mem, uint32_t, n + 1);
    const span *word = t->word;
    const char *text = t->folded.p;
    bool ascii = t->ascii;
    for (uint32_t i = 0; i < n; i++) {
        str w = {text + word[i].at, word[i].n};
        if (ascii || is_plain(w)) {
            fold[i] = w;
            word_mark(w.p, w.n, &hash[i], &head[i]);
        } else {
            fold[i] = word_fold(w, mem);
            hash[i] = word_hash(fold[i]);
            head[i] = word_head(fold[i]);
        }
    }
    fold[n] = (str){0};
    hash[n] = head[n] = 0;
}

static void words_share_out(reading *t, arena *mem) {
    t->upto = arena_room_of(mem, uint32_t, t->sentences + 1);
    for (uint32_t i = 0, word = 0; i < t->sentences; i++) {
        uint32_t end = t->sentence[i].at + t->sentence[i].n;
        while (word < t->words && t->word[word].at < end) word++;
        t->upto[i] = word;
    }
}

reading *reading_new(str text, arena *mem) {
    reading *t = arena_new_of(mem, reading, 1);
    t->ascii = text_ascii(text, 0) == text.n;
    t->text = t->ascii ? text : seen_text(text, mem);
    t->latin = t->ascii || is_latin(t->text);
    char *small = arena_room(mem, t->text.n + SHORT);
    text_small(t->text, small);
    memset(small + t->text.n, 0, SHORT);
    t->folded = (str){small, t->text.n};
    t->words = (uint32_t)text_words(t->text, mem, &t->word);
    t->sentences = (uint32_t)text_sentences(t->text, mem, &t->sentence);
    words_share_out(t, mem);
    words_fold(t, mem);
    t->index = word_index_new(t, mem);
    return t;
}

bool words_adjacent(const reading *t, uint32_t word) {
    size_t at = t->word[word].at + t->word[word].n, end = t->word[word + 1].at;
    while (at < end) {
        uint32_t cp = text_next(t->text, &at);
        bool light = cp == ' ' || cp == '-' || cp == '\t' || cp == '\n' || cp == '\'' || cp == 0xA0 ||
                     cp == '*' || cp == '_' || cp == 0x2010 || cp == 0x2011 || cp == 0x2019 || cp == 0x3000;
        if (!light) return false;
    }
    return true;
}

bool word_in(str w, const char *const *list) {
    if (!w.n) return false;
    for (; *list; list++)
        if ((*list)[0] == w.p[0] && !strncmp(*list, w.p, w.n) && !(*list)[w.n]) return true;
    return false;
}

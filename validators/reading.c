/* reading.c: a text cut into words and sentences once for all rules of a check.
 *
 * Words are those of text_words, folded: so a term meets a text word by word, and in scripts without spaces,
 * where each character is a word, as a piece of it. Almost all words are ASCII or Han, for which folding is a
 * copy; only the rest asks for Unicode's tables.
 */
#include "validators/rule_parts.h"

#include <string.h>

uint64_t word_hash(str folded) {
    return hash_64(folded, 0);
}

uint32_t word_head(str folded) {
    uint32_t three = 0;
    if (folded.n < 3) return 0;
    memcpy(&three, folded.p, 3);
    return (three * 0x9E3779B1u) >> 8 | 1;
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

static void put_small(char *to, str s) {
    for (size_t i = 0; i < s.n; i++) to[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
}

str word_fold(str word, arena *mem) {
    if (!is_plain(word)) return straight(text_fold(mem, word), mem);
    char *p = arena_alloc(mem, word.n + 1);
    put_small(p, word);
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
    size_t at = 0, n = 0;
    bool differs = false;
    while (at < s.n && !differs) {
        unsigned char c = (unsigned char)s.p[at];
        if (c != 0xC2 && c != 0xE2 && c != 0xEF) {
            at++;
            continue;
        }
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

reading *reading_new(str text, arena *mem) {
    reading *t = arena_new_of(mem, reading, 1);
    text = seen_text(text, mem);
    char *small = arena_alloc(mem, text.n + 1);
    put_small(small, text);
    t->text = text;
    t->folded = (str){small, text.n};
    t->words = (uint32_t)text_words(text, mem, &t->word);
    t->sentences = (uint32_t)text_sentences(text, mem, &t->sentence);
    t->fold = arena_new_of(mem, str, t->words + 1);
    t->hash = arena_new_of(mem, uint64_t, t->words + 1);
    t->head = arena_new_of(mem, uint32_t, t->words + 1);
    for (uint32_t i = 0; i < t->words; i++) {
        str w = str_part(t->folded, t->word[i].at, t->word[i].at + t->word[i].n);
        t->fold[i] = is_plain(w) ? w : word_fold(w, mem);
        t->hash[i] = word_hash(t->fold[i]);
        t->head[i] = word_head(t->fold[i]);
    }
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

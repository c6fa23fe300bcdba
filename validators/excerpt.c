/* excerpt.c: pieces of a model's text for messages: one line, short, cut between characters. */
#include "validators/rule_parts.h"

#define SHOWN     60 /* bytes of Latin; three times as many where characters take three */
#define SHOWN_END 30

static bool inside(str s, size_t at) {
    return at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80;
}

static str flat(arena *mem, str s) {
    str made = str_dup(mem, s);
    char *p = (char *)(uintptr_t)made.p;
    for (size_t i = 0; i < made.n; i++)
        if (p[i] == '\n' || p[i] == '\r' || p[i] == '\t') p[i] = ' ';
    return made;
}

str excerpt(arena *mem, str text) {
    size_t chars = 0, at = 0;
    text = str_trim(text);
    while (at < text.n && chars < SHOWN) {
        at++;
        while (inside(text, at)) at++;
        chars++;
    }
    if (at == text.n) return flat(mem, text);
    return flat(mem, str_printf(mem, STR_FMT "...", STR_ARG(str_part(text, 0, at))));
}

str excerpt_end(arena *mem, str text) {
    text = str_trim(text);
    size_t at = text.n, chars = 0;
    while (at && chars < SHOWN_END) {
        at--;
        while (at && inside(text, at)) at--;
        chars++;
    }
    return flat(mem, str_part(text, at, text.n));
}

str capital(arena *mem, str text) {
    if (!text.n || text.p[0] < 'a' || text.p[0] > 'z') return text;
    str made = str_dup(mem, text);
    ((char *)(uintptr_t)made.p)[0] = (char)(text.p[0] - 32);
    return made;
}

/* ending.c: FIELD.ending: a longer text ends a sentence. One that does not was cut by a limit of the schema or
 * of tokens, or trails off. Short texts (names, phrases) need no full stop; nor does Thai or Lao, which has
 * none.
 */
#include "validators/rule_parts.h"

#define LONG_WORDS 12u

static bool is_stop(uint32_t cp) {
    static const uint32_t stops[] = {'.',    '!',    '?',    0x2026, 0x3002, 0xFF01, 0xFF1F, 0xFF0E,
                                     0xFF61, 0x061F, 0x06D4, 0x0589, 0x1362, 0x0964, 0x0965, 0x17D4,
                                     0x17D5, 0x104B, 0x203C, 0x203D, 0x2047, 0x2048, 0x2049};
    for (size_t i = 0; i < COUNT_OF(stops); i++)
        if (stops[i] == cp) return true;
    return cp >= 0x0E00 && cp <= 0x0EFF;
}

/* Quotes and brackets that close, marks of emphasis, pictures. */
static bool is_closer(uint32_t cp) {
    static const uint32_t closers[] = {'"',    '\'',   ')',    ']',    '}',    '*',    '_',    0xAB,
                                       0xBB,   0x2018, 0x2019, 0x201C, 0x201D, 0x203A, 0x3009, 0x300B,
                                       0x300D, 0x300F, 0x3011, 0x3015, 0xFF02, 0xFF09, 0xFF3D, 0xFE0F};
    for (size_t i = 0; i < COUNT_OF(closers); i++)
        if (closers[i] == cp) return true;
    return (cp >= 0x1F300 && cp <= 0x1FAFF) || cp == ' ' || cp == '\n';
}

static bool ends_well(str s) {
    s = str_trim(s);
    while (s.n) {
        size_t at = s.n - 1;
        while (at && ((unsigned char)s.p[at] & 0xC0) == 0x80) at--;
        size_t next = at;
        uint32_t cp = text_next(s, &next);
        if (is_stop(cp)) return true;
        if (!is_closer(cp)) return false;
        s.n = at;
    }
    return false;
}

void ending_check(check_ctx *c, const node *n) {
    reading **text;
    uint32_t texts = check_texts(c, n->leaf, &text);
    for (uint32_t i = 0; i < texts; i++) {
        const reading *t = text[i];
        if ((t->words < LONG_WORDS && t->sentences < 2) || ends_well(t->text)) continue;
        field_report(c, n->leaf, "ending",
                     message_of(c->mem, c->rec->pop, SAY_ENDING, excerpt_end(c->mem, t->text)),
                     message_plain(c->rec->pop, SAY_ENDING_HINT));
    }
}

/* leak_forms.c: what a text gives away that has a form rather than words: JSON, marks of chat templates and
 * placeholders, URLs, e-mail addresses, accounts, telephone and identity numbers.
 */
#include "validators/leak_parts.h"

#include <string.h>

#define PIECE         30u /* bytes of JSON that a message shows */
#define ACCOUNT_LEAST 5u  /* characters */
#define SITE_LEAST    4u  /* bytes: "www." */

static str words_range(const reading *t, uint32_t first, uint32_t last) {
    return str_part(t->text, t->word[first].at, t->word[last].at + t->word[last].n);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t skip_space(str s, size_t i) {
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\t')) i++;
    return i;
}

/* The end of so many bytes from i on, and of the character that they end in. */
static size_t behind(str s, size_t i, size_t bytes) {
    i = i + bytes < s.n ? i + bytes : s.n;
    while (i < s.n && ((unsigned char)s.p[i] & 0xC0) == 0x80) i++;
    return i;
}

/* {" or ": " or ":{ : a piece of JSON. */
static leak json_piece(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '{' && s.p[i] != '"') continue;
        size_t next = skip_space(s, i + 1), then = next;
        bool opens = s.p[i] == '{' && next < s.n && s.p[next] == '"';
        if (s.p[i] == '"' && next < s.n && s.p[next] == ':') then = skip_space(s, next + 1);
        bool member = then > next && then < s.n && (s.p[then] == '"' || s.p[then] == '{' || s.p[then] == '[');
        if (opens || member) return (leak){LEAK_PROMPT, str_part(s, i, behind(s, i, PIECE))};
    }
    return (leak){0};
}

static size_t run_of(str s, size_t i, const char *also) {
    for (; i < s.n; i++) {
        const char *x = also;
        while (*x && *x != s.p[i]) x++;
        if (!*x && !is_alnum(s.p[i])) break;
    }
    return i;
}

/* https://example.org/page */
static leak url(str s) {
    size_t at;
    if (!str_find(s, STR("://"), &at)) return (leak){0};
    size_t from = at;
    while (from && is_alnum(s.p[from - 1])) from--;
    return (leak){LEAK_ADDRESS, str_part(s, from, run_of(s, at + 3, "-._/~%?=&#:"))};
}

/* local@domain.tld */
static leak email(str s) {
    for (size_t i = 1; i + 1 < s.n; i++) {
        if (s.p[i] != '@' || !is_alnum(s.p[i - 1]) || !is_alnum(s.p[i + 1])) continue;
        size_t end = run_of(s, i + 1, "-."), from = i, dot;
        while (from && run_of((str){s.p + from - 1, 1}, 0, "._+-")) from--;
        if (str_find(str_part(s, i + 1, end), STR("."), &dot) && i + 2 + dot < end &&
            is_alnum(s.p[i + 2 + dot]))
            return (leak){LEAK_ADDRESS, str_part(s, from, end)};
    }
    return (leak){0};
}

static const char *const services[] = {"qq",       "wechat",    "weixin", "whatsapp",
                                       "telegram", "instagram", "tiktok", NULL};

void leak_marks(void) {
    word_marks_add(services, MARK_ADDRESS);
    word_mark_add("微", MARK_ADDRESS);
    word_mark_add("dot", MARK_ADDRESS);
    word_mark_add("slot", MARK_ADDRESS);
}

/* bit.ly/x: a name of letters with a point, and a path behind it. */
static bool has_path(const reading *t, uint32_t i) {
    str w = t->fold[i];
    size_t end = t->word[i].at + t->word[i].n, ending = 0;
    if (end + 1 >= t->text.n || t->text.p[end] != '/' || !is_alnum(t->text.p[end + 1])) return false;
    while (ending < w.n && w.p[w.n - 1 - ending] >= 'a' && w.p[w.n - 1 - ending] <= 'z') ending++;
    return ending >= 2 && ending + 2 < w.n && w.p[w.n - 1 - ending] == '.';
}

/* "example dot org" */
static leak spelt_site(const reading *t) {
    static const char *const ends[] = {"com", "org", "net", "edu", "cn", "io", "uk", "de", NULL};
    static const char *const articles[] = {"the", "a", "this", "that", "every", "of", NULL};
    for (uint32_t i = 1; (i = word_seek(t, i, MARK_ADDRESS)) + 1 < t->words; i++)
        if (str_is(t->fold[i], "dot") && word_in(t->fold[i + 1], ends) && !word_in(t->fold[i - 1], articles))
            return (leak){LEAK_ADDRESS, words_range(t, i - 1, i + 1)};
    return (leak){0};
}

/* www.x, x.com: words hold their inner points. */
static leak site(const reading *t) {
    static const char *const ends[] = {".com", ".org", ".net", ".edu", ".gov", ".info", ".io", ".cn", ".de",
                                       ".uk",  ".ai",  ".me",  ".app", ".dev", ".xyz",  ".co", NULL};
    for (uint32_t i = 0; i < t->words; i++) {
        str w = t->fold[i];
        if (w.n < SITE_LEAST || !memchr(w.p, '.', w.n)) continue;
        bool is_site = str_starts(w, "www.") || has_path(t, i);
        for (const char *const *e = ends; *e && !is_site; e++)
            is_site = str_ends(w, *e) && w.n > str_of(*e).n + 1;
        if (is_site)
            return (leak){LEAK_ADDRESS, str_part(t->text, t->word[i].at, t->word[i].at + t->word[i].n)};
    }
    return (leak){0};
}

/* Groups of digits with the signs that telephone numbers are written with between them. */
typedef struct digits {
    size_t from, end, groups, total, group[8];
    bool plus, bracket, dashed;
} digits;

static digits digits_at(str s, size_t i) {
    digits g = {.from = i, .end = i};
    g.plus = i && s.p[i - 1] == '+';
    g.bracket = i && s.p[i - 1] == '(';
    while (i < s.n && is_digit(s.p[i]) && g.groups < COUNT_OF(g.group)) {
        size_t from = i;
        while (i < s.n && is_digit(s.p[i])) i++;
        g.group[g.groups++] = i - from;
        g.total += i - from;
        g.end = i;
        if (g.bracket && i < s.n && s.p[i] == ')') i++;
        bool dash = i < s.n && s.p[i] == '-', gap = dash || (i < s.n && (s.p[i] == ' ' || s.p[i] == '.'));
        if (gap && i + 1 < s.n && is_digit(s.p[i + 1])) {
            g.dashed = g.dashed || dash;
            i++;
        } else if (i == g.end || !is_digit(i < s.n ? s.p[i] : ' ')) {
            break;
        }
    }
    return g;
}

static bool is_year(str s, size_t at) {
    return (s.p[at] == '1' && s.p[at + 1] == '9') || (s.p[at] == '2' && s.p[at + 1] == '0');
}

/* 138 0013 8000, 555.010.9999 */
static bool is_usual(const digits *g, char first) {
    if (g->groups != 3 || g->group[0] != 3 || g->group[2] != 4) return false;
    return g->group[1] == 3 || (g->group[1] == 4 && first == '1');
}

static bool is_telephone(str s, const digits *g) {
    if (g->total < 7 || g->total > 15) return false;
    char first = s.p[g->from];
    if (g->groups == 1) return g->plus || (first == '0' && g->total >= 9) || (first == '1' && g->total == 11);
    bool years = g->group[0] == 4 && is_year(s, g->from) &&
                 (g->group[1] == 4 || g->group[1] <= 2); /* 2019-2023, 2024-03-05 */
    bool day = g->groups == 3 && g->group[0] <= 2 && g->group[1] <= 2 && g->group[2] == 4; /* 05-03-2024 */
    if (years || day) return false;
    for (size_t i = 0; i < g->groups; i++)
        if (g->group[i] > 8 && !(g->plus && g->group[i] == 11)) return false;
    return g->plus || g->bracket || is_usual(g, first) || (first == '0' && g->group[0] >= 2) ||
           (g->dashed && g->group[g->groups - 1] >= 3 && g->group[0] >= 2);
}

/* An identity number: 18 digits, of which the last may be an X. */
static bool is_identity(str s, const digits *g) {
    return g->groups == 1 &&
           (g->total == 18 || (g->total == 17 && g->end < s.n && (s.p[g->end] == 'X' || s.p[g->end] == 'x')));
}

static leak number(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) continue;
        if (i && (is_alnum(s.p[i - 1]) || s.p[i - 1] == ',' || s.p[i - 1] == '.')) {
            while (i < s.n && is_digit(s.p[i])) i++;
            continue;
        }
        digits g = digits_at(s, i);
        if (is_identity(s, &g)) return (leak){LEAK_NUMBER, str_part(s, g.from, g.end)};
        if (is_telephone(s, &g)) return (leak){LEAK_TELEPHONE, str_part(s, g.from, g.end)};
        i = g.from + g.group[0];
    }
    return (leak){0};
}

/* "slot 12": what the engine calls its places */
static leak slot(const reading *t) {
    for (uint32_t i = 0; (i = word_seek(t, i, MARK_ADDRESS)) + 1 < t->words; i++) {
        if (!str_is(t->fold[i], "slot") || !is_digit(t->fold[i + 1].p[0]) || !words_adjacent(t, i) ||
            (i && str_is(t->fold[i - 1], "time")))
            continue;
        return (leak){LEAK_PROMPT, str_part(t->text, t->word[i].at, t->word[i + 1].at + t->word[i + 1].n)};
    }
    return (leak){0};
}

/* @somebody */
static leak handle(str s) {
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '@' || (i && is_alnum(s.p[i - 1]))) continue;
        size_t end = run_of(s, i + 1, "_.");
        if (end - i > 3) return (leak){LEAK_ADDRESS, str_part(s, i, end)};
    }
    return (leak){0};
}

/* A name with a digit or an underscore in it; for a number alone QQ is known. */
static bool is_account(str w, bool number) {
    size_t digits_in = 0;
    bool marked = memchr(w.p, '_', w.n) != NULL;
    for (size_t i = 0; i < w.n; i++) digits_in += is_digit(w.p[i]);
    if (w.n < ACCOUNT_LEAST || (unsigned char)w.p[0] >= 0x80) return false;
    return digits_in == w.n ? number : marked || digits_in > 0;
}

/* QQ 123456789, 微信：fang_1998 */
static leak account(const reading *t) {
    for (uint32_t i = 0; (i = word_seek(t, i, MARK_ADDRESS)) + 1 < t->words; i++) {
        bool dense = str_is(t->fold[i], "微") && str_is(t->fold[i + 1], "信");
        if (!dense && !word_in(t->fold[i], services)) continue;
        for (uint32_t k = i + 1; k < t->words && k <= i + 4; k++)
            if (is_account(t->fold[k], t->fold[i].p[0] == 'q'))
                return (leak){LEAK_ADDRESS, words_range(t, i, k)};
    }
    return (leak){0};
}

/* A long number behind "phone", 电话, 手机. */
static leak called_number(const reading *t) {
    static const char *const words[] = {"phone", "telephone", "tel", "mobile", "cell", "话", "机", NULL};
    for (uint32_t i = 1; i < t->words; i++) {
        str w = t->fold[i];
        size_t n = 0;
        while (n < w.n && is_digit(w.p[n])) n++;
        if (n < w.n || n < 7 || n > 15) continue;
        for (uint32_t k = i > 3 ? i - 3 : 0; k < i; k++)
            if (word_in(t->fold[k], words)) return (leak){LEAK_TELEPHONE, words_range(t, i, i)};
    }
    return (leak){0};
}

static bool stands_at(str s, size_t at, const char *mark) {
    size_t n = strlen(mark);
    return s.n - at >= n && !memcmp(s.p + at, mark, n);
}

/* What no prose has: marks of chat templates, fences, placeholders. */
static leak mark(str folded) {
    static const char *const marks[] = {
        "<think",       "</think",         "<|",        "|>",       "[inst]", "[/inst]",     "<<sys>>",
        "### response", "### instruction", "### input", "```",      "[name]", "[your name]", "[insert ",
        "[姓名]",       "【姓名】",        "[名字]",    "【名字】", "{{",     "}}",          NULL};
    for (size_t i = 0; i < folded.n; i++) {
        unsigned char c = (unsigned char)folded.p[i];
        if (c != '<' && c != '|' && c != '[' && c != '#' && c != '`' && c != '{' && c != '}' && c != 0xE3)
            continue;
        for (const char *const *m = marks; *m; m++)
            if (stands_at(folded, i, *m))
                return (leak){LEAK_PROMPT, str_part(folded, i, behind(folded, i, PIECE))};
    }
    return (leak){0};
}

/* Whether a point may stand within a word, which in plain ASCII is written as it is. */
static bool may_be_site(str s) {
    for (const char *p = s.p, *end = s.p + s.n; p < end && (p = memchr(p, '.', (size_t)(end - p))); p++)
        if (p + 1 < end && p[1] > ' ') return true;
    return false;
}

/* Which signs there are at all: most texts have few of those that a form needs. */
enum { SIGN_JSON = 1, SIGN_MARK = 2, SIGN_AT = 4, SIGN_DIGIT = 8, SIGN_SLASH = 16 };
static const unsigned char signs[256] = {['{'] = SIGN_JSON | SIGN_MARK,
                                         ['}'] = SIGN_MARK,
                                         ['/'] = SIGN_SLASH,
                                         ['"'] = SIGN_JSON,
                                         ['<'] = SIGN_MARK,
                                         ['|'] = SIGN_MARK,
                                         ['['] = SIGN_MARK,
                                         ['#'] = SIGN_MARK,
                                         ['`'] = SIGN_MARK,
                                         [0xE3] = SIGN_MARK,
                                         ['@'] = SIGN_AT,
                                         ['0'] = SIGN_DIGIT,
                                         ['1'] = SIGN_DIGIT,
                                         ['2'] = SIGN_DIGIT,
                                         ['3'] = SIGN_DIGIT,
                                         ['4'] = SIGN_DIGIT,
                                         ['5'] = SIGN_DIGIT,
                                         ['6'] = SIGN_DIGIT,
                                         ['7'] = SIGN_DIGIT,
                                         ['8'] = SIGN_DIGIT,
                                         ['9'] = SIGN_DIGIT};

size_t leak_forms(const reading *t, leak *out) {
    str s = t->text;
    unsigned char there = 0;
    size_t i = 0;
    for (; i + 4 <= s.n; i += 4)
        there |= signs[(unsigned char)s.p[i]] | signs[(unsigned char)s.p[i + 1]] |
                 signs[(unsigned char)s.p[i + 2]] | signs[(unsigned char)s.p[i + 3]];
    for (; i < s.n; i++) there |= signs[(unsigned char)s.p[i]];
    const leak none = {0}, all[] = {there & SIGN_JSON ? json_piece(s) : none,
                                    there & SIGN_MARK ? mark(t->folded) : none,
                                    there & SIGN_SLASH ? url(s) : none,
                                    there & SIGN_AT ? email(s) : none,
                                    there & SIGN_AT ? handle(s) : none,
                                    there & SIGN_DIGIT ? number(s) : none,
                                    there & SIGN_DIGIT ? slot(t) : none,
                                    there & SIGN_DIGIT ? called_number(t) : none,
                                    !t->ascii || may_be_site(s) ? site(t) : none,
                                    spelt_site(t),
                                    account(t)};
    size_t n = 0;
    for (i = 0; i < COUNT_OF(all) && n < LEAK_FORMS; i++)
        if (all[i].shown.n) out[n++] = all[i];
    return n;
}

/* leak.c: objects when a text gives away where it comes from: an AI speaking of itself, pieces of the prompt or
 * of JSON, names of fields, slots; or holds what would reach a real person: URLs, e-mail addresses, telephone
 * numbers.
 *
 * English and Chinese phrases are looked for whatever the locale: models fall back to them. The phrases are
 * long enough that a person who cannot swim, or who works on software, does not trip over them.
 */
#include "validators/rule_parts.h"

#include <string.h>

#define PIECE 30u /* bytes of JSON that a message shows */

static const char *const ai_terms[] = {"as an AI",
                                       "as an artificial intelligence",
                                       "as a language model",
                                       "as an assistant",
                                       "language model",
                                       "language models",
                                       "AI language model",
                                       "AI assistant",
                                       "I am an AI",
                                       "I'm an AI",
                                       "my training data",
                                       "I cannot assist",
                                       "I can't assist",
                                       "I cannot fulfill",
                                       "I cannot fulfil",
                                       "I can't fulfill",
                                       "I cannot comply",
                                       "I can't comply",
                                       "I cannot generate",
                                       "I can't generate",
                                       "I cannot provide that",
                                       "I cannot provide this",
                                       "I can't provide that",
                                       "I can't provide this",
                                       "I'm sorry, but I can't",
                                       "I'm sorry, but I cannot",
                                       "I am sorry, but I cannot",
                                       "I am unable to assist",
                                       "I'm unable to assist",
                                       "作为AI",
                                       "作为一个AI",
                                       "作为一名AI",
                                       "作为人工智能",
                                       "作为一个人工智能",
                                       "语言模型",
                                       "我是AI",
                                       "我是一个AI",
                                       "我是人工智能",
                                       "我无法提供",
                                       "我不能提供",
                                       "我无法生成",
                                       "无法满足您的请求",
                                       "无法满足你的请求",
                                       "无法完成您的请求",
                                       NULL};
static const char *const prompt_terms[] = {"system prompt",
                                           "JSON object",
                                           "JSON format",
                                           "valid JSON",
                                           "in JSON",
                                           "the prompt above",
                                           "as per the prompt",
                                           "as per the instructions",
                                           "the instructions above",
                                           "the given instructions",
                                           "the given attributes",
                                           "word limit",
                                           "word count",
                                           "insert name",
                                           "insert name here",
                                           "lorem ipsum",
                                           "sure, here is",
                                           "sure, here's",
                                           "here is the text",
                                           "here's the text",
                                           "here is the revised",
                                           "here's the revised",
                                           "user prompt",
                                           "系统提示词",
                                           "系统提示",
                                           "提示词",
                                           "JSON对象",
                                           "JSON格式",
                                           "字数限制",
                                           "以下是修改后",
                                           "以下是改写",
                                           "根据您的要求",
                                           "根据你的要求",
                                           "根据指令",
                                           NULL};

typedef enum leak_class { LEAK_AI, LEAK_PROMPT, LEAK_ADDRESS, LEAK_TELEPHONE } leak_class;
static const message_id leak_message[] = {SAY_LEAK_AI, SAY_LEAK_PROMPT, SAY_LEAK_ADDRESS, SAY_LEAK_TELEPHONE};

static void terms_add(term_set *s, const char *const *list, leak_class id) {
    for (; *list; list++) term_set_add(s, str_of(*list), id);
}

/* Names that no prose has: those with an underscore. */
static void names_add(population *p, term_set *s) {
    size_t at;
    for (uint32_t i = 0; i < p->nodes; i++)
        if (str_find(p->node[i].name, STR("_"), &at)) term_set_add(s, p->node[i].name, LEAK_PROMPT);
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    term_set *s = r->data = term_set_new(p->mem);
    terms_add(s, ai_terms, LEAK_AI);
    terms_add(s, prompt_terms, LEAK_PROMPT);
    term_set_add(s, STR("{{"), LEAK_PROMPT);
    term_set_add(s, STR("}}"), LEAK_PROMPT);
    term_set_add(s, STR("://"), LEAK_ADDRESS);
    names_add(p, s);
    term_set_seal(s);
    return rule_reads_text(p, r, body, d);
}

/* ---- what has a form rather than words ------------------------------------------------------------------ */

typedef struct found {
    leak_class what;
    str shown; /* empty: nothing */
} found;

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
static found json_piece(str s) {
    for (size_t i = 0; i < s.n; i++) {
        size_t next = skip_space(s, i + 1), then = next;
        bool opens = s.p[i] == '{' && next < s.n && s.p[next] == '"';
        if (s.p[i] == '"' && next < s.n && s.p[next] == ':') then = skip_space(s, next + 1);
        bool member = then > next && then < s.n && (s.p[then] == '"' || s.p[then] == '{' || s.p[then] == '[');
        if (opens || member) return (found){LEAK_PROMPT, str_part(s, i, behind(s, i, PIECE))};
    }
    return (found){0};
}

static size_t run_of(str s, size_t i, const char *also) {
    for (; i < s.n; i++) {
        const char *x = also;
        while (*x && *x != s.p[i]) x++;
        if (!*x && !is_alnum(s.p[i])) break;
    }
    return i;
}

/* local@domain.tld */
static found email(str s) {
    for (size_t i = 1; i + 1 < s.n; i++) {
        if (s.p[i] != '@' || !is_alnum(s.p[i - 1]) || !is_alnum(s.p[i + 1])) continue;
        size_t end = run_of(s, i + 1, "-."), from = i, dot;
        while (from && run_of((str){s.p + from - 1, 1}, 0, "._+-")) from--;
        if (str_find(str_part(s, i + 1, end), STR("."), &dot) && i + 2 + dot < end &&
            is_alnum(s.p[i + 2 + dot]))
            return (found){LEAK_ADDRESS, str_part(s, from, end)};
    }
    return (found){0};
}

/* www.x, x.com: words hold their inner points. */
static found site(const reading *t) {
    static const char *const ends[] = {".com", ".org", ".net", ".edu", ".gov", ".info",
                                       ".io",  ".cn",  ".de",  ".uk",  NULL};
    for (uint32_t i = 0; i < t->words; i++) {
        str w = t->fold[i];
        if (!memchr(w.p, '.', w.n)) continue;
        bool is_site = str_starts(w, "www.");
        for (const char *const *e = ends; *e && !is_site; e++)
            is_site = str_ends(w, *e) && w.n > str_of(*e).n + 1;
        if (is_site)
            return (found){LEAK_ADDRESS, str_part(t->text, t->word[i].at, t->word[i].at + t->word[i].n)};
    }
    return (found){0};
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

static bool is_telephone(str s, const digits *g) {
    if (g->total < 7 || g->total > 15) return false;
    char first = s.p[g->from];
    if (g->groups == 1) return g->plus || (first == '0' && g->total >= 9) || (first == '1' && g->total == 11);
    bool years = g->group[0] == 4 && is_year(s, g->from) &&
                 (g->group[1] == 4 || g->group[1] <= 2); /* 2019-2023, 2024-03-05 */
    bool day = g->groups == 3 && g->group[0] <= 2 && g->group[1] <= 2 && g->group[2] == 4; /* 05-03-2024 */
    if (years || day) return false;
    for (size_t i = 0; i < g->groups; i++)
        if (g->group[i] > 8) return false;
    return g->plus || g->bracket || (g->dashed && g->group[g->groups - 1] >= 3 && g->group[0] >= 2) ||
           (first == '0' && g->group[0] >= 2);
}

static found telephone(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) continue;
        if (i && (is_alnum(s.p[i - 1]) || s.p[i - 1] == ',' || s.p[i - 1] == '.')) {
            while (i < s.n && is_digit(s.p[i])) i++;
            continue;
        }
        digits g = digits_at(s, i);
        if (is_telephone(s, &g)) return (found){LEAK_TELEPHONE, str_part(s, g.from, g.end)};
        i = g.from + g.group[0];
    }
    return (found){0};
}

/* "slot 12": what the engine calls its places */
static found slot(const reading *t) {
    for (uint32_t i = 0; i + 1 < t->words; i++) {
        if (t->fold[i].n != 4 || !str_is(t->fold[i], "slot") || !is_digit(t->fold[i + 1].p[0]) ||
            !words_adjacent(t, i))
            continue;
        return (found){LEAK_PROMPT, str_part(t->text, t->word[i].at, t->word[i + 1].at + t->word[i + 1].n)};
    }
    return (found){0};
}

static void text_check(const rule *r, check_ctx *c, uint32_t leaf, const reading *t) {
    const population *p = c->rec->pop;
    found list[8];
    term_hit *hit;
    size_t hits = term_set_find(r->data, t, c->mem, &hit), n = 0;
    for (size_t i = 0; i < hits && i < 3; i++)
        list[n++] = (found){(leak_class)hit[i].id, str_part(t->text, hit[i].at.at, hit[i].at.at + hit[i].at.n)};
    list[n++] = json_piece(t->text);
    list[n++] = email(t->text);
    list[n++] = site(t);
    list[n++] = telephone(t->text);
    list[n++] = slot(t);
    for (size_t i = 0; i < n; i++)
        if (list[i].shown.n)
            check_report(r, c, leaf,
                         message_of(c->mem, p, leak_message[list[i].what], excerpt(c->mem, list[i].shown)),
                         message_plain(p, SAY_LEAK_HINT));
}

static void check(const rule *r, check_ctx *c) {
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++)
            text_check(r, c, r->of.leaf[i], text[k]);
}

static const char *const keys[] = {NULL};
const rule_kind rule_kind_leak = {
    .name = "leak", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

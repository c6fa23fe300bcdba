/* leak.c: objects when a text gives away where it comes from: an AI speaking of itself, pieces of the prompt or
 * of JSON, names of fields, slots; or holds what would reach a real person: URLs, e-mail addresses, accounts,
 * telephone numbers (leak_forms.c).
 *
 * English and Chinese phrases are looked for whatever the locale: models fall back to them. The phrases are
 * long enough that a person who cannot swim, or who works on software, does not trip over them.
 */
#include "validators/leak_parts.h"

#include <string.h>

/* What an AI says of itself; not within a quotation, where anybody may speak. */
static const char *const ai_terms[] = {"as a language model",
                                       "as a large language model",
                                       "AI language model",
                                       "I am a language model",
                                       "I'm a language model",
                                       "I am a large language model",
                                       "I'm a large language model",
                                       "I am an AI",
                                       "I'm an AI",
                                       "my training data",
                                       "my knowledge cutoff",
                                       "trained by OpenAI",
                                       "created by OpenAI",
                                       "developed by OpenAI",
                                       "developed by Anthropic",
                                       "created by Anthropic",
                                       "trained by Google",
                                       "I cannot assist",
                                       "I can't assist",
                                       "I cannot fulfill",
                                       "I cannot fulfil",
                                       "I can't fulfill",
                                       "I can't fulfil",
                                       "I cannot comply",
                                       "I can't comply",
                                       "I cannot generate",
                                       "I can't generate",
                                       "I cannot provide that information",
                                       "I cannot provide this information",
                                       "I can't provide that information",
                                       "I can't provide this information",
                                       "I cannot provide this content",
                                       "I can't provide this content",
                                       "I'm sorry, but I can't",
                                       "I'm sorry, but I cannot",
                                       "I am sorry, but I cannot",
                                       "I am sorry, but I can't",
                                       "I am unable to assist",
                                       "I'm unable to assist",
                                       "作为语言模型",
                                       "作为一个语言模型",
                                       "作为大语言模型",
                                       "作为一个大语言模型",
                                       "作为大型语言模型",
                                       "作为一个大型语言模型",
                                       "我是语言模型",
                                       "我是一个语言模型",
                                       "我是大语言模型",
                                       "我是一个大语言模型",
                                       "我是AI",
                                       "我是一个AI",
                                       "我是一名AI",
                                       "我是人工智能",
                                       "我是一个人工智能",
                                       "通义千问",
                                       "由OpenAI开发",
                                       "由OpenAI训练",
                                       "我无法提供这类",
                                       "我无法提供此类",
                                       "我无法提供相关",
                                       "我无法提供您",
                                       "我不能提供此类",
                                       "我不能提供这类",
                                       "我无法生成",
                                       "我无法协助",
                                       "无法满足您的请求",
                                       "无法满足你的请求",
                                       "无法完成您的请求",
                                       "I'm just an AI",
                                       "I am just an AI",
                                       "I'm only an AI",
                                       "I am only an AI",
                                       "I apologize, but I cannot",
                                       "I apologize, but I can't",
                                       "I apologise, but I cannot",
                                       "I apologise, but I can't",
                                       "I cannot create content",
                                       "I can't create content",
                                       "I cannot create this content",
                                       "I can't create this content",
                                       "作为虚拟助手",
                                       "我只是一个AI",
                                       "我只是AI",
                                       NULL};
/* So does who goes on with one of these, or ends there; AI engineers go on otherwise. */
static const char *const ai_roles[] = {"as an AI",
                                       "as an artificial intelligence",
                                       "作为AI",
                                       "作为一个AI",
                                       "作为一名AI",
                                       "作为人工智能",
                                       "作为一个人工智能",
                                       "作为一名人工智能",
                                       NULL};
static const char *const ai_next[] = {
    "i",       "language", "model", "assistant", "system", "chatbot", "program", "trained", "developed",
    "created", "it",       "my",    "there",     "we",     "助",      "语",      "模",      "我",
    "系",      "程",       "没",    "不",        "无",     "大",      NULL};
static const char *const prompt_terms[] = {"system prompt",
                                           "user prompt",
                                           "JSON object",
                                           "JSON format",
                                           "valid JSON",
                                           "the prompt above",
                                           "as per the prompt",
                                           "as per the instructions",
                                           "the given instructions",
                                           "the given attributes",
                                           "insert name",
                                           "insert name here",
                                           "lorem ipsum",
                                           "here is the text",
                                           "here's the text",
                                           "here is the revised",
                                           "here's the revised",
                                           "here is a revised",
                                           "here is the rewritten",
                                           "here is the updated text",
                                           "系统提示词",
                                           "用户提示词",
                                           "根据提示词",
                                           "按照提示词",
                                           "JSON对象",
                                           "JSON格式",
                                           "字数限制",
                                           "字数要求",
                                           "以下是修改后",
                                           "以下是改写",
                                           "以下是根据",
                                           "以下是为您",
                                           "以下是为你",
                                           "以下是生成",
                                           "根据您的要求",
                                           "根据你的要求",
                                           "根据指令",
                                           "this is a fictional character",
                                           "this persona is fictional",
                                           "this is a fictional persona",
                                           "let me know if you would like me to",
                                           "let me know if you'd like me to",
                                           "I hope this helps",
                                           "the user wants",
                                           "the user asks",
                                           "the user asked",
                                           "here is the JSON",
                                           "here's the JSON",
                                           "本画像",
                                           "该画像",
                                           "学生画像",
                                           "人物画像",
                                           "以上内容纯属虚构",
                                           "以上是根据",
                                           "希望对您有帮助",
                                           "希望以上内容",
                                           "如需修改",
                                           "如需调整",
                                           NULL};
/* Only where a text begins with them. */
static const char *const opening_terms[] = {"sure, here is",
                                            "sure, here's",
                                            "certainly! here is",
                                            "certainly! here's",
                                            "of course! here is",
                                            "of course! here's",
                                            "here is the paragraph",
                                            "here's the paragraph",
                                            "here is a paragraph",
                                            "here's a paragraph",
                                            "好的，以下",
                                            "当然，以下",
                                            "好的，这是",
                                            "以下为",
                                            "output:",
                                            "answer:",
                                            "response:",
                                            "输出：",
                                            "回答：",
                                            NULL};
/* Only with a number behind. */
static const char *const count_terms[] = {"word count", "字数", "总字数", "word limit", NULL};

typedef enum term_class { TERM_AI, TERM_AI_ROLE, TERM_PROMPT, TERM_OPENING, TERM_COUNT } term_class;
static const message_id leak_message[] = {SAY_LEAK_AI, SAY_LEAK_PROMPT, SAY_LEAK_ADDRESS, SAY_LEAK_TELEPHONE,
                                          SAY_LEAK_NUMBER};

static void terms_add(term_set *s, const char *const *list, term_class id) {
    for (; *list; list++) term_set_add(s, str_of(*list), id);
}

/* Names that no prose has: those with an underscore. */
static void names_add(population *p, term_set *s) {
    size_t at;
    for (uint32_t i = 0; i < p->nodes; i++)
        if (str_find(p->node[i].name, STR("_"), &at)) term_set_add(s, p->node[i].name, TERM_PROMPT);
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    term_set *s = r->data = term_set_new(p->mem);
    terms_add(s, ai_terms, TERM_AI);
    terms_add(s, ai_roles, TERM_AI_ROLE);
    terms_add(s, prompt_terms, TERM_PROMPT);
    terms_add(s, opening_terms, TERM_OPENING);
    terms_add(s, count_terms, TERM_COUNT);
    names_add(p, s);
    term_set_seal(s);
    return rule_reads_text(p, r, body, d);
}

static bool is_label(const term_hit *h) {
    return h->words == 1 || h->at.n == 6; /* two characters */
}

/* "Output:" */
static bool ends_label(const reading *t, const term_hit *h) {
    size_t at = h->at.at + h->at.n;
    if (h->word || at >= t->text.n) return false;
    uint32_t cp = text_next(t->text, &at);
    return cp == ':' || cp == 0xFF1A;
}

/* Whether a quotation is open at the byte. */
static bool is_quoted(str s, size_t at) {
    bool open = false;
    for (size_t i = 0; i < at;) {
        uint32_t cp = text_next(s, &i);
        if (cp == '"') open = !open;
        if (cp == 0x201C || cp == 0x300C) open = true;
        if (cp == 0x201D || cp == 0x300D) open = false;
    }
    return open;
}

/* Whether a term means here what it is listed for. */
static bool is_meant(const reading *t, const term_hit *h) {
    uint32_t next = h->word + h->words;
    number_at n;
    switch ((term_class)h->id) {
    case TERM_AI: return !is_quoted(t->text, h->at.at);
    case TERM_AI_ROLE:
        if (is_quoted(t->text, h->at.at)) return false;
        return next >= t->words || !words_adjacent(t, next - 1) || word_in(t->fold[next], ai_next);
    case TERM_OPENING: /* a quotation begins behind its mark */
        return h->word <= 2 && t->words && !t->word[0].at && (!is_label(h) || ends_label(t, h));
    case TERM_COUNT: return next < t->words && number_read(t, next, &n);
    default: return true;
    }
}

static leak term_leak(const reading *t, const term_hit *h) {
    static const leak_class is[] = {LEAK_AI, LEAK_AI, LEAK_PROMPT, LEAK_PROMPT, LEAK_PROMPT};
    if (!is_meant(t, h)) return (leak){0};
    return (leak){is[h->id], str_part(t->text, h->at.at, h->at.at + h->at.n)};
}

static void text_check(const rule *r, check_ctx *c, uint32_t leaf, const reading *t) {
    leak list[3 + LEAK_FORMS];
    term_hit *hit;
    size_t hits = term_set_find(r->data, t, c->mem, &hit), n = 0;
    for (size_t i = 0; i < hits && n < 3; i++) {
        list[n] = term_leak(t, &hit[i]);
        n += list[n].shown.n > 0;
    }
    n += leak_forms(t, list + n);
    for (size_t i = 0; i < n; i++)
        check_report(
            r, c, leaf,
            message_of(c->mem, c->rec->pop, leak_message[list[i].what], excerpt(c->mem, list[i].shown)),
            message_plain(c->rec->pop, SAY_LEAK_HINT));
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

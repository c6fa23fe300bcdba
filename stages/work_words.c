/* work_words.c: the few sentences that stages themselves say to a model, by language; others get the English
 * ones. */
#include "stages/work_parts.h"

static const char *const en[WORK_WORDS] = {
    [WORD_UNKNOWN_KEYS] = "nobody asked for: ",
    [WORD_REFUSED] = "Your answer could not be used: ",
    [WORD_ANSWER_AGAIN] = "Answer again with one complete JSON object and nothing else.",
};

static const char *const zh[WORK_WORDS] = {
    [WORD_UNKNOWN_KEYS] = "多出的字段：",
    [WORD_REFUSED] = "你的回答无法使用：",
    [WORD_ANSWER_AGAIN] = "请重新回答，只给出一个完整的 JSON 对象。",
};

const char *work_word_get(const population *p, work_word word) {
    return str_is(locale_language(p), "zh") ? zh[word] : en[word];
}

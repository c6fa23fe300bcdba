/* phrases.c: what the engine itself says to a model, in the population's language: one book a language, others
 * get the English one. The built-in prompts decide how well a small model mends its text, so they are plain,
 * short and say one thing a line.
 */
#include "taxonomy/template.h"

#include <string.h>

typedef struct phrase_book {
    const char *language;
    const char *text[PHRASE_COUNT];
} phrase_book;

static const phrase_book book_en = {
    "en",
    {
        [PHRASE_REVISE] =
            "Some of what you wrote cannot stay. Each line names a field, what is wrong with it, and how to "
            "mend it:\n"
            "{{@findings}}\n"
            "\n"
            "Write these fields again, and only these, with their limits:\n"
            "{{@fields}}\n"
            "\n"
            "Mend every point above. Keep all facts as they were given to you, and keep every sentence that "
            "nobody objected to.\n"
            "Do not mention these corrections in the text. Answer with one JSON object that has exactly the "
            "fields listed.\n",
        [PHRASE_AFRESH] =
            "An answer to this has been refused. Each line names a field, what was wrong with it, and how to "
            "do better:\n"
            "{{@findings}}\n"
            "\n"
            "Write these fields, and only these, with their limits, and in another way than before:\n"
            "{{@fields}}\n"
            "\n"
            "Keep to all facts as they were given to you. Do not mention these corrections in the text. "
            "Answer with one JSON object that has exactly the fields listed.\n",
        [PHRASE_OPENING] = "the opening",
        [PHRASE_AVOID] =
            "Another person has already been described in almost the same way. Stay away from these features "
            "of that text:\n"
            "{{@avoid}}\n"
            "\n"
            "Keep all facts of this person as they are given. Choose other scenes, other habits, other objects "
            "and places, other openings and other words.\n",
        [PHRASE_JUDGE_SYSTEM] =
            "You check the draft of a person's record. You compare it with the facts and with the rules below, "
            "and with "
            "nothing else; you do not judge style.\n"
            "\n"
            "Rules:\n"
            "{{@rules}}\n"
            "\n"
            "Report a finding only where the text clearly breaks one of these rules and you can quote the "
            "words that do "
            "so.\n"
            "What is merely unusual, vague or left out is no finding. Report each breach once. No finding is "
            "the usual "
            "answer.\n"
            "\n"
            "Answer with one JSON object and nothing else. Each finding names the rule's id, the field, a "
            "message that "
            "quotes the words at fault, and a hint that says in one sentence how to mend them:\n"
            "{\"findings\": [{\"rule\": \"...\", \"field\": \"...\", \"message\": \"...\", \"hint\": "
            "\"...\"}]}\n"
            "If no rule is broken:\n"
            "{\"findings\": []}\n",
        [PHRASE_JUDGE_SLOT] = "Facts, which are always right:\n"
                              "{{@attributes}}\n"
                              "\n"
                              "Draft, to be checked:\n"
                              "{{@draft}}\n",
        [PHRASE_TEXT] = "text",
        [PHRASE_NUMBER] = "number",
        [PHRASE_DATE] = "date",
        [PHRASE_YES_NO] = "true or false",
        [PHRASE_ONE_OF] = "one of: %s",
        [PHRASE_LIST_OF] = "list of %s, each: %s",
        [PHRASE_LIST_OF_OBJECTS] = "list of %s objects, each with the fields that follow",
        [PHRASE_RANGE] = "%u to %u %s",
        [PHRASE_EXACTLY] = "%u %s",
        [PHRASE_AT_LEAST] = "at least %u %s",
        [PHRASE_AT_MOST] = "at most %u %s",
        [PHRASE_WORDS] = "words",
        [PHRASE_CHARS] = "characters",
        [PHRASE_SENTENCES] = "sentences",
        [PHRASE_PARAGRAPHS] = "paragraphs",
        [PHRASE_LINES] = "lines",
        [PHRASE_WORD] = "word",
        [PHRASE_CHAR] = "character",
        [PHRASE_SENTENCE] = "sentence",
        [PHRASE_PARAGRAPH] = "paragraph",
        [PHRASE_LINE] = "line",
        [PHRASE_YES] = "yes",
        [PHRASE_NO] = "no",
        [PHRASE_VALUE_EMPTY] = "is empty",
        [PHRASE_VALUE_NOT_TEXT] = "must be a text in quotes",
        [PHRASE_VALUE_NOT_NUMBER] = "must be a number, not %s",
        [PHRASE_VALUE_OUTSIDE] = "%s is outside %s to %s",
        [PHRASE_VALUE_NOT_STEP] = "%s is not a multiple of %s",
        [PHRASE_VALUE_NOT_DATE] = "must be a day written as 2025-06-30, not %s",
        [PHRASE_VALUE_NOT_FLAG] = "must be true or false, not %s",
        [PHRASE_VALUE_NOT_LIST] = "must be a list in square brackets",
        [PHRASE_VALUE_NOT_OBJECT] = "must be an object in braces",
        [PHRASE_VALUE_NOT_ONE_OF] = "%s is none of: %s",
        [PHRASE_VALUE_TWICE] = "lists %s twice",
        [PHRASE_SINGLE] =
            "You write the record of one person. What is given about the person is true and stays as it is; "
            "all "
            "that you write agrees with it, and no field contradicts another. Keep to each field's limits and "
            "hint.",
        [PHRASE_SINGLE_ASK] = "Answer with one JSON object that has exactly these fields:",
        [PHRASE_SINGLE_PATHS] = "Answer with one JSON object whose keys are exactly these paths:",
        [PHRASE_SINGLE_SLOT] = "What is given:\n"
                               "{{@attributes}}",
    },
};

static const phrase_book book_zh = {
    "zh",
    {
        [PHRASE_REVISE] = "你写的内容中有几处需要改正。下面每行先列出字段，再说明问题和改法：\n"
                          "{{@findings}}\n"
                          "\n"
                          "请只重写以下字段，并遵守各自的限制：\n"
                          "{{@fields}}\n"
                          "\n"
                          "逐条改正上面指出的问题。所给的事实一律不变，没有被指出问题的句子尽量保留。\n"
                          "正文中不要提到这次修改。只回答一个 JSON 对象，其中恰好包含上面列出的字段。\n",
        [PHRASE_AFRESH] =
            "此前的回答没有通过。下面每行先列出字段，再说明问题和改法：\n"
            "{{@findings}}\n"
            "\n"
            "请换一种写法，只写以下字段，并遵守各自的限制：\n"
            "{{@fields}}\n"
            "\n"
            "所给的事实一律不变，正文中不要提到这次修改。只回答一个 JSON 对象，其中恰好包含上面列出的字段。\n",
        [PHRASE_OPENING] = "开头",
        [PHRASE_AVOID] =
            "已有另一个人的描写与此几乎相同。请避开那段文字的下列特征：\n"
            "{{@avoid}}\n"
            "\n"
            "此人的各项事实保持不变。请换用别的场景、别的习惯、别的物件和地点，开头和用词也要不同。\n",
        [PHRASE_JUDGE_SYSTEM] =
            "你负责检查一份人物记录的草稿。只把它与所给事实和下面的规则对照，不评价文笔。\n"
            "\n"
            "规则：\n"
            "{{@rules}}\n"
            "\n"
            "只有当文字明确违反某条规则、并且你能引出违反的原文时，才报告。\n"
            "少见、含糊或没有写到的内容不算问题。同一处问题只报告一次。通常没有问题可报。\n"
            "\n"
            "只回答一个 JSON 对象。每条问题写明规则编号、字段、引出原文的说明，以及一句话的改法：\n"
            "{\"findings\": [{\"rule\": \"...\", \"field\": \"...\", \"message\": \"...\", \"hint\": "
            "\"...\"}]}\n"
            "如果没有违反任何规则：\n"
            "{\"findings\": []}\n",
        [PHRASE_JUDGE_SLOT] = "事实（一律以此为准）：\n"
                              "{{@attributes}}\n"
                              "\n"
                              "待检查的草稿：\n"
                              "{{@draft}}\n",
        [PHRASE_TEXT] = "文字",
        [PHRASE_NUMBER] = "数字",
        [PHRASE_DATE] = "日期",
        [PHRASE_YES_NO] = "true 或 false",
        [PHRASE_ONE_OF] = "任选其一：%s",
        [PHRASE_LIST_OF] = "列表，%s，每项：%s",
        [PHRASE_LIST_OF_OBJECTS] = "列表，%s个对象，每个对象含有以下字段",
        [PHRASE_RANGE] = "%u 到 %u %s",
        [PHRASE_EXACTLY] = "%u %s",
        [PHRASE_AT_LEAST] = "至少 %u %s",
        [PHRASE_AT_MOST] = "最多 %u %s",
        [PHRASE_WORDS] = "词",
        [PHRASE_CHARS] = "字符",
        [PHRASE_SENTENCES] = "句",
        [PHRASE_PARAGRAPHS] = "段",
        [PHRASE_LINES] = "行",
        [PHRASE_WORD] = "词",
        [PHRASE_CHAR] = "字符",
        [PHRASE_SENTENCE] = "句",
        [PHRASE_PARAGRAPH] = "段",
        [PHRASE_LINE] = "行",
        [PHRASE_YES] = "是",
        [PHRASE_NO] = "否",
        [PHRASE_VALUE_EMPTY] = "是空的",
        [PHRASE_VALUE_NOT_TEXT] = "必须是带引号的文字",
        [PHRASE_VALUE_NOT_NUMBER] = "必须是数字，而不是 %s",
        [PHRASE_VALUE_OUTSIDE] = "%s 超出 %s 到 %s 的范围",
        [PHRASE_VALUE_NOT_STEP] = "%s 不是 %s 的倍数",
        [PHRASE_VALUE_NOT_DATE] = "必须是写成 2025-06-30 的日期，而不是 %s",
        [PHRASE_VALUE_NOT_FLAG] = "必须是 true 或 false，而不是 %s",
        [PHRASE_VALUE_NOT_LIST] = "必须是方括号中的列表",
        [PHRASE_VALUE_NOT_OBJECT] = "必须是花括号中的对象",
        [PHRASE_VALUE_NOT_ONE_OF] = "%s 不在可选项之中：%s",
        [PHRASE_VALUE_TWICE] = "%s 列了两次",
        [PHRASE_SINGLE] =
            "你写一个人的档案。所给的事实都是真实的，一律不变；你写的内容要与事实一致，各字段之间也不能矛盾。"
            "遵守每个字段的限制和提示。",
        [PHRASE_SINGLE_ASK] = "用一个 JSON 对象回答，恰好包含以下字段：",
        [PHRASE_SINGLE_PATHS] = "用一个 JSON 对象回答，键恰好是以下路径：",
        [PHRASE_SINGLE_SLOT] = "所给的事实：\n"
                               "{{@attributes}}",
    },
};

static const phrase_book *const books[] = {&book_en, &book_zh};

uint8_t phrase_language(str language) {
    for (uint8_t i = 0; i < COUNT_OF(books); i++)
        if (str_is(language, books[i]->language)) return i;
    return 0;
}

const char *phrase_in(uint8_t language, phrase ph) {
    const char *text = language < COUNT_OF(books) ? books[language]->text[ph] : NULL;
    if (!text) text = book_en.text[ph];
    return text ? text : "";
}

const char *phrase_get(const population *p, phrase ph) {
    return phrase_in(phrase_language(locale_language(p)), ph);
}

void phrase_put(buf *b, uint8_t language, phrase ph, const str *arg, size_t args) {
    const char *text = phrase_in(language, ph), *mark;
    for (size_t i = 0; i < args && (mark = strchr(text, '%')); i++, text = mark + 2) {
        buf_put(b, text, (size_t)(mark - text));
        buf_str(b, arg[i]);
    }
    buf_z(b, text);
}

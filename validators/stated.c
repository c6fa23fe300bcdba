/* stated.c: whether the words of a value, where they stand in a text, say that something has this value. They
 * do not where they are denied or compared ("not very high", "below medium", 不算高, 低于中等), and not where
 * they are a piece of another word ("high school", "low-key"; 提高, 其中, 降低): scripts without spaces do not
 * show where a word ends, so single characters are held against the usual words that they are part of.
 */
#include "validators/rule_parts.h"

#include <string.h>

#define REACH       4u /* words from "not" to what it denies */
#define DENIAL_MOST 6u /* characters */

/* ---- pieces of other words ------------------------------------------------------------------------------ */

/* Characters that make another word of the one at their head: before it, and behind it. */
static const struct dense {
    const char *sign, *before, *behind;
} dense[] = {
    {"高", "提增升身拔跳崇清孤攀", "中兴一二三年考声山大楼手度级尚矮潮温铁速峰傲原跟烧压数喊呼低于过出效"},
    {"低", "降减压贬高", "头年声落调谷估沉迷龄保于过语矮级"},
    {"中", "其集初高当之途心手家班校课空眼口脑命打看选猜期程活习动间作戏群队会",
     "学国间午文心秋断途考药旬华年外部央医餐段期班立肯小"},
    {"差", "出时误相偏反", "不别距点异错额价遣"},
    {"好", "爱友刚正只美良最幸", "像奇几多朋久吃看玩处事坏些转感"},
    {"强", "加增坚勉顽倔逞好", "调迫制求行"},
    {"弱", "减削薄脆懦示", "点小者"},
    {"大", "长巨重扩伟", "家学人小声胆概多约方量街脑部"},
    {"小", "从大胆幼细缩", "学时组说孩朋心区镇声"},
};

/* What stands before 中 where it is a level, unless the clause ends there; else it is "in": 活动中, 心中. */
static const char *const medium_behind[] = {"为", "是", "属", "居", "偏", "处",
                                            "约", "平", "度", "性", "力", NULL};

static bool holds_word(const char *list, str w) {
    size_t at;
    return w.n && str_find(str_of(list), w, &at) && at % 3 == 0 && w.n == 3;
}

static bool touches(const reading *t, uint32_t word) {
    return word + 1 < t->words && t->word[word].at + t->word[word].n == t->word[word + 1].at;
}

static bool in_dense_word(const reading *t, uint32_t word) {
    str w = t->fold[word], before = word && touches(t, word - 1) ? t->fold[word - 1] : STR(""),
        behind = touches(t, word) ? t->fold[word + 1] : STR("");
    if (str_is(w, "中") && before.n && behind.n && !word_in(before, medium_behind)) return true;
    for (size_t i = 0; i < COUNT_OF(dense); i++)
        if (str_is(w, dense[i].sign))
            return holds_word(dense[i].before, before) || holds_word(dense[i].behind, behind);
    return false;
}

/* "high school": the word, and what may stand behind it. */
static const struct compound {
    const char *word;
    const char *const behind[12];
} compounds[] = {
    {"high",
     {"school", "schools", "jump", "five", "fives", "chair", "street", "tide", "noon", "heels", "notes"}},
    {"low", {"tide", "voice", "table", "wall", "bench", "branch"}},
    {"medium", {"build", "length", "height", "size", "sized"}},
    {"middle", {"school", "schools", "child", "finger", "row", "class"}},
};

static bool in_compound(const reading *t, uint32_t word) {
    if (word + 1 >= t->words) return false;
    size_t end = t->word[word].at + t->word[word].n;
    bool hyphen = t->text.p[end] == '-' && t->word[word + 1].at == end + 1;
    if (hyphen && !str_is(t->fold[word + 1], "level")) return true;
    if (!words_adjacent(t, word)) return false;
    for (size_t i = 0; i < COUNT_OF(compounds); i++)
        if (str_is(t->fold[word], compounds[i].word)) return word_in(t->fold[word + 1], compounds[i].behind);
    return false;
}

/* ---- denied --------------------------------------------------------------------------------------------- */

static const char *const denials[] = {"not",  "never", "hardly", "neither", "nor", "scarcely", "no",
                                      "less", "more",  "rather", "instead", "far", NULL};
static const char *const denials_with[][2] = {{"no", "longer"},   {"less", "than"},  {"more", "than"},
                                              {"rather", "than"}, {"instead", "of"}, {"far", "from"}};
static const char *const only[] = {"only", "just", "merely", "simply", NULL};
static const char *const turns[] = {"but", "is", "are", "was", "were", "and", NULL};
static const char *const compared[] = {"below", "above", "beyond", "under", "over", "than", NULL};

static bool denies(const reading *t, uint32_t word) {
    str w = t->fold[word];
    if (w.n > 3 && str_ends(w, "n't")) return true;
    if (!word_in(w, denials)) return false;
    for (size_t i = 0; i < COUNT_OF(denials_with); i++)
        if (str_is(w, denials_with[i][0]))
            return word + 1 < t->words && str_is(t->fold[word + 1], denials_with[i][1]);
    return word + 1 >= t->words || !word_in(t->fold[word + 1], only);
}

/* Back from the value, as long as only blanks and no "but" or verb stand between. */
static bool is_denied(const reading *t, uint32_t word) {
    if (word && words_adjacent(t, word - 1) && word_in(t->fold[word - 1], compared)) return true;
    for (uint32_t i = word; i-- > 0 && word - i <= REACH && words_adjacent(t, i);) {
        if (denies(t, i)) return true;
        if (word_in(t->fold[i], turns)) return false;
    }
    return false;
}

static const char *const dense_degrees[] = {"很",   "太",   "够",   "特别", "十分",
                                            "非常", "那么", "真正", "怎么", NULL};
static const char *const dense_denials[] = {"不",     "非",     "未",     "不算",   "不是",   "没有",   "没",
                                            "谈不上", "算不上", "称不上", "说不上", "不再",   "达不到", "没到",
                                            "未到",   "没达到", "未达到", "未达",   "高于",   "低于",   "超过",
                                            "不及",   "不到",   "接近",   "不属于", "不见得", "未必",   NULL};

/* The characters before, without "very", end in one of them. */
static bool is_denied_dense(const reading *t, uint32_t word) {
    uint32_t from = word;
    while (from && word - from < DENIAL_MOST && touches(t, from - 1)) from--;
    str before = str_part(t->text, t->word[from].at, t->word[word].at);
    for (const char *const *d = dense_degrees; *d; d++)
        if (str_ends(before, *d)) before.n -= strlen(*d);
    for (const char *const *d = dense_denials; *d; d++)
        if (str_ends(before, *d)) return true;
    return false;
}

/* 中等偏上, 中等以下: another level than the one that begins it. */
static bool goes_on(const reading *t, uint32_t last) {
    static const char *const on[] = {"偏上", "偏下", "偏高", "偏低", "以上", "以下", NULL};
    if (!touches(t, last) || last + 2 >= t->words || !touches(t, last + 1)) return false;
    return word_in(str_part(t->text, t->word[last + 1].at, t->word[last + 2].at + t->word[last + 2].n), on);
}

bool value_is_stated(const reading *t, uint32_t word, uint32_t words) {
    if ((unsigned char)t->fold[word].p[0] >= 0x80)
        return !goes_on(t, word + words - 1) && !(words == 1 && in_dense_word(t, word)) &&
               !is_denied_dense(t, word);
    return !in_compound(t, word + words - 1) && !is_denied(t, word);
}

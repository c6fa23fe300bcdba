/* somebody.c: whether a place in a text speaks of the person at all, and of now: by the words around it. Simple
 * on purpose: a relative or a "when" nearby is enough to let the place be.
 */
#include "validators/consistent_parts.h"

static const char *const others[] = {
    "sister",     "sisters",     "brother",       "brothers",    "sibling",     "siblings",  "twin",
    "friend",     "friends",     "cousin",        "cousins",     "mother",      "mom",       "mum",
    "mama",       "father",      "dad",           "papa",        "parent",      "parents",   "uncle",
    "aunt",       "grandmother", "grandma",       "granny",      "grandfather", "grandpa",   "grandparents",
    "nephew",     "niece",       "neighbour",     "neighbor",    "teacher",     "coach",     "classmate",
    "classmates", "daughter",    "daughters",     "son",         "sons",        "child",     "children",
    "baby",       "wife",        "husband",       "partner",     "girlfriend",  "boyfriend", "colleague",
    "boss",       "dog",         "cat",           "patient",     "client",      "kids",      "toddler",
    "stepfather", "stepmother",  "stepsister",    "stepbrother", "younger",     "older",     "eldest",
    "youngest",   "grandson",    "granddaughter", "nurse",       "librarian",   "someone",   NULL};
/* pairs of characters, each a word */
static const char *const others_dense[] = {
    "姐姐", "妹妹", "哥哥", "弟弟", "妈妈", "母亲", "爸爸", "父亲", "爷爷", "奶奶", "外公", "外婆", "姥姥",
    "姥爷", "叔叔", "阿姨", "舅舅", "姑姑", "表哥", "表姐", "表弟", "表妹", "堂哥", "堂姐", "堂弟", "堂妹",
    "朋友", "同学", "老师", "邻居", "儿子", "女儿", "孩子", "妻子", "丈夫", "父母", NULL};
static const char *const then_words[] = {
    "when",     "since",    "before",  "until",     "till",     "after",    "ago",     "once",
    "turned",   "turns",    "turning", "turn",      "become",   "becomes",  "became",  "will",
    "would",    "back",     "by",      "than",      "like",     "if",       "last",    "next",
    "finished", "passed",   "used",    "from",      "over",     "under",    "nearly",  "almost",
    "first",    "repeated", "skipped", "remembers", "remember", "starting", "started", "beginning",
    "begins",   "ready",    "looks",   "look",      "looked",   NULL};

uint32_t sentence_of(const reading *t, uint32_t word) {
    uint32_t lo = 0, hi = t->sentences;
    while (lo + 1 < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (t->sentence[mid].at <= t->word[word].at)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

uint32_t sentence_first(const reading *t, uint32_t sentence) {
    uint32_t lo = 0, hi = t->words, at = t->sentence[sentence].at;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (t->word[mid].at < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_stem_of(str w, const char *const *list) {
    if (w.n > 2 && w.p[w.n - 2] == '\'' && w.p[w.n - 1] == 's') w.n -= 2;
    return word_in(w, list);
}

static bool is_dense_other(const reading *t, uint32_t word) {
    span a = t->word[word];
    if (word + 1 >= t->words || a.n != 3 || t->word[word + 1].at != a.at + 3 || t->word[word + 1].n != 3)
        return false;
    return word_in(str_part(t->text, a.at, a.at + 6), others_dense);
}

bool speaks_of_other(const reading *t, uint32_t word) {
    uint32_t s = sentence_of(t, word), from = sentence_first(t, s ? s - 1 : 0);
    for (uint32_t i = from; i < word; i++)
        if (is_stem_of(t->fold[i], others) || is_dense_other(t, i)) return true;
    return false;
}

bool speaks_of_then(const reading *t, uint32_t word, uint32_t reach) {
    uint32_t from = sentence_first(t, sentence_of(t, word));
    if (word - from > reach) from = word - reach;
    for (uint32_t i = from; i < word; i++)
        if (word_in(t->fold[i], then_words)) return true;
    return false;
}

str words_between(const reading *t, uint32_t first, uint32_t last) {
    return str_part(t->text, t->word[first].at, t->word[last].at + t->word[last].n);
}

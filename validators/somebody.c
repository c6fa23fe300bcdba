/* somebody.c: whether a place in a text speaks of the person at all, and of now: by the words around it. Simple
 * on purpose: a relative or a "when" nearby is enough to let the place be.
 */
#include "validators/consistent_parts.h"

static const char *const others[] = {
    "sister",     "sisters",       "brother",     "brothers",   "sibling",     "siblings",   "twin",
    "friend",     "friends",       "cousin",      "cousins",    "mother",      "mom",        "mum",
    "mama",       "father",        "dad",         "papa",       "parent",      "parents",    "uncle",
    "aunt",       "grandmother",   "grandma",     "granny",     "grandfather", "grandpa",    "grandparents",
    "nephew",     "niece",         "neighbour",   "neighbor",   "teacher",     "coach",      "classmate",
    "classmates", "daughter",      "daughters",   "son",        "sons",        "children",   "tutor",
    "wife",       "husband",       "partner",     "girlfriend", "boyfriend",   "colleague",  "boss",
    "dog",        "cat",           "kids",        "toddler",    "roommate",    "deskmate",   "stepfather",
    "stepmother", "stepsister",    "stepbrother", "teammate",   "teammates",   "counsellor", "counselor",
    "grandson",   "granddaughter", "nurse",       "librarian",  "someone",     NULL};
/* somebody else's only behind "her", "his" or "my": a patient child may be the person */
static const char *const others_owned[] = {"child", "baby",   "patient",  "client",   "partner", "younger",
                                           "older", "eldest", "youngest", "pupil",    "student", "hero",
                                           "idol",  "guest",  "tenant",   "landlord", NULL};
static const char *const owners[] = {"her", "his", "my", "their", NULL};
/* pairs of characters, each a word */
static const char *const others_dense[] = {
    "姐姐", "妹妹", "哥哥", "弟弟", "妈妈", "母亲", "爸爸", "父亲", "爷爷", "奶奶", "外公", "外婆", "姥姥",
    "姥爷", "叔叔", "阿姨", "舅舅", "姑姑", "表哥", "表姐", "表弟", "表妹", "堂哥", "堂姐", "堂弟", "堂妹",
    "祖父", "祖母", "姑妈", "姨妈", "伯伯", "大伯", "小姨", "侄女", "侄子", "外甥", "学弟", "学妹", "学长",
    "学姐", "同桌", "室友", "队友", "伙伴", "班长", "主任", "教练", "医生", "亲戚", "家长", "小孩", "弟妹",
    "朋友", "同学", "老师", "邻居", "儿子", "女儿", "孩子", "妻子", "丈夫", "父母", NULL};
static const char *const then_words[] = {
    "when",     "since",    "before",  "until",     "till",     "after",    "ago",     "once",
    "turned",   "turns",    "turning", "turn",      "become",   "becomes",  "became",  "will",
    "would",    "back",     "by",      "than",      "like",     "if",       "last",    "next",
    "finished", "passed",   "used",    "from",      "over",     "under",    "nearly",  "almost",
    "first",    "repeated", "skipped", "remembers", "remember", "starting", "started", "beginning",
    "begins",   "ready",    "looks",   "look",      "looked",   "not",      "isn't",   "least",
    "about",    "around",   "between", "younger",   "older",    "barely",   "yet",     "imagines",
    "wishes",   "pretends", "acts",    "seems",     "feels",    "plays",    "played",  NULL};

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
    if (word_owns(w)) w.n -= 2;
    return word_in(w, list);
}

static bool is_dense_other(const reading *t, uint32_t word) {
    span a = t->word[word];
    if (word + 1 >= t->words || a.n != 3 || t->word[word + 1].at != a.at + 3 || t->word[word + 1].n != 3)
        return false;
    return word_in(str_part(t->text, a.at, a.at + 6), others_dense);
}

bool names_other(const reading *t, uint32_t word) {
    if (is_dense_other(t, word) || is_stem_of(t->fold[word], others)) return true;
    return word && word_in(t->fold[word - 1], owners) && is_stem_of(t->fold[word], others_owned);
}

/* People who are only about: they do not become whom the next sentence is about, unless they come first. */
static bool is_about(const reading *t, uint32_t word) {
    static const char *const about[] = {
        "friends",  "parents",   "teacher",  "teachers", "coach",   "classmate", "classmates", "deskmate",
        "teammate", "teammates", "children", "kids",     "someone", "dog",       "cat",        NULL};
    static const char *const dense[] = {"同学", "老师", "朋友", "同桌", "室友", "队友", "伙伴",
                                        "班长", "主任", "教练", "家长", "邻居", NULL};
    if (word_in(t->fold[word], about)) return true;
    return is_dense_other(t, word) && word_in(str_part(t->text, t->word[word].at, t->word[word].at + 6), dense);
}

/* A pronoun as a subject from the word on, before `end`: not "her friends", 他妈妈. */
static bool has_subject(const reading *t, uint32_t from, uint32_t end) {
    static const char *const subjects[] = {"he", "she", "i", "他", "她", "我", NULL};
    for (uint32_t i = from; i < end; i++)
        if (word_in(t->fold[i], subjects) && !(i + 1 < t->words && is_dense_other(t, i + 1))) return true;
    return false;
}

/* "has a friend": a verb not far before. */
static bool has_owner(const reading *t, uint32_t from, uint32_t word) {
    static const char *const verbs[] = {"has",   "have",   "had", "met", "meets",
                                        "named", "called", "有",  "叫",  NULL};
    if (word - from > 4) from = word - 4;
    for (uint32_t i = from; i < word; i++)
        if (word_in(t->fold[i], verbs)) return true;
    return false;
}

bool speaks_of_other(const reading *t, const reading *own, uint32_t word) {
    uint32_t s = sentence_of(t, word), first = sentence_first(t, s), from = sentence_first(t, s ? s - 1 : 0);
    bool other = false, goes_on = has_subject(t, first, word);
    for (uint32_t i = from; i < word; i++) {
        bool passing =
            i < first && goes_on && is_about(t, i) && has_subject(t, from, i) && !has_owner(t, from, i);
        if (names_other(t, i) && !passing) other = true;
        if (own_name_at(own, t, i)) other = false;
    }
    return other;
}

/* ---- the person's own name ------------------------------------------------------------------------------ */

uint32_t name_leaf(const population *p) {
    static const char *const names[] = {"given_name", "first_name", "name", NULL};
    for (uint32_t i = 0; i < p->drawn_nodes; i++)
        if (p->node[i].leaf != NO_LEAF && word_in(p->node[i].name, names)) return p->node[i].leaf;
    return NO_LEAF;
}

const reading *own_name(const fact *f, const check_ctx *c) {
    const value *v = f->called == NO_LEAF ? &value_none : record_at(c->rec, f->called);
    if (v->kind == V_NONE) return NULL;
    if (c->name->of == v) return c->name->is;
    buf b = {0};
    value_print(&b, leaf_node(c->rec->pop, f->called), v);
    reading *own = reading_new(str_dup(c->mem, buf_view(&b)), c->mem);
    buf_free(&b);
    *c->name = (struct known_name){v, own->words ? own : NULL};
    return c->name->is;
}

static bool row_at(const reading *own, uint32_t from, const reading *t, uint32_t word) {
    if (word + own->words - from > t->words) return false;
    for (uint32_t k = from; k < own->words; k++)
        if (!str_eq(own->fold[k], t->fold[word + k - from])) return false;
    return true;
}

/* One word of a name is enough where words are divided; of characters the whole, or the last two of three. */
bool own_name_at(const reading *own, const reading *t, uint32_t word) {
    if (!own) return false;
    if ((unsigned char)own->fold[0].p[0] >= 0x80 && own->words > 1 && own->word[0].n == 3)
        return row_at(own, 0, t, word) || (own->words == 3 && row_at(own, 1, t, word));
    str w = t->fold[word];
    bool owns = word_owns(w);
    if (owns) w.n -= 2;
    for (uint32_t k = 0; k < own->words; k++)
        if ((owns || t->hash[word] == own->hash[k]) && own->fold[k].n > 1 && str_eq(w, own->fold[k]))
            return true;
    return false;
}

/* Back over what may stand between a subject and what is said of it. */
bool dense_subject_before(const reading *t, const reading *own, uint32_t word) {
    static const char *const between[] = {"今", "年", "已", "经", "刚", "满", "了", "才", "现",
                                          "在", "也", "都", "还", "就", "只", "仅", "正", "是",
                                          "作", "身", "龄", "岁", "上", "个", "月", "将", NULL};
    static const char *const pronouns[] = {"她", "他", "我", NULL};
    while (word && words_adjacent(t, word - 1) && word_in(t->fold[word - 1], between)) word--;
    if (!word || !words_adjacent(t, word - 1) || sentence_first(t, sentence_of(t, word)) == word) return true;
    if (word_in(t->fold[word - 1], pronouns)) return true;
    for (uint32_t k = word > 4 ? word - 4 : 0; own && k < word; k++)
        if (own_name_at(own, t, k) && (k + own->words == word || k + 2 == word)) return true;
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

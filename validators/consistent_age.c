/* consistent_age.c: a stated age: "is 13 years old", "a 13-year-old girl", "aged 13", "she is thirteen.", 13岁.
 * It must be said of the person, now, and not of a relative; bicycles may be as old as they like. What is told
 * to, or done for, "a 5-year-old boy" is not said of the person: such words count where they stand for it, as a
 * subject, behind "is" or "as", or beside the name.
 */
#include "validators/consistent_parts.h"

static const char *const persons[] = {"girl",      "boy",  "student", "pupil", "man",       "woman",
                                      "teenager",  "teen", "person",  "kid",   "youngster", "schoolgirl",
                                      "schoolboy", "lady", "guy",     "male",  "female",    NULL};
static const char *const behind[] = {"who",    "from",  "with", "named", "called",
                                     "living", "whose", "in",   "at",    NULL};
static const char *const subjects[] = {"he", "she", "i", "he's", "she's", "i'm", NULL};

static bool has_word(str s, const char *w, arena *mem) {
    reading *t = reading_new(s, mem);
    for (uint32_t i = 0; i < t->words; i++)
        if (str_is(t->fold[i], w)) return true;
    return false;
}

bool age_compile(population *p, const node *n, fact *f) {
    size_t at;
    f->called = name_leaf(p);
    if (n->kind != K_NUMBER || n->is_list) return false;
    if (str_is(n->name, "age") || str_ends(n->name, "_age")) return true;
    return has_word(n->label, "age", p->mem) || str_find(n->label, STR("年龄"), &at);
}

static bool word_is(const reading *t, uint32_t i, const char *w) {
    return i < t->words && t->fold[i].p[0] == w[0] && str_is(t->fold[i], w);
}

/* Where a number may be the person's age, and what the person is called. */
typedef struct candidate {
    const reading *t, *own; /* own: NULL if the name is not known */
    uint32_t at;
    number_at number;
} candidate;

/* The person, as a subject within five words before, or at the start of the sentence. */
static bool has_subject(const candidate *x) {
    const reading *t = x->t;
    uint32_t i = x->at, first = sentence_first(t, sentence_of(t, i)), from = i - first > 5 ? i - 5 : first;
    static const char *const openers[] = {"only", "just", "now", "already", NULL};
    static const char *const past[] = {"was", "were", "had", NULL};
    if (i == first || (i == first + 1 && word_in(t->fold[first], openers))) return true;
    if (word_in(t->fold[i - 1], past)) return false;
    for (uint32_t k = from; k < i; k++)
        if (word_in(t->fold[k], subjects) || word_in(t->fold[k], persons) || own_name_at(x->own, t, k))
            return true;
    return false;
}

static bool is_capital(const reading *t, uint32_t word) {
    char c = t->text.p[t->word[word].at];
    return c >= 'A' && c <= 'Z';
}

/* "13-year-old girl", "a 13-year-old, ...", "13-year-old Ana" */
static bool is_adjective_of_person(const reading *t, uint32_t old) {
    if (old + 1 >= t->words || !words_adjacent(t, old)) return true;
    return word_in(t->fold[old + 1], persons) || word_in(t->fold[old + 1], behind) || is_capital(t, old + 1);
}

/* Whether "a 13-year-old ..." stands where the person does: i is the number. */
static bool stands_for_person(const candidate *x, uint32_t last) {
    static const char *const articles[] = {"a", "an", "the", "this", "our", NULL};
    static const char *const adjectives[] = {"quiet",    "shy",    "bright", "typical",
                                             "cheerful", "lively", "young",  NULL};
    static const char *const copulas[] = {"is", "am", "as", "i'm", "he's", "she's", "remains", "meet", NULL};
    static const char *const joins[] = {"but", "and", "while", "because", "so", "that", NULL};
    const reading *t = x->t;
    uint32_t i = x->at, sentence = sentence_of(t, i), first = sentence_first(t, sentence);
    if (last + 1 < t->words && words_adjacent(t, last) && own_name_at(x->own, t, last + 1)) return true;
    while (i > first && word_in(t->fold[i - 1], adjectives)) i--;
    bool definite = i > first && (word_is(t, i - 1, "the") || word_is(t, i - 1, "this"));
    if (i > first && word_in(t->fold[i - 1], articles)) i--;
    if (i == first) return definite || !sentence;
    if (!words_adjacent(t, i - 1)) return own_name_at(x->own, t, i - 1) || (!x->own && is_capital(t, i - 1));
    return word_in(t->fold[i - 1], copulas) || (definite && word_in(t->fold[i - 1], joins));
}

/* "she is thirteen." "Ada is now 13 and ..." */
static bool bare_age(const candidate *x) {
    static const char *const next[] = {"and", "now", "this", "but", "already", NULL};
    static const char *const adverbs[] = {"now", "just", "already", "only", "currently", NULL};
    const reading *t = x->t;
    uint32_t i = x->at, end = i + x->number.words;
    if (x->number.value < 4 || x->number.value > 99 || !i) return false;
    if (end < t->words && words_adjacent(t, end - 1) && !word_in(t->fold[end], next)) return false;
    if (end < t->words && !words_adjacent(t, end - 1)) { /* 13:30, 13%, 13.5, 13-15 */
        size_t at = t->word[end - 1].at + t->word[end - 1].n;
        uint32_t sign = text_next(t->text, &at);
        if (sign != '.' && sign != ',' && sign != ';' && sign != '!' && sign != 0x2014) return false;
        if ((sign == '.' || sign == ',') && at < t->text.n && t->text.p[at] != ' ' && t->text.p[at] != '\n')
            return false;
    }
    uint32_t verb = i - 1;
    if (verb && word_in(t->fold[verb], adverbs)) verb--;
    if (word_is(t, verb, "i'm") || word_is(t, verb, "she's") || word_is(t, verb, "he's")) return true;
    if (!verb || (!word_is(t, verb, "is") && !word_is(t, verb, "am"))) return false;
    return word_in(t->fold[verb - 1], subjects) || own_name_at(x->own, t, verb - 1);
}

/* "a girl of thirteen" */
static bool person_of(const candidate *x) {
    static const char *const next[] = {"who", "with", "from", "and", "in", "at", "years", NULL};
    const reading *t = x->t;
    uint32_t i = x->at, end = i + x->number.words;
    if (i < 2 || !word_is(t, i - 1, "of") || !word_in(t->fold[i - 2], persons)) return false;
    return end >= t->words || !words_adjacent(t, end - 1) || word_in(t->fold[end], next);
}

/* The last word of a statement of age whose number stands at i; 0: it is none. */
static uint32_t english_end(const candidate *x) {
    const reading *t = x->t;
    uint32_t i = x->at, next = i + x->number.words;
    if (x->number.ordinal || (i && word_is(t, i - 1, "to"))) return 0;
    if (word_is(t, next, "year") && word_is(t, next + 1, "old"))
        return is_adjective_of_person(t, next + 1) && stands_for_person(x, next + 1) ? next + 1 : 0;
    if (word_is(t, next, "years") && word_is(t, next + 1, "old"))
        return has_subject(x) && !(next + 2 < t->words && words_adjacent(t, next + 1) &&
                                   !word_in(t->fold[next + 2], behind) && !word_is(t, next + 2, "and") &&
                                   !word_is(t, next + 2, "now") && !word_is(t, next + 2, "but"))
                   ? next + 1
                   : 0;
    if (word_is(t, next, "years") && word_is(t, next + 1, "of") && word_is(t, next + 2, "age"))
        return has_subject(x) ? next + 2 : 0;
    if (i && (word_is(t, i - 1, "aged") || word_is(t, i - 1, "age")) && words_adjacent(t, i - 1) &&
        !word_is(t, next, "to") && (word_is(t, i - 1, "aged") || !(i > 1 && word_is(t, i - 2, "at"))))
        return next - 1;
    return bare_age(x) || person_of(x) ? next - 1 : 0;
}

/* Whether "13岁的男孩" stands for the person: behind 她是, 作为, or at a clause's begin, if that is not "one".
 */
static bool dense_stands_for_person(const candidate *x) {
    static const char *const fillers[] = {"一", "个", "名", "位", "这", "今", "年", NULL};
    const reading *t = x->t;
    uint32_t i = x->at;
    bool indefinite = false;
    while (i && words_adjacent(t, i - 1) && word_in(t->fold[i - 1], fillers)) {
        i--;
        indefinite = indefinite || word_is(t, i, "一");
    }
    bool begins = !i || !words_adjacent(t, i - 1) || sentence_first(t, sentence_of(t, i)) == i;
    if (begins) return !indefinite;
    if (word_is(t, i - 1, "是") || word_is(t, i - 1, "为")) return dense_subject_before(t, x->own, i - 1);
    return dense_subject_before(t, x->own, i);
}

static bool dense_person(const reading *t, uint32_t i) {
    static const char *const nouns[] = {"女孩", "男孩", "女生", "男生", "学生", "少年", "少女",
                                        "姑娘", "小姑", "初中", "高中", "小学", "中学", NULL};
    if (word_is(t, i, "她") || word_is(t, i, "他") || word_is(t, i, "我")) return true;
    return i + 1 < t->words &&
           word_in(str_part(t->text, t->word[i].at, t->word[i + 1].at + t->word[i + 1].n), nouns);
}

/* A number before this one, with a sign or nothing between: 十二三岁, 13、14岁, 13-14岁. */
static bool follows_number(const reading *t, uint32_t i) {
    number_at before;
    if (!i || !number_read(t, i - 1, &before)) return false;
    return t->word[i].at - (t->word[i - 1].at + t->word[i - 1].n) <= 3;
}

/* 大她3岁, 比他小3岁: the character before the number. */
static bool is_difference(const reading *t, uint32_t i) {
    static const char *const whom[] = {"她", "他", "我", "己", NULL};
    static const char *const degree[] = {"大", "小", "长", "比", NULL};
    return i && word_in(t->fold[i], whom) && word_in(t->fold[i - 1], degree);
}

/* 13岁, but not 7岁时, 7岁那年, 从7岁, 7岁起, 3到5岁, 5岁的妹妹, 大她3岁 */
static uint32_t chinese_end(const candidate *x) {
    static const char *const later[] = {"时", "那", "起", "开", "以", "前", "后", "之", "就", "到", "至",
                                        "左", "多", "大", "上", "出", "或", "才", "生", "组", NULL};
    static const char *const before[] = {"从", "自", "到", "至", "在", "过", "小", "大", "近", "比", "差",
                                         "当", "快", "未", "不", "虚", "约", "像", "长", "有", NULL};
    static const char *const particles[] = {"了", "半", "吧", "啦", "呢", NULL};
    const reading *t = x->t;
    uint32_t i = x->at, sui = i + x->number.words;
    if (word_is(t, sui, "周")) sui++;
    if (!word_is(t, sui, "岁") || follows_number(t, i)) return 0;
    if (sui + 1 < t->words && t->word[sui + 1].at == t->word[sui].at + t->word[sui].n &&
        word_in(t->fold[sui + 1], later))
        return 0;
    uint32_t lead = i; /* 刚满, 了 */
    while (lead && words_adjacent(t, lead - 1) && (word_is(t, lead - 1, "满") || word_is(t, lead - 1, "了")))
        lead--;
    if (lead && words_adjacent(t, lead - 1) &&
        (word_in(t->fold[lead - 1], before) || is_difference(t, lead - 1)))
        return 0;
    bool ends = sui + 1 >= t->words || !words_adjacent(t, sui) || word_in(t->fold[sui + 1], particles);
    uint32_t noun = word_is(t, sui + 1, "的") ? sui + 2 : sui + 1;
    if (!ends && own_name_at(x->own, t, noun)) return sui;
    if (!ends && (noun == sui + 2 || dense_person(t, noun)))
        return dense_person(t, noun) && dense_stands_for_person(x) ? sui : 0;
    return dense_subject_before(t, x->own, lead) ? sui : 0;
}

contradiction age_read(const fact *f, const check_ctx *c, const reading *t) {
    const node *n = leaf_node(c->rec->pop, f->leaf);
    double own = dec_double((dec){record_at(c->rec, f->leaf)->num * n->step.m, n->step.places});
    candidate x = {.t = t};
    for (uint32_t i = 0; (i = word_seek(t, i, MARK_NUMBER)) < t->words; i++) {
        if (!number_read(t, i, &x.number)) continue;
        if (!x.own) x.own = own_name(f, c);
        x.at = i;
        uint32_t end = english_end(&x);
        if (!end) end = chinese_end(&x);
        double is = (double)x.number.value;
        bool differs = is > own || is + 1 <= own; /* half years are rounded down */
        if (end && differs && is <= 120 && !speaks_of_other(t, x.own, i) && !speaks_of_then(t, i, 6))
            return (contradiction){words_between(t, i && str_is(t->fold[i - 1], "aged") ? i - 1 : i, end), 1};
        i += x.number.words - 1;
    }
    return (contradiction){0};
}

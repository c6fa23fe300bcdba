/* consistent_grade.c: choices whose labels are numbers with a noun ("ninth grade", 九年级), or numbers of an
 * attribute that is such a noun: another number is stated in the text ("in eighth grade", "a grade 8 student",
 * "an 8th grader") and the own one never is. In Chinese 初一 is the seventh year, 高一 the tenth, 大一 the
 * thirteenth, in labels and texts.
 */
#include "validators/consistent_parts.h"

static const char *const nouns[] = {"grade", "year", "class", "form", NULL};
static const char *const pupils[] = {"student", "pupil", "girl", "boy", "learner", NULL};
static const char *const rooms[] = {"class", "classroom", NULL};

static bool word_is(const reading *t, uint32_t i, const char *w) {
    return i < t->words && t->fold[i].p[0] == w[0] && str_is(t->fold[i], w);
}

/* ---- labels --------------------------------------------------------------------------------------------- */

/* A number and its noun in the text. */
typedef struct mentioned {
    uint32_t value, first, last;
    bool grader; /* "9th grader" */
} mentioned;

/* 九年级, 初一, 高三, 大二: school years counted through. 高三厘米 and 正月初一 are none. */
static bool dense_grade(const reading *t, uint32_t i, mentioned *m) {
    static const struct {
        const char *sign;
        uint32_t before, most;
    } schools[] = {{"初", 6, 4}, {"高", 9, 3}, {"大", 12, 5}};
    static const char *const measures[] = {"点", "些", "截", "头", "分", "米", "厘", "等", "筹", "倍",
                                           "度", "层", "人", "个", "岁", "号", "圈", "步", "块", NULL};
    static const char *const days[] = {"年", "月", "正", "腊", NULL};
    number_at at;
    for (size_t k = 0; k < COUNT_OF(schools); k++) {
        if (!word_is(t, i, schools[k].sign) || i + 1 >= t->words || !words_adjacent(t, i)) continue;
        if (!number_read(t, i + 1, &at) || at.words != 1 || !at.value || at.value > schools[k].most)
            return false;
        if (i + 2 < t->words && words_adjacent(t, i + 1) && word_in(t->fold[i + 2], measures)) return false;
        if (k == 0 && i && words_adjacent(t, i - 1) && word_in(t->fold[i - 1], days) &&
            !(i > 1 && word_is(t, i - 2, "今")))
            return false;
        *m = (mentioned){schools[k].before + at.value, i, i + 1, false};
        return true;
    }
    if (!number_read(t, i, &at) || !word_is(t, i + at.words, "年") || !word_is(t, i + at.words + 1, "级"))
        return false;
    *m = (mentioned){at.value, i, i + at.words + 1, false};
    return true;
}

/* The number in a label, and the words beside it. */
static bool label_read(str label, arena *mem, grade_value *g, str noun[3], uint32_t *count) {
    reading *t = reading_new(label, mem);
    number_at at;
    *count = 0;
    g->has = false;
    for (uint32_t i = 0; i < t->words; i++) {
        if (!g->has && number_read(t, i, &at)) {
            *g = (grade_value){at.value, true};
            i += at.words - 1;
        } else if (*count < 3) {
            noun[(*count)++] = t->fold[i];
        } else {
            return false;
        }
    }
    return g->has;
}

static bool nouns_same(const fact *f, const str *noun, uint32_t count) {
    for (uint32_t i = 0; i < f->nouns; i++)
        if (count != f->nouns || !str_eq(noun[i], f->noun[i])) return false;
    return count == f->nouns;
}

static bool dense_labels(population *p, const node *n, fact *f) {
    for (uint32_t i = 0; i < n->values; i++) {
        mentioned m;
        reading *t = reading_new(n->value[i].label, p->mem);
        if (!t->words || !dense_grade(t, 0, &m) || m.last + 1 != t->words) return false;
        f->grade[i] = (grade_value){m.value, true};
    }
    return f->dense = true;
}

bool grade_compile(population *p, const node *n, fact *f) {
    if (n->kind != K_CHOICE || n->is_list || n->values < 2) return false;
    f->called = name_leaf(p);
    f->grade = arena_new_of(p->mem, grade_value, n->values);
    if (dense_labels(p, n, f)) return true;
    for (uint32_t i = 0; i < n->values; i++) {
        str noun[3];
        uint32_t count;
        if (!label_read(n->value[i].label, p->mem, &f->grade[i], noun, &count)) return false;
        if (i && !nouns_same(f, noun, count)) return false;
        for (uint32_t k = 0; k < count; k++) f->noun[k] = noun[k];
        f->nouns = count;
    }
    if (f->nouns) return word_in(f->noun[0], nouns);
    f->noun[f->nouns++] = word_fold(n->name, p->mem);
    return word_in(f->noun[0], nouns);
}

/* ---- texts ---------------------------------------------------------------------------------------------- */

static bool noun_at(const fact *f, const reading *t, uint32_t i) {
    for (uint32_t k = 0; k < f->nouns; k++)
        if (i + k >= t->words || !str_eq(t->fold[i + k], f->noun[k]) || (k && !words_adjacent(t, i + k - 1)))
            return false;
    return true;
}

static bool is_grader(const fact *f, const reading *t, uint32_t i) {
    str w = i < t->words ? t->fold[i] : STR(""), noun = f->noun[0];
    return f->nouns == 1 && w.n == noun.n + 1 && w.p[w.n - 1] == 'r' && str_eq(str_part(w, 0, noun.n), noun);
}

static bool mention_at(const fact *f, const reading *t, uint32_t i, mentioned *m) {
    number_at at;
    if (f->dense) return dense_grade(t, i, m);
    if (noun_at(f, t, i) && i + f->nouns < t->words && words_adjacent(t, i + f->nouns - 1) &&
        number_read(t, i + f->nouns, &at) && !at.ordinal) {
        *m = (mentioned){at.value, i, i + f->nouns + at.words - 1, false};
        return true;
    }
    if (!number_read(t, i, &at) || i + at.words >= t->words || !words_adjacent(t, i + at.words - 1))
        return false;
    bool grader = is_grader(f, t, i + at.words);
    if (!grader && !noun_at(f, t, i + at.words)) return false;
    if (!grader && !at.ordinal) return false;
    *m = (mentioned){at.value, i, i + at.words + (grader ? 0 : f->nouns - 1), grader};
    return true;
}

/* i: the number; next: behind the noun. */
static bool before_pupil(const reading *t, uint32_t i, uint32_t next) {
    static const char *const behind[] = {"who", "with", "from", "at", NULL};
    static const char *const copulas[] = {"is", "am", "as", "i'm", "he's", "she's", "remains", NULL};
    if (!i || (!word_is(t, i - 1, "a") && !word_is(t, i - 1, "an"))) return false;
    if (sentence_first(t, sentence_of(t, i)) == i - 1) /* "A ninth grader, she ..." */
        return sentence_of(t, i) == 0 &&
               (next >= t->words || !words_adjacent(t, next - 1) || word_in(t->fold[next], behind));
    return word_in(t->fold[i - 2], copulas) || !words_adjacent(t, i - 2);
}

/* "helps in a second grade classroom" */
static bool visits(const reading *t, uint32_t i) {
    static const char *const verbs[] = {
        "help",    "helps",   "volunteers", "reads",    "teaches",      "tutors",   "visits",  "assists",
        "helping", "reading", "teaching",   "tutoring", "volunteering", "visiting", "lessons", NULL};
    for (uint32_t k = sentence_first(t, sentence_of(t, i)); k < i; k++)
        if (word_in(t->fold[k], verbs)) return true;
    return false;
}

/* "in (the) ninth grade", "a ninth grader", "a ninth-grade student", "is a grade 9 pupil" */
static bool is_statement(const reading *t, const mentioned *m) {
    static const char *const whose[] = {"pupils",   "students", "children", "kids",   "those",
                                        "girls",    "boys",     "classes",  "anyone", "someone",
                                        "everyone", "teacher",  "being",    "not",    NULL};
    uint32_t before = m->first, next = m->last + 1;
    bool joined = next < t->words && words_adjacent(t, m->last);
    if (word_is(t, next, "of") || visits(t, m->first)) return false;
    if (joined && word_in(t->fold[next], rooms) &&
        !(before &&
          (word_is(t, before - 1, "the") || word_is(t, before - 1, "her") || word_is(t, before - 1, "his"))))
        return false;
    if (m->grader || (joined && word_in(t->fold[next], pupils)))
        return before_pupil(t, before, m->grader ? next : next + 1);
    if (before && word_is(t, before - 1, "the")) before--;
    if (before && word_is(t, before - 1, "my")) before--;
    if (!before || !word_is(t, before - 1, "in")) return false;
    if (before > 1 && words_adjacent(t, before - 2) && word_in(t->fold[before - 2], whose)) return false;
    return !joined || !word_is(t, next, "level");
}

/* What stands before or behind a grade in which somebody is: 读九年级, 是一名初二学生, 今年高一. */
static bool dense_is_statement(const reading *t, const mentioned *m) {
    static const char *const before[] = {"读", "念", "上", "是", "在", "入", "为", "到", "于", NULL};
    static const char *const pupil[] = {"学生", "女生", "男生", "新生", "女孩", "男孩", NULL};
    static const char *const fillers[] = {"一", "名", "位", "个", "了", "名", "的", NULL};
    static const char *const later[] = {"时", "那", "起", "开", "以", "之", "后", "前", "毕", "就", "下", NULL};
    static const char *const then[] = {"要", "将", "明", "后", "曾", "从", "自", "想", "快", "去", "当",
                                       "比", "等", "准", "前", "若", "能", "升", "教", "帮", "给", NULL};
    uint32_t i = m->first, next = m->last + 1;
    if (next < t->words && words_adjacent(t, m->last)) {
        if (word_in(t->fold[next], later) || (word_is(t, next, "的") && word_is(t, next + 1, "时")))
            return false;
        if (word_is(t, next, "的")) next++;
    }
    bool behind =
        next + 1 < t->words &&
        word_in(str_part(t->text, t->word[next].at, t->word[next + 1].at + t->word[next + 1].n), pupil);
    while (i && words_adjacent(t, i - 1) && word_in(t->fold[i - 1], fillers)) i--;
    bool begins = !i || !words_adjacent(t, i - 1);
    for (uint32_t k = i, steps = 0; k-- > 0 && steps < 5 && words_adjacent(t, k); steps++)
        if (word_in(t->fold[k], then) &&
            !(word_is(t, k, "当") || (word_is(t, k, "前") && k && word_is(t, k - 1, "目")) ||
              (word_is(t, k, "升") && word_is(t, k - 1, "刚"))))
            return false;
    if (behind) return begins || word_is(t, i - 1, "是") || word_is(t, i - 1, "为") || word_is(t, i - 1, "这");
    if (begins) return false;
    if (word_is(t, i - 1, "年")) return i > 1 && word_is(t, i - 2, "今");
    return word_in(t->fold[i - 1], before);
}

/* The next place at which, or behind whose noun, a number may stand. */
static uint32_t may_be_mention(const fact *f, const reading *t, uint32_t i) {
    uint32_t ahead = f->dense ? 1 : f->nouns, at = word_seek(t, i, MARK_NUMBER),
             behind = word_seek(t, i + ahead, MARK_NUMBER);
    return behind < t->words && behind - ahead < at ? behind - ahead : at;
}

contradiction grade_read(const fact *f, const check_ctx *c, const reading *t) {
    uint32_t own = f->grade[record_at(c->rec, f->leaf)->num].number;
    contradiction found = {0};
    for (uint32_t i = 0; (i = may_be_mention(f, t, i)) < t->words; i++) {
        mentioned m;
        if (!mention_at(f, t, i, &m)) continue;
        if (m.value == own) return (contradiction){0};
        if (!found.shown.n && (f->dense ? dense_is_statement(t, &m) : is_statement(t, &m)) &&
            !speaks_of_other(t, own_name(f, c), m.first) && !speaks_of_then(t, m.first, 6))
            found = (contradiction){words_between(t, m.first, m.last), 1};
        i = m.last;
    }
    return found;
}

/* consistent_gender.c: pronouns of the wrong kind: at least three and none of the right kind, or six and
 * four times as many as of the right kind; or the person called a boy, or girl, outright. Pronouns of somebody
 * else do not count: behind a sister or a friend they are hers, until the person is named again; those of a
 * text that begins with them are not. */
#include "validators/consistent_parts.h"

#define WRONG_LEAST 3u
#define MIXED_LEAST 6u /* beside right ones, which may be anybody's */

static const char *const female_values[] = {"female", "woman", "girl", "f", "女", "女性", "女生", "女孩", NULL};
static const char *const male_values[] = {"male", "man", "boy", "m", "男", "男性", "男生", "男孩", NULL};
static const char *const female_words[] = {"she", "her", "hers", "herself", "she's", "she'd", "she'll", NULL};
static const char *const male_words[] = {"he", "him", "his", "himself", "he's", "he'd", "he'll", NULL};
static const char *const female_nouns[] = {"girl", "woman", "schoolgirl", "lady", "daughter", NULL};
static const char *const male_nouns[] = {"boy", "man", "schoolboy", "lad", "son", NULL};

bool gender_compile(population *p, const node *n, fact *f) {
    uint32_t known = 0;
    if (n->kind != K_CHOICE || n->is_list) return false;
    f->called = name_leaf(p);
    f->gender = arena_new_of(p->mem, gender, n->values + 1);
    for (uint32_t i = 0; i < n->values; i++) {
        str v = text_fold(p->mem, n->value[i].value), label = text_fold(p->mem, n->value[i].label);
        if (word_in(v, female_values) || word_in(label, female_values))
            f->gender[i] = FEMALE;
        else if (word_in(v, male_values) || word_in(label, male_values))
            f->gender[i] = MALE;
        known += f->gender[i] != NEITHER;
    }
    return known > 1;
}

void gender_marks(void) {
    word_marks_add(female_words, MARK_FEMALE);
    word_marks_add(male_words, MARK_MALE);
    word_marks_add(female_nouns, MARK_FEMALE_NOUN);
    word_marks_add(male_nouns, MARK_MALE_NOUN);
    word_mark_add("她", MARK_FEMALE);
    word_mark_add("他", MARK_MALE);
    word_mark_add("女", MARK_FEMALE_NOUN);
    word_mark_add("男", MARK_MALE_NOUN);
}

static bool is_at(const reading *t, uint32_t i, const char *const *list) {
    return i < t->words && word_in(t->fold[i], list);
}

/* 她 and 他 alone: 他们 may be anybody, and 其他, 他人, 吉他 are no pronouns. */
static gender dense_pronoun(const reading *t, uint32_t i) {
    static const char *const before[] = {"其", "吉", "利", "排", "维", "马", NULL};
    static const char *const behind[] = {"们", "人", "乡", "日", "国", "山", "俩", NULL};
    str w = t->fold[i];
    bool female = str_is(w, "她"), male = str_is(w, "他");
    if ((!female && !male) || is_at(t, i + 1, behind)) return NEITHER;
    if (male && i && is_at(t, i - 1, before) && words_adjacent(t, i - 1)) return NEITHER;
    return female ? FEMALE : MALE;
}

static gender pronoun(const reading *t, uint32_t i) {
    if (!word_has(t, i, MARK_FEMALE | MARK_MALE)) return NEITHER;
    if ((unsigned char)t->fold[i].p[0] >= 0x80) return dense_pronoun(t, i);
    if (word_in(t->fold[i], female_words)) return FEMALE;
    return word_in(t->fold[i], male_words) ? MALE : NEITHER;
}

/* ---- outright ------------------------------------------------------------------------------------------- */

/* "Ada is a quiet boy", "I'm a boy who": the noun at i. */
static bool noun_is_said(const reading *t, const reading *own, uint32_t i, gender wrong) {
    static const char *const copulas[] = {"is", "am", "was", "as", "remains", NULL};
    static const char *const joined[] = {"he's", "she's", "i'm", NULL};
    static const char *const subjects[] = {"he", "she", "i", NULL};
    static const char *const behind[] = {"who", "from", "with", "in", "of", "at", "and", "whose", "that", NULL};
    if (!word_in(t->fold[i], wrong == FEMALE ? female_nouns : male_nouns)) return false;
    if (i + 1 < t->words && words_adjacent(t, i) && !word_in(t->fold[i + 1], behind)) return false;
    for (uint32_t k = i; k-- > 0 && i - k <= 5 && words_adjacent(t, k);) {
        if (str_is(t->fold[k], "not")) return false;
        if (word_in(t->fold[k], joined)) return true;
        if (!word_in(t->fold[k], copulas)) continue;
        return !k || word_in(t->fold[k - 1], subjects) || own_name_at(own, t, k - 1);
    }
    return false;
}

/* 是一名（安静的）男生: the character at i, as a noun's first. */
static bool dense_noun_is_said(const reading *t, const reading *own, uint32_t i, gender wrong) {
    static const char *const nouns[] = {"孩", "生", "性", "人", "子", NULL};
    static const char *const stops[] = {"和", "跟", "对", "让", "把", "给", "喜", "找", "比", NULL};
    if (!str_is(t->fold[i], wrong == FEMALE ? "女" : "男") || !is_at(t, i + 1, nouns)) return false;
    uint32_t next = is_at(t, i + 2, (const char *const[]){"子", "生", NULL}) ? i + 3 : i + 2;
    if (next < t->words && words_adjacent(t, next - 1)) return false; /* 男生们, 女生宿舍 */
    for (uint32_t k = i; k-- > 0 && i - k <= 10 && words_adjacent(t, k);) {
        if (word_in(t->fold[k], stops)) return false;
        if (str_is(t->fold[k], "是"))
            return is_at(t, k + 1, (const char *const[]){"一", "个", "名", "位", "男", "女", NULL}) &&
                   !(k && is_at(t, k - 1, (const char *const[]){"不", "都", "多", "的", NULL})) &&
                   dense_subject_before(t, own, k);
    }
    return false;
}

/* ---- the whole text ------------------------------------------------------------------------------------- */

/* "a boy named Ben", "the man", Mr. Reed: somebody of the wrong kind comes in. A text that begins with "A boy"
 * may mean the person. */
static bool comes_in(const reading *t, uint32_t i, gender wrong) {
    static const char *const titles[2][8] = {
        {"mrs", "ms", "miss", "queen", "princess", "headmistress", "actress", NULL},
        {"mr", "king", "prince", "headmaster", "sir", "emperor", "grandad", NULL}};
    static const char *const named[] = {"named", "called", "whose", NULL};
    if (word_in(t->fold[i], titles[wrong == MALE])) return true;
    if (!word_in(t->fold[i], wrong == FEMALE ? female_nouns : male_nouns) || !i) return false;
    return i > 3 || is_at(t, i + 1, named);
}

typedef struct count {
    uint32_t right, wrong, first;
} count;

/* Somebody else is spoken of once named, up to the person's own name; unless the text had begun to call the
 * person so before. */
static count pronouns_count(const reading *t, const reading *own, gender is) {
    count n = {0};
    bool other = false;
    for (uint32_t i = 0; i < t->words; i++) {
        if (own_name_at(own, t, i)) other = false;
        if (!n.wrong && (names_other(t, i) || comes_in(t, i, is == FEMALE ? MALE : FEMALE))) other = true;
        gender g = pronoun(t, i);
        if (g == NEITHER) continue;
        n.right += g == is;
        if (g == is || other) continue;
        if (!n.wrong++) n.first = i;
    }
    return n;
}

static bool may_contradict(const reading *t, gender wrong) {
    uint32_t n = 0;
    mark_kind mark = wrong == FEMALE ? MARK_FEMALE : MARK_MALE;
    for (uint32_t i = 0; n < WRONG_LEAST && (i = word_seek(t, i, mark)) < t->words; i++)
        n += pronoun(t, i) == wrong;
    return n >= WRONG_LEAST;
}

contradiction gender_read(const fact *f, const check_ctx *c, const reading *t) {
    gender is = f->gender[record_at(c->rec, f->leaf)->num], wrong = is == FEMALE ? MALE : FEMALE;
    const reading *own = NULL;
    if (is == NEITHER) return (contradiction){0};
    mark_kind noun = wrong == FEMALE ? MARK_FEMALE_NOUN : MARK_MALE_NOUN;
    for (uint32_t i = 0; (i = word_seek(t, i, noun)) < t->words; i++) {
        if (!own) own = own_name(f, c);
        if ((noun_is_said(t, own, i, wrong) || dense_noun_is_said(t, own, i, wrong)) &&
            !speaks_of_other(t, own, i))
            return (contradiction){words_between(t, i, (unsigned char)t->fold[i].p[0] < 0x80 ? i : i + 1), 1};
    }
    if (!may_contradict(t, wrong)) return (contradiction){0};
    count n = pronouns_count(t, own_name(f, c), is);
    if (n.wrong < WRONG_LEAST || (n.right && (n.wrong < MIXED_LEAST || n.wrong < 4 * n.right)))
        return (contradiction){0};
    return (contradiction){words_between(t, n.first, n.first), n.wrong};
}

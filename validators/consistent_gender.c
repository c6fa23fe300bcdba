/* consistent_gender.c: pronouns of the wrong kind: at least three, and three times as many as of the right
 * kind, so that a text that also speaks of a brother is no contradiction. */
#include "validators/consistent_parts.h"

static const char *const female_values[] = {"female", "woman", "girl", "f", "女", "女性", "女生", "女孩", NULL};
static const char *const male_values[] = {"male", "man", "boy", "m", "男", "男性", "男生", "男孩", NULL};
static const char *const female_words[] = {"she", "her", "hers", "herself", "she's", "she'd", "she'll", NULL};
static const char *const male_words[] = {"he", "him", "his", "himself", "he's", "he'd", "he'll", NULL};

bool gender_compile(population *p, const node *n, fact *f) {
    uint32_t known = 0;
    if (n->kind != K_CHOICE || n->is_list) return false;
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

/* 她 and 他 alone: 他们 may be anybody, 其他 is no pronoun. */
static gender dense_pronoun(const reading *t, uint32_t i) {
    str w = t->fold[i];
    bool female = str_is(w, "她"), male = str_is(w, "他");
    if (!female && !male) return NEITHER;
    if (i + 1 < t->words && str_is(t->fold[i + 1], "们")) return NEITHER;
    if (male && i && str_is(t->fold[i - 1], "其")) return NEITHER;
    return female ? FEMALE : MALE;
}

static gender pronoun(const reading *t, uint32_t i) {
    char c = t->fold[i].p[0];
    if (c != 's' && c != 'h') return (unsigned char)c < 0x80 ? NEITHER : dense_pronoun(t, i);
    if (word_in(t->fold[i], female_words)) return FEMALE;
    return word_in(t->fold[i], male_words) ? MALE : NEITHER;
}

contradiction gender_read(const fact *f, const check_ctx *c, const reading *t) {
    gender own = f->gender[record_at(c->rec, f->leaf)->num];
    uint32_t right = 0, wrong = 0, first = 0;
    if (own == NEITHER) return (contradiction){0};
    for (uint32_t i = 0; i < t->words; i++) {
        if (t->word[i].n > 7) continue;
        gender is = pronoun(t, i);
        if (is == NEITHER) continue;
        if (is != own && !wrong++) first = i;
        right += is == own;
    }
    if (wrong < 3 || wrong < 3 * right) return (contradiction){0};
    return (contradiction){words_between(t, first, first), wrong};
}

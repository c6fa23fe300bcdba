/* consistent_age.c: a stated age: "is 13 years old", "a 13-year-old girl", "aged 13", 13岁. It must be said of
 * a person, now, and not of a relative; bicycles may be as old as they like. */
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
    f->called = NO_LEAF;
    for (uint32_t i = 0; i < p->drawn_nodes && f->called == NO_LEAF; i++)
        if (str_is(p->node[i].name, "given_name") || str_is(p->node[i].name, "first_name") ||
            str_is(p->node[i].name, "name"))
            f->called = p->node[i].leaf;
    if (n->kind != K_NUMBER || n->is_list) return false;
    if (str_is(n->name, "age") || str_ends(n->name, "_age")) return true;
    return has_word(n->label, "age", p->mem) || str_find(n->label, STR("年龄"), &at);
}

static bool word_is(const reading *t, uint32_t i, const char *w) {
    return i < t->words && str_is(t->fold[i], w);
}

/* Where a number may be the person's age, and what the person is called. */
typedef struct candidate {
    const reading *t, *own; /* own: NULL if the name is not known */
    uint32_t at;
    number_at number;
} candidate;

static bool is_own_name(const reading *own, str w) {
    for (uint32_t i = 0; own && i < own->words; i++)
        if (str_eq(own->fold[i], w)) return true;
    return false;
}

/* The person, as a subject within five words before, or at the start of the sentence. */
static bool has_subject(const candidate *x) {
    const reading *t = x->t;
    uint32_t i = x->at, first = sentence_first(t, sentence_of(t, i)), from = i - first > 5 ? i - 5 : first;
    if (i == first) return true;
    for (uint32_t k = from; k < i; k++)
        if (word_in(t->fold[k], subjects) || word_in(t->fold[k], persons) || is_own_name(x->own, t->fold[k]))
            return true;
    return false;
}

/* "13-year-old girl", "a 13-year-old, ...", "13-year-old Ana" */
static bool is_adjective_of_person(const reading *t, uint32_t old) {
    if (old + 1 >= t->words || !words_adjacent(t, old)) return true;
    if (word_in(t->fold[old + 1], persons) || word_in(t->fold[old + 1], behind)) return true;
    char c = t->text.p[t->word[old + 1].at];
    return c >= 'A' && c <= 'Z';
}

/* The last word of a statement of age whose number stands at i; 0: it is none. */
static uint32_t english_end(const candidate *x) {
    const reading *t = x->t;
    uint32_t i = x->at, next = i + x->number.words;
    if (x->number.ordinal) return 0;
    if (word_is(t, next, "year") && word_is(t, next + 1, "old"))
        return is_adjective_of_person(t, next + 1) ? next + 1 : 0;
    if (word_is(t, next, "years") && word_is(t, next + 1, "old")) return has_subject(x) ? next + 1 : 0;
    if (word_is(t, next, "years") && word_is(t, next + 1, "of") && word_is(t, next + 2, "age"))
        return has_subject(x) ? next + 2 : 0;
    if (i && str_is(t->fold[i - 1], "aged") && words_adjacent(t, i - 1) && !word_is(t, next, "to"))
        return next - 1;
    return 0;
}

/* 13岁, but not 7岁时, 7岁那年, 从7岁, 7岁起, 3到5岁 */
static uint32_t chinese_end(const candidate *x) {
    static const char *const later[] = {"时", "那", "起", "开", "以", "前", "后", "之",
                                        "就", "到", "至", "左", "多", "大", NULL};
    static const char *const before[] = {"从", "自", "到", "至", "在", "过", "小",
                                         "大", "近", "比", "差", "当", NULL};
    const reading *t = x->t;
    uint32_t i = x->at, sui = i + x->number.words;
    if (word_is(t, sui, "周")) sui++;
    if (!word_is(t, sui, "岁")) return 0;
    if (sui + 1 < t->words && t->word[sui + 1].at == t->word[sui].at + t->word[sui].n &&
        word_in(t->fold[sui + 1], later))
        return 0;
    if (word_is(t, sui + 1, "的") && word_is(t, sui + 2, "时")) return 0;
    return i && word_in(t->fold[i - 1], before) ? 0 : sui;
}

static const reading *own_name(const fact *f, const check_ctx *c) {
    if (f->called == NO_LEAF || record_at(c->rec, f->called)->kind == V_NONE) return NULL;
    buf b = {0};
    value_print(&b, leaf_node(c->rec->pop, f->called), record_at(c->rec, f->called));
    reading *own = reading_new(str_dup(c->mem, buf_view(&b)), c->mem);
    buf_free(&b);
    return own;
}

contradiction age_read(const fact *f, const check_ctx *c, const reading *t) {
    const node *n = leaf_node(c->rec->pop, f->leaf);
    double own = dec_double((dec){record_at(c->rec, f->leaf)->num * n->step.m, n->step.places});
    candidate x = {.t = t};
    for (uint32_t i = 0; i < t->words; i++) {
        if (!number_read(t, i, &x.number)) continue;
        if (!x.own) x.own = own_name(f, c);
        x.at = i;
        uint32_t end = english_end(&x);
        if (!end) end = chinese_end(&x);
        double is = (double)x.number.value;
        bool differs = is > own || is + 1 <= own; /* half years are rounded down */
        if (end && differs && is <= 120 && !speaks_of_other(t, i) && !speaks_of_then(t, i, 6))
            return (contradiction){words_between(t, i && str_is(t->fold[i - 1], "aged") ? i - 1 : i, end), 1};
        i += x.number.words - 1;
    }
    return (contradiction){0};
}

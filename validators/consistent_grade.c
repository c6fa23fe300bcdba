/* consistent_grade.c: choices whose labels are numbers with a noun ("ninth grade", 九年级), or numbers of an
 * attribute that is such a noun: another number is stated in the text ("in eighth grade", "a grade 8 student",
 * "an 8th grader") and the own one never is.
 */
#include "validators/consistent_parts.h"

static const char *const nouns[] = {"grade", "year", "class", "form", NULL};
static const char *const pupils[] = {"student", "pupil", "girl", "boy", "class", "classroom", "learner", NULL};

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

bool grade_compile(population *p, const node *n, fact *f) {
    if (n->kind != K_CHOICE || n->is_list || n->values < 2) return false;
    f->grade = arena_new_of(p->mem, grade_value, n->values);
    for (uint32_t i = 0; i < n->values; i++) {
        str noun[3];
        uint32_t count;
        if (!label_read(n->value[i].label, p->mem, &f->grade[i], noun, &count)) return false;
        if (i && !nouns_same(f, noun, count)) return false;
        for (uint32_t k = 0; k < count; k++) f->noun[k] = noun[k];
        f->nouns = count;
    }
    if (f->nouns) return word_in(f->noun[0], nouns) || text_dense(text_next(f->noun[0], &(size_t){0}));
    f->noun[f->nouns++] = word_fold(n->name, p->mem);
    return word_in(f->noun[0], nouns);
}

/* A number and its noun in the text. */
typedef struct mentioned {
    uint32_t value, first, last;
    bool grader; /* "9th grader" */
} mentioned;

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
    if (noun_at(f, t, i) && i + f->nouns < t->words && words_adjacent(t, i + f->nouns - 1) &&
        number_read(t, i + f->nouns, &at) && !at.ordinal) {
        *m = (mentioned){at.value, i, i + f->nouns + at.words - 1, false};
        return true;
    }
    if (!number_read(t, i, &at) || i + at.words >= t->words || !words_adjacent(t, i + at.words - 1))
        return false;
    bool grader = is_grader(f, t, i + at.words);
    if (!grader && !noun_at(f, t, i + at.words)) return false;
    if (!grader && !at.ordinal && !text_dense(text_next(f->noun[0], &(size_t){0}))) return false;
    *m = (mentioned){at.value, i, i + at.words + (grader ? 0 : f->nouns - 1), grader};
    return true;
}

/* "in (the) ninth grade", "a ninth grader", "ninth-grade student", "grade 9 pupil"; in dense scripts
 * "九年级的学生", "读九年级". */
static bool is_statement(const fact *f, const reading *t, const mentioned *m) {
    static const char *const dense_before[] = {"读", "上", "是", "在", "名", "位", NULL};
    uint32_t before = m->first;
    if (m->last + 1 < t->words && str_is(t->fold[m->last + 1], "of")) return false;
    if (text_dense(text_next(f->noun[0], &(size_t){0})))
        return before && word_in(t->fold[before - 1], dense_before);
    if (m->last + 1 < t->words && words_adjacent(t, m->last) && word_in(t->fold[m->last + 1], pupils))
        return true;
    if (m->grader) return before && (str_is(t->fold[before - 1], "a") || str_is(t->fold[before - 1], "an"));
    if (before && str_is(t->fold[before - 1], "the")) before--;
    return before && str_is(t->fold[before - 1], "in");
}

contradiction grade_read(const fact *f, const check_ctx *c, const reading *t) {
    uint32_t own = f->grade[record_at(c->rec, f->leaf)->num].number;
    contradiction found = {0};
    for (uint32_t i = 0; i < t->words; i++) {
        mentioned m;
        if (!mention_at(f, t, i, &m)) continue;
        if (m.value == own) return (contradiction){0};
        if (!found.shown.n && is_statement(f, t, &m) && !speaks_of_other(t, m.first) &&
            !speaks_of_then(t, m.first, 6))
            found = (contradiction){words_between(t, m.first, m.last), 1};
        i = m.last;
    }
    return found;
}

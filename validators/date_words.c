/* date_words.c: a day as texts write it: 2025-06-30; 30 June 2025, June 30th, 2025; 2025年6月30日. One without
 * its year names no day, and 06/07/2025 one that depends on the reader: both are passed over. */
#include "validators/rule_parts.h"

/* Full names and the usual short ones; "may" and "mar" need their figures on both sides, so they do no harm. */
static uint32_t month_of(str w) {
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    if (w.n < 3) return 0;
    for (uint32_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(w, names[i]) || (w.n == 3 && str_eq(w, str_part(str_of(names[i]), 0, 3)))) return i + 1;
    return str_is(w, "sept") ? 9 : 0;
}

/* A number in figures at the word; `ends` may follow them (st, th). digits 0: any. */
static bool figures(const reading *t, uint32_t word, uint32_t digits, uint32_t *v) {
    number_at n;
    if (word >= t->words || t->fold[word].p[0] < '0' || t->fold[word].p[0] > '9') return false;
    if (digits && t->fold[word].n != digits) return false;
    if (!number_read(t, word, &n)) return false;
    *v = n.value;
    return true;
}

static bool word_is(const reading *t, uint32_t word, const char *w) {
    return word < t->words && str_is(t->fold[word], w);
}

/* What stands between a word and the next. */
static str gap_behind(const reading *t, uint32_t word) {
    size_t from = t->word[word].at + t->word[word].n;
    return word + 1 < t->words ? str_part(t->text, from, t->word[word + 1].at) : STR("");
}

static bool iso(const reading *t, uint32_t i, uint32_t *y, uint32_t *m, uint32_t *d) {
    return figures(t, i, 4, y) && figures(t, i + 1, 2, m) && figures(t, i + 2, 2, d) &&
           str_is(gap_behind(t, i), "-") && str_is(gap_behind(t, i + 1), "-");
}

static bool spelt(const reading *t, uint32_t i, uint32_t *y, uint32_t *m, uint32_t *d) {
    if (i + 2 >= t->words || !figures(t, i + 2, 4, y)) return false;
    if (figures(t, i, 0, d)) return (*m = month_of(t->fold[i + 1])) > 0;
    return (*m = month_of(t->fold[i])) > 0 && figures(t, i + 1, 0, d);
}

/* Figures and characters are words of their own. */
static bool chinese(const reading *t, uint32_t i, uint32_t *y, uint32_t *m, uint32_t *d) {
    return word_is(t, i + 1, "年") && word_is(t, i + 3, "月") && figures(t, i, 4, y) &&
           figures(t, i + 2, 0, m) && figures(t, i + 4, 0, d);
}

bool date_read(const reading *t, uint32_t i, date_at *out) {
    uint32_t y, m, d;
    if (iso(t, i, &y, &m, &d) || spelt(t, i, &y, &m, &d))
        out->words = 3;
    else if (chinese(t, i, &y, &m, &d))
        out->words = word_is(t, i + 5, "日") ? 6 : 5;
    else
        return false;
    return date_make(y, m, d, &out->days);
}

/* reading_level.c: the kind `reading`: how hard a text is to read.
 *
 *   - grade, English: the Flesch-Kincaid grade level (Kincaid, Fishburne, Rogers and Chissom 1975, Navy
 * Research Branch Report 8-75): 0.39 words a sentence + 11.8 syllables a word - 15.59;
 *   - sentence, any language: mean words a sentence, in Chinese and Japanese characters;
 *   - letters, languages that divide words by blanks: mean letters and digits a word.
 *
 * Whole numbers throughout, in hundredths, halves up: the same on every machine. Texts of less than WORDS_LEAST
 * words are let pass: a mean over one sentence says nothing.
 */
#include "validators/rule_parts.h"

#include <string.h>

#define WORDS_LEAST 20u
#define OPEN_LOW    INT64_MIN
#define OPEN_HIGH   INT64_MAX

typedef enum measure_kind { BY_GRADE, BY_SENTENCE, BY_LETTERS, MEASURES } measure_kind;
static const char *const measure_key[MEASURES] = {"grade", "sentence", "letters"};

typedef struct level {
    bool has[MEASURES];
    int64_t lo[MEASURES], hi[MEASURES]; /* hundredths */
} level;

/* ---- compiling --------------------------------------------------------------------------------------------
 */

static bool is_dense_language(str code) {
    return str_is(code, "zh") || str_is(code, "ja") || str_is(code, "th");
}

static bool hundredths(str s, int64_t open, int64_t *out) {
    dec d;
    s = str_trim(s);
    *out = open;
    if (!s.n) return true;
    if (!dec_parse(s, &d) || d.places > 2) return false;
    for (uint8_t i = d.places; i < 2; i++) d.m *= 10;
    *out = d.m;
    return d.m >= -100000 && d.m <= 100000;
}

static bool range_read(population *p, const tree *body, measure_kind m, diags *d, level *x) {
    const tree *t = tree_get(body, measure_key[m]);
    size_t at;
    if (!t || t->nothing) return true;
    x->has[m] = true;
    bool fine = t->kind == TREE_SCALAR && str_find(t->text, STR(".."), &at) &&
                hundredths(str_part(t->text, 0, at), OPEN_LOW, &x->lo[m]) &&
                hundredths(str_part(t->text, at + 2, t->text.n), OPEN_HIGH, &x->hi[m]);
    if (!fine)
        return diag_at(p, d, DIAG_P03, t, t->kind == TREE_SCALAR ? t->text : STR(""),
                       "grade: 4..7.5, or an end left open: ..8", "`%s` is a range of numbers", measure_key[m]);
    if (x->lo[m] > x->hi[m] || (x->lo[m] == OPEN_LOW && x->hi[m] == OPEN_HIGH))
        return diag_at(p, d, DIAG_P07, t, t->text, "the lower end first", "`%s` holds no number, or all",
                       measure_key[m]);
    return true;
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    level *x = r->data = arena_new_of(p->mem, level, 1);
    str language = locale_language(p);
    bool fine = rule_reads_text(p, r, body, d), any = false;
    for (int m = 0; m < MEASURES; m++) {
        fine = range_read(p, body, (measure_kind)m, d, x) && fine;
        any = any || x->has[m];
    }
    if (fine && !any)
        return diag_at(p, d, DIAG_P02, body, r->id, "grade: ..8 (English), or sentence: ..20",
                       "the rule `" STR_FMT "` needs `grade`, `sentence` or `letters`", STR_ARG(r->id));
    if (x->has[BY_GRADE] && !str_is(language, "en"))
        fine =
            diag_at(p, d, DIAG_P13, tree_get(body, "grade"), language,
                    is_dense_language(language) ? "write `sentence`: mean characters a sentence"
                                                : "write `sentence` and `letters`: mean words and letters",
                    "`grade` is a formula for English, this population is in `" STR_FMT "`", STR_ARG(language));
    if (x->has[BY_LETTERS] && is_dense_language(language))
        fine =
            diag_at(p, d, DIAG_P13, tree_get(body, "letters"), language, "write `sentence`",
                    "`letters` are counted a word, and `" STR_FMT "` does not divide words", STR_ARG(language));
    return fine;
}

/* ---- measuring
 * ------------------------------------------------------------------------------------------------- */

static int64_t rounded(int64_t a, int64_t b) {
    int64_t x = 2 * a + b, y = 2 * b;
    return x >= 0 ? x / y : -((-x + y - 1) / y);
}

typedef struct sums {
    int64_t words, sentences, syllables, letters;
} sums;

/* Those in words, of a text in ASCII. */
static uint32_t apostrophes(const reading *t) {
    const char *p = t->text.p, *end = p + t->text.n;
    uint32_t n = 0;
    for (uint32_t i = 0; (p = memchr(p, '\'', (size_t)(end - p))); p++) {
        uint32_t at = (uint32_t)(p - t->text.p);
        while (i < t->words && t->word[i].at + t->word[i].n <= at) i++;
        n += i < t->words && t->word[i].at < at;
    }
    return n;
}

static uint32_t letters_of(const reading *t) {
    uint32_t n = 0;
    if (t->ascii) {
        for (uint32_t i = 0; i < t->words; i++) n += t->word[i].n;
        return n - apostrophes(t);
    }
    for (uint32_t i = 0; i < t->words; i++)
        for (size_t k = 0; k < t->fold[i].n; k++)
            n += ((unsigned char)t->fold[i].p[k] & 0xC0) != 0x80 && t->fold[i].p[k] != '\'';
    return n;
}

static sums sums_of(const level *x, reading *t) {
    sums s = {.words = t->words};
    if (x->has[BY_GRADE] && !t->syllables) t->syllables = words_syllables(t);
    if (x->has[BY_LETTERS] && !t->letters) t->letters = letters_of(t);
    s.syllables = t->syllables;
    s.letters = t->letters;
    for (uint32_t i = 0; i < t->sentences; i++) /* a sentence without words is a sign */
        s.sentences += t->upto[i] > (i ? t->upto[i - 1] : 0);
    return s;
}

/* Hundredths. */
static int64_t measure_of(const sums *s, measure_kind m) {
    if (m == BY_SENTENCE) return rounded(100 * s->words, s->sentences);
    if (m == BY_LETTERS) return rounded(100 * s->letters, s->words);
    return rounded(39 * s->words * s->words + 1180 * s->syllables * s->sentences, s->words * s->sentences) -
           1559;
}

static str number_of(arena *mem, int64_t v) {
    buf b = {0};
    dec_print(&b, v, 2);
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static void text_check(const rule *r, check_ctx *c, uint32_t leaf, reading *t) {
    static const message_id says[MEASURES] = {SAY_READING_GRADE, SAY_READING_SENTENCE, SAY_READING_LETTERS};
    static const message_id easier[MEASURES] = {SAY_READING_EASIER, SAY_READING_SHORTER, SAY_READING_SIMPLER};
    static const message_id harder[MEASURES] = {SAY_READING_HARDER, SAY_READING_LONGER, SAY_READING_RICHER};
    const population *p = c->rec->pop;
    const level *x = r->data;
    if (t->words < WORDS_LEAST || !t->sentences) return;
    sums s = sums_of(x, t);
    if (!s.sentences) return;
    for (int m = 0; m < MEASURES; m++) {
        if (!x->has[m]) continue;
        int64_t is = measure_of(&s, (measure_kind)m);
        bool over = is > x->hi[m];
        if (!over && is >= x->lo[m]) continue;
        str want = message_of(c->mem, p, over ? SAY_COMPARE_AT_MOST : SAY_COMPARE_AT_LEAST,
                              number_of(c->mem, over ? x->hi[m] : x->lo[m]));
        check_report(r, c, leaf, message_of(c->mem, p, says[m], number_of(c->mem, is), want),
                     message_of(c->mem, p, over ? easier[m] : harder[m],
                                number_of(c->mem, measure_of(&s, BY_SENTENCE))));
    }
}

static void check(const rule *r, check_ctx *c) {
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++)
            text_check(r, c, r->of.leaf[i], text[k]);
}

static const char *const keys[] = {"grade", "sentence", "letters", NULL};
const rule_kind rule_kind_reading = {
    .name = "reading", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

/* number_words.c: numbers in a text, in figures or in words: 14, 14th, fourteen, twenty-one, ninth, 十四. Up to
 * 199 in words; enough for ages, grades and counts of people. */
#include "validators/rule_parts.h"

typedef struct number_word {
    const char *cardinal, *ordinal;
    uint32_t value;
} number_word;

static const number_word ones[] = {
    {"zero", "zeroth", 0},
    {"one", "first", 1},
    {"two", "second", 2},
    {"three", "third", 3},
    {"four", "fourth", 4},
    {"five", "fifth", 5},
    {"six", "sixth", 6},
    {"seven", "seventh", 7},
    {"eight", "eighth", 8},
    {"nine", "ninth", 9},
    {"ten", "tenth", 10},
    {"eleven", "eleventh", 11},
    {"twelve", "twelfth", 12},
    {"thirteen", "thirteenth", 13},
    {"fourteen", "fourteenth", 14},
    {"fifteen", "fifteenth", 15},
    {"sixteen", "sixteenth", 16},
    {"seventeen", "seventeenth", 17},
    {"eighteen", "eighteenth", 18},
    {"nineteen", "nineteenth", 19},
};
static const number_word tens[] = {
    {"twenty", "twentieth", 20}, {"thirty", "thirtieth", 30}, {"forty", "fortieth", 40},
    {"fifty", "fiftieth", 50},   {"sixty", "sixtieth", 60},   {"seventy", "seventieth", 70},
    {"eighty", "eightieth", 80}, {"ninety", "ninetieth", 90},
};

static bool word_number(const number_word *list, size_t n, str w, number_at *out) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].cardinal[0] != w.p[0] && list[i].ordinal[0] != w.p[0]) continue;
        bool ordinal = str_is(w, list[i].ordinal);
        if (!ordinal && !str_is(w, list[i].cardinal)) continue;
        *out = (number_at){list[i].value, 1, ordinal};
        return true;
    }
    return false;
}

static bool english(const reading *t, uint32_t i, number_at *out) {
    number_at one;
    if (word_number(ones, COUNT_OF(ones), t->fold[i], out)) return true;
    if (!word_number(tens, COUNT_OF(tens), t->fold[i], out)) return false;
    if (out->ordinal || i + 1 >= t->words || !words_adjacent(t, i)) return true;
    if (!word_number(ones + 1, 9, t->fold[i + 1], &one)) return true;
    *out = (number_at){out->value + one.value, 2, one.ordinal};
    return true;
}

/* 14, 14th, 1st; no decimals, at most 9 digits. */
static bool figures(str w, number_at *out) {
    uint64_t v = 0;
    size_t n = 0;
    for (; n < w.n && n < 9 && w.p[n] >= '0' && w.p[n] <= '9'; n++) v = v * 10 + (uint64_t)(w.p[n] - '0');
    str end = str_part(w, n, w.n);
    bool ordinal = str_is(end, "st") || str_is(end, "nd") || str_is(end, "rd") || str_is(end, "th");
    if (!n || (end.n && !ordinal)) return false;
    *out = (number_at){(uint32_t)v, 1, ordinal};
    return true;
}

static const char *const digits[] = {"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "两"};

static bool chinese_digit(str w, uint32_t *v) {
    for (uint32_t i = 0; i < COUNT_OF(digits); i++)
        if (str_is(w, digits[i])) {
            *v = i == 11 ? 2 : i;
            return true;
        }
    return false;
}

/* 九, 十四, 二十, 二十一 */
static bool chinese(const reading *t, uint32_t i, number_at *out) {
    uint32_t v[4], n = 0;
    while (n < 4 && i + n < t->words && (!n || words_adjacent(t, i + n - 1)) &&
           chinese_digit(t->fold[i + n], &v[n]))
        n++;
    if (!n) return false;
    if (n == 1)
        *out = (number_at){v[0], 1, false};
    else if (v[0] == 10 && v[1] < 10)
        *out = (number_at){10 + v[1], 2, false};
    else if (v[0] < 10 && v[1] == 10)
        *out = (number_at){v[0] * 10 + (n > 2 && v[2] < 10 ? v[2] : 0), n > 2 && v[2] < 10 ? 3 : 2, false};
    else
        *out = (number_at){v[0] * 10 + v[1], 2, false};
    return true;
}

void number_marks(void) {
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        word_mark_add(ones[i].cardinal, MARK_NUMBER);
        word_mark_add(ones[i].ordinal, MARK_NUMBER);
    }
    for (size_t i = 0; i < COUNT_OF(tens); i++) {
        word_mark_add(tens[i].cardinal, MARK_NUMBER);
        word_mark_add(tens[i].ordinal, MARK_NUMBER);
    }
    for (size_t i = 0; i < COUNT_OF(digits); i++) word_mark_add(digits[i], MARK_NUMBER);
}

bool number_read(const reading *t, uint32_t i, number_at *out) {
    if (!word_has(t, i, MARK_NUMBER)) return false;
    str w = t->fold[i];
    if (w.p[0] >= '0' && w.p[0] <= '9') return figures(w, out);
    return (unsigned char)w.p[0] >= 0x80 ? chinese(t, i, out) : english(t, i, out);
}

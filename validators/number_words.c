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

/* The row in ones and then tens, twice that and one more for an ordinal, and 1; by word_hash. Written once. */
#define SLOTS 256u
static uint8_t slot[SLOTS];

static const number_word *number_of(uint32_t row) {
    return row < COUNT_OF(ones) ? &ones[row] : &tens[row - COUNT_OF(ones)];
}

static void slot_take(uint32_t row, bool ordinal) {
    const char *word = ordinal ? number_of(row)->ordinal : number_of(row)->cardinal;
    uint32_t at = (uint32_t)word_hash(str_of(word)) % SLOTS;
    while (slot[at]) at = (at + 1) % SLOTS;
    slot[at] = (uint8_t)(2 * row + ordinal + 1);
    word_mark_add(word, MARK_NUMBER);
}

static bool word_number(const reading *t, uint32_t i, number_at *out) {
    for (uint32_t at = (uint32_t)t->hash[i] % SLOTS; slot[at]; at = (at + 1) % SLOTS) {
        const number_word *x = number_of((slot[at] - 1u) / 2);
        bool ordinal = (slot[at] - 1u) % 2;
        if (!str_is(t->fold[i], ordinal ? x->ordinal : x->cardinal)) continue;
        *out = (number_at){x->value, 1, ordinal};
        return true;
    }
    return false;
}

static bool english(const reading *t, uint32_t i, number_at *out) {
    number_at one;
    if (!word_number(t, i, out)) return false;
    if (out->value < 20 || out->ordinal || i + 1 >= t->words || !words_adjacent(t, i)) return true;
    if (!word_number(t, i + 1, &one) || !one.value || one.value > 9) return true;
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
    for (uint32_t i = 0; i < COUNT_OF(ones) + COUNT_OF(tens); i++) {
        slot_take(i, false);
        slot_take(i, true);
    }
    for (size_t i = 0; i < COUNT_OF(digits); i++) word_mark_add(digits[i], MARK_NUMBER);
}

bool number_read(const reading *t, uint32_t i, number_at *out) {
    if (!word_has(t, i, MARK_NUMBER)) return false;
    str w = t->fold[i];
    if (w.p[0] >= '0' && w.p[0] <= '9') return figures(w, out);
    return (unsigned char)w.p[0] >= 0x80 ? chinese(t, i, out) : english(t, i, out);
}

/* loops.c: FIELD.loops: a text that repeats itself, as small models do when they find no end: the same sentence
 * twice, a word many times in a row, a word or three words in a row that take up a share of the text that no
 * prose gives them. The bounds leave room for anaphora and for rows of "X is fairly high": they are far above
 * what people write.
 */
#include "validators/rule_parts.h"

#define ROW            4u /* the same word so often in a row */
#define SENTENCE_WORDS 4u /* shorter ones may come twice ("No, thanks.") */
#define SENTENCE_DENSE 8u
#define WORD_LEAST     6u /* times; and more than one in WORD_SHARE words */
#define WORD_SHARE     5u
#define SHORT_BYTES    3u /* "the", one character: words that may come oftener */
#define SHORT_LEAST    10u
#define SHORT_SHARE    3u
#define THREE_LEAST    4u /* times; and more than one in THREE_SHARE words */
#define THREE_SHARE    7u

typedef struct tally {
    uint64_t key;
    uint32_t count, first;
} tally;

typedef struct tallies {
    tally *slot;
    uint32_t mask;
} tallies;

static tallies tallies_new(arena *mem, uint32_t most) {
    uint32_t size = 16;
    while (size < most * 2) size *= 2;
    return (tallies){arena_new_of(mem, tally, size), size - 1};
}

static tally *tally_add(tallies *t, uint64_t key, uint32_t first) {
    uint32_t i = (uint32_t)key & t->mask;
    while (t->slot[i].count && t->slot[i].key != key) i = (i + 1) & t->mask;
    if (!t->slot[i].count) t->slot[i] = (tally){key, 0, first};
    t->slot[i].count++;
    return &t->slot[i];
}

static str words_text(const reading *t, uint32_t first, uint32_t n) {
    uint32_t last = first + n - 1;
    return str_part(t->text, t->word[first].at, t->word[last].at + t->word[last].n);
}

static void report_words(check_ctx *c, uint32_t leaf, str words, uint32_t times) {
    const population *p = c->rec->pop;
    field_report(c, leaf, "loops",
                 message_of(c->mem, p, SAY_LOOP_WORDS, excerpt(c->mem, words), message_number(c->mem, times)),
                 message_plain(p, SAY_LOOP_HINT));
}

static bool dense_word(const reading *t, uint32_t word) {
    size_t at = t->word[word].at;
    return text_dense(text_next(t->text, &at));
}

static uint64_t sentence_key(const reading *t, uint32_t word, uint32_t end) {
    uint64_t key = 0x9E3779B97F4A7C15u;
    for (; word < end; word++) key = key * 0x100000001B3u + t->hash[word];
    return key ^ key >> 29;
}

/* Whether two sentences begin and end with the same words, as few do and as those of the same words must. */
static bool sentences_alike(const reading *t) {
    uint64_t seen[64] = {0};
    bool alike = false;
    for (uint32_t i = 0, first = 0; i < t->sentences && !alike; first = t->upto[i++]) {
        if (t->upto[i] - first < SENTENCE_WORDS) continue;
        uint64_t key = t->hash[first] * 3 + t->hash[t->upto[i] - 1] * 5 + t->hash[first + 1];
        uint64_t *set = &seen[key >> 58], bit = 1ull << (key >> 52 & 63);
        alike = *set & bit;
        *set |= bit;
    }
    return alike;
}

/* Two sentences of the same words. */
static bool same_sentence(check_ctx *c, uint32_t leaf, const reading *t) {
    if (!sentences_alike(t)) return false;
    tallies seen = tallies_new(c->mem, t->sentences);
    for (uint32_t i = 0, first = 0; i < t->sentences; first = t->upto[i++]) {
        uint32_t n = t->upto[i] - first;
        if (!n || n < (dense_word(t, first) ? SENTENCE_DENSE : SENTENCE_WORDS)) continue;
        if (tally_add(&seen, sentence_key(t, first, t->upto[i]), i)->count < 2) continue;
        str twice = str_part(t->text, t->sentence[i].at, t->sentence[i].at + t->sentence[i].n);
        field_report(c, leaf, "loops",
                     message_of(c->mem, c->rec->pop, SAY_LOOP_SENTENCE, excerpt(c->mem, twice)),
                     message_plain(c->rec->pop, SAY_LOOP_HINT));
        return true;
    }
    return false;
}

static bool same_row(check_ctx *c, uint32_t leaf, const reading *t) {
    uint32_t run = 1, longest = 1, at = 0;
    for (uint32_t i = 1; i < t->words; i++) {
        run = t->hash[i] == t->hash[i - 1] ? run + 1 : 1;
        if (run <= longest) continue;
        longest = run;
        at = i;
    }
    if (longest < ROW) return false;
    report_words(c, leaf, words_text(t, at, 1), longest);
    return true;
}

/* The most that any word, and any three in a row, can come: how many share the fullest of 256 places. That is
 * little in prose, and spares it the tables below. */
static void at_most(const reading *t, uint32_t *one, uint32_t *three) {
    uint32_t ones[256] = {0}, threes[256] = {0}, most = 0, most3 = 0;
    const uint64_t *h = t->hash;
    for (uint32_t i = 0, words = t->words; i < words; i++) {
        uint32_t n = ++ones[h[i] >> 56];
        if (n > most) most = n;
    }
    for (uint32_t i = 2, words = t->words; i < words; i++) {
        uint32_t n = ++threes[((h[i - 2] * 3 + h[i - 1]) * 3 + h[i]) >> 56];
        if (n > most3) most3 = n;
    }
    *one = most;
    *three = most3;
}

/* n words in a row that come too often. */
static bool too_often(check_ctx *c, uint32_t leaf, const reading *t, uint32_t n, uint32_t least,
                      uint32_t share) {
    if (t->words < least * n) return false;
    tallies seen = tallies_new(c->mem, t->words);
    const tally *most = NULL;
    for (uint32_t i = 0; i + n <= t->words; i++) {
        uint64_t key = t->hash[i];
        for (uint32_t k = 1; k < n; k++) key = (key << 21 | key >> 43) * 0x9E3779B97F4A7C15u + t->hash[i + k];
        const tally *x = tally_add(&seen, key, i);
        if (!most || x->count > most->count) most = x;
    }
    if (most && n == 1 && t->fold[most->first].n <= SHORT_BYTES) {
        least = SHORT_LEAST;
        share = SHORT_SHARE;
    }
    if (!most || most->count < least || most->count * share <= t->words) return false;
    report_words(c, leaf, words_text(t, most->first, n), most->count);
    return true;
}

void loops_check(check_ctx *c, const node *n) {
    reading **text;
    uint32_t texts = check_texts(c, n->leaf, &text);
    for (uint32_t i = 0; i < texts; i++) {
        const reading *t = text[i];
        if (same_sentence(c, n->leaf, t) || same_row(c, n->leaf, t)) continue;
        uint32_t one, three;
        at_most(t, &one, &three);
        if (three >= THREE_LEAST && three * THREE_SHARE > t->words &&
            too_often(c, n->leaf, t, 3, THREE_LEAST, THREE_SHARE))
            continue;
        if (one >= WORD_LEAST && one * WORD_SHARE > t->words)
            too_often(c, n->leaf, t, 1, WORD_LEAST, WORD_SHARE);
    }
}

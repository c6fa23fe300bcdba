/* sim_sentence.c: sentences of exactly n words from a seeded grammar.
 *
 * A sentence is a core ("She painted the gate"), tails ("near the pier", "while the baker hummed") and single
 * words (an adverb, adjectives). Tails are added until what is missing fits into the places for single words,
 * so every length from one word up can be met. All verbs are in the past tense, so that I, you, she, he and
 * they take the same form. Each word list is walked with a step of its own: no word comes twice in a text
 * before its list is through.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>

static const struct {
    str subject, small, object, own;
} PRONOUNS[] = {
    [PRONOUN_THEY] = {STR("They "), STR("they "), STR("them "), STR("their ")},
    [PRONOUN_SHE] = {STR("She "), STR("she "), STR("her "), STR("her ")},
    [PRONOUN_HE] = {STR("He "), STR("he "), STR("him "), STR("his ")},
    [PRONOUN_I] = {STR("I "), STR("I "), STR("me "), STR("my ")},
    [PRONOUN_YOU] = {STR("You "), STR("you "), STR("you "), STR("your ")},
};

typedef enum core {
    CORE_THING,
    CORE_ACT,
    CORE_PERSON_THING,
    CORE_TOPIC,
    CORE_PERSON_ACT,
    CORE_TEMPER,
    CORES
} core;
typedef enum tail { TAIL_TIME, TAIL_PLACE, TAIL_WITH, TAIL_AND, TAIL_WHILE, TAIL_SINCE, TAILS } tail;

static const struct {
    uint8_t words, singles; /* of the bare form; places for single words */
} CORE[CORES] = {{4, 2}, {5, 2}, {5, 2}, {4, 2}, {6, 2}, {8, 2}},
  TAIL[TAILS] = {{2, 0}, {3, 1}, {3, 1}, {4, 1}, {4, 1}, {4, 1}};

#define MOST_TAILS 16

typedef struct plan {
    core core;
    bool time_first;
    uint32_t n_tails;
    tail tails[MOST_TAILS];
    uint32_t singles, places; /* single words still to be set, places still open */
} plan;

uint64_t sim_grammar_draw(grammar *g) {
    uint64_t z = (g->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t sim_grammar_below(grammar *g, uint32_t n) {
    return (uint32_t)(((sim_grammar_draw(g) >> 32) * n) >> 32);
}

grammar sim_grammar_start(uint64_t key, pronoun who) {
    grammar g = {.state = key, .who = who};
    for (int c = 0; c < WORD_CLASSES; c++) {
        uint32_t n;
        sim_words_of((word_class)c, &n);
        uint64_t r = sim_grammar_draw(&g);
        g.at[c] = (uint32_t)(((r >> 32) * n) >> 32);
        g.step[c] = 1 + (uint32_t)(((r & 0xffffffff) * (n - 1)) >> 32);
    }
    return g;
}

/* ---- putting words -------------------------------------------------------------------------- */

static void put(buf *out, str s) {
    memcpy(out->p + out->n, s.p, s.n);
    out->n += s.n;
}

#define PUT(lit) put(out, STR(lit))

static void put_word(grammar *g, buf *out, word_class c) {
    uint32_t n;
    const word *table = sim_words_of(c, &n);
    const word *w = &table[g->at[c]];
    g->at[c] += g->step[c];
    if (g->at[c] >= n) g->at[c] -= n;
    memcpy(out->p + out->n, w->text, sizeof w->text);
    out->n += w->n;
}

static void capital(buf *out, size_t at) {
    if (out->p[at] >= 'a' && out->p[at] <= 'z') out->p[at] = (char)(out->p[at] - 32);
}

/* A place for a single word: filled with the chance that leaves none over at the end. */
static bool take_single(grammar *g, plan *p) {
    bool take = p->singles > 0 && sim_grammar_below(g, p->places) < p->singles;
    p->places--;
    if (take) p->singles--;
    return take;
}

static void put_noun(grammar *g, plan *p, buf *out, word_class c) {
    if (take_single(g, p)) put_word(g, out, WORD_ADJ);
    put_word(g, out, c);
}

static void put_the(grammar *g, buf *out) {
    switch (sim_grammar_below(g, 4)) {
    case 0: put(out, PRONOUNS[g->who].own); break;
    case 1: PUT("that "); break;
    default: PUT("the "); break;
    }
}

static void put_adverb(grammar *g, plan *p, buf *out) {
    if (take_single(g, p)) put_word(g, out, WORD_ADV);
}

static void put_near(grammar *g, plan *p, buf *out) {
    static const str NEAR[] = {STR("near "),    STR("behind "), STR("beside "),
                               STR("outside "), STR("around "), STR("beyond ")};
    put(out, NEAR[sim_grammar_below(g, COUNT_OF(NEAR))]);
    PUT("the ");
    put_noun(g, p, out, WORD_PLACE);
}

static void put_time(grammar *g, buf *out) {
    static const str WHEN[] = {STR("before "), STR("after "), STR("until "), STR("during ")};
    put(out, WHEN[sim_grammar_below(g, COUNT_OF(WHEN))]);
    put_word(g, out, WORD_TIME);
}

static void put_temper(grammar *g, plan *p, buf *out) {
    static const str TEMPER[] = {STR("quiet "),    STR("curious "), STR("patient "), STR("cheerful "),
                                 STR("stubborn "), STR("calm "),    STR("shy ")};
    static const str HELPER[] = {STR("friend "), STR("teacher "), STR("mother "), STR("father ")};
    static const str SEEMED[] = {STR("seemed "), STR("stayed "), STR("remained "), STR("felt "),
                                 STR("looked ")};
    static const str BY[] = {STR("beside "), STR("near "), STR("around "), STR("with ")};
    uint32_t first = sim_grammar_below(g, COUNT_OF(TEMPER));
    uint32_t second = (first + 1 + sim_grammar_below(g, COUNT_OF(TEMPER) - 1)) % COUNT_OF(TEMPER);
    put_adverb(g, p, out);
    put(out, SEEMED[sim_grammar_below(g, COUNT_OF(SEEMED))]);
    put(out, TEMPER[first]);
    PUT("and ");
    put(out, TEMPER[second]);
    put(out, BY[sim_grammar_below(g, COUNT_OF(BY))]);
    put(out, PRONOUNS[g->who].own);
    if (take_single(g, p)) put_word(g, out, WORD_ADJ);
    put(out, HELPER[sim_grammar_below(g, COUNT_OF(HELPER))]);
}

static void put_person(grammar *g, buf *out) {
    put_the(g, out);
    put_word(g, out, WORD_PERSON);
}

static void put_thing(grammar *g, plan *p, buf *out) {
    put_word(g, out, WORD_VERB);
    put_the(g, out);
    put_noun(g, p, out, WORD_THING);
}

static void put_core(grammar *g, plan *p, buf *out) {
    switch (p->core) {
    case CORE_THING:
        put(out, PRONOUNS[g->who].small);
        put_adverb(g, p, out);
        put_thing(g, p, out);
        break;
    case CORE_ACT:
        put(out, PRONOUNS[g->who].small);
        put_adverb(g, p, out);
        put_word(g, out, WORD_ACT);
        put_near(g, p, out);
        break;
    case CORE_PERSON_THING:
        put_person(g, out);
        put_adverb(g, p, out);
        put_thing(g, p, out);
        break;
    case CORE_TOPIC:
        PUT("the ");
        put_noun(g, p, out, WORD_TOPIC);
        put_adverb(g, p, out);
        put(out, sim_grammar_below(g, 2) ? STR("pleased ") : STR("amused "));
        put(out, PRONOUNS[g->who].object);
        break;
    case CORE_PERSON_ACT:
        put_person(g, out);
        put_adverb(g, p, out);
        put_word(g, out, WORD_ACT);
        put_near(g, p, out);
        break;
    default:
        put(out, PRONOUNS[g->who].small);
        put_temper(g, p, out);
        break;
    }
}

static void put_tail(grammar *g, plan *p, buf *out, tail t) {
    switch (t) {
    case TAIL_TIME: put_time(g, out); break;
    case TAIL_PLACE: put_near(g, p, out); break;
    case TAIL_WITH:
        put(out, sim_grammar_below(g, 2) ? STR("with ") : STR("for "));
        put(out, PRONOUNS[g->who].own);
        put_noun(g, p, out, WORD_PERSON);
        break;
    case TAIL_AND:
        PUT("and ");
        put_thing(g, p, out);
        break;
    case TAIL_WHILE:
        put(out, sim_grammar_below(g, 2) ? STR("while ") : STR("until "));
        put_person(g, out);
        put_adverb(g, p, out);
        put_word(g, out, WORD_ACT);
        break;
    default:
        put(out, sim_grammar_below(g, 2) ? STR("because ") : STR("although "));
        PUT("the ");
        put_noun(g, p, out, WORD_TOPIC);
        put(out, sim_grammar_below(g, 2) ? STR("mattered ") : STR("ended "));
        break;
    }
}

/* ---- planning ------------------------------------------------------------------------------- */

/* Adds tails until the `missing` words fit into the open places. */
static void plan_tails(grammar *g, plan *p, uint32_t missing) {
    uint32_t used = p->time_first ? 1u << TAIL_TIME : 0;
    if (p->core == CORE_ACT || p->core == CORE_PERSON_ACT) used |= 1u << TAIL_PLACE;
    while (p->n_tails < MOST_TAILS && (missing > p->places || (missing >= 3 && sim_grammar_below(g, 8) < 5))) {
        uint32_t t = sim_grammar_below(g, TAILS);
        for (uint32_t i = 0; i < TAILS && ((used >> t & 1) || TAIL[t].words > missing); i++)
            t = (t + 1) % TAILS;
        if (TAIL[t].words > missing || (used >> t & 1)) {
            if (missing < TAIL[TAIL_AND].words) break;
            t = TAIL_AND; /* the one tail that may come again */
        }
        used |= 1u << t;
        p->tails[p->n_tails++] = (tail)t;
        missing -= TAIL[t].words;
        p->places += TAIL[t].singles;
    }
    p->singles = missing;
}

static void put_planned(grammar *g, plan *p, buf *out, uint32_t n) {
    p->places = CORE[p->core].singles;
    plan_tails(g, p, n - CORE[p->core].words - (p->time_first ? 2 : 0));
    if (p->time_first) put_time(g, out);
    put_core(g, p, out);
    for (uint32_t i = 0; i < p->n_tails; i++) put_tail(g, p, out, p->tails[i]);
    while (p->singles--) put_word(g, out, WORD_ADV); /* only for sentences beyond all tails */
}

static core draw_core(grammar *g, uint32_t n) {
    uint32_t c = sim_grammar_below(g, CORE_TEMPER);
    return CORE[c].words <= n ? (core)c : CORE_THING;
}

static void finish(buf *out, size_t from) {
    capital(out, from);
    out->p[out->n - 1] = '.'; /* for the blank behind the last word */
}

static void put_tiny(grammar *g, buf *out, uint32_t n) {
    if (n > 1) put(out, PRONOUNS[g->who].small);
    put_word(g, out, n > 1 ? WORD_ACT : WORD_TOPIC);
    if (n > 2) put_word(g, out, WORD_ADV);
}

void sim_sentence_put(grammar *g, buf *out, uint32_t n) {
    buf_reserve(out, 16 * ((size_t)n + 2));
    size_t from = out->n;
    if (n < CORE[CORE_THING].words) {
        put_tiny(g, out, n);
    } else {
        plan p = {.time_first = n >= 7 && sim_grammar_below(g, 4) == 0};
        p.core = draw_core(g, p.time_first ? n - 2 : n);
        put_planned(g, &p, out, n);
    }
    finish(out, from);
}

void sim_sentence_put_temper(grammar *g, buf *out, uint32_t n) {
    buf_reserve(out, 16 * ((size_t)n + 2));
    size_t from = out->n;
    plan p = {.core = CORE_TEMPER};
    put_planned(g, &p, out, n);
    finish(out, from);
}

void sim_sentence_put_closing(grammar *g, buf *out, uint32_t n) {
    buf_reserve(out, 16 * ((size_t)n + 2));
    size_t from = out->n;
    PUT("Overall, ");
    plan p = {.core = draw_core(g, n - 1)};
    put_planned(g, &p, out, n - 1);
    finish(out, from);
}

void sim_phrase_put(grammar *g, buf *out, uint32_t n) {
    static const word_class FORM[][4] = {
        {WORD_TOPIC}, {WORD_ADJ, WORD_THING}, {WORD_ADJ, WORD_ADJ, WORD_THING}};
    buf_reserve(out, 16 * ((size_t)n + 2));
    uint32_t head = n > 3 ? 2 : n;
    for (uint32_t i = 0; i < head; i++) put_word(g, out, FORM[head - 1][i]);
    plan p = {.core = CORE_THING};
    if (n > head) {
        uint32_t missing = n - head;
        plan_tails(g, &p, missing);
        for (uint32_t i = 0; i < p.n_tails; i++) put_tail(g, &p, out, p.tails[i]);
        while (p.singles--) put_word(g, out, WORD_ADV);
    }
    out->n--;
}

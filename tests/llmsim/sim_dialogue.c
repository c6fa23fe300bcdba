/* sim_dialogue.c: a talk between two, if the hint of the field asks for lines that begin with Q: and A:.
 *
 * Question and answer come by turns, as many pairs as half of the lines that are allowed; the words are spread
 * evenly. Questions say you, answers I.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>

#define QUESTION_WORDS 7u
#define ANSWER_WORDS   11u /* of a sentence */

static uint32_t between(grammar *g, range r, uint32_t fallback) {
    if (r.hi < r.lo || r.hi == 0) return r.lo ? r.lo : fallback;
    return (r.lo + r.hi + sim_grammar_below(g, (r.hi - r.lo) / 4 + 1)) / 2;
}

bool sim_dialogue_asked(const field_line *f) {
    size_t at;
    return f && str_find(f->hint, STR("Q:"), &at) && str_find(f->hint, STR("A:"), &at);
}

/* n words in sentences of about ANSWER_WORDS. */
static void put_answer(grammar *g, buf *out, uint32_t n) {
    while (n > 0) {
        uint32_t words = n < ANSWER_WORDS + 5 ? n : ANSWER_WORDS;
        buf_char(out, ' ');
        sim_sentence_put(g, out, words);
        n -= words;
    }
}

void sim_dialogue_write(const text_task *t, buf *out) {
    grammar asks = sim_grammar_start(t->key, PRONOUN_YOU);
    grammar tells = sim_grammar_start(t->key ^ 0x74656c6c, PRONOUN_I);
    range lines = t->line->lines;
    uint32_t words = between(&asks, t->line->words, 200);
    uint32_t pairs = between(&asks, (range){(lines.lo + 1) / 2, lines.hi / 2}, 6);
    for (uint32_t fixed = QUESTION_WORDS + 2 + 5; pairs > 4 && pairs * (fixed + ANSWER_WORDS) > words;) pairs--;
    uint32_t said = 0;
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t due = words * (i + 1) / pairs, fixed = said + QUESTION_WORDS + 2; /* with Q and A */
        uint32_t answer = due > fixed + 5 ? due - fixed : 5;
        if (i > 0) buf_char(out, '\n');
        buf_z(out, "Q: ");
        sim_sentence_put(&asks, out, QUESTION_WORDS);
        out->p[out->n - 1] = '?';
        buf_z(out, "\nA:");
        put_answer(&tells, out, answer);
        said = fixed + answer;
    }
}

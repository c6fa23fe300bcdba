/* word_index.c: where in a text a word stands, and which of its words are worth a closer look.
 *
 * Twenty rules ask the same text for some hundreds of words; each would walk all words of it. So they are put
 * once into chains, by their first bytes and short ones by their hash: a set of terms then costs what it has of
 * first words, not what the text has. For lists of the language itself (numbers, pronouns) a word gets a bit
 * for each kind that it may be of, from a table by hash that is filled once: who looks for numbers passes over
 * the rest. Bits and chains only choose what is looked at; whether it is the word is compared there.
 */
#include "validators/rule_parts.h"

#include <pthread.h>
#include <string.h>

#define CHAINED_LEAST 16u /* words; a shorter text is sooner walked than indexed */
#define MARKS         4096u
#define EIGHT         sizeof(uint64_t) /* marks looked at together */

static uint8_t marks[MARKS]; /* by the low bits of word_hash; written once */
static pthread_once_t marks_made = PTHREAD_ONCE_INIT;

void word_mark_add(const char *word, mark_kind mark) {
    marks[word_hash(str_of(word)) % MARKS] |= (uint8_t)mark;
}

void word_marks_add(const char *const *list, mark_kind mark) {
    for (; *list; list++) word_mark_add(*list, mark);
}

static void marks_make(void) {
    number_marks();
    gender_marks();
    name_marks();
    states_marks();
    leak_marks();
}

uint32_t word_seek(const reading *t, uint32_t from, mark_kind mark) {
    const uint64_t each = mark * 0x0101010101010101u;
    if (!(t->index->any & mark)) return t->words;
    for (uint64_t eight; from < t->words; from += EIGHT) {
        memcpy(&eight, t->index->mark + from, EIGHT);
        if (!(eight & each)) continue;
        while (!word_has(t, from, mark)) from++;
        return from;
    }
    return t->words;
}

bool word_may_stand(const reading *t, uint64_t hash, uint32_t head) {
    const word_index *x = t->index;
    if (!x->first) return true;
    for (const word_stem *k = x->stem; k; k = k->next)
        if (k->hash == hash) return true;
    uint32_t at = x->first[word_chain(hash, head) & x->mask];
    while (at && t->hash[at - 1] != hash) at = x->next[at - 1];
    return at > 0;
}

/* Words in 's, of which a text in ASCII without apostrophes has none. */
static void stems_make(const reading *t, word_index *x, arena *mem) {
    if (t->ascii && (!t->text.n || !memchr(t->text.p, '\'', t->text.n))) return;
    for (uint32_t i = t->words; i-- > 0;) {
        if (!word_owns(t->fold[i])) continue;
        word_stem stem = {word_hash((str){t->fold[i].p, t->fold[i].n - 2}), i, x->stem};
        x->stem = arena_dup(mem, &stem, sizeof stem);
    }
}

static void chains_make(const reading *t, word_index *x, arena *mem) {
    const uint64_t *hash = t->hash;
    const uint32_t *head = t->head;
    uint32_t size = CHAINED_LEAST;
    while (size < t->words) size *= 2;
    uint32_t *first = x->first = arena_new_of(mem, uint32_t, size);
    uint32_t *next = x->next = arena_room_of(mem, uint32_t, t->words);
    x->mask = size - 1;
    for (uint32_t i = t->words; i-- > 0;) {
        uint32_t *at = &first[word_chain(hash[i], head[i]) & (size - 1)];
        next[i] = *at;
        *at = i + 1;
    }
    stems_make(t, x, mem);
}

const word_index *word_index_new(const reading *t, arena *mem) {
    word_index *x = arena_new_of(mem, word_index, 1);
    uint8_t *mark = x->mark = arena_room_of(mem, uint8_t, t->words + EIGHT), any = 0;
    const uint64_t *hash = t->hash;
    const str *fold = t->fold;
    pthread_once(&marks_made, marks_make);
    for (uint32_t i = 0, words = t->words; i < words; i++) {
        bool digit = (unsigned char)(fold[i].p[0] - '0') < 10;
        mark[i] = marks[hash[i] % MARKS] | (digit ? MARK_NUMBER : 0);
        any |= mark[i];
    }
    memset(mark + t->words, 0, EIGHT);
    x->any = any;
    if (t->words >= CHAINED_LEAST) chains_make(t, x, mem);
    return x;
}

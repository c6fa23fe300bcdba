/* sim_text.c: one text that keeps its limits: facts of the user message first, as plain sentences ("Moral
 * character is fairly low."), then filler, then the closing sentence if one is asked for. Where the prompt
 * wants a text to begin with something that happens, a sentence of filler comes before the facts.
 *
 * Words are counted out exactly, so a text has the number of words that was aimed at. The lengths and words of
 * the filler come from a stream that does not know the facts: two texts of one voice share their filler even
 * where their facts differ. Characters are kept by taking a sentence back that does not fit.
 */
#include "tests/llmsim/llmsim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_BYTES       6.6 /* of the filler, with the blank; measured */
#define CLOSING_WORDS    9u
#define CHINESE_SENTENCE 20u /* characters */
#define MOST_FACTS       512u
#define LONGEST_SENTENCE 26u
#define HAPPENING_TARGET 40u /* words of a text that has room for one */
#define MOST_WANTED      16u

typedef struct draft {
    const text_task *task;
    buf *out;
    size_t from;
    grammar g;
    range words, chars, sentences;
    uint32_t target, base; /* words of the text, of a sentence */
    uint32_t parts;        /* paragraphs, or lines */
    str gap;               /* between the parts */
    uint32_t part, n_words, n_sentences;
    fact wanted[MOST_WANTED]; /* phrases to work in, as facts */
    uint32_t n_wanted;
    bool closing, happening;
    size_t reserve;             /* bytes of the closing to come */
    size_t loop_at, loop_bytes; /* the sentence that LOOP repeats, in out */
} draft;

static buf closing_room; /* one thread */

static uint32_t middle(grammar *g, range r, uint32_t fallback) {
    if (r.lo == 0 && r.hi == 0) return fallback;
    if (r.hi == 0) return r.lo + r.lo / 4;
    if (r.lo == 0) return r.hi - r.hi / 4 > 0 ? r.hi - r.hi / 4 : 1;
    uint32_t spread = (r.hi - r.lo) / 4;
    return (r.lo + r.hi - spread) / 2 + sim_grammar_below(g, spread + 1);
}

static bool is_letter(char c) {
    return (unsigned)((c | 32) - 'a') < 26;
}

/* ---- which facts ---------------------------------------------------------------------------- */

/* A text whose words are looked for: where a word may begin is known by its first letter. */
typedef struct haystack {
    str text;
    uint32_t initials; /* bit c & 31 of each letter that begins a word */
} haystack;

static haystack haystack_of(str text) {
    haystack h = {.text = text};
    bool inside = false;
    for (size_t i = 0; i < text.n; i++) {
        bool letter = is_letter(text.p[i]);
        if (letter && !inside) h.initials |= 1u << (text.p[i] & 31);
        inside = letter;
    }
    return h;
}

static bool holds_word(const haystack *h, str part) {
    str text = h->text;
    if (part.n == 0 || !(h->initials >> (part.p[0] & 31) & 1)) return false;
    for (size_t i = 0; i + part.n <= text.n; i++) {
        bool begins = ((text.p[i] ^ part.p[0]) & 31) == 0 && (i == 0 || !is_letter(text.p[i - 1]));
        if (begins && strncasecmp(text.p + i, part.p, part.n) == 0) return true;
    }
    return false;
}

/* Whether some word of four letters or more of `words` begins a word of the text. */
static bool shares_word(const haystack *h, str words) {
    for (size_t i = 0; i < words.n;) {
        size_t end = i;
        while (end < words.n && is_letter(words.p[end])) end++;
        if (end - i >= 4 && holds_word(h, str_part(words, i, end))) return true;
        i = end + 1;
    }
    return false;
}

static uint32_t path_instance(str path) {
    str part, rest;
    for (bool more = path.n > 0; more; path = rest) {
        more = str_cut(path, '.', &part, &rest);
        int64_t v;
        if (str_i64(more ? part : path, &v) && v > 0) return (uint32_t)v;
    }
    return 0;
}

/* How much a fact belongs into the field: 0 not at all, 3 most. */
static int fact_rank(const haystack *name, const haystack *hint, const fact *f, uint32_t instance) {
    if (f->instance && instance) return f->instance == instance ? 3 : 0;
    if (shares_word(name, f->section) || shares_word(hint, f->label)) return 3;
    if (sim_chinese_shares(hint->text, f->section) || sim_chinese_shares(hint->text, f->label)) return 3;
    return f->numeric || f->instance ? 1 : 2;
}

typedef struct choice {
    const fact *fact;
    uint64_t order;
} choice;

static int by_order(const void *a, const void *b) {
    uint64_t x = ((const choice *)a)->order, y = ((const choice *)b)->order;
    return (x > y) - (x < y);
}

static void sort_choices(choice *c, size_t n) {
    if (n > 24) {
        qsort(c, n, sizeof *c, by_order);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        choice moved = c[i];
        size_t at = i;
        for (; at > 0 && c[at - 1].order > moved.order; at--) c[at] = c[at - 1];
        c[at] = moved;
    }
}

/* Best first, within a rank in an order drawn from the request. */
static size_t rank_facts(const draft *d, choice *out) {
    const text_task *t = d->task;
    size_t n = 0;
    for (; n < d->n_wanted; n++) out[n] = (choice){&d->wanted[n], n};
    uint32_t instance = path_instance(t->path);
    uint64_t state = t->fact_key;
    haystack name = haystack_of(t->name), hint = haystack_of(t->line ? t->line->hint : (str){NULL, 0});
    for (uint32_t i = 0; i < t->prompt->n_facts && n < MOST_FACTS; i++) {
        int rank = fact_rank(&name, &hint, &t->prompt->facts[i], instance);
        if (rank == 0 || sim_objection_forbids(t->prompt, t->path, &t->prompt->facts[i])) continue;
        state = state * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
        out[n++] = (choice){&t->prompt->facts[i], (uint64_t)(3 - rank) << 60 | state >> 8};
    }
    sort_choices(out, n);
    return n;
}

static uint32_t closing_words(const draft *d) {
    if (!d->closing) return 0;
    return d->task->prompt->chinese ? CHINESE_CLOSING : CLOSING_WORDS;
}

static uint32_t happening_words(const draft *d) {
    return !d->happening ? 0 : d->task->prompt->chinese ? CHINESE_SENTENCE : CLOSING_WORDS;
}

static uint32_t temper_words(const draft *d) {
    return d->task->prompt->chinese ? CHINESE_TEMPER_MIN : SENTENCE_TEMPER_MIN;
}

/* How many of the ranked facts fit: those of the field up to its limits, others up to half of the text. */
static size_t fit_facts(const draft *d, choice *facts, size_t n) {
    uint32_t spare = happening_words(d) + closing_words(d) + (d->target >= 60 ? temper_words(d) : 0);
    uint32_t most = d->words.hi ? d->words.hi : d->target + d->target / 4;
    uint32_t half = d->target / 2;
    uint32_t most_sentences =
        d->sentences.hi ? d->sentences.hi - (d->closing || d->sentences.hi > 1) : UINT32_MAX;
    uint32_t words = 0, few = d->sentences.hi ? d->sentences.hi / 2 : UINT32_MAX;
    size_t kept = 0, bytes = 0;
    if (d->task->fault == SIM_SHORT) most = d->target;
    for (size_t i = 0; i < n && kept < most_sentences; i++) {
        const fact *f = facts[i].fact;
        bool own = facts[i].order >> 60 == 0;
        size_t size = f->label.n + f->value.n + 6;
        if (words + f->words + spare > most || (!own && (words + f->words > half || kept >= few))) continue;
        bool last = kept + 1 + d->closing == d->sentences.hi; /* no filler would come behind it */
        if (last && words + f->words < d->words.lo) continue;
        if (d->chars.hi && bytes + size > (own ? d->chars.hi : d->chars.hi / 2)) continue;
        words += f->words;
        bytes += size;
        choice keep = facts[i];
        facts[i] = facts[kept];
        facts[kept++] = keep;
    }
    return kept;
}

/* ---- sentences ------------------------------------------------------------------------------ */

static size_t sentence_begin(draft *d) {
    size_t at = d->out->n;
    if (at == d->from) return at;
    uint32_t due = d->target ? d->n_words * d->parts / d->target : 0;
    if (d->part < due && d->part + 1 < d->parts) {
        buf_str(d->out, d->gap);
        d->part++;
    } else if (!d->task->prompt->chinese) {
        buf_char(d->out, ' ');
    }
    return at;
}

/* Keeps the sentence that begins at `at`, or takes it back if the text is now too long. */
static bool sentence_end(draft *d, size_t at, uint32_t words) {
    if (d->chars.hi && d->task->fault != SIM_LONG && d->out->n - d->from + d->reserve > d->chars.hi) {
        d->out->n = at;
        return false;
    }
    d->n_words += words;
    d->n_sentences++;
    return true;
}

static void put_fact(draft *d, const fact *f, str value) {
    size_t at = sentence_begin(d);
    size_t label = d->out->n;
    buf_str(d->out, f->label);
    char *first = d->out->p + label;
    if (*first >= 'a' && *first <= 'z') *first = (char)(*first - 32);
    buf_str(d->out, d->task->prompt->chinese ? STR("为") : STR(" is "));
    buf_str(d->out, value);
    buf_str(d->out, d->task->prompt->chinese ? STR("。") : STR("."));
    sentence_end(d, at, f->words);
}

/* "You are calm quiet towns." where a text must begin with "You are". */
static void put_opening(draft *d) {
    str opening = sim_objection_opening(d->task->prompt, d->task->path);
    if (opening.n == 0 || d->task->fault != SIM_NONE) return;
    size_t at = sentence_begin(d);
    uint32_t words = 1, more = d->task->prompt->chinese ? 4 : 3;
    for (size_t i = 0; i < opening.n; i++) words += opening.p[i] == ' ';
    if (d->words.hi && words + more > d->words.hi) more = d->words.hi > words ? d->words.hi - words : 1;
    buf_str(d->out, opening);
    if (!d->task->prompt->chinese) buf_char(d->out, ' ');
    (d->task->prompt->chinese ? sim_chinese_phrase_put : sim_phrase_put)(&d->g, d->out, more);
    if (d->target >= 6) buf_str(d->out, d->task->prompt->chinese ? STR("。") : STR("."));
    sentence_end(d, at, words + more);
}

static const fact *other_value(const text_task *t, const fact *f) {
    for (uint32_t i = 0; i < t->prompt->n_facts; i++) {
        const fact *o = &t->prompt->facts[i];
        if (str_eq(o->section, f->section) && !str_eq(o->value, f->value)) return o;
    }
    return NULL;
}

static void put_facts(draft *d) {
    choice facts[MOST_FACTS];
    const text_task *t = d->task;
    size_t n = fit_facts(d, facts, rank_facts(d, facts));
    const fact *spoiled = NULL, *other = NULL;
    if (t->fault == SIM_WRONG_VALUE && n > 0) {
        spoiled = facts[0].fact;
        other = t->fact_key & 64 ? other_value(t, spoiled) : NULL;
        if (!other) return;
    }
    for (size_t i = 0; i < n; i++) facts[i].order = (facts[i].order ^ t->fact_key) * 0x9e3779b97f4a7c15u;
    sort_choices(facts, n);
    for (size_t i = 0; i < n; i++)
        put_fact(d, facts[i].fact, facts[i].fact == spoiled ? other->value : facts[i].fact->value);
}

static void put_sentence(draft *d, uint32_t n, bool temper) {
    bool fits = temper && n >= temper_words(d);
    if (d->task->prompt->chinese)
        (fits ? sim_chinese_put_temper : sim_chinese_put)(&d->g, d->out, n);
    else
        (fits ? sim_sentence_put_temper : sim_sentence_put)(&d->g, d->out, n);
}

static void put_happening(draft *d) {
    uint32_t n = happening_words(d);
    size_t at = sentence_begin(d);
    put_sentence(d, n, false);
    sentence_end(d, at, n);
}

static void put_filler(draft *d, uint32_t n, bool temper) {
    if (d->loop_bytes) {
        size_t at = sentence_begin(d);
        buf_reserve(d->out, d->loop_bytes);
        memcpy(d->out->p + d->out->n, d->out->p + d->loop_at, d->loop_bytes);
        d->out->n += d->loop_bytes;
        sentence_end(d, at, n);
        return;
    }
    for (; n >= 4; n -= n >= 7 ? 3 : 1) {
        size_t at = sentence_begin(d), body = d->out->n;
        put_sentence(d, n, temper);
        if (sentence_end(d, at, n)) {
            if (d->task->fault != SIM_LOOP) return;
            d->loop_at = body;
            d->loop_bytes = d->out->n - body;
            return;
        }
    }
    d->sentences.hi = d->n_sentences; /* no room for any: stop */
}

/* The closing is made first, so that its length is known to those before it. */
static void make_closing(draft *d) {
    grammar g = sim_grammar_start(d->task->key ^ 0x636c6f73, d->g.who);
    buf_reset(&closing_room);
    if (!d->closing) return;
    (d->task->prompt->chinese ? sim_chinese_put_closing : sim_sentence_put_closing)(&g, &closing_room,
                                                                                    closing_words(d));
    d->reserve = closing_room.n + 2;
}

static void put_closing(draft *d) {
    size_t at = sentence_begin(d);
    buf_str(d->out, buf_view(&closing_room));
    d->reserve = 0;
    sentence_end(d, at, closing_words(d));
}

/* Filler up to the target: sentences of the drawn lengths, the last one exactly what is missing. */
static void put_fillers(draft *d) {
    uint32_t closing = closing_words(d);
    grammar lengths = {.state = d->task->key ^ 0x6c656e67};
    bool temper = d->target >= 60;
    for (;;) {
        uint32_t left = d->target > d->n_words + closing ? d->target - d->n_words - closing : 0;
        uint32_t low = d->base - d->base / 4;
        uint32_t n = low + sim_grammar_below(&lengths, d->base / 2 + 1);
        bool last_place = d->sentences.hi && d->n_sentences + 1 + d->closing >= d->sentences.hi;
        if (d->sentences.hi && d->n_sentences + d->closing >= d->sentences.hi) return;
        bool few = d->n_sentences + d->closing < d->sentences.lo;
        if (left < 4 && d->n_words + left + closing >= d->words.lo && !few) return;
        if (n < 4) n = 4;
        if (temper && n < temper_words(d)) n = temper_words(d);
        if (left < n + 4 || last_place) n = left < 4 ? 4 : left;
        uint32_t most = d->task->prompt->chinese ? 2 * LONGEST_SENTENCE : LONGEST_SENTENCE;
        uint32_t longest = last_place ? 2 * most : d->base > most ? 2 * d->base : most;
        put_filler(d, n > longest ? longest : n, temper);
        temper = false;
    }
}

/* A text with a lower limit in characters that words alone did not reach: whole sentences, then one that is
 * drawn until its length fits. */
static void lengthen(draft *d) {
    size_t closing = d->reserve ? d->reserve - 1 : 0; /* behind one blank at least */
    for (uint32_t tries = 0; tries < 400; tries++) {
        size_t have = d->out->n - d->from + closing;
        if (have >= d->chars.lo) return;
        size_t missing = d->chars.lo - have, at = sentence_begin(d);
        uint32_t n = missing > 120 ? 8 : 1 + sim_grammar_below(&d->g, 14);
        sim_sentence_put(&d->g, d->out, n);
        have = d->out->n - d->from + closing;
        if (missing <= 120 && have < d->chars.lo)
            d->out->n = at;
        else
            (void)sentence_end(d, at, n);
    }
}

/* ---- limits --------------------------------------------------------------------------------- */

static bool names_field(const haystack *line, str name) {
    char room[128];
    if (name.n == 0 || name.n > sizeof room) return false;
    for (size_t i = 0; i < name.n; i++) room[i] = name.p[i] == '_' ? ' ' : name.p[i];
    return holds_word(line, name) || holds_word(line, (str){room, name.n});
}

/* A field's own hint may ask for a closing; else the sentence that asks may name the field that it means. */
static bool wants_closing(const text_task *t) {
    size_t at;
    bool elsewhere = false;
    for (uint32_t i = 0; i < t->prompt->n_fields; i++) {
        const field_line *f = &t->prompt->fields[i];
        if (!str_find(f->hint, t->prompt->chinese ? STR("总体来看") : STR("\"Overall\""), &at)) continue;
        if (f == t->line) return true;
        elsewhere = true;
    }
    if (elsewhere || t->prompt->closing.n == 0) return false;
    haystack line = haystack_of(t->prompt->closing);
    if (names_field(&line, t->name)) return true;
    for (uint32_t i = 0; i < t->prompt->n_fields; i++) {
        if (names_field(&line, t->prompt->fields[i].path)) return false;
    }
    return true;
}

static range narrower(range a, range b) {
    range r = {a.lo > b.lo ? a.lo : b.lo, a.hi};
    if (b.hi && (r.hi == 0 || b.hi < r.hi)) r.hi = b.hi;
    return r;
}

static void set_target(draft *d) {
    uint32_t sentences = middle(&d->g, d->sentences, 0);
    uint32_t fallback = sentences ? 10 * sentences : 16;
    if (d->chars.lo || d->chars.hi) {
        double chars = middle(&d->g, d->chars, 0);
        fallback = (uint32_t)(chars / WORD_BYTES);
        if (sentences && fallback > 14 * sentences && !d->chars.lo) fallback = 10 * sentences;
    }
    if (d->task->prompt->chinese && !d->words.lo && !d->words.hi) fallback = 2 * fallback;
    d->target = middle(&d->g, d->words, fallback ? fallback : 1);
    if (d->chars.hi && d->target * WORD_BYTES > d->chars.hi) d->target = (uint32_t)(d->chars.hi / WORD_BYTES);
    d->base = sentences ? d->target / sentences : d->task->prompt->chinese ? CHINESE_SENTENCE : 10;
    if (d->parts > 1 && d->base > d->target / d->parts) d->base = d->target / d->parts;
    if (d->base < 5) d->base = 5;
}

/* The faults that miss the limits on purpose. */
static void spoil_target(draft *d) {
    if (d->task->fault == SIM_SHORT) {
        d->target /= 4;
        d->words = d->chars = d->sentences = (range){0, 0};
        d->closing = false;
    }
    if (d->task->fault == SIM_LONG) {
        uint32_t most = d->words.hi ? d->words.hi : (uint32_t)(d->chars.hi / 4);
        d->target = most > d->target ? most + most / 2 : d->target * 2;
        d->words = d->chars = d->sentences = (range){0, 0};
    }
}

/* Who a text is about, or who tells it, if its hint says so. */
static pronoun voice_of(const text_task *t) {
    size_t at;
    str hint = t->line ? t->line->hint : (str){NULL, 0};
    if (str_find(hint, STR("in the first person"), &at)) return PRONOUN_I;
    return str_find(hint, STR("addressed as you"), &at) ? PRONOUN_YOU : t->prompt->who;
}

static void add_wanted(draft *d) {
    const prompt *p = d->task->prompt;
    str phrase[MOST_WANTED];
    d->n_wanted = d->task->fault == SIM_NONE ? sim_objection_wanted(p, d->task->path, phrase, MOST_WANTED) : 0;
    for (uint32_t i = 0; i < d->n_wanted; i++) {
        fact *f = &d->wanted[i];
        *f = (fact){.label = p->chinese ? STR("话题") : STR("the talk"), .value = phrase[i], .words = 3};
        if (p->chinese) f->words = sim_chinese_length(f->label) + sim_chinese_length(f->value) + 2;
        for (size_t k = 0; !p->chinese && k < phrase[i].n; k++) f->words += phrase[i].p[k] == ' ';
        f->words += !p->chinese;
    }
}

static draft draft_start(const text_task *t, buf *out) {
    const field_line *f = t->line;
    draft d = {.task = t, .out = out, .from = out->n, .g = sim_grammar_start(t->key, voice_of(t)), .parts = 1};
    d.chars = (range){t->min_chars, t->max_chars};
    if (f) {
        d.words = f->words;
        d.sentences = f->sentences;
        d.chars = narrower(f->chars, d.chars);
        uint32_t lines = middle(&d.g, f->lines, 1), paragraphs = middle(&d.g, f->paragraphs, 1);
        d.parts = lines > paragraphs ? lines : paragraphs;
        d.gap = lines > paragraphs ? STR("\n") : STR("\n\n");
    }
    if (t->prompt->chinese) {
        d.words = narrower(d.chars, d.words);
        d.chars = (range){0, 0};
    }
    set_target(&d);
    add_wanted(&d);
    d.closing = d.target >= 20 && wants_closing(t);
    spoil_target(&d);
    d.happening = t->prompt->happens && d.target >= HAPPENING_TARGET && !d.sentences.hi;
    return d;
}

/* Names, labels, list items: a phrase without a full stop. */
static void put_phrase(draft *d) {
    uint32_t n = d->target ? d->target : 1;
    do {
        d->out->n = d->from;
        (d->task->prompt->chinese ? sim_chinese_phrase_put : sim_phrase_put)(&d->g, d->out, n);
    } while (d->chars.hi && d->out->n - d->from > d->chars.hi && n-- > 1);
    if (d->chars.hi && d->out->n - d->from > d->chars.hi) d->out->n = d->from + d->chars.hi;
    while (d->chars.lo && d->out->n - d->from < d->chars.lo) buf_char(d->out, 'e');
}

void sim_text_write(const text_task *t, buf *out) {
    if (t->fault == SIM_NONE && sim_dialogue_asked(t->line)) {
        sim_dialogue_write(t, out);
        return;
    }
    draft d = draft_start(t, out);
    put_opening(&d);
    if (d.target < 6 && d.sentences.lo == 0 && t->fault != SIM_SHORT) {
        if (out->n == d.from) put_phrase(&d);
        return;
    }
    make_closing(&d);
    if (d.happening && out->n == d.from) put_happening(&d);
    put_facts(&d);
    put_fillers(&d);
    if (t->fault != SIM_SHORT) lengthen(&d);
    if (d.closing) put_closing(&d);
    if (out->n == d.from) put_phrase(&d);
}

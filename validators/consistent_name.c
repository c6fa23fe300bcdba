/* consistent_name.c: a text about somebody of another name: its first sentence begins with another given name,
 * that name begins at least one more sentence, and no part of the person's own name occurs. What is a given
 * name is known from an attribute of given names, if the population has one; else a capitalised word has to
 * behave like one. Not for scripts without capitals.
 */
#include "validators/consistent_parts.h"

static const char *const starters[] = {
    "the",      "a",           "an",      "this",     "that",   "these",    "those",     "he",
    "she",      "it",          "they",    "i",        "we",     "you",      "my",        "his",
    "her",      "in",          "on",      "at",       "as",     "when",     "while",     "after",
    "before",   "once",        "one",     "every",    "each",   "there",    "if",        "but",
    "and",      "so",          "yet",     "for",      "with",   "during",   "overall",   "despite",
    "although", "though",      "because", "since",    "then",   "now",      "today",     "yesterday",
    "most",     "some",        "many",    "no",       "not",    "what",     "how",       "even",
    "still",    "also",        "its",     "their",    "school", "teachers", "students",  "classmates",
    "friends",  "mathematics", "math",    "homework", "monday", "tuesday",  "wednesday", "thursday",
    "friday",   "saturday",    "sunday",  NULL};

bool name_compile(population *p, const node *n, fact *f) {
    size_t at;
    if (!str_find(n->name, STR("name"), &at) || n->is_list || str_find(n->name, STR("family"), &at) ||
        str_find(n->name, STR("last"), &at))
        return false;
    if (n->kind != K_TEMPLATE && n->kind != K_CHOICE) return false;
    const node *given = n->kind == K_CHOICE ? n : NULL;
    for (uint32_t i = 0; i < p->drawn_nodes && !given; i++)
        if (p->node[i].kind == K_CHOICE &&
            (str_is(p->node[i].name, "given_name") || str_is(p->node[i].name, "first_name")))
            given = &p->node[i];
    if (!given) return true;
    f->names = term_set_new(p->mem);
    for (uint32_t i = 0; i < given->values; i++) term_set_add(f->names, given->value[i].label, i);
    term_set_seal(f->names);
    return true;
}

static bool is_capital(const reading *t, uint32_t word) {
    char c = t->text.p[t->word[word].at];
    return c >= 'A' && c <= 'Z' && t->word[word].n > 1;
}

static str stem(str w) {
    if (w.n > 2 && w.p[w.n - 2] == '\'' && w.p[w.n - 1] == 's') w.n -= 2;
    return w;
}

static bool own_name_occurs(const reading *own, const reading *t) {
    for (uint32_t k = 0; k < own->words; k++)
        for (uint32_t i = 0; i < t->words; i++)
            if (own->fold[k].n > 1 && str_eq(stem(t->fold[i]), own->fold[k])) return true;
    return false;
}

/* How many sentences begin with the word. */
static uint32_t begins(const reading *t, str w) {
    uint32_t n = 0;
    for (uint32_t s = 0; s < t->sentences; s++) {
        uint32_t first = sentence_first(t, s);
        n += first < t->words && is_capital(t, first) && str_eq(stem(t->fold[first]), w);
    }
    return n;
}

/* Capitalised within a sentence too. */
static bool stands_inside(const reading *t, str w) {
    for (uint32_t i = 1; i < t->words; i++)
        if (is_capital(t, i) && str_eq(stem(t->fold[i]), w) && sentence_first(t, sentence_of(t, i)) != i)
            return true;
    return false;
}

static bool is_given_name(const fact *f, const reading *t, const check_ctx *c) {
    str w = stem(t->fold[0]);
    term_hit *hit;
    if (!f->names) return !word_in(w, starters) && begins(t, w) >= 3 && stands_inside(t, w);
    reading *one = reading_new(w, c->mem);
    return term_set_find(f->names, one, c->mem, &hit) > 0 && !word_in(w, starters) && begins(t, w) >= 2;
}

contradiction name_read(const fact *f, const check_ctx *c, const reading *t) {
    if (!t->words || !is_capital(t, 0)) return (contradiction){0};
    buf b = {0};
    value_print(&b, leaf_node(c->rec->pop, f->leaf), record_at(c->rec, f->leaf));
    reading *own = reading_new(str_dup(c->mem, buf_view(&b)), c->mem);
    buf_free(&b);
    if (!own->words || !is_capital(own, 0) || own_name_occurs(own, t) || !is_given_name(f, t, c))
        return (contradiction){0};
    span first = t->word[0];
    return (contradiction){stem(str_part(t->text, first.at, first.at + first.n)), begins(t, stem(t->fold[0]))};
}

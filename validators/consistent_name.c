/* consistent_name.c: a text about somebody of another name: its first sentence begins with another given name,
 * that name begins at least one more sentence, and no part of the person's own name occurs; or "my name is",
 * 我叫, 名叫 with another name behind; or the own name of two words with one of them misspelt. What is a given
 * name is known from an attribute of given names, or from the choices that the name is put together of; else a
 * capitalised word has to behave like one. Of names in characters the family name and the given name have to
 * stand together, as the population writes them.
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
/* names that are words too, and begin sentences as such */
static const char *const words_too[] = {
    "hope",  "grace",  "art",    "will", "mark", "june",   "april", "may",  "august", "joy",
    "faith", "summer", "autumn", "dawn", "bill", "pat",    "frank", "king", "page",   "sky",
    "star",  "chance", "major",  "dean", "earl", "victor", "pearl", "ivy",  NULL};

static const char *const titles[] = {"mr",    "mrs",  "ms",      "miss",      "mister",  "madam",    "sir",
                                     "lady",  "lord", "january", "february",  "march",   "april",    "may",
                                     "june",  "july", "august",  "september", "october", "november", "december",
                                     "young", "old",  "little",  "dear",      "teacher", NULL};

static bool path_has(const node *n, const char *part) {
    size_t at;
    return str_find(n->path, str_of(part), &at);
}

static term_set *values_set(population *p, const node *n) {
    term_set *s = term_set_new(p->mem);
    for (uint32_t i = 0; i < n->values; i++) term_set_add(s, n->value[i].label, i);
    term_set_seal(s);
    return s;
}

/* Of the choices that a template names: the given name's, and both in order if it consists of two. */
static const node *template_given(population *p, const node *n, fact *f) {
    leaf_list l = template_leaves(p, n->tpl);
    const node *given = NULL, *part[2];
    uint32_t parts = 0;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *x = leaf_node(p, l.leaf[i]);
        if (x->kind != K_CHOICE || !x->values) continue;
        if (!given && !path_has(x, "family") && !path_has(x, "last") && !path_has(x, "surname")) given = x;
        if (parts < 2) part[parts] = x;
        parts++;
    }
    if (parts == 2)
        for (uint32_t i = 0; i < 2; i++) f->part[i] = values_set(p, part[i]);
    return given;
}

bool name_compile(population *p, const node *n, fact *f) {
    size_t at;
    if (!str_find(n->name, STR("name"), &at) || n->is_list || str_find(n->name, STR("family"), &at) ||
        str_find(n->name, STR("last"), &at))
        return false;
    if (n->kind != K_TEMPLATE && n->kind != K_CHOICE) return false;
    f->called = n->leaf;
    const node *given = n->kind == K_CHOICE ? n : NULL;
    for (uint32_t i = 0; i < p->drawn_nodes && !given; i++)
        if (p->node[i].kind == K_CHOICE &&
            (str_is(p->node[i].name, "given_name") || str_is(p->node[i].name, "first_name")))
            given = &p->node[i];
    const node *of_template = n->kind == K_TEMPLATE ? template_given(p, n, f) : NULL;
    if (!given) given = of_template;
    if (given) f->names = values_set(p, given);
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
    bool may = false;
    for (uint32_t k = 0; k < own->words && !may; k++) may = word_may_stand(t, own->hash[k], own->head[k]);
    if (!may) return false;
    for (uint32_t i = 0; i < t->words; i++)
        if (own_name_at(own, t, i)) return true;
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
    if (word_in(w, words_too)) return false;
    if (!f->names) return !word_in(w, starters) && begins(t, w) >= 3 && stands_inside(t, w);
    reading *one = reading_new(w, c->mem);
    return term_set_find(f->names, one, c->mem, &hit) > 0 && !word_in(w, starters) && begins(t, w) >= 2;
}

void name_marks(void) {
    word_mark_add("name", MARK_NAME);
}

/* "my name is Cleo": the name's place; 0: there is none. */
static uint32_t introduced(const fact *f, const check_ctx *c, const reading *t, const reading *own) {
    term_hit *hit;
    size_t n = f->names && (t->index->any & MARK_NAME) ? term_set_find(f->names, t, c->mem, &hit) : 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t at = hit[i].word;
        if (at < 3 || !str_is(t->fold[at - 1], "is") || !str_is(t->fold[at - 2], "name") ||
            own_name_at(own, t, at))
            continue;
        if (str_is(t->fold[at - 3], "my")) return at;
        if ((str_is(t->fold[at - 3], "her") || str_is(t->fold[at - 3], "his")) && !speaks_of_other(t, own, at))
            return at;
    }
    return 0;
}

/* ---- misspelt names
 * ------------------------------------------------------------------------------------------ */

/* One letter off, two of long names; accents do not count. Nor does a name that others have, or a word that
 * begins sentences. */
static bool nearly(const fact *f, str is, str own, arena *mem) {
    term_hit *hit;
    if (word_in(is, starters) || word_in(is, words_too) || word_in(is, titles)) return false;
    if (f->names && term_set_find(f->names, reading_new(is, mem), mem, &hit)) return false;
    is = text_bare(mem, is);
    own = text_bare(mem, own);
    if (own.n < 4 || is.n + 2 < own.n || is.n > own.n + 2 || is.p[0] != own.p[0]) return false;
    size_t off = str_distance(is, own);
    return off && off <= (own.n < 8 ? 1 : 2);
}

/* "Yali Wang, her mother" */
static bool told_behind(const reading *t, uint32_t word) {
    for (uint32_t i = word; i < word + 3 && i < t->words; i++)
        if (sentence_of(t, i) == sentence_of(t, word) && names_other(t, i)) return true;
    return false;
}

/* The word, or the word with 's. */
static inline bool stands(str is, str own) {
    return (is.n == own.n || is.n == own.n + 2) && is.p[0] == own.p[0] && str_eq(stem(is), own);
}

/* "Yaya Wang" of Yayi Wang; nobody else by that family name may be told of, neither here nor before. */
static contradiction misspelt(const fact *f, const check_ctx *c, const reading *t, const reading *own) {
    for (uint32_t i = 0; own->words == 2 && i + 1 < t->words; i++) {
        bool right[] = {stands(t->fold[i], own->fold[0]), stands(t->fold[i + 1], own->fold[1])};
        if (right[0] == right[1]) continue; /* nearly always: the rest may cost */
        span first = t->word[i], last = t->word[i + 1];
        if (!is_capital(t, i) || !is_capital(t, i + 1) || first.at + first.n + 1 != last.at) continue;
        str is = right[0] ? stem(t->fold[i + 1]) : t->fold[i];
        if (!nearly(f, is, own->fold[right[0]], c->mem)) continue;
        if (speaks_of_other(t, NULL, i) || told_behind(t, i + 2)) return (contradiction){0};
        return (contradiction){stem(str_part(t->text, first.at, last.at + last.n)), 1};
    }
    return (contradiction){0};
}

/* ---- names in characters -------------------------------------------------------------------------------- */

/* The longest of a part's values at the word: how many words it has. */
static uint32_t part_at(const term_hit *hit, size_t n, uint32_t word) {
    for (size_t i = 0; i < n; i++)
        if (hit[i].word == word) return hit[i].words;
    return 0;
}

static bool is_called(const reading *t, uint32_t i) {
    return i && words_adjacent(t, i - 1) && str_is(t->fold[i - 1], "叫");
}

/* A whole name that begins the text and comes twice, or stands behind 叫. */
static contradiction dense_name(const fact *f, const check_ctx *c, const reading *t, const reading *own) {
    term_hit *hit[2];
    size_t n[2] = {0, 0};
    n[0] = term_set_find(f->part[0] ? f->part[0] : f->names, t, c->mem, &hit[0]);
    if (f->part[0]) n[1] = term_set_find(f->part[1], t, c->mem, &hit[1]);
    str first = {0};
    for (size_t i = 0; i < n[0]; i++) {
        uint32_t at = hit[0][i].word, words = hit[0][i].words;
        uint32_t given = f->part[0] ? part_at(hit[1], n[1], at + words) : 0;
        if ((f->part[0] ? !given || !words_adjacent(t, at + words - 1) : words < 2) || own_name_at(own, t, at))
            continue;
        str name = words_between(t, at, at + words + given - 1);
        if (is_called(t, at) && !speaks_of_other(t, own, at)) return (contradiction){name, 1};
        if (!at)
            first = name;
        else if (first.n && str_eq(name, first))
            return own_name_occurs(own, t) ? (contradiction){0} : (contradiction){name, 2};
    }
    return (contradiction){0};
}

contradiction name_read(const fact *f, const check_ctx *c, const reading *t) {
    const reading *own = own_name(f, c);
    if (!t->words || !own) return (contradiction){0};
    if ((unsigned char)own->fold[0].p[0] >= 0x80 && (f->part[0] || f->names)) return dense_name(f, c, t, own);
    uint32_t at = introduced(f, c, t, own);
    if (at) return (contradiction){words_between(t, at, at), 1};
    contradiction wrong = misspelt(f, c, t, own);
    if (wrong.times) return wrong;
    if (!is_capital(t, 0) || !is_capital(own, 0) || own_name_occurs(own, t) || !is_given_name(f, t, c))
        return (contradiction){0};
    span first = t->word[0];
    return (contradiction){stem(str_part(t->text, first.at, first.at + first.n)), begins(t, stem(t->fold[0]))};
}

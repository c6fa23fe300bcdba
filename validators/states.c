/* states.c: objects when a text does not state an attribute: no sentence has one of the attribute's terms and,
 * within so many words, its value's words, nearer than those of another of its values.
 *
 * Nearness is counted in words between the two. What divides a sentence makes the way longer: behind a comma,
 * or "and", begins what is said of something else ("fluency is fairly high, flexibility is low"). At equal
 * distance the value behind the attribute counts, as in "X is high". The limit `within` is on the words alone.
 */
#include "validators/rule_parts.h"

#define WITHIN      12u
#define COMMA       3u /* words that a comma counts for, and a conjunction */
#define CONJUNCTION 2u
#define FAR         UINT32_MAX

typedef struct statement {
    value_terms *what;
    term_set *terms; /* id: index in what */
    uint32_t within;
} statement;

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    statement *x = r->data = arena_new_of(p->mem, statement, 1);
    leaf_list l;
    x->within = WITHIN;
    if (!rule_refs(p, r, body, "what", d, &l) || !rule_reads_text(p, r, body, d)) return false;
    if (!rule_int(p, body, "within", 1, 1000, d, &x->within)) return false;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = leaf_node(p, l.leaf[i]);
        if (leaf_is_text(n))
            return diag_at(
                p, d, DIAG_P03, tree_get(body, "what"), n->path, "name choices, flags, numbers and dates",
                "`" STR_FMT "` is a text, which is not stated in words of its own", STR_ARG(n->path));
    }
    x->what = value_terms_new(p, l);
    x->terms = term_set_new(p->mem);
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = leaf_node(p, l.leaf[i]);
        for (uint32_t k = 0; k < n->terms; k++) term_set_add(x->terms, n->term[k], i);
    }
    term_set_seal(x->terms);
    return true;
}

/* ---- one text ------------------------------------------------------------------------------------------- */

typedef struct scan {
    const statement *x;
    const reading *t;
    term_hit *term;
    size_t terms;
    value_hits *value;        /* a group each */
    uint32_t *sentence, *way; /* of each word: its sentence; words and what divides them, from the start */
} scan;

static const char *const conjunctions[] = {"and", "but",    "while",    "whereas", "with",
                                           "yet", "though", "although", "also",    NULL};

void states_marks(void) {
    word_marks_add(conjunctions, MARK_CONJUNCTION);
}

static bool has_comma(str gap) {
    for (size_t at = 0; at < gap.n;) {
        uint32_t cp = text_next(gap, &at);
        if (cp == ',' || cp == ';' || cp == '(' || cp == ')' || cp == 0xFF0C || cp == 0xFF1B || cp == 0x3001 ||
            cp == 0x2014 || cp == 0x2013)
            return true;
    }
    return false;
}

/* Without those that are denied, or stand within other words. */
static void stated_only(value_hits *h, const reading *t) {
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++)
        if (h->row[i].words && value_is_stated(t, h->row[i].word, h->row[i].words)) h->row[n++] = h->row[i];
    h->n = n;
}

static uint32_t sentence_end(const reading *t, uint32_t sentence) {
    return sentence + 1 < t->sentences ? t->sentence[sentence + 1].at : UINT32_MAX;
}

static scan scan_text(const statement *x, const reading *t, arena *mem) {
    scan s = {.x = x, .t = t};
    s.terms = term_set_find(x->terms, t, mem, &s.term);
    s.value = value_hits_find(x->what, t, mem);
    for (uint32_t i = 0; i < x->what->groups; i++) stated_only(&s.value[i], t);
    s.sentence = arena_new_of(mem, uint32_t, t->words + 1);
    s.way = arena_new_of(mem, uint32_t, t->words + 1);
    uint32_t sentence = 0, way = 0, behind = 0;
    for (uint32_t i = 0, end = sentence_end(t, 0); i < t->words; i++, way++) {
        uint32_t at = t->word[i].at;
        while (at >= end) end = sentence_end(t, ++sentence);
        bool blank = at == behind + 1 && t->text.p[behind] == ' ';
        if (i && !blank && has_comma(str_part(t->text, behind, at))) way += COMMA;
        if (i && word_has(t, i, MARK_CONJUNCTION) && word_in(t->fold[i], conjunctions)) way += CONJUNCTION;
        s.sentence[i] = sentence;
        s.way[i] = way;
        behind = at + t->word[i].n;
    }
    return s;
}

typedef struct place {
    uint32_t word, words;
} place;

/* The way from a term to a value; FAR: another sentence, or more than `within` words. Doubled, and one more
 * where the value stands in front of the term. */
static uint32_t distance(const scan *s, const term_hit *term, place v) {
    if (s->sentence[term->word] != s->sentence[v.word]) return FAR;
    uint32_t term_end = term->word + (term->words ? term->words - 1 : 0), end = v.word + v.words - 1;
    if (v.word > term_end)
        return v.word - term_end > s->x->within ? FAR : 2 * (s->way[v.word] - s->way[term_end]);
    if (end < term->word)
        return term->word - end > s->x->within ? FAR : 2 * (s->way[term->word] - s->way[end]) + 1;
    return 0; /* one holds the other */
}

typedef struct nearest {
    uint32_t own, other; /* distances */
    place said;          /* the other value */
} nearest;

static bool is_own(const value *v, int64_t num) {
    for (uint32_t i = 0; i < element_count(v); i++)
        if (element_at(v, i)->num == num) return true;
    return false;
}

static void nearest_add(nearest *k, const scan *s, const term_hit *term, place at, bool wanted, bool own) {
    uint32_t far = distance(s, term, at);
    if (far == FAR) return;
    if (wanted && far < k->own) k->own = far;
    if (own || far >= k->other) return;
    k->other = far;
    k->said = at;
}

static void nearest_date(nearest *k, const scan *s, const term_hit *term, const value *all, const value *v) {
    date_at at;
    for (uint32_t i = 0; i < s->t->words; i++) {
        if (s->sentence[i] != s->sentence[term->word] || !date_read(s->t, i, &at)) continue;
        nearest_add(k, s, term, (place){i, at.words}, at.days == v->num, is_own(all, at.days));
        i += at.words - 1;
    }
}

static void nearest_number(nearest *k, const scan *s, const term_hit *term, const node *n, const value *all,
                           const value *v) {
    number_at at;
    for (uint32_t i = 0; (i = word_seek(s->t, i, MARK_NUMBER)) < s->t->words; i++) {
        if (s->sentence[i] != s->sentence[term->word] || !number_read(s->t, i, &at)) continue;
        double is = (double)at.value;
        bool own = false;
        for (uint32_t e = 0; e < element_count(all); e++)
            own = own || dec_double((dec){element_at(all, e)->num * n->step.m, n->step.places}) == is;
        nearest_add(k, s, term, (place){i, at.words},
                    dec_double((dec){v->num * n->step.m, n->step.places}) == is, own);
        i += at.words - 1;
    }
}

/* Whether element v of the attribute what[w] is stated in the text; *said: the value that stood there instead.
 */
static bool is_stated(const scan *s, uint32_t w, const record *rec, const value *v, place *said) {
    const node *n = leaf_node(rec->pop, s->x->what->what.leaf[w]);
    const value *all = record_at(rec, n->leaf);
    uint32_t group = s->x->what->group[w];
    for (size_t i = 0; i < s->terms; i++) {
        nearest k = {FAR, FAR, {0, 0}};
        if (s->term[i].id != w || s->term[i].word >= s->t->words) continue;
        for (size_t h = 0; group != NO_GROUP && h < s->value[group].n; h++) {
            const term_hit *x = &s->value[group].row[h];
            nearest_add(&k, s, &s->term[i], (place){x->word, x->words}, x->id == (uint32_t)v->num,
                        is_own(all, x->id));
        }
        if (n->kind == K_DATE)
            nearest_date(&k, s, &s->term[i], all, v);
        else if (group == NO_GROUP)
            nearest_number(&k, s, &s->term[i], n, all, v);
        if (k.own < k.other) return true;
        if (k.other != FAR) *said = k.said;
    }
    return false;
}

/* ---- findings ------------------------------------------------------------------------------------------- */

/* How the hint words it, so that this rule is content: the attribute's first term, the value's label or first
 * word. */
static str own_word(const node *n, const value *v, arena *mem) {
    if (!n->values || v->num < 0 || v->num >= (int64_t)n->values) return element_print(mem, n, v);
    const choice_value *c = &n->value[v->num];
    str w = c->words ? c->word[0] : c->label;
    for (uint32_t i = 0; i < c->words; i++)
        if (str_eq(c->word[i], c->label)) w = c->label;
    if (w.n && w.p[w.n - 1] == '*') w.n--;
    return w;
}

static void report(const rule *r, check_ctx *c, uint32_t leaf, const node *n, const value *v, str said) {
    const population *p = c->rec->pop;
    str term = n->terms ? n->term[0] : n->label, is = element_print(c->mem, n, v);
    if (term.n && term.p[term.n - 1] == '*') term.n--;
    str message = said.n ? message_of(c->mem, p, SAY_STATES_OTHER, n->label, is, said)
                         : message_of(c->mem, p, SAY_STATES, n->label, is);
    str hint = message_of(c->mem, p, SAY_STATES_HINT, capital(c->mem, term), own_word(n, v, c->mem));
    if (said.n)
        check_report(r, c, leaf, message, hint);
    else
        check_report_adds(r, c, leaf, message, hint);
}

/* At most one finding an attribute. */
static void attribute_check(const rule *r, check_ctx *c, uint32_t leaf, uint32_t w, const scan *scans,
                            uint32_t texts) {
    const statement *x = r->data;
    const node *n = leaf_node(c->rec->pop, x->what->what.leaf[w]);
    const value *v = record_at(c->rec, n->leaf);
    for (uint32_t e = 0; e < element_count(v); e++) {
        bool stated = false;
        str said = {0};
        for (uint32_t i = 0; i < texts && !stated; i++) {
            place other = {0, 0};
            stated = is_stated(&scans[i], w, c->rec, element_at(v, e), &other);
            if (stated || !other.words) continue;
            const span *last = &scans[i].t->word[other.word + other.words - 1];
            said = str_part(scans[i].t->text, scans[i].t->word[other.word].at, last->at + last->n);
        }
        if (stated) continue;
        report(r, c, leaf, n, element_at(v, e), said);
        return;
    }
}

static void check(const rule *r, check_ctx *c) {
    const statement *x = r->data;
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++) {
        uint32_t texts = check_texts(c, r->of.leaf[i], &text);
        scan *scans = arena_new_of(c->mem, scan, texts + 1);
        for (uint32_t k = 0; k < texts; k++) scans[k] = scan_text(x, text[k], c->mem);
        for (uint32_t w = 0; texts && w < x->what->what.n; w++)
            attribute_check(r, c, r->of.leaf[i], w, scans, texts);
    }
}

static const char *const keys[] = {"what", "within", NULL};
const rule_kind rule_kind_states = {
    .name = "states", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

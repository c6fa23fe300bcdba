/* compile_terms.c: TEXT for the locale; TERMS and lexicons: what rules look for in a text.
 *
 * A term is kept as written, without white space at its ends; `*` may stand at its end only (any ending). In a
 * lexicon file there is one term a line, and what follows a # at the start of a line or behind white space is a
 * comment.
 */
#include "taxonomy/compile/compile_parts.h"

bool compile_text(population *p, const tree *t, diags *d, str *out) {
    size_t before = d->errors + d->dropped;
    *out = compose_text(p, t, d);
    return d->errors + d->dropped == before;
}

str locale_language(const population *p) {
    str language, rest;
    str_cut(p->locale, '-', &language, &rest);
    return language;
}

/* ---- lists of terms --------------------------------------------------------------------------- */

typedef struct terms {
    population *p;
    diags *d;
    term_list l;
    uint32_t cap;
} terms;

static bool term_add(terms *s, const tree *at, str term) {
    size_t star;
    term = str_trim(term);
    if (str_find(term, STR("*"), &star) && (star + 1 != term.n || term.n == 1))
        return lint_at(s->p, s->d, DIAG_P03, at, term, "diagnos*", "`*` stands at the end of a term");
    if (!term.n) return lint_at(s->p, s->d, DIAG_P03, at, term, "leave it out", "a term is not empty");
    if (s->l.n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 8;
        str *more = arena_new_of(s->p->mem, str, s->cap);
        for (uint32_t i = 0; i < s->l.n; i++) more[i] = s->l.term[i];
        s->l.term = more;
    }
    s->l.term[s->l.n++] = term;
    return true;
}

static bool terms_of_list(terms *s, const tree *t) {
    bool fine = true;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->item[i]->kind == TREE_SCALAR)
            fine = term_add(s, t->item[i], t->item[i]->text) && fine;
        else
            fine = lint_at(s->p, s->d, DIAG_P03, t->item[i], STR(""),
                           "text with a comma or a colon needs quotes", "a term is one piece of text");
    }
    return fine;
}

static str uncommented(str line) {
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
            return str_part(line, 0, i);
    return line;
}

static bool terms_of_file(terms *s, const tree *t) {
    str text, line, rest;
    if (!compose_file_text(s->p, t, false, s->d, &text)) return false;
    bool fine = true, more;
    do {
        rest = STR("");
        more = str_cut(text, '\n', &line, &rest);
        line = str_trim(uncommented(line));
        if (line.n) fine = term_add(s, t, line) && fine;
        text = rest;
    } while (more);
    return fine;
}

/* The entry of {LOCALE: ...} for the locale; NULL: P03. */
static const tree *local(population *p, const tree *t, diags *d) {
    const tree *x = tree_get_str(t, p->locale);
    if (!x) x = tree_get_str(t, locale_language(p));
    if (!x)
        lint_at(p, d, DIAG_P03, t, p->locale, "add one for it or for its language, or write the list alone",
                "there is no entry for the locale `" STR_FMT "`", STR_ARG(p->locale));
    return x;
}

/* ---- lexicons --------------------------------------------------------------------------------- */

bool lexicons_compile(population *p, diags *d) {
    size_t before = d->errors;
    const tree *t = tree_get(p->composed->top, "lexicons");
    if (!t || !lint_map(p, d, t, "`lexicons`")) return d->errors == before;
    compiled *c = p->compiled;
    c->lexicon = arena_alloc(p->mem, (t->n + 1) * sizeof *c->lexicon);
    for (uint32_t i = 0; i < t->n; i++) {
        terms s = {.p = p, .d = d};
        tree at = member_place(t, &t->member[i]);
        const tree *x = t->member[i].value;
        if (!is_name(at.text))
            lint_at(p, d, DIAG_P02, &at, at.text, "a name is a letter, then letters, digits and _, at most 63",
                    "`" STR_FMT "` is no name", STR_ARG(at.text));
        if (x->kind == TREE_MAP) x = local(p, x, d);
        bool fine = x && (x->kind == TREE_LIST ? terms_of_list(&s, x) : terms_of_file(&s, x));
        if (fine && !s.l.n)
            lint_at(p, d, DIAG_P03, x, at.text, "[term, term], or a file with one term a line",
                    "the lexicon `" STR_FMT "` has no terms", STR_ARG(at.text));
        c->lexicon[c->lexicons].name = at.text;
        c->lexicon[c->lexicons].term = s.l.term;
        c->lexicon[c->lexicons++].terms = s.l.n;
    }
    return d->errors == before;
}

static bool lexicon_find(population *p, const tree *t, diags *d, term_list *out) {
    near k = near_to(t->text);
    for (uint32_t i = 0; i < p->compiled->lexicons; i++) {
        const struct lexicon *x = &p->compiled->lexicon[i];
        near_try(&k, x->name);
        if (!str_eq(x->name, t->text)) continue;
        *out = (term_list){x->term, x->terms};
        return true;
    }
    return lint_at(p, d, DIAG_P13, t, t->text,
                   k.best.n ? near_hint(p->mem, &k) : "a list of terms is written in [ ]",
                   "there is no lexicon `" STR_FMT "`", STR_ARG(t->text));
}

bool compile_terms(population *p, const tree *t, diags *d, term_list *out) {
    terms s = {.p = p, .d = d};
    if (t->kind == TREE_MAP && !(t = local(p, t, d))) return false;
    if (t->kind == TREE_SCALAR) return lexicon_find(p, t, d, out);
    if (t->kind == TREE_MAP)
        return lint_at(p, d, DIAG_P03, t, STR("{...}"), "[term, term], NAME, or {en: [term, term]}",
                       "terms are a list, or the name of a lexicon");
    if (!terms_of_list(&s, t)) return false;
    *out = s.l;
    return s.l.n || lint_at(p, d, DIAG_P03, t, STR("[]"), "[term, term], or the name of a lexicon",
                            "terms are needed here");
}

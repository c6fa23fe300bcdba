/* prompt.c: the prompts of facets and judges: two parts, divided by the one line `---`.
 *
 * Above it stands what is the same for all slots, below it what varies. P12 holds what a prompt may show: a
 * facet's only drawn attributes and what its needs write; a REF that may be without value only with `?`.
 */
#include "taxonomy/template.h"
#include "taxonomy/compile/compile_parts.h"

#define WORD_BIT(w)  (1u << (w))
#define SYSTEM_WORDS (WORD_BIT(WORD_NAME) | WORD_BIT(WORD_LOCALE) | WORD_BIT(WORD_RULES))
#define SLOT_WORDS                                                                                             \
    (WORD_BIT(WORD_NAME) | WORD_BIT(WORD_LOCALE) | WORD_BIT(WORD_SLOT) | WORD_BIT(WORD_ID) |                   \
     WORD_BIT(WORD_RUN) | WORD_BIT(WORD_ATTRIBUTES) | WORD_BIT(WORD_DRAFT))

/* The lines before and after the only line `---`. Returns how many such lines there are. */
static uint32_t divide(str text, str *above, str *below) {
    uint32_t found = 0;
    *above = text;
    *below = (str){0};
    for (size_t from = 0; from <= text.n;) {
        size_t len;
        str rest = str_part(text, from, text.n);
        if (!str_find(rest, STR("\n"), &len)) len = rest.n;
        str line = str_part(rest, 0, len);
        if (str_ends(line, "\r")) line.n--;
        if (str_is(line, "---") && ++found == 1) {
            *above = str_part(text, 0, from);
            *below = from + len < text.n ? str_part(text, from + len + 1, text.n) : (str){0};
        }
        from += len + 1;
    }
    return found;
}

/* ---- what a REF may show --------------------------------------------------------------------------------- */

/* Whether every value of a is one of b. */
static bool set_within(const value_set *a, const value_set *b) {
    if (a->none && !b->none) return false;
    for (uint32_t i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && b->in[k].hi < a->in[i].lo) k++;
        if (k == b->n || b->in[k].lo > a->in[i].lo || b->in[k].hi < a->in[i].hi) return false;
    }
    return true;
}

static bool set_equal(const value_set *a, const value_set *b) {
    return set_within(a, b) && set_within(b, a);
}

static bool count_equal(const pred_count *a, const pred_count *b) {
    if (a->n != b->n || a->at_least != b->at_least || a->at_most != b->at_most) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->leaf[i] != b->leaf[i] || !set_equal(&a->set[i], &b->set[i])) return false;
    return true;
}

static bool term_implies(const pred_term *a, const pred_term *b) {
    if (!a->count != !b->count || a->negate != b->negate || a->some != b->some) return false;
    if (a->some) return true;
    if (a->count) return count_equal(a->count, b->count);
    if (a->leaf != b->leaf) return false;
    return a->negate ? set_equal(&a->set, &b->set) : set_within(&a->set, &b->set);
}

static bool clause_implies(const pred_clause *a, const pred_clause *b) {
    for (uint32_t i = 0; i < b->terms; i++) {
        bool found = false;
        for (uint32_t k = 0; k < a->terms && !found; k++) found = term_implies(&a->term[k], &b->term[i]);
        if (!found) return false;
    }
    return true;
}

/* Each clause of a holds only where some clause of b does. If in doubt: false. a NULL: always, b NULL: always.
 */
static bool pred_implies(const pred *a, const pred *b) {
    if (!b || a == b) return true;
    static const pred_clause empty;
    const pred always = {(pred_clause *)&empty, 1};
    if (!a) a = &always;
    for (uint32_t i = 0; i < a->clauses; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->clauses && !found; k++)
            found = clause_implies(&a->clause[i], &b->clause[k]);
        if (!found) return false;
    }
    return true;
}

/* Whether the REF always has a value where `when` holds. */
static bool always_there(const population *p, const node *n, const pred *when, uint32_t within) {
    const bool *optional = p->compiled->optional; /* NULL while templates that are drawn are read */
    if (optional && optional[n - p->node]) return false;
    if (!pred_implies(when, n->when)) return false;
    if (n->owner != NO_FACET && !pred_implies(when, p->facet[n->owner].when)) return false;
    if (n->within != within && n->within != NO_LEAF && p->node[n->within].count.lo == 0) return false;
    return !n->is_list || n->count.lo > 0;
}

bool piece_there(const population *p, const piece *one, const pred *when, uint32_t within) {
    return one->optional || one->form == FORM_LABEL || always_there(p, &p->node[one->node], when, within);
}

/* Of a section only what the facet may see is printed, so just a leaf can be out of reach. */
static bool ref_fits(population *p, const piece *one, uint16_t facet_index, const tree *t, diags *d) {
    const node *n = &p->node[one->node];
    const facet *f = facet_index == NO_FACET ? NULL : &p->facet[facet_index];
    if (f && n->leaf != NO_LEAF && n->owner != NO_FACET && !(f->closure >> n->owner & 1))
        return lint_at(
            p, d, DIAG_P12, t, one->text,
            n->owner == facet_index ? "it is not written yet" : "add the facet that writes it to `needs`",
            "facet `" STR_FMT "`: `" STR_FMT "` is written by `" STR_FMT "`, which is not among its needs",
            STR_ARG(f->name), STR_ARG(n->path), STR_ARG(p->facet[n->owner].name));
    return piece_there(p, one, f ? f->when : NULL, NO_LEAF) ||
           lint_at(p, d, DIAG_P12, t, one->text,
                   "write ? behind it: the line is dropped where there is no value",
                   "`" STR_FMT "` may have no value%s", STR_ARG(n->path),
                   p->compiled->optional[one->node] ? ": `choose` may leave it out" : "");
}

/* ---- compile --------------------------------------------------------------------------------------------- */

static bool shows(const template *t, template_word w) {
    for (uint32_t i = 0; i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_WORD && t->piece[i].word == w) return true;
    return false;
}

static bool system_fits(const population *p, const template *t, const tree *at, diags *d) {
    bool fine = true;
    for (uint32_t i = 0; i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_REF)
            fine = lint_at(p, d, DIAG_P12, at, t->piece[i].text, "move it below the line ---",
                           "above `---` stands only what is the same for all slots");
    return fine;
}

static bool slot_fits(population *p, const template *t, uint16_t f, const tree *at, diags *d) {
    bool fine = true;
    for (uint32_t i = 0; i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_REF) fine = ref_fits(p, &t->piece[i], f, at, d) && fine;
    return fine;
}

const struct prompt *compile_prompt(population *p, const tree *t, uint16_t f, uint16_t judge_index, diags *d) {
    str text, above, below;
    if (!compose_file_text(p, t, true, d, &text)) return NULL;
    uint32_t lines = divide(text, &above, &below);
    if (lines != 1) {
        lint_at(p, d, DIAG_P12, t, t->kind == TREE_SCALAR ? t->text : (str){0},
                "one line `---` stands between what is the same for all slots and what varies",
                "a prompt has one line `---`, this one has %u", lines);
        return NULL;
    }
    bool own = f != NO_FACET;
    uint32_t system_words = SYSTEM_WORDS | (own && p->facet[f].fixed_fields ? WORD_BIT(WORD_FIELDS) : 0);
    prompt *pr = arena_new_of(p->mem, prompt, 1);
    pr->system = template_compile(p, above, t, system_words, d);
    pr->slot =
        template_compile(p, below, t, SLOT_WORDS | (own ? WORD_BIT(WORD_FIELDS) : WORD_BIT(WORD_RULES)), d);
    if (!pr->system || !pr->slot) return NULL;
    bool fine = system_fits(p, pr->system, t, d);
    fine = slot_fits(p, pr->slot, f, t, d) && fine;
    if (fine && own && !shows(pr->system, WORD_FIELDS) && !shows(pr->slot, WORD_FIELDS))
        lint_at(p, d, DIAG_W00, t, p->facet[f].name, "{{@fields}} lists what is to be written",
                "the prompt of facet `" STR_FMT "` never shows {{@fields}}", STR_ARG(p->facet[f].name));
    if (fine && !own && !shows(pr->system, WORD_RULES) && !shows(pr->slot, WORD_RULES))
        lint_at(p, d, DIAG_W00, t, p->judge[judge_index].name, "{{@rules}} lists what is to be judged",
                "the prompt of judge `" STR_FMT "` never shows {{@rules}}",
                STR_ARG(p->judge[judge_index].name));
    return fine ? pr : NULL;
}

const prompt *prompt_judge_default(population *p, diags *d) {
    prompt *pr = arena_new_of(p->mem, prompt, 1);
    pr->system = template_compile(p, str_of(phrase_get(p, PHRASE_JUDGE_SYSTEM)), NULL, SYSTEM_WORDS, d);
    pr->slot = template_compile(p, str_of(phrase_get(p, PHRASE_JUDGE_SLOT)), NULL, SLOT_WORDS, d);
    return pr->system && pr->slot ? pr : NULL;
}

/* ---- print ----------------------------------------------------------------------------------------------- */

void prompt_system(const prompt *pr, const render_ctx *c, buf *out) {
    render_ctx all = *c;
    all.only = NULL;
    all.same = true;
    template_render(pr->system, &all, out);
}

void prompt_slot(const prompt *pr, const render_ctx *c, buf *out) {
    template_render(pr->slot, c, out);
}

/* ---- what dedup must not weigh --------------------------------------------------------------------------- */

typedef struct sink {
    void (*each)(void *arg, str text);
    void *arg;
} sink;

static void template_texts(const template *t, const sink *s) {
    for (uint32_t i = 0; t && i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_TEXT) s->each(s->arg, t->piece[i].text);
}

static void prompt_texts(const prompt *pr, const sink *s) {
    if (!pr) return;
    template_texts(pr->system, s);
    template_texts(pr->slot, s);
}

static void node_texts(const node *n, const sink *s) {
    if (n->label.n) s->each(s->arg, n->label);
    if (n->hint.n) s->each(s->arg, n->hint);
    if (n->unit.n) s->each(s->arg, n->unit);
    for (uint32_t i = 0; i < n->values; i++) s->each(s->arg, n->value[i].label);
    template_texts(n->tpl, s);
}

void population_texts(const population *p, void (*each)(void *arg, str text), void *arg) {
    sink s = {each, arg};
    for (uint32_t i = 0; i < p->nodes; i++) node_texts(&p->node[i], &s);
    for (uint32_t i = 0; i < p->links; i++) node_texts(p->link[i].relation, &s);
    for (uint16_t i = 0; i < p->facets; i++) prompt_texts(p->facet[i].prompt, &s);
    for (uint16_t i = 0; i < p->judges; i++) prompt_texts(p->judge[i].prompt, &s);
    template_texts(p->revise, &s);
    template_texts(p->afresh, &s);
    template_texts(p->avoid, &s);
    for (uint32_t i = 0; i < p->compiled->lexicons; i++)
        for (uint32_t k = 0; k < p->compiled->lexicon[i].terms; k++) each(arg, p->compiled->lexicon[i].term[k]);
    for (phrase ph = PHRASE_TEXT; ph <= PHRASE_NO; ph++) each(arg, str_of(phrase_get(p, ph)));
}

static void dense_note(void *arg, str text) {
    bool *dense = arg;
    for (size_t at = 0; at < text.n && !*dense;) *dense = text_dense(text_next(text, &at));
}

bool prompts_spaced(const population *p) {
    static const char *const languages[] = {"en", "de", "fr", "es", "it", "pt",
                                            "nl", "sv", "da", "nb", "pl", "ru"};
    bool dense = false, known = false;
    sink s = {dense_note, &dense};
    for (size_t i = 0; i < COUNT_OF(languages); i++) known = known || str_is(locale_language(p), languages[i]);
    for (uint16_t i = 0; i < p->facets && known; i++) prompt_texts(p->facet[i].prompt, &s);
    for (uint32_t i = p->drawn_nodes; i < p->nodes && known; i++) dense_note(&dense, p->node[i].hint);
    return known && !dense;
}

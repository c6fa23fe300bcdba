/* field_lines.c: the value of @fields: what a facet is to write, one line a field:
 *
 *     - "path" (text, 110 to 240 words, 1 paragraph): hint
 *     - "path" (one of: calm | tense | cheerful)
 *     - "path" (number, 5 to 19 years)
 *     - "path" (date, 2023-01-01 to 2025-06-30)
 *     - "path" (true or false)
 *     - "path" (list of 2 to 3, each: text, 1 to 8 words)
 *     - "event.2.story" (text, 15 to 50 words): of `leaves` those that the persona has, instance by instance
 *     - "path" (list of 2 to 3 objects, each with the fields that follow), and then these as path.name
 *
 * Programs read these lines (in English), so their form is fixed. Templates are not listed: the engine makes
 * them.
 */
#include "taxonomy/template.h"
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>

typedef struct words {
    uint8_t language;
    buf *out;
    const record *rec; /* what its choices are narrowed by; NULL: all values, for all slots */
} words;

static str number_text(uint32_t v, char text[16]) {
    int n = snprintf(text, 16, "%u", v);
    return (str){text, (size_t)n};
}

/* "110 to 240 words", "1 paragraph", "at least 80 words"; unit may be empty. */
static void range_print(const words *w, range_u32 r, const char *one, const char *many) {
    char lo[16], hi[16];
    bool open = r.hi == UINT32_MAX;
    str a = number_text(r.lo, lo), b = number_text(r.hi, hi);
    if (r.lo == r.hi)
        phrase_put(w->out, w->language, PHRASE_EXACTLY, (str[]){a, str_of(r.lo == 1 ? one : many)}, 2);
    else if (open)
        phrase_put(w->out, w->language, PHRASE_AT_LEAST, (str[]){a, str_of(r.lo == 1 ? one : many)}, 2);
    else if (r.lo == 0)
        phrase_put(w->out, w->language, PHRASE_AT_MOST, (str[]){b, str_of(r.hi == 1 ? one : many)}, 2);
    else
        phrase_put(w->out, w->language, PHRASE_RANGE, (str[]){a, b, str_of(many)}, 3);
    while (w->out->n && w->out->p[w->out->n - 1] == ' ') w->out->n--;
}

static void limit_print(const words *w, bool has, range_u32 r, phrase one, phrase many) {
    if (!has) return;
    buf_z(w->out, ", ");
    range_print(w, r, phrase_in(w->language, one), phrase_in(w->language, many));
}

static void text_print(const words *w, const text_limits *l) {
    buf_z(w->out, phrase_in(w->language, PHRASE_TEXT));
    limit_print(w, l->has_words, l->words, PHRASE_WORD, PHRASE_WORDS);
    limit_print(w, l->has_chars, l->chars, PHRASE_CHAR, PHRASE_CHARS);
    limit_print(w, l->has_sentences, l->sentences, PHRASE_SENTENCE, PHRASE_SENTENCES);
    limit_print(w, l->has_paragraphs, l->paragraphs, PHRASE_PARAGRAPH, PHRASE_PARAGRAPHS);
    limit_print(w, l->has_lines, l->lines, PHRASE_LINE, PHRASE_LINES);
}

static void choice_print(const words *w, const node *n) {
    buf list = {0};
    for (uint32_t i = 0; i < n->values; i++) {
        if (w->rec && !choice_offered(n, w->rec, i)) continue;
        if (list.n) buf_z(&list, " | ");
        buf_str(&list, n->value[i].value);
    }
    phrase_put(w->out, w->language, PHRASE_ONE_OF, (str[]){buf_view(&list)}, 1);
    buf_free(&list);
}

/* Of a number or date: from its lowest to its highest value. */
static void span_print(const words *w, const node *n, phrase what) {
    buf lo = {0}, hi = {0};
    value_key_print(n, n->lo, &lo);
    value_key_print(n, n->hi, &hi);
    buf_z(w->out, phrase_in(w->language, what));
    buf_z(w->out, ", ");
    phrase_put(w->out, w->language, PHRASE_RANGE, (str[]){buf_view(&lo), buf_view(&hi), n->unit}, 3);
    while (w->out->p[w->out->n - 1] == ' ') w->out->n--;
    buf_free(&lo);
    buf_free(&hi);
}

static void form_print(const words *w, const node *n) {
    switch (n->kind) {
    case K_CHOICE: choice_print(w, n); break;
    case K_NUMBER: span_print(w, n, PHRASE_NUMBER); break;
    case K_DATE: span_print(w, n, PHRASE_DATE); break;
    case K_FLAG: buf_z(w->out, phrase_in(w->language, PHRASE_YES_NO)); break;
    case K_SECTION:
    case K_TEMPLATE:
    case K_TEXT: text_print(w, &n->limits); break;
    }
}

void node_form(const node *n, buf *out) {
    const words w = {phrase_language(STR("en")), out, NULL};
    if (n->kind == K_TEMPLATE) {
        buf_z(out, "put together from others");
        return;
    }
    if (n->is_list) buf_z(out, "list, each: ");
    form_print(&w, n);
}

static void list_print(const words *w, const node *n) {
    buf count = {0}, each = {0};
    range_print(&(words){w->language, &count, NULL}, n->count, "", "");
    form_print(&(words){w->language, &each, w->rec}, n);
    phrase_put(w->out, w->language, PHRASE_LIST_OF, (str[]){buf_view(&count), buf_view(&each)}, 2);
    buf_free(&count);
    buf_free(&each);
}

static void objects_print(const words *w, const node *n) {
    buf count = {0};
    range_print(&(words){w->language, &count, NULL}, n->count, "", "");
    phrase_put(w->out, w->language, PHRASE_LIST_OF_OBJECTS, (str[]){buf_view(&count)}, 1);
    buf_free(&count);
}

/* Whether the line of a node is shown; leaf: what it is asked by. */
static bool is_shown(const render_ctx *c, const node *n) {
    const population *p = c->rec->pop;
    uint32_t leaf = n->leaf != NO_LEAF ? n->leaf : n->number;
    if (leaf == NO_LEAF || n->kind == K_TEMPLATE || (c->only && !c->only[leaf_field(p, leaf)])) return false;
    return p->facet[c->facet].fixed_fields || field_applies(p, leaf, c->rec);
}

static void line_begin(const words *w, bool any) {
    buf_z(w->out, any ? "\n- \"" : "- \"");
}

static void line_end(const words *w, const node *n) {
    buf_char(w->out, ')');
    if (n->hint.n) buf_printf(w->out, ": " STR_FMT, STR_ARG(n->hint));
}

static void place_lines(const words *w, const render_ctx *c, bool any) {
    const population *p = c->rec->pop;
    arena *mem = c->ask ? NULL : arena_new(0);
    uint32_t *part, n = c->asks;
    leaf_place *all = NULL;
    if (!c->ask) n = facet_places(c->facet, c->rec, mem, &all, &part);
    for (uint32_t i = 0; i < n; i++) {
        const leaf_place *at = c->ask ? &c->ask[i] : &all[i];
        const node *x = leaf_node(p, at->leaf);
        line_begin(w, any);
        instance_path(p, x, at->instance, w->out);
        buf_z(w->out, "\" (");
        form_print(w, x);
        line_end(w, x);
        any = true;
    }
    arena_free(mem);
}

void field_lines(const render_ctx *c, buf *out) {
    if (c->facet == NO_FACET) return;
    const population *p = c->rec->pop;
    const facet *f = &p->facet[c->facet];
    words w = {phrase_language(locale_language(p)), out, c->same ? NULL : c->rec};
    bool any = false;
    for (uint32_t i = f->first; i < f->end; i++) {
        const node *n = &p->node[i];
        if (!is_shown(c, n)) continue;
        line_begin(&w, any);
        buf_printf(out, STR_FMT "\" (", STR_ARG(n->path));
        if (n->number != NO_LEAF)
            objects_print(&w, n);
        else if (n->is_list)
            list_print(&w, n);
        else
            form_print(&w, n);
        line_end(&w, n);
        any = true;
    }
    if (f->leaves) place_lines(&w, c, any);
}

/* template.c: templates compiled to pieces and rendered.
 *
 * A template is text, {{REF?|form}}, {{@word}} and \{{. A line of the template (its own line breaks count, not
 * those of what it shows) in which a `?` REF has no value is dropped whole, with its line break.
 */
#include "taxonomy/template.h"
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const word_names[WORD_COUNT] = {
#define TEMPLATE_WORD_NAME(name, text) text,
    TEMPLATE_WORD_MAP(TEMPLATE_WORD_NAME)
#undef TEMPLATE_WORD_NAME
};
static const char *const form_names[FORM_COUNT] = {"", "value", "label", "lines", "json"};

const char *template_word_name(template_word w) {
    return word_names[w];
}

/* ---- compile --------------------------------------------------------------------------------------------- */

typedef struct reader {
    population *p;
    const tree *at;
    uint32_t words;
    diags *d;
    piece *piece;
    uint32_t n, cap;
    buf text; /* literal text not yet flushed */
} reader;

static piece *add_piece(reader *r, piece_kind what, str text) {
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 8;
        r->piece = xrealloc(r->piece, sizeof *r->piece * r->cap);
    }
    r->piece[r->n] = (piece){.kind = what, .text = text, .node = NO_NODE};
    return &r->piece[r->n++];
}

static void flush_text(reader *r) {
    if (r->text.n) add_piece(r, PIECE_TEXT, str_dup(r->p->mem, buf_view(&r->text)));
    buf_reset(&r->text);
}

/* Where a word can stand. */
static const char *word_hint(template_word w) {
    switch (w) {
    case WORD_FIELDS: return "in the prompt of a facet; below its line --- if a field has `when`";
    case WORD_RULES: return "in the prompt of a judge";
    case WORD_FINDINGS: return "in prompts.revise";
    case WORD_AVOID: return "in prompts.avoid";
    case WORD_NAME:
    case WORD_LOCALE: return "in prompts and templates";
    default: return "below the line --- of a prompt; @slot and @run in output.id too";
    }
}

static bool read_word(reader *r, str whole, str name) {
    near k = near_to(name);
    for (uint32_t w = 0; w < WORD_COUNT; w++) {
        near_try(&k, str_of(word_names[w]));
        if (!str_is(name, word_names[w])) continue;
        if (!(r->words >> w & 1))
            return lint_at(r->p, r->d, DIAG_P12, r->at, whole, word_hint((template_word)w),
                           "`@%s` cannot stand here", word_names[w]);
        add_piece(r, PIECE_WORD, whole)->word = (template_word)w;
        return true;
    }
    return lint_at(r->p, r->d, DIAG_P12, r->at, whole, near_hint(r->p->mem, &k),
                   "there is no word `@" STR_FMT "`", STR_ARG(name));
}

static bool read_form(reader *r, str whole, str name, ref_form *out) {
    for (uint32_t f = FORM_VALUE; f < FORM_COUNT; f++)
        if (str_is(name, form_names[f])) {
            *out = (ref_form)f;
            return true;
        }
    return lint_at(r->p, r->d, DIAG_P12, r->at, whole, "forms are value, label, lines and json",
                   "there is no form `" STR_FMT "`", STR_ARG(name));
}

static bool is_ref(str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fits =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (!fits) return false;
    }
    return s.n > 0;
}

static bool read_ref(reader *r, str whole, str inner) {
    str name, form;
    piece one = {.kind = PIECE_REF};
    if (str_cut(inner, '|', &name, &form) && !read_form(r, whole, str_trim(form), &one.form)) return false;
    name = str_trim(name);
    one.optional = str_ends(name, "?");
    if (one.optional) name = str_trim(str_part(name, 0, name.n - 1));
    if (!is_ref(name))
        return lint_at(r->p, r->d, DIAG_P12, r->at, whole, "write \\{{ for two braces",
                       "between {{ and }} a REF or a @word is needed");
    /* an attribute, which has no @id either, cannot tell of others: it is drawn before them */
    one.node = r->words >> WORD_ID & 1 ? ref_link(r->p, name) : NO_NODE;
    one.kind = one.node == NO_NODE ? PIECE_REF : PIECE_LINK;
    if (one.node == NO_NODE) one.node = ref_find(r->p, r->at, name, r->d);
    if (one.node == NO_NODE) return false;
    one.text = whole;
    *add_piece(r, PIECE_REF, whole) = one;
    return true;
}

/* What stands between {{ and }}. */
static bool read_braces(reader *r, str whole, str inner) {
    inner = str_trim(inner);
    flush_text(r);
    if (str_starts(inner, ">"))
        return lint_at(r->p, r->d, DIAG_P12, r->at, whole,
                       "only the prompts of facets and judges include files", "`{{>` cannot stand here");
    if (str_starts(inner, "@")) return read_word(r, whole, str_part(inner, 1, inner.n));
    return read_ref(r, whole, inner);
}

static bool read_all(reader *r, str s) {
    bool fine = true;
    size_t at = 0;
    while (at < s.n) {
        str rest = str_part(s, at, s.n);
        size_t open, close;
        if (!str_find(rest, STR("{{"), &open)) {
            buf_str(&r->text, rest);
            break;
        }
        if (open > 0 && rest.p[open - 1] == '\\') {
            buf_str(&r->text, str_part(rest, 0, open - 1));
            buf_z(&r->text, "{{");
            at += open + 2;
            continue;
        }
        buf_str(&r->text, str_part(rest, 0, open));
        str inner = str_part(rest, open + 2, rest.n);
        if (!str_find(inner, STR("}}"), &close))
            return lint_at(r->p, r->d, DIAG_P12, r->at,
                           str_part(rest, open, rest.n > open + 40 ? open + 40 : rest.n),
                           "write \\{{ for two braces", "`{{` without `}}`");
        fine = read_braces(r, str_part(rest, open, open + close + 4), str_part(inner, 0, close)) && fine;
        at += open + close + 4;
    }
    return fine;
}

const template *template_compile(population *p, str text, const tree *at, uint32_t words, diags *d) {
    reader r = {.p = p, .at = at, .words = words, .d = d};
    text = str_dup(p->mem, text);
    template *t = NULL;
    if (read_all(&r, text)) {
        flush_text(&r);
        t = arena_new_of(p->mem, template, 1);
        *t = (template){arena_dup(p->mem, r.piece, sizeof *r.piece * r.n), r.n};
    }
    free(r.piece);
    buf_free(&r.text);
    return t;
}

const template *compile_template(population *p, str text, const tree *at, diags *d) {
    const template *t = template_compile(p, text, at, (1u << WORD_COUNT) - 1, d);
    for (uint32_t i = 0; t && i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_LINK && t->piece[i].form == FORM_JSON) {
            lint_at(p, d, DIAG_P12, at, t->piece[i].text, "leave out `|json`, or show it in a prompt",
                    "a message has no ids to show");
            return NULL;
        }
    return t;
}

/* Whether a template that is a value may show this node: drawn ones; under a facet also what it and its needs
 * write. */
static bool may_show(population *p, const node *n, const piece *one, const tree *t, diags *d) {
    const node *shown = &p->node[one->node];
    bool fine = true;
    for (const node *k = shown; k < p->node + shown->end; k++) {
        if (k->leaf == NO_LEAF || (k->owner == NO_FACET && k->kind != K_TEXT)) continue;
        if (k == n)
            fine = lint_at(p, d, DIAG_P06, t, one->text, "name another attribute", "the template shows itself");
        else if (n->owner == NO_FACET)
            fine = lint_at(p, d, DIAG_P10, t, one->text, "a template under a facet's `fields` may show it",
                           "`" STR_FMT "` is written, and this template is drawn", STR_ARG(k->path));
        else if (k->owner != n->owner &&
                 (k->owner == NO_FACET || !(p->facet[n->owner].closure >> k->owner & 1)))
            fine = lint_at(p, d, DIAG_P12, t, one->text, "add the facet that writes it to `needs`",
                           "`" STR_FMT "` is written by no facet that `" STR_FMT "` needs", STR_ARG(k->path),
                           STR_ARG(p->facet[n->owner].name));
    }
    return fine;
}

const template *compile_node_template(population *p, const node *n, const tree *t, diags *d) {
    if (t->kind == TREE_LIST || t->nothing) {
        lint_at(p, d, DIAG_P03, t, t->text, "template: \"{{first_name}}, {{age}}\"",
                "`" STR_FMT "`: a template is a text", STR_ARG(n->path));
        return NULL;
    }
    str text = t->text;
    if (t->kind == TREE_MAP && !compile_text(p, t, d, &text)) return NULL;
    const template *c = template_compile(p, text, t, 1u << WORD_NAME | 1u << WORD_LOCALE | 1u << WORD_SLOT, d);
    const pred *when = n->owner == NO_FACET ? n->when : pred_and(p, n->when, p->facet[n->owner].when);
    for (uint32_t i = 0; c && i < c->pieces; i++) {
        const piece *one = &c->piece[i];
        if (one->kind != PIECE_REF) continue;
        if (!may_show(p, n, one, t, d)) return NULL;
        if (!piece_there(p, one, when, n->within) && !ref_broken(p, one->node))
            lint_at(p, d, DIAG_P12, t, one->text,
                    "write ? behind it: the line is dropped where there is no value",
                    "`" STR_FMT "` may have no value", STR_ARG(p->node[one->node].path));
    }
    return c;
}

leaf_list template_leaves(population *p, const template *t) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->pieces; i++)
        if (t->piece[i].kind == PIECE_REF) n += 2 * (p->node[t->piece[i].node].end - t->piece[i].node);
    leaf_list l = {arena_new_of(p->mem, uint32_t, n), 0};
    for (uint32_t i = 0; i < t->pieces; i++) {
        if (t->piece[i].kind != PIECE_REF) continue;
        for (uint32_t k = t->piece[i].node; k < p->node[t->piece[i].node].end; k++) {
            if (p->node[k].leaf != NO_LEAF) l.leaf[l.n++] = p->node[k].leaf;
            if (p->node[k].number != NO_LEAF) l.leaf[l.n++] = p->node[k].number;
        }
    }
    return l;
}

/* ---- render ---------------------------------------------------------------------------------------------- */

static void run_print(const render_ctx *c, buf *out) {
    char hex[33];
    hash_hex(c->run, hex);
    buf_put(out, hex, 8);
}

static void word_print(template_word w, const render_ctx *c, buf *out) {
    const population *p = c->rec->pop;
    switch (w) {
    case WORD_NAME: buf_str(out, p->name); break;
    case WORD_LOCALE: buf_str(out, p->locale); break;
    case WORD_SLOT: buf_printf(out, "%09llu", (unsigned long long)c->rec->slot); break;
    case WORD_ID: record_id(p, c->run, c->rec->slot, out); break;
    case WORD_RUN: run_print(c, out); break;
    case WORD_FIELDS: field_lines(c, out); break;
    case WORD_RULES: buf_str(out, c->rules); break;
    case WORD_ATTRIBUTES: attribute_lines(c->rec, out); break;
    case WORD_DRAFT: draft_lines(c, out); break;
    case WORD_FINDINGS: buf_str(out, c->findings); break;
    case WORD_AVOID: buf_str(out, c->avoid); break;
    case WORD_COUNT: break;
    }
}

static void leaf_lines(const node *n, const value *v, buf *out) {
    const value *item = v->kind == V_LIST ? v->item : v;
    uint32_t items = v->kind == V_LIST ? v->n : 1;
    for (uint32_t i = 0, shown = 0; i < items; i++) {
        if (!value_there(&item[i])) continue;
        buf_z(out, shown++ ? "\n- " : "- ");
        value_print(out, n, &item[i]);
    }
}

/* false: no value. */
static bool leaf_print(const record *r, const node *n, ref_form form, buf *out) {
    const value *v = record_at(r, n->leaf);
    bool has = value_there(v);
    if (form == FORM_JSON) {
        value_json(out, n, v);
    } else if (has) {
        if (form == FORM_LINES)
            leaf_lines(n, v, out);
        else if (form == FORM_VALUE)
            value_print_raw(out, n, v);
        else
            value_print(out, n, v);
    }
    return has;
}

static bool ref_print(const piece *one, const render_ctx *c, buf *out) {
    const record *r = c->rec;
    const node *n = &r->pop->node[one->node];
    if (one->form == FORM_LABEL) {
        buf_str(out, n->label);
        return n->leaf == NO_LEAF || record_at(r, n->leaf)->kind != V_NONE;
    }
    if (n->leaf != NO_LEAF) return leaf_print(r, n, one->form, out);
    return section_print(c, one->node, one->form, out);
}

/* Puts text; at each of its line breaks the line since *start is kept or, if *drop, taken back. */
static void put_lines(str s, size_t *start, bool *drop, buf *out) {
    for (size_t i = 0, from = 0; i < s.n; i++) {
        bool ends = s.p[i] == '\n';
        if (!ends && i + 1 < s.n) continue;
        if (!*drop) buf_str(out, str_part(s, from, i + 1));
        from = i + 1;
        if (!ends) break;
        if (*drop) out->n = *start;
        *drop = false;
        *start = out->n;
    }
}

void template_render(const template *t, const render_ctx *c, buf *out) {
    size_t start = out->n;
    bool drop = false;
    for (uint32_t i = 0; i < t->pieces; i++) {
        const piece *one = &t->piece[i];
        if (one->kind == PIECE_TEXT)
            put_lines(one->text, &start, &drop, out);
        else if (one->kind == PIECE_WORD)
            word_print(one->word, c, out);
        else if (one->kind == PIECE_LINK)
            drop = (!link_print(c, one->node, one->form, out) && one->optional) || drop;
        else if (!ref_print(one, c, out) && one->optional)
            drop = true;
    }
    if (drop) out->n = start;
}

static value rendered(const node *n, record *r) {
    buf b = {0};
    render_ctx c = {.rec = r, .facet = NO_FACET}; /* it may show the facet's own fields */
    template_render(n->tpl, &c, &b);
    value v = {.kind = V_TEXT, .text = str_dup(r->mem, buf_view(&b))};
    buf_free(&b);
    return v;
}

static value rendered_each(const node *n, record *r) {
    value v = {.kind = V_LIST, .n = record_instances(r, n->within)};
    if (r->value[r->pop->node[n->within].number].kind != V_NUM) return value_none;
    v.item = arena_new_of(r->mem, value, v.n);
    for (uint32_t i = 0; i < v.n; i++) {
        record_enter(r, n->within, i);
        v.item[i] = rendered(n, r);
    }
    record_leave(r);
    return v;
}

void facet_templates(const population *p, uint16_t f, record *r) {
    for (uint32_t i = p->facet[f].first; i < p->facet[f].end; i++) {
        const node *n = &p->node[i];
        if (n->kind != K_TEMPLATE || n->leaf == NO_LEAF || !n->tpl) continue;
        r->value[n->leaf] = (value){.kind = V_NONE};
        if (!field_applies(p, n->leaf, r)) continue;
        value v = n->within == NO_LEAF ? rendered(n, r) : rendered_each(n, r);
        r->value[n->leaf] = v;
    }
}

/* ---- ids ------------------------------------------------------------------------------------------------- */

hash128 run_hash(hash128 of, uint64_t seed) {
    char hex[33], text[64];
    hash_hex(of, hex);
    int n = snprintf(text, sizeof text, "%s:%llu", hex, (unsigned long long)seed);
    return hash_128((str){text, (size_t)n});
}

void record_id(const population *p, hash128 run, uint64_t slot, buf *out) {
    record r = {.pop = p, .slot = slot};
    render_ctx c = {.rec = &r, .run = run, .facet = NO_FACET};
    if (p->id) {
        template_render(p->id, &c, out);
        return;
    }
    run_print(&c, out);
    buf_printf(out, "-%09llu", (unsigned long long)slot);
}

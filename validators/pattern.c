/* pattern.c: objects when `match` is not found in a text, or `never` is (PCRE2, UTF).
 *
 * Interpreted, never compiled to machine code, and with a limit on matching, so that no pattern and no text can
 * hold up a run; reaching the limit is an objection, the same on every machine. Of a list each element is
 * looked at; a choice or number is looked at as its plain value.
 *
 * Most texts have nothing of what a pattern looks for. So before a search the text is asked for the few bytes
 * that a match can begin with, and a pattern that matches at the starts of lines is tried there and nowhere
 * else. Both find what the plain search finds and count to the same limit, which PCRE2 does from each start
 * anew. What is valid UTF-8 is not checked again.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "validators/rule_parts.h"

#include <pcre2.h>
#include <string.h>

#define MATCH_LIMIT 100000u
#define HEAP_LIMIT  20000u /* KB */

#define FIRST_MOST 4u /* bytes; beyond that PCRE2's own table is the faster one */

typedef struct pattern {
    pcre2_code *code;
    str text;
    char first[FIRST_MOST]; /* what a match begins with */
    uint32_t firsts;        /* 0: not known, or too many */
    bool by_line;           /* it begins where a line does */
} pattern;

typedef struct patterns {
    pattern match, never;
    pcre2_match_context *limits;
} patterns;

/* What PCRE2 has found out about the begin of a match. Verbs and \G look at more than one start. */
static void begin_read(pattern *x) {
    size_t at;
    uint32_t type = 0, newline = 0;
    const uint8_t *bits = NULL;
    if (str_find(x->text, STR("(*"), &at) || str_find(x->text, STR("\\G"), &at)) return;
    pcre2_pattern_info(x->code, PCRE2_INFO_FIRSTCODETYPE, &type);
    pcre2_pattern_info(x->code, PCRE2_INFO_NEWLINE, &newline);
    pcre2_pattern_info(x->code, PCRE2_INFO_FIRSTBITMAP, &bits);
    x->by_line = type == 2 && newline == PCRE2_NEWLINE_LF;
    if (type || !bits) return;
    for (uint32_t c = 0; c < 256; c++) {
        if (!(bits[c / 8] >> (c % 8) & 1)) continue;
        if (x->firsts == FIRST_MOST) {
            x->firsts = 0;
            return;
        }
        x->first[x->firsts++] = (char)c;
    }
}

static bool pattern_read(population *p, const tree *body, const char *key, diags *d, pattern *out) {
    const tree *t = tree_get(body, key);
    int code;
    PCRE2_SIZE at;
    if (!t || t->nothing) return true;
    if (t->kind != TREE_SCALAR) return diag_at(p, d, DIAG_P03, t, STR(""), NULL, "`%s` is one pattern", key);
    out->text = t->text;
    out->code =
        pcre2_compile((PCRE2_SPTR)t->text.p, t->text.n,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    if (out->code) begin_read(out);
    if (out->code) return true;
    PCRE2_UCHAR why[200];
    pcre2_get_error_message(code, why, sizeof why);
    return diag_at(p, d, DIAG_P03, t, t->text, NULL, "`%s` is no pattern: %s at character %zu", key,
                   (char *)why, (size_t)at + 1);
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    patterns *x = arena_new_of(p->mem, patterns, 1);
    r->data = x;
    bool fine = pattern_read(p, body, "match", d, &x->match);
    fine = pattern_read(p, body, "never", d, &x->never) && fine;
    x->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(x->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(x->limits, HEAP_LIMIT);
    if (fine && !x->match.code && !x->never.code)
        fine = diag_at(p, d, DIAG_P02, body, r->id, NULL, "the rule `" STR_FMT "` needs `match` or `never`",
                       STR_ARG(r->id));
    return fine;
}

static void release(rule *r) {
    patterns *x = r->data;
    pcre2_code_free(x->match.code);
    pcre2_code_free(x->never.code);
    pcre2_match_context_free(x->limits);
}

typedef enum found { FOUND_NOT, FOUND, FOUND_LIMIT } found;

static bool may_begin(const pattern *what, str text) {
    bool may = !what->firsts;
    for (uint32_t i = 0; i < what->firsts && !may; i++) may = text.n && memchr(text.p, what->first[i], text.n);
    return may;
}

/* From the text's begin, from behind each newline, and at the end: where PCRE2 would try too. */
static int search_lines(const patterns *x, const pattern *what, str text, pcre2_match_data *m) {
    int n = PCRE2_ERROR_NOMATCH;
    for (size_t from = 0; n == PCRE2_ERROR_NOMATCH; from++) {
        n = pcre2_match(what->code, (PCRE2_SPTR)text.p, text.n, from, PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, m,
                        x->limits);
        if (from >= text.n) break;
        const char *newline = memchr(text.p + from, '\n', text.n - from);
        from = newline ? (size_t)(newline - text.p) : text.n - 1;
    }
    return n;
}

/* *at: what was found, part of text. */
static found search(const patterns *x, const pattern *what, str text, str *at) {
    if (!text.p) text = STR("");
    bool valid = text_ascii(text, 0) == text.n || text_valid(text);
    if (valid && !may_begin(what, text)) return FOUND_NOT;
    pcre2_match_data *m = pcre2_match_data_create(1, NULL);
    int n = valid && what->by_line ? search_lines(x, what, text, m)
                                   : pcre2_match(what->code, (PCRE2_SPTR)text.p, text.n, 0,
                                                 valid ? PCRE2_NO_UTF_CHECK : 0, m, x->limits);
    if (n >= 0) {
        PCRE2_SIZE *v = pcre2_get_ovector_pointer(m);
        *at = str_part(text, v[0] < v[1] ? v[0] : v[1], v[0] < v[1] ? v[1] : v[0]);
    }
    pcre2_match_data_free(m);
    return n >= 0 ? FOUND : n == PCRE2_ERROR_NOMATCH ? FOUND_NOT : FOUND_LIMIT;
}

typedef struct objection {
    message_id what; /* SAY_COUNT: none */
    str shown;
} objection;

static objection text_objection(const patterns *x, str text) {
    str at = {0};
    found match = x->match.code ? search(x, &x->match, text, &at) : FOUND;
    if (match == FOUND_NOT) return (objection){SAY_PATTERN_MATCH, x->match.text};
    found never = x->never.code ? search(x, &x->never, text, &at) : FOUND_NOT;
    if (never == FOUND) return (objection){SAY_PATTERN_NEVER, at};
    if (match == FOUND_LIMIT) return (objection){SAY_PATTERN_LIMIT, x->match.text};
    if (never == FOUND_LIMIT) return (objection){SAY_PATTERN_LIMIT, x->never.text};
    return (objection){SAY_COUNT, STR("")};
}

/* Reports to c, or (NULL) only says whether all is well. */
static bool leaf_fits(const rule *r, uint32_t leaf, const record *rec, check_ctx *c) {
    const value *v = record_at(rec, leaf);
    bool fine = true;
    for (uint32_t i = 0; i < element_count(v); i++) {
        const value *one = element_at(v, i);
        buf b = {0};
        if (one->kind != V_TEXT) value_print_raw(&b, leaf_node(rec->pop, leaf), one);
        objection o = text_objection(r->data, one->kind == V_TEXT ? one->text : buf_view(&b));
        if (o.what != SAY_COUNT && c)
            check_report(r, c, leaf, message_of(c->mem, rec->pop, o.what, excerpt(c->mem, o.shown)), STR(""));
        fine = fine && o.what == SAY_COUNT;
        buf_free(&b);
    }
    return fine;
}

static bool holds(const rule *r, const record *rec) {
    for (uint32_t i = 0; i < r->of.n; i++)
        if (!leaf_fits(r, r->of.leaf[i], rec, NULL)) return false;
    return true;
}

static void check(const rule *r, check_ctx *c) {
    for (uint32_t i = 0; i < r->of.n; i++) leaf_fits(r, r->of.leaf[i], c->rec, c);
}

static const char *const keys[] = {"match", "never", NULL};
const rule_kind rule_kind_pattern = {.name = "pattern",
                                     .keys = keys,
                                     .may_constrain = true,
                                     .needs_of = true,
                                     .by_field = true,
                                     .compile = compile,
                                     .check = check,
                                     .holds = holds,
                                     .release = release};

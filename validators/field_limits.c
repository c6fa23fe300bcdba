/* field_limits.c: what a field's own lines ask for: that it is there, how long a text is, how many a list has,
 * which values a choice may have (`only`, `except`).
 *
 * It needs no rule; findings are called FIELD.missing, FIELD.words and so on. What is too long or too short is
 * said in the measure's own unit and, in the hint, in sentences: small models cannot count words, but they can
 * leave out a sentence.
 */
#include "validators/rule_parts.h"

#define VALUES_SHOWN 12u

typedef struct measure {
    const char *name;
    message_id one, many;
    uint32_t is;
    range_u32 want;
} measure;

static str counted(const check_ctx *c, uint32_t n, const measure *m) {
    return message_of(c->mem, c->rec->pop, n == 1 ? m->one : m->many, message_number(c->mem, n));
}

static str wrong_size(const check_ctx *c, const measure *m) {
    message_id id = m->want.lo == m->want.hi ? SAY_EXACTLY : m->is > m->want.hi ? SAY_AT_MOST : SAY_AT_LEAST;
    return message_of(c->mem, c->rec->pop, id, counted(c, m->is, m),
                      counted(c, m->is > m->want.hi ? m->want.hi : m->want.lo, m));
}

/* Words or characters too many or too few, in sentences of the text's own length. */
static str length_hint(const check_ctx *c, const measure *m, uint32_t sentences) {
    bool over = m->is > m->want.hi;
    uint32_t gap = over ? m->is - m->want.hi : m->want.lo - m->is;
    measure unit = *m;
    uint32_t each = sentences ? m->is / sentences : 0;
    if (each && (sentences > 1 || !over)) {
        unit.one = SAY_SENTENCE;
        unit.many = SAY_SENTENCES;
        gap = (gap + each - 1) / each;
    }
    return message_of(c->mem, c->rec->pop, over ? SAY_SHORTEN : SAY_LENGTHEN, counted(c, gap, &unit));
}

static void text_report(check_ctx *c, const node *n, const measure *m, str text, str hint) {
    str message = wrong_size(c, m);
    if (n->is_list)
        message =
            str_printf(c->mem, "\"" STR_FMT "\" " STR_FMT, STR_ARG(excerpt(c->mem, text)), STR_ARG(message));
    field_report(c, n->leaf, m->name, message, hint);
}

static bool fits(const measure *m) {
    return m->is >= m->want.lo && m->is <= m->want.hi;
}

/* As text_measure, of what is cut already; of lines and paragraphs what is limited. */
static text_size size_of(const reading *t, const text_limits *l) {
    text_size size = {.words = t->words, .sentences = t->sentences, .chars = (uint32_t)t->text.n};
    bool inside = false, more = l->has_paragraphs || l->has_lines;
    str line, rest = t->text;
    for (size_t i = 0; !t->ascii && i < t->text.n; i++)
        size.chars -= ((unsigned char)t->text.p[i] & 0xC0) == 0x80;
    while (more) {
        str left = rest;
        more = str_cut(left, '\n', &line, &rest);
        bool blank = !str_trim(line).n;
        size.lines += !blank;
        size.paragraphs += !blank && !inside;
        inside = !blank;
    }
    return size;
}

static void text_check(check_ctx *c, const node *n, const reading *t) {
    const text_limits *l = &n->limits;
    text_size size = size_of(t, l);
    measure lengths[] = {{"words", SAY_WORD, SAY_WORDS, size.words, l->words},
                         {"chars", SAY_CHAR, SAY_CHARS, size.chars, l->chars}};
    measure parts[] = {{"sentences", SAY_SENTENCE, SAY_SENTENCES, size.sentences, l->sentences},
                       {"paragraphs", SAY_PARAGRAPH, SAY_PARAGRAPHS, size.paragraphs, l->paragraphs},
                       {"lines", SAY_LINE, SAY_LINES, size.lines, l->lines}};
    bool has_length[] = {l->has_words, l->has_chars},
         has_part[] = {l->has_sentences, l->has_paragraphs, l->has_lines};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        if (has_length[i] && !fits(&lengths[i]))
            text_report(c, n, &lengths[i], t->text, length_hint(c, &lengths[i], size.sentences));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const measure *m = &parts[i];
        if (!has_part[i] || fits(m)) continue;
        str wanted = counted(c, m->is > m->want.hi ? m->want.hi : m->want.lo, m);
        text_report(c, n, m, t->text, message_of(c->mem, c->rec->pop, SAY_WRITE_AS, wanted));
    }
}

/* leaf: the list's, or the hidden one of a section. */
static void count_check(check_ctx *c, const node *n, uint32_t leaf, uint32_t is) {
    measure m = {"count", SAY_ENTRY, SAY_ENTRIES, is, n->count};
    if (fits(&m)) return;
    bool over = m.is > m.want.hi;
    str gap = counted(c, over ? m.is - m.want.hi : m.want.lo - m.is, &m);
    field_report(c, leaf, m.name, wrong_size(c, &m),
                 message_of(c->mem, c->rec->pop, over ? SAY_COUNT_FEWER : SAY_COUNT_MORE, gap));
}

/* What a choice may be for this persona, for a hint. */
static str possible_values(const check_ctx *c, const node *n) {
    buf b = {0};
    for (uint32_t v = 0, shown = 0; v < n->values; v++) {
        if (!choice_only(n, c->rec, v) || choice_taken(n, c->rec, v) != NO_LEAF) continue;
        if (b.n) buf_z(&b, " | ");
        if (shown == VALUES_SHOWN) buf_z(&b, "...");
        if (shown++ == VALUES_SHOWN) break;
        buf_str(&b, n->value[v].value);
    }
    str list = str_dup(c->mem, buf_view(&b));
    buf_free(&b);
    return list.n ? message_of(c->mem, c->rec->pop, SAY_ONLY_HINT, list) : STR("");
}

static void possible_check(check_ctx *c, const node *n) {
    const value *v = record_at(c->rec, n->leaf);
    for (uint32_t i = 0; i < element_count(v); i++) {
        const value *one = element_at(v, i);
        if (one->kind != V_NUM || one->num < 0 || one->num >= (int64_t)n->values) continue;
        uint32_t index = (uint32_t)one->num, by = choice_taken(n, c->rec, index);
        str is = n->value[index].value;
        if (!choice_only(n, c->rec, index))
            field_report(c, n->leaf, "only", message_of(c->mem, c->rec->pop, SAY_ALLOWED_ALWAYS, is),
                         possible_values(c, n));
        else if (by != NO_LEAF)
            field_report(c, n->leaf, "except",
                         message_of(c->mem, c->rec->pop, SAY_DISJOINT, is, leaf_node(c->rec->pop, by)->label),
                         possible_values(c, n));
    }
}

void field_limits_check(check_ctx *c, const node *n) {
    reading **text;
    if (record_at(c->rec, n->leaf)->kind == V_NONE) {
        field_report(c, n->leaf, "missing", message_plain(c->rec->pop, SAY_MISSING), STR(""));
        return;
    }
    if (n->is_list) count_check(c, n, n->leaf, element_count(record_at(c->rec, n->leaf)));
    if (n->narrow) possible_check(c, n);
    if (n->kind != K_TEXT) return;
    uint32_t texts = check_texts(c, n->leaf, &text);
    for (uint32_t i = 0; i < texts; i++) text_check(c, n, text[i]);
}

bool instances_limits_check(check_ctx *c, const node *n) {
    if (c->rec->value[n->number].kind == V_NONE) {
        field_report(c, n->number, "missing", message_plain(c->rec->pop, SAY_MISSING), STR(""));
        return false;
    }
    count_check(c, n, n->number, record_instances(c->rec, (uint32_t)(n - c->rec->pop->node)));
    return true;
}

/* The later one of two is to change. */
void instance_differs_check(check_ctx *c, const node *section) {
    const population *p = c->rec->pop;
    for (uint32_t i = 0; i < section->distincts; i++) {
        const node *n = leaf_node(p, section->distinct[i]);
        const value *own = record_at(c->rec, n->leaf), *all = &c->rec->value[n->leaf];
        bool twice = false;
        for (uint32_t k = 0; k < c->rec->instance && own->kind != V_NONE && !twice; k++)
            twice = all->item[k].kind != V_NONE && element_same(n, own, n, &all->item[k]);
        if (twice)
            field_report(c, n->leaf, "distinct",
                         message_of(c->mem, p, SAY_DISTINCT, element_print(c->mem, n, own)),
                         message_plain(p, SAY_DISTINCT_HINT));
    }
}

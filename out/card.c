/* card.c: a persona as a person would want to read it.
 *
 *     NAME  ID
 *     ────────
 *     column: value · column: value
 *
 *     section
 *       label   value, wrapped behind its label
 *
 *     field
 *       text, wrapped, paragraphs kept; lists as bullets
 *
 *     rule, field: what it noted
 *
 * Facts come first, drawn ones by section and then short written ones; then lists and links; long texts follow
 * in the order of the file, the narrative last if it is not among them (because it is hidden). Hidden
 * attributes and those without value are left out, and what the head shows is not said twice. Everything passes
 * card_clean, labels too: they come from a file as well.
 */
#include "out/card_parts.h"

enum { NARROWEST = 24, USUAL = 80, LABEL_MOST = 24, SHORT_TEXT = 60, INDENT = 2 };

typedef enum ink { INK_PLAIN, INK_BOLD, INK_DIM } ink;

typedef struct card {
    const population *p;
    const record *r;
    const json *row;
    arena *mem;
    bool *shown;             /* a leaf */
    uint32_t columns, label; /* label: cells of the widest label among the facts */
    bool color;
    buf *out;
} card;

/* ---- pieces ---------------------------------------------------------------------------------------------- */

static void ink_begin(const card *c, ink k) {
    if (c->color && k != INK_PLAIN) buf_z(c->out, k == INK_BOLD ? "\033[1m" : "\033[2m");
}

static void ink_end(const card *c, ink k) {
    if (c->color && k != INK_PLAIN) buf_z(c->out, "\033[0m");
}

static void put(const card *c, ink k, str s) {
    ink_begin(c, k);
    buf_str(c->out, s);
    ink_end(c, k);
}

static void put_wrapped(const card *c, ink k, str s, uint32_t at, uint32_t indent) {
    ink_begin(c, k);
    card_wrap(s, at, indent, c->columns, c->out);
    ink_end(c, k);
}

static str clean(const card *c, str s) {
    buf b = {0};
    card_clean(s, &b);
    str kept = str_dup(c->mem, buf_view(&b));
    buf_free(&b);
    return kept;
}

static str replaced(const card *c, str s, char from, char to) {
    char *p = arena_dup(c->mem, s.n ? s.p : "", s.n ? s.n : 1);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] == from) p[i] = to;
    return (str){p, s.n};
}

static str clean_line(const card *c, str s) {
    return replaced(c, clean(c, s), '\n', ' ');
}

static str printed(const card *c, uint32_t leaf) {
    buf b = {0};
    value_print(&b, leaf_node(c->p, leaf), &c->r->value[leaf]);
    str s = clean(c, str_trim(buf_view(&b)));
    buf_free(&b);
    return s;
}

static bool has_value(const card *c, uint32_t leaf) {
    const value *v = &c->r->value[leaf];
    return v->kind != V_NONE && !(v->kind == V_LIST && v->n == 0) && printed(c, leaf).n > 0;
}

static bool is_short(str s) {
    size_t at;
    return !str_find(s, STR("\n"), &at) && text_columns(s) <= SHORT_TEXT;
}

/* ---- who ------------------------------------------------------------------------------------------------- */

static const char *const name_of_name[] = {"name",       "full_name",  "display_name",
                                           "given_name", "first_name", "nickname"};
static const char *const name_behind[] = {"family_name", "last_name", "surname"};

/* Names of attributes have letters from a to z: of whom is told in Chinese the label says it. */
static size_t name_rank(const node *n) {
    size_t i = 0;
    if (str_is(n->label, "姓名") || str_is(n->label, "名字")) return 0;
    while (i < COUNT_OF(name_of_name) && !str_is(n->name, name_of_name[i])) i++;
    return i;
}

static bool is_column(const card *c, uint32_t leaf) {
    for (uint32_t i = 0; i < c->p->columns; i++)
        if (c->p->column[i].leaf == leaf) return true;
    return false;
}

/* Templates named so come first, then columns, then what else there is; NO_LEAF: nothing looks like a name. */
static uint32_t name_leaf(const card *c) {
    uint32_t best = NO_LEAF;
    size_t best_rank = SIZE_MAX;
    for (uint32_t i = 0; i < c->p->leaves; i++) {
        const node *n = leaf_node(c->p, i);
        size_t rank = name_rank(n);
        bool fits = n->kind == K_TEMPLATE || n->kind == K_CHOICE || n->kind == K_TEXT;
        bool single = !n->is_list && n->within == NO_LEAF;
        if (rank == COUNT_OF(name_of_name) || !fits || !single || n->hide || !has_value(c, i)) continue;
        if (!is_short(printed(c, i))) continue;
        rank += COUNT_OF(name_of_name) * (n->kind == K_TEMPLATE ? 0 : is_column(c, i) ? 1 : 2);
        if (rank >= best_rank) continue;
        best = i;
        best_rank = rank;
    }
    return best;
}

/* A given name alone takes the family name beside it along. */
static uint32_t family_leaf(const card *c, uint32_t given) {
    const node *g = leaf_node(c->p, given);
    if (!str_is(g->name, "given_name") && !str_is(g->name, "first_name")) return NO_LEAF;
    for (uint32_t i = 0; i < c->p->leaves; i++) {
        const node *n = leaf_node(c->p, i);
        if (n->parent != g->parent || n->owner != g->owner || n->hide || !has_value(c, i)) continue;
        for (size_t k = 0; k < COUNT_OF(name_behind); k++)
            if (str_is(n->name, name_behind[k])) return i;
    }
    return NO_LEAF;
}

/* Where words are not divided, the family name stands first. */
static str name_whole(const card *c, str given, str family) {
    size_t at = 0;
    bool dense = text_dense(text_next(given, &at));
    if (dense) return str_printf(c->mem, STR_FMT STR_FMT, STR_ARG(family), STR_ARG(given));
    return str_printf(c->mem, STR_FMT " " STR_FMT, STR_ARG(given), STR_ARG(family));
}

static void put_title(card *c) {
    uint32_t name = name_leaf(c), family = name == NO_LEAF ? NO_LEAF : family_leaf(c, name);
    str id = clean_line(c, json_str(c->row, "id"));
    if (!id.n) id = str_printf(c->mem, "slot %llu", (unsigned long long)c->r->slot);
    str who = name == NO_LEAF ? id : clean_line(c, printed(c, name));
    if (family != NO_LEAF) {
        who = name_whole(c, who, clean_line(c, printed(c, family)));
        c->shown[family] = true;
    }
    put_wrapped(c, INK_BOLD, who, 0, 0);
    if (name != NO_LEAF) {
        c->shown[name] = true;
        uint32_t used = text_columns(who), cells = text_columns(id);
        if (used + INDENT + cells <= c->columns)
            card_blanks(c->out, c->columns - used - cells);
        else
            buf_char(c->out, '\n');
        put_wrapped(c, INK_DIM, id, 0, 0);
    }
    buf_char(c->out, '\n');
    ink_begin(c, INK_DIM);
    for (uint32_t i = 0; i < c->columns; i++) buf_z(c->out, "─");
    ink_end(c, INK_DIM);
    buf_char(c->out, '\n');
}

/* A column that the file calls otherwise than the attribute is called so, unless that has a label. */
static str column_label(const card *c, const column *col) {
    const node *n = leaf_node(c->p, col->leaf);
    bool labelled = !str_eq(n->label, replaced(c, n->name, '_', ' '));
    return clean_line(c, labelled || str_eq(col->name, n->name) ? n->label : replaced(c, col->name, '_', ' '));
}

/* "label: value" side by side; an item goes to the next line whole. */
static void put_columns(card *c) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->p->columns; i++) {
        uint32_t leaf = c->p->column[i].leaf;
        const node *n = leaf_node(c->p, leaf);
        if (c->shown[leaf] || n->hide || !has_value(c, leaf)) continue;
        str label = column_label(c, &c->p->column[i]), v = clean_line(c, printed(c, leaf));
        uint32_t named = text_columns(label) + 2, cells = named + text_columns(v);
        bool fits = at == 0 || at + 3 + cells <= c->columns;
        if (!fits)
            buf_char(c->out, '\n');
        else if (at)
            put(c, INK_DIM, STR(" · "));
        at = fits && at ? at + 3 : 0;
        if (named < c->columns) {
            put(c, INK_DIM, label);
            put(c, INK_DIM, STR(": "));
            card_wrap(v, at + named, INDENT, c->columns, c->out);
        } else {
            card_wrap(str_printf(c->mem, STR_FMT ": " STR_FMT, STR_ARG(label), STR_ARG(v)), 0, INDENT,
                      c->columns, c->out);
        }
        /* after a value of several lines the next item begins a line */
        at = at + cells <= c->columns ? at + cells : c->columns;
        c->shown[leaf] = true;
    }
    if (at) buf_char(c->out, '\n');
}

/* ---- facts ----------------------------------------------------------------------------------------------- */

static uint32_t label_most(const card *c) {
    return c->columns / 3 < LABEL_MOST ? c->columns / 3 : LABEL_MOST;
}

/* What fits behind its label on one line is a fact; other texts stand under theirs. */
static bool is_fact(const card *c, const node *n) {
    const value *v = &c->r->value[n->leaf];
    bool text = n->kind == K_TEXT || (n->kind == K_TEMPLATE && n->owner != NO_FACET);
    if (!text) return true;
    if (v->kind == V_LIST) return false;
    str s = printed(c, n->leaf);
    return is_short(s) && text_columns(s) <= c->columns - INDENT - label_most(c) - INDENT;
}

static bool to_show(const card *c, uint32_t i) {
    const node *n = &c->p->node[i];
    if (n->leaf == NO_LEAF || n->within != NO_LEAF) return false;
    return !n->hide && !c->shown[n->leaf] && has_value(c, n->leaf);
}

static uint32_t label_width(const card *c) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < c->p->nodes; i++) {
        if (!to_show(c, i) || !is_fact(c, &c->p->node[i])) continue;
        uint32_t cells = text_columns(clean_line(c, c->p->node[i].label));
        if (cells > most && cells <= label_most(c)) most = cells;
    }
    return most;
}

static void put_fact(card *c, const node *n, uint32_t indent) {
    str label = clean_line(c, n->label);
    uint32_t cells = text_columns(label), behind = INDENT + c->label + INDENT;
    card_blanks(c->out, indent);
    put_wrapped(c, INK_DIM, label, indent, indent);
    if (cells > c->label) {
        buf_char(c->out, '\n');
        card_blanks(c->out, behind);
    } else {
        card_blanks(c->out, behind - indent - cells);
    }
    card_wrap(printed(c, n->leaf), behind, behind, c->columns, c->out);
    buf_char(c->out, '\n');
    c->shown[n->leaf] = true;
}

static void put_heading(card *c, uint32_t section) {
    str path = {0};
    for (uint32_t i = section; i != NO_LEAF; i = c->p->node[i].parent) {
        str label = clean_line(c, c->p->node[i].label);
        path = path.n ? str_printf(c->mem, STR_FMT " · " STR_FMT, STR_ARG(label), STR_ARG(path)) : label;
    }
    put_wrapped(c, INK_BOLD, path, 0, INDENT);
    buf_char(c->out, '\n');
}

/* Facts that stand directly in `section` (NO_LEAF: at the root), among nodes [from, end). */
static void put_section(card *c, uint32_t section, uint32_t from, uint32_t end) {
    bool any = false;
    for (uint32_t i = from; i < end; i = c->p->node[i].end) {
        if (!to_show(c, i) || !is_fact(c, &c->p->node[i])) continue;
        if (!any) {
            buf_char(c->out, '\n');
            if (section != NO_LEAF) put_heading(c, section);
        }
        any = true;
        put_fact(c, &c->p->node[i], section == NO_LEAF ? 0 : INDENT);
    }
}

static void put_sections(card *c, uint32_t from, uint32_t end) {
    for (uint32_t i = from; i < end; i++)
        if (c->p->node[i].leaf == NO_LEAF) put_section(c, i, i + 1, c->p->node[i].end);
}

/* In the order of the file: what stands at the root between two sections stands together. */
static void put_facts(card *c, uint32_t from, uint32_t end) {
    const node *at = c->p->node;
    for (uint32_t i = from, next; i < end; i = next) {
        next = at[i].end;
        while (at[i].leaf != NO_LEAF && next < end && at[next].leaf != NO_LEAF) next = at[next].end;
        if (at[i].leaf != NO_LEAF)
            put_section(c, NO_LEAF, i, next);
        else
            put_sections(c, i, next);
    }
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static void put_bullets(card *c, const node *n, const value *list) {
    for (uint32_t i = 0; i < list->n; i++) {
        buf b = {0};
        value_print(&b, n, &list->item[i]);
        card_blanks(c->out, INDENT);
        put(c, INK_DIM, STR("• "));
        card_wrap(clean(c, buf_view(&b)), INDENT + 2, INDENT + 2, c->columns, c->out);
        buf_char(c->out, '\n');
        buf_free(&b);
    }
}

static void put_text(card *c, uint32_t leaf) {
    const node *n = leaf_node(c->p, leaf);
    const value *v = &c->r->value[leaf];
    buf_char(c->out, '\n');
    put_wrapped(c, INK_BOLD, clean_line(c, n->label), 0, INDENT);
    buf_char(c->out, '\n');
    c->shown[leaf] = true;
    if (v->kind == V_LIST) {
        put_bullets(c, n, v);
        return;
    }
    card_blanks(c->out, INDENT);
    card_wrap(printed(c, leaf), INDENT, INDENT, c->columns, c->out);
    buf_char(c->out, '\n');
}

static void put_lines(card *c, str text) {
    str line, rest = clean(c, text);
    for (bool more = true; more;) {
        str left = rest;
        more = str_cut(left, '\n', &line, &rest);
        card_blanks(c->out, INDENT);
        card_wrap(line, INDENT, INDENT + 3, c->columns, c->out);
        buf_char(c->out, '\n');
    }
}

/* Sections with `list`: a numbered line an instance. */
static void put_lists(card *c) {
    for (uint32_t i = 0; i < c->p->nodes; i++) {
        const node *n = &c->p->node[i];
        buf b = {0};
        if (n->number == NO_LEAF || n->hide || !instances_lines(&b, c->r, i)) {
            buf_free(&b);
            continue;
        }
        buf_char(c->out, '\n');
        put_heading(c, i);
        put_lines(c, buf_view(&b));
        buf_free(&b);
    }
}

/* Whom the persona knows. */
static void put_links(card *c) {
    for (uint32_t i = 0; i < c->p->links; i++) {
        buf b = {0};
        if (link_lines(&b, c->r, i)) {
            buf_char(c->out, '\n');
            put_wrapped(c, INK_BOLD, clean_line(c, c->p->link[i].label), 0, INDENT);
            buf_char(c->out, '\n');
            put_lines(c, buf_view(&b));
        }
        buf_free(&b);
    }
}

static void put_texts(card *c) {
    for (uint32_t i = 0; i < c->p->nodes; i++)
        if (to_show(c, i)) put_text(c, c->p->node[i].leaf);
    for (uint32_t i = 0; i < c->p->narratives; i++) {
        uint32_t leaf = c->p->narrative[i];
        if (!has_value(c, leaf)) continue;
        if (!c->shown[leaf]) put_text(c, leaf);
        return;
    }
}

/* Soft findings: recorded, neither sent back nor a reason to reject. */
static void put_findings(card *c) {
    const json *list = json_get(json_get(c->row, "provenance"), "findings");
    for (uint32_t i = 0; list && list->kind == JSON_ARRAY && i < list->n; i++) {
        const json *f = &list->item[i];
        str rule = json_str(f, "rule"), field = json_str(f, "field"), message = json_str(f, "message");
        str line = str_printf(c->mem, STR_FMT "%s" STR_FMT ": " STR_FMT, STR_ARG(rule), field.n ? ", " : "",
                              STR_ARG(field), STR_ARG(message));
        if (i == 0) buf_char(c->out, '\n');
        put_wrapped(c, INK_DIM, clean_line(c, line), 0, INDENT);
        buf_char(c->out, '\n');
    }
}

void card_render(const population *p, const record *r, const json *row, uint32_t columns, bool color,
                 buf *out) {
    card c = {.p = p, .r = r, .row = row, .mem = arena_new(0), .color = color, .out = out};
    c.columns = columns == 0 ? USUAL : columns < NARROWEST ? NARROWEST : columns;
    c.shown = arena_new_of(c.mem, bool, p->leaves + 1);
    put_title(&c);
    put_columns(&c);
    c.label = label_width(&c);
    put_facts(&c, 0, p->drawn_nodes);
    put_facts(&c, p->drawn_nodes, p->nodes);
    put_lists(&c);
    put_links(&c);
    put_texts(&c);
    put_findings(&c);
    arena_free(c.mem);
}

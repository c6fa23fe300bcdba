/* rule_page.h: pages of rules and texts, read as a test: docs/rules.md, and tests/texts/KIND.md.
 *
 *     ```yaml              a population, if it begins with `populace:`; else rules over the last population
 *         given    FIELD: VALUE      sets a value as a model would write it; of a text what follows, \n a line
 * break passes   FIELD: TEXT       sets it too: no rule of the block objects objects  FIELD: TEXT       some
 * rule of the block objects
 *
 * Other lines are for readers. Values stay until the next block.
 */
#ifndef POP_TESTS_RULE_PAGE_H
#define POP_TESTS_RULE_PAGE_H

#include "tests/unit/validators_kit.h"

typedef struct page {
    const char *path;
    buf population, rules;
    rig x;
    bool open;
    size_t line, wrong;
    size_t examples, passed, objected; /* blocks of rules; lines */
} page;

KIT void page_begin(page *g) {
    if (g->open || !g->rules.n) return;
    buf rows = {0}, head = {0};
    str line, rest, text = buf_view(&g->rules);
    buf_z(&rows, g->rules.p[0] == '#' ? "rules: {}\n" : "rules:\n");
    while (text.n) {
        rest = STR("");
        str_cut(text, '\n', &line, &rest);
        if (line.n) buf_printf(&rows, "  " STR_FMT "\n", STR_ARG(line));
        text = rest;
    }
    buf_char(&rows, 0);
    buf_str(&head, buf_view(&g->population));
    buf_char(&head, 0);
    rig_open(&g->x, head.p, rows.p);
    buf_free(&rows);
    buf_free(&head);
    g->open = true;
    g->examples++;
}

KIT void page_end(page *g) {
    if (g->open) rig_close(&g->x);
    g->open = false;
    buf_reset(&g->rules);
}

/* \n becomes a line break. */
KIT char *page_text(page *g, str text) {
    char *out = arena_new_of(g->x.mem, char, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool breaks = text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == 'n';
        out[n++] = breaks ? '\n' : text.p[i];
        i += breaks;
    }
    return out;
}

/* A rule of the block; or what needs no rule and stands there as a comment, "# report.loops". */
KIT bool page_asks(const page *g, str id) {
    for (uint32_t i = 0; i < g->x.p->rules; i++)
        if (str_eq(g->x.p->rule[i].id, id)) return true;
    buf b = {0};
    buf_printf(&b, "# " STR_FMT "\n", STR_ARG(id));
    buf_char(&b, 0);
    bool asks = holds_text(buf_view(&g->rules), b.p);
    buf_free(&b);
    return asks;
}

/* "objects  field: text". A line that is wrong is printed and counted, so that one run shows all. */
KIT void page_follow(page *g, str line) {
    str word = {0}, field = {0}, text = {0}, rest = {0};
    page_begin(g);
    if (!g->open || !str_cut(str_trim(line), ' ', &word, &rest) || !str_cut(str_trim(rest), ':', &field, &text))
        fail_msg("%s:%zu: cannot read: " STR_FMT, g->path, g->line, STR_ARG(line));
    const node *n = rig_node(&g->x, str_z(g->x.mem, field));
    bool plain = (n->kind == K_TEXT || n->kind == K_TEMPLATE) && !n->is_list;
    text = str_trim(text);
    rig_set(&g->x, str_z(g->x.mem, field), plain ? page_text(g, text) : str_z(g->x.mem, text));
    if (str_is(word, "given")) return;
    bool wanted = str_is(word, "objects");
    assert_true(wanted || str_is(word, "passes"));
    size_t objections = 0;
    rig_check(&g->x);
    for (size_t i = 0; i < g->x.found.n; i++) objections += page_asks(g, g->x.found.row[i].rule);
    if ((objections > 0) != wanted) {
        rig_print(&g->x);
        print_message("%s:%zu: %s to: " STR_FMT "\n", g->path, g->line,
                      wanted ? "no rule objects" : "a rule objects", STR_ARG(text));
        g->wrong++;
    }
    g->passed += !wanted;
    g->objected += wanted;
}

KIT void page_read(page *g, str text) {
    bool inside = false, head = false;
    str line, rest;
    for (bool more = true; more; text = rest) {
        rest = STR("");
        more = str_cut(text, '\n', &line, &rest);
        g->line++;
        if (inside && str_starts(line, "```")) {
            inside = false;
        } else if (inside) {
            buf *to = head ? &g->population : &g->rules;
            buf_str(to, line);
            buf_char(to, '\n');
        } else if (str_starts(line, "```yaml")) {
            page_end(g);
            inside = true;
            head = str_starts(rest, "populace:");
            if (head) buf_reset(&g->population);
        } else if (str_starts(line, "    ")) {
            page_follow(g, line);
        }
    }
    page_end(g);
    if (g->wrong) fail_msg("%s: %zu lines are not so", g->path, g->wrong);
    buf_free(&g->population);
    buf_free(&g->rules);
}

/* A page of the repository; the caller frees text. */
KIT void page_open(page *g, const char *name, buf *text) {
    static char path[4096];
    err e = {0};
    snprintf(path, sizeof path, "%s/%s", getenv("POP_ROOT") ? getenv("POP_ROOT") : ".", name);
    *g = (page){.path = path};
    if (!file_read(path, 1 << 20, text, &e)) fail_msg("%s", e.text);
    page_read(g, buf_view(text));
}

#endif

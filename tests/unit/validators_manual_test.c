/* The manual's page on rules: its population loads, every example compiles, lets pass and objects as the page
 * says; and every kind has a section. */
#include "tests/unit/validators_kit.h"

typedef struct page {
    buf text, population, rules;
    rig x;
    bool open;
    size_t examples, passed, objected;
} page;

static void begin(page *g) {
    if (g->open || !g->rules.n) return;
    buf rows = {0};
    str line, rest, text = buf_view(&g->rules);
    buf_z(&rows, "rules:\n");
    while (text.n) {
        rest = STR("");
        str_cut(text, '\n', &line, &rest);
        if (line.n) buf_printf(&rows, "  " STR_FMT "\n", STR_ARG(line));
        text = rest;
    }
    buf_char(&rows, 0);
    rig_open(&g->x, g->population.p, rows.p);
    buf_free(&rows);
    g->open = true;
    g->examples++;
}

static void end(page *g) {
    if (g->open) rig_close(&g->x);
    g->open = false;
    buf_reset(&g->rules);
}

static size_t objections(page *g) {
    size_t n = 0;
    rig_check(&g->x);
    for (uint32_t i = 0; i < g->x.p->rules; i++) n += rig_count(&g->x, str_z(g->x.mem, g->x.p->rule[i].id));
    return n;
}

/* "    objects  field: text" */
static void follow(page *g, str line) {
    str word = {0}, field = {0}, text = {0}, rest = {0};
    begin(g);
    if (!g->open || !str_cut(str_trim(line), ' ', &word, &rest) || !str_cut(str_trim(rest), ':', &field, &text))
        fail_msg("cannot read: " STR_FMT, STR_ARG(line));
    rig_set(&g->x, str_z(g->x.mem, field), str_z(g->x.mem, str_trim(text)));
    if (str_is(word, "given")) return;
    bool wanted = str_is(word, "objects");
    assert_true(wanted || str_is(word, "passes"));
    if ((objections(g) > 0) != wanted) {
        rig_print(&g->x);
        fail_msg("the page is wrong: " STR_FMT, STR_ARG(line));
    }
    g->passed += !wanted;
    g->objected += wanted;
}

static void read_page(page *g) {
    bool inside = false;
    str line, rest, text = buf_view(&g->text);
    for (bool more = true; more; text = rest) {
        rest = STR("");
        more = str_cut(text, '\n', &line, &rest);
        bool first = !g->population.n || g->population.p[g->population.n - 1];
        if (inside && str_starts(line, "```")) {
            inside = false;
            if (first) buf_char(&g->population, 0);
        } else if (inside) {
            buf_str(first ? &g->population : &g->rules, line);
            buf_char(first ? &g->population : &g->rules, '\n');
        } else if (str_starts(line, "```yaml")) {
            end(g);
            inside = true;
        } else if (str_starts(line, "    ")) {
            follow(g, line);
        }
    }
    end(g);
}

static void the_page_is_true(void **state) {
    (void)state;
    page g = {0};
    err e = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/rules.md", getenv("POP_ROOT") ? getenv("POP_ROOT") : ".");
    if (!file_read(path, 1 << 20, &g.text, &e)) fail_msg("%s", e.text);
    read_page(&g);
    size_t kinds = 0;
    for (; rule_table[kinds]; kinds++) {
        char title[64];
        snprintf(title, sizeof title, "\n## %s\n", rule_table[kinds]->name);
        if (!holds_text(buf_view(&g.text), title)) fail_msg("no section about %s", rule_table[kinds]->name);
    }
    assert_int_equal(g.examples, kinds);
    assert_true(g.passed >= kinds && g.objected >= kinds);
    buf_free(&g.text);
    buf_free(&g.population);
    buf_free(&g.rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

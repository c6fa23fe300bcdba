/* The manual's page on rules: its population loads, every example compiles, lets pass and objects as the page
 * says; and every kind has a section. */
#include "tests/unit/rule_page.h"

static void the_page_is_true(void **state) {
    (void)state;
    page g;
    buf text = {0};
    page_open(&g, "docs/rules.md", &text);
    size_t kinds = 0;
    for (; rule_table[kinds]; kinds++) {
        char title[64];
        snprintf(title, sizeof title, "\n## %s\n", rule_table[kinds]->name);
        if (!holds_text(buf_view(&text), title)) fail_msg("no section about %s", rule_table[kinds]->name);
    }
    assert_int_equal(g.examples, kinds);
    assert_true(g.passed >= kinds && g.objected >= kinds);
    buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

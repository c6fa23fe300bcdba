/* tests/texts/: for each kind of rule that reads texts, texts that come near: what it has to object to, and
 * what it has to let pass. The environment variable POP_TEXTS names one page to be read alone. */
#include "tests/unit/rule_page.h"

#define TEXTS_LEAST  30u /* a page */
#define EITHER_LEAST 10u

static const char *const pages[] = {"consistent-age",
                                    "consistent-grade",
                                    "consistent-gender",
                                    "consistent-name",
                                    "consistent-zh",
                                    "consistent-en",
                                    "states",
                                    "mentions",
                                    "bans",
                                    "pattern",
                                    "language",
                                    "leak",
                                    "reading",
                                    "echo",
                                    "lua",
                                    "loops",
                                    "ending",
                                    "values",
                                    "limits",
                                    NULL};

static void page_is_true(void **state) {
    const char *name = *state;
    char path[256];
    page g;
    buf text = {0};
    snprintf(path, sizeof path, "tests/texts/%s.md", name);
    page_open(&g, path, &text);
    buf_free(&text);
    if (!strcmp(name, "limits")) return; /* what the manual says that no rule sees */
    assert_true(g.passed + g.objected >= TEXTS_LEAST);
    assert_true(g.passed >= EITHER_LEAST && g.objected >= EITHER_LEAST);
}

int main(void) {
    struct CMUnitTest test[COUNT_OF(pages)] = {0};
    size_t n = 0;
    for (const char *const *name = pages; *name; name++) {
        const char *only = getenv("POP_TEXTS");
        if (only && strcmp(only, *name) != 0) continue;
        test[n] = (struct CMUnitTest){.name = *name, .test_func = page_is_true};
        test[n++].initial_state = (void *)(uintptr_t)*name;
    }
    return _cmocka_run_group_tests("texts", test, n, NULL, NULL);
}

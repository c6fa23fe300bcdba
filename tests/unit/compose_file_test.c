/* compose_file_test.c: TEXT and FILE, and what {{> }} takes in. */
#include "tests/unit/compose_fixture.h"

static str text_of(const char *path, bool fills) {
    str s = {0};
    if (!compose_file_text(&fx.p, at(fx.p.composed->top, path), fills, &fx.d, &s)) return STR("(none)");
    return s;
}

static void assert_fills(const char *text, const char *want) {
    put("prompts/p.md", text);
    assert_non_null(compose_text_of("facets: {f: {prompt: prompts/p.md}}\n"));
    assert_string_equal(str_z(fx.mem, text_of("facets.f.prompt", true)), want);
    assert_int_equal(fx.d.n, 0);
}

static const diag *refused(const char *text, diag_code code) {
    put("prompts/p.md", text);
    assert_non_null(compose_text_of("facets: {f: {prompt: prompts/p.md}}\n"));
    assert_string_equal(str_z(fx.mem, text_of("facets.f.prompt", true)), "(none)");
    return only_error(code, 0, 0);
}

static void text_by_locale(void **state) {
    (void)state;
    const tree *t =
        compose_text_of("label: {en: one, zh: \xE4\xB8\x80, en-GB: wun}\nplain: x\nlist: [x]\nnot: ~\n");
    assert_true(str_is(compose_text(&fx.p, tree_get(t, "label"), &fx.d), "one"));
    assert_true(str_is(compose_text(&fx.p, tree_get(t, "plain"), &fx.d), "x"));
    fx.p.locale = STR("en-GB");
    assert_true(str_is(compose_text(&fx.p, tree_get(t, "label"), &fx.d), "wun"));
    fx.p.locale = STR("en-US");
    assert_true(str_is(compose_text(&fx.p, tree_get(t, "label"), &fx.d), "one"));
    fx.p.locale = STR("zh_Hant");
    assert_true(str_is(compose_text(&fx.p, tree_get(t, "label"), &fx.d), "\xE4\xB8\x80"));
    assert_int_equal(fx.d.n, 0);
    fx.p.locale = STR("fr");
    assert_int_equal(compose_text(&fx.p, tree_get(t, "label"), &fx.d).n, 0);
    only_error(DIAG_P03, 1, 8);
    compose_text(&fx.p, tree_get(t, "list"), &fx.d);
    compose_text(&fx.p, tree_get(t, "not"), &fx.d);
    assert_int_equal(fx.d.errors, 3);
    assert_int_equal(fx.d.row[2].code, DIAG_P03);
}

static void a_file_or_its_own_text(void **state) {
    (void)state;
    put("a.txt", "from the file\r\n");
    assert_non_null(
        compose_text_of("a: a.txt\nb: \"own\\ntext\"\nc: {en: a.txt, de: gone.txt}\nd: own text\n"));
    assert_true(str_is(text_of("a", false), "from the file\r\n"));
    assert_true(str_is(text_of("b", false), "own\ntext"));
    assert_true(str_is(text_of("c", false), "from the file\r\n"));
    assert_int_equal(fx.d.n, 0);
    assert_true(str_is(text_of("d", false), "(none)"));
    only_error(DIAG_P05, 4, 4);
}

static void files_are_text(void **state) {
    (void)state;
    put("bom.txt", "\xEF\xBB\xBF"
                   "e\xCC\x81");
    put("bad.txt", "fine\nfi\xC3\xA9\xE9\n");
    assert_non_null(compose_text_of("a: bom.txt\nb: bad.txt\n"));
    assert_true(str_is(text_of("a", false), "\xC3\xA9"));
    assert_true(str_is(text_of("b", false), "(none)"));
    assert_string_equal(only_error(DIAG_P01, 2, 4)->file.p, "bad.txt");
}

static void a_prompt_takes_in_files(void **state) {
    (void)state;
    put("prompts/part.md", "PART {{age}}\n");
    put("prompts/more/outer.md", "[{{> inner.md }}]");
    put("prompts/more/inner.md", "inner\n\n");
    put("prompts/cr.md", "one\r\n");
    assert_fills("a\n{{> part.md}}\n---\nb\n", "a\nPART {{age}}\n---\nb\n");
    assert_fills("{{>more/outer.md}}{{>  part.md  }}", "[inner\n]PART {{age}}");
    assert_fills("a\r\n{{> cr.md}}\r\n---\r\n", "a\none\n---\n");
    assert_fills("\\{{> part.md}} {{x}}", "\\{{> part.md}} {{x}}");
    assert_fills("{{> ../prompts/part.md}}", "PART {{age}}");
    assert_non_null(compose_text_of("p: |\n  {{> prompts/part.md}}\n  ---\n"));
    assert_true(str_is(text_of("p", true), "PART {{age}}\n---\n"));
    assert_true(str_is(text_of("p", false), "{{> prompts/part.md}}\n---\n"));
}

static void what_a_prompt_does_not_take_in(void **state) {
    (void)state;
    put("prompts/line.md", "a\n---\nb\n");
    put("prompts/line2.md", "a\r\n---\r\n");
    put("prompts/line3.md", "x --- y\n ---\n----\n");
    put("prompts/loop.md", "{{> loop2.md}}");
    put("prompts/loop2.md", "{{> loop.md}}");
    assert_string_equal(refused("x\n  {{> line.md}}\n", DIAG_P12)->value.p, "line.md");
    assert_int_equal(fx.d.row[0].line, 2);
    assert_int_equal(fx.d.row[0].column, 3);
    assert_string_equal(fx.d.row[0].file.p, "prompts/p.md");
    refused("{{> line2.md}}", DIAG_P12);
    assert_fills("{{> line3.md}}", "x --- y\n ---\n----");
    assert_string_equal(refused("{{> loop.md}}", DIAG_P05)->file.p, "prompts/loop2.md");
    refused("{{> p.md}}", DIAG_P05);
    refused("{{> gone.md}}", DIAG_P05);
    refused("{{> ../../x.md}}", DIAG_P05);
    refused("{{> }}", DIAG_P05);
    refused("{{> part.md", DIAG_P12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_by_locale),
        cmocka_unit_test(a_file_or_its_own_text),
        cmocka_unit_test(files_are_text),
        cmocka_unit_test(a_prompt_takes_in_files),
        cmocka_unit_test(what_a_prompt_does_not_take_in),
    };
    return cmocka_run_group_tests_name("compose_file", tests, fixture_open, fixture_close);
}

/* compose_yaml_test.c: YAML and JSON into trees: scalars, nothing, keys, aliases, limits, places. */
#include "tests/unit/compose_fixture.h"

static void scalars_are_their_text(void **state) {
    (void)state;
    const tree *t =
        compose_text_of("a: no\nb: 010\nc: 1_000\nd: 12:30\ne: \"1.50\"\nf: 'true'\ng: |\n  two\n  lines\n");
    assert_shows(t, "{a:no,b:010,c:1_000,d:12:30,e:1.50,f:true,g:two\nlines\n}");
    assert_true(at(t, "e")->number);
    assert_false(at(t, "b")->number);
    assert_false(at(t, "c")->number);
}

static void numbers_read_as_json_numbers(void **state) {
    (void)state;
    static const char *const yes[] = {"0", "-0", "12", "1.5", "-3.25", "1e9", "2E-3", "10.0e+2"};
    static const char *const no[] = {"",   "-",   "01", "+1",     ".5",  "1.",
                                     "1e", "0x1", "1 ", "18..70", "1,5", "inf"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) assert_true(tree_is_number(str_of(yes[i])));
    for (size_t i = 0; i < COUNT_OF(no); i++) assert_false(tree_is_number(str_of(no[i])));
}

static void nothing_has_three_forms_quoted_or_not(void **state) {
    (void)state;
    const tree *t = compose_text_of("a: ~\nb: null\nc:\nd: \"\"\ne: 'null'\nf: '~'\ng: Null\nh: {a: ~, b: }\n");
    assert_shows(t, "{a:~,b:~,c:~,d:~,e:~,f:~,g:Null,h:{a:~,b:~}}");
    assert_true(at(t, "d")->nothing);
    assert_false(at(t, "g")->nothing);
}

static void keys_that_are_nothing_are_one_key(void **state) {
    (void)state;
    assert_shows(compose_text_of("a: {null: 1}\nb: {\"\": 2}\n"), "{a:{~:1},b:{~:2}}");
    assert_null(compose_text_of("a: {null: 1, ~: 2}\n"));
    only_error(DIAG_P02, 1, 14);
}

static void text_is_nfc(void **state) {
    (void)state;
    const tree *t = compose_text_of("cafe\xCC\x81: e\xCC\x81\n");
    assert_text(tree_get(t, "caf\xC3\xA9"), "\xC3\xA9");
}

static void a_json_twin_is_the_same_tree(void **state) {
    (void)state;
    put("p.json",
        "{\"a\": {\"number\": \"18..70\", \"step\": 1}, \"b\": [true, false, null, 1.50], \"c\": \"x\\ny\"}");
    const tree *j = compose_in("p.json");
    assert_shows(j, "{a:{number:18..70,step:1},b:[true,false,~,1.50],c:x\ny}");
    assert_true(at(j, "a.step")->number);
    assert_int_equal(at(j, "a.step")->column, 36);
    put("p.yaml", "  \n{\"a\": 1}\n");
    assert_shows(compose_in("p.yaml"), "{a:1}");
}

static void json_faults_have_a_place(void **state) {
    (void)state;
    put("p.json", "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}");
    assert_null(compose_in("p.json"));
    assert_string_equal(str_z(fx.mem, only_error(DIAG_P02, 3, 2)->value), "\"a\"");
    put("p.json", "{\"a\": tru}");
    assert_null(compose_in("p.json"));
    only_error(DIAG_P01, 1, 7);
    put("p.json", "{\"a\": 1} x");
    assert_null(compose_in("p.json"));
    only_error(DIAG_P01, 1, 10);
    put("p.json", "{\"caf\\u00e9\": 1, \"cafe\\u0301\": 2}");
    assert_null(compose_in("p.json"));
    only_error(DIAG_P02, 1, 18);
}

static void a_key_twice_names_the_first(void **state) {
    (void)state;
    assert_null(compose_text_of("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n"));
    const diag *r = only_error(DIAG_P02, 5, 3);
    assert_string_equal(str_z(fx.mem, r->text), "key `c` twice; first in line 3, column 3");
    buf b = {0};
    for (int i = 0; i < 500; i++) buf_printf(&b, "k%d: %d\n", i, i);
    buf_z(&b, "k17: x\n");
    put_bytes("p.yaml", buf_view(&b));
    buf_free(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P02, 501, 1);
}

static void long_mappings_are_found(void **state) {
    (void)state;
    for (int n = 30; n < 300; n++) {
        buf b = {0};
        char key[16];
        for (int i = 0; i < n; i++) buf_printf(&b, "k%d: %d\n", i, i);
        put_bytes("p.yaml", buf_view(&b));
        buf_free(&b);
        const tree *t = compose_in("p.yaml");
        for (int i = 0; i <= n; i++) {
            snprintf(key, sizeof key, "k%d", i);
            assert_true(tree_get(t, key) == (i < n ? t->member[i].value : NULL));
        }
    }
}

static void a_comma_inside_braces_is_seen(void **state) {
    (void)state;
    assert_null(compose_text_of("a: {text: {}, hint: a life so far, told to a stranger}\n"));
    const diag *r = only_error(DIAG_P02, 1, 36);
    assert_string_equal(str_z(fx.mem, r->value), "told to a stranger");
    assert_string_equal(str_z(fx.mem, r->hint), HINT_COMMA);
    assert_null(compose_text_of("a: {\xC3\xA9: \xC3\xA9,\n  # b: c\n  x # : \n }\n"));
    only_error(DIAG_P02, 3, 3);
    assert_null(compose_text_of("a: {b:1}\n"));
    assert_string_equal(str_z(fx.mem, only_error(DIAG_P02, 1, 5)->hint), "a colon needs a space behind it");
    assert_shows(compose_text_of("a: {b: , c: ~, \"d\":}\n"), "{a:{b:~,c:~,d:~}}");
    assert_shows(compose_text_of("a: [x, y]\nb: {? c : 1}\n"), "{a:[x,y],b:{c:1}}");
}

static void what_yaml_allows_and_we_do_not(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        diag_code code;
        uint32_t line, col;
    } cases[] = {
        {"a: !!str 1\n", DIAG_P01, 1, 4},
        {"a: !mine {b: 1}\n", DIAG_P01, 1, 4},
        {"a: ! x\n", DIAG_P01, 1, 4},
        {"a: &x {b: 1}\nc:\n  <<: *x\n", DIAG_P02, 3, 3},
        {"? [a, b]\n: 1\n", DIAG_P02, 1, 3},
        {"a: 1\n---\nb: 2\n", DIAG_P01, 2, 1},
        {"a: *nobody\n", DIAG_P01, 1, 4},
        {"a: &x [*x]\n", DIAG_P01, 1, 8},
        {"- a\n", DIAG_P01, 1, 1},
        {"", DIAG_P01, 1, 1},
        {"# nothing\n", DIAG_P01, 1, 1},
        {"a: [1\nb: 2\n", DIAG_P01, 2, 2},
        {"a:\n\t- b\n", DIAG_P01, 2, 1},
        {"a: b: c\n", DIAG_P01, 1, 5},
        {"a: \"x\\x01y\"\n", DIAG_P01, 1, 4},
        {"a: \"x\\0y\"\n", DIAG_P01, 1, 4},
        {"a: 1\nb\x01: 2\n", DIAG_P01, 2, 2},
        {"a: 1\nb: \xFF\n", DIAG_P01, 2, 4},
        {"a: \xC3\xA9\xC3\n", DIAG_P01, 1, 5},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_null(compose_text_of(cases[i].yaml));
        only_error(cases[i].code, cases[i].line, cases[i].col);
    }
}

static void utf16_is_not_read(void **state) {
    (void)state;
    put_bytes("p.yaml", (str){"\xFF\xFE"
                              "a\0:\0 \0"
                              "1\0",
                              10});
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 1, 1);
}

static void a_bom_and_crlf_do_not_count(void **state) {
    (void)state;
    assert_shows(compose_text_of("\xEF\xBB\xBF"
                                 "a: 1\r\nb: |\r\n  x\r\n  y\r\n"),
                 "{a:1,b:x\ny\n}");
}

static void aliases_are_expanded(void **state) {
    (void)state;
    const tree *t = compose_text_of("a: &x {b: [1, 2]}\nc: *x\nd: [*x, &y z, *y]\n");
    assert_shows(t, "{a:{b:[1,2]},c:{b:[1,2]},d:[{b:[1,2]},z,z]}");
}

static void aliases_count_as_what_they_stand_for(void **state) {
    (void)state;
    buf b = {0};
    buf_z(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&b, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++) buf_printf(&b, "%s*a%d", j ? ", " : "", i - 1);
        buf_z(&b, "]\n");
    }
    put_bytes("p.yaml", buf_view(&b));
    buf_reset(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
    buf_z(&b, "a: &a ");
    for (size_t i = 0; i < (1 << 20); i++) buf_char(&b, 'x');
    buf_z(&b, "\nb: [");
    for (int i = 0; i < 20; i++) buf_printf(&b, "%s*a", i ? ", " : "");
    buf_z(&b, "]\n");
    put_bytes("p.yaml", buf_view(&b));
    buf_reset(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
    buf_z(&b, "a: &a ");
    for (size_t i = 0; i < (1 << 20); i++) buf_char(&b, 'x');
    buf_z(&b, "\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"); /* 21 in all: aliases of aliases count */
    put_bytes("p.yaml", buf_view(&b));
    buf_free(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
}

static void put_nested(const char *name, int levels, const char *inner) {
    buf b = {0};
    for (int i = 0; i < levels; i++) buf_z(&b, "{\"a\": ");
    buf_z(&b, inner);
    for (int i = 0; i < levels; i++) buf_char(&b, '}');
    put_bytes(name, buf_view(&b));
    buf_free(&b);
}

static void sixty_four_levels_are_the_most(void **state) {
    (void)state;
    put_nested("p.yaml", 64, "1");
    assert_non_null(compose_in("p.yaml"));
    put_nested("p.yaml", 65, "1");
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
    buf b = {0};
    buf_z(&b, "a: ");
    for (int i = 0; i < 63; i++) buf_char(&b, '[');
    buf_z(&b, "x");
    for (int i = 0; i < 63; i++) buf_char(&b, ']');
    put_bytes("p.yaml", buf_view(&b));
    assert_non_null(compose_in("p.yaml"));
    buf_reset(&b);
    buf_z(&b, "x: &x [[1]]\na: ");
    for (int i = 0; i < 62; i++) buf_char(&b, '[');
    buf_z(&b, "*x");
    for (int i = 0; i < 62; i++) buf_char(&b, ']');
    put_bytes("p.yaml", buf_view(&b));
    buf_free(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
}

static void put_list(const char *name, const char *head, uint32_t n, const char *item) {
    buf b = {0};
    buf_z(&b, head);
    for (uint32_t i = 0; i < n; i++) buf_printf(&b, "%s%s", i ? "," : "", item);
    buf_z(&b, "]}");
    put_bytes(name, buf_view(&b));
    buf_free(&b);
}

static void two_hundred_thousand_nodes_are_the_most(void **state) {
    (void)state;
    put_list("p.yaml", "--- {a: [", MOST_NODES - 2, "x"); /* and the two around them */
    assert_non_null(compose_in("p.yaml"));
    put_list("p.yaml", "--- {a: [", MOST_NODES - 1, "x");
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
    put_list("p.json", "{\"a\": [", MOST_NODES - 2, "1");
    assert_non_null(compose_in("p.json"));
    put_list("p.json", "{\"a\": [", MOST_NODES - 1, "1");
    assert_null(compose_in("p.json"));
    only_error(DIAG_P01, 0, 0);
}

static void sixteen_megabytes_are_the_most(void **state) {
    (void)state;
    buf b = {0};
    buf_z(&b, "a: ");
    buf_reserve(&b, MOST_BYTES + 16);
    memset(b.p + b.n, 'x', MOST_BYTES);
    b.n += MOST_BYTES;
    put_bytes("p.yaml", buf_view(&b));
    buf_free(&b);
    assert_null(compose_in("p.yaml"));
    only_error(DIAG_P01, 0, 0);
}

static void nodes_know_their_place(void **state) {
    (void)state;
    const tree *t = compose_text_of("a:\n  \xC3\xA9\xC3\xA9: 1\nb: [x, {c: d}]\n");
    const tree *list = at(t, "b");
    assert_int_equal(list->line, 3);
    assert_int_equal(list->column, 4);
    assert_int_equal(list->item[1]->member[0].column, 9);
    assert_int_equal(at(t, "a")->member[0].value->column, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_their_text),
        cmocka_unit_test(numbers_read_as_json_numbers),
        cmocka_unit_test(nothing_has_three_forms_quoted_or_not),
        cmocka_unit_test(keys_that_are_nothing_are_one_key),
        cmocka_unit_test(text_is_nfc),
        cmocka_unit_test(a_json_twin_is_the_same_tree),
        cmocka_unit_test(json_faults_have_a_place),
        cmocka_unit_test(a_key_twice_names_the_first),
        cmocka_unit_test(long_mappings_are_found),
        cmocka_unit_test(a_comma_inside_braces_is_seen),
        cmocka_unit_test(what_yaml_allows_and_we_do_not),
        cmocka_unit_test(utf16_is_not_read),
        cmocka_unit_test(a_bom_and_crlf_do_not_count),
        cmocka_unit_test(aliases_are_expanded),
        cmocka_unit_test(aliases_count_as_what_they_stand_for),
        cmocka_unit_test(sixty_four_levels_are_the_most),
        cmocka_unit_test(two_hundred_thousand_nodes_are_the_most),
        cmocka_unit_test(sixteen_megabytes_are_the_most),
        cmocka_unit_test(nodes_know_their_place),
    };
    return cmocka_run_group_tests_name("compose_yaml", tests, fixture_open, fixture_close);
}

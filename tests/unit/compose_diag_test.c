/* compose_diag_test.c: rows of what is wrong: kept, sorted, folded into one error; unknown keys. */
#include "tests/unit/compose_fixture.h"

static tree place_in_line(uint32_t line) {
    return (tree){.line = line, .column = 1};
}

static void names_and_titles(void **state) {
    (void)state;
    assert_string_equal(diag_name(DIAG_P01), "P01");
    assert_string_equal(diag_name(DIAG_Q03), "Q03");
    assert_string_equal(diag_name(DIAG_W00), "W00");
    assert_string_equal(diag_title(DIAG_P06), "cycle");
}

static void rows_hold_place_value_and_hint(void **state) {
    (void)state;
    assert_null(compose_text_of("a: 1\nb: [\n"));
    diags d;
    diags_init(&d);
    compose_text_of("a: 1\n");
    tree at_a = {.file = 0, .line = 1, .column = 4};
    assert_false(
        diag_at(&fx.p, &d, DIAG_P07, &at_a, STR("scool"), "did you mean `school`?", "no value `%s`", "scool"));
    assert_false(diag_at(&fx.p, &d, DIAG_P07, NULL, STR(""), NULL, "no place"));
    assert_int_equal(d.n, 2);
    assert_string_equal(d.row[0].file.p, path_in("p.yaml"));
    assert_string_equal(d.row[0].value.p, "scool");
    assert_string_equal(d.row[0].text.p, "no value `scool`");
    assert_string_equal(d.row[0].hint.p, "did you mean `school`?");
    assert_int_equal(d.row[1].file.n, 0);
    assert_int_equal(d.row[1].line, 0);
    diags_free(&d);
}

static void what_repeats_is_said_once(void **state) {
    (void)state;
    diags d;
    diags_init(&d);
    for (int i = 0; i < 3; i++) {
        tree here = place_in_line(7);
        diag_at(NULL, &d, DIAG_P04, &here, STR("x"), NULL, "unknown");
    }
    tree other = place_in_line(8);
    diag_at(NULL, &d, DIAG_P04, &other, STR("x"), NULL, "unknown");
    assert_int_equal(d.n, 2);
    assert_int_equal(d.errors, 2);
    diags_free(&d);
}

static void a_hundred_are_kept_and_errors_before_warnings(void **state) {
    (void)state;
    diags d;
    diags_init(&d);
    for (uint32_t i = 1; i <= 130; i++) {
        tree here = place_in_line(i);
        diag_at(NULL, &d, DIAG_W00, &here, STR(""), NULL, "a warning");
    }
    assert_int_equal(d.n, 100);
    assert_int_equal(d.dropped, 30);
    assert_int_equal(d.errors, 0);
    assert_true(diags_err(&d, NULL));
    tree here = place_in_line(200);
    diag_at(NULL, &d, DIAG_P02, &here, STR(""), NULL, "an error");
    assert_int_equal(d.n, 100);
    assert_int_equal(d.errors, 1);
    err e;
    assert_false(diags_err(&d, &e));
    assert_int_equal(e.code, ERR_POPULATION);
    diags_free(&d);
}

static void errors_come_first_then_by_place(void **state) {
    (void)state;
    static const struct {
        diag_code code;
        uint32_t line;
    } in[] = {{DIAG_W00, 1}, {DIAG_W00, 2}, {DIAG_P09, 9}, {DIAG_P02, 3}, {DIAG_W00, 0}, {DIAG_P04, 3}};
    static const uint32_t want[] = {3, 3, 9, 0, 1, 2};
    diags d;
    diags_init(&d);
    for (size_t i = 0; i < COUNT_OF(in); i++) {
        tree here = place_in_line(in[i].line);
        diag_at(NULL, &d, in[i].code, &here, STR(""), NULL, "%zu", i);
    }
    diags_sort(&d);
    for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(d.row[i].line, want[i]);
    assert_int_equal(d.row[0].code, DIAG_P02); /* stable within a place */
    diags_free(&d);
}

static void the_first_error_is_the_error(void **state) {
    (void)state;
    diags d;
    diags_init(&d);
    compose_text_of("a: 1\n");
    tree here = {.line = 3, .column = 5};
    diag_at(&fx.p, &d, DIAG_W00, &here, STR(""), NULL, "a warning");
    diag_at(&fx.p, &d, DIAG_Q01, &here, STR("86"), "make them 100", "shares sum to %d", 110);
    diag_at(&fx.p, &d, DIAG_P09, &here, STR(""), NULL, "more");
    err e = {0};
    assert_false(diags_err(&d, &e));
    assert_int_equal(e.code, ERR_PLAN);
    assert_string_equal(e.text,
                        str_z(fx.mem, str_printf(fx.mem, "%s:3:5: Q01 shares sum to 110: `86` (and 1 more)",
                                                 path_in("p.yaml"))));
    assert_string_equal(e.hint, "make them 100");
    diags_free(&d);
}

static void long_values_are_cut_at_a_code_point(void **state) {
    (void)state;
    diags d;
    diags_init(&d);
    buf b = {0};
    buf_char(&b, 'x');
    for (int i = 0; i < 200; i++) buf_z(&b, "\xC3\xA9");
    diag_at(NULL, &d, DIAG_P03, NULL, buf_view(&b), NULL, "long");
    buf_free(&b);
    assert_true(d.row[0].value.n <= 123);
    assert_true(text_valid(d.row[0].value));
    assert_true(str_ends(d.row[0].value, "..."));
    diags_free(&d);
}

static void unknown_keys_name_the_nearest(void **state) {
    (void)state;
    static const char *const keys[] = {"number", "unit", "step", NULL};
    const tree *t = compose_text_of("age:\n  number: 1..9\n  unt: years\n  zzzzzz: 1\n  note: fine\n");
    assert_false(tree_only(&fx.p, &fx.d, at(t, "age"), "attribute", keys));
    assert_int_equal(fx.d.n, 2);
    assert_int_equal(fx.d.row[0].code, DIAG_P02);
    assert_int_equal(fx.d.row[0].line, 3);
    assert_int_equal(fx.d.row[0].column, 3);
    assert_string_equal(fx.d.row[0].value.p, "unt");
    assert_string_equal(fx.d.row[0].hint.p, "did you mean `unit`?");
    assert_string_equal(fx.d.row[1].hint.p, "possible: number, unit, step");
    t = compose_text_of("age: {number: 1..9, unit: years, source: UN}\n");
    assert_true(tree_only(&fx.p, &fx.d, at(t, "age"), "attribute", keys));
    assert_false(tree_only(&fx.p, &fx.d, at(t, "age.number"), "attribute", keys));
    only_error(DIAG_P03, 1, 15);
}

static void trees_are_put_together(void **state) {
    (void)state;
    tree here = {.file = 0, .folder = 0, .line = 4, .column = 2};
    tree *t = tree_new_map(fx.mem, &here);
    for (int i = 0; i < 20; i++)
        tree_put(fx.mem, t, str_printf(fx.mem, "k%d", i), tree_new_scalar(fx.mem, STR("1.5"), &here));
    tree_put(fx.mem, t, STR("k3"), tree_new_scalar(fx.mem, STR("null"), &here));
    assert_int_equal(t->n, 20);
    assert_true(tree_get(t, "k3")->nothing);
    assert_true(tree_get(t, "k19")->number);
    assert_int_equal(tree_get_str(t, STR("k4"))->line, 4);
    assert_null(tree_get(t, "k20"));
    assert_null(tree_get(NULL, "k"));
    assert_null(tree_get(tree_get(t, "k4"), "k"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_titles),
        cmocka_unit_test(rows_hold_place_value_and_hint),
        cmocka_unit_test(what_repeats_is_said_once),
        cmocka_unit_test(a_hundred_are_kept_and_errors_before_warnings),
        cmocka_unit_test(errors_come_first_then_by_place),
        cmocka_unit_test(the_first_error_is_the_error),
        cmocka_unit_test(long_values_are_cut_at_a_code_point),
        cmocka_unit_test(unknown_keys_name_the_nearest),
        cmocka_unit_test(trees_are_put_together),
    };
    return cmocka_run_group_tests_name("compose_diag", tests, fixture_open, fixture_close);
}

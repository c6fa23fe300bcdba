/* compose_csv_test.c: RFC 4180, and what columns, recode and only make of it. */
#include "tests/unit/compose_fixture.h"

/* "h1|h2/c|c/..." of the CSV at a path, "-" if it was refused. */
static const char *csv_show(const char *path) {
    const csv *c = compose_csv(&fx.p, at(fx.p.composed->top, path), &fx.d);
    if (!c) return "-";
    buf b = {0};
    for (uint32_t j = 0; j < c->columns; j++) buf_printf(&b, "%s" STR_FMT, j ? "|" : "", STR_ARG(c->header[j]));
    for (uint32_t i = 0; i < c->rows; i++)
        for (uint32_t j = 0; j < c->columns; j++)
            buf_printf(&b, "%s" STR_FMT, j ? "|" : "/", STR_ARG(c->row[i][j]));
    char *s = str_z(fx.mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static void assert_reads(const char *bytes, const char *want) {
    put("t.csv", bytes);
    compose_text_of("a: {row: t.csv}\n");
    assert_string_equal(csv_show("a.row"), want);
    assert_int_equal(fx.d.n, 0);
}

static void assert_refuses(const char *bytes, uint32_t line, uint32_t col) {
    put("t.csv", bytes);
    compose_text_of("a: {row: t.csv}\n");
    assert_string_equal(csv_show("a.row"), "-");
    assert_string_equal(only_error(DIAG_P03, line, col)->file.p, "t.csv");
}

static void rows_and_quotes(void **state) {
    (void)state;
    assert_reads("a,b\n1,2\n3,4", "a|b/1|2/3|4");
    assert_reads("\xEF\xBB\xBF"
                 "a,b\r\n1,\r\n\r\n,4\r\n\r\n",
                 "a|b/1|/|4");
    assert_reads("a\rx\ry", "a/x/y");
    assert_reads("\"a\",\"b,c\"\n\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",x\n",
                 "a|b,c/say \"hi\"|two\nlines/|x");
    assert_reads("e\xCC\x81\n\xE4\xB8\xAD\n", "\xC3\xA9/\xE4\xB8\xAD");
    assert_reads(" a , b\n 1 , 2\n", " a | b/ 1 | 2");
    assert_reads("only\n", "only");
}

static void what_is_not_rfc_4180(void **state) {
    (void)state;
    assert_refuses("", 1, 1);
    assert_refuses("\n\n", 3, 1);
    assert_refuses("a,b\n1,2\n3\n", 3, 1);
    assert_refuses("a\n\"x\ny\"\n1,2\n", 4, 1);
    assert_refuses("a,b\n1,x\"y\n", 2, 3);
    assert_refuses("a\n\"x\"y\n", 2, 1);
    assert_refuses("a\n1\n\"open\nand on\n", 3, 1);
}

static void rows_know_their_line(void **state) {
    (void)state;
    put("t.csv", "a,b\n\"1\n1\",2\n\n3,4\n");
    const tree *t = compose_text_of("x: t.csv\n");
    const csv *c = compose_csv(&fx.p, tree_get(t, "x"), &fx.d);
    assert_int_equal(c->rows, 2);
    assert_int_equal(c->line[0], 2);
    assert_int_equal(c->line[1], 5);
    assert_true(str_is(c->path, "t.csv"));
    assert_true(str_is(fx.p.composed->file[c->file], "t.csv"));
    assert_ptr_equal(c, compose_csv(&fx.p, tree_get(t, "x"), &fx.d));
}

/* In characters; commas between quotes are the cell's own. */
static void cells_know_their_column(void **state) {
    (void)state;
    put("t.csv", "a,b,c\n1,\"x, \"\"y\"\"\",3\n\xC3\xA9t\xC3\xA9,2,3\n9,9,9\n");
    const tree *t = compose_text_of("x: {file: t.csv, only: {c: 3}}\n");
    const csv *c = compose_csv(&fx.p, tree_get(t, "x"), &fx.d);
    assert_int_equal(c->rows, 2);
    assert_int_equal(csv_cell_column(c, 0, 0), 1);
    assert_int_equal(csv_cell_column(c, 0, 1), 3);
    assert_int_equal(csv_cell_column(c, 0, 2), 14);
    assert_int_equal(csv_cell_column(c, 1, 1), 5);
    assert_int_equal(csv_cell_column(c, c->rows, 2), 5);
}

static void columns_recode_only(void **state) {
    (void)state;
    put("t.csv", "Age group,Sex,Persons\n0 to 4,M,10\n0 to 4,F,11\nAll ages,M,99\n5 and over,M,\n");
    compose_text_of(
        "a:\n  file: t.csv\n  columns: {Age group: person.age, Persons: count}\n"
        "  recode: {person.age: {0 to 4: 0..4, All ages: ~, 5 and over: 5..99}, count: {\"\": 0}}\n"
        "b: {file: t.csv, only: {Sex: F}}\n"
        "c: {file: t.csv, columns: {Sex: s}, recode: {Sex: {M: male}}, only: {s: male, Age group: 0 to 4}}\n"
        "d: t.csv\n");
    assert_string_equal(csv_show("a"), "person.age|Sex|count/0..4|M|10/0..4|F|11/5..99|M|0");
    assert_string_equal(csv_show("b"), "Age group|Sex|Persons/0 to 4|F|11");
    assert_string_equal(csv_show("c"), "Age group|s|Persons/0 to 4|male|10");
    assert_string_equal(csv_show("d"),
                        "Age group|Sex|Persons/0 to 4|M|10/0 to 4|F|11/All ages|M|99/5 and over|M|");
    assert_int_equal(fx.d.n, 0);
}

static void views_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        diag_code code;
        uint32_t line, col;
    } cases[] = {
        {"a: {file: t.csv, colums: {x: y}}\n", DIAG_P02, 1, 18},
        {"a: {file: t.csv, columns: {z: y}}\n", DIAG_P04, 1, 28},
        {"a: {file: t.csv, columns: {x: [y]}}\n", DIAG_P03, 1, 31},
        {"a: {file: t.csv, columns: [x]}\n", DIAG_P03, 1, 27},
        {"a: {file: t.csv, columns: {x: y}}\n", DIAG_P02, 1, 3},
        {"a: {file: t.csv, recode: {z: {1: 2}}}\n", DIAG_P04, 1, 27},
        {"a: {file: t.csv, recode: {x: 1}}\n", DIAG_P03, 1, 30},
        {"a: {file: t.csv, recode: {x: {1: [2]}}}\n", DIAG_P03, 1, 34},
        {"a: {file: t.csv, only: {z: 1}}\n", DIAG_P04, 1, 25},
        {"a: {file: t.csv, only: {x: [1]}}\n", DIAG_P03, 1, 28},
        {"a: {file: t.csv, only: {x: 7}}\n", DIAG_P07, 1, 28},
        {"a: {file: gone.csv}\n", DIAG_P05, 1, 11},
        {"a: gone.csv\n", DIAG_P05, 1, 4},
        {"a: [t.csv]\n", DIAG_P03, 1, 4},
        {"a: {file: ~}\n", DIAG_P03, 1, 4},
    };
    put("t.csv", "x,y\n1,2\n");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        compose_text_of(cases[i].yaml);
        assert_string_equal(csv_show("a"), "-");
        only_error(cases[i].code, cases[i].line, cases[i].col);
        assert_string_equal(csv_show("a"), "-"); /* kept: said once */
        only_error(cases[i].code, cases[i].line, cases[i].col);
    }
}

static void what_is_a_csv(void **state) {
    (void)state;
    const tree *t = compose_text_of(
        "a: t.csv\nb: {file: x.tsv}\nc: {file: 3, folder: 4}\nd: csv\ne: [t.csv]\nf: \"x\\n.csv\"\n");
    assert_true(tree_is_csv(tree_get(t, "a")));
    assert_true(tree_is_csv(tree_get(t, "b")));
    assert_false(tree_is_csv(tree_get(t, "c"))); /* weights of the values `file` and `folder` */
    assert_false(tree_is_csv(tree_get(t, "d")));
    assert_false(tree_is_csv(tree_get(t, "e")));
    assert_false(tree_is_csv(tree_get(t, "f")));
    assert_false(tree_is_csv(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_quotes),      cmocka_unit_test(what_is_not_rfc_4180),
        cmocka_unit_test(rows_know_their_line), cmocka_unit_test(cells_know_their_column),
        cmocka_unit_test(columns_recode_only),  cmocka_unit_test(views_that_cannot_be),
        cmocka_unit_test(what_is_a_csv),
    };
    return cmocka_run_group_tests_name("compose_csv", tests, fixture_open, fixture_close);
}

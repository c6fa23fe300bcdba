/* CSVs as distributions and tables: long, wide, words of a distribution, shared columns, recode, places in
 * messages. */
#include "compile_fixture.h"

static void open_with(fixture *f, const char *csv_text, const char *attributes) {
    fixture_file(f, "t.csv", csv_text);
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n  sex: {choice: [female, male]}\n  age: {number: 0..99}\n%s" TAIL "%c",
               attributes, 0);
    fixture_try(f, b.p);
    buf_free(&b);
    if (f->p) record_init(&f->r, f->p, f->p->mem);
}

static const dist *dist_at(fixture *f, const char *leaf, const char *sex, const char *age) {
    const node *n = fixture_node(f, leaf);
    fixture_set(f, "sex", sex);
    fixture_set(f, "age", age);
    uint32_t at = n->draw->given ? grid_at(n->draw->given, &f->r) : 0;
    assert_true(at != UINT32_MAX);
    return &n->draw->dist[at];
}

static bool near_by(double a, double b) {
    return a - b < 1e-12 && b - a < 1e-12;
}

static void long_rows_add_up(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,x,weight\nfemale,a,1\nfemale,b,2\nfemale,a,1\nmale,b,5\n",
              "  x: {choice: [a, b], by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "female", NULL)->weight[0], 0.5));
    assert_true(near_by(dist_at(&f, "x", "male", NULL)->weight[1], 1));
    fixture_close(&f);
}

/* KEYs and values of few letters, in many rows: none is taken for another. */
static void short_words_are_told_apart(void **state) {
    (void)state;
    enum { AGES = 100, VALUES = 26 };
    buf lines = {0}, attributes = {0};
    buf_z(&lines, "sex,age,x,weight\n");
    buf_z(&attributes, "  x: {by: [sex, age], given: t.csv, choice: [aba");
    for (int v = 1; v < VALUES; v++) buf_printf(&attributes, ", ab%c", 'a' + v);
    buf_printf(&attributes, "]}\n%c", 0);
    for (int sex = 0; sex < 2; sex++)
        for (int age = 0; age < AGES; age++)
            for (int v = 0; v < VALUES; v++)
                buf_printf(&lines, "%s,%d,ab%c,%d\n", sex ? "male" : "female", age, 'a' + v, v + age + sex + 1);
    buf_char(&lines, 0);
    fixture f = {0};
    open_with(&f, lines.p, attributes.p);
    assert_non_null(f.p);
    for (int sex = 0; sex < 2; sex++)
        for (int age = 0; age < AGES; age++) {
            char number[16];
            snprintf(number, sizeof number, "%d", age);
            const dist *d = dist_at(&f, "x", sex ? "male" : "female", number);
            double sum = VALUES * (VALUES - 1) / 2 + VALUES * (age + sex + 1);
            for (int v = 0; v < VALUES; v++) assert_true(near_by(d->weight[v], (v + age + sex + 1) / sum));
        }
    fixture_close(&f);
    buf_free(&lines);
    buf_free(&attributes);
}

static void a_kind_may_be_a_csv_with_parents(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f,
              "sex,name,label,weight\nfemale,ada,Ada,3\nfemale,kim,Kim,1\nmale,kim,Kim,1\nmale,bo,Bo B.,1\n",
              "  x: {choice: t.csv, by: [sex]}\n");
    assert_non_null(f.p);
    const node *x = fixture_node(&f, "x");
    assert_int_equal(x->values, 3);
    assert_true(str_is(x->value[2].label, "Bo B."));
    assert_true(near_by(dist_at(&f, "x", "female", NULL)->weight[0], 0.75));
    assert_true(near_by(dist_at(&f, "x", "male", NULL)->weight[0], 0));
    assert_null(x->draw->base);
    fixture_close(&f);
}

static void wide_columns_are_values(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "age,sex,a,b\n..17,,1,3\n18..,female,1,0\n18..,else,1,1\n",
              "  x: {choice: [a, b], by: [age, sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "male", "3")->weight[1], 0.75));
    assert_true(near_by(dist_at(&f, "x", "female", "40")->weight[0], 1));
    assert_true(near_by(dist_at(&f, "x", "male", "40")->weight[0], 0.5));
    fixture_close(&f);
}

static void words_serve_several_attributes(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,E.mean,E.sd,N.mean,N.sd\nfemale,50,9,40,8\nmale,51,10,42,7.5\n",
              "  t: {each: [E, N], number: 20..80, by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    const dist *e = dist_at(&f, "t.E", "male", NULL), *n = dist_at(&f, "t.N", "male", NULL);
    assert_int_equal(e->form, DIST_NORMAL);
    assert_true(e->mean.constant == 51 && e->sd == 10 && e->lo == 20 && e->hi == 80);
    assert_true(n->mean.constant == 42 && n->sd == 7.5);
    fixture_close(&f);
}

static void columns_serve_several_choices(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,E.low,E.high,N.low,N.high,weight\nfemale,1,3,1,1,9\nmale,2,2,0,5,9\n",
              "  t: {each: [E, N], choice: [low, high], by: [sex], given: {file: t.csv, columns: {weight: "
              "E.weight}, recode: {}}}\n");
    assert_null(f.p); /* E has weights, and no column of its own beside them */
    assert_true(str_holds(fixture_row(&f, DIAG_P08)->text, "`t.E`"));
    fixture_close(&f);
    open_with(&f, "sex,E.low,E.high,N.low,N.high,else.x\nfemale,1,3,1,1,9\nmale,2,2,0,5,9\n",
              "  t: {each: [E, N], choice: [low, high], by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "t.E", "female", NULL)->weight[1], 0.75));
    assert_true(near_by(dist_at(&f, "t.E", "male", NULL)->weight[0], 0.5));
    assert_true(near_by(dist_at(&f, "t.N", "male", NULL)->weight[1], 1));
    fixture_close(&f);
}

static void a_prefix_stands_before_ranges_and_flags(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f,
              "sex,level.low..mid,level.high,hours...9,hours.10..,owns.true,owns.false,rate.value\n"
              "female,3,1,1,3,1,4,0.1\nmale,1,1,1,1,1,1,0.2\n",
              "  level: {choice: [low, mid, high], ordered: true, by: [sex], given: t.csv}\n"
              "  hours: {number: 0..19, by: [sex], given: t.csv}\n"
              "  owns: {flag: {}, by: [sex], given: t.csv}\n"
              "  rate: {flag: {}, by: [sex], given: t.csv}\n");
    if (!f.p) fixture_print(&f);
    assert_null(f.p); /* the weight of a choice stands at a value, not at a range */
    assert_int_equal(f.d.errors, 1);
    const diag *x = fixture_row(&f, DIAG_P07);
    assert_true(str_is(x->value, "low..mid"));
    assert_true(x->line == 1 && x->column == 5); /* where the header stands */
    fixture_close(&f);
    open_with(&f,
              "sex,level.low,level.high,hours...9,hours.10..,owns.true,owns.false,rate.value\n"
              "female,3,1,1,3,1,4,0.1\nmale,1,1,1,1,1,1,0.2\n",
              "  level: {choice: [low, mid, high], by: [sex], given: t.csv}\n"
              "  hours: {number: 0..19, by: [sex], given: t.csv}\n"
              "  owns: {flag: {}, by: [sex], given: t.csv}\n"
              "  rate: {flag: {}, by: [sex], given: t.csv}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "level", "female", NULL)->weight[2], 0.25));
    assert_int_equal(dist_at(&f, "hours", "female", NULL)->bin[0].hi, 9);
    assert_true(near_by(dist_at(&f, "hours", "female", NULL)->weight[1], 0.75));
    assert_true(near_by(dist_at(&f, "owns", "female", NULL)->p, 0.2));
    assert_true(near_by(dist_at(&f, "rate", "male", NULL)->p, 0.2));
    fixture_close(&f);
}

/* A value may have a point in it; it is not cut in two. */
static void values_with_points_are_values(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,St. Ives,size.XL,1.5\nfemale,1,3,0\nmale,1,1,2\n",
              "  size: {flag: {}}\n  x: {choice: [St. Ives, size.XL, 1.5], by: [sex], given: t.csv}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "female", NULL)->weight[1], 0.75));
    fixture_close(&f);
}

/* `X.word` is nearer to X than `word`. */
static void the_own_word_counts_first(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,mean,sd,N.sd\nfemale,50,9,4\nmale,51,10,5\n",
              "  t: {each: [E, N], number: 20..80, by: [sex], given: t.csv}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_true(dist_at(&f, "t.E", "male", NULL)->sd == 10 && dist_at(&f, "t.N", "male", NULL)->sd == 5);
    fixture_close(&f);
    open_with(&f, "sex,x,weight,x.weight\nfemale,a,1,3\nfemale,b,1,1\nmale,b,1,1\n",
              "  x: {choice: [a, b], by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "female", NULL)->weight[0], 0.75));
    fixture_close(&f);
}

static void ranges_are_keys(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,range,weight\nfemale,0..15,3\nfemale,15..30,1\nmale,0..30,1\n",
              "  x: {number: 0..30, step: 0.5, by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    const dist *x = dist_at(&f, "x", "female", NULL);
    assert_int_equal(x->bins, 2);
    assert_int_equal(x->bin[0].hi, 30);
    assert_int_equal(x->bin[1].lo, 31); /* the shared end belongs to the lower range */
    assert_true(near_by(x->weight[0], 0.75));
    fixture_close(&f);
}

static void flags_take_weights_or_chances(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,true,false\nfemale,1,3\nmale,1,1\n", "  x: {flag: {}, by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "female", NULL)->p, 0.25));
    fixture_close(&f);
    open_with(&f, "sex,value\nfemale,0.2\nmale,0.7\n", "  x: {flag: {}, by: [sex], given: t.csv}\n");
    assert_non_null(f.p);
    assert_true(near_by(dist_at(&f, "x", "male", NULL)->p, 0.7));
    fixture_close(&f);
}

static const double *numbers_of(const fixture *f, size_t n) {
    assert_int_equal(f->p->compiled->tables, 1);
    assert_int_equal(f->p->compiled->table[0].numbers, n);
    return f->p->compiled->table[0].number;
}

static void tables_are_long_or_wide(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f,
              "Group,Sex,Persons\n0 to 9,F,10\n0 to 9,M,11\n10 to 19,F,20\n10 to 19,M,21\n20 and over,F,30\n20 "
              "and over,M,31\nall,F,60\n",
              "tables:\n  t:\n    over: [age, sex]\n    counts:\n      file: t.csv\n      columns: {Group: "
              "age, Sex: sex, Persons: count}\n"
              "      recode: {age: {0 to 9: 0..19, 10 to 19: 0..19, 20 and over: 20.., all: ~}, sex: {F: "
              "female, M: male}}\n");
    assert_non_null(f.p);
    const double *n = numbers_of(&f, 4);
    assert_true(n[0] == 30 && n[1] == 32 && n[2] == 30 && n[3] == 31);
    fixture_close(&f);
    open_with(&f, "sex,..19,20..\nfemale,30,30\nmale,32,31\n",
              "tables: {t: {over: [sex, age], counts: t.csv}}\n");
    assert_non_null(f.p);
    n = numbers_of(&f, 4);
    assert_true(n[0] == 30 && n[1] == 30 && n[2] == 32 && n[3] == 31);
    fixture_close(&f);
}

static void one_file_serves_several_tables(void **state) {
    (void)state;
    fixture f = {0};
    open_with(&f, "sex,home.own,home.rent,age...39,age.40..,else.x\nfemale,10,30,25,15,1\nmale,20,40,30,30,1\n",
              "  home: {choice: [own, rent]}\n"
              "tables: {t: {over: [sex, home], counts: t.csv}, u: {over: [sex, age], counts: t.csv}}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_int_equal(f.p->compiled->tables, 2);
    const double *t = f.p->compiled->table[0].number, *u = f.p->compiled->table[1].number;
    assert_true(t[0] == 10 && t[1] == 30 && t[2] == 20 && t[3] == 40);
    assert_true(u[0] == 25 && u[1] == 15 && u[2] == 30 && u[3] == 30);
    fixture_close(&f);
}

static void wrong_cells_are_said_with_their_line(void **state) {
    (void)state;
    static const struct {
        const char *csv, *attributes;
        diag_code code;
        uint32_t line;
        const char *value;
    } rows[] = {
        {"sex,x,weight\nfemale,a,1\nmale,b,-5\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P09,
         3, "-5"},
        {"sex,x,weight\nfemale,a,1\nmale,b,many\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n",
         DIAG_P03, 3, "many"},
        {"sex,x,weight\nfemale,a,1\nmale,c,1\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P07,
         3, "c"},
        {"sex,x,weight\nfemale,a,1\nmael,a,1\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P07,
         3, "mael"},
        {"sex,x,weight\nfemale,a,1\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P08, 6, ""},
        {"gender,x\nfemale,a\nmale,a\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P08, 1, ""},
        {"sex,a,b\nfemale,1,2\nfemale,3,4\nmale,1,1\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n",
         DIAG_P08, 3, "female"},
        {"sex,x\nfemale,\nmale,a\n", "  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P03, 2, ""},
        {"sex\nfemale\n", "  x: {choice: none.csv}\n", DIAG_P05, 6, "none.csv"},
        {"x,weight\na..b,1\n", "  x: {choice: t.csv}\n", DIAG_P03, 2, "a..b"},
        {"sex,E.a,E.b\nfemale,1,1\nmale,1,1\n",
         "  E: {flag: {}}\n  x: {choice: [a, b], by: [sex], given: t.csv}\n", DIAG_P08, 1, ""},
        {"sex,size.a,szie.b\nfemale,1,1\nmale,1,1\n", "  size: {choice: [a, b], by: [sex], given: t.csv}\n",
         DIAG_P07, 1, "szie.b"},
        {"sex,size.a,size.c\nfemale,1,1\nmale,1,1\n", "  size: {choice: [a, b], by: [sex], given: t.csv}\n",
         DIAG_P07, 1, "c"},
        {"sex,years,count\nfemale,3,1\nmale,3,1\n", "tables: {t: {over: [sex, age], counts: t.csv}}\n",
         DIAG_P08, 1, ""},
        {"sex,count\nfemale,0\nmale,0\n", "tables: {t: {over: [sex], counts: t.csv}}\n", DIAG_P09, 1, "0"},
        {"sex,persons\nfemale,3\nmale,4\n", "tables: {t: {over: [sex], counts: t.csv}}\n", DIAG_P09, 1,
         "persons"},
        {"sex;count\nfemale;3\nmale;4\n", "tables: {t: {over: [sex], counts: t.csv}}\n", DIAG_P03, 1,
         "sex;count"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_with(&f, rows[i].csv, rows[i].attributes);
        if (f.d.errors != 1) fixture_print(&f);
        assert_int_equal(f.d.errors, 1);
        const diag *x = fixture_row(&f, rows[i].code);
        assert_int_equal(x->line, rows[i].line);
        assert_true(str_is(x->value, rows[i].value));
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_rows_add_up),
        cmocka_unit_test(short_words_are_told_apart),
        cmocka_unit_test(a_kind_may_be_a_csv_with_parents),
        cmocka_unit_test(wide_columns_are_values),
        cmocka_unit_test(words_serve_several_attributes),
        cmocka_unit_test(columns_serve_several_choices),
        cmocka_unit_test(a_prefix_stands_before_ranges_and_flags),
        cmocka_unit_test(values_with_points_are_values),
        cmocka_unit_test(the_own_word_counts_first),
        cmocka_unit_test(one_file_serves_several_tables),
        cmocka_unit_test(ranges_are_keys),
        cmocka_unit_test(flags_take_weights_or_chances),
        cmocka_unit_test(tables_are_long_or_wide),
        cmocka_unit_test(wrong_cells_are_said_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* compose_lay_test.c: laying over, includes, --set, built-in populations. */
#include "tests/unit/compose_fixture.h"

#include <sys/stat.h>

/* p.yaml includes base.yaml and lays itself over. */
static const tree *laid(const char *base, const char *over) {
    buf b = {0};
    put("base.yaml", base);
    buf_printf(&b, "include: base.yaml\n%s", over);
    put_bytes("p.yaml", buf_view(&b));
    buf_free(&b);
    return compose_in("p.yaml");
}

static void mappings_merge_in_the_older_order(void **state) {
    (void)state;
    assert_shows(laid("a: 1\nb: {c: 1, d: 2}\ne: 3\n", "f: 9\nb: {x: 1, c: 5}\na: 7\n"),
                 "{a:7,b:{c:5,d:2,x:1},e:3,f:9}");
    assert_shows(laid("a: [1, 2]\nb: {c: 1}\nd: 1\n", "a: [3]\nb: 4\nd: {e: 1}\n"), "{a:[3],b:4,d:{e:1}}");
}

static void nothing_removes_a_key(void **state) {
    (void)state;
    assert_shows(laid("rules: {R1: {kind: never}, R2: {kind: leak}}\n", "rules: {R1: ~}\n"),
                 "{rules:{R2:{kind:leak}}}");
    assert_null(laid("rules: {R1: {kind: never}}\n", "rules:\n  R9: ~\n"));
    const diag *r = only_error(DIAG_P02, 3, 3);
    assert_string_equal(str_z(fx.mem, r->value), "R9");
    assert_string_equal(str_z(fx.mem, r->file), path_in("p.yaml"));
    assert_shows(compose_text_of("rules: {R1: ~}\n"), "{rules:{R1:~}}"); /* nothing is below: nothing is laid */
}

static void some_keys_are_replaced_whole(void **state) {
    (void)state;
    static const char *const keys[] = {"choice",  "number", "date",   "flag",   "text", "template", "list",
                                       "row",     "only",   "when",   "if",     "then", "left",     "at_least",
                                       "at_most", "counts", "shares", "matrix", "mix",  "given"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        char *base = str_z(fx.mem, str_printf(fx.mem, "x: {%s: {a: 1, b: 2}, z: 1}\n", keys[i]));
        char *over = str_z(fx.mem, str_printf(fx.mem, "x: {%s: {b: 3}}\n", keys[i]));
        const tree *t = at(laid(base, over), "x");
        assert_shows(tree_get(t, keys[i]), "{b:3}");
        assert_text(tree_get(t, "z"), "1");
        t = laid(base, str_z(fx.mem, str_printf(fx.mem, "x: {%s: ~}\n", keys[i])));
        assert_true(tree_get(at(t, "x"), keys[i])->nothing);
    }
}

static void a_kind_takes_the_lower_kind_by_and_given(void **state) {
    (void)state;
    const char *base = "a: {choice: [x], by: [b], given: {p: {x: 1}}, label: l}\n";
    assert_shows(laid(base, "a: {number: 1..5}\n"), "{a:{label:l,number:1..5}}");
    assert_shows(laid(base, "a: {choice: [y]}\n"), "{a:{choice:[y],label:l}}");
    assert_shows(laid(base, "a: {given: {x: 2}}\n"), "{a:{choice:[x],given:{x:2},label:l}}");
    assert_shows(laid(base, "a: {by: [c], given: {q: {x: 3}}}\n"),
                 "{a:{choice:[x],by:[c],given:{q:{x:3}},label:l}}");
    assert_shows(laid(base, "a: {choice: [y], by: ~}\n"), "{a:{choice:[y],label:l}}");
    assert_shows(laid("a: {type: t, by: [b], given: {x: 1}}\n", "a: {choice: [y]}\n"),
                 "{a:{type:t,choice:[y]}}");
    assert_shows(laid("a: {by: [b], given: {x: 1}}\n", "a: {choice: [y]}\n"),
                 "{a:{by:[b],given:{x:1},choice:[y]}}");
}

static void long_mappings_lay_alike(void **state) {
    (void)state;
    buf base = {0}, over = {0};
    for (int i = 0; i < 100; i++) buf_printf(&base, "k%d: {v: %d, w: 0}\n", i, i);
    for (int i = 90; i < 110; i++) buf_printf(&over, "k%d: {v: new}\n", i);
    buf_char(&base, 0), buf_char(&over, 0);
    const tree *t = laid(base.p, over.p);
    buf_free(&base), buf_free(&over);
    assert_int_equal(t->n, 110);
    assert_shows(tree_get(t, "k89"), "{v:89,w:0}");
    assert_shows(tree_get(t, "k90"), "{v:new,w:0}");
    assert_shows(tree_get(t, "k109"), "{v:new}");
}

static void includes_stand_at_the_top_in_sections_and_in_named_things(void **state) {
    (void)state;
    put("t/one.yaml", "x: {choice: [a]}\ny: {choice: [b]}\n");
    put("t/two.yaml", "y: {label: why}\nz: {flag: 0.5}\n");
    put("rules.yaml", "R1: {kind: leak}\n");
    const tree *t = compose_text_of(
        "attributes:\n  s:\n    include: [t/one.yaml, t/two.yaml]\n    label: L\n"
        "rules: {include: rules.yaml, R2: {kind: echo}}\nfacets: {f: {fields: {include: t/one.yaml}}}\n"
        "types: {include: t/one.yaml}\n");
    assert_shows(t, "{attributes:{s:{x:{choice:[a]},y:{choice:[b],label:why},z:{flag:0.5},label:L}},"
                    "rules:{R1:{kind:leak},R2:{kind:echo}},facets:{f:{fields:{x:{choice:[a]},y:{choice:[b]}}}},"
                    "types:{x:{choice:[a]},y:{choice:[b]}}}");
    assert_string_equal(str_z(fx.mem, fx.p.composed->file[at(t, "attributes.s.z")->file]), "t/two.yaml");
}

static void a_value_named_include_is_a_value(void **state) {
    (void)state;
    assert_shows(
        compose_text_of("attributes: {a: {choice: {include: 3, exclude: 4}, labels: {include: in}}}\n"),
        "{attributes:{a:{choice:{include:3,exclude:4},labels:{include:in}}}}");
    assert_shows(compose_text_of("output: {include: x.yaml}\n"), "{output:{include:x.yaml}}");
}

static void paths_start_where_they_are_named(void **state) {
    (void)state;
    put("a/b/deep.yaml", "x: {choice: vals.csv}\n");
    put("a/mid.yaml", "include: b/deep.yaml\ny: {choice: vals.csv}\n");
    put("a/b/vals.csv", "v\n1\n");
    put("a/vals.csv", "v\n2\n");
    const tree *t = compose_text_of("attributes: {s: {include: a/mid.yaml}}\n");
    str bytes;
    assert_true(compose_read(&fx.p, at(t, "attributes.s.x.choice"), STR("vals.csv"), &fx.d, &bytes));
    assert_true(str_is(bytes, "v\n1\n"));
    assert_true(compose_read(&fx.p, at(t, "attributes.s.y.choice"), STR("vals.csv"), &fx.d, &bytes));
    assert_true(str_is(bytes, "v\n2\n"));
}

static void paths_stay_inside(void **state) {
    (void)state;
    put("secret.yaml", "a: 1\n");
    put("popular/x.yaml", "a: 1\n"); /* begins with the name of the folder */
    put("pop/x.yaml", "b: 1\n");
    assert_int_equal(symlink("../secret.yaml", path_in("pop/link.yaml")), 0);
    assert_int_equal(symlink("x.yaml", path_in("pop/fine.yaml")), 0);
    assert_int_equal(mkfifo(path_in("pop/pipe.yaml"), 0600), 0);
    static const char *const bad[] = {"../secret.yaml", "../popular/x.yaml", "link.yaml",
                                      "/etc/hostname",  "gone.yaml",         "./",
                                      "pipe.yaml",      "x.yaml/y.yaml"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        put("pop/p.yaml", str_z(fx.mem, str_printf(fx.mem, "include: %s\n", bad[i])));
        assert_null(compose_in("pop/p.yaml"));
        assert_string_equal(str_z(fx.mem, only_error(DIAG_P05, 1, 10)->value), bad[i]);
    }
    put("pop/p.yaml", "include: ../pop/fine.yaml\n");
    assert_shows(compose_in("pop/p.yaml"), "{b:1}");
    put("pop/p.yaml", "include: {x: y}\n");
    assert_null(compose_in("pop/p.yaml"));
    only_error(DIAG_P03, 1, 10);
}

static void cycles_end(void **state) {
    (void)state;
    put("a.yaml", "include: b.yaml\n");
    put("b.yaml", "include: ./a.yaml\n");
    assert_null(compose_in("a.yaml"));
    only_error(DIAG_P05, 1, 10);
    put("c.yaml", "attributes: {s: {include: d.yaml}}\n");
    put("d.yaml", "t: {include: d.yaml}\n");
    assert_null(compose_in("c.yaml"));
    only_error(DIAG_P05, 1, 14);
    put("e.yaml", "x: 1\n"); /* twice is no cycle */
    assert_shows(compose_text_of("types: {include: e.yaml}\nrules: {include: e.yaml}\n"),
                 "{types:{x:1},rules:{x:1}}");
}

static void includes_add_up_to_the_limits(void **state) {
    (void)state;
    for (int i = 0; i < 70; i++)
        put(str_z(fx.mem, str_printf(fx.mem, "n%d.yaml", i)),
            str_z(fx.mem, str_printf(fx.mem, "include: n%d.yaml\n", i + 1)));
    put("n70.yaml", "a: 1\n");
    assert_null(compose_in("n0.yaml"));
    only_error(DIAG_P01, 0, 0);
    assert_non_null(compose_in("n10.yaml"));
    buf b = {0};
    buf_z(&b, "x: [");
    for (int i = 0; i < 120000; i++) buf_z(&b, "1,");
    buf_z(&b, "1]\n");
    put_bytes("half.yaml", buf_view(&b));
    buf_free(&b);
    assert_non_null(compose_text_of("types: {include: half.yaml}\n"));
    assert_null(compose_text_of("types: {include: half.yaml}\nrules: {include: half.yaml}\n"));
    only_error(DIAG_P01, 0, 0);
}

static void built_in_populations_have_their_own_folder(void **state) {
    (void)state;
    put("share/populations/base/population.yaml",
        "include: more/x.yaml\nname: base\nprompts: {revise: more/r.md}\n");
    put("share/populations/base/more/x.yaml", "title: T\n");
    put("share/populations/base/more/r.md", "again\n");
    assert_int_equal(setenv("POPULACE_SHARE", path_in("share"), 1), 0);
    put("mine/p.yaml", "include: base\nname: mine\n");
    const tree *t = compose_in("mine/p.yaml");
    assert_shows(t, "{title:T,name:mine,prompts:{revise:more/r.md}}");
    str text;
    assert_true(compose_file_text(&fx.p, at(t, "prompts.revise"), true, &fx.d, &text));
    assert_true(str_is(text, "again\n"));
    put("mine/p.yaml", "include: base\nprompts: {revise: more/r.md}\n");
    t = compose_in("mine/p.yaml");
    assert_false(compose_file_text(&fx.p, at(t, "prompts.revise"), true, &fx.d, &text));
    only_error(DIAG_P05, 2, 19);
    diags d;
    diags_init(&d);
    const composed *c = compose("base", NULL, 0, fx.mem, &d);
    assert_non_null(c);
    assert_text(tree_get(c->top, "name"), "base");
    assert_null(compose("no-such-one", NULL, 0, fx.mem, &d));
    assert_int_equal(d.row[0].code, DIAG_P05);
    diags_free(&d);
    put("mine/p.yaml", "include: nobody\n");
    assert_null(compose_in("mine/p.yaml"));
    only_error(DIAG_P05, 1, 10);
    assert_int_equal(unsetenv("POPULACE_SHARE"), 0);
}

static const tree *with_set(const char *yaml, const char *set) {
    put("p.yaml", yaml);
    return compose_sets("p.yaml", &set, 1);
}

static void sets_are_laid_over_last(void **state) {
    (void)state;
    const char *yaml = "a: {b: {c: 1, d: 2}}\nrules: {R1: {kind: leak}}\n";
    assert_shows(with_set(yaml, "a.b.c=5"), "{a:{b:{c:5,d:2}},rules:{R1:{kind:leak}}}");
    assert_shows(with_set(yaml, "a.b={x: [1, 2]}"), "{a:{b:{c:1,d:2,x:[1,2]}},rules:{R1:{kind:leak}}}");
    assert_shows(with_set(yaml, "rules.R1=~"), "{a:{b:{c:1,d:2}},rules:{}}");
    assert_shows(with_set(yaml, "rules.R1="), "{a:{b:{c:1,d:2}},rules:{}}");
    assert_shows(with_set(yaml, "a.note=x = y, z"), "{a:{b:{c:1,d:2},note:x = y, z},rules:{R1:{kind:leak}}}");
    const char *both[] = {"a.b.c=5", "a.b.c=6"};
    put("p.yaml", yaml);
    assert_text(at(compose_sets("p.yaml", both, 2), "a.b.c"), "6");
}

static void sets_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *set;
        diag_code code;
    } cases[] = {{"novalue", DIAG_P03}, {"=1", DIAG_P03},      {"a..b=1", DIAG_P03}, {"a.b.z=~", DIAG_P02},
                 {"a=[1", DIAG_P01},    {"a={b:1}", DIAG_P02}, {"a=\xFF", DIAG_P01}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_null(with_set("a: {b: {c: 1}}\n", cases[i].set));
        assert_string_equal(str_z(fx.mem, only_error(cases[i].code, 0, 0)->file), "--set");
    }
}

static void a_main_file_that_cannot_be_read(void **state) {
    (void)state;
    assert_null(compose_in("gone.yaml"));
    only_error(DIAG_P05, 0, 0);
    put("folder/x.yaml", "a: 1\n");
    assert_null(compose_in("folder"));
    only_error(DIAG_P05, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_merge_in_the_older_order),
        cmocka_unit_test(nothing_removes_a_key),
        cmocka_unit_test(some_keys_are_replaced_whole),
        cmocka_unit_test(a_kind_takes_the_lower_kind_by_and_given),
        cmocka_unit_test(long_mappings_lay_alike),
        cmocka_unit_test(includes_stand_at_the_top_in_sections_and_in_named_things),
        cmocka_unit_test(a_value_named_include_is_a_value),
        cmocka_unit_test(paths_start_where_they_are_named),
        cmocka_unit_test(paths_stay_inside),
        cmocka_unit_test(cycles_end),
        cmocka_unit_test(includes_add_up_to_the_limits),
        cmocka_unit_test(built_in_populations_have_their_own_folder),
        cmocka_unit_test(sets_are_laid_over_last),
        cmocka_unit_test(sets_that_cannot_be),
        cmocka_unit_test(a_main_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("compose_lay", tests, fixture_open, fixture_close);
}

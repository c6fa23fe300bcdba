/* compose_hash_test.c: what the hash sees, the frozen copy, and where two populations differ. */
#include "tests/unit/compose_fixture.h"

static hash128 hash_of(const char *name) {
    assert_non_null(compose_in(name));
    hash128 h = compose_hash(&fx.p, &fx.d);
    assert_int_equal(fx.d.n, 0);
    return h;
}

static hash128 hash_text(const char *yaml) {
    put("p.yaml", yaml);
    return hash_of("p.yaml");
}

static void assert_alike(const char *a, const char *b) {
    assert_true(hash_eq(hash_text(a), hash_text(b)));
}

static void assert_unlike(const char *a, const char *b) {
    assert_false(hash_eq(hash_text(a), hash_text(b)));
}

static void form_and_comments_do_not_count(void **state) {
    (void)state;
    hash128 y = hash_text("# a comment\npopulace: 1\nname: x\nattributes:\n  a: {choice: [1, 2.50, yes, ~]}\n");
    put("p.json", "{\"populace\": \"1\", \"name\": \"x\", \"attributes\": {\"a\": {\"choice\": [1, 2.50, "
                  "\"yes\", null]}}}");
    assert_true(hash_eq(y, hash_of("p.json")));
    assert_alike("a: {b: 'true'}\nc: \"\"\n", "a:\n  b: true\nc: null # x\n");
    assert_alike("a: &x [1]\nb: *x\n", "a: [1]\nb: [1]\n");
    assert_unlike("a: 1\nb: 2\n", "b: 2\na: 1\n");
    assert_unlike("a: 1\n", "a: 1.0\n");
    assert_unlike("a: [b]\n", "a: b\n");
    assert_unlike("a: {b: x}\n", "a: {b: [x]}\n");
}

static void the_hash_is_the_one_of_the_canonical_json(void **state) {
    (void)state;
    put("r.md", "again\n");
    assert_non_null(compose_text_of(
        "name: \"x\\\"y\"\ntitle: T\nlimits: {rounds: 3, tries: ~}\nprompts: {revise: r.md}\n"));
    char hex[33];
    hash_hex(hash_128(STR("again\n")), hex);
    str made = str_printf(
        fx.mem,
        "{\"name\":\"x\\\"y\",\"limits\":{\"rounds\":\"3\",\"tries\":null},\"prompts\":{\"revise\":\"%s\"}}",
        hex);
    assert_true(hash_eq(hash_128(made), compose_hash(&fx.p, &fx.d)));
}

static void documentation_does_not_count_where_it_is_documentation(void **state) {
    (void)state;
    static const char *const places[] = {
        "name: n%s\n",
        "attributes: {a: {choice: [x]%s}}\n",
        "attributes: {s: {a: {type: t%s}}}\n",
        "attributes: {s: {each: {a: {label: l%s}}, type: t}}\n",
        "types: {t: {choice: [x]%s}}\n",
        "tables: {t: {over: [a], reference: {over: [a]%s}%s}}\n",
        "rules: {R: {kind: leak%s}}\n",
        "correlate: {c: {of: [a]%s}}\n",
        "facets: {f: {fields: {x: {text: {}%s}}}}\n",
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const char *with = i ? ", note: n, source: [s], year: 2024, title: t, licence: l, basis: b, method: m, "
                               "measure: x, total: 1"
                             : "\nnote: n\ntitle: t\nsource: s\nmethod: m\ntotal: 2\n";
        char *bare = str_z(fx.mem, str_printf(fx.mem, places[i], "", ""));
        char *told = str_z(fx.mem, str_printf(fx.mem, places[i], with, with));
        assert_alike(bare, told);
    }
    assert_unlike("attributes: {a: {choice: {x: 1}}}\n", "attributes: {a: {choice: {x: 1, note: 2}}}\n");
    assert_unlike("attributes: {s: {source: {choice: [x]}}}\n", "attributes: {s: {source: {choice: [y]}}}\n");
    assert_unlike("output: {id: x}\n", "output: {id: x, note: y}\n");
    assert_unlike("facets: {f: {fields: {}}}\n", "facets: {f: {fields: {}, note: y}}\n");
}

static const char *const ALL =
    "populace: 1\nname: all\ntitle: T\nlexicons: {l: lex.txt, own: [a.csv, b], by: {en: lex.txt, de: "
    "\"x\\ny\"}}\n"
    "attributes:\n"
    "  job: {choice: t/jobs.csv, labels: {none.csv: x.csv}}\n"
    "  town: {choice: {file: t/towns.csv, columns: {n: town}}}\n"
    "  odd: {choice: {file: 3, x.csv: 4}}\n"
    "  named: {choice: [plain.csv]}\n"
    "  prompt: {template: say.csv}\n"
    "tables: {t: {over: [job], counts: t/counts.csv}}\n"
    "facets:\n  f: {fields: {x: {text: {}}}, prompt: p/main.md}\n"
    "  g: {fields: {y: {text: {}}}, prompt: {en: p/main.md, de: \"{{> p/part.md}}\\n---\\n\"}}\n"
    "judges: {j: {prompt: p/judge.md}}\nprompts: {avoid: p/avoid.md}\nrules: {L: {kind: lua, file: check.lua, "
    "function: f}}\n";

static const char *const FILES[] = {"lex.txt",   "t/jobs.csv", "t/towns.csv", "t/counts.csv", "p/main.md",
                                    "p/part.md", "p/judge.md", "p/avoid.md",  "check.lua"};

static void put_all(void) {
    for (size_t i = 0; i < COUNT_OF(FILES); i++) put(FILES[i], FILES[i]);
    put("p/main.md", "sys {{> part.md}}\n---\nslot\n");
    put("all.yaml", ALL);
}

static void every_byte_of_every_file_counts(void **state) {
    (void)state;
    put_all();
    hash128 whole = hash_of("all.yaml");
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        put(FILES[i], "another content\n");
        assert_false(hash_eq(whole, hash_of("all.yaml")));
        put_all();
        assert_true(hash_eq(whole, hash_of("all.yaml")));
    }
}

static void the_place_of_files_does_not_count(void **state) {
    (void)state;
    put("a/b.md", "x\n---\ny\n");
    put("c.md", "x\n---\ny\n");
    assert_alike("facets: {f: {prompt: a/b.md}}\n", "facets: {f: {prompt: c.md}}\n");
    assert_alike("facets: {f: {prompt: c.md}}\n",
                 "facets:\n  f:\n    prompt: |\n      x\n      ---\n      y\n");
    put("whole.md", "x part\n---\ny\n");
    put("split.md", "x {{> a/part.md}}\n---\ny\n");
    put("a/part.md", "part\n");
    assert_alike("judges: {j: {prompt: whole.md}}\n", "judges: {j: {prompt: split.md}}\n");
    assert_unlike("judges: {j: {prompt: whole.md}}\n", "judges: {j: {prompt: c.md}}\n");
}

static void missing_files_are_errors(void **state) {
    (void)state;
    assert_non_null(compose_text_of("facets: {f: {prompt: gone.md}}\ntables: {t: {shares: gone.csv}}\n"));
    compose_hash(&fx.p, &fx.d);
    assert_int_equal(fx.d.errors, 2);
    assert_int_equal(fx.d.row[0].code, DIAG_P05);
    assert_int_equal(fx.d.row[1].line, 2);
}

static void values_that_only_look_like_files(void **state) {
    (void)state;
    hash_text(
        "attributes:\n  a: {choice: [x.csv, y.csv], labels: {x.csv: gone.csv}, words: {x.csv: [z.csv]}, hint: "
        "q.csv}\n"
        "  b: {choice: {file: 3, prompt: 4}, label: l.csv}\n  c: {template: t.csv}\n  prompt: {flag: 0.5}\n"
        "  file: {choice: [gone]}\nrules: {R: {kind: never, message: m.csv, when: {a: x.csv}}}\noutput: "
        "{narrative: n.csv}\n");
}

static void the_frozen_copy_is_the_same_population(void **state) {
    (void)state;
    put_all();
    hash128 whole = hash_of("all.yaml");
    err e = {0};
    assert_true(population_freeze(&fx.p, path_in("frozen/copy"), &e));
    for (size_t i = 0; i < COUNT_OF(FILES); i++) assert_int_equal(unlink(path_in(FILES[i])), 0);
    assert_true(hash_eq(whole, hash_of("frozen/copy/population.json")));
    assert_text(at(fx.p.composed->top, "title"), "T");
    assert_text(at(fx.p.composed->top, "lexicons.l"), "files/000-lex.txt");
    assert_text(at(fx.p.composed->top, "lexicons.by.en"), "files/000-lex.txt");
    assert_text(at(fx.p.composed->top, "attributes.job.choice"), "files/001-jobs.csv");
    assert_text(at(fx.p.composed->top, "attributes.odd.choice.file"), "3");
    assert_text(at(fx.p.composed->top, "facets.g.prompt.de"), "p/part.md\n---\n");
    str text;
    assert_true(compose_file_text(&fx.p, at(fx.p.composed->top, "facets.f.prompt"), true, &fx.d, &text));
    assert_true(str_is(text, "sys p/part.md\n---\nslot\n"));
    assert_true(population_freeze(&fx.p, path_in("frozen/again"), &e));
    assert_true(hash_eq(whole, hash_of("frozen/again/population.json")));
}

static void the_frozen_copy_holds_what_was_read(void **state) {
    (void)state;
    put("r.md", "first\n");
    hash128 first = hash_text("prompts: {revise: r.md}\n");
    put("r.md", "second\n");
    err e = {0};
    assert_true(population_freeze(&fx.p, path_in("kept"), &e));
    assert_true(hash_eq(first, hash_of("kept/population.json")));
}

static void freezing_says_what_failed(void **state) {
    (void)state;
    hash_text("name: x\n");
    put("taken", "a file");
    err e = {0};
    assert_false(population_freeze(&fx.p, path_in("taken"), &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(compose_text_of("prompts: {revise: gone.md}\n"));
    assert_false(population_freeze(&fx.p, path_in("more"), &e));
    assert_int_equal(e.code, ERR_POPULATION);
    assert_int_not_equal(access(path_in("more/population.json"), F_OK), 0);
}

/* "path path ..." in which two texts differ; `max` paths at most. */
static const char *differ(const char *a, const char *b, size_t max) {
    put("a.yaml", a);
    assert_non_null(compose_in("a.yaml"));
    population one = fx.p;
    put("b.yaml", b);
    assert_non_null(compose_in("b.yaml"));
    str path[8];
    size_t n = population_diff(&one, &fx.p, fx.mem, path, max);
    assert_true(n <= max);
    str s = STR("");
    for (size_t i = 0; i < n; i++)
        s = str_printf(fx.mem, STR_FMT "%s" STR_FMT, STR_ARG(s), i ? " " : "", STR_ARG(path[i]));
    return str_z(fx.mem, s);
}

static void differences_have_paths(void **state) {
    (void)state;
    assert_string_equal(differ("a: 1\n", "a: '1' # same\ntitle: x\n", 8), "");
    assert_string_equal(differ("a: {b: 1, c: 2}\n", "a: {b: 1, c: 3}\n", 8), "a.c");
    assert_string_equal(differ("a: {b: 1}\nx: 1\n", "a: {c: 1}\nx: 1\n", 8), "a.b a.c");
    assert_string_equal(differ("a: [1, 2]\nb: {c: x}\n", "a: [2, 1]\nb: x\n", 8), "a b");
    assert_string_equal(differ("a: {b: 1, c: 2}\n", "a: {c: 2, b: 1}\n", 8), "a");
    assert_string_equal(differ("a: 1\nb: 2\n", "b: 2\na: 1\n", 8), "(top)");
    assert_string_equal(differ("a: 1\nb: 2\nc: 3\n", "a: 2\nb: 3\nc: 4\n", 2), "a b");
    put("x.md", "one\n");
    put("y.md", "one\n");
    const char *x = "facets: {f: {prompt: x.md}}\n", *y = "facets: {f: {prompt: y.md}}\n";
    assert_string_equal(differ(x, y, 8), "");
    put("y.md", "two\n");
    assert_string_equal(differ(x, y, 8), "facets.f.prompt");
    assert_string_equal(differ(x, "facets: {f: {prompt: gone.md}}\n", 8), "facets.f.prompt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_and_comments_do_not_count),
        cmocka_unit_test(the_hash_is_the_one_of_the_canonical_json),
        cmocka_unit_test(documentation_does_not_count_where_it_is_documentation),
        cmocka_unit_test(every_byte_of_every_file_counts),
        cmocka_unit_test(the_place_of_files_does_not_count),
        cmocka_unit_test(missing_files_are_errors),
        cmocka_unit_test(values_that_only_look_like_files),
        cmocka_unit_test(the_frozen_copy_is_the_same_population),
        cmocka_unit_test(the_frozen_copy_holds_what_was_read),
        cmocka_unit_test(freezing_says_what_failed),
        cmocka_unit_test(differences_have_paths),
    };
    return cmocka_run_group_tests_name("compose_hash", tests, fixture_open, fixture_close);
}

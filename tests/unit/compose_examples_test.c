/* compose_examples_test.c: larger populations, where there are some: $POPULACE_SHARED/format/examples/NAME/ and
 * broken ones with their codes in $POPULACE_SHARED/format/bad/expected.tsv. Without that variable: skipped.
 */
#include "tests/unit/compose_fixture.h"

#include <dirent.h>

static char *shared(const char *rel) {
    const char *root = getenv("POPULACE_SHARED");
    char *path = root && *root ? path_join(fx.mem, root, rel) : NULL;
    if (!path || access(path, R_OK) != 0) skip();
    return path;
}

static const tree *compose_path_of(const char *path) {
    diags_free(&fx.d);
    diags_init(&fx.d);
    composed *c = compose(path, NULL, 0, fx.mem, &fx.d);
    fx.p = (population){.mem = fx.mem, .composed = c, .locale = STR("en")};
    return c ? c->top : NULL;
}

static void example_freezes(const char *folder, const char *name) {
    assert_non_null(
        compose_path_of(path_join(fx.mem, folder, str_printf(fx.mem, "%s/population.yaml", name).p)));
    hash128 h = compose_hash(&fx.p, &fx.d);
    assert_int_equal(fx.d.n, 0);
    population before = fx.p;
    err e = {0};
    char *dir = path_in(name);
    assert_true(population_freeze(&fx.p, dir, &e));
    assert_non_null(compose_path_of(path_join(fx.mem, dir, "population.json")));
    assert_true(hash_eq(h, compose_hash(&fx.p, &fx.d)));
    str path[4];
    assert_int_equal(population_diff(&before, &fx.p, fx.mem, path, 4), 0);
}

static void examples_compose_and_freeze(void **state) {
    (void)state;
    char *folder = shared("format/examples");
    /* populations that include others by name find them beside themselves */
    assert_int_equal(symlink(folder, path_in("populations")), 0);
    assert_int_equal(setenv("POPULACE_SHARE", fx.dir, 1), 0);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        example_freezes(folder, entry->d_name);
        n++;
    }
    closedir(dir);
    assert_true(n >= 1);
}

/* Composing finds what is wrong with keys and files; the rest passes on to those who know what keys mean. */
static bool found_here(str file, str code) {
    return str_is(code, "P05") || (str_is(code, "P02") && (str_is(file, "1.yaml") || str_is(file, "2.yaml")));
}

static void broken_ones_have_their_code(void **state) {
    (void)state;
    char *folder = shared("format/bad");
    buf b = {0};
    assert_true(file_read(path_join(fx.mem, folder, "expected.tsv"), 1 << 20, &b, NULL));
    str line, rest = buf_view(&b), file, code;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (!str_cut(line, '\t', &file, &code)) continue;
        const tree *t = compose_path_of(path_join(fx.mem, folder, str_z(fx.mem, file)));
        if (found_here(file, str_trim(code))) {
            assert_null(t);
            assert_string_equal(diag_name(fx.d.row[0].code), str_z(fx.mem, str_trim(code)));
            assert_true(fx.d.row[0].hint.n > 0 && fx.d.row[0].line > 0);
        } else {
            assert_non_null(t);
        }
    }
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(examples_compose_and_freeze, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(broken_ones_have_their_code, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests_name("compose_examples", tests, NULL, NULL);
}

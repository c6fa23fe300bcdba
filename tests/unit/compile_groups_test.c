/* compile_groups_test.c: what is wrong with groups, per, keep and unique, and what is not. */
#include "compile_fixture.h"

#include "taxonomy/plan/plan.h"

#define GROUPS "groups: {g: {size: 4}, two: {size: 2}, three: {size: 3}}\n"

static void open_text(fixture *f, const char *attributes, const char *rest) {
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n  a: {number: 0..9}\n  b: {choice: [x, y], ordered: true}\n%s%s%c",
               attributes, rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void faults_are_said(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
        diag_code code;
        const char *value;
    } rows[] = {
        {"", TAIL "groups: [g]\n", DIAG_P03, "[...]"},
        {"", TAIL "groups: {g: 4}\n", DIAG_P03, "4"},
        {"", TAIL "groups: {g: {size: none}}\n", DIAG_P03, "none"},
        {"", TAIL "groups: {g: {size: 0}}\n", DIAG_P07, "0"},
        {"", TAIL "groups: {g: {size: 1000001}}\n", DIAG_P07, "1000001"},
        {"", TAIL "groups: {g: {}}\n", DIAG_P02, "size"},
        {"", TAIL "groups: {g: {size: 4, sice: 3}}\n", DIAG_P02, "sice"},
        {"", TAIL "groups: {g-h: {size: 4}}\n", DIAG_P02, "g-h"},
        {"  u: {flag: {}, per: gg}\n", TAIL GROUPS, DIAG_P04, "gg"},
        {"  u: {flag: {}, per: [g]}\n", TAIL GROUPS, DIAG_P03, ""},
        {"  u: {flag: {}, per: g}\n", TAIL, DIAG_P04, "g"},
        {"  u: {flag: {}, keep: yes}\n", TAIL, DIAG_P03, "yes"},
        {"  u: {flag: {}, keep: true, unique: gg}\n", TAIL GROUPS, DIAG_P04, "gg"},
        /* what follows from what */
        {"  u: {choice: [p, q], per: g, by: [b], given: {else: p}}\n", TAIL GROUPS, DIAG_P10, "b"},
        {"  u: {choice: [p, q], per: g, when: {b: x}}\n", TAIL GROUPS, DIAG_P10, "b"},
        {"  u: {choice: [p, q], only: {p: {b: x}}, per: g}\n", TAIL GROUPS, DIAG_P10, "b"},
        {"  u: {choice: [x, y], except: [b], per: g}\n", TAIL GROUPS, DIAG_P10, "b"},
        {"  u: {number: {mean: {a: 1}, sd: 1, range: 0..9}, per: g}\n", TAIL GROUPS, DIAG_P10, "a"},
        {"  u: {number: 0..9, list: {equals: {a: 1}}, keep: true}\n", TAIL, DIAG_P10, "a"},
        {"  s: {per: g, u: {template: \"{{a}}\"}}\n", TAIL GROUPS, DIAG_P10, "a"},
        {"  s: {keep: true, u: {template: \"{{a}}\"}}\n", TAIL GROUPS, DIAG_P10, "a"},
        {"  k: {flag: {}, keep: true}\n  u: {flag: 0.5, per: g, when: {k: true}}\n", TAIL GROUPS, DIAG_P10,
         "k"},
        {"  k: {flag: {}, per: two}\n  u: {flag: 0.5, per: g, when: {k: true}}\n", TAIL GROUPS, DIAG_P10, "k"},
        {"  k: {flag: {}, per: three}\n  u: {flag: 0.5, per: two, when: {k: true}}\n", TAIL GROUPS, DIAG_P10,
         "k"},
        {"  u: {choice: [p, q], keep: true, by: [b], given: {else: p}}\n", TAIL, DIAG_P10, "b"},
        {"  s: {keep: true, k: {flag: {}, keep: false}, u: {flag: {}, when: {k: true}}}\n", TAIL, DIAG_P10,
         "s.k"},
        {"  u: {choice: [p, q], keep: true, by: [a], given: {..4: p, 5..: q}}\n",
         TAIL "tables: {a: {over: [a], shares: {..4: 50, 5..: 50}}}\n", DIAG_P10, "a"},
        {"  u: {flag: {}, per: g}\n", TAIL GROUPS "tables: {u: {over: [u], shares: uniform}}\n", DIAG_P10, "u"},
        {"  u: {flag: {}, per: g}\n",
         TAIL GROUPS "tables: {u: {over: [b], by: [u], shares: {true: {x: 1}, false: {y: 1}}}}\n", DIAG_P10,
         "u"},
        /* unique */
        {"  u: {number: 0..9, unique: g}\n", TAIL GROUPS, DIAG_P10, "u"},
        {"  u: {number: 0..9, keep: true, per: two, unique: g}\n", TAIL GROUPS, DIAG_P10, "u"},
        {"  u: {number: 0..9, keep: true, list: 1..2, unique: g}\n", TAIL GROUPS, DIAG_P10, "u"},
        {"  u: {choice: [p, q, r], keep: true, unique: g}\n", TAIL GROUPS, DIAG_P16, "u"},
        {"  u: {choice: {p: 1, q: 1, r: 1, s: 0}, keep: true, unique: g}\n", TAIL GROUPS, DIAG_P16, "u"},
        {"  u: {flag: 1, keep: true, unique: two}\n", TAIL GROUPS, DIAG_P16, "u"},
        {"  u: {number: 1..3, keep: true, unique: g}\n", TAIL GROUPS, DIAG_P16, "u"},
        {"  u: {number: {1..2: 1, 90..91: 0, 99: 1}, keep: true, unique: g}\n", TAIL GROUPS, DIAG_P16, "u"},
        {"  u: {choice: [p, q, r, s, t], keep: true, unique: g}\n",
         TAIL GROUPS "tables: {u: {over: [u], shares: uniform}}\n", DIAG_P16, "u"},
        {"  u: {number: 0..9999999, keep: true, unique: big}\n", TAIL "groups: {big: {size: 100001}}\n",
         DIAG_P17, "u"},
        /* exact */
        {"  u: {flag: {}, per: g}\n", TAIL GROUPS "dedup: {exact: [[u]]}\n", DIAG_P16, "u"},
        {"  u: {flag: {}, keep: true}\n  v: {template: \"{{u}}\"}\n", TAIL "dedup: {exact: [[a], [u, v]]}\n",
         DIAG_P16, "u"},
        {"  u: {flag: {}, keep: true}\n",
         TAIL "tables: {b: {over: [b], shares: uniform}}\ndedup: {exact: [[b, u]]}\n", DIAG_P16, "b"},
        /* what facets write */
        {"  s: {keep: true, t: {text: {}, keep: true}}\n",
         "facets: {w: {fields: {s2: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{a}}\\n\"}}\n", DIAG_P10,
         "s.t"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].attributes, rows[i].rest);
        const diag *x = NULL;
        for (size_t k = 0; k < f.d.n && !x; k++)
            if (f.d.row[k].code == rows[i].code) x = &f.d.row[k];
        if (!x || !str_is(x->value, rows[i].value)) {
            print_message("# %s%s", rows[i].attributes, rows[i].rest);
            fixture_print(&f);
        }
        assert_null(f.p);
        assert_non_null(x);
        assert_true(str_is(x->value, rows[i].value));
        assert_true(x->line > 0);
        fixture_close(&f);
    }
}

static void fields_have_none_of_them(void **state) {
    (void)state;
    static const char *const keys[] = {"keep: true", "per: g", "unique: g"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        fixture f = {0};
        char rest[300];
        snprintf(rest, sizeof rest,
                 GROUPS "facets: {w: {fields: {m: {choice: [p, q, r, s], %s}}, prompt: "
                        "\"{{@fields}}\\n---\\n{{a}}\\n\"}}\n",
                 keys[i]);
        open_text(&f, "", rest);
        assert_int_equal(f.d.errors, 1);
        assert_int_equal(f.d.row[0].code, DIAG_P03);
        fixture_close(&f);
    }
}

static void what_fits_is_read(void **state) {
    (void)state;
    fixture f = {0};
    open_text(
        &f,
        "  s:\n"
        "    keep: true\n"
        "    k: {flag: {}}\n"
        "    c: {choice: [p, q, r, s], unique: g, by: [k, o], given: {true: {else: [p, q, r, s]}, else: {else: "
        "p}}}\n"
        "    n: {flag: {}, keep: false, by: [a], given: {else: 0.5}}\n"
        "    o: {per: g, flag: {}}\n"
        "    t: {choice: [p, q], by: [b], given: {x: p, y: q}}\n"
        "  f: {flag: 0.5, per: two, when: {o: true}}\n"
        "  w: {choice: [p, q], keep: true, when: {f: true}, unique: g}\n",
        TAIL GROUPS "tables: {b: {over: [b], shares: uniform}}\ndedup: {exact: [[c, a], [n]]}\n");
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    assert_int_equal(f.p->groups, 3);
    assert_true(fixture_node(&f, "k")->keep && !fixture_node(&f, "n")->keep && !fixture_node(&f, "a")->keep);
    assert_ptr_equal(fixture_node(&f, "c")->unique, &f.p->group[0]);
    assert_ptr_equal(fixture_node(&f, "o")->per, &f.p->group[0]);
    assert_ptr_equal(fixture_node(&f, "f")->per, &f.p->group[1]);
    assert_null(fixture_node(&f, "k")->per);
    assert_null(fixture_node(&f, "k")->unique);
    assert_true(population_finish(f.p, &f.d));
    const compiled *all = f.p->compiled;
    uint32_t at = 0; /* components in order of their phases: of groups of 4, of 2, kept, the rest */
    while (at < all->components && all->component[at].per == 4) at++;
    assert_true(at > 0);
    while (at < all->components && all->component[at].per == 2) at++;
    while (at < all->components && all->component[at].kept) at++;
    for (; at < all->components; at++) assert_true(!all->component[at].per && !all->component[at].kept);
    fixture_close(&f);
}

/* What only the constraints, or the table's classes, show. */
static bool holds(const void *self, const record *r) {
    (void)self;
    (void)r;
    return true;
}

static void finish_fails(const char *attributes, const char *rest, const char *const *names, diag_code code,
                         const char *word) {
    fixture f = {0};
    open_text(&f, attributes, rest);
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    uint32_t leaf[4], n = 0;
    for (; names && *names; names++) leaf[n++] = fixture_node(&f, *names)->leaf;
    if (n) population_constrain(f.p, &(constraint){.id = STR("R1"), .leaf = leaf, .leaves = n, .holds = holds});
    assert_false(population_finish(f.p, &f.d));
    assert_int_equal(f.d.row[f.d.n - 1].code, code);
    assert_true(str_is(f.d.row[f.d.n - 1].value, word));
    fixture_close(&f);
}

static void finish_finds_the_rest(void **state) {
    (void)state;
    const char *tables = TAIL GROUPS "tables: {b: {over: [b], shares: uniform}}\n";
    finish_fails("  u: {flag: {}, per: g}\n", tables, (const char *const[]){"u", "b", NULL}, DIAG_P10, "b");
    finish_fails("  u: {flag: {}, per: g}\n  v: {flag: {}, per: three}\n", TAIL GROUPS,
                 (const char *const[]){"u", "v", NULL}, DIAG_P10, "u");
    finish_fails("  u: {number: 1..9, keep: true, unique: g}\n  v: {number: 1..9, keep: true, unique: three}\n",
                 TAIL GROUPS, (const char *const[]){"u", "v", NULL}, DIAG_P10, "v");
    finish_fails("  u: {flag: {}, per: g}\n  v: {keep: true, template: \"{{u}}\", unique: g}\n", TAIL GROUPS,
                 NULL, DIAG_P16, "v");
}

static void finish_takes_what_fits(void **state) {
    (void)state;
    fixture f = {0};
    open_text(
        &f,
        "  u: {flag: {}, per: g}\n  v: {flag: {}, per: two}\n  k: {number: 1..9, keep: true, unique: g}\n  m: "
        "{number: 1..9, keep: true, unique: two}\n",
        TAIL GROUPS);
    assert_non_null(f.p);
    static const char *const joined[][3] = {
        {"u", "v", NULL}, {"u", "k", NULL}, {"k", "m", NULL}, {"m", "a", NULL}};
    for (size_t i = 0; i < COUNT_OF(joined); i++) {
        uint32_t *leaf = arena_new_of(f.p->mem, uint32_t, 2);
        for (int k = 0; k < 2; k++) leaf[k] = fixture_node(&f, joined[i][k])->leaf;
        population_constrain(f.p, &(constraint){.id = STR("R"), .leaf = leaf, .leaves = 2, .holds = holds});
    }
    assert_true(population_finish(f.p, &f.d));
    uint32_t spans = 0;
    for (uint32_t i = 0; i < f.p->compiled->components; i++) {
        const component *c = &f.p->compiled->component[i];
        if (!c->span) continue;
        spans++;
        assert_int_equal(c->span, 4);
        assert_int_equal(c->uniques, 2);
        assert_int_equal(c->needs, 1);
        assert_int_equal(f.p->compiled->component[c->need[0]].per, 4);
    }
    assert_int_equal(spans, 1);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_said),        cmocka_unit_test(fields_have_none_of_them),
        cmocka_unit_test(what_fits_is_read),      cmocka_unit_test(finish_finds_the_rest),
        cmocka_unit_test(finish_takes_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

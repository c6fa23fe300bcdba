/* compile_choose_test.c: what is wrong with `choose` and `prior`, and what is not. */
#include "compile_fixture.h"

#include "taxonomy/choose.h"

static void open_text(fixture *f, const char *attributes, const char *rest) {
    buf b = {0};
    buf_printf(&b,
               HEAD "attributes:\n  a: {number: 0..9}\n  b: {choice: [x, y], ordered: true}\n"
                    "  s: {each: [p, q, r], flag: {}}\n  l: {list: 1..3, k: {choice: [u, v]}}\n%s%s%c",
               attributes, rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

#define CHOOSE(keys) TAIL "choose: {c: {" keys "}}\n"
#define FIELD                                                                                                  \
    "facets: {w: {fields: {x: {y: {text: {}}}}, prompt: \"{{@fields}}\\n---\\n{{@attributes}}\\n\"}}\n"

static void faults_are_said(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
        diag_code code;
        const char *value;
    } rows[] = {
        {"", TAIL "choose: [s]\n", DIAG_P03, "[...]"},
        {"", TAIL "choose: {c: s}\n", DIAG_P03, "s"},
        {"", TAIL "choose: {c-d: {from: [s], count: 1}}\n", DIAG_P02, "c-d"},
        {"", CHOOSE("from: [s]"), DIAG_P02, "count"},
        {"", CHOOSE("count: 1"), DIAG_P02, "from"},
        {"", CHOOSE("from: [s], count: 1, cuont: 2"), DIAG_P02, "cuont"},
        {"", CHOOSE("from: [ss], count: 1"), DIAG_P04, "ss"},
        {"", CHOOSE("from: [], count: 1"), DIAG_P03, ""},
        {"", CHOOSE("from: {s: 1}, count: 1"), DIAG_P03, ""},
        {"", CHOOSE("from: [a], count: 1"), DIAG_P03, "a"},
        {"", CHOOSE("from: [s, s], count: 1"), DIAG_P03, "s"},
        {"  t: {u: {v: {flag: {}}, w: {flag: {}}}, x: {flag: {}}}\n", CHOOSE("from: [t, t.u], count: 1"),
         DIAG_P03, "t.u"},
        {"", TAIL "choose: {c: {from: [s], count: 1}, d: {from: [s], count: 1}}\n", DIAG_P03, "s"},
        {"", FIELD "choose: {c: {from: [x], count: 1}}\n", DIAG_P10, "x"},
        {"  m: {list: 2, t: {u: {flag: {}}, v: {flag: {}}}}\n", CHOOSE("from: [m.t], count: 1"), DIAG_P10,
         "m.t"},
        {"", CHOOSE("from: [s], count: 1") "tables: {t: {over: [s.p], shares: uniform}}\n", DIAG_P10, "s.p"},
        {"", CHOOSE("from: [s], count: -1..2"), DIAG_P07, "-1..2"},
        {"", CHOOSE("from: [s], count: 1.., to: [a]"), DIAG_P07, "1.."},
        {"", CHOOSE("from: [s], count: 1..2, by: [b]"), DIAG_P08, "c"},
        {"", CHOOSE("from: [s], count: 1..2, by: [b], given: {x: 1}"), DIAG_P08, ""},
        {"", CHOOSE("from: [s], count: 1..2, by: [b], given: {x: 1, y: 3}"), DIAG_P07, "3"},
        {"", CHOOSE("from: [s], count: 1..2, by: [story], given: {else: 1}"), DIAG_P10, "story"},
        {"", CHOOSE("from: [s], count: 1, to: [story]"), DIAG_P10, "story"},
        {"", CHOOSE("from: [s], count: 1, to: [l.k]"), DIAG_P10, "l.k"},
        {"", CHOOSE("from: [s], count: 1, to: [aa]"), DIAG_P04, "aa"},
        {"", CHOOSE("from: [s], count: 1, mix: {near: 1}"), DIAG_P02, "to"},
        {"", CHOOSE("from: [s], count: 1, to: [a], mix: {neer: 1}"), DIAG_P02, "neer"},
        {"", CHOOSE("from: [s], count: 1, to: [a], mix: {near: -1}"), DIAG_P09, "-1"},
        {"", CHOOSE("from: [s], count: 1, to: [a], mix: {near: 0}"), DIAG_P09, "c"},
        {"", CHOOSE("from: [s], count: 1, to: [a], mix: {near: much}"), DIAG_P03, "much"},
        {"", CHOOSE("from: [s], count: 1, to: [a], mix: 3"), DIAG_P03, "3"},
        {"", CHOOSE("from: [s], count: 1, tail: 1.5"), DIAG_P07, "1.5"},
        {"", CHOOSE("from: [s], count: 1, tail: long"), DIAG_P03, "long"},
        {"", CHOOSE("from: [s], count: 1, least: -1"), DIAG_P07, "-1"},
        {"", CHOOSE("from: [s], count: 1, least: some"), DIAG_P03, "some"},
        {"  t: {prior: -1, u: {flag: {}}, v: {flag: {}}}\n", CHOOSE("from: [t], count: 1"), DIAG_P09, "-1"},
        {"  t: {prior: 1e9, u: {flag: {}}, v: {flag: {}}}\n", CHOOSE("from: [t], count: 1"), DIAG_P07, "1e9"},
        {"  t: {u: {flag: {}, prior: rare}, v: {flag: {}}}\n", TAIL, DIAG_P03, "rare"},
        {"  t: {prior: 1e6, n: {prior: 1e6, u: {flag: {}, prior: 2}, v: {flag: {}}}}\n",
         CHOOSE("from: [t], count: 1"), DIAG_P07, "t.n.u"},
        /* a line with it must be able to go */
        {"",
         "facets: {w: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{s.p}}\\n\"}}\n"
         "choose: {c: {from: [s], count: 1}}\n",
         DIAG_P12, "{{s.p}}"},
        {"",
         "facets: {w: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{s|lines}}\\n\"}}\n"
         "choose: {c: {from: [s], count: 1}}\n",
         DIAG_P12, "{{s|lines}}"},
        {"",
         "facets: {w: {fields: {x: {text: {}}, y: {template: \"{{x}} {{s.p}}\"}}, prompt: "
         "\"{{@fields}}\\n---\\n{{a}}\\n\"}}\n"
         "choose: {c: {from: [s], count: 1}}\n",
         DIAG_P12, "{{s.p}}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].attributes, rows[i].rest);
        assert_null(f.p);
        bool right =
            f.d.errors == 1 && f.d.row[0].code == rows[i].code && str_is(f.d.row[0].value, rows[i].value);
        if (!right) {
            print_message("# %s%s", rows[i].attributes, rows[i].rest);
            fixture_print(&f);
        }
        assert_true(right);
        fixture_close(&f);
    }
}

static void doubts_are_said(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
    } rows[] = {
        {"", CHOOSE("from: [s], count: 4..5")},
        {"  t: {each: [u, v], flag: {}}\n", CHOOSE("from: [s, t], count: 1..4, least: 1")},
        {"  t: {prior: 2, u: {flag: {}}, v: {flag: {}}}\n", CHOOSE("from: [s], count: 1")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_text(&f, rows[i].attributes, rows[i].rest);
        if (!f.p || fixture_count(&f, DIAG_W00) != 1) fixture_print(&f);
        assert_non_null(f.p);
        assert_int_equal(fixture_count(&f, DIAG_W00), 1);
        fixture_close(&f);
    }
}

static const candidate *candidate_of(const population *p, const char *path) {
    const choose *c = &p->compiled->choose[0];
    for (uint32_t i = 0; i < c->candidates; i++)
        if (str_is(p->node[c->candidate[i].node].path, path)) return &c->candidate[i];
    return NULL;
}

/* Lists of sections as a whole; priors down the tree; what refers to what. */
static void candidates_are_compiled(void **state) {
    (void)state;
    fixture f = {0};
    open_text(&f,
              "  t:\n    prior: 4\n    u: {flag: {}, prior: 0.25}\n    v: {flag: {}, when: {t.u: true, a: 3}}\n"
              "    w: {choice: [x, y, z], except: [t.y], prior: 0}\n    y: {choice: [x, y]}\n"
              "    m: {list: 2, k: {choice: [u, v], by: [t.u], given: {else: u}}}\n",
              CHOOSE("from: [t, s], count: 3, tail: 0.5"));
    if (!f.p) fixture_print(&f);
    assert_non_null(f.p);
    const choose *c = &f.p->compiled->choose[0];
    assert_int_equal(c->candidates, 5 + 3);
    assert_int_equal(c->entries, 2);
    assert_int_equal(c->entry[1].first, 5);
    const candidate *m = candidate_of(f.p, "t.m"), *u = candidate_of(f.p, "t.u"), *v = candidate_of(f.p, "t.v"),
                    *w = candidate_of(f.p, "t.w"), *p = candidate_of(f.p, "s.p");
    assert_int_equal(m->leaves.n, 2);
    /* 4 to the power of 1/2 is the greatest */
    assert_true(u->weight == 1ull << 31 && p->weight == 1ull << 31 && w->weight == 0);
    assert_true(v->weight == 1ull << 32 && c->weighted);
    assert_int_equal(v->nbrings, 1);
    assert_ptr_equal(&c->candidate[v->brings[0]], u);
    assert_ptr_equal(&c->candidate[m->brings[0]], u);
    assert_ptr_equal(&c->candidate[w->brings[0]], candidate_of(f.p, "t.y"));
    assert_int_equal(p->nbrings, 0);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_said),
        cmocka_unit_test(doubts_are_said),
        cmocka_unit_test(candidates_are_compiled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

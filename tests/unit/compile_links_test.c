/* compile_links_test.c: what can be wrong with `links`, and with what names one. */
#include "compile_fixture.h"

#define ATTRIBUTES                                                                                             \
    "attributes:\n  a: {number: 0..9}\n  k: {choice: [x, y], keep: true}\n  g: {per: g, flag: {}}\n"           \
    "  t: {template: \"{{k}}\"}\n  u: {template: \"{{k}}\", when: {a: 3..}}\n"
#define GROUP         "groups: {g: {size: 6}}\n"
#define LINK(keys)    GROUP TAIL "links: {knows: {" keys "}}\n"
#define WHOLE         "within: g, degree: 3, relation: [r, s]"
#define SHOWING(refs) LINK(WHOLE ", show: " refs)
#define PROMPT(text)  "facets: {say: {fields: {story: {text: {}}}, prompt: \"" text "\"}}\n"
#define BESIDE(rest)  GROUP "links: {knows: {" WHOLE ", show: [k]}}\n" rest
#define KNOWS         "{{@fields}}\\n---\\n{{knows}}\\n"

typedef struct fault {
    const char *rest;
    diag_code code;
    const char *value;
} fault;

static void open_text(fixture *f, const char *rest) {
    buf b = {0};
    buf_printf(&b, HEAD ATTRIBUTES "%s%c", rest, 0);
    fixture_try(f, b.p);
    buf_free(&b);
}

static void faults_are_said(const fault *row, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        fixture f = {0};
        open_text(&f, row[i].rest);
        const diag *x = f.d.n ? &f.d.row[0] : NULL;
        if (f.d.n != 1 || !x->hint.n || x->code != row[i].code || !str_is(x->value, row[i].value)) {
            print_message("# %s", row[i].rest);
            fixture_print(&f);
        }
        assert_int_equal(f.d.n, 1);
        assert_int_equal(x->code, row[i].code);
        assert_true(str_is(x->value, row[i].value));
        assert_true(x->line > 0 && x->hint.n > 0);
        assert_true((f.p == NULL) == (row[i].code != DIAG_W00));
        fixture_close(&f);
    }
}

static void links_at_fault(void **state) {
    (void)state;
    static const fault rows[] = {
        {LINK("degree: 3, relation: r, show: [k]"), DIAG_P02, "within"},
        {LINK("within: g, relation: r, show: [k]"), DIAG_P02, "degree"},
        {LINK("within: g, degree: 3, show: [k]"), DIAG_P02, "relation"},
        {LINK("within: g, degree: 3, relation: r"), DIAG_P02, "show"},
        {LINK(WHOLE ", show: [k], invers: {r: s}"), DIAG_P02, "invers"},
        {LINK("within: h, degree: 3, relation: r, show: [k]"), DIAG_P04, "h"},
        {LINK("within: g, degree: 1.5, relation: r, show: [k]"), DIAG_P07, "1.5"},
        {LINK("within: g, degree: many, relation: r, show: [k]"), DIAG_P03, "many"},
        {LINK("within: g, degree: 7, relation: r, show: [k]"), DIAG_W00, "7"},
        {LINK("within: g, degree: 3, relation: {r: 0}, show: [k]"), DIAG_P09, ""},
        {LINK("within: g, degree: 3, relation: {r: -1}, show: [k]"), DIAG_P09, "-1"},
        {LINK("within: g, degree: 3, relation: [r, r], show: [k]"), DIAG_P03, "r"},
        {LINK("within: g, degree: 3, relation: {column: r}, show: [k]"), DIAG_P03, "column"},
        {LINK(WHOLE ", show: [k], inverse: {q: s}"), DIAG_P07, "q"},
        {LINK(WHOLE ", show: [k], inverse: {r: ~}"), DIAG_P03, "~"},
        {LINK(WHOLE ", show: [k], inverse: {r: s}"), DIAG_W00, "r"},
        {SHOWING("[a]"), DIAG_P10, "a"},
        {SHOWING("[k, story]"), DIAG_P10, "story"},
        {SHOWING("[k, u]"), DIAG_P10, "u"},
        {SHOWING("[stry]"), DIAG_P04, "stry"},
        {SHOWING("[]"), DIAG_P03, ""},
        {SHOWING("[knows]"), DIAG_P10, "knows"},
        {GROUP TAIL "links: {k: {" WHOLE ", show: [k]}}\n", DIAG_P02, "k"},
        {GROUP TAIL "links: {story: {" WHOLE ", show: [k]}}\n", DIAG_P02, "story"},
        {GROUP TAIL "links: {1st: {" WHOLE ", show: [k]}}\n", DIAG_P02, "1st"},
        {GROUP TAIL "links: {knows: 5}\n", DIAG_P03, "5"},
        {"groups: {g: {size: 1000000}}\n" TAIL
         "links: {knows: {within: g, degree: 20, relation: r, show: [k]}}\n",
         DIAG_P17, "20"},
        {"groups: {g: {size: 6}}\nfacets: {say: {fields: {links: {text: {}}}, prompt: \"" KNOWS "\"}}\n"
         "links: {knows: {" WHOLE ", show: [k]}}\n",
         DIAG_P02, "links"},
        {BESIDE(TAIL "output: {columns: {links: a}}\n"), DIAG_P02, "links"},
    };
    faults_are_said(rows, COUNT_OF(rows));
}

/* Others cannot speak of what an attempt may leave out. */
static void candidates_are_not_shown(void **state) {
    (void)state;
    fixture f = {0};
    open_text(&f, GROUP TAIL "choose: {c: {from: [k], count: 1}}\nlinks: {knows: {" WHOLE ", show: [g, k]}}\n");
    const diag *x = fixture_row(&f, DIAG_P10);
    assert_true(str_is(x->value, "k"));
    assert_int_equal(fixture_count(&f, DIAG_P10), 1);
    fixture_close(&f);
}

static void references_at_fault(void **state) {
    (void)state;
    static const fault rows[] = {
        {BESIDE(PROMPT("{{@fields}}{{knows}}\\n---\\n{{k}}\\n")), DIAG_P10, "knows"},
        {BESIDE(PROMPT("{{@fields}}\\n---\\n{{knws}}\\n")), DIAG_P04, "knws"},
        {BESIDE(PROMPT("{{@fields}}\\n---\\n{{knows|list}}\\n")), DIAG_P12, "{{knows|list}}"},
        {BESIDE(TAIL "correlate: {c: {of: [a, knows], matrix: [[1], [0.5, 1]]}}\n"), DIAG_P10, "knows"},
        {BESIDE(TAIL "tables: {t: {over: [knows], shares: uniform}}\n"), DIAG_P10, "knows"},
        {BESIDE(TAIL "output: {columns: [knows]}\n"), DIAG_P10, "knows"},
        {BESIDE(TAIL "output: {id: \"{{knows}}-{{@slot}}\"}\n"), DIAG_P10, "knows"},
        {BESIDE(TAIL "dedup: {within: [knows]}\n"), DIAG_P10, "knows"},
        {BESIDE("facets: {say: {fields: {story: {text: {}}, told: {template: \"{{knows}}\"}}, prompt: \"" KNOWS
                "\"}}\n"),
         DIAG_P10, "knows"},
        {BESIDE("facets: {say: {when: {knows: x}, fields: {story: {text: {}}}, prompt: \"" KNOWS "\"}}\n"),
         DIAG_P10, "knows"},
        {BESIDE(TAIL "prompts: {revise: \"{{knows|json}}\\n\"}\n"), DIAG_P12, "{{knows|json}}"},
    };
    faults_are_said(rows, COUNT_OF(rows));
}

static void a_link_is_compiled(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, HEAD ATTRIBUTES GROUP PROMPT(
                         "{{@fields}}\\n---\\n{{@attributes}}\\n{{knows}}\\n") "links:\n"
                                                                               "  knows:\n"
                                                                               "    within: g\n"
                                                                               "    degree: 2.5\n"
                                                                               "    relation: {friend: 3, "
                                                                               "owes_money_to: 1}\n"
                                                                               "    inverse: {owes_money_to: "
                                                                               "lent_money_to}\n"
                                                                               "    show: [k, t, g]\n"
                                                                               "    source: invented\n");
    assert_int_equal(f.d.n, 0);
    assert_int_equal(f.p->links, 1);
    const link_def *l = &f.p->link[0];
    assert_true(str_is(l->name, "knows") && str_is(l->within->name, "g") && l->degree > 2.49 &&
                l->degree < 2.51);
    assert_int_equal(l->relation->values, 3);
    assert_int_equal(l->inverse[0], 0);
    assert_int_equal(l->inverse[1], 2);
    assert_true(str_is(l->relation->value[2].value, "lent_money_to"));
    assert_true(str_is(l->relation->value[2].label, "lent money to"));
    assert_int_equal(l->drawn->pick.n, 2);
    assert_int_equal(l->shows, 3);
    fixture_close(&f);
}

static void relations_stand_in_a_file(void **state) {
    (void)state;
    fixture f = {0};
    fixture_file(&f, "relations.csv", "relation,weight,label\nfriend,3,good friend\nboss,1,\n");
    fixture_load(&f, HEAD ATTRIBUTES SHOWING("[k]"));
    fixture_close(&f);
    fixture_file(&f, "relations.csv", "relation,weight,label\nfriend,3,good friend\nboss,1,\n");
    fixture_load(&f, HEAD ATTRIBUTES LINK("within: g, degree: 3, relation: relations.csv, show: [k]"));
    const link_def *l = &f.p->link[0];
    assert_int_equal(l->relation->values, 2);
    assert_true(str_is(l->relation->value[0].label, "good friend") &&
                str_is(l->relation->value[1].label, "boss"));
    assert_true(l->drawn->weight[0] > 0.74 && l->drawn->weight[0] < 0.76);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_at_fault),
        cmocka_unit_test(candidates_are_not_shown),
        cmocka_unit_test(references_at_fault),
        cmocka_unit_test(a_link_is_compiled),
        cmocka_unit_test(relations_stand_in_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

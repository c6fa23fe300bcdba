/* Nodes: order, paths, types and each, what is printed in which language; references. Uses
 * tests/cases/populations. */
#include "compile_fixture.h"

static char *case_path(const char *name) {
    const char *root = getenv("POP_ROOT");
    char *path;
    assert_true(asprintf(&path, "%s/tests/cases/populations/%s", root ? root : ".", name) > 0);
    return path;
}

static void open_case(fixture *f, const char *name, const char *set) {
    char *path = case_path(name);
    diags_init(&f->d);
    f->p = population_load(path, &set, set != NULL, &f->d);
    if (!f->p) fixture_print(f);
    assert_non_null(f->p);
    assert_int_equal(f->d.n, 0);
    free(path);
}

static void nodes_stand_in_file_order(void **state) {
    (void)state;
    static const char *const paths[] = {
        "grade",           "skill",         "skill.reading",  "skill.maths", "skill.speaking", "subjects",
        "subjects.strong", "subjects.weak", "subjects.marks", "remark",      "report",         "outlook",
        "outlook.mood",    "outlook.years", "outlook.plans",  "letter",      "heading"};
    fixture f = {0};
    open_case(&f, "levels.yaml", NULL);
    assert_int_equal(f.p->nodes, COUNT_OF(paths));
    assert_int_equal(f.p->drawn_nodes, 10);
    uint32_t leaf = 0;
    for (uint32_t i = 0; i < f.p->nodes; i++) {
        const node *n = &f.p->node[i];
        assert_true(str_is(n->path, paths[i]));
        assert_true(n->key == hash_64(n->path, 0));
        assert_ptr_equal(node_find(f.p, n->path), n);
        if (n->kind == K_SECTION)
            assert_int_equal(n->leaf, NO_LEAF);
        else
            assert_int_equal(n->leaf, leaf++);
        if (n->parent != NO_LEAF) assert_true(i > n->parent && i < f.p->node[n->parent].end);
    }
    assert_int_equal(leaf, f.p->leaves);
    assert_int_equal(f.p->node[1].end, 5);
    assert_int_equal(f.p->facet[0].first, 10);
    assert_int_equal(f.p->facet[0].end, 15);
    assert_true(f.p->facet[0].fixed_fields);
    assert_int_equal(fixture_node(&f, "heading")->owner, 1);
    assert_non_null(fixture_node(&f, "heading")->tpl);
    assert_int_equal(fixture_node(&f, "remark")->owner, NO_FACET);
    fixture_close(&f);
}

static void texts_follow_the_locale(void **state) {
    (void)state;
    static const struct {
        const char *set, *skill, *reading, *maths, *speaking, *low, *term, *word;
        uint32_t words;
    } rows[] = {{NULL, "skills", "reading", "mathematics", "speaking", "low", "reads", "low", 2},
                {"locale=zh-Hans", "技能", "阅读", "数学", "speaking", "低", "阅读", "低", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        open_case(&f, "levels.yaml", rows[i].set);
        const node *reading = fixture_node(&f, "reading");
        assert_true(str_is(fixture_node(&f, "skill")->label, rows[i].skill));
        assert_true(str_is(reading->label, rows[i].reading));
        assert_true(str_is(fixture_node(&f, "maths")->label, rows[i].maths));
        assert_true(str_is(fixture_node(&f, "speaking")->label, rows[i].speaking));
        assert_true(str_is(reading->value[0].label, rows[i].low));
        assert_int_equal(reading->value[0].words, rows[i].words);
        assert_true(str_is(reading->value[0].word[0], rows[i].word));
        assert_true(str_is(reading->term[reading->terms - 1], rows[i].term));
        assert_true(reading->ordered);
        fixture_close(&f);
    }
}

static void defaults_are_spaced_names(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f,
                 HEAD "attributes:\n  last_job: {choice: [book_keeper, cook], hide: true}\n  ok: {flag: {}}\n"
                      "  home: {hide: true, pets: {number: 0..3}}\n" TAIL);
    const node *n = fixture_node(&f, "last_job");
    assert_true(str_is(n->label, "last job"));
    assert_true(str_is(n->term[0], "last job"));
    assert_true(str_is(n->value[0].label, "book keeper"));
    assert_true(str_is(n->value[0].word[0], "book keeper"));
    assert_true(n->hide);
    assert_true(str_is(fixture_node(&f, "ok")->value[1].label, "yes"));
    assert_true(fixture_node(&f, "pets")->hide);
    fixture_close(&f);
}

static void types_are_laid_under(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, HEAD
                 "types:\n  base: {choice: [a, b, c], ordered: true, labels: {a: A}}\n  more: {type: base, "
                 "label: more of it}\n"
                 "attributes:\n  x: {type: more}\n  y: {type: more, label: own, given: {a: 1, b: 2}}\n"
                 "  z: {type: base, labels: ~, number: 1..3, ordered: ~}\n"
                 "  s: {each: {u: {}, v: {label: vee}, w: {type: base}}, type: base, given: {c: 1}}\n" TAIL);
    assert_true(str_is(fixture_node(&f, "x")->label, "more of it"));
    assert_true(str_is(fixture_node(&f, "y")->label, "own"));
    assert_int_equal(fixture_node(&f, "y")->values, 3);
    assert_int_equal(fixture_node(&f, "z")->kind, K_NUMBER);
    assert_true(str_is(fixture_node(&f, "v")->label, "vee"));
    assert_true(fixture_node(&f, "s.v")->draw->dist[0].weight[2] == 1);
    assert_true(str_is(fixture_node(&f, "s.u")->value[0].label, "A"));
    fixture_close(&f);
}

static void references_are_paths_or_their_ends(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(
        &f, HEAD
        "attributes:\n  a: {b: {c: {flag: {}}, d: {flag: {}}}}\n  b: {flag: {}}\n  e: {b: {c: {flag: {}}}}\n"
        "rules: {R: {kind: x, of: [a.b, b, d, e.b.c], what: c, with: a.b.cc, by: {a: 1}}}\n" TAIL);
    assert_true(str_is(node_find(f.p, STR("b"))->path, "b"));
    assert_true(str_is(node_find(f.p, STR("d"))->path, "a.b.d"));
    assert_null(node_find(f.p, STR("c")));
    assert_null(node_find(f.p, STR("b.c")));
    assert_null(node_find(f.p, STR("")));
    leaf_list l;
    assert_true(compile_refs(f.p, fixture_tree(&f, "R", "of"), &f.d, &l));
    assert_int_equal(l.n, 5);
    assert_true(str_is(leaf_node(f.p, l.leaf[1])->path, "a.b.d"));
    assert_false(compile_refs(f.p, fixture_tree(&f, "R", "what"), &f.d, &l));
    assert_true(str_holds(f.d.row[0].hint, "`a.b.c`, `e.b.c`"));
    assert_false(compile_refs(f.p, fixture_tree(&f, "R", "with"), &f.d, &l));
    assert_true(str_holds(f.d.row[1].hint, "`a.b.c`"));
    assert_false(compile_refs(f.p, fixture_tree(&f, "R", "by"), &f.d, &l));
    assert_int_equal(fixture_count(&f, DIAG_P04), 2);
    assert_int_equal(fixture_count(&f, DIAG_P03), 1);
    fixture_close(&f);
}

static void lists_have_counts(void **state) {
    (void)state;
    fixture f = {0};
    open_case(&f, "levels.yaml", NULL);
    const node *strong = fixture_node(&f, "strong"), *marks = fixture_node(&f, "marks"),
               *plans = fixture_node(&f, "plans");
    assert_true(strong->is_list && marks->is_list && plans->is_list);
    assert_int_equal(strong->count.lo, 1);
    assert_int_equal(strong->count.hi, 2);
    assert_int_equal(marks->count.lo, 3);
    assert_int_equal(plans->count.hi, 3);
    assert_int_equal(strong->draw->count->form, DIST_BINS);
    assert_int_equal(plans->limits.words.lo, 2);
    assert_int_equal(plans->limits.words.hi, 9);
    assert_false(plans->limits.has_chars);
    fixture_close(&f);
}

/* One cause, one row: what refers to a name that cannot be says nothing. */
static void a_reserved_name_is_said_alone(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest, *value;
    } rows[] = {
        {"list: {flag: {}}", TAIL, "list"},
        {"when: {sex: f}", TAIL, "when"},
        {"by: [sex]", TAIL, "by"},
        {"row: t.csv", TAIL, "row"},
        {"date: {date: 2024-01-01}, b: {flag: {}, when: {date: 2024-01-01}}", TAIL, "date"},
        {"list: {flag: {}}, b: {choice: [x, y], by: [list], given: {true: x, false: y}}", TAIL, "list"},
        {"b: {choice: [x, y], when: {when: m}}, when: {choice: [m, n]}", TAIL, "when"},
        {"label: {x: {flag: {}}}, z: {flag: {}, by: [label.x], given: {true: 1, false: 0}}", TAIL, "label"},
        {"template: {choice: [a]}, q: {template: \"{{template}}\"}", TAIL, "template"},
        {"s: {keep: {flag: {}}, b: {flag: {}, when: {s.keep: true}}}", TAIL, "keep"},
        {"n: {number: {equals: {by: 1}}}, by: {number: 1..9}", TAIL, "by"},
        {"each: {choice: [a, b]}",
         "tables: {t: {over: [each], shares: uniform}}\n" TAIL
         "rules: {R: {kind: never, when: {each: a}}}\noutput: {columns: [each]}\ndedup: {mask: [each]}\n",
         "each"},
        {"a: {flag: {}}",
         "facets: {say: {fields: {text: {text: {}}, when: {x: {text: {}}}}, prompt: "
         "\"{{@fields}}\\n---\\n{{a}}\"},\n"
         "  more: {needs: [say], fields: {t: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{text}} "
         "{{when.x}}\"}}\n"
         "output: {narrative: [text]}\n",
         "text"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        buf b = {0};
        buf_printf(&b, HEAD "attributes: {sex: {choice: [f, m]}, %s}\n%s%c", rows[i].attributes, rows[i].rest,
                   0);
        fixture_try(&f, b.p);
        buf_free(&b);
        if (f.d.errors != fixture_count(&f, DIAG_P02)) fixture_print(&f);
        assert_int_equal(f.d.errors, fixture_count(&f, DIAG_P02));
        const diag *x = &f.d.row[0];
        assert_true(x->code == DIAG_P02 && str_is(x->value, rows[i].value) && x->line && x->column &&
                    x->hint.n);
        assert_true(str_holds(x->text, "is reserved"));
        fixture_close(&f);
    }
}

static void a_child_called_as_a_kind(void **state) {
    (void)state;
    fixture f = {0};
    fixture_try(&f, HEAD "attributes: {s: {text: {words: 1..9}, b: {flag: {}}}}\n" TAIL);
    const diag *x = fixture_row(&f, DIAG_P02);
    assert_true(str_is(x->value, "b") && str_holds(x->text, "has the kind `text`"));
    assert_int_equal(fixture_count(&f, DIAG_P02), 1);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_stand_in_file_order),          cmocka_unit_test(texts_follow_the_locale),
        cmocka_unit_test(defaults_are_spaced_names),          cmocka_unit_test(types_are_laid_under),
        cmocka_unit_test(references_are_paths_or_their_ends), cmocka_unit_test(lists_have_counts),
        cmocka_unit_test(a_reserved_name_is_said_alone),      cmocka_unit_test(a_child_called_as_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

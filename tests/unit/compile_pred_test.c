/* compile_pred: what holds for which values, negation pushed down, counts, lists, the limit of 64 alternatives.
 */
#include "compile_fixture.h"

/* Predicates stand in rules of an unknown kind, which the load leaves alone. */
static const char population_text[] =
    HEAD "attributes:\n"
         "  n: {number: 0..9}\n"
         "  c: {choice: [red, green, blue]}\n"
         "  l: {choice: [low, medium, high], ordered: true}\n"
         "  f: {flag: {}, when: {n: 3..}}\n"
         "  many: {choice: [a, b, c], list: 0..2}\n"
         "rules:\n"
         "  R0: {kind: x, when: {}}\n"
         "  R1: {kind: x, when: {n: 3.., c: [red, blue]}}\n"
         "  R2: {kind: x, when: {any: [{n: 3..5}, {c: red}, {f: true}]}}\n"
         "  R3: {kind: x, when: {not: {n: 3.., c: red}}}\n"
         "  R4: {kind: x, when: {all: [{any: [{n: 1}, {n: 2}]}, {not: {any: [{c: green}, {l: ..medium}]}}]}}\n"
         "  R5: {kind: x, when: {count: {of: [n, c, l], is: ~, at_most: 1}}}\n"
         "  R6: {kind: x, when: {many: a}}\n"
         "  R7: {kind: x, when: {many: ~}}\n"
         "  R8: {kind: x, when: {many: {not: [a, b]}, c: {not: ~}}}\n"
         "  R9: {kind: x, when: {f: {not: {not: true}}}}\n"
         "  R10: {kind: x, when: {count: {of: [n, c, l], is: {not: ~}, at_least: 2, at_most: 2}}}\n" TAIL;

static const char *const colours[] = {NULL, "red", "green", "blue"};
static const char *const levels[] = {NULL, "low", "medium", "high"};
static const char *const lists[] = {NULL, "", "a", "b", "c", "a, b", "b, c"};
static const char *const numbers[] = {NULL, "0", "1", "2", "3", "5", "9"};
static const char *const flags[] = {NULL, "false", "true"};

/* The same, computed plainly from the texts of the values. */
static bool expected(int rule, const char *n, const char *c, const char *l, const char *f, const char *many) {
    int x = n ? n[0] - '0' : -1;
    bool red = c && !strcmp(c, "red"), green = c && !strcmp(c, "green"), blue = c && !strcmp(c, "blue");
    int there = (n != NULL) + (c != NULL) + (l != NULL);
    switch (rule) {
    case 0: return true;
    case 1: return x >= 3 && (red || blue);
    case 2: return (x >= 3 && x <= 5) || red || (f && !strcmp(f, "true"));
    case 3: return !(x >= 3 && red);
    case 4: return (x == 1 || x == 2) && !green && !(l && strcmp(l, "high") != 0);
    case 5: return 3 - there <= 1;
    case 6: return many && strchr(many, 'a');
    case 7: return !many || !*many;
    case 8: return !(many && (strchr(many, 'a') || strchr(many, 'b'))) && c;
    case 9: return f && !strcmp(f, "true");
    default: return there == 2;
    }
}

/* {not: PRED}, as a tree. */
static const tree *negation(population *p, const tree *t) {
    tree *map = tree_new_map(p->mem, t);
    tree_put(p->mem, map, STR("not"), (tree *)(uintptr_t)t);
    return map;
}

static void predicates_hold_as_written(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, population_text);
    for (int rule = 0; rule <= 10; rule++) {
        char id[16];
        snprintf(id, sizeof id, "R%d", rule);
        const tree *t = fixture_tree(&f, id, "when");
        const pred *q = compile_pred(f.p, t, &f.d), *not_q = compile_pred(f.p, negation(f.p, t), &f.d);
        assert_non_null(q);
        assert_non_null(not_q);
        size_t seen = 0;
        for (size_t i = 0;
             i < COUNT_OF(numbers) * COUNT_OF(colours) * COUNT_OF(levels) * COUNT_OF(flags) * COUNT_OF(lists);
             i++) {
            size_t k = i;
            const char *n = numbers[k % COUNT_OF(numbers)];
            const char *c = colours[(k /= COUNT_OF(numbers)) % COUNT_OF(colours)];
            const char *l = levels[(k /= COUNT_OF(colours)) % COUNT_OF(levels)];
            const char *flag = flags[(k /= COUNT_OF(levels)) % COUNT_OF(flags)];
            const char *many = lists[(k / COUNT_OF(flags)) % COUNT_OF(lists)];
            fixture_set(&f, "n", n);
            fixture_set(&f, "c", c);
            fixture_set(&f, "l", l);
            fixture_set(&f, "f", flag);
            fixture_set(&f, "many", many);
            bool want = expected(rule, n, c, l, flag, many);
            if (pred_holds(q, &f.r) != want || pred_holds(not_q, &f.r) == want)
                fail_msg("R%d: n %s c %s l %s f %s many %s: want %d", rule, n, c, l, flag, many, want);
            seen += want;
        }
        assert_true(seen > 0);
    }
    assert_int_equal(f.d.errors, 0);
    fixture_close(&f);
}

static void leaves_are_named_once(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, population_text);
    leaf_list l = pred_leaves(f.p, compile_pred(f.p, fixture_tree(&f, "R2", "when"), &f.d));
    assert_int_equal(l.n, 3);
    l = pred_leaves(f.p, compile_pred(f.p, fixture_tree(&f, "R5", "when"), &f.d));
    assert_int_equal(l.n, 3);
    fixture_close(&f);
}

static void and_keeps_both(void **state) {
    (void)state;
    fixture f = {0};
    fixture_load(&f, population_text);
    const pred *a = compile_pred(f.p, fixture_tree(&f, "R1", "when"), &f.d);
    const pred *b = compile_pred(f.p, fixture_tree(&f, "R2", "when"), &f.d), *both = pred_and(f.p, a, b);
    assert_ptr_equal(pred_and(f.p, NULL, b), b);
    assert_ptr_equal(pred_and(f.p, a, NULL), a);
    for (size_t i = 0; i < COUNT_OF(numbers) * COUNT_OF(colours); i++) {
        fixture_set(&f, "n", numbers[i % COUNT_OF(numbers)]);
        fixture_set(&f, "c", colours[i / COUNT_OF(numbers)]);
        assert_int_equal(pred_holds(both, &f.r), pred_holds(a, &f.r) && pred_holds(b, &f.r));
    }
    fixture_close(&f);
}

static void sixty_four_alternatives_are_the_most(void **state) {
    (void)state;
    fixture f = {0};
    buf b = {0};
    buf_z(&b, HEAD "attributes:\n");
    for (int i = 0; i < 14; i++) buf_printf(&b, "  a%d: {choice: [x, y, z]}\n", i);
    for (int pairs = 6; pairs <= 7; pairs++) {
        buf_z(&b, pairs == 6 ? "rules:\n  SIX: {kind: x, when: {all: [" : "  SEVEN: {kind: x, when: {all: [");
        for (int i = 0; i < pairs; i++)
            buf_printf(&b, "%s{any: [{a%d: x}, {a%d: x}]}", i ? ", " : "", 2 * i, 2 * i + 1);
        buf_z(&b, "]}}\n");
    }
    buf_z(&b, TAIL);
    buf_char(&b, 0);
    fixture_load(&f, b.p);
    const pred *six = compile_pred(f.p, fixture_tree(&f, "SIX", "when"), &f.d);
    assert_non_null(six);
    assert_int_equal(six->clauses, 64);
    assert_null(compile_pred(f.p, fixture_tree(&f, "SEVEN", "when"), &f.d));
    assert_int_equal(fixture_count(&f, DIAG_P17), 1);
    buf_free(&b);
    fixture_close(&f);
}

static void wrong_predicates_are_said(void **state) {
    (void)state;
    static const struct {
        const char *when;
        diag_code code;
        const char *value;
    } rows[] = {
        {"{q: 3}", DIAG_P04, "q"},
        {"{n: 77}", DIAG_P07, "77"},
        {"{s: 1}", DIAG_P03, "s"},
        {"[n]", DIAG_P03, ""},
        {"{all: {n: 3}}", DIAG_P03, ""},
        {"{n: {over: 3}}", DIAG_P03, "{...}"},
        {"{count: {of: [n], is: 3, least: 1}}", DIAG_P02, "least"},
        {"{count: {of: [n]}}", DIAG_P02, "is"},
        {"{c: {not: purple}}", DIAG_P07, "purple"},
        {"{story: yes}", DIAG_P03, "yes"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fixture f = {0};
        buf b = {0};
        buf_printf(&b,
                   HEAD "attributes: {n: {number: 0..9}, c: {choice: [red, blue]}, s: {x: {flag: {}}}}\n"
                        "rules: {R: {kind: x, when: %s}}\n" TAIL "%c",
                   rows[i].when, 0);
        fixture_load(&f, b.p);
        assert_null(compile_pred(f.p, fixture_tree(&f, "R", "when"), &f.d));
        assert_int_equal(f.d.errors, 1);
        const diag *x = fixture_row(&f, rows[i].code);
        if (rows[i].value[0]) assert_true(str_is(x->value, rows[i].value));
        buf_free(&b);
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicates_hold_as_written),
        cmocka_unit_test(leaves_are_named_once),
        cmocka_unit_test(and_keeps_both),
        cmocka_unit_test(sixty_four_alternatives_are_the_most),
        cmocka_unit_test(wrong_predicates_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

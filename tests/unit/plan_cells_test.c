/* plan_cells_test.c: whole persons in cells: shares, counts, weights, nested tables, tables that stand apart,
 * zeros. */
#include "plan_fixture.h"

static uint64_t sum_quota(const plan *pl) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < plan_cells(pl); i++) sum += plan_quota(pl, i);
    return sum;
}

static void done(plan *pl, population *p) {
    plan_free(pl);
    population_free(p);
}

static void one_cell_without_tables(void **state) {
    (void)state;
    population *p = make(HEAD "attributes: {a: {choice: [x, y]}}\n");
    plan *pl = plan_of(p, 17, 1);
    assert_int_equal(plan_cells(pl), 1);
    assert_int_equal(plan_quota(pl, 0), 17);
    assert_int_equal(plan_tables(pl), 0);
    done(pl, p);
}

static void counts_are_exact_where_they_sum_to_n(void **state) {
    (void)state;
    population *p = make(
        HEAD "attributes: {sex: {choice: [female, male]}, age: {number: 18..89}}\n"
             "tables: {t: {over: [age, sex], counts: {18..34: {female: 291, male: 297}, 35..64: {female: 496, "
             "male: 489}, 65..89: {female: 214, male: 173}}}}\n");
    plan *pl = plan_of(p, 1960, 1);
    assert_int_equal(plan_cells(pl), 6);
    assert_int_equal(persons(pl, "age=18..34 sex=female"), 291);
    assert_int_equal(persons(pl, "age=18..34 sex=male"), 297);
    assert_int_equal(persons(pl, "age=35..64 sex=female"), 496);
    assert_int_equal(persons(pl, "age=65..89 sex=male"), 173);
    assert_true(plan_rounding(pl) < 1e-9);
    plan_free(pl);
    pl = plan_of(p, 196, 1); /* a tenth: 29.1, 29.7, 49.6, 48.9, 21.4, 17.3 */
    assert_int_equal(persons(pl, "age=18..34 sex=female"), 29);
    assert_int_equal(persons(pl, "age=18..34 sex=male"), 30);
    assert_int_equal(persons(pl, "age=35..64 sex=female"), 50);
    assert_int_equal(persons(pl, "age=35..64 sex=male"), 49);
    assert_int_equal(persons(pl, "age=65..89 sex=female"), 21);
    assert_int_equal(persons(pl, "age=65..89 sex=male"), 17);
    plan_free(pl);
    pl = plan_of(p, 1960000000, 1); /* no drift at size */
    assert_int_equal(persons(pl, "age=18..34 sex=female"), 291000000);
    done(pl, p);
}

static void largest_remainders_get_the_rest(void **state) {
    (void)state;
    population *p = make(
        HEAD "attributes: {a: {choice: [x, y, z]}}\ntables: {t: {over: [a], shares: {x: 43, y: 34, z: 23}}}\n");
    plan *pl = plan_of(p, 10, 1); /* 4.3 3.4 2.3 -> 4 4 2 */
    assert_int_equal(persons(pl, "a=x"), 4);
    assert_int_equal(persons(pl, "a=y"), 4);
    assert_int_equal(persons(pl, "a=z"), 2);
    assert_true(plan_rounding(pl) > 0.59 && plan_rounding(pl) < 0.61);
    done(pl, p);
}

/* Equal remainders: the seed decides, not the order of the file. */
static void ties_go_by_seed(void **state) {
    (void)state;
    population *p = make(
        HEAD
        "attributes: {a: {choice: [a, b, c, d, e, f, g, h]}}\ntables: {t: {over: [a], shares: uniform}}\n");
    uint32_t first = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        plan *pl = plan_of(p, 1, seed);
        first += persons(pl, "a=a") == 1;
        assert_int_equal(sum_quota(pl), 1);
        plan_free(pl);
    }
    assert_in_range(first, 1, 24);
    population_free(p);
}

static const char student[] = HEAD "attributes:\n"
                                   "  grade: {choice: {1: 1, 2: 2, 3: 3}, ordered: true}\n"
                                   "  sex: {choice: {f: 60, m: 40}}\n"
                                   "  town: {choice: {big: 25, small: 75}}\n"
                                   "  level: {choice: [low, high], by: [grade, town], given: {1: {big: {low: "
                                   "80, high: 20}, small: {low: 40, high: 60}}, "
                                   "2..: {else: {low: 50, high: 50}}}}\n"
                                   "tables: {design: {over: [grade, sex, level], shares: weights}}\n";

/* P(grade) P(sex) sum over town of P(town) P(level | grade, town): 1: low 0.25 * 0.8 + 0.75 * 0.4 = 0.5. */
static void weights_are_the_joint(void **state) {
    (void)state;
    population *p = make(student);
    plan *pl = plan_of(p, 6000, 1);
    assert_int_equal(plan_cells(pl), 12);
    assert_int_equal(persons(pl, "grade=1 sex=f level=low"), 300);
    assert_int_equal(persons(pl, "grade=1 sex=m level=high"), 200);
    assert_int_equal(persons(pl, "grade=3 sex=f level=high"), 900);
    assert_true(plan_rounding(pl) < 1e-6);
    done(pl, p);
}

/* The town is drawn given the level that the cell asks for: P(big | grade 1, low) = 0.25 * 0.8 / 0.5 = 0.4. */
static void parents_outside_are_conditioned(void **state) {
    (void)state;
    population *p = make(student);
    plan *pl = plan_of(p, 60000, 3);
    arena *mem = arena_new(0);
    uint64_t seen[2] = {0};
    for (uint64_t i = 0; i < 60000; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        if (r.value[leaf_of(p, "grade")].num == 0 && r.value[leaf_of(p, "level")].num == 0)
            seen[r.value[leaf_of(p, "town")].num]++;
    }
    assert_int_equal(seen[0] + seen[1], 5000);
    assert_true(chi_deviation(seen, (double[]){0.4, 0.6}, 2, 5000) < 16);
    arena_free(mem);
    done(pl, p);
}

static void nested_tables_are_both_exact(void **state) {
    (void)state;
    population *p = make(
        HEAD "attributes: {age: {number: 0..99}, sex: {choice: [f, m]}, town: {choice: [a, b, c]}}\n"
             "tables:\n"
             "  joint: {over: [town, sex, age], shares: {a: {f: {0..49: 11, 50..99: 9}, m: {0..49: 10, 50..99: "
             "10}}, b: {f: {0..49: 7, 50..99: 8}, m: {0..49: 7, 50..99: 8}}, c: {f: {0..49: 8, 50..99: 7}, m: "
             "{0..49: 8, 50..99: 7}}}}\n"
             "  outer: {over: [town], shares: {a: 40, b: 30, c: 30}}\n"
             "  middle: {over: [sex, town], shares: {f: {a: 20, b: 15, c: 15}, m: {a: 20, b: 15, c: 15}}}\n");
    for (uint64_t n = 1; n < 400; n += 7) {
        plan *pl = plan_of(p, n, n);
        assert_int_equal(sum_quota(pl), n);
        assert_int_equal(plan_tables(pl), 3);
        for (uint32_t t = 0; t < 3; t++) {
            uint64_t *got = xcalloc(plan_table_cells(pl, t), sizeof *got), asked = 0;
            for (uint32_t c = 0; c < plan_cells(pl); c++) got[plan_table_cell(pl, t, c)] += plan_quota(pl, c);
            for (uint32_t c = 0; c < plan_table_cells(pl, t); c++) {
                assert_int_equal(got[c], plan_table_asked(pl, t, c));
                asked += got[c];
            }
            assert_int_equal(asked, n);
            free(got);
        }
        assert_in_range(persons(pl, "town=a"), n * 40 / 100, n * 40 / 100 + 1);
        assert_true(plan_rounding(pl) < 2);
        plan_free(pl);
    }
    population_free(p);
}

static void tables_apart_are_both_exact(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes: {a: {choice: [p, q, r]}, b: {choice: [s, t, u, v]}, c: {choice: [w, x]}}\n"
                  "tables:\n"
                  "  ta: {over: [a], shares: {p: 17, q: 33, r: 50}}\n"
                  "  tb: {over: [b], shares: {s: 10, t: 21, u: 29, v: 40}}\n"
                  "  tc: {over: [c], shares: {w: 55, x: 45}}\n");
    for (uint64_t n = 1; n < 300; n += 3) {
        plan *pl = plan_of(p, n, n);
        assert_int_equal(plan_cells(pl), 24);
        for (uint32_t t = 0; t < 3; t++)
            for (uint32_t k = 0; k < plan_table_cells(pl, t); k++) {
                uint64_t got = 0;
                for (uint32_t c = 0; c < plan_cells(pl); c++)
                    if (plan_table_cell(pl, t, c) == k) got += plan_quota(pl, c);
                assert_int_equal(got, plan_table_asked(pl, t, k));
            }
        assert_true(plan_rounding(pl) < 1);
        plan_free(pl);
    }
    plan *pl = plan_of(p, 10000, 1);
    assert_in_range(persons(pl, "a=q b=u c=w"), 524, 529); /* 10,000 x 0.33 x 0.29 x 0.55 = 526.35 */
    done(pl, p);
}

/* Where the attributes of two tables depend on one another, the joint of their own distributions is fitted to
 * both. */
static void dependent_tables_are_fitted(void **state) {
    (void)state;
    population *p = make(
        HEAD "attributes:\n"
             "  a: {choice: [p, q]}\n"
             "  b: {choice: [s, t], by: [a], given: {p: {s: 90, t: 10}, q: {s: 10, t: 90}}}\n"
             "tables: {ta: {over: [a], shares: {p: 30, q: 70}}, tb: {over: [b], shares: {s: 40, t: 60}}}\n");
    plan *pl = plan_of(p, 100000, 1);
    assert_int_equal(persons(pl, "a=p"), 30000);
    assert_int_equal(persons(pl, "b=s"), 40000);
    double ps = (double)persons(pl, "a=p b=s"), pt = (double)persons(pl, "a=p b=t");
    double qs = (double)persons(pl, "a=q b=s"), qt = (double)persons(pl, "a=q b=t");
    double odds = ps * qt / (pt * qs); /* kept by the fit: 81 */
    assert_true(odds > 80 && odds < 82);
    done(pl, p);
}

/* ---- constraints ----------------------------------------------------------------------------------------- */

typedef struct never {
    uint32_t a, b;
    int64_t a_most, b_is;
} never;

/* Never a at or below a_most together with b = b_is. */
static bool never_holds(const void *self, const record *r) {
    const never *k = self;
    const value *a = &r->value[k->a], *b = &r->value[k->b];
    return a->kind != V_NUM || b->kind != V_NUM || !(a->num <= k->a_most && b->num == k->b_is);
}

static const char work[] =
    HEAD "attributes: {age: {number: 18..89}, work: {choice: [employed, retired]}, c: {choice: [x, y]}}\n"
         "tables: {t: {over: [age, work], shares: {18..64: {employed: 70, retired: 10}, 65..89: {employed: "
         "5, retired: 15}}}}\n";

static constraint rule_on(const population *p, const never *k, const char *id) {
    uint32_t *leaf = arena_new_of(p->mem, uint32_t, 2);
    leaf[0] = k->a;
    leaf[1] = k->b;
    return (constraint){.id = str_of(id), .leaf = leaf, .leaves = 2, .holds = never_holds, .self = k};
}

static population *worked(never *k, int64_t most) {
    diags d;
    population *p = load_text(work, &d);
    assert_non_null(p);
    *k = (never){leaf_of(p, "age"), leaf_of(p, "work"), most, 1};
    constraint c = rule_on(p, k, "Z1");
    population_constrain(p, &c);
    assert_true(population_finish(p, &d));
    diags_free(&d);
    return p;
}

/* Nobody is retired up to 49: the retired of 18..64 are all 50..64, and the class is cut at 49. */
static void constraints_cut_classes(void **state) {
    (void)state;
    never k;
    population *p = worked(&k, 49);
    plan *pl = plan_of(p, 1000, 1);
    assert_int_equal(plan_cells(pl), 5);
    assert_int_equal(persons(pl, "age=50..64 work=retired"), 100);
    assert_int_equal(persons(pl, "age=18..49 work=retired"), 0);
    uint64_t young = persons(pl, "age=18..49 work=employed"), old = persons(pl, "age=50..64 work=employed");
    assert_int_equal(young + old, 700);
    assert_in_range(young, 476, 477); /* 700 x 32 / 47, as the ages are spread */
    arena *mem = arena_new(0);
    for (uint64_t i = 0; i < 1000; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        assert_true(never_holds(&k, &r));
        assert_int_equal(plan_find(pl, &r), r.cell);
    }
    arena_free(mem);
    done(pl, p);
}

static void persons_where_nobody_may_be(void **state) {
    (void)state;
    never k;
    population *p = worked(&k, 64);
    plan_fails(p, 1000, DIAG_Q03,
               (const char *[]){"`t`", "100 persons", "age=18..64 work=retired", "`Z1`", NULL});
    population_free(p);
}

static void uniform_leaves_out_zeros(void **state) {
    (void)state;
    diags d;
    population *p = load_text(
        HEAD "attributes: {a: {choice: [x, y, z]}, b: {choice: [u, v]}}\ntables: {t: {over: [a, b], shares: "
             "uniform}}\n",
        &d);
    assert_non_null(p);
    never k = {leaf_of(p, "a"), leaf_of(p, "b"), 0, 1}; /* never x with v */
    constraint c = rule_on(p, &k, "R");
    population_constrain(p, &c);
    assert_true(population_finish(p, &d));
    diags_free(&d);
    plan *pl = plan_of(p, 50, 1);
    assert_int_equal(plan_cells(pl), 5);
    for (uint32_t i = 0; i < 5; i++) assert_int_equal(plan_quota(pl, i), 10);
    done(pl, p);
}

/* A constraint over two tables that stand apart: zeros of the fit. */
static void constraints_cross_tables(void **state) {
    (void)state;
    diags d;
    population *p = load_text(
        HEAD "attributes: {a: {choice: [x, y, z]}, b: {choice: [u, v]}}\ntables: {ta: {over: [a], shares: "
             "uniform}, tb: {over: [b], shares: {u: 60, v: 40}}}\n",
        &d);
    assert_non_null(p);
    never k = {leaf_of(p, "a"), leaf_of(p, "b"), 0, 1};
    constraint c = rule_on(p, &k, "R");
    population_constrain(p, &c);
    assert_true(population_finish(p, &d));
    diags_free(&d);
    plan *pl = plan_of(p, 90, 1);
    assert_int_equal(persons(pl, "a=x b=u"), 30);
    assert_int_equal(persons(pl, "a=x b=v"), 0);
    assert_int_equal(persons(pl, "b=u"), 54);
    assert_int_equal(persons(pl, "a=y"), 30);
    done(pl, p);
}

/* ---- people to whom a table does not apply --------------------------------------------------------------- */

static void no_value_has_its_cells(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes:\n"
                  "  age: {number: 10..39}\n"
                  "  work: {choice: [yes, no], when: {age: 20..}}\n"
                  "tables: {t: {over: [age, work], counts: {10..19: {~: 30}, 20..39: {yes: 50, no: 20}}}}\n");
    plan *pl = plan_of(p, 100, 1);
    assert_int_equal(plan_cells(pl), 3);
    assert_int_equal(persons(pl, "age=10..19 work=~"), 30);
    assert_int_equal(persons(pl, "age=20..39 work=yes"), 50);
    arena *mem = arena_new(0);
    uint64_t none = 0;
    for (uint64_t i = 0; i < 100; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        bool has = r.value[leaf_of(p, "work")].kind == V_NUM;
        assert_int_equal(has, r.value[leaf_of(p, "age")].num >= leaf_node(p, leaf_of(p, "age"))->lo + 10);
        none += !has;
    }
    assert_int_equal(none, 30);
    arena_free(mem);
    done(pl, p);
}

static void weights_know_no_value(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes: {a: {choice: {x: 30, y: 70}}, b: {choice: {u: 50, v: 50}, when: {a: y}}}\n"
                  "tables: {t: {over: [a, b], shares: weights}}\n");
    plan *pl = plan_of(p, 100, 1);
    assert_int_equal(plan_cells(pl), 3);
    assert_int_equal(persons(pl, "a=x b=~"), 30);
    assert_int_equal(persons(pl, "a=y b=v"), 35);
    done(pl, p);
}

/* ---- errors ---------------------------------------------------------------------------------------------- */

static void margins_must_agree(void **state) {
    (void)state;
    population *p = make(
        HEAD
        "attributes: {a: {choice: [x, y]}, b: {choice: [u, v]}}\n"
        "tables: {one: {over: [a], shares: {x: 50, y: 50}}, two: {over: [a, b], shares: {x: {u: 30, v: 30}, y: "
        "{u: 20, v: 20}}}}\n");
    plan_fails(p, 1000, DIAG_Q02,
               (const char *[]){"`one`", "`two`", "a=x: 500 and 600", "a=y: 500 and 400", NULL});
    plan *pl = plan_of(p, 5, 1); /* less than a person apart */
    assert_int_equal(sum_quota(pl), 5);
    done(pl, p);
}

static void find_is_the_inverse(void **state) {
    (void)state;
    population *p = make(student);
    plan *pl = plan_of(p, 500, 1);
    record r;
    arena *mem = arena_new(0);
    for (uint64_t i = 0; i < 500; i++) {
        draw_into(pl, i, 2, &r, mem);
        assert_int_equal(plan_find(pl, &r), r.cell);
    }
    r.value[leaf_of(p, "level")] = (value){.kind = V_NONE};
    assert_int_equal(plan_find(pl, &r), UINT32_MAX);
    arena_free(mem);
    done(pl, p);
}

static void cells_as_json(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes: {s: {age: {number: 18..89}, sex: {choice: [f, m]}}}\n"
                  "tables: {t: {over: [age, sex], counts: {18..34|70..89: {f: 1}, 35..69: {f: 2, m: 3}}}}\n");
    plan *pl = plan_of(p, 6, 1);
    buf b = {0};
    plan_cell_json(pl, 0, &b);
    assert_string_equal(str_z(p->mem, buf_view(&b)), "{\"s.age\":\"18..34|70..89\",\"s.sex\":\"f\"}");
    buf_reset(&b);
    plan_table_cell_print(pl, 0, plan_table_cell(pl, 0, 2), &b);
    assert_string_equal(str_z(p->mem, buf_view(&b)), "s.age=35..69 s.sex=m");
    buf_free(&b);
    done(pl, p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cell_without_tables),
        cmocka_unit_test(counts_are_exact_where_they_sum_to_n),
        cmocka_unit_test(largest_remainders_get_the_rest),
        cmocka_unit_test(ties_go_by_seed),
        cmocka_unit_test(weights_are_the_joint),
        cmocka_unit_test(parents_outside_are_conditioned),
        cmocka_unit_test(nested_tables_are_both_exact),
        cmocka_unit_test(tables_apart_are_both_exact),
        cmocka_unit_test(dependent_tables_are_fitted),
        cmocka_unit_test(constraints_cut_classes),
        cmocka_unit_test(persons_where_nobody_may_be),
        cmocka_unit_test(uniform_leaves_out_zeros),
        cmocka_unit_test(constraints_cross_tables),
        cmocka_unit_test(no_value_has_its_cells),
        cmocka_unit_test(weights_know_no_value),
        cmocka_unit_test(margins_must_agree),
        cmocka_unit_test(find_is_the_inverse),
        cmocka_unit_test(cells_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

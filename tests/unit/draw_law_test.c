/* draw_law_test.c: what is drawn follows the stated laws: chi-square with fixed seeds, four standard
 * deviations. */
#include "plan_fixture.h"

#define MANY 40000

typedef struct sample {
    population *p;
    plan *pl;
    arena *mem;
    record r;
} sample;

static sample sample_with(const char *yaml, uint64_t n, uint64_t seed) {
    sample s = {.p = make(yaml), .mem = arena_new(0)};
    s.pl = plan_of(s.p, n, seed);
    return s;
}

static const record *drawn(sample *s, uint64_t slot, uint32_t attempt) {
    draw_into(s->pl, slot, attempt, &s->r, s->mem);
    return &s->r;
}

static void sample_free(sample *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static void choices_and_flags(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD "attributes:\n"
             "  a: {choice: {v: 50, w: 30, x: 15, y: 5, z: 0}}\n"
             "  f: {flag: 0.2}\n"
             "  b: {choice: [k, l, m], by: [a], given: {v: {k: 1}, w: {k: 10, m: 30}, else: [k, l, m]}}\n",
        MANY, 5);
    uint64_t a[5] = {0}, f[2] = {0}, b[3] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        const value *v = drawn(&s, i, 0)->value;
        a[v[0].num]++;
        f[v[1].num]++;
        if (v[0].num == 1) b[v[2].num]++;
        if (v[0].num == 0) assert_int_equal(v[2].num, 0);
    }
    assert_true(chi_deviation(a, (double[]){.5, .3, .15, .05, 0}, 5, MANY) < 16);
    assert_true(chi_deviation(f, (double[]){.8, .2}, 2, MANY) < 16);
    assert_true(chi_deviation(b, (double[]){.25, 0, .75}, 3, b[0] + b[2]) < 16);
    sample_free(&s);
}

/* One cell of n persons: each attribute has one person in each n-th of its distribution. */
static void numbers_are_stratified(void **state) {
    (void)state;
    enum { N = 2000 };
    sample s = sample_with(
        HEAD "attributes: {u: {number: 0..1999}, m: {number: {mean: 100, sd: 15, range: 40..160}}, "
             "b: {number: {0..9: 25, 10..19: 75}}, l: {number: {median: 60, sigma: 0.8, range: 1..700}}}\n",
        N, 3);
    uint64_t *seen = xcalloc(N, sizeof *seen), low = 0, below_mean = 0, below_median = 0;
    for (uint64_t i = 0; i < N; i++) {
        const record *r = drawn(&s, i, 0);
        const node *m = leaf_node(s.p, 1), *l = leaf_node(s.p, 3);
        seen[r->value[0].num - leaf_node(s.p, 0)->lo]++;
        low += r->value[2].num < 10;
        below_mean += r->value[1].num < 100;
        below_median += r->value[3].num < 60;
        assert_true(r->value[1].num >= m->lo && r->value[1].num <= m->hi);
        assert_true(r->value[3].num >= l->lo && r->value[3].num <= l->hi);
    }
    for (uint32_t i = 0; i < N; i++) assert_int_equal(seen[i], 1);
    assert_int_equal(low, N / 4);
    /* P(k < 100) = 1/2 less half the mass of 100, which is 0.0266; of the cut log-normal a little more than a
     * half */
    assert_in_range(below_mean, 972, 975);
    assert_in_range(below_median, 990, 1004);
    free(seen);
    sample_free(&s);
}

/* Tails are cut off, not piled up: the shape within the range is that of the whole, and its ends are no
 * heavier. */
static void tails_are_cut(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD
        "attributes: {x: {number: {mean: 0, sd: 10, range: -5..12}}, y: {number: {mean: -40, sd: 10, range: "
        "0..30}}, z: {number: {mean: 1, sd: 0.5, range: 0..2}, step: 0.25}}\n",
        MANY, 9);
    uint64_t x[18] = {0}, y[31] = {0}, z[9] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        const record *r = drawn(&s, i, 1);
        x[r->value[0].num + 5]++;
        y[r->value[1].num]++;
        z[r->value[2].num]++;
    }
    double px[18], py[31], pz[9], whole = num_normal_cdf(1.25) - num_normal_cdf(-0.55);
    for (int k = 0; k < 18; k++)
        px[k] = (num_normal_cdf((k - 4.5) / 10) - num_normal_cdf((k - 5.5) / 10)) / whole;
    whole = num_normal_cdf(-3.95) - num_normal_cdf(-7.05);
    for (int k = 0; k < 31; k++)
        py[k] = (num_normal_cdf(-(39.5 + k) / 10) - num_normal_cdf(-(40.5 + k) / 10)) / whole;
    whole = num_normal_cdf(2.25) - num_normal_cdf(-2.25);
    for (int k = 0; k < 9; k++) pz[k] = (num_normal_cdf((k - 3.5) / 2) - num_normal_cdf((k - 4.5) / 2)) / whole;
    /* strata make the fit closer than chance: only too much is wrong */
    for (int k = 0; k < 18; k++) assert_in_range(x[k], px[k] * MANY - 3, px[k] * MANY + 3);
    for (int k = 0; k < 31; k++)
        assert_in_range(y[k], py[k] * MANY < 3 ? 0 : py[k] * MANY - 3, py[k] * MANY + 3);
    for (int k = 0; k < 9; k++) assert_in_range(z[k], pz[k] * MANY - 3, pz[k] * MANY + 3);
    sample_free(&s);
}

static void means_follow_other_attributes(void **state) {
    (void)state;
    sample s = sample_with(HEAD "attributes:\n"
                                "  d: {choice: [p, q, r], ordered: true}\n"
                                "  h: {number: {mean: {d: 10, const: 30}, sd: 4, range: 0..90}}\n"
                                "  age: {number: 18..60}\n"
                                "  born: {number: {equals: {const: 2025, age: -1}}}\n",
                           MANY, 9);
    double sum[3] = {0}, square[3] = {0};
    uint64_t n[3] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        const value *v = drawn(&s, i, 0)->value;
        double h = (double)v[1].num;
        sum[v[0].num] += h;
        square[v[0].num] += h * h;
        n[v[0].num]++;
        assert_int_equal(v[3].num, 2025 - v[2].num);
    }
    for (int k = 0; k < 3; k++) {
        double mean = sum[k] / (double)n[k], variance = square[k] / (double)n[k] - mean * mean;
        assert_true(mean > 30 + 10 * k - 0.15 && mean < 30 + 10 * k + 0.15);
        assert_true(variance > 15.3 && variance < 16.9); /* 16, and 1/12 of rounding */
    }
    sample_free(&s);
}

/* Conditions: only, except, lists whose elements differ, when. */
static void conditions_hold(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD "attributes:\n"
             "  g: {choice: [1, 2, 3], ordered: true}\n"
             "  s: {choice: {a: 40, b: 30, c: 20, d: 10}, only: {d: {g: 3}}, list: {1: 50, 2: 30, 4: 20}}\n"
             "  w: {choice: [a, b, c, d], except: [s], list: 1..2}\n"
             "  one: {choice: {x: 99, y: 1}, only: {x: {g: ..2}}}\n"
             "  k: {number: 1..6, when: {g: 2}}\n",
        MANY, 21);
    uint64_t lists[4] = {0}, ended = 0, first[4] = {0}, firsts = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        const value *v = drawn(&s, i, 0)->value;
        bool taken[4] = {false};
        assert_int_equal(v[1].kind, V_LIST);
        for (uint32_t e = 0; e < v[1].n; e++) {
            int64_t x = v[1].item[e].num;
            assert_false(taken[x]);
            assert_true(x != 3 || v[0].num == 2);
            taken[x] = true;
        }
        for (uint32_t e = 0; e < v[2].n; e++) {
            assert_false(taken[v[2].item[e].num]);
            taken[v[2].item[e].num] = true;
        }
        if (v[0].num == 2) {
            first[v[1].item[0].num]++;
            firsts++;
            lists[v[1].n - 1]++;
        } else if (v[1].n == 3) {
            ended++; /* four were asked for, three are possible */
        }
        assert_true(v[0].num != 2 || v[3].num == 1);
        assert_int_equal(v[4].kind == V_NUM, v[0].num == 1);
    }
    assert_true(chi_deviation(first, (double[]){.4, .3, .2, .1}, 4, firsts) < 16);
    assert_true(chi_deviation(lists, (double[]){.5, .3, 0, .2}, 4, firsts) < 16);
    assert_in_range(ended, MANY * 2 / 3 * 18 / 100, MANY * 2 / 3 * 22 / 100);
    sample_free(&s);
}

/* ---- cells ----------------------------------------------------------------------------------------------- */

static const char cells_yaml[] = HEAD "attributes:\n"
                                      "  age: {number: {0..9: 10, 10..19: 20, 20..39: 70}}\n"
                                      "  h: {number: {mean: 100, sd: 10, range: 50..150}}\n"
                                      "  c: {choice: {p: 10, q: 20, r: 70}}\n"
                                      "tables: {t: {over: [age, c], shares: {0..14: {p|q: 30, r: 20}, 15..39: "
                                      "{p|q: 10, r: 40}}}, u: {over: [h], shares: {..99: 25, "
                                      "100..: 75}}}\n";

static void cells_are_kept_and_classes_cut(void **state) {
    (void)state;
    sample s = sample_with(cells_yaml, MANY, 2);
    uint64_t age[3] = {0}, young = 0, c[2] = {0}, below = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        const record *r = drawn(&s, i, 0);
        assert_int_equal(plan_find(s.pl, r), r->cell);
        int64_t a = r->value[0].num;
        if (a < 15) {
            age[a < 10 ? 0 : 1]++;
            young++;
        }
        if (r->value[2].num < 2) c[r->value[2].num]++;
        below += r->value[1].num < 100;
    }
    assert_int_equal(young, MANY / 2);
    assert_int_equal(c[0] + c[1], MANY * 4 / 10);
    assert_int_equal(below, MANY / 4);
    assert_true(chi_deviation(c, (double[]){1.0 / 3, 2.0 / 3}, 2, c[0] + c[1]) < 16);
    /* 10 for 0..9, half of 20 for 10..14; strata: each cell is off by a person at most */
    assert_in_range(age[0], young / 2 - 8, young / 2 + 8);
    sample_free(&s);
}

/* Two table attributes of which one depends on the other: within a cell the age is drawn given the degree. */
static void classes_condition_what_they_depend_on(void **state) {
    (void)state;
    static const char text[] = HEAD "attributes:\n"
                                    "  age: {number: 20..59}\n"
                                    "  degree: {choice: [low, high], by: [age], given: {..29: {low: 90, high: "
                                    "10}, 30..: {low: 70, high: 30}}}\n"
                                    "tables: {t: {over: [%s degree], shares: %s}}\n";
    char yaml[600];
    snprintf(yaml, sizeof yaml, text, "age,", "{20..39: {low: 30, high: 20}, 40..59: {low: 25, high: 25}}");
    sample s = sample_with(yaml, MANY, 2);
    uint64_t age[2][2] = {{0}}, old[20] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        const record *r = drawn(&s, i, 0);
        assert_int_equal(plan_find(s.pl, r), r->cell);
        if (r->value[0].num < 40)
            age[r->value[1].num][r->value[0].num >= 30]++;
        else if (r->value[1].num)
            old[r->value[0].num - 40]++;
    }
    assert_int_equal(age[1][0] + age[1][1], MANY / 5);
    assert_true(chi_deviation(age[0], (double[]){9 / 16.0, 7 / 16.0}, 2, age[0][0] + age[0][1]) < 16);
    assert_true(chi_deviation(age[1], (double[]){.25, .75}, 2, age[1][0] + age[1][1]) < 16);
    /* where the class is as likely at all ages of the cell, none is drawn twice: strata stay whole */
    for (int i = 0; i < 20; i++) assert_int_equal(old[i], MANY / 4 / 20);
    sample_free(&s);
    snprintf(yaml, sizeof yaml, text, "", "{low: 50, high: 50}"); /* the age in no table */
    s = sample_with(yaml, MANY, 2);
    memset(age, 0, sizeof age);
    for (uint64_t i = 0; i < MANY; i++) {
        const record *r = drawn(&s, i, 0);
        age[r->value[1].num][r->value[0].num >= 30]++;
    }
    assert_int_equal(age[0][0] + age[0][1], MANY / 2);
    assert_true(chi_deviation(age[0], (double[]){.3, .7}, 2, MANY / 2) < 16);
    assert_true(chi_deviation(age[1], (double[]){.1, .9}, 2, MANY / 2) < 16);
    sample_free(&s);
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

static bool same_skeleton(const population *p, const record *a, const record *b) {
    for (uint32_t i = 0; i < p->leaves; i++)
        if (!value_same(&a->value[i], &b->value[i])) return false;
    return true;
}

static void draws_are_functions_of_their_keys(void **state) {
    (void)state;
    sample s = sample_with(cells_yaml, 1000, 2);
    plan *other = plan_of(s.p, 1000, 3), *again = plan_of(s.p, 1000, 2);
    arena *m1 = arena_new(0), *m2 = arena_new(0);
    uint32_t redrawn = 0, moved = 0;
    for (uint64_t i = 1000; i-- > 0;) {
        record a, b;
        draw_into(s.pl, i, 0, &a, m1);
        draw_into(again, i, 0, &b, m2);
        assert_true(same_skeleton(s.p, &a, &b));
        draw_into(s.pl, i, 1, &b, m2);
        assert_int_equal(a.cell, b.cell);
        redrawn += !same_skeleton(s.p, &a, &b);
        /* the same stratum: a place in the distribution stays, so most numbers do */
        double gap = (double)(a.value[1].num - b.value[1].num);
        assert_true(gap < 15 && gap > -15);
        draw_into(other, i, 0, &b, m2);
        moved += !same_skeleton(s.p, &a, &b);
    }
    assert_in_range(redrawn, 150, 1000);
    assert_in_range(moved, 900, 1000);
    arena_free(m1);
    arena_free(m2);
    plan_free(other);
    plan_free(again);
    sample_free(&s);
}

/* The bytes of a fixed plan. If they change, rows of old runs cannot be made again: raise the engine number of
 * run.json, then this one. */
static void draws_are_what_they_were(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD "attributes:\n"
             "  age: {number: {0..9: 10, 10..19: 20, 20..39: 70}}\n"
             "  h: {number: {mean: {age: 0.5, const: 90}, sd: 10, range: 50..150}}\n"
             "  l: {number: {median: 60, sigma: 0.8, range: 0.5..700}, step: 0.5}\n"
             "  c: {choice: {p: 10, q: 20, r: 70}, by: [age], given: {..14: [p, q, r], 15..: {p: 1, q: 3}}}\n"
             "  f: {flag: 0.3}\n"
             "  s: {choice: {a: 4, b: 3, c: 2, d: 1}, only: {d: {f: true}}, list: 1..3}\n"
             "  t: {template: \"{{c}} {{s}}\"}\n"
             "tables: {t: {over: [age, c], shares: weights}, u: {over: [f], shares: {true: 33, false: 67}}}\n",
        1000, 2);
    buf b = {0};
    for (uint64_t i = 0; i < 2000; i++) {
        const record *r = drawn(&s, i % 1000, (uint32_t)(i / 1000));
        for (uint32_t k = 0; k < s.p->leaves; k++) value_json(&b, leaf_node(s.p, k), &r->value[k]);
    }
    char hex[33];
    hash_hex(hash_128(buf_view(&b)), hex);
    assert_string_equal(hex, "1af86decef3d32ef75875404ac71ad0b");
    buf_free(&b);
    sample_free(&s);
}

/* ---- constraints ----------------------------------------------------------------------------------------- */

typedef struct pair {
    uint32_t a, b;
} pair;

static bool ascending(const void *self, const record *r) {
    const pair *k = self;
    return r->value[k->a].num < r->value[k->b].num;
}

static bool never(const void *self, const record *r) {
    (void)self, (void)r;
    return false;
}

static const char dice[] = HEAD
    "attributes: {a: {number: 1..6}, b: {number: 1..6}, c: {number: 1..6}, d: {flag: 0.5, when: {a: 1}}}\n";

/* Two dice of which the second is higher: all 15 pairs are equally likely; the third is left alone. */
static void components_are_drawn_until_met(void **state) {
    (void)state;
    static const pair k = {0, 1};
    static const uint32_t leaf[2] = {0, 1};
    constraint c = {STR("UP"), leaf, 2, ascending, &k};
    population *p = make_with(dice, &c, 1), *plain = make(dice);
    assert_int_equal(p->compiled->components, 2); /* a, b, d; c */
    plan *pl = plan_of(p, MANY, 4), *pp = plan_of(plain, MANY, 4);
    arena *mem = arena_new(0), *other = arena_new(0);
    uint64_t seen[36] = {0}, pairs[15] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        record r, q;
        draw_into(pl, i, 0, &r, mem);
        draw_into(pp, i, 0, &q, other);
        assert_true(ascending(&k, &r));
        seen[(r.value[0].num - 1) * 6 + r.value[1].num - 1]++;
        assert_int_equal(r.value[2].num, q.value[2].num);
        assert_int_equal(r.value[3].kind == V_NUM, r.value[0].num == 1);
    }
    uint32_t n = 0;
    for (int i = 0; i < 36; i++)
        if (i / 6 < i % 6) pairs[n++] = seen[i];
    double chance[15];
    for (int i = 0; i < 15; i++) chance[i] = 1 / 15.0;
    assert_true(chi_deviation(pairs, chance, 15, MANY) < 16);
    arena_free(mem);
    arena_free(other);
    plan_free(pl);
    plan_free(pp);
    population_free(p);
    population_free(plain);
}

static void unmet_constraints_are_named(void **state) {
    (void)state;
    static const pair k = {0, 1};
    static const uint32_t leaf[2] = {0, 1}, one[1] = {2};
    constraint c[2] = {{STR("UP"), leaf, 2, ascending, &k}, {STR("NO"), one, 1, never, NULL}};
    population *p = make_with(dice, c, 2);
    plan *pl = plan_of(p, 10, 4);
    arena *mem = arena_new(0);
    record r;
    err e = {0};
    record_init(&r, p, mem);
    assert_false(draw_skeleton(pl, 7, 0, &r, &e));
    assert_int_equal(e.code, ERR_POPULATION);
    assert_non_null(strstr(e.text, "slot 7"));
    assert_non_null(strstr(e.text, "`NO` objected 1000 times"));
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* A constraint on a template: it is put together within its component. */
static bool no_double(const void *self, const record *r) {
    uint32_t leaf = *(const uint32_t *)self;
    return !str_is(r->value[leaf].text, "x-x") && r->value[leaf].kind == V_TEXT;
}

static void templates_can_be_constrained(void **state) {
    (void)state;
    static const uint32_t leaf = 2;
    constraint c = {STR("T"), &leaf, 1, no_double, &leaf};
    population *p = make_with(
        HEAD
        "attributes: {a: {choice: [x, y]}, b: {choice: [x, y]}, t: {template: \"{{a}}-{{b}}\"}, u: {template: "
        "\"<{{t}}>\"}}\n",
        &c, 1);
    assert_int_equal(p->compiled->components, 1);
    plan *pl = plan_of(p, 500, 4);
    arena *mem = arena_new(0);
    for (uint64_t i = 0; i < 500; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        assert_true(r.value[0].num + r.value[1].num > 0);
        assert_int_equal(r.value[3].text.n, 5);
        assert_memory_equal(r.value[3].text.p + 1, r.value[2].text.p, 3);
    }
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_and_flags),
        cmocka_unit_test(numbers_are_stratified),
        cmocka_unit_test(tails_are_cut),
        cmocka_unit_test(means_follow_other_attributes),
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(cells_are_kept_and_classes_cut),
        cmocka_unit_test(classes_condition_what_they_depend_on),
        cmocka_unit_test(draws_are_functions_of_their_keys),
        cmocka_unit_test(draws_are_what_they_were),
        cmocka_unit_test(components_are_drawn_until_met),
        cmocka_unit_test(unmet_constraints_are_named),
        cmocka_unit_test(templates_can_be_constrained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* plan_soft_test.c: soft tables: how near the fit comes to them by their weights, that hard ones stay exact,
 * and that attributes which only soft tables name are drawn as the fit says.
 */
#include "tests/unit/plan_fixture.h"

#define PANEL                                                                                                  \
    "attributes: {sex: {choice: [female, male]}, age: {number: 18..89}, work: {choice: {employed: 62, "        \
    "unemployed: 5, at home: 12, retired: 21}}}\n"
#define AGE_SEX                                                                                                \
    "  age_sex: {over: [age, sex], counts: {18..34: {female: 291, male: 297}, 35..64: {female: 496, male: "    \
    "489}, 65..89: {female: 214, male: 173}}}\n"
#define WORK(soft)                                                                                             \
    "  work: {over: [work], by: [age], soft: " soft                                                            \
    ", shares: {18..64: {employed: 76, unemployed: 6, at home: "                                               \
    "15, retired: 3}, 65..89: {employed: 9, at home: 5, retired: 86}}}\n"

static double fit_of(const plan *pl, uint32_t which, const char *cell) {
    for (uint32_t c = 0; c < plan_soft_cells(pl, which); c++) {
        buf b = {0};
        plan_soft_cell_print(pl, which, c, &b);
        bool found = str_is(buf_view(&b), cell);
        buf_free(&b);
        if (found) return plan_soft_fit(pl, which, c);
    }
    fail_msg("no cell %s", cell);
    return 0;
}

static bool near_to_value(double a, double b, double by) {
    double off = a - b;
    if (off > by || off < -by) print_message("%.9f, not %.9f\n", a, b);
    return off <= by && off >= -by;
}

/* One soft margin of weight w: its shares are those of the seed to the power 1 / (1 + w) times those of the
 * table to the power w / (1 + w), scaled. Seed 62 : 5 : 12 : 21 within each age. */
static void the_weight_says_how_near(void **state) {
    (void)state;
    population *p = make(HEAD PANEL "tables:\n" AGE_SEX WORK("3"));
    plan *pl = plan_of(p, 1960, 1);
    static const double seed[] = {0.62, 0.05, 0.12, 0.21}, asked[] = {0.76, 0.06, 0.15, 0.03};
    double mixed[4], sum = 0, young = 1573.0 / 1960;
    for (int i = 0; i < 4; i++) sum += mixed[i] = num_exp(0.25 * num_log(seed[i]) + 0.75 * num_log(asked[i]));
    assert_int_equal(plan_tables(pl), 1);
    assert_int_equal(plan_softs(pl), 1);
    assert_false(plan_soft_slow(pl, 0));
    assert_true(near_to_value(fit_of(pl, 0, "age=18..64 work=employed"), young * mixed[0] / sum, 1e-8));
    assert_true(near_to_value(fit_of(pl, 0, "age=18..64 work=retired"), young * mixed[3] / sum, 1e-8));
    plan_free(pl);
    population_free(p);
    p = make(HEAD PANEL "tables:\n" AGE_SEX WORK("1e6"));
    pl = plan_of(p, 1960, 1);
    assert_true(near_to_value(fit_of(pl, 0, "age=65..89 work=retired"), 387.0 / 1960 * 0.86, 1e-4));
    plan_free(pl);
    population_free(p);
}

/* The hard table is exact; of a soft one's cells the drawn people are as many as the fit says, within sampling
 * that is stratified in each cell. */
static void people_follow_the_fit(void **state) {
    (void)state;
    enum { N = 19600 };
    population *p = make(HEAD PANEL "tables:\n" AGE_SEX WORK("5"));
    plan *pl = plan_of(p, N, 3);
    uint64_t got[16] = {0}, sexes[2] = {0};
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < N; i++) {
        draw_into(pl, i, 0, &r, mem);
        assert_int_equal(plan_find(pl, &r), r.cell);
        uint32_t c = plan_soft_find(pl, 0, &r);
        assert_true(c < plan_soft_cells(pl, 0));
        got[c]++;
        sexes[r.value[leaf_of(p, "sex")].num]++;
    }
    assert_int_equal(sexes[0], 10010);
    for (uint32_t c = 0; c < plan_soft_cells(pl, 0); c++)
        assert_true(near_to_value((double)got[c], plan_soft_fit(pl, 0, c) * N, 6));
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* With soft tables alone everybody is of one cell. */
static void soft_tables_alone(void **state) {
    (void)state;
    enum { N = 5000 };
    population *p =
        make(HEAD PANEL "tables:\n  a: {over: [age], soft: 4, shares: {18..34: 50, 35..89: 50}}\n"
                        "  w: {over: [sex, work], soft: 2, shares: {female: {employed: 40, retired: 10}, "
                        "male: {employed: 20, at home: 30}}}\n");
    plan *pl = plan_of(p, N, 1);
    uint64_t got[2][16] = {{0}};
    arena *mem = arena_new(0);
    record r;
    assert_int_equal(plan_cells(pl), 1);
    for (uint64_t i = 0; i < N; i++) {
        draw_into(pl, i, 0, &r, mem);
        for (uint32_t t = 0; t < 2; t++) {
            assert_true(plan_soft_find(pl, t, &r) < plan_soft_cells(pl, t));
            got[t][plan_soft_find(pl, t, &r)]++;
        }
    }
    for (uint32_t t = 0; t < 2; t++)
        for (uint32_t c = 0; c < plan_soft_cells(pl, t); c++)
            assert_true(near_to_value((double)got[t][c], plan_soft_fit(pl, t, c) * N, 2));
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* A soft table that contradicts a hard one gives way; a share of 0 where a hard table needs people too. */
static void soft_tables_give_way(void **state) {
    (void)state;
    population *p =
        make(HEAD PANEL
             "tables:\n  hard: {over: [work], shares: {employed: 50, unemployed: 10, at home: 20, retired: "
             "20}}\n  soft: {over: [work], soft: 100, shares: {employed: 80, at home: 20}}\n");
    plan *pl = plan_of(p, 1000, 1);
    for (uint32_t c = 0; c < plan_cells(pl); c++)
        assert_int_equal(plan_table_asked(pl, 0, plan_table_cell(pl, 0, c)), plan_quota(pl, c));
    assert_true(near_to_value(fit_of(pl, 0, "work=unemployed|retired"), 0.3, 1e-6));
    assert_true(near_to_value(fit_of(pl, 0, "work=employed"), 0.5, 1e-6));
    plan_free(pl);
    population_free(p);
}

static void weights_are_linted(void **state) {
    (void)state;
    static const char *const bad[] = {"0", "-1", "much"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char yaml[1024];
        diags d;
        snprintf(yaml, sizeof yaml,
                 "%s%stables: {w: {over: [sex], soft: %s, shares: {female: 50, male: 50}}}\n", HEAD, PANEL,
                 bad[i]);
        population *p = load_text(yaml, &d);
        assert_true(d.errors > 0);
        assert_true(d.row[0].code == DIAG_P09 || d.row[0].code == DIAG_P03);
        population_free(p);
        diags_free(&d);
    }
}

/* What is drawn lies in the cells of each soft table as often as the fit says. */
static void drawn_as_fitted(const char *yaml, uint32_t attempt, double by) {
    enum { N = 4000 };
    population *p = make(yaml);
    plan *pl = plan_of(p, N, 1);
    uint64_t got[4][16] = {{0}};
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < N; i++) {
        draw_into(pl, i, attempt, &r, mem);
        for (uint32_t t = 0; t < plan_softs(pl); t++) {
            uint32_t c = plan_soft_find(pl, t, &r);
            if (c != UINT32_MAX) got[t][c]++;
        }
    }
    for (uint32_t t = 0; t < plan_softs(pl); t++)
        for (uint32_t c = 0; c < plan_soft_cells(pl, t); c++)
            assert_true(near_to_value((double)got[t][c], plan_soft_fit(pl, t, c) * N, by));
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* Tries that are rejected do not shift them: here scores that lie together draw the class of `pay`. */
static void rejection_leaves_the_fit(void **state) {
    (void)state;
    drawn_as_fitted(HEAD "attributes:\n  sex: {choice: [f, m]}\n"
                         "  works: {flag: 0.5, by: [sex], given: {f: 0.4, m: 0.6}}\n"
                         "  pay: {number: {mean: 50, sd: 20, range: 0..200}, when: {works: true}}\n"
                         "  stress: {number: {mean: 50, sd: 10, range: 0..100}}\n"
                         "correlate: {q: {of: [pay, stress], matrix: [[1], [0.3, 1]]}}\n"
                         "tables:\n  s: {over: [sex], shares: {f: 50, m: 50}}\n"
                         "  w: {over: [works], soft: 10, shares: {true: 60, false: 40}}\n"
                         "  p: {over: [pay], soft: 10, shares: {0..49: 60, 50..: 40}}\n"
                         "  t: {over: [stress], soft: 10, shares: {0..49: 40, 50..: 60}}\n",
                    0, 6);
}

/* One that an attribute of a hard table follows from, beside a kept one, is drawn early, and then once more. */
static void early_ones_follow_the_fit(void **state) {
    (void)state;
    static const char yaml[] =
        HEAD "groups: {g: {size: 5}}\nattributes:\n  k: {choice: [k1, k2], keep: true}\n"
             "  code: {number: 1..50, keep: true, unique: g, by: [k], given: {k1: 1..20, k2: 10..50}}\n"
             "  s: {choice: [s1, s2]}\n"
             "  t: {choice: [t1, t2], by: [k, s], given: {k1: {s1: {t1: 6, t2: 4}, s2: {t1: 2, t2: 8}}, "
             "k2: {s1: {t1: 3, t2: 7}, s2: {t1: 1, t2: 9}}}}\n"
             "tables:\n  x: {over: [t], shares: {t1: 30, t2: 70}}\n"
             "  y: {over: [s], soft: 1e6, shares: {s1: 20, s2: 80}}\n";
    drawn_as_fitted(yaml, 0, 6);
    drawn_as_fitted(yaml, 1, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weight_says_how_near),  cmocka_unit_test(people_follow_the_fit),
        cmocka_unit_test(soft_tables_alone),         cmocka_unit_test(soft_tables_give_way),
        cmocka_unit_test(weights_are_linted),        cmocka_unit_test(rejection_leaves_the_fit),
        cmocka_unit_test(early_ones_follow_the_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

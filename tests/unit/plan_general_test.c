/* plan_general_test.c: tables that overlap in any way: each exact in whole persons at any N, and the right
 * error, naming tables, cells and numbers, where that cannot be.
 */
#include "tests/unit/plan_fixture.h"

#define PEOPLE                                                                                                 \
    "attributes:\n"                                                                                            \
    "  region: {choice: [north, south, east]}\n"                                                               \
    "  age: {number: 18..89}\n"                                                                                \
    "  edu: {choice: [school, college, graduate], by: [age], given: {..24: {school: 60, college: 40}, 25..: "  \
    "{school: 40, college: 35, graduate: 25}}}\n"                                                              \
    "  income: {choice: [low, middle, high], by: [edu], given: {school: {low: 60, middle: 30, high: 10}, "     \
    "college: {low: 30, middle: 50, high: 20}, graduate: {low: 10, middle: 45, high: 45}}}\n"
#define REGION_AGE                                                                                             \
    "  region_age: {over: [region, age], shares: {north: {18..34: 10, 35..64: 15, 65..89: 8}, south: "         \
    "{18..34: "                                                                                                \
    "12, 35..64: 14, 65..89: 7}, east: {18..34: 11, 35..64: 16, 65..89: 7}}}\n"
#define AGE_EDU                                                                                                \
    "  age_edu: {over: [age, edu], shares: {18..34: {school: 14, college: 12, graduate: 7}, 35..64: {school: " \
    "18, college: 17, graduate: 10}, 65..89: {school: 14, college: 5, graduate: 3}}}\n"
#define EDU_INCOME                                                                                             \
    "  edu_income: {over: [edu, income], shares: {school: {low: 24, middle: 16, high: 6}, college: {low: 10, " \
    "middle: 16, high: 8}, graduate: {low: 2, middle: 8, high: 10}}}\n"
#define REGION_INCOME                                                                                          \
    "  region_income: {over: [region, income], shares: {north: {low: 13, middle: 12, high: 8}, south: {low: "  \
    "11, middle: 14, high: 8}, east: {low: 12, middle: 14, high: 8}}}\n"
/* cuts age across the classes of the others, and agrees with them only on the whole */
#define AGE_CROSSING "  age_halves: {over: [age], shares: {18..49: 53, 50..89: 47}}\n"

static void every_table_is_met(const plan *pl) {
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint64_t *got = xcalloc(plan_table_cells(pl, t), sizeof *got), sum = 0;
        for (uint32_t c = 0; c < plan_cells(pl); c++)
            if (plan_quota(pl, c)) got[plan_table_cell(pl, t, c)] += plan_quota(pl, c);
        for (uint32_t c = 0; c < plan_table_cells(pl, t); c++) {
            assert_int_equal(got[c], plan_table_asked(pl, t, c));
            sum += got[c];
        }
        assert_int_equal(sum, plan_size(pl));
        free(got);
    }
}

static void met_at_any_size(const char *yaml) {
    static const uint64_t sizes[] = {1, 2, 7, 37, 100, 300, 1000, 12345, 1000000, 1000000000};
    population *p = make(yaml);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            plan *pl = plan_of(p, sizes[i], seed);
            every_table_is_met(pl);
            plan_free(pl);
        }
    population_free(p);
}

static void acyclic_tables_are_met(void **state) {
    (void)state;
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE AGE_EDU);
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE AGE_EDU EDU_INCOME);
    met_at_any_size(HEAD PEOPLE "tables:\n" AGE_EDU EDU_INCOME AGE_CROSSING);
}

static void cyclic_tables_are_met(void **state) {
    (void)state;
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE AGE_EDU EDU_INCOME REGION_INCOME);
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE AGE_EDU EDU_INCOME REGION_INCOME AGE_CROSSING);
}

static void people_are_drawn_from_the_cells(void **state) {
    (void)state;
    population *p = make(HEAD PEOPLE "tables:\n" REGION_AGE AGE_EDU EDU_INCOME REGION_INCOME AGE_CROSSING);
    plan *pl = plan_of(p, 2000, 1);
    uint64_t *got = xcalloc(plan_cells(pl), sizeof *got);
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < 2000; i++) {
        draw_into(pl, i, 0, &r, mem);
        uint32_t cell = plan_find(pl, &r);
        assert_int_equal(cell, r.cell);
        got[cell]++;
    }
    for (uint32_t c = 0; c < plan_cells(pl); c++) assert_int_equal(got[c], plan_quota(pl, c));
    free(got);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

#define WORK "  work: {choice: [employed, at home, retired]}\n"
#define WORK_BY_AGE                                                                                            \
    "  work: {over: [work], by: [age], shares: {18..64: {employed: 80, at home: 17, retired: 3}, 65..89: "     \
    "{employed: 10, at home: 4, retired: 86}}}\n"
#define EDU_BY_WORK_REGION                                                                                     \
    "  edu: {over: [edu], by: [work, region], counts: {employed: {else: {school: 30, college: 50, graduate: "  \
    "40}}, at home|retired: {north: {school: 6, college: 3, graduate: 1}, else: {school: 7, college: 2, "      \
    "graduate: 1}}}}\n"

/* Within each combination of `by`, each share of its people to the next whole person. */
static void conditional_tables_are_met(void **state) {
    (void)state;
    met_at_any_size(HEAD PEOPLE WORK "tables:\n" REGION_AGE WORK_BY_AGE);
    met_at_any_size(HEAD PEOPLE WORK "tables:\n" WORK_BY_AGE);
    met_at_any_size(HEAD PEOPLE WORK "tables:\n" REGION_AGE WORK_BY_AGE EDU_BY_WORK_REGION);
    population *p = make(HEAD PEOPLE WORK "tables:\n" REGION_AGE WORK_BY_AGE);
    plan *pl = plan_of(p, 10007, 3);
    uint64_t people[2] = {0}, employed[2] = {0};
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < 10007; i++) {
        draw_into(pl, i, 0, &r, mem);
        int old = r.value[leaf_of(p, "age")].num >= 65;
        people[old]++;
        employed[old] += r.value[leaf_of(p, "work")].num == 0;
    }
    assert_int_equal(people[0] + people[1], 10007);
    assert_true(employed[0] * 10 <= people[0] * 8 + 10 && employed[0] * 10 + 10 >= people[0] * 8);
    assert_true(employed[1] * 10 <= people[1] + 10 && employed[1] * 10 + 10 >= people[1]);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

static void disagreeing_tables_are_told(void **state) {
    (void)state;
    population *p = make(
        HEAD PEOPLE
        "tables:\n" AGE_EDU
        "  edu_income: {over: [edu, income], shares: {school: {low: 30, middle: 16, high: 6}, college: {low: "
        "4, middle: 16, high: 8}, graduate: {low: 2, middle: 8, high: 10}}}\n");
    plan_fails(p, 1000, DIAG_Q02,
               (const char *[]){"`age_edu`", "`edu_income`", "edu=school: 460 and 520",
                                "edu=college: 340 and 280", NULL});
    population_free(p);
}

#define ABC "attributes: {a: {choice: [x, y]}, b: {choice: [u, v]}, c: {choice: [s, t]}}\n"

static void contradicting_tables_are_told(void **state) {
    (void)state;
    population *p = make(HEAD ABC "tables:\n"
                                  "  ab: {over: [a, b], shares: {x: {u: 50}, y: {v: 50}}}\n"
                                  "  bc: {over: [b, c], shares: {u: {s: 50}, v: {t: 50}}}\n"
                                  "  ac: {over: [a, c], shares: {x: {t: 50}, y: {s: 50}}}\n");
    plan_fails(p, 100, DIAG_Q05, (const char *[]){"`ab`", "`bc`", "`ac`", "cannot be met together", NULL});
    population_free(p);
}

/* Halves of persons would do: a and b alike for half of the pairs, and so on round the triangle. */
static void whole_persons_may_not_do(void **state) {
    (void)state;
    population *p = make(HEAD ABC "tables:\n"
                                  "  ab: {over: [a, b], shares: {x: {u: 25, v: 25}, y: {u: 25, v: 25}}}\n"
                                  "  bc: {over: [b, c], shares: {u: {s: 25, t: 25}, v: {s: 25, t: 25}}}\n"
                                  "  ac: {over: [a, c], shares: {x: {s: 25, t: 25}, y: {s: 25, t: 25}}}\n");
    for (uint64_t n = 4; n <= 64; n += 4) {
        diags d;
        diags_init(&d);
        plan *pl = plan_make(p, n, 1, &d);
        if (pl)
            every_table_is_met(pl);
        else
            assert_int_equal(d.row[0].code, DIAG_Q06);
        /* with a person in every cell of the joint it always goes */
        assert_true(pl || n % 8);
        plan_free(pl);
        diags_free(&d);
    }
    population_free(p);
}

typedef struct never {
    uint32_t a, b;
    int64_t x, y;
} never;

static bool never_holds(const void *self, const record *r) {
    const never *k = self;
    return !(r->value[k->a].num == k->x && r->value[k->b].num == k->y);
}

/* Everybody of x needs a v, of whom there are too few. */
static void a_rule_between_two_tables_is_told(void **state) {
    (void)state;
    diags d;
    population *p = load_text(
        HEAD ABC "tables: {ta: {over: [a], shares: {x: 60, y: 40}}, tb: {over: [b], shares: {u: 60, v: 40}}}\n",
        &d);
    assert_non_null(p);
    never k = {leaf_of(p, "a"), leaf_of(p, "b"), 0, 0};
    uint32_t leaf[] = {k.a, k.b};
    population_constrain(
        p, &(constraint){.id = STR("N1"), .leaf = leaf, .leaves = 2, .holds = never_holds, .self = &k});
    assert_true(population_finish(p, &d));
    diags_free(&d);
    plan_fails(p, 1000, DIAG_Q04,
               (const char *[]){"`ta`", "`tb`", "`N1`",
                                "600 persons of {a=x} of `ta` can only be in {b=v} of `tb`, "
                                "which asks for 400",
                                NULL});
    population_free(p);
}

/* A row that crosses what other rows cut is met as one; the rest is as the attributes' distributions say. */
static void rows_over_cut_classes_are_met(void **state) {
    (void)state;
    const char *const yaml = HEAD PEOPLE "tables:\n"
                                         "  age_edu: {over: [age, edu], shares: {..34: {school: 20, "
                                         "college|graduate: 15}, 30..89: {school|college: 45, "
                                         "graduate: 20}}}\n";
    const char *const fits =
        HEAD PEOPLE "tables:\n" REGION_AGE "  age_edu: {over: [age, edu], shares: {..34: {school: 20, "
                    "college|graduate: 13}, 35..: {school|college: 47, "
                    "graduate: 20}}}\n";
    diags d;
    assert_null(load_text(yaml, &d)); /* the keys of one level are disjoint */
    diags_free(&d);
    met_at_any_size(fits);
    population *p = make(fits);
    plan *pl = plan_of(p, 1000, 1);
    buf b = {0};
    assert_int_equal(plan_table_cells(pl, 1), 4);
    plan_table_cell_print(pl, 1, 1, &b);
    assert_true(str_is(buf_view(&b), "age=18..34 edu=college|graduate"));
    buf_free(&b);
    plan_free(pl);
    population_free(p);
}

/* `uniform` and `weights` within each combination of `by`. */
static void words_by_are_met(void **state) {
    (void)state;
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE "  edu: {over: [edu], by: [region], shares: uniform}\n");
    met_at_any_size(HEAD PEOPLE "tables:\n" REGION_AGE "  edu: {over: [income], by: [edu], shares: weights}\n");
    population *p =
        make(HEAD PEOPLE "tables:\n" REGION_AGE "  edu: {over: [edu], by: [region], shares: uniform}\n");
    plan *pl = plan_of(p, 10000, 1);
    uint64_t people[3][3] = {{0}};
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < 10000; i++) {
        draw_into(pl, i, 0, &r, mem);
        people[r.value[leaf_of(p, "region")].num][r.value[leaf_of(p, "edu")].num]++;
    }
    for (int a = 0; a < 3; a++)
        for (int b = 1; b < 3; b++)
            assert_true(people[a][b] + 2 >= people[a][0] && people[a][b] <= people[a][0] + 2);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

#define WORKING                                                                                                \
    "attributes: {sex: {choice: [female, male]}, age: {number: 0..89}, work: {choice: {employed: 60, "         \
    "retired: 40}, "                                                                                           \
    "when: {age: 18..}}, hours: {choice: [part, full], when: {work: employed}}}\n"
#define SEX_AGE                                                                                                \
    "  sex_age: {over: [sex, age], counts: {female: {..17: 203, 18..64: 512, 65..: 301}, male: {..17: 211, "   \
    "18..64: 498, 65..: 207}}}\n"

/* A table without a row for `~` speaks of those to whom its attributes apply, and of nobody else. */
static void tables_of_a_part_are_met(void **state) {
    (void)state;
    static const char *const tables[] = {
        "  work: {over: [work], shares: {employed: 57, retired: 43}}\n",
        "  work: {over: [sex, work], shares: {female: {employed: 24, retired: 29.557312}, male: {employed: 29, "
        "retired: "
        "17.442688}}}\n",
        "  work: {over: [work], by: [sex], shares: {female: {employed: 50, retired: 50}, male: {employed: 64, "
        "retired: "
        "36}}}\n",
        "  work: {over: [work], shares: {employed: 57, retired: 43}}\n  hours: {over: [hours], shares: {part: "
        "31, "
        "full: 69}}\n",
        "  work: {over: [work, age], shares: {employed: {18..64: 57, 65..: 3}, retired: {18..64: 9.534914, "
        "65..: "
        "30.465086}}}\n  hours: {over: [hours], by: [sex], shares: {female: {part: 31, full: 69}, male: "
        "{part: 9, full: 91}}}\n",
    };
    static const uint64_t sizes[] = {10, 100, 300, 1000, 12345, 1000000};
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        char yaml[4096];
        snprintf(yaml, sizeof yaml, "%s%stables:\n%s%s", HEAD, WORKING, SEX_AGE, tables[t]);
        population *p = make(yaml);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            plan *pl = plan_of(p, sizes[i], i + 1);
            for (uint32_t k = 0; k < plan_tables(pl); k++) {
                uint64_t got[64] = {0};
                for (uint32_t c = 0; c < plan_cells(pl); c++)
                    if (plan_table_cell(pl, k, c) < 64) got[plan_table_cell(pl, k, c)] += plan_quota(pl, c);
                for (uint32_t c = 0; c < plan_table_cells(pl, k); c++)
                    assert_int_equal(got[c], plan_table_asked(pl, k, c));
            }
            assert_true(plan_rounding(pl) < 2);
            plan_free(pl);
        }
        population_free(p);
    }
    population *p =
        make(HEAD WORKING "tables:\n" SEX_AGE "  work: {over: [work], shares: {employed: 57, retired: 43}}\n");
    plan *pl = plan_of(p, 1932, 1);
    uint64_t employed = 0, adults = 0;
    arena *mem = arena_new(0);
    record r;
    for (uint64_t i = 0; i < 1932; i++) {
        draw_into(pl, i, 0, &r, mem);
        const value *w = &r.value[leaf_of(p, "work")];
        assert_int_equal(w->kind, r.value[leaf_of(p, "age")].num >= 18 ? V_NUM : V_NONE);
        adults += w->kind == V_NUM;
        employed += w->kind == V_NUM && w->num == 0;
    }
    assert_int_equal(adults, 1518);
    assert_int_equal(employed, 865); /* 57 % of 1518 is 865.26 */
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* Three families of numbers, too many combinations together: each is gone through by itself. That walk and
 * shoes follow one another, and neither follows rent, shows in the cells that no table names. */
static void families_apart_are_multiplied(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes:\n"
                  "  income: {number: 0..2000}\n"
                  "  walk: {number: 0..300}\n"
                  "  age: {number: 0..99}\n"
                  "  rent: {number: 0..99, by: [income], given: {..1000: 0..29, 1001..: 60..99}}\n"
                  "  kids: {number: 0..9, by: [age], given: {..19: 0, 20..: {0: 30, 1..2: 50, 3..9: 20}}}\n"
                  "  shoes: {number: 1..20, by: [walk], given: {..150: 1..5, 151..: 11..20}}\n"
                  "tables:\n"
                  "  wai: {over: [walk, age, income], shares: {..150: {..19: {..1000: 10}, 20..: {..1000: 15, "
                  "1001..: 25}}, 151..: {..19: {1001..: 10}, 20..: {..1000: 30, 1001..: 10}}}}\n"
                  "  k: {over: [kids], shares: {0: 50, 1..: 50}}\n"
                  "  r: {over: [rent], shares: {..30: 55, 31..: 45}}\n"
                  "  s: {over: [shoes], shares: {..10: 50, 11..: 50}}\n");
    plan *pl = plan_of(p, 1000, 1);
    every_table_is_met(pl);
    for (uint32_t c = 0; c < plan_cells(pl); c++) {
        buf b = {0};
        size_t at;
        plan_cell_print(pl, c, &b);
        str cell = buf_view(&b);
        bool far = str_find(cell, STR("walk=151..300"), &at), large = str_find(cell, STR("shoes=11..20"), &at);
        bool rich = str_find(cell, STR("income=1001..2000"), &at),
             dear = str_find(cell, STR("rent=31..99"), &at);
        if (far != large || rich != dear) assert_int_equal(plan_quota(pl, c), 0);
        buf_free(&b);
    }
    plan_free(pl);
    population_free(p);
}

/* One table may name more attributes than the solver can take: it has no part in it. */
static void a_table_of_many_attributes_is_met(void **state) {
    (void)state;
    enum { MANY = 400 };
    buf text = {0};
    buf_z(&text, HEAD "attributes:\n");
    for (int i = 0; i < MANY; i++) buf_printf(&text, "  a%d: {choice: [x]}\n", i);
    buf_z(&text, "tables: {t: {shares: uniform, over: [a0");
    for (int i = 1; i < MANY; i++) buf_printf(&text, ", a%d", i);
    buf_z(&text, "]}}\n");
    buf_char(&text, 0);
    population *p = make(text.p);
    plan *pl = plan_of(p, 10, 1);
    assert_int_equal(plan_cells(pl), 1);
    assert_int_equal(plan_quota(pl, 0), 10);
    plan_free(pl);
    population_free(p);
    buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acyclic_tables_are_met),
        cmocka_unit_test(cyclic_tables_are_met),
        cmocka_unit_test(people_are_drawn_from_the_cells),
        cmocka_unit_test(conditional_tables_are_met),
        cmocka_unit_test(disagreeing_tables_are_told),
        cmocka_unit_test(contradicting_tables_are_told),
        cmocka_unit_test(whole_persons_may_not_do),
        cmocka_unit_test(a_rule_between_two_tables_is_told),
        cmocka_unit_test(rows_over_cut_classes_are_met),
        cmocka_unit_test(words_by_are_met),
        cmocka_unit_test(tables_of_a_part_are_met),
        cmocka_unit_test(families_apart_are_multiplied),
        cmocka_unit_test(a_table_of_many_attributes_is_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

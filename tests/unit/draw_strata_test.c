/* draw_strata_test.c: the strata that draw.c states: in every cell the empirical distribution of each attribute
 * is as near to its own as n persons can be, later attempts are nearly so, and attributes stay independent. */
#include "plan_fixture.h"

#include <math.h>

/* Cells of 1 to some thousand persons; in each, the distribution of every trait is one. */
static const char traits[] = HEAD
    "attributes:\n"
    "  sex: {choice: [f, m]}\n"
    "  place: {choice: [a, b, c, d, e]}\n"
    "  normal: {number: {mean: 50, sd: 10, range: 20..75}, step: 0.01, by: [sex], given: {f: {mean: 52.5, sd: "
    "9, range: 20..75}, m: {mean: 70, sd: 11, range: 20..75}}}\n"
    "  coarse: {number: {mean: 0, sd: 2, range: -3..9}}\n"
    "  log: {number: {median: 60, sigma: 0.8, range: 1..700}, step: 0.1}\n"
    "  even: {number: 1..60000}\n"
    "  wide: {number: -1000000000..1000000000}\n"
    "  bins: {number: {0..9: 25, 10..19: 5, 20: 30, 30..99: 40}}\n"
    "  shifted: {number: {mean: {place: 3, const: 10}, sd: 4, range: 0..40}, step: 0.5}\n"
    "  level: {choice: {p: 5, q: 0, r: 60, s: 35}}\n"
    "  owns: {flag: 0.3, by: [sex], given: {f: 0.31, m: 0.07}}\n"
    "tables: {t: {over: [sex, place], shares: {f: {a: 30, b: 10, c: 3, d: 1, e: 0.05}, m: {a: 38, b: 12, c: "
    "5, d: 0.9, e: 0.05}}}}\n";

typedef struct law {
    double mean, sd, lo, hi, step; /* of a normal one; lo, hi: in steps */
    bool log;
} law;

static double at_most(const law *l, double steps) {
    double x = (steps + 0.5) * l->step;
    if (l->log) x = x <= 0 ? 1e-300 : log(x);
    return num_normal_cdf((x - l->mean) / l->sd);
}

/* P(value <= v) of the traits, from their definitions. */
static double share(int trait, int64_t sex, int64_t place, double v) {
    law l = {.step = 1};
    switch (trait) {
    case 0: l = (law){sex ? 70 : 52.5, sex ? 11 : 9, 2000, 7500, 0.01, false}; break;
    case 1: l = (law){0, 2, -3, 9, 1, false}; break;
    case 2: l = (law){log(60), 0.8, 10, 7000, 0.1, true}; break;
    case 3: return v / 60000;
    case 4: return (v + 1000000001) / 2000000001;
    case 5:
        if (v < 20) return v < 10 ? (v + 1) * 0.025 : 0.25 + (v - 9) * 0.005;
        return v < 30 ? 0.6 : 0.6 + (v - 29) * 0.4 / 70;
    default: l = (law){10 + 3 * (double)place, 4, 0, 80, 0.5, false}; break;
    }
    double from = at_most(&l, l.lo - 1);
    return (at_most(&l, v) - from) / (at_most(&l, l.hi) - from);
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov and Smirnov's distance of sorted values from the law. */
static double distance(const int64_t *v, uint64_t n, int trait, int64_t sex, int64_t place) {
    double most = 0;
    for (uint64_t i = 0; i < n; i++) {
        double below = fabs((double)i / (double)n - share(trait, sex, place, (double)v[i] - 1));
        double to = fabs((double)(i + 1) / (double)n - share(trait, sex, place, (double)v[i]));
        if ((i == 0 || v[i - 1] != v[i]) && below > most) most = below;
        if ((i + 1 == n || v[i + 1] != v[i]) && to > most) most = to;
    }
    return most;
}

/* Persons of each cell, cell by cell, and their values. */
typedef struct people {
    population *p;
    plan *pl;
    int64_t *value; /* cell by cell, [leaf][person] */
    uint64_t *first;
} people;

enum { LEAVES = 11 };

static people people_of(const char *yaml, uint64_t n, uint32_t attempt) {
    people k = {.p = make(yaml)};
    k.pl = plan_of(k.p, n, 7);
    uint32_t cells = plan_cells(k.pl);
    k.value = xcalloc(n * LEAVES, sizeof *k.value);
    k.first = xcalloc(cells + 1, sizeof *k.first);
    for (uint32_t c = 0; c < cells; c++) k.first[c + 1] = k.first[c] + plan_quota(k.pl, c);
    arena *mem = arena_new(0);
    for (uint64_t slot = 0; slot < n; slot++) {
        uint32_t cell;
        uint64_t serial;
        record r;
        plan_place(k.pl, slot, &cell, &serial);
        draw_into(k.pl, slot, attempt, &r, mem);
        for (uint32_t i = 0; i < k.p->leaves && i < LEAVES; i++)
            k.value[(size_t)i * n + k.first[cell] + serial] = r.value[i].num;
    }
    arena_free(mem);
    return k;
}

static void people_free(people *k) {
    free(k->value);
    free(k->first);
    plan_free(k->pl);
    population_free(k->p);
}

static void numbers_are_as_near_as_can_be(void **state) {
    (void)state;
    enum { N = 12000 };
    for (uint32_t attempt = 0; attempt < 2; attempt++) {
        people k = people_of(traits, N, attempt);
        bool small = false, large = false;
        for (uint32_t c = 0; c < plan_cells(k.pl); c++) {
            uint64_t n = plan_quota(k.pl, c), first = k.first[c];
            int64_t sex = k.value[first], place = k.value[N + first];
            small = small || (n > 0 && n < 10);
            large = large || n > 3000;
            for (int trait = 0; trait < 7 && n; trait++) {
                int64_t *v = &k.value[(size_t)(trait + 2) * N + first];
                qsort(v, n, sizeof *v, ascending);
                double far = distance(v, n, trait, sex, place);
                double most = (attempt || n < 32 ? 1 : 0.5) / (double)n + 1e-6;
                if (far > most)
                    print_message("trait %d, cell %u of %llu: %.9f, at most %.9f\n", trait, c,
                                  (unsigned long long)n, far, most);
                assert_true(far <= most);
            }
        }
        assert_true(small && large);
        people_free(&k);
    }
}

static void shares_are_within_a_person(void **state) {
    (void)state;
    enum { N = 12000 };
    people k = people_of(traits, N, 0);
    for (uint32_t c = 0; c < plan_cells(k.pl); c++) {
        uint64_t n = plan_quota(k.pl, c), first = k.first[c], level[4] = {0}, yes = 0;
        for (uint64_t i = first; i < first + n; i++) {
            level[k.value[9 * N + i]]++;
            yes += k.value[10 * N + i] != 0;
        }
        double up_to[3] = {.05, .05, .65}, no = k.value[first] ? 0.93 : 0.69, sum = 0;
        for (int v = 0; v < 3; v++) {
            sum += (double)level[v];
            assert_true(fabs(sum - up_to[v] * (double)n) < 1 + 1e-9);
        }
        assert_true(fabs((double)(n - yes) - no * (double)n) < 1 + 1e-9);
        assert_int_equal(level[1], 0);
    }
    people_free(&k);
}

/* Cells of one person and of a few: together they are a sample of the distributions, not their middles. */
static void small_cells_are_no_medians(void **state) {
    (void)state;
    enum { CELLS = 3600 };
    for (uint64_t n = CELLS; n <= 3 * CELLS; n += CELLS) {
        people k = people_of(HEAD "attributes:\n"
                                  "  h: {number: 1..60}\n"
                                  "  i: {number: 1..60}\n"
                                  "  even: {number: 1..60000}\n"
                                  "  yes: {flag: 0.3}\n"
                                  "  c: {choice: {p: 25, q: 50, r: 25}}\n"
                                  "tables: {t: {over: [h, i], shares: uniform}}\n",
                             n, 0);
        assert_int_equal(plan_cells(k.pl), CELLS);
        int64_t *v = &k.value[2 * n];
        qsort(v, n, sizeof *v, ascending);
        assert_true(distance(v, n, 3, 0, 0) < 1.95 / sqrt((double)n));
        uint64_t yes = 0, c[3] = {0};
        for (uint64_t i = 0; i < n; i++) {
            yes += k.value[3 * n + i] != 0;
            c[k.value[4 * n + i]]++;
        }
        assert_true(fabs((double)yes / (double)n - 0.3) < 4 * sqrt(0.21 / (double)n));
        for (int i = 0; i < 3; i++)
            assert_true(fabs((double)c[i] / (double)n - (i == 1 ? .5 : .25)) < 4 * sqrt(0.25 / (double)n));
        people_free(&k);
    }
}

/* Of attributes with strata, all pairs: in one cell of many, and over many cells of few. */
static void attributes_are_independent(void **state) {
    (void)state;
    enum { N = 40960 };
    static const char *const rests[] = {"", "tables: {t: {over: [h, i], shares: uniform}}\n"};
    for (int many = 0; many < 2; many++) {
        char yaml[700];
        snprintf(yaml, sizeof yaml,
                 HEAD "attributes:\n"
                      "  a: {choice: [k, l, m, n]}\n"
                      "  b: {number: {mean: 50, sd: 10, range: 0..100}}\n"
                      "  e: {number: 0..999}\n"
                      "  f: {flag: 0.5}\n"
                      "  g: {flag: 0.5}\n"
                      "  h: {number: 1..64}\n"
                      "  i: {number: 1..64}\n%s",
                 rests[many]);
        people k = people_of(yaml, N, 0);
        assert_int_equal(plan_cells(k.pl), many ? 4096 : 1);
        static const int cuts[5][3] = {
            {1, 2, 3}, {43, 50, 57}, {250, 500, 750}, {1, 9999, 9999}, {1, 9999, 9999}};
        static const int kinds[5] = {4, 4, 4, 2, 2};
        for (int x = 0; x < 5; x++)
            for (int y = 0; y < x; y++) {
                double seen[4][4] = {{0}}, row[4] = {0}, col[4] = {0}, chi = 0;
                for (uint64_t i = 0; i < N; i++) {
                    int at[2], which[2] = {x, y};
                    for (int w = 0; w < 2; w++)
                        for (at[w] = 0;
                             at[w] < 3 && k.value[(size_t)which[w] * N + i] >= cuts[which[w]][at[w]];)
                            at[w]++;
                    seen[at[0]][at[1]]++;
                    row[at[0]]++;
                    col[at[1]]++;
                }
                for (int i = 0; i < kinds[x]; i++)
                    for (int j = 0; j < kinds[y]; j++) {
                        double want = row[i] * col[j] / N, off = seen[i][j] - want;
                        chi += off * off / want;
                    }
                double dof = (kinds[x] - 1.0) * (kinds[y] - 1.0);
                if (chi > dof + 5 * sqrt(2 * dof))
                    print_message("%d with %d: chi-square %.1f of %.0f\n", x, y, chi, dof);
                assert_true(chi < dof + 5 * sqrt(2 * dof) + 4);
            }
        people_free(&k);
    }
}

/* A later attempt redraws choices and flags from the whole of their distributions. */
static void attempts_redraw(void **state) {
    (void)state;
    enum { N = 12000 };
    people a = people_of(traits, N, 1), b = people_of(traits, N, 2);
    uint64_t level[4] = {0}, moved = 0;
    for (uint64_t i = 0; i < N; i++) {
        level[a.value[9 * N + i]]++;
        moved += a.value[9 * N + i] != b.value[9 * N + i];
        assert_int_equal(a.value[i], b.value[i]);
    }
    assert_true(chi_deviation(level, (double[]){.05, 0, .6, .35}, 4, N) < 16);
    /* 1 - .05^2 - .6^2 - .35^2 = 0.515 */
    assert_true(fabs((double)moved / N - 0.515) < 4 * 0.5 / sqrt(N));
    people_free(&a);
    people_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_as_near_as_can_be),
        cmocka_unit_test(shares_are_within_a_person),
        cmocka_unit_test(small_cells_are_no_medians),
        cmocka_unit_test(attributes_are_independent),
        cmocka_unit_test(attempts_redraw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

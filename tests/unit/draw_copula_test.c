/* draw_copula_test.c: correlated attributes follow the law that draw_copula.c states: correlations of scores
 * within four standard errors, distributions of their own untouched, cells and constraints as conditions. */
#include "plan_fixture.h"

#include <math.h>

#define MANY 100000

/* ---- sums -------------------------------------------------------------------------------------------------
 */

typedef struct sums {
    double x, y, xx, yy, xy;
    uint64_t n;
} sums;

static void sums_add(sums *s, double x, double y) {
    s->x += x;
    s->y += y;
    s->xx += x * x;
    s->yy += y * y;
    s->xy += x * y;
    s->n++;
}

static double correlation(const sums *s) {
    double n = (double)s->n, sx = s->xx - s->x * s->x / n, sy = s->yy - s->y * s->y / n;
    return (s->xy - s->x * s->y / n) / sqrt(sx * sy);
}

/* Four standard errors of the correlation of normal variables. */
static void assert_correlation(double got, double want, uint64_t n) {
    double error = 4 * (1 - want * want) / sqrt((double)n);
    if (fabs(got - want) > error) print_message("correlation %.5f, not %.5f +- %.5f\n", got, want, error);
    assert_true(fabs(got - want) <= error);
}

/* P(x in the cell i, y in the cell j) of a bivariate normal; the cells end at the scores. By Simpson's rule. */
static double rectangle(double a, double b, double c, double d, double rho) {
    enum { STEPS = 2000 };
    double from = a < -8 ? -8 : a, to = b > 8 ? 8 : b, h = (to - from) / STEPS, sum = 0,
           sd = sqrt(1 - rho * rho);
    for (int i = 0; i <= STEPS; i++) {
        double x = from + h * i, weight = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;
        double part = num_normal_cdf((d - rho * x) / sd) - num_normal_cdf((c - rho * x) / sd);
        sum += weight * part * exp(-x * x / 2);
    }
    return sum * h / 3 / sqrt(2 * 3.14159265358979323846);
}

/* Scores at which the classes of these shares end; end[0] is the lowest. */
static void ends_of(const double *share, int n, double *end) {
    double sum = 0;
    end[0] = -9;
    for (int i = 0; i < n; i++) {
        sum += share[i];
        end[i + 1] = i + 1 < n ? num_normal_inv(sum) : 9;
    }
}

/* ---- matrices ---------------------------------------------------------------------------------------------
 */

static double unit(uint64_t *state) {
    return rng_unit(rng_u64(17, (*state)++, 0, 0, 0));
}

/* A random correlation matrix: of the rows of a random matrix, scaled to length 1. */
static void random_matrix(double *r, int n, uint64_t *state) {
    double a[12][12];
    for (int i = 0; i < n; i++) {
        double length = 0;
        for (int k = 0; k < n; k++) {
            a[i][k] = num_normal_inv(unit(state)) + (k == 0 ? 0.7 : 0);
            length += a[i][k] * a[i][k];
        }
        for (int k = 0; k < n; k++) a[i][k] /= sqrt(length);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            r[i * n + j] = i == j ? 1 : 0;
            for (int k = 0; k < n && i != j; k++) r[i * n + j] += a[i][k] * a[j][k];
        }
}

static void matrix_print(buf *b, const double *r, int n) {
    buf_z(b, "matrix: [");
    for (int i = 0; i < n; i++) {
        buf_z(b, i ? ", [" : "[");
        for (int j = 0; j <= i; j++) buf_printf(b, "%s%.17g", j ? ", " : "", r[i * n + j]);
        buf_char(b, ']');
    }
    buf_z(b, "]");
}

static void matrices_are_met(void **state) {
    (void)state;
    static const int sizes[] = {2, 3, 5, 8, 12};
    uint64_t random = 0;
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        int n = sizes[k];
        double r[144];
        random_matrix(r, n, &random);
        buf b = {0};
        buf_z(&b, HEAD "attributes:\n  x:\n    each: [");
        for (int i = 0; i < n; i++) buf_printf(&b, "%sx%d", i ? ", " : "", i);
        buf_z(&b, "]\n    number: {mean: 0, sd: 1000, range: -6000..6000}\ncorrelate: {c: {of: [x], ");
        matrix_print(&b, r, n);
        buf_z(&b, "}}\n");
        buf_char(&b, 0);
        population *p = make(b.p);
        plan *pl = plan_of(p, MANY, 11 + k);
        sums s[144] = {{0}};
        arena *mem = arena_new(0);
        record q;
        for (uint64_t i = 0; i < MANY; i++) {
            draw_into(pl, i, 0, &q, mem);
            for (int x = 0; x < n; x++)
                for (int y = 0; y < x; y++)
                    sums_add(&s[x * n + y], (double)q.value[x].num / 1000, (double)q.value[y].num / 1000);
        }
        for (int x = 0; x < n; x++)
            for (int y = 0; y < x; y++) assert_correlation(correlation(&s[x * n + y]), r[x * n + y], MANY);
        double mean = s[n].x / MANY, variance = s[n].xx / MANY - mean * mean;
        assert_true(fabs(mean) < 4 / sqrt(MANY) && fabs(variance - 1) < 4 * sqrt(2.0 / MANY));
        arena_free(mem);
        plan_free(pl);
        population_free(p);
        buf_free(&b);
    }
}

/* ---- distributions of their own ---------------------------------------------------------------------------
 */

static const char mixed[] = HEAD
    "attributes:\n"
    "  sex: {choice: [f, m]}\n"
    "  level: {choice: {low: 20, mid: 50, high: 30}, ordered: true}\n"
    "  owns: {flag: 0.3, by: [sex], given: {f: 0.4, m: 0.2}}\n"
    "  income: {number: {median: 30000, sigma: 0.6, range: 1000..400000}}\n"
    "  score: {number: {0..99: 25, 100..199: 75}}\n"
    "correlate:\n"
    "  all: {of: [score, level, owns, income], matrix: [[1], [0.5, 1], [-0.4, -0.2, 1], [0.3, 0.6, 0.1, 1]]}\n";

/* Shares of two ordered attributes are those of the bivariate normal variables behind them. */
static void kinds_keep_their_distributions(void **state) {
    (void)state;
    population *p = make(mixed);
    plan *pl = plan_of(p, MANY, 4);
    arena *mem = arena_new(0);
    uint64_t level[3] = {0}, owns[2][2] = {{0}}, score[200] = {0}, both[2][6] = {{0}}, sex[2] = {0};
    double highest = 0;
    uint64_t *income = xcalloc(400001, sizeof *income);
    for (uint64_t i = 0; i < MANY; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        int64_t *v[5];
        for (int k = 0; k < 5; k++) v[k] = &r.value[k].num;
        sex[*v[0]]++;
        level[*v[1]]++;
        owns[*v[0]][*v[2]]++;
        both[*v[0]][*v[1] * 2 + *v[2]]++;
        score[*v[4]]++;
        income[*v[3]]++;
    }
    double p_score[200], end[4], want[6];
    for (int i = 0; i < 200; i++) p_score[i] = (i < 100 ? 0.25 : 0.75) / 100;
    assert_true(chi_deviation(level, (double[]){.2, .5, .3}, 3, MANY) < 16);
    assert_true(chi_deviation(owns[0], (double[]){.6, .4}, 2, sex[0]) < 16);
    assert_true(chi_deviation(owns[1], (double[]){.8, .2}, 2, sex[1]) < 16);
    assert_true(chi_deviation(score, p_score, 200, MANY) < 16);
    double sum = 0, lowest = num_normal_cdf(log(999.5 / 30000) / 0.6);
    for (int64_t x = 1000; x <= 400000; x++) { /* KS: 1.95 / sqrt(n) has a chance of 0.001 */
        sum += (double)income[x];
        double gap = fabs(sum / MANY - (num_normal_cdf(log(((double)x + 0.5) / 30000) / 0.6) - lowest) /
                                           (num_normal_cdf(log(400000.5 / 30000) / 0.6) - lowest));
        if (gap > highest) highest = gap;
    }
    assert_true(highest < 1.95 / sqrt(MANY));
    ends_of((double[]){.2, .5, .3}, 3, end);
    for (int who = 0; who < 2; who++) {
        double cut = num_normal_inv(who ? 0.8 : 0.6);
        for (int i = 0; i < 6; i++)
            want[i] = rectangle(end[i / 2], end[i / 2 + 1], i % 2 ? cut : -9, i % 2 ? 9 : cut, -0.2);
        assert_true(chi_deviation(both[who], want, 6, sex[who]) < 16);
    }
    free(income);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* The correlation holds among those who have both; who lacks one changes nothing for the others. */
static void without_value_they_drop_out(void **state) {
    (void)state;
    population *p = make(HEAD "attributes:\n"
                              "  has: {choice: {yes: 30, no: 70}}\n"
                              "  a: {number: {mean: 0, sd: 1000, range: -6000..6000}, when: {has: 'yes'}}\n"
                              "  b: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                              "  c: {number: {mean: {has: 500}, sd: 1000, range: -9000..9000}}\n"
                              "correlate: {x: {of: [a, b, c], matrix: [[1], [0.7, 1], [-0.5, 0.1, 1]]}}\n");
    plan *pl = plan_of(p, MANY, 8);
    arena *mem = arena_new(0);
    sums ab = {0}, ac = {0}, bc[2] = {{0}};
    for (uint64_t i = 0; i < MANY; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        const value *v = r.value;
        assert_int_equal(v[1].kind == V_NUM, v[0].num == 0);
        sums_add(&bc[v[0].num], (double)v[2].num, (double)v[3].num);
        if (v[1].kind != V_NUM) continue;
        sums_add(&ab, (double)v[1].num, (double)v[2].num);
        sums_add(&ac, (double)v[1].num, (double)v[3].num);
    }
    assert_correlation(correlation(&ab), 0.7, ab.n);
    assert_correlation(correlation(&ac), -0.5, ac.n);
    for (int i = 0; i < 2; i++) assert_correlation(correlation(&bc[i]), 0.1, bc[i].n);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* ---- cells ------------------------------------------------------------------------------------------------
 */

static sums pair_sums(const plan *pl, const char *a, const char *b) {
    uint32_t x = leaf_of(pl->p, a), y = leaf_of(pl->p, b);
    arena *mem = arena_new(0);
    sums s = {0};
    for (uint64_t i = 0; i < pl->n; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        sums_add(&s, (double)r.value[x].num, (double)r.value[y].num);
    }
    arena_free(mem);
    return s;
}

/* A table that gives each class its own share: then all of the population follows the copula, with the classes
 * exact. Classes that are not one interval too, an attribute that depends on one of another table, and one that
 * stands behind what it decides. */
static void classes_give_their_scores_first(void **state) {
    (void)state;
    double q = num_normal_cdf(0.5); /* of a below 500; the steps are fine */
    char yaml[1200];
    snprintf(yaml, sizeof yaml,
             HEAD
             "attributes:\n"
             "  b: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
             "  g: {choice: [u, v]}\n"
             "  a: {number: {mean: {g: 700}, sd: 1000, range: -6000..7000}}\n"
             "tables:\n"
             "  g: {over: [g], shares: {u: 50, v: 50}}\n"
             "  a: {over: [g, a], scale: true, shares: {u: {-6000..499|1500..7000: %.15f, 500..1499: %.15f}, "
             "v: {-6000..499|1500..7000: %.15f, 500..1499: %.15f}}}\n"
             "correlate: {x: {of: [b, a], matrix: [[1], [0.8, 1]]}}\n",
             q + 1 - num_normal_cdf(1.5), num_normal_cdf(1.5) - q,
             num_normal_cdf(-0.2) + 1 - num_normal_cdf(0.8), num_normal_cdf(0.8) - num_normal_cdf(-0.2));
    population *p = make(yaml);
    plan *pl = plan_of(p, MANY, 5);
    assert_int_equal(pl->copula[0].known, 1);
    arena *mem = arena_new(0);
    sums s = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        assert_int_equal(plan_find(pl, &r), r.cell);
        sums_add(&s, (double)r.value[0].num, (double)r.value[2].num - 700 * (double)r.value[1].num);
    }
    assert_correlation(correlation(&s), 0.8, MANY);
    double mean = s.y / MANY, variance = s.yy / MANY - mean * mean;
    assert_true(fabs(mean) < 4000 / sqrt(MANY) && fabs(variance / 1e6 - 1) < 4 * sqrt(2.0 / MANY));
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* A share that is not the attribute's own: b follows from where a then lies. */
static void shares_move_what_is_correlated(void **state) {
    (void)state;
    population *p = make(HEAD "attributes:\n"
                              "  a: {choice: {low: 50, high: 50}, ordered: true}\n"
                              "  b: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                              "tables: {t: {over: [a], shares: {low: 10, high: 90}}}\n"
                              "correlate: {x: {of: [b, a], matrix: [[1], [0.6, 1]]}}\n");
    plan *pl = plan_of(p, MANY, 5);
    sums s = pair_sums(pl, "a", "b");
    /* E(z | z > 0) = sqrt(2 / pi) */
    double want = 0.6 * sqrt(2 / 3.14159265358979323846) * 1000, high = s.xy / s.x;
    double low = (s.y - s.xy) / (MANY - s.x);
    assert_int_equal(s.x, MANY * 9 / 10);
    assert_true(fabs(high - want) < 4 * 1000 / sqrt(MANY * 0.9));
    assert_true(fabs(low + want) < 4 * 1000 / sqrt(MANY * 0.1));
    plan_free(pl);
    population_free(p);
}

/* Three in one table whose shares are those of the copula: the law within the cells is exact, so the whole is
 * too. Taking each score by the ones before alone would miss it. */
static void several_classes_are_taken_together(void **state) {
    (void)state;
    buf b = {0};
    double end[3];
    ends_of((double[]){.3, .7}, 2, end);
    buf_z(&b, HEAD "attributes:\n"
                   "  a: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                   "  b: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                   "  c: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                   "correlate: {x: {of: [a, c, b], matrix: [[1], [0.5, 1], [0.85, 0.6, 1]]}}\n"
                   "tables: {t: {over: [a, b], scale: true, shares: {");
    static const double cut[4] = {-9, -0.4995, 0.7005, 9};
    static const char *const keys[3] = {"..-500", "-499..700", "701.."};
    for (int i = 0; i < 3; i++) {
        buf_printf(&b, "%s%s: {", i ? ", " : "", keys[i]);
        for (int k = 0; k < 3; k++)
            buf_printf(&b, "%s%s: %.15f", k ? ", " : "", keys[k],
                       rectangle(cut[i], cut[i + 1], cut[k], cut[k + 1], 0.85));
        buf_z(&b, "}");
    }
    buf_z(&b, "}}}\n");
    buf_char(&b, 0);
    population *p = make(b.p);
    plan *pl = plan_of(p, MANY, 5);
    assert_int_equal(pl->copula[0].known, 2);
    sums ab = pair_sums(pl, "a", "b"), ac = pair_sums(pl, "a", "c"), bc = pair_sums(pl, "b", "c");
    assert_correlation(correlation(&ab), 0.85, MANY);
    assert_correlation(correlation(&ac), 0.5, MANY);
    assert_correlation(correlation(&bc), 0.6, MANY);
    double mean = ab.y / MANY, variance = ab.yy / MANY - mean * mean;
    assert_true(fabs(mean) < 4000 / sqrt(MANY) && fabs(variance / 1e6 - 1) < 4 * sqrt(2.0 / MANY));
    buf_free(&b);
    plan_free(pl);
    population_free(p);
}

/* The interval of a class follows from what is drawn below the cell: the age of nobody stands in a table. */
static void classes_wait_for_what_they_depend_on(void **state) {
    (void)state;
    double share = (1 - num_normal_cdf(0.4995) + 1 - num_normal_cdf(-0.2005)) / 2;
    char yaml[900];
    snprintf(yaml, sizeof yaml,
             HEAD "attributes:\n"
                  "  g: {choice: [u, v]}\n"
                  "  a: {number: {mean: {g: 700}, sd: 1000, range: -6000..7000}}\n"
                  "  b: {number: {mean: 0, sd: 1000, range: -6000..6000}}\n"
                  "tables: {a: {over: [a], shares: {..499: %.15f, 500..: %.15f}}}\n"
                  "correlate: {x: {of: [b, a], matrix: [[1], [0.8, 1]]}}\n",
             1 - share, share);
    population *p = make(yaml);
    plan *pl = plan_of(p, MANY, 5);
    assert_int_equal(pl->copula[0].known, 0);
    arena *mem = arena_new(0);
    sums s = {0}, g = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        assert_int_equal(plan_find(pl, &r), r.cell);
        sums_add(&s, (double)r.value[2].num, (double)r.value[1].num - 700 * (double)r.value[0].num);
        sums_add(&g, (double)r.value[0].num, (double)r.value[2].num);
    }
    assert_correlation(correlation(&s), 0.8, MANY);
    assert_true(fabs(correlation(&g)) < 4 / sqrt(MANY)); /* and g has nothing to do with b */
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* ---- constraints ------------------------------------------------------------------------------------------
 */

static bool not_both_ends(const void *self, const record *r) {
    (void)self;
    return !(r->value[0].num == 0 && r->value[1].num == 2);
}

/* A constraint is a condition on the copula; a third member joins the component, whatever it is not named in.
 */
static void constraints_are_conditions(void **state) {
    (void)state;
    static const uint32_t leaf[2] = {0, 1};
    constraint c = {STR("R"), leaf, 2, not_both_ends, NULL};
    population *p = make_with(HEAD "types: {level: {choice: [low, mid, high], ordered: true}}\n"
                                   "attributes:\n"
                                   "  a: {type: level, given: {low: 30, mid: 40, high: 30}}\n"
                                   "  b: {type: level, given: {low: 20, mid: 30, high: 50}}\n"
                                   "  c: {flag: 0.5}\n"
                                   "correlate: {x: {of: [a, b, c], matrix: [[1], [0.3, 1], [0.4, 0.2, 1]]}}\n",
                              &c, 1);
    assert_int_equal(p->compiled->components, 1);
    plan *pl = plan_of(p, MANY, 12);
    arena *mem = arena_new(0);
    uint64_t seen[9] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        record r;
        draw_into(pl, i, 0, &r, mem);
        seen[r.value[0].num * 3 + r.value[1].num]++;
    }
    double a[4], b[4], want[9], sum = 0;
    ends_of((double[]){.3, .4, .3}, 3, a);
    ends_of((double[]){.2, .3, .5}, 3, b);
    for (int i = 0; i < 9; i++) {
        want[i] = i == 2 ? 0 : rectangle(a[i / 3], a[i / 3 + 1], b[i % 3], b[i % 3 + 1], 0.3);
        sum += want[i];
    }
    for (int i = 0; i < 9; i++) want[i] /= sum;
    assert_true(chi_deviation(seen, want, 9, MANY) < 16);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

/* ---- keys -------------------------------------------------------------------------------------------------
 */

static void skeletons_are_functions_of_their_keys(void **state) {
    (void)state;
    population *p = make(mixed);
    plan *pl = plan_of(p, 500, 3), *again = plan_of(p, 500, 3);
    arena *m1 = arena_new(0), *m2 = arena_new(0);
    uint32_t moved = 0;
    for (uint64_t i = 500; i-- > 0;) {
        record a, b;
        draw_into(pl, i, 1, &a, m1);
        draw_into(again, i, 1, &b, m2);
        for (uint32_t k = 0; k < p->leaves; k++) assert_true(value_same(&a.value[k], &b.value[k]));
        draw_into(pl, i, 2, &b, m2);
        for (uint32_t k = 0; k < p->leaves; k++) moved += !value_same(&a.value[k], &b.value[k]);
    }
    assert_true(moved > 500);
    arena_free(m1);
    arena_free(m2);
    plan_free(pl);
    plan_free(again);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_are_met),
        cmocka_unit_test(kinds_keep_their_distributions),
        cmocka_unit_test(without_value_they_drop_out),
        cmocka_unit_test(classes_give_their_scores_first),
        cmocka_unit_test(shares_move_what_is_correlated),
        cmocka_unit_test(several_classes_are_taken_together),
        cmocka_unit_test(classes_wait_for_what_they_depend_on),
        cmocka_unit_test(constraints_are_conditions),
        cmocka_unit_test(skeletons_are_functions_of_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

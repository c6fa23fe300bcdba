/* draw_keep_test.c: what is drawn for groups, kept for slots and unique in groups: its laws, and that neither
 * order, attempts nor threads change it. */
#include "plan_fixture.h"

#include <math.h>
#include <pthread.h>

#define STREET                                                                                                 \
    HEAD                                                                                                       \
        "groups: {street: {size: 20}, town: {size: 40}}\n"                                                     \
        "attributes:\n"                                                                                        \
        "  town: {per: town, trade: {choice: {fish: 5, paper: 3, dairy: 2}}, founded: {number: 1700..1900}}\n" \
        "  street: {per: street, lane: {choice: [Mill, Elm, Bay], by: [trade], given: {fish: Bay, else: "      \
        "[Mill, Elm]}}}\n"                                                                                     \
        "  who:\n"                                                                                             \
        "    keep: true\n"                                                                                     \
        "    gender: {choice: [woman, man]}\n"                                                                 \
        "    age: {number: 18..90, unit: years}\n"                                                             \
        "    first: {choice: [Ada, Bo, Cleo, Dov, Eli, Fay, Gus, Hal, Ida, Jo, Kit, Lou, Max, Nan, Oz, Pam, "  \
        "Quin, Rae, Sol, Tess, Uma, Vic], unique: street}\n"                                                   \
        "    family: {choice: [Abel, Brandt, Costa, Dorn]}\n"                                                  \
        "    name: {template: \"{{first}} {{family}}\", unique: town}\n"                                       \
        "    house: {number: 1..20, unique: street}\n"                                                         \
        "    tall: {number: {mean: 170, sd: 9, range: 140..200}, unique: town}\n"                              \
        "    hobbies: {choice: [chess, choir, sewing], list: 0..2}\n"                                          \
        "    free: {keep: false, flag: {}}\n"                                                                  \
        "  mood: {choice: [calm, tense], by: [age], given: {..39: [calm, tense], else: {calm: 3, tense: "      \
        "1}}}\n"                                                                                               \
        "tables: {g: {over: [gender], shares: uniform}}\n"

typedef struct sample {
    population *p;
    plan *pl;
    drawer *w;
    arena *mem;
    record r;
} sample;

static sample sample_of(population *p, uint64_t n, uint64_t seed) {
    sample s = {.p = p, .mem = arena_new(0)};
    s.pl = plan_of(p, n, seed);
    s.w = drawer_new(s.pl);
    return s;
}

static sample sample_with(const char *yaml, uint64_t n, uint64_t seed) {
    return sample_of(make(yaml), n, seed);
}

static void sample_free(sample *s) {
    drawer_free(s->w);
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static const value *drawn(sample *s, uint64_t slot, uint32_t attempt) {
    err e = {0};
    arena_reset(s->mem);
    record_init(&s->r, s->p, s->mem);
    bool fine = drawer_skeleton(s->w, slot, attempt, &s->r, &e);
    if (!fine) print_message("%s\n", e.text);
    assert_true(fine);
    return s->r.value;
}

/* All leaves as text, to compare without keeping records. */
static uint64_t print_of(const record *r, bool kept_alone) {
    buf b = {0};
    for (uint32_t i = 0; i < r->pop->leaves; i++) {
        const node *n = leaf_node(r->pop, i);
        if (kept_alone && !n->keep && !n->per) continue;
        value_json(&b, n, &r->value[i]);
        buf_char(&b, ' ');
    }
    uint64_t h = hash_64(buf_view(&b), 0);
    buf_free(&b);
    return h;
}

/* ---- groups ---------------------------------------------------------------------------------------------- */

static void members_are_equal_and_groups_are_not(void **state) {
    (void)state;
    enum { N = 1030 }; /* the last town is smaller */
    sample s = sample_with(STREET, N, 4);
    uint32_t trade = leaf_of(s.p, "trade"), founded = leaf_of(s.p, "founded"), lane = leaf_of(s.p, "lane");
    uint64_t years[N / 40 + 1] = {0}, lanes = 0;
    int64_t lane_before = -1;
    for (uint64_t i = 0; i < N; i++) {
        const value *v = drawn(&s, i, 0);
        int64_t now[3] = {v[trade].num, v[founded].num, v[lane].num};
        if (now[0] == 0) assert_int_equal(now[2], 2);
        if (i % 40 == 0) years[i / 40] = (uint64_t)now[1];
        if (i % 20 == 0) lanes += now[2] != lane_before;
        lane_before = now[2];
        v = drawn(&s, i - i % 20, 0);
        assert_int_equal(v[lane].num, now[2]);
        v = drawn(&s, i - i % 40, 1);
        assert_int_equal(v[trade].num, now[0]);
        assert_int_equal(v[founded].num, now[1]);
    }
    assert_true(lanes > 15);
    for (size_t i = 0; i < COUNT_OF(years); i++) /* 26 towns, each in its part of 201 years */
        for (size_t k = 0; k < i; k++) assert_true(years[i] != years[k]);
    sample_free(&s);
}

static void groups_follow_the_stated_laws(void **state) {
    (void)state;
    enum { G = 20000 };
    sample s = sample_with(
        HEAD "groups: {g: {size: 3}}\n"
             "attributes: {c: {per: g, choice: {a: 50, b: 30, c: 20}}, n: {per: g, number: 0..19999}, "
             "f: {per: g, flag: 0.2, by: [c], given: {a: 0.5, else: 0.1}}, own: {flag: {}}}\n"
             "tables: {o: {over: [own], shares: {false: 31, true: 69}}}\n",
        G * 3ull, 8);
    uint64_t c[3] = {0}, f[2] = {0};
    uint8_t *seen = xcalloc(G, 1);
    for (uint64_t g = 0; g < G; g++) {
        const value *v = drawn(&s, g * 3 + g % 3, (uint32_t)(g % 4));
        c[v[0].num]++;
        if (v[0].num == 0) f[v[2].num]++;
        assert_int_equal(seen[v[1].num]++, 0); /* one group in each G-th */
    }
    assert_true(chi_deviation(c, (double[]){.5, .3, .2}, 3, G) < 16);
    assert_true(chi_deviation(f, (double[]){.5, .5}, 2, c[0]) < 16);
    free(seen);
    sample_free(&s);
}

/* DESIGN: every range of slots holds each cell within two persons of its share. */
static void groups_are_near_the_quotas(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t n = 700 + rng_below(rng_u64(seed, 1, 0, 0, 0), 5000),
                 size = 2 + rng_below(rng_u64(seed, 2, 0, 0, 0), 90);
        char yaml[600];
        snprintf(
            yaml, sizeof yaml,
            HEAD
            "groups: {g: {size: %u}}\n"
            "attributes: {a: {choice: [1, 2, 3, 4, 5, 6, 7], ordered: true}, b: {number: 0..99}, k: {per: g, "
            "flag: {}}}\n"
            "tables: {t: {over: [a, b], scale: true, shares: {1: {..19: %u, 20..: 3}, 2..4: {..19: 9, 20..: "
            "%u}, 5..7: {..19: 1, 20..: 14}}}}\n",
            (unsigned)size, (unsigned)(seed * 5), (unsigned)(seed * seed));
        sample s = sample_with(yaml, n, seed);
        uint64_t *in = xcalloc(plan_cells(s.pl), sizeof *in);
        for (uint64_t first = 0; first < n; first += size) {
            uint64_t last = first + size < n ? first + size : n;
            memset(in, 0, sizeof *in * plan_cells(s.pl));
            for (uint64_t i = first; i < last; i++) {
                uint32_t cell;
                uint64_t serial;
                plan_place(s.pl, i, &cell, &serial);
                in[cell]++;
            }
            for (uint32_t c = 0; c < plan_cells(s.pl); c++) {
                double share = (double)plan_quota(s.pl, c) * (double)(last - first) / (double)n;
                assert_true((double)in[c] - share < 2 && share - (double)in[c] < 2);
            }
        }
        free(in);
        sample_free(&s);
    }
}

/* ---- keep ------------------------------------------------------------------------------------------------ */

static void attempts_change_the_rest_alone(void **state) {
    (void)state;
    enum { N = 400 };
    sample s = sample_with(STREET, N, 4);
    uint32_t mood = leaf_of(s.p, "mood"), unkept = leaf_of(s.p, "free"), changes = 0, flips = 0;
    for (uint64_t i = 0; i < N; i++) {
        drawn(&s, i, 0);
        uint64_t kept = print_of(&s.r, true);
        int64_t first = s.r.value[mood].num, flag = s.r.value[unkept].num;
        for (uint32_t a = 1; a < 5; a++) {
            drawn(&s, i, a);
            assert_int_equal(print_of(&s.r, true), kept);
            changes += s.r.value[mood].num != first;
            flips += s.r.value[unkept].num != flag;
        }
    }
    assert_in_range(changes, N, N * 3); /* of 4 N */
    assert_in_range(flips, N * 7 / 4, N * 9 / 4);
    sample_free(&s);
}

static void kept_numbers_keep_their_stratum(void **state) {
    (void)state;
    enum { N = 2000 };
    sample s = sample_with(HEAD "attributes: {k: {number: 0..1999, keep: true}, x: {number: 0..1999}}\n", N, 3);
    uint8_t seen[2][N] = {{0}};
    uint64_t moved = 0;
    for (uint64_t i = 0; i < N; i++) {
        int64_t k = drawn(&s, i, 0)[0].num, x = s.r.value[1].num;
        const value *v = drawn(&s, i, 7);
        assert_int_equal(v[0].num, k);
        moved += v[1].num != x;
        assert_int_equal(seen[0][v[0].num]++, 0);
        assert_int_equal(seen[1][v[1].num]++, 0);
    }
    assert_int_equal(moved, 0); /* strata of one value each: an attempt moves within its stratum */
    sample_free(&s);
}

static bool never_a_p(const void *self, const record *r) {
    (void)self;
    return r->value[0].num != 0 || r->value[1].num != 0;
}

/* A constraint that joins both bears on what is redrawn: what is kept has its own distribution. */
static void constraints_bear_on_the_later(void **state) {
    (void)state;
    enum { N = 30000 };
    static const uint32_t leaf[] = {0, 1};
    constraint c = {.id = STR("N1"), .leaf = leaf, .leaves = 2, .holds = never_a_p};
    sample s = sample_of(
        make_with(HEAD "attributes: {k: {choice: [a, b], keep: true}, x: {choice: [p, q]}}\n", &c, 1), N, 5);
    uint64_t k[2] = {0}, x[2] = {0};
    for (uint64_t i = 0; i < N; i++) {
        const value *v = drawn(&s, i, (uint32_t)(i % 3));
        k[v[0].num]++;
        if (v[0].num == 0) assert_int_equal(v[1].num, 1);
        if (v[0].num == 1) x[v[1].num]++;
    }
    assert_true(chi_deviation(k, (double[]){.5, .5}, 2, N) < 16);
    assert_true(chi_deviation(x, (double[]){.5, .5}, 2, k[1]) < 16);
    sample_free(&s);
}

/* The cell's class tells about what is kept, though the value in it is drawn again: P(north | young) = 0.9. */
static void classes_are_judged_with_what_is_kept(void **state) {
    (void)state;
    enum { N = 20000 };
    sample s =
        sample_with(HEAD "attributes:\n"
                         "  region: {choice: [north, south], keep: true}\n"
                         "  age: {number: 0..99.99, step: 0.01, by: [region], given: {north: {0..49.99: 90, "
                         "50..99.99: 10}, south: {0..49.99: 10, 50..99.99: 90}}}\n"
                         "  work: {choice: [office, farm], by: [region], given: {north: {office: 80, "
                         "farm: 20}, south: {office: 20, "
                         "farm: 80}}}\n"
                         "tables: {age: {over: [age], shares: {..49.99: 50, 50..: 50}}, work: {over: "
                         "[work], shares: {office: 50, farm: 50}}}\n",
                    N, 6);
    uint64_t north[2][2] = {{0}}, moved = 0;
    for (uint64_t i = 0; i < N; i++) {
        const value *v = drawn(&s, i, 0);
        int64_t region = v[0].num, age = v[1].num, work = v[2].num;
        north[age < 5000 && work == 0][region]++;
        v = drawn(&s, i, 1);
        assert_int_equal(v[0].num, region);
        assert_int_equal(v[2].num, work);
        assert_int_equal(v[1].num < 5000, age < 5000);
        moved += v[1].num != age;
    }
    /* of the young in offices 0.9 x 0.8 against 0.1 x 0.2 */
    assert_true(chi_deviation(north[1], (double[]){36. / 37, 1. / 37}, 2, north[1][0] + north[1][1]) < 16);
    assert_true(moved > 0);
    sample_free(&s);
}

/* So it does where the way from one to the other leads by what is redrawn. No sailors inland, and most are
 * calm: of the sailors all live at the coast, of the others 0.5 x 0.5 x (0.2 + 0.6) against 0.5 x 1. */
static void classes_reach_through_what_is_redrawn(void **state) {
    (void)state;
    enum { N = 20000 };
    sample s = sample_with(
        HEAD "limits: {tries: 200}\n"
             "attributes:\n"
             "  region: {choice: [coast, inland], keep: true}\n"
             "  mood: {choice: [calm, tense], by: [region], given: {coast: [calm, tense], inland: tense}}\n"
             "  job: {choice: [sailor, other], by: [region, mood], given: {coast: {calm: {sailor: 80, other: "
             "20}, tense: "
             "{sailor: 40, other: 60}}, inland: {else: other}}}\n"
             "tables: {job: {over: [job], shares: {sailor: 30, other: 70}}}\n",
        N, 6);
    uint64_t region[2][2] = {{0}}, calm[2] = {0}, moved = 0;
    for (uint64_t i = 0; i < N; i++) {
        const value *v = drawn(&s, i, 0);
        int64_t home = v[0].num, mood = v[1].num, job = v[2].num;
        region[job][home]++;
        v = drawn(&s, i, 2);
        assert_int_equal(v[0].num, home);
        assert_int_equal(v[2].num, job);
        if (job == 0) calm[v[1].num]++;
        moved += v[1].num != mood;
    }
    assert_int_equal(region[0][0], N * 3 / 10);
    assert_true(chi_deviation(region[1], (double[]){.4 / 1.4, 1 / 1.4}, 2, N * 7 / 10) < 16);
    assert_true(chi_deviation(calm, (double[]){2. / 3, 1. / 3}, 2, N * 3 / 10) < 16);
    assert_true(moved > N / 10);
    sample_free(&s);
}

/* A table may fix what follows from something that is redrawn: its value is there for what is kept. */
static void kept_values_follow_from_tables(void **state) {
    (void)state;
    sample s =
        sample_with(HEAD "attributes:\n"
                         "  g: {choice: [x, y], by: [mood], given: {calm: {x: 3, y: 1}, tense: {x: 1, y: 3}}}\n"
                         "  k: {choice: [p, q], keep: true, by: [g], given: {x: p, y: q}}\n"
                         "  mood: {choice: [calm, tense]}\n"
                         "tables: {g: {over: [g], shares: uniform}}\n",
                    40000, 9);
    uint64_t calm[2] = {0};
    for (uint64_t i = 0; i < 40000; i++) {
        const value *v = drawn(&s, i, (uint32_t)(i % 3));
        assert_int_equal(v[0].num, v[1].num);
        if (v[0].num == 0) calm[v[2].num]++;
    }
    assert_true(chi_deviation(calm, (double[]){.75, .25}, 2, 20000) < 16);
    sample_free(&s);
}

/* A table decides how many have a job; what is drawn for their group only says who may. */
static void tables_may_follow_from_groups(void **state) {
    (void)state;
    const char *yaml = HEAD
        "groups: {g: {size: 5}}\nlimits: {tries: 20}\n"
        "attributes: {trade: {per: g, choice: [fish, wood]}, job: {choice: [boss, hand, clerk], by: [trade], "
        "given: {fish: {boss: 1, hand: 990000, clerk: %s}, else: {boss: 1, hand: 1, clerk: 1}}}}\n"
        "tables: {job: {over: [job], shares: {boss: 20, hand: 60, clerk: 20}}}\n";
    for (int possible = 0; possible < 2; possible++) {
        char text[600];
        snprintf(text, sizeof text, yaml, possible ? "1" : "0");
        sample s = sample_with(text, 1000, 3);
        uint64_t failed = 0, bosses = 0;
        for (uint64_t i = 0; i < 1000; i++) {
            err e = {0};
            arena_reset(s.mem);
            record_init(&s.r, s.p, s.mem);
            bool fine = drawer_skeleton(s.w, i, 0, &s.r, &e);
            if (!fine) assert_int_equal(s.r.value[0].num, 0); /* clerks among the fishers */
            failed += !fine;
            bosses += fine && s.r.value[1].num == 0;
        }
        assert_int_equal(bosses, 200);
        assert_true(possible ? failed == 0 : failed > 50 && failed < 150);
        sample_free(&s);
    }
}

/* ---- unique ---------------------------------------------------------------------------------------------- */

/* No two equal values of the leaf among the slots [first, last). */
static void assert_differ(sample *s, uint32_t leaf, uint64_t first, uint64_t last) {
    const node *n = leaf_node(s->p, leaf);
    uint64_t seen[64];
    for (uint64_t i = first; i < last; i++) {
        buf b = {0};
        value_json(&b, n, &drawn(s, i, (uint32_t)(i % 3))[leaf]);
        seen[i - first] = hash_64(buf_view(&b), 0);
        buf_free(&b);
        for (uint64_t k = first; k < i; k++) assert_true(seen[k - first] != seen[i - first]);
    }
}

static void members_differ_in_all_groups(void **state) {
    (void)state;
    enum { N = 1234 };
    static const char *const refs[] = {"first", "house", "tall", "name"};
    sample s = sample_with(STREET, N, 12);
    for (size_t k = 0; k < COUNT_OF(refs); k++) {
        uint32_t leaf = leaf_of(s.p, refs[k]);
        uint64_t size = leaf_node(s.p, leaf)->unique->size, repeats = 0;
        int64_t before = -1;
        for (uint64_t first = 0; first < N; first += size) {
            assert_differ(&s, leaf, first, first + size < N ? first + size : N);
            const value *v = &drawn(&s, first, 0)[leaf];
            repeats += v->kind == V_NUM && v->num == before;
            before = v->kind == V_NUM ? v->num : -1;
        }
        assert_true(repeats < N / size / 2); /* groups have nothing to do with one another */
    }
    sample_free(&s);
}

/* Correlated and unique: all members differ, and each has about the value that the correlation gives it, also
 * where most values are taken. */
static void assert_correlated(const char *yaml, uint32_t size, uint32_t groups) {
    uint32_t n = size * groups;
    sample s = sample_with(yaml, n, 5);
    uint32_t rank = leaf_of(s.p, "rank"), score = leaf_of(s.p, "score"),
             values = (uint32_t)leaf_node(s.p, rank)->hi;
    bool *seen = xcalloc(values + 1, 1);
    double sum = 0, squares = 0, spread = 0, mean = (values + 1) / 2.0;
    for (uint64_t i = 0; i < n; i++) {
        if (i % size == 0) memset(seen, 0, values + 1);
        const value *v = drawn(&s, i, (uint32_t)(i % 3));
        double x = (double)v[rank].num - mean, y = (double)v[score].num;
        assert_false(seen[v[rank].num]);
        seen[v[rank].num] = true;
        sum += x * y;
        squares += y * y;
        spread += x * x;
    }
    double r = sum / sqrt(spread * squares);
    assert_true(r > 0.8 && r < 0.9);
    free(seen);
    sample_free(&s);
}

#define CORRELATED(size, values)                                                                               \
    HEAD "groups: {g: {size: " size "}}\n"                                                                     \
         "attributes: {rank: {number: 1.." values ", keep: true, unique: g}, "                                 \
         "score: {number: {mean: 0, sd: 100, range: -900..900}, keep: true}}\n"                                \
         "correlate: {c: {of: [rank, score], matrix: [[1], [0.9, 1]]}}\n"

static void correlated_ones_take_what_is_next(void **state) {
    (void)state;
    assert_correlated(CORRELATED("50", "50"), 50, 40);
    assert_correlated(CORRELATED("4000", "6000"), 4000, 2);
}

static void the_free_value_beside(void **state) {
    (void)state;
    taken_set t = {0};
    bool has[64] = {0};
    for (uint32_t i = 0; i < 40; i++) {
        int64_t v = (int64_t)(rng_u64(3, i, 0, 0, 0) % 60) + 2;
        if (!has[v]) taken_add(&t, &(value){.kind = V_NUM, .num = v});
        has[v] = true;
        for (int64_t from = 0; from < 64; from++) {
            int64_t up = from, down = from;
            while (has[up]) up++;
            while (has[down]) down--;
            assert_int_equal(taken_beside(&t, from, true), up);
            assert_int_equal(taken_beside(&t, from, false), down);
        }
    }
    taken_free(&t);
}

/* Pairs from weighted values: the second of a pair is drawn from what the first has left. */
static void what_is_left_has_its_weights(void **state) {
    (void)state;
    enum { G = 40000 };
    static const double p[4] = {.5, .3, .15, .05};
    sample s = sample_with(
        HEAD "groups: {g: {size: 2}}\n"
             "attributes: {c: {keep: true, choice: {a: 50, b: 30, c: 15, d: 5}, unique: g}, "
             "n: {keep: true, number: {1: 50, 2: 30, 3: 15, 4: 5}, unique: g}, f: {keep: true, flag: "
             "0.001, unique: g}}\n",
        2 * G, 2);
    uint64_t pair[2][16] = {{0}}, first[2] = {0};
    double chance[16];
    for (uint64_t g = 0; g < G; g++) {
        const value *v = drawn(&s, 2 * g, 0);
        int64_t c = v[0].num, n = v[1].num - 1, f = v[2].num;
        first[f]++;
        v = drawn(&s, 2 * g + 1, 0);
        pair[0][c * 4 + v[0].num]++;
        pair[1][n * 4 + v[1].num - 1]++;
        assert_int_equal(v[2].num, !f);
    }
    for (int i = 0; i < 16; i++) chance[i] = i / 4 == i % 4 ? 0 : p[i / 4] * p[i % 4] / (1 - p[i / 4]);
    assert_true(chi_deviation(pair[0], chance, 16, G) < 16);
    assert_true(chi_deviation(pair[1], chance, 16, G) < 16);
    assert_in_range(first[1], 10, 90); /* 40 */
    sample_free(&s);
}

/* Where one value has nearly all the weight, the others come from the values that are left, in their
 * proportions. */
static void the_last_values_are_found(void **state) {
    (void)state;
    enum { G = 9000 };
    sample s =
        sample_with(HEAD "groups: {g: {size: 4}}\n"
                         "attributes: {c: {keep: true, choice: {a: 1000000, b: 1, c: 2, d: 3}, unique: g}, "
                         "n: {keep: true, number: {mean: 10, sd: 0.2, range: 9..12}, unique: g}}\n",
                    4 * G, 7);
    uint64_t second[4] = {0}, sum[2] = {0};
    for (uint64_t g = 0; g < G; g++) {
        second[drawn(&s, 4 * g + 1, 0)[0].num]++;
        uint32_t all[2] = {0};
        for (uint64_t i = 0; i < 4; i++) {
            const value *v = drawn(&s, 4 * g + i, 0);
            all[0] |= 1u << v[0].num;
            all[1] |= 1u << (v[1].num - 9);
        }
        sum[0] += all[0] == 15;
        sum[1] += all[1] == 15;
    }
    assert_int_equal(sum[0], G);
    assert_int_equal(sum[1], G);
    assert_true(chi_deviation(second, (double[]){0, 1. / 6, 2. / 6, 3. / 6}, 4, G) < 16);
    sample_free(&s);
}

/* Numbers that are as many as the members: any member may have any. */
static void places_are_even(void **state) {
    (void)state;
    enum { G = 6000 };
    sample s = sample_with(
        HEAD "groups: {g: {size: 8}}\nattributes: {h: {keep: true, number: 1..8, unique: g}}\n", 8 * G, 7);
    uint64_t at[8][8] = {{0}};
    for (uint64_t i = 0; i < 8 * G; i++) at[i % 8][drawn(&s, i, 0)[0].num - 1]++;
    for (int k = 0; k < 8; k++)
        assert_true(chi_deviation(at[k], (double[]){.125, .125, .125, .125, .125, .125, .125, .125}, 8, G) <
                    16);
    sample_free(&s);
}

/* What else is kept gives way where its values are used up: three names each, in groups of six. */
static void the_component_gives_way(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD "groups: {g: {size: 6}}\n"
             "attributes: {sex: {choice: [f, m], keep: true}, name: {choice: [a, b, c, u, v, w], by: [sex], "
             "given: {f: [a, b, c], m: [u, v, w]}, keep: true, unique: g}}\n",
        600, 7);
    for (uint64_t g = 0; g < 600; g += 6) {
        uint64_t women = 0;
        assert_differ(&s, 1, g, g + 6);
        for (uint64_t i = g; i < g + 6; i++) women += drawn(&s, i, 0)[0].num == 0;
        assert_int_equal(women, 3);
    }
    sample_free(&s);
}

/* Where the cell leaves no way out the slot is named; the others of its group are as they are. */
static void exhaustion_names_the_slot(void **state) {
    (void)state;
    sample s =
        sample_with(HEAD "groups: {g: {size: 6}}\nlimits: {tries: 50}\n"
                         "attributes: {sex: {choice: [f, m]}, name: {choice: [a, b, u, v, w, x], by: [sex], "
                         "given: {f: [a, b], m: [u, v, w, x]}, keep: true, unique: g}}\n"
                         "tables: {sex: {over: [sex], shares: uniform}}\n",
                    60, 7);
    for (int again = 0; again < 2; again++) {
        uint64_t failed = 0;
        for (uint64_t i = 60; i-- > 0;) {
            err e = {0};
            arena_reset(s.mem);
            record_init(&s.r, s.p, s.mem);
            if (drawer_skeleton(s.w, i, 0, &s.r, &e)) continue;
            char words[200];
            size_t at;
            snprintf(
                words, sizeof words,
                "slot %u: `unique` leaves no value of `name` that no other member of its group `g` of 6 has",
                (unsigned)i);
            assert_true(str_find(str_of(e.text), str_of(words), &at));
            failed++;
        }
        assert_int_equal(failed, 10); /* the third woman of each group */
        drawer_free(s.w);
        s.w = drawer_new(s.pl);
    }
    sample_free(&s);
}

/* Without value nothing is taken, and `when` decides who has one. */
static void no_value_takes_nothing(void **state) {
    (void)state;
    sample s = sample_with(
        HEAD
        "groups: {g: {size: 10}}\n"
        "attributes: {has: {keep: true, flag: 0.3}, badge: {keep: true, number: 1..9, unique: g, when: {has: "
        "true}}}\n",
        2000, 7);
    uint64_t with = 0;
    for (uint64_t g = 0; g < 2000; g += 10) {
        uint32_t seen = 0;
        for (uint64_t i = g; i < g + 10; i++) {
            const value *v = drawn(&s, i, 0);
            assert_int_equal(v[1].kind, v[0].num ? V_NUM : V_NONE);
            if (!v[0].num) continue;
            assert_false(seen >> v[1].num & 1);
            seen |= 1u << v[1].num;
            with++;
        }
    }
    assert_in_range(with, 520, 680);
    sample_free(&s);
}

/* ---- order, threads -------------------------------------------------------------------------------------- */

typedef struct walk {
    const plan *pl;
    const population *p;
    const uint64_t *want;
    uint64_t n, key;
    uint64_t wrong;
} walk;

static void *walk_run(void *arg) {
    walk *k = arg;
    drawer *w = drawer_new(k->pl);
    arena *mem = arena_new(0);
    for (uint64_t i = 0; i < k->n; i++) {
        uint64_t slot = k->key ? rng_permute(k->key, i, k->n) : k->n - 1 - i;
        record r;
        err e;
        arena_reset(mem);
        record_init(&r, k->p, mem);
        if (!drawer_skeleton(w, slot, 0, &r, &e) || print_of(&r, false) != k->want[slot]) k->wrong++;
    }
    arena_free(mem);
    drawer_free(w);
    return NULL;
}

static void order_and_threads_change_nothing(void **state) {
    (void)state;
    enum { N = 1030, THREADS = 4 };
    sample s = sample_with(STREET, N, 21);
    uint64_t *want = xcalloc(N, sizeof *want);
    for (uint64_t i = 0; i < N; i++) {
        drawn(&s, i, 0);
        want[i] = print_of(&s.r, false);
    }
    walk k[THREADS];
    pthread_t t[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        k[i] = (walk){s.pl, s.p, want, N, i, 0};
        assert_int_equal(pthread_create(&t[i], NULL, walk_run, &k[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(k[i].wrong, 0);
    }
    for (uint64_t i = 0; i < 40; i++) { /* each alone */
        uint64_t slot = rng_permute(99, i, N);
        draw_into(s.pl, slot, 0, &s.r, s.mem);
        assert_int_equal(print_of(&s.r, false), want[slot]);
    }
    free(want);
    sample_free(&s);
}

/* More groups than a drawer remembers, in turns. */
static void groups_may_be_forgotten(void **state) {
    (void)state;
    enum { N = 1200 };
    sample s = sample_with(STREET, N, 33);
    uint64_t want[N / 40][2];
    for (uint64_t g = 0; g < N / 40; g++)
        for (uint64_t k = 0; k < 2; k++) {
            drawn(&s, g * 40 + 19 + k * 20, 0);
            want[g][k] = print_of(&s.r, false);
        }
    for (int turn = 0; turn < 3; turn++)
        for (uint64_t i = 0; i < N / 40; i++) {
            uint64_t g = i * 7 % (N / 40), k = (i + (uint64_t)turn) % 2;
            drawn(&s, g * 40 + 19 + k * 20, 0);
            assert_int_equal(print_of(&s.r, false), want[g][k]);
        }
    sample_free(&s);
}

/* The community of the format's examples, as far as it is drawn for groups and kept. */
static void a_community(void **state) {
    (void)state;
    enum { N = 4000 };
    sample s = sample_with(
        HEAD "groups: {town: {size: 40}}\n"
             "attributes:\n"
             "  town:\n"
             "    per: town\n"
             "    name: {choice: [Alder Bay, Brook End, Cold Ford, Dale Cross, Elm Hollow, Fern Hill]}\n"
             "    trade: {choice: [fishing, paper mill, tourism, dairy farming, software]}\n"
             "  person:\n"
             "    keep: true\n"
             "    age: {number: {18..29: 22, 30..49: 36, 50..69: 30, 70..89: 12}, unit: years}\n"
             "    gender: {choice: [woman, man]}\n"
             "    given_name: {choice: [Ada, Bea, Cleo, Dora, Eli, Fritz, Gus, Hal], by: [person.gender], "
             "given: {woman: [Ada, "
             "Bea, Cleo, Dora], man: [Eli, Fritz, Gus, Hal]}, hide: true}\n"
             "    family_name: {choice: [Abel, Brandt, Costa, Dorn, Egan, Falk, Gray, Holm, Ives, Jansen, "
             "Klein, Lund], hide: "
             "true}\n"
             "    name: {template: \"{{given_name}} {{family_name}}\", unique: town}\n"
             "    job: {choice: [teacher, nurse, farmer, retired], by: [person.age], given: {..64: {teacher: "
             "14, nurse: 14, "
             "farmer: 8}, 65..: {retired: 85, farmer: 7}}}\n"
             "tables: {age_gender: {over: [person.age, person.gender], shares: weights}}\n",
        N, 1);
    uint32_t age = leaf_of(s.p, "age"), job = leaf_of(s.p, "job"), gender = leaf_of(s.p, "gender");
    uint64_t women = 0, older = 0, retired = 0;
    for (uint64_t g = 0; g < N; g += 40) assert_differ(&s, leaf_of(s.p, "person.name"), g, g + 40);
    for (uint64_t i = 0; i < N; i++) {
        const value *v = drawn(&s, i, 0);
        women += v[gender].num == 0;
        older += v[age].num >= 70;
        retired += v[job].num == 3 && v[age].num >= 70;
    }
    assert_int_equal(women, N / 2);
    assert_int_equal(older, N * 12 / 100);
    assert_in_range(retired, 415, 470); /* 85 / 92 of 480: 443, sd 6 */
    sample_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_equal_and_groups_are_not),
        cmocka_unit_test(groups_follow_the_stated_laws),
        cmocka_unit_test(groups_are_near_the_quotas),
        cmocka_unit_test(attempts_change_the_rest_alone),
        cmocka_unit_test(kept_numbers_keep_their_stratum),
        cmocka_unit_test(constraints_bear_on_the_later),
        cmocka_unit_test(classes_are_judged_with_what_is_kept),
        cmocka_unit_test(classes_reach_through_what_is_redrawn),
        cmocka_unit_test(kept_values_follow_from_tables),
        cmocka_unit_test(tables_may_follow_from_groups),
        cmocka_unit_test(members_differ_in_all_groups),
        cmocka_unit_test(correlated_ones_take_what_is_next),
        cmocka_unit_test(the_free_value_beside),
        cmocka_unit_test(what_is_left_has_its_weights),
        cmocka_unit_test(the_last_values_are_found),
        cmocka_unit_test(places_are_even),
        cmocka_unit_test(the_component_gives_way),
        cmocka_unit_test(exhaustion_names_the_slot),
        cmocka_unit_test(no_value_takes_nothing),
        cmocka_unit_test(order_and_threads_change_nothing),
        cmocka_unit_test(groups_may_be_forgotten),
        cmocka_unit_test(a_community),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

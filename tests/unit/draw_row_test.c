/* `row` of sections: whose rows are drawn, how often, within which cells, and what is refused. */
#include "plan_fixture.h"

#define MANY 40000

static const char places[] = "city,country,region,weight\nLagos,Nigeria,Africa,154\nNairobi,Kenya,Africa,51\n"
                             "Cairo,Egypt,Africa,222\nParis,France,Europe,110\nRome,Italy,Europe,43\n"
                             "Berlin,Germany,Europe,0\n";
/* KEYs of one column overlap; the last row is for what no other holds. */
static const char jobs[] = "schooling,title,pay,since,night,weight\n"
                           "none|primary,vendor,900,2001-05-01,false,30\n"
                           "none|primary,farm hand,850,2002-05-01,true,40\n"
                           "primary..,cleaner,1000.4,2003-05-01,false,20\n"
                           "tertiary,doctor,6000,2005-05-01,true,10\n"
                           "else,odd jobs,700,2006-01-01,true,3\n";

#define PLACE                                                                                                  \
    "  place:\n    row: places.csv\n    city: {choice: {column: city}}\n"                                      \
    "    country: {choice: {column: country}}\n    region: {choice: {column: region}}\n"
#define JOB                                                                                                    \
    "  job:\n    row: jobs.csv\n    by: [schooling]\n    title: {choice: {column: title}}\n"                   \
    "    pay: {number: {column: pay}}\n    since: {date: {column: since}}\n    night: {flag: {column: "        \
    "night}}\n"
#define SCHOOLING "  schooling: {choice: [none, primary, secondary, tertiary, other], ordered: true}\n"

typedef struct rowed {
    char dir[64];
    diags d;
    population *p;
    plan *pl;
    arena *mem;
    record r;
} rowed;

static void file_put(const char *dir, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void rowed_load(rowed *x, const char *text) {
    static const char *const names[] = {"places.csv", "jobs.csv", "p.yaml"};
    char path[128];
    *x = (rowed){.mem = arena_new(0)};
    snprintf(x->dir, sizeof x->dir, "%s/row-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(x->dir));
    file_put(x->dir, names[0], places);
    file_put(x->dir, names[1], jobs);
    file_put(x->dir, names[2], text);
    snprintf(path, sizeof path, "%s/p.yaml", x->dir);
    diags_init(&x->d);
    x->p = population_load(path, NULL, 0, &x->d);
    diags_sort(&x->d);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", x->dir, names[i]);
        unlink(path);
    }
    rmdir(x->dir);
}

static void rowed_open(rowed *x, const char *text, uint64_t n) {
    rowed_load(x, text);
    if (!x->p || !population_finish(x->p, &x->d)) {
        show(&x->d);
        fail_msg("the population is refused");
    }
    x->pl = plan_of(x->p, n, 7);
}

static void rowed_close(rowed *x) {
    plan_free(x->pl);
    population_free(x->p);
    diags_free(&x->d);
    arena_free(x->mem);
}

static int64_t at(rowed *x, const char *path) {
    const value *v = &x->r.value[leaf_of(x->p, path)];
    return v->kind == V_NUM ? v->num : -1;
}

/* All leaves are of one row; rows come by their weights; one of weight 0 never. */
static void weights(void **state) {
    (void)state;
    static const int64_t country[] = {0, 1, 2, 3, 4}, region[] = {0, 0, 0, 1, 1};
    rowed x;
    rowed_open(&x, HEAD "attributes:\n" PLACE, MANY);
    uint64_t n[6] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        int64_t city = at(&x, "city");
        assert_in_range(city, 0, 4);
        n[city]++;
        assert_int_equal(at(&x, "country"), country[city]);
        assert_int_equal(at(&x, "region"), region[city]);
    }
    assert_true(chi_deviation(n, (double[]){154 / 580., 51 / 580., 222 / 580., 110 / 580., 43 / 580., 0}, 6,
                              MANY) < 16);
    rowed_close(&x);
}

/* Of the rows that agree with `by`, KEYs that overlap and `else` included. */
static void parents(void **state) {
    (void)state;
    static const double chance[5][5] = {
        {30 / 70., 40 / 70., 0, 0, 0},
        {30 / 90., 40 / 90., 20 / 90., 0, 0},
        {0, 0, 1, 0, 0},
        {0, 0, 20 / 30., 10 / 30., 0},
        {0, 0, 1, 0, 0},
    };
    static const int64_t pay[] = {900, 850, 1000, 6000, 700};
    rowed x;
    rowed_open(&x,
               HEAD "attributes:\n" SCHOOLING JOB
                    "  free: {choice: [y, n], by: [job.night], given: {true: y, false: n}}\n",
               MANY);
    uint64_t n[5][5] = {{0}}, all[5] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        draw_into(x.pl, i, 2, &x.r, x.mem);
        int64_t school = at(&x, "schooling"), title = at(&x, "title");
        assert_in_range(title, 0, 4);
        n[school][title]++;
        all[school]++;
        assert_int_equal(at(&x, "pay"), pay[title]);
        assert_int_equal(at(&x, "night"), title == 1 || title > 2);
        assert_int_equal(at(&x, "free"), !at(&x, "night"));
    }
    assert_int_equal(n[2][2], all[2]);
    assert_int_equal(n[4][2], all[4]);
    for (int s = 0; s < 4; s++)
        if (s != 2) assert_true(chi_deviation(n[s], chance[s], 5, all[s]) < 16);
    rowed_close(&x);
}

/* `else` is for what the KEYs leave: the fifth level has only the row of `primary..`, so it takes an unordered
 * list to see it. */
static void otherwise(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x,
               HEAD
               "attributes:\n  schooling: {choice: [none, tertiary, other]}\n  job:\n    row: {file: jobs.csv, "
               "recode: {schooling: {primary..: ~, none|primary: none}}}\n    by: [schooling]\n"
               "    title: {choice: {column: title}}\n",
               3000);
    for (uint64_t i = 0; i < 3000; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        str title = leaf_node(x.p, leaf_of(x.p, "title"))->value[at(&x, "title")].value;
        if (at(&x, "schooling") == 1) assert_true(str_is(title, "doctor"));
        assert_int_equal(str_is(title, "odd jobs"), at(&x, "schooling") == 2);
    }
    rowed_close(&x);
}

/* A table cuts which rows can be drawn: quotas are exact, and within a cell rows and what they follow from have
 * the distribution that they have without the table, given the cell. */
static void tables(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x,
               HEAD
               "attributes:\n" SCHOOLING PLACE JOB
               "tables: {t: {over: [region, night], shares: {Africa: {true: 40, false: 10}, Europe: {true: 5, "
               "false: 45}}}}\n",
               MANY);
    uint64_t cell[2][2] = {{0}}, city[5] = {0}, by_night[5] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        cell[at(&x, "region")][at(&x, "night")]++;
        city[at(&x, "city")]++;
        if (at(&x, "night")) by_night[at(&x, "schooling")]++;
        assert_int_equal(at(&x, "region"), at(&x, "city") > 2);
    }
    assert_int_equal(cell[0][1], MANY * 40 / 100);
    assert_int_equal(cell[0][0], MANY * 10 / 100);
    assert_int_equal(cell[1][1], MANY * 5 / 100);
    assert_true(
        chi_deviation(city,
                      (double[]){154 / 427. / 2, 51 / 427. / 2, 222 / 427. / 2, 110 / 153. / 2, 43 / 153. / 2},
                      5, MANY) < 16);
    /* P(schooling | night) is as the chances of a night job: 4/7, 4/9, 0, 1/3, 0 */
    double sum = 4 / 7. + 4 / 9. + 1 / 3.;
    assert_true(chi_deviation(by_night, (double[]){4 / 7. / sum, 4 / 9. / sum, 0, 1 / 3. / sum, 0}, 5,
                              cell[0][1] + cell[1][1]) < 16);
    rowed_close(&x);
}

/* What no row has is a structural zero; `weights` is the joint of the rows; without `when` nothing is bound. */
static void zeros(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x, HEAD "attributes:\n" PLACE "tables: {t: {over: [country, region], shares: uniform}}\n", 500);
    assert_int_equal(persons(x.pl, "place.region=Africa"), 300);
    assert_int_equal(persons(x.pl, "place.country=France"), 100);
    rowed_close(&x);
    rowed_open(
        &x, HEAD "attributes:\n" SCHOOLING PLACE JOB "tables: {t: {over: [region, title], shares: weights}}\n",
        58000);
    assert_int_equal(persons(x.pl, "place.region=Africa"), 42700);
    assert_int_equal(persons(x.pl, "job.title=doctor"), 3867);
    rowed_close(&x);
    rowed_open(
        &x,
        HEAD
        "attributes:\n  home: {flag: 0.5}\n" PLACE "    note: {flag: {}, when: {home: true}}\n"
        "  abroad: {row: places.csv, when: {home: false}, land: {choice: {column: region}}, town: {choice: "
        "{column: city}}}\n"
        "tables: {t: {over: [land], shares: {Africa: 25, Europe: 25, ~: 50}}}\n",
        1000);
    for (uint64_t i = 0; i < 1000; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        assert_int_equal(at(&x, "land") < 0, at(&x, "home"));
        assert_int_equal(at(&x, "town") < 0, at(&x, "home"));
        if (!at(&x, "home")) assert_int_equal(at(&x, "land"), at(&x, "town") > 2);
    }
    rowed_close(&x);
}

/* The same slot and attempt give the same row, another attempt another one. */
static void repeats(void **state) {
    (void)state;
    rowed x;
    uint32_t same = 0;
    rowed_open(&x, HEAD "attributes:\n" PLACE, 200);
    for (uint64_t i = 0; i < 200; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        int64_t first = at(&x, "city");
        draw_into(x.pl, i, 1, &x.r, x.mem);
        same += at(&x, "city") == first;
        draw_into(x.pl, i, 0, &x.r, x.mem);
        assert_int_equal(at(&x, "city"), first);
    }
    assert_in_range(same, 30, 100);
    rowed_close(&x);
}

static void faults(void **state) {
    (void)state;
    static const struct {
        const char *attributes;
        diag_code code;
        const char *value;
    } rows[] = {
        {"  s: {row: none.csv, k: {choice: {column: k}}}\n", DIAG_P05, "none.csv"},
        {"  distinct: {row: places.csv, k: {choice: {column: city}}}\n", DIAG_P02, "distinct"},
        {"  s: {row: [a], k: {choice: [x]}}\n", DIAG_P03, ""},
        {"  k: {choice: {column: city}}\n", DIAG_P03, "city"},
        {"  s: {row: places.csv, k: {choice: {column: citty}}}\n", DIAG_P08, "citty"},
        {"  s: {row: places.csv, by: [school], k: {choice: {column: city}}}\n", DIAG_P08, "school"},
        {"  s: {row: places.csv, k: {number: {column: city}}}\n", DIAG_P03, "Lagos"},
        {"  s: {row: places.csv, k: {choice: {column: city}, list: 2}}\n", DIAG_P03, "s.k"},
        {"  s: {row: places.csv, k: {choice: [Lagos, Rome], given: {column: city}}}\n", DIAG_P07, "Nairobi"},
        {"  s: {row: places.csv, k: {choice: {column: city}, by: [school], given: {else: {column: city}}}}\n",
         DIAG_P03, "s.k"},
        {"  s: {row: {file: jobs.csv, columns: {schooling: school}}, by: [school], k: {choice: {column: "
         "title}}}\n",
         DIAG_P07, "none"},
        {"  s: {row: {file: jobs.csv, columns: {title: school}, only: {pay: 900}, recode: {school: {vendor: "
         "low}}}, by: "
         "[school], k: {choice: {column: pay}}}\n",
         DIAG_P08, ""},
        {"  s: {row: {file: places.csv, columns: {weight: w, city: weight}}, k: {choice: {column: region}}}\n",
         DIAG_P03, "Lagos"},
        {"  s: {row: {file: places.csv, recode: {weight: {154: -1}}}, k: {choice: {column: region}}}\n",
         DIAG_P09, "-1"},
        {"  s: {row: {file: places.csv, only: {city: Berlin}}, k: {choice: {column: region}}}\n", DIAG_P09, ""},
        {"  s: {row: places.csv, by: [s.k], k: {choice: {column: region}}}\n", DIAG_P08, "s.k"},
        {"  s: {row: {file: places.csv, columns: {region: k}}, by: [s.k], k: {choice: {column: k}}}\n",
         DIAG_P06, "s.k"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rowed x;
        buf b = {0};
        buf_printf(&b, HEAD "attributes:\n  school: {choice: [low, high]}\n%s%c", rows[i].attributes, 0);
        rowed_load(&x, b.p);
        if (x.p || !x.d.errors || x.d.row[0].code != rows[i].code || !str_is(x.d.row[0].value, rows[i].value)) {
            print_message("# %s", rows[i].attributes);
            show(&x.d);
            for (size_t k = 0; k < x.d.n; k++) print_message("# [" STR_FMT "]\n", STR_ARG(x.d.row[k].value));
        }
        assert_null(x.p);
        assert_int_equal(x.d.row[0].code, rows[i].code);
        assert_true(str_is(x.d.row[0].value, rows[i].value));
        buf_free(&b);
        rowed_close(&x);
    }
}

/* A column that only a soft table names: drawn as the fit says, within each cell, and its row with it. */
static void soft_tables(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x,
               HEAD "attributes:\n" PLACE "  sex: {choice: [f, m]}\ntables:\n"
                    "  s: {over: [sex], shares: {f: 50, m: 50}}\n"
                    "  r: {over: [region], soft: 1e6, shares: {Africa: 30, Europe: 70}}\n",
               MANY);
    static const int64_t region[] = {0, 0, 0, 1, 1};
    uint64_t n[2][2] = {{0}};
    for (uint64_t i = 0; i < MANY; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        assert_int_equal(at(&x, "region"), region[at(&x, "city")]);
        n[at(&x, "sex")][at(&x, "region")]++;
    }
    for (int sex = 0; sex < 2; sex++) assert_in_range(n[sex][0], MANY * 0.149, MANY * 0.151);
    rowed_close(&x);
}

/* As above, where some have no value of the column though they have a row. */
static void soft_tables_of_some(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x,
               HEAD "attributes:\n  sex: {choice: [f, m]}\n  place:\n    row: places.csv\n"
                    "    city: {choice: {column: city}}\n"
                    "    region: {choice: {column: region}, when: {sex: f}}\ntables:\n"
                    "  s: {over: [sex], shares: {f: 50, m: 50}}\n"
                    "  r: {over: [region], soft: 1e6, shares: {Africa: 30, Europe: 70}}\n",
               MANY);
    uint64_t africa = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        draw_into(x.pl, i, 0, &x.r, x.mem);
        assert_in_range(at(&x, "city"), 0, 4);
        assert_int_equal(at(&x, "region") >= 0, at(&x, "sex") == 0);
        africa += at(&x, "region") == 0;
    }
    assert_in_range(africa, MANY * 0.149, MANY * 0.151);
    rowed_close(&x);
}

/* Rows of which nothing is read. */
static void unread(void **state) {
    (void)state;
    rowed x;
    rowed_open(&x, HEAD "attributes:\n  s: {row: places.csv, k: {number: 1..5}}\n" PLACE, 10);
    size_t at = 0, said = 0;
    for (size_t i = 0; i < x.d.n; i++)
        if (str_is(x.d.row[i].value, "places.csv")) said++, at = i;
    assert_int_equal(said, 1);
    assert_int_equal(x.d.row[at].code, DIAG_W00);
    rowed_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights), cmocka_unit_test(parents),     cmocka_unit_test(otherwise),
        cmocka_unit_test(tables),  cmocka_unit_test(zeros),       cmocka_unit_test(repeats),
        cmocka_unit_test(faults),  cmocka_unit_test(soft_tables), cmocka_unit_test(soft_tables_of_some),
        cmocka_unit_test(unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

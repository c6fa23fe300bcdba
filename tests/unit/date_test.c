/* Dates: the calendar against itself day by day, what may stand in a population file, how they are drawn and
 * read. */
#include "plan_fixture.h"

static int64_t day(const char *text) {
    int64_t days;
    assert_true(date_parse(str_of(text), &days));
    return days;
}

/* Every day there is: each follows the one before, and is read as it is written. */
static void calendar(void **state) {
    (void)state;
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y = 1, m = 1, d = 1;
    buf b = {0};
    for (int64_t days = DATE_MIN; days <= DATE_MAX; days++) {
        char want[32];
        int64_t back;
        snprintf(want, sizeof want, "%04d-%02d-%02d", y, m, d);
        buf_reset(&b);
        date_print(&b, days);
        assert_true(str_is(buf_view(&b), want));
        assert_true(date_parse(buf_view(&b), &back) && back == days);
        bool leap = y % 4 == 0 && (y % 100 || y % 400 == 0);
        if (++d > length[m - 1] + (m == 2 && leap)) {
            d = 1;
            if (++m > 12) {
                m = 1;
                y++;
            }
        }
    }
    assert_int_equal(y, 10000);
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2000-02-29"), 11016);
    buf_free(&b);
}

static void no_days(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",           "2025",       "2025-6-30",   "2025-06-31", "2023-02-29", "1900-02-29",       "2025-13-01",
        "2025-00-10", "2025-01-00", "0000-01-01",  "-001-01-01", "2025/06/30", "2025-06-30T00:00", "2025-06-3 ",
        "+025-06-30", "2025-+6-30", "20250-06-30", "2o25-06-30",
    };
    int64_t days;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (date_parse(str_of(wrong[i]), &days)) fail_msg("`%s` is read as a day", wrong[i]);
}

/* One row of a population at fault: its code and value. */
static void refused(const char *attributes, diag_code code, const char *bad) {
    diags d;
    buf b = {0};
    buf_printf(&b, HEAD "attributes:\n  sex: {choice: [f, m]}\n  base: {date: 2020-01-01..2020-12-31}\n%s%c",
               attributes, 0);
    population *p = load_text(b.p, &d);
    if (p || d.errors != 1 || d.row[0].code != code || !str_is(d.row[0].value, bad)) {
        print_message("# %s", attributes);
        show(&d);
    }
    assert_null(p);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.row[0].code, code);
    assert_true(str_is(d.row[0].value, bad));
    diags_free(&d);
    buf_free(&b);
}

static void faults(void **state) {
    (void)state;
    refused("  d: {date: 2023-02-29}\n", DIAG_P03, "2023-02-29");
    refused("  d: {date: 2023-05-01..2023-04-01}\n", DIAG_P07, "2023-05-01..2023-04-01");
    refused("  d: {date: 2023-05-01..}\n", DIAG_P07, "2023-05-01..");
    refused("  d: {date: {mean: 2023-05-01, sd: 30, range: 2023-01-01..2023-12-31}}\n", DIAG_P03, "");
    refused("  d: {date: {2023-01-01..2023-06-30: 1, 2023-06-30..2023-12-31: 1}}\n", DIAG_P08,
            "2023-06-30..2023-12-31");
    refused("  d: {date: {2023-01-01: -1}}\n", DIAG_P09, "-1");
    refused("  d: {date: 2023-01-01..2023-12-31, by: [sex], given: {f: 2023-01-01, m: 2024-01-01}}\n", DIAG_P07,
            "2024-01-01");
    refused("  d: {date: 2023-01-01..2023-12-31, by: [sex], given: {f: 2023-01-01}}\n", DIAG_P08, "");
    refused("  d: {flag: {}, when: {base: 2021-01-01}}\n", DIAG_P07, "2021-01-01");
    refused("  d: {flag: {}, when: {base: yesterday}}\n", DIAG_P03, "yesterday");
    refused("  d: {date: {equals: {base: 9000}}}\n", DIAG_P07, "d");
    refused("  d: {date: 2023-01-01..2023-12-31, step: 7}\n", DIAG_P03, "step");
    refused("  d: {date: 2023-01-01..2023-12-31, ordered: true}\n", DIAG_P03, "ordered");
    refused("  d: {date: 2023-01-01..2023-12-31, only: {2023-01-01: {sex: f}}}\n", DIAG_P03, "only");
}

/* A range is even, weights hold between ranges, a day counts as a day in a sum, tables cut where they say. */
static void draws(void **state) {
    (void)state;
    enum { N = 36600 };
    population *p =
        make(HEAD "attributes:\n"
                  "  sex: {choice: [f, m]}\n"
                  "  a: {date: 2024-01-01..2024-12-31}\n"
                  "  w: {date: {2024-01-01..2024-01-31: 3, 2025-02-01..2025-02-28: 1}}\n"
                  "  later: {date: {equals: {a: 1, const: 60}}}\n"
                  "  gap: {number: {equals: {later: 1, a: -1}}}\n"
                  "  t: {date: 2020-01-01..2023-12-31}\n"
                  "  old: {choice: [x, y], by: [t], given: {..2021-12-31: x, 2022-01-01..: y}}\n"
                  "  days: {date: 2020-02-28..2020-03-01, list: 1..3}\n"
                  "tables: {c: {over: [sex, t], shares: {f: {..2020-02-29: 10, 2020-03-01..: 30}, m: "
                  "{..2020-02-29: 40, 2020-03-01..: 20}}}}\n");
    plan *pl = plan_of(p, N, 4);
    arena *mem = arena_new(0);
    record r;
    uint64_t a[366] = {0}, early = 0, leap = 0, of_list[3] = {0}, items = 0;
    uint32_t sex = leaf_of(p, "sex"), la = leaf_of(p, "a"), w = leaf_of(p, "w"), t = leaf_of(p, "t");
    for (uint64_t i = 0; i < N; i++) {
        draw_into(pl, i, 1, &r, mem);
        int64_t first = r.value[la].num;
        a[first - day("2024-01-01")]++;
        early += r.value[w].num <= day("2024-01-31");
        assert_int_equal(r.value[leaf_of(p, "later")].num, first + 60);
        assert_int_equal(r.value[leaf_of(p, "gap")].num, 60);
        leap += r.value[sex].num == 1 && r.value[t].num <= day("2020-02-29");
        assert_int_equal(r.value[leaf_of(p, "old")].num, r.value[t].num >= day("2022-01-01"));
        const value *list = &r.value[leaf_of(p, "days")];
        assert_in_range(list->n, 1, 3);
        for (uint32_t k = 0; k < list->n; k++, items++) of_list[list->item[k].num - day("2020-02-28")]++;
    }
    double third[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    for (int i = 0; i < 366; i++) assert_in_range(a[i], N / 366 - 3, N / 366 + 3);
    assert_in_range(early, N * 3 / 4 - 1, N * 3 / 4 + 1);
    assert_int_equal(leap, N * 4 / 10);
    assert_true(chi_deviation(of_list, third, 3, items) < 16);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

static const char *read_as(const node *n, const char *text, arena *mem, value *v) {
    json j;
    assert_int_equal(json_read(str_dup(mem, str_of(text)), NULL, mem, &j, NULL), JSON_FAULT_NONE);
    return value_read(n, &j, mem, v);
}

/* What a model answers, what it is asked, and how a value is written. */
static void fields(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes: {sex: {choice: [f, m]}}\n"
                  "facets: {w: {fields: {met: {date: 2020-01-01..2020-12-31}, trips: {date: "
                  "2021-01-01..2021-01-09, list: 1..2}}, prompt: \"{{@fields}}\\n---\\n{{sex}}\\n\"}}\n");
    arena *mem = arena_new(0);
    buf b = {0};
    value v;
    const node *met = node_find(p, STR("met")), *trips = node_find(p, STR("trips"));
    assert_null(read_as(met, "\" 2020-02-29 \"", mem, &v));
    assert_int_equal(v.num, day("2020-02-29"));
    value_print(&b, met, &v);
    buf_char(&b, ' ');
    value_print_raw(&b, met, &v);
    value_json(&b, met, &v);
    assert_true(str_is(buf_view(&b), "2020-02-29 2020-02-29\"2020-02-29\""));
    static const char *const wrong[] = {"\"2020-02-30\"", "\"2021-01-01\"", "\"soon\"",
                                        "20200101",       "null",           "[]"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (!read_as(met, wrong[i], mem, &v)) fail_msg("%s is taken", wrong[i]);
    assert_string_equal(read_as(met, "\"2021-01-01\"", mem, &v),
                        "2021-01-01 is outside 2020-01-01 to 2020-12-31");
    assert_null(read_as(trips, "[\"2021-01-02\", \"2021-01-09\"]", mem, &v));
    assert_int_equal(v.n, 2);
    assert_non_null(read_as(trips, "[\"2021-01-10\"]", mem, &v));
    buf_reset(&b);
    facet_schema(p, 0, NULL, NULL, true, NULL, &b);
    assert_true(str_is(buf_view(&b),
                       "{\"type\":\"object\",\"properties\":{\"met\":{\"type\":\"string\",\"format\":\"date\"},"
                       "\"trips\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"date\"},"
                       "\"minItems\":1,\"maxItems\":2}},\"required\":[\"met\",\"trips\"],"
                       "\"additionalProperties\":false}"));
    record r;
    record_init(&r, p, mem);
    buf_reset(&b);
    prompt_system(p->facet[0].prompt, &(render_ctx){.rec = &r, .facet = 0}, &b);
    assert_true(str_is(buf_view(&b), "- \"met\" (date, 2020-01-01 to 2020-12-31)\n"
                                     "- \"trips\" (list of 1 to 2, each: date, 2021-01-01 to 2021-01-09)\n"));
    buf_free(&b);
    arena_free(mem);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar), cmocka_unit_test(no_days), cmocka_unit_test(faults),
        cmocka_unit_test(draws),    cmocka_unit_test(fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

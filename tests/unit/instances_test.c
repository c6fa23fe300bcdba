/* Sections with `list`: how many instances, in what they differ, what their attributes follow from, who may
 * look inside and how, how they are printed, and what is refused. */
#include "plan_fixture.h"

#define MANY 20000

typedef struct listed {
    population *p;
    plan *pl;
    arena *mem;
    record r;
} listed;

static listed listed_open(const char *yaml, uint64_t n) {
    listed x = {.p = make(yaml), .mem = arena_new(0)};
    x.pl = plan_of(x.p, n, 12);
    return x;
}

static void listed_draw(listed *x, uint64_t slot, uint32_t attempt) {
    draw_into(x->pl, slot, attempt, &x->r, x->mem);
}

static void listed_close(listed *x) {
    arena_free(x->mem);
    plan_free(x->pl);
    population_free(x->p);
}

static uint32_t section_of(const listed *x, const char *path) {
    const node *n = node_find(x->p, str_of(path));
    assert_non_null(n);
    assert_true(n->number != NO_LEAF);
    return (uint32_t)(n - x->p->node);
}

/* Of instance i (from 0); -1: no value. */
static int64_t item(const listed *x, const char *path, uint32_t i) {
    const value *v = &x->r.value[leaf_of(x->p, path)];
    assert_int_equal(v->kind, V_LIST);
    assert_true(i < v->n);
    return v->item[i].kind == V_NUM ? v->item[i].num : -1;
}

/* Lengths have their law, elements that of the attribute, and one instance says nothing of the next. */
static void laws(void **state) {
    (void)state;
    listed x =
        listed_open(HEAD "attributes:\n"
                         "  size: {choice: [small, large]}\n"
                         "  s:\n"
                         "    list: {0: 20, 1: 30, 3..4: 50}\n"
                         "    k: {choice: {p: 50, q: 30, r: 20}}\n"
                         "    day: {date: 2024-01-01..2024-01-10}\n"
                         "    m: {number: 1..4, by: [s.k, size], given: {p: {else: 1..2}, q: {small: 3, large: "
                         "4}, r: {else: 1..4}}}\n"
                         "    twice: {number: {equals: {s.m: 2, const: 1}}, when: {s.k: [p, q]}}\n"
                         "    other: {choice: [p, q, r], except: [s.k]}\n"
                         "    tags: {choice: [t, u, v], list: 0..2}\n"
                         "    name: {template: \"{{s.k}} of {{size}}\"}\n",
                    MANY);
    uint32_t s = section_of(&x, "s");
    uint64_t length[5] = {0}, k[3] = {0}, pair[9] = {0}, tags[3] = {0}, day[10] = {0}, all = 0, pairs = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        listed_draw(&x, i, 0);
        uint32_t n = record_instances(&x.r, s);
        int64_t size = x.r.value[leaf_of(x.p, "size")].num;
        assert_in_range(n, 0, 4);
        length[n]++;
        for (uint32_t e = 0; e < n; e++, all++) {
            int64_t v = item(&x, "s.k", e), m = item(&x, "s.m", e);
            const value *list = &x.r.value[leaf_of(x.p, "s.tags")].item[e];
            k[v]++;
            day[item(&x, "s.day", e) - node_find(x.p, STR("s.day"))->lo]++;
            assert_true(v == 2 || (v == 0 ? m <= 2 : m == 3 + size));
            assert_int_equal(item(&x, "s.twice", e), v == 2 ? -1 : 2 * m + 1);
            assert_int_not_equal(item(&x, "s.other", e), v);
            assert_int_equal(list->kind, V_LIST);
            tags[list->n]++;
            if (list->n == 2) assert_int_not_equal(list->item[0].num, list->item[1].num);
            str name = x.r.value[leaf_of(x.p, "s.name")].item[e].text;
            assert_true(name.p[0] == "pqr"[v] && str_ends(name, size ? "large" : "small"));
            if (e) pair[3 * item(&x, "s.k", e - 1) + v]++, pairs++;
        }
    }
    assert_true(chi_deviation(length, (double[]){.2, .3, 0, .25, .25}, 5, MANY) < 16);
    assert_true(chi_deviation(k, (double[]){.5, .3, .2}, 3, all) < 16);
    assert_true(chi_deviation(tags, (double[]){1 / 3., 1 / 3., 1 / 3.}, 3, all) < 16);
    assert_true(chi_deviation(day, (double[]){.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, 10, all) < 16);
    double both[9], one[3] = {.5, .3, .2};
    for (int i = 0; i < 9; i++) both[i] = one[i / 3] * one[i % 3];
    assert_true(chi_deviation(pair, both, 9, pairs) < 16);
    listed_close(&x);
}

/* What is distinct differs; each order of values is as likely as drawing without putting back makes it; if no
 * value is left the list ends, for every leaf. */
static void distinct(void **state) {
    (void)state;
    listed x = listed_open(HEAD "attributes:\n"
                                "  s:\n"
                                "    list: 2..6\n"
                                "    distinct: [k, n, d]\n"
                                "    early: {number: 1..100}\n"
                                "    k: {choice: {p: 50, q: 25, r: 25}, when: {s.f: {not: ~}}}\n"
                                "    f: {flag: 0.5}\n"
                                "    n: {number: 1..40}\n"
                                "    d: {date: 2024-01-01..2024-02-29}\n"
                                "  three: {flag: 1, when: {s: {k: p}}}\n"
                                "  long: {list: 4, distinct: [b], b: {flag: 0.9}, c: {number: 1..9}}\n",
                           MANY);
    uint32_t s = section_of(&x, "s"), l = section_of(&x, "long");
    uint64_t order[6] = {0}, length[4] = {0}, first[2] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        listed_draw(&x, i, 0);
        uint32_t n = record_instances(&x.r, s);
        bool p = false;
        assert_in_range(n, 2, 3);
        length[n]++;
        for (uint32_t a = 0; a < n; a++) {
            p = p || item(&x, "s.k", a) == 0;
            for (uint32_t b = 0; b < a; b++) {
                assert_int_not_equal(item(&x, "s.k", a), item(&x, "s.k", b));
                assert_int_not_equal(item(&x, "s.n", a), item(&x, "s.n", b));
                assert_int_not_equal(item(&x, "s.d", a), item(&x, "s.d", b));
            }
        }
        for (uint32_t k = 1; k <= x.p->node[s].below; k++)
            assert_int_equal(x.r.value[x.p->node[s].number + k].n, n);
        assert_int_equal(x.r.value[leaf_of(x.p, "three")].kind, p ? V_NUM : V_NONE);
        int64_t u = item(&x, "s.k", 0), v = item(&x, "s.k", 1);
        order[2 * u + (v > u ? v - 1 : v)]++;
        assert_int_equal(record_instances(&x.r, l), 2);
        first[item(&x, "long.b", 0)]++;
        assert_int_not_equal(item(&x, "long.b", 0), item(&x, "long.b", 1));
    }
    assert_true(
        chi_deviation(order, (double[]){.25, .25, .25 * 2 / 3, .25 / 3, .25 * 2 / 3, .25 / 3}, 6, MANY) < 16);
    assert_true(chi_deviation(length, (double[]){0, 0, .2, .8}, 4, MANY) < 16);
    assert_true(chi_deviation(first, (double[]){.1, .9}, 2, MANY) < 16);
    listed_close(&x);
}

/* Predicates from outside and inside: some instance passes whole; `~`: there is none; counts; `when` of the
 * section. */
static void predicates(void **state) {
    (void)state;
    listed x = listed_open(
        HEAD "attributes:\n"
             "  has: {flag: 0.7}\n"
             "  s: {list: 0..3, when: {has: true}, k: {choice: [p, q]}, m: {number: 1..3}, t: {choice: "
             "[a, b], list: 0..2}}\n"
             "  whole: {flag: 1, when: {s: {k: p, m: 3}}}\n"
             "  apart: {flag: 1, when: {s.k: p, s.m: 3}}\n"
             "  none: {flag: 1, when: {s: ~}}\n"
             "  any: {flag: 1, when: {s: {not: ~}}}\n"
             "  no_p: {flag: 1, when: {s: {not: {k: p}}}}\n"
             "  no_q: {flag: 1, when: {not: {s.k: q}}}\n"
             "  two: {flag: 1, when: {count: {of: [s.k, s.m], is: {not: ~}, at_least: 2}, s: {k: p}}}\n"
             "  tag: {flag: 1, when: {s: {t: a, k: q}}}\n",
        3000);
    uint32_t s = section_of(&x, "s");
    uint32_t seen[2] = {0};
    for (uint64_t i = 0; i < 3000; i++) {
        listed_draw(&x, i, 0);
        bool whole = false, p = false, q = false, three = false, tag = false;
        uint32_t n = record_instances(&x.r, s);
        bool has = x.r.value[leaf_of(x.p, "has")].num;
        assert_int_equal(x.r.value[x.p->node[s].number].kind, has ? V_NUM : V_NONE);
        if (!has) assert_int_equal(x.r.value[leaf_of(x.p, "s.k")].kind, V_NONE);
        for (uint32_t e = 0; e < n; e++) {
            int64_t k = item(&x, "s.k", e), m = item(&x, "s.m", e);
            const value *t = &x.r.value[leaf_of(x.p, "s.t")].item[e];
            whole = whole || (k == 0 && m == 3);
            p = p || k == 0;
            q = q || k == 1;
            three = three || m == 3;
            for (uint32_t u = 0; u < t->n; u++) tag = tag || (t->item[u].num == 0 && k == 1);
        }
        const struct {
            const char *path;
            bool want;
        } rows[] = {{"whole", whole}, {"apart", p && three}, {"none", n == 0}, {"any", n > 0},
                    {"no_p", !p},     {"no_q", !q},          {"tag", tag},     {"two", p}};
        for (size_t k = 0; k < COUNT_OF(rows); k++)
            if ((x.r.value[leaf_of(x.p, rows[k].path)].kind == V_NUM) != rows[k].want)
                fail_msg("slot %llu: %s", (unsigned long long)i, rows[k].path);
        seen[whole != (p && three)]++;
    }
    assert_true(seen[1] > 100); /* the two forms differ */
    listed_close(&x);
}

/* A row an instance; what differs among its columns is the row's to see to. */
static void rows(void **state) {
    (void)state;
    char path[256];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/instances_rows.csv", base && *base ? base : P_tmpdir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("town,land,weight\na,x,5\nb,x,3\nc,y,1\nd,y,1\n", f);
    assert_int_equal(fclose(f), 0);
    listed x = listed_open(
        HEAD "attributes:\n"
             "  s: {list: 1..3, distinct: [land], row: instances_rows.csv, town: {choice: {column: town}}, "
             "land: {choice: {column: land}}}\n"
             "  t: {list: 4, distinct: [town], at: {row: instances_rows.csv, land: {choice: {column: "
             "land}}}, town: {choice: [a, b, c, d, e]}}\n",
        MANY);
    unlink(path);
    uint64_t town[4] = {0}, length[4] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        listed_draw(&x, i, 0);
        uint32_t n = record_instances(&x.r, section_of(&x, "s"));
        assert_in_range(n, 1, 2);
        length[n]++;
        for (uint32_t e = 0; e < n; e++) assert_int_equal(item(&x, "s.land", e), item(&x, "s.town", e) > 1);
        town[item(&x, "s.town", 0)]++;
        if (n > 1) assert_int_not_equal(item(&x, "s.land", 0), item(&x, "s.land", 1));
        assert_int_equal(record_instances(&x.r, section_of(&x, "t")), 4);
    }
    assert_true(chi_deviation(town, (double[]){.5, .3, .1, .1}, 4, MANY) < 16);
    assert_true(chi_deviation(length, (double[]){0, 1 / 3., 2 / 3., 0}, 4, MANY) < 16);
    listed_close(&x);
}

static void same_again(void **state) {
    (void)state;
    listed x = listed_open(
        HEAD "attributes:\n  s: {list: 1..4, distinct: [k], k: {number: 1..30}, t: {choice: [a, b], list: "
             "0..2}}\n  late: {template: \"{{s}}\"}\n",
        300);
    uint32_t differ = 0;
    for (uint64_t i = 0; i < 300; i++) {
        buf one = {0}, two = {0};
        listed_draw(&x, i, 0);
        instances_json(&one, &x.r, section_of(&x, "s"));
        listed_draw(&x, i, 1);
        instances_json(&two, &x.r, section_of(&x, "s"));
        differ += !str_eq(buf_view(&one), buf_view(&two));
        listed_draw(&x, i, 0);
        buf_reset(&two);
        instances_json(&two, &x.r, section_of(&x, "s"));
        assert_true(str_eq(buf_view(&one), buf_view(&two)));
        buf_free(&one);
        buf_free(&two);
    }
    assert_true(differ > 250);
    listed_close(&x);
}

#define SAY(slot) "facets: {w: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n" slot "\\n\"}}\n"

static void printed(void **state) {
    (void)state;
    static const struct {
        const char *slot, *want;
    } cases[] = {
        {"{{s}}", "1. kind of: p; m: 1 cm\n2. kind of: q; m: 2 cm; t: a, b"},
        {"{{s|lines}}", "- kind of: p; m: 1 cm\n- kind of: q; m: 2 cm; t: a, b"},
        {"{{s|value}}", "1. kind of: p; m: 1\n2. kind of: q; m: 2; t: a, b"},
        {"{{s|json}}",
         "[{\"k\":\"p\",\"m\":1,\"t\":[],\"h\":7},{\"k\":\"q\",\"m\":2,\"t\":[\"a\",\"b\"],\"h\":7}]"},
        {"{{s|label}}", "things"},
        {"{{s.k}} {{s.m}}", "p, q 1 cm, 2 cm"},
        {"{{s.t?}}", "a, b"},
        {"{{s.m|lines}}", "- 1 cm\n- 2 cm"},
        {"{{o}}", "a: y; things 1 (kind of: p; m: 1 cm); things 2 (kind of: q; m: 2 cm; t: a, b)"},
        {"{{@attributes}}",
         "o: a: y\no, things 1: kind of: p; m: 1 cm\no, things 2: kind of: q; m: 2 cm; t: a, b"},
        {"x{{none?}}\\ny", "y"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf b = {0};
        buf_printf(&b,
                   HEAD
                   "attributes:\n  o:\n    a: {choice: [y]}\n    s:\n      label: things\n      list: 2\n      "
                   "distinct: "
                   "[m]\n      k: {choice: [p, q], label: kind of}\n      m: {number: 1..2, unit: cm}\n      "
                   "t: {choice: "
                   "[a, b], list: 0..2}\n      h: {number: 7, hide: true}\n  none: {list: 0, z: {flag: {}}}\n"
                   "facets: {w: {fields: {x: {text: {}}}, prompt: \"{{@fields}}\\n---\\n%s\\n\"}}\n%c",
                   cases[i].slot, 0);
        population *p = make(b.p);
        arena *mem = arena_new(0);
        record r;
        record_init(&r, p, mem);
        const node *s = node_find(p, STR("s"));
        value k[] = {{.kind = V_NUM, .num = 0}, {.kind = V_NUM, .num = 1}};
        value m[] = {{.kind = V_NUM, .num = 1}, {.kind = V_NUM, .num = 2}};
        value h[] = {{.kind = V_NUM, .num = 7}, {.kind = V_NUM, .num = 7}};
        value t[] = {{.kind = V_LIST}, {.kind = V_LIST, .n = 2, .item = k}};
        r.value[leaf_of(p, "o.a")] = (value){.kind = V_NUM};
        r.value[s->number] = (value){.kind = V_NUM, .num = 2};
        r.value[leaf_of(p, "s.k")] = (value){.kind = V_LIST, .n = 2, .item = k};
        r.value[leaf_of(p, "s.m")] = (value){.kind = V_LIST, .n = 2, .item = m};
        r.value[leaf_of(p, "s.h")] = (value){.kind = V_LIST, .n = 2, .item = h};
        r.value[leaf_of(p, "s.t")] = (value){.kind = V_LIST, .n = 2, .item = t};
        r.value[node_find(p, STR("none"))->number] = (value){.kind = V_NUM};
        r.value[leaf_of(p, "none.z")] = (value){.kind = V_LIST};
        buf out = {0};
        prompt_slot(p->facet[0].prompt, &(render_ctx){.rec = &r, .facet = 0}, &out);
        if (!str_eq(str_trim(buf_view(&out)), str_of(cases[i].want)))
            fail_msg("%s:\n" STR_FMT, cases[i].slot, STR_ARG(buf_view(&out)));
        buf_free(&out);
        buf_free(&b);
        arena_free(mem);
        population_free(p);
    }
}

/* What a facet wrote into a list may decide whether another one is called. */
static void facets_ask(void **state) {
    (void)state;
    population *p =
        make(HEAD "attributes: {k: {flag: {}}}\n"
                  "facets:\n"
                  "  a: {fields: {s: {list: 1..2, m: {choice: [sad, glad]}, t: {text: {}}}}, prompt: "
                  "\"{{@fields}}\\n---\\n{{k}}\\n\"}\n"
                  "  b: {needs: [a], when: {s: {m: sad}}, fields: {x: {text: {}}}, prompt: "
                  "\"{{@fields}}\\n---\\n{{s}}\\n\"}\n");
    arena *mem = arena_new(0);
    record r;
    record_init(&r, p, mem);
    const node *s = node_find(p, STR("s"));
    value moods[] = {{.kind = V_NUM, .num = 1}, {.kind = V_NUM, .num = 1}};
    r.value[s->number] = (value){.kind = V_NUM, .num = 2};
    r.value[leaf_of(p, "s.m")] = (value){.kind = V_LIST, .n = 2, .item = moods};
    assert_false(field_applies(p, leaf_of(p, "x"), &r));
    moods[1].num = 0;
    assert_true(field_applies(p, leaf_of(p, "x"), &r));
    r.value[s->number].num = 1;
    assert_false(field_applies(p, leaf_of(p, "x"), &r));
    arena_free(mem);
    population_free(p);
}

static void faults(void **state) {
    (void)state;
    static const struct {
        const char *attributes, *rest;
        diag_code code;
        const char *value;
    } cases[] = {
        {"  s: {list: 1..3, t: {list: 2, k: {flag: {}}}}\n", "", DIAG_P10, "s.t"},
        {"  s: {list: -1..3, k: {flag: {}}}\n", "", DIAG_P07, "-1..3"},
        {"  s: {list: 1..90000, k: {flag: {}}}\n", "", DIAG_P07, "1..90000"},
        {"  s: {list: many, k: {flag: {}}}\n", "", DIAG_P03, "many"},
        {"  s: {list: 2, distinct: [kk], k: {flag: {}}}\n", "", DIAG_P04, "kk"},
        {"  s: {list: 2, distinct: k, k: {flag: {}}}\n", "", DIAG_P03, "k"},
        {"  s: {list: 2, distinct: [k], k: {flag: {}, list: 2}}\n", "", DIAG_P03, "k"},
        {"  s: {list: 2, distinct: [k], k: {j: {flag: {}}}}\n", "", DIAG_P03, "k"},
        {"  s: {distinct: [k], k: {flag: {}}}\n", "", DIAG_P03, "distinct"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n  x: {flag: {}, by: [s.k], given: {else: 0.5}}\n", "", DIAG_P10,
         "s.k"},
        {"  s: {list: 2, k: {number: 1..2}}\n  x: {number: {equals: {s.k: 1}}}\n", "", DIAG_P10, "s.k"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n  x: {choice: [p, q], except: [s.k]}\n", "", DIAG_P10, "s.k"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n  t: {list: 2, x: {flag: {}, by: [s.k], given: {else: 0.5}}}\n",
         "", DIAG_P10, "s.k"},
        {"  s: {list: {equals: {s.k: 1}}, k: {number: 1..2}}\n", "", DIAG_P10, "s.k"},
        {"  s: {list: 2, when: {s.k: 1}, k: {number: 1..2}}\n", "", DIAG_P06, "s"},
        {"  s: {list: 2, k: {number: 1..2, when: {x: true}}}\n  x: {flag: {}, when: {s: {k: 1}}}\n", "",
         DIAG_P06, "s.k"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n", "tables: {t: {over: [s.k], shares: uniform}}\n", DIAG_P10,
         "s.k"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n", "output: {columns: [s.k]}\n", DIAG_P10, "s.k"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n  x: {flag: {}, when: {s: p}}\n", "", DIAG_P03, "p"},
        {"  s: {list: 2, k: {choice: [p, q]}}\n  x: {flag: {}, when: {s: {k: z}}}\n", "", DIAG_P07, "z"},
        {"  s: {list: 0..2, k: {choice: [p, q]}}\n", SAY("{{s}}"), DIAG_P12, "{{s}}"},
        {"  s: {list: 0..2, k: {choice: [p, q]}}\n", SAY("{{s.k}}"), DIAG_P12, "{{s.k}}"},
        {"  s: {list: 1, k: {choice: [p, q]}, t: {template: \"{{s.k}}\", list: 2, unit: x}}\n", "", DIAG_P03,
         "unit"},
        {"  k: {flag: {}}\n",
         "facets: {w: {fields: {x: {text: {}}, y: {template: \"{{x}}\", list: 2}}, prompt: "
         "\"{{@fields}}\\n---\\n{{k}}\\n\"}}\n",
         DIAG_P10, "y"},
        {"  k: {flag: {}}\n",
         "facets: {w: {fields: {x: {text: {}}, y: {list: 2, z: {template: \"{{x}}\"}}}, prompt: "
         "\"{{@fields}}\\n---\\n{{k}}\\n\"}}\n",
         DIAG_P10, "y"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        diags d;
        buf b = {0};
        buf_printf(&b, HEAD "attributes:\n%s%s%c", cases[i].attributes, cases[i].rest, 0);
        population *p = load_text(b.p, &d);
        diags_sort(&d);
        if (p || !d.errors || d.row[0].code != cases[i].code || !str_is(d.row[0].value, cases[i].value)) {
            print_message("# %s%s", cases[i].attributes, cases[i].rest);
            show(&d);
            for (size_t k = 0; k < d.n; k++) print_message("# [" STR_FMT "]\n", STR_ARG(d.row[k].value));
        }
        assert_null(p);
        assert_int_equal(d.row[0].code, cases[i].code);
        assert_true(str_is(d.row[0].value, cases[i].value));
        diags_free(&d);
        buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws),       cmocka_unit_test(distinct),   cmocka_unit_test(predicates),
        cmocka_unit_test(rows),       cmocka_unit_test(same_again), cmocka_unit_test(printed),
        cmocka_unit_test(facets_ask), cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

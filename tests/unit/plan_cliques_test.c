/* plan_cliques_test.c: tables whose common cells are far too many to be gone through one by one: exact all the
 * same, and what cannot be is told.
 */
#include "tests/unit/plan_fixture.h"

enum { MOST = 16 };

/* Attributes a0, a1, ... of so many values each. */
static void attributes_put(buf *b, uint32_t n, uint32_t values) {
    buf_z(b, HEAD "attributes:\n");
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(b, "  a%u: {choice: [", i);
        for (uint32_t v = 0; v < values; v++) buf_printf(b, "%sv%u", v ? ", " : "", v);
        buf_z(b, "]}\n");
    }
    buf_z(b, "tables:\n");
}

static uint32_t weight(uint32_t attribute, uint32_t v) {
    return 1 + (uint32_t)(rng_u64(attribute, v, 5, 0, 0) % 9);
}

/* Shares over two attributes, which lean towards equal values: margins are the products' all the same. */
static void pair_put(buf *b, uint32_t x, uint32_t y, uint32_t values, double more) {
    buf_printf(b, "  t%u_%u: {over: [a%u, a%u], scale: true, shares: {", x, y, x, y);
    double sx = 0, sy = 0;
    for (uint32_t v = 0; v < values; v++) sx += weight(x, v), sy += weight(y, v);
    for (uint32_t v = 0; v < values; v++) {
        buf_printf(b, "%sv%u: {", v ? ", " : "", v);
        for (uint32_t u = 0; u < values; u++) {
            double share = weight(x, v) / sx * weight(y, u) / sy;
            if (v == 0 && u == 0) share += more;
            buf_printf(b, "%sv%u: %.12f", u ? ", " : "", u, share);
        }
        buf_char(b, '}');
    }
    buf_z(b, "}}\n");
}

static void single_put(buf *b, uint32_t x, uint32_t values) {
    buf_printf(b, "  t%u: {over: [a%u], scale: true, shares: {", x, x);
    for (uint32_t v = 0; v < values; v++) buf_printf(b, "%sv%u: %u", v ? ", " : "", v, weight(x, v));
    buf_z(b, "}}\n");
}

static void tables_exact(const plan *pl) {
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint64_t *got = xcalloc(plan_table_cells(pl, t), sizeof *got), all = 0;
        for (uint32_t c = 0; c < plan_cells(pl); c++) got[plan_table_cell(pl, t, c)] += plan_quota(pl, c);
        for (uint32_t c = 0; c < plan_table_cells(pl, t); c++) {
            assert_int_equal(got[c], plan_table_asked(pl, t, c));
            all += got[c];
        }
        assert_int_equal(all, plan_size(pl));
        free(got);
    }
}

static void met(const buf *yaml, double rounding) {
    static const uint64_t sizes[] = {1, 37, 1000, 4321};
    char *text = xmalloc(yaml->n + 1);
    memcpy(text, yaml->p, yaml->n);
    text[yaml->n] = '\0';
    population *p = make(text);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        plan *pl = plan_of(p, sizes[i], i + 1);
        tables_exact(pl);
        if (plan_rounding(pl) >= rounding) print_message("rounding %.3f\n", plan_rounding(pl));
        assert_true(plan_rounding(pl) < rounding);
        arena *mem = arena_new(0);
        record r;
        for (uint64_t slot = 0; slot < sizes[i] && slot < 50; slot++) {
            draw_into(pl, slot, 0, &r, mem);
            assert_int_equal(plan_find(pl, &r), r.cell);
        }
        arena_free(mem);
        diags d;
        diags_init(&d);
        pl = plan_extend(pl, sizes[i] * 2 + 3, &d);
        if (!pl) show(&d);
        assert_non_null(pl);
        tables_exact(pl);
        plan_free(pl);
        diags_free(&d);
    }
    population_free(p);
    free(text);
}

/* 10^12 combinations in a chain, and a star of 10^9. */
static void trees_are_met(void **state) {
    (void)state;
    buf b = {0};
    attributes_put(&b, 12, 10);
    for (uint32_t i = 0; i < 11; i++) pair_put(&b, i, i + 1, 10, 0);
    met(&b, 1.5);
    buf_reset(&b);
    attributes_put(&b, 9, 10);
    for (uint32_t i = 1; i < 9; i++) pair_put(&b, 0, i, 10, 0);
    met(&b, 1.5);
    buf_free(&b);
}

/* A short ring within a chain; attributes that no table joins. */
static void rings_and_margins_are_met(void **state) {
    (void)state;
    buf b = {0};
    attributes_put(&b, 10, 8);
    for (uint32_t i = 0; i < 9; i++) pair_put(&b, i, i + 1, 8, 0);
    pair_put(&b, 3, 6, 8, 0);
    met(&b, 3);
    buf_reset(&b);
    attributes_put(&b, MOST, 6);
    for (uint32_t i = 0; i < MOST; i++) single_put(&b, i, 6);
    met(&b, 1);
    buf_free(&b);
}

static char *text_of(const buf *b) {
    char *text = xmalloc(b->n + 1);
    memcpy(text, b->p, b->n);
    text[b->n] = '\0';
    return text;
}

/* One cell of the fourth table has a tenth of all people more than its neighbours in the chain allow. */
static void disagreeing_cliques_are_told(void **state) {
    (void)state;
    buf b = {0};
    attributes_put(&b, 12, 10);
    for (uint32_t i = 0; i < 11; i++) pair_put(&b, i, i + 1, 10, i == 3 ? 0.1 : 0);
    char *text = text_of(&b);
    population *p = make(text);
    plan_fails(p, 1000, DIAG_Q02, (const char *[]){"`t3_4`", "=v0", NULL});
    population_free(p);
    free(text);
    buf_free(&b);
}

/* A ring round all of them has no small cliques here. */
static void what_is_too_large_is_told(void **state) {
    (void)state;
    buf b = {0};
    attributes_put(&b, 12, 12);
    for (uint32_t i = 0; i < 12; i++) pair_put(&b, i < 11 ? i : 0, i < 11 ? i + 1 : 11, 12, 0);
    char *text = text_of(&b);
    population *p = make(text);
    plan_fails(p, 1000, DIAG_P17, (const char *[]){"too many cells together", "ring", NULL});
    population_free(p);
    free(text);
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_are_met),
        cmocka_unit_test(rings_and_margins_are_met),
        cmocka_unit_test(disagreeing_cliques_are_told),
        cmocka_unit_test(what_is_too_large_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* plan_order_test.c: slot -> cell: a bijection, and every prefix on quota within two persons a cell, every
 * range within three.
 */
#include "plan_fixture.h"

typedef struct laid {
    arena *mem;
    slot_tree tree;
    uint64_t *quota, n;
    uint32_t cells;
} laid;

static laid lay(const uint64_t *quota, uint32_t cells) {
    laid l = {.mem = arena_new(0), .cells = cells};
    l.quota = arena_dup(l.mem, quota, sizeof *quota * cells);
    for (uint32_t i = 0; i < cells; i++) l.n += quota[i];
    assert_true(slot_tree_make(&l.tree, l.quota, cells, l.mem));
    return l;
}

/* Goes through all slots: serials count up in each cell, quotas are met; the worst deviation of any prefix. */
static double walk(const laid *l) {
    uint64_t *seen = xcalloc(l->cells, sizeof *seen);
    double worst = 0;
    for (uint64_t i = 0; i < l->n; i++) {
        uint32_t cell;
        uint64_t serial;
        slot_tree_place(&l->tree, i, &cell, &serial);
        assert_true(cell < l->cells);
        assert_int_equal(serial, seen[cell]);
        seen[cell]++;
        if (i % 7 && i + 1 < l->n) continue;
        for (uint32_t c = 0; c < l->cells; c++) {
            double off = (double)seen[c] - (double)l->quota[c] * (double)(i + 1) / (double)l->n;
            if (off < 0) off = -off;
            if (off > worst) worst = off;
        }
    }
    for (uint32_t c = 0; c < l->cells; c++) assert_int_equal(seen[c], l->quota[c]);
    free(seen);
    return worst;
}

/* A range is the difference of two prefixes: checked on ranges of its own. */
static double ranges(const laid *l, uint32_t parts) {
    double worst = 0;
    for (uint32_t part = 0; part < parts; part++) {
        uint64_t from = l->n * part / parts, to = l->n * (part + 1) / parts;
        uint64_t *seen = xcalloc(l->cells, sizeof *seen);
        for (uint64_t i = from; i < to; i++) {
            uint32_t cell;
            uint64_t serial;
            slot_tree_place(&l->tree, i, &cell, &serial);
            seen[cell]++;
        }
        for (uint32_t c = 0; c < l->cells; c++) {
            double off = (double)seen[c] - (double)l->quota[c] * (double)(to - from) / (double)l->n;
            if (off < 0) off = -off;
            if (off > worst) worst = off;
        }
        free(seen);
    }
    return worst;
}

static void shared(const double *weight, uint32_t cells, uint64_t n, uint64_t *quota) {
    uint64_t *mass = xcalloc(cells, sizeof *mass);
    mass_of(weight, cells, mass);
    share_out(n, mass, cells, 1, quota);
    free(mass);
}

/* 12 grades x 2 x 4 x 4 levels with the students' shares. */
static void student_cells(void **state) {
    (void)state;
    double weight[384];
    const double level[4] = {50, 20, 20, 10};
    for (uint32_t i = 0; i < 384; i++) weight[i] = level[i % 4] * (1 + (i / 32) % 3 * 0.1);
    uint64_t quota[384];
    const uint64_t sizes[] = {1, 3, 50, 384, 1000, 10000};
    for (uint32_t k = 0; k < COUNT_OF(sizes); k++) {
        shared(weight, 384, sizes[k], quota);
        laid l = lay(quota, 384);
        assert_true(walk(&l) < 2);
        assert_true(ranges(&l, 3) < 2.5);
        arena_free(l.mem);
    }
}

static void pareto_cells(void **state) {
    (void)state;
    double weight[1000];
    uint64_t quota[1000];
    for (uint32_t i = 0; i < 1000; i++) weight[i] = 1 / (rng_unit(rng_u64(5, i, 0, 0, 0)) + 1e-4);
    shared(weight, 1000, 20000, quota);
    laid l = lay(quota, 1000);
    assert_true(walk(&l) < 2);
    arena_free(l.mem);
}

static void skewed_cells(void **state) {
    (void)state;
    uint64_t quota[40];
    for (uint32_t i = 0; i < 40; i++) quota[i] = i < 13 ? 1ull << i : i % 3;
    laid l = lay(quota, 40);
    assert_true(walk(&l) < 2);
    arena_free(l.mem);
}

/* A thousand million slots: sampled. The serial and the cell tell the slot: no two slots share both. */
static void very_many_slots(void **state) {
    (void)state;
    double weight[1000];
    uint64_t quota[1000];
    for (uint32_t i = 0; i < 1000; i++) weight[i] = 1 / (rng_unit(rng_u64(9, i, 0, 0, 0)) + 1e-4);
    shared(weight, 1000, 4000000000u, quota);
    laid l = lay(quota, 1000);
    u64map *seen = u64map_new(200000);
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t slot = i < 50000 ? i : rng_below(rng_u64(4, i, 0, 0, 0), l.n - 50000) + 50000, serial;
        uint32_t cell;
        slot_tree_place(&l.tree, slot, &cell, &serial);
        assert_true(serial < quota[cell]);
        /* serials follow the slots in proportion */
        double off = (double)serial - (double)quota[cell] * (double)slot / (double)l.n;
        assert_true(off < 2 && off > -2);
        uint64_t other, key = hash_64((str){(const char *)(uint64_t[]){cell, serial}, 16}, 0);
        if (u64map_get(seen, key, &other)) assert_int_equal(other, slot);
        u64map_put(seen, key, slot);
    }
    u64map_free(seen);
    arena_free(l.mem);
}

/* Quotas from 2^31 persons on divide in 128 bits: as even as the narrow ones. */
static void wide_divisions(void **state) {
    (void)state;
    uint64_t quota[5] = {3, 0, 7, 1, 5}, seen[5] = {0};
    for (uint32_t i = 0; i < 5; i++) quota[i] <<= 28;
    laid l = lay(quota, 5);
    assert_true(l.n > (uint64_t)1 << 31);
    for (uint64_t i = 0; i < 16000; i++) {
        uint32_t cell;
        uint64_t serial, slot = rng_below(rng_u64(8, i, 0, 0, 0), l.n);
        slot_tree_place(&l.tree, slot, &cell, &serial);
        double off = (double)serial - (double)quota[cell] * (double)slot / (double)l.n;
        assert_true(off < 2 && off > -2);
        seen[cell]++;
    }
    const double chance[5] = {3 / 16.0, 0, 7 / 16.0, 1 / 16.0, 5 / 16.0};
    assert_true(chi_deviation(seen, chance, 5, 16000) < 16);
    arena_free(l.mem);
}

/* ---- the law, on thousands of quotas ----------------------------------------------------------------------
 */

typedef struct spread {
    double prefix, range; /* persons off the share of a cell: at most, of any prefix, of any range of slots */
} spread;

/* Goes through all slots. The deviation of a range is the difference of those of two prefixes, so the highest
 * and the lowest one of a cell tell about all ranges. */
static spread spread_of(const laid *l) {
    double *high = xcalloc(l->cells, sizeof *high), *low = xcalloc(l->cells, sizeof *low);
    uint64_t *seen = xcalloc(l->cells, sizeof *seen);
    spread s = {0};
    for (uint64_t i = 0; i < l->n; i++) {
        uint32_t cell;
        uint64_t serial;
        slot_tree_place(&l->tree, i, &cell, &serial);
        assert_true(cell < l->cells);
        assert_int_equal(serial, seen[cell]); /* ascending and dense: a bijection */
        seen[cell]++;
        for (uint32_t c = 0; c < l->cells; c++) {
            double off = (double)seen[c] - (double)l->quota[c] * (double)(i + 1) / (double)l->n;
            if (off > high[c]) high[c] = off;
            if (off < low[c]) low[c] = off;
        }
    }
    for (uint32_t c = 0; c < l->cells; c++) {
        assert_int_equal(seen[c], l->quota[c]);
        if (high[c] > s.prefix) s.prefix = high[c];
        if (-low[c] > s.prefix) s.prefix = -low[c];
        if (high[c] - low[c] > s.range) s.range = high[c] - low[c];
    }
    free(seen);
    free(high);
    free(low);
    return s;
}

/* Few persons a cell, a few thick ones, many empty: quotas as plans have them, and as they hardly do. */
static uint32_t quotas_roll(uint64_t key, uint64_t *quota) {
    uint64_t w = 0;
    uint32_t cells = 1 + (uint32_t)rng_below(rng_u64(key, w++, 1, 0, 0), 60), shape = (uint32_t)(key % 5);
    uint64_t all = 0;
    for (uint32_t i = 0; i < cells; i++) {
        uint64_t r = rng_u64(key, w++, 2, 0, 0);
        quota[i] = shape == 0   ? rng_below(r, 3)
                   : shape == 1 ? rng_below(r, 20)
                   : shape == 2 ? (uint64_t)(1 / (rng_unit(r) + 0.01))
                   : shape == 3 ? 1
                                : (i % 7 ? 0 : rng_below(r, 60));
        all += quota[i];
    }
    if (!all) quota[0] = 1;
    return cells;
}

static void any_quotas(void **state) {
    (void)state;
    spread worst = {0};
    for (uint64_t key = 1; key <= 5000; key++) {
        uint64_t quota[64];
        laid l = lay(quota, quotas_roll(key, quota));
        spread s = spread_of(&l);
        if (s.prefix > worst.prefix) worst.prefix = s.prefix;
        if (s.range > worst.range) worst.range = s.range;
        arena_free(l.mem);
    }
    print_message("5,000 quotas: prefixes are at most %.3f persons off, ranges %.3f\n", worst.prefix,
                  worst.range);
    assert_true(worst.prefix < 2);
    assert_true(worst.range < 3);
}

/* Plans of tables, by their public face: all slots of small ones; of large ones, runs of slots with the serials
 * that follow one another in each cell. */
static void real_plans(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 17, 100, 1234, 5000, 1000000, 3000000000u};
    population *p = make(
        HEAD "attributes: {a: {choice: {x: 60, y: 30, z: 10}}, n: {number: 18..89}, b: {choice: [u, v, w]}}\n"
             "tables:\n  an: {over: [a, n], shares: {x: {18..34: 13.7, 35..64: 22.4, 65..: 9}, y: {18..34: "
             "11.1, 35..: 25}, z: {..49: 17.3, 50..: 1.5}}}\n  nb: {over: [b], by: [n], shares: {..64: {u: "
             "61, v: 31, w: 8}, 65..: {u: 7, v: 1, w: 92}}}\n");
    double worst = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            plan *pl = plan_of(p, sizes[i], seed);
            uint64_t *next = xcalloc(plan_cells(pl), sizeof *next), all = plan_size(pl);
            uint64_t from = all > 5000 ? rng_below(rng_u64(seed, i, 9, 0, 0), all - 5000) : 0,
                     to = all > 5000 ? from + 5000 : all;
            for (uint32_t c = 0; c < plan_cells(pl); c++) next[c] = from ? UINT64_MAX : 0;
            for (uint64_t slot = from; slot < to; slot++) {
                uint32_t cell;
                uint64_t serial;
                plan_place(pl, slot, &cell, &serial);
                assert_true(serial < plan_quota(pl, cell));
                if (next[cell] != UINT64_MAX) assert_int_equal(serial, next[cell]);
                next[cell] = serial + 1;
                double off = (double)serial - (double)plan_quota(pl, cell) * (double)slot / (double)all;
                if (off < 0) off = -off;
                if (off > worst) worst = off;
            }
            for (uint32_t c = 0; c < plan_cells(pl) && to == all && !from; c++)
                assert_int_equal(next[c], plan_quota(pl, c));
            free(next);
            plan_free(pl);
        }
    print_message("real plans: prefixes are at most %.3f persons off\n", worst);
    assert_true(worst < 2);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_cells),   cmocka_unit_test(pareto_cells),   cmocka_unit_test(skewed_cells),
        cmocka_unit_test(very_many_slots), cmocka_unit_test(wide_divisions), cmocka_unit_test(any_quotas),
        cmocka_unit_test(real_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

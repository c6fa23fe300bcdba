/* plan_subset_test.c: random populations and corpora: where a subset is known to exist it is found, with every
 * table exact and no more records of a place than there are; whoever is refused gets a cut whose arithmetic is
 * done again here from the corpus.
 */
#include "tests/unit/plan_fixture.h"

enum { AXES = 5 };

typedef struct dice {
    uint64_t key, word;
} dice;

static uint32_t roll(dice *d, uint32_t below) {
    return (uint32_t)rng_below(rng_u64(d->key, d->word++, 0, 0, 0), below);
}

typedef struct world {
    uint32_t axes, width[AXES], cells, tables, set[6];
    uint64_t *there, *chosen; /* one a combination: in the corpus, and in a subset that defines the tables */
    uint64_t n;
} world;

static uint32_t digit(const world *w, uint32_t cell, uint32_t axis) {
    for (uint32_t a = w->axes; a-- > axis + 1;) cell /= w->width[a];
    return cell % w->width[axis];
}

static world world_make(dice *d, bool cyclic) {
    world w = {.axes = 2 + roll(d, AXES - 1), .cells = 1};
    for (uint32_t a = 0; a < w.axes; a++) w.cells *= w.width[a] = 2 + roll(d, 3);
    w.there = xcalloc(w.cells, sizeof *w.there);
    w.chosen = xcalloc(w.cells, sizeof *w.chosen);
    for (uint32_t i = 0; i < w.cells; i++) {
        w.there[i] = roll(d, 4) ? roll(d, 12) : 0;
        w.chosen[i] = w.there[i] ? roll(d, (uint32_t)w.there[i] + 1) : 0;
        w.n += w.chosen[i];
    }
    /* a chain of pairs, closed to a ring or not */
    uint32_t pairs = w.axes - 1 + (cyclic && w.axes > 2);
    for (uint32_t k = 0; k < pairs; k++) w.set[w.tables++] = 1u << k | 1u << (k + 1) % w.axes;
    return w;
}

/* The sums of chosen[] over a table's axes as a nested mapping. */
static void counts_print(const world *w, uint32_t set, uint32_t axis, uint64_t fixed, buf *b) {
    while (axis < w->axes && !(set >> axis & 1)) axis++;
    if (axis == w->axes) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < w->cells; i++) {
            bool in = true;
            for (uint32_t a = 0; a < w->axes; a++)
                in = in && (!(set >> a & 1) || digit(w, i, a) == (fixed >> 8 * a & 255));
            sum += in ? w->chosen[i] : 0;
        }
        buf_printf(b, "%llu", (unsigned long long)sum);
        return;
    }
    for (uint32_t v = 0; v < w->width[axis]; v++) {
        buf_printf(b, "%sv%u: ", v ? ", " : "{", v);
        counts_print(w, set, axis + 1, fixed | (uint64_t)v << 8 * axis, b);
    }
    buf_char(b, '}');
}

static population *world_population(const world *w) {
    buf b = {0};
    buf_z(&b, HEAD "attributes:\n");
    for (uint32_t a = 0; a < w->axes; a++) {
        buf_printf(&b, "  a%u: {choice: [", a);
        for (uint32_t v = 0; v < w->width[a]; v++) buf_printf(&b, "%sv%u", v ? ", " : "", v);
        buf_z(&b, "]}\n");
    }
    buf_z(&b, "tables:\n");
    for (uint32_t t = 0; t < w->tables; t++) {
        buf_printf(&b, "  t%u: {over: [", t);
        for (uint32_t a = 0, n = 0; a < w->axes; a++)
            if (w->set[t] >> a & 1) buf_printf(&b, "%sa%u", n++ ? ", " : "", a);
        buf_z(&b, "], counts: ");
        counts_print(w, w->set[t], 0, 0, &b);
        buf_z(&b, "}\n");
    }
    buf_char(&b, '\0');
    population *p = make(b.p);
    buf_free(&b);
    return p;
}

static census *corpus_count(const world *w, const population *p, arena *mem) {
    census *c = census_new(p);
    for (uint32_t i = 0; i < w->cells; i++)
        for (uint64_t k = 0; k < w->there[i]; k++) {
            record r;
            uint32_t leaf;
            record_init(&r, p, mem);
            for (uint32_t a = 0; a < w->axes; a++) r.value[a] = (value){.kind = V_NUM, .num = digit(w, i, a)};
            uint32_t place = census_place(c, &r, &leaf);
            assert_true(place != UINT32_MAX);
            census_add(c, &r, place);
        }
    return c;
}

static void check_exact(const plan *pl, const census *c, const uint64_t *take) {
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint64_t *got = xcalloc(plan_table_cells(pl, t) + 1, sizeof *got);
        for (uint32_t i = 0; i < census_places(c); i++) {
            assert_true(take[i] <= census_count(c, i));
            if (take[i]) got[plan_table_cell(pl, t, census_cell(c, pl, i))] += take[i];
        }
        for (uint32_t k = 0; k < plan_table_cells(pl, t); k++)
            assert_int_equal(got[k], plan_table_asked(pl, t, k));
        free(got);
    }
}

/* asked, other and room, counted again from the corpus. */
static void check_cut(const plan *pl, const census *c, const subset_cut *cut) {
    uint64_t asked = cut->n ? 0 : plan_size(pl), other = 0, room = 0; /* no cell: there are too few of all */
    for (uint32_t k = 0; k < cut->n; k++) {
        uint64_t want = plan_table_asked(pl, cut->at[k].table, cut->at[k].cell);
        if (cut->at[k].side > 0)
            asked += want * (uint64_t)cut->at[k].side;
        else
            other += want * (uint64_t)-cut->at[k].side;
    }
    for (uint32_t i = 0; i < census_places(c); i++) {
        uint32_t cell = census_cell(c, pl, i);
        int64_t side = !cut->n;
        for (uint32_t t = 0; cell != UINT32_MAX && t < plan_tables(pl); t++)
            if (plan_table_cell(pl, t, cell) == UINT32_MAX) cell = UINT32_MAX; /* a table wants nobody there */
        for (uint32_t k = 0; cell != UINT32_MAX && k < cut->n; k++)
            if (plan_table_cell(pl, cut->at[k].table, cell) == cut->at[k].cell) side += cut->at[k].side;
        if (side > 0 && cell != UINT32_MAX) room += (uint64_t)side * census_count(c, i);
    }
    assert_int_equal(asked, cut->asked);
    assert_int_equal(other, cut->other);
    assert_true(room == cut->room && asked > other + room);
}

static void try(uint64_t key, bool spoil, uint32_t *met, uint32_t *cuts) {
    dice d = {key, 0};
    world w = world_make(&d, key % 2);
    arena *mem = arena_new(0);
    if (w.n) {
        population *p = world_population(&w);
        if (spoil) /* half of them go: whether the tables can still be met is open */
            for (uint32_t i = 0; i < w.cells; i++) w.there[i] = roll(&d, 3) ? w.there[i] : w.there[i] / 2;
        plan *pl = plan_of(p, w.n, key);
        census *c = corpus_count(&w, p, mem);
        uint64_t *take = arena_new_of(mem, uint64_t, census_places(c) + 1);
        subset_cut cut;
        diags said;
        diags_init(&said);
        if (plan_subset(pl, c, mem, take, &cut, &said)) {
            check_exact(pl, c, take);
            ++*met;
        } else {
            if (!spoil) show(&said);
            assert_true(spoil && said.n == 1);
            if (cut.asked) check_cut(pl, c, &cut);
            *cuts += cut.asked > 0;
            assert_true(cut.asked || said.row[0].code == DIAG_Q06);
        }
        diags_free(&said);
        census_free(c);
        plan_free(pl);
        population_free(p);
    }
    free(w.there);
    free(w.chosen);
    arena_free(mem);
}

static void subsets_that_exist_are_found(void **state) {
    (void)state;
    uint32_t met = 0, cuts = 0;
    for (uint64_t key = 1; key <= 300; key++) try(key, false, &met, &cuts);
    assert_true(met > 280 && cuts == 0);
}

static void refusals_have_cuts(void **state) {
    (void)state;
    uint32_t met = 0, cuts = 0;
    for (uint64_t key = 1001; key <= 1300; key++) try(key, true, &met, &cuts);
    print_message("spoilt: %u met, %u cut\n", met, cuts);
    assert_true(met > 10 && cuts > 100);
}

/* The message: who asks, who takes, what there is. */
static void cuts_are_told(void **state) {
    (void)state;
    population *p = make(HEAD "attributes:\n  a: {choice: [x, y]}\n  b: {choice: [u, v]}\n"
                              "tables:\n  ta: {over: [a], shares: {x: 50, y: 50}}\n"
                              "  tb: {over: [b], shares: {u: 50, v: 50}}\n");
    plan *pl = plan_of(p, 100, 1);
    static const struct { int a, b, n; } corpus[] = {{0, 0, 80}, {0, 1, 20}, {1, 0, 30}, {1, 1, 20}};
    census *c = census_new(p);
    arena *mem = arena_new(0);
    for (size_t i = 0; i < COUNT_OF(corpus); i++)
        for (int k = 0; k < corpus[i].n; k++) {
            record r;
            uint32_t leaf;
            record_init(&r, p, mem);
            r.value[0] = (value){.kind = V_NUM, .num = corpus[i].a};
            r.value[1] = (value){.kind = V_NUM, .num = corpus[i].b};
            census_add(c, &r, census_place(c, &r, &leaf));
        }
    uint64_t take[4];
    subset_cut cut;
    diags d;
    diags_init(&d);
    assert_false(plan_subset(pl, c, mem, take, &cut, &d)); /* v has 40 records, 50 are asked for */
    assert_int_equal(d.row[0].code, DIAG_Q03);
    size_t at;
    assert_true(
        str_find(d.row[0].text, STR("50 persons are asked for by `tb` in {b=v}, the corpus holds 40"), &at));
    assert_true(cut.asked == 50 && cut.other == 0 && cut.room == 40 && cut.n == 1);
    diags_free(&d);
    census_free(c);
    arena_free(mem);
    plan_free(pl);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subsets_that_exist_are_found),
        cmocka_unit_test(refusals_have_cuts),
        cmocka_unit_test(cuts_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

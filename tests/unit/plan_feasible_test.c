/* plan_feasible_test.c: no false alarm: tables that are sums of one joint of people are planned, whatever
 * attributes, classes, rules, `by`, `when` and soft tables stand around them. Counted again by the test's own
 * masks, not by the plan's tables.
 */
#include "tests/unit/plan_random.h"
#include "validators/validators.h"

typedef struct tally {
    uint32_t plans, refused, tables, by, part, soft, folded, rules, plain;
    double worst, worst_plain; /* persons that a row of a table is off its share; of plain sets */
} tally;

static void wrong(const world *w, const char *text, const char *what) {
    print_message("world %llu:\n", (unsigned long long)w->d.key);
    printf("%s\n", text);
    fail_msg("%s", what);
}

/* ---- what a plan must be --------------------------------------------------------------------------------- */

static void cell_masks(const world *w, const plan *pl, uint32_t cell, uint32_t *mask) {
    for (uint32_t a = 0; a < w->attrs; a++) mask[a] = w_full(&w->attr[a]);
    for (uint32_t x = 0; x < plan_axes(pl); x++) {
        const joint_leaf *j = &pl->joint->at[x];
        uint32_t a = (uint32_t)(leaf_node(pl->p, j->leaf)->path.p[1] - '0');
        mask[a] = w_mask_of(&w->attr[a], &j->set[plan_cell_class(pl, cell, x)]);
    }
}

static bool lies_in(const world *w, const uint32_t *mask, const uint32_t *box) {
    for (uint32_t a = 0; a < w->attrs; a++)
        if (mask[a] & ~box[a]) return false;
    return true;
}

/* Tables that a junction tree holds (Graham's reduction leaves nothing), and that say all of themselves: cut
 * alike, of everybody, without rules that bind one to the other. */
static bool is_plain(const world *w) {
    uint32_t set[W_TABLES], n = 0;
    for (uint32_t i = 0; i < w->tables; i++) {
        const w_table *t = &w->table[i];
        if (t->soft) continue;
        if (t->by || t->part || t->folded || t->coarse) return false;
        set[n] = 0;
        for (uint32_t k = 0; k < t->n; k++) set[n] |= 1u << t->over[k];
        n++;
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t others = 0, inside = 0;
            for (uint32_t k = 0; k < n; k++) others |= k == i ? 0 : set[k];
            moved = moved || (set[i] & ~others);
            set[i] &= others;
            for (uint32_t k = 0; k < n; k++) inside += k != i && !(set[i] & ~set[k]);
            if (!set[i] || inside) set[i--] = set[--n], moved = true;
        }
    }
    return !n && !w->boxes;
}

static void cells_are_right(const world *w, const plan *pl, tally *t, const char *text) {
    uint64_t n = plan_size(pl), *got = xcalloc((size_t)W_TABLES * W_ROWS, sizeof *got), all = 0;
    uint32_t mask[W_ATTRS];
    bool plain = is_plain(w);
    for (uint32_t c = 0; c < plan_cells(pl); c++) {
        uint64_t quota = plan_quota(pl, c);
        if (!quota) continue;
        all += quota;
        cell_masks(w, pl, c, mask);
        for (uint32_t i = 0; i < w->boxes; i++)
            if (lies_in(w, mask, w->box[i].mask)) wrong(w, text, "somebody where nobody may be");
        for (uint32_t i = 0; i < w->tables; i++)
            for (uint32_t r = 0; r < w->table[i].rows; r++)
                if (!w->table[i].soft && lies_in(w, mask, w->table[i].row[r].mask))
                    got[i * W_ROWS + r] += quota;
    }
    assert_int_equal(all, n);
    for (uint32_t i = 0; i < w->tables; i++)
        for (uint32_t r = 0; !w->table[i].soft && r < w->table[i].rows; r++) {
            double off =
                (double)got[i * W_ROWS + r] - (double)w->table[i].row[r].count * (double)n / (double)w->n;
            if (off < 0) off = -off;
            if (n == w->n && off > 0) wrong(w, text, "a table is not met");
            if (off > t->worst) t->worst = off;
            if (plain && off > t->worst_plain) t->worst_plain = off;
        }
    free(got);
}

static void draws_are_right(const world *w, const plan *pl, const char *text) {
    arena *mem = arena_new(0);
    record r;
    uint32_t atom[W_ATTRS];
    for (uint32_t i = 0; i < 200 && i < plan_size(pl); i++) {
        uint64_t slot = rng_below(rng_u64(w->d.key, i, 77, 0, 0), plan_size(pl)), serial;
        uint32_t cell;
        plan_place(pl, slot, &cell, &serial);
        err e = {0};
        arena_reset(mem);
        record_init(&r, pl->p, mem);
        if (!draw_skeleton(pl, slot, 0, &r, &e)) wrong(w, text, e.text);
        assert_int_equal(r.cell, cell);
        assert_int_equal(plan_find(pl, &r), cell);
        for (uint32_t a = 0; a < w->attrs; a++) {
            char path[8];
            snprintf(path, sizeof path, "a%u", a);
            atom[a] = w_atom_of(&w->attr[a], &r.value[leaf_of(pl->p, path)]);
        }
        if (!w_allowed(w, atom)) wrong(w, text, "a skeleton is forbidden");
    }
    arena_free(mem);
}

static void planned(const world *w, const population *p, uint64_t n, tally *t, const char *text) {
    diags d;
    diags_init(&d);
    plan *pl = plan_make(p, n, 1 + w->d.key % 7, &d);
    t->plans++;
    if (!pl) {
        t->refused++;
        show(&d);
        print_message("world %llu, %llu of %llu\n%s\n", (unsigned long long)w->d.key, (unsigned long long)n,
                      (unsigned long long)w->n, text);
    } else {
        cells_are_right(w, pl, t, text);
        draws_are_right(w, pl, text);
    }
    plan_free(pl);
    diags_free(&d);
}

static void tally_add(const world *w, tally *t) {
    t->rules += w->rules;
    t->tables += w->tables;
    t->plain += is_plain(w);
    for (uint32_t i = 0; i < w->tables; i++) {
        t->by += w->table[i].by > 0;
        t->part += w->table[i].part;
        t->soft += w->table[i].soft;
        t->folded += w->table[i].folded;
    }
}

/* At the number of people that the joint has, each table is met to the person; at another one, as near as whole
 * persons can. */
static void world_is_planned(uint64_t key, tally *t) {
    world w = w_world(key);
    buf text = {0};
    w_print(&w, &text);
    buf_char(&text, 0);
    diags d;
    population *p = load_text(text.p, &d);
    rules *made = p ? rules_compile(p, &d) : NULL;
    if (!p || d.errors || !made || !population_finish(p, &d)) {
        show(&d);
        fail_msg("%s", text.p);
    }
    diags_free(&d);
    planned(&w, p, w.n, t, text.p);
    tally_add(&w, t);
    planned(&w, p, W_SIZES[roll(&w.d, COUNT_OF(W_SIZES))] + roll(&w.d, 50), t, text.p);
    rules_free(made);
    population_free(p);
    buf_free(&text);
    w_free(&w);
}

static void worlds_are_planned(void **state) {
    (void)state;
    tally t = {0};
    for (uint64_t key = 1; key <= 1000; key++) world_is_planned(key, &t);
    print_message(
        "%u plans, %u refused; %u tables: %u with `by`, %u of a part, %u soft, %u with rows over several "
        "classes; %u rules\n",
        t.plans, t.refused, t.tables, t.by, t.part, t.soft, t.folded, t.rules);
    print_message("a table's cell is at most %.3f persons off its share; of %u plain sets %.3f\n", t.worst,
                  t.plain, t.worst_plain);
    assert_int_equal(t.refused, 0);
    assert_true(t.worst_plain < 1);
    assert_true(t.worst < 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(worlds_are_planned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

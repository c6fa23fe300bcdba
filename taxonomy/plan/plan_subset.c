/* plan_subset.c: how many of the records that are there belong into a subset that meets a plan.
 *
 * The plan's own cells first. Where one of them has too few records, any joint will do whose tables are exact:
 * the bounded solver finds one near the joint that the plan is made of, which is the plan of so many persons
 * that rounding does not show. Its way to whole persons where three and more tables overlap is the plan's own
 * solver. Records in combinations that no cell of the plan has are no candidates. What cannot be met is said
 * with the cut: which cells ask for how many, and how many records there are for them.
 */
#include "taxonomy/plan/plan.h"
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/solve/solve.h"

#include <stdio.h>
#include <stdlib.h>

#define FINE_PERSONS 1000000000u /* of the plan that stands for the ideal joint */

typedef struct subset {
    const plan *pl;
    const census *c;
    arena *mem;
    diags *d;
    bounded b;
    uint32_t *place; /* cell of the problem -> place */
} subset;

/* ---- the problem --------------------------------------------------------------------------------------- */

/* Persons of the ideal in each cell of the plan. */
static double *ideal_of(const subset *s) {
    const plan *pl = s->pl;
    double *ideal = arena_new_of(s->mem, double, pl->cells);
    diags d;
    diags_init(&d);
    plan *fine = plan_make(pl->p, FINE_PERSONS, pl->seed, &d);
    const plan *from = fine && fine->cells == pl->cells ? fine : pl;
    for (uint32_t i = 0; i < pl->cells; i++)
        ideal[i] = (double)from->quota[i] / (double)from->n * (double)pl->n;
    plan_free(fine);
    diags_free(&d);
    return ideal;
}

/* ---- whole persons by the plan's solver ---------------------------------------------------------------- */

/* The plan's tables as margins over all combinations of the joint's classes. */
static void whole_margin(const subset *s, uint32_t which, arena *mem, margin *m) {
    const plan *pl = s->pl;
    const plan_table *t = &pl->table[which];
    uint32_t n = t->t->over.n, *axis = arena_new_of(mem, uint32_t, n),
             *width = plan_table_width(pl->joint, t->t, mem);
    uint32_t **map = arena_new_of(mem, uint32_t *, n);
    *m = (margin){.axes = n, .axis = axis, .width = width, .class = (const uint32_t *const *)map, .cells = 1};
    for (uint32_t k = 0; k < n; k++) {
        axis[k] = pl->joint->of[t->t->over.leaf[k]];
        const joint_leaf *j = &pl->joint->at[axis[k]];
        map[k] = arena_new_of(mem, uint32_t, j->fine.n);
        for (uint32_t c = 0; c < j->fine.n; c++) {
            value v = joint_value(j, c);
            uint32_t own = class_of(&t->t->cut[k], &v);
            map[k][c] = own == NO_CLASS ? t->t->cut[k].n : own;
        }
        m->cells *= width[k];
    }
    uint64_t *want = arena_new_of(mem, uint64_t, m->cells), asked = 0;
    uint32_t apart;
    m->fold = plan_table_fold(t->t, width, m->cells, mem, &apart);
    for (uint32_t i = 0; i < t->cells; i++) {
        uint32_t at = 0;
        for (uint32_t k = 0; k < n; k++) at = at * width[k] + t->class[(size_t)i * n + k];
        want[at] = t->asked[i];
        asked += t->asked[i];
    }
    if (apart != UINT32_MAX) want[apart] = pl->n - asked;
    m->want = want;
}

static bool whole_by_plan(void *arg, const double *ideal, uint32_t number, uint64_t *count) {
    const subset *s = arg;
    const plan *pl = s->pl;
    problem p = {.mem = arena_new(0),
                 .axes = pl->joint->n,
                 .cells = 1,
                 .n = pl->n,
                 .key = rng_u64(pl->seed, 6, number, 0, 0)};
    uint32_t *radix = arena_new_of(p.mem, uint32_t, p.axes);
    for (uint32_t i = 0; i < p.axes; i++) p.cells *= radix[i] = pl->joint->at[i].fine.n;
    p.radix = radix;
    p.weight = arena_new_of(p.mem, double, p.cells);
    p.margin = arena_new_of(p.mem, margin, pl->tables);
    for (uint32_t t = 0; t < pl->tables; t++) whole_margin(s, t, p.mem, &p.margin[p.margins++]);
    for (uint32_t i = 0; i < s->b.cells; i++) p.weight[census_key(s->c, s->place[i])] = ideal[i];
    uint64_t *all = arena_new_of(p.mem, uint64_t, p.cells);
    solve_report r;
    bool fine = solve(&p, all, &r);
    for (uint32_t i = 0; i < s->b.cells; i++) count[i] = all[census_key(s->c, s->place[i])];
    arena_free(p.mem);
    return fine;
}

/* Whether the combinations are few enough for it. */
static bool whole_fits(const plan *pl) {
    uint64_t cells = 1;
    for (uint32_t i = 0; i < pl->joint->n && cells <= SOLVE_CELLS_MOST; i++) cells *= pl->joint->at[i].fine.n;
    return cells <= SOLVE_CELLS_MOST && pl->joint->n <= SOLVE_AXES_MOST;
}

/* Whether the table does not speak of the cell's people: one of its attributes has no value, and there is no
 * row for that. */
static bool is_apart(const plan *pl, const table *t, uint32_t cell) {
    for (uint32_t k = 0; k < t->over.n; k++) {
        uint32_t axis = pl->joint->of[t->over.leaf[k]];
        value v = joint_value(&pl->joint->at[axis], pl->class[(size_t)cell * pl->joint->n + axis]);
        if (v.kind == V_NONE && t->cut[k].none == NO_CLASS) return true;
    }
    return false;
}

/* The margin cell of a plan cell: one more than the table's cells for those of whom it does not speak.
 * UINT32_MAX: the table has no number for it, its cell asks for nobody. */
static uint32_t margin_cell(const plan *pl, uint32_t which, uint32_t cell) {
    const plan_table *t = &pl->table[which];
    return t->cell[cell] == UINT32_MAX && is_apart(pl, t->t, cell) ? t->cells : t->cell[cell];
}

/* What the cells of a margin ask for. */
static uint64_t *margin_want(const plan *pl, uint32_t which, arena *mem) {
    const plan_table *t = &pl->table[which];
    uint64_t *want = arena_new_of(mem, uint64_t, t->cells + 1);
    want[t->cells] = pl->n;
    for (uint32_t i = 0; i < t->cells; i++) want[t->cells] -= want[i] = t->asked[i];
    return want;
}

/* Places that have a cell are the problem's cells; a margin for each table, the last one for everybody. */
static void problem_make(subset *s) {
    const plan *pl = s->pl;
    uint32_t places = census_places(s->c);
    uint64_t *most = arena_new_of(s->mem, uint64_t, places), *all = arena_new_of(s->mem, uint64_t, 1);
    double *weight = arena_new_of(s->mem, double, places);
    const double *ideal = ideal_of(s);
    bounded_margin *m = arena_new_of(s->mem, bounded_margin, pl->tables + 1);
    uint32_t **of = arena_new_of(s->mem, uint32_t *, pl->tables + 1), n = 0;
    for (uint32_t t = 0; t <= pl->tables; t++) of[t] = arena_new_of(s->mem, uint32_t, places);
    s->place = arena_new_of(s->mem, uint32_t, places);
    for (uint32_t i = 0; i < places; i++) {
        uint32_t cell = census_cell(s->c, pl, i);
        if (cell == UINT32_MAX || !census_count(s->c, i)) continue;
        bool listed = true;
        for (uint32_t t = 0; t < pl->tables; t++)
            listed = (of[t][n] = margin_cell(pl, t, cell)) != UINT32_MAX && listed;
        if (!listed) continue;
        most[n] = census_count(s->c, i);
        weight[n] = ideal[cell];
        s->place[n++] = i;
    }
    all[0] = pl->n;
    for (uint32_t t = 0; t < pl->tables; t++)
        m[t] = (bounded_margin){pl->table[t].cells + 1, margin_want(pl, t, s->mem), of[t]};
    m[pl->tables] = (bounded_margin){1, all, of[pl->tables]};
    s->b = (bounded){.mem = s->mem,
                     .cells = n,
                     .most = most,
                     .weight = weight,
                     .margin = m,
                     .margins = pl->tables + 1,
                     .n = pl->n,
                     .key = rng_u64(pl->seed, 3, 0, 0, 0),
                     .whole = whole_fits(pl) ? whole_by_plan : NULL,
                     .arg = s};
}

/* The plan's quotas, if there are as many records everywhere. */
static bool quotas_fit(const subset *s, uint64_t *take) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < census_places(s->c); i++) {
        uint32_t cell = census_cell(s->c, s->pl, i);
        take[i] = cell == UINT32_MAX ? 0 : s->pl->quota[cell];
        if (take[i] > census_count(s->c, i)) return false;
        all += take[i];
    }
    return all == s->pl->n;
}

/* ---- what stands against it ---------------------------------------------------------------------------- */

static void cut_keep(const subset *s, const bounded_cut *from, subset_cut *cut) {
    const plan *pl = s->pl;
    uint32_t most = 0;
    for (uint32_t t = 0; t < pl->tables; t++) most += pl->table[t].cells;
    cut->at = arena_new_of(s->mem, struct subset_side, most + 1);
    for (uint32_t t = 0; t < pl->tables; t++)
        for (uint32_t c = 0; c < pl->table[t].cells; c++)
            if (from->side[t][c]) cut->at[cut->n++] = (struct subset_side){t, c, from->side[t][c]};
    cut->asked = from->asked;
    cut->other = from->other;
    cut->room = from->room;
}

/* The cells of a table on one side: "{a=x}, {a=y} and 3 more". false: it has none there. */
static bool cells_print(const subset *s, const subset_cut *cut, uint32_t which, int sign, buf *b) {
    enum { SHOWN = 6 };
    uint32_t n = 0;
    for (uint32_t i = 0; i < cut->n; i++) {
        if (cut->at[i].table != which || (cut->at[i].side > 0) != (sign > 0)) continue;
        if (n++ >= SHOWN) continue;
        buf_z(b, n > 1 ? ", {" : "{");
        plan_table_cell_print(s->pl, which, cut->at[i].cell, b);
        buf_char(b, '}');
        if (cut->at[i].side * sign > 1) buf_printf(b, " %d times", cut->at[i].side * sign);
    }
    if (n > SHOWN) buf_printf(b, " and %u more", n - SHOWN);
    return n > 0;
}

static void side_print(const subset *s, const subset_cut *cut, int sign, buf *b) {
    buf cells = {0};
    for (uint32_t t = 0; t < s->pl->tables; t++) {
        buf_reset(&cells);
        if (!cells_print(s, cut, t, sign, &cells)) continue;
        buf_printf(b, "%s`" STR_FMT "` in " STR_FMT, b->n ? " and " : "", STR_ARG(s->pl->table[t].t->name),
                   STR_ARG(buf_view(&cells)));
    }
    buf_free(&cells);
}

static bool cut_told(const subset *s, const subset_cut *cut) {
    buf ask = {0}, give = {0};
    uint32_t tables = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < cut->n; i++) {
        tables += cut->at[i].table != last;
        last = cut->at[i].table;
    }
    const table *t = last == UINT32_MAX ? NULL : s->pl->table[last].t;
    diag_code code = cut->n <= 1 || tables <= 1 ? DIAG_Q03 : tables == 2 ? DIAG_Q04 : DIAG_Q05;
    unsigned long long asked = cut->asked, other = cut->other, room = cut->room,
                       lacking = cut->asked - cut->other - cut->room;
    side_print(s, cut, 1, &ask);
    side_print(s, cut, -1, &give);
    char hint[160];
    snprintf(hint, sizeof hint,
             "loosen a table, add records there, or take a smaller N: this alone allows about %.0f",
             (double)s->pl->n * (double)room / (double)(asked - other));
    const char *s1 = asked == 1 ? " is" : "s are", *s2 = lacking == 1 ? "is" : "are";
    if (!t)
        diag_at(s->pl->p, s->d, code, NULL, (str){0}, hint,
                "%llu person%s asked for, and the corpus holds %llu with a place: %llu %s lacking", asked, s1,
                room, lacking, s2);
    else if (!give.n)
        diag_at(s->pl->p, s->d, code, t->at, t->name, hint,
                "%llu person%s asked for by " STR_FMT
                ", the corpus holds %llu there that can be taken: %llu %s lacking",
                asked, s1, STR_ARG(buf_view(&ask)), room, lacking, s2);
    else
        diag_at(s->pl->p, s->d, code, t->at, t->name, hint,
                "%llu person%s asked for by " STR_FMT "; %llu of them are all that is asked for by " STR_FMT
                ", and outside of that the corpus holds %llu for them: %llu %s lacking",
                asked, s1, STR_ARG(buf_view(&ask)), other, STR_ARG(buf_view(&give)), room, lacking, s2);
    buf_free(&ask);
    buf_free(&give);
    return false;
}

static bool whole_told(const subset *s, const bounded_report *r) {
    const table *t = s->pl->tables ? s->pl->table[s->pl->tables - 1].t : NULL;
    return diag_at(s->pl->p, s->d, DIAG_Q06, t ? t->at : NULL, t ? t->name : (str){0},
                   "take another N or seed, or loosen a table",
                   r->proven ? "no subset in whole persons meets all tables"
                             : "no subset was found that meets all tables in whole persons");
}

bool plan_subset(const plan *pl, const census *c, arena *mem, uint64_t *take, subset_cut *cut, diags *d) {
    subset s = {.pl = pl, .c = c, .mem = mem, .d = d};
    *cut = (subset_cut){0};
    if (quotas_fit(&s, take)) return true;
    problem_make(&s);
    bounded_report r;
    uint64_t *count = arena_new_of(mem, uint64_t, s.b.cells);
    bool fine = solve_bounded(&s.b, count, &r);
    for (uint32_t i = 0; i < census_places(c); i++) take[i] = 0;
    for (uint32_t i = 0; i < s.b.cells && fine; i++) take[s.place[i]] = count[i];
    if (!fine && r.end == BOUNDED_SHORT) cut_keep(&s, &r.cut, cut);
    return fine || (r.end == BOUNDED_SHORT ? cut_told(&s, cut) : whole_told(&s, &r));
}

/* plan_general.c: a group of tables that overlap in any way, or of which some are soft.
 *
 * Targets: hard tables are rounded to whole persons one after the other, each within the sums that those before
 * it have fixed on what they share (plan_shared.c). That is the solver's own problem over one table's cells,
 * with those sums as margins and its shares as weights. Where that leaves no answer, all tables are rounded at
 * once (plan_together.c). Then the cells: the margins are the hard tables, the
 * weights the fit, which begins at what the attributes' own distributions give.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>

/* ---- targets --------------------------------------------------------------------------------------------- */

static bool rounding_fails(const filling *f, const layer *l, const shared *s, const solve_report *r) {
    if (r->end == SOLVE_EMPTY) {
        const shared *with = &s[r->margin];
        keys k = {0};
        shared_keys(f, with, r->cell, &k);
        no_share_told(f, l, with->with, &k, with->m.want[r->cell]);
        keys_free(&k);
        return false;
    }
    told t = {0};
    told_table(&t, l->t->name);
    told_fact(&t, "persons", f->pl->n);
    diag_at(f->p, f->d, DIAG_Q06, l->t->at, l->t->name, "give its empty cells small shares, or take another N",
            "table `" STR_FMT "` cannot be rounded to whole persons of %llu so that it agrees with the tables "
            "before it",
            STR_ARG(l->t->name), (unsigned long long)f->pl->n);
    return told_end(&t, f->d);
}

static bool layer_round(filling *f, uint32_t at) {
    layer *l = &f->layer[at];
    uint64_t key = rng_u64(f->pl->seed, hash_64(l->t->name, 0), 0, 0, 0);
    problem p = {.mem = arena_new(0),
                 .axes = l->t->over.n,
                 .radix = l->width,
                 .cells = l->cells,
                 .n = f->place,
                 .key = key};
    shared *s = arena_new_of(f->mem, shared, at + 1);
    bool fine = true;
    p.margin = arena_new_of(p.mem, margin, at + 1);
    for (uint32_t i = 0; i < at && fine; i++) {
        if (!shared_make(f, l, &f->layer[i], &s[p.margins])) continue;
        fine = shared_agrees(f, l, &s[p.margins]);
        p.margin[p.margins] = s[p.margins].m;
        p.margins++;
    }
    layer_masses(f, l);
    if (fine && !p.margins) {
        share_out(f->place, l->mass, l->cells, key, l->asked);
    } else if (fine) {
        solve_report r;
        p.weight = arena_new_of(p.mem, double, l->cells);
        for (uint32_t i = 0; i < l->cells; i++) p.weight[i] = (double)l->mass[i];
        fine = solve(&p, l->asked, &r) || rounding_fails(f, l, s, &r);
    }
    arena_free(p.mem);
    return fine && layer_possible(f, l);
}

static bool layer_targets(filling *f, uint32_t at) {
    layer *l = &f->layer[at];
    if (f->g->before && l->t == f->g->before) { /* what the cliques before have: there is nothing to round */
        for (uint32_t i = 0; i < l->cells; i++) l->asked[i] = f->g->settled[i];
        return layer_possible(f, l);
    }
    bool part = l->apart != UINT32_MAX;
    if ((part || l->t->by) && !layer_condition(f, at, part)) return false;
    return part ? layer_round_part(f, at) : layer_round(f, at);
}

/* ---- what stands against an answer ----------------------------------------------------------------------- */

static void names_print(const filling *f, const bool *of, buf *b, told *t) {
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < f->g->hard; i++) n += of[i];
    for (uint32_t i = 0; i < f->g->hard; i++) {
        if (!of[i]) continue;
        buf_printf(b, "%s`" STR_FMT "`", !at ? "" : at + 1 == n ? " and " : ", ", STR_ARG(f->layer[i].t->name));
        told_table(t, f->layer[i].t->name);
        at++;
    }
}

/* One side of a cut: the first few of its cells that somebody is asked for in. */
static void side_print(const filling *f, uint32_t at, const bool *in, buf *b, told *t) {
    enum { SHOWN = 4 };
    const layer *l = &f->layer[at];
    keys k = {0};
    uint32_t n = 0;
    for (uint32_t c = 0; c < l->cells; c++) {
        if (!in[c] || !l->asked[c]) continue;
        if (n++ >= SOLVE_TOLD) continue;
        layer_keys(f, l, c, &k);
        told_cell(t, l->t->name, &k, "asked", (double)l->asked[c], NULL, 0);
        if (n <= SHOWN) buf_printf(b, "%s{" STR_FMT "}", n > 1 ? ", " : "", STR_ARG(buf_view(&k.text)));
    }
    if (n > SHOWN) buf_printf(b, " and %u more", n - SHOWN);
    if (!n) buf_z(b, "no cell");
    keys_free(&k);
}

/* Two tables: the cut between them says how many have no place. */
static void cut_print(const filling *f, const solve_cut_found *cut, buf *b, told *t) {
    if (!cut->asking) return;
    buf_printf(b, ": the %llu person%s of ", (unsigned long long)cut->asked, plural(cut->asked));
    side_print(f, cut->from, cut->asking, b, t);
    buf_printf(b, " of `" STR_FMT "` can only be in ", STR_ARG(f->layer[cut->from].t->name));
    side_print(f, cut->to, cut->room_in, b, t);
    buf_printf(b, " of `" STR_FMT "`, which asks for %llu", STR_ARG(f->layer[cut->to].t->name),
               (unsigned long long)cut->room);
    told_fact(t, "needed", cut->asked);
    told_fact(t, "room", cut->room);
}

/* More than two: the cells without any of which there would be an answer. */
static void needed_print(const filling *f, const solve_report *r, buf *b, told *t) {
    enum { SHOWN = 4 };
    keys k = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->g->hard && r->needed; i++) {
        const layer *l = &f->layer[i];
        for (uint32_t c = 0; c < l->cells; c++) {
            if (!r->needed[i][c] || n++ >= SOLVE_TOLD) continue;
            layer_keys(f, l, c, &k);
            told_cell(t, l->t->name, &k, "asked", (double)l->asked[c], NULL, 0);
            if (n <= SHOWN)
                buf_printf(b, "%s%llu in {" STR_FMT "} of `" STR_FMT "`",
                           n > 1 ? ", " : ": these numbers contradict: ", (unsigned long long)l->asked[c],
                           STR_ARG(buf_view(&k.text)), STR_ARG(l->t->name));
        }
    }
    if (n > SHOWN) buf_printf(b, " and %u more", n - SHOWN);
    keys_free(&k);
}

/* The fine cells that the proof says nobody can be in: of a cut, between what is asked for and what has no
 * room; else those of cells whose numbers contradict. NULL: none are known. */
static bool *proof_cells(const filling *f, const solve_report *r) {
    if (!r->cut.asking && !r->needed) return NULL;
    bool *of = arena_new_of(f->mem, bool, f->cells);
    const layer *from = &f->layer[r->cut.from], *to = &f->layer[r->cut.to];
    for (uint32_t i = 0; i < f->cells; i++) {
        if (r->cut.asking) {
            of[i] = r->cut.asking[from->of[i]] && !r->cut.room_in[to->of[i]];
            continue;
        }
        for (uint32_t k = 0; k < f->g->hard; k++)
            of[i] = of[i] || (r->conflict[k] && r->needed[k][f->layer[k].of[i]]);
    }
    return of;
}

/* Cells of a proof that rules allow, and the attributes' own distributions leave empty. */
static bool own_zeros(const filling *f, const bool *cell) {
    for (uint32_t i = 0; cell && f->seed && i < f->cells; i++)
        if (cell[i] && f->allowed[i] && !(f->seed[i] > 0)) return true;
    return false;
}

static void reasons_print(const filling *f, const solve_report *r, buf *b, told *t) {
    const bool *cell = proof_cells(f, r);
    bearing_print(f, cell, " under ", b, t);
    if (r->cut.asking && own_zeros(f, cell))
        buf_printf(b, "%sthe attributes' own distributions", b->n ? " and " : " under ");
}

static bool capacity_fails(const filling *f, const solve_report *r) {
    buf names = {0}, rules = {0}, cut = {0};
    told t = {0};
    uint32_t n = 0;
    const layer *l = &f->layer[0];
    for (uint32_t i = 0; i < f->g->hard; i++) {
        n += r->conflict[i];
        if (r->conflict[i]) l = &f->layer[i];
    }
    names_print(f, r->conflict, &names, &t);
    reasons_print(f, r, &rules, &t);
    cut_print(f, &r->cut, &cut, &t);
    needed_print(f, r, &cut, &t);
    told_fact(&t, "persons", f->pl->n);
    diag_at(f->p, f->d, n <= 2 ? DIAG_Q04 : DIAG_Q05, l->t->at, l->t->name,
            n <= 2 ? "change the numbers of one of them, or loosen a rule; or make one soft: --soft TABLE"
                   : "change the numbers of one of them, or make it soft (--soft TABLE); any fewer of them can "
                     "be met",
            "%s " STR_FMT " cannot be met together" STR_FMT STR_FMT, n == 1 ? "table" : "tables",
            STR_ARG(buf_view(&names)), STR_ARG(buf_view(&rules)), STR_ARG(buf_view(&cut)));
    buf_free(&names);
    buf_free(&rules);
    buf_free(&cut);
    return told_end(&t, f->d);
}

/* Cells that the fit drives to nothing: the answer lies on the edge of what rules and tables allow. Their
 * weight falls like 1 / sweeps, so one more sweep tells them from those that have come to rest. */
static uint32_t drifting(const filling *f, const problem *p, uint32_t sweeps, buf *b, told *t) {
    enum { SHOWN = 3 };
    const double *before = arena_dup(p->mem, p->weight, sizeof *p->weight * p->cells);
    const double rest = 1 - 0.1 / (sweeps + 1);
    solve_sweep(p);
    keys k = {0};
    uint32_t n = 0, class[SOLVE_AXES_MOST];
    buf one = {0};
    for (uint32_t i = 0; i < p->cells; i++) {
        if (p->weight[i] >= before[i] * rest) continue;
        if (n++ >= SHOWN) continue;
        keys_reset(&k);
        fine_classes(f, i * f->inner, class);
        for (uint32_t a = 0; a < f->g->hard_axes; a++) {
            const joint_leaf *j = &f->j->at[f->g->index[a]];
            buf_reset(&one);
            class_print(leaf_node(f->p, j->leaf), &j->fine, class[a], &one);
            keys_put(&k, leaf_node(f->p, j->leaf)->path, buf_view(&one));
        }
        told_cell(t, (str){0}, &k, "fitted", p->weight[i], NULL, 0);
        buf_printf(b, "%s{" STR_FMT "}", n > 1 ? ", " : "", STR_ARG(buf_view(&k.text)));
    }
    if (n > SHOWN) buf_printf(b, " and %u more", n - SHOWN);
    buf_free(&one);
    keys_free(&k);
    return n;
}

/* Q06; Q07 where the fit was still moving, and nothing is proven. */
static bool whole_fails(const filling *f, const problem *p, const solve_report *r) {
    const layer *l = &f->layer[r->margin];
    keys k = {0};
    told t = {0};
    buf drift = {0}, rules = {0}, names = {0};
    bool *all = arena_new_of(f->mem, bool, f->g->hard);
    for (uint32_t i = 0; i < f->g->hard; i++) all[i] = true;
    names_print(f, all, &names, &t);
    layer_keys(f, l, r->cell, &k);
    told_cell(&t, l->t->name, &k, "asked", (double)l->asked[r->cell], NULL, 0);
    told_fact(&t, "off", r->off);
    told_fact(&t, "sweeps", r->sweeps);
    bool slow = r->slow && !r->proven && drifting(f, p, r->sweeps, &drift, &t);
    if (slow) {
        bearing_print(f, NULL, " under ", &rules, &t);
        diag_at(f->p, f->d, DIAG_Q07, l->t->at, l->t->name,
                "loosen a rule, or make one table soft: --soft TABLE",
                "%s " STR_FMT " could not be solved within bounds: the fit still moves after %u sweeps" STR_FMT
                "; it drives " STR_FMT " to nobody; misplaced are %llu, most at {" STR_FMT "} of `" STR_FMT "`",
                f->g->hard == 1 ? "table" : "tables", STR_ARG(buf_view(&names)), r->sweeps,
                STR_ARG(buf_view(&rules)), STR_ARG(buf_view(&drift)), (unsigned long long)r->off,
                STR_ARG(buf_view(&k.text)), STR_ARG(l->t->name));
    } else {
        diag_at(f->p, f->d, DIAG_Q06, l->t->at, l->t->name,
                "take another N, or change the numbers of one table, or make it soft: --soft TABLE",
                "%s %s " STR_FMT ": the nearest that was found misses by %llu in all, most at {" STR_FMT
                "} of `" STR_FMT "`, which asks for %llu",
                r->proven ? "no whole persons meet" : "no whole persons were found that meet",
                f->g->hard == 1 ? "table" : "tables", STR_ARG(buf_view(&names)), (unsigned long long)r->off,
                STR_ARG(buf_view(&k.text)), STR_ARG(l->t->name), (unsigned long long)l->asked[r->cell]);
    }
    buf_free(&drift);
    buf_free(&rules);
    buf_free(&names);
    keys_free(&k);
    return told_end(&t, f->d);
}

static bool solving_fails(const filling *f, const problem *p, const solve_report *r) {
    if (r->end == SOLVE_CAPACITY) return capacity_fails(f, r);
    if (r->end != SOLVE_EMPTY) return whole_fails(f, p, r);
    return nobody_drawn_told(f, &f->layer[r->margin], r->cell,
                             "the attributes' own distributions and the other tables");
}

/* ---- cells ----------------------------------------------------------------------------------------------- */

/* What each cell lacks of the fit to all persons: hardly anything where it has enough, but not nothing. */
static void weights_lacking(const filling *f, problem *p) {
    enum { SMALL = 1000000 };
    problem whole = *p;
    solve_report r;
    double sum = 0;
    for (uint32_t i = 0; i < f->outer; i++) sum += p->weight[i];
    whole.n = f->pl->n;
    whole.weight = arena_new_of(p->mem, double, f->outer);
    for (uint32_t i = 0; i < f->outer; i++) whole.weight[i] = p->weight[i] * (double)whole.n / sum;
    margins_fill(f, f->g->hard, true, &whole);
    if (!solve_ideal(&whole, &r)) return;
    for (uint32_t i = 0; i < f->outer; i++) {
        double lack = whole.weight[i] - (double)f->there[i], least = whole.weight[i] / SMALL;
        p->weight[i] = lack > least ? lack : least;
    }
}

static bool cells_solve(filling *f, const double *weight) {
    problem p = {.mem = arena_new(0),
                 .axes = f->g->hard_axes,
                 .radix = f->radix,
                 .cells = f->outer,
                 .n = f->place,
                 .key = rng_u64(f->pl->seed, 2, 0, 0, 0)};
    uint64_t *count = arena_new_of(f->mem, uint64_t, f->outer);
    bool *kept = arena_new_of(f->mem, bool, f->outer);
    p.weight = arena_new_of(p.mem, double, f->outer);
    for (uint32_t i = 0; i < f->cells; i++) p.weight[i / f->inner] += weight[i];
    for (uint32_t i = 0; i < f->outer; i++) kept[i] = p.weight[i] > 0;
    if (f->there) weights_lacking(f, &p);
    margins_fill(f, f->g->hard, false, &p);
    solve_report r;
    bool fine = solve(&p, count, &r) || solving_fails(f, &p, &r);
    if (fine) fine_publish(f, kept, count);
    if (fine && f->g->tables > f->g->hard) soft_publish(f, weight, kept);
    arena_free(p.mem);
    return fine;
}

static bool targets_apart(filling *f) {
    for (uint32_t i = 0; i < f->g->hard; i++)
        if (!layer_targets(f, i)) return false;
    return true;
}

/* The fit that cells begin with; NULL: said. */
static double *cells_weight(filling *f) {
    if (!fine_seed(f, f->layer[f->g->tables - 1].t)) return NULL;
    double *weight = arena_new_of(f->mem, double, f->cells);
    for (uint32_t i = 0; i < f->cells; i++) weight[i] = f->allowed[i] ? f->seed[i] : 0;
    if (f->g->tables > f->g->hard) soft_fit(f, weight);
    return weight;
}

static bool cells_fill(filling *f) {
    double *weight = cells_weight(f);
    return weight && cells_solve(f, weight);
}

/* Whole persons chosen for one table after the other may leave no answer where others would. */
static bool only_rounding(const diags *d, bool targeted) {
    diag_code code = d->n ? d->row[d->n - 1].code : DIAG_COUNT;
    return code == DIAG_Q06 || (targeted && code >= DIAG_Q03 && code <= DIAG_Q07);
}

static bool together_fill(filling *f, bool targeted) {
    solve_report r;
    together end = together_targets(f, &r);
    if (end == TOGETHER_NEVER && !targeted) capacity_fails(f, &r);
    return end == TOGETHER_MET && cells_fill(f);
}

/* The persons that an extended plan adds, whatever each table's own rounding would be. */
static bool more_fill(filling *f) {
    uint64_t *count;
    bool *kept = arena_new_of(f->mem, bool, f->outer);
    if (!more_targets(f, &count)) return false;
    double *weight = cells_weight(f);
    for (uint32_t i = 0; weight && i < f->cells; i++) kept[i / f->inner] = kept[i / f->inner] || weight[i] > 0;
    if (!weight) return false;
    fine_publish(f, kept, count);
    if (f->g->tables > f->g->hard) soft_publish(f, weight, kept);
    return true;
}

bool general_fill(filling *f) {
    const table *last = f->layer[f->g->tables - 1].t;
    if (f->cells > SOLVE_CELLS_MOST || f->g->axes > SOLVE_AXES_MOST)
        return diag_at(f->p, f->d, DIAG_P17, last->at, last->name, "use fewer or wider classes",
                       "tables that overlap have %u cells together, at most %u can be solved", f->cells,
                       SOLVE_CELLS_MOST);
    diags *said = f->d, first = diags_try(said), second = diags_try(said);
    f->d = &first;
    bool targeted = targets_apart(f), fine = targeted && cells_fill(f);
    f->d = &second;
    if (!fine && !f->there && only_rounding(&first, targeted)) fine = together_fill(f, targeted);
    if (!fine) fine = more_fill(f);
    f->d = said;
    bool better = !fine && !targeted && second.n; /* that they contradict each other, not how one was rounded */
    diags_said(said, &second, better);
    diags_said(said, &first, !fine && !better);
    return fine;
}

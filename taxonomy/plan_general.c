/* plan_general.c: a group of tables that overlap in any way.
 *
 * Targets. Tables are rounded to whole persons one after the other, each within the sums that those before it
 * have fixed: two tables that share attributes must agree on the finest classes that both can tell apart there.
 * That is the solver's own problem over one table's cells, with those sums as margins and its shares as
 * weights. A conditional table is turned into shares of all people by what the tables before it, and the
 * attributes' own distributions, say of its `by`. Then the fine cells: the margins are the tables, the weights
 * what the attributes' own distributions give.
 */
#include "taxonomy/plan_layer.h"

#include <stdlib.h>
#include <string.h>

/* What a layer shares with an earlier one, as a margin over the layer's own cells. */
typedef struct shared {
    margin m;
    const layer *with;
    uint32_t **theirs;    /* of each axis: the part of each of their classes */
    uint32_t *place;      /* of each axis: its place among their attributes */
    double *ours, *their; /* sums of shares, one a cell of the margin */
} shared;

/* ---- parts that two tables can both tell apart ----------------------------------------------------------- */

static uint32_t root_of(uint32_t *up, uint32_t i) {
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

/* Classes of both tables on one axis, joined where a fine class lies in both; returns the number of parts. */
static uint32_t parts_join(const filling *f, const layer *l, uint32_t k, const layer *e, uint32_t q,
                           uint32_t *ours, uint32_t *theirs) {
    uint32_t a = l->width[k], b = e->width[q], parts = 0;
    uint32_t *up = arena_new_of(f->mem, uint32_t, a + b), *number = arena_new_of(f->mem, uint32_t, a + b);
    for (uint32_t i = 0; i < a + b; i++) up[i] = i;
    for (uint32_t c = 0; c < f->radix[l->axis[k]]; c++)
        up[root_of(up, a + e->map[q][c])] = root_of(up, l->map[k][c]);
    for (uint32_t i = 0; i < a + b; i++)
        if (root_of(up, i) == i) number[i] = parts++;
    for (uint32_t i = 0; i < a; i++) ours[i] = number[root_of(up, i)];
    for (uint32_t i = 0; i < b; i++) theirs[i] = number[root_of(up, a + i)];
    return parts;
}

static void digits_of(const uint32_t *width, uint32_t n, uint32_t cell, uint32_t *digit) {
    for (uint32_t k = n; k-- > 0;) {
        digit[k] = cell % width[k];
        cell /= width[k];
    }
}

/* Persons and shares of both on the shared parts. */
static void sums_make(const filling *f, const layer *l, shared *s) {
    const layer *e = s->with;
    uint64_t *want = arena_new_of(f->mem, uint64_t, s->m.cells);
    uint32_t digit[SOLVE_AXES_MOST];
    s->ours = arena_new_of(f->mem, double, s->m.cells);
    s->their = arena_new_of(f->mem, double, s->m.cells);
    for (uint32_t i = 0; i < e->cells; i++) {
        uint32_t c = 0;
        digits_of(e->width, e->t->over.n, i, digit);
        for (uint32_t k = 0; k < s->m.axes; k++) c = c * s->m.width[k] + s->theirs[k][digit[s->place[k]]];
        want[c] += e->asked[i];
        s->their[c] += e->share[i];
    }
    for (uint32_t i = 0; i < l->cells; i++) {
        uint32_t c = 0;
        digits_of(l->width, l->t->over.n, i, digit);
        for (uint32_t k = 0; k < s->m.axes; k++) c = c * s->m.width[k] + s->m.class[k][digit[s->m.axis[k]]];
        s->ours[c] += l->share[i];
    }
    s->m.want = want;
}

/* false: they share nothing that both can tell apart. */
static bool shared_make(const filling *f, const layer *l, const layer *e, shared *s) {
    uint32_t n = l->t->over.n;
    uint32_t *axis = arena_new_of(f->mem, uint32_t, n), *width = arena_new_of(f->mem, uint32_t, n);
    uint32_t **class = arena_new_of(f->mem, uint32_t *, n);
    *s = (shared){.with = e,
                  .m = {.axis = axis, .width = width, .class = (const uint32_t *const *)class, .cells = 1},
                  .theirs = arena_new_of(f->mem, uint32_t *, n),
                  .place = arena_new_of(f->mem, uint32_t, n)};
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t q = 0; q < e->t->over.n; q++) {
            if (l->axis[k] != e->axis[q]) continue;
            uint32_t at = s->m.axes;
            class[at] = arena_new_of(f->mem, uint32_t, l->width[k]);
            s->theirs[at] = arena_new_of(f->mem, uint32_t, e->width[q]);
            width[at] = parts_join(f, l, k, e, q, class[at], s -> theirs[at]);
            axis[at] = k;
            s->place[at] = q;
            if (width[at] == 1) continue; /* nothing to tell apart here */
            s->m.cells *= width[at];
            s->m.axes++;
        }
    if (!s->m.axes) return false;
    sums_make(f, l, s);
    return true;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

/* A cell of the shared margin, in the earlier table's KEYs. */
static void part_keys(const filling *f, const shared *s, uint32_t cell, buf *b) {
    uint32_t digit[SOLVE_AXES_MOST];
    digits_of(s->m.width, s->m.axes, cell, digit);
    for (uint32_t k = 0; k < s->m.axes; k++) {
        const table *t = s->with->t;
        const node *n = leaf_node(f->p, t->over.leaf[s->place[k]]);
        bool first = true;
        buf_printf(b, "%s" STR_FMT "=", k ? " " : "", STR_ARG(n->path));
        for (uint32_t c = 0; c < s->with->width[s->place[k]]; c++) {
            if (s->theirs[k][c] != digit[k]) continue;
            if (!first) buf_char(b, '|');
            first = false;
            if (c == t->cut[s->place[k]].n)
                buf_char(b, '~');
            else
                class_print(n, &t->cut[s->place[k]], c, b);
        }
    }
}

/* Q02: more apart than rounding, or than the last digit of shares, explains. */
static bool shared_agrees(const filling *f, const layer *l, const shared *s) {
    double n = (double)f->pl->n, most = n * 1e-6 > 1 ? 1e-6 : 1 / n;
    buf b = {0};
    uint32_t off = 0;
    for (uint32_t c = 0; c < s->m.cells; c++) {
        double gap = s->ours[c] - s->their[c];
        if (gap <= most + 1e-12 && gap >= -most - 1e-12) continue;
        if (off++ >= SOLVE_TOLD) continue;
        if (off > 1) buf_z(&b, "; ");
        part_keys(f, s, c, &b);
        buf_printf(&b, ": %.6g and %.6g", s->their[c] * n, s->ours[c] * n);
    }
    if (off)
        diag_at(f->p, f->d, DIAG_Q02, l->t->at, l->t->name, "make both tables sum to the same there",
                "tables `" STR_FMT "` and `" STR_FMT "` disagree, in persons of %llu, in %u cells: " STR_FMT,
                STR_ARG(s->with->t->name), STR_ARG(l->t->name), (unsigned long long)f->pl->n, off,
                STR_ARG(buf_view(&b)));
    buf_free(&b);
    return !off;
}

static bool rounding_fails(const filling *f, const layer *l, const shared *s, const solve_report *r) {
    buf b = {0};
    if (r->end == SOLVE_EMPTY) {
        part_keys(f, &s[r->margin], r->cell, &b);
        diag_at(f->p, f->d, DIAG_Q02, l->t->at, l->t->name, NULL,
                "table `" STR_FMT "` has no share in {" STR_FMT "}, where `" STR_FMT "` asks for %llu persons",
                STR_ARG(l->t->name), STR_ARG(buf_view(&b)), STR_ARG(s[r->margin].with->t->name),
                (unsigned long long)s[r->margin].m.want[r->cell]);
    } else {
        diag_at(
            f->p, f->d, DIAG_Q06, l->t->at, l->t->name, "give its empty cells small shares, or take another N",
            "table `" STR_FMT "` cannot be rounded to whole persons of %llu so that it agrees with the tables "
            "before it",
            STR_ARG(l->t->name), (unsigned long long)f->pl->n);
    }
    buf_free(&b);
    return false;
}

/* ---- targets --------------------------------------------------------------------------------------------- */

static bool layer_round(filling *f, layer *l, uint32_t before) {
    uint64_t key = rng_u64(f->pl->seed, hash_64(l->t->name, 0), 0, 0, 0);
    problem p = {.mem = arena_new(0),
                 .axes = l->t->over.n,
                 .radix = l->width,
                 .cells = l->cells,
                 .n = f->pl->n,
                 .key = key};
    shared *s = arena_new_of(f->mem, shared, before + 1);
    bool fine = true;
    p.margin = arena_new_of(p.mem, margin, before + 1);
    for (uint32_t i = 0; i < before && fine; i++) {
        if (!shared_make(f, l, &f->layer[i], &s[p.margins])) continue;
        fine = shared_agrees(f, l, &s[p.margins]);
        p.margin[p.margins] = s[p.margins].m;
        p.margins++;
    }
    if (fine && !p.margins) {
        share_out(f->pl->n, l->mass, l->cells, key, l->asked);
    } else if (fine) {
        solve_report r;
        p.weight = arena_new_of(p.mem, double, l->cells);
        for (uint32_t i = 0; i < l->cells; i++) p.weight[i] = (double)l->mass[i];
        fine = solve(&p, l->asked, &r) || rounding_fails(f, l, s, &r);
    }
    arena_free(p.mem);
    return fine && layer_possible(f, l);
}

/* ---- conditional tables ---------------------------------------------------------------------------------- */

/* The first `n` layers as margins over the fine cells. */
static void margins_fill(const filling *f, uint32_t n, problem *p) {
    p->margin = arena_new_of(p->mem, margin, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const layer *l = &f->layer[i];
        p->margin[p->margins++] = (margin){.axes = l->t->over.n,
                                           .axis = l->axis,
                                           .width = l->width,
                                           .class = (const uint32_t *const *)l->map,
                                           .want = l->asked,
                                           .cells = l->cells};
    }
}

/* The joint of the attributes' own distributions, fitted to the shares of the layers before. */
static bool ideal_before(filling *f, uint32_t before, problem *p) {
    enum { WHOLE = 1000000000 };
    if (!fine_seed(f, f->layer[before].t)) return false;
    *p = (problem){.mem = arena_new(0), .axes = f->g->axes, .radix = f->radix, .cells = f->cells, .n = WHOLE};
    p->weight = arena_new_of(p->mem, double, f->cells);
    for (uint32_t i = 0; i < f->cells; i++) p->weight[i] = f->allowed[i] ? f->seed[i] : 0;
    margins_fill(f, before, p);
    for (uint32_t m = 0; m < before; m++) {
        uint64_t *want = arena_new_of(p->mem, uint64_t, p->margin[m].cells);
        for (uint32_t c = 0; c < p->margin[m].cells; c++)
            want[c] = (uint64_t)(f->layer[m].share[c] * WHOLE + 0.5);
        p->margin[m].want = want;
    }
    solve_report r;
    solve_ideal(p, &r); /* what it cannot fit is said when the layers are solved */
    return true;
}

/* Shares within each combination of `by` -> shares of all people. */
static bool layer_condition(filling *f, uint32_t at) {
    layer *l = &f->layer[at];
    problem p;
    if (!ideal_before(f, at, &p)) return false;
    uint32_t inner = 1;
    for (uint32_t k = l->t->by; k < l->t->over.n; k++) inner *= l->width[k];
    double *people = arena_new_of(p.mem, double, l->cells / inner), all = 0;
    for (uint32_t i = 0; i < f->cells; i++) {
        people[l->of[i] / inner] += p.weight[i];
        all += p.weight[i];
    }
    for (uint32_t c = 0; c < l->cells / inner; c++) {
        double sum = 0;
        for (uint32_t k = 0; k < inner; k++) sum += l->share[c * inner + k];
        for (uint32_t k = 0; k < inner; k++) l->share[c * inner + k] *= sum > 0 ? people[c] / sum / all : 0;
    }
    mass_of(l->share, l->cells, l->mass);
    arena_free(p.mem);
    return true;
}

/* ---- fine cells ------------------------------------------------------------------------------------------ */

static void names_print(const filling *f, const bool *of, buf *b) {
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < f->g->tables; i++) n += of[i];
    for (uint32_t i = 0; i < f->g->tables; i++) {
        if (!of[i]) continue;
        buf_printf(b, "%s`" STR_FMT "`", !at ? "" : at + 1 == n ? " and " : ", ", STR_ARG(f->layer[i].t->name));
        at++;
    }
}

/* The constraints that bear on the group's cells. */
static void rules_print(const filling *f, buf *b) {
    const compiled *c = f->p->compiled;
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &f->p->constraint[c->zero[i]];
        if (fine_over(f, one->leaf, one->leaves))
            buf_printf(b, "%s`" STR_FMT "`", b->n ? ", " : "", STR_ARG(one->id));
    }
}

static bool solving_fails(const filling *f, const solve_report *r) {
    buf b = {0}, rules_of = {0};
    const layer *l = &f->layer[r->end == SOLVE_CAPACITY ? 0 : r->margin];
    if (r->end == SOLVE_CAPACITY) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < f->g->tables; i++) {
            n += r->conflict[i];
            if (r->conflict[i]) l = &f->layer[i];
        }
        names_print(f, r->conflict, &b);
        rules_print(f, &rules_of);
        diag_at(f->p, f->d, n <= 2 ? DIAG_Q04 : DIAG_Q05, l->t->at, l->t->name,
                "change the numbers of one of them, or loosen a rule; any fewer of them can be met",
                "%s " STR_FMT " cannot be met together%s" STR_FMT, n == 1 ? "table" : "tables",
                STR_ARG(buf_view(&b)), rules_of.n ? " under " : "", STR_ARG(buf_view(&rules_of)));
    } else {
        layer_keys(f, l, r->cell, &b);
        if (r->end == SOLVE_EMPTY)
            diag_at(f->p, f->d, DIAG_Q03, l->t->at, l->t->name, "set the cell to 0, or loosen what forbids it",
                    "table `" STR_FMT "` asks for %llu persons in {" STR_FMT
                    "}, where the attributes' own distributions and the other tables leave nobody",
                    STR_ARG(l->t->name), (unsigned long long)l->asked[r->cell], STR_ARG(buf_view(&b)));
        else
            diag_at(f->p, f->d, DIAG_Q06, l->t->at, l->t->name,
                    "take another N, or change the numbers of one table",
                    "%s: the nearest that was found misses the tables by %llu persons in all, most at {" STR_FMT
                    "} of `" STR_FMT "`, which asks for %llu",
                    r->proven ? "no whole persons meet all tables"
                              : "no whole persons were found that meet all tables",
                    (unsigned long long)r->off, STR_ARG(buf_view(&b)), STR_ARG(l->t->name),
                    (unsigned long long)l->asked[r->cell]);
    }
    buf_free(&b);
    buf_free(&rules_of);
    return false;
}

bool general_fill(filling *f) {
    const table *last = f->layer[f->g->tables - 1].t;
    if (f->cells > SOLVE_CELLS_MOST || f->g->axes > SOLVE_AXES_MOST)
        return diag_at(f->p, f->d, DIAG_P17, last->at, last->name, "use fewer or wider classes",
                       "tables that overlap have %u cells together, at most %u can be solved", f->cells,
                       SOLVE_CELLS_MOST);
    for (uint32_t i = 0; i < f->g->tables; i++)
        if ((f->layer[i].t->by && !layer_condition(f, i)) || !layer_round(f, &f->layer[i], i)) return false;
    if (!fine_seed(f, last)) return false;
    problem p = {.mem = arena_new(0),
                 .axes = f->g->axes,
                 .radix = f->radix,
                 .cells = f->cells,
                 .n = f->pl->n,
                 .key = rng_u64(f->pl->seed, 2, 0, 0, 0)};
    uint64_t *count = arena_new_of(f->mem, uint64_t, f->cells);
    bool *kept = arena_new_of(f->mem, bool, f->cells);
    p.weight = arena_new_of(p.mem, double, f->cells);
    for (uint32_t i = 0; i < f->cells; i++) {
        p.weight[i] = f->allowed[i] ? f->seed[i] : 0;
        kept[i] = p.weight[i] > 0;
    }
    margins_fill(f, f->g->tables, &p);
    solve_report r;
    bool fine = solve(&p, count, &r) || solving_fails(f, &r);
    if (fine) fine_publish(f, kept, count);
    arena_free(p.mem);
    return fine;
}

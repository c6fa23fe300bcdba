/* plan_condition.c: tables whose numbers are shares of a part of the people: within each combination of `by`;
 * or of those to whom all its attributes apply, where one has a `when` and no row for `~`.
 *
 * How many people that part has follows from the tables before and from the attributes' own distributions: the
 * joint of these, fitted to those. Where the tables before leave no choice (an age table, and an attribute that
 * begins at 18), the fit has whole numbers there, and the rounding keeps to them.
 */
#include "taxonomy/plan/plan_layer.h"

enum { WHOLE = 1000000000 };

void margins_fill(const filling *f, uint32_t n, bool total, problem *p) {
    p->margin = arena_new_of(p->mem, margin, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const layer *l = &f->layer[i];
        margin *m = &p->margin[p->margins++];
        *m = layer_margin(l);
        if (!total || !f->there) continue;
        uint64_t *want = arena_new_of(p->mem, uint64_t, l->cells);
        for (uint32_t c = 0; c < l->cells; c++) want[c] = l->asked[c] + l->before[c];
        m->want = want;
    }
}

bool layer_ideal(filling *f, uint32_t before, bool persons, problem *p) {
    if (!fine_seed(f, f->layer[before < f->g->tables ? before : 0].t)) return false;
    *p = (problem){.mem = arena_new(0), .axes = f->g->axes, .radix = f->radix, .cells = f->cells};
    p->n = persons ? f->pl->n : WHOLE;
    p->weight = arena_new_of(p->mem, double, f->cells);
    double sum = 0;
    for (uint32_t i = 0; i < f->cells; i++) sum += p->weight[i] = f->allowed[i] ? f->seed[i] : 0;
    for (uint32_t i = 0; i < f->cells && sum > 0; i++) p->weight[i] *= (double)p->n / sum;
    margins_fill(f, before, true, p);
    for (uint32_t m = 0; m < before && !persons; m++) {
        uint64_t *want = arena_new_of(p->mem, uint64_t, p->margin[m].cells);
        for (uint32_t c = 0; c < p->margin[m].cells; c++)
            want[c] = (uint64_t)(f->layer[m].share[c] * WHOLE + 0.5);
        p->margin[m].want = want;
    }
    solve_report r;
    solve_ideal(p, &r); /* what it cannot fit is said when the layers are solved */
    return true;
}

bool layer_condition(filling *f, uint32_t at, bool persons) {
    layer *l = &f->layer[at];
    problem p;
    if (!layer_ideal(f, at, persons, &p)) return false;
    uint32_t inner = 1;
    for (uint32_t k = l->t->by; k < l->t->over.n; k++) inner *= l->width[k];
    if (!l->t->by) inner = l->cells;
    double *people = arena_new_of(p.mem, double, l->cells / inner), all = 0, apart = 0;
    for (uint32_t i = 0; i < f->cells; i++) {
        all += p.weight[i];
        if (l->of[i] == l->apart)
            apart += p.weight[i];
        else
            people[l->of[i] / inner] += p.weight[i];
    }
    for (uint32_t c = 0; c < l->cells / inner; c++) {
        double sum = 0;
        for (uint32_t k = 0; k < inner; k++) sum += l->share[c * inner + k];
        for (uint32_t k = 0; k < inner; k++) l->share[c * inner + k] *= sum > 0 ? people[c] / sum / all : 0;
    }
    mass_of(l->share, l->cells, l->mass);
    if (l->apart != UINT32_MAX) l->share[l->apart] = apart / all;
    arena_free(p.mem);
    return true;
}

/* ---- whole persons of a part ----------------------------------------------------------------------------- */

/* People of whom the layer speaks, on the parts that it shares with an earlier one: a margin, if the fit leaves
 * no choice there and the layer's shares round to the same. */
static bool part_margin(const filling *f, const layer *l, const problem *ideal, uint64_t persons, shared *s) {
    double *sum = arena_new_of(f->mem, double, s->m.cells), *own = arena_new_of(f->mem, double, s->m.cells);
    uint64_t *there = arena_new_of(f->mem, uint64_t, s->m.cells);
    uint32_t *part = arena_new_of(f->mem, uint32_t, l->cells);
    uint64_t *want = arena_new_of(f->mem, uint64_t, s->m.cells), all = 0;
    double slack = 1e-3 + 2e-10 * (double)f->pl->n;
    for (uint32_t i = 0; i < l->cells; i++) {
        uint32_t rest = i, digit[SOLVE_AXES_MOST];
        for (uint32_t k = l->t->over.n; k-- > 0; rest /= l->width[k]) digit[k] = rest % l->width[k];
        for (uint32_t k = 0; k < s->m.axes; k++)
            part[i] = part[i] * s->m.width[k] + s->m.class[k][digit[s->m.axis[k]]];
        if (i == l->apart) continue;
        own[part[i]] += l->share[i] * (double)f->pl->n;
        there[part[i]] += l->before[i];
    }
    for (uint32_t i = 0; i < f->cells; i++)
        if (l->of[i] != l->apart) sum[part[l->of[i]]] += ideal->weight[i];
    for (uint32_t c = 0; c < s->m.cells; c++) {
        want[c] = (uint64_t)(sum[c] + 0.5);
        double choice = sum[c] - (double)want[c], gap = own[c] - sum[c];
        bool too_many = want[c] < there[c];
        if (choice > slack || choice < -slack || gap >= 1 - slack || gap <= slack - 1 || too_many) return false;
        all += want[c] -= there[c];
    }
    s->m.want = want;
    return all == persons;
}

bool layer_round_part(filling *f, uint32_t at) {
    layer *l = &f->layer[at];
    uint64_t key = rng_u64(f->pl->seed, hash_64(l->t->name, 0), 0, 0, 0);
    problem ideal, p = {.axes = l->t->over.n, .radix = l->width, .cells = l->cells, .key = key};
    if (!layer_ideal(f, at, true, &ideal)) return false;
    double people = 0;
    for (uint32_t i = 0; i < f->cells; i++)
        if (l->of[i] != l->apart) people += ideal.weight[i];
    uint64_t all = (uint64_t)(people + 0.5), there = 0;
    for (uint32_t i = 0; i < l->cells; i++)
        if (i != l->apart) there += l->before[i];
    p.n = all > there ? all - there : 0;
    if (p.n > f->place) p.n = f->place;
    layer_masses(f, l);
    p.mem = ideal.mem;
    p.margin = arena_new_of(p.mem, margin, at + 1);
    p.weight = arena_new_of(p.mem, double, l->cells);
    for (uint32_t i = 0; i < l->cells; i++) p.weight[i] = i == l->apart ? 0 : (double)l->mass[i];
    for (uint32_t e = 0; e < at; e++) {
        shared s;
        if (shared_make(f, l, &f->layer[e], &s) && part_margin(f, l, &ideal, p.n, &s))
            p.margin[p.margins++] = s.m;
    }
    solve_report r;
    double mass = 0;
    for (uint32_t i = 0; i < l->cells; i++) mass += p.weight[i];
    bool fine = !p.n || (mass > 0 && p.margins && solve(&p, l->asked, &r));
    if (!fine &&
        mass > 0) { /* no margin, or none in whole persons within them: the tables are solved together later */
        l->mass[l->apart] = 0;
        share_out(p.n, l->mass, l->cells, key, l->asked);
    }
    l->asked[l->apart] = f->place - p.n;
    arena_free(ideal.mem);
    return layer_possible(f, l);
}

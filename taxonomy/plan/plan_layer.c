/* plan_layer.c: one table over a group's fine cells: which of its cells each lies in, its shares, what it asks
 * for where nobody may be, and what the plan shows of it.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>
#include <string.h>

uint32_t *plan_table_width(const joint *j, const table *t, arena *mem) {
    uint32_t *width = arena_new_of(mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) {
        bool unknown = j->at[j->of[t->over.leaf[k]]].fine.none != NO_CLASS && t->cut[k].none == NO_CLASS;
        width[k] = t->cut[k].n + unknown;
    }
    return width;
}

static void digits(const layer *l, uint32_t cell) {
    for (uint32_t k = l->t->over.n; k-- > 0;) {
        l->digit[k] = cell % l->width[k];
        cell /= l->width[k];
    }
}

/* A combination of our classes in the table's own: UINT32_MAX where it has no row for "no value". */
static uint32_t own_place(const table *t, const uint32_t *width, uint32_t cell) {
    uint32_t at = 0, by = 1;
    for (uint32_t k = t->over.n; k-- > 0; cell /= width[k]) {
        uint32_t digit = cell % width[k];
        if (digit == t->cut[k].n) return UINT32_MAX;
        at += digit * by;
        by *= t->cut[k].n;
    }
    return at;
}

uint32_t *plan_table_fold(const table *t, const uint32_t *width, uint32_t cells, arena *mem, uint32_t *apart) {
    bool part = false;
    for (uint32_t k = 0; k < t->over.n; k++) part = part || width[k] > t->cut[k].n;
    part = part && t->form != TABLE_WEIGHTS; /* which counts them as the seed does */
    *apart = UINT32_MAX;
    if (!t->same && !part) return NULL;
    uint32_t *first = arena_new_of(mem, uint32_t, t->numbers); /* row -> our combination + 1 */
    uint32_t *fold = arena_new_of(mem, uint32_t, cells);
    for (uint32_t i = 0; i < cells; i++) {
        uint32_t at = own_place(t, width, i);
        fold[i] = i;
        if (at == UINT32_MAX && part) {
            if (*apart == UINT32_MAX) *apart = i;
            fold[i] = *apart;
        } else if (at != UINT32_MAX && t->same) {
            uint32_t *low = &first[t->same[at]];
            if (!*low) *low = i + 1;
            fold[i] = *low - 1;
        }
    }
    return fold;
}

/* For each axis of the table: the axis of the group, and the table's class of each fine class. */
void layer_map(filling *f, layer *l) {
    const table *t = l->t;
    l->cells = 1; /* at most the fine cells: each class has one of its own */
    l->width = plan_table_width(f->j, t, f->mem);
    l->digit = arena_new_of(f->mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) l->cells *= l->width[k];
    l->of = arena_new_of(f->mem, uint32_t, f->cells);
    uint32_t **map = l->map = arena_new_of(f->mem, uint32_t *, t->over.n);
    uint32_t *axis = l->axis = arena_new_of(f->mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) {
        while (f->j->at[f->g->index[axis[k]]].leaf != t->over.leaf[k]) axis[k]++;
        map[k] = arena_new_of(f->mem, uint32_t, f->radix[axis[k]]);
        for (uint32_t c = 0; c < f->radix[axis[k]]; c++) {
            value v = joint_value(&f->j->at[f->g->index[axis[k]]], c);
            uint32_t own = class_of(&t->cut[k], &v);
            map[k][c] = own == NO_CLASS ? t->cut[k].n : own;
        }
    }
    l->fold = plan_table_fold(t, l->width, l->cells, f->mem, &l->apart);
    margin m = layer_margin(l);
    margin_cells(&m, f->radix, f->g->axes, f->cells, l->of);
}

margin layer_margin(const layer *l) {
    return (margin){.axes = l->t->over.n,
                    .axis = l->axis,
                    .width = l->width,
                    .class = (const uint32_t *const *)l->map,
                    .fold = l->fold,
                    .want = l->asked,
                    .cells = l->cells};
}

bool layer_shares(filling *f, layer *l) {
    l->share = arena_new_of(f->mem, double, l->cells);
    l->mass = arena_new_of(f->mem, uint64_t, l->cells);
    l->asked = arena_new_of(f->mem, uint64_t, l->cells);
    l->before = arena_new_of(f->mem, uint64_t, l->cells);
    for (uint32_t i = 0; f->there && i < f->outer; i++) l->before[l->of[i * f->inner]] += f->there[i];
    if (l->t->form == TABLE_WEIGHTS && !fine_seed(f, l->t)) return false;
    for (uint32_t i = 0; i < f->cells; i++) {
        if (!f->allowed[i] || l->of[i] == l->apart) continue;
        if (l->t->form == TABLE_UNIFORM) l->share[l->of[i]] = 1;
        if (l->t->form == TABLE_WEIGHTS) l->share[l->of[i]] += f->seed[i];
    }
    double sum = 0;
    for (uint32_t i = 0; i < l->cells; i++) {
        uint32_t at = l->t->form == TABLE_GRID ? own_place(l->t, l->width, i) : UINT32_MAX;
        if (at != UINT32_MAX) l->share[i] = l->t->number[at];
        sum += l->share[i];
    }
    if (sum <= 0) {
        told t = {0};
        told_table(&t, l->t->name);
        diag_at(f->p, f->d, DIAG_Q03, l->t->at, l->t->name, "loosen the constraints over its attributes",
                "table `" STR_FMT "`: no cell is left that constraints allow and that has a share",
                STR_ARG(l->t->name));
        return told_end(&t, f->d);
    }
    /* shares of a part of the people wait until general_fill knows of how many */
    if (l->t->by || l->t->soft > 0 || l->apart != UINT32_MAX) return true;
    mass_of(l->share, l->cells, l->mass);
    for (uint32_t i = 0; i < l->cells; i++) l->share[i] /= sum;
    return true;
}

/* Masses to round by, where some of the persons are there: what is still lacking of each share. */
void layer_masses(const filling *f, layer *l) {
    if (!f->there) return;
    double *lack = xcalloc((size_t)l->cells + 1, sizeof *lack);
    for (uint32_t i = 0; i < l->cells; i++) {
        double want = l->share[i] * (double)f->pl->n - (double)l->before[i];
        double least =
            l->share[i] * (double)f->pl->n * 1e-6; /* it may have enough, and be needed all the same */
        lack[i] = want > least ? want : least;
    }
    mass_of(lack, l->cells, l->mass);
    free(lack);
}

const tree *layer_place(const layer *l, uint32_t cell) {
    uint32_t at = l->t->row && cell < l->cells ? own_place(l->t, l->width, cell) : UINT32_MAX;
    return at != UINT32_MAX && l->t->row[at] ? l->t->row[at] : l->t->at;
}

void layer_keys(const filling *f, const layer *l, uint32_t cell, keys *k) {
    digits(l, cell);
    plan_row_keys(f->p, l->t, l->digit, k);
}

/* ---- Q03: persons where nobody may be -------------------------------------------------------------------- */

static void forbidding(const filling *f, const layer *l, uint32_t cell, buf *b, told *t) {
    bool *in = arena_new_of(f->mem, bool, f->cells);
    for (uint32_t i = 0; i < f->cells; i++) in[i] = l->of[i] == cell;
    bearing_print(f, in, "", b, t);
    if (!b->n) buf_z(b, "the classes of the other tables");
}

bool layer_possible(filling *f, const layer *l) {
    bool *any = arena_new_of(f->mem, bool, l->cells), fine = true;
    for (uint32_t i = 0; i < f->cells; i++)
        if (f->allowed[i]) any[l->of[i]] = true;
    for (uint32_t i = 0; i < l->cells; i++) {
        if (any[i] || !l->asked[i]) continue;
        keys where = {0};
        buf who = {0};
        told t = {0};
        layer_keys(f, l, i, &where);
        forbidding(f, l, i, &who, &t);
        told_table(&t, l->t->name);
        told_cell(&t, l->t->name, &where, "asked", (double)l->asked[i], "room", 0);
        diag_at(f->p, f->d, DIAG_Q03, layer_place(l, i), l->t->name,
                "set the cell to 0, or loosen what forbids it",
                "table `" STR_FMT "` asks for %llu person%s in {" STR_FMT "}, which " STR_FMT " forbids",
                STR_ARG(l->t->name), (unsigned long long)l->asked[i], plural(l->asked[i]),
                STR_ARG(buf_view(&where.text)), STR_ARG(buf_view(&who)));
        fine = told_end(&t, f->d);
        keys_free(&where);
        buf_free(&who);
    }
    return fine;
}

/* The table's cells as the plan shows them: those with a share. */
void layer_publish(const filling *f, const layer *l) {
    plan_table *out = &f->pl->table[l->index];
    out->t = l->t;
    for (uint32_t i = 0; i < l->cells; i++) out->cells += l->share[i] > 0 && i != l->apart;
    out->asked = arena_new_of(f->pl->mem, uint64_t, out->cells);
    out->share = arena_new_of(f->pl->mem, double, out->cells);
    out->class = arena_new_of(f->pl->mem, uint32_t, (size_t)out->cells * l->t->over.n);
    for (uint32_t i = 0, at = 0; i < l->cells; i++) {
        if (l->share[i] <= 0 || i == l->apart) continue;
        digits(l, i);
        memcpy(out->class + (size_t)at * l->t->over.n, l->digit, sizeof *l->digit * l->t->over.n);
        uint64_t asked = l->asked[i] + l->before[i];
        double shift = (double)asked - l->share[i] * (double)f->pl->n;
        if (shift < 0) shift = -shift;
        if (shift > f->pl->rounding) f->pl->rounding = shift;
        out->share[at] = l->share[i] * (double)f->pl->n;
        out->asked[at++] = asked;
    }
}

/* plan_shared.c: two tables that share attributes: the finest classes that both can tell apart there, and
 * whether they say the same of them.
 *
 * Tables are rounded to whole persons one after the other, each within the sums that those before it have
 * fixed on these shared parts.
 */
#include "taxonomy/plan/plan_layer.h"

static uint32_t root_of(uint32_t *up, uint32_t i) {
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

/* Joins classes of the layer's axis k that a row of several classes has together. up[]: from `first` on.
 * within: of the people of whom the table speaks. */
static void row_parts_join(const layer *l, uint32_t k, uint32_t *up, uint32_t first, bool within) {
    uint32_t stride = 1;
    for (uint32_t i = k + 1; i < l->t->over.n; i++) stride *= l->width[i];
    for (uint32_t i = 0; l->fold && i < l->cells; i++) {
        if (within && l->fold[i] == l->apart) continue;
        up[root_of(up, first + i / stride % l->width[k])] =
            root_of(up, first + l->fold[i] / stride % l->width[k]);
    }
}

/* Classes of both tables on one axis, joined where a fine class lies in both; returns the number of parts. */
static uint32_t parts_join(const filling *f, const layer *l, uint32_t k, const layer *e, uint32_t q,
                           uint32_t *ours, uint32_t *theirs) {
    uint32_t a = l->width[k], b = e->width[q], parts = 0;
    uint32_t *up = arena_new_of(f->mem, uint32_t, a + b), *number = arena_new_of(f->mem, uint32_t, a + b);
    for (uint32_t i = 0; i < a + b; i++) up[i] = i;
    for (uint32_t c = 0; c < f->radix[l->axis[k]]; c++)
        up[root_of(up, a + e->map[q][c])] = root_of(up, l->map[k][c]);
    bool within = l->apart != UINT32_MAX;
    row_parts_join(l, k, up, 0, within);
    row_parts_join(e, q, up, a, within);
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

/* The shared part that a cell of the layer's own lies in. */
static uint32_t part_of(const layer *l, const shared *s, uint32_t cell) {
    uint32_t digit[SOLVE_AXES_MOST], c = 0;
    digits_of(l->width, l->t->over.n, cell, digit);
    for (uint32_t k = 0; k < s->m.axes; k++) c = c * s->m.width[k] + s->m.class[k][digit[s->m.axis[k]]];
    return c;
}

/* The first of a part's cells that has a share. */
static uint32_t part_first(const layer *l, const shared *s, uint32_t part) {
    for (uint32_t i = 0; i < l->cells; i++)
        if (l->share[i] > 0 && part_of(l, s, i) == part) return i;
    return UINT32_MAX;
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
    for (uint32_t i = 0; i < l->cells; i++) s->ours[part_of(l, s, i)] += l->share[i];
    s->m.want = want;
}

bool shared_make(const filling *f, const layer *l, const layer *e, shared *s) {
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

/* In the earlier table's KEYs. */
void shared_keys(const filling *f, const shared *s, uint32_t cell, keys *out) {
    uint32_t digit[SOLVE_AXES_MOST];
    buf b = {0};
    digits_of(s->m.width, s->m.axes, cell, digit);
    keys_reset(out);
    for (uint32_t k = 0; k < s->m.axes; k++) {
        const table *t = s->with->t;
        const node *n = leaf_node(f->p, t->over.leaf[s->place[k]]);
        buf_reset(&b);
        for (uint32_t c = 0; c < s->with->width[s->place[k]]; c++) {
            if (s->theirs[k][c] != digit[k]) continue;
            if (b.n) buf_char(&b, '|');
            if (c == t->cut[s->place[k]].n)
                buf_char(&b, '~');
            else
                class_print(n, &t->cut[s->place[k]], c, &b);
        }
        keys_put(out, n->path, buf_view(&b));
    }
    buf_free(&b);
}

/* More apart than rounding, or than the last digit of shares, explains. */
bool shared_agrees(const filling *f, const layer *l, const shared *s) {
    double n = (double)f->pl->n, most = n * 1e-6 > 1 ? 1e-6 : 1 / n;
    buf b = {0};
    keys k = {0};
    told t = {0};
    uint32_t off = 0, first = UINT32_MAX;
    for (uint32_t c = 0; c < s->m.cells; c++) {
        double gap = s->ours[c] - s->their[c];
        if (gap <= most + 1e-12 && gap >= -most - 1e-12) continue;
        if (!off) first = part_first(l, s, c);
        if (off++ >= SOLVE_TOLD) continue;
        shared_keys(f, s, c, &k);
        buf_printf(&b, "%s" STR_FMT ": %.6g and %.6g", off > 1 ? "; " : "", STR_ARG(buf_view(&k.text)),
                   s->their[c] * n, s->ours[c] * n);
        told_cell(&t, s->with->t->name, &k, "asked", s->their[c] * n, "other", s->ours[c] * n);
    }
    if (off) disagreement_told(f, s->with, l, off, first, &b, &t);
    buf_free(&b);
    keys_free(&k);
    return !off;
}

void disagreement_told(const filling *f, const layer *a, const layer *b, uint32_t cells, uint32_t first,
                       const buf *where, told *t) {
    told_table(t, a->t->name);
    told_table(t, b->t->name);
    told_fact(t, "persons", f->pl->n);
    told_fact(t, "disagreeing", cells);
    diag_at(f->p, f->d, DIAG_Q02, layer_place(b, first), b->t->name, "make both tables sum to the same there",
            "tables `" STR_FMT "` and `" STR_FMT "` disagree, in persons of %llu, in %u cells: " STR_FMT,
            STR_ARG(a->t->name), STR_ARG(b->t->name), (unsigned long long)f->pl->n, cells,
            STR_ARG(buf_view(where)));
    told_end(t, f->d);
}

void no_share_told(const filling *f, const layer *l, const layer *other, const keys *k, uint64_t asked) {
    told t = {0};
    told_table(&t, l->t->name);
    told_table(&t, other->t->name);
    told_cell(&t, other->t->name, k, "asked", (double)asked, "other", 0);
    told_fact(&t, "persons", f->pl->n);
    diag_at(f->p, f->d, DIAG_Q02, l->t->at, l->t->name, "give it a share there, or set the other to 0",
            "table `" STR_FMT "` has no share in {" STR_FMT "}, where `" STR_FMT "` asks for %llu person%s",
            STR_ARG(l->t->name), STR_ARG(buf_view(&k->text)), STR_ARG(other->t->name),
            (unsigned long long)asked, plural(asked));
    told_end(&t, f->d);
}

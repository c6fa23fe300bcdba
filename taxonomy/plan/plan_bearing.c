/* plan_bearing.c: which rules and `when`s bear on a proof that tables cannot be met: those without which
 * somebody could be in a fine cell that the proof says nobody can be in.
 *
 * A cell may be forbidden by several. Those that forbid the most cells are named first, until no cell is left
 * to explain: so a `when` that only repeats what another has said is not named.
 */
#include "taxonomy/plan/plan_layer.h"

#include <stdlib.h>

enum { FORBIDDERS_MOST = 64, CELLS_LOOKED_AT = 1 << 18 };

/* A constraint over the group's attributes; or (c NULL) the `when` of an attribute. */
typedef struct forbidder {
    const constraint *c;
    const node *n;
} forbidder;

typedef struct bearing {
    const filling *f;
    forbidder by[FORBIDDERS_MOST];
    uint32_t n, cells, left;
    uint64_t *mask; /* of each cell looked at: who forbids it; 0: explained, or nobody */
} bearing;

static bool forbids(const forbidder *x, const record *r) {
    if (x->c) return !x->c->holds(x->c->self, r);
    return pred_holds(x->n->when, r) != (r->value[x->n->leaf].kind != V_NONE);
}

static void forbidders(bearing *b) {
    const filling *f = b->f;
    const compiled *c = f->p->compiled;
    for (uint32_t i = 0; i < c->zeros && b->n < FORBIDDERS_MOST; i++) {
        const constraint *one = &f->p->constraint[c->zero[i]];
        if (fine_over(f, one->leaf, one->leaves)) b->by[b->n++] = (forbidder){one, NULL};
    }
    for (uint32_t a = 0; a < f->g->axes && b->n < FORBIDDERS_MOST; a++) {
        const joint_leaf *j = &f->j->at[f->g->index[a]];
        const node *n = leaf_node(f->p, j->leaf);
        if (j->when_inside && n->when) b->by[b->n++] = (forbidder){NULL, n};
    }
}

static void masks(bearing *b, const bool *cell) {
    record r;
    record_init(&r, b->f->p, b->f->mem);
    b->mask = xcalloc(CELLS_LOOKED_AT, sizeof *b->mask);
    for (uint32_t i = 0; i < b->f->cells && b->cells < CELLS_LOOKED_AT; i++) {
        if (b->f->allowed[i] || (cell && !cell[i])) continue;
        uint64_t mask = 0;
        fine_set(b->f, i, &r);
        for (uint32_t k = 0; k < b->n; k++) mask |= (uint64_t)forbids(&b->by[k], &r) << k;
        b->mask[b->cells++] = mask;
    }
}

/* The one that forbids the most of what is left to explain, which is then explained; b->n: none. */
static uint32_t next_forbidder(bearing *b) {
    uint32_t count[FORBIDDERS_MOST] = {0}, best = b->n;
    for (uint32_t i = 0; i < b->cells; i++)
        for (uint32_t k = 0; b->mask[i] && k < b->n; k++) count[k] += (uint32_t)(b->mask[i] >> k & 1);
    for (uint32_t k = 0; k < b->n; k++)
        if (count[k] && (best == b->n || count[k] > count[best])) best = k;
    for (uint32_t i = 0; best < b->n && i < b->cells; i++)
        if (b->mask[i] >> best & 1) b->mask[i] = 0;
    return best;
}

void bearing_print(const filling *f, const bool *cell, const char *before, buf *out, told *t) {
    bearing b = {.f = f};
    forbidders(&b);
    if (b.n) masks(&b, cell);
    for (uint32_t k = next_forbidder(&b); k < b.n; k = next_forbidder(&b)) {
        const forbidder *x = &b.by[k];
        buf_z(out, out->n ? ", " : before);
        if (x->c) {
            buf_printf(out, "`" STR_FMT "`", STR_ARG(x->c->id));
            told_rule(t, x->c->id);
        } else {
            buf_printf(out, "`when` of `" STR_FMT "`", STR_ARG(x->n->path));
        }
    }
    free(b.mask);
}

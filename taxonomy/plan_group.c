/* plan_group.c: a group of tables that share attributes: whole persons in their common cells.
 *
 * Built are groups in which each table is cut finer by the next one (its attributes are among the next one's,
 * and its classes unions of them). The outermost is rounded by largest remainder, each next one within its
 * cells; the cells of the last are divided, where constraints cut them, by the attributes' own distributions.
 * So every table is met in whole persons. Tables that cross need the general solver: P00.
 */
#include "taxonomy/plan.h"
#include "taxonomy/compile_parts.h"

#include <stdlib.h>
#include <string.h>

/* One table over the group's fine cells. */
typedef struct layer {
    const table *t;
    uint32_t index, cells;
    uint32_t *width; /* classes of each attribute: the table's own, and one more if only we know "no value" */
    uint32_t *digit; /* the classes of the cell last asked about */
    uint32_t *of;    /* fine cell -> table cell */
    double *share;
    uint64_t *mass, *asked;
    uint32_t *parent; /* table cell -> cell of the layer before */
} layer;

typedef struct filling {
    plan *pl;
    const population *p;
    const joint *j;
    plan_group *g;
    diags *d;
    arena *mem;
    uint32_t cells, *radix;
    bool *allowed; /* no structural zero */
    double *seed;  /* the attributes' own joint; NULL until asked for */
    layer *layer;
} filling;

/* ---- groups ---------------------------------------------------------------------------------------------- */

static bool shares_leaf(const table *a, const table *b) {
    for (uint32_t i = 0; i < a->over.n; i++)
        for (uint32_t k = 0; k < b->over.n; k++)
            if (a->over.leaf[i] == b->over.leaf[k]) return true;
    return false;
}

static bool within(const table *a, const table *b) {
    for (uint32_t i = 0; i < a->over.n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->over.n; k++) found = found || a->over.leaf[i] == b->over.leaf[k];
        if (!found) return false;
    }
    return true;
}

static bool unsolved(const population *p, const table *a, const table *b, const char *why, diags *d) {
    return diag_at(p, d, DIAG_P00, b->at, b->name,
                   "let one table cut the other finer, or give one table over all attributes",
                   "not supported yet: these tables need the general solver: `" STR_FMT "` and `" STR_FMT
                   "` %s",
                   STR_ARG(a->name), STR_ARG(b->name), why);
}

static uint64_t class_count(const table *t) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->over.n; i++) n += t->cut[i].n;
    return n;
}

static bool is_coarser(const table *a, const table *b) {
    return a->over.n != b->over.n ? a->over.n < b->over.n : class_count(a) < class_count(b);
}

/* Sorts the group's tables, the coarsest first, and tells whether each lies within the next. */
static bool chain(const population *p, plan_group *g, diags *d) {
    const table *t = p->compiled->table;
    for (uint32_t i = 1; i < g->tables; i++)
        for (uint32_t k = i; k > 0 && is_coarser(&t[g->table[k]], &t[g->table[k - 1]]); k--) {
            uint32_t other = g->table[k];
            g->table[k] = g->table[k - 1];
            g->table[k - 1] = other;
        }
    for (uint32_t i = 1; i < g->tables; i++)
        if (!within(&t[g->table[i - 1]], &t[g->table[i]]))
            return unsolved(p, &t[g->table[i - 1]], &t[g->table[i]],
                            "overlap, and neither holds all attributes of the other", d);
    return true;
}

plan_group *plan_groups(const population *p, arena *mem, uint32_t *groups, diags *d) {
    const compiled *c = p->compiled;
    plan_group *all = arena_new_of(mem, plan_group, c->tables);
    uint32_t *of = arena_new_of(mem, uint32_t, c->tables);
    for (uint32_t i = 0; i < c->tables; i++) of[i] = i;
    for (uint32_t i = 0; i < c->tables; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (of[k] == of[i] || !shares_leaf(&c->table[i], &c->table[k])) continue;
            uint32_t low = of[i] < of[k] ? of[i] : of[k], high = of[i] < of[k] ? of[k] : of[i];
            for (uint32_t m = 0; m <= i; m++)
                if (of[m] == high) of[m] = low;
        }
    *groups = 0;
    bool fine = true;
    for (uint32_t i = 0; i < c->tables; i++) {
        if (of[i] != i) continue;
        plan_group *g = &all[(*groups)++];
        g->table = arena_new_of(mem, uint32_t, c->tables);
        for (uint32_t k = i; k < c->tables; k++)
            if (of[k] == i) g->table[g->tables++] = k;
        fine = chain(p, g, d) && fine;
        const table *last = &c->table[g->table[g->tables - 1]];
        g->axes = last->over.n;
        g->index = arena_new_of(mem, uint32_t, g->axes);
        for (uint32_t k = 0; k < g->axes; k++) g->index[k] = c->joint->of[last->over.leaf[k]];
    }
    return fine ? all : NULL;
}

/* ---- fine cells ------------------------------------------------------------------------------------------ */

static void classes_at(const filling *f, uint32_t cell, uint32_t *class) {
    for (uint32_t i = f->g->axes; i-- > 0;) {
        class[i] = cell % f->radix[i];
        cell /= f->radix[i];
    }
}

static bool over_axes(const filling *f, const uint32_t *leaf, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < f->g->axes; k++) found = found || f->j->at[f->g->index[k]].leaf == leaf[i];
        if (!found) return false;
    }
    return true;
}

/* Constraints over this group's attributes alone; and where a `when` over them says that there is a value. */
static bool cell_allowed(const filling *f, const record *r, uint32_t *by) {
    const compiled *c = f->p->compiled;
    for (uint32_t i = 0; i < c->zeros; i++) {
        const constraint *one = &f->p->constraint[c->zero[i]];
        *by = c->zero[i];
        if (over_axes(f, one->leaf, one->leaves) && !one->holds(one->self, r)) return false;
    }
    *by = UINT32_MAX;
    for (uint32_t i = 0; i < f->g->axes; i++) {
        const joint_leaf *j = &f->j->at[f->g->index[i]];
        const node *n = leaf_node(f->p, j->leaf);
        if (!n->when || !j->when_inside) continue;
        if (pred_holds(n->when, r) != (r->value[j->leaf].kind != V_NONE)) return false;
    }
    return true;
}

static void cell_set(const filling *f, uint32_t cell, record *r) {
    for (uint32_t i = f->g->axes; i-- > 0;) {
        const joint_leaf *j = &f->j->at[f->g->index[i]];
        r->value[j->leaf] = joint_value(j, cell % f->radix[i]);
        cell /= f->radix[i];
    }
}

static bool fine_cells(filling *f) {
    uint64_t cells = 1;
    f->radix = arena_new_of(f->mem, uint32_t, f->g->axes);
    for (uint32_t i = 0; i < f->g->axes; i++) {
        f->radix[i] = f->j->at[f->g->index[i]].fine.n;
        cells *= f->radix[i];
        if (cells > GRID_MAX)
            return diag_at(f->p, f->d, DIAG_P17, f->p->compiled->table[f->g->table[f->g->tables - 1]].at,
                           (str){0}, "use fewer or wider classes", "a table has more than 2^24 cells");
    }
    f->cells = (uint32_t)cells;
    f->allowed = arena_new_of(f->mem, bool, f->cells);
    record r;
    uint32_t by;
    record_init(&r, f->p, f->mem);
    for (uint32_t i = 0; i < f->cells; i++) {
        cell_set(f, i, &r);
        f->allowed[i] = cell_allowed(f, &r, &by);
    }
    return true;
}

static bool seed_ready(filling *f, const table *t) {
    if (f->seed) return true;
    f->seed = arena_new_of(f->mem, double, f->cells);
    return joint_seed(f->p, f->g->index, f->g->axes, t->name, t->at, f->seed, f->d);
}

/* ---- layers: shares and targets -------------------------------------------------------------------------- */

uint32_t *plan_table_width(const joint *j, const table *t, arena *mem) {
    uint32_t *width = arena_new_of(mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) {
        bool unknown = j->at[j->of[t->over.leaf[k]]].fine.none != NO_CLASS && t->cut[k].none == NO_CLASS;
        width[k] = t->cut[k].n + unknown;
    }
    return width;
}

/* For each axis of the table: the axis of the group, and the table's class of each fine class. */
static void layer_map(filling *f, layer *l) {
    const table *t = l->t;
    l->cells = 1; /* at most the fine cells: each class has one of its own */
    l->width = plan_table_width(f->j, t, f->mem);
    l->digit = arena_new_of(f->mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) l->cells *= l->width[k];
    l->of = arena_new_of(f->mem, uint32_t, f->cells);
    uint32_t *class = arena_new_of(f->mem, uint32_t, f->g->axes);
    uint32_t **map = arena_new_of(f->mem, uint32_t *, t->over.n),
             *axis = arena_new_of(f->mem, uint32_t, t->over.n);
    for (uint32_t k = 0; k < t->over.n; k++) {
        while (f->j->at[f->g->index[axis[k]]].leaf != t->over.leaf[k]) axis[k]++;
        map[k] = arena_new_of(f->mem, uint32_t, f->radix[axis[k]]);
        for (uint32_t c = 0; c < f->radix[axis[k]]; c++) {
            value v = joint_value(&f->j->at[f->g->index[axis[k]]], c);
            uint32_t own = class_of(&t->cut[k], &v);
            map[k][c] = own == NO_CLASS ? t->cut[k].n : own;
        }
    }
    for (uint32_t i = 0; i < f->cells; i++) {
        classes_at(f, i, class);
        for (uint32_t k = 0; k < t->over.n; k++) l->of[i] = l->of[i] * l->width[k] + map[k][class[axis[k]]];
    }
}

static void digits(const layer *l, uint32_t cell) {
    for (uint32_t k = l->t->over.n; k-- > 0;) {
        l->digit[k] = cell % l->width[k];
        cell /= l->width[k];
    }
}

/* The table's own number of one of our cells; 0 where it has no row for "no value". */
static double own_number(const layer *l, uint32_t cell) {
    uint32_t at = 0;
    digits(l, cell);
    for (uint32_t k = 0; k < l->t->over.n; k++) {
        if (l->digit[k] == l->t->cut[k].n) return 0;
        at = at * l->t->cut[k].n + l->digit[k];
    }
    return l->t->number[at];
}

static bool layer_shares(filling *f, layer *l) {
    l->share = arena_new_of(f->mem, double, l->cells);
    l->mass = arena_new_of(f->mem, uint64_t, l->cells);
    l->asked = arena_new_of(f->mem, uint64_t, l->cells);
    if (l->t->form == TABLE_WEIGHTS && !seed_ready(f, l->t)) return false;
    for (uint32_t i = 0; i < f->cells; i++) {
        if (l->t->form == TABLE_UNIFORM && f->allowed[i]) l->share[l->of[i]] = 1;
        if (l->t->form == TABLE_WEIGHTS && f->allowed[i]) l->share[l->of[i]] += f->seed[i];
    }
    double sum = 0;
    for (uint32_t i = 0; i < l->cells; i++) {
        if (l->t->form == TABLE_GRID) l->share[i] = own_number(l, i);
        sum += l->share[i];
    }
    if (sum <= 0)
        return diag_at(f->p, f->d, DIAG_Q03, l->t->at, l->t->name, NULL,
                       "table `" STR_FMT "`: no cell is left that constraints allow and that has a share",
                       STR_ARG(l->t->name));
    mass_of(l->share, l->cells, l->mass);
    for (uint32_t i = 0; i < l->cells; i++) l->share[i] /= sum;
    return true;
}

static void cell_keys(const filling *f, const layer *l, uint32_t cell, buf *b) {
    digits(l, cell);
    for (uint32_t k = 0; k < l->t->over.n; k++) {
        const node *n = leaf_node(f->p, l->t->over.leaf[k]);
        buf_printf(b, "%s" STR_FMT "=", k ? " " : "", STR_ARG(n->path));
        if (l->digit[k] == l->t->cut[k].n)
            buf_char(b, '~');
        else
            class_print(n, &l->t->cut[k], l->digit[k], b);
    }
}

/* Which cell of the layer before each cell lies in. */
static bool layer_parents(filling *f, const layer *above, layer *l) {
    l->parent = arena_new_of(f->mem, uint32_t, l->cells);
    memset(l->parent, 0xFF, sizeof *l->parent * l->cells);
    for (uint32_t i = 0; i < f->cells; i++) {
        uint32_t *up = &l->parent[l->of[i]];
        if (l->share[l->of[i]] <= 0) continue;
        if (*up != UINT32_MAX && *up != above->of[i])
            return unsolved(f->p, above->t, l->t, "cut one attribute into classes that cross", f->d);
        *up = above->of[i];
    }
    return true;
}

/* ---- Q02: two tables on their shared margin -------------------------------------------------------------- */

static bool layer_agrees(filling *f, const layer *above, const layer *l) {
    double *sum = arena_new_of(f->mem, double, above->cells), n = (double)f->pl->n;
    for (uint32_t i = 0; i < l->cells; i++)
        if (l->parent[i] != UINT32_MAX) sum[l->parent[i]] += l->share[i];
    double most = n * 1e-6 > 1 ? 1e-6 : 1 / n;
    buf b = {0};
    uint32_t off = 0;
    for (uint32_t i = 0; i < above->cells; i++) {
        double gap = sum[i] - above->share[i];
        if (gap <= most + 1e-12 && gap >= -most - 1e-12) continue;
        if (off++ >= 10) continue;
        if (off > 1) buf_z(&b, "; ");
        cell_keys(f, above, i, &b);
        buf_printf(&b, ": %.6g and %.6g", above->share[i] * n, sum[i] * n);
    }
    if (off)
        diag_at(f->p, f->d, DIAG_Q02, l->t->at, l->t->name,
                "make the sums of the finer table those of the coarser one",
                "tables `" STR_FMT "` and `" STR_FMT "` disagree, in persons of %llu, in %u cells: " STR_FMT,
                STR_ARG(above->t->name), STR_ARG(l->t->name), (unsigned long long)f->pl->n, off,
                STR_ARG(buf_view(&b)));
    buf_free(&b);
    return !off;
}

/* ---- Q03: persons where nobody may be -------------------------------------------------------------------- */

static void forbidding(const filling *f, const layer *l, uint32_t cell, buf *b) {
    bool *named = xcalloc(f->p->constraints + 1, sizeof *named), when = false;
    record r;
    uint32_t by;
    record_init(&r, f->p, f->mem);
    for (uint32_t i = 0; i < f->cells; i++) {
        if (l->of[i] != cell) continue;
        cell_set(f, i, &r);
        if (cell_allowed(f, &r, &by)) continue;
        if (by == UINT32_MAX)
            when = true;
        else if (!named[by])
            buf_printf(b, "%s`" STR_FMT "`", b->n ? ", " : "", STR_ARG(f->p->constraint[by].id));
        if (by != UINT32_MAX) named[by] = true;
    }
    if (when) buf_printf(b, "%s`when`", b->n ? ", " : "");
    if (!b->n) buf_z(b, "the classes of the other tables");
    free(named);
}

static bool layer_possible(filling *f, const layer *l) {
    bool *any = arena_new_of(f->mem, bool, l->cells), fine = true;
    for (uint32_t i = 0; i < f->cells; i++)
        if (f->allowed[i]) any[l->of[i]] = true;
    for (uint32_t i = 0; i < l->cells; i++) {
        if (any[i] || !l->asked[i]) continue;
        buf where = {0}, who = {0};
        cell_keys(f, l, i, &where);
        forbidding(f, l, i, &who);
        fine = diag_at(f->p, f->d, DIAG_Q03, l->t->at, l->t->name, "set the cell to 0, or loosen the rule",
                       "table `" STR_FMT "` asks for %llu persons in {" STR_FMT "}, which " STR_FMT " forbids",
                       STR_ARG(l->t->name), (unsigned long long)l->asked[i], STR_ARG(buf_view(&where)),
                       STR_ARG(buf_view(&who)));
        buf_free(&where);
        buf_free(&who);
    }
    return fine;
}

/* ---- targets --------------------------------------------------------------------------------------------- */

/* Members of each part, in order: first[part]..first[part + 1] of at[]. part UINT32_MAX: nowhere. */
typedef struct parts {
    uint32_t *first, *at;
} parts;

static parts parts_of(const uint32_t *part, uint32_t n, uint32_t count, arena *mem) {
    parts s = {arena_new_of(mem, uint32_t, (size_t)count + 2), arena_new_of(mem, uint32_t, n)};
    for (uint32_t i = 0; i < n; i++)
        if (part[i] != UINT32_MAX) s.first[part[i] + 2]++;
    for (uint32_t i = 2; i <= count; i++) s.first[i] += s.first[i - 1];
    for (uint32_t i = 0; i < n; i++)
        if (part[i] != UINT32_MAX) s.at[s.first[part[i] + 1]++] = i;
    return s;
}

/* Shares out total[part] among its members by mass. false: persons, and no mass. */
static bool share_parts(const uint64_t *total, uint32_t count, const parts *s, const uint64_t *mass,
                        uint64_t key, uint64_t *out, arena *mem, uint32_t *failed) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = s->first[i + 1] - s->first[i];
        uint64_t sum = 0;
        for (uint32_t k = 0; k < n; k++) sum += mass[s->at[s->first[i] + k]];
        *failed = i;
        if (!total[i]) continue;
        if (!sum) return false;
        uint64_t *m = arena_new_of(mem, uint64_t, n), *o = arena_new_of(mem, uint64_t, n);
        for (uint32_t k = 0; k < n; k++) m[k] = mass[s->at[s->first[i] + k]];
        share_out(total[i], m, n, rng_u64(key, i, 0, 0, 0), o);
        for (uint32_t k = 0; k < n; k++) out[s->at[s->first[i] + k]] = o[k];
    }
    return true;
}

static bool layer_targets(filling *f, const layer *above, layer *l) {
    uint64_t key = rng_u64(f->pl->seed, hash_64(l->t->name, 0), 0, 0, 0);
    uint32_t failed;
    if (!above) {
        share_out(f->pl->n, l->mass, l->cells, key, l->asked);
    } else {
        if (!layer_parents(f, above, l) || !layer_agrees(f, above, l)) return false;
        parts s = parts_of(l->parent, l->cells, above->cells, f->mem);
        if (!share_parts(above->asked, above->cells, &s, l->mass, key, l->asked, f->mem, &failed)) {
            buf b = {0};
            cell_keys(f, above, failed, &b);
            diag_at(f->p, f->d, DIAG_Q02, l->t->at, l->t->name, NULL,
                    "table `" STR_FMT "` has no share in {" STR_FMT "}, where `" STR_FMT
                    "` asks for %llu persons",
                    STR_ARG(l->t->name), STR_ARG(buf_view(&b)), STR_ARG(above->t->name),
                    (unsigned long long)above->asked[failed]);
            buf_free(&b);
            return false;
        }
    }
    return layer_possible(f, l);
}

/* ---- from the finest table to fine cells ----------------------------------------------------------------- */

static bool fine_counts(filling *f, const layer *last, uint64_t *count) {
    uint32_t *alone = arena_new_of(f->mem, uint32_t, last->cells),
             *part = arena_new_of(f->mem, uint32_t, f->cells);
    bool several = false;
    for (uint32_t i = 0; i < f->cells; i++) {
        part[i] = f->allowed[i] && last->share[last->of[i]] > 0 ? last->of[i] : UINT32_MAX;
        if (part[i] != UINT32_MAX) several = ++alone[part[i]] > 1 || several;
    }
    if (several && !seed_ready(f, last->t)) return false;
    double *weight = arena_new_of(f->mem, double, f->cells), *sum = arena_new_of(f->mem, double, last->cells);
    for (uint32_t i = 0; several && i < f->cells; i++)
        if (part[i] != UINT32_MAX) sum[part[i]] += f->seed[i];
    for (uint32_t i = 0; i < f->cells; i++) {
        if (part[i] == UINT32_MAX) continue;
        weight[i] = several && sum[part[i]] > 0 ? f->seed[i] / sum[part[i]] : 1;
        if (weight[i] <= 0) part[i] = UINT32_MAX; /* nobody has these values together */
    }
    uint64_t *mass = arena_new_of(f->mem, uint64_t, f->cells);
    mass_of(weight, f->cells, mass);
    parts s = parts_of(part, f->cells, last->cells, f->mem);
    uint32_t failed;
    share_parts(last->asked, last->cells, &s, mass, rng_u64(f->pl->seed, 1, 0, 0, 0), count, f->mem, &failed);
    for (uint32_t i = 0; i < f->cells; i++) f->g->cells += part[i] != UINT32_MAX;
    f->g->class = arena_new_of(f->pl->mem, uint32_t, (size_t)f->g->cells * f->g->axes);
    f->g->count = arena_new_of(f->pl->mem, uint64_t, f->g->cells);
    for (uint32_t i = 0, at = 0; i < f->cells; i++) {
        if (part[i] == UINT32_MAX) continue;
        classes_at(f, i, &f->g->class[(size_t)at * f->g->axes]);
        f->g->count[at++] = count[i];
    }
    return true;
}

/* The table's cells as the plan shows them: those with a share. */
static void layer_publish(const filling *f, const layer *l) {
    plan_table *out = &f->pl->table[l->index];
    out->t = l->t;
    for (uint32_t i = 0; i < l->cells; i++) out->cells += l->share[i] > 0;
    out->asked = arena_new_of(f->pl->mem, uint64_t, out->cells);
    out->class = arena_new_of(f->pl->mem, uint32_t, (size_t)out->cells * l->t->over.n);
    for (uint32_t i = 0, at = 0; i < l->cells; i++) {
        if (l->share[i] <= 0) continue;
        digits(l, i);
        memcpy(out->class + (size_t)at * l->t->over.n, l->digit, sizeof *l->digit * l->t->over.n);
        double shift = (double)l->asked[i] - l->share[i] * (double)f->pl->n;
        if (shift < 0) shift = -shift;
        if (shift > f->pl->rounding) f->pl->rounding = shift;
        out->asked[at++] = l->asked[i];
    }
}

bool plan_group_fill(plan *pl, plan_group *g, diags *d) {
    filling f = {.pl = pl, .p = pl->p, .j = pl->joint, .g = g, .d = d, .mem = arena_new(0)};
    f.layer = arena_new_of(f.mem, layer, g->tables);
    bool fine = fine_cells(&f);
    for (uint32_t i = 0; i < g->tables && fine; i++) {
        layer *l = &f.layer[i];
        l->index = g->table[i];
        l->t = &pl->p->compiled->table[l->index];
        layer_map(&f, l);
        fine = layer_shares(&f, l) && layer_targets(&f, i ? l - 1 : NULL, l);
    }
    if (fine) fine = fine_counts(&f, &f.layer[g->tables - 1], arena_new_of(f.mem, uint64_t, f.cells));
    for (uint32_t i = 0; i < g->tables && fine; i++) layer_publish(&f, &f.layer[i]);
    arena_free(f.mem);
    return fine;
}

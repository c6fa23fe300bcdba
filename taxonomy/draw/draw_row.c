/* draw_row.c: which row of a CSV a section takes: by alias tables. Only where instances are to differ and few
 * rows are left are they looked at one by one.
 *
 * PART: the columns whose classes are bound, those of table attributes that have a value there: by the cell,
 * and of attributes that only soft tables name by what was drawn from the fit. Most populations have one part,
 * of all or of none. Within a part rows with the same classes are one LOT, and rows of a group and a lot a
 * SHELF. A PICK is what a bucket of groups holds of one lot: its shelves by weight, and which share of the
 * bucket's weight they are: the chance with which the cell's classes are kept where `by` is drawn after the
 * cell.
 */
#include "taxonomy/plan/plan.h"

#include <stdlib.h>

#define TRIES      12 /* draws from all before the scan of what is left */
#define SOFT_WHENS 6  /* columns with a `when` of their own, of soft tables alone */

enum { WORD_SHELF = 205, WORD_ROW = 206, WORD_KEEP = 207 };

typedef struct shelf {
    uint32_t *row, rows;
    double weight;
    alias pick;
} shelf;

typedef struct pick {
    uint32_t *shelf;
    alias pick;
    double share;
} pick;

typedef struct part {
    bool *binds;    /* one a column */
    uint64_t bound; /* hash of which they are */
    u64map *lot;    /* hash of classes -> lot */
    u64map *find;   /* bucket x lots + lot -> pick */
    uint32_t lots;
    shelf *shelf;
    pick *pick;
    double *most; /* one a lot: the highest share in any bucket */
} part;

typedef struct row_index {
    const row_source *source;
    uint32_t *axis, axes;   /* columns in tables: their places in the joint */
    const int64_t **column; /* their values, one a row */
    part *part;
    uint32_t parts;
    bool keep; /* some of `by` is not fixed by the cell */
} row_index;

/* ---- preparing ------------------------------------------------------------------------------------------- */

static uint64_t with(uint64_t hash, uint64_t v) {
    return rng_u64(hash, v, 0, 0, 0);
}

static bool binds(const plan *pl, const row_index *x, const uint32_t *class, uint32_t axis) {
    return class[x->axis[axis]] != pl->joint->at[x->axis[axis]].fine.none;
}

/* Which columns the classes bind, and the hash of these. class: of each table attribute. */
static uint64_t bound_of(const plan *pl, const row_index *x, const uint32_t *class, uint64_t *hash) {
    uint64_t bound = 0;
    *hash = 0;
    for (uint32_t i = 0; i < x->axes; i++) {
        if (!binds(pl, x, class, i)) continue;
        bound = with(bound, i);
        *hash = with(*hash, class[x->axis[i]]);
    }
    return bound;
}

/* The hash of a row's classes, of the columns that are bound. */
static uint64_t row_hash(const plan *pl, const row_index *x, const part *p, uint32_t row) {
    uint64_t hash = 0;
    for (uint32_t i = 0; i < x->axes; i++) {
        value v = {.kind = V_NUM, .num = x->column[i][row]};
        if (p->binds[i]) hash = with(hash, class_of(&pl->joint->at[x->axis[i]].fine, &v));
    }
    return hash;
}

typedef struct sorting {
    plan *pl;
    row_index *x;
    part *to;
    uint32_t *shelf_of;     /* row -> shelf */
    uint32_t *shelf_lot;    /* shelf -> lot */
    uint32_t *first, *next; /* group -> its shelves */
    uint32_t shelves;
} sorting;

/* Rows to shelves, and the lots that there are. */
static void shelves_find(sorting *s) {
    const row_source *rows = s->x->source;
    u64map *known = u64map_new(256);
    for (uint32_t g = 0; g < rows->groups; g++) s->first[g] = UINT32_MAX;
    for (uint32_t i = 0; i < rows->rows; i++) {
        if (rows->weight[i] <= 0) continue;
        uint64_t hash = row_hash(s->pl, s->x, s->to, i), lot, at;
        if (!u64map_get(s->to->lot, hash, &lot)) u64map_put(s->to->lot, hash, lot = s->to->lots++);
        uint64_t key = (uint64_t)rows->group[i] << 32 | lot;
        if (!u64map_get(known, key, &at)) {
            u64map_put(known, key, at = s->shelves++);
            s->shelf_lot[at] = (uint32_t)lot;
            s->next[at] = s->first[rows->group[i]];
            s->first[rows->group[i]] = (uint32_t)at;
        }
        s->shelf_of[i] = (uint32_t)at;
    }
    u64map_free(known);
}

static void shelves_fill(sorting *s) {
    const row_source *rows = s->x->source;
    arena *mem = s->pl->mem;
    shelf *all = s->to->shelf = arena_new_of(mem, shelf, s->shelves + 1);
    double *weight = xmalloc(sizeof *weight * (rows->rows + 1));
    for (uint32_t i = 0; i < rows->rows; i++)
        if (rows->weight[i] > 0) all[s->shelf_of[i]].rows++;
    for (uint32_t k = 0; k < s->shelves; k++) {
        all[k].row = arena_new_of(mem, uint32_t, all[k].rows);
        all[k].rows = 0;
    }
    for (uint32_t i = 0; i < rows->rows; i++) {
        if (rows->weight[i] <= 0) continue;
        shelf *one = &all[s->shelf_of[i]];
        one->row[one->rows++] = i;
        one->weight += rows->weight[i];
    }
    for (uint32_t k = 0; k < s->shelves; k++) {
        for (uint32_t i = 0; i < all[k].rows; i++) weight[i] = rows->weight[all[k].row[i]];
        alias_build(&all[k].pick, weight, all[k].rows, mem);
    }
    free(weight);
}

typedef struct held { /* a shelf in a bucket */
    uint32_t lot, shelf;
} held;

static int by_lot(const void *a, const void *b) {
    const held *x = a, *y = b;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->shelf < y->shelf ? -1 : x->shelf > y->shelf;
}

static uint32_t bucket_shelves(const sorting *s, uint32_t bucket, held *out) {
    const row_source *rows = s->x->source;
    uint32_t n = 0;
    for (uint32_t m = rows->start[bucket]; m < rows->start[bucket + 1]; m++)
        for (uint32_t k = s->first[rows->member[m]]; k != UINT32_MAX; k = s->next[k]) {
            if (out) out[n] = (held){s->shelf_lot[k], k};
            n++;
        }
    return n;
}

static void pick_make(const sorting *s, const held *h, uint32_t n, double whole, pick *out) {
    double *weight = xmalloc(sizeof *weight * (n + 1)), sum = 0;
    out->shelf = arena_new_of(s->pl->mem, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        out->shelf[i] = h[i].shelf;
        sum += weight[i] = s->to->shelf[h[i].shelf].weight;
    }
    alias_build(&out->pick, weight, n, s->pl->mem);
    out->share = sum / whole;
    free(weight);
}

static void picks_make(sorting *s) {
    const row_source *rows = s->x->source;
    size_t most = 0, picks = 0;
    for (uint32_t b = 0; b < rows->buckets; b++) most += bucket_shelves(s, b, NULL);
    s->to->pick = arena_new_of(s->pl->mem, pick, most + 1);
    s->to->most = arena_new_of(s->pl->mem, double, s->to->lots + 1);
    held *h = xmalloc(sizeof *h * (s->shelves + 1));
    for (uint32_t b = 0; b < rows->buckets; b++) {
        uint32_t n = bucket_shelves(s, b, h);
        double whole = 0;
        qsort(h, n, sizeof *h, by_lot);
        for (uint32_t i = 0; i < n; i++) whole += s->to->shelf[h[i].shelf].weight;
        for (uint32_t i = 0, end; i < n; i = end) {
            for (end = i + 1; end < n && h[end].lot == h[i].lot;) end++;
            pick *one = &s->to->pick[picks];
            pick_make(s, h + i, end - i, whole, one);
            u64map_put(s->to->find, (uint64_t)b * s->to->lots + h[i].lot, picks++);
            if (one->share > s->to->most[h[i].lot]) s->to->most[h[i].lot] = one->share;
        }
    }
    free(h);
}

static void part_make(plan *pl, row_index *x, uint64_t bound, const uint32_t *class) {
    const row_source *rows = x->source;
    part *to = &x->part[x->parts++];
    *to = (part){.bound = bound, .lot = u64map_new(64), .find = u64map_new(rows->buckets)};
    to->binds = arena_new_of(pl->mem, bool, x->axes + 1);
    for (uint32_t i = 0; i < x->axes; i++) to->binds[i] = binds(pl, x, class, i);
    pl->maps[pl->nmaps++] = to->lot;
    pl->maps[pl->nmaps++] = to->find;
    sorting s = {.pl = pl, .x = x, .to = to};
    s.shelf_of = xmalloc(sizeof(uint32_t) * (rows->rows + 1));
    s.shelf_lot = xmalloc(sizeof(uint32_t) * (rows->rows + 1));
    s.first = xmalloc(sizeof(uint32_t) * (rows->groups + 1));
    s.next = xmalloc(sizeof(uint32_t) * (rows->rows + 1));
    shelves_find(&s);
    shelves_fill(&s);
    picks_make(&s);
    free(s.shelf_of);
    free(s.shelf_lot);
    free(s.first);
    free(s.next);
}

static const part *part_of(const row_index *x, uint64_t bound) {
    for (uint32_t i = 0; i < x->parts; i++)
        if (x->part[i].bound == bound) return &x->part[i];
    return NULL;
}

/* Columns that soft tables alone cut, and that have a value or none where there is a row: SOFT_WHENS of them at
 * most. Returns how many. */
static uint32_t soft_axes(const plan *pl, const row_index *x, uint32_t *axis) {
    const joint *j = pl->joint;
    const node *section = leaf_node(pl->p, x->source->leaf);
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->axes && n < SOFT_WHENS; i++) {
        const node *one = leaf_node(pl->p, j->at[x->axis[i]].leaf);
        if (x->axis[i] < j->n || !one->when || one->when == section->when) continue;
        if (axis) axis[n] = x->axis[i];
        n++;
    }
    return n;
}

/* Classes that bind what the cell does; of soft tables all, less those of soft_axes that the variant says. */
static void classes_fill(const plan *pl, const row_index *x, uint32_t cell, uint32_t variant, uint32_t *class) {
    const joint *j = pl->joint;
    uint32_t axis[SOFT_WHENS], n = soft_axes(pl, x, axis);
    for (uint32_t i = 0; i < j->n; i++) class[i] = pl->class[(size_t)cell * j->n + i];
    for (uint32_t i = j->n; i < j->all; i++) class[i] = j->at[i].fine.none == 0;
    for (uint32_t i = 0; i < n; i++)
        if (variant >> i & 1) class[axis[i]] = j->at[axis[i]].fine.none;
}

const row_index *row_prepare(plan *pl, const row_source *rows) {
    const joint *j = pl->joint;
    arena *mem = pl->mem;
    row_index *x = arena_new_of(mem, row_index, 1);
    *x = (row_index){.source = rows, .axis = arena_new_of(mem, uint32_t, rows->columns + 1)};
    x->column = arena_new_of(mem, const int64_t *, rows->columns + 1);
    for (uint32_t i = 0; i < rows->columns; i++) {
        if (j->of[rows->column[i]] == NO_LEAF) continue;
        x->axis[x->axes] = j->of[rows->column[i]];
        x->column[x->axes++] = leaf_node(pl->p, rows->column[i])->draw->dist[0].cell;
    }
    for (uint32_t i = 0; i < rows->by.n; i++) x->keep = x->keep || (x->axes && !j->fixed[rows->by.leaf[i]]);
    /* the parts: few, for each is a choice of attributes that have no value there */
    uint32_t variants = 1u << soft_axes(pl, x, NULL), *class = xcalloc(j->all + 1, sizeof *class);
    u64map *seen = u64map_new(16);
    for (uint32_t c = pl->cells; c-- > 0;)
        for (uint32_t i = variants; i-- > 0;) {
            uint64_t hash;
            classes_fill(pl, x, c, i, class);
            u64map_put(seen, bound_of(pl, x, class, &hash), (uint64_t)c * variants + i);
        }
    size_t parts = u64map_size(seen);
    x->part = arena_new_of(mem, part, parts);
    u64map **maps = arena_new_of(mem, u64map *, pl->nmaps + 2 * parts);
    for (uint32_t i = 0; i < pl->nmaps; i++) maps[i] = pl->maps[i];
    pl->maps = maps;
    for (uint64_t bound, at; u64map_first(seen, &bound);) {
        u64map_del(seen, bound, &at);
        classes_fill(pl, x, (uint32_t)(at / variants), (uint32_t)(at % variants), class);
        part_make(pl, x, bound, class);
    }
    free(class);
    u64map_free(seen);
    return x;
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

/* Whether the row has, in a column that is to differ, what one of those before has. */
static bool is_taken(const plan *pl, const draw_leaf *l, int64_t row, const value *taken, uint32_t ntaken) {
    for (uint32_t i = 0; i < l->differs; i++) {
        const int64_t *cell = leaf_node(pl->p, l->differ[i])->draw->dist[0].cell;
        for (uint32_t k = 0; k < ntaken; k++)
            if (taken[k].kind == V_NUM && cell[taken[k].num] == cell[row]) return true;
    }
    return false;
}

/* By weight among all rows of the pick that are left; false: none is. */
static bool scan_left(const plan *pl, const draw_leaf *l, const part *p, const pick *one, const value *taken,
                      uint32_t ntaken, double u, int64_t *row) {
    const double *weight = l->rows->source->weight;
    double sum = 0;
    for (int pass = 0; pass < 2; pass++) {
        double left = u * sum;
        for (uint32_t s = 0; s < one->pick.n; s++)
            for (uint32_t i = 0; i < p->shelf[one->shelf[s]].rows; i++) {
                uint32_t at = p->shelf[one->shelf[s]].row[i];
                if (is_taken(pl, l, at, taken, ntaken)) continue;
                if (!pass) sum += weight[at];
                *row = at;
                if (pass && left < weight[at]) return true;
                if (pass) left -= weight[at];
            }
    }
    return sum > 0;
}

row_drawn row_draw(const plan *pl, const draw_leaf *l, const record *r, const uint32_t *class,
                   const draw_key *k, const value *taken, uint32_t ntaken, int64_t *row) {
    const row_index *x = l->rows;
    uint32_t bucket = grid_at(x->source->agree, r);
    uint64_t hash, lot, at;
    const part *p = part_of(x, bound_of(pl, x, class, &hash));
    if (bucket == UINT32_MAX) return ROW_NONE;
    if (!p || !u64map_get(p->lot, hash, &lot)) return ROW_REFUSED;
    if (!u64map_get(p->find, (uint64_t)bucket * p->lots + lot, &at)) return ROW_REFUSED;
    const pick *one = &p->pick[at];
    if (x->keep && rng_unit(draw_word(k, 0, WORD_KEEP)) * p->most[lot] > one->share) return ROW_REFUSED;
    for (uint32_t i = 0; i < TRIES; i++) {
        uint64_t word = draw_word(k, i, WORD_SHELF);
        const shelf *s = &p->shelf[one->shelf[alias_pick(&one->pick, word, word * one->pick.n)]];
        word = draw_word(k, i, WORD_ROW);
        *row = s->row[alias_pick(&s->pick, word, word * s->pick.n)];
        if (!is_taken(pl, l, *row, taken, ntaken)) return ROW_DRAWN;
    }
    double u = rng_unit(draw_word(k, TRIES, WORD_ROW));
    return scan_left(pl, l, p, one, taken, ntaken, u, row) ? ROW_DRAWN : ROW_REFUSED;
}

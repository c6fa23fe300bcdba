/* swap.c: the margins that the junction tree does not hold, by moves that keep those that it does.
 *
 * Two persons in the same state of a separator exchange everything beyond it (their tails): no margin of the
 * tree changes. One of them is taken from a cell of an open margin that has too many, the other at random; the
 * move is made if it brings all open margins together nearer, or, now and then, if it leaves them as far (which
 * leads out of corners). Swaps of whole tails at every separator are what it takes with few persons: of 100
 * cyclic sets at 300 and 500 persons, swaps of single attributes alone met none, these all. Random by the
 * problem's key.
 */
#include "taxonomy/solve/solve_parts.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 2000000 };

/* The cells that somebody is in, by the parts of a partition: those of a part stand together, in the first
 * `used[part]` places of its range. */
typedef struct parts {
    const uint32_t *of; /* cell -> part */
    uint32_t *first, *used, *item, *place;
} parts;

typedef struct repair {
    const problem *p;
    uint64_t *count, **got;
    const bool *inside;
    parts *separator, *open; /* one a join; one a margin, of those not inside */
    parts alike;             /* cells that are the same to all margins inside; all, not only the occupied */
    uint32_t joins;
    const junction *list;
    uint32_t *stride;
    uint64_t gap, word;
} repair;

static uint64_t draw(repair *r, uint64_t below) {
    return rng_below(rng_u64(r->p->key, r->word++, 11, 0, 0), below);
}

static parts parts_make(const problem *p, const uint32_t *of, uint32_t n) {
    parts s = {.of = of,
               .first = arena_new_of(p->mem, uint32_t, (size_t)n + 1),
               .used = arena_new_of(p->mem, uint32_t, n),
               .item = arena_new_of(p->mem, uint32_t, p->cells),
               .place = arena_new_of(p->mem, uint32_t, p->cells)};
    for (uint32_t i = 0; i < p->cells; i++) s.first[of[i] + 1]++;
    for (uint32_t i = 0; i < n; i++) s.first[i + 1] += s.first[i];
    return s;
}

static void parts_add(parts *s, uint32_t cell) {
    uint32_t part = s->of[cell], at = s->first[part] + s->used[part]++;
    s->item[at] = cell;
    s->place[cell] = at;
}

static void parts_drop(parts *s, uint32_t cell) {
    uint32_t part = s->of[cell], at = s->place[cell], last = s->first[part] + --s->used[part];
    s->item[at] = s->item[last];
    s->place[s->item[at]] = at;
}

static void occupy(repair *r, uint32_t cell, bool there) {
    for (uint32_t k = 0; k < r->joins; k++) (there ? parts_add : parts_drop)(&r->separator[k], cell);
    for (uint32_t m = 0; m < r->p->margins; m++)
        if (!r->inside[m]) (there ? parts_add : parts_drop)(&r->open[m], cell);
}

static void move_person(repair *r, uint32_t cell, bool in) {
    if (in && r->count[cell]++ == 0) occupy(r, cell, true);
    if (!in && --r->count[cell] == 0) occupy(r, cell, false);
    for (uint32_t m = 0; m < r->p->margins; m++) r->got[m][r->p->margin[m].of[cell]] += in ? 1 : (uint64_t)-1;
}

/* The change of the gap if the persons in from[] go to to[]. */
static int64_t change_of(const repair *r, const uint32_t *from, const uint32_t *to, int persons) {
    int64_t sum = 0;
    for (uint32_t m = 0; m < r->p->margins; m++) {
        if (r->inside[m]) continue;
        const margin *x = &r->p->margin[m];
        uint64_t *got = r->got[m];
        /* applied and taken back: several may be the same cell of the margin */
        for (int i = 0; i < persons; i++) {
            uint32_t c = x->of[from[i]];
            sum += got[c] > x->want[c] ? -1 : 1;
            got[c]--;
        }
        for (int i = 0; i < persons; i++) {
            uint32_t c = x->of[to[i]];
            sum += got[c] < x->want[c] ? -1 : 1;
            got[c]++;
        }
        for (int i = 0; i < persons; i++) got[x->of[from[i]]]++, got[x->of[to[i]]]--;
    }
    return sum;
}

/* The cell with the tail of `other`. */
static uint32_t with_tail(const repair *r, uint32_t cell, uint32_t other, uint64_t tail) {
    uint32_t out = cell;
    for (uint32_t a = 0; a < r->p->axes; a++) {
        if (!(tail >> a & 1)) continue;
        uint32_t x = cell / r->stride[a] % r->p->radix[a], y = other / r->stride[a] % r->p->radix[a];
        out = out + y * r->stride[a] - x * r->stride[a];
    }
    return out;
}

/* A person in a cell of an open margin that has too many; UINT32_MAX: that margin is met. */
static uint32_t one_too_many(repair *r, uint32_t m) {
    const margin *x = &r->p->margin[m];
    uint32_t from = (uint32_t)draw(r, x->cells);
    for (uint32_t i = 0; i < x->cells; i++) {
        uint32_t c = from + i < x->cells ? from + i : from + i - x->cells;
        if (r->got[m][c] <= x->want[c]) continue;
        const parts *s = &r->open[m];
        return s->item[s->first[c] + draw(r, s->used[c])];
    }
    return UINT32_MAX;
}

static void try_move(repair *r, const uint32_t *from, const uint32_t *to, int persons) {
    for (int i = 0; i < persons; i++)
        if (r->p->weight[to[i]] <= 0) return;
    int64_t change = change_of(r, from, to, persons);
    /* level moves often, small steps back seldom: they lead out of corners */
    if ((change == 0 && draw(r, 4)) || (change > 0 && (change > 2 || draw(r, 100)))) return;
    for (int i = 0; i < persons; i++) move_person(r, from[i], false);
    for (int i = 0; i < persons; i++) move_person(r, to[i], true);
    r->gap = (uint64_t)((int64_t)r->gap + change);
}

static void try_one(repair *r, uint32_t m) {
    uint32_t a = one_too_many(r, m);
    if (a == UINT32_MAX) return;
    uint32_t k = (uint32_t)draw(r, r->joins + 1);
    if (k == r->joins) {
        /* alone, to a cell that the tree's margins cannot tell from its own */
        uint32_t part = r->alike.of[a], n = r->alike.first[part + 1] - r->alike.first[part];
        uint32_t to = r->alike.item[r->alike.first[part] + draw(r, n)];
        if (to != a) try_move(r, &a, &to, 1);
        return;
    }
    const parts *s = &r->separator[k];
    uint32_t part = s->of[a], b = s->item[s->first[part] + draw(r, s->used[part])];
    const uint32_t from[2] = {a, b},
                   to[2] = {with_tail(r, a, b, r->list[k].tail), with_tail(r, b, a, r->list[k].tail)};
    if (to[0] != a && to[0] != b) try_move(r, from, to, 2);
}

/* The state of each cell at a junction's separator, in its margin's classes: a number below the product of
 * their widths. */
static const uint32_t *states(const repair *r, const junction *j, uint32_t *n) {
    const margin *m = &r->p->margin[j->margin];
    uint32_t *of = arena_new_of(r->p->mem, uint32_t, r->p->cells);
    *n = 1;
    for (uint32_t k = 0; k < m->axes; k++) {
        uint32_t a = m->axis[k];
        if (!(j->separator >> a & 1)) continue;
        for (uint32_t i = 0; i < r->p->cells; i++)
            of[i] = of[i] * m->width[k] + m->class[k][i / r->stride[a] % r->p->radix[a]];
        *n *= m->width[k];
    }
    return of;
}

static void alike_make(repair *r) {
    const problem *p = r->p;
    uint32_t *of = arena_new_of(p->mem, uint32_t, p->cells), n = 0;
    u64map *known = u64map_new(1024);
    for (uint32_t i = 0; i < p->cells; i++) {
        uint64_t key = 0, part;
        for (uint32_t m = 0; m < p->margins; m++)
            if (r->inside[m]) key = rng_u64(key, p->margin[m].of[i], m, 0, 0);
        if (!u64map_get(known, key, &part)) u64map_put(known, key, part = n++);
        of[i] = (uint32_t)part;
    }
    u64map_free(known);
    r->alike = parts_make(p, of, n);
    for (uint32_t i = 0; i < p->cells; i++) parts_add(&r->alike, i);
}

static void repair_prepare(repair *r) {
    const problem *p = r->p;
    r->stride = arena_new_of(p->mem, uint32_t, p->axes);
    for (uint32_t a = p->axes, by = 1; a-- > 0; by *= p->radix[a]) r->stride[a] = by;
    r->separator = arena_new_of(p->mem, parts, r->joins + 1);
    r->open = arena_new_of(p->mem, parts, p->margins);
    for (uint32_t k = 0; k < r->joins; k++) {
        uint32_t n;
        const uint32_t *of = states(r, &r->list[k], &n);
        r->separator[k] = parts_make(p, of, n);
    }
    for (uint32_t m = 0; m < p->margins; m++)
        if (!r->inside[m]) r->open[m] = parts_make(p, p->margin[m].of, p->margin[m].cells);
    alike_make(r);
    for (uint32_t i = 0; i < p->cells; i++)
        if (r->count[i]) occupy(r, i, true);
}

bool solve_swap(const problem *p, const junction *list, uint32_t joins, const bool *inside, uint64_t *count,
                solve_report *out) {
    uint64_t **got = arena_new_of(p->mem, uint64_t *, p->margins);
    repair r = {.p = p, .count = count, .got = got, .inside = inside, .list = list, .joins = joins};
    /* the first margin of a tree has no separator: everybody is in its one state, and its tail is everything
     * else */
    r.gap = solve_gap(p, count, got);
    if (!r.gap) return true;
    uint32_t closed = 0;
    while (closed < p->margins && inside[closed]) closed++;
    if (closed == p->margins) return false;
    repair_prepare(&r);
    uint32_t m = 0;
    for (out->swaps = 0; r.gap && out->swaps < TRIES; out->swaps++) {
        do m = m + 1 < p->margins ? m + 1 : 0;
        while (inside[m]);
        try_one(&r, m);
    }
    return r.gap == 0;
}

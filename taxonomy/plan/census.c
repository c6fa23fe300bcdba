/* census.c: records of others counted by what tables tell apart.
 *
 * A PLACE is a combination of the joint's classes that some record had, numbered in the order of first sight; a
 * table is counted in its own classes. Both are kept by key, so what is held grows with the combinations that
 * occur, never with the records.
 */
#include "taxonomy/plan/plan.h"
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

/* Key -> number of a counter. */
typedef struct counters {
    u64map *known;
    uint64_t *count;
    uint32_t n, cap;
} counters;

struct census {
    arena *mem;
    const population *p;
    const joint *j;
    counters places;
    uint64_t *key; /* of each place */
    uint32_t keys_cap;
    counters *table;
    uint32_t *leaf, leaves; /* of hard tables, then those of soft ones alone */
    uint32_t softs;
    uint64_t size;
};

static uint32_t counter_of(counters *c, uint64_t key) {
    uint64_t at;
    if (u64map_get(c->known, key, &at)) return (uint32_t)at;
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 256;
        c->count = xrealloc(c->count, sizeof *c->count * c->cap);
    }
    c->count[c->n] = 0;
    u64map_put(c->known, key, c->n);
    return c->n++;
}

static void leaves_find(census *c) {
    const joint *j = c->j;
    c->leaf = arena_new_of(c->mem, uint32_t, c->p->leaves + 1);
    for (uint32_t i = 0; i < c->p->leaves; i++)
        if (j->of[i] < j->n) c->leaf[c->leaves++] = i;
    for (uint32_t i = 0; i < c->p->leaves; i++)
        if (j->of[i] >= j->n && j->of[i] != NO_LEAF) c->leaf[c->leaves + c->softs++] = i;
}

census *census_new(const population *p) {
    arena *mem = arena_new(0);
    census *c = arena_new_of(mem, census, 1);
    *c = (census){.mem = mem, .p = p, .j = p->compiled->joint, .places.known = u64map_new(256)};
    c->table = arena_new_of(mem, counters, p->compiled->tables + 1);
    for (uint32_t t = 0; t < p->compiled->tables; t++) c->table[t].known = u64map_new(256);
    leaves_find(c);
    return c;
}

void census_free(census *c) {
    if (!c) return;
    for (uint32_t t = 0; t < c->p->compiled->tables; t++) {
        u64map_free(c->table[t].known);
        free(c->table[t].count);
    }
    u64map_free(c->places.known);
    free(c->places.count);
    free(c->key);
    arena_free(c->mem);
}

const uint32_t *census_leaves(const census *c, uint32_t *n) {
    *n = c->leaves;
    return c->leaf;
}

const uint32_t *census_softs(const census *c, uint32_t *n) {
    *n = c->softs;
    return c->leaf + c->leaves;
}

uint64_t census_size(const census *c) {
    return c->size;
}

uint32_t census_places(const census *c) {
    return c->places.n;
}

uint64_t census_count(const census *c, uint32_t place) {
    return c->places.count[place];
}

/* ---- adding -------------------------------------------------------------------------------------------- */

static bool countable(const value *v) {
    return v->kind == V_NUM || v->kind == V_NONE;
}

/* A table's own class of a value; one more than the last: no row for "no value". */
static uint32_t class_in(const classes *cut, const value *v) {
    uint32_t class = class_of(cut, v);
    return class == NO_CLASS ? cut->n : class;
}

/* In mixed radix, with one class more of each attribute; rows of several combinations have the key of the
 * lowest one. */
static uint64_t table_key(const table *t, const record *r) {
    uint64_t key = 0, by = 1;
    uint32_t row = 0;
    bool listed = t->same;
    for (uint32_t k = 0; k < t->over.n; k++) {
        uint32_t class = class_in(&t->cut[k], &r->value[t->over.leaf[k]]);
        listed = listed && class < t->cut[k].n;
        key = key * (t->cut[k].n + 1) + class;
        row = row * t->cut[k].n + class;
    }
    if (!listed) return key;
    key = 0;
    row = t->same[row];
    for (uint32_t k = t->over.n; k-- > 0; by *= t->cut[k].n + 1, row /= t->cut[k].n)
        key += row % t->cut[k].n * by;
    return key;
}

uint32_t census_place(census *c, const record *r, uint32_t *leaf) {
    uint64_t key = 0;
    for (uint32_t i = 0; i < c->j->n; i++) {
        const joint_leaf *at = &c->j->at[i];
        const value *v = &r->value[at->leaf];
        uint32_t class = countable(v) ? class_of(&at->fine, v) : NO_CLASS;
        *leaf = at->leaf;
        if (class == NO_CLASS) return UINT32_MAX;
        key = key * at->fine.n + class;
    }
    uint32_t place = counter_of(&c->places, key);
    if (c->keys_cap < c->places.cap) {
        c->keys_cap = c->places.cap;
        c->key = xrealloc(c->key, sizeof *c->key * c->keys_cap);
    }
    c->key[place] = key;
    return place;
}

void census_add(census *c, const record *r, uint32_t place) {
    c->places.count[place]++;
    c->size++;
    for (uint32_t t = 0; t < c->p->compiled->tables; t++) {
        uint32_t at = counter_of(&c->table[t], table_key(&c->p->compiled->table[t], r)); /* may move count[] */
        c->table[t].count[at]++;
    }
}

uint64_t census_key(const census *c, uint32_t place) {
    return c->key[place];
}

/* ---- against a plan ------------------------------------------------------------------------------------ */

uint32_t census_cell(const census *c, const plan *pl, uint32_t place) {
    uint64_t cell;
    return u64map_get(pl->find, c->key[place], &cell) ? (uint32_t)cell : UINT32_MAX;
}

/* Counts of some cells of a table, by their classes; returns how many records are in none of them. */
static uint64_t counts_of(const census *c, const table *t, const uint32_t *class, uint32_t cells,
                          uint64_t *got) {
    const counters *own = &c->table[t - c->p->compiled->table];
    uint64_t within = 0;
    for (uint32_t i = 0; i < cells; i++) {
        uint64_t key = 0, at;
        for (uint32_t k = 0; k < t->over.n; k++)
            key = key * (t->cut[k].n + 1) + class[(size_t)i * t->over.n + k];
        got[i] = u64map_get(own->known, key, &at) ? own->count[at] : 0;
        within += got[i];
    }
    return c->size - within;
}

uint64_t census_table(const census *c, const plan *pl, uint32_t which, uint64_t *got) {
    const plan_table *t = &pl->table[which];
    return counts_of(c, t->t, t->class, t->cells, got);
}

uint64_t census_soft(const census *c, const plan *pl, uint32_t which, uint64_t *got) {
    const plan_soft *t = &pl->soft[which];
    return counts_of(c, t->t, t->class, t->cells, got);
}

/* row_demand.c: what tables ask of the rows of a section: combinations of its columns and of the parents of its
 * `by` that no row has are structural zeros.
 *
 * A combination is a hash of the columns' values and of the parents' classes; those that rows have are sorted.
 */
#include "taxonomy/compile/compile.h"

#include <stdlib.h>

/* Whether some row agrees with those columns and parents that tables cut. */
typedef struct row_demand {
    const row_source *rows;
    uint32_t *leaf, leaves;
    uint32_t *parent; /* of each: index in `by`, NO_LEAF: a column */
    uint64_t *there;  /* hashes of the combinations that rows have, sorted */
    size_t n;
} row_demand;

static uint64_t with(uint64_t hash, uint64_t v) {
    return rng_u64(hash, v, 0, 0, 0);
}

static int by_hash(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* An attribute without value asks for nothing: its `when` says whether that may be. */
static bool demand_met(const void *self, const record *r) {
    const row_demand *x = self;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < x->leaves; i++) {
        const value *v = &r->value[x->leaf[i]];
        if (x->parent[i] != NO_LEAF)
            hash = with(hash, class_of(&x->rows->agree->parent[x->parent[i]], v));
        else if (v->kind != V_NUM)
            return true;
        else
            hash = with(hash, (uint64_t)v->num);
    }
    return bsearch(&hash, x->there, x->n, sizeof hash, by_hash);
}

typedef struct hashes {
    uint64_t *hash;
    size_t n, cap;
} hashes;

static void hash_add(hashes *h, uint64_t v) {
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 256;
        h->hash = xrealloc(h->hash, sizeof *h->hash * h->cap);
    }
    h->hash[h->n++] = v;
}

/* Of each group the rows that differ in the columns asked for: first[group], then next[row]. */
static void group_rows(const population *p, const row_demand *x, uint32_t *first, uint32_t *next) {
    const row_source *s = x->rows;
    u64map *known = u64map_new(s->rows);
    for (uint32_t g = 0; g < s->groups; g++) first[g] = UINT32_MAX;
    for (uint32_t row = 0; row < s->rows; row++) {
        uint64_t hash = with(0, s->group[row]), ignored;
        for (uint32_t i = 0; i < x->leaves; i++)
            if (x->parent[i] == NO_LEAF)
                hash = with(hash, (uint64_t)leaf_node(p, x->leaf[i])->draw->dist[0].cell[row]);
        if (s->weight[row] <= 0 || u64map_get(known, hash, &ignored)) continue;
        u64map_put(known, hash, row);
        next[row] = first[s->group[row]];
        first[s->group[row]] = row;
    }
    u64map_free(known);
}

/* What the rows of a cell of `by` have of the demand. class: of the parents there. */
static void cell_rows(const population *p, const row_demand *x, uint32_t bucket, const uint32_t *class,
                      const uint32_t *first, const uint32_t *next, hashes *h) {
    const row_source *s = x->rows;
    for (uint32_t m = s->start[bucket]; m < s->start[bucket + 1]; m++)
        for (uint32_t row = first[s->member[m]]; row != UINT32_MAX; row = next[row]) {
            uint64_t hash = 0;
            for (uint32_t i = 0; i < x->leaves; i++) {
                uint32_t k = x->parent[i];
                if (k == NO_LEAF)
                    hash = with(hash, (uint64_t)leaf_node(p, x->leaf[i])->draw->dist[0].cell[row]);
                else /* behind the last class is what has none */
                    hash = with(hash, class[k] == s->agree->parent[k].n ? UINT32_MAX : class[k]);
            }
            hash_add(h, hash);
        }
}

static void demand_fill(population *p, row_demand *x) {
    const row_source *s = x->rows;
    const grid *g = s->agree;
    uint32_t *first = xmalloc(sizeof *first * (s->groups + 1)), *next = xmalloc(sizeof *next * (s->rows + 1));
    uint32_t *class = xcalloc(g->parents + 1, sizeof *class);
    hashes h = {0};
    group_rows(p, x, first, next);
    for (uint32_t cell = 0; cell < g->cells; cell++) {
        uint32_t rest = cell;
        for (uint32_t i = g->parents; i-- > 0;) {
            class[i] = rest % (g->parent[i].n + 1);
            rest /= g->parent[i].n + 1;
        }
        if (g->cell[cell] != UINT32_MAX) cell_rows(p, x, g->cell[cell], class, first, next, &h);
    }
    if (h.n) qsort(h.hash, h.n, sizeof *h.hash, by_hash);
    for (size_t i = 0; i < h.n; i++)
        if (!x->n || h.hash[i] != h.hash[x->n - 1]) h.hash[x->n++] = h.hash[i];
    x->there = arena_dup(p->mem, h.hash, sizeof *h.hash * x->n);
    free(h.hash);
    free(class);
    free(next);
    free(first);
}

void rows_constrain(population *p) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        if (n->row == NO_LEAF) continue;
        const row_source *s = n->draw->row;
        row_demand *x = arena_new_of(p->mem, row_demand, 1);
        *x = (row_demand){.rows = s, .leaf = arena_new_of(p->mem, uint32_t, s->columns + s->by.n + 1)};
        x->parent = arena_new_of(p->mem, uint32_t, s->columns + s->by.n + 1);
        uint32_t columns = 0;
        for (uint32_t k = 0; k < s->by.n + s->columns; k++) {
            uint32_t leaf = k < s->by.n ? s->by.leaf[k] : s->column[k - s->by.n];
            if (!leaf_node(p, leaf)->in_table) continue;
            x->parent[x->leaves] = k < s->by.n ? k : NO_LEAF;
            x->leaf[x->leaves++] = leaf;
            columns += k >= s->by.n;
        }
        if (!columns || x->leaves < 2) continue;
        demand_fill(p, x);
        str id = str_printf(p->mem, STR_FMT ".row", STR_ARG(n->path));
        population_constrain(
            p, &(constraint){.id = id, .leaf = x->leaf, .leaves = x->leaves, .holds = demand_met, .self = x});
    }
}

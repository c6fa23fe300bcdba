/* u64map.c: uint64 -> uint64. Open addressing, linear probing, a power of two of places, at most 70 % taken.
 * The key 0 marks an empty place; an entry with that key stands beside the table. A deletion moves the entries
 * behind it back, so that there are no tombstones and a map in long use probes as fast as a new one. */
#include "pipeline/base/base.h"

#include <stdlib.h>

typedef struct place {
    uint64_t key, value;
} place;

struct u64map {
    place *places;
    size_t mask, taken; /* without the key 0 */
    bool has_zero;
    uint64_t zero_value;
};

static size_t home(const u64map *m, uint64_t key) {
    key ^= key >> 32;
    key *= 0x9E3779B97F4A7C15u;
    key ^= key >> 29;
    key *= 0xBF58476D1CE4E5B9u;
    return (key ^ key >> 32) & m->mask;
}

u64map *u64map_new(size_t expected) {
    size_t n = 16;
    while (n * 7 / 10 < expected) n *= 2;
    u64map *m = xcalloc(1, sizeof *m);
    m->places = xcalloc(n, sizeof(place));
    m->mask = n - 1;
    return m;
}

void u64map_free(u64map *m) {
    if (!m) return;
    free(m->places);
    free(m);
}

static place *find(const u64map *m, uint64_t key) {
    size_t i = home(m, key);
    while (m->places[i].key && m->places[i].key != key) i = (i + 1) & m->mask;
    return &m->places[i];
}

static void grow(u64map *m) {
    place *old = m->places;
    size_t n = m->mask + 1;
    m->places = xcalloc(n * 2, sizeof(place));
    m->mask = n * 2 - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].key) *find(m, old[i].key) = old[i];
    free(old);
}

bool u64map_get(const u64map *m, uint64_t key, uint64_t *value) {
    const place *p = find(m, key);
    bool there = key ? p->key == key : m->has_zero;
    if (there && value) *value = key ? p->value : m->zero_value;
    return there;
}

bool u64map_put(u64map *m, uint64_t key, uint64_t value) {
    if (key == 0) {
        bool fresh = !m->has_zero;
        m->has_zero = true;
        m->zero_value = value;
        return fresh;
    }
    place *p = find(m, key);
    if (p->key) {
        p->value = value;
        return false;
    }
    if ((m->taken + 1) * 10 > (m->mask + 1) * 7) {
        grow(m);
        p = find(m, key);
    }
    *p = (place){key, value};
    m->taken++;
    return true;
}

/* Closes the gap at `hole`: an entry moves back if its home is not between the hole and where it stands. */
static void close_gap(u64map *m, size_t hole) {
    for (size_t i = (hole + 1) & m->mask; m->places[i].key; i = (i + 1) & m->mask) {
        size_t from_home = (i - home(m, m->places[i].key)) & m->mask;
        if (from_home >= ((i - hole) & m->mask)) {
            m->places[hole] = m->places[i];
            hole = i;
        }
    }
    m->places[hole] = (place){0, 0};
}

bool u64map_del(u64map *m, uint64_t key, uint64_t *value) {
    if (!u64map_get(m, key, value)) return false;
    if (key == 0) {
        m->has_zero = false;
    } else {
        close_gap(m, (size_t)(find(m, key) - m->places));
        m->taken--;
    }
    return true;
}

size_t u64map_size(const u64map *m) {
    return m->taken + m->has_zero;
}

bool u64map_first(const u64map *m, uint64_t *key) {
    if (m->has_zero) {
        *key = 0;
        return true;
    }
    if (m->taken == 0) return false;
    size_t i = 0;
    while (!m->places[i].key) i++;
    *key = m->places[i].key;
    return true;
}

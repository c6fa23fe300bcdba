/* strmap.c: str -> pointer. Open addressing, linear probing, a power of two of places, at most 70 % of them
 * taken. A place is empty if its hash is 0; the hash of a key is never 0. Nothing is deleted. */
#include "pipeline/base/base.h"

#include <stdlib.h>

typedef struct place {
    uint64_t hash;
    str key;
    void *value;
} place;

struct strmap {
    place *places;
    size_t mask, size;
};

strmap *strmap_new(size_t expected) {
    size_t n = 16;
    while (n * 7 / 10 < expected) n *= 2;
    strmap *m = xmalloc(sizeof *m);
    *m = (strmap){xcalloc(n, sizeof(place)), n - 1, 0};
    return m;
}

void strmap_free(strmap *m) {
    if (!m) return;
    free(m->places);
    free(m);
}

/* The place of the key, or the empty one where it belongs. */
static place *find(const strmap *m, str key, uint64_t hash) {
    size_t i = hash & m->mask;
    while (m->places[i].hash && (m->places[i].hash != hash || !str_eq(m->places[i].key, key)))
        i = (i + 1) & m->mask;
    return &m->places[i];
}

static uint64_t hash_of(str key) {
    return hash_64(key, 0) | 1ull << 63;
}

static void grow(strmap *m) {
    place *old = m->places;
    size_t n = m->mask + 1;
    m->places = xcalloc(n * 2, sizeof(place));
    m->mask = n * 2 - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].hash) *find(m, old[i].key, old[i].hash) = old[i];
    free(old);
}

void *strmap_get(const strmap *m, str key) {
    return find(m, key, hash_of(key))->value;
}

void *strmap_put(strmap *m, str key, void *value) {
    uint64_t hash = hash_of(key);
    place *p = find(m, key, hash);
    if (p->hash) {
        void *older = p->value;
        p->value = value;
        return older;
    }
    if ((m->size + 1) * 10 > (m->mask + 1) * 7) {
        grow(m);
        p = find(m, key, hash);
    }
    *p = (place){hash, key, value};
    m->size++;
    return NULL;
}

size_t strmap_size(const strmap *m) {
    return m->size;
}

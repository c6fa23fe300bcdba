/* arena.c: malloc that aborts, and the bump allocator.
 *
 * An arena is a list of blocks; the first one serves. A request over half of the next block's size gets a block
 * of its own behind the serving one, so that a large text does not waste the rest of it. Blocks double up to 1
 * MB.
 */
#include "pipeline/base/base.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, BLOCK_FIRST = 16 << 10, BLOCK_MOST = 1 << 20 };

typedef struct block {
    _Alignas(16) struct block *next;
    size_t size; /* usable bytes behind this header */
} block;

struct arena {
    block *serving;
    size_t used; /* of the serving block */
    size_t next_size;
    size_t held;
};

char *xstrdup(const char *z) {
    if (!z) return NULL;
    size_t n = strlen(z) + 1;
    return memcpy(xmalloc(n), z, n);
}

void *xmalloc(size_t n) {
    void *p = malloc(n ? n : 1);
    if (!p) abort();
    return p;
}

void *xcalloc(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p) abort();
    return p;
}

void *xrealloc(void *p, size_t n) {
    void *q = realloc(p, n ? n : 1);
    if (!q) abort();
    return q;
}

static block *block_new(arena *a, size_t size) {
    block *b = xmalloc(sizeof(block) + size);
    b->next = NULL;
    b->size = size;
    a->held += sizeof(block) + size;
    return b;
}

arena *arena_new(size_t first_block) {
    arena *a = xcalloc(1, sizeof *a);
    a->held = sizeof *a;
    a->next_size = first_block ? (first_block + ALIGN - 1) & ~(size_t)(ALIGN - 1) : BLOCK_FIRST;
    return a;
}

void arena_reset(arena *a) {
    block *largest = a->serving;
    for (block *b = a->serving; b; b = b->next)
        if (b->size > largest->size) largest = b;
    for (block *b = a->serving, *next; b; b = next) {
        next = b->next;
        if (b != largest) {
            a->held -= sizeof(block) + b->size;
            free(b);
        }
    }
    if (largest) largest->next = NULL;
    a->serving = largest;
    a->used = 0;
}

void arena_free(arena *a) {
    if (!a) return;
    for (block *b = a->serving, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

size_t arena_bytes(const arena *a) {
    return a->held;
}

static char *alloc_beyond(arena *a, size_t n) {
    if (n > a->next_size / 2) {
        block *b = block_new(a, n);
        if (!a->serving) {
            a->serving = b;
            a->used = n;
        } else {
            b->next = a->serving->next;
            a->serving->next = b;
        }
        return (char *)(b + 1);
    }
    block *b = block_new(a, a->next_size);
    b->next = a->serving;
    a->serving = b;
    a->used = n;
    if (a->next_size < BLOCK_MOST) a->next_size *= 2;
    return (char *)(b + 1);
}

void *arena_room(arena *a, size_t n) {
    if (n > SIZE_MAX / 2) abort();
    n = (n + (n == 0) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->serving || a->serving->size - a->used < n) return alloc_beyond(a, n);
    char *p = (char *)(a->serving + 1) + a->used;
    a->used += n;
    return p;
}

void *arena_alloc(arena *a, size_t n) {
    return memset(arena_room(a, n), 0, n);
}

void *arena_dup(arena *a, const void *p, size_t n) {
    char *q = arena_room(a, n);
    if (n) memcpy(q, p, n);
    return q;
}

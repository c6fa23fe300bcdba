/* engine_queue.c: retries that are ready, lowest position first; and the list of calls in flight. */
#include <stdlib.h>
#include <string.h>
#include "pipeline/engine_state.h"

static bool before(const retry_item *a, const retry_item *b) {
    return a->pos != b->pos ? a->pos < b->pos : a->slot < b->slot;
}

static void swap(retry_item *a, retry_item *b) {
    retry_item t = *a;
    *a = *b;
    *b = t;
}

void retry_push(engine *g, uint64_t slot, uint32_t number, uint64_t pos, const char *hint) {
    if (g->retries == g->retry_cap) {
        g->retry_cap = g->retry_cap ? g->retry_cap * 2 : 64;
        g->retry = xrealloc(g->retry, g->retry_cap * sizeof *g->retry);
    }
    retry_item *r = &g->retry[g->retries];
    *r = (retry_item){.slot = slot, .pos = pos, .number = number};
    if (hint && *hint) {
        size_t n = strlen(hint) + 1;
        r->hint = xmalloc(n);
        memcpy(r->hint, hint, n);
    }
    for (size_t i = g->retries++; i > 0 && before(&g->retry[i], &g->retry[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&g->retry[i], &g->retry[(i - 1) / 2]);
}

bool retry_pop(engine *g, retry_item *out) {
    if (g->retries == 0) return false;
    *out = g->retry[0];
    g->retry[0] = g->retry[--g->retries];
    for (size_t i = 0;;) {
        size_t l = 2 * i + 1, least = i;
        if (l < g->retries && before(&g->retry[l], &g->retry[least])) least = l;
        if (l + 1 < g->retries && before(&g->retry[l + 1], &g->retry[least])) least = l + 1;
        if (least == i) return true;
        swap(&g->retry[i], &g->retry[least]);
        i = least;
    }
}

void flight_link(engine *g, flight *f) {
    f->next = g->flight;
    if (g->flight) g->flight->prev = f;
    g->flight = f;
}

void flight_unlink(engine *g, flight *f) {
    if (f->prev)
        f->prev->next = f->next;
    else
        g->flight = f->next;
    if (f->next) f->next->prev = f->prev;
}

void flights_free(engine *g) {
    while (g->flight) {
        flight *f = g->flight;
        flight_unlink(g, f);
        free(f);
    }
}

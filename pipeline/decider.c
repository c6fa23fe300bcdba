/* decider.c: the order of decisions, and nothing else: no clock, no text, no files. See pipeline.h for the law.
 *
 * Retries need no heap: a retry's position is its cause's position plus the lag, causes are decided in
 * ascending position, so retries come out in the order in which they went in. At one position they have lower
 * slots than the first attempt there (they started one or more lags earlier), so the merge takes them first.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

void decider_init(decider *d, uint64_t n, uint64_t lag, uint32_t attempts, uint32_t passes) {
    *d = (decider){.n = n, .lag = lag, .attempts = attempts, .passes = passes, .lists = n};
}

void decider_free(decider *d) {
    for (size_t i = 0; i < d->retries; i++) free(d->retry[(d->retry_at + i) % d->retry_cap].hint);
    free(d->retry);
    free(d->list);
    free(d->open);
    *d = (decider){0};
}

static ticket first_at(const decider *d, uint64_t index) {
    return (ticket){
        .slot = d->list ? d->list[index] : index, .pos = d->base + index, .attempt = d->pass * d->attempts};
}

bool decider_next(const decider *d, ticket *out) {
    bool first = d->cursor < d->lists;
    if (d->retries > 0) {
        const ticket *r = &d->retry[d->retry_at];
        if (!first || r->pos <= d->base + d->cursor) {
            *out = *r;
            return true;
        }
    }
    if (first) *out = first_at(d, d->cursor);
    return first;
}

static void retry_push(decider *d, ticket t) {
    if (d->retries == d->retry_cap) {
        size_t cap = d->retry_cap ? d->retry_cap * 2 : 64;
        ticket *ring = xmalloc(cap * sizeof *ring);
        for (size_t i = 0; i < d->retries; i++) ring[i] = d->retry[(d->retry_at + i) % d->retry_cap];
        free(d->retry);
        d->retry = ring;
        d->retry_at = 0;
        d->retry_cap = cap;
    }
    d->retry[(d->retry_at + d->retries++) % d->retry_cap] = t;
}

void decider_restore_retry(decider *d, ticket t) {
    retry_push(d, t);
}

static void open_push(decider *d, uint64_t slot) {
    if (d->opens == d->open_cap) {
        d->open_cap = d->open_cap ? d->open_cap * 2 : 64;
        d->open = xrealloc(d->open, d->open_cap * sizeof *d->open);
    }
    d->open[d->opens++] = slot;
}

static ticket decided_take(decider *d) {
    ticket t;
    decider_next(d, &t);
    if (d->retries > 0 && d->retry[d->retry_at].pos == t.pos && d->retry[d->retry_at].slot == t.slot) {
        d->retry_at = (d->retry_at + 1) % d->retry_cap;
        d->retries--;
        free(t.hint);
        t.hint = NULL;
    } else {
        d->cursor++;
    }
    d->last_pos = t.pos;
    d->any = true;
    return t;
}

void decider_done(decider *d, bool accepted, const char *hint, bool *again, ticket *successor) {
    ticket t = decided_take(d);
    *again = false;
    if (accepted) return;
    if ((t.attempt + 1) % d->attempts == 0) {
        open_push(d, t.slot);
        return;
    }
    ticket next = {.slot = t.slot, .pos = t.pos + d->lag, .attempt = t.attempt + 1};
    *again = true;
    *successor = next;
    if (hint && *hint) {
        next.hint = xmalloc(strlen(hint) + 1);
        memcpy(next.hint, hint, strlen(hint) + 1);
    }
    retry_push(d, next);
}

static int slot_cmp(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

bool decider_pass(decider *d) {
    if (d->opens == 0 || d->pass >= d->passes) return false;
    qsort(d->open, d->opens, sizeof *d->open, slot_cmp);
    free(d->list);
    d->list = d->open;
    d->lists = d->opens;
    d->open = NULL;
    d->opens = d->open_cap = 0;
    d->cursor = 0;
    d->pass++;
    d->base = d->last_pos + 1;
    return true;
}

uint64_t decider_head(const decider *d) {
    ticket t;
    if (decider_next(d, &t)) return t.pos;
    return d->any ? d->last_pos + 1 : 0;
}

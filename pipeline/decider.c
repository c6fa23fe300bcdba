/* decider.c: the order of decisions, and nothing else: no clock, no text, no files. See pipeline.h for the law.
 *
 * Retries need no heap: a retry's position is its cause's position plus the lag, causes are decided in
 * ascending position, so retries come out in the order in which they went in. At one position they have lower
 * slots than the first attempt there (they started one or more lags earlier, and the first attempts of a pass
 * ascend by slot), so the merge takes them first.
 *
 * Attempt numbers: a slot that a pass leaves open has used up `attempts` of them, in each pass since the part
 * that added it. So the number of its next attempt follows from part and pass, and no list of them is kept.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

/* ---- a pass -------------------------------------------------------------------------------------------- */

/* The first slot that a part adds. */
static uint64_t part_from(const run_json *r, uint32_t part) {
    return part ? r->part[part - 1].n : 0;
}

uint64_t pass_lag(const pass *p) {
    return p->run->part[p->part].lag;
}

uint32_t pass_attempt(const pass *p, uint64_t slot) {
    uint32_t added = p->part;
    while (added > 0 && slot < part_from(p->run, added)) added--;
    return ((p->part - added) * (p->run->passes + 1) + p->number) * p->run->attempts;
}

ticket pass_first(const pass *p, uint64_t index) {
    bool old = index < p->listed;
    uint64_t slot = old ? p->list[index] : part_from(p->run, p->part) + (index - p->listed);
    return (ticket){.slot = slot, .pos = p->base + index, .attempt = pass_attempt(p, slot)};
}

void pass_free(pass *p) {
    free(p->list);
    p->list = NULL;
    p->listed = p->firsts = 0;
}

pass pass_copy(const pass *p, const run_json *run) {
    pass copy = *p;
    copy.run = run;
    copy.list = NULL;
    if (p->listed) {
        copy.list = xmalloc(p->listed * sizeof *copy.list);
        memcpy(copy.list, p->list, p->listed * sizeof *copy.list);
    }
    return copy;
}

/* New slots are those of a part's first pass. */
static uint64_t pass_fresh(const pass *p) {
    return p->number == 0 ? p->run->part[p->part].n - part_from(p->run, p->part) : 0;
}

/* ---- the order ------------------------------------------------------------------------------------------- */

void decider_init(decider *d, const run_json *run) {
    *d = (decider){.now.run = run};
    d->now.firsts = pass_fresh(&d->now);
}

void decider_free(decider *d) {
    for (size_t i = 0; i < d->retries; i++) free(d->retry[(d->retry_at + i) % d->retry_cap].hint);
    free(d->retry);
    free(d->open);
    pass_free(&d->now);
    *d = (decider){0};
}

bool decider_next(const decider *d, ticket *out) {
    bool first = d->cursor < d->now.firsts;
    if (d->retries > 0) {
        const ticket *r = &d->retry[d->retry_at];
        if (!first || r->pos <= d->now.base + d->cursor) {
            *out = *r;
            return true;
        }
    }
    if (first) *out = pass_first(&d->now, d->cursor);
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
    if ((t.attempt + 1) % d->now.run->attempts == 0) {
        open_push(d, t.slot);
        return;
    }
    ticket next = {.slot = t.slot, .pos = t.pos + pass_lag(&d->now), .attempt = t.attempt + 1};
    *again = true;
    *successor = next;
    if (hint && *hint) {
        next.hint = xmalloc(strlen(hint) + 1);
        memcpy(next.hint, hint, strlen(hint) + 1);
    }
    retry_push(d, next);
}

/* ---- passes and parts ---------------------------------------------------------------------------------- */

static int slot_cmp(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* What is open becomes the list of a pass. */
static void pass_begin(decider *d, uint32_t part, uint32_t number) {
    if (d->opens) qsort(d->open, d->opens, sizeof *d->open, slot_cmp);
    uint64_t base = decider_head(d);
    pass_free(&d->now);
    d->now = (pass){.run = d->now.run, .part = part, .number = number, .base = base, .list = d->open};
    d->now.listed = d->opens;
    d->now.firsts = d->opens + pass_fresh(&d->now);
    d->open = NULL;
    d->opens = d->open_cap = 0;
    d->cursor = 0;
}

bool decider_pass(decider *d) {
    if (d->opens == 0 || d->now.number >= d->now.run->passes) return false;
    pass_begin(d, d->now.part, d->now.number + 1);
    return true;
}

bool decider_part(decider *d) {
    if (d->now.part + 1 >= d->now.run->parts) return false;
    pass_begin(d, d->now.part + 1, 0);
    return true;
}

bool decider_restore_pass(decider *d, uint32_t part, uint32_t number, uint64_t base, uint64_t *list,
                          uint64_t listed) {
    d->now = (pass){.run = d->now.run, .part = part, .number = number, .base = base, .list = list};
    if (part >= d->now.run->parts) return false;
    d->now.listed = listed;
    d->now.firsts = listed + pass_fresh(&d->now);
    return true;
}

uint64_t decider_head(const decider *d) {
    ticket t;
    if (decider_next(d, &t)) return t.pos;
    return d->any ? d->last_pos + 1 : 0;
}

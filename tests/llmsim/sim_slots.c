/* sim_slots.c: parallel slots, the waiting line before them, and what is due when. Slots without a capacity are
 * unbounded. A heap by (due time) holds what is in a slot; with `shuffle` what ends is any of them, and the one
 * that was due takes its due time.
 */
#include "tests/llmsim/llmsim.h"

#include <stdlib.h>

static void heap_put(slots *q, size_t at, job *j) {
    q->heap[at] = j;
    j->heap_at = at;
}

static void heap_up(slots *q, size_t at) {
    job *j = q->heap[at];
    while (at > 1 && q->heap[at / 2]->due_ns > j->due_ns) {
        heap_put(q, at, q->heap[at / 2]);
        at /= 2;
    }
    heap_put(q, at, j);
}

static void heap_down(slots *q, size_t at) {
    job *j = q->heap[at];
    for (size_t next; (next = 2 * at) <= q->n; at = next) {
        if (next < q->n && q->heap[next + 1]->due_ns < q->heap[next]->due_ns) next++;
        if (q->heap[next]->due_ns >= j->due_ns) break;
        heap_put(q, at, q->heap[next]);
    }
    heap_put(q, at, j);
}

static void heap_remove(slots *q, job *j) {
    size_t at = j->heap_at;
    job *last = q->heap[q->n--];
    j->heap_at = 0;
    if (last == j) return;
    heap_put(q, at, last);
    heap_up(q, at);
    heap_down(q, last->heap_at);
}

static void arm(slots *q) {
    q->arm(q->arm_arg, q->n ? q->heap[1]->due_ns : 0);
}

static void take_slot(slots *q, job *j, uint64_t now) {
    if (q->n + 1 >= q->cap) {
        q->cap = q->cap ? 2 * q->cap : 64;
        q->heap = xrealloc(q->heap, q->cap * sizeof *q->heap);
    }
    j->due_ns = now + j->service_ns;
    q->heap[++q->n] = j;
    heap_up(q, q->n);
    sim_stats_busy(q->stats, now, 1);
}

static void line_join(slots *q, job *j) {
    j->prev = q->tail;
    j->next = NULL;
    if (q->tail)
        q->tail->next = j;
    else
        q->head = j;
    q->tail = j;
    j->waiting = true;
    if (++q->stats->waiting > q->stats->waiting_max) q->stats->waiting_max = q->stats->waiting;
}

static void line_leave(slots *q, job *j) {
    if (j->prev)
        j->prev->next = j->next;
    else
        q->head = j->next;
    if (j->next)
        j->next->prev = j->prev;
    else
        q->tail = j->prev;
    j->waiting = false;
    q->stats->waiting--;
}

static bool has_room(const slots *q) {
    return q->script->capacity == 0 || q->n < q->script->capacity;
}

static void admit(slots *q, uint64_t now) {
    while (q->head && has_room(q)) {
        job *j = q->head;
        line_leave(q, j);
        take_slot(q, j, now);
    }
}

/* Which of those in a slot ends now that the first is due. */
static job *pick(slots *q) {
    job *first = q->heap[1];
    if (!q->script->shuffle || q->n < 2) return first;
    q->shuffle_state++;
    job *other = q->heap[1 + rng_below(rng_u64(q->shuffle_state, 0, 0, 0, 0), q->n)];
    uint64_t due = first->due_ns;
    if (other == first) return first;
    first->due_ns = other->due_ns;
    other->due_ns = due;
    size_t at = other->heap_at;
    heap_put(q, 1, other);
    heap_put(q, at, first);
    return other;
}

void sim_slots_start(slots *q, const script *s, stats *st) {
    *q = (slots){.script = s, .stats = st};
}

void sim_slots_stop(slots *q) {
    free(q->heap);
    q->heap = NULL;
}

bool sim_slots_enter(slots *q, job *j, uint64_t service_ns, uint64_t now) {
    j->service_ns = service_ns;
    if (has_room(q)) {
        take_slot(q, j, now);
        if (j->heap_at == 1) arm(q);
        return true;
    }
    if (q->script->queue_limit >= 0 && q->stats->waiting >= (uint64_t)q->script->queue_limit) return false;
    line_join(q, j);
    return true;
}

void sim_slots_cancel(slots *q, job *j, uint64_t now) {
    if (j->waiting) {
        line_leave(q, j);
    } else if (j->heap_at) {
        heap_remove(q, j);
        sim_stats_busy(q->stats, now, -1);
        admit(q, now);
        arm(q);
    }
}

void sim_slots_run(slots *q, uint64_t now) {
    while (q->n && q->heap[1]->due_ns <= now) {
        job *j = pick(q);
        heap_remove(q, j);
        sim_stats_busy(q->stats, now, -1);
        admit(q, now);
        j->done(j);
    }
    arm(q);
}

/* drift.c: accepted against drawn distribution. Rules that reject some skeletons more often than others shift
 * what no quota fixes; the manifest says by how much. Nothing is recorded while the run works: which attempts
 * there were follows from the accepted ones (all below were drawn too) and from the slots that were given up;
 * skeletons are cheap to draw again.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/commit_state.h"

enum { BUCKETS = 16, SAMPLE = 200000 };

/* A leaf's values in at most 16 buckets: choices by index, numbers by equal parts of their domain. */
static uint32_t bucket_of(const node *n, const value *v) {
    if (n->kind == K_NUMBER || n->kind == K_DATE) {
        double width = (double)(n->hi - n->lo) + 1;
        return (uint32_t)((double)(v->num - n->lo) / width * BUCKETS);
    }
    return (uint32_t)(v->num < BUCKETS - 1 ? v->num : BUCKETS - 1);
}

static bool measurable(const node *n) {
    return n->owner == NO_FACET && !n->is_list && !n->in_table &&
           (n->kind == K_CHOICE || n->kind == K_NUMBER || n->kind == K_DATE || n->kind == K_FLAG);
}

typedef struct tally {
    uint64_t drawn[BUCKETS], accepted[BUCKETS], drawn_n, accepted_n;
} tally;

static void attempt_count(const commit *c, drawer *w, uint64_t slot, uint32_t attempt, bool accepted,
                          arena *mem, tally *t) {
    const population *p = c->c.design->pop;
    arena_reset(mem);
    record r;
    record_init(&r, p, mem);
    err ignored;
    /* one whose constraints are not met in `tries` is nobody */
    if (!drawer_skeleton(w, slot, attempt, &r, &ignored)) return;
    for (uint32_t i = 0; i < p->leaves; i++) {
        const node *n = leaf_node(p, i);
        if (!measurable(n) || r.value[i].kind != V_NUM) continue;
        uint32_t b = bucket_of(n, &r.value[i]);
        t[i].drawn[b]++;
        t[i].drawn_n++;
        if (!accepted) continue;
        t[i].accepted[b]++;
        t[i].accepted_n++;
    }
}

static void drift_of(const commit *c, uint32_t leaf, const tally *t, drift *out) {
    const node *n = leaf_node(c->c.design->pop, leaf);
    *out = (drift){.leaf = leaf, .drawn = t->drawn_n, .accepted = t->accepted_n};
    for (uint32_t b = 0; b < BUCKETS; b++) {
        double d = (double)t->accepted[b] / (double)(t->accepted_n ? t->accepted_n : 1) -
                   (double)t->drawn[b] / (double)(t->drawn_n ? t->drawn_n : 1);
        uint32_t ppm = (uint32_t)((d < 0 ? -d : d) * 1e6 + 0.5);
        if (ppm < out->worst_ppm) continue;
        out->worst_ppm = ppm;
        if (b < n->values) out->value = n->value[b].value;
    }
}

bool drift_measure(commit *c, drift **out, size_t *n, err *e) {
    const population *p = c->c.design->pop;
    tally *t = xcalloc(p->leaves + 1, sizeof *t);
    arena *mem = arena_new(0);
    drawer *w = drawer_new(c->c.design->plan);
    bool ok = true;
    /* every k-th persona, so that a million do not hold up the end */
    uint64_t step = c->sealed / SAMPLE + 1;
    for (uint64_t i = 0; ok && i < c->sealed; i += step) {
        shard *s = shard_at(c, (uint32_t)(i / c->c.run.shard_rows), e);
        ok = s != NULL;
        if (!ok) break;
        const gate_hot *h = shard_hot(s, i % c->c.run.shard_rows);
        uint32_t last = (uint32_t)(h->slot_attempt & 0xffff);
        for (uint32_t a = 0; a <= last; a++) attempt_count(c, w, h->slot_attempt >> 16, a, a == last, mem, t);
    }
    uint32_t tried = c->d.attempts * (c->d.pass + 1);
    for (size_t i = 0; ok && i < c->d.opens; i += step)
        for (uint32_t a = 0; a < tried; a++) attempt_count(c, w, c->d.open[i], a, false, mem, t);
    *out = xcalloc(p->leaves + 1, sizeof **out);
    *n = 0;
    for (uint32_t i = 0; ok && i < p->leaves; i++)
        if (measurable(leaf_node(p, i)) && t[i].drawn_n) drift_of(c, i, &t[i], &(*out)[(*n)++]);
    drawer_free(w);
    arena_free(mem);
    free(t);
    return ok;
}

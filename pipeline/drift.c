/* drift.c: accepted against drawn distribution. Rules that reject some skeletons more often than others shift
 * what no quota fixes; the manifest says by how much. Nothing is recorded while the run works: which attempts
 * there were follows from the accepted ones (all below were drawn too) and from the slots that were given up;
 * skeletons are cheap to draw again.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/commit_state.h"

enum { BUCKETS = 16, SAMPLE = 200000 };

static bool is_range(const node *n) {
    return n->kind == K_NUMBER || n->kind == K_DATE;
}

static uint32_t buckets_of(const node *n) {
    uint64_t many = is_range(n) ? (uint64_t)(n->hi - n->lo) + 1 : n->values;
    return many < BUCKETS ? (uint32_t)many : BUCKETS;
}

/* The first value of a range: domains have at most 2^32 values. */
static int64_t bucket_from(const node *n, uint32_t bucket) {
    uint64_t many = (uint64_t)(n->hi - n->lo) + 1;
    return n->lo + (int64_t)((many * bucket + buckets_of(n) - 1) / buckets_of(n));
}

/* A leaf's values in at most 16 buckets: choices by index, numbers by equal parts of their domain. */
static uint32_t bucket_of(const node *n, const value *v) {
    uint32_t last = buckets_of(n) - 1;
    if (!is_range(n)) return v->num < last ? (uint32_t)v->num : last;
    uint64_t many = (uint64_t)(n->hi - n->lo) + 1;
    return (uint32_t)((uint64_t)(v->num - n->lo) * buckets_of(n) / many);
}

static bool measurable(const node *n) {
    return n->owner == NO_FACET && !n->is_list && !n->in_table &&
           (is_range(n) || n->kind == K_CHOICE || n->kind == K_FLAG);
}

typedef struct tally {
    uint64_t drawn[BUCKETS], accepted[BUCKETS], drawn_n, accepted_n;
} tally;

typedef struct looking {
    const commit *c;
    const plan *pl;
    drawer *w;
    arena *mem; /* of one attempt */
    tally *leaf;
    uint64_t **drawn, **accepted; /* of soft tables, by cell */
    uint64_t drawn_all, accepted_all;
} looking;

static void softs_count(looking *l, const record *r, bool accepted) {
    l->drawn_all++;
    l->accepted_all += accepted;
    for (uint32_t t = 0; t < plan_softs(l->pl); t++) {
        uint32_t cell = plan_soft_find(l->pl, t, r);
        if (cell == UINT32_MAX) continue;
        l->drawn[t][cell]++;
        l->accepted[t][cell] += accepted;
    }
}

static void attempt_count(looking *l, uint64_t slot, uint32_t attempt, bool accepted) {
    const population *p = l->c->c.design->pop;
    arena_reset(l->mem);
    record r;
    record_init(&r, p, l->mem);
    err ignored;
    /* one whose constraints are not met in `tries` is nobody */
    if (!drawer_skeleton(l->w, slot, attempt, &r, &ignored)) return;
    for (uint32_t i = 0; i < p->leaves; i++) {
        const node *n = leaf_node(p, i);
        tally *t = &l->leaf[i];
        if (!measurable(n) || r.value[i].kind != V_NUM) continue;
        uint32_t b = bucket_of(n, &r.value[i]);
        t->drawn[b]++;
        t->drawn_n++;
        t->accepted[b] += accepted;
        t->accepted_n += accepted;
    }
    softs_count(l, &r, accepted);
}

/* "18..22", a value, or "others". */
static str bucket_name(const node *n, uint32_t b, arena *mem) {
    uint32_t buckets = buckets_of(n);
    if (!is_range(n)) return n->values > buckets && b + 1 == buckets ? STR("others") : n->value[b].value;
    value low = {.kind = V_NUM, .num = bucket_from(n, b)},
          high = {.kind = V_NUM, .num = b + 1 < buckets ? bucket_from(n, b + 1) - 1 : n->hi};
    buf text = {0};
    value_print_raw(&text, n, &low);
    if (high.num > low.num) {
        buf_z(&text, "..");
        value_print_raw(&text, n, &high);
    }
    str name = str_dup(mem, buf_view(&text));
    buf_free(&text);
    return name;
}

static void drift_of(const population *p, uint32_t leaf, const tally *t, arena *mem, drift *out) {
    const node *n = leaf_node(p, leaf);
    drift_part *part = arena_new_of(mem, drift_part, buckets_of(n));
    *out = (drift){
        .leaf = leaf, .drawn = t->drawn_n, .accepted = t->accepted_n, .part = part, .parts = buckets_of(n)};
    for (uint32_t b = 0; b < out->parts; b++) {
        part[b] = (drift_part){bucket_name(n, b, mem), t->drawn[b], t->accepted[b]};
        double d = (double)t->accepted[b] / (double)(t->accepted_n ? t->accepted_n : 1) -
                   (double)t->drawn[b] / (double)(t->drawn_n ? t->drawn_n : 1);
        uint32_t ppm = (uint32_t)((d < 0 ? -d : d) * 1e6 + 0.5);
        if (b && ppm <= out->worst_ppm) continue;
        out->worst_ppm = ppm;
        out->value = part[b].value;
    }
}

static void drifts_take(const looking *l, arena *mem, manifest *m) {
    const population *p = l->c->c.design->pop;
    drift *all = arena_new_of(mem, drift, p->leaves + 1);
    soft_drift *soft = arena_new_of(mem, soft_drift, plan_softs(l->pl) + 1);
    m->drift = all;
    m->soft = soft;
    for (uint32_t i = 0; i < p->leaves; i++)
        if (measurable(leaf_node(p, i)) && l->leaf[i].drawn_n)
            drift_of(p, i, &l->leaf[i], mem, &all[m->drifts++]);
    for (uint32_t t = 0; t < plan_softs(l->pl); t++)
        soft[t] = (soft_drift){l->drawn[t], l->accepted[t], l->drawn_all, l->accepted_all};
}

bool drift_measure(commit *c, arena *mem, manifest *m, err *e) {
    const plan *pl = c->c.design->plan;
    looking l = {.c = c, .pl = pl, .w = drawer_new(pl), .mem = arena_new(0)};
    l.leaf = arena_new_of(mem, tally, c->c.design->pop->leaves + 1);
    l.drawn = arena_new_of(mem, uint64_t *, plan_softs(pl) + 1);
    l.accepted = arena_new_of(mem, uint64_t *, plan_softs(pl) + 1);
    for (uint32_t t = 0; t < plan_softs(pl); t++) {
        l.drawn[t] = arena_new_of(mem, uint64_t, plan_soft_cells(pl, t) + 1);
        l.accepted[t] = arena_new_of(mem, uint64_t, plan_soft_cells(pl, t) + 1);
    }
    bool ok = true;
    /* every k-th persona, so that a million do not hold up the end */
    uint64_t step = c->sealed / SAMPLE + 1;
    for (uint64_t i = 0; ok && i < c->sealed; i += step) {
        uint64_t row;
        shard *s = shard_holding(c, i, &row, e);
        ok = s != NULL;
        if (!ok) break;
        const gate_hot *h = shard_hot(s, row);
        uint32_t last = (uint32_t)(h->slot_attempt & 0xffff);
        for (uint32_t a = 0; a <= last; a++) attempt_count(&l, h->slot_attempt >> 16, a, a == last);
    }
    for (size_t i = 0; ok && i < c->d.opens; i += step) {
        uint32_t tried = pass_attempt(&c->d.now, c->d.open[i]) + c->c.run.attempts;
        for (uint32_t a = 0; a < tried; a++) attempt_count(&l, c->d.open[i], a, false);
    }
    if (ok) drifts_take(&l, mem, m);
    drawer_free(l.w);
    arena_free(l.mem);
    return ok;
}

/* run_estimate.c: the calls and tokens that personas would take, from the first slots of a plan.
 *
 * Each slot is written with a stand-in: a text in the middle of its limits, a choice by the slot's number. So
 * the prompts of later facets and of judges have the length that they will have, with what was written before,
 * and an answer has the length of its fields. A text without limits is taken for as much as the half of
 * `max_tokens` leaves for it. Four bytes are a token. Rounds, attempts and objections are not in it.
 */
#include "pipeline/pipeline.h"

#include <string.h>

enum { LOOK = 64, BYTES_WORD = 6, BYTES_DENSE = 3, BYTES_SENTENCE = 90, BYTES_KEY = 6, JUDGED = 20 };

typedef struct stand_in {
    const design *g;
    record *r;
    bool dense;       /* a language of which each character is a word */
    size_t unlimited; /* bytes of a text without limits, in the call at hand */
} stand_in;

static double middle(range_u32 x) {
    return x.hi == UINT32_MAX ? x.lo * 1.5 : (x.lo + (double)x.hi) / 2;
}

static size_t limited_bytes(const stand_in *s, const text_limits *l) {
    if (l->has_words) return (size_t)(middle(l->words) * (s->dense ? BYTES_DENSE : BYTES_WORD));
    if (l->has_chars) return (size_t)(middle(l->chars) * (s->dense ? BYTES_DENSE : 1));
    if (l->has_sentences) return (size_t)(middle(l->sentences) * BYTES_SENTENCE);
    return 0;
}

static size_t text_bytes(const stand_in *s, const node *n) {
    size_t bytes = limited_bytes(s, &n->limits);
    return bytes ? bytes : s->unlimited;
}

static value text_of(const stand_in *s, size_t bytes) {
    char *p = arena_alloc(s->r->mem, bytes + 1);
    memset(p, 'x', bytes);
    return (value){.kind = V_TEXT, .text = {p, bytes}};
}

static value one_of_kind(const stand_in *s, const node *n) {
    switch (n->kind) {
    case K_TEXT: return text_of(s, text_bytes(s, n));
    case K_CHOICE:
    case K_FLAG: return (value){.kind = V_NUM, .num = (int64_t)(s->r->slot % (n->values ? n->values : 1))};
    case K_NUMBER:
    case K_DATE: return (value){.kind = V_NUM, .num = n->lo + (n->hi - n->lo) / 2};
    default: return value_none;
    }
}

static value list_of(const stand_in *s, uint32_t items, value item) {
    value v = {.kind = V_LIST, .n = items, .item = arena_new_of(s->r->mem, value, items + 1)};
    for (uint32_t i = 0; i < items; i++) v.item[i] = item;
    return v;
}

/* Bytes of the value in an answer, which does not escape anything here. */
static size_t value_bytes(const node *n, const value *v) {
    buf b = {0};
    value_json(&b, n, v);
    size_t bytes = b.n;
    buf_free(&b);
    return bytes;
}

/* The section with `list` among a facet's fields whose hidden leaf this is, else how many there are of a leaf.
 */
static uint32_t instances_of(const stand_in *s, const node *n) {
    if (n->within == NO_LEAF) return 1;
    uint32_t k = (uint32_t)(middle(s->g->pop->node[n->within].count) + 0.5);
    value *number = &s->r->value[s->g->pop->node[n->within].number];
    if (number->kind == V_NONE) *number = (value){.kind = V_NUM, .num = k};
    return number->kind == V_NUM && number->num > 0 ? (uint32_t)number->num : 0;
}

/* What the facet's fields of a persona are filled with; returns the bytes of the answer. */
static size_t fields_fill(const stand_in *s, const facet *x) {
    const population *p = s->g->pop;
    size_t bytes = 2;
    for (uint32_t i = x->first; i < x->end; i++) {
        const node *n = &p->node[i];
        if (n->leaf == NO_LEAF || n->kind == K_TEMPLATE || !field_applies(p, n->leaf, s->r)) continue;
        uint32_t times = instances_of(s, n);
        value v = one_of_kind(s, n);
        if (n->is_list) v = list_of(s, (uint32_t)(middle(n->count) + 0.5), v);
        bytes += times * (BYTES_KEY + n->name.n + value_bytes(n, &v));
        s->r->value[n->leaf] = n->within == NO_LEAF ? v : list_of(s, times, v);
    }
    return bytes;
}

/* The same of the texts of `leaves` that go out together. */
static size_t leaves_fill(const stand_in *s, const leaf_place *place, uint32_t n) {
    size_t bytes = 2;
    for (uint32_t i = 0; i < n; i++) {
        const node *x = leaf_node(s->g->pop, place[i].leaf);
        value *at = &s->r->value[x->leaf], v = text_of(s, text_bytes(s, x));
        bytes += BYTES_KEY + x->path.n + v.text.n;
        if (!place[i].instance) {
            *at = v;
            continue;
        }
        uint32_t all = record_instances(s->r, x->within);
        if (at->kind != V_LIST) *at = list_of(s, all, value_none);
        if (place[i].instance <= at->n) at->item[place[i].instance - 1] = v;
    }
    return bytes;
}

/* How much a text without limits may have, if the others have theirs. */
static size_t unlimited_bytes(const stand_in *s, const facet *x, const render_ctx *c) {
    size_t bytes = 0, unlimited = 0, room = (size_t)x->max_tokens * 2;
    for (uint32_t i = x->first; i < x->end; i++) {
        const node *n = &s->g->pop->node[i];
        if (n->leaf == NO_LEAF || n->kind != K_TEXT) continue;
        size_t k = limited_bytes(s, &n->limits);
        unlimited += !k;
        bytes += k;
    }
    for (uint32_t i = 0; i < c->asks; i++) {
        size_t k = limited_bytes(s, &leaf_node(s->g->pop, c->ask[i].leaf)->limits);
        unlimited += !k;
        bytes += k;
    }
    return unlimited && room > bytes ? (room - bytes) / unlimited : 0;
}

static void call_add(stand_in *s, const facet *x, const render_ctx *c, bool fields, run_estimate *out) {
    buf b = {0};
    prompt_system(x->prompt, c, &b);
    prompt_slot(x->prompt, c, &b);
    s->unlimited = unlimited_bytes(s, x, c);
    size_t written = (fields ? fields_fill(s, x) : 0) + (c->asks ? leaves_fill(s, c->ask, c->asks) : 0);
    double tokens = (double)written / 4;
    out->calls += 1;
    out->prompt += (double)b.n / 4;
    out->completion += tokens < x->max_tokens ? tokens : x->max_tokens;
    buf_free(&b);
}

/* A call for each part of its `leaves`, the fields with the first. */
static void facet_add(stand_in *s, const facet *x, run_estimate *out) {
    render_ctx c = {.rec = s->r, .run = s->g->run, .facet = x->index};
    leaf_place *place = NULL;
    uint32_t *part = NULL, end = 0;
    uint32_t n = x->leaves ? facet_places(x->index, s->r, s->r->mem, &place, &part) : 0;
    if (!n && (!x->leaves || x->end > x->first)) call_add(s, x, &c, true, out);
    for (uint32_t first = 0; first < n; first = end) {
        while (end < n && part[end] == part[first]) end++;
        c.told = place;
        c.tolds = first;
        c.ask = place + first;
        c.asks = end - first;
        call_add(s, x, &c, first == 0, out);
    }
}

/* In an order in which what a facet needs was written before. */
static void facets_add(stand_in *s, run_estimate *out) {
    const population *p = s->g->pop;
    uint64_t done = 0;
    for (uint16_t f = 0; f < p->facets; f++)
        for (uint16_t i = 0; i < p->facets; i++) {
            const facet *x = &p->facet[i];
            if (done >> i & 1 || x->closure & ~done) continue;
            done |= (uint64_t)1 << i;
            if (!x->when || pred_holds(x->when, s->r)) facet_add(s, x, out);
        }
}

static void judges_add(const stand_in *s, run_estimate *out) {
    for (uint16_t j = 0; j < s->g->pop->judges; j++) {
        const judge *x = &s->g->pop->judge[j];
        double share = (double)x->share_ppm / 1e6;
        buf b = {0}, text = {0};
        rules_judge_text(s->g->rules, j, &text);
        const render_ctx c = {.rec = s->r, .run = s->g->run, .facet = NO_FACET, .rules = buf_view(&text)};
        prompt_system(x->prompt, &c, &b);
        prompt_slot(x->prompt, &c, &b);
        out->calls += share;
        out->prompt += share * (double)b.n / 4;
        out->completion += share * JUDGED;
        buf_free(&text);
        buf_free(&b);
    }
}

bool estimate_run(const design *g, run_estimate *out, err *e) {
    uint64_t n = plan_size(g->plan) < LOOK ? plan_size(g->plan) : LOOK;
    str language = locale_language(g->pop);
    arena *mem = arena_new(0);
    drawer *w = drawer_new(g->plan);
    bool ok = true;
    *out = (run_estimate){0};
    for (uint64_t slot = 0; ok && slot < n; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g->pop, mem);
        ok = drawer_skeleton(w, slot, 0, &r, e);
        stand_in s = {.g = g, .r = &r, .dense = str_is(language, "zh") || str_is(language, "ja")};
        if (ok) facets_add(&s, out);
        if (ok) judges_add(&s, out);
    }
    double k = n ? (double)n : 1;
    *out = (run_estimate){out->calls / k, out->prompt / k, out->completion / k};
    drawer_free(w);
    arena_free(mem);
    return ok;
}

/* ask.c: one ask as it is sent: messages as JSON, schema, limits, seed; and what all slots of a run share of
 * it.
 *
 * The system part of a facet is the same bytes for every slot, so that servers reuse its prefix: it is
 * rendered and escaped once for the whole run, by the first work that needs it, and published with one
 * compare-and-swap. */
#include "stages/work_parts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- what slots share ---------------------------------------------------------------------------- */

typedef struct text {
    size_t n;
    char p[];
} text;

struct work_cache {
    uint16_t steps;
    _Atomic(text *) part[]; /* SHARED_KINDS a step */
};

void work_env_prepare(work_env *env) {
    size_t parts = (size_t)work_steps(env->pop) * SHARED_KINDS;
    env->cache = xcalloc(1, sizeof *env->cache + parts * sizeof env->cache->part[0]);
    env->cache->steps = work_steps(env->pop);
    for (size_t i = 0; i < parts; i++) atomic_init(&env->cache->part[i], NULL);
    env->drawer = drawer_new(env->plan);
}

void work_env_free(work_env *env) {
    if (!env->cache) return;
    for (size_t i = 0; i < (size_t)env->cache->steps * SHARED_KINDS; i++)
        free(atomic_load(&env->cache->part[i]));
    free(env->cache);
    env->cache = NULL;
    drawer_free(env->drawer);
    env->drawer = NULL;
}

void ask_shared(const work *w, uint16_t i, shared_kind what, shared_render render, buf *out) {
    struct work_cache *cache = w->env->cache;
    if (!cache) {
        render(w, i, what, out);
        return;
    }
    _Atomic(text *) *part = &cache->part[(size_t)i * SHARED_KINDS + what];
    text *there = atomic_load_explicit(part, memory_order_acquire);
    if (!there) {
        buf b = {0};
        render(w, i, what, &b);
        text *mine = xmalloc(sizeof *mine + b.n);
        mine->n = b.n;
        if (b.n) memcpy(mine->p, b.p, b.n);
        buf_free(&b);
        if (atomic_compare_exchange_strong(part, &there, mine))
            there = mine;
        else
            free(mine);
    }
    buf_put(out, there->p, there->n);
}

/* ---- messages ------------------------------------------------------------------------------------- */

render_ctx ask_context(const work *w, uint16_t facet_index) {
    return (render_ctx){.rec = &w->rec, .run = w->env->run, .facet = facet_index};
}

str without_reasoning(str s) {
    static const char end[] = "</think>";
    for (size_t i = s.n; i >= sizeof end - 1; i--)
        if (memcmp(s.p + i - (sizeof end - 1), end, sizeof end - 1) == 0) return str_trim(str_part(s, i, s.n));
    return s;
}

static void put_json(buf *out, const char *role, str content, bool escaped) {
    if (!content.n) return;
    buf_z(out, out->n > 1 ? ",{\"role\":\"" : "{\"role\":\"");
    buf_z(out, role);
    buf_z(out, "\",\"content\":");
    if (escaped)
        buf_str(out, content);
    else
        buf_json(out, content);
    buf_char(out, '}');
}

static void put_note(const work *w, const step *s, buf *out) {
    const population *p = w->env->pop;
    buf_z(out, work_word_get(p, WORD_REFUSED));
    buf_str(out, s->refused_why);
    buf_z(out, "\n");
    buf_z(out, work_word_get(p, WORD_ANSWER_AGAIN));
}

/* A refused answer is first asked for again with the same messages: another seed often mends it, and the
 * prefix stays. From the second refusal on the model is told why; it sees its answer only if that was whole
 * and text. */
static void put_messages(const work *w, const step *s, talk *t, buf *out) {
    buf note = {0};
    if (s->refused >= 2) put_note(w, s, &note);
    if (note.n && !s->refused_text.n) {
        buf *last = t->more.n ? &t->more : &t->user;
        buf_z(last, "\n\n");
        buf_str(last, buf_view(&note));
        buf_reset(&note);
    }
    buf_char(out, '[');
    put_json(out, "system", buf_view(&t->system), true);
    put_json(out, "user", buf_view(&t->user), false);
    put_json(out, "assistant", t->reply, false);
    put_json(out, "user", buf_view(&t->more), false);
    if (note.n) put_json(out, "assistant", s->refused_text, false);
    put_json(out, "user", buf_view(&note), false);
    buf_char(out, ']');
    buf_free(&note);
}

/* ---- schemas ---------------------------------------------------------------------------------------- */

static void render_facet_schema(const work *w, uint16_t i, shared_kind what, buf *out) {
    facet_schema(w->env->pop, i, &w->rec, NULL, what == SHARED_BOUNDED, NULL, out);
}

static void render_judge_schema(const work *w, uint16_t i, shared_kind what, buf *out) {
    (void)what;
    rules_judge_schema(w->env->rules, w->env->pop, w->env->pop->judge[i - w->facets].index, out);
}

static void put_schema(work *w, uint16_t i, bool bounded, buf *out) {
    const population *p = w->env->pop;
    shared_kind what = bounded ? SHARED_BOUNDED : SHARED_SCHEMA;
    if (i >= w->facets)
        ask_shared(w, i, what, render_judge_schema, out);
    else if (w->step[i].stage == &stage_revise)
        revise_schema(w, i, bounded, out);
    else if (!fields_asked(w, i))
        facet_schema(p, i, &w->rec, w->none, bounded, NULL, out);
    else if (p->facet[i].fixed_fields && !p->facet[i].narrows)
        ask_shared(w, i, what, render_facet_schema, out);
    else
        facet_schema(p, i, &w->rec, NULL, bounded, NULL, out);
}

/* ---- the ask ------------------------------------------------------------------------------------------ */

/* A facet that goes out in parts may have many rounds: each fifteen of them have another persona. */
uint32_t ask_seed(const work *w, uint16_t i, uint16_t round) {
    uint16_t lap = i < w->facets && w->env->pop->facet[i].split ? round / 15 : 0;
    uint64_t persona =
        rng_u64(plan_seed(w->env->plan), w->slot, w->attempt, 0x61736B, lap) >> 43; /* "ask"; 21 bits */
    round = (uint16_t)(round - 15 * lap);
    return (uint32_t)persona << 10 | (i & 63u) << 4 | (round < 15 ? round : 15u);
}

static void fill_limits(const work *w, uint16_t i, ask *out) {
    if (i < w->facets) {
        const facet *f = &w->env->pop->facet[i];
        out->role = f->role;
        out->max_tokens = f->max_tokens;
        out->temperature_milli = f->temperature_milli;
        out->top_p_milli = f->top_p_milli;
    } else {
        const judge *j = &w->env->pop->judge[i - w->facets];
        out->role = j->role;
        out->max_tokens = j->max_tokens;
        out->temperature_milli = j->temperature_milli;
        out->top_p_milli = 1000;
    }
}

void ask_fill(work *w, uint16_t i, ask *out) {
    step *s = &w->step[i];
    talk t = {0};
    s->stage->compose(w, i, &t);
    buf_reset(&s->messages);
    buf_reset(&s->schema);
    buf_reset(&s->bounded);
    put_messages(w, s, &t, &s->messages);
    put_schema(w, i, false, &s->schema);
    put_schema(w, i, true, &s->bounded);
    buf_free(&t.system);
    buf_free(&t.user);
    buf_free(&t.more);
    *out = (ask){.step = i, .round = s->calls, .name = step_name(w, i), .seed = ask_seed(w, i, s->calls)};
    out->messages = buf_view(&s->messages);
    out->schema = buf_view(&s->schema);
    out->bounded = buf_view(&s->bounded);
    fill_limits(w, i, out);
}

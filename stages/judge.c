/* judge.c: judges look, one after the other in file order, when no hard check objects. Each is called on its
 * share of the slots, by a draw from (seed, slot, judge), and if it comes `after` another one, also where
 * that one has objected. An objection sends the draft back at once; when it comes back changed and passes
 * the checks, the same judge looks again. */
#include "stages/work_parts.h"

static const judge *judge_at(const work *w, uint16_t i) {
    return &w->env->pop->judge[i - w->facets];
}

static bool is_drawn(const work *w, const judge *j) {
    uint64_t r = rng_u64(plan_seed(w->env->plan), w->slot, hash_64(j->name, 0), 0x6A75646765, 0); /* "judge" */
    return rng_below(r, 1000000) < j->share_ppm;
}

static bool is_called(const work *w, uint16_t i) {
    const judge *j = judge_at(w, i);
    if (!rules_judged(w->env->rules, j->index)) return false;
    return is_drawn(w, j) || (j->after != NO_FACET && w->step[w->facets + j->after].objected);
}

static bool begin(work *w) {
    for (uint16_t i = w->facets; i < w->steps; i++) {
        step *s = &w->step[i];
        if (s->state != STEP_WAIT) continue;
        s->state = s->stage || is_called(w, i) ? STEP_DUE : STEP_SKIPPED;
        s->stage = &stage_judge;
        if (s->state == STEP_DUE) return true;
    }
    return false;
}

void judges_recall(work *w) {
    for (uint16_t i = w->facets; i < w->steps; i++) {
        step *s = &w->step[i];
        if (s->state != STEP_DONE || !findings_hard(&s->found, NO_FACET, NO_LEAF)) continue;
        s->state = STEP_WAIT;
        s->used = s->refused = 0;
        findings_init(&s->found, w->mem);
    }
}

static void render_system(const work *w, uint16_t i, shared_kind what, buf *out) {
    (void)what;
    render_ctx c = ask_context(w, NO_FACET);
    buf text = {0}, raw = {0};
    rules_judge_text(w->env->rules, judge_at(w, i)->index, &text);
    c.rules = buf_view(&text);
    while (c.rules.n && c.rules.p[c.rules.n - 1] == '\n') c.rules.n--;
    prompt_system(judge_at(w, i)->prompt, &c, &raw);
    if (raw.n) buf_json(out, buf_view(&raw));
    buf_free(&text);
    buf_free(&raw);
}

static void compose(work *w, uint16_t i, talk *t) {
    ask_shared(w, i, SHARED_SYSTEM, render_system, &t->system);
    render_ctx c = ask_context(w, NO_FACET);
    buf text = {0};
    rules_judge_text(w->env->rules, judge_at(w, i)->index, &text);
    c.rules = buf_view(&text);
    prompt_slot(judge_at(w, i)->prompt, &c, &t->user);
    buf_free(&text);
}

static void take(work *w, uint16_t i, const answer *a) {
    step *s = &w->step[i];
    arena *scratch = arena_new(0);
    findings found;
    findings_init(&found, scratch);
    const char *why = NULL;
    if (rules_judge_take(w->env->rules, &w->rec, judge_at(w, i)->index, a->object, scratch, &found, &why)) {
        findings_init(&s->found, w->mem);
        findings_copy(&s->found, &found, w->mem);
        findings_sort(&s->found);
        s->state = STEP_DONE;
        /* recorded objections are not hard, and are a reason to ask the next judge all the same */
        s->objected =
            s->objected || findings_hard(&s->found, NO_FACET, NO_LEAF) || (w->env->pop->recorded && s->found.n);
        trace_findings(w, i, &s->found);
    } else {
        step_refuse(w, i, a, "answer", why);
    }
    arena_free(scratch);
}

const stage stage_judge = {"judge", begin, compose, take};

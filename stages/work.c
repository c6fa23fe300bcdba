/* work.c: one attempt at one slot: its steps, and the order in which they come about.
 *
 * The course is a function of the population, the plan, the slot and of the answers by (step, round), never of
 * the order in which these arrive. Three things hold that:
 *  - A facet sees only the skeleton and its needs, and these are finished when it is asked; its own check and
 *    its rounds look at nothing else.
 *  - From the first check of everything on, rounds are barriers: all owners are asked at once, and nothing is
 *    looked at until all have answered. Judges are asked one at a time.
 *  - A step that fails ends the work only when no step before it can fail any more: of several that fail at
 *    about the same time, the first in the order of steps gives the reason. Steps behind a failed one are no
 *    longer asked, unless one before it needs them.
 */
#include "stages/work_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

str step_name(const work *w, uint16_t i) {
    return i < w->facets ? w->env->pop->facet[i].name : w->env->pop->judge[i - w->facets].name;
}

uint16_t work_steps(const population *p) {
    return (uint16_t)(p->facets + p->judges);
}

/* ---- failing ----------------------------------------------------------------------------------- */

void work_fail(work *w, reason why, str detail) {
    w->state = WORK_FAILED;
    w->why = why;
    w->detail = detail;
}

void step_fail(work *w, uint16_t i, reason why, str detail) {
    w->step[i].state = STEP_FAILED;
    w->step[i].why = why;
    w->step[i].detail = detail;
}

static uint16_t first_failed(const work *w) {
    uint16_t i = 0;
    while (i < w->steps && w->step[i].state != STEP_FAILED) i++;
    return i;
}

static bool needs(const work *w, uint16_t i, uint16_t other) {
    return i < w->facets && other < w->facets && w->env->pop->facet[i].closure >> other & 1;
}

static bool waits_in_vain(const work *w, uint16_t i) {
    for (uint16_t k = 0; k < w->facets; k++)
        if (needs(w, i, k) && w->step[k].state == STEP_FAILED) return true;
    return false;
}

static bool may_still_fail(const work *w, uint16_t i) {
    step_state s = w->step[i].state;
    if (s == STEP_DUE || s == STEP_OUT) return true;
    return s == STEP_WAIT && i < w->facets && !waits_in_vain(w, i);
}

static bool conclude_failure(work *w) {
    uint16_t failed = first_failed(w);
    if (failed == w->steps) return false;
    for (uint16_t i = 0; i < failed; i++)
        if (may_still_fail(w, i)) return true;
    const step *s = &w->step[failed];
    if (!w->crossing) findings_copy(&w->left, &s->found, w->mem);
    work_fail(w, s->why, s->detail);
    return true;
}

/* ---- the course -------------------------------------------------------------------------------- */

/* Goes down the stages. After a failure only what came before the failed step is still begun (propose does
 * that). */
static void advance(work *w) {
    for (const stage *const *s = stage_table; *s && w->state == WORK_OPEN; s++) {
        bool waits = (*s)->begin(w);
        if (w->state != WORK_OPEN || conclude_failure(w) || waits) return;
    }
    if (w->state == WORK_OPEN) w->state = WORK_CANDIDATE;
}

static bool skeleton(work *w, err *e) {
    const work_env *env = w->env;
    record_init(&w->rec, env->pop, w->mem);
    return env->drawer ? drawer_skeleton(env->drawer, w->slot, w->attempt, &w->rec, e)
                       : draw_skeleton(env->plan, w->slot, w->attempt, &w->rec, e);
}

work *work_new(const work_env *env, uint64_t slot, uint32_t attempt, str avoid) {
    const population *p = env->pop;
    arena *mem = arena_new(0);
    work *w = arena_new_of(mem, work, 1);
    w->env = env;
    w->mem = mem;
    w->slot = slot;
    w->attempt = attempt;
    w->avoid = str_dup(mem, avoid);
    w->facets = p->facets;
    w->steps = work_steps(p);
    w->step = arena_new_of(mem, step, w->steps);
    w->field = arena_new_of(mem, field, p->leaves);
    w->asked = arena_new_of(mem, bool, p->leaves);
    w->none = arena_new_of(mem, bool, p->leaves);
    w->trace_end = &w->trace;
    w->stale = true;
    findings_init(&w->checked, mem);
    findings_init(&w->left, mem);
    for (uint16_t i = 0; i < w->steps; i++) {
        findings_init(&w->step[i].found, mem);
        findings_init(&w->step[i].odd, mem);
    }
    err e = {0};
    if (skeleton(w, &e))
        advance(w);
    else
        work_fail(w, REASON_SKELETON, str_dup(mem, str_of(e.text)));
    return w;
}

void work_free(work *w) {
    if (!w) return;
    for (uint16_t i = 0; i < w->steps; i++) {
        buf_free(&w->step[i].messages);
        buf_free(&w->step[i].schema);
        buf_free(&w->step[i].bounded);
    }
    arena_free(w->mem);
}

/* Behind a failed step only those count that one before it is still waiting for. */
static bool is_wanted(const work *w, uint16_t i, uint16_t failed) {
    if (i < failed) return true;
    for (uint16_t k = 0; k < failed; k++)
        if (needs(w, k, i) && may_still_fail(w, k)) return true;
    return false;
}

bool work_next(work *w, ask *out) {
    if (w->state != WORK_OPEN) return false;
    uint16_t failed = first_failed(w);
    for (uint16_t i = 0; i < w->steps; i++) {
        step *s = &w->step[i];
        if (s->state != STEP_DUE || !is_wanted(w, i, failed)) continue;
        ask_fill(w, i, out);
        s->state = STEP_OUT;
        s->calls++;
        trace_ask(w, i);
        return true;
    }
    return false;
}

/* ---- answers ------------------------------------------------------------------------------------ */

bool step_again(work *w, uint16_t i) {
    step *s = &w->step[i];
    if (s->used >= w->env->pop->rounds) return false;
    s->used++;
    s->state = STEP_DUE;
    return true;
}

/* What the model may be shown of its own: text, whole, and of a bearable length. */
static bool may_be_shown(str text, const char *code) {
    static const char *const fit[] = {"no_json", "syntax", "multiple", "duplicate_key", "number", "answer"};
    for (size_t i = 0; i < COUNT_OF(fit); i++)
        if (str_is(str_of(code), fit[i])) return text.n && text.n <= 8192 && text_valid(text);
    return false;
}

void step_refuse(work *w, uint16_t i, const answer *a, const char *code, const char *message) {
    step *s = &w->step[i];
    s->refused++;
    s->refused_why = str_dup(w->mem, str_of(message ? message : code));
    str text = without_reasoning(a->text);
    s->refused_text = may_be_shown(text, code) ? str_dup(w->mem, text) : (str){0};
    if (step_again(w, i)) return;
    if (i < w->facets && s->last)
        facet_finish(w, i);
    else
        step_fail(w, i, REASON_DOOR, str_printf(w->mem, STR_FMT ": %s", STR_ARG(step_name(w, i)), code));
}

static reason reason_of(str refused) {
    static const reason ends[] = {REASON_FILTERED, REASON_CONTEXT};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_is(refused, reason_name(ends[i]))) return ends[i];
    return REASON_UNREACHABLE;
}

static void note_model(work *w, str name) {
    if (!name.n) return;
    uint32_t at = 0;
    while (at < w->models && str_cmp(w->model[at], name) < 0) at++;
    if (at < w->models && str_eq(w->model[at], name)) return;
    str *more = arena_new_of(w->mem, str, w->models + 1);
    for (uint32_t i = 0; i < w->models; i++) more[i + (i >= at)] = w->model[i];
    more[at] = str_dup(w->mem, name);
    w->model = more;
    w->models++;
}

void work_take(work *w, uint16_t i, uint16_t round, const answer *a) {
    if (w->state != WORK_OPEN || i >= w->steps) return;
    step *s = &w->step[i];
    if (s->state != STEP_OUT || round + 1 != s->calls) return;
    const char *code = a->refused ? a->refused : "refused";
    w->calls++;
    note_model(w, a->model);
    trace_answer(w, i, a);
    if (a->final)
        step_fail(w, i, reason_of(str_of(code)),
                  str_printf(w->mem, STR_FMT ": %s", STR_ARG(step_name(w, i)), code));
    else if (!a->object || a->object->kind != JSON_OBJECT)
        step_refuse(w, i, a, a->object ? "no_json" : code, a->message);
    else
        s->stage->take(w, i, a);
    advance(w);
}

/* ---- what became of it --------------------------------------------------------------------------- */

str objectors(const findings *f, uint16_t owner, arena *mem) {
    buf b = {0};
    str before = {0};
    for (size_t i = 0; i < f->n; i++) {
        const finding *one = &f->row[i];
        if (!one->hard || (owner != NO_FACET && one->owner != owner) || (b.n && str_eq(one->rule, before)))
            continue;
        if (b.n) buf_z(&b, ", ");
        buf_str(&b, one->rule);
        before = one->rule;
    }
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

work_state work_status(const work *w) {
    return w->state;
}

const record *work_record(const work *w) {
    return &w->rec;
}

reason work_reason(const work *w) {
    return w->state == WORK_FAILED ? w->why : REASON_NONE;
}

str work_detail(const work *w) {
    return w->detail;
}

const findings *work_findings(const work *w) {
    return &w->left;
}

uint32_t work_calls(const work *w) {
    return w->calls;
}

uint32_t work_revisions(const work *w) {
    return w->revisions;
}

uint32_t work_models(const work *w, const str **names) {
    *names = w->model;
    return w->models;
}

size_t work_bytes(const work *w) {
    size_t n = arena_bytes(w->mem);
    for (uint16_t i = 0; i < w->steps; i++)
        n += w->step[i].messages.cap + w->step[i].schema.cap + w->step[i].bounded.cap;
    return n;
}

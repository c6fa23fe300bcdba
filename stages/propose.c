/* propose.c: a facet is asked for the first time, as soon as the facets that it needs are finished: they
 * passed their own check or used up their rounds. One whose `when` does not hold is not asked; its fields
 * have no value. Nor is one that has only templates to fill. The `fields` of one with `leaves` go out with the
 * first part of these. */
#include "stages/work_parts.h"

static bool needs_are_met(const work *w, uint16_t facet_index) {
    uint64_t closure = w->env->pop->facet[facet_index].closure;
    for (uint16_t i = 0; i < w->facets; i++) {
        step_state s = w->step[i].state;
        if (closure >> i & 1 && s != STEP_DONE && s != STEP_SKIPPED) return false;
    }
    return true;
}

static bool has_something_to_write(const work *w, uint16_t i) {
    const population *p = w->env->pop;
    for (uint32_t k = p->facet[i].first; k < p->facet[i].end; k++) {
        field_span part;
        if (p->node[k].kind == K_TEMPLATE || !node_field(p, k, &part)) continue;
        if (field_applies(p, part.first, &w->rec)) return true;
    }
    return false;
}

static bool facet_runs(const work *w, uint16_t i) {
    const pred *when = w->env->pop->facet[i].when;
    return !when || pred_holds(when, &w->rec);
}

static bool start(work *w, uint16_t i) {
    step *s = &w->step[i];
    if (s->state != STEP_WAIT || !needs_are_met(w, i)) return false;
    s->stage = &stage_propose;
    bool fields = has_something_to_write(w, i), leaves = facet_runs(w, i) && leaves_begin(w, i);
    s->state = fields || leaves ? STEP_DUE : STEP_SKIPPED;
    if (s->state == STEP_SKIPPED) facet_templates(w->env->pop, i, &w->rec);
    return true;
}

/* True while anything is due or out, here or in a stage below: an answer to it may bring new work here. */
static bool begin(work *w) {
    for (bool more = !w->crossing; more;) {
        more = false;
        for (uint16_t i = 0; i < w->facets; i++) more = start(w, i) || more;
    }
    for (uint16_t i = 0; i < w->steps; i++)
        if (w->step[i].state == STEP_DUE || w->step[i].state == STEP_OUT) return true;
    return false;
}

static void render_system(const work *w, uint16_t i, shared_kind what, buf *out) {
    (void)what;
    render_ctx c = ask_context(w, i);
    buf raw = {0};
    prompt_system(w->env->pop->facet[i].prompt, &c, &raw);
    if (raw.n) buf_json(out, buf_view(&raw));
    buf_free(&raw);
}

static bool owns_compared_text(const population *p, uint16_t facet_index) {
    for (uint32_t i = 0; i < p->dedup_leaves; i++)
        if (leaf_node(p, p->dedup_leaf[i])->owner == facet_index) return true;
    return false;
}

/* After a duplicate: what of the neighbour to stay away from. */
static void add_avoid(const work *w, uint16_t i, buf *user) {
    const population *p = w->env->pop;
    if (!w->avoid.n || !p->avoid) return;
    if (!owns_compared_text(p, i) && !rules_echo_owned(w->env->rules, i)) return;
    buf lines = {0};
    str line, rest = w->avoid;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (lines.n) buf_char(&lines, '\n');
        buf_z(&lines, "- ");
        buf_str(&lines, line);
    }
    render_ctx c = ask_context(w, i);
    c.avoid = buf_view(&lines);
    if (user->n) buf_z(user, user->p[user->n - 1] == '\n' ? "\n" : "\n\n");
    template_render(p->avoid, &c, user);
    buf_free(&lines);
}

static void compose(work *w, uint16_t i, talk *t) {
    render_ctx c = ask_context(w, i);
    leaves_context(w, i, false, &c);
    ask_shared(w, i, SHARED_SYSTEM, render_system, &t->system);
    prompt_slot(w->env->pop->facet[i].prompt, &c, &t->user);
    add_avoid(w, i, &t->user);
}

const stage stage_propose = {"propose", begin, compose, facet_take};

/* revise.c: objections go back to the facets that own them: system, user, the facet's own answer, the
 * findings; only the fields that have some are asked for. While facets are written each is sent back at
 * once; later, all owners together, a round of the slot at a time. */
#include "stages/work_parts.h"

#include <string.h>

static void ask_for(work *w, uint16_t facet_index, const finding *about) {
    const population *p = w->env->pop;
    const facet *f = &p->facet[facet_index];
    uint32_t leaf = about->leaf;
    if (is_leaf_of(w, facet_index, leaf)) {
        leaves_ask(w, facet_index, leaf, about->instance);
        return;
    }
    if (writes_field(p, facet_index, leaf)) {
        w->asked[leaf_field(p, leaf)] = true;
        return;
    }
    /* about the whole, about what the engine put together from it, or about another's field: any may have to
     * change */
    field_span part;
    for (uint32_t i = f->first; i < f->end; i++)
        if (p->node[i].kind != K_TEMPLATE && node_field(p, i, &part)) w->asked[part.first] = true;
    leaves_ask(w, facet_index, NO_LEAF, 0);
}

void revise_due(work *w, uint16_t i, const findings *of) {
    const facet *f = &w->env->pop->facet[i];
    step *s = &w->step[i];
    field_span part;
    for (uint32_t k = f->first; k < f->end; k++)
        if (node_field(w->env->pop, k, &part)) w->asked[part.first] = false;
    leaves_unask(w, i);
    for (size_t k = 0; k < of->n; k++)
        if (of->row[k].hard && of->row[k].owner == i) ask_for(w, i, &of->row[k]);
    leaves_limit(w, i);
    s->stage = s->last ? &stage_revise : &stage_propose;
    s->refused = 0;
    w->revisions += s->last != NULL;
}

/* Whether everything that is objected to has an owner with a round left. */
static bool can_be_mended(const work *w) {
    if (w->rounds >= w->env->pop->rounds) return false;
    for (size_t i = 0; i < w->left.n; i++) {
        const finding *f = &w->left.row[i];
        if (!f->hard) continue;
        if (f->owner >= w->facets || w->step[f->owner].used >= w->env->pop->rounds) return false;
    }
    return true;
}

static bool begin(work *w) {
    if (!findings_hard(&w->left, NO_FACET, NO_LEAF)) return false;
    if (!can_be_mended(w)) {
        work_fail(w, REASON_RULES, objectors(&w->left, NO_FACET, w->mem));
        return false;
    }
    w->rounds++;
    for (uint16_t i = 0; i < w->facets; i++)
        if (findings_hard(&w->left, i, NO_LEAF) && step_again(w, i)) revise_due(w, i, &w->left);
    return true;
}

/* The answer that the findings are about: the latest one from which a field that is asked for was taken. */
static str reply_at_fault(const work *w, uint16_t i) {
    const population *p = w->env->pop;
    const said *latest = leaves_said(w, i);
    for (uint32_t k = p->facet[i].first; k < p->facet[i].end; k++) {
        field_span part;
        bool asked = node_field(p, k, &part) && w->asked[part.first];
        const said *from = asked ? w->field[part.first].from : NULL;
        if (from && (!latest || from->round > latest->round)) latest = from;
    }
    return latest ? latest->text : w->step[i].last->text;
}

/* Of texts that are more than go out at once, those whose turn it is. */
static void print_findings(const work *w, uint16_t i, buf *out) {
    const findings *all = w->crossing ? &w->left : &w->step[i].found;
    arena *mem = arena_new(0);
    findings now;
    findings_init(&now, mem);
    for (size_t k = 0; k < all->n; k++)
        if (!leaves_wait(w, i, &all->row[k])) findings_add(&now, &all->row[k]);
    findings_print(&now, w->env->pop, i, out);
    arena_free(mem);
}

static void compose(work *w, uint16_t i, talk *t) {
    stage_propose.compose(w, i, t);
    buf lines = {0};
    print_findings(w, i, &lines);
    render_ctx c = ask_context(w, i);
    c.only = w->asked;
    leaves_context(w, i, true, &c);
    c.findings = buf_view(&lines);
    while (c.findings.n && c.findings.p[c.findings.n - 1] == '\n') c.findings.n--;
    t->reply = reply_at_fault(w, i);
    template_render(w->env->pop->revise, &c, &t->more);
    buf_free(&lines);
}

const stage stage_revise = {"revise", begin, compose, facet_take};

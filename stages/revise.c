/* revise.c: objections go back to the facets that own them: system, user, the facet's own answer, the
 * findings; only the fields that have some are asked for. Where that brought nothing, they are written afresh:
 * the findings stand in the user part, and the answer is not shown. While facets are written each is sent back
 * at once; later, all owners together, a round of the slot at a time. */
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
static const said *at_fault(const work *w, uint16_t i) {
    const population *p = w->env->pop;
    const said *latest = leaves_said(w, i);
    for (uint32_t k = p->facet[i].first; k < p->facet[i].end; k++) {
        field_span part;
        bool asked = node_field(p, k, &part) && w->asked[part.first];
        const said *from = asked ? w->field[part.first].from : NULL;
        if (from && (!latest || from->round > latest->round)) latest = from;
    }
    return latest ? latest : w->step[i].last;
}

/* All that is asked for was asked for in the round before, and what came was not better: models that see what
 * they wrote write it once more, so it is not shown to them again. Not where a facet's rounds are of several
 * parts, nor under a revise prompt of the population's own, which speaks of the answer. */
static bool in_vain(const work *w, uint16_t i) {
    const facet *f = &w->env->pop->facet[i];
    bool all = w->env->pop->afresh && !w->step[i].texts;
    field_span part;
    for (uint32_t k = f->first; k < f->end && all; k++)
        if (node_field(w->env->pop, k, &part) && w->asked[part.first]) all = w->field[part.first].in_vain;
    return all;
}

static const findings *objections(const work *w, uint16_t i) {
    return w->crossing ? &w->left : &w->step[i].found;
}

/* What hints say is missing, in characters; 0: nothing, or more is wrong with the text than that. */
static uint32_t hints_of(const findings *all, uint16_t owner, uint32_t leaf, arena *scratch) {
    uint32_t chars = 0;
    for (size_t k = 0; k < all->n; k++) {
        const finding *f = &all->row[k];
        if (!f->hard || f->owner != owner || f->leaf != leaf) continue;
        if (!f->adds || f->instance) return 0;
        chars += text_measure(f->hint, scratch).chars;
    }
    return chars;
}

/* Characters below which a text that only has to say more cannot be what is wanted: as long as it is, and as
 * the hints are long; 0: its limits do not leave that room. Models that repeat what they wrote would close it
 * there, and go on with what is missing if they cannot. */
static uint32_t longer_than(const population *p, uint32_t leaf, str text, uint32_t hints, arena *scratch) {
    const text_limits *l = &leaf_node(p, leaf)->limits;
    text_size is = text_measure(text, scratch);
    uint64_t wanted = is.chars + (uint64_t)hints, most = UINT32_MAX;
    if (l->has_words && is.words) most = (uint64_t)l->words.hi * is.chars / is.words;
    if (l->has_chars && l->chars.hi < most) most = l->chars.hi;
    if (l->has_sentences && is.sentences >= l->sentences.hi) return 0;
    return wanted + SCHEMA_STEP(p->spaced) <= most ? (uint32_t)wanted : 0;
}

void revise_schema(const work *w, uint16_t i, bool bounded, buf *out) {
    const population *p = w->env->pop;
    arena *scratch = arena_new(0);
    uint32_t *least = arena_new_of(scratch, uint32_t, p->leaves);
    bool again = bounded && !in_vain(w, i);
    for (uint32_t leaf = 0; leaf < p->leaves && again; leaf++) {
        const value *v = &w->rec.value[leaf];
        uint32_t hints = w->asked[leaf] && v->kind == V_TEXT ? hints_of(objections(w, i), i, leaf, scratch) : 0;
        if (hints) least[leaf] = longer_than(p, leaf, v->text, hints, scratch);
    }
    facet_schema(p, i, &w->rec, w->asked, bounded, least, out);
    arena_free(scratch);
}

/* Of texts that are more than go out at once, those whose turn it is. */
static void print_findings(const work *w, uint16_t i, buf *out) {
    const findings *all = objections(w, i);
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
    if (in_vain(w, i)) {
        buf_z(&t->user, "\n\n");
        template_render(w->env->pop->afresh, &c, &t->user);
    } else {
        t->reply = at_fault(w, i)->text;
        template_render(w->env->pop->revise, &c, &t->more);
    }
    buf_free(&lines);
}

const stage stage_revise = {"revise", begin, compose, facet_take};

/* leaves.c: the texts of a facet's `leaves`: which the persona has, in which part each goes out, what was
 * answered to each, and which version of it stays.
 *
 * A PART is asked for as a facet without parts is: proposed, read, checked, revised; then the next one is due.
 * All are rounds of the one step of their facet. What comes in a later part is missing, and nobody minds until
 * then. From the first check of everything on, what is objected to is asked for whatever part it came in, at
 * most `split` texts at a time.
 *
 * Places stand in the order of parts, so that those of a part are a stretch of them and those of earlier ones
 * all before it.
 */
#include "stages/work_parts.h"

#include <string.h>

static const facet *facet_at(const work *w, uint16_t i) {
    return &w->env->pop->facet[i];
}

static value *value_at(const work *w, const leaf_place *at) {
    value *v = &w->rec.value[at->leaf];
    return at->instance ? &v->item[at->instance - 1] : v;
}

/* ---- parts --------------------------------------------------------------------------------------- */

/* Texts in instances of a drawn list have room beside one another. */
static void make_room(work *w, const leaf_place *at) {
    value *v = &w->rec.value[at->leaf];
    if (!at->instance || v->kind == V_LIST) return;
    uint32_t n = record_instances(&w->rec, leaf_within(w->env->pop, at->leaf));
    *v = (value){.kind = V_LIST, .n = n, .item = arena_new_of(w->mem, value, n)};
}

static void part_begin(work *w, uint16_t i, uint32_t part) {
    const facet *f = facet_at(w, i);
    step *s = &w->step[i];
    uint32_t first = 0, end = 0;
    field_span one;
    for (uint32_t k = f->first; k < f->end; k++)
        if (node_field(w->env->pop, k, &one)) w->asked[one.first] = false;
    while (first < s->texts && s->text[first].part < part) first++;
    for (end = first; end < s->texts && s->text[end].part == part; end++) continue;
    for (uint32_t k = 0; k < s->texts; k++) s->text[k].asked = k >= first && k < end;
    s->part = part;
    s->place_first = first;
    s->place_end = end;
}

bool leaves_begin(work *w, uint16_t i) {
    step *s = &w->step[i];
    uint32_t *part;
    if (!facet_at(w, i)->leaves) return false;
    s->texts = facet_places(i, &w->rec, w->mem, &s->place, &part);
    s->text = arena_new_of(w->mem, text_item, s->texts + 1);
    for (uint32_t k = 0; k < s->texts; k++) {
        s->text[k].part = part[k];
        make_room(w, &s->place[k]);
    }
    part_begin(w, i, 0);
    return s->texts > 0;
}

bool leaves_more(work *w, uint16_t i) {
    step *s = &w->step[i];
    if (s->place_end == s->texts) {
        if (s->used < s->used_most) s->used = s->used_most;
        return false;
    }
    if (s->used > s->used_most) s->used_most = s->used;
    s->used = s->refused = 0;
    s->last = NULL;
    part_begin(w, i, s->part + 1);
    return true;
}

bool fields_asked(const work *w, uint16_t i) {
    return w->step[i].stage != &stage_revise && w->step[i].part == 0;
}

/* One a leaf: some of it comes later. NULL: nothing does. */
bool *leaves_later(const work *w, uint16_t i, arena *mem) {
    const step *s = &w->step[i];
    if (w->crossing || s->place_end == s->texts) return NULL;
    bool *later = arena_new_of(mem, bool, w->env->pop->leaves + 1);
    for (uint32_t k = s->place_end; k < s->texts; k++) later[s->place[k].leaf] = true;
    return later;
}

static uint32_t find(const step *s, uint32_t leaf, uint32_t instance) {
    uint32_t k = 0;
    while (k < s->texts && (s->place[k].leaf != leaf || s->place[k].instance != instance)) k++;
    return k;
}

void leaves_still_to_come(const work *w, uint16_t i, findings *found) {
    const step *s = &w->step[i];
    size_t n = 0;
    if (w->crossing || s->place_end == s->texts) return;
    found->hard = 0;
    for (size_t k = 0; k < found->n; k++) {
        const finding *f = &found->row[k];
        uint32_t at = find(s, f->leaf, f->instance);
        if (at >= s->place_end && at < s->texts) continue;
        found->hard += f->hard;
        found->row[n++] = *f;
    }
    found->n = n;
}

/* ---- what is asked --------------------------------------------------------------------------------- */

bool is_leaf_of(const work *w, uint16_t i, uint32_t leaf) {
    const node *n = leaf == NO_LEAF ? NULL : leaf_node(w->env->pop, leaf);
    return n && n->owner == i && (uint32_t)(n - w->env->pop->node) < w->env->pop->drawn_nodes;
}

void leaves_unask(work *w, uint16_t i) {
    for (uint32_t k = 0; k < w->step[i].texts; k++) w->step[i].text[k].asked = false;
}

/* instance 0 of a text in a list: all of them; NO_LEAF: all that were asked for by now. */
void leaves_ask(work *w, uint16_t i, uint32_t leaf, uint32_t instance) {
    step *s = &w->step[i];
    for (uint32_t k = 0; k < s->place_end; k++)
        if (leaf == NO_LEAF || (s->place[k].leaf == leaf && (!instance || s->place[k].instance == instance)))
            s->text[k].asked = true;
}

/* No more than go out at once. */
void leaves_limit(work *w, uint16_t i) {
    step *s = &w->step[i];
    uint32_t most = facet_at(w, i)->split, n = 0;
    for (uint32_t k = 0; most && k < s->texts; k++)
        if (s->text[k].asked && ++n > most) s->text[k].asked = false;
}

bool leaves_wait(const work *w, uint16_t i, const finding *about) {
    const step *s = &w->step[i];
    bool any = false;
    if (!is_leaf_of(w, i, about->leaf)) return false;
    for (uint32_t k = 0; k < s->texts && !any; k++)
        any = s->text[k].asked && s->place[k].leaf == about->leaf &&
              (!about->instance || s->place[k].instance == about->instance);
    return !any;
}

/* Whether all that is asked for again belongs to the part that is being written. */
static bool within_part(const work *w, const step *s) {
    if (w->crossing) return false;
    for (uint32_t k = 0; k < s->place_first; k++)
        if (s->text[k].asked) return false;
    return true;
}

static leaf_place *some(work *w, const step *s, bool asked, uint32_t *n) {
    leaf_place *list = arena_new_of(w->mem, leaf_place, s->texts + 1);
    *n = 0;
    for (uint32_t k = 0; k < s->place_end; k++)
        if (s->text[k].asked == asked) list[(*n)++] = s->place[k];
    return list;
}

void leaves_context(work *w, uint16_t i, bool only_asked, render_ctx *c) {
    const step *s = &w->step[i];
    if (!facet_at(w, i)->leaves || !s->place) return;
    bool again = s->stage == &stage_revise;
    if (s->part) c->only = w->none;
    c->told = s->place;
    c->tolds = s->place_first;
    c->ask = s->place + s->place_first;
    c->asks = s->place_end - s->place_first;
    if (again && (only_asked || !within_part(w, s))) c->ask = some(w, s, true, &c->asks);
    if (again && (only_asked || !within_part(w, s))) c->only = w->asked;
    if (again && !within_part(w, s)) c->told = some(w, s, false, &c->tolds);
}

const said *leaves_said(const work *w, uint16_t i) {
    const step *s = &w->step[i];
    const said *latest = NULL;
    for (uint32_t k = 0; k < s->texts; k++) {
        const said *from = s->text[k].asked ? s->text[k].field.from : NULL;
        if (from && (!latest || from->round > latest->round)) latest = from;
    }
    return latest;
}

/* ---- answers ---------------------------------------------------------------------------------------- */

void leaves_read_answer(work *w, uint16_t i, const said *from, const json *object) {
    const population *p = w->env->pop;
    step *s = &w->step[i];
    strmap *members = strmap_new(object->n);
    buf path = {0};
    for (uint32_t k = 0; k < object->n; k++)
        strmap_put(members, object->member[k].key, (void *)(uintptr_t)&object->member[k].value);
    for (uint32_t k = 0; k < s->texts; k++) {
        text_item *t = &s->text[k];
        const node *n = leaf_node(p, s->place[k].leaf);
        if (!t->asked) continue;
        buf_reset(&path);
        instance_path(p, n, s->place[k].instance, &path);
        const json *j = strmap_get(members, buf_view(&path));
        value v;
        t->field.wrong = j ? value_read(n, j, w->mem, &v) : NULL;
        if (!j || t->field.wrong) continue;
        t->field.fresh = (value){.kind = V_TEXT, .text = str_dup(w->mem, v.text)};
        t->field.fresh_from = from;
    }
    buf_free(&path);
    strmap_free(members);
}

bool leaves_name(const work *w, uint16_t i, str key) {
    const step *s = &w->step[i];
    buf path = {0};
    bool found = false;
    for (uint32_t k = 0; k < s->texts && !found; k++) {
        if (!s->text[k].asked) continue;
        buf_reset(&path);
        instance_path(w->env->pop, leaf_node(w->env->pop, s->place[k].leaf), s->place[k].instance, &path);
        found = str_eq(buf_view(&path), key);
    }
    buf_free(&path);
    return found;
}

const char *leaves_wrong(const work *w, uint16_t i, uint32_t leaf, uint32_t instance, bool *missing) {
    const step *s = &w->step[i];
    uint32_t k = find(s, leaf, instance);
    *missing = k < s->texts && value_at(w, &s->place[k])->kind == V_NONE;
    return *missing ? s->text[k].field.wrong : NULL;
}

static void swap(work *w, uint16_t i, uint32_t k) {
    value *v = value_at(w, &w->step[i].place[k]), was = *v;
    *v = w->step[i].text[k].field.fresh;
    w->step[i].text[k].field.fresh = was;
}

void leaves_exchange(work *w, uint16_t i) {
    for (uint32_t k = 0; k < w->step[i].texts; k++)
        if (w->step[i].text[k].field.fresh_from) swap(w, i, k);
}

static size_t hard_at(const findings *f, const leaf_place *at) {
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += f->row[i].hard && f->row[i].leaf == at->leaf &&
             (f->row[i].instance == at->instance || !f->row[i].instance);
    return n;
}

bool leaves_choose(work *w, uint16_t i, const findings *now, const findings *before, version_rule how,
                   bool *changed) {
    step *s = &w->step[i];
    bool put_back = false;
    for (uint32_t k = 0; k < s->texts; k++) {
        field *one = &s->text[k].field;
        if (!one->fresh_from) continue;
        bool differs = !value_same(value_at(w, &s->place[k]), &one->fresh);
        bool better = how == VERSION_EACH ? hard_at(now, &s->place[k]) < hard_at(before, &s->place[k])
                                          : how == VERSION_NEW;
        better = better || one->fresh.kind == V_NONE;
        if (one->from) trace_version(w, s->place[k].leaf, s->place[k].instance, better);
        if (better) {
            *changed = *changed || differs;
            one->from = one->fresh_from;
        } else {
            put_back = put_back || differs;
            swap(w, i, k);
        }
        one->fresh_from = NULL;
    }
    return put_back;
}

/* A choice that was revised may have switched the facet off. */
void leaves_drop(work *w, uint16_t i) {
    const facet *f = facet_at(w, i);
    if (!w->step[i].texts || !f->when || pred_holds(f->when, &w->rec)) return;
    for (uint32_t k = 0; k < w->step[i].texts; k++) *value_at(w, &w->step[i].place[k]) = value_none;
}

/* validate.c: what becomes of an answer that passed the door: its fields are read, of two versions of a field
 * one stays, and the draft is checked: a facet's own rules at once, all of them when every facet has written.
 *
 * Of two versions of a field the newer one stays only if it has strictly fewer hard findings. A version that
 * mends nothing is no reason to give up the one that other facets may have been written from, and small models
 * that are asked to mend one thing often damage another. Findings on what the facet cannot write field by field
 * (a template of its own, a rule that names no field) concern all its fields: these then stay or go together.
 *
 * Checks run in an arena of their own: only their findings are kept, so that a waiting work stays small.
 */
#include "stages/work_parts.h"

#include <string.h>

/* ---- findings ---------------------------------------------------------------------------------- */

void findings_copy(findings *to, const findings *from, arena *mem) {
    for (size_t i = 0; i < from->n; i++) {
        finding one = from->row[i];
        one.rule = str_dup(mem, one.rule);
        one.message = str_dup(mem, one.message);
        one.hint = str_dup(mem, one.hint);
        findings_add(to, &one);
    }
}

/* Checks see only that a field has no value. Here it is known why: it was there but could not be read
 * (FIELD.form), or its key was another one. */
static void explain_missing(const work *w, findings *found, arena *mem) {
    const population *p = w->env->pop;
    for (size_t i = 0; i < found->n; i++) {
        finding *f = &found->row[i];
        if (f->leaf == NO_LEAF || f->owner >= w->facets) continue;
        bool text = is_leaf_of(w, f->owner, f->leaf), missing = w->rec.value[f->leaf].kind == V_NONE;
        const char *wrong = w->field[f->leaf].wrong;
        if (text) wrong = leaves_wrong(w, f->owner, f->leaf, f->instance, &missing);
        if (!missing || (f->instance && !text)) continue;
        const findings *odd = &w->step[f->owner].odd;
        if (!wrong && odd->n && !f->hint.n) f->hint = odd->row[0].message;
        if (!wrong || !str_ends(f->rule, ".missing")) continue;
        f->rule = str_printf(mem, STR_FMT ".form", STR_ARG(leaf_node(p, f->leaf)->path));
        f->message = str_of(wrong);
    }
}

/* The findings of one facet's own check, or (NO_FACET) of all checks. */
static void check(work *w, uint16_t facet_index, findings *out) {
    arena *scratch = arena_new(0);
    findings found;
    findings_init(&found, scratch);
    if (facet_index != NO_FACET)
        rules_check_part(w->env->rules, &w->rec, facet_index, leaves_later(w, facet_index, scratch), scratch,
                         &found);
    else
        rules_check_all(w->env->rules, &w->rec, scratch, &found);
    if (facet_index != NO_FACET) leaves_still_to_come(w, facet_index, &found);
    explain_missing(w, &found, scratch);
    findings_init(out, w->mem);
    findings_copy(out, &found, w->mem);
    findings_sort(out);
    arena_free(scratch);
}

/* ---- reading an answer ---------------------------------------------------------------------------- */

static value value_dup(arena *mem, const value *v) {
    value made = *v;
    if (v->kind == V_TEXT) made.text = str_dup(mem, v->text);
    if (v->kind == V_LIST) {
        made.item = arena_new_of(mem, value, v->n);
        for (uint32_t i = 0; i < v->n; i++) made.item[i] = value_dup(mem, &v->item[i]);
    }
    return made;
}

static const json *member(const json *object, str key) {
    if (!object || object->kind != JSON_OBJECT) return NULL;
    for (uint32_t i = 0; i < object->n; i++)
        if (str_eq(object->member[i].key, key)) return &object->member[i].value;
    return NULL;
}

/* leaf: the first of a field. */
static bool is_asked(const work *w, const node *n, uint32_t leaf) {
    if (n->kind == K_TEMPLATE || !field_applies(w->env->pop, leaf, &w->rec)) return false;
    return fields_asked(w, n->owner) || w->asked[leaf];
}

static void read_field(work *w, const said *from, const json *j, const node *n, field_span part) {
    value *v = arena_new_of(w->mem, value, part.n);
    field *f = &w->field[part.first];
    f->wrong = NULL;
    if (j)
        f->wrong =
            n->number != NO_LEAF ? instances_read(w->env->pop, n, j, w->mem, v) : value_read(n, j, w->mem, v);
    f->in_vain = w->step[n->owner].stage == &stage_revise; /* until a version stays */
    if (!j || f->wrong) return;
    for (uint32_t i = 0; i < part.n; i++) f[i].fresh = value_dup(w->mem, &v[i]);
    f->fresh_from = from;
}

/* object NULL: it is not there, and nothing of it. */
static void read_fields(work *w, const said *from, const json *object, uint32_t first, uint32_t end) {
    const population *p = w->env->pop;
    for (uint32_t i = first; i < end; i = p->node[i].end) {
        const node *n = &p->node[i];
        const json *j = member(object, n->name);
        field_span part;
        if (!node_field(p, i, &part))
            read_fields(w, from, j, i + 1, n->end);
        else if (is_asked(w, n, part.first))
            read_field(w, from, j, n, part);
    }
}

static bool is_field(const population *p, uint32_t first, uint32_t end, str key) {
    for (uint32_t i = first; i < end; i = p->node[i].end)
        if (str_eq(p->node[i].name, key)) return true;
    return false;
}

/* Keys that no field has are dropped, and said once, as a soft finding: they hurt nobody. */
static void note_odd_keys(work *w, uint16_t i, const json *object) {
    const population *p = w->env->pop;
    const facet *f = &p->facet[i];
    buf b = {0};
    for (uint32_t k = 0; k < object->n; k++) {
        str key = object->member[k].key;
        if (is_field(p, f->first, f->end, key) || leaves_name(w, i, key)) continue;
        buf_z(&b, b.n ? ", " : work_word_get(p, WORD_UNKNOWN_KEYS));
        if (key.n > 64) key.n = 64;
        while (!text_valid(key)) key.n--;
        buf_str(&b, key);
    }
    findings_init(&w->step[i].odd, w->mem);
    if (b.n) {
        finding one = {.rule = str_printf(w->mem, STR_FMT ".unknown", STR_ARG(f->name)),
                       .leaf = NO_LEAF,
                       .owner = i,
                       .message = str_dup(w->mem, buf_view(&b))};
        findings_add(&w->step[i].odd, &one);
    }
    buf_free(&b);
}

/* ---- of two versions one stays ---------------------------------------------------------------------- */

static void swap_field(work *w, field_span part) {
    for (uint32_t i = part.first; i < part.first + part.n; i++) {
        value v = w->rec.value[i];
        w->rec.value[i] = w->field[i].fresh;
        w->field[i].fresh = v;
    }
}

static void exchange(work *w, const facet *f) {
    field_span part;
    leaves_exchange(w, f->index);
    for (uint32_t i = f->first; i < f->end; i++)
        if (node_field(w->env->pop, i, &part) && w->field[part.first].fresh_from) swap_field(w, part);
}

bool writes_field(const population *p, uint16_t owner, uint32_t leaf) {
    const node *n = leaf == NO_LEAF ? NULL : leaf_node(p, leaf);
    return n && n->owner == owner && n->kind != K_TEMPLATE;
}

static bool any_without_field(const population *p, const findings *f, uint16_t owner) {
    for (size_t i = 0; i < f->n; i++)
        if (f->row[i].hard && f->row[i].owner == owner && !writes_field(p, owner, f->row[i].leaf)) return true;
    return false;
}

static size_t hard_in(const findings *f, field_span part) {
    size_t n = 0;
    for (uint32_t i = 0; i < part.n; i++) n += findings_hard(f, NO_FACET, part.first + i);
    return n;
}

static version_rule rule_of(const work *w, const findings *now, const findings *before, uint16_t owner) {
    const population *p = w->env->pop;
    if (!any_without_field(p, now, owner) && !any_without_field(p, before, owner)) return VERSION_EACH;
    bool fewer = findings_hard(now, owner, NO_LEAF) < findings_hard(before, owner, NO_LEAF);
    return fewer ? VERSION_NEW : VERSION_OLD;
}

static bool is_better(const findings *now, const findings *before, version_rule how, field_span part) {
    return how == VERSION_EACH ? hard_in(now, part) < hard_in(before, part) : how == VERSION_NEW;
}

/* Whether the two versions of a field differ. */
static bool is_changed(const work *w, field_span part) {
    for (uint32_t i = part.first; i < part.first + part.n; i++)
        if (!value_same(&w->rec.value[i], &w->field[i].fresh)) return true;
    return false;
}

/* What nobody objects to any more has not been asked for in vain. */
static void vain_forget(work *w, uint16_t i, const findings *now) {
    const facet *f = &w->env->pop->facet[i];
    field_span part;
    if (any_without_field(w->env->pop, now, i)) return;
    for (uint32_t k = f->first; k < f->end; k++)
        if (node_field(w->env->pop, k, &part) && !hard_in(now, part)) w->field[part.first].in_vain = false;
}

/* After exchange and check. *changed: a new version stays. true: an older one was put back, check again. */
static bool choose(work *w, uint16_t owner, const findings *now, const findings *before, bool *changed) {
    const facet *f = &w->env->pop->facet[owner];
    version_rule how = rule_of(w, now, before, owner);
    bool put_back = leaves_choose(w, owner, now, before, how, changed);
    for (uint32_t i = f->first; i < f->end; i++) {
        field_span part;
        if (!node_field(w->env->pop, i, &part) || !w->field[part.first].fresh_from) continue;
        field *one = &w->field[part.first];
        bool differs = is_changed(w, part),
             better = one->fresh.kind == V_NONE || is_better(now, before, how, part);
        if (one->from) trace_version(w, part.first, 0, better);
        one->in_vain = !better || !differs;
        if (better) {
            *changed = *changed || differs;
            one->from = one->fresh_from;
        } else {
            put_back = put_back || differs;
            swap_field(w, part);
        }
        one->fresh_from = NULL;
    }
    return put_back;
}

/* ---- one facet ---------------------------------------------------------------------------------------- */

static void settle_facet(work *w, uint16_t i) {
    step *s = &w->step[i];
    findings before = s->found;
    bool changed = false;
    exchange(w, &w->env->pop->facet[i]);
    facet_templates(w->env->pop, i, &w->rec);
    check(w, i, &s->found);
    trace_findings(w, i, &s->found);
    if (choose(w, i, &s->found, &before, &changed)) {
        facet_templates(w->env->pop, i, &w->rec);
        check(w, i, &s->found);
        trace_findings(w, i, &s->found);
    }
    vain_forget(w, i, &s->found);
}

/* What a facet without needs cannot mend in its own rounds nobody can: its check looks at nothing but itself.
 * Of a facet that goes out in parts it is a part that is finished. */
void facet_finish(work *w, uint16_t i) {
    step *s = &w->step[i];
    s->state = STEP_DONE;
    if (w->crossing) return;
    if (findings_hard(&s->found, i, NO_LEAF)) {
        if (step_again(w, i)) {
            revise_due(w, i, &s->found);
            return;
        }
        if (!w->env->pop->facet[i].closure) {
            step_fail(w, i, REASON_RULES, objectors(&s->found, i, w->mem));
            return;
        }
    }
    if (!leaves_more(w, i)) return;
    s->stage = &stage_propose;
    s->state = STEP_DUE;
}

/* As received, for the assistant's turn of a revise ask; bytes that are not text cannot be sent back. */
static str reply_text(const work *w, const answer *a) {
    str text = without_reasoning(a->text);
    if (text.n && text_valid(text)) return str_dup(w->mem, text);
    buf b = {0};
    json_write(&b, a->object);
    text = str_dup(w->mem, buf_view(&b));
    buf_free(&b);
    return text;
}

void facet_take(work *w, uint16_t i, const answer *a) {
    step *s = &w->step[i];
    said *one = arena_new_of(w->mem, said, 1);
    one->round = (uint16_t)(s->calls - 1);
    one->text = reply_text(w, a);
    s->last = one;
    s->refused = 0;
    note_odd_keys(w, i, a->object);
    read_fields(w, one, a->object, w->env->pop->facet[i].first, w->env->pop->facet[i].end);
    leaves_read_answer(w, i, one, a->object);
    w->stale = true;
    if (!w->crossing) settle_facet(w, i);
    facet_finish(w, i);
}

/* ---- all facets ------------------------------------------------------------------------------------------ */

/* A choice that was revised may have switched a facet off after it was written. */
static void drop_what_does_not_apply(work *w) {
    const population *p = w->env->pop;
    for (uint16_t i = 0; i < w->facets; i++) {
        leaves_drop(w, i);
        for (uint32_t k = p->facet[i].first; k < p->facet[i].end; k++) {
            field_span part;
            if (!node_field(p, k, &part) || w->rec.value[part.first].kind == V_NONE) continue;
            if (field_applies(p, part.first, &w->rec)) continue;
            for (uint32_t n = 0; n < part.n; n++) w->rec.value[part.first + n] = (value){.kind = V_NONE};
        }
    }
}

/* Those of a facet after those of its needs, which it may print. */
static void all_templates(work *w) {
    const population *p = w->env->pop;
    for (int needs = 0; needs < w->facets; needs++)
        for (uint16_t i = 0; i < w->facets; i++)
            if (__builtin_popcountll(p->facet[i].closure) == needs) facet_templates(p, i, &w->rec);
}

static void check_all(work *w) {
    all_templates(w);
    drop_what_does_not_apply(w);
    check(w, NO_FACET, &w->checked);
    trace_findings(w, NO_FACET, &w->checked);
}

static void settle_all(work *w) {
    const population *p = w->env->pop;
    bool changed = false, put_back = false;
    for (uint16_t i = 0; i < w->facets; i++) exchange(w, &p->facet[i]);
    check_all(w);
    for (uint16_t i = 0; i < w->facets; i++)
        put_back = choose(w, i, &w->checked, &w->left, &changed) || put_back;
    if (put_back) check_all(w);
    if (changed) judges_recall(w);
}

static void gather(work *w) {
    findings_init(&w->left, w->mem);
    for (size_t i = 0; i < w->checked.n; i++) findings_add(&w->left, &w->checked.row[i]);
    for (uint16_t i = 0; i < w->steps; i++) {
        const findings *own = i < w->facets ? &w->step[i].odd : &w->step[i].found;
        for (size_t k = 0; k < own->n; k++) findings_add(&w->left, &own->row[k]);
    }
    findings_sort(&w->left);
    for (uint16_t i = 0; i < w->facets; i++) vain_forget(w, i, &w->left);
}

/* When nobody is out: settles what came back, checks everything and gathers all objections, those of judges
 * too. */
static bool begin(work *w) {
    if (w->stale) settle_all(w);
    w->crossing = true;
    w->stale = false;
    gather(w);
    return false;
}

const stage stage_validate = {"validate", begin, NULL, NULL};

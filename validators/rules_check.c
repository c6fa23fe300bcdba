/* rules_check.c: running what was compiled over a record: a facet's fields and what can be decided with them,
 * what no single facet decides, or all of it. Judges are asked elsewhere. Pure: the record and the rules are
 * read, findings are added.
 */
#include "validators/rule_parts.h"

void check_begin(check_ctx *c, const record *rec, arena *mem, findings *out) {
    *c = (check_ctx){.rec = rec,
                     .mem = mem,
                     .out = out,
                     .texts = arena_alloc(mem, (rec->pop->leaves + 1) * sizeof *c->texts),
                     .name = arena_alloc(mem, sizeof *c->name)};
}

static uint32_t texts_in(const value *v) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < element_count(v); i++) n += element_at(v, i)->kind == V_TEXT;
    return n;
}

/* All are cut when one is asked for; from inside an instance its own are a part of these. */
uint32_t check_texts(check_ctx *c, uint32_t leaf, reading ***out) {
    struct leaf_texts *t = &c->texts[leaf];
    const value *all = &c->rec->value[leaf], *v = record_at(c->rec, leaf);
    if (!t->cut) {
        t->item = arena_new_of(c->mem, reading *, element_count(all) + 1);
        for (uint32_t i = 0; i < element_count(all); i++)
            if (element_at(all, i)->kind == V_TEXT)
                t->item[t->n++] = reading_new(element_at(all, i)->text, c->mem);
        t->cut = true;
    }
    *out = t->item;
    if (v == all || v == &value_none) return v == all ? t->n : 0;
    for (uint32_t i = 0; i < c->rec->instance; i++) *out += texts_in(&all->item[i]);
    return texts_in(v);
}

/* ---- findings ------------------------------------------------------------------------------------------- */

static str own_words(const template *t, const check_ctx *c, str otherwise) {
    if (!t) return otherwise;
    buf b = {0};
    template_render(t, &(render_ctx){.rec = c->rec, .facet = NO_FACET}, &b);
    str s = str_dup(c->mem, str_trim(buf_view(&b)));
    buf_free(&b);
    return s.n ? s : otherwise;
}

/* Of a rule without fields: the one field among all it names that its owner writes, if there is just one;
 * inside a list that is written, the instance. */
static uint32_t sole_field(const rule *r, const record *rec) {
    uint32_t found = NO_LEAF;
    const node *list = rec->section == NO_LEAF ? NULL : &rec->pop->node[rec->section];
    if (list && list->owner != NO_FACET && list->owner == r->owner) return list->number;
    for (uint32_t i = 0; i < r->all.n; i++) {
        const node *n = leaf_node(rec->pop, r->all.leaf[i]);
        if (n->owner == NO_FACET || n->owner != r->owner || n->kind == K_TEMPLATE) continue;
        if (found != NO_LEAF) return NO_LEAF;
        found = r->all.leaf[i];
    }
    return found;
}

/* In which instance a leaf is looked at, from 1; 0: none. */
static uint32_t instance_of(const record *rec, uint32_t leaf) {
    if (leaf == NO_LEAF || rec->section == NO_LEAF) return 0;
    bool inside = leaf_within(rec->pop, leaf) == rec->section || leaf == rec->pop->node[rec->section].number;
    return inside ? rec->instance + 1 : 0;
}

static void report(const rule *r, check_ctx *c, uint32_t leaf, str message, str hint, bool adds) {
    if (leaf == NO_LEAF) leaf = r->of.n ? r->of.leaf[0] : sole_field(r, c->rec);
    bool hard = r->hard && (r->constraint || !c->rec->pop->recorded); /* what shapes the draw always holds */
    finding one = {.rule = r->id, .leaf = leaf, .owner = r->owner, .hard = hard, .adds = adds};
    uint16_t writer = leaf == NO_LEAF ? NO_FACET : leaf_node(c->rec->pop, leaf)->owner;
    if (!r->given_owner && writer != NO_FACET) one.owner = writer;
    one.message = own_words(r->message, c, message);
    if (leaf != NO_LEAF && writer != NO_FACET && leaf_node(c->rec->pop, leaf)->kind == K_TEMPLATE) {
        /* nobody writes it: what it is put together from is to change */
        one.leaf = NO_LEAF;
        one.message = str_printf(c->mem, STR_FMT ": " STR_FMT, STR_ARG(leaf_node(c->rec->pop, leaf)->path),
                                 STR_ARG(one.message));
    }
    one.hint = own_words(r->hint, c, hint);
    one.instance = instance_of(c->rec, one.leaf);
    findings_add(c->out, &one);
}

void check_report(const rule *r, check_ctx *c, uint32_t leaf, str message, str hint) {
    report(r, c, leaf, message, hint, false);
}

void check_report_adds(const rule *r, check_ctx *c, uint32_t leaf, str message, str hint) {
    report(r, c, leaf, message, hint, true);
}

void field_report(check_ctx *c, uint32_t leaf, const char *what, str message, str hint) {
    const node *n = leaf_node(c->rec->pop, leaf);
    bool hard = !c->rec->pop->recorded || str_is(str_of(what), "missing");
    finding one = {.leaf = leaf, .owner = n->owner, .hard = hard, .message = message, .hint = hint};
    one.rule = str_printf(c->mem, STR_FMT ".%s", STR_ARG(n->path), what);
    one.instance = instance_of(c->rec, leaf);
    findings_add(c->out, &one);
}

/* ---- what is run ---------------------------------------------------------------------------------------- */

static void field_check(check_ctx *c, const node *n) {
    if (n->leaf == NO_LEAF || n->kind == K_TEMPLATE || !field_applies(c->rec->pop, n->leaf, c->rec)) return;
    field_limits_check(c, n);
    if (n->kind != K_TEXT) return;
    loops_check(c, n);
    ending_check(c, n);
}

/* How many there are, then each from inside. */
static void instances_check(check_ctx *c, uint32_t section) {
    const population *p = c->rec->pop;
    const node *n = &p->node[section];
    record view = *c->rec;
    check_ctx inside = *c;
    inside.rec = &view;
    if (!field_applies(p, n->number, c->rec) || !instances_limits_check(c, n)) return;
    for (uint32_t i = 0; i < record_instances(c->rec, section); i++) {
        record_enter(&view, section, i);
        for (uint32_t k = section + 1; k < n->end; k++) field_check(&inside, &p->node[k]);
        instance_differs_check(&inside, n);
    }
}

/* A text of `leaves`, in each instance of the drawn list that it stands in. */
static void leaf_check(check_ctx *c, const node *n) {
    record view = *c->rec;
    check_ctx inside = *c;
    inside.rec = &view;
    if (n->within == NO_LEAF) field_check(c, n);
    for (uint32_t i = 0; n->within != NO_LEAF && i < record_instances(c->rec, n->within); i++) {
        record_enter(&view, n->within, i);
        field_check(&inside, n);
    }
}

static void fields_check(check_ctx *c, uint16_t f) {
    const population *p = c->rec->pop;
    for (uint32_t i = p->facet[f].first; i < p->facet[f].end; i++) {
        const node *n = &p->node[i];
        if (n->number != NO_LEAF)
            instances_check(c, i);
        else if (n->within == NO_LEAF)
            field_check(c, n);
    }
    for (uint32_t i = 0; i < p->facet[f].leaves; i++) leaf_check(c, leaf_node(p, p->facet[f].leaf[i]));
}

/* A constraint held when all was drawn; `choose` may have taken something of it since. */
static bool names_left_out(const rule *r, const record *rec) {
    for (uint32_t i = 0; rec->left && i < r->all.n; i++)
        if (record_left(rec, r->all.leaf[i])) return true;
    return false;
}

static void rule_check_once(const rule *r, check_ctx *c) {
    if (!r->kind->check || (r->constraint && names_left_out(r, c->rec))) return;
    if (r->when && !pred_holds(r->when, c->rec)) return;
    if (r->constraint && r->kind->holds(r, c->rec)) return;
    r->kind->check(r, c);
}

static void rule_check(const rule *r, check_ctx *c) {
    if (r->within == NO_LEAF) {
        rule_check_once(r, c);
        return;
    }
    record view = *c->rec;
    check_ctx inside = *c;
    inside.rec = &view;
    for (uint32_t i = 0; i < record_instances(c->rec, r->within); i++) {
        record_enter(&view, r->within, i);
        rule_check_once(r, &inside);
    }
}

/* Whether the rule has to wait: what it looks at field by field it can see as far as that is written. */
static bool waits(const rule *r, const bool *later) {
    for (uint32_t i = 0; later && i < r->all.n; i++) {
        bool one_of = false;
        for (uint32_t k = 0; r->kind->by_field && k < r->of.n && !one_of; k++)
            one_of = r->of.leaf[k] == r->all.leaf[i];
        if (later[r->all.leaf[i]] && !one_of) return true;
    }
    return false;
}

static void decided_check(const rules *s, check_ctx *c, uint16_t f, const bool *later) {
    for (size_t i = 0; i < s->n; i++)
        if (!s->row[i].constraint && s->row[i].decided == f && !waits(&s->row[i], later))
            rule_check(&s->row[i], c);
}

void rules_check_part(const rules *s, const record *rec, uint16_t f, const bool *later, arena *mem,
                      findings *out) {
    check_ctx c;
    check_begin(&c, rec, mem, out);
    fields_check(&c, f);
    decided_check(s, &c, f, later);
}

void rules_check_facet(const rules *s, const record *rec, uint16_t f, arena *mem, findings *out) {
    rules_check_part(s, rec, f, NULL, mem, out);
}

void rules_check_cross(const rules *s, const record *rec, arena *mem, findings *out) {
    check_ctx c;
    check_begin(&c, rec, mem, out);
    decided_check(s, &c, NO_FACET, NULL);
}

void rules_check_all(const rules *s, const record *rec, arena *mem, findings *out) {
    check_ctx c;
    check_begin(&c, rec, mem, out);
    for (uint16_t f = 0; f < s->p->facets; f++) fields_check(&c, f);
    for (size_t i = 0; i < s->n; i++) rule_check(&s->row[i], &c);
}

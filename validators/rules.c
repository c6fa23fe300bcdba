/* rules.c: from rows of a population file to compiled rules.
 *
 * A hard rule of a kind that allows it, all of whose leaves are drawn, becomes a constraint of the population;
 * a rule of a judge waits for the judge; every other is a check. Kinds that look at each field by itself are
 * split into one part for each facet that owns fields of `of`: so a field is checked as soon as it is written,
 * and goes back to its own facet. Rows live in the population's arena; they refer to one another by nothing but
 * their order.
 */
#include "validators/rule_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYS_MAX 16

/* ---- reading one row ------------------------------------------------------------------------------------ */

static const rule_kind *kind_find(population *p, const rule_def *def, diags *d) {
    size_t distance = SIZE_MAX;
    str nearest = {0};
    const char *hint = NULL;
    for (const rule_kind *const *k = rule_table; *k; k++) {
        if (str_is(def->kind, (*k)->name)) return *k;
        hint = rule_near(p, def->kind, str_of((*k)->name), &distance, &nearest);
    }
    diag_at(p, d, DIAG_P13, tree_get(def->body, "kind"), def->kind, hint,
            "there is no kind of rule `" STR_FMT "`", STR_ARG(def->kind));
    return NULL;
}

static bool keys_known(population *p, const rule_def *def, const rule_kind *k, diags *d) {
    const char *keys[KEYS_MAX] = {"kind", "of", "when", "hard", "owner", "message", "hint"};
    char what[160];
    size_t n = 7;
    for (size_t i = 0; k->keys[i] && n + 1 < KEYS_MAX; i++) keys[n++] = k->keys[i];
    snprintf(what, sizeof what, "the rule `" STR_FMT "` of the kind `%s`", STR_ARG(def->id), k->name);
    return tree_only(p, d, def->body, what, keys);
}

static const tree *value_of(const tree *body, const char *key) {
    const tree *t = tree_get(body, key);
    return t && !t->nothing ? t : NULL;
}

static bool read_hard(population *p, rule *r, const tree *body, diags *d) {
    const tree *t = value_of(body, "hard");
    r->hard = !t || (t->kind == TREE_SCALAR && str_is(t->text, "true"));
    if (r->hard || (t->kind == TREE_SCALAR && str_is(t->text, "false"))) return true;
    return diag_at(p, d, DIAG_P03, t, t->text, "write true or false", "`hard` is true or false");
}

static bool read_owner(population *p, rule *r, const tree *body, diags *d) {
    const tree *t = value_of(body, "owner");
    size_t distance = SIZE_MAX;
    str nearest = {0};
    const char *hint = NULL;
    r->owner = NO_FACET;
    if (!t) return true;
    r->given_owner = true;
    for (uint16_t f = 0; f < p->facets; f++) {
        if (t->kind == TREE_SCALAR && str_eq(p->facet[f].name, t->text)) r->owner = f;
        hint = rule_near(p, t->text, p->facet[f].name, &distance, &nearest);
    }
    return r->owner != NO_FACET ||
           diag_at(p, d, DIAG_P04, t, t->text, hint, "there is no facet `" STR_FMT "`", STR_ARG(t->text));
}

static bool read_text(population *p, const tree *body, const char *key, diags *d, const template **out) {
    const tree *t = value_of(body, key);
    str text;
    if (!t) return true;
    if (!compile_text(p, t, d, &text)) return false;
    *out = compile_template(p, text, t, d);
    return *out != NULL;
}

static bool read_common(population *p, rule *r, const tree *body, diags *d) {
    bool fine = read_hard(p, r, body, d);
    fine = read_owner(p, r, body, d) && fine;
    fine = read_text(p, body, "message", d, &r->message) && fine;
    fine = read_text(p, body, "hint", d, &r->hint) && fine;
    const tree *of = value_of(body, "of");
    if (of)
        fine = compile_refs(p, of, d, &r->of) && fine;
    else if (r->kind->needs_of)
        fine = rule_key(p, r, body, "of", d) && fine;
    if (fine && r->kind->needs_of && !r->of.n)
        fine = diag_at(p, d, DIAG_P03, of, r->id, NULL,
                       "`of` of the rule `" STR_FMT "` names no attribute and no field", STR_ARG(r->id));
    if (value_of(body, "when")) fine = rule_pred(p, r, body, "when", d, &r->when) && fine;
    return fine;
}

/* ---- who decides, who revises ------------------------------------------------------------------------------
 */

static leaf_list each_once(population *p, leaf_list a, leaf_list b) {
    leaf_list sum = {arena_new_of(p->mem, uint32_t, a.n + b.n + 1), 0};
    bool *seen = xcalloc(p->leaves + 1, sizeof *seen);
    for (uint32_t i = 0; i < a.n + b.n; i++) {
        uint32_t leaf = i < a.n ? a.leaf[i] : b.leaf[i - a.n];
        if (!seen[leaf]) sum.leaf[sum.n++] = leaf;
        seen[leaf] = true;
    }
    free(seen);
    return sum;
}

static uint64_t owners_of(const population *p, leaf_list l) {
    uint64_t set = 0;
    for (uint32_t i = 0; i < l.n; i++) {
        uint16_t owner = leaf_node(p, l.leaf[i])->owner;
        if (owner != NO_FACET) set |= (uint64_t)1 << owner;
    }
    return set;
}

/* The facet of a set that runs last: it needs the others, or failing that most facets, or stands last. */
static uint16_t last_of(const population *p, uint64_t set) {
    uint16_t last = NO_FACET;
    for (uint16_t f = 0; f < p->facets; f++) {
        if (!(set >> f & 1)) continue;
        bool later = last == NO_FACET || p->facet[f].closure >> last & 1;
        bool earlier = last != NO_FACET && p->facet[last].closure >> f & 1;
        if (!later && !earlier)
            later = __builtin_popcountll(p->facet[f].closure) >= __builtin_popcountll(p->facet[last].closure);
        if (later) last = f;
    }
    return last;
}

static void rule_place(const population *p, rule *r) {
    uint64_t all = owners_of(p, r->all), own = r->of.n ? owners_of(p, r->of) : all;
    uint16_t last = last_of(p, all);
    if (!r->given_owner) r->owner = last_of(p, own ? own : all);
    bool whole = last != NO_FACET && !(all & ~(p->facet[last].closure | (uint64_t)1 << last));
    r->decided = whole ? last : NO_FACET;
}

static rule *row_add(rules *s, const rule *r) {
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 32;
        s->row = xrealloc(s->row, s->cap * sizeof *s->row);
    }
    s->row[s->n] = *r;
    return &s->row[s->n++];
}

/* One row for each facet that owns fields of `of` (and one for the drawn ones). */
static void rows_of_facets(rules *s, const rule *r, leaf_list named) {
    uint16_t facets = s->p->facets;
    for (uint16_t f = 0; f <= facets; f++) {
        uint16_t owner = f < facets ? f : NO_FACET;
        leaf_list part = {arena_new_of(s->p->mem, uint32_t, r->of.n + 1), 0};
        for (uint32_t i = 0; i < r->of.n; i++)
            if (leaf_node(s->p, r->of.leaf[i])->owner == owner) part.leaf[part.n++] = r->of.leaf[i];
        if (!part.n) continue;
        rule *one = row_add(s, r);
        one->of = part;
        one->all = each_once(s->p, part, named);
        rule_place(s->p, one);
    }
}

/* ---- all ------------------------------------------------------------------------------------------------ */

static bool all_drawn(const population *p, const rule *r) {
    for (uint32_t i = 0; i < r->all.n; i++)
        if (!leaf_is_drawn(leaf_node(p, r->all.leaf[i]))) return false;
    return r->all.n > 0;
}

static bool holds_here(const rule *r, const record *rec) {
    return (r->when && !pred_holds(r->when, rec)) || r->kind->holds(r, rec);
}

static bool constraint_holds(const void *self, const record *rec) {
    const rule *r = self;
    if (r->within == NO_LEAF) return holds_here(r, rec);
    record view = *rec;
    for (uint32_t i = 0; i < record_instances(rec, r->within); i++) {
        record_enter(&view, r->within, i);
        if (!holds_here(r, &view)) return false;
    }
    return true;
}

static void rule_constrain(population *p, const rule *r) {
    const rule *kept = arena_dup(p->mem, r, sizeof *r);
    population_constrain(p, &(constraint){.id = r->id,
                                          .leaf = kept->all.leaf,
                                          .leaves = kept->all.n,
                                          .holds = constraint_holds,
                                          .self = kept});
}

/* The one section with `list` in which all that the rule names stands; NO_LEAF: there is none. */
static uint32_t common_list(const population *p, leaf_list all) {
    uint32_t within = all.n ? leaf_within(p, all.leaf[0]) : NO_LEAF;
    for (uint32_t i = 1; i < all.n; i++)
        if (leaf_within(p, all.leaf[i]) != within) return NO_LEAF;
    return within;
}

/* From outside a list no one value of it can be meant. */
static bool single_fits(population *p, const rule *r, const tree *body, diags *d) {
    for (uint32_t i = 0; i < r->single.n && r->within == NO_LEAF; i++) {
        uint32_t within = leaf_within(p, r->single.leaf[i]);
        const node *n = leaf_node(p, r->single.leaf[i]);
        if (within != NO_LEAF)
            return diag_at(p, d, DIAG_P10, body, n->path,
                           "name nothing outside the list: then the rule is applied to each instance",
                           "the rule `" STR_FMT "`: `" STR_FMT "` stands in the list `" STR_FMT "`",
                           STR_ARG(r->id), STR_ARG(n->path), STR_ARG(p->node[within].path));
    }
    return true;
}

static void rule_keep(rules *s, rule *r, leaf_list named) {
    rule_place(s->p, r);
    r->constraint = r->kind->may_constrain && r->hard && all_drawn(s->p, r);
    s->defs++;
    s->constraints += r->constraint;
    s->checks += !r->constraint && r->kind->check;
    if (r->constraint) rule_constrain(s->p, r);
    if (r->kind->by_field && !r->constraint && !r->given_owner)
        rows_of_facets(s, r, named);
    else
        row_add(s, r);
}

static void rule_release(const rules *s, size_t i) {
    rule *r = &s->row[i];
    bool shared = i && s->row[i - 1].data == r->data;
    if (r->kind->release && r->data && !shared) r->kind->release(r);
}

static bool rule_read(rules *s, const rule_def *def, diags *d) {
    const rule_kind *k = kind_find(s->p, def, d);
    if (!k) return false;
    rule r = {.kind = k, .id = def->id};
    bool fine = keys_known(s->p, def, k, d);
    if (!read_common(s->p, &r, def->body, d)) return false;
    if (!k->compile(s->p, &r, def->body, d) || !fine) {
        if (k->release && r.data) k->release(&r);
        return false;
    }
    leaf_list named = r.all;
    r.all = each_once(s->p, r.of, named);
    r.within = common_list(s->p, r.all);
    if (!single_fits(s->p, &r, def->body, d)) {
        if (k->release && r.data) k->release(&r);
        return false;
    }
    rule_keep(s, &r, named);
    return true;
}

rules *rules_compile(population *p, diags *d) {
    rules *s = xcalloc(1, sizeof *s);
    bool fine = true;
    s->p = p;
    for (uint32_t i = 0; i < p->rules; i++) {
        fine = rule_read(s, &p->rule[i], d) && fine;
    }
    if (fine) return s;
    rules_free(s);
    return NULL;
}

void rules_free(rules *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) rule_release(s, i);
    free(s->row);
    free(s);
}

size_t rules_count(const rules *s) {
    return s->defs;
}

size_t rules_checks(const rules *s) {
    return s->checks;
}

size_t rules_constraints(const rules *s) {
    return s->constraints;
}

const char *rules_kind_name(const rules *s, str id) {
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->row[i].id, id)) return s->row[i].kind->name;
    return NULL;
}

/* consistent.c: objects when what a text states clearly contradicts an attribute: an age, a grade, a pronoun, a
 * name. A false alarm costs a revision that makes a good text worse; so each of these is read narrowly. Other
 * attributes are passed over: that another town is named is no contradiction.
 */
#include "validators/consistent_parts.h"

typedef struct facts {
    fact *row;
    uint32_t n;
} facts;

static const struct reader {
    fact_kind is;
    bool (*compile)(population *p, const node *n, fact *f);
    contradiction (*read)(const fact *f, const check_ctx *c, const reading *t);
} readers[] = {
    {FACT_AGE, age_compile, age_read},
    {FACT_GRADE, grade_compile, grade_read},
    {FACT_GENDER, gender_compile, gender_read},
    {FACT_NAME, name_compile, name_read},
};

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    facts *x = r->data = arena_new_of(p->mem, facts, 1);
    leaf_list l;
    if (!rule_refs(p, r, body, "with", d, &l) || !rule_reads_text(p, r, body, d)) return false;
    rule_single(p, r, l);
    x->row = arena_new_of(p->mem, fact, l.n + 1);
    for (uint32_t i = 0; i < l.n; i++)
        for (size_t k = 0; k < COUNT_OF(readers); k++) {
            fact f = {.is = readers[k].is, .leaf = l.leaf[i]};
            if (!readers[k].compile(p, leaf_node(p, l.leaf[i]), &f)) continue;
            x->row[x->n++] = f;
            break;
        }
    if (!x->n)
        diag_at(p, d, DIAG_W00, tree_get(body, "with"), r->id, "it reads ages, grades, genders and names",
                "the rule `" STR_FMT "` cannot object: a text cannot contradict what `with` names",
                STR_ARG(r->id));
    return true;
}

static void report(const rule *r, check_ctx *c, uint32_t leaf, const fact *f, contradiction x) {
    const population *p = c->rec->pop;
    str label = leaf_node(p, f->leaf)->label, is = leaf_print(c->mem, c->rec, f->leaf),
        shown = excerpt(c->mem, x.shown), message;
    if (f->is == FACT_GENDER)
        message =
            message_of(c->mem, p, SAY_CONSISTENT_PRONOUN, shown, message_number(c->mem, x.times), label, is);
    else
        message = message_of(c->mem, p, f->is == FACT_NAME ? SAY_CONSISTENT_NAME : SAY_CONSISTENT_NUMBER, shown,
                             label, is);
    check_report(r, c, leaf, message, message_of(c->mem, p, SAY_CONSISTENT_HINT, label, is));
}

static void text_check(const rule *r, check_ctx *c, uint32_t leaf, const reading *t) {
    const facts *x = r->data;
    for (uint32_t i = 0; i < x->n; i++) {
        const value *v = record_at(c->rec, x->row[i].leaf);
        if (v->kind == V_NONE || v->kind == V_LIST || (v->kind == V_TEXT && x->row[i].is != FACT_NAME))
            continue;
        for (size_t k = 0; k < COUNT_OF(readers); k++) {
            if (readers[k].is != x->row[i].is) continue;
            contradiction found = readers[k].read(&x->row[i], c, t);
            if (found.shown.n) report(r, c, leaf, &x->row[i], found);
        }
    }
}

static void check(const rule *r, check_ctx *c) {
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++)
            text_check(r, c, r->of.leaf[i], text[k]);
}

static const char *const keys[] = {"with", NULL};
const rule_kind rule_kind_consistent = {
    .name = "consistent", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};

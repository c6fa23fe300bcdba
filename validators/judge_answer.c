/* judge_answer.c: what a judge is told of its rules, and what it answers:
 *
 *     {"findings": [{"rule": "J1", "field": "story", "message": "...", "hint": "..."}]}
 *
 * An answer that names a rule or a field that this judge was not asked about is refused as a whole. Objections
 * that cannot be meant (the rule's `when` does not hold, the field has no value or is one of another rule's)
 * are dropped. A judge's words stay short: they go into prompts.
 */
#include "validators/rule_parts.h"

#include <stdlib.h>

#define WORDS_MOST 400u /* bytes of a message or a hint */

static bool judges_leaf(const node *n) {
    return n->leaf != NO_LEAF && n->owner != NO_FACET && n->kind != K_TEMPLATE;
}

size_t rules_judged(const rules *s, uint16_t j) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += judge_decides(&s->row[i], j);
    return n;
}

/* Whether the rule may object to the field: one of its `of`, or any if that names none that can be mended. */
static bool may_object(const rules *s, const rule *r, uint32_t leaf) {
    bool named = false;
    for (uint32_t k = 0; k < r->of.n; k++) {
        if (r->of.leaf[k] == leaf) return true;
        named = named || judges_leaf(leaf_node(s->p, r->of.leaf[k]));
    }
    return !named;
}

/* " [values, mental_health]" */
static void put_fields(const rules *s, const rule *r, buf *out) {
    const char *before = " [";
    for (uint32_t k = 0; k < r->of.n; k++) {
        const node *n = leaf_node(s->p, r->of.leaf[k]);
        if (!judges_leaf(n)) continue;
        buf_z(out, before);
        buf_str(out, n->path);
        before = ", ";
    }
    if (*before == ',') buf_char(out, ']');
}

void rules_judge_text(const rules *s, uint16_t j, buf *out) {
    for (size_t i = 0; i < s->n; i++) {
        if (!judge_decides(&s->row[i], j)) continue;
        const judge_rule *x = s->row[i].data;
        buf_str(out, s->row[i].id);
        buf_z(out, ": ");
        buf_str(out, str_trim(x->text));
        put_fields(s, &s->row[i], out);
        buf_char(out, '\n');
    }
}

/* The fields a judge may name, one bool a leaf: those of its rules; all fields if a rule names none. */
static bool *judge_fields(const rules *s, uint16_t j) {
    const population *p = s->p;
    bool *field = xcalloc(p->leaves + 1, sizeof *field);
    for (size_t i = 0; i < s->n; i++) {
        const rule *r = &s->row[i];
        size_t named = 0;
        if (!judge_decides(r, j)) continue;
        for (uint32_t k = 0; k < r->of.n; k++) {
            bool fits = judges_leaf(leaf_node(p, r->of.leaf[k]));
            if (fits) field[r->of.leaf[k]] = true;
            named += fits;
        }
        for (uint32_t k = 0; !named && k < p->nodes; k++)
            if (judges_leaf(&p->node[k])) field[p->node[k].leaf] = true;
    }
    return field;
}

void rules_judge_schema(const rules *s, const population *p, uint16_t j, buf *out) {
    bool *field = judge_fields(s, j);
    str *id = xcalloc(s->n + 1, sizeof *id);
    uint32_t *leaf = xcalloc(p->leaves + 1, sizeof *leaf);
    size_t ids = 0, leaves = 0;
    for (size_t i = 0; i < s->n; i++)
        if (judge_decides(&s->row[i], j)) id[ids++] = s->row[i].id;
    for (uint32_t i = 0; i < p->leaves; i++)
        if (field[i]) leaf[leaves++] = i;
    judge_schema(p, id, ids, leaf, leaves, out);
    free(field);
    free(id);
    free(leaf);
}

/* ---- answers ------------------------------------------------------------------------------------------------
 */

typedef struct taking {
    const rules *s;
    const record *rec;
    uint16_t index;
    const bool *field;
    arena *mem;
    findings *out;
    const char **why;
} taking;

static bool refuse(taking *t, const char *what, str given) {
    *t->why = str_printf(t->mem, "%s: \"" STR_FMT "\"", what, STR_ARG(excerpt(t->mem, given))).p;
    return false;
}

static str shortened(arena *mem, str s) {
    s = str_trim(s);
    if (s.n <= WORDS_MOST) return str_dup(mem, s);
    size_t n = WORDS_MOST;
    while (n && ((unsigned char)s.p[n] & 0xC0) == 0x80) n--;
    return str_printf(mem, STR_FMT "...", STR_ARG(str_part(s, 0, n)));
}

static const rule *rule_of(const taking *t, str id) {
    for (size_t i = 0; i < t->s->n; i++)
        if (judge_decides(&t->s->row[i], t->index) && str_eq(t->s->row[i].id, id)) return &t->s->row[i];
    return NULL;
}

static uint32_t field_of(const taking *t, str path) {
    for (uint32_t i = 0; i < t->s->p->leaves; i++)
        if (t->field[i] && str_eq(leaf_node(t->s->p, i)->path, path)) return i;
    return NO_LEAF;
}

static str own_text(const taking *t, const template *own, str otherwise) {
    if (!own) return otherwise;
    buf b = {0};
    template_render(own, &(render_ctx){.rec = t->rec, .facet = NO_FACET}, &b);
    str s = shortened(t->mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static bool take_one(taking *t, const json *one) {
    if (one->kind != JSON_OBJECT) return refuse(t, "a finding is an object", STR(""));
    str id = json_str(one, "rule"), path = json_str(one, "field"), message = json_str(one, "message"),
        hint = json_str(one, "hint");
    const rule *r = rule_of(t, id);
    uint32_t leaf = field_of(t, path);
    if (!r) return refuse(t, "there is no such rule", id);
    if (leaf == NO_LEAF) return refuse(t, "there is no such field", path);
    if (record_at(t->rec, leaf)->kind == V_NONE || (r->when && !pred_holds(r->when, t->rec))) return true;
    if (!may_object(t->s, r, leaf)) return true;
    const judge_rule *x = r->data;
    finding f = {.rule = r->id, .leaf = leaf, .hard = r->hard && !t->s->p->recorded};
    f.owner = r->given_owner ? r->owner : leaf_node(t->s->p, leaf)->owner;
    f.message = str_trim(message).n ? shortened(t->mem, message) : own_text(t, r->message, x->text);
    f.hint = str_trim(hint).n ? shortened(t->mem, hint) : own_text(t, r->hint, STR(""));
    findings_add(t->out, &f);
    return true;
}

bool rules_judge_take(const rules *s, const record *rec, uint16_t j, const json *answer, arena *mem,
                      findings *out, const char **why) {
    const json *list = json_get(answer, "findings");
    findings made;
    taking t = {s, rec, j, NULL, mem, &made, why};
    if (!list || list->kind != JSON_ARRAY) return refuse(&t, "the answer has no list `findings`", STR(""));
    bool *field = judge_fields(s, j), fine = true;
    findings_init(&made, mem);
    t.field = field;
    for (uint32_t i = 0; i < list->n && fine; i++) fine = take_one(&t, &list->item[i]);
    free(field);
    for (size_t i = 0; i < made.n && fine; i++) findings_add(out, &made.row[i]);
    return fine;
}

/* judge_rule.c: a rule that only a reader can decide: which judges are asked, and what they are told. It checks
 * nothing itself; what judges answer is taken by judge_answer.c. */
#include "validators/rule_parts.h"

static bool judge_find(population *p, const tree *t, diags *d, judge_rule *x) {
    size_t distance = SIZE_MAX;
    str nearest = {0};
    const char *hint = NULL;
    for (uint16_t j = 0; t->kind == TREE_SCALAR && j < p->judges; j++) {
        if (str_eq(p->judge[j].name, t->text)) {
            x->judges |= (uint64_t)1 << j;
            return true;
        }
        hint = rule_near(p, t->text, p->judge[j].name, &distance, &nearest);
    }
    return diag_at(p, d, DIAG_P13, t, t->text, hint, "there is no judge `" STR_FMT "`", STR_ARG(t->text));
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    judge_rule *x = arena_new_of(p->mem, judge_rule, 1);
    const tree *names = rule_key(p, r, body, "judge", d), *text = rule_key(p, r, body, "text", d);
    if (!names || !text) return false;
    if (p->judges > 64)
        return diag_at(p, d, DIAG_P17, names, r->id, NULL, "at most 64 judges can be asked, there are %u",
                       p->judges);
    bool fine = true;
    for (uint32_t i = 0; i < (names->kind == TREE_LIST ? names->n : 1); i++)
        fine = judge_find(p, names->kind == TREE_LIST ? names->item[i] : names, d, x) && fine;
    fine = compile_text(p, text, d, &x->text) && fine;
    r->data = x;
    return fine;
}

bool judge_decides(const rule *r, uint16_t j) {
    const judge_rule *x = r->data;
    return r->kind == &rule_kind_judge && j < 64 && x->judges >> j & 1;
}

static const char *const keys[] = {"judge", "text", NULL};
const rule_kind rule_kind_judge = {.name = "judge", .keys = keys, .compile = compile};

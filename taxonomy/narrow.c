/* narrow.c: `only` and `except` of what a facet writes: which values of a choice are possible for this persona.
 *
 * What they name is drawn, written by a facet that ran before, or written beside the choice itself. The first
 * two are known before the facet is asked: then its schema and its lines offer what is possible and nothing
 * else. The last is checked when the answer is there. Where nothing of what is known remains possible, all
 * values are offered and the check objects: an empty enum is no schema.
 */
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/plan/plan.h"

/* ---- compiling: when the facets' needs are known -------------------------------------------------- */

/* Known before facet f is asked. inside: the instances of the list that it stands in are written with it. */
static bool is_known(const population *p, const node *own, const node *other) {
    return other->owner == NO_FACET ||
           (own->owner != other->owner && p->facet[own->owner].closure >> other->owner & 1);
}

/* P10: what the facet never gets to see, and one value of what has several. *known: none of it is written with
 * it. */
static bool names_fit(population *p, const node *n, leaf_list l, const char *key, bool alone, bool *known,
                      diags *d) {
    const tree *at = tree_get(p->compiled->source[n - p->node], key);
    *known = true;
    for (uint32_t i = 0; i < l.n; i++) {
        const node *other = node_at(p, l.leaf[i]);
        uint32_t instance = ref_instance(p, p->leaf_node[l.leaf[i]]);
        if (!is_known(p, n, other) && other->owner != n->owner)
            return lint_at(p, d, DIAG_P10, at, other->path, "add the facet that writes it to `needs`",
                           "`%s` of `" STR_FMT "` names `" STR_FMT
                           "`, which a facet writes that is not among its needs",
                           key, STR_ARG(n->path), STR_ARG(other->path));
        if (other == n)
            return lint_at(p, d, DIAG_P06, at, other->path, "name another attribute",
                           "`%s` of `" STR_FMT "` names itself", key, STR_ARG(n->path));
        if (alone && instance != NO_NODE && instance != ref_instance(p, (uint32_t)(n - p->node)))
            return lint_at(p, d, DIAG_P10, at, other->path,
                           "only predicates, `of`, `what` and templates reach into a list",
                           "`%s` of `" STR_FMT "`: `" STR_FMT "` stands in the list `" STR_FMT "`", key,
                           STR_ARG(n->path), STR_ARG(other->path), STR_ARG(p->node[instance].path));
        *known = *known && is_known(p, n, other);
    }
    return true;
}

static void narrow_bind_one(population *p, node *n, diags *d) {
    draw_spec *s = n->narrow;
    bool any = false;
    s->only_known = arena_new_of(p->mem, bool, n->values + 1);
    s->except_known = arena_new_of(p->mem, bool, s->except.n + 1);
    for (uint32_t v = 0; s->only && v < n->values; v++) {
        if (!s->only[v]) continue;
        if (!names_fit(p, n, pred_leaves(p, s->only[v]), "only", false, &s->only_known[v], d)) return;
        any = any || s->only_known[v];
    }
    for (uint32_t i = 0; i < s->except.n; i++) {
        if (!names_fit(p, n, (leaf_list){&s->except.leaf[i], 1}, "except", true, &s->except_known[i], d))
            return;
        any = any || s->except_known[i];
    }
    if (any) p->facet[n->owner].narrows = true;
}

void narrow_bind(population *p, diags *d) {
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i++)
        if (p->node[i].narrow && !p->compiled->broken[i]) narrow_bind_one(p, &p->node[i], d);
}

/* ---- deciding --------------------------------------------------------------------------------------- */

static bool known_possible(const draw_spec *s, const record *r, uint32_t v) {
    if (s->only && s->only[v] && s->only_known[v] && !pred_holds(s->only[v], r)) return false;
    for (uint32_t i = 0; i < s->except.n; i++)
        if (s->except_known[i] && spec_takes(s, i, record_at(r, s->except.leaf[i]), v)) return false;
    return true;
}

bool choice_offered(const node *n, const record *r, uint32_t v) {
    if (!n->narrow || known_possible(n->narrow, r, v)) return true;
    for (uint32_t k = 0; k < n->values; k++)
        if (known_possible(n->narrow, r, k)) return false;
    return true;
}

bool choice_only(const node *n, const record *r, uint32_t v) {
    const draw_spec *s = n->narrow;
    return !s || !s->only || !s->only[v] || pred_holds(s->only[v], r);
}

uint32_t choice_taken(const node *n, const record *r, uint32_t v) {
    const draw_spec *s = n->narrow;
    for (uint32_t i = 0; s && i < s->except.n; i++)
        if (spec_takes(s, i, record_at(r, s->except.leaf[i]), v)) return s->except.leaf[i];
    return NO_LEAF;
}

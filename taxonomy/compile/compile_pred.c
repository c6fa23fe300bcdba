/* compile_pred.c: PRED -> an OR of ANDs of (attribute, set of values) and of counts.
 *
 * Negation is pushed down while the tree is read: not of a test is the complement of its set (no value
 * included), not of an AND an OR and the reverse, not of a count an OR of the counts below and above. So a
 * predicate has no more clauses than its text makes. Tests on one attribute in one clause are intersected; a
 * clause that cannot hold is dropped. A list passes a test if some element does, and `~` if it is empty: its
 * sets are not intersected, its `not` is a mark. So it is with what stands in a section with `list`, which is
 * one value when it is asked inside an instance and a list elsewhere; a test on such a section holds a
 * predicate of its own, asked inside each instance.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

#define UNFOLDED_MAX 4096u /* clauses while a predicate is put together */

typedef struct reading {
    population *p;
    diags *d;
    const tree *top;
    uint32_t scope; /* section with `list` whose children are named, NO_NODE: none */
} reading;

static bool read_pred(reading *r, const tree *t, bool negate, pred *out);

/* ---- algebra ---------------------------------------------------------------------------------- */

static pred always(arena *mem) {
    return (pred){arena_new_of(mem, pred_clause, 1), 1};
}

static pred one_term(arena *mem, pred_term term) {
    pred q = always(mem);
    q.clause[0] = (pred_clause){arena_dup(mem, &term, sizeof term), 1};
    return q;
}

static pred either(arena *mem, pred a, pred b) {
    pred q = {arena_new_of(mem, pred_clause, a.clauses + b.clauses + 1), 0};
    for (uint32_t i = 0; i < a.clauses; i++) q.clause[q.clauses++] = a.clause[i];
    for (uint32_t i = 0; i < b.clauses; i++) q.clause[q.clauses++] = b.clause[i];
    return q;
}

static bool one_value(const population *p, const pred_term *t) {
    if (t->count || t->some || t->negate) return false;
    return !node_at(p, t->leaf)->is_list && leaf_within(p, t->leaf) == NO_LEAF;
}

/* false: the clause cannot hold. */
static bool clause_add(const population *p, pred_clause *c, const pred_term *t) {
    for (uint32_t i = 0; i < c->terms && one_value(p, t); i++) {
        if (c->term[i].leaf != t->leaf || !one_value(p, &c->term[i])) continue;
        c->term[i].set = set_and(p->mem, &c->term[i].set, &t->set);
        return !set_empty(&c->term[i].set);
    }
    c->term[c->terms++] = *t;
    return !one_value(p, t) || !set_empty(&t->set);
}

static bool clause_join(const population *p, const pred_clause *a, const pred_clause *b, pred_clause *out) {
    *out = (pred_clause){arena_new_of(p->mem, pred_term, a->terms + b->terms + 1), 0};
    for (uint32_t i = 0; i < a->terms; i++)
        if (!clause_add(p, out, &a->term[i])) return false;
    for (uint32_t i = 0; i < b->terms; i++)
        if (!clause_add(p, out, &b->term[i])) return false;
    return true;
}

static pred both(const population *p, const pred *a, const pred *b) {
    pred q = {arena_new_of(p->mem, pred_clause, (size_t)a->clauses * b->clauses + 1), 0};
    for (uint32_t i = 0; i < a->clauses; i++)
        for (uint32_t k = 0; k < b->clauses; k++)
            if (clause_join(p, &a->clause[i], &b->clause[k], &q.clause[q.clauses])) q.clauses++;
    return q;
}

static const pred *kept(population *p, pred q) {
    for (uint32_t i = 0; i < q.clauses; i++)
        for (uint32_t k = 0; k < q.clause[i].terms; k++) set_index(p->mem, &q.clause[i].term[k].set);
    return arena_dup(p->mem, &q, sizeof q);
}

const pred *pred_and(population *p, const pred *a, const pred *b) {
    if (!a) return b;
    return b ? kept(p, both(p, a, b)) : a;
}

const pred *pred_not_more(population *p, const pred *q, const tree *at, diags *d) {
    if (!q || q->clauses <= CLAUSE_MAX) return q;
    lint_at(p, d, DIAG_P17, at, STR(""), "split it, or name the values that are possible",
            "the predicate unfolds to %u alternatives, at most %u can be", q->clauses, CLAUSE_MAX);
    return NULL;
}

static bool too_large(reading *r, uint64_t clauses) {
    if (clauses <= UNFOLDED_MAX) return false;
    lint_at(r->p, r->d, DIAG_P17, r->top, STR(""), "split it, or name the values that are possible",
            "the predicate unfolds to more than %u alternatives", UNFOLDED_MAX);
    return true;
}

/* ---- tests ------------------------------------------------------------------------------------ */

static const tree *negated(const tree *t, bool *negate) {
    const tree *inner;
    while (t->kind == TREE_MAP && t->n == 1 && (inner = tree_get(t, "not"))) {
        *negate = !*negate;
        t = inner;
    }
    return t;
}

static bool read_test(reading *r, uint32_t leaf, const tree *t, bool negate, pred_term *out) {
    const node *n = node_at(r->p, leaf);
    *out = (pred_term){.leaf = leaf};
    t = negated(t, &negate);
    if (!compile_key(r->p, n, t, (str){0}, r->d, &out->set)) return false;
    if (set_empty(&out->set))
        lint_at(r->p, r->d, DIAG_W00, t, t->text, "leave it out, or widen the domain",
                "`" STR_FMT "` is never " STR_FMT ": the test cannot hold", STR_ARG(n->path), STR_ARG(t->text));
    if (n->is_list || n->within != NO_LEAF)
        out->negate = negate;
    else if (negate)
        out->set = set_not(r->p->mem, n, &out->set);
    return true;
}

/* Within a section with `list`, its children are named first. */
static uint32_t find_in(reading *r, const tree *at, str ref) {
    if (r->scope != NO_NODE) {
        str path = str_printf(r->p->mem, STR_FMT "." STR_FMT, STR_ARG(r->p->node[r->scope].path), STR_ARG(ref));
        const node *n = node_find(r->p, path);
        if (n && str_eq(n->path, path)) {
            ref_use(r->p, (uint32_t)(n - r->p->node));
            return (uint32_t)(n - r->p->node);
        }
    }
    return ref_find(r->p, at, ref, r->d);
}

static bool read_section(reading *r, uint32_t section, const tree *at, const tree *t, bool negate, pred *out) {
    const node *n = &r->p->node[section];
    if (ref_broken(r->p, section)) return false;
    if (!n->is_list)
        return lint_at(r->p, r->d, DIAG_P03, at, n->path, "name one of its attributes",
                       "`" STR_FMT "` is a section, which has no value to test", STR_ARG(n->path));
    t = negated(t, &negate);
    if (t->kind == TREE_SCALAR && t->nothing) {
        pred_term term = {.leaf = n->number, .set = {.none = !negate}};
        set_add(r->p->mem, &term.set, negate ? 1 : 0, negate ? INT32_MAX : 0);
        *out = one_term(r->p->mem, term);
        return true;
    }
    pred_some some = {.section = section};
    reading inner = *r;
    pred q;
    inner.scope = section;
    if (!read_pred(&inner, t, false, &q)) return false;
    some.q = kept(r->p, q);
    *out = one_term(
        r->p->mem,
        (pred_term){.leaf = NO_LEAF, .negate = negate, .some = arena_dup(r->p->mem, &some, sizeof some)});
    return true;
}

static bool read_ref(reading *r, const tree *at, const tree *t, bool negate, pred *out) {
    uint32_t i = find_in(r, at, at->text);
    if (i == NO_NODE) return false;
    if (r->p->node[i].kind == K_SECTION) return read_section(r, i, at, t, negate, out);
    pred_term term;
    if (!read_test(r, r->p->node[i].leaf, t, negate, &term)) return false;
    *out = !term.negate && set_empty(&term.set) ? (pred){0} : one_term(r->p->mem, term);
    return true;
}

/* ---- counts ----------------------------------------------------------------------------------- */

static bool count_bound(reading *r, const tree *t, const char *key, uint32_t *out) {
    int64_t v;
    const tree *x = tree_get(t, key);
    if (!x) return true;
    if (!lint_int(r->p, r->d, x, key, 0, 1000000, &v)) return false;
    *out = (uint32_t)v;
    return true;
}

static bool count_bounds(reading *r, const tree *t, pred_count *c) {
    const tree *least = tree_get(t, "at_least"), *most = tree_get(t, "at_most");
    if (!least && !most)
        return lint_at(r->p, r->d, DIAG_P02, t, STR("at_least"),
                       "count: {of: [a, b, c], is: true, at_least: 2}",
                       "`count` needs `at_least` or `at_most`");
    if (!count_bound(r, t, "at_least", &c->at_least) || !count_bound(r, t, "at_most", &c->at_most))
        return false;
    if (c->at_least > c->at_most)
        return lint_at(r->p, r->d, DIAG_P07, least, least->text, "`at_least` is the smaller of the two",
                       "`count`: no number is at least " STR_FMT " and at most " STR_FMT, STR_ARG(least->text),
                       STR_ARG(most->text));
    if (c->at_least > c->n)
        lint_at(r->p, r->d, DIAG_W00, least, least->text, "name more attributes in `of`, or ask for fewer",
                "`count` is over %u attributes: so many cannot pass", c->n);
    return true;
}

/* Negated: fewer or more pass. */
static bool read_count(reading *r, const tree *t, bool negate, pred *out) {
    static const char *const keys[] = {"of", "is", "at_least", "at_most", NULL};
    population *p = r->p;
    leaf_list of;
    if (!lint_map(p, r->d, t, "`count`") || !lint_keys(p, r->d, t, "`count`", keys, false)) return false;
    for (int k = 0; k < 2; k++)
        if (!tree_get(t, keys[k]))
            return lint_at(p, r->d, DIAG_P02, t, str_of(keys[k]),
                           "count: {of: [a, b, c], is: true, at_least: 2}", "`count`: the key `%s` is missing",
                           keys[k]);
    if (!compile_refs(p, tree_get(t, "of"), r->d, &of)) return false;
    pred_count c = {.leaf = of.leaf, .n = of.n, .at_most = UINT32_MAX};
    c.set = arena_new_of(p->mem, value_set, of.n + 1);
    c.negate = arena_new_of(p->mem, bool, of.n + 1);
    if (!count_bounds(r, t, &c)) return false;
    for (uint32_t i = 0; i < of.n; i++) {
        pred_term one;
        if (!read_test(r, of.leaf[i], tree_get(t, "is"), false, &one)) return false;
        c.set[i] = one.set;
        c.negate[i] = one.negate;
        set_index(p->mem, &c.set[i]);
    }
    pred_count low = c, high = c;
    if (!negate) {
        *out = one_term(p->mem, (pred_term){.leaf = NO_LEAF, .count = arena_dup(p->mem, &c, sizeof c)});
        return true;
    }
    *out = (pred){0};
    low.at_least = 0;
    low.at_most = c.at_least - 1;
    high.at_least = c.at_most + 1;
    high.at_most = UINT32_MAX;
    if (c.at_least > 0)
        *out = one_term(p->mem, (pred_term){.leaf = NO_LEAF, .count = arena_dup(p->mem, &low, sizeof low)});
    if (c.at_most != UINT32_MAX)
        *out = either(
            p->mem, *out,
            one_term(p->mem, (pred_term){.leaf = NO_LEAF, .count = arena_dup(p->mem, &high, sizeof high)}));
    return true;
}

/* ---- PRED ------------------------------------------------------------------------------------- */

/* Folds `next` into *sum: AND, or OR. */
static bool fold(reading *r, pred *sum, const pred *next, bool conjunction) {
    uint64_t clauses =
        conjunction ? (uint64_t)sum->clauses * next->clauses : (uint64_t)sum->clauses + next->clauses;
    if (too_large(r, clauses)) return false;
    *sum = conjunction ? both(r->p, sum, next) : either(r->p->mem, *sum, *next);
    return true;
}

static bool read_several(reading *r, const tree *t, bool conjunction, bool negate, const char *key, pred *out) {
    bool fine = true;
    if (t->kind != TREE_LIST || !t->n)
        return lint_at(r->p, r->d, DIAG_P03, t, t->text, "any: [{age: ..17}, {work: retired}]",
                       "`%s` has a list of predicates", key);
    *out = conjunction ? always(r->p->mem) : (pred){0};
    for (uint32_t i = 0; i < t->n; i++) {
        pred one;
        if (!read_pred(r, t->item[i], negate, &one))
            fine = false;
        else if (fine)
            fine = fold(r, out, &one, conjunction);
    }
    return fine;
}

static bool read_term(reading *r, const tree *map, const tree_member *m, bool negate, pred *out) {
    tree at = member_place(map, m);
    if (str_is(m->key, "all")) return read_several(r, m->value, !negate, negate, "all", out);
    if (str_is(m->key, "any")) return read_several(r, m->value, negate, negate, "any", out);
    if (str_is(m->key, "not")) return read_pred(r, m->value, !negate, out);
    if (str_is(m->key, "count")) return read_count(r, m->value, negate, out);
    return read_ref(r, &at, m->value, negate, out);
}

static bool read_pred(reading *r, const tree *t, bool negate, pred *out) {
    bool fine = true, conjunction = !negate;
    if (t->kind != TREE_MAP)
        return lint_at(r->p, r->d, DIAG_P03, t, t->text, "{age: 18.., sex: female}",
                       "a predicate is a mapping of tests");
    *out = conjunction ? always(r->p->mem) : (pred){0};
    for (uint32_t i = 0; i < t->n; i++) {
        pred one;
        if (!read_term(r, t, &t->member[i], negate, &one))
            fine = false;
        else if (fine)
            fine = fold(r, out, &one, conjunction);
    }
    return fine;
}

const pred *compile_pred(population *p, const tree *t, diags *d) {
    reading r = {.p = p, .d = d, .top = t, .scope = NO_NODE};
    pred q;
    if (!read_pred(&r, t, false, &q)) return NULL;
    return pred_not_more(p, kept(p, q), t, d);
}

const pred *compile_test(population *p, uint32_t leaf, const tree *t, diags *d) {
    reading r = {.p = p, .d = d, .top = t, .scope = NO_NODE};
    pred_term term;
    if (!read_test(&r, leaf, t, false, &term)) return NULL;
    return kept(p, !term.negate && set_empty(&term.set) ? (pred){0} : one_term(p->mem, term));
}

/* ---- leaves, evaluation ----------------------------------------------------------------------- */

static void leaf_once(leaf_list *l, bool *seen, uint32_t leaf) {
    if (seen[leaf]) return;
    seen[leaf] = true;
    l->leaf[l->n++] = leaf;
}

/* At most so many leaves. */
static size_t terms_of(const pred *q) {
    size_t most = 0;
    for (uint32_t i = 0; q && i < q->clauses; i++)
        for (uint32_t k = 0; k < q->clause[i].terms; k++) {
            const pred_term *t = &q->clause[i].term[k];
            most += t->count ? t->count->n : t->some ? terms_of(t->some->q) + 1 : 1;
        }
    return most;
}

static void leaves_of(const population *p, const pred *q, leaf_list *l, bool *seen) {
    for (uint32_t i = 0; q && i < q->clauses; i++)
        for (uint32_t k = 0; k < q->clause[i].terms; k++) {
            const pred_term *t = &q->clause[i].term[k];
            if (t->leaf != NO_LEAF) leaf_once(l, seen, t->leaf);
            for (uint32_t c = 0; t->count && c < t->count->n; c++) leaf_once(l, seen, t->count->leaf[c]);
            if (!t->some) continue;
            leaf_once(l, seen, p->node[t->some->section].number);
            leaves_of(p, t->some->q, l, seen);
        }
}

leaf_list pred_leaves(population *p, const pred *q) {
    leaf_list l = {arena_new_of(p->mem, uint32_t, terms_of(q) + 1), 0};
    bool *seen = xcalloc(p->leaves + 1, sizeof *seen);
    leaves_of(p, q, &l, seen);
    free(seen);
    return l;
}

/* A text is there or not; a list passes by any element; what has no value passes `~`. */
static bool passes(const value_set *s, const value *v) {
    if (v->kind == V_NUM) return value_set_has(s, true, v->num);
    if (v->kind == V_NONE) return s->none;
    if (v->kind == V_TEXT) return s->n > 0;
    if (!v->n) return s->none;
    for (uint32_t i = 0; i < v->n; i++)
        if (passes(s, &v->item[i])) return true;
    return false;
}

static bool count_holds(const pred_count *c, const record *r) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++) n += passes(&c->set[i], record_at(r, c->leaf[i])) != c->negate[i];
    return n >= c->at_least && n <= c->at_most;
}

static bool some_holds(const pred_some *s, const record *r) {
    record view = *r;
    for (uint32_t i = 0, n = record_instances(r, s->section); i < n; i++) {
        record_enter(&view, s->section, i);
        if (pred_holds(s->q, &view)) return true;
    }
    return false;
}

static bool term_holds(const pred_term *t, const record *r) {
    if (t->count) return count_holds(t->count, r);
    if (t->some) return some_holds(t->some, r) != t->negate;
    return passes(&t->set, record_at(r, t->leaf)) != t->negate;
}

bool pred_holds(const pred *q, const record *r) {
    for (uint32_t i = 0; i < q->clauses; i++) {
        const pred_clause *c = &q->clause[i];
        uint32_t k = 0;
        while (k < c->terms && term_holds(&c->term[k], r)) k++;
        if (k == c->terms) return true;
    }
    return false;
}

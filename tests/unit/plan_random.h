/* plan_random.h: worlds: populations made at random together with a joint of whole persons that meets them.
 *
 * An ATOM is a value of a choice, a range of a number, or "no value" (the last one); every class that a world
 * cuts is a set of atoms, a bit mask. The joint is over all combinations of atoms. A BOX is a combination of
 * masks in which nobody is: rules, `when`s and zeros of the attributes' own distributions are boxes. Tables are
 * sums of the joint over rows that divide everybody, so all of them can be met together.
 */
#ifndef POP_PLAN_RANDOM_H
#define POP_PLAN_RANDOM_H

#include "tests/unit/plan_fixture.h"

enum { W_ATTRS = 8, W_ATOMS = 7, W_CELLS = 6000, W_ROWS = 400, W_TABLES = 16, W_BOXES = 120 };

typedef struct dice {
    uint64_t key, word;
} dice;

FIX uint32_t roll(dice *d, uint32_t below) {
    return (uint32_t)rng_below(rng_u64(d->key, d->word++, 0, 0, 0), below);
}

FIX bool chance(dice *d, uint32_t of_100) {
    return roll(d, 100) < of_100;
}

typedef struct w_attr {
    bool number;
    uint32_t atoms, all; /* all: with "no value" */
    int64_t low[W_ATOMS + 2];
    uint32_t when_of, when; /* has a value where attribute when_of is in the mask `when`; 0: always */
    uint32_t parent;        /* of its own distribution; itself: none */
    uint32_t gone[W_ATOMS]; /* parent's atom -> atoms that its own distribution leaves out */
} w_attr;

typedef struct w_box {
    int rule; /* R0, R1...; -1: a `when` or a distribution */
    uint32_t mask[W_ATTRS];
} w_box;

typedef struct w_row {
    uint32_t mask[W_ATTRS];
    uint64_t count;
} w_row;

typedef struct w_table {
    uint32_t n, by, over[W_ATTRS];
    bool soft, part, folded, coarse, ones; /* ones: what it says of a combination of `by` that nobody is in */
    uint32_t rows;
    w_row row[W_ROWS];
    buf grid;
} w_table;

typedef struct world {
    dice d;
    uint32_t attrs, boxes, rules, tables, cells;
    w_attr attr[W_ATTRS];
    w_box box[W_BOXES];
    w_table table[W_TABLES];
    buf rule_text;
    uint64_t n, *count; /* one a combination of atoms */
} world;

/* ---- attributes ------------------------------------------------------------------------------------------ */

FIX uint32_t w_full(const w_attr *a) {
    return (1u << a->all) - 1;
}

/* A set of atoms as a KEY. */
FIX void w_key(const w_attr *a, uint32_t mask, buf *b) {
    bool first = true;
    for (uint32_t i = 0; i < a->all; i++) {
        if (!(mask >> i & 1)) continue;
        if (!first) buf_char(b, '|');
        first = false;
        if (i == a->atoms) {
            buf_char(b, '~');
        } else if (!a->number) {
            buf_printf(b, "v%u", i);
        } else {
            uint32_t to = i;
            while (to + 1 < a->atoms && (mask >> (to + 1) & 1)) to++;
            buf_printf(b, "%lld..%lld", (long long)a->low[i], (long long)a->low[to + 1] - 1);
            i = to;
        }
    }
}

FIX void w_quoted_key(const w_attr *a, uint32_t mask, buf *b) {
    buf_char(b, '"');
    w_key(a, mask, b);
    buf_char(b, '"');
}

/* A set of atoms as a TEST. */
FIX void w_test(const w_attr *a, uint32_t mask, buf *b) {
    bool first = true;
    buf_char(b, '[');
    for (uint32_t i = 0; i < a->all; i++) {
        if (!(mask >> i & 1)) continue;
        if (!first) buf_z(b, ", ");
        first = false;
        w_key(a, 1u << i, b);
    }
    buf_char(b, ']');
}

FIX void w_digits(const world *w, uint32_t cell, uint32_t *atom) {
    for (uint32_t a = w->attrs; a-- > 0; cell /= w->attr[a].all) atom[a] = cell % w->attr[a].all;
}

FIX bool w_in(const world *w, const uint32_t *mask, const uint32_t *atom) {
    for (uint32_t a = 0; a < w->attrs; a++)
        if (!(mask[a] >> atom[a] & 1)) return false;
    return true;
}

FIX bool w_allowed(const world *w, const uint32_t *atom) {
    for (uint32_t i = 0; i < w->boxes; i++)
        if (w_in(w, w->box[i].mask, atom)) return false;
    return true;
}

FIX w_box *w_box_add(world *w, int rule) {
    assert_true(w->boxes < W_BOXES);
    w_box *x = &w->box[w->boxes++];
    x->rule = rule;
    for (uint32_t a = 0; a < w->attrs; a++) x->mask[a] = w_full(&w->attr[a]);
    return x;
}

/* Some atoms of an attribute, neither all nor none, never the first one: so the first atoms of all attributes
 * are always possible together. */
FIX uint32_t w_some(world *w, uint32_t a) {
    uint32_t mask = 0;
    for (uint32_t i = 1; i < w->attr[a].atoms; i++) mask |= (uint32_t)chance(&w->d, 40) << i;
    return mask ? mask : 1u << (1 + roll(&w->d, w->attr[a].atoms - 1));
}

FIX void w_attr_make(world *w, uint32_t at, bool zeros) {
    w_attr *a = &w->attr[at];
    dice *d = &w->d;
    a->number = chance(d, 40);
    a->atoms = a->all = 2 + roll(d, 4);
    a->parent = at;
    for (uint32_t i = 0; i <= a->atoms; i++) a->low[i] = i ? a->low[i - 1] + 1 + roll(d, 8) : roll(d, 3);
    if (at && chance(d, 12) && !w->attr[at - 1].when) { /* on one that always has a value */
        a->when_of = at - 1;
        a->when = (w_full(&w->attr[at - 1]) & ~w_some(w, at - 1));
        a->all++;
    } else if (at && chance(d, 35)) {
        a->parent = roll(d, at);
        if (w->attr[a->parent].when) a->parent = at;
        for (uint32_t i = 1; zeros && a->parent != at && i < w->attr[a->parent].atoms; i++)
            a->gone[i] = chance(d, 15) ? w_some(w, at) : 0;
    }
}

FIX void w_attr_boxes(world *w, uint32_t at) {
    const w_attr *a = &w->attr[at];
    if (a->when) {
        w_box *x = w_box_add(w, -1);
        x->mask[a->when_of] = a->when;
        x->mask[at] = 1u << a->atoms;
        x = w_box_add(w, -1);
        x->mask[a->when_of] = w_full(&w->attr[a->when_of]) & ~a->when;
        x->mask[at] = (1u << a->atoms) - 1;
    }
    for (uint32_t i = 0; i < W_ATOMS; i++) {
        if (!a->gone[i]) continue;
        w_box *x = w_box_add(w, -1);
        x->mask[a->parent] = 1u << i;
        x->mask[at] = a->gone[i];
    }
}

FIX void w_weights(world *w, const w_attr *a, uint32_t gone, buf *b) {
    buf_char(b, '{');
    bool first = true;
    for (uint32_t i = 0; i < a->atoms; i++) {
        if (gone >> i & 1) continue;
        if (!first) buf_z(b, ", ");
        first = false;
        w_quoted_key(a, 1u << i, b);
        buf_printf(b, ": %u", 5 + roll(&w->d, 95));
    }
    buf_char(b, '}');
}

FIX void w_attr_print(world *w, uint32_t at, buf *b) {
    const w_attr *a = &w->attr[at], *p = &w->attr[a->parent];
    buf_printf(b, "  a%u: {%s: ", at, a->number ? "number" : "choice");
    w_weights(w, a, 0, b);
    if (!a->number) buf_z(b, ", ordered: true");
    if (a->when) {
        buf_printf(b, ", when: {a%u: ", a->when_of);
        w_test(&w->attr[a->when_of], a->when, b);
        buf_char(b, '}');
    }
    if (a->parent != at) {
        buf_printf(b, ", by: [a%u], given: {", a->parent);
        for (uint32_t i = 0; i < p->atoms; i++) {
            if (i) buf_z(b, ", ");
            w_quoted_key(p, 1u << i, b);
            buf_z(b, ": ");
            w_weights(w, a, a->gone[i], b);
        }
        buf_char(b, '}');
    }
    buf_z(b, "}\n");
}

/* ---- rules ----------------------------------------------------------------------------------------------- */

FIX void w_never(world *w, uint32_t a, uint32_t am, uint32_t c, uint32_t cm) {
    buf *b = &w->rule_text;
    buf_printf(b, "  R%u: {kind: never, when: {a%u: ", w->rules, a);
    w_test(&w->attr[a], am, b);
    buf_printf(b, ", a%u: ", c);
    w_test(&w->attr[c], cm, b);
    buf_z(b, "}}\n");
    w_box *x = w_box_add(w, (int)w->rules++);
    x->mask[a] = am;
    x->mask[c] = cm;
}

FIX void w_implies(world *w, uint32_t a, uint32_t am, uint32_t c, uint32_t cm) {
    buf *b = &w->rule_text;
    buf_printf(b, "  R%u: {kind: implies, if: {a%u: ", w->rules, a);
    w_test(&w->attr[a], am, b);
    buf_printf(b, "}, then: {a%u: ", c);
    w_test(&w->attr[c], cm, b);
    buf_z(b, "}}\n");
    w_box *x = w_box_add(w, (int)w->rules++);
    x->mask[a] = am;
    x->mask[c] = w_full(&w->attr[c]) & ~cm;
}

/* What each atom of one allows of another; without value, neither is asked. */
FIX void w_allows(world *w, uint32_t a, uint32_t c) {
    buf *b = &w->rule_text;
    buf_printf(b, "  R%u: {kind: allowed, of: a%u, by: [a%u], given: {", w->rules, c, a);
    for (uint32_t i = 0; i < w->attr[a].atoms; i++) {
        uint32_t out = i && chance(&w->d, 50) ? w_some(w, c) : 0, all = (1u << w->attr[c].atoms) - 1;
        if (i) buf_z(b, ", ");
        w_quoted_key(&w->attr[a], 1u << i, b);
        buf_z(b, ": ");
        w_test(&w->attr[c], all & ~out, b);
        if (!out) continue;
        w_box *x = w_box_add(w, (int)w->rules);
        x->mask[a] = 1u << i;
        x->mask[c] = out;
    }
    buf_z(b, "}}\n");
    w->rules++;
}

/* Ranks of one choice are at most those of another, and `more`. */
FIX void w_compares(world *w, uint32_t a, uint32_t c, uint32_t more) {
    buf_printf(&w->rule_text, "  R%u: {kind: compare, left: {a%u: 1}, at_most: {a%u: 1, const: %u}}\n",
               w->rules, a, c, more);
    for (uint32_t i = more + 1; i < w->attr[a].atoms; i++) {
        w_box *x = w_box_add(w, (int)w->rules);
        x->mask[a] = 1u << i;
        x->mask[c] = ((1u << w->attr[c].atoms) - 1) & ((1u << (i - more)) - 1);
    }
    w->rules++;
}

FIX void w_rule(world *w) {
    uint32_t a = roll(&w->d, w->attrs), c = (a + 1 + roll(&w->d, w->attrs - 1)) % w->attrs;
    bool valued = !w->attr[a].when && !w->attr[c].when;
    switch (roll(&w->d, valued ? 4 : 1)) {
    case 0: w_never(w, a, w_some(w, a), c, w_some(w, c)); break;
    case 1: w_implies(w, a, w_some(w, a), c, ((1u << w->attr[c].atoms) - 1) & ~w_some(w, c)); break;
    case 2: w_allows(w, a, c); break;
    default:
        if (w->attr[a].number || w->attr[c].number) break;
        w_compares(w, a, c, roll(&w->d, 2));
    }
}

/* ---- the joint ------------------------------------------------------------------------------------------- */

FIX void w_people(world *w, uint64_t n) {
    uint32_t *cell = xcalloc(w->cells, sizeof *cell), m = 0, atom[W_ATTRS];
    w->n = n;
    w->count = xcalloc(w->cells, sizeof *w->count);
    for (uint32_t i = 0; i < w->cells; i++) {
        w_digits(w, i, atom);
        if (w_allowed(w, atom)) cell[m++] = i;
    }
    assert_true(m > 0);
    uint64_t left = n, batch = n / 4000 + 1;
    while (left) {
        uint64_t by = left < batch ? left : batch;
        w->count[cell[roll(&w->d, chance(&w->d, 50) ? m : 1 + roll(&w->d, m))]] += by;
        left -= by;
    }
    free(cell);
}

FIX uint64_t w_sum(const world *w, const uint32_t *mask) {
    uint64_t sum = 0;
    uint32_t atom[W_ATTRS];
    for (uint32_t i = 0; i < w->cells; i++) {
        w_digits(w, i, atom);
        if (w->count[i] && w_in(w, mask, atom)) sum += w->count[i];
    }
    return sum;
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

/* Divides a set of atoms into classes: of a number, of neighbours. */
FIX uint32_t w_divide(world *w, uint32_t a, uint32_t within, uint32_t join_of_100, uint32_t *part) {
    uint32_t n = 0;
    const w_attr *x = &w->attr[a];
    for (uint32_t i = 0; i < x->all; i++) {
        if (!(within >> i & 1)) continue;
        bool join = n && i != x->atoms && chance(&w->d, join_of_100);
        if (!join)
            part[n++] = 1u << i;
        else
            part[x->number ? n - 1 : roll(&w->d, n)] |= 1u << i;
    }
    return n;
}

FIX void w_rows(world *w, w_table *t, uint32_t depth, uint32_t (*cut)[W_ATOMS + 1], const uint32_t *cuts,
                const uint32_t *mask) {
    if (depth == t->n) {
        assert_true(t->rows < W_ROWS);
        w_row *r = &t->row[t->rows++];
        memcpy(r->mask, mask, sizeof r->mask);
        r->count = w_sum(w, mask);
        buf_printf(&t->grid, "%llu", t->ones ? 1ull : (unsigned long long)r->count);
        return;
    }
    uint32_t a = t->over[depth], here[W_ATTRS];
    memcpy(here, mask, sizeof here);
    if (t->by && depth == t->by) t->ones = !w_sum(w, mask);
    buf_char(&t->grid, '{');
    bool first = true;
    for (uint32_t i = 0; i < cuts[depth];) {
        uint32_t take = 1;
        here[a] = cut[depth][i];
        bool join = t->folded && depth >= t->by && chance(&w->d, 25);
        if (join && i + 1 < cuts[depth] && !(cut[depth][i + 1] >> w->attr[a].atoms & 1))
            here[a] |= cut[depth][i + take++];
        i += take;
        if (!first) buf_z(&t->grid, ", ");
        first = false;
        w_quoted_key(&w->attr[a], here[a], &t->grid);
        buf_z(&t->grid, ": ");
        w_rows(w, t, depth + 1, cut, cuts, here);
    }
    buf_char(&t->grid, '}');
}

/* A table over these attributes, `by` the first of them; part: of those with values alone. */
FIX w_table *w_table_make(world *w, const uint32_t *over, uint32_t n, uint32_t by, bool part, uint32_t coarse) {
    assert_true(w->tables < W_TABLES);
    w_table *t = &w->table[w->tables++];
    uint32_t cut[W_ATTRS][W_ATOMS + 1], cuts[W_ATTRS], mask[W_ATTRS];
    t->n = n;
    t->by = by;
    t->part = part;
    t->folded = chance(&w->d, coarse / 2);
    for (uint32_t k = 0; k < n; k++) {
        t->over[k] = over[k];
        const w_attr *a = &w->attr[over[k]];
        uint32_t within = part ? (1u << a->atoms) - 1 : w_full(a);
        cuts[k] = w_divide(w, over[k], within, chance(&w->d, coarse) ? 40 : 0, cut[k]);
        t->coarse = t->coarse || cuts[k] < a->all;
    }
    for (uint32_t a = 0; a < w->attrs; a++) mask[a] = w_full(&w->attr[a]);
    w_rows(w, t, 0, cut, cuts, mask);
    return t;
}

FIX void w_free(world *w) {
    for (uint32_t i = 0; i < w->tables; i++) buf_free(&w->table[i].grid);
    buf_free(&w->rule_text);
    free(w->count);
}

FIX void w_print(world *w, buf *b) {
    buf_z(b, HEAD "attributes:\n");
    for (uint32_t a = 0; a < w->attrs; a++) w_attr_print(w, a, b);
    if (w->tables) buf_z(b, "tables:\n");
    for (uint32_t i = 0; i < w->tables; i++) {
        const w_table *t = &w->table[i];
        buf_printf(b, "  t%u: {%s", i, t->by ? "by: [" : "over: [");
        for (uint32_t k = 0; k < t->n; k++)
            buf_printf(b, "%sa%u", !k ? "" : k == t->by ? "], over: [" : ", ", t->over[k]);
        buf_printf(b, "], %s", t->soft ? "soft: 3, " : "");
        buf_printf(b, "counts: " STR_FMT "}\n", STR_ARG(buf_view(&t->grid)));
    }
    if (w->rules) buf_printf(b, "rules:\n" STR_FMT, STR_ARG(buf_view(&w->rule_text)));
}

/* ---- whole worlds ---------------------------------------------------------------------------------------- */

static const uint64_t W_SIZES[] = {100, 300, 1000, 10000, 1000000};

FIX uint32_t w_pick(world *w, uint32_t *over, uint32_t n) {
    uint32_t have = 0;
    while (have < n) {
        uint32_t a = roll(&w->d, w->attrs), k = 0;
        while (k < have && over[k] != a) k++;
        if (k == have) over[have++] = a;
    }
    return n;
}

/* A table that fixes how many people each combination has, and one that divides these. */
FIX void w_conditional(world *w) {
    uint32_t over[3], n = 2 + roll(&w->d, 2);
    w_pick(w, over, n);
    for (uint32_t k = 0; k < n; k++)
        if (w->attr[over[k]].when) return;
    w_table_make(w, over, n - 1, 0, false, 0)->folded = false;
    w_table_make(w, over, n, n - 1, false, 40);
}

/* A table that fixes how many people an attribute applies to, and one that speaks of these. */
FIX void w_of_a_part(world *w) {
    for (uint32_t a = 0; a < w->attrs; a++) {
        if (!w->attr[a].when || chance(&w->d, 50)) continue;
        uint32_t other = roll(&w->d, w->attrs), over[2] = {a, other};
        bool two = other != a && !w->attr[other].when;
        w_table_make(w, &w->attr[a].when_of, 1, 0, false, 0);
        w_table_make(w, over, two ? 2 : 1, 0, true, 30);
        return;
    }
}

FIX void w_tables(world *w) {
    uint32_t over[4], wanted = 1 + roll(&w->d, 3);
    for (uint32_t i = 0; i < wanted; i++)
        w_table_make(w, over, w_pick(w, over, 1 + roll(&w->d, 2)), 0, false, 50);
    if (chance(&w->d, 30)) w_conditional(w);
    if (chance(&w->d, 60)) w_of_a_part(w);
    if (chance(&w->d, 30))
        w_table_make(w, over, w_pick(w, over, 1 + roll(&w->d, 2)), 0, false, 50)->soft = true;
}

/* What a rule, a `when` or a distribution binds to another is in a hard table: else it is no zero of the plan,
 * but a matter of the draw. */
FIX void w_bound_in_tables(world *w) {
    bool in[W_ATTRS] = {0};
    for (uint32_t i = 0; i < w->tables; i++)
        for (uint32_t k = 0; k < w->table[i].n && !w->table[i].soft; k++) in[w->table[i].over[k]] = true;
    for (uint32_t a = 0; a < w->attrs; a++) {
        bool bound = false;
        for (uint32_t i = 0; i < w->boxes; i++) bound = bound || w->box[i].mask[a] != w_full(&w->attr[a]);
        if (bound && !in[a]) w_table_make(w, &a, 1, 0, false, 60);
    }
}

FIX world w_world(uint64_t key) {
    world w = {.d = {key, 0}};
    bool zeros = key % 3 == 0;
    w.attrs = 3 + roll(&w.d, 6);
    w.cells = 1;
    for (uint32_t a = 0; a < w.attrs; a++) {
        w_attr_make(&w, a, zeros);
        w.cells *= w.attr[a].all;
        if (w.cells > W_CELLS) w.attrs = a + 1;
    }
    for (uint32_t a = 0; a < w.attrs; a++) w_attr_boxes(&w, a);
    for (uint32_t i = key % 2 ? 0 : 1 + roll(&w.d, 3); i > 0; i--) w_rule(&w);
    w_people(&w, W_SIZES[key % COUNT_OF(W_SIZES)]);
    w_tables(&w);
    w_bound_in_tables(&w);
    return w;
}

/* ---- engine values --------------------------------------------------------------------------------------- */

FIX uint32_t w_atom_of(const w_attr *a, const value *v) {
    if (v->kind == V_NONE) return a->atoms;
    if (!a->number) return (uint32_t)v->num;
    for (uint32_t i = 0; i < a->atoms; i++)
        if (v->num < a->low[i + 1]) return i;
    return UINT32_MAX;
}

/* The atoms that a class of the plan has values of. */
FIX uint32_t w_mask_of(const w_attr *a, const value_set *s) {
    uint32_t mask = s->none ? 1u << a->atoms : 0;
    for (uint32_t k = 0; k < s->n; k++)
        for (int64_t v = s->in[k].lo; v <= s->in[k].hi; v++)
            mask |= 1u << w_atom_of(a, &(value){.kind = V_NUM, .num = v});
    return mask;
}

#endif

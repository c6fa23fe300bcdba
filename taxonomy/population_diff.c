/* population_diff.c: in which paths two populations differ, as the hash sees them: for the message when a
 * directory holds another population than the one that is to be run. Lists differ as a whole; a mapping whose
 * keys only stand in another order is named itself.
 */
#include "taxonomy/compose/compose_parts.h"

typedef struct side {
    population p;
    composed c;
} side;

typedef struct differing {
    side *a, *b;
    diags d; /* files that are gone by now: what cannot be read differs */
    arena *mem;
    str *out;
    size_t n, max;
} differing;

static bool tree_same(differing *x, const tree *a, const tree *b, place in_a, place in_b) {
    buf one = {0}, other = {0};
    size_t errors = x->d.errors;
    tree_canonical(&x->a->p, a, in_a, &x->d, &one);
    tree_canonical(&x->b->p, b, in_b, &x->d, &other);
    bool same = x->d.errors == errors && str_eq(buf_view(&one), buf_view(&other));
    buf_free(&one);
    buf_free(&other);
    return same;
}

static void differ(differing *x, str path) {
    if (x->n < x->max) x->out[x->n] = path.n ? str_dup(x->mem, path) : STR("(top)");
    x->n++;
}

static str path_below(differing *x, str path, str key) {
    return path.n ? str_printf(x->mem, STR_FMT "." STR_FMT, STR_ARG(path), STR_ARG(key)) : key;
}

static void tree_differ(differing *x, const tree *a, const tree *b, place in_a, place in_b, str path);

/* Keys of `a` that `b` has not; returns whether there was one. */
static bool members_gone(differing *x, const tree *a, const tree *b, place at, str path) {
    bool gone = false;
    for (uint32_t i = 0; i < a->n; i++) {
        const tree_member *m = &a->member[i];
        if (place_drops(at, m->key, m->value) || tree_get_str(b, m->key)) continue;
        differ(x, path_below(x, path, m->key));
        gone = true;
    }
    return gone;
}

static void maps_differ(differing *x, const tree *a, const tree *b, place in_a, place in_b, str path) {
    size_t before = x->n;
    for (uint32_t i = 0; i < a->n && x->n < x->max; i++) {
        const tree_member *m = &a->member[i];
        const tree *other = tree_get_str(b, m->key);
        if (other && !place_drops(in_a, m->key, m->value))
            tree_differ(x, m->value, other, place_below(in_a, a, m->key), place_below(in_b, b, m->key),
                        path_below(x, path, m->key));
    }
    bool gone = members_gone(x, a, b, in_a, path), come = members_gone(x, b, a, in_b, path);
    if (x->n == before && !gone && !come) differ(x, path);
}

static void tree_differ(differing *x, const tree *a, const tree *b, place in_a, place in_b, str path) {
    if (x->n >= x->max || tree_same(x, a, b, in_a, in_b)) return;
    if (a->kind == TREE_MAP && b->kind == TREE_MAP)
        maps_differ(x, a, b, in_a, in_b, path);
    else
        differ(x, path);
}

size_t population_diff(const population *a, const population *b, arena *mem, str *out, size_t max) {
    side one, other;
    differing x = {.a = &one, .b = &other, .mem = mem, .out = out, .max = max};
    one.p = compose_borrow(a, &one.c, mem);
    other.p = compose_borrow(b, &other.c, mem);
    diags_init(&x.d);
    tree_differ(&x, a->composed->top, b->composed->top, PLACE_TOP, PLACE_TOP, STR(""));
    diags_free(&x.d);
    return x.n < max ? x.n : max;
}

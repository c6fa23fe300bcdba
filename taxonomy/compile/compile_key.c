/* compile_key.c: values and sets of values of one leaf. KEY (VALUE, RANGE, "~", KEY|KEY) -> set.
 *
 * A value is an integer: the index of a choice, 0 and 1 of a flag, steps of a number, days since 1970-01-01 of
 * a date. A set is sorted disjoint intervals that do not touch, inside the domain, and whether "no value"
 * belongs to it.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdlib.h>

int64_t leaf_lo(const node *n) {
    return n->kind == K_NUMBER || n->kind == K_DATE ? n->lo : 0;
}

int64_t leaf_hi(const node *n) {
    if (n->kind == K_NUMBER || n->kind == K_DATE) return n->hi;
    return n->values ? (int64_t)n->values - 1 : 0; /* a text: 0, it is there */
}

/* ---- decimals -------------------------------------------------------------------------------- */

static const int64_t ten_to[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/* v / step as a fraction: *q = floor, *r = what is left (0 <= r < *den). */
static void divide(dec v, dec step, __int128 *q, __int128 *r, __int128 *den) {
    uint8_t places = v.places > step.places ? v.places : step.places;
    __int128 num = (__int128)v.m * ten_to[places - v.places];
    *den = (__int128)step.m * ten_to[places - step.places];
    *q = num / *den;
    *r = num % *den;
    if (*r < 0) {
        *r += *den;
        --*q;
    }
}

/* Far beyond every domain, and far from overflow in what follows. */
static int64_t clamp(__int128 v) {
    const int64_t most = (int64_t)1 << 60;
    return v > most ? most : v < -most ? -most : (int64_t)v;
}

int64_t steps_of(dec v, dec step, bool *exact) {
    __int128 q, r, den;
    divide(v, step, &q, &r, &den);
    *exact = r == 0;
    if (2 * r > den || (2 * r == den && q >= 0)) q++;
    return clamp(q);
}

static int64_t steps_up(dec v, dec step) {
    __int128 q, r, den;
    divide(v, step, &q, &r, &den);
    return clamp(r ? q + 1 : q);
}

static int64_t steps_down(dec v, dec step) {
    __int128 q, r, den;
    divide(v, step, &q, &r, &den);
    return clamp(q);
}

void value_key_print(const node *n, int64_t v, buf *b) {
    if (n->kind == K_NUMBER)
        dec_print(b, v * n->step.m, n->step.places);
    else if (n->kind == K_DATE)
        date_print(b, v);
    else if (v >= 0 && v < (int64_t)n->values)
        buf_str(b, n->value[v].value);
}

/* ---- one value -------------------------------------------------------------------------------- */

/* A few values are compared one by one; long lists (names, places) get a map at the first question. */
int64_t value_index(const population *p, const node *n, str text) {
    if (n->values <= 16 || n < p->node || n >= p->node + p->nodes) {
        for (uint32_t v = 0; v < n->values; v++)
            if (str_eq(n->value[v].value, text)) return v;
        return -1;
    }
    strmap **map = &p->compiled->values[n - p->node];
    if (!*map) {
        *map = strmap_new(n->values * 2);
        for (uint32_t v = 0; v < n->values; v++)
            strmap_put(*map, n->value[v].value, (void *)(uintptr_t)(v + 1));
    }
    return (int64_t)(uintptr_t)strmap_get(*map, text) - 1;
}

const char *value_near(const population *p, const node *n, str text) {
    near k = near_to(text);
    for (uint32_t v = 0; v < n->values && v < 5000; v++) near_try(&k, n->value[v].value);
    if (k.best.n) return near_hint(p->mem, &k);
    if (!n->values || n->values > 8) return NULL;
    buf b = {0};
    for (uint32_t v = 0; v < n->values; v++)
        buf_printf(&b, "%s`" STR_FMT "`", v ? ", " : "its values: ", STR_ARG(n->value[v].value));
    const char *hint = str_z(p->mem, buf_view(&b));
    buf_free(&b);
    return hint;
}

static bool no_value(const population *p, const node *n, const tree *at, str text, diags *d) {
    return lint_at(p, d, DIAG_P07, at, text, value_near(p, n, text), "`" STR_FMT "` has no value `" STR_FMT "`",
                   STR_ARG(n->path), STR_ARG(text));
}

bool value_parse(const population *p, const node *n, const tree *at, str text, bool exact, diags *d,
                 int64_t *v) {
    dec x;
    bool whole;
    switch (n->kind) {
    case K_CHOICE: *v = value_index(p, n, text); return *v >= 0 || no_value(p, n, at, text, d);
    case K_FLAG:
        *v = str_is(text, "true");
        if (*v || str_is(text, "false")) return true;
        return lint_at(p, d, DIAG_P03, at, text, "write true or false", "`" STR_FMT "` is true or false",
                       STR_ARG(n->path));
    case K_NUMBER:
        if (!dec_parse(text, &x))
            return lint_at(p, d, DIAG_P03, at, text, "at most 15 digits, 9 of them behind the point",
                           "`" STR_FMT "`: `" STR_FMT "` is no number", STR_ARG(n->path), STR_ARG(text));
        *v = steps_of(x, n->step, &whole);
        if (whole || !exact) return true;
        return lint_at(p, d, DIAG_P07, at, text, "the values of a number are multiples of its `step`",
                       "`" STR_FMT "` cannot be " STR_FMT, STR_ARG(n->path), STR_ARG(text));
    case K_DATE:
        if (date_parse(text, v)) return true;
        return lint_at(p, d, DIAG_P03, at, text, "write it as 2025-06-30",
                       "`" STR_FMT "`: `" STR_FMT "` is no date", STR_ARG(n->path), STR_ARG(text));
    default:
        return lint_at(p, d, DIAG_P03, at, text, "only `~` (no value) can be asked of it",
                       "`" STR_FMT "` is a %s, which has no values to list", STR_ARG(n->path),
                       kind_name(n->kind));
    }
}

static bool value_in_domain(const population *p, const node *n, const tree *at, str text, diags *d,
                            int64_t *v) {
    if (!value_parse(p, n, at, text, true, d, v)) return false;
    if (*v >= leaf_lo(n) && *v <= leaf_hi(n)) return true;
    buf b = {0};
    value_key_print(n, leaf_lo(n), &b);
    buf_z(&b, "..");
    value_key_print(n, leaf_hi(n), &b);
    lint_at(p, d, DIAG_P07, at, text, "the kind states the domain: widen it there, or test for something else",
            "`" STR_FMT "` is never " STR_FMT ", its values are " STR_FMT, STR_ARG(n->path), STR_ARG(text),
            STR_ARG(buf_view(&b)));
    buf_free(&b);
    return false;
}

/* ---- sets ------------------------------------------------------------------------------------- */

void set_add(arena *mem, value_set *s, int64_t lo, int64_t hi) {
    if (lo > hi) return;
    if (!(s->n & (s->n - 1))) { /* the capacity is the next power of two */
        struct interval *more = arena_new_of(mem, struct interval, s->n ? s->n * 2 : 1);
        for (uint32_t i = 0; i < s->n; i++) more[i] = s->in[i];
        s->in = more;
    }
    s->in[s->n++] = (struct interval){lo, hi};
}

static int by_lo(const void *a, const void *b) {
    int64_t x = ((const struct interval *)a)->lo, y = ((const struct interval *)b)->lo;
    return x < y ? -1 : x > y;
}

void set_normalise(value_set *s) {
    if (s->n < 2) return;
    qsort(s->in, s->n, sizeof *s->in, by_lo);
    uint32_t n = 1;
    for (uint32_t i = 1; i < s->n; i++) {
        struct interval *last = &s->in[n - 1];
        if (s->in[i].lo > last->hi + 1)
            s->in[n++] = s->in[i];
        else if (s->in[i].hi > last->hi)
            last->hi = s->in[i].hi;
    }
    s->n = n;
}

bool set_empty(const value_set *s) {
    return !s->n && !s->none;
}

value_set set_not(arena *mem, const node *n, const value_set *s) {
    value_set out = {.none = !s->none};
    int64_t lo = leaf_lo(n);
    for (uint32_t i = 0; i < s->n; i++) {
        set_add(mem, &out, lo, s->in[i].lo - 1);
        lo = s->in[i].hi + 1;
    }
    set_add(mem, &out, lo, leaf_hi(n));
    return out;
}

value_set set_and(arena *mem, const value_set *a, const value_set *b) {
    value_set out = {.none = a->none && b->none};
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        int64_t lo = a->in[i].lo > b->in[k].lo ? a->in[i].lo : b->in[k].lo;
        int64_t hi = a->in[i].hi < b->in[k].hi ? a->in[i].hi : b->in[k].hi;
        set_add(mem, &out, lo, hi);
        if (a->in[i].hi < b->in[k].hi)
            i++;
        else
            k++;
    }
    return out;
}

bool set_meet(const value_set *a, const value_set *b, int64_t *common) {
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        int64_t lo = a->in[i].lo > b->in[k].lo ? a->in[i].lo : b->in[k].lo;
        if (lo <= a->in[i].hi && lo <= b->in[k].hi) {
            *common = lo;
            return true;
        }
        if (a->in[i].hi < b->in[k].hi)
            i++;
        else
            k++;
    }
    return false;
}

/* Beyond three intervals a bit beats a search; sets over a wide domain are left alone. */
void set_index(arena *mem, value_set *s) {
    if (s->n <= 3) return;
    int64_t lo = s->in[0].lo, hi = s->in[s->n - 1].hi;
    if (hi - lo >= DIRECT_MAX) return;
    uint64_t *bit = arena_new_of(mem, uint64_t, (hi - lo) / 64 + 1);
    for (uint32_t i = 0; i < s->n; i++)
        for (int64_t v = s->in[i].lo; v <= s->in[i].hi; v++)
            bit[(v - lo) / 64] |= UINT64_C(1) << ((v - lo) % 64);
    s->bit = bit;
    s->base = lo;
    s->span = (uint32_t)(hi - lo + 1);
}

bool value_set_has(const value_set *s, bool present, int64_t v) {
    if (!present) return s->none;
    if (s->bit) {
        uint64_t at = (uint64_t)(v - s->base);
        return at < s->span && (s->bit[at / 64] >> (at % 64) & 1);
    }
    uint32_t lo = 0, hi = s->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (v < s->in[mid].lo)
            hi = mid;
        else if (v > s->in[mid].hi)
            lo = mid + 1;
        else
            return true;
    }
    return false;
}

/* ---- KEY -------------------------------------------------------------------------------------- */

bool range_end(const population *p, const node *n, const tree *at, str text, bool upper, diags *d, int64_t *v) {
    dec x;
    if (n->kind == K_NUMBER && dec_parse(text, &x)) {
        *v = upper ? steps_down(x, n->step) : steps_up(x, n->step);
        return true;
    }
    return value_parse(p, n, at, text, false, d, v);
}

static bool key_range(const population *p, const node *n, const tree *at, str text, size_t dots, diags *d,
                      value_set *out) {
    str a = str_trim(str_part(text, 0, dots)), b = str_trim(str_part(text, dots + 2, text.n));
    int64_t lo = leaf_lo(n), hi = leaf_hi(n);
    if (n->kind == K_FLAG || (n->kind == K_CHOICE && !n->ordered))
        return lint_at(p, d, DIAG_P03, at, text,
                       n->kind == K_CHOICE ? "list the values, or write `ordered: true`" : NULL,
                       "`" STR_FMT "` has no order, so that `" STR_FMT "` is no range of it", STR_ARG(n->path),
                       STR_ARG(text));
    int64_t from = lo, to = hi;
    if (a.n && !range_end(p, n, at, a, false, d, &from)) return false;
    if (b.n && !range_end(p, n, at, b, true, d, &to)) return false;
    if (a.n && b.n && from > to)
        return lint_at(p, d, DIAG_P07, at, text, "the lower end comes first",
                       "`" STR_FMT "`: the range `" STR_FMT "` is empty", STR_ARG(n->path), STR_ARG(text));
    set_add(p->mem, out, from < lo ? lo : from, to > hi ? hi : to);
    return true;
}

static bool key_part(const population *p, const node *n, const tree *at, str text, diags *d, value_set *out) {
    size_t dots;
    int64_t v;
    if (is_nothing(text)) {
        out->none = true;
        return true;
    }
    if (str_find(text, STR(".."), &dots) && leaf_counts(n)) return key_range(p, n, at, text, dots, d, out);
    if (!value_in_domain(p, n, at, text, d, &v)) return false;
    set_add(p->mem, out, v, v);
    return true;
}

static bool key_add(const population *p, const node *n, const tree *at, str key, diags *d, value_set *out) {
    bool fine = true, more;
    str left, rest = key;
    do {
        str right = STR("");
        more = str_cut(rest, '|', &left, &right);
        fine = key_part(p, n, at, str_trim(left), d, out) && fine;
        rest = right;
    } while (more);
    return fine;
}

bool compile_key(const population *p, const node *n, const tree *t, str key, diags *d, value_set *out) {
    bool fine = true;
    *out = (value_set){0};
    if (n >= p->node && n < p->node + p->nodes && ref_broken(p, (uint32_t)(n - p->node))) return false;
    if (key.p) {
        fine = key_add(p, n, t, key, d, out);
    } else if (t->kind == TREE_SCALAR) {
        fine = key_add(p, n, t, t->text, d, out);
    } else if (t->kind == TREE_LIST) {
        for (uint32_t i = 0; i < t->n; i++) {
            if (t->item[i]->kind == TREE_SCALAR)
                fine = key_add(p, n, t->item[i], t->item[i]->text, d, out) && fine;
            else
                fine = lint_at(p, d, DIAG_P03, t->item[i], STR(""),
                               "a value, a range or `~`; text with a comma or a colon needs quotes",
                               "`" STR_FMT "`: a value is needed here", STR_ARG(n->path));
        }
    } else {
        fine = lint_at(p, d, DIAG_P03, t, STR("{...}"), "a value, a range, or a list of them",
                       "`" STR_FMT "`: this is no test of its value", STR_ARG(n->path));
    }
    set_normalise(out);
    return fine;
}

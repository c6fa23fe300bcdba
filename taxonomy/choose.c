/* choose.c: which of the candidates of `choose` a persona has: a pure function of (population, seed, slot,
 * attempt), made when the skeleton stands.
 *
 * Of each entry of `from` the candidates that apply are ordered by likeness to the anchors and cut into thirds.
 * How many there are to be is divided over entries, then over thirds, by largest remainder. Within a third so
 * many are drawn one after the other without putting back, each with a chance by its weight among those that
 * are left. Then each one that was chosen brings along what it refers to.
 *
 * Entries follow one another in file order: what an earlier one has left out is not there for a later one.
 */
#include "taxonomy/choose.h"
#include "taxonomy/plan/plan.h"
#include "taxonomy/template.h"

#include <stdlib.h>
#include <string.h>

#define RANK_BITS  24 /* nodes are fewer */
#define LIKE_MOST  (UINT64_MAX >> RANK_BITS)
#define CHOOSE_TRY UINT32_MAX /* no draw has this try: its own stream of random numbers */

/* ---- the least of many ------------------------------------------------------------------------------- */

static void swap(uint64_t *a, uint64_t *b) {
    uint64_t x = *a;
    *a = *b;
    *b = x;
}

/* Afterwards the k least of numbers that all differ stand first, in any order (quickselect; the middle of three
 * divides). */
static void least_first(uint64_t *r, uint32_t n, uint32_t k) {
    while (n > 1 && k > 0 && k < n) {
        uint64_t *mid = &r[n / 2], *last = &r[n - 1];
        if (*mid < *r) swap(mid, r);
        if (*last < *r) swap(last, r);
        if (*last < *mid) swap(last, mid);
        uint64_t by = *mid;
        uint32_t i = 0, j = n - 1;
        for (;;) {
            while (r[i] < by) i++;
            while (by < r[j]) j--;
            if (i >= j) break;
            swap(&r[i++], &r[j--]);
        }
        /* those up to r[j] are not behind `by`, those from j + 1 on not before it */
        if (k > j + 1) {
            r += j + 1;
            n -= j + 1;
            k -= j + 1;
        } else if (j + 1 < n) {
            n = j + 1;
        } else {
            return;
        }
    }
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

/* What one takes whose share is more than it has room for; false: none is. */
static bool fill_full(uint32_t *total, const uint64_t *weight, const uint32_t *room, uint32_t n,
                      uint32_t *out) {
    uint64_t sum = 0;
    uint32_t before = *total;
    bool full = false;
    for (uint32_t i = 0; i < n; i++) sum += out[i] < room[i] ? weight[i] : 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t left = room[i] - out[i];
        if (!left || !weight[i] || before * weight[i] < left * sum) continue;
        out[i] = room[i];
        *total -= left;
        full = true;
    }
    return full;
}

/* One more for each of so many as `rest`, by the largest remainder; of equal ones the first. */
static void largest_remainders(uint32_t total, uint64_t sum, const uint64_t *weight, const uint32_t *room,
                               uint32_t n, uint32_t rest, uint32_t *out) {
    uint64_t few[64], *key = n > COUNT_OF(few) ? xmalloc(n * sizeof *key) : few, last = 0;
    uint32_t keys = 0;
    /* the least first: a key that falls with the remainder and rises with the index */
    for (uint32_t i = 0; i < n; i++) {
        uint64_t remainder = total * weight[i] % sum;
        if (out[i] < room[i] && remainder) key[keys++] = UINT64_MAX - (remainder * n + (n - 1 - i));
    }
    if (rest > keys) rest = keys;
    least_first(key, keys, rest);
    for (uint32_t i = 0; i < rest; i++)
        if (key[i] > last) last = key[i];
    for (uint32_t i = 0; i < n && rest; i++) {
        uint64_t remainder = total * weight[i] % sum;
        if (out[i] < room[i] && remainder && UINT64_MAX - (remainder * n + (n - 1 - i)) <= last) out[i]++;
    }
    if (key != few) free(key);
}

/* Those with room have room for more than their shares. */
static void fill_shares(uint32_t total, const uint64_t *weight, const uint32_t *room, uint32_t n,
                        uint32_t *out) {
    uint64_t sum = 0;
    uint32_t rest = total;
    for (uint32_t i = 0; i < n; i++) sum += out[i] < room[i] ? weight[i] : 0;
    if (!sum) return;
    for (uint32_t i = 0; i < n; i++) {
        if (out[i] == room[i]) continue;
        out[i] += (uint32_t)(total * weight[i] / sum);
        rest -= (uint32_t)(total * weight[i] / sum);
    }
    largest_remainders(total, sum, weight, room, n, rest, out);
}

void share_within(uint32_t total, const uint64_t *weight, const uint32_t *room, uint32_t n, uint32_t *out) {
    memset(out, 0, sizeof *out * n);
    while (total && fill_full(&total, weight, room, n, out)) continue;
    uint32_t before = 0, after = 0;
    for (uint32_t i = 0; i < n; i++) before += out[i];
    if (total) fill_shares(total, weight, room, n, out);
    for (uint32_t i = 0; i < n; i++) after += out[i];
    total -= after - before;
    for (uint32_t i = 0; i < n && total; i++) {
        uint32_t more = room[i] - out[i] < total ? room[i] - out[i] : total;
        out[i] += more;
        total -= more;
    }
}

/* ---- one choose -------------------------------------------------------------------------------------- */

typedef struct choosing {
    const choose *c;
    record *r;
    arena *scratch;
    uint64_t start;   /* of its random numbers */
    bool *fits, *has; /* one a candidate: it applies; it was chosen */
    uint64_t *like;   /* NULL: nobody is compared */
    uint32_t *list;   /* candidates that apply and can be drawn, entry by entry, in file order */
    uint32_t *first;  /* of each entry; one more */
    uint64_t draws;   /* made so far */
    uint64_t *rank;   /* the rest: room for one entry */
    uint64_t *sum;
    uint32_t *third[CHOOSE_THIRDS];
} choosing;

/* A drawn one has a value if it applies. */
static bool applies(const record *r, const candidate *c, const pred **last, bool *held) {
    const population *p = r->pop;
    const node *n = &p->node[c->node];
    if (r->value[c->leaves.first].kind != V_NONE) return true;
    if (n->kind != K_TEXT) return false;
    if (!n->when) return true;
    if (n->when != *last) {
        *held = pred_holds(n->when, r);
        *last = n->when;
    }
    return *held;
}

static void gather(choosing *x) {
    const choose *c = x->c;
    const pred *last = NULL;
    bool held = false;
    uint32_t n = 0;
    for (uint32_t e = 0; e < c->entries; e++) {
        x->first[e] = n;
        for (uint32_t i = c->entry[e].first; i < c->entry[e].end; i++) {
            x->fits[i] = applies(x->r, &c->candidate[i], &last, &held);
            if (x->fits[i] && c->candidate[i].weight > 0) x->list[n++] = i;
        }
    }
    x->first[c->entries] = n;
}

static void compare(choosing *x) {
    buf b = {0};
    x->like = arena_new_of(x->scratch, uint64_t, x->c->candidates + 1);
    leaves_lines(x->r, x->c->to.leaf, x->c->to.n, &b);
    likeness_of(x->c->like, buf_view(&b), x->scratch, x->like);
    buf_free(&b);
}

static uint32_t count_of(const choosing *x) {
    int64_t k;
    const dist *s = draw_dist(&x->c->count, x->r);
    double u = rng_unit(rng_more(x->start, x->c->key));
    if (!s || !number_draw(s, &x->c->many, x->r, NULL, NULL, u, &k) || k < 0) return 0;
    uint32_t all = x->first[x->c->entries];
    return k < all ? (uint32_t)k : all;
}

/* `least` of each first, as far as the count goes; the rest by how many candidates there are. */
static void entries_share(const choosing *x, uint32_t count, uint32_t *take) {
    const choose *c = x->c;
    uint32_t *room = arena_new_of(x->scratch, uint32_t, c->entries), sum = 0,
             *more = arena_new_of(x->scratch, uint32_t, c->entries);
    uint64_t *weight = arena_new_of(x->scratch, uint64_t, c->entries);
    for (uint32_t e = 0; e < c->entries; e++) {
        uint32_t has = x->first[e + 1] - x->first[e];
        weight[e] = room[e] = has < c->least ? has : c->least;
        sum += room[e];
    }
    share_within(count < sum ? count : sum, weight, room, c->entries, take);
    if (count <= sum) return;
    for (uint32_t e = 0; e < c->entries; e++) {
        weight[e] = x->first[e + 1] - x->first[e];
        room[e] = x->first[e + 1] - x->first[e] - take[e];
    }
    share_within(count - sum, weight, room, c->entries, more);
    for (uint32_t e = 0; e < c->entries; e++) take[e] += more[e];
}

static uint64_t below(choosing *x, uint64_t n) {
    return rng_below(rng_more(x->start, x->draws++), n);
}

/* Each time one of those that are left, all alike. */
static void draw_alike(choosing *x, uint32_t *list, uint32_t n, uint32_t k) {
    for (uint32_t i = 0; i < k; i++) {
        uint32_t at = i + (uint32_t)below(x, n - i), one = list[at];
        list[at] = list[i];
        x->has[one] = true;
    }
}

/* Each time one of those that are left, by weight. sum[i]: the sum of the weights of (i & -i) of them up to
 * the i-th, from 1 (Fenwick 1994). */
static void draw_by_weight(choosing *x, const uint32_t *list, uint32_t n, uint32_t k) {
    uint64_t *sum = x->sum, all = 0;
    uint32_t top = 1;
    while (2 * top <= n) top *= 2;
    memset(sum, 0, sizeof *sum * (n + 1));
    for (uint32_t i = 1; i <= n; i++) {
        uint64_t w = x->c->candidate[list[i - 1]].weight;
        uint32_t up = i + (i & -i);
        sum[i] += w;
        all += w;
        if (up <= n) sum[up] += sum[i];
    }
    for (uint32_t drawn = 0; drawn < k; drawn++) {
        uint64_t rest = below(x, all);
        uint32_t at = 0;
        for (uint32_t bit = top; bit; bit /= 2)
            if (at + bit <= n && sum[at + bit] <= rest) rest -= sum[at += bit];
        uint64_t w = x->c->candidate[list[at]].weight;
        x->has[list[at]] = true;
        for (uint32_t i = at + 1; i <= n; i += i & -i) sum[i] -= w;
        all -= w;
    }
}

static void draw_some(choosing *x, uint32_t *list, uint32_t n, uint32_t k) {
    if (k == n || !x->c->weighted)
        draw_alike(x, list, n, k);
    else
        draw_by_weight(x, list, n, k);
}

static uint32_t third_end(uint32_t n, uint32_t third) {
    return (uint32_t)(((uint64_t)n * (third + 1) + CHOOSE_THIRDS - 1) / CHOOSE_THIRDS);
}

/* The least is the most alike; of equals the first. */
static uint64_t rank_of(const choosing *x, uint32_t at) {
    return (LIKE_MOST - x->like[at]) << RANK_BITS | at;
}

/* third[t]: those of it in file order, so many as room[t]. */
static void cut_thirds(choosing *x, const uint32_t *list, uint32_t n, uint32_t *room) {
    uint64_t last[CHOOSE_THIRDS] = {0}, *r = x->rank;
    uint32_t used[CHOOSE_THIRDS] = {0}, from = 0;
    for (uint32_t i = 0; i < n; i++) r[i] = rank_of(x, list[i]);
    for (uint32_t t = 0; t < CHOOSE_THIRDS; t++) {
        uint32_t end = third_end(n, t);
        if (end < n) least_first(r + from, n - from, end - from);
        for (uint32_t i = from; i < end; i++)
            if (r[i] > last[t]) last[t] = r[i];
        room[t] = end - from;
        from = end;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint64_t one = rank_of(x, list[i]);
        uint32_t t = one <= last[0] ? 0 : one <= last[1] ? 1 : 2;
        x->third[t][used[t]++] = list[i];
    }
}

static void draw_entry(choosing *x, uint32_t *list, uint32_t n, uint32_t k) {
    if (!x->like || k == n) {
        draw_some(x, list, n, k);
        return;
    }
    uint32_t room[CHOOSE_THIRDS], take[CHOOSE_THIRDS];
    cut_thirds(x, list, n, room);
    share_within(k, x->c->mix, room, CHOOSE_THIRDS, take);
    for (uint32_t t = 0; t < CHOOSE_THIRDS; t++) draw_some(x, x->third[t], room[t], take[t]);
}

/* Beyond the count, and again what these refer to. */
static void bring_along(choosing *x) {
    const choose *c = x->c;
    uint32_t *stack = arena_new_of(x->scratch, uint32_t, c->candidates + 1), n = 0;
    for (uint32_t i = 0; i < c->candidates; i++)
        if (x->has[i] && c->candidate[i].nbrings) stack[n++] = i;
    while (n) {
        const candidate *one = &c->candidate[stack[--n]];
        for (uint32_t k = 0; k < one->nbrings; k++) {
            uint32_t other = one->brings[k];
            if (x->has[other] || !x->fits[other]) continue;
            x->has[other] = true;
            stack[n++] = other;
        }
    }
}

static void leave_out(choosing *x) {
    record *r = x->r;
    for (uint32_t i = 0; i < x->c->candidates; i++) {
        field_span s = x->c->candidate[i].leaves;
        for (uint32_t k = s.first; k < s.first + s.n && !x->has[i]; k++) {
            r->value[k] = value_none;
            r->left[k / 64] |= UINT64_C(1) << k % 64;
        }
    }
}

static void choose_one(const choose *c, uint64_t start, record *r, arena *scratch) {
    arena_reset(scratch);
    choosing x = {.c = c, .r = r, .scratch = scratch, .start = start};
    uint32_t *take = arena_new_of(scratch, uint32_t, c->entries);
    x.fits = arena_new_of(scratch, bool, c->candidates + 1);
    x.has = arena_new_of(scratch, bool, c->candidates + 1);
    x.list = arena_new_of(scratch, uint32_t, c->candidates + 1);
    x.rank = arena_new_of(scratch, uint64_t, c->candidates + 1);
    x.sum = arena_new_of(scratch, uint64_t, c->candidates + 2);
    for (uint32_t t = 0; t < CHOOSE_THIRDS; t++)
        x.third[t] = arena_new_of(scratch, uint32_t, c->candidates + 1);
    x.first = arena_new_of(scratch, uint32_t, c->entries + 1);
    gather(&x);
    if (c->like) compare(&x);
    entries_share(&x, count_of(&x), take);
    for (uint32_t e = 0; e < c->entries; e++)
        draw_entry(&x, x.list + x.first[e], x.first[e + 1] - x.first[e], take[e]);
    bring_along(&x);
    leave_out(&x);
}

void choose_leaves(const population *p, uint64_t seed, record *r, arena *scratch) {
    const compiled *all = p->compiled;
    uint64_t start = rng_start(seed, r->slot, (uint64_t)r->attempt << 32 | CHOOSE_TRY);
    if (!all->chooses) return;
    r->left = arena_new_of(r->mem, uint64_t, p->leaves / 64 + 1);
    for (uint32_t i = 0; i < all->chooses; i++)
        choose_one(&all->choose[i], rng_more(start, all->choose[i].key), r, scratch);
}

/* choose_test.c: which leaves a persona has: how many, of which sections, near and far, by prior; what comes
 * along; and that the same slot has the same ones. */
#include "plan_fixture.h"
#include "taxonomy/choose.h"

#define FACET                                                                                                  \
    "facets: {say: {fields: {story: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{@attributes}}\\n\"}}\n"
#define MANY 30000

typedef struct chosen {
    population *p;
    plan *pl;
    arena *mem;
    record r;
} chosen;

static void open_text(chosen *x, const char *yaml) {
    *x = (chosen){.p = make(yaml), .mem = arena_new(0)};
    x->pl = plan_of(x->p, MANY, 7);
}

static void close_all(chosen *x) {
    plan_free(x->pl);
    population_free(x->p);
    arena_free(x->mem);
}

static bool has(const chosen *x, const char *path) {
    return x->r.value[leaf_of(x->p, path)].kind != V_NONE;
}

/* Leaves below a section that the persona has. */
static uint32_t below(const chosen *x, const char *path) {
    const node *n = node_find(x->p, str_of(path));
    uint32_t sum = 0;
    for (const node *k = n + 1; k < x->p->node + n->end; k++)
        sum += k->leaf != NO_LEAF && !record_left(&x->r, k->leaf);
    return sum;
}

/* ---- numbers ----------------------------------------------------------------------------------------------
 */

static void numbers_are_shared_out(void **state) {
    (void)state;
    static const struct {
        uint32_t total, n;
        uint64_t weight[4];
        uint32_t room[4], want[4];
    } rows[] = {
        {10, 3, {5, 3, 2}, {9, 9, 9}, {5, 3, 2}},         {1, 3, {5, 3, 2}, {9, 9, 9}, {1, 0, 0}},
        {4, 3, {5, 3, 2}, {9, 9, 9}, {2, 1, 1}},          /* 2.0, 1.2, 0.8 */
        {2, 4, {1, 1, 1, 1}, {9, 9, 9, 9}, {1, 1, 0, 0}}, /* ties: file order */
        {10, 3, {5, 3, 2}, {2, 9, 9}, {2, 5, 3}},         /* 8 over 3 to 2: 4.8, 3.2 */
        {10, 3, {1, 0, 0}, {4, 5, 9}, {4, 5, 1}},         /* none of them wants what is left */
        {10, 3, {5, 3, 2}, {1, 1, 8}, {1, 1, 8}},         {0, 2, {1, 1}, {3, 3}, {0, 0}},
        {3, 3, {0, 0, 0}, {1, 1, 5}, {1, 1, 1}},          {6, 3, {1, 1, 1}, {2, 2, 2}, {2, 2, 2}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t out[4];
        share_within(rows[i].total, rows[i].weight, rows[i].room, rows[i].n, out);
        for (uint32_t k = 0; k < rows[i].n; k++) assert_int_equal(out[k], rows[i].want[k]);
    }
}

/* Whatever the weights and rooms: all is given, nobody gets more than there is room for, nobody less than the
 * floor of his share if he has room for it. */
static void shares_keep_their_bounds(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t n = 1 + (uint32_t)rng_below(rng_u64(1, i, 0, 0, 0), 7), room[7], out[7], all = 0, sum = 0;
        uint64_t weight[7], weights = 0;
        for (uint32_t k = 0; k < n; k++) {
            weight[k] = rng_below(rng_u64(1, i, k, 1, 0), 4) * rng_below(rng_u64(1, i, k, 2, 0), 1000);
            room[k] = (uint32_t)rng_below(rng_u64(1, i, k, 3, 0), 12);
            all += room[k];
            weights += weight[k];
        }
        uint32_t total = all ? (uint32_t)rng_below(rng_u64(1, i, 9, 4, 0), all + 1) : 0;
        share_within(total, weight, room, n, out);
        for (uint32_t k = 0; k < n; k++) {
            assert_true(out[k] <= room[k]);
            uint64_t floor = weights ? total * weight[k] / weights : 0;
            assert_true(out[k] >= (floor < room[k] ? floor : room[k]));
            sum += out[k];
        }
        assert_int_equal(sum, total);
    }
}

/* Many: all have the same share, so the first get one more. */
static void many_share_by_their_order(void **state) {
    (void)state;
    enum { N = 3000 };
    static uint64_t weight[N];
    static uint32_t room[N], out[N];
    for (uint32_t k = 0; k < N; k++) weight[k] = room[k] = k % 2 ? 3 : 2;
    share_within(4100, weight, room, N, out); /* 1.093 and 1.64 each */
    for (uint32_t k = 0; k < N; k++) assert_int_equal(out[k], k % 2 && k < 2 * 1100 ? 2 : 1);
}

/* `count` by what it depends on, `least` of each section, the rest by their sizes. */
static void sections_share_the_count(void **state) {
    (void)state;
    chosen x;
    open_text(&x, HEAD "attributes:\n  depth: {choice: [brief, deep]}\n"
                       "  a: {each: [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12], flag: {}}\n"
                       "  b: {each: [b1, b2, b3, b4, b5, b6], flag: {}}\n  c: {each: [c1, c2, c3], flag: {}}\n"
                       "choose: {t: {from: [a, b, c], count: 0..30, by: [depth], given: {brief: 4, deep: 12}, "
                       "least: 1}}\n" FACET);
    for (uint64_t slot = 0; slot < 200; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        bool brief = x.r.value[leaf_of(x.p, "depth")].num == 0;
        uint32_t a = below(&x, "a"), b = below(&x, "b"), c = below(&x, "c");
        /* brief: 1 each and 1 more, which 12 : 6 : 3 give to a; deep: 9 more as 5.14, 2.57, 1.29 */
        assert_int_equal(a, brief ? 2 : 6);
        assert_int_equal(b, brief ? 1 : 4);
        assert_int_equal(c, brief ? 1 : 2);
    }
    close_all(&x);
}

/* Fewer candidates than wanted: all; `least` beyond the count: the count. */
static void ends_of_the_count(void **state) {
    (void)state;
    chosen x;
    open_text(&x, HEAD
              "attributes:\n  grown: {flag: 0.5}\n  a: {each: [a1, a2, a3], flag: {}, when: {grown: true}}\n"
              "  b: {each: [b1, b2, b3], flag: {}}\n"
              "choose: {t: {from: [a, b], count: 4, least: 3}}\n" FACET);
    for (uint64_t slot = 0; slot < 100; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        bool grown = x.r.value[leaf_of(x.p, "grown")].num;
        assert_int_equal(has(&x, "a.a1") + has(&x, "a.a2") + has(&x, "a.a3"), grown ? 2 : 0);
        assert_int_equal(below(&x, "b"), grown ? 2 : 3);
    }
    close_all(&x);
}

/* ---- chances ------------------------------------------------------------------------------------------------
 */

/* One of four by prior^(1 - tail): 8, 1, 1, 0.125 under a section of 2, to the power of 1/3: 2, 1, 1, 1/2. */
static void chances_follow_priors_and_tail(void **state) {
    (void)state;
    static const char *const path[] = {"a.p", "a.q", "a.r", "a.s"};
    static const double chance[] = {2 / 4.5, 1 / 4.5, 1 / 4.5, 0.5 / 4.5};
    chosen x;
    open_text(&x, HEAD
              "attributes:\n  a:\n    prior: 2\n    p: {flag: {}, prior: 4}\n    q: {flag: {}, prior: 0.5}\n"
              "    r: {flag: {}, prior: 0.5}\n    s: {flag: {}, prior: 0.0625}\n    n: {flag: {}, prior: 0}\n"
              "choose: {t: {from: [a], count: 1, tail: 0.666667}}\n" FACET);
    uint64_t count[4] = {0};
    for (uint64_t slot = 0; slot < MANY; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        assert_int_equal(below(&x, "a"), 1);
        for (uint32_t i = 0; i < 4; i++) count[i] += has(&x, path[i]);
    }
    assert_true(chi_deviation(count, chance, 4, MANY) < 16);
    close_all(&x);
}

/* Two of three with weights 6, 3, 1, one after the other. */
static void several_are_drawn_without_putting_back(void **state) {
    (void)state;
    static const double pq = 0.6 * 3 / 4 + 0.3 * 6 / 7, pr = 0.6 * 1 / 4 + 0.1 * 6 / 9,
                        qr = 0.3 * 1 / 7 + 0.1 * 3 / 9;
    const double chance[] = {pq, pr, qr};
    chosen x;
    open_text(&x, HEAD "attributes:\n  a:\n    p: {flag: {}, prior: 6}\n    q: {flag: {}, prior: 3}\n"
                       "    r: {flag: {}}\nchoose: {t: {from: [a], count: 2}}\n" FACET);
    uint64_t count[3] = {0};
    for (uint64_t slot = 0; slot < MANY; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        assert_int_equal(below(&x, "a"), 2);
        count[!has(&x, "a.r") ? 0 : !has(&x, "a.q") ? 1 : 2]++;
    }
    assert_true(chi_deviation(count, chance, 3, MANY) < 16);
    close_all(&x);
}

/* All 120 pairs of 16 alike are equally likely, and so are attempts. */
static void equal_ones_are_equally_likely(void **state) {
    (void)state;
    chosen x;
    open_text(&x, HEAD "attributes:\n  a: {each: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p], flag: {}}\n"
                       "choose: {t: {from: [a], count: 2}}\n" FACET);
    uint64_t count[16 * 16] = {0};
    double chance[16 * 16] = {0};
    uint32_t first = leaf_of(x.p, "a.a");
    for (uint64_t slot = 0; slot < MANY; slot++) {
        uint32_t at[16], n = 0;
        draw_into(x.pl, slot / 2, (uint32_t)(slot % 2), &x.r, x.mem);
        for (uint32_t i = 0; i < 16; i++)
            if (x.r.value[first + i].kind != V_NONE) at[n++] = i;
        assert_int_equal(n, 2);
        count[at[0] * 16 + at[1]]++;
    }
    for (uint32_t i = 0; i < 16; i++)
        for (uint32_t k = i + 1; k < 16; k++) chance[i * 16 + k] = 1 / 120.0;
    assert_true(chi_deviation(count, chance, 256, MANY) < 16);
    close_all(&x);
}

/* ---- likeness
 * ------------------------------------------------------------------------------------------------- */

static void likeness_sees_words_and_parts_of_words(void **state) {
    (void)state;
    const str text[] = {STR("life at sea, boats\nwhat is sailed"), STR("school, lessons"), STR("farm, cows"),
                        STR("life at sea, harbour towns"), STR("a and the of")};
    uint64_t out[5];
    arena *mem = arena_new(0), *scratch = arena_new(0);
    likeness *l = likeness_new(mem, STR("en"), text, 5);
    likeness_of(l, STR("work: a Sailor at SEA; the and of"), scratch, out);
    assert_true(out[0] > out[3] && out[3] > 0);
    assert_int_equal(out[1], 0);
    assert_int_equal(out[4], 0); /* function words alone */
    likeness_of(l, text[2], scratch, out);
    for (uint32_t i = 0; i < 5; i++) assert_true(i == 2 || out[i] < out[2]);
    /* the cosine of a text with itself is the same for all: 1, times the norm of the asker */
    uint64_t self = out[2];
    likeness_of(l, STR("farm, cows. farm, cows."), scratch, out);
    assert_true(out[2] > self);
    likeness_free(l);
    arena_free(mem);
    arena_free(scratch);
}

#define WORLD                                                                                                  \
    HEAD "attributes:\n  work: {choice: [sailor, teacher]}\n  grown: {flag: {}}\n"                             \
         "  sea: {each: [sailing, sailor_songs, sailors_knots], flag: {}}\n"                                   \
         "  all:\n    t: {each: [teachers, teaching, a_teacher], flag: {}}\n"                                  \
         "    s: {each: [sailors, sailboats, a_sailor], flag: {}}\n"                                           \
         "    o: {each: [bread, rain, dust], flag: {}}\n"

/* With nothing but `near` the third that is like the anchors; with nothing but `far` none of it. */
static void near_and_far(void **state) {
    (void)state;
    static const char *const mixes[] = {"{near: 1}", "{far: 1}", "{near: 1, mid: 1, far: 1}"};
    for (size_t m = 0; m < COUNT_OF(mixes); m++) {
        chosen x;
        buf b = {0};
        buf_printf(&b, WORLD "choose: {t: {from: [all], count: 3, to: [work], mix: %s}}\n" FACET "%c", mixes[m],
                   0);
        open_text(&x, b.p);
        for (uint64_t slot = 0; slot < 300; slot++) {
            draw_into(x.pl, slot, 0, &x.r, x.mem);
            bool sailor = x.r.value[leaf_of(x.p, "work")].num == 0;
            uint32_t like = below(&x, sailor ? "all.s" : "all.t");
            assert_int_equal(below(&x, "all"), 3);
            if (m == 0) assert_int_equal(like, 3);
            if (m == 1) assert_int_equal(like, 0);
            if (m == 2) assert_int_equal(like, 1);
        }
        close_all(&x);
        buf_free(&b);
    }
}

/* ---- what comes along
 * -------------------------------------------------------------------------------------------- */

static void what_is_referred_to_comes_along(void **state) {
    (void)state;
    chosen x;
    open_text(
        &x, HEAD
        "attributes:\n  a:\n    n: {number: 0..2, prior: 0}\n    p: {flag: {}, prior: 0, when: {a.n: 1..}}\n"
        "    q: {flag: {}, when: {a.p: true}}\n    r: {flag: {}, by: [a.n], given: {else: 0.5}}\n"
        "    s: {choice: [x, y, z], except: [a.u]}\n    u: {choice: [x, y], prior: 0}\n"
        "    v: {list: 2, k: {flag: {}, when: {a.n: 2}}}\n"
        "choose: {t: {from: [a], count: 1}}\n" FACET);
    uint32_t seen = 0;
    for (uint64_t slot = 0; slot < 400; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        bool q = has(&x, "a.q"), r = has(&x, "a.r"), s = has(&x, "a.s");
        bool v = x.r.value[node_find(x.p, STR("a.v"))->number].kind == V_NUM;
        assert_int_equal(q + r + s + v, 1);
        if (q) assert_true(has(&x, "a.p") && has(&x, "a.n"));
        if (v) assert_true(has(&x, "a.n") && !has(&x, "a.p"));
        assert_int_equal(has(&x, "a.n"), q || r || v);
        assert_int_equal(has(&x, "a.u"), s);
        assert_int_equal(record_left(&x.r, leaf_of(x.p, "a.u")), !s);
        seen |= (uint32_t)q | (uint32_t)r << 1 | (uint32_t)s << 2 | (uint32_t)v << 3;
    }
    assert_int_equal(seen, 15);
    close_all(&x);
}

/* What the first has left out is not there for the second. */
static void one_follows_another(void **state) {
    (void)state;
    chosen x;
    open_text(&x, HEAD "attributes:\n  a: {each: [p, q], flag: 1}\n"
                       "  b: {u: {text: {}, when: {a.p: true}}, v: {flag: {}}}\n"
                       "choose:\n  one: {from: [a], count: 1}\n  two: {from: [b], count: 2}\n"
                       "facets: {say: {fields: {story: {text: {}}}, leaves: [b], prompt: "
                       "\"x\\n---\\n{{@attributes}}{{@fields}}\\n\"}}\n");
    uint32_t with = 0;
    for (uint64_t slot = 0; slot < 100; slot++) {
        draw_into(x.pl, slot, 0, &x.r, x.mem);
        assert_int_equal(has(&x, "a.p") + has(&x, "a.q"), 1);
        assert_int_equal(field_applies(x.p, leaf_of(x.p, "b.u"), &x.r), has(&x, "a.p"));
        assert_true(has(&x, "b.v"));
        with += has(&x, "a.p");
    }
    assert_true(with > 0 && with < 100);
    close_all(&x);
}

/* ---- determinism
 * --------------------------------------------------------------------------------------------------- */

/* Draws do not depend on it; the same slot and attempt have the same, in any order and from any drawer. */
static void a_function_of_slot_and_attempt(void **state) {
    (void)state;
    chosen x, plain;
    open_text(&x, WORLD "choose: {t: {from: [all, sea], count: 2..7, to: [work]}}\n" FACET);
    open_text(&plain, WORLD FACET);
    drawer *w = drawer_new(x.pl);
    uint64_t differs = 0;
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t slot = i * 7 % 500;
        record other;
        arena *mem = arena_new(0);
        err e = {0};
        record_init(&other, x.p, mem);
        assert_true(drawer_skeleton(w, slot, (uint32_t)(i % 3), &other, &e));
        draw_into(x.pl, slot, (uint32_t)(i % 3), &x.r, x.mem);
        draw_into(plain.pl, slot, (uint32_t)(i % 3), &plain.r, plain.mem);
        for (uint32_t k = 0; k < x.p->leaves; k++) {
            assert_true(value_same(&other.value[k], &x.r.value[k]));
            assert_true(record_left(&x.r, k) || value_same(&plain.r.value[k], &x.r.value[k]));
            differs += record_left(&x.r, k);
        }
        arena_free(mem);
    }
    assert_true(differs > 0);
    drawer_free(w);
    close_all(&x);
    close_all(&plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_shared_out),
        cmocka_unit_test(shares_keep_their_bounds),
        cmocka_unit_test(many_share_by_their_order),
        cmocka_unit_test(sections_share_the_count),
        cmocka_unit_test(ends_of_the_count),
        cmocka_unit_test(chances_follow_priors_and_tail),
        cmocka_unit_test(several_are_drawn_without_putting_back),
        cmocka_unit_test(equal_ones_are_equally_likely),
        cmocka_unit_test(likeness_sees_words_and_parts_of_words),
        cmocka_unit_test(near_and_far),
        cmocka_unit_test(what_is_referred_to_comes_along),
        cmocka_unit_test(one_follows_another),
        cmocka_unit_test(a_function_of_slot_and_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

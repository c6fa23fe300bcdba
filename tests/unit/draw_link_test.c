/* draw_link_test.c: whom a persona knows: the law of the pairs, that both sides say the same, and that neither
 * order, attempts, memory nor an extension changes it. */
#include "plan_fixture.h"
#include "taxonomy/draw/draw_parts.h"

#define TOWN                                                                                                   \
    HEAD "groups: {street: {size: 10}, town: {size: 40}}\n"                                                    \
         "attributes:\n"                                                                                       \
         "  street: {per: street, lane: {choice: [Mill, Elm, Bay]}}\n"                                         \
         "  who:\n"                                                                                            \
         "    keep: true\n"                                                                                    \
         "    age: {number: 18..90, unit: years}\n"                                                            \
         "    first: {choice: [Ada, Bo, Cleo, Dov, Eli, Fay, Gus, Hal, Ida, Jo], by: [gender],"                \
         " given: {woman: [Ada, Cleo, Fay, Ida, Jo], man: [Bo, Dov, Eli, Gus, Hal]}}\n"                        \
         "    house: {number: 1..10, unique: street}\n"                                                        \
         "    hobbies: {choice: [chess, choir, sewing], list: 0..2}\n"                                         \
         "    pet: {choice: [cat, dog], when: {age: 40..}}\n"                                                  \
         "    job: {list: 0..2, place: {choice: [mill, port]}}\n"                                              \
         "  gender: {choice: [woman, man]}\n"                                                                  \
         "  name: {template: \"{{first}} ({{gender}})\"}\n"                                                    \
         "  sign: {template: \"{{name}}, {{lane}}\"}\n"                                                        \
         "  mood: {choice: [calm, tense]}\n"                                                                   \
         "tables: {g: {over: [gender], shares: {woman: 60, man: 40}}}\n"                                       \
         "links:\n"                                                                                            \
         "  knows: {within: town, degree: 4.5, relation: {friend: 50, cousin: 30, teacher of: 20},"            \
         " inverse: {teacher of: was taught by}, show: [sign, who, street, gender]}\n"                         \
         "  meets: {within: street, degree: 2, relation: sees, show: house}\n"

typedef struct sample {
    population *p;
    plan *pl;
    drawer *w;
    arena *mem;
} sample;

static sample sample_of(const char *yaml, uint64_t n) {
    sample s = {.p = make(yaml), .mem = arena_new(0)};
    s.pl = plan_of(s.p, n, 7);
    s.w = drawer_new(s.pl);
    return s;
}

static void sample_free(sample *s) {
    drawer_free(s->w);
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static record *drawn(sample *s, uint64_t slot, uint32_t attempt) {
    record *r = arena_new_of(s->mem, record, 1);
    err e = {0};
    record_init(r, s->p, s->mem);
    assert_true(drawer_skeleton(s->w, slot, attempt, r, &e));
    assert_non_null(r->links);
    return r;
}

static const linked *find(const record *r, uint32_t link, uint64_t slot) {
    for (uint32_t i = 0; i < r->links[link].n; i++)
        if (r->links[link].item[i].slot == slot) return &r->links[link].item[i];
    return NULL;
}

static uint32_t links_same(const record *a, const record *b, uint32_t link) {
    uint32_t shows = a->pop->link[link].shows;
    assert_int_equal(a->links[link].n, b->links[link].n);
    for (uint32_t i = 0; i < a->links[link].n; i++) {
        const linked *x = &a->links[link].item[i], *y = &b->links[link].item[i];
        assert_int_equal(x->slot, y->slot);
        assert_int_equal(x->relation, y->relation);
        for (uint32_t k = 0; k < shows; k++) assert_true(value_same(&x->shown[k], &y->shown[k]));
    }
    return a->links[link].n;
}

/* ---- both sides ------------------------------------------------------------------------------------------ */

static void one_side(const record *all[], uint64_t n, uint64_t slot, uint32_t index) {
    const record *r = all[slot];
    const link_def *l = &r->pop->link[index];
    const linked *before = NULL;
    for (uint32_t i = 0; i < r->links[index].n; i++) {
        const linked *one = &r->links[index].item[i];
        assert_true(one->slot < n && one->slot != slot);
        assert_int_equal(one->slot / l->within->size, slot / l->within->size);
        if (before) assert_true(one->slot > before->slot);
        before = one;
        const linked *back = find(all[one->slot], index, slot);
        assert_non_null(back);
        uint32_t later = one->slot > slot ? one->relation : back->relation;
        uint32_t earlier = one->slot > slot ? back->relation : one->relation;
        assert_true(later < (index ? 1 : 3)); /* what `inverse` alone names is never drawn */
        assert_int_equal(l->inverse[later], earlier);
        for (uint32_t k = 0; k < l->shows; k++)
            assert_true(value_same(&one->shown[k], &all[one->slot]->value[l->show[k]]));
    }
}

static void both_sides_say_the_same(void **state) {
    (void)state;
    enum { N = 40 * 30 + 23 };
    sample s = sample_of(TOWN, N);
    static const record *all[N];
    uint64_t links = 0;
    for (uint64_t i = 0; i < N; i++) all[i] = drawn(&s, i, 0);
    for (uint64_t i = 0; i < N; i++) {
        one_side(all, N, i, 0);
        one_side(all, N, i, 1);
        links += all[i]->links[0].n;
    }
    assert_true(links > 4 * N && links < 5 * N);
    sample_free(&s);
}

static void order_attempts_and_memory_change_nothing(void **state) {
    (void)state;
    enum { N = 40 * 30 + 23 };
    sample s = sample_of(TOWN, N), t = sample_of(TOWN, N);
    uint64_t at = 0;
    uint32_t seen = 0;
    for (int i = 0; i < 400; i++) {
        at = (at + 787) % N;
        const record *a = drawn(&s, at, 0), *b = drawn(&t, (at * 31) % N, 2), *c = drawn(&t, at, 3);
        assert_non_null(b);
        seen += links_same(a, c, 0) + links_same(a, c, 1);
        if (i % 20) continue;
        record alone;
        err e = {0};
        record_init(&alone, s.p, s.mem);
        assert_true(draw_skeleton(s.pl, at, 1, &alone, &e));
        links_same(a, &alone, 0);
    }
    assert_true(seen > 2000);
    sample_free(&s);
    sample_free(&t);
}

static void other_seeds_know_others(void **state) {
    (void)state;
    sample s = sample_of(TOWN, 400);
    plan *pl = plan_of(s.p, 400, 8);
    uint32_t same = 0, n = 0;
    for (uint64_t i = 0; i < 400; i++) {
        record other;
        err e = {0};
        record_init(&other, s.p, s.mem);
        assert_true(draw_skeleton(pl, i, 0, &other, &e));
        const record *r = drawn(&s, i, 0);
        for (uint32_t k = 0; k < r->links[0].n; k++, n++)
            same += find(&other, 0, r->links[0].item[k].slot) != NULL;
    }
    assert_true(same * 5 < n); /* 4.5 of 39 by chance */
    plan_free(pl);
    sample_free(&s);
}

/* ---- the law --------------------------------------------------------------------------------------------- */

static link_graph graph_of(uint64_t group, uint32_t members, double degree) {
    link_def l = {.key = 99, .degree = degree};
    link_graph g;
    link_graph_make(&g, 5, &l, group * members, members);
    for (uint32_t m = 0; m < members; m++)
        for (uint32_t i = g.from[m]; i < g.from[m + 1]; i++) {
            assert_true(g.to[i] < members && g.to[i] != m);
            if (i > g.from[m]) assert_true(g.to[i] > g.to[i - 1]);
        }
    return g;
}

static void small_groups_are_right(void **state) {
    (void)state;
    static const struct {
        uint32_t members;
        double degree;
        uint32_t least, most; /* of each member */
    } rows[] = {{1, 2, 0, 0}, {1, 9, 0, 0}, {2, 2, 1, 1}, {2, 9, 1, 1}, {3, 2, 2, 2}, {3, 9, 2, 2},
                {4, 2, 2, 2}, {4, 3, 3, 3}, {4, 9, 3, 3}, {5, 2, 2, 2}, {5, 3, 2, 4}, {5, 4, 4, 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint64_t group = 0; group < 50; group++) {
            link_graph g = graph_of(group, rows[i].members, rows[i].degree);
            for (uint32_t m = 0; m < g.members; m++) {
                uint32_t n = g.from[m + 1] - g.from[m];
                assert_in_range(n, rows[i].least, rows[i].most);
            }
            link_graph_free(&g);
        }
}

static void a_degree_of_two_is_one_ring(void **state) {
    (void)state;
    enum { N = 1000 };
    link_graph g = graph_of(3, N, 2);
    uint32_t at = 0, before = g.to[0], steps = 0;
    do {
        uint32_t next = g.to[g.from[at]] == before ? g.to[g.from[at] + 1] : g.to[g.from[at]];
        before = at;
        at = next;
        steps++;
    } while (at && steps <= N);
    assert_int_equal(steps, N);
    link_graph_free(&g);
}

/* All pairs have the chance degree / (n - 1), and the number of those beside the ring is binomial. */
static void pairs_have_the_stated_chance(void **state) {
    (void)state;
    enum { N = 9, GROUPS = 40000 };
    const double degree = 4.25, p = (degree - 2) / (N - 3), others = N * (N - 1) / 2 - N;
    uint32_t pair[N][N] = {0};
    double sum = 0, squares = 0;
    for (uint64_t group = 0; group < GROUPS; group++) {
        link_graph g = graph_of(group, N, degree);
        double n = (double)g.from[N] / 2 - N;
        sum += n;
        squares += n * n;
        for (uint32_t m = 0; m < N; m++)
            for (uint32_t i = g.from[m]; i < g.from[m + 1]; i++) pair[m][g.to[i]]++;
        link_graph_free(&g);
    }
    double mean = sum / GROUPS, variance = squares / GROUPS - mean * mean, want = others * p * (1 - p);
    assert_true((mean - others * p) * (mean - others * p) < 16 * want / GROUPS);
    assert_true(variance > want * 0.97 && variance < want * 1.03);
    double chance = degree / (N - 1), spread = GROUPS * chance * (1 - chance);
    for (uint32_t a = 0; a < N; a++)
        for (uint32_t b = 0; b < N; b++) {
            double off = pair[a][b] - GROUPS * chance;
            if (a != b) assert_true(off * off < 16 * spread);
            assert_int_equal(pair[a][b], pair[b][a]);
        }
}

static void large_groups_have_the_stated_degree(void **state) {
    (void)state;
    static const struct {
        uint32_t members;
        double degree;
    } rows[] = {{1000, 6}, {1000, 600}, {1000, 998.5}, {100000, 6}, {100000, 2.001}, {100000, 60}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double n = rows[i].members, p = (rows[i].degree - 2) / (n - 3), others = n * (n - 1) / 2 - n;
        link_graph g = graph_of(1, rows[i].members, rows[i].degree);
        double off = (double)g.from[g.members] / 2 - n - others * p;
        assert_true(off * off < 16 * others * p * (1 - p));
        link_graph_free(&g);
    }
}

static void relations_have_their_shares(void **state) {
    (void)state;
    sample s = sample_of(TOWN, 8000);
    const double share[] = {0.5, 0.3, 0.2};
    uint64_t count[3] = {0}, n = 0;
    for (uint64_t i = 0; i < 8000; i++) {
        arena_reset(s.mem);
        const record *r = drawn(&s, i, 0);
        for (uint32_t k = 0; k < r->links[0].n; k++) {
            const linked *one = &r->links[0].item[k];
            if (one->slot < i) continue;
            assert_true(one->relation < 3);
            count[one->relation]++;
            n++;
        }
    }
    assert_true(chi_deviation(count, share, 3, n) < 16);
    sample_free(&s);
}

/* ---- extension, memory ----------------------------------------------------------------------------------- */

static void an_extension_changes_no_earlier_slot(void **state) {
    (void)state;
    enum { N = 95, MORE = 150 };
    sample s = sample_of(TOWN, N), t = sample_of(TOWN, N);
    static const record *all[MORE];
    diags d;
    diags_init(&d);
    drawer_free(t.w);
    t.pl = plan_extend(t.pl, MORE, &d);
    assert_non_null(t.pl);
    t.w = drawer_new(t.pl);
    for (uint64_t i = 0; i < MORE; i++) all[i] = drawn(&t, i, 0);
    for (uint64_t i = 0; i < N; i++) {
        const record *r = drawn(&s, i, 0);
        links_same(r, all[i], 0);
        links_same(r, all[i], 1);
    }
    for (uint64_t i = 0; i < MORE; i++) {
        one_side(all, MORE, i, 0);
        for (uint32_t k = 0; k < all[i]->links[0].n; k++)
            assert_true((all[i]->links[0].item[k].slot < N) == (i < N));
    }
    assert_true(all[N]->links[0].n >= 2); /* those who come know one another */
    diags_free(&d);
    sample_free(&s);
    sample_free(&t);
}

/* A slot that nobody can stand in is known all the same, without a word about it. */
static void who_cannot_be_drawn_is_not_described(void **state) {
    (void)state;
    sample s =
        sample_of(HEAD "groups: {g: {size: 6}}\n"
                       "attributes: {a: {choice: [x, y]}, k: {number: 1..6, keep: true, unique: g, by: [a], "
                       "given: {x: 1..5, y: 6}}}\n"
                       "limits: {tries: 20}\n"
                       "tables: {t: {over: [a], shares: {x: 50, y: 50}}}\n"
                       "links: {l: {within: g, degree: 2, relation: r, show: [k]}}\n",
                  60);
    uint32_t drawn_slots = 0, silent = 0;
    for (uint64_t i = 0; i < 60; i++) {
        record r;
        err e = {0};
        record_init(&r, s.p, s.mem);
        if (!drawer_skeleton(s.w, i, 0, &r, &e)) continue;
        drawn_slots++;
        assert_int_equal(r.links[0].n, 2);
        for (uint32_t k = 0; k < 2; k++) silent += r.links[0].item[k].shown[0].kind == V_NONE;
    }
    assert_true(drawn_slots > 15 && drawn_slots < 60 && silent > 5);
    sample_free(&s);
}

/* Groups with more sides than are held at one time are worked out again. */
static void large_groups_are_given_up(void **state) {
    (void)state;
    sample s = sample_of(HEAD "groups: {g: {size: 100000}}\n"
                              "attributes: {k: {number: 1..1000, keep: true}}\n"
                              "links: {l: {within: g, degree: 100, relation: r, show: [k]}}\n",
                         200000);
    const record *a = drawn(&s, 5, 0), *b = drawn(&s, 100005, 0), *c = drawn(&s, 5, 1);
    assert_true(links_same(a, c, 0) > 50);
    assert_true(b->links[0].n > 50 && b->links[0].item[0].slot >= 100000);
    sample_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_say_the_same),
        cmocka_unit_test(order_attempts_and_memory_change_nothing),
        cmocka_unit_test(other_seeds_know_others),
        cmocka_unit_test(small_groups_are_right),
        cmocka_unit_test(a_degree_of_two_is_one_ring),
        cmocka_unit_test(pairs_have_the_stated_chance),
        cmocka_unit_test(large_groups_have_the_stated_degree),
        cmocka_unit_test(relations_have_their_shares),
        cmocka_unit_test(an_extension_changes_no_earlier_slot),
        cmocka_unit_test(large_groups_are_given_up),
        cmocka_unit_test(who_cannot_be_drawn_is_not_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

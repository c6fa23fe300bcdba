/* gate_index_test.c: the canonical neighbour, exact lists, `within`, texts without features, what survives a
 * restart. */
#include "tests/unit/stages_kit.h"

static gate_verdict decide_text(gate *g, uint64_t pos, uint64_t slot, str text, uint64_t within) {
    gate_print print = {.text = text, .within = within};
    gate_verdict v;
    assert_true(gate_decide(g, pos, slot, 0, &print, &v, NULL));
    return v;
}

static gate_verdict decide(gate *g, uint64_t pos, uint64_t slot, uint64_t person, uint32_t percent) {
    buf text = {0};
    kit_edited(person, 200, percent, percent, &text);
    gate_verdict v = decide_text(g, pos, slot, buf_view(&text), 0);
    buf_free(&text);
    return v;
}

static population *panel(const char *dedup) {
    buf yaml = {0};
    buf_z(&yaml, KIT_PANEL);
    buf_z(&yaml, dedup);
    buf_char(&yaml, 0);
    population *p = kit_population(yaml.p, NULL);
    buf_free(&yaml);
    return p;
}

/* The neighbour is the most similar one, whatever came before or after it. */
static void order_does_not_matter(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    uint32_t score = 0;
    for (uint64_t turn = 0; turn < 6; turn++) {
        gate *g = gate_new(p, NULL);
        for (uint64_t i = 0; i < 60; i++) {
            uint64_t who = rng_permute(turn, i, 60);
            /* slots 0 and 1 hold two versions of one person, too far from each other to be duplicates */
            gate_verdict v = who < 2 ? decide(g, i, who, 500, who ? 40 : 12) : decide(g, i, who, who, 0);
            assert_false(v.duplicate);
        }
        gate_verdict v = decide(g, 60, 60, 500, 0);
        assert_true(v.duplicate);
        assert_int_equal(v.reason, REASON_DUPLICATE);
        assert_int_equal(v.neighbour_slot, 0);
        if (turn) assert_int_equal(v.score_milli, score);
        score = v.score_milli;
        gate_free(g);
    }
    population_free(p);
}

static void the_same_text_is_certain(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    gate *g = gate_new(p, NULL);
    for (uint64_t i = 0; i < 20; i++) decide(g, i, i, i, 0);
    gate_verdict v = decide(g, 20, 99, 13, 0);
    assert_true(v.duplicate);
    assert_int_equal(v.score_milli, 1000);
    assert_int_equal(v.neighbour_slot, 13);
    assert_int_equal(gate_accepted(g), 20);
    gate_stats figures;
    gate_figures(g, &figures);
    assert_int_equal(figures.duplicates, 1);
    assert_int_equal(figures.compared, 19 * 20 / 2 + 20);
    gate_free(g);
    population_free(p);
}

static void without_features(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    gate *g = gate_new(p, NULL);
    assert_false(decide_text(g, 0, 0, STR("the of and"), 0).duplicate);
    assert_false(decide_text(g, 1, 1, STR("the of or"), 0).duplicate);
    assert_false(decide_text(g, 2, 2, STR(""), 0).duplicate);
    assert_false(decide_text(g, 3, 3, STR(""), 0).duplicate);
    gate_verdict v = decide_text(g, 4, 4, STR("the of or"), 0);
    assert_true(v.duplicate);
    assert_int_equal(v.neighbour_slot, 1);
    assert_int_equal(v.score_milli, 1000);
    assert_int_equal(v.features.n, 0);
    assert_int_equal(gate_accepted(g), 4);
    gate_free(g);
    population_free(p);
}

static void exact_lists(void **state) {
    (void)state;
    population *p = panel("dedup: {exact: [[town, age], [age]]}\n");
    gate *g = gate_new(p, NULL);
    gate_verdict v;
    gate_print a = {.exact = {11, 21}}, b = {.exact = {12, 21}}, c = {.exact = {0, 22}}, d = {.exact = {0, 23}};
    assert_true(gate_decide(g, 0, 5, 3, &a, &v, NULL));
    assert_false(v.duplicate);
    assert_true(gate_decide(g, 1, 6, 0, &b, &v, NULL));
    assert_true(v.duplicate);
    assert_int_equal(v.reason, REASON_EXACT);
    assert_int_equal(v.neighbour_slot, 5);
    assert_int_equal(v.neighbour_attempt, 3);
    assert_true(gate_decide(g, 2, 7, 0, &c, &v, NULL));
    assert_false(v.duplicate);
    assert_true(gate_decide(g, 3, 8, 0, &d, &v, NULL));
    assert_false(v.duplicate); /* a list without any value agrees with nobody */
    assert_int_equal(gate_accepted(g), 3);
    assert_int_equal(gate_exact_at(g, 0)[1], 21);
    gate_free(g);
    population_free(p);
}

static void within(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life], within: [town]}\n");
    gate *g = gate_new(p, NULL);
    buf text = {0};
    kit_text(1, 100, &text);
    assert_false(decide_text(g, 0, 0, buf_view(&text), 71).duplicate);
    assert_false(decide_text(g, 1, 1, buf_view(&text), 72).duplicate);
    gate_verdict v = decide_text(g, 2, 2, buf_view(&text), 72);
    assert_true(v.duplicate);
    assert_int_equal(v.neighbour_slot, 1);
    buf_free(&text);
    gate_free(g);
    population_free(p);
}

static void evidence_reads_like_language(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    gate *g = gate_new(p, NULL);
    const char *text = "grandmother kept bees behind the old mill and sold honey at the harbour market until "
                       "the flood took the hives";
    decide_text(g, 0, 0, str_of(text), 0);
    gate_verdict v = decide_text(g, 1, 1, str_of(text), 0);
    assert_true(v.duplicate);
    str line, rest = v.features;
    size_t lines = 0, at;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        assert_true(str_find(str_of(text), line, &at));
        assert_true(at == 0 || text[at - 1] == ' ');
        assert_true(text[at + line.n] == ' ' || text[at + line.n] == 0);
        assert_false(str_is(line, "the"));
        lines++;
    }
    assert_in_range(lines, 5, 12);
    gate_free(g);
    population_free(p);
}

/* ---- restart ------------------------------------------------------------------------------------ */

typedef struct shelf {
    gate_sketch *sketch;
    str *text;
    uint64_t asked;
} shelf;

static bool shelf_sketch(void *arg, uint64_t index, gate_sketch *out, err *e) {
    shelf *s = arg;
    (void)e;
    s->asked++;
    *out = s->sketch[index];
    return true;
}

static bool shelf_text(void *arg, uint64_t index, buf *out, err *e) {
    shelf *s = arg;
    (void)e;
    buf_str(out, s->text[index]);
    return true;
}

static bool broken_sketch(void *arg, uint64_t index, gate_sketch *out, err *e) {
    (void)arg;
    memset(out, 0, sizeof *out);
    return err_set(e, ERR_IO, NULL, "cannot read sketch %llu", (unsigned long long)index);
}

enum { FIRST = 300, LATER = 120 };

static void fill(gate *g, shelf *s, arena *mem) {
    for (uint64_t i = 0; i < FIRST; i++) {
        buf text = {0};
        kit_edited(i, 200, 0, 0, &text);
        assert_false(decide_text(g, i * 20, i, buf_view(&text), 0).duplicate);
        s->text[i] = str_dup(mem, buf_view(&text));
        buf_free(&text);
    }
    for (uint64_t i = 0; i < FIRST; i++) s->sketch[i] = *gate_sketch_at(g, i);
}

/* One gate goes on, another begins with what was stored: the same verdicts. */
static void restart_changes_nothing(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life], exact: [[town]]}\n");
    arena *mem = arena_new(0);
    shelf s = {arena_new_of(mem, gate_sketch, FIRST), arena_new_of(mem, str, FIRST), 0};
    gate_source src = {&s, shelf_sketch, shelf_text};
    gate *one = gate_new(p, &src), *two = gate_new(p, &src);
    fill(one, &s, mem);
    assert_true(gate_idf_frozen(one));
    buf saved = {0};
    gate_idf_save(one, &saved);
    assert_true(gate_idf_load(two, buf_view(&saved), NULL));
    for (uint64_t i = 0; i < FIRST; i++) gate_load(two, gate_hot_at(one, i), gate_exact_at(one, i));
    assert_int_equal(gate_accepted(two), FIRST);
    assert_null(gate_sketch_at(two, 5));
    gate_sealed(one, FIRST / 2);
    assert_null(gate_sketch_at(one, FIRST / 2 - 1));
    assert_memory_equal(gate_sketch_at(one, FIRST / 2), &s.sketch[FIRST / 2], sizeof(gate_sketch));
    uint32_t duplicates = 0;
    for (uint64_t i = 0; i < LATER; i++) {
        uint32_t percent = i % 3 ? 100 : (uint32_t)(i % 4) * 5;
        gate_verdict a = decide(one, 6000 + i, 1000 + i, i * 2, percent);
        gate_verdict b = decide(two, 6000 + i, 1000 + i, i * 2, percent);
        assert_int_equal(a.duplicate, b.duplicate);
        assert_int_equal(a.neighbour_slot, b.neighbour_slot);
        assert_int_equal(a.score_milli, b.score_milli);
        assert_true(str_eq(a.features, b.features));
        duplicates += a.duplicate;
    }
    assert_int_equal(duplicates, LATER / 3);
    assert_true(s.asked > 0);
    for (uint64_t i = 0; i < gate_accepted(one); i++) {
        gate_hot h = *gate_hot_at(one, i);
        assert_memory_equal(&h, gate_hot_at(two, i), sizeof h);
    }
    buf_free(&saved);
    gate_free(one);
    gate_free(two);
    arena_free(mem);
    population_free(p);
}

/* Of two that are as similar as each other, the one accepted first. */
static void the_lowest_position_wins(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    arena *mem = arena_new(0);
    shelf s = {arena_new_of(mem, gate_sketch, 3), arena_new_of(mem, str, 3), 0};
    gate_source src = {&s, shelf_sketch, shelf_text};
    gate *one = gate_new(p, NULL), *two = gate_new(p, &src);
    decide(one, 0, 0, 9, 10);
    gate_hot hot = *gate_hot_at(one, 0);
    for (uint64_t i = 0; i < 3; i++) {
        s.sketch[i] = *gate_sketch_at(one, 0);
        hot.exact = i;
        hot.slot_attempt = (40 - i) << 16 | i;
        gate_load(two, &hot, gate_exact_at(one, 0));
    }
    gate_verdict v = decide(two, 1, 1, 9, 5);
    assert_true(v.duplicate);
    assert_int_equal(v.neighbour_slot, 40);
    assert_int_equal(v.neighbour_attempt, 0);
    assert_int_equal(s.asked, 3);
    gate_free(one);
    gate_free(two);
    arena_free(mem);
    population_free(p);
}

/* A run that was sealed below position 4,096 and goes on: the ladder still steps, with texts from the source.
 */
static void ladder_goes_on_after_a_restart(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    arena *mem = arena_new(0);
    shelf s = {arena_new_of(mem, gate_sketch, FIRST), arena_new_of(mem, str, FIRST), 0};
    gate_source src = {&s, shelf_sketch, shelf_text};
    gate *one = gate_new(p, &src), *two = gate_new(p, &src);
    for (uint64_t i = 0; i < 50; i++) {
        buf text = {0};
        kit_edited(i, 200, 0, 0, &text);
        decide_text(one, i, i, buf_view(&text), 0);
        s.text[i] = str_dup(mem, buf_view(&text));
        buf_free(&text);
        gate_load(two, gate_hot_at(one, i), gate_exact_at(one, i));
    }
    gate_verdict a = decide(one, 4096, 60, 7, 10), b = decide(two, 4096, 60, 7, 10);
    assert_true(a.duplicate && b.duplicate);
    assert_int_equal(a.score_milli, b.score_milli);
    assert_true(hash_eq(gate_idf_hash(one), gate_idf_hash(two)));
    assert_memory_equal(gate_hot_at(one, 9), gate_hot_at(two, 9), sizeof(gate_hot));
    assert_memory_equal(gate_sketch_at(one, 9), gate_sketch_at(two, 9), sizeof(gate_sketch));
    gate_free(one);
    gate_free(two);
    arena_free(mem);
    population_free(p);
}

static void a_source_that_fails_is_an_error(void **state) {
    (void)state;
    population *p = panel("dedup: {text: [life]}\n");
    gate_source src = {NULL, broken_sketch, NULL};
    gate *g = gate_new(p, &src);
    decide(g, 0, 0, 1, 0);
    gate_sealed(g, 1);
    buf text = {0};
    kit_edited(1, 200, 5, 5, &text);
    gate_print print = {.text = buf_view(&text)};
    gate_verdict v;
    err e = {0};
    assert_false(gate_decide(g, 1, 1, 0, &print, &v, &e));
    assert_string_equal(e.text, "cannot read sketch 0");
    assert_int_equal(gate_accepted(g), 1);
    buf_free(&text);
    gate_free(g);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(the_same_text_is_certain),
        cmocka_unit_test(without_features),
        cmocka_unit_test(exact_lists),
        cmocka_unit_test(within),
        cmocka_unit_test(evidence_reads_like_language),
        cmocka_unit_test(the_lowest_position_wins),
        cmocka_unit_test(restart_changes_nothing),
        cmocka_unit_test(ladder_goes_on_after_a_restart),
        cmocka_unit_test(a_source_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

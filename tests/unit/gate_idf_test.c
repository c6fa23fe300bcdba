/* gate_idf_test.c: the ladder of IDF tables: its rungs, signing anew, the saved form. */
#include "tests/unit/stages_kit.h"
#include "stages/gate_parts.h"

static population *panel(void) {
    return kit_population(KIT_PANEL "dedup: {text: [life]}\n", NULL);
}

static void decide(gate *g, uint64_t pos, uint64_t person) {
    buf text = {0};
    kit_text(person, 120, &text);
    gate_print print = {.text = buf_view(&text)};
    gate_verdict v;
    assert_true(gate_decide(g, pos, person, 0, &print, &v, NULL));
    buf_free(&text);
}

static void rungs_change_weights(void **state) {
    (void)state;
    population *p = panel();
    gate *g = gate_new(p, NULL);
    hash128 rung[3];
    rung[0] = gate_idf_hash(g);
    for (uint64_t i = 0; i < 256; i++) decide(g, i, i);
    assert_true(hash_eq(rung[0], gate_idf_hash(g)));
    gate_hot before = *gate_hot_at(g, 7);
    decide(g, 256, 256);
    rung[1] = gate_idf_hash(g);
    assert_false(hash_eq(rung[0], rung[1]));
    assert_false(gate_idf_frozen(g));
    assert_memory_not_equal(before.sig, gate_hot_at(g, 7)->sig, sizeof before.sig);
    assert_int_equal(before.exact, gate_hot_at(g, 7)->exact);
    decide(g, 4095, 500);
    assert_true(hash_eq(rung[1], gate_idf_hash(g)));
    decide(g, 4096, 501);
    rung[2] = gate_idf_hash(g);
    assert_false(hash_eq(rung[1], rung[2]));
    assert_true(gate_idf_frozen(g));
    decide(g, 9000, 502);
    assert_true(hash_eq(rung[2], gate_idf_hash(g)));
    gate_free(g);
    population_free(p);
}

/* The one signed anew is as one that is signed with the table for the first time. */
static void signs_anew(void **state) {
    (void)state;
    population *p = panel();
    gate *g = gate_new(p, NULL), *fresh = gate_new(p, NULL);
    for (uint64_t i = 0; i < 100; i++) decide(g, i, i);
    decide(g, 300, 300);
    buf saved = {0};
    gate_idf_save(g, &saved);
    assert_true(gate_idf_load(fresh, buf_view(&saved), NULL));
    decide(fresh, 300, 42);
    assert_memory_equal(gate_hot_at(g, 42), gate_hot_at(fresh, 0), sizeof(gate_hot));
    assert_memory_equal(gate_sketch_at(g, 42), gate_sketch_at(fresh, 0), sizeof(gate_sketch));
    buf_free(&saved);
    gate_free(g);
    gate_free(fresh);
    population_free(p);
}

static void rare_ones_weigh_more(void **state) {
    (void)state;
    population *p = panel();
    silent_words *s = gate_silent(p);
    idf *t = idf_new();
    features f = {0};
    for (unsigned i = 0; i < 64; i++) {
        arena *a = arena_new(0);
        features_read(&f, s, i % 8 ? str_printf(a, "orchard w%u", i) : str_printf(a, "orchard lantern w%u", i));
        idf_learn(t, &f);
        arena_free(a);
    }
    features_read(&f, s, STR("orchard lantern zeppelin"));
    int16_t even = idf_weigh(t, &f.row[0]);
    idf_step(t, 1);
    int16_t w[3] = {0};
    for (uint32_t i = 0; i < f.n; i++) {
        if (f.row[i].kind != FEATURE_WORD) continue;
        w[f.row[i].at == 0 ? 0 : f.row[i].at == 8 ? 1 : 2] = idf_weigh(t, &f.row[i]);
    }
    assert_true(even > 0);
    assert_int_equal(w[0], 0);
    /* 256 log2(65 / 9) = 730, 256 log2(65) = 1541; sqrt(16 x 730) = 108, sqrt(16 x 1541) = 157; times 16 / 32
     */
    assert_int_equal(w[1], 54);
    assert_int_equal(w[2], 78);
    features_free(&f);
    idf_free(t);
    silent_free(s);
    population_free(p);
}

static void too_few_teach_nothing(void **state) {
    (void)state;
    population *p = panel();
    gate *g = gate_new(p, NULL);
    for (uint64_t i = 0; i < 10; i++) decide(g, i, i);
    gate_hot before = *gate_hot_at(g, 3);
    decide(g, 5000, 99);
    assert_true(gate_idf_frozen(g));
    assert_memory_equal(&before, gate_hot_at(g, 3), sizeof before);
    gate_free(g);
    population_free(p);
}

static void saved_table_is_checked(void **state) {
    (void)state;
    population *p = panel();
    gate *g = gate_new(p, NULL), *other = gate_new(p, NULL);
    for (uint64_t i = 0; i < 40; i++) decide(g, i, i);
    decide(g, 4096, 41);
    buf saved = {0};
    gate_idf_save(g, &saved);
    assert_int_equal(saved.n, 24 + IDF_BUCKETS + 8);
    err e = {0};
    assert_true(gate_idf_load(other, buf_view(&saved), &e));
    assert_true(hash_eq(gate_idf_hash(g), gate_idf_hash(other)));
    assert_true(gate_idf_frozen(other));
    static const size_t places[] = {0, 9, 13, 20, 5000, 24 + IDF_BUCKETS};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        saved.p[places[i]] ^= 1;
        assert_false(gate_idf_load(other, buf_view(&saved), &e));
        assert_true(e.text[0] && e.hint[0]);
        saved.p[places[i]] ^= 1;
    }
    assert_false(gate_idf_load(other, (str){saved.p, saved.n - 1}, &e));
    assert_false(gate_idf_load(other, (str){saved.p, 3}, &e));
    assert_true(hash_eq(gate_idf_hash(g), gate_idf_hash(other)));
    buf_free(&saved);
    gate_free(g);
    gate_free(other);
    population_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rungs_change_weights), cmocka_unit_test(signs_anew),
                                       cmocka_unit_test(rare_ones_weigh_more),
                                       cmocka_unit_test(too_few_teach_nothing),
                                       cmocka_unit_test(saved_table_is_checked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gate_ladder_test.c: edited copies are found, distinct texts are not, at every rung of the IDF ladder. */
#include "tests/unit/stages_kit.h"

enum { PEOPLE = 300, WORDS = 220 };

typedef struct tally {
    uint32_t found, right;
} tally;

static gate *filled(const population *p, uint64_t last_pos) {
    gate *g = gate_new(p, NULL);
    for (uint64_t i = 0; i < PEOPLE; i++) {
        buf text = {0};
        kit_text(i, WORDS, &text);
        gate_print print = {.text = buf_view(&text)};
        gate_verdict v;
        assert_true(gate_decide(g, i * last_pos / PEOPLE, i, 0, &print, &v, NULL));
        assert_false(v.duplicate);
        buf_free(&text);
    }
    assert_int_equal(gate_accepted(g), PEOPLE);
    return g;
}

/* Copies are decided, and those that were not found accepted, behind all others. */
static tally edited(gate *g, uint64_t pos, uint32_t percent, uint32_t n) {
    tally t = {0};
    for (uint64_t i = 0; i < n; i++) {
        buf text = {0};
        kit_edited(i, WORDS, percent, percent, &text);
        gate_print print = {.text = buf_view(&text)};
        gate_verdict v;
        assert_true(gate_decide(g, pos, 1000 + i, 0, &print, &v, NULL));
        t.found += v.duplicate;
        t.right += v.duplicate && v.neighbour_slot == i;
        if (v.duplicate) assert_in_range(v.score_milli, 800, 1000);
        if (v.duplicate) assert_true(v.features.n > 0);
        buf_free(&text);
    }
    return t;
}

static void climb(uint64_t last_pos, uint64_t pos) {
    population *p = kit_population(KIT_PANEL "dedup: {text: [life]}\n", NULL);
    gate *g = filled(p, last_pos);
    for (uint32_t percent = 0; percent <= 20; percent += 5) {
        tally t = edited(g, pos, percent, 100);
        assert_in_range(t.found, percent <= 15 ? 100 : 97, 100);
        assert_int_equal(t.found, t.right);
    }
    /* what has half of its words in common is another person */
    assert_in_range(edited(g, pos, 50, 100).found, 0, 1);
    gate_free(g);
    population_free(p);
}

static void rung_0(void **state) {
    (void)state;
    climb(200, 255);
}

static void rung_1(void **state) {
    (void)state;
    climb(255, 300);
}

static void rung_2(void **state) {
    (void)state;
    climb(255, 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rung_0), cmocka_unit_test(rung_1),
                                       cmocka_unit_test(rung_2)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* R13 of the built-in populations hachimi and hachimi-zh, the part that code decides: sentences cut alike,
 * fields that repeat one another, texts that are hard to read; and a text of its own lets all of them pass. */
#include "tests/unit/validators_kit.h"

static void open_builtin(rig *x, const char *name) {
    char head[128];
    snprintf(head, sizeof head, "populace: 1\ninclude: %s\n", name);
    rig_open(x, head, "");
    rig_set(x, "person.age", "13");
    rig_set(x, "school.grade", "8");
}

static size_t found(rig *x, const char *field, const char *text, const char *id) {
    rig_set(x, field, text);
    rig_check(x);
    return rig_count(x, id);
}

static void sentences_cut_alike(void **state) {
    (void)state;
    rig x;
    open_builtin(&x, "hachimi");
    assert_int_equal(
        found(&x, "personality",
              "Li Wei is always late for class. Li Wei is always the last to leave. Li Wei is fond of "
              "his grey dog. Li Wei is hard to cheer up. On Sundays nobody sees him.",
              "R13d"),
        1);
    assert_int_equal(
        found(&x, "personality",
              "Li Wei is always late for class. On Monday the teacher waited for him. Li Wei is fond of "
              "his grey dog. Nobody cheers him up. On Sundays nobody sees him.",
              "R13d"),
        0);
    assert_int_equal(found(&x, "personality", "Li Wei is late. Li Wei is tired. Li Wei is cold.", "R13d"), 0);
    rig_close(&x);
    open_builtin(&x, "hachimi-zh");
    assert_int_equal(found(&x, "personality",
                           "他总是很晚才来。他总是很安静。他总是很累。他总是很怕黑。周日谁也见不到他。",
                           "R13d"),
                     1);
    assert_int_equal(found(&x, "personality",
                           "他总是很晚才来。周一老师等过他。他总是很累。夜里怕黑。周日谁也见不到他。", "R13d"),
                     0);
    rig_close(&x);
}

static void fields_that_repeat_one_another(void **state) {
    (void)state;
    const char *once = "On Friday she carried two chairs into the yard and told the youngest where to sit.";
    rig x;
    open_builtin(&x, "hachimi");
    rig_set(&x, "development", once);
    assert_int_equal(found(&x, "social_relations", once, "R13a"), 1);
    assert_int_equal(
        found(&x, "social_relations",
              "When the ball lay on the roof she held the ladder while her deskmate climbed up for it.",
              "R13a"),
        0);
    assert_int_equal(found(&x, "mental_health", once, "R13c"), 1);
    rig_close(&x);
}

static void hard_to_read(void **state) {
    (void)state;
    rig x;
    open_builtin(&x, "hachimi");
    assert_int_equal(
        found(&x, "learning",
              "Notwithstanding considerable mathematical accomplishments, continual underestimation of "
              "personal capabilities characteristically precipitates dissatisfaction, procrastination and "
              "unsatisfactory examination preparation throughout the entire semester.",
              "R13e"),
        1);
    assert_int_equal(
        found(&x, "learning",
              "She solved the last problem on the board before the bell rang. In music she counts the "
              "beats aloud and still comes in too late.",
              "R13e"),
        0);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sentences_cut_alike),
                                       cmocka_unit_test(fields_that_repeat_one_another),
                                       cmocka_unit_test(hard_to_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* consistent: ages (consistent_age.c, in words too: number_words.c), grades (consistent_grade.c), pronouns
 * (consistent_gender.c), names (consistent_name.c). More is let pass than objected to: a false alarm makes a
 * good text worse. */
#include "tests/unit/validators_kit.h"

#define ZH_PUPILS                                                                                                      \
    "populace: 1\nname: pupils-zh\nlocale: zh\nattributes:\n"                                                          \
    "  age: {number: 5..19, unit: 岁, label: 年龄}\n"                                                               \
    "  grade: {choice: [7, 8, 9], ordered: true, label: 年级, labels: {7: 七年级, 8: 八年级, 9: 九年级}}\n" \
    "  gender: {choice: [female, male], label: 性别, labels: {female: 女, male: 男}}\n"                            \
    "facets: {first: {fields: {story: {text: {}}}, prompt: "                                                           \
    "\"写。\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"}}\nrules:\n"

static void ages(void **state) {
    (void)state;
    static const char *const fine[] = {
        "Ada is 14 years old.",
        "She is fourteen years old and a fourteen-year-old girl.",
        "When she was 7 years old, the family moved.",
        "Her brother Ben is 9 years old.",
        "She has a brother. He is 9 years old and loud.",
        "A 200-year-old oak stands there; the house is 90 years old.",
        "He repairs a 20-year-old bicycle.",
        "She turned 13 last year, and will be 15 years old in May.",
        "Ada helps a 6-year-old neighbour.",
        "In 10 years she wants to fly. The test has 13 pages.",
        "At the age of six she learned to swim.",
        "He is 13 minutes late.",
        "Pupils aged 13 to 15 may enter.",
        "Rex is 13 years old.",
    };
    static const char *const wrong[] = {
        "Ada is 13 years old.",
        "She is thirteen years old.",
        "Ada, a 13-year-old girl, walks in.",
        "I'm fifteen years old and tired.",
        "A thirteen-year-old student sits by the door.",
        "Ada Stone, aged 13, walks in.",
        "15 years old, she sits by the door.",
    };
    rig x;
    rig_open(&x, PUPILS, "  T1: {kind: consistent, of: story, with: [age]}\n");
    rig_set(&x, "age", "14");
    rig_set(&x, "given_name", "\"Ada\"");
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "T1", "story", fine[i]);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        rig_objects(&x, "T1", "story", wrong[i], 1, "but age is 14 years");
    rig_objects(&x, "T1", "story", "She is thirteen years old.", 1, "says \"thirteen years old\"");
    rig_set(&x, "age", NULL);
    rig_passes(&x, "T1", "story", "She is thirteen years old.");
    rig_close(&x);
}

static void grades(void **state) {
    (void)state;
    static const char *const fine[] = {
        "Ada is in ninth grade.",
        "In 9th grade the work is harder than in eighth grade.",
        "She is in grade 9, a 9th grader.",
        "She helps second graders with reading.",
        "Her sister is in seventh grade.",
        "Since she was in seventh grade, she has kept a diary.",
        "On the second day, the first girl in the eighth row laughed.",
        "In the second grade of the stairs there is a crack.",
        "The best grade was a 7.",
    };
    static const char *const wrong[] = {
        "Ada is in eighth grade.",
        "She sits in the 8th grade classroom.",
        "As an eighth-grade student she reads a lot.",
        "She is in grade 8.",
        "She is a seventh grader with ink on her hands.",
    };
    rig x;
    rig_open(&x, PUPILS, "  T1: {kind: consistent, of: story, with: [grade]}\n");
    rig_set(&x, "grade", "\"9\"");
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "T1", "story", fine[i]);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        rig_objects(&x, "T1", "story", wrong[i], 1, "grade is ninth grade");
    rig_close(&x);
}

static void pronouns(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  T1: {kind: consistent, of: story, with: [gender]}\n");
    rig_set(&x, "gender", "\"male\"");
    rig_passes(&x, "T1", "story", "He reads. His book is long. She likes him, her brother; she's proud.");
    rig_passes(&x, "T1", "story", "She reads. Her book is long.");
    rig_objects(&x, "T1", "story", "She reads. Her book is long. She'd stop, but it's hers.", 1,
                "says \"She\" 4 times, but gender is boy");
    rig_passes(&x, "T1", "story", "She reads and her book is long; she gives him his, and he thanks her.");
    rig_set(&x, "gender", "\"female\"");
    rig_objects(&x, "T1", "story", "He reads. His book is long. He's tired.", 1, "girl");
    rig_close(&x);
}

static void names(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  T1: {kind: consistent, of: story, with: [name]}\n  T2: {kind: consistent, of: motto, with: "
             "[given_name]}\n");
    rig_set(&x, "name", "Ada Stone");
    rig_set(&x, "given_name", "\"Ada\"");
    rig_passes(&x, "T1", "story", "Ada walks in. Ada sits down.");
    rig_objects(&x, "T1", "story", "Cleo walks in. The room is cold. Cleo sits down.", 1,
                "is about \"Cleo\", but name is Ada Stone");
    rig_passes(&x, "T1", "story", "Cleo walks in. She greets Ada. Cleo sits down.");
    rig_passes(&x, "T1", "story", "Cleo walks in. Then she sits down.");
    rig_passes(&x, "T1", "story", "Mathematics is hard. Mathematics is long.");
    rig_objects(&x, "T2", "motto", "Ben's bag is heavy. Ben sighs.", 1, "\"Ben\"");
    rig_close(&x);
}

static void in_chinese(void **state) {
    (void)state;
    static const char *const fine[] = {"她今年14岁，读九年级。", "她十四岁。",
                                       "她7岁时搬家。",          "她的弟弟9岁。",
                                       "从6岁起她学钢琴。",      "她九年级，表哥读八年级。"};
    rig x;
    rig_open(&x, ZH_PUPILS, "  T1: {kind: consistent, of: story, with: [age, grade, gender]}\n");
    rig_set(&x, "age", "14");
    rig_set(&x, "grade", "\"9\"");
    rig_set(&x, "gender", "\"female\"");
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "T1", "story", fine[i]);
    rig_objects(&x, "T1", "story", "她今年13岁。", 1, "13岁");
    rig_objects(&x, "T1", "story", "她十三岁。", 1, "与事实一致：年龄");
    rig_objects(&x, "T1", "story", "她在八年级读书。", 1, "八年级");
    rig_objects(&x, "T1", "story", "他来了。他坐下。他看书。", 1, "“他”3次");
    rig_passes(&x, "T1", "story", "他们来了。他们坐下。其他人看书。他们笑了。");
    rig_close(&x);
}

/* What no text can contradict is said when the file is read. */
static void warns_of_what_it_cannot_read(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  T1: {kind: consistent, of: story, with: [mood]}\n");
    assert_int_equal(rig_row(&x, DIAG_W00)->code, DIAG_W00);
    bool said = false;
    for (size_t i = 0; i < x.d.n; i++) said = said || holds_text(x.d.row[i].text, "cannot object");
    assert_true(said);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages),  cmocka_unit_test(grades),     cmocka_unit_test(pronouns),
        cmocka_unit_test(names), cmocka_unit_test(in_chinese), cmocka_unit_test(warns_of_what_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

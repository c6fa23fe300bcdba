/* Rules over texts: states, mentions (both by value_terms.c), bans, language, leak. */
#include "tests/unit/validators_kit.h"

static void states_nearest_values(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  S1: {kind: states, of: report, what: [skill.moral, skill.health]}\n");
    rig_set(&x, "skill.moral", "\"fairly_high\"");
    rig_set(&x, "skill.health", "\"low\"");
    static const char *const fine[] = {
        "Moral character is fairly high and health is low.",
        "Moral character is fairly high, health is low.",
        "With a fairly high moral character and low health, Ada goes on.",
        "Her health is low. Integrity, on the other hand, is FAIRLY HIGH.",
        "Health, as her mother says every evening at the table, is low; moral character: fairly-high.",
        "Moral character is high. But no: moral character is fairly high. Health stays low.",
    };
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "S1", "report", fine[i]);
    rig_objects(&x, "S1", "report", "Moral character is high, and health is low.", 1,
                "does not state moral character: fairly high, but says \"high\"");
    rig_objects(&x, "S1", "report", "Moral character is fairly high. Nothing else is low.", 1,
                "does not state health of body and mind: low");
    rig_objects(&x, "S1", "report", "Moral character. It is fairly high. Health. Low.", 2,
                "Moral character is fairly high.");
    rig_objects(&x, "S1", "report", "She is well.", 2, "write one sentence such as: Health is low.");
    assert_true(rig_finding(&x, "S1")->leaf == rig_node(&x, "report")->leaf);
    rig_set(&x, "skill.health", NULL);
    rig_passes(&x, "S1", "report", "Moral character is fairly high.");
    rig_passes(&x, "S1", "report", NULL);
    rig_close(&x);
}

static void states_the_longest_word(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  S1: {kind: states, of: report, what: [skill.reading], within: 3}\n  S2: {kind: states, of: "
             "story, what: [age, best]}\n");
    rig_set(&x, "skill.reading", "\"medium\"");
    rig_objects(&x, "S1", "report", "Reading is above medium.", 1, "says \"above medium\"");
    rig_passes(&x, "S1", "report", "Reading is medium.");
    rig_passes(&x, "S1", "report", "Reading is about medium.");
    rig_objects(&x, "S1", "report", "Reading is as I said medium.", 1, "does not state reading: medium");
    rig_set(&x, "age", "14");
    rig_passes(&x, "S2", "story", "Her age is fourteen, and best is art.");
    rig_set(&x, "best", "\"english\"");
    rig_passes(&x, "S2", "story", "The best of all is her foreign language. Age: 14.");
    rig_objects(&x, "S2", "story", "The best of all is her foreign language. Age: 13 then.", 1,
                "does not state age: 14 years, but says \"13\"");
    rig_close(&x);
}

/* The hint's own sentence satisfies the rule, for every value. */
static void states_takes_its_own_hint(void **state) {
    (void)state;
    static const char *const levels[] = {"low", "fairly_low", "medium", "above_medium", "fairly_high", "high"};
    rig x;
    rig_open(&x, PUPILS, "  S1: {kind: states, of: report, what: [skill.moral, skill.health, best]}\n");
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        char quoted[32];
        snprintf(quoted, sizeof quoted, "\"%s\"", levels[i]);
        rig_set(&x, "skill.moral", quoted);
        rig_set(&x, "skill.health", quoted);
        rig_set(&x, "best", i % 2 ? "\"mathematics\"" : "\"english\"");
        rig_objects(&x, "S1", "report", "Nothing.", 3, NULL);
        buf text = {0};
        for (size_t k = 0; k < x.found.n; k++) {
            size_t at;
            if (!str_is(x.found.row[k].rule, "S1") || !str_find(x.found.row[k].hint, STR(": "), &at)) continue;
            buf_str(&text, str_part(x.found.row[k].hint, at + 2, x.found.row[k].hint.n));
            buf_char(&text, ' ');
        }
        rig_passes(&x, "S1", "report", str_z(x.mem, buf_view(&text)));
        buf_free(&text);
    }
    rig_close(&x);
}

static void mentions(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, PUPILS,
        "  M1: {kind: mentions, of: report, what: [strong, weak]}\n  M2: {kind: mentions, of: report, what: "
        "[strong, weak], at_least: 1}\n"
        "  M3: {kind: mentions, of: report, terms: [overall, in sum, all in all]}\n  M4: {kind: mentions, of: "
        "report, terms: [shy, calm, brave*], at_least: 2}\n"
        "  M5: {kind: mentions, of: story, what: [name]}\n  M6: {kind: mentions, of: wishes, what: [best]}\n"
        "  M7: {kind: mentions, of: story, what: [age]}\n");
    rig_set(&x, "strong", "[\"mathematics\", \"art\"]");
    rig_set(&x, "weak", "[\"english\"]");
    rig_passes(&x, "M1", "report", "Maths and Art are fine; the foreign language is not.");
    rig_objects(&x, "M1", "report", "Art and English.", 1,
                "mentions 2 of these, at least 3 are wanted: mathematics");
    rig_objects(&x, "M1", "report", "A party in March.", 1,
                "mentions none of these, at least 3 wanted: mathematics, art, english");
    rig_objects(&x, "M2", "report", "A party in March.", 1, NULL);
    rig_passes(&x, "M2", "report", "ART!");
    rig_passes(&x, "M3", "report", "All in all, a good year.");
    rig_objects(&x, "M3", "report", "Overalls, in summary.", 1, "overall, in sum, all in all");
    rig_objects(&x, "M4", "report", "Calm, calm and calm.", 1, "mentions 1 of these, at least 2");
    rig_passes(&x, "M4", "report", "Calm and bravely.");
    rig_set(&x, "weak", "[]");
    rig_set(&x, "strong", "[]");
    rig_passes(&x, "M1", "report", "Nothing to tell."); /* no more than there is */
    rig_set(&x, "name", "Ada Stone");
    rig_passes(&x, "M5", "story", "It was Ada Stone's day.");
    rig_objects(&x, "M5", "story", "It was Ada's day.", 1, "does not mention Ada Stone");
    rig_set(&x, "best", "\"music\"");
    rig_passes(&x, "M6", "wishes", "[\"more time\", \"music every day\"]");
    rig_objects(&x, "M6", "wishes", "[\"more time\", \"musical days\"]", 1, "does not mention music");
    rig_set(&x, "age", "9");
    rig_passes(&x, "M7", "story", "Nine years have gone.");
    rig_objects(&x, "M7", "story", "Ninety years have gone.", 1, NULL);
    rig_close(&x);
}

static void bans(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  B1: {kind: bans, of: [report, story, wishes], terms: clinical}\n"
             "  B2: {kind: bans, of: report, terms: [perfect], when: {best: art}, hard: false, hint: "
             "\"{{given_name}} is in {{grade}}\"}\n");
    rig_passes(&x, "B1", "report", "A depression in the field; panic; attack.");
    rig_objects(&x, "B1", "report", "Diagnosed with a Panic Attack, diagnosed again.", 2,
                "says \"Panic Attack\"");
    assert_int_equal(rig_finding(&x, "B1")->owner, 0);
    rig_set(&x, "report", "Fine.");
    rig_objects(&x, "B1", "story", "A depressive evening.", 1, "depressive");
    assert_int_equal(rig_finding(&x, "B1")->owner, 1); /* of several fields each goes to who wrote it */
    assert_int_equal(rig_finding(&x, "B1")->leaf, rig_node(&x, "story")->leaf);
    rig_set(&x, "story", NULL);
    rig_objects(&x, "B1", "wishes", "[\"a dog\", \"no diagnosis\"]", 1, "diagnosis");
    rig_set(&x, "given_name", "\"Ada\"");
    rig_set(&x, "grade", "\"9\"");
    rig_set(&x, "best", "\"music\"");
    rig_passes(&x, "B2", "report", "Perfect.");
    rig_set(&x, "best", "\"art\"");
    rig_objects(&x, "B2", "report", "Perfect.", 1, "Ada is in ninth grade");
    assert_false(rig_finding(&x, "B2")->hard);
    rig_close(&x);
}

#define EN "She walks to school with her friend and they talk about the test that the teacher gave on Monday."
#define DE                                                                                                     \
    "Sie geht mit ihrer Freundin zur Schule und die beiden sprechen \xC3\xBC"                                  \
    "ber die Arbeit, die der Lehrer am Montag gegeben hat."
#define FR                                                                                                     \
    "Elle va \xC3\xA0 l'\xC3\xA9"                                                                              \
    "cole avec une amie et elles parlent du contr\xC3\xB4le que le professeur a donn\xC3\xA9 dans la classe."
#define ES                                                                                                     \
    "Ella va a la escuela con su amiga y las dos hablan de la prueba que el profesor les dio en la clase."

static void language(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  L1: {kind: language, of: [report, wishes]}\n  L2: {kind: language, of: story, is: de}\n  L3: "
             "{kind: language, of: motto, is: zh}\n"
             "  L4: {kind: language, of: letter, is: fr}\n");
    rig_passes(&x, "L1", "report", EN);
    rig_objects(&x, "L1", "report", DE, 1, "seems to be German");
    rig_objects(&x, "L1", "report", FR, 1, "French");
    rig_objects(&x, "L1", "report", ES, 1, "Spanish");
    rig_objects(&x, "L1", "report", "她每天早上和朋友一起走路去学校，路上讨论老师布置的测验。", 1, "Chinese");
    rig_objects(&x, "L1", "report", "Она идёт в школу с подругой, и они говорят о контрольной работе.", 1,
                "Russian");
    rig_passes(&x, "L1", "report",
               "Her name is 李小华, and she likes the word 朋友 more than the word Freundschaft.");
    rig_passes(&x, "L1", "report", "Er sagt nur sechs Worte heute."); /* too short to tell */
    rig_passes(&x, "L1", "report",
               "Ada hums \"la vie en rose\" while she does the dishes with her aunt in the evening.");
    rig_objects(&x, "L1", "wishes", "[\"a dog\", \"" DE "\"]", 1, "German");
    rig_passes(&x, "L2", "story", DE);
    rig_objects(&x, "L2", "story", EN, 1, "is not written in German but seems to be English");
    rig_passes(&x, "L3", "motto", "她每天早上和 Ada 一起走路去 Bay Street 的学校，路上讨论老师布置的测验。");
    rig_objects(&x, "L3", "motto", EN, 1, "English");
    rig_objects(&x, "L3", "motto", "かのじょは まいあさ ともだちと いっしょに がっこうへ あるいて いきます。",
                1, "Japanese");
    rig_passes(&x, "L4", "letter", FR);
    rig_objects(&x, "L4", "letter", ES, 1, "Spanish");
    rig_close(&x);
}

static void leak(void **state) {
    (void)state;
    static const char *const fine[] = {
        "I cannot swim, and I cannot provide for them all. Call me as soon as you can.",
        "In 2019-2023 she lived at 12 Mill Lane; on 2024-03-05 she moved. The score was 10-2, then 3-4.",
        "He counted 1000000 grains, 12, 13, 14, 15 of them red: \"so many\", he said. Room 101-103 was free.",
        "She books a slot at the pool and asks: \"Why?\" The model of a ship, an email to nobody.",
        "They meet @ noon. It costs 3.50 or 1,250,000 in all; the end.The next day.",
        "Her handle is stone_ada.",
    };
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"As an AI language model, I have no childhood.", "as an AI"},
        {"I'm sorry, but I can't help with that.", "I'm sorry, but I can't"},
        {"I cannot fulfill this request.", "I cannot fulfill"},
        {"作为一个人工智能，我没有童年。", "作为一个人工智能"},
        {"My name is {{name}}.", "{{"},
        {"{\"story\": \"once\"}", "instructions"},
        {"{\"故事\": \"从前有一个很长很长的故事\"}", "故事"},
        {"Her given_name is not told.", "given_name"},
        {"This is slot 12 of the run.", "slot 12"},
        {"See https://example.org/x for more.", "://"},
        {"See www.example.org for more.", "www.example.org"},
        {"She reads example.com at night.", "example.com"},
        {"Write to ada.stone@example.org now.", "ada.stone@example.org"},
        {"Call 555-0123 at once.", "555-0123"},
        {"Call +44 20 7946 0958 at once.", "44 20 7946 0958"},
        {"Call (020) 7946 0958 at once.", "telephone"},
        {"电话是13800138000。", "13800138000"},
    };
    rig x;
    rig_open(&x, PUPILS, "  L1: {kind: leak, of: report}\n");
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "L1", "report", fine[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        rig_set(&x, "report", bad[i].text);
        rig_check(&x);
        bool found = false;
        for (size_t k = 0; k < x.found.n; k++)
            if (str_is(x.found.row[k].rule, "L1")) {
                str low = text_fold(x.mem, x.found.row[k].message),
                    part = text_fold(x.mem, str_of(bad[i].part));
                size_t at;
                assert_true(text_valid(x.found.row[k].message));
                found = found || str_find(low, part, &at);
            }
        if (!found) {
            rig_print(&x);
            fail_msg("nothing is said of: %s", bad[i].text);
        }
    }
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_nearest_values),
        cmocka_unit_test(states_the_longest_word),
        cmocka_unit_test(states_takes_its_own_hint),
        cmocka_unit_test(mentions),
        cmocka_unit_test(bans),
        cmocka_unit_test(language),
        cmocka_unit_test(leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

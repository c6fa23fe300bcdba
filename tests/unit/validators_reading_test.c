/* Rules of the kind reading: syllables against a list made by hand, the formula against sums done by hand, and
 * what the rule says. */
#include "tests/unit/validators_kit.h"
#include "validators/rule_parts.h"

/* word and syllables, as dictionaries divide them */
static const char *const list =
    "a 1 the 1 cat 1 make 1 makes 1 made 1 walked 1 walks 1 wanted 2 needed 2 table 2 tables 2 little 2 house "
    "1 houses 2 "
    "boxes 2 churches 2 judges 2 dances 2 nation 2 nations 2 region 2 lion 2 riot 2 radio 3 period 3 diet 2 "
    "quiet 2 "
    "society 4 science 2 client 2 patient 2 ancient 2 happier 3 happiest 3 special 2 partial 2 carriage 2 "
    "marriage 2 musician 3 "
    "stadium 3 create 2 created 3 creative 3 idea 3 area 3 reality 4 real 1 really 2 reading 2 teacher 2 "
    "theatre 3 video 3 "
    "geography 4 people 2 being 2 going 2 seeing 2 usual 3 actually 4 equal 2 language 2 guard 1 cruel 2 "
    "fluent 2 ruin 2 "
    "fluid 2 genuine 3 fruit 1 build 1 quick 1 guide 1 suit 1 quote 1 poem 2 poetry 3 doing 2 cooperate 4 "
    "playing 2 player 2 "
    "something 2 sometimes 2 careful 2 carefully 3 homeless 2 movement 2 likely 2 lovely 2 homework 2 every 2 "
    "everyone 3 everything 3 lifetime 2 optimism 4 rhythm 2 didn't 2 don't 1 isn't 2 can't 1 wasn't 2 i 1 "
    "she's 1 yellow 2 "
    "year 1 years 1 yes 1 eye 1 eyes 1 why 1 sky 1 mystery 3 family 3 beautiful 3 school 1 student 2 students "
    "2 history 3 "
    "mathematics 4 physics 2 chemistry 3 biology 4 experience 4 university 5 vegetable 4 animal 3 computer 3 "
    "responsibility 6 opportunity 5 understanding 4 community 4 grandmother 3 yesterday 3 tomorrow 3 remember "
    "3 "
    "important 3 difficult 3 sister 2 brother 2 mother 2 nurse 1 change 1 changed 1 changes 2 decided 3 "
    "laughed 1 hoped 1 used 1 loved 1 tired 1 interested 4 played 1 studied 2 carried 2 cried 1 tries 1 "
    "stories 2 "
    "flies 1 moved 1 noticed 2 circle 2 people's 2 simple 2 possible 3 terrible 3 whole 1 while 1 tie 1 "
    "three 1 free 1 coffee 2 employee 3 agree 2 seat 1 beach 1 ocean 2 piano 3 million 2 union 2 onion 2 "
    "opinion 3 "
    "previous 3 serious 3 curious 3 various 3 delicious 3 anxious 2 courageous 3 gorgeous 2 14 2 ";

static void syllables_as_in_dictionaries(void **state) {
    (void)state;
    str rest = str_of(list), word, number;
    uint32_t n = 0, wrong = 0, sum = 0, want_sum = 0;
    while (str_cut(rest, ' ', &word, &rest)) {
        int64_t want;
        assert_true(str_cut(rest, ' ', &number, &rest) && str_i64(number, &want));
        uint32_t is = word_syllables(word);
        n++;
        sum += is;
        want_sum += (uint32_t)want;
        if ((int64_t)is == want) continue;
        wrong++;
        print_message("# " STR_FMT ": %u, not %lld\n", STR_ARG(word), is, (long long)want);
    }
    print_message("# %u words, %u counted wrongly; %u syllables for %u\n", n, wrong, sum, want_sum);
    assert_true(wrong * 20 <= n);
    assert_int_equal(word_syllables(STR("")), 1);
    assert_int_equal(word_syllables(STR("x")), 1);
    assert_true(
        word_syllables(
            STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")) < 64);
}

/* 20 words, 2 sentences, 20 syllables: 0.39 x 10 + 11.8 x 1 - 15.59 = 0.11 */
#define PLAIN "The cat sat on the mat and saw a dog. He ran to the tree and sat up there then."
/* 20 words, 1 sentence, 38 syllables: 0.39 x 20 + 11.8 x 1.9 - 15.59 = 14.63 */
#define HARD                                                                                                   \
    "Mathematics and geography were important opportunities for grandmother's community, and she went on "     \
    "with them all "                                                                                           \
    "for many long years."

static void grades_by_the_formula(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  R1: {kind: reading, of: [report, story], grade: 0.11..14.63}\n  R2: {kind: reading, of: "
             "report, grade: 0.2..}\n"
             "  R3: {kind: reading, of: report, grade: ..14.6}\n  R4: {kind: reading, of: report, sentence: "
             "..10, letters: ..3.5}\n");
    rig_passes(&x, "R1", "report", PLAIN);
    rig_objects(&x, "R2", "report", PLAIN, 1, "reads at grade 0.11, wanted at least 0.2");
    rig_passes(&x, "R1", "report", HARD);
    rig_objects(&x, "R3", "report", HARD, 1, "reads at grade 14.63, wanted at most 14.6");
    rig_objects(&x, "R3", "report", HARD, 1, "write shorter sentences (now 20 words each)");
    rig_passes(&x, "R4", "report", PLAIN);
    rig_objects(&x, "R4", "report", HARD, 2, "has 20 words a sentence, wanted at most 10");
    rig_passes(&x, "R2", "report", "Too short to say. It is.");
    rig_passes(&x, "R2", "report", NULL);
    rig_passes(&x, "R2", "report", "... !!! ???");
    assert_int_equal(rules_constraints(x.r), 0);
    rig_close(&x);
}

static const char zh[] =
    "populace: 1\nname: b\nlocale: zh\nattributes: {age: {number: 5..19}}\n"
    "facets: {f: {fields: {letter: {text: {}}}, prompt: \"a\\n{{@fields}}\\n---\\nb\\n\"}}\nrules:\n";

static void sentences_of_characters(void **state) {
    (void)state;
    rig x;
    rig_open(&x, zh, "  R1: {kind: reading, of: letter, sentence: 5..12}\n");
    rig_passes(&x, "R1", "letter", "他每天早上去学校。他喜欢数学和体育。他的朋友很多，常常一起玩。");
    rig_objects(&x, "R1", "letter",
                "他每天早上和许多朋友一起走很长的路去学校然后在教室里读书一直到晚上才回家。", 1,
                "把长句拆成短句");
    rig_close(&x);
}

static void what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *head, *rule;
        diag_code code;
    } bad[] = {
        {PUPILS, "{kind: reading, of: report}", DIAG_P02},
        {PUPILS, "{kind: reading, grade: ..8}", DIAG_P02},
        {PUPILS, "{kind: reading, of: age, grade: ..8}", DIAG_P03},
        {PUPILS, "{kind: reading, of: report, grade: 8}", DIAG_P03},
        {PUPILS, "{kind: reading, of: report, grade: a..b}", DIAG_P03},
        {PUPILS, "{kind: reading, of: report, grade: 1..8.123}", DIAG_P03},
        {PUPILS, "{kind: reading, of: report, grade: [1, 8]}", DIAG_P03},
        {PUPILS, "{kind: reading, of: report, grade: 8..1}", DIAG_P07},
        {PUPILS, "{kind: reading, of: report, grade: ..}", DIAG_P07},
        {PUPILS, "{kind: reading, of: report, grades: ..8}", DIAG_P02},
        {zh, "{kind: reading, of: letter, grade: ..8}", DIAG_P13},
        {zh, "{kind: reading, of: letter, letters: ..8}", DIAG_P13},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char rows[512];
        rig x;
        snprintf(rows, sizeof rows, "  R1: %s\n", bad[i].rule);
        rig_try(&x, bad[i].head, rows);
        rig_row(&x, bad[i].code);
        assert_null(x.r);
        rig_close(&x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syllables_as_in_dictionaries),
        cmocka_unit_test(grades_by_the_formula),
        cmocka_unit_test(sentences_of_characters),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

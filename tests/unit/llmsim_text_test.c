/* llmsim_text_test.c: the texts of the simulated model server keep the limits that a field line states, say the
 * facts of the user message, and differ from one request to the next. The sources are included: the server is
 * no library.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/llmsim/sim_words.c"
#include "tests/llmsim/sim_sentence.c"
#include "tests/llmsim/sim_chinese.c"
#include "tests/llmsim/sim_prompt.c"
#include "tests/llmsim/sim_text.c"
#include "tests/llmsim/sim_dialogue.c"
#include "tests/llmsim/sim_objection.c"

static const char USER[] = "The person: Ada Smith, woman, 42 years.\n"
                           "Learning: She did well. The rest was hard.\n"
                           "Traits (24 to 120): Neuroticism: 71; Openness: 88\n"
                           "Levels of the dimensions of values:\n"
                           "- moral character: fairly low\n"
                           "- rule of law: medium\n"
                           "- family values: high\n";

typedef struct fixture {
    arena *a;
    prompt p;
    buf out;
} fixture;

static fixture fixture_of(const char *system, const char *user) {
    fixture f = {.a = arena_new(0)};
    sim_prompt_add_instructions(&f.p, str_of(system), f.a);
    sim_prompt_add_facts(&f.p, str_of(user), f.a);
    return f;
}

static void fixture_free(fixture *f) {
    arena_free(f->a);
    buf_free(&f->out);
}

static str write_field(fixture *f, const char *name, uint64_t key, sim_fault fault) {
    text_task t = {.prompt = &f->p,
                   .line = sim_prompt_field(&f->p, str_of(name)),
                   .path = str_of(name),
                   .name = str_of(name),
                   .key = key,
                   .fact_key = key,
                   .fault = fault};
    buf_reset(&f->out);
    sim_text_write(&t, &f->out);
    return buf_view(&f->out);
}

static void assert_in(uint32_t v, uint32_t lo, uint32_t hi, const char *what, str text) {
    if (v < lo || (hi && v > hi))
        fail_msg("%s: %u is not within %u..%u: " STR_FMT, what, v, lo, hi, STR_ARG(text));
}

static void sentences_have_the_words_asked_for(void **state) {
    (void)state;
    buf b = {0};
    arena *a = arena_new(0);
    for (uint32_t n = 1; n <= 60; n++) {
        for (uint64_t key = 0; key < 40; key++) {
            grammar g = sim_grammar_start(key * 977 + n, (pronoun)(key % 3));
            buf_reset(&b);
            sim_sentence_put(&g, &b, n);
            text_size s = text_measure(buf_view(&b), a);
            assert_in(s.words, n, n, "words", buf_view(&b));
            assert_in(s.sentences, 1, 1, "sentences", buf_view(&b));
            buf_reset(&b);
            if (n >= SENTENCE_TEMPER_MIN)
                sim_sentence_put_temper(&g, &b, n);
            else
                sim_phrase_put(&g, &b, n);
            assert_in(text_measure(buf_view(&b), a).words, n, n, "words", buf_view(&b));
            if (n >= 5) {
                buf_reset(&b);
                sim_sentence_put_closing(&g, &b, n);
                assert_in(text_measure(buf_view(&b), a).words, n, n, "words", buf_view(&b));
            }
            arena_reset(a);
        }
    }
    arena_free(a);
    buf_free(&b);
}

static void chinese_sentences_have_the_characters_asked_for(void **state) {
    (void)state;
    buf b = {0};
    for (uint32_t n = 2; n <= 90; n++) {
        for (uint64_t key = 0; key < 60; key++) {
            grammar g = sim_grammar_start(key * 977 + n, (pronoun)(key % 3));
            buf_reset(&b);
            sim_chinese_put(&g, &b, n);
            assert_in(sim_chinese_length(buf_view(&b)), n, n, "characters", buf_view(&b));
            assert_true(text_valid(buf_view(&b)) && str_ends(buf_view(&b), "。"));
            buf_reset(&b);
            if (n >= CHINESE_TEMPER_MIN)
                sim_chinese_put_temper(&g, &b, n);
            else
                sim_chinese_phrase_put(&g, &b, n);
            assert_in(sim_chinese_length(buf_view(&b)), n, n, "characters", buf_view(&b));
            if (n >= 14) {
                buf_reset(&b);
                sim_chinese_put_closing(&g, &b, n);
                assert_in(sim_chinese_length(buf_view(&b)), n, n, "characters", buf_view(&b));
            }
        }
    }
    buf_free(&b);
}

/* What the engine prints in Chinese is read: limits, facts with either colon, sex, and where a closing belongs.
 */
static void chinese_prompts_are_answered_in_chinese(void **state) {
    (void)state;
    static const char SYSTEM[] = "你写一名学生的价值观和创造力。用一个对象回答，恰好包含以下字段：\n"
                                 "- \"values\" (文字, 160 到 300 字符, 1 段): 价值观的维度，写出水平\n"
                                 "- \"ideas\" (文字, 至少 120 字符, 最多 9 句): 最后一句以“总体来看”开头\n"
                                 "- \"mood\" (任选其一：calm | tense)\n";
    static const char FACTS[] = "学生：王雅怡，女，8 岁\n"
                                "学业表现：她写完了作业。又看了书。\n"
                                "价值观各维度的水平：\n- 道德修养: 较低\n- 法治意识: 中等\n";
    for (uint64_t key = 1; key < 60; key++) {
        fixture f = fixture_of(SYSTEM, FACTS);
        size_t at;
        assert_true(f.p.chinese && f.p.who == PRONOUN_SHE);
        assert_int_equal(f.p.n_facts, 3);
        assert_int_equal(sim_prompt_field(&f.p, STR("mood"))->kind, FIELD_CHOICE);
        str text = write_field(&f, "values", key, SIM_NONE);
        assert_in(sim_chinese_length(text), 160, 300, "characters", text);
        assert_true(str_find(text, STR("道德修养为较低。"), &at) &&
                    str_find(text, STR("法治意识为中等。"), &at));
        assert_false(str_find(text, STR("总体来看"), &at) || str_find(text, STR(" is "), &at));
        text = write_field(&f, "ideas", key, SIM_NONE);
        assert_in(sim_chinese_length(text), 120, 0, "characters", text);
        assert_in(text_measure(text, f.a).sentences, 1, 9, "sentences", text);
        assert_true(str_find(text, STR("。总体来看，"), &at));
        fixture_free(&f);
    }
}

static const struct {
    const char *limits;
    range words, chars, sentences, paragraphs, lines;
} LIMITS[] = {
    {"text, 110 to 240 words, 1 paragraph", {110, 240}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 40 to 90 words", {40, 90}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 120 words", {120, 120}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, at least 80 words", {80, 0}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, up to 30 words", {1, 30}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 3 to 5 sentences", {0, 0}, {0, 0}, {3, 5}, {1, 1}, {0, 0}},
    {"text, 1 sentence", {0, 0}, {0, 0}, {1, 1}, {1, 1}, {0, 0}},
    {"text, 2 to 3 sentences, up to 200 characters", {0, 0}, {0, 200}, {2, 3}, {1, 1}, {0, 0}},
    {"text, up to 300 characters", {0, 0}, {1, 300}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 80 to 900 characters", {0, 0}, {80, 900}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 400 to 420 characters", {0, 0}, {400, 420}, {0, 0}, {1, 1}, {0, 0}},
    {"text, up to 12 characters", {0, 0}, {1, 12}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 1 to 8 words", {1, 8}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 1 to 2 words", {1, 2}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 3 to 20 words", {3, 20}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
    {"text, 120 to 220 words, 2 to 3 paragraphs", {120, 220}, {0, 0}, {0, 0}, {2, 3}, {0, 0}},
    {"text, 200..300 words, 4 paragraphs", {200, 300}, {0, 0}, {0, 0}, {4, 4}, {0, 0}},
    {"text, 60 to 90 words, 4 to 6 lines", {60, 90}, {0, 0}, {0, 0}, {1, 1}, {4, 6}},
    {"text, 100 to 150 words, 6 to 9 sentences", {100, 150}, {0, 0}, {6, 9}, {1, 1}, {0, 0}},
    {"text", {1, 0}, {0, 0}, {0, 0}, {1, 1}, {0, 0}},
};

static void texts_keep_their_limits(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
        char system[512];
        snprintf(system, sizeof system,
                 "Close with one sentence that begins with \"Overall\".\n- \"f\" (%s): about values\n",
                 LIMITS[i].limits);
        fixture f = fixture_of(system, USER);
        arena *a = arena_new(0);
        for (uint64_t key = 1; key <= 300; key++) {
            str text = write_field(&f, "f", key * 0x9e3779b97f4a7c15u, SIM_NONE);
            text_size s = text_measure(text, a);
            assert_true(text.n > 0);
            assert_in(s.words, LIMITS[i].words.lo, LIMITS[i].words.hi, LIMITS[i].limits, text);
            assert_in(s.chars, LIMITS[i].chars.lo, LIMITS[i].chars.hi, LIMITS[i].limits, text);
            assert_in(s.sentences, LIMITS[i].sentences.lo, LIMITS[i].sentences.hi, LIMITS[i].limits, text);
            assert_in(s.paragraphs, LIMITS[i].paragraphs.lo, LIMITS[i].paragraphs.hi, LIMITS[i].limits, text);
            assert_in(s.lines, LIMITS[i].lines.lo, LIMITS[i].lines.hi, LIMITS[i].limits, text);
            arena_reset(a);
        }
        arena_free(a);
        fixture_free(&f);
    }
}

static bool says(str text, const char *part) {
    size_t at;
    return str_find(text, str_of(part), &at);
}

static const char SYSTEM[] =
    "Close values with one sentence that begins with \"Overall\".\n"
    "- \"values\" (text, 110 to 240 words, 1 paragraph): all dimensions, each with its level word\n"
    "- \"story\" (text, 100 to 140 words, 1 paragraph): one day\n";

static void facts_are_said(void **state) {
    (void)state;
    fixture f = fixture_of(SYSTEM, USER);
    assert_int_equal(f.p.n_facts, 6); /* what was written before is none */
    assert_int_equal(f.p.who, PRONOUN_SHE);
    for (uint64_t key = 1; key <= 100; key++) {
        str text = write_field(&f, "values", key, SIM_NONE);
        assert_true(says(text, "Moral character is fairly low."));
        assert_true(says(text, "Rule of law is medium."));
        assert_true(says(text, "Family values is high."));
        assert_true(says(text, ". Overall, "));
        assert_false(says(text, "Learning"));
        assert_false(says(write_field(&f, "story", key, SIM_NONE), "Overall"));
    }
    fixture_free(&f);
}

static void wrong_values_leave_some_fact_out(void **state) {
    (void)state;
    fixture f = fixture_of(SYSTEM, USER);
    uint32_t swapped = 0;
    for (uint64_t key = 1; key <= 200; key++) {
        str text = write_field(&f, "values", key * 0x9e3779b97f4a7c15u, SIM_WRONG_VALUE);
        int right = says(text, "Moral character is fairly low.") + says(text, "Rule of law is medium.") +
                    says(text, "Family values is high.");
        assert_true(right < 3);
        swapped += right == 2;
    }
    assert_in(swapped, 40, 160, "texts with one wrong value of 200", STR(""));
    fixture_free(&f);
}

static void faults_miss_the_limits(void **state) {
    (void)state;
    fixture f = fixture_of(SYSTEM, USER);
    arena *a = arena_new(0);
    for (uint64_t key = 1; key <= 100; key++) {
        assert_true(text_measure(write_field(&f, "values", key, SIM_SHORT), a).words < 110);
        assert_true(text_measure(write_field(&f, "values", key, SIM_LONG), a).words > 240);
        str text = write_field(&f, "values", key, SIM_LOOP);
        span *s;
        size_t n = text_sentences(text, a, &s);
        str last = str_part(text, s[n - 3].at, s[n - 3].at + s[n - 3].n),
            before = str_part(text, s[n - 4].at, s[n - 4].at + s[n - 4].n);
        assert_true(str_eq(str_trim(last), str_trim(before)));
        arena_reset(a);
    }
    arena_free(a);
    fixture_free(&f);
}

/* ---- variety: cosine over content words, weighted by how rare they are ------------------------ */

#define TEXTS   120
#define BUCKETS 65536

static uint16_t counts[TEXTS][BUCKETS];

static bool is_function_word(str w) {
    static const char *const WORDS[] = {
        "the",    "that",    "she",    "her",    "and",     "is",      "of",        "with",     "for",
        "near",   "after",   "before", "until",  "during",  "because", "although",  "while",    "behind",
        "beside", "outside", "around", "beyond", "overall", "moral",   "character", "fairly",   "low",
        "rule",   "law",     "medium", "family", "values",  "high",    "person",    "openness", "neuroticism"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (str_is(w, WORDS[i])) return true;
    }
    return false;
}

static void count_text(fixture *f, uint64_t key, uint16_t *into) {
    static const char *const FIELDS[] = {"values", "story"};
    arena *a = arena_new(0);
    for (size_t k = 0; k < 2; k++) {
        str text = text_fold(a, write_field(f, FIELDS[k], key + k, SIM_NONE));
        span *w;
        size_t n = text_words(text, a, &w);
        for (size_t i = 0; i < n; i++) {
            str one = str_part(text, w[i].at, w[i].at + w[i].n);
            if (!is_function_word(one)) into[hash_64(one, 0) % BUCKETS]++;
        }
    }
    arena_free(a);
}

static double weighted_cosine(const uint16_t *a, const uint16_t *b, const double *idf) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        ab += a[i] * b[i] * idf[i] * idf[i];
        aa += a[i] * a[i] * idf[i] * idf[i];
        bb += b[i] * b[i] * idf[i] * idf[i];
    }
    return ab / sqrt(aa * bb);
}

static void texts_of_different_requests_differ(void **state) {
    (void)state;
    static double idf[BUCKETS];
    fixture f = fixture_of(SYSTEM, USER);
    memset(counts, 0, sizeof counts);
    for (uint64_t t = 0; t < TEXTS; t++) count_text(&f, (t + 1) * 0x9e3779b97f4a7c15u, counts[t]);
    for (size_t i = 0; i < BUCKETS; i++) {
        int with = 0;
        for (size_t t = 0; t < TEXTS; t++) with += counts[t][i] > 0;
        idf[i] = with ? log((double)TEXTS / with) : 0;
    }
    double worst = 0;
    for (size_t a = 0; a < TEXTS; a++) {
        for (size_t b = 0; b < a; b++) {
            double c = weighted_cosine(counts[a], counts[b], idf);
            if (c > worst) worst = c;
        }
    }
    if (worst >= 0.4) fail_msg("two texts are alike by %.2f", worst);
    fixture_free(&f);
}

static void fillers_of_one_voice_agree(void **state) {
    (void)state;
    fixture one = fixture_of(SYSTEM, USER),
            two = fixture_of(SYSTEM, "The person: Bo, woman, 20 years.\n- thrift: low\n- wit: high\n");
    arena *a = arena_new(0);
    span *s;
    str text = str_dup(a, write_field(&one, "story", 99, SIM_NONE)),
        other = write_field(&two, "story", 99, SIM_NONE);
    size_t n = text_sentences(text, a, &s), shared = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at;
        shared += str_find(other, str_trim(str_part(text, s[i].at, s[i].at + s[i].n)), &at);
    }
    assert_true(shared >= 4);
    arena_free(a);
    fixture_free(&one);
    fixture_free(&two);
}

static void no_sentence_comes_twice(void **state) {
    (void)state;
    fixture f = fixture_of("- \"f\" (text, 400 to 500 words): a life\n", "Name: Bo\n");
    arena *a = arena_new(0);
    for (uint64_t key = 1; key <= 100; key++) {
        str text = write_field(&f, "f", key, SIM_NONE);
        span *s;
        size_t n = text_sentences(text, a, &s);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < i; k++)
                assert_false(str_eq(str_trim(str_part(text, s[i].at, s[i].at + s[i].n)),
                                    str_trim(str_part(text, s[k].at, s[k].at + s[k].n))));
        }
        arena_reset(a);
    }
    arena_free(a);
    fixture_free(&f);
}

static void field_lines_are_read(void **state) {
    (void)state;
    fixture f = fixture_of(
        "- \"mood\" (one of: calm | tense, a little | cheerful)\n- \"age\" (number, 5 to 19 years, in steps of "
        "0.5): age\n"
        "- \"loves\" (list of 5, each: text, 1 to 8 words)\n- \"events\" (list of 2 to 4, each with:)\n"
        "  - \"day\" (date, 2023-01-01 to 2025-06-30)\n- \"flag\" (true or false)\n",
        "");
    const field_line *l = f.p.fields;
    assert_int_equal(f.p.n_fields, 6);
    assert_int_equal(l[0].kind, FIELD_CHOICE);
    assert_true(str_is(l[0].options, "calm | tense, a little | cheerful"));
    assert_int_equal(l[1].kind, FIELD_NUMBER);
    assert_true(l[1].lo.m == 5 && l[1].hi.m == 19 && l[1].step.m == 5 && l[1].step.places == 1);
    assert_true(l[2].is_list && l[2].list.lo == 5 && l[2].list.hi == 5 && l[2].words.lo == 1 &&
                l[2].words.hi == 8);
    assert_true(l[3].is_list && l[3].kind == FIELD_GROUP && l[3].list.hi == 4 && l[4].indent == 2);
    assert_int_equal(l[4].kind, FIELD_DATE);
    assert_int_equal(l[5].kind, FIELD_FLAG);
    assert_ptr_equal(sim_prompt_field(&f.p, STR("events.3.day")), &l[4]);
    fixture_free(&f);
}

static void instances_are_told_apart(void **state) {
    (void)state;
    fixture f =
        fixture_of("- \"event.1.story\" (text, 15 to 50 words)\n- \"event.2.story\" (text, 15 to 50 words)\n",
                   "Events:\n1. topic: a move; length: short\n2. topic: a wedding; length: long\n");
    for (uint64_t key = 1; key <= 50; key++) {
        str text = write_field(&f, "event.2.story", key, SIM_NONE);
        assert_true(says(text, "Topic is a wedding."));
        assert_false(says(text, "a move"));
    }
    fixture_free(&f);
}

static void objections_are_met(void **state) {
    (void)state;
    fixture f =
        fixture_of("- \"values\" (text, 40 to 60 words)\n- \"event.2.story\" (text, 8 to 35 words, 1 to 2 "
                   "sentences)\n- \"traits\" (list of 5, each: text, 3 to 12 words)\n",
                   USER);
    sim_objections_read(
        &f.p,
        STR("Mend:\n- values: does not have the form ^You are\\b\n- values: says \"rule of\" (say "
            "it without these words)\n- values: mentions 1 of these, at least 2 are wanted: tea, "
            "night trains (work in: night trains, tea)\n- event.2.story: does not mention cats "
            "(work in: cats)\n- traits: numbers in prose\n- traits: does not have the form ^I am\n"
            "- \"values\" (text, 40 to 60 words)\n"),
        f.a);
    assert_int_equal(f.p.n_objections, 6);
    for (uint64_t key = 1; key <= 50; key++) {
        str text = write_field(&f, "values", key, SIM_NONE);
        assert_true(str_starts(text, "You are "));
        assert_true(says(text, "night trains") && says(text, " tea."));
        assert_false(says(text, "Rule of law"));
        assert_in(text_measure(text, f.a).words, 40, 60, "words", text);
        assert_true(says(write_field(&f, "event.2.story", key, SIM_NONE), "cats"));
        text = write_field(&f, "traits", key, SIM_NONE);
        assert_true(str_starts(text, "I am "));
        assert_false(says(text, "42") || says(text, "71"));
        assert_false(says(write_field(&f, "event.1.story", key, SIM_NONE), "cats"));
    }
    fixture_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_sentences_have_the_characters_asked_for),
        cmocka_unit_test(chinese_prompts_are_answered_in_chinese),
        cmocka_unit_test(sentences_have_the_words_asked_for),
        cmocka_unit_test(field_lines_are_read),
        cmocka_unit_test(texts_keep_their_limits),
        cmocka_unit_test(facts_are_said),
        cmocka_unit_test(instances_are_told_apart),
        cmocka_unit_test(objections_are_met),
        cmocka_unit_test(wrong_values_leave_some_fact_out),
        cmocka_unit_test(faults_miss_the_limits),
        cmocka_unit_test(no_sentence_comes_twice),
        cmocka_unit_test(fillers_of_one_voice_agree),
        cmocka_unit_test(texts_of_different_requests_differ),
    };
    sim_words_load();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_words_free();
    return failed;
}

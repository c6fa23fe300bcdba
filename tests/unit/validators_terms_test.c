/* Readings and term sets: whole words, folded, open endings, rows of words, scripts without spaces, overlaps.
 */
#include "tests/unit/validators_kit.h"

typedef struct terms {
    arena *mem;
    term_set *s;
} terms;

static terms terms_of(const char *const *list, size_t n) {
    terms t = {arena_new(0), NULL};
    t.s = term_set_new(t.mem);
    for (size_t i = 0; i < n; i++) term_set_add(t.s, str_of(list[i]), (uint32_t)i);
    term_set_seal(t.s);
    return t;
}

/* The hits in a text, as "id:text id:text". */
static void assert_hits(const terms *t, const char *text, const char *wanted) {
    buf b = {0};
    term_hit *hit;
    reading *r = reading_new(str_of(text), t->mem);
    size_t n = term_set_find(t->s, r, t->mem, &hit);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%u:" STR_FMT, i ? " " : "", hit[i].id,
                   STR_ARG(str_part(r->text, hit[i].at.at, hit[i].at.at + hit[i].at.n)));
    buf_char(&b, 0);
    assert_string_equal(b.p, wanted);
    buf_free(&b);
}

#define TERMS(name, ...)                                                                                       \
    static const char *const name##_list[] = {__VA_ARGS__};                                                    \
    terms name = terms_of(name##_list, COUNT_OF(name##_list))

static void reads_words_and_sentences(void **state) {
    (void)state;
    arena *mem = arena_new(0);
    reading *t = reading_new(STR("Ada DOESN\xE2\x80\x99T sing. \xC3\x89mile does."), mem);
    assert_int_equal(t->words, 5);
    assert_int_equal(t->sentences, 2);
    assert_true(str_is(t->fold[1], "doesn't"));
    assert_true(str_is(t->fold[3], "\xC3\xA9mile"));
    assert_true(str_is(str_part(t->folded, 0, 3), "ada"));
    assert_int_equal(t->folded.n, t->text.n);
    assert_int_equal(t->hash[1], word_hash(STR("doesn't")));
    assert_true(words_adjacent(t, 0));
    assert_false(words_adjacent(t, 2));
    arena_free(mem);
}

/* A text's words are hashed where they stand, a term's by itself: both give the same. */
static void hashes_words_wherever_they_stand(void **state) {
    (void)state;
    arena *mem = arena_new(0);
    reading *t =
        reading_new(STR("A be SEE deed Fives sixsix seventy eighteen ninety-ninety tenpenny13 elevenpenny "
                        "twelvepennyy fourteenpennyies fifteenpennyish sixteenpennyishe "
                        "antidisestablishmentarianism 3.14 \xC3\x89t\xC3\xA9 don\xE2\x80\x99t \xE4\xB8\xAD "
                        "seventeenpennyish"),
                    mem);
    assert_true(t->words > 20);
    for (uint32_t i = 0; i < t->words; i++) {
        char *alone = malloc(t->fold[i].n);
        memcpy(alone, t->fold[i].p, t->fold[i].n);
        str w = {alone, t->fold[i].n};
        assert_int_equal(t->hash[i], word_hash(w));
        assert_int_equal(t->head[i], word_head(w));
        assert_true(word_head(w) || w.n < 3);
        for (uint32_t k = 0; k < i; k++)
            assert_int_equal(t->hash[i] == t->hash[k], str_eq(t->fold[i], t->fold[k]));
        free(alone);
    }
    arena_free(mem);
}

static void tells_scripts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ascii, latin;
    } rows[] = {{"", true, true},
                {"Plain text, it's.", true, true},
                {"Caf\xC3\xA9 \xE2\x80\x94 \xE2\x80\x9Cyes\xE2\x80\x9D \xF0\x9F\x98\x80", false, true},
                {"Kafka \xD0\xB4", false, false},
                {"long enough for eight bytes \xE4\xB8\xAD", false, false},
                {"\xCE\xB1", false, false},
                {"\xE3\x81\x82", false, false},
                {"\xF0\xA0\x80\x80", false, false}};
    arena *mem = arena_new(0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        reading *t = reading_new(str_of(rows[i].text), mem);
        assert_int_equal(t->ascii, rows[i].ascii);
        assert_int_equal(t->latin, rows[i].latin);
    }
    arena_free(mem);
}

static void finds_whole_words(void **state) {
    (void)state;
    TERMS(t, "art", "high", "PE");
    assert_hits(&t, "The art of partings: ART, smart, highest. A pe lesson.", "0:art 0:ART 2:pe");
    assert_hits(&t, "Art's end; high-minded.", "0:Art's 1:high");
    assert_hits(&t, "", "");
    arena_free(t.mem);
}

static void finds_open_endings(void **state) {
    (void)state;
    TERMS(t, "diagnos*", "ab*", "panic attack*");
    assert_hits(&t, "A diagnosis, Diagnosed; undiagnosed.", "0:diagnosis 0:Diagnosed");
    assert_hits(&t, "about ab a", "1:about 1:ab");
    assert_hits(&t, "Panic attacks, panic, attacks; panic-attack", "2:Panic attacks 2:panic-attack");
    arena_free(t.mem);
}

static void finds_rows_of_words(void **state) {
    (void)state;
    TERMS(t, "above medium", "medium", "problem-finding", "e.g.");
    assert_hits(&t, "It is above medium, or medium. Above. Medium.", "0:above medium 1:medium 1:Medium");
    assert_hits(&t, "problem finding and problem-finding, problem: finding",
                "2:problem finding 2:problem-finding");
    arena_free(t.mem);
}

static void keeps_the_longest(void **state) {
    (void)state;
    TERMS(t, "low", "fairly low", "low point of", "low", "point");
    assert_hits(&t, "fairly low point", "1:fairly low 4:point");
    assert_hits(&t, "fairly low point of all", "2:low point of");
    assert_hits(&t, "low", "0:low 3:low");
    arena_free(t.mem);
}

static void finds_inside_dense_scripts(void **state) {
    (void)state;
    TERMS(t, "抑郁症", "高", "较高", "AI");
    assert_hits(&t, "他没有抑郁症，水平较高，身高很高。", "0:抑郁症 2:较高 1:高 1:高");
    assert_hits(&t, "作为AI模型", "3:AI");
    arena_free(t.mem);
}

static void finds_signs(void **state) {
    (void)state;
    TERMS(t, "{{", "C++");
    assert_hits(&t, "Dear {{name}}, {{", "0:{{ 0:{{");
    arena_free(t.mem);
}

static void an_empty_set_finds_nothing(void **state) {
    (void)state;
    terms t = terms_of(NULL, 0);
    assert_hits(&t, "Nothing is here {{.", "");
    arena_free(t.mem);
}

/* Against a plain search for one word: the same places, whatever stands around. */
static void agrees_with_a_plain_search(void **state) {
    (void)state;
    static const char *const words[] = {"low", "high", "fairly", "lower", "medium", "above", "is"};
    TERMS(t, "low", "fairly", "is");
    for (uint64_t round = 0; round < 200; round++) {
        buf b = {0}, wanted = {0};
        for (uint64_t i = 0; i < 20; i++) {
            uint64_t w = rng_below(rng_u64(round, i, 1, 0, 0), COUNT_OF(words));
            buf_printf(&b, "%s%s", i ? i % 3 ? " " : ", " : "", words[w]);
            for (size_t k = 0; k < COUNT_OF(t_list); k++)
                if (!strcmp(words[w], t_list[k]))
                    buf_printf(&wanted, "%s%zu:%s", wanted.n ? " " : "", k, words[w]);
        }
        buf_char(&b, 0);
        buf_char(&wanted, 0);
        assert_hits(&t, b.p, wanted.p);
        buf_free(&b);
        buf_free(&wanted);
    }
    arena_free(t.mem);
}

/* A set of many terms walks the text, one of few asks the text's index: both find the same. */
static void walk_and_index_agree(void **state) {
    (void)state;
    static const char *const words[] = {"low",  "high", "fairly", "lower", "medium", "medium's", "is",
                                        "is's", "a",    "an",     "中",    "国",     "low-key",  "low's"};
    TERMS(few, "low", "low*", "fairly high", "fairly high*", "fairly high lower", "a*", "is", "is is",
          "is low is", "high is low", "medium", "a medium", "med*", "中国", "国", "lower, is", "is a*");
    terms many = terms_of(few_list, 0);
    many.s = term_set_new(many.mem);
    for (uint32_t i = 0; i < COUNT_OF(few_list); i++) term_set_add(many.s, str_of(few_list[i]), i);
    for (uint32_t i = 0; i < 200; i++) term_set_add(many.s, str_printf(many.mem, "zz%u", i), 1000 + i);
    term_set_seal(many.s);
    for (uint64_t round = 0; round < 300; round++) {
        buf b = {0};
        term_hit *x, *y;
        for (uint64_t i = 0; i < 40; i++)
            buf_printf(&b, "%s%s", rng_below(rng_u64(round, i, 2, 0, 0), 9) ? " " : ", ",
                       words[rng_below(rng_u64(round, i, 1, 0, 0), COUNT_OF(words))]);
        reading *t = reading_new(buf_view(&b), few.mem);
        size_t n = term_set_find(few.s, t, few.mem, &x);
        assert_int_equal(n, term_set_find(many.s, t, few.mem, &y));
        for (size_t i = 0; i < n; i++)
            assert_true(x[i].id == y[i].id && x[i].word == y[i].word && x[i].words == y[i].words &&
                        x[i].at.at == y[i].at.at && x[i].at.n == y[i].at.n);
        assert_true(n > 5);
        buf_free(&b);
    }
    arena_free(few.mem);
    arena_free(many.mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_words_and_sentences),
        cmocka_unit_test(hashes_words_wherever_they_stand),
        cmocka_unit_test(tells_scripts),
        cmocka_unit_test(finds_whole_words),
        cmocka_unit_test(finds_open_endings),
        cmocka_unit_test(finds_rows_of_words),
        cmocka_unit_test(keeps_the_longest),
        cmocka_unit_test(finds_inside_dense_scripts),
        cmocka_unit_test(finds_signs),
        cmocka_unit_test(an_empty_set_finds_nothing),
        cmocka_unit_test(agrees_with_a_plain_search),
        cmocka_unit_test(walk_and_index_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* base_text_test.c: validity, normal forms, words, sentences, counts, widths. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

size_t plain_text_words(str s, arena *mem, span **out);
#undef __SSE2__ /* the way of machines without it */
#define text_words plain_text_words
#include "pipeline/base/text_words.c"
#undef text_words

static arena *a;

static int make_arena(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

typedef size_t cutter(str s, arena *scratch, span **out);

/* Eight or 64 bytes are looked at together: what is found is the same wherever in them it stands. */
static void check_cut_behind_blanks(cutter *cut, str s) {
    span *first, *spans;
    size_t n = cut(s, a, &first);
    for (size_t blanks = 1; blanks <= 64; blanks++) {
        char *p = malloc(blanks + s.n);
        memset(p, ' ', blanks);
        memcpy(p + blanks, s.p, s.n);
        assert_int_equal(cut((str){p, blanks + s.n}, a, &spans), n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(spans[i].at, first[i].at + blanks);
            assert_int_equal(spans[i].n, first[i].n);
        }
        free(p);
    }
}

/* What `cut` finds in `text`, joined by |. */
static void check_cut(cutter *cut, const char *text, const char *want) {
    str s = str_of(text);
    span *spans;
    buf got = {0};
    size_t n = cut(s, a, &spans);
    for (size_t i = 0; i < n; i++) {
        if (i) buf_char(&got, '|');
        buf_str(&got, str_part(s, spans[i].at, spans[i].at + spans[i].n));
    }
    if (!str_is(buf_view(&got), want))
        fail_msg("%s\n gives  %.*s\n not    %s", text, STR_ARG(buf_view(&got)), want);
    buf_free(&got);
    check_cut_behind_blanks(cut, s);
}

static void utf8_is_checked(void **state) {
    (void)state;
    assert_true(text_valid((str){NULL, 0}));
    assert_true(text_valid(STR("plain ascii text of some length")));
    assert_true(text_valid(
        STR("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf")));
    const str bad[] = {STR("\x80"),
                       STR("\xc1\xbf"),
                       STR("\xe0\x9f\xbf"),
                       STR("\xed\xa0\x80"),
                       STR("\xf0\x8f\xbf\xbf"),
                       STR("\xf4\x90\x80\x80"),
                       STR("\xf5\x80\x80\x80"),
                       STR("\xc3"),
                       STR("\xe4\xbd"),
                       STR("\xf0\x9f\x98"),
                       STR("a\0b"),
                       STR("\xc3\xc3"),
                       STR("aaaaaaaaaa\0aaaaaaaaaaaa")};
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(text_valid(bad[i]));
}

static void next_walks_code_points(void **state) {
    (void)state;
    str s = STR("a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80");
    size_t at = 0;
    assert_int_equal(text_next(s, &at), 'a');
    assert_int_equal(text_next(s, &at), 0xE9);
    assert_int_equal(text_next(s, &at), 0x4F60);
    assert_int_equal(text_next(s, &at), 0x1F600);
    assert_int_equal(at, s.n);
}

static void nfc_composes(void **state) {
    (void)state;
    str plain = STR("na\xc3\xafve \xe4\xbd\xa0 \xed\x95\x9c \xf0\x9f\x98\x80 \xe2\x80\x9cok\xe2\x80\x9d");
    assert_ptr_equal(text_nfc(a, plain).p, plain.p);
    assert_true(str_is(text_nfc(a, STR("e\xcc\x81")), "\xc3\xa9"));
    assert_true(str_is(text_nfc(a, STR("\xe2\x84\xab")), "\xc3\x85")); /* angstrom sign */
    assert_true(str_is(text_nfc(a, STR("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab")), "\xed\x95\x9c")); /* hangul */
    assert_true(str_is(text_nfc(a, STR("\xe3\x81\x8b\xe3\x82\x99")), "\xe3\x81\x8c")); /* ka with its mark */
    assert_true(str_is(text_nfc(a, STR("q\xcc\x87\xcc\xa3")), "q\xcc\xa3\xcc\x87"));   /* marks in order */
    buf b = {0};
    for (int i = 0; i < 2000; i++) buf_z(&b, "e\xcc\x81");
    str s = text_nfc(a, buf_view(&b));
    assert_int_equal(s.n, 4000);
    assert_true(str_ends(s, "\xc3\xa9"));
    buf_free(&b);
}

static void fold_takes_case_away(void **state) {
    (void)state;
    assert_true(str_is(text_fold(a, STR("HeLLo [Z] 9")), "hello [z] 9"));
    assert_true(str_is(text_fold(a, STR("STRASSE Stra\xc3\x9f"
                                        "e")),
                       "strasse strasse"));
    assert_true(str_is(text_fold(a, STR("E\xcc\x81 \xc3\x89")), "\xc3\xa9 \xc3\xa9"));
    assert_true(
        str_eq(text_fold(a, STR("\xce\xa3\xce\xaf\xcf\x82")), text_fold(a, STR("\xcf\x83\xce\xaf\xcf\x83"))));
    assert_int_equal(text_fold(a, STR("")).n, 0);
}

/* All bytes, in each of the places that are looked at together. */
static void ascii_is_told_and_made_small(void **state) {
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < 20; at++) {
            char text[20], small[20], want[20];
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            memcpy(want, text, sizeof text);
            if (c >= 'A' && c <= 'Z') want[at] = (char)(c + 32);
            text_small((str){text, sizeof text}, small);
            assert_memory_equal(small, want, sizeof want);
            assert_int_equal(text_ascii((str){text, sizeof text}, 0), c < 0x80 ? sizeof text : at);
            assert_int_equal(text_ascii((str){text, sizeof text}, at + 1), sizeof text);
        }
    }
}

/* Every byte and some characters, in each of the 64 places. */
static void words_are_cut_alike_without_sse2(void **state) {
    (void)state;
    static const char *const more[] = {"\xc3\xa9", "\xe2\x80\x99", "\xe4\xb8\xad", "\xe2\x80\x94",
                                       "n't ",     "3.14,5",       "a_b "};
    for (unsigned c = 0; c < 128 + COUNT_OF(more); c++) {
        char one[2] = {(char)c, 0};
        str x = c < 128 ? (str){one, 1} : str_of(more[c - 128]);
        for (size_t at = 0; at < 70; at++) {
            char text[160];
            span *is, *want;
            memset(text, at % 7 ? 'x' : ' ', sizeof text);
            memcpy(text + at, x.p, x.n);
            for (size_t n = at + x.n; n < sizeof text; n += 37) {
                size_t words = text_words((str){text, n}, a, &is);
                assert_int_equal(plain_text_words((str){text, n}, a, &want), words);
                assert_true(!words || !memcmp(is, want, words * sizeof *is));
            }
        }
    }
}

static void words_are_cut(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {" ,.-!? ", ""},
        {"Hello, world!", "Hello|world"},
        {"don't can\xe2\x80\x99t 'quoted' dogs'", "don't|can\xe2\x80\x99t|quoted|dogs"},
        {"well-known e-mail", "well|known|e|mail"},
        {"3.14 3,000.50 1;2 U.S.A. e.g. end.", "3.14|3,000.50|1;2|U.S.A|e.g|end"},
        {"a.1 1.a a,b x1y2", "a|1|1|a|a|b|x1y2"},
        {"snake_case _it_ __x__", "snake_case|it|x"},
        {"na\xc3\xafve caf\xc3\xa9s e\xcc\x81t\xc3\xa9", "na\xc3\xafve|caf\xc3\xa9s|e\xcc\x81t\xc3\xa9"},
        {"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xd0\xbc\xd0\xb8\xd1\x80",
         "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82|\xd0\xbc\xd0\xb8\xd1\x80"},
        {"\xe4\xbd\xa0\xe5\xa5\xbdok\xe3\x80\x82", "\xe4\xbd\xa0|\xe5\xa5\xbd|ok"},
        {"ok\xe4\xbd\xa0.x", "ok|\xe4\xbd\xa0|x"},
        {"\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf", "\xe3\x83\x87|\xe3\x83\xbc|\xe3\x82\xbf"},
        {"\xe3\x81\x8b\xe3\x82\x99\xe3\x81\x8b", "\xe3\x81\x8b\xe3\x82\x99|\xe3\x81\x8b"},
        {"\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4 \xeb\xa7\x90",
         "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4|\xeb\xa7\x90"},
        {"\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99", "\xe0\xb8\x81\xe0\xb8\xb4|\xe0\xb8\x99"},
        {"\xf0\x9f\x98\x80 hi \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "hi"},
        {"l\xc2\xb7l 1\xe2\x80\xaf"
         "000 soft\xc2\xadhyphen",
         "l\xc2\xb7l|1\xe2\x80\xaf"
         "000|soft\xc2\xadhyphen"},
        {"zero\xe2\x80\x8bwidth", "zero|width"},
        {"https://a.example/x?y=1", "https|a.example|x|y|1"},
        {"trailing'", "trailing"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) check_cut(text_words, cases[i][0], cases[i][1]);
}

static void sentences_are_cut(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {" \n ... \n", ""},
        {"One", "One"},
        {"One. Two! Three? Four", "One.|Two!|Three?|Four"},
        {"He said \"No.\" Then he left.", "He said \"No.\"|Then he left."},
        {"Really?! (Yes.) Good.", "Really?!|(Yes.)|Good."},
        {"Mr. Smith met Dr. Jones vs. St. Mary, e.g. Here. So.",
         "Mr. Smith met Dr. Jones vs. St. Mary, e.g. Here.|So."},
        {"J. R. Smith lives in the U.S. Army base. Yes.", "J. R. Smith lives in the U.S. Army base.|Yes."},
        {"My wife and I. We go.", "My wife and I.|We go."},
        {"It costs 3.50 now. See example.com for it.", "It costs 3.50 now.|See example.com for it."},
        {"Wait... what? Well\xe2\x80\xa6 maybe. Hm\xe2\x80\xa6 No.",
         "Wait... what?|Well\xe2\x80\xa6 maybe.|Hm\xe2\x80\xa6|No."},
        {"1. First thing. 2. Second", "1. First thing.|2. Second"},
        {"Line one\nline two\r\n\r\nNext.", "Line one|line two|Next."},
        {"etc. and so on.", "etc. and so on."},
        {"**Bold.** Next.", "**Bold.**|Next."},
        {"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\xe5\x86\x8d\xe8\xa7\x81\xef\xbc\x81ok\xef\xbc\x9f",
         "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82|\xe5\x86\x8d\xe8\xa7\x81\xef\xbc\x81|ok\xef\xbc\x9f"},
        {"\xe3\x80\x8c\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x82\xe3\x80\x8d\xe3\x81\xa8",
         "\xe3\x80\x8c\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x82\xe3\x80\x8d|\xe3\x81\xa8"},
        {"\xe2\x80\x9cGo!\xe2\x80\x9d She went.", "\xe2\x80\x9cGo!\xe2\x80\x9d|She went."},
        {"... and so it was.", "... and so it was."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) check_cut(text_sentences, cases[i][0], cases[i][1]);
}

static void sizes_are_measured(void **state) {
    (void)state;
    text_size z = text_measure(STR(""), a);
    assert_int_equal(z.words + z.chars + z.sentences + z.paragraphs + z.lines, 0);
    z = text_measure(STR("Caf\xc3\xa9 au lait.\nYes!\n \n\nSecond one\n"), a);
    assert_int_equal(z.words, 6);
    assert_int_equal(z.chars, 33);
    assert_int_equal(z.sentences, 3);
    assert_int_equal(z.paragraphs, 2);
    assert_int_equal(z.lines, 3);
    z = text_measure(STR("a\r\n\r\nb"), a);
    assert_int_equal(z.paragraphs, 2);
    buf b = {0};
    for (int i = 0; i < 5000; i++) buf_z(&b, "a b. C ");
    z = text_measure(buf_view(&b), a);
    assert_int_equal(z.words, 15000);
    assert_int_equal(z.sentences, 5001);
    buf_free(&b);
}

static void columns_and_scripts(void **state) {
    (void)state;
    assert_int_equal(text_columns(STR("abc")), 3);
    assert_int_equal(text_columns(STR("\xe4\xbd\xa0\xe5\xa5\xbd")), 4);
    assert_int_equal(text_columns(STR("e\xcc\x81")), 1);
    assert_int_equal(text_columns(STR("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd")), 2);             /* skin tone */
    assert_int_equal(text_columns(STR("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb")), 2); /* joined */
    assert_true(text_dense(0x4E00) && text_dense(0x3042) && text_dense(0x30A2) && text_dense(0x0E01));
    assert_true(text_dense(0x20000) && text_dense(0x1780) && text_dense(0x0E81));
    assert_false(text_dense('a') || text_dense(0xAC00) || text_dense(0x0414) || text_dense(0x1F600));
    assert_false(text_dense(0x3002) || text_dense(0xFF01));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(next_walks_code_points),
        cmocka_unit_test(nfc_composes),
        cmocka_unit_test(fold_takes_case_away),
        cmocka_unit_test(ascii_is_told_and_made_small),
        cmocka_unit_test(words_are_cut),
        cmocka_unit_test(words_are_cut_alike_without_sse2),
        cmocka_unit_test(sentences_are_cut),
        cmocka_unit_test(sizes_are_measured),
        cmocka_unit_test(columns_and_scripts),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}

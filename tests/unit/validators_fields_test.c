/* What fields are checked for without any rule: missing, lengths, counts (field_limits.c), loops, endings, with
 * what they quote (excerpt.c); and findings as lines and JSON (finding_print.c). */
#include "tests/unit/validators_kit.h"

#define FIELDS                                                                                                 \
    "populace: 1\nname: fields\nattributes: {age: {number: 5..19}, shy: {flag: 0.5}}\nfacets:\n"               \
    "  first:\n"                                                                                               \
    "    fields:\n"                                                                                            \
    "      words: {text: {words: 3..6}}\n"                                                                     \
    "      long: {text: {words: 10..20, paragraphs: 1}}\n"                                                     \
    "      chars: {text: {chars: 4..12}}\n"                                                                    \
    "      parts: {text: {sentences: 2, lines: 1..2}}\n"                                                       \
    "      items: {text: {words: ..3}, list: 2..3}\n"                                                          \
    "      free: {text: {}}\n"                                                                                 \
    "      alone: {text: {}, when: {shy: true}}\n"                                                             \
    "      mark: {choice: [a, b]}\n"                                                                           \
    "      head: {template: \"{{words}}\"}\n"                                                                  \
    "    prompt: \"Write.\\n---\\n{{@fields}}\\n{{@attributes}}\\n\"\n"                                        \
    "  late: {when: {age: 10..}, fields: {note: {text: {}}}, prompt: "                                         \
    "\"Write.\\n{{@fields}}\\n---\\n{{age}}\\n\"}\n"

#define FIELDS_ZH                                                                                              \
    "populace: 1\nname: fields\nlocale: zh\nattributes: {age: {number: 5..19}}\nfacets:\n"                     \
    "  first: {fields: {words: {text: {words: 3..6}}}, prompt: "                                               \
    "\"写。\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"}\n"

static void missing(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS, "");
    rig_set(&x, "shy", "false");
    rig_objects(&x, "mark.missing", "age", "9", 1, "is missing");
    assert_int_equal(rig_count(&x, "alone.missing"), 0); /* does not apply */
    assert_int_equal(rig_count(&x, "note.missing"), 0);
    assert_int_equal(rig_count(&x, "head.missing"), 0);
    assert_int_equal(x.found.n, 7);
    rig_passes(&x, "mark.missing", "mark", "\"a\"");
    rig_objects(&x, "note.missing", "age", "10", 1, NULL);
    assert_int_equal(rig_finding(&x, "note.missing")->owner, 1);
    rig_objects(&x, "alone.missing", "shy", "true", 1, NULL);
    findings_init(&x.found, x.mem);
    rules_check_facet(x.r, &x.rec, 1, x.mem, &x.found);
    assert_int_equal(x.found.n, 1); /* of its own fields only */
    rig_close(&x);
}

static void lengths(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS, "");
    rig_passes(&x, "words.words", "words", "one two three");
    rig_passes(&x, "words.words", "words", "one two three four five six");
    rig_objects(&x, "words.words", "words", "one two", 1, "has 2 words, at least 3 words are wanted");
    rig_objects(&x, "words.words", "words", "a b c d e f g", 1, "has 7 words, at most 6 words are wanted");
    rig_objects(&x, "words.words", "words", "a b c d e f g", 1, "shorten it by 1 word");
    rig_objects(&x, "long.words", "long",
                "One two three four. One two three four. A b c d. E f g h. I j k l. M n o p.", 1,
                "shorten it by 1 sentence");
    rig_objects(&x, "long.words", "long", "One two three. Four five six.", 1, "write about 2 sentences more");
    rig_objects(&x, "long.paragraphs", "long", "One two three four five six.\n\nSeven eight nine ten.", 1,
                "write it as 1 paragraph");
    rig_passes(&x, "long.paragraphs", "long", "One two three four five six.\nSeven eight nine ten.");
    rig_passes(&x, "chars.chars", "chars", "\xC3\x89\xC3\x89\xC3\x89\xC3\x89");
    rig_objects(&x, "chars.chars", "chars", "\xC3\x89\xC3\x89\xC3\x89", 1, "has 3 characters, at least 4");
    rig_passes(&x, "parts.sentences", "parts", "One. Two.");
    rig_objects(&x, "parts.sentences", "parts", "One. Two. Three.", 1,
                "has 3 sentences, exactly 2 sentences wanted");
    rig_objects(&x, "parts.lines", "parts", "One\nTwo\nThree", 1, "at most 2 lines");
    rig_close(&x);
}

static void lists(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS, "");
    rig_passes(&x, "items.count", "items", "[\"a\", \"b\"]");
    rig_objects(&x, "items.count", "items", "[\"a\"]", 1, "has 1 entry, at least 2 entries");
    rig_objects(&x, "items.count", "items", "[\"a\", \"b\", \"c\", \"d\"]", 1, "leave out 1 entry");
    rig_passes(&x, "items.words", "items", "[\"a b c\", \"b\"]");
    rig_objects(&x, "items.words", "items", "[\"a b c\", \"a b c d\"]", 1, "\"a b c d\" has 4 words");
    rig_close(&x);
}

static void loops(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS, "");
    rig_passes(&x, "free.loops", "free", "No, thanks. No, thanks. She goes home on the long road.");
    rig_objects(&x, "free.loops", "free", "She walks home alone. It rains. She walks home alone!", 1,
                "says twice: She walks home alone!");
    rig_objects(&x, "free.loops", "free", "She values kindness, kindness, kindness, kindness.", 1,
                "repeats \"kindness\" 4 times");
    rig_passes(&x, "free.loops", "free", "Very, very, very good.");
    rig_objects(&x, "free.loops", "free",
                "a kind heart and good a kind heart but good a kind heart or good a kind heart so good", 1,
                "repeats \"a kind heart\" 4 times");
    rig_objects(&x, "free.loops", "free", "kind or kind and kind but kind with kind for kind to kind", 1,
                "\"kind\" 7 times");
    rig_passes(&x, "free.loops", "free",
               "Moral character is fairly high. Health is fairly high, since she swims. The rule of law is "
               "fairly high for her age. Civic identity is "
               "fairly high too, and family values are high because the grandparents live on the same floor "
               "and eat with them every evening.");
    rig_objects(&x, "free.loops", "free", "今天天气很好我们去玩。他笑了。今天天气很好我们去玩。", 1,
                "says twice");
    rig_objects(&x, "items.loops", "items", "[\"so so so so\", \"b\"]", 1, NULL);
    rig_close(&x);
}

static void endings(void **state) {
    (void)state;
    static const char *const fine[] = {
        "a short phrase",
        "She goes home. Then she sleeps.",
        "She goes. \"Wait!\" he says. \"Why?\"",
        "他回家了。然后睡觉了。",
        "She goes home. And then\xE2\x80\xA6",
        "She goes home (at last). So it is.*",
        "One two three. Good night! \xF0\x9F\x98\x80",
    };
    rig x;
    rig_open(&x, FIELDS, "");
    for (size_t i = 0; i < COUNT_OF(fine); i++) rig_passes(&x, "free.ending", "free", fine[i]);
    rig_objects(&x, "free.ending", "free", "She goes home. Then she sleeps and", 1, "Then she sleeps and");
    rig_objects(&x, "free.ending", "free", "one two three four five six seven eight nine ten eleven twelve", 1,
                "full stop");
    rig_passes(&x, "free.ending", "free", "one two three four five six seven eight nine ten eleven");
    rig_objects(&x, "free.ending", "free", "他回家了。然后睡觉，", 1, NULL);
    rig_close(&x);
}

static void speaks_the_language(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS_ZH, "");
    rig_objects(&x, "words.words", "words", "一二三四五六七", 1, "有7个词，最多6个词");
    rig_objects(&x, "words.missing", "words", NULL, 1, "缺失");
    rig_close(&x);
}

/* ---- findings ------------------------------------------------------------------------------------------- */

static finding finding_of(const char *id, uint32_t leaf, uint16_t owner, bool hard, const char *message,
                          const char *hint) {
    return (finding){.rule = str_of(id),
                     .leaf = leaf,
                     .owner = owner,
                     .hard = hard,
                     .message = str_of(message),
                     .hint = str_of(hint)};
}

static void findings_are_kept_once_and_sorted(void **state) {
    (void)state;
    rig x;
    rig_open(&x, FIELDS, "");
    uint32_t free_leaf = rig_node(&x, "free")->leaf, words = rig_node(&x, "words")->leaf;
    finding list[] = {
        finding_of("R2", words, 0, true, "b", ""),
        finding_of("R1", free_leaf, 0, false, "b", "do\nso"),
        finding_of("R1", words, 1, true, "b", "so"),
        finding_of("R1", words, 1, true, "a", ""),
        finding_of("R1", words, 1, true, "a", "again"),
        finding_of("R3", NO_LEAF, NO_FACET, true, "c \"d\"", ""),
    };
    findings_init(&x.found, x.mem);
    for (size_t i = 0; i < COUNT_OF(list); i++) findings_add(&x.found, &list[i]);
    findings_sort(&x.found);
    assert_int_equal(x.found.n, 5);
    assert_int_equal(x.found.hard, 4);
    assert_int_equal(findings_hard(&x.found, NO_FACET, NO_LEAF), 4);
    assert_int_equal(findings_hard(&x.found, 1, NO_LEAF), 2);
    assert_int_equal(findings_hard(&x.found, NO_FACET, words), 3);
    assert_int_equal(findings_hard(&x.found, 0, words), 1);
    assert_int_equal(findings_hard(&x.found, 0, free_leaf), 0);
    buf b = {0};
    findings_print(&x.found, x.p, 1, &b);
    assert_true(str_is(buf_view(&b), "- words: a\n- words: b (so)\n"));
    buf_reset(&b);
    findings_print(&x.found, x.p, NO_FACET, &b);
    assert_true(
        str_is(buf_view(&b), "- words: a\n- words: b (so)\n- free: b (do so)\n- words: b\n- c \"d\"\n"));
    buf_reset(&b);
    findings_json(&x.found, x.p, &b);
    json j;
    assert_int_equal(json_read(buf_view(&b), NULL, x.mem, &j, NULL), JSON_FAULT_NONE);
    assert_int_equal(j.n, 5);
    assert_true(str_is(json_str(&j.item[0], "rule"), "R1"));
    assert_true(str_is(json_str(&j.item[0], "field"), "words"));
    assert_true(str_is(json_str(&j.item[4], "message"), "c \"d\""));
    assert_int_equal(json_get(&j.item[4], "field")->kind, JSON_NULL);
    assert_int_equal(json_get(&j.item[2], "hard")->kind, JSON_FALSE);
    buf_free(&b);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing),
        cmocka_unit_test(lengths),
        cmocka_unit_test(lists),
        cmocka_unit_test(loops),
        cmocka_unit_test(endings),
        cmocka_unit_test(speaks_the_language),
        cmocka_unit_test(findings_are_kept_once_and_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* schema_test.c: schemas of replies, @fields lines, values from and to JSON and text. */
#include "plan_fixture.h"

static const char yaml[] =
    HEAD "attributes: {age: {number: 1..9}}\n"
         "facets:\n"
         "  one:\n"
         "    fields:\n"
         "      letter: {text: {words: 110..240, paragraphs: 1}}\n"
         "      short: {text: {words: 80.., lines: ..1, sentences: 1..2}, hint: say it}\n"
         "      mood: {choice: [calm, tense, cheerful], labels: {calm: quite calm}}\n"
         "      level: {choice: [1, 2, 3]}\n"
         "      years: {number: 5..19, unit: years}\n"
         "      share: {number: 0..1, step: 0.05}\n"
         "      sure: {flag: {}}\n"
         "      loves: {text: {words: 1..8}, list: 5}\n"
         "      tags: {choice: [a, b, c], list: 2..3}\n"
         "      inner: {title: {text: {chars: ..60}}, deep: {note: {text: {}}}}\n"
         "      line: {template: \"{{mood}}\"}\n"
         "      late: {text: {words: 1..3}, when: {age: 5..}}\n"
         "    prompt: \"x\\n---\\n{{@fields}}\\n\"\n";

typedef struct scene {
    population *p;
    arena *mem;
    record r;
    buf out;
} scene;

static scene open_scene(const char *text, int64_t age) {
    scene s = {.p = make(text), .mem = arena_new(0)};
    record_init(&s.r, s.p, s.mem);
    s.r.value[0] = (value){.kind = V_NUM, .num = age};
    return s;
}

static void close_scene(scene *s) {
    buf_free(&s->out);
    arena_free(s->mem);
    population_free(s->p);
}

static const char *text_of(scene *s) {
    const char *z = str_z(s->mem, buf_view(&s->out));
    buf_reset(&s->out);
    return z;
}

static void lines(void **state) {
    (void)state;
    scene s = open_scene(yaml, 5);
    field_lines(&(render_ctx){.rec = &s.r}, &s.out);
    assert_string_equal(text_of(&s),
                        "- \"letter\" (text, 110 to 240 words, 1 paragraph)\n"
                        "- \"short\" (text, at least 80 words, 1 to 2 sentences, at most 1 line): say it\n"
                        "- \"mood\" (one of: calm | tense | cheerful)\n"
                        "- \"level\" (one of: 1 | 2 | 3)\n"
                        "- \"years\" (number, 5 to 19 years)\n"
                        "- \"share\" (number, 0 to 1)\n"
                        "- \"sure\" (true or false)\n"
                        "- \"loves\" (list of 5, each: text, 1 to 8 words)\n"
                        "- \"tags\" (list of 2 to 3, each: one of: a | b | c)\n"
                        "- \"inner.title\" (text, at most 60 characters)\n"
                        "- \"inner.deep.note\" (text)\n"
                        "- \"late\" (text, 1 to 3 words)");
    close_scene(&s);
    char zh[3000];
    snprintf(zh, sizeof zh, "%slocale: zh\n", yaml);
    s = open_scene(zh, 1);
    bool *only = arena_new_of(s.mem, bool, s.p->leaves);
    only[leaf_of(s.p, "letter")] = only[leaf_of(s.p, "loves")] = only[leaf_of(s.p, "mood")] =
        only[leaf_of(s.p, "late")] = true;
    field_lines(&(render_ctx){.rec = &s.r, .only = only}, &s.out);
    assert_string_equal(text_of(&s), "- \"letter\" (文字, 110 到 240 词, 1 段)\n"
                                     "- \"mood\" (任选其一：calm | tense | cheerful)\n"
                                     "- \"loves\" (列表，5，每项：文字, 1 到 8 词)");
    close_scene(&s);
}

static void schemas(void **state) {
    (void)state;
    scene s = open_scene(yaml, 1);
    facet_schema(s.p, 0, &s.r, NULL, false, NULL, &s.out);
    assert_string_equal(
        text_of(&s),
        "{\"type\":\"object\",\"properties\":{\"letter\":{\"type\":\"string\"},\"short\":{\"type\":\"string\"},"
        "\"mood\":{\"type\":\"string\",\"enum\":[\"calm\",\"tense\",\"cheerful\"]},\"level\":{\"type\":"
        "\"integer\",\"enum\":["
        "1,2,3]},\"years\":{\"type\":\"integer\"},\"share\":{\"type\":\"number\"},\"sure\":{\"type\":"
        "\"boolean\"},"
        "\"loves\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"tags\":{\"type\":\"array\",\"items\":"
        "{\"type\":"
        "\"string\",\"enum\":[\"a\",\"b\",\"c\"]}},\"inner\":{\"type\":\"object\",\"properties\":{\"title\":{"
        "\"type\":\"string\"},"
        "\"deep\":{\"type\":\"object\",\"properties\":{\"note\":{\"type\":\"string\"}},\"required\":[\"note\"],"
        "\"additionalProperties\":false}},\"required\":[\"title\",\"deep\"],\"additionalProperties\":false}},"
        "\"required\":[\"letter\",\"short\",\"mood\",\"level\",\"years\",\"share\",\"sure\",\"loves\",\"tags\","
        "\"inner\"],"
        "\"additionalProperties\":false}");
    bool *only = arena_new_of(s.mem, bool, s.p->leaves);
    only[leaf_of(s.p, "letter")] = only[leaf_of(s.p, "tags")] = only[leaf_of(s.p, "share")] = true;
    only[leaf_of(s.p, "title")] = only[leaf_of(s.p, "late")] = true;
    facet_schema(s.p, 0, &s.r, only, true, NULL, &s.out);
    assert_string_equal(text_of(&s), "{\"type\":\"object\",\"properties\":{\"letter\":{\"type\":\"string\","
                                     "\"minLength\":660,\"maxLength\":3360},\"share\":{\"type\":\"number\","
                                     "\"minimum\":0,\"maximum\":1},\"tags\":{\"type\":\"array\",\"items\":{"
                                     "\"type\":\"string\",\"enum\":[\"a\",\"b\",\"c\"]},"
                                     "\"minItems\":2,\"maxItems\":3},\"inner\":{\"type\":\"object\","
                                     "\"properties\":{\"title\":{\"type\":\"string\","
                                     "\"maxLength\":120}},\"required\":[\"title\"],\"additionalProperties\":"
                                     "false}},\"required\":[\"letter\",\"share\","
                                     "\"tags\",\"inner\"],\"additionalProperties\":false}");
    uint32_t *least = arena_new_of(s.mem, uint32_t, s.p->leaves);
    least[leaf_of(s.p, "letter")] = 701;
    least[leaf_of(s.p, "title")] = 20;
    facet_schema(s.p, 0, &s.r, only, true, least, &s.out);
    json j;
    assert_int_equal(json_read(buf_view(&s.out), NULL, s.mem, &j, NULL), JSON_FAULT_NONE);
    const json *properties = json_get(&j, "properties");
    int64_t letter, title;
    assert_true(json_i64(json_get(properties, "letter"), "minLength", &letter));
    assert_true(json_i64(json_get(json_get(json_get(properties, "inner"), "properties"), "title"), "minLength",
                         &title));
    assert_int_equal(letter, 750);
    assert_int_equal(title, 50);
    close_scene(&s);
}

static void judge_schemas(void **state) {
    (void)state;
    scene s = open_scene(yaml, 1);
    str rule[] = {STR("J1"), STR("J\"2")};
    uint32_t leaf[] = {leaf_of(s.p, "letter"), leaf_of(s.p, "title")};
    judge_schema(s.p, rule, 2, leaf, 2, &s.out);
    json j;
    assert_int_equal(json_read(buf_view(&s.out), NULL, s.mem, &j, NULL), JSON_FAULT_NONE);
    const json *item =
        json_get(json_get(json_get(json_get(&j, "properties"), "findings"), "items"), "properties");
    assert_true(str_is(json_get(json_get(item, "rule"), "enum")->item[1].text, "J\"2"));
    assert_true(str_is(json_get(json_get(item, "field"), "enum")->item[1].text, "inner.title"));
    close_scene(&s);
}

/* ---- values ---------------------------------------------------------------------------------------------- */

/* Reads JSON as the field's value; prints it as JSON, or what is wrong. */
static const char *read_as(scene *s, const char *path, const char *text) {
    json j;
    value v;
    assert_int_equal(json_read(str_of(text), NULL, s->mem, &j, NULL), JSON_FAULT_NONE);
    const node *n = node_find(s->p, str_of(path));
    const char *wrong = value_read(n, &j, s->mem, &v);
    if (wrong) {
        assert_int_equal(v.kind, V_NONE);
        return wrong;
    }
    value_json(&s->out, n, &v);
    return text_of(s);
}

static void values_from_replies(void **state) {
    (void)state;
    scene s = open_scene(yaml, 1);
    assert_string_equal(read_as(&s, "letter", "\" Dear you.\\n\""), "\"Dear you.\"");
    assert_string_equal(read_as(&s, "letter", "\" \""), "is empty");
    assert_string_equal(read_as(&s, "letter", "7"), "must be a text in quotes");
    assert_string_equal(read_as(&s, "mood", "\"tense\""), "\"tense\"");
    assert_string_equal(read_as(&s, "mood", "\"quite calm\""), "\"calm\"");
    assert_string_equal(read_as(&s, "mood", "\"CHEERFUL\""), "\"cheerful\"");
    assert_string_equal(read_as(&s, "mood", "\"angry\""), "\"angry\" is none of: calm | tense | cheerful");
    assert_string_equal(read_as(&s, "level", "2"), "2");
    assert_string_equal(read_as(&s, "level", "\"3\""), "3");
    assert_string_equal(read_as(&s, "level", "4"), "4 is none of: 1 | 2 | 3");
    assert_string_equal(read_as(&s, "years", "7"), "7");
    assert_string_equal(read_as(&s, "years", "\"7\""), "7");
    assert_string_equal(read_as(&s, "years", "7.0"), "7");
    assert_string_equal(read_as(&s, "years", "7.5"), "7.5 is not a multiple of 1");
    assert_string_equal(read_as(&s, "years", "20"), "20 is outside 5 to 19");
    assert_string_equal(read_as(&s, "years", "\"seven\""), "must be a number, not \"seven\"");
    assert_string_equal(read_as(&s, "share", "0.35"), "0.35");
    assert_string_equal(read_as(&s, "share", "0.36"), "0.36 is not a multiple of 0.05");
    assert_string_equal(read_as(&s, "sure", "true"), "true");
    assert_string_equal(read_as(&s, "sure", "\"No\""), "false");
    assert_string_equal(read_as(&s, "sure", "1"), "must be true or false, not 1");
    assert_string_equal(read_as(&s, "tags", "[\"b\",\"a\"]"), "[\"b\",\"a\"]");
    assert_string_equal(read_as(&s, "tags", "[\"b\",\"b\"]"), "lists \"b\" twice");
    assert_string_equal(read_as(&s, "tags", "\"b\""), "must be a list in square brackets");
    assert_string_equal(read_as(&s, "loves", "[]"), "[]");
    assert_string_equal(read_as(&s, "loves", "[\"x\",\"\"]"), "is empty");
    const char *cut = read_as(&s, "years", "\"ééééééééééééééééééééééééééééééééééééééééééééé\"");
    assert_true(text_valid(str_of(cut)) && strlen(cut) < 100 && strstr(cut, "..."));
    close_scene(&s);
    char zh[3000];
    snprintf(zh, sizeof zh, "%slocale: zh-CN\n", yaml);
    s = open_scene(zh, 1);
    assert_string_equal(read_as(&s, "years", "20"), "20 超出 5 到 19 的范围");
    assert_string_equal(read_as(&s, "sure", "\"是\""), "true");
    close_scene(&s);
}

static void values_printed(void **state) {
    (void)state;
    scene s = open_scene(yaml, 1);
    const node *years = node_find(s.p, STR("years")), *tags = node_find(s.p, STR("tags"));
    value v = {.kind = V_NUM, .num = 7}, item[2] = {{.kind = V_NUM, .num = 2}, {.kind = V_NUM, .num = 0}};
    value list = {.kind = V_LIST, .n = 2, .item = item}, none = {.kind = V_NONE};
    value_print(&s.out, years, &v);
    assert_string_equal(text_of(&s), "7 years");
    value_print_raw(&s.out, years, &v);
    assert_string_equal(text_of(&s), "7");
    value_print(&s.out, tags, &list);
    assert_string_equal(text_of(&s), "c, a");
    value_json(&s.out, tags, &list);
    value_json(&s.out, tags, &none);
    assert_string_equal(text_of(&s), "[\"c\",\"a\"]null");
    value_print(&s.out, tags, &none);
    assert_string_equal(text_of(&s), "");
    value other = list;
    value two[2] = {item[0], item[0]};
    other.item = two;
    assert_true(value_same(&list, &list));
    assert_false(value_same(&list, &other));
    assert_false(value_same(&v, &none));
    close_scene(&s);
}

/* Whatever a text must have, its limits and the schema's own maxLength allow it; and words are no measure where
 * blanks do not part them. */
static void lengths_stay_within_limits(void **state) {
    (void)state;
    static const struct {
        const char *limits, *prompt, *locale;
        int64_t chars_most, least,
            least_wanting; /* 0: none is asked for; the last: where 230 more are wanted */
    } row[] = {
        {"words: 40..100", "Write.", "en", INT64_MAX, 240, 250},
        {"words: 1..3", "Write.", "en", INT64_MAX, 0, 0},
        {"words: 20..20", "Write.", "en", INT64_MAX, 80, 250},
        {"chars: 90..260", "Write.", "en", 260, 90, 250},
        {"chars: ..120", "Write.", "en", 120, 0, 0},
        {"sentences: 1", "Write.", "en", INT64_MAX, 0, 250},
        {"words: 80..120", "Write.", "ja", INT64_MAX, 80, 230},
        {"words: 80..120", "写一段话。", "en", INT64_MAX, 80, 230},
        {"words: 80..4294967294", "Write.", "en", INT64_MAX, 480, 480},
        {"chars: 90..260", "写。", "zh", 260, 90, 230},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        char text[600];
        snprintf(text, sizeof text,
                 HEAD
                 "locale: %s\nattributes: {age: {number: 1..9}}\nfacets: {one: {fields: {x: {text: {%s}}}, "
                 "prompt: \"%s\\n---\\n{{@fields}}\\n\"}}\n",
                 row[i].locale, row[i].limits, row[i].prompt);
        scene s = open_scene(text, 1);
        uint32_t *least = arena_new_of(s.mem, uint32_t, s.p->leaves);
        for (int wanting = 0; wanting < 2; wanting++) {
            least[leaf_of(s.p, "x")] = wanting ? 230 : 0;
            buf_reset(&s.out);
            facet_schema(s.p, 0, &s.r, NULL, true, least, &s.out);
            json j;
            int64_t lo = 0, hi = INT64_MAX;
            assert_int_equal(json_read(buf_view(&s.out), NULL, s.mem, &j, NULL), JSON_FAULT_NONE);
            json_i64(json_get(json_get(&j, "properties"), "x"), "minLength", &lo);
            json_i64(json_get(json_get(&j, "properties"), "x"), "maxLength", &hi);
            if (lo != (wanting ? row[i].least_wanting : row[i].least) || lo > hi || lo > row[i].chars_most)
                fail_msg("%s, %s: %lld to %lld", row[i].limits, row[i].locale, (long long)lo, (long long)hi);
        }
        close_scene(&s);
    }
}

static void note_text(void *arg, str text) {
    buf_str(arg, text);
    buf_char(arg, '|');
}

static void texts_of_the_population(void **state) {
    (void)state;
    scene s = open_scene(yaml, 1);
    population_texts(s.p, note_text, &s.out);
    const char *all = text_of(&s);
    const char *const words[] = {"say it", "quite calm", "years",
                                 "words|", "at least",   "Write these fields again"};
    for (size_t i = 0; i < COUNT_OF(words); i++) assert_non_null(strstr(all, words[i]));
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(schemas),
        cmocka_unit_test(judge_schemas),
        cmocka_unit_test(values_from_replies),
        cmocka_unit_test(values_printed),
        cmocka_unit_test(texts_of_the_population),
        cmocka_unit_test(lengths_stay_within_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

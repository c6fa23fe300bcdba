/* template_test.c: templates and prompts: what is printed, which lines are dropped, what P12 refuses. */
#include "plan_fixture.h"

static const char yaml[] =
    HEAD "locale: en\n"
         "attributes:\n"
         "  who:\n"
         "    name: {choice: [ada_b], label: first name}\n"
         "    age: {number: {37: 1}, unit: years}\n"
         "    tall: {flag: 1}\n"
         "    secret: {choice: [hidden_thing], hide: true}\n"
         "  tastes:\n"
         "    label: likes\n"
         "    music: {choice: [jazz, folk], list: 2}\n"
         "    none_yet: {choice: [a], when: {who.age: 1..9}}\n"
         "  height: {number: {1.75: 1}, step: 0.01, unit: m}\n"
         "  nick: {template: \"{{who.name|value}}/{{who.age|value}}\"}\n"
         "facets:\n"
         "  one:\n"
         "    fields: {mood: {choice: [calm, tense]}, letter: {text: {words: 5..9, paragraphs: 1}, hint: to a "
         "friend}}\n"
         "    prompt: \"Hello.\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"\n"
         "  two:\n"
         "    needs: [one]\n"
         "    fields: {title: {text: {chars: ..40, lines: 1}}, line: {template: \"{{title}} ({{mood}})\"}}\n"
         "    prompt: \"x\\n---\\n{{letter}}{{@draft}}\\n{{@fields}}\\n\"\n";

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    record r;
    buf out;
} scene;

static scene open_scene(const char *text) {
    scene s = {.p = make(text), .mem = arena_new(0)};
    s.pl = plan_of(s.p, 3, 1);
    draw_into(s.pl, 2, 0, &s.r, s.mem);
    return s;
}

static void close_scene(scene *s) {
    buf_free(&s->out);
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static const char *printed(scene *s, const char *text) {
    diags d;
    diags_init(&d);
    const template *t = compile_template(s->p, str_of(text), NULL, &d);
    if (!t) show(&d);
    assert_non_null(t);
    diags_free(&d);
    buf_reset(&s->out);
    template_render(t,
                    &(render_ctx){.rec = &s->r,
                                  .facet = NO_FACET,
                                  .findings = STR("- f"),
                                  .avoid = STR("oak"),
                                  .rules = STR("R1: x")},
                    &s->out);
    return str_z(s->mem, buf_view(&s->out));
}

static void forms(void **state) {
    (void)state;
    scene s = open_scene(yaml);
    assert_string_equal(printed(&s, "{{who.name}}, {{ age }}, {{tall}}"), "ada b, 37 years, yes");
    assert_string_equal(printed(&s, "{{who.name|value}} {{age|value}} {{tall|value}} {{height}}"),
                        "ada_b 37 true 1.75 m");
    assert_string_equal(printed(&s, "{{who.name|label}}: {{music|json}} {{age|json}}"),
                        s.r.value[leaf_of(s.p, "music")].item[0].num ? "first name: [\"folk\",\"jazz\"] 37"
                                                                     : "first name: [\"jazz\",\"folk\"] 37");
    assert_string_equal(printed(&s, "{{who|lines}}"), "- first name: ada b\n- age: 37 years\n- tall: yes");
    assert_string_equal(printed(&s, "{{who}}"), "first name: ada b; age: 37 years; tall: yes");
    assert_string_equal(printed(&s, "{{who|json}}"),
                        "{\"name\":\"ada_b\",\"age\":37,\"tall\":true,\"secret\":\"hidden_thing\"}");
    assert_string_equal(printed(&s, "{{secret}}"), "hidden thing");
    assert_string_equal(
        printed(&s, "\\{{age}} {x} }} {{@name}} {{@locale}} {{@slot}} {{@findings}} {{@avoid}} {{@rules}}"),
        "{{age}} {x} }} test en 000000002 - f oak R1: x");
    assert_string_equal(printed(&s, "{{nick}}"), "ada_b/37");
    close_scene(&s);
}

static void lines_without_value_are_dropped(void **state) {
    (void)state;
    scene s = open_scene(yaml);
    assert_string_equal(printed(&s, "a\nb {{none_yet?}} c {{age}}\nd\n"), "a\nd\n");
    assert_string_equal(printed(&s, "{{none_yet?}}"), "");
    assert_string_equal(printed(&s, "{{none_yet?}}\nx"), "x");
    assert_string_equal(printed(&s, "x\n{{who|lines}} {{none_yet?}}\n"),
                        "x\n"); /* with all lines that it shows */
    assert_string_equal(printed(&s, "{{who.name?}} {{none_yet|json}}\n"), "ada b null\n");
    assert_string_equal(printed(&s, "a {{none_yet}} b\n"), "a  b\n");
    assert_string_equal(printed(&s, "{{none_yet|label}}:\n{{none_yet?|label}}!\n"), "none yet:\n");
    close_scene(&s);
}

static void attributes_by_section(void **state) {
    (void)state;
    scene s = open_scene(yaml);
    const char *music = s.r.value[leaf_of(s.p, "music")].item[0].num ? "folk, jazz" : "jazz, folk";
    char want[300];
    snprintf(
        want, sizeof want,
        "height: 1.75 m; nick: ada_b/37\nwho: first name: ada b; age: 37 years; tall: yes\nlikes: music: %s",
        music);
    assert_string_equal(printed(&s, "{{@attributes}}"), want);
    close_scene(&s);
}

static void prompts_in_two_parts(void **state) {
    (void)state;
    scene s = open_scene(yaml);
    render_ctx c = {.rec = &s.r, .facet = 0};
    prompt_system(s.p->facet[0].prompt, &c, &s.out);
    assert_string_equal(str_z(s.mem, buf_view(&s.out)),
                        "Hello.\n- \"mood\" (one of: calm | tense)\n- \"letter\" (text, 5 to 9 words, 1 "
                        "paragraph): to a friend\n");
    s.r.value[leaf_of(s.p, "mood")] = (value){.kind = V_NUM, .num = 1};
    s.r.value[leaf_of(s.p, "letter")] = (value){.kind = V_TEXT, .text = STR("Dear you")};
    buf_reset(&s.out);
    c.facet = 1;
    prompt_slot(s.p->facet[1].prompt, &c, &s.out);
    assert_string_equal(
        str_z(s.mem, buf_view(&s.out)),
        "Dear youmood: tense\nletter: Dear you\n- \"title\" (text, at most 40 characters, 1 line)\n");
    s.r.value[leaf_of(s.p, "title")] = (value){.kind = V_TEXT, .text = STR("T")};
    facet_templates(s.p, 1, &s.r);
    assert_int_equal(s.r.value[leaf_of(s.p, "line")].kind, V_TEXT);
    assert_true(str_is(s.r.value[leaf_of(s.p, "line")].text, "T (tense)"));
    close_scene(&s);
}

/* What a section shows in a facet's prompt does not depend on what else has been written by then. */
static void prompts_show_only_needs(void **state) {
    (void)state;
    scene s = open_scene(
        HEAD
        "attributes: {age: {number: 1..9}}\n"
        "facets:\n"
        "  one: {fields: {part: {a: {text: {}}, b: {choice: [x, y]}}}, prompt: \"s\\n---\\n{{@fields}}\"}\n"
        "  two: {fields: {t: {text: {}}}, prompt: \"s\\n---\\n[{{part}}|{{part|json}}] {{@fields}}\"}\n"
        "  three: {needs: [one], fields: {u: {text: {}}}, prompt: "
        "\"s\\n---\\n[{{part}}|{{part|json}}]\\n{{@draft}}\\n"
        "{{@fields}}\"}\n");
    s.r.value[leaf_of(s.p, "part.a")] = (value){.kind = V_TEXT, .text = STR("A")};
    s.r.value[leaf_of(s.p, "t")] = (value){.kind = V_TEXT, .text = STR("T")};
    prompt_slot(s.p->facet[1].prompt, &(render_ctx){.rec = &s.r, .facet = 1}, &s.out);
    assert_string_equal(str_z(s.mem, buf_view(&s.out)), "[|{\"a\":null,\"b\":null}] - \"t\" (text)");
    buf_reset(&s.out);
    prompt_slot(s.p->facet[2].prompt, &(render_ctx){.rec = &s.r, .facet = 2}, &s.out);
    assert_string_equal(str_z(s.mem, buf_view(&s.out)),
                        "[a: A|{\"a\":\"A\",\"b\":null}]\na: A\n- \"u\" (text)");
    close_scene(&s);
}

static void built_in_texts(void **state) {
    (void)state;
    static const char *const locales[] = {"en", "zh", "fr", "zh-TW"};
    static const char *const words[] = {"Rules:", "规则：", "Rules:", "规则："};
    for (size_t i = 0; i < COUNT_OF(locales); i++) {
        char text[2000];
        snprintf(text, sizeof text, "%.*slocale: %s%s", (int)strlen(HEAD), yaml, locales[i],
                 yaml + strlen(HEAD "locale: en"));
        scene s = open_scene(text);
        diags d;
        diags_init(&d);
        const prompt *pr = prompt_judge_default(s.p, &d);
        assert_non_null(pr);
        render_ctx c = {.rec = &s.r,
                        .facet = NO_FACET,
                        .rules = STR("J1: the rule"),
                        .findings = STR("- letter: too long"),
                        .avoid = STR("the oak")};
        prompt_system(pr, &c, &s.out);
        const char *got = str_z(s.mem, buf_view(&s.out));
        assert_non_null(strstr(got, words[i]));
        assert_non_null(strstr(got, "J1: the rule"));
        assert_non_null(strstr(got, "{\"findings\": []}"));
        buf_reset(&s.out);
        prompt_slot(pr, &c, &s.out);
        assert_non_null(strstr(str_z(s.mem, buf_view(&s.out)), "37"));
        buf_reset(&s.out);
        bool *only = arena_new_of(s.mem, bool, s.p->leaves);
        only[leaf_of(s.p, "letter")] = true;
        c.facet = 0;
        c.only = only;
        template_render(s.p->revise, &c, &s.out);
        got = str_z(s.mem, buf_view(&s.out));
        assert_non_null(strstr(got, "- letter: too long"));
        assert_non_null(strstr(got, "- \"letter\""));
        assert_null(strstr(got, "- \"mood\""));
        buf_reset(&s.out);
        template_render(s.p->avoid, &c, &s.out);
        assert_non_null(strstr(str_z(s.mem, buf_view(&s.out)), "the oak"));
        diags_free(&d);
        close_scene(&s);
    }
}

static uint32_t marks(const char *text) {
    uint32_t n = 0;
    for (; *text; text++) n += *text == '%';
    return n;
}

static void books_are_complete(void **state) {
    (void)state;
    uint8_t en = phrase_language(STR("en")), zh = phrase_language(STR("zh"));
    assert_int_not_equal(en, zh);
    assert_int_equal(phrase_language(STR("fr")), en);
    for (phrase ph = 0; ph < PHRASE_COUNT; ph++) {
        assert_true(*phrase_in(en, ph) && *phrase_in(zh, ph));
        if (ph != PHRASE_EXACTLY) assert_string_not_equal(phrase_in(en, ph), phrase_in(zh, ph));
        assert_int_equal(marks(phrase_in(en, ph)), marks(phrase_in(zh, ph)));
    }
    buf b = {0};
    phrase_put(&b, en, PHRASE_RANGE, (str[]){STR("1"), STR("2"), STR("%u")}, 3);
    assert_int_equal(b.n, strlen("1 to 2 %u"));
    buf_free(&b);
}

/* No bytes between braces crash the reader, and what it takes it can print. */
static void any_bytes(void **state) {
    (void)state;
    static const char *const parts[] = {"{{",    "}}",      "{", "\\", "who", ".age", "?",   "|",
                                        "lines", "@fields", "@", "\n", " ",   ">",    "nick"};
    scene s = open_scene(yaml);
    buf text = {0};
    uint32_t taken = 0;
    for (uint64_t i = 0; i < 3000; i++) {
        diags d;
        diags_init(&d);
        buf_reset(&text);
        for (uint64_t k = 0; k < 9; k++)
            buf_z(&text, parts[rng_below(rng_u64(1, i, k, 0, 0), COUNT_OF(parts))]);
        const template *t = compile_template(s.p, buf_view(&text), NULL, &d);
        assert_int_equal(!t, d.errors > 0);
        buf_reset(&s.out);
        if (t) template_render(t, &(render_ctx){.rec = &s.r, .facet = 0}, &s.out);
        taken += t != NULL;
        diags_free(&d);
    }
    assert_in_range(taken, 100, 2900);
    buf_free(&text);
    close_scene(&s);
}

static void ids(void **state) {
    (void)state;
    scene s = open_scene(yaml);
    hash128 run = run_hash(s.p->hash, 5);
    char hex[33];
    hash_hex(run, hex);
    record_id(s.p, run, 42, &s.out);
    assert_memory_equal(s.out.p, hex, 8);
    assert_string_equal(str_z(s.mem, buf_view(&s.out)) + 8, "-000000042");
    assert_false(hash_eq(run, run_hash(s.p->hash, 6)));
    close_scene(&s);
    char text[2000];
    snprintf(text, sizeof text, "%soutput: {id: \"{{@name}}:{{@slot}}\"}\n", yaml);
    s = open_scene(text);
    record_id(s.p, run, 7, &s.out);
    assert_string_equal(str_z(s.mem, buf_view(&s.out)), "test:000000007");
    close_scene(&s);
}

/* ---- P12 ------------------------------------------------------------------------------------------------- */

/* A population with this prompt for the facet `two`, which needs `one`; and what is wrong with it. */
static void refused(const char *prompt_text, diag_code code, const char *words) {
    char text[3000];
    snprintf(text, sizeof text,
             HEAD
             "attributes: {age: {number: 1..9}, job: {choice: [a, b], when: {age: 5..}}, pets: {choice: [x, "
             "y], list: 0..2}}\n"
             "facets:\n"
             "  one: {fields: {mood: {choice: [calm, tense]}}, prompt: \"{{@fields}}\\n---\\nx\"}\n"
             "  two: {needs: [one], when: {age: 6..}, fields: {b: {text: {words: 1..9}}}, prompt: \"%s\"}\n"
             "  three: {fields: {c: {text: {}}, d: {text: {}, when: {age: 1}}}, prompt: "
             "\"x\\n---\\n{{@fields}}\"}\n",
             prompt_text);
    diags d;
    population *p = load_text(text, &d);
    if (!words) {
        if (d.errors) show(&d);
        assert_int_equal(d.errors, 0);
    } else {
        diags_sort(&d);
        if (!d.errors || d.row[0].code != code) show(&d);
        assert_true(d.errors > 0);
        assert_int_equal(d.row[0].code, code);
        size_t at;
        if (!str_find(d.row[0].text, str_of(words), &at)) show(&d);
        assert_true(str_find(d.row[0].text, str_of(words), &at));
    }
    population_free(p);
    diags_free(&d);
}

static void prompts_are_linted(void **state) {
    (void)state;
    refused("{{@fields}}\\n---\\n{{age}} {{job}} {{mood}} {{pets?}}\\n{{@draft}}", 0, NULL);
    refused("{{@fields}}\\n", DIAG_P12, "0");
    refused("{{@fields}}\\n---\\nx\\n---\\n", DIAG_P12, "2");
    refused("{{age}}\\n---\\n{{@fields}}", DIAG_P12, "above `---`");
    refused("{{@slot}}\\n---\\n{{@fields}}", DIAG_P12, "@slot");
    refused("{{@attributes}}\\n---\\n{{@fields}}", DIAG_P12, "@attributes");
    refused("x\\n---\\n{{@fields}} {{@nonsense}}", DIAG_P12, "@nonsense");
    refused("x\\n---\\n{{@fields}} {{@avoid}}", DIAG_P12, "@avoid");
    refused("x\\n---\\n{{@fields}} {{c}}", DIAG_P12, "`c`");
    refused("x\\n---\\n{{@fields}} {{b}}", DIAG_P12, "`b`");
    refused("x\\n---\\n{{@fields}} {{pets}}", DIAG_P12, "may have no value");
    refused("x\\n---\\n{{@fields}} {{pets|value}}", DIAG_P12, "may have no value");
    refused("x\\n---\\n{{@fields}} {{pets|label}}: {{pets?|lines}}", 0, NULL);
    refused("x\\n---\\n{{@fields}} {{b|label}}", DIAG_P12, "`b`");
    refused("x\\n---\\n{{@fields}} {{nobody}}", DIAG_P04, "nobody");
    refused("x\\n---\\n{{@fields}} {{age|upper}}", DIAG_P12, "upper");
    refused("x\\n---\\n{{@fields}} {{age", DIAG_P12, "without `}}`");
    refused("x\\n---\\n{{@fields}} {{a b}}", DIAG_P12, "REF");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(lines_without_value_are_dropped),
        cmocka_unit_test(attributes_by_section),
        cmocka_unit_test(prompts_in_two_parts),
        cmocka_unit_test(prompts_show_only_needs),
        cmocka_unit_test(built_in_texts),
        cmocka_unit_test(books_are_complete),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(ids),
        cmocka_unit_test(prompts_are_linted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

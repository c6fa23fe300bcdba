/* out_card_test.c: cards: what stands on them and where, that they keep to their width, and that nothing on
 * them is obeyed. */
#include "out/card_parts.h"
#include "out_fixture.h"

#define OUTPUT "output: {columns: [person.sex, school.grade], narrative: [motto, portrait]}\n"

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    record r;
    json row;
} scene;

static void row_make(scene *s, str findings) {
    buf b = {0};
    provenance pv = out_provenance(&s->r);
    pv.findings = findings;
    row_render(&s->r, run_hash(s->p->hash, 1), &pv, &b);
    str line = str_dup(s->mem, buf_view(&b));
    assert_int_equal(json_read(line, NULL, s->mem, &s->row, NULL), JSON_FAULT_NONE);
    buf_free(&b);
}

static scene scene_open(const char *yaml, uint64_t slot) {
    scene s = {.p = out_population(yaml), .mem = arena_new(0)};
    s.pl = out_plan(s.p, 40);
    out_record(s.pl, s.p, slot, 0, s.mem, &s.r);
    row_make(&s, STR(""));
    return s;
}

static void scene_close(scene *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static str card_of(scene *s, uint32_t columns, bool color) {
    buf b = {0};
    card_render(s->p, &s->r, &s->row, columns, color, &b);
    str card = str_dup(s->mem, buf_view(&b));
    buf_free(&b);
    return card;
}

static str wrapped(arena *mem, const char *text, uint32_t columns) {
    buf safe = {0}, b = {0};
    card_clean(str_of(text), &safe);
    card_wrap(buf_view(&safe), 0, 0, columns, &b);
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    buf_free(&safe);
    return s;
}

static size_t place(str card, const char *part) {
    size_t at = 0;
    if (!str_find(card, str_of(part), &at)) print_message("no `%s` in\n" STR_FMT "\n", part, STR_ARG(card));
    assert_true(str_find(card, str_of(part), &at));
    return at;
}

static void what_stands_where(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT), 4);
    row_make(&s, STR("[{\"rule\":\"T2\",\"field\":\"portrait\",\"message\":\"names no "
                     "street\",\"hint\":\"\",\"hard\":false}]"));
    str card = card_of(&s, 76, false);
    buf name = {0};
    value_print(&name, node_find(s.p, STR("given_name")), &s.r.value[node_find(s.p, STR("given_name"))->leaf]);
    buf_char(&name, ' ');
    value_print(&name, node_find(s.p, STR("family_name")),
                &s.r.value[node_find(s.p, STR("family_name"))->leaf]);
    assert_true(str_starts(card, str_z(s.mem, buf_view(&name))));
    buf_free(&name);
    str line, rest;
    assert_true(str_cut(card, '\n', &line, &rest));
    assert_true(str_ends(line, str_z(s.mem, json_str(&s.row, "id"))));
    assert_int_equal(text_columns(line), 76);
    static const char *const order[] = {"\n────",
                                        "\nsex: ",
                                        " · grade: ",
                                        "\nperson\n",
                                        "\n  age       ",
                                        "\nschool · best marks\n",
                                        "\n  maths     ",
                                        "\ntwin        ",
                                        "\nmood        ",
                                        "\nup early    ",
                                        "\nhome\n",
                                        "\n  street    Ropewalk",
                                        "\nportrait\n  Number 4 says \"hello\"",
                                        "\n\n  At dusk",
                                        "\nwhat they like\n  • the smell of tar\n  • plain bread\n",
                                        "\n\nT2, portrait: names no street\n"};
    for (size_t i = 1; i < COUNT_OF(order); i++) assert_true(place(card, order[i - 1]) < place(card, order[i]));
    assert_false(holds_text(card, "secret"));
    assert_false(holds_text(card, "given name"));
    place(card, " years\n");
    scene_close(&s);
}

static void columns_go_by_their_own_names(void **state) {
    (void)state;
    scene s = scene_open(
        OUT_YAML("output: {columns: {sex_at_birth: person.sex, class: school.grade, riser: early}}\n"), 4);
    str card = card_of(&s, 76, false);
    place(card, "\nsex at birth: ");
    place(card, " · class: ");
    place(card, " · up early: ");
    assert_false(holds_text(card, "riser"));
    scene_close(&s);
}

static void a_label_says_what_a_name_is(void **state) {
    (void)state;
    scene s = scene_open(
        "populace: 1\nname: bare\nlocale: zh\nattributes: {xingming: {choice: [王芳], label: 姓名}}\n"
        "facets: {f: {fields: {portrait: {text: {}}, mood: {choice: [calm, tense]}, sleeps: {number: "
        "4..12, step: 0.5}, early: {flag: {}},\n  likes: {text: {}, list: 2..3}, home: {street: {text: {}}, "
        "rooms: {number: 1..9}}, motto: {text: {}}},\n  prompt: \"x\\n---\\n{{xingming}}\\n\"}}\n",
        1);
    assert_true(str_starts(card_of(&s, 60, false), "王芳 "));
    scene_close(&s);
}

static void without_a_name_the_id_comes_first(void **state) {
    (void)state;
    scene s = scene_open(
        "populace: 1\nname: bare\nattributes: {a: {choice: [x]}, b: {choice: [y], hide: true}}\n"
        "facets: {f: {fields: {portrait: {text: {}}, mood: {choice: [calm, tense]}, sleeps: {number: 4..12, "
        "step: 0.5},\n"
        "  early: {flag: {}}, likes: {text: {}, list: 2..3}, home: {street: {text: {}}, rooms: {number: "
        "1..9}},\n"
        "  motto: {text: {}, hide: true}}, prompt: \"x\\n---\\n{{b}}\\n\"}}\noutput: {narrative: motto}\n",
        1);
    str card = card_of(&s, 60, false);
    assert_true(str_starts(card, str_z(s.mem, json_str(&s.row, "id"))));
    /* hidden, but the narrative all the same: shown, and last */
    assert_true(str_ends(card, "\nmotto\n  Two of us.\n"));
    scene_close(&s);
}

static void lines_keep_to_the_width(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT), 7);
    s.r.value[node_find(s.p, STR("portrait"))->leaf] =
        (value){.kind = V_TEXT,
                .text = STR("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft "
                            "四月的晨光穿过窗棂，落在她摊开的笔记本上。“我们走吧”，她说。 e\xcc\x81te\xcc\x81 "
                            "x y z\n- a list\n- of two")};
    for (uint32_t columns = 24; columns < 130; columns++) {
        str rest = card_of(&s, columns, false), line;
        while (rest.n) {
            str_cut(rest, '\n', &line, &rest);
            if (text_columns(line) > columns) print_message("%u: " STR_FMT "\n", columns, STR_ARG(line));
            assert_true(text_columns(line) <= columns);
            assert_false(str_ends(line, " "));
        }
    }
    assert_true(str_eq(card_of(&s, 0, false), card_of(&s, 80, false)));
    assert_true(str_eq(card_of(&s, 5, false), card_of(&s, 24, false)));
    scene_close(&s);
}

static void a_name_stands_as_its_script_has_it(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT), 4);
    s.r.value[node_find(s.p, STR("given_name"))->leaf] = (value){.kind = V_TEXT, .text = STR("小明")};
    s.r.value[node_find(s.p, STR("family_name"))->leaf] = (value){.kind = V_TEXT, .text = STR("王")};
    assert_true(str_starts(card_of(&s, 80, false), "王小明  "));
    scene_close(&s);
}

/* Labels and ids come from a file too, and may be as long as anything. */
static void long_labels_keep_to_it_too(void **state) {
    (void)state;
    scene s = scene_open("populace: 1\nname: bare\nattributes:\n"
                         "  name: {choice: [Wolfeschlegelsteinhausenbergerdorff_of_the_many_letters]}\n"
                         "  a: {choice: [x_as_in_something_quite_long], label: the first of a great many "
                         "letters and then some}\n"
                         "  b: {label: a section that has too much to say of itself, c: {choice: [y_y], label: "
                         "the second of a great many letters}}\n"
                         "  d: {choice: [y], label: dd}\n"
                         "facets: {f: {fields: {portrait: {text: {}, label: what can be seen from the other "
                         "side of the street}, mood: {choice: [calm, tense]},\n"
                         "  sleeps: {number: 4..12, step: 0.5}, early: {flag: {}}, likes: {text: {}, list: "
                         "2..3}, home: {street: {text: {}}, rooms: {number: 1..9}},\n"
                         "  motto: {text: {}, hide: true}}, prompt: \"x\\n---\\n{{d}}\\n\"}}\noutput: "
                         "{columns: [a, d], narrative: motto}\n",
                         1);
    for (uint32_t columns = 24; columns < 90; columns++) {
        str rest = card_of(&s, columns, false), line;
        while (rest.n) {
            str_cut(rest, '\n', &line, &rest);
            if (text_columns(line) > columns) print_message("%u: " STR_FMT "\n", columns, STR_ARG(line));
            assert_true(text_columns(line) <= columns);
        }
    }
    scene_close(&s);
}

static void lines_break_where_they_may(void **state) {
    (void)state;
    arena *mem = arena_new(0);
    assert_true(str_is(wrapped(mem, "one two  three", 9), "one two\nthree"));
    assert_true(str_is(wrapped(mem, "abcdefgh ij", 4), "abcd\nefgh\nij"));
    assert_true(str_is(wrapped(mem, "a\r\nb\rc\n\n\n\nd", 9), "a\nb\nc\n\nd"));
    assert_true(str_is(wrapped(mem, "  lead and trail  ", 40), "lead and trail"));
    assert_true(str_is(wrapped(mem, "", 40), ""));
    /* no closing sign begins a line, no opening one ends it */
    assert_true(str_is(wrapped(mem, "我们走吧，她说", 8), "我们走\n吧，她说"));
    assert_true(str_is(wrapped(mem, "他说：（好）", 8), "他说：\n（好）"));
    assert_true(str_is(wrapped(mem, "populace 人口统计", 12), "populace 人\n口统计"));
    arena_free(mem);
}

static void nothing_on_it_is_obeyed(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT), 4);
    static const char evil[] = "\033]0;title\007 \033[2J\x7f\xc2\x9b"
                               "31m \xe2\x80\xae"
                               "desrever \xef\xbb\xbf \xf3\xa0\x81\x81 \r\x08 \xe2\x81\xa6";
    value v = {.kind = V_TEXT, .text = {evil, sizeof evil - 1}};
    value *item = arena_new_of(s.mem, value, 1);
    *item = v;
    static const char *const path[] = {"portrait", "motto", "home.street", "greeting", "tag"};
    for (size_t i = 0; i < COUNT_OF(path); i++) s.r.value[node_find(s.p, str_of(path[i]))->leaf] = v;
    s.r.value[node_find(s.p, STR("likes"))->leaf] = (value){.kind = V_LIST, .n = 1, .item = item};
    assert_int_equal(json_read(STR("{\"id\":\"a\\u009b\",\"provenance\":{\"findings\":[{\"rule\":\"R\","
                                   "\"message\":\"\\u202e\\u009b\"}, 3]}}"),
                               NULL, s.mem, &s.row, NULL),
                     JSON_FAULT_NONE);
    str card = card_of(&s, 50, false);
    assert_true(text_valid(card));
    for (size_t at = 0; at < card.n;) {
        uint32_t c = text_next(card, &at);
        assert_false((c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0));
        assert_false((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF ||
                     c >= 0xE0000);
    }
    place(card, "␛[2J␡<U+009B>31m");
    place(card, "<U+202E>desrever");
    scene_close(&s);
}

/* Only bold, dim and their end; and without them the card is the same. */
static void color_changes_no_text(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT), 9);
    str plain = card_of(&s, 70, false), color = card_of(&s, 70, true);
    buf bare = {0};
    unsigned open = 0, begun = 0;
    for (size_t i = 0; i < color.n; i++) {
        str rest = str_part(color, i, color.n);
        bool end = str_starts(rest, "\033[0m"),
             begin = str_starts(rest, "\033[1m") || str_starts(rest, "\033[2m");
        if (!begin && !end) {
            assert_int_not_equal(color.p[i], 033);
            buf_char(&bare, color.p[i]);
            continue;
        }
        assert_int_equal(open, end);
        open = begin;
        begun += begin;
        i += 3;
    }
    assert_int_equal(open, 0);
    assert_true(begun > 10);
    assert_true(str_eq(buf_view(&bare), plain));
    buf_free(&bare);
    scene_close(&s);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, out_open, out_close)
    const struct CMUnitTest tests[] = {
        CASE(what_stands_where),
        CASE(columns_go_by_their_own_names),
        CASE(a_label_says_what_a_name_is),
        CASE(without_a_name_the_id_comes_first),
        CASE(lines_keep_to_the_width),
        CASE(long_labels_keep_to_it_too),
        CASE(a_name_stands_as_its_script_has_it),
        CASE(lines_break_where_they_may),
        CASE(nothing_on_it_is_obeyed),
        CASE(color_changes_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

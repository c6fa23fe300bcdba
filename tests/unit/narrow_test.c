/* `only` and `except` of what a facet writes: schemas and lines offer what is possible, findings say what is
 * not, and what may be named. */
#include "taxonomy/template.h"
#include "tests/unit/validators_kit.h"

#define NARROW                                                                                                 \
    "populace: 1\nname: club\ntypes: {way: {choice: [bus, bicycle, on_foot, car]}}\n"                          \
    "attributes:\n  age: {number: 5..19}\n  place: {choice: [town, village]}\n  way: {type: way}\n"            \
    "  levels: {choice: [1, 2, 3], list: 0..2}\n"                                                              \
    "facets:\n"                                                                                                \
    "  first:\n    fields:\n"                                                                                  \
    "      home_way: {type: way, except: [way], only: {car: {age: 18..}, bus: {not: {place: village}}}}\n"     \
    "      level: {choice: [1, 2, 3], except: [levels]}\n"                                                     \
    "      mood: {choice: [calm, tense]}\n"                                                                    \
    "      game: {choice: [chess, football], only: {football: {mood: tense}}}\n"                               \
    "      days: {list: 0..3, day: {choice: [mon, tue]}, sport: {choice: [a, b], only: {b: {days.day: "        \
    "tue}}}}\n"                                                                                                \
    "    prompt: \"{{@name}}\\n{{@fields}}\\n---\\n{{@fields}}\\n\"\n"                                         \
    "  second:\n    needs: [first]\n    fields:\n"                                                             \
    "      ways: {type: way, list: 1..3, except: [home_way, way]}\n"                                           \
    "    prompt: \"a\\n---\\n{{@fields}}\\n\"\n"

static rig open_club(void) {
    rig x;
    rig_open(&x, NARROW, "rules: {}\n");
    rig_set(&x, "age", "12");
    rig_set(&x, "place", "\"town\"");
    rig_set(&x, "way", "\"bicycle\"");
    return x;
}

static const char *schema_of(rig *x, uint16_t f) {
    buf b = {0};
    facet_schema(x->p, f, &x->rec, NULL, false, NULL, &b);
    const char *z = str_z(x->mem, buf_view(&b));
    buf_free(&b);
    return z;
}

static const char *prompt_of(rig *x, uint16_t f, bool system) {
    buf b = {0};
    render_ctx c = {.rec = &x->rec, .facet = f};
    if (system)
        prompt_system(x->p->facet[f].prompt, &c, &b);
    else
        prompt_slot(x->p->facet[f].prompt, &c, &b);
    const char *z = str_z(x->mem, buf_view(&b));
    buf_free(&b);
    return z;
}

static void schemas_offer_what_is_possible(void **state) {
    (void)state;
    rig x = open_club();
    assert_true(x.p->facet[0].narrows && x.p->facet[1].narrows && x.p->facet[0].fixed_fields);
    assert_non_null(
        strstr(schema_of(&x, 0), "\"home_way\":{\"type\":\"string\",\"enum\":[\"bus\",\"on_foot\"]}"));
    assert_non_null(
        strstr(schema_of(&x, 0), "\"game\":{\"type\":\"string\",\"enum\":[\"chess\",\"football\"]}"));
    assert_non_null(strstr(schema_of(&x, 0), "\"sport\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}"));
    assert_non_null(strstr(schema_of(&x, 0), "\"level\":{\"type\":\"integer\",\"enum\":[1,2,3]}"));
    rig_set(&x, "levels", "[1, 3]");
    assert_non_null(strstr(schema_of(&x, 0), "\"level\":{\"type\":\"integer\",\"enum\":[2]}"));
    rig_set(&x, "age", "18");
    rig_set(&x, "place", "\"village\"");
    assert_non_null(strstr(schema_of(&x, 0), "\"enum\":[\"on_foot\",\"car\"]"));
    rig_set(&x, "home_way", "\"on_foot\"");
    assert_non_null(strstr(schema_of(&x, 1), "\"items\":{\"type\":\"string\",\"enum\":[\"bus\",\"car\"]}"));
    rig_close(&x);
}

static void where_nothing_is_left_all_is_offered(void **state) {
    (void)state;
    rig x;
    rig_open(&x, NARROW, "rules: {}\n");
    x.rec.value[rig_node(&x, "levels")->leaf] = (value){
        .kind = V_LIST,
        .n = 3,
        .item = (value[]){{.kind = V_NUM, .num = 0}, {.kind = V_NUM, .num = 1}, {.kind = V_NUM, .num = 2}}};
    assert_non_null(strstr(schema_of(&x, 0), "\"level\":{\"type\":\"integer\",\"enum\":[1,2,3]}"));
    rig_set(&x, "level", "2");
    rig_check(&x);
    assert_true(str_is(rig_finding(&x, "level.except")->hint, ""));
    rig_close(&x);
}

static void lines_offer_it_below_the_line(void **state) {
    (void)state;
    rig x = open_club();
    const char *all = prompt_of(&x, 0, true);
    assert_non_null(strstr(all, "\"home_way\" (one of: bus | bicycle | on_foot | car)"));
    assert_non_null(strstr(prompt_of(&x, 0, false), "\"home_way\" (one of: bus | on_foot)"));
    rig_set(&x, "way", "\"car\"");
    assert_string_equal(prompt_of(&x, 0, true), all);
    assert_non_null(strstr(prompt_of(&x, 0, false), "\"home_way\" (one of: bus | bicycle | on_foot)"));
    rig_set(&x, "home_way", "\"bus\"");
    assert_non_null(strstr(prompt_of(&x, 1, false), "each: one of: bicycle | on_foot"));
    rig_close(&x);
}

static void findings_say_what_is_not(void **state) {
    (void)state;
    rig x = open_club();
    rig_objects(&x, "home_way.only", "home_way", "\"car\"", 1, "choose one of: bus | on_foot");
    rig_objects(&x, "home_way.except", "home_way", "\"bicycle\"", 1, "\"bicycle\" stands in way too");
    assert_true(rig_finding(&x, "home_way.except")->hard);
    rig_passes(&x, "home_way.except", "home_way", "\"bus\"");
    assert_int_equal(rig_count(&x, "home_way.only"), 0);
    rig_set(&x, "mood", "\"calm\"");
    rig_objects(&x, "game.only", "game", "\"football\"", 1, "choose one of: chess");
    rig_passes(&x, "game.only", "mood", "\"tense\"");
    rig_objects(&x, "ways.except", "ways", "[\"car\", \"bus\"]", 1, "\"bus\" stands in home way too");
    rig_passes(&x, "ways.except", "ways", "[\"car\"]");
    rig_close(&x);
}

/* Inside an instance its own values count. */
static void each_instance_by_itself(void **state) {
    (void)state;
    rig x = open_club();
    const node *list = rig_node(&x, "days"), *day = rig_node(&x, "days.day"),
               *sport = rig_node(&x, "days.sport");
    value days[] = {{.kind = V_NUM, .num = 0}, {.kind = V_NUM, .num = 1}},
          sports[] = {{.kind = V_NUM, .num = 1}, {.kind = V_NUM, .num = 1}};
    x.rec.value[list->number] = (value){.kind = V_NUM, .num = 2};
    x.rec.value[day->leaf] = (value){.kind = V_LIST, .n = 2, .item = days};
    x.rec.value[sport->leaf] = (value){.kind = V_LIST, .n = 2, .item = sports};
    rig_check(&x);
    assert_int_equal(rig_count(&x, "days.sport.only"), 1);
    assert_int_equal(rig_finding(&x, "days.sport.only")->instance, 1);
    rig_close(&x);
}

static void what_may_be_named(void **state) {
    (void)state;
    static const struct {
        const char *field;
        diag_code code;
    } bad[] = {
        {"x: {choice: [a, b], only: {c: {age: 5}}}", DIAG_P07},
        {"x: {choice: [a, b], only: [a]}", DIAG_P03},
        {"x: {number: 1..3, except: [way]}", DIAG_P03},
        {"x: {choice: [a, b], except: [age]}", DIAG_P03},
        {"x: {choice: [a, b], except: [nowhere]}", DIAG_P04},
        {"x: {choice: [a, b], except: [x]}", DIAG_P06},
        {"x: {choice: [a, b], only: {a: {later: p}}}", DIAG_P10},
        {"x: {choice: [p, q], except: [later]}", DIAG_P10},
        {"x: {choice: [u, v], except: [event.topic]}", DIAG_P10},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char text[1024], path[] = "/tmp/populace-narrow-XXXXXX.yaml";
        snprintf(text, sizeof text,
                 "populace: 1\nname: c\nattributes:\n  age: {number: 5..19}\n  way: {choice: [a, b]}\n"
                 "  event: {list: 1..2, topic: {choice: [u, v]}}\n"
                 "facets:\n  f: {fields: {%s}, prompt: \"a\\n---\\n{{@fields}}\\n\"}\n"
                 "  g: {needs: [f], fields: {later: {choice: [p, q]}}, prompt: \"a\\n---\\n{{@fields}}\\n\"}\n",
                 bad[i].field);
        int fd = mkstemps(path, 5);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        rig x = {0};
        diags_init(&x.d);
        assert_null(population_load(path, NULL, 0, &x.d));
        unlink(path);
        const diag *row = rig_row(&x, bad[i].code);
        assert_true(row->line > 0 && row->text.n > 0);
        diags_free(&x.d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_offer_what_is_possible),
        cmocka_unit_test(where_nothing_is_left_all_is_offered),
        cmocka_unit_test(lines_offer_it_below_the_line),
        cmocka_unit_test(findings_say_what_is_not),
        cmocka_unit_test(each_instance_by_itself),
        cmocka_unit_test(what_may_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* out_row_test.c: rows: what stands in them, that they read back exactly, and what is refused. */
#include "out_fixture.h"

#define OUTPUT_PLAIN "output: {columns: [person.sex, school.grade], narrative: [motto, portrait]}\n"
#define OUTPUT_PAIRS "output: {columns: {s: person.sex, feeling: mood}, narrative: motto, attributes: pairs}\n"
#define OUTPUT_ALL                                                                                             \
    "output: {columns: [given_name, family_name, sex, age, height, grade, maths, essay, hobbies, twin, job, "  \
    "secret, greeting]}\n"

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    hash128 run;
} scene;

static scene scene_open(const char *yaml) {
    scene s = {.p = out_population(yaml), .mem = arena_new(0)};
    s.pl = out_plan(s.p, 40);
    s.run = run_hash(s.p->hash, 1);
    return s;
}

static void scene_close(scene *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static str row_of(scene *s, uint64_t slot, str findings) {
    record r;
    buf b = {0};
    out_record(s->pl, s->p, slot, (uint32_t)(slot % 3), s->mem, &r);
    provenance pv = out_provenance(&r);
    pv.findings = findings;
    row_render(&r, s->run, &pv, &b);
    str row = str_dup(s->mem, buf_view(&b));
    buf_free(&b);
    return row;
}

static const json *at(const json *row, const char *path) {
    char name[64];
    const json *v = row;
    while (v && *path) {
        size_t n = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        v = json_get(v, name);
        path += n + (path[n] == '.');
    }
    return v;
}

static void members_stand_in_order(void **state) {
    (void)state;
    static const char *const want[] = {"id",       "slot",  "sex",    "grade",     "attributes",
                                       "portrait", "mood",  "sleeps", "early",     "likes",
                                       "home",     "motto", "tag",    "narrative", "provenance"};
    scene s = scene_open(OUT_YAML(OUTPUT_PLAIN));
    json row;
    str line = row_of(&s, 3, STR("[{\"rule\":\"R1\"}]"));
    assert_int_equal(json_read(line, NULL, s.mem, &row, NULL), JSON_FAULT_NONE);
    assert_int_equal(row.n, COUNT_OF(want));
    for (uint32_t i = 0; i < row.n; i++) assert_true(str_is(row.member[i].key, want[i]));
    assert_int_equal(at(&row, "grade")->kind, JSON_NUMBER);
    assert_int_equal(at(&row, "sex")->kind, JSON_STRING);
    assert_null(at(&row, "attributes.person.sex"));
    assert_null(at(&row, "attributes.school.grade"));
    assert_non_null(at(&row, "attributes.secret"));
    assert_int_equal(at(&row, "attributes.hobbies")->kind, JSON_ARRAY);
    assert_true(str_is(at(&row, "sleeps")->text, "7.5"));
    assert_true(str_is(at(&row, "home.rooms")->text, "3"));
    assert_true(holds_text(
        line, "\"provenance\":{\"attempt\":0,\"calls\":3,\"revisions\":1,\"models\":[\"ada-8b\",\"bert-2b\"],"
              "\"findings\":[{\"rule\":\"R1\"}]}}"));
    assert_true(str_starts(line, "{\"id\":\""));
    scene_close(&s);
}

/* All slots, so that values are absent, lists empty and numbers negative somewhere. */
static void rows_read_back_exactly(void **state) {
    (void)state;
    static const char *const yaml[] = {OUT_YAML(OUTPUT_PLAIN), OUT_YAML(OUTPUT_PAIRS), OUT_YAML(OUTPUT_ALL),
                                       OUT_YAML("")};
    for (size_t y = 0; y < COUNT_OF(yaml); y++) {
        scene s = scene_open(yaml[y]);
        unsigned without = 0, empty = 0;
        for (uint64_t slot = 0; slot < 40; slot++) {
            record drawn, back;
            json parsed;
            err e = {0};
            buf again = {0};
            str line = row_of(&s, slot, STR(""));
            out_record(s.pl, s.p, slot, (uint32_t)(slot % 3), s.mem, &drawn);
            bool fine = row_read(s.p, line, s.mem, &back, &parsed, &e);
            if (!fine) print_message("%s\n" STR_FMT "\n", e.text, STR_ARG(line));
            assert_true(fine);
            assert_int_equal(back.slot, slot);
            assert_int_equal(back.attempt, slot % 3);
            for (uint32_t i = 0; i < s.p->leaves; i++) {
                empty += drawn.value[i].kind == V_LIST && drawn.value[i].n == 0;
                without += drawn.value[i].kind == V_NONE;
                assert_true(value_same(&drawn.value[i], &back.value[i]));
            }
            provenance pv = out_provenance(&back);
            row_render(&back, s.run, &pv, &again);
            assert_true(str_eq(buf_view(&again), line));
            buf_free(&again);
        }
        assert_true(without > 0 && empty > 0);
        scene_close(&s);
    }
}

static void no_attributes_no_member(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT_ALL));
    assert_false(holds_text(row_of(&s, 0, STR("")), "\"attributes\""));
    assert_false(holds_text(row_of(&s, 0, STR("")), "\"narrative\""));
    scene_close(&s);
}

static void the_first_narrative_with_a_value(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT_PLAIN));
    unsigned motto = 0, portrait = 0;
    for (uint64_t slot = 0; slot < 40; slot++) {
        str line = row_of(&s, slot, STR(""));
        motto += holds_text(line, "\"narrative\":\"Two of us.\"");
        portrait += holds_text(line, "\"narrative\":\"Number ");
    }
    assert_true(motto > 0 && portrait > 0);
    assert_int_equal(motto + portrait, 40);
    scene_close(&s);
}

static void pairs_are_texts(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT_PAIRS));
    bool ambiguous = false;
    for (uint64_t slot = 0; slot < 40; slot++) {
        str line = row_of(&s, slot, STR(""));
        json row;
        assert_int_equal(json_read(line, NULL, s.mem, &row, NULL), JSON_FAULT_NONE);
        const json *pairs = json_get(&row, "attributes");
        for (uint32_t i = 0; i < pairs->n; i++) {
            assert_int_equal(json_get(&pairs->item[i], "value")->kind, JSON_STRING);
            assert_false(str_is(json_str(&pairs->item[i], "path"), "person.sex"));
        }
        assert_true(holds_text(line, " years\"}"));
        assert_true(holds_text(line, "\"feeling\":\""));
        /* `poor` is labelled as another value is: it is written raw, and so is what it would be taken for */
        ambiguous = ambiguous || holds_text(line, "{\"path\":\"school.marks.essay\",\"value\":\"poor\"}");
    }
    assert_true(ambiguous);
    scene_close(&s);
}

/* Replaces the first `from` in a good row; the row must then be refused with a message that holds `says`. */
static void refused(scene *s, const char *from, const char *to, const char *says) {
    str line = row_of(s, 3, STR(""));
    size_t where;
    record r;
    json parsed;
    err e = {0};
    if (!str_find(line, str_of(from), &where)) print_message("no %s in " STR_FMT "\n", from, STR_ARG(line));
    assert_true(str_find(line, str_of(from), &where));
    str rest = str_part(line, where + strlen(from), line.n);
    line = str_printf(s->mem, STR_FMT "%s" STR_FMT, STR_ARG(str_part(line, 0, where)), to, STR_ARG(rest));
    assert_false(row_read(s->p, line, s->mem, &r, &parsed, &e));
    if (!holds_text(str_of(e.text), says)) print_message("%s -> %s: %s\n", from, to, e.text);
    assert_true(holds_text(str_of(e.text), says));
    assert_int_equal(e.code, ERR_FORMAT);
    assert_true(e.hint[0]);
}

static void what_does_not_fit_is_named(void **state) {
    (void)state;
    scene s = scene_open(OUT_YAML(OUTPUT_PLAIN));
    refused(&s, "\"slot\":3,", "", "lacks `slot`");
    refused(&s, "\"slot\":3,", "\"slot\":-3,", "`slot`");
    refused(&s, "\"slot\":3,", "\"slot\":3,\"x\":1,", "unknown or misplaced key `x`");
    refused(&s, "\"home\":{", "\"home\":{\"cellar\":1,", "`home.cellar`");
    refused(&s, "\"rooms\":3", "\"rooms\":30", "slot 3: `home.rooms`: 30");
    refused(&s, "\"rooms\":3", "\"rooms\":3.0", "`home.rooms`: 3.0");
    refused(&s, "\"rooms\":3", "\"rooms\":\"3\"", "`home.rooms`");
    refused(&s, "\"sleeps\":7.5", "\"sleeps\":7.4", "`sleeps`: 7.4");
    refused(&s, "\"grade\":", "\"grade\":1", "`school.grade`");
    refused(&s, "\"early\":", "\"early\":1,\"y\":", "`early`: 1");
    refused(&s, "\"likes\":[", "\"likes\":[null,", "`likes`");
    refused(&s, "\"likes\":[\"the smell of tar\",\"plain bread\"]", "\"likes\":\"bread\"", "is no list");
    refused(&s, "\"mood\":\"tense\"", "\"mood\":\"furious\"", "`mood`: \"furious\"");
    refused(&s, "\"calls\":3", "\"calls\":3.5", "`provenance.calls`");
    refused(&s, "\"models\":[", "\"models\":[3,", "`provenance.models`");
    refused(&s, "\"narrative\":\"", "\"narrative\":\"O ", "`narrative`");
    refused(&s, "]}}", "]}", "not JSON");
    refused(&s, "]}}", "]}}]", "not JSON");
    scene_close(&s);
    s = scene_open(OUT_YAML(OUTPUT_PAIRS));
    refused(&s, "{\"path\":\"person.age\"", "{\"path\":\"person.ages\"",
            "unknown path `attributes.person.ages`");
    refused(&s, "{\"path\":\"person.age\"", "{\"path\":\"age\"", "unknown path `attributes.age`");
    refused(&s, "{\"path\":\"person.age\"", "{\"path\":\"person.given_name\"", "misplaced");
    refused(&s, " years\"}", " year\"}", "`person.age`");
    refused(&s, " years\"}", " years\",\"x\":1}", "`attributes.x`");
    refused(&s, "{\"path\":\"hobbies\"", "{\"path\":\"hobbies\",\"value\":\"\"},{\"path\":\"hobbies\"",
            "misplaced");
    refused(&s, "{\"path\":\"hobbies\"", "{\"path\":\"hobbies\",\"value\":\"tar\"},{\"path\":\"hobbies\"",
            "hobbies");
    refused(&s, "\"feeling\":\"tense\"", "\"feeling\":\"calm\"", "elsewhere");
    scene_close(&s);
}

/* Bytes changed, lost and doubled: a row is refused with a reason, or it is a row, which renders and reads the
 * same. */
static void mutants_are_refused_or_rows(void **state) {
    (void)state;
    static const char *const yaml[] = {OUT_YAML(OUTPUT_PLAIN), OUT_YAML(OUTPUT_PAIRS)};
    unsigned refusals = 0, rows = 0;
    for (uint64_t k = 0; k < 2; k++) {
        scene s = scene_open(yaml[k]);
        arena *mem = arena_new(0);
        str line = row_of(&s, 3, STR(""));
        for (uint64_t i = 0; i < 4000; i++) {
            arena_reset(mem);
            size_t where = rng_below(rng_u64(k, i, 0, 0, 0), line.n),
                   gone = rng_below(rng_u64(k, i, 1, 0, 0), 3);
            char with = "0123456789\",:{}[]x.-\\\xe7"[rng_below(rng_u64(k, i, 2, 0, 0), 21)];
            if (where + gone > line.n) gone = 0;
            str rest = str_part(line, where + gone, line.n);
            str mutant =
                str_printf(mem, STR_FMT "%c" STR_FMT, STR_ARG(str_part(line, 0, where)), with, STR_ARG(rest));
            record r, again;
            json parsed;
            err e = {0};
            if (!row_read(s.p, mutant, mem, &r, &parsed, &e)) {
                assert_true(e.code == ERR_FORMAT && e.text[0]);
                refusals++;
                continue;
            }
            buf b = {0};
            provenance pv = out_provenance(&r);
            row_render(&r, s.run, &pv, &b);
            assert_true(row_read(s.p, buf_view(&b), mem, &again, &parsed, &e));
            for (uint32_t l = 0; l < s.p->leaves; l++) assert_true(value_same(&r.value[l], &again.value[l]));
            buf_free(&b);
            rows++;
        }
        arena_free(mem);
        scene_close(&s);
    }
    assert_true(refusals > 1000 && rows > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_stand_in_order, out_open, out_close),
        cmocka_unit_test_setup_teardown(rows_read_back_exactly, out_open, out_close),
        cmocka_unit_test_setup_teardown(no_attributes_no_member, out_open, out_close),
        cmocka_unit_test_setup_teardown(the_first_narrative_with_a_value, out_open, out_close),
        cmocka_unit_test_setup_teardown(pairs_are_texts, out_open, out_close),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_named, out_open, out_close),
        cmocka_unit_test_setup_teardown(mutants_are_refused_or_rows, out_open, out_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

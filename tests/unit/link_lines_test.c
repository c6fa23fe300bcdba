/* link_lines_test.c: links as templates and displays print them. */
#include "plan_fixture.h"

static const char yaml[] = HEAD "groups: {g: {size: 3}}\n"
                                "attributes:\n"
                                "  who:\n"
                                "    keep: true\n"
                                "    name: {choice: [ada_b]}\n"
                                "    age: {number: {37: 1}, unit: years}\n"
                                "    music: {choice: [jazz], list: 1}\n"
                                "    none_yet: {choice: [a], when: {who.age: 1..9}}\n"
                                "links:\n"
                                "  knows_of: {within: g, degree: 2, relation: old_friend, show: [who]}\n"
                                "  likes: {within: g, degree: 2, relation: [x], show: [none_yet]}\n";

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    record r;
    buf out;
} scene;

static scene scene_at(uint64_t slot) {
    scene s = {.p = make(yaml), .mem = arena_new(0)};
    s.pl = plan_of(s.p, 4, 1);
    draw_into(s.pl, slot, 0, &s.r, s.mem);
    return s;
}

static void scene_close(scene *s) {
    buf_free(&s->out);
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static const char *printed(scene *s, const char *text) {
    diags d;
    diags_init(&d);
    const uint32_t slot_words = 1u << WORD_ID | 1u << WORD_SLOT;
    const template *t = template_compile(s->p, str_of(text), NULL, slot_words, &d);
    if (!t) show(&d);
    assert_non_null(t);
    diags_free(&d);
    buf_reset(&s->out);
    template_render(t, &(render_ctx){.rec = &s->r, .run = {1, 2}, .facet = NO_FACET}, &s->out);
    return str_z(s->mem, buf_view(&s->out));
}

static void forms(void **state) {
    (void)state;
    scene s = scene_at(1);
    assert_string_equal(printed(&s, "Knows:\n{{knows_of}}\n."),
                        "Knows:\nold friend: ada b, 37 years, jazz\nold friend: ada b, 37 years, jazz\n.");
    assert_string_equal(printed(&s, "{{knows_of|lines}}"),
                        "- old friend: ada b, 37 years, jazz\n- old friend: ada b, 37 years, jazz");
    assert_string_equal(printed(&s, "{{knows_of|value}}"),
                        "old_friend: ada_b, 37, jazz\nold_friend: ada_b, 37, jazz");
    assert_string_equal(printed(&s, "{{ knows_of | label }}"), "knows of");
    buf id[2] = {{0}, {0}};
    record_id(s.p, (hash128){1, 2}, 0, &id[0]);
    record_id(s.p, (hash128){1, 2}, 2, &id[1]);
    str want = str_printf(s.mem,
                          "[{\"slot\":0,\"id\":\"" STR_FMT "\",\"relation\":\"old_friend\"},"
                          "{\"slot\":2,\"id\":\"" STR_FMT "\",\"relation\":\"old_friend\"}]",
                          STR_ARG(buf_view(&id[0])), STR_ARG(buf_view(&id[1])));
    assert_string_equal(printed(&s, "{{knows_of|json}}"), want.p);
    buf_free(&id[0]);
    buf_free(&id[1]);
    scene_close(&s);
}

/* One who has no value of what is shown is no line for a prompt, and a slot for a display. */
static void what_is_not_known(void **state) {
    (void)state;
    scene s = scene_at(1);
    assert_string_equal(printed(&s, "a {{likes?}}\nb\n"), "b\n");
    assert_true(link_lines(&s.out, &s.r, 1));
    scene_close(&s);
    s = scene_at(1);
    assert_true(link_lines(&s.out, &s.r, 1));
    assert_true(str_is(buf_view(&s.out), "x: slot 0\nx: slot 2"));
    scene_close(&s);
}

static void one_alone_knows_nobody(void **state) {
    (void)state;
    scene s = scene_at(3);
    assert_int_equal(s.r.links[0].n, 0);
    assert_string_equal(printed(&s, "a {{knows_of?}}\nb {{knows_of}}\n{{knows_of|json}}\n{{knows_of|label}}"),
                        "b \n[]\nknows of");
    assert_false(link_lines(&s.out, &s.r, 0));
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(one_alone_knows_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

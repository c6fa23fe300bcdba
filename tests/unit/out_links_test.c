/* Links in rows: read back to the same bytes, edits found out, on cards. */
#include "out_fixture.h"

static const char yaml[] =
    "populace: 1\nname: linked\n"
    "groups: {g: {size: 5}}\n"
    "attributes: {name: {choice: [Ada, Bea, Cy], keep: true}, mood: {choice: [calm, tense]}}\n"
    "links:\n"
    "  knows: {within: g, degree: 3, relation: {friend: 2, boss: 1}, inverse: {boss: aide}, show: [name]}\n"
    "  sees: {within: g, degree: 2, relation: [a, b], show: [name]}\n"
    "facets: {w: {fields: {story: {text: {}}}, prompt: \"Write.\\n{{@fields}}\\n---\\n{{knows}}\\n\"}}\n"
    "output: {columns: [mood], narrative: story}\n";

typedef struct scene {
    population *p;
    plan *pl;
    arena *mem;
    record r;
} scene;

static scene scene_at(uint64_t slot) {
    scene s = {.p = out_population(yaml), .mem = arena_new(0)};
    err e = {0};
    s.pl = out_plan(s.p, 21);
    record_init(&s.r, s.p, s.mem);
    assert_true(draw_skeleton(s.pl, slot, 0, &s.r, &e));
    set_field(&s.r, "story", "\"Quiet.\"");
    return s;
}

static void scene_close(scene *s) {
    arena_free(s->mem);
    plan_free(s->pl);
    population_free(s->p);
}

static str rendered(scene *s, const record *r) {
    buf b = {0};
    provenance pv = {.attempt = r->attempt, .calls = 1};
    row_render(r, run_hash(s->p->hash, 1), &pv, &b);
    str row = str_dup(s->mem, buf_view(&b));
    buf_free(&b);
    return row;
}

static void both_ways(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < 21; slot++) {
        scene s = scene_at(slot);
        record back;
        json parsed;
        err e = {0};
        str row = rendered(&s, &s.r);
        if (!row_read(s.p, row, s.mem, &back, &parsed, &e)) fail_msg("%s\n" STR_FMT, e.text, STR_ARG(row));
        for (uint32_t l = 0; l < 2; l++) {
            assert_int_equal(back.links[l].n, s.r.links[l].n);
            assert_int_equal(back.links[l].n > 0, slot < 20); /* the last stands alone */
            for (uint32_t i = 0; i < back.links[l].n; i++) {
                assert_int_equal(back.links[l].item[i].slot, s.r.links[l].item[i].slot);
                assert_int_equal(back.links[l].item[i].relation, s.r.links[l].item[i].relation);
                assert_null(back.links[l].item[i].shown);
            }
        }
        assert_true(str_eq(row, rendered(&s, &back)));
        size_t fields, links, narrative;
        assert_true(str_find(row, STR("\"story\":"), &fields) &&
                    str_find(row, STR(",\"links\":{\"knows\":["), &links) &&
                    str_find(row, STR("\"narrative\":"), &narrative));
        assert_true(fields < links && links < narrative);
        scene_close(&s);
    }
}

static void edited(scene *s, str row, const char *from, const char *to) {
    record back;
    json parsed;
    err e = {0};
    size_t at;
    if (!str_find(row, str_of(from), &at)) fail_msg("no %s in " STR_FMT, from, STR_ARG(row));
    str odd = str_printf(s->mem, STR_FMT "%s" STR_FMT, STR_ARG(str_part(row, 0, at)), to,
                         STR_ARG(str_part(row, at + strlen(from), row.n)));
    if (row_read(s->p, odd, s->mem, &back, &parsed, &e)) fail_msg("taken: " STR_FMT, STR_ARG(odd));
    assert_true(e.hint[0]);
}

static void edits(void **state) {
    (void)state;
    scene s = scene_at(2);
    str row = rendered(&s, &s.r);
    edited(&s, row, "\"links\":{\"knows\":", "\"links\":{\"knew\":");
    edited(&s, row, "\"links\":{", "\"links\":[],\"x\":{");
    edited(&s, row, "\"knows\":[", "\"knows\":[5,");
    edited(&s, row, "\"knows\":[{", "\"knows\":[{\"x\":1,");
    edited(&s, row, "[{\"slot\":", "[{\"slot\":-");
    edited(&s, row, "[{\"slot\":", "[{\"slot\":0.5,\"x\":");
    edited(&s, row, "[{\"slot\":", "[{\"slot\":9");
    edited(&s, row, "\"id\":\"", "\"id\":5,\"x\":\"");
    edited(&s, row, "\"relation\":\"", "\"relation\":\"un");
    edited(&s, row, "\"relation\":\"", "\"relation\":null,\"x\":\"");
    edited(&s, row, "\"sees\":[", "\"seen\":[],\"sees\":[");
    scene_close(&s);
}

static void cards(void **state) {
    (void)state;
    scene s = scene_at(2);
    record back;
    json parsed;
    err e = {0};
    buf b = {0};
    assert_true(row_read(s.p, rendered(&s, &s.r), s.mem, &back, &parsed, &e));
    const linked *first = &s.r.links[0].item[0];
    str relation = s.p->link[0].relation->value[first->relation].label;
    size_t at;
    card_render(s.p, &back, &parsed, 80, false, &b);
    str line = str_printf(s.mem, "\nknows\n  " STR_FMT ": slot %llu\n", STR_ARG(relation),
                          (unsigned long long)first->slot);
    assert_true(str_find(buf_view(&b), line, &at));
    buf_reset(&b);
    card_render(s.p, &s.r, &parsed, 80, false, &b);
    line = str_printf(s.mem, "\nknows\n  " STR_FMT ": " STR_FMT "\n", STR_ARG(relation),
                      STR_ARG(leaf_node(s.p, s.p->link[0].show[0])->value[first->shown[0].num].label));
    assert_true(str_find(buf_view(&b), line, &at));
    buf_free(&b);
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(edits),
        cmocka_unit_test(cards),
    };
    return cmocka_run_group_tests(tests, out_open, out_close);
}

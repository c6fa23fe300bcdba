/* mentions of a link: those whom the persona knows, by the first of `show`. */
#include "validators_kit.h"

#define PEOPLE                                                                                                 \
    "populace: 1\nname: people\n"                                                                              \
    "groups: {g: {size: 9}}\n"                                                                                 \
    "attributes:\n"                                                                                            \
    "  who:\n"                                                                                                 \
    "    keep: true\n"                                                                                         \
    "    given: {choice: [ada, bea, cy], words: {ada: [Ada, Addie]}}\n"                                        \
    "    name: {template: \"{{given}} Stone\"}\n"                                                              \
    "    age: {number: 18..90}\n"                                                                              \
    "  mood: {choice: [calm, tense]}\n"                                                                        \
    "links:\n"                                                                                                 \
    "  knows: {within: g, degree: 3, relation: r, show: [given, age]}\n"                                       \
    "  meets: {within: g, degree: 3, relation: r, show: [name]}\n"                                             \
    "facets: {w: {fields: {story: {text: {}}}, prompt: \"Write.\\n{{@fields}}\\n---\\n{{knows}}\\n\"}}\n"      \
    "rules:\n"

/* The others of a link, by the texts of what it shows first. */
static void know(rig *x, uint32_t link, const char *const *names) {
    const link_def *l = &x->p->link[link];
    const node *n = leaf_node(x->p, l->show[0]);
    if (!x->rec.links) x->rec.links = arena_new_of(x->mem, linked_list, x->p->links);
    linked_list *out = &x->rec.links[link];
    *out = (linked_list){.item = arena_new_of(x->mem, linked, 9)};
    for (; *names; names++) {
        value *v = arena_new_of(x->mem, value, l->shows);
        v[0] = (value){.kind = V_TEXT, .text = str_of(*names)};
        for (uint32_t i = 0; n->kind == K_CHOICE && i < n->values; i++)
            if (str_is(n->value[i].value, *names)) v[0] = (value){.kind = V_NUM, .num = i};
        out->item[out->n] = (linked){.slot = out->n, .shown = **names ? v : NULL};
        out->n++;
    }
}

static void objects(rig *x, const char *text, const char *id, bool wanted) {
    rig_set(x, "story", text);
    rig_check(x);
    if ((rig_count(x, id) > 0) != wanted) rig_print(x);
    assert_int_equal(rig_count(x, id) > 0, wanted);
}

static void names_are_looked_for(void **state) {
    (void)state;
    static const char *const two[] = {"ada", "bea", "ada", NULL}, *const whole[] = {"bea Stone", "cy Stone",
                                                                                    NULL};
    rig x;
    rig_open(&x, PEOPLE,
             "  A: {kind: mentions, of: story, what: knows}\n"
             "  O: {kind: mentions, of: story, what: [knows], at_least: 1}\n"
             "  N: {kind: mentions, of: story, what: [meets]}\n"
             "  B: {kind: mentions, of: story, what: [mood, knows, meets], at_least: 4}\n");
    know(&x, 0, two);
    know(&x, 1, whole);
    rig_set(&x, "mood", "\"calm\"");
    objects(&x, "Nobody came.", "A", true);
    objects(&x, "Ada came.", "A", true);
    objects(&x, "Addie and Bea came.", "A", false);
    objects(&x, "Nobody came, not even Cy.", "O", true);
    objects(&x, "Ada came.", "O", false);
    objects(&x, "Bea Stone came.", "N", true);
    objects(&x, "Bea Stone and Cy Stone came.", "N", false);
    objects(&x, "Ada, Bea Stone and Cy Stone came.", "B", false);
    objects(&x, "Ada and Bea Stone were calm.", "B", false);
    objects(&x, "Bea Stone was calm.", "B", true);
    rig_close(&x);
}

/* No more is asked for than there is. */
static void who_is_not_known_is_passed_over(void **state) {
    (void)state;
    static const char *const nobody[] = {NULL}, *const unseen[] = {"", "bea", NULL};
    rig x;
    rig_open(&x, PEOPLE, "  A: {kind: mentions, of: story, what: [knows], at_least: 2}\n");
    objects(&x, "Quiet.", "A", false); /* no links yet */
    know(&x, 0, nobody);
    objects(&x, "Quiet.", "A", false);
    know(&x, 0, unseen);
    objects(&x, "Quiet.", "A", true);
    objects(&x, "Bea is quiet.", "A", false);
    rig_close(&x);
}

static void other_kinds_know_no_links(void **state) {
    (void)state;
    static const char *const rows[] = {
        "  X: {kind: states, of: story, what: [knows]}\n",
        "  X: {kind: consistent, of: story, with: [knows]}\n",
        "  X: {kind: distinct, of: knows}\n",
        "  X: {kind: never, when: {knows: r}}\n",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rig x;
        rig_try(&x, PEOPLE, rows[i]);
        assert_null(x.r);
        diags_sort(&x.d);
        assert_int_equal(x.d.row[0].code, DIAG_P10);
        assert_true(str_is(x.d.row[0].value, "knows"));
        rig_close(&x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_looked_for),
        cmocka_unit_test(who_is_not_known_is_passed_over),
        cmocka_unit_test(other_kinds_know_no_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

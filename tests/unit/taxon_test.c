/* taxon_test.c: trees of attributes by themselves: what names say, how near they are, shape, names, writing and
 * reading again, laying over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "taxonomy/taxon/taxon_parts.h"

/* ---- helpers -------------------------------------------------------------------------------------------- */

static taxonomy *read_text(const char *text, bool names) {
    diags d;
    diags_init(&d);
    taxonomy *t = taxonomy_read_text(str_of(text), names, &d);
    if (!t) fail_msg("%s: " STR_FMT, text, STR_ARG(d.n ? d.row[0].text : STR("no mapping")));
    diags_free(&d);
    return t;
}

static void refused(const char *text, bool names, const char *says) {
    diags d;
    size_t at;
    diags_init(&d);
    assert_null(taxonomy_read_text(str_of(text), names, &d));
    assert_true(d.n > 0);
    if (!str_find(d.row[0].text, str_of(says), &at)) fail_msg("%s: " STR_FMT, text, STR_ARG(d.row[0].text));
    diags_free(&d);
}

/* "a(b,c(d!))": labels, `!` behind a section without children. */
static void shape_put(const taxon *x, buf *b) {
    for (const taxon *c = x->first; c; c = c->next) {
        if (c != x->first) buf_char(b, ',');
        buf_str(b, c->label);
        if (!c->leaf && !c->first) buf_char(b, '!');
        if (!c->first) continue;
        buf_char(b, '(');
        shape_put(c, b);
        buf_char(b, ')');
    }
}

static void has_shape(const taxonomy *t, const char *want) {
    buf b = {0};
    shape_put(t->root, &b);
    buf_char(&b, '\0');
    assert_string_equal(b.p, want);
    buf_free(&b);
}

static void written(const taxonomy *t, const char *want) {
    buf b = {0};
    taxonomy_write(t, &b);
    buf_char(&b, '\0');
    assert_string_equal(b.p, want);
    buf_free(&b);
}

/* ---- names ---------------------------------------------------------------------------------------------- */

static void folds(void **state) {
    static const char *const rows[][2] = {
        {"UserPreferences", "user preference"},
        {"user_preferences", "user preference"},
        {"User  Preference", "user preference"},
        {"the User-Preferences", "user preference"},
        {"Values and Beliefs", "value belief"},
        {"Values, Beliefs", "value belief"},
        {"HTMLSkillLevel", "html skill level"},
        {"hobbies", "hobby"},
        {"classes", "class"},
        {"boss", "boss"},
        {"status", "status"},
        {"analysis", "analysis"},
        {"Mother's Maiden Name", "mother maiden name"},
        {"the", "the"},
        {"B2B", "b2b"},
        {"ÉTUDES", "étude"},
        {"健康状态", "健 康 状 态"},
        {"--", "--"},
    };
    (void)state;
    arena *mem = arena_new(0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!str_is(taxon_fold(mem, str_of(rows[i][0])), rows[i][1]))
            fail_msg("%s folds to " STR_FMT ", not %s", rows[i][0],
                     STR_ARG(taxon_fold(mem, str_of(rows[i][0]))), rows[i][1]);
    arena_free(mem);
}

static uint32_t likeness_between(const char *a, const char *b) {
    arena *mem = arena_new(0);
    name_print x = name_print_of(mem, str_of(a)), y = name_print_of(mem, str_of(b));
    uint32_t milli = name_print_milli(&x, &y);
    assert_int_equal(milli, name_print_milli(&y, &x));
    arena_free(mem);
    return milli;
}

static void likeness_law(void **state) {
    (void)state;
    assert_int_equal(likeness_between("Preferences", "preference"), 1000);
    assert_int_equal(likeness_between("level of education", "EducationLevel"), 1000);
    assert_int_equal(likeness_between("cooking", "baseball"), 0);
    assert_true(likeness_between("favourite music", "favorite music") >= 950);
    assert_true(likeness_between("hair color", "HairColour") >= 900);
    assert_true(likeness_between("technology skills", "technological skills") >= ALIKE_MILLI);
    assert_int_equal(likeness_between("work hours", "work place"), 500);
    assert_int_equal(likeness_between("mother's portrait", "father's portrait"), 500);
    assert_int_equal(likeness_between("fear of war", "fear of water"), 500);
    assert_int_equal(likeness_between("feasibility", "flexibility"), 0);
    assert_int_equal(likeness_between("job experience", "experience"), 667);
    assert_int_equal(likeness_between("--", "--"), 0);
    assert_true(likeness_between("健康状态", "健康状况") == 750);
    assert_true(likeness_between("job title", "job titles held") > likeness_between("job title", "job"));
}

/* Found through shared features as by comparing all with all. */
static void pairs_as_by_hand(void **state) {
    static const char *const word[] = {"work", "life", "home", "style", "plan", "level", "habits", "goals"};
    enum { NAMES = 60 };
    (void)state;
    arena *mem = arena_new(0);
    str name[NAMES];
    for (uint32_t i = 0; i < NAMES; i++)
        name[i] = str_printf(mem, "%s %s", word[rng_below(rng_u64(1, i, 0, 0, 0), 8)],
                             word[rng_below(rng_u64(1, i, 1, 0, 0), 8)]);
    alike_pair *p;
    uint32_t n = alike_pairs(mem, name, NAMES, 600, &p), k = 0;
    for (uint32_t a = 0; a < NAMES; a++)
        for (uint32_t b = a + 1; b < NAMES; b++) {
            name_print x = name_print_of(mem, name[a]), y = name_print_of(mem, name[b]);
            if (name_print_milli(&x, &y) < 600) continue;
            assert_true(k < n);
            assert_int_equal(p[k].a, a);
            assert_int_equal(p[k].b, b);
            k++;
        }
    assert_int_equal(k, n);
    assert_true(n > 20);
    arena_free(mem);
}

static void instances(void **state) {
    (void)state;
    assert_non_null(name_is_instance(STR("Project2Interest")));
    assert_non_null(name_is_instance(STR("Netflix habits")));
    assert_null(name_is_instance(STR("Programming languages")));
}

/* ---- reading -------------------------------------------------------------------------------------------- */

static void names_read(void **state) {
    (void)state;
    taxonomy *t = read_text(
        "{\"a\": {\"b\": {}, \"c\": [\"d\", \"e f\"], \"g\": \"what it is\", \"h\": null}, \"i\": []}", true);
    has_shape(t, "a(b,c(d,e f),g,h),i!");
    assert_int_equal(t->root->leaves, 5);
    assert_true(str_is(taxonomy_find(t, STR("a.g"))->hint, "what it is"));
    assert_int_equal(taxonomy_find(t, STR("a.c.e f"))->level, 3);
    assert_null(taxonomy_find(t, STR("a.c.e")));
    taxonomy_free(t);
    refused("{\"a\": [[\"b\"]]}", true, "a list in a list");
    refused("{\"a\": {\"\": {}}}", true, "an empty name");
    refused("{\"a\": {\"b\": {}, \"b\": {}}}", true, "a key twice");
}

static void attributes_read(void **state) {
    (void)state;
    taxonomy *t = read_text("when: {age: 18..}\nmoods:\n  each: {am: morning, pm: evening}\n  flag: 0.5\n"
                            "title: {text: {}, hint: what, when: {sex: male}}\nhours: {number: 0..60}\n",
                            false);
    has_shape(t, "moods(morning,evening),title,hours");
    const taxon *x = taxonomy_find(t, STR("title"));
    assert_true(str_is(x->kind, "text") && str_is(x->hint, "what") && x->conditioned);
    assert_true(str_is(taxonomy_find(t, STR("hours"))->domain, "0..60"));
    taxonomy_free(t);
    refused("hours: {number: 0..60}\n3d: {text: {}}\n", false, "is no attribute");
}

/* ---- shape ---------------------------------------------------------------------------------------------- */

static void same_become_one(void **state) {
    (void)state;
    defects d;
    defects_init(&d);
    taxonomy *t =
        read_text("{\"A\": {\"Skills\": {\"x\": {}}, \"skill\": {}, \"The Skill\": {\"X\": {}, \"y\": {}}}, "
                  "\"b\": {}, \"As\": {}, \"B\": {\"c\": {}}}",
                  true);
    taxonomy_merge_same(t, &d);
    has_shape(t, "A(Skills(x,y)),b(c),As");
    assert_int_equal(d.count[DEFECT_MERGED], 4);
    assert_true(str_is(d.row[0].path, "B"));
    taxonomy_merge_same(t, &d);
    assert_int_equal(d.count[DEFECT_MERGED], 4);
    taxonomy_free(t);
    defects_free(&d);
}

static void chains_close(void **state) {
    (void)state;
    defects d;
    defects_init(&d);
    taxonomy *t = read_text("{\"A\": {\"b\": {\"c\": {\"d\": {}}}, \"e\": {\"f\": {\"g\": {}, \"h\": {}}}}, "
                            "\"I\": {\"j\": {\"k\": {}, \"l\": {}}},"
                            " \"M\": {\"n\": {}}, \"work life\": {\"x\": {\"life at work\": {}}, \"y\": {}}}",
                            true);
    taxonomy_collapse(t, &d);
    has_shape(t, "A(b: c: d,e: f(g,h)),I(k,l),M(n),work life(x: life at work,y)");
    assert_int_equal(d.count[DEFECT_COLLAPSED], 5);
    taxonomy_free(t);
    t = read_text("{\"A\": {\"music\": {\"favourite music\": {}}, \"b\": {\"b\": {}}, \"c\": {}}}", true);
    taxonomy_collapse(t, NULL);
    has_shape(t, "A(favourite music,b,c)");
    taxonomy_free(t);
    defects_free(&d);
}

static void empty_ones_go(void **state) {
    (void)state;
    taxonomy *t =
        read_text("{\"a\": [], \"b\": {\"c\": [], \"d\": {\"e\": []}, \"f\": {}}, \"g\": {\"h\": []}}", true);
    taxonomy_prune(t, NULL);
    has_shape(t, "b(f)");
    taxonomy_free(t);
}

static void lints(void **state) {
    static const struct {
        const char *text;
        bool names;
        defect_kind kind;
        uint32_t n;
    } rows[] = {
        {"{\"Life and Work\": {\"a\": {}, \"b\": {}, \"c\": {}, \"d\": {}, \"e\": {}}, \"Work\": {\"f\": {}}}",
         true, DEFECT_UNMERGED, 1},
        {"{\"Life and Work\": {\"a\": {}, \"b\": {}, \"c\": {}, \"d\": {}}, \"Work\": {\"f\": {}}}", true,
         DEFECT_UNMERGED, 0},
        {"{\"a\": {\"x\": {}, \"y\": {}}, \"b\": {\"X\": {}, \"y\": {}}}", true, DEFECT_REPEATED, 2},
        {"{\"a\": {\"x\": {}, \"y\": {}}, \"b\": {\"X\": {}, \"y\": {}}}", true, DEFECT_SPELLING, 1},
        {"{\"a\": {\"mother portrait\": {}, \"father portrait\": {}, \"portraits\": {}}}", true, DEFECT_ALIKE,
         0},
        {"{\"a\": {\"musical taste\": {}, \"music taste\": {}, \"sports\": {}}}", true, DEFECT_ALIKE, 1},
        {"{\"a\": {\"b\": {}}}", true, DEFECT_CHAIN, 1},
        {"a: {list: 1..2, b: {flag: 0.5}}", false, DEFECT_CHAIN, 0},
        {"{\"a\": {\"b\": {}, \"c\": {}}}", true, DEFECT_BARE, 1},
        {"a: {text: {}}\nb: {text: {}, hint: what}\nc: {text: {}, hint: \"to be written: c\"}", false,
         DEFECT_UNHINTED, 2},
        {"s: {a: {flag: 1, when: {x: 1}}, b: {flag: 1, when: {x: 1}}, c: {flag: 1, when: {x: 1}}, d: {flag: "
         "1}}",
         false, DEFECT_UNCONDITIONED, 1},
        {"s: {a: {flag: 1, when: {x: 1}}, b: {flag: 1, when: {x: 1}}, d: {flag: 1}}", false,
         DEFECT_UNCONDITIONED, 0},
        {"{\"a\": {\"iPhone\": {}, \"2019\": {}, \"phone\": {}}}", true, DEFECT_INSTANCE, 2},
        {"{\"a\": {\"b\": [], \"c\": {}}}", true, DEFECT_EMPTY, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        defects d;
        defects_init(&d);
        taxonomy *t = read_text(rows[i].text, rows[i].names);
        taxonomy_lint(t, 0, &d);
        if (d.count[rows[i].kind] != rows[i].n)
            fail_msg("%s: %u %s", rows[i].text, d.count[rows[i].kind], defect_name(rows[i].kind));
        for (uint32_t k = 0; k < d.n; k++) assert_true(d.row[k].line > 0 && d.row[k].text.n);
        taxonomy_free(t);
        defects_free(&d);
    }
}

/* ---- writing -------------------------------------------------------------------------------------------- */

static void names_made(void **state) {
    (void)state;
    taxonomy *t = read_text("{\"Career & Work\": {\"Job Title\": {}, \"job-title\": {}, \"type\": {}, \"3D\": "
                            "{}, \"健\": {}, \"Café\": {}}, \"anchor\": {}}",
                            true);
    taxonomy_name(t);
    written(
        t, "career_work:\n  label: \"Career & Work\"\n"
           "  job_title: {text: {words: 1..16, lines: 1}, label: Job Title, hint: \"to be written: Career & "
           "Work, Job Title\"}\n"
           "  job_title_2: {text: {words: 1..16, lines: 1}, label: job-title, hint: \"to be written: Career & "
           "Work, job-title\"}\n"
           "  the_type: {text: {words: 1..16, lines: 1}, label: type, hint: \"to be written: Career & Work, "
           "type\"}\n"
           "  n3d: {text: {words: 1..16, lines: 1}, label: 3D, hint: \"to be written: Career & Work, 3D\"}\n"
           "  n5: {text: {words: 1..16, lines: 1}, label: \"健\", hint: \"to be written: Career & Work, 健\"}\n"
           "  cafe: {text: {words: 1..16, lines: 1}, label: \"Café\", hint: \"to be written: Career & Work, "
           "Café\"}\n"
           "anchor_2: {text: {words: 1..16, lines: 1}, label: anchor, hint: \"to be written: anchor\"}\n");
    taxonomy_free(t);
}

static void kinds_made(void **state) {
    (void)state;
    static const str times[] = {{"at dawn", 7}, {"no: never", 9}};
    taxonomy *t = taxonomy_new();
    taxon *a = taxon_add(t, t->root, STR("A"));
    taxon_choice(t, taxon_add(t, a, STR("Run")), times, 2, STR("when"));
    taxon_number(t, taxon_add(t, a, STR("Miles")), -1, 9, STR("miles"), (str){0});
    taxon_flag(t, taxon_add(t, a, STR("glad")), (str){0});
    taxon_text(t, taxon_add(t, a, STR("why")), STR("a reason"));
    taxonomy_count(t);
    taxonomy_name(t);
    written(t, "a:\n  label: A\n  run: {choice: [at dawn, \"no: never\"], note: when, label: Run}\n"
               "  miles: {number: \"-1..9\", unit: miles, label: Miles}\n  glad: {flag: {}}\n"
               "  why: {text: {words: 1..16, lines: 1}, hint: a reason}\n");
    taxonomy_free(t);
    assert_true(choice_value_fits(STR("now and then")));
    assert_false(choice_value_fits(STR("1..2")));
    assert_false(choice_value_fits(STR("a|b")));
    assert_false(choice_value_fits(STR("else")));
    assert_false(choice_value_fits(STR("~")));
    assert_false(choice_value_fits(STR(" a")));
}

/* What is written reads as the same tree: labels of all sorts, at random depths. */
static void written_reads_back(void **state) {
    static const char *const label[] = {"plain",
                                        "with: colon",
                                        "a # b",
                                        "{braces}",
                                        "[x]",
                                        "- dash",
                                        "\"quoted\"",
                                        "tab\\tx",
                                        "\xe2\x80\xa8line",
                                        "\xc2\x85nel",
                                        "comma, two",
                                        "true",
                                        "12",
                                        "1e5",
                                        "@at",
                                        "*star",
                                        "&and",
                                        "%p",
                                        "!bang",
                                        "yes",
                                        "end ",
                                        "back\\slash",
                                        "\xf0\x9f\x98\x80"};
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        taxonomy *t = taxonomy_new();
        taxon *at = t->root;
        for (uint64_t i = 0; i < 60; i++) {
            uint64_t r = rng_u64(seed, i, 0, 0, 0);
            taxon *x = taxon_add(t, at, str_of(label[r % COUNT_OF(label)]));
            uint64_t way = r >> 32 & 3;
            if (way == 0 && x->level < 20) at = x;
            if (way == 1 && at->up && at->first != at->last) at = at->up;
            x->leaf = at != x;
        }
        if (!at->first) at->leaf = true;
        taxonomy_count(t);
        taxonomy_name(t);
        buf one = {0}, other = {0};
        taxonomy_write(t, &one);
        diags d;
        diags_init(&d);
        taxonomy *again = taxonomy_read_text(buf_view(&one), false, &d);
        if (!again) fail_msg(STR_FMT "\n" STR_FMT, STR_ARG(d.row[0].text), STR_ARG(buf_view(&one)));
        assert_int_equal(again->root->leaves, t->root->leaves);
        taxonomy_write(again, &other);
        assert_int_equal(one.n, other.n);
        assert_memory_equal(one.p, other.p, one.n);
        diags_free(&d);
        buf_free(&one);
        buf_free(&other);
        taxonomy_free(again);
        taxonomy_free(t);
    }
}

/* ---- laying over ---------------------------------------------------------------------------------------- */

static void lay(const char *low, const char *high, uint32_t alike, const char *want, uint32_t merged,
                uint32_t conflicts, uint32_t alikes) {
    defects d;
    diags faults;
    defects_init(&d);
    diags_init(&faults);
    taxonomy *t = read_text(low, false);
    taxonomy_lay(t, read_text(high, false), alike, &d, &faults);
    assert_int_equal(faults.n, 0);
    written(t, want);
    assert_int_equal(d.count[DEFECT_MERGED], merged);
    assert_int_equal(d.count[DEFECT_CONFLICT], conflicts);
    assert_int_equal(d.count[DEFECT_ALIKE], alikes);
    taxonomy_free(t);
    defects_free(&d);
    diags_free(&faults);
}

static void lays_over(void **state) {
    (void)state;
    lay("a: {b: {flag: 0.1}}", "a: {b: {flag: 0.1}}", 0, "a:\n  b: {flag: 0.1}\n", 0, 0, 0);
    lay("a: {b: {flag: 0.1, label: x}}", "a: {b: {flag: 0.9}, c: {text: {}}}", 0,
        "a:\n  b: {flag: 0.9, label: x}\n  c: {text: {}}\n", 0, 0, 0);
    lay("a: {habits: {flag: 0.1}}", "A: {habit: {number: 1..3}}", 0, "a:\n  habits: {number: 1..3}\n", 2, 1, 0);
    lay("a: {b: {flag: 0.1}}", "a: {b: {c: {flag: 0.2}}}", 0, "a:\n  b: {flag: 0.1}\n", 0, 1, 0);
    lay("job_title: {flag: 1}\nx: {flag: 1}", "job_titles_held: {flag: 0}", 300,
        "job_title: {flag: 0}\nx: {flag: 1}\n", 1, 0, 0);
    lay("musical_taste: {flag: 1}", "music_taste: {flag: 0}", 0,
        "musical_taste: {flag: 1}\nmusic_taste: {flag: 0}\n", 0, 0, 1);
    lay("m: {each: [a, b], flag: 0.5}", "m: {each: [c], flag: 0.1}", 0, "m: {each: [c], flag: 0.1}\n", 0, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds),
        cmocka_unit_test(likeness_law),
        cmocka_unit_test(pairs_as_by_hand),
        cmocka_unit_test(instances),
        cmocka_unit_test(names_read),
        cmocka_unit_test(attributes_read),
        cmocka_unit_test(same_become_one),
        cmocka_unit_test(chains_close),
        cmocka_unit_test(empty_ones_go),
        cmocka_unit_test(lints),
        cmocka_unit_test(names_made),
        cmocka_unit_test(kinds_made),
        cmocka_unit_test(written_reads_back),
        cmocka_unit_test(lays_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

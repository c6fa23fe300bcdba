/* gate_text_test.c: what of a persona is compared: masked text, exact lists, `within`; silent words; evidence.
 */
#include "tests/unit/stages_kit.h"
#include "stages/gate_parts.h"

static const char town[] =
    "populace: 1\nname: town\n"
    "attributes:\n  sex: {choice: [female, male], labels: {female: a woman, male: a man}}\n"
    "  trade: {choice: [baker, clockmaker], labels: {clockmaker: maker of clocks}}\n"
    "  age: {number: 18..89, unit: years}\n  pet: {choice: [cat, dog], when: {sex: female}}\n"
    "tables: {both: {over: [sex, trade], shares: uniform}}\n"
    "facets:\n  life:\n    fields: {life: {text: {}, hint: a life told aloud}, motto: {text: {}}}\n"
    "    prompt: \"Tell of harbours.\\n{{@fields}}\\n---\\n{{age}}, {{sex}}\\n\"\n"
    "dedup: {text: [life, motto], exact: [[trade, age], [pet]], within: [trade]}\n";

static const char cheng[] =
    "populace: 1\nname: cheng\nlocale: zh\n"
    "attributes:\n  subject: {choice: [maths, physics], labels: {maths: {zh: 数学}, physics: {zh: 物理}}}\n"
    "tables: {one: {over: [subject], shares: uniform}}\n"
    "facets:\n  life:\n    fields: {life: {text: {}}}\n    prompt: "
    "\"写作。\\n{{@fields}}\\n---\\n{{subject}}\\n\"\n"
    "dedup: {text: [life]}\n";

typedef struct fixture {
    population *p;
    arena *mem;
    record r;
} fixture;

static fixture begin(const char *yaml) {
    fixture f = {kit_population(yaml, NULL), arena_new(0), {0}};
    record_init(&f.r, f.p, f.mem);
    return f;
}

static void end(fixture *f) {
    arena_free(f->mem);
    population_free(f->p);
}

static uint32_t leaf(const fixture *f, const char *path) {
    const node *n = node_find(f->p, str_of(path));
    assert_non_null(n);
    return n->leaf;
}

static void set(fixture *f, const char *path, int64_t v) {
    f->r.value[leaf(f, path)] = (value){.kind = V_NUM, .num = v};
}

static void tell(fixture *f, const char *path, const char *text) {
    f->r.value[leaf(f, path)] = (value){.kind = V_TEXT, .text = str_of(text)};
}

static gate_print print_of(fixture *f) {
    gate_print out;
    gate_print_make(f->p, &f->r, f->mem, &out);
    return out;
}

static void is(str got, const char *want) {
    if (!str_is(got, want)) fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(got), want);
}

static void quota_words_are_masked(void **state) {
    (void)state;
    fixture f = begin(town);
    set(&f, "sex", 0);
    set(&f, "trade", 1);
    set(&f, "age", 30);
    tell(&f, "life", "The woman, a Clockmaker: maker of fine clocks, not a baker! 30 years old.");
    tell(&f, "motto", "Time's a woman.");
    /* of the quota's values and labels each word; not the other values, not attributes without a table */
    is(print_of(&f).text, "the fine not baker 30 years old\ntime's");
    set(&f, "trade", 0);
    is(print_of(&f).text, "the clockmaker maker of fine clocks not 30 years old\ntime's");
    end(&f);
}

static void dense_values_are_masked_whole(void **state) {
    (void)state;
    fixture f = begin(cheng);
    set(&f, "subject", 0);
    tell(&f, "life", "他爱数学，也学数字。");
    is(print_of(&f).text, "他 爱 也 学 数 字");
    set(&f, "subject", 1);
    is(print_of(&f).text, "他 爱 数 学 也 学 数 字");
    end(&f);
}

static void lists_are_hashed(void **state) {
    (void)state;
    fixture f = begin(town);
    set(&f, "sex", 1);
    set(&f, "trade", 0);
    set(&f, "age", 30);
    gate_print a = print_of(&f);
    assert_true(a.exact[0] != 0 && a.within != 0);
    assert_int_equal(a.exact[1], 0); /* nobody has a pet: not compared */
    assert_int_equal(a.exact[2], 0);
    set(&f, "age", 31);
    gate_print b = print_of(&f);
    assert_true(a.exact[0] != b.exact[0]);
    assert_int_equal(a.within, b.within);
    set(&f, "trade", 1);
    assert_true(print_of(&f).within != a.within);
    set(&f, "pet", 1);
    assert_true(print_of(&f).exact[1] != 0);
    end(&f);
}

static uint32_t words_in(const features *f) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n; i++) n += f->row[i].kind == FEATURE_WORD;
    return n;
}

/* Labels, hints, prompts and function words give no features. */
static void the_populations_words_are_silent(void **state) {
    (void)state;
    fixture f = begin(town);
    silent_words *s = gate_silent(f.p);
    features got = {0};
    features_read(&got, s, STR("of harbours told aloud by a man and the baker"));
    assert_int_equal(words_in(&got), 0);
    features_read(&got, s, STR("of harbours told to gulls"));
    assert_int_equal(words_in(&got), 1);
    const feature *gulls = NULL, *pair = NULL;
    for (uint32_t i = 0; i < got.n; i++) {
        if (got.row[i].kind == FEATURE_WORD) gulls = &got.row[i];
        if (got.row[i].kind == FEATURE_PAIR) pair = &got.row[i];
    }
    assert_true(gulls && gulls->telling && gulls->at == 20 && gulls->n == 5);
    assert_true(pair && !pair->telling);
    features_free(&got);
    silent_free(s);
    end(&f);
}

static void features_of_words(void **state) {
    (void)state;
    fixture f = begin(town);
    silent_words *s = gate_silent(f.p);
    features got = {0};
    /* gulls: 1 word, gul ull lls, gull ulls, gulls; three times, with a pair inside a field, none across */
    features_read(&got, s, STR("gulls gulls\ngulls"));
    uint32_t kinds[3] = {0};
    for (uint32_t i = 0; i < got.n; i++) {
        kinds[got.row[i].kind]++;
        assert_int_equal(got.row[i].times, got.row[i].kind == FEATURE_PAIR ? 1 : 3);
        assert_ptr_equal(features_find(&got, got.row[i].hash), &got.row[i]);
    }
    assert_int_equal(kinds[FEATURE_WORD], 1);
    assert_int_equal(kinds[FEATURE_PAIR], 1);
    assert_int_equal(kinds[FEATURE_GRAM], 6);
    features_read(&got, s, STR("数 学"));
    assert_int_equal(got.n, 3);
    features_read(&got, s, STR(""));
    assert_int_equal(got.n, 0);
    assert_null(features_find(&got, 1));
    features_free(&got);
    silent_free(s);
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota_words_are_masked), cmocka_unit_test(dense_values_are_masked_whole),
        cmocka_unit_test(lists_are_hashed),       cmocka_unit_test(the_populations_words_are_silent),
        cmocka_unit_test(features_of_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

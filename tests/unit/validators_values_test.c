/* Rules over values: never, implies, compare, allowed, disjoint, distinct, spread, pattern. Each case is one
 * that passes and one that objects; what shapes the draw is checked to say the same as the check. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tests/unit/validators_kit.h"

#include <pcre2.h>

static void never(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  N1: {kind: never, when: {age: ..8, grade: 9}}\n  N2: {kind: never, when: {mood: cheerful, "
             "skill.health: low}}\n");
    rig_set(&x, "age", "8");
    rig_set(&x, "grade", "\"8\"");
    rig_check(&x);
    assert_int_equal(rig_count(&x, "N1"), 0);
    rig_objects(&x, "N1", "grade", "\"9\"", 1, "age: 8 years; grade: ninth grade");
    assert_int_equal(rig_finding(&x, "N1")->leaf, NO_LEAF);
    assert_int_equal(rig_finding(&x, "N1")->owner, NO_FACET);
    rig_set(&x, "age", NULL); /* a test without a value is false */
    rig_check(&x);
    assert_int_equal(rig_count(&x, "N1"), 0);
    rig_set(&x, "skill.health", "\"low\"");
    rig_passes(&x, "N2", "mood", "\"calm\"");
    rig_objects(&x, "N2", "mood", "\"cheerful\"", 1, "mood: cheerful");
    assert_int_equal(rig_finding(&x, "N2")->leaf,
                     rig_node(&x, "mood")->leaf); /* the one thing that can be mended */
    assert_int_equal(rig_finding(&x, "N2")->owner, 0);
    rig_close(&x);
}

static void implies(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  I1: {kind: implies, if: {grade: 9}, then: {age: 13.., skill.reading: {not: low}}}\n"
             "  I2: {kind: implies, if: {grade: 7..}, then: {sleep: {not: ~}}}\n"
             "  I3: {kind: implies, if: {grade: 9}, then: {age: 18..}, when: {gender: male}}\n");
    rig_set(&x, "grade", "\"9\"");
    rig_set(&x, "skill.reading", "\"high\"");
    rig_set(&x, "sleep", "8");
    rig_passes(&x, "I1", "age", "13");
    rig_objects(&x, "I1", "age", "12", 1, "age: 12 years");
    rig_set(&x, "grade", "\"8\"");
    rig_passes(&x, "I1", "age", "12");
    rig_objects(&x, "I2", "sleep", NULL, 1, NULL); /* a predicate may ask for no value */
    rig_set(&x, "grade", "\"9\"");
    rig_set(&x, "gender", "\"female\"");
    rig_passes(&x, "I3", "age", "13");
    rig_set(&x, "gender", "\"male\"");
    rig_objects(&x, "I3", "age", "13", 1, NULL);
    rig_close(&x);
}

static void compare(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  C1: {kind: compare, left: {age: 1}, at_least: {grade: 1, const: 6}}\n"
             "  C2: {kind: compare, left: {hours: 0.1, sleep: 0.1}, at_most: 0.3}\n"
             "  C3: {kind: compare, left: {hours: 2}, equals: {age: 1}}\n");
    rig_set(&x, "grade", "\"9\""); /* rank 4 */
    rig_passes(&x, "C1", "age", "10");
    rig_objects(&x, "C1", "age", "9", 1, "age is 9, it should be at least 10");
    assert_int_equal(x.rec.value[rig_node(&x, "sleep")->leaf].kind, V_NONE);
    rig_passes(&x, "C2", "hours", "40"); /* without one of its terms a sum has no value */
    rig_set(&x, "sleep", "1");
    rig_passes(&x, "C2", "hours", "2"); /* 0.2 + 0.1 is 0.3, whatever the last bit says */
    rig_objects(&x, "C2", "hours", "2.5", 1, "at most 0.3");
    rig_objects(&x, "C3", "hours", "2.5", 1, "exactly 9");
    rig_passes(&x, "C3", "hours", "4.5");
    rig_close(&x);
}

static void allowed(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, PUPILS,
        "  A1: {kind: allowed, of: age, by: [grade], given: {1..2: 5..9, 7..9: {not: ..11}}}\n"
        "  A2: {kind: allowed, of: mood, by: [grade], given: {1..2: [calm, cheerful], else: {not: tense}}}\n");
    rig_set(&x, "grade", "\"2\"");
    rig_passes(&x, "A1", "age", "9");
    rig_objects(&x, "A1", "age", "10", 1, "10 years cannot be here, given grade: second grade");
    rig_set(&x, "grade", "\"8\"");
    rig_objects(&x, "A1", "age", "11", 1, NULL);
    rig_passes(&x, "A1", "age", "12");
    rig_passes(&x, "A1", "age", NULL);
    rig_passes(&x, "A2", "mood", "\"calm\"");
    rig_objects(&x, "A2", "mood", "\"tense\"", 1, "tense");
    assert_int_equal(rig_finding(&x, "A2")->leaf, rig_node(&x, "mood")->leaf);
    rig_close(&x);
}

static void disjoint(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  D1: {kind: disjoint, of: [strong, weak, best]}\n  D2: {kind: disjoint, of: [story, motto, "
             "wishes]}\n");
    rig_set(&x, "strong", "[\"art\", \"music\"]");
    rig_passes(&x, "D1", "weak", "[\"physics\"]");
    rig_passes(&x, "D1", "weak", "[]");
    rig_objects(&x, "D1", "weak", "[\"physics\", \"music\"]", 1, "\"music\" stands in");
    rig_set(&x, "weak", NULL);
    rig_objects(&x, "D1", "best", "\"art\"", 1, "art");
    rig_set(&x, "story", "Keep going.");
    rig_passes(&x, "D2", "motto", "Never give up.");
    rig_objects(&x, "D2", "motto", " keep GOING. ", 1, "stands in story too");
    rig_set(&x, "motto", NULL);
    rig_objects(&x, "D2", "wishes", "[\"a dog\", \"keep going.\"]", 1, NULL);
    rig_close(&x);
}

static void distinct(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  D1: {kind: distinct, of: wishes}\n  D2: {kind: distinct, of: strong}\n");
    rig_passes(&x, "D1", "wishes", "[\"a dog\", \"a cat\"]");
    rig_objects(&x, "D1", "wishes", "[\"a dog\", \"a cat\", \"A Dog\"]", 1, "lists \"A Dog\" twice");
    rig_objects(&x, "D1", "wishes", "[\"\xC3\x89lan\", \"\xC3\xA9lan\"]", 1, NULL);
    rig_passes(&x, "D1", "wishes", NULL);
    rig_passes(&x, "D2", "strong", "[\"art\", \"music\"]");
    rig_close(&x);
}

static void spread(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, PUPILS,
        "  S1: {kind: spread, of: [skill], at_least: 2}\n  S2: {kind: spread, of: [wishes], at_least: 3}\n");
    rig_set(&x, "skill.moral", "\"low\"");
    rig_set(&x, "skill.health", "\"low\"");
    rig_objects(&x, "S1", "skill.reading", "\"low\"", 1, "only 1 different, at least 2");
    rig_passes(&x, "S1", "skill.reading", "\"high\"");
    rig_objects(&x, "S1", "skill.reading", NULL, 1, NULL);
    rig_set(&x, "skill.health", NULL);
    rig_passes(&x, "S1", "skill.reading", NULL); /* one value cannot differ from itself */
    rig_passes(&x, "S2", "wishes", "[\"a\", \"b\", \"c\"]");
    rig_objects(&x, "S2", "wishes", "[\"a\", \"b\", \"B\"]", 1, NULL);
    rig_close(&x);
}

static void pattern(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  P1: {kind: pattern, of: handle, match: '^[a-z]+_[a-z]+$'}\n  P2: {kind: pattern, of: [story, "
             "motto], never: '(?m)^\\s*[-*]\\s', message: has bullets}\n"
             "  P3: {kind: pattern, of: wishes, match: '^I '}\n  P4: {kind: pattern, of: story, never: '\\d'}\n"
             "  P5: {kind: pattern, of: age, match: '^1'}\n");
    rig_passes(&x, "P1", "handle", "stone_ada");
    rig_objects(&x, "P1", "handle", "stone ada", 1, "^[a-z]+_[a-z]+$");
    rig_passes(&x, "P2", "story", "A story - of course.");
    rig_objects(&x, "P2", "story", "A list:\n - one", 1, "has bullets");
    rig_objects(&x, "P4", "story", "Room 7 is empty.", 1, "\"7\"");
    rig_objects(&x, "P3", "wishes", "[\"I fly\", \"a dog\", \"cats\"]", 1, NULL); /* one message, said once */
    rig_passes(&x, "P3", "wishes", "[\"I fly\"]");
    rig_passes(&x, "P5", "age", "14");
    rig_objects(&x, "P5", "age", "8", 1, NULL);
    rig_close(&x);
}

/* A pattern that would try for ever ends, and the text is objected to. */
static void pattern_has_a_limit(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS, "  P1: {kind: pattern, of: story, never: '^(a+)+$'}\n");
    char text[64];
    memset(text, 'a', sizeof text);
    text[40] = '!';
    text[41] = 0;
    rig_objects(&x, "P1", "story", text, 1, "could not be compared");
    rig_passes(&x, "P1", "story", "An ordinary text.");
    rig_close(&x);
}

static bool plain_search(const char *pattern, const char *text) {
    int code;
    PCRE2_SIZE at;
    pcre2_code *x =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    assert_non_null(x);
    pcre2_match_data *m = pcre2_match_data_create(1, NULL);
    int n = pcre2_match(x, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, m, NULL);
    pcre2_match_data_free(m);
    pcre2_code_free(x);
    return n >= 0;
}

/* Where a search begins is chosen; what it finds is not. */
static void patterns_find_what_a_plain_search_finds(void **state) {
    (void)state;
    size_t found = 0;
    static const char *const patterns[] = {
        "(?m)^\\s*([-*•]|\\d+[.)])\\s",
        "(?m)^b?$",
        "(?m)^.b$",
        ".*b\\n-",
        "(?m)^(?<=\\n)a",
        "\\{|\\}",
        "[{}<>]b",
        "(?m)(?:^a|\\Gb)-",
        "(*COMMIT)-b",
        "(*CRLF)(?m)^b",
        "(?i)B-",
        "a|•",
        "(?s).*\\n1\\.",
        "x*",
    };
    static const char *const pieces[] = {"a", "b", "-", "\n", " ", "1", ".", "{", "}", "•", "\r\n"};
    for (uint64_t k = 0; k < COUNT_OF(patterns); k++) {
        rig x;
        buf row = {0};
        buf_printf(&row, "  P1: {kind: pattern, of: story, never: '%s'}\n%c", patterns[k], 0);
        rig_open(&x, PUPILS, row.p);
        for (uint64_t round = 0; round < 200; round++) {
            buf text = {0};
            for (uint64_t i = 0, n = rng_below(rng_u64(round, k, 1, 0, 0), 12); i < n; i++)
                buf_z(&text, pieces[rng_below(rng_u64(round, k, 2 + i, 0, 0), COUNT_OF(pieces))]);
            buf_char(&text, 0);
            rig_set(&x, "story", text.p);
            rig_check(&x);
            found += rig_count(&x, "P1");
            assert_int_equal(rig_count(&x, "P1"), plain_search(patterns[k], text.p));
            buf_free(&text);
        }
        buf_free(&row);
        rig_close(&x);
    }
    assert_in_range(found, 400, 2000); /* of 2800 */
}

/* What shapes the draw and what is checked afterwards are one judgement: random records, rule by rule. */
static void constraints_say_what_checks_say(void **state) {
    (void)state;
    rig x;
    rig_open(&x, PUPILS,
             "  R1: {kind: never, when: {age: ..8, grade: 9}}\n  R2: {kind: implies, if: {grade: 7..}, then: "
             "{age: 10..}}\n"
             "  R3: {kind: compare, left: {age: 1}, at_least: {grade: 2, const: 4}}\n"
             "  R4: {kind: allowed, of: age, by: [grade], given: {1..2: 5..9, 7..9: 12..}}\n  R5: {kind: "
             "disjoint, of: [strong, weak]}\n"
             "  R6: {kind: spread, of: [skill], at_least: 2}\n  R7: {kind: pattern, of: handle, match: '^s'}\n"
             "  R8: {kind: never, when: {strong: art}, hard: false}\n");
    assert_int_equal(rules_constraints(x.r), 7);
    assert_int_equal(x.p->constraints, 7);
    assert_int_equal(rules_checks(x.r), 1);
    size_t broken = 0, kept = 0;
    for (uint64_t i = 0; i < 400; i++) {
        for (uint32_t leaf = 0; leaf < x.p->leaves; leaf++) {
            const node *n = leaf_node(x.p, leaf);
            uint64_t r = rng_u64(7, i, leaf, 0, 0);
            value *v = &x.rec.value[leaf];
            *v = (value){.kind = V_NONE};
            if (r % 8 == 0 || n->is_list || n->owner != NO_FACET) continue;
            if (n->kind == K_CHOICE) *v = (value){.kind = V_NUM, .num = (int64_t)rng_below(r, n->values)};
            if (n->kind == K_NUMBER)
                *v =
                    (value){.kind = V_NUM, .num = n->lo + (int64_t)rng_below(r, (uint64_t)(n->hi - n->lo + 1))};
            if (n->kind == K_TEMPLATE) *v = (value){.kind = V_TEXT, .text = r % 3 ? STR("stone") : STR("reed")};
        }
        rig_check(&x);
        for (uint32_t k = 0; k < x.p->constraints; k++) {
            const constraint *c = &x.p->constraint[k];
            bool holds = c->holds(c->self, &x.rec), silent = rig_count(&x, str_z(x.mem, c->id)) == 0;
            assert_int_equal(holds, silent);
            broken += !holds;
            kept += holds;
        }
    }
    assert_true(broken > 100 && kept > 100);
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never),
        cmocka_unit_test(implies),
        cmocka_unit_test(compare),
        cmocka_unit_test(allowed),
        cmocka_unit_test(disjoint),
        cmocka_unit_test(distinct),
        cmocka_unit_test(spread),
        cmocka_unit_test(pattern),
        cmocka_unit_test(pattern_has_a_limit),
        cmocka_unit_test(patterns_find_what_a_plain_search_finds),
        cmocka_unit_test(constraints_say_what_checks_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

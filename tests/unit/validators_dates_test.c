/* Rules over dates: as values that are compared, and as days that a text names. */
#include "tests/unit/validators_kit.h"
#include "validators/rule_parts.h"

#define DATED                                                                                                  \
    "populace: 1\nname: dated\n"                                                                               \
    "attributes:\n"                                                                                            \
    "  since: {date: 2020-01-01..2025-12-31, label: start date, terms: [start date, started]}\n"               \
    "  until: {date: 2020-01-01..2026-12-31}\n"                                                                \
    "facets:\n"                                                                                                \
    "  first:\n"                                                                                               \
    "    fields: {report: {text: {}}, met: {date: 2020-01-01..2024-12-31}, trips: {date: "                     \
    "2020-01-01..2024-12-31, list: 0..4}}\n"                                                                   \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"\n"                                        \
    "rules:\n"

static void values(void **state) {
    (void)state;
    rig x;
    rig_open(&x, DATED,
             "  C1: {kind: compare, left: {met: 1}, at_least: {since: 1, const: 30}}\n"
             "  N1: {kind: never, when: {met: 2023-01-01.., since: ..2020-12-31}}\n"
             "  D1: {kind: disjoint, of: [met, trips]}\n"
             "  T1: {kind: distinct, of: [trips]}\n"
             "  A1: {kind: allowed, of: met, by: [since], given: {..2022-12-31: 2020-06-01.., else: "
             "2024-01-01..}}\n");
    rig_set(&x, "since", "\"2020-05-10\"");
    rig_passes(&x, "C1", "met", "\"2020-06-09\"");
    rig_objects(&x, "C1", "met", "\"2020-06-08\"", 1, "2020-06-08");
    assert_true(holds_text(rig_finding(&x, "C1")->message, "2020-06-09"));
    rig_passes(&x, "N1", "met", "\"2022-12-31\"");
    rig_objects(&x, "N1", "met", "\"2023-01-01\"", 1, "start date: 2020-05-10");
    rig_passes(&x, "A1", "met", "\"2020-06-01\"");
    rig_objects(&x, "A1", "met", "\"2020-05-31\"", 1, NULL);
    rig_set(&x, "met", "\"2020-06-09\"");
    rig_passes(&x, "D1", "trips", "[\"2020-06-08\"]");
    rig_objects(&x, "D1", "trips", "[\"2020-06-08\", \"2020-06-09\"]", 1, "2020-06-09");
    rig_objects(&x, "T1", "trips", "[\"2020-06-08\", \"2020-06-08\"]", 1, "2020-06-08");
    rig_close(&x);
}

static void texts(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x, DATED,
        "  S1: {kind: states, of: report, what: [since]}\n  M1: {kind: mentions, of: report, what: [until]}\n");
    rig_set(&x, "since", "\"2024-03-05\"");
    rig_set(&x, "until", "\"2025-06-30\"");
    rig_passes(&x, "S1", "report", "She started on 5 March 2024 and stayed.");
    rig_passes(&x, "S1", "report", "Start date: 2024-03-05.");
    rig_objects(&x, "S1", "report", "She started on 6 March 2024.", 1, "6 March 2024");
    rig_objects(&x, "S1", "report", "She started in March 2024.", 1, NULL);
    rig_objects(&x, "S1", "report", "Born on 5 March 2024. She started early.", 1, NULL);
    rig_passes(&x, "M1", "report", "It ended on June 30th, 2025.");
    rig_objects(&x, "M1", "report", "It ended on June 3, 2025.", 1, "2025-06-30");
    rig_close(&x);
}

static void words(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t word, words; /* words 0: no day */
        const char *day;
    } rows[] = {
        {"on 2025-06-30 she", 1, 3, "2025-06-30"},
        {"30 June 2025", 0, 3, "2025-06-30"},
        {"1st Sept 2025", 0, 3, "2025-09-01"},
        {"June 30th, 2025", 0, 3, "2025-06-30"},
        {"Jan. 2, 2024", 0, 3, "2024-01-02"},
        {"2025年6月30日", 0, 6, "2025-06-30"},
        {"30 June", 0, 0, NULL},
        {"06/07/2025", 0, 0, NULL},
        {"31 June 2025", 0, 0, NULL},
        {"2025 06 30", 0, 0, NULL},
        {"may 2025", 0, 0, NULL},
        {"30 Juno 2025", 0, 0, NULL},
        {"2025-06-3", 0, 0, NULL},
    };
    arena *mem = arena_new(0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        date_at at;
        buf b = {0};
        bool found = date_read(reading_new(str_of(rows[i].text), mem), rows[i].word, &at);
        if (found != (rows[i].words > 0)) fail_msg("%s", rows[i].text);
        if (!found) continue;
        date_print(&b, at.days);
        assert_true(str_is(buf_view(&b), rows[i].day));
        assert_int_equal(at.words, rows[i].words);
        buf_free(&b);
    }
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(texts),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

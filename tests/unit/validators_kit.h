/* validators_kit.h: what the tests of rules share: a population from text, values set by JSON, findings looked
 * up. */
#ifndef POP_TESTS_VALIDATORS_KIT_H
#define POP_TESTS_VALIDATORS_KIT_H

#include "validators/validators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT __attribute__((unused)) static

/* Pupils: drawn facts, two facets, the second of which needs the first. Rules follow. */
#define PUPILS                                                                                                 \
    "populace: 1\nname: pupils\n"                                                                              \
    "types:\n"                                                                                                 \
    "  level: {choice: [low, fairly_low, medium, above_medium, fairly_high, high], ordered: true,\n"           \
    "          labels: {fairly_low: fairly low, above_medium: above medium, fairly_high: fairly high}}\n"      \
    "  subject: {choice: [mathematics, physics, art, music, english],\n"                                       \
    "            words: {mathematics: [mathematics, math*], english: [English, foreign language]}}\n"          \
    "lexicons: {clinical: [diagnos*, depressive, panic attack]}\n"                                             \
    "attributes:\n"                                                                                            \
    "  age: {number: 5..19, unit: years}\n"                                                                    \
    "  grade: {choice: [1, 2, 7, 8, 9], ordered: true,\n"                                                      \
    "          labels: {1: first grade, 2: second grade, 7: seventh grade, 8: eighth grade, 9: ninth "         \
    "grade}}\n"                                                                                                \
    "  gender: {choice: [female, male], labels: {female: girl, male: boy}}\n"                                  \
    "  given_name: {choice: [Ada, Ben, Cleo, Dora, Emil]}\n"                                                   \
    "  family_name: {choice: [Stone, Reed]}\n"                                                                 \
    "  name: {template: \"{{given_name}} {{family_name}}\"}\n"                                                 \
    "  handle: {template: \"{{family_name|value}}_{{given_name|value}}\"}\n"                                   \
    "  strong: {type: subject, list: 0..3}\n"                                                                  \
    "  weak: {type: subject, list: 0..3}\n"                                                                    \
    "  best: {type: subject}\n"                                                                                \
    "  hours: {number: 0..40, step: 0.5}\n"                                                                    \
    "  sleep: {number: 0..12, when: {grade: 7..}}\n"                                                           \
    "  skill:\n"                                                                                               \
    "    each: {moral: {label: moral character, terms: [moral character, integrity]}, health: {label: health " \
    "of body and mind, terms: [health]},\n"                                                                    \
    "           reading: {}}\n"                                                                                \
    "    type: level\n"                                                                                        \
    "facets:\n"                                                                                                \
    "  first:\n"                                                                                               \
    "    fields:\n"                                                                                            \
    "      report: {text: {}}\n"                                                                               \
    "      mood: {choice: [calm, tense, cheerful]}\n"                                                          \
    "      wishes: {text: {}, list: 0..5}\n"                                                                   \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{@attributes}}\\n\"\n"                                        \
    "  second:\n"                                                                                              \
    "    needs: [first]\n"                                                                                     \
    "    fields:\n"                                                                                            \
    "      story: {text: {}}\n"                                                                                \
    "      motto: {text: {}}\n"                                                                                \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{report}}\\n\"\n"                                             \
    "  third:\n"                                                                                               \
    "    fields: {letter: {text: {}}}\n"                                                                       \
    "    prompt: \"Write.\\n{{@fields}}\\n---\\n{{age}}\\n\"\n"                                                \
    "judges: {reader: {}, deep: {after: reader}}\n"                                                            \
    "rules:\n"

typedef struct rig {
    diags d;
    population *p;
    rules *r;
    arena *mem;
    record rec;
    findings found;
} rig;

KIT void rig_print(const rig *x) {
    for (size_t i = 0; i < x->d.n; i++)
        print_message("# %s %u: " STR_FMT " [" STR_FMT "]\n", diag_name(x->d.row[i].code), x->d.row[i].line,
                      STR_ARG(x->d.row[i].text), STR_ARG(x->d.row[i].hint));
    for (size_t i = 0; i < x->found.n; i++)
        print_message("# " STR_FMT " %u: " STR_FMT " (" STR_FMT ")\n", STR_ARG(x->found.row[i].rule),
                      x->found.row[i].leaf, STR_ARG(x->found.row[i].message), STR_ARG(x->found.row[i].hint));
}

/* head and rules, one text after the other; whatever comes of it */
KIT void rig_try(rig *x, const char *head, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/populace-rules-XXXXXX.yaml", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, head, strlen(head)), strlen(head));
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    *x = (rig){0};
    diags_init(&x->d);
    x->p = population_load(path, NULL, 0, &x->d);
    unlink(path);
    if (!x->p) rig_print(x);
    assert_non_null(x->p);
    x->r = rules_compile(x->p, &x->d);
    x->mem = arena_new(0);
}

KIT void rig_open(rig *x, const char *head, const char *text) {
    rig_try(x, head, text);
    if (!x->r || !population_finish(x->p, &x->d)) {
        rig_print(x);
        fail_msg("the rules do not compile");
    }
    record_init(&x->rec, x->p, x->mem);
}

KIT void rig_close(rig *x) {
    rules_free(x->r);
    population_free(x->p);
    diags_free(&x->d);
    arena_free(x->mem);
}

KIT const node *rig_node(const rig *x, const char *path) {
    const node *n = node_find(x->p, str_of(path));
    if (!n) fail_msg("there is no %s", path);
    return n;
}

/* The value as a model would write it; NULL: none. A text without quotes is taken as it is. */
KIT void rig_set(rig *x, const char *path, const char *text) {
    const node *n = rig_node(x, path);
    value *v = &x->rec.value[n->leaf];
    *v = (value){.kind = V_NONE};
    if (!text) return;
    if ((n->kind == K_TEXT || n->kind == K_TEMPLATE) && !n->is_list) {
        *v = (value){.kind = V_TEXT, .text = str_dup(x->mem, str_of(text))};
        return;
    }
    json j;
    assert_int_equal(json_read(str_dup(x->mem, str_of(text)), NULL, x->mem, &j, NULL), JSON_FAULT_NONE);
    const char *wrong = value_read(n, &j, x->mem, v);
    if (wrong) fail_msg("%s: %s: %s", path, text, wrong);
}

KIT void rig_check(rig *x) {
    findings_init(&x->found, x->mem);
    rules_check_all(x->r, &x->rec, x->mem, &x->found);
    findings_sort(&x->found);
}

KIT size_t rig_count(const rig *x, const char *id) {
    size_t n = 0;
    for (size_t i = 0; i < x->found.n; i++) n += str_is(x->found.row[i].rule, id);
    return n;
}

KIT const finding *rig_finding(const rig *x, const char *id) {
    for (size_t i = 0; i < x->found.n; i++)
        if (str_is(x->found.row[i].rule, id)) return &x->found.row[i];
    rig_print(x);
    fail_msg("%s does not object", id);
    return NULL;
}

KIT bool holds_text(str s, const char *part) {
    size_t at;
    return str_find(s, str_of(part), &at);
}

/* The rule objects just so often to this text in the field; a message (or hint) holds `part`. */
KIT void rig_objects(rig *x, const char *id, const char *field, const char *text, size_t times,
                     const char *part) {
    rig_set(x, field, text);
    rig_check(x);
    if (rig_count(x, id) != times) {
        rig_print(x);
        fail_msg("%s objects %zu times, not %zu, to: %s", id, rig_count(x, id), times, text);
    }
    bool there = !times || !part;
    for (size_t i = 0; i < x->found.n && !there; i++)
        there = str_is(x->found.row[i].rule, id) &&
                (holds_text(x->found.row[i].message, part) || holds_text(x->found.row[i].hint, part));
    if (!there) {
        rig_print(x);
        fail_msg("%s does not say: %s", id, part);
    }
}

KIT void rig_passes(rig *x, const char *id, const char *field, const char *text) {
    rig_objects(x, id, field, text, 0, NULL);
}

/* The first row of a code. */
KIT const diag *rig_row(const rig *x, diag_code code) {
    for (size_t i = 0; i < x->d.n; i++)
        if (x->d.row[i].code == code) return &x->d.row[i];
    rig_print(x);
    fail_msg("no row of %s", diag_name(code));
    return NULL;
}

#endif

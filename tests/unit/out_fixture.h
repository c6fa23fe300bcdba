/* out_fixture.h: a folder of its own for a test, a small population, and records of it as facets would leave
 * them. */
#ifndef POP_OUT_FIXTURE_H
#define POP_OUT_FIXTURE_H

#include "out/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIX __attribute__((unused)) static

static char out_dir[256];

FIX int out_drop(const char *path, const struct stat *st, int type, struct FTW *walk) {
    (void)st, (void)type, (void)walk;
    return remove(path);
}

FIX int out_open(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(out_dir, sizeof out_dir, "%s/populace_out_XXXXXX", base && *base ? base : P_tmpdir);
    return mkdtemp(out_dir) ? 0 : 1;
}

FIX int out_close(void **state) {
    (void)state;
    return nftw(out_dir, out_drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* Twelve kinds of member that a row can have; OUTPUT is what stands behind `output:`. */
#define OUT_YAML(OUTPUT)                                                                                       \
    "populace: 1\nname: street\nlocale: en\n"                                                                  \
    "attributes:\n"                                                                                            \
    "  person:\n"                                                                                              \
    "    given_name: {choice: [Mei, Ola, Zeynep], label: given name}\n"                                        \
    "    family_name: {choice: [Lindqvist, Okafor], label: family name}\n"                                     \
    "    sex: {choice: [F, M], labels: {F: woman, M: man}}\n"                                                  \
    "    age: {number: 15..99, unit: years}\n"                                                                 \
    "    height: {number: 1.50..1.99, step: 0.01, unit: m}\n"                                                  \
    "  school:\n"                                                                                              \
    "    grade: {choice: [1, 2, 3]}\n"                                                                         \
    "    marks:\n"                                                                                             \
    "      label: best marks\n"                                                                                \
    "      maths: {number: -2..2, step: 0.5}\n"                                                                \
    "      essay: {choice: [poor, fair, good, very_good], labels: {poor: fair, good: very good}}\n"            \
    "  hobbies: {choice: [chess, rowing, choir, bees], list: 0..3}\n"                                          \
    "  twin: {flag: 0.5}\n"                                                                                    \
    "  job: {choice: [baker, nurse], when: {person.age: 40..}}\n"                                              \
    "  secret: {choice: [x, y], hide: true}\n"                                                                 \
    "  greeting: {template: \"{{given_name}} \\\"{{grade}}\\\"\"}\n"                                           \
    "facets:\n"                                                                                                \
    "  self:\n"                                                                                                \
    "    fields:\n"                                                                                            \
    "      portrait: {text: {words: 5..300}}\n"                                                                \
    "      mood: {choice: [calm, tense]}\n"                                                                    \
    "      sleeps: {number: 4..12, step: 0.5, unit: hours}\n"                                                  \
    "      early: {flag: {}, label: up early}\n"                                                               \
    "      likes: {text: {words: 1..9}, list: 2..3, label: what they like}\n"                                  \
    "      home: {street: {text: {}}, rooms: {number: 1..9}}\n"                                                \
    "      motto: {text: {}, when: {twin: true}}\n"                                                            \
    "      tag: {template: \"{{mood}}!\"}\n"                                                                   \
    "    prompt: \"Write.\\n---\\n{{@attributes}} {{secret}}\\n{{@fields}}\\n\"\n" OUTPUT

FIX population *out_population(const char *yaml) {
    char path[300];
    snprintf(path, sizeof path, "%s/p.yaml", out_dir);
    err e = {0};
    assert_true(file_replace(out_dir, "p.yaml", str_of(yaml), &e));
    diags d;
    diags_init(&d);
    population *p = population_load(path, NULL, 0, &d);
    if (p) population_finish(p, &d);
    for (size_t i = 0; i < d.n; i++)
        if (d.row[i].code != DIAG_W00)
            print_message("%s " STR_FMT "\n", diag_name(d.row[i].code), STR_ARG(d.row[i].text));
    assert_non_null(p);
    assert_int_equal(d.errors, 0);
    diags_free(&d);
    return p;
}

FIX plan *out_plan(const population *p, uint64_t n) {
    diags d;
    diags_init(&d);
    plan *pl = plan_make(p, n, 1, &d);
    assert_non_null(pl);
    diags_free(&d);
    return pl;
}

FIX void set_field(record *r, const char *path, const char *text_of_json) {
    const node *n = node_find(r->pop, str_of(path));
    assert_non_null(n);
    json j;
    assert_int_equal(json_read(str_dup(r->mem, str_of(text_of_json)), NULL, r->mem, &j, NULL), JSON_FAULT_NONE);
    const char *wrong = value_read(n, &j, r->mem, &r->value[n->leaf]);
    if (wrong) print_message("%s: %s\n", path, wrong);
    assert_null(wrong);
}

/* The skeleton of a slot with its fields written. */
FIX void out_record(const plan *pl, const population *p, uint64_t slot, uint32_t attempt, arena *mem,
                    record *r) {
    static const char *const mood[] = {"\"calm\"", "\"tense\""};
    char text[400];
    err e = {0};
    record_init(r, p, mem);
    assert_true(draw_skeleton(pl, slot, attempt, r, &e));
    snprintf(text, sizeof text,
             "\"Number %u says \\\"hello\\\" to the quay,\\nand walks on.\\n\\nAt dusk the lamps come on "
             "\\u2014 one by one, 灯が点る。\"",
             (unsigned)slot);
    set_field(r, "portrait", text);
    set_field(r, "mood", mood[slot % 2]);
    set_field(r, "sleeps", "7.5");
    set_field(r, "early", slot % 3 ? "true" : "false");
    set_field(r, "likes", "[\"the smell of tar\", \"plain bread\"]");
    set_field(r, "home.street", "\"Ropewalk\"");
    set_field(r, "home.rooms", "3");
    if (field_applies(p, node_find(p, STR("motto"))->leaf, r)) set_field(r, "motto", "\"Two of us.\"");
    facet_templates(p, 0, r);
}

static const str out_models[] = {{"ada-8b", 6}, {"bert-2b", 7}};

FIX provenance out_provenance(const record *r) {
    return (provenance){.attempt = r->attempt, .calls = 3, .revisions = 1, .model = out_models, .models = 2};
}

FIX bool holds_text(str s, const char *part) {
    size_t at;
    return str_find(s, str_of(part), &at);
}
#endif

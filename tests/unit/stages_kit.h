/* stages_kit.h: what the tests of stages share: populations from a text, made-up persons' texts, edited copies
 * of them. */
#ifndef POP_TESTS_STAGES_KIT_H
#define POP_TESTS_STAGES_KIT_H

#include "stages/stages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT __attribute__((unused)) static

/* ---- populations ------------------------------------------------------------------------------ */

KIT void kit_fail(const diags *d) {
    for (size_t i = 0; i < d->n; i++)
        fprintf(stderr, "%s %u: " STR_FMT "\n", diag_name(d->row[i].code), d->row[i].line,
                STR_ARG(d->row[i].text));
    fail_msg("the population does not load");
}

/* *r may be NULL where no rules are wanted. */
KIT population *kit_population(const char *yaml, rules **r) {
    char path[] = "/tmp/populace-stages-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    diags d;
    diags_init(&d);
    population *p = population_load(path, NULL, 0, &d);
    unlink(path);
    rules *made = p && !d.errors ? rules_compile(p, &d) : NULL;
    if (!p || d.errors || !made || !population_finish(p, &d)) kit_fail(&d);
    diags_free(&d);
    if (r)
        *r = made;
    else
        rules_free(made);
    return p;
}

/* ---- texts --------------------------------------------------------------------------------------- */

/* Word `rank` of a made-up language; frequent ones are short. */
KIT void kit_word(uint64_t rank, buf *out) {
    uint64_t h = rng_u64(rank, 3, 0, 0, 0), syllables = rank <= 8 ? 1 : rank <= 256 ? 2 : 3;
    for (uint64_t i = 0; i < syllables; i++, h /= 640) {
        buf_char(out, "bdfghjklmnprstvz"[h % 16]);
        buf_char(out, "aeiou"[h / 16 % 5]);
        if (h / 80 % 8 < 4) buf_char(out, "lnrs"[h / 80 % 4]);
    }
}

/* Of 8,191 words with the frequencies of a real language: each octave of ranks as frequent as any other. */
KIT void kit_any_word(uint64_t key, buf *out) {
    uint64_t octave = 1ull << rng_below(rng_u64(key, 1, 0, 0, 0), 13);
    kit_word(octave + rng_below(rng_u64(key, 2, 0, 0, 0), octave), out);
}

/* The text of a person, who comes back to a dozen subjects, with `percent` of its words replaced. */
KIT void kit_edited(uint64_t person, uint32_t words, uint32_t percent, uint64_t edit, buf *out) {
    for (uint32_t i = 0; i < words; i++) {
        uint64_t own = rng_u64(person, i, 77, 0, 0), subject = rng_u64(person, own % 12, 78, 0, 0);
        if (i) buf_char(out, ' ');
        if (rng_below(rng_u64(person, i, edit, 5, 0), 100) < percent)
            kit_any_word(rng_u64(person, i, edit, 6, 0), out);
        else if (own % 7 < 2)
            kit_word(512 + subject % 7680, out);
        else
            kit_any_word(own, out);
    }
}

KIT void kit_text(uint64_t person, uint32_t words, buf *out) {
    kit_edited(person, words, 0, 0, out);
}

#define KIT_PANEL                                                                                              \
    "populace: 1\nname: panel\n"                                                                               \
    "attributes:\n  sex: {choice: [female, male]}\n  age: {number: 18..89, unit: years}\n"                     \
    "  town: {choice: [Northbury, Eastham, Kirk]}\n"                                                           \
    "tables: {sexes: {over: [sex], shares: {female: 50, male: 50}}}\n"                                         \
    "facets:\n  life:\n    fields: {life: {text: {}}}\n"                                                       \
    "    prompt: \"You write.\\n{{@fields}}\\n---\\n{{age}}, {{sex}}\\n\"\n"

#endif

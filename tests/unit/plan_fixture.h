/* plan_fixture.h: a population from a text, its plan, and sums over what is drawn from it. */
#ifndef POP_PLAN_FIXTURE_H
#define POP_PLAN_FIXTURE_H

#include "taxonomy/plan/plan.h"
#include "taxonomy/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIX __attribute__((unused)) static

/* Every text begins with this. */
#define HEAD "populace: 1\nname: test\n"

FIX population *load_text(const char *yaml, diags *d) {
    const char *base = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/populace_test_XXXXXX.yaml", base && *base ? base : P_tmpdir);
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    diags_init(d);
    population *p = population_load(path, NULL, 0, d);
    unlink(path);
    return p;
}

FIX void show(const diags *d) {
    for (size_t i = 0; i < d->n; i++)
        print_message("%s %u:%u " STR_FMT "\n", diag_name(d->row[i].code), d->row[i].line, d->row[i].column,
                      STR_ARG(d->row[i].text));
}

/* The population of a text that has no fault, finished with these constraints. */
FIX population *make_with(const char *yaml, const constraint *c, size_t constraints) {
    diags d;
    population *p = load_text(yaml, &d);
    if (!p || d.errors) show(&d);
    assert_non_null(p);
    assert_int_equal(d.errors, 0);
    for (size_t i = 0; i < constraints; i++) population_constrain(p, &c[i]);
    bool fine = population_finish(p, &d);
    if (!fine) show(&d);
    assert_true(fine);
    diags_free(&d);
    return p;
}

FIX population *make(const char *yaml) {
    return make_with(yaml, NULL, 0);
}

FIX plan *plan_of(const population *p, uint64_t n, uint64_t seed) {
    diags d;
    diags_init(&d);
    plan *pl = plan_make(p, n, seed, &d);
    if (!pl) show(&d);
    assert_non_null(pl);
    diags_free(&d);
    return pl;
}

/* A plan that must fail: the code of its first row, and whether its text holds all these words. */
FIX void plan_fails(const population *p, uint64_t n, diag_code code, const char *const *words) {
    diags d;
    diags_init(&d);
    plan *pl = plan_make(p, n, 1, &d);
    if (pl || !d.n || d.row[0].code != code) show(&d);
    assert_null(pl);
    assert_true(d.n > 0);
    assert_int_equal(d.row[0].code, code);
    for (; *words; words++) {
        size_t at;
        if (!str_find(d.row[0].text, str_of(*words), &at)) show(&d);
        assert_true(str_find(d.row[0].text, str_of(*words), &at));
    }
    diags_free(&d);
}

FIX uint32_t leaf_of(const population *p, const char *path) {
    const node *n = node_find(p, str_of(path));
    assert_non_null(n);
    assert_true(n->leaf != NO_LEAF);
    return n->leaf;
}

/* Persons in the cells whose print holds `text`: "a=x" as a whole word. */
FIX uint64_t persons(const plan *pl, const char *text) {
    uint64_t sum = 0;
    buf b = {0};
    for (uint32_t i = 0; i < plan_cells(pl); i++) {
        buf_reset(&b);
        buf_char(&b, ' ');
        plan_cell_print(pl, i, &b);
        buf_char(&b, ' ');
        char word[160];
        snprintf(word, sizeof word, " %s ", text);
        size_t at;
        if (str_find(buf_view(&b), str_of(word), &at)) sum += plan_quota(pl, i);
    }
    buf_free(&b);
    return sum;
}

FIX void draw_into(const plan *pl, uint64_t slot, uint32_t attempt, record *r, arena *mem) {
    err e = {0};
    arena_reset(mem);
    record_init(r, pl->p, mem);
    bool fine = draw_skeleton(pl, slot, attempt, r, &e);
    if (!fine) print_message("%s\n", e.text);
    assert_true(fine);
}

/* Chi-square of counts against chances, in standard deviations from its mean (about normal for several
 * classes). */
FIX double chi_deviation(const uint64_t *count, const double *chance, uint32_t n, uint64_t total) {
    double chi = 0;
    uint32_t free_classes = 0;
    for (uint32_t i = 0; i < n; i++) {
        double want = chance[i] * (double)total;
        if (want <= 0) {
            assert_int_equal(count[i], 0);
            continue;
        }
        double off = (double)count[i] - want;
        chi += off * off / want;
        free_classes++;
    }
    double dof = free_classes - 1.0, off = chi - dof;
    return off * off / (2 * dof); /* squared: 16 is four deviations */
}
#endif

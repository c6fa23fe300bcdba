/* compile_fixture.h: a population from text, in a folder of its own, for the tests of the compile layer. */
#ifndef COMPILE_FIXTURE_H
#define COMPILE_FIXTURE_H

#include "taxonomy/compile/compile_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define HEAD "populace: 1\nname: test\n"
/* One facet, so that a population of drawn attributes is whole. */
#define TAIL                                                                                                   \
    "facets: {say: {fields: {story: {text: {}}}, prompt: \"{{@fields}}\\n---\\n{{@attributes}}\\n\"}}\n"

typedef struct fixture {
    char dir[128], *file[4];
    int files;
    diags d;
    population *p;
    record r;
} fixture;

static inline void fixture_file(fixture *f, const char *name, const char *text) {
    if (!f->dir[0]) {
        snprintf(f->dir, sizeof f->dir, "%s/compile-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        assert_non_null(mkdtemp(f->dir));
    }
    char **path = &f->file[f->files++];
    assert_true(asprintf(path, "%s/%s", f->dir, name) > 0);
    FILE *out = fopen(*path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static inline void fixture_print(const fixture *f) {
    for (size_t i = 0; i < f->d.n; i++) {
        const diag *x = &f->d.row[i];
        print_message("# %s " STR_FMT ":%u:%u [" STR_FMT "] " STR_FMT " -- " STR_FMT "\n", diag_name(x->code),
                      STR_ARG(x->file), x->line, x->column, STR_ARG(x->value), STR_ARG(x->text),
                      STR_ARG(x->hint));
    }
}

/* Loads, whatever comes of it. */
static inline void fixture_try(fixture *f, const char *yaml) {
    diags_init(&f->d);
    fixture_file(f, "population.yaml", yaml);
    f->p = population_load(f->file[f->files - 1], NULL, 0, &f->d);
    diags_sort(&f->d);
}

static inline void fixture_load(fixture *f, const char *yaml) {
    fixture_try(f, yaml);
    if (!f->p) fixture_print(f);
    assert_non_null(f->p);
    record_init(&f->r, f->p, f->p->mem);
}

static inline void fixture_close(fixture *f) {
    population_free(f->p);
    diags_free(&f->d);
    for (int i = 0; i < f->files; i++) {
        unlink(f->file[i]);
        free(f->file[i]);
    }
    if (f->dir[0]) rmdir(f->dir);
    *f = (fixture){0};
}

static inline size_t fixture_count(const fixture *f, diag_code code) {
    size_t n = 0;
    for (size_t i = 0; i < f->d.n; i++) n += f->d.row[i].code == code;
    return n;
}

/* The first row of a code; fails if there is none. */
static inline const diag *fixture_row(const fixture *f, diag_code code) {
    for (size_t i = 0; i < f->d.n; i++)
        if (f->d.row[i].code == code) return &f->d.row[i];
    fixture_print(f);
    fail_msg("no row of %s", diag_name(code));
    return NULL;
}

static inline bool str_holds(str s, const char *part) {
    size_t at;
    return str_find(s, str_of(part), &at);
}

static inline const node *fixture_node(const fixture *f, const char *ref) {
    const node *n = node_find(f->p, str_of(ref));
    if (!n) print_message("# no node %s\n", ref);
    assert_non_null(n);
    return n;
}

/* Sets a value by its text; NULL: none. Of a list: texts with commas, "" is empty. */
static inline void fixture_set(fixture *f, const char *ref, const char *text) {
    const node *n = fixture_node(f, ref);
    value *v = &f->r.value[n->leaf];
    *v = (value){.kind = V_NONE};
    if (!text) return;
    if (!n->is_list) {
        v->kind = V_NUM;
        assert_true(value_parse(f->p, n, NULL, str_of(text), true, &f->d, &v->num));
        return;
    }
    str left, rest = str_of(text);
    v->kind = V_LIST;
    v->item = arena_new_of(f->p->mem, value, 16);
    for (bool more = rest.n > 0; more; rest = str_trim(rest)) {
        str right = STR("");
        more = str_cut(rest, ',', &left, &right);
        value *x = &v->item[v->n++];
        x->kind = V_NUM;
        assert_true(value_parse(f->p, n, NULL, str_trim(left), true, &f->d, &x->num));
        rest = right;
    }
}

/* A tree from text that YAML's flow style can write, read through a rule of the population that is loaded. */
static inline const tree *fixture_tree(const fixture *f, const char *rule, const char *key) {
    const tree *t = tree_get(tree_get(tree_get(f->p->composed->top, "rules"), rule), key);
    assert_non_null(t);
    return t;
}

#endif

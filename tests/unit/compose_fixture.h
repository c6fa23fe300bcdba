/* compose_fixture.h: a folder of population files that a test writes, and what composing them gives. */
#ifndef POP_COMPOSE_FIXTURE_H
#define POP_COMPOSE_FIXTURE_H

#include "taxonomy/compose/compose_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct fixture {
    char dir[256];
    arena *mem;
    diags d;
    population p; /* of the last compose_in; composed is NULL if it failed */
} fixture;

static fixture fx;

static inline int fixture_drop(const char *path, const struct stat *st, int type, struct FTW *walk) {
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static inline int fixture_open(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(fx.dir, sizeof fx.dir, "%s/populace_test_XXXXXX", base && *base ? base : P_tmpdir);
    fx.mem = arena_new(0);
    diags_init(&fx.d);
    return mkdtemp(fx.dir) ? 0 : 1;
}

static inline int fixture_close(void **state) {
    (void)state;
    diags_free(&fx.d);
    arena_free(fx.mem);
    return nftw(fx.dir, fixture_drop, 16, FTW_DEPTH | FTW_PHYS);
}

static inline char *path_in(const char *name) {
    return path_join(fx.mem, fx.dir, name);
}

static inline void put_bytes(const char *name, str content) {
    char *path = path_in(name);
    char *slash = strrchr(path, '/');
    err e = {0};
    *slash = 0;
    assert_true(file_make_dir(path, &e));
    assert_true(file_publish(path, slash + 1, content, &e));
}

static inline void put(const char *name, const char *content) {
    put_bytes(name, str_of(content));
}

static inline const tree *compose_sets(const char *name, const char *const *sets, size_t n) {
    diags_free(&fx.d);
    diags_init(&fx.d);
    composed *c = compose(path_in(name), sets, n, fx.mem, &fx.d);
    fx.p = (population){.mem = fx.mem, .composed = c, .locale = STR("en")};
    return c ? c->top : NULL;
}

static inline const tree *compose_in(const char *name) {
    return compose_sets(name, NULL, 0);
}

/* Writes p.yaml and composes it. */
static inline const tree *compose_text_of(const char *yaml) {
    put("p.yaml", yaml);
    return compose_in("p.yaml");
}

/* The node at a dotted path, NULL: not there. */
static inline const tree *at(const tree *t, const char *path) {
    str rest = str_of(path), name;
    for (bool more = true; more && t;) {
        more = str_cut(rest, '.', &name, &rest);
        t = tree_get_str(t, name);
    }
    return t;
}

static inline void assert_text(const tree *t, const char *want) {
    assert_non_null(t);
    assert_int_equal(t->kind, TREE_SCALAR);
    assert_string_equal(str_z(fx.mem, t->text), want);
}

/* Exactly one error, with code and place; line 0: any place. */
static inline const diag *only_error(diag_code code, uint32_t line, uint32_t col) {
    assert_int_equal(fx.d.errors, 1);
    assert_int_equal(fx.d.n, 1);
    assert_string_equal(diag_name(fx.d.row[0].code), diag_name(code));
    if (line) {
        assert_int_equal(fx.d.row[0].line, line);
        assert_int_equal(fx.d.row[0].column, col);
    }
    return &fx.d.row[0];
}

/* The composed tree as compact JSON, references as they are written. */
static inline void show(buf *b, const tree *t) {
    if (t->kind == TREE_SCALAR) {
        if (t->nothing)
            buf_char(b, '~');
        else
            buf_str(b, t->text);
        return;
    }
    bool is_map = t->kind == TREE_MAP;
    buf_char(b, is_map ? '{' : '[');
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) buf_char(b, ',');
        if (is_map) buf_printf(b, STR_FMT ":", STR_ARG(t->member[i].key));
        show(b, is_map ? t->member[i].value : t->item[i]);
    }
    buf_char(b, is_map ? '}' : ']');
}

static inline void assert_shows(const tree *t, const char *want) {
    assert_non_null(t);
    buf b = {0};
    show(&b, t);
    char *got = str_z(fx.mem, buf_view(&b));
    buf_free(&b);
    assert_string_equal(got, want);
}

#endif

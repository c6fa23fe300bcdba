/* base_map_test.c: maps and hashes. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void strmap_keeps_what_it_got(void **state) {
    (void)state;
    enum { N = 5000 };
    arena *a = arena_new(0);
    strmap *m = strmap_new(0);
    static int values[N];
    for (int i = 0; i < N; i++) assert_null(strmap_put(m, str_printf(a, "key %d", i), &values[i]));
    assert_int_equal(strmap_size(m), N);
    for (int i = 0; i < N; i++) assert_ptr_equal(strmap_get(m, str_printf(a, "key %d", i)), &values[i]);
    assert_null(strmap_get(m, STR("key")));
    assert_null(strmap_get(m, STR("")));
    assert_ptr_equal(strmap_put(m, STR("key 7"), &values[8]), &values[7]);
    assert_ptr_equal(strmap_get(m, STR("key 7")), &values[8]);
    assert_int_equal(strmap_size(m), N);
    strmap_free(m);
    strmap_free(NULL);
    arena_free(a);
}

/* Against a plain array, with keys drawn from a small range so that all operations meet. */
static void u64map_agrees_with_an_array(void **state) {
    (void)state;
    enum { KEYS = 3000, STEPS = 200000 };
    static bool there[KEYS];
    static uint64_t values[KEYS];
    size_t size = 0;
    u64map *m = u64map_new(0);
    for (uint64_t i = 0; i < STEPS; i++) {
        uint64_t k = rng_below(rng_u64(1, i, 0, 0, 0), KEYS), got = 99, act = rng_u64(2, i, 0, 0, 0) % 3;
        uint64_t key = k * 0x100000001u; /* 0 is among them */
        if (act == 0) {
            assert_int_equal(u64map_put(m, key, i), !there[k]);
            size += !there[k];
            there[k] = true;
            values[k] = i;
        } else if (act == 1) {
            assert_int_equal(u64map_del(m, key, &got), there[k]);
            if (there[k]) assert_int_equal(got, values[k]);
            size -= there[k];
            there[k] = false;
        } else {
            assert_int_equal(u64map_get(m, key, &got), there[k]);
            if (there[k]) assert_int_equal(got, values[k]);
        }
        assert_int_equal(u64map_size(m), size);
    }
    for (uint64_t k = 0; k < KEYS; k++) assert_int_equal(u64map_get(m, k * 0x100000001u, NULL), there[k]);
    u64map_free(m);
    u64map_free(NULL);
}

static void hashes_are_xxh3(void **state) {
    (void)state;
    char hex[33];
    hash128 h;
    assert_true(hash_64((str){NULL, 0}, 0) == 0x2d06800538d394c2u);
    hash_hex(hash_128(STR("")), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    assert_true(hash_parse(STR("99AA06d3014798d86001c324468d497f"), &h));
    assert_true(hash_eq(h, hash_128(STR(""))));
    assert_false(hash_eq(h, hash_128(STR("a"))));
    assert_true(hash_64(STR("a"), 1) != hash_64(STR("a"), 2));
    assert_false(hash_parse(STR("99aa06d3014798d86001c324468d497"), &h));
    assert_false(hash_parse(STR("99aa06d3014798d86001c324468d497g"), &h));
    assert_true(hash_eq(h, hash_128(STR(""))));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strmap_keeps_what_it_got),
        cmocka_unit_test(u64map_agrees_with_an_array),
        cmocka_unit_test(hashes_are_xxh3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

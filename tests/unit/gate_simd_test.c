/* gate_simd_test.c: every path of the hot loops gives what the plain one gives, bit for bit. */
#include "tests/unit/stages_kit.h"
#include "stages/gate_parts.h"

static uint64_t noise(uint64_t a, uint64_t b) {
    return rng_u64(42, a, b, 0, 0);
}

static void sign_agrees(void **state) {
    (void)state;
    uint16_t bits[SIGN_BATCH][16];
    int16_t w[SIGN_BATCH];
    for (uint32_t f = 0; f < SIGN_BATCH; f++) {
        w[f] = f % 5 ? (int16_t)(noise(1, f) % (FEATURE_WEIGHT_MAX + 1)) : FEATURE_WEIGHT_MAX;
        for (uint32_t i = 0; i < 16; i++) bits[f][i] = f % 7 ? (uint16_t)noise(2 + f, i) : 0xFFFF;
    }
    for (uint32_t n = 0; n <= SIGN_BATCH; n++) {
        int32_t want[256] = {0};
        kernel_table[0]->sign((const uint16_t(*)[16])bits, w, n, want);
        for (size_t k = 1; kernel_table[k]; k++) {
            if (!kernel_table[k]->usable()) continue;
            int32_t got[256] = {0};
            kernel_table[k]->sign((const uint16_t(*)[16])bits, w, n, got);
            assert_memory_equal(want, got, sizeof want);
        }
    }
}

/* All features of one sign: the sums of a batch come nearest to the limit of 16 bits. */
static void sign_does_not_overflow(void **state) {
    (void)state;
    uint16_t bits[SIGN_BATCH][16];
    int16_t w[SIGN_BATCH];
    memset(bits, 0xFF, sizeof bits);
    for (uint32_t f = 0; f < SIGN_BATCH; f++) w[f] = FEATURE_WEIGHT_MAX;
    for (size_t k = 0; kernel_table[k]; k++) {
        if (!kernel_table[k]->usable()) continue;
        int32_t acc[256] = {0};
        kernel_table[k]->sign((const uint16_t(*)[16])bits, w, SIGN_BATCH, acc);
        for (uint32_t i = 0; i < 256; i++) assert_int_equal(acc[i], SIGN_BATCH * FEATURE_WEIGHT_MAX);
    }
}

static void near_agrees(void **state) {
    (void)state;
    static uint64_t first[SCAN_BLOCK], second[SCAN_BLOCK];
    static uint16_t want[SCAN_BLOCK], got[SCAN_BLOCK];
    uint64_t q[4] = {noise(9, 0), noise(9, 1), 0, 0};
    for (uint32_t i = 0; i < SCAN_BLOCK; i++) {
        first[i] = i % 9 ? noise(10, i) : q[0] ^ (noise(11, i) & noise(12, i));
        second[i] = i % 9 ? noise(13, i) : q[1] ^ (noise(14, i) & noise(15, i));
    }
    static const uint32_t sizes[] = {0, 1, 7, 15, 16, 17, 4095, SCAN_BLOCK};
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (uint32_t limit = 0; limit <= 128; limit += 3) {
            uint32_t n = kernel_table[0]->near(first, second, sizes[s], q, limit, want);
            if (limit == 51 && sizes[s] == SCAN_BLOCK) assert_in_range(n, 400, 4000);
            for (size_t k = 1; kernel_table[k]; k++) {
                if (!kernel_table[k]->usable()) continue;
                assert_int_equal(kernel_table[k]->near(first, second, sizes[s], q, limit, got), n);
                assert_memory_equal(want, got, n * sizeof *want);
            }
        }
}

static void dot_agrees(void **state) {
    (void)state;
    gate_sketch a, b;
    for (uint32_t round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < 512; i++) {
            a.v[i] = round ? (int8_t)noise(20 + round, i) : 127;
            b.v[i] = round ? (int8_t)noise(90 + round, i) : -127;
        }
        int32_t want = kernel_table[0]->dot(&a, &b);
        for (size_t k = 1; kernel_table[k]; k++)
            if (kernel_table[k]->usable()) assert_int_equal(kernel_table[k]->dot(&a, &b), want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sign_agrees), cmocka_unit_test(sign_does_not_overflow),
                                       cmocka_unit_test(near_agrees), cmocka_unit_test(dot_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

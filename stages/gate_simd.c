/* gate_simd.c: the three hot loops of the gate, as plain C and for AVX2 and AVX-512, chosen at run time.
 *
 * All work on whole numbers, so the paths agree bit for bit (gate_simd_test.c compares them); the plain one is
 * what other processors run. No other file of the project has code for one processor.
 */
#include "stages/gate_parts.h"

#include <string.h>

#if defined(__x86_64__)
#define HAVE_X86 1
#include <immintrin.h>
#else
#define HAVE_X86 0
#endif

/* ---- plain ------------------------------------------------------------------------------------- */

static bool always(void) {
    return true;
}

static void sign_plain(const uint16_t (*bits)[16], const int16_t *w, uint32_t n, int32_t acc[256]) {
    for (uint32_t f = 0; f < n; f++)
        for (uint32_t part = 0; part < 16; part++)
            for (uint32_t i = 0; i < 16; i++) acc[part * 16 + i] += w[f] & -(bits[f][part] >> i & 1);
}

static inline uint32_t ones(uint64_t x) {
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (uint32_t)(x * 0x0101010101010101u >> 56);
}

static uint32_t near_plain(const uint64_t *first, const uint64_t *second, uint32_t n, const uint64_t q[4],
                           uint32_t limit, uint16_t *hit) {
    uint32_t hits = 0;
    for (uint32_t i = 0; i < n; i++)
        if (ones(first[i] ^ q[0]) + ones(second[i] ^ q[1]) <= limit) hit[hits++] = (uint16_t)i;
    return hits;
}

static int32_t dot_plain(const gate_sketch *a, const gate_sketch *b) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < COUNT_OF(a->v); i++) sum += a->v[i] * b->v[i];
    return sum;
}

static const kernels plain = {"plain", always, sign_plain, near_plain, dot_plain};

#if HAVE_X86

/* The loop that compilers vectorise well by themselves is inlined into a function for each processor. */
static inline __attribute__((always_inline)) int32_t dot_body(const gate_sketch *a, const gate_sketch *b) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < sizeof a->v; i++) sum += (int16_t)a->v[i] * (int16_t)b->v[i];
    return sum;
}

/* ---- AVX2 -------------------------------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2,popcnt")))

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

AVX2 static __m256i load(const void *p) {
    return _mm256_loadu_si256(p);
}

/* Sixteen bits of every feature at a time: the sums of a batch fit into 16 bits (64 x 511 < 32,768). */
AVX2 static void sign_avx2(const uint16_t (*bits)[16], const int16_t *w, uint32_t n, int32_t acc[256]) {
    const __m256i pick =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, INT16_MIN);
    for (uint32_t part = 0; part < 16; part++) {
        __m256i sum = _mm256_setzero_si256();
        for (uint32_t f = 0; f < n; f++) {
            __m256i b = _mm256_and_si256(_mm256_set1_epi16((int16_t)bits[f][part]), pick);
            __m256i on = _mm256_cmpeq_epi16(b, pick);
            sum = _mm256_add_epi16(sum, _mm256_and_si256(on, _mm256_set1_epi16(w[f])));
        }
        int16_t lane[16];
        memcpy(lane, &sum, sizeof lane);
        for (uint32_t i = 0; i < 16; i++) acc[part * 16 + i] += lane[i];
    }
}

/* Ones in each byte, by two look-ups of half a byte (W. Mula). */
AVX2 static __m256i byte_ones(__m256i x) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2,
                                           3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i l = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low));
    __m256i h = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low));
    return _mm256_add_epi8(l, h);
}

AVX2 static __m256i too_far(const uint64_t *first, const uint64_t *second, __m256i q0, __m256i q1,
                            __m256i limit) {
    __m256i a = byte_ones(_mm256_xor_si256(load(first), q0));
    __m256i b = byte_ones(_mm256_xor_si256(load(second), q1));
    __m256i d = _mm256_sad_epu8(_mm256_add_epi8(a, b), _mm256_setzero_si256());
    return _mm256_cmpgt_epi64(d, limit);
}

AVX2 static uint32_t near_avx2(const uint64_t *first, const uint64_t *second, uint32_t n, const uint64_t q[4],
                               uint32_t limit, uint16_t *hit) {
    __m256i q0 = _mm256_set1_epi64x((int64_t)q[0]), q1 = _mm256_set1_epi64x((int64_t)q[1]);
    __m256i most = _mm256_set1_epi64x(limit);
    uint32_t hits = 0, i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i a = too_far(first + i, second + i, q0, q1, most);
        __m256i b = too_far(first + i + 4, second + i + 4, q0, q1, most);
        __m256i c = too_far(first + i + 8, second + i + 8, q0, q1, most);
        __m256i d = too_far(first + i + 12, second + i + 12, q0, q1, most);
        __m256i all = _mm256_and_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, d));
        if (_mm256_movemask_epi8(all) == -1) continue;
        for (uint32_t j = i; j < i + 16; j++)
            if (ones(first[j] ^ q[0]) + ones(second[j] ^ q[1]) <= limit) hit[hits++] = (uint16_t)j;
    }
    for (; i < n; i++)
        if (ones(first[i] ^ q[0]) + ones(second[i] ^ q[1]) <= limit) hit[hits++] = (uint16_t)i;
    return hits;
}

AVX2 static int32_t dot_avx2(const gate_sketch *a, const gate_sketch *b) {
    return dot_body(a, b);
}

static const kernels avx2 = {"avx2", has_avx2, sign_avx2, near_avx2, dot_avx2};

/* ---- AVX-512 ------------------------------------------------------------------------------------- */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vpopcntdq,popcnt")))

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("popcnt");
}

/* Thirty-two bits of a feature are the mask of an addition. */
AVX512 static void sign_avx512(const uint16_t (*bits)[16], const int16_t *w, uint32_t n, int32_t acc[256]) {
    for (uint32_t part = 0; part < 16; part += 2) {
        __m512i sum = _mm512_setzero_si512();
        for (uint32_t f = 0; f < n; f++) {
            __mmask32 on = (__mmask32)(bits[f][part] | (uint32_t)bits[f][part + 1] << 16);
            sum = _mm512_mask_add_epi16(sum, on, sum, _mm512_set1_epi16(w[f]));
        }
        int16_t lane[32];
        memcpy(lane, &sum, sizeof lane);
        for (uint32_t i = 0; i < 32; i++) acc[part * 16 + i] += lane[i];
    }
}

AVX512 static uint32_t near_avx512(const uint64_t *first, const uint64_t *second, uint32_t n,
                                   const uint64_t q[4], uint32_t limit, uint16_t *hit) {
    __m512i q0 = _mm512_set1_epi64((int64_t)q[0]), q1 = _mm512_set1_epi64((int64_t)q[1]);
    __m512i most = _mm512_set1_epi64(limit);
    uint32_t hits = 0, i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512i a = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(first + i), q0));
        __m512i b = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(second + i), q1));
        uint32_t in = _mm512_cmple_epu64_mask(_mm512_add_epi64(a, b), most);
        for (; in; in &= in - 1) hit[hits++] = (uint16_t)(i + (uint32_t)__builtin_ctz(in));
    }
    for (; i < n; i++)
        if (ones(first[i] ^ q[0]) + ones(second[i] ^ q[1]) <= limit) hit[hits++] = (uint16_t)i;
    return hits;
}

AVX512 static int32_t dot_avx512(const gate_sketch *a, const gate_sketch *b) {
    return dot_body(a, b);
}

static const kernels avx512 = {"avx512", has_avx512, sign_avx512, near_avx512, dot_avx512};
#endif

/* ---- choice ---------------------------------------------------------------------------------------- */

const kernels *const kernel_table[] = {
    &plain,
#if HAVE_X86
    &avx2,
    &avx512,
#endif
    NULL,
};

const kernels *kernels_best(void) {
    const kernels *best = kernel_table[0];
    for (size_t i = 0; kernel_table[i]; i++)
        if (kernel_table[i]->usable()) best = kernel_table[i];
    return best;
}

/* gate_bench.c: what a candidate costs at the gate: reading and signing its text, and the scan of all that was
 * accepted before it (random signatures). Prints microseconds, and beside them a calibration of the machine.
 *
 *     gate_bench [ACCEPTED...]      10000 100000 unless given; 1000000 needs 48 MB
 */
#include "stages/gate_parts.h"
#include "tests/bench/calibrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CANDIDATES = 200, WORDS = 700 };

static double us_since(uint64_t start, uint64_t n) {
    return (double)(clock_ns() - start) / 1000 / (double)n;
}

static void put_text(uint64_t person, buf *out) {
    for (uint32_t i = 0; i < WORDS; i++) {
        uint64_t octave = 1ull << rng_below(rng_u64(person, i, 1, 0, 0), 13);
        uint64_t h = rng_u64(octave + rng_below(rng_u64(person, i, 2, 0, 0), octave), 3, 0, 0, 0);
        if (i) buf_char(out, ' ');
        for (uint32_t n = 3 + (uint32_t)(h % 7); n; n--, h /= 26) buf_char(out, (char)('a' + h % 26));
    }
}

static void bench_signing(const kernels *k, const silent_words *s, const idf *t) {
    features f = {0};
    buf text = {0};
    uint64_t read = 0, sign = 0, n = 0;
    for (uint64_t i = 0; i < CANDIDATES; i++) {
        uint64_t sig[4], start = clock_ns();
        gate_sketch sketch;
        buf_reset(&text);
        put_text(i, &text);
        start = clock_ns();
        features_read(&f, s, buf_view(&text));
        read += clock_ns() - start;
        start = clock_ns();
        signature_make(k, t, &f, sig, &sketch);
        sign += clock_ns() - start;
        n += f.n;
    }
    printf("%-7s %u words, %llu features: %.1f us to read, %.1f us to sign\n", k->name, WORDS,
           (unsigned long long)n / CANDIDATES, (double)read / 1000 / CANDIDATES,
           (double)sign / 1000 / CANDIDATES);
    features_free(&f);
    buf_free(&text);
}

static bool count_one(void *arg, uint64_t index) {
    (void)index;
    ++*(uint64_t *)arg;
    return true;
}

static void bench_scan(const kernels *k, uint64_t accepted) {
    static const uint64_t none[9];
    scan s;
    scan_init(&s, k, 800, false);
    for (uint64_t i = 0; i < accepted; i++) {
        gate_hot hot = {
            {rng_u64(i, 1, 0, 0, 0), rng_u64(i, 2, 0, 0, 0), rng_u64(i, 3, 0, 0, 0), rng_u64(i, 4, 0, 0, 0)},
            i,
            i << 16};
        scan_add(&s, &hot, none);
    }
    uint64_t near = 0, start = clock_ns();
    for (uint64_t i = 0; i < CANDIDATES; i++) {
        uint64_t q[4] = {rng_u64(i, 5, 0, 0, 0), rng_u64(i, 6, 0, 0, 0), rng_u64(i, 7, 0, 0, 0),
                         rng_u64(i, 8, 0, 0, 0)};
        scan_near(&s, q, count_one, &near);
    }
    printf("%-7s %llu accepted: %.1f us a candidate (%llu within the radius)\n", k->name,
           (unsigned long long)accepted, us_since(start, CANDIDATES), (unsigned long long)near);
    scan_free(&s);
}

static void bench_kernels(const kernels *k, const silent_words *s, const idf *t, int argc, char **argv) {
    bench_signing(k, s, t);
    if (argc < 2) {
        bench_scan(k, 10000);
        bench_scan(k, 100000);
    }
    for (int i = 1; i < argc; i++) {
        int64_t n = 0;
        if (str_i64(str_of(argv[i]), &n) && n > 0) bench_scan(k, (uint64_t)n);
    }
}

/* Whose silent words are those of English and of a short prompt. */
static population *small_population(diags *d) {
    static const char yaml[] =
        "populace: 1\nname: bench\nattributes: {sex: {choice: [female, male]}}\n"
        "facets: {life: {fields: {life: {text: {}}}, prompt: \"Write.\\n{{@fields}}\\n---\\n{{sex}}\\n\"}}\n";
    char path[] = "/tmp/populace-bench-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    if (fd < 0 || !file_write_all(fd, yaml, sizeof yaml - 1, path, NULL)) return NULL;
    close(fd);
    population *p = population_load(path, NULL, 0, d);
    unlink(path);
    return p;
}

int main(int argc, char **argv) {
    diags d;
    diags_init(&d);
    population *p = small_population(&d);
    if (!p) {
        fprintf(stderr, "gate_bench: %s\n", d.n ? str_z(d.mem, d.row[0].text) : "no room in /tmp");
        return 1;
    }
    silent_words *s = gate_silent(p);
    idf *t = idf_new();
    calibrate_print();
    for (size_t i = 0; kernel_table[i]; i++)
        if (kernel_table[i]->usable()) bench_kernels(kernel_table[i], s, t, argc, argv);
    idf_free(t);
    silent_free(s);
    population_free(p);
    diags_free(&d);
    return 0;
}

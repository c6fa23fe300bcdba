/* fit_matrix.c: a table with two given margins, nearest to a seed: iterative proportional fitting, then whole
 * persons.
 *
 * The fitted reals are first made exact: amounts in 1/2^24 person that sum to the margins to the last unit, 0
 * where the seed is 0. Then controlled rounding does the rest. Only + - * / and comparisons: the same on every
 * machine.
 */
#include "taxonomy/solve/solve.h"

#include <stdlib.h>

#define UNIT     (1u << 24)
#define WORK_MAX 2e9   /* cell updates */
#define CLOSE    1e-10 /* relative error of a margin */

typedef struct fit {
    double *x;
    uint32_t rows, cols;
    const uint64_t *row, *col;
} fit;

static double *at(const fit *f, uint32_t i, uint32_t k) {
    return &f->x[(size_t)i * f->cols + k];
}

/* Scales a row (or column) to its margin. Returns the relative error it had; 1e9: it cannot be met. */
static double scale_line(const fit *f, bool is_row, uint32_t line) {
    uint32_t n = is_row ? f->cols : f->rows;
    double sum = 0, want = (double)(is_row ? f->row[line] : f->col[line]);
    for (uint32_t k = 0; k < n; k++) sum += is_row ? *at(f, line, k) : *at(f, k, line);
    if (sum <= 0) return want > 0 ? 1e9 : 0;
    double by = want / sum, off = by - 1;
    for (uint32_t k = 0; k < n; k++) *(is_row ? at(f, line, k) : at(f, k, line)) *= by;
    return want <= 0 ? 0 : off < 0 ? -off : off;
}

static bool fit_reals(const fit *f) {
    double cells = (double)f->rows * f->cols, rounds = WORK_MAX / (cells * 2 + 1);
    for (double i = 0; i < rounds && i < 3000; i++) {
        double worst = 0, off;
        for (uint32_t k = 0; k < f->cols; k++) {
            off = scale_line(f, false, k);
            if (off > 1e8) return false;
        }
        for (uint32_t k = 0; k < f->rows; k++) {
            off = scale_line(f, true, k);
            if (off > worst) worst = off;
        }
        if (worst > 1e8) return false;
        if (worst < CLOSE) return true;
    }
    return false;
}

typedef struct lack {
    uint64_t *row, *col; /* units that are missing in each line */
} lack;

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Row i lacks, column k lacks, and (i, k) must stay 0: goes by (i, c), takes from (r, c), gives to (r, k). */
static void detour(const fit *f, uint64_t *q, lack *l, uint32_t i, uint32_t k) {
    for (uint32_t c = 0; c < f->cols && l->row[i] && l->col[k]; c++) {
        if (*at(f, i, c) <= 0) continue;
        for (uint32_t r = 0; r < f->rows && l->row[i] && l->col[k]; r++) {
            if (r == i || *at(f, r, c) <= 0 || *at(f, r, k) <= 0) continue;
            uint64_t by = least(q[(size_t)r * f->cols + c], least(l->row[i], l->col[k]));
            q[(size_t)i * f->cols + c] += by;
            q[(size_t)r * f->cols + c] -= by;
            q[(size_t)r * f->cols + k] += by;
            l->row[i] -= by;
            l->col[k] -= by;
        }
    }
}

static void fill_lack(const fit *f, uint64_t *q, lack *l) {
    for (uint32_t i = 0; i < f->rows; i++)
        for (uint32_t k = 0; k < f->cols && l->row[i]; k++) {
            if (*at(f, i, k) <= 0) continue;
            uint64_t by = least(l->row[i], l->col[k]);
            q[(size_t)i * f->cols + k] += by;
            l->row[i] -= by;
            l->col[k] -= by;
        }
    for (uint32_t i = 0; i < f->rows; i++)
        for (uint32_t k = 0; k < f->cols && l->row[i]; k++)
            if (l->col[k]) detour(f, q, l, i, k);
}

/* Reals -> units with exact margins. A little less than each cell is taken first, so that no line has too much.
 */
static bool make_exact(const fit *f, uint64_t *q) {
    lack l = {xcalloc(f->rows + 1, sizeof(uint64_t)), xcalloc(f->cols + 1, sizeof(uint64_t))};
    for (uint32_t i = 0; i < f->rows; i++) l.row[i] = f->row[i] * UNIT;
    for (uint32_t k = 0; k < f->cols; k++) l.col[k] = f->col[k] * UNIT;
    bool fine = true;
    for (uint32_t i = 0; i < f->rows; i++)
        for (uint32_t k = 0; k < f->cols; k++) {
            uint64_t units = (uint64_t)(*at(f, i, k) * (1 - 10 * CLOSE) * UNIT);
            fine = fine && units <= l.row[i] && units <= l.col[k];
            if (!fine) units = 0;
            q[(size_t)i * f->cols + k] = units;
            l.row[i] -= units;
            l.col[k] -= units;
        }
    if (fine) fill_lack(f, q, &l);
    for (uint32_t i = 0; i < f->rows; i++) fine = fine && !l.row[i];
    free(l.row);
    free(l.col);
    return fine;
}

bool fit_product(double *seed, const uint64_t *row, uint32_t rows, const uint64_t *col, uint32_t cols,
                 uint64_t *out) {
    fit f = {seed, rows, cols, row, col};
    size_t cells = (size_t)rows * cols;
    if (!fit_reals(&f)) return false;
    uint64_t *q = xcalloc(cells + 1, sizeof *q);
    bool fine = make_exact(&f, q);
    for (size_t i = 0; i < cells; i++) {
        out[i] = q[i] / UNIT;
        q[i] %= UNIT;
    }
    if (fine) round_matrix(q, out, rows, cols, UNIT);
    free(q);
    return fine;
}

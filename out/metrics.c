/* metrics.c: how near counts are to targets: the measures that synthetic populations are reported by. Pure
 * functions of two arrays.
 *
 * T is the target of a cell, S what is there, N the sum of the targets, n the number of cells.
 *   TAE = sum |T - S|; SAE = TAE / N; PDiff = TAE / 2N, the share of people that stand in a wrong cell
 *   RMSE = sqrt(sum (T - S)^2 / n); SRMSE = RMSE / (N / n); R2: of the regression of S on T
 *   chi2 = sum (S - T)^2 / T; Neyman: S below; FT2 = 4 sum (sqrt S - sqrt T)^2; G2 = 2 sum S ln(S / T)
 *   Z = (S - T) / sqrt(T (1 - T/N)); where T comes from R draws itself its own variance is added, a factor
 *   of (1 + N/R) below the root
 *   Hellinger = sqrt(sum (sqrt p - sqrt q)^2 / 2), JSD in bits: p and q are T and S as shares of their sums
 *
 * A cell with T = 0 has no term of chi2 and G2, one with S = 0 none of Neyman's and G2: such cells are told
 * apart by `unwanted` (people where nobody is wanted) and `unfilled` (cells that want people and have none).
 */
#include "out/out.h"

#include <math.h>
#include <stdlib.h>

static double amount(double x) {
    return x < 0 ? -x : x;
}

double metrics_z(double target, double got, double n, double noise) {
    double gap = got - target, spread = target * (1 - target / n) * (1 + noise);
    if (gap == 0) return 0;
    if (spread > 0) return gap / sqrt(spread);
    return gap > 0 ? (double)INFINITY : -(double)INFINITY;
}

/* One cell of sums that need nothing but the cell. */
static void cell_add(metrics *m, double t, double s) {
    double gap = s - t, off = amount(gap), roots = sqrt(s) - sqrt(t);
    m->tae += off;
    m->rmse += gap * gap;
    m->ft2 += 4 * roots * roots;
    if (t > 0) m->chi2 += gap * gap / t;
    if (s > 0) m->neyman += gap * gap / s;
    if (t > 0 && s > 0) m->g2 += 2 * s * num_log(s / t);
    if (off > m->most) m->most = off;
    if (t > 0 && s <= 0) m->unfilled++;
    if (t <= 0) m->unwanted += s;
}

/* Of the regression of S on T: the square of their correlation. */
static void fit_of_line(metrics *m, const double *t, const double *s, uint32_t cells, double sum_s) {
    double mean_t = m->n / cells, mean_s = sum_s / cells, tt = 0, ss = 0, ts = 0;
    for (uint32_t i = 0; i < cells; i++) {
        double a = t[i] - mean_t, b = s[i] - mean_s;
        tt += a * a;
        ss += b * b;
        ts += a * b;
    }
    m->r2_known = tt > 0 && ss > 0;
    m->r2 = m->r2_known ? ts * ts / (tt * ss) : 0;
}

/* p log2(p / mean of p and q) */
static double half_divergence(double p, double q) {
    return p > 0 ? p * num_log(2 * p / (p + q)) / num_log(2) : 0;
}

static void distances(metrics *m, const double *t, const double *s, uint32_t cells, double sum_s) {
    double apart = 0;
    for (uint32_t i = 0; i < cells; i++) {
        double p = t[i] / m->n, q = s[i] / sum_s, roots = sqrt(p) - sqrt(q);
        apart += roots * roots;
        m->jsd += (half_divergence(p, q) + half_divergence(q, p)) / 2;
    }
    m->hellinger = sqrt(apart / 2);
    if (m->jsd < 0) m->jsd = 0; /* equal shares, and the last bits */
}

void metrics_make(const double *target, const double *got, uint32_t cells, double noise, metrics *out) {
    double sum = 0;
    uint32_t beyond = 0;
    *out = (metrics){.cells = cells};
    for (uint32_t i = 0; i < cells; i++) {
        out->n += target[i];
        sum += got[i];
    }
    if (!cells || out->n <= 0 || sum <= 0) return;
    for (uint32_t i = 0; i < cells; i++) {
        cell_add(out, target[i], got[i]);
        beyond += amount(metrics_z(target[i], got[i], out->n, noise)) > 1.96;
    }
    out->sae = out->tae / out->n;
    out->pdiff = out->sae / 2;
    out->rmse = sqrt(out->rmse / cells);
    out->srmse = out->rmse / (out->n / cells);
    out->z_share = (double)beyond / cells;
    fit_of_line(out, target, got, cells, sum);
    distances(out, target, got, cells, sum);
}

double metrics_cramer(const double *count, uint32_t rows, uint32_t cols) {
    double chi2 = 0, n = 0;
    uint32_t rows_used = 0, cols_used = 0;
    double *row = xcalloc((size_t)rows + cols + 1, sizeof *row), *col = row + rows;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = 0; k < cols; k++) {
            row[i] += count[(size_t)i * cols + k];
            col[k] += count[(size_t)i * cols + k];
            n += count[(size_t)i * cols + k];
        }
    for (uint32_t i = 0; i < rows; i++) rows_used += row[i] > 0;
    for (uint32_t k = 0; k < cols; k++) cols_used += col[k] > 0;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = 0; k < cols; k++) {
            double want = n > 0 ? row[i] * col[k] / n : 0, gap = count[(size_t)i * cols + k] - want;
            if (want > 0) chi2 += gap * gap / want;
        }
    free(row);
    uint32_t least = rows_used < cols_used ? rows_used : cols_used;
    return least > 1 && n > 0 ? sqrt(chi2 / (n * (least - 1))) : 0;
}

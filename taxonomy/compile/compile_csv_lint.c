/* compile_csv_lint.c: columns of numbers in a long CSV that nothing has named: rows count one each there, which
 * is seldom what somebody meant who wrote how many.
 *
 * A column is suspected if no attribute and no word of the format heads it, and its cells are numbers that
 * differ. In a table where no two rows have the same KEYs, rows are no persons, so it is a fault; else (a file
 * with a row for each person, a distribution that is meant to be even) it is a warning.
 */
#include "taxonomy/compile/compile_parts.h"

static bool all_numbers(const csv *c, uint32_t col) {
    bool differ = c->rows == 1;
    for (uint32_t r = 0; r < c->rows; r++) {
        double x;
        if (!number_of_text(str_trim(c->row[r][col]), &x) || x < 0) return false;
        differ = differ || !str_eq(c->row[r][col], c->row[0][col]);
    }
    return differ;
}

/* `X.word` speaks of the attribute X. */
static bool names_attribute(const population *p, str header) {
    str prefix, word;
    return ref_known(p, header) || (str_cut(header, '.', &prefix, &word) && ref_known(p, prefix));
}

static bool suspected(const population *p, const csv *c, uint32_t col) {
    static const char *const words[] = {"weight", "count",  "share", "value", "range", "label", "mean",
                                        "sd",     "median", "sigma", "year",  "id",    "",      NULL};
    return !key_in(c->header[col], words) && !names_attribute(p, c->header[col]) && all_numbers(c, col);
}

bool csv_unweighted(const population *p, const csv *c, const uint32_t *key, uint32_t keys, uint32_t own,
                    str what, bool fault, diags *d) {
    for (uint32_t col = 0; col < c->columns; col++) {
        bool taken = col == own;
        for (uint32_t i = 0; i < keys; i++) taken = taken || key[i] == col;
        if (taken || !suspected(p, c, col)) continue;
        tree at = csv_place(c, NO_NODE, col);
        str hint = str_printf(d->mem,
                              "`columns: {" STR_FMT
                              ": count}` says what it is; headed `weight`, `count` or `share` it "
                              "needs no word",
                              STR_ARG(at.text));
        return lint_at(p, d, fault ? DIAG_P09 : DIAG_W00, &at, at.text, str_z(d->mem, hint),
                       STR_FMT ": the rows of " STR_FMT
                               " count one each, and nothing says what the numbers under `" STR_FMT "` are",
                       STR_ARG(what), STR_ARG(c->path), STR_ARG(at.text));
    }
    return true;
}

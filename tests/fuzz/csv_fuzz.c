/* csv_fuzz.c: whatever the text, a CSV is rows of one length or a fault with a line; written again with every
 * cell quoted it reads as the same.
 */
#include "taxonomy/compose/compose_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static void put_row(buf *b, const str *cell, uint32_t n) {
    for (uint32_t j = 0; j < n; j++) {
        buf_z(b, j ? ",\"" : "\"");
        for (size_t i = 0; i < cell[j].n; i++) {
            if (cell[j].p[i] == '"') buf_char(b, '"');
            buf_char(b, cell[j].p[i]);
        }
        buf_char(b, '"');
    }
    buf_z(b, "\r\n");
}

static void check_same(const csv *c, arena *mem) {
    buf b = {0};
    put_row(&b, c->header, c->columns);
    for (uint32_t i = 0; i < c->rows; i++) put_row(&b, c->row[i], c->columns);
    csv again = {0};
    must(!csv_parse(buf_view(&b), mem, &again).what);
    must(again.columns == c->columns && again.rows == c->rows);
    for (uint32_t i = 0; i < c->rows; i++) {
        must(i == 0 || c->line[i] > c->line[i - 1]);
        for (uint32_t j = 0; j < c->columns; j++) must(str_eq(again.row[i][j], c->row[i][j]));
    }
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str text = {(const char *)data, size};
    if (!text_valid(text)) return 0;
    arena *mem = arena_new(0);
    csv c = {0};
    csv_fault f = csv_parse(text, mem, &c);
    must(!f.what || f.line >= 1);
    if (!f.what) check_same(&c, mem);
    arena_free(mem);
    return 0;
}

/* csv.c: RFC 4180: comma, double quotes, a quote in a quoted cell doubled, lines end with CRLF, LF or CR, a
 * header. Stricter than most readers: a quote inside an unquoted cell, text behind a closing quote and rows of
 * another length than the header are faults. Lines without any character are passed over.
 */
#include "taxonomy/compose/compose_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct csv_in {
    str text;
    size_t at;
    uint32_t line;
    size_t cell_at; /* where the cell being read begins */
    arena *mem;
    csv_fault fault;
    str *cell; /* of the row being read */
    uint32_t cells, room;
} csv_in;

static bool at_end(const csv_in *in) {
    return in->at == in->text.n;
}

static bool at_break(const csv_in *in) {
    return !at_end(in) && (in->text.p[in->at] == '\n' || in->text.p[in->at] == '\r');
}

static void pass_break(csv_in *in) {
    in->at += str_starts(str_part(in->text, in->at, in->text.n), "\r\n") ? 2 : 1;
    in->line++;
}

static bool csv_bad(csv_in *in, const char *what, str bad) {
    uint32_t line, at;
    text_place(in->text, in->cell_at, &line, &at);
    if (!in->fault.what) in->fault = (csv_fault){in->line, at, what, bad};
    return false;
}

static str undoubled(arena *mem, str s) {
    char *p = arena_alloc(mem, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        p[n++] = s.p[i];
        if (s.p[i] == '"') i++;
    }
    return (str){p, n};
}

/* Behind the opening quote -> the cell, and behind its closing quote. */
static bool quoted(csv_in *in, str *out) {
    size_t from = in->at;
    bool doubled = false;
    uint32_t line = in->line;
    for (;; in->at++) {
        if (at_end(in)) {
            in->line = line;
            return csv_bad(in, "a quote that is not closed", str_part(in->text, from - 1, from + 40));
        }
        char c = in->text.p[in->at];
        if (c == '\n') in->line++;
        if (c != '"') continue;
        if (in->at + 1 == in->text.n || in->text.p[in->at + 1] != '"') break;
        doubled = true;
        in->at++;
    }
    *out = str_part(in->text, from, in->at++);
    if (doubled) *out = undoubled(in->mem, *out);
    if (at_end(in) || at_break(in) || in->text.p[in->at] == ',') return true;
    return csv_bad(in, "text behind a closing quote", *out);
}

static bool plain(csv_in *in, str *out) {
    size_t from = in->at;
    while (!at_end(in) && !at_break(in) && in->text.p[in->at] != ',') {
        if (in->text.p[in->at] == '"')
            return csv_bad(in, "a quote inside a cell that does not begin with one",
                           str_part(in->text, from, in->at + 1));
        in->at++;
    }
    *out = str_part(in->text, from, in->at);
    return true;
}

static bool read_row(csv_in *in) {
    in->cells = 0;
    for (;;) {
        if (in->cells == in->room) {
            in->room = in->room ? in->room * 2 : 16;
            in->cell = xrealloc(in->cell, in->room * sizeof *in->cell);
        }
        str *to = &in->cell[in->cells++];
        bool quote = !at_end(in) && in->text.p[in->at] == '"';
        in->cell_at = in->at;
        if (quote) in->at++;
        if (!(quote ? quoted(in, to) : plain(in, to))) return false;
        if (at_end(in)) return true;
        if (at_break(in)) {
            pass_break(in);
            return true;
        }
        in->at++;
    }
}

static void pass_blank(csv_in *in) {
    while (at_break(in)) pass_break(in);
}

typedef struct rows {
    str **row;
    uint32_t *line, *from, n, room;
} rows;

static void rows_put(rows *r, str *row, uint32_t line, size_t from) {
    if (r->n == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        r->row = xrealloc(r->row, r->room * sizeof *r->row);
        r->line = xrealloc(r->line, r->room * sizeof *r->line);
        r->from = xrealloc(r->from, r->room * sizeof *r->from);
    }
    r->from[r->n] = (uint32_t)from;
    r->row[r->n] = row;
    r->line[r->n++] = line;
}

static void read_rows(csv_in *in, csv *out, rows *to) {
    for (pass_blank(in); !at_end(in); pass_blank(in)) {
        uint32_t line = in->line;
        size_t from = in->at;
        if (!read_row(in)) return;
        if (in->cells != out->columns) {
            in->line = line;
            in->cell_at = from;
            csv_bad(in, "a row with another number of cells than the header", in->cell[0]);
            return;
        }
        rows_put(to, arena_dup(in->mem, in->cell, sizeof(str) * in->cells), line, from);
    }
}

csv_fault csv_parse(str text, arena *mem, csv *out) {
    csv_in in = {.text = text, .line = 1, .mem = mem};
    rows to = {0};
    pass_blank(&in);
    out->text = text;
    out->head = (uint32_t)in.at;
    out->head_line = in.line;
    if (at_end(&in))
        csv_bad(&in, "an empty file", STR(""));
    else if (read_row(&in)) {
        out->columns = in.cells;
        out->header = arena_dup(mem, in.cell, sizeof(str) * in.cells);
        read_rows(&in, out, &to);
    }
    out->rows = to.n;
    out->row = arena_dup(mem, to.row, sizeof *to.row * to.n);
    out->line = arena_dup(mem, to.line, sizeof *to.line * to.n);
    out->from = arena_dup(mem, to.from, sizeof *to.from * to.n);
    free(to.row);
    free(to.line);
    free(to.from);
    free(in.cell);
    return in.fault;
}

uint32_t csv_cell_column(const csv *c, uint32_t row, uint32_t col) {
    uint32_t at = 1;
    bool quote = false;
    for (size_t i = row < c->rows ? c->from[row] : c->head; col && i < c->text.n; i++) {
        char x = c->text.p[i];
        if (x == '"') quote = !quote;
        if (x == ',' && !quote) col--;
        at += ((unsigned char)x & 0xC0) != 0x80;
    }
    return at;
}

char csv_parted_by(str head) {
    if (!head.n || memchr(head.p, ',', head.n) || memchr(head.p, '"', head.n)) return '\0';
    return memchr(head.p, ';', head.n) ? ';' : memchr(head.p, '\t', head.n) ? '\t' : '\0';
}

const char *csv_record(str text, arena *mem, str **cell, uint32_t *cells) {
    csv_in in = {.text = text, .line = 1, .mem = mem};
    if (read_row(&in) && !at_end(&in)) csv_bad(&in, "a line break in a cell that is not quoted", (str){0});
    *cells = in.cells;
    *cell = arena_dup(mem, in.cell, sizeof(str) * in.cells);
    free(in.cell);
    return in.fault.what;
}

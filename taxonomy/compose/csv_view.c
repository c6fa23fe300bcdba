/* csv_view.c: a CSV as a population names it: `columns` renames headers, then `recode` replaces cells (nothing:
 * the row is skipped) and `only` keeps rows. HEADER in `recode` and `only` is the new name; an old one that no
 * column has as its new name is understood too. A view is made once for each node that asks for it.
 */
#include "taxonomy/compose/compose_parts.h"

#include <string.h>

struct kept_csv {
    struct kept_csv *next;
    const tree *at;
    const csv *made; /* NULL: faults were said */
};

bool tree_is_csv(const tree *t) {
    if (!t) return false;
    if (t->kind == TREE_SCALAR) return str_ends(t->text, ".csv") && !memchr(t->text.p, '\n', t->text.n);
    const tree *file = tree_get(t, "file"); /* a number: the weight of a value that is called `file` */
    return file && file->kind == TREE_SCALAR && !file->number;
}

typedef struct viewing {
    population *p;
    diags *d;
    csv *out;
    str *old; /* headers as in the file */
} viewing;

static tree member_at(const tree_member *m) {
    return (tree){.file = m->value->file, .line = m->line, .column = m->column};
}

static uint32_t header_find(const str *header, uint32_t n, str name) {
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(header[i], name)) return i;
    return n;
}

static char *header_hint(const viewing *v, const str *header) {
    buf b = {0};
    buf_z(&b, "columns:");
    for (uint32_t i = 0; i < v->out->columns && b.n < 300; i++)
        buf_printf(&b, "%s " STR_FMT, i ? "," : "", STR_ARG(header[i]));
    char *hint = str_z(v->d->mem, buf_view(&b));
    buf_free(&b);
    return hint;
}

static bool no_column(const viewing *v, const tree_member *m, const str *header) {
    tree at = member_at(m);
    return diag_at(v->p, v->d, DIAG_P04, &at, m->key, header_hint(v, header),
                   "no column `" STR_FMT "` in " STR_FMT, STR_ARG(m->key), STR_ARG(v->out->path));
}

/* The column that a HEADER of recode or only names; columns: none. */
static uint32_t column_of(const viewing *v, str name) {
    uint32_t i = header_find(v->out->header, v->out->columns, name);
    return i < v->out->columns ? i : header_find(v->old, v->out->columns, name);
}

static bool is_map(const viewing *v, const tree *t, const char *what) {
    if (t->kind == TREE_MAP) return true;
    return diag_at(v->p, v->d, DIAG_P03, t, t->kind == TREE_SCALAR ? t->text : STR(""),
                   "columns: {HEADER: NAME}, recode: {HEADER: {CELL: KEY}}, only: {HEADER: CELL}",
                   "`%s` of a CSV is a mapping from headers", what);
}

static bool rename_columns(viewing *v, const tree *names) {
    if (names && !is_map(v, names, "columns")) return false;
    v->out->header = arena_dup(v->p->mem, v->old, sizeof(str) * v->out->columns);
    bool fine = true;
    for (uint32_t i = 0; names && i < names->n; i++) {
        const tree_member *m = &names->member[i];
        uint32_t at = header_find(v->old, v->out->columns, m->key);
        if (at == v->out->columns)
            fine = no_column(v, m, v->old);
        else if (m->value->kind != TREE_SCALAR || m->value->nothing)
            fine = diag_at(v->p, v->d, DIAG_P03, m->value, m->key, "columns: {Age group: age}",
                           "the new name of a column is one word or REF");
        else
            v->out->header[at] = m->value->text;
    }
    return fine;
}

static bool headers_differ(const viewing *v) {
    for (uint32_t i = 0; i < v->out->columns; i++) {
        str h = v->out->header[i];
        if (header_find(v->out->header, i, h) == i) continue;
        tree at = {.file = v->out->file,
                   .line = v->out->head_line,
                   .column = csv_cell_column(v->out, v->out->rows, i)};
        return diag_at(v->p, v->d, DIAG_P02, &at, h, "rename one of them with `columns`",
                       "two columns are called `" STR_FMT "`", STR_ARG(h));
    }
    return true;
}

/* ---- recode and only ------------------------------------------------------------------------------------ */

static void drop_rows(csv *c, const bool *dropped) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->rows; i++) {
        if (dropped[i]) continue;
        c->row[n] = c->row[i];
        c->from[n] = c->from[i];
        c->line[n++] = c->line[i];
    }
    c->rows = n;
}

static str cell_key(str cell) {
    return !cell.n || str_is(cell, "null") ? STR("~") : cell;
}

static bool recode_column(viewing *v, uint32_t col, const tree *cells, bool *dropped) {
    strmap *to = strmap_new(cells->n), *met = strmap_new(cells->n);
    bool fine = true;
    for (uint32_t i = 0; i < cells->n; i++) {
        const tree *t = cells->member[i].value;
        if (t->kind != TREE_SCALAR)
            fine =
                diag_at(v->p, v->d, DIAG_P03, t, cells->member[i].key, "recode: {age: {0 to 4: 0..4, all: ~}}",
                        "`recode`: a KEY, or ~ to skip the row, belongs here");
        strmap_put(to, cells->member[i].key, cells->member[i].value);
    }
    for (uint32_t i = 0; fine && i < v->out->rows; i++) {
        str *cell = &v->out->row[i][col];
        const tree *t = strmap_get(to, cell_key(*cell));
        if (t) strmap_put(met, cell_key(*cell), cells->member[0].value);
        if (t && t->nothing)
            dropped[i] = true;
        else if (t)
            *cell = t->text;
    }
    for (uint32_t i = 0; fine && i < cells->n; i++) {
        const tree_member *m = &cells->member[i];
        tree at = member_at(m);
        if (!strmap_get(met, m->key))
            diag_at(v->p, v->d, DIAG_W00, &at, m->key, "cells are compared as they stand in the file",
                    "`recode`: no row of " STR_FMT " has the cell `" STR_FMT "` in `" STR_FMT "`",
                    STR_ARG(v->out->path), STR_ARG(m->key), STR_ARG(v->out->header[col]));
    }
    strmap_free(to);
    strmap_free(met);
    return fine;
}

static bool recode(viewing *v, const tree *columns, bool *dropped) {
    if (!columns) return true;
    if (!is_map(v, columns, "recode")) return false;
    bool fine = true;
    for (uint32_t i = 0; i < columns->n; i++) {
        const tree_member *m = &columns->member[i];
        uint32_t col = column_of(v, m->key);
        if (col == v->out->columns)
            fine = no_column(v, m, v->out->header);
        else if (!is_map(v, m->value, "recode") || !recode_column(v, col, m->value, dropped))
            fine = false;
    }
    return fine;
}

static bool keep_only(viewing *v, const tree *columns, bool *dropped) {
    if (!columns) return true;
    if (!is_map(v, columns, "only")) return false;
    bool fine = true;
    for (uint32_t i = 0; i < columns->n; i++) {
        const tree_member *m = &columns->member[i];
        uint32_t col = column_of(v, m->key), found = 0;
        if (col == v->out->columns) {
            fine = no_column(v, m, v->out->header);
            continue;
        }
        if (m->value->kind != TREE_SCALAR) {
            fine = diag_at(v->p, v->d, DIAG_P03, m->value, m->key, "only: {year: 2024}",
                           "`only`: one cell belongs here");
            continue;
        }
        for (uint32_t j = 0; j < v->out->rows; j++) {
            bool same = str_eq(cell_key(v->out->row[j][col]), m->value->text);
            found += same;
            if (!same) dropped[j] = true;
        }
        if (!found)
            fine = diag_at(v->p, v->d, DIAG_P07, m->value, m->value->text,
                           "cells are compared as they stand in the file, after `recode`",
                           "no row of " STR_FMT " has this cell in `" STR_FMT "`", STR_ARG(v->out->path),
                           STR_ARG(m->key));
    }
    return fine;
}

/* ---- the view ------------------------------------------------------------------------------------------ */

static bool view(viewing *v, const tree *t) {
    static const char *const keys[] = {"file", "columns", "recode", "only", NULL};
    bool is_spec = t->kind == TREE_MAP;
    if (is_spec && !tree_only(v->p, v->d, t, "CSV", keys)) return false;
    v->old = v->out->header;
    if (!rename_columns(v, is_spec ? tree_get(t, "columns") : NULL) || !headers_differ(v)) return false;
    bool *dropped = arena_new_of(v->p->mem, bool, v->out->rows + 1);
    if (is_spec && !recode(v, tree_get(t, "recode"), dropped)) return false;
    if (is_spec && !keep_only(v, tree_get(t, "only"), dropped)) return false;
    drop_rows(v->out, dropped);
    return true;
}

/* A file as other programs write it where a comma stands in numbers. */
static bool parted_otherwise(const population *p, const csv *c, diags *d) {
    str head = str_part(c->text, c->head, c->text.n), rest;
    str_cut(head, '\n', &head, &rest);
    str_cut(head, '\r', &head, &rest);
    char by = csv_parted_by(head);
    tree at = {.file = c->file, .line = c->head_line, .column = 1};
    if (by)
        diag_at(p, d, DIAG_P03, &at, str_trim(head), CSV_PARTED_HINT, "cells are parted by %s, not by commas",
                by == ';' ? "semicolons" : "tabs");
    return by;
}

static const csv *csv_make(population *p, const tree *t, diags *d) {
    const tree *file = t->kind == TREE_SCALAR ? t : tree_get(t, "file");
    if (!file || file->kind != TREE_SCALAR || file->nothing) {
        diag_at(p, d, DIAG_P03, t, STR(""), "PATH.csv or {file: PATH, columns: ..., recode: ..., only: ...}",
                "a CSV belongs here");
        return NULL;
    }
    char *real = compose_path(p, file, file->text, d);
    str text;
    if (!real || !compose_read_most(p, file, file->text, MOST_CSV_BYTES, d, &text)) return NULL;
    csv *c = arena_new_of(p->mem, csv, 1);
    c->path = composed_name(p->composed, p->mem, real, p->composed->folder_root[file->folder]);
    c->file = composed_file(p->composed, c->path);
    csv_fault f = csv_parse(text, p->mem, c);
    if (parted_otherwise(p, c, d)) return NULL;
    if (f.what) {
        tree at = {.file = c->file, .line = f.line, .column = f.column};
        diag_at(
            p, d, DIAG_P03, &at, f.value,
            "RFC 4180: cells with a comma, a quote or a line break stand in quotes, quotes in them are doubled",
            "%s", f.what);
        return NULL;
    }
    viewing v = {.p = p, .d = d, .out = c};
    return view(&v, t) ? c : NULL;
}

const csv *compose_csv(population *p, const tree *t, diags *d) {
    for (const struct kept_csv *k = p->composed->csvs; k; k = k->next)
        if (k->at == t) return k->made;
    struct kept_csv *k = arena_new_of(p->mem, struct kept_csv, 1);
    *k = (struct kept_csv){p->composed->csvs, t, csv_make(p, t, d)};
    p->composed->csvs = k;
    return k->made;
}

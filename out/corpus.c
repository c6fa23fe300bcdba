/* corpus.c: the records of a foreign file, one after the other.
 *
 * Three forms. Lines: a record is a line, blank ones are passed over. Array: a record is an element of the one
 * array. CSV: a record ends at a line end outside quotes; a quote opens a cell only where the cell begins. In
 * each form the bounds of records are found without reading what is in them, so that one that cannot be read is
 * one fault with its line, and the next one is found all the same; where even the bounds are lost (an array or
 * a quote that never closes, a record beyond the limit in these forms) the whole file is refused. Foreign bytes
 * are hostile: JSON passes the strict reader with limits, text must be UTF-8, a record is bounded.
 */
#include "out/corpus_parts.h"

#include <stdlib.h>
#include <string.h>

static const json_limits LIMITS = {
    .depth = 64, .members = 10000, .string_bytes = CORPUS_RECORD_MOST, .nodes = 200000};

typedef struct reading {
    corpus_bytes b;
    arena *mem;      /* of one record */
    arena *head_mem; /* of the header */
    bool parse, go;
    corpus_each each;
    void *arg;
    uint64_t line;
    corpus_form form;
    str head, *column;
    uint32_t columns;
    err *e;
} reading;

/* ---- one record ---------------------------------------------------------------------------------------- */

static const char *json_fill(const reading *in, str bytes, json *out) {
    json_fault fault = json_read(bytes, &LIMITS, in->mem, out, NULL);
    if (fault != JSON_FAULT_NONE) return json_fault_text(fault);
    return out->kind == JSON_OBJECT ? NULL : "no object";
}

static const char *csv_fill(const reading *in, str bytes, json *out) {
    str *cell;
    uint32_t cells;
    if (!text_valid(bytes)) return json_fault_text(JSON_FAULT_UTF8);
    const char *fault = csv_record(bytes, in->mem, &cell, &cells);
    if (fault) return fault;
    if (cells != in->columns) return "a row with another number of cells than the header";
    *out = (json){.kind = JSON_OBJECT, .n = cells, .member = arena_new_of(in->mem, json_member, cells)};
    for (uint32_t i = 0; i < cells; i++)
        out->member[i] = (json_member){.key = in->column[i],
                                       .value = {.kind = cell[i].n ? JSON_STRING : JSON_NULL, .text = cell[i]}};
    return NULL;
}

static bool hand_over(reading *in, str bytes, uint64_t line, const char *fault) {
    json row;
    corpus_record r = {
        .path = in->b.path, .form = in->form, .head = in->head, .line = line, .bytes = bytes, .fault = fault};
    if (in->parse && !fault) {
        arena_reset(in->mem);
        r.fault = in->form == CORPUS_CSV ? csv_fill(in, bytes, &row) : json_fill(in, bytes, &row);
        if (!r.fault) r.value = &row;
    }
    in->go = in->each(in->arg, &r);
    return in->go;
}

static void lines_pass(reading *in, str passed) {
    for (const char *p = passed.p, *end = p + passed.n; p < end && (p = memchr(p, '\n', (size_t)(end - p)));
         p++)
        in->line++;
}

static bool lost(const reading *in, uint64_t line, const char *what) {
    return err_set(in->e, ERR_USAGE, "what lies behind cannot be told apart", "%s:%llu: %s", in->b.path,
                   (unsigned long long)line, what);
}

/* ---- lines --------------------------------------------------------------------------------------------- */

/* The next line, without its end; over: it is too long and was passed over. *any false: there is none. */
static bool line_take(reading *in, str *line, bool *over, bool *any) {
    size_t seen = 0;
    *over = false;
    for (;;) {
        str rest = corpus_bytes_rest(&in->b);
        const char *end = rest.n > seen ? memchr(rest.p + seen, '\n', rest.n - seen) : NULL;
        *any = end || rest.n || *over;
        if (end || in->b.ended) {
            size_t n = end ? (size_t)(end - rest.p) : rest.n;
            *over = *over || n > CORPUS_RECORD_MOST;
            *line = str_part(rest, 0, *over ? 0 : n);
            in->b.at += n + (end != NULL);
            return true;
        }
        seen = rest.n;
        if (seen > CORPUS_RECORD_MOST) {
            *over = true;
            in->b.at += seen;
            seen = 0;
        }
        if (!corpus_bytes_more(&in->b)) return false;
    }
}

static bool lines_read(reading *in) {
    for (;;) {
        str line;
        bool over, any;
        if (!line_take(in, &line, &over, &any)) return false;
        if (!any) return true;
        uint64_t at = in->line++;
        if (!over && !str_trim(line).n) continue;
        if (!hand_over(in, line, at, over ? "longer than 16 MB" : NULL)) return true;
    }
}

/* ---- bounds by a small machine: CSV and arrays --------------------------------------------------------- */

/* Where in a record a byte stands. CSV: 0 a cell begins, 1 plain, 2 quoted, 3 behind a quote in a quoted cell.
 * Array: `deep` brackets are open; 2 in a string, 3 behind a backslash there. */
typedef struct machine {
    int state;
    uint32_t deep;
} machine;

static bool csv_ends(machine *m, char c) {
    switch (m->state) {
    case 2: m->state = c == '"' ? 3 : 2; return false;
    case 3:
        if (c == '"') {
            m->state = 2;
            return false;
        }
        break;
    case 0:
        if (c == '"') {
            m->state = 2;
            return false;
        }
        break;
    default: break;
    }
    m->state = c == ',' ? 0 : 1;
    return c == '\n';
}

static bool element_ends(machine *m, char c) {
    if (m->state == 3) {
        m->state = 2;
    } else if (m->state == 2) {
        m->state = c == '\\' ? 3 : c == '"' ? 0 : 2;
    } else if (c == '"') {
        m->state = 2;
    } else if (!m->deep && (c == ',' || c == ']')) {
        return true;
    } else if (c == '{' || c == '[') {
        m->deep++;
    } else if (m->deep && (c == '}' || c == ']')) {
        m->deep--;
    }
    return false;
}

/* Up to the byte that ends the record, which stays. *n: its place; *found false: the file ends first. */
static bool bound_find(reading *in, bool (*ends)(machine *, char), machine *m, size_t *n, bool *found) {
    for (*n = 0, *found = false;;) {
        str rest = corpus_bytes_rest(&in->b);
        for (; *n < rest.n; ++*n)
            if (ends(m, rest.p[*n])) {
                *found = true;
                return true;
            }
        if (*n > CORPUS_RECORD_MOST)
            return lost(in, in->line, "a record longer than 16 MB, or a quote that is not closed");
        if (in->b.ended) return true;
        if (!corpus_bytes_more(&in->b)) return false;
    }
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

/* The next record, a blank line too. *any false: there is none. */
static bool csv_take(reading *in, str *bytes, uint64_t *line, bool *any) {
    machine m = {0};
    size_t n;
    bool found;
    *line = in->line;
    if (!bound_find(in, csv_ends, &m, &n, &found)) return false;
    if (!found && m.state == 2) return lost(in, *line, "a quote that is not closed");
    str rest = corpus_bytes_rest(&in->b);
    *any = found || rest.n;
    *bytes = str_part(rest, 0, n);
    in->b.at += n + found;
    lines_pass(in, str_part(rest, 0, n + found));
    return true;
}

static bool header_read(reading *in) {
    str bytes = {0};
    uint64_t line;
    bool any = true;
    while (any && !str_trim(bytes).n)
        if (!csv_take(in, &bytes, &line, &any)) return false;
    in->head = str_dup(in->head_mem, bytes);
    if (!any) return err_set(in->e, ERR_USAGE, NULL, "%s is empty", in->b.path);
    if (!text_valid(in->head)) return lost(in, line, "not UTF-8");
    char by = csv_parted_by(in->head);
    if (by)
        return err_set(in->e, ERR_USAGE, CSV_PARTED_HINT, "%s:%llu: cells are parted by %s, not by commas",
                       in->b.path, (unsigned long long)line, by == ';' ? "semicolons" : "tabs");
    const char *fault = csv_record(in->head, in->head_mem, &in->column, &in->columns);
    if (memchr(in->head.p, '\r', in->head.n - str_ends(in->head, "\r")) && !memchr(in->head.p, '"', in->head.n))
        return err_set(in->e, ERR_USAGE, "tr '\\r' '\\n' makes lines of it",
                       "%s: lines end with a carriage return alone", in->b.path);
    if (fault) return lost(in, line, fault);
    if (in->columns > LIMITS.members)
        return err_set(in->e, ERR_USAGE, "cut out those that are needed",
                       "%s: %u columns, at most %zu are read", in->b.path, in->columns, (size_t)LIMITS.members);
    for (uint32_t i = 0; i < in->columns; i++)
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(in->column[i], in->column[k]))
                return err_set(in->e, ERR_USAGE, NULL, "%s: the header has `" STR_FMT "` twice", in->b.path,
                               STR_ARG(in->column[i]));
    return true;
}

static bool csv_read(reading *in) {
    if (!header_read(in)) return false;
    for (;;) {
        str bytes;
        uint64_t line;
        bool any;
        if (!csv_take(in, &bytes, &line, &any)) return false;
        if (!any) return true;
        if (str_trim(bytes).n && !hand_over(in, bytes, line, NULL)) return true;
    }
}

/* ---- an array ------------------------------------------------------------------------------------------ */

/* Passes white space; *c: the byte behind it, -1 at the end. */
static bool space_pass(reading *in, int *c) {
    for (;;) {
        str rest = corpus_bytes_rest(&in->b);
        size_t n = 0;
        while (n < rest.n && strchr(" \t\r\n", rest.p[n]) && rest.p[n]) n++;
        lines_pass(in, str_part(rest, 0, n));
        in->b.at += n;
        *c = n < rest.n ? (unsigned char)rest.p[n] : -1;
        if (*c >= 0 || in->b.ended) return true;
        if (!corpus_bytes_more(&in->b)) return false;
    }
}

static bool array_read(reading *in) {
    int c;
    in->b.at++; /* the bracket that said what it is */
    if (!space_pass(in, &c)) return false;
    while (c != ']') {
        machine m = {0};
        size_t n;
        bool found;
        if (!bound_find(in, element_ends, &m, &n, &found)) return false;
        if (!found) return lost(in, in->line, "the array is not closed");
        str rest = corpus_bytes_rest(&in->b);
        bool last = rest.p[n] == ']';
        if (!hand_over(in, str_trim(str_part(rest, 0, n)), in->line, NULL)) return true;
        lines_pass(in, str_part(rest, 0, n));
        in->b.at += n + !last;
        if (!space_pass(in, &c)) return false;
        if (last) break;
        if (c == ']') return lost(in, in->line, "a comma behind the last element");
    }
    in->b.at++;
    if (!space_pass(in, &c)) return false;
    return c < 0 || lost(in, in->line, "text behind the array");
}

/* ---- which form ---------------------------------------------------------------------------------------- */

static bool named(const char *path, const char *suffix) {
    str s = str_of(path);
    if (str_ends(s, ".zst")) s.n -= 4;
    return str_ends(s, suffix);
}

static bool form_find(reading *in) {
    int c = -1;
    str rest = corpus_bytes_rest(&in->b);
    if (str_starts(rest, "\xEF\xBB\xBF")) in->b.at += 3;
    bool is_csv = named(in->b.path, ".csv");
    if (!is_csv && !space_pass(in, &c)) return false;
    bool is_json = named(in->b.path, ".jsonl") || named(in->b.path, ".json") || named(in->b.path, ".ndjson");
    in->form = is_csv                         ? CORPUS_CSV
               : c == '['                     ? CORPUS_ARRAY
               : c == '{' || c < 0 || is_json ? CORPUS_LINES
                                              : CORPUS_CSV;
    return true;
}

bool corpus_read(const char *path, bool parse, corpus_each each, void *arg, err *e) {
    reading in = {.parse = parse, .go = true, .each = each, .arg = arg, .line = 1, .e = e};
    in.mem = arena_new(0);
    in.head_mem = arena_new(0);
    bool fine = corpus_bytes_open(&in.b, path, e) && form_find(&in);
    if (fine)
        fine = in.form == CORPUS_CSV     ? csv_read(&in)
               : in.form == CORPUS_ARRAY ? array_read(&in)
                                         : lines_read(&in);
    corpus_bytes_close(&in.b);
    arena_free(in.mem);
    arena_free(in.head_mem);
    return fine;
}

bool corpus_one(const char *path, uint64_t line, str bytes, bool parse, corpus_each each, void *arg) {
    reading in = {.b = {.path = path}, .parse = parse, .each = each, .arg = arg, .form = CORPUS_LINES};
    in.mem = arena_new(0);
    bool go = hand_over(&in, bytes, line, NULL);
    arena_free(in.mem);
    return go;
}

/* compose_file.c: paths that a population names, the files behind them, and the forms TEXT and FILE.
 *
 * A path is relative to the folder of the node that holds it and its real path stays below that folder's root.
 * Files are read once and kept with the population. Prompts are text: CRLF becomes LF, and {{> path}} is
 * replaced by the file's text (less its last line break), whose own paths are relative to that file.
 */
#include "taxonomy/compose/compose_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct kept_file {
    struct kept_file *next;
    const char *real;
    str raw, text;
    bool opened; /* text is made */
};

/* ---- paths -------------------------------------------------------------------------------------------- */

static bool below_root(const char *real, const char *root) {
    size_t n = strlen(root);
    return !strcmp(root, "/") || (!strncmp(real, root, n) && real[n] == '/');
}

static const char *path_fault(const char *found, const char *root) {
    struct stat st;
    if (!found) return strerror(errno);
    if (!below_root(found, root)) return "outside the population's folder";
    if (stat(found, &st) != 0) return strerror(errno);
    return S_ISREG(st.st_mode) ? NULL : "not a file";
}

static char *path_real(const population *p, const tree *at, const char *folder, const char *root, str path,
                       diags *d) {
    const char *why = NULL;
    char *found = NULL;
    if (!path.n)
        why = "no path";
    else if (path.p[0] == '/')
        why = "an absolute path";
    else if (memchr(path.p, 0, path.n))
        why = "not a path";
    else {
        found = realpath(path_join(p->mem, folder, str_z(p->mem, path)), NULL);
        why = path_fault(found, root);
    }
    char *real = why ? NULL : str_z(p->mem, str_of(found));
    free(found);
    if (why)
        diag_at(p, d, DIAG_P05, at, path,
                "paths are relative to the file that names them and stay inside the main file's folder",
                "file `" STR_FMT "`: %s", STR_ARG(path), why);
    return real;
}

char *compose_path(const population *p, const tree *at, str path, diags *d) {
    const composed *c = p->composed;
    return path_real(p, at, c->folder[at->folder], c->folder_root[at->folder], path, d);
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static struct kept_file *kept_of(const population *p, const tree *at, const char *real, size_t limit,
                                 diags *d) {
    for (struct kept_file *f = p->composed->kept; f; f = f->next)
        if (!strcmp(f->real, real)) return f;
    buf b = {0};
    err e = {0};
    if (!file_read(real, limit, &b, &e)) {
        bool large = e.code == ERR_FORMAT;
        if (large)
            diag_at(p, d, DIAG_P01, at, str_of(real), "split it, or put long lists into CSV files",
                    "a file over %zu MB", limit >> 20);
        else
            diag_at(p, d, DIAG_P05, at, str_of(real), NULL, "%s", e.text);
        buf_free(&b);
        return NULL;
    }
    struct kept_file *f = arena_new_of(p->mem, struct kept_file, 1);
    *f = (struct kept_file){
        p->composed->kept, str_z(p->mem, str_of(real)), str_dup(p->mem, buf_view(&b)), {0}, false};
    p->composed->kept = f;
    buf_free(&b);
    return f;
}

bool compose_raw(const population *p, const tree *at, const char *real, size_t limit, diags *d, str *out) {
    struct kept_file *f = kept_of(p, at, real, limit, d);
    if (f) *out = f->raw;
    return f != NULL;
}

/* What a node in the file `real` is placed by. */
static tree place_in(const population *p, const char *real, const char *root, uint32_t line, uint32_t col) {
    composed *c = p->composed;
    return (tree){.file = composed_file(c, composed_name(c, p->mem, real, root)), .line = line, .column = col};
}

static bool text_of(const population *p, const tree *at, const char *real, const char *root, size_t limit,
                    diags *d, str *out) {
    struct kept_file *f = kept_of(p, at, real, limit, d);
    if (!f) return false;
    if (!f->opened) {
        str text = f->raw;
        uint32_t line, col;
        if (!text_open(&text, &line, &col)) {
            tree bad = place_in(p, real, root, line, col);
            return diag_at(p, d, DIAG_P01, &bad, STR(""), "save the file as UTF-8", "not UTF-8");
        }
        f->text = text_nfc(p->mem, text);
        f->opened = true;
    }
    *out = f->text;
    return true;
}

bool compose_read_most(const population *p, const tree *at, str path, size_t limit, diags *d, str *out) {
    char *real = compose_path(p, at, path, d);
    return real && text_of(p, at, real, p->composed->folder_root[at->folder], limit, d, out);
}

bool compose_read(const population *p, const tree *at, str path, diags *d, str *out) {
    return compose_read_most(p, at, path, MOST_BYTES, d, out);
}

population compose_borrow(const population *p, composed *c, arena *mem) {
    *c = *p->composed;
    c->mem = mem;
    /* an array has room up to the next power of two, and growing into it would write into that of *p */
    uint32_t room = 1;
    while (room < c->files) room *= 2;
    c->file = arena_new_of(mem, str, room);
    memcpy(c->file, p->composed->file, sizeof *c->file * c->files);
    return (population){.mem = mem, .composed = c, .locale = p->locale};
}

/* ---- TEXT ---------------------------------------------------------------------------------------------- */

static str language_of(str locale) {
    str left, right;
    if (!str_cut(locale, '-', &left, &right)) str_cut(locale, '_', &left, &right);
    return left;
}

/* The scalar of a TEXT for the locale; NULL with P03. */
static const tree *text_scalar(const population *p, const tree *t, diags *d) {
    const tree *found = t;
    if (t->kind == TREE_MAP) {
        found = tree_get_str(t, p->locale);
        if (!found) found = tree_get_str(t, language_of(p->locale));
        if (!found) {
            diag_at(p, d, DIAG_P03, t, p->locale, "add an entry for the language",
                    "no text for the locale `" STR_FMT "`", STR_ARG(p->locale));
            return NULL;
        }
    }
    if (found->kind == TREE_SCALAR && !found->nothing) return found;
    diag_at(p, d, DIAG_P03, found, STR(""), "a text, or {LOCALE: text}", "a text belongs here");
    return NULL;
}

str compose_text(const population *p, const tree *t, diags *d) {
    const tree *found = text_scalar(p, t, d);
    return found ? found->text : (str){0};
}

/* ---- FILE, and what a prompt takes in ------------------------------------------------------------------ */

typedef struct prompt_file { /* files being filled in, innermost first */
    const struct prompt_file *outer;
    const char *real; /* NULL: text in the population file */
    const char *folder, *root;
    tree at; /* the scalar, or the beginning of the file */
    uint32_t files;
} prompt_file;

static void put_lines(buf *out, str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\r' || i + 1 == s.n || s.p[i + 1] != '\n') buf_char(out, s.p[i]);
}

static bool fill(const population *p, const prompt_file *in, str text, diags *d, buf *out);

/* Refuses what may not be taken in: a prompt's dividing line, files that take in themselves. */
static bool part_fits(const population *p, const prompt_file *in, const tree *at, const char *real, str path,
                      str text, diags *d) {
    for (const prompt_file *o = in; o; o = o->outer)
        if (o->real && !strcmp(o->real, real))
            return diag_at(p, d, DIAG_P05, at, path, "leave one of the {{> }} out",
                           "a file that includes itself");
    if (in->files == MOST_DEPTH)
        return diag_at(p, d, DIAG_P01, at, path, "include fewer files in a row",
                       "{{> }} nested deeper than %d files", MOST_DEPTH);
    str line, rest = text;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        if (str_ends(line, "\r")) line.n--;
        if (str_is(line, "---"))
            return diag_at(p, d, DIAG_P12, at, path, "the line stands in the prompt itself",
                           "an included file may not hold a line `---`");
    }
    return true;
}

static bool fill_part(const population *p, const prompt_file *in, str path, const tree *at, diags *d,
                      buf *out) {
    char *real = path_real(p, at, in->folder, in->root, path, d);
    str text;
    if (!real || !text_of(p, at, real, in->root, MOST_BYTES, d, &text)) return false;
    if (!part_fits(p, in, at, real, path, text, d)) return false;
    if (str_ends(text, "\n")) text.n -= str_ends(text, "\r\n") ? 2 : 1;
    prompt_file part = {
        in, real, folder_of(p->mem, real), in->root, place_in(p, real, in->root, 1, 1), in->files + 1};
    return fill(p, &part, text, d, out);
}

/* The place of byte i of a text: known in a file, in a scalar only where that begins. */
static tree place_at(const prompt_file *in, str text, size_t i) {
    tree at = in->at;
    if (in->real) text_place(text, i, &at.line, &at.column);
    return at;
}

static bool fill(const population *p, const prompt_file *in, str text, diags *d, buf *out) {
    size_t from = 0, open, close;
    while (str_find(str_part(text, from, text.n), STR("{{>"), &open)) {
        open += from;
        bool escaped = open && text.p[open - 1] == '\\';
        if (escaped) {
            put_lines(out, str_part(text, from, open + 3));
            from = open + 3;
            continue;
        }
        tree at = place_at(in, text, open);
        if (!str_find(str_part(text, open, text.n), STR("}}"), &close))
            return diag_at(p, d, DIAG_P12, &at, STR("{{>"), "{{> path}}; a literal one is written \\{{>",
                           "`{{>` without `}}`");
        put_lines(out, str_part(text, from, open));
        if (!fill_part(p, in, str_trim(str_part(text, open + 3, open + close)), &at, d, out)) return false;
        if (out->n > MOST_BYTES)
            return diag_at(p, d, DIAG_P01, &at, STR(""), "shorten it: no model reads so much",
                           "a prompt over %d MB", MOST_BYTES >> 20);
        from = open + close + 2;
    }
    put_lines(out, str_part(text, from, text.n));
    return true;
}

static bool filled(const population *p, const prompt_file *in, str text, diags *d, str *out) {
    buf b = {0};
    bool good = fill(p, in, text, d, &b);
    if (good) *out = str_dup(p->mem, text_nfc(p->mem, buf_view(&b)));
    buf_free(&b);
    return good;
}

bool text_is_own(str s) {
    return s.n && memchr(s.p, '\n', s.n);
}

static bool scalar_text(const population *p, const tree *t, bool fills, diags *d, str *out) {
    const composed *c = p->composed;
    prompt_file in = {.folder = c->folder[t->folder], .root = c->folder_root[t->folder], .at = *t, .files = 1};
    *out = t->text;
    if (!text_is_own(t->text)) {
        char *real = compose_path(p, t, t->text, d);
        if (!real || !text_of(p, t, real, in.root, MOST_BYTES, d, out)) return false;
        in.real = real;
        in.folder = folder_of(p->mem, real);
        in.at = place_in(p, real, in.root, 1, 1);
    }
    return !fills || filled(p, &in, *out, d, out);
}

bool compose_file_text(const population *p, const tree *t, bool fills, diags *d, str *out) {
    const tree *found = text_scalar(p, t, d);
    return found && scalar_text(p, found, fills, d, out);
}

bool compile_file(const population *p, const tree *t, diags *d, str *text, str *name, tree *at) {
    const composed *c = p->composed;
    const tree *found = text_scalar(p, t, d);
    *name = (str){0};
    if (!found || !scalar_text(p, found, false, d, text)) return false;
    *at = *found;
    if (text_is_own(found->text)) return true;
    char *real = compose_path(p, found, found->text, d);
    if (!real) return false;
    *at = place_in(p, real, c->folder_root[found->folder], 1, 1);
    *name = c->file[at->file];
    return true;
}

bool place_bytes(const population *p, place at, const tree *t, diags *d, str *out) {
    ref_kind ref = place_ref(at, t);
    if (ref == REF_PROMPT) return scalar_text(p, t, true, d, out);
    if (ref == REF_TEXT && text_is_own(t->text)) {
        *out = t->text;
        return true;
    }
    bool is_table = at == PLACE_CSV || at == PLACE_DATA;
    char *real = compose_path(p, t, t->text, d);
    return real && compose_raw(p, t, real, is_table ? MOST_CSV_BYTES : MOST_BYTES, d, out);
}

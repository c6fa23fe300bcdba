/* population_freeze.c: the frozen copy of a population: DIR/population.json, the composed tree with
 * documentation, and below DIR/files every file it names, byte for byte under NNN-NAME; prompts with their {{>
 * }} filled in. Loaded again it has the same hash. Files are published first and population.json last, so a
 * copy that has it is whole.
 */
#include "taxonomy/compose/compose_parts.h"

#include <string.h>

enum { NAME_MOST = 200, LINE_LEVELS = 3 };

typedef struct frozen { /* a file written, so that equal ones are written once */
    struct frozen *next;
    hash128 bytes;
    str base, path;
} frozen;

typedef struct freezing {
    population p;
    const char *dir; /* DIR/files */
    diags d;
    err *e;
    frozen *files;
    unsigned n;
    buf out;
} freezing;

/* The name without its folders; of a long one the end, which has the ending. */
static str base_of(str path) {
    const char *slash = memrchr(path.p, '/', path.n);
    str s = slash ? str_part(path, (size_t)(slash - path.p) + 1, path.n) : path;
    size_t from = s.n > NAME_MOST ? s.n - NAME_MOST : 0;
    while (from < s.n && from && ((unsigned char)s.p[from] & 0xC0) == 0x80) from++;
    return str_part(s, from, s.n);
}

/* Writes the bytes, unless they are there under this name -> the path from DIR. */
static bool freeze_file(freezing *f, str path, str bytes, str *out) {
    str base = base_of(path);
    hash128 of = hash_128(bytes);
    for (const frozen *k = f->files; k; k = k->next)
        if (hash_eq(k->bytes, of) && str_eq(k->base, base)) {
            *out = k->path;
            return true;
        }
    str name = str_printf(f->p.mem, "%03u-" STR_FMT, f->n++, STR_ARG(base));
    if (!file_publish(f->dir, name.p, bytes, f->e)) return false;
    frozen *k = arena_new_of(f->p.mem, frozen, 1);
    *k = (frozen){f->files, of, base, str_printf(f->p.mem, "files/" STR_FMT, STR_ARG(name))};
    f->files = k;
    *out = k->path;
    return true;
}

/* The text that stands for a reference in the frozen tree: a new path, or the text where it is its own. */
static bool freeze_ref(freezing *f, const tree *t, place at, str *out) {
    str bytes;
    if (!place_bytes(&f->p, at, t, &f->d, &bytes)) return diags_err(&f->d, f->e);
    bool may_own = place_ref(at, t) != REF_BYTES && text_is_own(t->text);
    if (may_own && text_is_own(bytes)) {
        *out = bytes;
        return true;
    }
    return freeze_file(f, may_own ? STR("text.md") : t->text, bytes, out);
}

static bool freeze_scalar(freezing *f, const tree *t, place at) {
    if (t->nothing) {
        buf_z(&f->out, "null");
    } else if (place_ref(at, t) != REF_NONE) {
        str text;
        if (!freeze_ref(f, t, at, &text)) return false;
        buf_json(&f->out, text);
    } else if (t->number || str_is(t->text, "true") || str_is(t->text, "false")) {
        buf_str(&f->out, t->text);
    } else {
        buf_json(&f->out, t->text);
    }
    return true;
}

static void new_line(freezing *f, unsigned level) {
    if (level > LINE_LEVELS) return;
    buf_char(&f->out, '\n');
    for (unsigned i = 0; i < level; i++) buf_char(&f->out, ' ');
}

static bool freeze_tree(freezing *f, const tree *t, place at, unsigned level) {
    if (t->kind == TREE_SCALAR) return freeze_scalar(f, t, at);
    bool is_map = t->kind == TREE_MAP;
    buf_char(&f->out, is_map ? '{' : '[');
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) buf_char(&f->out, ',');
        if (is_map) {
            new_line(f, level + 1);
            buf_json(&f->out, t->member[i].key);
            buf_char(&f->out, ':');
        }
        place below = is_map ? place_below(at, t, t->member[i].key) : PLACE_PLAIN;
        if (!freeze_tree(f, is_map ? t->member[i].value : t->item[i], below, level + 1)) return false;
    }
    if (is_map && t->n && level < LINE_LEVELS) new_line(f, level);
    buf_char(&f->out, is_map ? '}' : ']');
    return true;
}

static bool freeze(freezing *f, const population *p, const char *dir) {
    if (!file_make_dir(f->dir, f->e) || !freeze_tree(f, p->composed->top, PLACE_TOP, 0)) return false;
    buf_char(&f->out, '\n');
    if (f->out.n > MOST_BYTES)
        return err_set(f->e, ERR_POPULATION, "put long lists into CSV files",
                       "the composed population is over %d MB", MOST_BYTES >> 20);
    return file_publish(dir, "population.json", buf_view(&f->out), f->e);
}

bool population_freeze(const population *p, const char *dir, err *e) {
    arena *mem = arena_new(0);
    composed c;
    freezing f = {.p = compose_borrow(p, &c, mem), .dir = path_join(mem, dir, "files"), .e = e};
    diags_init(&f.d);
    bool good = freeze(&f, p, dir);
    buf_free(&f.out);
    diags_free(&f.d);
    arena_free(mem);
    return good;
}

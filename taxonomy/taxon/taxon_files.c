/* taxon_files.c: the CSV files that attributes name. When trees are laid over one another it is noted which
 * file each path leads to, as long as it is known whose folder it starts from; when the outcome is published
 * the files are copied to where the same path leads from there. A path that leads out of the new folder is left
 * to `check`, which says so. The same path in both trees, to files that differ, is a conflict: that of the
 * upper one is taken.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <string.h>

typedef void (*path_seen)(void *arg, const taxon *x, const tree *path);

static void paths_below(const tree *t, place at, const taxon *x, path_seen seen, void *arg) {
    if (t->kind == TREE_SCALAR) {
        if (place_ref(at, t) == REF_BYTES) seen(arg, x, t);
        return;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->kind == TREE_LIST) {
            paths_below(t->item[i], PLACE_PLAIN, x, seen, arg);
            continue;
        }
        place below = place_below(at, t, t->member[i].key);
        /* children have bodies of their own */
        if (below != PLACE_NODE) paths_below(t->member[i].value, below, x, seen, arg);
    }
}

static void paths_each(const taxon *top, path_seen seen, void *arg) {
    for (const taxon *x = top; x; x = taxon_next(x, top))
        if (x->body) paths_below(x->body, PLACE_NODE, x, seen, arg);
}

/* ---- noted ---------------------------------------------------------------------------------------------- */

typedef struct noting {
    const taxonomy *of;
    taxonomy *to;
    population p;
    diags unsaid; /* a path that leads nowhere is said by `check` */
    defects *d;
} noting;

static bool same_bytes(const char *a, const char *b) {
    buf x = {0}, y = {0};
    err e = {0};
    bool same = !strcmp(a, b) || (file_read(a, MOST_CSV_BYTES, &x, &e) &&
                                  file_read(b, MOST_CSV_BYTES, &y, &e) && str_eq(buf_view(&x), buf_view(&y)));
    buf_free(&x);
    buf_free(&y);
    return same;
}

static void note(void *arg, const taxon *x, const tree *path) {
    noting *k = arg;
    const char *before = strmap_get(k->to->paths, path->text);
    char *real = compose_path(&k->p, path, path->text, &k->unsaid);
    if (!real || (before && !strcmp(before, real))) return;
    if (before && !same_bytes(before, real))
        defect_add(k->d, DEFECT_CONFLICT, k->of, x, "give one of the files another name",
                   "the file " STR_FMT " is another one here than below; this one is copied",
                   STR_ARG(path->text));
    strmap_put(k->to->paths, path->text, str_z(k->to->mem, str_of(real)));
}

void taxon_files_note(const taxonomy *of, taxonomy *to, defects *d) {
    if (!of->composed) return;
    noting k = {.of = of, .to = to, .p = {.mem = to->mem, .composed = of->composed}, .d = d};
    if (!to->paths) to->paths = strmap_new(16);
    diags_init(&k.unsaid);
    paths_each(of->root, note, &k);
    diags_free(&k.unsaid);
}

/* ---- copied --------------------------------------------------------------------------------------------- */

typedef struct copying {
    const taxonomy *t;
    const char *dir;
    uint32_t depth; /* of what names them, below the new folder */
    strmap *done;
    arena *mem;
    err *e;
    bool ok;
} copying;

/* Whether a relative path from so far below a folder stays inside it, whatever is on the way. */
static bool stays_inside(str path, uint32_t depth) {
    int64_t level = depth;
    str part, rest = path;
    for (bool more = true; more && level >= 0;) {
        more = str_cut(rest, '/', &part, &rest);
        if (str_is(part, "..")) level--;
        if (more && part.n && !str_is(part, ".") && !str_is(part, "..")) level++;
    }
    return level >= 0 && path.n && path.p[0] != '/';
}

static void copy(void *arg, const taxon *x, const tree *path) {
    copying *k = arg;
    (void)x;
    const char *real = k->t->paths ? strmap_get(k->t->paths, path->text) : NULL;
    if (!k->ok || !real || !stays_inside(path->text, k->depth)) return;
    if (strmap_put(k->done, path->text, k)) return;
    char *to = path_join(k->mem, k->dir, str_z(k->mem, path->text)), *slash = strrchr(to, '/');
    buf b = {0};
    *slash = '\0';
    k->ok = file_read(real, MOST_CSV_BYTES, &b, k->e) && file_make_dir(to, k->e) &&
            file_publish(to, slash + 1, buf_view(&b), k->e);
    buf_free(&b);
}

bool taxon_files_copy(const taxonomy *t, const taxon *top, const char *dir, uint32_t depth, err *e) {
    copying k = {t, dir, depth, strmap_new(16), arena_new(0), e, true};
    paths_each(top, copy, &k);
    strmap_free(k.done);
    arena_free(k.mem);
    return k.ok;
}

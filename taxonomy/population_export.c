/* population_export.c: a built-in population as files that a user edits: all of its folder, byte for byte, and
 * below it, by name, those that it includes. An `include: NAME` at the top of its file becomes a path to that
 * copy; any other stays the built-in one. Loaded, the copy has the hash of the original, which is looked at
 * before it is handed over.
 */
#include "taxonomy/compose/compose_parts.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAIN_FILE "population.yaml"
enum { FOLDERS_MOST = 16 };

typedef struct exporting {
    const population *p; /* of the one that was named: for reading, and for places in messages */
    arena *mem;
    diags d;
    err *e;
} exporting;

static bool export_one(exporting *x, str name, const char *to);

/* ---- the include of a population file ------------------------------------------------------------------- */

/* The byte of a place; text.n: it is not there. */
static size_t place_byte(str text, uint32_t line, uint32_t col) {
    size_t at = 0;
    for (; line > 1 && at < text.n; at++) line -= text.p[at] == '\n';
    for (; col > 1 && at < text.n; col--) text_next(text, &at);
    return at;
}

/* The names of built-in populations at `include`, in the order of the text. */
static uint32_t included(exporting *x, str text, const tree **out, uint32_t most) {
    totals sum = {0};
    reading r = {.p = x->p, .d = &x->d, .sum = &sum};
    const tree *top = tree_yaml(&r, text), *list = top ? tree_get(top, "include") : NULL;
    uint32_t n = 0;
    if (!list || list->kind == TREE_MAP) return 0;
    for (uint32_t i = 0; i < (list->kind == TREE_LIST ? list->n : 1) && n < most; i++) {
        const tree *one = list->kind == TREE_LIST ? list->item[i] : list;
        if (one->kind == TREE_SCALAR && include_is_name(one->text)) out[n++] = one;
    }
    return n;
}

/* The text with each such name turned into the path of its copy, which is made in `to`. */
static bool export_main(exporting *x, str text, const char *to) {
    enum { INCLUDES = 16 };
    const tree *name[INCLUDES];
    uint32_t n = included(x, text, name, INCLUDES);
    buf b = {0};
    size_t from = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < n; i++) {
        size_t at = place_byte(text, name[i]->line, name[i]->column);
        if (at < text.n && (text.p[at] == '"' || text.p[at] == '\'')) at++;
        size_t end = at + name[i]->text.n;
        if (end > text.n || !str_eq(str_part(text, at, end), name[i]->text))
            continue; /* it stays the built-in */
        buf_str(&b, str_part(text, from, end));
        buf_z(&b, "/" MAIN_FILE);
        from = end;
        fine = export_one(x, name[i]->text, path_join(x->mem, to, str_z(x->mem, name[i]->text)));
    }
    buf_str(&b, str_part(text, from, text.n));
    fine = fine && file_publish(to, MAIN_FILE, buf_view(&b), x->e);
    buf_free(&b);
    return fine;
}

/* ---- a folder ------------------------------------------------------------------------------------------- */

static bool export_folder(exporting *x, const char *from, const char *to, unsigned depth);

static bool export_entry(exporting *x, const char *from, const char *to, const char *name, unsigned depth) {
    char *path = path_join(x->mem, from, name);
    struct stat st;
    if (stat(path, &st) != 0) return true; /* gone, or a link to nothing */
    if (S_ISDIR(st.st_mode)) return export_folder(x, path, path_join(x->mem, to, name), depth + 1);
    if (!S_ISREG(st.st_mode)) return true;
    buf b = {0};
    bool fine = file_read(path, MOST_CSV_BYTES, &b, x->e);
    if (fine && depth == 0 && !strcmp(name, MAIN_FILE))
        fine = export_main(x, buf_view(&b), to);
    else
        fine = fine && file_publish(to, name, buf_view(&b), x->e);
    buf_free(&b);
    return fine;
}

static bool export_folder(exporting *x, const char *from, const char *to, unsigned depth) {
    if (depth == FOLDERS_MOST)
        return err_set(x->e, ERR_POPULATION, "a link to a folder above?", "%s: folders nested too deep", from);
    if (!file_make_dir(to, x->e)) return false;
    DIR *h = opendir(from);
    if (!h) return err_errno(x->e, errno, "open", from);
    bool fine = true;
    for (struct dirent *at; fine && (at = readdir(h));)
        if (at->d_name[0] != '.') fine = export_entry(x, from, to, at->d_name, depth);
    closedir(h);
    return fine;
}

static bool export_one(exporting *x, str name, const char *to) {
    char *file = include_built_in(x->mem, name);
    if (!file)
        return err_set(x->e, ERR_USAGE, "`populace populations` lists those built in",
                       "no built-in population `" STR_FMT "`", STR_ARG(name));
    return export_folder(x, folder_of(x->mem, file), to, 0);
}

/* ---- what is handed over -------------------------------------------------------------------------------- */

static bool same_hash(exporting *x, const char *dir) {
    population *copy = population_load(path_join(x->mem, dir, MAIN_FILE), NULL, 0, &x->d);
    bool same = copy && hash_eq(copy->hash, x->p->hash);
    population_free(copy);
    if (!same && !diags_err(&x->d, x->e))
        return err_set(x->e, ERR_INTERNAL, NULL, "the copy in %s is not the same population", dir);
    return same;
}

bool population_export(const char *name, const char *dir, err *e) {
    arena *mem = arena_new(0);
    exporting x = {.mem = mem, .e = e};
    diags_init(&x.d);
    population *p = NULL;
    bool fine = false;
    if (!include_is_name(str_of(name)))
        err_set(e, ERR_USAGE, "`populace populations` lists them", "%s is no name of a built-in population",
                name);
    else if (!file_dir_vacant(dir))
        err_set(e, ERR_USAGE, "name a new folder", "%s exists and is not an empty folder", dir);
    else if (!(p = population_load(name, NULL, 0, &x.d)))
        diags_err(&x.d, e);
    else {
        x.p = p;
        fine = export_one(&x, str_of(name), dir) && same_hash(&x, dir);
    }
    population_free(p);
    diags_free(&x.d);
    arena_free(mem);
    return fine;
}

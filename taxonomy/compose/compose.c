/* compose.c: from a path to one tree: the main file, what it includes, and --set laid over last.
 *
 * A file's tree is read with its own file and folder indexes, so nodes that come from different files resolve
 * paths each at its own place, and no path is rewritten. A built-in population brings its own root.
 */
#include "taxonomy/compose/compose_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct opened { /* files being composed, innermost first: cycles, levels */
    const struct opened *outer;
    const char *real;
    uint32_t files;
} opened;

typedef struct composing {
    population p; /* mem and composed, for messages */
    composed *c;
    arena *mem;
    diags *d;
    totals sum;
} composing;

/* ---- names and folders -------------------------------------------------------------------------------- */

uint16_t composed_file(composed *c, str name) {
    for (uint32_t i = 0; i < c->files; i++)
        if (str_eq(c->file[i], name)) return (uint16_t)i;
    if (c->files == UINT16_MAX) return UINT16_MAX;
    c->file = list_grown(c->mem, c->file, c->files, sizeof *c->file);
    c->file[c->files] = str_dup(c->mem, name);
    return (uint16_t)c->files++;
}

uint16_t composed_folder(composed *c, const char *real, const char *root) {
    for (uint32_t i = 0; i < c->folders; i++)
        if (!strcmp(c->folder[i], real) && !strcmp(c->folder_root[i], root)) return (uint16_t)i;
    if (c->folders == UINT16_MAX) return UINT16_MAX;
    c->folder = list_grown(c->mem, c->folder, c->folders, sizeof *c->folder);
    c->folder_root = list_grown(c->mem, c->folder_root, c->folders, sizeof *c->folder_root);
    c->folder[c->folders] = str_z(c->mem, str_of(real));
    c->folder_root[c->folders] = str_z(c->mem, str_of(root));
    return (uint16_t)c->folders++;
}

char *folder_of(arena *mem, const char *real) {
    const char *slash = strrchr(real, '/');
    size_t n = slash && slash > real ? (size_t)(slash - real) : 1;
    return str_z(mem, (str){slash ? real : ".", n});
}

str composed_name(const composed *c, arena *mem, const char *real, const char *root) {
    size_t n = strlen(root);
    str s = str_of(real);
    if (!str_starts(s, root) || (n > 1 && real[n] != '/')) return str_dup(mem, s);
    str rest = str_part(s, n > 1 ? n + 1 : n, s.n);
    if (c->root && !strcmp(root, c->root)) return str_dup(mem, rest);
    const char *slash = strrchr(root, '/'); /* a built-in one: NAME/file */
    return str_printf(mem, "%s/" STR_FMT, slash ? slash + 1 : root, STR_ARG(rest));
}

/* ---- one file ------------------------------------------------------------------------------------------- */

static bool is_json(const char *name, str text) {
    str body = str_trim(text);
    return str_ends(str_of(name), ".json") || (body.n && body.p[0] == '{');
}

static bool bytes_fit(composing *k, const tree *at, const char *real, size_t n) {
    if (n <= MOST_BYTES - k->sum.bytes) {
        k->sum.bytes += n;
        return true;
    }
    return diag_at(&k->p, k->d, DIAG_P01, at, str_of(real), "put long lists into CSV files",
                   "more than %d MB after includes and aliases", MOST_BYTES >> 20);
}

/* The tree of one text, without its includes resolved. */
static tree *text_tree(composing *k, const reading *r, const char *name, str text) {
    tree at = {.file = r->file, .folder = r->folder, .line = 1, .column = 1};
    if (!text_open(&text, &at.line, &at.column)) {
        diag_at(&k->p, k->d, DIAG_P01, &at, STR(""), "save the file as UTF-8", "not UTF-8");
        return NULL;
    }
    return is_json(name, text) ? tree_json(r, text) : tree_yaml(r, text);
}

static tree *file_tree(composing *k, const tree *at, const char *real, uint16_t file, uint16_t folder,
                       uint32_t depth) {
    str text;
    if (!compose_raw(&k->p, at, real, MOST_BYTES, k->d, &text) || !bytes_fit(k, at, real, text.n)) return NULL;
    reading r = {.p = &k->p, .d = k->d, .sum = &k->sum, .file = file, .folder = folder, .depth = depth};
    tree *t = text_tree(k, &r, real, text);
    if (!t || t->kind == TREE_MAP) return t;
    tree top = {.file = file, .line = 1, .column = 1};
    diag_at(&k->p, k->d, DIAG_P01, &top, t->kind == TREE_SCALAR ? t->text : STR(""), "write KEY: VALUE lines",
            t->nothing ? "an empty file" : "not a mapping at the top");
    return NULL;
}

/* ---- includes ------------------------------------------------------------------------------------------ */

static tree *expand(composing *k, tree *t, place at, uint32_t depth, const opened *stack);

static bool cyclic(composing *k, const tree *at, const char *real, const opened *stack) {
    for (const opened *o = stack; o; o = o->outer)
        if (!strcmp(o->real, real)) {
            diag_at(&k->p, k->d, DIAG_P05, at, at->text, "leave the `include` out",
                    "a file that includes itself");
            return true;
        }
    if (stack->files < MOST_DEPTH) return false;
    diag_at(&k->p, k->d, DIAG_P01, at, at->text, "include fewer files in a row",
            "includes nested deeper than %d files", MOST_DEPTH);
    return true;
}

static tree *include_real(composing *k, const tree *at, place where, const char *real, const char *root,
                          uint32_t depth, const opened *stack) {
    if (cyclic(k, at, real, stack)) return NULL;
    uint16_t file = composed_file(k->c, composed_name(k->c, k->mem, real, root));
    uint16_t folder = composed_folder(k->c, folder_of(k->mem, real), root);
    if (file == UINT16_MAX || folder == UINT16_MAX) {
        diag_at(&k->p, k->d, DIAG_P01, at, at->text, "put several into one", "too many files");
        return NULL;
    }
    opened here = {stack, real, stack->files + 1};
    tree *t = file_tree(k, at, real, file, folder, depth);
    return t ? expand(k, t, where, depth, &here) : NULL;
}

bool include_is_name(str s) {
    return s.n && !memchr(s.p, '/', s.n) && !memchr(s.p, '.', s.n);
}

char *include_built_in(arena *mem, str name) {
    char *path = share_path(mem, str_printf(mem, "populations/" STR_FMT "/population.yaml", STR_ARG(name)).p);
    char *found = path ? realpath(path, NULL) : NULL;
    char *real = found ? str_z(mem, str_of(found)) : NULL;
    free(found);
    return real;
}

static tree *include_one(composing *k, const tree *at, place where, uint32_t depth, const opened *stack) {
    if (at->kind != TREE_SCALAR || at->nothing) {
        diag_at(&k->p, k->d, DIAG_P03, at, at->text, "include: FILE or [FILE, ...]", "`include` is not a path");
        return NULL;
    }
    if (include_is_name(at->text)) {
        char *real = include_built_in(k->mem, at->text);
        if (real) return include_real(k, at, where, real, folder_of(k->mem, real), depth, stack);
        diag_at(&k->p, k->d, DIAG_P05, at, at->text,
                "a file needs its ending: NAME.yaml; `populace populations` lists those built in",
                "no built-in population `" STR_FMT "`", STR_ARG(at->text));
        return NULL;
    }
    char *real = compose_path(&k->p, at, at->text, k->d);
    return real ? include_real(k, at, where, real, k->c->folder_root[at->folder], depth, stack) : NULL;
}

/* What the files beside `include` give, laid over one another; NULL: none could be read. */
static tree *includes(composing *k, const tree *list, place where, uint32_t depth, const opened *stack) {
    if (list->kind != TREE_LIST) return include_one(k, list, where, depth, stack);
    tree *base = NULL;
    for (uint32_t i = 0; i < list->n; i++) {
        tree *t = include_one(k, list->item[i], where, depth, stack);
        if (t) base = tree_lay(&k->p, k->mem, base, t, k->d);
    }
    return base;
}

/* The tree with all includes resolved; nodes without one below are made anew all the same. */
static tree *expand(composing *k, tree *t, place at, uint32_t depth, const opened *stack) {
    if (t->kind != TREE_MAP || at == PLACE_PLAIN || at == PLACE_DATA) return t;
    const tree *list = place_includes(at) ? tree_get(t, "include") : NULL;
    tree *base = list ? includes(k, list, at, depth, stack) : NULL;
    tree *own = tree_new_map(k->mem, t);
    for (uint32_t i = 0; i < t->n; i++) {
        tree_member m = t->member[i];
        if (m.value == list) continue;
        m.value = expand(k, m.value, place_below(at, t, m.key), depth + 1, stack);
        tree_append(k->mem, own, m);
    }
    return base ? tree_lay(&k->p, k->mem, base, own, k->d) : own;
}

/* ---- --set --------------------------------------------------------------------------------------------- */

static bool set_fault(composing *k, const tree *at, str set) {
    return diag_at(&k->p, k->d, DIAG_P03, at, set, "--set attributes.age.number=18..70",
                   "--set needs PATH=VALUE");
}

/* {a: {b: VALUE}} of "a.b=VALUE". */
static tree *set_tree(composing *k, str set) {
    reading r = {.p = &k->p, .d = k->d, .sum = &k->sum};
    r.file = composed_file(k->c, STR("--set"));
    r.folder = composed_folder(k->c, k->c->root, k->c->root);
    tree at = {.file = r.file, .folder = r.folder, .line = 1, .column = 1};
    str path, text, name;
    if (!str_cut(set, '=', &path, &text) || !path.n) return set_fault(k, &at, set), NULL;
    if (!text_valid(set))
        return diag_at(&k->p, k->d, DIAG_P01, &at, STR(""), "set the terminal to UTF-8", "--set: not UTF-8"),
               NULL;
    tree *top = tree_new_map(k->mem, &at), *to = top;
    for (bool more = true; more;) {
        more = str_cut(path, '.', &name, &path);
        if (!name.n || ++r.depth >= MOST_DEPTH) return set_fault(k, &at, set), NULL;
        tree *below = more ? tree_new_map(k->mem, &at) : tree_yaml(&r, text);
        if (!below) return NULL;
        tree_put(k->mem, to, text_nfc(k->mem, name), below);
        to = below;
    }
    return top;
}

/* A name `*` in the path stands for every key that there is. */
static tree *lay_set(composing *k, tree *t, str set) {
    str path, text, name, rest;
    size_t from = 0;
    const tree *at = t;
    str_cut(set, '=', &path, &text);
    for (bool more = true; more; path = rest) {
        more = str_cut(path, '.', &name, &rest);
        if (str_is(name, "*") && at && at->kind == TREE_MAP) {
            for (uint32_t i = 0; i < at->n; i++) {
                str tail = str_part(set, from + 1, set.n);
                t = lay_set(k, t,
                            str_printf(k->mem, STR_FMT STR_FMT STR_FMT, (int)from, set.p,
                                       STR_ARG(at->member[i].key), STR_ARG(tail)));
            }
            return t;
        }
        at = at ? tree_get_str(at, name) : NULL;
        from += name.n + 1;
    }
    tree *over = set_tree(k, set);
    return over ? tree_lay(&k->p, k->mem, t, over, k->d) : t;
}

static bool is_top_key(str name) {
    for (size_t i = 0; place_top_keys[i]; i++)
        if (str_is(name, place_top_keys[i])) return true;
    return false;
}

/* A path that begins with an attribute instead of a key of the top is a dial: `depth=brief` says how the values
 * of the attribute `depth` are distributed, as `attributes.depth.given=brief` does. */
static str dial_set(composing *k, const tree *t, str set) {
    str path, text, name, rest;
    const tree *at = tree_get(t, "attributes");
    if (!str_cut(set, '=', &path, &text)) return set;
    str_cut(path, '.', &name, &rest);
    if (is_top_key(name)) return set;
    rest = path;
    for (bool more = true; more && at;) {
        more = str_cut(rest, '.', &name, &rest);
        at = at->kind == TREE_MAP ? tree_get_str(at, name) : NULL;
    }
    if (!at || at->kind != TREE_MAP || !place_is_leaf(at) || tree_get(at, "each")) return set;
    return str_printf(k->mem, "attributes." STR_FMT ".given=" STR_FMT, STR_ARG(path), STR_ARG(text));
}

static tree *lay_sets(composing *k, tree *t, const char *const *sets, size_t n) {
    bool single = false;
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(sets[i], SET_SINGLE_SHOT))
            single = true;
        else
            t = lay_set(k, t, dial_set(k, t, str_of(sets[i])));
    }
    return single && t && t->kind == TREE_MAP ? compose_single_shot(&k->p, k->mem, t, k->d) : t;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The real path of what the user named: a file, or else a built-in population. */
static char *main_real(composing *k, const char *path) {
    if (!is_file(path) && include_is_name(str_of(path))) {
        char *real = include_built_in(k->mem, str_of(path));
        if (real) return real;
    }
    char *found = realpath(path, NULL);
    struct stat st;
    const char *why = found ? NULL : strerror(errno);
    if (found && stat(found, &st) == 0 && !S_ISREG(st.st_mode)) why = "not a file";
    char *real = why ? NULL : str_z(k->mem, str_of(found));
    free(found);
    tree at = {.file = 0};
    if (why)
        diag_at(&k->p, k->d, DIAG_P05, &at, str_of(path),
                "name a population file; `populace populations` lists those built in", "cannot read %s: %s",
                path, why);
    return real;
}

static bool depth_fits(composing *k, const tree *t) {
    if (tree_depth(t) <= MOST_DEPTH) return true;
    return diag_at(&k->p, k->d, DIAG_P01, t, STR(""), "fewer levels", "nested deeper than %d levels",
                   MOST_DEPTH);
}

static composed *compose_from(const char *path, place where, const char *const *sets, size_t nsets, arena *mem,
                              diags *d) {
    size_t before = d->errors;
    composed *c = arena_new_of(mem, composed, 1);
    c->mem = mem;
    c->main_path = str_dup(mem, str_of(path));
    composing k = {.p = {.mem = mem, .composed = c}, .c = c, .mem = mem, .d = d};
    uint16_t file = composed_file(c, c->main_path);
    char *real = main_real(&k, path);
    if (!real) return NULL;
    c->root = folder_of(mem, real);
    opened here = {NULL, real, 1};
    tree top = {.file = file};
    tree *t = file_tree(&k, &top, real, file, composed_folder(c, c->root, c->root), 0);
    if (t) t = lay_sets(&k, expand(&k, t, where, 0, &here), sets, nsets);
    if (!t || d->errors > before || !depth_fits(&k, t)) return NULL;
    c->top = t;
    return c;
}

composed *compose(const char *path, const char *const *sets, size_t nsets, arena *mem, diags *d) {
    return compose_from(path, PLACE_TOP, sets, nsets, mem, d);
}

composed *compose_as(const char *path, place where, arena *mem, diags *d) {
    return compose_from(path, where, NULL, 0, mem, d);
}

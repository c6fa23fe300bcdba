/* diag.c: rows of what is wrong with a population: collected, placed, sorted, and folded into one `err`.
 *
 * At most DIAG_MOST rows are kept. A row that repeats one (types and `each` make many nodes of one text) is not
 * added again. When all places are taken an error still replaces a warning, so that a file with an error never
 * looks like one with warnings alone.
 */
#include "taxonomy/compose/compose.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIAG_MOST = 100, VALUE_MOST = 120 };

static const struct {
    const char *name, *title;
} codes[] = {
#define DIAG_ROW(name, text) {#name, text},
    DIAG_MAP(DIAG_ROW)
#undef DIAG_ROW
};

const char *diag_name(diag_code c) {
    return (size_t)c < COUNT_OF(codes) ? codes[c].name : "P??";
}

const char *diag_title(diag_code c) {
    return (size_t)c < COUNT_OF(codes) ? codes[c].title : "unknown code";
}

void diags_init(diags *d) {
    *d = (diags){.mem = arena_new(0)};
}

void diags_free(diags *d) {
    arena_free(d->mem);
    free(d->row);
    *d = (diags){0};
}

/* ---- adding ------------------------------------------------------------------------------------- */

static bool diag_same(const diag *a, const diag *b) {
    return a->code == b->code && a->line == b->line && a->column == b->column && str_eq(a->file, b->file) &&
           str_eq(a->value, b->value) && str_eq(a->text, b->text);
}

static diag *diags_place(diags *d, diag_code code) {
    if (d->n < DIAG_MOST) {
        if (d->n == d->cap) {
            d->cap = d->cap ? d->cap * 2 : 16;
            d->row = xrealloc(d->row, d->cap * sizeof *d->row);
        }
        return &d->row[d->n++];
    }
    d->dropped++;
    if (code == DIAG_W00) return NULL;
    for (size_t i = d->n; i-- > 0;)
        if (d->row[i].code == DIAG_W00) return &d->row[i];
    return NULL;
}

/* Long values are cut, at a code point. */
static str value_short(arena *mem, str s) {
    if (s.n <= VALUE_MOST) return str_dup(mem, s);
    size_t n = VALUE_MOST;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80) n--;
    return str_printf(mem, STR_FMT "...", (int)n, s.p);
}

static void diags_add(diags *d, const diag *r) {
    for (size_t i = 0; i < d->n; i++)
        if (diag_same(&d->row[i], r)) {
            d->last = NULL;
            return;
        }
    if (r->code != DIAG_W00) d->errors++;
    diag *to = diags_place(d, r->code);
    if (to) *to = *r;
    d->last = to;
}

diags diags_try(const diags *d) {
    return (diags){.mem = d->mem};
}

void diags_said(diags *d, diags *tried, bool keep) {
    for (size_t i = 0; keep && i < tried->n; i++) diags_add(d, &tried->row[i]);
    free(tried->row);
    *tried = (diags){0};
}

void diags_detail(diags *d, str detail) {
    if (d->last) d->last->detail = str_dup(d->mem, detail);
}

/* A sentence that does not hold the value is followed by it, or by its first line. */
static str text_with(arena *mem, str text, str bad) {
    size_t at, line = bad.n;
    bool sketch = str_is(bad, "{...}") || str_is(bad, "[...]");
    if (!bad.n || sketch || str_find(text, bad, &at)) return str_dup(mem, text);
    str_find(bad, STR("\n"), &line);
    return str_printf(mem, STR_FMT ": `" STR_FMT "%s`", STR_ARG(text), (int)line, bad.p,
                      line < bad.n ? "..." : "");
}

bool diag_at(const population *p, diags *d, diag_code code, const tree *at, str bad, const char *hint,
             const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    diag r = {.code = code, .value = value_short(d->mem, bad)};
    r.text = text_with(d->mem, str_of(text), r.value);
    r.hint = str_dup(d->mem, str_of(hint));
    const composed *c = p ? p->composed : NULL;
    if (at && c && at->file < c->files) r.file = str_dup(d->mem, c->file[at->file]);
    if (at) {
        r.line = at->line;
        r.column = at->column;
    }
    diags_add(d, &r);
    return false;
}

/* ---- order, and the first as an error ------------------------------------------------------------- */

static int diag_rank(diag_code c) {
    return c == DIAG_W00;
}

static int diag_cmp(const diag *a, const diag *b) {
    int by = diag_rank(a->code) - diag_rank(b->code);
    if (by == 0) by = str_cmp(a->file, b->file);
    if (by == 0) by = (a->line > b->line) - (a->line < b->line);
    if (by == 0) by = (a->column > b->column) - (a->column < b->column);
    return by;
}

/* By insertion: stable, and there are at most DIAG_MOST. */
void diags_sort(diags *d) {
    for (size_t i = 1; i < d->n; i++) {
        diag r = d->row[i];
        size_t j = i;
        for (; j > 0 && diag_cmp(&r, &d->row[j - 1]) < 0; j--) d->row[j] = d->row[j - 1];
        d->row[j] = r;
    }
}

static const diag *diags_first(const diags *d) {
    for (size_t i = 0; i < d->n; i++)
        if (d->row[i].code != DIAG_W00) return &d->row[i];
    return NULL;
}

static bool diag_is_plan(diag_code c) {
    return c >= DIAG_Q01 && c <= DIAG_Q07;
}

bool diags_err(const diags *d, err *e) {
    const diag *r = diags_first(d);
    if (!r) return true;
    buf b = {0};
    if (r->file.n) buf_str(&b, r->file);
    if (r->line) buf_printf(&b, ":%u:%u", (unsigned)r->line, (unsigned)r->column);
    buf_printf(&b, "%s%s " STR_FMT, b.n ? ": " : "", diag_name(r->code), STR_ARG(r->text));
    if (d->errors > 1) buf_printf(&b, " (and %zu more)", d->errors - 1);
    char *hint = r->hint.n ? str_z(d->mem, r->hint) : NULL;
    err_set(e, diag_is_plan(r->code) ? ERR_PLAN : ERR_POPULATION, hint, STR_FMT, STR_ARG(buf_view(&b)));
    buf_free(&b);
    return false;
}

/* ---- keys --------------------------------------------------------------------------------------- */

static bool key_known(str key, const char *const *keys) {
    if (is_doc_key(key)) return true;
    for (size_t i = 0; keys[i]; i++)
        if (str_is(key, keys[i])) return true;
    return false;
}

/* The key nearest to a wrong one, if it is near enough to have been meant. */
static const char *key_nearest(str key, const char *const *keys) {
    const char *best = NULL;
    size_t least = key.n / 2 + 1;
    if (least > 4) least = 4;
    for (size_t i = 0; keys[i]; i++) {
        size_t n = str_distance(key, str_of(keys[i]));
        if (n < least) {
            least = n;
            best = keys[i];
        }
    }
    return best;
}

static char *keys_hint(arena *mem, str key, const char *const *keys) {
    const char *near = key_nearest(key, keys);
    if (near) return str_z(mem, str_printf(mem, "did you mean `%s`?", near));
    buf b = {0};
    buf_z(&b, "possible: ");
    for (size_t i = 0; keys[i]; i++) buf_printf(&b, "%s%s", i ? ", " : "", keys[i]);
    char *hint = str_z(mem, buf_view(&b));
    buf_free(&b);
    return hint;
}

const char *laid_hint(const population *p, const tree *map, const tree_member *m) {
    const tree *k = tree_get(map, "kind");
    if (!k || k->file == m->value->file || k->file >= p->composed->files) return NULL;
    return str_printf(p->mem,
                      "`kind` is that of " STR_FMT ":%u: two of one name were laid together; give one of them "
                      "another name",
                      STR_ARG(p->composed->file[k->file]), k->line)
        .p;
}

bool tree_only(const population *p, diags *d, const tree *map, const char *what, const char *const *keys) {
    if (map->kind != TREE_MAP)
        return diag_at(p, d, DIAG_P03, map, map->text, "KEY: VALUE lines, or {KEY: VALUE}",
                       "%s: a mapping belongs here", what);
    bool fine = true;
    for (uint32_t i = 0; i < map->n; i++) {
        const tree_member *m = &map->member[i];
        if (key_known(m->key, keys)) continue;
        tree at = {.file = m->value->file, .line = m->line, .column = m->column};
        const char *hint = laid_hint(p, map, m);
        fine = diag_at(p, d, DIAG_P02, &at, m->key, hint ? hint : keys_hint(d->mem, m->key, keys),
                       "%s: unknown key `" STR_FMT "`", what, STR_ARG(value_short(d->mem, m->key)));
    }
    return fine;
}

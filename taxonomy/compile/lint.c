/* lint.c: how the compile layer says a fault: with its place, its value and the nearest thing that would be
 * right; and the readers of scalars that every part needs.
 *
 * A fault is said once for a place and a value: types and `each` make many leaves of one piece of text.
 */
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows are at most a hundred, and only a population at fault pays for the search. */
static bool said(const population *p, const diags *d, diag_code code, const tree *at, str bad) {
    if (!at) return false;
    str file = p->composed && at->file < p->composed->files ? p->composed->file[at->file] : STR("");
    for (size_t i = 0; i < d->n; i++) {
        const diag *r = &d->row[i];
        if (r->code == code && r->line == at->line && r->column == at->column && str_eq(r->value, bad) &&
            str_eq(r->file, file))
            return true;
    }
    return false;
}

bool lint_at(const population *p, diags *d, diag_code code, const tree *at, str bad, const char *hint,
             const char *fmt, ...) {
    if (said(p, d, code, at, bad)) return false;
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return diag_at(p, d, code, at, bad, hint, "%s", text);
}

near near_to(str word) {
    return (near){.word = word, .distance = SIZE_MAX};
}

/* A third of the letters may differ. In words of three letters that is most of them: then the first must be
 * right. */
void near_try(near *k, str name) {
    size_t far = k->word.n / 3 + 1;
    if (k->word.n <= 3 && (!name.n || !k->word.n || name.p[0] != k->word.p[0])) far = 1;
    size_t gap = name.n > k->word.n ? name.n - k->word.n : k->word.n - name.n;
    if (gap > far || gap >= k->distance) return;
    size_t distance = str_distance(k->word, name);
    if (distance > far || distance >= k->distance || distance >= name.n) return;
    k->distance = distance;
    k->best = name;
}

const char *near_hint(arena *mem, const near *k) {
    if (!k->best.n) return NULL;
    return str_printf(mem, "did you mean `" STR_FMT "`?", STR_ARG(k->best)).p;
}

/* Of a mapping that was laid over others the members are from several files. */
tree member_place(const tree *map, const tree_member *m) {
    const tree *from = m->value ? m->value : map;
    return (tree){.kind = TREE_SCALAR,
                  .file = from->file,
                  .folder = from->folder,
                  .line = m->line,
                  .column = m->column,
                  .text = m->key};
}

bool is_nothing(str s) {
    return !s.n || str_is(s, "~") || str_is(s, "null");
}

bool is_name(str s) {
    if (!s.n || s.n > 63) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_'))) return false;
    }
    return true;
}

bool lint_name(const population *p, diags *d, const tree *map, const tree_member *m, const char *of) {
    tree at = member_place(map, m);
    return is_name(m->key) ||
           lint_at(p, d, DIAG_P02, &at, m->key, "a name is a letter, then letters, digits and _, at most 63",
                   "`" STR_FMT "` is no name%s", STR_ARG(m->key), of);
}

bool key_in(str key, const char *const *keys) {
    for (; *keys; keys++)
        if (str_is(key, *keys)) return true;
    return false;
}

bool lint_keys(const population *p, diags *d, const tree *map, const char *what, const char *const *keys,
               bool docs) {
    bool fine = true;
    for (uint32_t i = 0; i < map->n; i++) {
        const tree_member *m = &map->member[i];
        if (key_in(m->key, keys) || (docs && is_doc_key(m->key))) continue;
        near k = near_to(m->key);
        for (const char *const *x = keys; *x; x++) near_try(&k, str_of(*x));
        tree at = member_place(map, m);
        const char *hint = laid_hint(p, map, m);
        fine = lint_at(p, d, DIAG_P02, &at, m->key, hint ? hint : near_hint(p->mem, &k),
                       "%s has no key `" STR_FMT "`", what, STR_ARG(m->key));
    }
    return fine;
}

bool lint_map(const population *p, diags *d, const tree *t, const char *what) {
    if (t->kind == TREE_MAP) return true;
    const char *hint = t->nothing ? "`~` takes away what an included file has, and here there is nothing"
                                  : "KEY: VALUE lines, or {KEY: VALUE}";
    return lint_at(p, d, DIAG_P03, t, t->kind == TREE_SCALAR ? t->text : STR("[...]"), hint, "%s is a mapping",
                   what);
}

bool lint_bool(const population *p, diags *d, const tree *t, const char *what, bool *out) {
    if (t->kind == TREE_SCALAR && (str_is(t->text, "true") || str_is(t->text, "false"))) {
        *out = str_is(t->text, "true");
        return true;
    }
    return lint_at(p, d, DIAG_P03, t, t->text, "write true or false", "%s is true or false", what);
}

bool lint_int(const population *p, diags *d, const tree *t, const char *what, int64_t lo, int64_t hi,
              int64_t *out) {
    int64_t v;
    if (t->kind != TREE_SCALAR || !str_i64(t->text, &v))
        return lint_at(p, d, DIAG_P03, t, t->text, "digits only, as in 12", "%s is a whole number", what);
    if (v < lo || v > hi)
        return lint_at(p, d, DIAG_P07, t, t->text, NULL, "%s is from %lld to %lld", what, (long long)lo,
                       (long long)hi);
    *out = v;
    return true;
}

bool lint_dec(const population *p, diags *d, const tree *t, const char *what, dec *out) {
    if (t->kind == TREE_SCALAR && dec_parse(t->text, out)) return true;
    return lint_at(p, d, DIAG_P03, t, t->text, "at most 15 digits, 9 of them behind the point",
                   "%s is a number", what);
}

/* strtod rounds correctly, so that the same text is the same number everywhere. */
bool number_of_text(str s, double *out) {
    char z[64], *end;
    if (!s.n || s.n >= sizeof z) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("+-.0123456789eE", s.p[i], 15)) return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    *out = strtod(z, &end);
    return end == z + s.n && *out >= -1e300 && *out <= 1e300;
}

bool lint_number(const population *p, diags *d, const tree *t, const char *what, double *out) {
    if (t->kind == TREE_SCALAR && number_of_text(t->text, out)) return true;
    return lint_at(p, d, DIAG_P03, t, t->kind == TREE_SCALAR ? t->text : STR(""),
                   "digits, with a point for fractions", "%s is a number", what);
}

bool lint_scaled(const population *p, diags *d, const tree *t, const char *what, int64_t scale, int64_t lo,
                 int64_t hi, uint32_t *out) {
    dec v;
    if (!lint_dec(p, d, t, what, &v)) return false;
    double x = dec_double(v) * (double)scale;
    if (x < (double)lo || x > (double)hi)
        return lint_at(p, d, DIAG_P07, t, t->text, NULL, "%s is from %g to %g", what,
                       (double)lo / (double)scale, (double)hi / (double)scale);
    *out = (uint32_t)(x + 0.5);
    return true;
}

/* defect.c: what is wrong with a tree of attributes, collected. Every one is kept: there are at most a few a
 * node, and nodes are bounded where the tree is read. */
#include "taxonomy/taxon/taxon_parts.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name, *meaning;
} kinds[] = {
#define DEFECT_ROW(name, text, meaning) {text, meaning},
    DEFECT_MAP(DEFECT_ROW)
#undef DEFECT_ROW
};

const char *defect_name(defect_kind k) {
    return kinds[k].name;
}

const char *defect_meaning(defect_kind k) {
    return kinds[k].meaning;
}

void defects_init(defects *d) {
    *d = (defects){.mem = arena_new(0)};
}

void defects_free(defects *d) {
    arena_free(d->mem);
    free(d->row);
    *d = (defects){0};
}

void defect_add(defects *d, defect_kind what, const taxonomy *t, const taxon *at, const char *hint,
                const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    str s = {text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1};
    while (s.n && !text_valid(s)) s.n--; /* what was cut within a character */
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 64;
        d->row = xrealloc(d->row, d->cap * sizeof *d->row);
    }
    d->row[d->n++] = (defect){.kind = what,
                              .of = t,
                              .file = at->file,
                              .line = at->line,
                              .column = at->column,
                              .path = taxon_path_str(d->mem, at),
                              .text = str_dup(d->mem, s),
                              .hint = str_dup(d->mem, str_of(hint))};
    d->count[what]++;
}

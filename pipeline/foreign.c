/* foreign.c: records of others are placed or counted as lost with the reason, where they stand and what they
 * say: none is dropped in silence.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "pipeline/foreign.h"
#include "pipeline/walk.h"

enum { VALUE_SHOWN = 60 };

bool foreign_open(foreign *f, const population *p, const pop_corpus *c, err *e) {
    *f = (foreign){.p = p, .mem = arena_new(0), .keep = arena_new(0)};
    f->map = corpus_map_new(p, c->map, c->maps, c->recode, c->recodes, e);
    f->census = census_new(p);
    const uint32_t *leaf = census_leaves(f->census, &f->leaves);
    f->leaf = arena_dup(f->keep, leaf, sizeof *leaf * f->leaves);
    return f->map != NULL;
}

void foreign_close(foreign *f) {
    corpus_map_free(f->map);
    census_free(f->census);
    arena_free(f->mem);
    arena_free(f->keep);
    free(f->lost);
    *f = (foreign){0};
}

/* ---- walking ------------------------------------------------------------------------------------------- */

typedef struct rows {
    const char *dir;
    uint64_t row;
    bool parse;
    corpus_each each;
    void *arg;
} rows;

static bool row_each(void *arg, str row) {
    rows *w = arg;
    return corpus_one(w->dir, ++w->row, row, w->parse, w->each, w->arg);
}

bool foreign_walk(const char *path, bool parse, corpus_each each, void *arg, err *e) {
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) return corpus_read(path, parse, each, arg, e);
    run_json run;
    rows w = {path, 0, parse, each, arg};
    return run_json_read(path, &run, e) && walk_rows(path, row_each, &w, e);
}

/* ---- who is lost --------------------------------------------------------------------------------------- */

static lost *lost_of(foreign *f, lost_why why, uint32_t leaf) {
    for (size_t i = 0; i < f->losts; i++)
        if (f->lost[i].why == why && f->lost[i].leaf == leaf) return &f->lost[i];
    if (f->losts == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 16;
        f->lost = xrealloc(f->lost, f->cap * sizeof *f->lost);
    }
    f->lost[f->losts] = (lost){.why = why, .leaf = leaf};
    return &f->lost[f->losts++];
}

void foreign_lose(foreign *f, lost_why why, uint32_t leaf, const corpus_record *r, str said) {
    lost *x = lost_of(f, why, leaf);
    x->n++;
    if (said.n > VALUE_SHOWN) said.n = VALUE_SHOWN;
    while (said.n && !text_valid(said)) said.n--;
    bool fresh = x->examples < LOST_EXAMPLES;
    for (uint32_t i = 0; i < x->examples; i++) fresh = fresh && !(said.n && str_eq(x->example[i].value, said));
    if (fresh) x->example[x->examples++] = (struct lost_example){r->path, r->line, str_dup(f->keep, said)};
}

uint64_t foreign_lost(const foreign *f) {
    uint64_t n = 0;
    for (size_t i = 0; i < f->losts; i++) n += f->lost[i].n;
    return n;
}

uint32_t foreign_place(foreign *f, const corpus_record *r) {
    f->records++;
    if (!r->value) {
        foreign_lose(f, LOST_UNREADABLE, NO_LEAF, r, str_of(r->fault));
        return UINT32_MAX;
    }
    arena_reset(f->mem);
    record_init(&f->r, f->p, f->mem);
    for (uint32_t i = 0; i < f->leaves; i++) {
        str text;
        if (corpus_value(f->map, r->value, f->leaf[i], f->mem, &f->r.value[f->leaf[i]], &text) !=
            CORPUS_UNKNOWN)
            continue;
        foreign_lose(f, LOST_UNKNOWN, f->leaf[i], r, text);
        return UINT32_MAX;
    }
    uint32_t leaf, place = census_place(f->census, &f->r, &leaf);
    if (place == UINT32_MAX) foreign_lose(f, LOST_MISSING, leaf, r, (str){0});
    return place;
}

/* ---- telling ------------------------------------------------------------------------------------------- */

static const char *const words[] = {[LOST_UNREADABLE] = "unreadable",
                                    [LOST_MISSING] = "missing",
                                    [LOST_UNKNOWN] = "unknown",
                                    [LOST_NO_CELL] = "no cell",
                                    [LOST_DOUBLE] = "double"};

static void lost_title(const foreign *f, const lost *x, buf *b) {
    str path = x->leaf == NO_LEAF ? (str){0} : leaf_node(f->p, x->leaf)->path;
    switch (x->why) {
    case LOST_UNREADABLE: buf_z(b, "cannot be read"); break;
    case LOST_MISSING: buf_printf(b, "have no `" STR_FMT "`", STR_ARG(path)); break;
    case LOST_UNKNOWN: buf_printf(b, "have a `" STR_FMT "` that is none of its values", STR_ARG(path)); break;
    case LOST_NO_CELL: buf_z(b, "are of a combination that no cell of the population has"); break;
    case LOST_DOUBLE: buf_z(b, "are a line that stood there before"); break;
    }
}

/* "its values: female, male, ..." */
static void values_text(const node *n, buf *b) {
    enum { SHOWN = 5 };
    buf_z(b, n->values ? "its values: " : "it goes from ");
    for (uint32_t i = 0; i < n->values && i < SHOWN; i++)
        buf_printf(b, "%s" STR_FMT, i ? ", " : "", STR_ARG(n->value[i].value));
    if (n->values > SHOWN) buf_printf(b, " and %u more", n->values - SHOWN);
    if (n->values) return;
    value low = {.kind = V_NUM, .num = n->lo}, high = {.kind = V_NUM, .num = n->hi};
    value_print_raw(b, n, &low);
    buf_z(b, " to ");
    value_print_raw(b, n, &high);
}

static void advice_text(const foreign *f, const lost *x, buf *b) {
    if (x->leaf == NO_LEAF) return;
    const node *n = leaf_node(f->p, x->leaf);
    if (x->why == LOST_MISSING && !corpus_has(f->map, x->leaf)) {
        buf_printf(b, "no record has a key for it; --map HEADER=" STR_FMT " names one", STR_ARG(n->path));
    } else if (x->why == LOST_UNKNOWN) {
        values_text(n, b);
        buf_z(b, "; --recode HEADER:CELL=VALUE says what a cell means");
    }
}

bool foreign_nobody(const foreign *f, const char *file, err *e) {
    const lost *most = NULL;
    buf b = {0}, hint = {0};
    for (size_t i = 0; i < f->losts; i++)
        if (!most || f->lost[i].n > most->n) most = &f->lost[i];
    if (most) {
        buf_printf(&b, ": %llu ", (unsigned long long)most->n);
        lost_title(f, most, &b);
        for (uint32_t k = 0; k < most->examples && most->example[k].value.n; k++)
            buf_printf(&b, "%s\"" STR_FMT "\"", k ? ", " : ", as ", STR_ARG(most->example[k].value));
        advice_text(f, most, &hint);
    }
    if (!hint.n) buf_z(&hint, "--map HEADER=REF and --recode HEADER:CELL=VALUE say what stands where");
    buf_char(&hint, '\0');
    err_set(e, ERR_USAGE, hint.p, "no record of %s could be placed" STR_FMT, file, STR_ARG(buf_view(&b)));
    buf_free(&b);
    buf_free(&hint);
    return false;
}

void foreign_text(const foreign *f, buf *b) {
    buf advice = {0};
    for (size_t i = 0; i < f->losts; i++) {
        const lost *x = &f->lost[i];
        buf_printf(b, "%12llu  ", (unsigned long long)x->n);
        lost_title(f, x, b);
        for (uint32_t k = 0; k < x->examples; k++) {
            buf_z(b, k ? ", " : ": ");
            if (x->example[k].value.n) buf_printf(b, "\"" STR_FMT "\" in ", STR_ARG(x->example[k].value));
            buf_printf(b, "%s:%llu", x->example[k].path, (unsigned long long)x->example[k].line);
        }
        buf_char(b, '\n');
        buf_reset(&advice);
        advice_text(f, x, &advice);
        if (advice.n) buf_printf(b, "%14s" STR_FMT "\n", "", STR_ARG(buf_view(&advice)));
    }
    buf_free(&advice);
}

void foreign_json(const foreign *f, buf *b) {
    buf_char(b, '[');
    for (size_t i = 0; i < f->losts; i++) {
        const lost *x = &f->lost[i];
        buf_printf(b, "%s{\"reason\":\"%s\",\"attribute\":", i ? "," : "", words[x->why]);
        if (x->leaf == NO_LEAF)
            buf_z(b, "null");
        else
            buf_json(b, leaf_node(f->p, x->leaf)->path);
        buf_printf(b, ",\"n\":%llu,\"examples\":[", (unsigned long long)x->n);
        for (uint32_t k = 0; k < x->examples; k++) {
            buf_z(b, k ? ",{\"file\":" : "{\"file\":");
            buf_json(b, str_of(x->example[k].path));
            buf_printf(b, ",\"line\":%llu,\"value\":", (unsigned long long)x->example[k].line);
            buf_json(b, x->example[k].value);
            buf_char(b, '}');
        }
        buf_z(b, "]}");
    }
    buf_char(b, ']');
}

/* taxon_name.c: names of others become names of a population file: words in small letters joined by `_`,
 * accents dropped, at most 63 bytes, none that is reserved, none twice below one parent. Of what has no letters
 * from a to z the place among its siblings is told.
 */
#include "taxonomy/taxon/taxon_parts.h"
#include "taxonomy/compile/compile_parts.h"

#include <stdio.h>

enum { NAME_BYTES = 56 }; /* leaves room for what makes it differ */

/* What population.yaml has at the root beside the categories. */
static const char *const taken[] = {"anchor", "portrait", NULL};

static void word_put(buf *b, str w) {
    bool started = false;
    for (size_t i = 0; i < w.n && b->n < NAME_BYTES; i++) {
        char c = w.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) continue;
        if (!started && b->n) buf_char(b, '_');
        started = true;
        buf_char(b, c);
    }
}

static void name_words(arena *mem, const taxon *x, buf *b) {
    fold_words w = name_words_of(mem, text_bare(mem, x->label));
    for (uint32_t i = 0; i < w.n; i++) word_put(b, w.word[i]);
}

static str name_make(arena *mem, const taxon *x, uint32_t nth) {
    buf b = {0}, words = {0};
    name_words(mem, x, &words);
    if (!words.n)
        buf_printf(&b, "n%u", nth);
    else if (words.p[0] >= '0' && words.p[0] <= '9')
        buf_z(&b, "n");
    else if (name_reserved(buf_view(&words)) || is_nothing(buf_view(&words)))
        buf_z(&b, "the_");
    buf_str(&b, buf_view(&words));
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    buf_free(&words);
    return s;
}

/* The first of NAME, NAME_2, NAME_3 ... that nobody beside it has. */
static str name_free(arena *mem, strmap *seen, strmap *last, str name) {
    uintptr_t n = (uintptr_t)strmap_get(last, name);
    str s = name;
    do {
        if (n) s = str_printf(mem, STR_FMT "_%llu", STR_ARG(name), (unsigned long long)n + 1);
        n++;
    } while (strmap_get(seen, s));
    strmap_put(last, name, (void *)n);
    return s;
}

static void children_name(taxonomy *t, const taxon *up) {
    strmap *seen = strmap_new(up->children), *last = strmap_new(up->children);
    uint32_t nth = 1;
    for (const char *const *z = taken; !up->level && *z; z++) strmap_put(seen, str_of(*z), t);
    for (taxon *x = up->first; x; x = x->next, nth++) {
        x->name = name_free(t->mem, seen, last, name_make(t->mem, x, nth));
        strmap_put(seen, x->name, x);
    }
    strmap_free(seen);
    strmap_free(last);
}

static void leaf_write(taxonomy *t, taxon *x) {
    x->kind = STR("text");
    if (x->hint.n) return;
    bool shown = x->up && x->up->level > 0;
    x->hint = str_printf(t->mem, HINT_TO_FILL STR_FMT "%s" STR_FMT, STR_ARG(shown ? x->up->label : x->label),
                         shown ? ", " : "", STR_ARG(shown ? x->label : (str){0}));
}

void taxonomy_name(taxonomy *t) {
    for (const taxon *x = t->root; x; x = taxon_next(x, t->root)) {
        if (x->leaf && !x->kind.n) leaf_write(t, (taxon *)(uintptr_t)x);
        if (x->first) children_name(t, x);
        if (x->body && x->level && taxon_labelled(x)) body_label(t, (taxon *)(uintptr_t)x);
    }
}

/* gate_text.c: what of a persona is compared: the words of its narrative fields, case folded, without those
 * that the values of quota attributes print as. A text restates its quota ("a girl in ninth grade"), and two
 * personas of one cell must not be alike for that.
 *
 * Of a masked value each word goes; in scripts without spaces, where each character is a word, the value goes
 * as a whole, so that "physics" does not take its characters out of other words.
 */
#include "stages/gate_parts.h"

#include <string.h>

typedef struct mask {
    strmap *word;
    str *run; /* of characters of dense scripts */
    size_t runs, cap;
    arena *mem;
} mask;

static bool is_dense_at(str s, size_t at) {
    return (unsigned char)s.p[at] >= 0x80 && text_dense(text_next(s, &at));
}

static void add_run(mask *m, str run) {
    if (m->runs == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 16;
        str *more = arena_new_of(m->mem, str, m->cap);
        if (m->runs) memcpy(more, m->run, m->runs * sizeof *more);
        m->run = more;
    }
    m->run[m->runs++] = run;
}

static void mask_text(mask *m, str text) {
    str folded = text_fold(m->mem, str_dup(m->mem, text));
    span *w;
    size_t n = text_words(folded, m->mem, &w);
    for (size_t i = 0; i < n; i++) {
        size_t from = w[i].at, to = from + w[i].n;
        if (!is_dense_at(folded, from)) {
            strmap_put(m->word, str_part(folded, from, to), m);
            continue;
        }
        while (i + 1 < n && w[i + 1].at == to && is_dense_at(folded, to)) to += w[++i].n;
        add_run(m, str_part(folded, from, to));
    }
}

static void mask_make(mask *m, const population *p, const record *r, arena *mem) {
    *m = (mask){.word = strmap_new(64), .mem = mem};
    buf b = {0};
    for (uint32_t i = 0; i < p->mask_leaves; i++) {
        uint32_t leaf = p->mask_leaf[i];
        if (r->value[leaf].kind == V_NONE) continue;
        const node *n = leaf_node(p, leaf);
        buf_reset(&b);
        value_print(&b, n, &r->value[leaf]);
        mask_text(m, buf_view(&b));
        buf_reset(&b);
        value_print_raw(&b, n, &r->value[leaf]);
        mask_text(m, buf_view(&b));
    }
    buf_free(&b);
}

/* How many of the words from i on a masked run covers; the longest counts. */
static size_t run_at(const mask *m, str text, const span *w, size_t n, size_t i) {
    size_t longest = 0;
    for (size_t k = 0; k < m->runs; k++) {
        str rest = str_part(text, w[i].at, text.n);
        if (m->run[k].n > longest && rest.n >= m->run[k].n && memcmp(rest.p, m->run[k].p, m->run[k].n) == 0)
            longest = m->run[k].n;
    }
    size_t words = 0;
    while (i + words < n && w[i + words].at < w[i].at + longest) words++;
    return words;
}

static void put_field(const mask *m, str text, arena *mem, buf *out) {
    str folded = text_fold(mem, text);
    span *w;
    size_t n = text_words(folded, mem, &w), start = out->n;
    for (size_t i = 0; i < n; i++) {
        str word = str_part(folded, w[i].at, (size_t)w[i].at + w[i].n);
        if (is_dense_at(folded, w[i].at)) {
            size_t covered = run_at(m, folded, w, n, i);
            if (covered) {
                i += covered - 1;
                continue;
            }
        } else if (strmap_get(m->word, word)) {
            continue;
        }
        if (out->n > start) buf_char(out, ' ');
        buf_str(out, word);
    }
}

static void put_value(const mask *m, const value *v, arena *mem, buf *out) {
    for (uint32_t i = 0; v->kind == V_LIST && i < v->n; i++) put_value(m, &v->item[i], mem, out);
    if (v->kind != V_TEXT) return;
    if (out->n) buf_char(out, '\n');
    put_field(m, v->text, mem, out);
}

/* Of the values as rows hold them. none: no attribute of the list has a value. */
static uint64_t hash_leaves(const population *p, const record *r, const uint32_t *leaf, uint32_t n,
                            bool *none) {
    buf b = {0};
    *none = true;
    for (uint32_t i = 0; i < n; i++) {
        *none = *none && r->value[leaf[i]].kind == V_NONE;
        value_json(&b, leaf_node(p, leaf[i]), &r->value[leaf[i]]);
        buf_char(&b, '\n');
    }
    uint64_t h = hash_64(buf_view(&b), 0);
    buf_free(&b);
    return h ? h : 1;
}

void gate_print_make(const population *p, const record *r, arena *mem, gate_print *out) {
    memset(out, 0, sizeof *out);
    bool none;
    for (uint32_t i = 0; i < p->exacts && i < COUNT_OF(out->exact); i++) {
        uint64_t h = hash_leaves(p, r, p->exact[i].leaf, p->exact[i].leaves, &none);
        out->exact[i] = none ? 0 : h;
    }
    if (p->withins) out->within = hash_leaves(p, r, p->within_leaf, p->withins, &none);
    if (!p->dedup_leaves) return;
    arena *scratch = arena_new(0);
    mask m;
    mask_make(&m, p, r, scratch);
    buf text = {0};
    for (uint32_t i = 0; i < p->dedup_leaves; i++) put_value(&m, &r->value[p->dedup_leaf[i]], scratch, &text);
    out->text = str_dup(mem, buf_view(&text));
    buf_free(&text);
    strmap_free(m.word);
    arena_free(scratch);
}

/* ---- what gives no features ------------------------------------------------------------------------------ */

static void silence(void *arg, str text) {
    silent_add(arg, text);
}

/* Labels, hints, prompts and lexicons: what all personas share because the population file says it is no
 * likeness between two of them, at any rung of the IDF ladder. */
silent_words *gate_silent(const population *p) {
    silent_words *s = silent_new(locale_language(p));
    population_texts(p, silence, s);
    return s;
}

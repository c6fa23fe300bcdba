/* gate.c: the ordered index that keeps personas apart: compares a candidate with all that was accepted at a
 * lower position and accepts it if it is like none of them. What was accepted is never taken back.
 *
 * In this order: `exact` lists, over all personas; then the text; then openings (gate_echo.c). Two texts are
 * alike if the cosine of their sketches reaches the threshold, or if they are the same to the last masked word.
 * The canonical neighbour has the highest similarity, then the lowest position, which is the lowest index. A
 * candidate without features (all its words masked or silent) is like another one only if both texts are the
 * same and not empty; an empty one is like nobody.
 *
 * Ladder: the first decision at or above position 256, and again 4,096, learns the IDF table of that rung from
 * the texts of all accepted so far and signs them anew (two passes over at most 4,096 texts, once in a run).
 *
 * An accepted persona costs 48 bytes in the scan, 72 if the population has `exact` or `within`, and until it is
 * sealed its sketch and text; then the source has those.
 */
#include "stages/gate_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Of a persona not yet sealed. Allocated one by one: pointers into it hold until it is sealed. */
typedef struct fresh {
    gate_hot hot;
    gate_sketch sketch;
    size_t n;
    char text[];
} fresh;

struct gate {
    const population *pop;
    gate_source src;
    silent_words *silent;
    idf *idf;
    scan scan;
    features mine, other;
    fresh **fresh; /* of index base + i */
    uint64_t base; /* all below are sealed */
    size_t cap;
    u64map *exact[8]; /* hash -> index, one an `exact` list */
    echoes *echoes;   /* NULL: no openings yet */
    uint64_t last_pos;
    gate_hot *hot_view; /* what gate_hot_at shows of a sealed one */
    buf text, evidence;
    gate_stats stats;
};

static const uint64_t ladder[IDF_RUNGS] = {0, 256, 4096};

gate *gate_new(const population *p, const gate_source *src) {
    gate *g = xcalloc(1, sizeof *g);
    g->pop = p;
    if (src) g->src = *src;
    g->silent = gate_silent(p);
    g->idf = idf_new();
    g->hot_view = xcalloc(1, sizeof *g->hot_view);
    scan_init(&g->scan, kernels_best(), p->threshold_milli, p->exacts || p->withins);
    for (uint32_t i = 0; i < p->exacts && i < COUNT_OF(g->exact); i++) g->exact[i] = u64map_new(1024);
    return g;
}

static size_t fresh_count(const gate *g) {
    return (size_t)(g->scan.n - g->base);
}

void gate_free(gate *g) {
    if (!g) return;
    for (size_t i = 0; i < fresh_count(g); i++) free(g->fresh[i]);
    free(g->fresh);
    for (size_t i = 0; i < COUNT_OF(g->exact); i++) u64map_free(g->exact[i]);
    features_free(&g->mine);
    features_free(&g->other);
    scan_free(&g->scan);
    silent_free(g->silent);
    idf_free(g->idf);
    echoes_free(g->echoes);
    free(g->hot_view);
    buf_free(&g->text);
    buf_free(&g->evidence);
    free(g);
}

/* ---- what is kept ------------------------------------------------------------------------------ */

static fresh *fresh_new(str text) {
    fresh *f = xcalloc(1, sizeof *f + text.n);
    f->n = text.n;
    if (text.n) memcpy(f->text, text.p, text.n);
    return f;
}

static void fresh_put(gate *g, size_t at, fresh *f) {
    if (at >= g->cap) {
        g->cap = g->cap ? g->cap * 2 : 1024;
        g->fresh = xrealloc(g->fresh, g->cap * sizeof *g->fresh);
    }
    g->fresh[at] = f;
}

static bool text_of(gate *g, uint64_t index, str *out, err *e) {
    if (index >= g->base) {
        const fresh *f = g->fresh[index - g->base];
        *out = (str){f->text, f->n};
        return true;
    }
    buf_reset(&g->text);
    if (!g->src.text)
        return err_set(e, ERR_INTERNAL, NULL, "the gate has no source for the text of persona %llu",
                       (unsigned long long)index);
    if (!g->src.text(g->src.arg, index, &g->text, e)) return false;
    *out = buf_view(&g->text);
    return true;
}

static bool sketch_of(gate *g, uint64_t index, gate_sketch *out, err *e) {
    if (index >= g->base) {
        *out = g->fresh[index - g->base]->sketch;
        return true;
    }
    if (!g->src.sketch)
        return err_set(e, ERR_INTERNAL, NULL, "the gate has no source for the sketch of persona %llu",
                       (unsigned long long)index);
    return g->src.sketch(g->src.arg, index, out, e);
}

static void note_exact(gate *g, const uint64_t exact[8], uint64_t index) {
    for (size_t i = 0; i < COUNT_OF(g->exact); i++)
        if (g->exact[i] && exact[i] && !u64map_get(g->exact[i], exact[i], NULL))
            u64map_put(g->exact[i], exact[i], index);
}

static void accept(gate *g, const gate_hot *hot, const gate_sketch *sketch, const gate_print *print) {
    uint64_t words[9];
    memcpy(words, print->exact, sizeof print->exact);
    words[8] = print->within;
    fresh *f = fresh_new(print->text);
    f->hot = *hot;
    f->sketch = *sketch;
    fresh_put(g, fresh_count(g), f);
    note_exact(g, words, g->scan.n);
    scan_add(&g->scan, hot, words);
    echoes_add(&g->echoes, print->openings);
}

/* ---- the ladder ---------------------------------------------------------------------------------- */

/* Sketches of sealed ones change with the table too, so after a step all of them are held here again. That
 * happens only if a run was sealed below position 4,096 and goes on. */
static bool hold_all(gate *g, err *e) {
    if (!g->base) return true;
    uint64_t n = g->scan.n, sealed = g->base;
    fresh **all = xcalloc((size_t)n, sizeof *all);
    for (uint64_t i = 0; i < n; i++) {
        str text;
        if (i >= sealed) {
            all[i] = g->fresh[i - sealed];
        } else if (text_of(g, i, &text, e)) {
            all[i] = fresh_new(text);
            all[i]->hot = scan_hot(&g->scan, i);
        } else {
            while (i--) free(all[i]);
            free(all);
            return false;
        }
    }
    free(g->fresh);
    g->fresh = all;
    g->cap = (size_t)n;
    g->base = 0;
    return true;
}

void gate_sign(gate *g, str text, uint64_t sig[4], gate_sketch *out) {
    features_read(&g->other, g->silent, text);
    signature_make(g->scan.k, g->idf, &g->other, sig, out);
}

static void sign_again(gate *g, uint64_t index) {
    fresh *f = g->fresh[index];
    gate_sign(g, (str){f->text, f->n}, f->hot.sig, &f->sketch);
    scan_set_signature(&g->scan, index, f->hot.sig);
}

static bool climb(gate *g, uint64_t pos, err *e) {
    uint32_t rung = g->idf->rung;
    while (rung + 1 < IDF_RUNGS && pos >= ladder[rung + 1]) rung++;
    if (rung == g->idf->rung) return true;
    if (g->pop->dedup_leaves && g->scan.n >= IDF_LEAST) {
        if (!hold_all(g, e)) return false;
        for (uint64_t i = 0; i < g->scan.n; i++) {
            features_read(&g->other, g->silent, (str){g->fresh[i]->text, g->fresh[i]->n});
            idf_learn(g->idf, &g->other);
        }
        idf_step(g->idf, rung);
        for (uint64_t i = 0; i < g->scan.n; i++) sign_again(g, i);
    } else {
        idf_step(g->idf, rung);
    }
    return true;
}

/* ---- the neighbour -------------------------------------------------------------------------------- */

typedef struct search {
    gate *g;
    const gate_print *print;
    gate_hot hot;
    gate_sketch sketch;
    uint64_t best; /* index, UINT64_MAX: none */
    score score;
    bool same; /* the very same text */
    err *e;
} search;

/* Called in ascending order of index, so an equal score later does not replace an earlier one. */
static bool verify(void *arg, uint64_t index) {
    search *s = arg;
    gate *g = s->g;
    const uint64_t *words = scan_words(&g->scan, index);
    if (words && words[8] != s->print->within) return true;
    g->stats.within_radius++;
    if (scan_hot(&g->scan, index).exact == s->hot.exact) {
        s->best = index;
        s->same = true;
        return false;
    }
    gate_sketch theirs;
    if (!sketch_of(g, index, &theirs, s->e)) {
        s->g = NULL;
        return false;
    }
    g->stats.verified++;
    score found = score_of(g->scan.k, &s->sketch, &theirs);
    if (s->best == UINT64_MAX || score_above(&found, &s->score)) {
        s->best = index;
        s->score = found;
    }
    return true;
}

/* false: the source failed. */
static bool find_neighbour(search *s) {
    gate *g = s->g;
    g->stats.compared += g->scan.n;
    bool has_features = false;
    for (uint32_t i = 0; i < COUNT_OF(s->sketch.v) && !has_features; i++) has_features = s->sketch.v[i] != 0;
    if (has_features) {
        scan_near(&g->scan, s->hot.sig, verify, s);
        return s->g != NULL;
    }
    s->best = scan_exact(&g->scan, s->hot.exact, s->print->within);
    s->same = s->best != UINT64_MAX;
    return true;
}

static void fill_neighbour(const gate *g, uint64_t index, reason why, uint32_t milli, gate_verdict *out) {
    uint64_t slot_attempt = scan_hot(&g->scan, index).slot_attempt;
    *out = (gate_verdict){true, why, slot_attempt >> 16, (uint32_t)(slot_attempt & 0xFFFF), milli, STR("")};
}

static bool explain(gate *g, uint64_t index, const gate_print *print, gate_verdict *out, err *e) {
    str theirs;
    if (!text_of(g, index, &theirs, e)) return false;
    features_read(&g->other, g->silent, theirs);
    buf_reset(&g->evidence);
    evidence_print(g->idf, &g->mine, print->text, &g->other, &g->evidence);
    out->features = buf_view(&g->evidence);
    return true;
}

/* ---- decisions -------------------------------------------------------------------------------------- */

static bool find_exact(gate *g, const gate_print *print, gate_verdict *out) {
    for (size_t i = 0; i < COUNT_OF(g->exact); i++) {
        uint64_t index;
        if (!g->exact[i] || !print->exact[i] || !u64map_get(g->exact[i], print->exact[i], &index)) continue;
        fill_neighbour(g, index, REASON_EXACT, 1000, out);
        g->stats.exact++;
        return true;
    }
    return false;
}

static bool find_echo(gate *g, const gate_print *print, gate_verdict *out) {
    buf shown = {0};
    uint32_t milli;
    bool found = echoes_find(g->echoes, print->openings, g->scan.n, &milli, &shown);
    if (found) {
        *out = (gate_verdict){true, REASON_ECHO, UINT64_MAX, 0, milli, STR("")};
        buf_reset(&g->evidence);
        buf_z(&g->evidence, phrase_get(g->pop, PHRASE_OPENING));
        buf_z(&g->evidence, " \"");
        buf_str(&g->evidence, buf_view(&shown));
        buf_char(&g->evidence, '"');
        out->features = buf_view(&g->evidence);
    }
    buf_free(&shown);
    return found;
}

bool gate_decide(gate *g, uint64_t pos, uint64_t slot, uint32_t attempt, const gate_print *print,
                 gate_verdict *out, err *e) {
    assert(pos >= g->last_pos && attempt <= 0xFFFF && slot < 1ull << 48);
    g->last_pos = pos;
    *out = (gate_verdict){.features = STR("")};
    if (!climb(g, pos, e)) return false;
    if (find_exact(g, print, out)) {
        if (!g->pop->recorded) return true;
        *out = (gate_verdict){.features = STR("")}; /* counted */
    }
    search s = {.g = g, .print = print, .best = UINT64_MAX, .e = e};
    s.hot.slot_attempt = slot << 16 | attempt;
    if (print->text.n) {
        s.hot.exact = hash_64(print->text, 0);
        features_read(&g->mine, g->silent, print->text);
        signature_make(g->scan.k, g->idf, &g->mine, s.hot.sig, &s.sketch);
        if (!find_neighbour(&s)) return false;
    }
    if (s.best != UINT64_MAX && (s.same || score_reaches(&s.score, g->pop->threshold_milli))) {
        g->stats.duplicates++;
        if (g->pop->recorded) {
            accept(g, &s.hot, &s.sketch, print);
            return true;
        }
        fill_neighbour(g, s.best, REASON_DUPLICATE, s.same ? 1000 : score_milli(&s.score), out);
        return explain(g, s.best, print, out, e);
    }
    if (find_echo(g, print, out)) {
        g->stats.echoes++;
        if (!g->pop->recorded) return true;
        *out = (gate_verdict){.features = STR("")};
    }
    accept(g, &s.hot, &s.sketch, print);
    return true;
}

/* ---- what is stored, and resuming ------------------------------------------------------------------- */

uint64_t gate_accepted(const gate *g) {
    return g->scan.n;
}

const gate_hot *gate_hot_at(const gate *g, uint64_t index) {
    if (index >= g->scan.n) return NULL;
    if (index >= g->base) return &g->fresh[index - g->base]->hot;
    *g->hot_view = scan_hot(&g->scan, index);
    return g->hot_view;
}

const gate_sketch *gate_sketch_at(const gate *g, uint64_t index) {
    return index >= g->base && index < g->scan.n ? &g->fresh[index - g->base]->sketch : NULL;
}

const uint64_t *gate_exact_at(const gate *g, uint64_t index) {
    static const uint64_t none[9] = {0};
    const uint64_t *words = index < g->scan.n ? scan_words(&g->scan, index) : NULL;
    return words ? words : none;
}

void gate_sealed(gate *g, uint64_t upto) {
    if (upto > g->scan.n) upto = g->scan.n;
    if (upto <= g->base) return;
    size_t gone = (size_t)(upto - g->base), left = fresh_count(g) - gone;
    for (size_t i = 0; i < gone; i++) free(g->fresh[i]);
    memmove(g->fresh, g->fresh + gone, left * sizeof *g->fresh);
    g->base = upto;
}

void gate_load(gate *g, const gate_hot *hot, const uint64_t exact_within[9]) {
    assert(g->base == g->scan.n);
    note_exact(g, exact_within, g->scan.n);
    scan_add(&g->scan, hot, exact_within);
    g->base = g->scan.n;
}

void gate_load_openings(gate *g, str openings) {
    echoes_add(&g->echoes, openings);
}

bool gate_idf_frozen(const gate *g) {
    return g->idf->rung == IDF_RUNGS - 1;
}

hash128 gate_idf_hash(const gate *g) {
    return idf_hash(g->idf);
}

void gate_idf_save(const gate *g, buf *out) {
    idf_save(g->idf, out);
}

bool gate_idf_load(gate *g, str saved, err *e) {
    return idf_load(g->idf, saved, e);
}

bool gate_idf_saved_hash(str saved, hash128 *out, err *e) {
    idf *t = idf_new();
    bool ok = idf_load(t, saved, e);
    if (ok) *out = idf_hash(t);
    idf_free(t);
    return ok;
}

void gate_figures(const gate *g, gate_stats *out) {
    *out = g->stats;
}

void gate_figures_restore(gate *g, const gate_stats *s) {
    g->stats = *s;
}

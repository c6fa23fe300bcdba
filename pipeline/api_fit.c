/* api_fit.c: how near records of others are to a population.
 *
 * Tables are compared with the plan of as many persons as were placed: whole persons, so that a corpus which
 * this program made at that size misses none. Attributes and pairs, which no table needs to fix, are compared
 * with personas drawn from the population; that these are a sample themselves enters the Z scores.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/fit.h"

enum { RANGES = 10, SINGLE_VALUES = 25, LOOK = 5000, PAIR_MOST = 1 << 24 };

void pop_fit_options_default(pop_fit_options *o) {
    *o = (pop_fit_options){.seed = 1, .draws = 50000, .worst = 5, .fail_above = -1};
}

/* ---- partitions ---------------------------------------------------------------------------------------- */

uint32_t partition_cell(const partition *p, const value *v) {
    if (v->kind != V_NUM) return p->none ? p->cells - 1 : UINT32_MAX;
    if (!p->from) return (uint32_t)v->num;
    uint32_t low = 0, high = p->cells - p->none;
    while (high - low > 1) {
        uint32_t mid = (low + high) / 2;
        if (p->from[mid] <= v->num)
            low = mid;
        else
            high = mid;
    }
    return low;
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Ranges of a number from values that were drawn. */
static void ranges_cut(fit *f, partition *p, int64_t *drawn, uint32_t n) {
    const node *x = leaf_node(f->g.pop, p->leaf);
    bool single = (uint64_t)(x->hi - x->lo) < SINGLE_VALUES;
    uint32_t most = single ? (uint32_t)(x->hi - x->lo) + 1 : RANGES;
    p->from = arena_new_of(f->mem, int64_t, most + 1);
    qsort(drawn, n, sizeof *drawn, by_number);
    for (uint32_t i = 0; i < most; i++) {
        int64_t at = single ? x->lo + i : i && n ? drawn[(uint64_t)i * n / most] : x->lo;
        if (!p->cells || at > p->from[p->cells - 1]) p->from[p->cells++] = at;
    }
}

static bool comparable(const node *n) {
    return n->owner == NO_FACET && !n->is_list && n->within == NO_LEAF &&
           (n->kind == K_CHOICE || n->kind == K_FLAG || n->kind == K_NUMBER || n->kind == K_DATE);
}

/* ---- what is compared ---------------------------------------------------------------------------------- */

static partition *partition_of(fit *f, uint32_t leaf) {
    for (uint32_t i = 0; i < f->views; i++)
        if (f->view[i].parts == 1 && f->view[i].of[0]->leaf == leaf) return f->view[i].of[0];
    return NULL;
}

static void view_add(fit *f, partition *a, partition *b) {
    f->view[f->views++] = (view){.of = {a, b}, .parts = b ? 2 : 1};
}

static bool pair_read(fit *f, const char *text, err *e) {
    str ref[2];
    partition *of[2];
    if (!str_cut(str_of(text), ',', &ref[0], &ref[1]))
        return err_set(e, ERR_USAGE, "for example --pair age,degree", "--pair %s is not REF,REF", text);
    for (int i = 0; i < 2; i++) {
        const node *n = node_find(f->g.pop, str_trim(ref[i]));
        of[i] = n && n->leaf != NO_LEAF ? partition_of(f, n->leaf) : NULL;
        if (!of[i])
            return err_set(e, ERR_USAGE, "two drawn choices, flags or numbers, without `list`",
                           "--pair %s: `" STR_FMT "` cannot be compared", text, STR_ARG(ref[i]));
    }
    view_add(f, of[0], of[1]);
    return true;
}

static bool views_make(fit *f, err *e) {
    const population *p = f->g.pop;
    f->view = arena_new_of(f->mem, view, p->leaves + f->o->pairs + 1);
    for (uint32_t i = 0; i < p->leaves && f->o->draws; i++) {
        const node *n = leaf_node(p, i);
        if (!comparable(n)) continue;
        partition *x = arena_new_of(f->mem, partition, 1);
        *x = (partition){.leaf = i, .none = n->when != NULL, .cells = n->values};
        view_add(f, x, NULL);
    }
    for (size_t i = 0; i < f->o->pairs; i++)
        if (!pair_read(f, f->o->pair[i], e)) return false;
    return true;
}

static uint32_t view_cell(const view *v, const record *r) {
    uint32_t a = partition_cell(v->of[0], &r->value[v->of[0]->leaf]);
    if (v->parts == 1 || a == UINT32_MAX) return a;
    uint32_t b = partition_cell(v->of[1], &r->value[v->of[1]->leaf]);
    return b == UINT32_MAX ? b : a * v->of[1]->cells + b;
}

/* ---- the reference personas ---------------------------------------------------------------------------- */

/* Draws slots [0, n) of the plan and hands each over. */
static bool draw_each(fit *f, uint64_t n, void (*each)(fit *, const record *, void *), void *arg, err *e) {
    arena *mem = arena_new(0);
    drawer *w = drawer_new(f->g.plan);
    bool ok = true;
    for (uint64_t slot = 0; ok && slot < n; slot++) {
        record r;
        arena_reset(mem);
        record_init(&r, f->g.pop, mem);
        ok = drawer_skeleton(w, slot, 0, &r, e);
        if (ok) each(f, &r, arg);
    }
    drawer_free(w);
    arena_free(mem);
    return ok;
}

typedef struct numbers {
    int64_t **drawn; /* one a view of one number */
    uint32_t *n;
} numbers;

static void numbers_keep(fit *f, const record *r, void *arg) {
    numbers *k = arg;
    for (uint32_t i = 0; i < f->views; i++) {
        const value *v = &r->value[f->view[i].of[0]->leaf];
        if (k->drawn[i] && v->kind == V_NUM) k->drawn[i][k->n[i]++] = v->num;
    }
}

static void drawn_count(fit *f, const record *r, void *arg) {
    (void)arg;
    for (uint32_t i = 0; i < f->views; i++) {
        uint32_t cell = view_cell(&f->view[i], r);
        if (cell == UINT32_MAX) continue;
        f->view[i].drawn[cell]++;
        f->view[i].draws++;
    }
}

static bool pair_too_large(const fit *f, const view *v, uint64_t cells, err *e) {
    str a = leaf_node(f->g.pop, v->of[0]->leaf)->path, b = leaf_node(f->g.pop, v->of[1]->leaf)->path;
    return err_set(e, ERR_USAGE, "attributes of fewer values",
                   "--pair " STR_FMT "," STR_FMT ": %llu combinations of values, at most 2^24 are compared",
                   STR_ARG(a), STR_ARG(b), (unsigned long long)cells);
}

static bool reference_draw(fit *f, err *e) {
    uint64_t look = f->o->draws < LOOK ? f->o->draws : LOOK;
    numbers k = {arena_new_of(f->mem, int64_t *, f->views + 1), arena_new_of(f->mem, uint32_t, f->views + 1)};
    for (uint32_t i = 0; i < f->views; i++) {
        kind of = leaf_node(f->g.pop, f->view[i].of[0]->leaf)->kind;
        if (f->view[i].parts == 1 && (of == K_NUMBER || of == K_DATE))
            k.drawn[i] = arena_new_of(f->mem, int64_t, look);
    }
    if (!draw_each(f, look, numbers_keep, &k, e)) return false;
    for (uint32_t i = 0; i < f->views; i++) {
        view *v = &f->view[i];
        if (k.drawn[i]) ranges_cut(f, v->of[0], k.drawn[i], k.n[i]);
        if (v->parts == 1) v->of[0]->cells += v->of[0]->none;
        uint64_t cells = (uint64_t)v->of[0]->cells * (v->parts == 2 ? v->of[1]->cells : 1);
        if (v->parts == 2 && cells > PAIR_MOST) return pair_too_large(f, v, cells, e);
        v->cells = (uint32_t)cells;
        v->drawn = arena_new_of(f->mem, double, v->cells);
    }
    return draw_each(f, f->o->draws, drawn_count, NULL, e);
}

/* ---- reading a corpus ---------------------------------------------------------------------------------- */

typedef struct taking {
    fit *f;
    corpus_fit *c;
} taking;

static bool take(void *arg, const corpus_record *row) {
    taking *t = arg;
    foreign *in = &t->c->f;
    uint32_t place = foreign_place(in, row);
    if (place == UINT32_MAX) return true;
    uint32_t softs;
    const uint32_t *soft = census_softs(in->census, &softs);
    for (uint32_t i = 0; i < softs; i++) {
        str text;
        corpus_value(in->map, row->value, soft[i], in->mem, &in->r.value[soft[i]], &text);
    }
    census_add(in->census, &in->r, place);
    bool *known = arena_new_of(in->mem, bool, in->p->leaves + 1);
    for (uint32_t i = 0; i < t->f->views; i++) {
        const view *v = &t->f->view[i];
        uint32_t leaf = v->of[0]->leaf;
        str text;
        if (v->parts == 1)
            known[leaf] =
                corpus_value(in->map, row->value, leaf, in->mem, &in->r.value[leaf], &text) != CORPUS_UNKNOWN;
        uint32_t cell = view_cell(v, &in->r);
        bool sound = known[leaf] && (v->parts == 1 || known[v->of[1]->leaf]);
        if (sound && cell != UINT32_MAX) t->c->seen[i][cell]++;
    }
    return true;
}

static bool corpus_take(fit *f, corpus_fit *c, err *e) {
    taking t = {f, c};
    c->mem = arena_new(0);
    bool ok = foreign_open(&c->f, f->g.pop, &f->o->corpus, e);
    c->seen = arena_new_of(c->mem, double *, f->views + 1);
    for (uint32_t i = 0; i < f->views; i++) c->seen[i] = arena_new_of(c->mem, double, f->view[i].cells);
    for (size_t i = 0; ok && i < c->files; i++) ok = foreign_walk(c->file[i], true, take, &t, e);
    return ok;
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static double size_of(double x) {
    return x < 0 ? -x : x;
}

/* The cells with the largest |Z|, of those the largest gap. */
static void worst_find(const fit *f, corpus_fit *c, item *x) {
    uint32_t shown = f->o->worst < x->cells ? f->o->worst : x->cells;
    x->worst = arena_new_of(c->mem, uint32_t, shown + 1);
    bool *taken = xcalloc((size_t)x->cells + 1, sizeof *taken);
    while (x->worsts < shown) {
        uint32_t best = UINT32_MAX;
        double most = 0, gap = 0;
        for (uint32_t i = 0; i < x->cells; i++) {
            double z = size_of(metrics_z(x->target[i], x->got[i], x->m.n, x->noise)),
                   off = size_of(x->got[i] - x->target[i]);
            if (taken[i] || off == 0 || z < most || (z == most && off <= gap)) continue;
            best = i;
            most = z;
            gap = off;
        }
        if (best == UINT32_MAX) break;
        taken[best] = true;
        x->worst[x->worsts++] = best;
    }
    free(taken);
}

static void item_done(const fit *f, corpus_fit *c, item *x) {
    metrics_make(x->target, x->got, x->cells, x->noise, &x->m);
    worst_find(f, c, x);
    c->items++;
}

static item *item_new(corpus_fit *c, item_kind as, uint32_t index, uint32_t cells) {
    item *x = &c->item[c->items];
    *x = (item){.kind = as,
                .index = index,
                .cells = cells,
                .target = arena_new_of(c->mem, double, cells + 1),
                .got = arena_new_of(c->mem, double, cells + 1)};
    return x;
}

/* Targets of a table's cells are there; what is left of everybody is the target of records elsewhere: those of
 * whom the table does not speak. */
static void table_done(const fit *f, corpus_fit *c, item *x, const uint64_t *got, uint64_t elsewhere) {
    double left = (double)plan_size(c->plan);
    for (uint32_t i = 0; i < x->cells; i++) {
        x->got[i] = (double)got[i];
        left -= x->target[i];
    }
    if (elsewhere || left > 0.5) {
        x->target[x->cells] = left > 0.5 ? left : 0;
        x->got[x->cells++] = (double)elsewhere;
    }
    item_done(f, c, x);
}

static void table_compare(const fit *f, corpus_fit *c, uint32_t t) {
    uint32_t cells = plan_table_cells(c->plan, t);
    uint64_t *got = arena_new_of(c->mem, uint64_t, cells + 1);
    item *x = item_new(c, ITEM_TABLE, t, cells);
    uint64_t elsewhere = census_table(c->f.census, c->plan, t, got);
    for (uint32_t i = 0; i < cells; i++) x->target[i] = (double)plan_table_asked(c->plan, t, i);
    table_done(f, c, x, got, elsewhere);
}

/* Not where no record says anything of one of its attributes. */
static void soft_compare(const fit *f, corpus_fit *c, uint32_t t) {
    uint32_t cells = plan_soft_cells(c->plan, t), leaves;
    const uint32_t *leaf = plan_soft_leaves(c->plan, t, &leaves);
    for (uint32_t i = 0; i < leaves; i++)
        if (!corpus_has(c->f.map, leaf[i])) return;
    uint64_t *got = arena_new_of(c->mem, uint64_t, cells + 1);
    item *x = item_new(c, ITEM_SOFT, t, cells);
    uint64_t elsewhere = census_soft(c->f.census, c->plan, t, got);
    for (uint32_t i = 0; i < cells; i++)
        x->target[i] = plan_soft_share(c->plan, t, i) * (double)plan_size(c->plan);
    table_done(f, c, x, got, elsewhere);
}

/* The cells of all hard tables together: one of the joints that meet them. */
static void cells_compare(const fit *f, corpus_fit *c) {
    uint32_t cells = plan_cells(c->plan);
    for (uint32_t t = 0; t < plan_tables(c->plan); t++)
        if (plan_table_cells(c->plan, t) == cells) return; /* a table says the same */
    item *x = item_new(c, ITEM_CELLS, 0, cells);
    double elsewhere = 0;
    for (uint32_t i = 0; i < cells; i++) x->target[i] = (double)plan_quota(c->plan, i);
    for (uint32_t i = 0; i < census_places(c->f.census); i++) {
        uint32_t cell = census_cell(c->f.census, c->plan, i);
        double n = (double)census_count(c->f.census, i);
        if (cell == UINT32_MAX)
            elsewhere += n;
        else
            x->got[cell] += n;
    }
    if (elsewhere > 0) x->got[x->cells++] = elsewhere;
    item_done(f, c, x);
}

static void view_compare(const fit *f, corpus_fit *c, uint32_t index) {
    const view *v = &f->view[index];
    double n = 0;
    for (uint32_t k = 0; k < v->parts; k++)
        if (!corpus_has(c->f.map, v->of[k]->leaf)) return;
    for (uint32_t i = 0; i < v->cells; i++) n += c->seen[index][i];
    if (n <= 0 || !v->draws) return;
    item *x = item_new(c, v->parts == 2 ? ITEM_PAIR : ITEM_ATTRIBUTE, index, v->cells);
    x->noise = n / (double)v->draws;
    for (uint32_t i = 0; i < v->cells; i++) {
        x->target[i] = v->drawn[i] * x->noise;
        x->got[i] = c->seen[index][i];
    }
    if (v->parts == 2) {
        x->cramer = metrics_cramer(x->got, v->of[0]->cells, v->of[1]->cells);
        x->cramer_target = metrics_cramer(x->target, v->of[0]->cells, v->of[1]->cells);
    }
    item_done(f, c, x);
}

static bool corpus_compare(const fit *f, corpus_fit *c, err *e) {
    uint64_t n = census_size(c->f.census);
    diags d;
    if (!n) return true; /* told once all has been shown */
    diags_init(&d);
    c->plan = plan_make(f->g.pop, n, f->o->seed, &d);
    if (!c->plan && diags_err(&d, e))
        err_set(e, ERR_PLAN, NULL, "there is no plan of %llu person%s", (unsigned long long)n, plural(n));
    diags_free(&d);
    if (!c->plan) return false;
    c->item = arena_new_of(c->mem, item, plan_tables(c->plan) + plan_softs(c->plan) + f->views + 2);
    for (uint32_t t = 0; t < plan_tables(c->plan); t++) table_compare(f, c, t);
    for (uint32_t t = 0; t < plan_softs(c->plan); t++) soft_compare(f, c, t);
    cells_compare(f, c);
    for (uint32_t i = 0; i < f->views; i++) view_compare(f, c, i);
    return true;
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* What the exit status has to say once all has been shown. */
static bool verdict(const fit *f, err *e) {
    for (size_t i = 0; i < f->corpora; i++) {
        const corpus_fit *c = &f->corpus[i];
        if (!census_size(c->f.census)) return foreign_nobody(&c->f, c->file[0], e);
        for (uint32_t k = 0; k < c->items && f->o->fail_above >= 0; k++)
            if (c->item[k].kind == ITEM_TABLE && c->item[k].m.sae > f->o->fail_above)
                return err_set(e, ERR_SHORTFALL, NULL, "table `" STR_FMT "`: SAE %.6g is above %.6g",
                               STR_ARG(plan_table_name(c->plan, c->item[k].index)), c->item[k].m.sae,
                               f->o->fail_above);
    }
    return true;
}

static bool fit_make(fit *f, err *e) {
    const pop_fit_options *o = f->o;
    if (!views_make(f, e) || (f->views && !reference_draw(f, e))) return false;
    f->corpora = o->each ? o->corpus.files : 1;
    f->corpus = arena_new_of(f->mem, corpus_fit, f->corpora);
    bool ok = true;
    for (size_t i = 0; ok && i < f->corpora; i++) {
        corpus_fit *c = &f->corpus[i];
        c->file = o->corpus.file + i;
        c->files = o->each ? 1 : o->corpus.files;
        ok = corpus_take(f, c, e) && corpus_compare(f, c, e);
    }
    return ok;
}

int pop_fit(const pop_fit_options *o, pop_form form, pop_sink out, pop_error *pe) {
    fit f = {.o = o};
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&f.g, o->source.population, o->source.set, o->source.sets, o->draws ? o->draws : 1,
                          o->seed, &d, &e);
    diags_free(&d);
    if (!ok) return error_status(&e, pe);
    f.mem = arena_new(0);
    ok = fit_make(&f, &e);
    if (ok && form == POP_JSON) fit_json(&f, &b);
    if (ok && form == POP_TEXT) fit_text(&f, &b);
    if (b.n) out.write(out.arg, b.p, b.n);
    ok = ok && verdict(&f, &e);
    for (size_t i = 0; i < f.corpora; i++) {
        foreign_close(&f.corpus[i].f);
        plan_free(f.corpus[i].plan);
        arena_free(f.corpus[i].mem);
    }
    buf_free(&b);
    arena_free(f.mem);
    design_free(&f.g);
    return ok ? 0 : error_status(&e, pe);
}

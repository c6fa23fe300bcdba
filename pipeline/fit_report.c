/* fit_report.c: the comparisons of `fit` as a panel to read and as JSON. */
#include <stdio.h>
#include "pipeline/fit.h"

/* ---- names --------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {[ITEM_TABLE] = "table",
                                    [ITEM_SOFT] = "soft table",
                                    [ITEM_CELLS] = "cells",
                                    [ITEM_ATTRIBUTE] = "attribute",
                                    [ITEM_PAIR] = "pair"};

static void item_name(const fit *f, const corpus_fit *c, const item *x, buf *b) {
    if (x->kind == ITEM_TABLE) buf_str(b, plan_table_name(c->plan, x->index));
    if (x->kind == ITEM_SOFT) buf_str(b, plan_soft_name(c->plan, x->index));
    if (x->kind == ITEM_CELLS) buf_z(b, "all tables");
    for (uint32_t k = 0; x->kind >= ITEM_ATTRIBUTE && k < f->view[x->index].parts; k++) {
        if (k) buf_z(b, ", ");
        buf_str(b, leaf_node(f->g.pop, f->view[x->index].of[k]->leaf)->path);
    }
}

static void value_put(const node *n, int64_t v, buf *b) {
    value x = {.kind = V_NUM, .num = v};
    value_print_raw(b, n, &x);
}

static void part_print(const fit *f, const partition *p, uint32_t cell, buf *b) {
    const node *n = leaf_node(f->g.pop, p->leaf);
    buf_printf(b, STR_FMT "=", STR_ARG(n->path));
    uint32_t values = p->cells - p->none;
    if (cell >= values) {
        buf_char(b, '~');
        return;
    }
    int64_t low = p->from ? p->from[cell] : cell, high = low;
    if (p->from) high = cell + 1 < values ? p->from[cell + 1] - 1 : n->hi;
    value_put(n, low, b);
    if (high == low) return;
    buf_z(b, "..");
    value_put(n, high, b);
}

static void cell_print(const fit *f, const corpus_fit *c, const item *x, uint32_t cell, buf *b) {
    uint32_t cells = x->kind == ITEM_TABLE  ? plan_table_cells(c->plan, x->index)
                     : x->kind == ITEM_SOFT ? plan_soft_cells(c->plan, x->index)
                                            : plan_cells(c->plan);
    if (x->kind <= ITEM_CELLS && cell >= cells) {
        buf_z(b, "(in no cell)");
    } else if (x->kind == ITEM_TABLE) {
        plan_table_cell_print(c->plan, x->index, cell, b);
    } else if (x->kind == ITEM_SOFT) {
        plan_soft_cell_print(c->plan, x->index, cell, b);
    } else if (x->kind == ITEM_CELLS) {
        plan_cell_print(c->plan, cell, b);
    } else {
        const view *v = &f->view[x->index];
        uint32_t inner = v->parts == 2 ? v->of[1]->cells : 1;
        part_print(f, v->of[0], cell / inner, b);
        if (v->parts == 2) buf_char(b, ' ');
        if (v->parts == 2) part_print(f, v->of[1], cell % inner, b);
    }
}

static double z_of(const item *x, uint32_t cell) {
    return metrics_z(x->target[cell], x->got[cell], x->m.n, x->noise);
}

static bool endless(double z) {
    return z > 1e300 || z < -1e300;
}

/* ---- the panel ----------------------------------------------------------------------------------------- */

/* One measure: its name in both forms, and where it stands. */
typedef struct measure {
    const char *title, *key;
    double (*of)(const item *x);
} measure;

#define MEASURE(name)                                                                                          \
    static double of_##name(const item *x) {                                                                   \
        return (double)x->m.name;                                                                              \
    }
MEASURE(n)
MEASURE(cells)
MEASURE(tae)
MEASURE(sae)
MEASURE(pdiff)
MEASURE(rmse)
MEASURE(srmse)
MEASURE(r2)
MEASURE(most)
MEASURE(chi2)
MEASURE(neyman)
MEASURE(ft2)
MEASURE(g2)
MEASURE(z_share)
MEASURE(hellinger)
MEASURE(jsd)
MEASURE(unfilled)
MEASURE(unwanted)

static const measure measures[] = {
    {"N", "n", of_n},
    {"cells", "cells", of_cells},
    {"TAE", "tae", of_tae},
    {"SAE", "sae", of_sae},
    {"PDiff", "pdiff", of_pdiff},
    {"RMSE", "rmse", of_rmse},
    {"SRMSE", "srmse", of_srmse},
    {"R2", "r2", of_r2},
    {"max", "max", of_most},
    {"|Z|>1.96", "z_share", of_z_share},
    {"chi2", "chi2", of_chi2},
    {"Neyman", "neyman", of_neyman},
    {"FT2", "ft2", of_ft2},
    {"G2", "g2", of_g2},
    {"Hellinger", "hellinger", of_hellinger},
    {"JSD", "jsd", of_jsd},
    {"unfilled", "unfilled", of_unfilled},
    {"unwanted", "unwanted", of_unwanted},
};
enum { FIRST_BLOCK = 10, NAME_CELLS = 34, R2_AT = 7 };

static void label_put(const fit *f, const corpus_fit *c, const item *x, buf *b) {
    buf name = {0};
    buf_printf(&name, "%s ", kinds[x->kind]);
    item_name(f, c, x, &name);
    uint32_t used = card_line(buf_view(&name), NAME_CELLS, b);
    for (; used < NAME_CELLS + 1; used++) buf_char(b, ' ');
    buf_free(&name);
}

static void number_put(const item *x, size_t which, buf *b) {
    double v = measures[which].of(x);
    if (which == R2_AT && !x->m.r2_known)
        buf_printf(b, " %9s", "-");
    else if (v < 1e9 && v - (double)(int64_t)(v + 0.5) < 1e-6 && (double)(int64_t)(v + 0.5) - v < 1e-6)
        buf_printf(b, " %9lld", (long long)(v + 0.5));
    else
        buf_printf(b, " %9.4g", v);
}

static void block_put(const fit *f, const corpus_fit *c, size_t from, size_t to, buf *b) {
    buf_printf(b, "\n%*s", NAME_CELLS + 1, "");
    for (size_t k = from; k < to; k++) buf_printf(b, " %9s", measures[k].title);
    buf_char(b, '\n');
    for (uint32_t i = 0; i < c->items; i++) {
        label_put(f, c, &c->item[i], b);
        for (size_t k = from; k < to; k++) number_put(&c->item[i], k, b);
        buf_char(b, '\n');
    }
}

static void cramers_put(const fit *f, const corpus_fit *c, buf *b) {
    for (uint32_t i = 0; i < c->items; i++) {
        const item *x = &c->item[i];
        if (x->kind != ITEM_PAIR) continue;
        label_put(f, c, x, b);
        buf_printf(b, " Cramer's V %.4f, of the population %.4f\n", x->cramer, x->cramer_target);
    }
}

static void worst_put(const fit *f, const corpus_fit *c, buf *b) {
    buf line = {0};
    for (uint32_t i = 0; i < c->items; i++) {
        const item *x = &c->item[i];
        if (!x->worsts || x->m.z_share <= 0) continue; /* nothing that chance does not explain */
        buf_char(b, '\n');
        label_put(f, c, x, b);
        buf_printf(b, "   target       got         Z\n");
        for (uint32_t k = 0; k < x->worsts; k++) {
            double z = z_of(x, x->worst[k]);
            buf_reset(&line);
            cell_print(f, c, x, x->worst[k], &line);
            buf_printf(b, "%*s %9.6g %9.6g", NAME_CELLS + 1, "", x->target[x->worst[k]], x->got[x->worst[k]]);
            if (endless(z))
                buf_printf(b, " %9s  ", z > 0 ? "unwanted" : "lacking");
            else
                buf_printf(b, " %+9.2f  ", z);
            card_line(buf_view(&line), 0, b);
            buf_char(b, '\n');
        }
    }
    buf_free(&line);
}

static void heading_put(const fit *f, const corpus_fit *c, buf *b) {
    uint64_t not_placed = foreign_lost(&c->f);
    buf_printf(b, STR_FMT " and %s", STR_ARG(f->g.pop->name), c->file[0]);
    if (c->files > 1) buf_printf(b, " with %zu more", c->files - 1);
    buf_printf(b, ": %llu record%s, %llu placed", (unsigned long long)c->f.records, plural(c->f.records),
               (unsigned long long)census_size(c->f.census));
    if (not_placed) buf_printf(b, ", %llu not:", (unsigned long long)not_placed);
    buf_char(b, '\n');
    foreign_text(&c->f, b);
}

static const item *same_item(const corpus_fit *c, const item *x) {
    for (uint32_t i = 0; i < c->items; i++)
        if (c->item[i].kind == x->kind && c->item[i].index == x->index) return &c->item[i];
    return NULL;
}

/* Several corpora: SAE and the share of |Z| > 1.96 of each, beside one another. */
static void beside_put(const fit *f, buf *b) {
    const corpus_fit *first = NULL;
    for (size_t k = 0; k < f->corpora; k++)
        if (!first || f->corpus[k].items > first->items) first = &f->corpus[k];
    buf_printf(b, "\nSAE, and the share of |Z|>1.96\n");
    for (size_t k = 0; k < f->corpora; k++)
        buf_printf(b, "%*s [%zu] %s\n", NAME_CELLS, "", k + 1, f->corpus[k].file[0]);
    buf_printf(b, "%*s", NAME_CELLS + 1, "");
    for (size_t k = 0; k < f->corpora; k++) buf_printf(b, "  %10s[%zu]      ", "", k + 1);
    buf_char(b, '\n');
    for (uint32_t i = 0; i < first->items; i++) {
        label_put(f, first, &first->item[i], b);
        for (size_t k = 0; k < f->corpora; k++) {
            const item *x = same_item(&f->corpus[k], &first->item[i]);
            if (x)
                buf_printf(b, " %9.4g %9.4g ", x->m.sae, x->m.z_share);
            else
                buf_printf(b, " %9s %9s ", "-", "-");
        }
        buf_char(b, '\n');
    }
}

void fit_text(const fit *f, buf *b) {
    for (size_t i = 0; i < f->corpora; i++) {
        const corpus_fit *c = &f->corpus[i];
        if (i) buf_char(b, '\n');
        heading_put(f, c, b);
        if (!c->items) continue;
        block_put(f, c, 0, FIRST_BLOCK, b);
        block_put(f, c, FIRST_BLOCK, COUNT_OF(measures), b);
        cramers_put(f, c, b);
        worst_put(f, c, b);
    }
    if (f->corpora > 1) beside_put(f, b);
    if (f->views)
        buf_printf(b,
                   "\nTables: against the plan of as many persons. Attributes and pairs: against %llu drawn "
                   "personas.\n",
                   (unsigned long long)f->o->draws);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void item_json(const fit *f, const corpus_fit *c, const item *x, buf *b) {
    buf text = {0};
    item_name(f, c, x, &text);
    buf_printf(b, "{\"kind\":\"%s\",\"name\":", kinds[x->kind]);
    buf_json(b, buf_view(&text));
    for (size_t k = 0; k < COUNT_OF(measures); k++)
        if (k == R2_AT && !x->m.r2_known)
            buf_z(b, ",\"r2\":null");
        else
            buf_printf(b, ",\"%s\":%.10g", measures[k].key, measures[k].of(x));
    if (x->kind == ITEM_PAIR)
        buf_printf(b, ",\"cramers_v\":%.10g,\"cramers_v_target\":%.10g", x->cramer, x->cramer_target);
    buf_z(b, ",\"worst\":[");
    for (uint32_t k = 0; k < x->worsts; k++) {
        double z = z_of(x, x->worst[k]);
        buf_reset(&text);
        cell_print(f, c, x, x->worst[k], &text);
        buf_z(b, k ? ",{\"cell\":" : "{\"cell\":");
        buf_json(b, buf_view(&text));
        buf_printf(b, ",\"target\":%.10g,\"got\":%.10g,\"z\":", x->target[x->worst[k]], x->got[x->worst[k]]);
        if (endless(z))
            buf_z(b, "null}");
        else
            buf_printf(b, "%.10g}", z);
    }
    buf_z(b, "]}");
    buf_free(&text);
}

static void corpus_json(const fit *f, const corpus_fit *c, buf *b) {
    buf_z(b, "{\"files\":[");
    for (size_t i = 0; i < c->files; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, str_of(c->file[i]));
    }
    buf_printf(b, "],\"records\":%llu,\"placed\":%llu,\"unplaced\":", (unsigned long long)c->f.records,
               (unsigned long long)census_size(c->f.census));
    foreign_json(&c->f, b);
    buf_z(b, ",\"compared\":[");
    for (uint32_t i = 0; i < c->items; i++) {
        buf_z(b, i ? ",\n" : "\n");
        item_json(f, c, &c->item[i], b);
    }
    buf_z(b, "]}");
}

void fit_json(const fit *f, buf *b) {
    buf_z(b, "{\"population\":");
    buf_json(b, f->g.pop->name);
    buf_printf(b, ",\"seed\":%llu,\"draws\":%llu,\"corpora\":[", (unsigned long long)f->o->seed,
               (unsigned long long)f->o->draws);
    for (size_t i = 0; i < f->corpora; i++) {
        buf_z(b, i ? ",\n" : "\n");
        corpus_json(f, &f->corpus[i], b);
    }
    buf_z(b, "]}\n");
}

/* api_plan.c: what a plan would be: cells and quotas, what rounding does to the tables, how near soft ones are
 * met, and the calls and tokens that the personas would take.
 *
 * As JSON one object: sums, tables, soft tables; with `cells` also
 *
 *     "axes":[{"path":"school.grade","classes":["7","8",...]},...],"quotas":[[0,2,17],...]
 *
 * a row for each cell with persons: the index of its class of each axis, and its quota. 10,080 cells of five
 * attributes take 0.2 MB.
 */
#include "pipeline/pipeline.h"

/* ---- tables ---------------------------------------------------------------------------------------------- */

static double shift_of(const plan *pl, uint32_t t, uint32_t c) {
    double shift = (double)plan_table_asked(pl, t, c) - plan_table_share(pl, t, c);
    return shift < 0 ? -shift : shift;
}

/* The cell whose rounding moved it furthest, among those below (`below`, `at`) in that order; UINT32_MAX: none.
 */
static uint32_t next_shift(const plan *pl, uint32_t t, double below, uint32_t at) {
    uint32_t best = UINT32_MAX;
    double most = -1;
    for (uint32_t c = 0; c < plan_table_cells(pl, t); c++) {
        double shift = shift_of(pl, t, c);
        if (shift > below || (shift >= below && c <= at) || shift <= most) continue;
        best = c;
        most = shift;
    }
    return best;
}

typedef struct soft_gap {
    double people, misplaced, most; /* shares of all people */
    uint32_t worst;
} soft_gap;

static soft_gap soft_gap_of(const plan *pl, uint32_t t) {
    soft_gap g = {.worst = UINT32_MAX};
    for (uint32_t c = 0; c < plan_soft_cells(pl, t); c++) {
        double off = plan_soft_fit(pl, t, c) - plan_soft_share(pl, t, c), size = off < 0 ? -off : off;
        g.people += plan_soft_share(pl, t, c);
        g.misplaced += size / 2;
        if (g.worst != UINT32_MAX && size <= g.most) continue;
        g.worst = c;
        g.most = size;
    }
    return g;
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void name_json(buf *b, bool first, str name) {
    buf_z(b, first ? "{\"name\":" : ",{\"name\":");
    buf_json(b, name);
}

static void rounding_json(buf *b, const plan *pl, uint32_t t) {
    buf cell = {0};
    buf_z(b, ",\"rounding\":[");
    for (uint32_t c = 0; c < plan_table_cells(pl, t); c++) {
        buf_reset(&cell);
        plan_table_cell_print(pl, t, c, &cell);
        buf_z(b, c ? ",\n{\"cell\":" : "\n{\"cell\":");
        buf_json(b, buf_view(&cell));
        buf_printf(b, ",\"share\":%.6f,\"asked\":%llu}", plan_table_share(pl, t, c),
                   (unsigned long long)plan_table_asked(pl, t, c));
    }
    buf_char(b, ']');
    buf_free(&cell);
}

static void soft_json(buf *b, const plan *pl, uint32_t t) {
    soft_gap g = soft_gap_of(pl, t);
    buf cell = {0};
    name_json(b, t == 0, plan_soft_name(pl, t));
    buf_printf(b, ",\"weight\":%.9g,\"converged\":%s,\"misplaced\":%.6f,\"cells\":[", plan_soft_weight(pl, t),
               plan_soft_slow(pl, t) ? "false" : "true", g.people > 0 ? g.misplaced / g.people : 0);
    for (uint32_t c = 0; c < plan_soft_cells(pl, t); c++) {
        buf_reset(&cell);
        plan_soft_cell_print(pl, t, c, &cell);
        buf_z(b, c ? ",\n{\"cell\":" : "\n{\"cell\":");
        buf_json(b, buf_view(&cell));
        buf_printf(b, ",\"share\":%.9f,\"fit\":%.9f}", plan_soft_share(pl, t, c), plan_soft_fit(pl, t, c));
    }
    buf_z(b, "]}");
    buf_free(&cell);
}

static void cells_json(buf *b, const design *g) {
    const plan *pl = g->plan;
    buf class = {0};
    bool first = true;
    buf_z(b, ",\"axes\":[");
    for (uint32_t a = 0; a < plan_axes(pl); a++) {
        buf_z(b, a ? ",\n{\"path\":" : "\n{\"path\":");
        buf_json(b, leaf_node(g->pop, plan_axis_leaf(pl, a))->path);
        buf_z(b, ",\"classes\":[");
        for (uint32_t c = 0; c < plan_axis_classes(pl, a); c++) {
            buf_reset(&class);
            plan_class_print(pl, a, c, &class);
            if (c) buf_char(b, ',');
            buf_json(b, buf_view(&class));
        }
        buf_z(b, "]}");
    }
    buf_z(b, "],\"quotas\":[");
    for (uint32_t c = 0; c < plan_cells(pl); c++) {
        if (!plan_quota(pl, c)) continue;
        buf_z(b, first ? "\n[" : ",\n[");
        first = false;
        for (uint32_t a = 0; a < plan_axes(pl); a++) buf_printf(b, "%u,", plan_cell_class(pl, c, a));
        buf_printf(b, "%llu]", (unsigned long long)plan_quota(pl, c));
    }
    buf_char(b, ']');
    buf_free(&class);
}

static void plan_json(buf *b, const design *g, const run_estimate *x, const pop_plan_options *o) {
    const plan *pl = g->plan;
    double n = (double)plan_size(pl);
    buf_printf(b,
               "{\"population\":\"" STR_FMT
               "\",\"n\":%llu,\"seed\":%llu,\"cells\":%u,\"rounding\":%.6f,\"calls\":%.0f,"
               "\"prompt_tokens\":%.0f,\"completion_tokens\":%.0f,\"tables\":[",
               STR_ARG(g->pop->name), (unsigned long long)plan_size(pl), (unsigned long long)plan_seed(pl),
               plan_cells(pl), plan_rounding(pl), x->calls * n, x->prompt * n, x->completion * n);
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        name_json(b, t == 0, plan_table_name(pl, t));
        buf_printf(b, ",\"cells\":%u", plan_table_cells(pl, t));
        if (o->rounding) rounding_json(b, pl, t);
        buf_char(b, '}');
    }
    buf_z(b, "],\"soft\":[");
    for (uint32_t t = 0; t < plan_softs(pl); t++) soft_json(b, pl, t);
    buf_char(b, ']');
    if (o->cells) cells_json(b, g);
    buf_z(b, "}\n");
}

/* ---- text ------------------------------------------------------------------------------------------------ */

static void rounding_text(buf *b, const plan *pl, uint32_t t) {
    enum { SHOWN = 10 };
    uint32_t cells = plan_table_cells(pl, t), at = next_shift(pl, t, 1e300, 0);
    double sum = 0;
    for (uint32_t c = 0; c < cells; c++) sum += shift_of(pl, t, c);
    if (at == UINT32_MAX) return;
    buf_printf(b, "    rounding moves %.2f persons a cell on the average, at most %.2f\n", sum / cells,
               shift_of(pl, t, at));
    for (uint32_t i = 0; i < SHOWN && at != UINT32_MAX && shift_of(pl, t, at) >= 0.005; i++) {
        buf_printf(b, "%12.2f -> %-8llu ", plan_table_share(pl, t, at),
                   (unsigned long long)plan_table_asked(pl, t, at));
        plan_table_cell_print(pl, t, at, b);
        buf_char(b, '\n');
        at = next_shift(pl, t, shift_of(pl, t, at), at);
    }
}

static void soft_text(buf *b, const plan *pl, uint32_t t) {
    soft_gap g = soft_gap_of(pl, t);
    buf_printf(b, "table " STR_FMT ", soft with weight %.6g: %u cells; the fit misplaces %.2f %% of its people",
               STR_ARG(plan_soft_name(pl, t)), plan_soft_weight(pl, t), plan_soft_cells(pl, t),
               g.people > 0 ? 100 * g.misplaced / g.people : 0);
    if (g.worst != UINT32_MAX && g.most > 0) {
        buf_z(b, ", most at {");
        plan_soft_cell_print(pl, t, g.worst, b);
        buf_printf(b, "}: %.2f %% of all asked for, %.2f %% in the fit", 100 * plan_soft_share(pl, t, g.worst),
                   100 * plan_soft_fit(pl, t, g.worst));
    }
    buf_z(b, plan_soft_slow(pl, t) ? "; the fit was still moving when it was ended\n" : "\n");
}

/* "12.3M", "4.5k", "67": to read, not to count with. */
static void si_put(buf *b, double v) {
    if (v >= 1e6)
        buf_printf(b, "%.1fM", v / 1e6);
    else if (v >= 1e4)
        buf_printf(b, "%.1fk", v / 1e3);
    else
        buf_printf(b, "%.0f", v);
}

static void plan_text(buf *b, const design *g, const run_estimate *x, const pop_plan_options *o) {
    const plan *pl = g->plan;
    double n = (double)plan_size(pl);
    uint32_t cells = plan_cells(pl), empty = 0;
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t c = 0; c < cells; c++) {
        uint64_t q = plan_quota(pl, c);
        empty += q == 0;
        if (q && q < least) least = q;
        if (q > most) most = q;
    }
    buf_printf(b, STR_FMT ": %llu persona%s in %u cell%s, %llu to %llu each", STR_ARG(g->pop->name),
               (unsigned long long)plan_size(pl), plural(plan_size(pl)), cells, plural(cells),
               (unsigned long long)(least == UINT64_MAX ? 0 : least), (unsigned long long)most);
    if (empty) buf_printf(b, ", %u cell%s empty", empty, plural(empty));
    buf_printf(b, "\nquotas are exact in whole persons; the largest shift by rounding is %.2f persons\n",
               plan_rounding(pl));
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        buf_printf(b, "table " STR_FMT ": %u cell%s\n", STR_ARG(plan_table_name(pl, t)),
                   plan_table_cells(pl, t), plural(plan_table_cells(pl, t)));
        if (o->rounding) rounding_text(b, pl, t);
    }
    for (uint32_t t = 0; t < plan_softs(pl); t++) soft_text(b, pl, t);
    if (x->calls > 0) {
        buf_printf(b,
                   "calls: %.1f a persona, %.0f in all, if every first answer is accepted; revisions and "
                   "judges' objections come on top\n",
                   x->calls, x->calls * n);
        buf_printf(b, "tokens: about %.0f in and %.0f out a persona; ", x->prompt, x->completion);
        si_put(b, x->prompt * n);
        buf_z(b, " in and ");
        si_put(b, x->completion * n);
        buf_z(b, " out in all\n");
    } else {
        buf_z(b, "calls: none, no facet writes\n");
    }
    for (uint32_t c = 0; o->cells && c < cells; c++) {
        buf_printf(b, "%8llu  ", (unsigned long long)plan_quota(pl, c));
        plan_cell_print(pl, c, b);
        buf_char(b, '\n');
    }
}

int pop_plan(const pop_source *src, const pop_plan_options *o, pop_sink out, pop_error *pe) {
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    run_estimate x;
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, o->n, o->seed, &d, &e) &&
              (!o->extend || design_extend(&g, o->extend, &d, &e));
    if (ok) {
        ok = estimate_run(&g, &x, &e);
        if (ok && o->form == POP_JSON) plan_json(&b, &g, &x, o);
        if (ok && o->form == POP_TEXT) plan_text(&b, &g, &x, o);
        design_free(&g);
    } else if (o->form == POP_JSON) {
        diags_put(&d, POP_JSON, &b);
    }
    sink_buf(out, &b);
    diags_free(&d);
    buf_free(&b);
    return ok ? 0 : error_status(&e, pe);
}

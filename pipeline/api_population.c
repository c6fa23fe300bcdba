/* api_population.c: what can be said of a population file without a model: check, plan, draw, the list of
 * built-in ones. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

static bool sink_buf(pop_sink out, buf *b) {
    bool ok = b->n == 0 || out.write(out.arg, b->p, b->n);
    buf_reset(b);
    return ok;
}

/* ---- check ---------------------------------------------------------------------------------------------- */

static void diag_text(buf *b, const diag *x) {
    buf_str(b, x->file);
    if (x->line) buf_printf(b, ":%u:%u", x->line, x->column);
    if (x->code == DIAG_W00)
        buf_z(b, ": warning: ");
    else
        buf_printf(b, ": %s %s: ", diag_name(x->code), diag_title(x->code));
    buf_str(b, x->text);
    buf_char(b, '\n');
    if (x->hint.n) buf_printf(b, "    " STR_FMT "\n", STR_ARG(x->hint));
}

static void diag_json(buf *b, const diag *x) {
    buf_printf(b, "{\"code\":\"%s\",\"severity\":\"%s\",\"file\":", diag_name(x->code),
               x->code == DIAG_W00 ? "warning" : "error");
    buf_json(b, x->file);
    buf_printf(b, ",\"line\":%u,\"column\":%u,\"value\":", x->line, x->column);
    buf_json(b, x->value);
    buf_z(b, ",\"text\":");
    buf_json(b, x->text);
    buf_z(b, ",\"hint\":");
    buf_json(b, x->hint);
    buf_z(b, "}\n");
}

/* A few skeletons: what no reading shows, constraints that the draw cannot meet. */
static bool trial_draw(const design *g, uint64_t n, err *e) {
    arena *mem = arena_new(0);
    bool ok = true;
    for (uint64_t slot = 0; ok && slot < n; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g->pop, mem);
        ok = draw_skeleton(g->plan, slot, 0, &r, e);
    }
    arena_free(mem);
    return ok;
}

static void summary_text(buf *b, const design *g, const diags *d) {
    const population *p = g->pop;
    uint32_t written = 0, drawn = 0;
    for (uint32_t i = 0; i < p->nodes; i++) {
        if (p->node[i].leaf == NO_LEAF) continue;
        written += p->node[i].owner != NO_FACET;
        drawn += p->node[i].owner == NO_FACET;
    }
    buf_printf(
        b,
        STR_FMT
        ": ok, %u attributes drawn, %u fields written by %u facets, %zu constraints, %zu checks, %u judges",
        STR_ARG(p->name), drawn, written, p->facets, rules_constraints(g->rules), rules_checks(g->rules),
        p->judges);
    if (d->n) buf_printf(b, ", %zu warnings", d->n);
    buf_char(b, '\n');
}

static void endpoint_print(buf *b, const endpoint_config *k, pop_form form) {
    static const char *const forms[] = {"json_schema", "json_object", "none"};
    char model[MODEL_NAME_SIZE], *shown = url_shown(k->url);
    model_name_safe(str_of(k->model), model);
    if (form == POP_JSON) {
        buf_z(b, "{\"endpoint\":");
        buf_json(b, str_of(shown));
        buf_z(b, ",\"model\":");
        buf_json(b, str_of(model));
        buf_printf(b, ",\"form\":\"%s\",\"bounds\":%s}\n", forms[k->form], k->bounds ? "true" : "false");
    } else {
        buf_printf(b, "%s: model %s, structured output by %s\n", shown, model, forms[k->form]);
    }
    free(shown);
}

static int endpoints_check(const pop_models *models, pop_form form, pop_sink out, buf *b, err *e) {
    uv_loop_t loop;
    model_set m;
    if (uv_loop_init(&loop) != 0) return err_set(e, ERR_INTERNAL, NULL, "the event loop cannot be set up"), 1;
    bool ok = model_set_open(&m, models, NULL, &loop, NULL, NULL, e);
    for (size_t i = 0; ok && i < m.endpoints; i++) {
        endpoint_print(b, &m.endpoint[i], form);
        sink_buf(out, b);
    }
    if (ok) model_set_close(&m);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return ok ? 0 : err_status(e->code);
}

/* The rule that kept skeletons from being drawn, as the draw's error names it; NULL: it names none. */
static const rule_def *objector_of(const population *p, str text) {
    for (uint32_t i = 0; i < p->rules; i++) {
        char name[160];
        size_t at;
        snprintf(name, sizeof name, "`" STR_FMT "` objected", STR_ARG(p->rule[i].id));
        if (str_find(text, str_of(name), &at)) return &p->rule[i];
    }
    return NULL;
}

int pop_check(const pop_source *src, const pop_models *models, pop_form form, pop_sink out, pop_error *pe) {
    enum { TRIALS = 300 };
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, TRIALS, 1, &d, &e);
    if (ok && !trial_draw(&g, TRIALS, &e)) {
        const rule_def *by = objector_of(g.pop, str_of(e.text));
        diag_at(g.pop, &d, DIAG_P14, by ? by->body : NULL, by ? by->id : (str){0}, e.hint[0] ? e.hint : NULL,
                "%s", e.text);
        if (!by && d.n) d.row[d.n - 1].file = str_of(src->population);
        ok = false;
        design_free(&g);
        e.code = ERR_POPULATION;
    }
    diags_sort(&d);
    for (size_t i = 0; i < d.n; i++) {
        if (form == POP_JSON)
            diag_json(&b, &d.row[i]);
        else
            diag_text(&b, &d.row[i]);
    }
    if (d.dropped && form == POP_TEXT) buf_printf(&b, "and %zu more\n", d.dropped);
    if (ok && form == POP_TEXT) summary_text(&b, &g, &d);
    sink_buf(out, &b);
    int status = ok ? 0 : 2;
    if (ok && models) status = endpoints_check(models, form, out, &b, &e);
    if (status) error_out(&e, pe);
    if (ok) design_free(&g);
    diags_free(&d);
    buf_free(&b);
    return status;
}

/* ---- plan -------------------------------------------------------------------------------------------------
 */

typedef struct estimate {
    double calls, prompt, completion; /* a persona, if every first answer is accepted */
} estimate;

/* Facets that apply to the first slots, with the bytes of their prompts; a reply is taken as half of its limit.
 */
static bool estimate_make(const design *g, estimate *out, err *e) {
    enum { LOOK = 64 };
    uint64_t n = plan_size(g->plan) < LOOK ? plan_size(g->plan) : LOOK;
    arena *mem = arena_new(0);
    bool ok = true;
    *out = (estimate){0};
    for (uint64_t slot = 0; ok && slot < n; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g->pop, mem);
        ok = draw_skeleton(g->plan, slot, 0, &r, e);
        for (uint16_t f = 0; ok && f < g->pop->facets; f++) {
            const facet *x = &g->pop->facet[f];
            if (x->when && !pred_holds(x->when, &r)) continue;
            buf b = {0};
            render_ctx c = {.rec = &r, .run = g->run, .facet = f};
            prompt_system(x->prompt, &c, &b);
            prompt_slot(x->prompt, &c, &b);
            out->calls += 1;
            out->prompt += (double)b.n / 4;
            out->completion += (double)x->max_tokens / 2;
            buf_free(&b);
        }
    }
    for (uint16_t j = 0; j < g->pop->judges; j++) {
        double share = (double)g->pop->judge[j].share_ppm / 1e6 * (double)n;
        out->calls += share;
        out->prompt += share * 1500;
        out->completion += share * 60;
    }
    double k = n ? (double)n : 1;
    *out = (estimate){out->calls / k, out->prompt / k, out->completion / k};
    arena_free(mem);
    return ok;
}

static void plan_json(buf *b, const design *g, const estimate *x, bool all) {
    const plan *pl = g->plan;
    double n = (double)plan_size(pl);
    buf_printf(b,
               "{\"population\":\"" STR_FMT
               "\",\"n\":%llu,\"seed\":%llu,\"cells\":%u,\"rounding\":%.6f,\"calls\":%.0f,"
               "\"prompt_tokens\":%.0f,\"completion_tokens\":%.0f,\"tables\":[",
               STR_ARG(g->pop->name), (unsigned long long)plan_size(pl), (unsigned long long)plan_seed(pl),
               plan_cells(pl), plan_rounding(pl), x->calls * n, x->prompt * n, x->completion * n);
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        buf_printf(b, "%s{\"name\":", t ? "," : "");
        buf_json(b, plan_table_name(pl, t));
        buf_printf(b, ",\"cells\":%u}", plan_table_cells(pl, t));
    }
    buf_char(b, ']');
    for (uint32_t c = 0; all && c < plan_cells(pl); c++) {
        buf_z(b, c ? ",\n{\"cell\":" : ",\"quotas\":[\n{\"cell\":");
        plan_cell_json(pl, c, b);
        buf_printf(b, ",\"quota\":%llu}", (unsigned long long)plan_quota(pl, c));
    }
    buf_z(b, all ? "]}\n" : "}\n");
}

static void plan_text(buf *b, const design *g, const estimate *x, bool all) {
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
    buf_printf(b, STR_FMT ": %llu personas in %u cells, %llu to %llu each", STR_ARG(g->pop->name),
               (unsigned long long)plan_size(pl), cells, (unsigned long long)(least == UINT64_MAX ? 0 : least),
               (unsigned long long)most);
    if (empty) buf_printf(b, ", %u cells empty", empty);
    buf_printf(b, "\nquotas are exact in whole persons; the largest shift by rounding is %.2f persons\n",
               plan_rounding(pl));
    for (uint32_t t = 0; t < plan_tables(pl); t++)
        buf_printf(b, "table " STR_FMT ": %u cells\n", STR_ARG(plan_table_name(pl, t)),
                   plan_table_cells(pl, t));
    buf_printf(b,
               "calls: %.1f a persona, %.0f in all, if every first answer is accepted; revisions and judges' "
               "objections come on top\n",
               x->calls, x->calls * n);
    buf_printf(b, "tokens: about %.0f in and %.0f out a persona; %.1fM in and %.1fM out in all\n", x->prompt,
               x->completion, x->prompt * n / 1e6, x->completion * n / 1e6);
    for (uint32_t c = 0; all && c < cells; c++) {
        buf_printf(b, "%8llu  ", (unsigned long long)plan_quota(pl, c));
        plan_cell_print(pl, c, b);
        buf_char(b, '\n');
    }
}

int pop_plan(const pop_source *src, uint64_t n, uint64_t seed, bool all_cells, pop_form form, pop_sink out,
             pop_error *pe) {
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    estimate x;
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, n, seed, &d, &e);
    if (ok) {
        ok = estimate_make(&g, &x, &e);
        if (ok && form == POP_JSON) plan_json(&b, &g, &x, all_cells);
        if (ok && form == POP_TEXT) plan_text(&b, &g, &x, all_cells);
        sink_buf(out, &b);
        design_free(&g);
    }
    diags_free(&d);
    buf_free(&b);
    return ok ? 0 : error_status(&e, pe);
}

/* ---- draw
 * ---------------------------------------------------------------------------------------------------- */

static void skeleton_json(const population *p, const record *r, buf *b) {
    buf_printf(b, "{\"slot\":%llu,\"cell\":%u,\"attributes\":{", (unsigned long long)r->slot, r->cell);
    bool first = true;
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        bool list = n->number != NO_LEAF;
        if ((n->leaf == NO_LEAF && !list) || n->within != NO_LEAF || n->owner != NO_FACET) continue;
        if (!first) buf_char(b, ',');
        first = false;
        buf_json(b, n->path);
        buf_char(b, ':');
        if (list)
            instances_json(b, r, i);
        else
            value_json(b, n, &r->value[n->leaf]);
    }
    buf_z(b, "}}\n");
}

int pop_draw(const pop_source *src, uint64_t n, uint64_t seed, uint64_t from, uint64_t count, pop_sink out,
             pop_error *pe) {
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, n, seed, &d, &e);
    diags_free(&d);
    if (!ok) return error_status(&e, pe);
    arena *mem = arena_new(0);
    for (uint64_t slot = from; ok && slot < n && slot - from < count; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g.pop, mem);
        ok = draw_skeleton(g.plan, slot, 0, &r, &e);
        if (ok) skeleton_json(g.pop, &r, &b);
        if (b.n > 65536 && !sink_buf(out, &b)) break;
    }
    sink_buf(out, &b);
    arena_free(mem);
    buf_free(&b);
    design_free(&g);
    return ok ? 0 : error_status(&e, pe);
}

/* ---- built-in populations
 * ---------------------------------------------------------------------------------------- */

static int name_cmp(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t builtin_names(arena *mem, const char *dir, char **out, size_t max) {
    size_t n = 0;
    DIR *h = opendir(dir);
    if (!h) return 0;
    for (struct dirent *x; n < max && (x = readdir(h));)
        if (x->d_name[0] != '.') out[n++] = str_z(mem, str_of(x->d_name));
    closedir(h);
    qsort(out, n, sizeof *out, name_cmp);
    return n;
}

int pop_populations(pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    arena *mem = arena_new(0);
    char *names[256];
    char *dir = share_path(mem, "populations");
    if (!dir) {
        arena_free(mem);
        err_set(&e, ERR_IO, "set POPULACE_SHARE to the folder that holds populations/",
                "the built-in populations are not found");
        return error_status(&e, pe);
    }
    size_t n = builtin_names(mem, dir, names, COUNT_OF(names));
    buf b = {0};
    for (size_t i = 0; i < n; i++) {
        diags d;
        diags_init(&d);
        population *p = population_load(names[i], NULL, 0, &d);
        str title = p ? p->title : STR("");
        if (form == POP_JSON) {
            buf_z(&b, "{\"name\":");
            buf_json(&b, str_of(names[i]));
            buf_z(&b, ",\"title\":");
            buf_json(&b, title);
            buf_z(&b, "}\n");
        } else {
            buf_printf(&b, "%-18s " STR_FMT "\n", names[i], STR_ARG(title));
        }
        population_free(p);
        diags_free(&d);
    }
    sink_buf(out, &b);
    buf_free(&b);
    arena_free(mem);
    return 0;
}

/* api_population.c: what can be said of a population file without a model: check, draw. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

/* ---- check ---------------------------------------------------------------------------------------------- */

/* A few skeletons: what no reading shows, constraints that the draw cannot meet. */
static bool trial_draw(const design *g, uint64_t n, err *e) {
    arena *mem = arena_new(0);
    drawer *w = drawer_new(g->plan);
    bool ok = true;
    for (uint64_t slot = 0; ok && slot < n; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g->pop, mem);
        ok = drawer_skeleton(w, slot, 0, &r, e);
    }
    drawer_free(w);
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
    buf_printf(b,
               STR_FMT ": ok, %u attribute%s drawn, %u field%s written by %u facet%s, %zu constraint%s, %zu "
                       "check%s, %u judge%s",
               STR_ARG(p->name), drawn, plural(drawn), written, plural(written), p->facets, plural(p->facets),
               rules_constraints(g->rules), plural(rules_constraints(g->rules)), rules_checks(g->rules),
               plural(rules_checks(g->rules)), p->judges, plural(p->judges));
    if (d->n) buf_printf(b, ", %zu warning%s", d->n, plural(d->n));
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

/* The attribute that the draw's error says has no value left; NULL: it says nothing of the kind. */
static const node *exhausted_in(const population *p, str text) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        char words[600];
        size_t at;
        if (!p->node[i].unique) continue;
        snprintf(words, sizeof words, "`unique` leaves no value of `" STR_FMT "`", STR_ARG(p->node[i].path));
        if (str_find(text, str_of(words), &at)) return &p->node[i];
    }
    return NULL;
}

static void trial_said(const design *g, const pop_source *src, const err *e, diags *d) {
    const rule_def *by = objector_of(g->pop, str_of(e->text));
    const node *n = exhausted_in(g->pop, str_of(e->text));
    const char *hint = e->hint[0] ? e->hint : NULL;
    if (n) {
        tree at = {.file = n->file, .line = n->line, .column = n->column};
        diag_at(g->pop, d, DIAG_P16, &at, n->path, hint, "%s", e->text);
        return;
    }
    diag_at(g->pop, d, DIAG_P14, by ? by->body : NULL, by ? by->id : (str){0}, hint, "%s", e->text);
    if (!by && d->n) d->row[d->n - 1].file = str_of(src->population);
}

/* Nobody asked for so many persons: what a plan says of them is no matter of the file alone. */
static void trial_named(diags *d, uint64_t n) {
    for (size_t i = 0; i < d->n; i++) {
        diag *x = &d->row[i];
        if (x->code < DIAG_Q02 || x->code > DIAG_Q07) continue;
        x->hint =
            str_printf(d->mem, STR_FMT "%sthe numbers are of a trial plan of %llu persons, -n N plans another",
                       STR_ARG(x->hint), x->hint.n ? "; " : "", (unsigned long long)n);
    }
}

/* The rows are data: here is only how many they are. */
static void counted(const pop_source *src, const diags *d, err *e) {
    size_t errors = d->errors, all = d->n + d->dropped, warnings = all > errors ? all - errors : 0;
    err_code code = e->code;
    if (!errors) return;
    *e = (err){0};
    if (warnings)
        err_set(e, code, NULL, "%s: %zu error%s, %zu warning%s", src->population, errors,
                errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    else
        err_set(e, code, NULL, "%s: %zu error%s", src->population, errors, errors == 1 ? "" : "s");
}

int pop_check(const pop_source *src, uint64_t n, const pop_models *models, pop_form form, pop_sink out,
              pop_error *pe) {
    enum { TRIALS = 300 };
    uint64_t planned = n ? n : TRIALS;
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, planned, 1, &d, &e);
    if (ok && !trial_draw(&g, planned < TRIALS ? planned : TRIALS, &e)) {
        trial_said(&g, src, &e, &d);
        ok = false;
        design_free(&g);
        e.code = ERR_POPULATION;
    }
    if (!n) trial_named(&d, planned);
    if (!ok) counted(src, &d, &e);
    diags_put(&d, form, &b);
    if (ok && form == POP_TEXT) summary_text(&b, &g, &d);
    sink_buf(out, &b);
    int status = ok ? 0 : err_status(e.code);
    if (ok && models) status = endpoints_check(models, form, out, &b, &e);
    if (status) error_out(&e, pe);
    if (ok) design_free(&g);
    diags_free(&d);
    buf_free(&b);
    return status;
}

/* ---- draw ---------------------------------------------------------------------------------------------- */

static void skeleton_json(const population *p, const record *r, hash128 run, buf *b) {
    buf_printf(b, "{\"slot\":%llu,\"cell\":%u,", (unsigned long long)r->slot, r->cell);
    if (p->weighted) {
        buf_z(b, "\"weight\":");
        dec_print(b, (int64_t)r->weight, 6);
        buf_char(b, ',');
    }
    buf_z(b, "\"attributes\":{");
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
    buf_char(b, '}');
    if (p->links) {
        buf_z(b, ",\"links\":");
        links_json(b, r, run);
    }
    buf_z(b, "}\n");
}

int pop_draw(const pop_source *src, uint64_t n, uint64_t extend, uint64_t seed, uint64_t from, uint64_t count,
             pop_sink out, pop_error *pe) {
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&g, src->population, src->set, src->sets, n, seed, &d, &e) &&
              (!extend || design_extend(&g, extend, &d, &e));
    diags_free(&d);
    if (ok && from >= plan_size(g.plan)) {
        ok = err_set(&e, ERR_USAGE, NULL, "--from %llu: the slots are 0 to %llu", (unsigned long long)from,
                     (unsigned long long)plan_size(g.plan) - 1);
        design_free(&g);
    }
    if (!ok) return error_status(&e, pe);
    arena *mem = arena_new(0);
    drawer *w = drawer_new(g.plan);
    for (uint64_t slot = from; ok && slot < plan_size(g.plan) && slot - from < count; slot++) {
        arena_reset(mem);
        record r;
        record_init(&r, g.pop, mem);
        ok = drawer_skeleton(w, slot, 0, &r, &e);
        if (ok) skeleton_json(g.pop, &r, g.run, &b);
        if (b.n > 65536 && !sink_buf(out, &b)) break;
    }
    sink_buf(out, &b);
    drawer_free(w);
    arena_free(mem);
    buf_free(&b);
    design_free(&g);
    return ok ? 0 : error_status(&e, pe);
}

/* api_taxonomy.c: what a tree of attributes is like: shown, measured, its defects; as text and as JSON. */
#include <string.h>
#include "pipeline/pipeline.h"
#include "pipeline/taxon_open.h"

/* ---- which tree ----------------------------------------------------------------------------------------- */

bool taxon_open(opened_taxonomy *o, const char *file, err *e) {
    diags d;
    diags_init(&d);
    *o = (opened_taxonomy){.tree = taxonomy_read(file, false, &d)};
    if (o->tree && o->tree->form == TAXONOMY_POPULATION) {
        taxonomy_free(o->tree);
        o->pop = population_load(file, NULL, 0, &d);
        o->tree = o->pop ? taxonomy_of(o->pop) : NULL;
    }
    bool ok = o->tree != NULL;
    if (!ok && diags_err(&d, e)) err_set(e, ERR_POPULATION, NULL, "%s cannot be used", file);
    diags_free(&d);
    return ok;
}

void taxon_close(opened_taxonomy *o) {
    taxonomy_free(o->tree);
    population_free(o->pop);
    *o = (opened_taxonomy){0};
}

/* ---- tree ----------------------------------------------------------------------------------------------- */

enum { DOMAIN_SHOWN = 72 };

static void domain_put(buf *b, const taxon *x) {
    char line[DOMAIN_SHOWN * 4 + 8];
    str s = x->domain.n ? x->domain : x->kind;
    pop_text_line(s.p, s.n, DOMAIN_SHOWN, line, sizeof line);
    buf_printf(b, "  %s%s", line, text_columns(s) > DOMAIN_SHOWN ? "..." : "");
}

static void shown_text(buf *b, const taxon *x, uint32_t indent) {
    for (uint32_t i = 0; i < indent; i++) buf_z(b, "  ");
    buf_str(b, x->name);
    if (taxon_labelled(x)) buf_printf(b, " (" STR_FMT ")", STR_ARG(x->label));
    if (x->leaf && (x->domain.n || x->kind.n)) domain_put(b, x);
    if (!x->leaf) buf_printf(b, "  %u %s", x->leaves, x->leaves == 1 ? "leaf" : "leaves");
    if (x->instances) buf_z(b, "  several");
    if (x->conditioned) buf_z(b, "  when");
    buf_char(b, '\n');
}

static void member_put(buf *b, const char *key, str text) {
    buf_printf(b, ",\"%s\":", key);
    buf_json(b, text);
}

static void shown_json(buf *b, const taxon *x) {
    buf path = {0};
    taxon_path(x, &path);
    buf_z(b, "{\"path\":");
    buf_json(b, buf_view(&path));
    buf_printf(b, ",\"level\":%u,\"leaf\":%s,\"leaves\":%u", x->level, x->leaf ? "true" : "false", x->leaves);
    member_put(b, "label", x->label);
    member_put(b, "kind", x->kind);
    member_put(b, "domain", x->domain);
    member_put(b, "hint", x->hint);
    buf_printf(b, ",\"when\":%s,\"list\":%s}\n", x->conditioned ? "true" : "false",
               x->instances ? "true" : "false");
    buf_free(&path);
}

/* The nearest path that there is, if it is near enough to have been meant. */
static void path_unknown(const taxonomy *t, const char *file, const char *path, err *e) {
    str wrong = str_of(path);
    size_t least = wrong.n / 4 < 4 ? wrong.n / 4 + 1 : 4;
    buf way = {0}, hint = {0};
    for (const taxon *x = taxon_next(t->root, t->root); x && wrong.n <= 200; x = taxon_next(x, t->root)) {
        buf_reset(&way);
        taxon_path(x, &way);
        size_t n = way.n > wrong.n ? way.n - wrong.n : wrong.n - way.n;
        if (n >= least || (n = str_distance(wrong, buf_view(&way))) >= least) continue;
        least = n;
        buf_reset(&hint);
        buf_printf(&hint, "did you mean " STR_FMT "?", STR_ARG(buf_view(&way)));
    }
    buf_char(&hint, '\0');
    err_set(e, ERR_USAGE, hint.n > 1 ? hint.p : "a path is names joined by dots, as `taxonomy tree` shows them",
            "%s has no attribute %s", file, path);
    buf_free(&way);
    buf_free(&hint);
}

int pop_taxonomy_tree(const char *file, const pop_taxonomy_view *view, pop_form form, pop_sink out,
                      pop_error *pe) {
    err e = {0};
    opened_taxonomy o;
    if (!taxon_open(&o, file, &e)) return error_status(&e, pe);
    const taxon *top = view->under ? taxonomy_find(o.tree, str_of(view->under)) : o.tree->root;
    if (!top) {
        path_unknown(o.tree, file, view->under, &e);
        taxon_close(&o);
        return error_status(&e, pe);
    }
    buf b = {0};
    uint32_t least = top->up ? top->level : 1;
    bool more = true;
    for (const taxon *x = top; x && more; x = taxon_next(x, top)) {
        if (!x->up || (view->depth && x->level >= least + view->depth)) continue;
        if (form == POP_JSON)
            shown_json(&b, x);
        else
            shown_text(&b, x, x->level - least);
        if (b.n > 65536) more = sink_buf(out, &b);
    }
    sink_buf(out, &b);
    buf_free(&b);
    taxon_close(&o);
    return 0;
}

/* ---- stats ---------------------------------------------------------------------------------------------- */

/* Children of a section, in hundredths. */
static uint64_t branching(const taxonomy *t, const taxonomy_stats *s) {
    uint64_t nodes = s->nodes - t->root->children;
    return s->sections ? (nodes * 100 + s->sections / 2) / s->sections : 0;
}

static void stats_text(buf *b, const taxonomy *t, const taxonomy_stats *s) {
    uint64_t by = branching(t, s);
    buf_printf(b, "%u nodes, %u leaves below %u sections, %u of them first-level categories\n", s->nodes,
               s->leaves, s->sections, t->root->children);
    buf_printf(b, "%llu.%02llu children a section, at most %u", (unsigned long long)by / 100,
               (unsigned long long)by % 100, s->most_children);
    if (s->widest) {
        buf_z(b, " (");
        taxon_path(s->widest, b);
        buf_char(b, ')');
    }
    const struct {
        const char *what;
        uint32_t n;
    } rows[] = {{"sections with a single child", s->chains}, {"leaves without kind", s->bare},
                {"texts without hint", s->unhinted},         {"nodes with a `when`", s->conditioned},
                {"names, as they are spelt", s->spellings},  {"names, when folded", s->names},
                {"nodes that share theirs", s->repeated}};
    buf_char(b, '\n');
    for (size_t i = 0; i < COUNT_OF(rows); i++) buf_printf(b, "%-28s %7u\n", rows[i].what, rows[i].n);
    buf_z(b, "\nlevel    nodes   leaves\n");
    for (uint32_t i = 1; i <= s->levels; i++)
        buf_printf(b, "%5u %8u %8u\n", i, s->nodes_at[i], s->leaves_at[i]);
    buf_z(b, "\nkind          leaves\n");
    for (uint32_t i = 0; i < s->kinds; i++)
        buf_printf(b, "%-12.*s %7u\n", STR_ARG(s->kind[i].what.n ? s->kind[i].what : STR("(none)")),
                   s->kind[i].n);
    buf_z(b, "\nleaves   share  category\n");
    for (const taxon *x = t->root->first; x; x = x->next)
        buf_printf(b, "%6u %6.1f%%  " STR_FMT "\n", x->leaves, s->leaves ? 100.0 * x->leaves / s->leaves : 0.0,
                   STR_ARG(x->name));
}

static void counts_json(buf *b, const char *name, const uint32_t *n, uint32_t levels) {
    buf_printf(b, ",\"%s\":[", name);
    for (uint32_t i = 1; i <= levels; i++) buf_printf(b, "%s%u", i > 1 ? "," : "", n[i]);
    buf_char(b, ']');
}

static void stats_json(buf *b, const taxonomy *t, const taxonomy_stats *s) {
    buf_printf(b,
               "{\"nodes\":%u,\"leaves\":%u,\"sections\":%u,\"categories\":%u,\"most_children\":%u,"
               "\"chains\":%u,\"without_kind\":%u,\"without_hint\":%u,\"conditioned\":%u,\"spellings\":%u,"
               "\"names\":%u,\"repeated\":%u",
               s->nodes, s->leaves, s->sections, t->root->children, s->most_children, s->chains, s->bare,
               s->unhinted, s->conditioned, s->spellings, s->names, s->repeated);
    counts_json(b, "nodes_by_level", s->nodes_at, s->levels);
    counts_json(b, "leaves_by_level", s->leaves_at, s->levels);
    buf_z(b, ",\"kinds\":{");
    for (uint32_t i = 0; i < s->kinds; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, s->kind[i].what);
        buf_printf(b, ":%u", s->kind[i].n);
    }
    buf_z(b, "},\"shares\":[");
    for (const taxon *x = t->root->first; x; x = x->next) {
        buf_z(b, x == t->root->first ? "{\"name\":" : ",{\"name\":");
        buf_json(b, x->name);
        buf_printf(b, ",\"leaves\":%u}", x->leaves);
    }
    buf_z(b, "]}\n");
}

int pop_taxonomy_stats(const char *file, pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    opened_taxonomy o;
    if (!taxon_open(&o, file, &e)) return error_status(&e, pe);
    taxonomy_stats s;
    buf b = {0};
    taxonomy_measure(o.tree, &s);
    if (form == POP_JSON)
        stats_json(&b, o.tree, &s);
    else
        stats_text(&b, o.tree, &s);
    sink_buf(out, &b);
    buf_free(&b);
    taxon_close(&o);
    return 0;
}

/* ---- defects -------------------------------------------------------------------------------------------- */

/* The hint, where it is not that of the row above as well. */
static void defect_text(buf *b, const defect *x, str above) {
    if (x->file < x->of->files) buf_str(b, x->of->file[x->file]);
    if (x->line) buf_printf(b, ":%u:%u", x->line, x->column);
    buf_printf(b, ": %s: " STR_FMT ": " STR_FMT "\n", defect_name(x->kind), STR_ARG(x->path), STR_ARG(x->text));
    if (x->hint.n && !str_eq(x->hint, above)) buf_printf(b, "    " STR_FMT "\n", STR_ARG(x->hint));
}

static void defect_json(buf *b, const defect *x) {
    buf_printf(b, "{\"defect\":\"%s\"", defect_name(x->kind));
    member_put(b, "file", x->file < x->of->files ? x->of->file[x->file] : (str){0});
    buf_printf(b, ",\"line\":%u,\"column\":%u", x->line, x->column);
    member_put(b, "path", x->path);
    member_put(b, "text", x->text);
    member_put(b, "hint", x->hint);
    buf_z(b, "}\n");
}

bool defects_put(const defects *d, pop_form form, pop_sink out) {
    buf b = {0};
    bool more = true;
    for (uint32_t i = 0; i < d->n && more; i++) {
        if (form == POP_JSON)
            defect_json(&b, &d->row[i]);
        else
            defect_text(&b, &d->row[i], i ? d->row[i - 1].hint : (str){0});
        if (b.n > 65536) more = sink_buf(out, &b);
    }
    more = more && sink_buf(out, &b);
    buf_free(&b);
    return more;
}

void defects_sum(const defects *d, buf *b) {
    for (uint32_t k = 0, some = 0; k < DEFECT_COUNT; k++)
        if (d->count[k]) buf_printf(b, "%s%u %s", some++ ? ", " : "", d->count[k], defect_name((defect_kind)k));
}

int pop_taxonomy_lint(const char *file, double alike, pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    opened_taxonomy o;
    if (alike < 0 || alike > 1) {
        err_set(&e, ERR_USAGE, NULL, "--alike %g: a similarity is from 0 to 1", alike);
        return error_status(&e, pe);
    }
    if (!taxon_open(&o, file, &e)) return error_status(&e, pe);
    defects d;
    defects_init(&d);
    taxonomy_lint(o.tree, (uint32_t)(alike * 1000 + 0.5), &d);
    defects_put(&d, form, out);
    if (d.n) {
        buf b = {0};
        defects_sum(&d, &b);
        err_set(&e, ERR_VERIFY, NULL, "%s has %u defect%s: " STR_FMT, file, d.n, plural(d.n),
                STR_ARG(buf_view(&b)));
        buf_free(&b);
    }
    defects_free(&d);
    taxon_close(&o);
    return e.code == ERR_OK ? 0 : error_status(&e, pe);
}

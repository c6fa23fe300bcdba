/* api_builtin.c: the built-in populations: which there are, where their numbers come from, whether they hold,
 * and a copy of one to edit. What is shown and verified of a built-in one can be of any population file. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

enum { NAMES_MOST = 256 };

/* ---- names ---------------------------------------------------------------------------------------------- */

static int name_cmp(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Folders that hold a population file, sorted. */
static size_t names_read(arena *mem, const char *dir, char **out) {
    size_t n = 0;
    DIR *h = opendir(dir);
    if (!h) return 0;
    for (struct dirent *x; n < NAMES_MOST && (x = readdir(h));) {
        if (x->d_name[0] == '.') continue;
        char *file = path_join(mem, path_join(mem, dir, x->d_name), "population.yaml");
        if (access(file, R_OK) == 0) out[n++] = str_z(mem, str_of(x->d_name));
    }
    closedir(h);
    qsort(out, n, sizeof *out, name_cmp);
    return n;
}

static bool names_find(arena *mem, char **out, size_t *n, err *e) {
    char *dir = share_path(mem, "populations");
    if (!dir)
        return err_set(e, ERR_IO, "set POPULACE_SHARE to the folder that holds populations/",
                       "the built-in populations are not found");
    *n = names_read(mem, dir, out);
    return true;
}

/* ---- list ----------------------------------------------------------------------------------------------- */

enum { CELLS_N = 1000000 }; /* for how many the cells are counted */

/* The years that stand in texts such as "2022 and 2024": the first and the last, 0: none. */
static void years_in(str s, unsigned *first, unsigned *last) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned digits = 0, year = 0;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++, digits++)
            year = year * 10 + (unsigned)(s.p[i] - '0');
        if (digits != 4) continue;
        if (!*first || year < *first) *first = year;
        if (year > *last) *last = year;
    }
}

typedef struct listed {
    const char *name;
    str title;
    uint32_t cells;
    unsigned first, last; /* years of its sources */
} listed;

/* A population that cannot be used has a title that says so. */
static listed list_one(arena *mem, const char *name) {
    listed l = {.name = name, .title = STR("cannot be used: `populace populations verify` says why")};
    design g;
    diags d;
    dataset *f;
    diags_init(&d);
    if (design_load(&g, name, NULL, 0, CELLS_N, 1, &d, NULL)) {
        l.title = str_dup(mem, g.pop->title);
        l.cells = plan_cells(g.plan);
        for (uint32_t i = 0, n = population_datasets(g.pop, mem, &f); i < n; i++)
            years_in(f[i].year, &l.first, &l.last);
        design_free(&g);
    }
    diags_free(&d);
    return l;
}

static void listed_text(buf *b, const listed *l) {
    buf_printf(b, "%-18s %5u cells  ", l->name, l->cells);
    if (!l->first)
        buf_printf(b, "%-9s", "");
    else if (l->first == l->last)
        buf_printf(b, "%-9u", l->first);
    else
        buf_printf(b, "%u-%u", l->first, l->last);
    buf_printf(b, "  " STR_FMT "\n", STR_ARG(l->title));
}

static void listed_json(buf *b, const listed *l) {
    buf_z(b, "{\"name\":");
    buf_json(b, str_of(l->name));
    buf_z(b, ",\"title\":");
    buf_json(b, l->title);
    buf_printf(b, ",\"cells\":%u,\"years\":", l->cells);
    if (l->first)
        buf_printf(b, "[%u,%u]}\n", l->first, l->last);
    else
        buf_z(b, "null}\n");
}

int pop_populations(pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    arena *mem = arena_new(0);
    char *name[NAMES_MOST];
    size_t n = 0;
    bool ok = names_find(mem, name, &n, &e);
    buf b = {0};
    for (size_t i = 0; i < n; i++) {
        listed l = list_one(mem, name[i]);
        if (form == POP_JSON)
            listed_json(&b, &l);
        else
            listed_text(&b, &l);
    }
    sink_buf(out, &b);
    buf_free(&b);
    arena_free(mem);
    return ok ? 0 : error_status(&e, pe);
}

/* ---- show ----------------------------------------------------------------------------------------------- */

static const char *const dataset_word[] = {"table", "correlation", "attribute"};

typedef struct labelled {
    const char *key;
    str text;
} labelled;
enum { LABELLED = 10 };

/* What is said of a data set, in the order in which it is shown. */
static void dataset_said(const dataset *f, labelled out[LABELLED]) {
    const labelled all[LABELLED] = {{"over", f->over},   {"by", f->by},           {"source", f->source},
                                    {"year", f->year},   {"licence", f->licence}, {"measure", f->measure},
                                    {"basis", f->basis}, {"method", f->method},   {"total", f->total},
                                    {"note", f->note}};
    memcpy(out, all, sizeof all);
}

static void dataset_text(buf *b, const dataset *f) {
    labelled said[LABELLED];
    dataset_said(f, said);
    buf_printf(b, "\n%s " STR_FMT, dataset_word[f->kind], STR_ARG(f->name));
    if (f->title.n) buf_printf(b, ": " STR_FMT, STR_ARG(f->title));
    buf_char(b, '\n');
    for (size_t i = 0; i < LABELLED; i++)
        if (said[i].text.n) buf_printf(b, "  %-8s " STR_FMT "\n", said[i].key, STR_ARG(said[i].text));
}

static void dataset_json(buf *b, const dataset *f) {
    labelled said[LABELLED];
    dataset_said(f, said);
    buf_printf(b, "{\"kind\":\"%s\",\"name\":", dataset_word[f->kind]);
    buf_json(b, f->name);
    buf_z(b, ",\"form\":");
    buf_json(b, f->form);
    buf_z(b, ",\"title\":");
    buf_json(b, f->title);
    for (size_t i = 0; i < LABELLED; i++) {
        buf_printf(b, ",\"%s\":", said[i].key);
        buf_json(b, said[i].text);
    }
    buf_char(b, '}');
}

/* "choice of 66, number 0 to 104" */
static void domain_text(buf *b, const node *n) {
    buf_z(b, kind_name(n->kind));
    if (n->kind == K_CHOICE) buf_printf(b, " of %u", n->values);
    if (n->kind == K_NUMBER) {
        buf_char(b, ' ');
        dec_print(b, n->lo * n->step.m, n->step.places);
        buf_z(b, " to ");
        dec_print(b, n->hi * n->step.m, n->step.places);
    }
    if (n->is_list) buf_z(b, ", several");
}

static void node_text(buf *b, const node *n) {
    buf_printf(b, "  %-30.*s ", STR_ARG(n->path));
    domain_text(b, n);
    buf_char(b, '\n');
}

static void node_json(buf *b, const node *n) {
    buf_z(b, "{\"path\":");
    buf_json(b, n->path);
    buf_printf(b, ",\"kind\":\"%s\"", kind_name(n->kind));
    if (n->kind == K_CHOICE) {
        buf_z(b, ",\"values\":[");
        for (uint32_t i = 0; i < n->values; i++) {
            if (i) buf_char(b, ',');
            buf_json(b, n->value[i].value);
        }
        buf_char(b, ']');
    }
    if (n->kind == K_NUMBER) {
        buf_z(b, ",\"from\":");
        dec_print(b, n->lo * n->step.m, n->step.places);
        buf_z(b, ",\"to\":");
        dec_print(b, n->hi * n->step.m, n->step.places);
    }
    buf_char(b, '}');
}

static const char *const top_keys[] = {"note", "source", "year", "licence"};

static void show_text(buf *b, const population *p, const dataset *f, uint32_t n) {
    buf_printf(b, STR_FMT ": " STR_FMT "\n", STR_ARG(p->name), STR_ARG(p->title));
    for (size_t i = 0; i < COUNT_OF(top_keys); i++) {
        str said = population_said(p, top_keys[i]);
        if (said.n) buf_printf(b, "  %-8s " STR_FMT "\n", top_keys[i], STR_ARG(said));
    }
    buf_z(b, "\nattributes\n");
    for (uint32_t i = 0; i < p->drawn_nodes; i++)
        if (p->node[i].kind != K_SECTION) node_text(b, &p->node[i]);
    for (uint32_t i = 0; i < n; i++) dataset_text(b, &f[i]);
}

static void show_json(buf *b, const population *p, const dataset *f, uint32_t n) {
    buf_z(b, "{\"name\":");
    buf_json(b, p->name);
    buf_z(b, ",\"title\":");
    buf_json(b, p->title);
    for (size_t i = 0; i < COUNT_OF(top_keys); i++) {
        buf_printf(b, ",\"%s\":", top_keys[i]);
        buf_json(b, population_said(p, top_keys[i]));
    }
    buf_z(b, ",\"attributes\":[");
    bool first = true;
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        if (p->node[i].kind == K_SECTION) continue;
        if (!first) buf_char(b, ',');
        first = false;
        node_json(b, &p->node[i]);
    }
    buf_z(b, "],\"datasets\":[");
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_char(b, ',');
        dataset_json(b, &f[i]);
    }
    buf_z(b, "]}\n");
}

int pop_populations_show(const char *name, pop_form form, pop_sink out, pop_error *pe) {
    design g;
    diags d;
    err e = {0};
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&g, name, NULL, 0, 0, 1, &d, &e);
    diags_free(&d);
    if (!ok) return error_status(&e, pe);
    arena *mem = arena_new(0);
    dataset *f;
    uint32_t n = population_datasets(g.pop, mem, &f);
    if (form == POP_JSON)
        show_json(&b, g.pop, f, n);
    else
        show_text(&b, g.pop, f, n);
    sink_buf(out, &b);
    buf_free(&b);
    arena_free(mem);
    design_free(&g);
    return 0;
}

/* ---- verify --------------------------------------------------------------------------------------------- */

/* What is wrong with one population, sentence by sentence. */
typedef struct verdict {
    const char *name;
    str *fault;
    uint32_t faults, cap, datasets;
    bool infeasible; /* some of them are the plan's, and none of them the file's */
    arena *mem;
} verdict;

static void fault_add(verdict *v, str text) {
    if (v->faults == v->cap) {
        str *more = arena_new_of(v->mem, str, v->cap * 2 + 8);
        if (v->faults) memcpy(more, v->fault, sizeof *more * v->faults);
        v->fault = more;
        v->cap = v->cap * 2 + 8;
    }
    v->fault[v->faults++] = str_dup(v->mem, text);
}

static void datasets_verify(verdict *v, const population *p) {
    dataset *f;
    v->datasets = population_datasets(p, v->mem, &f);
    for (uint32_t i = 0; i < v->datasets; i++) {
        const char *text[DATASET_FAULTS];
        uint32_t n = dataset_faults(&f[i], v->mem, text);
        for (uint32_t k = 0; k < n; k++)
            fault_add(v, str_printf(v->mem, "%s `" STR_FMT "`: %s", dataset_word[f[i].kind], STR_ARG(f[i].name),
                                    text[k]));
    }
}

/* Quotas add up to all, and in each table to what was asked of its cells. */
static void quotas_recount(verdict *v, const plan *pl) {
    uint64_t sum = 0;
    for (uint32_t c = 0; c < plan_cells(pl); c++) sum += plan_quota(pl, c);
    if (sum != plan_size(pl))
        fault_add(v, str_printf(v->mem, "n = %llu: quotas sum to %llu", (unsigned long long)plan_size(pl),
                                (unsigned long long)sum));
    for (uint32_t t = 0; t < plan_tables(pl); t++) {
        uint32_t cells = plan_table_cells(pl, t), off = 0;
        uint64_t *got = arena_new_of(v->mem, uint64_t, cells + 1);
        for (uint32_t c = 0; c < plan_cells(pl); c++) {
            uint32_t at = plan_table_cell(pl, t, c);
            if (at < cells) got[at] += plan_quota(pl, c); /* else it speaks of others */
        }
        for (uint32_t c = 0; c < cells; c++) off += got[c] != plan_table_asked(pl, t, c);
        if (off)
            fault_add(v, str_printf(v->mem, "n = %llu: table `" STR_FMT "` is missed in %u of %u cells",
                                    (unsigned long long)plan_size(pl), STR_ARG(plan_table_name(pl, t)), off,
                                    cells));
    }
}

/* Skeletons can be drawn, and lie in their cells. */
static void draws_verify(verdict *v, const design *g) {
    enum { DRAWS = 300 };
    uint64_t n = plan_size(g->plan) < DRAWS ? plan_size(g->plan) : DRAWS;
    arena *mem = arena_new(0);
    bool fine = true;
    for (uint64_t slot = 0; fine && slot < n; slot++) {
        err e = {0};
        record r;
        arena_reset(mem);
        record_init(&r, g->pop, mem);
        fine = draw_skeleton(g->plan, slot, 0, &r, &e);
        if (!fine)
            fault_add(v, str_of(e.text));
        else if (!(fine = plan_find(g->plan, &r) == r.cell))
            fault_add(v, str_printf(v->mem, "n = %llu: slot %llu does not lie in its cell",
                                    (unsigned long long)plan_size(g->plan), (unsigned long long)slot));
    }
    arena_free(mem);
}

static const uint64_t plan_sizes[] = {1000, 10000, 1000000};

static void plans_verify(verdict *v, design *g) {
    for (size_t i = 0; i < COUNT_OF(plan_sizes); i++) {
        diags d;
        err e = {0};
        diags_init(&d);
        g->plan = plan_make(g->pop, plan_sizes[i], 1, &d);
        if (!g->plan) {
            diags_err(&d, &e);
            fault_add(v, str_printf(v->mem, "n = %llu: %s", (unsigned long long)plan_sizes[i], e.text));
        } else {
            quotas_recount(v, g->plan);
            draws_verify(v, g);
        }
        plan_free(g->plan);
        g->plan = NULL;
        diags_free(&d);
    }
}

static void verify_one(verdict *v) {
    design g;
    diags d;
    err e = {0};
    diags_init(&d);
    if (design_load(&g, v->name, NULL, 0, 0, 1, &d, &e)) {
        datasets_verify(v, g.pop);
        uint32_t of_file = v->faults;
        plans_verify(v, &g);
        v->infeasible = v->faults && !of_file;
        design_free(&g);
    } else {
        fault_add(v, str_of(e.text));
    }
    diags_free(&d);
}

static void verdict_text(buf *b, const verdict *v) {
    if (!v->faults)
        buf_printf(b, "%s: ok, %u data sets with their sources, exact at 1000, 10000 and 1000000\n", v->name,
                   v->datasets);
    for (uint32_t i = 0; i < v->faults; i++) buf_printf(b, "%s: " STR_FMT "\n", v->name, STR_ARG(v->fault[i]));
}

static void verdict_json(buf *b, const verdict *v) {
    buf_z(b, "{\"name\":");
    buf_json(b, str_of(v->name));
    buf_printf(b, ",\"ok\":%s,\"datasets\":%u,\"faults\":[", v->faults ? "false" : "true", v->datasets);
    for (uint32_t i = 0; i < v->faults; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, v->fault[i]);
    }
    buf_z(b, "]}\n");
}

int pop_populations_verify(const char *const *name, size_t names, pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    buf b = {0};
    arena *mem = arena_new(0);
    char *all[NAMES_MOST];
    size_t n = names, wrong = 0;
    bool ok = names > 0 || names_find(mem, all, &n, &e), infeasible = true;
    for (size_t i = 0; ok && i < n; i++) {
        verdict v = {.name = names ? name[i] : all[i], .mem = mem};
        verify_one(&v);
        wrong += v.faults > 0;
        infeasible = infeasible && (!v.faults || v.infeasible);
        if (form == POP_JSON)
            verdict_json(&b, &v);
        else
            verdict_text(&b, &v);
        ok = sink_buf(out, &b);
    }
    buf_free(&b);
    arena_free(mem);
    if (wrong)
        err_set(&e, infeasible ? ERR_PLAN : ERR_POPULATION, NULL, "%zu of %zu populations %s not hold", wrong,
                n, wrong == 1 ? "does" : "do");
    return e.code == ERR_OK ? 0 : error_status(&e, pe);
}

/* ---- export --------------------------------------------------------------------------------------------- */

int pop_populations_export(const char *name, const char *dir, pop_error *pe) {
    err e = {0};
    return population_export(name, dir, &e) ? 0 : error_status(&e, pe);
}

/* compile_tables_lint.c: what reads as a table and is likely not what was meant: a table that only --soft,
 * --scale or
 * --set speaks of, and values that no row names.
 */
#include "taxonomy/compile/compile_parts.h"

bool table_of_set(const population *p, const tree *t) {
    return t->file < p->composed->files && str_is(p->composed->file[t->file], "--set");
}

bool no_table(const population *p, const tree *t, str name, diags *d) {
    const tree *all = tree_get(p->composed->top, "tables");
    near k = near_to(name);
    buf b = {0};
    for (uint32_t i = 0; i < all->n; i++) {
        if (table_of_set(p, all->member[i].value)) continue;
        near_try(&k, all->member[i].key);
        if (b.n < 300) buf_printf(&b, "%s" STR_FMT, b.n ? ", " : "tables: ", STR_ARG(all->member[i].key));
    }
    const char *hint = near_hint(p->mem, &k);
    if (!hint) hint = b.n ? str_z(p->mem, buf_view(&b)) : "this population has no tables";
    buf_free(&b);
    return lint_at(p, d, DIAG_P04, t, name, hint, "there is no table `" STR_FMT "`", STR_ARG(name));
}

/* The classes of parent k that have a cell. */
static bool *classes_named(const grid *g, uint32_t k, arena *mem) {
    bool *named = arena_new_of(mem, bool, g->parent[k].n + 1);
    size_t stride = 1;
    for (uint32_t i = k + 1; i < g->parents; i++) stride *= g->parent[i].n + 1;
    for (size_t i = 0; i < g->cells; i++)
        if (g->cell[i] != UINT32_MAX) named[i / stride % (g->parent[k].n + 1)] = true;
    return named;
}

void values_named(const population *p, const tree *at, const table *t, const grid *cells, diags *d) {
    buf b = {0};
    for (uint32_t k = t->by; k < t->over.n; k++) {
        const node *n = node_at(p, t->over.leaf[k]);
        const classes *cut = &cells->parent[k];
        const bool *named = classes_named(cells, k, p->mem);
        for (uint32_t c = 0; c < cut->n; c++) {
            if (named[c] || c == cut->none) continue;
            buf_reset(&b);
            class_print(n, cut, c, &b);
            lint_at(p, d, DIAG_W00, at, n->path,
                    "add the rows; a row with 0 says that nobody is meant, as does a narrower domain",
                    "table `" STR_FMT "`: no row speaks of `" STR_FMT "` = %.*s: nobody will be there",
                    STR_ARG(t->name), STR_ARG(n->path), (int)(b.n < 200 ? b.n : 200), b.p);
        }
    }
    buf_free(&b);
}

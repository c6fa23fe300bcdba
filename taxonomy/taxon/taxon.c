/* taxon.c: the tree of attributes by itself: nodes made, moved, found, counted; and the tree of a population.
 *
 * Levels are at most those that the reader of a file or the compiler of a population lets through (64), so
 * walks down the tree need no limit of their own; all but taxonomy_count go without recursion.
 */
#include "taxonomy/taxon/taxon_parts.h"
#include "taxonomy/compile/compile_parts.h"
#include "taxonomy/template.h"

taxonomy *taxonomy_new(void) {
    arena *mem = arena_new(0);
    taxonomy *t = arena_new_of(mem, taxonomy, 1);
    t->mem = mem;
    t->form = TAXONOMY_NAMES;
    t->root = arena_new_of(mem, taxon, 1);
    return t;
}

void taxonomy_free(taxonomy *t) {
    while (t) {
        taxonomy *with = t->with;
        strmap_free(t->paths);
        arena_free(t->mem);
        t = with;
    }
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

static void child_link(taxon *up, taxon *x) {
    x->up = up;
    x->next = NULL;
    x->before = up->last;
    if (up->last)
        up->last->next = x;
    else
        up->first = x;
    up->last = x;
    up->children++;
}

taxon *taxon_add(taxonomy *t, taxon *up, str name) {
    taxon *x = arena_new_of(t->mem, taxon, 1);
    x->name = x->label = str_dup(t->mem, name);
    x->level = up->level + 1;
    child_link(up, x);
    return x;
}

void taxon_remove(taxon *x) {
    taxon *up = x->up;
    if (x->before)
        x->before->next = x->next;
    else
        up->first = x->next;
    if (x->next)
        x->next->before = x->before;
    else
        up->last = x->before;
    up->children--;
    x->up = x->next = x->before = NULL;
}

void taxon_move(taxon *x, taxon *to) {
    taxon_remove(x);
    child_link(to, x);
}

static uint32_t count_below(taxon *x, uint32_t level) {
    x->level = level;
    x->children = 0;
    x->leaves = x->leaf;
    for (taxon *c = x->first; c; c = c->next) {
        x->children++;
        x->leaves += count_below(c, level + 1);
    }
    return x->leaves;
}

void taxonomy_count(taxonomy *t) {
    count_below(t->root, 0);
}

taxon *taxon_child(const taxon *x, str name) {
    for (taxon *c = x->first; c; c = c->next)
        if (str_eq(c->name, name)) return c;
    return NULL;
}

/* Names of others may hold dots: the longest name that the path begins with is taken first. */
const taxon *taxonomy_find(const taxonomy *t, str path) {
    const taxon *x = t->root;
    while (path.n) {
        const taxon *found = NULL;
        for (const taxon *c = x->first; c; c = c->next) {
            bool fits = c->name.n <= path.n && str_eq(c->name, str_part(path, 0, c->name.n)) &&
                        (c->name.n == path.n || path.p[c->name.n] == '.');
            if (fits && (!found || c->name.n > found->name.n)) found = c;
        }
        if (!found) return NULL;
        path = str_part(path, found->name.n < path.n ? found->name.n + 1 : path.n, path.n);
        x = found;
    }
    return x;
}

const taxon *taxon_next(const taxon *x, const taxon *top) {
    if (x->first) return x->first;
    for (; x != top; x = x->up)
        if (x->next) return x->next;
    return NULL;
}

void taxon_path(const taxon *x, buf *out) {
    const taxon *way[TAXONOMY_LEVELS + 1];
    uint32_t n = 0;
    for (; x->up && n < COUNT_OF(way); x = x->up) way[n++] = x;
    for (uint32_t i = n; i-- > 0;) {
        buf_str(out, way[i]->name);
        if (i) buf_char(out, '.');
    }
}

str taxon_path_str(arena *mem, const taxon *x) {
    buf b = {0};
    taxon_path(x, &b);
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

/* ---- of a population ----------------------------------------------------------------------------------------
 */

static taxon *node_taxon(taxonomy *t, const population *p, uint32_t i, taxon *up) {
    const node *n = &p->node[i];
    taxon *x = taxon_add(t, up, n->name);
    x->label = n->label;
    x->hint = n->hint;
    x->leaf = n->kind != K_SECTION;
    x->kind = x->leaf ? str_of(kind_name(n->kind)) : (str){0};
    x->instances = n->number != NO_LEAF;
    x->conditioned = tree_get(p->compiled->source[i], "when") != NULL;
    x->file = n->file;
    x->line = n->line;
    x->column = n->column;
    if (x->leaf) {
        buf b = {0};
        node_form(n, &b);
        x->domain = str_dup(t->mem, buf_view(&b));
        buf_free(&b);
    }
    return x;
}

taxonomy *taxonomy_of(const population *p) {
    taxonomy *t = taxonomy_new();
    t->form = TAXONOMY_POPULATION;
    t->file = p->composed->file;
    t->files = p->composed->files;
    taxon **made = arena_new_of(t->mem, taxon *, p->drawn_nodes + 1);
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        uint32_t up = p->node[i].parent;
        made[i] = node_taxon(t, p, i, up == NO_LEAF ? t->root : made[up]);
    }
    taxonomy_count(t);
    return t;
}

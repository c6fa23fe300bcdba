/* compile_refs.c: REF and REFS: a path, or the last names of exactly one path, to nodes and leaves.
 *
 * Invariant: after refs_index, p->compiled->paths and ->suffixes hold every path and every end of one; both
 * borrow the text of node.path. A REF to a node that is broken is found, and whoever needs its values says
 * nothing.
 */
#include "taxonomy/compile/compile_parts.h"

#define SEVERAL ((void *)UINTPTR_MAX)

void refs_index(population *p) {
    compiled *c = p->compiled;
    c->paths = strmap_new(p->nodes * 2 + 16);
    c->suffixes = strmap_new(p->nodes * 4 + 16);
    for (uint32_t i = 0; i < p->nodes; i++) {
        str path = p->node[i].path;
        strmap_put(c->paths, path, (void *)(uintptr_t)(i + 1));
        for (size_t at = 0; at < path.n; at++) {
            if (path.p[at] != '.') continue;
            str end = str_part(path, at + 1, path.n);
            if (strmap_put(c->suffixes, end, (void *)(uintptr_t)(i + 1))) strmap_put(c->suffixes, end, SEVERAL);
        }
    }
}

static uint32_t lookup(const population *p, str ref, bool *several) {
    *several = false;
    const compiled *c = p->compiled;
    if (!c->paths || !ref.n) return NO_NODE;
    void *hit = strmap_get(c->paths, ref);
    if (!hit) hit = strmap_get(c->suffixes, ref);
    *several = hit == SEVERAL;
    return !hit || *several ? NO_NODE : (uint32_t)((uintptr_t)hit - 1);
}

const node *node_find(const population *p, str path) {
    bool several;
    uint32_t i = lookup(p, path, &several);
    return i == NO_NODE ? NULL : &p->node[i];
}

bool ref_known(const population *p, str ref) {
    bool several;
    return lookup(p, ref, &several) != NO_NODE || several;
}

/* Up to four of the paths that end so. */
static const char *candidates(const population *p, str ref) {
    buf b = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->nodes && n < 5; i++) {
        str path = p->node[i].path;
        if (path.n <= ref.n || path.p[path.n - ref.n - 1] != '.') continue;
        if (!str_eq(str_part(path, path.n - ref.n, path.n), ref)) continue;
        if (n < 4)
            buf_printf(&b, "%s`" STR_FMT "`", n ? ", " : "one of ", STR_ARG(path));
        else
            buf_z(&b, ", ...");
        n++;
    }
    const char *hint = str_z(p->mem, buf_view(&b));
    buf_free(&b);
    return hint;
}

/* Of whole paths, of last names, of links: each may be what was meant. */
static const char *nearest(const population *p, str ref) {
    near k = near_to(ref);
    for (uint32_t i = 0; i < p->nodes; i++) {
        near_try(&k, p->node[i].path);
        near_try(&k, p->node[i].name);
    }
    const tree *links = tree_get(p->composed->top, "links");
    for (uint32_t i = 0; links && links->kind == TREE_MAP && i < links->n; i++)
        near_try(&k, links->member[i].key);
    return near_hint(p->mem, &k);
}

uint32_t ref_link(const population *p, str ref) {
    const tree *t = tree_get(p->composed->top, "links");
    bool path = p->compiled->paths && strmap_get(p->compiled->paths, ref);
    for (uint32_t i = 0; t && t->kind == TREE_MAP && !path && i < t->n; i++)
        if (str_eq(t->member[i].key, ref)) return i;
    return NO_NODE;
}

uint32_t ref_find(const population *p, const tree *at, str ref, diags *d) {
    bool several;
    uint32_t i = lookup(p, ref, &several);
    if (ref_link(p, ref) != NO_NODE) {
        lint_at(p, d, DIAG_P10, at, ref,
                "it stands below the line --- of prompts, and in `what` of a rule of the kind `mentions`",
                "`" STR_FMT "` is a link and has no value of its own", STR_ARG(ref));
        return NO_NODE;
    }
    if (i != NO_NODE) {
        ref_use(p, i);
        return i;
    }
    if (several)
        lint_at(p, d, DIAG_P04, at, ref, candidates(p, ref), "`" STR_FMT "` is the end of several paths",
                STR_ARG(ref));
    else
        lint_at(p, d, DIAG_P04, at, ref, nearest(p, ref), "there is no attribute or field `" STR_FMT "`",
                STR_ARG(ref));
    return NO_NODE;
}

bool ref_broken(const population *p, uint32_t i) {
    return p->compiled->broken[i];
}

void ref_use(const population *p, uint32_t i) {
    if (!p->compiled->used) return;
    for (uint32_t k = i; k < p->node[i].end; k++) p->compiled->used[k] = true;
    for (uint32_t k = p->node[i].parent; k != NO_LEAF; k = p->node[k].parent) p->compiled->used[k] = true;
}

/* Sections of a facet's fields count as well: what stands in them has several values too. */
uint32_t ref_instance(const population *p, uint32_t i) {
    return p->node[i].within;
}

const node *node_at(const population *p, uint32_t leaf) {
    return &p->node[p->leaf_node[leaf]];
}

const node *leaf_node(const population *p, uint32_t leaf) {
    return node_at(p, leaf);
}

bool leaf_drawn(const node *n) {
    return n->owner == NO_FACET && n->kind != K_TEXT;
}

bool leaf_counts(const node *n) {
    return n->kind == K_CHOICE || n->kind == K_NUMBER || n->kind == K_DATE || n->kind == K_FLAG;
}

/* ---- REFS ------------------------------------------------------------------------------------- */

static void list_add(population *p, leaf_list *l, uint32_t *cap, uint32_t leaf) {
    if (l->n == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        uint32_t *more = arena_new_of(p->mem, uint32_t, *cap);
        for (uint32_t i = 0; i < l->n; i++) more[i] = l->leaf[i];
        l->leaf = more;
    }
    l->leaf[l->n++] = leaf;
}

/* links NULL: none may be named. */
static bool add_one(population *p, const tree *t, diags *d, leaf_list *out, leaf_list *links, uint32_t cap[2]) {
    if (t->kind != TREE_SCALAR || t->nothing)
        return lint_at(p, d, DIAG_P03, t, t->text, "its name, or a path such as school.grade",
                       "the path of an attribute is needed here");
    uint32_t link = links ? ref_link(p, t->text) : NO_NODE;
    if (link != NO_NODE) {
        list_add(p, links, &cap[1], link);
        return true;
    }
    uint32_t i = ref_find(p, t, t->text, d);
    if (i == NO_NODE) return false;
    for (uint32_t k = i; k < p->node[i].end; k++)
        if (p->node[k].leaf != NO_LEAF) list_add(p, out, &cap[0], p->node[k].leaf);
    return true;
}

static bool refs_read(population *p, const tree *t, diags *d, leaf_list *out, leaf_list *links) {
    uint32_t cap[2] = {0};
    bool fine = true;
    *out = (leaf_list){0};
    if (t->kind == TREE_SCALAR) return add_one(p, t, d, out, links, cap);
    if (t->kind == TREE_MAP)
        return lint_at(p, d, DIAG_P03, t, STR("{...}"), "[age, school.grade]",
                       "a list of paths is needed here");
    for (uint32_t i = 0; i < t->n; i++) fine = add_one(p, t->item[i], d, out, links, cap) && fine;
    return fine;
}

bool compile_refs(population *p, const tree *t, diags *d, leaf_list *out) {
    return refs_read(p, t, d, out, NULL);
}

bool compile_refs_links(population *p, const tree *t, diags *d, leaf_list *out, leaf_list *links) {
    *links = (leaf_list){0};
    return refs_read(p, t, d, out, links);
}

/* Whether `from` may take the value of `n` as one value. */
static bool parent_fits(population *p, const tree *at, const node *n, const char *what, uint32_t from,
                        diags *d) {
    uint32_t self = (uint32_t)(n - p->node), instance = ref_instance(p, self);
    if (!leaf_drawn(n))
        return lint_at(p, d, DIAG_P10, at, n->path, "only drawn attributes can stand here",
                       "%s: `" STR_FMT "` is written by a facet", what, STR_ARG(n->path));
    if (n->is_list)
        return lint_at(p, d, DIAG_P10, at, n->path, "a list can stand in a predicate",
                       "%s: `" STR_FMT "` is a list", what, STR_ARG(n->path));
    if (instance != NO_NODE && (from == NO_LEAF || leaf_within(p, from) != instance))
        return lint_at(p, d, DIAG_P10, at, n->path,
                       "only predicates, `of`, `what` and templates reach into a list",
                       "%s: `" STR_FMT "` stands in the list `" STR_FMT "`", what, STR_ARG(n->path),
                       STR_ARG(p->node[instance].path));
    if (!leaf_counts(n))
        return lint_at(p, d, DIAG_P03, at, n->path, "name a choice, a number or a flag",
                       "%s: `" STR_FMT "` is a %s, which has no values to list", what, STR_ARG(n->path),
                       kind_name(n->kind));
    return !ref_broken(p, self);
}

bool ref_parents(population *p, const tree *t, const char *what, uint32_t from, diags *d, leaf_list *out) {
    if (!compile_refs(p, t, d, out)) return false;
    bool fine =
        out->n || lint_at(p, d, DIAG_P03, t, STR(""), "[age, school.grade]", "%s names no attribute", what);
    for (uint32_t i = 0; i < out->n; i++) {
        const tree *at = t->kind == TREE_LIST && t->n == out->n ? t->item[i] : t;
        fine = parent_fits(p, at, node_at(p, out->leaf[i]), what, from, d) && fine;
        for (uint32_t k = 0; k < i; k++)
            if (out->leaf[k] == out->leaf[i])
                fine = lint_at(p, d, DIAG_P03, at, node_at(p, out->leaf[i])->path, "keep one of them",
                               "%s names `" STR_FMT "` twice", what, STR_ARG(node_at(p, out->leaf[i])->path));
    }
    return fine;
}

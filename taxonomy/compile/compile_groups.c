/* compile_groups.c: groups of slots, and what is not drawn for each attempt: `per`, `keep`, `unique`.
 *
 * Both `per` and `keep` hold for all below, save where a lower node has its own; of the two `per` counts, since
 * what is equal for a group is equal for all attempts. What stays may only follow from what stays: a group's
 * value from groups that hold it whole, a kept one also from kept ones and from what tables fix.
 */
#include "taxonomy/compile/compile_parts.h"

#define SIZE_MOST      1000000
#define UNIQUE_MOST    100000 /* members that are drawn one after another, and remembered */
#define TEMPLATE_DEPTH 8

/* ---- groups ----------------------------------------------------------------------------------- */

static bool group_read(population *p, const tree_member *m, diags *d, int64_t *size) {
    static const char *const keys[] = {"size", NULL};
    const tree *t = m->value;
    if (!lint_map(p, d, t, "a group") || !lint_keys(p, d, t, "a group", keys, true)) return false;
    if (!tree_get(t, "size"))
        return lint_at(p, d, DIAG_P02, t, STR("size"), "{size: 20}",
                       "group `" STR_FMT "`: the key `size` is missing", STR_ARG(m->key));
    return lint_int(p, d, tree_get(t, "size"), "`size`", 1, SIZE_MOST, size);
}

/* One at fault stands with size 1, so that its name is known and nothing else is said of it. */
static void groups_read(population *p, diags *d) {
    const tree *t = tree_get(p->composed->top, "groups");
    if (!t || t->nothing || !lint_map(p, d, t, "`groups`")) return;
    p->group = arena_new_of(p->mem, slot_group, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        int64_t size = 1;
        lint_name(p, d, t, &t->member[i], " of a group");
        group_read(p, &t->member[i], d, &size);
        p->group[p->groups++] = (slot_group){t->member[i].key, (uint64_t)size};
    }
}

const slot_group *group_find(population *p, const tree *name, diags *d) {
    near k = near_to(name->text);
    if (name->kind != TREE_SCALAR) {
        lint_at(p, d, DIAG_P03, name, STR(""), "one of `groups`", "the name of a group is needed here");
        return NULL;
    }
    for (uint32_t i = 0; i < p->groups; i++) {
        if (str_eq(p->group[i].name, name->text)) return &p->group[i];
        near_try(&k, p->group[i].name);
    }
    const char *hint = near_hint(p->mem, &k);
    lint_at(p, d, DIAG_P04, name, name->text, hint ? hint : "groups: {NAME: {size: 20}} at the top",
            "there is no group `" STR_FMT "`", STR_ARG(name->text));
    return NULL;
}

/* ---- per, keep -------------------------------------------------------------------------------- */

/* The key at the node itself; NULL: not there, or nothing. A mapping in a section was meant as a child (P02).
 */
static const tree *own(const population *p, uint32_t i, const char *key) {
    const tree *t = tree_get(p->compiled->source[i], key);
    bool child = t && t->kind == TREE_MAP && p->node[i].kind == K_SECTION;
    return t && !t->nothing && !child ? t : NULL;
}

/* The key where the node has it from: its own, or the nearest above. */
static const tree *stated(const population *p, uint32_t i, const char *key) {
    for (; i != NO_LEAF; i = p->node[i].parent) {
        const tree *t = own(p, i, key);
        if (t) return t;
    }
    return NULL;
}

static bool written_lint(population *p, uint32_t i, const tree *t, const char *key, diags *d) {
    const node *n = &p->node[i];
    if (n->kind == K_SECTION || leaf_drawn(n)) return true;
    return lint_at(p, d, DIAG_P10, t, n->path, "each attempt writes its own texts",
                   "`" STR_FMT "` is written and cannot have `%s`", STR_ARG(n->path), key);
}

static void stay_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const node *up = n->parent == NO_LEAF ? NULL : &p->node[n->parent];
    const tree *per = own(p, i, "per"), *keep = own(p, i, "keep");
    n->per = up ? up->per : NULL;
    n->keep = up && up->keep;
    if (per && written_lint(p, i, per, "per", d)) n->per = group_find(p, per, d);
    if (keep && written_lint(p, i, keep, "keep", d)) lint_bool(p, d, keep, "`keep`", &n->keep);
    if (n->kind == K_SECTION || leaf_drawn(n)) return;
    n->per = NULL;
    n->keep = false;
}

static bool fixed_by_table(const population *p, const node *n) {
    for (uint32_t i = 0; n->in_table && i < p->compiled->tables; i++) {
        const table *t = &p->compiled->table[i];
        for (uint32_t k = 0; k < t->over.n; k++) {
            const classes *c = &t->cut[k];
            uint64_t valued = c->n - (c->none != UINT32_MAX);
            if (t->over.leaf[k] == n->leaf && valued == (uint64_t)(leaf_hi(n) - leaf_lo(n) + 1)) return true;
        }
    }
    return false;
}

/* A template stays if all that it shows does. depth: it may show other templates, in a file at fault itself. */
static bool stays(population *p, const node *n, uint32_t depth) {
    if (!leaf_drawn(n) || !depth) return false;
    if (n->keep || n->per || fixed_by_table(p, n)) return true;
    if (n->kind != K_TEMPLATE || !n->tpl) return false;
    leaf_list refs = template_leaves(p, n->tpl);
    for (uint32_t i = 0; i < refs.n; i++)
        if (!stays(p, node_at(p, refs.leaf[i]), depth - 1)) return false;
    return true;
}

bool leaf_stays(population *p, const node *n) {
    return stays(p, n, TEMPLATE_DEPTH);
}

/* A group's value follows from values of groups that hold the group whole. */
static void per_lint(population *p, uint32_t i, const node *other, diags *d) {
    const node *n = &p->node[i];
    const tree *at = stated(p, i, "per");
    if (!other->per)
        lint_at(p, d, DIAG_P10, at, other->path, "give that one the same `per`",
                "`" STR_FMT "` is drawn for a group, but follows from `" STR_FMT
                "`, which its members have each",
                STR_ARG(n->path), STR_ARG(other->path));
    else if (other->per->size % n->per->size)
        lint_at(p, d, DIAG_P10, at, other->path, "a size that divides the other's, or the same group",
                "`" STR_FMT "` is drawn for groups of %llu, but follows from `" STR_FMT
                "`, which changes within them (groups of %llu)",
                STR_ARG(n->path), (unsigned long long)n->per->size, STR_ARG(other->path),
                (unsigned long long)other->per->size);
}

static void refs_stay(population *p, uint32_t i, leaf_list refs, diags *d) {
    const node *n = &p->node[i];
    for (uint32_t k = 0; k < refs.n; k++) {
        const node *other = node_at(p, refs.leaf[k]);
        if (ref_broken(p, p->leaf_node[refs.leaf[k]])) continue;
        if (n->per)
            per_lint(p, i, other, d);
        else if (!leaf_stays(p, other))
            lint_at(p, d, DIAG_P10, stated(p, i, "keep"), other->path, "give that one `keep` as well",
                    "`" STR_FMT "` has `keep`, but follows from `" STR_FMT "`, which is drawn again",
                    STR_ARG(n->path), STR_ARG(other->path));
    }
}

/* Of a section, what it draws itself: how many instances, which row. */
static void stays_lint(population *p, uint32_t i, diags *d) {
    const node *n = &p->node[i];
    const uint32_t leaf[] = {n->leaf, n->number, n->row};
    for (size_t k = 0; k < COUNT_OF(leaf) && (n->per || n->keep); k++)
        if (leaf[k] != NO_LEAF) refs_stay(p, i, leaf_refs(p, leaf[k]), d);
}

static void table_lint(population *p, const table *t, diags *d) {
    for (uint32_t k = 0; k < t->over.n; k++) {
        const node *n = node_at(p, t->over.leaf[k]);
        if (n->per)
            lint_at(p, d, DIAG_P10, t->at, n->path,
                    "a table counts persons; weigh the values in the attribute itself",
                    "table `" STR_FMT "`: `" STR_FMT "` is drawn for groups", STR_ARG(t->name),
                    STR_ARG(n->path));
    }
}

/* ---- unique ----------------------------------------------------------------------------------- */

static void put_dist(population *p, const node *n, const dist *s, value_set *out) {
    switch (s->form) {
    case DIST_CHOICE:
        for (uint32_t v = 0; v < n->values; v++)
            if (s->weight[v] > 0) set_add(p->mem, out, v, v);
        return;
    case DIST_FLAG:
        if (s->p < 1) set_add(p->mem, out, 0, 0);
        if (s->p > 0) set_add(p->mem, out, 1, 1);
        return;
    case DIST_BINS:
        for (uint32_t i = 0; i < s->bins; i++)
            if (s->weight[i] > 0) set_add(p->mem, out, s->bin[i].lo, s->bin[i].hi);
        return;
    case DIST_NORMAL:
    case DIST_LOG_NORMAL: set_add(p->mem, out, s->lo, s->hi); return;
    case DIST_EQUALS: set_add(p->mem, out, n->lo, n->hi); return;
    case DIST_ROW:
        for (uint32_t i = 0; i < node_at(p, s->row)->draw->row->rows; i++)
            set_add(p->mem, out, s->cell[i], s->cell[i]);
        return;
    }
}

/* How many values some of its distributions can give. */
static uint64_t values_drawn(population *p, const node *n) {
    value_set all = {0};
    uint64_t many = 0;
    for (uint32_t i = 0; i < n->draw->dists; i++) put_dist(p, n, &n->draw->dist[i], &all);
    set_normalise(&all);
    for (uint32_t i = 0; i < all.n; i++) many += (uint64_t)(all.in[i].hi - all.in[i].lo) + 1;
    return many;
}

/* Where `when` leaves some without value, fewer may do: the draw knows. */
static void values_lint(population *p, const node *n, const tree *at, diags *d) {
    if (n->when || !n->draw || !n->draw->dists || !leaf_counts(n)) return;
    uint64_t many = values_drawn(p, n);
    if (many < n->unique->size)
        lint_at(p, d, DIAG_P16, at, n->path, "more values, or smaller groups",
                "`" STR_FMT "` has %llu values for groups of %llu", STR_ARG(n->path), (unsigned long long)many,
                (unsigned long long)n->unique->size);
}

static void unique_read(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i];
    const tree *t = own(p, i, "unique");
    const slot_group *g = t ? group_find(p, t, d) : NULL;
    if (!g || !written_lint(p, i, t, "unique", d)) return;
    if (n->per)
        lint_at(p, d, DIAG_P10, t, n->path, "leave out `per` or `unique`",
                "`" STR_FMT "` is `unique`, but equal for all members of a group (`per`)", STR_ARG(n->path));
    else if (!n->keep)
        lint_at(p, d, DIAG_P10, t, n->path, "add `keep: true`",
                "`" STR_FMT "` is `unique` but redrawn: `unique` needs `keep`", STR_ARG(n->path));
    else if (n->is_list || ref_instance(p, i) != NO_NODE)
        lint_at(p, d, DIAG_P10, t, n->path, "`distinct` keeps the instances of a person apart",
                "`" STR_FMT "` has several values: `unique` stands on attributes with one", STR_ARG(n->path));
    else if (fixed_by_table(p, n))
        lint_at(p, d, DIAG_P16, t, n->path, "leave out `unique`, or the attribute out of the table",
                "hard tables fix `" STR_FMT "`: a taken value cannot be drawn again", STR_ARG(n->path));
    else if (g->size > UNIQUE_MOST)
        lint_at(p, d, DIAG_P17, t, n->path, "a group of its own for it, of at most 100000",
                "`" STR_FMT "` is `unique` in groups of %llu", STR_ARG(n->path), (unsigned long long)g->size);
    else {
        n->unique = g;
        values_lint(p, n, t, d);
    }
}

/* ---- all -------------------------------------------------------------------------------------- */

bool compile_groups(population *p, diags *d) {
    size_t before = d->errors;
    groups_read(p, d);
    for (uint32_t i = 0; i < p->drawn_nodes; i++) stay_read(p, i, d);
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        stays_lint(p, i, d);
        unique_read(p, i, d);
    }
    for (uint32_t i = 0; i < p->compiled->tables; i++) table_lint(p, &p->compiled->table[i], d);
    return d->errors == before;
}

/* compile_links.c: `links`: who knows whom in a group, by what relation, and what one knows of the other.
 *
 * p->link[] has one row for each member of `links`, in its order, so that a REF finds it by its place; one at
 * fault stands there without what is wrong, and the population is not handed out. What a link shows must be the
 * same in all attempts at the other's slot, or one persona would speak of another who never was.
 */
#include "taxonomy/compile/compile_parts.h"

#define PAIRS_MOST  (1u << 24) /* of members and whom they know, in one group: they are held in memory */
#define DEGREE_MOST 1000000

typedef struct linking {
    population *p;
    diags *d;
    const tree *t;
    link_def *l;
} linking;

/* ---- names ------------------------------------------------------------------------------------ */

/* A link is a path of one name, and rows have a key for all links. */
static void name_lint(population *p, const tree *links, const tree_member *m, diags *d) {
    const node *n = node_find(p, m->key), *rows = node_find(p, STR("links"));
    tree at = member_place(links, m);
    lint_name(p, d, links, m, " of a link");
    if (n && str_eq(n->path, m->key))
        lint_at(p, d, DIAG_P02, &at, m->key, "links, attributes and fields stand side by side, at the root",
                "there is `" STR_FMT "` already, %s", STR_ARG(m->key),
                n->owner == NO_FACET ? "an attribute" : "a field");
    if (rows && rows->owner != NO_FACET && rows->parent == NO_LEAF)
        lint_at(p, d, DIAG_P02, p->compiled->source[rows - p->node], rows->path, "call the field otherwise",
                "`links` is a key of every row, and the name of a field");
}

/* ---- within, degree --------------------------------------------------------------------------- */

static void degree_read(linking *k, const tree *t) {
    double degree;
    const link_def *l = k->l;
    if (!lint_number(k->p, k->d, t, "`degree`", &degree)) return;
    if (degree < 2 || degree > DEGREE_MOST) {
        lint_at(k->p, k->d, DIAG_P07, t, t->text,
                "each member knows two others at least, those beside it in the ring",
                "`degree` is from 2 to %d", DEGREE_MOST);
        return;
    }
    k->l->degree = degree;
    if (!l->within) return;
    double others = (double)l->within->size - 1, known = degree < others ? degree : others;
    if (degree > others)
        lint_at(k->p, k->d, DIAG_W00, t, t->text, "larger groups, or a lower `degree`",
                "link `" STR_FMT "`: in groups of %llu a member knows %llu others at most", STR_ARG(l->name),
                (unsigned long long)l->within->size, (unsigned long long)(l->within->size - 1));
    if (known * (double)l->within->size > PAIRS_MOST)
        lint_at(k->p, k->d, DIAG_P17, t, t->text, "smaller groups, or a lower `degree`",
                "link `" STR_FMT "`: %llu members who know %g others each are too many to hold",
                STR_ARG(l->name), (unsigned long long)l->within->size, known);
}

/* ---- relation, inverse ------------------------------------------------------------------------ */

/* The place of a value among those of the relation; one that only `inverse` names is added behind them. */
static bool inverse_value(linking *k, node *n, const tree *t, uint32_t *out) {
    if (t->kind != TREE_SCALAR)
        return lint_at(k->p, k->d, DIAG_P03, t, STR(""), "inverse: {teacher of: was taught by}",
                       "`inverse` names one value for each");
    if (!choice_value_lint(k->p, n, t, t->text, k->d)) return false;
    for (*out = 0; *out < n->values; ++*out)
        if (str_eq(n->value[*out].value, t->text)) return true;
    n->value[n->values++] = (choice_value){.value = t->text, .label = text_spaced(k->p->mem, t->text)};
    return true;
}

static void inverse_read(linking *k, node *n, const tree *t) {
    population *p = k->p;
    uint32_t own = n->values;
    for (uint32_t i = 0; i < t->n; i++) {
        tree at = member_place(t, &t->member[i]);
        int64_t v = -1;
        for (uint32_t x = 0; x < own; x++)
            if (str_eq(n->value[x].value, at.text)) v = x;
        if (v < 0) {
            const char *hint = value_near(p, n, at.text);
            lint_at(p, k->d, DIAG_P07, &at, at.text, hint ? hint : "name one of the values of `relation`",
                    "`inverse`: there is no relation `" STR_FMT "`", STR_ARG(at.text));
        } else {
            inverse_value(k, n, t->member[i].value, &k->l->inverse[v]);
        }
    }
    for (uint32_t v = 0; v < own; v++) {
        uint32_t other = k->l->inverse[v];
        if (other >= own || k->l->inverse[other] == v) continue;
        lint_at(p, k->d, DIAG_W00, t, n->value[v].value, "inverse: {parent: child, child: parent}",
                "link `" STR_FMT "`: the inverse of `" STR_FMT "` is `" STR_FMT "`, whose own is `" STR_FMT "`",
                STR_ARG(k->l->name), STR_ARG(n->value[v].value), STR_ARG(n->value[other].value),
                STR_ARG(n->value[k->l->inverse[other]].value));
    }
}

static void relation_read(linking *k, const tree *t, const tree *inverse) {
    population *p = k->p;
    node *n = arena_new_of(p->mem, node, 1);
    *n = (node){.kind = K_CHOICE,
                .name = STR("relation"),
                .path = str_printf(p->mem, STR_FMT ".relation", STR_ARG(k->l->name)),
                .parent = NO_LEAF,
                .leaf = NO_LEAF,
                .within = NO_LEAF,
                .number = NO_LEAF,
                .row = NO_LEAF,
                .owner = NO_FACET,
                .file = t->file,
                .line = t->line,
                .column = t->column};
    n->label = n->name;
    if (!domain_choice(p, t, k->d, n)) return;
    k->l->drawn = compile_dist(p, n, t, k->d);
    uint32_t more = inverse && !inverse->nothing && lint_map(p, k->d, inverse, "`inverse`") ? inverse->n : 0;
    choice_value *all = arena_new_of(p->mem, choice_value, n->values + more);
    k->l->inverse = arena_new_of(p->mem, uint32_t, n->values);
    for (uint32_t i = 0; i < n->values; i++) {
        all[i] = n->value[i];
        k->l->inverse[i] = i;
    }
    n->value = all;
    if (more) inverse_read(k, n, inverse);
    for (uint32_t i = 0; i < n->values; i++) n->value[i].number = false;
    k->l->relation = n;
}

/* ---- show ------------------------------------------------------------------------------------- */

/* A template may show what stays and yet be there or not by a `when` that does not. */
static const node *unsteady(population *p, const node *n) {
    if (!leaf_stays(p, n)) return n;
    if (n->keep || n->per || !n->when) return NULL;
    leaf_list when = pred_leaves(p, n->when);
    for (uint32_t i = 0; i < when.n; i++)
        if (!leaf_stays(p, node_at(p, when.leaf[i]))) return node_at(p, when.leaf[i]);
    return NULL;
}

/* Whether an attempt decides if somebody has it. */
static bool is_candidate(linking *k, uint32_t leaf) {
    const tree *t = tree_get(k->p->composed->top, "choose");
    for (uint32_t i = 0; t && t->kind == TREE_MAP && i < t->n; i++) {
        const tree *from = tree_get(t->member[i].value, "from");
        leaf_list l;
        if (!from || from->nothing || !compile_refs(k->p, from, k->d, &l)) continue;
        for (uint32_t x = 0; x < l.n; x++)
            if (l.leaf[x] == leaf) return true;
    }
    return false;
}

static void show_read(linking *k, const tree *t) {
    population *p = k->p;
    leaf_list l;
    if (!compile_refs(p, t, k->d, &l)) return;
    if (!l.n)
        lint_at(p, k->d, DIAG_P03, t, STR(""), "show: [person.name, person.age]",
                "link `" STR_FMT "`: `show` names no attribute, not even a name", STR_ARG(k->l->name));
    for (uint32_t i = 0; i < l.n; i++) {
        const node *n = node_at(p, l.leaf[i]), *other;
        if (ref_broken(p, p->leaf_node[l.leaf[i]])) continue;
        const tree *at = t->kind == TREE_LIST && t->n == l.n ? t->item[i] : t;
        if (is_candidate(k, l.leaf[i]))
            lint_at(p, k->d, DIAG_P10, at, n->path, "leave it out of `from`, or out of `show`",
                    "the link `" STR_FMT "` shows `" STR_FMT "`, which `choose` may leave out",
                    STR_ARG(k->l->name), STR_ARG(n->path));
        if (!(other = unsteady(p, n))) continue;
        const char *how = leaf_drawn(other) ? "may be drawn again" : "is written";
        if (other == n)
            lint_at(p, k->d, DIAG_P10, at, n->path, "add `keep: true`",
                    "the link `" STR_FMT "` shows `" STR_FMT "`, which %s", STR_ARG(k->l->name),
                    STR_ARG(n->path), how);
        else
            lint_at(p, k->d, DIAG_P10, at, n->path, "add `keep: true`",
                    "the link `" STR_FMT "` shows `" STR_FMT "`, whose `when` follows from `" STR_FMT
                    "`, which %s",
                    STR_ARG(k->l->name), STR_ARG(n->path), STR_ARG(other->path), how);
    }
    k->l->show = l.leaf;
    k->l->shows = l.n;
}

/* ---- all -------------------------------------------------------------------------------------- */

static bool has_all(linking *k) {
    static const char *const must[] = {"within", "degree", "relation", "show", NULL};
    bool fine = true;
    for (const char *const *key = must; *key; key++) {
        const tree *x = tree_get(k->t, *key);
        if (x && !x->nothing) continue;
        fine = lint_at(k->p, k->d, DIAG_P02, k->t, str_of(*key),
                       "{within: street, degree: 3, relation: [friend, neighbour], show: [first_name, age]}",
                       "link `" STR_FMT "`: the key `%s` is missing", STR_ARG(k->l->name), *key);
    }
    return fine;
}

static void link_read(linking *k) {
    static const char *const keys[] = {"within", "degree", "relation", "inverse", "show", NULL};
    if (!lint_map(k->p, k->d, k->t, "a link")) return;
    lint_keys(k->p, k->d, k->t, "a link", keys, true);
    if (!has_all(k)) return;
    k->l->within = group_find(k->p, tree_get(k->t, "within"), k->d);
    degree_read(k, tree_get(k->t, "degree"));
    relation_read(k, tree_get(k->t, "relation"), tree_get(k->t, "inverse"));
    show_read(k, tree_get(k->t, "show"));
}

bool compile_links(population *p, diags *d) {
    size_t before = d->errors;
    const tree *t = tree_get(p->composed->top, "links");
    if (!t || t->nothing || !lint_map(p, d, t, "`links`")) return d->errors == before;
    p->link = arena_new_of(p->mem, link_def, t->n + 1);
    p->links = t->n;
    for (uint32_t i = 0; i < t->n; i++) {
        link_def *l = &p->link[i];
        str path = str_printf(p->mem, "links." STR_FMT, STR_ARG(t->member[i].key));
        *l = (link_def){.name = t->member[i].key, .key = hash_64(path, 0)};
        l->label = text_spaced(p->mem, l->name);
        name_lint(p, t, &t->member[i], d);
        link_read(&(linking){p, d, t->member[i].value, l});
    }
    return d->errors == before;
}

/* taxon_write.c: a tree of attributes as files of a population.
 *
 * A section is its keys, then its children, one line a leaf; what was read with a body is written from it, so
 * that nothing of it is lost. The population that stands around it is small and meant to be edited: anchors, a
 * choice among all leaves, one facet that writes the texts in parts and one that makes a portrait of them.
 *
 * Anchors are what every person has: of a tree that was a population the drawn leaves at the top and the
 * section `anchor`, if all of it is drawn. A tree without any gets two of its own. No name that the tree has at
 * the top is used for what is added.
 */
#include "taxonomy/taxon/taxon_parts.h"
#include "taxonomy/compile/compile_parts.h"

enum { CHOSEN_LEAST = 20, CHOSEN_MOST = 40, SPLIT = 25 };

static void indent_put(buf *b, uint32_t levels) {
    for (uint32_t i = 0; i < levels; i++) buf_z(b, "  ");
}

static void leaf_flow(buf *b, const taxon *x) {
    buf_z(b, "{text: {words: 1..16, lines: 1}");
    if (taxon_labelled(x)) {
        buf_z(b, ", label: ");
        yaml_text(b, x->label);
    }
    if (x->hint.n) {
        buf_z(b, ", hint: ");
        yaml_text(b, x->hint);
    }
    buf_char(b, '}');
}

/* Keys of a section that are no children, a line each. */
static void own_keys(buf *b, const taxon *x, uint32_t levels) {
    const tree *t = x->body;
    bool each = t && tree_get(t, "each");
    for (uint32_t i = 0; t && i < t->n; i++) {
        const tree_member *m = &t->member[i];
        if (!each && !name_reserved(m->key) && !(is_doc_key(m->key) && m->value->kind != TREE_MAP)) continue;
        indent_put(b, levels);
        buf_str(b, m->key);
        buf_z(b, ": ");
        yaml_flow(b, m->value);
        buf_char(b, '\n');
    }
    if (t || !x->up || !taxon_labelled(x)) return;
    indent_put(b, levels);
    buf_z(b, "label: ");
    yaml_text(b, x->label);
    buf_char(b, '\n');
}

static bool is_written_whole(const taxon *x) {
    return x->leaf || (x->body && tree_get(x->body, "each"));
}

static void children_put(buf *b, const taxon *x, uint32_t levels);

static void node_put(buf *b, const taxon *x, uint32_t levels) {
    indent_put(b, levels);
    buf_str(b, x->name);
    buf_char(b, ':');
    if (is_written_whole(x)) {
        buf_char(b, ' ');
        if (x->body)
            yaml_flow(b, x->body);
        else
            leaf_flow(b, x);
        buf_char(b, '\n');
        return;
    }
    buf_char(b, '\n');
    own_keys(b, x, levels + 1);
    children_put(b, x, levels + 1);
}

static void children_put(buf *b, const taxon *x, uint32_t levels) {
    for (const taxon *c = x->first; c; c = c->next) node_put(b, c, levels);
}

void taxonomy_write(const taxonomy *t, buf *out) {
    own_keys(out, t->root, 0);
    children_put(out, t->root, 0);
}

/* ---- a population around it -------------------------------------------------------------------------------
 */

static bool has_text(const taxon *top) {
    for (const taxon *x = top; x; x = taxon_next(x, top))
        if (x->leaf && str_is(x->kind, "text") && !x->instances) return true;
    return false;
}

static bool is_drawn(const taxon *x) {
    return x->leaf && x->kind.n && !str_is(x->kind, "text") && !str_is(x->kind, "template") && !x->instances;
}

static bool all_drawn(const taxon *top) {
    for (const taxon *x = top; x; x = taxon_next(x, top))
        if (x->instances || x->conditioned || (x->leaf && !is_drawn(x))) return false;
    return true;
}

static bool is_anchor(const taxon *x) {
    return all_drawn(x) && (x->leaf || str_is(x->name, "anchor"));
}

static bool is_candidate(const taxon *x) {
    return !x->leaf && !is_anchor(x);
}

/* "[a, b]" of the first-level nodes of which it holds. */
static uint32_t roots_put(buf *b, const taxonomy *t, bool (*holds)(const taxon *)) {
    uint32_t n = 0;
    for (const taxon *x = t->root->first; x; x = x->next) {
        if (!holds(x)) continue;
        buf_z(b, n++ ? ", " : "[");
        buf_str(b, x->name);
    }
    if (n) buf_char(b, ']');
    return n;
}

/* What the population calls what it adds. */
typedef struct added {
    str anchor;   /* empty: the tree has anchors */
    str anchors;  /* REFS */
    str portrait; /* facet and field */
} added;

static str name_vacant(arena *mem, const taxonomy *t, const char *name) {
    str s = str_of(name);
    for (uint32_t n = 2; taxon_child(t->root, s); n++) s = str_printf(mem, "%s_%u", name, n);
    return s;
}

static added added_of(arena *mem, const taxonomy *t) {
    added a = {.portrait = name_vacant(mem, t, "portrait")};
    buf own = {0};
    if (!roots_put(&own, t, is_anchor)) {
        a.anchor = name_vacant(mem, t, "anchor");
        buf_printf(&own, "[" STR_FMT "]", STR_ARG(a.anchor));
    }
    a.anchors = str_dup(mem, buf_view(&own));
    buf_free(&own);
    return a;
}

static void attributes_put(buf *b, const taxonomy *t, const added *a) {
    buf_z(b, "attributes:\n");
    if (a->anchor.n)
        buf_printf(
            b, "  " STR_FMT ":\n    age: {number: 18..89, unit: years}\n    sex: {choice: [female, male]}\n",
            STR_ARG(a->anchor));
    for (const taxon *x = t->root->first; x; x = x->next) {
        if (is_written_whole(x)) {
            node_put(b, x, 1);
            continue;
        }
        buf_printf(b, "  " STR_FMT ": {include: taxonomy/" STR_FMT ".yaml", STR_ARG(x->name), STR_ARG(x->name));
        if (!x->body && taxon_labelled(x)) {
            buf_z(b, ", label: ");
            yaml_text(b, x->label);
        }
        buf_z(b, "}\n");
    }
}

static uint32_t candidates(const taxonomy *t) {
    uint32_t n = 0;
    for (const taxon *x = t->root->first; x; x = x->next) n += is_candidate(x) ? x->leaves : 0;
    return n;
}

static void choose_put(buf *b, const taxonomy *t, const added *a) {
    buf from = {0};
    if (roots_put(&from, t, is_candidate)) {
        uint32_t n = candidates(t);
        buf_printf(b,
                   "\nchoose:\n  traits:\n    from: " STR_FMT "\n    count: %u..%u\n    to: " STR_FMT "\n"
                   "    mix: {near: 5, mid: 3, far: 2}\n    tail: 0.3\n",
                   STR_ARG(buf_view(&from)), n < CHOSEN_LEAST ? n : CHOSEN_LEAST,
                   n < CHOSEN_MOST ? n : CHOSEN_MOST, STR_ARG(a->anchors));
    }
    buf_free(&from);
}

static void facets_put(buf *b, const taxonomy *t, const added *a) {
    buf from = {0};
    bool written = roots_put(&from, t, has_text) > 0;
    buf_z(b, "\nfacets:\n");
    if (written)
        buf_printf(
            b,
            "  details:\n    leaves: " STR_FMT "\n    split: %d\n    max_tokens: 2500\n    prompt: |\n"
            "      You fill in details of one person's life. They agree with one another and with the facts "
            "given.\n"
            "      Answer with one JSON object that has exactly the paths asked for as keys.\n"
            "      ---\n      {{@attributes}}\n      {{@draft}}\n      Write these:\n      {{@fields}}\n",
            STR_ARG(buf_view(&from)), SPLIT);
    buf_printf(b,
               "  " STR_FMT ":\n%s    fields:\n      " STR_FMT ": {text: {words: 60..160, paragraphs: 1}, "
               "hint: \"who this is, in the third person\"}\n    prompt: |\n"
               "      You write a short portrait of a person from facts, and invent nothing beside them.\n"
               "      Answer with one JSON object that has exactly these fields:\n      {{@fields}}\n"
               "      ---\n      {{@attributes}}\n%s",
               STR_ARG(a->portrait), written ? "    needs: [details]\n" : "", STR_ARG(a->portrait),
               written ? "      {{@draft}}\n" : "");
    buf_free(&from);
}

/* The leaves of the anchors; where two have one name, the first. */
static void columns_put(buf *b, const taxonomy *t, const added *a) {
    strmap *seen = strmap_new(8);
    if (a->anchor.n) buf_printf(b, STR_FMT ".age, " STR_FMT ".sex", STR_ARG(a->anchor), STR_ARG(a->anchor));
    for (const taxon *x = a->anchor.n ? NULL : taxon_next(t->root, t->root), *top = NULL; x;
         x = taxon_next(x, t->root)) {
        if (x->level == 1) top = is_anchor(x) ? x : NULL;
        if (!top || !x->leaf || strmap_get(seen, x->name)) continue;
        buf_z(b, strmap_size(seen) ? ", " : "");
        taxon_path(x, b);
        strmap_put(seen, x->name, (void *)(uintptr_t)x);
    }
    strmap_free(seen);
}

static void population_put(buf *b, const taxonomy *t, str name) {
    arena *mem = arena_new(0);
    added a = added_of(mem, t);
    buf_printf(
        b,
        "# Leaves: %u; first-level categories: %u. To be done: hints of texts say what to write; what has "
        "values is a choice,\n"
        "# number, date or flag in place of a text; those get weights, else values are drawn evenly.\n"
        "# `populace taxonomy lint` lists what is left.\n"
        "populace: 1\nname: " STR_FMT "\nlocale: en\n",
        t->root->leaves, t->root->children, STR_ARG(name));
    attributes_put(b, t, &a);
    choose_put(b, t, &a);
    facets_put(b, t, &a);
    buf_z(b, "\noutput: {columns: [");
    columns_put(b, t, &a);
    buf_printf(b, "], narrative: " STR_FMT "}\n", STR_ARG(a.portrait));
    arena_free(mem);
}

static bool category_publish(const taxon *x, const char *dir, err *e) {
    if (is_written_whole(x)) return true;
    buf b = {0};
    arena *mem = arena_new(0);
    buf_printf(&b, "# children of the section `" STR_FMT "`: %u %s\n", STR_ARG(x->name), x->leaves,
               x->leaves == 1 ? "leaf" : "leaves");
    if (x->body) own_keys(&b, x, 0);
    children_put(&b, x, 0);
    bool ok = file_publish(dir, str_printf(mem, STR_FMT ".yaml", STR_ARG(x->name)).p, buf_view(&b), e);
    arena_free(mem);
    buf_free(&b);
    return ok;
}

bool taxonomy_publish(const taxonomy *t, str name, const char *dir, bool again, err *e) {
    if (!again && !file_dir_vacant(dir))
        return err_set(e, ERR_USAGE, "name a new folder", "%s exists and is not an empty folder", dir);
    arena *mem = arena_new(0);
    buf b = {0};
    const char *below = path_join(mem, dir, "taxonomy");
    bool ok = file_make_dir(below, e);
    for (const taxon *x = t->root->first; x && ok; x = x->next) {
        bool whole = is_written_whole(x);
        ok = category_publish(x, below, e) && taxon_files_copy(t, x, whole ? dir : below, !whole, e);
    }
    population_put(&b, t, name);
    ok = ok && file_publish(dir, "population.yaml", buf_view(&b), e);
    buf_free(&b);
    arena_free(mem);
    return ok;
}

/* mine_filter.c: every node below the categories is looked at once, with its path: is it a general category,
 * and does the path describe a person? If not, it gets the name that the model gives instead, or goes, and what
 * is below it moves to its parent. Decided from the leaves to the root, so that a section that lost its last
 * child is a leaf by the time that its own answer is read. A node that was not answered stays.
 */
#include "stages/mine_parts.h"

enum { EXAMPLES = 6 };

typedef struct judged {
    taxon *at;
    bool keep;
    str name; /* instead; empty: none */
} judged;

static void begin(miner *m) {
    for (const taxon *x = taxon_next(m->tree->root, m->tree->root); x; x = taxon_next(x, m->tree->root)) {
        if (x->level < 2) continue;
        judged *j = arena_new_of(m->batch, judged, 1);
        j->at = (taxon *)(uintptr_t)x; /* the tree is ours to change */
        j->keep = true;
        mine_task_add(m, j);
    }
    m->stats.nodes = m->tasks;
}

static void compose(const miner *m, const mine_task *k, buf *system, buf *user) {
    const judged *j = k->item;
    (void)m;
    buf_z(
        system,
        "You check one node of a tree of attributes that describe persons.\n"
        "\"general\": true if the node is a general category, as \"Quality\" below \"Sleep\" or \"Level\" "
        "below "
        "\"Skills\"; false if it is an instance, a value, a brand, a proper name or a number, as \"Australia\" "
        "or "
        "\"10 km\".\n"
        "\"person\": true if the whole path names something that can be said of any person; false if it speaks "
        "of "
        "something else, as \"Weather > Forecast\".\n"
        "\"name\": where one of the two is false, a better name for this node below the same parent, of one to "
        "three words, as \"Country\" for \"Australia\"; else empty, and empty if there is none.\n"
        "Answer with one JSON object with these three fields.\n"
        "- \"general\" (true or false)\n- \"person\" (true or false)\n- \"name\" (text, 1 to 3 words)\n");
    buf_z(user, "Path: ");
    mine_path(j->at, user);
    buf_printf(user, "\nNode: " STR_FMT "\n", STR_ARG(j->at->label));
    uint32_t n = 0;
    for (const taxon *c = j->at->first; c && n < EXAMPLES; c = c->next, n++)
        buf_printf(user, "%s" STR_FMT, n ? ", " : "Below it: ", STR_ARG(c->label));
    if (n) buf_char(user, '\n');
}

static void schema(const miner *m, const mine_task *k, bool bounded, buf *out) {
    (void)m;
    (void)k;
    buf_z(out, "{\"type\":\"object\",\"properties\":{\"general\":{\"type\":\"boolean\"},\"person\":{\"type\":"
               "\"boolean\"},\"name\":");
    mine_string(out, bounded, MINE_NAME_CHARS);
    buf_z(out, "},\"required\":[\"general\",\"person\",\"name\"],\"additionalProperties\":false}");
}

static bool is_true(const json *object, const char *key, bool *out) {
    const json *v = json_get(object, key);
    if (!v || (v->kind != JSON_TRUE && v->kind != JSON_FALSE)) return false;
    *out = v->kind == JSON_TRUE;
    return true;
}

static bool same_fold(str a, str b) {
    arena *mem = arena_new(0);
    bool same = str_eq(taxon_fold(mem, a), taxon_fold(mem, b));
    arena_free(mem);
    return same;
}

static bool take(miner *m, mine_task *k, const json *object) {
    judged *j = k->item;
    bool general, person;
    str name;
    if (!is_true(object, "general", &general) || !is_true(object, "person", &person)) return false;
    j->keep = general && person;
    if (!j->keep && mine_name(m->batch, json_str(object, "name"), &name) && !same_fold(name, j->at->label))
        j->name = name;
    return true;
}

static void decide(miner *m, const judged *j) {
    taxon *x = j->at, *up = x->up;
    if (j->keep) {
        m->stats.kept++;
    } else if (j->name.n) {
        x->name = x->label = str_dup(m->tree->mem, j->name);
        m->stats.rewritten++;
    } else {
        while (x->first) taxon_move(x->first, up);
        taxon_remove(x);
        m->stats.dropped++;
    }
}

static void leaves_mark(taxonomy *t) {
    for (const taxon *x = taxon_next(t->root, t->root); x; x = taxon_next(x, t->root))
        ((taxon *)(uintptr_t)x)->leaf = !x->first && x->level > 1;
}

static bool end(miner *m) {
    for (size_t i = m->tasks; i-- > 0;) decide(m, m->task[i].item); /* children come behind their parents */
    taxonomy_count(m->tree);
    leaves_mark(m->tree);
    uint32_t before = 0, after = 0;
    for (const taxon *x = m->tree->root; x; x = taxon_next(x, m->tree->root)) before++;
    taxonomy_merge_same(m->tree, NULL);
    for (const taxon *x = m->tree->root; x; x = taxon_next(x, m->tree->root)) after++;
    m->stats.merged += before - after;
    return false;
}

const mine_stage mine_filter = {.name = "filter",
                                .max_tokens = 120,
                                .temperature_milli = 0,
                                .begin = begin,
                                .compose = compose,
                                .schema = schema,
                                .take = take,
                                .end = end};

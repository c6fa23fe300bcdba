/* mine_merge.c: siblings that mean the same become one, level by level from the top: a round is a level, a task
 * the children of one node, at most so many at once. Of a group the name that the model keeps stays, else the
 * first. What folds to the same after that is one node too. A task that was not answered merges nothing. At the
 * end sections with a single child become one with it.
 */
#include "stages/mine_parts.h"

enum { SIBLINGS_MOST = 60, FIRST_LEVEL = 2 };

typedef struct siblings {
    taxon *at[SIBLINGS_MOST];
    uint32_t n;
    uint8_t to[SIBLINGS_MOST]; /* index of what it becomes one with; itself: none */
} siblings;

static void group_add(miner *m, siblings *s) {
    if (s->n < 2) return;
    siblings *kept = arena_dup(m->batch, s, sizeof *s);
    for (uint32_t i = 0; i < kept->n; i++) kept->to[i] = (uint8_t)i;
    mine_task_add(m, kept);
}

/* The children of nodes one level above that of the round. */
static void begin(miner *m) {
    uint32_t level = FIRST_LEVEL + m->round;
    for (const taxon *x = m->tree->root; x; x = taxon_next(x, m->tree->root)) {
        if (x->level != level - 1) continue;
        siblings s = {.n = 0};
        for (taxon *c = x->first; c; c = c->next) {
            s.at[s.n++] = c;
            if (s.n == SIBLINGS_MOST) {
                group_add(m, &s);
                s.n = 0;
            }
        }
        group_add(m, &s);
    }
}

static void compose(const miner *m, const mine_task *k, buf *system, buf *user) {
    const siblings *s = k->item;
    (void)m;
    buf_z(system,
          "You tidy a tree of attributes that describe persons. You see the names below one node and find "
          "those that "
          "mean the same: of which a person who has a value of one has, for the most part, that of the other.\n"
          "Names that are merely related, or one a part of the other, stay apart.\n"
          "Answer with one JSON object: \"groups\" lists groups of at least two names; \"keep\" is the one "
          "that stays, "
          "\"same\" are the others. No group: an empty list.\n"
          "- \"groups\" (list of 0 to 2 objects)\n");
    buf_z(user, "Below: ");
    mine_path(s->at[0]->up, user);
    buf_z(user, "\nNames:\n");
    for (uint32_t i = 0; i < s->n; i++) buf_printf(user, "- " STR_FMT "\n", STR_ARG(s->at[i]->label));
}

static void schema(const miner *m, const mine_task *k, bool bounded, buf *out) {
    const siblings *s = k->item;
    str name[SIBLINGS_MOST];
    buf names = {0};
    (void)m;
    for (uint32_t i = 0; i < s->n; i++) name[i] = s->at[i]->label;
    mine_enum(&names, name, s->n);
    buf_z(out, "{\"type\":\"object\",\"properties\":{\"groups\":{\"type\":\"array\",");
    if (bounded) buf_printf(out, "\"maxItems\":%u,", s->n / 2);
    buf_z(out, "\"items\":{\"type\":\"object\",\"properties\":{\"keep\":");
    buf_str(out, buf_view(&names));
    buf_z(out, ",\"same\":{\"type\":\"array\",");
    if (bounded) buf_printf(out, "\"maxItems\":%u,", s->n - 1);
    buf_printf(out,
               "\"items\":" STR_FMT "}},\"required\":[\"keep\",\"same\"],\"additionalProperties\":false}}},"
               "\"required\":[\"groups\"],\"additionalProperties\":false}",
               STR_ARG(buf_view(&names)));
    buf_free(&names);
}

/* s->n: it is none of them. */
static uint32_t sibling_of(const siblings *s, str name) {
    uint32_t i = 0;
    while (i < s->n && !str_eq(s->at[i]->label, name)) i++;
    return i;
}

/* What i stands for by now. */
static uint32_t stands_for(const siblings *s, uint32_t i) {
    while (s->to[i] != i) i = s->to[i];
    return i;
}

static void group_take(siblings *s, const json *group) {
    const json *same = json_get(group, "same");
    uint32_t keep = sibling_of(s, json_str(group, "keep"));
    for (uint32_t i = 0; same && same->kind == JSON_ARRAY && i < same->n; i++) {
        if (same->item[i].kind != JSON_STRING) continue;
        uint32_t one = sibling_of(s, same->item[i].text);
        if (one == s->n) continue;
        if (keep == s->n) keep = one; /* the first, where what is kept is not known */
        uint32_t a = stands_for(s, keep), b = stands_for(s, one);
        if (a != b) s->to[b] = (uint8_t)a;
    }
}

static bool take(miner *m, mine_task *k, const json *object) {
    siblings *s = k->item;
    const json *groups = json_get(object, "groups");
    (void)m;
    if (!groups || groups->kind != JSON_ARRAY) return false;
    for (uint32_t i = 0; i < groups->n; i++) group_take(s, &groups->item[i]);
    return true;
}

static void merge_one(miner *m, siblings *s) {
    for (uint32_t i = 0; i < s->n; i++) {
        taxon *x = s->at[i], *to = s->at[stands_for(s, i)];
        if (x == to) continue;
        while (x->first) taxon_move(x->first, to);
        to->leaf = !to->first;
        taxon_remove(x);
        m->stats.merged++;
    }
}

static uint32_t nodes_of(const taxonomy *t) {
    uint32_t n = 0;
    for (const taxon *x = t->root; x; x = taxon_next(x, t->root)) n++;
    return n;
}

static uint32_t same_merge(taxonomy *t) {
    uint32_t before = nodes_of(t);
    taxonomy_merge_same(t, NULL); /* counts levels as well */
    return before - nodes_of(t);
}

/* The tree is as deep as its paths were long; what has a single child says no more than that child. */
static void chains_close(miner *m) {
    taxonomy_prune(m->tree, NULL);
    uint32_t before = nodes_of(m->tree);
    taxonomy_collapse(m->tree, NULL);
    m->stats.collapsed += before - nodes_of(m->tree);
    m->stats.merged += same_merge(m->tree);
}

static bool end(miner *m) {
    for (size_t i = 0; i < m->tasks; i++) merge_one(m, m->task[i].item);
    m->stats.merged += same_merge(m->tree);
    bool more = FIRST_LEVEL + m->round < MINE_LEVELS;
    if (!more) chains_close(m);
    return more;
}

const mine_stage mine_merge = {.name = "merge",
                               .max_tokens = 1000,
                               .temperature_milli = 0,
                               .begin = begin,
                               .compose = compose,
                               .schema = schema,
                               .take = take,
                               .end = end};

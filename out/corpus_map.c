/* corpus_map.c: where a population's attributes stand in records of others, and what the values there mean.
 *
 * A leaf has a list of probes, tried in order until one finds a key: the headers mapped to it; its path; its
 * columns; its last name where that names no other attribute. A header that was mapped is a probe of nothing
 * else. A probe looks for its words as one key, then down through objects; at the top, then in `attributes`,
 * where a list of {path, value} is looked through too. Each remembers the place where a key was found last,
 * since the records of a file are mostly alike.
 */
#include "out/out.h"

#include <stdlib.h>

/* A key, one or more objects deep. */
typedef struct probe {
    str key;
    uint32_t *seen; /* one a part: where it was found last; the first is that of the whole key */
    struct probe *next;
} probe;

typedef struct recode {
    str cell, value;
    struct recode *next;
} recode;

typedef struct place {
    probe *probe, **last;
    recode *recode;
    bool found;
} place;

struct corpus_map {
    arena *mem;
    const population *p;
    place *at; /* one a leaf */
    uint32_t attributes_seen;
};

/* ---- making it ----------------------------------------------------------------------------------------- */

static bool has_probe(const place *at, str key) {
    for (const probe *x = at->probe; x; x = x->next)
        if (str_eq(x->key, key)) return true;
    return false;
}

static void probe_add(corpus_map *m, uint32_t leaf, str key) {
    place *at = &m->at[leaf];
    uint32_t parts = 2;
    if (!key.n || has_probe(at, key)) return;
    for (size_t i = 0; i < key.n; i++) parts += key.p[i] == '.';
    probe *x = arena_new_of(m->mem, probe, 1);
    *x = (probe){.key = key, .seen = arena_new_of(m->mem, uint32_t, parts)};
    *at->last = x;
    at->last = &x->next;
}

static bool mapped(const corpus_map *m, str key) {
    for (uint32_t i = 0; i < m->p->leaves; i++)
        if (has_probe(&m->at[i], key)) return true;
    return false;
}

static bool map_read(corpus_map *m, const char *text, err *e) {
    str key, ref;
    if (!str_cut(str_of(text), '=', &key, &ref) || !key.n)
        return err_set(e, ERR_USAGE, "for example --map Grade=school.grade", "--map %s is not HEADER=REF",
                       text);
    const node *n = node_find(m->p, ref);
    if (!n || n->leaf == NO_LEAF)
        return err_set(e, ERR_USAGE, "`populace draw FILE -n 1` shows the paths of all",
                       "--map %s: `" STR_FMT "` is no attribute of " STR_FMT, text, STR_ARG(ref),
                       STR_ARG(m->p->name));
    if (n->owner != NO_FACET || n->is_list || n->within != NO_LEAF)
        return err_set(e, ERR_USAGE, "attributes that are drawn, one value a person, are",
                       "--map %s: `" STR_FMT "` is not compared", text, STR_ARG(n->path));
    if (mapped(m, key)) return err_set(e, ERR_USAGE, NULL, "--map %s: the header is mapped twice", text);
    probe_add(m, n->leaf, key);
    return true;
}

/* What an attribute is called without being told; headers that were mapped elsewhere are not. */
static void own_names(corpus_map *m, const str *taken, size_t n) {
    for (uint32_t i = 0; i < m->p->leaves; i++) {
        const node *x = leaf_node(m->p, i);
        str name[3] = {x->path, {0}, {0}};
        for (uint32_t c = 0; c < m->p->columns; c++)
            if (m->p->column[c].leaf == i) name[1] = m->p->column[c].name;
        if (node_find(m->p, x->name) == x) name[2] = x->name;
        for (uint32_t k = 0; k < 3; k++) {
            bool free_name = true;
            for (size_t t = 0; t < n; t++) free_name = free_name && !str_eq(taken[t], name[k]);
            if (free_name) probe_add(m, i, name[k]);
        }
    }
}

static bool recode_read(corpus_map *m, const char *text, err *e) {
    str key, rest;
    size_t at = 0;
    bool cut = str_cut(str_of(text), ':', &key, &rest);
    for (size_t i = 0; cut && i < rest.n; i++)
        if (rest.p[i] == '=') at = i + 1;
    if (!cut || !at)
        return err_set(e, ERR_USAGE, "for example --recode Sex:1=female",
                       "--recode %s is not HEADER:CELL=VALUE", text);
    bool known = false;
    for (uint32_t i = 0; i < m->p->leaves; i++) {
        if (!has_probe(&m->at[i], key)) continue;
        recode *x = arena_new_of(m->mem, recode, 1);
        *x = (recode){str_part(rest, 0, at - 1), str_part(rest, at, rest.n), m->at[i].recode};
        m->at[i].recode = x;
        known = true;
    }
    return known || err_set(e, ERR_USAGE, "name it as the file does, or map it with --map HEADER=REF",
                            "--recode %s: `" STR_FMT "` stands for no attribute", text, STR_ARG(key));
}

corpus_map *corpus_map_new(const population *p, const char *const *map, size_t maps, const char *const *recodes,
                           size_t n, err *e) {
    arena *mem = arena_new(0);
    corpus_map *m = arena_new_of(mem, corpus_map, 1);
    *m = (corpus_map){.mem = mem, .p = p, .at = arena_new_of(mem, place, p->leaves + 1)};
    for (uint32_t i = 0; i < p->leaves; i++) m->at[i].last = &m->at[i].probe;
    str *taken = arena_new_of(mem, str, maps + 1);
    bool fine = true;
    for (size_t i = 0; i < maps && fine; i++) {
        str ref;
        fine = map_read(m, map[i], e) && str_cut(str_of(map[i]), '=', &taken[i], &ref);
    }
    if (fine) own_names(m, taken, maps);
    for (size_t i = 0; i < n && fine; i++) fine = recode_read(m, recodes[i], e);
    if (fine) return m;
    corpus_map_free(m);
    return NULL;
}

void corpus_map_free(corpus_map *m) {
    if (m) arena_free(m->mem);
}

bool corpus_has(const corpus_map *m, uint32_t leaf) {
    return m->at[leaf].found;
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static const json *member(const json *object, str key, uint32_t *seen) {
    if (*seen < object->n && str_eq(object->member[*seen].key, key)) return &object->member[*seen].value;
    for (uint32_t i = 0; i < object->n; i++)
        if (str_eq(object->member[i].key, key)) {
            *seen = i;
            return &object->member[i].value;
        }
    return NULL;
}

static const json *probe_find(probe *x, const json *object) {
    const json *v = member(object, x->key, &x->seen[0]);
    str part, rest = x->key;
    for (uint32_t *seen = x->seen; !v && rest.n && object && object->kind == JSON_OBJECT;) {
        if (!str_cut(rest, '.', &part, &rest)) rest = (str){0};
        object = member(object, part, ++seen);
        if (!rest.n) v = object;
    }
    return v;
}

static const json *pair_find(const json *list, str path) {
    for (uint32_t i = 0; i < list->n; i++)
        if (str_eq(json_str(&list->item[i], "path"), path)) return json_get(&list->item[i], "value");
    return NULL;
}

static const json *leaf_find(corpus_map *m, const json *row, uint32_t leaf) {
    const json *below = member(row, STR("attributes"), &m->attributes_seen), *v = NULL;
    for (probe *x = m->at[leaf].probe; x && !v; x = x->next) {
        v = probe_find(x, row);
        if (!v && below && below->kind == JSON_OBJECT) v = probe_find(x, below);
        if (!v && below && below->kind == JSON_ARRAY) v = pair_find(below, x->key);
    }
    if (v) m->at[leaf].found = true;
    return v;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static str scalar_text(const json *v) {
    return v->kind == JSON_TRUE    ? STR("true")
           : v->kind == JSON_FALSE ? STR("false")
           : v->kind == JSON_NULL  ? STR("")
                                   : v->text;
}

corpus_found corpus_value(corpus_map *m, const json *row, uint32_t leaf, arena *mem, value *out, str *text) {
    const json *v = leaf_find(m, row, leaf);
    json given;
    *out = (value){.kind = V_NONE};
    *text = (str){0};
    if (!v) return CORPUS_NONE;
    bool scalar = v->kind != JSON_ARRAY && v->kind != JSON_OBJECT;
    *text = scalar ? scalar_text(v) : v->kind == JSON_ARRAY ? STR("[...]") : STR("{...}");
    for (const recode *x = m->at[leaf].recode; x && scalar; x = x->next) {
        if (!str_eq(x->cell, *text)) continue;
        if (str_is(x->value, "~")) return CORPUS_NONE;
        given = (json){.kind = JSON_STRING, .text = x->value};
        v = &given;
        break;
    }
    if (v->kind == JSON_NULL || (v->kind == JSON_STRING && !str_trim(v->text).n)) return CORPUS_NONE;
    return value_read(leaf_node(m->p, leaf), v, mem, out) ? CORPUS_UNKNOWN : CORPUS_VALUE;
}

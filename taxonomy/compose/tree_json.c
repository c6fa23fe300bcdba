/* tree_json.c: the JSON form of a population file. Numbers, true and false become their text, null is nothing,
 * so that the tree is the one of the YAML twin. The strict reader of base does the reading.
 */
#include "taxonomy/compose/compose_parts.h"

static const char *fault_hint(json_fault f) {
    switch (f) {
    case JSON_FAULT_DEPTH:
    case JSON_FAULT_NODES: return "put long lists into CSV files";
    case JSON_FAULT_UTF8: return "save the file as UTF-8";
    case JSON_FAULT_TRAILING: return "one value a file";
    case JSON_FAULT_DUPLICATE: return "take one of them out";
    default: return "a file that begins with { or is named .json is read as JSON";
    }
}

/* The text from a fault on, for the message: a string up to its end, else up to white space. */
static str fault_value(str text, size_t at) {
    size_t to = at;
    bool quoted = at < text.n && text.p[at] == '"';
    while (to < text.n && to - at < 60) {
        char c = text.p[to++];
        if (c == '\n' || (quoted && to > at + 1 && c == '"') || (!quoted && (c == ' ' || c == ','))) break;
    }
    while (to < text.n && ((unsigned char)text.p[to] & 0xC0) == 0x80) to++;
    return str_trim(str_part(text, at, to));
}

static tree *json_fault_said(const reading *r, str text, json_fault f, size_t at) {
    tree place_at = {.file = r->file, .folder = r->folder};
    text_place(text, at, &place_at.line, &place_at.column);
    diag_at(r->p, r->d, f == JSON_FAULT_DUPLICATE ? DIAG_P02 : DIAG_P01, &place_at, fault_value(text, at),
            fault_hint(f), f == JSON_FAULT_DUPLICATE ? "%s" : "not JSON: %s", json_fault_text(f));
    return NULL;
}

static tree *tree_of(const reading *r, const json *j);

static tree *list_of(const reading *r, const json *j, const tree *at) {
    tree *t = tree_new_map(r->p->mem, at);
    t->kind = TREE_LIST;
    for (uint32_t i = 0; i < j->n; i++) {
        tree *item = tree_of(r, &j->item[i]);
        if (!item) return NULL;
        tree_append_item(r->p->mem, t, item);
    }
    return t;
}

static tree *map_of(const reading *r, const json *j, const tree *at) {
    tree *t = tree_new_map(r->p->mem, at);
    for (uint32_t i = 0; t && i < j->n; i++) {
        const json_member *m = &j->member[i];
        tree key_at = {.file = r->file, .folder = r->folder, .line = m->line, .column = m->column};
        tree *below = tree_text_fits(r, m->key, &key_at) ? tree_of(r, &m->value) : NULL;
        if (below)
            tree_pair(r, t, tree_new_scalar(r->p->mem, m->key, &key_at), below);
        else
            t = NULL;
    }
    return t;
}

static tree *tree_of(const reading *r, const json *j) {
    tree at = {.file = r->file, .folder = r->folder, .line = j->line, .column = j->column};
    arena *mem = r->p->mem;
    switch (j->kind) {
    case JSON_NULL: return tree_new_scalar(mem, STR(""), &at);
    case JSON_FALSE: return tree_new_scalar(mem, STR("false"), &at);
    case JSON_TRUE: return tree_new_scalar(mem, STR("true"), &at);
    case JSON_NUMBER: return tree_new_scalar(mem, j->text, &at);
    case JSON_STRING: return tree_text_fits(r, j->text, &at) ? tree_new_scalar(mem, j->text, &at) : NULL;
    case JSON_ARRAY: return list_of(r, j, &at);
    case JSON_OBJECT: return map_of(r, j, &at);
    }
    return NULL;
}

static uint32_t json_nodes(const json *j) {
    uint32_t n = 1;
    for (uint32_t i = 0; (j->kind == JSON_ARRAY || j->kind == JSON_OBJECT) && i < j->n; i++)
        n += json_nodes(j->kind == JSON_ARRAY ? &j->item[i] : &j->member[i].value);
    return n;
}

tree *tree_json(const reading *r, str text) {
    if (r->depth >= MOST_DEPTH) return json_fault_said(r, text, JSON_FAULT_DEPTH, 0);
    if (r->sum->nodes >= MOST_NODES) return json_fault_said(r, text, JSON_FAULT_NODES, 0);
    json_limits limits = {.depth = MOST_DEPTH - r->depth, .nodes = MOST_NODES - r->sum->nodes};
    arena *scratch = arena_new(0);
    json j;
    size_t at = 0;
    tree *t = NULL;
    json_fault f = json_read(text, &limits, scratch, &j, &at);
    str rest = str_trim(str_part(text, at, text.n));
    if (!f && rest.n) {
        f = JSON_FAULT_TRAILING;
        at = (size_t)(rest.p - text.p);
    }
    if (f) {
        json_fault_said(r, text, f, at);
    } else {
        r->sum->nodes += json_nodes(&j);
        t = tree_of(r, &j);
    }
    arena_free(scratch);
    return t;
}

/* tree_yaml.c: YAML by libyaml's events into our own tree. No schema of YAML is applied: every scalar is its
 * text, however it is quoted. Refused: tags, `<<`, keys that are not scalars, keys twice (P02), several
 * documents, aliases without anchor. An alias shares the subtree, yet counts with all its nodes, bytes and
 * levels.
 *
 * A key in { } without a colon is legal YAML with an empty value, and what a comma in unquoted text looks like:
 * P02. The event does not tell whether there was a colon, so the source behind the key is looked at.
 */
#include "taxonomy/compose/compose_parts.h"

#include <string.h>
#include <yaml.h>

typedef struct anchor {
    tree *at;
    uint32_t nodes, depth;
    size_t bytes;
} anchor;

typedef struct yaml_in {
    const reading *r;
    arena *mem;
    yaml_parser_t parser;
    str text;
    strmap *anchors;
    size_t spent;                 /* bytes of scalars and keys so far, aliases expanded */
    size_t seen_index, seen_byte; /* code points and bytes up to a mark that was asked for */
} yaml_in;

static tree place_of(const yaml_in *y, yaml_mark_t mark) {
    return (tree){.file = y->r->file,
                  .folder = y->r->folder,
                  .line = (uint32_t)mark.line + 1,
                  .column = (uint32_t)mark.column + 1};
}

/* ---- faults of the syntax ----------------------------------------------------------------------------- */

static str line_of(str text, uint32_t line) {
    str here, rest = text;
    for (;;) {
        bool more = str_cut(rest, '\n', &here, &rest);
        if (line-- <= 1 || !more) return here;
    }
}

static const char *hint_for(str line, const char *problem) {
    for (size_t i = 0; i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
        if (line.p[i] == '\t') return "indent with spaces, not with tabs";
    if (strstr(problem, "mapping values are not allowed")) return "text with `: ` in it needs quotes";
    if (strstr(problem, "cannot start any token")) return "text that begins with % @ ` needs quotes";
    if (strstr(problem, "alias") || strstr(problem, "anchor"))
        return "text that begins with * or & needs quotes";
    return "look at the indentation, brackets and quotes here and just above";
}

static bool syntax_fault(yaml_in *y) {
    const yaml_parser_t *p = &y->parser;
    const char *problem = p->problem ? p->problem : "unreadable";
    tree at = place_of(y, p->problem_mark);
    if (p->error == YAML_READER_ERROR) text_place(y->text, p->problem_offset, &at.line, &at.column);
    str line = line_of(y->text, at.line);
    return diag_at(y->r->p, y->r->d, DIAG_P01, &at, str_trim(line), hint_for(line, problem), "not YAML: %s%s%s",
                   problem, p->context ? ", " : "", p->context ? p->context : "");
}

static bool next(yaml_in *y, yaml_event_t *e) {
    return yaml_parser_parse(&y->parser, e) || syntax_fault(y);
}

/* ---- limits --------------------------------------------------------------------------------------------- */

static bool count(yaml_in *y, const tree *at, uint32_t nodes, size_t bytes) {
    totals *sum = y->r->sum;
    if (nodes > MOST_NODES - sum->nodes)
        return diag_at(y->r->p, y->r->d, DIAG_P01, at, STR(""), "put long lists into CSV files",
                       "more than %d nodes after includes and aliases", MOST_NODES);
    if (bytes > MOST_BYTES - sum->bytes)
        return diag_at(y->r->p, y->r->d, DIAG_P01, at, STR(""), "put long lists into CSV files",
                       "more than %d MB after includes and aliases", MOST_BYTES >> 20);
    sum->nodes += nodes;
    sum->bytes += bytes;
    return true;
}

static bool deep(yaml_in *y, const tree *at, uint32_t depth) {
    if (depth <= MOST_DEPTH) return false;
    diag_at(y->r->p, y->r->d, DIAG_P01, at, STR(""), "fewer levels; a bracket may not be closed",
            "nested deeper than %d levels", MOST_DEPTH);
    return true;
}

/* ---- anchors and aliases ------------------------------------------------------------------------------- */

static void anchor_keep(yaml_in *y, str name, tree *t, uint32_t nodes, size_t spent) {
    anchor *a = arena_new_of(y->mem, anchor, 1);
    *a = (anchor){t, y->r->sum->nodes - nodes, tree_depth(t), y->spent - spent};
    if (!y->anchors) y->anchors = strmap_new(16);
    strmap_put(y->anchors, name, a);
}

static tree *alias(yaml_in *y, str name, const tree *at, uint32_t depth) {
    const anchor *a = y->anchors ? strmap_get(y->anchors, name) : NULL;
    if (!a) {
        diag_at(y->r->p, y->r->d, DIAG_P01, at, name, "text that begins with * needs quotes",
                "alias `*" STR_FMT "` without an anchor before it", STR_ARG(name));
        return NULL;
    }
    if (deep(y, at, depth + a->depth) || !count(y, at, a->nodes, a->bytes)) return NULL;
    y->spent += a->bytes;
    return a->at;
}

/* ---- nodes --------------------------------------------------------------------------------------------- */

static tree *node_of(yaml_in *y, yaml_event_t *e, uint32_t depth);

static bool tagged(yaml_in *y, const char *tag, const tree *at) {
    if (!tag) return false;
    diag_at(y->r->p, y->r->d, DIAG_P01, at, str_of(tag),
            "leave it out: the position decides how a text is read", "tags are not allowed");
    return true;
}

static tree *scalar_of(yaml_in *y, const yaml_event_t *e, const tree *at) {
    str text = {(const char *)e->data.scalar.value, e->data.scalar.length};
    if (tagged(y, (const char *)e->data.scalar.tag, at) || !tree_text_fits(y->r, text, at)) return NULL;
    y->spent += text.n;
    return tree_new_scalar(y->mem, text, at);
}

static tree *list_of(yaml_in *y, const tree *at, uint32_t depth) {
    tree *t = tree_new_map(y->mem, at);
    t->kind = TREE_LIST;
    for (;;) {
        yaml_event_t e;
        if (!next(y, &e)) return NULL;
        if (e.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&e);
            return t;
        }
        tree *item = node_of(y, &e, depth);
        if (!item) return NULL;
        tree_append_item(y->mem, t, item);
    }
}

/* Bytes before the code point `index` of the text; asked for in ascending order. */
static size_t byte_of(yaml_in *y, size_t index) {
    if (index < y->seen_index) y->seen_index = y->seen_byte = 0;
    for (; y->seen_index < index && y->seen_byte < y->text.n; y->seen_index++) do
            y->seen_byte++;
        while (y->seen_byte < y->text.n && ((unsigned char)y->text.p[y->seen_byte] & 0xC0) == 0x80);
    return y->seen_byte;
}

/* Whether a colon stands between two marks, comments apart. */
static bool colon_between(yaml_in *y, yaml_mark_t from, yaml_mark_t to) {
    size_t i = byte_of(y, from.index), end = byte_of(y, to.index);
    for (bool comment = false; i < end; i++) {
        char c = y->text.p[i];
        if (c == '#') comment = true;
        if (c == '\n' || c == '\r') comment = false;
        if (c == ':' && !comment) return true;
    }
    return false;
}

static void no_value(yaml_in *y, str key, const tree *at) {
    size_t colon;
    const char *hint = str_find(key, STR(":"), &colon) ? "a colon needs a space behind it" : HINT_COMMA;
    diag_at(y->r->p, y->r->d, DIAG_P02, at, key, hint, "a key without a value: `" STR_FMT "`", STR_ARG(key));
}

/* The value of one key and the key itself; `e` is the key's event. */
static bool pair_of(yaml_in *y, tree *map, bool flow, yaml_event_t *e, uint32_t depth) {
    bool whole = e->type == YAML_SCALAR_EVENT || e->type == YAML_ALIAS_EVENT;
    yaml_mark_t from = e->end_mark;
    tree at = place_of(y, e->start_mark);
    tree *key = node_of(y, e, depth);
    if (!key) return false;
    if (whole && y->r->sum->nodes) y->r->sum->nodes--; /* nodes are values */
    whole = whole && key->kind == TREE_SCALAR;
    if (!whole)
        diag_at(y->r->p, y->r->d, DIAG_P02, &at, STR(""), "quote it, if it is text",
                "a key that is not a scalar");
    yaml_event_t v;
    if (!next(y, &v)) return false;
    bool empty = flow && v.type == YAML_SCALAR_EVENT && !v.data.scalar.length &&
                 v.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !v.data.scalar.anchor &&
                 !colon_between(y, from, v.start_mark);
    tree *below = node_of(y, &v, depth);
    if (!below) return false;
    at.kind = TREE_SCALAR;
    at.text = key->text;
    if (whole && empty)
        no_value(y, key->text, &at);
    else if (whole)
        tree_pair(y->r, map, &at, below);
    return true;
}

static tree *map_of(yaml_in *y, const tree *at, uint32_t depth, bool flow) {
    tree *t = tree_new_map(y->mem, at);
    for (;;) {
        yaml_event_t e;
        if (!next(y, &e)) break;
        if (e.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&e);
            return t;
        }
        if (!pair_of(y, t, flow, &e, depth)) break;
    }
    return NULL;
}

static const char *anchor_name(const yaml_event_t *e) {
    switch (e->type) {
    case YAML_SCALAR_EVENT: return (const char *)e->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return (const char *)e->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return (const char *)e->data.mapping_start.anchor;
    default: return NULL;
    }
}

static tree *open_of(yaml_in *y, const yaml_event_t *e, const tree *at, uint32_t depth) {
    bool is_map = e->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = is_map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
    if (tagged(y, (const char *)tag, at) || deep(y, at, depth + 1)) return NULL;
    if (!is_map) return list_of(y, at, depth + 1);
    return map_of(y, at, depth + 1, e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
}

/* Takes the event. */
static tree *node_of(yaml_in *y, yaml_event_t *e, uint32_t depth) {
    tree at = place_of(y, e->start_mark), *t = NULL;
    uint32_t nodes = y->r->sum->nodes;
    size_t spent = y->spent;
    if (e->type == YAML_ALIAS_EVENT) {
        t = alias(y, str_of((const char *)e->data.alias.anchor), &at, depth);
    } else if (count(y, &at, 1, 0)) {
        t = e->type == YAML_SCALAR_EVENT ? scalar_of(y, e, &at) : open_of(y, e, &at, depth);
        const char *name = anchor_name(e);
        if (t && name) anchor_keep(y, str_dup(y->mem, str_of(name)), t, nodes, spent);
    }
    yaml_event_delete(e);
    return t;
}

/* ---- the document -------------------------------------------------------------------------------------- */

static bool skip(yaml_in *y, yaml_event_type_t *type, tree *at) {
    yaml_event_t e;
    if (!next(y, &e)) return false;
    *type = e.type;
    *at = place_of(y, e.start_mark);
    yaml_event_delete(&e);
    return true;
}

static tree *document(yaml_in *y) {
    yaml_event_type_t type;
    tree at;
    if (!skip(y, &type, &at) || !skip(y, &type, &at)) return NULL;
    if (type == YAML_STREAM_END_EVENT)
        return count(y, &at, 1, 0) ? tree_new_scalar(y->mem, STR(""), &at) : NULL;
    yaml_event_t e;
    if (!next(y, &e)) return NULL;
    tree *t = node_of(y, &e, y->r->depth);
    if (!t || !skip(y, &type, &at) || !skip(y, &type, &at)) return NULL;
    if (type == YAML_STREAM_END_EVENT) return t;
    diag_at(y->r->p, y->r->d, DIAG_P01, &at, STR(""), "take out the line `---`, or make two files",
            "a second document in the file");
    return NULL;
}

tree *tree_yaml(const reading *r, str text) {
    yaml_in y = {.r = r, .mem = r->p->mem, .text = text};
    if (!yaml_parser_initialize(&y.parser)) return NULL;
    yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    tree *t = document(&y);
    yaml_parser_delete(&y.parser);
    strmap_free(y.anchors);
    return t;
}

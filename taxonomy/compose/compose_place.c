/* compose_place.c: where in a population file a name, a path or a documentation key stands. What keys mean is
 * the business of the compile files; this table knows only which scalars are paths, which mappings may include
 * a file and which keys the hash leaves out, so that a choice that happens to have a value `file` is not taken
 * for one.
 */
#include "taxonomy/compose/compose_parts.h"

const char *const place_top_keys[] = {"populace",  "name",       "locale", "include", "types",
                                      "lexicons",  "attributes", "groups", "links",   "tables",
                                      "correlate", "choose",     "facets", "rules",   "judges",
                                      "prompts",   "limits",     "dedup",  "output",  NULL};

static const struct {
    place at;
    const char *key; /* NULL: any other */
    place below;
} steps[] = {
    {PLACE_TOP, "attributes", PLACE_NODE},   {PLACE_TOP, "types", PLACE_NODES},
    {PLACE_TOP, "lexicons", PLACE_LEXICONS}, {PLACE_TOP, "groups", PLACE_NAMED},
    {PLACE_TOP, "links", PLACE_NAMED},       {PLACE_TOP, "choose", PLACE_NAMED},
    {PLACE_TOP, "tables", PLACE_TOLD},       {PLACE_TOP, "rules", PLACE_TOLD},
    {PLACE_TOP, "correlate", PLACE_TOLD},    {PLACE_TOP, "facets", PLACE_FACETS},
    {PLACE_TOP, "judges", PLACE_FACETS},     {PLACE_TOP, "prompts", PLACE_PROMPTS},
    {PLACE_NODES, NULL, PLACE_NODE},         {PLACE_FACETS, NULL, PLACE_FACET},
    {PLACE_FACET, "fields", PLACE_NODE},     {PLACE_FACET, "prompt", PLACE_PROMPT},
    {PLACE_PROMPTS, "revise", PLACE_PROMPT}, {PLACE_PROMPTS, "avoid", PLACE_PROMPT},
    {PLACE_PROMPT, NULL, PLACE_PROMPT}, /* by locale */
    {PLACE_LEXICONS, NULL, PLACE_LEXICON},   {PLACE_LEXICON, NULL, PLACE_LEXICON},
    {PLACE_NAMED, NULL, PLACE_NAMED_ONE},    {PLACE_NAMED_ONE, "relation", PLACE_DATA},
    {PLACE_NAMED_ONE, "count", PLACE_DATA},  {PLACE_NAMED_ONE, "given", PLACE_DATA},
    {PLACE_TOLD, NULL, PLACE_TOLD_ONE},      {PLACE_TOLD_ONE, "counts", PLACE_DATA},
    {PLACE_TOLD_ONE, "shares", PLACE_DATA},  {PLACE_TOLD_ONE, "matrix", PLACE_DATA},
    {PLACE_TOLD_ONE, "given", PLACE_DATA},   {PLACE_TOLD_ONE, "reference", PLACE_TOLD_ONE},
    {PLACE_TOLD_ONE, "file", PLACE_FILE},    {PLACE_FILE, NULL, PLACE_FILE},
};

/* In a node with a kind, `type` or `each` the keys are the node's; in a section they are children, save these.
 */
static const struct {
    const char *key;
    bool reserved; /* not the name of a child */
    place below;
} node_keys[] = {
    {"choice", true, PLACE_DATA}, {"number", true, PLACE_DATA},    {"date", true, PLACE_DATA},
    {"flag", true, PLACE_DATA},   {"text", true, PLACE_PLAIN},     {"template", true, PLACE_PLAIN},
    {"type", true, PLACE_PLAIN},  {"include", true, PLACE_PLAIN},  {"each", true, PLACE_NODES},
    {"list", true, PLACE_DATA},   {"distinct", true, PLACE_PLAIN}, {"row", true, PLACE_DATA},
    {"by", true, PLACE_PLAIN},    {"when", true, PLACE_PLAIN},     {"keep", true, PLACE_PLAIN},
    {"per", true, PLACE_PLAIN},   {"label", true, PLACE_PLAIN},    {"prior", true, PLACE_PLAIN},
    {"hide", true, PLACE_PLAIN},  {"given", false, PLACE_DATA},
};

bool place_is_leaf(const tree *map) {
    static const char *const makes[] = {"choice", "number", "date", "flag", "text", "template", "type", "each"};
    for (size_t i = 0; i < COUNT_OF(makes); i++)
        if (tree_get(map, makes[i])) return true;
    return false;
}

static place node_below(const tree *map, str key) {
    bool leaf = place_is_leaf(map);
    for (size_t i = 0; i < COUNT_OF(node_keys); i++)
        if (str_is(key, node_keys[i].key) && (leaf || node_keys[i].reserved)) return node_keys[i].below;
    return leaf ? PLACE_PLAIN : PLACE_NODE;
}

place place_below(place at, const tree *map, str key) {
    if (at == PLACE_NODE) return node_below(map, key);
    if (at == PLACE_DATA) {
        if (!tree_is_csv(map)) return PLACE_DATA;
        return str_is(key, "file") ? PLACE_CSV : PLACE_PLAIN;
    }
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i].at == at && (!steps[i].key || str_is(key, steps[i].key))) return steps[i].below;
    return PLACE_PLAIN;
}

bool place_includes(place at) {
    switch (at) {
    case PLACE_TOP:
    case PLACE_NODE:
    case PLACE_NODES:
    case PLACE_FACETS:
    case PLACE_TOLD:
    case PLACE_NAMED:
    case PLACE_LEXICONS: return true;
    default: return false;
    }
}

bool is_doc_key(str s) {
    static const char *const doc[] = {"title", "note",   "source",  "year", "licence",
                                      "basis", "method", "measure", "total"};
    for (size_t i = 0; i < COUNT_OF(doc); i++)
        if (str_is(s, doc[i])) return true;
    return false;
}

bool place_drops(place at, str key, const tree *below) {
    if (at != PLACE_TOP && at != PLACE_TOLD_ONE && at != PLACE_NODE) return false;
    if (at == PLACE_NODE && below->kind == TREE_MAP) return false; /* a child of that name */
    return is_doc_key(key);
}

ref_kind place_ref(place at, const tree *t) {
    if (t->kind != TREE_SCALAR || t->nothing) return REF_NONE;
    switch (at) {
    case PLACE_CSV: return REF_BYTES;
    case PLACE_FILE: return REF_TEXT;
    case PLACE_DATA: return tree_is_csv(t) ? REF_BYTES : REF_NONE;
    case PLACE_LEXICON: return REF_TEXT;
    case PLACE_PROMPT: return REF_PROMPT;
    default: return REF_NONE;
    }
}

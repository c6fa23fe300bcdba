/* row_render.c: a persona as one line of JSON: what every user of the output reads.
 *
 * Members, in this order, no blanks between them:
 *
 *     id            string, as `output.id` says
 *     slot          number
 *     weight        number, in millionths at most; only where a table of the population has a `reference`
 *     NAME ...      one member a column of `output.columns`; null without value
 *     attributes    the drawn attributes that are no column: an object by sections, null without value; or,
 *                   with `pairs`, [{"path","value"}], values as text (row_pair.c), only those that have one, an
 *                   entry for each element of a list, one entry without text for an empty list; of a section
 *                   with `list` how many instances it has, then theirs, with paths such as pref.2.topic. Left
 *                   out where every attribute is a column
 *     FIELD ...     the facets' fields in file order; sections as objects, lists as arrays,
 *                   sections with `list` as arrays of objects
 *     links         {"NAME":[{"slot","id","relation"}]}: whom the persona knows and what they are to it, by
 *                   slot; only where the population has links
 *     narrative     the first leaf of `output.narrative` that has a value, else null; left out if none is named
 *     provenance    {"attempt","calls","revisions","models":[...],"findings":[...]}
 *
 * Numbers are decimals without trailing zeros, choices strings or (if all their values are numbers) numbers,
 * flags true and false. Which members there are depends on the population alone, so that all rows of a run have
 * one type. Sections without a leaf of their own to show are left out: columnar formats cannot hold an empty
 * object.
 */
#include "out/row_parts.h"

#include <assert.h>

/* Members of every row: no column and no field may be named so. */
static const char *const own_key[] = {"id", "slot", "weight", "attributes", "narrative", "provenance"};

uint8_t *row_kept(const population *p, arena *mem) {
    uint8_t *kept = arena_alloc(mem, p->nodes + 1);
    for (uint32_t i = 0; i < p->nodes; i++) kept[i] = p->node[i].leaf != NO_LEAF;
    for (uint32_t i = 0; i < p->columns; i++) {
        uint32_t at = p->leaf_node[p->column[i].leaf];
        if (at < p->drawn_nodes) kept[at] = 0;
    }
    /* children stand behind their section, so one pass from the end carries leaves up */
    for (uint32_t i = p->nodes; i-- > 0;)
        if (kept[i] && p->node[i].parent != NO_LEAF) kept[p->node[i].parent] = 1;
    return kept;
}

bool row_has_attributes(const population *p, const uint8_t *kept) {
    for (uint32_t i = 0; i < p->drawn_nodes; i++)
        if (kept[i]) return true;
    return false;
}

bool row_repeats(const population *p) {
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i = p->node[i].end)
        if (str_is(p->node[i].name, "narrative")) return false;
    return p->narratives > 0;
}

uint32_t row_narrative(const record *r) {
    for (uint32_t i = 0; i < r->pop->narratives; i++)
        if (r->value[r->pop->narrative[i]].kind != V_NONE) return r->pop->narrative[i];
    return NO_LEAF;
}

static bool names_clash(const population *p, str name) {
    for (size_t k = 0; k < COUNT_OF(own_key); k++)
        if (str_is(name, own_key[k])) return true;
    if (p->links && str_is(name, "links")) return true;
    for (uint32_t i = p->drawn_nodes; i < p->nodes; i = p->node[i].end)
        if (str_eq(p->node[i].name, name)) return true;
    return false;
}

static void key_put(buf *out, str name) {
    buf_char(out, ',');
    buf_json(out, name);
    buf_char(out, ':');
}

static void columns_put(const record *r, buf *out) {
    const population *p = r->pop;
    for (uint32_t i = 0; i < p->columns; i++) {
        const column *c = &p->column[i];
        assert(!names_clash(p, c->name));
        key_put(out, c->name);
        value_json(out, leaf_node(p, c->leaf), &r->value[c->leaf]);
    }
}

/* Nodes [from, end) as members; `first`: no comma before the first of them. */
static void members_put(const record *r, const uint8_t *kept, uint32_t from, uint32_t end, bool first,
                        buf *out) {
    const population *p = r->pop;
    for (uint32_t i = from; i < end; i = p->node[i].end) {
        const node *n = &p->node[i];
        if (!kept[i]) continue;
        if (!first) buf_char(out, ',');
        first = false;
        buf_json(out, n->name);
        buf_char(out, ':');
        if (n->leaf != NO_LEAF) {
            value_json(out, n, &r->value[n->leaf]);
        } else if (n->number != NO_LEAF) {
            instances_json(out, r, i);
        } else {
            buf_char(out, '{');
            members_put(r, kept, i + 1, n->end, true, out);
            buf_char(out, '}');
        }
    }
}

/* v NULL: an empty list, whose text is empty as no element's is. */
static void pair_put(const record *r, const node *n, const value *v, bool first, buf *out) {
    buf text = {0}, path = {0};
    if (v) pair_print(&text, n, v);
    instance_path(r->pop, n, r->section == NO_LEAF ? 0 : r->instance + 1, &path);
    buf_z(out, first ? "{\"path\":" : ",{\"path\":");
    buf_json(out, buf_view(&path));
    buf_z(out, ",\"value\":");
    buf_json(out, buf_view(&text));
    buf_char(out, '}');
    buf_free(&text);
    buf_free(&path);
}

static void leaf_pairs(const record *r, const node *n, size_t begin, buf *out) {
    const value *v = record_at(r, n->leaf), *item = v->kind == V_LIST ? v->item : v;
    uint32_t items = v->kind == V_LIST ? v->n : v->kind != V_NONE;
    if (v->kind == V_LIST && v->n == 0) pair_put(r, n, NULL, out->n == begin, out);
    for (uint32_t k = 0; k < items; k++) pair_put(r, n, &item[k], out->n == begin, out);
}

/* A section with `list`: first how many instances it has, for those without any value. */
static void instance_pairs(const record *r, uint32_t section, size_t begin, buf *out) {
    const population *p = r->pop;
    const node *n = &p->node[section];
    record view = *r;
    if (r->value[n->number].kind != V_NUM) return;
    buf many = {0};
    buf_printf(&many, "%u", record_instances(r, section));
    buf_z(out, out->n == begin ? "{\"path\":" : ",{\"path\":");
    buf_json(out, n->path);
    buf_printf(out, ",\"value\":\"" STR_FMT "\"}", STR_ARG(buf_view(&many)));
    buf_free(&many);
    for (uint32_t i = 0; i < record_instances(r, section); i++) {
        record_enter(&view, section, i);
        for (uint32_t k = section + 1; k < n->end; k++)
            if (p->node[k].leaf != NO_LEAF) leaf_pairs(&view, &p->node[k], begin, out);
    }
}

static void pairs_put(const record *r, const uint8_t *kept, buf *out) {
    const population *p = r->pop;
    size_t begin = out->n;
    for (uint32_t i = 0; i < p->drawn_nodes; i++) {
        const node *n = &p->node[i];
        if (!kept[i] || n->within != NO_LEAF) continue;
        if (n->number != NO_LEAF) instance_pairs(r, i, begin, out);
        if (n->leaf != NO_LEAF) leaf_pairs(r, n, begin, out);
    }
}

static void attributes_put(const record *r, const uint8_t *kept, buf *out) {
    const population *p = r->pop;
    if (!row_has_attributes(p, kept)) return;
    key_put(out, STR("attributes"));
    buf_char(out, p->pairs ? '[' : '{');
    if (p->pairs)
        pairs_put(r, kept, out);
    else
        members_put(r, kept, 0, p->drawn_nodes, true, out);
    buf_char(out, p->pairs ? ']' : '}');
}

static void narrative_put(const record *r, buf *out) {
    if (!row_repeats(r->pop)) return;
    uint32_t leaf = row_narrative(r);
    key_put(out, STR("narrative"));
    if (leaf == NO_LEAF)
        buf_z(out, "null");
    else
        value_json(out, leaf_node(r->pop, leaf), &r->value[leaf]);
}

static void provenance_put(const provenance *pv, buf *out) {
    buf_printf(out, ",\"provenance\":{\"attempt\":%u,\"calls\":%u,\"revisions\":%u,\"models\":[", pv->attempt,
               pv->calls, pv->revisions);
    for (uint32_t i = 0; i < pv->models; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, pv->model[i]);
    }
    buf_z(out, "],\"findings\":");
    if (pv->findings.n)
        buf_str(out, pv->findings);
    else
        buf_z(out, "[]");
    buf_char(out, '}');
}

void row_render(const record *r, hash128 run, const provenance *pv, buf *out) {
    const population *p = r->pop;
    arena *mem = arena_new(p->nodes + 64);
    const uint8_t *kept = row_kept(p, mem);
    buf id = {0};
    record_id(p, run, r->slot, &id);
    buf_z(out, "{\"id\":");
    buf_json(out, buf_view(&id));
    buf_printf(out, ",\"slot\":%llu", (unsigned long long)r->slot);
    if (p->weighted) {
        key_put(out, STR("weight"));
        dec_print(out, (int64_t)r->weight, 6);
    }
    columns_put(r, out);
    attributes_put(r, kept, out);
    members_put(r, kept, p->drawn_nodes, p->nodes, false, out);
    if (p->links) {
        key_put(out, STR("links"));
        links_json(out, r, run);
    }
    narrative_put(r, out);
    provenance_put(pv, out);
    buf_char(out, '}');
    buf_free(&id);
    arena_free(mem);
}

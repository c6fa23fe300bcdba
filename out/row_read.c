/* row_read.c: a line of a shard back to the record it was rendered from.
 *
 * Strict: the members must be those that row_render writes for this population, in that order, each value in
 * its canonical form. So a row that is read renders to the same bytes again, and a row of another population,
 * or one that somebody edited, is found out by the name of the first member that does not fit. Values are
 * copied into the arena.
 */
#include "out/row_parts.h"

#include <stdio.h>

typedef struct row_reader {
    const population *p;
    const uint8_t *kept;
    arena *mem;
    record *r;
    bool *seen; /* a leaf: a member has said its value */
    err *e;
} row_reader;

#define HINT "the row was edited, or is of another population; `populace verify` names every such row"

/* The members of an object, taken in order. */
typedef struct cursor {
    const json *object;
    uint32_t at;
    str path; /* for messages; empty at the top */
} cursor;

/* "the row", or "the row of slot 12" once that is known. */
static const char *which(const row_reader *rr, char text[48]) {
    if (rr->r->slot == UINT64_MAX) return "the row";
    snprintf(text, 48, "the row of slot %llu", (unsigned long long)rr->r->slot);
    return text;
}

static bool bad_member(const row_reader *rr, const cursor *c, str key, const char *what) {
    char row[48];
    return err_set(rr->e, ERR_FORMAT, HINT, "%s %s `" STR_FMT "%s" STR_FMT "`", which(rr, row), what,
                   STR_ARG(c->path), c->path.n ? "." : "", STR_ARG(key));
}

static bool known_later(const cursor *c, str key) {
    for (uint32_t i = c->at; i < c->object->n; i++)
        if (str_eq(c->object->member[i].key, key)) return true;
    return false;
}

static const json *take(const row_reader *rr, cursor *c, str key) {
    if (c->at < c->object->n && str_eq(c->object->member[c->at].key, key))
        return &c->object->member[c->at++].value;
    if (!known_later(c, key))
        bad_member(rr, c, key, "lacks");
    else
        bad_member(rr, c, c->object->member[c->at].key, "has an unknown or misplaced key");
    return NULL;
}

static bool finished(const row_reader *rr, const cursor *c) {
    if (c->at == c->object->n) return true;
    return bad_member(rr, c, c->object->member[c->at].key, "has an unknown or misplaced key");
}

static const json *take_kind(const row_reader *rr, cursor *c, const char *key, json_kind as, const char *want) {
    const json *v = take(rr, c, str_of(key));
    if (v && v->kind != as) {
        bad_member(rr, c, str_of(key), want);
        return NULL;
    }
    return v;
}

static bool bad_value(const row_reader *rr, str path, const json *v, const char *why) {
    buf shown = {0};
    json_write(&shown, v);
    str s = buf_view(&shown);
    if (s.n > 80) s.n = 80;
    while (s.n && !text_valid(s)) s.n--;
    char row[48];
    err_set(rr->e, ERR_FORMAT, HINT, "%s: `" STR_FMT "`: " STR_FMT " %s", which(rr, row), STR_ARG(path),
            STR_ARG(s), why);
    buf_free(&shown);
    return false;
}

/* Where the value of a leaf goes: in the instance that is being read. */
static value *place_of(const row_reader *rr, uint32_t leaf) {
    record *r = rr->r;
    return leaf - r->first < r->inside ? &r->value[leaf].item[r->instance] : &r->value[leaf];
}

static bool read_leaf(const row_reader *rr, cursor *c, str key, uint32_t leaf) {
    const json *j = take(rr, c, key);
    const node *n = leaf_node(rr->p, leaf);
    const char *why = "";
    value v;
    if (!j) return false;
    if (!row_value(n, j, rr->mem, &v, &why)) return bad_value(rr, n->path, j, why);
    /* a field that is a column too stands there twice; what stands in instances is no column */
    if (n->within == NO_LEAF && rr->seen[leaf] && !value_same(&v, &rr->r->value[leaf]))
        return bad_value(rr, n->path, j, "is not what it says elsewhere");
    rr->seen[leaf] = true;
    *place_of(rr, leaf) = v;
    return true;
}

/* So many instances, all without values. */
static void instances_new(const row_reader *rr, const node *n, uint32_t many) {
    rr->r->value[n->number] = (value){.kind = V_NUM, .num = many};
    for (uint32_t i = 1; i <= n->below; i++)
        rr->r->value[n->number + i] =
            (value){.kind = V_LIST, .n = many, .item = arena_new_of(rr->mem, value, many)};
}

static bool read_members(const row_reader *rr, cursor *c, uint32_t from, uint32_t end);

static bool read_instances(const row_reader *rr, const json *v, uint32_t section) {
    const node *n = &rr->p->node[section];
    if (v->kind == JSON_NULL) return true;
    if (v->kind != JSON_ARRAY) return bad_value(rr, n->path, v, "is no list");
    bool fine = true;
    instances_new(rr, n, v->n);
    for (uint32_t i = 0; i < v->n && fine; i++) {
        cursor below = {.object = &v->item[i], .path = n->path};
        fine = v->item[i].kind == JSON_OBJECT || bad_value(rr, n->path, &v->item[i], "is no object");
        record_enter(rr->r, section, i);
        fine = fine && read_members(rr, &below, section + 1, n->end) && finished(rr, &below);
    }
    record_leave(rr->r);
    return fine;
}

static bool read_columns(const row_reader *rr, cursor *c) {
    for (uint32_t i = 0; i < rr->p->columns; i++)
        if (!read_leaf(rr, c, rr->p->column[i].name, rr->p->column[i].leaf)) return false;
    return true;
}

static bool read_members(const row_reader *rr, cursor *c, uint32_t from, uint32_t end) {
    for (uint32_t i = from; i < end; i = rr->p->node[i].end) {
        const node *n = &rr->p->node[i];
        if (!rr->kept[i]) continue;
        if (n->leaf != NO_LEAF) {
            if (!read_leaf(rr, c, n->name, n->leaf)) return false;
            continue;
        }
        const json *v = take(rr, c, n->name);
        if (!v) return false;
        if (n->number != NO_LEAF) {
            if (!read_instances(rr, v, i)) return false;
            continue;
        }
        if (v->kind != JSON_OBJECT) return bad_value(rr, n->path, v, "is no object");
        cursor below = {.object = v, .path = n->path};
        if (!read_members(rr, &below, i + 1, n->end) || !finished(rr, &below)) return false;
    }
    return true;
}

/* Appends to the list that the pairs before began: few elements, so the array is made anew. */
static void list_add(const row_reader *rr, value *list, const value *item) {
    value *more = arena_new_of(rr->mem, value, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) more[i] = list->item[i];
    more[list->n] = *item;
    *list = (value){.kind = V_LIST, .n = list->n + 1, .item = more};
}

static bool pair_value(const row_reader *rr, const node *n, const json *text) {
    value v = {.kind = V_NONE}, *out = place_of(rr, n->leaf);
    if (n->is_list && text->text.n == 0) {
        *out = (value){.kind = V_LIST};
        return true;
    }
    if (!pair_read(n, text->text, rr->mem, &v)) return bad_value(rr, n->path, text, "is none of its values");
    if (n->is_list)
        list_add(rr, out, &v);
    else
        *out = v;
    return true;
}

/* "pref.2.topic" -> "pref.topic" and 2. false: it names no instance. */
static bool path_split(const row_reader *rr, str path, str *plain, uint32_t *instance) {
    str left, rest = path;
    size_t at = 0;
    for (bool more = true; more; at += left.n + 1) {
        str right = STR("");
        int64_t v;
        more = str_cut(rest, '.', &left, &right);
        if (at && more && str_i64(left, &v) && v > 0 && v <= UINT32_MAX && left.p[0] != '0' &&
            left.p[0] != '+') {
            *plain = str_printf(rr->mem, STR_FMT STR_FMT, STR_ARG(str_part(path, 0, at)), STR_ARG(right));
            *instance = (uint32_t)v;
            return true;
        }
        rest = right;
    }
    return false;
}

typedef struct pair_place {
    uint32_t at;       /* node; NO_LEAF: before the first */
    uint32_t instance; /* from 1; 0: none */
} pair_place;

/* Pairs come in the order of nodes; within a section with `list` first by instance. */
static bool in_order(const row_reader *rr, pair_place last, pair_place now, bool goes_on) {
    if (last.at == NO_LEAF) return true;
    uint32_t within = rr->p->node[now.at].within;
    bool begun = within != NO_LEAF && last.at >= within && last.at < rr->p->node[within].end;
    if (begun && now.instance != last.instance) return now.instance > last.instance;
    return now.at > last.at || (now.at == last.at && goes_on);
}

/* How many instances a section has. */
static bool pair_number(const row_reader *rr, const node *n, const json *text) {
    int64_t many = -1;
    str s = text->text;
    bool plain = s.n && s.p[0] != '+' && s.p[0] != '-' && (s.p[0] != '0' || s.n == 1);
    bool fits = plain && str_i64(s, &many) && many <= UINT16_MAX + 1;
    if (fits) instances_new(rr, n, (uint32_t)many);
    return fits || bad_value(rr, n->path, text, "is no number of instances");
}

static bool read_pair(const row_reader *rr, const json *pair, pair_place *last) {
    cursor c = {.object = pair, .path = STR("attributes")};
    if (pair->kind != JSON_OBJECT) return bad_value(rr, c.path, pair, "is no pair");
    const json *path = take_kind(rr, &c, "path", JSON_STRING, "has no text as");
    const json *text = path ? take_kind(rr, &c, "value", JSON_STRING, "has no text as") : NULL;
    if (!text || !finished(rr, &c)) return false;
    str plain = path->text;
    pair_place now = {NO_LEAF, 0};
    path_split(rr, path->text, &plain, &now.instance);
    const node *n = node_find(rr->p, plain);
    now.at = n ? (uint32_t)(n - rr->p->node) : 0;
    bool known = n && str_eq(n->path, plain) && (n->leaf != NO_LEAF || n->number != NO_LEAF) &&
                 now.at < rr->p->drawn_nodes && rr->kept[now.at] &&
                 (n->within != NO_LEAF) == (now.instance > 0);
    if (known && now.instance) known = now.instance <= record_instances(rr->r, n->within);
    if (!known) return bad_member(rr, &c, path->text, "has the unknown path");
    if (now.instance) record_enter(rr->r, n->within, now.instance - 1);
    /* only a list goes on, and not one that is empty */
    bool goes_on = n->leaf != NO_LEAF && n->is_list && place_of(rr, n->leaf)->n > 0 && text->text.n > 0;
    bool fine = in_order(rr, *last, now, goes_on) || bad_member(rr, &c, path->text, "has a misplaced pair");
    fine = fine && (n->number != NO_LEAF ? pair_number(rr, n, text) : pair_value(rr, n, text));
    record_leave(rr->r);
    *last = now;
    return fine;
}

static bool read_attributes(const row_reader *rr, cursor *top) {
    if (!row_has_attributes(rr->p, rr->kept)) return true;
    json_kind as = rr->p->pairs ? JSON_ARRAY : JSON_OBJECT;
    const json *v = take_kind(rr, top, "attributes", as, rr->p->pairs ? "has no list as" : "has no object as");
    if (!v) return false;
    if (!rr->p->pairs) {
        cursor c = {.object = v, .path = STR("attributes")};
        return read_members(rr, &c, 0, rr->p->drawn_nodes) && finished(rr, &c);
    }
    pair_place last = {NO_LEAF, 0};
    for (uint32_t i = 0; i < v->n; i++)
        if (!read_pair(rr, &v->item[i], &last)) return false;
    return true;
}

/* ---- links */

static bool read_linked(const row_reader *rr, const link_def *l, const json *v, linked *out) {
    cursor c = {.object = v, .path = l->name};
    int64_t slot = -1;
    if (v->kind != JSON_OBJECT) return bad_value(rr, l->name, v, "is no object");
    const json *number = take_kind(rr, &c, "slot", JSON_NUMBER, "has no number as");
    if (!number || !take_kind(rr, &c, "id", JSON_STRING, "has no text as")) return false;
    const json *relation = take_kind(rr, &c, "relation", JSON_STRING, "has no text as");
    if (!relation || !finished(rr, &c)) return false;
    if (!str_i64(number->text, &slot) || number->text.p[0] == '-')
        return bad_value(rr, l->name, number, "is no slot");
    *out = (linked){.slot = (uint64_t)slot};
    for (; out->relation < l->relation->values; out->relation++)
        if (str_eq(l->relation->value[out->relation].value, relation->text)) return true;
    return bad_value(rr, l->name, relation, "is none of its relations");
}

static bool read_link(const row_reader *rr, const link_def *l, const json *v, linked_list *out) {
    if (v->kind != JSON_ARRAY) return bad_value(rr, l->name, v, "is no list");
    *out = (linked_list){.item = arena_new_of(rr->mem, linked, v->n)};
    for (; out->n < v->n; out->n++) {
        linked *one = &out->item[out->n];
        if (!read_linked(rr, l, &v->item[out->n], one)) return false;
        if (out->n && one->slot <= one[-1].slot)
            return bad_value(rr, l->name, v, "is not in the order of slots");
    }
    return true;
}

/* What they show stands in the rows of the others. */
static bool read_links(const row_reader *rr, cursor *top) {
    const population *p = rr->p;
    if (!p->links) return true;
    const json *v = take_kind(rr, top, "links", JSON_OBJECT, "has no object as");
    if (!v) return false;
    cursor c = {.object = v, .path = STR("links")};
    rr->r->links = arena_new_of(rr->mem, linked_list, p->links);
    for (uint32_t i = 0; i < p->links; i++) {
        const json *one = take(rr, &c, p->link[i].name);
        if (!one || !read_link(rr, &p->link[i], one, &rr->r->links[i])) return false;
    }
    return finished(rr, &c);
}

/* It repeats a field; two texts that differ would be two personas. */
static bool read_narrative(const row_reader *rr, cursor *c) {
    if (!row_repeats(rr->p)) return true;
    const json *v = take(rr, c, STR("narrative"));
    if (!v) return false;
    uint32_t leaf = row_narrative(rr->r);
    buf want = {0}, is = {0};
    if (leaf == NO_LEAF)
        buf_z(&want, "null");
    else
        value_json(&want, leaf_node(rr->p, leaf), &rr->r->value[leaf]);
    json_write(&is, v);
    bool same = str_eq(buf_view(&want), buf_view(&is));
    buf_free(&want);
    buf_free(&is);
    return same || bad_member(rr, c, STR("narrative"), "repeats no field in");
}

static bool read_count(const row_reader *rr, cursor *c, const char *key, uint32_t *out) {
    const json *v = take_kind(rr, c, key, JSON_NUMBER, "has no number as");
    int64_t n = -1;
    if (!v) return false;
    if (!str_i64(v->text, &n) || n < 0 || n > UINT32_MAX)
        return bad_member(rr, c, str_of(key), "has no count as");
    if (out) *out = (uint32_t)n;
    return true;
}

static bool read_provenance(const row_reader *rr, cursor *top) {
    const json *v = take_kind(rr, top, "provenance", JSON_OBJECT, "has no object as");
    if (!v) return false;
    cursor c = {.object = v, .path = STR("provenance")};
    if (!read_count(rr, &c, "attempt", &rr->r->attempt) || !read_count(rr, &c, "calls", NULL) ||
        !read_count(rr, &c, "revisions", NULL))
        return false;
    const json *models = take_kind(rr, &c, "models", JSON_ARRAY, "has no list as");
    if (!models || !take_kind(rr, &c, "findings", JSON_ARRAY, "has no list as")) return false;
    for (uint32_t i = 0; i < models->n; i++)
        if (models->item[i].kind != JSON_STRING)
            return bad_value(rr, STR("provenance.models"), &models->item[i], "is no text");
    return finished(rr, &c);
}

static bool read_slot(const row_reader *rr, cursor *c) {
    const json *v = take_kind(rr, c, "slot", JSON_NUMBER, "has no number as");
    int64_t slot = -1;
    if (!v) return false;
    if (!str_i64(v->text, &slot) || slot < 0) return bad_member(rr, c, STR("slot"), "has no slot as");
    rr->r->slot = (uint64_t)slot;
    return true;
}

static bool read_weight(const row_reader *rr, cursor *c) {
    if (!rr->p->weighted) return true;
    const json *v = take_kind(rr, c, "weight", JSON_NUMBER, "has no number as");
    dec d;
    if (!v) return false;
    if (!dec_parse(v->text, &d) || d.m < 0 || d.places > 6)
        return bad_member(rr, c, STR("weight"), "has no weight as");
    for (rr->r->weight = (uint64_t)d.m; d.places < 6; d.places++) rr->r->weight *= 10;
    return true;
}

bool row_read(const population *p, str line, arena *mem, record *out, json *parsed, err *e) {
    size_t at = 0;
    json_fault fault = json_read(line, NULL, mem, parsed, &at);
    if (fault == JSON_FAULT_NONE && at != line.n) fault = JSON_FAULT_TRAILING;
    if (fault != JSON_FAULT_NONE)
        return err_set(e, ERR_FORMAT, HINT, "the row is not JSON: %s at byte %zu", json_fault_text(fault), at);
    if (parsed->kind != JSON_OBJECT) return err_set(e, ERR_FORMAT, HINT, "the row is no object");
    record_init(out, p, mem);
    out->cell = UINT32_MAX;
    out->slot = UINT64_MAX;
    row_reader rr = {.p = p, .kept = row_kept(p, mem), .mem = mem, .r = out, .e = e};
    rr.seen = arena_new_of(mem, bool, p->leaves + 1);
    cursor top = {.object = parsed};
    return take_kind(&rr, &top, "id", JSON_STRING, "has no text as") && read_slot(&rr, &top) &&
           read_weight(&rr, &top) && read_columns(&rr, &top) && read_attributes(&rr, &top) &&
           read_members(&rr, &top, p->drawn_nodes, p->nodes) && read_links(&rr, &top) &&
           read_narrative(&rr, &top) && read_provenance(&rr, &top) && finished(&rr, &top);
}

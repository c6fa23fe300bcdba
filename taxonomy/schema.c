/* schema.c: JSON schemas of replies. Only the fields that are asked for, in order, all required, nothing else;
 * so equal field sets give equal bytes, and servers that compile schemas reuse them.
 *
 *     {"type":"object","properties":{...},"required":[...],"additionalProperties":false}
 *
 * Of a facet with `leaves`, whose paths differ from slot to slot, other members may be texts:
 * "additionalProperties":{"type":"string"}; which of them are asked for, the prompt says.
 *
 * The values of a choice are those that its `only` and `except` leave, as far as they are known before it is
 * written. A section is an object of its own, one with `list` an array of them. Lengths are left to rules, but
 * a bounded schema caps them at about twice the limit, against models that never stop, and asks for about the
 * least, since models cannot count: one that may not close the text yet goes on with it.
 */
#include "taxonomy/template.h"

typedef struct asked {
    const population *p;
    const facet *f;
    const record *r;
    const bool *only;
    bool bounded;
    const uint32_t *least;
} asked;

/* ---- one field ------------------------------------------------------------------------------------------- */

static void lower(uint64_t *most, bool has, range_u32 r, uint64_t per) {
    if (!has || r.hi == UINT32_MAX) return;
    uint64_t v = r.hi * per;
    if (v < *most) *most = v;
}

/* Characters: twice what the limits want; 0: no limit is known. */
static uint64_t text_most(const text_limits *l, bool dense) {
    uint64_t most = UINT64_MAX;
    lower(&most, l->has_words, l->words, dense ? 4 : 14);
    lower(&most, l->has_chars, l->chars, 2);
    lower(&most, l->has_sentences, l->sentences, 400);
    if (most == UINT64_MAX) return 0;
    return most < 16 ? 16 : most;
}

/* Characters without which a text would be too short; 0: no limit is known, or one that says nothing of length.
 * A word of plain English has 5.7 with its blank, of few letters 4; where blanks part no words each character
 * is one, or more. wanted: what the text must have besides; in steps, so that servers that compile schemas see
 * few. most: the schema's. Neither leaves what the limits allow. */
static uint64_t text_least(const text_limits *l, uint64_t wanted, uint64_t most, bool spaced) {
    uint64_t per_word = spaced ? 6 : 1, few = spaced ? 4 : 1, step = SCHEMA_STEP(spaced);
    uint64_t least = l->has_words && l->words.lo >= 5 ? l->words.lo * per_word : 0;
    if (l->has_words && l->words.hi != UINT32_MAX && least > l->words.hi * few) least = l->words.hi * few;
    if (l->has_chars && l->chars.lo > least) least = l->chars.lo;
    if (!most) most = UINT64_MAX;
    if (l->has_chars && l->chars.hi < most) most = l->chars.hi;
    if (least > most) least = most;
    wanted = (wanted + step - 1) / step * step;
    return wanted > least && wanted <= most ? wanted : least;
}

static void number_schema(const node *n, bool bounded, buf *out) {
    bool whole = n->step.places == 0;
    buf_printf(out, "{\"type\":\"%s\"", whole ? "integer" : "number");
    if (bounded) {
        buf_z(out, ",\"minimum\":");
        dec_print(out, n->lo * n->step.m, n->step.places);
        buf_z(out, ",\"maximum\":");
        dec_print(out, n->hi * n->step.m, n->step.places);
    }
    buf_char(out, '}');
}

static const char *choice_type(const node *n) {
    size_t at;
    if (!n->values || !n->value[0].number) return "string";
    for (uint32_t i = 0; i < n->values; i++)
        if (str_find(n->value[i].value, STR("."), &at) || str_find(n->value[i].value, STR("e"), &at))
            return "number";
    return "integer";
}

static void choice_schema(const node *n, const record *r, buf *out) {
    bool numbers = n->values && n->value[0].number, any = false;
    buf_printf(out, "{\"type\":\"%s\",\"enum\":[", choice_type(n));
    for (uint32_t i = 0; i < n->values; i++) {
        if (!choice_offered(n, r, i)) continue;
        if (any) buf_char(out, ',');
        any = true;
        if (numbers)
            buf_str(out, n->value[i].value);
        else
            buf_json(out, n->value[i].value);
    }
    buf_z(out, "]}");
}

static void one_schema(const asked *a, const node *n, buf *out) {
    if (n->kind == K_CHOICE) {
        choice_schema(n, a->r, out);
    } else if (n->kind == K_NUMBER) {
        number_schema(n, a->bounded, out);
    } else if (n->kind == K_DATE) {
        buf_z(out, "{\"type\":\"string\",\"format\":\"date\"}");
    } else if (n->kind == K_FLAG) {
        buf_z(out, "{\"type\":\"boolean\"}");
    } else {
        bool dense = phrase_language(locale_language(a->p)) != 0;
        uint64_t most = a->bounded ? text_most(&n->limits, dense) : 0;
        buf_z(out, "{\"type\":\"string\"");
        uint64_t least =
            a->bounded ? text_least(&n->limits, a->least ? a->least[n->leaf] : 0, most, a->p->spaced) : 0;
        if (least) buf_printf(out, ",\"minLength\":%llu", (unsigned long long)least);
        if (most) buf_printf(out, ",\"maxLength\":%llu", (unsigned long long)most);
        buf_char(out, '}');
    }
}

static void array_end(const node *n, bool bounded, buf *out) {
    if (bounded) buf_printf(out, ",\"minItems\":%u", n->count.lo);
    if (bounded && n->count.hi != UINT32_MAX) buf_printf(out, ",\"maxItems\":%u", n->count.hi);
    buf_char(out, '}');
}

static void leaf_schema(const asked *a, const node *n, buf *out) {
    if (!n->is_list) {
        one_schema(a, n, out);
        return;
    }
    buf_z(out, "{\"type\":\"array\",\"items\":");
    one_schema(a, n, out);
    array_end(n, a->bounded, out);
}

/* ---- objects --------------------------------------------------------------------------------------------- */

static bool leaf_asked(const asked *a, const node *n) {
    if (n->kind == K_TEMPLATE || (a->only && !a->only[leaf_field(a->p, n->leaf)])) return false;
    return a->f->fixed_fields || field_applies(a->p, n->leaf, a->r);
}

static bool any_asked(const asked *a, uint32_t i) {
    for (uint32_t k = i; k < a->p->node[i].end; k++)
        if (a->p->node[k].leaf != NO_LEAF && leaf_asked(a, &a->p->node[k])) return true;
    return false;
}

/* Of paths that differ from slot to slot: any text. The longest that some leaf wants, if all have a limit. */
static void paths_schema(const asked *a, buf *out) {
    bool dense = phrase_language(locale_language(a->p)) != 0, bounded = a->bounded;
    uint64_t most = 0;
    for (uint32_t i = 0; i < a->f->leaves; i++) {
        uint64_t one = text_most(&leaf_node(a->p, a->f->leaf[i])->limits, dense);
        bounded = bounded && one;
        if (one > most) most = one;
    }
    buf_z(out, "{\"type\":\"string\"");
    if (bounded) buf_printf(out, ",\"maxLength\":%llu", (unsigned long long)most);
    buf_char(out, '}');
}

/* rest: what other members may be; NULL: there are none. */
static void object_schema(const asked *a, uint32_t from, uint32_t end, void (*rest)(const asked *, buf *),
                          buf *out) {
    buf required = {0};
    buf_z(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = from; i < end; i = a->p->node[i].end) {
        const node *n = &a->p->node[i];
        if (!any_asked(a, i)) continue;
        if (required.n) {
            buf_char(out, ',');
            buf_char(&required, ',');
        }
        buf_json(out, n->name);
        buf_json(&required, n->name);
        buf_char(out, ':');
        if (n->number != NO_LEAF) {
            buf_z(out, "{\"type\":\"array\",\"items\":");
            object_schema(a, i + 1, n->end, NULL, out);
            array_end(n, a->bounded, out);
        } else if (n->leaf == NO_LEAF)
            object_schema(a, i + 1, n->end, NULL, out);
        else
            leaf_schema(a, n, out);
    }
    buf_z(out, "},\"required\":[");
    buf_str(out, buf_view(&required));
    buf_z(out, "],\"additionalProperties\":");
    if (rest)
        rest(a, out);
    else
        buf_z(out, "false");
    buf_char(out, '}');
    buf_free(&required);
}

void facet_schema(const population *p, uint16_t index, const record *r, const bool *only, bool bounded,
                  const uint32_t *least, buf *out) {
    const facet *f = &p->facet[index];
    object_schema(&(asked){p, f, r, only, bounded, least}, f->first, f->end, f->leaves ? paths_schema : NULL,
                  out);
}

/* ---- judges ---------------------------------------------------------------------------------------------- */

void judge_schema(const population *p, const str *rule_id, size_t rules, const uint32_t *leaf, size_t leaves,
                  buf *out) {
    buf_z(
        out,
        "{\"type\":\"object\",\"properties\":{\"findings\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
        "\"properties\":{\"rule\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < rules; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, rule_id[i]);
    }
    buf_z(out, "]},\"field\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < leaves; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, leaf_node(p, leaf[i])->path);
    }
    buf_z(out, "]},\"message\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"}},"
               "\"required\":[\"rule\",\"field\",\"message\",\"hint\"],\"additionalProperties\":false}}},"
               "\"required\":[\"findings\"],\"additionalProperties\":false}");
}

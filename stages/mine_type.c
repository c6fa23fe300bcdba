/* mine_type.c: every leaf gets a kind: a choice with its values, a number with its range, a flag, or a text
 * with a hint what to write. A task is some leaves below one parent; the answer has one object for each, under
 * its name. What is said of a leaf is checked as a population file would be; where it cannot be used, or was
 * not answered, the leaf stays a text whose hint is to be written, and is counted.
 */
#include "stages/mine_parts.h"

#include <stdio.h>

enum { LEAVES_MOST = 6, VALUES_MOST = 12, HINT_CHARS = 160 };
#define NUMBER_MOST ((int64_t)1000000000)

typedef enum said_kind { SAID_NOTHING, SAID_CHOICE, SAID_NUMBER, SAID_FLAG, SAID_TEXT } said_kind;

typedef struct typed_leaf {
    taxon *at;
    said_kind kind;
    str value[VALUES_MOST];
    uint32_t values;
    int64_t from, to;
    str unit, hint;
} typed_leaf;

typedef struct leaves {
    typed_leaf leaf[LEAVES_MOST];
    uint32_t n;
} leaves;

static void group_add(miner *m, leaves *g) {
    if (g->n) mine_task_add(m, arena_dup(m->batch, g, sizeof *g));
    *g = (leaves){0};
}

static void begin(miner *m) {
    for (const taxon *x = m->tree->root; x; x = taxon_next(x, m->tree->root)) {
        leaves g = {0};
        for (taxon *c = x->first; c; c = c->next) {
            if (!c->leaf) continue;
            g.leaf[g.n++].at = c;
            if (g.n == LEAVES_MOST) group_add(m, &g);
        }
        group_add(m, &g);
    }
}

static void compose(const miner *m, const mine_task *k, buf *system, buf *user) {
    const leaves *g = k->item;
    (void)m;
    buf_z(system, "You say how attributes of persons are recorded. For each attribute give its kind:\n"
                  "choice: a few values cover all people; \"values\" lists 2 to 12 of them, each of one to "
                  "four words, such "
                  "that everybody has one.\n"
                  "number: \"from\" and \"to\" are whole numbers that bound what occurs, \"unit\" its unit.\n"
                  "flag: it is so of a person or it is not.\n"
                  "text: anything else, a phrase or sentence of its own for each person.\n"
                  "\"hint\" says in a few words what to write or which value to give. Leave what does not "
                  "belong to the kind "
                  "empty or 0.\n"
                  "Answer with one JSON object that has one member for each attribute, under its name.\n");
    buf_z(user, "Attributes of: ");
    mine_path(g->leaf[0].at->up, user);
    buf_char(user, '\n');
    for (uint32_t i = 0; i < g->n; i++) buf_printf(user, "- " STR_FMT "\n", STR_ARG(g->leaf[i].at->label));
}

static void leaf_schema(bool bounded, buf *out) {
    buf_z(out,
          "{\"type\":\"object\",\"properties\":{\"kind\":{\"type\":\"string\",\"enum\":[\"choice\",\"number\","
          "\"flag\",\"text\"]},\"values\":{\"type\":\"array\",");
    if (bounded) buf_printf(out, "\"maxItems\":%d,", VALUES_MOST);
    buf_z(out, "\"items\":");
    mine_string(out, bounded, 40);
    buf_z(out, "},\"from\":{\"type\":\"integer\"},\"to\":{\"type\":\"integer\"},\"unit\":");
    mine_string(out, bounded, 20);
    buf_z(out, ",\"hint\":");
    mine_string(out, bounded, HINT_CHARS);
    buf_z(out,
          "},\"required\":[\"kind\",\"values\",\"from\",\"to\",\"unit\",\"hint\"],\"additionalProperties\":"
          "false}");
}

static void schema(const miner *m, const mine_task *k, bool bounded, buf *out) {
    const leaves *g = k->item;
    buf names = {0};
    (void)m;
    buf_z(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < g->n; i++) {
        buf_z(out, i ? "," : "");
        buf_z(&names, i ? "," : "");
        buf_json(out, g->leaf[i].at->label);
        buf_json(&names, g->leaf[i].at->label);
        buf_char(out, ':');
        leaf_schema(bounded, out);
    }
    buf_printf(out, "},\"required\":[" STR_FMT "],\"additionalProperties\":false}", STR_ARG(buf_view(&names)));
    buf_free(&names);
}

/* ---- what was said ----------------------------------------------------------------------------------------
 */

static void line_take(miner *m, const json *said, const char *key, uint32_t most, str *out) {
    buf b = {0};
    str s = str_trim(json_str(said, key));
    for (size_t i = 0; i < s.n; i++) buf_char(&b, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
    if (text_measure(buf_view(&b), m->batch).chars <= most) *out = str_dup(m->batch, buf_view(&b));
    buf_free(&b);
}

static bool value_is_new(const typed_leaf *x, str s) {
    arena *mem = arena_new(0);
    bool is_new = true;
    for (uint32_t i = 0; i < x->values && is_new; i++)
        is_new = !str_eq(text_fold(mem, x->value[i]), text_fold(mem, s));
    arena_free(mem);
    return is_new;
}

static void choice_take(miner *m, const json *said, typed_leaf *x) {
    const json *list = json_get(said, "values");
    x->values = 0;
    for (uint32_t i = 0; list && list->kind == JSON_ARRAY && i < list->n && x->values < VALUES_MOST; i++) {
        if (list->item[i].kind != JSON_STRING) continue;
        str s = str_dup(m->batch, text_nfc(m->batch, str_trim(list->item[i].text)));
        if (choice_value_fits(s) && value_is_new(x, s)) x->value[x->values++] = s;
    }
    if (x->values >= 2) x->kind = SAID_CHOICE;
}

static void number_take(const json *said, typed_leaf *x) {
    if (!json_i64(said, "from", &x->from) || !json_i64(said, "to", &x->to)) return;
    if (x->from >= -NUMBER_MOST && x->to <= NUMBER_MOST && x->from < x->to) x->kind = SAID_NUMBER;
}

static void leaf_take(miner *m, const json *said, typed_leaf *x) {
    str what = json_str(said, "kind");
    *x = (typed_leaf){.at = x->at};
    line_take(m, said, "hint", HINT_CHARS, &x->hint);
    line_take(m, said, "unit", 20, &x->unit);
    if (str_is(what, "choice"))
        choice_take(m, said, x);
    else if (str_is(what, "number"))
        number_take(said, x);
    else if (str_is(what, "flag"))
        x->kind = SAID_FLAG;
    else if (str_is(what, "text") && x->hint.n)
        x->kind = SAID_TEXT;
}

static bool take(miner *m, mine_task *k, const json *object) {
    leaves *g = k->item;
    for (uint32_t i = 0; i < g->n; i++) {
        const json *said = NULL;
        for (uint32_t j = 0; j < object->n && !said; j++)
            if (str_eq(object->member[j].key, g->leaf[i].at->label)) said = &object->member[j].value;
        if (!said || said->kind != JSON_OBJECT) return false;
        leaf_take(m, said, &g->leaf[i]);
    }
    return true;
}

static void decide(miner *m, const typed_leaf *x) {
    taxonomy *t = m->tree;
    switch (x->kind) {
    case SAID_CHOICE:
        taxon_choice(t, x->at, x->value, x->values, x->hint);
        m->stats.choices++;
        break;
    case SAID_NUMBER:
        taxon_number(t, x->at, x->from, x->to, x->unit, x->hint);
        m->stats.numbers++;
        break;
    case SAID_FLAG:
        taxon_flag(t, x->at, x->hint);
        m->stats.flags++;
        break;
    case SAID_TEXT:
        taxon_text(t, x->at, x->hint);
        m->stats.texts++;
        break;
    case SAID_NOTHING: m->stats.untyped++; break;
    }
    m->stats.leaves++;
}

static bool end(miner *m) {
    for (size_t i = 0; i < m->tasks; i++) {
        const leaves *g = m->task[i].item;
        for (uint32_t k = 0; k < g->n; k++) decide(m, &g->leaf[k]);
    }
    taxonomy_name(m->tree);
    return false;
}

const mine_stage mine_type = {.name = "type",
                              .max_tokens = 1500,
                              .temperature_milli = 0,
                              .begin = begin,
                              .compose = compose,
                              .schema = schema,
                              .take = take,
                              .end = end};

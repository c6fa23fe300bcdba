/* value_read.c: from what a model answered to the value of a field, by its kind and domain; limits are for
 * rules.
 *
 * A choice takes a value or its label, exactly, then case folded; a number takes a JSON number or a text that
 * is one; a date a day that there is, as YYYY-MM-DD; a flag also the texts true and false and its two labels.
 * What is wrong is said in the population's language.
 */
#include "taxonomy/template.h"
#include "taxonomy/compile/compile_parts.h"

typedef struct input {
    const node *n;
    arena *mem;
} input;

static const char *say(const input *in, phrase ph, const str *arg, size_t args) {
    buf b = {0};
    phrase_put(&b, in->n->language, ph, arg, args);
    const char *text = str_z(in->mem, buf_view(&b));
    buf_free(&b);
    return text;
}

/* What stood there, cut to a length that fits in a message. */
static str shown(const input *in, const json *j) {
    buf b = {0};
    json_write(&b, j);
    str s = buf_view(&b);
    if (s.n > 60) {
        s.n = 57;
        while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80) s.n--;
        s = str_printf(in->mem, STR_FMT "...", STR_ARG(s));
    } else {
        s = str_dup(in->mem, s);
    }
    buf_free(&b);
    return s;
}

static str steps_text(const input *in, int64_t steps) {
    buf b = {0};
    value_key_print(in->n, steps, &b);
    str s = str_dup(in->mem, buf_view(&b));
    buf_free(&b);
    return s;
}

static const char *read_text(const input *in, const json *j, value *out) {
    if (j->kind != JSON_STRING) return say(in, PHRASE_VALUE_NOT_TEXT, NULL, 0);
    str s = str_trim(j->text);
    if (!s.n) return say(in, PHRASE_VALUE_EMPTY, NULL, 0);
    *out = (value){.kind = V_TEXT, .text = text_nfc(in->mem, s)};
    return NULL;
}

static const char *read_within(const input *in, const json *j, int64_t v, value *out) {
    const node *n = in->n;
    if (v < n->lo || v > n->hi)
        return say(in, PHRASE_VALUE_OUTSIDE,
                   (str[]){str_trim(j->text), steps_text(in, n->lo), steps_text(in, n->hi)}, 3);
    *out = (value){.kind = V_NUM, .num = v};
    return NULL;
}

static const char *read_number(const input *in, const json *j, value *out) {
    const node *n = in->n;
    dec v;
    bool exact, is_text = j->kind == JSON_STRING || j->kind == JSON_NUMBER;
    if (!is_text || !dec_parse(str_trim(j->text), &v))
        return say(in, PHRASE_VALUE_NOT_NUMBER, (str[]){shown(in, j)}, 1);
    int64_t steps = steps_of(v, n->step, &exact);
    if (!exact) return say(in, PHRASE_VALUE_NOT_STEP, (str[]){str_trim(j->text), steps_text(in, 1)}, 2);
    return read_within(in, j, steps, out);
}

static const char *read_date(const input *in, const json *j, value *out) {
    int64_t days;
    if (j->kind != JSON_STRING || !date_parse(str_trim(j->text), &days))
        return say(in, PHRASE_VALUE_NOT_DATE, (str[]){shown(in, j)}, 1);
    return read_within(in, j, days, out);
}

static bool find_value(const input *in, str s, value *out) {
    const node *n = in->n;
    for (int by_label = 0; by_label < 2; by_label++)
        for (uint32_t i = 0; i < n->values; i++)
            if (str_eq(s, by_label ? n->value[i].label : n->value[i].value)) {
                *out = (value){.kind = V_NUM, .num = i};
                return true;
            }
    str folded = text_fold(in->mem, s);
    for (uint32_t i = 0; i < n->values; i++)
        if (str_eq(folded, text_fold(in->mem, n->value[i].value)) ||
            str_eq(folded, text_fold(in->mem, n->value[i].label))) {
            *out = (value){.kind = V_NUM, .num = i};
            return true;
        }
    return false;
}

static const char *read_choice(const input *in, const json *j, value *out) {
    bool is_text =
        j->kind == JSON_STRING || j->kind == JSON_NUMBER || j->kind == JSON_TRUE || j->kind == JSON_FALSE;
    str s = j->kind == JSON_TRUE ? STR("true") : j->kind == JSON_FALSE ? STR("false") : str_trim(j->text);
    if (is_text && s.n && find_value(in, s, out)) return NULL;
    buf b = {0};
    for (uint32_t i = 0; i < in->n->values && i < 20; i++) {
        if (i) buf_z(&b, " | ");
        buf_str(&b, in->n->value[i].value);
    }
    if (in->n->values > 20) buf_z(&b, " | ...");
    const char *text = say(in, PHRASE_VALUE_NOT_ONE_OF, (str[]){shown(in, j), buf_view(&b)}, 2);
    buf_free(&b);
    return text;
}

static const char *read_flag(const input *in, const json *j, value *out) {
    bool yes = j->kind == JSON_TRUE;
    if (yes || j->kind == JSON_FALSE) {
        *out = (value){.kind = V_NUM, .num = yes};
        return NULL;
    }
    if (j->kind == JSON_STRING && find_value(in, str_trim(j->text), out)) return NULL;
    return say(in, PHRASE_VALUE_NOT_FLAG, (str[]){shown(in, j)}, 1);
}

static const char *read_one(const input *in, const json *j, value *out) {
    switch (in->n->kind) {
    case K_NUMBER: return read_number(in, j, out);
    case K_DATE: return read_date(in, j, out);
    case K_CHOICE: return read_choice(in, j, out);
    case K_FLAG: return read_flag(in, j, out);
    case K_SECTION:
    case K_TEMPLATE:
    case K_TEXT: break;
    }
    return read_text(in, j, out);
}

static const char *read_list(const input *in, const json *j, value *out) {
    if (j->kind != JSON_ARRAY) return say(in, PHRASE_VALUE_NOT_LIST, NULL, 0);
    value *item = arena_new_of(in->mem, value, j->n);
    for (uint32_t i = 0; i < j->n; i++) {
        const char *wrong = read_one(in, &j->item[i], &item[i]);
        if (wrong) return wrong;
        for (uint32_t k = 0; in->n->kind == K_CHOICE && k < i; k++)
            if (value_same(&item[k], &item[i]))
                return say(in, PHRASE_VALUE_TWICE, (str[]){shown(in, &j->item[i])}, 1);
    }
    *out = (value){.kind = V_LIST, .n = j->n, .item = item};
    return NULL;
}

const char *value_read(const node *n, const json *j, arena *mem, value *out) {
    input in = {n, mem};
    *out = (value){.kind = V_NONE};
    const char *wrong = n->is_list ? read_list(&in, j, out) : read_one(&in, j, out);
    if (wrong) *out = (value){.kind = V_NONE};
    return wrong;
}

/* ---- sections with `list` ------------------------------------------------------------------------------ */

typedef struct instances {
    const population *p;
    const node *section;
    arena *mem;
    value *out;
    uint32_t at; /* instance, from 0 */
} instances;

/* "2.topic: is empty" */
static const char *wrong_at(const instances *x, const node *n, const char *wrong) {
    str below = str_part(n->path, x->section->path.n, n->path.n);
    return str_printf(x->mem, "%u" STR_FMT ": %s", x->at + 1, STR_ARG(below), wrong).p;
}

static const char *read_members(const instances *x, const json *j, uint32_t from, uint32_t end) {
    for (uint32_t i = from; i < end; i = x->p->node[i].end) {
        const node *n = &x->p->node[i];
        const json *m = json_get(j, str_z(x->mem, n->name));
        const char *wrong = NULL;
        if (n->kind == K_TEMPLATE || !m) continue;
        if (n->leaf == NO_LEAF)
            wrong = read_members(x, m, i + 1, n->end);
        else if ((wrong = value_read(n, m, x->mem, &x->out[n->leaf - x->section->number].item[x->at])))
            wrong = wrong_at(x, n, wrong);
        if (wrong) return wrong;
    }
    return NULL;
}

const char *instances_read(const population *p, const node *section, const json *j, arena *mem, value *out) {
    input in = {section, mem};
    instances x = {.p = p, .section = section, .mem = mem, .out = out};
    if (j->kind != JSON_ARRAY) return say(&in, PHRASE_VALUE_NOT_LIST, NULL, 0);
    out[0] = (value){.kind = V_NUM, .num = j->n};
    for (uint32_t i = 1; i <= section->below; i++)
        out[i] = (value){.kind = V_LIST, .n = j->n, .item = arena_new_of(mem, value, j->n)};
    for (; x.at < j->n; x.at++) {
        if (j->item[x.at].kind != JSON_OBJECT)
            return wrong_at(&x, section, say(&in, PHRASE_VALUE_NOT_OBJECT, NULL, 0));
        const char *wrong = read_members(&x, &j->item[x.at], (uint32_t)(section - p->node) + 1, section->end);
        if (wrong) return wrong;
    }
    return NULL;
}

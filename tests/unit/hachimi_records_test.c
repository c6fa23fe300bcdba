/* tests/texts/hachimi.jsonl: records of the built-in populations hachimi and hachimi-zh, each good one accepted
 * and each bad one objected to by the rules that it names, and by no other.
 *
 *     {"base": NAME, "population": NAME, "persona": {PATH: VALUE, ...}}       a whole record, good as it is
 *     {"of": BASE, "about": what it tries,
 *      "put": {PATH: VALUE}, "swap": {FIELD: [[OLD, NEW], ...]}, "add": {FIELD: TEXT}      what differs from
 * the base "fires": [RULE, ...]}                  those that object, hard ones only; [] is a good record
 *     {..., "refuses": [PATH, ...]}           instead: what cannot be read as a value of its attribute at all
 */
#include "tests/unit/validators_kit.h"

#define EITHER_LEAST 100u

typedef struct base {
    str name;
    rig x;
    json persona;
} base;

typedef struct records {
    arena *mem;
    base base[8];
    uint32_t bases;
    uint32_t good, bad, wrong, line;
} records;

/* NULL: it is set; else why not. */
static const char *put(rig *x, str path, const json *j) {
    const node *n = node_find(x->p, path);
    if (!n) fail_msg("there is no " STR_FMT, STR_ARG(path));
    value *v = &x->rec.value[n->leaf];
    *v = (value){.kind = V_NONE};
    if (j->kind == JSON_NULL) return NULL;
    if (n->kind != K_TEMPLATE) return value_read(n, j, x->mem, v);
    *v = (value){.kind = V_TEXT, .text = j->text};
    return NULL;
}

static void base_read(records *r, const json *row) {
    base *b = &r->base[r->bases++];
    assert_true(r->bases <= COUNT_OF(r->base));
    b->name = json_get(row, "base")->text;
    b->persona = *json_get(row, "persona");
    diags_init(&b->x.d);
    b->x.p = population_load(str_z(r->mem, json_get(row, "population")->text), NULL, 0, &b->x.d);
    if (!b->x.p) rig_print(&b->x);
    assert_non_null(b->x.p);
    b->x.r = rules_compile(b->x.p, &b->x.d);
    assert_true(b->x.r && population_finish(b->x.p, &b->x.d));
    b->x.mem = arena_new(0);
}

static void base_set(base *b) {
    record_init(&b->x.rec, b->x.p, b->x.mem);
    for (uint32_t i = 0; i < b->persona.n; i++) {
        const char *why = put(&b->x, b->persona.member[i].key, &b->persona.member[i].value);
        if (why) fail_msg(STR_FMT ": %s", STR_ARG(b->persona.member[i].key), why);
    }
}

static str replaced(arena *mem, str text, str old, str new) {
    size_t at;
    buf b = {0};
    if (!str_find(text, old, &at)) fail_msg("there is no " STR_FMT, STR_ARG(old));
    buf_str(&b, str_part(text, 0, at));
    buf_str(&b, new);
    buf_str(&b, str_part(text, at + old.n, text.n));
    str s = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s;
}

/* The paths that cannot be read are added to refused. */
static void differ(rig *x, const json *row, buf *refused) {
    const json *puts = json_get(row, "put"), *swaps = json_get(row, "swap"), *adds = json_get(row, "add");
    for (uint32_t i = 0; puts && i < puts->n; i++)
        if (put(x, puts->member[i].key, &puts->member[i].value))
            buf_printf(refused, STR_FMT " ", STR_ARG(puts->member[i].key));
    for (uint32_t i = 0; swaps && i < swaps->n; i++) {
        value *v = &x->rec.value[node_find(x->p, swaps->member[i].key)->leaf];
        for (uint32_t k = 0; k < swaps->member[i].value.n; k++) {
            const json *pair = &swaps->member[i].value.item[k];
            v->text = replaced(x->mem, v->text, pair->item[0].text, pair->item[1].text);
        }
    }
    for (uint32_t i = 0; adds && i < adds->n; i++) {
        value *v = &x->rec.value[node_find(x->p, adds->member[i].key)->leaf];
        buf b = {0};
        buf_str(&b, v->text);
        buf_str(&b, adds->member[i].value.text);
        v->text = str_dup(x->mem, buf_view(&b));
        buf_free(&b);
    }
}

/* The ids of hard findings, each once. */
static void fired(const rig *x, buf *out) {
    for (size_t i = 0; i < x->found.n; i++)
        if (x->found.row[i].hard && (!i || !str_eq(x->found.row[i - 1].rule, x->found.row[i].rule)))
            buf_printf(out, STR_FMT " ", STR_ARG(x->found.row[i].rule));
}

static void record_check(records *r, const json *row) {
    base *b = NULL;
    str of = json_get(row, "of")->text, about = json_get(row, "about")->text;
    for (uint32_t i = 0; i < r->bases; i++)
        if (str_eq(r->base[i].name, of)) b = &r->base[i];
    assert_non_null(b);
    arena_reset(b->x.mem);
    base_set(b);
    const json *refuses = json_get(row, "refuses"), *wanted = refuses ? refuses : json_get(row, "fires");
    buf want = {0}, is = {0};
    for (uint32_t i = 0; i < wanted->n; i++) buf_printf(&want, STR_FMT " ", STR_ARG(wanted->item[i].text));
    differ(&b->x, row, &is);
    if (!refuses) {
        if (is.n) fail_msg("line %u: cannot be read: " STR_FMT, r->line, STR_ARG(buf_view(&is)));
        rig_check(&b->x);
        fired(&b->x, &is);
    }
    if (!str_eq(buf_view(&is), buf_view(&want))) {
        if (!refuses) rig_print(&b->x);
        print_message("# line %u, " STR_FMT ": wanted [" STR_FMT "], found [" STR_FMT "]\n", r->line,
                      STR_ARG(about), STR_ARG(buf_view(&want)), STR_ARG(buf_view(&is)));
        r->wrong++;
    }
    r->good += !wanted->n;
    r->bad += wanted->n > 0;
    buf_free(&want);
    buf_free(&is);
}

static void records_are_judged(void **state) {
    (void)state;
    records r = {.mem = arena_new(0)};
    buf file = {0};
    err e = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/texts/hachimi.jsonl", getenv("POP_ROOT") ? getenv("POP_ROOT") : ".");
    if (!file_read(path, 1 << 20, &file, &e)) fail_msg("%s", e.text);
    str line, rest, text = buf_view(&file);
    for (; text.n; text = rest) {
        json row;
        rest = STR("");
        str_cut(text, '\n', &line, &rest);
        r.line++;
        assert_int_equal(json_read(line, NULL, r.mem, &row, NULL), JSON_FAULT_NONE);
        if (json_get(&row, "base"))
            base_read(&r, &row);
        else
            record_check(&r, &row);
    }
    print_message("# %u good records, %u bad ones\n", r.good, r.bad);
    for (uint32_t i = 0; i < r.bases; i++) rig_close(&r.base[i].x);
    buf_free(&file);
    arena_free(r.mem);
    if (r.wrong) fail_msg("%u records are judged otherwise", r.wrong);
    assert_true(r.good >= EITHER_LEAST && r.bad >= EITHER_LEAST);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(records_are_judged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

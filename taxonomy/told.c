/* told.c: what stands against a plan, said twice: as a sentence, and as JSON for programs:
 *
 *     {"tables":["age_sex","work"],"cells":[{"table":"work","cell":{"work":"retired"},"asked":120,"room":40}],
 *      "rules":["Z1"],"persons":1000}
 *
 * Lists that are empty are left out. Numbers of a cell are named as the code wants them: asked, room, other,
 * off.
 */
#include "taxonomy/told.h"

void keys_put(keys *k, str path, str class) {
    buf_printf(&k->text, "%s" STR_FMT "=" STR_FMT, k->text.n ? " " : "", STR_ARG(path), STR_ARG(class));
    buf_char(&k->json, k->json.n ? ',' : '{');
    buf_json(&k->json, path);
    buf_char(&k->json, ':');
    buf_json(&k->json, class);
}

void keys_reset(keys *k) {
    buf_reset(&k->text);
    buf_reset(&k->json);
}

void keys_free(keys *k) {
    buf_free(&k->text);
    buf_free(&k->json);
}

static void list_name(buf *b, str name) {
    if (b->n) buf_char(b, ',');
    buf_json(b, name);
}

void told_table(told *t, str name) {
    list_name(&t->tables, name);
}

void told_rule(told *t, str id) {
    list_name(&t->rules, id);
}

static void number_put(buf *b, const char *name, double v) {
    if (name) buf_printf(b, ",\"%s\":%.10g", name, v);
}

void told_cell(told *t, str of, const keys *k, const char *first, double a, const char *second, double b) {
    buf_z(&t->cells, t->cells.n ? ",{\"table\":" : "{\"table\":");
    buf_json(&t->cells, of);
    buf_printf(&t->cells, ",\"cell\":" STR_FMT "%s", STR_ARG(buf_view(&k->json)), k->json.n ? "}" : "{}");
    number_put(&t->cells, first, a);
    number_put(&t->cells, second, b);
    buf_char(&t->cells, '}');
}

void told_number(told *t, const char *name, double v) {
    number_put(&t->facts, name, v);
}

void told_fact(told *t, const char *name, uint64_t n) {
    buf_printf(&t->facts, ",\"%s\":%llu", name, (unsigned long long)n);
}

static void list_put(buf *out, const char *name, const buf *list) {
    if (list->n)
        buf_printf(out, "%s\"%s\":[" STR_FMT "]", out->n > 1 ? "," : "", name, STR_ARG(buf_view(list)));
}

bool told_end(told *t, diags *d) {
    buf out = {0};
    buf_char(&out, '{');
    list_put(&out, "tables", &t->tables);
    list_put(&out, "cells", &t->cells);
    list_put(&out, "rules", &t->rules);
    if (t->facts.n) buf_str(&out, str_part(buf_view(&t->facts), out.n == 1, t->facts.n));
    buf_char(&out, '}');
    diags_detail(d, buf_view(&out));
    buf_free(&out);
    buf_free(&t->tables);
    buf_free(&t->cells);
    buf_free(&t->rules);
    buf_free(&t->facts);
    *t = (told){0};
    return false;
}

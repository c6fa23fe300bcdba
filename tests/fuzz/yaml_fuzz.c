/* yaml_fuzz.c: whatever the bytes, reading a population file ends in a tree within the limits or in a
 * diagnostic; and a tree is the one of its JSON twin.
 */
#include "taxonomy/compose/compose_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static uint32_t walk(const tree *t, uint32_t depth, size_t *left) {
    must(depth <= MOST_DEPTH);
    if ((*left)-- == 0) abort();
    if (t->kind == TREE_SCALAR) {
        must(text_valid(t->text) && (!t->nothing || str_is(t->text, "~")) &&
             t->number == tree_is_number(t->text));
        return 1;
    }
    uint32_t n = 1;
    for (uint32_t i = 0; i < t->n; i++) {
        const tree *below = t->kind == TREE_LIST ? t->item[i] : t->member[i].value;
        if (t->kind == TREE_MAP) {
            must(text_valid(t->member[i].key) && !str_is(t->member[i].key, "<<"));
            must(t->n > 64 || tree_get_str(t, t->member[i].key) == below);
        }
        n += walk(below, depth + (below->kind != TREE_SCALAR), left);
    }
    return n;
}

static void write_twin(buf *b, const tree *t) {
    if (t->kind == TREE_SCALAR) {
        if (t->nothing)
            buf_z(b, "null");
        else if (t->number)
            buf_str(b, t->text);
        else
            buf_json(b, t->text);
        return;
    }
    buf_char(b, t->kind == TREE_MAP ? '{' : '[');
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) buf_char(b, ',');
        if (t->kind == TREE_MAP) {
            buf_json(b, t->member[i].key);
            buf_char(b, ':');
        }
        write_twin(b, t->kind == TREE_MAP ? t->member[i].value : t->item[i]);
    }
    buf_char(b, t->kind == TREE_MAP ? '}' : ']');
}

static tree *read_fresh(population *p, diags *d, str text, bool as_json, totals *sum) {
    *sum = (totals){0};
    reading r = {.p = p, .d = d, .sum = sum};
    return as_json ? tree_json(&r, text) : tree_yaml(&r, text);
}

static void check_tree(population *p, diags *d, const tree *t, const totals *sum) {
    size_t left = MOST_NODES + 1;
    must(walk(t, t->kind != TREE_SCALAR, &left) <= MOST_NODES && sum->nodes <= MOST_NODES);
    buf twin = {0}, one = {0}, other = {0};
    totals again;
    write_twin(&twin, t);
    tree *same = read_fresh(p, d, buf_view(&twin), true, &again);
    must(same && again.nodes == sum->nodes);
    tree_canonical(p, t, PLACE_PLAIN, d, &one);
    tree_canonical(p, same, PLACE_PLAIN, d, &other);
    must(str_eq(buf_view(&one), buf_view(&other)));
    must(tree_lay(p, p->mem, t, same, d) != NULL);
    buf_free(&twin);
    buf_free(&one);
    buf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str text = {(const char *)data, size};
    uint32_t line, col;
    if (!text_open(&text, &line, &col)) {
        must(line >= 1 && col >= 1);
        return 0;
    }
    diags d;
    diags_init(&d);
    composed c = {.mem = arena_new(0)};
    population p = {.mem = c.mem, .composed = &c};
    composed_file(&c, STR("fuzz"));
    totals sum;
    tree *t = read_fresh(&p, &d, text, text.n && text.p[0] == '{', &sum);
    must(t || d.errors);
    if (t && !d.errors) check_tree(&p, &d, t, &sum);
    diags_free(&d);
    arena_free(c.mem);
    return 0;
}

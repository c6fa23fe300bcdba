/* recorded.c: how many personas break which rule, of what is recorded and not enforced. A persona counts once
 * for each rule. Rules are few: a list, found by name.
 */
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

struct recorded {
    arena *mem;    /* names */
    strmap *known; /* rule -> index in row, from 1 */
    rule_count *row;
    uint64_t *last; /* the persona that was counted last, by its number */
    size_t n;
    uint64_t seen, personas, counted; /* all; those with any; the last of these by its number */
};

recorded *recorded_new(void) {
    recorded *r = xcalloc(1, sizeof *r);
    r->mem = arena_new(0);
    r->known = strmap_new(64);
    return r;
}

void recorded_free(recorded *r) {
    if (!r) return;
    strmap_free(r->known);
    arena_free(r->mem);
    free(r->row);
    free(r->last);
    free(r);
}

static size_t index_of(recorded *r, str name) {
    uintptr_t at = (uintptr_t)strmap_get(r->known, name);
    if (at) return at - 1;
    r->row = xrealloc(r->row, (r->n + 1) * sizeof *r->row);
    r->last = xrealloc(r->last, (r->n + 1) * sizeof *r->last);
    r->row[r->n] = (rule_count){str_dup(r->mem, name), 0};
    r->last[r->n] = 0;
    strmap_put(r->known, r->row[r->n].rule, (void *)(uintptr_t)(r->n + 1));
    return r->n++;
}

void recorded_add(recorded *r, str name) {
    r->personas += r->counted != r->seen;
    r->counted = r->seen;
    size_t at = index_of(r, name);
    r->row[at].personas += r->last[at] != r->seen;
    r->last[at] = r->seen;
}

void recorded_restore(recorded *r, str name, uint64_t personas) {
    if (!name.n) {
        r->personas = personas;
        return;
    }
    size_t at = index_of(r, name); /* may move the rows */
    r->row[at].personas = personas;
}

static int by_personas(const void *a, const void *b) {
    const rule_count *x = a, *y = b;
    if (x->personas != y->personas) return x->personas < y->personas ? 1 : -1;
    return str_cmp(x->rule, y->rule);
}

rule_counts recorded_counts(const recorded *r, arena *mem) {
    rule_count *list = arena_new_of(mem, rule_count, r->n + 1);
    if (r->n) {
        memcpy(list, r->row, r->n * sizeof *list);
        qsort(list, r->n, sizeof *list, by_personas);
    }
    return (rule_counts){.personas = r->personas, .rule = list, .rules = r->n};
}

/* The findings of a row are the last member of its provenance, which is the last member of the row: all that
 * stands before is skipped unread. A quote within a text is escaped, so no text holds the key. */
bool recorded_row(recorded *r, str row, arena *mem) {
    static const char KEY[] = ",\"provenance\":{";
    r->seen++;
    size_t at = row.n;
    while (at > 0 && !str_starts(str_part(row, at - 1, row.n), KEY)) at--;
    if (!at) return false;
    str own = str_part(row, at - 1 + strlen(",\"provenance\":"), row.n);
    size_t end;
    json last;
    if (json_read(own, NULL, mem, &last, &end) != JSON_FAULT_NONE) return false;
    const json *list = json_get(&last, "findings");
    for (uint32_t i = 0; list && list->kind == JSON_ARRAY && i < list->n; i++)
        recorded_add(r, json_str(&list->item[i], "rule"));
    return true;
}

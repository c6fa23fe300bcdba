/* record.h: the record that a persona is while it is made, and its values: told apart, read and printed. */
#ifndef POP_TAXONOMY_RECORD_H
#define POP_TAXONOMY_RECORD_H

#include "taxonomy/population.h"

typedef enum value_kind { V_NONE, V_NUM, V_TEXT, V_LIST } value_kind;
/* num: index of a choice, steps of a number, days of a date, 0/1 of a flag, the row of a hidden leaf. */
typedef struct value value;
struct value {
    value_kind kind;
    uint32_t n; /* V_LIST */
    union {
        int64_t num;
        str text;
        value
            *item; /* V_LIST: V_NUM or V_TEXT each; of a leaf in instances one item an instance, of any kind */
    };
};

/* One whom a persona knows by a link. */
typedef struct linked {
    uint64_t slot;
    uint32_t relation;  /* what it is to the persona: a value of link_def.relation */
    const value *shown; /* one a leaf of link_def.show; NULL: read from a row, which does not hold them */
} linked;
typedef struct linked_list {
    linked *item; /* by slot */
    uint32_t n;
} linked_list;

/* A persona while it is made: the skeleton, then what the facets have written. Values live in `mem`, which the
 * owner of the record owns.
 *
 * INSTANCES of a section with `list`: its hidden leaf `number` holds how many there are (V_NUM; V_NONE: the
 * section has no value), and each leaf below holds a V_LIST with one item for each of them: V_NONE, V_NUM,
 * V_TEXT, or a V_LIST where the leaf is a list itself; or V_NONE as a whole as long as it has no values at all.
 * A record can be looked at from inside one instance (record_enter): then record_at gives that instance's item,
 * so that predicates, sums, grids, templates and rules need not know. Whoever reads a value as an attribute's
 * calls record_at. */
struct record {
    const population *pop;
    arena *mem;
    uint64_t slot;
    uint32_t attempt, cell;
    uint64_t weight;        /* weighted populations: in millionths */
    value *value;           /* one a leaf */
    linked_list *links;     /* one a link of the population; NULL: not drawn yet */
    uint32_t section;       /* inside which instance: of this node, NO_LEAF: none */
    uint32_t first, inside; /* its leaves are first .. first + inside - 1 */
    uint32_t instance;      /* from 0 */
    uint64_t *left;         /* bit set of the leaves that `choose` left out; NULL: none */
};
static inline bool record_left(const record *r, uint32_t leaf) {
    return r->left && r->left[leaf / 64] >> leaf % 64 & 1;
}
void record_init(record *r, const population *p, arena *mem); /* all without value */
void record_enter(record *r, uint32_t section, uint32_t instance);
void record_leave(record *r);
uint32_t record_instances(const record *r, uint32_t section); /* 0 without value */
extern const value value_none;
static inline const value *record_at(const record *r, uint32_t leaf) {
    const value *v = &r->value[leaf];
    if (leaf - r->first >= r->inside) return v;
    return v->kind == V_LIST && r->instance < v->n ? &v->item[r->instance] : &value_none;
}
/* The section with `list` in whose instances the leaf, hidden ones too, has its values; NO_LEAF: none. */
uint32_t leaf_within(const population *p, uint32_t leaf);
/* What is asked, written and replaced as one: a leaf, or a section with `list` and all that is below, whose
 * first leaf is its `number`. */
typedef struct field_span {
    uint32_t first, n;
} field_span;
bool node_field(const population *p, uint32_t node_index,
                field_span *out);                        /* false: a part of one, or of several */
uint32_t leaf_field(const population *p, uint32_t leaf); /* the first leaf of the field that it belongs to */
/* "preference.2.topic", of the section itself "preference.2"; instance 0: none. */
void instance_path(const population *p, const node *n, uint32_t instance, buf *b);
/* {"NAME":[{"slot":7,"id":"...","relation":"friend"}]}: the links of a record, as in rows; run: for the ids. */
void links_json(buf *b, const record *r, hash128 run);
/* A line each, for a display: `relation: ` and what is shown of the other, else its slot. false: nobody. */
bool link_lines(buf *b, const record *r, uint32_t link);
void value_print(buf *b, const node *n, const value *v);     /* as FORMAT: Printed (label, unit, joined) */
void value_print_raw(buf *b, const node *n, const value *v); /* form `value` */
void value_json(buf *b, const node *n, const value *v);      /* as in rows; null without value */
/* A section with `list` as in rows: an array of objects; null without value. */
void instances_json(buf *b, const record *r, uint32_t section);
/* As FORMAT: Printed, a numbered line each. false: there is none. */
bool instances_lines(buf *b, const record *r, uint32_t section);
bool value_same(const value *a, const value *b);
bool value_there(const value *v); /* there is something to print: of a list, of instances, some element */
/* JSON -> value of a field, by its kind and domain (not its limits). NULL: fine; else what is wrong, in the
 * locale's words, for the finding. */
const char *value_read(const node *n, const json *j, arena *mem, value *out);
/* The same of a section with `list`: out[0] is its number, then one value a leaf below. An instance may lack
 * members, which have no value there. */
const char *instances_read(const population *p, const node *section, const json *j, arena *mem, value *out);

#endif

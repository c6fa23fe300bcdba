/* row_parts.h (private): what rendering a row and reading it back share: which nodes stand where, and pairs. */
#ifndef POP_ROW_PARTS_H
#define POP_ROW_PARTS_H

#include "out/out.h"

/* One byte a node, in `mem`: 1 for what stands among the attributes or fields: fields, drawn leaves that are no
 * column, and sections with such leaves. */
uint8_t *row_kept(const population *p, arena *mem);
bool row_has_attributes(const population *p, const uint8_t *kept);
/* The leaf that `narrative` shows: the first that has a value; NO_LEAF: none has. */
bool row_repeats(const population *p); /* the row ends in a `narrative` of its own: no field is called so */
uint32_t row_narrative(const record *r);

/* row_pair.c: one value (no list) as the text of a pair: printed where that says which value it is, else raw.
 */
void pair_print(buf *b, const node *n, const value *v);
bool pair_read(const node *n, str s, arena *mem, value *out);

/* row_value.c: a value as value_json writes it, and nothing else. false: what is wrong is in `why`. */
bool row_value(const node *n, const json *j, arena *mem, value *out, const char **why);
bool row_number(const node *n, str text, int64_t *steps);
bool row_date(const node *n, str text, int64_t *days);

#endif

/* told.h (private): what stands against tables, said twice: in the sentence of a diag, and in its detail, as
 * JSON (told.c has the form).
 */
#ifndef POP_TOLD_H
#define POP_TOLD_H

#include "taxonomy/taxonomy.h"

/* A cell as text, "age=18..34 sex=female", and as the members of a JSON object. */
typedef struct keys {
    buf text, json;
} keys;
void keys_put(keys *k, str path, str class);
void keys_reset(keys *k);
void keys_free(keys *k);

/* The JSON twin of an error. */
typedef struct told {
    buf tables, cells, rules, facts;
} told;
void told_table(told *t, str name);
void told_rule(told *t, str id);
/* With one or two numbers of persons; a name NULL: none. */
void told_cell(told *t, str of, const keys *k, const char *first, double a, const char *second, double b);
void told_fact(told *t, const char *name, uint64_t n);
void told_number(told *t, const char *name, double v);
bool told_end(told *t, diags *d); /* to the row that was added last; returns false */

#endif

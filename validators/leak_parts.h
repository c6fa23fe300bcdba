/* leak_parts.h (private): what a text gives away. */
#ifndef POP_LEAK_PARTS_H
#define POP_LEAK_PARTS_H

#include "validators/rule_parts.h"

typedef enum leak_class { LEAK_AI, LEAK_PROMPT, LEAK_ADDRESS, LEAK_TELEPHONE, LEAK_NUMBER } leak_class;

typedef struct leak {
    leak_class what;
    str shown; /* empty: nothing */
} leak;

/* leak_forms.c: what has a form rather than words. Up to LEAK_FORMS, each with its text; how many. */
#define LEAK_FORMS 8u
size_t leak_forms(const reading *t, leak *out);

#endif

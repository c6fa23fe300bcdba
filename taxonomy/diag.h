/* diag.h: what is wrong with what was read: codes, places, hints. */
#ifndef POP_TAXONOMY_DIAG_H
#define POP_TAXONOMY_DIAG_H

#include "pipeline/base/base.h"

/* W00: a warning. */
#define DIAG_MAP(X)                                                                                            \
    X(P01, "not YAML or JSON, or a limit")                                                                     \
    X(P02, "unknown, reserved, doubled or missing key")                                                        \
    X(P03, "wrong type or form")                                                                               \
    X(P04, "unknown or ambiguous reference")                                                                   \
    X(P05, "file missing, outside, or including itself")                                                       \
    X(P06, "cycle")                                                                                            \
    X(P07, "value outside the domain, or no domain")                                                           \
    X(P08, "grid: overlap or gap")                                                                             \
    X(P09, "negative or no weights")                                                                           \
    X(P10, "written, redrawn or listed where that cannot be")                                                  \
    X(P11, "no owner, or two")                                                                                 \
    X(P12, "template")                                                                                         \
    X(P13, "rule kind or judge")                                                                               \
    X(P14, "constraint unmet in tries")                                                                        \
    X(P15, "matrix")                                                                                           \
    X(P16, "too few values for unique or exact")                                                               \
    X(P17, "compiled form too large")                                                                          \
    X(Q01, "totals")                                                                                           \
    X(Q02, "tables disagree on a shared margin")                                                               \
    X(Q03, "a target in cells that no constraint allows")                                                      \
    X(Q04, "two tables that cannot be met together")                                                           \
    X(Q05, "tables that cannot be met together")                                                               \
    X(Q06, "tables that cannot be met in whole persons")                                                       \
    X(Q07, "tables that could not be solved within bounds")                                                    \
    X(W00, "warning")
#define DIAG_ENUM(name, text) DIAG_##name,
typedef enum diag_code { DIAG_MAP(DIAG_ENUM) DIAG_COUNT } diag_code;
#undef DIAG_ENUM
const char *diag_name(diag_code c);  /* "P02" */
const char *diag_title(diag_code c); /* "unknown, reserved, ..." */

typedef struct diag {
    diag_code code;
    str file;              /* as the user named it, or relative to the population's folder */
    uint32_t line, column; /* from 1; 0: none */
    str value;             /* the offending text, may be empty */
    str text, hint;
    str detail; /* Q01..Q07: tables, cells, numbers and rules as a JSON object (told.c); else empty */
} diag;

/* Collects up to 100 and counts the rest. Owns the text of its rows. */
typedef struct diags {
    arena *mem;
    diag *row, *last;               /* last: added last, NULL: it was there already, or dropped */
    size_t n, cap, errors, dropped; /* errors: rows that are not W00 */
} diags;
void diags_init(diags *d);
void diags_free(diags *d);
void diags_sort(diags *d); /* W00 last; else by file, line, column */
/* The first error as an `err` (ERR_POPULATION; Q codes ERR_PLAN), with the number of further ones. */
bool diags_err(const diags *d, err *e);

#endif

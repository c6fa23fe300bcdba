/* rule_table.c: the kinds of rules, one file each, in the order of the format. */
#include "validators/validators.h"

#define RULE_KINDS(X)                                                                                          \
    X(never)                                                                                                   \
    X(implies)                                                                                                 \
    X(compare)                                                                                                 \
    X(allowed)                                                                                                 \
    X(disjoint)                                                                                                \
    X(distinct)                                                                                                \
    X(spread)                                                                                                  \
    X(pattern)                                                                                                 \
    X(states) X(mentions) X(bans) X(consistent) X(language) X(leak) X(reading) X(echo) X(judge) X(lua)

#define RULE_EXTERN(name) extern const rule_kind rule_kind_##name;
RULE_KINDS(RULE_EXTERN)

#define RULE_ROW(name) &rule_kind_##name,
const rule_kind *const rule_table[] = {RULE_KINDS(RULE_ROW) NULL};

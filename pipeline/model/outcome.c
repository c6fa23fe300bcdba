/* outcome.c: names of outcomes and faults, as logs and displays have them. */
#include "pipeline/model/model.h"

static const char *const outcome_text[OUTCOME_COUNT] = {
#define ROW(name, text, meaning) [OUTCOME_##name] = text,
    OUTCOME_MAP(ROW)
#undef ROW
};

const char *outcome_name(outcome o) {
    return outcome_text[o];
}

bool outcome_parse(str name, outcome *o) {
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (!str_is(name, outcome_text[i])) continue;
        *o = (outcome)i;
        return true;
    }
    return false;
}

const char *fault_name(fault f) {
    static const char *const text[FAULT_COUNT] = {
#define ROW(name, label, retry) [FAULT_##name] = label,
        FAULT_MAP(ROW)
#undef ROW
    };
    return text[f];
}

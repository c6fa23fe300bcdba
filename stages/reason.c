/* reason.c: the names of reasons, as ledger, manifest and report have them. */
#include "stages/stages.h"

#define REASON_NAME(name, text) [REASON_##name] = text,
static const char *const names[REASON_COUNT] = {REASON_MAP(REASON_NAME)};
#undef REASON_NAME

const char *reason_name(reason r) {
    return r < REASON_COUNT ? names[r] : "unknown";
}

bool reason_of_gate(reason r) {
    return r == REASON_DUPLICATE || r == REASON_EXACT || r == REASON_ECHO;
}

/* answer.c: an outcome, fresh from a server or years old from the log, becomes what a stage takes: the same
 * door, so the same answer.
 */
#include "pipeline/pipeline.h"

static const char *const outcome_message[OUTCOME_COUNT] = {
#define OUTCOME_TEXT(name, text, meaning) [OUTCOME_##name] = meaning,
    OUTCOME_MAP(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

void answer_make(answer *out, outcome o, str text, str model, arena *mem, json *tree_out) {
    *out = (answer){.text = text, .model = model};
    if (o == OUTCOME_REPLY) {
        door_code d = door_open(text, mem, tree_out);
        if (d == DOOR_OPEN) {
            out->object = tree_out;
            return;
        }
        out->refused = door_name(d);
        out->message = door_message(d);
        return;
    }
    out->refused = outcome_name(o);
    out->message = outcome_message[o];
    out->final = o == OUTCOME_FILTERED || o == OUTCOME_CONTEXT || o == OUTCOME_UNREACHABLE;
}

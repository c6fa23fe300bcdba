/* answer.c: between stages and the client. An ask becomes a request; an outcome, fresh from a server or years
 * old from the log, becomes what a stage takes: the same door, so the same answer.
 */
#include "pipeline/pipeline.h"

static const char *const outcome_message[OUTCOME_COUNT] = {
#define OUTCOME_TEXT(name, text, meaning) [OUTCOME_##name] = meaning,
    OUTCOME_MAP(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

request ask_request(const ask *k) {
    return (request){.role = k->role,
                     .messages = k->messages,
                     .schema = k->schema,
                     .bounded = k->bounded,
                     .schema_name = k->name,
                     .max_tokens = k->max_tokens,
                     .temperature_milli = k->temperature_milli,
                     .top_p_milli = k->top_p_milli,
                     .seed = k->seed};
}

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

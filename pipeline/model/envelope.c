/* envelope.c: the HTTP body of a chat completion, opened: outcome, text, finish, model, usage. The body is hostile. */
#include "pipeline/model/model.h"

static const json_limits limits = {.depth = 32, .members = 4096, .string_bytes = 0, .nodes = 65536};

static uint64_t count_of(const json *j, const char *key)
{
    int64_t v;
    return j && json_i64(j, key, &v) && v > 0 ? (uint64_t)v : 0;
}

static void usage_read(const json *body, usage *u)
{
    const json *j = json_get(body, "usage");
    *u = (usage){.calls = 1};
    if (!j) return;
    u->prompt = count_of(j, "prompt_tokens");
    u->completion = count_of(j, "completion_tokens");
    u->cached = count_of(json_get(j, "prompt_tokens_details"), "cached_tokens");
    u->reasoning = count_of(json_get(j, "completion_tokens_details"), "reasoning_tokens");
}

static outcome outcome_of(str finish, str text, const json *message)
{
    if (str_is(finish, "content_filter") || json_str(message, "refusal").n) return OUTCOME_FILTERED;
    if (str_is(finish, "length")) return OUTCOME_LENGTH;
    if (str_trim(text).n) return OUTCOME_REPLY;
    bool thought = json_str(message, "reasoning").n || json_str(message, "reasoning_content").n;
    return thought ? OUTCOME_THINK_ONLY : OUTCOME_EMPTY;
}

bool door_envelope(str body, arena *a, reply *out)
{
    json j;
    if (json_read(body, &limits, a, &j, NULL) != JSON_FAULT_NONE) return false;
    const json *choices = json_get(&j, "choices");
    if (!choices || choices->kind != JSON_ARRAY || choices->n == 0) return false;
    const json *message = json_get(&choices->item[0], "message");
    if (!message || message->kind != JSON_OBJECT) return false;
    *out = (reply){.finish = json_str(&choices->item[0], "finish_reason"), .model = json_str(&j, "model")};
    out->text = json_str(message, "content");
    out->outcome = outcome_of(out->finish, out->text, message);
    if (out->outcome == OUTCOME_FILTERED && json_str(message, "refusal").n) out->text = json_str(message, "refusal");
    usage_read(&j, &out->usage);
    return true;
}

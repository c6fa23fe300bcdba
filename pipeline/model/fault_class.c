/* fault_class.c: what a refusal means: status and words of many servers (reference: their documentation and
 * source) to one class. Servers differ in where they put the words: {"error":{"message","type","code"}},
 * {"error":"..."}, {"detail":...},
 * {"message":...}, or plain text.
 */
#include "pipeline/model/transfer.h"

enum { WORDS_READ = 4096 };

static str words_of(str body, arena *a) {
    json j;
    if (json_read(body, NULL, a, &j, NULL) != JSON_FAULT_NONE) return body;
    const json *e = json_get(&j, "error");
    str message = e && e->kind == JSON_STRING ? e->text : (str){0};
    if (!e || message.n) e = &j;
    if (!message.n) message = json_str(e, "message");
    if (!message.n) message = json_str(e, "detail");
    if (!message.n) return body;
    const json *inner = json_get(e, "innererror"); /* Azure: which filter it was */
    str code = json_str(e, "code"), type = json_str(e, "type"), of = inner ? json_str(inner, "code") : (str){0};
    return str_printf(a, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(message), STR_ARG(code),
                      STR_ARG(type), STR_ARG(of));
}

static bool says_any(str words, const char *const *list) {
    for (; *list; list++)
        if (words_say(words, *list)) return true;
    return false;
}

static const char *const context_words[] = {"context length",
                                            "context_length",
                                            "context size",
                                            "maximum context",
                                            "too many tokens",
                                            "exceed_context",
                                            "exceeds the available context",
                                            "prompt is too long",
                                            NULL};
static const char *const filter_words[] = {"content_filter",
                                           "content management policy",
                                           "content_policy",
                                           "contentpolicy",
                                           "safety system",
                                           "responsibleai",
                                           "moderation",
                                           "flagged",
                                           "data_inspection_failed", /* Alibaba, and its own API's form */
                                           "datainspectionfailed",
                                           "inappropriate content",
                                           "content exists risk", /* DeepSeek */
                                           "considered high risk",
                                           "new_sensitive", /* MiniMax */
                                           "sensitivecontent",
                                           "sensitive content",
                                           "\xe6\x95\x8f\xe6\x84\x9f", /* GLM: "sensitive" in Chinese */
                                           "prohibited_content",
                                           "guardrail",
                                           NULL};
static const char *const quota_words[] = {"insufficient_quota",
                                          "exceeded your current quota",
                                          "billing",
                                          "insufficient balance",
                                          "credit balance",
                                          NULL};
static const char *const model_words[] = {"model_not_found", "model not found", "no such model",
                                          "unknown model",   "invalid model",   NULL};
static const char *const dialect_words[] = {"response_format",
                                            "json_schema",
                                            "json_object",
                                            "structured",
                                            "guided",
                                            "grammar",
                                            "maxlength",
                                            "minlength",
                                            "max_tokens",
                                            "max_completion_tokens",
                                            "temperature",
                                            "top_p",
                                            "seed",
                                            "schema",
                                            "unsupported",
                                            "unrecognized",
                                            "unknown parameter",
                                            "not supported",
                                            "unexpected keyword",
                                            "extra inputs",
                                            NULL};

/* Refusals of this one request, for good. */
static bool is_final(int status, str words, outcome *o) {
    bool asked = status == 400 || status == 413 || status == 422;
    if ((asked || status == 500) && says_any(words, context_words)) {
        *o = OUTCOME_CONTEXT;
        return true;
    }
    if ((asked || status == 403 || status == 451) && says_any(words, filter_words)) {
        *o = OUTCOME_FILTERED;
        return true;
    }
    return false;
}

fault door_fault(int status, str body, arena *a, bool *final, outcome *o, str *words) {
    *words = words_of(body, a);
    if (words->n > WORDS_READ) words->n = WORDS_READ;
    *final = is_final(status, *words, o);
    if (*final) return FAULT_BAD_REQUEST;
    if (status == 401 || status == 403) return FAULT_AUTH;
    if (status == 429) return says_any(*words, quota_words) ? FAULT_QUOTA : FAULT_RATE;
    if (status == 402) return FAULT_QUOTA;
    if (status == 503 || status == 529) return FAULT_OVERLOAD;
    if (status == 408 || status == 504) return FAULT_TIMEOUT;
    if (status >= 500) return FAULT_SERVER;
    if (status == 404 || says_any(*words, model_words)) return FAULT_NO_MODEL;
    return says_any(*words, dialect_words) ? FAULT_SCHEMA : FAULT_BAD_REQUEST;
}

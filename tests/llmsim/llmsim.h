/* llmsim.h: the simulated model server: an OpenAI-compatible endpoint that fills any JSON schema with text from
 * a seeded grammar and misbehaves as its script says.
 *
 * From request to reply:
 *
 *   - sim_server: connections and the loop; sends answers, also badly on purpose; over sim_http, which makes
 * whole requests out of bytes.
 *   - sim_reply: the body of a request -> status and body of the answer. sim_prompt finds field lines and facts
 * in the messages; sim_schema fills the schema, with sim_text (limits, facts), sim_sentence and sim_words
 *     (grammar); sim_fault says which fault of the script strikes.
 *   - sim_slots: places, waiting line, latencies: when the answer goes out. sim_stats: counters.
 *
 * What is written depends on (messages, schema, seed, --seed) alone; which transport fault strikes also on how
 * often the same request came before. The order of arrival decides nothing but that count.
 */
#ifndef LLMSIM_H
#define LLMSIM_H

#include "pipeline/base/base.h"

/* ---- words and sentences ---------------------------------------------------------------------- */

typedef enum word_class {
    WORD_THING,
    WORD_VERB,
    WORD_ACT,
    WORD_ADJ,
    WORD_PLACE,
    WORD_PERSON,
    WORD_ADV,
    WORD_TOPIC,
    WORD_TIME,
    WORD_CLASSES
} word_class;

/* A word with one blank behind it. Fixed size, so that a copy is one 16-byte move. */
typedef struct word {
    char text[15];
    uint8_t n;
} word;

void sim_words_load(void); /* once, before anything below */
void sim_words_free(void);
const word *sim_words_of(word_class c, uint32_t *n);

typedef enum pronoun { PRONOUN_THEY, PRONOUN_SHE, PRONOUN_HE, PRONOUN_I, PRONOUN_YOU } pronoun;

/* The state of one text: its random numbers and where it stands in each word list. */
typedef struct grammar {
    uint64_t state;
    uint32_t at[WORD_CLASSES], step[WORD_CLASSES];
    pronoun who;
} grammar;

grammar sim_grammar_start(uint64_t key, pronoun who);
uint64_t sim_grammar_draw(grammar *g);
uint32_t sim_grammar_below(grammar *g, uint32_t n);
/* Appends one sentence of exactly n words (n >= 1) with its full stop. */
void sim_sentence_put(grammar *g, buf *out, uint32_t n);
/* The same with words of temper and somebody who helps; n is at least SENTENCE_TEMPER_MIN. */
#define SENTENCE_TEMPER_MIN 9
void sim_sentence_put_temper(grammar *g, buf *out, uint32_t n);
/* "Overall, ..." of exactly n >= 5 words. */
void sim_sentence_put_closing(grammar *g, buf *out, uint32_t n);
/* A phrase of exactly n words without a full stop, for names and lists of words. */
void sim_phrase_put(grammar *g, buf *out, uint32_t n);

/* The same in Chinese, where n counts characters, marks included. */
void sim_chinese_put(grammar *g, buf *out, uint32_t n);
#define CHINESE_TEMPER_MIN 22
void sim_chinese_put_temper(grammar *g, buf *out, uint32_t n);
#define CHINESE_CLOSING 22u
void sim_chinese_put_closing(grammar *g, buf *out, uint32_t n); /* n >= 14 */
void sim_chinese_phrase_put(grammar *g, buf *out, uint32_t n);
uint32_t sim_chinese_length(str s); /* in characters */
bool sim_chinese_is(str text);      /* mostly Chinese */
/* Two Han characters that stand together in `words` stand so in the text. */
bool sim_chinese_shares(str text, str words);

/* ---- prompts ---------------------------------------------------------------------------------- */

typedef struct range {
    uint32_t lo, hi; /* hi 0: not limited */
} range;

typedef enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_FLAG,
    FIELD_DATE,
    FIELD_CHOICE,
    FIELD_GROUP
} field_kind;

/* One line `- "path" (limits): hint`. */
typedef struct field_line {
    str path, hint;
    field_kind kind;
    range words, chars, sentences, paragraphs, lines;
    range list; /* how many, if is_list */
    bool is_list;
    dec lo, hi, step; /* of a number */
    bool has_lo, has_hi;
    str options; /* "calm | tense | cheerful"; of a date "2023-01-01 to 2025-06-30" */
    uint32_t indent;
} field_line;

/* A fact of the first user message: "label: value". */
typedef struct fact {
    str section, label, value;
    uint32_t instance; /* of a numbered list, from 1; else 0 */
    uint32_t words;    /* of the sentence "Label is value."; in Chinese its characters */
    bool numeric;
} fact;

/* A line `- path: message (hint)` of a later user message. */
typedef struct objection {
    str path, message;
} objection;

typedef struct prompt {
    field_line *fields;
    uint32_t n_fields, cap_fields;
    uint32_t *asked, n_asked, cap_asked; /* fields that the last message with field lines lists */
    bool flat;                           /* it speaks of paths: these are the keys */
    fact *facts;
    uint32_t n_facts;
    objection *objections;
    uint32_t n_objections;
    pronoun who;
    bool chinese;     /* the instructions are: texts are counted in characters */
    bool happens;     /* a text is to begin with something that happens: facts come second */
    str closing;      /* the sentence that asks for "Overall"; empty if none does */
    str instructions; /* the first message with instructions */
} prompt;

void sim_prompt_add_instructions(prompt *p, str text, arena *a); /* any message with field lines */
/* The same for a system message, the first of a prompt: what it says is remembered, since it is the same for
 * all requests of a facet. */
void sim_prompt_add_system(prompt *p, str text);
void sim_prompt_add_facts(prompt *p, str text, arena *a); /* first user message */
/* The line for a property: its whole path, the path without numbers, the last name; NULL if none. */
const field_line *sim_prompt_field(const prompt *p, str path);

void sim_objections_read(prompt *p, str text, arena *a); /* user messages but the first */
/* What the objections to the property at `path` ask for. */
bool sim_objection_forbids(const prompt *p, str path, const fact *f);
uint32_t sim_objection_wanted(const prompt *p, str path, str *out, uint32_t most); /* phrases to work in */
str sim_objection_opening(const prompt *p, str path); /* how to begin; may be empty */

/* The prompt is a judge's: the word "findings" occurs in its instructions. */
bool sim_prompt_wants_findings(const prompt *p);

/* ---- faults ----------------------------------------------------------------------------------- */

/* name, word of the script (and key of the counters), true if it depends on the request alone */
#define SIM_FAULT_MAP(X)                                                                                       \
    X(NONE, "none", true)                                                                                      \
    X(POISON, "poison", true)                                                                                  \
    X(CONTEXT, "context", true)                                                                                \
    X(REFUSE, "refuse", true)                                                                                  \
    X(TRUNCATE, "truncate", true)                                                                              \
    X(WHITESPACE, "whitespace", true)                                                                          \
    X(GARBAGE, "garbage", true)                                                                                \
    X(HOSTILE, "hostile", true)                                                                                \
    X(FENCE, "fence", true)                                                                                    \
    X(THINK, "think", true)                                                                                    \
    X(EXTRA_KEY, "extra_key", true)                                                                            \
    X(MISSING_KEY, "missing_key", true)                                                                        \
    X(WRONG_TYPE, "wrong_type", true)                                                                          \
    X(WRONG_VALUE, "wrong_value", true)                                                                        \
    X(SHORT, "short", true)                                                                                    \
    X(LONG, "long", true)                                                                                      \
    X(LOOP, "loop", true)                                                                                      \
    X(DROP, "drop", false)                                                                                     \
    X(HANG, "hang", false)                                                                                     \
    X(EARLY_CLOSE, "early_close", false)                                                                       \
    X(DRIP, "drip", false)                                                                                     \
    X(ERROR, "errors", false)                                                                                  \
    X(BURST, "burst", false)                                                                                   \
    X(RATE, "rate", false)                                                                                     \
    X(OVERLOAD, "overload", false)
#define SIM_FAULT_ENUM(name, word, pure) SIM_##name,
typedef enum sim_fault { SIM_FAULT_MAP(SIM_FAULT_ENUM) SIM_FAULTS } sim_fault;
#undef SIM_FAULT_ENUM

const char *sim_fault_word(sim_fault f);
bool sim_fault_is_pure(sim_fault f);

/* How a refusal by status looks. */
typedef struct refusal {
    double share;
    int status;
    double retry_after; /* seconds; below 0: no header */
    bool http_date;     /* Retry-After as a date */
    char code[48];      /* error.code; empty: by status */
} refusal;

typedef enum latency_kind { LATENCY_FIXED, LATENCY_UNIFORM, LATENCY_LOGNORMAL } latency_kind;

#define SCRIPT_ERRORS 16
#define SCRIPT_MODELS 32

typedef struct script {
    latency_kind latency;
    double latency_a, latency_b; /* ms: value; least, most; median, sigma */
    double tail_share, tail_ms;
    double tokens_per_second; /* 0: completions take no time of their own */
    uint32_t capacity;        /* 0: unbounded */
    int64_t queue_limit;      /* below 0: unbounded */
    refusal overload, burst;
    double burst_every, burst_for;
    double rate_rpm;
    refusal errors[SCRIPT_ERRORS];
    uint32_t n_errors;
    double share[SIM_FAULTS]; /* of the faults that have only a share */
    double drip_bytes;        /* a second */
    double duplicates, judge_objects;
    uint32_t pool;
    char models[SCRIPT_MODELS][64];
    uint32_t n_models;
    char key[128];
    double idle_close; /* seconds; 0: never */
    bool first_round_only, shuffle, no_schema, no_bounds, ignore_schema, plain;
} script;

void sim_script_default(script *s);
bool sim_script_load(const char *path, script *s, err *e); /* an error names line and word */
bool sim_script_parse(str text, const char *name, script *s, err *e);

/* What strikes a request by itself: the first of the pure faults in the order of SIM_FAULT_MAP. */
sim_fault sim_fault_of_request(const script *s, uint64_t seed, uint64_t hash, uint32_t round);
/* What strikes its nth time (from 0): DROP, HANG, EARLY_CLOSE, DRIP, ERROR (*which of script.errors) or NONE.
 */
sim_fault sim_fault_of_transport(const script *s, uint64_t seed, uint64_t hash, uint64_t nth, uint32_t *which);
double sim_fault_latency_ms(const script *s, uint64_t seed, uint64_t hash, uint64_t nth);

/* ---- texts and schemas ------------------------------------------------------------------------ */

/* What is to be written for one text. */
typedef struct text_task {
    const prompt *prompt;
    const field_line *line;        /* may be NULL: a short text */
    str path, name;                /* of the property; its last name */
    uint64_t key;                  /* of the filler: of the request, or of the voice of a duplicate */
    uint64_t fact_key;             /* of what is said about the facts: always of the request */
    uint32_t min_chars, max_chars; /* from the schema; 0: none */
    sim_fault fault;               /* WRONG_VALUE, SHORT, LONG, LOOP or NONE */
} text_task;

void sim_text_write(const text_task *t, buf *out);
bool sim_dialogue_asked(const field_line *f); /* its hint names lines that begin with Q: and A: */
void sim_dialogue_write(const text_task *t, buf *out);

typedef struct schema_task {
    const prompt *prompt;
    const json *root;    /* for $ref */
    uint64_t key, voice; /* of the request; of the persona's voice, 0: it is no duplicate */
    sim_fault fault;
    bool judge_objects; /* a judge finds something */
    buf *scratch;       /* for a text before it is escaped */
} schema_task;

/* One JSON value that the schema allows, in the order of its properties. */
void sim_schema_fill(const schema_task *t, const json *schema, buf *out);
/* The object that the field lines describe, for requests without a schema. */
void sim_schema_fill_lines(const schema_task *t, buf *out);
bool sim_schema_is_judge(const json *schema);
/* As buf_json, faster where little needs an escape. */
void sim_json_text(buf *out, str s);
/* A hash of the value: kinds, keys, texts, order. */
uint64_t sim_schema_hash(const json *v, uint64_t seed);
bool sim_schema_has_key(const json *v, const char *key);

/* ---- replies ---------------------------------------------------------------------------------- */

/* An answer, ready but for its head. `body` belongs to the caller and is appended to. */
typedef struct reply {
    int status;
    buf *body;
    sim_fault fault;    /* counted; DROP, HANG, EARLY_CLOSE, DRIP also tell how to send */
    double retry_after; /* below 0: none */
    bool http_date;
    double service_ms; /* how long a slot is taken; 0: answered at once */
    bool immediate;    /* a refusal: takes no slot */
    bool duplicate, is_judge;
    uint64_t hash, nth; /* of the request, and how often it came before */
    int64_t seed;
    uint32_t prompt_tokens, completion_tokens;
} reply;

typedef struct replier {
    const script *script;
    uint64_t seed;
    u64map *seen; /* request hash -> times */
} replier;

void sim_reply_chat(replier *r, str body, arena *a, reply *out);
void sim_reply_models(const replier *r, reply *out);
/* An error shaped as OpenAI's. param and code may be NULL. */
void sim_reply_error(reply *out, int status, const char *type, const char *code, const char *param,
                     const char *fmt, ...) PRINTF_LIKE(6, 7);
void sim_reply_refusal(reply *out, const refusal *f);
const char *sim_reply_status_text(int status);

/* ---- counters --------------------------------------------------------------------------------- */

#define STATS_STATUSES 600

typedef struct stats {
    uint64_t requests, others, connections, connections_open, cancelled, judged, duplicates;
    uint64_t prompt_tokens, completion_tokens;
    uint64_t status[STATS_STATUSES], faults[SIM_FAULTS];
    uint32_t in_flight, in_flight_max, waiting, waiting_max;
    uint32_t busy, busy_max;    /* slots */
    uint64_t first_ns, last_ns; /* of the run: first request, last answer */
    uint64_t busy_since_ns;
    double *busy_steps; /* slot-seconds in each STATS_STEP_NS since first_ns */
    uint32_t *reply_steps;
    size_t n_steps, cap_steps;
} stats;

#define STATS_STEP_NS 100000000u /* 0.1 s; shown by the second */

void sim_stats_request(stats *s, uint64_t now);
void sim_stats_busy(stats *s, uint64_t now, int change); /* a slot is taken (+1) or free (-1) */
void sim_stats_reply(stats *s, uint64_t now, int status);
void sim_stats_reset(stats *s); /* what is open or in flight stays */
void sim_stats_free(stats *s);
void sim_stats_json(stats *s, uint32_t capacity, size_t distinct, uint64_t now, buf *out);

/* ---- slots and times -------------------------------------------------------------------------- */

/* One request on its way through the slots; embedded in its connection. */
typedef struct job {
    struct job *prev, *next; /* in the waiting line */
    uint64_t due_ns, service_ns;
    size_t heap_at; /* 1..n; 0: not in the heap */
    bool waiting;
    void (*done)(struct job *); /* the slot is free again when it is called */
} job;

typedef struct slots {
    const script *script;
    stats *stats;
    job **heap; /* by due time, from 1 */
    size_t n, cap;
    job *head, *tail; /* waiting, first in first out */
    uint64_t shuffle_state;
    void (*arm)(void *, uint64_t due_ns); /* the earliest due time changed; 0: none */
    void *arm_arg;
} slots;

void sim_slots_start(slots *q, const script *s, stats *st);
void sim_slots_stop(slots *q);
/* Takes a slot or a place in the line; false: the line is full. */
bool sim_slots_enter(slots *q, job *j, uint64_t service_ns, uint64_t now);
void sim_slots_cancel(slots *q, job *j, uint64_t now);
void sim_slots_run(slots *q, uint64_t now); /* ends what is due */

/* ---- HTTP ------------------------------------------------------------------------------------- */

typedef enum http_state { HTTP_MORE, HTTP_READY, HTTP_BAD } http_state;

/* One request; strings point into the bytes it was read from. */
typedef struct http_request {
    str method, path, auth, body;
    size_t head_n, body_n; /* 0: the head is not read yet; bytes of the body so far known */
    bool chunked, expects_continue, close;
    int bad; /* the status for HTTP_BAD */
} http_request;

/* Reads the request at the start of in[0..n). Called again with more bytes and the same request until it is
 * ready; then *used is what it took. A chunked body is put together in place. */
http_state sim_http_read(http_request *r, char *in, size_t n, size_t *used);
/* The head of an answer, up to and with the empty line. retry_after below 0: none. */
void sim_http_head(buf *out, int status, size_t body_n, double retry_after, bool as_date, const char *more,
                   bool close);

/* ---- the server ------------------------------------------------------------------------------- */

typedef struct server_options {
    const char *host, *port_file, *log;
    int port;
    uint64_t seed;
    bool until_eof;
} server_options;

/* Serves until a signal or the end of stdin. */
bool sim_server_run(const server_options *o, const script *s, err *e);

#endif

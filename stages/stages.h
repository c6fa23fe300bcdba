/* stages.h: what is asked of the model for one persona, and what becomes of its answers; and the gate against
 * sameness.
 *
 * No I/O: a stage says what to ask now (`work_next`) and consumes what came back (`work_take`). The engine
 * sends, runs the door and answers; preview, replay, tests and batch mode answer the same asks from elsewhere.
 * The course of a work is a pure function of (population, seed, slot, attempt, hint) and of the answers by
 * (step, round): in which order answers to different steps arrive changes nothing.
 */
#ifndef POP_STAGES_H
#define POP_STAGES_H

#include "validators/validators.h"

/* ---- asks and answers ----------------------------------------------------------------------------- */

/* What a stage wants from the model. Strings live in the work until the answer to it has been taken. */
typedef struct ask {
    uint16_t step;  /* facet index; population.facets + judge index */
    uint16_t round; /* counts every call of this step in this attempt, from 0 */
    str role;
    str messages;        /* JSON array of {"role","content"} */
    str schema, bounded; /* JSON; bounded has maxLength and the like */
    str name;            /* of the schema: the facet or judge */
    uint32_t max_tokens, temperature_milli, top_p_milli;
    uint32_t seed; /* bits 10..30 persona, 4..9 step, 0..3 round (saturating at 15) */
} ask;

/* What came back. Borrowed for the call of work_take. */
typedef struct answer {
    str text;            /* as received */
    const json *object;  /* what passed the door; NULL: refused */
    const char *refused; /* code of the door or outcome, e.g. "truncated" */
    const char *message; /* the same in words */
    bool final;          /* filtered, context, unreachable: nothing more is to be had from this attempt */
    str model;
} answer;

/* ---- work: one attempt at one slot ------------------------------------------------------------------ */

/* Why an attempt came to nothing; the name goes into ledger, manifest and report. */
#define REASON_MAP(X)                                                                                          \
    X(NONE, "none")                                                                                            \
    X(RULES, "rules") /* hard findings left after the last round */                                            \
    X(DOOR, "door")   /* a facet never gave a usable answer */                                                 \
    X(FILTERED, "filtered")                                                                                    \
    X(CONTEXT, "context")                                                                                      \
    X(UNREACHABLE, "unreachable")                                                                              \
    X(SKELETON, "skeleton") /* constraints unmet in `tries` */                                                 \
    X(DUPLICATE, "duplicate")                                                                                  \
    X(EXACT, "exact") /* agrees with another in an `exact` list */                                             \
    X(ECHO, "echo")   /* begins as too many do: a rule of the kind echo */
#define REASON_ENUM(name, text) REASON_##name,
typedef enum reason { REASON_MAP(REASON_ENUM) REASON_COUNT } reason;
#undef REASON_ENUM
const char *reason_name(reason r);
/* Decided by the gate: the next attempt waits for that, and is told what to avoid. */
bool reason_of_gate(reason r);

typedef enum work_state { WORK_OPEN, WORK_CANDIDATE, WORK_FAILED } work_state;

typedef struct work_env {
    const population *pop;
    const rules *rules;
    const plan *plan;
    hash128 run;
    bool keep_trace;          /* keep findings of all rounds for preview */
    struct work_cache *cache; /* private; NULL: what all slots share is made anew for each ask */
    drawer *drawer;           /* private; NULL: each skeleton is drawn alone */
} work_env;
/* Makes room for what is the same for all slots (system parts and schemas, escaped) and for what draws have in
 * common. Before the first work; from then on any thread may use env, and one at a time makes works.
 * work_env_free after the last work. */
void work_env_prepare(work_env *env);
void work_env_free(work_env *env);

typedef struct work work;
/* Owns its arena and all it says; env outlives it. avoid: the hint recorded with the duplicate before
 * (newline-separated features), or empty. */
work *work_new(const work_env *env, uint64_t slot, uint32_t attempt, str avoid);
void work_free(work *w);
/* The next ask that is due and was not handed out yet; false: none now. Several may be out at once. */
bool work_next(work *w, ask *out);
/* The answer to an ask that was handed out. A work may fail while asks are out: answers to those are ignored.
 */
void work_take(work *w, uint16_t step, uint16_t round, const answer *a);
work_state work_status(const work *w);
const record *work_record(const work *w);
reason work_reason(const work *w); /* WORK_FAILED */
str work_detail(const work *w);    /* e.g. the ids of the rules that objected, for ledger and report */
const findings *
work_findings(const work *w); /* what is left: soft ones of a candidate, hard ones of a failure */
uint32_t work_calls(const work *w);
uint32_t work_revisions(const work *w);                 /* asks that were sent because of findings */
uint32_t work_models(const work *w, const str **names); /* distinct model names that answered, sorted */
uint16_t work_steps(const population *p);               /* facets + judges */
/* Preview: what was asked, answered and objected, in order, as text for people. Needs keep_trace. What `shown`
 * has seen is not shown again: it says where it was; NULL: only within this work. */
typedef struct trace_shown trace_shown;
trace_shown *trace_shown_new(void);
void trace_shown_free(trace_shown *t);
void work_trace(const work *w, trace_shown *shown, buf *out);
size_t work_bytes(const work *w);

/* ---- gate: no two alike --------------------------------------------------------------------------------- */

/* What a candidate is compared by: made once by whoever has its record, kept beside its row. */
typedef struct gate_print {
    str text;          /* masked, folded words of the compared fields; '\n' between fields */
    uint64_t exact[8]; /* one hash an `exact` list (at most 8); 0: not to be compared */
    uint64_t within;   /* hash of the `within` values; 0: all are compared */
    str openings;      /* rules_openings */
} gate_print;
void gate_print_make(const population *p, const record *r, arena *mem, gate_print *out);

/* What the index keeps of an accepted persona: 48 bytes hot, 512 cold. */
typedef struct gate_hot {
    uint64_t sig[4];       /* 256-bit sign signature */
    uint64_t exact;        /* XXH3-64 of the masked text */
    uint64_t slot_attempt; /* slot << 16 | attempt */
} gate_hot;
typedef struct gate_sketch {
    int8_t v[512];
} gate_sketch;

typedef struct gate_verdict {
    bool duplicate;
    reason reason;           /* DUPLICATE, EXACT or ECHO */
    uint64_t neighbour_slot; /* UINT64_MAX: ECHO has none */
    uint32_t neighbour_attempt;
    uint32_t score_milli; /* weighted cosine; of ECHO the share of the opening */
    str features;         /* newline-separated, heaviest first, at most 12; in the gate until the next call */
} gate_verdict;

/* An ordered index: candidates are decided in ascending (position, slot); accepted ones enter it. One thread.
 * For sealed personas sketch and text are fetched when needed. */
typedef struct gate gate;
typedef struct gate_source {
    void *arg;
    /* index: number of the accepted persona in order of acceptance, from 0. false: an error, filled in. */
    bool (*sketch)(void *arg, uint64_t index, gate_sketch *out, err *e);
    bool (*text)(void *arg, uint64_t index, buf *out, err *e); /* gate_print.text of it */
} gate_source;
gate *gate_new(const population *p, const gate_source *src); /* copies *src; NULL: nothing is sealed */
void gate_free(gate *g);
/* Compares and, if it is no duplicate, accepts it at pos. pos never falls. The IDF ladder steps at positions
 * 256 and 4,096. */
bool gate_decide(gate *g, uint64_t pos, uint64_t slot, uint32_t attempt, const gate_print *print,
                 gate_verdict *out, err *e);
uint64_t gate_accepted(const gate *g);
/* Pointers to what is not sealed hold until gate_sealed; gate_hot_at of a sealed one until its next call. */
const gate_hot *gate_hot_at(const gate *g, uint64_t index);
const gate_sketch *gate_sketch_at(const gate *g, uint64_t index); /* only unsealed ones, else NULL */
const uint64_t *gate_exact_at(const gate *g, uint64_t index);     /* 8 hashes and `within`: 9 words */
void gate_sealed(gate *g, uint64_t upto); /* sketches below index `upto` now come from the source */
/* Resume: what sidecars hold, in order of acceptance, before any decision. */
void gate_load(gate *g, const gate_hot *hot, const uint64_t exact_within[9]);
void gate_load_openings(gate *g, str openings); /* of each that has some, in any order */
/* The IDF table: 2^20 bytes. Frozen once position 4,096 has been passed. */
bool gate_idf_frozen(const gate *g);
hash128 gate_idf_hash(const gate *g);
void gate_idf_save(const gate *g, buf *out);    /* with magic, version, rung, checksum: see the file's head */
bool gate_idf_load(gate *g, str saved, err *e); /* before gate_load; the ladder then stands where it stood */
bool gate_idf_saved_hash(str saved, hash128 *out, err *e); /* gate_idf_hash after loading it */
/* What a text (gate_print.text) is by the table in force: what was sealed with an earlier one is signed anew.
 */
void gate_sign(gate *g, str text, uint64_t sig[4], gate_sketch *out);
/* Figures for the manifest. */
typedef struct gate_stats {
    uint64_t compared, within_radius, verified, duplicates, exact, echoes;
} gate_stats;
void gate_figures(const gate *g, gate_stats *out);
void gate_figures_restore(gate *g, const gate_stats *s); /* resume */

/* ---- mine: a tree of attributes out of conversations -------------------------------------------------------
 *
 * Four stages, each a batch of asks that is decided in order when all of them are answered: what each pair of
 * question and answer shows about a person (extract); whether each name is a general category and its path
 * describes a person, leaf to root (filter); which siblings mean the same, level by level (merge); kinds,
 * values and hints of the leaves (type). The tree is a function of options, pairs and answers by place; in
 * which order answers arrive changes nothing. No I/O, as with a work: pairs are handed in, asks handed out. */

typedef struct mine_options {
    const str *category; /* first-level categories, in order; none: twelve of its own */
    uint32_t categories; /* at most MINE_CATEGORIES */
    uint64_t seed;
} mine_options;
enum { MINE_CATEGORIES = 64, MINE_LEVELS = 5, MINE_TRIES = 3 };

/* Where an ask stands: what its reply is kept under. */
typedef struct mine_place {
    uint64_t slot;    /* in the batch */
    uint32_t attempt; /* asked again since the answer before was of no use */
    uint16_t step;    /* the stage */
    uint16_t round;   /* of it */
} mine_place;

typedef struct mine_stats {
    uint64_t pairs, personal, partly, none; /* what extract said of them */
    uint64_t paths;                         /* named, with those that come again */
    uint64_t nodes, kept, rewritten, dropped;
    uint64_t merged, collapsed; /* nodes that became one with another, with their only child */
    uint64_t leaves, choices, numbers, flags, texts, untyped;
    uint64_t asked, refused; /* asks handed out; of no use after all tries */
} mine_stats;

typedef struct miner miner;
miner *mine_new(const mine_options *o); /* copies */
void mine_free(miner *m);               /* NULL is fine */
/* The pairs of question and answer in a record, `most` at most: {"messages": [{"role", "content"}]}, ShareGPT's
 * {"conversations": [{"from", "value"}]}, {"prompt", "response"}, {"instruction", "output"}, {"question",
 * "answer"}. Texts are copied, and cut to what an ask shows. Returns how many; 0: it has none. Before
 * mine_last. */
uint32_t mine_record(miner *m, const json *said, uint32_t most);
void mine_last(miner *m); /* there are no more */
/* The next ask of the stage that was not handed out yet; false: none now. Strings of *out live until its answer
 * is taken. */
bool mine_next(miner *m, mine_place *at, ask *out);
void mine_take(miner *m, const mine_place *at, const answer *a);
bool mine_done(const miner *m);
size_t mine_waiting(const miner *m);        /* asks that mine_next would hand out now */
const char *mine_stage_now(const miner *m); /* its name; "done" */
size_t mine_batch(const miner *m);          /* asks of the batch, so far */
taxonomy *mine_tree(miner *m);              /* when done: named and typed; lives as long as m */
void mine_figures(const miner *m, mine_stats *out);

#endif

/* pipeline.h: the engine: run directory, reply log, ledger, decider, commit thread, loop.
 *
 * Two threads, every object with one owner, two queues between them: the one down is bounded by bytes, and what
 * comes up answers what went down.
 *   loop thread (the caller of pop_run_go): works, window, client, timers.
 *   commit thread: reply log, ledger, decider, gate, shards.
 * What the loop sends down: replies (bytes, moved) and finished attempts (moved). What comes up: decisions, the
 * head. A reply goes into the queue before it is used, so the log holds replies in the order of their use.
 */
#ifndef POP_PIPELINE_H
#define POP_PIPELINE_H

#include <stdatomic.h>
#include "include/populace.h"
#include "pipeline/base/base.h"
#include "pipeline/model/model.h"
#include "taxonomy/taxonomy.h"
#include "validators/validators.h"
#include "stages/stages.h"
#include "out/out.h"

#define POP_ENGINE 3 /* raised whenever equal inputs would give other bytes */

/* ---- run.json ---------------------------------------------------------------------------------------- */

/* A run is made in parts: the first as it was begun, then one for each extension. */
typedef struct run_part {
    uint64_t n;   /* persons from slot 0 to its end; more than those of the part before */
    uint64_t lag; /* how much later a retry is decided, while this part is made */
} run_part;
enum { RUN_PARTS_MOST = 64 };

typedef struct run_json {
    hash128 population;
    uint64_t n, seed; /* n: of the last part */
    uint32_t engine, attempts, passes, shard_rows;
    hash128 idf; /* of DIR/idf.start.bin, the table that --idf gave; 0: none */
    char name[64];
    run_part part[RUN_PARTS_MOST];
    uint32_t parts;
} run_json;
/* For so many slots of a part: the power of two at or below an eighth of them, within 64..16,384. */
uint64_t run_default_lag(uint64_t slots);
uint64_t run_lag(const run_json *r); /* of the last part */
bool run_json_read(const char *dir, run_json *out, err *e);
/* Creates exclusively: false with ERR_LOCKED if it is there already. */
bool run_json_create(const char *dir, const run_json *r, err *e);
/* One part more, of a run whose lock is held: it is there, durably, or it is not. The rest of *r is as it was
 * read. */
bool run_json_extend(const char *dir, const run_json *r, err *e);
/* What run.json allows: slots, attempts and positions must fit into the key of a reply. */
bool run_fits(const run_json *r, err *e);
/* In memory: a part that goes on to n persons. lag 0: the default. *added is false where the last extension
 * went to n already. ERR_USAGE if n is not more than there are, or nothing more fits. */
bool run_add_part(run_json *r, const char *dir, uint64_t n, uint64_t lag, bool *added, err *e);

/* The one writer of a directory that exists. *fd is the caller's to close, which lets go of it; -1: none. */
bool dir_lock(const char *dir, int *fd, err *e);

/* ---- the population of a run ---------------------------------------------------------------------------- */

/* Population, rules and plan together: what every command needs. */
typedef struct design {
    population *pop;
    rules *rules;
    plan *plan; /* NULL unless asked for */
    hash128 run;
} design;
/* Loads, compiles rules, finishes; with n > 0 plans as well. Diagnostics (warnings too) are left in d. */
bool design_load(design *g, const char *path, const char *const *sets, size_t nsets, uint64_t n, uint64_t seed,
                 diags *d, err *e);
/* A loaded one, planned for more persons, the first of whom are those of before; what stands against it is in
 * d, and the design is freed. */
bool design_extend(design *g, uint64_t n, diags *d, err *e);
/* The frozen one of a run directory. */
bool design_open(design *g, const char *dir, run_json *rj, err *e);
void design_free(design *g);

/* ---- reply log ----------------------------------------------------------------------------------------- */

/* Key of R: slot < 2^36, attempt < 2^10, step < 2^8, round < 2^10. */
#define RUN_SLOTS_MOST    ((uint64_t)1 << 36)
#define RUN_ATTEMPTS_MOST (1u << 10)
uint64_t reply_key(uint64_t slot, uint32_t attempt, uint32_t step, uint32_t round);

void reply_segment_path(const char *dir, uint32_t segment, char out[4200]); /* DIR/replies/... */
enum { REPLY_FRAME_MOST = 256 << 20 }; /* content of a frame that a reader takes; writers stay far below */

typedef struct reply_line {
    uint64_t slot, pos;
    uint32_t attempt;
    uint16_t step, round;
    hash128 req;
    outcome outcome;
    str finish, model, endpoint, text;
    usage usage;
    uint32_t ms;
} reply_line;

typedef struct reply_log reply_log;
/* Opens DIR/replies for appending behind the longest prefix of whole frames of its last segment. The rest is
 * cut off, unless `bytes` of `segment`, which were durable once, are not whole any more: that is damage, and an
 * error. */
reply_log *reply_log_open(const char *dir, uint32_t segment, uint64_t bytes, err *e);
void reply_log_add(reply_log *l, const reply_line *line); /* into the open group */
size_t reply_log_pending(const reply_log *l);
/* Writes the open group as one frame and fdatasyncs. On a full disk the file is cut back and the group kept:
 * call again. */
bool reply_log_sync(reply_log *l, err *e);
uint32_t reply_log_segment(const reply_log *l);
uint64_t reply_log_bytes(const reply_log *l);
void reply_log_close(reply_log *l); /* NULL is fine */

/* Reads a log in order. Lines are valid until the next call. */
typedef struct reply_reader reply_reader;
/* From byte `offset` (the start of a frame) of segment `first`. */
reply_reader *reply_reader_open(const char *dir, uint32_t first, uint64_t offset);
uint32_t reply_reader_segment(const reply_reader *r); /* of the latest line */
/* 1: a line; 0: the end; -1: error. */
int reply_reader_next(reply_reader *r, reply_line *out, err *e);
/* At the end: was everything whole up to here? */
bool reply_reader_reached(const reply_reader *r, uint32_t segment, uint64_t bytes);
void reply_reader_close(reply_reader *r);

/* Durable replies, waiting for the works that will ask for them. */
typedef struct reply_store reply_store;
reply_store *reply_store_new(reply_reader *source); /* owns the reader; NULL: empty */
void reply_store_free(reply_store *s);
/* Reads on until the key is found (moved out: *text is malloc'ed and the caller's) or the log ends. 1, 0, -1.
 * Lines with pos < from are passed over. */
typedef struct stored_reply {
    hash128 req;
    outcome outcome;
    char *text;
    size_t n;
    char model[128];
} stored_reply;
int reply_store_take(reply_store *s, uint64_t key, uint64_t from, stored_reply *out, err *e);
size_t reply_store_size(const reply_store *s);

/* ---- decider: the order of decisions ------------------------------------------------------------------- */

typedef struct ticket {
    uint64_t slot, pos;
    uint32_t attempt;
    char *hint; /* malloc'ed, NULL: none */
} ticket;

/* The first attempts of a pass, in order of position and of slot: what was open before, then, in pass 0 of a
 * part, the slots that this part adds. */
typedef struct pass {
    const run_json *run; /* borrowed */
    uint32_t part, number;
    uint64_t base;   /* position of the first of them */
    uint64_t *list;  /* open slots, ascending; malloc'ed, NULL: none */
    uint64_t listed; /* how many */
    uint64_t firsts; /* in all */
} pass;
ticket pass_first(const pass *p, uint64_t index);
uint64_t pass_lag(const pass *p);
/* The number of the first attempt that an open slot gets in this pass: so many it has had. */
uint32_t pass_attempt(const pass *p, uint64_t slot);
void pass_free(pass *p);
pass pass_copy(const pass *p, const run_json *run);

/* Attempt a of slot i in pass 0 of the first part has position i + a x lag; later passes continue behind the
 * last position of the pass before, with the index in its list in place of i. Decisions are made in ascending
 * (position, slot): a merge of the first attempts of the pass and a first-in-first-out queue of retries, since
 * each retry is due exactly one lag after its cause. A part begins when nothing more can be done about the
 * slots of those before it: what they left open has all its passes once more. */
typedef struct decider {
    pass now;
    uint64_t cursor; /* next first attempt of the pass, an index */
    ticket *retry;   /* ring */
    size_t retry_at, retries, retry_cap;
    uint64_t *open; /* slots that used up their attempts in this pass */
    size_t opens, open_cap;
    uint64_t last_pos; /* of the latest decision */
    bool any;
} decider;
void decider_init(decider *d, const run_json *run); /* which must outlive it */
void decider_free(decider *d);
/* What must be decided next; false: the pass is over (decider_pass), or all is. Not advanced by looking. */
bool decider_next(const decider *d, ticket *out);
/* The next one is decided. accepted: gone. Else it comes back one lag later with the hint, or its slot stays
 * open: then *again is false. */
void decider_done(decider *d, bool accepted, const char *hint, bool *again, ticket *successor);
/* The pass is over: starts the next one with what is open. false: nothing open, or no pass left in this part
 * (open slots: given up, unless another part comes). */
bool decider_pass(decider *d);
/* Then: starts the next part. false: there is none. */
bool decider_part(decider *d);
/* Resume: part, pass, its base and its list, taken over; false: run.json has no such part. */
bool decider_restore_pass(decider *d, uint32_t part, uint32_t number, uint64_t base, uint64_t *list,
                          uint64_t listed);
void decider_restore_retry(decider *d, ticket t); /* resume: in order; takes t.hint */
uint64_t decider_head(const decider *d);          /* everything below it is decided */

/* ---- ledger -------------------------------------------------------------------------------------------- */

typedef struct ledger ledger;
typedef struct ledger_row { /* an accepted persona not yet sealed */
    uint64_t pos, slot;
    uint32_t attempt;
    str row;
} ledger_row;
typedef struct ledger_decision {
    uint64_t slot, pos;
    uint32_t attempt;
    reason reason;
    int64_t neighbour; /* slot, -1: none */
    uint32_t score_milli;
    str detail; /* rules that objected, or the hint */
} ledger_decision;
/* dir NULL: in memory (replay). */
ledger *ledger_open(const char *dir, bool create, err *e);
ledger *ledger_read_only(const char *dir, err *e);
void ledger_close(ledger *l);
bool ledger_snapshot(ledger *l, err *e); /* read only: all that follows sees one state */
bool ledger_begin(ledger *l, err *e);
bool ledger_commit(ledger *l, err *e);
bool ledger_accept(ledger *l, const ledger_row *row, err *e);
bool ledger_decide(ledger *l, const ledger_decision *d, err *e);
bool ledger_usage(ledger *l, str role, str model, str endpoint, const usage *add, err *e);
bool ledger_total(ledger *l, usage *out, err *e);
bool ledger_count(ledger *l, const char *name, int64_t v, err *e);    /* named counters in `run` */
bool ledger_counter(ledger *l, const char *name, int64_t *v, err *e); /* 0 if it is not there */
/* All whose names begin so, in the order of their names. */
bool ledger_counters(ledger *l, const char *prefix, void (*row)(void *, str name, int64_t v), void *arg,
                     err *e);
/* The seal: shard row, decider's state, given-up slots; deletes the persona rows that are sealed. */
bool ledger_seal(ledger *l, const shard_info *s, const decider *d, uint32_t log_segment, err *e);
bool ledger_given_up(ledger *l, const decider *d, err *e);
/* Whether each of the run's n slots is sealed or given up: what is left follows from the replies alone. */
bool ledger_over(ledger *l, uint64_t n, bool *over, err *e);
bool ledger_shards(ledger *l, arena *a, shard_info **out, size_t *n, err *e);
/* The decider as at the last seal, and the log segment from which replies may still be needed. */
bool ledger_restore(ledger *l, decider *d, uint32_t *log_segment, err *e);
/* Forgets what was decided after the last seal: it is decided again from the replies. */
bool ledger_rewind(ledger *l, const decider *sealed, err *e);
bool ledger_each_row(ledger *l, bool (*each)(void *arg, const ledger_row *row), void *arg, err *e);
bool ledger_each_decision(ledger *l, bool (*each)(void *arg, const ledger_decision *d), void *arg, err *e);

/* ---- what is recorded and not enforced ----------------------------------------------------------------- */

typedef struct recorded recorded;
recorded *recorded_new(void);
void recorded_free(recorded *r);
/* Another persona, by the findings of its row. false: the row has none that can be read. */
bool recorded_row(recorded *r, str row, arena *mem);
void recorded_add(recorded *r, str name); /* that persona breaks this rule; a second time counts for nothing */
/* What a seal kept: of a rule; of those that break any, an empty name. */
void recorded_restore(recorded *r, str name, uint64_t personas);
/* By falling number, then name; the list lives in mem, the names in r. */
rule_counts recorded_counts(const recorded *r, arena *mem);

/* ---- messages between the threads ---------------------------------------------------------------------- */

typedef enum down_kind { DOWN_REPLY, DOWN_ATTEMPT, DOWN_FLUSH } down_kind;
/* Loop -> commit. Everything in it is malloc'ed and moves. */
typedef struct down {
    queue_node node; /* first */
    down_kind kind;
    reply_line reply; /* strings into `bytes` */
    char *bytes;
    uint64_t slot, pos;
    uint32_t attempt;
    uint32_t cell;
    reason reason; /* NONE: a candidate */
    char *row;     /* candidate: row; failure: detail */
    size_t row_n;
    gate_print print; /* text into `text` */
    char *text;
    char *openings; /* of `print` */
    bool packed;    /* row and text are zstd frames */
    uint32_t revisions;
} down;

typedef enum up_kind { UP_DECIDED, UP_PASS, UP_DONE, UP_FATAL } up_kind;
/* Commit -> loop. */
typedef struct up {
    queue_node node; /* first */
    up_kind kind;
    uint64_t slot, pos, head;
    uint32_t attempt;
    reason reason; /* NONE: accepted */
    bool again;    /* a successor is due */
    char *hint;    /* for it */
    char *row;     /* accepted, if the watcher wants rows */
    size_t row_n;
    pass pass; /* UP_PASS: owned */
    err error; /* UP_FATAL */
} up;
void down_free(down *d);
void up_free(up *u);

/* ---- what a run would take: run_estimate.c --------------------------------------------------------------- */

typedef struct run_estimate {
    double calls, prompt,
        completion; /* a persona, if every first answer is accepted; the latter two in tokens */
} run_estimate;
/* From the first slots of a plan. false: a skeleton could not be drawn. */
bool estimate_run(const design *g, run_estimate *out, err *e);

/* ---- commit thread ------------------------------------------------------------------------------------- */

typedef struct commit_config {
    const char *dir; /* where shards, ledger, log go */
    const design *design;
    run_json run;
    bool write_log;     /* false in replay: no log, the ledger in memory */
    bool create_ledger; /* a new run */
    bool want_rows;
    bool drop_replies;
    const char *idf_dir; /* where idf.start.bin lies, if the run has one */
    queue *down, *up;
} commit_config;

/* Figures for displays, written by the commit thread, read by the loop: each by itself atomic. */
typedef struct commit_figures {
    _Atomic uint64_t accepted, head, open, duplicates, failed, durable, shards, revised;
    _Atomic uint64_t calls, prompt, completion, cached;
    _Atomic uint64_t reason[REASON_COUNT];
    _Atomic int64_t worst_milli; /* persons x 1000 */
    _Atomic uint32_t worst_cell;
    _Atomic uint32_t pass;
} commit_figures;

typedef struct commit commit;
/* Opens ledger, log, gate; restores the state of the last seal. Runs on the calling thread. */
commit *commit_open(const commit_config *c, err *e);
const decider *commit_decider(const commit *c); /* before commit_start */
uint32_t commit_log_segment(const commit *c);
const commit_figures *commit_numbers(const commit *c);
const shard_info *commit_shards(const commit *c, size_t *n); /* after commit_finish */
bool commit_start(commit *c, err *e);                        /* the thread */
/* Closes the queue, lets the thread sync, decide what it can and end; joins it; publishes the manifest. */
bool commit_finish(commit *c, err *e);
void commit_close(commit *c);

/* ---- engine: the loop thread --------------------------------------------------------------------------- */

typedef struct engine_config {
    const design *design;
    run_json run;
    const char *dir;
    client_config *client_config;       /* for names of endpoints and prices */
    const double *price_in, *price_out; /* per million tokens, one an endpoint, or NULL */
    uv_loop_t *loop;
    const pop_watch *watch;
    const pop_run_options *options;
    char *model; /* for displays */
    bool write_status;
} engine_config;
typedef struct engine engine;
engine *engine_new(const engine_config *c, err *e);
/* Before engine_go, once the others, which need the engine's callbacks, are there. client NULL: replay. Owns
 * replies. */
void engine_attach(engine *g, commit *c, client *k, reply_store *replies, queue *down, queue *up);
void engine_tell(engine *g,
                 const err *last); /* the final state, after commit_finish, to status.json and the watcher */
void engine_wake(void *arg);       /* of queue `up`: any thread */
/* Until all is decided, or stopped: *why ERR_OK, SHORTFALL, BUDGET, STOPPED, ENDPOINT, ... */
bool engine_go(engine *g, err *why);
void engine_stop(engine *g);                /* async-signal-safe */
void engine_fatal(engine *g, const err *e); /* from the client, on the loop thread */
void engine_event(engine *g, const char *name, const char *text);
void engine_free(engine *g);
void engine_status(engine *g, pop_status *out);

/* ---- status.json --------------------------------------------------------------------------------------- */

void status_json(const pop_status *s, buf *out);
void status_write(const char *dir, const pop_status *s);    /* best effort: a display is never in the way */
void status_model(const char *dir, char *out, size_t size); /* the model it names; empty: none */
bool event_write(const char *dir, const char *name, const char *text);

/* ---- models of a run ----------------------------------------------------------------------------------- */

typedef struct model_set {
    endpoint_config *endpoint;
    double *price_in, *price_out;
    size_t endpoints;
    embedded *child;
    size_t child_at; /* its endpoint */
    char model[256];
} model_set;
/* Resolves keys, starts the embedded server where asked for, probes. */
bool model_set_open(model_set *m, const pop_models *models, const char *log_dir, uv_loop_t *loop, pop_say say,
                    void *arg, err *e);
void model_set_close(model_set *m);

/* Answers of a reply to a work: runs the door; `tree` in mem. */
request ask_request(const ask *k); /* borrows its strings */
void answer_make(answer *out, outcome o, str text, str model, arena *mem, json *tree);

void error_out(const err *in, pop_error *out);
int error_status(const err *in, pop_error *out);
void diags_put(diags *d, pop_form form, buf *out); /* every row, sorted, as lines: api_diag.c */
bool sink_buf(pop_sink out, buf *b);               /* all that is in b, which is then empty; false: stop */
#endif

/* commit_state.h (private): what the commit thread owns, for commit.c (the thread), commit_open.c (begin and
 * resume), seal.c (shards, manifest), sealed.c and drift.c (looking back). Nothing in it is touched by another
 * thread after commit_start but `f` and `closing`.
 */
#ifndef POP_COMMIT_STATE_H
#define POP_COMMIT_STATE_H

#include <pthread.h>
#include "pipeline/pipeline.h"

enum { OPEN_SHARDS = 8 };

/* An accepted persona, not yet sealed. */
struct unsealed {
    char *row, *text;
    size_t row_n, text_n;
    uint64_t slot, pos;
    uint32_t attempt;
};

struct commit {
    commit_config c;
    ledger *ledger;
    reply_log *log; /* NULL in replay */
    gate *gate;
    decider d;
    u64map *pending; /* slot << 16 | attempt -> down: finished, not yet decided */
    struct unsealed *item;
    uint32_t items, item_cap;
    uint64_t sealed; /* personas in shards: index of item[0] */
    shard_info *shard;
    uint64_t *first; /* index of a shard's first persona */
    uint32_t shards, shard_cap;
    gate_sketch *again;                  /* by this table, of what was sealed with an earlier one */
    uint64_t agains;                     /* the first so many personas; at most those below position 4,096 */
    hash128 table;                       /* that the last shard was signed with, if there is one */
    shard **open;                        /* one a shard; NULL: not open */
    uint32_t opened[OPEN_SHARDS], opens; /* which are, in the order of opening */
    uint32_t cells;
    uint64_t *got, *lost; /* a cell; reason x cell */
    recorded *recorded;   /* in the shards */
    struct usage_row {
        char role[32], model[128], endpoint[256];
        usage add;
    } usage[64];
    size_t usages;
    uint64_t *segment_pos; /* highest position in a log segment */
    uint32_t segment_cap;
    up *told, *told_last; /* to be sent after the transaction */
    bool sealed_now;      /* shards were sealed in the open transaction: to be published after it */
    uint32_t needed;      /* the first log segment that is still needed once it is committed */
    uint32_t log_segment; /* from which replies may be needed again */
    bool done, failed, flush, started;
    err error;
    uint64_t gap_ns;
    pthread_t thread;
    _Atomic bool closing;
    commit_figures f;
};

void unsealed_push(commit *c, down *d); /* takes row and text of d */
void unsealed_clear(commit *c);
bool seal_due(const commit *c);
bool seal(commit *c, err *e);         /* all that is not sealed, inside the ledger's transaction */
bool seal_publish(commit *c, err *e); /* after that transaction: manifest, replies that may go */
bool manifest_write(commit *c, bool finished, err *e);
bool figures_restore(commit *c, err *e); /* those of the last seal */
void gap_note(commit *c);                /* worst quota gap, at most once a second */
shard *shard_at(commit *c, uint32_t index, err *e);
void shard_list(commit *c, const shard_info *info); /* one more that is sealed */
/* The shard that holds the persona with this index, and its row there. */
shard *shard_holding(commit *c, uint64_t index, uint64_t *row, err *e);
/* Its masked text, which is not stored: it follows from its row. */
bool sealed_text(commit *c, uint64_t index, buf *out, err *e);
/* The saved IDF table of DIR with this hash: idf.bin, or the one before it. */
bool table_find(const commit *c, hash128 want, buf *out, err *e);
gate_source commit_source(commit *c);
void usage_note(commit *c, const reply_line *r);
/* One a drawn attribute that no quota fixes; malloc'ed. */
bool drift_measure(commit *c, arena *mem, manifest *m, err *e); /* m->drift and m->soft, in mem */
#endif

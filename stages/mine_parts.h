/* mine_parts.h (private): one batch of asks after the other, and what the stages of mining share.
 *
 * A stage is one file that ends in one `const struct mine_stage`, and one row in mine_table (mine.c). It makes
 * tasks, says what to ask for each, takes usable answers, and decides all of them in order at the end.
 */
#ifndef POP_MINE_PARTS_H
#define POP_MINE_PARTS_H

#include "stages/stages.h"

typedef enum task_state { TASK_WAIT, TASK_OUT, TASK_DONE } task_state;

typedef struct mine_task {
    void *item; /* the stage's own, in its batch memory or malloc'ed */
    buf *words; /* messages, schema, bounded schema, while it is out; malloc'ed array of 3 */
    uint8_t state, tries;
    bool answered; /* by something usable */
} mine_task;

typedef struct mine_stage mine_stage;
struct mine_stage {
    const char *name;
    uint32_t max_tokens, temperature_milli;
    void (*begin)(miner *m); /* adds the tasks of the round; for extract pairs do that */
    /* system: the same for all tasks of the stage. */
    void (*compose)(const miner *m, const mine_task *k, buf *system, buf *user);
    void (*schema)(const miner *m, const mine_task *k, bool bounded, buf *out);
    bool (*take)(miner *m, mine_task *k, const json *object); /* false: of no use, ask again */
    bool (*end)(miner *m);                                    /* decides; true: one more round */
};
extern const mine_stage mine_extract, mine_filter, mine_merge, mine_type;

struct miner {
    arena *mem;   /* as long as it lives */
    arena *batch; /* of the stage */
    str *category;
    uint32_t categories;
    uint64_t seed;
    uint16_t stage, round; /* stage: index in the table; behind its end: done */
    mine_task *task;
    size_t tasks, cap, cursor, done;
    size_t *again; /* tasks to be asked again, first in first out */
    size_t agains, again_at, again_cap;
    bool last; /* all pairs are there */
    taxonomy *tree;
    mine_stats stats;
};

mine_task *mine_task_add(miner *m, void *item);

void mine_pairs_drop(miner *m); /* texts of pairs that were not decided: mine_extract.c */

/* ---- mine_words.c -----------------------------------------------------------------------------------------
 */

enum { MINE_NAME_CHARS = 60, MINE_TEXT_BYTES = 4000 };
/* A name as a model wrote it -> one line without blanks around it; false: empty, too long, or no word in it. */
bool mine_name(arena *mem, str said, str *out);
/* Cut at a code point, with "..." behind. */
str mine_cut(str s, size_t bytes, buf *room);
void mine_path(const taxon *x, buf *out);                /* labels joined by " > " */
void mine_enum(buf *out, const str *name, uint32_t n);   /* {"type":"string","enum":[...]} */
void mine_string(buf *out, bool bounded, uint32_t most); /* {"type":"string"}, with maxLength */

#endif

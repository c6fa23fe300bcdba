/* sealed.c: what is in shards already, for those who look back: the gate, which verifies a likeness by the
 * sketch and the text of the earlier persona, and drift.
 */
#include <stdio.h>
#include "pipeline/commit_state.h"

/* An open shard holds its sidecar's hot part and a frame, 2 MB; so only the few that were asked for last stay
 * open. */
shard *shard_at(commit *c, uint32_t index, err *e) {
    if (c->open[index]) return c->open[index];
    char path[4200];
    snprintf(path, sizeof path, "%s/shards", c->c.dir);
    shard *s = shard_open(path, index, e);
    if (!s) return NULL;
    uint32_t *oldest = &c->opened[c->opens++ % OPEN_SHARDS];
    if (c->opens > OPEN_SHARDS && c->open[*oldest]) {
        shard_close(c->open[*oldest]);
        c->open[*oldest] = NULL;
    }
    *oldest = index;
    return c->open[index] = s;
}

static bool source_sketch(void *arg, uint64_t index, gate_sketch *out, err *e) {
    commit *c = arg;
    shard *s = shard_at(c, (uint32_t)(index / c->c.run.shard_rows), e);
    return s && shard_sketch(s, index % c->c.run.shard_rows, out, e);
}

/* The masked text of a sealed persona is not stored: it follows from its row. */
static bool sealed_text(commit *c, uint64_t index, buf *out, err *e) {
    shard *s = shard_at(c, (uint32_t)(index / c->c.run.shard_rows), e);
    str row;
    if (!s || !shard_row(s, index % c->c.run.shard_rows, &row, e)) return false;
    arena *mem = arena_new(0);
    record r;
    json parsed;
    gate_print print;
    bool ok = row_read(c->c.design->pop, row, mem, &r, &parsed, e);
    if (ok) {
        gate_print_make(c->c.design->pop, &r, mem, &print);
        buf_str(out, print.text);
    }
    arena_free(mem);
    return ok;
}

static bool source_text(void *arg, uint64_t index, buf *out, err *e) {
    commit *c = arg;
    if (index < c->sealed) return sealed_text(c, index, out, e);
    const struct unsealed *u = &c->item[index - c->sealed];
    buf_put(out, u->text, u->text_n);
    return true;
}

gate_source commit_source(commit *c) {
    return (gate_source){.arg = c, .sketch = source_sketch, .text = source_text};
}

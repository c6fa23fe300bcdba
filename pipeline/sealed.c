/* sealed.c: what is in shards already, for those who look back: the gate, which verifies a likeness by the
 * sketch and the text of the earlier persona, and drift.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

void shard_list(commit *c, const shard_info *info) {
    if (c->shards == c->shard_cap) {
        uint32_t cap = c->shard_cap ? c->shard_cap * 2 : 16;
        c->shard = xrealloc(c->shard, cap * sizeof *c->shard);
        c->first = xrealloc(c->first, cap * sizeof *c->first);
        c->open = xrealloc(c->open, cap * sizeof(shard *));
        memset(c->open + c->shard_cap, 0, (cap - c->shard_cap) * sizeof(shard *));
        c->shard_cap = cap;
    }
    uint32_t last = c->shards;
    c->first[last] = last ? c->first[last - 1] + c->shard[last - 1].rows : 0;
    c->shard[c->shards++] = *info;
    atomic_store(&c->f.shards, c->shards);
}

/* Not all shards have shard_rows rows: where a part of the run ended, the last one has fewer. */
shard *shard_holding(commit *c, uint64_t index, uint64_t *row, err *e) {
    uint32_t lo = 0, hi = c->shards;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->first[mid] <= index)
            lo = mid;
        else
            hi = mid;
    }
    *row = index - c->first[lo];
    return shard_at(c, lo, e);
}

static bool source_sketch(void *arg, uint64_t index, gate_sketch *out, err *e) {
    commit *c = arg;
    if (index < c->agains) {
        *out = c->again[index];
        return true;
    }
    uint64_t row;
    shard *s = shard_holding(c, index, &row, e);
    return s && shard_sketch(s, row, out, e);
}

bool sealed_text(commit *c, uint64_t index, buf *out, err *e) {
    uint64_t at;
    shard *s = shard_holding(c, index, &at, e);
    str row;
    if (!s || !shard_row(s, at, &row, e)) return false;
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

/* ---- tables ---------------------------------------------------------------------------------------------- */

bool table_find(const commit *c, hash128 want, buf *out, err *e) {
    static const char *const name[] = {"idf.bin", "idf.before.bin"};
    for (size_t i = 0; i < COUNT_OF(name); i++) {
        char path[4200];
        hash128 has;
        snprintf(path, sizeof path, "%s/%s", c->c.dir, name[i]);
        if (i > 0 && access(path, F_OK) != 0) break;
        buf_reset(out);
        if (!file_read(path, 16 << 20, out, e) || !gate_idf_saved_hash(buf_view(out), &has, e)) return false;
        if (hash_eq(has, want)) return true;
    }
    return err_set(e, ERR_FORMAT, "restore idf.bin from a copy",
                   "the signatures of shard %u were made with another table than %s/idf.bin", c->shards - 1,
                   c->c.dir);
}

/* seal.c: what is accepted becomes a shard; the manifest says what there is; and figures for displays.
 *
 * Order of a seal, inside the ledger's transaction of its group: IDF table, shard and sidecar through .tmp and
 * rename, then the row in the ledger; after its commit manifest.json, and replies that are no longer needed
 * go. A crash before the commit leaves an
 * orphan that is set aside on open and made again, the same; a crash after it leaves an older manifest, which
 * the next seal or the end replaces.
 *
 * Nothing is sealed before the gate's table is frozen, except at the end: a sidecar holds signatures for good,
 * and a resumed run takes them and the one idf.bin for what they were when its decisions were made. What is due
 * by then becomes several shards in one transaction.
 *
 * A part of the run ends with a seal of what there is, with fewer than shard_rows rows in the last shard, and
 * with the table in force, which may not be the frozen one yet. The ladder then goes on in the next part. What
 * the earlier part sealed keeps its sidecars; its sketches by the later table stay in memory (at most those
 * below position 4,096), and a resume makes them again from the texts. A resume begins with the table of the
 * last shard that is listed; where a seal replaces that by another, it is kept as idf.before.bin first, so that
 * a crash before the commit leaves both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/commit_state.h"

void unsealed_push(commit *c, down *d) {
    if (c->items == c->item_cap) {
        c->item_cap = c->item_cap ? c->item_cap * 2 : 1024;
        c->item = xrealloc(c->item, c->item_cap * sizeof *c->item);
    }
    c->item[c->items++] = (struct unsealed){.row = d->row,
                                            .row_n = d->row_n,
                                            .text = d->text,
                                            .text_n = d->print.text.n,
                                            .slot = d->slot,
                                            .pos = d->pos,
                                            .attempt = d->attempt};
    d->row = NULL;
    d->text = NULL;
}

void unsealed_clear(commit *c) {
    for (uint32_t i = 0; i < c->items; i++) {
        free(c->item[i].row);
        free(c->item[i].text);
    }
    c->items = 0;
}

/* ---- sealing -------------------------------------------------------------------------------------------- */

/* The first log segment that may hold a reply of an attempt not yet decided. */
static uint32_t segment_needed(const commit *c) {
    if (!c->log) return 0;
    uint64_t head = decider_head(&c->d);
    uint32_t seg = 0, last = reply_log_segment(c->log);
    while (seg < last && seg < c->segment_cap && c->segment_pos[seg] < head) seg++;
    return seg;
}

static bool idf_publish(commit *c, err *e) {
    buf b = {0};
    if (c->shards && !hash_eq(c->table, gate_idf_hash(c->gate)) &&
        !(table_find(c, c->table, &b, e) && file_publish(c->c.dir, "idf.before.bin", buf_view(&b), e))) {
        buf_free(&b);
        return false;
    }
    buf_reset(&b);
    gate_idf_save(c->gate, &b);
    bool ok = file_publish(c->c.dir, "idf.bin", buf_view(&b), e);
    buf_free(&b);
    return ok;
}

/* `rows` of them, from item `at` on. */
static bool shard_write(commit *c, uint32_t at, uint32_t rows, shard_info *info, err *e) {
    char dir[4200];
    snprintf(dir, sizeof dir, "%s/shards", c->c.dir);
    shard_item *item = xcalloc(rows, sizeof *item);
    for (uint32_t i = 0; i < rows; i++) {
        const struct unsealed *u = &c->item[at + i];
        uint64_t index = c->sealed + at + i;
        item[i] = (shard_item){.row = {u->row, u->row_n},
                               .slot = u->slot,
                               .pos = u->pos,
                               .attempt = u->attempt,
                               .hot = gate_hot_at(c->gate, index),
                               .exact = gate_exact_at(c->gate, index),
                               .sketch = gate_sketch_at(c->gate, index)};
    }
    bool ok = shard_seal(dir, c->shards, item, rows, gate_idf_hash(c->gate), c->c.design->run, info, e);
    free(item);
    return ok;
}

/* Figures that a resume could not count again: they go with the seal. */
enum { KEPT = 7 };

static const char *const kept_name[KEPT] = {"revised",       "gate.compared",   "gate.within_radius",
                                            "gate.verified", "gate.duplicates", "gate.exact",
                                            "gate.echoes"};

/* "recorded." and a rule; of those with any, nothing behind it. */
#define RECORDED "recorded."

/* The rows that are sealed now are counted as well. */
static bool recorded_keep(commit *c, err *e) {
    arena *mem = arena_new(0);
    bool ok = true;
    for (uint32_t i = 0; i < c->items; i++) {
        arena_reset(mem);
        recorded_row(c->recorded, (str){c->item[i].row, c->item[i].row_n}, mem);
    }
    rule_counts all = recorded_counts(c->recorded, mem);
    ok = !all.personas || ledger_count(c->ledger, RECORDED, (int64_t)all.personas, e);
    for (size_t i = 0; i < all.rules && ok; i++) {
        char *name = str_z(mem, str_printf(mem, RECORDED STR_FMT, STR_ARG(all.rule[i].rule)));
        ok = ledger_count(c->ledger, name, (int64_t)all.rule[i].personas, e);
    }
    arena_free(mem);
    return ok;
}

static bool figures_keep(commit *c, err *e) {
    gate_stats g;
    gate_figures(c->gate, &g);
    const uint64_t v[KEPT] = {
        atomic_load(&c->f.revised), g.compared, g.within_radius, g.verified, g.duplicates, g.exact, g.echoes};
    for (int i = 0; i < KEPT; i++)
        if (!ledger_count(c->ledger, kept_name[i], (int64_t)v[i], e)) return false;
    return recorded_keep(c, e);
}

static void recorded_take(void *arg, str name, int64_t v) {
    recorded_restore(arg, str_part(name, strlen(RECORDED), name.n), (uint64_t)v);
}

bool figures_restore(commit *c, err *e) {
    int64_t v[KEPT];
    for (int i = 0; i < KEPT; i++)
        if (!ledger_counter(c->ledger, kept_name[i], &v[i], e)) return false;
    atomic_store(&c->f.revised, (uint64_t)v[0]);
    gate_figures_restore(c->gate, &(gate_stats){(uint64_t)v[1], (uint64_t)v[2], (uint64_t)v[3], (uint64_t)v[4],
                                                (uint64_t)v[5], (uint64_t)v[6]});
    return ledger_counters(c->ledger, RECORDED, recorded_take, c->recorded, e);
}

static void segments_drop(const commit *c, uint32_t needed) {
    char path[4200];
    for (uint32_t s = 0; s < needed; s++) {
        reply_segment_path(c->c.dir, s, path);
        unlink(path);
    }
}

bool seal_due(const commit *c) {
    return c->items > 0 && c->items % c->c.run.shard_rows == 0 && gate_idf_frozen(c->gate);
}

/* The table has changed since the seal before. The gate has signed anew what was sealed by then, if it has
 * texts enough to learn from, and forgets it now. */
static bool sketches_keep(commit *c, err *e) {
    gate_source sealed = commit_source(c);
    gate_sketch *again = xcalloc((size_t)c->sealed + 1, sizeof *again);
    bool ok = true;
    for (uint64_t i = 0; ok && i < c->sealed; i++) {
        const gate_sketch *fresh = gate_sketch_at(c->gate, i);
        if (fresh)
            again[i] = *fresh;
        else
            ok = sealed.sketch(sealed.arg, i, &again[i], e);
    }
    free(c->again);
    c->again = again;
    c->agains = ok ? c->sealed : 0;
    return ok;
}

bool seal(commit *c, err *e) {
    uint32_t needed = segment_needed(c), most = c->c.run.shard_rows;
    /* the end may come before the ladder's last rung; then the table is the one in force */
    if (!idf_publish(c, e) || !figures_keep(c, e)) return false;
    for (uint32_t at = 0; at < c->items; at += most) {
        shard_info info;
        if (!shard_write(c, at, c->items - at < most ? c->items - at : most, &info, e)) return false;
        crash_point("seal:before_ledger");
        if (!ledger_seal(c->ledger, &info, &c->d, needed, e)) return false;
        shard_list(c, &info);
    }
    if (!hash_eq(c->table, gate_idf_hash(c->gate)) && !sketches_keep(c, e)) return false;
    c->sealed += c->items;
    c->table = gate_idf_hash(c->gate);
    gate_sealed(c->gate, c->sealed);
    unsealed_clear(c);
    c->sealed_now = true;
    c->needed = needed;
    return true;
}

/* What must not be done before the ledger knows of the shards: a rolled-back seal is made again from the
 * replies. */
bool seal_publish(commit *c, err *e) {
    if (!c->sealed_now) return true;
    c->sealed_now = false;
    if (!manifest_write(c, false, e)) return false;
    if (c->c.drop_replies && c->log) segments_drop(c, c->needed);
    return true;
}

/* ---- manifest and figures ------------------------------------------------------------------------------ */

bool manifest_write(commit *c, bool finished, err *e) {
    const char *names[REASON_COUNT];
    for (int i = 0; i < REASON_COUNT; i++) names[i] = reason_name((reason)i);
    gate_stats g;
    gate_figures(c->gate, &g);
    manifest m = {.name = str_of(c->c.run.name),
                  .engine_version = STR(POP_VERSION),
                  .population = c->c.run.population,
                  .run = c->c.design->run,
                  .n = c->c.run.n,
                  .seed = c->c.run.seed,
                  .lag = run_lag(&c->c.run),
                  .engine = c->c.run.engine,
                  .finished = finished,
                  .shard = c->shard,
                  .shards = c->shards,
                  .pop = c->c.design->pop,
                  .plan = c->c.design->plan,
                  .got = c->got,
                  .lost = c->lost,
                  .reason = names,
                  .reasons = REASON_COUNT,
                  .accepted = c->sealed + c->items,
                  .open = finished ? c->d.opens : 0,
                  .compared = g.compared,
                  .within_radius = g.within_radius,
                  .verified = g.verified,
                  .duplicates = g.duplicates,
                  .exact = g.exact,
                  .echoes = g.echoes,
                  .calls = atomic_load(&c->f.calls),
                  .prompt_tokens = atomic_load(&c->f.prompt),
                  .completion_tokens = atomic_load(&c->f.completion),
                  .cached_tokens = atomic_load(&c->f.cached)};
    arena *mem = arena_new(0);
    m.recorded = recorded_counts(c->recorded, mem);
    bool ok = !finished || !c->shards || drift_measure(c, mem, &m, e);
    ok = ok && manifest_publish(c->c.dir, &m, e);
    arena_free(mem);
    return ok;
}

void gap_note(commit *c) {
    uint64_t now = clock_ns();
    if (now - c->gap_ns < 1000000000u && !c->done) return;
    c->gap_ns = now;
    double n = (double)c->c.run.n, accepted = (double)atomic_load(&c->f.accepted), worst = 0;
    uint32_t cell = 0;
    for (uint32_t i = 0; i < c->cells; i++) {
        double gap = (double)c->got[i] - (double)plan_quota(c->c.design->plan, i) * accepted / n;
        if ((gap < 0 ? -gap : gap) > (worst < 0 ? -worst : worst)) {
            worst = gap;
            cell = i;
        }
    }
    atomic_store(&c->f.worst_milli, (int64_t)(worst * 1000));
    atomic_store(&c->f.worst_cell, cell);
}

/* commit_open.c: the commit side of a run, begun or taken up again at its last seal.
 *
 * Taken up: listed shards must be there with the size the ledger knows (their contents are `verify`'s
 * business); files that are not listed become *.orphan; the gate gets its table and signatures back from
 * idf.bin and the sidecars; what was decided behind the last seal is forgotten and follows again from the
 * replies.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/commit_state.h"

enum { RESERVE_BYTES = 64 << 20 };

/* Space set aside for the last words of a run on a full disk; without it (small disks) the run works all the
 * same. */
static void reserve_make(const char *dir) {
    char path[4200];
    snprintf(path, sizeof path, "%s/.reserve", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return;
    if (posix_fallocate(fd, 0, RESERVE_BYTES) != 0) unlink(path);
    close(fd);
}

static bool shard_listed(const commit *c, const char *name) {
    for (uint32_t i = 0; i < c->shards; i++) {
        char a[64], b[64];
        shard_name(c->shard[i].index, false, a);
        shard_name(c->shard[i].index, true, b);
        if (strcmp(name, a) == 0 || strcmp(name, b) == 0) return true;
    }
    return false;
}

static bool orphans_rename(const commit *c, err *e) {
    char dir[4200];
    snprintf(dir, sizeof dir, "%s/shards", c->c.dir);
    if (!file_make_dir(dir, e)) return false;
    DIR *d = opendir(dir);
    if (!d) return err_errno(e, errno, "cannot read", dir);
    bool ok = true;
    for (struct dirent *x; ok && (x = readdir(d));) {
        size_t n = strlen(x->d_name);
        bool shardlike = strncmp(x->d_name, "shard-", 6) == 0;
        bool orphan = n > 7 && strcmp(x->d_name + n - 7, ".orphan") == 0;
        if (!shardlike || orphan || shard_listed(c, x->d_name)) continue;
        ok = file_set_aside(dir, x->d_name, ".orphan", e);
    }
    closedir(d);
    return ok;
}

static bool shards_check(commit *c, err *e) {
    for (uint32_t i = 0; i < c->shards; i++) {
        char name[64], path[4300];
        struct stat st;
        shard_name(c->shard[i].index, false, name);
        snprintf(path, sizeof path, "%s/shards/%s", c->c.dir, name);
        if (stat(path, &st) != 0) return err_errno(e, errno, "a sealed shard cannot be read:", path);
        if ((uint64_t)st.st_size != c->shard[i].zbytes)
            return err_set(e, ERR_FORMAT, "restore it from a copy; `populace verify` checks them all",
                           "%s has %lld bytes, the ledger knows %llu", path, (long long)st.st_size,
                           (unsigned long long)c->shard[i].zbytes);
    }
    return true;
}

/* Signatures of another run or made with another table would change every later decision in silence. */
static bool shard_belongs(const commit *c, const shard *s, uint32_t index, err *e) {
    return hash_eq(shard_run(s), c->c.design->run) ||
           err_set(e, ERR_FORMAT, "restore it from a copy", "shard %u in %s is of another run", index,
                   c->c.dir);
}

/* Segments whose replies may be asked for again must be there: what is paid for is not asked again. */
static bool segments_there(const commit *c, err *e) {
    char path[4200];
    for (uint32_t s = c->log_segment; c->log && s < reply_log_segment(c->log); s++) {
        reply_segment_path(c->c.dir, s, path);
        if (access(path, F_OK) != 0)
            return err_set(e, ERR_FORMAT,
                           "restore it from a copy; to have its replies asked again, put an empty file there",
                           "%s is missing", path);
    }
    return true;
}

/* Openings that were accepted are counted again: for rules of the kind echo. */
static bool openings_restore(commit *c, shard *s, err *e) {
    const population *p = c->c.design->pop;
    bool wanted = false, ok = true;
    for (uint16_t f = 0; f < p->facets; f++) wanted = wanted || rules_echo_owned(c->c.design->rules, f);
    if (!wanted) return true;
    arena *mem = arena_new(0);
    for (uint64_t k = 0; ok && k < shard_rows(s); k++) {
        str row;
        record r;
        json parsed;
        arena_reset(mem);
        ok = shard_row(s, k, &row, e) && row_read(p, row, mem, &r, &parsed, e);
        if (ok) gate_load_openings(c->gate, rules_openings(c->c.design->rules, &r, mem));
    }
    arena_free(mem);
    return ok;
}

/* The table of the last shard: with which what follows was decided. */
static bool table_restore(commit *c, err *e) {
    shard *s = shard_at(c, c->shards - 1, e);
    if (!s) return false;
    c->table = shard_idf(s);
    buf b = {0};
    bool ok = table_find(c, c->table, &b, e) && gate_idf_load(c->gate, buf_view(&b), e);
    buf_free(&b);
    return ok;
}

/* The next persona, sealed with an earlier table. */
static bool sign_again(commit *c, uint64_t sig[4], err *e) {
    buf text = {0};
    bool ok = sealed_text(c, c->agains, &text, e);
    c->again = xrealloc(c->again, (c->agains + 1) * sizeof *c->again);
    if (ok) gate_sign(c->gate, buf_view(&text), sig, &c->again[c->agains++]);
    buf_free(&text);
    return ok;
}

static bool persona_restore(commit *c, shard *s, uint64_t row, bool earlier, err *e) {
    gate_hot hot;
    uint64_t exact[9];
    memcpy(&hot, shard_hot(s, row), sizeof hot);
    memcpy(exact, shard_exact(s, row), sizeof exact);
    if (earlier && !sign_again(c, hot.sig, e)) return false;
    gate_load(c->gate, &hot, exact);
    uint32_t cell;
    uint64_t serial;
    plan_place(c->c.design->plan, hot.slot_attempt >> 16, &cell, &serial);
    c->got[cell]++;
    c->sealed++;
    return true;
}

static bool gate_restore(commit *c, err *e) {
    bool ok = table_restore(c, e);
    for (uint32_t i = 0; ok && i < c->shards; i++) {
        shard *s = shard_at(c, i, e);
        ok = s != NULL && shard_belongs(c, s, i, e);
        bool earlier = ok && !hash_eq(shard_idf(s), c->table);
        if (earlier && (c->c.run.parts == 1 || c->agains < c->sealed))
            ok = err_set(e, ERR_FORMAT, "restore shards and idf.bin from a copy",
                         "the signatures of shard %u were made with another table than those of shard %u", i,
                         c->shards - 1);
        for (uint64_t k = 0; ok && k < shard_rows(s); k++) ok = persona_restore(c, s, k, earlier, e);
        ok = ok && openings_restore(c, s, e);
    }
    if (ok) gate_sealed(c->gate, c->sealed);
    return ok;
}

static bool lost_restore(void *arg, const ledger_decision *d) {
    commit *c = arg;
    uint32_t cell;
    uint64_t serial;
    plan_place(c->c.design->plan, d->slot, &cell, &serial);
    c->lost[(size_t)d->reason * c->cells + cell]++;
    atomic_fetch_add(&c->f.reason[d->reason], 1);
    atomic_fetch_add(reason_of_gate(d->reason) ? &c->f.duplicates : &c->f.failed, 1);
    return true;
}

/* The log, as far as the ledger knows it. Groups behind that reached the log but not the ledger before a kill:
 * their usage was paid for and is counted now. */
static bool log_restore(commit *c, err *e) {
    int64_t segment, bytes;
    usage total;
    if (!ledger_counter(c->ledger, "log.segment", &segment, e) ||
        !ledger_counter(c->ledger, "log.bytes", &bytes, e) || !ledger_total(c->ledger, &total, e))
        return false;
    if (c->c.create_ledger && total.calls > 0)
        return err_set(e, ERR_MISMATCH, "restore run.json from a copy, or name another directory with -o",
                       "%s/ledger.db is of a run whose run.json is missing", c->c.dir);
    c->log = reply_log_open(c->c.dir, (uint32_t)segment, (uint64_t)bytes, e);
    if (!c->log) return false;
    atomic_store(&c->f.calls, total.calls);
    atomic_store(&c->f.prompt, total.prompt);
    atomic_store(&c->f.completion, total.completion);
    atomic_store(&c->f.cached, total.cached);
    c->segment_cap = reply_log_segment(c->log) + 1;
    c->segment_pos = xcalloc(c->segment_cap, sizeof *c->segment_pos);
    for (uint32_t s = 0; s < c->segment_cap; s++) {
        char name[32];
        int64_t pos;
        snprintf(name, sizeof name, "segment.%u", s);
        if (!ledger_counter(c->ledger, name, &pos, e)) return false;
        c->segment_pos[s] = (uint64_t)pos;
    }
    reply_reader *r = reply_reader_open(c->c.dir, (uint32_t)segment, (uint64_t)bytes);
    reply_line line;
    int k;
    while ((k = reply_reader_next(r, &line, e)) == 1) {
        usage_note(c, &line);
        uint32_t s = reply_reader_segment(r);
        if (s < c->segment_cap && line.pos > c->segment_pos[s]) c->segment_pos[s] = line.pos;
    }
    reply_reader_close(r);
    return k == 0;
}

static bool state_restore(commit *c, err *e) {
    uint32_t segment;
    size_t n;
    shard_info *list;
    arena *mem = arena_new(0);
    bool ok = ledger_restore(c->ledger, &c->d, &segment, e) && ledger_shards(c->ledger, mem, &list, &n, e) &&
              figures_restore(c, e);
    c->log_segment = segment;
    for (size_t i = 0; ok && i < n; i++) shard_list(c, &list[i]);
    atomic_store(&c->f.pass, c->d.now.number);
    arena_free(mem);
    ok = ok && segments_there(c, e) && shards_check(c, e) && orphans_rename(c, e);
    if (ok && c->shards > 0) ok = gate_restore(c, e);
    atomic_store(&c->f.accepted, c->sealed);
    atomic_store(&c->f.head, decider_head(&c->d));
    return ok && ledger_rewind(c->ledger, &c->d, e) && ledger_each_decision(c->ledger, lost_restore, c, e);
}

static bool idf_start(commit *c, err *e) {
    if (hash_eq(c->c.run.idf, (hash128){0})) return true;
    char path[4200];
    buf b = {0};
    snprintf(path, sizeof path, "%s/idf.start.bin", c->c.idf_dir);
    bool ok = file_read(path, 16 << 20, &b, e);
    if (ok && !hash_eq(hash_128(buf_view(&b)), c->c.run.idf))
        ok = err_set(e, ERR_FORMAT, "restore it from a copy", "%s is not the table that run.json names", path);
    ok = ok && gate_idf_load(c->gate, buf_view(&b), e);
    buf_free(&b);
    return ok;
}

commit *commit_open(const commit_config *config, err *e) {
    commit *c = xcalloc(1, sizeof *c);
    c->c = *config;
    c->pending = u64map_new(1024);
    c->cells = plan_cells(config->design->plan);
    c->got = xcalloc(c->cells, sizeof *c->got);
    c->recorded = recorded_new();
    c->lost = xcalloc((size_t)c->cells * REASON_COUNT, sizeof *c->lost);
    decider_init(&c->d, &c->c.run);
    gate_source src = commit_source(c);
    c->gate = gate_new(config->design->pop, &src);
    c->ledger = ledger_open(config->write_log ? config->dir : NULL, config->create_ledger, e);
    if (!c->ledger) goto fail;
    if (config->write_log) {
        if (!log_restore(c, e)) goto fail;
        reserve_make(config->dir);
    }
    if (!idf_start(c, e)) goto fail;
    if (!state_restore(c, e)) goto fail;
    return c;
fail:
    commit_close(c);
    return NULL;
}

const decider *commit_decider(const commit *c) {
    return &c->d;
}

uint32_t commit_log_segment(const commit *c) {
    return c->log_segment;
}

const commit_figures *commit_numbers(const commit *c) {
    return &c->f;
}

const shard_info *commit_shards(const commit *c, size_t *n) {
    *n = c->shards;
    return c->shard;
}

void commit_close(commit *c) {
    if (!c) return;
    for (uint64_t key, at; u64map_first(c->pending, &key);)
        if (u64map_del(c->pending, key, &at)) down_free((down *)(uintptr_t)at);
    u64map_free(c->pending);
    unsealed_clear(c);
    free(c->item);
    for (uint32_t i = 0; i < c->shards; i++) shard_close(c->open[i]);
    free(c->open);
    free(c->shard);
    free(c->first);
    free(c->again);
    free(c->segment_pos);
    free(c->got);
    recorded_free(c->recorded);
    free(c->lost);
    decider_free(&c->d);
    gate_free(c->gate);
    reply_log_close(c->log);
    if (c->c.write_log && c->c.dir) {
        char path[4200];
        snprintf(path, sizeof path, "%s/.reserve", c->c.dir);
        unlink(path);
    }
    ledger_close(c->ledger);
    free(c);
}

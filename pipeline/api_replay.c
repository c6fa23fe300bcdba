/* api_replay.c: the shards once more, from run.json and the reply log alone: the engine with a log in place of
 * a client. What it makes is compared with what is sealed, row by row as hashes of the uncompressed bytes.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

typedef struct replay {
    design design;
    run_json run;
    uv_loop_t loop;
    queue *down, *up;
    engine *engine;
    commit *commit;
    char to[4200];
    bool temporary;
} replay;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)type, (void)at;
    return remove(path);
}

static bool target_make(replay *r, const char *to, err *e) {
    if (to) {
        char there[4300];
        snprintf(r->to, sizeof r->to, "%s", to);
        snprintf(there, sizeof there, "%s/manifest.json", to);
        if (access(there, F_OK) == 0)
            return err_set(e, ERR_USAGE, "name a new folder", "%s holds a result already", to);
        return file_make_dir(to, e);
    }
    const char *tmp = getenv("TMPDIR");
    snprintf(r->to, sizeof r->to, "%s/populace-replay-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(r->to)) return err_errno(e, errno, "cannot make a folder", r->to);
    r->temporary = true;
    return true;
}

static bool machine_make(replay *r, const char *dir, err *e) {
    engine_config c = {.design = &r->design, .run = r->run, .dir = r->to, .loop = &r->loop};
    r->engine = engine_new(&c, e);
    if (!r->engine) return false;
    r->up = queue_new(SIZE_MAX, SIZE_MAX, engine_wake, r->engine);
    r->down = queue_new(4096, 64 << 20, NULL, NULL);
    commit_config k = {.dir = r->to,
                       .design = &r->design,
                       .run = r->run,
                       .create_ledger = true,
                       .idf_dir = dir,
                       .down = r->down,
                       .up = r->up};
    r->commit = commit_open(&k, e);
    if (!r->commit) return false;
    engine_attach(r->engine, r->commit, NULL, reply_store_new(reply_reader_open(dir, 0, 0)), r->down, r->up);
    return true;
}

static void machine_free(replay *r) {
    engine_free(r->engine);
    commit_close(r->commit);
    for (queue_node *n = r->down ? queue_take(r->down) : NULL, *next; n; n = next) {
        next = n->next;
        down_free((down *)n);
    }
    if (r->down) queue_free(r->down);
    if (r->up) queue_free(r->up);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_loop_close(&r->loop);
}

/* Sealed shards of `dir` against the new ones. */
static bool compare(const replay *r, const char *dir, pop_form form, pop_sink out, err *e) {
    arena *mem = arena_new(0);
    ledger *l = ledger_read_only(dir, e);
    shard_info *was = NULL;
    size_t n = 0, made;
    bool ok = l && ledger_shards(l, mem, &was, &n, e);
    ledger_close(l);
    const shard_info *is = commit_shards(r->commit, &made);
    size_t same = 0;
    uint64_t rows = 0;
    buf b = {0};
    for (size_t i = 0; ok && i < n; i++) {
        bool equal = i < made && hash_eq(was[i].raw_hash, is[i].raw_hash);
        same += equal;
        rows += was[i].rows;
        if (!equal && form == POP_TEXT)
            buf_printf(&b, "shard %u: %s\n", was[i].index,
                       i < made ? "other bytes" : "the log does not lead so far");
    }
    if (ok && form == POP_JSON)
        buf_printf(&b, "{\"shards\":%zu,\"same\":%zu,\"rows\":%llu,\"made\":%zu}\n", n, same,
                   (unsigned long long)rows, made);
    else if (ok)
        buf_printf(&b, "%zu of %zu sealed shards (%llu personas) come out the same from the reply log\n", same,
                   n, (unsigned long long)rows);
    if (b.n) out.write(out.arg, b.p, b.n);
    buf_free(&b);
    arena_free(mem);
    if (ok && same < n)
        ok = err_set(e, ERR_REPLAY, "the log was cut (--drop-replies?), or population or program were changed",
                     "%zu of %zu shards of %s come out otherwise", n - same, n, dir);
    return ok;
}

int pop_replay(const char *dir, const char *to, pop_form form, pop_sink out, pop_error *pe) {
    replay r = {0};
    err e = {0}, why = {0};
    if (!design_open(&r.design, dir, &r.run, &e)) return error_status(&e, pe);
    uv_loop_init(&r.loop);
    bool ok = target_make(&r, to, &e) && machine_make(&r, dir, &e) && commit_start(r.commit, &e);
    if (ok) {
        engine_go(r.engine, &why);
        ok = commit_finish(r.commit, &e);
        /* the end of the log is the end of a replay; anything else is an error */
        if (ok && why.code != ERR_OK && why.code != ERR_STOPPED && why.code != ERR_SHORTFALL) {
            e = why;
            ok = false;
        }
        ok = ok && compare(&r, dir, form, out, &e);
    }
    machine_free(&r);
    if (r.temporary) nftw(r.to, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    design_free(&r.design);
    return ok ? 0 : error_status(&e, pe);
}

/* api_run.c: pop_run: the directory is opened or created, locked and frozen; models are started; the two
 * threads work.
 *
 * Order of creation: lock, population/ (frozen), ledger.db, run.json last: a directory with run.json has
 * everything, and one without is begun anew. An extension is checked and planned first, its models started, and
 * then recorded in run.json, before the threads begin: a crash leaves the run as it was, or extended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

enum { DOWN_NODES = 4096, DOWN_BYTES = 64 << 20 };

struct pop_run {
    pop_run_options o;
    pop_watch watch;
    char *dir;
    int lock;
    bool created, extended;
    run_json run;
    design design;
    uv_loop_t loop;
    bool loop_open;
    bool alone;      /* asks no model: none writes, or all is decided */
    char model[256]; /* alone: the one that has written */
    model_set models;
    client_config client_config;
    client *client;
    queue *down, *up;
    commit *commit;
    engine *engine;
};

void pop_run_options_default(pop_run_options *o) {
    *o = (pop_run_options){.seed = 1, .passes = UINT32_MAX, .grace_seconds = UINT32_MAX};
}

static bool has_run(const pop_run *r) {
    char path[4200];
    snprintf(path, sizeof path, "%s/run.json", r->dir);
    return access(path, F_OK) == 0;
}

static bool idf_frozen(const pop_run *r, str table, err *e) {
    gate *g = gate_new(r->design.pop, NULL);
    bool ok = gate_idf_load(g, table, e);
    if (ok && !gate_idf_frozen(g))
        ok = err_set(e, ERR_USAGE, "take idf.bin of a run of at least 5,000 personas",
                     "the table %s still learns: it is from a run that ended before position 4,096", r->o.idf);
    gate_free(g);
    return ok;
}

/* The table of --idf: its hash, and where `keep`, a copy in the directory, so that resume and replay need no
 * option. */
static bool idf_take(const pop_run *r, bool keep, hash128 *hash, err *e) {
    buf b = {0};
    bool ok = file_read(r->o.idf, 16 << 20, &b, e) && idf_frozen(r, buf_view(&b), e);
    if (ok) *hash = hash_128(buf_view(&b));
    ok = ok && (!keep || file_publish(r->dir, "idf.start.bin", buf_view(&b), e));
    buf_free(&b);
    return ok;
}

static bool same_idf(const pop_run *r, err *e) {
    hash128 given;
    if (!r->o.idf) return true;
    if (!idf_take(r, false, &given, e)) return false;
    return hash_eq(given, r->run.idf) ||
           err_set(e, ERR_MISMATCH, "leave out --idf to go on with the table that it began with",
                   "%s did not begin with the table %s", r->dir, r->o.idf);
}

static bool same_population(const pop_run *r, const design *want, err *e) {
    if (hash_eq(want->pop->hash, r->run.population)) return true;
    arena *mem = arena_new(0);
    str path[6];
    size_t n = population_diff(r->design.pop, want->pop, mem, path, COUNT_OF(path));
    buf b = {0};
    for (size_t i = 0; i < n && i < COUNT_OF(path); i++)
        buf_printf(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(path[i]));
    if (n > COUNT_OF(path)) buf_printf(&b, " and %zu more", n - COUNT_OF(path));
    err_set(e, ERR_MISMATCH,
            "name another directory with -o, or leave out the file to go on with the frozen one",
            "%s holds a run of population %s; this one differs in: " STR_FMT, r->dir, r->run.name,
            STR_ARG(buf_view(&b)));
    buf_free(&b);
    arena_free(mem);
    return false;
}

static bool population_given(const pop_run *r, err *e) {
    if (!r->o.source.population) return true;
    design want;
    diags d;
    diags_init(&d);
    bool ok =
        design_load(&want, r->o.source.population, r->o.source.set, r->o.source.sets, 0, r->run.seed, &d, e);
    diags_free(&d);
    if (!ok) return false;
    ok = same_population(r, &want, e);
    design_free(&want);
    return ok;
}

static const char *other_size(const pop_run *r, uint64_t n) {
    for (uint32_t i = 0; i + 1 < r->run.parts; i++)
        if (r->run.part[i].n == r->o.n) return "it was extended: leave out -n to go on";
    return r->o.n > n ? "--extend N goes on to more; for another first N begin a new directory"
                      : "quotas are for all N: begin a new directory for another N";
}

/* The same size and seed? With --extend, -n is the size that is extended. */
static bool same_size(const pop_run *r, err *e) {
    uint64_t n = r->o.extend ? r->run.part[r->run.parts - 2].n : r->run.n;
    if (r->o.n && r->o.n != n)
        return err_set(e, ERR_MISMATCH, other_size(r, n), "%s is a run of %llu personas, not %llu", r->dir,
                       (unsigned long long)n, (unsigned long long)r->o.n);
    if (r->o.has_seed && r->o.seed != r->run.seed)
        return err_set(e, ERR_MISMATCH, "begin a new directory for another seed", "%s has seed %llu, not %llu",
                       r->dir, (unsigned long long)r->run.seed, (unsigned long long)r->o.seed);
    return true;
}

/* What run.json fixes may be said again, but not changed. */
static bool same_frame(const pop_run *r, err *e) {
    const struct {
        const char *name;
        bool given;
        uint64_t want, has;
    } fixed[] = {{"--passes", r->o.passes != UINT32_MAX, r->o.passes, r->run.passes},
                 {"--lag", r->o.lag != 0, r->o.lag, run_lag(&r->run)},
                 {"--shard-rows", r->o.shard_rows != 0, r->o.shard_rows, r->run.shard_rows}};
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        if (fixed[i].given && fixed[i].want != fixed[i].has)
            return err_set(e, ERR_MISMATCH, "leave the option out to go on, or begin a new directory",
                           "%s was begun with %s %llu, not %llu", r->dir, fixed[i].name,
                           (unsigned long long)fixed[i].has, (unsigned long long)fixed[i].want);
    return true;
}

static bool run_plan_more(pop_run *r, err *e) {
    diags d;
    diags_init(&d);
    bool ok = design_extend(&r->design, r->run.n, &d, e);
    diags_free(&d);
    return ok;
}

static bool run_resume(pop_run *r, err *e) {
    if (!design_open(&r->design, r->dir, &r->run, e) || !same_idf(r, e) || !population_given(r, e) ||
        (r->o.extend && !run_add_part(&r->run, r->dir, r->o.extend, r->o.lag, &r->extended, e)))
        return false;
    return same_frame(r, e) && same_size(r, e) && (!r->extended || run_plan_more(r, e));
}

/* What was paid for or made by a run whose run.json is gone must not be taken for a new one's. */
static bool dir_is_new(const pop_run *r, err *e) {
    static const char *const folder[] = {"replies", "shards"};
    char path[4200];
    for (size_t i = 0; i < COUNT_OF(folder); i++) {
        snprintf(path, sizeof path, "%s/%s", r->dir, folder[i]);
        if (!file_dir_holds(path)) continue;
        return err_set(e, ERR_MISMATCH, "restore run.json from a copy, or name another directory with -o",
                       "%s has files, but %s/run.json, which says of which run, is missing", path, r->dir);
    }
    return true;
}

static bool run_create(pop_run *r, err *e) {
    if (!r->o.source.population)
        return err_set(e, ERR_USAGE, "populace run FILE -n N -o DIR", "there is no run in %s to go on with",
                       r->dir);
    if (r->o.extend)
        return err_set(e, ERR_USAGE, "begin it first: populace run FILE -n N -o DIR",
                       "--extend %llu: there is no run in %s to extend", (unsigned long long)r->o.extend,
                       r->dir);
    if (r->o.n == 0) return err_set(e, ERR_USAGE, "for example -n 1000", "how many personas? -n is missing");
    if (!dir_is_new(r, e)) return false;
    diags d;
    diags_init(&d);
    bool ok = design_load(&r->design, r->o.source.population, r->o.source.set, r->o.source.sets, r->o.n,
                          r->o.seed, &d, e);
    diags_free(&d);
    if (!ok) return false;
    const population *p = r->design.pop;
    r->run = (run_json){.population = p->hash,
                        .n = r->o.n,
                        .seed = r->o.seed,
                        .engine = POP_ENGINE,
                        .attempts = p->attempts,
                        .part = {{r->o.n, r->o.lag ? r->o.lag : run_default_lag(r->o.n)}},
                        .parts = 1,
                        .passes = r->o.passes == UINT32_MAX ? 2 : r->o.passes,
                        .shard_rows = r->o.shard_rows ? r->o.shard_rows : 8192};
    snprintf(r->run.name, sizeof r->run.name, STR_FMT, STR_ARG(p->name));
    if (!run_fits(&r->run, e)) return false;
    char path[4200];
    snprintf(path, sizeof path, "%s/population", r->dir);
    if (!file_make_dir(path, e) || !population_freeze(p, path, e)) return false;
    if (r->o.idf && !idf_take(r, true, &r->run.idf, e)) return false;
    r->created = true;
    return true;
}

static bool dir_open(pop_run *r, err *e) {
    if (!file_make_dir(r->dir, e) || !dir_lock(r->dir, &r->lock, e)) return false;
    return has_run(r) ? run_resume(r, e) : run_create(r, e);
}

/* What was decided may be decided once more from the replies, but nothing is asked. */
static bool models_begin(pop_run *r, err *e) {
    const population *p = r->design.pop;
    ledger *l = NULL;
    r->alone = !p->facets && !p->judges;
    if (r->alone && r->watch.say) r->watch.say(r->watch.arg, "no facet writes: no model is asked");
    if (!r->alone && !r->created && (l = ledger_read_only(r->dir, e)) && ledger_over(l, r->run.n, &r->alone, e))
        status_model(r->dir, r->model, sizeof r->model);
    ledger_close(l);
    *e = (err){0}; /* a ledger that cannot be read is the business of commit_open */
    return r->alone ||
           model_set_open(&r->models, &r->o.models, r->dir, &r->loop, r->watch.say, r->watch.arg, e);
}

static void on_fatal(void *arg, const err *e) {
    pop_run *r = arg;
    if (r->engine) engine_fatal(r->engine, e);
}

static void on_event(void *arg, const char *name, const char *text) {
    pop_run *r = arg;
    if (r->engine) engine_event(r->engine, name, text);
}

static bool commit_begin(pop_run *r, err *e) {
    commit_config c = {.dir = r->dir,
                       .design = &r->design,
                       .run = r->run,
                       .write_log = true,
                       .create_ledger = r->created,
                       .want_rows = r->watch.persona != NULL,
                       .drop_replies = r->o.drop_replies,
                       .idf_dir = r->dir,
                       .down = r->down,
                       .up = r->up};
    r->commit = commit_open(&c, e);
    if (!r->commit) return false;
    /* from here on the directory has all that a resume needs */
    if (r->created) return run_json_create(r->dir, &r->run, e);
    if (!r->extended) return true;
    crash_point("extend:before_record");
    if (!run_json_extend(r->dir, &r->run, e)) return false;
    crash_point("extend:after_record");
    return true;
}

static bool client_begin(pop_run *r, err *e) {
    if (r->alone) return true;
    r->client_config = (client_config){.endpoint = r->models.endpoint,
                                       .endpoints = r->models.endpoints,
                                       .timeout_min_s = 30,
                                       .timeout_max_s = 600,
                                       .give_up_s = r->o.give_up_seconds ? r->o.give_up_seconds : 1800,
                                       .reply_cap = 256 << 10,
                                       .seed = r->run.seed,
                                       .arg = r,
                                       .fatal = on_fatal,
                                       .event = on_event};
    r->client = client_new(&r->loop, &r->client_config, e);
    if (r->client && r->models.child) embedded_watch(r->models.child, r->client, r->models.child_at);
    return r->client != NULL;
}

static bool engine_begin(pop_run *r, err *e) {
    engine_config c = {.design = &r->design,
                       .run = r->run,
                       .dir = r->dir,
                       .loop = &r->loop,
                       .watch = &r->watch,
                       .options = &r->o,
                       .write_status = true,
                       .client_config = &r->client_config,
                       .model = r->alone ? r->model : r->models.model};
    for (size_t i = 0; i < r->models.endpoints; i++)
        if (r->models.price_in[i] > 0 || r->models.price_out[i] > 0) {
            c.price_in = r->models.price_in;
            c.price_out = r->models.price_out;
        }
    r->engine = engine_new(&c, e);
    if (!r->engine) return false;
    r->up = queue_new(SIZE_MAX, SIZE_MAX, engine_wake, r->engine);
    r->down = queue_new(DOWN_NODES, DOWN_BYTES, NULL, NULL);
    if (!commit_begin(r, e) || !client_begin(r, e)) return false;
    reply_reader *log = reply_reader_open(r->dir, commit_log_segment(r->commit), 0);
    engine_attach(r->engine, r->commit, r->client, reply_store_new(log), r->down, r->up);
    return true;
}

int pop_run_open(const pop_run_options *o, const pop_watch *w, pop_run **out, pop_error *pe) {
    err e = {0};
    pop_run *r = xcalloc(1, sizeof *r);
    r->o = *o;
    r->lock = -1;
    if (w) r->watch = *w;
    r->dir = xmalloc(strlen(o->dir) + 1);
    memcpy(r->dir, o->dir, strlen(o->dir) + 1);
    bool ok = dir_open(r, &e);
    if (ok) {
        ok = uv_loop_init(&r->loop) == 0 || err_set(&e, ERR_INTERNAL, NULL, "the event loop cannot be set up");
        r->loop_open = ok;
    }
    ok = ok && models_begin(r, &e) && engine_begin(r, &e);
    if (r->o.stop && *r->o.stop) {
        e = (err){0};
        ok = err_set(&e, ERR_STOPPED, "run the same command again to go on", "stopped before the first call");
    }
    if (!ok) {
        pop_run_close(r);
        r = NULL;
    }
    *out = r;
    return ok ? 0 : error_status(&e, pe);
}

int pop_run_go(pop_run *r, pop_error *pe) {
    err why = {0}, last = {0};
    if (!commit_start(r->commit, &why)) return error_status(&why, pe);
    if (r->o.stop && *r->o.stop) engine_stop(r->engine);
    engine_go(r->engine, &why);
    /* what could not be written outweighs how the run ended */
    if (!commit_finish(r->commit, &last)) why = last;
    engine_tell(r->engine, &why);
    return error_status(&why, pe);
}

void pop_run_stop(pop_run *r) {
    engine_stop(r->engine);
}

void pop_run_close(pop_run *r) {
    if (!r) return;
    client_free(r->client);
    engine_free(r->engine);
    commit_close(r->commit);
    if (r->down) {
        for (queue_node *n = queue_take(r->down), *next; n; n = next) {
            next = n->next;
            down_free((down *)n);
        }
        queue_free(r->down);
    }
    queue_free(r->up);
    model_set_close(&r->models);
    if (r->loop_open) {
        uv_run(&r->loop, UV_RUN_DEFAULT);
        uv_loop_close(&r->loop);
    }
    design_free(&r->design);
    if (r->lock >= 0) close(r->lock);
    free(r->dir);
    free(r);
}

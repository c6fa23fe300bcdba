/* run_json.c: DIR/run.json, what a run is: created once, exclusively; what it says is never changed, an
 * extension is said behind it.
 *
 *   {"populace":1,"engine":1,"name":"...","population":"<32 hex>","n":"10000","seed":"1","lag":1024,
 *    "attempts":4,"passes":2,"shard_rows":8192,"idf":"<32 hex>",
 *    "extended":[{"n":"30000","lag":2048}],"formats":{"replies":1,"ledger":1,"shard":1}}
 *
 * idf, the hash of DIR/idf.start.bin, stands there only if the run began with a given table. extended: one for
 * each extension, with the persons that there are to be then; a file that has it is of version 2.
 * n and seed are strings, since they may be beyond what JSON readers keep exactly.
 *
 * Crash argument. It is created under a name of its own and hard-linked: of two processes one wins, and a crash
 * leaves either no run.json or a whole one. An extension replaces it by rename while the directory's lock is
 * held: a crash leaves the old one or the new one, whole. Nothing of the new part is written before that; what
 * is written after it follows from run.json and the replies like everything else, whether or not the parts
 * before were finished by then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

uint64_t run_default_lag(uint64_t slots) {
    uint64_t lag = 64;
    while (lag < 16384 && lag * 2 <= slots / 8) lag *= 2;
    return lag;
}

uint64_t run_lag(const run_json *r) {
    return r->part[r->parts - 1].lag;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static bool number_of(const json *j, const char *key, uint64_t *v) {
    const json *m = json_get(j, key);
    int64_t x;
    if (!m || (m->kind != JSON_STRING && m->kind != JSON_NUMBER)) return false;
    char digits[32];
    if (m->text.n == 0 || m->text.n >= sizeof digits) return false;
    memcpy(digits, m->text.p, m->text.n);
    digits[m->text.n] = '\0';
    if (str_i64(m->text, &x) && x >= 0) {
        *v = (uint64_t)x;
        return true;
    }
    char *end;
    errno = 0;
    *v = strtoull(digits, &end, 10);
    return errno == 0 && *end == '\0' && digits[0] != '-';
}

static bool part_read(const json *j, run_json *out) {
    run_part *p = &out->part[out->parts];
    if (!number_of(j, "n", &p->n) || !number_of(j, "lag", &p->lag) || p->n <= out->n || p->n > RUN_SLOTS_MOST ||
        p->lag == 0)
        return false;
    out->n = p->n;
    out->parts++;
    return true;
}

static bool parts_read(const json *j, run_json *out) {
    const json *more = json_get(j, "extended");
    if (!part_read(j, out)) return false;
    if (!more) return true;
    if (more->kind != JSON_ARRAY || more->n >= RUN_PARTS_MOST) return false;
    for (uint32_t i = 0; i < more->n; i++)
        if (!part_read(&more->item[i], out)) return false;
    return true;
}

static bool run_json_parse(const json *j, run_json *out) {
    uint64_t engine_no, attempts, passes, rows;
    str name = json_str(j, "name"), idf = json_str(j, "idf");
    *out = (run_json){0};
    if (idf.n && !hash_parse(idf, &out->idf)) return false;
    if (!hash_parse(json_str(j, "population"), &out->population) || !parts_read(j, out) ||
        !number_of(j, "seed", &out->seed) || !number_of(j, "engine", &engine_no) ||
        !number_of(j, "attempts", &attempts) || !number_of(j, "passes", &passes) ||
        !number_of(j, "shard_rows", &rows))
        return false;
    out->engine = (uint32_t)engine_no;
    out->attempts = (uint32_t)attempts;
    out->passes = (uint32_t)passes;
    out->shard_rows = (uint32_t)rows;
    snprintf(out->name, sizeof out->name, STR_FMT, STR_ARG(name));
    return attempts > 0 && rows > 0;
}

static bool version_known(const json *j, const char *path, err *e) {
    uint64_t version = 1;
    number_of(j, "populace", &version);
    return version <= 2 ||
           err_set(e, ERR_MISMATCH, "use the version of populace that wrote it",
                   "%s has format %llu, this program knows 1 and 2", path, (unsigned long long)version);
}

bool run_json_read(const char *dir, run_json *out, err *e) {
    char path[4200];
    snprintf(path, sizeof path, "%s/run.json", dir);
    buf b = {0};
    arena *mem = arena_new(0);
    json j;
    bool ok = false;
    if (access(path, F_OK) != 0)
        err_set(e, ERR_USAGE, "name the folder that `populace run -o DIR` made",
                "%s is not a run: there is no run.json in it", dir);
    else if (!file_read(path, 1 << 20, &b, e))
        ok = false;
    else if (json_read(buf_view(&b), NULL, mem, &j, NULL) != JSON_FAULT_NONE)
        err_set(e, ERR_FORMAT, "restore it from a copy", "%s is not a run.json", path);
    else if (!version_known(&j, path, e))
        ok = false;
    else if (!run_json_parse(&j, out))
        err_set(e, ERR_FORMAT, "restore it from a copy", "%s is not a run.json", path);
    else if (out->engine != POP_ENGINE)
        err_set(e, ERR_MISMATCH, "use the version of populace that began the run",
                "%s was begun by engine %u, this program is engine %d: equal inputs would give other bytes",
                dir, out->engine, POP_ENGINE);
    else
        ok = true;
    buf_free(&b);
    arena_free(mem);
    return ok;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static void run_json_print(const run_json *r, buf *b) {
    char hex[33];
    hash_hex(r->population, hex);
    buf_printf(b,
               "{\"populace\":%d,\"engine\":%u,\"name\":\"%s\",\"population\":\"%s\",\"n\":\"%llu\",\"seed\":"
               "\"%llu\",\"lag\":%llu,",
               r->parts > 1 ? 2 : 1, r->engine, r->name, hex, (unsigned long long)r->part[0].n,
               (unsigned long long)r->seed, (unsigned long long)r->part[0].lag);
    buf_printf(b, "\"attempts\":%u,\"passes\":%u,\"shard_rows\":%u,", r->attempts, r->passes, r->shard_rows);
    hash_hex(r->idf, hex);
    if (!hash_eq(r->idf, (hash128){0})) buf_printf(b, "\"idf\":\"%s\",", hex);
    for (uint32_t i = 1; i < r->parts; i++)
        buf_printf(b, "%s{\"n\":\"%llu\",\"lag\":%llu}%s", i == 1 ? "\"extended\":[" : ",",
                   (unsigned long long)r->part[i].n, (unsigned long long)r->part[i].lag,
                   i + 1 == r->parts ? "]," : "");
    buf_z(b, "\"formats\":{\"replies\":1,\"ledger\":1,\"shard\":1}}\n");
}

bool run_json_extend(const char *dir, const run_json *r, err *e) {
    buf b = {0};
    run_json_print(r, &b);
    bool ok = file_publish(dir, "run.json", buf_view(&b), e);
    buf_free(&b);
    return ok;
}

bool run_json_create(const char *dir, const run_json *r, err *e) {
    char path[4200], own[4300];
    snprintf(path, sizeof path, "%s/run.json", dir);
    snprintf(own, sizeof own, "%s/run.json.%ld", dir, (long)getpid());
    buf b = {0};
    run_json_print(r, &b);
    int fd = open(own, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok = fd >= 0 || err_errno(e, errno, "cannot create", own);
    ok = ok && file_write_all(fd, b.p, b.n, own, e);
    if (ok && fsync(fd) != 0) ok = err_errno(e, errno, "cannot sync", own);
    if (fd >= 0) close(fd);
    if (ok && link(own, path) != 0)
        ok = errno == EEXIST
                 ? err_set(e, ERR_LOCKED, "another process has just begun a run here", "%s exists", path)
                 : err_errno(e, errno, "cannot create", path);
    unlink(own);
    buf_free(&b);
    return ok && file_sync_dir(dir, e);
}

/* run_json.c: DIR/run.json, what a run is: created once, exclusively, never changed.
 *
 *   {"populace":1,"engine":1,"name":"...","population":"<32
 * hex>","n":"10000","seed":"1","lag":1024,"attempts":4,"passes":2, "shard_rows":8192,"idf":"<32
 * hex>","formats":{"replies":1,"ledger":1,"shard":1}}
 *
 * idf, the hash of DIR/idf.start.bin, stands there only if the run began with a given table.
 * n and seed are strings, since they may be beyond what JSON readers keep exactly. It is written to a name of
 * its own and hard-linked: of two processes one wins, and a crash leaves either no run.json or a whole one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

uint64_t run_default_lag(uint64_t n) {
    uint64_t lag = 64;
    while (lag < 16384 && lag * 2 <= n / 8) lag *= 2;
    return lag;
}

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

static bool run_json_parse(const json *j, run_json *out) {
    uint64_t engine_no, attempts, passes, rows;
    str name = json_str(j, "name"), idf = json_str(j, "idf");
    *out = (run_json){0};
    if (idf.n && !hash_parse(idf, &out->idf)) return false;
    if (!hash_parse(json_str(j, "population"), &out->population) || !number_of(j, "n", &out->n) ||
        !number_of(j, "seed", &out->seed) || !number_of(j, "lag", &out->lag) ||
        !number_of(j, "engine", &engine_no) || !number_of(j, "attempts", &attempts) ||
        !number_of(j, "passes", &passes) || !number_of(j, "shard_rows", &rows))
        return false;
    out->engine = (uint32_t)engine_no;
    out->attempts = (uint32_t)attempts;
    out->passes = (uint32_t)passes;
    out->shard_rows = (uint32_t)rows;
    snprintf(out->name, sizeof out->name, STR_FMT, STR_ARG(name));
    return out->n > 0 && out->lag > 0 && attempts > 0 && rows > 0;
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
    else if (json_read(buf_view(&b), NULL, mem, &j, NULL) != JSON_FAULT_NONE || !run_json_parse(&j, out))
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

bool run_json_create(const char *dir, const run_json *r, err *e) {
    char path[4200], own[4300], hex[33];
    snprintf(path, sizeof path, "%s/run.json", dir);
    snprintf(own, sizeof own, "%s/run.json.%ld", dir, (long)getpid());
    hash_hex(r->population, hex);
    buf b = {0};
    buf_printf(&b,
               "{\"populace\":1,\"engine\":%u,\"name\":\"%s\",\"population\":\"%s\",\"n\":\"%llu\",\"seed\":\"%"
               "llu\",\"lag\":%llu,",
               r->engine, r->name, hex, (unsigned long long)r->n, (unsigned long long)r->seed,
               (unsigned long long)r->lag);
    buf_printf(&b, "\"attempts\":%u,\"passes\":%u,\"shard_rows\":%u,", r->attempts, r->passes, r->shard_rows);
    hash_hex(r->idf, hex);
    if (!hash_eq(r->idf, (hash128){0})) buf_printf(&b, "\"idf\":\"%s\",", hex);
    buf_z(&b, "\"formats\":{\"replies\":1,\"ledger\":1,\"shard\":1}}\n");
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

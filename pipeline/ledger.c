/* ledger.c: DIR/ledger.db, what is small and worth a query; SQLite, exactly one read-write connection (SQLite
 * before 3.51.3 can lose pages when two connections write and checkpoint at once).
 *
 * Format, user_version 1:
 *   run(k, v)             counters: where the log stood, figures of the last seal; `part`: that of the decider,
 *                         if it is not the first
 *   shard(id, rows, bytes, zbytes, raw, file, sidecar, sidecar_bytes, slot_min, slot_max, pos_first, pos_last)
 *   ticket(id, slot, attempt, pos, hint)    retries open at the last seal, in the order of id
 *   decider(pass, base, cursor, last_pos, any, log_segment, list, open)   one row: the state of the last seal;
 *                         list: the slots that were open when the pass began
 *   decision(pos, slot, attempt, reason, neighbour, score, detail)        every non-accept
 *   given_up(slot)        open after the last pass
 *   persona(pos, slot, attempt, row)        accepted, not yet sealed
 *   usage(role, model, endpoint, calls, prompt, completion, cached, reasoning)
 *
 * Crash argument. The reply log is synced before the transaction of the same group, so whatever the ledger says
 * follows from durable replies. A seal renames the shard first and lists it in one transaction with the
 * decider's state: before that transaction the shard is an orphan and everything in it is decided again; after
 * it, it is never written again. What was decided behind the last seal is deleted on open (ledger_rewind) and
 * decided again from the replies: the same function.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

enum statement {
    ST_ACCEPT,
    ST_DECIDE,
    ST_USAGE,
    ST_COUNT,
    ST_COUNTER,
    ST_SHARD,
    ST_TICKET,
    ST_DECIDER,
    ST_GIVEN_UP,
    ST_COUNT_OF
};

static const char *const statement_text[ST_COUNT_OF] = {
    [ST_ACCEPT] = "INSERT OR REPLACE INTO persona(pos,slot,attempt,row) VALUES(?1,?2,?3,?4)",
    [ST_DECIDE] = "INSERT OR REPLACE INTO decision(pos,slot,attempt,reason,neighbour,score,detail) "
                  "VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [ST_USAGE] = "INSERT INTO usage(role,model,endpoint,calls,prompt,completion,cached,reasoning) "
                 "VALUES(?1,?2,?3,?4,?5,?6,?7,?8) "
                 "ON CONFLICT(role,model,endpoint) DO UPDATE SET "
                 "calls=calls+?4,prompt=prompt+?5,completion=completion+?6,"
                 "cached=cached+?7,reasoning=reasoning+?8",
    [ST_COUNT] = "INSERT OR REPLACE INTO run(k,v) VALUES(?1,?2)",
    [ST_COUNTER] = "SELECT v FROM run WHERE k=?1",
    [ST_SHARD] = "INSERT INTO shard VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
    [ST_TICKET] = "INSERT INTO ticket(slot,attempt,pos,hint) VALUES(?1,?2,?3,?4)",
    [ST_DECIDER] = "INSERT OR REPLACE INTO decider(id,pass,base,cursor,last_pos,any,log_segment,list,open) "
                   "VALUES(1,?1,?2,?3,?4,?5,?6,?7,?8)",
    [ST_GIVEN_UP] = "INSERT OR IGNORE INTO given_up(slot) VALUES(?1)",
};

struct ledger {
    sqlite3 *db;
    sqlite3_stmt *st[ST_COUNT_OF];
    char path[4200];
    bool reads;
};

static bool db_error(const ledger *l, const char *what, err *e) {
    int code = sqlite3_errcode(l->db);
    if ((code & 0xff) == SQLITE_FULL ||
        ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(l->db) == ENOSPC))
        return err_errno(e, ENOSPC, what, l->path);
    bool broken = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    return err_set(e, broken ? ERR_LEDGER : ERR_IO,
                   broken ? "restore ledger.db from a copy; shards and replies are not touched" : NULL,
                   "%s: %s: %s", l->path, what, sqlite3_errmsg(l->db));
}

static bool run_sql(ledger *l, const char *sql, err *e) {
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK || db_error(l, "cannot be written", e);
}

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS run(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS shard(id INTEGER PRIMARY KEY, rows INT, bytes INT, zbytes INT, raw TEXT, file "
    "TEXT, sidecar TEXT,"
    " sidecar_bytes INT, slot_min INT, slot_max INT, pos_first INT, pos_last INT);"
    "CREATE TABLE IF NOT EXISTS ticket(id INTEGER PRIMARY KEY, slot INT, attempt INT, pos INT, hint TEXT);"
    "CREATE TABLE IF NOT EXISTS decider(id INTEGER PRIMARY KEY, pass INT, base INT, cursor INT, last_pos INT, "
    "any INT,"
    " log_segment INT, list BLOB, open BLOB);"
    "CREATE TABLE IF NOT EXISTS decision(pos INT, slot INT, attempt INT, reason TEXT, neighbour INT, score "
    "INT, detail TEXT,"
    " PRIMARY KEY(pos, slot)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS given_up(slot INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS persona(pos INT, slot INT, attempt INT, row TEXT, PRIMARY KEY(pos, slot)) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS usage(role TEXT, model TEXT, endpoint TEXT, calls INT, prompt INT, completion "
    "INT, cached INT,"
    " reasoning INT, PRIMARY KEY(role, model, endpoint)) WITHOUT ROWID;"
    "PRAGMA user_version=1;";

/* WAL needs shared memory between processes, which network file systems do not give; there one process holds
 * the file. */
static bool network_fs(const char *dir) {
    struct statfs s;
    if (statfs(dir, &s) != 0) return false;
    switch ((unsigned long)s.f_type) {
    case 0x6969:
    case 0x0BD00BD0:
    case 0x47504653:
    case 0x65735546:
    case 0xFF534D42:
    case 0xFE534D42: return true;
    default: return false;
    }
}

static bool prepare_all(ledger *l, err *e) {
    for (int i = 0; i < ST_COUNT_OF; i++)
        if (sqlite3_prepare_v2(l->db, statement_text[i], -1, &l->st[i], NULL) != SQLITE_OK)
            return db_error(l, "is not a ledger of this version", e);
    return true;
}

static bool version_check(ledger *l, bool create, err *e) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
        sqlite3_step(st) != SQLITE_ROW) {
        sqlite3_finalize(st);
        return db_error(l, "cannot be read", e);
    }
    int v = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    if (v == 1 || (v == 0 && create)) return true;
    if (v == 0)
        return err_set(e, ERR_LEDGER, "restore it from a copy", "%s is empty, although a run was begun here",
                       l->path);
    return err_set(e, ERR_MISMATCH, "use the version of populace that began the run",
                   "%s has format %d, this program knows format 1", l->path, v);
}

ledger *ledger_open(const char *dir, bool create, err *e) {
    ledger *l = xcalloc(1, sizeof *l);
    if (dir)
        snprintf(l->path, sizeof l->path, "%s/ledger.db", dir);
    else
        snprintf(l->path, sizeof l->path, ":memory:");
    if (!create && access(l->path, F_OK) != 0) {
        err_set(e, ERR_LEDGER,
                "nothing was changed; restore ledger.db from a copy, or read what is sealed with `populace "
                "cat` and zstdcat",
                "%s is missing, although %s/run.json says that a run was begun here", l->path, dir);
        goto fail;
    }
    int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(l->path, &l->db, flags, NULL) != SQLITE_OK) {
        db_error(l, "cannot be opened", e);
        goto fail;
    }
    sqlite3_extended_result_codes(l->db, 1);
    if (!version_check(l, create, e)) goto fail;
    if (dir && network_fs(dir) && !run_sql(l, "PRAGMA locking_mode=EXCLUSIVE;", e)) goto fail;
    if (!run_sql(l,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA "
                 "wal_autocheckpoint=1000;"
                 "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8000;",
                 e) ||
        !run_sql(l, schema, e) || !prepare_all(l, e))
        goto fail;
    return l;
fail:
    ledger_close(l);
    return NULL;
}

static void uri_immutable(const char *path, char *out, size_t n) {
    size_t at = (size_t)snprintf(out, n, "file:");
    for (const char *p = path; *p && at + 16 < n; p++) {
        bool plain = (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr("/._-", *p);
        at += (size_t)snprintf(out + at, n - at, plain ? "%c" : "%%%02X", (unsigned char)*p);
    }
    snprintf(out + at, n - at, "?immutable=1");
}

ledger *ledger_read_only(const char *dir, err *e) {
    ledger *l = xcalloc(1, sizeof *l);
    l->reads = true;
    snprintf(l->path, sizeof l->path, "%s/ledger.db", dir);
    /* WAL makes files beside the ledger; where none can be made, nobody writes either */
    char uri[3 * sizeof l->path], wal[4300];
    snprintf(wal, sizeof wal, "%s-wal", l->path);
    bool fixed = access(dir, W_OK) != 0 && access(wal, F_OK) != 0;
    if (fixed) uri_immutable(l->path, uri, sizeof uri);
    if (sqlite3_open_v2(fixed ? uri : l->path, &l->db,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (fixed ? SQLITE_OPEN_URI : 0),
                        NULL) != SQLITE_OK) {
        db_error(l, "cannot be opened", e);
        ledger_close(l);
        return NULL;
    }
    sqlite3_busy_timeout(l->db, 2000);
    return l;
}

bool ledger_snapshot(ledger *l, err *e) {
    return run_sql(l, "BEGIN", e);
}

/* A reader makes a -wal and a -shm file and may not take them away. If no run holds the lock, a connection that
 * may write closes behind it, and SQLite itself removes them unless others still read. */
static void traces_remove(const ledger *l) {
    char path[4300];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%.*slock", (int)(strlen(l->path) - strlen("ledger.db")), l->path);
    int lock = open(path, O_RDWR | O_CLOEXEC);
    if (lock < 0) return;
    if (flock(lock, LOCK_EX | LOCK_NB) == 0 &&
        sqlite3_open_v2(l->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    sqlite3_close(db);
    close(lock);
}

void ledger_close(ledger *l) {
    if (!l) return;
    for (int i = 0; i < ST_COUNT_OF; i++) sqlite3_finalize(l->st[i]);
    sqlite3_close(l->db);
    if (l->reads) traces_remove(l);
    free(l);
}

bool ledger_begin(ledger *l, err *e) {
    return run_sql(l, "BEGIN IMMEDIATE", e);
}

bool ledger_commit(ledger *l, err *e) {
    return run_sql(l, "COMMIT", e);
}

static sqlite3_stmt *ready(ledger *l, enum statement which) {
    sqlite3_reset(l->st[which]);
    sqlite3_clear_bindings(l->st[which]);
    return l->st[which];
}

static void bind_u64(sqlite3_stmt *st, int at, uint64_t v) {
    sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

static void bind_str(sqlite3_stmt *st, int at, str s) {
    sqlite3_bind_text(st, at, s.p ? s.p : "", (int)s.n, SQLITE_STATIC);
}

static bool done(ledger *l, sqlite3_stmt *st, err *e) {
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW || db_error(l, "cannot be written", e);
}

bool ledger_accept(ledger *l, const ledger_row *row, err *e) {
    sqlite3_stmt *st = ready(l, ST_ACCEPT);
    bind_u64(st, 1, row->pos);
    bind_u64(st, 2, row->slot);
    bind_u64(st, 3, row->attempt);
    bind_str(st, 4, row->row);
    return done(l, st, e);
}

bool ledger_decide(ledger *l, const ledger_decision *d, err *e) {
    sqlite3_stmt *st = ready(l, ST_DECIDE);
    bind_u64(st, 1, d->pos);
    bind_u64(st, 2, d->slot);
    bind_u64(st, 3, d->attempt);
    bind_str(st, 4, str_of(reason_name(d->reason)));
    if (d->neighbour >= 0) sqlite3_bind_int64(st, 5, d->neighbour);
    if (d->neighbour >= 0 || d->score_milli) bind_u64(st, 6, d->score_milli);
    bind_str(st, 7, d->detail);
    return done(l, st, e);
}

bool ledger_usage(ledger *l, str role, str model, str endpoint, const usage *add, err *e) {
    sqlite3_stmt *st = ready(l, ST_USAGE);
    bind_str(st, 1, role);
    bind_str(st, 2, model);
    bind_str(st, 3, endpoint);
    bind_u64(st, 4, add->calls);
    bind_u64(st, 5, add->prompt);
    bind_u64(st, 6, add->completion);
    bind_u64(st, 7, add->cached);
    bind_u64(st, 8, add->reasoning);
    return done(l, st, e);
}

bool ledger_total(ledger *l, usage *out, err *e) {
    *out = (usage){0};
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT sum(calls),sum(prompt),sum(completion),sum(cached),sum(reasoning) FROM usage";
    bool ok = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    if (ok)
        *out = (usage){(uint64_t)sqlite3_column_int64(st, 0), (uint64_t)sqlite3_column_int64(st, 1),
                       (uint64_t)sqlite3_column_int64(st, 2), (uint64_t)sqlite3_column_int64(st, 3),
                       (uint64_t)sqlite3_column_int64(st, 4)};
    sqlite3_finalize(st);
    return ok || db_error(l, "cannot be read", e);
}

bool ledger_count(ledger *l, const char *name, int64_t v, err *e) {
    sqlite3_stmt *st = ready(l, ST_COUNT);
    bind_str(st, 1, str_of(name));
    sqlite3_bind_int64(st, 2, v);
    return done(l, st, e);
}

bool ledger_counter(ledger *l, const char *name, int64_t *v, err *e) {
    if (!l->st[ST_COUNTER] &&
        sqlite3_prepare_v2(l->db, statement_text[ST_COUNTER], -1, &l->st[ST_COUNTER], NULL) != SQLITE_OK)
        return db_error(l, "cannot be read", e); /* read only: nothing is prepared yet */
    sqlite3_stmt *st = ready(l, ST_COUNTER);
    bind_str(st, 1, str_of(name));
    int rc = sqlite3_step(st);
    *v = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

bool ledger_counters(ledger *l, const char *prefix, void (*row)(void *, str name, int64_t v), void *arg,
                     err *e) {
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(l->db, "SELECT k,v FROM run WHERE substr(k,1,length(?1))=?1 ORDER BY k", -1,
                                &st, NULL);
    if (rc == SQLITE_OK) {
        bind_str(st, 1, str_of(prefix));
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            row(arg, str_of((const char *)sqlite3_column_text(st, 0)), sqlite3_column_int64(st, 1));
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

static bool shard_insert(ledger *l, const shard_info *s, err *e) {
    char raw[33], file[33], side[33];
    hash_hex(s->raw_hash, raw);
    hash_hex(s->file_hash, file);
    hash_hex(s->sidecar_hash, side);
    sqlite3_stmt *st = ready(l, ST_SHARD);
    bind_u64(st, 1, s->index);
    bind_u64(st, 2, s->rows);
    bind_u64(st, 3, s->bytes);
    bind_u64(st, 4, s->zbytes);
    bind_str(st, 5, str_of(raw));
    bind_str(st, 6, str_of(file));
    bind_str(st, 7, str_of(side));
    bind_u64(st, 8, s->sidecar_bytes);
    bind_u64(st, 9, s->slot_min);
    bind_u64(st, 10, s->slot_max);
    bind_u64(st, 11, s->pos_first);
    bind_u64(st, 12, s->pos_last);
    return done(l, st, e);
}

static bool decider_insert(ledger *l, const decider *d, uint32_t log_segment, err *e) {
    sqlite3_stmt *st = ready(l, ST_DECIDER);
    bind_u64(st, 1, d->now.number);
    bind_u64(st, 2, d->now.base);
    bind_u64(st, 3, d->cursor);
    bind_u64(st, 4, d->last_pos);
    bind_u64(st, 5, d->any);
    bind_u64(st, 6, log_segment);
    if (d->now.listed)
        sqlite3_bind_blob64(st, 7, d->now.list, d->now.listed * sizeof *d->now.list, SQLITE_STATIC);
    sqlite3_bind_blob64(st, 8, d->opens ? (const void *)d->open : "", d->opens * sizeof *d->open,
                        SQLITE_STATIC);
    if (!done(l, st, e) || !run_sql(l, "DELETE FROM ticket", e)) return false;
    if (d->now.part && !ledger_count(l, "part", d->now.part, e)) return false;
    for (size_t i = 0; i < d->retries; i++) {
        const ticket *t = &d->retry[(d->retry_at + i) % d->retry_cap];
        st = ready(l, ST_TICKET);
        bind_u64(st, 1, t->slot);
        bind_u64(st, 2, t->attempt);
        bind_u64(st, 3, t->pos);
        if (t->hint) bind_str(st, 4, str_of(t->hint));
        if (!done(l, st, e)) return false;
    }
    return true;
}

bool ledger_seal(ledger *l, const shard_info *s, const decider *d, uint32_t log_segment, err *e) {
    return shard_insert(l, s, e) && decider_insert(l, d, log_segment, e) &&
           run_sql(l, "DELETE FROM persona", e);
}

bool ledger_given_up(ledger *l, const decider *d, err *e) {
    if (!run_sql(l, "DELETE FROM given_up", e)) return false;
    for (size_t i = 0; i < d->opens; i++) {
        sqlite3_stmt *st = ready(l, ST_GIVEN_UP);
        bind_u64(st, 1, d->open[i]);
        if (!done(l, st, e)) return false;
    }
    return true;
}

bool ledger_over(ledger *l, uint64_t n, bool *over, err *e) {
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT (SELECT coalesce(sum(rows),0) FROM shard)+(SELECT count(*) FROM given_up)";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return db_error(l, "cannot be read", e);
    bool read = sqlite3_step(st) == SQLITE_ROW;
    *over = read && (uint64_t)sqlite3_column_int64(st, 0) == n;
    sqlite3_finalize(st);
    return read || db_error(l, "cannot be read", e);
}

static str column_str(sqlite3_stmt *st, int at) {
    return (str){(const char *)sqlite3_column_text(st, at), (size_t)sqlite3_column_bytes(st, at)};
}

bool ledger_shards(ledger *l, arena *a, shard_info **out, size_t *n, err *e) {
    sqlite3_stmt *st = NULL;
    *n = 0;
    *out = NULL;
    const char *sql =
        "SELECT id,rows,bytes,zbytes,raw,file,sidecar,sidecar_bytes,slot_min,slot_max,pos_first,pos_last "
        "FROM shard ORDER BY id";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return db_error(l, "cannot be read", e);
    size_t cap = 0;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        if (*n == cap) {
            shard_info *more = arena_new_of(a, shard_info, cap ? cap * 2 : 16);
            if (*n) memcpy(more, *out, *n * sizeof *more);
            *out = more;
            cap = cap ? cap * 2 : 16;
        }
        shard_info *s = &(*out)[(*n)++];
        *s = (shard_info){.index = (uint32_t)sqlite3_column_int64(st, 0),
                          .rows = (uint64_t)sqlite3_column_int64(st, 1),
                          .bytes = (uint64_t)sqlite3_column_int64(st, 2),
                          .zbytes = (uint64_t)sqlite3_column_int64(st, 3),
                          .sidecar_bytes = (uint64_t)sqlite3_column_int64(st, 7),
                          .slot_min = (uint64_t)sqlite3_column_int64(st, 8),
                          .slot_max = (uint64_t)sqlite3_column_int64(st, 9),
                          .pos_first = (uint64_t)sqlite3_column_int64(st, 10),
                          .pos_last = (uint64_t)sqlite3_column_int64(st, 11)};
        hash_parse(column_str(st, 4), &s->raw_hash);
        hash_parse(column_str(st, 5), &s->file_hash);
        hash_parse(column_str(st, 6), &s->sidecar_hash);
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

static uint64_t *column_slots(sqlite3_stmt *st, int at, size_t *n) {
    size_t bytes = (size_t)sqlite3_column_bytes(st, at);
    *n = bytes / sizeof(uint64_t);
    if (*n == 0) return NULL;
    uint64_t *p = xmalloc(bytes);
    memcpy(p, sqlite3_column_blob(st, at), *n * sizeof *p);
    return p;
}

static bool tickets_restore(ledger *l, decider *d, err *e) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->db, "SELECT slot,attempt,pos,hint FROM ticket ORDER BY id", -1, &st, NULL) !=
        SQLITE_OK)
        return db_error(l, "cannot be read", e);
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        ticket t = {.slot = (uint64_t)sqlite3_column_int64(st, 0),
                    .attempt = (uint32_t)sqlite3_column_int64(st, 1),
                    .pos = (uint64_t)sqlite3_column_int64(st, 2)};
        str hint = column_str(st, 3);
        if (hint.n) {
            t.hint = xmalloc(hint.n + 1);
            memcpy(t.hint, hint.p, hint.n);
            t.hint[hint.n] = '\0';
        }
        decider_restore_retry(d, t);
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

/* run.json is newer than what the ledger says of it, or as old; else it was restored from an old copy. */
static bool pass_restore(const ledger *l, decider *d, sqlite3_stmt *st, int64_t part, err *e) {
    size_t n;
    uint64_t *list = column_slots(st, 6, &n);
    if (decider_restore_pass(d, part < 0 || part > RUN_PARTS_MOST ? RUN_PARTS_MOST : (uint32_t)part,
                             (uint32_t)sqlite3_column_int64(st, 0), (uint64_t)sqlite3_column_int64(st, 1), list,
                             n))
        return true;
    return err_set(e, ERR_MISMATCH, "restore run.json from a newer copy",
                   "%s is in part %lld of a run of which run.json knows %u parts", l->path, (long long)part + 1,
                   d->now.run->parts);
}

bool ledger_restore(ledger *l, decider *d, uint32_t *log_segment, err *e) {
    *log_segment = 0;
    int64_t part;
    if (!ledger_counter(l, "part", &part, e)) return false;
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT pass,base,cursor,last_pos,any,log_segment,list,open FROM decider WHERE id=1";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return db_error(l, "cannot be read", e);
    int rc = sqlite3_step(st);
    bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || db_error(l, "cannot be read", e);
    if (rc == SQLITE_ROW) {
        ok = pass_restore(l, d, st, part, e);
        d->cursor = (uint64_t)sqlite3_column_int64(st, 2);
        d->last_pos = (uint64_t)sqlite3_column_int64(st, 3);
        d->any = sqlite3_column_int64(st, 4) != 0;
        *log_segment = (uint32_t)sqlite3_column_int64(st, 5);
        size_t n;
        d->open = column_slots(st, 7, &n);
        d->opens = d->open_cap = n;
    }
    sqlite3_finalize(st);
    return ok && tickets_restore(l, d, e);
}

bool ledger_rewind(ledger *l, const decider *d, err *e) {
    char sql[256];
    ticket t;
    /* everything at or behind the next decision of the sealed state; without a seal that is everything */
    bool some = decider_next(d, &t);
    snprintf(sql, sizeof sql,
             "DELETE FROM persona; DELETE FROM given_up; DELETE FROM decision WHERE pos > %lld OR (pos = %lld "
             "AND slot >= %lld);",
             some ? (long long)t.pos : (long long)d->last_pos,
             some ? (long long)t.pos : (long long)d->last_pos + 1, some ? (long long)t.slot : 0LL);
    return run_sql(l, sql, e);
}

bool ledger_each_row(ledger *l, bool (*each)(void *arg, const ledger_row *row), void *arg, err *e) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->db, "SELECT pos,slot,attempt,row FROM persona ORDER BY pos,slot", -1, &st,
                           NULL) != SQLITE_OK)
        return db_error(l, "cannot be read", e);
    int rc;
    bool go = true;
    while (go && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        ledger_row row = {.pos = (uint64_t)sqlite3_column_int64(st, 0),
                          .slot = (uint64_t)sqlite3_column_int64(st, 1),
                          .attempt = (uint32_t)sqlite3_column_int64(st, 2),
                          .row = column_str(st, 3)};
        go = each(arg, &row);
    }
    sqlite3_finalize(st);
    return !go || rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

static reason reason_parse(str name) {
    for (int r = 0; r < REASON_COUNT; r++)
        if (str_is(name, reason_name((reason)r))) return (reason)r;
    return REASON_NONE;
}

bool ledger_each_decision(ledger *l, bool (*each)(void *arg, const ledger_decision *d), void *arg, err *e) {
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT pos,slot,attempt,reason,neighbour,score,detail FROM decision ORDER BY pos,slot";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return db_error(l, "cannot be read", e);
    int rc;
    bool go = true;
    while (go && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        ledger_decision d = {.pos = (uint64_t)sqlite3_column_int64(st, 0),
                             .slot = (uint64_t)sqlite3_column_int64(st, 1),
                             .attempt = (uint32_t)sqlite3_column_int64(st, 2),
                             .reason = reason_parse(column_str(st, 3)),
                             .neighbour =
                                 sqlite3_column_type(st, 4) == SQLITE_NULL ? -1 : sqlite3_column_int64(st, 4),
                             .score_milli = (uint32_t)sqlite3_column_int64(st, 5),
                             .detail = column_str(st, 6)};
        go = each(arg, &d);
    }
    sqlite3_finalize(st);
    return !go || rc == SQLITE_DONE || db_error(l, "cannot be read", e);
}

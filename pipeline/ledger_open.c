/* ledger_open.c: the file ledger.db itself: made, checked, opened to write or to read only, closed; its tables
 * and statements. ledger.c has the format.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "pipeline/ledger_parts.h"

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

bool ledger_error(const ledger *l, const char *what, err *e) {
    int code = sqlite3_errcode(l->db);
    if ((code & 0xff) == SQLITE_FULL ||
        ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(l->db) == ENOSPC))
        return err_errno(e, ENOSPC, what, l->path);
    bool broken = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    return err_set(e, broken ? ERR_LEDGER : ERR_IO,
                   broken ? "restore ledger.db from a copy; shards and replies are not touched" : NULL,
                   "%s: %s: %s", l->path, what, sqlite3_errmsg(l->db));
}

bool ledger_sql(ledger *l, const char *sql, err *e) {
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK || ledger_error(l, "cannot be written", e);
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

bool statement_prepare(ledger *l, enum statement which) {
    return l->st[which] ||
           sqlite3_prepare_v2(l->db, statement_text[which], -1, &l->st[which], NULL) == SQLITE_OK;
}

static bool prepare_all(ledger *l, err *e) {
    for (int i = 0; i < ST_COUNT_OF; i++)
        if (!statement_prepare(l, (enum statement)i))
            return ledger_error(l, "is not a ledger of this version", e);
    return true;
}

static bool version_check(ledger *l, bool create, err *e) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
        sqlite3_step(st) != SQLITE_ROW) {
        sqlite3_finalize(st);
        return ledger_error(l, "cannot be read", e);
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
        ledger_error(l, "cannot be opened", e);
        goto fail;
    }
    sqlite3_extended_result_codes(l->db, 1);
    if (!version_check(l, create, e)) goto fail;
    if (dir && network_fs(dir) && !ledger_sql(l, "PRAGMA locking_mode=EXCLUSIVE;", e)) goto fail;
    if (!ledger_sql(l,
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA "
                    "wal_autocheckpoint=1000;"
                    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8000;",
                    e) ||
        !ledger_sql(l, schema, e) || !prepare_all(l, e))
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
        ledger_error(l, "cannot be opened", e);
        ledger_close(l);
        return NULL;
    }
    sqlite3_busy_timeout(l->db, 2000);
    return l;
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

bool ledger_snapshot(ledger *l, err *e) {
    return ledger_sql(l, "BEGIN", e);
}

bool ledger_begin(ledger *l, err *e) {
    return ledger_sql(l, "BEGIN IMMEDIATE", e);
}

bool ledger_commit(ledger *l, err *e) {
    return ledger_sql(l, "COMMIT", e);
}

sqlite3_stmt *statement_ready(ledger *l, enum statement which) {
    sqlite3_reset(l->st[which]);
    sqlite3_clear_bindings(l->st[which]);
    return l->st[which];
}

bool statement_done(const ledger *l, sqlite3_stmt *st, err *e) {
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW || ledger_error(l, "cannot be written", e);
}

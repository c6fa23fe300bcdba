/* ledger_parts.h (private): the open ledger.db and its statements, for the files that write and read its
 * tables: ledger.c (rows, decisions, usage, counters) and ledger_seal.c (shards, the decider's state).
 */
#ifndef POP_LEDGER_PARTS_H
#define POP_LEDGER_PARTS_H

#include <sqlite3.h>

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

struct ledger {
    sqlite3 *db;
    sqlite3_stmt *st[ST_COUNT_OF];
    char path[4200];
    bool reads;
};

/* What SQLite says of the last call, as an `err`: no space left, a damaged file, or what. Returns false. */
bool ledger_error(const ledger *l, const char *what, err *e);
bool ledger_sql(ledger *l, const char *sql, err *e); /* statements without results */
bool statement_prepare(ledger *l, enum statement which);
sqlite3_stmt *statement_ready(ledger *l, enum statement which); /* reset, nothing bound */
bool statement_done(const ledger *l, sqlite3_stmt *st, err *e); /* runs it */

static inline void bind_u64(sqlite3_stmt *st, int at, uint64_t v) {
    sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

static inline void bind_str(sqlite3_stmt *st, int at, str s) {
    sqlite3_bind_text(st, at, s.p ? s.p : "", (int)s.n, SQLITE_STATIC);
}

static inline str column_str(sqlite3_stmt *st, int at) {
    return (str){(const char *)sqlite3_column_text(st, at), (size_t)sqlite3_column_bytes(st, at)};
}

#endif

/* ledger_seal.c: the state of the last seal in ledger.db: shards, tickets, the decider, who was given up;
 * written in one transaction, and restored when the run goes on. ledger.c has the format and the crash
 * argument.
 */
#include <stdio.h>
#include <string.h>
#include "pipeline/ledger_parts.h"

static bool shard_insert(ledger *l, const shard_info *s, err *e) {
    char raw[33], file[33], side[33];
    hash_hex(s->raw_hash, raw);
    hash_hex(s->file_hash, file);
    hash_hex(s->sidecar_hash, side);
    sqlite3_stmt *st = statement_ready(l, ST_SHARD);
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
    return statement_done(l, st, e);
}

static bool decider_insert(ledger *l, const decider *d, uint32_t log_segment, err *e) {
    sqlite3_stmt *st = statement_ready(l, ST_DECIDER);
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
    if (!statement_done(l, st, e) || !ledger_sql(l, "DELETE FROM ticket", e)) return false;
    if (d->now.part && !ledger_count(l, "part", d->now.part, e)) return false;
    for (size_t i = 0; i < d->retries; i++) {
        const ticket *t = &d->retry[(d->retry_at + i) % d->retry_cap];
        st = statement_ready(l, ST_TICKET);
        bind_u64(st, 1, t->slot);
        bind_u64(st, 2, t->attempt);
        bind_u64(st, 3, t->pos);
        if (t->hint) bind_str(st, 4, str_of(t->hint));
        if (!statement_done(l, st, e)) return false;
    }
    return true;
}

bool ledger_seal(ledger *l, const shard_info *s, const decider *d, uint32_t log_segment, err *e) {
    return shard_insert(l, s, e) && decider_insert(l, d, log_segment, e) &&
           ledger_sql(l, "DELETE FROM persona", e);
}

bool ledger_given_up(ledger *l, const decider *d, err *e) {
    if (!ledger_sql(l, "DELETE FROM given_up", e)) return false;
    for (size_t i = 0; i < d->opens; i++) {
        sqlite3_stmt *st = statement_ready(l, ST_GIVEN_UP);
        bind_u64(st, 1, d->open[i]);
        if (!statement_done(l, st, e)) return false;
    }
    return true;
}

bool ledger_over(ledger *l, uint64_t n, bool *over, err *e) {
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT (SELECT coalesce(sum(rows),0) FROM shard)+(SELECT count(*) FROM given_up)";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return ledger_error(l, "cannot be read", e);
    bool read = sqlite3_step(st) == SQLITE_ROW;
    *over = read && (uint64_t)sqlite3_column_int64(st, 0) == n;
    sqlite3_finalize(st);
    return read || ledger_error(l, "cannot be read", e);
}

bool ledger_shards(ledger *l, arena *a, shard_info **out, size_t *n, err *e) {
    sqlite3_stmt *st = NULL;
    *n = 0;
    *out = NULL;
    const char *sql =
        "SELECT id,rows,bytes,zbytes,raw,file,sidecar,sidecar_bytes,slot_min,slot_max,pos_first,pos_last "
        "FROM shard ORDER BY id";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return ledger_error(l, "cannot be read", e);
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
    return rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
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
        return ledger_error(l, "cannot be read", e);
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
    return rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
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
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return ledger_error(l, "cannot be read", e);
    int rc = sqlite3_step(st);
    bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
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
    return ledger_sql(l, sql, e);
}

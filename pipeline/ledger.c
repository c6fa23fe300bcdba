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
#include "pipeline/ledger_parts.h"

bool ledger_accept(ledger *l, const ledger_row *row, err *e) {
    sqlite3_stmt *st = statement_ready(l, ST_ACCEPT);
    bind_u64(st, 1, row->pos);
    bind_u64(st, 2, row->slot);
    bind_u64(st, 3, row->attempt);
    bind_str(st, 4, row->row);
    return statement_done(l, st, e);
}

bool ledger_decide(ledger *l, const ledger_decision *d, err *e) {
    sqlite3_stmt *st = statement_ready(l, ST_DECIDE);
    bind_u64(st, 1, d->pos);
    bind_u64(st, 2, d->slot);
    bind_u64(st, 3, d->attempt);
    bind_str(st, 4, str_of(reason_name(d->reason)));
    if (d->neighbour >= 0) sqlite3_bind_int64(st, 5, d->neighbour);
    if (d->neighbour >= 0 || d->score_milli) bind_u64(st, 6, d->score_milli);
    bind_str(st, 7, d->detail);
    return statement_done(l, st, e);
}

bool ledger_usage(ledger *l, str role, str model, str endpoint, const usage *add, err *e) {
    sqlite3_stmt *st = statement_ready(l, ST_USAGE);
    bind_str(st, 1, role);
    bind_str(st, 2, model);
    bind_str(st, 3, endpoint);
    bind_u64(st, 4, add->calls);
    bind_u64(st, 5, add->prompt);
    bind_u64(st, 6, add->completion);
    bind_u64(st, 7, add->cached);
    bind_u64(st, 8, add->reasoning);
    return statement_done(l, st, e);
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
    return ok || ledger_error(l, "cannot be read", e);
}

bool ledger_count(ledger *l, const char *name, int64_t v, err *e) {
    sqlite3_stmt *st = statement_ready(l, ST_COUNT);
    bind_str(st, 1, str_of(name));
    sqlite3_bind_int64(st, 2, v);
    return statement_done(l, st, e);
}

bool ledger_counter(ledger *l, const char *name, int64_t *v, err *e) {
    if (!statement_prepare(l, ST_COUNTER))
        return ledger_error(l, "cannot be read", e); /* read only: none is yet */
    sqlite3_stmt *st = statement_ready(l, ST_COUNTER);
    bind_str(st, 1, str_of(name));
    int rc = sqlite3_step(st);
    *v = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
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
    return rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
}

bool ledger_each_row(ledger *l, bool (*each)(void *arg, const ledger_row *row), void *arg, err *e) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->db, "SELECT pos,slot,attempt,row FROM persona ORDER BY pos,slot", -1, &st,
                           NULL) != SQLITE_OK)
        return ledger_error(l, "cannot be read", e);
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
    return !go || rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
}

static reason reason_parse(str name) {
    for (int r = 0; r < REASON_COUNT; r++)
        if (str_is(name, reason_name((reason)r))) return (reason)r;
    return REASON_NONE;
}

bool ledger_each_decision(ledger *l, bool (*each)(void *arg, const ledger_decision *d), void *arg, err *e) {
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT pos,slot,attempt,reason,neighbour,score,detail FROM decision ORDER BY pos,slot";
    if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK) return ledger_error(l, "cannot be read", e);
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
    return !go || rc == SQLITE_DONE || ledger_error(l, "cannot be read", e);
}

/* commit.c: the commit thread: replies become durable, attempts are decided in order, personas are sealed.
 *
 * A group is what came down within 100 ms or 256 replies: its replies are synced to the log, then one ledger
 * transaction holds every decision that follows from them, then the loop is told. So whatever is told has been
 * written.
 *
 * State after an error: nothing more is decided. What this thread holds in memory may then run ahead of the
 * ledger, which rolled back; it is never written, and the next start decides again from the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "pipeline/commit_state.h"

enum { GROUP_REPLIES = 256, GROUP_MS = 100, PACK_BEYOND = 64 };

/* ---- what comes down ------------------------------------------------------------------------------- */

static str role_of(const commit *c, uint16_t step) {
    const population *p = c->c.design->pop;
    if (step < p->facets) return p->facet[step].role;
    return step - p->facets < p->judges ? p->judge[step - p->facets].role : STR("");
}

void usage_note(commit *c, const reply_line *r) {
    struct usage_row *u = NULL;
    str role = role_of(c, r->step);
    for (size_t i = 0; i < c->usages && !u; i++)
        if (str_is(role, c->usage[i].role) && str_is(r->model, c->usage[i].model) &&
            str_is(r->endpoint, c->usage[i].endpoint))
            u = &c->usage[i];
    if (!u) {
        /* more than so many (role, model, endpoint) triples: the last row takes the rest, sums stay right */
        if (c->usages < COUNT_OF(c->usage)) c->usages++;
        u = &c->usage[c->usages - 1];
        snprintf(u->role, sizeof u->role, STR_FMT, STR_ARG(role));
        snprintf(u->model, sizeof u->model, STR_FMT, STR_ARG(r->model));
        snprintf(u->endpoint, sizeof u->endpoint, STR_FMT, STR_ARG(r->endpoint));
    }
    u->add.calls += 1;
    u->add.prompt += r->usage.prompt;
    u->add.completion += r->usage.completion;
    u->add.cached += r->usage.cached;
    u->add.reasoning += r->usage.reasoning;
}

static void reply_note(commit *c, const reply_line *r) {
    reply_log_add(c->log, r);
    usage_note(c, r);
    uint32_t seg = reply_log_segment(c->log);
    if (seg >= c->segment_cap) {
        c->segment_pos = xrealloc(c->segment_pos, (seg + 16) * sizeof *c->segment_pos);
        memset(c->segment_pos + c->segment_cap, 0, (seg + 16 - c->segment_cap) * sizeof *c->segment_pos);
        c->segment_cap = seg + 16;
    }
    if (r->pos > c->segment_pos[seg]) c->segment_pos[seg] = r->pos;
}

static void blob_pack(char **p, size_t *n) {
    buf z = {0};
    frame_pack(&z, (str){*p, *n}, 1);
    free(*p);
    *p = z.p;
    *n = z.n;
}

static bool blob_unpack(char **p, size_t *n) {
    buf raw = {0};
    size_t at = 0;
    if (frame_next((str){*p, *n}, &at, (size_t)1 << 30, &raw) != FRAME_WHOLE) return false;
    buf_char(&raw, '\0');
    free(*p);
    *p = raw.p;
    *n = raw.n - 1;
    return true;
}

static uint64_t attempt_key(uint64_t slot, uint32_t attempt) {
    return slot << 16 | attempt;
}

static void attempt_note(commit *c, down *d) {
    if (d->row && d->reason == REASON_NONE && d->pos > decider_head(&c->d) + PACK_BEYOND) {
        size_t text_n = d->print.text.n;
        blob_pack(&d->row, &d->row_n);
        blob_pack(&d->text, &text_n);
        d->print.text = (str){d->text, text_n};
        d->packed = true;
    }
    uint64_t there;
    if (u64map_get(c->pending, attempt_key(d->slot, d->attempt), &there)) down_free((down *)(uintptr_t)there);
    u64map_put(c->pending, attempt_key(d->slot, d->attempt), (uint64_t)(uintptr_t)d);
}

/* ---- decisions ---------------------------------------------------------------------------------------- */

static void tell(commit *c, up *u) {
    u->node.next = NULL;
    if (c->told_last)
        c->told_last->node.next = &u->node;
    else
        c->told = u;
    c->told_last = u;
}

static void told_send(commit *c) {
    for (up *u = c->told, *next; u; u = next) {
        next = (up *)u->node.next;
        u->node.next = NULL;
        u->node.bytes = sizeof *u + u->row_n;
        queue_push(c->c.up, &u->node);
    }
    c->told = c->told_last = NULL;
}

static bool lost_note(commit *c, const down *d, reason why, int64_t neighbour, uint32_t score, str detail,
                      err *e) {
    c->lost[(size_t)why * c->cells + d->cell]++;
    atomic_fetch_add(&c->f.reason[why], 1);
    atomic_fetch_add(reason_of_gate(why) ? &c->f.duplicates : &c->f.failed, 1);
    ledger_decision x = {.slot = d->slot,
                         .pos = d->pos,
                         .attempt = d->attempt,
                         .reason = why,
                         .neighbour = neighbour,
                         .score_milli = score,
                         .detail = detail};
    return ledger_decide(c->ledger, &x, e);
}

static bool persona_accept(commit *c, down *d, up *u, err *e) {
    ledger_row row = {.pos = d->pos, .slot = d->slot, .attempt = d->attempt, .row = {d->row, d->row_n}};
    if (c->c.write_log && !ledger_accept(c->ledger, &row, e)) return false;
    if (c->c.want_rows) {
        u->row = xmalloc(d->row_n + 1);
        memcpy(u->row, d->row, d->row_n + 1);
        u->row_n = d->row_n;
    }
    unsealed_push(c, d);
    c->got[d->cell]++;
    atomic_fetch_add(&c->f.accepted, 1);
    return true;
}

/* One candidate or failure, the next in order. Consumes d. */
static bool decide_one(commit *c, down *d, err *e) {
    up *u = xcalloc(1, sizeof *u);
    gate_verdict v = {0};
    bool ok = true;
    if (d->packed) {
        size_t n = d->print.text.n;
        ok = blob_unpack(&d->row, &d->row_n) && blob_unpack(&d->text, &n);
        d->print.text = (str){d->text, n};
        if (!ok)
            err_set(e, ERR_INTERNAL, NULL, "a waiting persona of slot %llu cannot be unpacked",
                    (unsigned long long)d->slot);
    }
    reason why = d->reason;
    if (ok && why == REASON_NONE) {
        ok = gate_decide(c->gate, d->pos, d->slot, d->attempt, &d->print, &v, e);
        if (v.duplicate) why = v.reason;
    }
    char *hint = NULL;
    if (ok && why == REASON_NONE) {
        ok = persona_accept(c, d, u, e);
    } else if (ok && d->reason == REASON_NONE) {
        ok = lost_note(c, d, why, (int64_t)v.neighbour_slot, v.score_milli, v.features, e);
        hint = xmalloc(v.features.n + 1);
        memcpy(hint, v.features.n ? v.features.p : "", v.features.n);
        hint[v.features.n] = '\0';
    } else if (ok) {
        ok = lost_note(c, d, why, -1, 0, (str){d->row, d->row_n}, e);
    }
    if (ok) {
        ticket next = {0};
        decider_done(&c->d, why == REASON_NONE, hint, &u->again, &next);
        atomic_fetch_add(&c->f.revised, d->revisions);
        *u = (up){.kind = UP_DECIDED,
                  .slot = d->slot,
                  .pos = d->pos,
                  .attempt = d->attempt,
                  .reason = why,
                  .again = u->again,
                  .hint = hint,
                  .row = u->row,
                  .row_n = u->row_n,
                  .head = decider_head(&c->d)};
        tell(c, u);
        if (why == REASON_NONE && seal_due(c)) ok = seal(c, e);
    } else {
        free(hint);
        up_free(u);
    }
    down_free(d);
    return ok;
}

static void pass_tell(commit *c) {
    up *u = xcalloc(1, sizeof *u);
    u->kind = UP_PASS;
    u->head = decider_head(&c->d);
    u->pass = pass_copy(&c->d.now, &c->c.run);
    tell(c, u);
    atomic_store(&c->f.pass, c->d.now.number);
}

/* What a part leaves is sealed before the next one begins, as if nobody knew yet that there will be one. */
static bool part_begin(commit *c, err *e) {
    if (c->items > 0 && !seal(c, e)) return false;
    decider_part(&c->d);
    pass_tell(c);
    return true;
}

static bool done_tell(commit *c, err *e) {
    c->done = true;
    atomic_store(&c->f.open, c->d.opens);
    if (c->items > 0 && !seal(c, e)) return false;
    if (!ledger_given_up(c->ledger, &c->d, e)) return false;
    up *u = xcalloc(1, sizeof *u);
    u->kind = UP_DONE;
    u->head = decider_head(&c->d);
    tell(c, u);
    return true;
}

static bool decide_all(commit *c, err *e) {
    ticket t;
    while (!c->done) {
        if (!decider_next(&c->d, &t)) {
            if (decider_pass(&c->d))
                pass_tell(c);
            else if (c->d.now.part + 1 < c->c.run.parts ? !part_begin(c, e) : !done_tell(c, e))
                return false;
            continue;
        }
        uint64_t at;
        if (!u64map_del(c->pending, attempt_key(t.slot, t.attempt), &at)) break;
        if (!decide_one(c, (down *)(uintptr_t)at, e)) return false;
    }
    atomic_store(&c->f.head, decider_head(&c->d));
    return true;
}

/* ---- groups --------------------------------------------------------------------------------------------- */

static bool usage_write(commit *c, err *e) {
    for (size_t i = 0; i < c->usages; i++) {
        struct usage_row *u = &c->usage[i];
        if (u->add.calls == 0) continue;
        if (!ledger_usage(c->ledger, str_of(u->role), str_of(u->model), str_of(u->endpoint), &u->add, e))
            return false;
        atomic_fetch_add(&c->f.calls, u->add.calls);
        atomic_fetch_add(&c->f.prompt, u->add.prompt);
        atomic_fetch_add(&c->f.completion, u->add.completion);
        atomic_fetch_add(&c->f.cached, u->add.cached);
        u->add = (usage){0};
    }
    return true;
}

static bool log_place_write(commit *c, err *e) {
    if (!c->log) return true;
    char name[32];
    uint32_t seg = reply_log_segment(c->log);
    for (uint32_t s = seg > 0 ? seg - 1 : 0; s <= seg; s++) {
        if (s >= c->segment_cap || c->segment_pos[s] == 0) continue;
        snprintf(name, sizeof name, "segment.%u", s);
        if (!ledger_count(c->ledger, name, (int64_t)c->segment_pos[s], e)) return false;
    }
    return ledger_count(c->ledger, "log.segment", seg, e) &&
           ledger_count(c->ledger, "log.bytes", (int64_t)reply_log_bytes(c->log), e);
}

static bool group_write(commit *c, err *e) {
    if (c->log && !reply_log_sync(c->log, e)) return false;
    crash_point("log:before_ledger");
    if (!ledger_begin(c->ledger, e)) return false;
    if (!usage_write(c, e) || !log_place_write(c, e) || !decide_all(c, e)) return false;
    crash_point("ledger:before_commit");
    return ledger_commit(c->ledger, e) && seal_publish(c, e);
}

static void fatal_tell(commit *c, const err *e) {
    c->failed = true;
    c->error = *e;
    up *u = xcalloc(1, sizeof *u);
    u->kind = UP_FATAL;
    u->error = *e;
    tell(c, u);
}

static void disk_note(commit *c, err *e) {
    struct statvfs s;
    unsigned long long left = statvfs(c->c.dir, &s) == 0 ? (unsigned long long)s.f_bavail * s.f_frsize : 0;
    size_t n = strlen(e->text);
    snprintf(e->text + n, sizeof e->text - n, " (%llu bytes free)", left);
    snprintf(e->hint, sizeof e->hint,
             "make room and run the same command again: every reply that was paid for is kept");
}

static void group(commit *c) {
    err e = {0};
    if (c->failed) {
        /* nothing more is decided, but replies that were paid for are kept if the disk lets us */
        if (c->log) reply_log_sync(c->log, &e);
    } else if (!group_write(c, &e)) {
        if (e.code == ERR_DISK_FULL) {
            char path[4200];
            snprintf(path, sizeof path, "%s/.reserve", c->c.dir);
            unlink(path);
            err again = {0};
            if (c->log) reply_log_sync(c->log, &again);
            disk_note(c, &e);
        }
        fatal_tell(c, &e);
    }
    gap_note(c);
    told_send(c);
}

static void take(commit *c, down *d) {
    switch (d->kind) {
    case DOWN_REPLY:
        if (c->log) reply_note(c, &d->reply);
        down_free(d);
        return;
    case DOWN_ATTEMPT: attempt_note(c, d); return;
    case DOWN_FLUSH:
        c->flush = true;
        down_free(d);
        return;
    }
}

static void *commit_main(void *arg) {
    commit *c = arg;
    uint64_t first_ns = 0;
    group(c); /* a finished run says so at once */
    for (;;) {
        int ms = first_ns ? GROUP_MS / 4 : GROUP_MS;
        queue_node *n = queue_wait(c->c.down, ms);
        bool closed = !n && atomic_load(&c->closing);
        while (n) {
            queue_node *next = n->next;
            if (!first_ns) first_ns = clock_ns();
            take(c, (down *)n);
            n = next;
        }
        bool full = c->log ? reply_log_pending(c->log) >= GROUP_REPLIES : true;
        bool old = first_ns && clock_ns() - first_ns >= (uint64_t)GROUP_MS * 1000000;
        if (first_ns && (full || old || c->flush || closed)) {
            group(c);
            first_ns = 0;
            c->flush = false;
        }
        if (closed) return NULL;
    }
}

bool commit_start(commit *c, err *e) {
    int rc = pthread_create(&c->thread, NULL, commit_main, c);
    if (rc != 0) return err_errno(e, rc, "cannot start a thread", "commit");
    c->started = true;
    return true;
}

bool commit_finish(commit *c, err *e) {
    if (c->started) {
        atomic_store(&c->closing, true);
        queue_close(c->c.down);
        pthread_join(c->thread, NULL);
        c->started = false;
    }
    if (c->failed) {
        if (e) *e = c->error;
        return false;
    }
    return manifest_write(c, c->done, e);
}

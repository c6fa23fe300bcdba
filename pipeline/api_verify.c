/* api_verify.c: is a run directory what its manifest says? Checksums of every frame and file, rows against
 * their sidecars, ids, each slot once and in its cell, drawn values equal to what (slot, attempt) draws, quotas
 * recounted from the rows, every rule but those of judges, the reply log, and the manifest's own counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/walk.h"

enum { MOST_SHOWN = 20 };

typedef struct verify {
    design g;
    run_json run;
    const char *dir;
    buf out;
    pop_form form;
    uint64_t wrong, rows, *got;
    uint8_t *seen; /* a bit a slot */
    arena *mem;
    drawer *drawer;
    recorded *recorded; /* by rules that do not reject */
} verify;

static void objection(verify *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void objection(verify *v, const char *fmt, ...) {
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (v->wrong++ >= MOST_SHOWN) return;
    if (v->form == POP_JSON) {
        buf_z(&v->out, "{\"wrong\":");
        buf_json(&v->out, str_of(text));
        buf_z(&v->out, "}\n");
    } else {
        buf_printf(&v->out, "wrong: %s\n", text);
    }
}

static void slot_check(verify *v, const record *r) {
    if (r->slot >= v->run.n) {
        objection(v, "slot %llu is beyond the %llu of the run", (unsigned long long)r->slot,
                  (unsigned long long)v->run.n);
        return;
    }
    uint8_t *byte = &v->seen[r->slot / 8], bit = (uint8_t)(1u << (r->slot % 8));
    if (*byte & bit) objection(v, "slot %llu has two personas", (unsigned long long)r->slot);
    *byte |= bit;
    uint32_t cell;
    uint64_t serial;
    plan_place(v->g.plan, r->slot, &cell, &serial);
    uint32_t has = plan_find(v->g.plan, r);
    if (has != cell) {
        buf want = {0}, is = {0};
        plan_cell_print(v->g.plan, cell, &want);
        if (has != UINT32_MAX) plan_cell_print(v->g.plan, has, &is);
        objection(v, "slot %llu belongs to cell " STR_FMT ", its persona to " STR_FMT,
                  (unsigned long long)r->slot, STR_ARG(buf_view(&want)), STR_ARG(buf_view(&is)));
        buf_free(&want);
        buf_free(&is);
    }
    if (has != UINT32_MAX) v->got[has]++;
}

/* Whom a persona knows is drawn; what the row does not say of them is in `again`, for the rules. */
static void links_check(verify *v, record *r, const record *again, const json *row) {
    if (!v->g.pop->links) return;
    buf want = {0}, is = {0};
    links_json(&want, again, v->g.run);
    json_write(&is, json_get(row, "links"));
    if (!str_eq(buf_view(&want), buf_view(&is)))
        objection(v, "slot %llu: its links are not what the population draws", (unsigned long long)r->slot);
    r->links = again->links;
    buf_free(&want);
    buf_free(&is);
}

/* What the engine draws is never the model's: it must come out the same again. */
static void skeleton_check(verify *v, record *r, const json *row) {
    record again;
    err e = {0};
    record_init(&again, v->g.pop, v->mem);
    if (!drawer_skeleton(v->drawer, r->slot, r->attempt, &again, &e)) {
        objection(v, "slot %llu: %s", (unsigned long long)r->slot, e.text);
        return;
    }
    r->left = again.left;
    if (v->g.pop->weighted && r->weight != again.weight)
        objection(v, "slot %llu has another weight than its cell", (unsigned long long)r->slot);
    for (uint32_t i = 0; i < v->g.pop->drawn_nodes; i++) {
        const node *n = &v->g.pop->node[i];
        if (n->leaf != NO_LEAF && n->owner == NO_FACET &&
            !value_same(&again.value[n->leaf], &r->value[n->leaf]))
            objection(v, "slot %llu: " STR_FMT " is not what slot and attempt draw",
                      (unsigned long long)r->slot, STR_ARG(n->path));
        if (n->leaf != NO_LEAF && n->owner != NO_FACET && record_left(&again, n->leaf) &&
            r->value[n->leaf].kind != V_NONE)
            objection(v, "slot %llu: " STR_FMT " is not among what was chosen", (unsigned long long)r->slot,
                      STR_ARG(n->path));
    }
    links_check(v, r, &again, row);
}

static void id_check(verify *v, const record *r, const json *row) {
    buf id = {0};
    record_id(v->g.pop, v->g.run, r->slot, &id);
    str has = json_str(row, "id");
    if (!str_eq(has, buf_view(&id)))
        objection(v, "slot %llu has id " STR_FMT ", not " STR_FMT, (unsigned long long)r->slot, STR_ARG(has),
                  STR_ARG(buf_view(&id)));
    buf_free(&id);
}

static void recorded_print(verify *v) {
    rule_counts c = recorded_counts(v->recorded, v->mem);
    if (v->form == POP_JSON) {
        buf_z(&v->out, ",\"recorded\":");
        rule_counts_json(&c, &v->out);
        return;
    }
    if (c.rules)
        buf_printf(&v->out, "recorded, not enforced: %llu of %llu personas break some rule\n",
                   (unsigned long long)c.personas, (unsigned long long)v->rows);
    for (size_t i = 0; i < c.rules; i++)
        buf_printf(&v->out, "  " STR_FMT ": %llu\n", STR_ARG(c.rule[i].rule),
                   (unsigned long long)c.rule[i].personas);
}

static bool row_check(void *arg, str line) {
    verify *v = arg;
    record r;
    json row;
    err e = {0};
    arena_reset(v->mem);
    v->rows++;
    if (!row_read(v->g.pop, line, v->mem, &r, &row, &e)) {
        objection(v, "row %llu: %s", (unsigned long long)v->rows, e.text);
        return true;
    }
    id_check(v, &r, &row);
    slot_check(v, &r);
    if (r.slot < v->run.n) skeleton_check(v, &r, &row);
    findings f;
    findings_init(&f, v->mem);
    rules_check_all(v->g.rules, &r, v->mem, &f);
    recorded_row(v->recorded, line, v->mem); /* what judges said is known there alone */
    for (size_t i = 0; i < f.n; i++)
        if (!f.row[i].hard)
            recorded_add(v->recorded, f.row[i].rule);
        else
            objection(v, "slot %llu: rule " STR_FMT ": " STR_FMT, (unsigned long long)r.slot,
                      STR_ARG(f.row[i].rule), STR_ARG(f.row[i].message));
    return true;
}

static void shards_check(verify *v, const shard_info *list, size_t n) {
    char path[4200];
    snprintf(path, sizeof path, "%s/shards", v->dir);
    for (size_t i = 0; i < n; i++) {
        err e = {0};
        shard *s = shard_open(path, list[i].index, &e);
        if (!s || !shard_verify(s, &list[i], &e)) objection(v, "%s", e.text);
        shard_close(s);
    }
}

/* The ledger is read first: a run that is working adds to the log meanwhile. --drop-replies leaves segments
 * away from 0 on. */
static void log_check(verify *v) {
    err e = {0};
    reply_line line;
    int k;
    int64_t segment = 0, bytes = 0;
    uint32_t first = 0;
    char path[4200];
    ledger *l = ledger_read_only(v->dir, &e);
    if (!l || !ledger_counter(l, "log.segment", &segment, &e) || !ledger_counter(l, "log.bytes", &bytes, &e))
        objection(v, "%s", e.text);
    ledger_close(l);
    for (; first < (uint32_t)segment; first++) {
        reply_segment_path(v->dir, first, path);
        if (access(path, F_OK) == 0) break;
    }
    reply_reader *r = reply_reader_open(v->dir, first, 0);
    while ((k = reply_reader_next(r, &line, &e)) == 1)
        if (line.slot >= v->run.n) objection(v, "the reply log holds slot %llu", (unsigned long long)line.slot);
    if (k < 0)
        objection(v, "%s", e.text);
    else if (!reply_reader_reached(r, (uint32_t)segment, (uint64_t)bytes))
        objection(v, "%s/replies is damaged or cut: %lld bytes of segment %lld were whole once", v->dir,
                  (long long)bytes, (long long)segment);
    reply_reader_close(r);
}

static void manifest_check(verify *v, const json *m, const shard_info *ledger_list, size_t n,
                           const shard_info *list, size_t listed) {
    int64_t accepted;
    if (listed > n) objection(v, "manifest.json lists %zu shards, the ledger %zu", listed, n);
    for (size_t i = 0; i < listed && i < n; i++)
        if (!hash_eq(list[i].raw_hash, ledger_list[i].raw_hash))
            objection(v, "manifest.json and the ledger differ on shard %zu", i);
    const json *done = json_get(m, "finished");
    if (done && done->kind == JSON_TRUE && json_i64(m, "accepted", &accepted) && (uint64_t)accepted != v->rows)
        objection(v, "manifest.json says %lld accepted, the shards hold %llu", (long long)accepted,
                  (unsigned long long)v->rows);
}

static bool lists_check(verify *v, err *e) {
    arena *mem = arena_new(0);
    ledger *l = ledger_read_only(v->dir, e);
    shard_info *list = NULL, *named = NULL;
    size_t n = 0, listed = 0;
    json m;
    bool ok = l && ledger_shards(l, mem, &list, &n, e);
    ledger_close(l);
    if (ok) {
        shards_check(v, list, n);
        err me = {0};
        if (manifest_read(v->dir, mem, &m, &named, &listed, &me))
            manifest_check(v, &m, list, n, named, listed);
        else if (n)
            objection(v, "%s", me.text);
    }
    arena_free(mem);
    return ok;
}

static uint64_t quotas_report(verify *v) {
    uint64_t gap = 0, shown = 0;
    for (uint32_t c = 0; c < plan_cells(v->g.plan); c++) {
        uint64_t asked = plan_quota(v->g.plan, c), got = v->got[c];
        if (got > asked) {
            buf cell = {0};
            plan_cell_print(v->g.plan, c, &cell);
            objection(v, "cell " STR_FMT " has %llu, its quota is %llu", STR_ARG(buf_view(&cell)),
                      (unsigned long long)got, (unsigned long long)asked);
            buf_free(&cell);
        } else if (got < asked) {
            gap += asked - got;
            if (v->form == POP_TEXT && shown++ < MOST_SHOWN) {
                buf_printf(&v->out, "open: %llu of %llu in ", (unsigned long long)(asked - got),
                           (unsigned long long)asked);
                plan_cell_print(v->g.plan, c, &v->out);
                buf_char(&v->out, '\n');
            }
        }
    }
    return gap;
}

int pop_verify(const char *dir, pop_form form, pop_sink out, pop_error *pe) {
    err e = {0};
    verify v = {.dir = dir, .form = form};
    if (!design_open(&v.g, dir, &v.run, &e)) return error_status(&e, pe);
    v.mem = arena_new(0);
    v.recorded = recorded_new();
    v.drawer = drawer_new(v.g.plan);
    v.got = xcalloc(plan_cells(v.g.plan), sizeof *v.got);
    v.seen = xcalloc((size_t)(v.run.n / 8 + 1), 1);
    bool ok = walk_rows(dir, row_check, &v, &e) && lists_check(&v, &e);
    if (ok) log_check(&v);
    uint64_t gap = ok ? quotas_report(&v) : 0;
    char open[40];
    snprintf(open, sizeof open, "%llu slot%s open", (unsigned long long)gap, plural(gap));
    if (ok && form == POP_JSON)
        buf_printf(&v.out, "{\"rows\":%llu,\"n\":%llu,\"cells\":%u,\"open\":%llu,\"wrong\":%llu",
                   (unsigned long long)v.rows, (unsigned long long)v.run.n, plan_cells(v.g.plan),
                   (unsigned long long)gap, (unsigned long long)v.wrong);
    if (ok) recorded_print(&v);
    if (ok && form == POP_JSON)
        buf_z(&v.out, "}\n");
    else if (ok)
        buf_printf(&v.out, "%llu of %llu personas, %u cell%s recounted: %s; %s\n", (unsigned long long)v.rows,
                   (unsigned long long)v.run.n, plan_cells(v.g.plan), plural(plan_cells(v.g.plan)),
                   gap ? open : "every quota is met exactly",
                   v.wrong ? "there is something wrong"
                   : gap   ? "nothing is wrong in what is written"
                           : "nothing is wrong");
    if (v.out.n) out.write(out.arg, v.out.p, v.out.n);
    if (ok && v.wrong)
        ok = err_set(&e, ERR_VERIFY, "what is listed above is damaged or was changed; restore it from a copy",
                     "%llu things are wrong in %s", (unsigned long long)v.wrong, dir);
    buf_free(&v.out);
    free(v.got);
    free(v.seen);
    drawer_free(v.drawer);
    recorded_free(v.recorded);
    arena_free(v.mem);
    design_free(&v.g);
    return ok ? 0 : error_status(&e, pe);
}

/* api_cat.c: personas as JSON lines or as cards; and the status of a run, from its status.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/walk.h"

typedef struct cat {
    const pop_cat_options *o;
    const population *pop;
    pop_sink out;
    arena *mem;
    uint64_t shown;
    err error;
} cat;

/* "person.age=14" or "age=14" against a row: a member at the top, else a path below `attributes`, printed
 * values compared. */
static bool where_holds(const json *row, str key, str want) {
    arena *mem = arena_new(0);
    const json *v = json_get(row, str_z(mem, key));
    if (!v) {
        v = json_get(row, "attributes");
        str rest = key, name;
        while (v && rest.n) {
            if (!str_cut(rest, '.', &name, &rest)) rest = (str){0};
            v = json_get(v, str_z(mem, name));
        }
    }
    bool same = false;
    if (v && v->kind == JSON_ARRAY) {
        for (uint32_t i = 0; i < v->n; i++) same = same || str_eq(v->item[i].text, want);
    } else if (v && (v->kind == JSON_TRUE || v->kind == JSON_FALSE)) {
        same = str_is(want, v->kind == JSON_TRUE ? "true" : "false");
    } else if (v) {
        same = v->kind == JSON_NULL ? want.n == 0 || str_is(want, "~") : str_eq(v->text, want);
    }
    arena_free(mem);
    return same;
}

static bool wanted(const cat *c, const json *row) {
    int64_t slot;
    if (c->o->has_slot && (!json_i64(row, "slot", &slot) || (uint64_t)slot != c->o->slot)) return false;
    for (size_t i = 0; i < c->o->wheres; i++) {
        str key, want;
        if (!str_cut(str_of(c->o->where[i]), '=', &key, &want) || !where_holds(row, key, want)) return false;
    }
    return true;
}

static bool cat_show(cat *c, str line, const json *row) {
    buf b = {0};
    bool ok = true;
    if (c->o->card) {
        record r;
        json parsed;
        ok = row_read(c->pop, line, c->mem, &r, &parsed, &c->error);
        if (ok) card_render(c->pop, &r, row, c->o->columns, c->o->color, &b);
        if (ok) buf_char(&b, '\n');
    } else {
        buf_str(&b, line);
        buf_char(&b, '\n');
    }
    ok = ok && c->out.write(c->out.arg, b.p, b.n);
    buf_free(&b);
    c->shown++;
    return ok && !(c->o->limit && c->shown >= c->o->limit) && !c->o->has_slot;
}

static bool cat_row(void *arg, str line) {
    cat *c = arg;
    arena_reset(c->mem);
    json row;
    bool plain = !c->o->card && !c->o->has_slot && c->o->wheres == 0;
    if (!plain && json_read(line, NULL, c->mem, &row, NULL) != JSON_FAULT_NONE)
        return err_set(&c->error, ERR_FORMAT, "`populace verify` tells where", "a row is not JSON");
    if (!plain && !wanted(c, &row)) return true;
    return cat_show(c, line, &row);
}

/* A sealed slot needs no walk: its sidecar knows the frame. */
static bool slot_sealed(cat *c, const char *dir, bool *found, err *e) {
    arena *mem = arena_new(0);
    ledger *l = ledger_read_only(dir, e);
    shard_info *list;
    size_t n;
    char path[4200];
    snprintf(path, sizeof path, "%s/shards", dir);
    bool ok = l && ledger_shards(l, mem, &list, &n, e);
    for (size_t i = 0; ok && !*found && i < n; i++) {
        if (c->o->slot < list[i].slot_min || c->o->slot > list[i].slot_max) continue;
        shard *s = shard_open(path, list[i].index, e);
        str row;
        ok = s != NULL;
        uint64_t at = ok ? shard_find(s, c->o->slot) : UINT64_MAX;
        if (at != UINT64_MAX) {
            *found = true;
            ok = shard_row(s, at, &row, e);
            if (ok) cat_row(c, row);
        }
        shard_close(s);
    }
    ledger_close(l);
    arena_free(mem);
    return ok;
}

int pop_cat(const char *dir, const pop_cat_options *o, pop_sink out, pop_error *pe) {
    design g = {0};
    run_json rj;
    err e = {0};
    if (!run_json_read(dir, &rj, &e) || (o->card && !design_open(&g, dir, &rj, &e)))
        return error_status(&e, pe);
    cat c = {.o = o, .pop = g.pop, .out = out, .mem = arena_new(0)};
    bool found = false;
    bool ok = true;
    for (size_t i = 0; ok && i < o->wheres; i++)
        if (!strchr(o->where[i], '='))
            ok = err_set(&e, ERR_USAGE, "for example --where grade=7", "--where %s has no =", o->where[i]);
    if (ok && o->has_slot) ok = slot_sealed(&c, dir, &found, &e);
    if (ok && !found) ok = walk_rows(dir, cat_row, &c, &e);
    if (ok && c.error.code != ERR_OK) {
        e = c.error;
        ok = false;
    }
    if (ok && o->has_slot && c.shown == 0)
        ok = err_set(&e, ERR_USAGE, "it may be in the making still, or given up",
                     "slot %llu has no accepted persona in %s", (unsigned long long)o->slot, dir);
    arena_free(c.mem);
    design_free(&g);
    return ok ? 0 : error_status(&e, pe);
}

static void status_text(const json *s, buf *b) {
    static const char *const key[] = {"state",
                                      "population",
                                      "model",
                                      "n",
                                      "accepted",
                                      "open",
                                      "rate_now",
                                      "rate_all",
                                      "eta_seconds",
                                      "calls_in_flight",
                                      "calls",
                                      "prompt_tokens",
                                      "completion_tokens",
                                      "revised",
                                      "duplicates",
                                      "failed",
                                      "worst_gap",
                                      "worst_cell",
                                      "last"};
    for (size_t i = 0; i < COUNT_OF(key); i++) {
        const json *v = json_get(s, key[i]);
        if (!v || v->kind == JSON_NULL || (v->kind == JSON_STRING && v->text.n == 0)) continue;
        buf_printf(b, "%-18s " STR_FMT "\n", key[i], STR_ARG(v->text));
    }
    static const char *const table[] = {"errors", "lost"};
    for (size_t t = 0; t < COUNT_OF(table); t++) {
        const json *v = json_get(s, table[t]);
        for (uint32_t i = 0; v && i < v->n; i++)
            buf_printf(b, "%s." STR_FMT "%*s" STR_FMT "\n", table[t], STR_ARG(v->member[i].key),
                       (int)(18 - strlen(table[t]) - (v->member[i].key.n < 16 ? v->member[i].key.n : 16)), "",
                       STR_ARG(v->member[i].value.text));
    }
}

int pop_status_read(const char *dir, pop_form form, pop_sink out, pop_error *pe) {
    run_json rj;
    err e = {0};
    char path[4200];
    if (!run_json_read(dir, &rj, &e)) return error_status(&e, pe);
    snprintf(path, sizeof path, "%s/status.json", dir);
    buf b = {0}, text = {0};
    arena *mem = arena_new(0);
    json s;
    bool ok = access(path, F_OK) == 0 ||
              err_set(&e, ERR_USAGE, "it is written a second after the start", "%s does not exist yet", path);
    ok = ok && file_read(path, 1 << 20, &b, &e);
    if (ok && json_read(buf_view(&b), NULL, mem, &s, NULL) != JSON_FAULT_NONE)
        ok = err_set(&e, ERR_FORMAT, NULL, "%s is damaged", path);
    if (ok && form == POP_TEXT) status_text(&s, &text);
    if (ok) out.write(out.arg, form == POP_JSON ? b.p : text.p, form == POP_JSON ? b.n : text.n);
    arena_free(mem);
    buf_free(&b);
    buf_free(&text);
    return ok ? 0 : error_status(&e, pe);
}

/* api_cat.c: personas as JSON lines or as cards, and other text made as safe to show as a card is.
 *
 * The ledger knows every accepted persona. Without it the manifest still lists what is sealed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/walk.h"

typedef struct cat {
    const pop_cat_options *o;
    const population *pop; /* NULL: not needed, or damaged and not indispensable */
    pop_sink out;
    arena *mem;
    uint64_t shown, seen;
    bool found;     /* the slot asked for, in a shard */
    bool known[64]; /* one a --where: some row has such a column or attribute */
    err error;
} cat;

static bool scalar_is(const json *v, str want) {
    if (v->kind == JSON_TRUE || v->kind == JSON_FALSE)
        return str_is(want, v->kind == JSON_TRUE ? "true" : "false");
    if (v->kind == JSON_NULL) return want.n == 0 || str_is(want, "~");
    return str_eq(v->text, want);
}

/* A path into objects; of a list some element passes. */
static bool json_holds(const json *v, str path, str want, bool *known) {
    str name, rest;
    bool same = false;
    if (v->kind == JSON_ARRAY) {
        if (!path.n) *known = true;
        for (uint32_t i = 0; i < v->n; i++) same = json_holds(&v->item[i], path, want, known) || same;
        return same;
    }
    if (!path.n) {
        *known = true;
        return scalar_is(v, want);
    }
    if (!str_cut(path, '.', &name, &rest)) rest = (str){0};
    for (uint32_t i = 0; v->kind == JSON_OBJECT && i < v->n; i++)
        if (str_eq(v->member[i].key, name)) return json_holds(&v->member[i].value, rest, want, known);
    return false;
}

/* "event.2.topic" is of the path "event.topic". */
static bool same_path(str full, str path) {
    str name, part;
    while (full.n) {
        if (!str_cut(full, '.', &name, &full)) full = (str){0};
        bool number = name.n && name.p[0] >= '0' && name.p[0] <= '9';
        if (number) continue;
        if (!str_cut(path, '.', &part, &path)) path = (str){0};
        if (!str_eq(name, part)) return false;
    }
    return !path.n;
}

/* A number as it is printed, with its unit or without. */
static bool pair_is(str text, str want) {
    dec number;
    if (str_eq(text, want)) return true;
    return dec_parse(want, &number) && text.n > want.n && text.p[want.n] == ' ' &&
           str_eq(str_part(text, 0, want.n), want);
}

/* Pairs hold what the persona has: what none of them names has no value. */
static bool pairs_hold(const json *pairs, str path, str want, bool *known) {
    bool there = false, same = false;
    for (uint32_t i = 0; i < pairs->n; i++) {
        str full = json_str(&pairs->item[i], "path");
        if (!str_eq(full, path) && !same_path(full, path)) continue;
        there = *known = true;
        same = same || pair_is(json_str(&pairs->item[i], "value"), want);
    }
    return there ? same : want.n == 0 || str_is(want, "~");
}

/* "age=14" or "home.size=3" against a row: a member at the top, else a path below `attributes`, printed values
 * compared. */
static bool where_holds(const json *row, str key, str want, bool *known) {
    const json *attributes = json_get(row, "attributes");
    str name, rest = {0};
    if (!str_cut(key, '.', &name, &rest)) rest = (str){0};
    for (uint32_t i = 0; i < row->n; i++) {
        if (!str_eq(row->member[i].key, name) || str_is(name, "attributes")) continue;
        bool here = false, holds = json_holds(row, key, want, &here);
        if (!here && rest.n) break; /* a column may have the name of a section */
        *known = *known || here;
        return holds;
    }
    if (!attributes) return false;
    return attributes->kind == JSON_ARRAY ? pairs_hold(attributes, key, want, known)
                                          : json_holds(attributes, key, want, known);
}

/* The path of an attribute that stands in a column is that column. */
static str column_of(const population *p, str key) {
    for (uint32_t i = 0; p && i < p->columns; i++)
        if (str_eq(leaf_node(p, p->column[i].leaf)->path, key)) return p->column[i].name;
    return key;
}

static bool wanted(cat *c, const json *row) {
    int64_t slot;
    if (c->o->has_slot && (!json_i64(row, "slot", &slot) || (uint64_t)slot != c->o->slot)) return false;
    bool all = true;
    for (size_t i = 0; i < c->o->wheres; i++) {
        str key, want;
        all = str_cut(str_of(c->o->where[i]), '=', &key, &want) &&
              where_holds(row, column_of(c->pop, key), want, &c->known[i]) && all;
    }
    return all;
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
    c->seen++;
    if (!plain && !wanted(c, &row)) return true;
    return cat_show(c, line, &row);
}

/* The slot asked for, which the sidecar knows the place of, or every row. false: an error, or enough. */
static bool shard_show(cat *c, shard *s, err *e) {
    uint64_t from = 0, end = shard_rows(s);
    if (c->o->has_slot) {
        from = shard_find(s, c->o->slot);
        c->found = from != UINT64_MAX;
        end = c->found ? from + 1 : from;
    }
    for (uint64_t i = from; i < end; i++) {
        str row;
        if (!shard_row(s, i, &row, e) || !cat_row(c, row)) return false;
    }
    return true;
}

static bool sealed_show(cat *c, const char *dir, const shard_info *list, size_t n, err *e) {
    char path[4200];
    snprintf(path, sizeof path, "%s/shards", dir);
    bool go = true;
    for (size_t i = 0; go && !c->found && i < n; i++) {
        if (c->o->has_slot && (c->o->slot < list[i].slot_min || c->o->slot > list[i].slot_max)) continue;
        shard *s = shard_open(path, list[i].index, e);
        go = s && shard_show(c, s, e);
        shard_close(s);
    }
    return e->code == ERR_OK;
}

static bool ledger_lost(const char *dir) {
    char path[4200];
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    return access(path, F_OK) != 0 && errno == ENOENT;
}

static bool manifest_show(cat *c, const char *dir, err *e) {
    arena *mem = arena_new(0);
    json top;
    shard_info *list;
    size_t n;
    char line[4400];
    snprintf(line, sizeof line,
             "%s/ledger.db is missing: shown is what manifest.json lists as sealed; personas that were not "
             "sealed are not shown",
             dir);
    bool ok = manifest_read(dir, mem, &top, &list, &n, e);
    if (ok && c->o->say) c->o->say(c->o->arg, line);
    ok = ok && sealed_show(c, dir, list, n, e);
    arena_free(mem);
    return ok;
}

/* A sealed slot needs no walk. */
static bool slot_show(cat *c, const char *dir, err *e) {
    arena *mem = arena_new(0);
    ledger *l = ledger_read_only(dir, e);
    shard_info *list;
    size_t n;
    bool ok = l && ledger_shards(l, mem, &list, &n, e) && sealed_show(c, dir, list, n, e);
    ledger_close(l);
    arena_free(mem);
    return ok;
}

static bool all_show(cat *c, const char *dir, err *e) {
    if (ledger_lost(dir)) return manifest_show(c, dir, e);
    if (c->o->has_slot && !slot_show(c, dir, e)) return false;
    return c->found || walk_rows(dir, cat_row, c, e);
}

static bool wheres_check(const pop_cat_options *o, err *e) {
    for (size_t i = 0; i < o->wheres; i++)
        if (!strchr(o->where[i], '='))
            return err_set(e, ERR_USAGE, "for example --where grade=7", "--where %s has no =", o->where[i]);
    return o->wheres <= COUNT_OF(((cat *)0)->known) ||
           err_set(e, ERR_USAGE, NULL, "%zu --where: at most %zu", o->wheres, COUNT_OF(((cat *)0)->known));
}

/* Nothing was shown: a word that is wrong looks like nobody who fits. */
static bool nothing_told(const cat *c, uint64_t n, const char *dir, err *e) {
    const pop_cat_options *o = c->o;
    if (o->has_slot && o->slot >= n)
        return err_set(e, ERR_USAGE, NULL, "slot %llu: the slots of %s are 0 to %llu",
                       (unsigned long long)o->slot, dir, (unsigned long long)n - 1);
    if (o->has_slot)
        return err_set(e, ERR_USAGE, "it may be in the making still, or given up",
                       "slot %llu has no accepted persona in %s", (unsigned long long)o->slot, dir);
    for (size_t i = 0; i < o->wheres && c->seen; i++)
        if (!c->known[i])
            return err_set(e, ERR_USAGE, "`populace cat DIR --limit 1` shows what there is",
                           "--where %s: no persona in %s has such a column or attribute", o->where[i], dir);
    return true;
}

static bool names_paths(const pop_cat_options *o) {
    for (size_t i = 0; i < o->wheres; i++)
        if (strchr(o->where[i], '.')) return true;
    return false;
}

/* The frozen population without a plan. It only says which paths are columns: where it is damaged rows are
 * shown all the same. */
static void columns_load(design *g, const char *dir, uint64_t seed) {
    char path[4200];
    err unread = {0};
    diags d;
    diags_init(&d);
    snprintf(path, sizeof path, "%s/population/population.json", dir);
    if (!design_load(g, path, NULL, 0, 0, seed, &d, &unread)) *g = (design){0};
    diags_free(&d);
}

int pop_cat(const char *dir, const pop_cat_options *o, pop_sink out, pop_error *pe) {
    design g = {0};
    run_json rj;
    err e = {0};
    if (!run_json_read(dir, &rj, &e) || (o->card && !design_open(&g, dir, &rj, &e)))
        return error_status(&e, pe);
    if (!o->card && names_paths(o)) columns_load(&g, dir, rj.seed);
    cat c = {.o = o, .pop = g.pop, .out = out, .mem = arena_new(0)};
    bool ok = wheres_check(o, &e) && all_show(&c, dir, &e);
    if (ok && c.error.code != ERR_OK) {
        e = c.error;
        ok = false;
    }
    if (ok && c.shown == 0) ok = nothing_told(&c, rj.n, dir, &e);
    arena_free(c.mem);
    design_free(&g);
    return ok ? 0 : error_status(&e, pe);
}

/* ---- text of others -------------------------------------------------------------------------------------- */

uint32_t pop_text_line(const char *text, size_t n, uint32_t cells, char *out, size_t size) {
    buf b = {0};
    uint32_t used = card_line((str){text, n}, cells, &b);
    size_t kept = b.n < size ? b.n : size - 1;
    if (kept < b.n)
        while (kept > 0 && ((unsigned char)b.p[kept] & 0xC0) == 0x80) kept--;
    if (kept) memcpy(out, b.p, kept);
    out[kept] = '\0';
    buf_free(&b);
    return used;
}

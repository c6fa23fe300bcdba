/* manifest_read.c: the shards that DIR/manifest.json lists. What else stands there is the caller's, in the
 * tree. */
#include "out/out.h"

#include <stdio.h>
#include <string.h>

enum { MANIFEST_MOST = 1 << 30, SHARDS_MOST = 1 << 20 };
#define HINT "restore it from a copy, or run again: it is written anew at the next seal"

static bool bad(err *e, const char *path, size_t shard_no, const char *what) {
    return err_set(e, ERR_FORMAT, HINT, "%s: shard %zu in the list: %s", path, shard_no, what);
}

static bool get_count(const json *o, const char *key, uint64_t *out) {
    int64_t v;
    if (!json_i64(o, key, &v) || v < 0) return false;
    *out = (uint64_t)v;
    return true;
}

static bool get_range(const json *o, const char *key, uint64_t *lo, uint64_t *hi) {
    const json *v = json_get(o, key);
    int64_t a, b;
    if (!v || v->kind != JSON_ARRAY || v->n != 2) return false;
    if (v->item[0].kind != JSON_NUMBER || v->item[1].kind != JSON_NUMBER) return false;
    if (!str_i64(v->item[0].text, &a) || !str_i64(v->item[1].text, &b) || a < 0 || b < a) return false;
    *lo = (uint64_t)a;
    *hi = (uint64_t)b;
    return true;
}

/* "shards/shard-00012.jsonl.zst" -> 12: only the names that this program gives. */
static bool get_index(const json *o, const char *key, bool side, uint32_t *out) {
    str s = json_str(o, key);
    int64_t v;
    char name[64];
    str digits, rest;
    if (!str_starts(s, "shards/shard-")) return false;
    s = str_part(s, strlen("shards/"), s.n);
    if (!str_cut(str_part(s, strlen("shard-"), s.n), '.', &digits, &rest)) return false;
    if (!str_i64(digits, &v) || v < 0 || v >= SHARDS_MOST) return false;
    shard_name((uint32_t)v, side, name);
    *out = (uint32_t)v;
    return str_is(s, name);
}

static bool read_shard(const json *o, const char *path, size_t i, shard_info *s, err *e) {
    uint32_t side;
    if (!get_index(o, "file", false, &s->index) || !get_index(o, "sidecar", true, &side) || side != s->index)
        return bad(e, path, i, "`file` and `sidecar` are no names of a shard");
    if (!get_count(o, "rows", &s->rows) || !get_count(o, "bytes", &s->bytes) ||
        !get_count(o, "zbytes", &s->zbytes) || !get_count(o, "sidecar_bytes", &s->sidecar_bytes))
        return bad(e, path, i, "`rows`, `bytes`, `zbytes` and `sidecar_bytes` are to be counts");
    if (!hash_parse(json_str(o, "xxh3"), &s->raw_hash) ||
        !hash_parse(json_str(o, "file_xxh3"), &s->file_hash) ||
        !hash_parse(json_str(o, "sidecar_xxh3"), &s->sidecar_hash))
        return bad(e, path, i, "`xxh3`, `file_xxh3` and `sidecar_xxh3` are to be 32 hex digits");
    return (get_range(o, "slots", &s->slot_min, &s->slot_max) &&
            get_range(o, "positions", &s->pos_first, &s->pos_last)) ||
           bad(e, path, i, "`slots` and `positions` are to be two numbers each");
}

static bool read_top(const json *top, const char *path, arena *a, shard_info **shards, size_t *n, err *e) {
    int64_t version;
    const json *list = json_get(top, "shards");
    if (!json_i64(top, "populace", &version) || !list || list->kind != JSON_ARRAY)
        return err_set(e, ERR_FORMAT, HINT, "%s is no manifest: it has no `populace` or no `shards`", path);
    if (version != 1)
        return err_set(e, ERR_FORMAT, "read it with the populace that wrote it, or a later one",
                       "%s has version %lld, this populace reads 1", path, (long long)version);
    *n = list->n;
    *shards = arena_new_of(a, shard_info, list->n);
    for (uint32_t i = 0; i < list->n; i++)
        if (!read_shard(&list->item[i], path, i, &(*shards)[i], e)) return false;
    return true;
}

bool manifest_read(const char *dir, arena *a, json *top, shard_info **list, size_t *shards, err *e) {
    const char *path = path_join(a, dir, "manifest.json");
    buf b = {0};
    bool ok = file_read(path, MANIFEST_MOST, &b, e);
    size_t at = 0;
    *shards = 0;
    *list = NULL;
    if (ok) {
        /* the tree borrows from the text, so the text lives where the tree does */
        str text = str_dup(a, buf_view(&b));
        json_fault fault = json_read(text, NULL, a, top, &at);
        if (fault == JSON_FAULT_NONE && str_trim(str_part(text, at, text.n)).n) fault = JSON_FAULT_TRAILING;
        ok = fault == JSON_FAULT_NONE ? read_top(top, path, a, list, shards, e)
                                      : err_set(e, ERR_FORMAT, HINT, "%s is not JSON: %s at byte %zu", path,
                                                json_fault_text(fault), at);
    }
    buf_free(&b);
    return ok;
}

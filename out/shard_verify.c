/* shard_verify.c: everything in a shard read and compared with everything that is said about it; and rows read
 * from a shard that has lost its sidecar.
 */
#include "out/shard_parts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define HINT_OTHER "it is not the file that was sealed: restore it from a copy"

static bool other(err *e, const char *path, const char *what) {
    return err_set(e, ERR_VERIFY, HINT_OTHER, "%s: %s", path, what);
}

static bool hash_differs(err *e, const char *path, const char *what, hash128 is, hash128 want) {
    char a[33], b[33];
    hash_hex(is, a);
    hash_hex(want, b);
    return err_set(e, ERR_VERIFY, HINT_OTHER, "%s: the XXH3-128 of %s is %s, recorded was %s", path, what, a,
                   b);
}

static bool file_hash(const char *path, uint64_t bytes, hash128 *out, err *e) {
    XXH3_state_t *h = XXH3_createState();
    char *chunk = xmalloc(SHARD_FRAME);
    bool ok = h != NULL;
    if (!ok) abort();
    XXH3_128bits_reset(h);
    for (uint64_t at = 0; ok && at < bytes; at += SHARD_FRAME) {
        size_t n = bytes - at < SHARD_FRAME ? (size_t)(bytes - at) : SHARD_FRAME;
        ok = shard_bytes(path, at, chunk, n, e);
        if (ok) XXH3_128bits_update(h, chunk, n);
    }
    XXH128_hash_t v = XXH3_128bits_digest(h);
    *out = (hash128){v.low64, v.high64};
    XXH3_freeState(h);
    free(chunk);
    return ok;
}

/* ---- rows against the sidecar ---------------------------------------------------------------------------- */

typedef struct place {
    uint64_t slot;
    uint32_t attempt;
    bool taken;
} place;

/* Row -> slot and attempt, from the index by slot. */
static place *places_of(const shard *s, err *e) {
    place *list = xcalloc(s->side.info.rows + 1, sizeof *list);
    for (uint64_t k = 0; k < s->side.info.rows; k++) {
        uint64_t slot;
        uint32_t row, attempt;
        sidecar_slot(&s->side, k, &slot, &row, &attempt);
        if (list[row].taken) {
            shard_damaged(e, s->side_path, "row %u belongs to slot %llu and to slot %llu", row,
                          (unsigned long long)list[row].slot, (unsigned long long)slot);
            free(list);
            return NULL;
        }
        list[row] = (place){slot, attempt, true};
    }
    return list;
}

static bool row_agrees(const shard *s, uint64_t i, str row, const place *want, arena *mem, err *e) {
    json j;
    size_t at = 0;
    arena_reset(mem);
    json_fault fault = json_read(row, NULL, mem, &j, &at);
    if (fault != JSON_FAULT_NONE || at != row.n)
        return shard_damaged(e, s->path, "row %llu is not JSON: %s at byte %zu", (unsigned long long)i,
                             json_fault_text(fault ? fault : JSON_FAULT_TRAILING), at);
    int64_t slot = -1, attempt = -1;
    json_i64(&j, "slot", &slot);
    json_i64(json_get(&j, "provenance"), "attempt", &attempt);
    if (json_str(&j, "id").n == 0)
        return shard_damaged(e, s->path, "row %llu has no id", (unsigned long long)i);
    if (slot < 0 || (uint64_t)slot != want->slot || attempt != want->attempt)
        return shard_damaged(e, s->path,
                             "row %llu is of slot %lld, attempt %lld; its sidecar says slot %llu, attempt %u",
                             (unsigned long long)i, (long long)slot, (long long)attempt,
                             (unsigned long long)want->slot, want->attempt);
    return true;
}

static bool frame_agrees(shard *s, uint64_t frame, const place *places, arena *mem, err *e) {
    if (!shard_frame(s, frame, e)) return false;
    if (seek_check(buf_view(&s->raw)) != s->table.check[frame])
        return shard_damaged(e, s->path, "frame %llu has another checksum than the seek table",
                             (unsigned long long)frame);
    uint64_t first = sidecar_first(&s->side, frame);
    for (uint64_t k = 0; k < s->lines; k++) {
        str row = str_part(buf_view(&s->raw), s->line[k], s->line[k + 1] - 1);
        if (!row_agrees(s, first + k, row, &places[first + k], mem, e)) return false;
    }
    return true;
}

static bool rows_verify(shard *s, err *e) {
    place *places = places_of(s, e);
    if (!places) return false;
    XXH3_state_t *h = XXH3_createState();
    if (!h) abort();
    XXH3_128bits_reset(h);
    arena *mem = arena_new(0);
    bool ok = true;
    for (uint64_t f = 0; ok && f < s->table.frames; f++) {
        ok = frame_agrees(s, f, places, mem, e);
        if (ok) XXH3_128bits_update(h, s->raw.p, s->raw.n);
    }
    XXH128_hash_t v = XXH3_128bits_digest(h);
    hash128 raw = {v.low64, v.high64};
    if (ok && !hash_eq(raw, s->side.info.raw_hash))
        ok = hash_differs(e, s->path, "its rows", raw, s->side.info.raw_hash);
    XXH3_freeState(h);
    arena_free(mem);
    free(places);
    return ok;
}

static bool sketches_verify(shard *s, err *e) {
    char *all = xmalloc(s->side.end - s->side.sketches + 1);
    bool ok = shard_bytes(s->side_path, s->side.sketches, all, s->side.end - s->side.sketches, e);
    for (uint64_t i = 0; ok && i < s->side.info.rows; i++)
        if (!sidecar_sketch_fits(&s->side, i, all + i * SHARD_SKETCH))
            ok = shard_damaged(e, s->side_path, "the sketch of row %llu is not what was written",
                               (unsigned long long)i);
    free(all);
    return ok;
}

/* ---- against what ledger and manifest say ---------------------------------------------------------------- */

static bool counts_same(const shard *s, const shard_info *want, err *e) {
    const shard_info *is = &s->side.info;
    const struct {
        const char *name;
        uint64_t is, want;
    } row[] = {{"rows", is->rows, want->rows},
               {"bytes of rows", is->bytes, want->bytes},
               {"bytes", is->zbytes, want->zbytes},
               {"bytes of its sidecar", is->sidecar_bytes, want->sidecar_bytes},
               {"as lowest slot", is->slot_min, want->slot_min},
               {"as highest slot", is->slot_max, want->slot_max},
               {"as first position", is->pos_first, want->pos_first},
               {"as last position", is->pos_last, want->pos_last}};
    for (size_t i = 0; i < COUNT_OF(row); i++)
        if (row[i].is != row[i].want)
            return err_set(e, ERR_VERIFY, HINT_OTHER, "%s has %llu %s, recorded was %llu", s->path,
                           (unsigned long long)row[i].is, row[i].name, (unsigned long long)row[i].want);
    return is->index == want->index || other(e, s->path, "it is another shard's file");
}

static bool hashes_same(const shard *s, const shard_info *want, hash128 file, hash128 side, err *e) {
    if (!hash_eq(file, s->side.info.file_hash))
        return hash_differs(e, s->path, "the file", file, s->side.info.file_hash);
    if (!want) return true;
    if (!hash_eq(file, want->file_hash)) return hash_differs(e, s->path, "the file", file, want->file_hash);
    if (!hash_eq(s->side.info.raw_hash, want->raw_hash))
        return hash_differs(e, s->path, "its rows", s->side.info.raw_hash, want->raw_hash);
    return hash_eq(side, want->sidecar_hash) ||
           hash_differs(e, s->side_path, "the file", side, want->sidecar_hash);
}

bool shard_verify(shard *s, const shard_info *want, err *e) {
    hash128 file, side;
    return (!want || counts_same(s, want, e)) && rows_verify(s, e) && sketches_verify(s, e) &&
           file_hash(s->path, s->side.info.zbytes, &file, e) &&
           file_hash(s->side_path, s->side.end, &side, e) && hashes_same(s, want, file, side, e);
}

/* ---- without a sidecar ----------------------------------------------------------------------------------- */

enum { SCAN_MOST = 1 << 30 };

static bool frame_scan(const char *path, str raw, bool (*each)(void *, str), void *arg, bool *go, err *e) {
    while (*go && raw.n) {
        const char *stop = memchr(raw.p, '\n', raw.n);
        if (!stop) return shard_damaged(e, path, "a frame ends within a row");
        size_t n = (size_t)(stop - raw.p);
        *go = each(arg, str_part(raw, 0, n));
        raw = str_part(raw, n + 1, raw.n);
    }
    return true;
}

bool shard_scan(const char *path, bool (*each)(void *arg, str row), void *arg, err *e) {
    buf file = {0}, raw = {0};
    size_t at = 0;
    frame_state state = FRAME_WHOLE;
    bool go = true, ok = file_read(path, SCAN_MOST, &file, e);
    while (ok && go) {
        buf_reset(&raw);
        size_t from = at;
        state = frame_next(buf_view(&file), &at, SCAN_MOST, &raw);
        if (state == FRAME_END) break;
        if (state == FRAME_TORN)
            ok = shard_damaged(e, path, "what starts at byte %zu is no whole frame", from);
        else
            ok = frame_scan(path, buf_view(&raw), each, arg, &go, e);
    }
    buf_free(&file);
    buf_free(&raw);
    return ok;
}

/* sidecar.c: shard-NNNNN.sig, what is known of a shard's personas without reading their rows.
 *
 * All numbers little endian, offsets in bytes from the start, every byte of the file under some checksum:
 *
 *       0   8  "POPSIG\r\n"
 *       8   4  version, 1
 *      12   4  number of the shard
 *      16   8  rows
 *      24   8  frames of the shard
 *      32   8  raw bytes of the shard
 *      40   8  its size as a file
 *      48  16  XXH3-128 of the raw bytes (low half, high half)
 *      64  16  XXH3-128 of the file
 *      80  16  hash of the IDF table that the signatures were made with
 *      96  16  hash of the run
 *     112  16  lowest and highest slot
 *     128  16  position of the first and of the last row
 *     144  48  offsets of hot, exact, slots, firsts, checks, sketches
 *     192   8  size of this file
 *     200  16  XXH3-128 of the bytes from 256 to the sketches
 *     216  32  zeros
 *     248   8  XXH3-64 of the 248 bytes before
 *
 *     hot      48 a row, in the order of acceptance      } opaque here: written by the dedup gate,
 *     exact    72 a row                                  } whose integers are little endian
 *     slots    16 a row, by rising slot: slot (8), row (4), attempt (4)
 *     firsts    8 a frame: its first row
 *     checks    4 a row: low half of XXH3-64 of its sketch; then zeros to a multiple of 8
 *     sketches 512 a row
 *
 * The parts stand in this order without gaps, so the offsets follow from the counts and are checked against
 * them. All but the sketches is read and checked when a shard is opened; a sketch is checked when it is read.
 *
 * Crash: the sidecar is published whole before its shard, so a shard under its final name has one. One without
 * a shard is left over from a crash and is not listed in the ledger. A sidecar carries all that the ledger's
 * row of the shard holds, so that a lost ledger can be made again.
 */
#include "out/shard_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "POPSIG\r\n"
enum { VERSION = 1, SLOT = 16, FIRST = 8, CHECK = 4, AT_SUM = 248 };

/* Offsets follow from the counts. */
static void lay_out(sidecar *s) {
    uint64_t rows = s->info.rows;
    s->hot = SIDECAR_HEAD;
    s->exact = s->hot + rows * SHARD_HOT;
    s->slots = s->exact + rows * SHARD_EXACT;
    s->firsts = s->slots + rows * SLOT;
    s->checks = s->firsts + s->frames * FIRST;
    s->sketches = (s->checks + rows * CHECK + 7) / 8 * 8;
    s->end = s->sketches + rows * SHARD_SKETCH;
}

static str part(const void *p, size_t n) {
    return (str){p, n};
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static void put_hash(buf *out, hash128 h) {
    put64(out, h.lo);
    put64(out, h.hi);
}

static void put_head(const sidecar *s, hash128 warm, buf *out) {
    const shard_info *i = &s->info;
    size_t begin = out->n;
    const uint64_t size[] = {i->rows, s->frames, i->bytes, i->zbytes};
    const uint64_t range[] = {i->slot_min, i->slot_max, i->pos_first, i->pos_last};
    const uint64_t at[] = {s->hot, s->exact, s->slots, s->firsts, s->checks, s->sketches, s->end};
    buf_put(out, MAGIC, 8);
    put32(out, VERSION);
    put32(out, i->index);
    for (size_t k = 0; k < COUNT_OF(size); k++) put64(out, size[k]);
    put_hash(out, i->raw_hash);
    put_hash(out, i->file_hash);
    put_hash(out, s->idf);
    put_hash(out, s->run);
    for (size_t k = 0; k < COUNT_OF(range); k++) put64(out, range[k]);
    for (size_t k = 0; k < COUNT_OF(at); k++) put64(out, at[k]);
    put_hash(out, warm);
    while (out->n < begin + AT_SUM) buf_char(out, 0);
    put64(out, hash_64(part(out->p + begin, AT_SUM), 0));
}

typedef struct slot_row {
    uint64_t slot;
    uint32_t row, attempt;
} slot_row;

static int by_slot(const void *a, const void *b) {
    uint64_t x = ((const slot_row *)a)->slot, y = ((const slot_row *)b)->slot;
    return (x > y) - (x < y);
}

static void put_slots(const shard_item *item, uint64_t rows, buf *out) {
    slot_row *list = xcalloc(rows + 1, sizeof *list);
    for (uint64_t i = 0; i < rows; i++) list[i] = (slot_row){item[i].slot, (uint32_t)i, item[i].attempt};
    qsort(list, rows, sizeof *list, by_slot);
    for (uint64_t i = 0; i < rows; i++) {
        assert(i == 0 || list[i].slot != list[i - 1].slot);
        put64(out, list[i].slot);
        put32(out, list[i].row);
        put32(out, list[i].attempt);
    }
    free(list);
}

static uint32_t check_of(const void *sketch) {
    return (uint32_t)hash_64(part(sketch, SHARD_SKETCH), 0);
}

void sidecar_build(const sidecar *head, const shard_item *item, const uint64_t *frame_first, buf *out) {
    sidecar s = *head;
    lay_out(&s);
    uint64_t rows = s.info.rows;
    buf warm = {0};
    buf_reserve(&warm, s.sketches - SIDECAR_HEAD);
    for (uint64_t i = 0; i < rows; i++) buf_put(&warm, item[i].hot, SHARD_HOT);
    for (uint64_t i = 0; i < rows; i++) buf_put(&warm, item[i].exact, SHARD_EXACT);
    put_slots(item, rows, &warm);
    for (uint64_t i = 0; i < s.frames; i++) put64(&warm, frame_first[i]);
    for (uint64_t i = 0; i < rows; i++) put32(&warm, check_of(item[i].sketch));
    while (warm.n % 8) buf_char(&warm, 0);
    buf_reserve(out, s.end);
    put_head(&s, hash_128(buf_view(&warm)), out);
    buf_str(out, buf_view(&warm));
    for (uint64_t i = 0; i < rows; i++) buf_put(out, item[i].sketch, SHARD_SKETCH);
    buf_free(&warm);
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static hash128 get_hash(const char *p) {
    return (hash128){get64(p), get64(p + 8)};
}

static bool layout_fits(const sidecar *s, const char *head, uint64_t file_bytes) {
    const uint64_t at[] = {s->hot, s->exact, s->slots, s->firsts, s->checks, s->sketches, s->end};
    for (size_t k = 0; k < COUNT_OF(at); k++)
        if (get64(head + 144 + 8 * k) != at[k]) return false;
    return s->end == file_bytes;
}

bool sidecar_head_read(str head, uint64_t file_bytes, const char *path, sidecar *out, err *e) {
    const char *p = head.p;
    *out = (sidecar){0};
    if (head.n != SIDECAR_HEAD || memcmp(p, MAGIC, 8) != 0)
        return shard_damaged(e, path, "it does not begin as a sidecar does");
    if (get32(p + 8) != VERSION)
        return err_set(e, ERR_FORMAT, "read it with the populace that wrote it, or a later one",
                       "%s has version %u, this populace reads %d", path, get32(p + 8), VERSION);
    if (hash_64(part(p, AT_SUM), 0) != get64(p + AT_SUM))
        return shard_damaged(e, path, "the checksum of its head is wrong");
    shard_info *i = &out->info;
    *i = (shard_info){.index = get32(p + 12),
                      .rows = get64(p + 16),
                      .bytes = get64(p + 32),
                      .zbytes = get64(p + 40),
                      .raw_hash = get_hash(p + 48),
                      .file_hash = get_hash(p + 64),
                      .sidecar_bytes = file_bytes,
                      .slot_min = get64(p + 112),
                      .slot_max = get64(p + 120),
                      .pos_first = get64(p + 128),
                      .pos_last = get64(p + 136)};
    out->frames = get64(p + 24);
    out->idf = get_hash(p + 80);
    out->run = get_hash(p + 96);
    out->warm_hash = get_hash(p + 200);
    if (i->rows > SIDECAR_ROWS_MOST || out->frames > i->rows || (i->rows > 0 && out->frames == 0))
        return shard_damaged(e, path, "its counts are out of range: %llu rows, %llu frames",
                             (unsigned long long)i->rows, (unsigned long long)out->frames);
    lay_out(out);
    if (!layout_fits(out, p, file_bytes))
        return shard_damaged(e, path, "it has %llu bytes, its %llu rows need %llu",
                             (unsigned long long)file_bytes, (unsigned long long)i->rows,
                             (unsigned long long)out->end);
    return true;
}

void sidecar_slot(const sidecar *s, uint64_t k, uint64_t *slot, uint32_t *row, uint32_t *attempt) {
    const unsigned char *p = s->warm + (s->slots - SIDECAR_HEAD) + k * SLOT;
    *slot = get64(p);
    *row = get32(p + 8);
    *attempt = get32(p + 12);
}

uint64_t sidecar_first(const sidecar *s, uint64_t frame) {
    return frame == s->frames ? s->info.rows : get64(s->warm + (s->firsts - SIDECAR_HEAD) + frame * FIRST);
}

static bool slots_fit(const sidecar *s) {
    uint64_t before = 0, slot = 0;
    uint32_t row, attempt;
    for (uint64_t k = 0; k < s->info.rows; k++, before = slot) {
        sidecar_slot(s, k, &slot, &row, &attempt);
        if (row >= s->info.rows || (k > 0 && slot <= before) || (k == 0 && slot != s->info.slot_min))
            return false;
    }
    return s->info.rows == 0 || slot == s->info.slot_max;
}

static bool frames_fit(const sidecar *s) {
    if (s->frames == 0) return true;
    if (sidecar_first(s, 0) != 0) return false;
    for (uint64_t f = 0; f < s->frames; f++)
        if (sidecar_first(s, f) >= sidecar_first(s, f + 1)) return false;
    return true;
}

bool sidecar_warm_read(sidecar *s, str warm, const char *path, err *e) {
    if (warm.n != s->sketches - SIDECAR_HEAD || !hash_eq(hash_128(warm), s->warm_hash))
        return shard_damaged(e, path, "the checksum of its signatures is wrong");
    s->warm = (const unsigned char *)warm.p;
    if (!slots_fit(s)) return shard_damaged(e, path, "its slots are out of order or out of range");
    if (!frames_fit(s)) return shard_damaged(e, path, "its frames are out of order or out of range");
    return true;
}

const void *sidecar_hot(const sidecar *s, uint64_t row) {
    return s->warm + (s->hot - SIDECAR_HEAD) + row * SHARD_HOT;
}

const void *sidecar_exact(const sidecar *s, uint64_t row) {
    return s->warm + (s->exact - SIDECAR_HEAD) + row * SHARD_EXACT;
}

uint64_t sidecar_find(const sidecar *s, uint64_t slot) {
    uint64_t lo = 0, hi = s->info.rows, at;
    uint32_t row, attempt;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        sidecar_slot(s, mid, &at, &row, &attempt);
        if (at == slot) return row;
        if (at < slot)
            lo = mid + 1;
        else
            hi = mid;
    }
    return UINT64_MAX;
}

uint64_t sidecar_frame(const sidecar *s, uint64_t row) {
    uint64_t lo = 0, hi = s->frames;
    while (hi - lo > 1) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (sidecar_first(s, mid) <= row)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

bool sidecar_sketch_fits(const sidecar *s, uint64_t row, const void *sketch) {
    return get32(s->warm + (s->checks - SIDECAR_HEAD) + row * CHECK) == check_of(sketch);
}

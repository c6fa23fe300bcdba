/* shard_seal.c: accepted personas become shard-NNNNN.jsonl.zst and its sidecar.
 *
 * A shard is a sequence of zstd frames of about 1 MB of rows each, with content size and checksum, rows never
 * divided between two frames, each row with its line end; then the seek table (seek_table.c). Plain zstd reads
 * it as one JSON-lines file.
 *
 * Order: frames go to the shard's .tmp as they fill; then the table; then the sidecar is written, synced and
 * renamed; then the shard is synced and renamed. So at any moment a shard under its final name is whole and has
 * its sidecar. A crash before the last rename leaves a .tmp, perhaps with a sidecar: neither is listed
 * anywhere, and sealing again makes the same bytes.
 *
 * Level 5, because packing runs on the thread that decides. Measured: one thread of a 2-core cloud machine,
 * both busy; 8,192 rows of 5 KB (40 MB) of generated English in 1 MB frames; the share is of the 4.1 s in which
 * 2,000 personas/s fill a shard, and sealing is to stay below 15 % of that:
 *
 *     level        1     3     4     5     6     7     9
 *     MB/s       252   153   156    84    55    48    33
 *     ratio     2.92  3.35  3.38  3.52  3.66  3.75  3.81
 *     share, %   3.8   6.3   6.2  11.6  17.5  20.3  29.4      packing alone; all of a seal at level 5: 14
 *
 * With shard_writer rows are packed as they are accepted: the work is the same, but it comes a frame (12 ms) at
 * a time, no more than a frame is held, and what is left at the seal is one frame, the sidecar and the syncs.
 */
#include "out/shard_parts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { LEVEL = 5 };

struct shard_writer {
    char *dir, *path; /* of the .tmp */
    uint32_t index;
    int fd;
    buf raw, packed;
    seek_table table;
    uint64_t *first; /* row that a frame begins with */
    uint64_t rows, frame_rows, bytes, zbytes;
    XXH3_state_t *raw_hash, *file_hash;
};

void shard_name(uint32_t index, bool side, char out[64]) {
    snprintf(out, 64, "shard-%05u.%s", index, side ? "sig" : "jsonl.zst");
}

static XXH3_state_t *hash_new(void) {
    XXH3_state_t *h = XXH3_createState();
    if (!h) abort();
    XXH3_128bits_reset(h);
    return h;
}

static hash128 hash_end(const XXH3_state_t *h) {
    XXH128_hash_t v = XXH3_128bits_digest(h);
    return (hash128){v.low64, v.high64};
}

void shard_writer_free(shard_writer *w) {
    if (!w) return;
    if (w->fd >= 0) {
        close(w->fd);
        unlink(w->path); /* on a full disk the half-written file would keep the space that a checkpoint needs */
    }
    XXH3_freeState(w->raw_hash);
    XXH3_freeState(w->file_hash);
    seek_table_free(&w->table);
    buf_free(&w->raw);
    buf_free(&w->packed);
    free(w->first);
    free(w->dir);
    free(w->path);
    free(w);
}

shard_writer *shard_writer_new(const char *dir, uint32_t index, err *e) {
    char name[64];
    buf path = {0};
    shard_name(index, false, name);
    buf_printf(&path, "%s/%s.tmp", dir, name);
    buf_char(&path, 0);
    shard_writer *w = xcalloc(1, sizeof *w);
    w->path = path.p;
    w->dir = strdup(dir);
    if (!w->dir) abort();
    w->index = index;
    w->raw_hash = hash_new();
    w->file_hash = hash_new();
    do w->fd = open(w->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    while (w->fd < 0 && errno == EINTR);
    if (w->fd >= 0) return w;
    err_errno(e, errno, "cannot create", w->path);
    shard_writer_free(w);
    return NULL;
}

static bool write_out(shard_writer *w, str bytes, err *e) {
    XXH3_128bits_update(w->file_hash, bytes.p, bytes.n);
    w->zbytes += bytes.n;
    return file_write_all(w->fd, bytes.p, bytes.n, w->path, e);
}

static bool frame_close(shard_writer *w, err *e) {
    if (w->frame_rows == 0) return true;
    str raw = buf_view(&w->raw);
    buf_reset(&w->packed);
    frame_pack(&w->packed, raw, LEVEL);
    w->first = xrealloc(w->first, (w->table.frames + 1) * sizeof *w->first);
    w->first[w->table.frames] = w->rows - w->frame_rows;
    seek_table_add(&w->table, w->packed.n, raw.n, seek_check(raw));
    XXH3_128bits_update(w->raw_hash, raw.p, raw.n);
    w->bytes += raw.n;
    w->frame_rows = 0;
    buf_reset(&w->raw);
    return write_out(w, buf_view(&w->packed), e);
}

bool shard_writer_row(shard_writer *w, str row, err *e) {
    if (row.n >= SHARD_ROW_MOST)
        return err_set(e, ERR_INTERNAL, "shorten its texts by rules on their length",
                       "a row of %zu bytes is longer than a shard can hold (%d)", row.n, SHARD_ROW_MOST);
    if (w->raw.n && w->raw.n + row.n + 1 > SHARD_FRAME && !frame_close(w, e)) return false;
    buf_str(&w->raw, row);
    buf_char(&w->raw, '\n');
    w->rows++;
    w->frame_rows++;
    return true;
}

static void info_of_items(const shard_item *item, size_t items, shard_info *info) {
    if (items == 0) return;
    info->slot_min = info->slot_max = item[0].slot;
    for (size_t i = 1; i < items; i++) {
        if (item[i].slot < info->slot_min) info->slot_min = item[i].slot;
        if (item[i].slot > info->slot_max) info->slot_max = item[i].slot;
    }
    info->pos_first = item[0].pos;
    info->pos_last = item[items - 1].pos;
}

static bool sidecar_publish(shard_writer *w, const sidecar *head, const shard_item *item, shard_info *info,
                            err *e) {
    buf b = {0};
    char name[64];
    sidecar_build(head, item, w->first, &b);
    shard_name(w->index, true, name);
    info->sidecar_hash = hash_128(buf_view(&b));
    info->sidecar_bytes = b.n;
    bool ok = file_publish(w->dir, name, buf_view(&b), e);
    buf_free(&b);
    return ok;
}

bool shard_writer_seal(shard_writer *w, const shard_item *item, size_t items, hash128 idf, hash128 run,
                       shard_info *out, err *e) {
    assert(items == w->rows);
    if (!frame_close(w, e)) return false;
    buf_reset(&w->packed);
    seek_table_put(&w->table, &w->packed);
    if (!write_out(w, buf_view(&w->packed), e)) return false;
    shard_info info = {.index = w->index,
                       .rows = w->rows,
                       .bytes = w->bytes,
                       .zbytes = w->zbytes,
                       .raw_hash = hash_end(w->raw_hash),
                       .file_hash = hash_end(w->file_hash)};
    info_of_items(item, items, &info);
    sidecar head = {.info = info, .idf = idf, .run = run, .frames = w->table.frames};
    if (!sidecar_publish(w, &head, item, &info, e)) return false;
    crash_point("shard:after_sidecar");
    char name[64], tmp[72];
    shard_name(w->index, false, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", name);
    if (!file_publish_fd(w->fd, w->dir, tmp, name, e)) return false;
    crash_point("shard:after_rename");
    close(w->fd);
    w->fd = -1;
    *out = info;
    return true;
}

bool shard_seal(const char *dir, uint32_t index, const shard_item *item, size_t items, hash128 idf, hash128 run,
                shard_info *out, err *e) {
    shard_writer *w = shard_writer_new(dir, index, e);
    bool ok = w != NULL;
    for (size_t i = 0; ok && i < items; i++) ok = shard_writer_row(w, item[i].row, e);
    ok = ok && shard_writer_seal(w, item, items, idf, run, out, e);
    shard_writer_free(w);
    return ok;
}

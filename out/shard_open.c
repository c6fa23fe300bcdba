/* shard_open.c: a sealed shard opened by its sidecar and seek table, and rows found in it.
 *
 * Invariant: once open, every count and offset has been checked against the sizes of both files, so that what
 * is read later can be damaged but not out of range. Files are opened for each read and closed again: a run of
 * a million has more than a hundred shards, and its connections need the descriptors.
 */
#include "out/shard_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool shard_damaged(err *e, const char *path, const char *fmt, ...) {
    char what[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(e, ERR_FORMAT, "restore shard and sidecar from a copy; `populace verify` checks them all",
                   "%s is damaged: %s", path, what);
}

static int open_read(const char *path, err *e) {
    int fd;
    do fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) err_errno(e, errno, "cannot open", path);
    return fd;
}

bool shard_bytes(const char *path, uint64_t at, void *to, size_t n, err *e) {
    int fd = open_read(path, e);
    if (fd < 0) return false;
    size_t got = 0;
    bool ok = true;
    while (ok && got < n) {
        ssize_t k = pread(fd, (char *)to + got, n - got, (off_t)(at + got));
        if (k < 0 && errno == EINTR) continue;
        if (k < 0)
            ok = err_errno(e, errno, "cannot read", path);
        else if (k == 0)
            ok = shard_damaged(e, path, "it ends at byte %llu", (unsigned long long)(at + got));
        else
            got += (size_t)k;
    }
    close(fd);
    return ok;
}

static bool file_bytes(const char *path, uint64_t *out, err *e) {
    struct stat st;
    if (stat(path, &st) != 0) return err_errno(e, errno, "cannot open", path);
    if (!S_ISREG(st.st_mode)) return err_set(e, ERR_FORMAT, NULL, "%s is no file", path);
    *out = (uint64_t)st.st_size;
    return true;
}

static bool sidecar_open(shard *s, uint32_t index, err *e) {
    char head[SIDECAR_HEAD];
    uint64_t size = 0;
    if (!file_bytes(s->side_path, &size, e)) return false;
    if (size < SIDECAR_HEAD)
        return shard_damaged(e, s->side_path, "it has only %llu bytes", (unsigned long long)size);
    if (!shard_bytes(s->side_path, 0, head, sizeof head, e)) return false;
    if (!sidecar_head_read((str){head, sizeof head}, size, s->side_path, &s->side, e)) return false;
    if (s->side.info.index != index)
        return shard_damaged(e, s->side_path, "it belongs to shard %u, not %u", s->side.info.index, index);
    size_t warm = s->side.sketches - SIDECAR_HEAD;
    s->warm = xmalloc(warm + 1);
    return shard_bytes(s->side_path, SIDECAR_HEAD, s->warm, warm, e) &&
           sidecar_warm_read(&s->side, (str){(char *)s->warm, warm}, s->side_path, e);
}

static bool table_open(shard *s, err *e) {
    const shard_info *i = &s->side.info;
    char foot[SEEK_FOOTER];
    uint64_t size = 0;
    if (!file_bytes(s->path, &size, e)) return false;
    if (size != i->zbytes || size < SEEK_FOOTER)
        return shard_damaged(e, s->path, "it has %llu bytes, its sidecar says %llu", (unsigned long long)size,
                             (unsigned long long)i->zbytes);
    if (!shard_bytes(s->path, size - SEEK_FOOTER, foot, sizeof foot, e)) return false;
    uint64_t n = seek_table_size((str){foot, sizeof foot}, size);
    if (n == 0) return shard_damaged(e, s->path, "there is no seek table at its end");
    char *data = xmalloc(n);
    bool ok =
        shard_bytes(s->path, size - n, data, n, e) && (seek_table_read((str){data, n}, size, &s->table) ||
                                                       shard_damaged(e, s->path, "its seek table is damaged"));
    free(data);
    if (ok && (s->table.frames != s->side.frames || s->table.raw_at[s->table.frames] != i->bytes))
        ok = shard_damaged(e, s->path, "its seek table and its sidecar disagree: %u frames or %llu",
                           s->table.frames, (unsigned long long)s->side.frames);
    return ok;
}

static char *path_of(const char *dir, uint32_t index, bool side) {
    char name[64];
    buf b = {0};
    shard_name(index, side, name);
    buf_printf(&b, "%s/%s", dir, name);
    buf_char(&b, 0);
    return b.p;
}

shard *shard_open(const char *dir, uint32_t index, err *e) {
    shard *s = xcalloc(1, sizeof *s);
    s->path = path_of(dir, index, false);
    s->side_path = path_of(dir, index, true);
    s->frame = UINT64_MAX;
    if (sidecar_open(s, index, e) && table_open(s, e)) return s;
    shard_close(s);
    return NULL;
}

void shard_close(shard *s) {
    if (!s) return;
    seek_table_free(&s->table);
    buf_free(&s->raw);
    buf_free(&s->packed);
    free(s->warm);
    free(s->line);
    free(s->path);
    free(s->side_path);
    free(s);
}

uint64_t shard_rows(const shard *s) {
    return s->side.info.rows;
}

hash128 shard_idf(const shard *s) {
    return s->side.idf;
}

hash128 shard_run(const shard *s) {
    return s->side.run;
}

shard_info shard_says(const shard *s) {
    return s->side.info;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* Where the rows of the loaded frame start: as many lines as the sidecar says, the last one ended. */
static bool lines_find(shard *s, uint64_t frame, err *e) {
    uint64_t want = sidecar_first(&s->side, frame + 1) - sidecar_first(&s->side, frame), n = 0;
    const char *p = s->raw.p, *end = p + s->raw.n;
    if (want > s->raw.n)
        return shard_damaged(e, s->path, "frame %llu has fewer rows than the sidecar says",
                             (unsigned long long)frame);
    s->line = xrealloc(s->line, (want + 1) * sizeof *s->line);
    s->line[0] = 0;
    for (const char *at = p; at < end; n++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop || n == want)
            return shard_damaged(e, s->path, "frame %llu does not hold the %llu rows that the sidecar says",
                                 (unsigned long long)frame, (unsigned long long)want);
        at = stop + 1;
        s->line[n + 1] = (uint32_t)(at - p);
    }
    s->lines = n;
    return n == want ||
           shard_damaged(e, s->path, "frame %llu has %llu rows, the sidecar says %llu",
                         (unsigned long long)frame, (unsigned long long)n, (unsigned long long)want);
}

bool shard_frame(shard *s, uint64_t frame, err *e) {
    if (s->frame == frame) return true;
    uint64_t at = s->table.z_at[frame];
    size_t z = (size_t)(s->table.z_at[frame + 1] - at),
           raw = (size_t)(s->table.raw_at[frame + 1] - s->table.raw_at[frame]);
    s->frame = UINT64_MAX;
    buf_reset(&s->raw);
    buf_reset(&s->packed);
    buf_reserve(&s->packed, z);
    if (!shard_bytes(s->path, at, s->packed.p, z, e)) return false;
    s->packed.n = z;
    size_t end = 0;
    if (frame_next(buf_view(&s->packed), &end, raw, &s->raw) != FRAME_WHOLE || end != z || s->raw.n != raw)
        return shard_damaged(e, s->path, "frame %llu at byte %llu does not unpack", (unsigned long long)frame,
                             (unsigned long long)at);
    if (!lines_find(s, frame, e)) return false;
    s->frame = frame;
    return true;
}

bool shard_row(shard *s, uint64_t i, str *row, err *e) {
    if (i >= s->side.info.rows)
        return err_set(e, ERR_INTERNAL, NULL, "row %llu of %llu in %s", (unsigned long long)i,
                       (unsigned long long)s->side.info.rows, s->path);
    uint64_t frame = sidecar_frame(&s->side, i);
    if (!shard_frame(s, frame, e)) return false;
    uint64_t k = i - sidecar_first(&s->side, frame);
    *row = str_part(buf_view(&s->raw), s->line[k], s->line[k + 1] - 1);
    return true;
}

uint64_t shard_find(const shard *s, uint64_t slot) {
    return sidecar_find(&s->side, slot);
}

const void *shard_hot(const shard *s, uint64_t i) {
    return sidecar_hot(&s->side, i);
}

const void *shard_exact(const shard *s, uint64_t i) {
    return sidecar_exact(&s->side, i);
}

bool shard_sketch(shard *s, uint64_t i, void *out, err *e) {
    if (i >= s->side.info.rows)
        return err_set(e, ERR_INTERNAL, NULL, "sketch %llu of %llu in %s", (unsigned long long)i,
                       (unsigned long long)s->side.info.rows, s->side_path);
    uint64_t at = s->side.sketches + i * SHARD_SKETCH;
    if (!shard_bytes(s->side_path, at, out, SHARD_SKETCH, e)) return false;
    return sidecar_sketch_fits(&s->side, i, out) ||
           shard_damaged(e, s->side_path, "the sketch of row %llu at byte %llu is not what was written",
                         (unsigned long long)i, (unsigned long long)at);
}

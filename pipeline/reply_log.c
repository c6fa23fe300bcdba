/* reply_log.c: every paid reply, once, in the order of use.
 *
 * Format. DIR/replies/replies-NNNNN.jsonl.zst, segments of about 64 MB. A segment is a sequence of zstd frames
 * with content checksum; a frame is one commit group; its content is one JSON object a line:
 *   {"slot":0,"attempt":0,"step":0,"round":0,"pos":0,"req":"<32
 * hex>","outcome":"reply","finish":"stop","model":"m",
 *    "endpoint":"http://...","usage":{"prompt":1,"completion":2,"cached":0,"reasoning":0},"ms":12,"text":"..."}
 * Keys always in this order; version 1 is told by run.json. Valid is the longest prefix of whole frames of the
 * last segment; all other segments are whole. Less than what the ledger knows as durable is not a torn end but
 * damage.
 *
 * Why a crash cannot break it: a group becomes visible to decisions only after fdatasync of its frame. A torn
 * frame (power, kill, full disk) is behind the last synced one, nothing durable was derived from it, and it is
 * cut off on the next open. Appending starts only behind that cut, so a whole frame never follows a torn one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

enum { SEGMENT_BYTES = 64 << 20, FRAME_CONTENT = 64 << 20, LOG_LEVEL = 3 };

struct reply_log {
    char *dir;
    int fd;
    uint32_t segment;
    uint64_t bytes; /* whole frames in the current segment */
    buf group, frame;
    size_t lines;
    bool broken; /* a sync failed: nothing more is written */
};

uint64_t reply_key(uint64_t slot, uint32_t attempt, uint32_t step, uint32_t round) {
    return slot << 28 | (uint64_t)(attempt & 1023) << 18 | (uint64_t)(step & 255) << 10 | (round & 1023);
}

void reply_segment_path(const char *dir, uint32_t segment, char out[4200]) {
    snprintf(out, 4200, "%s/replies/replies-%05u.jsonl.zst", dir, segment);
}

static void segment_path(const reply_log *l, char out[4200]) {
    reply_segment_path(l->dir, l->segment, out);
}

static bool segment_open(reply_log *l, err *e) {
    char path[4200];
    segment_path(l, path);
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->fd < 0) return err_errno(e, errno, "cannot open the reply log", path);
    return file_sync_dir(l->dir, e);
}

/* The longest prefix of whole frames of the current segment; what follows is cut off, if it was never known as
 * durable. */
static bool segment_cut(reply_log *l, uint64_t known, err *e) {
    char path[4200];
    segment_path(l, path);
    buf all = {0}, content = {0};
    bool ok = file_read(path, (size_t)4 << 30, &all, e);
    size_t at = 0;
    while (ok && frame_next(buf_view(&all), &at, REPLY_FRAME_MOST, &content) == FRAME_WHOLE)
        buf_reset(&content);
    buf_free(&content);
    l->bytes = at;
    /* an empty file is how a user says that its replies are to be asked again */
    if (ok && at < known && all.n > 0)
        ok = err_set(e, ERR_FORMAT,
                     "restore it from a copy; to have its replies asked again, put an empty file there",
                     "%s is damaged at byte %zu: %llu bytes of it were whole, and nothing is cut off", path, at,
                     (unsigned long long)known);
    if (ok && at < all.n && ftruncate(l->fd, (off_t)at) != 0)
        ok = err_errno(e, errno, "cannot cut the reply log", path);
    if (ok && lseek(l->fd, (off_t)at, SEEK_SET) < 0)
        ok = err_errno(e, errno, "cannot seek in the reply log", path);
    buf_free(&all);
    return ok;
}

/* UINT32_MAX: there is none. */
static uint32_t last_segment(const char *dir) {
    uint32_t last = UINT32_MAX;
    DIR *d = opendir(dir);
    if (!d) return last;
    for (struct dirent *x; (x = readdir(d));) {
        unsigned k;
        int end = 0;
        if (sscanf(x->d_name, "replies-%5u.jsonl.zst%n", &k, &end) == 1 && x->d_name[end] == '\0' && end > 0)
            if (last == UINT32_MAX || k > last) last = k;
    }
    closedir(d);
    return last;
}

reply_log *reply_log_open(const char *dir, uint32_t segment, uint64_t bytes, err *e) {
    reply_log *l = xcalloc(1, sizeof *l);
    l->fd = -1;
    l->dir = xstrdup(dir);
    char path[4200];
    snprintf(path, sizeof path, "%s/replies", dir);
    if (!file_make_dir(path, e)) goto fail;
    uint32_t last = last_segment(path);
    l->segment = last == UINT32_MAX ? 0 : last;
    if (l->segment < segment || (last == UINT32_MAX && bytes > 0)) {
        l->segment = segment;
        segment_path(l, path);
        err_set(e, ERR_FORMAT,
                "restore it from a copy; to have its replies asked again, put an empty file there",
                "%s is missing", path);
        goto fail;
    }
    if (!segment_open(l, e) || !segment_cut(l, last == segment ? bytes : 0, e)) goto fail;
    return l;
fail:
    reply_log_close(l);
    return NULL;
}

static void hash_put(buf *b, hash128 h) {
    char hex[33];
    hash_hex(h, hex);
    buf_z(b, hex);
}

void reply_log_add(reply_log *l, const reply_line *r) {
    buf *b = &l->group;
    buf_printf(b, "{\"slot\":%llu,\"attempt\":%u,\"step\":%u,\"round\":%u,\"pos\":%llu,\"req\":\"",
               (unsigned long long)r->slot, r->attempt, r->step, r->round, (unsigned long long)r->pos);
    hash_put(b, r->req);
    buf_printf(b, "\",\"outcome\":\"%s\",\"finish\":", outcome_name(r->outcome));
    buf_json(b, r->finish);
    buf_z(b, ",\"model\":");
    buf_json(b, r->model);
    buf_z(b, ",\"endpoint\":");
    buf_json(b, r->endpoint);
    buf_printf(b,
               ",\"usage\":{\"prompt\":%llu,\"completion\":%llu,\"cached\":%llu,\"reasoning\":%llu},\"ms\":%u,"
               "\"text\":",
               (unsigned long long)r->usage.prompt, (unsigned long long)r->usage.completion,
               (unsigned long long)r->usage.cached, (unsigned long long)r->usage.reasoning, r->ms);
    buf_json(b, r->text);
    buf_z(b, "}\n");
    l->lines++;
}

size_t reply_log_pending(const reply_log *l) {
    return l->lines;
}

/* Back to the last whole frame: the short write that precedes ENOSPC leaves a torn one, and nothing may follow
 * that. */
static void cut_back(reply_log *l) {
    if (ftruncate(l->fd, (off_t)l->bytes) != 0 || lseek(l->fd, (off_t)l->bytes, SEEK_SET) < 0) l->broken = true;
}

/* Where the next frame of the group ends: at a line, so that no frame is larger than readers take. */
static size_t frame_end(const buf *group, size_t at) {
    if (group->n - at <= FRAME_CONTENT) return group->n;
    const char *end = memrchr(group->p + at, '\n', FRAME_CONTENT);
    if (!end) end = memchr(group->p + at, '\n', group->n - at);
    return end ? (size_t)(end - group->p) + 1 : group->n;
}

static bool group_write(reply_log *l, err *e) {
    char path[4200];
    uint64_t written = 0;
    segment_path(l, path);
    for (size_t at = 0, end; at < l->group.n; at = end) {
        end = frame_end(&l->group, at);
        buf_reset(&l->frame);
        frame_pack(&l->frame, (str){l->group.p + at, end - at}, LOG_LEVEL);
        if (!file_write_all(l->fd, l->frame.p, l->frame.n, path, e)) {
            cut_back(l);
            return false;
        }
        written += l->frame.n;
    }
    crash_point("log:before_sync");
    if (fdatasync(l->fd) != 0) {
        int why = errno;
        /* what of it reached the disk is unknown, and a second sync would lie: the frames go, and none follows
         */
        l->broken = true;
        cut_back(l);
        return err_errno(e, why, "cannot sync the reply log", path);
    }
    l->bytes += written;
    return true;
}

bool reply_log_sync(reply_log *l, err *e) {
    if (l->lines == 0) return true;
    if (l->broken) return err_set(e, ERR_IO, NULL, "the reply log in %s could not be synced", l->dir);
    if (!group_write(l, e)) return false;
    crash_point("log:after_sync");
    buf_reset(&l->group);
    l->lines = 0;
    if (l->bytes < SEGMENT_BYTES) return true;
    close(l->fd);
    l->segment++;
    l->bytes = 0;
    return segment_open(l, e);
}

uint32_t reply_log_segment(const reply_log *l) {
    return l->segment;
}

uint64_t reply_log_bytes(const reply_log *l) {
    return l->bytes;
}

void reply_log_close(reply_log *l) {
    if (!l) return;
    if (l->fd >= 0) close(l->fd);
    buf_free(&l->group);
    buf_free(&l->frame);
    free(l->dir);
    free(l);
}

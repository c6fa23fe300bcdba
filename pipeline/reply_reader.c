/* reply_reader.c: the reply log read in order (format: reply_log.c), one frame in memory at a time. The log is
 * one that a person may have touched: every line is read strictly, and one that is not a reply is an error with
 * its place.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

struct reply_reader {
    char *dir;
    uint32_t segment;
    buf file, group;
    size_t at;      /* in file: next frame */
    size_t line_at; /* in group: next line */
    uint64_t lines;
    uint64_t offset; /* where the first segment begins to be read */
    bool opened;
    uint32_t whole_segment; /* up to here all frames were whole */
    uint64_t whole_bytes;
    arena *mem;
};

reply_reader *reply_reader_open(const char *dir, uint32_t first, uint64_t offset) {
    reply_reader *r = xcalloc(1, sizeof *r);
    r->dir = xstrdup(dir);
    r->segment = first;
    r->offset = offset;
    r->mem = arena_new(0);
    return r;
}

/* 1: the next segment is loaded, 0: there is none. */
static int segment_load(reply_reader *r, err *e) {
    char path[4200];
    reply_segment_path(r->dir, r->segment, path);
    buf_reset(&r->file);
    r->at = 0;
    if (access(path, F_OK) != 0) return 0;
    if (!file_read(path, (size_t)4 << 30, &r->file, e)) return -1;
    r->opened = true;
    r->at = r->offset < r->file.n ? (size_t)r->offset : r->file.n;
    r->offset = 0;
    return 1;
}

/* Only the last segment may end in a torn frame. */
static bool tail_check(const reply_reader *r, err *e) {
    char path[4200], next[4200];
    reply_segment_path(r->dir, r->segment, path);
    reply_segment_path(r->dir, r->segment + 1, next);
    return access(next, F_OK) != 0 ||
           err_set(e, ERR_FORMAT,
                   "restore it from a copy; to have its replies asked again, put an empty file there",
                   "%s is damaged at byte %zu", path, r->at);
}

static int group_load(reply_reader *r, err *e) {
    for (;;) {
        if (!r->opened) {
            int k = segment_load(r, e);
            if (k <= 0) return k;
        }
        buf_reset(&r->group);
        r->line_at = 0;
        frame_state state = frame_next(buf_view(&r->file), &r->at, REPLY_FRAME_MOST, &r->group);
        r->whole_segment = r->segment;
        r->whole_bytes = r->at;
        if (state == FRAME_WHOLE) return 1;
        if (state == FRAME_TORN && !tail_check(r, e)) return -1;
        r->opened = false; /* the end of this segment, or its torn tail */
        r->segment++;
    }
}

static bool line_read(const json *j, reply_line *out) {
    int64_t slot, attempt, step, round, pos, ms, v;
    const json *u = json_get(j, "usage");
    if (!json_i64(j, "slot", &slot) || !json_i64(j, "attempt", &attempt) || !json_i64(j, "step", &step) ||
        !json_i64(j, "round", &round) || !json_i64(j, "pos", &pos) || !json_i64(j, "ms", &ms) || !u ||
        !hash_parse(json_str(j, "req"), &out->req) || !outcome_parse(json_str(j, "outcome"), &out->outcome) ||
        slot < 0 || pos < 0 || attempt < 0 || step < 0 || round < 0 || ms < 0)
        return false;
    out->slot = (uint64_t)slot;
    out->pos = (uint64_t)pos;
    out->attempt = (uint32_t)attempt;
    out->step = (uint16_t)step;
    out->round = (uint16_t)round;
    out->ms = (uint32_t)ms;
    out->finish = json_str(j, "finish");
    out->model = json_str(j, "model");
    out->endpoint = json_str(j, "endpoint");
    out->text = json_str(j, "text");
    out->usage = (usage){.calls = 1};
    if (json_i64(u, "prompt", &v)) out->usage.prompt = (uint64_t)v;
    if (json_i64(u, "completion", &v)) out->usage.completion = (uint64_t)v;
    if (json_i64(u, "cached", &v)) out->usage.cached = (uint64_t)v;
    if (json_i64(u, "reasoning", &v)) out->usage.reasoning = (uint64_t)v;
    return true;
}

int reply_reader_next(reply_reader *r, reply_line *out, err *e) {
    while (r->line_at >= r->group.n) {
        int k = group_load(r, e);
        if (k <= 0) return k;
    }
    const char *line = r->group.p + r->line_at;
    size_t left = r->group.n - r->line_at;
    const char *end = memchr(line, '\n', left);
    size_t n = end ? (size_t)(end - line) : left;
    r->line_at += n + (end ? 1 : 0);
    r->lines++;
    arena_reset(r->mem);
    json j;
    if (json_read((str){line, n}, NULL, r->mem, &j, NULL) != JSON_FAULT_NONE || !line_read(&j, out)) {
        char path[4200];
        reply_segment_path(r->dir, r->segment, path);
        err_set(e, ERR_FORMAT,
                "the directory was changed by hand or by another program; restore it from a copy",
                "%s: line %llu of this reading is not a reply", path, (unsigned long long)r->lines);
        return -1;
    }
    return 1;
}

uint32_t reply_reader_segment(const reply_reader *r) {
    return r->segment;
}

bool reply_reader_reached(const reply_reader *r, uint32_t segment, uint64_t bytes) {
    return r->whole_segment > segment || (r->whole_segment == segment && r->whole_bytes >= bytes);
}

void reply_reader_close(reply_reader *r) {
    if (!r) return;
    buf_free(&r->file);
    buf_free(&r->group);
    arena_free(r->mem);
    free(r->dir);
    free(r);
}

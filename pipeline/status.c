/* status.c: DIR/status.json, renamed into place once a second, and DIR/events.jsonl, one line a change of
 * state.
 *
 * status.json: one object, the members of pop_status under their names; numbers as numbers, null for unknown.
 * It is for displays: written without sync, and a failure to write it is nobody's error. events.jsonl:
 * {"time","event","text"} a line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

static void counts_json(buf *b, const char *key, const pop_count *c, size_t n) {
    buf_printf(b, ",\"%s\":{", key);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s\"%s\":%llu", i ? "," : "", c[i].name, (unsigned long long)c[i].n);
    buf_char(b, '}');
}

static void text_json(buf *b, const char *key, const char *text) {
    buf_printf(b, ",\"%s\":", key);
    buf_json(b, str_of(text));
}

void status_json(const pop_status *s, buf *b) {
    buf_z(b, "{\"state\":");
    buf_json(b, str_of(s->state));
    text_json(b, "population", s->population);
    text_json(b, "model", s->model);
    buf_printf(b, ",\"n\":%llu,\"accepted\":%llu,\"open\":%llu,\"given_up\":%llu,\"head\":%llu,\"pass\":%u",
               (unsigned long long)s->n, (unsigned long long)s->accepted, (unsigned long long)s->open,
               (unsigned long long)s->given_up, (unsigned long long)s->head, s->pass);
    buf_printf(b, ",\"seconds\":%.1f,\"rate_now\":%.3f,\"rate_all\":%.3f,\"eta_seconds\":", s->seconds,
               s->rate_now, s->rate_all);
    if (s->eta_seconds < 0)
        buf_z(b, "null");
    else
        buf_printf(b, "%.0f", s->eta_seconds);
    buf_printf(b, ",\"slots_in_flight\":%u,\"calls_in_flight\":%u,\"call_limit\":%u,\"calls_waiting\":%u",
               s->slots_in_flight, s->calls_in_flight, s->call_limit, s->calls_waiting);
    buf_printf(b, ",\"calls\":%llu,\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"cached_tokens\":%llu",
               (unsigned long long)s->calls, (unsigned long long)s->prompt_tokens,
               (unsigned long long)s->completion_tokens, (unsigned long long)s->cached_tokens);
    buf_printf(b, ",\"revised\":%llu,\"duplicates\":%llu,\"failed\":%llu,\"worst_gap\":%.3f",
               (unsigned long long)s->revised, (unsigned long long)s->duplicates, (unsigned long long)s->failed,
               s->worst_gap);
    text_json(b, "worst_cell", s->worst_cell);
    counts_json(b, "errors", s->error, s->errors);
    counts_json(b, "lost", s->reason, s->reasons);
    if (s->money < 0)
        buf_z(b, ",\"money\":null");
    else
        buf_printf(b, ",\"money\":%.6f", s->money);
    text_json(b, "last", s->last);
    buf_z(b, "}\n");
}

void status_write(const char *dir, const pop_status *s) {
    buf b = {0};
    err ignored;
    status_json(s, &b);
    file_replace(dir, "status.json", buf_view(&b), &ignored);
    buf_free(&b);
}

void status_model(const char *dir, char *out, size_t size) {
    char path[4200];
    buf b = {0};
    arena *mem = arena_new(0);
    json s;
    err ignored;
    *out = '\0';
    snprintf(path, sizeof path, "%s/status.json", dir);
    if (file_read(path, 1 << 20, &b, &ignored) &&
        json_read(buf_view(&b), NULL, mem, &s, NULL) == JSON_FAULT_NONE) {
        const json *model = json_get(&s, "model");
        if (model && model->kind == JSON_STRING) snprintf(out, size, STR_FMT, STR_ARG(model->text));
    }
    arena_free(mem);
    buf_free(&b);
}

bool event_write(const char *dir, const char *name, const char *text) {
    char path[4200], now[40];
    struct timespec ts;
    struct tm tm;
    snprintf(path, sizeof path, "%s/events.jsonl", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return false;
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    size_t n = strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(now + n, sizeof now - n, ".%03ldZ", ts.tv_nsec / 1000000);
    buf b = {0};
    err ignored;
    buf_printf(&b, "{\"time\":\"%s\",\"event\":", now);
    buf_json(&b, str_of(name));
    buf_z(&b, ",\"text\":");
    buf_json(&b, str_of(text));
    buf_z(&b, "}\n");
    bool ok = file_write_all(fd, b.p, b.n, path, &ignored);
    buf_free(&b);
    close(fd);
    return ok;
}

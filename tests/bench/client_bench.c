/* client_bench.c: what a call costs the client: calls a second and its CPU time a call, kernel included, with a
 * schema and a prompt of 4 KB. The server should sit on another core.
 *
 * usage: client_bench URL CALLS IN_FLIGHT [PROMPT_BYTES]      (IN_FLIGHT 0: found by admission, shown once a
 * second)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "pipeline/model/model.h"

typedef struct bench {
    client *client;
    call *call;
    uint64_t calls, submitted, done, good;
    uint32_t in_flight;
    size_t prompt_bytes;
    uint64_t began;
    bool found, failed;
    uv_timer_t second;
} bench;

static void on_done(call *c, const reply *r);

static void submit(bench *b, call *c) {
    uint64_t i = b->submitted++;
    c->pos = (int64_t)i;
    c->owner = b;
    c->done = on_done;
    c->req.seed = (uint32_t)(i & 0x7fffffff);
    client_submit(b->client, c);
}

static void on_done(call *c, const reply *r) {
    bench *b = c->owner;
    b->done++;
    b->good += r->outcome == OUTCOME_REPLY;
    if (b->submitted < b->calls) submit(b, c);
}

static void on_fatal(void *arg, const err *e) {
    bench *b = arg;
    b->failed = true;
    fprintf(stderr, "client_bench: %s\n%s\n", e->text, e->hint);
}

static void on_second(uv_timer_t *t) {
    bench *b = t->data;
    endpoint_stats s;
    client_stats(b->client, 0, &s);
    printf("%5.1f s  limit %5u  in flight %5u  %8llu done  p50 %.0f ms  p99 %.0f ms\n",
           (double)(clock_ns() - b->began) / 1e9, s.limit, s.in_flight, (unsigned long long)b->done, s.p50_ms,
           s.p99_ms);
}

static double cpu_seconds(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static str prompt_of(arena *a, size_t bytes) {
    buf b = {0};
    buf_z(&b, "[{\"role\":\"system\",\"content\":\"You write one part of a person's "
              "description.\"},{\"role\":\"user\",\"content\":\"");
    while (b.n < bytes)
        buf_z(&b, "Age: 16; Region: north; Strong subject: music; likes long walks by the river. ");
    buf_z(&b, "\"}]");
    str s = str_dup(a, buf_view(&b));
    buf_free(&b);
    return s;
}

static void report(const bench *b, double cpu) {
    double s = (double)(clock_ns() - b->began) / 1e9;
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("%u in flight: %8.0f calls/s, client CPU %5.1f us a call, peak %ld MB, %llu of %llu with text\n",
           b->in_flight, (double)b->done / s, cpu * 1e6 / (double)b->done, u.ru_maxrss / 1024,
           (unsigned long long)b->good, (unsigned long long)b->done);
}

static int run(bench *b, const char *url) {
    static const char schema[] =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}},"
        "\"required\":[\"a\",\"b\"],\"additionalProperties\":false}";
    uv_loop_t loop;
    err e = {0};
    arena *a = arena_new(0);
    char url_copy[512], model[] = "sim";
    snprintf(url_copy, sizeof url_copy, "%s", url);
    endpoint_config ep = {.url = url_copy, .model = model, .weight = 1, .max_in_flight = b->in_flight};
    client_config cfg = {.endpoint = &ep,
                         .endpoints = 1,
                         .timeout_min_s = 30,
                         .timeout_max_s = 600,
                         .give_up_s = 60,
                         .reply_cap = 256 << 10,
                         .arg = b,
                         .fatal = on_fatal};
    uv_loop_init(&loop);
    b->client = client_new(&loop, &cfg, &e);
    if (!b->client) return fprintf(stderr, "client_bench: %s\n", e.text), 1;
    uv_timer_init(&loop, &b->second);
    b->second.data = b;
    if (!b->in_flight) uv_timer_start(&b->second, on_second, 1000, 1000);
    size_t live = b->in_flight ? b->in_flight + b->in_flight / 16 : 9000;
    if (live > b->calls) live = b->calls;
    b->call = xcalloc(live, sizeof *b->call);
    str messages = prompt_of(a, b->prompt_bytes);
    double cpu = cpu_seconds();
    b->began = clock_ns();
    for (size_t i = 0; i < live; i++) {
        b->call[i].req = (request){.role = STR("writer"),
                                   .messages = messages,
                                   .schema = str_of(schema),
                                   .schema_name = STR("facet"),
                                   .max_tokens = 400,
                                   .temperature_milli = 800,
                                   .top_p_milli = 1000};
        submit(b, &b->call[i]);
    }
    while (b->done < b->calls && !b->failed) uv_run(&loop, UV_RUN_ONCE);
    report(b, cpu_seconds() - cpu);
    uv_close((uv_handle_t *)&b->second, NULL);
    client_free(b->client);
    uv_loop_close(&loop);
    free(b->call);
    arena_free(a);
    return b->failed;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: client_bench URL CALLS IN_FLIGHT [PROMPT_BYTES]\n");
        return 2;
    }
    bench b = {.calls = strtoull(argv[2], NULL, 10),
               .in_flight = (uint32_t)strtoul(argv[3], NULL, 10),
               .prompt_bytes = 4096};
    if (argc > 4) b.prompt_bytes = strtoull(argv[4], NULL, 10);
    return run(&b, argv[1]);
}

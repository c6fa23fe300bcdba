/* client_bench: calls a second and client CPU a call. usage: client_bench URL CALLS IN_FLIGHT [PROMPT_BYTES] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "pipeline/model/model.h"

typedef struct bench {
    client *client;
    uint64_t started, done, calls;
    call *call;
    uint32_t in_flight;
    str messages;
} bench;

static const char schema[] = "{\"type\":\"object\",\"properties\":{\"report\":{\"type\":\"string\"},\"mood\":{\"type\":\"string\",\"enum\":[\"calm\",\"tense\"]}},"
                             "\"required\":[\"report\",\"mood\"],\"additionalProperties\":false}";

static void start(bench *b, call *c);

static void on_done(call *c, const reply *r)
{
    bench *b = c->owner;
    if (r->outcome != OUTCOME_REPLY) fprintf(stderr, "outcome %s\n", outcome_name(r->outcome));
    b->done++;
    if (b->started < b->calls) start(b, c);
}

static void start(bench *b, call *c)
{
    c->req = (request){.role = STR("writer"), .messages = b->messages, .schema = str_of(schema), .schema_name = STR("bench"), .max_tokens = 900,
                       .temperature_milli = 1000, .top_p_milli = 1000, .seed = (uint32_t)(b->started << 10 & 0x7fffffff)};
    c->pos = (int64_t)b->started++;
    c->owner = b;
    c->done = on_done;
    client_submit(b->client, c);
}

static void on_fatal(void *arg, const err *e)
{
    (void)arg;
    fprintf(stderr, "%s\n", e->text);
    exit(1);
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static str messages_make(size_t bytes)
{
    buf b = {0};
    buf_z(&b, "[{\"role\":\"system\",\"content\":\"You write a report.\\n- \\\"report\\\" (text, 200 to 260 words)\\n- \\\"mood\\\" (one of: calm | tense)\\n");
    while (b.n < bytes) buf_z(&b, "Write plain English, as a class teacher would, and show acts and scenes. ");
    buf_z(&b, "\"},{\"role\":\"user\",\"content\":\"Grade: seventh grade\\nSubject: music\"}]");
    return buf_view(&b);
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    bench b = {.calls = strtoull(argv[2], NULL, 10), .in_flight = (uint32_t)strtoul(argv[3], NULL, 10)};
    b.messages = messages_make(argc > 4 ? strtoull(argv[4], NULL, 10) : 4096);
    uv_loop_t loop;
    uv_loop_init(&loop);
    err e = {0};
    char model[] = "sim";
    endpoint_config ep = {.url = argv[1], .model = model, .weight = 1, .max_in_flight = b.in_flight, .fixed_form = true, .form = FORM_JSON_SCHEMA};
    client_config cfg = {.endpoint = &ep, .endpoints = 1, .timeout_min_s = 30, .timeout_max_s = 600, .give_up_s = 60, .reply_cap = 256 << 10, .fatal = on_fatal};
    b.client = client_new(&loop, &cfg, &e);
    if (!b.client) return 1;
    b.call = xcalloc(b.in_flight, sizeof *b.call);
    double c0 = cpu();
    uint64_t t0 = clock_ns();
    for (uint32_t i = 0; i < b.in_flight && b.started < b.calls; i++) start(&b, &b.call[i]);
    while (b.done < b.calls) uv_run(&loop, UV_RUN_ONCE);
    double s = (double)(clock_ns() - t0) / 1e9, c = cpu() - c0;
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("%u in flight: %8.0f calls/s, client CPU %5.1f us a call, peak %ld MB\n", b.in_flight, (double)b.calls / s, c / (double)b.calls * 1e6, u.ru_maxrss / 1024);
    client_free(b.client);
    uv_loop_close(&loop);
    free(b.call);
    free((char *)(uintptr_t)b.messages.p);
    return 0;
}

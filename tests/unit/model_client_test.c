/* model_client_test.c: the client against the simulated model server, a child of this test ($LLMSIM; skipped
 * without it). */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "pipeline/model/transfer.h"

#define SECOND ((uint64_t)1000000000u)

/* ---- servers ----------------------------------------------------------------------------------------------
 */

typedef struct sim {
    pid_t pid;
    int hold; /* its stdin: closing it ends it */
    char url[128];
} sim;

static void sim_start(sim *s, const char *script) {
    char path[] = "/tmp/model_client_XXXXXX", line[256] = "";
    const char *dir = getenv("TMPDIR"), *exe = getenv("LLMSIM");
    char *file = path, full[4096];
    if (!exe) skip();
    if (dir) {
        snprintf(full, sizeof full, "%s/model_client_XXXXXX", dir);
        file = full;
    }
    int fd = mkstemp(file), in[2], out[2];
    assert_true(fd >= 0 && pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    close(fd);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execl(exe, exe, "--script", file, "--until-eof", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    s->hold = in[1];
    for (size_t n = 0; n + 1 < sizeof line && !strchr(line, '\n'); n++)
        assert_int_equal(read(out[0], line + n, 1), 1);
    close(out[0]);
    unlink(file);
    char *url = strstr(line, "http://");
    assert_non_null(url);
    url[strcspn(url, " \n")] = '\0';
    snprintf(s->url, sizeof s->url, "%.127s", url);
}

static void sim_stop(sim *s) {
    close(s->hold);
    waitpid(s->pid, NULL, 0);
}

/* ---- a client and its calls -------------------------------------------------------------------------------
 */

typedef struct bed {
    uv_loop_t loop;
    endpoint_config ep[2];
    client_config cfg;
    client *client;
    call *call;
    uint32_t *times; /* done of each call */
    size_t calls, done, good;
    uint64_t by[OUTCOME_COUNT];
    uint32_t stop_after, max_tokens;
    int64_t last_pos;
    bool in_order;
    err fatal;
    bool failed;
    char events[4096];
} bed;

static char *copy(const char *z) {
    return z ? strdup(z) : NULL;
}

static void on_fatal(void *arg, const err *e) {
    bed *b = arg;
    assert_false(b->failed); /* once */
    b->failed = true;
    b->fatal = *e;
}

static void on_event(void *arg, const char *name, const char *text) {
    bed *b = arg;
    size_t n = strlen(b->events);
    snprintf(b->events + n, sizeof b->events - n, "%s %s\n", name, text);
}

static void on_done(call *c, const reply *r) {
    bed *b = c->owner;
    b->times[c - b->call]++;
    b->done++;
    b->by[r->outcome]++;
    b->in_order = b->in_order && c->pos > b->last_pos;
    b->last_pos = c->pos;
    b->good +=
        r->outcome == OUTCOME_REPLY && r->text.n > 0 && r->usage.completion > 0 && str_is(r->finish, "stop");
    if (b->stop_after && b->done == b->stop_after) client_stop(b->client);
}

static bed *bed_new(const char *url, uint32_t in_flight) {
    bed *b = xcalloc(1, sizeof *b);
    uv_loop_init(&b->loop);
    b->ep[0] =
        (endpoint_config){.url = copy(url), .model = copy("sim"), .weight = 1, .max_in_flight = in_flight};
    b->cfg = (client_config){.endpoint = b->ep,
                             .endpoints = 1,
                             .timeout_min_s = 5,
                             .timeout_max_s = 10,
                             .give_up_s = 60,
                             .reply_cap = 256 << 10,
                             .arg = b,
                             .fatal = on_fatal,
                             .event = on_event};
    b->in_order = true;
    b->max_tokens = 300;
    b->last_pos = -1;
    return b;
}

static void bed_open(bed *b) {
    err e = {0};
    b->client = client_new(&b->loop, &b->cfg, &e);
    if (!b->client) fail_msg("%s", e.text);
}

static void bed_submit(bed *b, size_t n, const char *role) {
    static const char schema[] = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{"
                                 "\"type\":\"string\",\"enum\":[\"x\",\"y\"]}},"
                                 "\"required\":[\"a\",\"b\"],\"additionalProperties\":false}";
    static const char bounded[] = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\","
                                  "\"maxLength\":400},\"b\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"]}},"
                                  "\"required\":[\"a\",\"b\"],\"additionalProperties\":false}";
    b->call = xcalloc(n, sizeof *b->call);
    b->times = xcalloc(n, sizeof *b->times);
    b->calls = n;
    for (size_t i = 0; i < n; i++) {
        call *c = &b->call[i];
        c->req = (request){.role = str_of(role),
                           .messages = STR("[{\"role\":\"user\",\"content\":\"Write.\"}]"),
                           .schema = str_of(schema),
                           .bounded = str_of(bounded),
                           .schema_name = STR("facet"),
                           .max_tokens = b->max_tokens,
                           .temperature_milli = 700,
                           .top_p_milli = 900,
                           .seed = (uint32_t)i << 10};
        c->owner = b;
        c->done = on_done;
        c->pos = (int64_t)((i * 7919) % n);
    }
    /* the first ones start at once, in the order of submission; all others by position */
    for (size_t i = 0; i < n; i++) client_submit(b->client, &b->call[i]);
}

static void bed_run(bed *b, size_t until_done, uint64_t most_s) {
    uint64_t end = clock_ns() + most_s * SECOND;
    while (b->done < until_done && !b->failed && clock_ns() < end) uv_run(&b->loop, UV_RUN_ONCE);
}

static uint64_t faults_of(const bed *b, fault f) {
    endpoint_stats s;
    client_stats(b->client, 0, &s);
    return s.faults[f];
}

static void bed_free(bed *b) {
    client_free(b->client);
    for (size_t i = 0; i < b->calls; i++) assert_true(b->times[i] <= 1);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    for (size_t i = 0; i < COUNT_OF(b->ep); i++) endpoint_config_free(&b->ep[i]);
    free(b->call);
    free(b->times);
    free(b);
}

/* All n calls end, each once, on a server with this script. */
static bed *all_end(sim *s, const char *script, size_t n, uint32_t in_flight) {
    sim_start(s, script);
    bed *b = bed_new(s->url, in_flight);
    if (strstr(script, "hostile")) b->max_tokens = 1 << 20; /* let them be as long as they like */
    bed_open(b);
    bed_submit(b, n, "writer");
    bed_run(b, n, 60);
    if (b->failed) fail_msg("%s", b->fatal.text);
    assert_int_equal(b->done, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(b->times[i], 1);
    assert_int_equal(client_in_flight(b->client), 0);
    assert_int_equal(client_queued(b->client), 0);
    return b;
}

/* ---- tests ------------------------------------------------------------------------------------------------
 */

static void every_call_ends_once(void **state) {
    (void)state;
    sim s;
    bed *b = all_end(&s, "latency uniform 1 20\n", 600, 200);
    endpoint_stats st;
    client_stats(b->client, 0, &st);
    assert_int_equal(b->good, 600);
    assert_int_equal(st.replies, 600);
    assert_int_equal(st.usage.calls, 600);
    assert_true(st.usage.prompt > 0 && st.usage.completion > 0 && st.p99_ms > 0);
    assert_string_equal(st.url, s.url);
    assert_int_equal(client_outcomes(b->client, OUTCOME_REPLY), 600);
    assert_int_equal(client_room(b->client), 200);
    bed_free(b);
    sim_stop(&s);
}

static void lowest_position_goes_first(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "latency fixed 2\n");
    bed *b = bed_new(s.url, 1);
    bed_open(b);
    bed_submit(b, 60, "writer"); /* the first submitted has position 0 */
    bed_run(b, 60, 30);
    assert_int_equal(b->done, 60);
    assert_true(b->in_order);
    bed_free(b);
    sim_stop(&s);
}

static void limit_is_found(void **state) {
    (void)state;
    sim s;
    /* long beside what a busy machine adds to it */
    bed *b = all_end(&s, "latency fixed 100\ncapacity 64 queue unbounded\n", 3000, 0);
    uint32_t limit = client_limit(b->client);
    assert_in_range(limit, 32, 200);
    bed_free(b);
    sim_stop(&s);
}

static void failures_are_tried_again(void **state) {
    (void)state;
    sim s;
    bed *b = all_end(&s, "latency fixed 2\nerrors 0.08 status 500\ndrop 0.04\nearly_close 0.04\n", 300, 50);
    assert_true(faults_of(b, FAULT_SERVER) > 0);
    assert_true(faults_of(b, FAULT_BROKEN) > 0);
    assert_int_equal(b->good, 300);
    bed_free(b);
    sim_stop(&s);
}

static void overload_is_waited_out(void **state) {
    (void)state;
    sim s;
    bed *b = all_end(&s, "latency fixed 50\ncapacity 8 queue bounded 8\noverload 429 retry_after 1\n", 120, 32);
    assert_true(faults_of(b, FAULT_RATE) > 0);
    assert_true(client_limit(b->client) < 32);
    assert_int_equal(b->good, 120);
    assert_int_equal(b->by[OUTCOME_UNREACHABLE], 0);
    bed_free(b);
    sim_stop(&s);
}

static void outcomes_of_content(void **state) {
    (void)state;
    sim s;
    bed *b = all_end(&s, "refuse 0.1\ncontext 0.1\ntruncate 0.1\nhostile 0.3\n", 300, 50);
    assert_true(b->by[OUTCOME_FILTERED] > 5);
    assert_true(b->by[OUTCOME_CONTEXT] > 5);
    assert_true(b->by[OUTCOME_LENGTH] > 5);
    assert_true(b->by[OUTCOME_TOO_BIG] > 2); /* 1 MB is one of the hostile kinds */
    /* a content that is no text is an answer for the door to refuse, not a fault of the wire */
    assert_int_equal(faults_of(b, FAULT_ENVELOPE), 0);
    bed_free(b);
    sim_stop(&s);
}

static void form_steps_down_once(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "latency fixed 20\nno_bounds\n");
    bed *b = bed_new(s.url, 40);
    b->ep[0].bounds = true;
    bed_open(b);
    bed_submit(b, 100, "writer");
    bed_run(b, 100, 30);
    assert_int_equal(b->good, 100);
    assert_false(b->ep[0].bounds);
    assert_int_equal(b->ep[0].form, FORM_JSON_SCHEMA); /* forty refusals at once are one step */
    assert_non_null(strstr(b->events, "dialect"));
    bed_free(b);
    sim_stop(&s);
    sim_start(&s, "latency fixed 20\nno_schema\n");
    b = bed_new(s.url, 40);
    bed_open(b);
    bed_submit(b, 100, "writer");
    bed_run(b, 100, 30);
    assert_int_equal(b->good, 100);
    assert_int_equal(b->ep[0].form, FORM_JSON_OBJECT);
    bed_free(b);
    sim_stop(&s);
}

static void wrong_key_ends_the_run(void **state) {
    (void)state;
    sim s;
    char url[256];
    sim_start(&s, "key right-key\n");
    snprintf(url, sizeof url, "http://user:pass@%s?api-version=1", s.url + 7);
    bed *b = bed_new(url, 8);
    b->ep[0].key = copy("sk-wrong-secret");
    bed_open(b);
    bed_submit(b, 20, "writer");
    bed_run(b, 20, 30);
    assert_true(b->failed);
    assert_int_equal(b->fatal.code, ERR_ENDPOINT);
    assert_non_null(strstr(b->fatal.hint, "OPENAI_API_KEY"));
    assert_non_null(strstr(b->fatal.text, s.url));
    assert_null(strstr(b->fatal.text, "sk-wrong"));
    assert_null(strstr(b->fatal.text, "pass"));
    assert_null(strstr(b->events, "sk-wrong"));
    assert_int_equal(b->done, 0);
    bed_free(b);
    b = bed_new(s.url, 8);
    b->ep[0].key = copy("right-key");
    bed_open(b);
    bed_submit(b, 20, "writer");
    bed_run(b, 20, 30);
    assert_int_equal(b->good, 20);
    bed_free(b);
    sim_stop(&s);
}

static void bad_key_is_refused_at_once(void **state) {
    (void)state;
    err e = {0};
    bed *b = bed_new("http://127.0.0.1:1/v1", 8);
    b->ep[0].key = copy("two\r\nlines");
    b->client = client_new(&b->loop, &b->cfg, &e);
    assert_null(b->client);
    assert_int_equal(e.code, ERR_USAGE);
    assert_null(strstr(e.text, "lines"));
    bed_free(b);
}

static void unknown_model_ends_the_run(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "models A B\n");
    bed *b = bed_new(s.url, 8);
    bed_open(b);
    bed_submit(b, 20, "writer");
    bed_run(b, 20, 30);
    assert_true(b->failed);
    assert_non_null(strstr(b->fatal.text, "sim"));
    assert_non_null(strstr(b->fatal.hint, "--model"));
    bed_free(b);
    sim_stop(&s);
}

static void poison_becomes_an_outcome(void **state) {
    (void)state;
    bed *b = bed_new("http://127.0.0.1:1/v1", 8);
    bed_open(b);
    bed_submit(b, 1, "writer");
    /* as after five failures, while a hundred others were answered */
    b->call[0].in.tries = 5;
    b->client->successes = 100;
    bed_run(b, 1, 30);
    assert_int_equal(b->by[OUTCOME_UNREACHABLE], 1);
    bed_free(b);
}

/* What an endpoint refuses now and then, after it has answered: a failure of that call, tried again. */
static void refusals_of_some_are_tried_again(void **state) {
    (void)state;
    static const char *const script[] = {"latency fixed 2\nerrors 0.1 status 400 code odd_thing\n",
                                         "latency fixed 2\nerrors 0.1 status 404 code odd_thing\n",
                                         "latency fixed 2\nerrors 0.05 status 413 code odd_thing\n"};
    for (size_t i = 0; i < COUNT_OF(script); i++) {
        sim s;
        bed *b = all_end(&s, script[i], 200, 20);
        assert_int_equal(b->good, 200);
        assert_true(faults_of(b, FAULT_BAD_REQUEST) + faults_of(b, FAULT_NO_MODEL) > 3);
        bed_free(b);
        sim_stop(&s);
    }
}

static void refused_for_good_is_an_outcome(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "errors 1 status 400 code odd_thing\n");
    bed *b = bed_new(s.url, 8);
    bed_open(b);
    /* as after five refusals, while a hundred others were answered */
    b->client->endpoint[0].replies = b->client->successes = 100;
    bed_submit(b, 3, "writer");
    for (size_t i = 0; i < 3; i++) b->call[i].in.tries = 5;
    bed_run(b, 3, 30);
    assert_false(b->failed);
    assert_int_equal(b->by[OUTCOME_UNREACHABLE], 3);
    bed_free(b);
    sim_stop(&s);
}

/* The same at the beginning: it takes no request, not even one that says nothing. */
static void refused_from_the_first_ends_the_run(void **state) {
    (void)state;
    static const char *const script[] = {"errors 1 status 400 code odd_thing\n",
                                         "errors 1 status 422 code odd_thing\n", "errors 1 status 404\n"};
    for (size_t i = 0; i < COUNT_OF(script); i++)
        for (size_t n = 1; n <= 40; n += 39) {
            sim s;
            sim_start(&s, script[i]);
            bed *b = bed_new(s.url, 8);
            bed_open(b);
            bed_submit(b, n, "writer");
            bed_run(b, n, 10);
            assert_true(b->failed);
            assert_int_equal(b->fatal.code, ERR_ENDPOINT);
            assert_non_null(strstr(b->fatal.text, s.url));
            assert_true(b->fatal.hint[0]);
            assert_int_equal(b->done, 0);
            bed_free(b);
            sim_stop(&s);
        }
}

/* It takes the form of our requests, but none of many: neither decided call by call nor waited for without end.
 */
static void none_of_many_ends_the_run(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "errors 1 status 400 code odd_thing\n");
    bed *b = bed_new(s.url, 8);
    bed_open(b);
    endpoint *e = &b->client->endpoint[0];
    e->replies = e->pings = 1;
    e->pinging = true; /* no further ones */
    e->refused = 9;
    e->refused_ns = clock_ns() - 59 * SECOND;
    b->client->successes = 100;
    bed_submit(b, 3, "writer");
    for (size_t i = 0; i < 3; i++) b->call[i].in.tries = 5;
    bed_run(b, 3, 20);
    assert_true(b->failed);
    assert_non_null(strstr(b->fatal.text, "refuses a request"));
    assert_int_equal(b->done, 0);
    bed_free(b);
    sim_stop(&s);
}

static void filter_words_are_an_outcome(void **state) {
    (void)state;
    sim s;
    bed *b = all_end(&s, "errors 1 status 400 code data_inspection_failed\n", 20, 8);
    assert_int_equal(b->by[OUTCOME_FILTERED], 20);
    bed_free(b);
    sim_stop(&s);
}

static void nothing_works_is_fatal(void **state) {
    (void)state;
    bed *b = bed_new("http://127.0.0.1:1/v1", 8);
    b->cfg.give_up_s = 1;
    bed_open(b);
    bed_submit(b, 30, "writer");
    bed_run(b, 30, 30);
    assert_true(b->failed);
    assert_int_equal(b->fatal.code, ERR_ENDPOINT);
    assert_int_equal(b->done, 0);
    bed_free(b);
}

static void moves_with_the_server(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "latency fixed 2\n");
    bed *b = bed_new("http://127.0.0.1:1/v1", 8);
    bed_open(b);
    bed_submit(b, 40, "writer");
    bed_run(b, 40, 1);
    assert_int_equal(b->done, 0);
    client_move(b->client, 0, s.url);
    bed_run(b, 40, 40);
    assert_int_equal(b->good, 40);
    bed_free(b);
    sim_stop(&s);
}

static void roles_have_their_endpoints(void **state) {
    (void)state;
    sim s, t;
    sim_start(&s, "models writers\n");
    sim_start(&t, "models judges\n");
    bed *b = bed_new(s.url, 8);
    free(b->ep[0].model);
    b->ep[0].model = copy("writers");
    b->ep[0].roles = copy("writer");
    b->ep[1] = (endpoint_config){
        .url = copy(t.url), .model = copy("judges"), .roles = copy("critic, judge"), .weight = 1};
    b->cfg.endpoints = 2;
    bed_open(b);
    bed_submit(b, 30, "judge");
    bed_run(b, 30, 30);
    endpoint_stats st;
    client_stats(b->client, 1, &st);
    assert_int_equal(st.replies, 30);
    client_stats(b->client, 0, &st);
    assert_int_equal(st.replies, 0);
    call *own = b->call;
    uint32_t *times = b->times;
    b->done = 0;
    bed_submit(b, 5, "painter");
    assert_true(b->failed);
    assert_non_null(strstr(b->fatal.text, "painter"));
    free(own);
    free(times);
    bed_free(b);
    sim_stop(&s);
    sim_stop(&t);
}

static void stop_lets_the_rest_wait(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "latency fixed 20\n");
    bed *b = bed_new(s.url, 4);
    b->stop_after = 4;
    bed_open(b);
    bed_submit(b, 40, "writer");
    uint64_t end = clock_ns() + 20 * SECOND;
    while ((b->done < 4 || client_in_flight(b->client)) && clock_ns() < end) uv_run(&b->loop, UV_RUN_ONCE);
    assert_in_range(b->done, 4, 8);
    assert_int_equal(client_queued(b->client), 40 - b->done);
    bed_free(b);
    sim_stop(&s);
}

static void free_cuts_off_what_is_in_flight(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "hang 1\n");
    bed *b = bed_new(s.url, 300);
    bed_open(b);
    bed_submit(b, 400, "writer");
    bed_run(b, 400, 1);
    assert_int_equal(client_in_flight(b->client), 300);
    assert_int_equal(b->done, 0);
    bed_free(b);
    sim_stop(&s);
}

static void broken_multi_is_made_anew(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "latency fixed 300\n");
    bed *b = bed_new(s.url, 200);
    bed_open(b);
    bed_submit(b, 200, "writer");
    for (uint64_t end = clock_ns() + SECOND / 10; clock_ns() < end;) uv_run(&b->loop, UV_RUN_ONCE);
    endpoint *e = &b->client->endpoint[0];
    assert_int_equal(e->multis, 2);
    multi_rebuild(e->multi[0]);
    assert_int_equal(faults_of(b, FAULT_BROKEN), MULTI_SHARE);
    bed_run(b, 200, 60);
    assert_int_equal(b->good, 200);
    bed_free(b);
    sim_stop(&s);
}

static void slow_answers_time_out(void **state) {
    (void)state;
    sim s;
    sim_start(&s, "hang 0.3\n");
    bed *b = bed_new(s.url, 24);
    b->cfg.timeout_min_s = b->cfg.timeout_max_s = 1;
    bed_open(b);
    bed_submit(b, 24, "writer");
    bed_run(b, 24, 40);
    assert_int_equal(b->good, 24);
    assert_true(faults_of(b, FAULT_TIMEOUT) > 0);
    bed_free(b);
    sim_stop(&s);
}

static void probe_finds_the_form(void **state) {
    (void)state;
    static const struct {
        const char *script;
        schema_form form;
        bool bounds;
    } c[] = {{"latency fixed 1\n", FORM_JSON_SCHEMA, true},
             {"no_bounds\n", FORM_JSON_SCHEMA, false},
             {"no_schema\n", FORM_JSON_OBJECT, false},
             {"ignore_schema\n", FORM_JSON_OBJECT, false},
             {"ignore_schema\nplain\n", FORM_NONE, false}};
    for (size_t i = 0; i < COUNT_OF(c); i++) {
        sim s;
        err e = {0};
        probe_result r;
        sim_start(&s, c[i].script);
        endpoint_config ep = {.url = copy(s.url)};
        if (!endpoint_probe(&ep, &r, &e)) fail_msg("%s", e.text);
        assert_int_equal(r.form, c[i].form);
        assert_int_equal(r.bounds, c[i].bounds);
        assert_string_equal(r.model, ep.model);
        endpoint_config_free(&ep);
        sim_stop(&s);
    }
}

static void probe_says_what_is_wrong(void **state) {
    (void)state;
    sim s;
    err e = {0};
    probe_result r;
    sim_start(&s, "models A B\nkey right\n");
    endpoint_config ep = {.url = copy(s.url)};
    assert_false(endpoint_probe(&ep, &r, &e));
    assert_non_null(strstr(e.hint, "OPENAI_API_KEY"));
    ep.key = copy("right");
    assert_false(endpoint_probe(&ep, &r, &e));
    assert_non_null(strstr(e.text, "A, B"));
    ep.model = copy("C");
    assert_false(endpoint_probe(&ep, &r, &e));
    assert_non_null(strstr(e.text, "no model C; it has: A, B"));
    free(ep.model);
    ep.model = copy("B");
    assert_true(endpoint_probe(&ep, &r, &e));
    assert_int_equal(r.models, 2);
    endpoint_config_free(&ep);
    sim_stop(&s);
    ep = (endpoint_config){.url = copy("http://127.0.0.1:1/v1")};
    assert_false(endpoint_probe(&ep, &r, &e));
    assert_int_equal(e.code, ERR_ENDPOINT);
    assert_non_null(strstr(e.text, "cannot be reached"));
    endpoint_config_free(&ep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_ends_once),
        cmocka_unit_test(lowest_position_goes_first),
        cmocka_unit_test(limit_is_found),
        cmocka_unit_test(failures_are_tried_again),
        cmocka_unit_test(overload_is_waited_out),
        cmocka_unit_test(outcomes_of_content),
        cmocka_unit_test(form_steps_down_once),
        cmocka_unit_test(wrong_key_ends_the_run),
        cmocka_unit_test(bad_key_is_refused_at_once),
        cmocka_unit_test(unknown_model_ends_the_run),
        cmocka_unit_test(poison_becomes_an_outcome),
        cmocka_unit_test(refusals_of_some_are_tried_again),
        cmocka_unit_test(refused_for_good_is_an_outcome),
        cmocka_unit_test(refused_from_the_first_ends_the_run),
        cmocka_unit_test(none_of_many_ends_the_run),
        cmocka_unit_test(filter_words_are_an_outcome),
        cmocka_unit_test(nothing_works_is_fatal),
        cmocka_unit_test(moves_with_the_server),
        cmocka_unit_test(roles_have_their_endpoints),
        cmocka_unit_test(stop_lets_the_rest_wait),
        cmocka_unit_test(free_cuts_off_what_is_in_flight),
        cmocka_unit_test(broken_multi_is_made_anew),
        cmocka_unit_test(slow_answers_time_out),
        cmocka_unit_test(probe_finds_the_form),
        cmocka_unit_test(probe_says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("model_client", tests, NULL, NULL);
}

/* sim_main.c: the command `llmsim`: options, script, server. */
#include "tests/llmsim/llmsim.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char USAGE[] =
    "usage: llmsim [--port P] [--host ADDRESS] [--script FILE] [--seed N] [--port-file FILE] [--log FILE] "
    "[--until-eof]\n"
    "  a simulated OpenAI-compatible model server; port 0 (the default) takes any free one\n"
    "  --script FILE     latency, capacity and faults; see tests/llmsim/README.md\n"
    "  --port-file FILE  receives the port number\n"
    "  --log FILE        one JSON line a chat completion\n"
    "  --until-eof       ends when the pipe on its stdin closes\n";

static bool set_number(const char *value, int64_t most, int64_t *out) {
    return str_i64(str_of(value), out) && *out >= 0 && *out <= most;
}

static bool set_option(server_options *o, const char **script_path, const char *name, const char *value) {
    int64_t v;
    if (strcmp(name, "--host") == 0)
        o->host = value;
    else if (strcmp(name, "--script") == 0)
        *script_path = value;
    else if (strcmp(name, "--port-file") == 0)
        o->port_file = value;
    else if (strcmp(name, "--log") == 0)
        o->log = value;
    else if (strcmp(name, "--port") == 0 && set_number(value, 65535, &v))
        o->port = (int)v;
    else if (strcmp(name, "--seed") == 0 && set_number(value, INT64_MAX, &v))
        o->seed = (uint64_t)v;
    else
        return false;
    return true;
}

static bool read_options(int argc, char **argv, server_options *o, const char **script_path) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--until-eof") == 0) {
            o->until_eof = true;
            continue;
        }
        if (i + 1 >= argc || !set_option(o, script_path, argv[i], argv[i + 1])) {
            fprintf(stderr, "llmsim: %s: unknown option, or a value is missing or wrong\n%s", argv[i], USAGE);
            return false;
        }
        i++;
    }
    return true;
}

int main(int argc, char **argv) {
    server_options o = {.host = "127.0.0.1"};
    const char *script_path = NULL;
    script s;
    err e = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (!read_options(argc, argv, &o, &script_path)) return 2;
    signal(SIGPIPE, SIG_IGN);
    sim_words_load();
    sim_script_default(&s);
    bool ok = (!script_path || sim_script_load(script_path, &s, &e)) && sim_server_run(&o, &s, &e);
    sim_words_free();
    if (ok) return 0;
    fprintf(stderr, "llmsim: %s\n", e.text);
    return err_status(e.code);
}

/* api_status.c: the numbers of a run, from its status.json. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

static void status_text(const json *s, buf *b) {
    static const char *const key[] = {"state",           "population",
                                      "model",           "n",
                                      "accepted",        "open",
                                      "given_up",        "rate_now",
                                      "rate_all",        "eta_seconds",
                                      "calls_in_flight", "calls",
                                      "prompt_tokens",   "completion_tokens",
                                      "revised",         "duplicates",
                                      "failed",          "worst_gap",
                                      "worst_cell",      "last"};
    for (size_t i = 0; i < COUNT_OF(key); i++) {
        const json *v = json_get(s, key[i]);
        if (!v || v->kind == JSON_NULL || (v->kind == JSON_STRING && v->text.n == 0)) continue;
        buf_printf(b, "%-18s " STR_FMT "\n", key[i], STR_ARG(v->text));
    }
    static const char *const table[] = {"errors", "lost"};
    for (size_t t = 0; t < COUNT_OF(table); t++) {
        const json *v = json_get(s, table[t]);
        for (uint32_t i = 0; v && i < v->n; i++)
            buf_printf(b, "%s." STR_FMT "%*s" STR_FMT "\n", table[t], STR_ARG(v->member[i].key),
                       (int)(18 - strlen(table[t]) - (v->member[i].key.n < 16 ? v->member[i].key.n : 16)), "",
                       STR_ARG(v->member[i].value.text));
    }
}

int pop_status_read(const char *dir, pop_form form, pop_sink out, pop_error *pe) {
    run_json rj;
    err e = {0};
    char path[4200];
    if (!run_json_read(dir, &rj, &e)) return error_status(&e, pe);
    snprintf(path, sizeof path, "%s/status.json", dir);
    buf b = {0}, text = {0};
    arena *mem = arena_new(0);
    json s;
    bool ok = access(path, F_OK) == 0 ||
              err_set(&e, ERR_USAGE, "it is written a second after the start", "%s does not exist yet", path);
    ok = ok && file_read(path, 1 << 20, &b, &e);
    if (ok && json_read(buf_view(&b), NULL, mem, &s, NULL) != JSON_FAULT_NONE)
        ok = err_set(&e, ERR_FORMAT, NULL, "%s is damaged", path);
    if (ok && form == POP_TEXT) status_text(&s, &text);
    if (ok) out.write(out.arg, form == POP_JSON ? b.p : text.p, form == POP_JSON ? b.n : text.n);
    arena_free(mem);
    buf_free(&b);
    buf_free(&text);
    return ok ? 0 : error_status(&e, pe);
}

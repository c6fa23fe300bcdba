/* sim_stats.c: counters, and how much of the capacity was used when. Busy slot-time is kept in steps of 0.1 s
 * from the first request on; a run ends with its last answer. `use_10_90` is the share of slot-time that was
 * busy between 10 % and 90 % of the run, which leaves out how it starts and how it ends.
 */
#include "tests/llmsim/llmsim.h"

#include <stdlib.h>
#include <string.h>

#define MOST_STEPS 864000u /* a day; what is later is not in the histogram */

static size_t step_of(stats *s, uint64_t now) {
    size_t step = (size_t)((now - s->first_ns) / STATS_STEP_NS);
    if (step >= MOST_STEPS) step = MOST_STEPS - 1;
    if (step >= s->cap_steps) {
        size_t cap = step + step / 2 + 256;
        s->busy_steps = xrealloc(s->busy_steps, cap * sizeof *s->busy_steps);
        s->reply_steps = xrealloc(s->reply_steps, cap * sizeof *s->reply_steps);
        memset(s->busy_steps + s->cap_steps, 0, (cap - s->cap_steps) * sizeof *s->busy_steps);
        memset(s->reply_steps + s->cap_steps, 0, (cap - s->cap_steps) * sizeof *s->reply_steps);
        s->cap_steps = cap;
    }
    if (step >= s->n_steps) s->n_steps = step + 1;
    return step;
}

static void add_busy(stats *s, uint64_t now) {
    while (s->busy > 0 && s->busy_since_ns < now) {
        size_t step = step_of(s, s->busy_since_ns);
        uint64_t end = s->first_ns + (step + 1) * (uint64_t)STATS_STEP_NS;
        if (end > now || step == MOST_STEPS - 1) end = now;
        s->busy_steps[step] += (double)s->busy * (double)(end - s->busy_since_ns) * 1e-9;
        s->busy_since_ns = end;
    }
    s->busy_since_ns = now;
}

void sim_stats_request(stats *s, uint64_t now) {
    if (s->first_ns == 0) s->first_ns = s->busy_since_ns = now;
    s->requests++;
    if (++s->in_flight > s->in_flight_max) s->in_flight_max = s->in_flight;
}

void sim_stats_busy(stats *s, uint64_t now, int change) {
    if (s->first_ns == 0) s->first_ns = s->busy_since_ns = now;
    add_busy(s, now);
    s->busy = (uint32_t)((int)s->busy + change);
    if (s->busy > s->busy_max) s->busy_max = s->busy;
}

void sim_stats_reply(stats *s, uint64_t now, int status) {
    if (s->first_ns == 0) s->first_ns = s->busy_since_ns = now;
    s->in_flight--;
    s->last_ns = now;
    if (status > 0 && status < STATS_STATUSES) s->status[status]++;
    size_t step = step_of(s, now); /* may move reply_steps */
    s->reply_steps[step]++;
}

void sim_stats_reset(stats *s) {
    stats kept = {.connections_open = s->connections_open,
                  .in_flight = s->in_flight,
                  .in_flight_max = s->in_flight,
                  .waiting = s->waiting,
                  .waiting_max = s->waiting,
                  .busy = s->busy,
                  .busy_max = s->busy};
    sim_stats_free(s);
    *s = kept;
}

void sim_stats_free(stats *s) {
    free(s->busy_steps);
    free(s->reply_steps);
    *s = (stats){0};
}

static double run_seconds(const stats *s) {
    return s->last_ns > s->first_ns ? (double)(s->last_ns - s->first_ns) * 1e-9 : 0;
}

/* Busy slot-seconds from `from` to `to` seconds of the run. Within a step they are taken as even; the step in
 * which the run ends has no more of it than that. */
static double busy_between(const stats *s, double from, double to) {
    double sum = 0, step = STATS_STEP_NS * 1e-9, run = run_seconds(s);
    for (size_t i = 0; i < s->n_steps; i++) {
        double a = (double)i * step, b = a + step;
        if (i + 1 == s->n_steps && a < run && run < b) b = run;
        double lo = a > from ? a : from, hi = b < to ? b : to;
        if (hi > lo) sum += s->busy_steps[i] * (hi - lo) / (b - a);
    }
    return sum;
}

static void put_share(buf *out, const char *key, const stats *s, uint32_t capacity, double from, double to) {
    double all = (to - from) * capacity;
    if (all > 0)
        buf_printf(out, ",\"%s\":%.4f", key, busy_between(s, from, to) / all);
    else
        buf_printf(out, ",\"%s\":null", key);
}

static void put_histograms(const stats *s, buf *out) {
    size_t each = 1000000000u / STATS_STEP_NS;
    buf_z(out, ",\"busy_per_s\":[");
    for (size_t i = 0; i < s->n_steps; i += each) {
        double sum = 0;
        for (size_t k = i; k < i + each && k < s->n_steps; k++) sum += s->busy_steps[k];
        buf_printf(out, "%s%.3f", i ? "," : "", sum);
    }
    buf_z(out, "],\"replies_per_s\":[");
    for (size_t i = 0; i < s->n_steps; i += each) {
        uint64_t sum = 0;
        for (size_t k = i; k < i + each && k < s->n_steps; k++) sum += s->reply_steps[k];
        buf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)sum);
    }
    buf_char(out, ']');
}

static void put_counts(const stats *s, buf *out) {
    const char *comma = "";
    buf_z(out, ",\"status\":{");
    for (int i = 0; i < STATS_STATUSES; i++) {
        if (s->status[i] == 0) continue;
        buf_printf(out, "%s\"%d\":%llu", comma, i, (unsigned long long)s->status[i]);
        comma = ",";
    }
    comma = "";
    buf_z(out, "},\"faults\":{");
    for (int i = SIM_POISON; i < SIM_FAULTS; i++) {
        if (s->faults[i] == 0) continue;
        buf_printf(out, "%s\"%s\":%llu", comma, sim_fault_word((sim_fault)i), (unsigned long long)s->faults[i]);
        comma = ",";
    }
    buf_char(out, '}');
}

void sim_stats_json(stats *s, uint32_t capacity, size_t distinct, uint64_t now, buf *out) {
    const struct {
        const char *key;
        uint64_t value;
    } ROWS[] = {{"distinct", distinct},
                {"others", s->others},
                {"cancelled", s->cancelled},
                {"judged", s->judged},
                {"duplicates", s->duplicates},
                {"prompt_tokens", s->prompt_tokens},
                {"completion_tokens", s->completion_tokens},
                {"connections", s->connections},
                {"connections_open", s->connections_open},
                {"in_flight", s->in_flight},
                {"in_flight_max", s->in_flight_max},
                {"waiting", s->waiting},
                {"waiting_max", s->waiting_max},
                {"busy", s->busy},
                {"busy_max", s->busy_max},
                {"capacity", capacity}};
    if (s->first_ns) add_busy(s, now);
    double run = run_seconds(s);
    buf_printf(out, "{\"requests\":%llu", (unsigned long long)s->requests);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        buf_printf(out, ",\"%s\":%llu", ROWS[i].key, (unsigned long long)ROWS[i].value);
    put_counts(s, out);
    buf_printf(out, ",\"run_s\":%.3f,\"busy_slot_s\":%.3f", run, busy_between(s, 0, run));
    put_share(out, "use", s, capacity, 0, run);
    put_share(out, "use_10_90", s, capacity, 0.1 * run, 0.9 * run);
    put_histograms(s, out);
    buf_z(out, "}\n");
}

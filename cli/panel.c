/* panel.c: what `run` shows while it works, on stderr: one panel on a terminal, redrawn in place; plain lines
 * elsewhere; JSON lines for programs. It shows what the library counts and is never in the way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"

enum { NARROWEST = 24, LABEL = 12, TEXT_MOST = 1024 };

typedef enum mode { MODE_TTY, MODE_PLAIN, MODE_JSON, MODE_NONE } mode;

struct panel {
    mode mode;
    uint32_t lines;         /* drawn, to be drawn over */
    uint32_t columns, rows; /* of the terminal; a line that wrapped could not be drawn over */
    bool color;
    time_t last; /* of a plain line */
    uint64_t last_accepted;
    char latest[512], words[1024]; /* the newest persona: its columns, and how its narrative begins */
};

panel *panel_new(const char *name, pop_error *e) {
    static const char *const names[] = {"tty", "plain", "json", "none"};
    panel *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->color = color_wanted(STDERR_FILENO);
    if (!name || strcmp(name, "auto") == 0) {
        const char *term = getenv("TERM");
        bool dumb = !term || strcmp(term, "dumb") == 0;
        p->mode = stderr_is_terminal() && !dumb ? MODE_TTY : MODE_PLAIN;
        return p;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            p->mode = (mode)i;
            return p;
        }
    e->status = 2;
    snprintf(e->text, sizeof e->text, "--progress %s: there is no such form", name);
    snprintf(e->hint, sizeof e->hint, "auto, tty, plain, json or none");
    free(p);
    return NULL;
}

bool panel_wants_rows(const panel *p) {
    return p->mode == MODE_TTY;
}

static void duration(double s, char out[32]) {
    if (s < 0)
        snprintf(out, 32, "?");
    else if (s < 90)
        snprintf(out, 32, "%.0f s", s);
    else if (s < 5400)
        snprintf(out, 32, "%.0f min", s / 60);
    else if (s < 172800)
        snprintf(out, 32, "%.1f h", s / 3600);
    else
        snprintf(out, 32, "%.1f days", s / 86400);
}

/* In the unit that makes it readable: an embedded model takes a minute a persona, a cluster makes thousands a
 * second. */
static void rate(double per_second, char out[32]) {
    if (per_second <= 0)
        snprintf(out, 32, "0/s");
    else if (per_second >= 0.95)
        snprintf(out, 32, "%.1f/s", per_second);
    else if (per_second >= 0.95 / 60)
        snprintf(out, 32, "%.1f/min", per_second * 60);
    else
        snprintf(out, 32, "%.1f/h", per_second * 3600);
}

static void short_count(uint64_t n, char out[32]) {
    if (n < 10000)
        snprintf(out, 32, "%llu", (unsigned long long)n);
    else if (n < 1000000)
        snprintf(out, 32, "%.1fk", (double)n / 1e3);
    else if (n < 1000000000)
        snprintf(out, 32, "%.2fM", (double)n / 1e6);
    else
        snprintf(out, 32, "%.2fG", (double)n / 1e9);
}

static void bar(double part, int width, char *out) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int full = (int)(part * width * 8);
    out[0] = '\0';
    size_t at = 0;
    for (int i = 0; i < width; i++) {
        const char *c = i < full / 8 ? "█" : i == full / 8 ? eighths[full % 8] : "";
        size_t n = strlen(c);
        if (n == 0) {
            c = "·";
            n = strlen(c);
        }
        memcpy(out + at, c, n + 1);
        at += n;
    }
}

/* One cell is left free: not every terminal waits with the next line when the last one is taken. */
static void line(panel *p, const char *label, const char *text) {
    char shown[TEXT_MOST];
    if (p->lines + 1 >= p->rows) return;
    pop_text_line(text, strlen(text), p->columns - LABEL - 1, shown, sizeof shown);
    fprintf(stderr, "\033[2K  %s%-9s%s %s\n", p->color ? "\033[2m" : "", label, p->color ? "\033[0m" : "",
            shown);
    p->lines++;
}

/* A name takes at most half of the line, and the model what is left: how it stands is always seen. */
static void header(panel *p, const pop_status *s) {
    char name[TEXT_MOST], model[TEXT_MOST] = "";
    uint32_t left = p->columns - 1, state = (uint32_t)strlen(s->state);
    uint32_t used = pop_text_line(s->population, strlen(s->population), left / 2, name, sizeof name);
    used += state + 4;
    if (used < left) pop_text_line(s->model, strlen(s->model), left - used, model, sizeof model);
    fprintf(stderr, "\033[2K%s%s%s  %s  %s\n", p->color ? "\033[1m" : "", name, p->color ? "\033[0m" : "",
            s->state, model);
    p->lines++;
}

static void counts(const pop_count *c, size_t n, char *out, size_t max) {
    out[0] = '\0';
    for (size_t i = 0, at = 0; i < n && at + 1 < max; i++) {
        int k = snprintf(out + at, max - at, "%s%s %llu", i ? "  " : "", c[i].name, (unsigned long long)c[i].n);
        if (k < 0) return;
        at += (size_t)k;
    }
}

static void lines_calls(panel *p, const pop_status *s) {
    char text[512], a[32], b[32], c[32], d[32];
    duration(s->eta_seconds, a);
    duration(s->seconds, b);
    rate(s->rate_now, c);
    rate(s->rate_all, d);
    snprintf(text, sizeof text, "%s now, %s overall, left %s, so far %s", c, d, a, b);
    line(p, "rate", text);
    snprintf(text, sizeof text, "%u of %u calls, %u waiting, %u slots", s->calls_in_flight, s->call_limit,
             s->calls_waiting, s->slots_in_flight);
    line(p, "in flight", text);
    short_count(s->calls, a);
    short_count(s->prompt_tokens, b);
    short_count(s->completion_tokens, c);
    short_count(s->cached_tokens, d);
    snprintf(text, sizeof text, "%s calls, tokens %s in (%s cached), %s out", a, b, d, c);
    if (s->money >= 0) snprintf(text + strlen(text), sizeof text - strlen(text), ", %.2f spent", s->money);
    line(p, "model", text);
}

static void lines_attempts(panel *p, const pop_status *s) {
    char text[512];
    snprintf(text, sizeof text, "%llu revised, %llu duplicates, %llu failed, %llu given up",
             (unsigned long long)s->revised, (unsigned long long)s->duplicates, (unsigned long long)s->failed,
             (unsigned long long)s->given_up);
    line(p, "attempts", text);
    snprintf(text, sizeof text, "worst gap %+.1f persons%s%s", s->worst_gap, s->worst_cell[0] ? ": " : "",
             s->worst_cell);
    line(p, "quotas", text);
    counts(s->error, s->errors, text, sizeof text);
    line(p, "errors", s->errors ? text : "none");
}

static void line_accepted(panel *p, const pop_status *s) {
    char text[512], meter[256];
    double part = s->n ? (double)s->accepted / (double)s->n : 0;
    bar(part, p->columns > 100 ? 40 : p->columns > 72 ? 24 : 10, meter);
    snprintf(text, sizeof text, "%llu / %llu  %s %.1f %%", (unsigned long long)s->accepted,
             (unsigned long long)s->n, meter, part * 100);
    line(p, "accepted", text);
}

static void tty_draw(panel *p, const pop_status *s) {
    if (p->lines) fprintf(stderr, "\033[%uA", p->lines);
    p->lines = 0;
    header(p, s);
    line_accepted(p, s);
    lines_calls(p, s);
    lines_attempts(p, s);
    line(p, "latest", p->latest[0] ? p->latest : s->last);
    line(p, "", p->words);
    fflush(stderr);
}

static void plain_line(panel *p, const pop_status *s) {
    char eta[32], errors[256], now_rate[32], all_rate[32];
    time_t now = time(NULL);
    bool ended = strcmp(s->state, "running") != 0 && strcmp(s->state, "stopping") != 0;
    if (!ended && p->last && now - p->last < 5) return;
    p->last = now;
    duration(s->eta_seconds, eta);
    rate(s->rate_now, now_rate);
    rate(s->rate_all, all_rate);
    counts(s->error, s->errors, errors, sizeof errors);
    fprintf(stderr,
            "%s %llu/%llu  %s now %s overall  left %s  in flight %u/%u  calls %llu  tokens %llu+%llu  "
            "revised %llu  duplicates %llu"
            "  failed %llu  worst gap %+.1f%s%s\n",
            s->state, (unsigned long long)s->accepted, (unsigned long long)s->n, now_rate, all_rate, eta,
            s->calls_in_flight, s->call_limit, (unsigned long long)s->calls,
            (unsigned long long)s->prompt_tokens, (unsigned long long)s->completion_tokens,
            (unsigned long long)s->revised, (unsigned long long)s->duplicates, (unsigned long long)s->failed,
            s->worst_gap, s->errors ? "  errors " : "", errors);
}

static void json_line(const pop_status *s) {
    fprintf(stderr,
            "{\"state\":\"%s\",\"accepted\":%llu,\"n\":%llu,\"rate_now\":%.3f,\"rate_all\":%.3f,\"eta_"
            "seconds\":%.0f,\"calls_in_flight\":%u,"
            "\"calls\":%llu,\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"revised\":%llu,\"duplicates\":%"
            "llu,\"failed\":%llu,\"open\":%llu,\"given_up\":%llu}\n",
            s->state, (unsigned long long)s->accepted, (unsigned long long)s->n, s->rate_now, s->rate_all,
            s->eta_seconds, s->calls_in_flight, (unsigned long long)s->calls,
            (unsigned long long)s->prompt_tokens, (unsigned long long)s->completion_tokens,
            (unsigned long long)s->revised, (unsigned long long)s->duplicates, (unsigned long long)s->failed,
            (unsigned long long)s->open, (unsigned long long)s->given_up);
}

/* What is said next stands above the panel. */
static void lift(panel *p) {
    if (p->mode == MODE_TTY && p->lines) fprintf(stderr, "\033[%uA\033[J", p->lines);
    p->lines = 0;
}

void panel_status(void *arg, const pop_status *s) {
    panel *p = arg;
    switch (p->mode) {
    case MODE_TTY:
        p->columns = terminal_columns(STDERR_FILENO);
        p->rows = terminal_rows(STDERR_FILENO);
        if (p->columns < NARROWEST) {
            lift(p);
            plain_line(p, s);
        } else {
            tty_draw(p, s);
        }
        break;
    case MODE_PLAIN: plain_line(p, s); break;
    case MODE_JSON: json_line(s); break;
    case MODE_NONE: break;
    }
}

void panel_say(void *arg, const char *text) {
    panel *p = arg;
    if (p->mode == MODE_NONE || p->mode == MODE_JSON) return;
    lift(p);
    say_line(NULL, text);
}

/* The character of a row's \u00XX, which only control characters are written as. */
static char control(const char *hex, const char *to) {
    char digits[5] = "";
    if (to - hex < 4) return ' ';
    memcpy(digits, hex, 4);
    unsigned long c = strtoul(digits, NULL, 16);
    return c > 0 && c < 0x80 ? (char)c : ' ';
}

/* JSON text as words: quotes left out, escapes read. What they say is made safe where it is shown. */
static void words_read(char *out, size_t max, const char *from, const char *to) {
    size_t at = 0;
    for (const char *c = from; c < to && at + 1 < max; c++) {
        if (*c == '"') continue;
        if (*c != '\\' || c + 1 == to) {
            out[at++] = *c;
            continue;
        }
        c++;
        out[at++] = *c == 'u' ? control(c + 1, to) : strchr("ntrbf", *c) ? ' ' : *c;
        if (*c == 'u') c += to - c > 4 ? 4 : to - c - 1;
    }
    out[at] = '\0';
}

/* Where the string that begins at `from` ends. */
static const char *string_end(const char *from, const char *end) {
    while (from < end && *from != '"') from += *from == '\\' && from + 1 < end ? 2 : 1;
    return from;
}

/* Where what follows the first KEY begins; NULL: there is none. */
static const char *behind(const char *from, const char *end, const char *key) {
    size_t n = strlen(key);
    for (; (size_t)(end - from) >= n; from++)
        if (memcmp(from, key, n) == 0) return from + n;
    return NULL;
}

void panel_persona(void *arg, uint64_t slot, const char *row, size_t n) {
    panel *p = arg;
    /* the row's columns, as they stand in it: from behind the slot to the attributes, if some are no columns */
    const char *from = memchr(row, ',', n);
    if (from) from = memchr(from + 1, ',', n - (size_t)(from + 1 - row));
    if (!from) return;
    static const char attributes[] = ",\"attributes\"", narrative[] = ",\"narrative\":\"";
    const char *end = row + n, *to = behind(from, end, attributes), *text = NULL;
    to = to ? to - (sizeof attributes - 1) : end;
    int head = snprintf(p->latest, sizeof p->latest, "#%llu ", (unsigned long long)slot);
    words_read(p->latest + head, sizeof p->latest - (size_t)head, from + 1, to);
    p->words[0] = '\0';
    for (const char *next = from; (next = behind(next, end, narrative));) text = next;
    if (text) words_read(p->words, sizeof p->words, text, string_end(text, end));
}

void panel_end(panel *p) {
    free(p);
}

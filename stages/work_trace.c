/* work_trace.c: what was asked, answered and objected, in the order in which it happened, as text for people
 * (preview):
 *
 *     ask STEP, round N, propose|revise|judge     then [role] and what was said, or where the same was said
 * before answer STEP, round N, from MODEL            then its fields; or `refused, why` and what came check
 * STEP, round N | check all             of what came: the objections, by which rule, and whose they are FIELD:
 * the new version stays                of two; or the older one verdict STEP, round N                       of
 * a judge
 */
#include "stages/work_parts.h"

#include <stdlib.h>
#include <string.h>

typedef enum trace_kind { TRACE_ASK, TRACE_ANSWER, TRACE_CHECK, TRACE_VERDICT, TRACE_VERSION } trace_kind;

struct trace_row {
    struct trace_row *next;
    trace_kind what;
    str name, stage,
        text; /* name: of the step, or field; text: messages as JSON, the answer, findings as lines */
    str note; /* of an answer: model, or why it was refused */
    uint16_t round;
    uint32_t findings;
};

static struct trace_row *row_new(work *w, trace_kind what, str name, str text) {
    struct trace_row *row = arena_new_of(w->mem, struct trace_row, 1);
    row->what = what;
    row->name = name;
    row->text = str_dup(w->mem, text);
    *w->trace_end = row;
    w->trace_end = &row->next;
    return row;
}

/* ---- what happens -----------------------------------------------------------------------------------------
 */

static uint16_t last_round(const work *w, uint16_t i) {
    return (uint16_t)(w->step[i].calls - 1);
}

void trace_ask(work *w, uint16_t i) {
    if (!w->env->keep_trace) return;
    const step *s = &w->step[i];
    struct trace_row *row = row_new(w, TRACE_ASK, step_name(w, i), buf_view(&s->messages));
    row->round = last_round(w, i);
    row->stage = str_of(s->stage->name);
}

void trace_answer(work *w, uint16_t i, const answer *a) {
    if (!w->env->keep_trace) return;
    const char *code = a->refused ? a->refused : "", *message = a->message ? a->message : "";
    struct trace_row *row = row_new(w, TRACE_ANSWER, step_name(w, i), a->text);
    row->round = last_round(w, i);
    row->note = a->object ? str_printf(w->mem, "from " STR_FMT, STR_ARG(a->model))
                          : str_printf(w->mem, "refused, %s: %s", code, message);
}

static void put_finding(const work *w, const finding *f, buf *out) {
    const char *of = rules_kind_name(w->env->rules, f->rule);
    buf_str(out, f->rule);
    if (of) buf_printf(out, " (%s)", of);
    if (f->leaf != NO_LEAF) {
        buf_z(out, ", ");
        instance_path(w->env->pop, leaf_node(w->env->pop, f->leaf), f->instance, out);
    }
    if (!f->hard)
        buf_z(out, ", recorded only");
    else if (f->owner < w->facets)
        buf_printf(out, ", to " STR_FMT, STR_ARG(step_name(w, f->owner)));
    else
        buf_z(out, ", nobody can mend it");
    buf_printf(out, ": " STR_FMT, STR_ARG(str_trim(f->message)));
    if (f->hint.n) buf_printf(out, " (" STR_FMT ")", STR_ARG(str_trim(f->hint)));
}

/* NO_FACET: of everything. */
void trace_findings(work *w, uint16_t i, const findings *f) {
    if (!w->env->keep_trace) return;
    buf b = {0};
    for (size_t k = 0; k < f->n; k++) {
        if (k) buf_char(&b, '\n');
        put_finding(w, &f->row[k], &b);
    }
    bool judged = i != NO_FACET && i >= w->facets;
    struct trace_row *row = row_new(w, judged ? TRACE_VERDICT : TRACE_CHECK,
                                    i == NO_FACET ? STR("all") : step_name(w, i), buf_view(&b));
    row->stage = i == NO_FACET ? STR("") : STR("step");
    row->round = i == NO_FACET ? 0 : last_round(w, i);
    row->findings = (uint32_t)f->n;
    buf_free(&b);
}

void trace_version(work *w, uint32_t leaf, uint32_t instance, bool newer) {
    if (!w->env->keep_trace) return;
    buf b = {0};
    instance_path(w->env->pop, leaf_node(w->env->pop, leaf), instance, &b);
    row_new(w, TRACE_VERSION, str_dup(w->mem, buf_view(&b)),
            newer ? STR("the new version stays")
                  : STR("the older version stays: the new one has no fewer objections"));
    buf_free(&b);
}

/* ---- as text ----------------------------------------------------------------------------------------------
 */

typedef struct said_at {
    uint64_t slot;
    str step;
    uint16_t round;
} said_at;

struct trace_shown {
    arena *mem;
    strmap *at; /* role, line break, what was said -> said_at */
};

trace_shown *trace_shown_new(void) {
    trace_shown *t = xcalloc(1, sizeof *t);
    t->mem = arena_new(0);
    t->at = strmap_new(256);
    return t;
}

void trace_shown_free(trace_shown *t) {
    if (!t) return;
    strmap_free(t->at);
    arena_free(t->mem);
    free(t);
}

/* Where the same was said before; NULL: nowhere, and from now on here. */
static const said_at *shown_before(trace_shown *t, const work *w, const struct trace_row *row, str role,
                                   str text) {
    str key = str_printf(t->mem, STR_FMT "\n" STR_FMT, STR_ARG(role), STR_ARG(text));
    const said_at *before = strmap_get(t->at, key);
    if (before) return before;
    said_at *here = arena_new_of(t->mem, said_at, 1);
    *here = (said_at){w->slot, str_dup(t->mem, row->name), row->round};
    strmap_put(t->at, key, here);
    return NULL;
}

static void put_lines(buf *out, str body) {
    str line, rest = body;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        buf_z(out, "    ");
        buf_str(out, line);
        buf_char(out, '\n');
    }
}

static void put_message(trace_shown *t, const work *w, const struct trace_row *row, str role, str text,
                        buf *out) {
    const said_at *before = shown_before(t, w, row, role, text);
    buf_printf(out, "  [" STR_FMT, STR_ARG(role));
    if (!before) {
        buf_z(out, "]\n");
        put_lines(out, text);
    } else if (str_is(role, "assistant")) {
        buf_printf(out, ", its answer of round %u]\n", before->round);
    } else if (before->slot != w->slot) {
        buf_printf(out, ", as for slot %llu]\n", (unsigned long long)before->slot);
    } else if (!str_eq(before->step, row->name)) {
        buf_printf(out, ", as for " STR_FMT "]\n", STR_ARG(before->step));
    } else {
        buf_printf(out, ", as in round %u]\n", before->round);
    }
}

static void put_messages(trace_shown *t, const work *w, const struct trace_row *row, buf *out) {
    arena *a = arena_new(0);
    json all;
    buf_printf(out, "ask " STR_FMT ", round %u, " STR_FMT "\n", STR_ARG(row->name), row->round,
               STR_ARG(row->stage));
    if (json_read(row->text, NULL, a, &all, NULL) == JSON_FAULT_NONE)
        for (uint32_t i = 0; i < all.n; i++)
            put_message(t, w, row, json_str(&all.item[i], "role"), json_str(&all.item[i], "content"), out);
    arena_free(a);
}

/* An object and nothing else is shown a field a line, all else as it came. */
static void put_answer(trace_shown *t, const work *w, const struct trace_row *row, buf *out) {
    arena *a = arena_new(0);
    json all;
    buf_printf(out, "answer " STR_FMT ", round %u, " STR_FMT "\n", STR_ARG(row->name), row->round,
               STR_ARG(row->note));
    shown_before(t, w, row, STR("assistant"), without_reasoning(row->text));
    if (json_read(row->text, NULL, a, &all, NULL) == JSON_FAULT_NONE && all.kind == JSON_OBJECT) {
        for (uint32_t i = 0; i < all.n; i++) {
            const json *v = &all.member[i].value;
            buf one = {0};
            buf_printf(&one, STR_FMT ": ", STR_ARG(all.member[i].key));
            if (v->kind == JSON_STRING)
                buf_str(&one, v->text);
            else
                json_write(&one, v);
            put_lines(out, buf_view(&one));
            buf_free(&one);
        }
    } else {
        put_lines(out, row->text);
    }
    arena_free(a);
}

static void put_findings(const struct trace_row *row, buf *out) {
    buf_printf(out, "%s " STR_FMT, row->what == TRACE_VERDICT ? "verdict" : "check", STR_ARG(row->name));
    if (row->stage.n) buf_printf(out, ", round %u", row->round);
    if (row->findings)
        buf_printf(out, ": %u objection%s\n", row->findings, row->findings == 1 ? "" : "s");
    else
        buf_z(out, ": nothing to object\n");
    put_lines(out, row->text);
}

void work_trace(const work *w, trace_shown *shown, buf *out) {
    trace_shown *t = shown ? shown : trace_shown_new();
    for (const struct trace_row *row = w->trace; row; row = row->next) {
        switch (row->what) {
        case TRACE_ASK: put_messages(t, w, row, out); break;
        case TRACE_ANSWER: put_answer(t, w, row, out); break;
        case TRACE_CHECK:
        case TRACE_VERDICT: put_findings(row, out); break;
        case TRACE_VERSION:
            buf_printf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(row->name), STR_ARG(row->text));
            break;
        }
    }
    for (uint16_t i = w->facets; i < w->steps && w->state == WORK_CANDIDATE; i++)
        if (!w->step[i].calls) buf_printf(out, "judge " STR_FMT ": not asked\n", STR_ARG(step_name(w, i)));
    if (!shown) trace_shown_free(t);
}

/* work_trace.c: what was asked, answered and objected, in the order in which it happened, as text for people
 * (preview). */
#include "stages/work_parts.h"

typedef enum trace_kind { TRACE_ASK, TRACE_ANSWER, TRACE_FINDINGS } trace_kind;

struct trace_row {
    struct trace_row *next;
    trace_kind what;
    str name, stage, text; /* text: messages as JSON, the answer, findings as lines */
    str note;              /* of an answer: model, or why it was refused */
    uint16_t round;
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

void trace_ask(work *w, uint16_t i) {
    if (!w->env->keep_trace) return;
    const step *s = &w->step[i];
    struct trace_row *row = row_new(w, TRACE_ASK, step_name(w, i), buf_view(&s->messages));
    row->round = (uint16_t)(s->calls - 1);
    row->stage = str_of(s->stage->name);
}

void trace_answer(work *w, uint16_t i, const answer *a) {
    if (!w->env->keep_trace) return;
    struct trace_row *row = row_new(w, TRACE_ANSWER, step_name(w, i), a->text);
    row->round = (uint16_t)(w->step[i].calls - 1);
    const char *code = a->refused ? a->refused : "", *message = a->message ? a->message : "";
    row->note = a->object ? str_dup(w->mem, a->model) : str_printf(w->mem, "refused, %s: %s", code, message);
}

void trace_findings(work *w, const char *of, const findings *f) {
    if (!w->env->keep_trace || !f->n) return;
    buf b = {0};
    for (size_t i = 0; i < f->n; i++) {
        const finding *one = &f->row[i];
        str path = one->leaf == NO_LEAF ? STR("-") : leaf_node(w->env->pop, one->leaf)->path;
        buf_printf(&b, "%s" STR_FMT ", " STR_FMT ": " STR_FMT, i ? "\n" : "", STR_ARG(one->rule), STR_ARG(path),
                   STR_ARG(one->message));
        if (one->hint.n) buf_printf(&b, " (" STR_FMT ")", STR_ARG(one->hint));
        if (!one->hard) buf_z(&b, " [soft]");
    }
    row_new(w, TRACE_FINDINGS, str_of(of), buf_view(&b));
    buf_free(&b);
}

static void put_block(buf *out, str head, str body) {
    buf_printf(out, "  [" STR_FMT "]\n", STR_ARG(head));
    str line, rest = body;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        buf_z(out, "    ");
        buf_str(out, line);
        buf_char(out, '\n');
    }
}

static void put_messages(buf *out, str messages) {
    arena *a = arena_new(0);
    json all;
    if (json_read(messages, NULL, a, &all, NULL) == JSON_FAULT_NONE)
        for (uint32_t i = 0; i < all.n; i++)
            put_block(out, json_str(&all.item[i], "role"), json_str(&all.item[i], "content"));
    arena_free(a);
}

void work_trace(const work *w, buf *out) {
    for (const struct trace_row *row = w->trace; row; row = row->next) {
        if (row->what == TRACE_ASK) {
            buf_printf(out, "ask " STR_FMT ", round %u, " STR_FMT "\n", STR_ARG(row->name), row->round,
                       STR_ARG(row->stage));
            put_messages(out, row->text);
        } else if (row->what == TRACE_ANSWER) {
            buf_printf(out, "answer " STR_FMT ", round %u\n", STR_ARG(row->name), row->round);
            put_block(out, row->note, row->text);
        } else {
            buf_printf(out, "findings " STR_FMT "\n", STR_ARG(row->name));
            put_block(out, STR("objections"), row->text);
        }
    }
}

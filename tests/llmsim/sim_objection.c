/* sim_objection.c: what a message asks to have mended, as lines `- path: message (hint)` that name no new
 * field: phrases to work in, words to leave out, numbers to leave out, and how a text must begin.
 *
 * Read are the engine's own messages in English and Chinese, as a model would: `says "X"`, `work in: X, Y`,
 * `does not have the form ^X`, and any message that speaks of numbers.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>
#include <strings.h>

static bool behind(str s, const char *mark, str *rest) {
    size_t at;
    if (!str_find(s, str_of(mark), &at)) return false;
    *rest = str_part(s, at + strlen(mark), s.n);
    return true;
}

static bool cut_line(str *text, str *line) {
    if (text->n == 0) return false;
    str rest = {NULL, 0};
    if (!str_cut(*text, '\n', line, &rest)) *line = *text;
    *text = rest;
    return true;
}

static bool is_path(str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (!fine) return false;
    }
    return s.n > 0;
}

void sim_objections_read(prompt *p, str text, arena *a) {
    str line, message;
    while (cut_line(&text, &line)) {
        if (!str_starts(line, "- ")) continue;
        line = str_trim(str_part(line, 2, line.n));
        bool wide = !behind(line, ": ", &message);
        if (wide && !behind(line, "：", &message)) continue;
        str path = str_part(line, 0, line.n - message.n - (wide ? strlen("：") : 2));
        if (!is_path(path)) continue;
        if (p->n_objections % 16 == 0) {
            objection *more = arena_new_of(a, objection, p->n_objections + 16);
            if (p->n_objections) memcpy(more, p->objections, p->n_objections * sizeof *more);
            p->objections = more;
        }
        p->objections[p->n_objections++] = (objection){path, message};
    }
}

/* Names the property itself, what it stands in, or its path without the numbers of instances. */
static bool concerns(const objection *o, str path) {
    size_t i = 0, k = 0;
    while (i < path.n && k < o->path.n) {
        if (path.p[i] == o->path.p[k]) {
            i++, k++;
            continue;
        }
        size_t from = i;
        while (i < path.n && path.p[i] >= '0' && path.p[i] <= '9') i++;
        if (i == from || i == path.n || path.p[i] != '.') return false;
        i++;
    }
    return k == o->path.n && (i == path.n || path.p[i] == '.');
}

static bool holds_part(str s, str part) {
    for (size_t i = 0; part.n > 0 && i + part.n <= s.n; i++)
        if (strncasecmp(s.p + i, part.p, part.n) == 0) return true;
    return false;
}

/* The next text in quotation marks, of either language. */
static bool next_quoted(str *s, str *quoted) {
    static const struct { const char *open, *close; } MARKS[] = {{"\"", "\""}, {"“", "”"}};
    for (size_t i = 0; i < COUNT_OF(MARKS); i++) {
        str rest;
        size_t end;
        if (!behind(*s, MARKS[i].open, &rest) || !str_find(rest, str_of(MARKS[i].close), &end)) continue;
        *quoted = str_part(rest, 0, end);
        *s = str_part(rest, end + strlen(MARKS[i].close), rest.n);
        return true;
    }
    return false;
}

bool sim_objection_forbids(const prompt *p, str path, const fact *f) {
    for (uint32_t i = 0; i < p->n_objections; i++) {
        str rest = p->objections[i].message, quoted;
        if (!concerns(&p->objections[i], path)) continue;
        if (f->numeric && (holds_part(rest, STR("number")) || holds_part(rest, STR("数字")))) return true;
        if (!str_starts(rest, "says \"") && !str_starts(rest, "出现了“") && !str_starts(rest, "has \""))
            continue;
        while (next_quoted(&rest, &quoted))
            if (holds_part(f->label, quoted) || holds_part(f->value, quoted)) return true;
    }
    return false;
}

static str without_bracket(str s) {
    if (str_ends(s, ")")) s.n--;
    if (str_ends(s, "）")) s.n -= strlen("）");
    return s;
}

uint32_t sim_objection_wanted(const prompt *p, str path, str *out, uint32_t most) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_objections; i++) {
        str wanted, phrase, rest;
        if (!concerns(&p->objections[i], path)) continue;
        if (!behind(p->objections[i].message, "(work in: ", &wanted) &&
            !behind(p->objections[i].message, "（写进：", &wanted))
            continue;
        wanted = without_bracket(wanted);
        for (bool more = true; more && n < most; wanted = rest) {
            more = str_cut(wanted, ',', &phrase, &rest);
            out[n++] = str_trim(more ? phrase : wanted);
        }
    }
    return n;
}

str sim_objection_opening(const prompt *p, str path) {
    for (uint32_t i = 0; i < p->n_objections; i++) {
        str form;
        if (!concerns(&p->objections[i], path)) continue;
        if (!behind(p->objections[i].message, "does not have the form ^", &form) &&
            !behind(p->objections[i].message, "不符合格式 ^", &form))
            continue;
        size_t n = 0;
        while (n < form.n && !strchr("\\.[](){}*+?|$^", form.p[n])) n++;
        if (n < form.n && n > 0 && strchr("*?{", form.p[n])) n--;
        return str_trim(str_part(form, 0, n));
    }
    return (str){NULL, 0};
}

/* sim_prompt.c: what a prompt asks for and what it tells.
 *
 * Field lines, in any message: `- "path" (limits): hint`, limits parted by commas: a kind (text, number, flag,
 * date, "one of: a | b", "list of 3 to 5, each: ...") and ranges with a unit ("110 to 240 words", "up to 300
 * characters", "at least 2 sentences", "1 paragraph"). An indented line stands below the line before it.
 *
 * Facts, in the first user message: "Label: value", "- label: value", "Section: label: value; label: value" and
 * "1. label: value; ..." (an instance of a list). A heading ("Levels:") names the section of the list below it.
 * Texts that a facet wrote before ("Learning: She walked ...") are no facts: a fact's value is short and one
 * clause.
 *
 * Both are read in English and in Chinese, as the engine prints them.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>
#include <strings.h>

#define FACT_BYTES      120u
#define FACT_WORDS      20u
#define FACT_CHARACTERS 45u
#define SENTENCE_WORDS  11u /* with a full stop behind: longer ones were written before */

/* ---- lines ---------------------------------------------------------------------------------- */

static bool next_line(str *text, str *line) {
    if (text->n == 0) return false;
    str rest;
    if (!str_cut(*text, '\n', line, &rest)) {
        *line = *text;
        rest = (str){NULL, 0};
    }
    *text = rest;
    return true;
}

static bool cut_at(str s, const char *sep, str *left, str *right) {
    size_t at;
    str needle = str_of(sep);
    if (!str_find(s, needle, &at)) return false;
    *left = str_part(s, 0, at);
    *right = str_part(s, at + needle.n, s.n);
    return true;
}

/* At the colon behind a label: the halfwidth one with its blank, or the fullwidth one. */
static bool cut_label(str s, str *label, str *value) {
    str l, v;
    bool wide = cut_at(s, "：", label, value);
    if (!cut_at(s, ": ", &l, &v)) return wide;
    if (wide && label->n < l.n) return true;
    *label = l, *value = v;
    return true;
}

static bool is_digit(char c) {
    return (unsigned)(c - '0') < 10;
}

static bool is_word_char(char c) {
    return (unsigned)((c | 32) - 'a') < 26 || is_digit(c) || (unsigned char)c >= 0x80;
}

static uint32_t count_words(str s, arena *a) {
    uint32_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c >= 0x80) return text_measure(s, a).words;
        bool joins = inside && i + 1 < s.n && (c == '\'' || c == '.' || c == ',' || c == '_') &&
                     is_word_char(s.p[i + 1]) && (c != ',' || is_digit(s.p[i - 1]));
        bool in_word = is_word_char(c) || joins;
        n += in_word && !inside;
        inside = in_word;
    }
    return n;
}

/* ---- field lines ---------------------------------------------------------------------------- */

static str take_number(str *s) {
    size_t n = 0;
    while (n < s->n && (is_digit(s->p[n]) || (s->p[n] == '.' && n + 1 < s->n && is_digit(s->p[n + 1])) ||
                        (n == 0 && s->p[n] == '-')))
        n++;
    str number = str_part(*s, 0, n);
    *s = str_trim(str_part(*s, n, s->n));
    return number;
}

static bool take_word(str *s, const char *text) {
    if (!str_starts(*s, text)) return false;
    *s = str_trim(str_part(*s, strlen(text), s->n));
    return true;
}

/* "at least 80", "up to 300", "3 to 5", "3..5", "7": what is left in *s is the unit. */
static bool take_range(str *s, dec *lo, bool *has_lo, dec *hi, bool *has_hi) {
    bool least = take_word(s, "at least ") || take_word(s, "from ") || take_word(s, "至少");
    bool most = take_word(s, "up to ") || take_word(s, "at most ") || take_word(s, "最多");
    (void)(take_word(s, "exactly ") || take_word(s, "about "));
    dec first, second;
    if (!dec_parse(take_number(s), &first)) return false;
    if (take_word(s, "to ") || take_word(s, "..") || take_word(s, "到")) {
        if (!dec_parse(take_number(s), &second)) return false;
        *lo = first, *hi = second, *has_lo = *has_hi = true;
        return true;
    }
    *has_lo = !most;
    *has_hi = !least;
    *lo = *hi = first;
    return true;
}

static range whole_range(dec lo, bool has_lo, dec hi, bool has_hi) {
    range r = {has_lo ? (uint32_t)dec_double(lo) : 0, has_hi ? (uint32_t)dec_double(hi) : 0};
    return r;
}

/* One limit of a text, or the range of a number. */
static void take_limit(field_line *f, str piece) {
    static const struct {
        const char *unit;
        size_t at;
    } UNITS[] = {{"word", offsetof(field_line, words)},         {"char", offsetof(field_line, chars)},
                 {"sentence", offsetof(field_line, sentences)}, {"paragraph", offsetof(field_line, paragraphs)},
                 {"line", offsetof(field_line, lines)},         {"词", offsetof(field_line, words)},
                 {"字", offsetof(field_line, chars)},           {"句", offsetof(field_line, sentences)},
                 {"段", offsetof(field_line, paragraphs)},      {"行", offsetof(field_line, lines)}};
    if (take_word(&piece, "in steps of ") || take_word(&piece, "steps of ") || take_word(&piece, "step ")) {
        (void)dec_parse(take_number(&piece), &f->step);
        return;
    }
    dec lo = {0}, hi = {0};
    bool has_lo = false, has_hi = false;
    if (!take_range(&piece, &lo, &has_lo, &hi, &has_hi)) return;
    for (size_t i = 0; f->kind == FIELD_TEXT && i < COUNT_OF(UNITS); i++) {
        if (!str_starts(piece, UNITS[i].unit)) continue;
        *(range *)(void *)((char *)f + UNITS[i].at) = whole_range(lo, has_lo, hi, has_hi);
        return;
    }
    f->lo = lo, f->hi = hi, f->has_lo = has_lo, f->has_hi = has_hi;
}

static bool take_list(field_line *f, str *spec) {
    if (!take_word(spec, "list of ") && !take_word(spec, "列表，")) return false;
    dec lo = {0}, hi = {0};
    bool has_lo = false, has_hi = false;
    f->is_list = true;
    if (take_range(spec, &lo, &has_lo, &hi, &has_hi)) f->list = whole_range(lo, has_lo, hi, has_hi);
    str left, rest;
    if (cut_at(*spec, ":", &left, &rest) || cut_at(*spec, "：", &left, &rest))
        *spec = str_trim(rest);
    else
        *spec = (str){NULL, 0};
    return true;
}

static void read_spec(field_line *f, str spec) {
    static const struct {
        const char *start;
        field_kind kind;
    } KINDS[] = {{"text", FIELD_TEXT},      {"number", FIELD_NUMBER}, {"integer", FIELD_NUMBER},
                 {"flag", FIELD_FLAG},      {"true or", FIELD_FLAG},  {"yes or", FIELD_FLAG},
                 {"date", FIELD_DATE},      {"one of", FIELD_CHOICE}, {"文字", FIELD_TEXT},
                 {"数字", FIELD_NUMBER},    {"true 或", FIELD_FLAG},  {"日期", FIELD_DATE},
                 {"任选其一", FIELD_CHOICE}};
    take_list(f, &spec);
    f->kind = f->is_list && spec.n == 0 ? FIELD_GROUP : FIELD_TEXT;
    size_t bar;
    if (str_find(spec, STR(" | "), &bar)) f->kind = FIELD_CHOICE;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (!str_starts(spec, KINDS[i].start)) continue;
        f->kind = KINDS[i].kind;
        str left, rest;
        if (f->kind == FIELD_CHOICE && (cut_at(spec, ":", &left, &rest) || cut_at(spec, "：", &left, &rest)))
            spec = rest;
        break;
    }
    if (f->kind == FIELD_CHOICE) {
        f->options = str_trim(spec);
        return;
    }
    str piece, rest;
    for (bool more = spec.n > 0; more; spec = rest) {
        more = str_cut(spec, ',', &piece, &rest);
        if (!more) piece = spec;
        piece = str_trim(piece);
        if (f->kind == FIELD_DATE && piece.n >= 10 && is_digit(piece.p[0]))
            f->options = piece;
        else
            take_limit(f, piece);
    }
}

/* The bracket that closes the one at `from`, or the end of s. */
static size_t closing_bracket(str s, size_t from) {
    int depth = 0;
    for (size_t i = from; i < s.n; i++) {
        depth += (s.p[i] == '(') - (s.p[i] == ')');
        if (depth == 0) return i;
    }
    return s.n;
}

static bool read_field_line(str line, field_line *f) {
    size_t skip = 0;
    while (skip < line.n && (line.p[skip] == ' ' || line.p[skip] == '\t')) skip++;
    if (line.n - skip < 4 || memcmp(line.p + skip, "- \"", 3) != 0) return false;
    str body = str_trim(line);
    *f = (field_line){.indent = (uint32_t)(body.p - line.p), .kind = FIELD_TEXT};
    str rest;
    if (!str_cut(str_part(body, 3, body.n), '"', &f->path, &rest)) return false;
    rest = str_trim(rest);
    if (rest.n > 0 && rest.p[0] == '(') {
        size_t end = closing_bracket(rest, 0);
        read_spec(f, str_trim(str_part(rest, 1, end)));
        rest = end < rest.n ? str_trim(str_part(rest, end + 1, rest.n)) : (str){NULL, 0};
    }
    if (rest.n > 0 && rest.p[0] == ':') f->hint = str_trim(str_part(rest, 1, rest.n));
    return true;
}

static void add_asked(prompt *p, uint32_t field, arena *a) {
    if (p->n_asked == p->cap_asked) {
        p->cap_asked = 2 * p->n_asked + 8;
        uint32_t *more = arena_new_of(a, uint32_t, p->cap_asked);
        if (p->n_asked) memcpy(more, p->asked, p->n_asked * sizeof *more);
        p->asked = more;
    }
    p->asked[p->n_asked++] = field;
}

/* Of several lines for one path the first one counts. */
static void add_field(prompt *p, const field_line *f, arena *a) {
    for (uint32_t i = 0; i < p->n_fields; i++) {
        if (!str_eq(p->fields[i].path, f->path)) continue;
        add_asked(p, i, a);
        return;
    }
    add_asked(p, p->n_fields, a);
    if (p->n_fields == p->cap_fields) {
        p->cap_fields = 2 * p->n_fields + 8;
        field_line *more = arena_new_of(a, field_line, p->cap_fields);
        if (p->n_fields) memcpy(more, p->fields, p->n_fields * sizeof *more);
        p->fields = more;
    }
    p->fields[p->n_fields++] = *f;
}

static bool asks_for_closing(str s) {
    size_t at;
    return (str_find(s, STR("Overall"), &at) && str_find(s, STR("begins with"), &at)) ||
           (str_find(s, STR("总体来看"), &at) && str_find(s, STR("开头"), &at));
}

/* Because the prompt says so, or because an opening was taken. */
static bool asks_for_happening(str text) {
    static const char *const SAYS[] = {"Begin with something that happens", "the opening \"", "从一件事写起",
                                       "开头“"};
    size_t at;
    for (size_t i = 0; i < COUNT_OF(SAYS); i++)
        if (str_find(text, str_of(SAYS[i]), &at)) return true;
    return false;
}

void sim_prompt_add_instructions(prompt *p, str text, arena *a) {
    size_t at;
    str line;
    field_line f;
    bool may_close = str_find(text, STR("Overall"), &at) || str_find(text, STR("总体来看"), &at);
    bool first = true;
    p->flat = p->flat || str_find(text, STR("paths"), &at);
    p->happens = p->happens || asks_for_happening(text);
    if (p->instructions.n == 0) {
        p->instructions = text;
        p->chinese = sim_chinese_is(text);
    }
    while (next_line(&text, &line)) {
        if (read_field_line(line, &f)) {
            if (first) p->n_asked = p->cap_asked = 0; /* what stood there is shared */
            first = false;
            add_field(p, &f, a);
        } else if (may_close && asks_for_closing(line))
            p->closing = line;
    }
}

/* Direct mapped; what an entry holds is never written again while prompts of a request share it. */
static struct {
    uint64_t hash;
    arena *a;
    prompt parsed;
} remembered[64];

void sim_prompt_add_system(prompt *p, str text) {
    uint64_t hash = hash_64(text, text.n);
    size_t at = (size_t)(hash % COUNT_OF(remembered));
    if (!remembered[at].a || remembered[at].hash != hash) {
        if (!remembered[at].a) remembered[at].a = arena_new(0);
        arena_reset(remembered[at].a);
        remembered[at].parsed = (prompt){0};
        remembered[at].hash = hash;
        sim_prompt_add_instructions(&remembered[at].parsed, str_dup(remembered[at].a, text), remembered[at].a);
    }
    *p = remembered[at].parsed;
    p->cap_fields = p->n_fields; /* more fields go into a copy */
}

/* ---- facts ---------------------------------------------------------------------------------- */

static bool is_clause(str s) {
    if (s.n == 0 || s.n > FACT_BYTES) return false;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if ((s.p[i] == '.' || s.p[i] == '!' || s.p[i] == '?') && s.p[i + 1] == ' ') return false;
    }
    size_t at;
    return !str_find(s, STR("。"), &at) || at + strlen("。") == s.n;
}

static bool has_digit(str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) return true;
    }
    return false;
}

static void add_fact(prompt *p, str section, str label, str value, uint32_t instance, arena *a) {
    label = str_trim(label);
    value = str_trim(value);
    bool sentence = value.n > 0 && value.p[value.n - 1] == '.';
    while (value.n > 0 && strchr(".;,", value.p[value.n - 1])) value.n--;
    if (str_ends(value, "。")) value.n -= strlen("。");
    if (label.n == 0 || label.n > 60 || !is_clause(value) || !is_clause(label)) return;
    uint32_t words = p->chinese ? sim_chinese_length(label) + sim_chinese_length(value) + 2
                                : count_words(label, a) + 1 + count_words(value, a);
    uint32_t most = p->chinese ? FACT_CHARACTERS : sentence ? SENTENCE_WORDS : FACT_WORDS;
    if (words > most) return;
    if (p->n_facts % 16 == 0) {
        fact *more = arena_new_of(a, fact, p->n_facts + 16);
        if (p->n_facts) memcpy(more, p->facts, p->n_facts * sizeof *more);
        p->facts = more;
    }
    p->facts[p->n_facts++] = (fact){.section = section,
                                    .label = label,
                                    .value = value,
                                    .instance = instance,
                                    .words = words,
                                    .numeric = has_digit(value)};
}

/* "label: value; label: value": the pieces of one line. */
static void add_pieces(prompt *p, str section, str s, uint32_t instance, arena *a) {
    str piece, rest, label, value;
    for (bool more = true; more; s = rest) {
        more = cut_at(s, "; ", &piece, &rest);
        if (!more) piece = s;
        if (cut_label(piece, &label, &value)) add_fact(p, section, label, value, instance, a);
    }
}

static bool is_section(str rest) {
    str left, right, label, value;
    str first = cut_at(rest, "; ", &left, &right) ? left : rest;
    return cut_label(first, &label, &value) && label.n <= 60 && is_clause(label);
}

static uint32_t take_instance(str *line) {
    str s = *line;
    size_t n = 0;
    uint32_t value = 0;
    while (n < s.n && n < 4 && is_digit(s.p[n])) value = value * 10 + (uint32_t)(s.p[n++] - '0');
    if (n == 0 || n + 1 >= s.n || s.p[n] != '.' || s.p[n + 1] != ' ') return 0;
    *line = str_trim(str_part(s, n + 2, s.n));
    return value;
}

static void add_fact_line(prompt *p, str line, str *heading, arena *a) {
    str left, right;
    bool item = take_word(&line, "- ");
    uint32_t instance = item ? 0 : take_instance(&line);
    if (line.n == 0 || (item && line.p[0] == '"')) return;
    size_t colon = line.p[line.n - 1] == ':' ? 1 : str_ends(line, "：") ? strlen("：") : 0;
    if (colon) {
        *heading = str_part(line, 0, line.n - colon);
        return;
    }
    if (!cut_label(line, &left, &right)) return;
    if (item || instance) {
        add_pieces(p, *heading, line, instance, a);
        return;
    }
    *heading = (str){NULL, 0};
    if (is_section(right))
        add_pieces(p, left, right, 0, a);
    else if (cut_at(right, "; ", &(str){0}, &(str){0}))
        add_pieces(p, *heading, line, 0, a);
    else
        add_fact(p, *heading, left, right, 0, a);
}

/* The first of the words that say somebody's sex. */
static pronoun read_pronoun(str s) {
    static const struct {
        str name;
        pronoun who;
    } WORDS[] = {{STR("girl"), PRONOUN_SHE}, {STR("female"), PRONOUN_SHE}, {STR("woman"), PRONOUN_SHE},
                 {STR("boy"), PRONOUN_HE},   {STR("male"), PRONOUN_HE},    {STR("man"), PRONOUN_HE}};
    for (size_t i = 0; i < s.n;) {
        size_t end = i;
        while (end < s.n && is_word_char(s.p[end])) end++;
        for (size_t w = 0; end - i >= 3 && end - i <= 6 && w < COUNT_OF(WORDS); w++) {
            if (end - i == WORDS[w].name.n && strncasecmp(s.p + i, WORDS[w].name.p, end - i) == 0)
                return WORDS[w].who;
        }
        i = end + 1;
    }
    return PRONOUN_THEY;
}

static bool is_han(str s, size_t i) {
    return i + 3 <= s.n && (unsigned char)s.p[i] >= 0xe4 && (unsigned char)s.p[i] <= 0xe9;
}

/* The first 女 or 男 that stands alone, or is half of 女生, 男生. */
static pronoun read_pronoun_chinese(str s) {
    for (size_t i = 0; i + 3 <= s.n; i++) {
        str c = str_part(s, i, i + 3), next = str_part(s, i + 3, i + 6 < s.n ? i + 6 : s.n);
        if (!str_is(c, "女") && !str_is(c, "男")) continue;
        if ((i >= 3 && is_han(s, i - 3)) || (is_han(s, i + 3) && !str_is(next, "生"))) continue;
        return str_is(c, "女") ? PRONOUN_SHE : PRONOUN_HE;
    }
    return PRONOUN_THEY;
}

void sim_prompt_add_facts(prompt *p, str text, arena *a) {
    if (p->instructions.n == 0) p->chinese = sim_chinese_is(text);
    p->who = p->chinese ? read_pronoun_chinese(text) : read_pronoun(text);
    str line, heading = {NULL, 0};
    while (next_line(&text, &line)) {
        line = str_trim(line);
        if (line.n > 0) add_fact_line(p, line, &heading, a);
    }
}

/* ---- lookup --------------------------------------------------------------------------------- */

static const field_line *find_path(const prompt *p, str path) {
    for (uint32_t i = 0; i < p->n_fields; i++) {
        if (str_eq(p->fields[i].path, path)) return &p->fields[i];
    }
    return NULL;
}

static str last_name(str path) {
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '.') at--;
    return str_part(path, at, path.n);
}

/* The path without the parts that are numbers; at most `cap` bytes of it. */
static str plain_path(str path, char *out, size_t cap) {
    size_t n = 0;
    str part, rest;
    for (bool more = path.n > 0; more; path = rest) {
        more = str_cut(path, '.', &part, &rest);
        if (!more) part = path;
        int64_t v;
        if (str_i64(part, &v) || n + part.n + 1 > cap) continue;
        if (n) out[n++] = '.';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    return (str){out, n};
}

const field_line *sim_prompt_field(const prompt *p, str path) {
    const field_line *f = find_path(p, path);
    if (f || !memchr(path.p, '.', path.n)) return f;
    char room[512];
    f = find_path(p, plain_path(path, room, sizeof room - 1));
    if (f) return f;
    str name = last_name(path);
    for (uint32_t i = 0; i < p->n_fields; i++) {
        if (str_eq(last_name(p->fields[i].path), name)) return &p->fields[i];
    }
    return NULL;
}

bool sim_prompt_wants_findings(const prompt *p) {
    size_t at;
    return str_find(p->instructions, STR("findings"), &at);
}
